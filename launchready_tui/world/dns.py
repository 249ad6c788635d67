"""DNS as one run sees it: every question asked once, answers in presentation form."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from ..clock import Clock
from ..failure import Failure
from ..wire import Wire
from ..wire.connect import VIA
from ..wire.question import Resolver
from ..wire.reading import Heard, join_addresses, plain_name, read
from ..wire.slots import first
from .memory import Observer
from .sights import DnsAnswer, Signing, ZoneCopy

if TYPE_CHECKING:
    import dns.rdata

# Types whose text is made of names and numbers only: lower case, and no dot at the end of a name.
_NAMES = frozenset({"NS", "CNAME", "DNAME", "PTR", "MX", "SOA", "SRV", "AFSDB", "RP", "NSEC"})
_NO = ("NOTAUTH", "NOTIMP", "FORMERR")
_NAMES_SHOWN = 40
_DIGITS = re.compile(r"[0-9]{1,11}")
_TARGET_SECOND = frozenset({"HTTPS", "SVCB"})


class Dns(Observer):
    """Answers and typed failures. A failed look-up is never an empty answer."""

    def __init__(self, wire: Wire, clock: Clock) -> None:
        self._wire = wire
        self._resolver = Resolver(wire)
        super().__init__()
        self._clock = clock

    async def ask(self, name: str, rdtype: str) -> DnsAnswer | Failure:
        """Asks the run's resolvers. Ends within 3.5 s."""
        key = (name.rstrip(".").lower() or ".", rdtype.upper())
        return await self._memory.once(("ask", *key), lambda: self._ask(*key))

    async def ask_at(self, server: str, name: str, rdtype: str, *, tcp: bool = False) -> DnsAnswer | Failure:
        """Asks one server (ADDRESS[:PORT]) directly, without recursion: what a zone's own servers say, resolvers'
        caches left out."""
        key = (name.rstrip(".").lower() or ".", rdtype.upper())
        return await self._memory.once(("at", server, tcp, *key), lambda: self._ask_at(server, *key, tcp=tcp))

    async def addresses(self, host: str) -> tuple[str, ...] | Failure:
        """A and AAAA together, IPv4 first. `no-such-name` and `no-address` where there is none, and never for a failed
        look-up."""
        with first():
            four, six = await asyncio.gather(self.ask(host, "A"), self.ask(host, "AAAA"))
        return join_addresses(host, _half(four), _half(six))

    async def transfer(self, server: str, zone: str) -> ZoneCopy | Failure:
        """Asks one server (ADDRESS) for the whole zone. A refusal is an answer, not a failure. Needs a permission:
        look for it first."""
        key = (server, zone.rstrip(".").lower())
        return await self._memory.once(("transfer", *key), lambda: self._transfer(*key))

    async def signing(self, zone: str) -> Signing | Failure:
        """How the zone is signed: DS, DNSKEY and SOA asked with their signatures, past the resolver's own judgement."""
        key = zone.rstrip(".").lower()
        return await self._memory.once(("signing", key), lambda: self._signing(key))

    async def _transfer(self, server: str, zone: str) -> ZoneCopy | Failure:
        at = self._clock.now()
        read_ = await self._resolver.transfer(server, zone)
        via = VIA if self._wire.reach.connect.find(server, 53, server) else ""
        if isinstance(read_, Failure):
            # A server that says no, in whatever words of the protocol (RFC 5936 section 2.2.1), keeps its zone.
            if read_.kind in ("refused", "servfail", "reset") or (
                read_.kind == "protocol" and read_.detail.startswith(_NO)
            ):
                return ZoneCopy(zone=zone, server=server, given=False, at=at, via=via)
            return read_
        rows = [rrset for message in read_ for rrset in message.answer]
        names = tuple(dict.fromkeys(plain_name(rrset.name) for rrset in rows))
        return ZoneCopy(
            zone=zone, server=server, given=len(rows) > 1, records=len(rows), names=names[:_NAMES_SHOWN], at=at, via=via
        )

    async def _signing(self, zone: str) -> Signing | Failure:
        from .dnssec import judge

        heard = await asyncio.gather(
            *(self._resolver.ask(zone, rdtype, unchecked=True) for rdtype in ("DS", "DNSKEY", "SOA"))
        )
        at = self._clock.now()
        answers: list[Heard] = []
        for one in heard:
            if isinstance(one, Failure):
                return one
            answers.append(one)
        return judge(zone, *answers, at=at)

    async def _ask(self, name: str, rdtype: str) -> DnsAnswer | Failure:
        return self._sight(await self._resolver.ask(name, rdtype), name, rdtype)

    async def _ask_at(self, server: str, name: str, rdtype: str, *, tcp: bool) -> DnsAnswer | Failure:
        return self._sight(await self._resolver.ask_at(server, name, rdtype, tcp=tcp), name, rdtype)

    def _sight(self, heard: Heard | Failure, name: str, rdtype: str) -> DnsAnswer | Failure:
        if isinstance(heard, Failure):
            return heard
        import dns.flags

        reading = read(heard)
        if isinstance(reading, Failure):
            return reading
        flags = heard.message.flags
        # Servers turn their records round from answer to answer; what we show and try keeps one order.
        rows = sorted(reading.rrset or (), key=lambda rdata: _by_number(shown(rdata, rdtype)))
        return DnsAnswer(
            name=name,
            rdtype=rdtype,
            status=reading.status,
            records=tuple(shown(rdata, rdtype) for rdata in rows),
            texts=tuple(joined(rdata) for rdata in rows) if rdtype == "TXT" else (),
            ttl=reading.ttl,
            canonical=reading.canonical,
            server=heard.server,
            authoritative=bool(flags & dns.flags.AA),
            authenticated=bool(flags & dns.flags.AD),
            referral=reading.referral,
            duration_ms=round(heard.ms, 3),
            at=self._clock.now(),
            via=heard.via,
        )


def _half(answer: DnsAnswer | Failure) -> tuple[str, tuple[str, ...]] | Failure:
    return answer if isinstance(answer, Failure) else (answer.status, answer.records)


def shown(rdata: dns.rdata.Rdata, rdtype: str) -> str:
    """A record in presentation form, names absolute, lower case and without the last dot."""
    if rdtype in ("NS", "CNAME", "DNAME", "PTR"):
        named: Any = rdata
        return plain_name(named.target)
    text = rdata.to_text()
    if rdtype in _NAMES:
        return " ".join(_bare(part) for part in text.lower().split(" "))
    if rdtype in _TARGET_SECOND:
        parts = text.split(" ")
        parts[1:2] = [_bare(part.lower()) for part in parts[1:2]]
        return " ".join(parts)
    return text


def _by_number(text: str) -> list[tuple[int, int, str]]:
    """Sorts `9 mx` before `10 mx`, and 203.0.113.9 before 203.0.113.10."""
    return [(0, int(part), "") if _DIGITS.fullmatch(part) else (1, 0, part) for part in re.split(r"[ .]", text)]


def _bare(part: str) -> str:
    return part if part == "." else part.removesuffix(".")


def joined(rdata: Any) -> str:
    """A TXT record's strings put together without a blank (RFC 7208 section 3.3), as UTF-8 or else Latin-1."""
    raw = b"".join(rdata.strings)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
