"""The arithmetic of measurements against numbers known from tables and from an independent count."""

from __future__ import annotations

import itertools
import math

import pytest

from launchready_tui.probe import stats


@pytest.mark.parametrize(
    ("n", "passes", "fails"),
    [
        (59, 0, 7),
        (93, 1, 9),
        (100, 1, 10),
        (124, 2, 11),
        (200, 4, 16),
        (300, 8, 22),
        (500, 16, 34),
        (600, 20, 40),
        (1000, 38, 63),
    ],
)
def test_the_line_at_known_sizes(n: int, passes: int, fails: int) -> None:
    assert (stats.pass_at(n), stats.fail_at(n)) == (passes, fails)
    assert stats.decide(passes, n) == "PASS"
    assert stats.decide(fails, n) == "FAIL"
    assert {stats.decide(over, n) for over in range(passes + 1, fails)} == {"NOT ENOUGH DATA"}


@pytest.mark.parametrize("n", range(59))
def test_never_a_pass_below_59(n: int) -> None:
    assert stats.decide(0, n) != "PASS"


def test_nothing_decides_nothing() -> None:
    assert stats.decide(0, 0) == "NOT ENOUGH DATA"


def test_five_that_are_all_slow_are_enough_and_four_are_not() -> None:
    assert stats.decide(5, 5) == "FAIL"
    assert stats.decide(4, 5) == "NOT ENOUGH DATA"
    assert stats.decide(4, 4) == "NOT ENOUGH DATA"


@pytest.mark.parametrize(("n", "over"), [(10, 4), (20, 5), (40, 7)])
def test_a_hasty_no_needs_more(n: int, over: int) -> None:
    assert stats.decide(over, n) == "FAIL"
    assert stats.decide(over - 1, n) == "NOT ENOUGH DATA"
    assert 1 - stats.at_most(over - 1, n, 0.05) <= 0.005


@pytest.mark.parametrize("n", [1, 2, 7, 30])
@pytest.mark.parametrize("p", [0.05, 0.3, 0.95])
def test_binomial_against_plain_counting(n: int, p: float) -> None:
    for count in range(n + 1):
        plain = sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(count + 1))
        assert stats.at_most(count, n, p) == pytest.approx(plain, abs=1e-12)
    assert stats.at_most(-1, n, p) == 0


def test_looks_are_planned() -> None:
    assert stats.checkpoints(300) == (5, 10, 20, 40, 59, 124, 208, 300)
    assert stats.checkpoints(50) == (5, 10, 20, 40, 50)
    assert stats.checkpoints(59) == (5, 10, 20, 40, 59)
    assert stats.checkpoints(0) == ()


def plan_error(samples: int, share: float, answer: str) -> float:
    """The exact chance that a whole measurement with all its looks ends in `answer`, if this share of requests is over
    the target."""
    alive: dict[int, float] = {0: 1.0}
    ended, done = 0.0, 0
    for look in stats.checkpoints(samples):
        for _ in range(look - done):
            grown: dict[int, float] = {}
            for over, chance in alive.items():
                grown[over] = grown.get(over, 0.0) + chance * (1 - share)
                grown[over + 1] = grown.get(over + 1, 0.0) + chance * share
            alive = grown
        done = look
        ended += sum(chance for over, chance in alive.items() if stats.decide(over, look) == answer)
        alive = {over: chance for over, chance in alive.items() if stats.decide(over, look) == "NOT ENOUGH DATA"}
    return ended


@pytest.mark.parametrize(
    ("share", "answer", "per_hundred"),
    [(0.05, "PASS", 11.5), (0.05, "FAIL", 9.7), (0.08, "PASS", 0.9), (0.10, "PASS", 0.2), (0.03, "FAIL", 0.3)],
)
def test_the_errors_that_the_docstring_admits(share: float, answer: str, per_hundred: float) -> None:
    assert 100 * plan_error(300, share, answer) == pytest.approx(per_hundred, abs=0.05)
    assert f"{per_hundred:g}" in (stats.__doc__ or "")


def test_plan_error_against_every_path() -> None:
    looks, share = set(stats.checkpoints(12)), 0.4
    failed = 0.0
    for path in itertools.product((0, 1), repeat=12):
        for n in sorted(looks):
            if stats.decide(sum(path[:n]), n) == "FAIL":
                failed += share ** sum(path) * (1 - share) ** (12 - sum(path))
                break
    assert plan_error(12, share, "FAIL") == pytest.approx(failed)


@pytest.mark.parametrize("n", range(1, 21))
def test_quantile_is_nearest_rank(n: int) -> None:
    values = [float(value) for value in range(1, n + 1)]
    for share in (0.05, 0.5, 0.9, 0.95, 0.99, 1.0):
        # by definition: the smallest value that at least this share of all is not above
        wanted = next(value for value in values if sum(other <= value for other in values) >= share * n - 1e-9)
        assert stats.quantile(values, share) == wanted


def test_quantile_of_nothing() -> None:
    assert stats.quantile([], 0.95) is None
    assert stats.median([]) is None
    assert stats.median([3, 1, 2]) == 2


@pytest.mark.parametrize(
    ("n", "ranks"),
    [(72, (64, 72)), (100, (90, 100)), (200, (184, 197)), (300, (277, 293)), (500, (465, 485)), (1000, (936, 964))],
)
def test_interval_ranks_of_p95(n: int, ranks: tuple[int, int]) -> None:
    assert stats.interval_ranks(n, 0.95) == ranks


def test_what_so_few_do_not_bound_is_none() -> None:
    assert stats.interval_ranks(71, 0.95)[1] is None
    assert not stats.bounded_above(367, 0.99)
    assert stats.bounded_above(368, 0.99)
    assert stats.interval_ranks(1000, 0.99) == (983, 997)
    assert stats.interval([], 0.95) == (None, None)
    assert stats.interval([1.0], 0.95) == (None, None)


def test_interval_takes_the_values_at_its_ranks() -> None:
    assert stats.interval([float(value) for value in range(1, 301)], 0.95) == (277.0, 293.0)
