"""JSON lines in, JSON lines out: one question a line, one answer a line, in the order they came, told as soon as each
is there."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from .options import Common
from .say import Exit, note
from .veil import veiled

if TYPE_CHECKING:
    from ..world import World

Row = dict[str, Any]
Answer = Callable[["World", Row], Awaitable[Row]]
AT_ONCE = 16
LONGEST = 16 * 1024 * 1024
"""Octets of a line: a whole message with its attachments fits, and nothing fills the memory."""
_NAME = re.compile(r"[^\s\"'{}\[\],:;@]+\.[^\s\"'{}\[\],:;@]+")


class BadLineError(ValueError):
    """A line that is no question; the text says what a question looks like."""


def text_of(row: Row, key: str, *, needed: bool = True) -> str:
    """A text of the question. Raises BadLineError where it is missing or no text."""
    value = row.get(key)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value.strip()):
        raise BadLineError(f"{key} is missing" if value in (None, "") else f"{key} must be text")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise BadLineError(f"{key} is not valid text: it contains half of a character")
    return value


def run(
    said: Common, private: tuple[str, ...], answer: Answer, *, bare: str = "", lines: Sequence[str] | None = None
) -> int:
    """Answers stdin, or these lines of it where it was read already.

    A line that is no question is answered with `error`, and makes the exit code 1.

    `bare`: a line that is a bare host name is taken as the value of this key.
    """
    if lines is None and sys.stdin.isatty():
        note("Type JSON, one object per line; end with Ctrl+D")
    return asyncio.run(_run(said, private, answer, bare, lines))


async def _run(said: Common, private: tuple[str, ...], answer: Answer, bare: str, lines: Sequence[str] | None) -> int:
    from ..clock import FixedClock, SystemClock
    from ..world import World
    from .reach import no_launch, reach_of

    waiting: asyncio.Queue[asyncio.Task[Row] | None] = asyncio.Queue(AT_ONCE)
    wrong = False

    async def one(world: World, line: str | BadLineError) -> Row:
        try:
            return await answer(world, read(line, bare) if isinstance(line, str) else refused(line))
        except (ValueError, click.ClickException) as error:
            return {"error": error.format_message() if isinstance(error, click.ClickException) else str(error)}
        except Exception as error:  # noqa: BLE001 - one line that nobody thought of must not take the answers of all others with it
            return {"error": f"internal error ({type(error).__name__})"}

    async def take(world: World) -> None:
        given = iter(lines or ())
        while line := await asyncio.to_thread(next_line) if lines is None else next(given, ""):
            if not isinstance(line, str) or line.strip():
                await waiting.put(asyncio.create_task(one(world, line)))
        await waiting.put(None)

    clock = FixedClock(said.now) if said.now else SystemClock()
    async with World(no_launch(), reach_of(said, private), clock=clock) as world:
        taking = asyncio.create_task(take(world))
        while (task := await waiting.get()) is not None:
            row = await task
            wrong = wrong or "error" in row
            click.echo(json.dumps(veiled(row), ensure_ascii=True))
        await taking
    return Exit.FOUND if wrong else Exit.FINE


def refused(problem: BadLineError) -> Row:
    """Raises what is wrong with a line that could not even be read."""
    raise problem


def next_line(longest: int = LONGEST) -> str | BadLineError:
    """The next line of stdin, empty at its end. A line that is no UTF-8, or longer than so many octets, is passed over
    and told."""
    raw = sys.stdin.buffer.readline(longest)
    if len(raw) == longest and not raw.endswith(b"\n"):
        while (more := sys.stdin.buffer.readline(LONGEST)) and not more.endswith(b"\n"):
            pass
        return BadLineError(
            f"larger than {longest // 1024 // 1024} MB" if longest >= 1024 * 1024 else f"larger than {longest} bytes"
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return BadLineError("not UTF-8")


def read(line: str, bare: str = "") -> Row:
    """One line as a question. Raises BadLineError."""
    if bare and _NAME.fullmatch(line.strip()):
        return {bare: line.strip()}
    try:
        row = json.loads(line)
    except RecursionError:
        raise BadLineError("not a JSON object: nested too deep") from None
    except ValueError as error:
        raise BadLineError(f"not a JSON object: {error}") from None
    if not isinstance(row, dict):
        raise BadLineError("not a JSON object")
    return row
