"""What checks call: one route measured in a child process, whatever happens to that process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, get_args
from urllib.parse import urlsplit

import msgspec

from .. import __file__ as package_file
from .. import __version__
from ..clock import Clock, SystemClock
from ..failure import Failure, FailureKind
from ..hostnames import to_ascii
from ..launch.model import Route
from ..wire import Reach, Wire
from . import stats
from .model import Batch, Broken, Dial, Done, Job, Measurement, Phases, Sample, Started, Word

if TYPE_CHECKING:
    from ..vault import Secret

USER_AGENT = f"LaunchReady/{__version__} (latency measurement)"
EXCHANGE_S = 9.0
"""Two tries of a route that gives no answer, and the start of the process, end within 20 s."""
LEAVE_S = 2.0
LINE_LIMIT = 1024 * 1024
# A busy measuring machine only makes answers look slower. So a pass stands, and a failure does not where our own
# schedule woke up later than this share of the target (and this many ms), or where we used more than this share of a
# core for a second or longer.
LAG_SHARE = 0.1
LAG_MS = 5.0
CPU_SHARE = 0.5
_OWN_HEADERS = {
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "accept-encoding",
    "authorization",
    "user-agent",
}
_KINDS = frozenset(get_args(FailureKind))


async def measure(
    route: Route,
    reach: Reach,
    *,
    wire: Wire | None = None,
    samples: int = 300,
    rate: float = 10.0,
    credential: Secret | None = None,
    clock: Clock | None = None,
    deadline_s: float = 60.0,
    progress: Callable[[int], None] | None = None,
    command: Sequence[str] | None = None,
) -> Measurement | Failure:
    """Times a route that is marked safe to repeat; at most `samples` requests, `rate` a second at most, one in flight.

    `wire` is the run's own, whose look-ups and counts are then shared. `progress` is told the number of samples so
    far. Cancelling ends the child; nothing is left behind. A route that is not safe, whose address may not be reached,
    or whose credential would cross in the clear is a Failure and gets no request.
    """
    made = await _job(route, reach, wire or Wire(reach), samples, rate, credential, deadline_s)
    if isinstance(made, Failure):
        return made
    job, via = made
    at = (clock or SystemClock()).now()
    started: Started | None = None
    taken: list[Sample] = []
    budget = job.deadline_s + 6 * job.exchange_s + 10
    try:
        async with asyncio.timeout(budget):
            async with contextlib.aclosing(_words(job, command or _command())) as words:
                async for word in words:
                    match word:
                        case Started():
                            started = word
                        case Batch():
                            taken += word.samples[: samples - len(taken)]
                            if progress is not None:
                                progress(len(taken))
                        case Broken():
                            kind: FailureKind = word.kind if word.kind in _KINDS else "protocol"  # type: ignore[assignment]
                            return Failure(kind=kind, detail=word.detail, target=route.url, reached=word.reached)
                        case Done() if started is not None:
                            return _summary(route, job, started, taken, word, at, via)
                        case Done():
                            return Failure(
                                kind="protocol",
                                detail="the measurement process ended before it started",
                                target=route.url,
                            )
    except TimeoutError:
        return Failure(kind="timeout", detail=f"the measurement did not finish within {budget:.0f} s", target=route.url)
    except _ChildError as problem:
        return Failure(kind="protocol", detail=str(problem), target=route.url)
    return Failure(kind="protocol", detail="the measurement process ended without a reply", target=route.url)


async def _job(
    route: Route,
    reach: Reach,
    wire: Wire,
    samples: int,
    rate: float,
    credential: Secret | None,
    deadline_s: float,
) -> tuple[Job, str] | Failure:
    """The job and how it was reached, or why there is none."""

    def refuse(kind: FailureKind, detail: str) -> Failure:
        return Failure(kind=kind, detail=detail, target=route.url)

    if not route.safe:
        return refuse("no-permission", "the route is not marked safe to repeat")
    if samples < 1 or not rate > 0:
        return refuse("limit", f"{samples} samples at {rate} a second")
    try:
        url = urlsplit(route.url)
        port = url.port or (443 if url.scheme == "https" else 80)
        host = to_ascii(url.hostname) if url.hostname else ""
    except ValueError as problem:
        return refuse("protocol", str(problem))
    if url.scheme not in ("http", "https") or not host:
        return refuse("protocol", "not a web address")
    if credential is not None and url.scheme != "https":
        return refuse("no-permission", "a credential is only sent over https")
    # The child may connect to these and no other: it knows no names, policy or connect map.
    doors = await wire.doors(host, port)
    if isinstance(doors, Failure):
        return doors
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    try:
        target.encode("ascii")
        headers = request_headers(route, url.netloc.rpartition("@")[2], credential)
    except (UnicodeEncodeError, ValueError) as problem:
        return refuse("protocol", f"invalid request: {problem}")
    job = Job(
        scheme=url.scheme,
        host=host,
        port=port,
        dial=tuple(Dial(*door.to) for door in doors[:4]),
        method=route.method,
        target=target,
        headers=headers,
        body=route.body.encode(),
        ca_file=str(reach.ca_file.resolve()) if reach.ca_file else "",
        samples=samples,
        rate=rate,
        target_ms=float(route.target_ms),
        exchange_s=EXCHANGE_S,
        deadline_s=deadline_s,
    )
    return job, doors[0].via


def request_headers(
    route: Route,
    host: str,
    credential: Secret | None,
    *,
    agent: str = USER_AGENT,
    encodings: str = "gzip, deflate, br",
) -> tuple[tuple[str, str], ...]:
    """The header lines of a request to this route. Raises ValueError for what no header may hold."""
    import h11

    body = route.body.encode()
    lines = [("Host", host), ("User-Agent", agent), ("Accept-Encoding", encodings), ("Connection", "keep-alive")]
    lines += [(name, value) for name, value in route.headers.items() if name.lower() not in _OWN_HEADERS]
    if not any(name.lower() == "accept" for name in route.headers):
        lines.append(("Accept", "*/*"))
    if body or route.method in ("POST", "PUT", "PATCH"):
        lines.append(("Content-Length", str(len(body))))
    if credential is not None:
        value = credential.reveal().strip()
        lines.append(("Authorization", value if " " in value else f"Bearer {value}"))
    try:  # h11 knows what a header may hold
        h11.Request(method=route.method, target="/", headers=lines)
    except h11.LocalProtocolError:
        raise ValueError("a header contains invalid characters") from None
    return tuple(lines)


def _command() -> tuple[str, ...]:
    # -P keeps the current folder, which may be a stranger's repository, out of the child's import path.
    return (sys.executable, "-P", "-m", f"{__package__}.child")


def _environment(own: Mapping[str, str]) -> dict[str, str]:
    """The child's environment: ours without credentials and proxies, and with the place this package was loaded
    from."""
    kept = {
        key: value
        for key, value in own.items()
        if not key.upper().startswith("LAUNCHREADY_")
        and key.lower() not in ("http_proxy", "https_proxy", "all_proxy", "sslkeylogfile")
    }
    root = Path(package_file).resolve().parents[1]
    if root.name not in ("site-packages", "dist-packages"):
        kept["PYTHONPATH"] = os.pathsep.join(part for part in (str(root), kept.get("PYTHONPATH", "")) if part)
    return kept


class _ChildError(Exception):
    """The measuring process could not start, died, or said what nobody understands."""


async def _words(job: Job, command: Sequence[str]) -> AsyncGenerator[Word, None]:
    """The child's words. However this ends, the child has ended too."""
    try:
        child = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=_environment(os.environ),
            start_new_session=True,
            limit=LINE_LIMIT,
        )
    except OSError as problem:
        raise _ChildError(f"could not start the measurement process: {problem}") from problem
    try:
        assert child.stdin is not None and child.stdout is not None
        with contextlib.suppress(ConnectionError):  # a child that died at once is told by its empty output
            child.stdin.write(msgspec.json.encode(job) + b"\n")
            await child.stdin.drain()
        while True:
            try:
                line = await child.stdout.readline()
            except ValueError:
                raise _ChildError("the measurement process sent an endless line") from None
            if not line:
                raise _ChildError("the measurement process died")
            try:
                word = msgspec.json.decode(line, type=Word)
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise _ChildError("the measurement process sent an unreadable reply") from None
            yield word
            if isinstance(word, Done | Broken):
                return
    finally:
        await _end(child)


async def _end(child: asyncio.subprocess.Process) -> None:
    """Closes its input, which ends it; kills it where that is not enough. Cancelling does not shorten this."""
    if child.stdin is not None:
        child.stdin.close()

    async def gone() -> None:
        try:
            async with asyncio.timeout(LEAVE_S):
                await child.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()

    ending = asyncio.ensure_future(gone())
    try:
        await asyncio.shield(ending)
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await asyncio.wait({ending})
        raise


def _summary(
    route: Route, job: Job, started: Started, taken: list[Sample], done: Done, at: datetime, via: str
) -> Measurement:
    answered = [sample for sample in taken if not sample.error]
    ordered = sorted(sample.total for sample in answered)
    errors = len(taken) - len(answered)
    over = errors + sum(total > job.target_ms for total in ordered)
    low, high = stats.interval(ordered, 0.95)
    lag = stats.quantile(sorted(sample.lag for sample in taken), 0.95) or 0.0
    verdict, why = stats.decide(over, len(taken)), done.why
    if verdict == "FAIL" and (
        lag > max(LAG_MS, job.target_ms * LAG_SHARE) or (done.cpu_share > CPU_SHARE and done.seconds >= 1)
    ):
        verdict, why = "NOT ENOUGH DATA", "generator"
    elif done.why == "rate-limited":
        verdict = "NOT ENOUGH DATA"
    return Measurement(
        route=route.name,
        url=route.url,
        target_ms=job.target_ms,
        n=len(taken),
        errors=errors,
        over=over,
        verdict=verdict,
        why=why,
        p50=stats.quantile(ordered, 0.5),
        p95=stats.quantile(ordered, 0.95),
        p99=stats.quantile(ordered, 0.99) if stats.bounded_above(len(ordered), 0.99) else None,
        slowest=ordered[-1] if ordered else None,
        p95_low=low,
        p95_high=high,
        rate=started.rate,
        warm_up=started.warm_up,
        seconds=done.seconds,
        started_at=at,
        phases=Phases(
            connect=started.connect,
            tls=started.tls if job.scheme == "https" else None,
            first_byte=stats.median([sample.first_byte for sample in answered]),
            transfer=stats.median([sample.transfer for sample in answered]),
        ),
        statuses=dict(sorted(Counter(sample.status for sample in taken).items())),
        faults=dict(sorted(Counter(sample.error for sample in taken if sample.error).items())),
        samples_ms=tuple(sample.total for sample in answered),
        lag_p95=lag,
        cpu_share=done.cpu_share,
        requests=done.requests,
        connections=done.connections,
        reopened=sum(sample.reopened for sample in taken),
        via=via,
    )
