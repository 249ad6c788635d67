"""Keys of the user's own: used where they can be, said where not, and never a console that cannot be left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from screen import lines, press, until

from launchready_tui.console.keymap import read, sift


@pytest.mark.parametrize(
    ("wanted", "usable", "said"),
    [
        ({"run.all": "f5"}, {"run.all": "f5"}, ""),
        ({"run.al": "f5"}, {}, "did you mean run.all?"),
        ({"run.all": ""}, {}, "needs a key"),
        ({"run.all": 5}, {}, "needs a key"),
        ({"run.all": "x"}, {}, "x is already the key for go.fixes, so run.all keeps R"),
        ({"run.all": "x", "go.fixes": "f6"}, {"run.all": "x", "go.fixes": "f6"}, ""),
        ({"run.all": "f5", "run.stale": "f5"}, {"run.all": "f5"}, "f5 is already the key for run.all"),
        ({"quit": "f10"}, {"quit": "f10,ctrl+q"}, ""),
    ],
)
def test_sift(wanted: dict[str, object], usable: dict[str, str], said: str) -> None:
    keys, problems = sift(wanted)
    assert keys == usable
    assert (said in problems[0]) if said else not problems


@pytest.mark.parametrize(
    ("text", "said"), [("[keys", "the default keys stay"), ('keys = "f5"', "must be a table"), ("", "")]
)
def test_broken_files_are_said(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "keys.toml").write_text(text)
    keys, problems = read(tmp_path)
    assert not keys and (said in problems[0] if said else not problems)


def test_no_file_is_fine(tmp_path: Path) -> None:
    assert read(tmp_path) == ({}, ())


async def test_the_keys_work_and_are_shown(make: Any, tmp_path: Path) -> None:
    (tmp_path / "keys.toml").write_text('[keys]\n"go.fixes" = "f6"\n"next" = "f9"\n"nothing" = "f7"\n')
    app = make()
    app.use_keys(*read(tmp_path))
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "no action is called nothing" in app.last_said)
        await until(pilot, lambda: "f6 fix order" in lines(app)[-1].lower())
        await press(pilot, "x")
        assert app.current_mode == "overview", "the old key does nothing any more"
        await press(pilot, "f6")
        await until(pilot, lambda: app.current_mode == "fixes")
