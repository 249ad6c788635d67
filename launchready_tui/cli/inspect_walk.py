"""How `inspect` goes over its targets: some at once, told in the order given, as text or as a line of JSON each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from ..secrets import hide, without_tokens
from .options import Common
from .say import Exit
from .targets import Kind, Target, given
from .veil import veiled

if TYPE_CHECKING:
    from ..clock import Clock
    from ..launch.model import Launch
    from ..verdict.report.ink import Ink
    from ..world import World

Look = Callable[["World", str], Awaitable[Any]]
Show = Callable[[Any, "Ink"], Iterable[str]]
Of = Callable[[str], "Launch"]
"""The launch that a target is judged in; made of its name."""
_AT_ONCE = 8


def walk(
    said: Common,
    targets: tuple[str, ...],
    asked: Kind,
    kind: str,
    private: tuple[str, ...],
    look: Look,
    show: Show,
    of: Of | None = None,
) -> int:
    """All targets. The exit code is 1 where one is broken or could not be seen, 2 where an argument can be none, and
    nothing is looked at.

    A line of stdin that can be none is told in its place, and the others are looked at all the same.
    """
    arguments = [text for text in targets if text != "-"]
    wrong = [target.problem for target in given(arguments, asked) if target.problem]
    if wrong:
        raise click.UsageError(without_tokens("\n".join(wrong)))
    names = list(given(targets, asked))
    if not names:
        raise click.UsageError("name a target")
    ink = said.ink()

    async def all_of_them() -> bool:
        failed = False
        async for name, looked in _looks(said, names, private, look, of):
            name, seen = veiled(name), veiled(looked)
            failed = failed or _failed(seen)
            if kind == "json":
                row = {"target": name} | _plain(seen) | {"target": name}  # first, and as it was given
                click.echo(json.dumps(row, ensure_ascii=True))
                continue
            if len(names) > 1:
                click.echo(ink.paint(ink.fit(name, 0), "bold"))
            for line in show(seen, ink):
                click.echo(ink.finish(line).rstrip())
            if len(names) > 1:
                click.echo("")
        return failed

    return Exit.FOUND if asyncio.run(all_of_them()) else Exit.FINE


async def _looks(
    said: Common, names: list[Target], private: tuple[str, ...], look: Look, of: Of | None
) -> AsyncIterator[tuple[str, Any]]:
    from ..clock import FixedClock, SystemClock
    from ..failure import Failure
    from ..world import World
    from .reach import no_launch, reach_of

    clock: Clock = FixedClock(said.now) if said.now else SystemClock()
    reach, allow = reach_of(said, private), said.options().allow
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(world: World, target: Target) -> Any:
        if target.problem:
            return Failure(kind="protocol", detail=target.problem)
        async with places:
            try:
                if of is None:
                    return await look(world, target.text)
                # A world of its own: what a target showed is let go with it, however many there are.
                async with World(of(target.text), reach, clock=clock, allow=allow) as own:
                    return await look(own, target.text)
            except ValueError as error:
                return Failure(kind="protocol", detail=str(error), target=target.text)

    async with World(no_launch(), reach, clock=clock, allow=allow) as world:
        tasks = [asyncio.create_task(one(world, name)) for name in names]
        try:
            for target, task in zip(names, tasks, strict=True):
                yield target.text, await task
        finally:
            for task in tasks:
                task.cancel()


def _failed(seen: Any) -> bool:
    from ..checks.single import Looked
    from ..failure import Failure

    if isinstance(seen, Failure):
        return True
    if isinstance(seen, Looked):
        return seen.wrong
    if isinstance(seen, dict):
        return any(isinstance(one, Failure) for one in seen.values())
    return isinstance(getattr(seen, "end", None), Failure)


def _plain(seen: Any) -> dict[str, Any]:
    """As JSON holds it. A body is told by its size and, where it is text, by its beginning."""
    import msgspec

    from ..checks.single import Looked
    from ..failure import Failure
    from ..findings import Finding
    from ..world.sights import Reply

    def plain(value: Any) -> Any:
        if isinstance(value, Reply):
            return {**_fields(value, plain), "body": hide(value.text)[:2000], "body_bytes": len(value.body)}
        if isinstance(value, Finding):
            return {"id": value.id, **_fields(value, plain), "via": value.via or None}
        if isinstance(value, Failure):
            return {"failure": value.words, **_fields(value, plain)}
        if isinstance(value, msgspec.Struct):
            return _fields(value, plain)
        if isinstance(value, dict):
            return {key: plain(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [plain(one) for one in value]
        return msgspec.to_builtins(value)

    if isinstance(seen, Looked):
        return {**plain(seen.sights), "findings": [plain(finding) for finding in seen.findings]}
    made = plain(seen)
    if isinstance(seen, Failure):
        return {**made, "findings": []}
    return made if isinstance(made, dict) else {"answer": made}


def _fields(value: Any, plain: Callable[[Any], Any]) -> dict[str, Any]:
    return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
