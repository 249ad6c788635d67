"""Values of options and arguments: what is allowed, said when something else is given, and completed in the shell."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from datetime import datetime

    from click.shell_completion import CompletionItem

    ParamType = click.ParamType[Any]  # generic since click 8.5 only
else:
    ParamType = click.ParamType

FORMATS = ("text", "json", "junit", "sarif", "markdown")
"""Those of `report`, which costs too much to be imported for a help text."""
ROLES = ("web", "app", "api", "admin", "status", "staging", "other")
"""Roles of hosts that a page or an app can be looked at in."""
CONSENTS = ("mail", "load", "build", "smoke", "intrusive")


class Moment(ParamType):
    """A time; without a zone it is UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Fails with what is allowed where the text is no time."""
        from ..clock import parse_moment

        try:
            return parse_moment(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


MOMENT = Moment()


class Endpoint(ParamType):
    """An IP address, with a port if need be."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text itself; fails where it is no address."""
        from ..launch.names import endpoint_problem

        problem = endpoint_problem(str(value))
        if problem:
            self.fail(f"{value!r} is not valid; expected {problem}", param, ctx)
        return str(value)


ENDPOINT = Endpoint()


class _Target(click.Path):
    """Where something is written once the work is done: what cannot be written is said before the work begins."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        there = (
            path.parent
            if self.file_okay
            else next((one for one in (path, *path.absolute().parents) if one.exists()), path)
        )
        if not there.is_dir():
            self.fail(
                f"{path} cannot be written: {there} {'is not a folder' if there.exists() else 'does not exist'}",
                param,
                ctx,
            )
        import tempfile

        # Asked of the file system itself: rights alone say yes to the superuser in /proc and on a disk without a free
        # inode.
        try:
            with tempfile.TemporaryFile(dir=there):
                return path
        except OSError as why:
            from ..launch.atomic import CannotWrite

            reason = (
                "no files can be created there"
                if isinstance(why, FileNotFoundError)
                else CannotWrite(there, why).strerror
            )
            self.fail(f"{path} cannot be written: {reason} ({there})", param, ctx)


TO_FILE = _Target(dir_okay=False)
TO_FOLDER = _Target(file_okay=False)


ANY = "any"
"""`--trust` without a hash."""
_HASH = re.compile(r"[0-9A-Fa-f]{64}")


class Approved(ParamType):
    """The SHA-256 of a launch file, or any."""

    name = "hash"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Lower case; fails for what is no hash."""
        if value != ANY and not _HASH.fullmatch(str(value)):
            self.fail(f"{value} is not the SHA-256 of a launch file, 64 hex digits", param, ctx)
        return str(value).lower()


def with_hashes(arguments: Sequence[str]) -> list[str]:
    """The command line with `--trust HASH` as one word: what follows `--trust` and is no hash belongs to the
    command."""
    joined: list[str] = []
    given = iter(range(len(arguments)))
    for at in given:
        word, following = arguments[at], arguments[at + 1 : at + 2]
        if word == "--":
            return [*joined, *arguments[at:]]
        if word == "--trust":
            named = bool(following) and _HASH.fullmatch(following[0]) is not None
            joined.append(f"--trust={following[0] if named else ANY}")
            if named:
                next(given)
        else:
            joined.append(word)
    return joined


class Allow(ParamType):
    """A list of consents. With `multiple` each use gives one more word."""

    name = "consent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Words joined by commas, without blanks; fails on the first unknown list, naming all that is wrong in it."""
        words = [word.strip() for word in str(value).split(",") if word.strip()]
        wrong = [word for word in words if word not in CONSENTS]
        if wrong or not words:
            self.fail(
                f"{', '.join(wrong) or 'nothing'} is not an action; allowed are {', '.join(CONSENTS)}", param, ctx
            )
        return ",".join(words)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Completes the last word of a list and keeps those before it."""
        from click.shell_completion import CompletionItem

        before, _, last = incomplete.rpartition(",")
        lead = f"{before}," if before else ""
        return [CompletionItem(lead + word) for word in CONSENTS if word.startswith(last)]


class CheckName(ParamType):
    """A stage (id or number) or a check of the roadmap."""

    name = "stage|check"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Ids of checks, those of a whole stage in its order; fails with the nearest name."""
        from ..roadmap.model import load

        roadmap = load()
        word = str(value).strip().lower()
        if word in roadmap.checks:
            return (word,)
        stage = next((one for one in roadmap.stages if word in (one.id, str(one.number))), None)
        if stage is None:
            self.fail(f"{word!r} is not a stage or a check{_hint(word)}", param, ctx)
        return tuple(check.id for check in stage.checks)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Stages first, then checks, each with its title."""
        from click.shell_completion import CompletionItem

        from ..roadmap.model import load

        roadmap = load()
        known = [(stage.id, stage.title) for stage in roadmap.stages] + [
            (check.id, check.title) for check in roadmap.checks.values()
        ]
        return [CompletionItem(name, help=title) for name, title in known if name.startswith(incomplete)]


def _hint(word: str) -> str:
    import difflib

    from ..roadmap.model import load

    roadmap = load()
    near = difflib.get_close_matches(word, [*roadmap.checks, *(stage.id for stage in roadmap.stages)], n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else f"; stages are {', '.join(stage.id for stage in roadmap.stages)}"
