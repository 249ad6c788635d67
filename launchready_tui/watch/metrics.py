"""What the watch sees, as Prometheus reads it: text exposition format 0.0.4. Names begin with `launchready_`.

Rules of the format: prometheus.io/docs/instrumenting/exposition_formats, as known 2026-11; `promtool check metrics`
reads it in the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ..secrets import without_tokens
from .samples import Row, Sample, Snapshot, Target

_STANDINGS = ("up", "slow", "degraded", "down", "unknown")
_PHASES = ("dns", "connect", "tls", "first_byte", "transfer")
Line = tuple[dict[str, str], float]


def metrics(shot: Snapshot, *, product: str = "") -> str:
    """The whole text. Times are seconds; what is not known has no line."""
    window = f"over the last {shot.window.total_seconds():.0f} s"
    rows = shot.rows
    families: list[tuple[str, str, str, Iterable[Line]]] = [
        (
            "launchready_probe_success",
            "gauge",
            "1 if the latest probe succeeded, else 0",
            _newest(rows, lambda one: float(one.ok)),
        ),
        (
            "launchready_probe_time_seconds",
            "gauge",
            "When the latest probe was due, Unix time",
            _newest(rows, lambda one: one.at.timestamp()),
        ),
        (
            "launchready_probe_duration_seconds",
            "gauge",
            "Duration of the latest probe, up to its failure if it failed",
            _newest(rows, lambda one: one.total / 1000),
        ),
        ("launchready_probe_phase_seconds", "gauge", "Duration of the latest probe by phase", _phases(rows)),
        (
            "launchready_probe_http_status_code",
            "gauge",
            "HTTP status of the latest response",
            _newest(rows, lambda one: one.status or None),
        ),
        (
            "launchready_probe_certificate_expiry_time_seconds",
            "gauge",
            "When the certificate expires, Unix time",
            (
                (_labels(row.target), ends.timestamp())
                for row in rows
                if row.last and (ends := row.last.certificate_ends)
            ),
        ),
        ("launchready_target_state", "gauge", "1 for the current state of a target, 0 for the others", _states(rows)),
        (
            "launchready_window_probes",
            "gauge",
            f"Scheduled probes with a usable result, {window}",
            _window(rows, lambda one: one.stats.n),
        ),
        (
            "launchready_window_failed_probes",
            "gauge",
            f"Scheduled probes that failed, {window}",
            _window(rows, lambda one: one.stats.bad),
        ),
        (
            "launchready_window_unwatched_seconds",
            "gauge",
            f"Time without data, {window}",
            _window(rows, lambda one: one.stats.gap_s),
        ),
        (
            "launchready_window_answer_seconds",
            "gauge",
            f"Response times on an open connection, by percentile, {window}",
            _quantiles(rows),
        ),
        ("launchready_incidents_open", "gauge", "Open incidents", [({}, float(len(shot.open)))]),
        ("launchready_messages_stuck", "gauge", "Messages that could not be delivered", [({}, float(len(shot.stuck)))]),
        (
            "launchready_watch_alive",
            "gauge",
            "1 while the watch process is running",
            [({"product": product}, float(shot.alive))],
        ),
    ]
    if shot.watcher is not None:
        beat = shot.watcher.beat_at.timestamp()
        families.append(
            (
                "launchready_watch_beat_time_seconds",
                "gauge",
                "Last heartbeat of the watch process, Unix time",
                [({}, beat)],
            )
        )
    if shot.last_mark is not None:
        mark = shot.last_mark
        labels = {"sha": mark.sha, "environment": mark.env}
        families.append(
            (
                "launchready_last_deploy_time_seconds",
                "gauge",
                "Latest deploy mark, Unix time",
                [(labels, mark.at.timestamp())],
            )
        )
    return "".join(_family(*one) for one in families)


def _family(name: str, kind: str, about: str, lines: Iterable[Line]) -> str:
    body = "".join(f"{name}{_braces(labels)} {_number(value)}\n" for labels, value in lines)
    return f"# HELP {name} {about}\n# TYPE {name} {kind}\n{body}" if body else ""


def _braces(labels: dict[str, str]) -> str:
    inner = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items() if value)
    return f"{{{inner}}}" if inner else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(round(value, 6))


def _labels(target: Target, **more: str) -> dict[str, str]:
    found = {
        "target": target.name,
        "region": target.region,
        "kind": target.kind,
        "environment": target.environment,
        "instance": without_tokens(target.url),
    }
    return found | more


def _newest(rows: Iterable[Row], value: Callable[[Sample], float | None]) -> Iterator[Line]:
    for row in rows:
        if row.last is not None and row.last.sample.known and (found := value(row.last.sample)) is not None:
            yield _labels(row.target), found


def _phases(rows: Iterable[Row]) -> Iterator[Line]:
    for row in rows:
        for phase in _PHASES:
            took = getattr(row.last.sample.phases, phase) if row.last is not None else None
            if took is not None:
                yield _labels(row.target, phase=phase), took / 1000


def _states(rows: Iterable[Row]) -> Iterator[Line]:
    for row in rows:
        for state in _STANDINGS:
            yield _labels(row.target, state=state), float(row.standing == state)


def _window(rows: Iterable[Row], value: Callable[[Row], float]) -> Iterator[Line]:
    return ((_labels(row.target), value(row)) for row in rows)


def _quantiles(rows: Iterable[Row]) -> Iterator[Line]:
    """With n beside them in `launchready_window_probes`: p95 of few answers says little."""
    for row in rows:
        for name, value in (("50", row.stats.p50), ("95", row.stats.p95), ("99", row.stats.p99)):
            if value is not None:
                yield _labels(row.target, percentile=name), value / 1000
