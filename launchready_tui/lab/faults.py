"""Outages made on purpose, one a host, to see that a watch notices them: apart from the flaws, which a launch check
finds."""

from __future__ import annotations

import asyncio
from typing import Literal, get_args

from .web import Program, Request, Response, html, plain

Fault = Literal["refuse", "hang", "status-500", "wrong-body", "expired-certificate", "dns-gone"]
FAULTS: tuple[Fault, ...] = get_args(Fault)
WORDS: dict[Fault, str] = {
    "refuse": "the server is gone",
    "hang": "the server takes connections and never answers",
    "status-500": "every page is an error",
    "wrong-body": "a stranger's page stands in its place",
    "expired-certificate": "the certificate has ended",
    "dns-gone": "the name is gone from DNS",
}


class Faults:
    """Which host has which fault now. `around` puts a program behind it."""

    def __init__(self) -> None:
        self._by_host: dict[str, Fault] = {}
        self._healed = asyncio.Event()

    def __getitem__(self, host: str) -> Fault | Literal[""]:
        return self._by_host.get(host, "")

    def set(self, host: str, fault: str) -> None:
        """Sets or, with an empty text, takes away. Raises ValueError for a fault that is none."""
        if fault and fault not in FAULTS:
            raise ValueError(f"there is no fault {fault!r}: {', '.join(FAULTS)}")
        if fault:
            self._by_host[host] = fault
        else:
            self._by_host.pop(host, None)
        self._healed.set()
        self._healed = asyncio.Event()

    def having(self, fault: Fault) -> tuple[str, ...]:
        """The hosts with this fault."""
        return tuple(host for host, one in self._by_host.items() if one == fault)

    @property
    def now(self) -> dict[str, str]:
        """A copy: fault by host."""
        return dict(self._by_host)

    def around(self, program: Program) -> Program:
        """The program, or what the fault of the asked host puts in its place."""

        async def answer(request: Request) -> Response:
            match self[request.host]:
                case "refuse":
                    raise ConnectionResetError  # a connection from before: a server that is gone answers nobody
                case "hang":
                    while self[request.host] == "hang":
                        await self._healed.wait()
                case "status-500":
                    return plain("Something went wrong on our side.\n", status=500)
                case "wrong-body":
                    return html(
                        "<!doctype html><title>Welcome</title><h1>It works!</h1><p>Put your page here.</p>",
                        cache="no-store",
                    )
            return await program(request)

        return answer
