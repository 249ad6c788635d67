"""What is watched and when: targets from the launch file, the grid, sleep, conditions, the own line, before and after
a deploy."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from launchready_tui.failure import Failure
from launchready_tui.launch.load import parse
from launchready_tui.launch.problems import LaunchFileError
from launchready_tui.watch.compare import LEAST, compare, p_value
from launchready_tui.watch.conditions import unmet, version_of
from launchready_tui.watch.line import Newest, all_at_once, has_route, own_line_is_down
from launchready_tui.watch.lock import AlreadyWatching, WatchLock, watching
from launchready_tui.watch.samples import Condition, Target
from launchready_tui.watch.schedule import Grid, Timekeeper, next_probe
from launchready_tui.watch.targets import targets_of
from launchready_tui.wire import Reach, Wire

BASE = """
name = "Market"
domain = "market.test"
canonical = "https://market.test/"
[[hosts]]
name = "api.market.test"
role = "api"
[[hosts]]
name = "staging.market.test"
role = "staging"
environment = "staging"
[[hosts]]
name = "mail.market.test"
role = "mail"
"""
ROUTES = """
[[routes]]
name = "search"
url = "https://api.market.test/search"
safe = true
[[routes]]
name = "log-in page"
url = "https://market.test/login"
flow = "log-in"
safe = true
[[routes]]
name = "mine"
url = "https://api.market.test/me"
login = "shop-login"
safe = true
[[routes]]
name = "book"
url = "https://api.market.test/book"
method = "POST"
[[routes]]
name = "pay"
url = "https://api.market.test/pay"
flow = "pay"
safe = true
"""


def names(text: str) -> dict[str, Target]:
    return {target.name: target for target in targets_of(parse((BASE + text).encode()))}


def test_home_safe_routes_and_mail_are_watched_by_themselves() -> None:
    found = names(ROUTES)
    assert list(found) == ["home", "search", "log-in page", "mine", "mail.market.test"]
    assert {name: target.every_s for name, target in found.items()} == {
        "home": 15,
        "search": 15,
        "log-in page": 60,
        "mine": 60,
        "mail.market.test": 60,
    }


def test_a_route_that_pays_or_is_not_safe_is_never_watched() -> None:
    assert not {"pay", "book"} & names(ROUTES).keys()


def test_a_home_page_that_is_a_route_is_watched_once() -> None:
    assert [
        one.url for one in names('[[routes]]\nname = "front"\nurl = "https://market.test"\nsafe = true\n').values()
    ].count("https://market.test/") == 0


def test_targets_add_change_and_take_away() -> None:
    text = ROUTES + (
        '[[targets]]\nname = "health"\nurl = "https://api.market.test/healthz"\nevery_s = 30\n'
        'json = { status = "ok" }\nversion_json = "release"\n'
        '[[targets]]\nname = "search"\nurl = "https://api.market.test/search"\ntarget_ms = 900\n'
        '[[targets]]\nname = "home"\nurl = "https://market.test/"\nwatch = false\n'
        '[[targets]]\nname = "staging"\nurl = "https://staging.market.test/"\nstatus = [200, 401]\n'
        "[watch]\nevery_s = 20\n"
    )
    found = names(text)
    assert "home" not in found
    assert (found["search"].target_ms, found["search"].every_s) == (900.0, 20.0)
    assert (found["health"].every_s, found["health"].version_json) == (30.0, "release")
    assert found["health"].conditions == (Condition(kind="json", name="status", value="ok"),)
    assert (found["staging"].environment, found["staging"].conditions[0].value) == ("staging", "200, 401")
    assert found["health"].is_health
    assert not found["search"].is_health


BAD: list[tuple[str, str, str]] = [
    ('[[alerts]]\nname = "a"\ncredential = "hook"\n', "alerts[1].owner", "required"),
    ('[[alerts]]\nname = "a"\nowner = ""\ncredential = "hook"\n', "alerts[1].owner", "not empty"),
    ('[[alerts]]\nname = "a"\nowner = "founder"\n', "alerts[1].credential", "webhook"),
    ('[[alerts]]\nname = "a"\nowner = "b"\nkind = "email"\nto = "a@b.test"\nsender = '
    '"c@b.test"\n', "alerts[1].server", "smtp"),
    ('[[alerts]]\nname = "a"\nowner = "founder"\ncredential = '
    '"hook"\nsecond = "b"\n', "alerts[1].second", "another alert"),
    ('[[alerts]]\nname = "a"\nowner = "founder"\ncredential = '
    '"hook"\nsecond = "a"\n', "alerts[1].second", "another alert"),
    ('[[alerts]]\nname = "a"\nowner = "founder"\nkind = "sms"\n', "alerts[1].kind", "slack"),
    ('[[targets]]\nname = "x"\nurl = "https://elsewhere.test/"\n', "targets[1].url", "declared host"),
    ('[[targets]]\nname = "x"\nurl = "http://market.test/"\n', "targets[1].url", "https"),
    ('[[targets]]\nname = "x"\nurl = "https://market.test/"\nmethod = "POST"\n', "targets[1].method", "safe = true"),
    ('[[targets]]\nname = "x"\nurl = '
    '"https://market.test/"\nmethod = "DELETE"\n', "targets[1].method", "change something"),
    ('[[targets]]\nname = "x"\nurl = "https://market.test/"\nevery_s = 1\n', "targets[1].every_s", "5 to 3600"),
    ('[[targets]]\nname = "x"\nurl = "https://market.test/"\nstatus = [99]\n', "targets[1].status[1]", "100 to 599"),
    ('[[targets]]\nname = "x"\nurl = '
    '"https://market.test/"\njson = { "a b" = "c" }\n', 'targets[1].json."a b"', "joined by dots"),
    ('[[targets]]\nname = "x"\nurl = '
    '"https://market.test/"\nheaders.cookie = "x"\n', "targets[1].headers.cookie", "credential"),
    ("[watch]\nevery_s = 1\n", "watch.every_s", "5 to 3600"),
    ("[watch]\nslo = 100\n", "watch.slo", "percent"),
    ('[watch]\nmonitor = "http://x.test"\n', "watch.monitor", "https"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "key", "said"), BAD, ids=[row[1] + row[2] for row in BAD])
def test_what_cannot_be_meant_is_refused(text: str, key: str, said: str) -> None:
    with pytest.raises(LaunchFileError) as caught:
        parse((BASE + text).encode())
    assert [problem.key for problem in caught.value.problems] == [key]
    assert said in str(caught.value)


# When


def test_slots_are_spread_and_never_drift() -> None:
    grids = [Grid.staggered(100.0, 15.0, place, 10, f"t{place}") for place in range(10)]
    firsts = [grid.due(0) for grid in grids]
    assert max(firsts) - min(firsts) > 10
    for grid in grids:
        for slot in (1, 10, 1000, 100_000):
            assert abs(grid.due(slot) - (grid.start + grid.offset + slot * 15)) <= 0.75


@pytest.mark.parametrize("now", [0.0, 99.0, 100.0, 107.3, 1e6])
def test_the_next_slot_is_the_first_that_is_still_to_come(now: float) -> None:
    grid = Grid.staggered(100.0, 15.0, 3, 10, "x")
    slot = grid.first_after(now)
    assert grid.due(slot) > now
    assert slot == 0 or grid.due(slot - 1) <= now


@pytest.mark.parametrize(
    ("due", "now", "recheck", "expected"),
    [
        (15.0, 0.0, None, (15.0, True)),
        (15.0, 0.0, 5.0, (5.0, False)),
        (15.0, 9.0, 5.0, (15.0, True)),
        (15.0, 8.0, 5.0, (13.0, False)),
    ],
)
def test_a_second_look_gives_way_to_a_slot_that_is_near(
    due: float, now: float, recheck: float | None, expected: tuple[float, bool]
) -> None:
    assert next_probe(due, now, recheck) == expected


class Clocks:
    def __init__(self, *, boot: bool) -> None:
        self.steady, self.wall, self.booted = 100.0, 1_000_000.0, 200.0 if boot else None

    def keeper(self) -> Timekeeper:
        return Timekeeper(lambda: self.steady, lambda: self.wall, lambda: self.booted)

    def pass_(self, seconds: float, *, slept: float = 0.0, set_: float = 0.0) -> None:
        self.steady += seconds
        self.wall += seconds + slept + set_
        self.booted = None if self.booted is None else self.booted + seconds + slept


@pytest.mark.parametrize(
    ("boot", "slept", "set_", "expected"),
    [
        (True, 0.0, 0.0, ""),
        (True, 600.0, 0.0, "sleep"),
        (True, 0.0, 3600.0, "set"),
        (True, 0.0, -3600.0, "set"),
        (True, 600.0, -600.0, "sleep"),
        (False, 0.0, 0.0, ""),
        (False, 600.0, 0.0, "sleep"),
        (False, 0.0, -3600.0, "set"),
        (True, 1.0, 0.5, ""),
    ],
)
def test_sleep_is_told_from_a_clock_that_was_set(boot: bool, slept: float, set_: float, expected: str) -> None:
    clocks = Clocks(boot=boot)
    keeper = clocks.keeper()
    clocks.pass_(1.0, slept=slept, set_=set_)
    what, since, until = keeper.look()
    assert what == expected
    if what == "sleep":
        assert until - since == pytest.approx(slept + 1.0)
    clocks.pass_(1.0)
    assert keeper.look()[0] == ""


# What a right answer is


def target(*conditions: Condition, **more: str) -> Target:
    return Target(name="x", url="https://x.test/", host="x.test", port=443, conditions=conditions, **more)  # type: ignore[arg-type]


STATUS = Condition(kind="status", value="200, 401")
CONTAINS = Condition(kind="contains", value="Demo")
ABSENT = Condition(kind="absent", value="Fatal error")
JSON = Condition(kind="json", name="checks.0.ok", value="true")
HEADER = Condition(kind="header", name="x-served-by", value="edge")
ANSWERS: list[tuple[tuple[Condition, ...], int, dict[str, str], bytes, str]] = [
    ((), 200, {}, b"", ""),
    ((), 302, {}, b"", ""),
    ((), 404, {}, b"", "status"),
    ((), 500, {}, b"", "status"),
    ((STATUS,), 401, {}, b"", ""),
    ((STATUS,), 302, {}, b"", "status"),
    ((STATUS,), 40, {}, b"", "status"),
    ((CONTAINS,), 200, {}, b"the Demo Market", ""),
    ((CONTAINS,), 200, {}, b"It works!", "contains"),
    ((CONTAINS,), 200, {"content-encoding": "gzip"}, gzip.compress(b"the Demo Market", mtime=0), ""),
    ((CONTAINS,), 200, {"content-encoding": "gzip"}, b"no gzip at all", "contains"),
    ((ABSENT,), 200, {}, b"PHP Fatal error: x", "absent"),
    ((ABSENT,), 200, {}, b"fine", ""),
    ((JSON,), 200, {}, b'{"checks":[{"ok":true}]}', ""),
    ((JSON,), 200, {}, b'{"checks":[{"ok":false}]}', "json"),
    ((JSON,), 200, {}, b'{"checks":[]}', "json"),
    ((JSON,), 200, {}, b"<html>", "json"),
    ((JSON,), 200, {}, b"[" * 100_000, "json"),
    ((HEADER,), 200, {"x-served-by": "edge-7"}, b"", ""),
    ((HEADER,), 200, {}, b"", "header"),
    ((JSON,), 500, {}, b'{"checks":[{"ok":true}]}', "status"),
]


@pytest.mark.parametrize(("conditions", "status", "headers", "body", "expected"), ANSWERS)
def test_conditions(
    conditions: tuple[Condition, ...], status: int, headers: dict[str, str], body: bytes, expected: str
) -> None:
    kind, seen = unmet(target(*conditions), status, headers, body)
    assert kind == expected
    assert bool(seen) == bool(expected)


def test_hostile_text_in_an_answer_does_not_reach_people_as_it_came() -> None:
    _, seen = unmet(target(JSON), 200, {}, b'{"checks":[{"ok":"\\u001b[31m\\u202e"}]}')
    assert "\x1b" not in seen
    assert "\u202e" not in seen


def test_a_version_is_read_from_a_header_or_from_json() -> None:
    assert version_of(target(version_header="X-Version"), {"x-version": "7c1f"}, b"") == "7c1f"
    assert version_of(target(version_json="build.sha"), {}, b'{"build":{"sha":"7c1f"}}') == "7c1f"
    assert version_of(target(version_json="build.sha"), {}, b"down for maintenance") == ""


# Our own line


def newest(host: str, address: str, *, network: bool = True, end: float = 100.0) -> Newest:
    return Newest(host, address, end, not network, network)


AT_ONCE: list[tuple[str, list[Newest], bool]] = [
    ("two hosts at two addresses", [newest("a", "192.0.2.1"), newest("b", "192.0.2.2")], True),
    ("one of them answers", [newest("a", "192.0.2.1"), newest("b", "192.0.2.2", network=False)], False),
    ("all at one address", [newest("a", "192.0.2.1"), newest("b", "192.0.2.1")], False),
    ("one host", [newest("a", "192.0.2.1"), newest("a", "192.0.2.2")], False),
    ("names that cannot be looked up", [newest("a", ""), newest("b", "")], True),
    ("nothing new", [newest("a", "192.0.2.1", end=0.0), newest("b", "192.0.2.2", end=0.0)], False),
]


@pytest.mark.parametrize(("seen", "expected"), [row[1:] for row in AT_ONCE], ids=[row[0] for row in AT_ONCE])
def test_all_targets_at_once(seen: list[Newest], expected: bool) -> None:
    assert all_at_once(seen, 110.0, within=30.0) is expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (("192.0.2.9",), False),
        (Failure(kind="no-such-name"), False),
        (Failure(kind="servfail"), True),
        (Failure(kind="timeout"), True),
        (Failure(kind="unreachable"), True),
    ],
)
async def test_the_resolver_decides_whether_it_is_the_line(answer: tuple[str, ...] | Failure, expected: bool) -> None:
    asked: list[str] = []

    async def lookup(host: str) -> tuple[str, ...] | Failure:
        asked.append(host)
        return answer

    from launchready_tui.wire import ConnectMap

    wire = Wire(Reach(connect=ConnectMap.parse(["192.0.2.1=127.0.0.1"])), lookup=lookup)
    seen = [newest("a", "192.0.2.1"), newest("b", "192.0.2.2")]
    assert await own_line_is_down(seen, wire, "market.test", 110.0, within=30.0) is expected
    assert asked[0].endswith(".market.test")
    assert await own_line_is_down([newest("a", "192.0.2.1")], wire, "market.test", 110.0, within=30.0) is False
    assert len(asked) == 1  # nobody is asked where not all failed


def test_private_addresses_say_nothing_of_the_route() -> None:
    assert has_route(["127.0.0.1", "10.0.0.1", ""]) is None


# Before and after a deploy


def answers(n: int, *, scale: float = 1.0, tail: float = 1.0, seed: int = 1) -> list[float]:
    chance = random.Random(seed)
    found = []
    for _ in range(n):
        value = 120 * scale * chance.lognormvariate(0, 0.35)
        if chance.random() < 0.02:
            value *= 4
        elif tail != 1 and chance.random() < 0.08:
            value *= tail
        found.append(value)
    return found


def share(word: str, n: int, **change: float) -> float:
    runs = 60
    return (
        sum(compare(answers(n, seed=seed), answers(n, seed=seed + 9000, **change)).word == word for seed in range(runs))
        / runs
    )


def test_no_change_is_seldom_called_slower() -> None:
    assert share("slower", 300) <= 0.05


def test_a_quarter_more_for_all_and_three_times_for_a_few_are_found() -> None:
    assert share("slower", 300, scale=1.25) >= 0.9
    assert share("slower", 300, tail=3.0) >= 0.85
    assert share("faster", 300, scale=0.6) >= 0.9


def test_too_few_answers_say_nothing() -> None:
    seen = compare(answers(LEAST - 1), answers(300, scale=3))
    assert (seen.word, seen.ratio_low) == ("not enough data", None)
    assert f"n={LEAST - 1}" in seen.sentence
    assert compare([], []).word == "not enough data"


def test_a_changed_network_is_not_blamed_on_the_deploy() -> None:
    chance = random.Random(2)
    near, far = [chance.gauss(20, 2) for _ in range(100)], [chance.gauss(60, 4) for _ in range(100)]
    assert compare(answers(300), answers(300, scale=2, seed=5), (near, far)).word == "the network changed"
    seen = compare(answers(300), answers(300, scale=2, seed=5), (near, list(near)))
    assert seen.word == "slower"
    assert "n=100" in seen.control


def test_the_same_input_gives_the_same_answer() -> None:
    assert compare(answers(100), answers(100, seed=2)) == compare(answers(100), answers(100, seed=2))


def test_mann_whitney_of_equal_and_of_apart() -> None:
    assert p_value([1.0] * 20, [1.0] * 20) == 1.0
    assert p_value([], [1.0]) == 1.0
    assert p_value(list(range(50)), list(range(100, 150))) < 1e-9
    assert p_value(list(range(100, 150)), list(range(50))) > 0.999


# One watcher


def test_one_watches_and_the_next_is_told_who(tmp_path: Path) -> None:
    assert watching(tmp_path) is None
    with WatchLock(tmp_path):
        import os

        assert watching(tmp_path) == os.getpid()
        with pytest.raises(AlreadyWatching) as refused, WatchLock(tmp_path):
            pass
        assert refused.value.pid == os.getpid()
    assert watching(tmp_path) is None
    with WatchLock(tmp_path):
        pass
