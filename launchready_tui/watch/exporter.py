"""A blackbox_exporter in a region as our prober there: one request to its `/probe`, its metrics read as a probe of
ours.

Metrics as in the exporter's README and what 0.23 answers (as known 2026-11): the answer is 200 whether the probe
succeeded or not; phases are `resolve`, `connect`, `tls`, `processing`, `transfer`; a refused connection has all phases
0 and no reason, so the log is asked for.
"""

from __future__ import annotations

import asyncio
import base64
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from ..failure import Failure
from ..launch.model import Region
from ..probe.exchange import Timed
from ..text import clean, shorten
from ..wire import Wire
from .asking import ask
from .conditions import unmet
from .export.blackbox import TOTAL_S, module_of
from .samples.model import Cause, Phases, Target

if TYPE_CHECKING:
    from ..vault import Secret
    from .prober import Answer

KEEP = 64 * 1024
_LINE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{([^}]*)\})?\s+([-+0-9.eE]+|NaN|[-+]?Inf)\s*$")
_MOST = 1e11
"""Seconds: the year 5138. No moment and no duration is beyond it, and the store has room for what is below."""
_PHASE = re.compile(r'phase="(\w+)"')
_SAID = re.compile(r'\b(?:err|msg)="((?:[^"\\]|\\.)*)"')
_WRONG = re.compile(r"(?i)\blevel=error\b")
_REASONS: tuple[tuple[str, Cause, str, str], ...] = (
    (r"(?i)resolving|no such host|lookup ", "dns", "no-such-name", "its name does not resolve there"),
    (r"(?i)connection refused", "connect", "refused", "the connection was refused there"),
    (r"(?i)x509|certificate", "tls", "certificate", "the certificate is not trusted there"),
    (r"(?i)tls: |handshake", "tls", "tls", "no secure connection there"),
    (r"(?i)no route|unreachable", "connect", "unreachable", "no route to it from there"),
    (r"(?i)timeout|deadline exceeded", "answer", "timeout", "no complete response in time there"),
)


class Exporter:
    """Asks one target through the exporter of one region."""

    def __init__(
        self, region: Region, target: Target, wire: Wire, credential: Callable[[str, str], Secret | None]
    ) -> None:
        self.region = region
        self.target = target
        self._wire = wire
        self._credential = credential

    async def probe(self, due: float, *, fresh: bool = False) -> Answer:
        """One probe over there; an exporter that does not answer says nothing of the target."""
        text = await self._ask("")
        if isinstance(text, Failure):
            return blind(due, f"the prober in {self.region.name} does not respond: {text}")
        figures = figures_of(text)
        if "probe_success" not in figures:
            return blind(
                due,
                f"the server in {self.region.name} is not a blackbox_exporter, or lacks the module {self.module}",
            )
        log = ""
        if not figures["probe_success"] and not figures.get("probe_http_status_code"):
            more = await self._ask("&debug=true")
            log = more if isinstance(more, str) else ""
        return answer_of(self.target, figures, log)

    def close(self) -> None:
        """Nothing is kept open."""

    @property
    def module(self) -> str:
        """The exporter's module by name: the region's own, else the one made for this kind of target."""
        return self.region.module or module_of(self.target)

    async def _ask(self, more: str) -> str | Failure:
        base = self.region.url.rstrip("/")
        headers: tuple[tuple[str, str], ...] = (("X-Prometheus-Scrape-Timeout-Seconds", f"{TOTAL_S:g}"),)
        if self.region.credential:
            host = urlsplit(base).hostname or ""
            found = await asyncio.to_thread(self._credential, self.region.credential, host)
            if found is None:
                detail = f"no credential {self.region.credential!r} is stored for {host}"
                return Failure(kind="no-permission", detail=detail, target=host)
            headers = (
                *headers,
                ("Authorization", "Basic " + base64.b64encode(found.reveal().strip().encode()).decode()),
            )
        url = f"{base}/probe?target={quote(self.target.url, safe='')}&module={quote(self.module, safe='')}{more}"
        said = await ask(
            self._wire,
            url,
            headers=headers,
            agent="region",
            keep=KEEP,
            secret=bool(self.region.credential),
            answer_s=TOTAL_S + 2,
        )
        if isinstance(said, Failure):
            return said
        return self._text(said)

    def _text(self, said: Timed) -> str | Failure:
        body = said.body.decode("utf-8", "replace")
        if said.status != 200:
            host = urlsplit(self.region.url).hostname or ""
            return Failure(
                kind="protocol", detail=f"status {said.status} {shorten(clean(body), 100)}".strip(), target=host
            )
        return body


def blind(due: float, why: str) -> Answer:
    """Nothing is known of the target: the way to the prober is broken, not the product."""
    from .prober import Answer

    ended = time.perf_counter()
    return Answer(
        total=(ended - due) * 1000,
        ended=ended,
        cold=True,
        phases=Phases(),
        cause="line",
        kind="unavailable",
        detail=shorten(why, 200),
    )


def figures_of(text: str) -> dict[str, float]:
    """Metrics by name; the phases by `phase:NAME`. Comments, logs, what does not read and what cannot be are passed
    over."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        read = _LINE.match(line)
        if read is None:
            continue
        name, labels, value = read.groups()
        phase = _PHASE.search(labels or "")
        key = (
            f"phase:{phase[1]}"
            if phase and name in ("probe_http_duration_seconds", "probe_icmp_duration_seconds")
            else name
        )
        try:
            figure = float(value)
        except ValueError:
            continue
        if abs(figure) < _MOST:  # false for NaN too
            found[key] = figure
    return found


def answer_of(target: Target, figures: dict[str, float], log: str) -> Answer:
    """The exporter's figures as a probe of ours."""
    from .prober import Answer

    code, ends = figures.get("probe_http_status_code", 0), figures.get("probe_ssl_earliest_cert_expiry", 0)
    status = int(code) if 100 <= code < 600 else 220 if target.kind == "mail" and figures["probe_success"] else 0
    cause, kind, detail = ("", "", "") if figures["probe_success"] else _why(target, figures, status, log)
    lookup = figures.get("probe_dns_lookup_time_seconds") or figures.get("phase:resolve")
    return Answer(
        total=figures.get("probe_duration_seconds", 0.0) * 1000,
        ended=time.perf_counter(),
        cold=True,
        phases=Phases(
            dns=_ms(lookup),
            connect=_ms(figures.get("phase:connect")),
            tls=_ms(figures.get("phase:tls")),
            first_byte=_ms(figures.get("phase:processing")),
            transfer=_ms(figures.get("phase:transfer")),
        ),
        status=status,
        cause=cause,  # type: ignore[arg-type]  # one of `_why`
        kind=kind,
        detail=detail,
        certificate_ends=datetime.fromtimestamp(ends, UTC) if ends > 0 else None,
    )


def _why(target: Target, figures: dict[str, float], status: int, log: str) -> tuple[str, str, str]:
    """Cause, kind and words of a probe that failed there."""
    if status:
        kind, seen = unmet(target, status, {}, b"")
        if kind == "status":
            return "status", kind, seen
        if figures.get("probe_failed_due_to_regex"):
            return "condition", "contains", "the page has the wrong content there"
    said = " ".join(words for line in log.splitlines() if _WRONG.search(line) for words in _SAID.findall(line))
    for pattern, cause, kind, words in _REASONS:
        if re.search(pattern, said):
            return cause, kind, words
    if status:
        return "status", "status", f"status {status}"
    if target.kind == "mail" and figures.get("probe_failed_due_to_regex"):
        return "status", "status", "a greeting other than 220"
    return "connect", "unreachable", "no connection from there"


def _ms(seconds: float | None) -> float | None:
    """A phase that did not happen is 0 there."""
    return seconds * 1000 if seconds else None
