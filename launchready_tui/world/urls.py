"""Addresses as the web client reads them, so that what is followed is what is asked."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from urllib.parse import urljoin

import httpx

from ..failure import Failure
from ..hostnames import with_ascii_host
from ..wire import is_address

_NO_HOST = re.compile(r"https?:/*", re.IGNORECASE)
_HOST = re.compile(r"(?!.{254})[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*")


@dataclass(frozen=True)
class Located:
    """A URL that can be asked for: normalised, without fragment and user part, the host in ASCII."""

    url: str
    scheme: str
    host: str
    port: int


def locate(url: str) -> Located | Failure:
    """Reads an absolute http or https URL; `protocol` with the reason where it is none."""
    try:
        parsed = httpx.URL(with_ascii_host(url.strip()))
        host = parsed.raw_host.decode("ascii").removesuffix(".")
        port = parsed.port
    except (httpx.InvalidURL, ValueError, UnicodeError, TypeError) as problem:
        return Failure(kind="protocol", detail=f"not a URL: {problem}", target=url)
    if parsed.scheme not in ("http", "https"):
        return Failure(kind="protocol", detail=f"{parsed.scheme or 'no'} scheme, not http or https", target=url)
    if not (is_address(host) or _HOST.fullmatch(host)):
        return Failure(kind="protocol", detail=f"{host!r} is not a host name" if host else "no host", target=url)
    if port is not None and not 0 < port < 65536:
        return Failure(kind="protocol", detail=f"port {port} does not exist", target=url)
    plain = parsed.copy_with(fragment=None, userinfo=b"", host=host, raw_path=parsed.raw_path)
    return Located(str(plain), parsed.scheme, host, port or (443 if parsed.scheme == "https" else 80))


def resolve(base: str, reference: str) -> str:
    """A Location value or link (Latin-1 as read off the wire, UTF-8 inside) against its page. Raises ValueError where
    that is no URL."""
    if _NO_HOST.fullmatch(reference.strip()):
        raise ValueError("a URL without host")  # urljoin would take it for the page itself
    with contextlib.suppress(UnicodeError):  # not UTF-8 in disguise: taken as it stands
        reference = reference.encode("latin-1").decode()
    return urljoin(base, reference.strip(" \t\r\n\f"))
