"""What `inspect` may be pointed at: read before anything is asked, so that a slip of the keyboard is told as one and
not as a dead host."""

from __future__ import annotations

import ipaddress
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from .say import note

Kind = Literal["url", "server", "domain", "name"]
ALLOWED: dict[Kind, str] = {
    "url": "a host such as www.example.com, or an http or https URL",
    "server": "HOST or HOST:PORT, such as www.example.com:8443",
    "domain": "a domain such as example.com, without scheme, path or port",
    "name": "a DNS name such as _dmarc.example.com, without scheme, path or port",
}
_LABEL = re.compile(r"(?!-)[a-z0-9_-]+(?<!-)", re.IGNORECASE)
_DNS_LABEL = re.compile(r"[a-z0-9_/-]+|\*", re.IGNORECASE)
"""Owner names are freer than host names: a wildcard's own record, and the slash of RFC 2317 section 4."""
_HALF_A_URL = re.compile(r"https?:/", re.IGNORECASE)
_JOINERS = "\u200c\u200d"
"""Part of some names' spelling (RFC 5892 appendix A); the name's own rules judge them."""
LONGEST = 4096
"""Octets of a line of standard input."""


@dataclass(frozen=True)
class Target:
    """What was given, and why it can be none; `problem` is empty where it can."""

    text: str
    problem: str = ""


def shown(text: str) -> str:
    """A target as an error may show it: on one line, and never longer than one."""
    return repr(text if len(text) <= 80 else f"{text[:77]}…")


def problem(kind: Kind, text: str) -> str:
    """What is wrong with a target and what is allowed; empty where nothing is."""
    found = _problem(kind, text)
    return f"{found}; expected {ALLOWED[kind]}" if found else ""


def given(arguments: Iterable[str], kind: Kind) -> Iterator[Target]:
    """The targets of the command line; `-` stands for the lines of standard input, without empty ones and remarks
    (#)."""
    for place, text in enumerate(arguments, 1):
        if text != "-":
            found = problem(kind, text)
            yield Target(text, f"argument {place}: {shown(text)} is not a valid target: {found}" if found else "")
            continue
        if sys.stdin.isatty():
            note("Type targets, one per line; end with Ctrl+D")
        yield from _lines(kind)


def _lines(kind: Kind) -> Iterator[Target]:
    from .batch import BadLineError, next_line

    number = 0
    while line := next_line(LONGEST):
        number += 1
        where = f"line {number} of standard input"
        if isinstance(line, BadLineError):
            yield Target(where, f"{where} is not a valid target: {line}; expected {ALLOWED[kind]}")
            continue
        word = line.partition(" #")[0].strip(" \t\r\n\f")
        if word and not word.startswith("#"):
            found = problem(kind, word)
            yield Target(word, f"{where}: {shown(word)} is not a valid target: {found}" if found else "")


def _problem(kind: Kind, text: str) -> str:
    if not text:
        return "it is empty"
    for char in text:
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and char not in _JOINERS:
            return f"it contains an invisible character (U+{ord(char):04X})"
        if char.isspace():
            return "it contains a space" + (", which is %20 in a URL" if kind == "url" and "://" in text else "")
    return _url_problem(text) if kind == "url" else _host_problem(kind, text)


def _url_problem(text: str) -> str:
    from ..failure import Failure
    from ..world.urls import locate

    if "://" not in text and _HALF_A_URL.match(text):
        return "// is missing after the scheme"
    url = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as broken:
        return f"it cannot be read as a URL: {broken}"
    if parts.scheme not in ("http", "https"):
        return f"{parts.scheme or 'that'} is not a supported scheme" if "://" in text else "it is not a URL"
    if not host:
        return "it names no host"
    if found := "" if _address(host) else _name_problem(host):
        return found
    located = locate(url)
    return located.detail if isinstance(located, Failure) else ""


def _host_problem(kind: Kind, text: str) -> str:
    from ..wire import split_host_port

    if "://" in text or _HALF_A_URL.match(text):
        host = text.partition("://")[2].partition("/")[0].rpartition("@")[2] if "://" in text else ""
        return "it is a URL" + (f"; write only the host: {host}" if host and not _problem(kind, host) else "")
    if "/" in text and not (kind == "name" and text.lower().rstrip(".").endswith(".in-addr.arpa")):
        return "it contains a path"
    if kind == "name":
        return _owner_problem(text)
    try:
        host, port = split_host_port(text)
    except ValueError as broken:
        return str(broken).removeprefix(f"{text!r}: ")
    if text.endswith(":*"):
        return "'*' is not a port; a port is a number from 1 to 65535"
    if kind == "domain":
        if _address(host):
            return "it is an IP address, not a registered domain"
        if port is not None:
            return "it contains a port"
    elif _address(host):
        return ""
    return _name_problem(host) or (
        "it is a single label, which cannot be registered" if kind == "domain" and "." not in host.strip(".") else ""
    )


def _owner_problem(text: str) -> str:
    if text == ".":
        return ""
    if address := _address(text):
        return f"it is an IP address: look up its name with -t PTR {address.reverse_pointer}"
    if ":" in text:
        return "it contains a port"
    return _name_problem(text, _DNS_LABEL)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _name_problem(name: str, label_form: re.Pattern[str] = _LABEL) -> str:
    """What keeps DNS from carrying a name (RFC 1035 section 2.3.4; RFC 5891 for other scripts); empty where nothing
    does."""
    from ..hostnames import LONGEST, LONGEST_LABEL, BadNameError, to_ascii

    bare = name.removesuffix(".")
    if not bare or ".." in f".{bare}.":
        return "it has an empty part between two dots" if ".." in name or name.startswith(".") else "it names no host"
    if not bare.isascii():
        try:
            bare = to_ascii(bare)
        except BadNameError as bad:
            return f"it is not a valid DNS name: {bad}"
    if len(bare) > LONGEST:
        return f"it has {len(bare)} characters; DNS allows {LONGEST}"
    for label in bare.split("."):
        if len(label) > LONGEST_LABEL:
            return f"{shown(label)} has {len(label)} characters; a label has at most {LONGEST_LABEL}"
        if not label_form.fullmatch(label):
            return f"{shown(label)} is not a valid part of a host name: use letters, digits and inner hyphens"
    return ""
