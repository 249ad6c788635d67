"""The content security policy rule of edge.headers: what the policies together still let in."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal

import msgspec

from ....findings import Evidence, Finding
from ....world import is_suffix
from ....world.sights import Reply
from ...base import Say
from ...parse import cache_status
from ...parse import page as html
from ...parse.csp import FETCH, START, Policy, has_nonce_or_hash, host_of_source, policies
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
_SCHEMES = ("https:", "http:", "data:", "blob:", "filesystem:")
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


class _Gadgets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hosts with a path each that run as the asker likes; `eval` where they need 'unsafe-eval'."""

    kind: Literal["jsonp", "library", "uploads"]
    hosts: tuple[str, ...]
    eval: bool = False


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    hosts: tuple[_Gadgets, ...]


@cache
def gadgets() -> tuple[_Gadgets, ...]:
    """The table beside this module."""
    text = (resources.files(__package__) / "gadgets.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), _Table).hosts


def gadget(source: str, *, may_eval: bool) -> str:
    """What is wrong with a host source as an allow-list of scripts: `jsonp`, `library` or `uploads`; empty where
    nothing is known."""
    found = host_of_source(source)
    if found is None:
        return ""
    host, path = found
    for group in gadgets():
        for place in group.hosts if may_eval or not group.eval else ():
            name, _, rest = place.partition("/")
            whole = name == host or (host.startswith("*.") and name.endswith(host[1:]))
            covered = not path or (f"/{rest}".startswith(path) if path.endswith("/") else path == f"/{rest}")
            if whole and covered:
                return group.kind
    return ""


def limits_nothing(source: str) -> bool:
    """A source that anyone can serve from: a scheme alone, any host, or all names below one where strangers register
    (`*.com`, `*.github.io`)."""
    found = host_of_source(source)
    host = found[0] if found else ""
    return source in _SCHEMES or host == "*" or (host.startswith("*.") and is_suffix(host[2:]))


def _inline(sources: tuple[str, ...] | None) -> bool:
    """Whether any inline script runs (section 6.7.3.2): a nonce, a hash or 'strict-dynamic' takes 'unsafe-inline'
    away."""
    own = sources or ()
    return "'unsafe-inline'" in own and "'strict-dynamic'" not in own and not has_nonce_or_hash(own)


_SHORT_NONCE = 8
"""A nonce with fewer characters can be guessed; 22 of base64 hold the 128 bits that section 7.1 asks for."""


def _weaknesses(policy: Policy) -> list[Problem]:
    """What one policy lets in (CSP Level 3 sections 6 and 8), for a page that came over https."""
    found: list[Problem] = []
    scripts = policy.scripts
    strict = scripts is not None and "'strict-dynamic'" in scripts
    vouched = scripts is not None and has_nonce_or_hash(scripts)
    if scripts is None:
        found.append(Problem("no-scripts"))
    else:
        if _inline(scripts) or _inline(policy.handlers):
            found.append(Problem("unsafe-inline"))
        if not (strict and vouched):
            wide = [source for source in scripts if limits_nothing(source)]
            may_eval = "'unsafe-eval'" in scripts
            weak = [(source, kind) for source in scripts if (kind := gadget(source, may_eval=may_eval))]
            if wide:
                found.append(Problem("wildcard", wide[0]))
            elif weak:
                found.append(Problem(weak[0][1], weak[0][0]))
        if strict and not vouched:
            found.append(Problem("strict-alone"))
        if "'unsafe-eval'" in scripts:
            found.append(Problem("unsafe-eval"))
    objects = policy.sources("object-src", "default-src")
    if objects is None:
        found.append(Problem("no-objects"))
    elif wide := [source for source in objects if limits_nothing(source)]:
        found.append(Problem("object-wildcard", wide[0]))
    if any(len(nonce) < _SHORT_NONCE for nonce in policy.nonces):
        found.append(Problem("short-nonce"))
    bases = policy.sources("base-uri")
    if bases is None or any(map(limits_nothing, bases)):
        # A base tag moves every relative address, also of scripts that a nonce vouches for.
        found.append(Problem("no-base-nonce" if policy.nonces or (strict and vouched) else "no-base"))
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
    lines += [f"<meta> {value}" for value in document.csp]
    lines += [f"<meta> in the body: {value}" for value in document.body_csp]
    lines += [f"content-security-policy-report-only: {value}" for value in watching]
    evidence = [
        Evidence.of("policy", "\n".join(lines) or "content-security-policy: (not sent)", source=reply.url, at=reply.at)
    ]
    via = via_of(reply)
    paste = header(platform, ("Content-Security-Policy", START), host=name)
    if not enforced:
        fix = say.fix("try-first", paste)
        if watching:
            return say.info("csp", name, "watching", evidence=evidence, remedy=fix, via=via)
        said = "in-body" if document.body_csp else "empty" if sent or document.csp else "absent"
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
