"""The story of a finding in the order a person asks: what, seen how, why it matters, what now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len
from textual.message import Message
from textual.strip import Strip

from ... import clock, text
from ...facts import Hop, RedirectChain
from ...findings import Evidence, Remedy, State
from ...launch.decisions import Acceptance
from ...verdict import FixRow, Judged, Standing
from .. import words
from ..ink import Spans, break_hard, width_of, wrap, wrap_spans
from ..store import Snapshot
from .lines import Line, Scroll

LABEL = 7
SHORT_EVIDENCE = 6
SHORT_PASTE = 10
LONG = 400
"""Characters of a sentence in the short view; the full view shows all."""


@dataclass(frozen=True, slots=True)
class Told:
    """A story ready to draw: the first `head` lines stay in place while the rest scrolls."""

    lines: tuple[Line, ...]
    head: int
    keys: tuple[tuple[str, str], ...] = ()
    """The keys that act on it, for the last line when the story is longer than its room."""


def labelled(label: str, parts: Spans, width: int, *, margin: int = LABEL) -> list[Line]:
    """A wrapped paragraph with its label in the margin, which takes so many of the cells."""
    lines = wrap_spans(parts, max(8, width - margin))
    return [Line([((label if n == 0 else "").ljust(margin), "ink3"), *line]) for n, line in enumerate(lines)]


def _waterfall(hops: Sequence[Hop], room: int) -> list[Spans]:
    """Each hop's share of the whole time, as a stroke on a rule; empty where there is no room or nothing was timed."""
    whole, size = sum(hop.ms for hop in hops), min(36, room)
    if size < 14 or whole <= 0:
        return []
    out: list[Spans] = []
    begun = 0
    for hop in hops:
        start, end = round(begun / whole * size), round((begun + hop.ms) / whole * size)
        end = max(end, start + 1) if hop.ms else end
        tone = "fail" if hop.status in (302, 303, 307) else "accent" if 200 <= hop.status < 300 else "ink3"
        out.append([("─" * start, "rule"), ("━" * (end - start), tone), ("─" * (size - end), "rule")])
        begun += hop.ms
    return out


def _hop_tone(hop: Hop) -> str:
    if 200 <= hop.status < 300:
        return "pass"
    return "ink2" if hop.permanent else "fail"


def chain_lines(chain: RedirectChain, width: int, label: str) -> list[Line]:
    """One line a hop, stem and status before the address, its time at the right; what ended the way below."""
    longest = max(cell_len(hop.url) for hop in chain.hops)
    falls = _waterfall(chain.hops, width - LABEL - 6 - longest - 12)
    rows: list[tuple[str, str, str, Spans]] = []
    for n, hop in enumerate(chain.hops):
        right: Spans = [(str(hop.ms).rjust(5), "ink2"), (" ms" if n == 0 else "   ", "ink3")]
        rows.append((str(hop.status), _hop_tone(hop), hop.url, [*falls[n], *right] if falls else right))
    if chain.problem:
        rows.append(("✕", "fail", chain.problem, []))
    lines: list[Line] = []
    for n, (code, tone, said, right) in enumerate(rows):
        last = n == len(rows) - 1
        stem = "┌" if n == 0 else "└" if last else "├"
        room = width - LABEL - 6 - (width_of(right) + 2 if right else 0)
        for at, piece in enumerate(break_hard(said, max(8, room))):
            first = at == 0
            head: Spans = [
                ((label if n == 0 and first else "").ljust(LABEL), "ink3"),
                (f"{stem} " if first else "  " if last else "│ ", "ink3"),
                ((code if first else "").ljust(4), tone),
                (piece, "ink"),
            ]
            lines.append(Line(head, right if first else []))
    return lines


def evidence_lines(evidence: Evidence, width: int, label: str, full: bool) -> list[Line]:
    """One piece of evidence; a chain is drawn, the rest is wrapped, cut to a few lines unless `full`."""
    if isinstance(evidence.fact, RedirectChain) and evidence.fact.redirects:
        return chain_lines(evidence.fact, width, label)
    said = evidence.text
    plain = evidence.label in ("", "seen")
    lines = labelled(
        label, [*([] if plain else [(f"{text.shorten(evidence.label, 40)}  ", "ink3")]), *_first_line(said)], width
    )
    for block in said.split("\n")[1:]:
        lines += [Line([(" " * LABEL, "ink3"), (part, "ink")]) for part in wrap(block, max(8, width - LABEL))]
    if not full and len(lines) > SHORT_EVIDENCE:
        left = len(lines) - SHORT_EVIDENCE + 1
        lines = [
            *lines[: SHORT_EVIDENCE - 1],
            Line([(" " * LABEL, "ink"), (f"{left} more lines, enter shows all", "ink3")]),
        ]
    return lines


def _first_line(said: str) -> Spans:
    return [(said.partition("\n")[0], "ink")]


def title_lines(title: str, right: Spans, width: int) -> list[Line]:
    """A bold title, wrapped, with what it is at the right of its first line; a hairline below."""
    if not title:
        return [Line([], right), Line(rule=True)]
    if width_of(right) > width * 0.55:
        return [
            *[Line([(line, "ink b")]) for line in wrap(title, width)],
            *[Line(part) for part in wrap_spans(right, width)],
            Line(rule=True),
        ]
    first = wrap(title, max(8, width - width_of(right) - 2))
    if len(first) > 1:
        rest = title[len(first[0]) :].strip()
        tail = wrap(rest, width)
        return [Line([(first[0], "ink b")], right), *[Line([(line, "ink b")]) for line in tail], Line(rule=True)]
    return [Line([(title, "ink b")], right), Line(rule=True)]


def paste_lines(remedy: Remedy | None, width: int, *, full: bool = False) -> list[Line]:
    """What to do, and the exact text to paste; a long one is cut in short views, never by itself when it is copied."""
    if remedy is None:
        return []
    lines = labelled("Fix", [(remedy.text if full else text.shorten(remedy.text, LONG), "ink")], width)
    if not remedy.paste:
        return lines
    where = remedy.where
    label = where if 0 < len(where) <= LABEL - 1 else "Paste"
    if where and label == "Paste":
        lines.append(Line([("Paste".ljust(LABEL), "ink3"), (f"into {text.shorten(where, 60)}", "ink3")]))
        label = ""
    parts = wrap(remedy.paste, max(8, width - LABEL))
    shown = parts if full or len(parts) <= SHORT_PASTE else parts[: SHORT_PASTE - 1]
    lines += [
        Line([((label if n == 0 else "").ljust(LABEL), "ink3"), (part, "accent")]) for n, part in enumerate(shown)
    ]
    if len(shown) < len(parts):
        lines.append(Line([(" " * LABEL, "ink"), (f"{len(parts) - len(shown)} more lines; c copies all", "ink3")]))
    return lines


def _first_of(snap: Snapshot, judged: Judged) -> tuple[FixRow, ...]:
    """What has to be fixed before a finding: the rows that stand in its way, or the one that hides it."""
    row = snap.verdict.row(judged.id) if judged.rank else None
    if row is None:
        return ()
    return (row,) if judged.id in {one.id for one in row.behind} else snap.verdict.rows_at(row.waits_for)


def _seen_spans(standing: Standing, judged: Judged | None) -> Spans:
    """When, how long, from where, and by which road."""
    if standing.seen_at is None:
        return []
    at = standing.seen_at
    parts = [clock.stamp(at)]
    if standing.result is not None:
        parts.append(f"{standing.result.duration_ms / 1000:.2f} s")
    via = judged.finding.via if judged else (standing.result.via if standing.result else "")
    if via:
        parts.append("through a connect map" if via == "connect-map" else f"via {via}")
    return [(", ".join(parts), "ink2")]


def decided_lines(snap: Snapshot, standing: Standing, judged: Judged | None, width: int) -> list[Line]:
    """What people decided and noted: owner, known risk, put off, parked, notes."""
    lines: list[Line] = []
    told = standing.confirmation
    if told is not None and standing.spec.automated:
        lines += labelled(
            "Said",
            [
                (f"{snap.name(told.by)} on {told.on:%d %b}: {told.evidence}", "ink"),
                (f", until {told.until:%d %b}", "ink3"),
            ],
            width,
        )
    owner = (judged.owner if judged else "") or standing.owner
    if owner:
        lines += labelled("Owner", [(snap.name(owner), "ink")], width)
    if judged and judged.decision:
        decision = judged.decision
        if isinstance(decision, Acceptance):
            said = f"known risk until {decision.until:%d %b %Y}, signed by {snap.name(decision.by)}: {decision.reason}"
            lines += labelled("Risk", [("◆ ", "accepted"), (said, "ink")], width)
        else:
            lines += labelled(
                "Later",
                [("↷ ", "later"), (f"after launch, says {snap.name(decision.by)}: {decision.reason}", "ink")],
                width,
            )
    elif judged and judged.lapsed:
        said = f"was a known risk until {judged.lapsed.until:%d %b %Y}; expired, so it is open again"
        lines += labelled("Risk", [(said, "ink")], width)
    parked = (judged.parked if judged else None) or standing.parked
    if parked:
        said = f"for {snap.name(parked.waiting_for)} until {parked.until:%d %b %H:%M} UTC"
        lines += labelled("Waits", [(said, "ink")], width)
    for note in (*standing.notes, *(judged.notes if judged else ())):
        lines += labelled(
            "Note", [(note.text, "ink"), (f"  {snap.name(note.by)}, {note.on:%d %b %H:%M}", "ink3")], width
        )
    return lines


def _question_story(snap: Snapshot, standing: Standing, width: int, keys: Spans) -> Told:
    """A check that only a person can answer, or that a person may answer."""
    spec = standing.spec
    right = words.state_spans(snap.look(standing))
    head = title_lines(spec.question, right, width)
    lines: list[Line] = []
    facts = [judged.finding for judged in words.shown_findings(standing) if judged.state is State.INFO]
    for n, fact in enumerate(facts):
        lines += labelled("Seen" if n == 0 else "", [(fact.summary, "ink")], width)
    if standing.confirmation is not None:
        told = standing.confirmation
        lines += labelled("Said", [(f"{snap.name(told.by)} on {told.on:%d %b}: {told.evidence}", "ink")], width)
        lines += labelled("Until", [(f"{told.until:%d %b %Y}", "ink")], width)
    if lines:
        lines.append(Line())
    lines += labelled("Goal", [(spec.goal, "ink")], width)
    lines += labelled("Why", [(spec.why, "ink")], width)
    lines += labelled("How", [(spec.verify, "ink2")], width)
    lines += decided_lines(snap, standing, None, width)
    lines += _foot("Keeps", [(_keeps(spec.shelf_life), "ink2")], keys, width)
    return Told((*head, *lines), len(head))


def _keeps(shelf_life: str) -> str:
    return {"24h": "24 hours", "30d": "30 days", "commit": "until the next commit", "deploy": "until the next deploy"}[
        shelf_life
    ]


def _foot(label: str, told: Spans, keys: Spans, width: int) -> list[Line]:
    """The last lines: when it was seen, and the keys that act on it, side by side where they fit."""
    left: Spans = [(label.ljust(LABEL), "ink3"), *told]
    if not keys:
        return labelled(label, told, width) if told else []
    if width_of(left) + width_of(keys) + 3 <= width:
        return [Line(left, keys)]
    lines = labelled(label, told, width) if told else []
    return [*lines, *[Line(part) for part in wrap_spans(keys, width)]]


def _finding_story(
    snap: Snapshot,
    standing: Standing,
    judged: Judged,
    place: str,
    width: int,
    keys: Spans,
    full: bool,
    tight: bool = False,
) -> Told:
    """One finding. `tight` brings the fix before the reason, for a story that is longer than its room."""
    finding = judged.finding
    look = words.look(judged.state)
    right: Spans = [(f"{place}  ", "ink3")] if place else []
    right += words.state_spans(look)
    if judged.state in (State.FAIL, State.WARN, State.UNKNOWN):
        right.append((f", {words.weight(judged)}", "ink2"))
    if standing.stale:
        right = (
            [*right[:-1], *words.state_spans("stale")]
            if judged.state is State.PASS
            else [*right, (", ", "ink2"), *words.state_spans("stale")]
        )
    title, word = finding.summary if full else text.shorten(finding.summary, LONG), judged.by_word
    lines: list[Line] = []
    if word is not None and words.settled(judged):
        lines = labelled("Seen", [(title, "ink")], width)
        title = f"{words.said_by(word, snap.name(word.by))}: {word.evidence}"
    head = title_lines(title, right, width)
    for n, evidence in enumerate(finding.evidence):
        lines += evidence_lines(evidence, width, "Saw" if n == 0 else "", full)
    if lines and not tight:
        lines.append(Line())
    act = judged.is_open or judged.decision
    why = (
        labelled("Why", [(standing.spec.why, "ink")], width)
        if act
        else labelled("Goal", [(standing.spec.goal, "ink")], width)
    )
    fix = [] if words.settled(judged) else paste_lines(judged.finding.remedy, width, full=full)
    lines += [*fix, *why] if tight else [*why, *fix]
    for n, row in enumerate(_first_of(snap, judged)):
        lines += labelled("" if n else "First", [(words.row_headline(row, snap.launch), "ink")], width)
    lines += decided_lines(snap, standing, judged, width)
    if full:
        sources = dict.fromkeys(one.source for one in finding.evidence if one.source)
        if sources:
            lines += labelled("From", [(", ".join(sources), "ink2")], width)
        lines += labelled("Rule", [(finding.rule, "ink2"), (f"  on {finding.subject}", "ink3")], width)
    lines += _foot("Seen", _seen_spans(standing, judged), keys, width)
    return Told((*head, *lines), len(head))


def empty_story(snap: Snapshot, standing: Standing, width: int) -> Told:
    """A check without any finding yet."""
    look = snap.look(standing)
    head = title_lines(standing.spec.title, words.state_spans(look), width)
    lines = labelled("Goal", [(standing.spec.goal, "ink")], width)
    lines += labelled("Why", [(standing.spec.why, "ink")], width)
    lines += labelled("How", [(standing.spec.verify, "ink2")], width)
    lines += decided_lines(snap, standing, None, width)
    if look == "new":
        lines += [
            Line(),
            Line([("r", "ink b"), (" checks now, ", "ink3"), ("R", "ink b"), (" runs every check", "ink3")]),
        ]
    return Told((*head, *lines), len(head))


def tell(
    snap: Snapshot,
    standing: Standing,
    at: int,
    width: int,
    keys: Spans | None = None,
    *,
    full: bool = False,
    height: int = 0,
) -> Told:
    """The story of a check's finding number `at` (0 is the worst), for a room of this size."""
    width = max(10, width)
    keys = keys or []
    found = words.shown_findings(standing)
    asked = words.asks(standing) or (standing.confirmation is not None and not standing.spec.automated)
    if asked:
        return replace(_question_story(snap, standing, width, keys), keys=tuple(keys))
    if not found:
        return empty_story(snap, standing, width)
    at = max(0, min(at, len(found) - 1))
    place = f"‹ {at + 1} of {len(found)} ›" if len(found) > 1 else ""
    told = _finding_story(snap, standing, found[at], place, width, keys, full)
    if not full and len(told.lines) > height:
        told = _finding_story(snap, standing, found[at], place, width, keys, full, tight=True)
    return replace(told, keys=tuple(keys))


class Story(Scroll):
    """A told story; its head stays in place, and it says how much lies below."""

    DEFAULT_CSS = "Story { height: 1fr; }"

    class Resized(Message):
        """Its room changed: the story must be told anew for it."""

    def __init__(self, *, end: int = 3, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(lead="none", end=end, id=id)
        self.head = 0
        self.keys: tuple[tuple[str, str], ...] = ()
        self.about: object = None

    def top_lines(self) -> int:
        return min(self.head, max(0, self.size.height - 3))

    @property
    def text_width(self) -> int:
        """Cells that a line of text has here."""
        return self.size.width - self.lead_width() - self.end

    def tell(self, told: Told, about: object) -> None:
        """Shows a story; another subject starts at its top."""
        if about != self.about:
            self.first, self.about = 0, about
        self.head, self.keys = told.head, told.keys
        self.show(told.lines)
        self.to(self.first)

    @property
    def overflow(self) -> int:
        height = max(1, self.size.height)
        return 0 if len(self.lines) <= height else len(self.lines) - height + 1

    def render_line(self, y: int) -> Strip:
        below = len(self.lines) - self.first - self.size.height + 1
        if self.overflow and y == self.size.height - 1:
            told: Spans = []
            if self.first < self.overflow:
                told = [("↓" if self.has_focus else "tab ↓", "ink b"), (f" {words.plural(below, 'more line')}", "ink3")]
            return self.line_strip(Line(told, list(self.keys)), self.size.width)
        return super().render_line(y)

    def on_resize(self) -> None:
        self.post_message(self.Resized())

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()
