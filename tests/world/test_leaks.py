"""Secrets in a repository: what is found where, how sure, and what may pass."""

from __future__ import annotations

import base64
import io
import json
import shutil
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from repos import commit, git, repository, write

from launchready_tui.launch.allowed import Allowed, AllowedSecrets, Fingerprints
from launchready_tui.persons import PersonId
from launchready_tui.world.git import Git
from launchready_tui.world.leaks import Leaks, Searching, search

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed on this machine")
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LIVE = "sk_" + "live_" + "51HxQ9vBn4mTz7LpKc2RdYwEaGj8uFs"
MAIL = "SG" + ".x7Kq2mVbT9aWc4ZrLp8dNe" + ".Qf6Jt1Yh3Us5Ig7Ob9Pv2Xk4Cw6Rm8Ln0Ed1Az3Gy5T"
SESSION = "q8w7e6r5t4y3u2i1" + "o0pZ"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return repository(tmp_path / "shop")


def look(folder: Path, **options: object) -> Leaks:
    found = search(folder, now=NOW, **options)  # type: ignore[arg-type]
    assert isinstance(found, Leaks)
    return found


def rows(found: Leaks) -> list[tuple[str, str, str, str, bool]]:
    return sorted((leak.rule, leak.place, leak.path, leak.confidence, leak.blocks) for leak in found.found)


def test_a_key_in_a_tracked_file_and_since_when(shop: Path) -> None:
    first = commit(shop, {"src/pay.ts": f'const a = 1\nexport const K = "{LIVE}"\n'}, at=1_760_000_000)
    commit(shop, {"src/pay.ts": f'// moved\nconst a = 1\nexport const K = "{LIVE}"\n'}, at=1_760_000_100)
    (leak,) = look(shop).found
    assert (leak.rule, leak.place, leak.where, leak.blocks) == ("stripe-secret", "tracked", "src/pay.ts:3", True)
    assert leak.commit == first and leak.at == datetime.fromtimestamp(1_760_000_000, UTC)
    assert LIVE not in repr(leak) and LIVE.encode() not in msgspec.json.encode(leak)


def test_a_key_in_the_history_only(shop: Path) -> None:
    first = commit(shop, {"mail.py": f'a = 1\nKEY = "{MAIL}"\n'})
    commit(shop, {"mail.py": "import os\n"})
    (leak,) = look(shop).found
    assert (leak.rule, leak.place, leak.blocks) == ("sendgrid-key", "history", True)
    assert leak.where == f"mail.py:2 in {first[:12]}"


def test_a_key_on_another_branch_is_in_the_history(shop: Path) -> None:
    commit(shop, {"a": "1"})
    git(shop, "checkout", "-q", "-b", "try")
    commit(shop, {"try.py": f'KEY = "{LIVE}"\n'})
    git(shop, "checkout", "-q", "main")
    assert [leak.place for leak in look(shop).found] == ["history"]


def test_a_private_key_over_many_lines_of_the_history(shop: Path) -> None:
    body = base64.b64encode(bytes(range(48, 48 + 60)) * 2).decode()
    pem = "-----BEGIN " + "PRIVATE KEY-----\n" + "\n".join(body[i : i + 64] for i in range(0, len(body), 64))
    commit(shop, {"key.pem": pem + "\n-----END " + "PRIVATE KEY-----\n"})
    commit(shop, {"other": "1"}, gone=("key.pem",))
    assert [(leak.place, leak.blocks) for leak in look(shop).found] == [("history", True)]


def test_tests_and_examples_count_one_step_less(shop: Path) -> None:
    for path in ("tests/pay.py", "src/__tests__/pay.ts", "pay_test.go", "examples/x.js", "spec/fixtures/a.yml"):
        commit(shop, {path: f'key = "{LIVE}"\n'})
    commit(shop, {"src/attestation.py": f'key = "{LIVE}"\n', "contest/a.py": f'key = "{LIVE}"\n'})
    high = {leak.path for leak in look(shop).found if leak.blocks}
    assert high == {"src/attestation.py", "contest/a.py"}
    assert {leak.confidence for leak in look(shop).found if not leak.blocks} == {"medium"}


def test_environment_files_that_are_tracked(shop: Path) -> None:
    text = f"SESSION_SECRET={SESSION}\nPUBLIC_KEY=abcdefgh12345678ABCD\nNEXT_PUBLIC_API_KEY=abcdefgh12345678\nDEBUG=1\n"
    example = "SESSION_SECRET=change-me\nAPI_KEY=<your key>\nDATABASE_URL=postgres://app:app@localhost/app\n"
    commit(shop, {".env.production": text, ".env.example": text, "deploy/.env": example})
    assert rows(look(shop)) == [("env-file", "tracked", ".env.production", "high", True)]


def test_secrets_in_image_layers(shop: Path) -> None:
    text = f'FROM x\nENV JWT_SECRET={SESSION}\nARG NPM_TOKEN="{SESSION}7"\nENV API_KEY=$KEY\nENV VITE_KEY=aaaa1\n'
    commit(shop, {"Dockerfile": text, "notes.md": text})
    assert [(leak.rule, leak.name) for leak in look(shop).found if leak.blocks] == [
        ("image-layer", "JWT_SECRET"),
        ("image-layer", "NPM_TOKEN"),
    ]


def test_a_literal_behind_a_secrets_name_is_unlikely_and_stops_nothing(shop: Path) -> None:
    commit(shop, {"a.py": f'api_token = "{SESSION}"\nsecret_label = "a readable label here"\n'})
    assert rows(look(shop)) == [("named-literal", "tracked", "a.py", "low", False)]


@pytest.mark.parametrize(
    "form",
    [
        SESSION,
        base64.b64encode(SESSION.encode()).decode(),
        base64.b64encode(b"x" + SESSION.encode() + b"yy").decode(),
        base64.b64encode(b"xx" + SESSION.encode() + b"y").decode(),
        SESSION.encode().hex(),
    ],
)
def test_the_value_of_an_ignored_file_is_looked_for_in_code_and_builds(form: str, shop: Path) -> None:
    commit(shop, {".gitignore": ".env\ndist/\n", "a.js": f"const s = '{form}'\n"})
    write(shop, {".env": f"SESSION_SECRET={SESSION}\nPORT=3000\n", "dist/app.js": f'x("{form}")'})
    found = [leak for leak in look(shop).found if leak.rule == "declared-value"]
    assert {(leak.path, leak.place, leak.name) for leak in found} == {
        ("a.js", "tracked", "SESSION_SECRET"),
        ("dist/app.js", "build", "SESSION_SECRET"),
    }


def test_a_value_that_needs_escapes_is_found_as_builds_write_it(shop: Path) -> None:
    value = 'p"ss/w0rd+with&odd=signs'
    commit(
        shop, {".gitignore": ".env\n", "a.json": json.dumps({"a": value}), "b.js": "p%22ss%2Fw0rd%2Bwith%26odd%3Dsigns"}
    )
    write(shop, {".env": f"DB_PASSWORD='{value}'\n"})
    assert {leak.path for leak in look(shop).found if leak.rule == "declared-value"} == {"a.json", "b.js"}


def test_source_maps_archives_and_binaries_are_opened(shop: Path) -> None:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("assets/index.bundle", f'var k="{LIVE}"')
    source_map = {"version": 3, "sources": ["src/pay.ts"], "sourcesContent": [f'const k = "{LIVE}"'], "mappings": ""}
    commit(
        shop,
        {
            "dist/app.js.map": json.dumps(source_map),
            "app.apk": package.getvalue(),
            "lib/native.so": b"\x7fELF\0\0" + LIVE.encode() + b"\0\1\2",
            "wide.txt": f'k = "{LIVE}"'.encode("utf-16"),
        },
    )
    paths = {leak.path for leak in look(shop).found}
    assert {"app.apk > assets/index.bundle", "lib/native.so", "wide.txt", "dist/app.js.map > src/pay.ts"} <= paths


def test_a_zip_bomb_is_read_to_the_limit_and_told(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("launchready_tui.world.leaks.ZIP_OCTETS", 100_000)
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"0" * 5_000_000)
    commit(shop, {"a.zip": package.getvalue(), "broken.zip": b"PK\3\4nothing"})
    unread = look(shop).unread
    assert any(part.startswith("a.zip: what is in it beyond") for part in unread)
    assert any(part.startswith("broken.zip: no readable archive") for part in unread)


def test_what_lies_in_lfs_or_is_too_large_is_told(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("launchready_tui.world.leaks.CAP", 1000)
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    commit(shop, {"model.bin": pointer, "big.txt": "x\n" * 2000 + LIVE})
    unread = look(shop).unread
    assert any("Git LFS" in part for part in unread) and any(
        part.startswith("big.txt: only the first") for part in unread
    )


@pytest.mark.parametrize(
    "mark",
    ["launchready:allow demo", "gitleaks:allow", "pragma: allowlist secret", "trufflehog:ignore", "betterleaks:allow"],
)
def test_a_mark_in_the_line_lets_it_pass(mark: str, shop: Path) -> None:
    commit(shop, {"a.py": f'KEY = "{LIVE}"  # {mark}\n'})
    assert [bool(leak.allowed) for leak in look(shop).found] == [True] and not look(shop).blocking


def test_an_entry_lets_one_value_pass_until_its_day(shop: Path) -> None:
    commit(shop, {"a.py": f'KEY = "{LIVE}"\n'})
    empty = AllowedSecrets(fingerprints=Fingerprints(salt="00" * 16))
    entry = Allowed(
        rule="stripe-secret",
        path="a.py",
        fingerprint=empty.fingerprint(LIVE),
        reason="rotated",
        by=PersonId("ann"),
        on=NOW,
        until=NOW + timedelta(days=1),
    )
    allowed = msgspec.structs.replace(empty, allowed=(entry,))
    assert [leak.allowed for leak in look(shop, allowed=allowed).found] == ["rotated"]
    late = search(shop, allowed=allowed, now=NOW + timedelta(days=2))
    assert isinstance(late, Leaks) and [leak.lapsed for leak in late.blocking] == [True]
    commit(shop, {"a.py": f'KEY = "{LIVE[:-1]}Q"\n'})
    assert len(look(shop, allowed=allowed).blocking) == 1


def test_a_folder_without_git_is_searched_and_says_so(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": f'KEY = "{LIVE}"\n', ".env": f"SESSION_SECRET={SESSION}\n"})
    found = look(tmp_path)
    assert [leak.path for leak in found.found] == ["a.py"] and found.history == "the folder is no git repository"


def test_what_is_staged_is_read_from_the_index_and_not_from_the_folder(shop: Path) -> None:
    commit(shop, {"old.py": f'KEY = "{LIVE}"\n'})
    write(shop, {"new.py": f'KEY = "{MAIL}"\n'})
    git(shop, "add", "new.py")
    write(shop, {"new.py": "clean\n"})
    looking = Searching(shop, now=NOW)
    looking.staged(Git(shop))
    assert [(leak.path, leak.place) for leak in looking.result().found] == [("new.py", "staged")]


def test_public_keys_are_no_finds(shop: Path) -> None:
    commit(shop, {"a.ts": 'const k = "' + "pk_" + 'live_51HxQ9vBn4mTz7LpKc2RdYwEaGj8uFs"\n'})
    assert look(shop).found == ()


def test_a_build_that_is_committed_is_read_once(shop: Path) -> None:
    commit(shop, {"dist/app.js": f'k="{LIVE}"'})
    found = look(shop)
    assert found.files == 1 and [leak.place for leak in found.found] == ["tracked"]
