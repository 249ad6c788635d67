"""What stands below the chart of the watch: errors by route, queues, regions and deploys; the key that switches, and
stage 6 in short."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from double import NOW, Double, launch_of_demo
from hostile import TEXTS
from screen import press, shown, until
from watchstore import begin, latest, probe

from launchready_tui.console import watchpanes
from launchready_tui.console.app import Console
from launchready_tui.launch.model import Log, Queue, Region, Watch
from launchready_tui.sources.queues.model import Backlog
from launchready_tui.watch.samples import Latest, Mark, Sample, Target, Traffic

LAUNCH = msgspec.structs.replace(
    launch_of_demo(),
    markets=("US", "EU"),
    logs=(Log(path="access.log"),),
    queues=(Queue(name="jobs", server="redis.market.test"),),
    regions=(Region(name="US", url="https://us.probe.test"),),
    watch=Watch(market="EU"),
)
HOME = Target(name="home", host="market.test", port=443, url="https://market.test/")
AT = NOW - timedelta(minutes=9)


def traffic(route: str, n: int, errors: int = 0, environment: str = "production", **more: Any) -> Traffic:
    return Traffic(at=AT, environment=environment, route=route, n=n, errors=errors, **more)


def jobs(
    queue: str, ready: int, oldest: float | None, at: datetime = NOW - timedelta(seconds=20), **more: Any
) -> Backlog:
    return Backlog(at=at, source="jobs", system="RQ", queue=queue, ready=ready, oldest_s=oldest, **more)


def made(
    folder: Path, *, launch: Any = LAUNCH, names: tuple[str, str, str] = ("GET /search", "mails", "3f9c2a1b77d0")
) -> Console:
    """A console over a watch that knows of everything."""
    route, queue, sha = names
    double = Double.make(folder, launch=launch)
    store, (home,) = begin(folder, [HOME], NOW)
    (far,) = store.set_elsewhere([msgspec.structs.replace(HOME, region="US", every_s=60.0)])
    samples = [probe(home, NOW - timedelta(seconds=15 * at + 3), 80.0) for at in range(100, -1, -1)]
    there = [
        Sample(target=far.id, at=NOW - timedelta(seconds=60 * at + 5), total=210.0, cold=True, status=200)
        for at in range(20, -1, -1)
    ]
    store.save(samples + there, [latest(home, samples[-1], 61), Latest(sample=there[-1])])
    store.add_traffic(
        [traffic(route, 1204, 26), traffic("GET /home", 20_418, 2, limited=3), traffic("GET /rare", 4, 1, "staging")]
    )
    store.save_backlog(
        [jobs(queue, 4, 100.0, NOW - timedelta(minutes=12)), jobs("images", 90, 3.0, NOW - timedelta(minutes=12))]
    )
    store.save_backlog([jobs(queue, 16, 190.0, failed=2), jobs("images", 30, 2.0, workers=0)])
    store.add_mark(Mark(at=NOW - timedelta(minutes=40), sha=sha, by="ci-bot", source="github", key="github 1 done"))
    store.add_mark(
        Mark(
            at=NOW - timedelta(minutes=4),
            kind="failed",
            sha="bbbbbbb1",
            by="ci-bot",
            source="github",
            key="github 2 failed",
        )
    )
    store.close()
    return Console(double, live=False)


async def on_the_watch(pilot: Any) -> None:
    await press(pilot, "w")
    pilot.app.watching.tick()
    await until(pilot, lambda: pilot.app.screen.shot is not None and "home" in shown(pilot.app))


async def test_the_key_walks_through_all_of_them_and_out_again(tmp_path: Path) -> None:
    app = made(tmp_path / "launch")
    async with app.run_test(size=(100, 30)) as pilot:
        await on_the_watch(pilot)
        assert "Errors by route" not in shown(app)
        await press(pilot, "m")
        await until(pilot, lambda: "no incident in the last 24 hours" in shown(app))
        assert "incidents   errors 1 failing   queues 1 late   regions   deploys 1 failed" in shown(app)
        for said in (
            ("GET /search", "production", "1,204", "26", "2.2 %", "GET /rare", "staging", "few"),
            ("mails", "16", "3 min", "+1 a min", "RQ, jobs", "images", "no worker", "-5 a min"),
            ("here", "EU", "1 of 1", "US", "210", "blackbox"),
            ("bbbbbbb1", "failed; GitHub, ci-bot", "4 min ago", "3f9c2a1b77d0"),
        ):
            await press(pilot, "m")
            await until(pilot, lambda said=said: all(one in shown(app) for one in said), ", ".join(said))
        await press(pilot, "m")
        await until(pilot, lambda: app.screen.pane == "incidents" and not app.screen.has_class("-panel"))
        assert app.focused is not None and app.focused.id == "targets"


async def test_where_there_is_room_the_switch_stands_below_the_chart(tmp_path: Path) -> None:
    app = made(tmp_path / "launch")
    async with app.run_test(size=(140, 40)) as pilot:
        await on_the_watch(pilot)
        await until(pilot, lambda: "errors 1 failing" in shown(app) and "incidents and 4 more" in shown(app))


async def test_what_nothing_is_named_for_is_not_there(tmp_path: Path) -> None:
    plain = msgspec.structs.replace(LAUNCH, logs=(), queues=(), regions=())
    double = Double.make(tmp_path / "launch", launch=plain)
    store, (home,) = begin(tmp_path / "launch", [HOME], NOW)
    store.save([probe(home, NOW - timedelta(seconds=3), 80.0)])
    store.close()
    app = Console(double, live=False)
    async with app.run_test(size=(100, 30)) as pilot:
        await on_the_watch(pilot)
        assert watchpanes.there(app.screen.shot, plain) == ("incidents",)
        await press(pilot, "m", "m")
        assert not app.screen.has_class("-panel")


@pytest.mark.parametrize("text", TEXTS)
async def test_foreign_names_stay_text(text: str, tmp_path: Path) -> None:
    app = made(tmp_path / "launch", names=(text, text, text))
    async with app.run_test(size=(100, 30)) as pilot:
        await on_the_watch(pilot)
        for _ in range(5):
            await press(pilot, "m")
            await pilot.pause()
        assert "\x1b" not in shown(app)


async def test_stage_6_has_it_in_short(tmp_path: Path) -> None:
    app = made(tmp_path / "launch")
    async with app.run_test(size=(140, 44)) as pilot:
        await press(pilot, "6")
        app.watching.tick()
        told = (
            "GET /search fails 2 % of 1,204",
            "16 waiting, the oldest for 3 min, 2 failed",
            "bbbbbbb to production, 4 min ago",
        )
        await until(pilot, lambda: all(one in shown(app) for one in told), ", ".join(told))


def test_what_is_too_much() -> None:
    assert watchpanes.look_of(traffic("a", 5000)) == "pass"
    assert watchpanes.look_of(traffic("a", 19, 19)) == "unknown"
    assert watchpanes.look_of(traffic("a", 1000, 10)) == "warn"
    assert watchpanes.look_of(traffic("a", 1000, 25)) == "fail"
    assert jobs("a", 1, 121.0).late and not jobs("a", 900, 119.0).late and not jobs("a", 0, None).late
    before = jobs("a", 10, 1.0, NOW - timedelta(minutes=11))
    assert watchpanes.growing(jobs("a", 11, 1.0), before) and not watchpanes.growing(jobs("a", 10, 1.0), before)
    assert not watchpanes.growing(jobs("a", 99, 1.0), jobs("a", 10, 1.0, NOW - timedelta(minutes=5)))
    assert (
        watchpanes.pace_of(jobs("a", 10, 1.0), before) == "steady"
        and watchpanes.pace_of(jobs("a", 10, 1.0), None) == ""
    )


async def test_the_first_probes_are_no_share_and_a_first_failure_is_no_up(tmp_path: Path) -> None:
    double = Double.make(tmp_path / "launch", launch=msgspec.structs.replace(LAUNCH, logs=(), queues=(), regions=()))
    other = msgspec.structs.replace(HOME, name="search")
    store, (home, search) = begin(tmp_path / "launch", [HOME, other], NOW)
    for target, value in ((home, 80.0), (search, None)):
        samples = [probe(target, NOW - timedelta(seconds=15 * at + 3), value) for at in (2, 1, 0)]
        store.save(samples, [latest(target, samples[-1], None)])
    store.close()
    app = Console(double, live=False)
    async with app.run_test(size=(100, 30)) as pilot:
        await on_the_watch(pilot)
        await until(pilot, lambda: "just failed" in shown(app))
        lines = {
            name: next(line for line in shown(app).splitlines() if f" {name} " in line) for name in ("home", "search")
        }
        assert "up" in lines["home"] and "33s" in lines["home"] and "100" not in lines["home"]
        assert "just failed" in lines["search"] and "▲" in lines["search"] and "0.0" not in lines["search"]
