"""Outages of one cause are one message: what waits for what, and how long."""

from __future__ import annotations

import random

import pytest
from watchsim import Site, World, broken, run_many, well

DOWN, UP = 600.0, 1200.0
SEVEN = ("home", "search", "api", "cart", "admin", "docs", "shop")


def staggered(names: tuple[str, ...], world: World, seed: int) -> list[Site]:
    """Targets as the schedule spreads them over 15 s."""
    start = random.Random(seed).uniform(0, 15)
    return [Site(name, world, (start + 15 * place / len(names)) % 15) for place, name in enumerate(names)]


@pytest.mark.parametrize("deploys", [(), (DOWN - 42,)], ids=["at any time", "after a deploy"])
@pytest.mark.parametrize("how", ["refused", "hangs", "black hole", "status 502"])
@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_seven_targets_behind_one_dead_application_are_one_down_and_one_resolved(
    count: int, how: str, deploys: tuple[float, ...]
) -> None:
    for seed in range(10):
        names = SEVEN[:count]
        told = run_many(staggered(names, broken(how, DOWN, UP), seed), 1500, random.Random(seed), deploys)
        heads = [head for _, head, _ in told]
        assert heads in (["down", "resolved"], ["down", "also down", "resolved"]), "one update at most"
        assert len(heads) == 2 or deploys, "an update is for what begins later, or when the grace leaves no time"
        assert sorted(name for at, head, listed in told if head != "resolved" for name in listed) == sorted(names)
        assert sorted(told[-1][2]) == sorted(names)
        assert all(at - DOWN <= (75 if place else 58) for place, (at, _, _) in enumerate(told[:-1]))
        assert told[-1][0] - UP <= 58


def test_what_begins_later_joins_the_thread_once_and_ends_with_it() -> None:
    sites = [
        *staggered(("home", "search"), broken("status 502", DOWN, UP), 1),
        *staggered(("cart", "docs"), broken("status 502", DOWN + 120, UP), 2),
    ]
    told = run_many(sites, 1500, random.Random(3))
    assert [(head, sorted(names)) for _, head, names in told] == [
        ("down", ["home", "search"]),
        ("also down", ["cart", "docs"]),
        ("resolved", ["cart", "docs", "home", "search"]),
    ]
    assert {site.case.incident.group for site in sites if site.case.incident} == {sites[0].case.incident.group}


def test_another_cause_or_another_time_is_another_message() -> None:
    late = broken("refused", DOWN + 400, UP + 400)
    sites = [
        Site("home", broken("status 502", DOWN, UP), 1),
        Site("mail", broken("refused", DOWN, UP), 2, cause="connect"),
        Site("cart", late, 3),
    ]
    told = run_many(sites, 2000, random.Random(3))
    assert sorted((head, names) for _, head, names in told) == sorted(
        (head, [name]) for name in ("home", "mail", "cart") for head in ("down", "resolved")
    )


def test_one_that_stays_down_does_not_hold_the_end_of_the_others_back() -> None:
    """Nor is the outage of the others held back by one that only failed once."""

    def once(at: float, chance: random.Random) -> tuple[bool, float]:
        return (False, 0.1) if DOWN <= at < DOWN + 4 else well(at, chance)

    sites = [
        *staggered(("home", "search"), broken("status 502", DOWN, UP), 1),
        Site("cart", broken("status 502", DOWN, UP + 600), 4),
        Site("docs", once, 0),
    ]
    told = run_many(sites, 2400, random.Random(3))
    assert [(head, sorted(names)) for _, head, names in told] == [
        ("down", ["cart", "home", "search"]),
        ("resolved", ["home", "search"]),
        ("resolved", ["cart"]),
    ]
    assert told[1][0] - UP <= 58


def test_a_comeback_is_one_message_too() -> None:
    def twice(at: float, chance: random.Random) -> tuple[bool, float]:
        return (False, 0.1) if DOWN <= at < DOWN + 80 or DOWN + 160 <= at < DOWN + 240 else well(at, chance)

    told = run_many(staggered(SEVEN, twice, 5), 1500, random.Random(3))
    assert [(head, len(names)) for _, head, names in told] == [
        ("down", 7),
        ("resolved", 7),
        ("again", 7),
        ("resolved", 7),
    ]
