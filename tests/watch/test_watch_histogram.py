"""The histogram against exact quantiles, its addition, and its bytes."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready_tui.watch.samples.histogram import Histogram, bucket, top

values = st.lists(st.integers(min_value=0, max_value=60_000_000), min_size=1, max_size=200)


def exact(ordered: list[int], share: float) -> int:
    return ordered[max(1, math.ceil(round(len(ordered) * share, 9))) - 1]


@given(values)
def test_a_quantile_is_the_exact_one_or_less_than_0_8_percent_above(numbers: list[int]) -> None:
    made, ordered = Histogram(numbers), sorted(numbers)
    for share in (0.01, 0.5, 0.95, 0.99, 1.0):
        true = exact(ordered, share)
        found = made.quantile(share)
        assert found is not None
        assert true <= found <= true * (1 + 1 / 128) + 1


@given(values, values)
def test_two_histograms_added_are_the_histogram_of_all(one: list[int], other: list[int]) -> None:
    together = Histogram(one)
    together.merge(Histogram(other))
    assert (together.counts, together.n) == (Histogram(one + other).counts, len(one) + len(other))


@given(values)
def test_bytes_read_back_the_same(numbers: list[int]) -> None:
    made = Histogram(numbers)
    again = Histogram.decode(made.encode())
    assert (again.counts, again.n) == (made.counts, made.n)


def test_the_mean_of_two_p95_is_not_the_p95_of_both() -> None:
    quiet, busy = Histogram([10] * 100), Histogram([1000] * 10)
    together = Histogram([10] * 100)
    together.merge(busy)
    low, high = quiet.quantile(0.95), busy.quantile(0.95)
    assert low is not None and high is not None
    assert together.quantile(0.95) != (low + high) / 2


def test_buckets_follow_each_other_without_a_hole() -> None:
    last = -1
    for value in range(5000):
        key = bucket(value)
        assert key in (last, last + 1)
        assert value <= top(key)
        last = key
    assert all(bucket(top(key)) == key and bucket(top(key) + 1) == key + 1 for key in range(3000))


def test_rank_n_is_the_greatest_and_nothing_has_no_quantile() -> None:
    chance = random.Random(3)
    for n in range(1, 21):  # where index arithmetic tends to run over the end
        numbers = [chance.randrange(200) for _ in range(n)]
        assert Histogram(numbers).quantile(0.95) == exact(sorted(numbers), 0.95)
    assert Histogram().quantile(0.5) is None


@pytest.mark.parametrize("blob", [b"\x80", b"\x01", b"\x01\x02\x03"])
def test_what_is_cut_off_is_refused(blob: bytes) -> None:
    with pytest.raises(ValueError, match="truncated"):
        Histogram.decode(blob)


def test_over_counts_what_is_above_the_limit() -> None:
    assert Histogram([100, 200, 100_000, 300_000, 400_000]).over(300_000) == 1
