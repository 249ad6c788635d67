"""Which addresses a check may connect to. A table of our own: Python calls the documentation ranges private, and our
lab lives in them."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Special-purpose registries of IANA (RFC 6890 and its updates), the rows that nobody on the internet should reach
# through us. Order matters: the narrow row with the plainer name stands first.
FORBIDDEN: tuple[tuple[str, str], ...] = (
    ("169.254.169.254/32", "the cloud's metadata service"),
    ("169.254.170.2/32", "the cloud's metadata service"),
    ("fd00:ec2::254/128", "the cloud's metadata service"),
    ("100.100.100.200/32", "the cloud's metadata service"),
    ("0.0.0.0/8", "this network itself"),
    ("10.0.0.0/8", "a private network"),
    ("100.64.0.0/10", "a provider's inner network (CGNAT)"),
    ("127.0.0.0/8", "this machine itself"),
    ("169.254.0.0/16", "a link-local address"),
    ("172.16.0.0/12", "a private network"),
    ("192.0.0.0/24", "a protocol assignment"),
    ("192.88.99.0/24", "a retired 6to4 relay"),
    ("192.168.0.0/16", "a private network"),
    ("198.18.0.0/15", "a benchmark network"),
    ("224.0.0.0/4", "a multicast group"),
    ("240.0.0.0/4", "a reserved address"),
    ("::1/128", "this machine itself"),
    ("::/128", "not an address"),
    ("::ffff:0:0/96", "an IPv4-mapped IPv6 address"),
    ("::/96", "an IPv4-mapped IPv6 address"),
    ("64:ff9b::/96", "an IPv4 address behind NAT64"),
    ("64:ff9b:1::/48", "an IPv4 address behind a local NAT64"),
    ("100::/64", "a discard address"),
    ("2001::/32", "a Teredo tunnel"),
    ("2002::/16", "a 6to4 tunnel"),
    ("5f00::/16", "a segment routing address"),
    ("fc00::/7", "a private network"),
    ("fe80::/10", "a link-local address"),
    ("fec0::/10", "a retired site-local address"),
    ("ff00::/8", "a multicast group"),
)

_TABLE: tuple[tuple[Network, str], ...] = tuple((ipaddress.ip_network(row), words) for row, words in FORBIDDEN)


def address_problem(address: str, private: tuple[str, ...] = ()) -> str:
    """Why no check may connect to this address; empty where it may.

    `private` holds addresses or networks that the launch file declares as its own; they are allowed. A wrong entry
    there allows nothing.
    """
    try:
        found = ipaddress.ip_address(address.strip().strip("[]"))
    except ValueError:
        return f"{address!r} is not an IP address"
    if any(_inside(found, network) for network in _networks(private)):
        return ""
    for network, words in _TABLE:
        if _inside(found, network):
            return f"{found} is {words}"
    return ""


@lru_cache(maxsize=32)
def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    found: list[Network] = []
    for text in texts:
        try:
            found.append(ipaddress.ip_network(text.strip(), strict=False))
        except ValueError:
            continue  # refused when the launch file is loaded; here it must not open a door
    return tuple(found)


def _inside(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


def is_address(text: str) -> bool:
    """Whether this is an IP address, with or without brackets, and not a name."""
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True
