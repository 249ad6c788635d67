"""What every document is written from: one frozen look at the workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from .. import text
from ..findings import CheckResult
from ..launch.decisions import SignOff
from ..launch.inventory import Inventory
from ..launch.model import Launch
from ..launch.people import People
from ..launch.records import Happened, day_log
from ..roadmap.model import CheckSpec, Roadmap
from ..secrets import hide
from ..verdict import Judged, Standing, Verdict
from .blocks import Cell, Column
from .profile import Nameless, Profile

if TYPE_CHECKING:
    from ..workspace import Workspace
    from ..world.variables import Variable
    from .record import Record

Rows = tuple[tuple[Cell, ...], ...]
DEMO = "This is a demo of a made-up marketplace on this machine. Nothing here is about a real product."
CONNECT_MAP = (
    "Checked through a connect map: host names were mapped to addresses by hand, so this is not what the public "
    "internet sees."
)
OTHER_TIME = "Judged at a time set by hand, not at the current time."


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
    data_inventory: Inventory
    """The inventory as data for programs: the same for the founder, and for the team without people."""
    profile: Profile = "founder"
    records: tuple[Record, ...] = ()
    """DNS records asked for just before; without them those in the checks' evidence stand."""
    first: Mapping[str, CheckResult] = field(default_factory=dict)
    """The oldest kept result of each check: what the sprint began with."""
    signed: tuple[SignOff, ...] = ()
    happened: tuple[Happened, ...] = ()
    """Launch day's log, oldest first."""
    variables: tuple[Variable, ...] | None = None
    """Names of environment variables; None where nobody has read the repository for them, as in a preview."""

    @classmethod
    def of(
        cls,
        source: Workspace,
        now: datetime,
        *,
        profile: Profile = "founder",
        records: tuple[Record, ...] = (),
        variables: tuple[Variable, ...] | None = None,
    ) -> Snapshot:
        """Takes the look. `now` is when the bundle is made."""
        launch, people, inventory, decisions = source.launch, source.people, source.inventory, source.decisions
        for_programs = inventory
        verdict, first, happened = source.verdict(), source.first_results, day_log(source.folder).read()
        if profile == "team":
            hidden = Nameless.of(source, verdict, happened)
            for_programs = hidden.data(inventory)
            launch, people, inventory = hidden.all(launch), hidden.people(people), hidden.all(inventory)
            decisions, verdict = hidden.all(decisions), hidden.all(verdict)
            first, happened = hidden.all(first), hidden.all(happened)
        seen_via = any(one.finding.via for standing in verdict.standings.values() for one in standing.findings)
        return cls(
            launch=launch,
            roadmap=source.roadmap,
            people=people,
            inventory=inventory,
            data_inventory=for_programs,
            verdict=verdict,
            demo=source.demo,
            mapped=bool(source.reach.connect) or bool(source.launch.connect) or seen_via,
            set_time=not source.keeps,
            made_at=now,
            profile=profile,
            # A record is foreign text that no check has looked through.
            records=tuple(replace(one, data=hide(one.data, now=now)) for one in records),
            first=first,
            signed=decisions.signed,
            happened=happened,
            variables=variables,
        )

    @property
    def banners(self) -> tuple[str, ...]:
        """What a reader must know before believing any page."""
        shown = ((DEMO, self.demo), (CONNECT_MAP, self.mapped), (OTHER_TIME, self.set_time))
        return tuple(words for words, on in shown if on)

    def shown(self, columns: tuple[Column, ...], rows: Rows) -> tuple[tuple[Column, ...], Rows]:
        """A table as this profile shows it: the team's has no columns that name people."""
        if self.profile == "founder":
            return columns, rows
        kept = [at for at, column in enumerate(columns) if not column.people]
        return tuple(columns[at] for at in kept), tuple(tuple(row[at] for at in kept) for row in rows)

    @property
    def origin(self) -> str:
        """The banners in a word, for rows of a table."""
        words = [
            word for word, on in (("demo", self.demo), ("connect map", self.mapped), ("set time", self.set_time)) if on
        ]
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
        """The name for a person id, cleaned; the id itself where no name is known. In the team's look both are what
        they do."""
        return text.clean(self.people.label(who))

    def open_findings(self, *checks: str) -> list[Judged]:
        """Open findings of these checks, worst first."""
        return [one for check in checks for one in self.standing(check).findings if one.is_open]
