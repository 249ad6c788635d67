"""A test mail as it lay in the mailbox."""

from __future__ import annotations

from datetime import datetime

import msgspec

from .folders import Folder


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A whole mail, raw, with where it lay and when the server took it in. `tab` is Gmail's: primary, promotions,
    updates, …"""

    folder: Folder
    uid: str
    arrived: datetime
    raw: bytes
    tab: str = ""
