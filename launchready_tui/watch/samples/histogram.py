"""A log-linear histogram of whole numbers: 2^7 steps a power of two, so a value read back is at most 0.78 % above the
one put in.

Two histograms are added bucket by bucket, so a day's p95 is the p95 of the day and never a mean of hourly ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

SUB = 7
_STEPS = 1 << SUB


class Histogram:
    """Counts by bucket. Values are whole and not negative (microseconds here)."""

    __slots__ = ("counts", "n")

    def __init__(self, values: Iterable[int] = ()) -> None:
        self.counts: dict[int, int] = {}
        self.n = 0
        for value in values:
            self.add(value)

    def add(self, value: int) -> None:
        """Counts one value."""
        key = bucket(value)
        self.counts[key] = self.counts.get(key, 0) + 1
        self.n += 1

    def merge(self, other: Histogram) -> None:
        """Adds the other's counts; exact, since both have the same buckets."""
        for key, count in other.counts.items():
            self.counts[key] = self.counts.get(key, 0) + count
        self.n += other.n

    def quantile(self, share: float) -> int | None:
        """The upper edge of the bucket that holds the value of rank ceil(n * share); None of nothing."""
        if not self.n:
            return None
        return self.at_rank(min(self.n, max(1, math.ceil(round(self.n * share, 9)))))

    def at_rank(self, rank: int) -> int:
        """The upper edge of the bucket that holds the value of this rank, counted from 1."""
        passed = 0
        key = 0
        for key in sorted(self.counts):
            passed += self.counts[key]
            if passed >= rank:
                break
        return top(key)

    def over(self, limit: int) -> int:
        """How many are above the limit, as far as buckets tell."""
        edge = bucket(limit)
        return sum(count for key, count in self.counts.items() if key > edge)

    def encode(self) -> bytes:
        """Sparse: distance to the last bucket and count, each as a varint (LEB128)."""
        out = bytearray()
        last = 0
        for key in sorted(self.counts):
            _varint(out, key - last)
            _varint(out, self.counts[key])
            last = key
        return bytes(out)

    @classmethod
    def decode(cls, blob: bytes) -> Histogram:
        """From `encode`. Raises ValueError for what is none."""
        made = cls()
        numbers = _varints(blob)
        if len(numbers) % 2:
            raise ValueError("a histogram is truncated")
        key = 0
        for step, count in zip(numbers[::2], numbers[1::2], strict=True):
            key += step
            made.counts[key] = made.counts.get(key, 0) + count
            made.n += count
        return made


def bucket(value: int) -> int:
    """The bucket of a value: itself below 256, then 128 buckets for each power of two."""
    shift = value.bit_length() - SUB - 1
    return value if shift <= 0 else ((shift + 1) << SUB) + (value >> shift) - _STEPS


def top(key: int) -> int:
    """The greatest value that falls in the bucket."""
    if key < 2 * _STEPS:
        return key
    shift = (key >> SUB) - 1
    return (((key & (_STEPS - 1)) + _STEPS + 1) << shift) - 1


def _varint(out: bytearray, number: int) -> None:
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def _varints(blob: bytes) -> list[int]:
    numbers: list[int] = []
    value = shift = 0
    for byte in blob:
        value |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
        else:
            numbers.append(value)
            value = shift = 0
    if shift:
        raise ValueError("a histogram is truncated")
    return numbers
