"""The monthly comparison as a CI job: a workflow and the data it compares with, both to be committed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..launch.atomic import write_once
from .drift import Handed

WORKFLOW = Path(".github") / "workflows" / "launchready-drift.yml"
BASELINE = "handover-baseline.json"
_PRIVATE = (
    "account_owner",
    "billing_owner",
    "recovery_contact",
    "owner",
    "rehearsed_by",
    "decider",
    "person",
    "deputy",
)


def write(folder: Path, handed: Handed) -> tuple[Path, ...]:
    """Both files. Raises FileExistsError where one is there already, CannotWrite."""
    written = (folder / BASELINE, folder / WORKFLOW)
    for path in written:
        if path.exists():
            raise FileExistsError(f"{path} is there already and is not overwritten; delete it to have it made anew")
    (folder / WORKFLOW).parent.mkdir(parents=True, exist_ok=True)
    write_once(folder / BASELINE, json.dumps(baseline(handed), indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    write_once(folder / WORKFLOW, _YAML.replace("@BASELINE@", BASELINE))
    return written


def baseline(handed: Handed) -> dict[str, Any]:
    """The folder's data without people: it is committed. What names people is left out, so it is not compared."""
    made = {**handed.data, "profile": "team", "people": [], "signed": []}
    inventory = made.get("inventory")
    if isinstance(inventory, dict):
        nothing: dict[str, Any] = {"access": [], "contacts": [], "duties": [], "plan": {}}
        made["inventory"] = {name: _without(rows) for name, rows in inventory.items()} | nothing
    made["documents"] = []
    made["hosts"] = [{**row, "owner": ""} for row in _dicts(made.get("hosts"))]
    # What the inventory checks said names people by id, and so do decisions.
    made["findings"] = [
        {**row, "owner": "", "decision": None} for row in _dicts(made.get("findings")) if not _of_people(row)
    ]
    made["checks"] = [
        {**row, "owner": "", "confirmed_by": "", "confirmation": ""}
        for row in _dicts(made.get("checks"))
        if not _of_people(row)
    ]
    return made


def _of_people(row: dict[str, Any]) -> bool:
    return str(row.get("check", "")).startswith("handover.") or str(row.get("rule", "")).endswith("confirmed")


def _dicts(rows: Any) -> list[dict[str, Any]]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _without(rows: Any) -> Any:
    if not isinstance(rows, list):
        return rows
    return [{name: "" if name in _PRIVATE else value for name, value in row.items()} for row in _dicts(rows)]


_YAML = """# Once a month: is the product still as it was handed over? What changed becomes an issue,
# which GitHub mails to whoever watches.
# Written by `launchready drift --write-ci`. Secrets: SLACK_WEBHOOK (optional) gets the first line as well.
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
          # 1 says that something changed; anything above, that nothing could be compared.
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
