"""How the person likes the pages: kept on this machine, so that the console opens as it was left."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ..launch.atomic import make_private, write_atomically
from ..launch.records import VIEW


class View(msgspec.Struct, frozen=True):
    """What was chosen."""

    by_item: bool = False
    """The overview shows the items of the sprint in place of the stages."""


def read_view(folder: Path) -> View:
    """The choices of a launch's folder; the usual ones where none can be read: they are a help, no record."""
    try:
        return msgspec.json.decode((folder / VIEW).read_bytes(), type=View)
    except (OSError, msgspec.MsgspecError):
        return View()


def keep_view(folder: Path, view: View) -> None:
    """Keeps them for the next time. Raises CannotWrite."""
    path = folder / VIEW
    make_private(path.parent)
    write_atomically(path, msgspec.json.encode(view), mode=0o600)
