"""A hosted monitor in use, as evidence: its address, what it says itself of its last check, and who looks after it.

What some answer with at a public address, as their documentation has it (as known 2026-11): Gatus
/api/v1/endpoints/statuses, Uptime Kuma /api/status-page/heartbeat/NAME, Atlassian Statuspage /api/v2/status.json,
Healthchecks badges as JSON. Any other page is shown as a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from ....clock import ago, stamp
from ....failure import Failure
from ....findings import Evidence, Finding
from ....hostnames import host_of
from ....text import clean, json_of, shorten
from ....world.sights import Reply
from ...base import Say
from ...seen import ABSENT

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

LATE = timedelta(minutes=15)
_TITLE = re.compile(r"(?is)<title[^>]*>(.{1,200}?)</title>")


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a monitor says: names that are down, how many it watches (0: it does not say), and when it looked last."""

    down: tuple[str, ...] = ()
    watched: int = 0
    last: datetime | None = None


async def look(launch: Launch, world: World) -> Reply | Failure | None:
    """What the monitor that the launch file names answers; None where it names none."""
    url = launch.watch.monitor
    return await world.web.get(url) if url else None


def judged(say: Say, launch: Launch, found: Reply | Failure, now: datetime, *, alone: bool) -> Iterator[Finding]:
    """What the named monitor's answer says. `alone`: nothing else watches the product now."""
    url, owner = launch.watch.monitor, launch.watch.monitor_owner
    subject = host_of(url) or url
    say = say.naming(owner)
    seen = [
        Evidence.of("monitor", url, source="launchready.toml"),
        *([Evidence.of("who looks after it", owner)] if owner else []),
    ]
    if isinstance(found, Failure) and found.kind in ABSENT:
        seen.append(Evidence.of("answer", str(found), source=url))
        yield say.fail("monitor-gone", subject, "alone" if alone else "fail", evidence=seen)
        return
    if isinstance(found, Failure) or found.status >= 400:
        words = str(found) if isinstance(found, Failure) else f"status {found.status}"
        seen.append(Evidence.of("answer", words, source=url))
        yield say.info("monitor-closed", subject, evidence=seen)
        return
    said = said_by(found.body)
    if said is None:
        title = _TITLE.search(found.body.decode("utf-8", "replace"))
        if title:
            seen.append(Evidence.of("page", shorten(clean(title[1]), 100), source=url, at=found.at))
        yield say.info("monitor-page", subject, evidence=seen)
        return
    last = f", last check {stamp(said.last)}" if said.last else ""
    seen.append(Evidence.of("it says", f"{said.watched or 'some'} watched{last}", source=url, at=found.at))
    if said.down:
        seen.append(Evidence.of("down", "\n".join(said.down[:10]), source=url, at=found.at))
        yield say.fail("monitor-down", subject, evidence=seen)
    elif said.last is not None and now - said.last > LATE:
        yield say.warn("monitor-late", subject, ago=ago(said.last, now), evidence=seen)
    elif said.last is None or not owner:
        yield say.info("monitor-page", subject, "up" if owner else "no-owner", evidence=seen)
    else:
        yield say.passed("monitor-up", subject, evidence=seen)


def said_by(body: bytes) -> Said | None:
    """What a body says, where it is of a known form."""
    found = json_of(body)
    if isinstance(found, list):
        return _gatus(found)
    if not isinstance(found, dict):
        return None
    beats = found.get("heartbeatList")
    if isinstance(beats, dict):
        return _kuma(beats)
    status = found.get("status")
    if isinstance(status, dict) and isinstance(status.get("indicator"), str):
        page = found.get("page")
        down = () if status["indicator"] == "none" else (clean(str(status.get("description", "")))[:100],)
        return Said(down=down, last=_time(page.get("updated_at") if isinstance(page, dict) else None))
    if status in ("up", "late", "down") and "total" in found:
        down = ("one of its checks",) if status == "down" else ()
        return Said(down=down, watched=found["total"] if isinstance(found["total"], int) else 0)
    return None


def _gatus(rows: list[Any]) -> Said | None:
    newest = [
        (row, row["results"][-1])
        for row in _dicts(rows)
        if isinstance(row.get("results"), list) and _dicts(row["results"][-1:])
    ]
    if not newest:
        return None
    names = [clean(str(row.get("name", "?")))[:60] for row, result in newest if result.get("success") is False]
    return Said(down=tuple(names), watched=len(newest), last=_latest(result.get("timestamp") for _, result in newest))


def _kuma(beats: dict[str, Any]) -> Said | None:
    newest = [(name, rows[-1]) for name, rows in beats.items() if isinstance(rows, list) and _dicts(rows[-1:])]
    if not newest:
        return None
    down = [f"monitor {clean(name)[:20]}" for name, row in newest if row.get("status") == 0]
    return Said(down=tuple(down), watched=len(newest), last=_latest(row.get("time") for _, row in newest))


def _dicts(rows: Iterable[Any]) -> list[dict[str, Any]]:
    return [row for row in rows if isinstance(row, dict)]


def _latest(values: Iterable[object]) -> datetime | None:
    return max((moment for value in values if (moment := _time(value))), default=None)


def _time(value: object) -> datetime | None:
    """ISO 8601; without a zone it is UTC, and nanoseconds are cut to what Python reads."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value.strip()))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
