"""deploy.store-review: what the app stores' reviewers need of the backend, beside the links and pages that
edge.app-links looks at."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ....findings import WHOLE_LAUNCH, Evidence, Finding
from ....world.sights import Reply
from ...audit.served import Page
from ...base import Say, check
from ...parse.addresses import place

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

_DELETE = re.compile(
    r"\b(?:delet|remov|eras|close)|lösch|supprim|elimin|borrar|apagar|cancell|verwijder|usu[nń]", re.IGNORECASE
)
_KEPT = re.compile(
    r"\b(?:kept|keep|retain|retention|within|after|days?|months?|years?|immediately|at "
    r"once)\b|aufbewahr|gespeichert|conserv|jours|tage",
    re.IGNORECASE,
)


@check("deploy.store-review")
async def store_review(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The deletion page's words, and the reviewers' log-in by the name of its vault item. The rest a person answers."""
    say, apps = Say("deploy.store-review", world.clock.now()), launch.apps
    if not (apps.ios or apps.android):
        yield say.not_applicable("reviewer", WHOLE_LAUNCH)
        return
    if apps.account_deletion and (finding := await _deletion(say, launch, world, apps.account_deletion)) is not None:
        yield finding
    if apps.review_login:
        yield say.passed("review-login", WHOLE_LAUNCH, item=apps.review_login)
    else:
        yield say.warn("review-login", WHOLE_LAUNCH)
    yield say.unknown("reviewer", WHOLE_LAUNCH)


async def _deletion(say: Say, launch: Launch, world: World, url: str) -> Finding | None:
    """Google asks that the page names app or developer, says how to ask for deletion, and what is kept for how long."""
    page, subject = Page(url, await world.web.follow(url)), place(url)
    if (
        page.document is None
        or not isinstance(page.reply, Reply)
        or page.document.drawn
        or page.document.password_field
    ):
        return None  # whether it opens, and for whom, edge.app-links says
    home = Page(launch.canonical, await world.web.follow(launch.canonical)).document
    frame = set(home.said) if home else set()  # menu and footer say "delete" on every page
    own = " ".join(piece for piece in page.document.said if piece not in frame)
    text = f"{page.document.title} {own}"
    lacks = [
        (message, words)
        for message, words, there in (
            ("steps", "how an account is deleted", bool(_DELETE.search(own))),
            ("name", f"the name {launch.name}", launch.name.casefold() in text.casefold()),
            ("kept", "what is kept, and for how long", bool(_KEPT.search(own))),
        )
        if not there
    ]
    told = "\n".join(words for _, words in lacks) or "(says all three)"
    evidence = [Evidence.of("does not say", told, source=url, at=page.reply.at)]
    if lacks:
        message, name = lacks[0][0], launch.name
        return say.warn("deletion-page", subject, message, name=name, evidence=evidence, via=page.reply.via)
    return say.passed("deletion-page", subject, evidence=evidence, via=page.reply.via)
