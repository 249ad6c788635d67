"""There is always one next step."""

from __future__ import annotations

from ..clock import stamp
from ..findings import State
from .judge import utc
from .model import Judged, Step, Verdict


def next_step(verdict: Verdict, *, bundle_exported: bool) -> Step:
    """Run what can run by itself, then the top of the fix order, then the next question for a person, then export the
    bundle.

    What is parked is passed over until its time comes.
    """
    to_run = (*verdict.not_run, *verdict.stale)
    if to_run:
        return _run(verdict, to_run)
    for judged in verdict.fixes:
        if not _waits(judged, verdict):
            return _fix(judged, verdict)
    if verdict.questions:
        standing = verdict.questions[0]
        more = len(verdict.questions) - 1
        return Step(
            "ask",
            standing.spec.question,
            f"{standing.spec.title}; {more} more after it" if more else standing.spec.title,
            standing.spec.id,
        )
    if not bundle_exported:
        return Step("export", "Export the handover folder", verdict.label)
    return _done(verdict)


def _run(verdict: Verdict, to_run: tuple[str, ...]) -> Step:
    fresh, again = len(verdict.not_run), len(verdict.stale)
    if not again:
        text = "Run the checks" if fresh > 1 else f"Run the check: {verdict.standings[to_run[0]].spec.title}"
    elif not fresh:
        text = (
            f"Check again what is out of date: {again} checks"
            if again > 1
            else f"Check again: {verdict.standings[to_run[0]].spec.title}"
        )
    else:
        text = f"Run {fresh + again} checks"
    parts = [f"{fresh} never run" if fresh else "", f"{again} out of date" if again else ""]
    return Step("run", text, ", ".join(part for part in parts if part), checks=to_run)


def _waits(judged: Judged, verdict: Verdict) -> bool:
    return judged.parked is not None or verdict.standings[judged.finding.check].parked is not None


def _fix(judged: Judged, verdict: Verdict) -> Step:
    finding, rank = judged.finding, judged.rank
    verb = "Find out" if judged.state is State.UNKNOWN else "Fix"
    note = finding.remedy.text if finding.remedy else ""
    if rank is not None and rank.waits_for:
        names = ", ".join(row.title for row in verdict.rows_at(rank.waits_for))
        note = f"{note}; first: {names}" if note else f"first: {names}"
    return Step("fix", f"{verb}: {finding.summary}", note, finding.check, judged.id)


def _done(verdict: Verdict) -> Step:
    parked = [one.parked for one in verdict.fixes if one.parked]
    parked += [standing.parked for standing in verdict.standings.values() if standing.parked]
    if parked:
        first = min(parked, key=lambda one: utc(one.until))
        return Step("done", f"Waiting for {first.waiting_for} until {stamp(utc(first.until))}", f"{len(parked)} parked")
    return Step("done", "Nothing is left to do", verdict.label)
