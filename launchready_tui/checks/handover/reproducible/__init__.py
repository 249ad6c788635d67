"""Could it be rebuilt in a month? Read from what was handed over and from the last comparison with what is seen now."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING

from ....findings import Evidence, Finding, Remedy, Severity
from ...base import Say, check

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

HOLDS = timedelta(days=30)
"""A comparison, or a folder that was just made, says something for so long."""
_AGAIN = Remedy(
    text="Hold the handover folder against what is there now",
    paste="launchready drift handover-….zip",
    where="a terminal in the launch's folder",
)
_OVERDUE = "The handover folder was not compared for more than 30 days"


@check("handover.reproducible")
async def reproducible(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The newest comparison; before the first, the newest folder."""
    say, now, papers = Say("handover.reproducible", world.clock.now()), world.clock.now(), world.papers
    made, held = papers.handed_over, papers.compared
    if made is None and held is None:
        yield say.not_applicable(
            "none", "handover", "No handover folder was made yet, so there is nothing to compare; export one with key b"
        )
        return
    if held is not None and (made is None or held.at >= made.at or held.sums == made.sums):
        seen = [
            Evidence.of(
                "compared", f"{held.bundle}\nas handed over: {held.same}\nchanged: {len(held.changed)}", at=held.at
            ),
            *([Evidence.of("changed", "\n".join(held.changed), at=held.at)] if held.changed else []),
            *([Evidence.of("could not be seen", "\n".join(held.unseen), at=held.at)] if held.unseen else []),
        ]
        if not held.whole:
            yield say.fail(
                "not-whole",
                "handover",
                "The handover folder is no longer what was exported, so nobody can rely on it",
                severity=Severity.MEDIUM,
                evidence=seen,
                remedy=Remedy(
                    text="Look what was changed, then export a new one", paste="launchready verify handover-….zip"
                ),
            )
        elif now - held.at > HOLDS:
            yield say.warn("overdue", "handover", _OVERDUE, evidence=seen, remedy=_AGAIN)
        elif held.changed:
            yield say.warn(
                "changed",
                "handover",
                "Something is no longer as it was handed over",
                evidence=seen,
                remedy=Remedy(text="Go through what changed; where it was meant, export a new handover folder (key b)"),
            )
        else:
            yield say.passed("as-handed-over", "handover", "What can be seen is as it was handed over", evidence=seen)
        return
    assert made is not None
    seen = [Evidence.of("made", made.folder, at=made.at)]
    if not made.whole:
        yield say.fail(
            "not-whole",
            "handover",
            "The handover folder could not be read back whole after it was written",
            severity=Severity.MEDIUM,
            evidence=seen,
            remedy=Remedy(text="Export it again, to another disk if this one is failing"),
        )
    elif now - made.at > HOLDS:
        yield say.warn("overdue", "handover", _OVERDUE, evidence=seen, remedy=_AGAIN)
    else:
        yield say.passed("fresh", "handover", "The handover folder is whole and not older than 30 days", evidence=seen)
