"""What each host needs at the edge: where it leads, which headers it lacks, what may be kept. The files are made from
this."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from ...checks.parse.csp import START
from ...checks.paste import knows_http2
from ...facts import Files, Headers
from ...findings import Finding, State
from ...hostnames import host_of
from ...launch.model import Launch, Redirect, Role

Http = Literal["redirect", "refuse"]
_ROLES: tuple[Role, ...] = ("web", "app", "api", "admin", "status", "staging")
_PAGES = ("web", "app", "admin")
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+")
# What may stand in a rule letter by letter; a quote, a brace, a dollar or a blank would start something of its own.
_URL = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/[A-Za-z0-9._~%!&'()*+,=:@/-]*)?\Z")
_QUERY = re.compile(r"[A-Za-z0-9._~%!&'()*+,=:@/?-]*\Z")
_CODED = re.compile(r"%(?![2-9a-fA-F][0-9a-fA-F])|%7[fF]")
_FOLDER = re.compile(r"/(?:[A-Za-z0-9_.-]+/)+\Z")

# Rule of edge.headers -> the header that answers it. A policy for scripts starts by watching: enforced unseen it
# breaks pages.
HEADERS: dict[str, tuple[str, str]] = {
    "edge.headers.hsts": ("Strict-Transport-Security", "max-age=31536000"),
    "edge.headers.csp": ("Content-Security-Policy-Report-Only", START),
    "edge.headers.framing": ("X-Frame-Options", "SAMEORIGIN"),
    "edge.headers.nosniff": ("X-Content-Type-Options", "nosniff"),
    "edge.headers.referrer": ("Referrer-Policy", "strict-origin-when-cross-origin"),
}
YEAR = ("Cache-Control", "public, max-age=31536000, immutable")
PAGE = ("Cache-Control", "public, max-age=0, must-revalidate")


@dataclass(frozen=True, slots=True)
class HostPlan:
    """One host at the edge. `leads_to` is an origin; empty where the host shows pages of its own."""

    name: str
    role: str
    http: Http
    leads_to: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    """To be set: the check found them missing or wrong."""
    sent: tuple[str, ...] = ()
    """Header names that are sent as they should be, and are left alone."""
    folders: tuple[str, ...] = ()
    """Paths of files whose names change with their content, to be kept for a year."""
    fresh_pages: bool = False
    compress: bool = False
    modern_tls: bool = False
    http2: Literal["", "on", "listen"] = ""
    """To be turned on: by the directive `http2`, which nginx has since 1.25.1, or by the parameter of `listen`."""
    looked_at: bool = True
    old: tuple[tuple[str, str], ...] = ()
    """Old paths and the URLs that they must lead to."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All hosts, the main one first."""

    main: str
    """The main address as an origin, `https://example.com`."""
    hosts: tuple[HostPlan, ...]
    left: tuple[str, ...] = field(default_factory=tuple)
    """Old addresses that cannot be written as a rule."""


def plan(launch: Launch, findings: Iterable[Finding]) -> Plan:
    """The plan by the newest findings. A host that no check has looked at gets the usual headers, and is marked so."""
    known = tuple(findings)
    main = launch.canonical.rstrip("/")
    roots = (launch.canonical_host, launch.domain, f"www.{launch.domain}")
    roles = {host.name: host.role for host in launch.hosts if host.role in _ROLES}
    absent = {one.subject for one in known if one.rule == "edge.canonical.root-absent" and one.state is State.WARN}
    names = [name for name in dict.fromkeys((*roots, *roles)) if _HOST.fullmatch(name) and name not in absent]
    old, left = _old(launch)
    return Plan(
        main,
        tuple(_host(name, str(roles.get(name, "web")), launch, main, known, old.get(name, ())) for name in names),
        left,
    )


def _old(launch: Launch) -> tuple[dict[str, tuple[tuple[str, str], ...]], tuple[str, ...]]:
    rows: dict[str, dict[str, str]] = {}
    left: list[str] = []
    for one in launch.redirects:
        if _can_write(one):
            parts = urlsplit(one.from_)
            rows.setdefault(host_of(one.from_), {}).setdefault(parts.path or "/", one.to)
        else:
            left.append(one.from_)
    return {host: tuple(paths.items()) for host, paths in rows.items()}, tuple(left)


def _can_write(one: Redirect) -> bool:
    """Whether an old address is plain enough for a rule, and none that apps verify at, which follow no redirect."""
    place, mark, query = one.to.partition("?")
    plain = bool(_URL.match(one.from_) and _URL.match(place)) and (not mark or bool(_QUERY.match(query)))
    plain = plain and not _CODED.search(
        one.from_
    )  # a bare percent sign, and control characters, which no rule can hold
    return plain and not urlsplit(one.from_).path.startswith("/.well-known/")


def _host(
    name: str, role: str, launch: Launch, main: str, known: tuple[Finding, ...], old: tuple[tuple[str, str], ...]
) -> HostPlan:
    own = [one for one in known if one.subject == name]
    open_rules = {one.rule for one in own if one.state in (State.FAIL, State.WARN)}
    fine = {one.rule for one in own if one.state is State.PASS}
    elsewhere = name != launch.canonical_host and name in (launch.domain, f"www.{launch.domain}")
    looked_at = any(one.check == "edge.headers" and one.state is not State.UNKNOWN for one in own)
    headers: list[tuple[str, str]] = []
    if not elsewhere:
        wanted = (
            HEADERS if role in _PAGES else {"edge.headers.hsts": HEADERS["edge.headers.hsts"]} if role == "api" else {}
        )
        headers = [pair for rule, pair in wanted.items() if (rule in open_rules if looked_at else True)]
    elif "edge.headers.hsts" in open_rules or not looked_at:
        headers = [HEADERS["edge.headers.hsts"]]
    return HostPlan(
        name=name,
        role=role,
        http="refuse" if role == "api" else "redirect",
        leads_to=main if elsewhere else "",
        headers=tuple(headers),
        sent=tuple(HEADERS[rule][0].removesuffix("-Report-Only") for rule in HEADERS if rule in fine),
        folders=_folders(own)
        if "performance.caching.asset" in open_rules or "performance.caching.edge-hit" in open_rules
        else (),
        fresh_pages="performance.caching.html" in open_rules,
        compress="performance.caching.compression" in open_rules,
        modern_tls=bool({"edge.certificates.old-protocol", "edge.certificates.no-modern-protocol"} & open_rules),
        http2=_http2(own) if "edge.certificates.no-h2" in open_rules else "",
        looked_at=looked_at or elsewhere or role not in (*_PAGES, "api"),
        old=old,
    )


def _http2(own: list[Finding]) -> Literal["on", "listen"]:
    """By the version that the server names beside the finding."""
    facts = [fact for one in own if one.rule == "edge.certificates.no-h2" for fact in one.facts]
    named = [value for fact in facts if isinstance(fact, Headers) for _, values in fact.headers for value in values]
    return "on" if any(map(knows_http2, named)) else "listen"


def _folders(own: list[Finding]) -> tuple[str, ...]:
    """The folders of the fingerprinted files that the caching check looked at."""
    from ...checks.parse.addresses import is_fingerprinted

    found: dict[str, None] = {}
    for one in own:
        for fact in one.facts if one.rule.startswith("performance.caching.") else ():
            for url in fact.urls if isinstance(fact, Files) else ():
                parts = urlsplit(url)
                folder = parts.path.rpartition("/")[0] + "/"
                if parts.hostname == one.subject and is_fingerprinted(url) and _FOLDER.match(folder):
                    found[folder] = None
    return tuple(found)
