"""audit.client-secrets: what the browser gets holds no secret. Pages, their scripts and source maps are read, values
are never kept."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from .... import secrets
from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
from ....hostnames import host_of
from ....secrets.sourcemap import inline_map
from ....world import registrable
from ....world.sights import Reply
from ...base import Say, check
from ...parse import page as html
from ...seen import ABSENT, distinct, via_of, wall
from ..dated import dated
from ..names import lasting

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

say = Say("audit.client-secrets")

CAP = 5 * 1024 * 1024
MOST_SCRIPTS = 60
"""Scripts that are read for one launch, the chunks they name included."""
MOST_BYTES = 40 * 1024 * 1024
"""All scripts and source maps of one launch together."""
DEPTH = 3
"""How far scripts that name scripts are followed."""
_CHUNK = re.compile(
    r"""["'`]((?:https?://|/|\.{1,2}/)?[A-Za-z0-9_@~./-]{1,200}\.m?js)(?:\?[A-Za-z0-9=&._-]{0,80})?["'`]"""
)


class _Text(msgspec.Struct, frozen=True, kw_only=True):
    """One text that the browser gets. `url` is where it came from; `inside` names the original file of a source map."""

    url: str
    text: str
    reply: Reply
    inside: str = ""


class _Reading:
    """What one run of the check has read, and what it could not."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seen: set[str] = set()
        self.scripts = 0
        self.room = MOST_BYTES
        self.pages = 0
        self.maps: list[Reply] = []
        self.texts: list[_Text] = []
        self.unread: list[Finding] = []
        self.left: dict[str, None] = {}
        """Scripts beyond the limit."""

    def take(self, urls: Iterable[str]) -> list[str]:
        """The URLs that were not taken before, as far as there is room."""
        fresh: list[str] = []
        for url in urls:
            if url not in self.seen and self.scripts >= MOST_SCRIPTS:
                self.left[url] = None
            elif url not in self.seen:
                self.seen.add(url)
                self.scripts += 1
                fresh.append(url)
        return fresh


@check("audit.client-secrets")
@dated
async def client_secrets(launch: Launch, world: World) -> AsyncGenerator[Finding, None]:
    """The main address, the web hosts' first pages and the pages of the launch file, with everything they load from
    the same site."""
    reading = _Reading(world)
    await asyncio.gather(*(_page(reading, url, wanted) for url, wanted in _pages(launch).items()))
    findings: list[Finding] = []
    clean = {host_of(text.url) for text in reading.texts}
    for text in reading.texts:
        scan = await asyncio.to_thread(secrets.scan, text.text, now=world.clock.now())
        found = [_found(text, match) for match in scan.matches]
        if not scan.complete:
            words = f"{lasting(text.url)} holds so much that looks like a key that the search was cut short"
            found.append(say.unknown("unread", lasting(text.url), words, severity=Severity.BLOCKER, via=text.reply.via))
        findings += found
        if any(finding.is_open for finding in found):
            clean.discard(host_of(text.url))
    findings += [_map(reply) for reply in reading.maps]
    findings += reading.unread
    if reading.left:
        words = f"{len(reading.left)} more scripts were not read: the limit is {MOST_SCRIPTS}"
        findings.append(
            say.info("more", launch.domain, words, evidence=[Evidence.of("scripts", "\n".join(reading.left))])
        )
    for finding in distinct(findings):
        yield finding
    for host in sorted(clean - {finding.subject.partition("/")[0] for finding in reading.unread}):
        texts = [text for text in reading.texts if host_of(text.url) == host]
        listed = Evidence.of(
            "read", "\n".join(dict.fromkeys(text.url for text in texts)), source=host, at=world.clock.now()
        )
        files = len({text.url for text in texts})
        words = (
            f"No secret in what {host} gives the browser: {files} file{'s' if files > 1 else ''} read, "
            f"{len(secrets.load())} kinds of key"
        )
        yield say.passed("secret", host, words, evidence=[listed], via=texts[0].reply.via)


async def read_all(launch: Launch, world: World) -> list[tuple[str, str]]:
    """URL and text of every page, script and published source that a visitor gets. What this check has read costs no
    second request."""
    reading = _Reading(world)
    await asyncio.gather(*(_page(reading, url, wanted) for url, wanted in _pages(launch).items()))
    return [(text.url, text.text) for text in reading.texts]


def _pages(launch: Launch) -> dict[str, bool]:
    """URLs to read; True for those that somebody named, which must be readable."""
    roots = {f"https://{host.name}/": False for host in launch.hosts_of("web", "app")}
    return roots | {launch.canonical: True} | {page.url: True for page in launch.pages}


def _same_site(page: str, url: str) -> bool:
    """Whether a script belongs to the product: what others serve is theirs to keep clean."""
    return bool(host_of(url)) and registrable(host_of(url)) == registrable(host_of(page))


async def _page(reading: _Reading, url: str, wanted: bool) -> None:
    chain = await reading.world.web.follow(url)
    end = chain.end
    if isinstance(end, Reply) and end.truncated:
        end = await reading.world.web.get(end.url, cap=CAP)
    if isinstance(end, Failure):
        if wanted or end.kind not in ABSENT:
            words = f"{lasting(url)} could not be read: {end.words}"
            reading.unread.append(say.unknown("unread", lasting(url), words, failure=end, severity=Severity.BLOCKER))
        return
    if end.url in reading.seen:
        return
    reading.seen.add(end.url)
    if wanted and (stopped := wall(end)) is not None:
        words = f"{lasting(url)} could not be read: {stopped.words}"
        reading.unread.append(
            say.unknown("unread", lasting(url), words, failure=stopped, severity=Severity.BLOCKER, via=end.via)
        )
        return
    reading.pages += 1
    reading.texts.append(_Text(url=end.url, text=end.text, reply=end))
    _whole(reading, end)
    if not end.is_html:
        return
    page = html.read(end.text, end.url)
    loaded = [ref.url for ref in page.of("script", "preload") if ref.url and _same_site(end.url, ref.url)]
    # Scripts inside the page name others too: a service worker, a file with settings.
    named = await asyncio.to_thread(_chunks, end.url, end.url, end.text)
    await asyncio.gather(
        *(_script(reading, end.url, script) for script in reading.take(loaded)),
        *(_script(reading, end.url, script, 1) for script in reading.take(named)),
    )


def _whole(reading: _Reading, reply: Reply) -> None:
    if reply.truncated:
        words = f"Only the first part of {lasting(reply.url)} was read: it is too large"
        reading.unread.append(
            say.unknown("unread", lasting(reply.url), words, severity=Severity.BLOCKER, via=reply.via)
        )


async def _script(reading: _Reading, page: str, url: str, depth: int = 0) -> None:
    reply = await _get(reading, url)
    failure = reply if isinstance(reply, Failure) else None
    if depth and isinstance(reply, Reply) and reply.status in (401, 403) and not reply.header("cf-mitigated"):
        return  # named, but behind a door: no visitor gets it either
    if isinstance(reply, Reply) and reply.status not in (200, 404, 410) and not 300 <= reply.status < 400:
        failure = Failure(kind="unavailable", detail=f"status {reply.status}", target=url)
    if failure is not None:
        words = f"The script {lasting(url)} could not be read: {failure.words}"
        evidence = [Evidence.of("named by", page)]
        reading.unread.append(
            say.unknown(
                "unread",
                lasting(url),
                words,
                failure=failure,
                severity=Severity.BLOCKER,
                evidence=evidence,
                via=via_of(reply),
            )
        )
        return
    # A missing chunk is a broken link and no secret; a single-page app answers it with its start page.
    if isinstance(reply, Failure) or reply.status != 200 or reply.is_html:
        return
    script = reply.text
    reading.texts.append(_Text(url=url, text=script, reply=reply))
    _whole(reading, reply)
    await _source_map(reading, reply, script)
    if depth < DEPTH:
        chunks = await asyncio.to_thread(_chunks, page, url, script)
        await asyncio.gather(*(_script(reading, page, chunk, depth + 1) for chunk in reading.take(chunks)))


async def _get(reading: _Reading, url: str) -> Reply | Failure:
    """A file of up to 5 MB, a few redirects within the site followed; nothing where all files together have used up
    their room."""
    if reading.room <= 0:
        return Failure(kind="limit", detail=f"more than {MOST_BYTES // 1024 // 1024} MB of scripts", target=url)
    reply = await reading.world.web.get(url, cap=CAP)
    for _ in range(3):
        if isinstance(reply, Failure) or not 300 <= reply.status < 400:
            break
        target = html.absolute(reply.url, reply.header("location") or "")
        if not target or not _same_site(url, target):
            break
        reply = await reading.world.web.get(target, cap=CAP)
    if isinstance(reply, Reply):
        reading.room -= len(reply.body)
    return reply


def _chunks(page: str, url: str, script: str) -> list[str]:
    """Scripts that a script names, where the usual bundlers would load them from: beside it, or from the root of the
    site."""
    found: list[str] = []
    for raw in dict.fromkeys(_CHUNK.findall(script)):
        bare = raw.startswith(("assets/", "static/", "_next/", "chunks/", "js/"))
        if raw.startswith("static/") and "/_next/" in url:
            raw = f"_next/{raw}"  # Next's manifest names its chunks from its own folder
        target = html.absolute(page if bare else url, "/" + raw if bare else raw)
        if target and _same_site(page, target):
            found.append(target)
    return found


async def _source_map(reading: _Reading, reply: Reply, script: str) -> None:
    reference = reply.header("sourcemap") or reply.header("x-sourcemap") or secrets.map_reference(script)
    if not reference:
        return
    inside = inline_map(reference)
    source = reply
    if inside is None:
        url = html.absolute(reply.url, reference)
        if not url or not _same_site(reply.url, url) or url in reading.seen:
            return
        reading.seen.add(url)
        answer = await _get(reading, url)
        # Not there, or a start page in its place: the map is not published.
        if isinstance(answer, Failure) or answer.status != 200 or answer.is_html:
            return
        source, inside = answer, answer.body
        if answer.truncated:
            reading.texts.append(_Text(url=url, text=_unescaped(answer.text), reply=answer))
            _whole(reading, answer)
            reading.maps.append(answer)
            return
    try:
        sources = await asyncio.to_thread(secrets.sources, inside)
    except ValueError:
        return  # what is no source map is no published source
    reading.texts += [_Text(url=source.url, text=one.content, reply=source, inside=one.name) for one in sources]
    if sources:
        reading.maps.append(source)


def _unescaped(text: str) -> str:
    """The inside of a map that was cut off and is no JSON any more."""
    return text.replace("\\n", "\n").replace('\\"', '"')


def _evidence(text: _Text, match: secrets.Match) -> list[Evidence]:
    where = f"line {match.line}, column {match.column}" + (f" of {text.inside}" if text.inside else "")
    said = [
        Evidence.of("found", match.shown, source=text.url, at=text.reply.at),
        Evidence.of("place", f"{text.url}, {where}", source=text.url, at=text.reply.at),
        Evidence.of(
            "kind",
            f"{match.rule.title} ({match.rule.provider}), {match.confidence} confidence, shape seen {match.rule.dated}",
        ),
    ]
    if match.rule.condition:
        said.append(Evidence.of("note", match.rule.condition))
    return said


def _found(text: _Text, match: secrets.Match) -> Finding:
    rule = match.rule
    subject = f"{lasting(text.url)}: {rule.id}"
    evidence, via, place = _evidence(text, match), text.reply.via, lasting(text.url)
    if match.exposure == "public":
        words = f"{rule.title} in {place}: {rule.condition or 'made for the browser'}"
        return say.info("public", subject, words, evidence=evidence, via=via)
    if match.exposure == "depends" or match.confidence == "low":
        kind = rule.title[0].upper() + rule.title[1:]
        return say.warn(
            "depends",
            subject,
            f"{kind} in {place}: whether it may be there only its owner knows",
            evidence=evidence,
            remedy=Remedy(text=_ask(match), paste=rule.rotate, where=rule.provider),
            via=via,
        )
    kind = rule.title[0].upper() + rule.title[1:]
    return say.fail(
        "secret",
        subject,
        f"{kind} in {place}: every visitor can take it",
        severity=rule.severity
        if match.confidence == "high"
        else max(rule.severity, Severity.HIGH, key=lambda level: level.weight),
        evidence=evidence,
        remedy=Remedy(
            text="Replace it at the provider first, since it was public; then keep the new one on the server only, "
            "and build again",
            paste=rule.rotate,
            where=rule.provider,
        ),
        via=via,
    )


def _ask(match: secrets.Match) -> str:
    if match.confidence == "low":
        return (
            "Look at this value: if it is real, replace it and keep it on the server; if it is a sample, "
            "take it out "
            "or accept it here"
        )
    text = match.rule.condition.rstrip(".") or "Find out what it opens"
    return f"{text}. Look it up at {match.rule.provider}; accept it here with the reason if it may be public"


def _map(reply: Reply) -> Finding:
    path = urlsplit(reply.url).path
    return say.warn(
        "source-map",
        lasting(reply.url),
        f"Everybody can read the source code behind {lasting(reply.url).removesuffix('.map')}, comments included",
        severity=Severity.MEDIUM,
        evidence=[
            Evidence.of(
                "source map", f"GET {reply.url}  {reply.status}, {len(reply.body)} bytes", source=reply.url, at=reply.at
            )
        ],
        remedy=Remedy(
            text="Build without source maps, or keep them off the web server (an error tracker takes them by upload)",
            paste="location ~ \\.map$ { return 404; }" if path.endswith(".map") else "",
            where="nginx, until the next build" if path.endswith(".map") else "",
        ),
        via=reply.via,
    )
