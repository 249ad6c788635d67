"""deploy.environments and deploy.secret-store: what lies in the folder, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_outside import found, launch, said
from fake_world import AuditWorld
from repos import write

from launchready_tui.checks.deploy import environments, secret_store
from launchready_tui.launch.model import Repository as Named
from launchready_tui.world.repository import Repository

WORD = "kR7v" + "Qm2xTb9Wz4Lp"
TEST, LIVE = "sk_" + "test_" + "51HxQ9vBn4mTz7LpKc2Rd", "sk_" + "live_" + "51HxQ9vBn4mTz7LpKc2Rd"
DATABASE = f"DATABASE_URL=postgres://app:{WORD}@db.shop.test/shop\n"


def world_of(folder: Path, files: dict[str, str]) -> AuditWorld:
    folder.mkdir(exist_ok=True)
    write(folder, dict(files))
    world = AuditWorld(launch(repository=Named(path=str(folder))))
    world.repository = Repository(folder, world.clock)
    return world


CASES = {
    "shared": ({".env": DATABASE, ".env.production": DATABASE}, "DATABASE_URL", "fail blocker"),
    "test-key": ({".env.production": f"STRIPE_SECRET_KEY={TEST}\n"}, "STRIPE_SECRET_KEY", "fail blocker"),
    "live-key": ({".env": f"STRIPE_SECRET_KEY={LIVE}\n"}, "STRIPE_SECRET_KEY", "fail blocker"),
    "debug": ({".env.production": "DEBUG=true\n"}, "DEBUG", "fail blocker"),
    "open-hosts": ({".env.production": "ALLOWED_HOSTS=*\n"}, "ALLOWED_HOSTS", "fail high"),
    "public-secret": ({".env.production": f"VITE_API_TOKEN={WORD}\n"}, "VITE_API_TOKEN", "fail blocker"),
    "local-address": ({".env.production": "API_URL=http://localhost:1\n"}, "API_URL", "warn high"),
    "placeholder": ({".env.production": "SESSION_SECRET=changeme\n"}, "SESSION_SECRET", "warn high"),
    "weak": ({".env.production": "SESSION_SECRET=kR7vQm2x\n"}, "SESSION_SECRET", "warn high"),
    "twice": ({".env.production": "A=1\nA=2\n"}, "A", "warn low"),
}


@pytest.mark.parametrize("rule", CASES)
async def test_each_trouble_is_said_without_a_value(rule: str, tmp_path: Path) -> None:
    files, subject, answer = CASES[rule]
    findings = await found(environments.environments, world_of(tmp_path / "shop", files))
    assert said(findings, rule, subject) == answer
    assert all(WORD not in repr(one) and TEST not in repr(one) for one in findings.values())


async def test_separate_settings_pass(tmp_path: Path) -> None:
    files = {
        ".env": "DATABASE_URL=postgres://a:a@localhost/shop\n",
        ".env.production": f"DEBUG=0\nSESSION_SECRET={WORD * 2}\n",
    }
    world = world_of(tmp_path / "shop", files)
    assert said(await found(environments.environments, world), "values", "launch") == "pass"


async def test_what_is_on_the_platform_is_asked(tmp_path: Path) -> None:
    world = world_of(tmp_path / "shop", {".env": "A=1\n", "vercel.json": "{}"})
    assert said(await found(environments.environments, world), "unseen", "launch") == "unknown high"
    store = await found(secret_store.secret_store, world)
    assert said(store, "store", "launch") == "pass" and "Vercel" in store["store", "launch"].summary


STORES = {
    "Doppler": {"doppler.yaml": ""},
    "SOPS": {"secrets/prod.enc.yaml": ""},
    "1Password": {".env.production": "SESSION_SECRET=op://shop/production/session\n"},
    "Rails credentials": {"config/credentials/production.yml.enc": ""},
    "GitHub Actions secrets": {".github/workflows/ship.yml": "env:\n  A: ${{ secrets.DEPLOY_KEY }}\n"},
    "AWS Secrets Manager": {"infra/main.tf": 'data "aws_secretsmanager_secret" "db" {}\n'},
    "Fly.io": {"fly.toml": 'app = "shop"\n'},
}


@pytest.mark.parametrize("name", STORES)
async def test_a_store_is_known_by_its_files(name: str, tmp_path: Path) -> None:
    findings = await found(secret_store.secret_store, world_of(tmp_path / "shop", STORES[name]))
    assert said(findings, "store", "launch") == "pass" and name in findings["store", "launch"].summary


async def test_no_store_and_secrets_in_files(tmp_path: Path) -> None:
    near = {".github/workflows/ci.yml": "env:\n  A: ${{ secrets.GITHUB_TOKEN }}\n", "app.json": '{"name": "x"}'}
    assert (
        said(await found(secret_store.secret_store, world_of(tmp_path / "a", near)), "unseen", "launch")
        == "unknown high"
    )
    files = {"fly.toml": "", ".env.production": f"SESSION_SECRET={WORD}\n"}
    assert (
        said(await found(secret_store.secret_store, world_of(tmp_path / "b", files)), "beside", "launch")
        == "warn medium"
    )


async def test_without_a_repository_or_folder_nothing_is_claimed(tmp_path: Path) -> None:
    for check, severity in (
        (environments.environments, "blocker"),
        (secret_store.secret_store, "high"),
    ):
        assert said(await found(check, AuditWorld(launch())), "no-repository", "launch") == f"unknown {severity}"
        world = AuditWorld(launch(repository=Named(path="gone")))
        world.repository = Repository(tmp_path / "gone", world.clock)
        assert said(await found(check, world), "unread", "launch") == f"unknown {severity}"
