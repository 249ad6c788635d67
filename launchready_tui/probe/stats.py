"""The arithmetic of a latency measurement: exact binomial verdict, quantiles, their intervals. Pure, standard library
only.

The question is "do at least 95 of 100 requests come within the target?". Each timed request answers with yes or no, so
the number over the target is binomial, whatever the shape of the latencies. The answer is

- PASS where so few were over that, if the true share over were 5 %, so few would be seen in at most 5 of 100
measurements,
- FAIL where so many were over that, if the true share over were 5 %, so many would be seen in at most 5 of 100
measurements
  (1 in 200 below 59 samples, where a hasty no would cost most; with 5 samples only if all five were over, which chance
  gives once in 3 million),
- NOT ENOUGH DATA between.

A measurement looks only at the planned checkpoints below and stops at the first answer. Each look keeps the bounds
above. Since there are several looks, the whole plan errs more often than one look. Computed exactly, over
all ways it can go: for 300 samples and a route that stands right on the line (5 % over) it passes in 11.5 and fails in
9.7 of 100 measurements. Away from the line it errs seldom: with 8 % over it passes in 0.9 of 100, with 10 % over in
0.2; with 3 % over it fails in 0.3 of 100. The samples are taken as independent: a route whose slow spells come in
bursts is judged more sharply than it deserves.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Literal

Answer = Literal["PASS", "FAIL", "NOT ENOUGH DATA"]

SHARE = 0.05
"""The share of requests that may be over the target: it makes the 95th percentile."""
ALPHA = 0.05
EARLY_ALPHA = 0.005
FIRST_ALPHA = 1e-6
"""Of the look before the tenth: a route that is slow every time need not be asked ten times, each time slowly."""
FIRST_PASS = 59
"""The fewest samples with which nothing over the target can mean PASS: 0.95 ** 59 is below 0.05."""
CHECKPOINTS = (5, 10, 20, 40, 59, 124, 208, 300, 500, 1000)


@functools.lru_cache(maxsize=4096)
def at_most(count: int, n: int, p: float) -> float:
    """The chance of at most `count` successes in `n` independent tries of chance `p`."""
    if count < 0:
        return 0.0
    if count >= n:
        return 1.0
    total, log_p, log_q = 0.0, math.log(p), math.log1p(-p)
    base = math.lgamma(n + 1)
    for k in range(count + 1):
        total += math.exp(base - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * log_p + (n - k) * log_q)
    return min(1.0, total)


@functools.lru_cache(maxsize=1024)
def pass_at(n: int) -> int:
    """The most requests over the target with which `n` samples pass; -1 where no count can."""
    count = -1
    while at_most(count + 1, n, SHARE) <= ALPHA:
        count += 1
    return count


@functools.lru_cache(maxsize=1024)
def fail_at(n: int) -> int:
    """The fewest requests over the target with which `n` samples fail; n + 1 where no count can."""
    alpha = ALPHA if n >= FIRST_PASS else EARLY_ALPHA if n >= CHECKPOINTS[1] else FIRST_ALPHA
    count = 0
    while count <= n and 1 - at_most(count - 1, n, SHARE) > alpha:
        count += 1
    return count


def decide(over: int, n: int) -> Answer:
    """The answer of one look at `n` samples of which `over` were over the target or failed."""
    if over <= pass_at(n):
        return "PASS"
    return "FAIL" if n and over >= fail_at(n) else "NOT ENOUGH DATA"


def checkpoints(samples: int) -> tuple[int, ...]:
    """The planned looks of a measurement of at most so many samples; the last look is at its end."""
    return (*(n for n in CHECKPOINTS if n < samples), samples) if samples > 0 else ()


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Nearest rank, ceil(n * share), of sorted values; None of nothing."""
    if not ordered:
        return None
    # 100 * 0.95 is a hair above 95 in binary, and must not become rank 96.
    return ordered[min(len(ordered), max(1, math.ceil(round(len(ordered) * share, 9)))) - 1]


def interval_ranks(n: int, share: float, level: float = 0.95) -> tuple[int | None, int | None]:
    """Ranks (from 1) of the order statistics that hold the quantile between them at this level; None for a side that
    `n` does not bound."""
    tail = (1 - level) / 2
    low = 0
    while low < n and at_most(low, n, share) <= tail:
        low += 1
    high = n
    while high > 0 and 1 - at_most(high - 1, n, share) <= tail:
        high -= 1
    lower = low if low > 0 else None
    upper = high + 1 if high + 1 <= n else None
    return lower, upper


def interval(ordered: Sequence[float], share: float, level: float = 0.95) -> tuple[float | None, float | None]:
    """The order-statistic interval of a quantile of sorted values, exact for any shape of distribution."""
    lower, upper = interval_ranks(len(ordered), share, level)
    return (None if lower is None else ordered[lower - 1], None if upper is None else ordered[upper - 1])


def bounded_above(n: int, share: float) -> bool:
    """Whether `n` samples bound this quantile from above at 95 %: 72 for p95, 368 for p99."""
    return interval_ranks(n, share)[1] is not None


def median(values: Sequence[float]) -> float | None:
    """The nearest-rank median, None of nothing."""
    return quantile(sorted(values), 0.5)
