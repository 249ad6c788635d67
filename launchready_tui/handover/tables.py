"""The documents' tables as CSV that any spreadsheet opens: UTF-8 with BOM, CRLF, every cell quoted, none taken for a
formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from .. import text
from .blocks import Cell, Table
from .model import Document

BOM = "\ufeff"


def files(documents: Iterable[Document], origin: str) -> dict[str, bytes]:
    """data/<name>.csv for every table that has a name. `origin` stands in a last column: a table travels without its
    folder."""
    return {
        f"data/{block.csv}.csv": render(block, origin)
        for document in documents
        for block in document.blocks
        if isinstance(block, Table) and block.csv
    }


def render(table: Table, origin: str) -> bytes:
    """One table."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([text.for_csv(column.head) for column in table.columns] + ["seen"])
    for row in table.rows:
        writer.writerow([text.for_csv(_words(cell)) for cell in row] + [text.for_csv(origin)])
    return (BOM + out.getvalue()).encode("utf-8")


def _words(cell: Cell) -> str:
    return f"Missing: {cell.text}" if cell.kind == "gap" else cell.text
