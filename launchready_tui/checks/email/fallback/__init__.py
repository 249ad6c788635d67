"""email.fallback: refusals that were seen, decoded; and the question whether sign-ups survive the day the mail service
fails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ....findings import WHOLE_LAUNCH, Evidence, Finding, Remedy, Severity
from ....journal import JournalError
from ....mail.flow.model import Refusal
from ...base import Say, check
from ..kept import refusals

if TYPE_CHECKING:
    from datetime import datetime

    from ....launch.model import Launch
    from ....world import World

_QUESTION = "Somebody has to confirm what happens when the mail service refuses or loses a mail"
_ADVICE = Remedy(
    text="Let the product queue its mails and try again for some hours, keep a second service verified and tried once, "
    "stop sending to addresses that bounce, and show in the product how to ask for the mail again. Then confirm it here"
)
_HEAVY = frozenset({"authentication", "block-list", "own-account", "own-limit", "log-in", "reverse-dns"})
"""What stops all mail, not one."""


@check("email.fallback")
async def fallback(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Refusals kept with `launchready mail bounce`; the rest is for a person to confirm."""
    say = Say("email.fallback", world.clock.now())
    try:
        kept = await refusals(world)
    except JournalError as problem:
        yield say.unknown(
            "unreadable", WHOLE_LAUNCH, "The refusals cannot be read", evidence=[Evidence.of("problem", str(problem))]
        )
        return
    newest: dict[str, tuple[datetime, Refusal]] = {}
    for at, refusal in kept:
        newest.setdefault(f"{refusal.provider or 'a mail server'}: {refusal.kind or 'unknown'}", (at, refusal))
    found = [_refused(say, subject, at, refusal) for subject, (at, refusal) in sorted(newest.items())]
    if any(finding.is_open for finding in found):
        # A refusal that was judged must not answer for what only a person knows.
        yield say.unknown("not-confirmed", WHOLE_LAUNCH, _QUESTION, severity=Severity.MEDIUM, remedy=_ADVICE)
    else:
        yield say.info("not-confirmed", WHOLE_LAUNCH, _QUESTION, remedy=_ADVICE)
    for finding in found:
        yield finding


def _refused(say: Say, subject: str, at: datetime, refusal: Refusal) -> Finding:
    code = " ".join(part for part in (refusal.code, refusal.status) if part)
    seen = [Evidence.of("refusal", f"{code} {refusal.provider}\n{refusal.cause or 'not known here'}", at=at)]
    if not refusal.cause:
        return say.info("refused", subject, "A mail was refused with a code that is not known here", evidence=seen)
    if refusal.whose in ("recipient", "receiver"):
        return say.info(
            "refused", subject, f"A mail was refused: {refusal.cause}", evidence=seen, remedy=Remedy(text=refusal.fix)
        )
    heavy = refusal.kind in _HEAVY
    words = f"A mail was refused: {refusal.cause}"
    remedy = Remedy(text=refusal.fix)
    if heavy and refusal.lasting:
        return say.fail("refused", subject, words, severity=Severity.HIGH, evidence=seen, remedy=remedy)
    return say.warn(
        "refused", subject, words, severity=Severity.HIGH if heavy else Severity.MEDIUM, evidence=seen, remedy=remedy
    )
