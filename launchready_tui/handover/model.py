"""What the handover room takes and gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from .. import text
from .blocks import About, Block


@dataclass(frozen=True, slots=True)
class Gap:
    """Something a document should say and cannot yet. `screen` is the console's key of the place where it is filled;
    `about` the entry, check or problem that lacks it, or the table that an entry is missing from."""

    text: str
    screen: str
    about: About = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Document:
    """One document of the bundle: how many of its facts are known, what is missing, and its text."""

    id: str
    title: str
    file: str
    have: int
    of: int
    gaps: tuple[Gap, ...]
    blocks: tuple[Block, ...]
    markdown: str


def not_filled(documents: Iterable[Document]) -> tuple[Gap, ...]:
    """What is missing in the whole folder, each thing once though two documents ask for it. Every count of it is the
    length of this."""
    return tuple(dict.fromkeys(gap for document in documents for gap in document.gaps))


@dataclass(frozen=True, slots=True)
class Exported:
    """A bundle that was written. `files` are paths inside it, sorted; `gaps` all that is not filled."""

    folder: Path
    zip: Path
    files: tuple[str, ...]
    gaps: tuple[Gap, ...]
    made_at: datetime
    uncompared: dict[str, str] = field(default_factory=dict)
    """Stored credentials that the files were not searched for, each with the reason."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a bundle is not what was exported: the file inside it, and a plain sentence."""

    file: str
    text: str

    def __str__(self) -> str:
        return f"{text.clean(self.file)}: {self.text}" if self.file else self.text


class ExportError(Exception):
    """The bundle could not be written; the sentence says why, and nothing was left behind."""


class NotCompared(ExportError):  # noqa: N818 - read aloud it is a sentence
    """Stored credentials could not be read, so nobody knows whether a file would have carried one."""

    def __init__(self, uncompared: dict[str, str]) -> None:
        super().__init__(
            f"The handover folder was not written: {told(uncompared)}. Make the keyring available, remove the "
            "credential from the list (`launchready credentials delete`), or export without comparing "
            "(--without-comparing)."
        )


def told(uncompared: dict[str, str]) -> str:
    """`shop-login was not compared, because the keyring is locked`, for all of them."""
    return "; ".join(
        f"{text.clean(name)} was not compared, because {text.clean(why)}" for name, why in uncompared.items()
    )


class SecretFound(ExportError):  # noqa: N818 - read aloud it is a sentence
    """A file would have carried a secret: file and rule are named, the value never is."""

    def __init__(self, hits: tuple[tuple[str, str], ...]) -> None:
        self.hits = hits
        listed = "; ".join(f"{file} ({rule})" for file, rule in hits[:5])
        more = f" and {len(hits) - 5} more" if len(hits) > 5 else ""
        super().__init__(
            f"The handover folder was not written: it would contain a secret in {listed}{more}. Remove the secret at "
            f"its source, then export again."
        )
