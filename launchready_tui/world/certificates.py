"""Reads certificates as they come: what can be read is told, what is garbled is left out, and only an unreadable one
is an error."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeVar

from .sights import Certificate

if TYPE_CHECKING:
    from cryptography import x509

T = TypeVar("T")
_STATUS_REQUEST = 5
"""TLS feature number of must-staple (RFC 7633)."""
_USES = {
    "1.3.6.1.5.5.7.3.1": "serverAuth",
    "1.3.6.1.5.5.7.3.2": "clientAuth",
    "2.5.29.37.0": "anyExtendedKeyUsage",
}
"""RFC 5280 section 4.2.1.12."""


def read_certificate(der: bytes) -> Certificate:
    """One certificate from DER. Raises ValueError where it cannot be read at all."""
    from cryptography import x509

    with warnings.catch_warnings():
        # Odd serial numbers and key parameters make the library warn; here they are sights, not our mistakes.
        warnings.simplefilter("ignore")
        try:
            return _read(x509.load_der_x509_certificate(der))
        except ValueError as problem:
            raise ValueError(f"unreadable certificate: {problem}") from None
        except Exception as problem:  # noqa: BLE001 - a parser of foreign octets may raise anything; all of it means the same
            raise ValueError(f"unreadable certificate: {type(problem).__name__}") from None


def issuers_in(body: bytes) -> list[bytes]:
    """The certificates that an AIA address hands out, as DER: one certificate, or a certs-only message (RFC 5280
    section 4.2.2.1); PEM is met as well. Empty where it holds none."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

    def read() -> list[x509.Certificate]:
        if body.lstrip().startswith(b"-----BEGIN CERT"):
            return x509.load_pem_x509_certificates(body)
        try:
            return [x509.load_der_x509_certificate(body)]
        except ValueError:
            return pkcs7.load_der_pkcs7_certificates(body)

    nothing: list[x509.Certificate] = []
    return [one.public_bytes(Encoding.DER) for one in _or(read, nothing)]


def _read(found: x509.Certificate) -> Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    key, bits = _key(found)
    nowhere: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    ca_issuers, ocsp = _or(lambda: _access(found), nowhere)
    subject = _or(lambda: found.subject.rfc4514_string(), "")
    issuer = _or(lambda: found.issuer.rfc4514_string(), "")
    return Certificate(
        subject=subject,
        issuer=issuer,
        names=_or(lambda: _names(found), ()),
        not_before=found.not_valid_before_utc,
        not_after=found.not_valid_after_utc,
        serial=_or(lambda: f"{found.serial_number:x}", ""),
        key=key,
        key_bits=bits,
        signature_hash=_or(lambda: _hash(found), ""),
        self_signed=_or(lambda: found.issuer == found.subject and _signed_by_itself(found), False),
        ca_issuers=ca_issuers,
        ocsp=ocsp,
        scts=_or(lambda: len(list(_extension(found, x509.PrecertificateSignedCertificateTimestamps))), 0),
        must_staple=_or(lambda: any(f.value == _STATUS_REQUEST for f in _extension(found, x509.TLSFeature)), False),
        usages=_or(
            lambda: tuple(
                _USES.get(one.dotted_string, one.dotted_string) for one in _extension(found, x509.ExtendedKeyUsage)
            ),
            (),
        ),
        sha256=found.fingerprint(hashes.SHA256()).hex(),
        key_sha256=_or(lambda: _key_sha256(found), ""),
    )


def _or(read: Callable[[], T], otherwise: T) -> T:
    try:
        return read()
    except Exception:  # noqa: BLE001 - a missing or garbled part of foreign octets, whatever the parser calls it
        return otherwise


E_ = TypeVar("E_", bound="x509.ExtensionType")


def _extension(found: x509.Certificate, kind: type[E_]) -> E_:
    return found.extensions.get_extension_for_class(kind).value


def _names(found: x509.Certificate) -> tuple[str, ...]:
    from cryptography import x509

    names: list[str] = []
    for one in _extension(found, x509.SubjectAlternativeName):
        if isinstance(one, x509.DNSName):
            names.append(one.value.lower())
        elif isinstance(one, x509.IPAddress):
            names.append(str(one.value))
    return tuple(names)


def _access(found: x509.Certificate) -> tuple[tuple[str, ...], tuple[str, ...]]:
    from cryptography import x509
    from cryptography.x509.oid import AuthorityInformationAccessOID as Access

    issuers: list[str] = []
    ocsp: list[str] = []
    for one in _extension(found, x509.AuthorityInformationAccess):
        if isinstance(one.access_location, x509.UniformResourceIdentifier):
            if one.access_method == Access.CA_ISSUERS:
                issuers.append(one.access_location.value)
            elif one.access_method == Access.OCSP:
                ocsp.append(one.access_location.value)
    return tuple(issuers), tuple(ocsp)


def _key(found: x509.Certificate) -> tuple[Literal["rsa", "ec", "ed25519", "other"], int]:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    key = _or(found.public_key, None)
    if isinstance(key, rsa.RSAPublicKey):
        return "rsa", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "ec", key.key_size
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "ed25519", 256
    return "other", int(getattr(key, "key_size", 0))


def _key_sha256(found: x509.Certificate) -> str:
    import hashlib

    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(found.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _hash(found: x509.Certificate) -> str:
    algorithm = found.signature_hash_algorithm
    return algorithm.name if algorithm else ""


def _signed_by_itself(found: x509.Certificate) -> bool:
    found.verify_directly_issued_by(found)
    return True
