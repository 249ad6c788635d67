"""audit.client-secrets: what the browser gets holds no secret. Pages, their scripts and source maps are read, values
are never kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from .... import secrets
from ....failure import Failure
from ....findings import Evidence, Finding, Severity
from ....hostnames import host_of
from ....secrets.sourcemap import inline_map
from ....world import registrable
from ....world.sights import Reply
from ...base import Say, check
from ...parse import page as html
from ...seen import ABSENT, distinct, via_of, wall
from ..names import lasting
from .chunks import named

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

CAP = 5 * 1024 * 1024
MOST_SCRIPTS = 60
"""Scripts that are read for one launch, the chunks they name included."""
MOST_BYTES = 40 * 1024 * 1024
"""All scripts and source maps of one launch together."""
DEPTH = 3
"""How far scripts that name scripts are followed."""
# Hosts that serve their owners' code to everybody, as known 2026-11: nothing of this product lies there.
OTHERS = (
    "js.stripe.com", "googletagmanager.com", "google-analytics.com", "googleapis.com", "gstatic.com", "google.com",
    "googlesyndication.com", "doubleclick.net", "facebook.net", "licdn.com", "clarity.ms", "bing.com", "tiktok.com",
    "hotjar.com", "intercom.io", "intercomcdn.com", "hs-scripts.com", "hsforms.net", "hubspot.com", "crisp.chat",
    "zdassets.com", "tawk.to", "paypal.com", "paypalobjects.com", "adyen.com", "klarna.com", "braintreegateway.com",
    "squarecdn.com", "cloudflareinsights.com", "challenges.cloudflare.com", "hcaptcha.com", "recaptcha.net",
    "unpkg.com", "jsdelivr.net", "cdnjs.cloudflare.com", "jquery.com", "bootstrapcdn.com", "esm.sh", "skypack.dev",
    "sentry-cdn.com", "segment.com", "mxpnl.com", "amplitude.com", "posthog.com", "plausible.io", "usefathom.com",
    "cookiebot.com", "cookielaw.org", "usercentrics.eu", "polyfill.io", "typekit.net", "youtube.com", "vimeo.com",
    "twitter.com", "x.com", "mapbox.com", "cloudinary.com", "accounts.dev", "auth0.com", "onesignal.com",
)  # fmt: skip


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
        self.say = Say("audit.client-secrets", world.clock.now())
        self.seen: set[str] = set()
        self.scripts = 0
        self.room = MOST_BYTES
        self.pages = 0
        self.maps: list[Reply] = []
        self.texts: list[_Text] = []
        self.unread: list[Finding] = []
        self.left: dict[str, None] = {}
        """Scripts beyond the limit."""
        self.silent: dict[str, str] = {}
        """Scripts of another company's host that gave no answer, each with why."""

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
async def client_secrets(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The main address, the web hosts' first pages and the pages of the launch file, with everything they load from
    the same site."""
    reading = _Reading(world)
    say = reading.say
    await asyncio.gather(*(_page(reading, url, wanted) for url, wanted in _pages(launch).items()))
    findings: list[Finding] = []
    clean = {host_of(text.url) for text in reading.texts}
    for text in reading.texts:
        scan = await asyncio.to_thread(secrets.scan, text.text, now=world.clock.now())
        found = [_found(say, text, match) for match in scan.matches]
        if not scan.complete:
            found.append(say.unknown("unread", lasting(text.url), "cut-short", via=text.reply.via))
        findings += found
        if any(finding.is_open for finding in found):
            clean.discard(host_of(text.url))
    findings += [_map(say, reply) for reply in reading.maps]
    findings += reading.unread
    if reading.left:
        listed = [Evidence.of("scripts", "\n".join(reading.left))]
        findings.append(say.info("more", launch.domain, scripts=len(reading.left), limit=MOST_SCRIPTS, evidence=listed))
    for host in sorted({host_of(url) for url in reading.silent}):
        rows = [f"{url}  {why}" for url, why in reading.silent.items() if host_of(url) == host]
        listed = [Evidence.of("scripts", "\n".join(rows), source=host)]
        findings.append(say.info("more", host, "silent", scripts=len(rows), evidence=listed))
    for finding in distinct(findings):
        yield finding
    kinds = len(secrets.load())
    for host in sorted(clean - {finding.subject.partition("/")[0] for finding in reading.unread}):
        texts = [text for text in reading.texts if host_of(text.url) == host]
        files = list(dict.fromkeys(text.url for text in texts))
        listed = [Evidence.of("read", "\n".join(files), source=host, at=world.clock.now())]
        rest = sum(host_of(url) == host for url in (*reading.left, *reading.silent))
        yield say.passed(
            "secret",
            host,
            "part" if rest else "pass",
            files=len(files),
            all=len(files) + rest,
            kinds=kinds,
            evidence=listed,
            via=texts[0].reply.via,
        )


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
    """Whether a script lies on the page's own domain."""
    return bool(host_of(url)) and registrable(host_of(url)) == registrable(host_of(page))


def _may_hold(page: str, url: str) -> bool:
    """Whether a script may be the product's: on its own domain, or on a network's that serves what one uploads. What
    others serve to everybody is theirs to keep clean."""
    host = host_of(url)
    return _same_site(page, url) or (
        bool(host) and not any(host == other or host.endswith("." + other) for other in OTHERS)
    )


async def _page(reading: _Reading, url: str, wanted: bool) -> None:
    chain = await reading.world.web.follow(url)
    end = chain.end
    if isinstance(end, Reply) and end.truncated:
        end = await reading.world.web.get(end.url, cap=CAP)
    if isinstance(end, Failure):
        if wanted or end.kind not in ABSENT:
            reading.unread.append(reading.say.unknown("unread", lasting(url), failure=end))
        return
    if end.url in reading.seen:
        return
    reading.seen.add(end.url)
    if wanted and (stopped := wall(end)) is not None:
        reading.unread.append(reading.say.unknown("unread", lasting(url), failure=stopped, via=end.via))
        return
    reading.pages += 1
    reading.texts.append(_Text(url=end.url, text=end.text, reply=end))
    _whole(reading, end)
    if not end.is_html:
        return
    page = html.read(end.text, end.url)
    loaded = [ref.url for ref in page.of("script", "preload") if ref.url and _may_hold(end.url, ref.url)]
    loaded.sort(key=lambda url: not _same_site(end.url, url))
    # Scripts inside the page name others too: a service worker, a file with settings.
    inside = await asyncio.to_thread(_chunks, end.url, end.url, end.text)
    await asyncio.gather(
        *(_script(reading, end.url, script) for script in reading.take(loaded)),
        *(_script(reading, end.url, script, 1) for script in reading.take(inside)),
    )


def _whole(reading: _Reading, reply: Reply) -> None:
    if reply.truncated:
        reading.unread.append(reading.say.unknown("unread", lasting(reply.url), "large", via=reply.via))


async def _script(reading: _Reading, page: str, url: str, depth: int = 0) -> None:
    reply = await _get(reading, url)
    failure = reply if isinstance(reply, Failure) else None
    if depth and isinstance(reply, Reply) and reply.status in (401, 403) and not reply.header("cf-mitigated"):
        return  # named, but behind a door: no visitor gets it either
    if isinstance(reply, Reply) and reply.status not in (200, 404, 410) and not 300 <= reply.status < 400:
        failure = Failure(kind="unavailable", detail=f"status {reply.status}", target=url)
    if failure is not None and not _same_site(page, url):
        reading.silent[url] = failure.words
        return
    if failure is not None:
        named = [Evidence.of("named by", page)]
        reading.unread.append(
            reading.say.unknown("unread", lasting(url), failure=failure, evidence=named, via=via_of(reply))
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
    """Scripts that a script names, of the page's own domain or of the host that the script itself came from."""
    return [
        target for target in named(page, url, script) if _same_site(page, target) or host_of(target) == host_of(url)
    ]


async def _source_map(reading: _Reading, reply: Reply, script: str) -> None:
    reference = reply.header("sourcemap") or reply.header("x-sourcemap") or secrets.map_reference(script)
    if not reference:
        return
    inside = inline_map(reference)
    source = reply
    if inside is None:
        url = html.absolute(reply.url, reference)
        if not url or (host_of(url) != host_of(reply.url) and not _same_site(reply.url, url)) or url in reading.seen:
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
    if any(not one.public for one in sources):
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


def _found(say: Say, text: _Text, match: secrets.Match) -> Finding:
    rule, low = match.rule, match.confidence == "low"
    place, kind = lasting(text.url), rule.title[0].upper() + rule.title[1:]
    subject, evidence, via = f"{place}: {rule.id}", _evidence(text, match), text.reply.via
    if match.exposure == "public":
        said = "info" if rule.condition else "browser"
        return say.info(
            "public", subject, said, kind=kind, place=place, note=rule.condition, evidence=evidence, via=via
        )
    if match.exposure == "depends" or low:
        fix = "maybe-real" if low else "judge" if rule.condition else "find-out"
        remedy = say.fix(fix, note=rule.condition, provider=rule.provider, rotate=rule.rotate)
        return say.warn("depends", subject, kind=kind, place=place, evidence=evidence, remedy=remedy, via=via)
    sure = match.confidence == "high"
    level = rule.severity if sure else max(rule.severity, Severity.HIGH, key=lambda one: one.weight)
    remedy = say.fix("replace", provider=rule.provider, rotate=rule.rotate)
    return say.fail(
        "secret", subject, kind=kind, place=place, severity=level, evidence=evidence, remedy=remedy, via=via
    )


def _map(say: Say, reply: Reply) -> Finding:
    size = f"GET {reply.url}  {reply.status}, {len(reply.body)} bytes"
    evidence = [Evidence.of("source map", size, source=reply.url, at=reply.at)]
    served = urlsplit(reply.url).path.endswith(".map")
    remedy = say.fix("hide-maps", host=host_of(reply.url)) if served else say.fix("no-maps")
    name = lasting(reply.url)
    script = name.removesuffix(".map")
    return say.warn("source-map", name, script=script, evidence=evidence, remedy=remedy, via=reply.via)
