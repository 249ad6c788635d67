"""Known secrets taken out of whatever is written: in the forms in which values travel, not only as they are."""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from urllib.parse import quote, quote_plus

from .secret import Secret

LEAST = 6
"""Shorter values would be found everywhere by chance; the vault refuses them."""


def forms(value: str) -> frozenset[str]:
    """The spellings of a value in JSON, HTML, URLs, base64 at any alignment (both alphabets), hex and Python's repr,
    and itself."""
    raw = value.encode("utf-8", "surrogatepass")
    found = {value, repr(value)[1:-1], html.escape(value, quote=True), html.escape(value, quote=False)}
    found.add(html.escape(value, quote=True).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"))
    found.update(json.dumps(value, ensure_ascii=plain)[1:-1] for plain in (True, False))
    found.update(one.replace("/", "\\/") for one in tuple(found))  # PHP's JSON
    for encoded in (quote(raw, safe=""), quote(raw, safe="/"), quote_plus(raw)):
        found.update((encoded, re.sub(r"%[0-9A-F]{2}", lambda octet: octet[0].lower(), encoded)))
    found.update((raw.hex(), raw.hex().upper()))
    found.update(_base64_forms(raw))
    # A key in PEM is often indented or broken anew; its lines are long enough to be known by themselves.
    found.update(line.strip() for line in value.splitlines() if len(line.strip()) >= 20 and "-----" not in line)
    return frozenset(form for form in found if len(form) >= LEAST)


def _base64_forms(raw: bytes) -> set[str]:
    """The characters that are fixed by the value alone, whatever stands before and after it (RFC 4648 sections 4 and
    5)."""
    found: set[str] = set()
    for shift, blurred in ((0, 0), (1, 2), (2, 3)):
        whole = base64.b64encode(b"\0" * shift + raw).decode()
        sharp = whole[blurred : (shift + len(raw)) * 8 // 6]
        found.update((sharp, sharp.replace("+", "-").replace("/", "_")))
    return found


class Redactor:
    """Knows the values that this program has read, and replaces them by `<secret NAME>`. Safe to use from several
    threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None

    def add(self, secret: Secret) -> None:
        """From now on this value is taken out. The first name of a value stays."""
        with self._lock:
            new = {form: secret.name for form in forms(secret.reveal()) if form not in self._names}
            if new:
                self._names.update(new)
                longest_first = sorted(self._names, key=len, reverse=True)
                self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def clean(self, text: str) -> str:
        """The text with every known value replaced."""
        with self._lock:
            pattern, names = self._pattern, self._names
        return text if pattern is None else pattern.sub(lambda match: f"<secret {names[match[0]]}>", text)

    def found(self, content: str | bytes) -> tuple[str, ...]:
        """Names of the known secrets that a text or a file still holds: empty means that it may go out."""
        text = content if isinstance(content, str) else content.decode("utf-8", "replace")
        with self._lock:
            pattern, names = self._pattern, self._names
        return () if pattern is None else tuple(dict.fromkeys(names[match[0]] for match in pattern.finditer(text)))
