"""The sprint's receipt: what every run found against now, a row for each sprint item; one page to send with the
invoice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from .. import text
from ..findings import CheckResult, Finding, State
from ..roadmap.model import SPRINT_ITEMS, CheckSpec, SprintItem
from ..wording import minutes, plural
from . import markdown, page
from .blocks import Block, Heading, Para, Steps, Table
from .draft import plain
from .snapshot import Snapshot
from .timing import change, ms, timings
from .words import column_list, day, moment

if TYPE_CHECKING:
    from ..workspace import Workspace

_PROBLEM = (State.FAIL, State.WARN)
_Met = dict[str, dict[str, tuple[Finding, CheckResult]]]


@dataclass(frozen=True, slots=True)
class Row:
    """One sprint item: how many problems were found in all, and what became of them."""

    item: str
    checks: tuple[str, ...]
    found: tuple[Finding, ...]
    """Problems of every run, each rule and subject once, as it was last seen."""
    fixed: tuple[Finding, ...]
    left: tuple[Finding, ...]
    accepted: tuple[Finding, ...]
    later: tuple[Finding, ...]
    unseen: int
    """Checks that have no answer now, so that nothing of them counts as fixed."""


@dataclass(frozen=True, slots=True)
class Speed:
    """A route measured in the first look and now, and what may be said of it."""

    route: str
    before: str
    after: str
    said: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The whole receipt. `first_at` is None where nothing was ever looked at."""

    shot: Snapshot
    first_at: datetime | None
    last_at: datetime | None
    rows: tuple[Row, ...]
    speed: tuple[Speed, ...]

    def total(self, what: str) -> int:
        """Problems over all rows: found, fixed, left, accepted or later."""
        return sum(len(getattr(row, what)) for row in self.rows)

    @property
    def minutes(self) -> int:
        """The usual effort of the checks whose problems are all gone."""
        done = {one.check for row in self.rows for one in row.fixed} - {
            one.check for row in self.rows for one in (*row.left, *row.later)
        }
        return sum(self.shot.spec(check).effort_min for check in done)


def receipt(source: Workspace, *, now: datetime) -> Receipt:
    """Every problem that a kept run has found, against how it stands now."""
    shot = Snapshot.of(source, now)
    met = _met(source.every_result)
    rows = [row for item in SPRINT_ITEMS if (row := _row(shot, met, item, shot.roadmap.of_item(item))) is not None]
    standings = shot.verdict.standings.values()
    seen = [one.result.started_at for one in standings if one.result is not None]
    begun = [result.started_at for result in shot.first.values()]
    return Receipt(shot, min(begun, default=None), max(seen, default=None), tuple(rows), tuple(_speed(shot)))


def _met(results: Iterable[CheckResult]) -> _Met:
    """The problems of all runs by check, and by rule and subject, each with the result that last had it."""
    found: _Met = {}
    for result in results:
        for one in result.findings:
            if one.state in _PROBLEM:
                found.setdefault(result.check, {})[one.id] = (one, result)
    return found


def _row(shot: Snapshot, met: _Met, item: SprintItem, specs: Sequence[CheckSpec]) -> Row | None:
    """None where nothing of the item was ever found."""
    found: dict[str, Finding] = {}
    fixed: list[Finding] = []
    left: list[Finding] = []
    accepted: list[Finding] = []
    later: list[Finding] = []
    unseen = 0
    for spec in specs:
        standing = shot.standing(spec.id)
        unseen += standing.state is State.UNKNOWN
        now = {one.id: one for one in standing.findings}
        known = standing.result is not None and not standing.stale
        for one, had in met.get(spec.id, {}).values():
            found[one.id] = one
            current = now.get(one.id)
            gone = current is None or current.finding.state not in (*_PROBLEM, State.UNKNOWN)
            if gone and known and not _blind(standing.result, had, one):
                fixed.append(one)
        for judged in standing.findings:
            if judged.finding.state not in _PROBLEM:
                continue
            found.setdefault(judged.id, judged.finding)
            {State.ACCEPTED: accepted, State.LATER: later}.get(judged.state, left).append(judged.finding)
    if not found:
        return None
    names = tuple(spec.id for spec in specs)
    return Row(item, names, tuple(found.values()), tuple(fixed), tuple(left), tuple(accepted), tuple(later), unseen)


def _blind(result: CheckResult | None, had: CheckResult, finding: Finding) -> bool:
    """A problem that is not there because its subject could not be seen now is not fixed. What was as unseen when the
    problem was found all the same hides nothing."""
    from ..findings import WHOLE_LAUNCH

    assert result is not None, "only asked of a check that has answered"
    before = {one.id for one in had.findings if one.state is State.UNKNOWN}
    blind = {one.subject for one in result.findings if one.state is State.UNKNOWN and one.id not in before}
    return finding.subject in blind or WHOLE_LAUNCH in blind


def _speed(shot: Snapshot) -> Iterable[Speed]:
    first = shot.first.get("audit.latency")
    if first is None:
        return
    before = timings(first.findings)
    for route, now in timings(one.finding for one in shot.standing("audit.latency").findings).items():
        then = before.get(route)
        if then is not None and then.at != now.at:
            yield Speed(route, ms(then.p95), ms(now.p95), change(then, now))


def blocks(made: Receipt) -> tuple[Block, ...]:
    """The page's content."""
    shot = made.shot
    if made.first_at is None:
        return (Para("Nothing has been checked yet: run the checks at the start and at the end of the sprint.", "gap"),)
    span = f"{day(made.first_at.date())} to {day((made.last_at or made.first_at).date())}"
    lead = (
        f"{span}: {plural(made.total('found'), 'problem')} found, {made.total('fixed')} fixed, "
        f"{made.total('left')} left, "
        f"{made.total('accepted')} accepted as known risks, {made.total('later')} postponed until after launch. "
        f"Estimated work for the fixes: {minutes(made.minutes)}."
    )
    # A column that nothing stands in takes the room of those that say something.
    kinds = [
        ("left", "left"),
        *((head, field) for head, field in (("known risk", "accepted"), ("later", "later")) if made.total(field)),
    ]
    columns = column_list("|".join(("item", "#found", "#fixed", *(f"#{head}" for head, _ in kinds), "+what was fixed")))
    rows = tuple(
        (
            plain(row.item),
            plain(str(len(row.found))),
            plain(str(len(row.fixed))),
            *(plain(_count(getattr(row, field))) for _, field in kinds),
            plain(_heaviest(row)),
        )
        for row in made.rows
    )
    speed = tuple((plain(one.route), plain(one.before), plain(one.after), plain(one.said)) for one in made.speed)
    left = [f"{text.clean(one.summary)} ({one.severity})" for row in made.rows for one in row.left]
    accepted = [text.clean(one.summary) for row in made.rows for one in (*row.accepted, *row.later)]
    return (
        Para(lead, "lead"),
        Para(
            f"Verdict now: {shot.verdict.label}",
            "verdict",
            *(("pass", "●") if shot.verdict.word == "GO" else ("fail", "✕")),
        ),
        Table("By sprint item", columns, rows, empty="No problems found."),
        Table(
            "Speed: 19 of 20 requests are faster than",
            column_list("route|#before|#now|+result"),
            speed,
            empty="Nothing has been measured twice.",
        ),
        *((Heading("Still open"), Steps(tuple(left[:10]), numbered=False)) if left else ()),
        *((Para(f"and {len(left) - 10} more in the handover folder", "note"),) if len(left) > 10 else ()),
        *(
            (Heading("Known risks and postponed problems"), Steps(tuple(accepted[:10]), numbered=False))
            if accepted
            else ()
        ),
    )


def _count(findings: tuple[Finding, ...]) -> str:
    """A nought would only stand in the way of the others."""
    return str(len(findings)) if findings else ""


def _heaviest(row: Row) -> str:
    """The heaviest of what was fixed, so that a row says what the work was."""
    if not row.fixed:
        return ""
    first = min(row.fixed, key=lambda one: one.severity.weight)
    what = text.clean(first.summary)
    more = f", and {len(row.fixed) - 1} more" if len(row.fixed) > 1 else ""
    return text.shorten(what, 56) + more


def as_markdown(made: Receipt) -> str:
    """receipt.md."""
    return markdown.render(_title(made), made.shot.banners, blocks(made), _foot(made))


def as_html(made: Receipt) -> str:
    """receipt.html: one sheet, no script, no outside request."""
    shot = made.shot
    masthead = (text.clean(shot.launch.name), text.clean(shot.launch.domain), moment(shot.made_at))
    return page.card(_title(made), blocks(made), shot.banners, masthead, _foot(made))


def _title(made: Receipt) -> str:
    return f"{text.clean(made.shot.launch.name)}: sprint receipt"


def _foot(made: Receipt) -> str:
    return f"Made by LaunchReady on {moment(made.shot.made_at)} from every result of each check."
