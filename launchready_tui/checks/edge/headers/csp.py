"""The content security policy rule of edge.headers: what the policies together still let in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....findings import Evidence, Finding
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

# How bad each weakness is, by its message; the others are a warning.
_LEVEL = {
    "same-nonce": "fail",
    "kept-nonce": "fail",
    "strict-alone": "fail",
    "plain": "fail",
    "unsafe-eval": "info",
    "no-objects": "info",
    "no-base": "info",
}
_RANK = ("fail", "warn", "info")
START = "default-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'self'"
_ANYTHING = ("*", "https:", "http:", "data:", "https://*", "http://*")
_PASSIVE = ("img-src", "media-src", "font-src")


@dataclass(frozen=True)
class Problem:
    """One weakness: its message in the sheet, and what fills it."""

    message: str
    source: str = ""
    directive: str = ""

    @property
    def level(self) -> str:
        """`fail`, `warn`, or `info` where it is no more than a fact."""
        return _LEVEL.get(self.message, "warn")


def _weaknesses(policy: Policy) -> list[Problem]:
    """What one policy lets in (CSP Level 3 sections 6 and 8), for a page that came over https."""
    found: list[Problem] = []
    scripts = policy.scripts
    strict = scripts is not None and "'strict-dynamic'" in scripts
    vouched = scripts is not None and has_nonce_or_hash(scripts)
    if scripts is None:
        found.append(Problem("no-scripts"))
    else:
        if "'unsafe-inline'" in scripts and not vouched and not strict:
            found.append(Problem("unsafe-inline"))
        if not (strict and vouched) and (wide := [source for source in scripts if source in _ANYTHING]):
            found.append(Problem("wildcard", wide[0]))
        if strict and not vouched:
            found.append(Problem("strict-alone"))
        if "'unsafe-eval'" in scripts:
            found.append(Problem("unsafe-eval"))
    objects = policy.sources("object-src", "default-src")
    if objects is None:
        found.append(Problem("no-objects"))
    elif wide := [source for source in objects if source in _ANYTHING]:
        found.append(Problem("object-wildcard", wide[0]))
    if "base-uri" not in policy.directives:
        found.append(Problem("no-base"))
    upgrades = "upgrade-insecure-requests" in policy.directives
    for name in FETCH:
        plain = [source for source in policy.sources(name) or () if source.startswith(("http:", "ws:", "ftp:"))]
        if name in ("script-src", "script-src-elem", "default-src") and strict and vouched:
            continue  # host and scheme sources are ignored there
        if plain and not upgrades:
            found.append(Problem("plain-media" if name in _PASSIVE else "plain", plain[0], name))
    return found


def combined(enforced: list[Policy]) -> list[Problem]:
    """A page must satisfy every policy, so only what all of them let in counts; the mildest reading of each wins."""
    common: dict[tuple[str, str], Problem] | None = None
    for policy in enforced:
        own = {(problem.message, problem.directive): problem for problem in _weaknesses(policy)}
        common = own if common is None else {code: problem for code, problem in common.items() if code in own}
    problems = list((common or {}).values())
    problems += [Problem("syntax", text) for policy in enforced for text in policy.problems]
    return sorted(problems, key=lambda problem: _RANK.index(problem.level))


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
    paste = header(platform, ("Content-Security-Policy", START), host=name)
    if not enforced:
        fix = say.fix("try-first", paste)
        if watching:
            return say.info("csp", name, "watching", evidence=evidence, remedy=fix, via=via)
        said = "empty" if sent or document.csp else "absent"
        return say.warn("csp", name, said, evidence=evidence, remedy=fix, via=via)
    problems = combined(enforced)
    if await _same_nonce(world, reply, enforced):
        problems.insert(0, Problem("same-nonce"))
    if _kept(reply) and any(policy.nonces for policy in enforced):
        problems.insert(0, Problem("kept-nonce"))
    if problems:
        evidence.append(Evidence.of("weak points", "\n".join(_told(say, name, problem) for problem in problems)))
    worst = next(iter(problems), None)
    if worst is None or worst.level == "info":
        if all(problem.message != "unsafe-eval" for problem in problems):
            return say.passed("csp", name, evidence=evidence, via=via)
        return say.info("csp", name, "unsafe-eval", evidence=evidence, remedy=say.fix("try-first", paste), via=via)
    weak = sum(problem.level != "info" for problem in problems)
    fix = say.fix("tighten", paste, weak=weak)
    voice = say.fail if worst.level == "fail" else say.warn
    source, directive = worst.source, worst.directive
    return voice("csp", name, worst.message, source=source, directive=directive, evidence=evidence, remedy=fix, via=via)


def _told(say: Say, name: str, problem: Problem) -> str:
    said = say.words("csp", problem.message, subject=name, source=problem.source, directive=problem.directive)
    return f"{problem.level}: {said}"


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
