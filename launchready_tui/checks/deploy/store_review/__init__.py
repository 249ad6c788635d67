"""deploy.store-review: what the app stores' reviewers need of the backend, beside the links and pages that
edge.app-links looks at."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ....findings import WHOLE_LAUNCH, Evidence, Finding, Remedy
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
        yield say.not_applicable("reviewer", WHOLE_LAUNCH, "The launch file names no app")
        return
    if apps.account_deletion and (finding := await _deletion(say, launch, world, apps.account_deletion)) is not None:
        yield finding
    if apps.review_login:
        words = f"The reviewers' log-in lies in the password manager as “{apps.review_login}”"
        yield say.passed("review-login", WHOLE_LAUNCH, words)
    else:
        yield say.warn(
            "review-login",
            WHOLE_LAUNCH,
            "It is not written down where the log-in for the stores' reviewers lies: without one they refuse the app",
            remedy=Remedy(
                text="Make an account that shows everything, put its log-in in the password manager, and write down "
                "the item's name only",
                paste='[apps]\nreview_login = "store review account"',
                where="launchready.toml",
            ),
        )
    yield say.unknown(
        "reviewer",
        WHOLE_LAUNCH,
        "Whether a reviewer gets through cannot be seen from outside: log in as they would, "
        "on a phone, against production",
        remedy=Remedy(
            text="Do with the reviewers' account what they do, and keep the backend up until the answer comes",
            paste="1. install the build that was sent in\n2. log in with the reviewers' account, no code by text "
            "message asked\n"
            "3. see a listing, book it, report it, block its owner\n4. delete the account from inside the app\n"
            "5. privacy, terms and support open from inside the app",
            where="a phone",
        ),
    )


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
        words
        for words, there in (
            ("how an account is deleted", bool(_DELETE.search(own))),
            (f"the name {launch.name}", launch.name.casefold() in text.casefold()),
            ("what is kept, and for how long", bool(_KEPT.search(own))),
        )
        if not there
    ]
    evidence = [Evidence.of("does not say", "\n".join(lacks) or "(says all three)", source=url, at=page.reply.at)]
    if lacks:
        return say.warn(
            "deletion-page",
            subject,
            f"The page for deleting an account does not say {lacks[0]}",
            evidence=evidence,
            remedy=Remedy(
                text="Say whose account it is, the steps, what is deleted, and what is kept for how long",
                paste=f"To delete your {launch.name} account: log in, open Account, choose Delete.\n"
                "We delete at once: …\nWe keep for … years, because the law asks for it: …",
                where="that page",
            ),
            via=page.reply.via,
        )
    return say.passed(
        "deletion-page",
        subject,
        "The page for deleting an account says how, whose, and what is kept",
        evidence=evidence,
        via=page.reply.via,
    )
