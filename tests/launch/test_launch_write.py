"""What is written reads back the same; what is added leaves the rest alone; what fails leaves the old file."""

from __future__ import annotations

import errno
import os
import stat
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchready_tui.launch import model
from launchready_tui.launch.atomic import CannotWrite, write_atomically, write_once
from launchready_tui.launch.ignore import PRIVATE, ignore_private
from launchready_tui.launch.load import load, parse
from launchready_tui.launch.model import Email, Host, Launch, Page, Permission, Redirect, Route, Settings, Sprint
from launchready_tui.launch.problems import ChangedUnderneath, LaunchFileError
from launchready_tui.launch.reference import document, reference
from launchready_tui.launch.write import append, text_of, write_new

GOOD = Launch(
    name="Demo Market",
    domain="example.com",
    canonical="https://example.com/",
    hosts=(Host(name="api.example.com", role="api"),),
)

# Launches that are valid, with text as odd as the rules allow.
_line = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20)
_label = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=8)
_path = st.lists(_label, max_size=3).map("/".join)
_hosts = st.lists(
    st.builds(
        Host,
        name=_label.map(lambda label: f"{label}.example.com"),
        role=st.sampled_from(("web", "app", "api", "status")),
        environment=st.sampled_from(("production", "staging")),
        purpose=_line | st.just(""),
    ),
    unique_by=lambda host: host.name,
    max_size=4,
)
_headers = st.dictionaries(
    st.sampled_from(("accept", "prefer", "x-odd!header")), st.from_regex(r"\A[!-~]{1,12}\Z"), max_size=2
)
_routes = st.lists(
    st.builds(
        Route,
        name=_line,
        url=_path.map(lambda path: f"https://example.com/{path}"),
        flow=st.sampled_from(("pay", "search", "log-in")),
        method=st.sampled_from(("GET", "POST")),
        headers=_headers,
        login=st.sampled_from(("", "shop-login")),
        safe=st.booleans(),
        target_ms=st.integers(1, 600_000),
    ),
    unique_by=lambda route: route.name.lower(),
    max_size=3,
)
_moments = st.datetimes(
    min_value=datetime(2000, 1, 1),
    max_value=datetime(2100, 1, 1),
    timezones=st.sampled_from((UTC, timezone(timedelta(hours=5, minutes=30)))),
)
launches = st.builds(
    Launch,
    name=_line,
    domain=st.just("example.com"),
    canonical=st.sampled_from(("https://example.com/", "https://www.example.com")),
    markets=st.lists(_line, max_size=3).map(tuple),
    announced=st.booleans(),
    sprint=st.none() | st.builds(Sprint, start=_moments, hours=st.floats(1, 1440)),
    permission=st.none()
    | st.builds(Permission, by=_line, on=st.dates(date(2000, 1, 1)), domains=st.just(("example.com", "old.net"))),
    hosts=_hosts.map(tuple),
    routes=_routes.map(tuple),
    pages=st.lists(
        st.builds(Page, url=_path.map(lambda path: f"https://example.com/{path}"), name=_line),
        unique_by=lambda page: page.url.lower(),
        max_size=2,
    ).map(tuple),
    redirects=st.lists(
        st.builds(Redirect, from_=_path.map(lambda p: f"http://old.net/{p}"), to=st.just("https://example.com/x")),
        unique_by=lambda one: one.from_,
        max_size=2,
    ).map(tuple),
    email=st.builds(
        Email,
        senders=st.just(()) | st.just(("postmark", "mail.example.com")),
        support=st.sampled_from(("", "help@example.com")),
    ),
    connect=st.dictionaries(
        st.sampled_from(("*", "a.example.com:443", "203.0.113.10", "*:25")),
        st.sampled_from(("127.0.0.1", "[::1]:8443", "127.0.0.1:99")),
        max_size=3,
    ),
    settings=st.builds(
        Settings,
        nameservers=st.just(()) | st.just(("192.0.2.1:53",)),
        rdap=st.just({}) | st.just({"co.uk": "https://rdap.example/"}),
        rate=st.floats(0.01, 50),
        samples=st.integers(1, 100_000),
    ),
)


@settings(max_examples=150, deadline=None)
@given(launches)
def test_what_is_written_reads_back_the_same(launch: Launch) -> None:
    assert parse(text_of(launch, notes={"hosts": "seen\nby DNS \u202e\x1b"}).encode()) == launch


def test_every_key_is_explained_and_the_file_carries_the_words(tmp_path: Path) -> None:
    assert [key.path for key in reference() if not key.text] == []
    assert {key.name for key in reference() if not key.table} == {
        field.encode_name for field in msgspec.structs.fields(model.Launch)
    }
    write_new(tmp_path / "launchready.toml", GOOD)
    written = (tmp_path / "launchready.toml").read_text()
    for path in ("name", "domain", "canonical", "hosts", "hosts[].role", "sprint"):
        known = document(path)
        assert known is not None
        assert known.text in written


def test_a_row_of_a_list_is_documented_by_its_key() -> None:
    known = document("hosts[12].role")
    assert known is not None
    assert (known.default, known.required) == ('"other"', False)
    assert "staging" in known.allowed


def test_the_commented_examples_are_themselves_valid(tmp_path: Path) -> None:
    lines = text_of(GOOD).splitlines()
    shown = [line[2:] for line in lines if line.startswith(("# [", "# ")) and (line.startswith("# [") or " = " in line)]
    examples = "\n".join(shown)
    assert "[permission]" in examples
    assert "[[redirects]]" in examples
    parse((text_of(GOOD) + "\n" + examples).encode())


def test_init_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "launchready.toml"
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        write_new(path, GOOD)
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]


def test_init_does_not_write_what_would_not_load(tmp_path: Path) -> None:
    with pytest.raises(LaunchFileError):
        write_new(
            tmp_path / "launchready.toml", Launch(name="", domain="example.com", canonical="https://example.com/")
        )
    assert list(tmp_path.iterdir()) == []


def test_additions_keep_comments_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "launchready.toml"
    old = '# mine\nname = "Demo"   # odd   spacing\ndomain = "example.com"\ncanonical = "https://example.com/"\n'
    old += "\n[settings]\nrate = 5.0\n# the end"
    path.write_text(old)
    path.chmod(0o640)
    append(path, "hosts", Host(name="api.example.com", role="api"))
    route = Route(name="search", url="https://api.example.com/search", headers={"accept": "a/b"}, safe=True)
    append(path, "routes", route)
    append(path, "pages", Page(url="https://example.com/"))
    file = append(path, "redirects", Redirect(from_="http://old.net/", to="https://example.com/"))
    assert path.read_text().startswith(old + "\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert load(path) == file
    assert file.launch.routes[0].headers == {"accept": "a/b"}
    assert file.launch.settings.rate == 5.0


def test_windows_line_ends_stay(tmp_path: Path) -> None:
    path = tmp_path / "launchready.toml"
    path.write_bytes(text_of(GOOD).replace("\n", "\r\n").encode())
    append(path, "hosts", Host(name="app.example.com"))
    raw = path.read_bytes()
    assert raw.count(b"\n") == raw.count(b"\r\n")


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (Host(name="api.example.com"), "again"),
        (Host(name="app.other.com", role="app"), "inside example.com"),
        (Host(name="APP.example.com"), "lower case"),
    ],
)
def test_an_addition_that_would_not_be_valid_changes_nothing(tmp_path: Path, item: Host, said: str) -> None:
    path = tmp_path / "launchready.toml"
    write_new(path, GOOD)
    old = path.read_bytes()
    with pytest.raises(LaunchFileError, match=said):
        append(path, "hosts", item)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


def test_a_list_in_brackets_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "launchready.toml"
    path.write_text(
        'name = "Demo"\ndomain = "example.com"\ncanonical = "https://example.com/"\nhosts = [{ name = '
        '"a.example.com" }]\n'
    )
    with pytest.raises(LaunchFileError, match=r"written as \[\[hosts\]\]"):
        append(path, "hosts", Host(name="b.example.com"))


def test_a_file_changed_meanwhile_is_not_added_to(tmp_path: Path) -> None:
    path = tmp_path / "launchready.toml"
    file = write_new(path, GOOD)
    path.write_text(path.read_text() + "# by hand\n")
    with pytest.raises(ChangedUnderneath, match="was changed by someone else"):
        append(path, "hosts", Host(name="app.example.com"), expected=file.sha256)


def _full(*args: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_what_a_killed_write_left_is_taken_away_by_a_later_one_and_nothing_else(tmp_path: Path) -> None:
    path, old, young = tmp_path / "people.toml", ".people.toml.0123456789ab.tmp", ".people.toml.ba9876543210.tmp"
    others = (young, ".inventory.toml.0123456789ab.tmp", ".people.toml.mine.tmp", "people.toml.0123456789ab.tmp")
    for name in (old, *others):
        (tmp_path / name).write_text("names")
        if name != young:
            os.utime(tmp_path / name, (0, 0))
    write_atomically(path, "new")
    assert {one.name for one in tmp_path.iterdir()} == {"people.toml", *others}


def test_a_full_disk_leaves_the_old_file_and_no_rubbish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "launchready.toml"
    write_new(path, GOOD)
    old = path.read_bytes()
    monkeypatch.setattr(os, "fsync", _full)
    with pytest.raises(CannotWrite, match=r"the disk is full\. Nothing was changed"):
        append(path, "hosts", Host(name="app.example.com"))
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(CannotWrite, match=r"other\.toml could not be written"):
        write_once(tmp_path / "other.toml", "x")
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_and_a_folder_in_the_way_are_told(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match="the folder does not exist"):
        write_atomically(tmp_path / "no" / "file", "x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(CannotWrite, match="a folder with that name"):
        write_atomically(tmp_path / "folder", "x")


def test_private_files_are_private_from_the_first_byte(tmp_path: Path) -> None:
    path = tmp_path / "people.toml"
    path.write_text("old")
    path.chmod(0o644)
    write_atomically(path, "new", mode=0o600)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == "new"


def test_new_files_follow_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "a", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_git_is_told_to_ignore_what_is_private(tmp_path: Path) -> None:
    assert ignore_private(tmp_path) == ()
    assert not (tmp_path / ".gitignore").exists()
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "launch"
    folder.mkdir()
    (folder / ".gitignore").write_text("*.log\n/people.toml")
    assert ignore_private(folder) == PRIVATE[1:]
    assert ignore_private(folder) == ()
    assert (folder / ".gitignore").read_text().splitlines()[:2] == ["*.log", "/people.toml"]
