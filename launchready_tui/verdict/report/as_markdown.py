"""Markdown, for a pull request's comment or a wiki page."""

from __future__ import annotations

from ...clock import stamp
from ...findings import State
from ...text import code_for_markdown, for_markdown, span_for_markdown
from ...wording import minutes
from .. import Judged, Standing
from .as_text import inside, sentence, title_of, with_subject
from .ink import GLYPHS, WORDS, state_key
from .model import Report

FIRST = 10
"""How many fixes a founder is shown."""


def render(report: Report) -> str:
    """One Markdown document."""
    return "\n".join([*_head(report), *_bar(report), *_fixes(report), *_stages(report), *_foot(report)]).rstrip() + "\n"


def _head(report: Report) -> list[str]:
    lines = [f"# {for_markdown(report.name)}: {report.label or 'some checks'}", ""]
    lines.append(f"{for_markdown(report.domain)}, {stamp(report.finished_at)}")
    if report.outcome == "cancelled":
        lines += ["", "The run was cancelled. Results up to then are below."]
    if report.word and report.verdict.reasons:
        lines += [""] + [f"- {for_markdown(reason)}" for reason in report.verdict.reasons]
    return [*lines, ""]


def _bar(report: Report) -> list[str]:
    if not report.full:
        return []
    lights = report.verdict.lights
    head = "| " + " | ".join(for_markdown(one.light.title) for one in lights) + " |"
    row = "| " + " | ".join(f"{GLYPHS[str(one.state)]} {WORDS[str(one.state)]}" for one in lights) + " |"
    dark = sum(not one.lit for one in lights)
    word = f"{dark} of {len(lights)} lights are dark: fragile, not ready." if dark else f"All {len(lights)} are lit."
    return ["## Minimum bar", "", head, "|" + "---|" * len(lights), row, "", word, ""]


def _fixes(report: Report) -> list[str]:
    rows = report.rows
    if not rows:
        return []
    lines = ["## Fix first", ""]
    for row in rows[:FIRST]:
        inputs = [str(row.severity), row.flow, minutes(row.effort_min)]
        if row.waits_for:
            inputs.append(f"waits for {', '.join(map(str, row.waits_for))}")
        owners = dict.fromkeys(for_markdown(one.owner) for one in row.members if one.owner)
        if owners:
            inputs.append(f"owner {', '.join(owners)}")
        lines.append(f"{row.place}. {GLYPHS[str(row.state)]} **{for_markdown(title_of(row))}** ({', '.join(inputs)})")
        lines += [f"   - {for_markdown(words)}" for words in inside(row, report.roadmap)]
        if row.remedy:
            lines += [""] if row.opens else []
            lines.append(f"   {for_markdown(row.remedy.text)}")
            if row.remedy.paste:
                block = code_for_markdown(row.remedy.paste)
                lines += ["", *(f"   {line}" for line in block.splitlines()), ""]
    if len(rows) > FIRST:
        lines.append("")
        lines.append(f"{len(rows) - FIRST} more below.")
    return [*lines, ""]


def _stages(report: Report) -> list[str]:
    lines: list[str] = []
    for stage, standings in report.stages():
        lines += [
            f"## {stage.number}. {for_markdown(stage.title)}",
            "",
            "| check | state | what was found |",
            "|---|---|---|",
        ]
        lines += [_row(standing) for standing in standings]
        lines.append("")
    return lines


def _row(standing: Standing) -> str:
    key = state_key(standing)
    open_or_decided = [
        one for one in standing.findings if one.state not in (State.PASS, State.INFO, State.NOT_APPLICABLE)
    ]
    fine = [one for one in standing.findings if one.state is standing.state][:1]
    what = "<br>".join(_told(one) for one in open_or_decided) or "".join(for_markdown(sentence(one)) for one in fine)
    return (
        f"| {span_for_markdown(standing.spec.id)} | {GLYPHS[key]} {WORDS[key]} | "
        f"{what or for_markdown(standing.spec.goal)} |"
    )


def _told(judged: Judged) -> str:
    decided = f" ({WORDS[str(judged.state)]}: {for_markdown(judged.decision.reason)})" if judged.decision else ""
    return f"{GLYPHS[str(judged.state)]} {for_markdown(with_subject(judged))}{decided}"


def _foot(report: Report) -> list[str]:
    lines = []
    if report.changes and report.changes.compared:
        lines.append(
            f"Since the last run: {report.changes.new} new, {report.changes.fixed} fixed, "
            f"{report.changes.unchanged} unchanged."
        )
    if report.via:
        lines.append("Checked through a connect map, not as the public sees it.")
    if not report.kept:
        lines.append("Judged at a set time; not saved as a real run.")
    return ["\n\n".join(lines)] if lines else []
