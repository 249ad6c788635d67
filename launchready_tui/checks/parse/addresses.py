"""URLs compared as browsers and search engines compare them: origins, normal forms, fingerprinted file names."""

from __future__ import annotations

import itertools
import re
from urllib.parse import urlsplit

from ...hostnames import comparable, host_of

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def origin(url: str) -> str:
    """`scheme://host`, with the port where it is not the scheme's own; lower case. Empty where the URL has no host."""
    try:
        parts = urlsplit(url)
        host, port = comparable(parts.hostname or ""), parts.port
    except ValueError:
        return ""
    if not host:
        return ""
    scheme = parts.scheme.lower()
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" + (f":{port}" if port and port != _PORTS.get(scheme) else "")


def scheme_of(url: str) -> str:
    """Lower case; the whole text where it has no colon."""
    return url.partition(":")[0].strip().lower()


def target(url: str) -> str:
    """Path and query, `/` for an empty path."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def normal(url: str) -> str:
    """Two URLs with the same normal form lead to the same document: scheme and host lower case, no default port, no
    fragment."""
    return origin(url) + target(url)


def place(url: str) -> str:
    """Host and path: how findings name a page."""
    return host_of(url) + (urlsplit(url).path or "/")


_HEX = re.compile(r"(?<![0-9a-zA-Z])[0-9a-f]{8,64}(?![0-9a-zA-Z])")
_SHORT_HEX = re.compile(
    r"[-._~](?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{6,7}(?:\.(?:min|chunk|bundle|module))?\.(?:m?js|css|map|js\.map|css\.map)$"
)
_LAST_PART = re.compile(r"[-._~]([0-9A-Za-z_-]{8,64})\.[A-Za-z0-9.]{2,10}$")
_WORD_AND_NUMBER = re.compile(r"[A-Za-z]+[-_]?\d{1,4}|\d+[-_]?[A-Za-z]+")
_BUILD_FOLDERS = ("/_next/static/", "/_nuxt/", "/_astro/", "/_app/immutable/")


def is_fingerprinted(url: str) -> bool:
    """Whether the name changes with the content, so that a browser may keep the file for a year.

    Build folders of the usual frameworks; 8 or more hex digits, letters among them; 6 or 7 as the last part of a
    script's or style's name (a picture's may be a colour); a last part of 8 or more characters with letters and digits
    in no order a person would write; or exactly 8 letters that keep changing case
    (Vite's and Rollup's `index-BxKmPqRs.js`).
    """
    path = urlsplit(url).path
    if any(folder in path for folder in _BUILD_FOLDERS):
        return True
    name = path.rsplit("/", 1)[-1]
    if any(re.search(r"\d", found.group()) and re.search(r"[a-f]", found.group()) for found in _HEX.finditer(name)):
        return True
    if _SHORT_HEX.search(name):
        return True
    found = _LAST_PART.search(name)
    if not found:
        return False
    part = found.group(1)
    if re.search(r"\d", part):
        return bool(re.search(r"[A-Za-z]", part)) and not _WORD_AND_NUMBER.fullmatch(part)
    changes = sum(one.isupper() != two.isupper() for one, two in itertools.pairwise(part))
    return len(part) == 8 and part.isalpha() and changes >= 3
