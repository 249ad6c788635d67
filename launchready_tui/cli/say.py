"""What goes to stderr, and the exit codes."""

from __future__ import annotations

import contextlib
from enum import IntEnum

import click


class Exit(IntEnum):
    """Exit codes, the same for every command."""

    FINE = 0
    FOUND = 1
    """Something stands at or above `--fail-on`, or the full run says NO-GO."""
    WRONG_USE = 2
    """Wrong options, or a file of the user's that cannot be used."""
    COULD_NOT_RUN = 3
    CRASHED = 70
    """A mistake of ours."""
    INTERRUPTED = 130


class CouldNotRun(click.ClickException):
    """Something that the command needs is not there; the text says what."""

    exit_code = Exit.COULD_NOT_RUN


def note(words: str) -> None:
    """A line for the person, on stderr. Foreign text is made safe here."""
    from ..text import printable

    with contextlib.suppress(OSError):  # nobody listens any more; the data on stdout is what counts
        click.echo(printable(words), err=True)


def wrong(words: str) -> None:
    """Why it did not go well: every line of the text, each made safe."""
    for number, line in enumerate(words.splitlines() or [""]):
        note(line if number else f"launchready: {line}")


def words_of(error: Exception) -> str:
    """What a system call was refused is said with its file and in words, not by its number."""
    if type(error).__module__ == "builtins" and isinstance(error, OSError) and error.strerror:
        about = f"{error.filename}: " if error.filename else ""
        return f"{about}{error.strerror[0].lower()}{error.strerror[1:]}"
    return str(error)
