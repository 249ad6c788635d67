"""audit.env-split: which environments have settings of their own, and what they share."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_outside import found, launch, said
from fake_world import AuditWorld
from repos import write

from launchready_tui.checks.audit import env_split
from launchready_tui.findings import Finding
from launchready_tui.launch.model import Repository as Named
from launchready_tui.world.repository import Repository

WORD = "kR7v" + "Qm2xTb9Wz4Lp"
DATABASE = f"DATABASE_URL=postgres://app:{WORD}@db.shop.test/shop\n"
OWN = DATABASE.replace("db.shop", "db.dev.shop")


async def judged(folder: Path, files: dict[str, str] | None) -> dict[tuple[str, str], Finding]:
    world = AuditWorld(launch(repository=Named(path=str(folder))))
    if files is not None:
        folder.mkdir(exist_ok=True)
        write(folder, dict(files))
    world.repository = Repository(folder, world.clock)
    return await found(env_split.env_split, world)


TABLE = [
    ({".env": OWN, ".env.production": DATABASE}, "shared", "pass"),
    ({".env": DATABASE, ".env.production": DATABASE}, "shared", "fail high"),
    ({".env": DATABASE}, "unseen", "unknown medium"),
    ({".env.production": DATABASE}, "unseen", "unknown medium"),
    ({"README.md": ""}, "unseen", "unknown medium"),
    (None, "unread", "unknown high"),
]


@pytest.mark.parametrize(("files", "rule", "answer"), TABLE)
async def test_what_is_there_and_what_is_said(
    tmp_path: Path, files: dict[str, str] | None, rule: str, answer: str
) -> None:
    findings = await judged(tmp_path / "shop", files)
    for other in ("no-repository", "unread", "unseen", "shared"):
        assert said(findings, other, "launch") == (answer if other == rule else "absent")
    assert all(WORD not in repr(one) for one in findings.values())


async def test_without_a_repository_nothing_is_claimed() -> None:
    assert said(await found(env_split.env_split, AuditWorld(launch())), "no-repository", "launch") == "unknown high"


async def test_the_shared_names_are_counted_and_one_is_told(tmp_path: Path) -> None:
    findings = await judged(tmp_path / "shop", {".env": DATABASE, ".env.production": DATABASE})
    assert findings["shared", "launch"].summary.endswith("1 setting with another environment, such as DATABASE_URL")
