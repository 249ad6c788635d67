"""edge.exposure: nothing of the inside can be read from outside. Content is proof, a status never is; only names are
kept, no values."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from .... import secrets
from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
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
from .leftovers import DESCRIPTIONS, FILES, GRAPHQL, INTROSPECTION, UPLOADS, Reader, folders, graphql, listing

if TYPE_CHECKING:
    from ....launch.model import Launch, Role
    from ....world import World

_ROLES: tuple[Role, ...] = ("web", "app", "api", "admin", "status", "staging", "origin", "other")
_APIS: tuple[Role, ...] = ("web", "app", "api")
_SCRIPTS = 4


@check("edge.exposure")
async def exposure(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Every declared host for the usual leftovers, where that is permitted; the admin and staging hosts' doors in any
    case."""
    say = Say("edge.exposure", world.clock.now())
    roles: dict[str, Role] = {launch.canonical_host: "web"}
    roles.update((host.name, host.role) for host in launch.hosts_of(*_ROLES))
    asked = [name for name in roles if world.may_intrude(name)]
    doors = [
        host
        for host in launch.hosts_of(*_ROLES)
        if host.role == "admin" or host.role == "staging" or host.environment == "staging"
    ]
    judged, shut = await asyncio.gather(
        asyncio.gather(*(_host(say, world, name, roles[name]) for name in asked)),
        asyncio.gather(*(judge_door(say, world, host) for host in doors)),
    )
    for findings in judged:
        for finding in distinct(findings):
            yield finding
    for finding_or_none in shut:
        if finding_or_none is not None:
            yield finding_or_none
    for name in roles:
        if name not in asked:
            yield _not_asked(say, name, launch.domain)


def _not_asked(say: Say, name: str, domain: str) -> Finding:
    asking = say.no_permission("files", name, "asking for files that nobody should see", domain=domain)
    return say.unknown(
        "files",
        name,
        f"Whether {name} gives away inner files was not looked at: that needs a recorded permission",
        failure=Failure(kind="no-permission", target=name),
        severity=Severity.BLOCKER,
        remedy=asking.remedy,
    )


async def _host(say: Say, world: World, name: str, role: Role) -> list[Finding]:
    base = await baseline.ask(world, name)
    if isinstance(base, Failure):
        if base.kind in ABSENT or base.kind == "refused":
            return []  # nothing answers there, so nothing can be read; audit.hosts and edge.certificates speak of it
        said = f"Whether {name} gives away inner files could not be seen: {base.words}"
        return [say.unknown("files", name, said, failure=base, severity=Severity.BLOCKER)]
    stopped = wall(base) if base.status != 403 or base.header("cf-mitigated") else None
    if stopped is not None:
        said = f"Whether {name} gives away inner files could not be seen: a program is not let in"
        return [say.unknown("files", name, said, failure=stopped, severity=Severity.BLOCKER, via=base.via)]
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
        missing = [Evidence.of("not answered", "\n".join(unread), source=site)]
        said = (
            f"Whether {name} gives away inner files could not be seen in full: {len(unread)} of {len(FILES)} "
            "questions were not answered"
        )
        return [*findings, say.unknown("files", name, said, evidence=missing, via=base.via)]
    told = Evidence.of("asked for", "\n".join(path for _, path, _ in FILES), source=site, at=base.at)
    said = f"{name} gives away none of the {len(FILES)} files that robots ask for first"
    return [*findings, say.passed("files", name, said, evidence=[told], via=base.via)]


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


_SAID: dict[str, tuple[str, str, Severity]] = {
    "env-file": (
        "can be read by everybody: passwords and keys of the product lie open",
        "Take it off the web server; then change every password and key in it, since "
        "robots ask for this file every hour",
        Severity.BLOCKER,
    ),
    "repository": (
        "can be read by everybody: the whole source code with its history can be downloaded",
        "Take the folder off the web server; then change every key that was ever committed",
        Severity.BLOCKER,
    ),
    "leftover": (
        "can be read by everybody: it tells how the product is built",
        "Take it off the web server",
        Severity.HIGH,
    ),
    "debug-page": (
        "can be opened by everybody: it tells settings and requests of the inside",
        "Switch it off, or let only your own addresses in",
        Severity.HIGH,
    ),
}


def _readable(
    say: Say, rule: str, name: str, path: str, evidence: list[Evidence], platform: Platform, reply: Reply
) -> Finding:
    words, advice, severity = _SAID[rule]
    subject = f"{name}/.git" if rule == "repository" else f"{name}{path}"
    fix = hidden(platform, advice, "/.git/" if rule == "repository" else path)
    return say.fail(
        rule, subject, f"{subject} {words}", severity=severity, evidence=evidence, remedy=fix, via=reply.via
    )


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
        subject = site.removeprefix("https://") + path
        if rule == "graphql":
            said = f"{subject} tells its whole schema to everybody; switch introspection off unless that is meant"
            findings.append(say.info("graphql", subject, said, evidence=evidence, via=reply.via))
        else:
            said = f"{subject} describes every call of the API to everybody; fine if that is meant"
            findings.append(say.info("api-description", subject, said, evidence=evidence, via=reply.via))
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
        findings.append(
            say.warn(
                "directory-listing",
                place(url),
                f"{place(url)} lists all its files: what lies there is found without guessing",
                evidence=evidence,
                remedy=_NO_LISTING.get(platform_of(reply), _NO_LISTING["nginx"]),
                via=reply.via,
            )
        )
    return findings


_NO_LISTING = {
    "nginx": Remedy(text="Switch the listing off", paste="autoindex off;", where="nginx, in the location"),
    "apache": Remedy(text="Switch the listing off", paste="Options -Indexes", where="Apache, in the directory"),
    "caddy": Remedy(text="Serve files without `browse`", paste="file_server", where="Caddyfile"),
}


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
    if not sources:
        return None
    kinds = []
    for one in sources:
        scan = await asyncio.to_thread(secrets.scan, one.content, now=world.clock.now())
        kinds += [
            match.rule.title for match in scan.matches if match.exposure == "secret" and match.confidence != "low"
        ]
    subject = lasting(script) + ".map"
    names = "\n".join([one.name for one in sources][:12])
    evidence = [
        Evidence.of(
            "source map",
            f"GET {reply.url}  {reply.status}, {len(sources)} files\n{names}",
            source=reply.url,
            at=reply.at,
        )
    ]
    fix = hidden(
        platform_of(reply), "Keep source maps off the web server (an error tracker takes them by upload)", "*.map"
    )
    if kinds:
        evidence.append(Evidence.of("kinds", "\n".join(dict.fromkeys(kinds)), source=reply.url, at=reply.at))
        said = f"{subject} gives everybody the source code, with a key in it: {kinds[0]}"
        return say.fail(
            "source-map", subject, said, severity=Severity.BLOCKER, evidence=evidence, remedy=fix, via=reply.via
        )
    said = f"{subject} gives everybody the source code, though no page names it"
    return say.warn("source-map", subject, said, evidence=evidence, remedy=fix, via=reply.via)
