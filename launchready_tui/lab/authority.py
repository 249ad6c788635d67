"""The lab's own certificate authority: P-256, sane serials and lifetimes, made anew at every start and trusted by
nobody else."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(days=90)
LEFT = timedelta(days=60)
SECOND_AT = "http://rdap.nic.test/ca2.cer"
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


def _name(text: str, organisation: str = "Demo Market Lab") -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation), x509.NameAttribute(NameOID.COMMON_NAME, text)]
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


class Authority:
    """Issues server certificates. All validity counts from `now`."""

    def __init__(self, now: datetime) -> None:
        self.now = now.replace(microsecond=0)
        self._key = ec.generate_private_key(ec.SECP256R1())
        # One key for all leaves: making keys is most of the cost of a start, and a demo has nothing to protect.
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())
        public = self._key.public_key()
        name = _name("Demo Market Lab CA")
        self._certificate = self._for_an_authority(name, public, path_length=1).sign(self._key, hashes.SHA256())
        self._second_key = ec.generate_private_key(ec.SECP256R1())
        self._second = self._between(_name("Demo Market Lab CA 2"), self._second_key)

    def _between(self, name: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
        """An authority below the first."""
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        made = self._for_an_authority(name, key.public_key(), path_length=0).add_extension(above, critical=False)
        return made.sign(self._key, hashes.SHA256())

    def _for_an_authority(
        self, name: x509.Name, public: ec.EllipticCurvePublicKey | rsa.RSAPublicKey, *, path_length: int
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(_name("Demo Market Lab CA"))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - timedelta(days=60))
            .not_valid_after(self.now + timedelta(days=300))
            .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
            .add_extension(_AUTHORITY_USE, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )

    def _of_old(self) -> bytes:
        """An authority's certificate signed with SHA-1, as servers go on sending for years. No library signs so any
        more: the name of the algorithm is written in, and since no client needs this certificate, none finds that the
        signature fits no longer."""
        old = rsa.generate_private_key(65537, 2048)
        made = self._for_an_authority(_name("Demo Market Lab Old CA"), old.public_key(), path_length=0).sign(
            old, hashes.SHA256()
        )
        with_sha256, with_sha1 = bytes.fromhex("06092a864886f70d01010b"), bytes.fromhex("06092a864886f70d010105")
        der = made.public_bytes(serialization.Encoding.DER).replace(with_sha256, with_sha1)
        return ssl.DER_cert_to_PEM_cert(der).encode("ascii")

    @property
    def second(self) -> bytes:
        """The authority between that a server may forget to send, as DER; certificates say that it lies at
        SECOND_AT."""
        return self._second.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> str:
        """The authority's own certificate, for a client's trust store."""
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")

    def issue(
        self,
        names: Sequence[str],
        *,
        left: timedelta = LEFT,
        lifetime: timedelta = LIFETIME,
        must_staple: bool = False,
        style: str = "usual",
    ) -> bytes:
        """A certificate for these DNS names with `left` to run of `lifetime`: its key and what is sent, as PEM.
        `style`: of STYLES."""
        own = ec.generate_private_key(ec.SECP521R1()) if style == "odd-key" else self._leaf_key
        public = own.public_key()
        issuer, signer, between = self._certificate.subject, self._key, b""
        if style == "self-signed":
            issuer, signer = _name(names[0]), own
        elif style == "chain-missing":
            issuer, signer = self._second.subject, self._second_key
        elif style == "unlogged":
            issuer, signer = _name("R99", "Let's Encrypt"), ec.generate_private_key(ec.SECP256R1())
            between = _pem(self._between(issuer, signer))
        elif style == "weak-chain":
            between = self._of_old()
        ends = self.now + left
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(names[0]))
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(ends - lifetime)
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_SERVER_USE, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        )
        if style == "chain-missing":
            place = x509.UniformResourceIdentifier(SECOND_AT)
            told = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, place)
            builder = builder.add_extension(x509.AuthorityInformationAccess([told]), critical=False)
        if must_staple:
            builder = builder.add_extension(x509.TLSFeature([x509.TLSFeatureType.status_request]), critical=False)
        key = own.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return key + _pem(builder.sign(signer, hashes.SHA256())) + between


MODERN = ("h2", "http/1.1")
STYLES = ("usual", "odd-key", "weak-chain", "chain-missing", "self-signed", "unlogged")
"""What is out of the ordinary with a certificate: a curve that few browsers know, an old certificate of SHA-1 sent
along, the authority between not sent, nobody's word but its own, and the name of a public authority without the time
stamps of the public logs."""


def server_context(
    identity: bytes,
    *,
    old_protocols: bool = False,
    alpn: tuple[str, ...] = MODERN,
    newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
) -> ssl.SSLContext:
    """A TLS server with this key and certificate. `old_protocols` opens TLS 1.0 and 1.1 as well, as forgotten servers
    do."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")  # so that it loads what a careful server would not
    context.maximum_version = newest
    context.set_alpn_protocols(list(alpn))
    # ssl takes a key only from a file; it exists for this one call, readable by its owner alone.
    handle, path = tempfile.mkstemp(prefix="launchready-lab-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(identity)
        context.load_cert_chain(path)
    finally:
        Path(path).unlink()
    _set_floor(context, old_protocols=old_protocols)
    return context


def _set_floor(context: ssl.SSLContext, *, old_protocols: bool) -> None:
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
        self._issued: dict[tuple[tuple[str, ...], timedelta, timedelta, bool, str], bytes] = {}
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
        style: str = "usual",
        newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
    ) -> None:
        """Shows a certificate for these names from now on, and the same one to who asks for any other name or for
        none."""
        asked = (tuple(names), left, lifetime, must_staple, style)
        if asked not in self._issued:
            self._issued[asked] = self._authority.issue(
                names, left=left, lifetime=lifetime, must_staple=must_staple, style=style
            )
        chosen = server_context(self._issued[asked], old_protocols=old_protocols, alpn=alpn, newest=newest)
        self.context.maximum_version = newest
        self.context.set_alpn_protocols(list(alpn))
        self._by_name = dict.fromkeys(names, chosen)
        self._default = chosen
        # The floor belongs to the context that was listening when the connection came, the certificate to the one
        # chosen.
        _set_floor(self.context, old_protocols=old_protocols)

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        chosen = self._by_name.get((name or "").lower(), self._default)
        if chosen is not None:
            connection.context = chosen
