"""A GitHub workflow that asks everything once: after a deploy, each day, and by hand. It is a smoke test and no
watch."""

from __future__ import annotations

from .plan import Plan

WARNING = (
    "GitHub starts scheduled workflows late, by hours at busy times, and drops some: this shows that a deploy "
    "works, it does not watch. "
    "Keep a monitor or `launchready watch` for outages."
)


def write(plan: Plan) -> str:
    """The file `.github/workflows/launchready-smoke.yml`."""
    names = [name for name in dict.fromkeys(target.login for target in plan.targets) if name]
    hosts = {target.login: target.host for target in plan.targets}
    variables = "".join(
        f"          {_variable(name)}: ${{{{ secrets.{_variable(name)} }}}}\n          {_variable(name)}_HOSTS: "
        f"{hosts[name]}\n"
        for name in names
    )
    env = f"        env:\n{variables}" if names else ""
    secrets = ", ".join(map(_variable, names)) or "none"
    return f"""# Asks every target of launchready.toml once: after a deploy, each morning, and by hand.
# {WARNING[: WARNING.index(": ")]}:
# {WARNING[WARNING.index(": ") + 2 :]}
# Made by `launchready watch export github-actions`. Secrets it needs: {secrets}.
name: launchready smoke

on:
  deployment_status:
  workflow_dispatch:
  schedule:
    - cron: "23 5 * * *"

permissions:
  contents: read

concurrency:
  group: launchready-smoke
  cancel-in-progress: false

jobs:
  smoke:
    if: github.event_name != 'deployment_status' || github.event.deployment_status.state == 'success'
    runs-on: ubuntu-latest
    timeout-minutes: 10
    steps:
      - uses: actions/checkout@v4
        with:
          persist-credentials: false
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install launchready-tui
      - name: ask every target once
{env}        run: launchready --trust watch --once
"""


def _variable(name: str) -> str:
    return "LAUNCHREADY_" + name.upper().replace("-", "_")
