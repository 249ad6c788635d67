"""Certificates made at run time: an authority, intermediates, and leaves with any flaw."""

from __future__ import annotations

import base64
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
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)] if text else [])


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


OAKLEY_2 = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B"
    "302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6"
    "49286651ECE65381FFFFFFFFFFFFFFFF",
    16,
)
"""The 1024-bit group of RFC 2409 section 6.2."""
FFDHE_2048 = int(
    "FFFFFFFFFFFFFFFFADF85458A2BB4A9AAFDC5620273D3CF1D8B9C583CE2D3695A9E13641146433FBCC939DCE249B3EF97D2FE363630C75D8"
    "F681B202AEC4617AD3DF1ED5D5FD65612433F51F5F066ED0856365553DED1AF3B557135E7F57C935984F0C70E0E68B77E2A689DAF3EFE872"
    "1DF158A136ADE73530ACCA4F483A797ABC0AB182B324FB61D108A94BB2C8E3FBB96ADAB760D7F4681D4F42A3DE394DF4AE56EDE76372BB19"
    "0B07A7C8EE0A6D709E02FCE1CDF7E2ECC03404CD28342F619172FE9CE98583FF8E4F1232EEF28183C3FE3B1B4C6FAD733BB5FCBC2EC22005"
    "C58EF1837D1683B2C6F34A26C1B2EFFA886B423861285C97FFFFFFFFFFFFFFFF",
    16,
)
"""The 2048-bit group of RFC 7919."""


def group_file(path: Path, prime: int) -> Path:
    """A file of Diffie-Hellman parameters, as servers read it."""
    number = b"\0" + prime.to_bytes((prime.bit_length() + 7) // 8, "big")
    inner = _der(0x02, number) + _der(0x02, b"\x02")
    text = base64.encodebytes(_der(0x30, inner)).decode()
    path.write_text(f"-----BEGIN DH PARAMETERS-----\n{text}-----END DH PARAMETERS-----\n")
    return path


def _der(tag: int, content: bytes) -> bytes:
    """One element (X.690): its tag, its length, its content."""
    size = len(content)
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag]) + (octets if size < 128 else bytes([0x80 | len(octets)]) + octets) + content
