"""There is always one next step: what a true GO needs, in an order that a person would choose, then the rest."""

from __future__ import annotations

from collections.abc import Iterator

from ..clock import stamp
from ..findings import Severity, State
from .judge import utc
from .model import Deeds, FixRow, Form, Judged, Standing, Step, Verdict

# The form that settles a finding, by the fix of its check's sheet; `*` stands for every check.
FORMS: dict[str, Form] = {
    "*.permission": "permission",
    "*.watch-it": "watch",
    "audit.overbuild.name-folder": "repository",
    "monitoring.alerts.first-alert": "alert",
    "monitoring.alerts.prove": "prove",
    "monitoring.alerts.test": "prove",
    "monitoring.deploys.mark": "deploy",
    "monitoring.uptime.start": "watch",
    "email.flows.test": "mail",
    "email.flows.test-again": "mail",
    "handover.recovery.walk": "path",
}
# Checks that read people and inventory, with the table where most of what they miss is filled in.
ENTRIES: dict[str, str] = {
    "handover.access": "access",
    "handover.backups": "backups",
    "handover.contacts": "contacts",
    "handover.bus-factor": "access",
    "handover.documents": "systems",
    "monitoring.spend": "caps",
}
# The check that judges by a deed: while it is parked, the deed is as well.
_JUDGES = {
    "mail": "email.flows",
    "path": "handover.recovery",
    "watch": "monitoring.uptime",
    "drill": "monitoring.detection",
}
_MAILS = ("email.flows", "email.inbox")
_PATH = ("handover.recovery",)


def next_step(verdict: Verdict, deeds: Deeds) -> Step:
    """The first of: run what can run by itself; fix what holds the verdict; try the mails; walk the path; start the
    watch, and a drill; fill in people and inventory; answer what a GO needs; then, not needed for it, the other fixes
    and questions; sign; export.

    What is parked is passed over until its time comes. What an open deed would show is left to that deed.
    """
    return next(steps_left(verdict, deeds))


def steps_left(verdict: Verdict, deeds: Deeds) -> Iterator[Step]:
    """All that is left to do, in order; each is what comes next when those before it are done or parked."""
    to_run = (*verdict.not_run, *verdict.stale)
    if to_run:
        yield _run(verdict, to_run)
    rows = [row for row in verdict.rows if _open(row, verdict, deeds)]
    needed = _needed(verdict, rows)
    for row in rows:
        if row.place in needed and not _to_fill_in(row):
            yield _fix(row, verdict, deeds, why=_why(row, verdict))
    for step in _deeds(deeds):
        check = _JUDGES.get(step.kind, "")
        if check not in verdict.standings or verdict.standings[check].parked is None:
            yield step
    for gap in deeds.gaps:
        yield Step("fill", gap.text, gap.why, form="plan" if gap.table == "plan" else "entry", table=gap.table)
    for row in rows:
        if row.place in needed and _to_fill_in(row):
            yield _fix(row, verdict, deeds, why=_why(row, verdict))
    dark = _dark(verdict)
    must = [one for one in verdict.questions if one.blocks or one.spec.light in dark]
    for more, standing in zip(reversed(range(len(must))), must, strict=True):
        yield _ask(standing, more)
    for row in rows:
        if row.place not in needed:
            yield _fix(row, verdict, deeds, optional=True)
    small = [one for one in verdict.questions if one not in must]
    for more, standing in zip(reversed(range(len(small))), small, strict=True):
        yield _ask(standing, more, optional=True)
    if not deeds.signed and verdict.word != "NO-GO":
        yield Step("sign", "Sign the go or no-go", f"the verdict is {verdict.label}", form="sign")
    if not deeds.exported:
        yield Step("export", "Export the handover folder", f"the verdict is {verdict.label}", form="export")
    yield _done(verdict)


def _deeds(deeds: Deeds) -> Iterator[Step]:
    """What is done beside the checks; trying mails and path needs a recorded permission first."""
    if not deeds.permitted and "open" in (deeds.mails, deeds.path):
        why = "the mail test and the path need it"
        yield Step("fill", "Record who allowed the checks", why, form="permission")
    if deeds.mails == "open":
        yield Step("mail", "Test the product's mails", "not all were tested in the last 30 days", form="mail")
    if deeds.path == "open":
        why = "not walked in the last 30 days"
        yield Step("path", "Walk the path from log-in to notification", why, form="path")
    if deeds.watch == "open":
        yield Step("watch", "Start the watch", "nothing reports an outage yet", form="watch")
    if deeds.drill == "open":
        why = "no drill in the last 30 days"
        yield Step("drill", "Run a drill", why, "about a minute, on this machine only", form="drill")


def _dark(verdict: Verdict) -> set[str]:
    return {one.light.id for one in verdict.lights if not one.lit and one.state is not State.ACCEPTED}


def _darkens(one: Judged, verdict: Verdict) -> bool:
    """Whether it is why a light is dark."""
    light = verdict.standings[one.finding.check].spec.light_of(one.finding.rule)
    return light in _dark(verdict) and one.state in (State.FAIL, State.UNKNOWN)


def _needed(verdict: Verdict, rows: list[FixRow]) -> set[int]:
    """The places of the rows without which there is no GO, and of those that must come before one of them."""
    needed: set[int] = set()
    for row in reversed(rows):
        holds = any(one.blocks or _darkens(one, verdict) for one in row.findings)
        if holds or any(place in needed for place in row.unblocks):
            needed.add(row.place)
    return needed


def _open(row: FixRow, verdict: Verdict, deeds: Deeds) -> list[Judged]:
    """What of a row is to be done now: neither parked nor left to a deed."""
    return [one for one in row.members if not _waits(one, verdict) and not _left_to_a_deed(one, deeds)]


def _left_to_a_deed(one: Judged, deeds: Deeds) -> bool:
    """What could not be seen and a deed that is still to do would show."""
    check = one.finding.check
    if one.state is not State.UNKNOWN:
        return False
    return (check in _MAILS and deeds.mails == "open") or (check in _PATH and deeds.path == "open")


def _to_fill_in(row: FixRow) -> bool:
    """Nothing is wrong: something is not written down yet."""
    return all(one.state is State.UNKNOWN and one.finding.check in ENTRIES for one in row.members)


def _waits(judged: Judged, verdict: Verdict) -> bool:
    return judged.parked is not None or verdict.standings[judged.finding.check].parked is not None


def _run(verdict: Verdict, to_run: tuple[str, ...]) -> Step:
    fresh, again = len(verdict.not_run), len(verdict.stale)
    if not again:
        text = "Run the checks" if fresh > 1 else f"Run the check: {verdict.standings[to_run[0]].spec.title}"
    elif not fresh:
        text = (
            f"Check again: {again} checks are out of date"
            if again > 1
            else f"Check again: {verdict.standings[to_run[0]].spec.title}"
        )
    else:
        text = f"Run {fresh + again} checks"
    parts = [f"{fresh} never run" if fresh else "", f"{again} out of date" if again else ""]
    return Step("run", text, ", ".join(part for part in parts if part), checks=to_run)


def _fix(row: FixRow, verdict: Verdict, deeds: Deeds, *, why: str = "", optional: bool = False) -> Step:
    judged = _open(row, verdict, deeds)[0]
    finding = judged.finding
    verb = "Find out" if row.state is State.UNKNOWN else "Fix"
    note = row.remedy.text if row.remedy else ""
    if row.waits_for:
        names = ", ".join(other.title for other in verdict.rows_at(row.waits_for))
        note = f"{note}; first: {names}" if note else f"first: {names}"
    return Step(
        "fix",
        f"{verb}: {row.title}",
        "not needed for GO" if optional else why,
        note,
        finding.check,
        judged.id,
        form=form_of(judged),
        table=ENTRIES.get(finding.check, ""),
        optional=optional,
    )


def form_of(judged: Judged) -> Form:
    """The form that settles a finding; empty where only a hand does."""
    remedy, check = judged.finding.remedy, judged.finding.check
    fix = remedy.fix if remedy is not None else ""
    found = FORMS.get(f"{check}.{fix}") or FORMS.get(f"*.{fix}")
    return found or ("entry" if check in ENTRIES else "")


def _why(row: FixRow, verdict: Verdict) -> str:
    """Why this row comes now."""
    if row.stops:
        return "stops the launch"
    lights = [one.light for one in verdict.lights]
    for one in row.findings:
        if _darkens(one, verdict):
            light = verdict.standings[one.finding.check].spec.light_of(one.finding.rule)
            return f"{next(known.title for known in lights if known.id == light)} stays dark until then"
    if row.blocks:
        return "NO-GO until it is checked"
    opens = verdict.rows_at(row.unblocks)
    return f"comes before: {verdict.standings[opens[0].first.finding.check].spec.title}" if opens else ""


def _ask(standing: Standing, more: int, *, optional: bool = False) -> Step:
    spec = standing.spec
    why = "not needed for GO" if optional else "NO-GO until someone answers"
    note = f"{more} more after it" if more else ""
    if spec.seen_by and spec.severity is Severity.BLOCKER:
        note = f"a confirmation alone makes it GO WITH ACCEPTED RISKS; to have it checked: {spec.seen_by}"
    return Step("ask", spec.question, why, note, spec.id, form="answer", optional=optional)


def _done(verdict: Verdict) -> Step:
    parked = [one.parked for one in verdict.fixes if one.parked]
    parked += [standing.parked for standing in verdict.standings.values() if standing.parked]
    if parked:
        first = min(parked, key=lambda one: utc(one.until))
        return Step("done", f"Waiting for {first.waiting_for} until {stamp(utc(first.until))}", f"{len(parked)} parked")
    return Step("done", "Nothing left to do", verdict.label)
