"""A log's path comes with the launch file: what is no regular file is refused, and what never ends is left."""

from __future__ import annotations

import gzip
import os
import socket
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from launchready_tui.clock import FixedClock
from launchready_tui.failure import Failure
from launchready_tui.launch.model import Log
from launchready_tui.sources.logs import Follower, Source, read
from launchready_tui.sources.logs.read import NotRegular
from launchready_tui.world.serverlogs import ServerLogs

MODULE = sys.modules[NotRegular.__module__]
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LINE = b'192.0.2.1 - - [24/Nov/2026:11:59:00 +0000] "GET /search HTTP/1.1" 200 10 "-" "-"\n'


def fifo(path: Path) -> Path:
    os.mkfifo(path)
    return path


def linked(path: Path) -> Path:
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to(path.with_name("pipe"))
    return path


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def bus(path: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))
    return path


KINDS = {
    "a pipe": fifo,
    "a link to a pipe": linked,
    "a folder": folder,
    "a device": lambda path: Path("/dev/zero"),
    "a terminal": lambda path: Path(os.ttyname(os.openpty()[1])),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = KINDS[kind](tmp_path / "access.log")
    with pytest.raises(NotRegular, match="it is not a regular file"):
        read([Source(path=path)])
    with pytest.raises(NotRegular):
        Follower(Source(path=path)).look(NOW)
    logs = ServerLogs(tmp_path, FixedClock(NOW))
    seen = await logs.look(Log(path=str(path)))
    assert isinstance(seen, Failure) and "it is not a regular file" in seen.detail
    await logs.close()


def test_a_socket_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        read([Source(path=bus(tmp_path / "bus"))])


def test_a_log_that_grows_while_it_is_read_is_read_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(LINE * 1000)
    monkeypatch.setattr(MODULE, "CHUNK", len(LINE) * 10)
    grown = 0

    def grow() -> bool:
        nonlocal grown
        grown += 1
        assert grown < 500, "it would never end"
        with path.open("ab") as stream:
            stream.write(LINE * 20)
        return False

    reading = read([Source(path=path)], stop=grow)
    assert (reading.lines, reading.whole) == (1000, True)


def test_a_small_file_that_unpacks_to_a_huge_one_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "access.log.gz"
    path.write_bytes(gzip.compress(LINE * 20_000))
    monkeypatch.setattr(MODULE, "MOST_UNPACKED", 100 * len(LINE))
    reading = read([Source(path=path)])
    assert (reading.lines, reading.whole) == (100, False)


def test_reading_is_bounded_in_time_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(LINE * 1000)
    monkeypatch.setattr(MODULE, "MOST_S", -1.0)
    began = time.monotonic()
    reading = read([Source(path=path)])
    assert not reading.whole and reading.lines == 0 and time.monotonic() - began < 5
