"""What a kind of look is: what it takes, who looks, and how it is shown. `inspect` is a table of them.

There are two ways to go about one: over targets, many at once, each judged by itself (`Targets`); and a question put to
DNS, or a line of JSON for each (`Question`).
"""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import click

from ..secrets import hide
from . import batch
from .inspect_walk import walk
from .options import Common, common, pass_common
from .say import Exit, note
from .targets import Kind
from .veil import veiled

if TYPE_CHECKING:
    from ..launch.model import Launch
    from ..verdict.report.ink import Ink
    from ..world import World

Given = dict[str, Any]
"""What was said on the command line, by the names of arguments and options."""
Option = Callable[[Any], Any]
Show = Callable[[Any, "Ink"], Iterable[str]]

PRIVATE = click.option(
    "--private", multiple=True, metavar="NETWORK", help="Allow connections to this private address or network."
)


class Takes(Protocol):
    """What a look takes, and how it is gone about."""

    def parameters(self, options: Sequence[Option]) -> Sequence[Option]:
        """Arguments and options in the order in which the help tells them."""

    def go(self, look: Look, said: Common, kind: str, private: tuple[str, ...], given: Given) -> int:
        """Looks, prints text or JSON (`kind`), and returns the exit code."""


@dataclass(frozen=True)
class Look:
    """One kind of look."""

    name: str
    takes: Takes
    ask: Callable[..., Awaitable[Any]]
    """Asks the world. Its docstring is the command's help."""
    show: str
    """`module:function` in this room: lines for what was seen. Imported when it is needed."""
    options: tuple[Option, ...] = ()

    @property
    def lines(self) -> Show:
        """What shows it."""
        module, _, name = self.show.partition(":")
        found: Show = getattr(importlib.import_module(f"{__package__}.{module}"), name)
        return found

    def command(self) -> click.Command:
        """As click takes it."""

        def go(said: Common, kind: str, private: tuple[str, ...], **given: Any) -> int:
            return self.takes.go(self, said, kind, private, given)

        function: Any = go
        for option in reversed(self.takes.parameters(self.options)):
            function = option(function)
        return click.command(self.name, help=self.ask.__doc__)(function)


@dataclass(frozen=True)
class Targets:
    """Names or URLs, some at once; `-` stands for the lines of standard input."""

    kind: Kind
    of: Callable[..., Launch] | None = None
    """The launch that a target is judged in, made of its name and the options."""
    read: Callable[[Given], Given] = field(default=lambda given: given)
    """The options as the look takes them. Raises UsageError for what does not go together."""

    def parameters(self, options: Sequence[Option]) -> Sequence[Option]:
        """Decorators for a command, outermost first; `options` are the command's own."""
        return (
            pass_common,
            common,
            PRIVATE,
            click.option(
                "--format",
                "kind",
                type=click.Choice(("text", "json")),
                default="text",
                show_default=True,
                help="Print in this format; json has one line per target.",
            ),
            click.argument("targets", nargs=-1, required=True, metavar="TARGET..."),
            *options,
        )

    def go(self, look: Look, said: Common, kind: str, private: tuple[str, ...], given: Given) -> int:
        """Exit code 1 where a target is broken or could not be seen; see `walk`."""
        targets = given.pop("targets")
        options = self.read(given)
        of = self.of
        return walk(
            said,
            targets,
            self.kind,
            kind,
            private,
            lambda world, target: look.ask(world, target, **options),
            look.lines,
            None if of is None else lambda target: of(target, **options),
        )


class Stdin(NamedTuple):
    """The question stands on standard input: in these lines of it, or in lines that are still to be read."""

    lines: Sequence[str] | None = None


@dataclass(frozen=True)
class Question:
    """What can be answered by DNS alone. `-` reads questions from standard input, one JSON object a line."""

    argument: Option
    asked: Callable[[Given], list[tuple[str, Given]] | Stdin]
    """What is asked, each with the name that it has for people. Raises UsageError."""
    row: Callable[[str, Any], batch.Row]
    """An answer as JSON, with its name."""
    line: Callable[[World, batch.Row, Given], Awaitable[batch.Row]]
    """The answer to one JSON line, as JSON."""
    wrong: Callable[[Any], bool]
    """Whether an answer makes the exit code 1."""
    bare: str = ""
    """The key that a line is the value of where it is no more than a host name."""

    def parameters(self, options: Sequence[Option]) -> Sequence[Option]:
        """Decorators for a command, outermost first; `options` are the command's own."""
        shape = click.option("--format", "kind", type=click.Choice(("text", "json")), default="text", show_default=True)
        return (self.argument, *options, pass_common, common, PRIVATE, shape)

    def go(self, look: Look, said: Common, kind: str, private: tuple[str, ...], given: Given) -> int:
        """A text in place of an answer says why there is none."""
        asked = self.asked(given)
        if isinstance(asked, Stdin):
            answer = self.line
            return batch.run(
                said, private, lambda world, row: answer(world, row, given), bare=self.bare, lines=asked.lines
            )
        try:
            answers = asyncio.run(_answers(look, said, private, [question for _, question in asked]))
        except batch.BadLineError as error:
            raise click.UsageError(str(error)) from None
        ink, wrong = said.ink(), False
        for (name, _), found in zip(asked, answers, strict=True):
            wrong = wrong or isinstance(found, str) or self.wrong(found)
            if kind == "json":
                click.echo(json.dumps(veiled(self.row(name, found)), ensure_ascii=True))
                continue
            if isinstance(found, str):
                note(f"{name}: {found}")
                continue
            if len(asked) > 1:
                click.echo(ink.fit(name, 0))
            for line in look.lines(found, ink):
                click.echo(hide(ink.finish(line)).rstrip())
        return Exit.FOUND if wrong else Exit.FINE


async def _answers(look: Look, said: Common, private: tuple[str, ...], questions: list[Given]) -> list[Any]:
    """All of them, one after the other, in one world."""
    from ..clock import FixedClock, SystemClock
    from ..world import World
    from .reach import no_launch, reach_of

    clock = FixedClock(said.now) if said.now else SystemClock()
    async with World(no_launch(), reach_of(said, private), clock=clock) as world:
        return [await look.ask(world, **question) for question in questions]
