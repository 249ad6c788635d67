"""audit.demo-data: filler, samples and test entries are gone from what customers see."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from ....findings import Evidence, Finding
from ....hostnames import host_of
from ....world.sights import Reply
from ...base import Say, check
from ...parse import page as html
from ...parse.addresses import normal, origin, place
from ...parse.search_files import robots, sitemap
from ...seen import distinct
from ..legal_pages import addresses
from ..served import Page, around, crawl

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

_FILLER = re.compile(r"lorem ipsum|dolor sit amet|consectetur adipisc", re.IGNORECASE)
_UNFINISHED = re.compile(
    r"\[(?:your|my|insert|company|business|site|shop|product|name)\b[^\]\n]{0,40}\]|<(?:your|insert) [a-z ]{2,30}>"
    r"|\byour (?:text|company name|tagline|headline) (?:goes )?here\b|\bTODO:|\[object Object\]|\bplaceholder text\b",
    re.IGNORECASE,
)
_MONEY = r"(?:[$€£¥]|\b(?:USD|EUR|GBP|CHF)\b)"
_EMPTY_PRICE = r"(?:X{2,4}(?:[.,]X{2})?|X[.,]X{2}|NaN|undefined|null)"
_PRICE = re.compile(rf"{_MONEY}\s?{_EMPTY_PRICE}(?!\w)|(?<!\w){_EMPTY_PRICE}\s?{_MONEY}")
# Domains that belong to nobody (RFC 2606 section 3), and numbers kept for films (NANP 555-0100 to 555-0199).
_CONTACT = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.)?example\.(?:com|org|net)\b|\(?\b\d{3}\)?[ .-]555[ .-]01\d\d\b",
    re.IGNORECASE,
)
_EXPLAINED = re.compile(
    r"(?:such as|e\.\s?g\.|for example|like|for instance|z\.\s?B\.|par exemple)[:,]?\s*\S{0,12}$", re.IGNORECASE
)
# Numbers that payment providers publish for tests, known 2026-11 (docs.stripe.com/testing, developer.paypal.com).
_CARDS = (
    "4242424242424242",
    "4000002500003155",
    "4000000000009995",
    "4111111111111111",
    "5555555555554444",
    "5105105105105100",
)
_CARDS_SHORT = ("378282246310005", "371449635398431")
_CARD = re.compile(r"(?<!\d)(?:\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}|\d{4}[ -]?\d{6}[ -]?\d{5})(?!\d)")
_ENTRY = re.compile(
    r"(?:test|test[-_ ]?\d+|test[-_ ](?:listing|item|page|product|post|user|ad|shop)(?:[-_ ]?\d+)?"
    r"|(?:dummy|sample|example)[-_ ](?:listing|item|page|product|post|user|ad)(?:[-_ ]?\d+)?"
    r"|asdf\w*|qwerty\w*|foo|foo-?bar|hello-world|lorem-ipsum|untitled(?:[-_ ]?\d+)?)(?:\.html?|\.php)?",
    re.IGNORECASE,
)
_SHOWN = 20


class _Kind(NamedTuple):
    """One way in which a page shows that it was not finished. `broken`: on a named page that is a failure."""

    rule: str
    pattern: re.Pattern[str]
    broken: bool = False


_KINDS = (
    _Kind("filler", _FILLER, broken=True),
    _Kind("unfinished", _UNFINISHED),
    _Kind("price", _PRICE, broken=True),
    _Kind("contact", _CONTACT),
    _Kind("test-card", _CARD, broken=True),
)


@check("audit.demo-data")
async def demo_data(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The pages that the dead-link check opens anyway, the home page, and the addresses in the sitemap. Staging may be
    as it likes."""
    say = Say("audit.demo-data", world.clock.now())
    seen = await crawl(launch, world)
    home = Page(launch.canonical, await world.web.follow(launch.canonical))
    judged = addresses(launch, home)
    found = {normal(reply.url): (reply, document) for reply, document in seen.documents()}
    if home.reply is not None and home.document is not None:
        found.setdefault(normal(home.reply.url), (home.reply, home.document))
    pages = [both for key, both in found.items() if _production(launch, both[0].url) and key not in judged]
    if not pages:
        yield say.unknown("unread", launch.domain)
        return
    named = {normal(page.reply.url) for page in seen.pages if page.reply} | {normal(launch.canonical)}
    findings = [
        _found(say, kind, reply, hits, normal(reply.url) in named)
        for reply, document in pages
        for kind in _KINDS
        if (hits := _hits(kind, document))
    ]
    titles = [(reply.url, document.title) for reply, document in pages]
    listed = await _listed(launch, world)
    links = [link.url for link in seen.links.values() if link.kind == "link"]
    findings += _entries(say, launch, titles, links, listed)
    for finding in distinct(findings):
        yield finding
    drawn = [reply for reply, document in pages if document.drawn and normal(reply.url) in named]
    for reply in drawn:
        yield say.unknown("drawn", place(reply.url), via=reply.via)
    if not findings and not drawn:
        read = [Evidence.of("read", "\n".join(reply.url for reply, _ in pages))]
        how, via = "with-sitemap" if listed else "pass", pages[0][0].via
        yield say.passed("filler", launch.domain, how, pages=len(pages), listed=len(listed), evidence=read, via=via)


def _production(launch: Launch, url: str) -> bool:
    host = launch.host(host_of(url))
    return host is None or host.environment == "production"


def _hits(kind: _Kind, document: html.Page) -> list[str]:
    """What was seen, with a few words round it; card numbers are those of the providers' own lists only."""
    text, found = document.text, []
    for match in kind.pattern.finditer(text):
        if kind.rule == "test-card" and re.sub(r"\D", "", match.group()) not in (*_CARDS, *_CARDS_SHORT):
            continue
        if kind.rule == "contact" and _EXPLAINED.search(text[max(0, match.start() - 40) : match.start()]):
            continue
        found.append(around(text, match.start(), match.end()))
    return found[:5]


def _found(say: Say, kind: _Kind, reply: Reply, hits: list[str], named: bool) -> Finding:
    voice = say.fail if kind.broken and named else say.warn
    evidence = [Evidence.of("seen", "\n".join(hits), source=reply.url, at=reply.at)]
    return voice(kind.rule, place(reply.url), url=reply.url, evidence=evidence, via=reply.via)


async def _listed(launch: Launch, world: World) -> list[str]:
    """The addresses in the sitemap, where there is one; edge.canonical says what is wrong with it."""
    main = origin(launch.canonical)
    told = await world.web.get(f"{main}/robots.txt")
    named = robots(told.text).sitemaps if isinstance(told, Reply) and told.status == 200 and not told.is_html else ()
    reply = await world.web.get(
        next((url for url in named if url.startswith(("http://", "https://"))), f"{main}/sitemap.xml")
    )
    if not isinstance(reply, Reply) or reply.status != 200 or reply.is_html or reply.body[:2] == b"\x1f\x8b":
        return []
    return list(sitemap(reply.body, whole=not reply.truncated).locations)


def _entries(
    say: Say, launch: Launch, titles: list[tuple[str, str]], links: list[str], listed: list[str]
) -> list[Finding]:
    """Pages called `test`, in the sitemap, in a link or by their own title."""
    where: dict[str, str] = {}
    urls = [(url, "in the sitemap") for url in listed] + [(url, "linked") for url in links]
    for url, how in urls:
        if _production(launch, url) and any(
            _ENTRY.fullmatch(unquote(part)) for part in urlsplit(url).path.split("/") if part
        ):
            where.setdefault(place(url), how)
    for url, title in titles:
        first = re.split(r"\s[|·–—-]\s", title.strip())[0].strip()
        if first and _ENTRY.fullmatch(first):
            where.setdefault(place(url), f"called “{first}”")
    return [
        say.warn("test-entry", one, path=urlsplit(f"https://{one}").path, evidence=[Evidence.of("found", how)])
        for one, how in list(where.items())[:_SHOWN]
    ]
