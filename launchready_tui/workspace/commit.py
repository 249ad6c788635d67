"""Which commit a repository stands at, read from its files: no program of the repository's choosing is run."""

from __future__ import annotations

import re
from pathlib import Path

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_LONGEST = 4 * 1024 * 1024


def current_commit(folder: Path, branch: str = "") -> str:
    """The commit of a branch, here or as `origin` had it last, or of HEAD where none is named: 40 or 64 hex digits,
    empty where there is none to be read (gitrepository-layout(5))."""
    git = folder / ".git"
    if git.is_file():
        pointer = _read(git)
        if not pointer.startswith("gitdir:"):
            return ""
        git = folder / pointer.removeprefix("gitdir:").strip()
    if branch:
        here, there = f"refs/heads/{branch}", f"refs/remotes/origin/{branch}"
        return _commit_of(git, here) or _commit_of(git, there)
    head = _read(git / "HEAD")
    if not head.startswith("ref:"):
        return head if _COMMIT.match(head) else ""
    return _commit_of(git, head.removeprefix("ref:").strip())


def _commit_of(git: Path, ref: str) -> str:
    if not ref.startswith("refs/") or ".." in ref:
        return ""
    common = _read(git / "commondir")
    for place in (git, git / common) if common else (git,):
        loose = _read(place / ref)
        if _COMMIT.match(loose):
            return loose
        for line in _read(place / "packed-refs").splitlines():
            commit, _, name = line.partition(" ")
            if name == ref and _COMMIT.match(commit):
                return commit
    return ""


def _read(path: Path) -> str:
    try:
        if not path.is_file() or path.stat().st_size > _LONGEST:
            return ""
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError, ValueError):
        return ""
