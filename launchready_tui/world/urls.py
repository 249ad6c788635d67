"""Addresses as the web client reads them, so that what is followed is what is asked.

Our own reading, for two reasons: a host in another script has one form in ASCII here (`hostnames`), and what a browser
would ask for is told apart from what it would refuse, with the reason. Paths and queries are quoted as WHATWG's URL
standard has it (section 1.3), what is quoted already stays.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urljoin

from ..failure import Failure
from ..hostnames import to_ascii
from ..wire import is_address

LONGEST = 65_536
_PORTS = {"http": 80, "https": 443}
_NO_HOST = re.compile(r"https?:/*", re.IGNORECASE)
_HOST = re.compile(r"(?!.{254})[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*")
_URL = re.compile(
    r"(?:(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*):)?(?://(?P<authority>[^/?#]*))?(?P<path>[^?#]*)(?P<query>\?[^#]*)?"
)
"""RFC 3986 appendix B, without the fragment."""
_AUTHORITY = re.compile(r"(?:.*@)?(?P<host>\[.*\]|[^:@]*)(?::(?P<port>.*))?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+){3}")
_NOT_IN_PATH = re.compile(r"[^!$-;=@-_a-z|~]")
_NOT_IN_QUERY = re.compile(r"[^!$-;=?-~]")


@dataclass(frozen=True)
class Located:
    """A URL that can be asked for: normalised, without fragment and user part, the host in ASCII."""

    url: str
    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them (RFC 9110 section 7.2): the scheme's own port is left out."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return shown if self.port == _PORTS[self.scheme] else f"{shown}:{self.port}"

    @property
    def target(self) -> str:
        """Path and query, in ASCII."""
        return self.url.removeprefix(f"{self.scheme}://{self.authority}")


def locate(url: str) -> Located | Failure:
    """Reads an absolute http or https URL; `protocol` with the reason where it is none."""
    text = url.strip()
    try:
        scheme, host, port, target = _read(text)
    except ValueError as problem:
        return Failure(kind="protocol", detail=f"not a URL: {problem}", target=url)
    if scheme not in _PORTS:
        return Failure(kind="protocol", detail=f"{scheme or 'no'} scheme, not http or https", target=url)
    if not (is_address(host) or _HOST.fullmatch(host)):
        return Failure(kind="protocol", detail=f"{host!r} is not a host name" if host else "no host", target=url)
    if port is not None and not 0 < port < 65536:
        return Failure(kind="protocol", detail=f"port {port} does not exist", target=url)
    found = Located("", scheme, host, port or _PORTS[scheme])
    return Located(f"{scheme}://{found.authority}{target}", scheme, host, found.port)


def _read(url: str) -> tuple[str, str, int | None, str]:
    """Scheme, host, port and target of a URL of any scheme. Raises ValueError that says what is wrong."""
    if len(url) > LONGEST:
        raise ValueError(f"it has {len(url)} characters")
    control = _CONTROL.search(url)
    if control:
        raise ValueError(f"it contains the control character {control[0]!r}")
    parts = _URL.match(url)
    assert parts is not None  # each part may be empty
    host, port = _host_and_port(parts["authority"] or "")
    path = _without_dots(parts["path"])
    if host and path and not path.startswith("/"):
        raise ValueError("its path does not start with /")
    query = parts["query"] or ""
    target = (_NOT_IN_PATH.sub(_quoted, path) or "/") + query[:1] + _NOT_IN_QUERY.sub(_quoted, query[1:])
    return (parts["scheme"] or "").lower(), host, port, target


def _host_and_port(authority: str) -> tuple[str, int | None]:
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise ValueError(f"{authority!r} is not a host and a port")
    host, port = parts["host"], parts["port"] or ""
    if port and not re.fullmatch(r"[0-9]{1,9}", port):
        raise ValueError(f"{port!r} is not a port")
    return _host(host), int(port) if port else None


def _host(host: str) -> str:
    if host.startswith("["):
        try:
            ipaddress.IPv6Address(host[1:-1])
        except ValueError:
            raise ValueError(f"{host!r} is not an IPv6 address") from None
        return host[1:-1]
    if _NUMBERS.fullmatch(host):
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            raise ValueError(f"{host!r} is not an IPv4 address") from None
    if "[" in host or "]" in host:
        raise ValueError(f"{host!r} has a bracket that belongs to no IPv6 address")
    # A host of ASCII is judged by the caller, who names the whole of it.
    return host.lower().removesuffix(".") if host.isascii() else to_ascii(host)


def _without_dots(path: str) -> str:
    """RFC 3986 section 5.2.4."""
    if "." not in path:
        return path
    out: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if out and out != [""]:
                out.pop()
        elif part != ".":
            out.append(part)
    return "/".join(out)


def _quoted(match: re.Match[str]) -> str:
    return "".join(f"%{octet:02X}" for octet in match[0].encode())


def resolve(base: str, reference: str) -> str:
    """A Location value or link (Latin-1 as read off the wire, UTF-8 inside) against its page. Raises ValueError where
    that is no URL."""
    if _NO_HOST.fullmatch(reference.strip()):
        raise ValueError("a URL without host")  # urljoin would take it for the page itself
    with contextlib.suppress(UnicodeError):  # not UTF-8 in disguise: taken as it stands
        reference = reference.encode("latin-1").decode()
    return urljoin(base, reference.strip(" \t\r\n\f"))
