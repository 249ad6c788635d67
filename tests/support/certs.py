"""Certificates made at run time: an authority, intermediates, and leaves with any flaw."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Signed:
    """A certificate, its key, and the PEM of what a server would send above it."""

    cert: x509.Certificate
    key: Key
    above: bytes = b""

    @property
    def pem(self) -> bytes:
        return self.cert.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def issue(
    name: str,
    names: tuple[str, ...] = (),
    *,
    by: Signed | None = None,
    authority: bool = False,
    start: datetime = NOW - timedelta(days=1),
    end: datetime = NOW + timedelta(days=60),
    key: Key | None = None,
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    critical_names: bool = False,
) -> Signed:
    """One certificate; self-signed without `by`. `names` become its SAN, none leaves the SAN out."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    issuer = by.cert.subject if by else _name(name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if by:
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()), critical=False
        )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_general(one) for one in names]), critical=critical_names
        )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    cert = builder.sign((by.key if by else key), hashes.SHA256())
    above = by.pem + by.above if by and by.cert.issuer != by.cert.subject else b""
    return Signed(cert, key, above)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@lru_cache(maxsize=1)
def authority() -> Signed:
    """The authority the tests trust."""
    return issue("Test Authority", authority=True, end=NOW + timedelta(days=3650))


@lru_cache(maxsize=1)
def stranger() -> Signed:
    """An authority nobody trusts."""
    return issue("Unknown Authority", authority=True, end=NOW + timedelta(days=3650))


def server_context(leaf: Signed, *, chain: bytes | None = None, alpn: tuple[str, ...] = ()) -> ssl.SSLContext:
    """A server's context for this leaf; `chain` replaces the certificates sent above it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "server.pem"
        path.write_bytes(leaf.key_pem + leaf.pem + (leaf.above if chain is None else chain))
        context.load_cert_chain(path)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def ca_file(folder: Path, signed: Signed | None = None) -> Path:
    path = folder / "ca.pem"
    path.write_bytes((signed or authority()).pem)
    return path
