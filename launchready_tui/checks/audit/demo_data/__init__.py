"""audit.demo-data: filler, samples and test entries are gone from what customers see."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ....findings import Evidence, Finding, Remedy, Severity
from ....hostnames import host_of
from ....world.sights import Reply
from ...base import Say, check
from ...parse import page as html
from ...parse.addresses import normal, origin, place
from ...parse.search_files import robots, sitemap
from ...seen import distinct
from ..dated import dated
from ..legal_pages import addresses
from ..served import Page, around, crawl

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

say = Say("audit.demo-data")

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
    r"[\w.+-]+@(?:[\w-]+\.)?example\.(?:com|org|net)\b|\(?\b\d{3}\)?[ .-]555[ .-]01\d\d\b", re.IGNORECASE
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


@dataclass(frozen=True)
class _Kind:
    """One way in which a page shows that it was not finished."""

    rule: str
    what: str
    fix: str
    paste: str
    severity: Severity


_FILLED = _Kind(
    "filler",
    "shows filler text",
    "Write the text, or take the section out until there is one",
    "curl -s '{url}' | grep -in 'lorem ipsum'",
    Severity.HIGH,
)
_OPEN = _Kind(
    "unfinished",
    "shows a gap that was to be filled in",
    "Fill it in, or take it out",
    "curl -s '{url}' | grep -n '\\[object Object\\]\\|\\[Your\\|TODO:'",
    Severity.MEDIUM,
)
_PRICELESS = _Kind(
    "price",
    "shows a price that is none",
    "Give it a price, or hide it until it has one; look at what the price is computed from",
    "curl -s '{url}' | grep -n 'XX\\|NaN\\|undefined'",
    Severity.HIGH,
)
_SAMPLE = _Kind(
    "contact",
    "shows a sample address or number that reaches nobody",
    "Put a real one there, and write to it once",
    "curl -s '{url}' | grep -n 'example\\.\\(com\\|org\\|net\\)\\|555'",
    Severity.MEDIUM,
)
_TESTCARD = _Kind(
    "test-card",
    "shows the number of a test card, so whoever pays with it must be told that this is a test",
    "Take it out; if it works there, payments still run in test mode (see deploy.payments)",
    "curl -s '{url}' | grep -n '4242\\|4111'",
    Severity.HIGH,
)
_TEXTS = ((_FILLED, _FILLER), (_OPEN, _UNFINISHED), (_PRICELESS, _PRICE), (_SAMPLE, _CONTACT), (_TESTCARD, _CARD))


@check("audit.demo-data")
@dated
async def demo_data(launch: Launch, world: World) -> AsyncGenerator[Finding, None]:
    """The pages that the dead-link check opens anyway, the home page, and the addresses in the sitemap. Staging may be
    as it likes."""
    seen = await crawl(launch, world)
    home = Page(launch.canonical, await world.web.follow(launch.canonical))
    judged = addresses(launch, home)
    found = {normal(reply.url): (reply, document) for reply, document in seen.documents()}
    if home.reply is not None and home.document is not None:
        found.setdefault(normal(home.reply.url), (home.reply, home.document))
    documents = {key: both for key, both in found.items() if _production(launch, both[0].url) and key not in judged}
    if not documents:
        yield say.unknown(
            "unread",
            launch.domain,
            "No page could be read, so nothing can be said of what is left of the demo",
            severity=Severity.MEDIUM,
        )
        return
    named = {normal(page.reply.url) for page in seen.pages if page.reply} | {normal(launch.canonical)}
    findings: list[Finding] = []
    for reply, document in documents.values():
        findings += [
            _found(kind, reply, document, pattern, normal(reply.url) in named)
            for kind, pattern in _TEXTS
            if _hits(kind, pattern, document)
        ]
    titles = {normal(reply.url): (reply.url, document.title) for reply, document in documents.values()}
    listed = await _listed(launch, world)
    findings += _entries(
        launch, list(titles.values()), [link.url for link in seen.links.values() if link.kind == "link"], listed
    )
    for finding in distinct(findings):
        yield finding
    drawn = [reply for reply, document in documents.values() if document.drawn and normal(reply.url) in named]
    for reply in drawn:
        yield say.unknown(
            "drawn",
            place(reply.url),
            f"{place(reply.url)} is filled by a script, so what it shows could not be "
            "read here: look at it in a browser",
            severity=Severity.MEDIUM,
            via=reply.via,
        )
    if not findings and not drawn:
        read = Evidence.of("read", "\n".join(reply.url for reply, _ in documents.values()))
        words = f"No filler, sample address, test card or test entry on {_count(len(documents), 'page')}"
        words += f" and among {len(listed)} addresses in the sitemap" if listed else ""
        yield say.passed("filler", launch.domain, words, evidence=[read], via=next(iter(documents.values()))[0].via)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _production(launch: Launch, url: str) -> bool:
    host = launch.host(host_of(url))
    return host is None or host.environment == "production"


def _hits(kind: _Kind, pattern: re.Pattern[str], document: html.Page) -> list[str]:
    """What was seen, with a few words round it; card numbers are those of the providers' own lists only."""
    text, found = document.text, []
    for match in pattern.finditer(text):
        if kind is _TESTCARD and re.sub(r"\D", "", match.group()) not in (*_CARDS, *_CARDS_SHORT):
            continue
        if kind is _SAMPLE and _EXPLAINED.search(text[max(0, match.start() - 40) : match.start()]):
            continue
        found.append(around(text, match.start(), match.end()))
    return found[:5]


def _found(kind: _Kind, reply: Reply, document: html.Page, pattern: re.Pattern[str], named: bool) -> Finding:
    subject = place(reply.url)
    evidence = [Evidence.of("seen", "\n".join(_hits(kind, pattern, document)), source=reply.url, at=reply.at)]
    remedy = Remedy(text=kind.fix, paste=kind.paste.format(url=reply.url), where="a terminal, to find the place")
    words = f"{subject} {kind.what}"
    if kind.severity is Severity.HIGH and named:
        return say.fail(
            kind.rule, subject, words, severity=Severity.HIGH, evidence=evidence, remedy=remedy, via=reply.via
        )
    return say.warn(
        kind.rule, subject, words, severity=Severity.MEDIUM, evidence=evidence, remedy=remedy, via=reply.via
    )


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


def _entries(launch: Launch, titles: list[tuple[str, str]], links: list[str], listed: list[str]) -> list[Finding]:
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
        say.warn(
            "test-entry",
            subject,
            f"{subject} looks like a test entry, and customers and search engines can find it",
            evidence=[Evidence.of("found", how)],
            remedy=Remedy(
                text="Delete it, or keep it out of lists and sitemap; let its address answer 410, so that search "
                "engines forget it",
                paste=f"location = {urlsplit('https://' + subject).path} {{ return 410; }}",
                where="nginx, once the entry is deleted",
            ),
        )
        for subject, how in list(where.items())[:_SHOWN]
    ]
