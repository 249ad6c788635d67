"""TLS servers as one run sees them: the verdict of a verified handshake, and the chain in any case."""

from __future__ import annotations

import asyncio
import ssl
import time
from typing import Any, Literal

from ..clock import Clock
from ..failure import Failure
from ..wire import Opened, Wire, failure_of
from ..wire.trust import LOOK_ALPN, VERSIONS, lenient_context, looking_context, verifying_context, version_context
from . import mail
from .certificates import read_certificate
from .memory import Observer
from .sights import Certificate, TlsSight, VersionAnswer

DEADLINE_S = 10.0
_HANDSHAKE_BYTES = 256 * 1024
_CHAIN = 12

StartTls = Literal["", "smtp"]


TICKET_S = 0.5
"""How long a TLS 1.3 server may take to send a ticket after the handshake."""


async def _read_on(opened: Opened, inward: ssl.MemoryBIO, done: ssl.SSLObject) -> None:
    """Reads what follows the handshake until a ticket came; a server that sends none stays silent, which is no
    error."""
    try:
        async with asyncio.timeout(TICKET_S):
            while done.session is None or not done.session.has_ticket:
                try:
                    done.read(1)
                except ssl.SSLWantReadError:
                    if done.session is not None and done.session.has_ticket:
                        return
                    data = await opened.reader.read(16 * 1024)
                    if not data:
                        return
                    inward.write(data)
    except TimeoutError:
        return


async def _shake_hands(
    opened: Opened,
    context: ssl.SSLContext,
    host: str,
    *,
    session: ssl.SSLSession | None = None,
    inward: ssl.MemoryBIO | None = None,
) -> ssl.SSLObject:
    """A client handshake over an open connection, resuming `session` where one is given. `inward` is the buffer to
    read on from.

    Raises ssl.SSLError, OSError, EOFError; ValueError for a server that never ends it.
    """
    inward, outward = inward or ssl.MemoryBIO(), ssl.MemoryBIO()
    shaken = context.wrap_bio(inward, outward, server_hostname=host, session=session)
    taken = 0
    while True:
        done = False
        try:
            shaken.do_handshake()
            done = True
        except ssl.SSLWantReadError:
            pass
        finally:
            if outward.pending:
                opened.writer.write(outward.read())  # on an error this carries the alert that tells the server why
        await opened.writer.drain()
        if done:
            return shaken
        data = await opened.reader.read(16 * 1024)
        if not data:
            raise EOFError("closed during the handshake")
        taken += len(data)
        if taken > _HANDSHAKE_BYTES:
            raise ValueError(f"a handshake of more than {_HANDSHAKE_BYTES // 1024} KiB")
        inward.write(data)


class Tls(Observer):
    """Looks at TLS servers. No request is sent over these connections."""

    def __init__(self, wire: Wire, clock: Clock, *, deadline_s: float = DEADLINE_S) -> None:
        self._wire = wire
        self._clock = clock
        self._deadline_s = deadline_s
        super().__init__()

    async def look(
        self, host: str, port: int = 443, *, address: str = "", starttls: StartTls = ""
    ) -> TlsSight | Failure:
        """A verified handshake; where the certificate does not verify, a second one at the same address to read its
        chain.

        A server that speaks old TLS only is looked at with the old versions allowed. Ends within twice 10 s.
        """
        name = _plain(host)
        if isinstance(name, Failure):
            return name
        key = ("look", name, port, address, starttls)
        return await self._memory.once(key, lambda: self._look(name, port, address, starttls))

    async def versions(self, host: str, port: int = 443) -> dict[str, VersionAnswer]:
        """Each protocol version offered alone, all at once. `could-not-test` where our OpenSSL cannot, or the server
        is silent."""
        name = _plain(host)
        if isinstance(name, Failure):
            return dict.fromkeys(VERSIONS, "could-not-test")
        return dict(await self._memory.once(("versions", name, port), lambda: self._versions(name, port)))

    async def resumes(self, host: str) -> bool | None:
        """Whether a second connection may go on with the first one's session (TLS 1.2 id or ticket, 1.3 ticket); None
        where unseen."""
        name = _plain(host)
        if isinstance(name, Failure):
            return None
        return await self._memory.once(("resumes", name), lambda: self._resumes(name))

    async def _resumes(self, host: str) -> bool | None:
        context = looking_context(LOOK_ALPN)
        session = await self._ticket(context, host)
        if session is None:
            return None
        try:
            async with asyncio.timeout(self._deadline_s):
                opened = await self._wire.open_tcp(host, 443, deadline_s=self._deadline_s)
                if isinstance(opened, Failure):
                    return None
                try:
                    self._wire.counts.tls_handshakes += 1
                    return bool((await _shake_hands(opened, context, host, session=session)).session_reused)
                finally:
                    opened.close()
        except (OSError, EOFError, ValueError, TimeoutError):
            return None

    async def _ticket(self, context: ssl.SSLContext, host: str) -> ssl.SSLSession | None:
        """A session to go on with. In TLS 1.3 the ticket follows the handshake, so what the server sends next is read,
        for a moment."""
        try:
            async with asyncio.timeout(self._deadline_s):
                opened = await self._wire.open_tcp(host, 443, deadline_s=self._deadline_s)
                if isinstance(opened, Failure):
                    return None
                try:
                    self._wire.counts.tls_handshakes += 1
                    inward = ssl.MemoryBIO()
                    done = await _shake_hands(opened, context, host, inward=inward)
                    if done.version() == "TLSv1.3":
                        await _read_on(opened, inward, done)
                    return done.session
                finally:
                    opened.close()
        except (OSError, EOFError, ValueError, TimeoutError):
            return None

    async def _look(self, host: str, port: int, address: str, starttls: StartTls) -> TlsSight | Failure:
        at, started = self._clock.now(), time.perf_counter()
        code, message = 0, ""
        seen = await self._shake(verifying_context(self._wire.reach, LOOK_ALPN), host, port, address, starttls)
        if isinstance(seen, Failure) and seen.kind in ("tls", "reset"):
            first = seen
            seen = await self._shake(lenient_context(self._wire.reach, LOOK_ALPN), host, port, address, starttls)
            if isinstance(seen, Failure) and seen.kind != "certificate":
                return first
        if isinstance(seen, Failure):
            if seen.kind != "certificate":
                return seen
            number, _, message = seen.detail.partition(" ")
            code = int(number) if number.isdigit() else -1
            seen = await self._shake(looking_context(LOOK_ALPN), host, port, address, starttls)
            if isinstance(seen, Failure):
                return Failure(kind="certificate", detail=f"{code} {message}", target=seen.target)
        opened, session = seen
        try:
            chain = _chain(session)
        except ValueError as problem:
            return Failure(kind="protocol", detail=str(problem), target=f"{host}:{port}")
        cipher = session.cipher()
        return TlsSight(
            host=host,
            port=port,
            address=opened.address,
            verified=code == 0,
            verify_code=code,
            verify_message=message,
            chain=chain,
            version=session.version() or "",
            cipher=cipher[0] if cipher else "",
            alpn=session.selected_alpn_protocol() or "",
            duration_ms=round((time.perf_counter() - started) * 1000, 3),
            at=at,
            via=opened.via,
        )

    async def _versions(self, host: str, port: int) -> dict[str, VersionAnswer]:
        answers = await asyncio.gather(*(self._version(one, host, port) for one in VERSIONS))
        return dict(zip(VERSIONS, answers, strict=True))

    async def _version(self, version: str, host: str, port: int) -> VersionAnswer:
        context = version_context(version)
        if context is None:
            return "could-not-test"
        seen = await self._shake(context, host, port, "", "")
        if not isinstance(seen, Failure):
            return "accepted"
        # Some servers drop the connection instead of sending an alert: both say no. Silence and no connection say
        # nothing.
        return "refused" if seen.kind in ("tls", "reset") else "could-not-test"

    async def _shake(
        self, context: ssl.SSLContext, host: str, port: int, address: str, starttls: StartTls
    ) -> tuple[Opened, ssl.SSLObject] | Failure:
        name = f"{host}:{port}"
        try:
            async with asyncio.timeout(self._deadline_s):
                opened = await self._wire.open_tcp(host, port, address=address, deadline_s=self._deadline_s)
                if isinstance(opened, Failure):
                    return opened
                try:
                    if starttls == "smtp":
                        problem = await mail.start_tls(opened)
                        if problem is not None:
                            return Failure(kind=problem.kind, detail=problem.detail, target=name)
                    self._wire.counts.tls_handshakes += 1
                    return opened, await _shake_hands(opened, context, host)
                finally:
                    opened.close()
        except TimeoutError:
            return Failure(kind="timeout", detail=f"no handshake within {self._deadline_s:g} s", target=name)
        except (OSError, EOFError) as error:
            return failure_of(error, name)
        except ValueError as error:
            return Failure(kind="protocol", detail=str(error), target=name)


def _plain(host: str) -> str | Failure:
    """The host in ASCII, as SNI wants it."""
    from .urls import locate

    bare = host.strip().strip("[]").rstrip(".")
    located = locate(f"https://[{bare}]/" if ":" in bare else f"https://{bare}/")
    return located if isinstance(located, Failure) else located.host


def _chain(session: ssl.SSLObject) -> tuple[Certificate, ...]:
    """The certificates as the server sent them, leaf first. Raises ValueError where the leaf cannot be read."""
    ders = _sent(session)
    if not ders:
        raise ValueError("the server sent no certificate")
    chain = [read_certificate(ders[0])]
    for der in ders[1:_CHAIN]:
        try:
            chain.append(read_certificate(der))
        except ValueError:
            break  # a garbled link: what follows it cannot be placed, and the verdict on the chain stands beside
    return tuple(chain)


def _sent(session: ssl.SSLObject) -> list[bytes]:
    public: Any = getattr(session, "get_unverified_chain", None)
    if public is not None:
        return list(public() or ())
    # Until Python 3.13 the chain is reachable through the private object only.
    private: Any = getattr(session, "_sslobj", None)
    if private is not None and hasattr(private, "get_unverified_chain"):
        encoding_der = 2
        return [one.public_bytes(encoding_der) for one in private.get_unverified_chain() or ()]
    leaf = session.getpeercert(binary_form=True)
    return [leaf] if leaf else []
