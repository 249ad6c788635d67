"""SPF macros (RFC 7208 section 7): %{d}, %{ir}, %{l1r-} and the like, expanded for one message."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import quote

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
MACRO = re.compile(
    r"%(?:\{(?P<letter>[A-Za-z])(?P<digits>\d*)(?P<reverse>[rR]?)(?P<delimiters>[.\-+,/_=]*)\}|(?P<sign>[%_-]))"
)
_SIGNS = {"%": "%", "_": " ", "-": "%20"}
_LONGEST = 253


def letters(text: str) -> frozenset[str]:
    """The macro letters that a text uses, lower case."""
    return frozenset(found["letter"].lower() for found in MACRO.finditer(text) if found["letter"])


def dotted(ip: Address) -> str:
    """%{i}: an IPv4 address as it is, an IPv6 address as 32 nibbles, upper case as the public test suite of RFC 7208
    writes them."""
    return str(ip) if ip.version == 4 else ".".join(ip.exploded.replace(":", "").upper())


def expand(text: str, values: Mapping[str, str]) -> str:
    """The text with every macro replaced. `values` has a text for each lower-case letter that the text uses."""

    def one(found: re.Match[str]) -> str:
        if found["sign"]:
            return _SIGNS[found["sign"]]
        value = values[found["letter"].lower()]
        if found["digits"] or found["reverse"] or found["delimiters"]:
            parts = re.split("[" + re.escape(found["delimiters"] or ".") + "]", value)
            if found["reverse"]:
                parts.reverse()
            if found["digits"]:
                parts = parts[-int(found["digits"]) :]
            value = ".".join(parts)
        return quote(value, safe="-._~") if found["letter"].isupper() else value

    return MACRO.sub(one, text)


def cut_to_name(name: str) -> str:
    """A name longer than DNS carries loses labels from the left until it fits (section 7.3)."""
    while len(name) > _LONGEST and "." in name:
        name = name.partition(".")[2]
    return name
