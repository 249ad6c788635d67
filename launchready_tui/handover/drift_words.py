"""A comparison as text for a terminal, as Markdown to post, and as JSON."""

from __future__ import annotations

import json
from typing import Any

from .. import text
from ..clock import stamp
from .drift import Answer, Drift, Item

_HEADS: tuple[tuple[Answer, str], ...] = (
    ("changed", "Changed"),
    ("unseen", "Could not be checked"),
    ("same", "As handed over"),
)
FORMATS = ("text", "json", "markdown")


def render(drift: Drift, kind: str) -> str:
    """In one of FORMATS."""
    return {"text": as_text, "json": as_json, "markdown": as_markdown}[kind](drift)


def as_text(drift: Drift) -> str:
    """The headline, what changed, what could not be checked, and a count of the rest."""
    lines = [drift.headline, f"verdict then: {drift.label_then}, now: {drift.label_now}", ""]
    lines += [f"  {problem}" for problem in drift.handed.problems]
    for answer, head in _HEADS:
        items = drift.of(answer)
        lines.append(f"{head}: {len(items)}")
        lines += [f"  {one.area:<12} {text.for_terminal(one.sentence)}" for one in items] if answer != "same" else []
    return "\n".join(text.printable(line) for line in lines) + "\n"


def as_markdown(drift: Drift) -> str:
    """An issue or a message: the headline first, so that it makes a title."""
    parts = [f"# {text.for_markdown(drift.headline)}"]
    parts.append(
        f"{text.for_markdown(drift.handed.name)}, made {stamp(drift.handed.made_at)}, compared {stamp(drift.at)}. "
        f"Verdict then {text.for_markdown(drift.label_then)}, now {text.for_markdown(drift.label_now)}."
    )
    if not drift.handed.sealed:
        parts.append("Only the data file was compared, so it cannot be verified that it is unaltered.")
    if drift.handed.problems:
        parts.append("\n".join(f"- {text.for_markdown(str(problem))}" for problem in drift.handed.problems))
    for answer, head in _HEADS:
        items = drift.of(answer)
        parts.append(f"## {head}: {len(items)}")
        if items and answer != "same":
            parts.append(
                "\n".join(f"- **{text.for_markdown(one.area)}** {text.for_markdown(one.sentence)}" for one in items)
            )
    parts.append("If the changes are intended, export a new handover folder as the baseline for the next comparison.")
    return "\n\n".join(parts) + "\n"


def as_json(drift: Drift) -> str:
    """Stable: `schema` is 1."""
    made: dict[str, Any] = {
        "schema": 1,
        "kind": "launchready-drift",
        "bundle": text.clean(drift.handed.name),
        "made_at": drift.handed.made_at.isoformat(),
        "compared_at": drift.at.isoformat(),
        "headline": drift.headline,
        "whole": not drift.handed.problems if drift.handed.sealed else None,
        "problems": [str(problem) for problem in drift.handed.problems],
        "verdict_then": drift.label_then,
        "verdict_now": drift.label_now,
        "counts": {answer: len(drift.of(answer)) for answer, _ in _HEADS},
        "items": [_item(one) for one in drift.items],
    }
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def _item(one: Item) -> dict[str, str]:
    names = {"same": "as handed over", "changed": "changed", "unseen": "could not be checked"}
    return {
        "area": one.area,
        "what": text.clean(one.what),
        "answer": names[one.answer],
        "then": text.clean(one.then),
        "now": text.clean(one.now),
        "note": text.clean(one.note),
    }
