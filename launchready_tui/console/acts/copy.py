"""Copying and saving what is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import clock
from ...findings import Finding

if TYPE_CHECKING:
    from ..host import ConsoleHost


def _selected(app: ConsoleHost) -> Finding | None:
    target = app.target()
    if target is None or target.judged is None:
        app.say("Select a problem first: its text is copied from here")
        return None
    return target.judged.finding


def fix(app: ConsoleHost) -> None:
    """The exact text to paste."""
    finding = _selected(app)
    if finding is None:
        return
    remedy = finding.remedy
    if remedy is None:
        app.say("There is nothing to fix here")
        return
    app.put(remedy.paste or remedy.text, "The fix" if remedy.paste else "The advice")


def evidence(app: ConsoleHost) -> None:
    """What was seen."""
    finding = _selected(app)
    if finding is not None:
        app.put(evidence_text(finding), "The evidence")


def evidence_text(finding: Finding) -> str:
    """What was seen, as plain text with sources and times in UTC."""
    lines = [finding.summary, f"{finding.rule}  {finding.subject}", ""]
    for one in finding.evidence:
        told = ", ".join(part for part in (one.source, clock.stamp(one.at) if one.at else "") if part)
        lines += [f"{one.label}{f' ({told})' if told else ''}:", one.text, ""]
    if finding.via:
        lines.append(f"via {finding.via}")
    return "\n".join(lines).rstrip() + "\n"


def _story_text(finding: Finding, why: str) -> str:
    """The whole story for a file: what was seen, why it matters, how to fix it."""
    lines = [evidence_text(finding), f"Why it matters: {why}"]
    if finding.remedy:
        lines.append(f"How to fix it: {finding.remedy.text}")
        if finding.remedy.paste:
            lines += [
                "",
                f"To paste{f' into {finding.remedy.where}' if finding.remedy.where else ''}:",
                finding.remedy.paste,
            ]
    return "\n".join(lines) + "\n"


def save(app: ConsoleHost) -> None:
    """Writes the story of the selection, or the page's own text, into a file of the workspace."""
    from ...launch.atomic import write_atomically

    own = app.page.text_to_save() if app.page is not None else None
    if own is not None:
        name, words = own
    else:
        target = app.target()
        if target is None or target.judged is None:
            app.say("Select a problem first: its story is saved from here")
            return
        finding = target.judged.finding
        name, words = f"problem-{finding.id}.txt", _story_text(finding, target.standing.spec.why)
    path = app.out / name

    def write() -> str:
        write_atomically(path, words)
        return f"Saved as {path}"

    said = app.attempt(write)
    app.say(said.wrong or said.words, wrong=bool(said.wrong))
