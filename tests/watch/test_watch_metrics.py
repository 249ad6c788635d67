"""What the watch tells Prometheus: read by Prometheus' own checker, and true to the snapshot."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cliff import LAUNCH, Program, clean_environment

from launchready_tui.watch.metrics import metrics
from launchready_tui.watch.samples import (
    Latest,
    Mark,
    Phases,
    Sample,
    Target,
    Watcher,
    WatchReader,
    WatchStore,
    snapshot,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def text_of(folder: Path) -> str:
    store = WatchStore.open(folder / "watch.sqlite3")
    try:
        up, down, never = store.set_targets(
            (
                Target(name='search "q"\\', url="https://market.test/s?a=1", host="market.test", port=443),
                Target(name="api", url="https://api.market.test/healthz", host="api.market.test", port=443),
                Target(name="never", url="https://market.test/never", host="market.test", port=443),
            )
        )
        assert never.id
        for second in range(0, 300, 15):
            at = NOW - timedelta(seconds=second + 1)
            phases = Phases(dns=1.5, connect=20, tls=30, first_byte=100, transfer=2)
            good = Sample(target=up.id, at=at, total=180.25, warm=120, cold=True, phases=phases, status=200)
            bad = Sample(target=down.id, at=at, total=3000, cause="connect", kind="refused")
            store.save(
                [good, bad],
                [Latest(sample=good, certificate_ends=NOW + timedelta(days=30)), Latest(sample=bad)]
                if not second
                else [],
            )
        store.add_mark(Mark(at=NOW - timedelta(hours=1), sha="abc123"))
        store.beat(Watcher(pid=1, machine="m", started_at=NOW, beat_at=NOW - timedelta(seconds=1)))
    finally:
        store.close()
    with WatchReader(folder / "watch.sqlite3") as reader:
        return metrics(snapshot(reader, NOW, timedelta(hours=1)), product="Market")


def value(text: str, start: str) -> float:
    found = re.search(rf"^{re.escape(start)}.*\}} (\S+)$", text, re.M)
    assert found, start
    return float(found[1])


def test_the_newest_probe_and_the_window(tmp_path: Path) -> None:
    text = text_of(tmp_path)
    assert value(text, 'launchready_probe_success{target="search \\"q\\"\\\\"') == 1
    assert value(text, 'launchready_probe_success{target="api"') == 0
    assert value(text, 'launchready_probe_duration_seconds{target="search') == 0.18025
    assert value(text, 'launchready_window_probes{target="api"') == 20
    assert value(text, 'launchready_window_failed_probes{target="api"') == 20
    assert value(text, 'launchready_window_answer_seconds{target="search') == 0.12
    assert 'launchready_probe_success{target="never"' not in text
    assert re.search(r'launchready_target_state\{target="never".*state="unknown"\} 1', text)
    assert "launchready_watch_alive" in text and "launchready_last_deploy_time_seconds" in text


def test_prometheus_reads_it(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None and os.environ.get("LAUNCHREADY_REQUIRE_NETLAB") != "1":
        pytest.skip("promtool is not here")
    assert promtool
    text = text_of(tmp_path)
    checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=30)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    spoilt = subprocess.run(
        [promtool, "check", "metrics"], input=text + "x{ 1\n", capture_output=True, text=True, timeout=30
    )
    assert spoilt.returncode != 0


@pytest.fixture
def program(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    clean_environment(monkeypatch, tmp_path / "state")
    folder = tmp_path / "launch"
    folder.mkdir()
    (folder / "launchready.toml").write_text(LAUNCH)
    return Program(capsys, folder)


def test_where_nothing_was_watched_it_says_so(program: Program) -> None:
    answer = program.at("watch", "metrics")
    assert answer.code == 3 and "Nothing has been watched here yet" in answer.err and not answer.out


def test_what_the_watch_kept_is_printed(program: Program) -> None:
    text_of(program.folder / ".launchready")
    answer = program.at("watch", "metrics", "--window", "3600", "--now", "2026-11-24T12:00:00Z")
    assert answer.code == 0 and 'launchready_window_probes{target="api"' in answer.out
    assert program.at("watch", "metrics", "--out", program.folder / "m.prom", "--now", "2026-11-24T12:00:00Z").out == ""
    assert (program.folder / "m.prom").read_text() == answer.out


@pytest.mark.parametrize("kind", ["prometheus", "gatus", "healthchecks", "github-actions"])
def test_the_command_writes_a_folder_or_prints(program: Program, kind: str) -> None:
    printed = program.at("watch", "export", kind)
    assert printed.code == 0 and printed.out
    answer = program.at("watch", "export", kind, "--out", program.folder / "out")
    files = [path for path in (program.folder / "out").rglob("*") if path.is_file()]
    assert answer.code == 0 and files and not answer.out
    assert all(path.stat().st_mode & 0o100 for path in files if path.suffix == ".sh")
    assert all(path.read_text() in printed.out for path in files)
