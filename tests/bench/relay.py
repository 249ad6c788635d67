"""A relay that makes a far network of loopback: every byte and datagram takes half a round trip each way, a connection
one more.

python tests/bench/relay.py RTT_MS 127.0.0.1:PORT…        prints one JSON object: place -> relayed place; ends when
stdin closes
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import Callable
from typing import Any

Delays = asyncio.Queue[tuple[float, bytes | None]]


class Relay:
    """One place relayed, TCP and UDP on the same port."""

    def __init__(self, host: str, port: int, rtt_s: float) -> None:
        self.to, self.rtt_s = (host, port), rtt_s
        self.tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> int:
        loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=256)
        port: int = server.sockets[0].getsockname()[1]
        await loop.create_datagram_endpoint(lambda: _Datagrams(self), local_addr=("127.0.0.1", port))
        return port

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        # To us the connection stands at once; on a real way its first byte could leave only after a whole round trip.
        ready = loop.time() + self.rtt_s
        try:
            far_reader, far_writer = await asyncio.open_connection(*self.to)
        except OSError:
            await asyncio.sleep(self.rtt_s)
            writer.transport.abort()
            return
        for one in (writer, far_writer):
            one.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.gather(
            self._carry(reader, far_writer, ready), self._carry(far_reader, writer, ready - self.rtt_s)
        )

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, not_before: float) -> None:
        loop = asyncio.get_running_loop()
        queue: Delays = asyncio.Queue()

        async def deliver() -> None:
            while True:
                due, data = await queue.get()
                await asyncio.sleep(max(0.0, due - loop.time()))
                if data is None:
                    break
                writer.write(data)
            if writer.can_write_eof() and not writer.is_closing():
                writer.write_eof()

        task = asyncio.create_task(deliver())
        try:
            while data := await reader.read(65536):
                queue.put_nowait((max(loop.time(), not_before) + self.rtt_s / 2, data))
        except OSError:
            writer.transport.abort()
        queue.put_nowait((loop.time() + self.rtt_s / 2, None))
        try:
            await task
        except OSError:
            writer.transport.abort()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        task = asyncio.ensure_future(self._ask(data, addr))
        self.relay.tasks.add(task)
        task.add_done_callback(self.relay.tasks.discard)

    async def _ask(self, data: bytes, addr: tuple[str, int]) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self.relay.rtt_s / 2)

        def back(answer: bytes) -> None:
            loop.call_later(self.relay.rtt_s / 2, lambda: self.transport.sendto(answer, addr))

        transport, _ = await loop.create_datagram_endpoint(lambda: _Answers(back), remote_addr=self.relay.to)
        transport.sendto(data)
        await asyncio.sleep(2.0)
        transport.close()


class _Answers(asyncio.DatagramProtocol):
    def __init__(self, back: Callable[[bytes], None]) -> None:
        self.back = back

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.back(data)


async def main() -> None:
    rtt_s = float(sys.argv[1]) / 1000
    told = {}
    for place in sys.argv[2:]:
        host, _, port = place.rpartition(":")
        told[place] = f"127.0.0.1:{await Relay(host, int(port), rtt_s).open()}"
    print(json.dumps(told), flush=True)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
    os._exit(0)  # what is still on its way has nowhere to go


if __name__ == "__main__":
    asyncio.run(main())
