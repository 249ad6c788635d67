"""Copying and saving what is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import clock
from ...findings import Finding

if TYPE_CHECKING:
    from ..host import ConsoleHost


def _selected(app: ConsoleHost) -> tuple[Finding, ...]:
    """What the cursor stands on: one finding, or those of a line for several."""
    target = app.target()
    found = tuple(one.finding for one in target.all) if target else ()
    if not found:
        app.say("Select a problem first, then copy its fix")
    return found


def fix(app: ConsoleHost) -> None:
    """The exact text to paste; of several problems all that differ."""
    found = _selected(app)
    if not found:
        return
    remedies = [one.remedy for one in found if one.remedy]
    if not remedies:
        app.say("There is nothing to fix here")
        return
    texts = dict.fromkeys(one.paste or one.text for one in remedies)
    what = "The fix" if remedies[0].paste else "The advice"
    app.put("\n\n".join(texts), what if len(texts) == 1 else f"The fixes of {len(texts)} problems")


def evidence(app: ConsoleHost) -> None:
    """What was seen."""
    found = _selected(app)
    if found:
        app.put("\n".join(map(evidence_text, found)), "The evidence")


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
            app.say("Select a problem first, then save it")
            return
        name = f"problem-{target.judged.id}.txt"
        words = "\n".join(
            _story_text(one.finding, app.snapshot.roadmap.checks[one.finding.check].why) for one in target.all
        )
    path = app.out / name

    def write() -> str:
        write_atomically(path, words)
        return f"Saved as {path}"

    said = app.attempt(write)
    app.say(said.wrong or said.words, wrong=bool(said.wrong))
