"""Opening sockets: policy before map, the demo's refusals, several addresses in turn, deadlines, typed failures."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from pathlib import Path

import pytest
from loopback import reach, saying, serve

from launchready_tui.failure import Failure
from launchready_tui.wire import Connected, ConnectMap, Opened, Reach, Wire, failure_of
from launchready_tui.wire import tcp as tcp_room


def opened(result: Connected | Failure) -> Connected:
    assert isinstance(result, Connected), result
    result.sock.close()
    return result


def wire_for(
    *rules: str,
    answers: tuple[str, ...] | Failure = (),
    private: tuple[str, ...] = (),
    refuse: bool = False,
    family: str = "both",
) -> Wire:
    async def lookup(host: str) -> tuple[str, ...] | Failure:
        return answers

    how = Reach(connect=ConnectMap.parse(rules), private=private, refuse_unmapped=refuse, family=family)  # type: ignore[arg-type]
    return Wire(how, lookup=lookup)


# rules, what DNS answers, declared networks, demo -> via, or the failure's kind
DOORS: tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], bool, str], ...] = (
    ((), ("127.0.0.1",), ("127.0.0.0/8",), False, ""),
    ((), ("127.0.0.1",), (), False, "blocked-address"),
    ((), ("10.0.0.1",), (), False, "blocked-address"),
    (("203.0.113.10=127.0.0.1:PORT",), ("203.0.113.10",), (), False, "connect-map"),
    (("203.0.113.10=127.0.0.1:PORT",), ("203.0.113.10",), (), True, "connect-map"),
    (("shop.example.com=127.0.0.1:PORT",), (), (), False, "connect-map"),
    (("*=127.0.0.1:PORT",), ("203.0.113.10",), (), True, "connect-map"),
    # A star vouches for nobody: what DNS says is judged first, and a private address in public DNS stays a sight.
    (("*=127.0.0.1:PORT",), ("10.0.0.1",), (), False, "blocked-address"),
    (("10.0.0.1=127.0.0.1:PORT",), ("10.0.0.1",), (), False, "connect-map"),
    (("other.example.com=127.0.0.1:PORT",), ("203.0.113.10",), (), True, "unmapped"),
    ((), ("127.0.0.1",), ("127.0.0.0/8",), True, "unmapped"),
    ((), ("10.0.0.1",), (), True, "blocked-address"),
)


@pytest.mark.parametrize(("rules", "answers", "private", "demo", "outcome"), DOORS)
async def test_policy_then_map_then_the_demo(
    rules: tuple[str, ...], answers: tuple[str, ...], private: tuple[str, ...], demo: bool, outcome: str
) -> None:
    async with serve(saying()) as server:
        wire = wire_for(
            *(rule.replace("PORT", str(server.port)) for rule in rules), answers=answers, private=private, refuse=demo
        )
        result = await wire.connect("Shop.example.com.", server.port)
    if isinstance(result, Failure):
        assert result.kind == outcome, result
        assert wire.counts.connections == 0
    else:
        assert opened(result).via == outcome
        assert result.address == (answers[0] if answers else "127.0.0.1")
    assert wire.counts.refused_unmapped == (outcome == "unmapped")


async def test_a_closed_address_gives_way_to_the_next() -> None:
    async with serve(saying()) as server:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            rules = (f"203.0.113.1=127.0.0.1:{closed.getsockname()[1]}", f"203.0.113.2=127.0.0.1:{server.port}")
            wire = wire_for(*rules, answers=("203.0.113.1", "10.0.0.1", "203.0.113.2"))
            result = opened(await wire.connect("shop.example.com", 443))
    assert result.address == "203.0.113.2"
    assert wire.counts.connections == 2


async def test_a_silent_address_does_not_hold_up_the_next_and_leaves_no_socket_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[socket.socket] = []
    tried = asyncio.Event()
    loop = asyncio.get_running_loop()
    real = loop.sock_connect

    async def connect(sock: socket.socket, address: tuple[str, int]) -> None:
        made.append(sock)
        if address[1] == 9:
            tried.set()
            await asyncio.Event().wait()
        await real(sock, address)

    monkeypatch.setattr(loop, "sock_connect", connect)
    monkeypatch.setattr(tcp_room, "STAGGER_S", 0.01)
    async with serve(saying()) as server:
        rules = ("203.0.113.1=127.0.0.1:9", f"203.0.113.2=127.0.0.1:{server.port}")
        wire = wire_for(*rules, answers=("203.0.113.1", "203.0.113.2"))
        assert opened(await wire.connect("shop.example.com", 443)).address == "203.0.113.2"
    assert tried.is_set()
    assert all(sock.fileno() == -1 for sock in made)


async def test_a_server_that_never_answers_the_connect_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[socket.socket] = []

    async def never(sock: socket.socket, address: tuple[str, int]) -> None:
        made.append(sock)
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", never)
    wire = wire_for(answers=("203.0.113.1", "203.0.113.2"))
    failure = await wire.connect("shop.example.com", 443, deadline_s=0.05)
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.target) == ("timeout", "shop.example.com:443")
    assert made
    assert all(sock.fileno() == -1 for sock in made)


async def test_a_failed_look_up_is_the_failure_and_nothing_is_opened() -> None:
    wire = wire_for(answers=Failure(kind="no-such-name", target="shop.example.com"))
    failure = await wire.connect("shop.example.com", 443)
    assert isinstance(failure, Failure)
    assert (failure.kind, wire.counts.connections) == ("no-such-name", 0)


@pytest.mark.parametrize(
    ("family", "address"), [("ipv4", "203.0.113.1"), ("ipv6", "2001:db8::1"), ("both", "2001:db8::1")]
)
async def test_one_family_can_be_asked_for(family: str, address: str) -> None:
    async with serve(saying()) as server:
        rules = (f"203.0.113.1=127.0.0.1:{server.port}", f"[2001:db8::1]=127.0.0.1:{server.port}")
        wire = wire_for(*rules, answers=("2001:db8::1", "203.0.113.1"), family=family)
        assert opened(await wire.connect("shop.example.com", 443)).address == address
        none = wire_for(*rules, answers=("2001:db8::1" if family == "ipv4" else "203.0.113.1",), family=family)
        result = await none.connect("shop.example.com", 443)
    if family == "both":
        assert isinstance(result, Connected)
        result.sock.close()
    else:
        assert isinstance(result, Failure)
        assert result.kind == "no-address"


async def test_localhost_is_this_machine_and_never_looked_up() -> None:
    asked: list[str] = []

    async def lookup(host: str) -> tuple[str, ...]:
        asked.append(host)
        return ("203.0.113.1",)

    wire = Wire(Reach(), lookup=lookup)
    for name in ("localhost", "shop.localhost", "127.0.0.1", "[::1]"):
        failure = await wire.connect(name, 80)
        assert isinstance(failure, Failure)
        assert failure.kind == "blocked-address"
    assert asked == []


async def test_streams_come_with_their_phases() -> None:
    async with serve(saying(b"hello")) as server:
        wire = Wire(reach())
        result = await wire.open_tcp("127.0.0.1", server.port)
        assert isinstance(result, Opened)
        result.writer.write(b"\r\n\r\n")
        assert await result.reader.read() == b"hello"
        assert result.dns_ms is None
        assert result.connect_ms > 0
        result.close()
        refused = await wire.open_tcp("10.0.0.1", 80)
    assert isinstance(refused, Failure)


def _verification() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = 10, "certificate has expired"
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "no"), "refused"),
        (ConnectionResetError(errno.ECONNRESET, "no"), "reset"),
        (BrokenPipeError(errno.EPIPE, "no"), "reset"),
        (asyncio.IncompleteReadError(b"", 2), "reset"),
        (TimeoutError(), "timeout"),
        (OSError(errno.ETIMEDOUT, "no"), "timeout"),
        (OSError(errno.EHOSTUNREACH, "no"), "unreachable"),
        (OSError(errno.ENETUNREACH, "no"), "unreachable"),
        (OSError(errno.EMFILE, "too many"), "unreachable"),
        (_verification(), "certificate"),
        (ssl.SSLEOFError(8, "eof"), "reset"),
        (ssl.SSLError(1, "alert"), "tls"),
        (ValueError("odd"), "protocol"),
    ],
)
def test_every_error_has_its_kind(error: BaseException, kind: str) -> None:
    failure = failure_of(error, "shop.example.com:443")
    assert (failure.kind, failure.target) == (kind, "shop.example.com:443")
    if kind == "certificate":
        assert failure.detail == "10 certificate has expired"


def test_the_file_of_the_wire_loads_no_dns_library(tmp_path: Path) -> None:
    """The connect map and the policy are read by every command; DNS comes when somebody asks."""
    import subprocess
    import sys

    code = (
        "import launchready_tui.wire, sys; print([m for m in ('dns', 'httpcore2', 'cryptography', 'certifi') if m in "
        "sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


# host, DNS's answer, rules, family -> the addresses of the doors, or the failure's kind
WAYS: tuple[tuple[str, tuple[str, ...] | Failure, tuple[str, ...], str, tuple[str, ...] | str], ...] = (
    ("shop.example.com", ("2001:db8::1", "203.0.113.1"), (), "both", ("2001:db8::1", "203.0.113.1")),
    ("shop.example.com", ("2001:db8::1", "203.0.113.1"), (), "ipv4", ("203.0.113.1",)),
    ("shop.example.com", ("2001:db8::1",), (), "ipv4", "no-address"),
    ("shop.example.com", (), (), "both", "no-address"),
    ("shop.example.com", ("10.0.0.1", "203.0.113.1"), (), "both", ("203.0.113.1",)),
    ("shop.example.com", ("10.0.0.1",), (), "both", "blocked-address"),
    ("Shop.Example.com.", Failure(kind="timeout"), ("shop.example.com=127.0.0.1",), "ipv6", ("127.0.0.1",)),
    ("203.0.113.1", Failure(kind="timeout"), (), "both", ("203.0.113.1",)),
    ("shop.example.com", Failure(kind="timeout"), (), "both", "timeout"),
)


@pytest.mark.parametrize(("host", "answer", "rules", "family", "outcome"), WAYS)
async def test_every_caller_gets_the_same_doors(
    host: str, answer: tuple[str, ...] | Failure, rules: tuple[str, ...], family: str, outcome: tuple[str, ...] | str
) -> None:
    wire = wire_for(*(rules or ("unrelated.example.com=127.0.0.1",)), answers=answer, family=family)
    doors = await wire.doors(host, 443)
    assert (doors.kind if isinstance(doors, Failure) else tuple(door.address for door in doors)) == outcome
    assert wire.counts.connections == 0
