"""deploy.secrets: what lies in the repository and its history, and what is said of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fake_outside import found, launch, said
from fake_world import AuditWorld
from repos import commit, git, repository

from launchready_tui.checks.deploy import secrets
from launchready_tui.facts import SecretsSeen
from launchready_tui.launch.model import Repository as Named
from launchready_tui.world.repository import Repository

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed on this machine")
LIVE = "sk_" + "live_" + "51HxQ9vBn4mTz7LpKc2RdYwEaGj8uFs"
TEST = "sk_" + "test_" + "51HxQ9vBn4mTz7LpKc2RdYwEaGj8uFs"


def world_of(folder: Path) -> AuditWorld:
    world = AuditWorld(launch(repository=Named(path=str(folder))))
    world.repository = Repository(folder, world.clock)
    return world


async def test_a_clean_repository_passes_and_says_how_much_was_read(tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop")
    commit(shop, {"a.py": "import os\n"})
    findings = await found(secrets.secrets, world_of(shop))
    assert set(findings) == {("key", "launch")} and said(findings, "key", "launch") == "pass"
    assert findings["key", "launch"].summary == "No keys in 1 file and 1 commit"


async def test_a_live_key_stops_the_launch_and_the_value_is_nowhere(tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop")
    commit(shop, {"pay.py": f'A = "{LIVE}"\nB = "{LIVE}"\n', "test_key.txt": "", "charge.py": f'K = "{TEST}"\n'})
    findings = await found(secrets.secrets, world_of(shop))
    assert said(findings, "key", "pay.py stripe-secret") == "fail blocker"
    assert said(findings, "key", "charge.py stripe-secret-test") == "fail high"
    finding = findings["key", "pay.py stripe-secret"]
    fact = finding.evidence[0].fact
    assert isinstance(fact, SecretsSeen) and fact.spots[0].line == 1 and fact.spots[0].commit
    assert finding.remedy is not None and finding.remedy.where == "https://dashboard.stripe.com/apikeys"
    assert all(LIVE not in repr(one) for one in findings.values())


async def test_a_key_that_is_only_in_the_history_names_its_commit(tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop")
    first = commit(shop, {"pay.py": f'A = "{LIVE}"\n'})
    commit(shop, {"pay.py": "import os\n"})
    findings = await found(secrets.secrets, world_of(shop))
    assert said(findings, "history-key", "pay.py stripe-secret") == "fail blocker"
    assert first[:12] in findings["history-key", "pay.py stripe-secret"].summary


async def test_look_alikes_warn_and_what_passes_is_named(tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop")
    commit(shop, {"tests/pay.py": f'A = "{LIVE}"\n', "known.py": f'A = "{LIVE}"  # launchready:allow shown in docs\n'})
    findings = await found(secrets.secrets, world_of(shop))
    assert said(findings, "look-alike", "tests/pay.py stripe-secret") == "warn medium"
    assert said(findings, "key", "launch") == "pass"
    assert "known.py:1" in findings["key", "launch"].evidence[0].text


async def test_a_shallow_clone_leaves_the_history_open(tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop")
    commit(shop, {"a.py": "1\n"})
    commit(shop, {"a.py": "2\n"})
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{shop}", "shallow")
    findings = await found(secrets.secrets, world_of(tmp_path / "shallow"))
    assert said(findings, "history", "launch") == "unknown high" and said(findings, "key", "launch") == "pass"


async def test_no_repository_a_missing_folder_and_a_broken_list(tmp_path: Path) -> None:
    assert said(await found(secrets.secrets, AuditWorld(launch())), "no-repository", "launch") == "unknown blocker"
    gone = await found(secrets.secrets, world_of(tmp_path / "gone"))
    assert said(gone, "unread", "launch") == "unknown blocker" and "does not exist" in gone["unread", "launch"].summary
    shop = repository(tmp_path / "shop")
    commit(shop, {"secrets.toml": "schema = 1\nallow = 3\n"})
    broken = await found(secrets.secrets, world_of(shop))
    assert "secrets.toml: allow" in broken["unread", "launch"].summary
