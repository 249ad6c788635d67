"""Before and after: whether answers became slower, and how sure that is. Pure, standard library only.

A regression is claimed where the p95 rose and the bootstrap interval of its ratio lies above 1 (and it rose by 15 %
and 15 ms, so that it matters), or where nearly every answer rose (Mann-Whitney at one in a thousand, and the median by
10 %). Samples of one server are not independent, hence the sharp limits: with a lag-1 correlation of 0.6 softer ones
cry wolf in one comparison of ten. A control series that no deploy can touch (how long the connection takes to open)
must not have changed, else it is the network and nothing is claimed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Literal

import msgspec

from ..probe import stats

LEAST = 72
"""Below this a p95 is not bounded from above at 95 %."""
LOOKS = (72, 150, 300)
"""After a deploy it is compared at these counts and no others: each further look is a further chance to err."""
RESAMPLES = 1000
LEVEL, EARLY_LEVEL = 0.95, 0.99
"""Of the interval of the ratio. The looks before the last one ask for more: they are further chances to err."""
_RATIO, _MORE_MS, _MEDIAN = 1.15, 15.0, 1.10
_ALL_ALPHA = 0.001

Word = Literal["slower", "faster", "no change seen", "not enough data", "the network changed"]


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One side in figures, ms; `low` and `high` bound p95 at 95 %, None where n does not."""

    n: int
    p50: float | None
    p95: float | None
    low: float | None
    high: float | None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a deploy."""

    word: Word
    before: Side
    after: Side
    ratio_low: float | None = None
    ratio_high: float | None = None
    """The interval of p95 after over p95 before: at 95 %, and at 99 % below 300 answers."""
    control: str = ""
    """What the control series says, with its counts."""

    @property
    def sentence(self) -> str:
        """Both p95 with their counts, the ratio's interval where there is one, and the verdict's word."""
        b, a = self.before, self.after
        ratio = f"; ratio {self.ratio_low:.2f} to {self.ratio_high:.2f}" if self.ratio_low and self.ratio_high else ""
        return f"p95 {_ms(b.p95)} (n={b.n}) before, {_ms(a.p95)} (n={a.n}) after{ratio}: {self.word}"


def side(values: Sequence[float]) -> Side:
    """Quantiles in ms, and the 95 % interval of p95, of values in any order; None of nothing."""
    ordered = sorted(values)
    low, high = stats.interval(ordered, 0.95)
    return Side(n=len(ordered), p50=stats.quantile(ordered, 0.5), p95=stats.quantile(ordered, 0.95), low=low, high=high)


def compare(
    before: Sequence[float],
    after: Sequence[float],
    control: tuple[Sequence[float], Sequence[float]] = ((), ()),
    *,
    seed: int = 1,
) -> Comparison:
    """Compares two series in ms. The same input always gives the same answer."""
    b, a = side(before), side(after)
    if b.n < LEAST or a.n < LEAST:
        return Comparison(word="not enough data", before=b, after=a, control="not compared")
    low, high = _ratio_interval(before, after, seed)
    slower = p_value(before, after)
    assert b.p95 is not None and a.p95 is not None and b.p50 is not None and a.p50 is not None
    tail = low > 1 and a.p95 >= b.p95 * _RATIO and a.p95 - b.p95 >= _MORE_MS
    everything = slower < _ALL_ALPHA and a.p50 >= b.p50 * _MEDIAN and a.p50 - b.p50 >= 1
    word: Word = (
        "slower" if tail or everything else "faster" if high < 1 and a.p95 <= b.p95 / _RATIO else "no change seen"
    )
    moved, said = _control(*control)
    if moved and word != "no change seen":
        word = "the network changed"
    return Comparison(word=word, before=b, after=a, ratio_low=low, ratio_high=high, control=said)


def _control(before: Sequence[float], after: Sequence[float]) -> tuple[bool, str]:
    if len(before) < 20 or len(after) < 20:
        return False, f"no control: {len(before)} and {len(after)} connections are too few"
    one, other = side(before), side(after)
    assert one.p50 is not None and other.p50 is not None
    moved = p_value(before, after) < _ALL_ALPHA and other.p50 >= one.p50 * 1.2 and other.p50 - one.p50 >= 5
    moved = moved or (p_value(after, before) < _ALL_ALPHA and one.p50 >= other.p50 * 1.2 and one.p50 - other.p50 >= 5)
    return moved, f"time to connect {_ms(one.p50)} (n={one.n}) before, {_ms(other.p50)} (n={other.n}) after"


def _ratio_interval(before: Sequence[float], after: Sequence[float], seed: int) -> tuple[float, float]:
    """The bootstrap percentile interval of p95 after over p95 before. Some 4 ms for 300 and 300."""
    chance = random.Random(seed)  # noqa: S311 - statistics, not secrecy
    b, a = sorted(before), sorted(after)
    ratios = sorted(_p95(chance, a) / max(_p95(chance, b), 1e-9) for _ in range(RESAMPLES))
    edge = (1 - (LEVEL if len(a) >= LOOKS[-1] else EARLY_LEVEL)) / 2
    return ratios[int(RESAMPLES * edge)], ratios[min(RESAMPLES - 1, int(RESAMPLES * (1 - edge)))]


def _p95(chance: random.Random, ordered: Sequence[float]) -> float:
    """The p95 of one resample. Only its rank is drawn: the k-th smallest of n draws lies where that many uniform draws
    lie below it."""
    n = len(ordered)
    rank = math.ceil(round(n * 0.95, 9))
    # The rank-th smallest of n uniform draws is Beta(rank, n - rank + 1); its place in the data is the resample's
    # quantile.
    return ordered[min(n - 1, int(chance.betavariate(rank, n - rank + 1) * n))]


def p_value(before: Sequence[float], after: Sequence[float]) -> float:
    """One-sided Mann-Whitney (normal approximation, ties corrected): the chance of `after` lying this far above
    `before` by chance."""
    n, m = len(before), len(after)
    if not n or not m:
        return 1.0
    pooled = sorted([(value, 0) for value in before] + [(value, 1) for value in after])
    ranks, ties, place = 0.0, 0.0, 0
    while place < len(pooled):
        end = place
        while end < len(pooled) and pooled[end][0] == pooled[place][0]:
            end += 1
        rank = (place + 1 + end) / 2
        ranks += rank * sum(whose for _, whose in pooled[place:end])
        ties += (end - place) ** 3 - (end - place)
        place = end
    u = ranks - m * (m + 1) / 2
    total = n + m
    spread = n * m / 12 * (total + 1 - ties / (total * (total - 1))) if total > 1 else 0.0
    if spread <= 0:
        return 1.0
    z = (u - n * m / 2 - 0.5) / math.sqrt(spread)
    return 0.5 * math.erfc(z / math.sqrt(2))


def _ms(value: float | None) -> str:
    return "not known" if value is None else f"{value:.0f} ms"
