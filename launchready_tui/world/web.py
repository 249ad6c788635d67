"""HTTP as one run sees it: a pool of httpcore's over a network backend of our own, which opens the sockets (resolver,
policy, connect map, phases).

No client is built on it: clients follow, join headers, keep cookies, and fail on redirects to `mailto:` before anybody
can read them.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import httpcore2 as httpcore

from .. import __version__
from ..clock import Clock
from ..failure import Failure
from ..wire import Connected, Counts, Wire, failure_of
from ..wire.trust import HTTP_ALPN, verifying_context
from .body import Body
from .budget import IN_FLIGHT, Budget, place
from .follow import follow
from .memory import Observer
from .sights import Chain, Phases, Reply
from .urls import Located, locate

Trace = Callable[[str, dict[str, Any]], Awaitable[None]]
"""Told of each step of an exchange as it happens."""
USER_AGENT = f"LaunchReady/{__version__}"
CAP = 512 * 1024
DEADLINE_S = 10.0

_DEFAULTS = (
    ("User-Agent", USER_AGENT),
    ("Accept", "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8"),
    ("Accept-Encoding", "gzip"),
)
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
"""These say that their body is empty (RFC 9110 section 8.6)."""
_CHUNKS = 20_000
"""A body in more pieces than this is a server playing for time."""


class _Broken(httpcore.NetworkError):
    """Carries a typed failure through httpcore."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class _WriteBroken(httpcore.WriteError):
    """httpcore reads on after this one: the server may have answered early."""


class LookError(Exception):
    """What the transport raises: an exchange that failed, with its typed failure."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class _Stream(httpcore.AsyncNetworkStream):
    """One connection: plain until TLS is started on its socket."""

    def __init__(self, wire: Wire, connected: Connected, name: str) -> None:
        self.connected = connected
        self.tls_ms: float | None = None
        self._wire = wire
        self._name = name
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def _open(self, **tls: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(sock=self.connected.sock, **tls)
        return self._reader, self._writer

    async def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> _Stream:
        started = time.perf_counter()
        self._wire.counts.tls_handshakes += 1
        try:
            await self._open(ssl=ssl_context, server_hostname=server_hostname, ssl_shutdown_timeout=1.0)
        except (OSError, EOFError, ValueError) as error:
            raise _Broken(failure_of(error, self._name)) from None
        self.tls_ms = (time.perf_counter() - started) * 1000
        return self

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            reader, _ = await self._open()
            return await reader.read(max_bytes)
        except (OSError, EOFError) as error:
            raise _Broken(failure_of(error, self._name)) from None

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            _, writer = await self._open()
            writer.write(buffer)
            await writer.drain()
        except (OSError, EOFError) as error:
            raise _WriteBroken(str(error)) from None

    async def aclose(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
        else:
            self.connected.sock.close()

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self._reader is not None and self._reader.at_eof()
        return self._writer.get_extra_info(info) if self._writer is not None else None


class _Backend(httpcore.AsyncNetworkBackend):
    """Lets httpcore connect through our wire: it passes the name, which stays in SNI, Host and verification."""

    def __init__(self, wire: Wire, address: str) -> None:
        self._wire = wire
        self._address = address

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> _Stream:
        connected = await self._wire.connect(host, port, address=self._address, deadline_s=DEADLINE_S)
        if isinstance(connected, Failure):
            raise _Broken(connected)
        return _Stream(self._wire, connected, f"{host}:{port}")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@contextlib.contextmanager
def _typed_errors() -> Iterator[None]:
    """What httpcore raises becomes LookError with a typed failure."""
    try:
        yield
    except _Broken as error:
        raise LookError(error.failure) from None
    except httpcore.NetworkError as error:
        raise LookError(Failure(kind="reset", detail=str(error))) from None
    except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        raise LookError(Failure(kind="protocol", detail=str(error))) from None


class Transport:
    """One pool for one origin at one address: pooled by origin alone, four addresses of a host would share one
    connection."""

    def __init__(self, wire: Wire, address: str) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=verifying_context(wire.reach, HTTP_ALPN),
            max_connections=IN_FLIGHT,
            keepalive_expiry=15.0,
            network_backend=_Backend(wire, address),
        )

    async def send(
        self, method: str, located: Located, headers: list[tuple[bytes, bytes]], body: bytes, trace: Trace
    ) -> httpcore.Response:
        """Sends one request; whoever asks reads the answer's body and closes it. Raises LookError, and ValueError for
        a request that cannot be written."""
        request = httpcore.Request(
            method.encode("ascii"),
            httpcore.URL(
                scheme=located.scheme.encode("ascii"),
                host=located.host.encode("ascii"),
                port=located.port,
                target=located.target.encode("ascii"),
            ),
            headers=headers,
            content=body,
            extensions={"trace": trace},
        )
        with _typed_errors():
            return await self._pool.handle_async_request(request)

    async def aclose(self) -> None:
        """Closes every connection of the pool."""
        await self._pool.aclose()


@dataclass
class _Marks:
    """When things happened in one exchange, as httpcore's trace tells. A request counts once it is sent."""

    counts: Counts
    stream: _Stream | None = None
    connected_now: bool = False
    sent: float = 0.0
    head: float = 0.0

    async def note(self, event: str, info: dict[str, Any]) -> None:
        if event == "connection.connect_tcp.started":
            self.connected_now = True
        elif event == "connection.connect_tcp.complete":
            self.stream = info["return_value"]
        elif event == "http11.send_request_headers.started":
            self.counts.requests += 1
            self.sent = time.perf_counter()
        elif event == "http11.receive_response_headers.complete":
            self.head = time.perf_counter()

    @property
    def reused(self) -> bool:
        return not self.connected_now and self.sent > 0


@dataclass(frozen=True)
class _Question:
    method: str
    located: Located
    headers: tuple[tuple[str, str], ...]
    body: bytes
    address: str
    cap: int
    deadline_s: float


class Web(Observer):
    """Asks for pages. Every question costs one request a run, however many ask it."""

    def __init__(
        self, wire: Wire, clock: Clock, *, requests_per_host: int = 150, deadline_s: float = DEADLINE_S
    ) -> None:
        self._wire = wire
        self._clock = clock
        self._deadline_s = deadline_s
        self._budget = Budget(requests_per_host)
        super().__init__()
        self._transports: dict[tuple[str, str, int, str], Transport] = {}

    async def get(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
        address: str = "",
        crawl: bool = False,
        cap: int = CAP,
        fresh: bool = False,
        deadline_s: float = 0,
    ) -> Reply | Failure:
        """One answer; redirects are not followed. `address` asks that address of the host, `crawl` uses the crawl's
        own limit.

        `fresh` asks anew though the question is known, for what changes something or is waited for.

        Ends within 10 s of its start, or within `deadline_s` for a service known to be slow; it may wait before for
        one of the host's 8 places.
        """
        located = locate(url)
        if isinstance(located, Failure):
            return located
        question = _Question(
            method.upper(), located, headers, body, address, max(cap, CAP), deadline_s or self._deadline_s
        )
        reply = await (
            self._look(question, crawl) if fresh else self._memory.once(question, lambda: self._look(question, crawl))
        )
        if isinstance(reply, Failure) or len(reply.body) <= cap:
            return reply
        return _cut(reply, cap)

    async def follow(self, url: str, *, limit: int = 10, address: str = "", crawl: bool = False) -> Chain:
        """Follows redirects by hand, meta refresh and Refresh included, up to `limit` of them."""
        return await follow(self, url, limit=limit, address=address, crawl=crawl)

    async def close(self) -> None:
        """Cancels what is still being asked, then closes every connection."""
        await super().close()
        for transport in self._transports.values():
            await transport.aclose()
        self._transports.clear()

    async def _look(self, question: _Question, crawl: bool) -> Reply | Failure:
        host = question.located.host
        async with place(host).hold():
            reply, marks = await self._counted(question, crawl)
            if isinstance(reply, Failure) and marks.reused and _stale(reply) and question.method in _REPEATABLE:
                # The server closed an idle connection just as we used it: that says nothing about the page.
                reply, _ = await self._counted(question, crawl)
            return reply

    async def _counted(self, question: _Question, crawl: bool) -> tuple[Reply | Failure, _Marks]:
        host, marks = question.located.host, _Marks(self._wire.counts)
        spent = self._budget.spend(host, crawl)
        if spent is not None:
            return spent, marks
        try:
            async with asyncio.timeout(question.deadline_s):
                return await self._exchange(question, marks), marks
        except TimeoutError:
            detail = f"not done within {question.deadline_s:g} s"
            return Failure(kind="timeout", detail=detail, target=question.located.url), marks
        except LookError as error:
            failure = error.failure
            return Failure(
                kind=failure.kind, detail=failure.detail, target=failure.target or question.located.url
            ), marks
        except ValueError as error:
            return Failure(kind="protocol", detail=str(error), target=question.located.url), marks

    async def _exchange(self, question: _Question, marks: _Marks) -> Reply:
        started = time.perf_counter()
        at = self._clock.now()
        headers = _raw_headers(question)
        answer = await self._transport(question).send(
            question.method, question.located, headers, question.body, marks.note
        )
        try:
            body = Body(question.cap, _encoding(answer))
            pieces = 0
            with _typed_errors():
                async for chunk in answer.aiter_stream():
                    pieces += 1
                    if not body.feed(chunk):
                        break
                    if pieces % 200 == 0:
                        await asyncio.sleep(0)  # a thousand tiny pieces in one read must not hold the loop
                    if pieces > _CHUNKS:
                        body.truncated = True
                        break
                else:
                    body.finish()
        finally:
            await answer.aclose()
        done = time.perf_counter()
        stream = marks.stream or answer.extensions.get("network_stream")
        connected = stream.connected if isinstance(stream, _Stream) else None
        fresh = connected if not marks.reused else None
        return Reply(
            url=question.located.url,
            method=question.method,
            status=answer.status,
            headers=tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in answer.headers),
            body=bytes(body.content),
            truncated=body.truncated,
            wire_bytes=body.wire_bytes,
            http_version=answer.extensions["http_version"].decode("ascii", "replace"),
            address=connected.address if connected else "",
            phases=Phases(
                dns=_ms(fresh.dns_ms) if fresh else None,
                connect=_ms(fresh.connect_ms) if fresh else None,
                tls=_ms(stream.tls_ms) if fresh and isinstance(stream, _Stream) else None,
                first_byte=_ms((marks.head - marks.sent) * 1000),
                transfer=_ms((done - marks.head) * 1000),
                total=round((done - started) * 1000, 3),
            ),
            reused=marks.reused,
            at=at,
            via=connected.via if connected else "",
        )

    def _transport(self, question: _Question) -> Transport:
        located = question.located
        key = (located.scheme, located.host, located.port, question.address)
        if key not in self._transports:
            self._transports[key] = Transport(self._wire, question.address)
        return self._transports[key]


def _raw_headers(question: _Question) -> list[tuple[bytes, bytes]]:
    """Host first (RFC 9110 section 7.2), then our own habits, then what the question brings, which goes before both;
    how long the body is, where there can be one."""
    own, named = question.headers, {name.lower() for name, _ in question.headers}
    every = [("Host", question.located.authority), *_DEFAULTS]
    if (question.body or question.method in _WITH_BODY) and "transfer-encoding" not in named:
        every.append(("Content-Length", str(len(question.body))))
    kept = [*((name, value) for name, value in every if name.lower() not in named), *own]
    return [(name.encode("latin-1", "replace"), value.encode()) for name, value in kept]


def _encoding(answer: httpcore.Response) -> str:
    """The content encodings in the order in which they were laid on, as one list (RFC 9110 section 8.4)."""
    return ", ".join(value.decode("latin-1") for name, value in answer.headers if name.lower() == b"content-encoding")


def _stale(failure: Failure) -> bool:
    return failure.kind == "reset" or (failure.kind == "protocol" and failure.detail.startswith("Server disconnected"))


def _cut(reply: Reply, cap: int) -> Reply:
    import msgspec

    return msgspec.structs.replace(reply, body=reply.body[:cap], truncated=True)


def _ms(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
