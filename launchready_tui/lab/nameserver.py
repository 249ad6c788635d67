"""DNS over UDP and TCP on one port number: an authoritative server, or the face of a resolver, over zones held in
memory."""

from __future__ import annotations

import asyncio
import errno
import struct
from collections.abc import Mapping
from typing import cast

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.node
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.zone

PAYLOAD = 1232  # what a UDP answer may hold without fragments (DNS flag day 2020)
_LONGEST_CHAIN = 8
_IDLE_S = 10.0

_IN = dns.rdataclass.IN
_CNAME = dns.rdatatype.CNAME
_NS = dns.rdatatype.NS


class NameServer:
    """Answers questions. `recursive` sets RA in place of AA; `lame` refuses everything, as a server that never heard
    of the zone does."""

    def __init__(self, *, recursive: bool = False) -> None:
        self.recursive = recursive
        self.lame = False
        self.gives_zones = False
        """Lets everybody copy its zones (AXFR), as a server does that was never told not to."""
        self.deaf_over_tcp = False
        self.top_alias = ""
        """What the top of a zone is an alias of, where it is one; a sound zone has none."""
        """Closes TCP connections unread, as a firewall that knows only UDP does."""
        self.asked = 0
        self._zones: dict[dns.name.Name, dns.zone.Zone] = {}
        self._closers: list[asyncio.BaseTransport | asyncio.Server] = []

    def serve(self, zones: Mapping[str, str]) -> None:
        """Takes these zone files (name to text) in place of the ones before, all at once."""
        self._zones = {
            dns.name.from_text(name): dns.zone.from_text(text, origin=name, relativize=False, check_origin=False)
            for name, text in zones.items()
        }

    # -- answering -----------------------------------------------------------------------------------------------

    def reply(self, wire: bytes, *, tcp: bool) -> bytes | None:
        """The answer to a question as it came over the wire; None where there is nobody to answer to."""
        self.asked += 1
        try:
            query = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return self._broken(wire)
        if query.flags & dns.flags.QR:
            return None
        response = self._answer(query, tcp=tcp)
        if tcp:
            return response.to_wire(max_size=65535)
        limit = max(512, min(query.payload, PAYLOAD)) if query.edns >= 0 else 512
        return response.to_wire(max_size=limit, prefer_truncation=True)

    @staticmethod
    def _broken(wire: bytes) -> bytes | None:
        """FORMERR with the question's id, where at least a header came (RFC 1035 section 4.1.1)."""
        if len(wire) < 12 or wire[2] & 0x80:
            return None
        return wire[:2] + bytes([0x80 | (wire[2] & 0x79), dns.rcode.FORMERR]) + bytes(8)

    @staticmethod
    def _whole(response: dns.message.Message, zone: dns.zone.Zone) -> dns.message.Message:
        """All records of a small zone in one message, between two copies of its SOA (RFC 5936 section 2.2)."""
        assert zone.origin is not None
        response.flags |= dns.flags.AA
        soa = zone.get_rrset(zone.origin, dns.rdatatype.SOA)
        assert soa is not None
        rows = [
            dns.rrset.from_rdata_list(name, rdataset.ttl, list(rdataset)) for name, rdataset in zone.iterate_rdatasets()
        ]
        response.answer = [soa, *(row for row in rows if row.rdtype != dns.rdatatype.SOA), soa]
        return response

    def _answer(self, query: dns.message.Message, *, tcp: bool = False) -> dns.message.Message:
        response = dns.message.make_response(query, recursion_available=self.recursive, our_payload=PAYLOAD)
        if query.opcode() != dns.opcode.QUERY:
            response.set_rcode(dns.rcode.NOTIMP)
            return response
        if len(query.question) != 1:
            response.set_rcode(dns.rcode.FORMERR)
            return response
        question = query.question[0]
        transfer = question.rdtype in (dns.rdatatype.AXFR, dns.rdatatype.IXFR)
        # A DS belongs to the zone above the cut (RFC 4035 section 3.1.4.1).
        above = question.rdtype == dns.rdatatype.DS and question.name != dns.name.root
        zone = self._zone_of(question.name.parent() if above else question.name) or self._zone_of(question.name)
        if transfer and tcp and self.gives_zones and question.name in self._zones:
            return self._whole(response, self._zones[question.name])
        if self.lame or transfer or question.rdclass != _IN or zone is None:
            response.set_rcode(dns.rcode.REFUSED)
            return response
        if not self.recursive:
            response.flags |= dns.flags.AA
        if self.top_alias and question.rdtype == _CNAME and question.name == zone.origin:
            response.answer.append(dns.rrset.from_text(question.name, 300, "IN", "CNAME", self.top_alias))
            return response
        self._fill(response, question.name, question.rdtype, zone)
        return response

    def _zone_of(self, name: dns.name.Name) -> dns.zone.Zone | None:
        """The deepest zone that holds the name."""
        while True:
            if name in self._zones:
                return self._zones[name]
            if name == dns.name.root:
                return None
            name = name.parent()

    def _fill(
        self, response: dns.message.Message, name: dns.name.Name, rdtype: dns.rdatatype.RdataType, zone: dns.zone.Zone
    ) -> None:
        for _ in range(_LONGEST_CHAIN):
            if not self.recursive and rdtype != dns.rdatatype.DS and self._refer(response, name, zone):
                return
            node = zone.get_node(name)
            if node is None:
                below_it = any(known.is_subdomain(name) for known in zone.nodes)
                node = None if below_it else self._wild(name, zone)
            if node is None:
                if not below_it:
                    response.set_rcode(dns.rcode.NXDOMAIN)
                break
            if rdtype == dns.rdatatype.ANY:
                response.answer.append(dns.rrset.from_text(name, 300, "IN", "HINFO", '"RFC8482" ""'))
                return
            found = node.get_rdataset(_IN, rdtype)
            if found:
                response.answer.append(dns.rrset.from_rdata_list(name, found.ttl, list(found)))
                return
            alias = node.get_rdataset(_IN, _CNAME)
            if not alias:
                break
            response.answer.append(dns.rrset.from_rdata_list(name, alias.ttl, list(alias)))
            name = alias[0].target
            below = self._zone_of(name)
            if below is None:
                return
            zone = below
        assert zone.origin is not None
        soa = zone.get_rrset(zone.origin, dns.rdatatype.SOA)
        if soa is not None:
            response.authority.append(soa)

    @staticmethod
    def _wild(name: dns.name.Name, zone: dns.zone.Zone) -> dns.node.Node | None:
        """The star below the nearest name above that exists (RFC 4592 section 3.3.1)."""
        above = name.parent()
        while not any(known.is_subdomain(above) for known in zone.nodes):
            above = above.parent()
        return zone.get_node(dns.name.Name((b"*", *above.labels)))

    @staticmethod
    def _refer(response: dns.message.Message, name: dns.name.Name, zone: dns.zone.Zone) -> bool:
        """A referral with glue, where the name lies at or below a delegation of this zone (RFC 1034 section 4.3.2)."""
        cut = name
        while cut != zone.origin:
            servers = zone.get_rrset(cut, _NS)
            if servers is not None:
                response.flags &= ~dns.flags.AA
                response.authority.append(servers)
                for server in servers:
                    glue = zone.get_rrset(server.target, dns.rdatatype.A)
                    if glue is not None:
                        response.additional.append(glue)
                return True
            cut = cut.parent()
        return False

    # -- sockets -------------------------------------------------------------------------------------------------

    async def listen(self, address: str, port: int = 0) -> int:
        """Binds UDP and TCP to one port number and returns it; port 0 takes a free one. Raises OSError."""
        loop = asyncio.get_running_loop()
        for attempt in range(32):
            server = await asyncio.start_server(self._talk_tcp, address, port)
            number = int(server.sockets[0].getsockname()[1])
            try:
                transport, _ = await loop.create_datagram_endpoint(
                    lambda: _Datagrams(self), local_addr=(address, number)
                )
            except OSError as error:
                # Somebody holds that number for UDP alone: another number, unless one was asked for.
                server.close()
                if port or error.errno not in (errno.EADDRINUSE, errno.EACCES) or attempt == 31:
                    raise
                continue
            self._closers += [server, transport]
            return number
        raise OSError(errno.EADDRINUSE, "no port number is free for both UDP and TCP")

    async def _talk_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.deaf_over_tcp:
            writer.close()
            return
        try:
            while True:
                async with asyncio.timeout(_IDLE_S):
                    (size,) = struct.unpack("!H", await reader.readexactly(2))
                    wire = await reader.readexactly(size)
                answer = self.reply(wire, tcp=True)
                if answer is None:
                    return
                writer.write(struct.pack("!H", len(answer)) + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            return  # the other side is done, or silent for too long
        finally:
            writer.close()

    def close(self) -> None:
        """Gives the port back."""
        for closer in self._closers:
            closer.close()
        self._closers.clear()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self._server = server
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # the selector loop's one is no subclass of it

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        answer = self._server.reply(data, tcp=False)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)
