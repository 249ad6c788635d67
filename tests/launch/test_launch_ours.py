"""What is written into is ours: no link is followed, whatever a folder from elsewhere holds under our names."""

from __future__ import annotations

import ast
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launchready_tui.journal import Journal, JournalError
from launchready_tui.launch import ours
from launchready_tui.launch.atomic import CannotWrite, write_atomically, write_once
from launchready_tui.launch.ignore import ignore_private
from launchready_tui.launch.ours import FOLDER, NotOurs, make_folder, opened
from launchready_tui.launch.people import People, PeopleFile
from launchready_tui.launch.records import RECORDS, HandedOver, Records
from launchready_tui.watch.lock import PLACE as LOCK
from launchready_tui.watch.lock import WatchLock, watching
from launchready_tui.watch.samples import WatchReader, WatchStore
from launchready_tui.watch.samples.errors import StoreError

PACKAGE = Path(ours.__file__).parents[1]
CANARY = "what lies outside of the folder\n"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    path = tmp_path / "outside"
    path.write_text(CANARY)
    path.chmod(0o644)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "clone" / FOLDER).mkdir(parents=True, mode=0o700)
    (tmp_path / "clone" / ".git").mkdir()
    return tmp_path / "clone"


def record(folder: Path, name: str) -> None:
    from datetime import UTC, datetime

    line = HandedOver(at=datetime(2026, 11, 24, tzinfo=UTC), folder="x", sums="0", whole=True)
    Records(folder / FOLDER / name, HandedOver).append(line)


def watch_log(folder: Path) -> None:
    os.close(opened(folder / FOLDER / "watch.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC))


def lock(folder: Path) -> None:
    with WatchLock(folder):
        return


def save_people(folder: Path) -> None:
    file = PeopleFile(folder / PeopleFile.NAME)
    file.load()
    file.save(People())


WRITERS: dict[str, Callable[[Path], object]] = {
    f"{FOLDER}/watch.lock": lock,
    f"{FOLDER}/watch.log": watch_log,
    **{f"{FOLDER}/{name}": lambda folder, name=name: record(folder, name) for name in RECORDS},
    ".gitignore": ignore_private,
    PeopleFile.NAME: save_people,
    **{
        f"{FOLDER}/journal.sqlite3{tail}": lambda folder: Journal.open(folder / FOLDER / "journal.sqlite3").close()
        for tail in ("", "-wal", "-shm", "-journal")
    },
    f"{FOLDER}/watch.sqlite3": lambda folder: WatchStore.open(folder / FOLDER / "watch.sqlite3").close(),
    f"{FOLDER}/watch.sqlite3-wal": lambda folder: WatchStore.open(folder / FOLDER / "watch.sqlite3").close(),
    "launchready.toml": lambda folder: write_atomically(folder / "launchready.toml", "x"),
    "new.toml": lambda folder: write_once(folder / "new.toml", "x"),
}
REFUSED = (CannotWrite, NotOurs, JournalError, StoreError, FileExistsError)


@pytest.mark.parametrize("name", WRITERS)
def test_no_link_is_followed_whoever_writes(folder: Path, outside: Path, name: str) -> None:
    (folder / name).symlink_to(outside)
    with pytest.raises(REFUSED) as refused:
        WRITERS[name](folder)
    assert Path(name).name in str(refused.value), "refused by its name"
    assert outside.read_text() == CANARY and stat.S_IMODE(outside.stat().st_mode) == 0o644
    assert (folder / name).is_symlink()


@pytest.mark.parametrize("name", WRITERS)
def test_a_link_that_leads_nowhere_makes_no_file_there(folder: Path, tmp_path: Path, name: str) -> None:
    (folder / name).symlink_to(tmp_path / "nowhere")
    with pytest.raises(REFUSED):
        WRITERS[name](folder)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("name", WRITERS)
def test_a_pipe_is_refused_and_not_waited_for(folder: Path, name: str) -> None:
    os.mkfifo(folder / name)
    with pytest.raises(REFUSED) as refused:
        WRITERS[name](folder)
    assert Path(name).name in str(refused.value)


@pytest.mark.parametrize("name", [name for name in WRITERS if name.startswith(FOLDER)])
def test_a_folder_of_ours_that_is_a_link_is_refused(folder: Path, tmp_path: Path, name: str) -> None:
    (folder / FOLDER).rmdir()
    (tmp_path / "other").mkdir(mode=0o755)
    (folder / FOLDER).symlink_to(tmp_path / "other")
    with pytest.raises(REFUSED, match=f"{FOLDER} is a symbolic link"):
        WRITERS[name](folder)
    assert not [*(tmp_path / "other").iterdir()] and stat.S_IMODE((tmp_path / "other").stat().st_mode) == 0o755


def test_who_looks_whether_somebody_watches_opens_no_link_either(folder: Path, outside: Path) -> None:
    (folder / LOCK).symlink_to(outside)
    assert watching(folder) is None
    (folder / FOLDER / "watch.sqlite3").symlink_to(outside)
    with pytest.raises(StoreError, match="is a symbolic link"):
        WatchReader(folder / FOLDER / "watch.sqlite3")
    assert outside.read_text() == CANARY


@pytest.mark.parametrize("name", [f"{FOLDER}/watch.lock", f"{FOLDER}/journal.sqlite3", f"{FOLDER}/handed-over.jsonl"])
def test_a_file_of_another_user_is_not_written_into(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (folder / name).touch()
    theirs = (folder / name).stat().st_uid + 4711
    monkeypatch.setattr(ours, "_is_mine", lambda found: stat.S_ISDIR(found.st_mode) or found.st_uid == theirs)
    with pytest.raises(REFUSED, match="belongs to another user"):
        WRITERS[name](folder)


def test_the_folder_of_another_user_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 4711)
    with pytest.raises(NotOurs, match=f"{FOLDER} belongs to another user"):
        opened(folder / FOLDER / "watch.log", os.O_WRONLY | os.O_CREAT)


@pytest.mark.parametrize("loose", [0o777, 0o755, 0o770])
def test_loose_rights_of_the_folder_are_tightened(folder: Path, loose: int) -> None:
    (folder / FOLDER).chmod(loose)
    record(folder, RECORDS[0])
    assert stat.S_IMODE((folder / FOLDER).stat().st_mode) == 0o700


def test_rights_that_cannot_be_tightened_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / FOLDER).chmod(0o777)

    def refuse(handle: int, mode: int) -> None:
        raise PermissionError(1, "no")

    monkeypatch.setattr(os, "fchmod", refuse)
    with pytest.raises(NotOurs, match="can be written by others"):
        make_folder(folder / FOLDER)
    (folder / FOLDER).chmod(0o755)
    make_folder(folder / FOLDER)


def test_a_folder_for_a_workflow_is_not_made_through_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (folder / ".github").symlink_to(tmp_path / "other")
    with pytest.raises(NotOurs, match=r"\.github is a symbolic link"):
        make_folder(folder / ".github" / "workflows")
    assert not [*(tmp_path / "other").iterdir()]


def test_the_folder_above_may_be_reached_through_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "way").symlink_to(folder)
    record(tmp_path / "way", RECORDS[0])
    assert (folder / FOLDER / RECORDS[0]).exists()


# Nobody else opens for writing


def _writes(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    words = [ast.unparse(one) for one in (*call.args, *(word.value for word in call.keywords))]
    if name in ("write_text", "write_bytes", "touch", "copyfile", "copy2", "copytree", "NamedTemporaryFile"):
        return True
    if name == "open" and "os.devnull" not in ast.unparse(call):
        modes = [word.strip("'\"") for word in words if word[:1] in "'\""]
        if ast.unparse(call.func) == "os.open":
            return "O_RDONLY" not in words[1]
        return any(set(mode) <= set("rwaxbt+") and set(mode) & set("wax+") for mode in modes)
    return name == "connect" and ast.unparse(call.func) == "sqlite3.connect"


_MAY = {
    ("launch/ours.py", "open"),
    ("launch/atomic.py", "open"),
    # SQLite opens by name: these look first.
    ("journal/versions.py", "connect"),
    ("watch/samples/reader.py", "connect"),
    # In memory.
    ("lab/market.py", "connect"),
}


def _found() -> Iterator[tuple[str, str, int]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _writes(node):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
                yield path.relative_to(PACKAGE).as_posix(), name, node.lineno


def test_every_file_is_opened_for_writing_in_one_place() -> None:
    found = [*_found()]
    assert {one[:2] for one in found} & _MAY == _MAY, "the search finds what there is"
    assert [one for one in found if one[:2] not in _MAY] == []
