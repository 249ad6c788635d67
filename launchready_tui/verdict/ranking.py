"""The fix order.

**What comes first.** What holds the verdict: problems that stop the launch, then what keeps a light of the minimum bar
dark, then what could not be seen and may stop the launch. After that severity, the flow of the business, effort; of
equals what was seen before what was not.

**What is one row.** Findings with one cause and one remedy are one thing to do, however many lines they fill elsewhere:
- findings of one rule with the same fix for the same system (`name` of a certificate at two hosts, a listing without a
  way to report it on three pages); what could not be seen, of one rule and for one reason;
- findings of any checks with a cause that the shared sheets name (`[causes]`): nobody has recorded a permission, the
  launch file names no logs.

**What comes before what.** Only what really stands in the way, and each sheet says so of its own rules. A check's
`blinds` names the rules that stop looks at the same host, with the reasons that such a look gives: a host without an
address, a certificate for another name. What could not be seen there for that reason has the same cause, so it stands
in that row, `behind` its members, and asks for no fix of its own. A check's `after` names the rules (of its own or of
others) without which a fix makes no sense: forcing https while the certificate is invalid shuts the host. They match
on the same host where both speak of one. A cause is placed right before the first row that waits for it; a failing
check of which none of this is said (a name server that does not answer) lifts nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..findings import Remedy, State, finding_id, worst
from ..launch.model import Launch
from ..roadmap import Cause, causes_of, shared_sheet
from ..roadmap.model import Roadmap
from .model import FixRow, Judged, Rank, Standing
from .touches import FLOW_WEIGHT, flow_of, host_in

_Key = tuple[int, int, bool, int, int, str, str]


def _to_fix(judged: Judged, standing: Standing) -> bool:
    """Whether it belongs into the fix order: it failed or warns, or could not be seen where no person's word can
    settle it."""
    if judged.echo:
        return False
    if judged.state in (State.FAIL, State.WARN):
        return True
    spec = standing.spec
    return judged.state is State.UNKNOWN and spec.automated and not spec.word_settles(judged.finding.rule)


@dataclass(slots=True, eq=False)
class _Item:
    """A finding on its way into the order."""

    judged: Judged
    standing: Standing
    host: str
    flow: str
    causes: list[_Item] = field(default_factory=list)
    blinded_by: _Item | None = None

    @property
    def key(self) -> _Key:
        finding = self.judged.finding
        return (
            self._holds(),
            finding.severity.weight,
            self.judged.state is State.UNKNOWN,
            FLOW_WEIGHT.get(self.flow, len(FLOW_WEIGHT)),
            self.standing.spec.effort_min,
            finding.rule,
            finding.subject,
        )

    def _holds(self) -> int:
        """How it holds the verdict: 0 stops the launch, 1 keeps a light dark, 2 may stop the launch, 3 does not."""
        if self.judged.stops:
            return 0
        if self.judged.state is not State.WARN and self.standing.spec.light_of(self.judged.finding.rule):
            return 1
        return 2 if self.judged.blocks else 3


@dataclass(slots=True, eq=False)
class _Row:
    """A row on its way: members, and what they hide."""

    id: str
    cause: Cause | None
    members: list[_Item] = field(default_factory=list)
    behind: list[_Item] = field(default_factory=list)

    @property
    def key(self) -> _Key:
        """Its place among the rows: the heaviest member's, and what it hides holds the verdict as well."""
        first = self.members[0].key
        return (min(first[0], *(one.key[0] for one in self.behind), 3), *first[1:])


def fix_rows(standings: Mapping[str, Standing], roadmap: Roadmap, launch: Launch | None = None) -> tuple[FixRow, ...]:
    """Everything to fix as rows, in fix order. Each finding stands in exactly one of them, and carries its rank."""
    found = {
        one.id: _Item(one, standing, host_in(one.finding.subject, launch), flow_of(one.finding, standing.spec, launch))
        for standing in standings.values()
        for one in standing.findings
        if _to_fix(one, standing)
    }
    items = sorted(found.values(), key=lambda one: one.key)
    _find_causes(items)
    rows, row_of = _grouped(items)
    order = _ordered(rows, row_of)
    place_of = {row.id: number for number, row in enumerate(order, 1)}
    waits = {row.id: _places(place_of, row_of, row) for row in order}
    unblocks: dict[int, list[int]] = {}
    for row in order:
        for place in waits[row.id]:
            unblocks.setdefault(place, []).append(place_of[row.id])
    return tuple(_finished(row, place_of[row.id], waits[row.id], unblocks, roadmap) for row in order)


def minutes_of(rows: Iterable[FixRow]) -> int:
    """Minutes of fixes left by the estimates: each check once, each cause once, a remedy that came up before not again,
    and nothing for what could not be seen by itself."""
    total, counted, done = 0, set(), set()
    for row in rows:
        if row.shared:
            total += row.effort_min
            continue
        for one in row.members:
            check, remedy = one.finding.check, one.finding.remedy
            if one.state is not State.UNKNOWN and check not in counted and (remedy is None or remedy not in done):
                counted.add(check)
                total += row.effort_min
        done |= {one.finding.remedy for one in row.members if one.finding.remedy}
    return total


def _find_causes(items: Sequence[_Item]) -> None:
    """Fills in what stands in the way of each."""
    failing: dict[str, list[_Item]] = {}
    for one in items:
        if one.judged.state is State.FAIL:
            failing.setdefault(one.judged.finding.rule, []).append(one)
            failing.setdefault(one.judged.finding.check, []).append(one)
    blinding = [
        (one, kinds)
        for one in items
        if one.judged.state is State.FAIL and (kinds := one.standing.spec.blinds_by(one.judged.finding.rule))
    ]
    for one in items:
        finding, spec = one.judged.finding, one.standing.spec
        if one.judged.state is State.UNKNOWN and one.host:
            why = finding.values.get("failure")
            one.blinded_by = next((other for other, kinds in blinding if other.host == one.host and why in kinds), None)
        for name in spec.after_of(finding.rule):
            for other in failing.get(name, ()):
                apart = one.host and other.host and one.host != other.host
                if other is not one and not apart and other not in one.causes:
                    one.causes.append(other)


def _grouped(items: Iterable[_Item]) -> tuple[list[_Row], dict[str, _Row]]:
    """The rows, the heaviest finding first in each, and the row of each finding."""
    rows: dict[str, _Row] = {}
    row_of: dict[str, _Row] = {}
    hidden: list[_Item] = []
    for one in items:
        if one.blinded_by is not None:
            hidden.append(one)
            continue
        key, cause = _group(one.judged)
        row = rows.setdefault(key, _Row(key, cause))
        row.members.append(one)
        row_of[one.judged.id] = row
    for one in hidden:
        assert one.blinded_by is not None
        row = row_of[one.judged.id] = row_of[one.blinded_by.judged.id]
        row.behind.append(one)
    for row in rows.values():
        if len(row.members) == 1:
            row.id = row.members[0].judged.id
    return sorted(rows.values(), key=lambda row: row.key), row_of


def _group(judged: Judged) -> tuple[str, Cause | None]:
    """What a finding has in common with the others of its row, as an id, and the shared cause if it is one."""
    finding = judged.finding
    remedy, why = finding.remedy, finding.values.get("failure", "")
    for name, cause in causes_of(finding.check.partition(".")[0]).items():
        unseen = judged.state is State.UNKNOWN and why in cause.failures
        if remedy.fix == cause.fix if remedy else unseen:
            return finding_id("cause", name), cause
    mends = f"{remedy.fix or remedy.text} {remedy.where}" if remedy else ""
    if judged.state is State.UNKNOWN:
        return finding_id(finding.rule, f"unseen {why} {finding.message} {mends}"), None
    return finding_id(finding.rule, f"fix {mends}") if remedy else finding.id, None


def _ordered(rows: Sequence[_Row], row_of: Mapping[str, _Row]) -> list[_Row]:
    """The rows by weight, each cause before the first that waits for it."""
    order: list[_Row] = []
    placed: set[str] = set()

    def place(row: _Row) -> None:
        if row.id in placed:
            return
        placed.add(row.id)
        for one in row.members:
            for cause in one.causes:
                place(row_of[cause.judged.id])
        order.append(row)

    for row in rows:
        place(row)
    return order


def _places(place_of: Mapping[str, int], row_of: Mapping[str, _Row], row: _Row) -> tuple[int, ...]:
    causes = {row_of[cause.judged.id].id for one in row.members for cause in one.causes}
    return tuple(sorted(place_of[one] for one in causes if one != row.id))


def _finished(
    row: _Row, place: int, waits: tuple[int, ...], unblocks: Mapping[int, Sequence[int]], roadmap: Roadmap
) -> FixRow:
    effort = row.cause.minutes if row.cause else row.members[0].standing.spec.effort_min

    def ranked(one: _Item) -> Judged:
        rank = Rank(
            place=place,
            blocks=one.judged.blocks,
            severity=one.judged.finding.severity,
            flow=one.flow,
            effort_min=effort,
            waits_for=waits if one in row.members else (),
            unblocks=tuple(unblocks.get(place, ())),
        )
        return replace(one.judged, rank=rank)

    members = tuple(map(ranked, row.members))
    return FixRow(
        id=row.id,
        place=place,
        line=_line(row, roadmap),
        remedy=_remedy(row),
        members=members,
        behind=tuple(map(ranked, row.behind)),
        shared=row.cause is not None,
        state=worst([one.state for one in members]),
        severity=min((one.finding.severity for one in members), key=lambda one: one.weight),
        flow=min((one.flow for one in row.members), key=lambda flow: FLOW_WEIGHT.get(flow, len(FLOW_WEIGHT))),
        effort_min=effort,
        waits_for=waits,
        unblocks=tuple(unblocks.get(place, ())),
    )


def _line(row: _Row, roadmap: Roadmap) -> str:
    """The line for several findings at once, unfilled."""
    if len(row.members) == 1:
        return ""
    if row.cause is not None:
        return f"{row.cause.text}: {{n:1 check|# checks}}"
    first = row.members[0].judged
    return "" if first.state is State.UNKNOWN else roadmap.several(first.finding.rule)


def _remedy(row: _Row) -> Remedy | None:
    """What mends the row: the heaviest remedy that its members bring, or the cause's own where none brings one."""
    found = next((one.judged.finding.remedy for one in row.members if one.judged.finding.remedy), None)
    if found is not None or row.cause is None:
        return found
    fix = shared_sheet().fixes[row.cause.fix]
    return Remedy(text=fix.text, paste=fix.paste.strip(), where=fix.where, fix=row.cause.fix)
