"""What is looked at from where, what may never leave, the check of the markets, and what an exporter's figures mean."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from launchready_tui.checks.monitoring.regions import regions
from launchready_tui.clock import FixedClock
from launchready_tui.launch.model import Host, Launch, Region, Route, Watch, WatchTarget
from launchready_tui.launch.validate import problems_of
from launchready_tui.watch import PLACE, globalping
from launchready_tui.watch.exporter import answer_of, figures_of
from launchready_tui.watch.regions import Budget, elsewhere
from launchready_tui.watch.samples import Incident, Latest, Sample, Target, Watcher, WatchStore
from launchready_tui.watch.targets import targets_of

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
SITE = "https://market.test"
LAUNCH = Launch(
    name="Market",
    domain="market.test",
    canonical=f"{SITE}/",
    markets=("US", "EU"),
    hosts=(
        Host(name="market.test", role="web"),
        Host(name="admin.market.test", role="admin"),
        Host(name="mail.market.test", role="mail"),
    ),
    routes=(
        Route(name="search", url=f"{SITE}/search?q=bike", safe=True),
        Route(name="log-in page", url=f"{SITE}/login", flow="log-in", safe=True),
        Route(name="my page", url=f"{SITE}/me", login="shop-user", safe=True),
        Route(name="desk", url="https://admin.market.test/", flow="admin", safe=True),
        Route(name="checkout", url=f"{SITE}/pay", flow="pay", safe=True),
    ),
)


def seen(*rows: Region) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {row.name: [] for row in rows}
    for region, target in elsewhere(msgspec.structs.replace(LAUNCH, regions=rows)):
        found[region.name].append(target.name)
    return found


def test_an_exporter_looks_at_all_that_needs_no_secret_and_public_probes_at_what_is_public_anyway() -> None:
    found = seen(
        Region(name="US", url="https://probe.test:9115"), Region(name="EU", kind="globalping", place="Germany")
    )
    assert found["US"] == ["home", "search", "log-in page", "desk", "mail.market.test"]
    assert found["EU"] == ["home", "log-in page"]
    named = seen(Region(name="EU", kind="globalping", place="Germany", targets=("search", "desk")))
    assert named["EU"] == ["search"], (
        "a query leaves only where the region names the target; what is the team's own never"
    )


def test_what_pays_is_never_asked_and_what_logs_in_once_a_minute_under_whatever_name() -> None:
    extras = (
        WatchTarget(name="pay again", url=f"{SITE}/pay"),
        WatchTarget(name="sign in", url=f"{SITE}/login", every_s=5),
        WatchTarget(name="log-in page", url=f"{SITE}/login?fast", every_s=5),
    )
    found = {one.name: one for one in targets_of(msgspec.structs.replace(LAUNCH, targets=extras))}
    assert "pay again" not in found and "checkout" not in found
    assert found["sign in"].every_s == found["log-in page"].every_s == found["my page"].every_s == 60
    quick = msgspec.structs.replace(LAUNCH, regions=(Region(name="US", url="https://probe.test", every_s=15),))
    from_there = {target.name: target.every_s for _, target in elsewhere(quick)}
    assert from_there["log-in page"] == 60 and from_there["home"] == 15 and "checkout" not in from_there


def test_the_budget_counts_an_hour_and_keeps_some_back() -> None:
    budget = Budget(10)
    assert budget.take(3, 0.0, keep_back=0.25) and budget.take(3, 1.0, keep_back=0.25)
    assert not budget.take(3, 2.0, keep_back=0.25)
    assert budget.take(3, 2.0)
    assert not budget.take(3, 3.0)
    assert budget.take(4, 3601.5, keep_back=0.25)


# What the launch file may say

BASE = 'name = "M"\ndomain = "market.test"\ncanonical = "https://market.test/"\nmarkets = ["US", "EU"]\n'


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[[regions]]\nname = "US"', "regions[1].url"),
        ('[[regions]]\nname = "US"\nurl = "http://probe.market.test:9115"', "regions[1].url"),
        ('[[regions]]\nname = "US"\nurl = "https://probe.market.test:9115/probe"', "regions[1].url"),
        ('[[regions]]\nname = "US"\nkind = "globalping"', "regions[1].place"),
        ('[[regions]]\nname = "x"\nmarket = "UK"\nurl = "https://probe.market.test"', "regions[1].market"),
        ('[[regions]]\nname = "US"\nkind = "globalping"\nplace = "US"\nevery_s = 60', "regions[1].every_s"),
        ('[watch]\nmarket = "UK"', "watch.market"),
        ('[watch]\ndeploys = ["github"]', "repository.github"),
        ('[watch]\ndeploys = ["tags"]', "repository.path"),
        ('[repository]\npath = "."\ngithub = "https://github.com/a/b"', "repository.github"),
    ],
)
def test_what_cannot_be_meant_is_told(text: str, key: str) -> None:
    assert [one.key for one in problems_of(tomllib.loads(BASE + text), "launchready.toml")] == [key]


@pytest.mark.parametrize(
    "url", ["https://probe.market.test:9115", "http://10.0.0.5:9115", "http://127.0.0.1:9115/", "http://[fd00::1]:9115"]
)
def test_where_an_exporter_may_be(url: str) -> None:
    assert problems_of(tomllib.loads(f'{BASE}[[regions]]\nname = "US"\nurl = "{url}"'), "launchready.toml") == []


# The check


def samples(
    folder: Path,
    regions: dict[str, float | None],
    *,
    hours: float = 1.0,
    down: str = "",
    watcher: bool = True,
) -> None:
    """Six samples of home from each region, of so many ms; None: the prober there did not answer."""
    store = WatchStore.open(folder / PLACE)
    home = Target(name="home", url=f"{SITE}/", host="market.test", port=443)
    here = store.set_targets([home])
    far = store.set_elsewhere([msgspec.structs.replace(home, region=name) for name in regions if name])
    for target in (*here, *far):
        value = regions.get(target.region, 80.0)
        rows = [
            Sample(
                target=target.id,
                at=NOW - timedelta(hours=hours, minutes=n),
                total=value or 0.0,
                cold=True,
                status=200,
                cause="line" if value is None else "",
            )
            for n in range(6)
        ]
        store.save(rows, [Latest(sample=rows[0])])
        if target.region == down:
            store.save_incident(
                Incident(
                    target=target.id,
                    name=target.label,
                    kind="down",
                    worst="down",
                    since=NOW,
                    opened_at=NOW,
                    cause="connect",
                )
            ) if down else None
    if watcher:
        store.beat(Watcher(pid=7, machine="here", started_at=NOW - timedelta(days=1), beat_at=NOW))
    store.close()


US, EU = Region(name="US", url="https://us.probe.test"), Region(name="EU", url="https://eu.probe.test")
BOTH = msgspec.structs.replace(LAUNCH, regions=(US, EU))


async def judged(launch: Launch, folder: Path) -> list[Any]:
    world: Any = SimpleNamespace(folder=folder, clock=FixedClock(NOW))
    return [one async for one in regions(launch, world)]


def short(found: list[Any]) -> list[tuple[str, str, str]]:
    return [(one.rule.rpartition(".")[2], one.subject, one.state.value) for one in found]


async def test_two_regions_make_it_whole(tmp_path: Path) -> None:
    samples(tmp_path, {"US": 180.0, "EU": 90.0})
    found = await judged(BOTH, tmp_path)
    assert short(found) == [("seen", "US", "pass"), ("seen", "EU", "pass")]
    assert "home (US), up 100.00% of 6, first visit p50 180 ms" in found[0].evidence[0].text


async def test_this_machine_may_be_one_of_them(tmp_path: Path) -> None:
    samples(tmp_path, {"US": 180.0})
    launch = msgspec.structs.replace(LAUNCH, regions=(US,), watch=Watch(market="EU"))
    assert short(await judged(launch, tmp_path)) == [("seen", "US", "pass"), ("seen", "EU", "pass")]


async def test_a_market_that_nothing_looks_from_is_told(tmp_path: Path) -> None:
    samples(tmp_path, {"US": 180.0})
    found = await judged(msgspec.structs.replace(LAUNCH, regions=(US,)), tmp_path)
    assert short(found) == [("seen", "US", "pass"), ("not-seen", "EU", "warn")]
    assert 'market = "EU"' in found[1].remedy.paste


@pytest.mark.parametrize(("value", "hours"), [(None, 1.0), (180.0, 30.0)])
async def test_a_region_that_was_silent_for_a_day_does_not_count(
    value: float | None, hours: float, tmp_path: Path
) -> None:
    samples(tmp_path, {"US": value, "EU": value}, hours=hours)
    assert {one[0] for one in short(await judged(BOTH, tmp_path))} == {"not-seen"}


async def test_down_there_and_slow_there_are_told(tmp_path: Path) -> None:
    samples(tmp_path, {"US": 180.0, "EU": 4000.0}, down="US")
    found = short(await judged(BOTH, tmp_path))
    assert ("down-there", "home from US", "fail") in found and ("slow-there", "home from EU", "warn") in found


async def test_one_market_needs_one_place_and_nothing_watched_is_a_fact(tmp_path: Path) -> None:
    one = msgspec.structs.replace(BOTH, markets=("EU",))
    assert short(await judged(one, tmp_path)) == [("one-market", "market.test", "not-applicable")]
    assert short(await judged(BOTH, tmp_path)) == [("not-watched", "watch", "info")]
    samples(tmp_path, {"US": 180.0}, watcher=False)
    assert short(await judged(BOTH, tmp_path)) == [("not-watched", "watch", "info")]


# Figures of an exporter

HOME = Target(name="home", url=f"{SITE}/", host="market.test", port=443)
GOOD = """\
# HELP probe_success Displays whether or not the probe was a success
probe_dns_lookup_time_seconds 0.0021
probe_duration_seconds 0.1204
probe_http_duration_seconds{phase="connect"} 0.018
probe_http_duration_seconds{phase="processing"} 0.0605
probe_http_duration_seconds{phase="resolve"} 0.0021
probe_http_duration_seconds{phase="tls"} 0.021
probe_http_duration_seconds{phase="transfer"} 0.0008
probe_http_status_code 200
probe_ssl_earliest_cert_expiry 1.7958e+09
probe_success 1
"""


def test_figures_of_a_probe_that_succeeded() -> None:
    answer = answer_of(HOME, figures_of(GOOD), "")
    assert answer.ok and answer.status == 200 and answer.total == pytest.approx(120.4)
    phases = answer.phases
    assert [phases.dns, phases.connect, phases.tls, phases.first_byte, phases.transfer] == pytest.approx(
        [2.1, 18.0, 21.0, 60.5, 0.8]
    )
    assert answer.certificate_ends is not None and answer.certificate_ends.year == 2026


@pytest.mark.parametrize(
    ("figures", "log", "cause"),
    [
        ("probe_http_status_code 503", "", "status"),
        ("probe_http_status_code 200\nprobe_failed_due_to_regex 1", "", "condition"),
        (
            "probe_http_status_code 0",
            'level=error msg="Error for HTTP request" err="dial tcp 192.0.2.1:443: connect: connection refused"',
            "connect",
        ),
        (
            "probe_http_status_code 0",
            'level=error msg="Error resolving address" err="lookup market.test: no such host"',
            "dns",
        ),
        (
            "probe_http_status_code 0",
            'level=error msg="Error for HTTP request" err="x509: certificate has expired"',
            "tls",
        ),
        (
            "probe_http_status_code 0",
            'level=error msg="Error for HTTP request" err="context deadline exceeded"',
            "answer",
        ),
        ("probe_http_status_code 0", "", "connect"),
    ],
)
def test_figures_of_one_that_failed(figures: str, log: str, cause: str) -> None:
    answer = answer_of(HOME, figures_of(f"probe_duration_seconds 0.5\nprobe_success 0\n{figures}\n"), log)
    assert not answer.ok and answer.cause == cause and answer.detail


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", "1e300", "-62135596800", "1e17"])
def test_figures_that_cannot_be_are_none(value: str) -> None:
    """A prober in a far region is somebody else's machine: whatever it says, the watch goes on."""
    names = ("probe_http_status_code", "probe_ssl_earliest_cert_expiry", "probe_dns_lookup_time_seconds")
    told = "".join(f"{name} {value}\n" for name in names)
    answer = answer_of(HOME, figures_of(f"{told}probe_duration_seconds 0.5\nprobe_success 1\n"), "")
    assert (answer.ok, answer.status, answer.certificate_ends, answer.total) == (True, 0, None, 500.0)
    assert answer.phases.dns is None or abs(answer.phases.dns) < 2**63 / 1e4, "the store can keep it"


@pytest.mark.parametrize("number", [2**63, -1, True, 1e300, "200", None])
def test_what_a_public_probe_cannot_have_seen_is_left_out(number: Any) -> None:
    timings = {"total": 120, "dns": number, "tcp": number}
    results = [{"result": {"status": "finished", "statusCode": 200, "timings": timings}}]
    answer = globalping.answer_of(HOME, results, 0.0)
    assert answer.ok and (answer.total, answer.status) == (120.0, 200)
    assert answer.phases.connect in (None, 1.0), "a number that is a time is one"
    odd = globalping.answer_of(HOME, [{"result": {"status": "finished", "statusCode": number}}], 0.0)
    assert (odd.ok, odd.status) == (False, 0)


def test_noise_is_passed_over() -> None:
    assert figures_of("<html>\nprobe_success one\n{} 1\nprobe_success 1 2\n") == {}
