"""The whole watch on loopback: servers are killed, hung and started again, the line goes, releases change; what is
kept and told."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import watchtown
from loopback import reach
from watchtown import QUICK, Shop, until, watched, web

from launchready_tui.clock import SystemClock
from launchready_tui.failure import Failure
from launchready_tui.launch.model import Alert, Watch
from launchready_tui.watch import blindness, engine, line
from launchready_tui.watch import prober as probing
from launchready_tui.watch.engine import Engine
from launchready_tui.watch.samples import Incident, Mark, Phases, Target, WatchReader, snapshot
from launchready_tui.watch.samples.errors import StoreError
from launchready_tui.wire import Door, Opened, Reach, Wire

HERE = reach()
CALL = Alert(name="on-call", owner="founder", credential="hook", server="127.0.0.1")


@dataclass
class Chat:
    """A Slack double: takes everything and remembers it."""

    port: int = 0
    texts: list[str] = field(default_factory=list)
    status: str = "200 OK"

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            size = int(head.partition("content-length: ")[2].partition("\r")[0])
            self.texts.append(json.loads(await reader.readexactly(size))["text"])
            writer.write(f"HTTP/1.1 {self.status}\r\nContent-Length: 2\r\n\r\nok".encode())
            await writer.drain()
        writer.close()

    @property
    def secrets(self) -> dict[str, str]:
        return {"hook": f"http://127.0.0.1:{self.port}/services/x"}


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    made = Chat()
    server = await asyncio.start_server(made._take, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


def now() -> datetime:
    return SystemClock().now()


async def test_an_outage_is_kept_told_and_resolved(chat: Chat) -> None:
    async with Shop() as shop, watched((web("api", shop.port),), HERE, alerts=(CALL,), secrets=chat.secrets) as running:
        await until(lambda: shop.asked > 6)
        shop.kill()
        await until(lambda: chat.texts)
        (incident,) = running.incidents()
        assert (incident.kind, incident.cause, incident.detail) == ("down", "connect", "the connection was refused")
        assert incident.last_good is not None
        assert incident.since > incident.last_good
        assert "*Market: DOWN: api*" in chat.texts[0]
        for said in ("no connection", "Since:", "Last success:", "Who acts: founder"):
            assert said in chat.texts[0]
        await shop.start()
        await until(lambda: len(chat.texts) == 2)
        assert "RESOLVED: api" in chat.texts[1]
        assert "It is up again after" in chat.texts[1]
        await until(lambda: [one.state for one in running.reader.notices()] == ["sent", "sent"])
        assert not running.incidents()[0].open


async def test_what_cannot_be_kept_is_told_all_the_same_and_through_the_second_channel(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = (
        Alert(name="first", owner="founder", credential="nothing", server="127.0.0.1", second="on-call"),
        msgspec.structs.replace(CALL, on=("queue",)),
    )
    async with Shop() as shop, watched((web("api", shop.port),), HERE, alerts=rules, secrets=chat.secrets) as running:
        await until(lambda: shop.asked > 6)

        def full(notices: object) -> int:
            raise StoreError(running.path, "full")

        monkeypatch.setattr(running.store, "enqueue", full)
        shop.kill()
        await until(lambda: chat.texts)
        assert "*Market: DOWN: api*" in chat.texts[0]
        assert running.reader.notices() == ()


async def test_a_hung_server_is_down_and_what_it_held_up_is_counted(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "LIMITS", probing.Limits(connect=1.0, tls=1.0, first_byte=0.5, total=1.0))
    async with Shop() as shop, watched((web("api", shop.port),), HERE, alerts=(CALL,), secrets=chat.secrets) as running:
        await until(lambda: shop.asked > 6)
        shop.hold = asyncio.Event()
        await until(lambda: chat.texts)
        (incident,) = running.incidents()
        assert (incident.cause, incident.detail) == ("answer", "no answer in time")
        shop.hold.set()
        shop.hold = None
        await until(lambda: not running.incidents()[0].open)
        await running.engine.keeper.flush()
        kept = running.reader.samples(incident.target, now() - timedelta(minutes=5), now())
        held = [one for one in kept if one.held]
        assert held
        assert all((one.phases, one.warm, one.cold) == (Phases(), None, False) for one in held)
        assert any(one.phases != Phases() for one in kept if not one.held)
        assert all(one.cause == "answer" for one in held if one.cause)


async def test_a_frozen_server_shows_in_every_answer_it_kept_waiting() -> None:
    async with Shop() as shop, watched((web("api", shop.port),), HERE) as running:
        await until(lambda: shop.asked > 6)
        frozen = time.perf_counter()
        shop.hold = asyncio.Event()
        await until(lambda: time.perf_counter() - frozen >= 1.0)
        shop.hold.set()
        shop.hold = None
        asked = shop.asked
        await until(lambda: shop.asked > asked + 2)
        await running.engine.keeper.flush()
        (watched_one,) = running.engine.watched
        slow = [
            one for one in running.reader.samples(watched_one, now() - timedelta(minutes=5), now()) if one.total > 200
        ]
        # Probed in turn only, a freeze of one second would be one slow answer; it made every one wait that was due in
        # it.
        assert len(slow) >= 5
        assert max(one.total for one in slow) > 800


async def test_one_bad_server_of_three_is_degraded(chat: Chat) -> None:
    async with Shop() as shop, watched((web("api", shop.port),), HERE, alerts=(CALL,), secrets=chat.secrets) as running:
        await until(lambda: shop.asked > 9)
        shop.every_third = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
        await until(lambda: running.incidents())
        assert running.incidents()[0].kind == "degraded"
        await until(lambda: chat.texts)
        assert "FAILING INTERMITTENTLY: api" in chat.texts[0]
        shop.every_third = b""
        await until(lambda: not running.incidents()[0].open)


async def test_a_restart_is_no_outage() -> None:
    from dataclasses import replace

    patient = replace(QUICK, down_span=30.0)
    async with Shop() as shop, watched((web("api", shop.port),), HERE, policy=patient) as running:
        await until(lambda: shop.asked > 6)
        shop.kill()
        await until(lambda: next(iter(running.engine.watched.values())).detector.fails >= 3)
        await shop.start()
        await until(lambda: next(iter(running.engine.watched.values())).detector.oks >= 3)
        assert running.incidents() == ()


async def test_a_release_that_changes_is_marked_and_named_in_the_next_incident(chat: Chat) -> None:
    target = web("api", 0, version_json="release")

    def saying(release: str) -> bytes:
        body = json.dumps({"release": release}).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    async with Shop(answer=saying("one")) as shop:
        target = web("api", shop.port, version_json="release")
        async with watched((target,), HERE, alerts=(CALL,), secrets=chat.secrets) as running:
            await until(lambda: shop.asked > 6)
            shop.answer = saying("two")
            await until(lambda: running.reader.marks(now() - timedelta(hours=1)))
            (mark,) = running.reader.marks(now() - timedelta(hours=1))
            assert (mark.kind, mark.sha, mark.before, mark.target) == ("version", "two", "one", "api")
            await until(lambda: running.engine.teller.last_mark is not None)
            shop.kill()
            await until(lambda: chat.texts)
            assert "since deploy two" in chat.texts[0]
            assert running.incidents()[0].deploy == "two"


async def test_a_failed_deploy_is_told_once(chat: Chat) -> None:
    async with Shop() as shop, watched((web("api", shop.port),), HERE, alerts=(CALL,), secrets=chat.secrets) as running:
        running.store.add_mark(Mark(at=now(), kind="failed", sha="3f9c2a1e", by="ci"))
        await until(lambda: chat.texts)
        assert "a deploy failed: 3f9c2a1e" in chat.texts[0]
        marks = list(running.engine.watched.values())
        await running.engine.teller.marks(marks)
        await running.engine.outbox.flush()
        assert len(running.reader.notices()) == 1


async def test_an_open_incident_is_taken_up_by_the_next_watch_and_the_time_between_is_a_gap(
    chat: Chat, tmp_path: Path
) -> None:
    async with Shop() as shop:
        target = web("api", shop.port)
        async with watched((target,), HERE, alerts=(CALL,), secrets=chat.secrets, folder=tmp_path) as running:
            await until(lambda: shop.asked > 6)
            shop.kill()
            await until(lambda: len(chat.texts) == 1)
        await asyncio.to_thread(_age_the_beat, tmp_path)
        async with watched((target,), HERE, alerts=(CALL,), secrets=chat.secrets, folder=tmp_path) as running:
            probes = running.engine
            await until(lambda: probes.probes > 4)
            assert len(chat.texts) == 1  # it is still down, and that was told
            await shop.start()
            await until(lambda: len(chat.texts) == 2)
            assert "RESOLVED" in chat.texts[1]
            assert len(running.incidents()) == 1
            assert [one.cause for one in running.reader.gaps(now() - timedelta(hours=2), now())] == ["stopped"]


async def test_seven_targets_behind_one_application_are_told_together(chat: Chat) -> None:
    async with Shop() as shop:
        targets = tuple(web(f"t{number}", shop.port, f"/{number}") for number in range(7))
        async with watched(targets, HERE, alerts=(CALL,), secrets=chat.secrets) as running:
            await until(lambda: len(running.engine.watched) == 7 and shop.asked > 21)
            shop.kill()
            await until(lambda: chat.texts)
            await shop.start()
            await until(lambda: len(chat.texts) == 2)
            assert [text.partition(": ")[2].partition(":")[0] for text in chat.texts] == ["DOWN", "RESOLVED"]
            for text in chat.texts:
                assert "7 targets: " in text
                assert all(f"\nt{number}: http://127.0.0.1:{shop.port}/{number}" in text for number in range(7))
            incidents = running.incidents()
            (group,) = {one.group for one in incidents}
            assert group in {one.id for one in incidents}
            assert [one.incident for one in running.reader.notices()] == [group, group]


@pytest.mark.parametrize("told", ["", "resolved"])
async def test_a_watch_that_starts_again_looks_before_it_alarms(chat: Chat, tmp_path: Path, told: str) -> None:
    """What the last one saw begin, and told nobody, is over by now: nothing is said of it."""
    import msgspec

    async with Shop() as shop:
        target = web("api", shop.port)
        async with watched((target,), HERE, folder=tmp_path) as running:
            await until(lambda: shop.asked > 6)
            shop.kill()
            await until(running.incidents)
            (incident,) = running.incidents()
        left = msgspec.structs.replace(incident, told=told, told_at=now() - timedelta(minutes=6), closed_at=None)
        await asyncio.to_thread(_leave_open, tmp_path, left)
        await shop.start()
        async with watched((target,), HERE, alerts=(CALL,), secrets=chat.secrets, folder=tmp_path) as running:
            await until(lambda: not running.incidents()[0].open)
            assert running.reader.notices() == ()
            shop.kill()
            await until(lambda: chat.texts)
            assert ("DOWN AGAIN: api" if told else "DOWN: api") in chat.texts[0]


async def test_what_began_before_a_restart_and_goes_on_is_told_with_its_beginning(chat: Chat, tmp_path: Path) -> None:
    import msgspec

    async with Shop() as shop:
        target = web("api", shop.port)
        async with watched((target,), HERE, folder=tmp_path) as running:
            await until(lambda: shop.asked > 6)
            shop.kill()
            await until(running.incidents)
            (incident,) = running.incidents()
        await asyncio.to_thread(_leave_open, tmp_path, msgspec.structs.replace(incident, told="", told_at=None))
        async with watched((target,), HERE, alerts=(CALL,), secrets=chat.secrets, folder=tmp_path) as running:
            await until(lambda: chat.texts)
            assert "DOWN: api" in chat.texts[0]
            (after,) = running.incidents()
            assert (after.id, after.since) == (incident.id, incident.since)


def _leave_open(folder: Path, incident: Incident) -> None:
    from launchready_tui.watch.samples import WatchStore

    store = WatchStore.open(folder / "watch.sqlite3")
    store.save_incident(incident)
    store.close()


def _age_the_beat(folder: Path) -> None:
    """As if the last watch had ended an hour ago."""
    import msgspec

    from launchready_tui.watch.samples import WatchStore

    store = WatchStore.open(folder / "watch.sqlite3")
    reader = WatchReader(folder / "watch.sqlite3")
    before = reader.watcher()
    assert before is not None
    store.beat(msgspec.structs.replace(before, beat_at=before.beat_at - timedelta(hours=1)))
    reader.close()
    store.close()


# Our own line


class Silent:
    """A network that went away: every connection runs into its deadline, and the resolver says nothing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gone = False
        self.resolver = False
        real = probing.Prober._open
        outer = self

        async def open_(prober: probing.Prober) -> object:
            if outer.gone:
                prober._address = f"203.0.113.{prober.target.port % 200}"
                raise probing._Failed("connect", "timeout", "no connection in time")
            return await real(prober)

        async def lookup(wire: Wire, host: str) -> tuple[str, ...] | Failure:
            return Failure(kind="no-such-name") if outer.resolver or not outer.gone else Failure(kind="timeout")

        monkeypatch.setattr(probing.Prober, "_open", open_)
        monkeypatch.setattr(Wire, "lookup", lookup)
        monkeypatch.setattr(line, "has_route", lambda addresses: None)
        monkeypatch.setattr(probing, "COLD_EVERY_S", 0.0)
        monkeypatch.setattr(blindness, "ASK_AGAIN_S", 0.05)


def two(one: Shop, other: Shop) -> tuple[Target, Target]:
    import msgspec

    return (
        web("api", one.port),
        msgspec.structs.replace(web("home", other.port), url=f"http://localhost:{other.port}/", host="localhost"),
    )


@pytest.mark.parametrize("seldom", [False, True])
async def test_a_line_that_is_down_is_a_gap_and_no_outage(
    seldom: bool, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a third target was asked just before, and is asked again only in a minute."""
    silent = Silent(monkeypatch)
    patient = type(QUICK)(every=0.1, recheck=0.05, down_span=0.6, window=1.5, calm=2.0, up_span=0.2, up_long=0.5)
    async with Shop() as one, Shop() as other:
        targets = (*([web("log-in", other.port, every_s=60.0)] if seldom else []), *two(one, other))
        how = Reach(private=("127.0.0.0/8",), connect=reach(f"localhost=127.0.0.1:{other.port}").connect)
        async with watched(targets, how, alerts=(CALL,), secrets=chat.secrets, policy=patient) as running:
            await until(lambda: one.asked > 6 and other.asked > 6)
            silent.gone = True
            await until(lambda: running.engine.blindness.offline_since)
            probes = running.engine.probes
            await until(lambda: running.engine.probes > probes + 20)
            silent.gone = False
            await until(lambda: running.engine.blindness.offline_since is None)
            await until(lambda: running.engine.probes > probes + 40)
            await running.engine.keeper.flush()
            assert running.incidents() == ()
            assert chat.texts == []
            gaps = running.reader.gaps(now() - timedelta(hours=1), now())
            assert [gap.cause for gap in gaps] == ["offline"]
            seen = snapshot(running.reader, now(), timedelta(minutes=5))
            assert [row.stats.bad for row in seen.rows] == [0] * len(targets)
            assert seen.rows[-1].stats.gap_s > 0
            assert any("this machine seems to be offline" in words for words in running.said)


async def test_where_the_resolver_answers_the_outage_is_real(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = Silent(monkeypatch)
    silent.resolver = True
    async with Shop() as one, Shop() as other:
        how = Reach(private=("127.0.0.0/8",), connect=reach(f"localhost=127.0.0.1:{other.port}").connect)
        async with watched(two(one, other), how, alerts=(CALL,), secrets=chat.secrets) as running:
            await until(lambda: one.asked > 6 and other.asked > 6)
            silent.gone = True
            await until(lambda: chat.texts)
            assert {incident.kind for incident in running.incidents()} == {"down"}
            assert "DOWN: 2 targets: api and home" in chat.texts[0] or "DOWN: 2 targets: home and api" in chat.texts[0]


async def test_nobody_answers_but_the_chat_does_so_it_is_told_what_is_not_known(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = Silent(monkeypatch)
    monkeypatch.setattr(blindness, "TELL_AFTER_S", 0.2)
    patient = type(QUICK)(every=0.1, recheck=0.05, down_span=0.6, window=1.5, calm=2.0, up_span=0.2, up_long=0.5)
    async with Shop() as one, Shop() as other:
        how = Reach(private=("127.0.0.0/8",), connect=reach(f"localhost=127.0.0.1:{other.port}").connect)
        async with watched(two(one, other), how, alerts=(CALL,), secrets=chat.secrets, policy=patient):
            await until(lambda: one.asked > 6 and other.asked > 6)
            silent.gone = True
            await until(lambda: chat.texts)
            assert "the machine that runs the watch cannot reach any target" in chat.texts[0]
            assert "more likely to be down" in chat.texts[0]


async def test_a_machine_that_slept_leaves_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Shop() as shop, watched((web("api", shop.port),), HERE) as running:
        await until(lambda: shop.asked > 4)
        keeper = running.engine.blindness._time
        keeper._wall -= 600.0
        keeper._boot = None if keeper._boot is None else keeper._boot - 600.0
        await until(lambda: running.reader.gaps(now() - timedelta(hours=1), now()))
        (gap,) = running.reader.gaps(now() - timedelta(hours=1), now())
        assert gap.cause == "sleep"
        assert 595 <= gap.seconds <= 620


async def test_a_standstill_leaves_a_gap_and_is_not_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "STALL_S", 0.3)
    async with Shop() as shop, watched((web("api", shop.port),), HERE) as running:
        await until(lambda: shop.asked > 4)
        time.sleep(1.5)  # the loop stands still, as in a process that was stopped
        asked = shop.asked
        await asyncio.sleep(0)
        await until(lambda: running.reader.gaps(now() - timedelta(hours=1), now()))
        assert running.reader.gaps(now() - timedelta(hours=1), now())[0].cause == "stall"
        assert shop.asked - asked < 15  # fifteen slots were missed; they are not asked for afterwards


@pytest.mark.parametrize("hours", [1, -1])
async def test_a_clock_that_is_set_in_an_outage_delays_no_message_and_makes_no_outage_longer(
    hours: int, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    by = timedelta(0)

    class Set(SystemClock):
        def now(self) -> datetime:
            return super().now() + by

    monkeypatch.setattr(watchtown, "SystemClock", Set)
    chat.status = "500 Broken"
    async with (
        Shop() as shop,
        watched((web("api", shop.port),), HERE, alerts=(CALL,), secrets=chat.secrets) as running,
    ):
        running.engine.blindness._time.wall = lambda: Set().now().timestamp()
        await until(lambda: shop.asked > 4)
        shop.kill()
        await until(lambda: chat.texts)  # refused: it waits for its next attempt by the clock
        by = timedelta(hours=hours)
        chat.status = "200 OK"
        await until(lambda: any("was set" in line for line in running.said))
        await until(lambda: len(chat.texts) > 1)
        assert "DOWN" in chat.texts[1]
        await shop.start()
        await until(lambda: "RESOLVED" in chat.texts[-1])
        (incident,) = running.reader.incidents(now() - timedelta(hours=3))
        assert incident.closed_at is not None
        assert 0 < (incident.closed_at - incident.since).total_seconds() < 60


# The dead-man's switch


async def test_the_switch_hears_start_then_life_and_then_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PING_S", 0.2)
    paths: list[str] = []

    answers = iter(["200 OK", "201 Created", "404 Not Found"])

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            paths.append((await reader.readuntil(b"\r\n\r\n")).split()[1].decode())
            status = next(answers, "200 OK")
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nOK".encode())
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = Watch(heartbeat="ping", heartbeat_host="127.0.0.1")
    async with Shop() as shop:
        secrets = {"ping": f"http://127.0.0.1:{port}/abc"}
        async with watched((web("api", shop.port),), HERE, watch=settings, secrets=secrets) as running:
            await until(lambda: "/abc" in paths)
            assert paths[0] == "/abc/start"
            running.engine.outbox.undelivered = "3 messages cannot be delivered"
            running.engine.keeper.trouble = "the disk is full"
            await until(lambda: "/abc/fail" in paths and len(paths) > 3)
            assert not any("abc" in words for words in running.said)
            told = [words for words in running.said if "switch" in words]
            assert told == ["the dead-man's switch answered with status 404"], "only a refusal is told, and once"
    server.close()


async def test_once_asks_everything_and_keeps_nothing() -> None:
    from launchready_tui.launch.model import Launch, Route

    launch = Launch(
        name="Market",
        domain="market.test",
        canonical="https://market.test/",
        routes=(Route(name="search", url="https://market.test/search", safe=True),),
    )
    answers = await Engine.once(
        launch, Wire(Reach(refuse_unmapped=True, nameservers=("127.0.0.1:9",))), lambda name, host: None
    )
    assert list(answers) == ["home", "search"]
    assert not any(answer.ok for answer in answers.values())


@dataclass
class Mailer:
    """A mail server on loopback that greets; once it is dead, nothing that is sent to it comes back."""

    dead: bool = False
    port: int = 0

    async def greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            writer.write(b"220 mail ready\r\n")
            await writer.drain()
            await reader.read(100)
        writer.close()

    @property
    def target(self) -> Target:
        where = f"127.0.0.1:{self.port}"
        return Target(name="mail", kind="mail", url=where, host="127.0.0.1", port=self.port, every_s=0.1)


@pytest.fixture
async def mailer(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Mailer]:
    made = Mailer()
    server = await asyncio.start_server(made.greet, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    opens = Wire.open_door

    async def silent(self: Wire, door: Door, name: str) -> Opened | Failure:
        if made.dead and door.to[1] == made.port:
            return Failure(kind="timeout", detail="not connected", target=name)
        return await opens(self, door, name)

    monkeypatch.setattr(Wire, "open_door", silent)
    yield made
    server.close()


async def test_a_mail_server_that_greeted_once_and_died_is_down(chat: Chat, mailer: Mailer) -> None:
    """Port 25 is open from here, then: its silence speaks of the server and not of the line."""
    async with watched((mailer.target,), HERE, alerts=(CALL,), secrets=chat.secrets) as running:
        await until(lambda: running.engine.watched)
        (one,) = running.engine.watched.values()
        await until(lambda: one.last_good is not None)
        mailer.dead = True
        await until(lambda: chat.texts)
        (incident,) = running.incidents()
        assert (incident.kind, incident.cause) == ("down", "connect")
        assert one.latest is not None and one.latest.sample.known


async def test_a_mail_server_that_never_greeted_from_here_is_not_known_to_be_down(mailer: Mailer) -> None:
    """Most networks close port 25 on purpose."""
    mailer.dead = True
    async with watched((mailer.target,), HERE) as running:
        await until(lambda: running.engine.probes > 8)
        (one,) = running.engine.watched.values()
        assert one.latest is not None and one.latest.sample.cause == "line"
        assert running.incidents() == ()


async def test_an_answer_that_came_while_the_loop_stood_still_is_suspect() -> None:
    """The watching machine was late, so the time says nothing of the target."""

    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                time.sleep(2 * engine.FINE_TICK_S)  # the loop itself stands still while the probe is on its way
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(late, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with watched((web("api", port),), HERE) as running:
        await until(lambda: running.engine.probes > 8)
        await running.engine.keeper.flush()
        (number,) = running.engine.watched
        kept = running.reader.samples(number, now() - timedelta(minutes=5), now())
        on_time = [
            one
            for one in kept
            if one.lag <= engine.SUSPECT_MS and one.total >= 2000 * engine.FINE_TICK_S and not one.held
        ]
        assert on_time and all(one.suspect for one in on_time)
    server.close()


@pytest.mark.parametrize(
    ("start", "end", "late"),
    [
        (9.9, 10.1, True),
        (9.9, 9.995, True),  # it ended while the loop stood still
        (10.0, 10.1, True),  # it began as the loop woke up
        (10.01, 10.1, False),
        (9.0, 9.98, False),
        (19.9, 20.1, False),  # late by less than blurs a time
    ],
)
async def test_a_probe_is_suspect_only_where_the_loop_was_late_during_it(start: float, end: float, late: bool) -> None:
    async with watched((), HERE) as running:
        pass
    running.engine._lags.clear()
    running.engine._lags.extend([(5.0, 0.0), (10.0, 0.010), (20.0, engine.SUSPECT_MS / 1000)])
    assert running.engine._late_between(start, end) is late


async def test_the_sign_of_life_says_how_late_the_loop_was_in_milliseconds() -> None:
    async with watched((), HERE) as running:
        pass
    running.engine._lags.clear()
    running.engine._lags.extend((float(n), n / 1000) for n in range(100))
    seen: list[float] = []
    running.engine.keeper.ask = _asked  # type: ignore[method-assign,assignment]
    running.engine.store.beat = lambda watcher: seen.append(watcher.lag_p99)  # type: ignore[method-assign,assignment]
    await running.engine._beat()
    assert seen == [99.0]


async def _asked(work: Callable[[], object]) -> None:
    work()
