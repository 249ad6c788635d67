"""Detection on real sockets: the demo marketplace, seen through the connect map, becomes a launch file."""

from __future__ import annotations

from pathlib import Path

import pytest

from launchready_tui.clock import SystemClock
from launchready_tui.lab.client import Lab
from launchready_tui.launch.load import load
from launchready_tui.launch.write import write_new
from launchready_tui.wire import ConnectMap
from launchready_tui.workspace.detect import detect, seed
from launchready_tui.world import Reach, World

DOMAIN = "demo-market.test"
NAMES = (
    DOMAIN,
    *(f"{label}.{DOMAIN}" for label in ("www", "app", "api", "admin", "status", "staging", "mail", "origin")),
)


@pytest.fixture(scope="module")
def perfect() -> object:
    with Lab.start(fixed="all") as lab:
        yield lab


def mapped(places: dict[str, str]) -> ConnectMap:
    return ConnectMap.parse(f"{name}={place}" for name, place in places.items())


async def test_the_demo_marketplace_is_found_whole(perfect: Lab, tmp_path: Path) -> None:
    reach = Reach(mapped(perfect.connect), perfect.nameservers, perfect.ca_file, refuse_unmapped=True)
    async with World(seed(DOMAIN), reach, clock=SystemClock()) as world:
        proposal = await detect(DOMAIN, world)
        assert world.counts.refused_unmapped == 0
    launch = proposal.launch
    assert tuple(host.name for host in launch.hosts) == NAMES
    assert {host.role for host in launch.hosts} == {"web", "app", "api", "admin", "status", "staging", "mail", "origin"}
    assert launch.canonical == f"https://{DOMAIN}/"
    assert {"home", "log in", "sign up"} <= {page.name for page in launch.pages}
    file = write_new(tmp_path / "launchready.toml", launch, notes=proposal.notes())
    assert load(file.path) == file


async def test_a_resolver_that_is_gone_is_could_not_look(perfect: Lab) -> None:
    connect = {**perfect.connect, "192.0.2.53:53": "127.0.0.1:9"}
    reach = Reach(mapped(connect), ("192.0.2.53:53",), perfect.ca_file, refuse_unmapped=True)
    async with World(seed(DOMAIN), reach, clock=SystemClock()) as world:
        proposal = await detect(DOMAIN, world)
    assert not proposal.found
    assert "not-there" not in {look.outcome for look in proposal.seen}
    assert [host.name for host in proposal.launch.hosts] == [DOMAIN]
