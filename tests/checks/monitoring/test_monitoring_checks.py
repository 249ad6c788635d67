"""Stage 6 from what a watch has kept: each rule's cause and its near miss, and that both lists of rules are the
same."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from fake_outside import FakeWeb, page

from launchready_tui import roadmap
from launchready_tui.checks.monitoring import alerts, deploys, detection, thresholds, uptime
from launchready_tui.checks.monitoring.uptime.monitor import Said, said_by
from launchready_tui.clock import FixedClock
from launchready_tui.failure import Failure
from launchready_tui.findings import Finding
from launchready_tui.launch.model import Alert, Host, Launch, Queue, Watch
from launchready_tui.launch.papers import Papers
from launchready_tui.launch.people import People, Person
from launchready_tui.watch import PLACE
from launchready_tui.watch.samples import (
    STUCK_AFTER,
    ChannelTest,
    Drill,
    Incident,
    Latest,
    Mark,
    Notice,
    Sample,
    Target,
    Watcher,
    WatchStore,
    Way,
)

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
CALL = Alert(name="on-call", owner="founder", credential="hook")
LAUNCH = Launch(
    name="Market",
    domain="market.test",
    canonical="https://market.test/",
    hosts=(Host(name="api.market.test", role="api"), Host(name="mail.market.test", role="mail")),
    watch=Watch(heartbeat="ping"),
    alerts=(CALL,),
)
CHECKS: dict[str, Any] = {
    "uptime": uptime.uptime,
    "alerts": alerts.alerts,
    "thresholds": thresholds.thresholds,
    "detection": detection.detection,
    "deploys": deploys.deploys,
}


def web(name: str, url: str, **more: Any) -> Target:
    return Target(name=name, url=url, host=url.split("/")[2], port=443, **more)


HOME = web("home", "https://market.test/")
LOG_IN = web("log-in", "https://market.test/login", flow="log-in")
HEALTH = web("api health", "https://api.market.test/healthz")
MAIL = Target(name="mail.market.test", kind="mail", url="mail.market.test:25", host="mail.market.test", port=25)
ALL = (HOME, LOG_IN, HEALTH, MAIL)
ALIVE = Watcher(
    pid=7, machine="watcher", started_at=NOW - timedelta(hours=5), beat_at=NOW - timedelta(seconds=2), always_on=True
)
TEST = ChannelTest(
    rule="on-call",
    owner="founder",
    code="otter maple 42",
    made_at=NOW - timedelta(hours=1),
    sent_at=NOW - timedelta(hours=1),
)
ACKED = msgspec.structs.replace(TEST, acknowledged_at=NOW, acknowledged_by="founder")
QUICK = Drill(at=NOW - timedelta(days=1), fault="hang", where="lab", channel="on-call", seconds=31.0)
LOST = Notice(
    key="k",
    event="down",
    rule="on-call",
    owner="founder",
    title="t",
    text="x",
    made_at=NOW,
    next_at=NOW,
    state="failed",
    answer="status 404",
)


def tried(times: int) -> Notice:
    return msgspec.structs.replace(LOST, state="queued", ways=(Way(rule="on-call", next_at=NOW, attempts=times),))


DEAD = ("dead-channel", "on-call", "fail")
NO_CHANNEL = ("no-channel", "launch", "fail")


def refused(took: str = "", **more: Any) -> Notice:
    """Turned away by on-call, and taken by another channel where one is named."""
    ways = (Way(rule="on-call", next_at=NOW, attempts=1, state="refused", at=NOW, answer="status 404"),)
    if took:
        ways = (*ways, Way(rule=took, next_at=NOW, attempts=1, state="taken", at=NOW))
    return msgspec.structs.replace(LOST, **{"state": "queued", **more}, ways=ways)


def taken() -> Notice:
    later = NOW + timedelta(minutes=1)
    way = Way(rule="on-call", next_at=NOW, attempts=1, state="taken", at=later)
    return msgspec.structs.replace(LOST, key="later", state="sent", ways=(way,))


@dataclass
class Seen:
    """What a watch has kept; None for `watcher`: it was never started. `broken`: the file is none."""

    watcher: Watcher | None = ALIVE
    targets: tuple[Target, ...] = ALL
    tests: tuple[ChannelTest, ...] = (ACKED,)
    drills: tuple[Drill, ...] = (QUICK,)
    marks: tuple[Mark, ...] = (Mark(at=NOW - timedelta(days=1), kind="version", sha="7c1f"),)
    notices: tuple[Notice, ...] = ()
    incidents: tuple[Incident, ...] = ()
    there: bool = True
    broken: bool = False
    monitor: str = ""
    absent: bool = False
    """The hosted monitor's name has no address."""
    """What the hosted monitor answers with; empty: it does not."""
    launch: Launch = LAUNCH
    people: People = field(default_factory=lambda: People(people=(Person(id="founder"),)))

    def write(self, folder: Path) -> None:
        if self.broken:
            (folder / PLACE).parent.mkdir()
            (folder / PLACE).write_bytes(b"no watch at all" * 100)
            return
        if not self.there:
            return
        store = WatchStore.open(folder / PLACE)
        numbered = store.set_targets(self.targets)
        for target in numbered:
            sample = Sample(target=target.id, at=NOW - timedelta(seconds=5), total=80.0, status=200)
            store.save([sample], [Latest(sample=sample)])
        for incident in self.incidents:
            store.save_incident(msgspec.structs.replace(incident, target=numbered[0].id))
        for test in self.tests:
            store.save_test(test)
        for drill in self.drills:
            store.add_drill(drill)
        for mark in self.marks:
            store.add_mark(mark)
        store.enqueue(self.notices)
        if self.watcher is not None:
            store.beat(self.watcher)
        store.close()


async def judged(check: str, seen: Seen, folder: Path) -> list[Finding]:
    seen.write(folder)
    web = FakeWeb()
    if seen.monitor:
        web.urls[BOARD] = page(BOARD, body=seen.monitor)
    if seen.absent:
        web.urls[BOARD] = Failure(kind="no-such-name", target=HOST)
    world = SimpleNamespace(folder=folder, clock=FixedClock(NOW), papers=Papers(seen.people), web=web)
    return [finding async for finding in CHECKS[check](seen.launch, world)]


def open_ones(found: list[Finding]) -> set[tuple[str, str, str]]:
    return {(one.rule.split(".", 2)[2], one.subject, one.state.value) for one in found if one.is_open}


def old(**more: Any) -> ChannelTest:
    return msgspec.structs.replace(TEST, **more)


def also(change: Callable[[Launch], Launch]) -> Launch:
    return change(LAUNCH)


JOBS = Queue(name="jobs", server="127.0.0.1")
SLOW_ONLY = also(lambda one: msgspec.structs.replace(one, alerts=(msgspec.structs.replace(CALL, on=("down",)),)))
NO_ALERTS = also(lambda one: msgspec.structs.replace(one, alerts=()))
HOST = "monitor.test"
BOARD = "https://monitor.test/board"
HOSTED = also(lambda one: msgspec.structs.replace(one, watch=Watch(monitor=BOARD, heartbeat="ping")))
OWNED = also(lambda one: msgspec.structs.replace(one, watch=Watch(monitor=BOARD, monitor_owner="founder"), alerts=()))


def gatus(success: bool, minutes: int) -> str:
    at = (NOW - timedelta(minutes=minutes)).isoformat()
    return json.dumps(
        [
            {
                "name": "home",
                "results": [{"success": not success, "timestamp": at}, {"success": success, "timestamp": at}],
            }
        ]
    )


STRANGE = also(lambda one: msgspec.structs.replace(one, alerts=(msgspec.structs.replace(CALL, targets=("checkout",)),)))
DOWN = Incident(
    target=1,
    name="home",
    kind="down",
    worst="down",
    since=NOW,
    opened_at=NOW,
    cause="dns",
    detail="the name does not exist",
)
STOPPED = msgspec.structs.replace(ALIVE, beat_at=NOW - timedelta(hours=2))

TABLE: list[tuple[str, str, Seen, set[tuple[str, str, str]]]] = [
    ("uptime", "all is well", Seen(), set()),
    ("uptime", "nothing here", Seen(there=False), set()),
    ("uptime", "only marks and drills here", Seen(watcher=None), set()),
    ("uptime", "a broken file", Seen(broken=True), {("unreadable", "watch", "unknown")}),
    ("uptime", "stopped", Seen(watcher=STOPPED), {("stopped", "watch", "fail")}),
    ("uptime", "stopped beside a hosted monitor", Seen(watcher=STOPPED, launch=HOSTED), {("stopped", "watch", "warn")}),
    (
        "uptime",
        "a laptop",
        Seen(watcher=msgspec.structs.replace(ALIVE, always_on=False)),
        {("may-sleep", "watch", "warn")},
    ),
    (
        "uptime",
        "cannot keep",
        Seen(watcher=msgspec.structs.replace(ALIVE, trouble="the disk is full")),
        {("trouble", "watch", "fail")},
    ),
    (
        "uptime",
        "nothing covered",
        Seen(targets=(web("other", "https://market.test/other"),)),
        {(f"no-{name}", "market.test", "warn") for name in ("home", "log-in", "api", "mail")},
    ),
    ("uptime", "an outage", Seen(incidents=(DOWN,)), {("down", "home", "fail")}),
    (
        "uptime",
        "an outage that an ended watch saw is not one of now",
        Seen(watcher=STOPPED, incidents=(DOWN,)),
        {("stopped", "watch", "fail"), ("down", "home", "unknown")},
    ),
    (
        "uptime",
        "a watch that started again has not looked yet",
        Seen(watcher=msgspec.structs.replace(ALIVE, started_at=NOW - timedelta(seconds=3)), incidents=(DOWN,)),
        {("down", "home", "unknown")},
    ),
    ("uptime", "slow is no outage", Seen(incidents=(msgspec.structs.replace(DOWN, kind="slow", cause="slow"),)), set()),
    ("uptime", "an outage that is over", Seen(incidents=(msgspec.structs.replace(DOWN, closed_at=NOW),)), set()),
    ("uptime", "nobody watches the watch", Seen(launch=msgspec.structs.replace(LAUNCH, watch=Watch())), set()),
    ("uptime", "a monitor that says all is up", Seen(there=False, launch=OWNED, monitor=gatus(True, 15)), set()),
    (
        "uptime",
        "a monitor that sleeps",
        Seen(there=False, launch=OWNED, monitor=gatus(True, 16)),
        {("monitor-late", "monitor.test", "warn")},
    ),
    (
        "uptime",
        "a monitor that says down",
        Seen(there=False, launch=OWNED, monitor=gatus(False, 1)),
        {("monitor-down", "monitor.test", "fail")},
    ),
    ("uptime", "a monitor with a page", Seen(there=False, launch=OWNED, monitor="<title>All is well</title>"), set()),
    (
        "uptime",
        "a laptop beside a monitor",
        Seen(watcher=msgspec.structs.replace(ALIVE, always_on=False), launch=OWNED),
        set(),
    ),
    ("alerts", "watched, and a hosted monitor tells", Seen(launch=OWNED), set()),
    (
        "alerts",
        "watched, and a hosted monitor tells nobody in particular",
        Seen(launch=msgspec.structs.replace(HOSTED, alerts=())),
        {("none", "launch", "fail")},
    ),
    (
        "uptime",
        "a monitor that does not exist",
        Seen(there=False, launch=OWNED, absent=True),
        {("monitor-gone", "monitor.test", "fail")},
    ),
    (
        "uptime",
        "a monitor that does not exist beside a watch",
        Seen(launch=OWNED, absent=True),
        {("monitor-gone", "monitor.test", "fail")},
    ),
    ("thresholds", "watched, and a hosted monitor tells", Seen(launch=OWNED), set()),
    ("alerts", "all is well", Seen(), set()),
    ("alerts", "nothing here and nobody named", Seen(there=False, launch=NO_ALERTS), set()),
    ("alerts", "a broken file", Seen(broken=True), {("unreadable", "watch", "unknown")}),
    ("alerts", "watched and nobody told", Seen(launch=NO_ALERTS), {("none", "launch", "fail")}),
    ("alerts", "never tried", Seen(tests=()), {("not-tested", "on-call", "fail"), ("no-channel", "launch", "fail")}),
    (
        "alerts",
        "named and never watched",
        Seen(there=False),
        {("not-tested", "on-call", "fail"), ("no-channel", "launch", "fail")},
    ),
    (
        "alerts",
        "sent and not answered",
        Seen(tests=(TEST,)),
        {("not-acknowledged", "on-call", "fail"), ("no-channel", "launch", "fail")},
    ),
    (
        "alerts",
        "not sent",
        Seen(tests=(old(sent_at=None, problem="status 404"),)),
        {("not-delivered", "on-call", "fail"), ("no-channel", "launch", "fail")},
    ),
    (
        "alerts",
        "answered 31 days ago",
        Seen(tests=(old(acknowledged_at=NOW - timedelta(days=31), acknowledged_by="founder"),)),
        {("not-acknowledged", "on-call", "fail"), ("no-channel", "launch", "fail")},
    ),
    (
        "alerts",
        "answered by an owner of before",
        Seen(tests=(msgspec.structs.replace(ACKED, owner="engineer"),)),
        {("not-acknowledged", "on-call", "fail"), ("no-channel", "launch", "fail")},
    ),
    ("alerts", "a newer test that nobody answered yet", Seen(tests=(ACKED, old(code="x y 10", made_at=NOW))), set()),
    (
        "alerts",
        "the owner has left",
        Seen(people=People(people=(Person(id="founder", status="left"),))),
        {("owner-left", "on-call", "fail"), ("no-channel", "launch", "fail")},
    ),
    ("alerts", "about a target that is none", Seen(launch=STRANGE), {("unknown-target", "on-call", "warn")}),
    ("alerts", "a message that was lost", Seen(notices=(LOST,)), {("stuck", "watch", "fail")}),
    ("alerts", "a message that is stuck", Seen(notices=(tried(STUCK_AFTER),)), {("stuck", "watch", "fail")}),
    ("alerts", "a message that may still get through", Seen(notices=(tried(STUCK_AFTER - 1),)), set()),
    ("alerts", "the only channel is dead", Seen(notices=(refused(),)), {DEAD, NO_CHANNEL, ("stuck", "watch", "fail")}),
    (
        "alerts",
        "a channel that died after its test, beside a second one that took it",
        Seen(notices=(refused(state="sent", took="mail"),)),
        {DEAD, NO_CHANNEL},
    ),
    (
        "alerts",
        "a channel that has taken something since",
        Seen(notices=(refused(state="sent", took="mail"), taken())),
        set(),
    ),
    (
        "alerts",
        "a test that was refused, after one that arrived",
        Seen(notices=(refused(state="failed", event="test"),)),
        {DEAD, NO_CHANNEL},
    ),
    (
        "alerts",
        "a message that was lost long ago",
        Seen(notices=(msgspec.structs.replace(LOST, made_at=NOW - timedelta(days=3)),)),
        set(),
    ),
    (
        "alerts",
        "a message that was taken at the fifth try",
        Seen(notices=(msgspec.structs.replace(tried(5), state="sent"),)),
        set(),
    ),
    ("thresholds", "all is well", Seen(), set()),
    ("thresholds", "nothing here", Seen(there=False), set()),
    ("thresholds", "a broken file", Seen(broken=True), {("unreadable", "watch", "unknown")}),
    (
        "thresholds",
        "outages only",
        Seen(launch=SLOW_ONLY),
        {(f"{name}-not-told", "launch", "warn") for name in ("slow", "deploy", "certificate")},
    ),
    ("thresholds", "queues, told", Seen(launch=msgspec.structs.replace(LAUNCH, queues=(JOBS,))), set()),
    (
        "thresholds",
        "queues that nobody hears of",
        Seen(launch=msgspec.structs.replace(SLOW_ONLY, queues=(JOBS,))),
        {(f"{name}-not-told", "launch", "warn") for name in ("slow", "deploy", "certificate", "queue")},
    ),
    ("detection", "all is well", Seen(), set()),
    ("detection", "nothing here", Seen(there=False), set()),
    ("detection", "a broken file", Seen(broken=True), {("unreadable", "watch", "unknown")}),
    ("detection", "never tried", Seen(drills=()), {("no-drill", "launch", "unknown")}),
    (
        "detection",
        "tried long ago",
        Seen(drills=(msgspec.structs.replace(QUICK, at=NOW - timedelta(days=31)),)),
        {("no-drill", "launch", "unknown")},
    ),
    (
        "detection",
        "unnoticed",
        Seen(drills=(msgspec.structs.replace(QUICK, seconds=None),)),
        {("missed", "hang (lab)", "fail")},
    ),
    (
        "detection",
        "late",
        Seen(drills=(msgspec.structs.replace(QUICK, seconds=301.0),)),
        {("late", "hang (lab)", "fail")},
    ),
    ("detection", "just in time", Seen(drills=(msgspec.structs.replace(QUICK, seconds=300.0),)), set()),
    ("detection", "the newest one counts", Seen(drills=(msgspec.structs.replace(QUICK, seconds=None), QUICK)), set()),
    ("deploys", "all is well", Seen(), set()),
    ("deploys", "nothing here", Seen(there=False), set()),
    ("deploys", "a broken file", Seen(broken=True), {("unreadable", "watch", "unknown")}),
    ("deploys", "no mark", Seen(marks=()), {("no-marks", "launch", "warn")}),
    ("deploys", "failed ones only", Seen(marks=(Mark(at=NOW, kind="failed"),)), {("no-marks", "launch", "warn")}),
    ("deploys", "told, not seen", Seen(marks=(Mark(at=NOW, sha="7c1f"),)), set()),
]


@pytest.mark.parametrize(
    ("check", "seen", "expected"), [(row[0], *row[2:]) for row in TABLE], ids=[f"{row[0]}: {row[1]}" for row in TABLE]
)
async def test_rules(check: str, seen: Seen, expected: set[tuple[str, str, str]], tmp_path: Path) -> None:
    found = await judged(check, seen, tmp_path)
    assert open_ones(found) == expected
    for finding in found:
        if finding.state.value in ("fail", "warn"):
            assert finding.remedy is not None
            assert finding.remedy.text


@pytest.mark.parametrize("check", CHECKS)
async def test_nothing_watched_from_here_is_a_fact_that_leads_to_a_person(check: str, tmp_path: Path) -> None:
    found = await judged(check, Seen(there=False, launch=NO_ALERTS), tmp_path)
    assert [(one.rule, one.state.value) for one in found] == [(f"monitoring.{check}.not-watched", "info")]
    assert "person" in roadmap.load().checks[f"monitoring.{check}"].how
    (hosted,) = await judged(check, Seen(there=False, launch=msgspec.structs.replace(HOSTED, alerts=())), tmp_path)
    assert any(one.text == "https://monitor.test/board" for one in hosted.evidence)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (gatus(True, 3), Said(watched=1, last=NOW - timedelta(minutes=3))),
        (gatus(False, 3), Said(down=("home",), watched=1, last=NOW - timedelta(minutes=3))),
        (
            '{"heartbeatList":{"1":[{"status":0,"time":"2026-11-24 13:58:00.000"},{"status":1,"time":"2026-11-24 '
            '13:59:00.000"}],'
            '"2":[{"status":0}]}}',
            Said(down=("monitor 2",), watched=2, last=NOW - timedelta(minutes=1)),
        ),
        (
            '{"page":{"updated_at":"2026-11-24T13:59:00.123456789Z"},"status":{"indicator":"major","description":"Outage"}}',
            Said(down=("Outage",), last=datetime(2026, 11, 24, 13, 59, 0, 123456, tzinfo=UTC)),
        ),
        ('{"status":"up","total":3,"grace":0,"down":0}', Said(watched=3)),
        ('{"status":"ok"}', None),
        ("[]", None),
        ("[[]]", None),
        ('{"heartbeatList":{"1":[7]}}', None),
        ("<html>", None),
        ("[" * 5000, None),
    ],
)
def test_what_monitors_say(body: str, expected: Said | None) -> None:
    assert said_by(body.encode()) == expected


@pytest.mark.parametrize(("launch", "state"), [(OWNED, "pass"), (HOSTED, "info")])
async def test_a_monitor_counts_by_itself_where_somebody_is_told(launch: Launch, state: str, tmp_path: Path) -> None:
    (found,) = await judged("uptime", Seen(there=False, launch=launch, monitor=gatus(True, 1)), tmp_path)
    assert found.state.value == state and found.subject == "monitor.test"
    assert ("founder" in {one.text for one in found.evidence}) == (launch is OWNED)


async def test_figures_carry_their_n(tmp_path: Path) -> None:
    found = await judged("uptime", Seen(), tmp_path)
    figures = [one.text for finding in found if finding.rule.endswith(".up") for one in finding.evidence]
    assert figures
    assert all("of 1 probes" in text and "of 1 timed answers, not bounded by so few" in text for text in figures)


async def test_a_world_without_a_folder_has_no_watch() -> None:
    world = SimpleNamespace(folder=None, clock=FixedClock(NOW), papers=Papers(People()), web=FakeWeb())
    found = [finding async for finding in uptime.uptime(LAUNCH, world)]  # type: ignore[arg-type]
    assert [finding.state.value for finding in found] == ["info"]


async def test_rules_and_their_descriptions_are_the_same_list(tmp_path: Path) -> None:
    """The tables above reach every rule, and no other."""
    given = set()
    for number, (check, _, seen, _) in enumerate(TABLE):
        folder = tmp_path / str(number)
        folder.mkdir()
        given |= {finding.rule for finding in await judged(check, seen, folder)}
    described = {
        name for name in roadmap.load().rules if name.startswith("monitoring.") and name.split(".")[1] in CHECKS
    }
    assert described == given


@pytest.mark.parametrize(
    ("seen", "severity"),
    [(Seen(there=False, launch=OWNED, absent=True), "blocker"), (Seen(launch=OWNED, absent=True), "high")],
    ids=["nothing else watches", "the watch of this machine is left"],
)
async def test_a_monitor_that_does_not_exist_weighs_what_is_left(seen: Seen, severity: str, tmp_path: Path) -> None:
    gone = next(one for one in await judged("uptime", seen, tmp_path) if one.rule.endswith("monitor-gone"))
    assert (gone.severity, gone.remedy is not None) == (severity, True)
