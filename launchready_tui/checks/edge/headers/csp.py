"""The content security policy rule of edge.headers: what the policies together still let in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ....findings import Evidence, Finding, Severity
from ....world.sights import Reply
from ...base import Say
from ...parse import cache_status
from ...parse import page as html
from ...parse.csp import FETCH, Policy, has_nonce_or_hash, policies
from ...parse.fields import cache_control
from ...paste import Platform, header
from ...seen import via_of

if TYPE_CHECKING:
    from ....world import World

Level = Literal["fail", "warn", "info"]
_RANK: dict[str, int] = {"fail": 0, "warn": 1, "info": 2}
START = "default-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'self'"
_ANYTHING = ("*", "https:", "http:", "data:", "https://*", "http://*")
_PASSIVE = ("img-src", "media-src", "font-src")


@dataclass(frozen=True)
class Problem:
    """One weakness: a code to intersect policies by, how bad, and the sentence's end."""

    code: str
    level: Level
    words: str


def weaknesses(policy: Policy) -> list[Problem]:
    """What one policy lets in (CSP Level 3 sections 6 and 8), for a page that came over https."""
    found: list[Problem] = []
    scripts = policy.scripts
    strict = scripts is not None and "'strict-dynamic'" in scripts
    vouched = scripts is not None and has_nonce_or_hash(scripts)
    if scripts is None:
        found.append(
            Problem("no-scripts", "warn", "does not limit scripts at all (script-src and default-src are missing)")
        )
    else:
        if "'unsafe-inline'" in scripts and not vouched and not strict:
            found.append(Problem("unsafe-inline", "warn", "allows scripts written into the page ('unsafe-inline')"))
        if not (strict and vouched) and (wide := [source for source in scripts if source in _ANYTHING]):
            found.append(Problem("wildcard", "warn", f"allows scripts from everywhere ({wide[0]})"))
        if strict and not vouched:
            found.append(
                Problem("strict-alone", "fail", "uses 'strict-dynamic' without a nonce or hash, so no script runs")
            )
        if "'unsafe-eval'" in scripts:
            found.append(Problem("unsafe-eval", "info", "allows text to be run as code ('unsafe-eval')"))
    objects = policy.sources("object-src", "default-src")
    if objects is None:
        found.append(Problem("no-objects", "info", "does not say object-src 'none'"))
    elif wide := [source for source in objects if source in _ANYTHING]:
        found.append(Problem("object-wildcard", "warn", f"allows plug-ins from everywhere ({wide[0]})"))
    if "base-uri" not in policy.directives:
        found.append(Problem("no-base", "info", "does not limit base-uri"))
    upgrades = "upgrade-insecure-requests" in policy.directives
    for name in FETCH:
        plain = [source for source in policy.sources(name) or () if source.startswith(("http:", "ws:", "ftp:"))]
        if name in ("script-src", "script-src-elem", "default-src") and strict and vouched:
            continue  # host and scheme sources are ignored there
        if plain and not upgrades:
            level: Level = "warn" if name in _PASSIVE else "fail"
            found.append(Problem(f"http {name}", level, f"allows {plain[0]}, which is not encrypted, in {name}"))
    return found


def combined(enforced: list[Policy]) -> list[Problem]:
    """A page must satisfy every policy, so only what all of them let in counts; the mildest reading of each wins."""
    common: dict[str, Problem] | None = None
    for policy in enforced:
        own = {problem.code: problem for problem in weaknesses(policy)}
        common = own if common is None else {code: problem for code, problem in common.items() if code in own}
    problems = list((common or {}).values())
    problems += [Problem("syntax", "warn", text) for policy in enforced for text in policy.problems]
    return sorted(problems, key=lambda problem: _RANK[problem.level])


async def judge_csp(say: Say, world: World, name: str, reply: Reply, platform: Platform) -> Finding:
    """One host's home page."""
    sent = reply.all("content-security-policy")
    document = html.read(reply.text, reply.url)
    enforced = policies(sent) + policies(document.csp, in_meta=True)
    watching = reply.all("content-security-policy-report-only")
    lines = [f"content-security-policy: {value}" for value in sent]
    lines += [f"<meta> {value}" for value in document.csp] + [
        f"content-security-policy-report-only: {value}" for value in watching
    ]
    evidence = [
        Evidence.of("policy", "\n".join(lines) or "content-security-policy: (not sent)", source=reply.url, at=reply.at)
    ]
    via = via_of(reply)
    fix = header(
        platform,
        "Try it as Content-Security-Policy-Report-Only first, then enforce it",
        ("Content-Security-Policy", START),
    )
    if not enforced:
        if watching:
            said = f"{name} only watches its content security policy, it does not enforce it yet"
            return say.info("csp", name, said, evidence=evidence, remedy=fix, via=via)
        empty = "sends an empty content security policy" if sent or document.csp else "sends no content security policy"
        return say.warn(
            "csp",
            name,
            f"{name} {empty}: one injected script can take everything",
            evidence=evidence,
            remedy=fix,
            via=via,
        )
    problems = combined(enforced)
    if await _same_nonce(world, reply, enforced):
        problems.insert(
            0, Problem("same-nonce", "fail", "uses the same nonce on every visit, so an attacker can use it too")
        )
    if _kept(reply) and any(policy.nonces for policy in enforced):
        problems.insert(
            0, Problem("kept-nonce", "fail", "uses a nonce in a page that shared caches keep, so visitors share it")
        )
    if problems:
        evidence.append(
            Evidence.of("weak points", "\n".join(f"{problem.level}: {problem.words}" for problem in problems))
        )
    worst = problems[0] if problems else None
    if worst is None or worst.level == "info":
        said = f"{name} limits what its pages may run"
        eval_ = next((problem for problem in problems if problem.code == "unsafe-eval"), None)
        if eval_ is None:
            return say.passed("csp", name, said, evidence=evidence, via=via)
        return say.info("csp", name, f"{said}, and {eval_.words}", evidence=evidence, remedy=fix, via=via)
    more = sum(problem.level != "info" for problem in problems) - 1
    said = f"The content security policy of {name} {worst.words}" + (f", and {more} more" if more else "")
    if worst.code == "syntax":
        said = f"The content security policy of {name} has a mistake: {worst.words}" + (
            f", and {more} more" if more else ""
        )
    if worst.level == "fail":
        return say.fail("csp", name, said, severity=Severity.MEDIUM, evidence=evidence, remedy=fix, via=via)
    return say.warn("csp", name, said, severity=Severity.LOW, evidence=evidence, remedy=fix, via=via)


def _kept(reply: Reply) -> bool:
    """Whether a shared cache keeps this page, or gave it out: then one nonce goes to many."""
    control = cache_control(reply.all("cache-control"))
    found = cache_status.read(reply)
    hit = found is not None and found.verdict == "hit"
    return hit or (
        control.shared
        and not control.has("no-cache")
        and (control.seconds("s-maxage") or control.seconds("max-age") or 0) > 0
    )


async def _same_nonce(world: World, reply: Reply, enforced: list[Policy]) -> bool:
    """Whether a second visit is given the nonce of the first."""
    nonces = {nonce for policy in enforced for nonce in policy.nonces}
    if not nonces:
        return False
    again = await world.web.get(reply.url, headers=(("cache-control", "no-cache"),))
    if not isinstance(again, Reply):
        return False
    document = html.read(again.text, again.url)
    second = policies(again.all("content-security-policy")) + policies(document.csp, in_meta=True)
    return bool(nonces & {nonce for policy in second for nonce in policy.nonces})
