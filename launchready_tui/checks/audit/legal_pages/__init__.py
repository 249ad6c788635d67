"""audit.legal-pages: terms, privacy and who runs it are there, finished, linked from the home page, in every language
of the product."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ....failure import Failure
from ....findings import Evidence, Finding
from ....hostnames import host_of
from ....launch.model import LegalKind
from ....world.sights import Reply
from ...base import Say, check
from ...parse import page as html
from ...parse.addresses import normal, place
from ...seen import PROVEN, chain_evidence, distinct, wall
from ..hosts_of import is_own
from ..served import Page, around

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

WORDS: dict[LegalKind, str] = {
    "privacy": "privacy policy",
    "terms": "terms",
    "imprint": "page that says who runs it",
    "refunds": "refund rules",
    "sellers": "terms for sellers",
    "cookies": "cookie notice",
}
_SAID: dict[LegalKind, str] = {
    "terms": "terms of service page",
    "imprint": "page that says who runs the product",
    "refunds": "refund policy",
    "sellers": "seller terms page",
}
"""As sentences speak of them, where the subject's word is another."""
WANTED: tuple[LegalKind, ...] = ("privacy", "terms", "imprint")
"""What every product with customers needs; the others count where the launch file names them."""
# How such pages are usually addressed, in the languages of the larger markets.
_PATHS: dict[LegalKind, re.Pattern[str]] = {
    "privacy": re.compile(
        r"privacy|datenschutz|confidentialit|privacidad|privacidade|privacybeleid|prywatno|integritet", re.IGNORECASE
    ),
    "terms": re.compile(
        r"\bterms|/tos\b|\bagb\b|conditions|cgu|cgv|nutzungsbedingungen|condiciones|termini|voorwaarden|regulamin",
        re.IGNORECASE,
    ),
    "imprint": re.compile(
        r"imprint|impressum|mentions-legales|aviso-legal|legal-notice|note-legali|colofon|contact|kontakt|about",
        re.IGNORECASE,
    ),
}
_PLACEHOLDER = re.compile(
    r"lorem ipsum|dolor sit amet|\[(?:your |insert "
    r"|company|business|website|app|date|name|address|e-?mail|country|state)[^\]\n]{0,40}\]"
    r"|\b(?:your company(?: name)?|company name here|insert (?:date|name|address))\b|\bcoming "
    r"soon\b|\bTODO\b|\bTBD\b|under construction",
    re.IGNORECASE,
)
THIN = 600
"""Characters, menu and footer included: no terms that hold fit into less."""


def _said_of(kind: LegalKind) -> str:
    """What a sentence calls such a page."""
    return _SAID.get(kind, WORDS[kind])


@dataclass
class _Legal:
    """One legal page: what it is, where it was named, how it was found."""

    kind: LegalKind
    url: str
    language: str = ""
    declared: bool = True
    store: bool = False
    """The stores ask for it as well: edge.app-links then says whether it opens."""
    page: Page | None = None

    @property
    def document(self) -> html.Page | None:
        return self.page.document if self.page else None


@check("audit.legal-pages")
async def legal_pages(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """What the launch file names, else what the home page links to."""
    say = Say("audit.legal-pages", world.clock.now())
    home = Page(launch.canonical, await world.web.follow(launch.canonical))
    pages, links = _all(launch, home), _links(launch, home)
    chains = await asyncio.gather(*(world.web.follow(one.url, crawl=not one.declared) for one in pages))
    for one, chain in zip(pages, chains, strict=True):
        one.page = Page(one.url, chain)
    findings = [found for kind in WANTED if (found := _missing(say, launch, home, kind, pages)) is not None]
    findings += [found for one in pages if (found := _page(say, launch, one)) is not None]
    findings += [found for one in pages if (found := _unlinked(say, home, one, links)) is not None]
    findings += _languages(say, launch, pages)
    for finding in distinct(findings):
        yield finding
    if not any(finding.is_open for finding in findings):
        listed = Evidence.of("pages", "\n".join(f"{WORDS[one.kind]}: {one.url}" for one in pages))
        yield say.passed("missing", launch.domain, pages=len(pages), evidence=[listed])


def addresses(launch: Launch, home: Page) -> set[str]:
    """Normal forms of the legal pages that this check judges, so that no other speaks of the same gap."""
    return {normal(one.url) for one in _all(launch, home)}


def _all(launch: Launch, home: Page) -> list[_Legal]:
    """The named pages, and the first link of the home page for each wanted kind of which none is named."""
    pages = _named(launch)
    for kind in WANTED:
        if not any(one.kind == kind for one in pages):
            pages += [
                _Legal(kind, url, declared=False)
                for url in _links(launch, home)
                if _PATHS[kind].search(urlsplit(url).path)
            ][:1]
    return pages


def _named(launch: Launch) -> list[_Legal]:
    """The pages of the launch file, those that it names for the stores included."""
    found = [_Legal(one.kind, one.url, one.language) for one in launch.legal]
    stores: tuple[tuple[LegalKind, str], ...] = (("privacy", launch.apps.privacy), ("terms", launch.apps.terms))
    for kind, url in stores:
        same = next((one for one in found if normal(one.url) == normal(url)), None) if url else None
        if same is not None:
            same.store = True
        elif url:
            found.append(_Legal(kind, url, store=True))
    return found


def _links(launch: Launch, home: Page) -> list[str]:
    """Where the home page leads on own hosts, once each."""
    if home.document is None:
        return []
    refs = [
        ref.url
        for ref in home.document.of("link")
        if ref.scheme in ("http", "https") and is_own(launch, host_of(ref.url))
    ]
    return list({normal(url): url for url in refs}.values())


def _missing(say: Say, launch: Launch, home: Page, kind: LegalKind, pages: list[_Legal]) -> Finding | None:
    if any(one.kind == kind for one in pages):
        return None
    words, page = WORDS[kind], _said_of(kind)
    url = f"{launch.canonical.rstrip('/')}/{kind}"
    if home.document is None:
        return say.unknown("missing", words, "no-home", page=page, kind=kind, url=url)
    if home.document.drawn:
        return say.unknown("missing", words, page=page, kind=kind, url=url)
    if not home.document.of("link") and home.document.of("script"):
        return say.unknown("missing", words, "no-links", page=page, kind=kind, url=url)
    if kind == "imprint":
        return say.warn("missing", words, page=page, kind=kind, url=url)
    return say.fail("missing", words, page=page, kind=kind, url=url)


def _page(say: Say, launch: Launch, one: _Legal) -> Finding | None:
    """Whether it opens, and whether it is finished."""
    page, subject, words = one.page, place(one.url), _said_of(one.kind)
    assert page is not None
    end, evidence = page.chain.end, [chain_evidence(page.chain)]
    stopped = (
        end if isinstance(end, Failure) and end.kind not in PROVEN else wall(end) if isinstance(end, Reply) else None
    )
    if stopped is not None:
        return None if one.store else say.unknown("page", subject, page=words, failure=stopped, evidence=evidence)
    lands_home = (
        isinstance(end, Reply)
        and normal(end.url) == normal(launch.canonical)
        and normal(one.url) != normal(launch.canonical)
    )
    if isinstance(end, Failure) or end.status != 200 or page.chain.problem or lands_home:
        if one.store or not one.declared:
            return None  # one cause, one finding: the stores' pages and dead links have checks of their own
        if isinstance(end, Failure):
            return say.fail("page", subject, page=words, cause=end.words, url=one.url, evidence=evidence)
        if lands_home:
            return say.fail("page", subject, "home", page=words, url=one.url, evidence=evidence)
        return say.fail("page", subject, "status", page=words, status=end.status, url=one.url, evidence=evidence)
    if page.document is None:
        return None  # a PDF, or text: it is there, and nothing is said of what it says
    if page.document.password_field and normal(end.url) != normal(one.url):
        return None if one.store else say.fail("page", subject, "log-in", page=words, url=one.url, evidence=evidence)
    text = page.document.text
    if (gap := _PLACEHOLDER.search(text)) is not None:
        seen = [Evidence.of("seen", around(text, gap.start(), gap.end()), source=end.url, at=end.at)]
        found = gap.group()
        return say.fail("placeholder", subject, page=words, gap=found, url=one.url, evidence=seen, via=end.via)
    if page.document.drawn:
        return say.unknown("page", subject, "drawn", page=words, evidence=evidence, via=end.via)
    if one.kind in ("privacy", "terms") and len(text) < THIN:
        length = f"{len(text)} characters, menu and footer included"
        seen = [Evidence.of("length", length, source=end.url, at=end.at)]
        remedy = say.fix(f"say-{one.kind}")
        return say.warn("thin", subject, page=words, evidence=seen, remedy=remedy, via=end.via)
    return None


def _unlinked(say: Say, home: Page, one: _Legal, links: list[str]) -> Finding | None:
    """A declared page that nobody finds. Where a script fills the home page its links cannot be seen."""
    if not one.declared or home.document is None or home.document.drawn or one.kind in ("sellers", "refunds"):
        return None
    own = {normal(url).rstrip("/") for url in links}
    ways = {normal(one.url).rstrip("/")} | (
        {normal(one.page.reply.url).rstrip("/")} if one.page and one.page.reply else set()
    )
    alternates = {normal(url).rstrip("/") for url in home.document.languages}
    if ways & own or (one.language and alternates):
        return None
    path, label = urlsplit(one.url).path or "/", WORDS[one.kind].capitalize()
    evidence = [Evidence.of("own links of the home page", "\n".join(links) or "none", source=home.url)]
    return say.warn("unlinked", place(one.url), page=_said_of(one.kind), path=path, label=label, evidence=evidence)


def _languages(say: Say, launch: Launch, pages: list[_Legal]) -> list[Finding]:
    """Terms and privacy in every language that the product speaks, and each page in the one it is said to be in."""
    findings = []
    for one in pages:
        own = one.document.language.partition("-")[0] if one.document else ""
        wanted = one.language.partition("-")[0]
        if wanted and own and own != wanted:
            page = _said_of(one.kind)
            findings.append(say.warn("language", place(one.url), page=page, wanted=one.language, own=own))
    site = launch.canonical.rstrip("/")
    for language in launch.languages if len(launch.languages) > 1 else ():
        for kind in ("privacy", "terms"):
            of_kind = [one for one in pages if one.kind == kind and one.document is not None]
            if not of_kind or any(_speaks(one, language) for one in of_kind):
                continue
            url, page = f"{site}/{language}/{urlsplit(of_kind[0].url).path.strip('/')}", _said_of(kind)
            subject = f"{WORDS[kind]} ({language})"
            findings.append(say.warn("language", subject, "none", page=page, language=language, kind=kind, url=url))
    return findings


def _speaks(one: _Legal, language: str) -> bool:
    told = one.language or (one.document.language if one.document else "")
    return told.partition("-")[0] == language.partition("-")[0]
