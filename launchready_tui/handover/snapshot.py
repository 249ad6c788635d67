"""What every document is written from: one frozen look at the workspace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .. import text
from ..launch.inventory import Inventory
from ..launch.model import Launch
from ..launch.people import People
from ..roadmap.model import CheckSpec, Roadmap
from ..verdict import Judged, Standing, Verdict
from .model import Source

DEMO = "This is a demo: a made-up marketplace on this machine. Nothing here speaks of a real product."
CONNECT_MAP = "Seen through a connect map: names were led to addresses given by hand, so this is not what the public internet sees."
OTHER_TIME = "Judged at a time that was set by hand, not at the time of the clock."


@dataclass(frozen=True)
class Snapshot:
    """The launch as it stands at `made_at`."""

    launch: Launch
    roadmap: Roadmap
    people: People
    inventory: Inventory
    verdict: Verdict
    demo: bool
    mapped: bool
    """Something was seen, or would be seen, through a connect map."""
    set_time: bool
    """Judged at a time set by hand, so that nothing of it counts as a real run."""
    made_at: datetime

    @classmethod
    def of(cls, source: Source, now: datetime) -> Snapshot:
        """Takes the look. `now` is when the bundle is made."""
        verdict = source.verdict()
        seen_via = any(one.finding.via for standing in verdict.standings.values() for one in standing.findings)
        return cls(
            launch=source.launch,
            roadmap=source.roadmap,
            people=source.people,
            inventory=source.inventory,
            verdict=verdict,
            demo=source.demo,
            mapped=bool(source.reach.connect) or bool(source.launch.connect) or seen_via,
            set_time=not source.keeps,
            made_at=now,
        )

    @property
    def banners(self) -> tuple[str, ...]:
        """What a reader must know before believing any page."""
        shown = ((DEMO, self.demo), (CONNECT_MAP, self.mapped), (OTHER_TIME, self.set_time))
        return tuple(words for words, on in shown if on)

    @property
    def origin(self) -> str:
        """The banners in a word, for rows of a table."""
        words = [word for word, on in (("demo", self.demo), ("connect map", self.mapped), ("set time", self.set_time)) if on]
        return ", ".join(words) or "live"

    @property
    def answered(self) -> tuple[int, int]:
        """Checks whose state is known, of all."""
        from .words import is_answered

        standings = self.verdict.standings.values()
        return sum(map(is_answered, standings)), len(standings)

    def standing(self, check: str) -> Standing:
        """How a check stands."""
        return self.verdict.standings[check]

    def spec(self, check: str) -> CheckSpec:
        """A check of the roadmap."""
        return self.roadmap.checks[check]

    def person(self, who: str) -> str:
        """The name for a person id, cleaned; the id itself where no name is known."""
        return text.clean(self.people.label(who))

    def open_findings(self, *checks: str) -> list[Judged]:
        """Open findings of these checks, worst first."""
        return [one for check in checks for one in self.standing(check).findings if one.is_open]

    def evidence(self, check: str, subject: str, *labels: str) -> list[str]:
        """What a check saw of a subject under these labels, each text once, in the order of the findings."""
        findings = [one.finding for one in self.standing(check).findings if one.finding.subject == subject]
        return list(dict.fromkeys(item.text for finding in findings for item in finding.evidence if item.label in labels))
