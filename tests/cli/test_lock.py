"""requirements.lock holds all that pyproject.toml asks for, by hash, and names no place to fetch it from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "requirements.lock").read_text()
PINS = {
    canonicalize_name(name): version
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==(\S+)(?: ; .*)? \\$", LOCK, re.MULTILINE)
}
WANTED = [
    Requirement(one)
    for one in (
        *PROJECT["dependencies"],
        *(one for extra in PROJECT["optional-dependencies"].values() for one in extra),
    )
    if not one.startswith("launchready-tui[")
]


@pytest.mark.parametrize("wanted", WANTED, ids=str)
def test_what_is_asked_for_is_pinned_to_a_version_that_will_do(wanted: Requirement) -> None:
    version = PINS.get(canonicalize_name(wanted.name))
    assert version is not None, f"{wanted.name} is not in requirements.lock: make it anew (CONTRIBUTING.md)"
    assert wanted.specifier.contains(version, prereleases=True)


def test_what_builds_the_package_is_pinned_too() -> None:
    (backend,) = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    wanted = Requirement(backend)
    assert wanted.specifier.contains(PINS[canonicalize_name(wanted.name)])


def test_every_pin_has_its_hashes_and_there_is_nothing_else() -> None:
    kinds = re.compile(r"[A-Za-z0-9._-]+==\S+(?: ; .*)? \\|    --hash=sha256:[0-9a-f]{64}(?: \\)?|    #.*")
    assert [line for line in LOCK.splitlines() if not kinds.fullmatch(line)] == []
    assert len(re.findall(r"==\S+(?: ; .*)? \\\n    --hash=", LOCK)) == len(PINS) > 80
    assert not re.search(r"https?:|/|--index|-c ", LOCK.replace("sha256:", "").replace("(pyproject.toml)", ""))
