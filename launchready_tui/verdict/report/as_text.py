"""The report for a person at a terminal: the verdict, the minimum bar, the checks by stage, and what to fix first."""

from __future__ import annotations

import textwrap

from ...clock import stamp
from ...findings import WHOLE_LAUNCH, State
from ...launch.decisions import Confirmation
from ...roadmap.model import Roadmap
from ...text import clean_block, for_terminal
from ...wording import minutes
from .. import FixRow, Judged, Standing
from .ink import GLYPHS, Ink, columns, pad, state_key
from .model import Report, counts

FIRST = 10
"""How many fixes a founder is shown; the rest is in the stages above them."""
INSIDE = 6
"""How many findings of one row are shown."""
_TITLE = 20
_TONE = {"GO": "strong-pass", "GO WITH ACCEPTED RISKS": "strong-accepted", "NO-GO": "strong-fail"}
_VERDICT = {"GO": "pass", "GO WITH ACCEPTED RISKS": "accepted", "NO-GO": "fail"}
_COUNTED = ("pass", "warn", "fail", "unknown", "accepted", "later", "not-applicable")


def render(report: Report, ink: Ink) -> str:
    """Lines for a terminal, or for a file where `ink` has no colour and no width."""
    parts = [_head(report, ink), _bar(report, ink), *_stages(report, ink), _fixes(report, ink), _foot(report, ink)]
    return ink.finish("\n".join(part for part in parts if part))


def _head(report: Report, ink: Ink) -> str:
    left = f"{for_terminal(report.name)}  {for_terminal(report.domain)}"
    right = stamp(report.finished_at)
    gap = max(2, (ink.width or 100) - columns(left) - len(right))
    lines = [ink.paint(left, "bold") + " " * gap + ink.paint(right, "dim"), ""]
    if report.outcome == "cancelled":
        lines += [ink.paint("Cancelled: results up to then are saved and shown here.", "warn"), ""]
    if report.word:
        said = f"{GLYPHS[_VERDICT[report.word]]} {report.label}   {report.verdict.counts}"
        reasons = report.verdict.reasons or ("no blockers",)
        indent = columns(said) + 3
        lines.append(ink.paint(said, _TONE[report.word]) + "   " + ink.fit(reasons[0], indent))
        lines += [" " * indent + ink.fit(reason, indent) for reason in reasons[1:]]
        lines.append("")
    return "\n".join(lines)


def _bar(report: Report, ink: Ink) -> str:
    if not report.full:
        return ""
    lead = pad("Minimum bar", 14)
    rows, line, used = [], ink.paint(lead, "bold"), len(lead)
    words = [(f"{GLYPHS[str(light.state)]} {light.light.title}", str(light.state)) for light in report.verdict.lights]
    words.append(("fragile" if report.verdict.fragile else "all lit", "fail" if report.verdict.fragile else "pass"))
    for word, tone in words:
        if ink.width and used + columns(word) > ink.width:
            rows.append(line.rstrip())
            line, used = " " * len(lead), len(lead)
        line += ink.paint(word, tone) + "   "
        used += columns(word) + 3
    return "\n".join([*rows, line.rstrip(), ""])


def _stages(report: Report, ink: Ink) -> list[str]:
    return [_stage(str(stage.number), stage.title, standings, ink) for stage, standings in report.stages()]


def _stage(number: str, title: str, standings: list[Standing], ink: Ink) -> str:
    found = counts(standings)
    told = [ink.paint(f"{GLYPHS[key]} {found[key]}", key) for key in _COUNTED if found.get(key)]
    if found.get("asked"):
        told.append(ink.paint(f"{found['asked']} for you to answer", "asked"))
    lines = [ink.paint(pad(f"{number}  {for_terminal(title)}", 27), "bold") + "  ".join(told)]
    for standing in standings:
        lines += _check(standing, ink)
    return "\n".join([*lines, ""])


def _check(standing: Standing, ink: Ink) -> list[str]:
    key = state_key(standing)
    told = [one for one in standing.findings if one.state not in (State.PASS, State.INFO, State.NOT_APPLICABLE)]
    head = f"   {ink.glyph(key)} {pad(for_terminal(standing.spec.title), _TITLE)}  "
    used = 3 + 2 + _TITLE + 2
    if key in ("asked", "new", "stale") or not told:
        line = {"asked": standing.spec.question, "new": "not checked yet", "stale": "check again"}.get(key) or _fine(
            standing
        )
        return [head + ink.paint(ink.fit(line, used), "dim")]
    lines = [head + _finding(told[0], ink, used)]
    lines += [" " * used + _finding(one, ink, used) for one in told[1:]]
    return lines


def with_subject(judged: Judged) -> str:
    """The sentence, and what it speaks of where it does not say so itself."""
    finding = judged.finding
    subject = for_terminal(finding.subject)
    said = for_terminal(finding.summary)
    return said if not subject or finding.subject == WHOLE_LAUNCH or subject in said else f"{said} ({subject})"


def _fine(standing: Standing) -> str:
    if standing.confirmation and standing.fresh_until and not standing.spec.automated:
        by, until = for_terminal(standing.confirmation.by), f"until {standing.fresh_until:%Y-%m-%d}"
        if standing.confirmation.answer == "does-not-apply":
            return f"does not apply, says {by}: {for_terminal(standing.confirmation.evidence)}"
        return f"confirmed by {by}, {until}"
    said = [one for one in standing.findings if one.state is standing.state] or list(standing.findings)
    more = f" (and {len(said) - 1} more)" if len(said) > 1 else ""
    return f"{sentence(said[0])}{more}" if said else ""


def said_by(word: Confirmation) -> str:
    """Whose word it stands on: `founder said on 2026-11-24 that this holds`."""
    what = {"yes": "that this holds", "no": "that this is not so", "does-not-apply": "that this does not apply"}
    return f"{for_terminal(word.by)} said on {word.on:%Y-%m-%d} {what[word.answer]}"


def sentence(judged: Judged) -> str:
    """The sentence of a finding; where a person's word stands for what could not be seen, that person first."""
    words = for_terminal(judged.finding.summary)
    if judged.by_word is not None and judged.finding.state is State.UNKNOWN:
        return f"{said_by(judged.by_word)}; not checked: {words}"
    return words


def _finding(judged: Judged, ink: Ink, used: int) -> str:
    key, finding = str(judged.state), judged.finding
    weight = f"{finding.severity}" if judged.is_open else {"accepted": "known risk", "later": "after launch"}[key]
    return f"{ink.glyph(key)} {ink.paint(pad(weight, 8), key)} {ink.fit(with_subject(judged), used + 11)}"


def _fixes(report: Report, ink: Ink) -> str:
    rows = report.rows
    if not rows:
        return ""
    lines = [ink.paint("Fix first", "bold")]
    for row in rows[:FIRST]:
        lines += _fix(row, report, ink)
    left = len(rows) - FIRST
    if left > 0:
        lines.append(ink.paint(f"    {left} more, in the stages above", "dim"))
    lines.append("")
    return "\n".join(lines)


def _fix(row: FixRow, report: Report, ink: Ink) -> list[str]:
    inputs = [str(row.severity), row.flow, minutes(row.effort_min)]
    owners = dict.fromkeys(for_terminal(one.owner) for one in row.members if one.owner)
    if owners:
        inputs.append(f"owner {', '.join(owners)}")
    for word, places in (("after", row.waits_for), ("before", row.unblocks)):
        if places:
            inputs.append(f"{word} {', '.join(map(str, places))}")
    lines = [
        f"{row.place:3} {ink.glyph(str(row.state))} {ink.fit(title_of(row), 6)}",
        "      " + ink.paint(ink.fit(" · ".join(inputs), 6), "dim"),
    ]
    lines += [f"      - {ink.fit(words, 8)}" for words in inside(row, report.roadmap)]
    if row.remedy:
        where = f" ({for_terminal(row.remedy.where)})" if row.remedy.where and row.remedy.paste else ""
        lines += _wrapped(f"{for_terminal(row.remedy.text)}{where}", ink)
        lines += [f"        {line}" for line in clean_block(row.remedy.paste).splitlines()]
    return lines


def title_of(row: FixRow) -> str:
    """What is wrong in a row, in one line; of one finding, with what it speaks of."""
    return for_terminal(row.title) if len(row.members) > 1 else with_subject(row.first)


def inside(row: FixRow, roadmap: Roadmap) -> list[str]:
    """What a row with more than one finding holds, a line each: its members, and what could not be seen because of
    them."""

    def named(one: Judged) -> str:
        return f"{roadmap.checks[one.finding.check].title}: {with_subject(one)}" if row.shared else with_subject(one)

    members = list(map(named, row.members)) if len(row.members) > 1 else []
    hidden = [f"not visible until then: {with_subject(one)}" for one in row.behind]
    return [*_first(members), *_first(hidden)]


def _first(lines: list[str]) -> list[str]:
    more = len(lines) - INSIDE
    return [*lines[:INSIDE], *([f"and {more} more"] if more > 0 else [])]


def _wrapped(words: str, ink: Ink) -> list[str]:
    if not ink.width:
        return [f"      {words}"]
    return textwrap.wrap(words, max(20, ink.width), initial_indent="      ", subsequent_indent="      ") or []


def _foot(report: Report, ink: Ink) -> str:
    lines = []
    if report.changes and report.changes.compared:
        changes = report.changes
        unseen = f", {len(changes.unseen_ids)} could not be checked again" if changes.unseen_ids else ""
        lines.append(
            f"Since the last run: {changes.new} new, {changes.fixed} fixed, {changes.unchanged} unchanged{unseen}"
        )
    if report.verdict.minutes_left and report.full:
        lines.append(f"Estimated fixing time left: {minutes(report.verdict.minutes_left)}")
    if report.via:
        lines.append("Checked through a connect map, not as the public sees it")
    if not report.kept:
        lines.append("Judged at a set time: not saved as a real run")
    return "\n".join(ink.paint(line, "dim") for line in lines) + "\n" if lines else ""
