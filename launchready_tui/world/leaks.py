"""Secrets in a repository: in tracked files, in what is staged, in the history, in ignored environment files, in what a
build made. Of a value nothing is kept but its kind, the fixed beginning of its shape and its length.

Three confidences: `high` has a shape that nothing else has and passes its offline test, `medium` has the shape alone,
`low` only stands behind a name such as `secret`. What lies in tests and examples counts one step lower. CPU-bound and
blocking: call it in a thread.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import re
import secrets
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from ..failure import Failure
from ..findings import Severity
from ..launch.allowed import AllowedSecrets
from ..secrets import Exposure, Match, scan, sources
from ..secrets.model import Confidence
from ..secrets.validate import entropy, is_placeholder
from ..text import clean
from .folder import walk
from .git import Added, Entry, Git, GitError
from .variables import PUBLIC, is_secret

Place = Literal["tracked", "staged", "history", "build"]
CAP = 5 * 1024 * 1024
"""So much of one file is read."""
MOST_OCTETS = 1024 * 1024 * 1024
MOST_FILES = 50_000
MOST_LEAKS = 500
ZIP_MEMBERS = 5_000
ZIP_OCTETS = 200 * 1024 * 1024
BUILDS = (
    *("dist", "build", "out", ".next/static", ".output/public", "public", "www", "web-build"),
    *("android/app/src/main/assets", "ios/main.jsbundle"),
)
"""Where builds leave what the browser or the phone gets."""
ARCHIVES = (".apk", ".aab", ".ipa", ".zip", ".jar")
MARKS = re.compile(
    r"(?:launchready|gitleaks|betterleaks):\s?allow\b|pragma:\s?allowlist[ -]secret|trufflehog:\s?ignore\b",
    re.IGNORECASE,
)
"""What the scanners in use take in a line as "this one is known"."""
_ASIDE = re.compile(
    r"(?:^|/)(?:[^/]*[._-])?(?:tests?|specs?|__tests__|fixtures?|cassettes?|examples?|samples?|mocks?|e2e|testdata)(?:[._-][^/]*)?(?:/|$)",
    re.IGNORECASE,
)
_ENVIRONMENT = re.compile(r"(?:^|/)(?:\.env(?:\.[\w.-]+)?|[\w-]+\.env|\.envrc)$")
_SHOWN_ENVIRONMENT = re.compile(
    r"\.(?:example|sample|template|dist|schema|defaults?|test|ci)$|(?:^|/)(?:example|sample)\.env$"
)
_DOCKERFILE = re.compile(r"(?:^|/)(?:Dockerfile|Containerfile)(?:\.[\w-]+)?$|\.Dockerfile$")
_ASSIGNED = re.compile(
    r"(?m)^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w{1,79})[ \t]*=[ \t]*(?:\"([^\"\n]*)\"|'([^'\n]*)'|([^\s#'\"][^\n#]*))"
)
_LAYER = re.compile(
    r"(?mi)^[ \t]*(?:ENV|ARG)[ \t]+([A-Za-z_]\w{1,79})[= ][ \t]*(?:\"([^\"\n]*)\"|'([^'\n]*)'|([^\s'\"][^\s]*))"
)
_NAMED = (
    "secret",
    "token",
    "passw",
    "apikey",
    "api_key",
    "api-key",
    "private_key",
    "privatekey",
    "access_key",
    "accesskey",
    "credential",
)
_LITERAL = re.compile(r"[\w-]{0,40}[\"']?[ \t]{0,8}(?::=|=>|[:=])[ \t]{0,8}[\"'`]([^\"'`\s$<>{}()]{12,200})[\"'`]")
_READABLE = re.compile(rb"[\x20-\x7e]{8,}")
_LFS = b"version https://git-lfs.github.com/spec/"
_LOWER: dict[Confidence, Confidence] = {"high": "medium", "medium": "low", "low": "low"}
_RANK: dict[Confidence, int] = {"high": 0, "medium": 1, "low": 2}
ENV_FILE, LAYER, LITERAL, VALUE = "env-file", "image-layer", "named-literal", "declared-value"
TITLES = {
    ENV_FILE: "secret in an environment file",
    LAYER: "secret in an image layer",
    LITERAL: "text behind a secret's name",
    VALUE: "value of a declared secret",
}


class Leak(msgspec.Struct, frozen=True, kw_only=True):
    """One secret that was found, without its value."""

    rule: str
    title: str
    place: Place
    path: str
    """From the folder, `/` between; a part inside stands behind ` > `."""
    line: int
    """From 1; 0 where the file has no lines."""
    shown: str
    """The fixed part of its shape and its length."""
    confidence: Confidence
    exposure: Exposure
    severity: Severity
    name: str = ""
    """The variable that holds it, where one is known."""
    rotate: str = ""
    """Where its owner replaces it."""
    commit: str = ""
    """The first commit that holds it, as far as the history was searched."""
    at: datetime | None = None
    """When that commit was made, UTC."""
    fingerprint: str = ""
    """As secrets.toml keeps it; empty where that file has no salt yet, or the value could be guessed."""
    allowed: str = ""
    """Why it may be passed over; empty where nobody said so."""
    lapsed: bool = False
    """Somebody let it pass, and the day is over."""

    @property
    def blocks(self) -> bool:
        """Whether it stops a commit, a build or the launch."""
        return self.confidence == "high" and self.exposure == "secret" and not self.allowed

    @property
    def where(self) -> str:
        """`src/pay.ts:12`, and the commit of one in the history."""
        spot = f"{self.path}:{self.line}" if self.line else self.path
        return f"{spot} in {self.commit[:12]}" if self.place == "history" else spot


class Leaks(msgspec.Struct, frozen=True, kw_only=True):
    """What one search found, and how much it looked at. `unread` are the parts it could not read, in words; `history`
    says why the history was not read, or not whole."""

    found: tuple[Leak, ...]
    files: int = 0
    octets: int = 0
    commits: int = 0
    seconds: float = 0.0
    history: str = ""
    unread: tuple[str, ...] = ()

    @property
    def blocking(self) -> tuple[Leak, ...]:
        """Those that stop a launch."""
        return tuple(leak for leak in self.found if leak.blocks)


class _Text(NamedTuple):
    path: str
    text: str
    place: Place
    lines: bool
    added: Added | None


_Named = tuple[str, int, int, Confidence, str]
"""Rule, start, end, confidence and name of a value that has no shape of its own."""
_Key = tuple[str, bytes, str, bool]
"""Rule, value (by a hash that lives as long as the search), path, and whether it is in the history only."""


class Searching:
    """One search: collects what is found, each value once a file."""

    def __init__(
        self,
        root: Path,
        *,
        allowed: AllowedSecrets | None = None,
        now: datetime,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.root = root
        self.now = now
        self._allowed = allowed or AllowedSecrets()
        self._tell = tell or (lambda _text: None)
        self._found: dict[_Key, Leak] = {}
        self._same = secrets.token_bytes(16)
        self._known: dict[str, str] = {}
        self._unread: dict[str, None] = {}
        self._history = ""
        self._octets = 0
        self._read: set[str] = set()
        self._commits: set[str] = set()
        self._began = time.monotonic()

    def result(self) -> Leaks:
        """What was found so far: blocking first, then by place."""
        order = sorted(
            self._found.values(),
            key=lambda leak: (
                not leak.blocks,
                _RANK[leak.confidence],
                leak.exposure,
                leak.path,
                leak.line,
                leak.commit,
            ),
        )
        return Leaks(
            found=tuple(order[:MOST_LEAKS]),
            files=len(self._read),
            octets=self._octets,
            commits=len(self._commits),
            seconds=time.monotonic() - self._began,
            history=self._history,
            unread=(*self._unread, *((f"{len(order) - MOST_LEAKS} more finds",) if len(order) > MOST_LEAKS else ())),
        )

    def tracked(self, git: Git) -> None:
        """Every tracked file as it lies in the folder; in a bare repository as HEAD has it. Raises GitError."""
        entries, bare = git.tracked(), git.shape().bare
        self._entries(entries)
        wanted = [entry for entry in entries if not entry.link and not entry.submodule]
        if bare:
            self._blobs(git, wanted, "tracked")
            return
        for entry in wanted[:MOST_FILES]:
            self._file(entry.path, "tracked")
        if len(wanted) > MOST_FILES:
            self._unread[f"{len(wanted) - MOST_FILES} of {len(wanted)} tracked files"] = None

    def staged(self, git: Git) -> None:
        """What the next commit would add. Raises GitError."""
        entries = [entry for entry in git.staged() if not entry.link and not entry.submodule]
        self._blobs(git, entries, "staged")

    def ignored(self, git: Git) -> None:
        """Environment files that git ignores: nobody else reads them, but what they hold must be nowhere else. Their
        values are kept in memory for `values_in`. Raises GitError."""
        for path in git.ignored():
            if _ENVIRONMENT.search(path) and not _SHOWN_ENVIRONMENT.search(path):
                text = self._text(path)
                if text is not None:
                    self._declared(text)

    def declare(self, name: str, value: str) -> None:
        """A secret value that must be in no file: looked for as it is, and in the usual encodings."""
        if len(value) >= 8 and not is_placeholder(value):
            self._known[value] = name

    def build(self, folders: Iterable[str] = BUILDS) -> None:
        """What a build made, archives and source maps opened."""
        for folder in folders:
            place = self.root / folder
            if place.is_file():
                self._file(folder, "build")
                continue
            for path in sorted(place.rglob("*")) if place.is_dir() and not place.is_symlink() else ():
                if path.is_file() and not path.is_symlink():
                    self._file(path.relative_to(self.root).as_posix(), "build")

    def folder(self, *, without: str = "") -> None:
        """Every file below a folder that git cannot tell us of, but for environment files: whether they are tracked is
        not known. `without` is why the history is not read."""
        self._history = without
        tree = walk(self.root)
        for path in tree.files:
            if not _ENVIRONMENT.search(path):
                self._file(path, "tracked")
        if not tree.complete:
            self._unread["what lies deeper, or beyond the first 20,000 files"] = None

    def history(self, git: Git, *revisions: str) -> None:
        """What every commit added; what a file still holds is told with the file. Raises GitError."""
        here = git.shape()
        if here.shallow:
            self._history = "this clone is shallow: `git fetch --unshallow` gets the rest"
        try:
            for added in git.history(*revisions):
                if added.commit.id not in self._commits:
                    self._commits.add(added.commit.id)
                    if len(self._commits) % 500 == 0:
                        self._tell(f"{len(self._commits)} commits")
                self._added(added)
        except GitError as why:
            if why.failure.kind != "limit" and not here.partial:
                raise
            reason = "this clone is partial" if here.partial else clean(why.failure.detail)
            self._history = f"{len(self._commits)} commits were read, then: {reason}"

    def _entries(self, entries: Iterable[Entry]) -> None:
        modules = [entry.path for entry in entries if entry.submodule]
        if modules:
            self._unread[f"{len(modules)} submodules: search each in its own folder"] = None

    def _blobs(self, git: Git, entries: list[Entry], place: Place) -> None:
        read = 0
        for entry, raw, size in git.blobs(entries[:MOST_FILES], CAP):
            read += 1
            self._octets += len(raw)
            self._read.add(entry.path)
            self._content(entry.path, raw, place, size)
        if read < len(entries):
            self._unread[f"{len(entries) - read} files whose content is not in this clone"] = None

    def _file(self, path: str, place: Place) -> None:
        if path in self._read:  # a build that is committed was searched with the tracked files
            return
        if self._octets >= MOST_OCTETS:
            self._unread[f"files after the first {MOST_OCTETS // 2**20} MB"] = None
            return
        file = self.root / path
        try:
            if not file.resolve().is_relative_to(self.root.resolve()) or not file.is_file():
                return
            with file.open("rb") as stream:
                raw = stream.read(CAP)
            size = file.stat().st_size
        except OSError as why:
            self._unread[f"{clean(path)}: {why.strerror or why}"] = None
            return
        self._octets += len(raw)
        self._read.add(path)
        if len(self._read) % 500 == 0:
            self._tell(f"{len(self._read)} files")
        self._content(path, raw, place, size)

    def _text(self, path: str) -> str | None:
        file = self.root / path
        try:
            if not file.is_file() or not file.resolve().is_relative_to(self.root.resolve()):
                return None
            with file.open("rb") as stream:
                return _decode(stream.read(CAP))[0]
        except OSError as why:
            self._unread[f"{clean(path)}: {why.strerror or why}"] = None
            return None

    def _content(self, path: str, raw: bytes, place: Place, size: int) -> None:
        if raw.startswith(_LFS):
            self._unread["files in Git LFS: only their pointers are here"] = None
            return
        if size > len(raw):
            self._unread[f"{clean(path)}: only the first {CAP // 2**20} MB of {size // 2**20}"] = None
        if path.endswith(ARCHIVES) and raw.startswith(b"PK"):
            self._archive(path, raw, place)
            return
        text, lines = _decode(raw)
        self._look(path, text, place, lines=lines)
        if path.endswith(".map"):
            try:
                inside = sources(raw)
            except ValueError:
                return
            for source in inside:
                self._look(f"{path} > {clean(source.name)}", source.content, place)

    def _archive(self, path: str, raw: bytes, place: Place) -> None:
        left = ZIP_OCTETS
        try:
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                for member in archive.infolist()[:ZIP_MEMBERS]:
                    if member.is_dir() or member.flag_bits & 1:
                        continue
                    with archive.open(member) as stream:
                        inside = stream.read(min(CAP, left))
                    left -= len(inside)
                    if left <= 0:
                        self._unread[f"{clean(path)}: what is in it beyond {ZIP_OCTETS // 2**20} MB"] = None
                        return
                    text, lines = _decode(inside)
                    self._look(f"{path} > {clean(member.filename)}", text, place, lines=lines)
        except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError, zipfile.LargeZipFile) as why:
            self._unread[f"{clean(path)}: no readable archive ({clean(str(why))})"] = None

    def _look(self, path: str, text: str, place: Place, *, lines: bool = True, added: Added | None = None) -> None:
        """Everything in one text. `added` is the part of a commit that it is."""
        taken: list[tuple[int, int]] = []
        at = _Text(path, text, place, lines, added)
        result = scan(text, now=self.now)
        if not result.complete:
            self._unread[f"{clean(path)}: too many look-alikes, searched in part"] = None
        for match in result.matches:
            taken.append((match.start, match.end))
            if match.exposure != "public":
                self._keep(at, match.start, match.end, match.rule.id, match.confidence, match=match)
        for rule, start, end, confidence, name in (*_named(at), *self._values_in(at)):
            if all(end <= other or start >= until for other, until in taken):
                taken.append((start, end))
                self._keep(at, start, end, rule, confidence, name=name)

    def _keep(
        self,
        at: _Text,
        start: int,
        end: int,
        rule: str,
        confidence: Confidence,
        *,
        name: str = "",
        match: Match | None = None,
    ) -> None:
        value, outer = at.text[start:end], at.path.partition(" > ")[0]
        bottom, top = at.text.rfind("\n", 0, start) + 1, at.text.find("\n", start)
        marked = MARKS.search(at.text, bottom, top if top >= 0 else len(at.text)) is not None
        fingerprint = self._allowed.fingerprint(value) if confidence != "low" else ""
        entry = self._allowed.entry(rule, outer, fingerprint)
        good = entry is not None and self.now < entry.until
        line = at.text.count("\n", 0, start) if at.lines else -1
        leak = Leak(
            rule=rule,
            title=match.rule.title if match else TITLES[rule],
            place=at.place,
            path=clean(at.path),
            line=at.added.lines[line][0] if at.added and 0 <= line < len(at.added.lines) else line + 1,
            shown=match.shown if match else f"{len(value)} characters",
            confidence=_LOWER[confidence] if _ASIDE.search(outer) else confidence,
            exposure=match.exposure if match else "secret",
            severity=match.rule.severity if match else Severity.BLOCKER,
            name=clean(name),
            rotate=match.rule.rotate if match else "",
            commit=at.added.commit.id if at.added else "",
            at=datetime.fromtimestamp(at.added.commit.at, UTC) if at.added else None,
            fingerprint=fingerprint,
            allowed="marked in the line" if marked else entry.reason if entry is not None and good else "",
            lapsed=entry is not None and not good and not marked,
        )
        same = hashlib.blake2b(value.encode("utf-8", "surrogatepass"), key=self._same, digest_size=12).digest()
        here = self._found.get((rule, same, at.path, False))
        if at.added and here is not None:
            # Still there: newest first, so that the oldest commit is what stays.
            self._found[rule, same, at.path, False] = msgspec.structs.replace(here, commit=leak.commit, at=leak.at)
            return
        key = (rule, same, at.path, at.added is not None)
        old = self._found.get(key)
        if at.added or old is None or (old.allowed and not leak.allowed):
            self._found[key] = leak

    def _added(self, added: Added) -> None:
        """One file of one commit. Its lines are one text, so that a key over several lines is seen."""
        self._look(added.path, "\n".join(line for _, line in added.lines), "history", added=added)
        self._octets += sum(len(line) + 1 for _, line in added.lines)

    def _declared(self, text: str) -> None:
        for found in _ASSIGNED.finditer(text):
            value = next((found[at] for at in (2, 3, 4) if found[at] is not None), "").strip()
            if _is_secret(found[1], value) and len(value) >= 12 and entropy(value) >= 2.5:
                self.declare(found[1], value)

    def _values_in(self, at: _Text) -> Iterator[_Named]:
        if _ENVIRONMENT.search(at.path):
            return
        for value, name in self._known.items():
            for form in _forms(value):
                start = at.text.find(form)
                if start >= 0:
                    yield VALUE, start, start + len(form), "high", name
                    break


def _named(at: _Text) -> Iterator[_Named]:
    """Values without a shape of their own: they are secrets by their names, and by the file that holds them."""
    if _DOCKERFILE.search(at.path):
        rule, pattern = LAYER, _LAYER
    elif _ENVIRONMENT.search(at.path) and not _SHOWN_ENVIRONMENT.search(at.path):
        rule, pattern = ENV_FILE, _ASSIGNED
    else:
        for name, end in _words(at.text) if at.lines else ():
            found = _LITERAL.match(at.text, end)
            if found and entropy(found[1]) >= 3.3 and any(map(str.isdigit, found[1])) and not is_placeholder(found[1]):
                yield LITERAL, *found.span(1), "low", name
        return
    for found in pattern.finditer(at.text):
        group = next((group for group in (2, 3, 4) if found[group] is not None), 0)
        if group and _is_secret(found[1], found[group].strip()):
            sure = len(found[group].strip()) >= 16 and entropy(found[group]) >= 3.0
            yield rule, *found.span(group), "high" if sure else "medium", found[1]


def _words(text: str) -> Iterator[tuple[str, int]]:
    """The words that name a secret, and where each ends; none in a text whose positions change in lower case."""
    lower = text.lower()
    for word in _NAMED if len(lower) == len(text) else ():
        at = lower.find(word)
        while at >= 0:
            yield word, at + len(word)
            at = lower.find(word, at + 1)


def _is_secret(name: str, value: str) -> bool:
    """Whether a variable of this name with this value is one: not a public one, not a placeholder, not a reference."""
    if not is_secret(name.upper()) or name.startswith(PUBLIC) or len(value) < 8 or is_placeholder(value):
        return False
    if (
        value[:1] in "$<{%"
        or value.startswith(("file:", "/run/secrets/", "op://", "vault:"))
        or value.lower() in ("true", "false")
    ):
        return False
    if "://" in value:
        login = value.partition("://")[2].rpartition("@")[0]
        return ":" in login and not re.search(
            r"@(?:localhost|127\.|db\b|postgres\b|mysql\b|redis\b|host\.docker)", value
        )
    return True


def _forms(value: str) -> tuple[str, ...]:
    """A value as builds write it: as it is, in JSON, in a URL, as base64 at its three offsets, in hex."""
    import base64
    import json
    from urllib.parse import quote

    raw = value.encode()
    shifted = []
    for lead in range(3):
        coded = base64.b64encode(b"\0" * lead + raw).decode()
        begin, end = (0, 2, 3)[lead], (len(raw) + lead) // 3 * 4
        shifted.append(coded[begin:end])
        if lead:
            shifted[-1] = coded[4:end]
    forms = (
        value,
        json.dumps(value)[1:-1],
        quote(value, safe=""),
        *(one for one in shifted if len(one) >= 12),
        raw.hex(),
    )
    return tuple(dict.fromkeys(forms))


def _decode(raw: bytes) -> tuple[str, bool]:
    """A file as text, and whether it has lines: of a binary one only the readable runs, one a line."""
    for mark, code in (
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
        (codecs.BOM_UTF8, "utf-8-sig"),
    ):
        if raw.startswith(mark):
            return raw.decode(code, "replace"), True
    if b"\0" in raw[:8192]:
        return "\n".join(part.decode("ascii") for part in _READABLE.findall(raw)), False
    return raw.decode("utf-8", "replace"), True


def search(
    root: Path, *, allowed: AllowedSecrets | None = None, now: datetime, tell: Callable[[str], None] | None = None
) -> Leaks | Failure:
    """Everything that a launch needs to know of a repository: its tracked files, its builds, its history; the values
    of ignored environment files are looked for in all of them. A folder without git, or on a machine without it, is
    searched file by file, and `history` says so."""
    git = Git(root)
    looking = Searching(root, allowed=allowed, now=now, tell=tell)
    if not root.is_dir():
        return Failure(kind="unavailable", detail="the folder does not exist", target=str(root))
    try:
        git.shape()
    except GitError as why:
        looking.folder(without=why.failure.detail)
        return looking.result()
    try:
        looking.ignored(git)
        looking.tracked(git)
        looking.build()
        looking.history(git)
    except GitError as why:
        return why.failure
    return looking.result()
