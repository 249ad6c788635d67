"""Git repositories that tests make: with the developer's own git, its configuration left out."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    **{
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Dev"), ("EMAIL", "dev@shop.example"))
    },
}


def git(folder: Path, *order: str, given: bytes = b"") -> str:
    """Runs git in a folder; what it says."""
    done = subprocess.run(
        ("git", "-C", str(folder), *order), input=given, capture_output=True, check=True, env=ENVIRONMENT
    )
    return done.stdout.decode("utf-8", "replace").strip()


def repository(folder: Path) -> Path:
    """An empty repository on the branch main."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    return folder


def write(folder: Path, files: dict[str, str | bytes]) -> None:
    """Writes files below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def commit(
    folder: Path,
    files: dict[str, str | bytes] | None = None,
    *,
    gone: tuple[str, ...] = (),
    at: int = 1_760_000_000,
    say: str = "work",
) -> str:
    """Commits files as they are given, and takes some away; the new commit's id."""
    write(folder, files or {})
    for name in gone:
        (folder / name).unlink()
    git(folder, "add", "-A")
    when = f"{at} +0000"
    subprocess.run(
        ("git", "-C", str(folder), "commit", "-q", "--allow-empty", "-m", say),
        check=True,
        capture_output=True,
        env=ENVIRONMENT | {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when},
    )
    return git(folder, "rev-parse", "HEAD")
