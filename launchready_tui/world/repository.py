"""The product's code as it lies on this machine: which files there are, and their text. Nothing is run, changed or
followed outside."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import msgspec

from ..failure import Failure
from .memory import Observer

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


class Repository(Observer):
    """Reads one folder. `root` is None where the launch names none."""

    def __init__(self, root: Path | None) -> None:
        self._root = root
        super().__init__()

    async def tree(self) -> Tree | Failure:
        """All files, linked folders left out. `switched-off` where no repository is named, `unavailable` where the
        folder is not there."""
        return await self._memory.once("tree", lambda: asyncio.to_thread(self._tree))

    async def text(self, path: str) -> str | Failure:
        """The beginning of one file (256 KiB), wrong octets replaced."""
        return await self._memory.once(("text", path), lambda: asyncio.to_thread(self._text, path))

    def _tree(self) -> Tree | Failure:
        root = self._root
        if root is None:
            return Failure(kind="switched-off", detail="the launch file names no repository")
        if not root.is_dir():
            return Failure(kind="unavailable", detail="the folder does not exist", target=str(root))
        return walk(root)

    def _text(self, path: str) -> str | Failure:
        if self._root is None:
            return Failure(kind="switched-off", detail="the launch file names no repository", target=path)
        try:
            text = beginning(self._root, path)
        except OSError as error:
            return Failure(kind="unavailable", detail=error.strerror or str(error), target=path)
        return Failure(kind="unavailable", detail="no file of the repository", target=path) if text is None else text
