"""Trust by hash, and what is shown before the question."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from launchready_tui.launch.load import NAME, load
from launchready_tui.launch.trust import Trust, state_dir, summary

ONE, TWO = "a" * 64, "2" * 64


def test_only_what_was_trusted_is_known(tmp_path: Path) -> None:
    trust = Trust(tmp_path / "state")
    assert not trust.knows(ONE)
    trust.remember(ONE)
    trust.remember(ONE)
    trust.remember(TWO)
    assert Trust(tmp_path / "state").knows(ONE)
    assert trust.path.read_text() == f"{ONE}\n{TWO}\n"
    assert stat.S_IMODE(trust.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(trust.path.parent.stat().st_mode) == 0o700
    trust.forget(ONE)
    assert (trust.knows(ONE), trust.knows(TWO)) == (False, True)


@pytest.mark.parametrize("rubbish", [b"\xff\x00rubbish\n", b"*\n", ONE.upper().encode() + b"\n", b""])
def test_a_broken_list_trusts_nothing(tmp_path: Path, rubbish: bytes) -> None:
    trust = Trust(tmp_path)
    trust.path.write_bytes(rubbish)
    assert not trust.knows(ONE)
    assert not trust.knows("*")
    assert not trust.knows("")


def test_only_hashes_are_remembered(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="64 hex digits"):
        Trust(tmp_path).remember("*")


@pytest.mark.parametrize(
    ("env", "folder"),
    [
        ({"LAUNCHREADY_STATE": "/s", "XDG_STATE_HOME": "/x"}, "/s"),
        ({"XDG_STATE_HOME": "/x", "HOME": "/h"}, "/x/launchready"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/h"}, "/h/.local/state/launchready"),
        ({"HOME": "/h"}, "/h/.local/state/launchready"),
    ],
)
def test_the_state_folder_follows_the_environment(env: dict[str, str], folder: str) -> None:
    assert state_dir(env) == Path(folder)


def test_the_question_shows_all_that_would_be_reached(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(
        """\
name = "Demo"
domain = "example.com"
canonical = "https://www.example.com/"
connect = { "*:443" = "127.0.0.1:8443" }
[[hosts]]
name = "api.example.com"
[[routes]]
name = "search"
url = "https://api.example.com/search"
login = "shop-login"
[[redirects]]
from = "http://old.net/a"
to = "https://www.example.com/a"
[[mailboxes]]
name = "gmail"
address = "tests@gmail.com"
kind = "gmail"
login = "gmail-app"
[repository]
path = "../shop"
[settings]
nameservers = ["192.0.2.1"]
private_addresses = ["10.0.0.0/8"]
rdap = { com = "https://rdap.example/" }
"""
    )
    assert summary(load(tmp_path / NAME)).lines() == (
        "hosts: example.com, api.example.com, www.example.com, old.net",
        "name servers: 192.0.2.1",
        "connect map: *:443=127.0.0.1:8443",
        "credentials: shop-login for api.example.com, gmail-app for imap.gmail.com",
        "RDAP servers: https://rdap.example/",
        "private addresses: 10.0.0.0/8",
        "repository: ../shop",
        "test mailboxes: gmail: tests+TAG@gmail.com at imap.gmail.com",
    )
