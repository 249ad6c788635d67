"""Programs that are not ours read what the folder holds: a calendar's parser, OpenSSH. (A spreadsheet:
tests/browser.)"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from bundle_source import NOW, full

from launchready_tui.handover import build, pack, sign


def test_an_independent_parser_reads_the_calendar() -> None:
    icalendar = pytest.importorskip("icalendar", reason="the calendar's foreign parser is not installed")
    calendar = icalendar.Calendar.from_ical(build(full(), now=NOW)[0]["calendar/renewals.ics"])
    events = calendar.walk("VEVENT")
    assert events and not [one.errors for one in calendar.walk() if one.errors]
    assert len({str(one["UID"]) for one in events}) == len(events)
    assert all(one.decoded("DTSTART") and str(one["SUMMARY"]) for one in events)


def test_openssh_alone_verifies_the_signature_by_the_words_of_verify_txt(tmp_path: Path) -> None:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    files = build(full(), now=NOW)[0]
    sums = files[pack.SUMS]
    (tmp_path / pack.SIGNATURE).write_bytes(sign.sign(sums, tmp_path / "key"))
    (tmp_path / "signer.pub").write_bytes((tmp_path / "key.pub").read_bytes())
    words = files["VERIFY.txt"].decode().split("with OpenSSH 8.1 or later:\n\n")[1].split("\n\n")[0]
    for body, good in ((sums, True), (sums.replace(b"0", b"1", 1), False)):
        (tmp_path / pack.SUMS).write_bytes(body)
        ran = subprocess.run(["sh", "-ec", words], cwd=tmp_path, capture_output=True)
        assert (ran.returncode == 0) == (b"Good" in ran.stdout) == good, ran.stderr
