"""TLS contexts: whom we trust (Mozilla's list from certifi and the run's own CA file, never the system's store), made
once a process.

The system's store may fetch missing intermediate certificates by itself and so hide a broken chain.
"""

from __future__ import annotations

import functools
import ssl
from pathlib import Path

from .reach import Reach

HTTP_ALPN = ("http/1.1",)
LOOK_ALPN = ("h2", "http/1.1")

VERSIONS: dict[str, ssl.TLSVersion] = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}


def verifying_context(reach: Reach, alpn: tuple[str, ...]) -> ssl.SSLContext:
    """A shared context that verifies chain and name. Raises ValueError for a CA file that cannot be used. First time
    20 to 80 ms."""
    return _verifying(reach.ca_file, _changed(reach.ca_file), alpn, lenient=False)


def lenient_context(reach: Reach, alpn: tuple[str, ...]) -> ssl.SSLContext:
    """Verifies as `verifying_context`, but speaks old protocol versions and weak ciphers too: to judge the certificate
    of an old server."""
    return _verifying(reach.ca_file, _changed(reach.ca_file), alpn, lenient=True)


def _changed(path: Path | None) -> int:
    try:
        return path.stat().st_mtime_ns if path is not None else 0
    except OSError as problem:
        raise ValueError(f"{path}: could not read the CA file ({problem.strerror})") from None


@functools.lru_cache(maxsize=16)
def _verifying(path: Path | None, changed: int, alpn: tuple[str, ...], *, lenient: bool) -> ssl.SSLContext:
    import certifi

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.hostname_checks_common_name = False  # no browser reads a name from the subject (RFC 9525 section 2)
    if lenient:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.load_verify_locations(certifi.where())
    if path is not None:
        try:
            context.load_verify_locations(path)
        except (OSError, ssl.SSLError) as problem:
            raise ValueError(f"{path}: no PEM certificates to trust in this file ({problem})") from None
    context.set_alpn_protocols(list(alpn))
    return context


@functools.lru_cache(maxsize=4)
def looking_context(alpn: tuple[str, ...]) -> ssl.SSLContext:
    """A shared context that accepts any certificate, to look at what is wrong with it. Never carries a request."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_alpn_protocols(list(alpn))
    return context


@functools.lru_cache(maxsize=4)
def version_context(version: str) -> ssl.SSLContext | None:
    """A context that offers exactly one protocol version, at the lowest security level; None where the local OpenSSL
    cannot."""
    wanted = VERSIONS[version]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.maximum_version = wanted
        context.minimum_version = wanted
    except (ssl.SSLError, ValueError):
        return None
    return context if _can_greet(context) else None


def _can_greet(context: ssl.SSLContext) -> bool:
    """Whether OpenSSL produces a ClientHello at all: a build without this version, or a system policy against it,
    fails right here."""
    inward, outward = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        context.wrap_bio(inward, outward, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        return outward.pending > 0
    except ssl.SSLError:
        return False
    return False
