"""email.fallback: refusals that were seen, decoded; and the question whether sign-ups survive the day the mail service
fails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ....findings import WHOLE_LAUNCH, Evidence, Finding, Severity
from ....journal import JournalError
from ....mail.flow.model import Refusal
from ...base import Say, check
from ..kept import refusals

if TYPE_CHECKING:
    from datetime import datetime

    from ....launch.model import Launch
    from ....world import World

_HEAVY = frozenset({"authentication", "block-list", "own-account", "own-limit", "log-in", "reverse-dns"})
"""What stops all mail, not one."""


@check("email.fallback")
async def fallback(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Refusals kept with `launchready mail bounce`; the rest is for a person to confirm."""
    say = Say("email.fallback", world.clock.now())
    try:
        kept = await refusals(world)
    except JournalError as problem:
        yield say.unknown("unreadable", WHOLE_LAUNCH, evidence=[Evidence.of("problem", str(problem))])
        return
    newest: dict[str, tuple[datetime, Refusal]] = {}
    for at, refusal in kept:
        newest.setdefault(f"{refusal.provider or 'a mail server'}: {refusal.kind or 'unknown'}", (at, refusal))
    found = [_refused(say, subject, at, refusal) for subject, (at, refusal) in sorted(newest.items())]
    if any(finding.is_open for finding in found):
        # A refusal that was judged must not answer for what only a person knows.
        yield say.unknown("not-confirmed", WHOLE_LAUNCH)
    else:
        yield say.info("not-confirmed", WHOLE_LAUNCH)
    for finding in found:
        yield finding


def _refused(say: Say, subject: str, at: datetime, refusal: Refusal) -> Finding:
    code = " ".join(part for part in (refusal.code, refusal.status) if part)
    seen = [Evidence.of("refusal", f"{code} {refusal.provider}\n{refusal.cause or 'not known here'}", at=at)]
    if not refusal.cause:
        return say.info("refused", subject, "unknown-code", evidence=seen)
    why, fix, heavy = refusal.cause, say.fix("decoded", advice=refusal.fix), refusal.kind in _HEAVY
    if refusal.whose in ("recipient", "receiver"):
        return say.info("refused", subject, why=why, evidence=seen, remedy=fix)
    if heavy and refusal.lasting:
        return say.fail("refused", subject, why=why, evidence=seen, remedy=fix)
    severity = Severity.HIGH if heavy else Severity.MEDIUM
    return say.warn("refused", subject, why=why, severity=severity, evidence=seen, remedy=fix)
