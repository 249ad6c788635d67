"""The marketplace's code as its team has it on a machine: a handful of files, and what some flaws put among them."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

FOLDER = "code"
_FILES: dict[str, str] = {
    "README.md": "# Demo Market\n\nOne program, one database. `make run` starts both.\n",
    "Makefile": "run:\n\tpython -m market\n",
    "pyproject.toml": '[project]\nname = "demo-market"\nversion = "1.0.0"\ndependencies = ["h11"]\n',
    "market/__main__.py": 'print("The market listens.")\n',
    "web/package.json": json.dumps(
        {"name": "demo-market-web", "private": True, "scripts": {"build": "esbuild app.js"}}, indent=2
    )
    + "\n",
}
_COMPOSE = "services:\n  market:\n    build: .\n  events:\n    image: apache/kafka:4.1.0\n"
# Flaw, file, and what it holds while the flaw is on.
_FLAWED: tuple[tuple[str, str, str], ...] = (("events-machinery", "compose.yaml", _COMPOSE),)


def write(folder: Path, flaws: Collection[str]) -> None:
    """Makes the folder hold the code as these flaws have it; other files there are left alone. Raises OSError."""
    wanted = dict(_FILES) | {path: text for flaw, path, text in _FLAWED if flaw in flaws}
    for path, text in wanted.items():
        place = folder / path
        if not place.exists() or place.read_text("utf-8") != text:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, "utf-8")
    for _, path, text in _FLAWED:
        place = folder / path
        if path not in wanted and place.exists() and place.read_text("utf-8") == text:
            place.unlink()
