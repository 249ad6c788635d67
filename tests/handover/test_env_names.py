"""Names of environment variables in the bundle: found wherever a product names them, and never with a value."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bundle_source import Market

from launchready_tui.handover import build
from launchready_tui.launch.model import Alert, Launch, PathStep, Repository, Route
from launchready_tui.world.variables import Variable, read

NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
# What must not come out, in shapes that no rule of ours knows.
VALUE = "-".join(("plain", "word", "nobody", "may", "see"))
SHAPED = "_".join(("sk", "live", "51Env" + "q8W7e6R5" * 5))
FILES = {
    ".env.example": "DATABASE_URL=\n# SMTP_HOST=commented\nexport STRIPE_SECRET_KEY=\nPORT=3000\n",
    ".env": f'DATABASE_URL=postgres://shop:{VALUE}@db/shop\nMULTI="first\nNOT_A_NAME={VALUE}\n"\nAFTER_IT={SHAPED}\n',
    ".env.production": f"PAYMENT_MODE={VALUE}\n",
    "src/pay.ts": "const key = process.env.STRIPE_SECRET_KEY; const at = import.meta.env.VITE_API_URL; if "
    "(process.env.NODE_ENV) {}",
    "src/leak.ts": "export const token = process.env['NEXT_PUBLIC_ADMIN_TOKEN']",
    "worker/jobs.py": 'import os\nurl = os.environ[\'REDIS_URL\']\nname = os.getenv("QUEUE_NAME", "'
    + VALUE
    + '")\nENV = {"lower": 1}\n',
    "shop/settings.py": 'DEBUG = env.bool("DJANGO_DEBUG", default=False)\n'
    'DATABASES = {"default": env.db("DJANGO_DB_URL")}\n'
    'HOST = env.str("DJANGO_HOST")\nHOSTS = env.list("DJANGO_HOSTS")\nKEY = env("DJANGO_KEY")\n',
    "worker/go.go": 'x := os.Getenv("GO_ONLY")',
    "app/models.rb": "ENV.fetch('RUBY_ONLY') + ENV[\"RUBY_TOO\"]",
    "docker-compose.prod.yml": f"services:\n  web:\n    environment:\n"
    f"      - LOG_LEVEL={VALUE}\n      SENTRY_DSN: ${{SENTRY_DSN:-{VALUE}}}\n",
    "vercel.json": json.dumps({"env": {"FROM_VERCEL": VALUE}, "builds": [{"src": "NOT_THIS"}]}),
    ".github/workflows/ship.yml": "env:\n  TOKEN: ${{ secrets.DEPLOY_TOKEN }}\n  X: ${{ vars.REGION }}\n",
    "node_modules/x/index.js": "process.env.FOREIGN_ONE",
    "README.md": "Set process.env.ONLY_DOCUMENTED",
    "broken.env.example": "\xff\x00=\n=\nGOOD_ONE=1",
}


@pytest.fixture
def market(tmp_path: Path) -> Market:
    for name, text in FILES.items():
        (tmp_path / "shop" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shop" / name).write_text(text, encoding="utf-8", errors="surrogateescape")
    launch = Launch(
        name="Shop",
        domain="example.com",
        canonical="https://example.com/",
        repository=Repository(path="shop"),
        routes=(Route(name="me", url="https://example.com/me", login="shop-login"),),
        recovery_path=(PathStep(name="log in", url="https://example.com/login", method="POST", login="test-user"),),
        alerts=(Alert(name="on-call", owner="founder", credential="chat-webhook"),),
    )
    return Market(launch, folder=tmp_path)


def by_name(market: Market) -> dict[str, Variable]:
    return {one.name: one for one in read(market.launch, market.folder)}


WANTED = {
    *(
        "DATABASE_URL",
        "STRIPE_SECRET_KEY",
        "PORT",
        "MULTI",
        "AFTER_IT",
        "PAYMENT_MODE",
        "VITE_API_URL",
        "NEXT_PUBLIC_ADMIN_TOKEN",
    ),
    *(
        "REDIS_URL",
        "QUEUE_NAME",
        "GO_ONLY",
        "RUBY_ONLY",
        "DJANGO_DEBUG",
        "DJANGO_DB_URL",
        "DJANGO_HOST",
        "DJANGO_HOSTS",
        "DJANGO_KEY",
        "RUBY_TOO",
        "LOG_LEVEL",
        "SENTRY_DSN",
        "FROM_VERCEL",
        "DEPLOY_TOKEN",
        "REGION",
    ),
    *("GOOD_ONE", "LAUNCHREADY_SHOP_LOGIN", "LAUNCHREADY_CHAT_WEBHOOK", "LAUNCHREADY_TEST_USER"),
}


def test_names_are_found_wherever_a_product_names_them_and_no_others(market: Market) -> None:
    assert set(by_name(market)) == WANTED


def test_each_says_where_it_is_named_for_which_environment_and_what_to_look_at(market: Market) -> None:
    found = by_name(market)
    assert found["DATABASE_URL"].named_in == ("example file", "settings file") and found["DATABASE_URL"].secret
    assert found["PAYMENT_MODE"].environments == ("production",) and found["LOG_LEVEL"].environments == ("production",)
    assert found["REDIS_URL"].note == "read by the code, missing from the example file"
    assert found["STRIPE_SECRET_KEY"].note == "" and not found["PORT"].secret
    assert found["NEXT_PUBLIC_ADMIN_TOKEN"].note.startswith("its prefix exposes it to every browser")
    assert found["DEPLOY_TOKEN"].where == (".github/workflows/ship.yml",)
    assert found["LAUNCHREADY_SHOP_LOGIN"].named_in == ("launch file",)
    assert found["LAUNCHREADY_TEST_USER"].named_in == ("launch file",)


def test_no_value_appears_anywhere_in_the_bundle(market: Market) -> None:
    files, _ = build(market, now=NOW)
    for name, content in files.items():
        assert VALUE.encode() not in content and SHAPED.encode() not in content, name
        assert b"NOT_A_NAME" not in content, name
    rows = list(csv.DictReader(io.StringIO(files["data/env-names.csv"].decode("utf-8-sig"))))
    assert {row["name"] for row in rows} == WANTED
    data = json.loads(files["data/launchready.json"])
    assert {one["name"] for one in data["variables"]} == WANTED
    assert set(data["variables"][0]) == {"name", "secret", "public", "environments", "named_in", "where"}
    assert "DATABASE_URL" in files["04-deploy.md"].decode()


def test_a_name_with_the_shape_of_a_key_is_not_listed(market: Market) -> None:
    shaped = "AKIA" + "IOSFODNN7EXAMPLQ"
    (market.folder / "shop" / ".env.example").write_text(f"{shaped}=1\nPLAIN_NAME=1\n")
    assert shaped not in by_name(market) and "PLAIN_NAME" in by_name(market)


def test_without_a_repository_only_the_launch_file_is_read(market: Market, tmp_path: Path) -> None:
    (tmp_path / "shop").rename(tmp_path / "gone")
    assert set(by_name(market)) == {"LAUNCHREADY_SHOP_LOGIN", "LAUNCHREADY_CHAT_WEBHOOK", "LAUNCHREADY_TEST_USER"}
