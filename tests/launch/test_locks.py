"""Locks between processes: nobody waits for ever, who holds it is named, and there is a way without locks."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from launchready_tui.journal.errors import from_sqlite
from launchready_tui.launch import atomic, locks
from launchready_tui.launch.atomic import CannotWrite, folder_lock
from launchready_tui.launch.locks import Claim, Owner
from launchready_tui.watch.lock import CLAIM, PLACE, AlreadyWatching, WatchLock, watching
from launchready_tui.watch.samples.errors import store_error

HOLD = (
    "import fcntl, os, sys; f = os.open(sys.argv[1], os.O_RDONLY); "
    "fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); sys.stdin.read()"
)
DEAD = 4_194_000
"""Above the pid_max of nearly all machines."""


@contextmanager
def another(path: Path) -> Iterator[int]:
    """A process that holds the lock of a file or folder."""
    with subprocess.Popen(
        (sys.executable, "-c", HOLD, str(path)), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as one:
        assert one.stdout is not None
        assert one.stdin is not None
        one.stdout.readline()
        yield one.pid
        one.stdin.close()


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    number = getattr(request, "param", errno.ENOLCK)

    def flock(handle: int, how: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)


def test_a_lock_that_another_process_holds_has_a_time_out_with_its_pid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert locks.WAIT_S == 10
    monkeypatch.setattr(atomic, "WAIT_S", 0.2)
    with another(tmp_path) as pid:
        before = time.monotonic()
        with pytest.raises(CannotWrite, match=f"process {pid} has held its lock for 0.2 s"), folder_lock(tmp_path):
            pytest.fail("it was held")
        assert time.monotonic() - before < 5
    with folder_lock(tmp_path):
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("no_locks", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EBADF], indirect=True)
def test_without_locks_one_watches_and_the_others_are_told_who(tmp_path: Path, no_locks: None) -> None:
    assert watching(tmp_path) is None
    with WatchLock(tmp_path):
        assert watching(tmp_path) == os.getpid()
        with pytest.raises(AlreadyWatching, match=f"process {os.getpid()}"), WatchLock(tmp_path):
            pytest.fail("it was held")
    assert watching(tmp_path) is None
    assert not (tmp_path / CLAIM).exists()


@pytest.mark.parametrize(
    "changed",
    [{"pid": DEAD}, {"boot": "another start of this machine"}, {"started": "1"}],
    ids=["ended", "before a restart", "its number came again"],
)
def test_without_locks_what_a_killed_watch_left_is_taken_over(
    tmp_path: Path, no_locks: None, changed: dict[str, object]
) -> None:
    claim = tmp_path / CLAIM
    claim.parent.mkdir()
    me = Owner.me()
    told = {"pid": me.pid, "host": me.host, "boot": me.boot, "started": me.started} | changed
    claim.write_text(json.dumps(told), "utf-8")
    with WatchLock(tmp_path):
        assert watching(tmp_path) == os.getpid()


def test_without_locks_a_watch_on_another_machine_is_named_and_never_signalled(tmp_path: Path, no_locks: None) -> None:
    (tmp_path / CLAIM).parent.mkdir()
    (tmp_path / PLACE).touch()
    (tmp_path / CLAIM).write_text(
        json.dumps({"pid": os.getpid(), "host": "elsewhere", "boot": "b", "started": "1"}), "utf-8"
    )
    assert watching(tmp_path) == 0
    with pytest.raises(AlreadyWatching, match=f"process {os.getpid()} on elsewhere"), WatchLock(tmp_path):
        pytest.fail("it was held")


def test_without_locks_a_database_is_not_called_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite takes ENOLCK for a lock that another process holds."""
    busy = sqlite3.OperationalError("database is locked")
    busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
    path = tmp_path / "journal.sqlite3"
    assert from_sqlite(path, busy).problem == "busy"

    def lockf(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "lockf", lockf)
    assert from_sqlite(path, busy).problem == "no-locks"
    assert "move the launch folder to a local disk" in str(store_error(path, busy))
    assert list(tmp_path.iterdir()) == []


def test_without_locks_files_are_still_replaced_one_after_the_other(tmp_path: Path, no_locks: None) -> None:
    inside, most = [], []

    def write() -> None:
        for _ in range(20):
            with folder_lock(tmp_path):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 80
    assert set(most) == {1}
    assert list(tmp_path.iterdir()) == []


def test_who_looks_who_watches_keeps_nobody_from_watching(tmp_path: Path) -> None:
    """The look itself holds the lock for a moment: a watch that starts then was told that another one watches."""
    (tmp_path / PLACE).parent.mkdir()
    (tmp_path / PLACE).write_text(f"{DEAD}\n")
    handle = os.open(tmp_path / PLACE, os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    timer = threading.Timer(0.2, os.close, (handle,))
    timer.start()
    with WatchLock(tmp_path):
        assert watching(tmp_path) == os.getpid()
    timer.join()


def test_a_claim_half_written_is_somebodys(tmp_path: Path) -> None:
    claim = Claim(tmp_path / "claim")
    claim.path.write_bytes(b'{"pid": 1')
    assert claim.take() is not None
    os.utime(claim.path, (1, 1))
    assert claim.take() is None
    assert claim.owner() == Owner.me()
    claim.drop()
    assert not claim.path.exists()
