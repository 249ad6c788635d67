"""Block lists over DNS (RFC 5782): listed, not listed, and "does not really answer" told apart. The lists are in
`blocklists.toml`."""

from __future__ import annotations

import asyncio
import functools
import ipaddress
from collections.abc import Iterable
from importlib import resources
from typing import Literal

import msgspec

from ...failure import Failure
from ...world.sights import DnsAnswer
from .ask import Ask


class BlockList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One list; the fields are explained in the data file."""

    name: str
    zone: str
    of: Literal["address", "domain"]
    proof: str
    remove: str
    refused: dict[str, str] = {}


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What one list says of one target. `failure`: it did not answer, or not in earnest; then `listed` says nothing."""

    list: BlockList
    target: str
    listed: bool = False
    codes: tuple[str, ...] = ()
    reason: str = ""
    failure: Failure | None = None
    answer: DnsAnswer | None = None


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    list: tuple[BlockList, ...]


@functools.cache
def lists() -> tuple[BlockList, ...]:
    """The data file, read once."""
    import tomllib

    return msgspec.convert(
        tomllib.loads((resources.files(__package__) / "blocklists.toml").read_text("utf-8")), _Table
    ).list


def question(row: BlockList, target: str) -> str:
    """The name to ask for: an address turned round (section 2.1, nibbles for IPv6), a domain as it is."""
    if row.of == "domain":
        return f"{target.lower().rstrip('.')}.{row.zone}"
    turned = ipaddress.ip_address(target).reverse_pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")
    return f"{turned}.{row.zone}"


async def works(ask: Ask, row: BlockList) -> Failure | None:
    """Whether a list answers in earnest: it lists its proof and does not list what is never listed. Else why not."""
    never = "1.0.0.127" if row.of == "address" else "invalid"
    proof, other = await asyncio.gather(ask.ask(f"{row.proof}.{row.zone}", "A"), ask.ask(f"{never}.{row.zone}", "A"))
    for answer in (proof, other):
        if isinstance(answer, Failure):
            return answer
    assert isinstance(proof, DnsAnswer) and isinstance(other, DnsAnswer)
    why = _refused(row, proof.records)
    if why:
        return Failure(kind="rate-limited" if "too many" in why else "refused", detail=why, target=row.zone)
    if not proof.found:
        why = "it does not list its own test entry: it refuses queries from this resolver"
    elif other.found and not _refused(row, other.records):
        why = "it lists everything: it was shut down, or the resolver forges answers"
    return Failure(kind="unavailable", detail=why, target=row.zone) if why else None


def _refused(row: BlockList, records: Iterable[str]) -> str:
    return next((row.refused[record] for record in records if record in row.refused), "")


async def look_up(ask: Ask, row: BlockList, target: str) -> Listing:
    """One target on one list. Only answers in 127.0.0.0/8 are listings (section 2.1)."""
    answer = await ask.ask(question(row, target), "A")
    if isinstance(answer, Failure):
        return Listing(list=row, target=target, failure=answer)
    why = _refused(row, answer.records)
    if why:
        kind: Literal["rate-limited", "refused"] = "rate-limited" if "too many" in why else "refused"
        return Listing(list=row, target=target, failure=Failure(kind=kind, detail=why, target=row.zone), answer=answer)
    codes = tuple(record for record in answer.records if record.startswith("127."))
    if answer.found and not codes:
        wrong = Failure(
            kind="unavailable", detail=f"it answers {answer.records[0]}, which is not a listing", target=row.zone
        )
        return Listing(list=row, target=target, failure=wrong, answer=answer)
    reason = ""
    if codes:
        said = await ask.ask(question(row, target), "TXT")
        reason = said.texts[0] if isinstance(said, DnsAnswer) and said.texts else ""
    return Listing(list=row, target=target, listed=bool(codes), codes=codes, reason=reason, answer=answer)
