"""One IMAP connection, blocking, on a socket that the wire has opened (RFC 9051). Only ever reads: EXAMINE and
BODY.PEEK."""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NoReturn

from ...text import json_of
from .folders import Folder, folder_of, in_order
from .letter import Letter

LARGEST = 3 * 1024 * 1024
"""A test mail is small; what is larger is not read."""
MOST_FOLDERS = 40
MOST_FOUND = 50
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_INTERNAL = re.compile(rb'INTERNALDATE "([ 0-9]\d)-([A-Z][a-z]{2})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"')
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_UID = re.compile(rb"UID (\d+)")
_TABS = ("promotions", "updates", "social", "forums", "primary")


class LogInError(Exception):
    """The server does not let us in; the text says why, in plain words, with what the server said."""


def encrypted(sock: socket.socket, context: ssl.SSLContext, host: str, timeout_s: float) -> ssl.SSLSocket:
    """The socket with TLS to come: the handshake is the first thing to do with it."""
    sock.settimeout(timeout_s)
    return context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)


class Session(imaplib.IMAP4):
    """Raises LogInError, imaplib's errors, and OSError where the connection breaks or takes too long."""

    def __init__(self, sock: ssl.SSLSocket, host: str, timeout_s: float) -> None:
        """On a socket whose TLS stands; reads the greeting."""
        self._ready = sock
        self._secret_words: tuple[str, ...] = ()
        super().__init__(host, 993, timeout_s)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return self._ready

    def read(self, size: int) -> bytes:
        """A literal; never one that would fill the memory."""
        if size > LARGEST + 65536:
            raise self.abort(f"the server sends {size} octets at once")
        return super().read(size)

    # Logging in

    def log_in(self, user: str, secret: str) -> None:
        """By password."""
        self._secret_words = (secret,)
        if "AUTH=PLAIN" in self.capabilities:
            self._authenticate("PLAIN", lambda _: f"\0{user}\0{secret}".encode())
        elif "LOGINDISABLED" in self.capabilities:
            raise LogInError("the server accepts no passwords, only a token (XOAUTH2)")
        else:
            self._try(lambda: self.login(user, secret))

    def log_in_with_token(self, user: str, token: str) -> None:
        """XOAUTH2 (Google's and Microsoft's form). A refusal comes as a challenge with JSON that wants an empty
        answer."""
        self._secret_words = (token,)
        challenges: list[bytes] = []

        def answer(challenge: bytes) -> bytes:
            challenges.append(challenge)
            return f"user={user}\1auth=Bearer {token}\1\1".encode() if len(challenges) == 1 else b""

        if "AUTH=XOAUTH2" not in self.capabilities:
            raise LogInError("the server does not accept tokens (no XOAUTH2)")
        try:
            self._authenticate("XOAUTH2", answer)
        except LogInError as refused:
            status = _status_in(challenges[1:])
            why = (
                "the token has expired or is for another account"
                if status in ("", "400", "401", "invalid_token")
                else f"status {status}"
            )
            raise LogInError(f"{why}; {refused}") from None

    def _authenticate(self, mechanism: str, answer: Callable[[bytes], bytes]) -> None:
        self._try(lambda: self.authenticate(mechanism, answer))

    def _try(self, step: Callable[[], Any]) -> None:
        try:
            step()
        except self.abort:
            raise
        except self.error as error:
            raise LogInError(self._said(error)) from None
        self._learn()

    def _learn(self) -> None:
        """Capabilities are others once logged in: special use and Gmail's own show only now."""
        kind, answer = self.capability()
        if kind == "OK" and answer[-1]:
            self.capabilities = tuple(answer[-1].decode("ascii", "replace").upper().split())

    def _said(self, error: Exception) -> str:
        words = error.args[0] if error.args else ""
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
        for word in self._secret_words:
            text = text.replace(word, "…") if word else text
        return f"the server said: {text}" if text else "the server gave no reason"

    # Looking

    def folders(self) -> tuple[Folder, ...]:
        """All folders that may be looked at, in the order to look."""
        if "LIST-EXTENDED" in self.capabilities and "SPECIAL-USE" in self.capabilities:
            kind, lines = self._simple("LIST", '""', '"*"', "RETURN (SPECIAL-USE)")
        else:
            kind, lines = self._simple("LIST", '""', '"*"')
        if kind != "OK":
            self._broken("LIST", lines)
        found = [folder_of(line) for line in lines if line]
        known = [one for one in found if one is not None]
        if not any(one.place == "inbox" for one in known):
            known.insert(0, Folder(name="INBOX", shown="INBOX", place="inbox"))
        return in_order(known)[:MOST_FOLDERS]

    def _simple(self, name: str, *args: str) -> tuple[str, list[Any]]:
        kind, answer = self._simple_command(name, *args)
        found: tuple[str, list[Any]] = self._untagged_response(kind, answer, name)
        return found

    def find(self, folder: Folder, address: str, since: datetime, skip: Collection[str] = ()) -> Iterator[Letter]:
        """Mails to exactly this address that came after `since`. The folder is opened for reading alone; nothing is
        marked as read."""
        kind, answer = self.select(_quoted(folder.name), readonly=True)
        if kind != "OK":
            return  # a folder that cannot be opened holds nothing for us
        day = (since - timedelta(days=1)).astimezone(UTC)
        wanted = _quoted(address)
        criteria = (
            "SINCE",
            f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}",
            "OR",
            "TO",
            wanted,
            "HEADER",
            "Delivered-To",
            wanted,
        )
        kind, answer = self.uid("SEARCH", *criteria)
        if kind != "OK":
            self._broken("SEARCH", answer)
        uids = [uid.decode("ascii") for line in answer if line for uid in line.split() if uid.isdigit()]
        for uid in [uid for uid in uids if uid not in skip][-MOST_FOUND:]:
            letter = self._letter(folder, uid, address, since)
            if letter is not None:
                yield letter

    def _letter(self, folder: Folder, uid: str, address: str, since: datetime) -> Letter | None:
        """Read whole only where its own header names the address and it is newer: a server's search may be generous."""
        fields = "TO DELIVERED-TO X-ORIGINAL-TO ENVELOPE-TO"
        head = self._fetch(uid, f"(UID INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({fields})])")
        if head is None:
            return None
        about, header = head
        arrived = _arrived(about)
        size = _SIZE.search(about)
        if arrived is None or arrived < since or size is None or int(size[1]) > LARGEST:
            return None
        if address.lower() not in re.sub(r"\r?\n[ \t]+", "", header.decode("utf-8", "replace")).lower():
            return None
        whole = self._fetch(uid, f"(UID BODY.PEEK[]<0.{LARGEST}>)")
        if whole is None:
            return None
        return Letter(folder=folder, uid=uid, arrived=arrived, raw=whole[1], tab=self._tab(folder, uid))

    def _fetch(self, uid: str, items: str) -> tuple[bytes, bytes] | None:
        kind, answer = self.uid("FETCH", uid, items)
        if kind != "OK":
            self._broken("FETCH", answer)
        for part in answer:
            if isinstance(part, tuple):
                # What follows the literal may hold the rest of the items.
                after = next((one for one in answer[answer.index(part) + 1 :] if isinstance(one, bytes)), b"")
                about = part[0] + b" " + after
                said = _UID.search(about)
                if said is None or said[1].decode("ascii") == uid:
                    return about, part[1]
        return None

    def _tab(self, folder: Folder, uid: str) -> str:
        """Gmail's tab of a mail in the inbox (https://developers.google.com/workspace/gmail/imap/imap-extensions)."""
        if folder.place != "inbox" or "X-GM-EXT-1" not in self.capabilities:
            return ""
        for tab in _TABS:
            kind, answer = self.uid("SEARCH", "UID", uid, "X-GM-RAW", f'"category:{tab}"')
            if kind == "OK" and any(uid.encode() in line.split() for line in answer if line):
                return tab
        return ""

    def _broken(self, command: str, answer: list[Any]) -> NoReturn:
        said = answer[-1].decode("utf-8", "replace") if answer and isinstance(answer[-1], bytes) else ""
        raise self.error(f"{command} was refused: {said}")


def _quoted(text: str) -> str:
    """A quoted string (RFC 9051 section 9); names with other characters come from LIST in modified UTF-7."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _arrived(about: bytes) -> datetime | None:
    found = _INTERNAL.search(about)
    if found is None:
        return None
    day, month, year, hour, minute, second = (part.decode("ascii") for part in found.groups()[:6])
    shift = timedelta(hours=int(found[8]), minutes=int(found[9])) * (-1 if found[7] == b"-" else 1)
    if month not in _MONTHS:
        return None
    try:
        local = datetime(
            int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=timezone(shift)
        )
    except ValueError:
        return None
    return local.astimezone(UTC)


def _status_in(challenges: list[bytes]) -> str:
    """The status of XOAUTH2's error, a JSON object."""
    for challenge in challenges:
        said = json_of(challenge)
        if isinstance(said, dict):
            return str(said.get("status", ""))
    return ""
