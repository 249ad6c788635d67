"""The address policy, row by row: the first and last address of each range, and its neighbours."""

from __future__ import annotations

import ipaddress

import pytest

from launchready_tui.wire import FORBIDDEN, address_problem

ROWS = [(row, words) for row, words in FORBIDDEN]


@pytest.mark.parametrize(("row", "words"), ROWS)
def test_every_row_is_refused_to_its_ends_and_can_be_declared(row: str, words: str) -> None:
    network = ipaddress.ip_network(row)
    for address in (network.network_address, network.broadcast_address):
        assert address_problem(str(address)).startswith(f"{address} is ")
        assert address_problem(str(address), private=(row,)) == ""
    assert any(
        words in address_problem(str(one)) for one in (network.network_address, network.broadcast_address, network[-1])
    )


# What a founder's servers may have, and what stands right beside a refused range.
ALLOWED = (
    "192.0.2.1",
    "198.51.100.53",
    "203.0.113.10",
    "2001:db8::10",
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450:4001::200e",
    "fbff::1",
)


@pytest.mark.parametrize("address", ALLOWED)
def test_public_and_documentation_addresses_are_allowed(address: str) -> None:
    assert address_problem(address) == ""


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("127.0.0.1", "this machine itself"),
        ("::1", "this machine itself"),
        ("[::1]", "this machine itself"),
        ("::ffff:127.0.0.1", "IPv4-mapped"),
        ("::ffff:203.0.113.10", "IPv4-mapped"),
        ("64:ff9b::7f00:1", "NAT64"),
        ("169.254.169.254", "metadata"),
        ("fd00:ec2::254", "metadata"),
        ("100.64.0.1", "CGNAT"),
        ("10.1.2.3", "private network"),
        ("fd12::1", "private network"),
        ("fe80::1", "link-local"),
        ("0.0.0.0", "this network itself"),
        ("255.255.255.255", "reserved"),
        ("ff02::1", "multicast"),
        ("example.com", "not an IP address"),
        ("", "not an IP address"),
        ("2130706433", "not an IP address"),
    ],
)
def test_refused_in_plain_words(address: str, words: str) -> None:
    assert words in address_problem(address)


def test_a_declared_network_opens_nothing_else() -> None:
    declared = ("10.1.0.0/16", "fd12::/32", "not a network")
    assert address_problem("10.1.255.255", declared) == ""
    assert address_problem("fd12:0:ffff::1", declared) == ""
    assert address_problem("10.2.0.1", declared) != ""
    assert address_problem("127.0.0.1", declared) != ""
    assert address_problem("::ffff:10.1.0.1", declared) != ""
