"""Programs that are not ours read what the folder holds: a spreadsheet, a calendar's parser, OpenSSH."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import msgspec
import pytest
from bundle_source import NOW, full

from launchready_tui.handover import build, pack, sign
from launchready_tui.launch.inventory import System

FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(1;1)", '=HYPERLINK("https://x.test";"log in")', "\t=1+1", "=cmd|' /C calc'!A0", "\uff1d1+1")


def test_a_spreadsheet_finds_no_formula_in_any_table(tmp_path: Path) -> None:
    """LibreOffice as a user would let it: every table is opened, none of it is worked out."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed (Debian libreoffice-calc)")
    market = full()
    mean = tuple(System(id=f"s{n}", name=words, provider=words, account_owner=words) for n, words in enumerate(FORMULAS))
    market.inventory = msgspec.structs.replace(market.inventory, systems=(*market.inventory.systems, *mean))
    tables = {
        Path(name).name: body for name, body in build(market, now=NOW)[0].items() if name.endswith(".csv") and name.startswith("data/")
    }
    for name, body in tables.items():
        (tmp_path / name).write_bytes(body)
    command = [
        program,
        f"-env:UserInstallation=file://{tmp_path}/profile",
        "--headless",
        "--infilter=Text - txt - csv (StarCalc):44,34,76,1",
    ]
    ran = subprocess.run(
        [*command, "--convert-to", "xlsx", "--outdir", str(tmp_path / "opened"), *(str(tmp_path / name) for name in tables)],
        capture_output=True,
        timeout=180,
    )
    assert ran.returncode == 0, ran.stderr
    for name, body in tables.items():
        with zipfile.ZipFile(tmp_path / "opened" / f"{Path(name).stem}.xlsx") as opened:
            sheet = opened.read("xl/worksheets/sheet1.xml")
        rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
        assert b"<f>" not in sheet and b"<f " not in sheet, name
        assert sheet.count(b"<row ") == len(rows), name
    assert len(tables) > 10


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
