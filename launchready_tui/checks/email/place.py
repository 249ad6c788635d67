"""Where a domain's records are edited: a remedy's zone line, once more as that DNS host's own form wants it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ...findings import Finding
from ...world import registrable
from ..audit.providers import where_dns_is_edited

if TYPE_CHECKING:
    from ...world import World

ANYWHERE = "your DNS host"
_LINE = re.compile(r"(?P<name>\S+)\. \d+ IN (?P<type>TXT|MX|CNAME|A|AAAA) (?P<value>.+)")
_STRINGS = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Form(NamedTuple):
    """A host's form: the way to it, what it calls name and value, how it writes the apex, and whether texts need their
    quotes."""

    way: str
    name: str
    value: str
    apex: str = "@"
    quoted: bool = False


# As the hosts' own pages showed them in November 2026.
FORMS: dict[str, Form] = {
    "Cloudflare": Form("your domain > DNS > Records > Add record", "Name", "Content"),
    "Amazon Route 53": Form(
        "Hosted zones > your domain > Create record", "Record name", "Value", "(leave empty)", quoted=True
    ),
    "GoDaddy": Form("Domain > DNS > Add New Record", "Name", "Value"),
    "Namecheap": Form("Domain List > Manage > Advanced DNS > Add new record", "Host", "Value"),
    "Google Cloud DNS": Form("Zones > your zone > Add standard", "DNS name", "Data", "(leave empty)", quoted=True),
    "Azure DNS": Form("DNS zone > Record set", "Name", "Value"),
    "Vercel": Form("Domains > your domain > DNS Records", "Name", "Value", "(leave empty)"),
    "DigitalOcean": Form("Networking > Domains > your domain", "Hostname", "Value"),
    "Hetzner": Form("DNS > your zone > Add record", "Name", "Value", quoted=True),
    "OVHcloud": Form("Domain names > your domain > DNS zone > Add an entry", "Sub-domain", "Value", "(leave empty)"),
    "Gandi": Form("Domain > DNS Records > Add record", "Name", "Value"),
    "Porkbun": Form("Domain Management > DNS", "Host", "Answer", "(leave empty)"),
    "IONOS": Form("Domains & SSL > your domain > DNS > Add record", "Host name", "Value"),
    "DNSimple": Form("your domain > DNS > Record editor", "Name", "Content", "(leave empty)"),
    "Squarespace": Form("Domains > your domain > DNS > Custom records", "Host", "Data"),
    "Hostinger": Form("Domains > your domain > DNS / Nameservers", "Name", "Content"),
    "Netlify": Form("Domains > your domain > DNS records", "Name", "Value"),
}


def as_form(company: str, line: str) -> str:
    """A zone line as a host's form wants it; empty where the host or the line is not known."""
    form, found = FORMS.get(company), _LINE.fullmatch(line)
    if form is None or found is None:
        return ""
    zone = registrable(found["name"])
    name = form.apex if found["name"] == zone else found["name"].removesuffix("." + zone)
    value, priority = found["value"], ""
    if found["type"] == "TXT" and not form.quoted:
        value = "".join(re.sub(r"\\(.)", r"\1", part) for part in _STRINGS.findall(value))
    elif found["type"] == "MX":
        priority, _, value = value.partition(" ")
    rows = [
        ("Type", found["type"]),
        (form.name, name),
        (form.value, value),
        *([("Priority", priority)] if priority else []),
    ]
    width = max(len(label) for label, _ in rows)
    return "\n".join([f"# {company}: {form.way}", *(f"{label.ljust(width)}  {text}" for label, text in rows)])


async def dressed(world: World, domain: str, findings: Iterable[Finding]) -> list[Finding]:
    """The findings, their remedies for `your DNS host` naming the one in use, in its form and as zone lines."""
    given = list(findings)
    if not any(finding.remedy and finding.remedy.where == ANYWHERE for finding in given):
        return given
    where = await where_dns_is_edited(world, domain)
    return given if where == ANYWHERE else [_dress(finding, where) for finding in given]


def _dress(finding: Finding, where: str) -> Finding:
    remedy = finding.remedy
    if remedy is None or remedy.where != ANYWHERE:
        return finding
    forms = [
        form
        for line in remedy.paste.splitlines()
        if (form := as_form(where.removesuffix(" DNS"), line) or as_form(where, line))
    ]
    paste = "\n\n".join([*forms, f"# as zone file lines\n{remedy.paste}"]) if forms else remedy.paste
    return msgspec.structs.replace(finding, remedy=msgspec.structs.replace(remedy, paste=paste, where=where))
