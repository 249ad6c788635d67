"""Launch day in lines and rows: the word and who says it, its criteria, the timeline, who is at the desk, the log.
Nothing is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ..clock import ago, span
from ..findings import State
from ..launch.cards import scenarios_of
from ..launch.hours import HoursError, stretches
from ..launch.inventory import Inventory
from ..launch.people import People
from ..verdict import Standing
from ..watch.samples import Shot
from . import words
from .ink import GLYPHS, Cell, Span, Spans
from .store import Snapshot
from .widgets.gates import Gate
from .widgets.ledger import Row
from .widgets.lines import Line
from .widgets.masthead import LOOK_OF_WORD

if TYPE_CHECKING:
    from ..handover.day import Day, Stop

NOW_LINE = "now"
NO_DECIDER, NO_LADDER, NO_SECOND = "no-decider", "no-ladder", "no-second"
MARKS: dict[str, tuple[str, str]] = {
    "go": ("pass", "GO: "),
    "no-go": ("fail", "NO-GO: "),
    "message": ("info", "told users: "),
}


def moment(at: datetime, now: datetime) -> str:
    """A time of day; with the weekday where that is not today."""
    at = at.astimezone(UTC)
    return f"{at:%H:%M}" if at.date() == now.astimezone(UTC).date() else f"{at:%a %H:%M}"


def until(at: datetime, now: datetime) -> str:
    """`in 44 h`, `now`, `3 h ago`."""
    said = ago(at, now)
    return said if said == "now" or said.startswith("in ") else f"{said} ago"


def _initials(name: str) -> str:
    """Two letters for a column of people: LE for a launch engineer, Fo for a founder."""
    parts = [part for part in name.replace("-", " ").split() if part[:1].isalnum()]
    return "".join(part[0] for part in parts[:2]).upper() if len(parts) > 1 else name[:2].capitalize()


# The word and its criteria


def title_line(snap: Snapshot, day: Day, width: int) -> Line:
    """The checks' word and the day at the left; who decides, or has decided, at the right."""
    verdict, narrow = snap.verdict, width < 100
    look = LOOK_OF_WORD[verdict.word] if snap.seen_anything else "unknown"
    word = (
        ("GO, risks" if narrow and verdict.word == "GO WITH ACCEPTED RISKS" else verdict.word)
        if snap.seen_anything
        else "not checked"
    )
    left: Spans = [(word, f"{look} b"), (" demo" if verdict.demo else "", "ink3")]
    if day.launch_at is None:
        left.append(("   Launch day", "ink3"))
    elif width >= 72:
        at = day.launch_at.astimezone(UTC)
        date = f"{at:%a} {at.day} {at:%b}" if narrow else f"{at:%A} {at.day} {at:%B}"
        left.append((f"   {'Launch' if narrow else 'Launch day'}, {date}", "ink3"))
        if not narrow:
            left.append((f", {_doors(day)}", "ink3"))
    return Line(left, decision(snap, day), words.glyph(look))


def _doors(day: Day) -> str:
    """How long until the doors open, or since when they are."""
    assert day.until_launch is not None
    left = day.until_launch.total_seconds()
    return f"in {span(left)}" if left >= 90 else "now" if left > -90 else f"open for {span(-left)}"


def decision(snap: Snapshot, day: Day) -> Spans:
    """Who says go or no-go and when; once it is said, what and by whom."""
    said = day.said
    if said is not None:
        look = "pass" if said.answer == "go" else "fail"
        when = moment(said.on, day.at)
        return [
            (f"{GLYPHS[look]} {said.answer.upper()}", f"{look} b"),
            (" said by ", "ink3"),
            (snap.name(said.by), "ink"),
            (f", {when}", "ink3"),
        ]
    if not day.decider:
        return [("? ", "unknown"), ("no one is named to decide", "ink")]
    name: Span = (snap.name(day.decider), "ink")
    if day.go_no_go_at is None:
        return [name, (" decides", "ink3")]
    when = moment(day.go_no_go_at, day.at)
    if day.waits_for_word:
        return [name, (" decides now", "accent b"), (f", since {when}", "ink3")]
    return [name, (" decides at ", "ink3"), (when, "ink")]


def gates(snap: Snapshot, day: Day, inventory: Inventory) -> tuple[Gate, ...]:
    """What the decider looks at, the same criteria as the verdict's."""
    verdict = snap.verdict
    look, fact = ("fail", f"{verdict.blockers} left") if verdict.blockers else ("pass", "none left")
    if not verdict.blockers and verdict.unanswered:
        look, fact = "unknown", f"{verdict.unanswered} open"
    signed = ("accepted", f"{verdict.accepted} signed") if verdict.accepted else ("pass", "none")
    card = next((one for one in inventory.recovery if "release" in scenarios_of(one) and one.minutes), None)
    restored = [one.last_restore_test for one in inventory.backups]
    oldest = min((one for one in restored if one), default=None)
    tested = f"{oldest.day} {oldest:%b}" if oldest and all(restored) else "untested"
    called = len({rung.person for rung in day.ladder})
    on_call = words.plural(called, "person", "people") if called else "nobody"
    return (
        Gate("problems", "problems", "problems", "stops", look, fact, page="fixes"),
        Gate("risks", "known risks", "risks", "risks", *signed, page="fixes"),
        _gate(snap, "deploy.smoke", "smoke suite", "smoke", "smoke", ""),
        _gate(snap, "deploy.rollback", "rollback", "rollback", "back", f"{card.minutes} min" if card else ""),
        _gate(
            snap,
            "handover.contacts",
            "on call",
            "on call",
            "call",
            on_call,
        ),
        _gate(
            snap, "handover.backups", "backup", "backup", "data", tested, none="" if inventory.backups else "none named"
        ),
    )


def _gate(snap: Snapshot, check: str, name: str, short: str, least: str, fact: str, *, none: str = "") -> Gate:
    """`none` says that there is nothing to look at: then no age of a look stands there."""
    standing = snap.verdict.standings[check]
    look = snap.look(standing)
    if look == "checking":
        said = "checking"
    elif none:
        said = none
    elif look == "stale":
        said = "again"
    elif not standing.seen_at:
        said = "not yet"
    else:
        age = ago(standing.seen_at, snap.now)
        said = fact or (age if age == "now" else f"{age} ago")
    return Gate(check, name, short, least, look, said, check=check)


# The timeline


def stop_rows(snap: Snapshot, day: Day) -> list[Row]:
    """A row a checkpoint, and the line of now between what has come and what has not."""
    rows: list[Row] = []
    drawn = False
    for stop in day.stops:
        if stop.phase == "ahead" and not drawn:
            rows.append(_now(day))
            drawn = True
        rows.append(_stop(snap, stop))
    if not drawn and day.launch_at is not None:
        rows.append(_now(day))
    return rows


def _now(day: Day) -> Row:
    return Row(
        NOW_LINE, [(f"{day.at.astimezone(UTC):%a %H:%M} ", "accent b"), ("─", "accent")], apart=True, across=True
    )


def _stop(snap: Snapshot, stop: Stop) -> Row:
    look = _stop_look(stop)
    moment_at = stop.moment.at
    when = f"{moment_at.astimezone(UTC):%a %H:%M}" if moment_at else stop.moment.key
    title: Cell = (stop.moment.checkpoint.title, "ink b" if stop.phase == "now" else "ink")
    owner = stop.moment.checkpoint.owner
    who: Cell = _initials(snap.name(owner)) if owner else ("·", "rule")
    return Row(stop.moment.key, [when, title, tally(snap, stop.standings), who], words.glyph(look), look)


def _stop_look(stop: Stop) -> str:
    """Gone through, being gone through, passed by with nobody having said so; nothing yet for what is ahead."""
    if stop.done is not None:
        return "pass"
    return {"now": "checking", "past": "stale"}.get(stop.phase, "none")


COUNTED = (
    ("checking", ("checking",)),
    ("fail", ("fail",)),
    ("unknown", ("unknown", "stale", "new", "asks")),
    ("warn", ("warn",)),
)


def tally(snap: Snapshot, standings: Sequence[Standing]) -> Cell:
    """The heaviest state among the checks, and how many are in it."""
    if not standings:
        return ("·", "rule")
    looks = [snap.look(one) for one in standings]
    for name, of in COUNTED:
        count = sum(look in of for look in looks)
        if count:
            return [(GLYPHS[name], name), (f" {count:>2}", "ink2")]
    return [(GLYPHS["pass"], "pass"), (f" {len(looks):>2}", "ink3")]


def stop_head(day: Day, stop: Stop) -> Spans:
    """Beside a checkpoint's title: until when it is now, in how long it comes, when it was gone through."""
    if stop.done is not None:
        return [(f"done {moment(stop.done.at, day.at)}", "ink3")]
    following = next(
        (one.moment.at for one in day.stops if stop.moment.at and one.moment.at and one.moment.at > stop.moment.at),
        None,
    )
    if stop.phase == "now":
        return [("until ", "ink3"), (moment(following, day.at), "ink2")] if following else [("the last one", "ink3")]
    return [(until(stop.moment.at, day.at), "ink3")] if stop.moment.at else [(stop.moment.key, "ink3")]


ORDER = ("checking", "fail", "unknown", "stale", "new", "asks", "warn", "accepted", "later", "info", "pass", "na")


def check_rows(snap: Snapshot, stop: Stop) -> list[Row]:
    """A checkpoint's checks, what is open first."""
    rows = []
    for standing in sorted(stop.standings, key=lambda one: ORDER.index(snap.look(one))):
        look = snap.look(standing)
        rows.append(Row(standing.spec.id, [standing.spec.title, _told(snap, standing, look)], words.glyph(look), look))
    return rows


def _told(snap: Snapshot, standing: Standing, look: str) -> Cell:
    if standing.parked is not None:
        return f"{snap.name(standing.parked.waiting_for)}, {standing.parked.until:%H:%M}"
    count = words.open_count(standing)
    if look in ("fail", "warn", "unknown") and count:
        return f"{count} open"
    if look == "pass" and standing.seen_at:
        return ago(standing.seen_at, snap.now)
    return words.WORDS[look]


# Who is at the desk


def crew_rows(snap: Snapshot, day: Day, people: People) -> list[Row]:
    """Everybody with a part in the day, the ladder first: there now by their hours, what they do, how they are
    reached; and the gaps."""
    does: dict[str, list[str]] = {}
    if day.decider:
        does.setdefault(day.decider, []).append("decides")
    for rung in day.ladder:
        does.setdefault(rung.person, []).append(f"call {rung.order}")
    for duty in day.duties:
        does.setdefault(duty.person, []).append(duty.duty)
    ladder = [rung.person for rung in day.ladder]
    rows = [_member(snap, day, people, person, does.pop(person)) for person in dict.fromkeys(ladder)]
    rows += [_member(snap, day, people, person, parts) for person, parts in does.items()]
    gaps = (
        (NO_DECIDER, not day.decider, "decides"),
        (NO_LADDER, not ladder, "call 1"),
        (NO_SECOND, len(set(ladder)) == 1, "call 2"),
    )
    rows += [
        Row(key, [("no one yet", "ink"), "", part, part, ""], words.glyph("unknown"), "unknown")
        for key, on, part in gaps
        if on
    ]
    return rows


HERE = {"pass": "here", "later": "away", "fail": "left", "unknown": "?"}
"""Whether somebody is there now, in a word."""


def _member(snap: Snapshot, day: Day, people: People, person: str, parts: Iterable[str]) -> Row:
    known = people.find(person)
    look = _presence(people, person, day.at)
    reach = next(
        (rung.channel for rung in day.ladder if rung.person == person and rung.channel), known.contact if known else ""
    )
    said: Cell = ", ".join(parts)
    return Row(
        person, [snap.name(person), HERE[look], said, said, reach or ("missing", "ink3")], words.glyph(look), look
    )


def _presence(people: People, person: str, now: datetime) -> str:
    """Whether somebody is there now, by their own hours."""
    known = people.find(person)
    if known is None:
        return "unknown"
    if known.status == "left":
        return "fail"
    try:
        there = stretches(known.hours, known.time_zone, now, now + timedelta(minutes=1))
    except HoursError:
        return "unknown"
    return "pass" if there else "later"


# The log


def log_rows(day: Day, name: Callable[[str], str]) -> list[Row]:
    """What happened, the newest first; a head stands above each earlier day."""
    rows: list[Row] = []
    before = day.at.astimezone(UTC).date()
    for n, line in reversed(list(enumerate(day.log))):
        at = line.at.astimezone(UTC)
        if at.date() != before:
            before = at.date()
            rows.append(Row(f"{before}", [("", "ink3"), (f"{at:%A} {at.day} {at:%B}", "ink3")], apart=True))
        look, lead = MARKS.get(
            line.kind, ("pass", f"{line.checkpoint}: ") if line.kind == "checkpoint" else ("none", "")
        )
        said: Spans = [(lead, "ink b"), (line.text, "ink")]
        rows.append(
            Row(f"{n}", [f"{at:%H:%M}", said, _initials(name(line.by)) if line.by else ""], words.glyph(look), look)
        )
    return rows


# The watch


WATCHED = (
    ("down", "fail", "down"),
    ("slow", "warn", "slow"),
    ("degraded", "warn", "shaky"),
    ("unknown", "unknown", "not seen"),
)


def strip(shot: Shot | None, now: datetime, key: str) -> Line:
    """The product as it is now, in one line."""
    if shot is None or not shot.snapshot.rows:
        return Line(
            [("Watch  ", "ink3"), ("not watched yet", "ink2")],
            [(key, "ink b"), (" watch", "ink3")],
            ("?", "unknown"),
        )
    rows, parts = shot.snapshot.rows, []
    worst = "pass"
    for state, look, word in WATCHED:
        count = sum(one.standing == state for one in rows)
        if count:
            worst = look if worst == "pass" else worst
            parts += [(f"{count} {word}", "ink"), (", ", "ink3")]
    up = sum(one.standing == "up" for one in rows)
    parts += [(f"{up} up", "ink")]
    today = [one for one in shot.snapshot.incidents if one.open or one.since.astimezone(UTC).date() == now.date()]
    parts.append((f"   {words.plural(len(today), 'incident') if today else 'no incident'} today", "ink3"))
    if not shot.snapshot.alive:
        worst = "fail"
        parts = [("not watched now", "ink"), ("; last seen: ", "ink3"), *parts]
    return Line([("Watch  ", "ink3"), *parts], [(key, "ink b"), (" watch", "ink3")], words.glyph(worst))


def open_words(stop: Stop) -> str:
    """What is still open at a checkpoint, before somebody says that it was gone through."""
    fails, unknown = stop.counts.get(State.FAIL, 0), stop.counts.get(State.UNKNOWN, 0)
    parts = [f"{words.plural(fails, 'check')} with problems"] if fails else []
    parts += [f"{words.plural(unknown, 'check')} without a result"] if unknown else []
    return " and ".join(parts)
