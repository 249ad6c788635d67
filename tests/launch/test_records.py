"""Lines that must not be lost: on the disk when `append` returns, whole whatever happens to the last one."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from launchready_tui.launch.atomic import CannotWrite
from launchready_tui.launch.records import Happened, day_log

NOW = datetime(2026, 11, 24, 14, 2, 11, tzinfo=UTC)


def line(words: str) -> Happened:
    return Happened(at=NOW, text=words, by="founder")


def test_lines_come_back_in_their_order(tmp_path: Path) -> None:
    log = day_log(tmp_path)
    assert log.read() == ()
    for words in ("one", "two\nlines", "drei ✓"):
        log.append(line(words))
    assert [one.text for one in day_log(tmp_path).read()] == ["one", "two\nlines", "drei ✓"]
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600


@pytest.mark.parametrize("keep", [1, 10, -1])
def test_a_torn_last_line_costs_itself_only(tmp_path: Path, keep: int) -> None:
    log = day_log(tmp_path)
    log.append(line("whole"))
    whole = log.path.read_bytes()
    log.append(line("torn"))
    torn = log.path.read_bytes()[len(whole) :]
    log.path.write_bytes(whole + torn[:keep])
    log.append(line("after"))
    found = [one.text for one in log.read()]
    assert found[0] == "whole" and found[-1] == "after"
    assert len(found) == (3 if keep == -1 else 2), "all but the line end is still a whole line"


def test_a_line_of_another_kind_is_passed_over_and_stays(tmp_path: Path) -> None:
    log = day_log(tmp_path)
    log.append(line("one"))
    with log.path.open("ab") as file:
        file.write(b'{"kind":"of a newer version"}\n')
    log.append(line("two"))
    assert [one.text for one in log.read()] == ["one", "two"]
    assert b"newer version" in log.path.read_bytes()


def test_a_full_disk_is_said_and_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = day_log(tmp_path)
    log.append(line("one"))
    before = log.path.read_bytes()
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, raw: real(handle, raw[:5]))
    with pytest.raises(CannotWrite) as caught:
        log.append(line("two"))
    assert "the disk is full" in str(caught.value) and caught.value.errno == errno.ENOSPC
    assert log.path.read_bytes() == before


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from test_records import day_log, line
log = day_log(Path(sys.argv[1]))
for number in range(25):
    log.append(line(f"{sys.argv[2]} {number}"))
"""


def test_two_programs_lose_nothing_of_each_other(tmp_path: Path) -> None:
    here = str(Path(__file__).parent)
    both = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), who, here]) for who in ("a", "b")]
    assert [one.wait() for one in both] == [0, 0]
    found = [one.text for one in day_log(tmp_path).read()]
    assert len(found) == 50
    assert [one for one in found if one.startswith("a")] == [f"a {number}" for number in range(25)]
