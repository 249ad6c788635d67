"""What a series of samples comes to, without a process: quantiles, verdict, and when a failure is taken back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import certs
import pytest

from launchready_tui.launch.model import Route
from launchready_tui.probe.exchange import context_for
from launchready_tui.probe.measure import _environment, _summary
from launchready_tui.probe.model import Done, Job, Measurement, Sample, Started

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
ROUTE = Route(name="search", url="https://api.market.test/search", safe=True, target_ms=300)
JOB = Job(
    scheme="https",
    host="api.market.test",
    port=443,
    dial=(),
    method="GET",
    target="/search",
    headers=(),
    samples=300,
    rate=10,
    target_ms=300,
    exchange_s=10,
    deadline_s=60,
)


def summed(
    totals: list[float],
    *,
    errors: int = 0,
    lag: float = 1.0,
    why: str = "decided",
    cpu: float = 0.02,
    seconds: float = 30,
) -> Measurement:
    taken = [Sample(total, lag, total / 2, total / 4, 200) for total in totals] + [
        Sample(1, lag, 0, 0, 500, "status 500")
    ] * errors
    done = Done(why=why, seconds=seconds, cpu_share=cpu, requests=len(taken) + 5, connections=1)
    return _summary(ROUTE, JOB, Started(connect=1, tls=2, rate=10), taken, done, NOW, "")


def test_quantiles_and_interval() -> None:
    result = summed([float(value) for value in range(1, 301)])
    assert (result.p50, result.p95, result.slowest) == (150, 285, 300)
    assert (result.p95_low, result.p95_high) == (277, 293)
    assert result.p99 is None
    assert (result.over, result.verdict) == (0, "PASS")
    assert result.phases.first_byte == 75


def test_p99_where_there_is_enough() -> None:
    assert summed([float(value) for value in range(1, 369)]).p99 == 365
    assert summed([float(value) for value in range(1, 368)]).p99 is None


@pytest.mark.parametrize(
    ("slow", "verdict"), [(0, "PASS"), (8, "PASS"), (9, "NOT ENOUGH DATA"), (21, "NOT ENOUGH DATA"), (22, "FAIL")]
)
def test_verdict_of_300(slow: int, verdict: str) -> None:
    assert summed([100.0] * (300 - slow) + [301.0] * slow).verdict == verdict


def test_exactly_on_the_target_is_within_it() -> None:
    assert summed([300.0] * 59).verdict == "PASS"


def test_failed_requests_count_as_over_and_stand_in_no_quantile() -> None:
    result = summed([100.0] * 278, errors=22)
    assert (result.n, result.errors, result.over, result.verdict) == (300, 22, 22, "FAIL")
    assert result.slowest == 100
    assert result.statuses == {200: 278, 500: 22}


@pytest.mark.parametrize(
    ("changes", "verdict", "why"),
    [
        ({}, "FAIL", "decided"),
        ({"lag": 30.0}, "FAIL", "decided"),
        ({"lag": 31.0}, "NOT ENOUGH DATA", "generator"),
        ({"cpu": 0.6}, "NOT ENOUGH DATA", "generator"),
        ({"cpu": 0.6, "seconds": 0.5}, "FAIL", "decided"),
        ({"why": "rate-limited"}, "NOT ENOUGH DATA", "rate-limited"),
        ({"why": "deadline"}, "FAIL", "deadline"),
    ],
)
def test_when_a_failure_is_taken_back(changes: dict[str, object], verdict: str, why: str) -> None:
    result = summed([400.0] * 59, **changes)  # type: ignore[arg-type]
    assert (result.verdict, result.why) == (verdict, why)


def test_a_pass_on_a_busy_machine_stands() -> None:
    assert summed([100.0] * 59, lag=50, cpu=0.9).verdict == "PASS"


def test_the_childs_environment_has_neither_credentials_nor_proxies() -> None:
    given = {
        "PATH": "/bin",
        "LAUNCHREADY_API": "x",
        "HTTPS_PROXY": "p",
        "http_proxy": "p",
        "SSLKEYLOGFILE": "/k",
        "PYTHONPATH": "/own",
    }
    kept = _environment(given)
    assert set(kept) <= {"PATH", "PYTHONPATH"}
    assert kept["PYTHONPATH"].endswith("/own")


def test_the_measuring_process_trusts_whom_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(certs.ca_file(tmp_path)))
    context = context_for(JOB)
    assert context is not None and len(context.get_ca_certs()) == 1
    monkeypatch.setenv("SSL_CERT_FILE", "")
    context = context_for(JOB)
    assert context is not None and len(context.get_ca_certs()) > 100
