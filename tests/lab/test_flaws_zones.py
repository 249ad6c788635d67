"""The lab's name server and zones, without sockets."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import pytest

from launchready_tui.lab import flaws, zones
from launchready_tui.lab import places as at
from launchready_tui.lab.nameserver import NameServer


def answer(server: NameServer, name: str, rdtype: str, *, tcp: bool = False, edns: bool = True) -> dns.message.Message:
    query = dns.message.make_query(name, rdtype, use_edns=0 if edns else -1)
    wire = server.reply(query.to_wire(), tcp=tcp)
    assert wire is not None
    return dns.message.from_wire(wire)


def data(message: dns.message.Message) -> list[str]:
    return sorted(record.to_text() for rrset in message.answer for record in rrset)


def serving(*on: str) -> NameServer:
    server = NameServer()
    server.serve(zones.market_zones(on))
    return server


@pytest.mark.parametrize(
    ("flaw", "name", "rdtype", "off", "on"),
    [
        ("status-gone", at.STATUS, "A", [at.STATUS_ADDRESS], []),
        ("undeclared-host", at.OLD_ADMIN, "A", [], [at.OLD_ADMIN_ADDRESS]),
        ("stale-app-address", at.APP, "A", [at.APP_ADDRESS], [at.APP_ADDRESS, at.STALE_ADDRESS]),
        ("mx-dangling", at.DOMAIN, "MX", [f"10 {at.MAIL}."], [f"10 mx1.{at.DOMAIN}."]),
        (
            "dmarc-missing",
            f"_dmarc.{at.DOMAIN}",
            "TXT",
            [f'"v=DMARC1; p=quarantine; rua=mailto:dmarc@{at.DOMAIN}"'],
            [],
        ),
        (
            "dmarc-no-reports",
            f"_dmarc.{at.DOMAIN}",
            "TXT",
            [f'"v=DMARC1; p=quarantine; rua=mailto:dmarc@{at.DOMAIN}"'],
            ['"v=DMARC1; p=quarantine"'],
        ),
    ],
)
def test_a_flaw_of_the_zone_changes_its_record_and_no_other_zone_line(
    flaw: str, name: str, rdtype: str, off: list[str], on: list[str]
) -> None:
    assert data(answer(serving(), name, rdtype)) == sorted(off)
    assert data(answer(serving(flaw), name, rdtype)) == sorted(on)
    before, after = (set(zones.market_zones(flags)[f"{at.DOMAIN}."].splitlines()) for flags in ((), (flaw,)))
    assert len(before ^ after) <= 2


def test_the_two_spf_flaws_show_together() -> None:
    found = data(answer(serving("spf-two-records", "spf-plus-all"), at.DOMAIN, "TXT"))
    assert len(found) == 2
    assert sum("+all" in text for text in found) == 1


def test_the_mail_flaw_points_to_a_name_that_does_not_exist() -> None:
    assert answer(serving("mx-dangling"), f"mx1.{at.DOMAIN}", "A").rcode() == dns.rcode.NXDOMAIN


def test_every_set_of_flaws_makes_zones_that_load() -> None:
    server = NameServer(recursive=True)
    server.serve(zones.all_zones(flaws.every_id()))
    assert data(answer(server, at.APEX, "A")) == [at.WEB_ADDRESS]


def large() -> NameServer:
    server = NameServer()
    lines = ["big.test. 60 IN SOA ns.big.test. h.big.test. 1 1 1 1 60", "alias.big.test. 60 IN CNAME many.big.test."]
    lines += [f'many.big.test. 60 IN TXT "{number:03d}{"x" * 200}"' for number in range(12)]
    server.serve({"big.test.": "\n".join(lines) + "\n"})
    return server


@pytest.mark.parametrize(("edns", "limit"), [(True, 1232), (False, 512)])
def test_an_answer_that_does_not_fit_is_cut_with_tc_and_whole_over_tcp(edns: bool, limit: int) -> None:
    wire = large().reply(
        dns.message.make_query("many.big.test", "TXT", use_edns=0 if edns else -1).to_wire(), tcp=False
    )
    assert wire is not None
    assert len(wire) <= limit
    assert dns.message.from_wire(wire).flags & dns.flags.TC
    assert len(data(answer(large(), "many.big.test", "TXT", tcp=True))) == 12


def test_an_alias_is_followed_inside_the_zone() -> None:
    found = answer(large(), "alias.big.test", "TXT", tcp=True)
    assert [rrset.rdtype for rrset in found.answer] == [dns.rdatatype.CNAME, dns.rdatatype.TXT]


def test_a_lame_server_refuses_its_own_zone() -> None:
    server = serving()
    server.lame = True
    refused = answer(server, at.APEX, "A")
    assert refused.rcode() == dns.rcode.REFUSED
    assert not refused.flags & dns.flags.AA


def test_other_kinds_of_question_are_turned_down() -> None:
    server = serving()
    update = dns.message.make_query(at.APEX, "SOA")
    update.set_opcode(dns.opcode.UPDATE)
    assert dns.message.from_wire(server.reply(update.to_wire(), tcp=False) or b"").rcode() == dns.rcode.NOTIMP
    assert data(answer(server, at.APEX, "ANY")) == ['"RFC8482" ""']
