"""What a repository holds, read by git with everything switched off that a repository can make git start.

A clone comes from somebody else, and its own configuration, attributes and hooks can name programs. Nothing here runs
one: no hooks, no file system monitor, no pager, no external diff or text conversion, no filters (nothing is checked out
or compared with the working tree), no signature program, no transport (a partial clone fetches nothing). Configuration
of the system and of the user is left out as well, so that two machines read the same. Everything here blocks: call it
in a thread.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec

from ..failure import Failure
from ..text import clean, shorten

SECONDS = 20.0
"""For one question; reading the history has a limit of its own."""
HISTORY_SECONDS = 120.0
MOST_HISTORY = 512 * 1024 * 1024
LONGEST_LINE = 1024 * 1024
# git-config(1), githooks(5), gitattributes(5), as of git 2.39 to 2.52: each of these could start a program.
_OFF = (
    *("core.fsmonitor=false", "core.hooksPath=/dev/null", "core.pager=cat", "core.editor=false"),
    *("core.askPass=", "core.sshCommand=false", "core.gitProxy=", "core.alternateRefsCommand="),
    *("core.attributesFile=/dev/null", "core.excludesFile=", "core.quotePath=false", "core.precomposeUnicode=false"),
    *("diff.external=", "log.showSignature=false", "gpg.program=false", "gpg.ssh.program=false"),
    *("gpg.x509.program=false", "credential.helper=", "protocol.allow=never", "gc.auto=0", "maintenance.auto=false"),
    *("submodule.recurse=false", "fetch.recurseSubmodules=false", "log.diffMerges=off", "color.ui=false"),
)
_FLAGS = ("--no-pager", "--no-optional-locks", "--no-replace-objects", "--literal-pathspecs")
_OBJECT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_QUOTED = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"v": b"\v", b"f": b"\f"}
_HUNK = re.compile(rb"@@ -\S+ \+(\d+)")
_MARK = b"\x01commit "


class GitError(Exception):
    """git could not answer; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the index or of a tree: its path from the folder, its blob, its mode (`100644`)."""

    path: str
    blob: str
    mode: str

    @property
    def link(self) -> bool:
        """A symbolic link: its content is a path."""
        return self.mode == "120000"

    @property
    def submodule(self) -> bool:
        """Another repository, at a commit."""
        return self.mode == "160000"


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """One commit: its id, when it was made (seconds since 1970, UTC) and its subject, cleaned."""

    id: str
    at: int
    subject: str = ""


class Added(msgspec.Struct, frozen=True, kw_only=True):
    """Lines that one commit added to one file, in order, each with its number there."""

    commit: Commit
    path: str
    lines: tuple[tuple[int, str], ...]


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What kind of repository it is, as far as it limits what can be read."""

    head: str
    """Empty where nothing was committed yet."""
    bare: bool = False
    shallow: bool = False
    """Its history begins later than the product's."""
    partial: bool = False
    """Contents are fetched when needed, which is not done here."""


class Git:
    """One repository. `root` is the folder that the launch file names; it may be part of the working tree, then paths
    count from it and nothing outside is listed."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def shape(self) -> Shape:
        """Its kind. Raises GitError: git is missing, the folder is no repository, or it cannot be read."""
        said = self._text("rev-parse", "--is-bare-repository", "--is-shallow-repository").split()
        if len(said) < 2:
            raise GitError(Failure(kind="unavailable", detail="git says nothing about this folder"))
        config = self._run(
            "config", "--local", "--get-regexp", r"^(remote\..*\.promisor|extensions\.partialclone)$", ok=(0, 1)
        )
        head = (
            self._run("rev-parse", "--verify", "--quiet", "HEAD^{commit}", ok=(0, 1)).decode("ascii", "replace").strip()
        )
        return Shape(head=head, bare=said[0] == "true", shallow=said[1] == "true", partial=bool(config.strip()))

    def commit(self, name: str) -> str:
        """The commit that a branch, tag or id names, here or at `origin`. Raises GitError where there is none."""
        for one in (name, f"refs/remotes/origin/{name}"):
            found = self._run(
                "rev-parse", "--verify", "--quiet", "--end-of-options", f"{one}^{{commit}}", ok=(0, 1, 128)
            )
            if _OBJECT.match(said := found.decode("ascii", "replace").strip()):
                return said
        raise GitError(Failure(kind="unavailable", detail=f"the repository has no commit {shorten(clean(name), 80)}"))

    def branch(self) -> str:
        """The branch that is checked out; empty where none is."""
        return self._run("symbolic-ref", "--short", "--quiet", "HEAD", ok=(0, 1)).decode("utf-8", "replace").strip()

    def between(self, older: str, newer: str) -> tuple[Commit, ...]:
        """The commits that `newer` has and `older` has not, newest first. Raises GitError."""
        out = self._run(
            "log", "--format=%H%x00%ct%x00%s%x00", "--max-count=1000", f"{self.commit(older)}..{self.commit(newer)}"
        )
        fields = out.decode("utf-8", "replace").replace("\x00\n", "\x00").split("\x00")
        return tuple(
            Commit(id=fields[at], at=int(fields[at + 1]), subject=shorten(clean(fields[at + 2]), 80))
            for at in range(0, len(fields) - 2, 3)
        )

    def tags(self) -> tuple[str, ...]:
        """Its tags, newest first, 50 at most. Raises GitError."""
        out = self._text("for-each-ref", "--sort=-creatordate", "--count=50", "--format=%(refname:short)", "refs/tags")
        return tuple(out.splitlines())

    def tracked(self) -> tuple[Entry, ...]:
        """The files of the index, or of HEAD in a bare repository, sorted. Raises GitError."""
        if self.shape().bare:
            return self._listed("ls-tree", "-r", "-z", "HEAD")
        return self._listed("ls-files", "-s", "-z")

    def at(self, commit: str) -> tuple[Entry, ...]:
        """The files of one commit, below the folder. Raises GitError."""
        return self._listed("ls-tree", "-r", "-z", self.commit(commit))

    def staged(self) -> tuple[Entry, ...]:
        """The files that the next commit would add or change. Raises GitError."""
        base = self.shape().head or self._empty_tree()
        return self._changed(
            "diff-index",
            "--cached",
            "--diff-filter=ACMRT",
            "--no-renames",
            "--raw",
            "-z",
            "--abbrev=64",
            "--relative",
            base,
        )

    def ignored(self) -> tuple[str, ...]:
        """Files that git leaves alone because an ignore file says so; folders whole, with `/` at the end. Raises
        GitError."""
        out = self._run("ls-files", "-o", "-i", "--exclude-standard", "--directory", "-z")
        return tuple(os.fsdecode(one) for one in out.split(b"\0") if one)

    def untracked(self) -> tuple[str, ...]:
        """Files that are neither tracked nor ignored. Raises GitError."""
        out = self._run("ls-files", "-o", "--exclude-standard", "-z")
        return tuple(os.fsdecode(one) for one in out.split(b"\0") if one)

    def blobs(self, entries: Sequence[Entry], cap: int) -> Iterator[tuple[Entry, bytes, int]]:
        """The contents of blobs, at most `cap` octets of each, with their whole size. One that is not here (partial or
        broken clone) is left out. Raises GitError."""
        # Sizes first: of what is too large only the beginning is wanted, and git would hold all of it.
        with self._open("cat-file", "--batch", given=True) as (out, into):
            for entry in entries:
                into.write(entry.blob.encode("ascii") + b"\n")
                into.flush()
                head = out.readline().split()
                if len(head) != 3:
                    if not head:
                        raise GitError(Failure(kind="unavailable", detail="git ended while it read the files"))
                    continue
                size = int(head[2])
                body = out.read(min(size, cap))
                left = size - len(body)
                while left > 0:
                    passed = out.read(min(left, 1 << 20))
                    if not passed:
                        raise GitError(Failure(kind="unavailable", detail="git ended while it read the files"))
                    left -= len(passed)
                out.read(1)
                yield entry, body, size

    def history(self, *revisions: str) -> Iterator[Added]:
        """What each commit added, newest first: all branches and tags, or what `revisions` select (`A..B`). Merges are
        read by the commits that they join, binary files are left out. Raises GitError; after HISTORY_SECONDS or
        MOST_HISTORY octets with the failure `limit`."""
        order = (
            "log",
            "--no-ext-diff",
            "--no-textconv",
            "--no-renames",
            "--no-color",
            "--no-indent-heuristic",
            "-p",
            "-U0",
        )
        form = ("--diff-filter=AM", "--relative", "--format=%x01commit %H %ct")
        which = ("--end-of-options", *revisions) if revisions else ("--all",)
        with self._open(*order, *form, *which, "--", seconds=HISTORY_SECONDS) as (out, _):
            yield from _parse(out)

    def _listed(self, *order: str) -> tuple[Entry, ...]:
        found = []
        for row in self._run(*order).split(b"\0"):
            head, _, path = row.partition(b"\t")
            words = head.decode("ascii", "replace").split()
            if len(words) == 3:  # `MODE BLOB STAGE` of the index, `MODE TYPE BLOB` of a tree
                blob = words[1] if _OBJECT.match(words[1]) else words[2]
                found.append(Entry(path=os.fsdecode(path), blob=blob, mode=words[0]))
        return tuple(sorted({entry.path: entry for entry in found}.values(), key=lambda entry: entry.path))

    def _changed(self, *order: str) -> tuple[Entry, ...]:
        fields = self._run(*order).split(b"\0")
        found = []
        for head, path in zip(fields[::2], fields[1::2], strict=False):
            words = head.decode("ascii", "replace").split()
            if len(words) == 5 and _OBJECT.match(words[3]):
                found.append(Entry(path=os.fsdecode(path), blob=words[3], mode=words[1]))
        return tuple(found)

    def _empty_tree(self) -> str:
        return self._run("hash-object", "-t", "tree", "/dev/null").decode("ascii").strip()

    def _text(self, *order: str) -> str:
        return self._run(*order).decode("utf-8", "replace")

    def _run(self, *order: str, ok: tuple[int, ...] = (0,)) -> bytes:
        try:
            done = subprocess.run(
                self._argv(order),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=SECONDS,
                check=False,
                env=_environment(),
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            raise GitError(Failure(kind="timeout", detail=f"git {order[0]} gave no answer in {SECONDS:g} s")) from None
        except OSError as why:
            raise GitError(Failure(kind="unavailable", detail=why.strerror or str(why))) from None
        if done.returncode not in ok:
            raise GitError(_refusal(order[0], done.stderr))
        return done.stdout

    @contextlib.contextmanager
    def _open(
        self, *order: str, given: bool = False, seconds: float = SECONDS * 6
    ) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
        """A git that is read while it runs; it is ended with the block, and by itself after `seconds`."""
        try:
            child = subprocess.Popen(
                self._argv(order),
                stdin=subprocess.PIPE if given else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_environment(),
                start_new_session=True,
            )
        except OSError as why:
            raise GitError(Failure(kind="unavailable", detail=why.strerror or str(why))) from None
        late = threading.Event()
        said: list[bytes] = []
        clock = threading.Timer(seconds, _end, (child, late))
        clock.daemon = True
        clock.start()
        assert child.stdout is not None
        assert child.stderr is not None
        listener = threading.Thread(target=_listen, args=(child.stderr, said), daemon=True)
        listener.start()
        try:
            yield child.stdout, child.stdin or child.stdout
            if child.stdin is not None:
                child.stdin.close()
            if not child.stdout.read(1):
                code = child.wait()
                listener.join(2)
                if late.is_set():
                    raise GitError(Failure(kind="limit", detail=f"git {order[0]} took longer than {seconds:g} s"))
                if code:
                    raise GitError(_refusal(order[0], b"".join(said)))
        except BrokenPipeError:
            raise GitError(_refusal(order[0], b"".join(said))) from None
        finally:
            clock.cancel()
            if child.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            listener.join(2)
            for stream in (child.stdin, child.stdout, child.stderr):
                if stream is not None:
                    with contextlib.suppress(BrokenPipeError):
                        stream.close()

    def _argv(self, order: Sequence[str]) -> list[str]:
        program = shutil.which("git")
        if program is None:
            raise GitError(Failure(kind="unavailable", detail="git is not installed on this machine"))
        # Somebody else's folder is what this is made for: git's own refusal guards what is switched off here.
        off = [word for setting in (*_OFF, "safe.directory=*") for word in ("-c", setting)]
        return [program, *_FLAGS, "-C", str(self.root), *off, *order]


def _environment() -> Mapping[str, str]:
    """Nothing of ours but where programs are: neither git's own variables nor anybody's credentials."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.devnull,
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_PAGER": "cat",
    }


def _refusal(order: str, stderr: bytes) -> Failure:
    said = shorten(clean(stderr.decode("utf-8", "replace").strip()), 200)
    if "not a git repository" in said:
        return Failure(kind="unavailable", detail="the folder is no git repository")
    return Failure(kind="unavailable", detail=f"git {order} ended with an error: {said or 'no reason given'}")


def _end(child: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _listen(stream: IO[bytes], said: list[bytes]) -> None:
    """Drains what git complains about, so that it never waits for us; the beginning is kept."""
    size = 0
    with contextlib.suppress(ValueError, OSError):  # closed under us at the end
        while part := stream.read(4096):
            if size < 16_384:
                said.append(part)
            size += len(part)


def _parse(out: IO[bytes]) -> Iterator[Added]:
    """A stream of `log -p -U0`. A hunk's own length says which lines are its content: a line that begins like a head
    is content as long as the hunk lasts."""
    commit: Commit | None = None
    path, number, read = "", 0, 0
    lines: list[tuple[int, str]] = []
    gone = added = 0

    def flush() -> Iterator[Added]:
        if commit is not None and lines:
            yield Added(commit=commit, path=path, lines=tuple(lines))
        lines.clear()

    while row := out.readline(LONGEST_LINE):
        read += len(row)
        if read > MOST_HISTORY:
            raise GitError(Failure(kind="limit", detail=f"the history is longer than {MOST_HISTORY // 2**20} MB"))
        whole = row.endswith(b"\n")
        while not whole:
            rest = out.readline(LONGEST_LINE)
            read += len(rest)
            whole = not rest or rest.endswith(b"\n")
        if gone and row.startswith(b"-"):
            gone -= 1
        elif added and row.startswith(b"+"):
            added -= 1
            lines.append((number, row[1:].decode("utf-8", "replace").rstrip("\r\n")))
            number += 1
        elif row.startswith(_MARK):
            yield from flush()
            name, _, at = row[len(_MARK) :].decode("ascii", "replace").strip().partition(" ")
            commit = Commit(id=name, at=int(at) if at.isdigit() else 0)
        elif row.startswith(b"+++ "):
            yield from flush()
            path = _path(row[4:].rstrip(b"\n"))
        elif row.startswith(b"@@ "):
            gone, added, number = _hunk(row)
    yield from flush()


def _hunk(row: bytes) -> tuple[int, int, int]:
    """Lines taken away, lines added, and the number of the first added one: `@@ -12,3 +14 @@`."""
    words = row.split(b" ", 3)
    counts = []
    for word in words[1:3]:
        count = word.partition(b",")[2]
        counts.append(int(count) if count.isdigit() else 1)
    found = _HUNK.match(row)
    return (counts[0], counts[1], int(found[1]) if found else 0) if len(counts) == 2 else (0, 0, 0)


def _path(raw: bytes) -> str:
    """A path as a diff writes it: `b/…`, in quotes with C escapes where it has odd characters, with a tab behind it
    where it has blanks."""
    if raw.startswith(b'"'):
        raw = _QUOTED.sub(lambda found: _unescape(found[1]), raw.rstrip(b"\t\r")[1:-1])
    else:
        raw = raw.rstrip(b"\t\r")
    return os.fsdecode(raw.removeprefix(b"b/"))


def _unescape(code: bytes) -> bytes:
    return bytes([int(code, 8) & 255]) if len(code) == 3 else _ESCAPES.get(code, code)
