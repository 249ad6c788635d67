"""Source maps (ECMA-426): which map a script names, and the original sources inside a map."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

import msgspec

_PUBLIC = re.compile(
    r"(?:^|/)node_modules/|^\0|^(?:webpack://[^/]*/)?(?:\./)?\(?webpack\)?/|^vite/|/webpack/(?:bootstrap|runtime)"
)
_REFERENCE = re.compile(r"//[#@]\s?sourceMappingURL=(\S+)")


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One original file carried by a map."""

    name: str
    content: str

    @property
    def public(self) -> bool:
        """Whether it is a library's, or the bundler's own: anyone could read it before."""
        return _PUBLIC.search(self.name) is not None


class _Section(msgspec.Struct):
    map: _Map | None = None


class _Map(msgspec.Struct):
    version: int
    sources: list[str | None] = []
    sources_content: list[str | None] = msgspec.field(name="sourcesContent", default_factory=list)
    sections: list[_Section] = []


def map_reference(script: str) -> str:
    """The URL that the script's last `sourceMappingURL` comment names, empty without one. The comment stands at the
    end."""
    place = script.rfind("sourceMappingURL=")
    if (
        place < 0
        or (found := _REFERENCE.match(script, max(0, place - 4)) or _REFERENCE.match(script, max(0, place - 3))) is None
    ):
        return ""
    return found[1]


def inline_map(reference: str) -> bytes | None:
    """The map inside a `data:` URL; None where it is no data URL or does not decode."""
    if not reference.startswith("data:"):
        return None
    head, _, body = reference.partition(",")
    raw = unquote_to_bytes(body)
    if head.endswith(";base64"):
        try:
            return base64.b64decode(raw, validate=True)
        except binascii.Error:
            return None
    return raw


def sources(raw: bytes) -> tuple[Source, ...]:
    """The sources inside a version 3 map, sections included. Raises ValueError where it is no such map."""
    try:
        decoded = msgspec.json.decode(raw.removeprefix(b")]}'\n"), type=_Map)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"not a source map: {error}") from error
    if decoded.version != 3:
        raise ValueError(f"a source map of version {decoded.version}, not 3")
    parts = [decoded, *(section.map for section in decoded.sections if section.map is not None)]
    return tuple(
        Source(
            name=(part.sources[place] if place < len(part.sources) else None) or f"source {place + 1}", content=content
        )
        for part in parts
        for place, content in enumerate(part.sources_content)
        if content
    )
