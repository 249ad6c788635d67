"""The marketplace's own mails: written, signed with its own key (RFC 6376), and handed to the mailbox provider of the
test account."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from . import places as at

BITS = 2048
_SIGNED = ("from", "to", "subject", "date", "message-id", "mime-version", "content-type")
_LEAVE = ("list-unsubscribe", "list-unsubscribe-post")
_MOST = 2_000


class Signer:
    """A signing key made at the start; its public half stands in the zones."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(65537, BITS)

    @property
    def public(self) -> str:
        """p= of the key record."""
        der = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(der).decode()

    def signed(self, raw: bytes, domain: str, selector: str) -> bytes:
        """The message with a DKIM-Signature on top (relaxed/relaxed, rsa-sha256)."""
        head, _, body = raw.partition(b"\r\n\r\n")
        fields = [line.partition(b":")[::2] for line in re.split(rb"\r\n(?![ \t])", head)]
        names = [
            name for name in (*_SIGNED, *_LEAVE) if any(field.strip().lower() == name.encode() for field, _ in fields)
        ]
        tags = (
            f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s={selector}; h={':'.join(names)}; "
            f"bh={_digest(_body(body))}; b="
        )
        lines = [
            _field(*next(field for field in fields if field[0].strip().lower() == name.encode())) for name in names
        ]
        octets = b"\r\n".join([*lines, _field(b"DKIM-Signature", f" {tags}".encode())])
        made = base64.b64encode(self._key.sign(octets, padding.PKCS1v15(), hashes.SHA256())).decode()
        return f"DKIM-Signature: {tags}{made}\r\n".encode() + raw


def _digest(octets: bytes) -> str:
    return base64.b64encode(hashlib.sha256(octets).digest()).decode()


def _field(name: bytes, value: bytes) -> bytes:
    """RFC 6376 section 3.4.2."""
    return name.strip().lower() + b":" + re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip()


def _body(body: bytes) -> bytes:
    """RFC 6376 section 3.4.4."""
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    kept = re.sub(rb"(?:\r\n)+\Z", b"", b"\r\n".join(lines))
    return kept + b"\r\n" if kept else b""


@dataclass(frozen=True, slots=True)
class _Kind:
    subject: str
    words: str
    button: str
    path: str


_KINDS = {
    "verification": _Kind(
        "Confirm your address", "Welcome to Demo Market. One step is left: confirm your address.", "Confirm", "verify"
    ),
    "password-reset": _Kind(
        "Reset your password", "Somebody asked for a new password for this address.", "Reset the password", "reset"
    ),
    "invite": _Kind(
        "You are invited to Demo Market", "A friend rents here and thinks that you should, too.", "Have a look", "join"
    ),
    "receipt": _Kind(
        "Your receipt", "Thank you. Your booking is paid, and here is the receipt.", "See the receipt", "receipts"
    ),
    "notification": _Kind(
        "New city bikes near you", "What you search for is there: new listings this week.", "See them", "found"
    ),
}


class Letters:
    """Writes and sends the product's mails. `deliver` takes the recipient and the raw mail, and whether it goes to
    spam."""

    def __init__(self, signer: Signer, flaws: Collection[str], deliver: Callable[[str, bytes, bool], None]) -> None:
        self._signer = signer
        self._flaws = flaws
        self._deliver = deliver
        self._tokens: dict[str, str] = {}

    def leads_somewhere(self, path: str) -> bool:
        """Whether a path is that of a link in one of these mails."""
        place, _, token = path.strip("/").partition("/")
        return self._tokens.get(token) == place

    def leaves(self, token: str) -> bool:
        """The way out of a list by one click: whether there is such a subscription."""
        return self._tokens.get(token) == "found"

    def send(self, kind: str, to: str) -> bool:
        """Sends one mail; False where the mail service does not take it."""
        if kind == "receipt" and "receipt-refused" in self._flaws:
            return False
        made = _KINDS[kind]
        token = secrets.token_urlsafe(18)
        self._tokens[token] = made.path
        while len(self._tokens) > _MOST:
            del self._tokens[next(iter(self._tokens))]
        place = "confirm" if kind == "verification" and "verification-link-dead" in self._flaws else made.path
        raw = self._written(kind, made, to, f"{at.APP_SITE}/{place}/{token}", token)
        signed_by, mail_from, verdict = at.NOTIFY, at.NOTIFY, "pass"
        if kind == "invite" and "invite-misaligned" in self._flaws:
            signed_by = mail_from = at.MAILER
            verdict = "fail"
        if kind == "password-reset" and "reset-unsigned" in self._flaws:
            results = (
                f"spf=fail smtp.mailfrom=bounce@{at.NOTIFY}; dkim=none; dmarc=fail (p=QUARANTINE) "
                f"header.from={at.NOTIFY}"
            )
            self._hand_over(to, raw, at.NOTIFY, at.APP_ADDRESS, results, spam=True)
            return True
        raw = self._signer.signed(raw, signed_by, at.POST_SELECTOR)
        results = (
            f"spf=pass smtp.mailfrom=bounce@{mail_from}; dkim=pass header.d={signed_by} header.s={at.POST_SELECTOR}; "
            f"dmarc={verdict} (p=QUARANTINE) header.from={at.NOTIFY}"
        )
        self._hand_over(to, raw, mail_from, at.MAIL_ADDRESS, results, spam=verdict != "pass")
        return True

    def _hand_over(self, to: str, raw: bytes, mail_from: str, address: str, results: str, *, spam: bool) -> None:
        """As the provider takes it in: it writes down what it saw, and sorts what DMARC fails into spam."""
        head = (
            f"Return-Path: <bounce@{mail_from}>\r\nDelivered-To: {to}\r\n"
            f"Received: from {at.MAIL} ({at.MAIL} [{address}])\r\n"
            f" by mx.{at.MAILBOXES} with ESMTPS; {format_datetime(datetime.now(UTC))}\r\n"
            f"Authentication-Results: {at.MAILBOXES};\r\n {results}\r\n"
        )
        self._deliver(to, head.encode() + raw, spam)

    def _written(self, kind: str, made: _Kind, to: str, link: str, token: str) -> bytes:
        message = EmailMessage(policy=SMTP)
        message["From"] = f"Demo Market <hello@{at.NOTIFY}>"
        message["To"] = to
        message["Subject"] = made.subject
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = f"<{secrets.token_hex(12)}@{at.NOTIFY}>"
        if kind == "notification" and "alerts-no-way-out" not in self._flaws:
            message["List-Unsubscribe"] = f"<{at.APP_SITE}/unsubscribe/{token}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(f"{made.words}\n\n{made.button}: {link}\n\nDemo Market\n")
        message.add_alternative(
            f'<p>{made.words}</p><p><a href="{link}">{made.button}</a></p><p>Demo Market</p>\n', subtype="html"
        )
        return bytes(message)
