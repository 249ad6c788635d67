"""The lab's own certificate authority: P-256, sane serials and lifetimes, made anew at every start and trusted by nobody else."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(days=90)
LEFT = timedelta(days=60)
_SERVER_USE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
_AUTHORITY_USE = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Demo Market Lab"), x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """Issues server certificates. All validity counts from `now`."""

    def __init__(self, now: datetime) -> None:
        self.now = now.replace(microsecond=0)
        self._key = ec.generate_private_key(ec.SECP256R1())
        # One key for all leaves: making keys is most of the cost of a start, and a demo has nothing to protect.
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())
        public = self._key.public_key()
        name = _name("Demo Market Lab CA")
        self._certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - timedelta(days=60))
            .not_valid_after(self.now + timedelta(days=300))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_AUTHORITY_USE, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        """The authority's own certificate, for a client's trust store."""
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")

    def issue(self, names: Sequence[str], *, left: timedelta = LEFT, lifetime: timedelta = LIFETIME, must_staple: bool = False) -> bytes:
        """A certificate for these DNS names with `left` to run of `lifetime`: its key and the certificate, as PEM."""
        public = self._leaf_key.public_key()
        ends = self.now + left
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(names[0]))
            .issuer_name(self._certificate.subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(ends - lifetime)
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_SERVER_USE, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if must_staple:
            builder = builder.add_extension(x509.TLSFeature([x509.TLSFeatureType.status_request]), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        key = self._leaf_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return key + certificate.public_bytes(serialization.Encoding.PEM)


MODERN = ("h2", "http/1.1")


def server_context(identity: bytes, *, old_protocols: bool = False, alpn: tuple[str, ...] = MODERN) -> ssl.SSLContext:
    """A TLS server with this key and certificate. `old_protocols` opens TLS 1.0 and 1.1 as well, as forgotten servers do."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    set_floor(context, old_protocols=old_protocols)
    context.set_alpn_protocols(list(alpn))
    # ssl takes a key only from a file; it exists for this one call, readable by its owner alone.
    handle, path = tempfile.mkstemp(prefix="launchready-lab-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(identity)
        context.load_cert_chain(path)
    finally:
        Path(path).unlink()
    return context


def set_floor(context: ssl.SSLContext, *, old_protocols: bool) -> None:
    """TLS 1.2 and 1.3, or everything from TLS 1.0; holds for connections that come after it."""
    if old_protocols:
        context.set_ciphers("ALL:@SECLEVEL=0")
        # ssl warns of the old versions as such; here they are the flaw that is asked for.
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
    else:
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")


class Identities:
    """Which certificate a server shows for which name (SNI); can be changed while it serves."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._issued: dict[tuple[tuple[str, ...], timedelta, timedelta, bool], bytes] = {}
        self._by_name: dict[str, ssl.SSLContext] = {}
        self._default: ssl.SSLContext | None = None
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        """The one to listen with."""
        self.context.set_alpn_protocols(list(MODERN))
        self.context.sni_callback = self._choose

    def show(
        self,
        names: Sequence[str],
        *,
        left: timedelta = LEFT,
        lifetime: timedelta = LIFETIME,
        old_protocols: bool = False,
        must_staple: bool = False,
        alpn: tuple[str, ...] = MODERN,
    ) -> None:
        """Shows a certificate for these names from now on, and the same one to who asks for any other name or for none."""
        asked = (tuple(names), left, lifetime, must_staple)
        if asked not in self._issued:
            self._issued[asked] = self._authority.issue(names, left=left, lifetime=lifetime, must_staple=must_staple)
        chosen = server_context(self._issued[asked], old_protocols=old_protocols, alpn=alpn)
        self.context.set_alpn_protocols(list(alpn))
        self._by_name = dict.fromkeys(names, chosen)
        self._default = chosen
        # The floor belongs to the context that was listening when the connection came, the certificate to the one chosen.
        set_floor(self.context, old_protocols=old_protocols)

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        chosen = self._by_name.get((name or "").lower(), self._default)
        if chosen is not None:
            connection.context = chosen
