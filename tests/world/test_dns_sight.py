"""DNS through our own client: every outcome a server can cause, typed; what is shared, remembered and capped."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import pytest
from loopback import reach
from stubdns import Answer, Rule, Stub, name_server, reply, zone

from launchready_tui.clock import SystemClock
from launchready_tui.failure import Failure
from launchready_tui.wire import Reach, Wire, question
from launchready_tui.world.dns import Dns
from launchready_tui.world.sights import DnsAnswer

SOA = ("example.com. 300 SOA ns1.example.com. host.example.com. 1 2 3 4 60",)


@pytest.fixture
def quick_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """For servers that are waited for in vain."""
    monkeypatch.setattr(question, "TRY_S", 0.2)
    monkeypatch.setattr(question, "LIFETIME_S", 0.5)


@asynccontextmanager
async def resolving(rule: Rule, *, tcp: bool = True) -> AsyncIterator[tuple[Dns, Stub, Wire]]:
    async with name_server(rule, tcp=tcp) as stub:
        wire = Wire(reach(nameservers=(stub.address,)))
        dns_sight = Dns(wire, SystemClock())
        try:
            yield dns_sight, stub, wire
        finally:
            await dns_sight.close()


async def ask(rule: Rule, name: str = "example.com", rdtype: str = "A", *, tcp: bool = True) -> DnsAnswer | Failure:
    async with resolving(rule, tcp=tcp) as (sight, _, _):
        return await sight.ask(name, rdtype)


def found(answer: DnsAnswer | Failure) -> DnsAnswer:
    assert isinstance(answer, DnsAnswer), answer
    return answer


ZONE = zone(
    {
        ("example.com", "A"): ("example.com. 300 A 203.0.113.10", "example.com. 300 A 203.0.113.11"),
        ("example.com", "AAAA"): ("example.com. 300 AAAA 2001:db8::10",),
        ("example.com", "MX"): ("example.com. 300 MX 10 MAIL.Example.com.",),
        ("null.example.com", "MX"): ("null.example.com. 300 MX 0 .",),
        ("example.com", "NS"): ("example.com. 300 NS NS1.example.com.",),
        ("example.com", "SOA"): SOA,
        ("example.com", "CAA"): ('example.com. 300 CAA 0 issue "Letsencrypt.org"',),
        ("example.com", "HTTPS"): ('example.com. 300 HTTPS 1 Svc.Example.com. alpn="h2,h3"',),
        ("_sip._tcp.example.com", "SRV"): ("_sip._tcp.example.com. 300 SRV 0 5 5060 Sip.example.com.",),
        ("example.com", "TXT"): (
            'example.com. 300 TXT "v=spf1 include:_spf.Example.net " "-all"',
            'example.com. 300 TXT "caf\\195\\169"',
            'example.com. 300 TXT "caf\\233"',
            'example.com. 300 TXT ""',
        ),
        ("www.example.com", "A"): (
            "www.example.com. 60 CNAME Edge.example.net.",
            "Edge.example.net. 30 CNAME pop7.example.net.",
            "pop7.example.net. 300 A 203.0.113.20",
        ),
        ("v4.example.com", "A"): ("v4.example.com. 300 A 203.0.113.30",),
        ("empty.example.com", "TXT"): ('empty.example.com. 300 TXT "x"',),
    }
)


@pytest.mark.parametrize(
    ("name", "rdtype", "records"),
    [
        ("example.com", "A", ("203.0.113.10", "203.0.113.11")),
        ("EXAMPLE.com.", "a", ("203.0.113.10", "203.0.113.11")),
        ("example.com", "MX", ("10 mail.example.com",)),
        ("null.example.com", "MX", ("0 .",)),
        ("example.com", "NS", ("ns1.example.com",)),
        ("example.com", "SOA", ("ns1.example.com host.example.com 1 2 3 4 60",)),
        ("example.com", "CAA", ('0 issue "Letsencrypt.org"',)),
        ("example.com", "HTTPS", ('1 svc.example.com alpn="h2,h3"',)),
        ("_sip._tcp.example.com", "SRV", ("0 5 5060 sip.example.com",)),
        ("www.example.com", "A", ("203.0.113.20",)),
    ],
)
async def test_records_are_shown_lower_case_and_without_last_dot(
    name: str, rdtype: str, records: tuple[str, ...]
) -> None:
    answer = found(await ask(ZONE, name, rdtype))
    assert answer.found
    assert (answer.status, answer.records) == ("ok", records)
    assert answer.server.startswith("127.0.0.1:")


async def test_text_records_are_joined_and_decoded() -> None:
    answer = found(await ask(ZONE, "example.com", "TXT"))
    assert set(answer.texts) == {"v=spf1 include:_spf.Example.net -all", "caf\u00e9", ""}
    assert len(answer.texts) == 4
    assert '"v=spf1 include:_spf.Example.net " "-all"' in answer.records


async def test_the_name_behind_aliases_is_told_and_the_shortest_life_counts() -> None:
    answer = found(await ask(ZONE, "www.example.com"))
    assert (answer.canonical, answer.ttl) == ("pop7.example.net", 30)
    assert found(await ask(ZONE)).canonical == "example.com"


async def test_no_such_record_and_no_such_name_are_answers() -> None:
    nodata = found(await ask(ZONE, "empty.example.com"))
    nxdomain = found(await ask(ZONE, "nothing.example.com"))
    assert (nodata.status, nodata.records, nodata.found, nodata.ttl) == ("nodata", (), False, 60)
    assert (nxdomain.status, nxdomain.records, nxdomain.found) == ("nxdomain", (), False)


async def test_an_alias_into_nowhere_tells_where() -> None:
    def dangling(query: dns.message.Message, tcp: bool) -> Answer:
        return reply(query, "example.com. 300 CNAME gone.example.net.", rcode=dns.rcode.NXDOMAIN, authority=SOA)

    answer = found(await ask(dangling))
    assert (answer.status, answer.canonical) == ("nxdomain", "gone.example.net")


def garbled(query: dns.message.Message, tcp: bool) -> Answer:
    return struct.pack("!H", query.id) + b"\x81\x80\x00\x01\x00\x01" + b"\xff" * 40


def looping(query: dns.message.Message, tcp: bool) -> Answer:
    """A name whose compression pointer points to itself."""
    return (
        struct.pack("!HHHHHH", query.id, 0x8180, 1, 1, 0, 0) + b"\xc0\x0c\x00\x01\x00\x01" + b"\xc0\x12\x00\x01\x00\x01"
    )


def wrong_id(query: dns.message.Message, tcp: bool) -> Answer:
    wire = bytearray(reply(query, "example.com. 300 A 203.0.113.66").to_wire())
    wire[0] ^= 0xFF
    return bytes(wire)


def other_question(query: dns.message.Message, tcp: bool) -> Answer:
    other = dns.message.make_query("evil.example.com", "A", id=query.id)
    return reply(other, "evil.example.com. 300 A 203.0.113.66")


def at_odds(query: dns.message.Message, tcp: bool) -> Answer:
    return reply(query, "example.com. 300 A 203.0.113.10", rcode=dns.rcode.NXDOMAIN)


def alias_ring(query: dns.message.Message, tcp: bool) -> Answer:
    return reply(query, "example.com. 300 CNAME b.example.com.", "b.example.com. 300 CNAME example.com.")


def flood(query: dns.message.Message, tcp: bool) -> Answer:
    return [b"\x00" * 20] * 200


def refused(query: dns.message.Message, tcp: bool) -> Answer:
    return reply(query, rcode=dns.rcode.REFUSED)


def servfail(query: dns.message.Message, tcp: bool) -> Answer:
    answer = reply(query, rcode=dns.rcode.SERVFAIL)
    answer.use_edns(0, 0, 1232, options=[dns.edns.EDEOption(9, "no DNSKEY")])
    return answer


def referral(query: dns.message.Message, tcp: bool) -> Answer:
    return reply(query, authority=("com. 300 NS a.gtld-servers.example.",), clear=dns.flags.RA)


def always_cut(query: dns.message.Message, tcp: bool) -> Answer:
    return reply(query, flags=dns.flags.TC)


FAILURES: dict[str, tuple[Rule, str, str]] = {
    "SERVFAIL with its reason": (servfail, "servfail", "no DNSKEY"),
    "REFUSED": (refused, "refused", "REFUSED"),
    "NOTIMP": (lambda query, tcp: reply(query, rcode=dns.rcode.NOTIMP), "protocol", "NOTIMP"),
    "silence": (lambda query, tcp: None, "timeout", "no answer"),
    "garbage": (garbled, "protocol", "not a DNS message"),
    "a loop of compression pointers": (looping, "protocol", "not a DNS message"),
    "nothing but three octets": (lambda query, tcp: b"\x00\x01\x02", "protocol", "wrong id"),
    "a wrong id": (wrong_id, "protocol", "wrong id"),
    "the answer to a different question": (other_question, "protocol", "a different question"),
    "a query sent back": (lambda query, tcp: query.to_wire(), "protocol", "a different question"),
    "a flood of junk": (flood, "protocol", "wrong id"),
    "records of a name that does not exist": (at_odds, "protocol", "an inconsistent answer"),
    "aliases in a ring": (alias_ring, "protocol", "an inconsistent answer"),
    "a referral from a server that does not recurse": (referral, "refused", "does not resolve names"),
    "cut over TCP too": (always_cut, "protocol", "truncated even over TCP"),
}


@pytest.mark.parametrize("what", FAILURES)
@pytest.mark.usefixtures("quick_tries")
async def test_a_failed_look_up_is_typed_and_never_an_empty_answer(what: str) -> None:
    rule, kind, detail = FAILURES[what]
    failure = await ask(rule)
    assert isinstance(failure, Failure), failure
    assert failure.kind == kind
    assert detail in failure.detail


@pytest.mark.parametrize("junk", [wrong_id, other_question, garbled])
async def test_a_forged_answer_does_not_keep_the_true_one_out(junk: Rule) -> None:
    def rule(query: dns.message.Message, tcp: bool) -> Answer:
        forged = junk(query, tcp)
        first = forged if isinstance(forged, bytes) else forged.to_wire()  # type: ignore[union-attr]
        return [first, reply(query, "example.com. 300 A 203.0.113.10").to_wire()]

    assert found(await ask(rule)).records == ("203.0.113.10",)


async def test_every_question_has_edns_with_1232_a_random_id_and_asks_for_ad() -> None:
    async with resolving(ZONE) as (sight, stub, wire):
        for rdtype in ("A", "MX", "TXT"):
            await sight.ask("example.com", rdtype)
    for asked in stub.asked:
        assert (asked.message.edns, asked.message.payload) == (0, 1232)
        assert asked.message.flags & dns.flags.RD
        assert asked.message.flags & dns.flags.AD
    assert len({asked.message.id for asked in stub.asked}) > 1
    assert wire.counts.dns_queries == 3


async def test_a_cut_answer_is_fetched_over_tcp() -> None:
    many = tuple(f'example.com. 300 TXT "{n} {"x" * 200}"' for n in range(40))

    def rule(query: dns.message.Message, tcp: bool) -> Answer:
        return reply(query, *many) if tcp else reply(query, many[0], flags=dns.flags.TC)

    async with resolving(rule) as (sight, stub, _):
        answer = found(await sight.ask("example.com", "TXT"))
    assert len(answer.texts) == 40
    assert [asked.tcp for asked in stub.asked] == [False, True]


async def test_a_cut_answer_without_tcp_behind_it_is_a_failure() -> None:
    failure = await ask(always_cut, tcp=False)
    assert isinstance(failure, Failure)
    assert failure.kind == "refused"
    assert failure.detail.startswith("truncated over UDP")


async def test_a_server_that_cannot_bear_edns_is_asked_without() -> None:
    def rule(query: dns.message.Message, tcp: bool) -> Answer:
        if query.edns >= 0:
            return reply(query, rcode=dns.rcode.FORMERR)
        return reply(query, "example.com. 300 A 203.0.113.10")

    assert found(await ask(rule)).records == ("203.0.113.10",)


async def test_ten_askers_share_one_question_and_it_is_remembered() -> None:
    async with resolving(ZONE) as (sight, stub, _):
        answers = await asyncio.gather(*(sight.ask(name, "A") for name in ("example.com", "Example.com.") * 5))
        again = await sight.ask("example.com", "A")
    assert len(stub.asked) == 1
    assert all(answer is again for answer in answers)


async def test_a_failure_is_remembered_too() -> None:
    async with resolving(refused) as (sight, stub, _):
        first = await sight.ask("example.com", "A")
        assert await sight.ask("example.com", "A") is first
    assert len(stub.asked) == 1


async def test_sixteen_questions_are_in_flight_at_most_in_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[tuple[Callable[[bytes], None], bytes]] = []
    most = 0

    class Holding(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            nonlocal most
            query = dns.message.from_wire(data)
            name = query.question[0].name.to_text()
            wire = reply(query, f"{name} 300 A 203.0.113.10").to_wire()
            held.append((lambda answer: self.transport.sendto(answer, addr), wire))  # type: ignore[attr-defined]
            most = max(most, len(held))

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Holding, local_addr=("127.0.0.1", 0))
    server = f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"
    monkeypatch.setattr(question, "TRY_S", 30.0)
    monkeypatch.setattr(question, "LIFETIME_S", 60.0)
    one, two = (Dns(Wire(reach(nameservers=(server,))), SystemClock()) for _ in range(2))
    asked = [asyncio.ensure_future(sight.ask(f"n{n}.example.com", "A")) for n in range(20) for sight in (one, two)]
    sent = 0
    while sent < len(asked):
        while len(held) < min(question.IN_FLIGHT, len(asked) - sent):
            await asyncio.sleep(0.001)
        for _ in range(300):
            await asyncio.sleep(0)  # room for a seventeenth to show up, if anything let it through
        sent += len(held)
        batch, held[:] = list(held), []
        for send, wire in batch:
            send(wire)
    answers = await asyncio.gather(*asked)
    transport.close()
    assert all(isinstance(answer, DnsAnswer) for answer in answers)
    assert most == question.IN_FLIGHT == 16


@pytest.mark.parametrize(
    "first", [refused, servfail, garbled, lambda query, tcp: None], ids=["refused", "servfail", "garbage", "silent"]
)
@pytest.mark.usefixtures("quick_tries")
async def test_the_second_server_answers_where_the_first_does_not(first: Rule) -> None:
    async with name_server(first) as bad, name_server(ZONE) as good:
        sight = Dns(Wire(reach(nameservers=(bad.address, good.address))), SystemClock())
        answer = found(await sight.ask("example.com", "A"))
        await sight.close()
    assert answer.server == good.address
    assert len(bad.asked) == 1


async def test_a_closed_port_is_noticed_and_the_next_server_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        port = gone.getsockname()[1]
    monkeypatch.setattr(question, "TRY_S", 30.0)  # the test would wait for it if the refusal went unnoticed
    monkeypatch.setattr(question, "LIFETIME_S", 60.0)
    async with name_server(ZONE) as good:
        sight = Dns(Wire(reach(nameservers=(f"127.0.0.1:{port}", good.address))), SystemClock())
        assert found(await sight.ask("example.com", "A")).server == good.address
        await sight.close()
    alone = Dns(Wire(reach(nameservers=(f"127.0.0.1:{port}",))), SystemClock())
    failure = await alone.ask("example.com", "A")
    assert isinstance(failure, Failure)
    assert failure.kind == "refused"


@pytest.mark.parametrize(
    "name", ["a..example.com", "x" * 64 + ".example.com", ".".join(["abcdefgh"] * 40), "\u2603" * 70 + ".example.com"]
)
async def test_a_name_that_dns_cannot_carry_is_a_failure(name: str) -> None:
    async with resolving(ZONE) as (sight, stub, _):
        failure = await sight.ask(name, "A")
    assert isinstance(failure, Failure)
    assert failure.kind == "protocol"
    assert stub.asked == []


async def test_addresses_ask_both_kinds_and_put_ipv4_first() -> None:
    async with resolving(ZONE) as (sight, stub, _):
        assert await sight.addresses("example.com") == ("203.0.113.10", "203.0.113.11", "2001:db8::10")
        assert await sight.addresses("v4.example.com") == ("203.0.113.30",)
        empty = await sight.addresses("empty.example.com")
        nowhere = await sight.addresses("nothing.example.com")
    assert {asked.rdtype for asked in stub.asked} == {"A", "AAAA"}
    assert isinstance(empty, Failure)
    assert isinstance(nowhere, Failure)
    assert (empty.kind, nowhere.kind) == ("no-address", "no-such-name")


@pytest.mark.parametrize(
    ("four", "six", "outcome"),
    [
        ("A 203.0.113.10", "fail", ("203.0.113.10",)),
        ("fail", "AAAA 2001:db8::1", ("2001:db8::1",)),
        ("fail", "none", "servfail"),
        ("none", "fail", "servfail"),
        ("fail", "fail", "servfail"),
        ("gone", "fail", "no-such-name"),
        ("none", "gone", "no-address"),
    ],
)
async def test_a_failed_half_is_borne_only_beside_an_address(
    four: str, six: str, outcome: tuple[str, ...] | str
) -> None:
    def rule(query: dns.message.Message, tcp: bool) -> Answer:
        said = four if query.question[0].rdtype == 1 else six
        codes = {"fail": dns.rcode.SERVFAIL, "gone": dns.rcode.NXDOMAIN, "none": dns.rcode.NOERROR}
        if said in codes:
            return reply(query, rcode=codes[said], authority=SOA if said != "fail" else ())
        return reply(query, f"example.com. 300 {said}")

    async with resolving(rule) as (sight, _, _):
        seen = await sight.addresses("example.com")
    assert (seen.kind if isinstance(seen, Failure) else seen) == outcome


async def test_a_server_asked_directly_gets_no_recursion_and_the_map_holds_for_udp_and_tcp() -> None:
    def rule(query: dns.message.Message, tcp: bool) -> Answer:
        return reply(query, *SOA, flags=dns.flags.AA)

    async with name_server(rule) as stub:
        wire = Wire(Reach(connect=reach(f"198.51.100.53:53=127.0.0.1:{stub.port}").connect))
        sight = Dns(wire, SystemClock())
        over_udp = found(await sight.ask_at("198.51.100.53", "example.com", "SOA"))
        over_tcp = found(await sight.ask_at("198.51.100.53:53", "example.com", "SOA", tcp=True))
        private = await sight.ask_at("10.0.0.53", "example.com", "SOA")
        await sight.close()
    assert [asked.tcp for asked in stub.asked] == [False, True]
    assert not any(asked.message.flags & dns.flags.RD for asked in stub.asked)
    assert over_udp.authoritative
    assert (over_udp.server, over_udp.via, over_tcp.via) == ("198.51.100.53:53", "connect-map", "connect-map")
    assert isinstance(private, Failure)
    assert private.kind == "blocked-address"


async def test_a_server_that_does_not_hold_the_zone_points_elsewhere() -> None:
    async with name_server(referral) as stub:
        sight = Dns(Wire(reach()), SystemClock())
        answer = found(await sight.ask_at(stub.address, "example.com", "SOA"))
        await sight.close()
    assert (answer.status, answer.authoritative, answer.referral) == ("nodata", False, ("a.gtld-servers.example",))


async def test_the_demo_asks_its_own_server_and_counts_what_it_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "system_nameservers", lambda: ("192.0.2.53",))
    async with name_server(ZONE) as stub:
        wire = Wire(reach(nameservers=(stub.address,), refuse_unmapped=True))
        sight = Dns(wire, SystemClock())
        assert found(await sight.ask("example.com", "A")).found
        assert wire.counts.refused_unmapped == 0
        stranger = await sight.ask_at("198.51.100.1", "example.com", "A")
        await sight.close()
    assert isinstance(stranger, Failure)
    assert (stranger.kind, wire.counts.refused_unmapped) == ("unmapped", 1)
    system = Wire(reach(refuse_unmapped=True))
    failure = await Dns(system, SystemClock()).ask("example.com", "A")
    assert isinstance(failure, Failure)
    assert (failure.kind, system.counts.refused_unmapped) == ("unmapped", 1)


@pytest.mark.parametrize("server", ["ns1.example.com", "127.0.0.1:99999", ""])
async def test_a_name_server_is_given_by_address(server: str) -> None:
    failure = await Dns(Wire(reach(nameservers=(server,) if server else ("x",))), SystemClock()).ask("example.com", "A")
    assert isinstance(failure, Failure)
    assert failure.kind == "unreachable"
