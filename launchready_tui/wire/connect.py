"""The connect map: where a socket really goes. URL, Host, SNI and certificate verification keep the name (as curl's
`--connect-to`)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from ..hostnames import BadNameError, comparable, to_ascii

VIA = "connect-map"
"""What evidence says of a mapped connection."""

_SHAPE = "write it as HOST[:PORT]=ADDRESS[:PORT], with * for any host or port, and IPv6 addresses in [brackets]"


@dataclass(frozen=True)
class ConnectRule:
    """One rule. `host` is a lower-case name, an address or `*`; `port` and `to_port` are None for any and for the same
    port."""

    host: str
    port: int | None
    to_address: str
    to_port: int | None

    def __str__(self) -> str:
        return f"{_join(self.host, self.port)}={_join(self.to_address, self.to_port)}"

    def meets(self, host: str, port: int) -> bool:
        """Whether it is for this host, to the letter, and this port; `*` is not looked at here."""
        return self.host == host and self.port in (None, port)


@dataclass(frozen=True)
class Target:
    """Where a rule sends a connection. `named` is False where only `*` matched, so nobody vouched for the host
    itself."""

    address: str
    port: int
    named: bool


@dataclass(frozen=True)
class ConnectMap:
    """Rules in the order they were given. A rule for the name goes before one for its address; `*` competes with
    addresses by order."""

    rules: tuple[ConnectRule, ...] = ()

    @classmethod
    def parse(cls, rules: Iterable[str]) -> ConnectMap:
        """From `HOST[:PORT]=ADDRESS[:PORT]` texts. Raises ValueError that says what is wrong and what is allowed."""
        return cls(tuple(_rule(text) for text in rules))

    def find(self, host: str, port: int, address: str = "") -> tuple[str, int] | None:
        """The (address, port) a connection to this host goes to, or None where no rule speaks of it."""
        target = self.target(host, port, address)
        return (target.address, target.port) if target else None

    def target(self, host: str, port: int, address: str = "") -> Target | None:
        """Like `find`, and tells whether a rule named the host or its address."""
        name, known = _normal(host), _normal(address) if address else ""
        for rule in self.rules:
            if rule.meets(name, port):
                return Target(rule.to_address, rule.to_port or port, True)
        for rule in self.rules:
            if (known and rule.meets(known, port)) or rule.meets("*", port):
                return Target(rule.to_address, rule.to_port or port, rule.host != "*")
        return None

    def __bool__(self) -> bool:
        return bool(self.rules)


def split_host_port(text: str) -> tuple[str, int | None]:
    """`name`, `name:443`, `192.0.2.1:53`, `[2001:db8::1]:53`, `2001:db8::1`. Raises ValueError for a port outside 1 to
    65535."""
    text = text.strip()
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError(f"{text!r}: an IPv6 address needs both brackets, as in [2001:db8::1]:443")
        return host, _port(rest[1:], text) if rest else None
    if text.count(":") > 1:
        return text, None
    host, colon, port = text.partition(":")
    return host, _port(port, text) if colon else None


def _port(text: str, whole: str) -> int | None:
    if text == "*":
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65536):
        raise ValueError(f"{whole!r}: {text!r} is not a port; allowed are 1 to 65535, or * for any")
    return int(text)


def _normal(host: str) -> str:
    bare = host.strip().strip("[]")
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return comparable(bare)


def _join(host: str, port: int | None) -> str:
    shown = f"[{host}]" if ":" in host else host
    return shown if port is None else f"{shown}:{port}"


def _rule(text: str) -> ConnectRule:
    left, equals, right = text.partition("=")
    if not equals or not left.strip() or not right.strip():
        raise ValueError(f"connect rule {text!r} is not complete: {_SHAPE}")
    try:
        host, port = split_host_port(left)
        address, to_port = split_host_port(right)
    except ValueError as problem:
        raise ValueError(f"connect rule {text!r}: {problem}") from None
    if not host or any(char.isspace() or char in "/@" for char in host) or ("*" in host and host != "*"):
        raise ValueError(f"connect rule {text!r}: {host!r} is not a host; {_SHAPE}")
    try:
        to_ascii(host)
    except BadNameError as problem:
        raise ValueError(f"connect rule {text!r}: {host!r} is not a host: {problem}") from None
    try:
        target = str(ipaddress.ip_address(address))
    except ValueError:
        raise ValueError(f"connect rule {text!r}: {address!r} is not an IP address; {_SHAPE}") from None
    return ConnectRule(_normal(host), port, target, to_port)
