"""What `/` and the palette look through: findings, checks, rules, hosts, the tables of people and access, and the list
in sight. Functions of a snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from ..roadmap.find import Entry, Searchable, entries, words_of
from ..verdict import Judged
from . import words
from .ink import Span, plain_text
from .kinds import KINDS
from .store import Snapshot
from .tables import items
from .widgets.rows import Row

if TYPE_CHECKING:
    from ..workspace import Workspace

Kind = Literal["finding", "check", "rule", "host", "stage", "line", "row"]
FIRST, NAMED, TEXTS, REST = range(4)
"""How near to what somebody looks for: what is open; checks, hosts and people; texts; what is settled."""
LIMIT = 200


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that can be found, and where it is. `key` names it among those of its kind."""

    kind: Kind
    key: str
    words: Searchable
    name: str
    what: str
    """What it is, in a word or two; of a finding its check."""
    stage: int = 0
    """Where it is; 0 where on no stage."""
    place: str = ""
    """The page it is on, where that is no stage; of a line its table, of a row its list."""
    check: str = ""
    mark: Span = (" ", "ink3")
    near: int = NAMED
    judged: Judged | None = None
    entry: Entry | None = None


class Hits(NamedTuple):
    """The nearest of what contains all the words, and how many there are in all."""

    things: tuple[Thing, ...]
    total: int


def things(snap: Snapshot, workspace: Workspace) -> tuple[Thing, ...]:
    """Everything that can be found on any page, the nearest kind first."""
    made = [*_findings(snap), *_roadmap(snap), *_hosts(snap), *_lines(snap, workspace)]
    return tuple(sorted(made, key=lambda one: one.near))


def rows(shown: Sequence[Row], table: str, known: Sequence[Thing]) -> tuple[Thing, ...]:
    """The rows of the list in sight, without those that can be found anyway."""
    keys = {one.key for one in known}
    out = []
    for row in shown:
        if row.key in keys or row.apart:
            continue
        cells = [cell for cell in dict.fromkeys(plain_text(cell).strip() for cell in row.cells) if cell]
        if cells:
            told = "  ".join(cells)
            out.append(Thing("row", row.key, Searchable.of(told), told, "this list", place=table, mark=row.mark))
    return tuple(out)


def find(among: Sequence[Thing], asked: str, limit: int = LIMIT) -> Hits:
    """What contains every word, words compared by their beginnings: those with all words in the name first."""
    wanted = words_of(asked)
    if not wanted:
        return Hits((), 0)
    found = [(missed, thing) for thing in among if (missed := thing.words.missed(wanted)) is not None]
    found.sort(key=lambda one: one[0])
    return Hits(tuple(thing for _, thing in found[:limit]), len(found))


def named(thing: Thing, snap: Snapshot) -> str:
    """What a thing is called in a list."""
    return words.headline(thing.judged.finding, snap.launch) if thing.judged else thing.name


def told(thing: Thing, asked: str) -> str:
    """The text in which the words are, where they are not in its name."""
    if thing.entry is None:
        return ""
    wanted = words_of(asked)
    return thing.entry.said(wanted) if thing.words.missed(wanted) else ""


def _findings(snap: Snapshot) -> Iterator[Thing]:
    """Open ones in fix order, then the others as the roadmap has them."""
    numbers = {stage.id: stage.number for stage in snap.roadmap.stages}
    every = [judged for standing in snap.verdict.standings.values() for judged in standing.findings]
    every.sort(key=lambda one: (not one.is_open, one.rank.place if one.rank else len(every)))
    for judged in every:
        finding = judged.finding
        spec = snap.roadmap.checks[finding.check]
        fix = finding.remedy.text if finding.remedy else ""
        owner = snap.name(judged.owner) if judged.owner else ""
        yield Thing(
            "finding",
            finding.id,
            Searchable.of(f"{finding.summary} {finding.subject} {finding.rule}", f"{spec.title} {owner} {fix}"),
            finding.summary,
            spec.title,
            numbers[spec.stage],
            check=finding.check,
            mark=words.glyph(words.look(judged.state)),
            near=FIRST if judged.is_open else REST,
            judged=judged,
        )


def _roadmap(snap: Snapshot) -> Iterator[Thing]:
    numbers = {stage.id: stage.number for stage in snap.roadmap.stages}
    for entry in entries(snap.roadmap):
        spec = snap.roadmap.checks[entry.check]
        number, hit = numbers[spec.stage], entry.hit
        if hit.id == entry.check:
            mark = words.glyph(snap.look(snap.verdict.standings[hit.id]))
            yield Thing("check", hit.id, entry.words, hit.title, "check", number, check=hit.id, mark=mark, entry=entry)
        else:
            yield Thing(
                "rule", hit.id, entry.words, hit.title, "rule", number, check=entry.check, near=TEXTS, entry=entry
            )
    for stage in snap.roadmap.stages:
        said = Searchable.of(stage.title, stage.goal)
        yield Thing("stage", stage.id, said, stage.title, "stage", stage.number)
        texts = [("deliverable", one.id, one.title) for one in stage.deliverables]
        texts += [("failure signal", one.id, one.title) for one in stage.signals]
        for what, name, title in texts:
            yield Thing("stage", f"{stage.id} {name}", Searchable.of(title), title, what, stage.number, near=TEXTS)


def _hosts(snap: Snapshot) -> Iterator[Thing]:
    for host in snap.launch.hosts:
        said = Searchable.of(host.name, f"{host.role} {host.environment} {host.purpose}")
        yield Thing("host", host.name, said, host.name, "host", 1)


def _lines(snap: Snapshot, workspace: Workspace) -> Iterator[Thing]:
    """The lines of the tables of people and access, by all that is written in them."""

    def called(who: str) -> str:
        """What a person, or a system as `system:ID`, is called."""
        return workspace.inventory.name_of(who[7:]) if who.startswith("system:") else snap.name(who)

    for kind in KINDS:
        for item in items(workspace, kind):
            if kind.id == "people":
                shown = [item.name or item.id, item.role]
            else:
                shown = [plain_text(cell) for cell in kind.cells(item, called)]
            held = " ".join(str(getattr(item, ask.name) or "") for ask in kind.asks)
            told = "  ".join(part for part in shown if part and part != "·")
            yield Thing("line", kind.key(item), Searchable.of(told, held), told, kind.one, place=kind.id)
