"""email.inbox: where test mailboxes at the large providers found the product's mails: inbox, another tab, or spam."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ....findings import WHOLE_LAUNCH, Evidence, Finding, Remedy, Severity
from ....journal import JournalError
from ....mail.flow.model import WORDS, Trial
from ...base import Say, check
from ..kept import HOLDS, evidence, trials

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

PROVIDERS = {"gmail": "Gmail", "outlook": "Outlook"}
_PASTES = {
    "gmail": '[[mailboxes]]\nname = "gmail"\naddress = "shop.tests@gmail.com"\nkind = "gmail"\nlogin = '
    '"gmail-app-password"',
    "outlook": (
        '[[mailboxes]]\nname = "outlook"\naddress = "shop.tests@outlook.com"\nkind = "outlook"\nlogin = '
        '"outlook-test"\n'
        'client_id = "YOUR-APP-REGISTRATION"'
    ),
}
_LANDED = {
    "promotions": "under Promotions",
    "social": "under Social",
    "updates": "under Updates",
    "forums": "under Forums",
}


@check("email.inbox")
async def inbox(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """From the same tests as email.flows. Where none was made, a person may confirm."""
    say, now = Say("email.inbox", world.clock.now()), world.clock.now()
    try:
        kept = await trials(world)
    except JournalError as problem:
        yield say.unknown(
            "unreadable",
            WHOLE_LAUNCH,
            "The tests of mails cannot be read",
            evidence=[Evidence.of("problem", str(problem))],
        )
        return
    arrived = [
        trial
        for trial in kept.values()
        if trial.outcome == "arrived" and trial.where and now - trial.started_at < HOLDS
    ]
    if not arrived and not launch.mailboxes:
        yield say.info(
            "not-tested",
            WHOLE_LAUNCH,
            "No test mailbox has shown yet where the product's mails land",
            remedy=Remedy(
                text="Add test accounts at Gmail and Outlook, and test the mails",
                paste=_PASTES["gmail"],
                where="launchready.toml",
            ),
        )
        return
    for trial in sorted(arrived, key=lambda one: (one.flow, one.mailbox)):
        yield _placed(say, trial)
    for kind, name in PROVIDERS.items():
        if any(trial.kind == kind for trial in arrived):
            continue
        boxes = [box.name for box in launch.mailboxes if box.kind == kind]
        remedy = (
            Remedy(
                text="Test the mails there",
                paste=f"launchready mail test --mailbox {boxes[0]} --allow mail",
                where="a terminal",
            )
            if boxes
            else Remedy(
                text=f"Add a test account at {name}, or look at one by hand and confirm",
                paste=_PASTES[kind],
                where="launchready.toml",
            )
        )
        yield say.unknown(
            "unseen", name, f"Where the mails land at {name} was not seen yet", severity=Severity.MEDIUM, remedy=remedy
        )


def _placed(say: Say, trial: Trial) -> Finding:
    what, subject = WORDS[trial.flow], f"{WORDS[trial.flow]}, {trial.mailbox}"
    seen = evidence(trial)
    if trial.where == "spam":
        return say.fail(
            "spam",
            subject,
            f"The {what} lands in spam",
            evidence=seen,
            remedy=Remedy(
                text="First make SPF, DKIM and DMARC pass and align (email.flows); then look at block lists, links "
                "and the domain's age; "
                "mark it as no spam in the test account only after the fix"
            ),
            via=trial.via,
        )
    if trial.tab in _LANDED:
        severe = Severity.MEDIUM if trial.tab == "promotions" else Severity.LOW
        return say.warn(
            "tab",
            subject,
            f"The {what} lands {_LANDED[trial.tab]}, where nobody looks for it",
            severity=severe,
            evidence=seen,
            remedy=Remedy(
                text="Send transactional mail from its own address or subdomain, with little "
                "HTML, one link, and no advertising"
            ),
            via=trial.via,
        )
    if trial.where == "other":
        return say.warn(
            "folder",
            subject,
            f"The {what} lands in another folder than the inbox",
            severity=Severity.LOW,
            evidence=seen,
            remedy=Remedy(
                text="See whether a rule of the test account put it there, take the rule away and test again"
            ),
            via=trial.via,
        )
    return say.passed("inbox", subject, f"The {what} lands in the inbox", evidence=seen, via=trial.via)
