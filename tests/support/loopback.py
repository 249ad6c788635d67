"""Servers on 127.0.0.1 that say exactly what a test wants, and remember what they were asked."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from launchready_tui.wire import ConnectMap, Reach

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Served:
    """A running server. `heads` are the request heads it read, `connections` how many came."""

    port: int = 0
    connections: int = 0
    heads: list[bytes] = field(default_factory=list)

    def url(self, path: str = "/", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


@contextlib.asynccontextmanager
async def serve(
    handler: Callable[[Served, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    *,
    tls: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
) -> AsyncIterator[Served]:
    served = Served()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.connections += 1
        try:
            with contextlib.suppress(
                ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ssl.SSLError
            ):
                await handler(served, reader, writer)
        except asyncio.CancelledError:
            return  # the test is over; asyncio's streams would print the cancellation as an error
        finally:
            writer.close()

    server = await asyncio.start_server(meet, host, port, ssl=tls)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()


def saying(*answers: bytes) -> Callable[[Served, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """Answers each request of a connection with the next of these octets, then hangs up."""

    async def handle(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            served.heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(answer)
            await writer.drain()

    return handle


def pages(answers: dict[str, bytes]) -> Callable[[Served, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """Answers by path, keeping the connection; anything else is 404."""

    async def handle(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            served.heads.append(head)
            path = head.split(b" ", 2)[1].decode("latin-1")
            answer = answers.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            writer.write(answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if head.startswith(b"HEAD") else answer)
            await writer.drain()

    return handle


def ok(body: bytes = b"ok", *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def moved(location: str, status: str = "301 Moved") -> bytes:
    return ok(b"", f"Location: {location}", status=status)


def reach(
    *rules: str, ca: Path | None = None, nameservers: tuple[str, ...] = (), refuse_unmapped: bool = False
) -> Reach:
    """Loopback declared as our own, and these connect rules."""
    return Reach(
        connect=ConnectMap.parse(rules),
        private=("127.0.0.0/8", "::1"),
        ca_file=ca,
        nameservers=nameservers,
        refuse_unmapped=refuse_unmapped,
    )


def offered_alpn(hello: bytes) -> list[str]:
    """The ALPN protocols of a TLS ClientHello (RFC 8446 section 4.1.2, RFC 7301), in the order offered."""
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at : at + 2], "big")
    at += 1 + hello[at]
    end = at + 2 + int.from_bytes(hello[at : at + 2], "big")
    at += 2
    while at < end:
        kind, size = int.from_bytes(hello[at : at + 2], "big"), int.from_bytes(hello[at + 2 : at + 4], "big")
        body = hello[at + 4 : at + 4 + size]
        at += 4 + size
        if kind == 16:
            names, place = [], 2
            while place < len(body):
                names.append(body[place + 1 : place + 1 + body[place]].decode("ascii"))
                place += 1 + body[place]
            return names
    return []
