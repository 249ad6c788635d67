"""The bundle: documents, tables and data as one folder and one zip, written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import tempfile
import time
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..launch.ours import opened
from ..launch.records import HandedOver, handed_over
from ..world import variables
from . import calendar, data, front, monitoring, pack, redirects, sign, sweep, tables, zones
from .model import Document, Exported, ExportError, NotCompared, not_filled
from .pages import PAGES
from .profile import Profile
from .record import Record
from .snapshot import Snapshot
from .verify import verify

if TYPE_CHECKING:
    from ..workspace import Workspace

_TRIES = 99
_ROOM = re.compile(r"\.handover-[a-z0-9-]+-[0-9]{8}\.\w{8}\.tmp")
_UNFINISHED_S = 3600
"""No export takes so long: a room older than this was left by one that was killed."""
_WORDS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is exhausted",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "this user has no write permission there",
    errno.EPERM: "this user has no write permission there",
    errno.ENOTDIR: "that is not a folder",
    errno.ENAMETOOLONG: "its name would be too long",
}


def documents(source: Workspace, *, now: datetime | None = None) -> tuple[Document, ...]:
    """All documents as they would be exported now, with what is not filled in each; nothing is written."""
    return documents_of(Snapshot.of(source, now or source.clock.now()))


def build(
    source: Workspace, *, now: datetime, profile: Profile = "founder", records: tuple[Record, ...] = ()
) -> tuple[dict[str, bytes], tuple[Document, ...]]:
    """Every file of the bundle by its path inside it, SHA256SUMS included.

    `records` are DNS records asked for just before (`zones.ask`); without them the zone file holds those of the
    checks' evidence.
    """
    shot = Snapshot.of(
        source, now, profile=profile, records=records, variables=variables.read(source.launch, source.folder)
    )
    written = documents_of(shot)
    files: dict[str, bytes] = {
        "START-HERE.html": front.start_here(shot, written),
        "README.md": front.readme(shot, written),
        "EMERGENCY-CARD.html": front.card(shot),
        "VERIFY.txt": front.verify_txt(shot),
        "data/launchready.json": data.encode(data.bundle(shot, written)),
        "data/schema.json": data.schema(),
        **{document.file: document.markdown.encode("utf-8") for document in written},
        "calendar/renewals.ics": calendar.render(shot),
        "reports/checks.junit.xml": _junit(shot),
        **zones.files(shot),
        **redirects.files(shot),
        **_edge(shot),
        **monitoring.files(shot),
        **tables.files(written, shot.origin),
    }
    files[pack.SUMS] = pack.sums(files)
    return files, written


def _edge(shot: Snapshot) -> dict[str, bytes]:
    """edge/: the configuration for each platform, as the findings stand; old addresses lie beside it."""
    from .edge import KINDS, files_of, plan

    made = plan(shot.launch, [one.finding for standing in shot.verdict.standings.values() for one in standing.findings])
    names = {"_redirects": "netlify/_redirects", "_headers": "netlify/_headers"}
    files = {name: body for kind in KINDS for name, body in files_of(made, kind, shot.banners, old=False).items()}
    return {f"edge/{names.get(name, name)}": body.encode("utf-8") for name, body in files.items()}


def _junit(shot: Snapshot) -> bytes:
    """The checks as CI servers read them."""
    from ..verdict.report import Report, of, render

    report = Report(
        name=shot.launch.name,
        domain=shot.launch.domain,
        started_at=shot.made_at,
        finished_at=shot.made_at,
        verdict=shot.verdict,
        roadmap=shot.roadmap,
        standings=of(shot.verdict, shot.roadmap, None),
        full=True,
        via="connect-map" if shot.mapped else "",
    )
    return render(report, "junit").encode("utf-8")


def export(
    source: Workspace,
    out: Path,
    *,
    now: datetime,
    profile: Profile = "founder",
    key: Path | None = None,
    records: tuple[Record, ...] = (),
    may_ask: bool = True,
    without_comparing: bool = False,
) -> Exported:
    """Writes handover-<name>-<day>/ and the same as .zip into the folder `out`, and notes it in the journal.

    With `key` SHA256SUMS is signed (SHA256SUMS.sig); without `may_ask` no passphrase is asked for. What was written is
    read back and verified, and the check of stage 7 told. `without_comparing` writes it also where a stored credential
    cannot be read, and so could not be searched for.
    An older bundle of that name is never touched: the new one gets a number. Raises SecretFound, NotCompared
    and ExportError, leaving nothing behind.
    """
    files, written = build(source, now=now, profile=profile, records=records)
    uncompared = source.vault.learn()
    if uncompared and not without_comparing:
        raise NotCompared(uncompared)
    sweep.check(files, source.vault.redactor.found, now)
    if key is not None:
        files[pack.SIGNATURE] = sign.sign(files[pack.SUMS], key, may_ask=may_ask)
    name = folder_name(source.launch.name, now, profile)
    folder, archive = _place(files, out, name)
    source.journal.exported(str(folder), now=now)
    _note(source, files, folder, archive, now)
    return Exported(
        folder=folder,
        zip=archive,
        files=tuple(sorted(files)),
        gaps=not_filled(written),
        made_at=now,
        uncompared=uncompared,
    )


def _note(source: Workspace, files: Mapping[str, bytes], folder: Path, archive: Path, now: datetime) -> None:
    """What was handed over, and whether it was whole when read back: the check of stage 7 reads it. A set time is no
    real one."""
    if not source.keeps:
        return
    sums = hashlib.sha256(files[pack.SUMS]).hexdigest()
    whole = not verify(folder) and not verify(archive)
    handed_over(source.folder).append(HandedOver(at=now, folder=str(folder), sums=sums, whole=whole, demo=source.demo))


def folder_name(product: str, now: datetime, profile: Profile = "founder") -> str:
    """`handover-demo-market-20261124`: plain letters, digits and dashes only. The team's has `-team` before the day."""
    plain = unicodedata.normalize("NFKD", product).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].rstrip("-")
    team = "-team" if profile == "team" else ""
    return f"handover-{slug or 'launch'}{team}-{now.astimezone(UTC):%Y%m%d}"


def documents_of(shot: Snapshot) -> tuple[Document, ...]:
    """Every document, in the order of the folder."""
    return tuple(write(shot) for write in PAGES)


def _place(files: Mapping[str, bytes], out: Path, name: str) -> tuple[Path, Path]:
    """Builds beside the target and renames. Whoever reads the target sees nothing or all of it."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        _clear(out)
        # Named people and how to reach them: for this user alone, whatever the umask.
        room = Path(tempfile.mkdtemp(prefix=f".{name}.", suffix=".tmp", dir=out))
    except OSError as why:
        raise _cannot(out, why) from why
    try:
        staged, archive = room / name, room / f"{name}.zip"
        _fill(staged, files)
        _put(archive, pack.pack(files, name))
        return _rename(staged, archive, out, name)
    except OSError as why:
        raise _cannot(out, why) from why
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _clear(out: Path) -> None:
    """Takes away what a killed export left unfinished: it names people. One that is young may be somebody's at work."""
    for room in out.glob(".handover-*.tmp"):
        with contextlib.suppress(OSError):
            old = time.time() - room.lstat().st_mtime > _UNFINISHED_S
            if old and _ROOM.fullmatch(room.name) and not room.is_symlink():
                shutil.rmtree(room, ignore_errors=True)


def _fill(folder: Path, files: Mapping[str, bytes]) -> None:
    for path in sorted({folder, *((folder / file).parent for file in files)}):
        path.mkdir(mode=0o700)
        path.chmod(0o700)
    for file, content in files.items():
        _put(folder / file, content)


def _put(path: Path, content: bytes) -> None:
    with os.fdopen(opened(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    path.chmod(0o600)


def _rename(staged: Path, archive: Path, out: Path, name: str) -> tuple[Path, Path]:
    """Takes the first free name for both. The zip is linked first: unlike a rename, that cannot replace anything."""
    for number in range(1, _TRIES + 1):
        free = name if number == 1 else f"{name}-{number}"
        folder, zipped = out / free, out / f"{free}.zip"
        if os.path.lexists(folder) or not _claim(archive, zipped):
            continue
        try:
            staged.rename(folder)
        except OSError as why:
            zipped.unlink()
            if why.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                continue
            raise
        return folder, zipped
    raise ExportError(
        f"{out} already contains {_TRIES} handover folders from today. Move some elsewhere, then export again. "
        f"Nothing was changed."
    )


def _claim(archive: Path, target: Path) -> bool:
    """Puts the zip at `target` if nothing is there."""
    if os.path.lexists(target):
        return False
    try:
        os.link(archive, target)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        with contextlib.suppress(FileExistsError):
            with os.fdopen(opened(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as stream:
                stream.write(archive.read_bytes())
            target.chmod(0o600)
            return True
        return False
    return True


def _cannot(where: Path, why: OSError) -> ExportError:
    reason = _WORDS.get(why.errno or 0, why.strerror or str(why))
    return ExportError(f"Could not write the handover folder to {where}: {reason}. No partial files were left behind.")
