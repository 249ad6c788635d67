"""The connect map: what a rule may look like, and which rule speaks for a connection."""

from __future__ import annotations

import pytest

from launchready_tui.wire import ConnectMap, split_host_port

# rules, host, port, address -> where it goes
CASES: tuple[tuple[tuple[str, ...], str, int, str, tuple[str, int] | None], ...] = (
    (("shop.example=127.0.0.1:8443",), "shop.example", 443, "", ("127.0.0.1", 8443)),
    (("shop.example=127.0.0.1",), "shop.example", 443, "", ("127.0.0.1", 443)),
    (("shop.example:443=127.0.0.1:8443",), "shop.example", 80, "", None),
    (("shop.example:*=127.0.0.1:8443",), "shop.example", 80, "", ("127.0.0.1", 8443)),
    (("SHOP.Example.=127.0.0.1",), "shop.example", 80, "", ("127.0.0.1", 80)),
    (("shop.example=127.0.0.1",), "Shop.Example.", 80, "", ("127.0.0.1", 80)),
    (("www.shop.example=127.0.0.1",), "shop.example", 80, "", None),
    (("203.0.113.10:443=127.0.0.1:8443",), "shop.example", 443, "203.0.113.10", ("127.0.0.1", 8443)),
    (("203.0.113.10:443=127.0.0.1:8443",), "shop.example", 443, "203.0.113.11", None),
    (("203.0.113.10:443=127.0.0.1:8443",), "203.0.113.10", 443, "", ("127.0.0.1", 8443)),
    (("203.0.113.10=127.0.0.1:1", "shop.example=127.0.0.1:2"), "shop.example", 443, "203.0.113.10", ("127.0.0.1", 2)),
    (("203.0.113.10=127.0.0.1:1", "*=127.0.0.1:2"), "shop.example", 443, "203.0.113.10", ("127.0.0.1", 1)),
    (("*=127.0.0.1:2", "203.0.113.10=127.0.0.1:1"), "shop.example", 443, "203.0.113.10", ("127.0.0.1", 2)),
    (("*:443=127.0.0.1:2",), "anything.test", 443, "", ("127.0.0.1", 2)),
    (("*:443=127.0.0.1:2",), "anything.test", 80, "", None),
    (("shop.example=127.0.0.1:1", "shop.example=127.0.0.1:2"), "shop.example", 443, "", ("127.0.0.1", 1)),
    (("[2001:db8::1]:443=[::1]:8443",), "shop.example", 443, "2001:0db8::0001", ("::1", 8443)),
    (("[2001:db8::1]=127.0.0.1:9",), "[2001:db8::1]", 53, "", ("127.0.0.1", 9)),
    ((), "shop.example", 443, "", None),
)


@pytest.mark.parametrize(("rules", "host", "port", "address", "target"), CASES)
def test_finds_the_rule(
    rules: tuple[str, ...], host: str, port: int, address: str, target: tuple[str, int] | None
) -> None:
    assert ConnectMap.parse(rules).find(host, port, address) == target


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("shop.example", "not complete"),
        ("=127.0.0.1", "not complete"),
        ("shop.example=", "not complete"),
        ("shop.example=other.example", "'other.example' is not an IP address"),
        ("shop.example:0=127.0.0.1", "allowed are 1 to 65535"),
        ("shop.example:99999=127.0.0.1", "allowed are 1 to 65535"),
        ("shop.example=127.0.0.1:https", "allowed are 1 to 65535"),
        ("https://shop.example/=127.0.0.1", "is not a"),
        ("*.shop.example=127.0.0.1", "is not a host"),
        ("sh op=127.0.0.1", "is not a host"),
        ("[2001:db8::1=127.0.0.1", "both brackets"),
        ("shop.example=999.0.0.1", "is not an IP address"),
    ],
)
def test_says_what_is_wrong(rule: str, says: str) -> None:
    with pytest.raises(ValueError, match="connect rule") as raised:
        ConnectMap.parse([rule])
    assert says in str(raised.value)
    assert rule in str(raised.value)


def test_rules_are_read_in_their_order_and_printed_as_rules() -> None:
    mapped = ConnectMap.parse(("Shop.example:443=127.0.0.1:8443", "[2001:db8::1]:*=[::1]"))
    assert [str(rule) for rule in mapped.rules] == ["shop.example:443=127.0.0.1:8443", "[2001:db8::1]=[::1]"]
    assert mapped
    assert not ConnectMap()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("192.0.2.1", ("192.0.2.1", None)),
        ("192.0.2.1:53", ("192.0.2.1", 53)),
        ("2001:db8::1", ("2001:db8::1", None)),
        ("[2001:db8::1]:53", ("2001:db8::1", 53)),
        ("[2001:db8::1]", ("2001:db8::1", None)),
    ],
)
def test_splits_host_and_port(text: str, found: tuple[str, int | None]) -> None:
    assert split_host_port(text) == found
