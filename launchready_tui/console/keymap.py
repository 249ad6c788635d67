"""Keys of the user's own: keys.toml in the state folder, action ids to keys. What cannot be used is said; ctrl+q
always leaves."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path

from .actions import ACTIONS, BY_ID

NAME = "keys.toml"
ALWAYS = {"quit": "ctrl+q"}


def read(folder: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """The usable part of `[keys]` in folder/keys.toml, and a sentence for each line that is not."""
    path = folder / NAME
    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}, ()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as why:
        return {}, (f"{path}: {why}; the default keys stay",)
    keys = said.get("keys", {})
    if not isinstance(keys, dict):
        return {}, (f'{path}: `keys` must be a table of action ids and keys, such as "run.all" = "f5"',)
    return sift(keys)


def sift(wanted: Mapping[str, object]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Leaves out unknown ids, what is no key, and a key that another action has."""
    problems: list[str] = []
    chosen: dict[str, str] = {}
    for action, key in wanted.items():
        if action not in BY_ID:
            near = difflib.get_close_matches(action, BY_ID, n=1)
            problems.append(f"{NAME}: no action is called {action}" + (f"; did you mean {near[0]}?" if near else ""))
        elif not isinstance(key, str) or not key.strip():
            problems.append(f"{NAME}: {action} needs a key, such as f5 or ctrl+r")
        else:
            chosen[action] = key.strip()
    taken = {key: one.id for one in ACTIONS if one.id not in chosen for key in one.key.split(",")}
    usable: dict[str, str] = {}
    for action, key in chosen.items():
        other = next((taken[part] for part in key.split(",") if part in taken), "")
        if other:
            problems.append(
                f"{NAME}: {key} is already the key for {other}, so {action} keeps {BY_ID[action].key.partition(',')[0]}"
            )
            continue
        taken |= dict.fromkeys(key.split(","), action)
        usable[action] = f"{key},{ALWAYS[action]}" if action in ALWAYS and ALWAYS[action] not in key.split(",") else key
    return usable, tuple(problems)
