"""`launchready inspect spf | dmarc | dkim | message`: what a receiver would make of a domain, a key or a message."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import click

from . import batch
from .options import Common, common, pass_common
from .say import Exit, note

if TYPE_CHECKING:
    from ..mail.auth.dkim_lookup import Found
    from ..mail.auth.dmarc import Discovery
    from ..mail.auth.message import Letter
    from ..mail.auth.spf import Outcome
    from ..world import World


def _looking(function: Any) -> Any:
    """Options of every kind of look at mail."""
    for option in (
        click.option("--format", "kind", type=click.Choice(("text", "json")), default="text", show_default=True),
        click.option(
            "--private", multiple=True, metavar="NETWORK", help="A private address or network that may be connected to."
        ),
        common,
        pass_common,
    ):
        function = option(function)
    return function


def _once(said: Common, private: tuple[str, ...], look: Callable[[World], Awaitable[Any]]) -> Any:
    """One look in a world of its own."""

    async def run() -> Any:
        from ..clock import SystemClock
        from ..launch.model import Launch
        from ..world import World
        from .reach import reach_of

        launch = Launch(name="inspect", domain="inspect.invalid", canonical="https://inspect.invalid/")
        async with World(launch, reach_of(said, private), clock=SystemClock()) as world:
            return await look(world)

    return asyncio.run(run())


def _print(said: Common, lines: Any) -> None:
    ink = said.ink()
    for line in lines:
        click.echo(ink.finish(line).rstrip())


# -- SPF -------------------------------------------------------------------------------------------------------------


@click.command("spf")
@click.argument("target", required=False, metavar="[-]")
@click.option("--ip", help="The address that sends.")
@click.option("--sender", help="The address in MAIL FROM; empty for a bounce, which is judged by --helo.")
@click.option("--helo", default="", help="The name that the sending machine calls itself.")
@_looking
def look_at_spf(
    said: Common, target: str | None, ip: str | None, sender: str | None, helo: str, kind: str, private: tuple[str, ...]
) -> int:
    """Whether an address may send for a domain (check_host of RFC 7208), and the term that decides.

    `-` reads JSON lines from stdin, such as {"ip": "192.0.2.1", "sender": "a@example.com", "helo": "mx.example.com"}.
    """
    from ..mail.auth.spf import check_host, parse_ip

    if target == "-":

        async def answer(world: World, row: batch.Row) -> batch.Row:
            ip, helo = batch.text_of(row, "ip"), batch.text_of(row, "helo", needed=False)
            if "sender" not in row and not helo:
                raise batch.BadLineError("sender is missing")
            return _verdict(await check_host(world.dns, ip, batch.text_of(row, "sender", needed=False), helo))

        return batch.run(said, private, answer)
    if target is not None:
        raise click.UsageError(f"{target!r}: give --ip and --sender, or - to read JSON lines from stdin")
    if ip is None or (sender is None and not helo):
        raise click.UsageError("--ip and --sender are needed, such as --ip 192.0.2.1 --sender a@example.com")
    try:
        parse_ip(ip)
    except ValueError as error:
        raise click.UsageError(f"--ip: {error}") from None
    outcome: Outcome = _once(said, private, lambda world: check_host(world.dns, ip, sender or "", helo))
    if kind == "json":
        import msgspec

        more = {key: value for key, value in msgspec.to_builtins(outcome).items() if key not in _verdict(outcome)}
        click.echo(json.dumps({**_verdict(outcome), **more}, ensure_ascii=True))
    else:
        from .mail_text import spf_lines

        _print(said, spf_lines(outcome, said.ink()))
    return Exit.FINE


def _verdict(outcome: Outcome) -> batch.Row:
    """The five keys that every answer has."""
    return {
        "result": outcome.result,
        "explanation": outcome.explanation,
        "matched": outcome.matched,
        "lookups": outcome.lookups,
        "void_lookups": outcome.void_lookups,
    }


# -- DMARC -----------------------------------------------------------------------------------------------------------


@click.command("dmarc")
@click.argument("target", metavar="DOMAIN")
@_looking
def look_at_dmarc(said: Common, target: str, kind: str, private: tuple[str, ...]) -> int:
    """Which DMARC policy holds for a domain, whose record it comes from, and the organisation's domain (RFC 9989).

    `-` reads JSON lines from stdin, such as {"domain": "a.example.com"}.
    """
    from ..mail.auth.dmarc import discover

    if target == "-":

        async def answer(world: World, row: batch.Row) -> batch.Row:
            return _policy(await discover(world.dns, batch.text_of(row, "domain")))

        return batch.run(said, private, answer, bare="domain")
    found: Discovery = _once(said, private, lambda world: discover(world.dns, target))
    if kind == "json":
        click.echo(json.dumps(_policy(found), ensure_ascii=True))
    else:
        from .mail_text import dmarc_lines

        _print(said, dmarc_lines(found, said.ink()))
    return Exit.FOUND if found.failure is not None else Exit.FINE


def _policy(found: Discovery) -> batch.Row:
    from ..mail.auth.ask import is_name

    row: batch.Row = {
        "domain": found.domain,
        "policy": found.policy,
        "record_domain": found.record_domain,
        "organizational_domain": found.organizational_domain,
        "effective": found.effective,
        "tag": found.tag or None,
        "record": found.record or None,
    }
    if found.problem:
        row["problem"] = found.problem
    if found.failure is not None or not is_name(found.domain):
        row["error"] = str(found.failure or found.problem)
    return row


# -- DKIM ------------------------------------------------------------------------------------------------------------


@click.command("dkim")
@click.argument("target", metavar="DOMAIN")
@click.option(
    "--selector",
    "selectors",
    multiple=True,
    metavar="NAME",
    help="Look at this selector; without it the usual ones are tried.",
)
@_looking
def look_at_dkim(said: Common, target: str, selectors: tuple[str, ...], kind: str, private: tuple[str, ...]) -> int:
    """The keys that a domain signs its mail with, and what is wrong with each.

    `-` reads JSON lines from stdin, such as {"domain": "example.com", "selector": "s1"}; without a selector the usual
    ones are tried.
    """
    from ..mail.auth.dkim_lookup import answers_anything, probe
    from ..mail.auth.senders import usual_selectors

    async def look(world: World, domain: str, names: tuple[str, ...]) -> tuple[Found, ...]:
        if names:
            return await probe(world.dns, domain, names)
        if await answers_anything(world.dns, domain):
            raise batch.BadLineError(f"{domain} has a key at any name: give the selector that signs")
        found = await probe(world.dns, domain, usual_selectors())
        return tuple(one for one in found if not one.absent)

    if target == "-":

        async def answer(world: World, row: batch.Row) -> batch.Row:
            domain, selector = batch.text_of(row, "domain"), batch.text_of(row, "selector", needed=False)
            found = await look(world, domain, (selector,) if selector else selectors)
            return {"domain": domain, "keys": [_key(one) for one in found]}

        return batch.run(said, private, answer, bare="domain")
    try:
        found: tuple[Found, ...] = _once(said, private, lambda world: look(world, target, selectors))
    except batch.BadLineError as error:
        raise click.UsageError(str(error)) from None
    if kind == "json":
        click.echo(json.dumps({"domain": target, "keys": [_key(one) for one in found]}, ensure_ascii=True))
    else:
        from .mail_text import dkim_lines

        _print(said, dkim_lines(target, found, said.ink()))
    broken = any(
        one.failure is not None or one.absent or one.several or not (one.key and one.key.usable) for one in found
    )
    return Exit.FOUND if broken else Exit.FINE


def _key(one: Found) -> batch.Row:
    """A selector's key; `state`: good, weak, unusable, revoked, several, absent, unknown."""
    key = one.key
    row: batch.Row = {
        "selector": one.selector,
        "name": one.name,
        "state": _state(one),
        "type": key.kind if key else None,
        "bits": key.bits if key else None,
        "problems": [
            {"flaw": problem.flaw, "words": problem.words, "start": problem.start, "end": problem.end}
            for problem in key.problems
        ]
        if key
        else [],
        "service": one.service.name if one.service else None,
        "record": key.raw if key else None,
    }
    if one.failure is not None:
        row["error"] = str(one.failure)
    return row


def _state(one: Found) -> str:
    if one.failure is not None:
        return "unknown"
    if one.several:
        return "several"
    if one.key is None:
        return "absent"
    if one.key.revoked:
        return "revoked"
    if not one.key.usable:
        return "unusable"
    return "weak" if one.key.has("short") or one.key.testing else "good"


# -- messages --------------------------------------------------------------------------------------------------------


@click.command("message")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@_looking
def look_at_message(said: Common, files: tuple[str, ...], kind: str, private: tuple[str, ...]) -> int:
    """A received mail in its raw form: SPF, DKIM and DMARC as the receiver saw them, alignment, links, one-click, text
    part.

    FILE is what "Show original" or "View message source" saves; `-` reads one message from stdin, or JSON lines such as
    {"file": "mail.eml"} or {"message": "From: ..."}. No link is opened. Exit code 1: it is not authenticated, or could
    not be judged.
    """
    from ..mail.auth.message import read

    if files == ("-",):
        raw = sys.stdin.buffer.read()
        if _is_lines(raw):
            return _message_lines(said, private, raw)
        sources = [("-", raw)]
    else:
        sources = [(name, _file(name)) for name in files]

    async def look(world: World) -> list[Letter | str]:
        found: list[Letter | str] = []
        for _, raw in sources:
            try:
                found.append(await read(world.dns, raw))
            except ValueError as error:
                found.append(str(error))
        return found

    letters: list[Letter | str] = _once(said, private, look)
    bad = False
    for (name, _), letter in zip(sources, letters, strict=True):
        bad = bad or isinstance(letter, str) or letter.dmarc_result != "pass"
        if kind == "json":
            click.echo(
                json.dumps(
                    {"file": name, **(_letter(letter) if not isinstance(letter, str) else {"error": letter})},
                    ensure_ascii=True,
                )
            )
            continue
        if isinstance(letter, str):
            note(f"{name}: {letter}")
            continue
        from .mail_text import letter_lines

        if len(sources) > 1:
            click.echo(said.ink().fit(name, 0))
        _print(said, letter_lines(letter, said.ink()))
    return Exit.FOUND if bad else Exit.FINE


def _message_lines(said: Common, private: tuple[str, ...], raw: bytes) -> int:
    from ..mail.auth.message import read

    async def answer(world: World, row: batch.Row) -> batch.Row:
        if "file" in row:
            return {
                "file": row["file"],
                **_letter(await read(world.dns, await asyncio.to_thread(_file, batch.text_of(row, "file")))),
            }
        return _letter(await read(world.dns, batch.text_of(row, "message").encode("utf-8", "surrogateescape")))

    return batch.run(said, private, answer, lines=raw.decode("utf-8", "replace").split("\n"))


def _is_lines(raw: bytes) -> bool:
    """JSON lines rather than a message: it begins with no header field, and somewhere a line begins with a brace."""
    if _FIELD.match(raw.lstrip()):
        return False
    return any(line.lstrip().startswith(b"{") for line in raw.split(b"\n"))


_FIELD = re.compile(rb"[A-Za-z0-9-]+[ \t]*:|>?From ")


def _file(name: str) -> bytes:
    from pathlib import Path

    from ..mail.auth.message import LARGEST

    try:
        with Path(name).open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise click.UsageError(f"{name}: {error.strerror or error}") from None


def _letter(letter: Letter) -> batch.Row:
    """A message as JSON: what the receiver saw first, then what was worked out here."""
    import msgspec

    made: batch.Row = msgspec.to_builtins(letter)
    verdicts = letter.verdicts
    return {
        "from": letter.from_address,
        "receiver": verdicts.authserv_id if verdicts else None,
        "spf": letter.spf or None,
        "dkim": letter.dkim,
        "dmarc": letter.dmarc_result,
        "alignment": made["alignment"],
        "policy": letter.dmarc.policy if letter.dmarc else None,
        "results": made["verdicts"]["results"] if verdicts else [],
        "signatures": made["signatures"],
        "links": made["links"],
        "one_click": made["one_click"],
        "text_part": letter.has_text,
        "html_part": letter.has_html,
        "encrypted": letter.encrypted,
        "folder": letter.folder or None,
        "seconds": letter.seconds,
        "subject": letter.subject,
        "message_id": letter.message_id,
        "problems": list(letter.problems),
    }
