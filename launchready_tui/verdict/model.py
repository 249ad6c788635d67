"""How a launch stands now: results seen through decisions and time. Made by `judge`, read by screens, reports and the
bundle."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from ..findings import CheckResult, Finding, Remedy, Severity, State
from ..launch.decisions import Acceptance, Confirmation, Note, Parked, PutOff
from ..persons import NOBODY, PersonId
from ..roadmap.model import CheckSpec, Light
from ..wording import fill

Word = Literal["GO", "GO WITH ACCEPTED RISKS", "NO-GO"]
StepKind = Literal["run", "fix", "mail", "path", "watch", "drill", "fill", "ask", "sign", "export", "done"]
Form = Literal[
    "",
    "permission",
    "repository",
    "alert",
    "prove",
    "deploy",
    "mail",
    "path",
    "watch",
    "drill",
    "entry",
    "plan",
    "answer",
    "sign",
    "export",
]
"""What settles a step: a form or a question of the console, and a command of the command line. Empty: a hand does."""
Deed = Literal["none", "open", "done"]
"""Something that is done beside the checks: there is nothing of it here, it is still to do, or it is done."""


@dataclass(frozen=True, slots=True)
class Rank:
    """Where a finding stands in the fix order, and every input of that place, so that it can be argued with."""

    place: int
    """The place of its row: 1 is the first thing to fix. Findings of one row share it."""
    blocks: bool
    """It keeps the launch at NO-GO by itself."""
    severity: Severity
    flow: str
    effort_min: int
    """Usual minutes for its row."""
    waits_for: tuple[int, ...] = ()
    """The places of the rows that stand in the way: without them this fix makes no sense."""
    unblocks: tuple[int, ...] = ()
    """The places of the rows that wait for this one; they may have lifted it above its own weight."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One finding now: `state` has accepted, later and confirmations laid over what the check said."""

    finding: Finding
    state: State
    owner: PersonId = NOBODY
    """A person id, or empty."""
    decision: Acceptance | PutOff | None = None
    """The decision in force."""
    lapsed: Acceptance | None = None
    """An acceptance that no longer covers it, so that it is open again: it has expired, or the problem got worse."""
    by_word: Confirmation | None = None
    """The word that settled it: nothing was seen. None where it stands on what was seen."""
    parked: Parked | None = None
    """Who it waits for, while that time has not passed."""
    notes: tuple[Note, ...] = ()
    echo: bool = False
    """It says again what another check measured: it is fixed there, and has no place of its own in the fix order."""
    blocks: bool = False
    """It keeps the launch at NO-GO by itself: a failing blocker, or something unknown in a blocker-class check."""
    rank: Rank | None = None
    """Its place in the fix order; None where there is nothing to fix."""

    @property
    def id(self) -> str:
        """The finding's id."""
        return self.finding.id

    @property
    def stops(self) -> bool:
        """It stops the launch: a blocker that was seen to fail. What could not be seen may stop it, and is counted as
        unanswered."""
        return self.blocks and self.state is State.FAIL

    @property
    def unsure(self) -> Literal["", "may", "would"]:
        """A blocker that does not stop the launch as it stands: it could not be seen, and may; it is accepted or
        settled, and would."""
        if self.stops:
            return ""
        return "may" if self.blocks else "would" if self.finding.severity is Severity.BLOCKER else ""

    @property
    def is_open(self) -> bool:
        """Somebody must still act on it."""
        return self.state in (State.FAIL, State.WARN, State.UNKNOWN)


@dataclass(frozen=True, slots=True)
class FixRow:
    """One thing to do: findings with one cause and one remedy."""

    id: str
    """12 hex digits, stable between runs; the finding's own where it is only one."""
    place: int
    """1 is the first thing to fix."""
    line: str
    """The sheets' line for several of them, its place `{n}` not yet filled; empty where there is none."""
    remedy: Remedy | None
    """What mends all of it; None where nothing is known that does."""
    members: tuple[Judged, ...]
    """What the remedy mends, the heaviest first; at least one."""
    behind: tuple[Judged, ...]
    """What could not be seen because of them, and is seen again once they are mended."""
    shared: bool
    """One cause over several checks, such as a permission that nobody has recorded."""
    state: State
    """The worst of its members."""
    severity: Severity
    """The heaviest of its members."""
    flow: str
    """The first flow of its members."""
    effort_min: int
    """Usual minutes for all of it."""
    waits_for: tuple[int, ...] = ()
    """The places of the rows that stand in the way."""
    unblocks: tuple[int, ...] = ()
    """The places of the rows that wait for this one."""

    @property
    def first(self) -> Judged:
        """Its heaviest member: whose remedy is shown, and whose sentence where there is no line for all."""
        return self.members[0]

    @property
    def findings(self) -> tuple[Judged, ...]:
        """Members and what they hide."""
        return (*self.members, *self.behind)

    @property
    def opens(self) -> bool:
        """Whether there is more in it than one finding."""
        return len(self.findings) > 1

    @property
    def checks(self) -> tuple[str, ...]:
        """The checks that its members belong to, by id."""
        return tuple(dict.fromkeys(one.finding.check for one in self.members))

    @property
    def title(self) -> str:
        """What is wrong, in one line."""
        more = len(self.members) - 1
        if not more:
            return self.first.finding.summary
        if not self.line:
            return f"{self.first.finding.summary} (and {more} more)"
        return fill(self.line, {"n": len(self.checks) if self.shared else len(self.members)})

    def among(self, checks: Collection[str]) -> FixRow | None:
        """The row with those of its findings that are of these checks; None where no member is."""
        members = tuple(one for one in self.members if one.finding.check in checks)
        behind = tuple(one for one in self.behind if one.finding.check in checks)
        return replace(self, members=members, behind=behind) if members else None

    @property
    def stops(self) -> bool:
        """It stops the launch."""
        return any(one.stops for one in self.members)

    @property
    def blocks(self) -> bool:
        """It keeps the launch at NO-GO by itself, or hides something that may."""
        return any(one.blocks for one in self.findings)


@dataclass(frozen=True, slots=True)
class Standing:
    """One check now. A stale one is UNKNOWN; what was found last stays in `findings`."""

    spec: CheckSpec
    state: State
    findings: tuple[Judged, ...] = ()
    result: CheckResult | None = None
    """The newest kept result; None where it never ran or a person confirms it."""
    seen_at: datetime | None = None
    """When it was last answered, by a run or by a person."""
    fresh_until: datetime | None = None
    stale: bool = False
    owner: PersonId = NOBODY
    parked: Parked | None = None
    confirmation: Confirmation | None = None
    """The newest word on it, also when it has expired (then `stale`)."""
    by_word: bool = False
    """Its answer stands on somebody's word, at least in part: not all of it was seen."""
    notes: tuple[Note, ...] = ()

    @property
    def blocks(self) -> bool:
        """It keeps the launch at NO-GO."""
        return any(finding.blocks for finding in self.findings) or (
            self.state is State.UNKNOWN and self.spec.severity is Severity.BLOCKER
        )


@dataclass(frozen=True, slots=True)
class LightNow:
    """A light of the minimum bar. Dark and accepted is `state` ACCEPTED, and still not `lit`."""

    light: Light
    state: State
    lit: bool
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Answered checks by what they stand on: looked at, somebody's word, nothing to check."""

    seen: int = 0
    said: int = 0
    not_applicable: int = 0

    def __str__(self) -> str:
        """`58 seen, 9 said, 5 do not apply`; a kind that nothing is of is left out, but for what was seen."""
        parts = [f"{self.seen} seen"]
        parts += [f"{self.said} said"] if self.said else []
        if self.not_applicable:
            parts.append("1 does not apply" if self.not_applicable == 1 else f"{self.not_applicable} do not apply")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where the launch stands."""

    word: Word
    at: datetime
    demo: bool
    reasons: tuple[str, ...]
    """Plain sentences, the heaviest first; empty for a plain GO."""
    lights: tuple[LightNow, ...]
    standings: dict[str, Standing]
    """Every check of the roadmap, in roadmap order."""
    rows: tuple[FixRow, ...]
    """What is to be done, in fix order; each finding that somebody must fix stands in exactly one row."""
    questions: tuple[Standing, ...]
    """Checks that wait for a person's answer, in stage order; parked ones are left out until they come back."""
    not_run: tuple[str, ...]
    """Automated checks that were never run."""
    stale: tuple[str, ...]
    """Automated checks to run again."""
    minutes_left: int
    """Minutes of fixes left by the estimates: each check once, each cause and each remedy once, and nothing for what
    could not be seen by itself."""
    blockers: int
    """Findings that stop the launch (`Judged.stops`): failing blockers that nobody has accepted."""
    unanswered: int
    """Blocker-class checks that are unknown."""
    accepted: int
    """Accepted findings."""
    counts: Counts
    """How the answered checks came to their answers."""

    @property
    def label(self) -> str:
        """The word as people read it; a demo's is always labelled as one."""
        return f"{self.word} (demo)" if self.demo else self.word

    @property
    def fragile(self) -> bool:
        """One light of the minimum bar is dark: fragile, not ready."""
        return not all(light.lit for light in self.lights)

    @property
    def fixes(self) -> tuple[Judged, ...]:
        """Open findings that somebody must fix, in the order of the rows: failed, warned, and unknown ones that no
        person's word can settle."""
        return tuple(one for row in self.rows for one in row.findings)

    def row(self, name: str) -> FixRow | None:
        """A row by its id, or by that of a finding in it."""
        found = next((row for row in self.rows if row.id == name), None)
        return found or next((row for row in self.rows if any(one.id == name for one in row.findings)), None)

    def rows_at(self, places: Iterable[int]) -> tuple[FixRow, ...]:
        """The rows at these places."""
        return tuple(self.rows[place - 1] for place in places)

    def finding(self, finding_id: str) -> Judged | None:
        """None where no check has it now: ids outlive findings, in decisions and drafts."""
        for standing in self.standings.values():
            for judged in standing.findings:
                if judged.finding.id == finding_id:
                    return judged
        return None


@dataclass(frozen=True, slots=True)
class Gap:
    """What is missing in people and inventory."""

    table: str
    """The table it belongs to: people, systems, access, backups, recovery, contacts, or plan."""
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Deeds:
    """What was done beside the checks, as far as a true GO asks for it."""

    mails: Deed = "none"
    """The product's mails: a test of the last 30 days of each that the launch file declares."""
    path: Deed = "none"
    """A walk of the last 30 days along the path from log-in to notification."""
    watch: Deed = "none"
    """A running watch."""
    drill: Deed = "none"
    """A drill of the last 30 days."""
    permitted: bool = True
    """A permission is recorded for the launch's domain."""
    gaps: tuple[Gap, ...] = ()
    """The order is the one in which a person would fill them."""
    signed: bool = False
    """Somebody has signed go or no-go."""
    exported: bool = False
    """The handover folder was written, and nothing has been checked since."""


@dataclass(frozen=True, slots=True)
class Step:
    """The one next step."""

    kind: StepKind
    text: str
    why: str = ""
    """Why it comes now, in a few words."""
    note: str = ""
    """How, or what comes first."""
    check: str = ""
    finding: str = ""
    checks: tuple[str, ...] = ()
    """What to run, for kind `run`."""
    form: Form = ""
    table: str = ""
    """The table of people and inventory where it is filled in."""
    optional: bool = False
    """A GO does not need it."""
