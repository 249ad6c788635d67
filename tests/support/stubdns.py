"""A name server on 127.0.0.1 that answers as a test tells it, over UDP and TCP on one port."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Answer = bytes | dns.message.Message | list[bytes] | None
Rule = Callable[[dns.message.Message, bool], Answer]


@dataclass
class Asked:
    """One question as it came in."""

    name: str
    rdtype: str
    tcp: bool
    message: dns.message.Message


@dataclass
class Stub:
    """A running name server: `address` is ADDRESS:PORT, `asked` its log."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def note(self, query: dns.message.Message, tcp: bool) -> None:
        question = query.question[0]
        self.asked.append(Asked(question.name.to_text(), dns.rdatatype.to_text(question.rdtype), tcp, query))


def reply(
    query: dns.message.Message,
    *records: str,
    rcode: dns.rcode.Rcode = dns.rcode.NOERROR,
    authority: tuple[str, ...] = (),
    flags: int = dns.flags.RA,
    clear: int = 0,
) -> dns.message.Message:
    """An answer with records as `NAME TTL TYPE DATA` lines."""
    answer = dns.message.make_response(query)
    answer.set_rcode(rcode)
    answer.flags = (answer.flags | flags) & ~clear
    for section, lines in ((answer.answer, records), (answer.authority, authority)):
        for line in lines:
            name, ttl, rdtype, data = line.split(" ", 3)
            one = dns.rrset.from_text(name, int(ttl), "IN", rdtype, data)
            known = next((old for old in section if old.name == one.name and old.rdtype == one.rdtype), None)
            if known is None:
                section.append(one)
            else:
                known.update(one)
    return answer


def zone(records: dict[tuple[str, str], tuple[str, ...]]) -> Rule:
    """Answers `(name, type)` from a table; a name known with other types only is empty, an unknown one does not
    exist."""
    names = {name for name, _ in records}

    def rule(query: dns.message.Message, tcp: bool) -> Answer:
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        found = records.get((name, dns.rdatatype.to_text(question.rdtype)), ())
        soa = ("example.com. 300 SOA ns1.example.com. host.example.com. 1 2 3 4 60",)
        if found:
            return reply(query, *found)
        return reply(query, rcode=dns.rcode.NOERROR if name in names else dns.rcode.NXDOMAIN, authority=soa)

    return rule


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, stub: Stub, rule: Rule) -> None:
        self.stub, self.rule = stub, rule

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        self.stub.note(query, False)
        for wire in wires(self.rule(query, False)):
            self.transport.sendto(wire, addr)  # type: ignore[attr-defined]


def wires(answer: Answer) -> list[bytes]:
    if answer is None:
        return []
    if isinstance(answer, list):
        return answer
    return [answer if isinstance(answer, bytes) else answer.to_wire(max_size=65535)]


@contextlib.asynccontextmanager
async def name_server(rule: Rule, *, tcp: bool = True) -> AsyncIterator[Stub]:
    stub = Stub()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    (size,) = struct.unpack("!H", await reader.readexactly(2))
                    query = dns.message.from_wire(await reader.readexactly(size))
                    stub.note(query, True)
                    for wire in wires(rule(query, True)):
                        writer.write(struct.pack("!H", len(wire)) + wire)
                    await writer.drain()
        finally:
            writer.close()

    loop = asyncio.get_running_loop()
    while True:
        server = await asyncio.start_server(meet, "127.0.0.1", 0)
        stub.port = server.sockets[0].getsockname()[1]
        try:
            udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(stub, rule), local_addr=("127.0.0.1", stub.port))
            break
        except OSError:
            server.close()  # that UDP port is taken: another pair
    if not tcp:
        server.close()
        await asyncio.sleep(0)
    try:
        yield stub
    finally:
        udp.close()
        server.close()
