"""deploy.ci: workflows as their authors write them, and what strangers could do with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_outside import found, launch, said
from fake_world import AuditWorld
from repos import write

from launchready_tui.checks.deploy import ci
from launchready_tui.launch.model import Repository as Named
from launchready_tui.world.repository import Repository

FILE = ".github/workflows/ci.yml"
GOOD = """name: ci
on:
  pull_request:
  push: {branches: [main]}
permissions: {contents: read}
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: test
        run: |
          npm ci
          npm test -- --ci
      - uses: gitleaks/gitleaks-action@%s
""" % ("0" * 40)


async def rules(folder: Path, files: dict[str, str]) -> dict[str, str]:
    """Rule to answer; of those that speak of a file, that of the only one."""
    folder.mkdir(exist_ok=True)
    write(folder, dict(files))
    world = AuditWorld(launch(repository=Named(path=str(folder))))
    world.repository = Repository(folder, world.clock)
    findings = await found(ci.ci, world)
    return {rule: said(findings, rule, subject) for rule, subject in findings}


async def test_a_good_workflow_has_no_fault(tmp_path: Path) -> None:
    assert await rules(tmp_path, {FILE: GOOD}) == {"tests": "pass", "gate": "pass"}


TESTS = (
    "pytest -q",
    "npm run test",
    "pnpm test",
    "go test ./...",
    "cargo test",
    "bundle exec rspec",
    "python manage.py test",
)
NO_TESTS = ("npm run build", "echo testing", "go vet ./...", "flutter build apk")


@pytest.mark.parametrize("command", TESTS)
async def test_what_runs_tests(command: str, tmp_path: Path) -> None:
    text = f"on: push\njobs:\n  a:\n    steps:\n      - run: {command}\n"
    assert (await rules(tmp_path, {FILE: text}))["tests"] == "pass"


@pytest.mark.parametrize("command", NO_TESTS)
async def test_what_runs_none(command: str, tmp_path: Path) -> None:
    text = f"on: push\njobs:\n  a:\n    steps:\n      - run: {command}\n"
    assert (await rules(tmp_path, {FILE: text}))["tests"] == "fail high"


@pytest.mark.parametrize(
    "on",
    [
        "on: schedule\n",
        "on:\n  workflow_dispatch:\n",
        "on: [release, workflow_dispatch]\n",
        "'on':\n  - schedule # push\n",
    ],
)
async def test_tests_that_no_change_starts_do_not_count(on: str, tmp_path: Path) -> None:
    text = f"{on}jobs:\n  a:\n    steps:\n      - run: pytest\n      - run: launchready secrets scan\n"
    found_here = await rules(tmp_path, {FILE: text})
    assert found_here == {"tests": "fail high", "gate": "warn medium"}


@pytest.mark.parametrize(
    "on", ["on: push", '"on": [push]', "on:\n- pull_request", "on:\n  push:\n    branches: [main]"]
)
async def test_every_way_to_write_the_events(on: str, tmp_path: Path) -> None:
    text = f"# {on[:3]}\n{on}\njobs:\n  a:\n    steps:\n      - run: pytest\n"
    assert (await rules(tmp_path, {FILE: text}))["tests"] == "pass"


async def test_tests_whose_failure_does_not_count(tmp_path: Path) -> None:
    assert (await rules(tmp_path, {FILE: GOOD + "        continue-on-error: true\n"}))["tests"] == "fail high"


FAULTS = {
    "head-checkout": (
        GOOD.replace("  pull_request:\n", "  pull_request_target:\n").replace(
            "checkout@v4\n", "checkout@v4\n        with:\n          ref: ${{ github.event.pull_request.head.sha }}\n"
        ),
        "fail blocker",
    ),
    "injection": (GOOD + '      - run: echo "${{ github.event.issue.title }}"\n', "fail high"),
    "write-all": (GOOD.replace("{contents: read}", "write-all"), "warn medium"),
    "unpinned": (GOOD.replace("0" * 40, "v2"), "warn low"),
}
NEAR = {
    "head-checkout": GOOD.replace(
        "checkout@v4\n", "checkout@v4\n        with:\n          ref: ${{ github.head_ref }}\n"
    ),
    "injection": GOOD
    + "      - name: ${{ github.event.issue.title }}\n        env:\n          T: ${{ github.head_ref }}\n"
    '        run: echo "$T ${{ github.sha }} ${{ github.event.issue.number }}"\n',
    "write-all": GOOD.replace("{contents: read}", "{contents: write}"),
    "unpinned": GOOD + "      - uses: ./.github/actions/own@main\n      - uses: actions/cache@v4\n",
}


@pytest.mark.parametrize("rule", FAULTS)
async def test_what_strangers_can_use(rule: str, tmp_path: Path) -> None:
    text, answer = FAULTS[rule]
    assert (await rules(tmp_path / "bad", {FILE: text}))[rule] == answer
    assert rule not in await rules(tmp_path / "near", {FILE: NEAR[rule]})


@pytest.mark.parametrize(
    "line",
    [
        "run: |\n          git checkout ${{ github.head_ref }}",
        "run: >-\n          echo\n          ${{ github.event.comment.body }}",
        "uses: x/y@v7\n        with:\n          script: |\n            ${{ github.event.issue.title }}",
        "run: echo ${{ toJSON(github.event.head_commit.message) }}",
    ],
)
async def test_a_strangers_text_in_every_kind_of_script(line: str, tmp_path: Path) -> None:
    assert (await rules(tmp_path, {FILE: f"{GOOD}      - {line}\n"}))["injection"] == "fail high"


async def test_other_systems_and_none(tmp_path: Path) -> None:
    assert await rules(tmp_path / "a", {".gitlab-ci.yml": "test:\n  script:\n    - pytest\n"}) == {
        "tests": "pass",
        "gate": "warn medium",
    }
    assert await rules(tmp_path / "b", {"docs/.github/workflows/ci.yml": GOOD}) == {"none": "unknown high"}
    assert said(await found(ci.ci, AuditWorld(launch())), "no-repository", "launch") == "unknown high"


async def test_a_broken_file_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    text = "on: {push\n\t:::\n- - -\nrun\n" + "  " * 5000 + "a:\n" + "run: x\n" * 3
    assert (await rules(tmp_path, {FILE: text}))["tests"] == "fail high"
