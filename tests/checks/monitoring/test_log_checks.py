"""The three checks that read logs: each rule's cause and its near miss, three answers, and nothing personal in a
finding."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from launchready_tui.checks.audit import logs as audit
from launchready_tui.checks.monitoring import errors, logs
from launchready_tui.clock import FixedClock
from launchready_tui.findings import Finding, State
from launchready_tui.launch.model import Launch, Log
from launchready_tui.world.serverlogs import ServerLogs

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
PERSON = "mira" + "@" + "mail.example"
GOOD = '{"time":"%s","method":"GET","path":"/a","status":200,"request_time":0.1,"request_id":"r%d"}'


def line(
    path: str = "/a", status: int = 200, *, minutes: float = 10, more: str = ' 0.100 "8f14e45fceea167a5a36dedd4bea2543"'
) -> str:
    at = NOW - timedelta(minutes=minutes)
    return f'203.0.113.7 - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET {path} HTTP/1.1" {status} 5 "-" "-"{more}'


def app(message: str, level: str = "error") -> str:
    return (
        f'{{"time":"{(NOW - timedelta(minutes=5)).isoformat()}","level":"{level}","msg":"{message}","request_id":"r1"}}'
    )


class Folder:
    def __init__(self, path: Path) -> None:
        self.path = path

    async def ask(self, check: Any, *lines: str, **more: Any) -> list[Finding]:
        (self.path / "a.log").write_text("\n".join(lines))
        return await self.look(check, Log(path="a.log", **more))

    async def look(self, check: Any, *named: Log) -> list[Finding]:
        launch = Launch(name="M", domain="m.test", canonical="https://m.test/", logs=named)
        world = SimpleNamespace(clock=FixedClock(NOW), server_logs=ServerLogs(self.path, FixedClock(NOW)))
        return [finding async for finding in check(launch, world)]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def told(findings: list[Finding]) -> dict[str, str]:
    return {finding.rule.split(".", 2)[2]: finding.state.value for finding in findings}


CHECKS = (audit.logs, errors.errors, logs.logs)


@pytest.mark.parametrize("check", CHECKS)
async def test_without_logs_nothing_is_judged(folder: Folder, check: Any) -> None:
    assert told(await folder.look(check)) == {"not-named": "info"}


@pytest.mark.parametrize("check", CHECKS)
async def test_what_cannot_be_read_is_unknown(folder: Folder, check: Any) -> None:
    assert told(await folder.look(check, Log(path="gone.log"))) == {"unreadable": "unknown"}
    (folder.path / "bad.gz").write_bytes(b"\x1f\x8b" + b"\0" * 20)
    assert told(await folder.look(check, Log(path="bad.gz"))) == {"unreadable": "unknown"}
    assert told(await folder.look(check, Log(path="."))) == {"unreadable": "unknown"}
    assert told(await folder.ask(check, "dear diary", "today", line())) == {"format": "unknown"}
    (old,) = await folder.ask(check, line(minutes=60 * 25))
    assert (old.rule.rpartition(".")[2], old.state) == ("old", State.UNKNOWN) and "2026-11-23" in old.evidence[0].text


async def test_a_log_that_cannot_be_read_hides_no_other(folder: Folder) -> None:
    (folder.path / "a.log").write_text(line("/a", 500))
    assert told(await folder.look(audit.logs, Log(path="gone.log"), Log(path="a.log"))) == {
        "unreadable": "unknown",
        "server-error": "warn",
    }


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([line()], {"clean": "pass"}),
        ([line("/a", 500)] * 9, {"server-error": "warn"}),
        ([line("/a", 500)] * 10, {"server-error": "fail"}),
        ([line("/a", 504)] * 9, {"time-out": "warn"}),
        ([line("/a", 504)] * 10, {"time-out": "fail"}),
        ([app("too many connections")], {"exhausted": "fail"}),
        ([app("connect ECONNREFUSED")] * 2, {"few": "pass"}),
        ([app("connect ECONNREFUSED")] * 3, {"connection": "warn", "few": "pass"}),
        ([line("/login", 401)] * 9, {"few": "pass"}),
        ([line("/login", 401)] * 10, {"log-in": "warn", "few": "pass"}),
        ([app("boom")], {"error": "warn"}),
        ([app("boom", "info"), line("/a", 404), line("/a", 499)], {"clean": "pass"}),
    ],
)
async def test_kinds_of_failure_are_counted(folder: Folder, lines: list[str], expected: dict[str, str]) -> None:
    assert told(await folder.ask(audit.logs, *lines)) == expected


@pytest.mark.parametrize(
    ("bad", "of", "expected"),
    [
        (0, 100, {"counted": "pass"}),
        (1, 19, {"counted": "pass"}),
        (19, 19, {"counted": "pass"}),
        (1, 100, {"counted": "pass"}),
        (3, 100, {"counted": "pass"}),
        (4, 100, {"counted": "pass", "failing-route": "fail"}),
        (2, 20, {"counted": "pass", "failing-route": "fail"}),
    ],
)
async def test_a_route_fails_where_it_is_sure(folder: Folder, bad: int, of: int, expected: dict[str, str]) -> None:
    found = await folder.ask(errors.errors, *(line("/book/7", 500 if n < bad else 200) for n in range(of)))
    assert told(found) == expected
    assert all(f"of {of}" in one.evidence[0].text for one in found), "a share never stands without its number"
    if "failing-route" in expected:
        assert found[-1].subject == "GET /book/{id} (production)"


async def test_environments_are_counted_apart(folder: Folder) -> None:
    lines = [
        f'{{"method":"GET","path":"/a","status":500,"env":"{name}"}}'
        for name in ("staging", "production")
        for _ in range(30)
    ]
    found = await folder.ask(errors.errors, *lines)
    assert sorted(one.subject for one in found if one.rule.endswith("failing-route")) == [
        "GET /a (production)",
        "GET /a (staging)",
    ]
    assert told(await folder.ask(errors.errors, app("boom"))) == {"no-requests": "info"}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([line()] * 10, {"useful": "pass"}),
        ([line(more="")] * 10, {"no-request-id": "warn", "no-context": "warn"}),
        ([line()] * 9 + [line(more=" 0.100")], {"useful": "pass"}),
        ([line()] * 8 + [line(more=" 0.100")] * 2, {"no-request-id": "warn"}),
        ([line("/healthz")] * 6 + [line()] * 4, {"noisy": "warn"}),
        ([line("/healthz")] * 5 + [line()] * 5, {"useful": "pass"}),
        (['{"msg":"hello","request_id":"r1"}'], {"no-level": "warn"}),
        ([line(f"/a?mail={PERSON}")], {"personal": "fail"}),
        ([line("/a?token=" + "abcdefgh12")], {"secret": "fail"}),
        ([app("password=" + "hunter22", "info")], {"secret": "fail"}),
    ],
)
async def test_useful_and_clean(folder: Folder, lines: list[str], expected: dict[str, str]) -> None:
    assert told(await folder.ask(logs.logs, *lines)) == expected


@pytest.mark.parametrize("check", CHECKS)
async def test_no_finding_repeats_what_is_personal(folder: Folder, check: Any) -> None:
    found = await folder.ask(
        check, line(f"/u/{PERSON}?token=abcdefgh12", 500), app(f"mail to {PERSON} of Mira Berg failed")
    )
    text = msgspec.json.encode(found).decode()
    assert not any(word in text for word in ("mira", "Mira", "Berg", "abcdefgh12", "203.0.113.7"))
