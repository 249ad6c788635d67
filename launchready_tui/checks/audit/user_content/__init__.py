"""audit.user-content: what users show each other has rules, a way to report it, and somebody who looks at the
reports."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ....failure import Failure
from ....findings import WHOLE_LAUNCH, Evidence, Finding, Remedy, Severity
from ....world.sights import Reply
from ...base import Say, check
from ...parse.addresses import place
from ...seen import ABSENT, PROVEN, chain_evidence, distinct, wall
from ..served import Page

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....launch.papers import Papers
    from ....world import World

# How a page offers to report something, in the languages of the larger markets.
_REPORT = re.compile(
    r"\breport(?:ing)?\b|\bflag "
    r"(?:this|it|listing|item)\b|\bmelden\b|\bsignaler\b|\bdenunciar\b|\breportar\b|\bsegnala\b"
    r"|\brapporteer\b|\bzgłoś\b",
    re.IGNORECASE,
)
_PATH = re.compile(r"/(?:report|flag|abuse|melden|signaler|denunciar|segnala)\b", re.IGNORECASE)
_EXAMPLE = '[safety]\nrules = "{site}/rules"\nreport = "{site}/report"\nowner = "founder"'


@check("audit.user-content", papers=True)
async def user_content(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The `[safety]` table against the pages it names, the pages that show what users wrote, and who is still there."""
    safety = launch.safety
    say = Say("audit.user-content", world.clock.now(), people=(safety.owner,))
    site = launch.canonical.rstrip("/")
    if not safety.user_content:
        yield say.not_applicable("nothing", WHOLE_LAUNCH, "Users show each other nothing here, the launch file says")
        return
    findings: list[Finding] = []
    if not (safety.rules or safety.report or safety.owner):
        findings.append(
            say.unknown(
                "nothing",
                WHOLE_LAUNCH,
                "It is not written down what users may show each other, where it is reported, and who looks at it",
                remedy=Remedy(
                    text="Write it down; a product whose users show each other nothing says user_content = false",
                    paste=_EXAMPLE.format(site=site),
                    where="launchready.toml",
                ),
            )
        )
    else:
        findings += _owner(say, world.papers, safety.owner)
    named = [(safety.rules, "rules"), (safety.report if "://" in safety.report else "", "page to report something")]
    opened = await asyncio.gather(*(_opens(say, world, url, words) for url, words in named if url))
    findings += [found for found in opened if found is not None]
    shown = safety.pages or tuple(
        route.url for route in launch.routes if route.flow == "list" and route.safe and route.method == "GET"
    )
    seen = [found for found in await asyncio.gather(*(_report(say, world, url) for url in shown)) if found is not None]
    findings += seen
    if (safety.rules or safety.report) and not (safety.rules and safety.report):
        lacking = "report" if safety.rules else "rules"
        words = "where they report what breaks the rules" if safety.rules else "what may not be offered"
        fix = Remedy(
            text="Publish it, and name it", paste=f'[safety]\n{lacking} = "{site}/{lacking}"', where="launchready.toml"
        )
        findings.append(
            say.warn(
                "half",
                WHOLE_LAUNCH,
                f"It is not written down {'' if safety.rules else 'for users '}{words}",
                remedy=fix,
            )
        )
    for finding in distinct(findings):
        yield finding
    if safety.owner and not any(finding.is_open for finding in findings):
        yield say.passed(
            "owner", WHOLE_LAUNCH, f"There are rules, a way to report, and {safety.owner} looks at what is reported"
        )


def _owner(say: Say, papers: Papers, owner: str) -> list[Finding]:
    fix = Remedy(
        text="Name who looks at reports and takes things down",
        paste='[safety]\nowner = "founder"',
        where="launchready.toml",
    )
    if not owner:
        return [
            say.warn(
                "owner",
                WHOLE_LAUNCH,
                "Nobody is named who looks at what users report",
                severity=Severity.HIGH,
                remedy=fix,
            )
        ]
    if papers.has_left(owner):
        return [say.fail("owner", WHOLE_LAUNCH, f"{owner}, who looks at what users report, has left", remedy=fix)]
    return []


async def _opens(say: Say, world: World, url: str, words: str) -> Finding | None:
    page = Page(url, await world.web.follow(url))
    end, subject = page.chain.end, place(url)
    evidence = [chain_evidence(page.chain)]
    stopped = (
        end if isinstance(end, Failure) and end.kind not in PROVEN else wall(end) if isinstance(end, Reply) else None
    )
    if stopped is not None:
        return say.unknown(
            "page",
            subject,
            f"Whether the {words} can be read could not be seen: {stopped.words}",
            failure=stopped,
            evidence=evidence,
        )
    if isinstance(end, Failure) and end.kind in ABSENT:
        return None  # audit.hosts speaks of the name
    if isinstance(end, Failure) or end.status != 200 or page.chain.problem:
        what = end.words if isinstance(end, Failure) else f"status {end.status}"
        fix = Remedy(text="Bring the page back, or name where it is", paste=f"curl -i '{url}'", where="a terminal")
        return say.fail("page", subject, f"The {words} does not open: {what}", evidence=evidence, remedy=fix)
    return None


async def _report(say: Say, world: World, url: str) -> Finding | None:
    """Whether a page that shows what somebody wrote lets readers report it."""
    page = Page(url, await world.web.follow(url))
    subject, document = place(url), page.document
    if page.reply is None or document is None:
        return None  # whether it opens other checks say; a list in JSON is no page
    if document.drawn:
        said = f"Whether {subject} can be reported could not be seen: a script fills the page"
        return say.unknown("report", subject, said, severity=Severity.MEDIUM, via=page.reply.via)
    ways = [ref.url for ref in document.of("link", "form") if _PATH.search(urlsplit(ref.url).path)]
    if ways or _REPORT.search(document.text):
        evidence = [Evidence.of("report", "\n".join(ways) or "in words on the page", source=url, at=page.reply.at)]
        return say.passed(
            "report", subject, f"{subject} offers a way to report it", evidence=evidence, via=page.reply.via
        )
    return say.fail(
        "report",
        subject,
        f"{subject} shows what a user wrote, and offers no way to report it: app stores refuse that",
        evidence=[
            Evidence.of(
                "looked for",
                "report, flag, and the same in other languages, in links and words",
                source=url,
                at=page.reply.at,
            )
        ],
        remedy=Remedy(
            text="Put a link under every listing, review and message; let it open a form, or a "
            "mail with the address filled in",
            paste='<a href="/report?what=LISTING" rel="nofollow">Report this listing</a>',
            where="the page's template",
        ),
        via=page.reply.via,
    )
