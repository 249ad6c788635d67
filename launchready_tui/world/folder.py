"""A folder of code as it lies on this machine: which files there are, and their text. Nothing is run, changed or
followed outside."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

MOST_FILES = 20_000
DEEPEST = 10
CAP = 256 * 1024
# What others wrote or a build made: none of it says how the product is built.
SKIPPED = frozenset(
    (
        *("node_modules", "vendor", "bower_components", "Pods", "site-packages", ".venv", "venv", ".dart_tool"),
        *("dist", "build", "out", "target", "coverage", "DerivedData", ".next", ".nuxt", ".output", ".svelte-kit"),
        *(".git", ".cache", ".turbo", ".terraform", ".gradle", "__pycache__"),
    )
)


class Tree(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a repository by their paths from its root, `/` between, sorted."""

    root: Path
    files: tuple[str, ...]
    complete: bool = True
    """False where there are more than are listed."""


def walk(root: Path) -> Tree:
    """All files of a folder, linked folders and what builds made left out."""
    files: list[str] = []
    complete = True
    for folder, folders, names in os.walk(root, onerror=None, followlinks=False):
        here = Path(folder).relative_to(root)
        if len(here.parts) >= DEEPEST:
            complete = complete and not folders
            folders.clear()
        folders[:] = sorted(name for name in folders if name not in SKIPPED)
        for name in sorted(names):
            if len(files) >= MOST_FILES:
                return Tree(root=root, files=tuple(files), complete=False)
            files.append((here / name).as_posix())
    return Tree(root=root, files=tuple(sorted(files)), complete=complete)


def beginning(root: Path, path: str, cap: int = CAP) -> str | None:
    """The beginning of a file that lies inside this folder, wrong octets replaced; else None. Raises OSError."""
    place = root / path
    if not place.resolve().is_relative_to(root.resolve()) or not place.is_file():
        return None
    with place.open("rb") as stream:
        return stream.read(cap).decode("utf-8", "replace")
