"""Routes as they were measured, and what may be said of two measurements."""

from __future__ import annotations

from collections.abc import Iterable

from ..facts import Timing
from ..findings import Finding


def timings(findings: Iterable[Finding]) -> dict[str, Timing]:
    """Route to its measurement, from the findings of audit.latency."""
    return {one.subject: fact for one in findings if (fact := one.fact(Timing)) is not None}


def ms(value: float | None) -> str:
    """`63 ms`, `4.2 ms`; empty where it is not known."""
    if value is None:
        return ""
    return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"


def interval(seen: Timing) -> str:
    """What the p95 lies between, at 95 %."""
    if seen.p95_low is None or seen.p95_high is None:
        return "too few requests to say"
    return f"{ms(seen.p95_low)} to {ms(seen.p95_high)}"


def over(seen: Timing) -> str:
    """How many requests missed the target: `3 of 120`."""
    return f"{seen.over} of {seen.n}"


def change(before: Timing, after: Timing) -> str:
    """Faster or slower only where the two intervals do not touch: chance alone must not look like work."""
    if before.p95_low is None or before.p95_high is None or after.p95_low is None or after.p95_high is None:
        # A measurement stops as soon as it is decided whether the target is met: that much is known of few requests
        # too.
        met = {("FAIL", "PASS"): "missed its target, meets it now", ("PASS", "FAIL"): "met its target, misses it now"}
        return met.get((before.verdict, after.verdict), "too few requests to say")
    if after.p95_high < before.p95_low:
        return "faster"
    if after.p95_low > before.p95_high:
        return "slower"
    return NO_DIFFERENCE


NO_DIFFERENCE = "no significant difference"
