"""The watching process as a program: one a workspace, started and found by the console, stopped in order, killed
without loss."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from watchtown import until

from launchready_tui.clock import SystemClock
from launchready_tui.lab import demo
from launchready_tui.lab.client import Lab
from launchready_tui.watch import PLACE
from launchready_tui.watch.lock import watching
from launchready_tui.watch.samples import Incident, WatchReader, WatchStore, snapshot
from launchready_tui.workspace import Options, Workspace
from launchready_tui.workspace.channels import acknowledge, heard, send_tests
from launchready_tui.workspace.deploys import mark_deploy
from launchready_tui.workspace.lookout import Lookout
from launchready_tui.workspace.watching import CannotWatch, ensure_watcher, remark_of, stop_watcher

ROOT = str(Path(__file__).resolve().parents[2])


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab.start(fixed="all") as running:
        yield running


@pytest.fixture
def ws(lab: Lab, tmp_path: Path) -> Iterator[Workspace]:
    made = demo.prepare(tmp_path / "demo", lab, lab.now)
    opened = Workspace.open(tmp_path / "demo", Options(**asdict(made), state_dir=tmp_path / "state"))
    yield opened
    opened.close()


def now() -> datetime:
    return SystemClock().now()


def command(ws: Workspace, *words: str) -> list[str]:
    options = [part for rule in ws.options.connect for part in ("--connect", rule)]
    options += [part for server in ws.options.nameservers for part in ("--nameserver", server)]
    return [
        sys.executable,
        "-m",
        "launchready_tui",
        *words,
        "-C",
        str(ws.folder),
        "--trust",
        "--ca-file",
        str(ws.options.ca_file),
        *options,
    ]


def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": ROOT, "LAUNCHREADY_STATE": str(tmp_path / "state")}


@asynccontextmanager
async def head_less(ws: Workspace, tmp_path: Path) -> AsyncIterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command(ws, "watch"), stderr=subprocess.PIPE, env=environment(tmp_path))
    try:
        await until(lambda: watching(ws.folder) == process.pid or process.poll() is not None)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def samples(ws: Workspace) -> int:
    try:
        with WatchReader(ws.folder / PLACE) as reader:
            return int(reader._rows("SELECT count(*) FROM samples")[0][0])
    except FileNotFoundError:
        return 0


async def test_the_console_starts_one_finds_it_and_it_ends_with_the_demo(ws: Workspace) -> None:
    first = await asyncio.to_thread(ensure_watcher, ws)
    assert first.started
    assert first.process is not None
    second = await asyncio.to_thread(ensure_watcher, ws)
    assert (second.pid, second.started) == (first.pid, False)
    await until(lambda: samples(ws) >= 3)
    with WatchReader(ws.folder / PLACE) as reader:
        seen = snapshot(reader, now(), timedelta(minutes=5))
        assert seen.alive
        assert seen.watcher is not None
        assert (seen.watcher.pid, seen.watcher.via) == (first.pid, "connect-map")
    assert first.process.stdin is not None
    first.process.stdin.close()
    assert await asyncio.to_thread(first.process.wait, 15) == 0
    assert watching(ws.folder) is None


async def test_without_a_demo_it_lives_on_alone_and_is_stopped_in_order(ws: Workspace, tmp_path: Path) -> None:
    async with head_less(ws, tmp_path) as process:
        await until(lambda: samples(ws) >= 3)
        found = await asyncio.to_thread(ensure_watcher, ws)
        assert (found.pid, found.started) == (process.pid, False)
        assert await asyncio.to_thread(stop_watcher, ws.folder)
        assert await asyncio.to_thread(process.wait, 10) == 0
        assert process.stderr is not None
        said = process.stderr.read().decode()
    assert "watching 6 targets" in said
    assert "watch stopped" in said
    assert "Traceback" not in said


async def test_a_second_one_is_refused_and_says_who_watches(ws: Workspace, tmp_path: Path) -> None:
    async with head_less(ws, tmp_path) as process:
        again = await asyncio.to_thread(
            subprocess.run,
            command(ws, "watch", "--for", "5"),
            env=environment(tmp_path),
            capture_output=True,
            timeout=60,
        )
    assert again.returncode == 3
    assert f"process {process.pid}" in again.stderr.decode()


async def test_killed_in_the_middle_nothing_that_was_kept_is_lost_and_the_next_one_begins(
    ws: Workspace, tmp_path: Path
) -> None:
    kept = 0
    for _ in range(3):
        async with head_less(ws, tmp_path) as process:
            await until(lambda kept=kept: samples(ws) > kept)  # type: ignore[misc]  # bound at once
            process.send_signal(signal.SIGKILL)
            await asyncio.to_thread(process.wait)
        assert watching(ws.folder) is None
        after = samples(ws)
        assert after > kept
        kept = after
    connection = sqlite3.connect(ws.folder / PLACE)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


async def test_what_it_cannot_do_is_said(ws: Workspace) -> None:
    (ws.folder / PLACE).parent.mkdir(exist_ok=True)
    (ws.folder / PLACE).write_bytes(b"not a database, and left as it is" * 40)
    with pytest.raises(CannotWatch, match=r"watch\.sqlite3"):
        await asyncio.to_thread(ensure_watcher, ws)
    assert (ws.folder / PLACE).read_bytes().startswith(b"not a database")


async def test_a_changed_launch_file_is_taken_up_where_it_is_trusted(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from launchready_tui.launch.model import WatchTarget
    from launchready_tui.workspace import watching as room

    monkeypatch.setattr(room, "RELOAD_S", 0.05)
    said: list[str] = []
    stop = asyncio.Event()
    running = asyncio.ensure_future(room.watch(ws, stop=stop, say=said.append))
    await until(lambda: (ws.folder / PLACE).exists() and any("watching 6" in words for words in said))
    other = Workspace.open(ws.folder, ws.options)
    other.add_to_launch(WatchTarget(name="help", url="https://demo-market.test/help"))
    other.close()
    await until(lambda: any("watching 7 targets" in words for words in said))
    stop.set()
    await running


def run(ws: Workspace, tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(ws, *words), env=environment(tmp_path), capture_output=True, text=True, timeout=90)


def test_once_prints_each_target_and_keeps_nothing(ws: Workspace, tmp_path: Path, lab: Lab) -> None:
    fine = run(ws, tmp_path, "watch", "--once")
    assert fine.returncode == 0
    assert fine.stdout.count("ms") >= 6
    assert not (ws.folder / PLACE).exists()
    asyncio.run(lab.fault("api.demo-market.test", "status-500"))
    try:
        broken = run(ws, tmp_path, "watch", "--once")
    finally:
        asyncio.run(lab.fault("api.demo-market.test"))
    assert broken.returncode == 1
    assert "status 500" in broken.stdout


async def test_what_is_forgotten_is_not_watched_any_more(ws: Workspace, tmp_path: Path) -> None:
    async with head_less(ws, tmp_path) as process:
        await until(lambda: samples(ws) >= 1)
        done = await asyncio.to_thread(run, ws, tmp_path, "forget", "--yes")
        assert done.returncode == 0, done.stderr
        assert await asyncio.to_thread(process.wait, 10) == 0
    assert not (ws.folder / PLACE).exists()


def test_a_deploy_is_marked_whether_somebody_watches_or_not(ws: Workspace, tmp_path: Path) -> None:
    made = run(ws, tmp_path, "deploy", "mark", "--sha", "3f9c2a1e", "--env", "production", "--by", "ci")
    assert made.returncode == 0
    assert "3f9c2a1e" in made.stderr
    failed = run(ws, tmp_path, "deploy", "mark", "--sha", "bad", "--failed", "--at", "2026-11-24T14:00:00Z")
    assert failed.returncode == 0
    mark_deploy(ws, sha="7c1f9a20")
    with WatchReader(ws.folder / PLACE) as reader:
        marks = reader.marks(now() - timedelta(days=3650))
        assert {(mark.kind, mark.sha, mark.by) for mark in marks} >= {
            ("deploy", "3f9c2a1e", "ci"),
            ("deploy", "7c1f9a20", "launch-engineer"),
        }
        last = reader.last_mark(now())
        assert last is not None
        assert last.sha == "7c1f9a20"


async def test_a_test_alert_goes_out_and_its_words_come_back(lab: Lab, tmp_path: Path) -> None:
    texts: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        texts.append(await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r")[0])))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    made = demo.prepare(tmp_path / "demo", lab, lab.now)
    file = tmp_path / "demo" / "launchready.toml"
    rule = '[[alerts]]\nname = "on-call"\nowner = "support"\ncredential = "chat-hook"\nserver = "127.0.0.1"\n'
    file.write_text(file.read_text() + "\n" + rule)
    options = {**asdict(made), "connect": (*made.connect, f"127.0.0.1:{port}=127.0.0.1:{port}")}
    ws = Workspace.open(tmp_path / "demo", Options(**options, state_dir=tmp_path / "state"))
    try:
        os.environ["LAUNCHREADY_CHAT_HOOK"] = f"http://127.0.0.1:{port}/x"
        (test,) = await send_tests(ws, ws.launch.alerts, say=lambda words: None)
        assert test.sent_at is not None
        assert test.code.encode() in texts[0]
        assert acknowledge(ws, "no such words") is None
        done = acknowledge(ws, test.code.upper().replace(" ", "-"))
        assert done is not None
        assert (done.acknowledged_by, done.sent_at is not None) == ("support", True)
        with WatchReader(ws.folder / PLACE) as reader:
            assert reader.tests()[0].acknowledged_at is not None
        with contextlib.closing(WatchStore.open(ws.folder / PLACE)) as store:
            down = Incident(
                target=1, name="home", kind="down", worst="down", since=ws.clock.now(), opened_at=test.made_at
            )
            number = store.save_incident(down).id
            assert heard(ws, f"incident {number + 1}") == ""
            said = heard(ws, str(number))
            assert said == f"Recorded: support acts on incident {number}: its alerts are not repeated"
            assert store.acknowledged(number) is not None
            over = msgspec.structs.replace(down, id=number, closed_at=ws.clock.now())
            store.save_incident(over)
            other = store.save_incident(msgspec.structs.replace(down, group=number))
            assert f"incident {other.id}" in heard(ws, str(other.id), "engineer"), "one of the same cause goes on"
            acts = store.acknowledged(number)
            assert acts is not None
            assert acts.by == "engineer", "it is the messages of all of them that are not repeated"
            store.save_incident(msgspec.structs.replace(other, closed_at=ws.clock.now()))
            assert heard(ws, str(number)) == "", "it is over"
    finally:
        del os.environ["LAUNCHREADY_CHAT_HOOK"]
        ws.close()
        server.close()


CONFLICT = "<<<<<<< HEAD\nschema = 1\n=======\nschema = 1\n>>>>>>> theirs\n"
DAMAGES = {
    "decisions.toml": CONFLICT,
    "inventory.toml": CONFLICT,
    "people.toml": CONFLICT,
    ".launchready/journal.sqlite3": "not a database, and longer than a page header would be" * 20,
}


async def test_the_watch_starts_whatever_is_damaged_beside_the_launch_file_and_says_so(
    ws: Workspace, tmp_path: Path
) -> None:
    for name, text in DAMAGES.items():
        (ws.folder / name).write_text(text, "utf-8")
    for left in (ws.folder / ".launchready").glob("journal.sqlite3-*"):
        left.unlink()
    async with head_less(ws, tmp_path) as process:
        await until(lambda: samples(ws) >= 1)
        assert process.poll() is None
        process.terminate()
        assert await asyncio.to_thread(process.wait, 15) == 0
        assert process.stderr is not None
        said = process.stderr.read().decode()
    for name in DAMAGES:
        assert f"{Path(name).name}" in said, name
    assert "The watch runs on" in said
    found = Lookout.look(ws.folder, ws.options)
    assert len(found.unread()) == 4
    assert "decisions.toml" in remark_of(found)
    # So do the commands around it, and the process that the console starts.
    for words in (("watch", "--once"), ("watch", "ack", "no", "such", "12")):
        done = await asyncio.to_thread(
            subprocess.run, command(ws, *words), env=environment(tmp_path), capture_output=True, timeout=60
        )
        assert done.returncode in (0, 1), done.stderr
    ensured = await asyncio.to_thread(ensure_watcher, found)
    assert ensured.started
    assert await asyncio.to_thread(stop_watcher, ws.folder)
    for name in DAMAGES:
        (ws.folder / name).unlink()
    assert remark_of(found) == ""
