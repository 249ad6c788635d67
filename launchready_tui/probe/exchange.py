"""One connection and its exchanges: raw asyncio streams and h11, the clock read at the socket."""

from __future__ import annotations

import asyncio
import ssl
import time
from dataclasses import dataclass
from typing import Literal

import h11

from ..failure import Reached
from .model import BODY_CAP, Dial, Job

Phase = Literal["connect", "tls", "answer"]


@dataclass(frozen=True)
class Limits:
    """The longest that each part of an exchange may take, seconds."""

    connect: float
    tls: float
    first_byte: float
    total: float


class ExchangeError(Exception):
    """An exchange that gave no whole answer. `kind` is a failure kind of `failure.py`."""

    def __init__(self, kind: str, detail: str = "", phase: Phase = "answer") -> None:
        super().__init__(detail or kind)
        self.kind = kind
        self.detail = detail
        self.phase: Phase = phase


@dataclass(frozen=True)
class Timed:
    """One whole answer; times by `time.perf_counter`, in seconds. Headers and body only where they are asked for."""

    status: int
    first_byte: float
    last_byte: float
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


def context_for(job: Job) -> ssl.SSLContext | None:
    """The TLS context of a job, with its own CA file beside the run's. ValueError where a file is of no use."""
    if job.scheme != "https":
        return None
    from ..wire.trust import load_roots

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    load_roots(context, job.ca_file)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _kind(problem: BaseException) -> str:
    if isinstance(problem, TimeoutError):
        return "timeout"
    if isinstance(problem, ssl.SSLCertVerificationError):
        return "certificate"
    if isinstance(problem, ssl.SSLError):
        return "tls"
    if isinstance(problem, ConnectionRefusedError):
        return "refused"
    if isinstance(problem, ConnectionError):
        return "reset"
    return "unreachable"


class Line:
    """A keep-alive connection to one host. It opens when asked, and notices when the other side closed it."""

    def __init__(
        self, job: Job, context: ssl.SSLContext | None, *, limits: Limits | None = None, keep: int = 0
    ) -> None:
        """`keep`: so many bytes of a body are kept, and its headers; `limits` take the place of the job's one
        deadline."""
        self._job = job
        self._context = context
        self._limits = limits or Limits(job.exchange_s, job.exchange_s, job.exchange_s, job.exchange_s)
        self._keep = keep
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._http = h11.Connection(h11.CLIENT)
        self.connect_ms = 0.0
        self.tls_ms = 0.0
        self.opened = 0
        self.phase: Phase = "connect"
        """Where it is now, or where it failed."""
        self.reached: Reached = ""
        """The last step that was done."""

    @property
    def usable(self) -> bool:
        """Whether the next request can go out on the connection that is open."""
        return (
            self._writer is not None
            and self._reader is not None
            and not self._reader.at_eof()
            and not self._writer.is_closing()
            and self._http.our_state is h11.IDLE
        )

    async def open(self) -> None:
        """Connects to the first address that lets us in. Raises ExchangeError of the last one."""
        self.close()
        last: ExchangeError | None = None
        self.reached = "look-up"  # a job names addresses
        for dial in self._job.dial:
            self.phase = "connect"
            try:
                async with asyncio.timeout(self._limits.connect) as patience:
                    await self._connect(dial, patience)
                return
            except (OSError, ssl.SSLError, TimeoutError) as problem:
                last = ExchangeError(_kind(problem), str(problem), self.phase)
                self.close()
        raise last or ExchangeError("no-address", phase="connect")

    async def _connect(self, dial: Dial, patience: asyncio.Timeout) -> None:
        started = time.perf_counter()
        reader, writer = await asyncio.open_connection(dial.address, dial.port, limit=256 * 1024)
        # Kept at once: a handshake that fails or hangs must not leave the socket open.
        self._reader, self._writer = reader, writer
        connected = time.perf_counter()
        self.reached = "connect"
        self.connect_ms = (connected - started) * 1000
        if self._context is not None:
            self.phase = "tls"
            patience.reschedule(asyncio.get_running_loop().time() + self._limits.tls)
            await writer.start_tls(
                self._context, server_hostname=self._job.host, ssl_handshake_timeout=self._limits.tls
            )
            self.tls_ms = (time.perf_counter() - connected) * 1000
            self.reached = "tls"
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=256 * 1024)
        self.opened += 1

    def close(self) -> None:
        """Drops the connection without waiting for the other side."""
        if self._writer is not None:
            self._writer.transport.abort()
        self._reader = self._writer = None

    async def exchange(self) -> Timed:
        """Sends the job's request and reads the whole answer. Raises ExchangeError; the connection is then closed."""
        self.phase = "answer"
        ends = asyncio.get_running_loop().time() + self._limits.total
        try:
            async with asyncio.timeout(min(self._limits.first_byte, self._limits.total)) as patience:
                return await self._exchange(patience, ends)
        except ExchangeError:
            self.close()
            raise
        except h11.RemoteProtocolError as problem:
            self.close()
            raise ExchangeError("protocol", str(problem)) from None
        except (OSError, ssl.SSLError, TimeoutError) as problem:
            self.close()
            raise ExchangeError(_kind(problem), str(problem)) from None

    async def _exchange(self, patience: asyncio.Timeout, ends: float) -> Timed:
        reader, writer, job = self._reader, self._writer, self._job
        if reader is None or writer is None:
            raise ExchangeError("reset", "no open connection")
        request = h11.Request(method=job.method, target=job.target, headers=list(job.headers))
        parts = [self._http.send(request)]
        if job.body:
            parts.append(self._http.send(h11.Data(data=job.body)))
        parts.append(self._http.send(h11.EndOfMessage()))
        writer.write(b"".join(part for part in parts if part))
        await writer.drain()
        self.reached = "sent"
        status, first, size = 0, 0.0, 0
        headers: tuple[tuple[str, str], ...] = ()
        kept = bytearray()
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                data = await reader.read(64 * 1024)
                if not first:
                    first = time.perf_counter()
                    self.reached = "first-byte" if data else "sent"
                    patience.reschedule(ends)
                if not data and not status:
                    raise ExchangeError("reset", "closed before an answer")
                self._http.receive_data(data)
            elif isinstance(event, h11.Response):
                status = event.status_code
                if self._keep:
                    headers = tuple(
                        (name.decode("ascii").lower(), value.decode("latin-1")) for name, value in event.headers
                    )
            elif isinstance(event, h11.Data):
                size += len(event.data)
                if len(kept) < self._keep:
                    kept += event.data[: self._keep - len(kept)]
                if size > BODY_CAP:
                    raise ExchangeError("too-large", f"more than {BODY_CAP} bytes")
            elif isinstance(event, h11.EndOfMessage):
                break
            elif isinstance(event, h11.ConnectionClosed):
                raise ExchangeError("reset", "closed in the middle of the answer")
        ended = time.perf_counter()
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        else:
            self.close()
        return Timed(status=status, first_byte=first, last_byte=ended, headers=headers, body=bytes(kept))

    def certificate(self) -> bytes:
        """The certificate (DER) that the other side showed; empty on a plain or closed connection."""
        session = self._writer.get_extra_info("ssl_object") if self._writer is not None else None
        return (session.getpeercert(binary_form=True) or b"") if session is not None else b""

    def certificate_ends(self) -> float | None:
        """When that certificate ends, seconds since 1970; None where there is none."""
        session = self._writer.get_extra_info("ssl_object") if self._writer is not None else None
        shown = session.getpeercert() if session is not None else None
        return float(ssl.cert_time_to_seconds(str(shown["notAfter"]))) if shown and "notAfter" in shown else None
