"""The repository that a folder lies in, read from its files: no program is run, and nothing of an address but the name
is taken."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from ...launch.model import Repository

_LONGEST = 256 * 1024
_NAME = re.compile(r"/*([A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}?)(?:\.git)?/*")
_SECTION = re.compile(r'\[remote "((?:[^"\\]|\\.)*)"\]', re.IGNORECASE)
_URL = re.compile(r'url\s*=\s*"?([^"\s]+)"?', re.IGNORECASE)
_BRANCH = re.compile(r"\w[\w./+#-]*", re.ASCII)
_HOSTS = ("github.com", "www.github.com", "ssh.github.com")


def find_repository(folder: Path) -> Repository | None:
    """The git repository around a folder, as the launch file names it; None where there is none.

    A home folder that is kept in git is no product: it counts only for itself.
    """
    here = folder.resolve()
    root = next((one for one in (here, *here.parents) if _git(one) is not None), None)
    if root is None or (root == Path.home().resolve() and root != here):
        return None
    git = _git(root)
    assert git is not None
    path = Path(os.path.relpath(root, here)).as_posix()
    github = next(filter(None, map(github_name, _remotes(git))), "")
    return Repository(path=path, branch=_branch(git), github=github)


def _branch(git: Path) -> str:
    """The branch that `origin` calls its own, else the one that is checked out; empty where neither is named."""
    for file, start in (("refs/remotes/origin/HEAD", "ref: refs/remotes/origin/"), ("HEAD", "ref: refs/heads/")):
        said = _read(git / file).strip()
        if said.startswith(start) and _BRANCH.fullmatch(name := said.removeprefix(start)):
            return name
    return ""


def github_name(url: str) -> str:
    """OWNER/NAME of a remote at GitHub, by https, ssh, git or as git@github.com:OWNER/NAME; empty for any other."""
    short = re.fullmatch(r"(?:[^@/:]+@)?([A-Za-z0-9.-]+):(?!//)(.+)", url)
    if short:
        host, path = short[1], short[2]
    else:
        try:
            parts = urlsplit(url)
        except ValueError:
            return ""
        host, path = parts.hostname or "", parts.path
    found = _NAME.fullmatch(path)
    return found[1] if found and host.lower() in _HOSTS else ""


def _git(root: Path) -> Path | None:
    """The folder with a repository's config; None where there is none. That of a worktree or submodule is named by a
    file (gitrepository-layout(5))."""
    git = root / ".git"
    if git.is_file():
        pointer = _read(git).strip()
        if not pointer.startswith("gitdir:"):
            return None
        git = root / pointer.removeprefix("gitdir:").strip()
        if common := _read(git / "commondir").strip():
            git /= common
    return git if (git / "HEAD").is_file() else None


def _remotes(git: Path) -> list[str]:
    """The addresses of its remotes, that of `origin` first."""
    found: list[tuple[bool, str]] = []
    name: str | None = None
    for line in map(str.strip, _read(git / "config").splitlines()):
        if line.startswith("["):
            section = _SECTION.match(line)
            name = section[1] if section else None
        elif name is not None and (url := _URL.match(line)):
            found.append((name != "origin", url[1]))
    return [url for _, url in sorted(found, key=lambda one: one[0])]


def _read(path: Path) -> str:
    """A small text file; empty where it cannot be read."""
    try:
        return path.read_text("utf-8", "replace") if path.stat().st_size <= _LONGEST else ""
    except (OSError, ValueError):
        return ""
