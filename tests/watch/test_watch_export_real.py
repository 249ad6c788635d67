"""The exported files in the programs they are for: a server is killed, and the one who acts hears of it; then it is up
again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest
from watchtown import Shop, until

from launchready_tui.launch.model import Alert, Launch, Region, Watch
from launchready_tui.watch.export import Plan, Ports, export
from launchready_tui.watch.samples import Target

PROGRAMS = {
    name: shutil.which(name)
    for name in ("prometheus", "prometheus-alertmanager", "prometheus-blackbox-exporter", "curl")
}
if not all(PROGRAMS.values()) and os.environ.get("LAUNCHREADY_REQUIRE_NETLAB") != "1":
    pytest.skip(f"not here: {', '.join(name for name, path in PROGRAMS.items() if not path)}", allow_module_level=True)


@dataclass
class Receiver:
    """Takes what is posted, and the pings of the dead-man's switch."""

    port: int = 0
    messages: list[dict[str, object]] = field(default_factory=list)
    pings: int = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(
                (int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-length:")), 0
            )
            body = await reader.readexactly(length)
            if head.startswith("POST"):
                self.messages.append(json.loads(body))
            else:
                self.pings += 1
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            await writer.drain()
        writer.close()

    def titles(self) -> list[str]:
        return [str(attachment["title"]) for message in self.messages for attachment in message["attachments"]]  # type: ignore[attr-defined]


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in socks:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in socks]


@contextlib.contextmanager
def started(folder: Path, *argv: str, **env: str) -> object:  # type: ignore[misc]
    with (folder / f"{Path(argv[0]).name}.log").open("wb") as log:
        process = subprocess.Popen(argv, cwd=folder, stdout=log, stderr=log, env={**os.environ, **env})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}/-/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


PATIENCE = {
    "evaluation_interval: 5s": "evaluation_interval: 1s",
    "scrape_interval: 15s": "scrape_interval: 1s",
    "scrape_interval: 5s": "scrape_interval: 1s",
    "scrape_timeout: 5s": "scrape_timeout: 1s",
    "for: 25s": "for: 3s",
    "group_wait: 5s": "group_wait: 1s",
    "group_interval: 30s": "group_interval: 2s",
}
"""What is exported waits as long as people want to be sure; the same files with shorter waits say the same, sooner."""


def quicker(text: str) -> str:
    for long, short in PATIENCE.items():
        text = text.replace(long, short)
    return text


def test_every_wait_that_is_shortened_here_is_one_of_the_export() -> None:
    """Otherwise the test below would wait as long as people do, and nobody would know why."""
    launch, targets = shop_launch("127.0.0.1:1"), (shop_target(1),)
    written = "".join(export(Plan.of(launch, targets=targets), "prometheus").files.values())
    assert [long for long in PATIENCE if long not in written] == []


def shop_launch(exporter: str) -> Launch:
    return Launch(
        name="Market",
        domain="market.test",
        canonical="https://market.test/",
        alerts=(Alert(name="on-call", owner="founder", credential="chat-webhook"),),
        watch=Watch(heartbeat="switch"),
        regions=(Region(name="US", url=f"http://{exporter}", every_s=5),),
    )


def shop_target(port: int) -> Target:
    return Target(name="home", url=f"http://127.0.0.1:{port}/", host="127.0.0.1", port=port, every_s=5)


def asked_of(prometheus: str, expr: str) -> dict[str, str]:
    """What Prometheus itself answers, by region."""
    with urllib.request.urlopen(f"http://{prometheus}/api/v1/query?query={quote(expr)}", timeout=5) as answer:
        rows = json.loads(answer.read())["data"]["result"]
    return {row["metric"].get("region", ""): row["value"][1] for row in rows}


@contextlib.asynccontextmanager
async def stack(folder: Path, shop: Shop, receiver: Receiver) -> AsyncIterator[str]:
    """The whole export at work on free ports; where Prometheus listens."""
    one, two, three = (f"127.0.0.1:{port}" for port in free_ports(3))
    launch, target = shop_launch(three), shop_target(shop.port)
    secrets = folder / "secrets"
    secrets.mkdir()
    (secrets / "chat-webhook").write_text(f"http://127.0.0.1:{receiver.port}/hook")
    (secrets / "switch").write_text(f"http://127.0.0.1:{receiver.port}/ping")
    plan = Plan.of(
        launch, ports=Ports(prometheus=one, alertmanager=two, blackbox=three), secrets=str(secrets), targets=(target,)
    )
    for name, text in export(plan, "prometheus").files.items():
        (folder / name).write_text(quicker(text))
    with contextlib.ExitStack() as running:
        for name, more in (
            ("prometheus-blackbox-exporter", ["--config.file=blackbox.yml", f"--web.listen-address={three}"]),
            (
                "prometheus-alertmanager",
                [
                    "--config.file=alertmanager.yml",
                    f"--web.listen-address={two}",
                    "--cluster.listen-address=",
                    f"--storage.path={folder / 'am'}",
                ],
            ),
            (
                "prometheus",
                [
                    "--config.file=prometheus.yml",
                    f"--web.listen-address={one}",
                    f"--storage.tsdb.path={folder / 'tsdb'}",
                    # Its first round is over before it has found Alertmanager; the next would be a minute later.
                    "--rules.alert.resend-delay=1s",
                ],
            ),
        ):
            running.enter_context(started(folder, str(PROGRAMS[name]), *more))  # type: ignore[arg-type]
        await until(lambda: ready(one) and ready(two), 60)
        running.enter_context(started(folder, "sh", "alive.sh", ALIVE_S="1"))  # type: ignore[arg-type]
        yield one


@pytest.mark.timeout(300)
async def test_a_killed_server_is_told_and_its_return_too(tmp_path: Path) -> None:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.talk, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server, Shop() as shop:
        try:
            async with stack(tmp_path, shop, receiver) as prometheus:
                await until(lambda: shop.asked >= 2, 60)
                await until(lambda: receiver.pings, 60)
                both = f'probe_success{{instance="http://127.0.0.1:{shop.port}/"}}'
                await until(lambda: asked_of(prometheus, both) == {"": "1", "US": "1"}, 60)
                assert not receiver.messages
                shop.kill()
                killed = time.monotonic()
                await until(lambda: receiver.messages, 120)
                print(f"killed to told: {time.monotonic() - killed:.1f} s")
                assert receiver.titles() == ["Market: home is down"]
                await until(lambda: asked_of(prometheus, both) == {"": "0", "US": "0"}, 60)
                text = str(receiver.messages[0]["attachments"][0]["text"])  # type: ignore[index]
                assert (
                    "Who acts: founder" in text and f"http://127.0.0.1:{shop.port}/ has not answered correctly" in text
                )
                await shop.start()
                await until(lambda: any(title.startswith("Market: Resolved: ") for title in receiver.titles()), 120)
                assert set(receiver.titles()) == {"Market: home is down", "Market: Resolved: home is down"}, (
                    "neither from there nor as a flutter"
                )
        except TimeoutError:
            pytest.fail(
                "".join(f"\n== {log.name}\n{log.read_text()[-2000:]}" for log in sorted(tmp_path.glob("*.log")))
            )
