"""Where a credential comes from, where it may go, and what is said where there is no keyring."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from launchready_tui.vault import Secret, Vault, VaultError, variable
from launchready_tui.vault import store as store_module
from launchready_tui.vault.door import ALLOWED, Door, NoKeyring

HERE = __name__
VALUE = "value-" + "of-the-shop"
API = "api.example.com"


class Memory:
    """A keyring in memory."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], str] = {}
        self.reads = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.reads += 1
        return self.items.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.items[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.items[service, username]


class Broken:
    """A keyring whose every call raises."""

    def __init__(self, why: Exception) -> None:
        self.why = why

    def get_password(self, service: str, username: str) -> str | None:
        raise self.why

    def set_password(self, service: str, username: str, password: str) -> None:
        raise self.why

    def delete_password(self, service: str, username: str) -> None:
        raise self.why


@pytest.fixture(autouse=True)
def fresh_program() -> Iterator[None]:
    """What is kept for as long as the program runs is not kept between tests."""
    store_module._MEMORY.clear()
    yield
    store_module._MEMORY.clear()


@pytest.fixture
def keyring() -> Memory:
    return Memory()


def door(backend: Any) -> Door:
    return Door(allowed=(HERE,), find=lambda: backend)


def vault(tmp_path: Path, backend: Any, env: dict[str, str] | None = None, project: str = "demo", **more: Any) -> Vault:
    return Vault(project, tmp_path, env or {}, door=door(backend), **more)


def test_a_value_goes_into_the_keyring_and_the_list_holds_none(tmp_path: Path, keyring: Memory) -> None:
    one = vault(tmp_path, keyring)
    assert one.set("shop-login", VALUE, [API], "Test shopper") == "keyring"
    assert keyring.items == {("launchready/demo", "shop-login"): VALUE}
    (index,) = (tmp_path / "credentials").iterdir()
    assert stat.S_IMODE(index.stat().st_mode) == 0o600
    assert stat.S_IMODE(index.parent.stat().st_mode) == 0o700
    assert VALUE not in index.read_text()
    again = vault(tmp_path, keyring)
    found = again.get("shop-login", API)
    assert isinstance(found, Secret)
    assert found.reveal() == VALUE
    (entry,) = again.entries()
    assert (entry.name, entry.label, entry.hosts, entry.place) == ("shop-login", "Test shopper", (API,), "keyring")


@pytest.mark.parametrize(
    ("hosts", "host", "given"),
    [
        ([API], API, True),
        ([API], "API.example.com.", True),
        ([API], "evil.example.com", False),
        ([API], f"{API}.evil.com", False),
        ([API], "", False),
        (["*.example.com"], API, True),
        (["*.example.com"], "example.com", False),
        (["*.example.com"], "badexample.com", False),
        ([API, "app.example.com"], "app.example.com", True),
        ([], API, False),
        ([], "", True),
    ],
)
@pytest.mark.parametrize("place", ["keyring", "memory"])
def test_a_credential_goes_to_its_hosts_only(
    tmp_path: Path, keyring: Memory, place: str, hosts: list[str], host: str, given: bool
) -> None:
    one = vault(tmp_path, keyring if place == "keyring" else Broken(NoKeyring("none")))
    assert one.set("shop-login", VALUE, hosts) == place
    assert (one.get("shop-login", host) is not None) == given
    assert (one.why("shop-login", host) == "") == given


def test_a_refused_host_does_not_even_ask_the_keyring(tmp_path: Path, keyring: Memory) -> None:
    vault(tmp_path, keyring).set("shop-login", VALUE, [API])
    one = vault(tmp_path, keyring)
    assert one.why("shop-login", "evil.com") == "shop-login is only for api.example.com, not for evil.com"
    assert keyring.reads == 0


def test_the_environment_goes_first(tmp_path: Path, keyring: Memory) -> None:
    vault(tmp_path, keyring).set("shop-login", VALUE, [API])
    env = {"LAUNCHREADY_SHOP_LOGIN": "from-the-environment", "LAUNCHREADY_STATE": "/x", "LAUNCHREADY_EMPTY": ""}
    one = vault(tmp_path, keyring, env)
    found = one.get("shop-login", API)
    assert found is not None
    assert found.reveal() == "from-the-environment"
    assert one.get("shop-login", "evil.com") is None
    (entry,) = one.entries()
    assert (entry.place, entry.hosts) == ("environment", (API,))
    assert one.redactor.found("from-the-environment") == ("shop-login",)


def test_the_environment_can_bind_to_hosts(tmp_path: Path, keyring: Memory) -> None:
    one = vault(
        tmp_path, keyring, {"LAUNCHREADY_CI_TOKEN": VALUE, "LAUNCHREADY_CI_TOKEN_HOSTS": f"{API}, app.example.com"}
    )
    assert one.get("ci-token", "app.example.com") is not None
    assert one.get("ci-token", "evil.com") is None
    assert [entry.name for entry in one.entries()] == ["ci-token"]
    assert one.entries()[0].hosts == (API, "app.example.com")


def test_a_short_value_from_the_environment_is_not_used(tmp_path: Path, keyring: Memory) -> None:
    one = vault(tmp_path, keyring, {"LAUNCHREADY_PIN": "1234"})
    assert one.get("pin") is None
    assert "shorter than 6" in one.why("pin")


def test_names_and_variables_map_to_each_other() -> None:
    assert variable("shop-login") == "LAUNCHREADY_SHOP_LOGIN"


@pytest.mark.parametrize(
    "name", ["", "Shop", "a_b", "-a", "a-", "a--b", "1a", "state", "shop-hosts", "a" * 65, "ä", "a b", "../x"]
)
def test_other_names_are_refused(tmp_path: Path, keyring: Memory, name: str) -> None:
    one = vault(tmp_path, keyring)
    with pytest.raises(ValueError, match="cannot be the name of a credential"):
        one.set(name, VALUE)
    assert one.get(name) is None
    assert keyring.items == {}


@pytest.mark.parametrize(
    ("value", "hosts", "said"),
    [
        ("short", [], "at least 6"),
        ("with\0nul", [], "NUL"),
        (VALUE, ["*"], "a full host"),
        (VALUE, ["https://x"], "a full host"),
    ],
)
def test_other_values_and_hosts_are_refused(
    tmp_path: Path, keyring: Memory, value: str, hosts: list[str], said: str
) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        vault(tmp_path, keyring).set("shop-login", value, hosts)
    assert "short" not in str(caught.value).replace("shorter", "")
    assert keyring.items == {}


@pytest.mark.parametrize("kind", ["none", "locked", "hung", "refused", "error"])
def test_without_a_keyring_memory_serves_and_the_words_say_so(tmp_path: Path, kind: Any) -> None:
    one = vault(tmp_path, Broken(NoKeyring(kind, "keyrings.alt.file")))
    assert one.set("shop-login", VALUE, [API]) == "memory"
    status = one.status()
    assert status.kind == kind
    assert "kept in memory until the program ends" in status.words
    assert ("keyrings.alt.file" in status.words) == (kind in ("refused", "error"))
    again = vault(tmp_path, Broken(NoKeyring(kind)))
    found = again.get("shop-login", API)
    assert found is not None
    assert found.reveal() == VALUE
    assert again.entries()[0].place == "memory"
    assert VALUE not in "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())


def test_memory_is_of_one_launch(tmp_path: Path) -> None:
    vault(tmp_path, Broken(NoKeyring("none"))).set("shop-login", VALUE)
    other = vault(tmp_path, Broken(NoKeyring("none")), project="other")
    assert other.get("shop-login") is None
    assert other.entries() == ()


def test_projects_of_like_names_do_not_share_a_list(tmp_path: Path, keyring: Memory) -> None:
    vault(tmp_path, keyring, project="a/b").set("shop-login", VALUE)
    assert vault(tmp_path, keyring, project="a-b").entries() == ()
    assert vault(tmp_path, keyring, project="../../a").entries() == ()
    assert {path.parent for path in tmp_path.rglob("*.toml")} == {tmp_path / "credentials"}


def test_the_words_tell_what_became_of_it(tmp_path: Path, keyring: Memory) -> None:
    one = vault(tmp_path, keyring)
    assert one.why("shop-login") == "no credential is named shop-login: store it, or set LAUNCHREADY_SHOP_LOGIN"
    one.set("shop-login", VALUE)
    keyring.items.clear()
    again = vault(tmp_path, keyring)
    assert again.get("shop-login") is None
    assert again.why("shop-login") == "the keyring no longer has shop-login; store it again"
    locked = vault(tmp_path, Broken(NoKeyring("locked")))
    assert locked.why("shop-login") == "shop-login is in the keyring, but the keyring is locked"


def test_delete_and_forget(tmp_path: Path, keyring: Memory) -> None:
    one = vault(tmp_path, keyring)
    for name in ("one", "two", "three"):
        one.set(name, VALUE)
    assert one.delete("one")
    assert not one.delete("one")
    assert one.get("one") is None
    assert [entry.name for entry in one.entries()] == ["three", "two"]
    assert one.forget_all() == ()
    assert keyring.items == {}
    assert one.entries() == ()
    assert list((tmp_path / "credentials").iterdir()) == []


def test_what_cannot_be_deleted_is_told_and_stays_listed(tmp_path: Path, keyring: Memory) -> None:
    vault(tmp_path, keyring).set("shop-login", VALUE)
    locked = vault(tmp_path, Broken(NoKeyring("locked")))
    with pytest.raises(VaultError, match="still in the keyring: the keyring is locked"):
        locked.delete("shop-login")
    assert locked.forget_all() == ("shop-login",)
    assert [entry.name for entry in locked.entries()] == ["shop-login"]


def test_a_value_is_read_once_until_it_is_stored_anew(tmp_path: Path, keyring: Memory) -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    moment = [at]
    one = vault(tmp_path, keyring, now=lambda: moment[0])
    other = vault(tmp_path, keyring, now=lambda: moment[0])
    one.set("shop-login", VALUE)
    assert [other.get("shop-login") for _ in range(3)] == [Secret("x", VALUE)] * 3
    assert keyring.reads == 1
    moment[0] = at + timedelta(minutes=1)
    one.set("shop-login", "another-value")
    found = other.get("shop-login")
    assert found is not None
    assert found.reveal() == "another-value"


def test_last_used_is_kept_to_the_hour(tmp_path: Path, keyring: Memory) -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    moment = [at]
    one = vault(tmp_path, keyring, now=lambda: moment[0])
    one.set("shop-login", VALUE)
    assert one.entries()[0].last_used is None
    one.get("shop-login")
    moment[0] = at + timedelta(minutes=59)
    one.get("shop-login")
    assert one.entries()[0].last_used == at
    moment[0] = at + timedelta(minutes=61)
    one.get("shop-login")
    assert one.entries()[0].last_used == moment[0]


def test_a_broken_list_is_told_and_never_taken_for_permission(tmp_path: Path, keyring: Memory) -> None:
    vault(tmp_path, keyring).set("shop-login", VALUE, [API])
    (index,) = (tmp_path / "credentials").iterdir()
    index.write_text("schema = 99\n")
    one = vault(tmp_path, keyring)
    assert one.get("shop-login", API) is None
    assert "newer LaunchReady" in one.why("shop-login", API)


# The door


def test_only_kept_backends_are_used() -> None:
    assert HERE not in ALLOWED
    refusing = Door(find=Memory)
    with pytest.raises(NoKeyring) as caught:
        refusing.get("launchready/demo", "shop-login")
    assert (caught.value.kind, caught.value.detail) == ("refused", HERE)


def chain(*members: object) -> Any:
    return type("ChainerBackend", (), {"__module__": "keyring.backends.chainer", "backends": list(members)})()


def of_module(module: str) -> Any:
    return type("Keyring", (Memory,), {"__module__": module})()


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        (["keyring.backends.SecretService", "keyring.backends.libsecret"], ""),
        (["keyring.backends.SecretService", "keyrings.alt.file"], "refused"),
        (["keyring.backends.fail"], "none"),
        (["keyring.backends.null"], "none"),
        ([], "refused"),
    ],
)
def test_a_chain_is_as_good_as_its_worst_member(members: list[str], kind: str) -> None:
    backend = chain(*map(of_module, members))
    backend.get_password = lambda service, username: None
    one = Door(find=lambda: backend)
    if not kind:
        assert one.get("s", "n") is None
        assert one.backend_name == "SecretService + libsecret"
        return
    with pytest.raises(NoKeyring) as caught:
        one.get("s", "n")
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("NoKeyringError", "none"),
        ("KeyringLocked", "locked"),
        ("InitError", "locked"),
        ("PasswordSetError", "error"),
        ("ModuleNotFoundError", "error"),
    ],
)
def test_exceptions_of_backends_become_ours(name: str, kind: str) -> None:
    import keyring.errors

    cls = getattr(keyring.errors, name, ModuleNotFoundError)
    with pytest.raises(NoKeyring) as caught:
        door(Broken(cls("why"))).get("s", "n")
    assert caught.value.kind == kind


def test_a_keyring_that_hangs_is_waited_for_once() -> None:
    stuck, calls = threading.Event(), []

    class Hanging(Memory):
        def get_password(self, service: str, username: str) -> str | None:
            calls.append(username)
            stuck.wait()
            return None

    one = Door(allowed=(HERE,), find=Hanging, wait_s=0.05)
    for _ in range(3):
        with pytest.raises(NoKeyring) as caught:
            one.get("s", "n")
        assert caught.value.kind == "hung"
    assert calls == ["n"]
    stuck.set()


def test_a_value_too_long_for_windows_is_told(tmp_path: Path) -> None:
    windows = of_module("keyring.backends.Windows")
    one = Vault("demo", tmp_path, {}, door=Door(find=lambda: windows))
    assert one.set("fits", "x" * 1280) == "keyring"
    with pytest.raises(VaultError, match="at most 1280 characters; set LAUNCHREADY_SERVICE_ACCOUNT"):
        one.set("service-account", "x" * 1281)
    assert [entry.name for entry in one.entries()] == ["fits"]


def test_keyring_is_imported_late() -> None:
    import subprocess
    import sys

    code = "import sys, launchready_tui.vault; print('keyring' in sys.modules, 'secretstorage' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_what_is_kept_for_the_session_is_learnt_by_whoever_exports(tmp_path: Path) -> None:
    """Another part of the program may have taken the value: its own redactor must know it before anything goes out."""
    assert vault(tmp_path, Broken(RuntimeError("no"))).set("shop-login", VALUE, [API]) == "memory"
    other = vault(tmp_path, Broken(RuntimeError("no")))
    assert other.redactor.found(VALUE) == ()
    other.learn(keyring=False)
    assert other.redactor.found(VALUE) == ("shop-login",)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("none", "this machine has no keyring"),
        ("hung", "the keyring does not answer"),
        ("locked", "the keyring is locked"),
    ],
)
def test_a_stored_value_that_cannot_be_read_is_named_with_the_reason(
    kind: Any, why: str, tmp_path: Path, keyring: Memory
) -> None:
    assert vault(tmp_path, keyring).learn() == {}
    vault(tmp_path, keyring).set("shop-login", VALUE)
    assert vault(tmp_path, keyring).learn() == {}
    store_module._MEMORY.clear()
    without = vault(tmp_path, Broken(NoKeyring(kind)), {variable("shop-login"): "another-value"})
    assert without.learn() == {"shop-login": why}
    assert without.learn(keyring=False) == {}
    keyring.items.clear()
    assert vault(tmp_path, keyring).learn() == {"shop-login": "the keyring no longer has it"}
    (index,) = (tmp_path / "credentials").iterdir()
    index.write_text("not a list")
    assert list(vault(tmp_path, keyring).learn()) == ["(the list)"]
