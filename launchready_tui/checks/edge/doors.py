"""The doors of edge.exposure: what the admin desk and the staging host show to a stranger. An ordinary visit, no
more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...failure import Failure
from ...findings import Evidence, Finding, Remedy, Severity
from ...hostnames import host_of
from ...world.sights import Chain, Reply
from ..base import Say
from ..parse import page as html
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
    return say.unknown(
        rule, host.name, f"What {host.name} shows to strangers could not be seen", failure=failure, via=reply.via
    )


def _admin(say: Say, host: Host, chain: Chain, reply: Reply) -> Finding:
    name, via = host.name, via_of(chain)
    evidence = [chain_evidence(chain)]
    hidden = _hidden(say, "admin-open", host, reply)
    if hidden is not None:
        return hidden
    if host_of(reply.url) != name:
        return say.passed(
            "admin-open", name, f"{name} sends strangers on to {host_of(reply.url)}", evidence=evidence, via=via
        )
    if reply.status in (401, 403):
        return say.passed(
            "admin-open", name, f"{name} turns strangers away ({reply.status})", evidence=evidence, via=via
        )
    if reply.status >= 400 or not reply.is_html:
        return say.passed(
            "admin-open", name, f"{name} shows strangers no page ({reply.status})", evidence=evidence, via=via
        )
    page = html.read(reply.text, reply.url)
    evidence.append(Evidence.of("page", f"title: {page.title.strip() or '(none)'}", source=reply.url, at=reply.at))
    fix = Remedy(
        text="Put the team's own sign-on before the whole host (Cloudflare Access, an identity-aware proxy, a VPN, "
        "or at least basic auth)",
        paste='auth_basic "team";\nauth_basic_user_file /etc/nginx/team.htpasswd;',
        where="nginx, in the server block",
    )
    if page.password_field:
        said = f"{name} shows its log-in to the whole internet: robots will try passwords there all day"
        return say.warn("admin-open", name, said, severity=Severity.MEDIUM, evidence=evidence, remedy=fix, via=via)
    if page.words < _EMPTY and page.of("script", "preload"):
        said = f"{name} hands its app to everybody, and only the app itself asks for a log-in, if it does"
        return say.warn("admin-open", name, said, severity=Severity.MEDIUM, evidence=evidence, remedy=fix, via=via)
    said = f"{name} shows a page without asking who is there: the admin desk is open to everybody"
    return say.fail("admin-open", name, said, severity=Severity.BLOCKER, evidence=evidence, remedy=fix, via=via)


async def _staging(say: Say, world: World, host: Host, chain: Chain, reply: Reply) -> Finding:
    name, via = host.name, via_of(chain)
    evidence = [chain_evidence(chain)]
    hidden = _hidden(say, "staging-open", host, reply)
    if hidden is not None:
        return hidden
    if reply.status >= 400 or host_of(reply.url) != name:
        return say.passed("staging-open", name, f"{name} keeps strangers out", evidence=evidence, via=via)
    if reply.is_html and html.read(reply.text, reply.url).password_field:
        return say.passed("staging-open", name, f"{name} asks for a log-in first", evidence=evidence, via=via)
    if unindexed(reply):
        return say.passed(
            "staging-open",
            name,
            f"{name} is open, and search engines are told to leave it out",
            evidence=evidence,
            via=via,
        )
    robots = await world.web.get(f"https://{name}/robots.txt")
    if (
        isinstance(robots, Reply)
        and robots.status == 200
        and not robots.is_html
        and re.search(r"(?im)^disallow:\s*/\s*$", robots.text)
    ):
        said = f"{name} is open, and its robots.txt asks search engines to stay out"
        return say.passed("staging-open", name, said, evidence=evidence, via=via)
    return say.warn(
        "staging-open",
        name,
        f"{name} is open to everybody and may be indexed: customers find the unfinished product, with its test data",
        evidence=evidence,
        remedy=header(
            platform_of(reply),
            "Ask for a log-in there; or at least tell search engines to leave it out",
            ("X-Robots-Tag", "noindex"),
        ),
        via=via,
    )
