"""The monthly comparison as a CI job: a workflow and the data it compares with, both to be committed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from ..launch.atomic import write_once
from ..launch.ours import make_folder
from ..persons import fields_of, is_about
from .data import InventoryHere
from .drift import Handed
from .profile import NAMES_SOMEONE, SOMEONE, without

WORKFLOW = Path(".github") / "workflows" / "launchready-drift.yml"
BASELINE = "handover-baseline.json"


def write(folder: Path, handed: Handed) -> tuple[Path, ...]:
    """Both files. Raises FileExistsError where one is there already, CannotWrite."""
    written = (folder / BASELINE, folder / WORKFLOW)
    for path in written:
        if path.exists():
            raise FileExistsError(f"{path} already exists and was not overwritten. Delete it to create a new one")
    make_folder((folder / WORKFLOW).parent)
    write_once(folder / BASELINE, json.dumps(baseline(handed), indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    write_once(folder / WORKFLOW, _YAML.replace("@BASELINE@", BASELINE))
    return written


def baseline(handed: Handed) -> dict[str, Any]:
    """The folder's data without people: it is committed. What names people is left out, so it is not compared; nor are
    the checks of people and inventory, which are not there where it is compared."""
    made = {**handed.data, "profile": "team", "people": [], "signed": [], "documents": [], "fixes": []}
    inventory = handed.data.get("inventory")
    tables = inventory if isinstance(inventory, dict) else {}
    called = dict.fromkeys(_called(handed.data, tables), SOMEONE)

    def text(value: Any) -> Any:
        if isinstance(value, str):
            return value if without(value, called) == value else NAMES_SOMEONE
        if isinstance(value, list):
            return [text(one) for one in value]
        return {key: text(one) for key, one in value.items()} if isinstance(value, dict) else value

    made["inventory"] = {
        name: [] if is_about(kind) else [text(_unnamed(row, kind)) for row in _dicts(tables.get(name))]
        for name, kind in _TABLES.items()
    } | {"plan": {}}
    made["hosts"] = [{**text(row), "owner": ""} for row in _dicts(made.get("hosts"))]
    made["findings"] = [
        {**row, "owner": "", "decision": None}
        for row in _dicts(made.get("findings"))
        if row.get("people") == [] and not _of_papers(row)
    ]
    made["checks"] = [
        {**row, "owner": "", "confirmed_by": "", "confirmation": ""}
        for row in _dicts(made.get("checks"))
        if not _of_papers(row)
    ]
    return made


_TABLES: dict[str, type[Any]] = {
    name: get_args(hint)[0] for name, hint in get_type_hints(InventoryHere).items() if get_origin(hint) is list
}


def _called(made: dict[str, Any], tables: dict[str, Any]) -> Iterator[str]:
    """What texts may call people: ids, names and ways to reach them, as far as the folder knows them."""
    for row in _dicts(made.get("people")):
        yield from (str(row.get(name, "")) for name in ("id", "name", "contact", "second_contact"))
    for name, kind in _TABLES.items():
        for row in _dicts(tables.get(name)):
            yield from (str(row.get(field, "")) for field in fields_of(kind))


def _unnamed(row: dict[str, Any], kind: type[Any]) -> dict[str, Any]:
    return {name: "" if name in fields_of(kind) else value for name, value in row.items()}


def _of_papers(row: dict[str, Any]) -> bool:
    return str(row.get("check", "")).startswith("handover.")


def _dicts(rows: Any) -> list[dict[str, Any]]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


_YAML = """# Once a month: is the product still as it was handed over? Changes are filed as an issue,
# which GitHub mails to everyone who watches the repository.
# Written by `launchready drift --write-ci`. SLACK_WEBHOOK (optional secret) receives the headline.
name: handover drift

on:
  schedule:
    - cron: "17 6 1 * *"
  workflow_dispatch:

permissions:
  contents: read
  issues: write

jobs:
  drift:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
      - uses: actions/checkout@v4
        with:
          persist-credentials: false
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install launchready-tui
      - id: compare
        run: |
          code=0
          launchready drift @BASELINE@ --trust --format markdown --out drift.md || code=$?
          echo "code=$code" >> "$GITHUB_OUTPUT"
          test -f drift.md && cat drift.md >> "$GITHUB_STEP_SUMMARY"
          # 1 means that something changed; anything higher, that the comparison failed.
          test "$code" -le 1
      - if: steps.compare.outputs.code == '1'
        env:
          GH_TOKEN: ${{ github.token }}
        run: gh issue create --title "$(head -n 1 drift.md | cut -c 3-)" --body-file drift.md
      - if: steps.compare.outputs.code == '1'
        env:
          SLACK_WEBHOOK: ${{ secrets.SLACK_WEBHOOK }}
        run: |
          test -n "$SLACK_WEBHOOK" || exit 0
          head -n 1 drift.md | cut -c 3- > headline.txt
          python3 -c 'import json; print(json.dumps({"text": open("headline.txt").read().strip()}))' > message.json
          curl --fail --silent --show-error -H "Content-Type: application/json" --data @message.json "$SLACK_WEBHOOK"
"""
