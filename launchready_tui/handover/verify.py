"""Is a bundle still what was exported? Folder or zip, byte by byte, without trusting a single name in it."""

from __future__ import annotations

import hashlib
import re
import stat
import zipfile
from itertools import islice
from pathlib import Path, PurePosixPath

from .. import text
from .model import Problem
from .pack import SIGNATURE, SUMS, pack

LIMIT = 256 * 1024 * 1024
"""No bundle is larger; a zip that would unpack to more is not unpacked."""
MOST_FILES = 5000
"""No bundle has so many."""
_DIRECTORY = MOST_FILES * 512
"""Bytes that the directory of a zip has at most: 46 an entry and its name (APPNOTE 4.3.12)."""
_LINE = re.compile(r"([0-9a-f]{64})  (.+)\Z")
_SYSTEM = {
    ".DS_Store": "macOS creates it when a folder is opened: delete it",
    "Thumbs.db": "Windows creates it when a folder is opened: delete it",
    "desktop.ini": "Windows creates it when a folder is opened: delete it",
}

_UNPACK = "Unpack it and verify the folder to check the files themselves."


def verify(path: Path, *, key: Path | None = None) -> tuple[Problem, ...]:
    """What is wrong with the bundle at `path`, in the order of its files; empty when every byte is as it was exported.

    With `key`, a public key or an allowed-signers file, the signature is tested as well, and must be there.
    """
    files, problems = read(path)
    if files is None:
        return problems
    found = {*problems, *problems_in(files)}
    if key is not None and SUMS in files:
        from . import sign

        found.update(sign.check(files[SUMS], files.get(SIGNATURE), key))
    return tuple(sorted(found, key=lambda one: (one.file, one.text)))


def read(path: Path) -> tuple[dict[str, bytes] | None, tuple[Problem, ...]]:
    """The files of a folder or zip, unverified, and what is wrong with how they are kept; None where nothing can be
    read."""
    if path.is_symlink():
        return None, (Problem("", f"{path.name} is a symbolic link. Name the folder or zip itself."),)
    if path.is_dir():
        files, problems = _read_folder(path)
    elif path.is_file():
        files, problems = _read_zip(path)
    else:
        return None, (Problem("", f"No folder or zip called {path.name} exists."),)
    return files, tuple(problems)


def problems_in(files: dict[str, bytes]) -> list[Problem]:
    """The files against the list of fingerprints in the same bundle."""
    if SUMS not in files:
        return [Problem(SUMS, "is missing, so nothing can be compared.")]
    listed, problems = _listed(files[SUMS])
    for name in sorted(set(listed) - set(files)):
        problems.append(Problem(name, "is missing."))
    for name in sorted(set(files) - set(listed) - {SUMS, SIGNATURE}):
        problems.append(Problem(name, _extra(name)))
    for name in sorted(set(files) & set(listed)):
        if hashlib.sha256(files[name]).hexdigest() != listed[name]:
            problems.append(Problem(name, "was changed since the export."))
    return problems


def _extra(name: str) -> str:
    known = _SYSTEM.get(name.rpartition("/")[2])
    return f"was added since the export ({known})." if known else "was added since the export."


def _listed(raw: bytes) -> tuple[dict[str, str], list[Problem]]:
    """SHA256SUMS, read strictly: every line, in order, nothing else."""
    broken = [Problem(SUMS, "was changed: its format is not the one LaunchReady writes.")]
    try:
        body = raw.decode("utf-8")
    except UnicodeDecodeError:
        return {}, broken
    listed: dict[str, str] = {}
    last = ""
    for line in body.removesuffix("\n").split("\n"):
        match = _LINE.match(line)
        if match is None or match[2] <= last or _bad_name(match[2]) or match[2] == SUMS:
            return listed, broken
        last = match[2]
        listed[last] = match[1]
    return listed, [] if body.endswith("\n") else broken


def _bad_name(name: str) -> str:
    """Why a name inside a bundle must not be used; empty if it may."""
    if not name or "\x00" in name or not name.isprintable():
        return "has a name that no bundle uses"
    if "\\" in name or re.match(r"[A-Za-z]:", name) or name.startswith("/"):
        return "has a name that points outside the folder"
    if any(part in ("", ".", "..") for part in name.split("/")):
        return "has a name that points outside the folder"
    return ""


def _read_folder(folder: Path) -> tuple[dict[str, bytes] | None, list[Problem]]:
    files: dict[str, bytes] = {}
    problems: list[Problem] = []
    total = 0
    paths = sorted(islice(folder.rglob("*"), MOST_FILES + 1))
    if len(paths) > MOST_FILES:
        return None, [Problem("", f"{folder.name} contains more files than any bundle, so it was not read.")]
    for path in paths:
        name = path.relative_to(folder).as_posix()
        try:
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                problems.append(Problem(name, "is a symbolic link, not a file of the bundle."))
            elif stat.S_ISDIR(mode):
                if not any(path.iterdir()):
                    problems.append(Problem(f"{name}/", "is an empty folder that was added since the export."))
            elif not stat.S_ISREG(mode):
                problems.append(Problem(name, "is not a regular file."))
            elif (total := total + path.stat().st_size) > LIMIT:
                return None, [Problem("", f"{folder.name} is larger than any bundle, so it was not read.")]
            else:
                files[name] = path.read_bytes()
        except OSError as why:
            problems.append(Problem(name, f"could not be read: {why.strerror or why}."))
    return files, problems


def _read_zip(path: Path) -> tuple[dict[str, bytes] | None, list[Problem]]:
    if path.stat().st_size > LIMIT:
        return None, [Problem("", f"{path.name} is larger than any bundle, so it was not read.")]
    raw = path.read_bytes()
    if _has_too_many(raw):
        return None, [Problem("", f"{path.name} contains more files than any bundle, so it was not read.")]
    try:
        with zipfile.ZipFile(path) as archive:
            files, problems, top = _members(archive)
    except (
        zipfile.BadZipFile,
        OSError,
        NotImplementedError,
        RuntimeError,
        EOFError,
        ValueError,
        UnicodeError,
        OverflowError,
    ) as why:
        return None, [Problem("", f"{path.name} is damaged or not a zip: {text.clean(str(why))}.")]
    if files is not None and not problems and pack(files, top) != raw:
        problems.append(
            Problem(
                "",
                f"The zip is not as exported: it was repacked or its directory was changed. {_UNPACK}",
            )
        )
    return files, problems


def _has_too_many(raw: bytes) -> bool:
    """Whether its directory is larger than one of ours, told before it is read: a million entries take a gigabyte. One
    of zip64 always is (APPNOTE 4.3.15, 4.3.16)."""
    tail = raw[-(22 + 65_535 + 20) :]
    ends = [found.start() for found in re.finditer(b"PK\x05\x06", tail)]
    sizes = [int.from_bytes(tail[at + 12 : at + 16], "little") for at in ends]
    return b"PK\x06\x07" in tail or any(size > _DIRECTORY for size in sizes)


def _members(archive: zipfile.ZipFile) -> tuple[dict[str, bytes] | None, list[Problem], str]:
    """The files without their common top folder. Any trick with names, links or sizes and nothing is taken for a
    file."""
    problems: list[Problem] = []
    entries = archive.infolist()
    if not entries:
        return None, [Problem("", "The zip is empty.")], ""
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        # No bundle is compressed, so nothing is ever unpacked that could grow.
        return None, [Problem("", f"The zip was repacked by another program. {_UNPACK}")], ""
    if sum(entry.file_size for entry in entries) > LIMIT:
        return None, [Problem("", "The zip would unpack to more than any bundle contains, so it was not unpacked.")], ""
    seen: set[str] = set()
    for entry in entries:
        name = entry.filename
        bad = _bad_name(name.removesuffix("/")) or _bad_name(entry.orig_filename.removesuffix("/"))
        if bad:
            problems.append(Problem(name, f"{bad}; the zip was tampered with."))
        if name.casefold() in seen:
            problems.append(Problem(name, "is in the zip twice; the zip was tampered with."))
        seen.add(name.casefold())
        if stat.S_ISLNK(entry.external_attr >> 16):
            problems.append(Problem(name, "is a symbolic link; the zip was tampered with."))
        if entry.flag_bits & 0x1:
            problems.append(Problem(name, "is encrypted, which no bundle is."))
    tops = {PurePosixPath(entry.filename).parts[0] for entry in entries if entry.filename.strip("/")}
    if len(tops) != 1 or any("/" not in entry.filename for entry in entries):
        problems.append(Problem("", "The zip does not contain exactly one folder."))
    if problems:
        return None, problems, ""
    top = tops.pop()
    files = {entry.filename.removeprefix(f"{top}/"): archive.read(entry) for entry in entries if not entry.is_dir()}
    return files, problems, top
