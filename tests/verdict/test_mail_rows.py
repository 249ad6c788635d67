"""Who sends and what is published, as rows: from the facts of the checks, never from their sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from fake_outside import NOW, FakeWorld, found, launch

from launchready_tui import roadmap
from launchready_tui.checks.email.dkim import dkim
from launchready_tui.checks.email.spf import spf
from launchready_tui.facts import DnsRecords
from launchready_tui.findings import CheckResult, Finding, worst
from launchready_tui.launch.decisions import Decisions
from launchready_tui.launch.model import Email
from launchready_tui.verdict import Standing, judge
from launchready_tui.verdict.mailsenders import mail_senders, spf_trees

D = "shop.test"
KEY = "v=DKIM1; k=ed25519; p=" + "AAAA" * 10 + "AAA="


def world(*senders: str, spf_record: str = "v=spf1 -all", keys: Mapping[str, str] = {}) -> FakeWorld:
    made = FakeWorld(launch(email=Email(senders=senders, selectors=())))
    made.dns.set(D, "TXT", spf_record)
    made.dns.set("_spf.google.com", "TXT", "v=spf1 ip4:203.0.113.0/24 ~all")
    made.dns.set(f"_domainkey.{D}", "A", "203.0.113.1")
    for name, text in keys.items():
        made.dns.set(f"{name}._domainkey.{D}", "TXT", text)
    return made


def unworded(finding: Finding) -> Finding:
    """A finding whose words say nothing: what is read must be in its facts."""
    evidence = tuple(msgspec.structs.replace(one, text="(a text)") for one in finding.evidence)
    return msgspec.structs.replace(finding, summary="(a sentence)", evidence=evidence)


async def standings(made: FakeWorld) -> dict[str, Standing]:
    results = {}
    checks: tuple[Any, ...] = (spf, dkim)
    for check in checks:
        findings = tuple(map(unworded, (await found(check, made)).values()))
        name = findings[0].check
        results[name] = CheckResult(
            check=name, state=worst([one.state for one in findings]), findings=findings, started_at=NOW, duration_ms=1
        )
    return judge(roadmap.load(), results, Decisions(), NOW).standings


@pytest.mark.parametrize(
    ("sender", "record", "keys", "row"),
    [
        ("google-workspace", "v=spf1 include:_spf.google.com -all", {"google": KEY}, ("pass", "yes", "yes, by google")),
        ("google-workspace", "v=spf1 -all", {"google": KEY}, ("warn", "weak", "yes, by google")),
        ("google-workspace", "v=spf1 include:_spf.google.com -all", {}, ("fail", "yes", "no")),
        ("sendgrid", "v=spf1 -all", {"s2": KEY}, ("pass", "needs none", "yes, by s2")),
        ("ses", "v=spf1 -all", {"other": KEY}, ("unknown", "needs none", "unknown")),
    ],
)
async def test_each_sender_is_one_row(sender: str, record: str, keys: dict[str, str], row: tuple[str, ...]) -> None:
    made = world(sender, spf_record=record, keys=keys)
    (found_,) = mail_senders(made.launch, await standings(made))
    assert (found_.state.value, found_.spf, found_.dkim) == row


async def test_what_is_wrong_for_one_service_is_not_wrong_for_another() -> None:
    made = world("google-workspace", "zendesk", spf_record="v=spf1 include:mail.zendesk.com -all")
    made.dns.set("mail.zendesk.com", "TXT", "v=spf1 ip4:198.51.100.0/24 ~all")
    google, zendesk = mail_senders(made.launch, await standings(made))
    assert (google.spf, zendesk.spf) == ("weak", "yes")


async def test_a_sending_domain_of_ones_own_has_its_own_record_and_key() -> None:
    made = world(f"news.{D}")
    made.launch = msgspec.structs.replace(made.launch, email=Email(senders=(f"news.{D}",), selectors=("a",)))
    made.dns.set(f"news.{D}", "TXT", "v=spf1 ip4:203.0.113.9 -all")
    made.dns.set(f"a._domainkey.news.{D}", "TXT", KEY)
    (row,) = mail_senders(made.launch, await standings(made))
    assert (row.name, row.spf, row.dkim) == (f"news.{D}", "yes", "yes, by a")


async def test_the_tree_of_each_domain_is_a_fact() -> None:
    made = world("google-workspace", spf_record="v=spf1 include:_spf.google.com -all")
    (tree,) = spf_trees(await standings(made))
    assert (tree.domain, tree.lookups) == (D, 1)
    assert [term.line for term in tree.terms] == [
        f"{D}  v=spf1 include:_spf.google.com -all",
        "  [1] include:_spf.google.com  v=spf1 ip4:203.0.113.0/24 ~all",
    ]


def test_records_read_as_a_zone_file_and_absent_ones_say_so() -> None:
    there = DnsRecords(name=D, type="MX", records=(f"10 mail.{D}.", f"20 old.{D}."), ttl=300)
    assert there.lines == (f"{D}. 300 IN MX 10 mail.{D}.", f"{D}. 300 IN MX 20 old.{D}.") and there.absence == ""
    empty = DnsRecords(name=D, type="MX", records=())
    assert empty.lines == (f"{D}. MX: no such record",)
    assert msgspec.structs.replace(empty, exists=False).lines == (f"{D}. MX: no such name",)
