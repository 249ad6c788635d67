"""Could it be rebuilt in a month? Read from what was handed over and from the last comparison with what is seen now."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING

from ....findings import Evidence, Finding
from ...base import Say, check

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

HOLDS = timedelta(days=30)
"""A comparison, or a folder that was just made, says something for so long."""


@check("handover.reproducible")
async def reproducible(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The newest comparison; before the first, the newest folder."""
    say, now, papers = Say("handover.reproducible", world.clock.now()), world.clock.now(), world.papers
    made, held = papers.handed_over, papers.compared
    if made is None and held is None:
        yield say.not_applicable("none", "handover")
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
            yield say.fail("not-whole", "handover", evidence=seen)
        elif now - held.at > HOLDS:
            yield say.warn("overdue", "handover", evidence=seen)
        elif held.changed:
            yield say.warn("changed", "handover", evidence=seen)
        else:
            yield say.passed("as-handed-over", "handover", evidence=seen)
        return
    assert made is not None
    seen = [Evidence.of("made", made.folder, at=made.at)]
    if not made.whole:
        yield say.fail("not-whole", "handover", "unreadable", evidence=seen)
    elif now - made.at > HOLDS:
        yield say.warn("overdue", "handover", evidence=seen)
    else:
        yield say.passed("fresh", "handover", evidence=seen)
