"""Rules of performance.caching on what keeps caches right: Vary, ETags that stand for one content, 304 answers, what
is packed twice."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ....findings import Evidence, Finding
from ....world.sights import Reply
from ...base import Say
from ...seen import files_evidence, via_of
from .assets import Asset

if TYPE_CHECKING:
    from ....world import World

_SPLITTING = ("*", "cookie", "user-agent")
_PACKED_TYPES = (
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/avif",
    "image/gif",
    "font/woff2",
    "font/woff",
    "video/mp4",
)


def _words(reply: Reply, header: str) -> list[str]:
    return [word.strip().lower() for value in reply.all(header) for word in value.split(",") if word.strip()]


def judge_vary(say: Say, name: str, assets: list[Asset]) -> list[Finding]:
    """RFC 9111 section 4.1: a file that varies by cookie or browser is stored anew for each of them, so hardly ever
    found."""
    rows = [(asset, [word for word in _words(asset.first, "vary") if word in _SPLITTING]) for asset in assets]
    bad = [(asset, words) for asset, words in rows if words]
    if not bad:
        return []
    lines = "\n".join(f"{asset.url}  vary: {asset.first.header('vary') or '(not sent)'}" for asset in assets)
    evidence, via = [Evidence.of("vary", lines)], via_of(*(asset.first for asset in assets))
    return [say.warn("vary", name, word=bad[0][1][0], evidence=evidence, via=via)]


async def judge_etags(say: Say, world: World, name: str, assets: list[Asset]) -> list[Finding]:
    """RFC 9110 section 8.8: a strong ETag stands for one sequence of bytes; the same bytes keep it."""
    codings = await asyncio.gather(*(_by_coding(world, asset.url) for asset in assets))
    lines, problem = [], ""
    for asset, (plain, packed) in zip(assets, codings, strict=True):
        tags = {(look.header("etag"), look.header("content-encoding")) for look in asset.looks if look.header("etag")}
        by_coding: dict[str, set[str]] = {}
        for tag, coding in tags:
            by_coding.setdefault(coding or "", set()).add(tag or "")
        bodies = {look.body for look in asset.looks}
        lines.append(f"{asset.url}  etag: {', '.join(sorted({tag or '' for tag, _ in tags})) or '(not sent)'}")
        if len(bodies) == 1 and any(len(seen) > 1 for seen in by_coding.values()):
            problem = problem or "changes"
        elif plain is not None and packed is not None and _one_tag_for_two(plain, packed):
            problem = problem or "shared"
    if not problem:
        return []
    evidence = [Evidence.of("etag", "\n".join(lines), source=f"https://{name}/", at=assets[0].first.at)]
    via = via_of(*(asset.first for asset in assets))
    return [say.warn("etag", name, problem, evidence=evidence, via=via)]


async def _by_coding(world: World, url: str) -> tuple[Reply | None, Reply | None]:
    answers = await asyncio.gather(
        *(world.web.get(url, headers=(("accept-encoding", coding),)) for coding in ("identity", "gzip"))
    )
    plain, packed = (answer if isinstance(answer, Reply) and answer.status == 200 else None for answer in answers)
    return plain, packed


def _one_tag_for_two(plain: Reply, packed: Reply) -> bool:
    tag = plain.header("etag")
    differs = (plain.header("content-encoding") or "identity") != (packed.header("content-encoding") or "identity")
    return differs and bool(tag) and not (tag or "").startswith("W/") and tag == packed.header("etag")


def judge_twice_packed(say: Say, name: str, assets: list[Asset]) -> list[Finding]:
    """Pictures and fonts are packed by themselves: packing them again costs work and saves nothing. A fact."""
    twice = [
        asset
        for asset in assets
        if asset.first.content_type in _PACKED_TYPES
        and (asset.first.header("content-encoding") or "identity") != "identity"
    ]
    if not twice:
        return []
    rows = [(asset.url, f"{asset.first.content_type}, {asset.first.header('content-encoding')}") for asset in twice]
    return [say.info("twice-packed", name, evidence=[files_evidence("files", name, rows)], via=twice[0].first.via)]


def thin(answers: list[Reply]) -> tuple[str, ...]:
    """RFC 9110 section 15.4.5: what a 304 should repeat and does not; empty where all do."""
    for answer in answers:
        missing = tuple(header for header in ("etag", "cache-control") if answer.header(header) is None)
        if answer.status == 304 and missing:
            return missing
    return ()
