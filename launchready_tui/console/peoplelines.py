"""What stands beside the tables of people and access: a line's card, what is to change and how, what breaks without
somebody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ..findings import Finding, Severity
from ..launch.papers import Papers
from . import kinds, words
from .ink import GLYPHS, Span, Spans, fit, wrap, wrap_spans
from .kinds import Item, Kind
from .matrix import SHORT_MFA, is_wrong
from .widgets.lines import Line
from .widgets.story import Told, labelled, title_lines

if TYPE_CHECKING:
    from datetime import datetime

    from ..handover import Proposal, Without
    from ..workspace import Workspace

LABEL = 12
Name = Callable[[str], str]


def problems(workspace: Workspace, now: datetime) -> list[Finding]:
    """What is wrong with the inventory as it is filled in, the heaviest first: the checks of stage 7, without waiting
    for a run."""
    from ..checks.handover import access, bus_factor

    papers = Papers(workspace.people, workspace.inventory)
    found = [*access.problems(papers, now), *bus_factor.problems(papers, now)]
    return sorted(
        (one for one in found if one.is_open), key=lambda one: (one.state.value == "unknown", one.severity.weight)
    )


def place_of(workspace: Workspace, finding: Finding) -> tuple[str, str]:
    """The table and the line where a finding is put right."""
    inventory, rule = workspace.inventory, finding.rule.rpartition(".")[2]
    system, _, person = finding.subject.partition("/")
    way = next((one for one in inventory.access if one.system == system and person in ("", one.person)), None)
    if person or rule in ("one", "nobody", "after-leaving", "too-many-admins", "no-access"):
        return "access", kinds.KIND["access"].key(way) if way else ""
    return "systems", system


def point_story(finding: Finding, key: str, width: int) -> Told:
    """One thing to change: what, why it weighs, how."""
    look = words.look(finding.state)
    weight: Spans = [(f"{GLYPHS[look]} ", look), (words.SEVERITIES[finding.severity], "ink2")]
    head = title_lines(finding.summary, [], width)
    lines = [Line(weight), Line()]
    if finding.remedy is not None:
        lines += [Line(part) for part in wrap_spans([(finding.remedy.text, "ink")], width)]
    keys: Spans = [(key, "ink b"), (" goes there", "ink3")]
    return Told((*head, *lines, Line(), Line(keys)), len(head), tuple(keys))


def card(workspace: Workspace, kind: Kind, item: Item, name: Name, width: int, gone: Without | None) -> Told:
    """A line in full, with what hangs on it."""
    title = getattr(item, "name", "") or getattr(item, "title", "") or name(getattr(item, "person", ""))
    title = title or (name("system:" + item.system) if kind.id == "caps" else kind.key(item))
    right: Spans = [(kinds.STATUS[item.status], "ink2")] if kind.id == "people" else []
    head = title_lines(title, right, width)
    lines: list[Line] = []
    for ask in kind.asks:
        if ask.name in ("name", "title", "status"):
            continue
        held = getattr(item, ask.name)
        value = ask.show(held) if ask.show is not None else kinds.text_of(held)
        shown = dict(ask.options).get(
            value, name(value) if ask.person else name("system:" + value) if ask.system else value
        )
        if (
            not shown
            and not ask.needed
            and kind.id in ("systems", "people", "access", "recovery")
            and ask.name in QUIET
        ):
            continue
        said: Span = (shown, "ink") if shown else ("missing", "ink3")
        lines += _labelled(ask.label, [said], width)
    if gone is not None:
        told = words.plural(len(gone.breaks), "thing") if gone.breaks else "nothing breaks"
        lines += [Line([("if they go".ljust(LABEL), "ink3"), (told, "ink")], [("m", "ink b")])]
    lines += _ways(workspace, kind, item, name)
    if hasattr(item, "id"):
        lines += [Line(), Line([("id".ljust(LABEL), "ink3"), (item.id, "ink2")])]
    keys: Spans = [
        ("enter", "ink b"),
        (" edit  ", "ink3"),
        ("+", "ink b"),
        (" add  ", "ink3"),
        ("del", "ink b"),
        (" delete", "ink3"),
    ]
    return Told((*head, *lines, Line(), Line(keys)), len(head), tuple(keys))


QUIET = (
    "second_contact",
    "kind",
    "no_bill",
    "recovery_contact",
    "support",
    "note",
    "remove_by",
    "credential",
    "break_glass",
    "detect",
)
"""Fields that are told only where they are filled."""


_labelled = partial(labelled, margin=LABEL)


def _ways(workspace: Workspace, kind: Kind, item: Item, name: Name) -> list[Line]:
    """What a person gets into; who gets into a system."""
    if kind.id not in ("people", "systems"):
        return []
    people = kind.id == "people"
    mine = [one for one in workspace.inventory.access if (one.person if people else one.system) == item.id]
    if not mine:
        return [] if people else [Line(), Line([("no one is recorded as having access", "ink3")])]
    lines = [Line(), Line([("Has access to" if people else "Who has access", "ink3")])]
    for one in mine:
        wrong = is_wrong(one, workspace.people.find(one.person))
        other = workspace.inventory.name_of(one.system) if people else name(one.person)
        told: Spans = [*fit([(other, "ink")], 17), (" ", "ink"), (one.role or "?", "fail b" if wrong else "ink2")]
        told += [(f" {GLYPHS['fail']}", "fail")] if wrong else []
        lines.append(Line(told, [(SHORT_MFA[one.mfa], "fail" if one.mfa == "none" else "ink3")]))
    return lines


def proposal_story(one: Proposal, kind: Kind, width: int, take: str, take_all: str) -> Told:
    """A line that could be taken over: what it was seen by, and what it would say."""
    head = title_lines(one.title, [("seen", "accent")], width)
    lines = [Line([(part, "ink2")]) for part in wrap(one.why, width)] + [Line()]
    for ask in kind.asks:
        value = kinds.text_of(getattr(one.item, ask.name))
        if value and ask.name not in ("name", "title") and value not in ("no", "unknown"):
            lines += _labelled(ask.label, [(value, "ink")], width)
    keys: Spans = []
    for pressed, does in ((take, "take"), (take_all, "all"), ("enter", "edit")):
        keys += [("  " if keys else "", "ink"), (pressed, "ink b"), (f" {does}", "ink3")]
    return Told((*head, *lines, Line(), Line(keys)), len(head), tuple(keys))


WEIGHT: dict[Severity, str] = {
    Severity.BLOCKER: "fail",
    Severity.HIGH: "fail",
    Severity.MEDIUM: "warn",
    Severity.LOW: "info",
}


def without_story(gone: Without, who: str, name: Name, width: int) -> Told:
    """What breaks when somebody leaves, and what to do first."""
    count = words.plural(len(gone.breaks), "thing")
    head = title_lines(f"Without {who}", [(count, "ink3")], width)
    lines: list[Line] = []
    if not gone.breaks:
        lines = [Line([(part, "ink2")]) for part in wrap("Nothing breaks, according to the records.", width)]
    for one in gone.breaks:
        look = WEIGHT[one.severity]
        for n, part in enumerate(wrap(one.what, max(8, width - 2))):
            lines.append(Line([(f"{GLYPHS[look]} " if n == 0 else "  ", look), (part, "ink")]))
    if gone.first:
        lines += [Line(), Line([("First", "ink b")])]
        for number, words_of in enumerate(gone.first, 1):
            for n, part in enumerate(wrap(words_of, max(8, width - 4))):
                lines.append(Line([(f"{number}.".rjust(3) + " " if n == 0 else "    ", "ink3"), (part, "ink2")]))
    if gone.systems:
        systems = ", ".join(name(f"system:{one}") for one in gone.systems)
        lines += [
            Line(),
            *(
                Line(part)
                for part in wrap_spans([("On the last day, remove access to: ", "ink3"), (systems, "ink")], width)
            ),
        ]
    keys: Spans = [("esc", "ink b"), (" back", "ink3")]
    return Told((*head, *lines, Line(), Line(keys)), len(head), tuple(keys))


def tabs(chosen: Kind, every: Sequence[Kind], width: int) -> Line:
    """The tables by name, the open one in full ink; where there is no room for all, those around it."""
    at = list(every).index(chosen)
    first, last = 0, len(every)

    gap = 3 if sum(len(kind.title) + 3 for kind in every) < width else 2

    def size() -> int:
        return sum(len(kind.title) + gap for kind in every[first:last]) - gap + 4

    while size() > width and (first < at or last - 1 > at):
        if last - 1 > at and (last - 1 - at >= at - first or first == at):
            last -= 1
        else:
            first += 1
    out: Spans = [("‹ ", "accent")]
    for kind in every[first:last]:
        out += [(kind.title, "ink b" if kind is chosen else "ink3"), (" " * gap, "ink")]
    return Line([*out[:-1], (" ›", "accent")])


def empty_story(kind: Kind, width: int) -> Told:
    """What would stand here, and which key brings it."""
    return Told(tuple(title_lines(kind.title.capitalize(), [], width) + labelled("", [(kind.empty, "ink2")], width)), 2)
