"""One DNS question on the wire (RFC 1035, RFC 6891): UDP with EDNS, TCP when cut, several servers, and what the answer
says.

Ids are random, each question has a socket and port of its own, and only an answer from the asked server to this very
question counts.
"""

from __future__ import annotations

import asyncio
import struct
import time
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..failure import Failure
from ..hostnames import to_ascii
from .connect import VIA, split_host_port
from .doors import Door, Doors
from .errors import failure_of
from .policy import is_address
from .reading import Heard, Status, complaint, join_addresses, not_recursing, read
from .slots import Slots, first

if TYPE_CHECKING:
    import dns.message

IN_FLIGHT = 16
"""Questions on the wire at a time, for the whole process: more would stall the screen (13 ms at 16, 86 ms without a
cap)."""
PAYLOAD = 1232
"""EDNS buffer: what fits any path unfragmented (DNS flag day 2020)."""
TRY_S = 0.9
TCP_TRY_S = 2.0
LIFETIME_S = 3.5
TRANSFER_MESSAGES = 4
"""So much of a zone proves that all of it is given away."""
_JUNK = 24
"""So many datagrams that are not the answer end a try."""

_slots: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Slots] = weakref.WeakKeyDictionary()


def _slot() -> Slots:
    loop = asyncio.get_running_loop()
    return _slots.setdefault(loop, Slots(IN_FLIGHT))


@dataclass(frozen=True)
class _Server:
    address: str
    port: int
    door: Door

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


class Resolver:
    """Asks the run's resolvers, or one server directly. Every outcome is a Heard or a Failure; nothing is remembered
    here."""

    def __init__(self, wire: Doors) -> None:
        self.wire = wire
        self._servers: tuple[_Server, ...] | Failure | None = None

    async def ask(self, name: str, rdtype: str, *, unchecked: bool = False) -> Heard | Failure:
        """The run's resolvers in turn until one answers, within 3.5 s. A server that answers badly is not asked again.

        `unchecked` asks for signatures too, and for an answer even where they are wrong (RFC 4035 section 3.2.2).
        """
        servers = self._resolvers()
        if isinstance(servers, Failure):
            return servers
        async with (
            _slot().hold()
        ):  # around the making of the question too: five hundred made at once would hold the loop
            query = _query(name, rdtype, recursion=True, signatures=unchecked)
            return query if isinstance(query, Failure) else await self._ask(servers, query)

    async def _ask(self, servers: tuple[_Server, ...], query: dns.message.QueryMessage) -> Heard | Failure:
        ends = time.monotonic() + LIFETIME_S
        left = list(servers)
        answered: Failure | None = None
        silent: Failure | None = None
        while left and time.monotonic() < ends:
            for server in tuple(left):
                heard = await self._exchange(server, query, time_left=ends - time.monotonic())
                if isinstance(heard, Heard):
                    bad = complaint(heard) or not_recursing(heard)
                    if bad is None:
                        return heard
                    heard = bad
                if heard.kind == "timeout":
                    silent = heard
                else:
                    answered = answered or heard
                    left.remove(server)
                if time.monotonic() >= ends:
                    break
        return answered or silent or Failure(kind="timeout", target=query.question[0].name.to_text())

    async def ask_at(self, server: str, name: str, rdtype: str, *, tcp: bool = False) -> Heard | Failure:
        """One server, without recursion. The address policy and the connect map hold for it."""
        found = self._direct(server)
        if isinstance(found, Failure):
            return found
        async with _slot().hold():
            query = _query(name, rdtype, recursion=False)
            if isinstance(query, Failure):
                return query
            heard = await self._exchange(found, query, time_left=LIFETIME_S, tcp=tcp)
            if isinstance(heard, Failure) and heard.kind == "timeout" and not tcp:
                heard = await self._exchange(found, query, time_left=LIFETIME_S)
        if isinstance(heard, Heard):
            return complaint(heard) or heard
        return heard

    async def transfer(self, server: str, zone: str) -> list[dns.message.Message] | Failure:
        """Asks one server for a whole zone (AXFR, RFC 5936) over TCP and reads the first messages of the answer, no
        more.

        `refused` is the right answer of a public name server; the messages are what it gave away.
        """
        found = self._direct(server)
        if isinstance(found, Failure):
            return found
        async with _slot().hold():
            query = _query(zone, "AXFR", recursion=False)
            return query if isinstance(query, Failure) else await self._transfer(found, query)

    async def _transfer(self, server: _Server, query: dns.message.QueryMessage) -> list[dns.message.Message] | Failure:
        self.wire.counts.dns_queries += 1
        read: list[dns.message.Message] = []
        try:
            async with asyncio.timeout(LIFETIME_S):
                opened = await self.wire.open_door(server.door, str(server))
                if isinstance(opened, Failure):
                    return opened
                try:
                    wire = query.to_wire()
                    opened.writer.write(struct.pack("!H", len(wire)) + wire)
                    while len(read) < TRANSFER_MESSAGES and not _ended(read):
                        (size,) = struct.unpack("!H", await opened.reader.readexactly(2))
                        message = _parse_transfer(await opened.reader.readexactly(size), query)
                        bad = complaint(Heard(message, str(server), server.door.via, True, 0))
                        if bad is not None:
                            return bad
                        read.append(message)
                finally:
                    opened.close()
        except TimeoutError:
            return read or Failure(kind="timeout", detail=f"no zone within {LIFETIME_S:g} s", target=str(server))
        except EOFError:
            # Closing the connection is how some servers say no.
            return read or Failure(
                kind="refused", detail="the connection was closed without an answer", target=str(server)
            )
        except OSError as error:
            return failure_of(error, str(server))
        except ValueError as error:
            return Failure(kind="protocol", detail=str(error), target=str(server))
        return read

    async def addresses(self, host: str) -> tuple[str, ...] | Failure:
        """A and AAAA of a host asked together, IPv4 first."""
        with first():
            four, six = await asyncio.gather(self._records(host, "A"), self._records(host, "AAAA"))
        return join_addresses(host, four, six)

    async def _records(self, host: str, rdtype: str) -> tuple[Status, tuple[str, ...]] | Failure:
        heard = await self.ask(host, rdtype)
        if isinstance(heard, Failure):
            return heard
        reading = read(heard)
        if isinstance(reading, Failure):
            return reading
        return reading.status, tuple(rdata.to_text() for rdata in reading.rrset or ())

    def _resolvers(self) -> tuple[_Server, ...] | Failure:
        if self._servers is None:
            self._servers = self._find_resolvers()
        return self._servers

    def _find_resolvers(self) -> tuple[_Server, ...] | Failure:
        declared = self.wire.reach.nameservers
        texts = declared or system_nameservers()
        servers: list[_Server] = []
        refused: Failure | None = None
        for text in texts[:3]:
            try:
                address, port = split_host_port(text)
            except ValueError as problem:
                return Failure(kind="unreachable", detail=str(problem), target=text)
            if not is_address(address):
                return Failure(kind="unreachable", detail="write a name server as ADDRESS or ADDRESS:PORT", target=text)
            target = self.wire.reach.connect.target(address, port or 53, address)
            if target is not None and target.named:
                servers.append(_Server(address, port or 53, Door(address, (target.address, target.port), VIA)))
            elif declared or not self.wire.reach.refuse_unmapped:
                # Resolvers usually live on this machine or in the local network: whoever runs us chose them.
                servers.append(_Server(address, port or 53, Door(address, (address, port or 53))))
            else:
                self.wire.counts.refused_unmapped += 1
                refused = Failure(kind="unmapped", target=text)
        if servers:
            return tuple(servers)
        return refused or Failure(kind="unreachable", detail="no name server is configured on this machine")

    def _direct(self, server: str) -> _Server | Failure:
        try:
            address, port = split_host_port(server)
        except ValueError as problem:
            return Failure(kind="protocol", detail=str(problem), target=server)
        if not is_address(address):
            return Failure(kind="protocol", detail="name servers need an IP address", target=server)
        door = self.wire.door(address, port or 53, address)
        return door if isinstance(door, Failure) else _Server(address, port or 53, door)

    async def _exchange(
        self, server: _Server, query: dns.message.QueryMessage, *, time_left: float, tcp: bool = False
    ) -> Heard | Failure:
        """One try at one server: cut answers again over TCP, and without EDNS where the server cannot bear it (RFC
        6891 section 7)."""
        started = time.perf_counter()
        heard = await (self._tcp if tcp else self._udp)(server, query, min(TCP_TRY_S if tcp else TRY_S, time_left))
        if isinstance(heard, Failure):
            return heard
        import dns.flags
        import dns.rcode

        if heard.rcode() == dns.rcode.FORMERR and query.edns >= 0:
            plain = _plain(query)
            heard = await (self._tcp if tcp else self._udp)(server, plain, TRY_S)
            if isinstance(heard, Failure):
                return heard
        if heard.flags & dns.flags.TC and not tcp:
            whole = await self._tcp(server, query, TCP_TRY_S)
            if isinstance(whole, Failure):
                return Failure(
                    kind=whole.kind, detail=f"truncated over UDP; over TCP: {whole.detail}", target=str(server)
                )
            heard, tcp = whole, True
        if heard.flags & dns.flags.TC:
            return Failure(kind="protocol", detail="truncated even over TCP", target=str(server))
        spent = (time.perf_counter() - started) * 1000
        return Heard(heard, str(server), server.door.via, tcp, spent)

    async def _udp(
        self, server: _Server, query: dns.message.QueryMessage, seconds: float
    ) -> dns.message.Message | Failure:
        loop = asyncio.get_running_loop()
        self.wire.counts.dns_queries += 1
        listener = _Listener(query, loop.create_future())
        transport: asyncio.DatagramTransport | None = None
        try:
            async with asyncio.timeout(max(seconds, 0.05)):
                transport, _ = await loop.create_datagram_endpoint(lambda: listener, remote_addr=server.door.to)
                transport.sendto(query.to_wire())
                return await listener.answer
        except TimeoutError:
            kind: Literal["protocol", "timeout"] = "protocol" if listener.problem else "timeout"
            return Failure(
                kind=kind, detail=listener.problem or f"no answer within {seconds:.1f} s", target=str(server)
            )
        except OSError as error:
            return failure_of(error, str(server))
        except ValueError as error:
            return Failure(kind="protocol", detail=str(error), target=str(server))
        finally:
            if transport is not None:
                transport.abort()

    async def _tcp(
        self, server: _Server, query: dns.message.QueryMessage, seconds: float
    ) -> dns.message.Message | Failure:
        self.wire.counts.dns_queries += 1
        try:
            async with asyncio.timeout(max(seconds, 0.05)):
                opened = await self.wire.open_door(server.door, str(server))
                if isinstance(opened, Failure):
                    return opened
                try:
                    wire = query.to_wire()
                    opened.writer.write(struct.pack("!H", len(wire)) + wire)
                    (size,) = struct.unpack("!H", await opened.reader.readexactly(2))
                    return _parse(await opened.reader.readexactly(size), query)
                finally:
                    opened.close()
        except TimeoutError:
            return Failure(kind="timeout", detail=f"no answer over TCP within {seconds:.1f} s", target=str(server))
        except (OSError, EOFError) as error:
            return failure_of(error, str(server))
        except ValueError as error:
            return Failure(kind="protocol", detail=str(error), target=str(server))


class _Listener(asyncio.DatagramProtocol):
    """Waits for the one datagram that answers the query; anything else is remembered as a problem and waited past."""

    def __init__(self, query: dns.message.QueryMessage, answer: asyncio.Future[dns.message.Message]) -> None:
        self.query = query
        self.answer = answer
        self.problem = ""
        self._junk = 0

    def datagram_received(self, data: bytes, addr: object) -> None:
        if self.answer.done():
            return
        try:
            self.answer.set_result(_parse(data, self.query))
        except ValueError as problem:
            self.problem = str(problem)
            self._junk += 1
            if self._junk >= _JUNK:
                self.answer.set_exception(problem)

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)


def _parse(data: bytes, query: dns.message.QueryMessage) -> dns.message.Message:
    """Raises ValueError for what is no DNS message, or not the answer to this query."""
    import dns.message

    if data[:2] != struct.pack("!H", query.id):
        raise ValueError("an answer with a wrong id")
    try:
        message = dns.message.from_wire(data, ignore_trailing=True)
    except Exception as problem:  # noqa: BLE001 - whatever a parser raises on foreign octets, it means: not a DNS message
        raise ValueError(f"not a DNS message ({type(problem).__name__})") from None
    if not query.is_response(message):
        raise ValueError("an answer to a different question")
    return message


def _parse_transfer(data: bytes, query: dns.message.QueryMessage) -> dns.message.Message:
    """One message of a transfer; from the second on they need not repeat the question. Raises ValueError."""
    import dns.message

    if data[:2] != struct.pack("!H", query.id):
        raise ValueError("an answer with a wrong id")
    try:
        return dns.message.from_wire(data, ignore_trailing=True, one_rr_per_rrset=True)
    except Exception as problem:  # noqa: BLE001 - as above
        raise ValueError(f"not a DNS message ({type(problem).__name__})") from None


def _ended(read: list[dns.message.Message]) -> bool:
    """A transfer begins and ends with the zone's SOA; an answer without any record has nothing to come."""
    import dns.rdatatype

    if not read:
        return False
    soas = sum(rrset.rdtype == dns.rdatatype.SOA for message in read for rrset in message.answer)
    return soas >= 2 or not read[-1].answer


def _query(name: str, rdtype: str, *, recursion: bool, signatures: bool = False) -> dns.message.QueryMessage | Failure:
    import dns.exception
    import dns.flags
    import dns.message
    import dns.name
    import dns.rdatatype

    try:
        query = dns.message.make_query(
            dns.name.from_text(name if name.isascii() else to_ascii(name)),
            dns.rdatatype.from_text(rdtype),
            use_edns=0,
            payload=PAYLOAD,
            want_dnssec=signatures,
        )
        query.to_wire()
    except (dns.exception.DNSException, ValueError) as problem:
        return Failure(kind="protocol", detail=f"not a question that DNS can carry: {problem}", target=name)
    query.flags = (query.flags | dns.flags.AD) if recursion else (query.flags & ~dns.flags.RD)
    if signatures:
        query.flags |= dns.flags.CD
    return query


def _plain(query: dns.message.QueryMessage) -> dns.message.QueryMessage:
    import dns.message

    plain = dns.message.make_query(query.question[0].name, query.question[0].rdtype, use_edns=False)
    plain.flags = query.flags
    return plain


def system_nameservers() -> tuple[str, ...]:
    """The machine's resolvers, as its own settings name them; empty where there are none."""
    import dns.exception
    import dns.resolver

    try:
        return tuple(str(server) for server in dns.resolver.Resolver().nameservers)
    except (dns.exception.DNSException, OSError):
        return ()
