"""audit.broken-links: the pages of the demo and of the advertisements open, and so does everything of our own that
they link to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
from ....hostnames import host_of
from ....world.sights import Chain, Reply
from ...base import Say, check
from ...parse.addresses import place
from ...seen import ABSENT, PROVEN, chain_evidence, distinct, via_of, wall
from ..hosts_of import declared
from ..served import CRAWL, PAGES, Answer, Link, Page, crawl

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World


@check("audit.broken-links")
async def broken_links(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The named pages (the main address where none is named), then their links to own hosts, nearest first, within the
    limit."""
    say = Say("audit.broken-links", world.clock.now())
    seen = await crawl(launch, world)
    answered = list(zip(seen.asked, seen.answers, strict=True))
    findings = [found for link, answer in answered if (found := _link(say, launch, link, answer)) is not None]
    if not launch.pages:
        findings.append(say.info("unnamed", launch.domain, url=launch.canonical))
    if rest := [link.url for link in seen.links.values()][CRAWL:]:
        listed = [Evidence.of("links", "\n".join(rest))]
        findings.append(say.info("unfollowed", launch.domain, links=len(rest), limit=CRAWL, evidence=listed))
    findings += [_insecure(say, link) for link in seen.plain.values()]
    broken = {where for link, answer in answered if _is_broken(answer) for where in link.places}
    findings += [_page(say, page, len(answered), page.url in broken) for page in seen.pages]
    for finding in distinct(findings):
        yield finding


def _linked(link: Link) -> Evidence:
    return Evidence.of("linked from", "\n".join(dict.fromkeys(link.places)))


def _end(answer: Answer) -> Reply | Failure:
    return answer.end if isinstance(answer, Chain) else answer


def _is_broken(answer: Answer) -> bool:
    end = _end(answer)
    if isinstance(answer, Chain) and answer.problem in ("loop", "too-many", "bad-location", "private-target"):
        return True
    if isinstance(end, Failure):
        return end.kind in PROVEN
    if end.header("cf-mitigated"):
        return False  # a wall for programs, whatever its status
    # 401 and 403 are doors, 429 and 405 are manners: the address is there.
    return end.status in (404, 410) or end.status >= 500


def _what(answer: Answer) -> tuple[str, int, str]:
    """Which message says what is wrong; the status of the answer, or why there is none."""
    end = _end(answer)
    status, cause = (0, end.words) if isinstance(end, Failure) else (end.status, "")
    if isinstance(answer, Chain) and answer.problem:
        return answer.problem if answer.problem in ("loop", "too-many") else "nowhere", status, cause
    return "unreached" if cause else "fail", status, cause


def _link(say: Say, launch: Launch, link: Link, answer: Answer) -> Finding | None:
    end, subject = _end(answer), place(link.url)
    evidence = [_linked(link), *([chain_evidence(answer)] if isinstance(answer, Chain) else [])]
    if _is_broken(answer):
        what, status, cause = _what(answer)
        page = link.kind in PAGES or link.kind in ("script", "style")
        return say.fail(
            "broken",
            subject,
            what,
            status=status,
            cause=cause,
            pages=len(set(link.places)),
            severity=Severity.HIGH if page else Severity.MEDIUM,
            evidence=evidence,
            remedy=_mend(say, launch, link, answer, page=page),
            via=via_of(end),
        )
    if isinstance(end, Failure) and end.kind != "limit":
        return say.unknown("broken", subject, failure=end, evidence=evidence)
    return None


def _mend(say: Say, launch: Launch, link: Link, answer: Answer, *, page: bool) -> Remedy:
    """What mends a broken link. That of a host of the launch without an address lies in DNS and not on the page."""
    host, end = host_of(link.url), _end(answer)
    itself = not (isinstance(answer, Chain) and answer.hops)
    if itself and isinstance(end, Failure) and end.kind in ABSENT and host in declared(launch):
        return say.fix("address", host=host)
    return say.fix("page", host=host, path=urlsplit(link.url).path or "/") if page else say.fix("file")


def _insecure(say: Say, link: Link) -> Finding:
    https, evidence = "https" + link.url.removeprefix("http"), [_linked(link), Evidence.of("link", link.url)]
    return say.warn("insecure-link", place(link.url), https=https, evidence=evidence)


def _page(say: Say, page: Page, links: int, broken: bool) -> Finding:
    subject, end = place(page.url), page.chain.end
    evidence, via = [chain_evidence(page.chain)], via_of(end)
    if _is_broken(page.chain) or (isinstance(end, Reply) and end.status in (400, 401, 402, 405)):
        what, status, cause = _what(page.chain)
        return say.fail("page", subject, what, status=status, cause=cause, url=page.url, evidence=evidence, via=via)
    stopped = end if isinstance(end, Failure) else wall(end)
    if stopped is not None:
        return say.unknown("page", subject, failure=stopped, evidence=evidence, via=via)
    if broken:
        return say.info("page", subject, evidence=evidence, via=via)
    return say.passed("page", subject, "with-links" if links else "pass", links=links, evidence=evidence, via=via)
