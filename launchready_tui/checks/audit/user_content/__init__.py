"""audit.user-content: what users show each other has rules, a way to report it, and somebody who looks at the
reports."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ....failure import Failure
from ....findings import WHOLE_LAUNCH, Evidence, Finding, Severity
from ....world.sights import Reply
from ...base import Say, check
from ...parse.addresses import place
from ...seen import PROVEN, chain_evidence, distinct, wall
from ..served import Page

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

# How a page offers to report something, in the languages of the larger markets.
_REPORT = re.compile(
    r"\breport(?:ing)?\b|\bflag "
    r"(?:this|it|listing|item)\b|\bmelden\b|\bsignaler\b|\bdenunciar\b|\breportar\b|\bsegnala\b"
    r"|\brapporteer\b|\bzgłoś\b",
    re.IGNORECASE,
)
_PATH = re.compile(r"/(?:report|flag|abuse|melden|signaler|denunciar|segnala)\b", re.IGNORECASE)


@check("audit.user-content", papers=True)
async def user_content(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The `[safety]` table against the pages it names, the pages that show what users wrote, and who is still there."""
    safety = launch.safety
    say = Say("audit.user-content", world.clock.now(), people=(safety.owner,))
    site = launch.canonical.rstrip("/")
    if not safety.user_content:
        yield say.not_applicable("nothing", WHOLE_LAUNCH)
        return
    findings: list[Finding] = []
    if not (safety.rules or safety.report or safety.owner):
        findings.append(say.unknown("nothing", WHOLE_LAUNCH, site=site))
    elif not safety.owner:
        findings.append(say.warn("owner", WHOLE_LAUNCH))
    elif world.papers.has_left(safety.owner):
        findings.append(say.fail("owner", WHOLE_LAUNCH, owner=safety.owner))
    named = [url for url in (safety.rules, safety.report if "://" in safety.report else "") if url]
    shown = safety.pages or tuple(
        route.url for route in launch.routes if route.flow == "list" and route.safe and route.method == "GET"
    )
    store = bool(launch.apps.ios or launch.apps.android)
    opened, seen = await asyncio.gather(
        asyncio.gather(*(_opens(say, world, url, stops=store and url == safety.report) for url in named)),
        asyncio.gather(*(_report(say, world, url, store=store) for url in shown)),
    )
    findings += [found for found in (*opened, *seen) if found is not None]
    if bool(safety.rules) != bool(safety.report):
        findings.append(say.warn("half", WHOLE_LAUNCH, "no-report" if safety.rules else "no-rules", site=site))
    for finding in distinct(findings):
        yield finding
    if safety.owner and not any(finding.is_open for finding in findings):
        yield say.passed("owner", WHOLE_LAUNCH, owner=safety.owner)


async def _opens(say: Say, world: World, url: str, *, stops: bool) -> Finding | None:
    """A page of the launch file. `stops`: without it app stores reject the app."""
    severity = Severity.BLOCKER if stops else None
    page = Page(url, await world.web.follow(url))
    end, subject = page.chain.end, place(url)
    evidence = [chain_evidence(page.chain)]
    stopped = (
        end if isinstance(end, Failure) and end.kind not in PROVEN else wall(end) if isinstance(end, Reply) else None
    )
    if stopped is not None:
        return say.unknown("page", subject, failure=stopped, evidence=evidence)
    if isinstance(end, Failure):
        return say.fail("page", subject, cause=end.words, url=url, severity=severity, evidence=evidence)
    if end.status != 200 or page.chain.problem:
        return say.fail("page", subject, "status", status=end.status, url=url, severity=severity, evidence=evidence)
    return None


async def _report(say: Say, world: World, url: str, *, store: bool) -> Finding | None:
    """Whether a page that shows what somebody wrote lets readers report it. `store`: an app store asks the same."""
    page = Page(url, await world.web.follow(url))
    subject, reply, document = place(url), page.reply, page.document
    if reply is None or document is None:
        return None  # whether it opens other checks say; a list in JSON is no page
    if document.drawn:
        return say.unknown("report", subject, via=reply.via)
    ways = [ref.url for ref in document.of("link", "form") if _PATH.search(urlsplit(ref.url).path)]
    if ways or _REPORT.search(document.text):
        evidence = [Evidence.of("report", "\n".join(ways) or "in words on the page", source=url, at=reply.at)]
        return say.passed("report", subject, evidence=evidence, via=reply.via)
    wanted = "report, flag, and the same in other languages, in links and words"
    evidence = [Evidence.of("looked for", wanted, source=url, at=reply.at)]
    return say.fail("report", subject, "store" if store else "fail", evidence=evidence, via=reply.via)
