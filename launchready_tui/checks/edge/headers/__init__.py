"""edge.headers: security headers where they belong, one finding a rule and host."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
from ....hostnames import host_of
from ....world.sights import Reply
from ...base import Say, check
from ...parse import page as html
from ...parse.csp import policies
from ...parse.fields import hsts, referrer_policy, sf_item, split_list
from ...paste import Platform, header, platform_of
from ...seen import ABSENT, header_evidence, via_of, wall
from .cors import judge_cors
from .csp import judge_csp
from .features import isolation_hurts, judge_permissions, unsniffed
from .preload import judge_preload

if TYPE_CHECKING:
    from ....launch.model import Launch, Role
    from ....world import World

_ROLES: tuple[Role, ...] = ("web", "app", "api", "admin")
_DAY = 86400
_HALF_YEAR, _YEAR = 180 * _DAY, 365 * _DAY
HSTS_VALUE = "max-age=31536000"
# Top-level domains that are on the browsers' built-in HSTS list as a whole (hstspreload.org, known 2026-11): the
# header adds nothing there.
PRELOADED = frozenset(
    (
        "app",
        "dev",
        "page",
        "new",
        "bank",
        "insurance",
        "foo",
        "zip",
        "mov",
        "nexus",
        "phd",
        "prof",
        "esq",
        "rsvp",
        "meme",
        "dad",
        "day",
        "boo",
        "channel",
        "ing",
    )
)


@dataclass(frozen=True)
class Host:
    """One host as its home page shows it. `document` is the HTML page on this host, `first` its first answer over
    https."""

    name: str
    role: str
    first: Reply
    document: Reply | None
    platform: Platform

    @property
    def page(self) -> html.Page | None:
        return html.read(self.document.text, self.document.url) if self.document else None


@check("edge.headers")
async def headers(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The home page of every host that shows pages or answers an app."""
    say = Say("edge.headers", world.clock.now())
    names = {launch.canonical_host: "web"} | {
        host.name: host.role for host in launch.hosts_of(*_ROLES) if host.environment == "production"
    }
    judged = await asyncio.gather(*(judge_host(say, launch, world, name, role) for name, role in names.items()))
    for findings in judged:
        for finding in findings:
            yield finding


async def judge_host(say: Say, launch: Launch, world: World, name: str, role: str, url: str = "") -> list[Finding]:
    """One host by one of its pages, the home page unless `url` names another."""
    url = url or f"https://{name}/"
    asked = role == "api" or name == launch.canonical_host
    first, chain, cors = await asyncio.gather(
        world.web.get(url), world.web.follow(url), judge_cors(say, launch, world, name) if asked else _nothing()
    )
    if isinstance(first, Failure) and first.kind in ABSENT and name != launch.canonical_host:
        return []  # audit.hosts and edge.canonical speak of names without an address
    if isinstance(first, Failure):
        return [
            say.unknown(
                "hsts",
                name,
                f"The headers of {name} could not be seen: {first.words}",
                failure=first,
                severity=Severity.MEDIUM,
            )
        ]
    end = chain.end if isinstance(chain.end, Reply) and not chain.problem else None
    hidden = wall(first)
    if hidden and (role not in ("api", "admin") or first.header("cf-mitigated") or first.status == 429):
        return [
            say.unknown(
                "hsts",
                name,
                f"{name} did not show its page to a program",
                failure=hidden,
                severity=Severity.MEDIUM,
                via=first.via,
            )
        ]
    here = end is not None and host_of(end.url) == name and end.is_html and end.status < 500 and role != "api"
    host = Host(name, role, first, end if here else None, platform_of(first))
    document = host.document
    said, policy, built_in, bare = await asyncio.gather(
        _hsts(say, launch, world, host),
        judge_csp(say, world, name, document, host.platform) if document else _nothing(),
        judge_preload(say, world, name, first, host.platform),
        unsniffed(world, host.page, name),
    )
    findings = [said, *([built_in] if built_in else [])]
    if host.document is not None:
        findings += [
            *([policy] if policy else []),
            _framing(say, host),
            _nosniff(say, host, host.document, bare),
            _referrer(say, host, host.document),
            judge_permissions(say, name, host.document, host.platform),
            *_isolation(say, host, host.document),
        ]
    if cors is not None:
        findings.append(cors)
    findings += _leaks(say, host)
    return findings


async def _nothing() -> None:
    """A rule that this host has no use for."""


async def _hsts(say: Say, launch: Launch, world: World, host: Host) -> Finding:
    name = host.name
    reply = host.first
    values = reply.all("strict-transport-security")
    evidence = [header_evidence(reply, "strict-transport-security")]
    via = via_of(reply)
    fix = header(
        host.platform,
        "Send it on every https answer; max-age=86400 for the first day is the careful start",
        ("Strict-Transport-Security", HSTS_VALUE),
    )

    def warn(said: str) -> Finding:
        return say.warn("hsts", name, said, evidence=evidence, remedy=fix, via=via)

    def fail(said: str) -> Finding:
        return say.fail("hsts", name, said, severity=Severity.MEDIUM, evidence=evidence, remedy=fix, via=via)

    if not values:
        if name.rpartition(".")[2] in PRELOADED:
            return say.info(
                "hsts",
                name,
                f"Browsers know that everything under .{name.rpartition('.')[2]} is https only",
                evidence=evidence,
                via=via,
            )
        page = host.page
        if page is not None and page.password_field:
            return fail(f"{name} asks for a password and does not tell browsers to stay on https")
        return warn(f"{name} does not tell browsers to stay on https")
    if len(values) > 1 or len(split_list(values[0])) > 1:
        return fail(f"{name} sends the HSTS header twice, and browsers may believe neither")
    said = hsts(values[0])
    if said.max_age is None:
        return fail(
            f"The HSTS header of {name} has no valid time, so browsers ignore it: "
            f"{said.problems[0] if said.problems else values[0]}"
        )
    if said.max_age == 0:
        return warn(f"{name} tells browsers to forget that it is https only (max-age=0)")
    if said.include_subdomains:
        locked = await _locked_out(launch, world, name)
        if locked:
            return fail(f"{name} forces https on all names below it, but {locked} has no valid https: it is locked out")
    if said.max_age < _HALF_YEAR:
        return warn(f"{name} asks browsers to stay on https for {said.max_age // _DAY} days only")
    if said.problems:
        return warn(f"The HSTS header of {name} has a mistake: {said.problems[0]}")
    note = "" if said.max_age >= _YEAR else ", a year is the goal"
    return say.passed(
        "hsts",
        name,
        f"{name} tells browsers to stay on https for {said.max_age // _DAY} days{note}",
        evidence=evidence,
        via=via,
    )


async def _locked_out(launch: Launch, world: World, name: str) -> str:
    """A declared host below `name` that has no valid https; empty where all have, or where it could not be seen."""
    below = [
        host.name for host in launch.hosts if host.name.endswith("." + name) and host.role not in ("mail", "origin")
    ]
    sights = await asyncio.gather(*(world.tls.look(host) for host in below))
    for host, sight in zip(below, sights, strict=True):
        if isinstance(sight, Failure):
            if sight.kind in ("refused", "certificate", "tls") and sight.kind not in ABSENT:
                return host
        elif not sight.verified:
            return host
    return ""


def _framing(say: Say, host: Host) -> Finding:
    """Clickjacking: frame-ancestors (CSP Level 3 section 6.4.2, header only) or X-Frame-Options (RFC 7034)."""
    reply = host.document or host.first
    name, via = host.name, via_of(reply)
    evidence = [header_evidence(reply, "x-frame-options", "content-security-policy")]
    fix = header(host.platform, "Forbid other sites to put yours into a frame", ("X-Frame-Options", "DENY"))
    page = host.page
    asks = page is not None and (page.password_field or page.card_field)
    ancestors = [
        found
        for policy in policies(reply.all("content-security-policy"))
        if (found := policy.sources("frame-ancestors")) is not None
    ]
    options = [part.upper() for value in reply.all("x-frame-options") for part in split_list(value)]
    open_to_all = any(source in ("*", "https:", "http:") for sources in ancestors for source in sources)
    if ancestors and not open_to_all:
        return say.passed("framing", name, f"Other sites cannot put {name} into a frame", evidence=evidence, via=via)
    if not ancestors and options and set(options) in ({"DENY"}, {"SAMEORIGIN"}):
        if len(options) == 1:
            return say.passed(
                "framing", name, f"Other sites cannot put {name} into a frame", evidence=evidence, via=via
            )
        return say.warn(
            "framing",
            name,
            f"{name} sends X-Frame-Options twice",
            severity=Severity.LOW,
            evidence=evidence,
            remedy=fix,
            via=via,
        )
    if open_to_all:
        said = f"{name} allows every site to put it into a frame"
    elif options:
        said = f"X-Frame-Options of {name} is nothing browsers follow: {', '.join(options)}"
    else:
        said = f"Any site can put {name} into a frame and catch the taps"
    if asks:
        return say.fail("framing", name, said, severity=Severity.MEDIUM, evidence=evidence, remedy=fix, via=via)
    return say.warn("framing", name, said, evidence=evidence, remedy=fix, via=via)


def _nosniff(say: Say, host: Host, reply: Reply, bare: Reply | None) -> Finding:
    """Fetch standard, section 3.6: the first value must be nosniff. `bare` is a script or style sheet that lacks it."""
    name, via = host.name, via_of(reply)
    values = [part.lower() for value in reply.all("x-content-type-options") for part in split_list(value)]
    evidence = [header_evidence(reply, "x-content-type-options")]
    if values and values[0] == "nosniff" and bare is not None:
        evidence.append(header_evidence(bare, "x-content-type-options", "content-type"))
    elif values and values[0] == "nosniff":
        return say.passed(
            "nosniff", name, f"Browsers do not guess the type of what {name} sends", evidence=evidence, via=via
        )
    said = f"Browsers may guess the type of what {name} sends, and run an upload as a script"
    fix = header(host.platform, "Send it on every answer", ("X-Content-Type-Options", "nosniff"))
    return say.warn("nosniff", name, said, severity=Severity.LOW, evidence=evidence, remedy=fix, via=via)


_CHATTY = ("unsafe-url", "origin", "origin-when-cross-origin", "no-referrer-when-downgrade")


def _referrer(say: Say, host: Host, reply: Reply) -> Finding:
    name, via = host.name, via_of(reply)
    evidence = [header_evidence(reply, "referrer-policy")]
    page = host.page
    meta = page.meta.get("referrer", []) if page else []
    sent = reply.all("referrer-policy")
    policy = referrer_policy(tuple(meta)) or referrer_policy(sent)
    fix = header(host.platform, "Send it on every page", ("Referrer-Policy", "strict-origin-when-cross-origin"))
    if policy in _CHATTY:
        said = f"{name} tells other sites more of its addresses than needed ({policy})"
        return say.warn("referrer", name, said, severity=Severity.LOW, evidence=evidence, remedy=fix, via=via)
    if sent and not policy:
        said = f"The Referrer-Policy of {name} is no word that browsers know"
        return say.warn("referrer", name, said, severity=Severity.LOW, evidence=evidence, remedy=fix, via=via)
    if not policy:
        return say.info(
            "referrer",
            name,
            f"{name} leaves the referrer to the browser's default, which is sane",
            evidence=evidence,
            remedy=fix,
            via=via,
        )
    return say.passed("referrer", name, f"{name} keeps its addresses to itself ({policy})", evidence=evidence, via=via)


ISOLATION: dict[str, tuple[str, ...]] = {
    "cross-origin-opener-policy": ("unsafe-none", "same-origin-allow-popups", "same-origin", "noopener-allow-popups"),
    "cross-origin-embedder-policy": ("unsafe-none", "require-corp", "credentialless"),
    "cross-origin-resource-policy": ("same-site", "same-origin", "cross-origin"),
}


def isolation_problem(name: str, value: str) -> str:
    """Why browsers ignore this value (HTML standard: a structured-field token, lower case, known); empty where they
    follow it."""
    if name == "cross-origin-resource-policy":
        return "" if value in ISOLATION[name] else "is no value that browsers know"
    item = sf_item(value)
    if item is None or item.kind != "token":
        return "is no token: it must stand without quotes"
    return "" if item.value in ISOLATION[name] else "is no value that browsers know"


def _isolation(say: Say, host: Host, reply: Reply) -> list[Finding]:
    # Several lines are read as one value (RFC 9110 section 5.3), and a list is no valid value here.
    sent = [(name, ", ".join(reply.all(name)).strip()) for name in ISOLATION if reply.all(name)]
    if not sent:
        return []
    bad = [(name, value, problem) for name, value in sent if (problem := isolation_problem(name, value))]
    evidence = [header_evidence(reply, *dict.fromkeys(name for name, _ in sent))]
    hurts = isolation_hurts(reply, host.page)
    if not bad and hurts:
        said = f"The isolation headers of {host.name} break what its page needs: {hurts}"
        fix = header(
            host.platform, "Choose the milder value", ("Cross-Origin-Opener-Policy", "same-origin-allow-popups")
        )
        return [
            say.warn(
                "isolation", host.name, said, severity=Severity.LOW, evidence=evidence, remedy=fix, via=via_of(reply)
            )
        ]
    if not bad:
        return [
            say.passed(
                "isolation",
                host.name,
                f"The isolation headers of {host.name} read well",
                evidence=evidence,
                via=via_of(reply),
            )
        ]
    name, value, problem = bad[0]
    said = f"{name}: {value} of {host.name} {problem}, so it is ignored"
    fix = header(host.platform, "Send a value that exists, or leave the header out", (name.title(), ISOLATION[name][1]))
    return [
        say.warn("isolation", host.name, said, severity=Severity.LOW, evidence=evidence, remedy=fix, via=via_of(reply))
    ]


_VERSION = re.compile(r"\d+\.\d+")
_OUTDATED = ("x-xss-protection", "expect-ct", "public-key-pins", "feature-policy")


def _leaks(say: Say, host: Host) -> list[Finding]:
    """What tells a stranger which holes to try. A fact, never more."""
    reply = host.document or host.first
    tells = [("server", value) for value in reply.all("server") if _VERSION.search(value)]
    tells += [
        (name, value)
        for name in ("x-powered-by", "x-aspnet-version", "x-aspnetmvc-version")
        for value in reply.all(name)
    ]
    old = [(name, value) for name in _OUTDATED for value in reply.all(name)]
    if not tells and not old:
        return []
    evidence = [
        Evidence.of(
            "headers", "\n".join(f"{name}: {value}" for name, value in tells + old), source=reply.url, at=reply.at
        )
    ]
    said = (
        f"{host.name} tells which software it runs"
        if tells
        else f"{host.name} sends headers that browsers dropped long ago"
    )
    remedy = Remedy(
        text="Leave these headers out", paste="server_tokens off;" if tells else "", where="nginx" if tells else ""
    )
    return [say.info("leaks", host.name, said, evidence=evidence, remedy=remedy, via=via_of(reply))]
