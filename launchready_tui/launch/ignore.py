"""Keeps private files out of the user's repository: people.toml, .launchready/ and handover folders in the folder's
.gitignore."""

from __future__ import annotations

from pathlib import Path

from .atomic import CannotWrite, write_atomically
from .ours import standing

PRIVATE = ("people.toml", ".launchready/", "handover-*/", "handover-*.zip", ".people.toml.*.tmp", ".handover-*.tmp/")
"""What names people, and what a kill in the middle of writing it leaves."""


def _in_work_tree(folder: Path) -> bool:
    """Whether git looks after this folder: a `.git` here or further up (a folder, or a file in a worktree or
    submodule)."""
    return any((above / ".git").exists() for above in (folder.absolute(), *folder.absolute().parents))


def ignore_private(folder: Path) -> tuple[str, ...]:
    """Adds what is missing and returns it; nothing outside a git work tree. Raises CannotWrite."""
    if not _in_work_tree(folder):
        return ()
    path = folder / ".gitignore"
    try:
        standing(path)
    except OSError as why:
        raise CannotWrite(path, why) from why
    old = path.read_text("utf-8", "surrogateescape") if path.exists() else ""
    has = {line.strip().strip("/") for line in old.splitlines()}
    missing = tuple(entry for entry in PRIVATE if entry.strip("/") not in has)
    if missing:
        gap = "" if not old or old.endswith("\n") else "\n"
        new = (
            f"{old}{gap}# LaunchReady: names and contacts, what this machine has seen, what was handed over\n"
            + "".join(f"{entry}\n" for entry in missing)
        )
        write_atomically(path, new.encode("utf-8", "surrogateescape"))
    return missing
