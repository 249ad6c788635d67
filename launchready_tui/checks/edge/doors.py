"""The doors of edge.exposure: what the admin desk and the staging host show to an anonymous visitor. An ordinary visit,
no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...failure import Failure
from ...findings import Evidence, Finding
from ...hostnames import host_of
from ...world.sights import Chain, Reply
from ..base import Say
from ..parse import page as html
from ..parse.search_files import robots
from ..paste import header, platform_of
from ..seen import chain_evidence, via_of

if TYPE_CHECKING:
    from ...launch.model import Host
    from ...world import World

_EMPTY = 160
"""A page with fewer visible characters than this and a script is filled by the script."""


def unindexed(reply: Reply) -> tuple[str, ...]:
    """What tells search engines to leave it out, as it was written: X-Robots-Tag for all of them, or meta robots.
    Empty: nothing does."""
    metas = html.read(reply.text, reply.url).meta if reply.is_html else {}
    told = [(f"x-robots-tag: {value}", value) for value in reply.all("x-robots-tag")]
    told += [
        (f'<meta name="{name}" content="{text}">', text)
        for name in ("robots", "googlebot")
        for text in metas.get(name, [])
    ]
    return tuple(
        line for line, value in told if {"noindex", "none"} & {part.strip().lower() for part in value.split(",")}
    )


async def judge_door(say: Say, world: World, host: Host) -> Finding | None:
    """One admin or staging host; None where there is nothing to see, or another check tells it."""
    chain = await world.web.follow(f"https://{host.name}/")
    end = chain.end
    if isinstance(end, Failure) or chain.problem:
        # No answer and circles are told by edge.certificates and edge.redirects, what is unseen by `files`.
        return None
    return _admin(say, host, chain, end) if host.role == "admin" else await _staging(say, world, host, chain, end)


def _hidden(say: Say, rule: str, host: Host, reply: Reply) -> Finding | None:
    """A bot wall, or a server that is ill: nothing can be said of the door behind it."""
    mitigated = reply.header("cf-mitigated")
    if not mitigated and reply.status != 429 and reply.status < 500:
        return None
    failure = Failure(
        kind="unavailable", detail=f"HTTP {reply.status}" + (f", cf-mitigated: {mitigated}" if mitigated else "")
    )
    return say.unknown(rule, host.name, failure=failure, via=reply.via)


def _admin(say: Say, host: Host, chain: Chain, reply: Reply) -> Finding:
    name, via, evidence = host.name, via_of(chain), [chain_evidence(chain)]
    hidden = _hidden(say, "admin-open", host, reply)
    if hidden is not None:
        return hidden
    if host_of(reply.url) != name:
        return say.passed("admin-open", name, "elsewhere", other=host_of(reply.url), evidence=evidence, via=via)
    if reply.status >= 400 or not reply.is_html:
        message = "pass" if reply.status in (401, 403) else "no-page"
        return say.passed("admin-open", name, message, status=reply.status, evidence=evidence, via=via)
    page = html.read(reply.text, reply.url)
    evidence.append(Evidence.of("page", f"title: {page.title.strip() or '(none)'}", source=reply.url, at=reply.at))
    if page.password_field:
        return say.warn("admin-open", name, "log-in", evidence=evidence, via=via)
    if page.words < _EMPTY and page.of("script", "preload"):
        return say.warn("admin-open", name, "app", evidence=evidence, via=via)
    return say.fail("admin-open", name, evidence=evidence, via=via)


async def _staging(say: Say, world: World, host: Host, chain: Chain, reply: Reply) -> Finding:
    name, via, evidence = host.name, via_of(chain), [chain_evidence(chain)]
    hidden = _hidden(say, "staging-open", host, reply)
    if hidden is not None:
        return hidden
    if reply.status >= 400 or host_of(reply.url) != name:
        return say.passed("staging-open", name, evidence=evidence, via=via)
    if reply.is_html and html.read(reply.text, reply.url).password_field:
        return say.passed("staging-open", name, "log-in", evidence=evidence, via=via)
    if unindexed(reply):
        return say.passed("staging-open", name, "noindex", evidence=evidence, via=via)
    told = await world.web.get(f"https://{name}/robots.txt")
    if isinstance(told, Reply) and told.status == 200 and not told.is_html and not robots(told.text).allows("*", "/"):
        return say.passed("staging-open", name, "robots", evidence=evidence, via=via)
    fix = say.fix("shut-staging", header(platform_of(reply), ("X-Robots-Tag", "noindex"), host=name), host=name)
    return say.warn("staging-open", name, evidence=evidence, remedy=fix, via=via)
