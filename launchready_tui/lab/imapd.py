"""The mailbox provider of the test account: folders in memory, read over IMAP with TLS (RFC 9051, as much as a reader
needs)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import re
import secrets
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from . import places as at

_KEEP = 300
_IDLE_S = 120.0
_LONGEST_LINE = 8_192
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WANTED = re.compile(r'(?:TO|DELIVERED-TO"?)\s+"([^"]+)"', re.IGNORECASE)
FOLDERS = {"INBOX": "\\HasNoChildren", "Spam": "\\HasNoChildren \\Junk", "Sent": "\\HasNoChildren \\Sent"}


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it lies in a folder."""

    uid: int
    arrived: datetime
    raw: bytes

    @property
    def head(self) -> bytes:
        """Header with the empty line that ends it, as BODY[HEADER] has it (RFC 9051, section 6.4.5)."""
        return self.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


class Mailbox:
    """The test account: its password is new at every start, and mail to any tagged form of its address comes in."""

    def __init__(self) -> None:
        self.user = at.TESTER
        self.password = secrets.token_urlsafe(15)
        self.folders: dict[str, deque[Mail]] = {name: deque(maxlen=_KEEP) for name in FOLDERS}
        self._next = 1

    def take(self, to: str, raw: bytes, spam: bool) -> None:
        """Takes a mail in; one for somebody else is not ours."""
        local, _, domain = to.lower().rpartition("@")
        if f"{local.partition('+')[0]}@{domain}" != self.user:
            return
        self.folders["Spam" if spam else "INBOX"].append(Mail(self._next, datetime.now(UTC), raw))
        self._next += 1


async def listen(box: Mailbox, tls: Callable[[], ssl.SSLContext], address: str) -> tuple[asyncio.Server, int]:
    """Serves IMAP over TLS on a free port."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ssl.SSLError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            await _Talk(box, reader, writer).run()
        writer.close()

    server = await asyncio.start_server(talk, address, 0, ssl=tls(), limit=_LONGEST_LINE, ssl_handshake_timeout=5.0)
    return server, int(server.sockets[0].getsockname()[1])


class _Talk:
    """One connection."""

    def __init__(self, box: Mailbox, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._box, self._reader, self._writer = box, reader, writer
        self._in = False
        self._open: tuple[Mail, ...] | None = None

    async def run(self) -> None:
        self._say("* OK ready")
        while line := await asyncio.wait_for(self._reader.readline(), _IDLE_S):
            tag, _, rest = line.decode("utf-8", "replace").rstrip("\r\n").partition(" ")
            verb = rest.partition(" ")[0].upper()
            done = await self._obey(verb, rest)
            self._say(f"{tag or '*'} {done}")
            await self._writer.drain()
            if verb == "LOGOUT":
                return

    def _say(self, line: str) -> None:
        self._writer.write(f"{line}\r\n".encode())

    async def _obey(self, verb: str, rest: str) -> str:
        match verb:
            case "CAPABILITY":
                self._say("* CAPABILITY IMAP4rev1 AUTH=PLAIN SPECIAL-USE")
            case "NOOP":
                return "OK still here"
            case "LOGOUT":
                self._say("* BYE goodbye")
            case "LOGIN":
                words = [
                    quoted.replace("\\\\", "\\").replace('\\"', '"') or bare for quoted, bare in _WORD.findall(rest)
                ]
                return self._log_in(*words[1:3]) if len(words) == 3 else "BAD LOGIN user password"
            case "AUTHENTICATE":
                return await self._authenticate(rest)
            case _ if not self._in:
                return "NO log in first"
            case "LIST":
                for name, flags in FOLDERS.items():
                    self._say(f'* LIST ({flags}) "/" "{name}"')
            case "EXAMINE" | "SELECT":
                return self._examine(rest)
            case "UID" if self._open is not None:
                return self._uid(rest)
            case _:
                return "BAD this server does not know that command"
        return "OK done"

    def _log_in(self, user: str, password: str) -> str:
        good = user.lower() == self._box.user and secrets.compare_digest(password.encode(), self._box.password.encode())
        self._in = self._in or good
        return "OK in" if good else "NO [AUTHENTICATIONFAILED] this is not the password of the account"

    async def _authenticate(self, rest: str) -> str:
        if rest.split()[1:2] != ["PLAIN"]:
            return "NO only PLAIN"
        self._say("+ ")
        await self._writer.drain()
        try:
            said = base64.b64decode(
                (await asyncio.wait_for(self._reader.readline(), _IDLE_S)).strip(), validate=True
            ).decode()
        except (binascii.Error, UnicodeDecodeError):
            return "BAD this is no base64"
        parts = said.split("\0")
        return self._log_in(*parts[1:]) if len(parts) == 3 else "BAD user and password"

    def _examine(self, rest: str) -> str:
        name = rest.partition(" ")[2].strip().strip('"')
        if name not in self._box.folders:
            self._open = None
            return "NO there is no such folder"
        self._open = tuple(self._box.folders[name])
        self._say(f"* {len(self._open)} EXISTS")
        return "OK [READ-ONLY] done"

    def _uid(self, rest: str) -> str:
        assert self._open is not None
        words = rest.split()
        if len(words) > 1 and words[1].upper() == "SEARCH":
            wanted = [word.lower().encode() for word in _WANTED.findall(rest)]
            found = [mail for mail in self._open if not wanted or any(word in mail.head.lower() for word in wanted)]
            self._say(" ".join(["* SEARCH", *(str(mail.uid) for mail in found)]))
            return "OK done"
        if len(words) > 2 and words[1].upper() == "FETCH":
            for number, mail in enumerate(self._open, 1):
                if str(mail.uid) == words[2]:
                    self._fetch(number, mail, rest)
            return "OK done"
        return "BAD only SEARCH and FETCH"

    def _fetch(self, number: int, mail: Mail, rest: str) -> None:
        header = re.search(r"BODY(?:\.PEEK)?\[(HEADER[^\]]*)\]", rest, re.IGNORECASE)
        part, name = (mail.head, f"BODY[{header[1]}]") if header else (mail.raw, "BODY[]<0>")
        when = mail.arrived
        stamp = f"{when.day:2d}-{_MONTHS[when.month - 1]}-{when:%Y %H:%M:%S} +0000"
        about = f'UID {mail.uid} INTERNALDATE "{stamp}" RFC822.SIZE {len(mail.raw)}'
        self._writer.write(f"* {number} FETCH ({about} {name} {{{len(part)}}}\r\n".encode() + part + b")\r\n")
