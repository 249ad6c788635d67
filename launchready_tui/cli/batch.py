"""JSON lines in, JSON lines out: one question a line, one answer a line, in the order they came, told as soon as each is there."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from .options import Common
from .say import Exit, note

if TYPE_CHECKING:
    from ..world import World

Row = dict[str, Any]
Answer = Callable[["World", Row], Awaitable[Row]]
AT_ONCE = 16


class BadLineError(ValueError):
    """A line that is no question; the text says what a question looks like."""


def text_of(row: Row, key: str, *, needed: bool = True) -> str:
    """A text of the question. Raises BadLineError where it is missing or no text."""
    value = row.get(key)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value.strip()):
        raise BadLineError(f"{key} is missing" if value in (None, "") else f"{key} must be text")
    return value


def run(said: Common, private: tuple[str, ...], answer: Answer, *, bare: str = "", lines: Sequence[str] | None = None) -> int:
    """Answers stdin, or these lines of it where it was read already.

    A line that is no question is answered with `error`, and makes the exit code 1.

    `bare`: a line that is no JSON object is taken as the value of this key.
    """
    if lines is None and sys.stdin.isatty():
        note("JSON, one object a line; end with Ctrl+D")
    return asyncio.run(_run(said, private, answer, bare, lines))


async def _run(said: Common, private: tuple[str, ...], answer: Answer, bare: str, lines: Sequence[str] | None) -> int:
    from ..clock import SystemClock
    from ..launch.model import Launch
    from ..world import World
    from .reach import reach_of

    launch = Launch(name="inspect", domain="inspect.invalid", canonical="https://inspect.invalid/")
    waiting: asyncio.Queue[asyncio.Task[Row] | None] = asyncio.Queue(AT_ONCE)
    wrong = False

    async def one(world: World, line: str) -> Row:
        try:
            return await answer(world, read(line, bare))
        except ValueError as error:
            return {"error": str(error)}

    async def take(world: World) -> None:
        given = iter(lines or ())
        while line := await asyncio.to_thread(sys.stdin.readline) if lines is None else next(given, ""):
            if line.strip():
                await waiting.put(asyncio.create_task(one(world, line)))
        await waiting.put(None)

    async with World(launch, reach_of(said, private), clock=SystemClock()) as world:
        taking = asyncio.create_task(take(world))
        while (task := await waiting.get()) is not None:
            row = await task
            wrong = wrong or "error" in row
            click.echo(json.dumps(row, ensure_ascii=True))
        await taking
    return Exit.FOUND if wrong else Exit.FINE


def read(line: str, bare: str = "") -> Row:
    """One line as a question. Raises BadLineError."""
    if bare and not line.lstrip().startswith("{"):
        return {bare: line.strip()}
    try:
        row = json.loads(line)
    except ValueError as error:
        raise BadLineError(f"not a JSON object: {error}") from None
    if not isinstance(row, dict):
        raise BadLineError("not a JSON object")
    return row
