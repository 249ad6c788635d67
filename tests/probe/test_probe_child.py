"""The measuring process against a real server on loopback, and against every way in which it can go wrong itself."""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import h11
import msgspec
import pytest

from launchready_tui.clock import FixedClock
from launchready_tui.failure import Failure
from launchready_tui.launch.model import Route
from launchready_tui.probe import Measurement, measure
from launchready_tui.probe.measure import _job
from launchready_tui.wire import ConnectMap, Reach, Wire

HOST = "api.market.test"
NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)


@dataclass
class Shop:
    """A small HTTP server. `answer` gets the number of the request and says status and body; `close` ends the
    connection after each."""

    answer: Callable[[int], tuple[int, bytes]] = lambda count: (200, b'{"ok":true}')
    close: bool = False
    raw: bytes | None = None
    hold: asyncio.Event | None = None
    hold_from: int = 10**9
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    connections: int = 0
    most_in_flight: int = 0
    in_flight: int = 0
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        http = h11.Connection(h11.SERVER)
        head: h11.Request | None = None
        body = b""
        try:
            while True:
                event = http.next_event()
                if event is h11.NEED_DATA:
                    http.receive_data(await reader.read(65536))
                elif isinstance(event, h11.Request):
                    head, body = event, b""
                elif isinstance(event, h11.Data):
                    body += event.data
                elif isinstance(event, h11.EndOfMessage):
                    assert head is not None
                    headers = {name.decode(): value.decode() for name, value in head.headers}
                    self.seen.append((head.method.decode(), head.target.decode(), headers, body))
                    await self._reply(http, writer)
                    if self.close or self.raw is not None:
                        return
                    http.start_next_cycle()
                else:
                    return
        except (ConnectionError, h11.RemoteProtocolError):
            return
        finally:
            writer.close()

    async def _reply(self, http: h11.Connection, writer: asyncio.StreamWriter) -> None:
        count = len(self.seen)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            if self.raw is not None:
                writer.write(self.raw)
                await writer.drain()
                return
            if self.hold is not None and count >= self.hold_from:
                await self.hold.wait()
            status, body = self.answer(count)
            headers = [("Content-Length", str(len(body)))] + ([("Connection", "close")] if self.close else [])
            writer.write(http.send(h11.Response(status_code=status, headers=headers)) or b"")
            writer.write((http.send(h11.Data(data=body)) or b"") + (http.send(h11.EndOfMessage()) or b""))
            await writer.drain()
        finally:
            self.in_flight -= 1


@asynccontextmanager
async def running(shop: Shop, context: ssl.SSLContext | None = None) -> AsyncIterator[Reach]:
    server = await asyncio.start_server(shop.serve, "127.0.0.1", 0, ssl=context)
    shop.port = server.sockets[0].getsockname()[1]
    try:
        yield Reach(connect=ConnectMap.parse([f"{HOST}=127.0.0.1:{shop.port}"]), refuse_unmapped=True)
    finally:
        server.close()
        if shop.hold is not None:
            shop.hold.set()


def route(**changes: object) -> Route:
    values: dict[str, object] = {
        "name": "search",
        "url": f"http://{HOST}/search?q=bike",
        "safe": True,
        "target_ms": 2000,
    }
    return Route(**(values | changes))  # type: ignore[arg-type]


async def timed(reach: Reach, asked: Route | None = None, **options: object) -> Measurement:
    result = await measure(asked or route(), reach, rate=400, clock=FixedClock(NOW), **options)  # type: ignore[arg-type]
    assert isinstance(result, Measurement), result
    return result


async def failed(reach: Reach, asked: Route | None = None, **options: object) -> Failure:
    result = await measure(asked or route(), reach, rate=400, **options)  # type: ignore[arg-type]
    assert isinstance(result, Failure), result
    return result


def children() -> set[int]:
    """The live child processes of this one."""
    found = set()
    for entry in Path("/proc").iterdir() if Path("/proc").exists() else ():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == os.getpid() and fields[0] != "Z":
                found.add(int(entry.name))
    return found


@pytest.fixture(autouse=True)
async def nothing_left_behind() -> AsyncIterator[None]:
    before = children()
    yield
    assert children() <= before


async def test_a_fast_route_passes_with_59_and_stops() -> None:
    shop = Shop()
    async with running(shop) as reach:
        result = await timed(reach)
    assert (result.verdict, result.why, result.n, result.errors, result.over) == ("PASS", "decided", 59, 0, 0)
    assert len(shop.seen) == result.requests == 59 + 5
    assert shop.connections == result.connections == 1
    assert shop.most_in_flight == 1
    assert result.statuses == {200: 59}
    assert len(result.samples_ms) == 59
    assert result.via == "connect-map"
    assert result.started_at == NOW
    assert result.p50 is not None and result.p95 is not None and result.p50 <= result.p95
    assert result.p99 is None
    assert result.p95_high is None
    assert result.phases.tls is None and result.phases.connect is not None


async def test_what_is_sent() -> None:
    shop = Shop()
    asked = route(
        method="POST",
        body='{"q":"bike"}',
        headers={"X-Shop": "1", "host": "elsewhere", "Content-Type": "application/json"},
    )
    async with running(shop) as reach:
        await timed(reach, asked, samples=1)
    method, target, headers, body = shop.seen[-1]
    assert (method, target, body) == ("POST", "/search?q=bike", b'{"q":"bike"}')
    assert headers["host"] == HOST
    assert headers["x-shop"] == "1"
    assert headers["user-agent"].startswith("LaunchReady/")
    assert "authorization" not in headers


async def test_every_answer_over_the_target_fails_early() -> None:
    shop = Shop()
    async with running(shop) as reach:
        result = await timed(reach, route(target_ms=0))
    assert (result.n, result.over) == (5, 5)
    # on a machine so busy that the schedule itself runs late, the failure is taken back
    assert (result.verdict, result.why) in (("FAIL", "decided"), ("NOT ENOUGH DATA", "generator"))


async def test_a_slow_route_is_not_asked_again_and_again_only_to_warm_it() -> None:
    shop = Shop()
    async with running(shop) as reach:
        slow = await timed(reach, route(target_ms=0))
        assert (slow.n, slow.warm_up, slow.requests, len(shop.seen)) == (5, 2, 7, 7)
        fast = await timed(reach)
    assert (fast.n, fast.warm_up, fast.requests) == (59, 5, 64)


async def test_broken_answers_end_it_and_count_as_over() -> None:
    shop = Shop(answer=lambda count: (500 if count > 5 else 200, b"x"))
    async with running(shop) as reach:
        result = await timed(reach)
    assert (result.why, result.n, result.errors, result.over) == ("errors", 5, 5, 5)
    assert result.faults == {"status 500": 5}
    assert result.p95 is None
    assert result.samples_ms == ()


async def test_a_rate_limit_ends_it_without_a_verdict() -> None:
    shop = Shop(answer=lambda count: (429 if count > 25 else 200, b"x"))
    async with running(shop) as reach:
        result = await timed(reach)
    assert (result.verdict, result.why, result.n) == ("NOT ENOUGH DATA", "rate-limited", 21)


async def test_a_rate_limit_in_the_warm_up_is_a_failure() -> None:
    async with running(Shop(answer=lambda count: (429, b""))) as reach:
        assert (await failed(reach)).kind == "rate-limited"


async def test_few_samples_give_no_verdict() -> None:
    async with running(Shop()) as reach:
        result = await timed(reach, samples=30)
    assert (result.verdict, result.why, result.n) == ("NOT ENOUGH DATA", "samples", 30)


async def test_a_server_that_closes_after_each_answer() -> None:
    shop = Shop(close=True)
    async with running(shop) as reach:
        result = await timed(reach, samples=12)
    assert (result.n, result.errors) == (12, 0)
    assert shop.connections >= 17


async def test_a_large_body_is_read_to_its_end() -> None:
    async with running(Shop(answer=lambda count: (200, b"y" * 1_500_000))) as reach:
        result = await timed(reach, samples=3)
    assert (result.n, result.errors) == (3, 0)


async def test_progress_is_told() -> None:
    told: list[int] = []
    async with running(Shop()) as reach:
        await timed(reach, progress=told.append)
    assert told[-1] == 59
    assert told == sorted(told)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"not http at all\r\n\r\n", "protocol"),
        (b"", "reset"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", "protocol"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 600_000 + b"\r\n\r\n", "protocol"),
    ],
)
async def test_a_broken_server_is_a_typed_failure(raw: bytes, kind: str) -> None:
    async with running(Shop(raw=raw)) as reach:
        assert (await failed(reach)).kind == kind


async def test_nobody_listens() -> None:
    async with running(Shop()) as reach:
        pass
    failure = await failed(reach)
    assert (failure.kind, failure.reached) == ("refused", "look-up")


@pytest.mark.parametrize(
    ("serves", "https", "reached"),
    [
        ("nothing", True, "connect"),
        ("nothing", False, "sent"),
        ("its head", False, "first-byte"),
        ("TLS", True, "sent"),
    ],
)
async def test_a_route_that_never_answers_says_how_far_it_got(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serves: str, https: bool, reached: str
) -> None:
    """Asked twice, each time on a connection of its own."""
    monkeypatch.setitem(measure.__globals__, "EXCHANGE_S", 0.5)
    context, pem = certificate(tmp_path, HOST)
    connections = 0

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        if serves == "its head":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
        while await reader.read(1024):
            continue
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0, ssl=context if serves == "TLS" else None)
    port = server.sockets[0].getsockname()[1]
    url = f"http{'s' if https else ''}://{HOST}/search"
    async with server:
        reach = Reach(connect=ConnectMap.parse([f"{HOST}=127.0.0.1:{port}"]), ca_file=pem)
        failure = await failed(reach, route(url=url))
    assert (failure.kind, failure.reached, connections) == ("timeout", reached, 2)


async def test_a_route_that_answers_the_second_time_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(measure.__globals__, "EXCHANGE_S", 0.5)
    hold = asyncio.Event()
    shop = Shop(hold=hold, hold_from=1)
    asyncio.get_running_loop().call_later(0.8, hold.set)
    async with running(shop) as reach:
        result = await timed(reach, samples=1)
    assert (result.n, result.errors) == (1, 0)


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "shop.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret = folder / "shop.key"
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    return context, pem


class Kept:
    """A credential as the vault gives it."""

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value


@pytest.mark.parametrize(("value", "sent"), [("tok-1", "Bearer tok-1"), ("Basic abc", "Basic abc")])
async def test_over_tls_with_a_credential(tmp_path: Path, value: str, sent: str) -> None:
    context, pem = certificate(tmp_path, HOST)
    shop = Shop()
    async with running(shop, context) as plain:
        reach = Reach(connect=plain.connect, ca_file=pem)
        result = await timed(reach, route(url=f"https://{HOST}/me"), samples=3, credential=Kept(value))
    assert result.phases.tls is not None
    assert shop.seen[-1][2]["authorization"] == sent


async def test_a_certificate_for_another_name(tmp_path: Path) -> None:
    context, pem = certificate(tmp_path, "other.market.test")
    async with running(Shop(), context) as plain:
        reach = Reach(connect=plain.connect, ca_file=pem)
        assert (await failed(reach, route(url=f"https://{HOST}/"))).kind == "certificate"


async def test_a_ca_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    async with running(Shop()) as plain:
        reach = Reach(connect=plain.connect, ca_file=tmp_path / "ca.pem")
        assert (await failed(reach, route(url=f"https://{HOST}/"))).kind == "certificate"


@pytest.mark.parametrize(
    ("changes", "options", "kind"),
    [
        ({"safe": False}, {}, "no-permission"),
        ({"url": "ftp://api.market.test/"}, {}, "protocol"),
        ({"url": "http://api.market.test:99999/"}, {}, "protocol"),
        ({"url": "http://api.market.test/ü"}, {}, "protocol"),
        ({"headers": {"X": "a\r\nHost: b"}}, {}, "protocol"),
        ({}, {"credential": Kept("t")}, "no-permission"),
        ({"url": "http://127.0.0.1:9/"}, {}, "blocked-address"),
        ({"url": "http://203.0.113.9/"}, {}, "unmapped"),
        ({}, {"samples": 0}, "limit"),
        ({}, {"rate": 0}, "limit"),
    ],
)
async def test_what_is_refused_gets_no_request(
    changes: dict[str, object], options: dict[str, object], kind: str
) -> None:
    shop = Shop()
    async with running(shop) as reach:
        result = await measure(route(**changes), reach, **({"rate": 400.0} | options))  # type: ignore[arg-type]
    assert isinstance(result, Failure)
    assert result.kind == kind
    assert shop.connections == 0


async def test_addresses_come_from_the_run_and_its_refusals_are_counted() -> None:
    async def lookup(host: str) -> tuple[str, ...]:
        return ("203.0.113.7",)

    shop = Shop()
    async with running(shop) as plain:
        mapped = Reach(connect=ConnectMap.parse([f"203.0.113.7=127.0.0.1:{shop.port}"]), refuse_unmapped=True)
        assert (await timed(mapped, samples=2, wire=Wire(mapped, lookup=lookup))).via == "connect-map"
        closed = Wire(Reach(refuse_unmapped=True), lookup=lookup)
        assert (await failed(plain, wire=closed)).kind == "unmapped"
        assert closed.counts.refused_unmapped == 1


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


@pytest.mark.parametrize(
    "command",
    [
        python("raise SystemExit(3)"),
        python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
        python("print('what is this')"),
        python('print(\'{"type":"done"}\')'),
        python('print(\'{"type":"broken","kind":"no such kind","detail":""}\')'),
        python('print(\'{"type":"done","why":"","seconds":1,"cpu_share":0,"requests":0,"connections":0}\')'),
        python("import sys; sys.stdout.write('x' * 3_000_000)"),
        python("import sys; sys.stdout.buffer.write(bytes(range(256)) + b'\\n')"),
        ("/no/such/program",),
    ],
)
async def test_a_child_that_fails_or_talks_nonsense(command: tuple[str, ...]) -> None:
    async with running(Shop()) as reach:
        assert (await failed(reach, command=command)).kind == "protocol"


async def test_a_child_that_will_not_go_is_ended() -> None:
    stubborn = (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('nonsense', "
        "flush=True)\nwhile "
        "True: time.sleep(60)"
    )
    async with running(Shop()) as reach:
        assert (await failed(reach, command=python(stubborn))).kind == "protocol"


async def test_cancelled_in_the_middle() -> None:
    shop = Shop(hold=asyncio.Event(), hold_from=8)
    async with running(shop) as reach:
        task = asyncio.create_task(timed(reach))
        while len(shop.seen) < 8:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_child_goes_when_its_asker_is_gone() -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "launchready_tui.probe.child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    shop = Shop(hold=asyncio.Event(), hold_from=1)
    async with running(shop) as reach:
        made = await _job(route(), reach, Wire(reach), 10, 10.0, None, 60.0)
        assert not isinstance(made, Failure)
        assert child.stdin is not None
        child.stdin.write(msgspec.json.encode(made[0]) + b"\n")
        await child.stdin.drain()
        while not shop.seen:
            await asyncio.sleep(0.01)
        child.stdin.close()
        assert await asyncio.wait_for(child.wait(), 30) == 0


@pytest.mark.parametrize(("job", "code"), [(b"", 0), (b"{}\n", 2), (b"nonsense\n", 2)])
async def test_a_child_without_a_job(job: bytes, code: int) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "launchready_tui.probe.child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await child.communicate(job)
    assert child.returncode == code
    assert (b"broken" in out) == (code == 2)


@pytest.mark.skipif(not Path("/proc").exists(), reason="reads /proc")
async def test_credentials_are_in_no_argument_and_no_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAUNCHREADY_API_TOKEN", "env-canary")
    context, pem = certificate(tmp_path, HOST)
    shop = Shop(hold=asyncio.Event(), hold_from=1)
    async with running(shop, context) as plain:
        reach = Reach(connect=plain.connect, ca_file=pem)
        before = children()
        task = asyncio.create_task(timed(reach, route(url=f"https://{HOST}/"), credential=Kept("job-canary")))
        while not shop.seen:
            await asyncio.sleep(0.01)
        (pid,) = children() - before
        seen = Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
        assert b"canary" not in seen
        assert shop.seen[0][2]["authorization"] == "Bearer job-canary"
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
