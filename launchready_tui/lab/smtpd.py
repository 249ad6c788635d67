"""The marketplace's mail server: takes mail for its own domain, over STARTTLS if asked, and keeps it in memory (RFC
5321, RFC 3207)."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections import deque
from collections.abc import Callable

import msgspec

from . import places as at

_LONGEST_LINE = 2_000
_LARGEST = 5 * 1024 * 1024
_KEEP = 100
_IDLE_S = 60.0
_PATH = re.compile(r"<([^<>\s]*)>")


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as it came in: envelope, text, and whether the line was encrypted."""

    sender: str
    recipients: tuple[str, ...]
    text: str
    tls: bool


class Inbox:
    """The last messages taken."""

    def __init__(self) -> None:
        self.messages: deque[Message] = deque(maxlen=_KEEP)


async def listen(inbox: Inbox, tls: Callable[[], ssl.SSLContext], address: str) -> tuple[asyncio.Server, int]:
    """Serves SMTP on a free port; `tls` gives the context of the moment."""
    server = await asyncio.get_running_loop().create_server(lambda: _Session(inbox, tls), address, 0)
    return server, int(server.sockets[0].getsockname()[1])


class _Session(asyncio.Protocol):
    """One connection."""

    def __init__(self, inbox: Inbox, tls: Callable[[], ssl.SSLContext]) -> None:
        self._inbox = inbox
        self._tls = tls
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._secure = False
        self._greeted = ""
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._data: list[bytes] | None = None
        self._size = 0
        self._silence: asyncio.TimerHandle | None = None
        self._upgrade: asyncio.Task[None] | None = None

    # -- the wire ------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if not self._secure:
            self._say(f"220 {at.MAIL} ESMTP")

    def connection_lost(self, exc: Exception | None) -> None:
        if self._silence is not None:
            self._silence.cancel()

    def _say(self, *lines: str) -> None:
        assert self._transport is not None
        self._transport.write("".join(line + "\r\n" for line in lines).encode("ascii", "replace"))
        if self._silence is not None:
            self._silence.cancel()
        self._silence = asyncio.get_running_loop().call_later(_IDLE_S, self._transport.abort)

    def _hang_up(self) -> None:
        assert self._transport is not None
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end]).removesuffix(b"\r")
            del self._buffer[: end + 1]
            if self._data is not None:
                self._text_line(line)
            elif self._command(line.decode("utf-8", "replace")):
                return
        if len(self._buffer) > _LONGEST_LINE and self._data is None:
            self._say("500 That line is too long")
            self._hang_up()

    # -- commands ------------------------------------------------------------------------------------------------

    def _command(self, line: str) -> bool:
        """Answers one command. True when nothing more of what was received may be looked at."""
        verb, _, rest = line.strip().partition(" ")
        match verb.upper():
            case "EHLO" | "HELO":
                self._greet(verb.upper(), rest)
            case "STARTTLS":
                return self._start_tls(rest)
            case "MAIL":
                self._mail(rest)
            case "RCPT":
                self._rcpt(rest)
            case "DATA":
                self._start_data()
            case "RSET":
                self._forget()
                self._say("250 Forgotten")
            case "NOOP":
                self._say("250 Still here")
            case "VRFY":
                self._say("252 Send it and see")
            case "QUIT":
                self._say("221 Goodbye")
                self._hang_up()
                return True
            case _:
                self._say("500 This server does not know that command")
        return False

    def _greet(self, verb: str, name: str) -> None:
        self._greeted = name or "?"
        self._forget()
        if verb == "HELO":
            self._say(f"250 {at.MAIL}")
            return
        offers = [f"SIZE {_LARGEST}", "8BITMIME", "PIPELINING", *([] if self._secure else ["STARTTLS"])]
        lines = [at.MAIL, *offers]
        self._say(*(f"250{'-' if number < len(lines) else ' '}{line}" for number, line in enumerate(lines, 1)))

    def _start_tls(self, rest: str) -> bool:
        if self._secure or rest:
            self._say("503 Not now")
            return False
        assert self._transport is not None
        self._say("220 Go ahead")
        # What came in the clear behind the command is thrown away: it could be anybody's (RFC 3207 section 4.2).
        self._buffer.clear()
        self._forget()
        self._greeted = ""
        self._transport.pause_reading()
        self._upgrade = asyncio.get_running_loop().create_task(self._secured(self._transport))
        return True

    async def _secured(self, plain: asyncio.Transport) -> None:
        loop = asyncio.get_running_loop()
        self._secure = True
        try:
            secure = await loop.start_tls(plain, self, self._tls(), server_side=True, ssl_handshake_timeout=5.0)
        except (OSError, ssl.SSLError):
            plain.abort()  # a handshake that fails is the other side's choice
            return
        if secure is None:
            plain.abort()
            return
        self._transport = secure

    def _mail(self, rest: str) -> None:
        found = _PATH.search(rest)
        if not self._greeted:
            self._say("503 Say EHLO first")
        elif not rest.upper().startswith("FROM:") or found is None:
            self._say("501 MAIL FROM:<address>")
        else:
            self._forget()
            self._sender = found[1]
            self._say("250 Yes")

    def _rcpt(self, rest: str) -> None:
        found = _PATH.search(rest)
        if self._sender is None:
            self._say("503 MAIL first")
        elif not rest.upper().startswith("TO:") or found is None:
            self._say("501 RCPT TO:<address>")
        elif found[1].rpartition("@")[2].lower() != at.DOMAIN:
            self._say(f"550 5.7.1 This server takes mail for {at.DOMAIN} only")
        elif len(self._recipients) >= 100:
            self._say("452 4.5.3 Too many recipients")
        else:
            self._recipients.append(found[1])
            self._say("250 Yes")

    def _start_data(self) -> None:
        if not self._recipients:
            self._say("503 RCPT first")
            return
        self._data, self._size = [], 0
        self._say("354 End with a dot")

    def _text_line(self, line: bytes) -> None:
        assert self._data is not None
        if line != b".":
            self._size += len(line) + 2
            if self._size <= _LARGEST:
                self._data.append(line[1:] if line.startswith(b".") else line)
            return
        text = b"\r\n".join([*self._data, b""]).decode("utf-8", "replace")
        too_large = self._size > _LARGEST
        if not too_large:
            kept = Message(sender=self._sender or "", recipients=tuple(self._recipients), text=text, tls=self._secure)
            self._inbox.messages.append(kept)
        self._forget()
        self._say("552 5.3.4 Too large" if too_large else "250 2.0.0 Taken")

    def _forget(self) -> None:
        self._sender, self._recipients, self._data, self._size = None, [], None, 0
