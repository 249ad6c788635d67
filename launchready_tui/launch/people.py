"""Names, contacts and hours: people.toml, for this machine only (ignored by git, private). Other files name people by
id."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from ..persons import PersonId
from .store import TomlFile

PersonStatus = Literal["in", "leaving", "left"]
PersonKind = Literal["", "founder", "staff", "contractor", "service"]


class Person(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Somebody who takes part in the launch."""

    id: PersonId
    """Short and lasting, as decisions name them, such as `founder`."""
    name: str = ""
    role: str = ""
    kind: PersonKind = ""
    """How they belong to the business; a service is a program with a log-in of its own."""
    contact: str = ""
    """How to reach them: a phone number, an address, a chat handle."""
    second_contact: str = ""
    """A second way, for when the first is down."""
    hours: str = ""
    """When they can be reached, such as `09:00-18:00`."""
    time_zone: str = ""
    """An IANA name, such as `Europe/Berlin`."""
    status: PersonStatus = "in"


class People(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The whole of people.toml."""

    people: tuple[Person, ...] = ()

    def find(self, person: str) -> Person | None:
        """The person with this id."""
        return next((one for one in self.people if one.id == person), None)

    def label(self, person: str) -> str:
        """What a screen shows for an id: the name where it is known, else the id itself."""
        found = self.find(person)
        return found.name if found and found.name else person


class PeopleFile(TomlFile[People]):
    """people.toml: `load()`, `save(people)`; only its owner may read it (0600)."""

    NAME: ClassVar[str] = "people.toml"
    TYPE: ClassVar[type[People]] = People
    SCHEMA: ClassVar[int] = 1
    MODE: ClassVar[int] = 0o600
    HEAD: ClassVar[str] = (
        "# Names and contacts, on this machine only. Do not commit this file; other files name people by id.\n"
    )
    ORDER: ClassVar[dict[str, tuple[str, ...]]] = {"people": ("id",)}
    UNIQUE: ClassVar[dict[str, str]] = {"people": "id"}
