"""audit.broken-links: the pages of the demo and of the advertisements stand, and so does everything of our own that
they link to."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
from ....hostnames import host_of
from ....world.sights import Chain, Reply
from ...base import Say, check
from ...parse.addresses import place
from ...seen import ABSENT, PROVEN, chain_evidence, distinct, via_of, wall
from ..dated import dated
from ..hosts_of import declared
from ..served import CRAWL, PAGES, Link, Page, crawl

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

say = Say("audit.broken-links")


@check("audit.broken-links")
@dated
async def broken_links(launch: Launch, world: World) -> AsyncGenerator[Finding, None]:
    """The named pages (the main address where none is named), then their links to own hosts, nearest first, within the
    limit."""
    seen = await crawl(launch, world)
    pages, links, plain, asked, answers = seen.pages, seen.links, seen.plain, seen.asked, seen.answers
    findings = [
        found for link, answer in zip(asked, answers, strict=True) if (found := _link(launch, link, answer)) is not None
    ]
    if not launch.pages:
        findings.append(_unnamed(launch))
    if len(links) > CRAWL:
        rest = list(links.values())[CRAWL:]
        words = f"{len(rest)} more links of these pages were not followed: the limit is {CRAWL}"
        findings.append(
            say.info(
                "unfollowed",
                launch.domain,
                words,
                evidence=[Evidence.of("links", "\n".join(link.url for link in rest))],
            )
        )
    findings += [_insecure(link) for link in plain.values()]
    broken = {where for link, answer in zip(asked, answers, strict=True) if _is_broken(answer) for where in link.places}
    for page in pages:
        findings.append(_page(launch, page, len(asked), page.url in broken))
    for finding in distinct(findings):
        yield finding


def _linked(link: Link) -> Evidence:
    return Evidence.of("linked from", "\n".join(dict.fromkeys(link.places)))


def _unnamed(launch: Launch) -> Finding:
    table = f'[[pages]]\nurl = "{launch.canonical}"\nuse = "demo"'
    words = (
        "The launch file names no page that the demo shows or an advertisement leads to: "
        "only the start page was looked at"
    )
    return say.info(
        "unnamed", launch.domain, words, remedy=Remedy(text="Name these pages", paste=table, where="launchready.toml")
    )


def _end(answer: Chain | Reply | Failure) -> Reply | Failure:
    return answer.end if isinstance(answer, Chain) else answer


def _is_broken(answer: Chain | Reply | Failure) -> bool:
    end = _end(answer)
    if isinstance(answer, Chain) and answer.problem in ("loop", "too-many", "bad-location", "private-target"):
        return True
    if isinstance(end, Failure):
        return end.kind in PROVEN
    if end.header("cf-mitigated"):
        return False  # a wall for programs, whatever its status
    # 401 and 403 are doors, 429 and 405 are manners: the address is there.
    return end.status in (404, 410) or end.status >= 500


def _link(launch: Launch, link: Link, answer: Chain | Reply | Failure) -> Finding | None:
    end, subject = _end(answer), place(link.url)
    if isinstance(end, Failure) and end.kind in ABSENT and host_of(link.url) in declared(launch):
        return None  # one cause, one finding: audit.hosts speaks of declared hosts without an address
    evidence = [_linked(link), *([chain_evidence(answer)] if isinstance(answer, Chain) else [])]
    if _is_broken(answer):
        what = _what(answer)
        page = link.kind in PAGES or link.kind in ("script", "style")
        return say.fail(
            "broken",
            subject,
            f"{subject} is broken ({what}), and {_pages(link)} it",
            severity=Severity.HIGH if page else Severity.MEDIUM,
            evidence=evidence,
            remedy=Remedy(
                text="Bring it back, take the link out, or redirect the old address to where it moved",
                paste=f"location = {urlsplit(link.url).path or '/'} {{ return 301 <where it moved>; }}" if page else "",
                where="nginx" if page else "",
            ),
            via=via_of(end),
        )
    if isinstance(end, Failure) and end.kind != "limit":
        words = f"Whether {subject} is there could not be seen: {end.words}"
        return say.unknown("broken", subject, words, failure=end, severity=Severity.MEDIUM, evidence=evidence)
    return None


def _pages(link: Link) -> str:
    places = list(dict.fromkeys(link.places))
    return f"{place(places[0])} links to" if len(places) == 1 else f"{len(places)} pages link to"


def _what(answer: Chain | Reply | Failure) -> str:
    end = _end(answer)
    if isinstance(answer, Chain) and answer.problem:
        return {"loop": "it redirects in a circle", "too-many": "it redirects without end"}.get(
            answer.problem, "it redirects to nowhere"
        )
    return end.words if isinstance(end, Failure) else f"status {end.status}"


def _insecure(link: Link) -> Finding:
    subject = place(link.url)
    return say.warn(
        "insecure-link",
        subject,
        f"A page links to {subject} over http: the click goes unprotected",
        severity=Severity.LOW,
        evidence=[_linked(link), Evidence.of("link", link.url)],
        remedy=Remedy(
            text="Write the link with https", paste="https" + link.url.removeprefix("http"), where="the page"
        ),
    )


def _page(launch: Launch, page: Page, asked: int, broken: bool) -> Finding:
    subject, end = place(page.url), page.chain.end
    evidence, via = [chain_evidence(page.chain)], via_of(end)
    use = next((one.use for one in launch.pages if one.url == page.url), "demo")
    shown = "an advertisement leads to it" if use == "advertisement" else "the demo shows it"
    if _is_broken(page.chain) or (isinstance(end, Reply) and end.status in (400, 401, 402, 405)):
        words = f"{subject} does not open ({_what(page.chain)}), and {shown}"
        remedy = Remedy(
            text="Bring the page back, or change its address in the launch file and in the advertisement",
            paste=f"curl -i '{page.url}'",
            where="a terminal",
        )
        return say.fail("page", subject, words, evidence=evidence, remedy=remedy, via=via)
    stopped = end if isinstance(end, Failure) else wall(end)
    if stopped is not None:
        words = f"Whether {subject} opens could not be seen: {stopped.words}"
        return say.unknown("page", subject, words, failure=stopped, evidence=evidence, via=via)
    if broken:
        return say.info("page", subject, f"{subject} opens, with broken links on it", evidence=evidence, via=via)
    links = f", and so do the {asked} addresses these pages link to" if asked else ""
    return say.passed("page", subject, f"{subject} opens{links}", evidence=evidence, via=via)
