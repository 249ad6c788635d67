"""What was typed into forms and not saved: kept on the disk of this machine, so that neither escape nor a crash loses
it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from ..launch.atomic import make_private, write_atomically
from ..launch.records import DRAFTS

KEPT = timedelta(days=30)


class _Draft(msgspec.Struct, frozen=True):
    at: datetime
    values: dict[str, str]


class Drafts(dict[str, dict[str, str]]):
    """Drafts by form. On the disk they lie without what looks like a secret; fields for secrets are never handed in."""

    def __init__(self, folder: Path, hide: Callable[[str], str]) -> None:
        super().__init__()
        self.path = folder / DRAFTS
        self._hide = hide
        self._kept: dict[str, _Draft] = self._read()
        self.update({key: dict(draft.values) for key, draft in self._kept.items()})

    def keep(self, key: str, values: Mapping[str, str]) -> None:
        """Keeps a draft; on the disk when this returns. Raises CannotWrite, and then it is kept for this session."""
        if self.get(key) == dict(values):
            return
        self[key] = dict(values)
        self._kept[_whole(key)] = _Draft(
            datetime.now(UTC), {name: _whole(self._hide(value)) for name, value in values.items()}
        )
        self._write()

    def forget(self, key: str) -> None:
        """Takes a draft away. Raises CannotWrite."""
        if self.pop(key, None) is not None or _whole(key) in self._kept:
            self._kept.pop(_whole(key), None)
            self._write()

    def _read(self) -> dict[str, _Draft]:
        try:
            found = msgspec.json.decode(self.path.read_bytes(), type=dict[str, _Draft])
        except (OSError, msgspec.MsgspecError):
            return {}  # drafts are a help: a file that cannot be read is as if there were none
        oldest = datetime.now(UTC) - KEPT
        return {key: draft for key, draft in found.items() if draft.at > oldest}

    def _write(self) -> None:
        make_private(self.path.parent)
        write_atomically(self.path, msgspec.json.encode(self._kept), mode=0o600)


def _whole(value: str) -> str:
    """Text that JSON can hold: half of a pair becomes a question mark."""
    return value.encode("utf-8", "replace").decode()
