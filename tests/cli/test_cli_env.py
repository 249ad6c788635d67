"""`launchready env check`: an environment before its release, from files or a pipe."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from cliff import Program, clean_environment
from repos import write

WORD = "kR7v" + "Qm2xTb9Wz4Lp"
DATABASE = f"DATABASE_URL=postgres://app:{WORD}@db.shop.test/shop\n"


@pytest.fixture
def program(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Program:
    clean_environment(monkeypatch, tmp_path / "state")
    write(tmp_path / "shop", {".env.example": "DATABASE_URL=\nMAIL_FROM=\n", ".env.staging": DATABASE})
    return Program(capsys, tmp_path)


def test_what_is_piped_in_is_compared_with_the_folder(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    piped = io.TextIOWrapper(io.BytesIO(f"{DATABASE}DEBUG=1\n".encode()))
    monkeypatch.setattr("sys.stdin", piped)
    answer = program("env", "check", tmp_path / "shop", "--from", "-")
    assert answer.code == 1 and WORD not in answer.out + answer.err
    assert "DATABASE_URL: the same in staging (standard input:1)" in answer.out
    assert "DEBUG: debug mode is on (standard input:2)" in answer.out
    assert "MAIL_FROM: listed in .env.example, not set (standard input)" in answer.out


def test_a_fit_environment_and_json(program: Program, tmp_path: Path) -> None:
    write(tmp_path, {"out.env": DATABASE.replace("db.shop", "db.live.shop") + "MAIL_FROM=a@shop.test\n"})
    order = ("env", "check", tmp_path / "shop", "--from", tmp_path / "out.env")
    assert program(*order).code == 0
    report = json.loads(program(*order, "--format", "json").out)
    assert report == {"schema": 1, "environment": "production", "settings": 2, "troubles": []}


def test_without_settings_it_says_how_to_give_them(program: Program, tmp_path: Path) -> None:
    answer = program("env", "check", tmp_path / "shop")
    assert answer.code == 3 and "--from -" in answer.err
    staging = program("env", "check", tmp_path / "shop", "--env", "staging")
    assert staging.code == 1 and "MAIL_FROM" in staging.out
    assert program("env", "check", tmp_path / "shop", "--from", tmp_path / "gone").code == 3
