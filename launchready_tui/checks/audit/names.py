"""How this stage names a file of the product: in a way that the next build does not change."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ...hostnames import host_of
from ..parse.addresses import is_fingerprinted

_PIECE = re.compile(r"[A-Za-z0-9_]{6,64}|[A-Za-z0-9_-]{8,64}$")
_BUILD = re.compile(r"/_next/static/[A-Za-z0-9_-]{12,64}/")


def lasting(url: str) -> str:
    """Host and path, the part that changes with the content replaced by `*`: `app.example.com/assets/index-*.js`."""
    path = _BUILD.sub(
        lambda found: (
            found.group() if found.group().split("/")[3] in ("chunks", "css", "media") else "/_next/static/*/"
        ),
        urlsplit(url).path or "/",
    )
    folder, _, name = path.rpartition("/")
    stem, dot, ending = name.partition(".") if name.count(".") == 1 else _split(name)
    if is_fingerprinted(f"https://host/{name}"):
        pieces = re.split(r"([-._~])", stem)
        for at in range(len(pieces) - 1, -1, -1):
            if _changes(pieces[at], alone=len(pieces) == 1):
                pieces[at] = "*"
                break
        else:
            pieces = ["*"] if len(pieces) == 1 else [*pieces[:-1], "*"]
        stem = "".join(pieces)
    return f"{host_of(url)}{folder}/{stem}{dot}{ending}"


def _split(name: str) -> tuple[str, str, str]:
    """A name with several dots: the endings that tell the kind stay together (`app.3f9c2a1b.js.map`)."""
    parts = name.split(".")
    if len(parts) == 1:
        return name, "", ""
    tail = 2 if len(parts) > 2 and parts[-1] == "map" else 1
    return ".".join(parts[:-tail]), ".", ".".join(parts[-tail:])


def _changes(piece: str, *, alone: bool) -> bool:
    if not _PIECE.fullmatch(piece):
        return False
    mixed = bool(re.search(r"\d", piece)) and bool(re.search(r"[A-Za-z]", piece))
    return mixed or (len(piece) == 8 and not piece.islower()) or (alone and piece.isdigit())
