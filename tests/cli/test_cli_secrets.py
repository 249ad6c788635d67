"""`launchready secrets`: what it prints, its exit codes, and that no value leaves it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from cliff import Program, clean_environment
from repos import commit, git, repository, write

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed on this machine")
LIVE = "sk_" + "live_" + "51HxQ9vBn4mTz7LpKc2RdYwEaGj8uFs"


@pytest.fixture
def program(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Program:
    clean_environment(monkeypatch, tmp_path / "state")
    return Program(capsys, tmp_path)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = repository(tmp_path / "shop")
    commit(folder, {"pay.py": f'K = "{LIVE}"\n'})
    commit(folder, {"old.py": f'K = "{LIVE}"\n'})
    commit(folder, {"old.py": "import os\n"})
    return folder


def test_scan_prints_place_rule_and_what_to_do(program: Program, shop: Path) -> None:
    answer = program("secrets", "scan", str(shop))
    assert answer.code == 1 and "pay.py:1: Stripe-style live secret key" in answer.out
    assert "old.py" not in answer.out and "replace it at https://dashboard.stripe.com/apikeys" in answer.out
    assert LIVE not in answer.out + answer.err
    history = program("secrets", "scan", str(shop), "--history")
    assert history.code == 1 and "old.py:1 in " in history.out and "2 secrets to replace" in history.out


def test_scan_of_what_is_staged_and_of_what_came_since(program: Program, shop: Path) -> None:
    write(shop, {"new.py": f'K = "{LIVE}"\n'})
    assert program("secrets", "scan", str(shop), "--staged").code == 0
    git(shop, "add", "new.py")
    assert program("secrets", "scan", str(shop), "--staged").code == 1
    assert program("secrets", "scan", str(shop), "--since", "HEAD").code == 0
    assert program("secrets", "scan", str(shop), "--since", "HEAD~2").code == 1
    gone = program("secrets", "scan", str(shop), "--since", "nowhere")
    assert gone.code == 3 and "has no commit nowhere" in gone.err
    assert program("secrets", "scan", str(shop), "--since", "HEAD", "--staged").code == 2


def test_json_and_sarif_carry_no_value(program: Program, shop: Path, tmp_path: Path) -> None:
    report = json.loads(program("secrets", "scan", str(shop), "--format", "json").out)
    assert [(row["path"], row["line"], row["blocks"]) for row in report["found"]] == [("pay.py", 1, True)]
    target = tmp_path / "out.sarif"
    program("secrets", "scan", str(shop), "--format", "sarif", "--out", str(target))
    sarif = json.loads(target.read_text())
    (result,) = sarif["runs"][0]["results"]
    assert sarif["version"] == "2.1.0" and result["ruleId"] == "stripe-secret" and result["level"] == "error"
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}
    assert LIVE not in target.read_text() + json.dumps(report)


def test_allow_writes_a_salted_entry_that_scan_obeys(program: Program, shop: Path) -> None:
    order = (
        "secrets",
        "allow",
        "pay.py",
        "--rule",
        "stripe-secret",
        "--reason",
        "rotated",
        "--by",
        "ann",
        "--in",
        shop,
    )
    assert program(*order).code == 0 and program(*order).code == 0
    text = (shop / "secrets.toml").read_text()
    assert LIVE not in text and text.count("[[allowed]]") == 1 and 'reason = "rotated"' in text
    answer = program("secrets", "scan", str(shop))
    assert answer.code == 0 and "passes: rotated" in answer.out
    late = program("secrets", "scan", str(shop), "--now", "2030-01-01T00:00:00Z")
    assert late.code == 1 and "its time in secrets.toml is over" in late.out


def test_allow_refuses_what_is_not_there_and_a_broken_file(program: Program, shop: Path) -> None:
    order = ("secrets", "allow", "none.py", "--rule", "stripe-secret", "--reason", "x", "--by", "ann", "--in", shop)
    answer = program(*order)
    assert answer.code == 2 and "no find of stripe-secret in none.py" in answer.err
    (shop / "secrets.toml").write_text("schema = 1\nallowed = 3\n")
    broken = program("secrets", "scan", str(shop))
    assert broken.code == 2 and "secrets.toml: allowed" in broken.err


def test_a_folder_without_git(program: Program, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": f'K = "{LIVE}"\n'})
    answer = program("secrets", "scan", str(tmp_path))
    assert answer.code == 1 and "not searched: the whole history" in answer.err
    assert program("secrets", "scan", str(tmp_path), "--history").code == 3
