"""edge.headers: security headers where they belong, one finding a rule and host."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ....failure import Failure
from ....findings import Evidence, Finding
from ....hostnames import host_of
from ....wording import lifetime
from ....world.sights import Reply
from ...base import Say, check
from ...parse import page as html
from ...parse.addresses import place
from ...parse.csp import policies
from ...parse.fields import hsts, referrer_policy, sf_item, split_list
from ...paste import Platform, header, platform_of
from ...seen import ABSENT, header_evidence, via_of, wall
from .cors import judge_cors
from .csp import judge_csp, limits_nothing
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
        """The document parsed; None where the host shows no HTML of its own."""
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
        return [say.unknown("hsts", name, failure=first)]
    end = chain.end if isinstance(chain.end, Reply) and not chain.problem else None
    hidden = wall(first)
    if hidden and (role not in ("api", "admin") or first.header("cf-mitigated") or first.status == 429):
        return [say.unknown("hsts", name, "wall", failure=hidden, via=first.via)]
    here = end is not None and host_of(end.url) == name and end.is_html and end.status < 500 and role != "api"
    if end is not None and end.status == 401 and end.header("www-authenticate"):
        here = False  # the server's own words beside the browser's log-in window: nothing to frame, nothing to run
    host = Host(name, role, first, end if here else None, platform_of(first))
    document = host.document
    said, policy, built_in, bare = await asyncio.gather(
        _hsts(say, launch, world, host),
        judge_csp(say, world, name, document, host.platform) if document else _nothing(),
        judge_preload(say, world, name, first, host.platform),
        unsniffed(world, host.page),
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
    name, reply = host.name, host.first
    said, values = await _hsts_said(launch, world, host)
    evidence, via = [header_evidence(reply, "strict-transport-security")], via_of(reply)
    if said == "built-in":
        return say.info("hsts", name, said, **values, evidence=evidence, via=via)
    if said in ("pass", "under-a-year"):
        return say.passed("hsts", name, said, **values, evidence=evidence, via=via)
    voice = say.fail if said in _HSTS_FAILS else say.warn
    fix = say.fix("hsts", header(host.platform, ("Strict-Transport-Security", HSTS_VALUE), host=name), host=name)
    return voice("hsts", name, said, **values, evidence=evidence, remedy=fix, via=via)


_HSTS_FAILS = ("password", "twice", "no-max-age", "locks-out")


async def _hsts_said(launch: Launch, world: World, host: Host) -> tuple[str, dict[str, Any]]:
    """What is to be said of a host's header: the message, and what fills it."""
    sent = host.first.all("strict-transport-security")
    if not sent:
        top = host.name.rpartition(".")[2]
        if top in PRELOADED:
            return "built-in", {"top": top}
        return "password" if host.page is not None and host.page.password_field else "absent", {}
    if len(sent) > 1 or len(split_list(sent[0])) > 1:
        return "twice", {}
    read = hsts(sent[0])
    if read.max_age is None:
        return "no-max-age", {"problem": read.problems[0] if read.problems else sent[0]}
    if read.max_age == 0:
        return "zero", {}
    if read.include_subdomains and (locked := await _locked_out(launch, world, host.name)):
        return "locks-out", {"locked": locked}
    time = lifetime(read.max_age)
    if read.max_age < _HALF_YEAR:
        return "short", {"time": time}
    if read.problems:
        return "mistake", {"problem": read.problems[0]}
    return "pass" if read.max_age >= _YEAR else "under-a-year", {"time": time}


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
    page = host.page
    asks = page is not None and (page.password_field or page.card_field)
    ancestors = [
        found
        for policy in policies(reply.all("content-security-policy"))
        if (found := policy.sources("frame-ancestors")) is not None
    ]
    options = [part.upper() for value in reply.all("x-frame-options") for part in split_list(value)]
    open_to_all = bool(ancestors) and all(any(map(limits_nothing, sources)) for sources in ancestors)
    obeyed = set(options) in ({"DENY"}, {"SAMEORIGIN"})
    if (ancestors and not open_to_all) or (not ancestors and obeyed and len(options) == 1):
        return say.passed("framing", name, evidence=evidence, via=via)
    fix = say.fix("framing", header(host.platform, ("X-Frame-Options", "SAMEORIGIN"), host=name), host=name)
    if obeyed and not ancestors:
        return say.warn("framing", name, "twice", evidence=evidence, remedy=fix, via=via)
    said = "to-all" if open_to_all else "invalid" if options else "absent"
    voice = say.fail if asks else say.warn
    return voice("framing", name, said, value=", ".join(options), evidence=evidence, remedy=fix, via=via)


def _nosniff(say: Say, host: Host, reply: Reply, bare: Reply | None) -> Finding:
    """Fetch standard, section 3.6: the first value must be nosniff. `bare` is a script or style sheet that lacks it."""
    name, via = host.name, via_of(reply)
    values = [part.lower() for value in reply.all("x-content-type-options") for part in split_list(value)]
    evidence = [header_evidence(reply, "x-content-type-options")]
    file = place(bare.url) if bare is not None else ""
    if values and values[0] == "nosniff" and bare is not None:
        evidence.append(header_evidence(bare, "x-content-type-options", "content-type"))
    elif values and values[0] == "nosniff":
        return say.passed("nosniff", name, evidence=evidence, via=via)
    fix = say.fix("nosniff", header(host.platform, ("X-Content-Type-Options", "nosniff"), host=name), host=name)
    said = "file" if values and values[0] == "nosniff" else "warn"
    return say.warn("nosniff", name, said, file=file, evidence=evidence, remedy=fix, via=via)


_CHATTY = ("unsafe-url", "origin", "origin-when-cross-origin", "no-referrer-when-downgrade")


def _referrer(say: Say, host: Host, reply: Reply) -> Finding:
    name, via = host.name, via_of(reply)
    evidence = [header_evidence(reply, "referrer-policy")]
    page = host.page
    meta = page.meta.get("referrer", []) if page else []
    sent = reply.all("referrer-policy")
    policy = referrer_policy(tuple(meta)) or referrer_policy(sent)
    fix = say.fix(
        "referrer", header(host.platform, ("Referrer-Policy", "strict-origin-when-cross-origin"), host=name), host=name
    )
    if policy in _CHATTY or (sent and not policy):
        said = "chatty" if policy else "invalid"
        return say.warn("referrer", name, said, policy=policy, evidence=evidence, remedy=fix, via=via)
    if not policy:
        return say.info("referrer", name, evidence=evidence, remedy=fix, via=via)
    return say.passed("referrer", name, policy=policy, evidence=evidence, via=via)


ISOLATION: dict[str, tuple[str, ...]] = {
    "cross-origin-opener-policy": ("unsafe-none", "same-origin-allow-popups", "same-origin", "noopener-allow-popups"),
    "cross-origin-embedder-policy": ("unsafe-none", "require-corp", "credentialless"),
    "cross-origin-resource-policy": ("same-site", "same-origin", "cross-origin"),
}


def _isolation_problem(name: str, value: str) -> str:
    """Why browsers ignore this value (HTML standard: a structured-field token, lower case, known): `no-token` or
    `invalid`; empty where they follow it."""
    if name == "cross-origin-resource-policy":
        return "" if value in ISOLATION[name] else "invalid"
    item = sf_item(value)
    if item is None or item.kind != "token":
        return "no-token"
    return "" if item.value in ISOLATION[name] else "invalid"


# The milder value where a valid one breaks the page.
_MILDER = {
    "cut-off": ("Cross-Origin-Opener-Policy", "same-origin-allow-popups"),
    "blocks-files": ("Cross-Origin-Embedder-Policy", "credentialless"),
}


def _isolation(say: Say, host: Host, reply: Reply) -> list[Finding]:
    # Several lines are read as one value (RFC 9110 section 5.3), and a list is no valid value here.
    sent = [(name, ", ".join(reply.all(name)).strip()) for name in ISOLATION if reply.all(name)]
    if not sent:
        return []
    evidence, via = [header_evidence(reply, *dict.fromkeys(name for name, _ in sent))], via_of(reply)
    for name, value in sent:
        if said := _isolation_problem(name, value):
            fix = say.fix(
                "isolation", header(host.platform, (name.title(), ISOLATION[name][1]), host=host.name), header=name
            )
            return [
                say.warn("isolation", host.name, said, header=name, value=value, evidence=evidence, remedy=fix, via=via)
            ]
    said, other = isolation_hurts(reply, host.page)
    if said:
        fix = say.fix("milder", header(host.platform, _MILDER[said], host=host.name), header=_MILDER[said][0])
        return [say.warn("isolation", host.name, said, other=other, evidence=evidence, remedy=fix, via=via)]
    return [say.passed("isolation", host.name, evidence=evidence, via=via)]


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
    # `X-XSS-Protection: 0` switches off a filter of old browsers that could be turned against the page: that is right.
    old = [(name, value) for name in _OUTDATED for value in reply.all(name)]
    old = [row for row in old if (row[0], row[1].strip()) != ("x-xss-protection", "0")]
    if not tells and not old:
        return []
    evidence = [
        Evidence.of(
            "headers", "\n".join(f"{name}: {value}" for name, value in tells + old), source=reply.url, at=reply.at
        )
    ]
    return [say.info("leaks", host.name, "software" if tells else "old", evidence=evidence, via=via_of(reply))]
