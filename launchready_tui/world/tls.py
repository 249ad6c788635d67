"""TLS servers as one run sees them: the verdict of a verified handshake, and the chain in any case."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec

from ..clock import Clock, SystemClock
from ..failure import Failure
from ..wire import Opened, Wire, failure_of
from ..wire.trust import (
    LOOK_ALPN,
    VERSIONS,
    cipher_context,
    completed_context,
    lenient_context,
    looking_context,
    verifying_context,
    version_context,
)
from . import mail
from .certificates import issuers_in, read_certificate
from .memory import Observer
from .sights import Certificate, CipherKind, Reply, TlsSight, VersionAnswer

DEADLINE_S = 10.0
_HANDSHAKE_BYTES = 256 * 1024
_CHAIN = 12
_FETCHES = 3
"""How many steps up a chain is fetched; public chains have two intermediates at most."""
_DATES = (9, 10)
_ISSUER_UNKNOWN = (2, 20, 21)
_NO_ROOT = (2, 18, 19, 20, 21)
"""X509_V_ERR codes of chains that lead to no trusted root."""

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

    def __init__(
        self,
        wire: Wire,
        clock: Clock,
        *,
        deadline_s: float = DEADLINE_S,
        fetch: Callable[[str], Awaitable[Reply | Failure]] | None = None,
    ) -> None:
        self._wire = wire
        self._clock = clock
        self._fetch = fetch
        """Gets what an AIA address hands out; without it chains stay as they were sent."""
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

    async def ciphers(self, host: str, port: int = 443) -> dict[CipherKind, VersionAnswer]:
        """Which kinds of cipher suites are accepted where each is offered alone. `forward` alone where that is: the
        others are then not tried."""
        name = _plain(host)
        if isinstance(name, Failure):
            return {"forward": "could-not-test"}
        return dict(await self._memory.once(("ciphers", name, port), lambda: self._ciphers(name, port)))

    async def small_group(self, host: str, port: int = 443) -> bool | None:
        """Whether the server takes part in a Diffie-Hellman exchange with fewer than 2048 bits; None where that could
        not be tried."""
        name = _plain(host)
        if isinstance(name, Failure):
            return None
        return await self._memory.once(("group", name, port), lambda: self._small_group(name, port))

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
        sight = TlsSight(
            host=host,
            port=port,
            address=opened.address,
            verified=code == 0,
            verify_code=code,
            verify_message=message,
            chain=chain,
            blamed=_out_of_dates(chain) if code in _DATES else None,
            version=session.version() or "",
            cipher=cipher[0] if cipher else "",
            alpn=session.selected_alpn_protocol() or "",
            duration_ms=round((time.perf_counter() - started) * 1000, 3),
            at=at,
            via=opened.via,
        )
        if code in _ISSUER_UNKNOWN and self._fetch is not None:
            return await self._completed(sight, starttls)
        return sight

    async def _completed(self, sight: TlsSight, starttls: StartTls) -> TlsSight:
        """The sight with what was not sent, where that can be fetched and makes the chain lead to a trusted root."""
        found, problem = await self._above(sight.path[-1])
        if not found:
            return msgspec.structs.replace(sight, unfetched=problem)
        context = await asyncio.to_thread(completed_context, self._wire.reach, LOOK_ALPN, b"".join(found))
        seen = await self._shake(context, sight.host, sight.port, sight.address, starttls)
        if isinstance(seen, Failure):
            if seen.kind != "certificate":
                return msgspec.structs.replace(sight, unfetched=str(seen))
            if int(seen.detail.partition(" ")[0]) in _NO_ROOT:
                return msgspec.structs.replace(sight, unfetched=problem)
        return msgspec.structs.replace(sight, missing=tuple(read_certificate(der) for der in found))

    async def _above(self, top: Certificate) -> tuple[list[bytes], str]:
        """The intermediates above a certificate, nearest first, as DER; and why there are no more, where one could not
        be fetched. A self-signed certificate is no intermediate: it would vouch for itself."""
        assert self._fetch is not None
        found: list[bytes] = []
        while len(found) < _FETCHES and not top.self_signed:
            place = next((url for url in top.ca_issuers if url.lower().startswith(("http://", "https://"))), "")
            if not place:
                return found, ""
            reply = await self._fetch(place)
            if isinstance(reply, Failure):
                return found, str(reply)
            for der in issuers_in(reply.body) if reply.status == 200 else ():
                try:
                    above = read_certificate(der)
                except ValueError:
                    continue
                if above.subject == top.issuer:
                    break
            else:
                return found, f"status {reply.status} and no certificate of the issuer at {place}"
            if above.subject == above.issuer:
                return found, ""
            found.append(der)
            top = above
        return found, ""

    async def _ciphers(self, host: str, port: int) -> dict[CipherKind, VersionAnswer]:
        first = await self._accepts(cipher_context("forward"), host, port)
        if first != "refused":
            return {"forward": first}
        others: tuple[CipherKind, ...] = ("cbc", "static", "dhe")
        answers = await asyncio.gather(*(self._accepts(cipher_context(one), host, port) for one in others))
        return {"forward": first, **dict(zip(others, answers, strict=True))}

    async def _small_group(self, host: str, port: int) -> bool | None:
        seen = await self._shake(cipher_context("dhe", 2), host, port, "", "")
        if isinstance(seen, Failure) and seen.kind == "tls":
            return "DH_KEY_TOO_SMALL" in seen.detail.upper().replace(" ", "_")
        return False if not isinstance(seen, Failure) or seen.kind == "reset" else None

    async def _versions(self, host: str, port: int) -> dict[str, VersionAnswer]:
        answers = await asyncio.gather(*(self._version(one, host, port) for one in VERSIONS))
        return dict(zip(VERSIONS, answers, strict=True))

    async def _version(self, version: str, host: str, port: int) -> VersionAnswer:
        context = version_context(version)
        if context is None:
            return "could-not-test"
        return await self._accepts(context, host, port)

    async def _accepts(self, context: ssl.SSLContext, host: str, port: int) -> VersionAnswer:
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


def _out_of_dates(chain: tuple[Certificate, ...]) -> Certificate | None:
    """The certificate that OpenSSL refuses for its dates: the one nearest the root. It goes by the machine's clock, and
    so does this."""
    now = SystemClock().now()
    path = TlsSight(host="", port=0, address="", verified=False, chain=chain, at=now).path
    return next((one for one in reversed(path) if not one.not_before <= now < one.not_after), None)


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
