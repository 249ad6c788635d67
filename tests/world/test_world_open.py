"""The world of one run: its observers together, permission, measuring, and its end."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import certs
import dns.message
import pytest
from loopback import Served, ok, pages, reach, serve
from stubdns import Answer, name_server, zone

from launchready_tui.clock import SystemClock
from launchready_tui.failure import Failure
from launchready_tui.launch.model import Host, Launch, Permission, Route, Settings
from launchready_tui.wire import ConnectMap, Reach
from launchready_tui.world import World, warm_up
from launchready_tui.world.domains import registrable, same_site
from launchready_tui.world.sights import Reply, TlsSight


def launch(**changes: Any) -> Launch:
    given: dict[str, Any] = {"name": "Shop", "domain": "example.com", "canonical": "https://example.com/"}
    return Launch(**(given | changes))


ZONE = zone({("example.com", "A"): ("example.com. 300 A 203.0.113.10",)})


async def test_dns_web_and_tls_meet_over_the_connect_map_and_are_counted(tmp_path: Path) -> None:
    leaf = certs.issue("example.com", ("example.com",), by=certs.authority())
    async with (
        name_server(ZONE) as names,
        serve(pages({"/": ok(b"hello")}), tls=certs.server_context(leaf)) as server,
    ):
        how = Reach(
            connect=ConnectMap.parse([f"203.0.113.10:443=127.0.0.1:{server.port}"]),
            nameservers=(names.address,),
            ca_file=certs.ca_file(tmp_path),
            refuse_unmapped=True,
        )
        async with World(launch(), how, clock=SystemClock()) as world:
            reply_, sight, addresses = await asyncio.gather(
                world.web.get("https://example.com/"), world.tls.look("example.com"), world.dns.addresses("example.com")
            )
            plain = await world.web.get("http://example.com/")
            counts = world.counts
    assert isinstance(reply_, Reply)
    assert isinstance(sight, TlsSight)
    assert addresses == ("203.0.113.10",)
    assert (reply_.body, reply_.address, reply_.via) == (b"hello", "203.0.113.10", "connect-map")
    assert reply_.phases.dns is not None
    assert (sight.verified, sight.address, sight.via) == (True, "203.0.113.10", "connect-map")
    assert isinstance(plain, Failure)
    assert plain.kind == "unmapped"
    assert (
        counts.dns_queries,
        counts.requests,
        counts.connections,
        counts.tls_handshakes,
        counts.refused_unmapped,
    ) == (2, 1, 2, 2, 1)


async def test_a_world_that_closes_takes_its_looks_along() -> None:
    asked = asyncio.Event()

    def silent(query: dns.message.Message, tcp: bool) -> Answer:
        asked.set()
        return None

    async def stuck(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.heads.append(await reader.readuntil(b"\r\n\r\n"))
        await asyncio.Event().wait()

    before = asyncio.all_tasks()
    async with name_server(silent) as names, serve(stuck) as server:
        world = World(launch(), reach(nameservers=(names.address,)), clock=SystemClock())
        looks = [
            asyncio.ensure_future(look) for look in (world.dns.ask("example.com", "A"), world.web.get(server.url()))
        ]
        await asked.wait()
        while not server.heads:
            await asyncio.sleep(0)
        await world.close()
        for look in looks:
            with pytest.raises(asyncio.CancelledError):
                await look
    left = [task for task in asyncio.all_tasks() - before if "meet" not in repr(task)]
    assert left == []


async def test_a_ca_file_that_is_none_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no\.pem: could not read the CA file"):
        async with World(launch(), reach(ca=tmp_path / "no.pem"), clock=SystemClock()):
            raise AssertionError("opened")


@pytest.mark.parametrize(
    ("changes", "allow", "host", "may"),
    [
        ({}, frozenset(), "example.com", False),
        ({}, frozenset({"mail"}), "example.com", False),
        ({}, frozenset({"intrusive"}), "example.com", True),
        ({}, frozenset({"intrusive"}), "API.example.com.", True),
        ({}, frozenset({"intrusive"}), "example.com.evil.test", False),
        ({}, frozenset({"intrusive"}), "other.example", False),
        ({"hosts": (Host(name="app.other.co.uk"),)}, frozenset({"intrusive"}), "www.other.co.uk", True),
        ({"hosts": (Host(name="app.other.co.uk"),)}, frozenset({"intrusive"}), "stranger.co.uk", False),
        ({"hosts": (Host(name="shop.vercel.app"),)}, frozenset({"intrusive"}), "neighbour.vercel.app", False),
        (
            {"permission": Permission(by="founder", on=date(2026, 1, 1), domains=("example.com",))},
            frozenset(),
            "api.example.com",
            True,
        ),
        (
            {"permission": Permission(by="founder", on=date(2026, 1, 1), domains=("example.com",))},
            frozenset(),
            "notexample.com",
            False,
        ),
    ],
)
def test_what_goes_beyond_a_visit_needs_permission(
    changes: dict[str, Any], allow: frozenset[Any], host: str, may: bool
) -> None:
    assert World(launch(**changes), Reach(), clock=SystemClock(), allow=allow).may_intrude(host) is may


async def test_a_route_is_measured_with_the_run_s_settings_and_its_credential() -> None:
    asked: list[tuple[str, str]] = []

    def none(name: str, host: str) -> None:
        asked.append((name, host))

    async with serve(pages({"/search": ok(b"[]")})) as server:
        quick = Settings(samples=3, rate=200)
        world = World(launch(settings=quick), reach(), clock=SystemClock(), credential=none)
        seen = await world.measure(Route(name="search", url=server.url("/search"), safe=True))
        locked = await world.measure(Route(name="mine", url="https://Example.com/mine", safe=True, login="buyer"))
        await world.close()
    assert not isinstance(seen, Failure)
    assert seen.n == 3
    assert isinstance(locked, Failure)
    assert (locked.kind, asked) == ("no-permission", [("buyer", "example.com")])
    assert "buyer" in locked.detail


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("www.example.com", "example.com"),
        ("a.b.Example.co.uk.", "example.co.uk"),
        ("www.demo-market.test", "demo-market.test"),
        ("demo-market.test", "demo-market.test"),
        ("shop.vercel.app", "shop.vercel.app"),
        ("www.xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("co.uk", "co.uk"),
        ("com", "com"),
        ("localhost", "localhost"),
        ("203.0.113.10", "203.0.113.10"),
        ("2001:db8::1", "2001:db8::1"),
        ("", ""),
    ],
)
def test_registrable_domains(name: str, domain: str) -> None:
    assert registrable(name) == domain


def test_one_site_or_two() -> None:
    assert same_site("www.example.com", "api.example.com")
    assert not same_site("www.example.co.uk", "www.other.co.uk")


async def test_warming_up_leaves_nothing_to_import_for_the_first_run(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = """
import asyncio, sys
from launchready_tui.world import warm_up, World
from launchready_tui.clock import SystemClock
from launchready_tui.launch.model import Launch
from launchready_tui.wire import Reach
async def main():
    await warm_up()
    known = set(sys.modules)
    launch = Launch(name="x", domain="example.com", canonical="https://example.com/")
    world = World(launch, Reach(nameservers=("127.0.0.1:9",)), clock=SystemClock())
    await asyncio.gather(world.dns.addresses("example.com"), world.web.get("https://example.com/"),
                         world.tls.look("example.com"), world.mail.greet("127.0.0.1"),
                         world.registry.domain("example.com"))
    await world.close()
    print(sorted(name for name in set(sys.modules) - known if not name.startswith("dns.rdtypes")))
asyncio.run(main())
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
    await warm_up()
