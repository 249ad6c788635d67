"""Globalping's public probes as a second opinion: is it down from there too? Its API v1, as known 2026-11
(globalping.io/docs/api).

One test is one probe's answer; without a token 250 an hour are free. What is measured can be read by whoever has its
number, so nothing is sent but the host and path of what is public anyway. The service is asked only where the launch
is announced and names it in
`[settings] services`.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from ..failure import Failure
from ..launch.model import Launch, Region
from ..probe.exchange import Timed
from ..text import clean, json_of, shorten
from ..wire import Wire
from .asking import ask
from .conditions import unmet
from .exporter import blind
from .regions import Budget
from .samples.model import Phases, Target

if TYPE_CHECKING:
    from ..vault import Secret
    from .prober import Answer

BASE = "https://api.globalping.io"
ANONYMOUS, WITH_TOKEN = 200, 400
"""Tests an hour that we allow ourselves: less than the service does (250 and 500), since the address may be shared."""
FOR_OUTAGES = 0.25
"""The share of them that is kept for a second opinion when something is down."""
POLL_S = 0.5
MOST_WAIT_S = 30.0
KEEP = 512 * 1024
_METHODS = ("GET", "HEAD", "OPTIONS")


class Globalping:
    """Asks one target from the probes of one place."""

    def __init__(
        self,
        launch: Launch,
        region: Region,
        target: Target,
        wire: Wire,
        credential: Callable[[str, str], Secret | None],
        budget: Budget,
    ) -> None:
        self.region = region
        self.target = target
        self._launch = launch
        self._wire = wire
        self._credential = credential
        self._budget = budget

    async def probe(self, due: float, *, fresh: bool = False) -> Answer:
        """One measurement by several probes. `fresh`: it is urgent, and may use what is kept back."""
        if not self._launch.announced or "globalping" not in self._launch.settings.services:
            return blind(
                due, 'not asked: the launch is not announced, or "globalping" is not among [settings] services'
            )
        if not self._budget.take(self.region.probes, time.monotonic(), keep_back=0.0 if fresh else FOR_OUTAGES):
            return blind(due, "this hour's Globalping tests are used up")
        made = await self._post()
        if isinstance(made, Failure):
            return blind(due, f"Globalping: {made}")
        found = await self._wait(made)
        if isinstance(found, Failure):
            return blind(due, f"Globalping: {found}")
        return answer_of(self.target, found, due)

    def close(self) -> None:
        """Nothing is kept open."""

    @property
    def _base(self) -> str:
        return (self.region.url or BASE).rstrip("/")

    async def _headers(self) -> tuple[tuple[str, str], ...] | Failure:
        if not self.region.credential:
            return ()
        host = urlsplit(self._base).hostname or ""
        found = await asyncio.to_thread(self._credential, self.region.credential, host)
        if found is None:
            return Failure(
                kind="no-permission",
                detail=f"no credential {self.region.credential!r} is stored for {host}",
                target=host,
            )
        return (("Authorization", f"Bearer {found.reveal().strip()}"),)

    async def _post(self) -> str | Failure:
        """Asks for a measurement; its number."""
        headers = await self._headers()
        if isinstance(headers, Failure):
            return headers
        body = msgspec.json.encode(question(self.region, self.target))
        said = await ask(
            self._wire,
            f"{self._base}/v1/measurements",
            "POST",
            body,
            (("Content-Type", "application/json"), *headers),
            agent="second opinion",
            keep=16 * 1024,
            secret=bool(headers),
        )
        if isinstance(said, Failure):
            return said
        if said.status == 429:
            self._budget.close(time.monotonic() + _wait_of(said))
            return Failure(kind="refused", detail="no tests left this hour", target="api.globalping.io")
        found = _json(said)
        number = found.get("id") if found else None
        if said.status not in (200, 202) or not isinstance(number, str) or not number.isalnum():
            error = found.get("error") if found else None
            why = error.get("message") if isinstance(error, dict) else ""
            detail = f"status {said.status} {shorten(clean(str(why or '')), 100)}".strip()
            return Failure(kind="protocol", detail=detail, target="api.globalping.io")
        return number

    async def _wait(self, number: str) -> list[dict[str, Any]] | Failure:
        """The results, once all probes are through or half a minute has gone."""
        until = time.monotonic() + MOST_WAIT_S
        while True:
            await asyncio.sleep(POLL_S)
            said = await ask(
                self._wire, f"{self._base}/v1/measurements/{number}", agent="second opinion", keep=KEEP, secret=False
            )
            if isinstance(said, Failure):
                return said
            found = _json(said)
            if said.status != 200 or found is None:
                return Failure(kind="protocol", detail=f"status {said.status}", target="api.globalping.io")
            if found.get("status") != "in-progress" or time.monotonic() >= until:
                results = found.get("results")
                return [one for one in results if isinstance(one, dict)] if isinstance(results, list) else []


def question(region: Region, target: Target) -> dict[str, Any]:
    """What is sent: host, path, and where to ask from. Nothing else leaves."""
    parts = urlsplit(target.url)
    request: dict[str, Any] = {
        "path": parts.path or "/",
        "method": target.method if target.method in _METHODS else "GET",
    }
    if parts.query:
        request["query"] = parts.query
    options: dict[str, Any] = {
        "protocol": "HTTPS" if parts.scheme == "https" else "HTTP",
        "port": target.port,
        "request": request,
    }
    return {
        "type": "http",
        "target": target.host,
        "locations": [{"magic": region.place, "limit": region.probes}],
        "measurementOptions": options,
    }


def answer_of(target: Target, results: list[dict[str, Any]], due: float) -> Answer:
    """What most probes say; those that are offline have no say. Times are the median of those that had an answer."""
    from .prober import Answer

    judged = [
        (one, why)
        for row in results
        if (one := row.get("result")) and isinstance(one, dict) and (why := _why(target, one)) is not None
    ]
    if not judged:
        return blind(due, "no probe is available there")
    bad = [why for _, why in judged if why]
    good = [one for one, why in judged if not why]
    down = len(bad) * 2 > len(judged)
    timed = [one["timings"] for one in good if isinstance(one.get("timings"), dict)]
    shown = bad[0] if bad else ""
    ended = time.perf_counter()
    kind, _, words = shown.partition(": ")
    return Answer(
        total=_median(timed, "total") or 0.0,
        ended=ended,
        cold=True,
        phases=Phases(
            dns=_median(timed, "dns"),
            connect=_median(timed, "tcp"),
            tls=_median(timed, "tls"),
            first_byte=_median(timed, "firstByte"),
            transfer=_median(timed, "download"),
        ),
        status=next((code for one in (good or [row for row, _ in judged]) if (code := _status(one))), 0),
        cause=kind if down else "",  # type: ignore[arg-type]  # one of `_why`
        kind=kind if down else "",
        detail=f"down from {len(bad)} of {len(judged)} probes: {words}"
        if down
        else f"up from {len(good)} of {len(judged)} probes",
    )


def _why(target: Target, result: dict[str, Any]) -> str | None:
    """`CAUSE: words` of a probe that failed, empty for one that succeeded, None for one that has no say."""
    match result.get("status"):
        case "finished":
            tls = result.get("tls")
            if isinstance(tls, dict) and tls.get("authorized") is False:
                return f"tls: {shorten(clean(str(tls.get('error') or 'the certificate is not trusted')), 80)}"
            judged = msgspec.structs.replace(target, conditions=_statuses(target))
            kind, seen = unmet(judged, _status(result), {}, b"")
            return f"status: {seen}" if kind else ""
        case "failed":
            said = shorten(clean(str(result.get("rawOutput") or "no answer")), 80)
            return f"{'dns' if 'ENOTFOUND' in said or 'DNS' in said else 'connect'}: {said}"
    return None


def _statuses(target: Target) -> tuple[Any, ...]:
    """Only what a status shows: bodies come cut, and are not read."""
    return tuple(one for one in target.conditions if one.kind == "status")


def _status(result: dict[str, Any]) -> int:
    """Its HTTP status; 0 for none, and for what can be none."""
    code = result.get("statusCode")
    return code if isinstance(code, int) and 100 <= code < 600 else 0


def _median(timed: list[dict[str, Any]], name: str) -> float | None:
    """In ms; a time that is longer than any measurement there is none."""
    values = [float(one[name]) for one in timed if isinstance(one.get(name), int | float)]
    believed = [value for value in values if 0 <= value < MOST_WAIT_S * 1000]
    return statistics.median(believed) if believed else None


def _json(said: Timed) -> dict[str, Any] | None:
    found = json_of(said.body)
    return found if isinstance(found, dict) else None


def _wait_of(said: Timed) -> float:
    """Seconds that the service asks us to wait, at most an hour."""
    headers = {name.lower(): value.strip() for name, value in said.headers}
    value = headers.get("retry-after") or headers.get("x-ratelimit-reset") or ""
    return min(3600.0, float(value)) if value.isdecimal() else 600.0
