"""The lab comes up, listens on loopback alone, and goes when whoever started it goes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from labtalk import end

from launchready_tui.lab import places as at
from launchready_tui.lab.client import Lab, LabError, UnknownFlawError

PARENT = """
import json, sys, time
from launchready_tui.lab.client import Lab
lab = Lab.start().open()
print(json.dumps({"lab": lab.pid}), flush=True)
time.sleep(600)
"""


def gone(pid: int) -> bool:
    """Whether a process is gone; one that nobody has collected yet counts as gone."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return state.rpartition(")")[2].split()[0] in ("Z", "X")


def until_gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if gone(pid):
            return True
        time.sleep(0.01)
    return False


async def test_ready_line_says_what_is_needed() -> None:
    async with Lab.start(fixed="all") as lab:
        assert lab.running
        assert lab.on == set()
        assert lab.nameservers[0].startswith("127.0.0.1:")
        assert "BEGIN CERTIFICATE" in lab.ca_file.read_text()
        assert {f"{address}:443" for address in (at.WEB_ADDRESS, at.APP_ADDRESS, at.STALE_ADDRESS)} <= set(lab.connect)
        assert all(target.startswith("127.0.0.1:") for target in lab.connect.values())
        folder = lab.ca_file.parent
        print(f"ready with pid {lab.pid}")
    assert not folder.exists()
    assert not lab.running


async def test_ready_time_and_size(capsys: pytest.CaptureFixture[str]) -> None:
    before = time.perf_counter()
    async with Lab.start() as lab:
        took = time.perf_counter() - before
        status = Path(f"/proc/{lab.pid}/status")
        size = (
            next((line for line in status.read_text().splitlines() if "VmRSS" in line), "") if status.exists() else ""
        )
        with capsys.disabled():
            print(f"\nlab: ready after {took:.2f} s, {size}")
        assert lab.on == {flaw.id for flaw in lab.flaws() if not flaw.waits}


async def test_stopping_twice_is_no_harm_and_talking_afterwards_is_an_error() -> None:
    lab = Lab.start(fixed="all").open()
    pid = lab.pid
    await lab.stop()
    lab.close()
    assert until_gone(pid)
    with pytest.raises(LabError, match="not running"):
        await lab.fix("no-csp")


async def test_a_lab_that_was_killed_says_so() -> None:
    async with Lab.start(fixed="all") as lab:
        os.kill(lab.pid, signal.SIGKILL)
        assert until_gone(lab.pid)
        with pytest.raises(LabError):
            await lab.break_("no-csp")


def test_unknown_flaws_are_refused_before_anything_starts() -> None:
    with pytest.raises(UnknownFlawError, match="no-such-flaw"):
        Lab.start(fixed="no-such-flaw")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_lab_goes_with_a_parent_that_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(json.loads(parent.stdout.readline())["lab"])
    assert not gone(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert until_gone(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_nothing_listens_outside_loopback() -> None:
    async with Lab.start() as lab:
        inodes = set()
        for entry in Path(f"/proc/{lab.pid}/fd").iterdir():
            target = os.readlink(entry)
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
        ours: list[tuple[str, str]] = []
        for table in ("tcp", "tcp6", "udp", "udp6"):
            for line in Path(f"/proc/{lab.pid}/net/{table}").read_text().splitlines()[1:]:
                columns = line.split()
                if columns[9] in inodes:
                    ours.append((table, columns[1].partition(":")[0]))
        assert len(ours) > 20
        assert {address for _, address in ours} == {"0100007F"}  # 127.0.0.1, as the kernel prints it
        assert {table for table, _ in ours} == {"tcp", "udp"}


async def test_ports_that_are_closed_refuse() -> None:
    async with Lab.start() as lab:
        for address, port in ((at.MAIL_ADDRESS, 443), (at.NS1_ADDRESS, 80), (at.WEB_ADDRESS, 8080)):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(end(lab, address, port), timeout=5)


async def test_orders_that_make_no_sense_get_an_answer() -> None:
    async with Lab.start(fixed="all") as lab:
        with pytest.raises(LabError, match="there is no order"):
            await lab.order({"order": "dance"})
        with pytest.raises(LabError, match="no flaw is called"):
            await lab.order({"order": "set", "on": ["no-such-flaw"]})
        assert (await lab.order({"order": "set", "on": []}))["on"] == []


async def test_a_fixed_moment_sets_what_days_count_from() -> None:
    at_noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    async with Lab.start(fixed="all", now=at_noon) as lab:
        assert lab.now == at_noon


def test_the_server_refuses_what_it_does_not_know() -> None:
    child = subprocess.run(
        [sys.executable, "-m", "launchready_tui.lab.server", "--fixed", "nonsense"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert child.returncode == 2
    assert "nonsense" in json.loads(child.stdout)["error"]


def test_a_child_that_dies_at_once_leaves_its_reason_and_nothing_running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    lab = Lab.start(fixed="all")
    with pytest.raises(LabError, match="ended"):
        lab.open()
    assert not lab.running


def test_a_program_that_is_not_there_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(LabError, match="could not be started"):
        Lab.start(fixed="all").open()
