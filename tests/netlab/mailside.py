"""The mail side of the private internet, in one process: the market's backend that sends mail, the mailbox provider's
mail exchangers (one right, one that greylists and has no STARTTLS, one that refuses), and what tells dovecot whether a
token is good.

Signing and verifying are dkimpy's, so that the product is not tried against itself. Prints `ready` when all listen;
ends with its stdin.
"""

from __future__ import annotations

import asyncio
import json
import smtplib
import ssl
import sys
import time
import warnings
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

warnings.simplefilter("ignore")

import dkim  # noqa: E402
from aiosmtpd.controller import Controller  # noqa: E402
from mailnames import BACKEND, GREY_MX, LMTP, REFUSE_MX, SEED_MX, SENDER, TOKEN, TOKENS  # noqa: E402

GREY_S = 1.5


class Provider:
    """A mailbox provider: authenticates, writes down what it saw, and files by it into the inbox or into spam."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        raw = envelope.original_content
        signed = b"dkim-signature:" in raw.lower()
        verdict = await asyncio.to_thread(dkim.verify, raw) if signed else False
        word = "pass" if verdict else "fail" if signed else "none"
        domain = envelope.mail_from.rpartition("@")[2]
        spf = "pass" if session.peer[0] == SENDER and domain == "flows.test" else "fail"
        dmarc = "pass" if verdict or spf == "pass" else "fail"
        results = (
            f"Authentication-Results: mx.seed-mail.test;\r\n dkim={word} header.d=flows.test header.s=s1;\r\n"
            f" spf={spf} smtp.mailfrom={envelope.mail_from};\r\n dmarc={dmarc} header.from=flows.test\r\n"
        )
        place = envelope.rcpt_tos[0].rpartition("@")[2]
        target = f"seed@{place}" if verdict else f"seed+Spam@{place}"
        stamped = f"Delivered-To: {envelope.rcpt_tos[0]}\r\n{results}".encode() + raw

        def deliver() -> None:
            with smtplib.LMTP("127.0.0.1", LMTP, timeout=10) as inside:
                inside.sendmail(envelope.mail_from, [target], stamped)

        await asyncio.to_thread(deliver)
        return "250 2.0.0 delivered"


class Greylisting(Provider):
    """Turns everybody away for a moment the first time."""

    def __init__(self) -> None:
        self.seen: dict[str, float] = {}

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        first = self.seen.setdefault(address, time.monotonic())
        if time.monotonic() - first < GREY_S:
            return f"450 4.2.0 <{address}>: Recipient address rejected: Greylisted, try again in 1 seconds"
        envelope.rcpt_tos.append(address)
        return "250 OK"


class Refusing:
    """Refuses for good, in Gmail's words."""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        return (
            "550 5.7.26 This mail has been blocked because the sender is unauthenticated. DKIM = did not pass - gsmtp"
        )


class Backend(BaseHTTPRequestHandler):
    """The market's API: /forgot?how=… sends a mail to the address in the body, as its mail service would."""

    key = b""

    def do_POST(self) -> None:
        size = int(self.headers.get("content-length", "0"))
        address = json.loads(self.rfile.read(size))["email"]
        how = parse_qs(urlsplit(self.path).query).get("how", ["signed"])[0]
        send(address, how, self.key)
        self._answer(202)

    def do_GET(self) -> None:
        self._answer(200 if self.path.startswith("/reset/") else 404)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        return


def send(address: str, how: str, key: bytes) -> None:
    mail = EmailMessage()
    mail["From"] = "Market <hello@flows.test>"
    mail["To"] = address
    mail["Subject"] = "Reset your password"
    mail["Date"] = formatdate()
    mail["Message-ID"] = make_msgid(domain="flows.test")
    path = "gone" if how == "broken-link" else "reset"
    mail.set_content(f"Reset your password: https://api.flows.test/{path}/0123456789abcdef\n")
    raw = mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if how != "unsigned":
        raw = (
            dkim.sign(
                raw, b"s1", b"flows.test", key, include_headers=[b"from", b"to", b"subject", b"date", b"message-id"]
            )
            + raw
        )
    sender = "bounce@elsewhere.test" if how == "unsigned" else "bounce@flows.test"
    with smtplib.SMTP(SENDER, 25, timeout=10) as out:  # the market's own postfix takes it from here
        out.sendmail(sender, [address], raw)


class Tokens(BaseHTTPRequestHandler):
    """What dovecot asks about an access token (its tokeninfo_url)."""

    def do_GET(self) -> None:
        good = parse_qs(urlsplit(self.path).query).get("access_token") == [TOKEN]
        body = json.dumps({"email": "seed", "active": "true"} if good else {"error": "invalid_token"}).encode()
        self.send_response(200 if good else 401)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


def main() -> None:
    folder = Path(sys.argv[1])
    Backend.key = (folder / "dkim.pem").read_bytes()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "tls" / "seed-mx.pem")
    more = {"port": 25, "decode_data": False}
    controllers = [
        Controller(Provider(), hostname=SEED_MX, server_hostname="mx.seed-mail.test", tls_context=tls, **more),
        Controller(Greylisting(), hostname=GREY_MX, server_hostname="mx.grey-mail.test", **more),
        Controller(Refusing(), hostname=REFUSE_MX, server_hostname="mx.refuse-mail.test", tls_context=tls, **more),
    ]
    for controller in controllers:
        controller.start()
    for port, handler in ((BACKEND, Backend), (TOKENS, Tokens)):
        Thread(target=ThreadingHTTPServer(("127.0.0.1", port), handler).serve_forever, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()
    for controller in controllers:
        controller.stop()


if __name__ == "__main__":
    main()
