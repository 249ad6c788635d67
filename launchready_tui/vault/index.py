"""The list of stored credentials, without values and without anything computed from them: keyrings cannot be listed
everywhere."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from ..launch.store import TomlFile


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One credential in the keyring."""

    name: str
    label: str = ""
    hosts: tuple[str, ...] = ()
    created: datetime
    last_used: datetime | None = None
    """To the hour: one more write a use would say nothing more."""


class Index(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """All of one launch."""

    credentials: tuple[Item, ...] = ()

    def find(self, name: str) -> Item | None:
        """None where no credential has this name."""
        return next((item for item in self.credentials if item.name == name), None)

    def with_item(self, new: Item) -> Index:
        """A copy in which the item comes last, in place of one of its name."""
        return Index(credentials=(*(item for item in self.credentials if item.name != new.name), new))

    def without(self, name: str) -> Index:
        """A copy without that name; it need not have been there."""
        return Index(credentials=tuple(item for item in self.credentials if item.name != name))


class IndexFile(TomlFile[Index]):
    """The index of one launch in the user's state folder; private."""

    NAME: ClassVar[str] = "credentials.toml"
    TYPE: ClassVar[type[Index]] = Index
    SCHEMA: ClassVar[int] = 1
    MODE: ClassVar[int] = 0o600
    HEAD: ClassVar[str] = "# Which credentials LaunchReady has put into the keyring. No values here.\n"
    ORDER: ClassVar[dict[str, tuple[str, ...]]] = {"credentials": ("name",)}
    UNIQUE: ClassVar[dict[str, str]] = {"credentials": "name"}
