"""Is it still as it was handed over? A bundle's data held against what is seen now, item by item.

Three answers everywhere: as handed over, changed, could not be checked. What was not known then is no change when it
is known now.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from .. import text
from ..clock import parse_moment
from ..facts import Timing
from ..wording import plural
from . import data, pack
from .bundle import documents_of
from .model import Problem
from .profile import NAMES_SOMEONE, Profile
from .record import Record
from .snapshot import Snapshot
from .timing import NO_DIFFERENCE, change, ms
from .verify import LIMIT, problems_in, read
from .zones import seen

if TYPE_CHECKING:
    from ..workspace import Workspace

Answer = Literal["same", "changed", "unseen"]


class NotComparable(Exception):  # noqa: N818 - read aloud it is a sentence
    """This is no handover folder, or one of another launch; the sentence says which."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A handover folder as it was read: its data, which one it is, and what is wrong with its bytes."""

    name: str
    data: dict[str, Any]
    sums: str
    problems: tuple[Problem, ...]
    sealed: bool
    """False for the data alone, which has no fingerprints to test."""

    @property
    def made_at(self) -> datetime:
        """Raises ValueError or KeyError where the data holds no such moment."""
        return parse_moment(str(self.data["made_at"]))


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was handed over, and how it is now."""

    area: str
    what: str
    answer: Answer
    then: str = ""
    now: str = ""
    note: str = ""

    @property
    def sentence(self) -> str:
        """`DNS of example.com: MX was …, is …`."""
        if self.answer == "changed":
            moved = f"was {self.then or 'not there'}, now {self.now or 'not there'}"
            return f"{self.what}: {self.note or moved}"
        return f"{self.what}: {self.note}" if self.note else self.what


@dataclass(frozen=True, slots=True)
class Drift:
    """The whole comparison."""

    handed: Handed
    at: datetime
    items: tuple[Item, ...]
    label_then: str
    label_now: str

    def of(self, answer: Answer) -> tuple[Item, ...]:
        """Items with this answer, in the order of the comparison."""
        return tuple(one for one in self.items if one.answer == answer)

    @property
    def moved(self) -> bool:
        """Something changed, or the folder itself is no longer what was exported."""
        return bool(self.of("changed")) or bool(self.handed.problems)

    @property
    def headline(self) -> str:
        """`3 things changed since 24 November 2026`."""
        from .words import day

        since = f"since {day(self.handed.made_at.date())}"
        if self.handed.problems:
            return (
                "The handover folder itself has been changed since the export "
                f"({plural(len(self.handed.problems), 'problem')})"
            )
        count = len(self.of("changed"))
        return (
            f"{count} {'thing' if count == 1 else 'things'} changed {since}" if count else f"No visible changes {since}"
        )


def load(path: Path) -> Handed:
    """A folder, a zip, or the file launchready.json alone. Raises NotComparable."""
    if path.is_file() and path.suffix == ".json":
        if path.stat().st_size > LIMIT:
            raise NotComparable(f"{path.name} is larger than any handover folder's data")
        raw = path.read_bytes()
        return Handed(path.name, _decode(raw, path.name), sha256(raw).hexdigest(), (), sealed=False)
    files, problems = read(path)
    if files is None or "data/launchready.json" not in files:
        why = f": {problems[0].text}" if problems else ": data/launchready.json is missing"
        raise NotComparable(f"{path} is not a handover folder{why}")
    found = _decode(files["data/launchready.json"], path.name)
    sums = sha256(files.get(pack.SUMS, b"")).hexdigest()
    return Handed(path.name, found, sums, tuple(sorted({*problems, *problems_in(files)}, key=str)), sealed=True)


def _decode(raw: bytes, name: str) -> dict[str, Any]:
    try:
        found = json.loads(raw)
        if not isinstance(found, dict) or found["kind"] != "launchready-handover":
            raise NotComparable(f"{name} is not a LaunchReady handover folder")
        if found["schema"] > 1:
            raise NotComparable(f"{name} was made by a newer LaunchReady. Update LaunchReady first")
        parse_moment(str(found["made_at"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NotComparable(f"{name} contains no data that this version of LaunchReady can read") from None
    return found


def of_this_launch(source: Workspace, handed: Handed) -> None:
    """Raises NotComparable where the folder was made for another launch: told before anything is looked at."""
    launch = handed.data.get("launch")
    theirs = launch.get("domain", "") if isinstance(launch, dict) else ""
    if theirs != text.clean(source.launch.domain):
        whose = text.clean(str(theirs)) or "another launch"
        raise NotComparable(f"{handed.name} was made for {whose}, but this launch is {source.launch.domain}")
    if bool(handed.data.get("demo")) != source.demo:
        whose = "comes from the demo" if handed.data.get("demo") else "does not come from the demo"
        raise NotComparable(f"{handed.name} {whose}: it cannot be compared with this launch")


def compare(source: Workspace, handed: Handed, *, now: datetime, records: tuple[Record, ...] = ()) -> Drift:
    """Holds the folder against the newest results; run the checks first. Raises NotComparable for another launch."""
    of_this_launch(source, handed)
    profile: Profile = "team" if handed.data.get("profile") == "team" else "founder"
    shot = Snapshot.of(source, now, profile=profile, records=records)
    current = json.loads(data.encode(data.bundle(shot, documents_of(shot))))
    items = (
        *_rows("Domains", handed.data, current, "domains", "domain", _DOMAIN),
        *_rows("Addresses", handed.data, current, "hosts", "host", _HOST),
        *_records(handed.data, shot.records or seen(shot)),
        *_checks(handed.data, current),
        *_speed(handed.data, current),
        *_inventory(handed.data, current),
    )
    return Drift(handed, now, items, str(handed.data.get("label", "")), str(current["label"]))


_DOMAIN = {
    "registrar": "registrar",
    "expires": "registered until",
    "lock": "locked",
    "dns_provider": "DNS",
    "nameservers": "name servers",
}
_HOST = {
    "provider": "provider",
    "address": "address",
    "tls_until": "certificate until",
    "tls_issuer": "certificate issuer",
    "leads_to": "redirects to",
}
_LATER_IS_FINE = ("expires", "tls_until")


def _rows(
    area: str, then: dict[str, Any], now: dict[str, Any], field: str, key: str, columns: dict[str, str]
) -> Iterator[Item]:
    after = {str(row[key]): row for row in now[field]}
    before = {str(row.get(key)): row for row in _list(then, field)}
    for name, old in before.items():
        new = after.get(name)
        if new is None:
            yield Item(area, name, "changed", "there", "", "is no longer in the launch file")
            continue
        for column, words in columns.items():
            was, is_now = str(old.get(column) or ""), str(new.get(column) or "")
            if column == "provider" and old.get("provider_by") == "seen" != new.get("provider_by"):
                is_now = ""  # what the inventory says is no sight
            if was:
                yield _value(area, f"{name}, {words}", was, is_now, column in _LATER_IS_FINE)
    for name in after.keys() - before.keys():
        yield Item(area, name, "changed", "", "there", "is new")


def _value(area: str, what: str, was: str, is_now: str, later_is_fine: bool) -> Item:
    if not is_now:
        return Item(area, what, "unseen", was, "", "could not be checked now")
    if _set(was) == _set(is_now):
        return Item(area, what, "same", was, is_now)
    if later_is_fine and _is_later(was, is_now):
        return Item(area, what, "same", was, is_now, f"renewed until {is_now}")
    return Item(area, what, "changed", was, is_now)


def _set(words: str) -> frozenset[str]:
    """Lists are compared as sets: name servers and addresses come in any order."""
    return frozenset(part.strip().casefold().rstrip(".") for part in words.split(","))


def _is_later(was: str, is_now: str) -> bool:
    from datetime import datetime as moment

    try:
        return moment.strptime(is_now, "%d %B %Y") > moment.strptime(was, "%d %B %Y")
    except ValueError:
        return False


def _records(then: dict[str, Any], now: Iterable[Record]) -> Iterator[Item]:
    """Per name and type, since a record set is changed as a whole. The SOA's serial moves by itself."""
    before = _sets(_list(then, "records"))
    after = _sets([{"name": one.name, "type": one.type, "data": one.data} for one in now])
    if not before:
        return
    for (name, kind), values in sorted(before.items()):
        what, were = f"{name} {kind}", "; ".join(sorted(values))
        found = after.get((name, kind))
        if found == values:
            yield Item("DNS records", what, "same", were, were)
        elif found is None:
            yield Item("DNS records", what, "unseen", were, "", "was not queried or did not answer")
        elif not found:
            yield Item("DNS records", what, "changed", were, "", "was removed")
        else:
            yield Item("DNS records", what, "changed", were, "; ".join(sorted(found)))
    # Where not all was asked for then, what is seen now may have been there.
    for (name, kind), values in sorted(after.items()) if then.get("records_asked") else ():
        if values and (name, kind) not in before:
            yield Item(
                "DNS records",
                f"{name} {kind}",
                "changed",
                "",
                "; ".join(sorted(values)),
                f"is new: {'; '.join(sorted(values))}",
            )


def _sets(rows: Iterable[dict[str, Any]]) -> dict[tuple[str, str], frozenset[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        if row.get("type") == "SOA":
            continue
        values = found.setdefault((str(row.get("name")), str(row.get("type"))), set())
        if row.get("data"):
            values.add(str(row["data"]))
    return {key: frozenset(values) for key, values in found.items()}


_OPEN = ("fail", "warn")


def _checks(then: dict[str, Any], now: dict[str, Any]) -> Iterator[Item]:
    """What each check finds now that it did not find then, and the other way round."""
    before = {str(row.get("check")): row for row in _list(then, "checks")}
    old, new = _findings(_list(then, "findings")), _findings(now["findings"])
    for row in now["checks"]:
        name, title = row["check"], row["title"]
        was = before.get(name)
        if was is None or was.get("state") in ("unknown", None) or name == "handover.reproducible":
            continue
        if row["state"] == "unknown":
            note = "check again" if row["stale"] else "could not be checked now"
            yield Item("Checks", title, "unseen", str(was.get("state")), "unknown", note)
            continue
        appeared = [one for key, one in new.get(name, {}).items() if key not in old.get(name, {})]
        gone = [one for key, one in old.get(name, {}).items() if key not in new.get(name, {})]
        if not appeared and not gone:
            yield Item("Checks", title, "same", str(was.get("state")), row["state"])
        for one in appeared:
            yield Item("Checks", title, "changed", "", one["state"], f"new problem: {one['summary']}")
        for one in gone:
            yield Item("Checks", title, "changed", str(one.get("state")), "", f"no longer found: {one.get('summary')}")


def _findings(rows: Iterable[dict[str, Any]]) -> dict[str, dict[tuple[str, str], dict[str, Any]]]:
    """Open and accepted problems by check, then by rule and subject: an accepted one that is still there is no
    change."""
    found: dict[str, dict[tuple[str, str], dict[str, Any]]] = {}
    for row in rows:
        if row.get("state") in (*_OPEN, "accepted", "later"):
            found.setdefault(str(row.get("check")), {})[str(row.get("rule")), str(row.get("subject"))] = row
    return found


def _speed(then: dict[str, Any], now: dict[str, Any]) -> Iterator[Item]:
    before, after = _timings(_list(then, "findings")), _timings(now["findings"])
    for route, old in before.items():
        new = after.get(route)
        was = ms(old.p95)
        what = f"{route}, p95"
        if new is None:
            yield Item("Speed", what, "unseen", was, "", "was not measured this time")
            continue
        said = change(old, new)
        moved = said not in (NO_DIFFERENCE, "too few requests to say")
        yield Item(
            "Speed",
            what,
            "changed" if moved else "same",
            was,
            ms(new.p95),
            f"{said}: {was} then, {ms(new.p95)} now",
        )


def _timings(rows: Iterable[dict[str, Any]]) -> dict[str, Timing]:
    """The measured routes of a folder's data; none where it was written before facts stood in it."""
    made = {}
    for row in rows:
        for raw in row.get("facts", ()) if row.get("check") == "audit.latency" else ():
            try:
                made[str(row.get("subject"))] = msgspec.convert(raw, Timing)
            except msgspec.ValidationError:
                continue  # a kind of fact that is no timing, or one of another version
    return made


_TABLES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("systems", "System", ("id",)),
    ("access", "Access", ("system", "person")),
    ("backups", "Backup", ("store", "where")),
    ("recovery", "Recovery card", ("id",)),
    ("contacts", "Contact", ("order", "person")),
)
_MOVES = frozenset({"reviewed", "last_restore_test", "rehearsed", "rehearsed_by", "minutes", "note", "renewal"})
"""What is meant to move from month to month."""


def _inventory(then: dict[str, Any], now: dict[str, Any]) -> Iterator[Item]:
    """Written down then and now; days of reviews, restores and rehearsals are meant to move."""
    there = then.get("inventory")
    if not isinstance(there, dict):
        return
    for table, title, keys in _TABLES:
        old = {_key(row, keys): row for row in _list(there, table)}
        new = {_key(row, keys): row for row in now["inventory"][table]}
        for key, row in old.items():
            what = f"{title} {' '.join(key)}"
            if key not in new:
                yield Item("Inventory", what, "changed", "there", "", "was removed")
                continue
            # A key that is not there and one that says nothing are the same.
            moved = sorted(
                name
                for name in {*row, *new[key]} - _MOVES
                if (row.get(name) or "") != (new[key].get(name) or "")
                and NAMES_SOMEONE not in (row.get(name), new[key].get(name))
            )
            told = "; ".join(f"{name} was {_told(row, name)}, now {_told(new[key], name)}" for name in moved)
            yield Item("Inventory", what, "changed" if moved else "same", note=told)
        for key in new.keys() - old.keys():
            yield Item("Inventory", f"{title} {' '.join(key)}", "changed", "", "there", "is new")


def _told(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    return text.shorten(text.clean(str(value)), 80) if value not in (None, "", []) else "empty"


def _key(row: dict[str, Any], keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(row.get(key, "")) for key in keys)


def _list(where: dict[str, Any], field: str) -> list[dict[str, Any]]:
    rows = where.get(field)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
