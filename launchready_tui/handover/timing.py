"""Routes as they were measured, read back from findings, and what may be said of two measurements."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ..findings import Finding


@dataclass(frozen=True, slots=True)
class Timing:
    """One route as it was measured: the figures by their labels, and when."""

    figures: dict[str, str]
    at: datetime | None

    @property
    def verdict(self) -> str:
        """PASS, FAIL or another word of the measurement; empty where it is not told."""
        return self.figures.get("verdict", "").partition(" (")[0]

    @property
    def between(self) -> tuple[float, float] | None:
        """The interval of the p95 in ms; None where so few requests bound nothing."""
        found = re.match(r"([\d.]+) ms to ([\d.]+) ms", self.figures.get("p95 interval", ""))
        return (float(found[1]), float(found[2])) if found else None


def timings(findings: Iterable[Finding]) -> dict[str, Timing]:
    """Route to its figures, from the findings of audit.latency."""
    made: dict[str, Timing] = {}
    for one in findings:
        figures = {item.label: item.text for item in one.evidence}
        if "p95" in figures:
            made[one.subject] = Timing(figures, next((item.at for item in one.evidence if item.at), None))
    return made


def change(before: Timing, after: Timing) -> str:
    """Faster or slower only where the two intervals do not touch: chance alone must not look like work."""
    old, new = before.between, after.between
    if old is None or new is None:
        # A measurement stops as soon as it is decided whether the target is met: that much is known of few requests
        # too.
        return {("FAIL", "PASS"): "met no target, meets it now", ("PASS", "FAIL"): "met its target, does not now"}.get(
            (before.verdict, after.verdict), "too few requests to say"
        )
    if new[1] < old[0]:
        return "faster"
    if new[0] > old[1]:
        return "slower"
    return "no difference that could not be chance"
