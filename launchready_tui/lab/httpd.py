"""HTTP/1.1 over TCP or TLS: asyncio streams with h11 on them. A visitor who leaves takes the work started for them
along."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import traceback
from http import HTTPStatus

import h11

from .web import Headers, Program, Request, Response, plain

_IDLE_S = 30.0
_LARGEST_BODY = 256 * 1024
_HEADER_ROOM = 32 * 1024

# HTTP/2 as far as this server has it: SETTINGS, and GOAWAY with HTTP_1_1_REQUIRED, on which clients ask again in
# HTTP/1.1 (RFC 9113 sections 6.5, 6.8 and 7).
_ASK_AGAIN = (
    bytes((0, 0, 0, 4, 0, 0, 0, 0, 0)) + bytes((0, 0, 8, 7, 0, 0, 0, 0, 0)) + bytes(4) + (0xD).to_bytes(4, "big")
)


async def listen(
    program: Program, address: str, *, tls: ssl.SSLContext | None = None, port: int = 0
) -> tuple[asyncio.Server, int]:
    """Serves a program, on a free port unless one is given; returns the server and the port."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Broken handshakes and lost connections are the visitor's affair, and many checks cause them on purpose.
        with contextlib.suppress(ConnectionError, ssl.SSLError, TimeoutError):
            held = writer.get_extra_info("ssl_object")
            if held is not None and held.selected_alpn_protocol() == "h2":
                writer.write(_ASK_AGAIN)
                await writer.drain()
                writer.close()
                return
            await _Talk(program, reader, writer, secure=tls is not None).run()

    handshake = 5.0 if tls is not None else None
    server = await asyncio.start_server(talk, address, port, ssl=tls, backlog=256, ssl_handshake_timeout=handshake)
    return server, int(server.sockets[0].getsockname()[1])


class _Talk:
    """One connection."""

    def __init__(
        self, program: Program, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, secure: bool
    ) -> None:
        self._program = program
        self._reader = reader
        self._writer = writer
        self._secure = secure
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=_HEADER_ROOM)

    async def run(self) -> None:
        try:
            while await self._one():
                self._h11.start_next_cycle()
        except h11.RemoteProtocolError as error:
            if self._h11.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                await self._send(
                    "GET",
                    plain("That is not HTTP as this server speaks it.\n", status=error.error_status_hint or 400),
                    [],
                )
        finally:
            self._writer.close()

    async def _event(self) -> object:
        while True:
            event = self._h11.next_event()
            if event is not h11.NEED_DATA:
                return event
            if self._h11.they_are_waiting_for_100_continue:
                self._writer.write(self._h11.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            async with asyncio.timeout(_IDLE_S):
                self._h11.receive_data(await self._reader.read(65536))

    async def _one(self) -> bool:
        """One request and its response. False when the connection is over."""
        head = await self._event()
        if not isinstance(head, h11.Request):
            return False
        body = bytearray()
        while isinstance(event := await self._event(), h11.Data):
            body += event.data
            if len(body) > _LARGEST_BODY:
                await self._send(
                    "POST", plain("That is more than this server takes.\n", status=413), [("Connection", "close")]
                )
                return False
        if not isinstance(event, h11.EndOfMessage):
            return False
        request = self._request(head, bytes(body))
        response = await self._answer(request)
        if response is None:
            return False
        await self._send(request.method, response, [])
        return self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE

    def _request(self, head: h11.Request, body: bytes) -> Request:
        headers: dict[str, str] = {}
        for name, value in head.headers:
            key, text = name.decode("ascii").lower(), value.decode("latin-1")
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
        host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
        target = head.target.decode("latin-1")
        return Request(head.method.decode("ascii"), host.lower(), target, headers, body, self._secure)

    async def _answer(self, request: Request) -> Response | None:
        """What the program answers; None if the visitor left before, and the program was told to stop."""
        working = asyncio.ensure_future(self._program(request))
        watching = asyncio.ensure_future(self._reader.read(65536))
        try:
            await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
            while not working.done():
                data = watching.result() if watching.exception() is None else b""
                if not data:
                    return None
                self._h11.receive_data(data)
                watching = asyncio.ensure_future(self._reader.read(65536))
                await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
            return working.result()
        except (ConnectionError, ssl.SSLError):
            raise
        except Exception:  # noqa: BLE001 - whatever a page breaks with, the visitor gets an answer and the lab its reason
            traceback.print_exc()
            return plain("Something went wrong on our side.\n", status=500)
        finally:
            for task in (working, watching):
                await _stop(task)
            if not watching.cancelled() and watching.exception() is None and watching.result():
                self._h11.receive_data(watching.result())

    async def _send(self, method: str, response: Response, extra: Headers) -> None:
        body = response.body
        bare = method == "HEAD" or response.status in (204, 304)
        headers = [*response.headers, *extra]
        if response.status not in (204, 304):
            headers.append(("Content-Length", str(len(body))))
        known = response.status in HTTPStatus._value2member_map_
        phrase = HTTPStatus(response.status).phrase if known else "Unknown Error"
        head = h11.Response(status_code=response.status, headers=headers, reason=phrase)
        pieces = [self._h11.send(head)]
        if body and not bare:
            pieces.append(self._h11.send(h11.Data(data=body)))
        pieces.append(self._h11.send(h11.EndOfMessage()))
        self._writer.write(b"".join(piece for piece in pieces if piece))
        await self._writer.drain()


async def _stop(task: asyncio.Future[Response] | asyncio.Future[bytes]) -> None:
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
