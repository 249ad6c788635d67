"""The flaws that wait, as plain clients see them: one look each, true while the flaw is on."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from labtalk import ask, certificate, end, get, names_of, records
from repos import git

from launchready_tui.lab import code, files
from launchready_tui.lab import places as at
from launchready_tui.lab.client import Lab

STATUS = f"https://{at.STATUS}/"


def leads(lab: Lab, url: str) -> str:
    return get(lab, url).header("location")


def cookie(lab: Lab) -> str:
    return get(lab, f"{at.APP_SITE}/login").header("set-cookie")


def validity(lab: Lab) -> tuple[datetime, datetime]:
    leaf = x509.load_der_x509_certificate(certificate(lab, at.ADMIN))
    return leaf.not_valid_before_utc, leaf.not_valid_after_utc


def resent(lab: Lab) -> bool:
    url = at.SITE + files.CSS
    tag = get(lab, url).header("etag")
    return get(lab, url, headers={"If-None-Match": tag}).status == 200


def allows(lab: Lab) -> bool:
    answer = get(lab, f"{at.API_SITE}/", headers={"Origin": "https://elsewhere.example"})
    return answer.header("access-control-allow-credentials") == "true"


def registered(lab: Lab) -> list[str]:
    told = json.loads(get(lab, f"https://{at.RDAP}/domain/{at.DOMAIN}").body)["status"]
    assert isinstance(told, list)
    return told


def delegated(lab: Lab) -> list[str]:
    return [str(row) for found in ask(lab, at.DOMAIN, "NS", server=at.TLD_ADDRESS).authority for row in found]


def leaf(lab: Lab) -> x509.Certificate:
    return x509.load_der_x509_certificate(certificate(lab, at.ADMIN))


def curve(lab: Lab) -> str:
    key = leaf(lab).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key.curve.name


def distrust(lab: Lab) -> str:
    """Why a client does not trust the admin host; empty where it does."""
    try:
        get(lab, f"https://{at.ADMIN}/")
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    return ""


def weak_chain(lab: Lab) -> bool:
    """Whether what is sent holds the name of SHA-1 with RSA (RFC 8017 appendix A.2.4), looked for in the handshake's
    own bytes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    sent = ssl.MemoryBIO()
    told = ssl.MemoryBIO()
    # In TLS 1.2 the certificates travel in the clear.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    talk = context.wrap_bio(told, sent, server_hostname=at.ADMIN)
    heard = b""
    with socket.create_connection(end(lab, at.ADMIN_ADDRESS, 443), timeout=10) as raw:
        while True:
            try:
                talk.do_handshake()
                break
            except ssl.SSLWantReadError:
                raw.sendall(sent.read())
                got = raw.recv(65536)
                heard += got
                told.write(got)
    return bytes.fromhex("06092a864886f70d010105") in heard


def refuses_newest(lab: Lab) -> bool:
    try:
        certificate(lab, at.ADMIN, version=ssl.TLSVersion.TLSv1_3)
    except ssl.SSLError:
        return bool(certificate(lab, at.ADMIN, version=ssl.TLSVersion.TLSv1_2))
    return False


def coded(flaw: str, path: str, sign: str = "") -> Callable[[Lab], bool]:
    """Whether the code that is written shows a flaw: in a file, or with `.git` in what was ever committed."""

    def there(lab: Lab) -> bool:
        with tempfile.TemporaryDirectory() as folder:
            code.write(Path(folder), {flaw})
            code.write(Path(folder), lab.on)  # what was there before goes, what is there now is there
            if path != ".git":
                place = Path(folder) / path
                return place.exists() and sign in place.read_text("utf-8")
            if shutil.which("git") is None:
                return flaw in lab.on  # nothing is recorded without it
            return sign in git(Path(folder), "log", "-p")

    return there


CODED: dict[str, Callable[[Lab], bool]] = {
    "committed-key": coded("committed-key", "market/pay.py"),
    "shared-database": coded("shared-database", ".env.production", "staging"),
}
TWISTED: dict[str, Callable[[Lab], bool]] = {
    "www-absent": lambda lab: not records(ask(lab, at.WWW, "A")),
    "www-temporary": lambda lab: get(lab, f"https://{at.WWW}/help").status == 302,
    "www-broken": lambda lab: get(lab, f"https://{at.WWW}/").status == 500,
    "offer-named-wrongly": lambda lab: f'href="https://{at.WWW}/offer"' in get(lab, f"{at.SITE}/offer").text,
    "offer-links-plain": lambda lab: f'href="http://{at.APEX}/help"' in get(lab, f"{at.SITE}/offer").text,
    "home-kept-long": lambda lab: "max-age=7200" in get(lab, f"{at.SITE}/").header("cache-control"),
    "never-304": resent,
    "cookie-for-scripts": lambda lab: "HttpOnly" not in cookie(lab),
    "cookie-odd-samesite": lambda lab: "SameSite=Yes" in cookie(lab),
    "cookie-dropped": lambda lab: "Path=/login" in cookie(lab),
    "cookie-in-the-clear": lambda lab: bool(get(lab, f"http://{at.APP}/").header("set-cookie")),
    "app-leaves-first": lambda lab: leads(lab, f"http://{at.APP}/") == f"{at.SITE}/",
    "referrer-chatty": lambda lab: get(lab, f"{at.APP_SITE}/").header("referrer-policy") == "unsafe-url",
    "isolation-quoted": lambda lab: get(lab, f"{at.APP_SITE}/").header("cross-origin-opener-policy").startswith('"'),
    "cors-for-all": allows,
    "status-plain-first": lambda lab: leads(lab, f"http://{at.STATUS}/").startswith("http:"),
    "status-downgraded": lambda lab: leads(lab, STATUS).startswith("http:"),
    "status-moves-on": lambda lab: "http-equiv" in get(lab, STATUS).text,
    "status-mailto": lambda lab: leads(lab, STATUS).startswith("mailto:"),
    "status-wants-cookie": lambda lab: (
        get(lab, STATUS).status == 302 and get(lab, STATUS, headers={"Cookie": "seen=1"}).status == 200
    ),
    "status-dead-end": lambda lab: leads(lab, STATUS) == f"https://gone.{at.DOMAIN}/",
    "admin-certificate-over": lambda lab: validity(lab)[1] < datetime.now(UTC),
    "admin-certificate-early": lambda lab: validity(lab)[0] > datetime.now(UTC),
    "admin-certificate-long": lambda lab: validity(lab)[1] - validity(lab)[0] > timedelta(days=398),
    "admin-certificate-odd-key": lambda lab: curve(lab) == "secp521r1",
    "admin-certificate-weak-chain": weak_chain,
    "admin-certificate-chain-missing": lambda lab: "unable to get local issuer" in distrust(lab),
    "admin-certificate-self-signed": lambda lab: "self-signed" in distrust(lab),
    "admin-certificate-unlogged": lambda lab: "Let's Encrypt" in leaf(lab).issuer.rfc4514_string(),
    "admin-old-tls-only": refuses_newest,
    "apex-alias": lambda lab: bool(ask(lab, at.DOMAIN, "CNAME", server=at.NS1_ADDRESS).answer),
    "any-name-alias": lambda lab: bool(ask(lab, f"nobody-made-this.{at.DOMAIN}", "CNAME").answer),
    "www-on-platform": lambda lab: (
        at.PLATFORM in names_of(certificate(lab, at.WWW)) and bool(ask(lab, at.WWW, "CNAME").answer)
    ),
    "app-counts-abroad": lambda lab: leads(lab, f"{at.APP_SITE}/").startswith(f"https://{at.RDAP}/"),
    "events-machinery": coded("events-machinery", "compose.yaml"),
    "key-in-history": coded("key-in-history", ".git", 'MAIL_KEY = "'),
    "debug-in-production": coded("debug-in-production", ".env.production.local", "DEBUG=1"),
    "test-key-in-production": coded("test-key-in-production", ".env.prod", "STRIPE"),
    "injected-title": coded("injected-title", ".github/workflows/checks.yml", "pull_request.title"),
    "no-secret-gate": lambda lab: not coded("no-secret-gate", ".github/workflows/checks.yml", "secrets scan")(lab),
    "help-dangling": lambda lab: bool(ask(lab, f"help.{at.DOMAIN}", "CNAME").answer),
    "one-name-server": lambda lab: len(records(ask(lab, at.DOMAIN, "NS"))) == 1,
    "registrar-disagrees": lambda lab: any(name.startswith("old-ns") for name in delegated(lab)),
    "domain-unlocked": lambda lab: registered(lab) == ["active"],
    "domain-on-hold": lambda lab: "client hold" in registered(lab),
}
