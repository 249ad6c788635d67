"""Names under a domain as the public certificate logs know them: crt.sh and Cert Spotter, slow and often busy, so
their answers are kept.

Sources, as known in November 2026: https://crt.sh (no published limit; 10,000 rows at most),
https://sslmate.com/help/reference/ct_search_api_v1 (pages by `after`, small quota without an account).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec

from ..clock import Clock
from ..failure import Failure
from ..launch.records import KEPT_LOGS
from ..text import json_of
from .memory import Observer
from .sights import Reply
from .web import Web

Log = Literal["crt.sh", "certspotter"]
PATIENCE_S = 45.0
FRESH = timedelta(hours=6)
"""So long a kept answer stands for a new one: certificates come by the week."""
KEPT = timedelta(days=30)
"""So long it stands in where the log does not answer."""
PAGES = 8
NAMES = 500
_CAP = 4 * 1024 * 1024
_ROWS = 10_000


class LogNames(msgspec.Struct, frozen=True, kw_only=True):
    """What one log knows. Names are raw, lower case, wildcards among them; `at` is when the log was asked."""

    log: Log
    domain: str
    names: tuple[str, ...]
    at: datetime
    complete: bool = True
    """False where the log has more than it hands out."""
    failure: Failure | None = None
    """Why the log was not heard just now, so that a kept answer stands here."""
    via: str = ""


class Logs(Observer):
    """Asks the certificate logs. Ends within 45 s a page; kept answers lie in the launch's own folder, where there is
    one."""

    def __init__(self, web: Web, clock: Clock, folder: Path | None = None) -> None:
        self._web = web
        self._clock = clock
        self._file = folder / KEPT_LOGS if folder is not None and (folder / KEPT_LOGS).parent.is_dir() else None
        super().__init__()

    async def names(self, log: Log, domain: str) -> LogNames | Failure:
        """What the log knows of the domain; a failure where it does not answer and nothing is kept."""
        return await self._memory.once((log, domain), lambda: self._names(log, domain))

    async def _names(self, log: Log, domain: str) -> LogNames | Failure:
        kept = await asyncio.to_thread(self._kept, log, domain)
        age = self._clock.now() - kept.at if kept else KEPT
        if kept and timedelta(0) <= age < FRESH:
            return kept
        seen = await (self._crtsh(domain) if log == "crt.sh" else self._certspotter(domain))
        if isinstance(seen, LogNames):
            await asyncio.to_thread(self._keep, seen)
            return seen
        if kept and timedelta(0) <= age < KEPT:
            return msgspec.structs.replace(kept, failure=seen)
        return seen

    async def _crtsh(self, domain: str) -> LogNames | Failure:
        reply = await self._web.get(
            f"https://crt.sh/?q=%25.{domain}&output=json&exclude=expired", cap=_CAP, deadline_s=PATIENCE_S
        )
        rows = _rows(reply)
        if isinstance(rows, Failure):
            return rows
        assert isinstance(reply, Reply)
        names = (name for row in rows for name in str(row.get("name_value", "")).split("\n"))
        return self._sight("crt.sh", domain, names, reply, complete=len(rows) < _ROWS)

    async def _certspotter(self, domain: str) -> LogNames | Failure:
        base = f"https://api.certspotter.com/v1/issuances?domain={domain}&include_subdomains=true&expand=dns_names"
        names: list[str] = []
        after, first = "", None
        for _ in range(PAGES):
            reply = await self._web.get(base + (f"&after={after}" if after else ""), cap=_CAP, deadline_s=PATIENCE_S)
            rows = _rows(reply)
            if isinstance(rows, Failure):
                if first is None:
                    return rows
                return self._sight("certspotter", domain, names, first, complete=False)  # the quota ended on the way
            assert isinstance(reply, Reply)
            first = first or reply
            names += [str(name) for row in rows for name in _list(row.get("dns_names")) if isinstance(name, str)]
            last = str(rows[-1].get("id", "")) if rows else ""
            if not last.isalnum() or last == after:
                return self._sight("certspotter", domain, names, first, complete=True)
            after = last
        assert first is not None
        return self._sight("certspotter", domain, names, first, complete=False)

    def _sight(self, log: Log, domain: str, names: Any, reply: Reply, *, complete: bool) -> LogNames:
        plain = sorted({str(name).strip().rstrip(".").lower() for name in names} - {""})
        return LogNames(
            log=log,
            domain=domain,
            names=tuple(plain[:NAMES]),
            at=reply.at,
            complete=complete and len(plain) <= NAMES,
            via=reply.via,
        )

    def _kept(self, log: Log, domain: str) -> LogNames | None:
        """The answer of an earlier run. A file that cannot be read is none."""
        if self._file is None:
            return None
        try:
            table = json.loads(self._file.read_bytes())
            return msgspec.convert(table[f"{log} {domain}"], LogNames)
        except (OSError, ValueError, KeyError, TypeError, RecursionError, msgspec.ValidationError):
            return None

    def _keep(self, seen: LogNames) -> None:
        """For the next runs; not being able to costs only time."""
        from ..launch.atomic import CannotWrite, write_atomically

        if self._file is None or seen.via:
            return
        try:
            table = json.loads(self._file.read_bytes())
        except (OSError, ValueError, RecursionError):
            table = {}
        if not isinstance(table, dict):
            table = {}
        table[f"{seen.log} {seen.domain}"] = msgspec.to_builtins(seen)
        try:
            write_atomically(self._file, json.dumps(table, indent=1, default=str), mode=0o600)
        except (OSError, CannotWrite):
            return


def _rows(reply: Reply | Failure) -> list[dict[str, Any]] | Failure:
    if isinstance(reply, Failure):
        return reply
    if reply.status == 429:
        later = reply.header("retry-after")
        return Failure(
            kind="rate-limited", detail=f"status 429, again in {later} s" if later else "status 429", target=reply.url
        )
    if reply.status != 200 or reply.truncated:
        return Failure(
            kind="unavailable",
            detail=f"status {reply.status}" if not reply.truncated else "too many names",
            target=reply.url,
        )
    rows = json_of(reply.body)
    if not isinstance(rows, list):
        return Failure(kind="unavailable", detail="no list", target=reply.url)
    return list(_dicts(rows))


def _dicts(rows: list[Any]) -> Iterator[dict[str, Any]]:
    yield from (row for row in rows if isinstance(row, dict))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
