"""Looks of `launchready inspect` at mail: what a receiver would make of a sender, a domain, a key or a message."""

from __future__ import annotations

import asyncio
import re
import sys
from typing import TYPE_CHECKING, NamedTuple

import click

from . import batch
from .looks import Given, Stdin

if TYPE_CHECKING:
    from ..mail.auth.dkim_lookup import Found
    from ..mail.auth.dmarc import Discovery
    from ..mail.auth.message import Letter
    from ..mail.auth.spf import Outcome
    from ..world import World

# -- SPF -------------------------------------------------------------------------------------------------------------


async def spf(world: World, *, ip: str, sender: str, helo: str) -> Outcome:
    """Show whether an address may send for a domain, and why (check_host of RFC 7208).

    `-` reads JSON lines from stdin, such as {"ip": "192.0.2.1", "sender": "a@example.com", "helo": "mx.example.com"}.
    Exit code 1: the result is fail, permerror or temperror (of lines: one is not valid).
    """
    from ..mail.auth.spf import check_host

    return await check_host(world.dns, ip, sender, helo)


def spf_asked(given: Given) -> list[tuple[str, Given]] | Stdin:
    """One sender. Raises UsageError where it is not whole."""
    from ..mail.auth.spf import parse_ip

    target, ip, sender, helo = given["target"], given["ip"], given["sender"], given["helo"]
    if target == "-":
        return Stdin()
    if target is not None:
        raise click.UsageError(f"{target!r}: give --ip and --sender, or - to read JSON lines from stdin")
    if ip is None or (sender is None and not helo):
        raise click.UsageError("--ip and --sender are needed, such as --ip 192.0.2.1 --sender a@example.com")
    try:
        parse_ip(ip)
    except ValueError as error:
        raise click.UsageError(f"--ip: {error}") from None
    return [(ip, {"ip": ip, "sender": sender or "", "helo": helo})]


def spf_wrong(outcome: Outcome) -> bool:
    """Whether the address may not send, or that could not be checked. A softfail or no record forbids nothing."""
    return outcome.result in ("fail", "permerror", "temperror")


async def spf_line(world: World, row: batch.Row, given: Given) -> batch.Row:
    """The five keys that every answer to a line has."""
    ip, helo = batch.text_of(row, "ip"), batch.text_of(row, "helo", needed=False)
    if "sender" not in row and not helo:
        raise batch.BadLineError("sender is missing")
    return _verdict(await spf(world, ip=ip, sender=batch.text_of(row, "sender", needed=False), helo=helo))


def spf_row(ip: str, outcome: Outcome) -> batch.Row:
    """The five keys, then all else that is known."""
    import msgspec

    verdict = _verdict(outcome)
    return {**verdict, **{key: value for key, value in msgspec.to_builtins(outcome).items() if key not in verdict}}


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


async def dmarc(world: World, *, domain: str) -> Discovery:
    """Show the DMARC policy of a domain and the record it comes from (RFC 9989).

    `-` reads JSON lines from stdin, such as {"domain": "a.example.com"}.
    """
    from ..mail.auth.dmarc import discover

    return await discover(world.dns, domain)


def domain_asked(given: Given) -> list[tuple[str, Given]] | Stdin:
    """One domain, with the options beside it."""
    target = given["target"]
    more = {name: value for name, value in given.items() if name != "target"}
    return Stdin() if target == "-" else [(target, {"domain": target, **more})]


async def dmarc_line(world: World, row: batch.Row, given: Given) -> batch.Row:
    """A line of standard input, answered as one JSON row."""
    return _policy(await dmarc(world, domain=batch.text_of(row, "domain")))


def dmarc_row(domain: str, found: Discovery) -> batch.Row:
    """The policy, and where it comes from."""
    return _policy(found)


def dmarc_wrong(found: Discovery) -> bool:
    """Whether it could not be looked up."""
    return found.failure is not None


def _policy(found: Discovery) -> batch.Row:
    from ..mail.auth.ask import is_name
    from ..mail.auth.dmarc import unseen_before
    from ..world import registrable

    row: batch.Row = {
        "domain": found.domain,
        "policy": found.policy,
        "record_domain": found.record_domain,
        "organizational_domain": found.organizational_domain,
        "effective": found.effective,
        "tag": found.tag or None,
        "record": found.record or None,
        "seen_by_older_receivers": not unseen_before(found, registrable(found.domain)) if found.record_domain else None,
    }
    if found.problem:
        row["problem"] = found.problem
    if found.failure is not None or not is_name(found.domain):
        row["error"] = str(found.failure or found.problem)
    return row


# -- DKIM ------------------------------------------------------------------------------------------------------------


class Keys(NamedTuple):
    """What was found at the selectors of a domain."""

    domain: str
    found: tuple[Found, ...]


async def dkim(world: World, *, domain: str, selectors: tuple[str, ...]) -> Keys:
    """Show the DKIM keys of a domain, and what is wrong with each.

    `-` reads JSON lines from stdin, such as {"domain": "example.com", "selector": "s1"}; without a selector the usual
    ones are tried.
    """
    from ..mail.auth.dkim_lookup import answers_anything, probe
    from ..mail.auth.senders import usual_selectors

    if selectors:
        return Keys(domain, await probe(world.dns, domain, selectors))
    if await answers_anything(world.dns, domain):
        raise batch.BadLineError(f"{domain} returns a key for any name: give the selector with --selector")
    found = await probe(world.dns, domain, usual_selectors())
    return Keys(domain, tuple(one for one in found if not one.absent))


async def dkim_line(world: World, row: batch.Row, given: Given) -> batch.Row:
    """As `dkim_row`; a line's own selector goes before those of the command line."""
    domain, selector = batch.text_of(row, "domain"), batch.text_of(row, "selector", needed=False)
    return dkim_row(domain, await dkim(world, domain=domain, selectors=(selector,) if selector else given["selectors"]))


def dkim_row(domain: str, keys: Keys) -> batch.Row:
    """The domain, and a row a key."""
    return {"domain": domain, "keys": [_key(one) for one in keys.found]}


def dkim_wrong(keys: Keys) -> bool:
    """Whether a key is missing, could not be seen, or is of no use."""
    return any(
        one.failure is not None or one.absent or one.several or not (one.key and one.key.usable) for one in keys.found
    )


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


async def message(world: World, *, raw: bytes) -> Letter | str:
    """Judge a received mail from its source.

    Shows SPF, DKIM and DMARC as the receiver saw them, alignment, links, one-click unsubscribe and text part.

    FILE is what "Show original" or "View message source" saves; `-` reads one message from stdin, or JSON lines such as
    {"file": "mail.eml"} or {"message": "From: ..."}. No link is opened. Exit code 1: it is not authenticated, or could
    not be judged.
    """
    from ..mail.auth.message import read

    try:
        return await read(world.dns, raw, now=world.clock.now().timestamp())
    except ValueError as error:
        return str(error)


def message_asked(given: Given) -> list[tuple[str, Given]] | Stdin:
    """Each file, or the one message on standard input. Raises UsageError for a file that cannot be read."""
    files = given["files"]
    if files != ("-",):
        return [(name, {"raw": _file(name)}) for name in files]
    raw = sys.stdin.buffer.read()
    return Stdin(raw.decode("utf-8", "replace").split("\n")) if _is_lines(raw) else [("-", {"raw": raw})]


async def message_line(world: World, row: batch.Row, given: Given) -> batch.Row:
    """A message by its file or as it stands in the line. Raises ValueError."""
    name = batch.text_of(row, "file", needed=False)
    if name:
        letter = await message(world, raw=await asyncio.to_thread(_file, name))
    else:
        letter = await message(world, raw=batch.text_of(row, "message").encode("utf-8", "surrogateescape"))
    if isinstance(letter, str):
        raise batch.BadLineError(letter)
    return {**({"file": name} if name else {}), **_letter(letter)}


def message_row(name: str, letter: Letter | str) -> batch.Row:
    """The file's name, and the message or why it could not be judged."""
    return {"file": name, **(_letter(letter) if not isinstance(letter, str) else {"error": letter})}


def message_wrong(letter: Letter) -> bool:
    """Whether it is not authenticated."""
    return letter.dmarc_result != "pass"


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
        "arc": made["arc"],
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
