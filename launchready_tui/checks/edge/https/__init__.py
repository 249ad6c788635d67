"""edge.https: HTTPS forced on every host, page and API route; cookies safe; no mixed content."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ....failure import Failure
from ....findings import Evidence, Finding, Severity
from ....hostnames import host_of
from ....secrets import BLANK
from ....world.sights import Reply
from ...base import Say, check
from ...parse import page as html
from ...parse.addresses import place, scheme_of, target
from ...parse.cookies import read as read_cookie
from ...paste import host_redirect, platform_of
from ...seen import ABSENT, CLOSED, get_page, via_of, wall
from ..roots import root_hosts
from .cookies import judge_cookies
from .mixed import judge_mixed

if TYPE_CHECKING:
    from ....launch.model import Launch, Role
    from ....world import World

_WEB: tuple[Role, ...] = ("web", "app", "api", "admin", "status", "staging", "other")
_DOCUMENTS: tuple[Role, ...] = ("web", "app", "admin")
_CLOSED_STATUSES = (400, 404, 410, 421, 426)

Answer = Literal["closed", "https", "leads-on", "open", "asks", "reached", "refused-here", "hidden", "unseen"]


@dataclass(frozen=True)
class Plain:
    """What a URL answers over plain http."""

    url: str
    answer: Answer
    words: str
    reply: Reply | None = None
    failure: Failure | None = None
    asks_secrets: bool = False


@check("edge.https")
async def https(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Plain http on every host and listed URL, then cookies and loads of the pages that answer over https."""
    say = Say("edge.https", world.clock.now())
    urls = _listed(launch)
    named = {host.name for host in launch.hosts}
    plains, documents = await asyncio.gather(
        asyncio.gather(*(_look(world, url) for url in urls)),
        _documents(launch, world),
    )
    by_host: dict[str, list[Plain]] = {}
    for plain in plains:
        by_host.setdefault(host_of(plain.url), []).append(plain)
    for host, group in by_host.items():
        absent = group[0].failure is not None and group[0].failure.kind in ABSENT
        if absent and host not in named and host != launch.canonical_host:
            continue  # nobody declared it; edge.canonical speaks of a missing www
        yield _forced(say, launch, host, group)
        finding = _cookie_in_the_clear(say, host, group)
        if finding:
            yield finding
    for finding in judge_cookies(say, documents):
        yield finding
    for finding in await judge_mixed(say, world, documents):
        yield finding


def _listed(launch: Launch) -> list[str]:
    """Plain http URLs: every host's root, every page and route, asked by GET alone, which changes nothing (RFC 9110
    section 9.2.1)."""
    roots = [f"http://{host}/" for host in (*root_hosts(launch), *(host.name for host in launch.hosts_of(*_WEB)))]
    known = [route for route in launch.routes if BLANK not in route.url]
    routes = [route.url for route in known if route.safe or route.method not in ("GET", "HEAD")]
    deeper = [
        f"http://{host_of(url)}{target(url)}" for url in (*(page.url for page in launch.pages), *routes) if host_of(url)
    ]
    return list(dict.fromkeys((*roots, *deeper)))


async def _look(world: World, url: str) -> Plain:
    reply = await world.web.get(url)
    if isinstance(reply, Failure):
        closed = reply.kind in CLOSED
        return Plain(url, "closed" if closed else "unseen", reply.words, failure=reply)
    location = reply.header("location")
    if 300 <= reply.status < 400 and location is not None:
        to = html.absolute(url, location)
        if scheme_of(to) == "https":
            return Plain(url, "https", f"{reply.status}  →  {to}", reply)
        chain = await world.web.follow(url)
        if (
            isinstance(chain.end, Reply)
            and not chain.problem
            and scheme_of(chain.end.url) == "http"
            and chain.end.status < 300
        ):
            return _open(url, chain.end)
        return Plain(url, "leads-on", f"{reply.status}  →  {location}", reply)
    if reply.header("cf-mitigated") or reply.status == 429:
        return Plain(url, "hidden", str(reply.status), reply, wall(reply))
    if 200 <= reply.status < 300:
        return _open(url, reply)
    if reply.status in (401, 403):
        return Plain(url, "asks", str(reply.status), reply)
    if reply.status == 405:
        return Plain(url, "reached", "405, the application answers", reply)
    if reply.status in _CLOSED_STATUSES:
        return Plain(url, "refused-here", str(reply.status), reply)
    return Plain(
        url, "unseen", str(reply.status), reply, Failure(kind="unavailable", detail=f"HTTP {reply.status}", target=url)
    )


def _open(url: str, reply: Reply) -> Plain:
    document = html.read(reply.text, reply.url) if reply.is_html else None
    asks = document is not None and (document.password_field or document.card_field)
    return Plain(url, "open", f"{reply.status}, the content is served", reply, asks_secrets=asks)


def _forced(say: Say, launch: Launch, host: str, group: list[Plain]) -> Finding:
    """One host over plain http: the worst of its URLs speaks."""
    lines = [f"{plain.url}  {plain.words}" for plain in group]
    first = next((plain.reply for plain in group if plain.reply), None)
    evidence = [Evidence.of("plain http", "\n".join(lines), source=f"http://{host}/", at=first.at if first else None)]
    via = via_of(*(plain.reply for plain in group))
    declared = launch.host(host)
    role = declared.role if declared else "web"
    milder = declared is not None and declared.environment != "production"
    if role == "api":
        fix = say.fix("refuse", host=host)
    else:
        rule = host_redirect(platform_of(first), host, f"https://{host}", plain=True)
        fix = say.fix("redirect", rule, host=host)
    answers = {plain.answer: plain for plain in reversed(group)}
    if plain := answers.get("open"):
        asks = next((one for one in group if one.asks_secrets), None)
        stops = (asks is not None or role == "api") and not milder
        severity = Severity.BLOCKER if stops else Severity.HIGH
        what, page = "asks" if asks else "fail", place((asks or plain).url)
        return say.fail("plain-http", host, what, page=page, severity=severity, evidence=evidence, remedy=fix, via=via)
    if plain := answers.get("hidden") or answers.get("unseen"):
        return say.unknown("plain-http", host, failure=plain.failure, evidence=evidence, via=via)
    severity = Severity.LOW if milder else Severity.MEDIUM
    if role == "api" and "https" in answers:
        said, plain = "api-redirects", answers["https"]
    elif plain := answers.get("reached"):
        said = "reached"
    elif role != "api" and (plain := answers.get("asks")):
        said = "not-redirected"
    elif role != "api" and (plain := answers.get("refused-here")) and plain.words in ("404", "410"):
        said, severity = "not-redirected", Severity.LOW
    else:
        closed = all(plain.answer == "closed" for plain in group)
        return say.passed("plain-http", host, "closed" if closed else "pass", evidence=evidence, via=via)
    page, status = place(plain.url), plain.words
    return say.warn(
        "plain-http", host, said, page=page, status=status, severity=severity, evidence=evidence, remedy=fix, via=via
    )


def _cookie_in_the_clear(say: Say, host: str, group: list[Plain]) -> Finding | None:
    shown = []
    for plain in group:
        for value in plain.reply.all("set-cookie") if plain.reply else ():
            cookie = read_cookie(value)
            if cookie and plain.reply and not cookie.is_infrastructure and not cookie.is_deleted(plain.reply.at):
                shown.append((plain, cookie.shown))
    if not shown:
        return None
    reply = shown[0][0].reply
    lines = "\n".join(f"{plain.url}  {text}" for plain, text in shown)
    evidence = [Evidence.of("set-cookie", lines, source=f"http://{host}/", at=reply.at if reply else None)]
    return say.fail("cookie-over-http", host, evidence=evidence, via=via_of(reply))


async def _documents(launch: Launch, world: World) -> list[Reply]:
    """What https answers on the home pages, the listed pages, and the routes that need no log-in."""
    homes = [
        f"https://{host}/" for host in (launch.canonical_host, *(host.name for host in launch.hosts_of(*_DOCUMENTS)))
    ]
    pages = [page.url for page in launch.pages if scheme_of(page.url) == "https"]
    routes = [
        route.url
        for route in launch.routes
        if route.safe and route.method == "GET" and not route.login and scheme_of(route.url) == "https"
    ]
    urls = list(dict.fromkeys((*homes, *pages, *routes)))
    replies, chains = await asyncio.gather(
        asyncio.gather(*(get_page(world, url) for url in urls)),
        asyncio.gather(*(world.web.follow(url) for url in dict.fromkeys(homes))),
    )
    seen: dict[str, Reply] = {}
    for reply in (*replies, *(chain.end for chain in chains)):
        if isinstance(reply, Reply) and not wall(reply) and scheme_of(reply.url) == "https":
            seen.setdefault(reply.url, reply)
    return list(seen.values())
