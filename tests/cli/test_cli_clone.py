"""A launch file that came from somebody else: what happens before it is approved, and what it can reach then."""

from __future__ import annotations

import hashlib
import io
import re
import sys
import tomllib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest
from cliff import Program, clean_environment

from launchready_tui.cli.app import program as root
from launchready_tui.launch.load import load
from launchready_tui.launch.reference import reference
from launchready_tui.launch.trust import Trust, permission_hash, summary
from launchready_tui.vault import store
from launchready_tui.vault.door import Door, NoKeyring
from launchready_tui.workspace import NotTrusted, Options, Workspace
from launchready_tui.workspace.watching import Order

STEERED = "203.0.113.5"
"""Where the file would lead everything."""
PERMISSION = '[permission]\nby = "founder"\non = 2026-11-01\ndomains = ["example.com"]\n'
CLONE = f"""\
name = "Market"
domain = "example.com"
canonical = "https://example.com/"
connect = {{ "*" = "{STEERED}" }}
{PERMISSION}[[hosts]]
name = "api.example.com"
[[hosts]]
name = "evil.example.com"
[[routes]]
name = "search"
url = "https://api.example.com/search"
login = "api-token"
safe = true
[[logs]]
path = "pipe.log"
[[queues]]
name = "jobs"
server = "{STEERED}:6379"
credential = "redis"
[[alerts]]
name = "on-call"
owner = "founder"
credential = "hook"
[watch]
heartbeat = "ping"
[settings]
nameservers = ["{STEERED}"]
"""
LEADS = (f'connect = {{ "*" = "{STEERED}" }}\n', f'[settings]\nnameservers = ["{STEERED}"]\n')
PLAIN = CLONE.replace(LEADS[0], "").replace(LEADS[1], "")
"""The same without what leads its hosts elsewhere."""


_reached: list[str] | None = None


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Hears of every connection, datagram, look-up and child of this process, whichever library makes it."""
    if _reached is None:
        return
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        # The loop's own pair of sockets and the keyring's bus are no network.
        if isinstance(arguments[1], tuple):
            _reached.append(f"{event} {arguments[1]}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "subprocess.Popen"):
        _reached.append(f"{event} {arguments[0]}")


sys.addaudithook(_hook)


@pytest.fixture
def reached() -> Iterator[list[str]]:
    global _reached
    _reached = found = []
    yield found
    _reached = None


@pytest.fixture
def program(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Program:
    clean_environment(monkeypatch, tmp_path / "state")
    folder = tmp_path / "clone"
    folder.mkdir()
    (folder / "launchready.toml").write_text(CLONE)
    load(folder / "launchready.toml")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    return Program(capsys, folder)


def no_keyring() -> Any:
    raise NoKeyring("none")


def sha256(program: Program) -> str:
    return hashlib.sha256((program.folder / "launchready.toml").read_bytes()).hexdigest()


# Before it is approved


def leaves(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from leaves(found, *path, name)
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield path


def words_for(path: tuple[str, ...]) -> list[str]:
    """What the command needs to begin: every argument that it requires, and the options."""
    command: click.Command = root
    for name in path:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), name) or command
    needed = [one for one in command.params if one.required]
    words = [_GIVEN.get((*path, str(one.name)), _GIVEN.get((str(one.name),), "example.org")) for one in needed]
    options = [(one.opts[0], word) for one, word in zip(needed, words, strict=True) if isinstance(one, click.Option)]
    arguments = [word for one, word in zip(needed, words, strict=True) if isinstance(one, click.Argument)]
    return [*arguments, *(word for option in options for word in option), *_MORE.get(path, ())]


_GIVEN = {
    ("person",): "founder",
    ("sign", "what"): "go",
    ("name",): "api-token",
    ("kind",): "docker",
    ("edge-config", "kind"): "nginx",
    ("shell",): "bash",
    ("code",): "aaa bbb",
    ("ip",): "192.0.2.1",
    ("sender",): "a@example.org",
    ("flow",): "receipt",
}
_MORE = {
    ("demo",): ("--flaws",),
    ("inspect", "spf"): ("--ip", "192.0.2.1", "--sender", "a@example.org"),
    ("watch",): ("--once",),
    ("credentials", "test"): ("--host", "api.example.com"),
}
_ASKED = ("inspect",)
"""These reach what the person names, by the options alone."""
_GIT = ("secrets",)
"""These read the repository that the person names, not the launch file, through a git that it cannot steer."""


@pytest.mark.parametrize("path", [*leaves(root)], ids=" ".join)
def test_nothing_but_reading_the_file_happens_before_it_is_approved(
    program: Program, reached: list[str], monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...]
) -> None:
    monkeypatch.setattr("launchready_tui.cli.console.has_terminal", lambda: True)
    monkeypatch.chdir(program.folder.parent)
    # The keyring is this machine's own, and looking for it starts programs.
    monkeypatch.setattr(store, "_door", lambda: Door(find=no_keyring))
    for name in ("API_TOKEN", "REDIS", "HOOK", "PING"):
        monkeypatch.setenv(f"LAUNCHREADY_{name}", "canary-of-the-environment")
    asked = path[:1] == _ASKED
    program(*path, *words_for(path), "-C", program.folder, *(("--nameserver", "127.0.0.1:9") if asked else ()))
    if asked:
        reached[:] = [one for one in reached if STEERED in one or "example.com" in one]
    if path[:1] == _GIT:
        reached[:] = [one for one in reached if not one.startswith("subprocess.Popen") or not one.endswith("/git")]
    assert reached == []
    assert not [one.name for one in program.folder.iterdir() if one.name != "launchready.toml"], "nothing is written"


def test_doctor_tests_keyring_and_network_only_once_the_file_is_approved(program: Program, reached: list[str]) -> None:
    said = program("doctor", "-C", program.folder)
    assert said.out.count("not tested: the launch file is not approved on this computer") == 2
    assert sha256(program) in said.out and f"name servers: {STEERED}" in said.out
    assert reached == []
    program("doctor", "-C", program.folder, "--trust", sha256(program))
    assert any(STEERED in one for one in reached), "the test hears of it"


# `--trust HASH`


def test_one_version_of_the_file_is_approved_by_its_hash(program: Program) -> None:
    said = program("next", "-C", program.folder)
    assert said.code == 2 and f"--trust {sha256(program)}" in said.err
    assert program("next", "-C", program.folder, "--trust", sha256(program)).code == 1
    assert program("--trust", sha256(program).upper(), "next", "-C", program.folder).code == 1
    other = program("next", "-C", program.folder, f"--trust={'0' * 64}")
    assert other.code == 2 and f"SHA-256 is {sha256(program)}, not {'0' * 64}" in other.err
    assert not Trust(program.folder.parent / "state").knows(sha256(program)), "for this call only"


def test_a_word_after_trust_that_is_no_hash_belongs_to_the_command(program: Program) -> None:
    said = program("explain", "--trust", "edge.redirects")
    assert said.code == 0 and "edge.redirects" in said.out
    assert program("next", "-C", program.folder, "--trust=abc").code == 2


# Credentials


def opened(program: Program, **options: Any) -> Workspace:
    return Workspace.open(program.folder, Options(state_dir=program.folder.parent / "state", **options))


def rewrite(program: Program, text: str) -> None:
    (program.folder / "launchready.toml").write_text(text)


def test_a_value_of_the_environment_without_hosts_goes_nowhere_with_a_file_that_nobody_approved(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(program, PLAIN.replace("api.example.com/", "evil.example.com/"))
    monkeypatch.setenv("LAUNCHREADY_API_TOKEN", "canary-of-the-environment")
    with closing(opened(program, trust=True)) as ws:
        assert ws.vault.get("api-token", "evil.example.com") is None
        assert "set LAUNCHREADY_API_TOKEN_HOSTS" in ws.withheld[0] and "--trust HASH" in ws.withheld[0]
    said = program("next", "-C", program.folder, "--trust")
    assert "LAUNCHREADY_API_TOKEN names no hosts, so it is not sent to evil.example.com" in said.err
    told = program("doctor", "--offline", "-C", program.folder, "--trust")
    assert "set LAUNCHREADY_API_TOKEN_HOSTS" in " ".join(told.out.split())


def test_with_hosts_it_goes_to_these_alone(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    rewrite(program, PLAIN)
    monkeypatch.setenv("LAUNCHREADY_API_TOKEN", "canary-of-the-environment")
    monkeypatch.setenv("LAUNCHREADY_API_TOKEN_HOSTS", "api.example.com")
    with closing(opened(program, trust=True)) as ws:
        assert ws.vault.get("api-token", "api.example.com") is not None
        assert ws.vault.get("api-token", "evil.example.com") is None
        assert ws.withheld == ()


def test_with_an_approved_file_it_goes_where_that_file_sends_it(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(program, PLAIN)
    monkeypatch.setenv("LAUNCHREADY_API_TOKEN", "canary-of-the-environment")
    with closing(opened(program, trust_hash=sha256(program))) as ws:
        assert ws.vault.get("api-token", "api.example.com") is not None
        assert ws.vault.get("api-token", "evil.example.com") is None
        Trust(program.folder.parent / "state").remember(sha256(program))
        rewrite(program, PLAIN.replace("api.example.com/", "evil.example.com/"))
        with pytest.raises(NotTrusted, match="not the file that --trust allows"):
            ws.refresh()
        assert ws.vault.get("api-token", "evil.example.com") is None
    said = program("credentials", "list", "-C", program.folder)
    assert "no host" in said.out, "the changed file binds it to nothing"


def test_a_file_that_leads_hosts_elsewhere_gets_no_credential_unless_it_is_approved(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAUNCHREADY_API_TOKEN", "canary-of-the-environment")
    monkeypatch.setenv("LAUNCHREADY_API_TOKEN_HOSTS", "api.example.com")
    with closing(opened(program, trust=True)) as ws:
        assert ws.vault.get("api-token", "api.example.com") is None
        assert "decides where its hosts lead" in ws.withheld[0]
    with closing(opened(program, trust_hash=sha256(program))) as ws:
        assert ws.vault.get("api-token", "api.example.com") is not None


@pytest.mark.parametrize("given", [{"trust": True}, {"trust_hash": "0" * 64}, {}])
def test_a_watch_that_is_started_may_use_what_its_asker_may_and_no_other_file(given: dict[str, Any]) -> None:
    taken = Order(folder="clone", sha256="0" * 64, **given).options()
    assert {"trust": taken.trust, "trust_hash": taken.trust_hash} == {"trust": False, "trust_hash": ""} | given


# Permission


def test_a_permission_counts_only_once_it_was_confirmed_on_this_machine(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(program, PLAIN)
    state = Trust(program.folder.parent / "state")
    for options in ({"trust": True}, {}):
        if not options:
            state.remember(sha256(program))
        with closing(opened(program, **options)) as ws:
            assert ws.unconfirmed and not ws.launch.permits("example.com")
    assert "It does not count" in program("next", "-C", program.folder).err
    monkeypatch.setattr("launchready_tui.cli.options.may_ask", lambda: True)
    for answer, counts in (("n", False), ("y", True)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(f"{answer}\n".encode())))
        said = program("next", "-C", program.folder)
        assert "Was this permission given?" in said.err and "founder, on 2026-11-01, for example.com" in said.err
        with closing(opened(program)) as ws:
            assert ws.launch.permits("example.com") is counts
    assert "Was this permission" not in program("next", "-C", program.folder).err, "asked once"
    rewrite(program, PLAIN.replace('domains = ["example.com"]', 'domains = ["example.com", "example.net"]'))
    state.remember(sha256(program))
    with closing(opened(program)) as ws:
        assert ws.unconfirmed, "another line is another permission"


def test_the_file_approved_by_its_hash_is_approved_with_its_permission(program: Program) -> None:
    with closing(opened(program, trust_hash=sha256(program))) as ws:
        assert ws.launch.permits("example.com")


def test_who_records_a_permission_in_the_console_has_confirmed_it(program: Program) -> None:
    from datetime import date

    from launchready_tui.launch.model import Permission
    from launchready_tui.persons import PersonId

    rewrite(program, PLAIN.replace(PERMISSION, ""))
    Trust(program.folder.parent / "state").remember(sha256(program))
    with closing(opened(program)) as ws:
        ws.add_to_launch(Permission(by=PersonId("founder"), on=date(2026, 11, 24), domains=("example.com",)))
        assert ws.launch.permits("example.com")
    program("forget", "--yes", "-C", program.folder)
    assert not Trust(program.folder.parent / "state").knows(
        permission_hash(load(program.folder / "launchready.toml").launch)
    )


# The question


_STEERS_NOTHING = {
    # Words for people, and what is compared or sent with a request that is shown.
    *("name", "by", "purpose", "provider", "language", "owner", "monitor_owner", "steps", "contains", "absent"),
    *("body", "headers", "json", "header", "capture", "version_json", "version_header", "markets", "languages"),
    *(
        "market",
        "module",
        "place",
        "prefix",
        "cdn",
        "user",
        "sender",
        "template",
        "second",
        "client_id",
        "review_login",
    ),
    # Asked about in the DNS or compared with a page, never connected to.
    *("senders", "selectors", "support", "ios", "android", "fingerprints", "links", "branch", "github"),
    # Of a silence: what is told later.
    *("for", "why"),
    # Of a table that is shown by its name.
    *("route", "mailbox", "targets", "tagged"),
}
_FILLED = f"""\
name = "Market"
domain = "example.com"
canonical = "https://example.com/"
{PERMISSION}
[[hosts]]
name = "c01.example.com"
[[hosts]]
name = "c02.example.com"
[[hosts]]
name = "c04.example.com"
[[routes]]
name = "r"
url = "https://c02.example.com/"
method = "POST"
body = "email={{{{email}}}}"
login = "c03"
[[pages]]
url = "https://c04.example.com/"
[[redirects]]
from = "https://c05.example.com/"
to = "https://c06.example.com/"
[apps]
hosts = ["c07.example.com"]
privacy = "https://c08.example.net/"
terms = "https://c09.example.net/"
support = "https://c10.example.net/"
account_deletion = "https://c11.example.net/"
[[legal]]
kind = "privacy"
url = "https://c12.example.net/"
[payments]
webhook = "https://c02.example.com/hook"
[safety]
pages = ["https://c02.example.com/list"]
rules = "https://c13.example.net/"
report = "https://c14.example.net/"
[email]
support = "help@example.com"
[[mailboxes]]
name = "box"
address = "c15@example.net"
host = "c16.example.net"
login = "c17"
[[flows]]
name = "receipt"
route = "r"
[[recovery_path]]
name = "in"
url = "https://c02.example.com/c18"
method = "POST"
login = "c19"
[[recovery_path]]
name = "as"
url = "https://c02.example.com/c43"
as = "c42"
[repository]
path = "c20"
github = "a/b"
github_login = "c21"
[settings]
nameservers = ["192.0.2.22"]
rdap = {{ com = "https://c23.example.net/" }}
private_addresses = ["192.0.2.24"]
[watch]
heartbeat = "c25"
heartbeat_host = "c26.example.net"
deploys = ["github"]
monitor = "https://c27.example.net/"
[[targets]]
name = "t"
url = "https://c02.example.com/c28"
method = "POST"
safe = true
login = "c29"
[[alerts]]
name = "on-call"
owner = "founder"
kind = "email"
server = "c30.example.net:587"
credential = "c31"
sender = "a@example.com"
to = "c32@example.net"
[[logs]]
path = "c33.log"
[[queues]]
name = "jobs"
server = "c34.example.net"
credential = "c35"
[[regions]]
name = "us-east"
url = "https://c36.example.net:9115"
credential = "c37"
[[silence]]
from = 2026-12-01T02:00:00Z
for = "7d"
targets = ["c40"]
why = "c41"
[connect]
"c38.example.com" = "192.0.2.39"
"""


def test_the_question_shows_every_value_that_steers(tmp_path: Path) -> None:
    path = tmp_path / "launchready.toml"
    path.write_text(_FILLED)
    shown = "\n".join(summary(load(path)).lines())
    marks = sorted(set(re.findall(r"\bc\d\d\b|192\.0\.2\.\d+", _FILLED)))
    assert len(marks) == 43
    assert [mark for mark in marks if mark not in shown] == []
    assert "permission for intrusive checks: founder, on 2026-11-01, for example.com" in shown
    acts = "r: POST https://c02.example.com/, t: POST https://c02.example.com/c28, in: POST https://c02.example.com/c18"
    acts += ", as: GET https://c02.example.com/c43"
    assert f"requests that act, with --allow: {acts}, receipt mail: POST" in shown
    assert "times without alerts: 2026-12-01 02:00 UTC for 7d: c40 (c41)" in shown


def test_every_key_of_text_is_either_shown_at_the_question_or_known_to_steer_nothing() -> None:
    data = tomllib.loads(_FILLED)
    missing = []
    for key in reference():
        table = data.get(key.table, {}) if key.table else data
        rows = table if isinstance(table, list) else [table]
        steers = key.name not in _STEERS_NOTHING and "text" in key.allowed
        if (
            steers
            and not any(key.name in row for row in rows)
            and f"{key.table}.{key.name}" not in ("settings.ca_file",)
        ):
            missing.append(key.path)
    assert missing == []
