"""The tables of the bundle in a real spreadsheet program: each cell arrives as text, whatever it begins with."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bundle_source import NOW, full

from launchready_tui.handover import build
from launchready_tui.handover.blocks import Cell, Column, Table
from launchready_tui.handover.tables import render

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
pytestmark = pytest.mark.skipif(OFFICE is None, reason="libreoffice is not installed (Debian: libreoffice-calc)")
NAME = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
HOSTILE = (
    "=1+1",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    '=HYPERLINK("https://example.com","x")',
    "\t=1+1",
    "\r=1+1",
    "=cmd|' /C calc'!A0",
    'a"=1+1',
    "a,b",
    "a\nb",
)


def opened(folder: Path, tables: dict[str, bytes]) -> dict[str, list[list[str]]]:
    """The cells of each table as the program has them; a formula fails the test."""
    for name, raw in tables.items():
        (folder / f"{name}.csv").write_bytes(raw)
    assert OFFICE is not None
    # Separator, quote, UTF-8: what its dialog proposes for these files.
    subprocess.run(
        [
            OFFICE,
            "--headless",
            "--infilter=CSV:44,34,76,1",
            "--convert-to",
            "xlsx",
            *(f"{name}.csv" for name in tables),
        ],
        cwd=folder,
        env={**os.environ, "HOME": str(folder)},
        capture_output=True,
        check=True,
        timeout=120,
    )
    return {name: cells(folder / f"{name}.xlsx") for name in tables}


def cells(path: Path) -> list[list[str]]:
    with zipfile.ZipFile(path) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
        shared = [
            "".join(part.text or "" for part in one.iter(f"{NAME}t"))
            for one in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        ]
    assert not list(sheet.iter(f"{NAME}f")), f"{path.name} holds a formula"
    rows = []
    for row in sheet.iter(f"{NAME}row"):
        values = []
        for cell in row.iter(f"{NAME}c"):
            value = cell.find(f"{NAME}v")
            words = "" if value is None else value.text or ""
            values.append(shared[int(words)] if cell.get("t") == "s" and words else words)
        rows.append(values)
    return rows


def test_every_table_opens_and_no_cell_is_a_formula(tmp_path: Path) -> None:
    made, _ = build(full(), now=NOW)
    tables = {
        re.sub(r"^data/|\.csv$", "", name): raw
        for name, raw in made.items()
        if name.startswith("data/") and name.endswith(".csv")
    }
    hostile = Table("x", (Column("text"),), tuple((Cell(value),) for value in HOSTILE), "x", "")
    tables["hostile"] = render(hostile, "live")
    found = opened(tmp_path, tables)
    assert found["hostile"][0] == ["text", "seen"]
    assert [row[0].lstrip("'").strip() for row in found["hostile"][1:]] == [value.strip() for value in HOSTILE]
    assert all(row[1] == "live" for row in found["hostile"][1:])
    assert len(found) > 10
    for name, rows in found.items():
        assert rows[0][-1] == "seen", name
        assert not [value for row in rows for value in row if value.startswith(("#NAME", "#REF", "#VALUE", "Err:"))]
