"""The contracts between the rooms (`[tool.importlinter]`) are kept, and each catches what it is there to catch: a copy
of the package with one trespass in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent
LAYERS = "Facts flow one way"
CIRCLES = "No circles"
OWNERS = "Each library has one owner"
LAB = "The lab is a separate program"
LINT = "from importlinter.cli import lint_imports_command as lint; lint()"


def lint(folder: Path) -> tuple[tuple[str, ...], str]:
    """The contracts that do not hold for the package in a folder, by the first words of their names, and all that
    lint-imports prints."""
    done = subprocess.run(
        (sys.executable, "-P", "-c", LINT, "--cache-dir", str(folder / "cache")),
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Contracts: " in done.stdout, done.stdout + done.stderr
    broken = tuple(
        name
        for name in (LAYERS, CIRCLES, OWNERS, LAB)
        if any(line.startswith(name) and " BROKEN" in line for line in done.stdout.splitlines())
    )
    assert (done.returncode != 0) == bool(broken), done.stdout
    return broken, done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's modules and its contracts, in a folder of their own."""
    folder = tmp_path_factory.mktemp("rooms")
    python_only = shutil.ignore_patterns("__pycache__", "*.toml", "*.tcss", "*.txt", "*.json", "*.svg")
    shutil.copytree(ROOT / "launchready_tui", folder / "launchready_tui", ignore=python_only)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def written(contract: str) -> dict[str, list[str]]:
    """A contract as pyproject.toml has it."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    found: dict[str, list[str]] = next(one for one in contracts if one["name"].startswith(contract))
    return found


def test_all_are_kept(copy: Path) -> None:
    assert lint(copy)[0] == ()


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("verdict.report.trespass", "import textual", OWNERS),
        ("mail.auth.trespass", "import dns.resolver", OWNERS),
        ("mail.box.trespass", "def late() -> None:\n    import keyring", OWNERS),
        ("checks.trespass", "import h11", OWNERS),
        ("vault.trespass", "from cryptography import x509", OWNERS),
        ("trespass", "from .cli import say", LAYERS),
        ("trespass", "def late() -> None:\n    from .console import app", LAYERS),
        ("lab.trespass", "from ..text import clean", LAB),
        ("wire.errors", "from . import tcp", CIRCLES),
    ],
)
def test_a_trespass_is_caught(copy: Path, module: str, line: str, contract: str) -> None:
    path = copy / "launchready_tui" / f"{module.replace('.', '/')}.py"
    before = path.read_text() if path.exists() else None
    path.write_text(f"{line}\n{before or ''}".replace("from __future__ import annotations\n", ""))
    try:
        assert lint(copy)[0] == (contract,)
    finally:
        path.unlink() if before is None else path.write_text(before)


def test_no_library_is_free_for_all(copy: Path) -> None:
    """Each of them in a room that owns none."""
    trespasses = {
        copy / "launchready_tui" / "trials" / f"takes_{name}.py": name for name in written(OWNERS)["forbidden_modules"]
    }
    for path, name in trespasses.items():
        path.write_text(f"import {name}\n")
    try:
        broken, said = lint(copy)
        assert broken == (OWNERS,)
        for path, name in trespasses.items():
            assert f"launchready_tui.trials.{path.stem} -> {name} " in said, name
    finally:
        for path in trespasses:
            path.unlink()


def test_every_library_has_its_owners_written_down() -> None:
    """msgspec is the words that all rooms speak; whatever else comes from outside has a line in the table."""
    graph = grimp.build_graph("launchready_tui", include_external_packages=True, cache_dir=None)
    used = {name for name in graph.modules if not name.startswith("launchready_tui")} - sys.stdlib_module_names
    assert used - {"msgspec"} == set(written(OWNERS)["forbidden_modules"])


def test_the_tour_goes_through_every_room() -> None:
    tour = [line.split("|")[1] for line in (ROOT / "CONTRIBUTING.md").read_text().splitlines() if line.startswith("|")]
    shown = {word.strip("`").split("/")[0] for cell in tour for word in cell.split()}
    rooms = {room for layer in written(LAYERS)["layers"] for room in layer.split(" : ")} - {"__main__"}
    assert rooms <= shown
