"""The product's code on this machine: its files, their text, and the secrets in them, each read once a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..clock import Clock
from ..failure import Failure
from .folder import Tree, beginning, walk
from .memory import Observer

if TYPE_CHECKING:
    from .environment import Reading
    from .leaks import Leaks


class Repository(Observer):
    """Reads one folder. `root` is None where the launch names none."""

    def __init__(self, root: Path | None, clock: Clock) -> None:
        self._root = root
        self._clock = clock
        super().__init__()

    async def tree(self) -> Tree | Failure:
        """All files, linked folders left out. `switched-off` where no repository is named, `unavailable` where the
        folder is not there."""
        return await self._memory.once("tree", lambda: asyncio.to_thread(self._tree))

    async def text(self, path: str) -> str | Failure:
        """The beginning of one file (256 KiB), wrong octets replaced."""
        return await self._memory.once(("text", path), lambda: asyncio.to_thread(self._text, path))

    async def leaks(self, tell: Callable[[str], None]) -> Leaks | Failure:
        """The secrets in its files, builds and history; `tell` hears how far it is. `switched-off` where no repository
        is named, `unavailable` where it cannot be read, secrets.toml included."""
        return await self._memory.once("leaks", lambda: asyncio.to_thread(self._leaks, tell))

    async def environment(self) -> Reading | Failure:
        """What its environments are set to. `switched-off` where no repository is named, `unavailable` where the
        folder is not there."""
        return await self._memory.once("environment", lambda: asyncio.to_thread(self._environment))

    def _environment(self) -> Reading | Failure:
        from .environment import read

        tree = self._tree()
        return tree if isinstance(tree, Failure) else read(tree)

    def _leaks(self, tell: Callable[[str], None]) -> Leaks | Failure:
        from ..launch.allowed import AllowedFile
        from ..launch.problems import FileProblems, NewerFile
        from .leaks import search

        if self._root is None:
            return Failure(kind="switched-off", detail="the launch file names no repository")
        try:
            allowed = AllowedFile(self._root / AllowedFile.NAME).load()
        except (FileProblems, NewerFile, OSError) as why:
            return Failure(kind="unavailable", detail=str(why), target=AllowedFile.NAME)
        return search(self._root, allowed=allowed, now=self._clock.now(), tell=tell)

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
