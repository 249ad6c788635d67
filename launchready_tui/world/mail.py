"""How mail servers greet (RFC 5321, RFC 3207): a small client over our wire that never sends a mail."""

from __future__ import annotations

import asyncio
import re
import time

from ..clock import Clock
from ..failure import Failure
from ..wire import Opened, Wire, failure_of
from .memory import Observer
from .sights import SmtpSight

DEADLINE_S = 15.0
"""Many mail servers hold their greeting back for some seconds, to catch senders who cannot wait."""
_LINES = 100
_LINE = re.compile(rb"(\d{3})([ -]?)(.*)", re.DOTALL)


class SmtpAnswer:
    """A server's reply: its code and the text of its lines, Latin-1."""

    def __init__(self, code: int, lines: tuple[str, ...]) -> None:
        self.code = code
        self.lines = lines


async def hear(opened: Opened) -> SmtpAnswer:
    """Reads one reply. Raises ValueError for what is none, EOFError when the server hangs up."""
    lines: list[str] = []
    while True:
        raw = await opened.reader.readline()
        if not raw.endswith(b"\n"):
            raise EOFError("hung up" if not raw else "hung up in the middle of a line")
        found = _LINE.fullmatch(raw.rstrip(b"\r\n"))
        if found is None:
            raise ValueError(f"not an SMTP reply: {raw[:80]!r}")
        lines.append(found[3].decode("latin-1"))
        if found[2] != b"-":
            return SmtpAnswer(int(found[1]), tuple(lines))
        if len(lines) >= _LINES:
            raise ValueError(f"a reply of more than {_LINES} lines")


async def tell(opened: Opened, command: str) -> SmtpAnswer:
    """Sends one command and reads its reply. Raises as `hear`, and OSError."""
    opened.writer.write(command.encode("ascii") + b"\r\n")
    await opened.writer.drain()
    return await hear(opened)


async def _greet_as_client(opened: Opened) -> tuple[SmtpAnswer, SmtpAnswer | None]:
    """Greeting and EHLO; no EHLO where the server turned us away. We name ourselves by our address (RFC 5321 section
    4.1.3)."""
    greeting = await hear(opened)
    if greeting.code != 220:
        return greeting, None
    own = str((opened.writer.get_extra_info("sockname") or ("127.0.0.1",))[0])
    return greeting, await tell(opened, f"EHLO [{'IPv6:' if ':' in own else ''}{own.partition('%')[0]}]")


async def start_tls(opened: Opened) -> Failure | None:
    """Brings an SMTP connection to the point where TLS begins; a failure where the server does not offer it."""
    greeting, ehlo = await _greet_as_client(opened)
    if ehlo is None:
        return Failure(kind="refused", detail=f"{greeting.code} {greeting.lines[0]}")
    if "STARTTLS" not in (line.strip().upper() for line in ehlo.lines[1:]):
        return Failure(kind="tls", detail="the server does not offer STARTTLS")
    ready = await tell(opened, "STARTTLS")
    if ready.code != 220:
        return Failure(kind="tls", detail=f"STARTTLS answered {ready.code} {ready.lines[0]}")
    return None


class Mail(Observer):
    """Looks at mail servers."""

    def __init__(self, wire: Wire, clock: Clock, *, deadline_s: float = DEADLINE_S) -> None:
        self._wire = wire
        self._clock = clock
        self._deadline_s = deadline_s
        super().__init__()

    async def greet(self, host: str, port: int = 25) -> SmtpSight | Failure:
        """Greeting, EHLO, QUIT. A server that turns us away (421, 554) is a sight with its code. Ends within 15 s."""
        host = host.rstrip(".").lower()
        return await self._memory.once((host, port), lambda: self._greet(host, port))

    async def _greet(self, host: str, port: int) -> SmtpSight | Failure:
        name = f"{host}:{port}"
        at, started = self._clock.now(), time.perf_counter()
        try:
            async with asyncio.timeout(self._deadline_s):
                opened = await self._wire.open_tcp(host, port, deadline_s=self._deadline_s)
                if isinstance(opened, Failure):
                    return opened
                try:
                    greeting, ehlo = await _greet_as_client(opened)
                    spent = (time.perf_counter() - started) * 1000
                    opened.writer.write(b"QUIT\r\n")
                finally:
                    opened.close()
        except TimeoutError:
            return Failure(kind="timeout", detail=f"no greeting within {self._deadline_s:g} s", target=name)
        except ValueError as error:
            return Failure(kind="protocol", detail=str(error), target=name)
        except (OSError, EOFError) as error:
            return failure_of(error, name)
        said = ehlo.lines[1:] if ehlo is not None and ehlo.code == 250 else ()
        capabilities = tuple(_capability(line) for line in said)
        return SmtpSight(
            host=host,
            port=port,
            address=opened.address,
            code=greeting.code,
            banner="\n".join(greeting.lines),
            capabilities=capabilities,
            starttls=any(one.split(" ")[0] == "STARTTLS" for one in capabilities),
            duration_ms=round(spent, 3),
            at=at,
            via=opened.via,
        )


def _capability(line: str) -> str:
    keyword, blank, rest = line.strip().partition(" ")
    return keyword.upper() + blank + rest
