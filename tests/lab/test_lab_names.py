"""The lab's DNS, asked as any client would."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import pytest
from labtalk import ask, end, records

from launchready_tui.lab import places as at
from launchready_tui.lab.client import Lab


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab.start(fixed="all") as lab:
        yield lab


@pytest.mark.parametrize(
    ("name", "rdtype", "found"),
    [
        (at.APEX, "A", [at.WEB_ADDRESS]),
        (at.WWW, "A", [at.WEB_ADDRESS]),
        (at.APP, "A", [at.APP_ADDRESS]),
        (at.STATUS, "A", [at.STATUS_ADDRESS]),
        (at.DOMAIN, "MX", [f"10 {at.MAIL}."]),
        (at.DOMAIN, "NS", [f"{at.NS1}.", f"{at.NS2}."]),
        (at.DOMAIN, "CAA", [f'0 issue "ca.{at.NIC}"']),
        (f"_dmarc.{at.DOMAIN}", "TXT", [f'"v=DMARC1; p=quarantine; rua=mailto:dmarc@{at.DOMAIN}"']),
        (at.RDAP, "A", [at.RDAP_ADDRESS]),
        ("25.113.0.203.in-addr.arpa", "PTR", [f"{at.MAIL}."]),
    ],
)
@pytest.mark.parametrize("tcp", [False, True])
def test_the_resolver_knows_the_whole_town(lab: Lab, name: str, rdtype: str, found: list[str], tcp: bool) -> None:
    answer = ask(lab, name, rdtype, tcp=tcp)
    assert records(answer) == found
    assert answer.flags & dns.flags.RA
    assert not answer.flags & dns.flags.AA


@pytest.mark.parametrize("server", [at.NS1_ADDRESS, at.NS2_ADDRESS])
@pytest.mark.parametrize("tcp", [False, True])
def test_name_servers_answer_with_authority_and_for_their_zone_only(lab: Lab, server: str, tcp: bool) -> None:
    answer = ask(lab, at.DOMAIN, "SOA", server=server, tcp=tcp)
    assert answer.flags & dns.flags.AA
    assert not answer.flags & dns.flags.RA
    assert ask(lab, at.RDAP, "A", server=server, tcp=tcp).rcode() == dns.rcode.REFUSED
    assert ask(lab, at.DOMAIN, "AXFR", server=server, tcp=tcp).rcode() == dns.rcode.REFUSED


def test_both_name_servers_have_the_same_serial(lab: Lab) -> None:
    first, second = (records(ask(lab, at.DOMAIN, "SOA", server=server)) for server in (at.NS1_ADDRESS, at.NS2_ADDRESS))
    assert first == second


def test_the_registry_refers_to_the_name_servers_with_glue(lab: Lab) -> None:
    answer = ask(lab, at.WWW, "A", server=at.TLD_ADDRESS)
    assert not answer.flags & dns.flags.AA
    assert not answer.answer
    assert sorted(data.to_text() for data in answer.authority[0]) == [f"{at.NS1}.", f"{at.NS2}."]
    assert sorted(data.to_text() for rrset in answer.additional for data in rrset) == [at.NS1_ADDRESS, at.NS2_ADDRESS]


@pytest.mark.parametrize(
    ("name", "rdtype", "rcode"),
    [
        (f"nothing.{at.DOMAIN}", "A", dns.rcode.NXDOMAIN),
        (at.APEX, "AAAA", dns.rcode.NOERROR),
        (
            f"_domainkey.{at.DOMAIN}",
            "TXT",
            dns.rcode.NOERROR,
        ),  # a name between two names: it exists and holds nothing (RFC 8020)
        ("nowhere.example", "A", dns.rcode.NXDOMAIN),
    ],
)
def test_what_is_not_there_comes_with_the_zones_soa(lab: Lab, name: str, rdtype: str, rcode: int) -> None:
    answer = ask(lab, name, rdtype)
    assert answer.rcode() == rcode
    assert not answer.answer
    assert [rrset.rdtype for rrset in answer.authority] == [dns.rdatatype.SOA]


def test_the_signing_key_is_a_whole_rsa_key_of_2048_bits(lab: Lab) -> None:
    import base64

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    answer = ask(lab, f"{at.SELECTOR}._domainkey.{at.DOMAIN}", "TXT")
    text = b"".join(answer.answer[0][0].strings).decode()
    key = load_der_public_key(base64.b64decode(text.partition("p=")[2]))
    assert isinstance(key, RSAPublicKey)
    assert key.key_size == 2048


def test_broken_questions_get_an_error_and_answers_none(lab: Lab) -> None:
    where = end(lab, at.NS1_ADDRESS, 53)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(5)
        line.connect(where)
        question = dns.message.make_query(at.DOMAIN, "A").to_wire()
        line.send(question[:14])
        broken = line.recv(512)
        assert broken[:2] == question[:2]
        assert broken[3] & 15 == dns.rcode.FORMERR
        # An answer sent to a server is dropped; the question behind it still gets its own.
        line.send(question[:2] + b"\x80" + question[3:])
        line.send(b"\x12\x34" + question[2:])
        assert line.recv(512)[:2] == b"\x12\x34"
