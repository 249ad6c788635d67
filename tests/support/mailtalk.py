"""What the marketplace's own mails look like to plain clients: a form is posted, the test account read with the
standard library's IMAP."""

from __future__ import annotations

import email
import email.policy
import imaplib
import re
import secrets
import socket
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from typing import NamedTuple
from urllib.parse import urlencode

from labtalk import end, get, trusting

from launchready_tui.lab import places as at
from launchready_tui.lab.client import Lab

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Line(imaplib.IMAP4):
    """imaplib on a connection that the lab's map leads."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        super().__init__(at.IMAP, 993, 10)

    def _create_socket(self, timeout: float | None) -> ssl.SSLSocket:
        raw = socket.create_connection(end(self._lab, at.IMAP_ADDRESS, 993), timeout=timeout)
        return trusting(self._lab).wrap_socket(raw, server_hostname=at.IMAP)


def post(lab: Lab, path: str, **fields: str) -> int:
    """The status of a form's answer."""
    return get(lab, f"{at.APP_SITE}{path}", method="POST", headers=FORM, body=urlencode(fields).encode()).status


class Got(NamedTuple):
    folder: str
    mail: EmailMessage
    raw: bytes


def caused(lab: Lab, path: str) -> Got | None:
    """The mail, and its folder, that a form made the product send to a new address; None where none came."""
    to = at.TESTER.replace("@", f"+{secrets.token_hex(5)}@")
    if post(lab, path, email=to, password=secrets.token_urlsafe(12)) >= 400:
        return None
    line = Line(lab)
    try:
        line.login(at.TESTER, lab.mailbox_password)
        for folder in ("INBOX", "Spam"):
            line.select(folder, readonly=True)
            _, found = line.uid("SEARCH", "TO", f'"{to}"')
            uids = found[0].split()
            if uids:
                _, parts = line.uid("FETCH", uids[-1].decode(), "(UID BODY.PEEK[])")
                raw = next(part[1] for part in parts if isinstance(part, tuple))
                return Got(folder, email.message_from_bytes(raw, policy=email.policy.default), raw)  # type: ignore[arg-type]
        return None
    finally:
        line.logout()


def said(lab: Lab, path: str, look: Callable[[str, EmailMessage], bool]) -> bool:
    """Whether the mail of this form is so; no mail at all is not."""
    found = caused(lab, path)
    return found is not None and look(found.folder, found.mail)


def link(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return re.search(r"https://\S+", body.get_content())[0]  # type: ignore[index]


MAILS: dict[str, Callable[[Lab], bool]] = {
    "reset-unsigned": lambda lab: said(
        lab, "/forgot", lambda folder, mail: folder == "Spam" and not mail["DKIM-Signature"]
    ),
    "verification-link-dead": lambda lab: said(lab, "/signup", lambda folder, mail: get(lab, link(mail)).status == 404),
    "invite-misaligned": lambda lab: said(
        lab, "/invite", lambda folder, mail: f"d={at.MAILER};" in mail["DKIM-Signature"]
    ),
    "receipt-refused": lambda lab: post(lab, "/receipt", email=at.TESTER) >= 500,
    "alerts-no-way-out": lambda lab: said(lab, "/alerts", lambda folder, mail: not mail["List-Unsubscribe"]),
}
