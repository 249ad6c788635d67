"""What environments are set to: each trouble, its near miss, and that no value comes out."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from repos import write

from launchready_tui.world.environment import Reading, parse, read
from launchready_tui.world.folder import walk

WORD = "kR7v" + "Qm2xTb9Wz4Lp"
TEST, LIVE = "sk_" + "test_" + "51HxQ9vBn4mTz7LpKc2Rd", "sk_" + "live_" + "51HxQ9vBn4mTz7LpKc2Rd"
DATABASE = f"postgres://app:{WORD}@db.shop.test/shop"


def reading(tmp_path: Path, files: dict[str, str]) -> Reading:
    write(tmp_path, dict(files))
    return read(walk(tmp_path))


def rows(found: Reading) -> set[tuple[str, str, str]]:
    return {(one.kind, one.name, one.environment) for one in found.troubles}


PRODUCTION = [
    (f"STRIPE_SECRET_KEY={TEST}", "test-key", "STRIPE_SECRET_KEY"),
    ("DEBUG=1", "debug", "DEBUG"),
    ("APP_DEBUG='true'", "debug", "APP_DEBUG"),
    ("NODE_ENV=development", "debug", "NODE_ENV"),
    ("ALLOWED_HOSTS=shop.test, *", "open-hosts", "ALLOWED_HOSTS"),
    ("API_URL=http://localhost:8000", "local-address", "API_URL"),
    ("API_URL=http://10.0.2.2:8000/v1", "local-address", "API_URL"),
    ("HOOK=https://abc.ngrok-free.app/hook", "local-address", "HOOK"),
    (f"NEXT_PUBLIC_ADMIN_TOKEN={WORD}", "public-secret", "NEXT_PUBLIC_ADMIN_TOKEN"),
    (f"VITE_KEY={LIVE}", "public-secret", "VITE_KEY"),
    ("SESSION_SECRET=changeme", "placeholder", "SESSION_SECRET"),
    ("SESSION_SECRET=", "placeholder", "SESSION_SECRET"),
    ("SESSION_SECRET=kR7vQm2x", "weak", "SESSION_SECRET"),
    (f"SECRET_KEY=django-insecure-{WORD}{WORD}", "weak", "SECRET_KEY"),
    ("A=1\nA=2", "twice", "A"),
]
FINE = [
    f"STRIPE_SECRET_KEY={LIVE}",
    "DEBUG=false",
    "DEBUG=0  # DEBUG=1",
    "NODE_ENV=production",
    "ALLOWED_HOSTS=shop.test,www.shop.test",
    "HOST=0.0.0.0",
    "BIND_ADDRESS=127.0.0.1",
    "API_URL=https://api.shop.test",
    "API_URL=https://localhost.shop.test/",
    "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY=pk_" + f"live_{WORD}",
    "NEXT_PUBLIC_API_URL=https://api.shop.test",
    f"SESSION_SECRET={WORD}{WORD}",
    "SESSION_SECRET=op://shop/production/session",
    "A=1\nA=1",
    f'KEY_FILE="first\nDEBUG=1\nSESSION_SECRET=changeme\n{WORD}"',
]


@pytest.mark.parametrize(("text", "kind", "name"), PRODUCTION)
def test_what_production_must_not_be_set_to(tmp_path: Path, text: str, kind: str, name: str) -> None:
    found = reading(tmp_path, {".env.production": text})
    assert (kind, name, "production") in rows(found)
    assert WORD.encode() not in msgspec.json.encode(found) and TEST.encode() not in msgspec.json.encode(found)


@pytest.mark.parametrize("text", FINE)
def test_what_production_may_be_set_to(tmp_path: Path, text: str) -> None:
    assert reading(tmp_path, {".env.production": text}).troubles == ()


@pytest.mark.parametrize("text", ["DEBUG=1", "API_URL=http://localhost:8000", f"STRIPE_SECRET_KEY={TEST}"])
def test_development_is_held_to_less(tmp_path: Path, text: str) -> None:
    assert reading(tmp_path, {".env": text, ".env.local": text}).troubles == ()


def test_a_live_key_in_development(tmp_path: Path) -> None:
    assert rows(reading(tmp_path, {".env": f"STRIPE_SECRET_KEY={LIVE}"})) == {
        ("live-key", "STRIPE_SECRET_KEY", "development")
    }


@pytest.mark.parametrize(
    ("name", "value", "shared"),
    [
        ("DATABASE_URL", DATABASE, True),
        ("DATABASE_URL", DATABASE.replace("shop.test", "sample-shop.test"), True),
        ("DATABASE_URL", DATABASE.replace(WORD, "changeme"), False),
        ("JWT_SECRET", WORD, True),
        ("DATABASE_URL", "postgres://app:app@db/shop", False),
        ("DATABASE_URL", "postgres://localhost/shop", False),
        ("NEXT_PUBLIC_STRIPE_KEY", WORD, False),
        ("PORT", "3000000", False),
        ("JWT_SECRET", "changeme-please", False),
    ],
)
def test_what_production_may_not_have_in_common(tmp_path: Path, name: str, value: str, shared: bool) -> None:
    files = dict.fromkeys((".env", ".env.staging", ".env.production"), f"{name}={value}\n")
    found = [one for one in reading(tmp_path, files).troubles if one.kind == "shared"]
    assert [one.others for one in found] == ([("development", "staging")] if shared else [])


def test_the_same_database_under_another_password_is_shared(tmp_path: Path) -> None:
    files = {
        ".env.production": f"DATABASE_URL={DATABASE}\n",
        ".env": f"DATABASE_URL={DATABASE.replace(WORD, WORD[::-1])}\n",
    }
    assert ("shared", "DATABASE_URL", "production") in rows(reading(tmp_path, files))
    files[".env"] = f"DATABASE_URL={DATABASE.replace('/shop', '/shop_dev')}\n"
    assert reading(tmp_path, files).troubles == ()


def test_platform_and_compose_files_are_productions(tmp_path: Path) -> None:
    found = reading(
        tmp_path,
        {
            "fly.toml": '[env]\n  RAILS_ENV = "staging"\n',
            "compose.prod.yaml": 'services:\n  web:\n    environment:\n      - DEBUG=1\n      APP_DEBUG: "true"\n',
            "compose.dev.yaml": "services:\n  web:\n    environment:\n      FLASK_DEBUG: 1\n",
            "render.yaml": "envVars:\n  - key: SECRET\n    sync: false\n",
        },
    )
    assert rows(found) == {("debug", name, "production") for name in ("RAILS_ENV", "DEBUG", "APP_DEBUG")}


def test_djangos_settings(tmp_path: Path) -> None:
    bad = 'DEBUG = True\nALLOWED_HOSTS = ["*"]\nSECRET_KEY = "django-insecure-x9"\n'
    one = reading(tmp_path / "one", {"shop/settings.py": bad})
    assert rows(one) == {
        (kind, name, "production")
        for kind, name in (("debug", "DEBUG"), ("open-hosts", "ALLOWED_HOSTS"), ("weak", "SECRET_KEY"))
    }
    good = {"shop/settings/base.py": "", "shop/settings/dev.py": bad, "shop/settings/production.py": "DEBUG = False\n"}
    assert reading(tmp_path / "two", good).troubles == ()
    assert reading(tmp_path / "three", {"shop/settings.py": 'DEBUG = env.bool("DEBUG", False)\n'}).troubles == ()


def test_examples_and_broken_files_hold_no_settings(tmp_path: Path) -> None:
    found = reading(
        tmp_path, {".env.example": "DEBUG=1\n", ".env.production.example": "DEBUG=1\n", "prod.env": "\0\xff=\n=\n"}
    )
    assert found.troubles == () and found.settings == 0


def test_where_a_setting_stands_and_what_it_is(tmp_path: Path) -> None:
    assert [(one.name, one.value, one.line) for one in parse('# x\nexport A="b c" # d\n\nB=\n', ".env")] == [
        ("A", "b c", 2),
        ("B", "", 4),
    ]
