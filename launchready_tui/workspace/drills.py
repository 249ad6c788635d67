"""The drill on the demo's servers, from either door: outages made on purpose, and the seconds to each message."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..clock import SystemClock
from ..watch import PLACE
from ..watch.samples import Condition, Drill, Target, WatchStore
from ..wire import ConnectMap, Reach

if TYPE_CHECKING:
    from ..launch.model import Alert
    from ..watch.drill import Trial
    from . import Workspace

EVERY_S = 15.0


class Servers(Protocol):
    """Servers that can be broken on purpose: the demo's."""

    connect: dict[str, str]
    nameservers: tuple[str, ...]
    ca_file: Path

    async def fault(self, host: str, what: str = "") -> None:
        """Makes an outage of a host, or ends it."""


class Spot(Protocol):
    """Where a fault is made, what is asked there, and what a right answer shows."""

    @property
    def fault(self) -> str:
        """Which fault."""

    @property
    def url(self) -> str:
        """What is asked."""

    @property
    def statuses(self) -> str:
        """The status codes of a right answer; empty: any good one."""

    @property
    def json(self) -> tuple[str, str]:
        """A key of the answer and its value; empty: none."""

    @property
    def contains(self) -> str:
        """Words of the page; empty: none."""


async def drill_on(
    servers: Servers,
    spots: Sequence[Spot],
    workspace: Workspace,
    *,
    alert: Alert | None = None,
    every_s: float = EVERY_S,
    domain: str,
    say: Callable[[str], None],
) -> list[Drill]:
    """Breaks every spot and waits until each is reported, about a minute. Through `alert`'s channel, or, without one,
    to a receiver on this machine. Nothing is kept."""
    from ..watch.drill import drill

    def map_of(rules: Mapping[str, str]) -> ConnectMap:
        # The alert's own host is reached as the launch reaches it; everything else of the drill is the servers'.
        lab = ConnectMap.parse([f"{name}={target}" for name, target in rules.items()])
        return ConnectMap((*lab.rules, *workspace.reach.connect.rules))

    reach = Reach(
        connect=map_of(servers.connect),
        nameservers=servers.nameservers if alert is None else workspace.reach.nameservers,
        ca_file=servers.ca_file,
        private=workspace.reach.private,
    )
    trials = [_trial(spot, every_s) for spot in spots]

    async def break_(trial: Trial) -> None:
        say(f"now: {trial.fault}")
        await servers.fault(trial.target.host, trial.fault)

    found = await drill(
        trials,
        break_,
        reach,
        SystemClock(),
        owner=alert.owner if alert else "the drill",
        domain=domain,
        alert=alert,
        credential=lambda name, host: workspace.vault.get(name, host),
        say=say,
    )
    return list(found)


def _trial(spot: Spot, every_s: float) -> Trial:
    from ..hostnames import host_of
    from ..watch.drill import Trial

    conditions = [Condition(kind="status", value=spot.statuses)] if spot.statuses else []
    conditions += [Condition(kind="contains", value=spot.contains)] if spot.contains else []
    conditions += [Condition(kind="json", name=spot.json[0], value=spot.json[1])] if spot.json[0] else []
    host = host_of(spot.url) or spot.url
    target = Target(name=spot.fault, url=spot.url, host=host, port=443, every_s=every_s, conditions=tuple(conditions))
    return Trial(spot.fault, target)


def keep_drills(workspace: Workspace, drills: Sequence[Drill]) -> None:
    """Kept as evidence for this launch: checks judge by it for 30 days. Raises StoreError, NewerFile."""
    store = WatchStore.open(workspace.folder / PLACE)
    try:
        for one in drills:
            store.add_drill(one)
    finally:
        store.close()
