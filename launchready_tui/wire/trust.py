"""TLS contexts: whom we trust (Mozilla's list from certifi and the run's own CA file, never the system's store), made
once a process.

The system's store may fetch missing intermediate certificates by itself and so hide a broken chain. Where SSL_CERT_FILE
or SSL_CERT_DIR is set, it names the authorities in place of Mozilla's list, as it does for OpenSSL, curl and Python.
"""

from __future__ import annotations

import functools
import os
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
    return _verifying(reach.ca_file, _changed(reach.ca_file), named(), alpn, lenient=False)


def lenient_context(reach: Reach, alpn: tuple[str, ...]) -> ssl.SSLContext:
    """Verifies as `verifying_context`, but speaks old protocol versions and weak ciphers too: to judge the certificate
    of an old server."""
    return _verifying(reach.ca_file, _changed(reach.ca_file), named(), alpn, lenient=True)


def completed_context(reach: Reach, alpn: tuple[str, ...], between: bytes) -> ssl.SSLContext:
    """A context of its own that verifies as `lenient_context` and knows these intermediates (DER, one after the other)
    as well. They lead to a trusted root or to nothing: none of them is trusted by itself. 20 to 80 ms."""
    context = _verifying.__wrapped__(reach.ca_file, 0, named(), alpn, lenient=True)
    context.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=between)
    return context


def named() -> tuple[str, str]:
    """SSL_CERT_FILE and SSL_CERT_DIR of the environment, empty where they are not set."""
    return os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", "")


def load_roots(context: ssl.SSLContext, ca_file: str | Path | None) -> None:
    """Has the context trust Mozilla's list, or what SSL_CERT_FILE and SSL_CERT_DIR name in its place, and the run's own
    file. Raises ValueError, naming the file, for one that cannot be used."""
    import certifi

    file, folder = named()
    if not (file or folder):
        context.load_verify_locations(certifi.where())
    for path in (file, ca_file):
        if path:
            try:
                context.load_verify_locations(path)
            except (OSError, ssl.SSLError) as problem:
                raise ValueError(f"{path}: no PEM certificates to trust in this file ({problem})") from None
    if folder:
        context.load_verify_locations(capath=folder)


def _changed(path: Path | None) -> int:
    try:
        return path.stat().st_mtime_ns if path is not None else 0
    except OSError as problem:
        raise ValueError(f"{path}: could not read the CA file ({problem.strerror})") from None


@functools.lru_cache(maxsize=16)
def _verifying(
    path: Path | None, changed: int, environment: tuple[str, str], alpn: tuple[str, ...], *, lenient: bool
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.hostname_checks_common_name = False  # no browser reads a name from the subject (RFC 9525 section 2)
    if lenient:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    load_roots(context, path)
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


_OFFERS: dict[str, str] = {
    "forward": "ECDHE+AESGCM:ECDHE+CHACHA20",
    "cbc": "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA",
    "static": "AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA:AES256-SHA",
    "dhe": "kDHE:!aNULL",
}
"""What the hellos of Chrome 131 and Safari 18 contain for TLS 1.2, in kinds; DHE is in neither."""


@functools.lru_cache(maxsize=8)
def cipher_context(kind: str, level: int = 0) -> ssl.SSLContext:
    """A context that offers one kind of cipher suites in TLS 1.2, `forward` TLS 1.3 as well, and accepts any
    certificate. At level 2 it ends a handshake with a Diffie-Hellman group below 2048 bits."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(f"{_OFFERS[kind]}:@SECLEVEL={level}")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if kind != "forward":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
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
