"""HTTP as one run sees it, through an httpx transport of our own over httpcore.

Our network backend opens the sockets (resolver, policy, connect map, phases). The transport is used directly, never
httpx's client: the client follows, joins headers, keeps cookies, and fails on redirects to `mailto:` before anybody
can read them.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

from .. import __version__
from ..clock import Clock
from ..failure import Failure
from ..wire import Connected, Counts, Wire, failure_of
from ..wire.trust import HTTP_ALPN, verifying_context
from .body import Body
from .budget import IN_FLIGHT, Budget, place
from .follow import follow
from .memory import Memory
from .sights import Chain, Phases, Reply
from .urls import Located, locate

if importlib.util.find_spec("sniffio") is None:
    # httpcore asks for it before each lock it takes, and a missing module is looked for anew in every folder of the
    # path, each time: up to a tenth of a second of a run's loop. Said once that it is not there, it is believed at
    # once.
    sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]

USER_AGENT = f"LaunchReady/{__version__}"
CAP = 512 * 1024
DEADLINE_S = 10.0

_DEFAULTS = (
    ("User-Agent", USER_AGENT),
    ("Accept", "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8"),
    ("Accept-Encoding", "gzip"),
)
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})
_CHUNKS = 20_000
"""A body in more pieces than this is a server playing for time."""


class _Broken(httpcore.NetworkError):
    """Carries a typed failure through httpcore."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class _WriteBroken(httpcore.WriteError):
    """httpcore reads on after this one: the server may have answered early."""


class LookError(httpx.TransportError):
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


class _CoreBody(httpx.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _typed_errors():
            async for chunk in self._stream:
                yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


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


class Transport(httpx.AsyncBaseTransport):
    """One pool for one origin at one address: pooled by origin alone, four addresses of a host would share one
    connection."""

    def __init__(self, wire: Wire, address: str) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=verifying_context(wire.reach, HTTP_ALPN),
            max_connections=IN_FLIGHT,
            keepalive_expiry=15.0,
            network_backend=_Backend(wire, address),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends one request. Raises LookError."""
        url = request.url
        core = httpcore.Request(
            method=request.method.encode("ascii"),
            url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _typed_errors():
            answer = await self._pool.handle_async_request(core)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_CoreBody(answer.stream), extensions=answer.extensions
        )

    async def aclose(self) -> None:
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


class Web:
    """Asks for pages. Every question costs one request a run, however many ask it."""

    def __init__(
        self, wire: Wire, clock: Clock, *, requests_per_host: int = 150, deadline_s: float = DEADLINE_S
    ) -> None:
        self._wire = wire
        self._clock = clock
        self._deadline_s = deadline_s
        self._budget = Budget(requests_per_host)
        self._memory = Memory()
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
        await self._memory.close()
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
        except (ValueError, httpx.HTTPError) as error:
            return Failure(kind="protocol", detail=str(error), target=question.located.url), marks

    async def _exchange(self, question: _Question, marks: _Marks) -> Reply:
        started = time.perf_counter()
        at = self._clock.now()
        request = httpx.Request(
            question.method,
            question.located.url,
            headers=_raw_headers(question.headers),
            content=question.body or None,
            extensions={"trace": marks.note},
        )
        response = await self._transport(question).handle_async_request(request)
        try:
            body = Body(question.cap, response.headers.get("content-encoding", ""))
            pieces = 0
            async for chunk in response.aiter_raw():
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
            await response.aclose()
        done = time.perf_counter()
        stream = marks.stream or response.extensions.get("network_stream")
        connected = stream.connected if isinstance(stream, _Stream) else None
        fresh = connected if not marks.reused else None
        return Reply(
            url=question.located.url,
            method=question.method,
            status=response.status_code,
            headers=tuple(
                (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers.raw
            ),
            body=bytes(body.content),
            truncated=body.truncated,
            wire_bytes=body.wire_bytes,
            http_version=response.extensions["http_version"].decode("ascii", "replace"),
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


def _raw_headers(own: tuple[tuple[str, str], ...]) -> list[tuple[bytes, bytes]]:
    named = {name.lower() for name, _ in own}
    every = [*((name, value) for name, value in _DEFAULTS if name.lower() not in named), *own]
    return [(name.encode("latin-1", "replace"), value.encode()) for name, value in every]


def _stale(failure: Failure) -> bool:
    return failure.kind == "reset" or (failure.kind == "protocol" and failure.detail.startswith("Server disconnected"))


def _cut(reply: Reply, cap: int) -> Reply:
    import msgspec

    return msgspec.structs.replace(reply, body=reply.body[:cap], truncated=True)


def _ms(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
