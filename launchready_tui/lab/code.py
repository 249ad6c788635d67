"""The marketplace's code as its team has it on a machine: a git repository of a handful of files, and what some flaws
put among them or into its history."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path

from ..launch.atomic import write_atomically

FOLDER = "code"
_FIRST_COMMIT = 1_767_600_000
_WHO = {"NAME": "Demo Market", "EMAIL": "team@demo-market.test"}
# Shapes only: they open nothing, and stand nowhere in one piece.
_LIVE = "sk_" + "live_" + "51Mq7RkTzWv4BxYp9LnC2sHdEa"
_TEST = "sk_" + "test_" + "51Mq7RkTzWv4BxYp9LnC2sHdEa"
_WORD = "kR7v" + "Qm2xTb9W"
_MAIL = "SG" + ".x7Kq2mVbT9aWc4ZrLp8dNe" + ".Qf6Jt1Yh3Us5Ig7Ob9Pv2Xk4Cw6Rm8Ln0Ed1Az3Gy5T"
_PAY = f'import os\n\n# Moves to the environment before the launch.\nKEY = "{_LIVE}"\n'
_SETTINGS = 'import os\n\nMAIL_KEY = os.environ["MAIL_KEY"]\n'
_COMPOSE = "services:\n  market:\n    build: .\n  events:\n    image: apache/kafka:4.1.0\n"
_WORKFLOW = """on: [push, pull_request]
permissions:
  contents: read
jobs:
  checks:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: python -m pytest
      - run: launchready secrets scan --history
"""
_GREETING = '      - run: echo "Thanks for ${{ github.event.pull_request.title }}"\n'
_FILES: dict[str, str] = {
    "README.md": "# Demo Market\n\nOne program, one database. `make run` starts both.\n",
    "Makefile": "run:\n\tpython -m market\n",
    "pyproject.toml": '[project]\nname = "demo-market"\nversion = "1.0.0"\ndependencies = ["h11"]\n',
    ".gitignore": ".env\n.env.*\ndist/\n",
    ".github/workflows/checks.yml": _WORKFLOW,
    "deploy/production.tpl": "DATABASE_URL=op://market/production/database\n",
    "market/settings.py": _SETTINGS,
    "market/__main__.py": 'print("The market listens.")\n',
    "web/package.json": json.dumps(
        {"name": "demo-market-web", "private": True, "scripts": {"build": "esbuild app.js"}}, indent=2
    )
    + "\n",
}
# What git ignores: settings of each environment, as they lie on the engineer's machine.
_KEPT: dict[str, str] = {
    ".env": f"DATABASE_URL=postgres://market:{_WORD}1@db.dev.demo-market.test/market\nDEBUG=1\n",
    ".env.staging": f"DATABASE_URL=postgres://market:{_WORD}2@db.staging.demo-market.test/market\n",
    ".env.production": "DATABASE_URL=op://market/production/database\nDEBUG=0\n",
}
# Flaw, file, and what it holds while the flaw is on.
_FLAWED: tuple[tuple[str, str, str], ...] = (
    ("events-machinery", "compose.yaml", _COMPOSE),
    ("committed-key", "market/pay.py", _PAY),
    ("no-secret-gate", ".github/workflows/checks.yml", _WORKFLOW.rpartition("      - run")[0]),
    ("injected-title", ".github/workflows/checks.yml", _WORKFLOW + _GREETING),
    ("shared-database", ".env.production", _KEPT[".env.staging"] + "DEBUG=0\n"),
    ("debug-in-production", ".env.production.local", "DEBUG=1\n"),
    ("test-key-in-production", ".env.prod", f"STRIPE_SECRET_KEY={_TEST}\n"),
)
# Flaw, file, and what an older commit held in it.
_FORMER: tuple[tuple[str, str, str], ...] = (("key-in-history", "market/settings.py", f'MAIL_KEY = "{_MAIL}"\n'),)


def write(folder: Path, flaws: Collection[str]) -> None:
    """Makes the folder hold the code as these flaws have it, committed where git is installed; other files there are
    left alone. Raises OSError."""
    wanted = _FILES | _KEPT | {path: text for flaw, path, text in _FLAWED if flaw in flaws}
    for path, text in wanted.items():
        place = folder / path
        if not place.exists() or place.read_text("utf-8") != text:
            place.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(place, text)
    for _, path, text in _FLAWED:
        place = folder / path
        if path not in wanted and place.exists() and place.read_text("utf-8") == text:
            place.unlink()
    if shutil.which("git"):
        former = {path: text for flaw, path, text in _FORMER if flaw in flaws}
        tracked = {path: text for path, text in wanted.items() if not path.startswith(".env")}
        _record(folder, [_FILES | former, tracked] if former else [tracked])


def _record(folder: Path, states: list[dict[str, str]]) -> None:
    """Makes the repository hold these states, one a commit, and no others: the same ones give the same commits. The
    files of the folder are not touched."""
    git = folder / ".git"
    new = folder / ".git.new"
    shutil.rmtree(new, ignore_errors=True)
    _git(folder, new, "init", "-q", "-b", "main")
    commit = ""
    for number, files in enumerate(states):
        rows = "".join(
            f"100644 {_git(folder, new, 'hash-object', '-w', '--stdin', given=text)} 0\t{path}\n"
            for path, text in sorted(files.items())
        )
        _git(folder, new, "read-tree", "--empty")
        _git(folder, new, "update-index", "--add", "--index-info", given=rows)
        tree = _git(folder, new, "write-tree")
        parents = ("-p", commit) if commit else ()
        commit = _git(folder, new, "commit-tree", tree, *parents, "-m", "Work on the market", number=number)
    if (git / "refs/heads/main").is_file() and (git / "refs/heads/main").read_text().strip() == commit:
        shutil.rmtree(new)
        return
    _git(folder, new, "update-ref", "refs/heads/main", commit)
    shutil.rmtree(git, ignore_errors=True)
    new.rename(git)


def _git(folder: Path, place: Path, *order: str, given: str = "", number: int = 0) -> str:
    when = f"{_FIRST_COMMIT + number * 3600} +0000"
    who = {f"GIT_{one}_{what}": value for one in ("AUTHOR", "COMMITTER") for what, value in _WHO.items()}
    done = subprocess.run(
        ("git", *order),
        cwd=folder,
        input=given.encode(),
        capture_output=True,
        check=False,
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": os.devnull,
            "LC_ALL": "C",
            "GIT_DIR": str(place.absolute()),
            "GIT_WORK_TREE": str(folder.absolute()),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_AUTHOR_DATE": when,
            "GIT_COMMITTER_DATE": when,
            **who,
        },
    )
    if done.returncode:
        raise OSError(f"git {order[0]} failed: {done.stderr.decode('utf-8', 'replace').strip()}")
    return done.stdout.decode().strip()
