"""What an answer says of the shared caches it came through: one table, read from the top, the first row that speaks
wins."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ...text import whole
from ...world.sights import Reply
from .fields import sf_list

Verdict = Literal["hit", "miss", "not-cached", "unclear"]


@dataclass(frozen=True)
class CacheAnswer:
    """`hit`: a shared cache gave it; `miss`: it may next time; `not-cached`: it will not; `header` and `value` are the
    evidence."""

    verdict: Verdict
    cache: str
    header: str
    value: str


def _words(table: dict[str, Verdict]) -> Callable[[str], Verdict]:
    def read(value: str) -> Verdict:
        return table.get(value.strip().upper(), "unclear")

    return read


def _cache_status(value: str) -> Verdict:
    """RFC 9211: a list, the cache nearest to the origin first, so the last one is nearest to us."""
    items = sf_list([value])
    if not items:
        return "unclear"
    nearest = items[-1].params
    if nearest.get("hit", "?0") == "?1":
        return "hit"
    forwarded = nearest.get("fwd", "")
    if forwarded in ("bypass", "method", "request"):
        return "not-cached"
    if any(item.params.get("hit") == "?1" for item in items):
        return "hit"
    return "miss" if forwarded else "unclear"


def _nearest(value: str) -> str:
    """The name that the cache nearest to us gives itself."""
    items = sf_list([value])
    return items[-1].value if items else UNNAMED


def _x_cache(value: str) -> Verdict:
    """`Hit from cloudfront`, `RefreshHit …`, `TCP_HIT from …`, `HIT`; Fastly lists its caches, the nearest one last."""
    lower = value.lower().split(",")[-1].strip()
    if re.search(r"hit", lower):
        return "hit"
    if re.search(r"bypass|pass|uncacheable|dynamic", lower):
        return "not-cached"
    return "miss" if re.search(r"miss|error|expired|stale|fetch", lower) else "unclear"


def _akamai(value: str) -> Verdict:
    return _x_cache(value)


_CLOUDFLARE = _words(
    {
        "HIT": "hit",
        "REVALIDATED": "hit",
        "UPDATING": "hit",
        "STALE": "hit",
        "MISS": "miss",
        "EXPIRED": "miss",
        "DYNAMIC": "not-cached",
        "BYPASS": "not-cached",
        "NONE": "not-cached",
        "NONE/UNKNOWN": "not-cached",
    }
)
_VERCEL = _words(
    {"HIT": "hit", "STALE": "hit", "PRERENDER": "hit", "REVALIDATED": "hit", "MISS": "miss", "BYPASS": "not-cached"}
)
_BUNNY = _words(
    {"HIT": "hit", "STALE": "hit", "REVALIDATED": "hit", "MISS": "miss", "EXPIRED": "miss", "BYPASS": "not-cached"}
)
_NGINX = _words(
    {
        "HIT": "hit",
        "STALE": "hit",
        "UPDATING": "hit",
        "REVALIDATED": "hit",
        "MISS": "miss",
        "EXPIRED": "miss",
        "BYPASS": "not-cached",
    }
)

# Header, the cache it belongs to (empty where the value names it), how its value reads. Vendor pages as of 2026-11:
# Cloudflare "Cache responses", Vercel "Response headers", CloudFront "x-cache", Fastly "X-Cache", Akamai
# "Akamai-Cache-Status", Bunny "CDN-Cache"; X-Cache-Status is nginx's usual name for its own.
UNNAMED = "a shared cache"
"""What a cache is called that does not say which it is."""

TABLE: tuple[tuple[str, str, Callable[[str], Verdict]], ...] = (
    ("cache-status", "", _cache_status),
    ("cf-cache-status", "Cloudflare", _CLOUDFLARE),
    ("x-vercel-cache", "Vercel", _VERCEL),
    ("akamai-cache-status", "Akamai", _akamai),
    ("cdn-cache", "Bunny", _BUNNY),
    ("x-cache-status", "nginx", _NGINX),
    ("x-proxy-cache", "nginx", _NGINX),
    ("x-cache", UNNAMED, _x_cache),
)


def read(reply: Reply) -> CacheAnswer | None:
    """What the answer says; None where no header speaks of a shared cache. A positive Age alone is a hit (RFC 9111
    section 5.1)."""
    for header, cache, judge in TABLE:
        values = reply.all(header)
        if values:
            value = ", ".join(values)
            verdict = judge(value)
            if verdict != "unclear":
                return CacheAnswer(verdict, cache or _nearest(value), header, value)
    age = (reply.header("age") or "").strip()
    seconds = whole(age)
    return None if seconds is None else CacheAnswer("hit" if seconds else "miss", UNNAMED, "age", age)
