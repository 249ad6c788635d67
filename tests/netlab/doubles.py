"""The gallery's servers, and doubles of the public services that the product asks by their real names: RDAP,
certificate logs, networks.

They are found through the private internet's own name servers; the product is not told of them.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from gallery import DOMAIN, ELDER, EXHIBITS, zone_rows
from netmarket import WEB

from launchready_tui.lab.authority import Authority

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
NOW = datetime.now(UTC).replace(microsecond=0)
REGISTRY = "rdap.verisign.com"
"""The registry of .com, by the bundled bootstrap."""
OWN_REGISTRY = "rdap.own-registry.test"
"""The registry that a launch file names for a top-level domain of its own."""
LOGS = ("crt.sh", "api.certspotter.com")
SERVICES = (REGISTRY, OWN_REGISTRY, "rdap.registrar.test", *LOGS)


def zones(soa: str) -> dict[str, str]:
    """The root: the gallery, the services, and the companies that its hosts are aliases of; and two registries under
    .test."""
    rows = [
        *zone_rows(),
        *(f"{name}. A {WEB}" for name in ("cname.vercel-dns.com", "gone-gallery.github.io", REGISTRY, *LOGS)),
        '10.113.0.203.origin.asn.cymru.com. TXT "64500 | 203.0.113.0/24 | ZZ | other | 2026-01-01"',
        'AS64500.asn.cymru.com. TXT "64500 | ZZ | other | 2026-01-01 | EXAMPLE-NET A network for documents"',
    ]
    head = f"$TTL 300\n{soa}"
    return {
        ".": head + "\n".join([*rows, ""]),
        **{f"{name}.test": f"{head}rdap A {WEB}\n" for name in ("own-registry", "registrar")},
    }


# Certificates


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(key: Key, *certificates: x509.Certificate) -> bytes:
    kind = serialization.Encoding.PEM
    secret = key.private_bytes(kind, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return secret + b"".join(one.public_bytes(kind) for one in certificates)


def _issue(
    subject: str,
    key: Key,
    by: tuple[x509.Name, Key],
    *,
    start: timedelta = timedelta(days=-10),
    end: timedelta = timedelta(days=80),
    more: tuple[str, ...] = (),
    authority: bool = False,
    above: str = "",
) -> x509.Certificate:
    issuer, signer = by
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + start)
        .not_valid_after(NOW + end)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if not authority:
        names = [x509.DNSName(one) for one in (subject, *more)]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    if above:
        place = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(above))
        builder = builder.add_extension(x509.AuthorityInformationAccess([place]), critical=False)
    return builder.sign(signer, hashes.SHA256())


class Mint:
    """Certificates of every kind that an exhibit shows; `roots` is what the product is told to trust."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._root_key = ec.generate_private_key(ec.SECP256R1())
        self._root = _issue(
            "Gallery Root",
            self._root_key,
            (_name("Gallery Root"), self._root_key),
            authority=True,
            end=timedelta(days=900),
        )
        self._by = (self._root.subject, self._root_key)
        self._middle_key = ec.generate_private_key(ec.SECP256R1())
        self._middle = _issue("Gallery Middle", self._middle_key, self._by, authority=True, end=timedelta(days=800))
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._old_key = rsa.generate_private_key(65537, 2048)
        self._old = _issue(
            "Old Root", self._old_key, (_name("Old Root"), self._old_key), authority=True, end=timedelta(days=900)
        )

    @property
    def middle(self) -> bytes:
        """The authority between, as DER."""
        return self._middle.public_bytes(serialization.Encoding.DER)

    @property
    def roots(self) -> str:
        return "".join(one.public_bytes(serialization.Encoding.PEM).decode("ascii") for one in (self._root, self._old))

    def _sha1(self, host: str) -> bytes:
        """A certificate signed as nobody signs any more: no library does it, so a good one is signed again over its
        changed text."""
        good = _issue(host, self._key, (self._old.subject, self._old_key))
        new, old = (
            bytes.fromhex(f"06092a864886f70d0101{last}") for last in ("0b", "05")
        )  # sha256WithRSA and sha1WithRSA, RFC 8017
        told = good.tbs_certificate_bytes.replace(new, old)
        whole = (
            good.public_bytes(serialization.Encoding.DER).replace(good.tbs_certificate_bytes, told).replace(new, old)
        )
        signed = self._old_key.sign(told, padding.PKCS1v15(), hashes.SHA1())  # the flaw that is asked for
        return _pem(self._key, x509.load_der_x509_certificate(whole.replace(good.signature, signed)))

    def make(self, kind: str, host: str) -> bytes:
        middle = (self._middle.subject, self._middle_key)
        match kind:
            case "stranger":
                key = ec.generate_private_key(ec.SECP256R1())
                return _pem(self._key, _issue(host, self._key, (_name("Nobody Knows"), key)))
            case "itself":
                return _pem(self._key, _issue(host, self._key, (_name(host), self._key)))
            case "half-chain" | "chain":
                leaf = _issue(host, self._key, middle, above=f"http://{DOMAIN}/middle.crt")
                return _pem(self._key, leaf, *([self._middle] if kind == "chain" else []))
            case "small-key" | "big-key":
                key_ = rsa.generate_private_key(65537, 1024 if kind == "small-key" else 5120)
                return _pem(key_, _issue(host, key_, self._by))
            case "sha1":
                return self._sha1(host)
            case "tomorrow":
                return _pem(self._key, _issue(host, self._key, self._by, start=timedelta(days=2)))
            case "long-life":
                return _pem(
                    self._key, _issue(host, self._key, self._by, start=timedelta(days=-10), end=timedelta(days=490))
                )
            case "inner":
                return _pem(self._key, _issue(host, self._key, self._by, more=(f"db.internal.{DOMAIN}", "build.local")))
            case "staple":
                return self._authority.issue((host,), left=timedelta(days=60), must_staple=True)
            case "extra":
                return _pem(self._key, _issue(host, self._key, self._by), self._middle)
        return self._authority.issue((host,), left=timedelta(days=60))


# Servers


def servers(folder: Path, authority: Authority) -> str:
    """nginx server blocks of the gallery and of the services."""
    mint = Mint(authority)
    with (folder / "ca.pem").open("a") as file:
        file.write(mint.roots)
    tls = folder / "tls"
    blocks = []
    for one in EXHIBITS:
        kind, place = one.zone.split()
        address = place if kind == "A" else WEB
        blocks.append(f"listen {address}:80; server_name {one.host}; {one.http}")
        if one.tls:
            path = tls / f"exhibit-{one.name}.pem"
            path.write_bytes(mint.make(one.tls, one.host))
            on = "443 ssl" + ("" if address == ELDER else " http2")
            blocks.append(
                f"listen {address}:{on}; server_name {one.host}; ssl_certificate {path}; ssl_certificate_key "
                f"{path}; {one.https}"
            )
    path = tls / "services.pem"
    path.write_bytes(authority.issue((DOMAIN, f"www.{DOMAIN}", *SERVICES), left=timedelta(days=60)))
    shown = f"ssl_certificate {path}; ssl_certificate_key {path};"
    (folder / "middle.crt").write_bytes(mint.middle)
    for name, body in {
        DOMAIN: "include site.conf;",
        f"www.{DOMAIN}": f"return 301 https://{DOMAIN}$request_uri;",
        **services(),
    }.items():
        onward = f"location = /middle.crt {{ root {folder}; }} location / {{ return 301 https://$host$request_uri; }}"
        blocks.append(f"listen {WEB}:80; server_name {name}; {onward}")
        blocks.append(f"listen {WEB}:443 ssl http2; server_name {name}; {shown} {body}")
    return "\n".join(f"server {{ {row} }}" for row in blocks)


def services() -> dict[str, str]:
    """What RDAP and the certificate logs answer, as nginx locations."""
    registry = "".join(
        _location(f"/com/v1/domain/{name}", status, body, more) for name, (status, body, more) in REGISTRATIONS.items()
    )
    return {
        REGISTRY: registry + "location / { return 404; }",
        OWN_REGISTRY: _location("/domain/own.zz", 200, registration("own.zz")) + "location / { return 404; }",
        "rdap.registrar.test": "".join(
            _location(f"/domain/{name}.com", 200, registration(f"{name}.com")) for name in ("thin", "moved")
        )
        + "location / { return 404; }",
        "crt.sh": _location(
            "/", 200, [{"name_value": f"tombola.{DOMAIN}\n*.{DOMAIN}"}, {"name_value": f"gone.{DOMAIN}"}]
        ),
        "api.certspotter.com": _location(
            "/v1/issuances", 429, {"code": "rate_limited"}, "add_header Retry-After 60 always;"
        ),
    }


def _location(path: str, status: int, body: object, more: str = "") -> str:
    text = body if status == 302 else json.dumps(body).replace("\\", "\\\\")  # nginx reads escapes of its own
    return f"location = {path} {{ default_type application/rdap+json; {more} return {status} '{text}'; }}\n"


def registration(
    name: str,
    *,
    left: int = 400,
    statuses: tuple[str, ...] = ("client transfer prohibited",),
    registrar: str = "Example Registrar",
) -> dict[str, object]:
    """An RDAP answer about a domain (RFC 9083 section 5.3)."""
    ends = (NOW + timedelta(days=left)).strftime("%Y-%m-%dT%H:%M:%SZ")
    entity = {
        "objectClassName": "entity",
        "roles": ["registrar"],
        "vcardArray": ["vcard", [["fn", {}, "text", registrar]]],
    }
    return {
        "objectClassName": "domain",
        "ldhName": name,
        "status": list(statuses),
        "events": [{"eventAction": "expiration", "eventDate": ends}],
        "entities": [entity] if registrar else [],
    }


def _thin(name: str) -> dict[str, object]:
    related = {"rel": "related", "type": "application/rdap+json", "href": f"https://rdap.registrar.test/domain/{name}"}
    return {
        "objectClassName": "domain",
        "ldhName": name.upper(),
        "status": ["client transfer prohibited"],
        "links": [related],
    }


REGISTRATIONS: dict[str, tuple[int, object, str]] = {
    "well.com": (200, registration("well.com"), ""),
    "ending.com": (200, registration("ending.com", left=5), ""),
    "unlocked.com": (200, registration("unlocked.com", statuses=("active",)), ""),
    "held.com": (200, registration("held.com", statuses=("client hold", "client transfer prohibited")), ""),
    "thin.com": (200, _thin("thin.com"), ""),
    "busy.com": (429, {"errorCode": 429}, "add_header Retry-After 30 always;"),
    "moved.com": (302, "https://rdap.registrar.test/domain/moved.com", ""),
    "elsewhere.com": (302, "https://rdap.registrar.test/domain/thin.com", ""),
    "broken.com": (200, "no object", ""),
}
"""Of other names the registry says that nobody has them: 404."""
