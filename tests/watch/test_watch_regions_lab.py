"""Watching from elsewhere: a real blackbox_exporter as a region's prober, a double of Globalping, what both say when
something breaks."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from loopback import reach
from watchtown import QUICK, Running, Shop, Spoken, until, web

from launchready_tui.clock import SystemClock
from launchready_tui.launch.model import Launch, Region, Settings, Watch
from launchready_tui.watch.engine import Engine
from launchready_tui.watch.export import Plan, export
from launchready_tui.watch.exporter import Exporter
from launchready_tui.watch.globalping import Globalping
from launchready_tui.watch.regions import Budget
from launchready_tui.watch.samples import Target, WatchReader, WatchStore, snapshot
from launchready_tui.wire import Wire

HERE = reach()
EXPORTER = shutil.which("prometheus-blackbox-exporter")
needs_exporter = pytest.mark.skipif(
    not EXPORTER and os.environ.get("LAUNCHREADY_REQUIRE_NETLAB") != "1",
    reason="prometheus-blackbox-exporter is not here",
)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def launch_with(*regions: Region, services: tuple[Any, ...] = ("globalping",)) -> Launch:
    return Launch(
        name="Market",
        domain="market.test",
        canonical="https://market.test/",
        markets=("US", "EU"),
        regions=regions,
        settings=Settings(services=services),
    )


@contextlib.asynccontextmanager
async def exporter(folder: Path, targets: tuple[Target, ...]) -> AsyncIterator[str]:
    """The exporter with the modules that the export writes."""
    assert EXPORTER
    config = folder / "blackbox.yml"
    plan = Plan(product="Market", domain="market.test", targets=targets, alerts=(), watch=Watch())
    config.write_text(export(plan, "prometheus").files["blackbox.yml"], "utf-8")
    port = free_port()
    process = subprocess.Popen(
        [EXPORTER, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def listens() -> bool:
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", port)) == 0

    try:
        await until(listens)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@contextlib.asynccontextmanager
async def watching(
    launch: Launch, targets: tuple[Target, ...], folder: Path, secrets: dict[str, str] | None = None
) -> AsyncIterator[Running]:
    store = WatchStore.open(folder / "watch.sqlite3")
    reader = WatchReader(folder / "watch.sqlite3")
    said: list[str] = []
    known = secrets or {}
    engine = Engine(
        launch,
        store,
        reader,
        Wire(HERE),
        SystemClock(),
        credential=lambda name, host: Spoken(known[name]) if name in known else None,
        targets=targets,
        say=said.append,
        policy=lambda target: QUICK,
        jitter=False,
    )
    # A region is asked once a minute; here, at once and often.
    engine._far = tuple((region, msgspec.structs.replace(target, every_s=0.3)) for region, target in engine._far)
    stop = asyncio.Event()
    running = asyncio.ensure_future(engine.run(stop))
    try:
        yield Running(engine, store, reader, folder, said)
    finally:
        stop.set()
        await running
        reader.close()
        store.close()


# An exporter in a region


@needs_exporter
async def test_an_exporter_answers_as_a_probe_of_ours(tmp_path: Path) -> None:
    async with Shop() as shop:
        good, gone = web("api", shop.port), web("gone", free_port())
        wrong = web("wrong", shop.port, conditions=({"kind": "contains", "value": "welcome"},))
        nameless = msgspec.structs.replace(
            good, name="nameless", url="http://no-such-name.invalid/", host="no-such-name.invalid"
        )
        async with exporter(tmp_path, (good, gone, wrong, nameless)) as url:
            region = Region(name="us", url=url)
            answers = {}
            for target in (good, gone, wrong, nameless):
                asker = Exporter(region, target, Wire(HERE), lambda name, host: None)
                answers[target.name] = await asker.probe(0.0)
                asker.close()
            other = await Exporter(
                Region(name="us", url=url, module="no-such"), good, Wire(HERE), lambda name, host: None
            ).probe(0.0)
    fine = answers["api"]
    assert fine.ok and fine.status == 200 and fine.cold
    assert 0 < fine.total < 10_000 and fine.phases.first_byte is not None and fine.phases.connect is not None
    assert (answers["gone"].cause, answers["gone"].kind) == ("connect", "refused")
    assert (answers["wrong"].cause, answers["wrong"].kind) == ("condition", "contains")
    assert answers["nameless"].cause == "dns"
    assert other.cause == "line" and "400" in other.detail, (
        "an exporter that lacks the module says nothing of the product"
    )


@needs_exporter
async def test_a_region_is_watched_beside_this_machine_and_gives_a_second_opinion(tmp_path: Path) -> None:
    async with Shop() as shop:
        target = web("api", shop.port)
        async with exporter(tmp_path, (target,)) as url:
            launch = launch_with(Region(name="US", url=url))
            async with watching(launch, (target,), tmp_path) as running:
                await until(lambda: len(lasts(running)) == 2)
                assert {one.region for one in running.reader.targets()} == {"", "US"}
                shop.kill()
                await until(lambda: {one.name for one in running.incidents()} == {"api", "api (US)"})
                await until(lambda: any(one.elsewhere for one in running.incidents()))
                (here,) = (one for one in running.incidents() if one.name == "api")
                assert here.elsewhere.startswith("down from US (the connection was refused there)")
                await shop.start()
                await until(lambda: not running.reader.open_incidents())
        async with watching(launch, (target,), tmp_path) as running:
            # The exporter is gone now: that is no outage of the product.
            asked = shop.asked
            await until(lambda: shop.asked > asked + 5 and "does not respond" in region_of(running).last.sample.detail)
            assert not running.reader.open_incidents()
            assert region_of(running).standing == "unknown"


def lasts(running: Running) -> dict[int, Any]:
    return {target: one for target, one in running.reader.lasts().items() if one.sample.ok}


def region_of(running: Running) -> Any:
    from datetime import timedelta

    shot = snapshot(running.reader, SystemClock().now(), timedelta(hours=1))
    return next((one for one in shot.rows if one.target.region), None)


async def test_a_region_that_leaves_the_launch_file_is_not_watched_any_more(tmp_path: Path) -> None:
    async with Shop() as shop:
        target = web("api", shop.port)
        region = Region(name="US", url=f"http://127.0.0.1:{free_port()}")
        async with watching(launch_with(region), (target,), tmp_path) as running:
            await until(lambda: getattr(region_of(running), "last", None))
            assert not region_of(running).last.sample.known
        asked = shop.asked
        async with watching(launch_with(), (target,), tmp_path) as running:
            await until(lambda: shop.asked > asked)
            assert [one.region for one in running.reader.targets()] == [""]


# Globalping


@dataclass
class World:
    """A double of its API: the results it gives, and what it was asked."""

    results: list[dict[str, Any]] = field(default_factory=list)
    status: int = 202
    retry: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    looks: int = 0
    port: int = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.heads.append(head)
            if head.startswith("POST /v1/measurements "):
                size = int(head.lower().partition("content-length: ")[2].partition("\r")[0])
                self.asked.append(json.loads(await reader.readexactly(size)))
                body = (
                    {"id": "nzGzfAGL7sZfUs3c", "probesCount": 3}
                    if self.status == 202
                    else {"error": {"message": "not now"}}
                )
                self._say(writer, self.status, body)
            else:
                self.looks += 1
                done = self.looks > 1
                self._say(
                    writer,
                    200,
                    {"status": "finished" if done else "in-progress", "results": self.results if done else []},
                )
            await writer.drain()
        writer.close()

    def _say(self, writer: asyncio.StreamWriter, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        more = f"Retry-After: {self.retry}\r\n" if self.retry else ""
        writer.write(
            f"HTTP/1.1 {status} X\r\nContent-Length: {len(data)}\r\n{more}Connection: close\r\n\r\n".encode() + data
        )


@contextlib.asynccontextmanager
async def the_world(*results: dict[str, Any]) -> AsyncIterator[World]:
    made = World([{"probe": {"country": "US"}, "result": one} for one in results])
    server = await asyncio.start_server(made.talk, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


def fine(total: int = 120) -> dict[str, Any]:
    timings = {"total": total, "dns": 4, "tcp": 20, "tls": 25, "firstByte": total - 60, "download": None}
    return {"status": "finished", "statusCode": 200, "timings": timings, "tls": {"authorized": True}, "rawBody": ""}


BROKEN = {"status": "failed", "rawOutput": "connect ECONNREFUSED", "statusCode": None, "timings": {}}
OFFLINE = {"status": "offline"}
SHOP = Target(name="home", url="https://market.test/hello", host="market.test", port=443)


def public(world: World, launch: Launch | None = None, budget: Budget | None = None, **more: Any) -> Globalping:
    region = Region(name="US", kind="globalping", place="United States", url=f"http://127.0.0.1:{world.port}", **more)
    secrets = {"gp": "token-of-ours"}
    return Globalping(
        launch or launch_with(region),
        region,
        SHOP,
        Wire(HERE),
        lambda name, host: Spoken(secrets[name]),
        budget or Budget(100),
    )


async def test_most_of_its_probes_decide_and_times_are_their_median() -> None:
    async with the_world(fine(100), fine(140), BROKEN) as world:
        answer = await public(world).probe(0.0)
    assert answer.ok and answer.detail == "up from 2 of 3 probes"
    assert answer.total == 120 and answer.phases.first_byte == 60 and answer.phases.transfer is None
    async with the_world(BROKEN, OFFLINE, BROKEN, fine()) as world:
        answer = await public(world).probe(0.0)
    assert answer.cause == "connect" and answer.detail == "down from 2 of 3 probes: connect ECONNREFUSED"
    async with the_world(OFFLINE) as world:
        assert (await public(world).probe(0.0)).cause == "line", "nobody there could be asked: nothing is known"


async def test_nothing_is_sent_but_host_and_path() -> None:
    async with the_world(fine()) as world:
        assert (await public(world).probe(0.0)).ok
        assert (await public(world, credential="gp").probe(0.0)).ok
    first, second = world.asked
    assert (
        first
        == second
        == {
            "type": "http",
            "target": "market.test",
            "locations": [{"magic": "United States", "limit": 3}],
            "measurementOptions": {"protocol": "HTTPS", "port": 443, "request": {"path": "/hello", "method": "GET"}},
        }
    )
    assert "authorization" not in world.heads[0].lower()
    assert any("token-of-ours" in head for head in world.heads[1:]), "its own token goes to itself"


async def test_the_budget_holds_and_a_refusal_is_heeded() -> None:
    async with the_world(fine()) as world:
        budget = Budget(8)
        assert (await public(world, budget=budget).probe(0.0)).ok
        assert (await public(world, budget=budget).probe(0.0)).ok
        held = await public(world, budget=budget).probe(0.0)
        assert held.cause == "line" and "used up" in held.detail
        assert len(world.asked) == 2
        world.status, world.retry = 429, "1200"
        budget = Budget(100)
        assert "no tests left" in (await public(world, budget=budget).probe(0.0)).detail
        assert "used up" in (await public(world, budget=budget).probe(0.0, fresh=True)).detail
        assert len(world.asked) == 3, "after a 429 nothing is asked until it said so"


async def test_it_is_asked_only_where_the_launch_file_lets_it() -> None:
    async with the_world(fine()) as world:
        for launch in (launch_with(services=()), msgspec.structs.replace(launch_with(), announced=False)):
            answer = await public(world, launch).probe(0.0)
            assert answer.cause == "line" and "not asked" in answer.detail
        assert not world.heads


async def test_what_it_answers_wrongly_says_nothing_of_the_product() -> None:
    async with the_world(fine()) as world:
        world.status = 422
        answer = await public(world).probe(0.0)
        assert answer.cause == "line" and "status 422 not now" in answer.detail
