"""audit.legal-pages: terms, privacy and who runs it are there, finished, linked from the home page, in every language
of the product."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
from ....hostnames import host_of
from ....launch.model import LegalKind
from ....world.sights import Reply
from ...base import Say, check
from ...parse import page as html
from ...parse.addresses import normal, place
from ...seen import ABSENT, PROVEN, chain_evidence, distinct, wall
from ..dated import dated
from ..hosts_of import is_own
from ..served import Page, around

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

say = Say("audit.legal-pages")

WORDS: dict[LegalKind, str] = {
    "privacy": "privacy policy",
    "terms": "terms",
    "imprint": "page that says who runs it",
    "refunds": "refund rules",
    "sellers": "terms for sellers",
    "cookies": "cookie notice",
}
_SAID: dict[LegalKind, str] = {
    "terms": "page with the terms",
    "refunds": "page with the refund rules",
    "sellers": "page with the terms for sellers",
}
"""As sentences speak of them, where the word alone stands for many."""
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


def said_of(kind: LegalKind) -> str:
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
@dated
async def legal_pages(launch: Launch, world: World) -> AsyncGenerator[Finding, None]:
    """What the launch file names, else what the home page links to."""
    home = Page(launch.canonical, await world.web.follow(launch.canonical))
    pages, links = _all(launch, home), _links(launch, home)
    chains = await asyncio.gather(*(world.web.follow(one.url, crawl=not one.declared) for one in pages))
    for one, chain in zip(pages, chains, strict=True):
        one.page = Page(one.url, chain)
    findings = [found for kind in WANTED if (found := _missing(launch, home, kind, pages)) is not None]
    findings += [found for one in pages if (found := _page(launch, one)) is not None]
    findings += [found for one in pages if (found := _unlinked(home, one, links)) is not None]
    findings += _languages(launch, pages)
    for finding in distinct(findings):
        yield finding
    if not any(finding.is_open for finding in findings):
        listed = Evidence.of("pages", "\n".join(f"{WORDS[one.kind]}: {one.url}" for one in pages))
        words = f"{len(pages)} legal pages are there, finished, and one click away from the home page"
        yield say.passed("missing", launch.domain, words, evidence=[listed])


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


def _missing(launch: Launch, home: Page, kind: LegalKind, pages: list[_Legal]) -> Finding | None:
    if any(one.kind == kind for one in pages):
        return None
    words = WORDS[kind]
    paste = f'[[legal]]\nkind = "{kind}"\nurl = "{launch.canonical.rstrip("/")}/{kind}"'
    fix = Remedy(
        text="Publish it and link it at the foot of every page; if it is there already, name it",
        paste=paste,
        where="launchready.toml",
    )
    if home.document is None or home.document.drawn or not home.document.of("link"):
        why = "a script fills the home page" if home.document else "the home page could not be read"
        said = f"Whether there is a {said_of(kind)} could not be seen: {why}, and the launch file names none"
        return say.unknown("missing", words, said, remedy=fix)
    said = f"The home page leads to no {said_of(kind)}, and the launch file names none"
    if kind == "imprint":
        return say.warn("missing", words, said, remedy=fix)
    return say.fail("missing", words, said, remedy=fix)


def _page(launch: Launch, one: _Legal) -> Finding | None:
    """Whether it opens, and whether it is finished."""
    page, subject, words = one.page, place(one.url), said_of(one.kind)
    assert page is not None
    end, evidence = page.chain.end, [chain_evidence(page.chain)]
    stopped = (
        end if isinstance(end, Failure) and end.kind not in PROVEN else wall(end) if isinstance(end, Reply) else None
    )
    if stopped is not None:
        said = f"Whether the {words} can be read could not be seen: {stopped.words}"
        return None if one.store else say.unknown("page", subject, said, failure=stopped, evidence=evidence)
    lands_home = (
        isinstance(end, Reply)
        and normal(end.url) == normal(launch.canonical)
        and normal(one.url) != normal(launch.canonical)
    )
    if isinstance(end, Failure) or end.status != 200 or page.chain.problem or lands_home:
        if one.store or not one.declared or (isinstance(end, Failure) and end.kind in ABSENT):
            return None  # one cause, one finding: the stores' pages, dead links and hosts have checks of their own
        what = (
            end.words
            if isinstance(end, Failure)
            else "it shows the home page"
            if lands_home
            else f"status {end.status}"
        )
        fix = Remedy(text="Bring the page back, or name where it is", paste=f"curl -i '{one.url}'", where="a terminal")
        return say.fail("page", subject, f"The {words} does not open: {what}", evidence=evidence, remedy=fix)
    if page.document is None:
        return None  # a PDF, or text: it is there, and nothing is said of what it says
    if page.document.password_field and normal(end.url) != normal(one.url):
        if one.store:
            return None
        fix = Remedy(
            text=f"Let {one.url} answer with the page itself, without a log-in", paste=one.url, where="the site"
        )
        return say.fail("page", subject, f"The {words} asks for a log-in first", evidence=evidence, remedy=fix)
    text = page.document.text
    if (hole := _PLACEHOLDER.search(text)) is not None:
        seen = Evidence.of("seen", around(text, hole.start(), hole.end()), source=end.url, at=end.at)
        fix = Remedy(
            text="Have it written for this company and this product, and read once by somebody who knows the law of "
            "your markets",
            paste=f"curl -s '{one.url}' | grep -in '\\[\\|lorem\\|TODO'",
            where="a terminal, to find the gaps",
        )
        said = f"The {words} is not finished: it still holds “{hole.group()}”"
        return say.fail("placeholder", subject, said, evidence=[seen], remedy=fix, via=end.via)
    if page.document.drawn:
        said = f"The {words} is filled by a script, so it could not be read here, and neither can a store's reader"
        return say.unknown("page", subject, said, severity=Severity.MEDIUM, evidence=evidence, via=end.via)
    if one.kind in ("privacy", "terms") and len(text) < THIN:
        seen = Evidence.of("length", f"{len(text)} characters, menu and footer included", source=end.url, at=end.at)
        fix = Remedy(
            text=_CONTENT[one.kind],
            paste=_CONTENT[one.kind].replace(", ", "\n- ").replace(": ", ":\n- "),
            where="the page",
        )
        return say.warn(
            "thin", subject, f"The {words} is too short to say what it must", evidence=[seen], remedy=fix, via=end.via
        )
    return None


# What the page has to say at least (GDPR articles 13 and 14; Directive 2011/83/EU article 6; stores' own rules, as
# known 2026-11).
_CONTENT: dict[LegalKind, str] = {
    "privacy": "It has to say: who is responsible and how to reach them, what is kept and "
    "why, who else gets it, how long, "
    "how to see, correct and delete it",
    "terms": "It has to say: who the contract is with, what is paid to whom and when, how to "
    "cancel, who answers for damage, "
    "what is forbidden and what follows",
}


def _unlinked(home: Page, one: _Legal, links: list[str]) -> Finding | None:
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
    path = urlsplit(one.url).path or "/"
    return say.warn(
        "unlinked",
        place(one.url),
        f"The home page does not lead to the {said_of(one.kind)}",
        evidence=[Evidence.of("own links of the home page", "\n".join(links) or "none", source=home.url)],
        remedy=Remedy(
            text="Link it at the foot of every page",
            paste=f'<a href="{path}">{WORDS[one.kind].capitalize()}</a>',
            where="the footer",
        ),
    )


def _languages(launch: Launch, pages: list[_Legal]) -> list[Finding]:
    """Terms and privacy in every language that the product speaks, and each page in the one it is said to be in."""
    findings = []
    for one in pages:
        own = one.document.language.partition("-")[0] if one.document else ""
        wanted = one.language.partition("-")[0]
        if wanted and own and own != wanted:
            fix = Remedy(
                text="Translate it, or say in the page what language it is in",
                paste=f'<html lang="{one.language}">',
                where="the page",
            )
            said = f"The {said_of(one.kind)} is meant to be in {one.language}, and says of itself that it is in {own}"
            findings.append(say.warn("language", place(one.url), said, remedy=fix))
    for language in launch.languages if len(launch.languages) > 1 else ():
        for kind in ("privacy", "terms"):
            of_kind = [one for one in pages if one.kind == kind and one.document is not None]
            if not of_kind or any(_speaks(one, language) for one in of_kind):
                continue
            path = urlsplit(of_kind[0].url).path.strip("/")
            paste = (
                f'[[legal]]\nkind = "{kind}"\nurl = '
                f'"{launch.canonical.rstrip("/")}/{language}/{path}"\nlanguage = '
                f'"{language}"'
            )
            fix = Remedy(
                text="Publish it in that language; if it is there already, name it",
                paste=paste,
                where="launchready.toml",
            )
            said = f"The product speaks {language}, and there is no {said_of(kind)} in it"
            findings.append(say.warn("language", f"{WORDS[kind]} ({language})", said, remedy=fix))
    return findings


def _speaks(one: _Legal, language: str) -> bool:
    told = one.language or (one.document.language if one.document else "")
    return told.partition("-")[0] == language.partition("-")[0]
