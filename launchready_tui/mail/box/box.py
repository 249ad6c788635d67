"""A test mailbox, opened: the log-in, the folders and the search, off the loop and never longer than their deadline."""

from __future__ import annotations

import asyncio
import contextlib
import imaplib
import socket
from collections.abc import Callable, Collection
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from ...failure import Failure
from ...launch.model import Mailbox
from ...text import clean
from ...wire import failure_of, trust
from .folders import Folder
from .letter import Letter
from .session import LogInError, Session, encrypted

if TYPE_CHECKING:
    from ...wire import Wire

T = TypeVar("T")
DEADLINE_S = 15.0
"""For each step; a server that holds its greeting back is waited for so long."""


async def open_box(wire: Wire, box: Mailbox, secret: str, *, deadline_s: float = DEADLINE_S) -> Box | Failure:
    """Connects and logs in. `secret` is the password, or the access token where the mailbox is read by token.

    Fails with `log-in` where the server refuses, at once and with its words; else with what the network or TLS said.
    """
    host, port = box.server
    target = f"{host}:{port}"
    connected = await wire.connect(host, port, deadline_s=deadline_s)
    if isinstance(connected, Failure):
        return connected
    context = await asyncio.to_thread(trust.verifying_context, wire.reach, ())
    wire.counts.tls_handshakes += 1
    sock = encrypted(connected.sock, context, host, deadline_s)
    opened = Box(sock, target, connected.via, deadline_s)
    user = box.user or box.address

    def begin() -> None:
        sock.do_handshake()
        session = Session(sock, host, deadline_s)
        opened.session = session
        if box.way == "password":
            session.log_in(user, secret)
        else:
            session.log_in_with_token(user, secret)

    failed = await opened.do(begin)
    if isinstance(failed, Failure):
        await opened.close()
        return failed
    return opened


class Box:
    """An open mailbox. One step at a time; after a failure it is of no more use."""

    def __init__(self, sock: socket.socket, target: str, via: str, deadline_s: float) -> None:
        """Use `open_box`."""
        self.target = target
        self.via = via
        self.session: Session | None = None
        self._sock = sock
        self._deadline_s = deadline_s
        self._folders: tuple[Folder, ...] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def folders(self) -> tuple[Folder, ...] | Failure:
        """All folders in the order to look, asked once."""
        if self._folders is None:
            found = await self.do(lambda: self._live.folders())
            if isinstance(found, Failure):
                return found
            self._folders = found
        return self._folders

    async def look(
        self, address: str, since: datetime, known: Collection[tuple[str, str]] = (), *, copies: bool = False
    ) -> tuple[Letter, ...] | Failure:
        """The mails to this very address that came after `since`, inbox first; empty where there is none (yet).

        `known` are those not to read again, by name of the folder and UID. A folder of copies is only looked into
        where nothing was found elsewhere, or where `copies` asks for it.
        """
        folders = await self.folders()
        if isinstance(folders, Failure):
            return folders
        letters: list[Letter] = []
        for folder in folders:
            if folder.place == "all" and letters and not copies:
                break
            skip = frozenset(uid for name, uid in known if name == folder.name)
            found = await self.do(lambda folder=folder, skip=skip: list(self._live.find(folder, address, since, skip)))  # type: ignore[misc]
            if isinstance(found, Failure):
                return found
            letters += found
        return tuple(letters)

    async def close(self) -> None:
        """Says goodbye where that is quick, and lets go of the connection in any case."""
        session, self.session = self.session, None
        if session is not None:
            with contextlib.suppress(TimeoutError, OSError, imaplib.IMAP4.error):
                async with asyncio.timeout(1.0):
                    await asyncio.to_thread(session.logout)
        self._drop()

    @property
    def _live(self) -> Session:
        assert self.session is not None
        return self.session

    async def do(self, step: Callable[[], T]) -> T | Failure:
        """One blocking step in a thread. When it takes too long, or its asker goes away, the socket is shut so that
        the thread ends."""
        try:
            async with asyncio.timeout(self._deadline_s):
                return await asyncio.to_thread(step)
        except TimeoutError:
            self._drop()
            return Failure(kind="timeout", detail=f"not done within {self._deadline_s:g} s", target=self.target)
        except asyncio.CancelledError:
            self._drop()
            raise
        except LogInError as refused:
            return Failure(kind="log-in", detail=clean(str(refused)), target=self.target)
        except imaplib.IMAP4.abort as error:
            return Failure(kind="reset", detail=clean(str(error)), target=self.target)
        except imaplib.IMAP4.error as error:
            return Failure(kind="protocol", detail=clean(str(error)), target=self.target)
        except (OSError, EOFError) as error:
            return failure_of(error, self.target)

    def _drop(self) -> None:
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()
