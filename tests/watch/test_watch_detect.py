"""The detection policy as tables: what is down, degraded, slow, and when it is over; and what people are told of it."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from watchsim import TOOK, World, flapping, partly, run, spells

from launchready_tui.watch.case import Case
from launchready_tui.watch.detect import Change, Detector, Policy, Seen
from launchready_tui.watch.samples import Incident, Mark, Target
from launchready_tui.watch.versions import Versions

START = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
TARGET = Target(name="api", host="x.test", port=443, id=7)


def feed(detector: Detector, *probes: tuple[float, str]) -> list[tuple[str, str, float]]:
    """Probes as (second, word): ok, fail, over (slow answer), recheck-fail, recheck-ok. Answers with what became
    sure."""
    found = []
    for at, word in probes:
        ok = not word.endswith("fail")
        seen = Seen(
            at,
            at,
            ok,
            grid="recheck" not in word,
            over=(word == "over") if ok else None,
            cause="" if ok else "connect",
            detail="refused",
        )
        change = detector.see(seen)
        if change is not None:
            found.append((change.what, change.kind, change.at))
    return found


def line(start: float, end: float, word: str, step: float = 15.0) -> list[tuple[float, str]]:
    return [(start + n * step, word) for n in range(int((end - start) / step))]


OUTAGE = [
    (600, "fail"),
    (605, "recheck-fail"),
    (610, "recheck-fail"),
    (615, "fail"),
    (620, "recheck-fail"),
    (625, "recheck-fail"),
]

TABLE: list[tuple[str, list[tuple[float, str]], list[tuple[str, str, float]]]] = [
    ("nothing wrong", line(0, 1200, "ok"), []),
    ("an outage", [*line(0, 600, "ok"), *OUTAGE], [("opened", "down", 625)]),
    ("from the first probe on", [(at - 600, word) for at, word in OUTAGE], [("opened", "down", 25)]),
    ("a restart of 20 s", [*line(0, 600, "ok"), *OUTAGE[:5], *line(630, 1200, "ok")], []),
    (
        "two failures",
        [*line(0, 600, "ok"), (600, "fail"), (605, "recheck-ok"), (615, "fail"), *line(630, 900, "ok")],
        [],
    ),
    (
        "an outage that ends",
        [*line(0, 600, "ok"), *OUTAGE, *line(630, 900, "ok")],
        [("opened", "down", 625), ("closed", "down", 660)],
    ),
    (
        "a long outage is over as soon",
        [*line(0, 600, "ok"), *OUTAGE, *line(630, 900, "fail"), *line(900, 1200, "ok")],
        [("opened", "down", 625), ("closed", "down", 930)],
    ),
    (
        "one that comes back with failures waits 90 s of calm",
        [
            *line(0, 600, "ok"),
            *OUTAGE,
            *line(630, 840, "fail"),
            *[(840 + n * 15, "fail" if n % 2 else "ok") for n in range(4)],
            *line(900, 1200, "ok"),
        ],
        [("opened", "down", 625), ("closed", "down", 990)],
    ),
    (
        "one of three servers is bad",
        [*line(0, 600, "ok"), *[(600 + n * 15, "fail" if n % 3 == 0 else "ok") for n in range(12)]],
        [("opened", "degraded", 750)],
    ),
    (
        "five of five minutes, never four of three",
        [
            *line(0, 600, "ok"),
            *[(600 + n * 15, "fail" if (n % 5 == 0 and n < 20) or n == 18 else "ok") for n in range(22)],
        ],
        [("opened", "degraded", 885)],
    ),
    (
        "four of five minutes only",
        [*line(0, 600, "ok"), *[(600 + n * 15, "fail" if n % 5 == 0 and n < 20 else "ok") for n in range(40)]],
        [],
    ),
    (
        "degraded, then down",
        [
            *line(0, 600, "ok"),
            *[(600 + n * 15, "fail" if n % 2 == 0 else "ok") for n in range(10)],
            *line(750, 810, "fail"),
        ],
        [("opened", "degraded", 705), ("worse", "down", 780)],
    ),
    (
        "degraded, then calm for five minutes",
        [
            *line(0, 600, "ok"),
            *[(600 + n * 15, "fail" if n % 2 == 0 else "ok") for n in range(8)],
            *line(720, 1200, "ok"),
        ],
        [("opened", "degraded", 705), ("closed", "degraded", 960)],
    ),
    ("one failure in a hundred", [(n * 15, "fail" if n % 100 == 50 else "ok") for n in range(1000)], []),
    ("all answers slow", [*line(0, 600, "ok"), *line(600, 900, "over")], [("opened", "slow", 705)]),
    ("one answer in twenty slow", [(n * 15, "over" if n % 20 == 0 else "ok") for n in range(1000)], []),
    (
        "slow, then fast again",
        [*line(0, 600, "ok"), *line(600, 900, "over"), *line(900, 1800, "ok")],
        [("opened", "slow", 705), ("closed", "slow", 1455)],
    ),
    ("slow on nineteen answers only", line(0, 285, "over"), []),
    (
        "slow, then down",
        [*line(0, 600, "ok"), *line(600, 750, "over"), (750, "fail"), *line(765, 810, "fail")],
        [("opened", "slow", 705), ("worse", "down", 780)],
    ),
]


@pytest.mark.parametrize(("probes", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_becomes_sure(probes: list[tuple[float, str]], expected: list[tuple[str, str, float]]) -> None:
    assert feed(Detector(), *probes) == expected


def test_the_cause_is_that_of_the_last_failure_and_the_start_that_of_the_first() -> None:
    detector = Detector()
    feed(detector, *line(0, 600, "ok"), *OUTAGE[:5])
    change = detector.see(Seen(625, 625, False, False, cause="dns", detail="the name does not exist"))
    assert change == Change("opened", "down", 625, 600, "dns", "the name does not exist")


def test_after_a_deploy_half_a_minute_of_failures_is_down() -> None:
    patient = Detector(deploy_at=580.0)
    assert feed(patient, *line(0, 600, "ok"), *OUTAGE) == []
    assert feed(patient, (630, "fail")) == [("opened", "down", 630)]
    gentle = Detector(Policy.of(15, gentle=True), deploy_at=580.0)
    assert feed(gentle, *line(0, 600, "ok"), *line(600, 660, "fail")) == [("opened", "down", 630)]
    for long_ago in (400.0, 300.0):
        assert feed(Detector(deploy_at=long_ago), *line(0, 600, "ok"), *OUTAGE) == [("opened", "down", 625)]
    assert feed(Detector(deploy_at=601.0), *line(0, 600, "ok"), *OUTAGE) == [("opened", "down", 625)], "it came later"


def test_what_comes_back_is_looked_at_again_until_it_is_sure() -> None:
    detector = Detector()
    feed(detector, *line(0, 600, "ok"), *OUTAGE)
    assert (detector.recheck, detector.recovering) == (None, False)
    feed(detector, (630, "ok"))
    assert (detector.recheck, detector.recovering) == (5.0, True)
    assert feed(detector, *((at, "recheck-ok") for at in (635, 640, 655, 660))) == [("closed", "down", 660)]
    assert (detector.recheck, detector.recovering) == (None, False)


DAY = 86400.0


def test_an_outage_is_never_told_as_failing_now_and_then() -> None:
    """A restart at a deploy, some good answers, then every probe fails: down, and nothing else."""
    detector = Detector(deploy_at=600.0)
    probes = [*line(0, 600, "ok"), (600, "fail"), (605, "recheck-fail"), (615, "fail"), *line(630, 660, "ok")]
    assert feed(detector, *probes, (660, "fail"), (675, "fail")) == []
    assert feed(detector, (690, "fail")) == [("opened", "down", 690)]


@pytest.mark.parametrize("how", TOOK)
def test_a_simulated_week_with_a_deploy_each_hour_tells_every_outage_within_a_minute(how: str) -> None:
    """Each deploy restarts the servers for 20 s and two probes in a thousand fail by chance; each sixth deploy is
    followed by an outage of 75 s to 20 minutes."""
    chance = random.Random(f"week {how}")
    deploys = [3600.0 * n + 1800.0 for n in range(7 * 24)]
    outages = [(at + chance.uniform(25, 110), chance.choice((75.0, 120.0, 1200.0))) for at in deploys[::6]]
    faults = sorted([(at, at + 20, "refused") for at in deploys] + [(at, at + length, how) for at, length in outages])
    _, told = run(spells(faults, 0.002), 7 * DAY, 15, chance, deploys)
    assert len(told) == 2 * len(outages), "nothing else is told"
    for (at, length), down, up in zip(outages, told[::2], told[1::2], strict=True):
        assert (down[1], up[1]) == ("down", "resolved")
        assert 25 <= down[0] - at <= 58, "the second in which it leaves is counted on"
        assert 30 <= up[0] - at - length <= 58


def test_an_outage_soon_after_the_end_of_another_is_told() -> None:
    """20 s after RESOLVED, for 76 s."""
    for seed in range(20):
        chance = random.Random(seed)
        _, told = run(spells([(600, 700, "status 502")], 0), 1200, 15, chance)
        again = told[1][0] + 20
        _, told = run(
            spells([(600, 700, "status 502"), (again, again + 76, "status 502")], 0), 1200, 15, random.Random(seed)
        )
        assert [word for _, word in told] == ["down", "resolved", "again", "resolved"]
        assert told[2][0] - again <= 58


@pytest.mark.parametrize(("every", "span"), [(5.0, 10.0), (15.0, 30.0), (60.0, 30.0)])
def test_how_long_it_must_be_up_follows_the_schedule(every: float, span: float) -> None:
    assert Policy.of(every).up_span == span


def test_slow_is_not_over_after_a_few_fast_answers() -> None:
    """After a pause of the machine there are too few answers to say that it is fast again."""
    detector = Detector()
    assert feed(detector, *line(0, 600, "ok"), *line(600, 900, "over")) == [("opened", "slow", 705)]
    assert feed(detector, *line(9000, 9285, "ok")) == []
    assert feed(detector, (9285, "ok")) == [("closed", "slow", 9285)]


def test_a_gap_forgets_what_was_begun_and_keeps_what_is_open() -> None:
    asleep = Detector()
    feed(asleep, *line(0, 600, "ok"), *OUTAGE[:5])
    asleep.blind()
    assert feed(asleep, (4000, "fail"), (4005, "recheck-fail"), (4010, "recheck-fail")) == []
    assert feed(asleep, (4015, "fail"), (4030, "fail")) == [("opened", "down", 4030)]
    asleep.blind()
    assert asleep.kind == "down"
    assert feed(asleep, *line(9000, 9045, "ok")) == [("closed", "down", 9030)]


def test_a_failure_is_looked_at_again_until_it_is_sure_but_not_for_ever() -> None:
    detector = Detector()
    assert detector.recheck is None
    feed(detector, (0, "fail"))
    assert detector.recheck == 5.0
    feed(detector, *OUTAGE)
    assert (detector.kind, detector.recheck) == ("down", None)
    gentle = Detector(Policy.of(60, gentle=True))
    feed(gentle, (0, "fail"))
    assert gentle.recheck is None


def test_slots_that_an_answerless_probe_held_up_count_once_as_an_outage() -> None:
    detector = Detector()
    changes = [
        detector.see(Seen(at, 10, False, held=held, cause="answer"))
        for at, held in ((0.0, False), (1.0, True), (2.0, True), (3.0, True))
    ]
    assert changes == [None] * 4
    assert detector.fails == 1


# What is told


def case_of(*steps: tuple[float, str, str]) -> list[tuple[float, str]]:
    """Changes as (second, what, kind), and looks in between as (second, "look", ""); answers with what was told
    when."""
    case, told = Case(TARGET), []
    for second, what, kind in steps:
        now = START + timedelta(seconds=second)
        if what != "look":
            case.change(Change(what, kind, second, second), now, now, last_good=None, deploy=None)  # type: ignore[arg-type]
        word = case.due(now)
        if word is not None:
            case.told(word, now)
            told.append((second, word))
    return told


STORIES: list[tuple[str, list[tuple[float, str, str]], list[tuple[float, str]]]] = [
    (
        "down and up again",
        [(0, "opened", "down"), (120, "closed", "down"), (900, "look", "")],
        [(0, "down"), (120, "resolved")],
    ),
    ("slow becomes down at once", [(0, "opened", "slow"), (30, "worse", "down")], [(0, "slow"), (30, "worse")]),
    (
        "back within ten minutes is told at once",
        [(0, "opened", "down"), (120, "closed", "down"), (180, "opened", "down"), (300, "look", ""), (425, "look", "")],
        [(0, "down"), (120, "resolved"), (180, "again")],
    ),
    (
        "unstable is told once, and over only after ten minutes of calm",
        [
            (0, "opened", "down"),
            (60, "closed", "down"),
            (120, "opened", "down"),
            (180, "closed", "down"),
            (240, "opened", "down"),
            (300, "closed", "down"),
            (360, "opened", "down"),
            (420, "closed", "down"),
            (900, "look", ""),
            (1021, "look", ""),
            (3000, "look", ""),
        ],
        [(0, "down"), (60, "resolved"), (120, "again"), (180, "resolved"), (240, "flapping"), (1021, "resolved")],
    ),
    (
        "what is unstable and stays down is told",
        [
            *((120.0 * n + after, what, "down") for n in range(3) for after, what in ((0, "opened"), (60, "closed"))),
            (360, "opened", "down"),
            (659, "look", ""),
            (660, "look", ""),
            (1000, "look", ""),
            (1200, "closed", "down"),
            (1799, "look", ""),
            (1800, "look", ""),
        ],
        [
            (0, "down"),
            (60, "resolved"),
            (120, "again"),
            (180, "resolved"),
            (240, "flapping"),
            (660, "worse"),
            (1800, "resolved"),
        ],
    ),
    (
        "after ten minutes it is another incident",
        [(0, "opened", "down"), (120, "closed", "down"), (800, "opened", "degraded")],
        [(0, "down"), (120, "resolved"), (800, "degraded")],
    ),
]


@pytest.mark.parametrize(("steps", "expected"), [row[1:] for row in STORIES], ids=[row[0] for row in STORIES])
def test_what_people_are_told(steps: list[tuple[float, str, str]], expected: list[tuple[float, str]]) -> None:
    assert case_of(*steps) == expected


def test_an_incident_remembers_its_worst_its_deploy_and_how_often_it_came_back() -> None:
    case = Case(TARGET)
    mark = Mark(at=START - timedelta(minutes=2), sha="3f9c2a1")
    case.change(Change("opened", "slow", 0, 0, "slow"), START, START, last_good=START, deploy=mark)
    case.told("slow", START)
    case.change(Change("worse", "down", 30, 0, "dns", "gone"), START, START, last_good=None, deploy=None)
    incident = case.incident
    assert incident is not None
    assert (incident.worst, incident.cause, incident.deploy, incident.last_good) == ("down", "dns", "3f9c2a1", START)
    case.change(Change("closed", "down", 60, 0), START + timedelta(minutes=1), START, last_good=None, deploy=None)
    case.change(Change("opened", "slow", 90, 90), START + timedelta(minutes=2), START, last_good=None, deploy=None)
    assert case.incident is not None
    assert (case.incident.flaps, case.incident.worst, case.incident.since) == (1, "down", START)


def test_an_open_incident_is_taken_up_after_a_restart_and_not_told_again() -> None:
    before = Incident(
        id=3, target=7, name="api", kind="down", worst="down", since=START, opened_at=START, told="down", told_at=START
    )
    case = Case(TARGET, before)
    assert case.due(START + timedelta(hours=1)) is None
    case.change(Change("closed", "down", 0, 0), START + timedelta(hours=1), START, last_good=None, deploy=None)
    assert case.due(START + timedelta(hours=1)) == "resolved"
    assert case.incident is not None
    assert case.incident.id == 3


VERSIONS: list[tuple[str, str, list[str | None]]] = [
    ("a new release is sure at its second sight", "AABB", [None, None, None, "A"]),
    ("the first one is no change", "A", [None]),
    ("servers that change over mark once", "AABABABBBB", [None, None, None, None, None, None, None, "A", None, None]),
    ("a rollback has to stay", "AABBAAAA", [None, None, None, "A", None, None, None, "B"]),
]


@pytest.mark.parametrize(("seen", "expected"), [row[1:] for row in VERSIONS], ids=[row[0] for row in VERSIONS])
def test_a_version_that_changes_is_a_deploy(seen: str, expected: list[str | None]) -> None:
    versions = Versions()
    assert [versions.see(one) for one in seen] == expected


@pytest.mark.parametrize(
    "world",
    [
        *(flapping(down, up, 300, 3900) for down, up in ((20, 20), (40, 60), (60, 120), (120, 60), (300, 300))),
        *(partly(share, 300, 3900) for share in (0.2, 0.33, 0.5, 0.67, 0.9)),
    ],
)
def test_an_hour_of_flapping_or_half_dead_is_few_messages_and_one_end(world: World) -> None:
    for seed in range(5):
        _, told = run(world, 5700, 15, random.Random(seed))
        assert 2 <= len(told) <= 10
        assert told[0][0] < 1200
        assert told[-1][1] == "resolved"
        assert all(sum(at <= other < at + 600 for other, _ in told) <= 5 for at, _ in told)
