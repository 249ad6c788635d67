"""`launchready inspect`: one look at DNS, web or TLS, as an engineer would take with dig, curl -v and openssl; no launch file needed."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from .options import Common, common, pass_common
from .say import Exit, note

if TYPE_CHECKING:
    from ..failure import Failure
    from ..report.ink import Ink
    from ..world import World

Look = Callable[["World", str], Awaitable[Any]]
Show = Callable[[Any, "Ink"], Iterable[str]]
_AT_ONCE = 8
RECORDS = ("A", "AAAA", "CNAME", "NS", "SOA", "MX", "TXT", "CAA", "HTTPS")


@click.group()
def inspect() -> None:
    """Look at one thing. Targets are names or URLs; `-` reads them from stdin, one a line."""


def _looking(function: Any) -> Any:
    """Options of every kind of look."""
    for option in (
        click.argument("targets", nargs=-1, required=True, metavar="TARGET..."),
        click.option(
            "--format", "kind", type=click.Choice(("text", "json")), default="text", show_default=True, help="json: one line a target."
        ),
        click.option("--private", multiple=True, metavar="NETWORK", help="A private address or network that may be connected to."),
        common,
        pass_common,
    ):
        function = option(function)
    return function


@inspect.command("dns")
@_looking
@click.option("-t", "--type", "types", multiple=True, metavar="TYPE", help=f"Record types; default: {' '.join(RECORDS)}.")
@click.option("--at", "server", metavar="ADDR[:PORT]", help="Ask this server directly, without recursion.")
def look_at_dns(
    said: Common, targets: tuple[str, ...], kind: str, private: tuple[str, ...], types: tuple[str, ...], server: str | None
) -> int:
    """DNS records of names, with TTL and who answered."""
    from .inspect_text import dns_lines

    wanted = tuple(word.strip().upper() for one in types for word in one.split(",") if word.strip()) or RECORDS

    async def look(world: World, name: str) -> dict[str, Any]:
        asked = [world.dns.ask_at(server, name, rdtype) if server else world.dns.ask(name, rdtype) for rdtype in wanted]
        return dict(zip(wanted, await asyncio.gather(*asked), strict=True))

    return _walk(said, targets, kind, private, look, dns_lines)


@inspect.command("web")
@_looking
@click.option("--no-follow", is_flag=True, help="Show the first answer only.")
@click.option("--method", default="GET", show_default=True)
@click.option(
    "-H", "--header", "headers", multiple=True, metavar="NAME: VALUE", help="Send this header with the first request of --no-follow."
)
def look_at_web(
    said: Common,
    targets: tuple[str, ...],
    kind: str,
    private: tuple[str, ...],
    no_follow: bool,
    method: str,
    headers: tuple[str, ...],
) -> int:
    """A URL followed to its end: every hop, the last answer's headers, and where the time went."""
    from .inspect_text import web_lines

    pairs = tuple(_header(line) for line in headers)
    if (method != "GET" or pairs) and not no_follow:
        raise click.UsageError("--method and --header go with --no-follow")

    async def look(world: World, target: str) -> Any:
        url = target if "://" in target else f"https://{target}"
        return await (world.web.get(url, method=method, headers=pairs) if no_follow else world.web.follow(url))

    return _walk(said, targets, kind, private, look, web_lines)


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip():
        raise click.UsageError(f"{line!r} is not a header; write it as 'Name: value'")
    return name.strip(), value.strip()


@inspect.command("tls")
@_looking
@click.option("--versions", is_flag=True, help="Offer each protocol version alone, too: four handshakes more.")
@click.option("--starttls", type=click.Choice(("smtp",)), default=None, help="Begin with this protocol's STARTTLS (port 25).")
def look_at_tls(said: Common, targets: tuple[str, ...], kind: str, private: tuple[str, ...], versions: bool, starttls: str | None) -> int:
    """What a TLS server shows: whether its certificate verifies, the chain, protocol and cipher. A target is HOST[:PORT]."""
    from .inspect_text import tls_lines

    async def look(world: World, target: str) -> Any:
        from ..wire import split_host_port

        bare = target.partition("://")[2].partition("/")[0] if "://" in target else target
        host, port = split_host_port(bare)
        port = port or (25 if starttls else 443)
        sight = await world.tls.look(host, port, starttls="smtp" if starttls else "")
        answers = await world.tls.versions(host, port) if versions and not starttls else None
        return {"sight": sight, "versions": answers}

    return _walk(said, targets, kind, private, look, tls_lines)


def _walk(said: Common, targets: tuple[str, ...], kind: str, private: tuple[str, ...], look: Look, show: Show) -> int:
    """All targets, some at once, told in the order given. The exit code is 1 where a look failed."""
    names = list(_targets(targets))
    if not names:
        raise click.UsageError("no target was given")
    ink = said.ink()

    async def all_of_them() -> bool:
        failed = False
        async for name, seen in _looks(said, names, private, look):
            failed = failed or _failed(seen)
            if kind == "json":
                click.echo(json.dumps({"target": name, **_plain(seen)}, ensure_ascii=True))
                continue
            if len(names) > 1:
                click.echo(ink.paint(ink.fit(name, 0), "bold"))
            for line in show(seen, ink):
                click.echo(ink.finish(line).rstrip())
            if len(names) > 1:
                click.echo("")
        return failed

    return Exit.FOUND if asyncio.run(all_of_them()) else Exit.FINE


async def _looks(said: Common, names: list[str], private: tuple[str, ...], look: Look) -> AsyncIterator[tuple[str, Any]]:
    from ..clock import SystemClock
    from ..failure import Failure
    from ..launch.model import Launch
    from ..world import World
    from .reach import reach_of

    launch = Launch(name="inspect", domain="inspect.invalid", canonical="https://inspect.invalid/")
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(world: World, name: str) -> Any:
        async with places:
            try:
                return await look(world, name)
            except ValueError as error:
                return Failure(kind="protocol", detail=str(error), target=name)

    async with World(launch, reach_of(said, private), clock=SystemClock()) as world:
        tasks = [asyncio.create_task(one(world, name)) for name in names]
        try:
            for name, task in zip(names, tasks, strict=True):
                yield name, await task
        finally:
            for task in tasks:
                task.cancel()


def _targets(given: Iterable[str]) -> Iterable[str]:
    for target in given:
        if target != "-":
            yield target
            continue
        if sys.stdin.isatty():
            note("Targets, one a line; end with Ctrl+D")
        for line in sys.stdin:
            word = line.partition("#")[0].strip()
            if word:
                yield word


def _failed(seen: Any) -> bool:
    from ..failure import Failure

    if isinstance(seen, Failure):
        return True
    if isinstance(seen, dict):
        return any(isinstance(one, Failure) for one in seen.values())
    return isinstance(getattr(seen, "end", None), Failure)


def _plain(seen: Any) -> dict[str, Any]:
    """As JSON holds it. A body is told by its size and, where it is text, by its beginning."""
    import msgspec

    from ..world.sights import Reply

    def plain(value: Any) -> Any:
        if isinstance(value, Reply):
            return {**_fields(value, plain), "body": value.text[:2000], "body_bytes": len(value.body)}
        if isinstance(value, msgspec.Struct):
            kind = "failure" if _failed(value) and hasattr(value, "kind") else ""
            return {"failure": value.words, **_fields(value, plain)} if kind else _fields(value, plain)  # type: ignore[attr-defined]
        if isinstance(value, dict):
            return {key: plain(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [plain(one) for one in value]
        return msgspec.to_builtins(value)

    made = plain(seen)
    return made if isinstance(made, dict) else {"answer": made}


def _fields(value: Any, plain: Callable[[Any], Any]) -> dict[str, Any]:
    return {name: plain(getattr(value, name)) for name in value.__struct_fields__}


def failure_line(failure: Failure) -> str:
    """A look that gave no answer."""
    from ..text import for_terminal

    return f"? {for_terminal(str(failure))}"
