"""The classes of badssl.com's published list, served by one nginx on loopback and looked at by the product in one call.

Each class has its own port. `says` is what browsers make of it by that list: good, weak, bad.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import certs
import pytest
from certs import FFDHE_2048, NOW, OAKLEY_2, Signed, group_file, issue
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID as Access
from cryptography.x509.oid import ExtendedKeyUsageOID

pytestmark = pytest.mark.netlab
DOMAIN = "badssl.test"
NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
REQUIRED = os.environ.get("LAUNCHREADY_REQUIRE_NETLAB") == "1"
DAY = timedelta(days=1)
MIDDLE_AT = f"http://aia.{DOMAIN}/middle.cer"
PLAIN = f"http://mixed.{DOMAIN}"
PAGE = "<!doctype html><html lang=en><title>A page</title><h1>A page</h1>"


def _aia(place: str) -> tuple[x509.ExtensionType, bool]:
    told = x509.AccessDescription(Access.CA_ISSUERS, x509.UniformResourceIdentifier(place))
    return x509.AuthorityInformationAccess([told]), False


def _use(use: x509.ObjectIdentifier) -> tuple[x509.ExtensionType, bool]:
    return x509.ExtendedKeyUsage([use]), False


class Mint:
    """Certificates of each kind: key, leaf and what is sent above it, as PEM."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = issue("Test Root", authority=True, end=NOW + 900 * DAY)
        self.old_root = issue(
            "Old Root", authority=True, end=NOW + 900 * DAY, key=rsa.generate_private_key(65537, 2048)
        )
        self.middle = issue("Test Middle", by=self.root, authority=True, end=NOW + 800 * DAY)
        self.key = rsa.generate_private_key(65537, 2048)

    def plain(self, host: str, **more: Any) -> Signed:
        return issue(
            host[:60], more.pop("names", (host,)), by=more.pop("by", self.middle), key=more.pop("key", self.key), **more
        )

    def pem(self, signed: Signed, chain: bytes | None = None) -> bytes:
        return signed.key_pem + signed.pem + (signed.above if chain is None else chain)

    def below(self, name: str, **more: Any) -> Signed:
        """An authority of that name below our root."""
        return issue(name, by=self.root, authority=True, **more)

    def stranger(self, host: str, name: str) -> bytes:
        """A certificate of an authority that no browser knows, sent along."""
        root = issue(name, authority=True, end=NOW + 900 * DAY)
        return self.pem(self.plain(host, by=root), root.pem)

    def signed_by_openssl(self, host: str, digest: str, bits: int = 2048, *, by: Signed | None = None) -> bytes:
        """What the library no longer makes: short keys and SHA-1 signatures."""
        at = self.folder / f"{host}.tmp"
        signer = by or self.old_root
        at.with_suffix(".ca").write_bytes(signer.pem)
        at.with_suffix(".cakey").write_bytes(signer.key_pem)
        at.with_suffix(".ext").write_text(
            f"subjectAltName=DNS:{host}\n" if "." in host else "basicConstraints=critical,CA:TRUE\n"
        )
        run = lambda *argv: subprocess.run(["openssl", *argv], check=True, capture_output=True)  # noqa: E731
        run("genrsa", "-out", str(at.with_suffix(".key")), str(bits))
        subject = ["-subj", f"/CN={host}"]
        run(
            "req", "-new", "-sha256", "-key", str(at.with_suffix(".key")), *subject, "-out", str(at.with_suffix(".csr"))
        )
        run(
            "x509",
            "-req",
            f"-{digest}",
            "-days",
            "60",
            "-in",
            str(at.with_suffix(".csr")),
            "-CA",
            str(at.with_suffix(".ca")),
            "-CAkey",
            str(at.with_suffix(".cakey")),
            "-set_serial",
            "77",
            "-extfile",
            str(at.with_suffix(".ext")),
            "-out",
            str(at.with_suffix(".crt")),
        )
        return at.with_suffix(".key").read_bytes() + at.with_suffix(".crt").read_bytes()

    def sha1_intermediate(self, host: str) -> bytes:
        pem = self.signed_by_openssl("Middle of SHA-1", "sha1")
        cert = x509.load_pem_x509_certificate(pem[pem.index(b"-----BEGIN CERT") :])
        key = certs.serialization.load_pem_private_key(pem, None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return self.pem(self.plain(host, by=Signed(cert, key)))

    def staging(self, host: str) -> bytes:
        root = issue("(STAGING) Pretend Pear X1", authority=True, end=NOW + 900 * DAY)
        middle = issue("(STAGING) Riddling Rhubarb R12", by=root, authority=True, extensions=(_aia(MIDDLE_AT),))
        return self.pem(self.plain(host, by=middle, extensions=(_aia(MIDDLE_AT),)))

    def broken_signature(self, host: str) -> bytes:
        good = self.plain(host)
        der = bytearray(good.cert.public_bytes(certs.serialization.Encoding.DER))
        der[-5] ^= 0x55
        return good.key_pem + ssl.DER_cert_to_PEM_cert(bytes(der)).encode() + good.above


Made = Callable[[Mint, str], bytes]


def good(mint: Mint, host: str) -> bytes:
    return mint.pem(mint.plain(host))


@dataclass(frozen=True)
class Class:
    """One class of the list: how it is served, what browsers make of it, what the product must say of it."""

    name: str
    says: str
    finds: tuple[tuple[str, str], ...] = ()
    make: Made = good
    conf: str = ""
    serve: str = f'return 200 "{PAGE}";'
    http: str = "return 301 https://$host$request_uri;"
    words: str = ""
    h2: bool = True
    prefix: str = field(default="")

    @property
    def host(self) -> str:
        return f"{self.prefix or self.name}.{DOMAIN}"


C, H = "edge.certificates.", "edge.https."
TWELVE = "ssl_protocols TLSv1.2;"


def _ciphers(suites: str, more: str = "") -> str:
    return f"{TWELVE} ssl_ciphers {suites}:@SECLEVEL=0; {more}"


def _dh(mint_file: str) -> str:
    return _ciphers("DHE+AESGCM", f"ssl_dhparam FOLDER/{mint_file};")


TRUST = ("untrusted", "chain", "expired", "not-yet-valid", "name", "purpose")
OLD = (
    "ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers ECDHE+AESGCM:ECDHE+AES:DHE+AES:kRSA+AES:@SECLEVEL=0; "
    "ssl_dhparam FOLDER/group-1024.pem;"
)
INTERMEDIATE = "ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE+AESGCM:DHE+AESGCM; ssl_dhparam FOLDER/group-2048.pem;"
UNTRUSTED = ((C + "untrusted", "fail"),)
CLASSES = (
    # Certificates
    Class("sha256", "good"),
    Class("no-subject", "good", make=lambda m, h: m.pem(m.plain("", names=(h,), critical_names=True))),
    Class("ecc256", "good", make=lambda m, h: m.pem(m.plain(h, key=ec.generate_private_key(ec.SECP256R1())))),
    Class("ecc384", "good", make=lambda m, h: m.pem(m.plain(h, key=ec.generate_private_key(ec.SECP384R1())))),
    Class("rsa2048", "good"),
    Class("rsa4096", "good", make=lambda m, h: m.pem(m.plain(h, key=rsa.generate_private_key(65537, 4096)))),
    Class("rsa8192", "weak", ((C + "key", "warn"),), lambda m, h: m.signed_by_openssl(h, "sha256", 8192)),
    Class("sha384", "good", make=lambda m, h: m.signed_by_openssl(h, "sha384")),
    Class("sha512", "good", make=lambda m, h: m.signed_by_openssl(h, "sha512")),
    Class(
        "1000-sans", "good", make=lambda m, h: m.pem(m.plain(h, names=(h, *(f"a{n}.{DOMAIN}" for n in range(1000)))))
    ),
    Class(
        "10000-sans",
        "bad",
        ((C + "no-tls", "fail"),),
        lambda m, h: m.pem(m.plain(h, names=(h, *(f"alternative-name-{n}.{DOMAIN}" for n in range(10000))))),
    ),
    Class("no-common-name", "good", make=lambda m, h: m.pem(m.plain("-", names=(h,)))),
    Class("long-extended-subdomain-name-containing-many-letters-and-dashes", "good"),
    Class("longextendedsubdomainnamewithoutdashesinordertotestwordwrapping", "good"),
    Class("xn--n1aae7f7o", "good"),
    Class(
        "expired",
        "bad",
        ((C + "expired", "fail"),),
        lambda m, h: m.pem(m.plain(h, start=NOW - 90 * DAY, end=NOW - 3 * DAY)),
    ),
    Class(
        "wrong.host",
        "bad",
        ((C + "name", "fail"),),
        lambda m, h: m.pem(m.plain(f"host.{DOMAIN}", names=(f"*.{DOMAIN}",))),
    ),
    Class(
        "subdomain.preloaded-hsts",
        "bad",
        ((C + "name", "fail"),),
        lambda m, h: m.pem(m.plain("x", names=(f"*.{DOMAIN}",))),
    ),
    Class("self-signed", "bad", UNTRUSTED, lambda m, h: m.pem(issue(h, (h,), key=m.key)), words="self-signed"),
    Class(
        "untrusted-root",
        "bad",
        UNTRUSTED,
        lambda m, h: m.stranger(h, "Untrusted Root Authority"),
        words="Untrusted Root",
    ),
    Class("superfish", "bad", UNTRUSTED, lambda m, h: m.stranger(h, "Superfish, Inc."), words="Superfish"),
    Class("edellroot", "bad", UNTRUSTED, lambda m, h: m.stranger(h, "eDellRoot"), words="eDellRoot"),
    Class("dsdtestprovider", "bad", UNTRUSTED, lambda m, h: m.stranger(h, "DSDTestProvider"), words="DSDTestProvider"),
    Class("known-interception", "bad", UNTRUSTED, lambda m, h: m.stranger(h, "Interception Root")),
    Class("blocked-interception", "bad", UNTRUSTED, lambda m, h: m.stranger(h, "Blocked Interception Root")),
    Class("webpack-dev-server", "bad", UNTRUSTED, lambda m, h: m.pem(issue(h, (h,), key=m.key)), words="self-signed"),
    Class(
        "captive-portal",
        "bad",
        ((C + "name", "fail"),),
        lambda m, h: m.pem(m.plain("login.test", names=("login.test",))),
    ),
    Class(
        "incomplete-chain",
        "weak",
        ((C + "chain", "fail"),),
        lambda m, h: m.pem(m.plain(h, extensions=(_aia(MIDDLE_AT),)), b""),
        words="Test Middle",
    ),
    Class(
        "reversed-chain",
        "good",
        ((C + "chain-extra", "info"),),
        lambda m, h: m.pem(m.plain(h), m.root.pem + m.middle.pem),
    ),
    Class("sha1-2016", "bad", ((C + "signature", "fail"),), lambda m, h: m.signed_by_openssl(h, "sha1")),
    Class("sha1-intermediate", "bad", ((C + "signature", "fail"),), lambda m, h: m.sha1_intermediate(h)),
    Class("rsa512", "bad", ((C + "key", "fail"),), lambda m, h: m.signed_by_openssl(h, "sha256", 512), conf=TWELVE),
    Class("rsa1024", "bad", ((C + "key", "fail"),), lambda m, h: m.signed_by_openssl(h, "sha256", 1024)),
    Class(
        "no-sct",
        "bad",
        ((C + "transparency", "fail"),),
        lambda m, h: m.pem(m.plain(h, by=m.below("R12, Let's Encrypt"))),
    ),
    Class("invalid-signature", "bad", UNTRUSTED, lambda m, h: m.broken_signature(h), words="signature"),
    Class(
        "not-yet-valid", "bad", ((C + "not-yet-valid", "fail"),), lambda m, h: m.pem(m.plain(h, start=NOW + 3 * DAY))
    ),
    Class(
        "expired-intermediate",
        "bad",
        ((C + "expired", "fail"),),
        lambda m, h: m.pem(m.plain(h, by=m.below("Old Middle", start=NOW - 90 * DAY, end=NOW - 3 * DAY))),
        words="Old Middle",
    ),
    Class("staging", "bad", UNTRUSTED, lambda m, h: m.staging(h), words="(STAGING) Riddling Rhubarb R12"),
    Class(
        "client-certificate",
        "bad",
        ((C + "purpose", "fail"),),
        lambda m, h: m.pem(m.plain(h, extensions=(_use(ExtendedKeyUsageOID.CLIENT_AUTH),))),
    ),
    # Cipher suites and key exchange
    Class(
        "cbc", "weak", ((C + "cipher", "warn"), (C + "no-h2", "warn")), conf=_ciphers("ECDHE-RSA-AES128-SHA"), h2=False
    ),
    Class("cbc-h2", "bad", ((C + "cipher", "fail"),), conf=_ciphers("ECDHE-RSA-AES128-SHA")),
    Class(
        "static-rsa",
        "weak",
        ((C + "cipher", "fail"), (C + "no-h2", "warn")),
        conf=_ciphers("AES128-GCM-SHA256:AES128-SHA"),
        h2=False,
    ),
    Class("null", "bad", ((C + "no-tls", "fail"),), conf=_ciphers("NULL-SHA256")),
    Class(
        "mozilla-old",
        "weak",
        ((C + "old-protocol", "warn"), (C + "no-modern-protocol", "warn"), (C + "group", "warn")),
        conf=OLD,
    ),
    Class("mozilla-intermediate", "good", conf=INTERMEDIATE),
    Class("mozilla-modern", "good", conf="ssl_protocols TLSv1.3;"),
    Class("dh1024", "bad", ((C + "cipher", "fail"), (C + "group", "warn")), conf=_dh("group-1024.pem")),
    Class("dh2048", "bad", ((C + "cipher", "fail"),), conf=_dh("group-2048.pem")),
    Class("dh-composite", "bad", ((C + "cipher", "fail"),), conf=_dh("group-composite.pem")),
    # Protocols
    Class(
        "tls-v1-0",
        "bad",
        ((C + "no-modern-protocol", "fail"), (C + "old-protocol", "warn")),
        conf="ssl_protocols TLSv1; ssl_ciphers ALL:@SECLEVEL=0;",
    ),
    Class(
        "tls-v1-1",
        "bad",
        ((C + "no-modern-protocol", "fail"), (C + "old-protocol", "warn")),
        conf="ssl_protocols TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;",
    ),
    Class("tls-v1-2", "good", conf=TWELVE),
    Class("client-cert-missing", "good", conf="ssl_verify_client on; ssl_client_certificate FOLDER/roots.pem;"),
    # What is served
    Class("http", "bad", ((H + "plain-http", "fail"),), http=f'return 200 "{PAGE}";'),
    Class("http-password", "bad", ((H + "plain-http", "fail"),), http=f'return 200 "{PAGE}<input type=password>";'),
    Class(
        "http-credit-card",
        "bad",
        ((H + "plain-http", "fail"),),
        http=f'return 200 "{PAGE}<input autocomplete=cc-number>";',
    ),
    Class("mixed", "weak", ((H + "mixed-content", "warn"),), serve=f'return 200 "{PAGE}<img src={PLAIN}/a.png>";'),
    Class(
        "mixed-script",
        "bad",
        ((H + "mixed-content", "fail"),),
        serve=f'return 200 "{PAGE}<script src={PLAIN}/a.js></script>";',
    ),
    Class(
        "mixed-form",
        "bad",
        ((H + "mixed-content", "fail"),),
        serve=f'return 200 "{PAGE}<form action={PLAIN}/a></form>";',
    ),
    Class(
        "very",
        "bad",
        ((H + "mixed-content", "fail"),),
        serve=f'return 200 "{PAGE}<script src={PLAIN}/a.js></script><iframe src={PLAIN}/></iframe>";',
    ),
    Class(
        "upgrade",
        "good",
        serve=f'add_header Content-Security-Policy upgrade-insecure-requests always; return 200 "{PAGE}";',
    ),
)
NOT_SERVED = {
    "rc4": "OpenSSL 3 has no RC4 for TLS",
    "rc4-md5": "OpenSSL 3 has no RC4 for TLS",
    "3des": "OpenSSL 3 has no 3DES for TLS",
    "dh480": "OpenSSL 3 reads no group below 512 bits",
    "dh-small-subgroup": "nothing on the wire tells it from dh2048",
}
NOT_JUDGED = {
    "revoked": "no list of revoked certificates is read",
    "pinning-test": "pins were built into browsers and are gone",
    "invalid-expected-sct": "signatures of the time stamps are not checked",
}
"""Classes of the list that are told apart by nothing here, and why."""


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def _nginx(folder: Path, mint: Mint) -> tuple[str, dict[str, str]]:
    """The config, and where each host and port really is."""
    for one in CLASSES:
        (folder / f"{one.name[:40]}.pem").write_bytes(one.make(mint, one.host))
    ports = _free_ports(2 * len(CLASSES) + 1)
    blocks, connect = [], {}
    for number, one in enumerate(CLASSES):
        secure, plain = ports[2 * number : 2 * number + 2]
        on, path = f"{secure} ssl" + (" http2" if one.h2 else ""), folder / f"{one.name[:40]}.pem"
        conf = one.conf.replace("FOLDER", str(folder))
        conf = conf if "ssl_protocols" in conf else f"ssl_protocols TLSv1.2 TLSv1.3; {conf}"
        shown = f"ssl_certificate {path}; ssl_certificate_key {path}; {conf}"
        blocks.append(f"listen 127.0.0.1:{on}; {shown} default_type text/html; location / {{ {one.serve} }}")
        blocks.append(f"listen 127.0.0.1:{plain}; default_type text/html; location / {{ {one.http} }}")
        connect |= {f"{one.host}:443": f"127.0.0.1:{secure}", f"{one.host}:80": f"127.0.0.1:{plain}"}
    (folder / "middle.cer").write_bytes(mint.middle.cert.public_bytes(certs.serialization.Encoding.DER))
    blocks.append(f"listen 127.0.0.1:{ports[-1]}; root {folder};")
    connect[f"aia.{DOMAIN}:80"] = f"127.0.0.1:{ports[-1]}"
    temp = "".join(f"{name}_temp_path {folder}/t;" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""
    servers = "\n".join(f"server {{ {row} }}" for row in blocks)
    return (
        f"daemon off; master_process off; {user} pid {folder}/pid; error_log {folder}/log;\n"
        f"events {{ worker_connections 4096; }}\nhttp {{ access_log off; {temp}\n{servers}\n}}\n",
        connect,
    )


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """Every finding of one run over all classes, by host."""
    if NGINX is None or shutil.which("openssl") is None:
        (pytest.fail if REQUIRED else pytest.skip)(
            "nginx and openssl are needed (Debian packages nginx-light, openssl)"
        )
    folder = tmp_path_factory.mktemp("bad")
    mint = Mint(folder)
    (folder / "roots.pem").write_bytes(mint.root.pem + mint.old_root.pem)
    group_file(folder / "group-1024.pem", OAKLEY_2)
    group_file(folder / "group-2048.pem", FFDHE_2048)
    group_file(folder / "group-composite.pem", FFDHE_2048 - 2)
    text, connect = _nginx(folder, mint)
    (folder / "nginx.conf").write_text(text)
    mild = folder / "openssl.cnf"
    mild.write_text(
        "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nCipherString = DEFAULT@SECLEVEL=0\n"
    )
    launch = folder / "launch"
    launch.mkdir()
    hosts = "".join(f'\n[[hosts]]\nname = "{one.host}"\nrole = "web"\npurpose = "{one.name}"\n' for one in CLASSES)
    places = "".join(f'"{source}" = "{target}"\n' for source, target in connect.items())
    (launch / "launchready.toml").write_text(
        f'name = "bad"\ndomain = "{DOMAIN}"\ncanonical = "https://{DOMAIN}/"\n'
        f'{hosts}\n[settings]\nservices = []\nnameservers = ["127.0.0.1:9"]\n'
        f"\n[connect]\n{places}"
    )
    environment = {**os.environ, "OPENSSL_CONF": str(mild)}
    with subprocess.Popen(
        [NGINX, "-c", str(folder / "nginx.conf"), "-e", str(folder / "log")], env=environment, stderr=subprocess.PIPE
    ) as server:
        try:
            _wait_for(server, int(connect[f"aia.{DOMAIN}:80"].rpartition(":")[2]))
            ran = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "launchready_tui",
                    "check",
                    "edge.certificates",
                    "edge.https",
                    "--format",
                    "json",
                    "--trust",
                    "--allow",
                    "intrusive",
                    "--ca-file",
                    str(folder / "roots.pem"),
                ],
                cwd=launch,
                env={
                    **{key: value for key, value in os.environ.items() if not key.startswith("SSL_CERT_")},
                    "LAUNCHREADY_STATE": str(folder / "state"),
                    "PYTHONPATH": str(Path(__file__).parents[2]),
                },
                capture_output=True,
                text=True,
                timeout=200,
                check=False,
            )
            assert ran.returncode in (0, 1), ran.stderr
            found: dict[str, list[dict[str, Any]]] = {one.host: [] for one in CLASSES}
            for row in json.loads(ran.stdout)["findings"]:
                found.setdefault(row["subject"].partition("/")[0], []).append(row)
            yield found
        finally:
            server.terminate()
            server.wait(10)


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert server.poll() is None and time.monotonic() < until, server.stderr and server.stderr.read()
            time.sleep(0.05)


@pytest.mark.parametrize("one", CLASSES, ids=lambda one: one.name[:40])
def test_a_class_of_the_list_is_told_as_browsers_take_it(seen: dict[str, list[dict[str, Any]]], one: Class) -> None:
    rows = seen[one.host]
    told = {(row["rule"], row["state"]) for row in rows}
    assert set(one.finds) <= told, told
    open_ = {row for row in told if row[1] in ("fail", "warn")}
    if one.conf.startswith(TWELVE) and (C + "no-tls", "fail") not in told:
        open_.remove((C + "no-modern-protocol", "warn"))
    assert open_ == {row for row in one.finds if row[1] in ("fail", "warn")}, open_
    assert (one.says == "bad") <= any(state == "fail" for _, state in told)
    assert (C + "expiring", "pass") not in told or not told & {(C + rule, "fail") for rule in TRUST}
    if one.words:
        assert any(one.words in row["summary"] for row in rows if (row["rule"], row["state"]) in one.finds), rows


def test_what_the_list_has_and_this_does_not_is_named_with_a_reason() -> None:
    names = [one.name for one in CLASSES]
    assert len(names) >= 57 and len(set(names)) == len(names)
    assert not set(names) & {*NOT_SERVED, *NOT_JUDGED}
