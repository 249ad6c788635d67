"""`init`, `credentials` and `forget`: what is written, what is asked, and what stays."""

from __future__ import annotations

import io
import json
import re
import sys
import tomllib
from pathlib import Path

import pytest
from cliff import LAUNCH, Program, clean_environment, say

from launchready_tui.cli import doctor
from launchready_tui.launch.load import load
from launchready_tui.launch.trust import Trust
from launchready_tui.vault import store
from launchready_tui.vault.door import Door, NoKeyring


class Keyring:
    """A keyring that keeps its promise for as long as the test runs."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    keyring = Keyring()
    door = Door(allowed=(Keyring.__module__,), find=lambda: keyring)
    monkeypatch.setattr(store, "_door", lambda: door)
    return keyring


@pytest.fixture
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Keyring:
        raise NoKeyring("none")

    monkeypatch.setattr(store, "_door", lambda: Door(find=none))
    monkeypatch.setattr(store, "_MEMORY", {})


@pytest.fixture
def program(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Program:
    clean_environment(monkeypatch, tmp_path / "state")
    folder = tmp_path / "market"
    folder.mkdir()
    (folder / "launchready.toml").write_text(LAUNCH)
    return Program(capsys, folder)


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def piped(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


VALUE = "-".join(("correct", "horse", "battery"))


# init


def test_init_writes_a_launch_file_that_is_trusted_from_then_on(program: Program, empty: Path, tmp_path: Path) -> None:
    said = program("init", "https://www.Example.com/shop", "--offline", "--name", "The Market", "-C", empty)
    assert said.code == 0
    file = load(empty / "launchready.toml")
    assert (file.launch.name, file.launch.domain) == ("The Market", "example.com")
    assert Trust(tmp_path / "state").knows(file.sha256)


def in_git(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / ".git" / "config").write_text(
        f'[remote "origin"]\n\turl = https://mira:{VALUE}@github.com/acme/shop.git\n'
    )


def test_init_in_a_repository_names_it_and_no_credential(program: Program, empty: Path) -> None:
    in_git(empty)
    said = program("init", "example.com", "--offline", "-C", empty)
    assert said.code == 0 and "Repository: ., acme/shop at GitHub" in said.err
    repository = load(empty / "launchready.toml").launch.repository
    assert repository is not None and (repository.path, repository.github) == (".", "acme/shop")
    assert VALUE not in (empty / "launchready.toml").read_text() + said.err


def test_init_writes_the_options_that_it_was_given(program: Program, empty: Path, tmp_path: Path) -> None:
    (empty / "lab.pem").write_text("a certificate")
    given = ["--connect", "Example.com:443=127.0.0.1:8443", "--connect", "*=192.0.2.7", "--connect", "*=192.0.2.8"]
    said = program(
        "init",
        "example.com",
        "--offline",
        *given,
        "--nameserver",
        "127.0.0.1:5353",
        "--ca-file",
        empty / "lab.pem",
        "-C",
        empty,
    )
    assert said.code == 0, said.err
    launch = load(empty / "launchready.toml").launch
    assert launch.connect == {"example.com:443": "127.0.0.1:8443", "*": "192.0.2.7"}
    assert (launch.settings.nameservers, launch.settings.ca_file) == (("127.0.0.1:5353",), "lab.pem")
    (empty / "launchready.toml").unlink()
    other = tmp_path / "elsewhere.pem"
    other.write_text("a certificate")
    assert program("init", "example.com", "--offline", "--ca-file", other, "-C", empty).code == 0
    assert load(empty / "launchready.toml").launch.settings.ca_file == other.as_posix()


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    monkeypatch.setattr("launchready_tui.cli.options.may_ask", lambda: True)
    piped(monkeypatch, "".join(f"{one}\n" for one in answers))


def test_init_asks_for_permission_and_payments_at_a_terminal(
    program: Program, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_a_terminal(monkeypatch, "founder", "Stripe")
    said = program("init", "example.com", "--offline", "--now", "2026-11-24T10:00:00Z", "-C", empty)
    launch = load(empty / "launchready.toml").launch
    assert launch.permission is not None
    assert (launch.permission.by, f"{launch.permission.on}") == ("founder", "2026-11-24")
    assert launch.permission.domains == ("example.com",) and launch.payments.provider == "stripe"
    assert "fill in" not in said.err


def test_init_takes_enter_for_no_answer_and_says_how_to_add_it(
    program: Program, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_a_terminal(monkeypatch, "", "")
    said = program("init", "example.com", "--offline", "-C", empty)
    launch = load(empty / "launchready.toml").launch
    assert said.code == 0 and launch.permission is None and not launch.payments.provider
    assert "fill in [permission]" in said.err and "fill in [payments]" in said.err


def test_init_tells_an_answer_that_the_launch_file_cannot_hold(
    program: Program, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_a_terminal(monkeypatch, "f" * 500, "none")
    said = program("init", "example.com", "--offline", "-C", empty)
    launch = load(empty / "launchready.toml").launch
    assert said.code == 0 and "Not written: " in said.err
    assert launch.permission is None and launch.payments.provider == "none"


def test_init_asks_nobody_where_there_is_no_terminal(
    program: Program, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    piped(monkeypatch, "founder\nstripe\n")
    said = program("init", "example.com", "--offline", "-C", empty)
    assert "Who allows" not in said.err and "fill in [permission]" in said.err
    assert load(empty / "launchready.toml").launch.permission is None


def test_init_never_overwrites(program: Program) -> None:
    said = program("init", "example.org", "--offline", "-C", program.folder)
    assert said.code == 2
    assert "exists and is not overwritten" in said.err
    assert (program.folder / "launchready.toml").read_text() == LAUNCH


@pytest.mark.parametrize("domain", ["localhost", "co.uk", "not a domain", "192.0.2.1"])
def test_init_of_what_is_no_domain(program: Program, empty: Path, domain: str) -> None:
    said = program("init", domain, "--offline", "-C", empty)
    assert said.code == 2
    assert "is not a domain" in said.err
    assert list(empty.iterdir()) == []


def test_init_without_a_domain(program: Program, empty: Path) -> None:
    assert "name a domain" in program("init", "-C", empty).err


def test_init_into_a_folder_that_is_not_there(program: Program, empty: Path) -> None:
    said = program("init", "example.com", "--offline", "-C", empty / "no" / "such")
    assert said.code == 3
    assert "the folder does not exist" in said.err


def har(*urls: str) -> str:
    entries = [
        {"request": {"method": "GET", "url": url, "headers": []}, "response": {"status": 200, "content": {}}}
        for url in urls
    ]
    return json.dumps({"log": {"version": "1.2", "entries": entries}})


def test_routes_come_from_a_recording_at_the_start_and_later(program: Program, empty: Path, tmp_path: Path) -> None:
    recording = tmp_path / "a.har"
    recording.write_text(har("https://example.com/api/search?q=bike", "https://foreign.example/x"))
    assert program("init", "example.com", "--offline", "--har", recording, "-C", empty).code == 0
    file = load(empty / "launchready.toml")
    assert [route.url for route in file.launch.routes] == ["https://example.com/api/search?q=bike"]

    recording.write_text(har("https://example.com/api/search?q=bike", "https://example.com/api/listings"))
    said = program("init", "--har", recording, "-C", empty)
    assert said.code == 0
    assert "Added 1 route to" in said.err
    file = load(empty / "launchready.toml")
    assert [route.url for route in file.launch.routes] == [
        "https://example.com/api/search?q=bike",
        "https://example.com/api/listings",
    ]
    assert Trust(tmp_path / "state").knows(file.sha256), "who adds to a trusted file trusts the new one"

    said = program("init", "--har", recording, "-C", empty)
    assert "nothing was changed" in said.err


def test_a_recording_that_is_none(program: Program, tmp_path: Path) -> None:
    (tmp_path / "a.har").write_text("{}")
    said = program("init", "--har", tmp_path / "a.har", "-C", program.folder)
    assert said.code == 2
    assert "no log.entries" in said.err


# credentials


def test_a_credential_comes_from_stdin_and_is_never_shown(
    program: Program, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    piped(monkeypatch, VALUE + "\n")
    said = program(
        "credentials", "set", "shop-login", "--host", "api.example.com", "--label", "test user", "-C", program.folder
    )
    assert said.code == 0
    assert list(keyring.kept.values()) == [VALUE]
    listed = program("credentials", "list", "-C", program.folder)
    assert (
        "shop-login" in listed.out
        and "api.example.com" in listed.out
        and "keyring" in listed.out
        and "test user" in listed.out
    )
    tried = program("credentials", "test", "shop-login", "-C", program.folder)
    assert tried.code == 0
    elsewhere = program("credentials", "test", "shop-login", "--host", "evil.example", "-C", program.folder)
    assert elsewhere.code == 1
    assert "is only for api.example.com" in elsewhere.err
    assert program("credentials", "delete", "shop-login", "-C", program.folder).code == 0
    assert keyring.kept == {}
    assert program("credentials", "delete", "shop-login", "-C", program.folder).code == 1
    for one in (said, listed, tried, elsewhere):
        assert VALUE not in one.out + one.err


def test_a_value_on_the_command_line_is_no_option(program: Program, keyring: Keyring) -> None:
    said = program("credentials", "set", "shop-login", VALUE, "-C", program.folder)
    assert said.code == 2
    assert keyring.kept == {}


def test_without_a_keyring_nothing_is_stored_and_the_variable_is_named(
    program: Program, no_keyring: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    piped(monkeypatch, VALUE + "\n")
    said = program("credentials", "set", "shop-login", "-C", program.folder)
    assert said.code == 3
    assert "was not stored" in said.err and "LAUNCHREADY_SHOP_LOGIN" in said.err
    assert VALUE not in said.err
    monkeypatch.setenv("LAUNCHREADY_SHOP_LOGIN", VALUE)
    tried = program("credentials", "test", "shop-login", "-C", program.folder)
    assert tried.code == 0
    assert "environment" in tried.err
    assert VALUE not in tried.err


@pytest.mark.parametrize(("name", "value"), [("Shop Login", VALUE), ("shop-login", "short"), ("shop-login", "")])
def test_a_credential_that_cannot_be(
    program: Program, keyring: Keyring, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    piped(monkeypatch, value + "\n" if value else "")
    said = program("credentials", "set", name, "-C", program.folder)
    assert said.code == 2
    assert keyring.kept == {}


def test_credentials_belong_to_a_launch(program: Program, empty: Path) -> None:
    said = program("credentials", "list", "-C", empty)
    assert said.code == 2
    assert "launchready init" in said.err


# forget


def test_forget_takes_what_the_machine_keeps_and_leaves_what_is_yours(
    program: Program, keyring: Keyring, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    say(monkeypatch, {})
    piped(monkeypatch, VALUE + "\n")
    program("credentials", "set", "shop-login", "-C", program.folder)
    program.at("check")
    (program.folder / "decisions.toml").write_text("schema = 1\n")
    trust = Trust(tmp_path / "state")
    sha256 = load(program.folder / "launchready.toml").sha256
    trust.remember(sha256)
    said = program("forget", "--yes", "-C", program.folder)
    assert said.code == 0
    assert keyring.kept == {}
    assert not trust.knows(sha256)
    assert sorted(path.name for path in program.folder.iterdir()) == [
        ".launchready",
        "decisions.toml",
        "launchready.toml",
    ]
    assert [path.name for path in (program.folder / ".launchready").iterdir()] == [".gitignore"]


def test_forget_asks(program: Program, keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, {})
    program.at("check")
    piped(monkeypatch, "n\n")
    said = program("forget", "-C", program.folder)
    assert said.code == 0
    assert "Delete this permanently?" in said.err and "Nothing was deleted" in said.err
    assert (program.folder / ".launchready" / "journal.sqlite3").exists()


def test_forget_without_an_answer_deletes_nothing_and_says_so(
    program: Program, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(monkeypatch, {})
    program.at("check")
    piped(monkeypatch, "")
    said = program("forget", "-C", program.folder)
    assert said.code == 2
    assert "nothing was deleted" in said.err and "--yes" in said.err and "standard input is closed" in said.err
    assert (program.folder / ".launchready" / "journal.sqlite3").exists()


def test_forget_where_nothing_is(program: Program, empty: Path) -> None:
    said = program("forget", "--yes", "-C", empty)
    assert said.code == 3
    assert "no launch data is stored" in said.err


# doctor


def test_doctor_off_line_says_what_is_there(program: Program, no_keyring: None) -> None:
    said = program("doctor", "--offline", "-C", program.folder, "--trust")
    assert said.code == 1, "no permission is recorded, so something stays unchecked"
    for part in (
        "Python",
        "textual",
        "launch file",
        "example.com",
        "There is no keyring",
        "not tested (--offline)",
        "no permission is recorded",
    ):
        assert part in said.out, part


def test_doctor_says_what_a_broken_launch_file_keeps_from_being_checked(program: Program, keyring: Keyring) -> None:
    (program.folder / "launchready.toml").write_text("name = 3\n")
    said = program("doctor", "--offline", "-C", program.folder)
    assert said.code == 1
    assert "this launch, until its file is fixed" in said.out


def test_doctor_names_a_missing_package_and_what_it_costs(
    program: Program, keyring: Keyring, monkeypatch: pytest.MonkeyPatch, empty: Path
) -> None:
    from launchready_tui.cli import doctor

    monkeypatch.setattr(doctor, "PACKAGES", {"no-such-package-of-anybody": "the moon"})
    said = program("doctor", "--offline", "-C", empty)
    assert said.code == 1
    assert "the moon (install no-such-package-of-anybody)" in said.out


def test_doctor_without_a_launch_file_is_fine(program: Program, keyring: Keyring, empty: Path) -> None:
    said = program("doctor", "--offline", "-C", empty)
    assert said.code == 0
    assert "Everything can be checked here, as far as it was tested" in said.out


def test_doctor_knows_every_package_that_the_program_needs() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(doctor.PACKAGES) == {re.split(r"[\[>=<]", one)[0] for one in project["dependencies"]}
