"""Reading launchready.toml: strict, and with all errors at once."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import msgspec

from . import strict, validate
from .model import Launch, LaunchFile
from .problems import FileProblems, LaunchFileError, Problem

NAME = "launchready.toml"


def find(folder: Path) -> Path:
    """The launch file of a folder. Only that folder is looked at: a file further up belongs to something else."""
    return folder / NAME


def load(path: Path) -> LaunchFile:
    """Reads a launch file. Raises LaunchFileError with every problem: syntax alone, or else all wrong types, keys and
    meanings together."""
    if path.exists() and not path.is_file():
        raise LaunchFileError([Problem(file=path.name, allowed="it cannot be read: it is not a regular file")])
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise LaunchFileError(
            [
                Problem(
                    file=path.name,
                    allowed=f"no such file in {path.parent}; `launchready init DOMAIN` creates one",
                )
            ]
        ) from None
    except OSError as why:
        raise LaunchFileError([Problem(file=path.name, allowed=f"it cannot be read: {why.strerror or why}")]) from None
    return LaunchFile(launch=parse(raw, path.name, path.parent), path=path, sha256=hashlib.sha256(raw).hexdigest())


def parse(raw: bytes, file: str = NAME, folder: Path | None = None) -> Launch:
    """A launch from the bytes of its file. Raises LaunchFileError like `load`. Files it names are looked for where a
    folder is given."""
    try:
        data = strict.parse_toml(raw, file)
    except FileProblems as why:
        raise LaunchFileError(why.problems) from None
    problems = strict.problems_of(data, Launch, file)
    # What has the wrong type is told as that alone, whatever else it would break.
    mistyped = {problem.key for problem in problems}
    problems += [problem for problem in validate.problems_of(data, file) if problem.key not in mistyped]
    if folder is not None:
        problems += _missing_files(data, file, folder)
    if problems:
        raise LaunchFileError(_in_file_order(problems, list(data)))
    return msgspec.convert(data, Launch)


def _missing_files(data: dict[str, Any], file: str, folder: Path) -> list[Problem]:
    settings = data.get("settings")
    name = settings.get("ca_file") if isinstance(settings, dict) else None
    if not isinstance(name, str) or not name or ("\0" not in name and (folder / name).is_file()):
        return []
    return [Problem(file=file, key="settings.ca_file", found=strict.shown(name), allowed="an existing file")]


def _in_file_order(problems: list[Problem], tables: list[str]) -> list[Problem]:
    """Types and meanings are judged one after the other; people read from top to bottom."""

    def place(problem: Problem) -> tuple[int, int]:
        table = re.split(r"[.\[]", problem.key, maxsplit=1)[0]
        row = re.search(r"\[(\d+)\]", problem.key)
        return tables.index(table) if table in tables else -1, int(row[1]) if row else 0

    return sorted(problems, key=place)
