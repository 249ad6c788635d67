"""`launchready verify`: any flipped byte, any missing or extra file, any trick with a zip, each in plain words."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from bundle_source import NOW, full
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from launchready_tui.handover import Exported, drift, export, verify
from launchready_tui.handover.pack import SUMS, pack, sums

SMALL = {"a.md": b"one\n", "data/b.csv": b"two\r\n"}
SMALL[SUMS] = sums(SMALL)
# The least change, another case of a letter, and all bits at once.
FLIPS = (0x01, 0x20, 0xFF)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export(full(), tmp_path_factory.mktemp("bundle"), now=NOW)


@pytest.fixture
def folder(made: Exported, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made.folder, tmp_path / "bundle"))


def said(path: Path) -> list[str]:
    return [str(problem) for problem in verify(path)]


def zipped(path: Path, entries: list[tuple[str | zipfile.ZipInfo, bytes]], **options: object) -> Path:
    with zipfile.ZipFile(path, "w", **options) as archive:  # type: ignore[arg-type]
        for name, content in entries:
            archive.writestr(name, content)
    return path


def entries(files: dict[str, bytes], top: str = "bundle") -> list[tuple[str | zipfile.ZipInfo, bytes]]:
    return [(f"{top}/{name}", content) for name, content in sorted(files.items())]


room = sys.modules[verify.__module__]

# What is found in a folder


def test_an_untouched_bundle_has_no_problem(made: Exported) -> None:
    assert verify(made.folder) == ()
    assert verify(made.zip) == ()


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_flipped_bit_in_any_file_is_found(made: Exported, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(made.files))
    path = made.folder / name
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    broken = bytearray(whole)
    broken[at] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(bytes(broken))
    try:
        problems = verify(made.folder)
    finally:
        path.write_bytes(whole)
    assert problems
    assert name in {problem.file for problem in problems} or name == SUMS


def test_every_byte_of_the_sums_counts(tmp_path: Path) -> None:
    for name, content in SMALL.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    assert verify(tmp_path) == ()
    for at in range(len(SMALL[SUMS])):
        for flip in FLIPS:
            broken = bytearray(SMALL[SUMS])
            broken[at] ^= flip
            (tmp_path / SUMS).write_bytes(bytes(broken))
            assert verify(tmp_path), (at, flip)


def test_a_changed_file_is_named(folder: Path) -> None:
    (folder / "08-access.md").write_text("nobody")
    assert said(folder) == ["08-access.md: was changed since the export."]


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "data" / "systems.csv").unlink()
    assert said(folder) == ["data/systems.csv: is missing."]


def test_an_extra_file_is_named(folder: Path) -> None:
    (folder / "data" / "more.csv").write_text("x")
    (folder / ".hidden").write_text("x")
    assert said(folder) == [".hidden: was added since the export.", "data/more.csv: was added since the export."]


def test_what_a_system_drops_into_folders_is_said_to_be_that(folder: Path) -> None:
    (folder / ".DS_Store").write_text("x")
    assert said(folder) == [
        ".DS_Store: was added since the export (macOS creates it when a folder is opened: delete it)."
    ]


def test_a_renamed_file_is_missing_and_extra(folder: Path) -> None:
    (folder / "README.md").rename(folder / "readme.md")
    assert said(folder) == ["README.md: is missing.", "readme.md: was added since the export."]


def test_an_empty_folder_is_extra_too(folder: Path) -> None:
    (folder / "empty").mkdir()
    assert said(folder) == ["empty/: is an empty folder that was added since the export."]


def test_without_sums_nothing_can_be_said(folder: Path) -> None:
    (folder / SUMS).unlink()
    assert said(folder) == ["SHA256SUMS: is missing, so nothing can be compared."]


def test_links_and_devices_are_no_files(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes((folder / "README.md").read_bytes())
    (folder / "README.md").unlink()
    (folder / "README.md").symlink_to(outside)
    os.mkfifo(folder / "pipe")
    assert said(folder) == [
        "README.md: is a symbolic link, not a file of the bundle.",
        "README.md: is missing.",
        "pipe: is not a regular file.",
    ]


def test_a_linked_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "data", tmp_path / "data")
    shutil.rmtree(folder / "data")
    (folder / "data").symlink_to(tmp_path / "data")
    problems = said(folder)
    assert "data: is a symbolic link, not a file of the bundle." in problems
    assert "data/systems.csv: is missing." in problems


def test_a_link_in_place_of_the_bundle_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    assert said(tmp_path / "link") == ["link is a symbolic link. Name the folder or zip itself."]


def test_a_file_that_cannot_be_read_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.read_bytes

    def locked(self: Path) -> bytes:
        if self.name == "README.md":
            raise PermissionError(13, "Permission denied")
        return real(self)

    monkeypatch.setattr(Path, "read_bytes", locked)
    assert "README.md: could not be read: Permission denied." in said(folder)


def test_nothing_there_is_said(tmp_path: Path) -> None:
    assert said(tmp_path / "none.zip") == ["No folder or zip called none.zip exists."]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"0" * 64 + b"  ../outside\n",
        b"0" * 64 + b"  /etc/passwd\n",
        b"0" * 64 + b"  C:\\x\n",
        b"0" * 64 + b"  a.md\n" + b"0" * 64 + b"  a.md\n",
        b"0" * 64 + b" *a.md\n",
        b"0" * 63 + b"  a.md\n",
        b"A" * 64 + b"  a.md\n",
        b"0" * 64 + b"  SHA256SUMS\n",
        b"0" * 64 + b"  a.md",
        b"\n",
    ],
)
def test_a_list_in_another_form_is_not_trusted(body: bytes, tmp_path: Path) -> None:
    (tmp_path / SUMS).write_bytes(body)
    assert "SHA256SUMS: was changed: its format is not the one LaunchReady writes." in said(tmp_path)


# What is found in a zip


def test_every_byte_of_a_zip_counts(tmp_path: Path) -> None:
    """Names, dates, sizes, modes, checksums, offsets and contents: the whole container."""
    whole = pack(SMALL, "bundle")
    path = tmp_path / "bundle.zip"
    path.write_bytes(whole)
    assert verify(path) == ()
    missed = []
    for at in range(len(whole)):
        for flip in FLIPS:
            broken = bytearray(whole)
            broken[at] ^= flip
            path.write_bytes(bytes(broken))
            if not verify(path):
                missed.append((at, flip))
    assert not missed


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw[:-1],
        lambda raw: raw + b"x",
        lambda raw: b"x" + raw,
        lambda raw: raw[: len(raw) // 2],
        lambda raw: b"",
    ],
)
def test_a_cut_or_longer_zip_is_found(change: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(change(pack(SMALL, "bundle")))
    assert verify(path)


def test_a_zip_packed_by_another_program_says_how_to_go_on(tmp_path: Path) -> None:
    path = zipped(tmp_path / "again.zip", entries(SMALL))
    assert said(path)[0].startswith("The zip is not as exported")
    smaller = zipped(tmp_path / "smaller.zip", entries(SMALL), compression=zipfile.ZIP_DEFLATED)
    assert said(smaller)[0].startswith("The zip was repacked by another program.")
    assert "Unpack it and verify the folder" in said(path)[0] and "Unpack it and verify the folder" in said(smaller)[0]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bundle/../outside.md", "points outside the folder"),
        ("../outside.md", "points outside the folder"),
        ("/etc/passwd", "points outside the folder"),
        ("bundle/./a.md", "points outside the folder"),
        ("bundle//a.md", "points outside the folder"),
        ("bundle\\outside.md", "points outside the folder"),
        ("C:/outside.md", "points outside the folder"),
        ("bundle/a\x1b[31m.md", "a name that no bundle uses"),
        ("bundle/\u202egnp.md", "a name that no bundle uses"),
        ("bundle/A.md", "is in the zip twice"),
        ("other/c.md", "does not contain exactly one folder"),
        ("loose.md", "does not contain exactly one folder"),
    ],
)
def test_names_that_play_tricks_are_refused(name: str, words: str, tmp_path: Path) -> None:
    problems = said(zipped(tmp_path / "trick.zip", [*entries(SMALL), (name, b"x")]))
    assert any(words in problem for problem in problems), problems
    assert all(char.isprintable() for problem in problems for char in problem)
    assert not (tmp_path / "outside.md").exists() and not (tmp_path.parent / "outside.md").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    problems = said(zipped(tmp_path / "twice.zip", [*entries(SMALL), ("bundle/a.md", b"other")]))
    assert problems == ["bundle/a.md: is in the zip twice; the zip was tampered with."]


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("bundle/link.md")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert "bundle/link.md: is a symbolic link; the zip was tampered with." in said(
        zipped(tmp_path / "link.zip", [*entries(SMALL), (link, b"/etc/passwd")])
    )


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("bundle/a.md", "w") as stream:
        for _ in range(32):
            stream.write(bytes(1024 * 1024))
    assert len(said(path)) == 1 and "repacked" in said(path)[0]


def test_a_zip_that_claims_to_be_huge_is_not_read(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "x.zip", [("bundle/a.md", bytes(1000))]).read_bytes()
    path = tmp_path / "huge.zip"
    path.write_bytes(whole.replace((1000).to_bytes(4, "little"), (0xF0000000).to_bytes(4, "little")))
    assert said(path) == ["The zip would unpack to more than any bundle contains, so it was not unpacked."]


def test_a_zip_that_lies_about_sizes_is_found(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "x.zip", [("bundle/a.md", bytes(100_000))]).read_bytes()
    lie = whole.replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lie != whole
    path = tmp_path / "lie.zip"
    path.write_bytes(lie)
    assert verify(path)


def test_an_empty_zip_and_no_zip_at_all_are_said(tmp_path: Path) -> None:
    assert said(zipped(tmp_path / "empty.zip", [])) == ["The zip is empty."]
    (tmp_path / "text.zip").write_text("hello")
    assert said(tmp_path / "text.zip")[0].startswith("text.zip is damaged or not a zip")


def test_files_in_a_zip_are_held_against_the_sums(tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(pack({**SMALL, "a.md": b"1ne\n", "c.md": b"new\n"}, "bundle"))
    assert said(path) == ["a.md: was changed since the export.", "c.md: was added since the export."]
    path.write_bytes(pack({name: content for name, content in SMALL.items() if name != "a.md"}, "bundle"))
    assert said(path) == ["a.md: is missing."]


def test_a_zip_with_a_million_entries_is_refused_before_it_is_read(tmp_path: Path) -> None:
    entry = b"PK\x01\x02" + bytes(24) + (8).to_bytes(2, "little") + bytes(16)
    directory = b"".join(entry + b"b/%06x" % number for number in range(1_000_000))
    end = b"PK\x05\x06" + bytes(4) + b"\xff\xff" * 2 + len(directory).to_bytes(4, "little") + bytes(6)
    for name, tail in (("many", end), ("sixty-four", b"PK\x06\x07" + bytes(16) + end), ("remark", end + b"PK\x05\x06")):
        path = tmp_path / f"{name}.zip"
        path.write_bytes(directory + tail)
        begun = time.process_time()
        assert said(path) == [f"{name}.zip contains more files than any bundle, so it was not read."]
        with pytest.raises(drift.NotComparable, match="more files than any bundle"):
            drift.load(path)
        assert time.process_time() - begun < 2


def test_a_folder_with_too_many_files_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_FILES", 10)
    for number in range(11):
        (tmp_path / str(number)).touch()
    assert said(tmp_path) == [f"{tmp_path.name} contains more files than any bundle, so it was not read."]


@pytest.mark.parametrize("name", ["/etc/passwd", "../../x", "bundle/../../x", "C:/x", "bundle/\x1b[2J", "bundle//x"])
def test_drift_reads_no_zip_whose_names_play_tricks(name: str, tmp_path: Path) -> None:
    path = zipped(tmp_path / "bad.zip", [*entries(SMALL), (name, b"x")])
    with pytest.raises(drift.NotComparable, match="tampered with"):
        drift.load(path)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["bad.zip"]
