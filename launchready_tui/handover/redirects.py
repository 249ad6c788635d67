"""edge/: the launch file's old addresses as rules for nginx and as a list for Cloudflare's bulk redirects."""

from __future__ import annotations

import csv
import io
import re
from urllib.parse import urlsplit

from .. import text
from .snapshot import Snapshot

# What may stand in a rule letter by letter; a quote, a brace or a blank would start something of its own.
_SAFE = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/[A-Za-z0-9._~%!&'()*+,=:@/-]*)?\Z")
_QUERY = re.compile(r"[A-Za-z0-9._~%!&'()*+,=:@/?-]*\Z")


def files(shot: Snapshot) -> dict[str, bytes]:
    """Both forms, where the launch file names old addresses at all."""
    if not shot.launch.redirects:
        return {}
    return {"edge/redirects.nginx.conf": nginx(shot), "edge/redirects.cloudflare.csv": cloudflare(shot)}


def nginx(shot: Snapshot) -> bytes:
    """`location =` blocks, one part a host. /.well-known/ is left alone: apps verify there and follow no redirect."""
    by_host: dict[str, list[str]] = {}
    left: list[str] = []
    for one in shot.launch.redirects:
        old = urlsplit(one.from_)
        if not (_SAFE.match(one.from_) and _target(one.to)) or old.path.startswith("/.well-known/"):
            left.append(f"# left out: {text.for_terminal(one.from_)}")
            continue
        by_host.setdefault(old.netloc, []).append(f"location = {old.path or '/'} {{ return 301 {one.to}; }}")
    lines = [
        *(f"# {text.for_terminal(banner)}" for banner in shot.banners),
        "# Old addresses and their new targets, one redirect each.",
    ]
    for host, rules in by_host.items():
        lines += ["", f"# in the server block of {host}", *dict.fromkeys(rules)]
    return ("\n".join([*lines, *([""] if left else []), *left]) + "\n").encode("utf-8")


def cloudflare(shot: Snapshot) -> bytes:
    """SOURCE_URL,TARGET_URL,STATUS_CODE, no head line (developers.cloudflare.com/rules/url-forwarding/bulk-redirects,
    November 2026)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    for one in shot.launch.redirects:
        if _SAFE.match(one.from_) and _target(one.to):
            writer.writerow([one.from_, one.to, 301])
    return out.getvalue().encode("utf-8")


def _target(url: str) -> bool:
    place, mark, query = url.partition("?")
    return bool(_SAFE.match(place)) and (not mark or bool(_QUERY.match(query)))
