"""edge.exposure: nothing of the inside can be read from outside. Content is proof, a status never is; only names are
kept, no values."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from .... import secrets
from ....failure import Failure
from ....findings import Evidence, Finding
from ....hostnames import host_of
from ....world import later
from ....world.sights import Reply
from ...audit.names import lasting
from ...base import Say, check
from ...parse import page as html
from ...parse.addresses import origin, place
from ...paste import Platform, hidden, platform_of
from ...seen import ABSENT, distinct, wall
from .. import baseline
from ..doors import judge_door
from .debug import judge_debug
from .leftovers import DESCRIPTIONS, FILES, GRAPHQL, INTROSPECTION, UPLOADS, Reader, folders, graphql, listing

if TYPE_CHECKING:
    from ....launch.model import Launch, Role
    from ....world import World

_ROLES: tuple[Role, ...] = ("web", "app", "api", "admin", "status", "staging", "origin", "other")
_APIS: tuple[Role, ...] = ("web", "app", "api")
_SCRIPTS = 4


@check("edge.exposure")
async def exposure(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Every declared host for the usual leftovers, where that is permitted; the admin and staging hosts' doors, and the
    marks of debug mode, in any case."""
    say = Say("edge.exposure", world.clock.now())
    roles: dict[str, Role] = {launch.canonical_host: "web"}
    roles.update((host.name, host.role) for host in launch.hosts_of(*_ROLES))
    asked = [name for name in roles if world.may_intrude(name)]
    doors = [
        host
        for host in launch.hosts_of(*_ROLES)
        if host.role == "admin" or host.role == "staging" or host.environment == "staging"
    ]
    inner = {host.name for host in doors if host.environment == "staging" or host.role == "staging"}
    judged, shut, debugged = await asyncio.gather(
        asyncio.gather(*(_host(say, world, name, roles[name]) for name in asked)),
        asyncio.gather(*(judge_door(say, world, host) for host in doors)),
        asyncio.gather(*(judge_debug(say, launch, world, name, staging=name in inner) for name in roles)),
    )
    for findings in judged:
        for finding in distinct(findings):
            yield finding
    for finding_or_none in (*shut, *debugged):
        if finding_or_none is not None:
            yield finding_or_none
    fix = say.fix("permission", day=str(world.clock.now().date()), domain=launch.domain)
    for name in roles:
        if name not in asked:
            refused = Failure(kind="no-permission", target=name)
            yield say.unknown("files", name, failure=refused, remedy=fix)


async def _host(say: Say, world: World, name: str, role: Role) -> list[Finding]:
    base = await baseline.ask(world, name)
    if isinstance(base, Failure):
        if base.kind in ABSENT or base.kind == "refused":
            return []  # nothing answers there, so nothing can be read; audit.hosts and edge.certificates speak of it
        return [say.unknown("files", name, failure=base)]
    stopped = wall(base) if base.status != 403 or base.header("cf-mitigated") else None
    if stopped is not None:
        return [say.unknown("files", name, "shut", failure=stopped, via=base.via)]
    site = f"https://{name}"
    files, described, folder, maps = await asyncio.gather(
        _all(world, [site + path for _, path, _ in FILES]),
        _described(say, world, site, base) if role in _APIS else _nothing(),
        _listings(say, world, site, base),
        _maps(say, world, site),
    )
    platform = platform_of(base)
    findings: list[Finding] = []
    unread: list[str] = []
    for (rule, path, reader), reply in zip(FILES, files, strict=True):
        if _unseen(reply):
            unread.append(path)
        elif isinstance(reply, Reply) and (evidence := _proof(reply, base, reader)):
            findings.append(_readable(say, rule, name, path, evidence, platform, reply))
    findings += [*described, *folder, *maps]
    if any(finding.is_open for finding in findings):
        return findings
    if unread:
        evidence = [Evidence.of("not answered", "\n".join(unread), source=site)]
        missing = say.unknown(
            "files", name, "in-part", missing=len(unread), count=len(FILES), evidence=evidence, via=base.via
        )
        return [*findings, missing]
    told = Evidence.of("asked for", "\n".join(path for _, path, _ in FILES), source=site, at=base.at)
    return [*findings, say.passed("files", name, count=len(FILES), evidence=[told], via=base.via)]


def _unseen(reply: Reply | Failure) -> bool:
    """Whether an answer says nothing of the file. A closed door says no as clearly as a 403 does."""
    if isinstance(reply, Failure):
        return reply.kind not in ("refused", "reset")
    return bool(reply.header("cf-mitigated")) or reply.status == 429 or reply.status >= 500


async def _nothing() -> list[Finding]:
    return []


def _proof(reply: Reply | Failure, base: Reply, reader: Reader) -> list[Evidence]:
    """What an answer gives away; empty where it is nothing, or what the host answers to everything."""
    if isinstance(reply, Failure) or reply.status != 200 or baseline.same(reply, base):
        return []
    found = reader(reply)
    if not found:
        return []
    head = f"{reply.method} {reply.url}  {reply.status}, {len(reply.body)} bytes"
    return [Evidence.of("read", f"{head}\n{found}", source=reply.url, at=reply.at)]


def _readable(
    say: Say, rule: str, name: str, path: str, evidence: list[Evidence], platform: Platform, reply: Reply
) -> Finding:
    whole = rule == "repository"
    subject = f"{name}/.git" if whole else f"{name}{path}"
    fix = say.fix(rule, hidden(platform, name, "/.git/" if whole else path), subject=subject)
    return say.fail(rule, subject, evidence=evidence, remedy=fix, via=reply.via)


async def _all(world: World, urls: Sequence[str]) -> list[Reply | Failure]:
    """All of them, giving way to the requests that other looks wait for."""
    with later():
        return await asyncio.gather(*(world.web.get(url) for url in urls))


async def _described(say: Say, world: World, site: str, base: Reply) -> list[Finding]:
    """What an API tells of itself, by a description or by answering the question for its schema."""
    typed = (("content-type", "application/json"),)
    with later():
        schema, *told = await asyncio.gather(
            world.web.get(site + GRAPHQL, method="POST", headers=typed, body=INTROSPECTION),
            *(world.web.get(site + path) for _, path, _ in DESCRIPTIONS),
        )
    rows = [
        ("graphql", GRAPHQL, graphql, schema),
        *((*row, reply) for row, reply in zip(DESCRIPTIONS, told, strict=True)),
    ]
    findings = []
    for rule, path, reader, reply in rows:
        evidence = _proof(reply, base, reader)
        if not evidence or isinstance(reply, Failure):
            continue
        findings.append(say.info(rule, site.removeprefix("https://") + path, evidence=evidence, via=reply.via))
    return findings


async def _home(world: World, site: str) -> html.Page | None:
    """The host's own first page, where it has one."""
    chain = await world.web.follow(site + "/")
    end = chain.end
    if isinstance(end, Failure) or chain.problem or not end.is_html or origin(end.url) != site:
        return None
    return html.read(end.text, end.url)


async def _listings(say: Say, world: World, site: str, base: Reply) -> list[Finding]:
    home = await _home(world, site)
    loaded = [ref.url for ref in home.of("script", "style", "image")] if home else []
    urls = list(dict.fromkeys((f"{site}/", *folders(loaded, site), *(site + path for path in UPLOADS))))
    findings = []
    for url, reply in zip(urls, await _all(world, urls), strict=True):
        evidence = _proof(reply, base, listing)
        if not evidence or isinstance(reply, Failure):
            continue
        platform = platform_of(reply)
        fix = say.fix(f"no-listing-{platform if platform in ('apache', 'caddy') else 'nginx'}")
        findings.append(say.warn("directory-listing", place(url), evidence=evidence, remedy=fix, via=reply.via))
    return findings


async def _maps(say: Say, world: World, site: str) -> list[Finding]:
    """Source maps that no script names and that lie beside it all the same; audit.client-secrets reads those that are
    named."""
    home = await _home(world, site)
    if home is None:
        return []
    urls = [ref.url.partition("?")[0] for ref in home.of("script", "preload") if origin(ref.url) == site]
    scripts = [url for url in dict.fromkeys(urls) if url.endswith((".js", ".mjs"))][:_SCRIPTS]
    return [finding for url in scripts if (finding := await _map(say, world, url)) is not None]


async def _map(say: Say, world: World, script: str) -> Finding | None:
    told, reply = await asyncio.gather(world.web.get(script), world.web.get(script + ".map"))
    if isinstance(reply, Failure) or reply.status != 200 or reply.is_html or isinstance(told, Failure):
        return None
    if told.header("sourcemap") or told.header("x-sourcemap") or secrets.map_reference(told.text):
        return None
    try:
        sources = await asyncio.to_thread(secrets.sources, reply.body)
    except ValueError:
        return None  # what is no source map is no published source
    if not any(one for one in sources if not one.public):
        return None
    kinds = []
    for one in sources:
        scan = await asyncio.to_thread(secrets.scan, one.content, now=world.clock.now())
        kinds += [
            match.rule.title for match in scan.matches if match.exposure == "secret" and match.confidence != "low"
        ]
    subject = lasting(script) + ".map"
    names = "\n".join([one.name for one in sources][:12])
    shown = f"GET {reply.url}  {reply.status}, {len(sources)} files\n{names}"
    evidence = [Evidence.of("source map", shown, source=reply.url, at=reply.at)]
    fix = say.fix("source-map", hidden(platform_of(reply), host_of(reply.url), "*.map"))
    if kinds:
        evidence.append(Evidence.of("kinds", "\n".join(dict.fromkeys(kinds)), source=reply.url, at=reply.at))
        return say.fail("source-map", subject, kind=kinds[0], evidence=evidence, remedy=fix, via=reply.via)
    return say.warn("source-map", subject, evidence=evidence, remedy=fix, via=reply.via)
