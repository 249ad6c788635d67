"""The compression and revalidation rules of performance.caching: how many bytes travel, and how few when nothing
changed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding
from ....world.sights import Reply
from ...base import Say
from ...paste import Platform
from ...seen import via_of
from .assets import Asset
from .validators import thin

if TYPE_CHECKING:
    from ....world import World

_MIN_BYTES = 1024
_CODINGS = ("identity", "gzip", "br", "zstd")
_TEXT_TYPES = (
    "application/javascript",
    "application/json",
    "application/xml",
    "application/manifest+json",
    "image/svg+xml",
    "application/xhtml+xml",
)
# Platforms whose own text to paste is in the sheet.
_PASTED = ("nginx", "caddy", "apache")


def _is_text(reply: Reply) -> bool:
    """A type that shrinks when compressed."""
    return reply.content_type.startswith("text/") or reply.content_type in _TEXT_TYPES


def _can_shrink(reply: Reply) -> bool:
    """Text of more than 1 KB."""
    return _is_text(reply) and len(reply.body) > _MIN_BYTES


async def ask_ahead(world: World, reply: Reply) -> None:
    """Asks what the two rules below will ask about this file; the world remembers the answers."""
    if reply.status == 200:
        await asyncio.gather(_revalidate(world, reply), *([_codings(world, reply.url)] if _can_shrink(reply) else []))


async def judge_compression(
    say: Say, world: World, name: str, replies: list[Reply], platform: Platform
) -> list[Finding]:
    """One finding for the page and its text files larger than 1 KB. Sizes are bytes on the wire."""
    texts = [reply for reply in replies if _can_shrink(reply)]
    if not texts:
        return []
    rows = await asyncio.gather(*(_codings(world, reply.url) for reply in texts))
    judged = [_level(row) for row in rows]
    lines = []
    for reply, row in zip(texts, rows, strict=True):
        sizes = "  ".join(f"{coding} {answer.wire_bytes}" for coding, answer in row.items() if _applied(answer, coding))
        lines.append(f"{reply.url}  {sizes} bytes")
    evidence = [Evidence.of("bytes", "\n".join(lines), source=f"https://{name}/", at=texts[0].at)]
    via = via_of(*texts)
    fix = say.fix(f"compress-{platform}" if platform in _PASTED else "compress")
    level, said = min(judged, key=lambda row: ("fail", "warn", "info", "unseen", "").index(row[0]))
    match level:
        case "fail":
            return [say.fail("compression", name, evidence=evidence, remedy=fix, via=via)]
        case "warn":
            return [say.warn("compression", name, said, evidence=evidence, remedy=fix, via=via)]
        case "info":
            return [say.info("compression", name, evidence=evidence, remedy=fix, via=via)]
        case "unseen":
            return [say.unknown("compression", name, evidence=evidence, via=via)]
    return [say.passed("compression", name, evidence=evidence, via=via)]


async def _codings(world: World, url: str) -> dict[str, Reply]:
    answers = await asyncio.gather(*(world.web.get(url, headers=(("accept-encoding", coding),)) for coding in _CODINGS))
    return {
        coding: answer
        for coding, answer in zip(_CODINGS, answers, strict=True)
        if isinstance(answer, Reply) and answer.status == 200
    }


def _coding_of(reply: Reply) -> str:
    return (reply.header("content-encoding") or "identity").strip().lower()


def _applied(reply: Reply, coding: str) -> bool:
    return _coding_of(reply) == coding


def _level(row: dict[str, Reply]) -> tuple[str, str]:
    """How one file is compressed: level, and the message where the level has several."""
    if not row or all(coding == "identity" for coding in row):
        return "unseen", ""
    packed = {coding: reply for coding, reply in row.items() if coding != "identity" and _applied(reply, coding)}
    if not packed:
        return "fail", ""
    plain = row.get("identity")
    smallest = min(packed.values(), key=lambda reply: reply.wire_bytes)
    if plain and _applied(plain, "identity") and not plain.truncated and smallest.wire_bytes > plain.wire_bytes:
        return "warn", "larger"
    if not all(_varies(reply) for reply in packed.values()):
        return "warn", "no-vary"
    return ("info" if set(packed) == {"gzip"} else ""), ""


def _varies(reply: Reply) -> bool:
    """Whether caches keep it apart by the coding that was asked for."""
    words = (word.strip().lower() for value in reply.all("vary") for word in value.split(","))
    return any(word in ("accept-encoding", "*") for word in words)


async def judge_revalidation(say: Say, world: World, name: str, assets: list[Asset]) -> list[Finding]:
    """Whether a file that did not change is answered by 304 (RFC 9110 section 13): one finding a host."""
    outcomes = await asyncio.gather(*(_revalidate(world, asset.first) for asset in assets))
    lines, bad, kept = [], [], []
    for asset, outcome in zip(assets, outcomes, strict=True):
        if not outcome:
            lines.append(f"{asset.url}  no ETag and no Last-Modified")
        for condition, answer in outcome:
            if isinstance(answer, Failure):
                lines.append(f"{asset.url}  {condition}  →  {answer}")
                continue
            kept.append(answer)
            lines.append(f"{asset.url}  {condition}  →  {answer.status}")
            if answer.status == 200 and answer.body == asset.first.body:
                bad.append(asset)
    evidence = [Evidence.of("revalidation", "\n".join(lines), source=f"https://{name}/", at=assets[0].first.at)]
    via = via_of(*(asset.first for asset in assets))
    if bad:
        return [say.warn("revalidation", name, evidence=evidence, via=via)]
    if not kept:
        return [say.info("revalidation", name, evidence=evidence, via=via)]
    good = say.passed("revalidation", name, evidence=evidence, via=via)
    lacking = thin(kept)
    return [good, say.info("thin-304", name, headers=lacking, evidence=evidence, via=via)] if lacking else [good]


async def _revalidate(world: World, first: Reply) -> list[tuple[str, Reply | Failure]]:
    """Each validator that the file has, asked by itself: some servers honour only one of the two."""
    held = [("if-none-match", first.header("etag")), ("if-modified-since", first.header("last-modified"))]
    asked = [(name, value) for name, value in held if value]
    answers = await asyncio.gather(*(world.web.get(first.url, headers=((name, value),)) for name, value in asked))
    return [(f"{name}: {value}", answer) for (name, value), answer in zip(asked, answers, strict=True)]
