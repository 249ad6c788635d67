"""Personal data and secrets in a line, by kind. Nothing of what is found leaves: only that it was there.

Each costly expression runs behind a cheap test for a character it needs. Cards: a known first number, the brand's
length, and the check digit (ISO/IEC 7812-1); 13-digit times in ms and random numbers are no cards.
"""

from __future__ import annotations

import functools
import re

from ...secrets import QUERY_NAMES, shape, without_tokens
from .model import PersonalKind

_EMAIL = re.compile(r"[A-Za-z0-9._+-]{1,64}(?:@|%40)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{2,63})+")
_ROLES = re.compile(
    r"(?i)^(?:no-?reply|postmaster|abuse|hostmaster|webmaster|git|info|support|noc|security)(?:@|%40)"
    r"|(?:@|%40)[^ ]*\.(?:png|jpe?g|js|css|svg)$|@\d+x"
)
_PHONE = re.compile(r"\+(?<![\w.+]\+)[1-9]\d{0,2}[ ()-]?(?:\d[ ()-]?){7,12}(?![\w])")
_CARD = re.compile(
    r"(?<![\d.\w-])(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6(?:011|5\d\d))[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}(?![\d.\w-])"
    r"|(?<![\d.\w-])3[47]\d\d[ -]?\d{6}[ -]?\d{5}(?![\d.\w-])"
)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
_PASSWORD = re.compile(
    r"(?i)(?:password|passwd|pwd)[\"']?\s*[=:]\s*[\"']?(?!\*|\[|<|null|none|undefined|true|false|redacted|filtered)[^\s\"'&,}]{4,}"
    r"|://[^/\s:@]+:[^/\s:@]{3,}@"
)


# Every digit as 0 and every capital as A: what may be a card or an account is then found by plain search, many times
# faster.
_SHAPE = bytes(48 if 48 <= byte <= 57 else 65 if 65 <= byte <= 90 else byte for byte in range(256))
_CARD_SHAPES = (
    b"000000000000000",
    b"0000 0000 0000 0000",
    b"0000-0000-0000-0000",
    b"0000 000000 00000",
    b"0000-000000-00000",
)


_NAMES = tuple(name for name in QUERY_NAMES if name != "password")  # a kind of its own
_MARKS = ("eyj", "bearer", "_live_", *(f"{name}=" for name in _NAMES))
"""In lower case: without one of them no token is looked for."""


@functools.cache
def _token() -> re.Pattern[str]:
    """Web tokens and payment keys by their shape, and what stands where HTTP carries a secret."""
    shapes = "|".join(shape(rule).pattern for rule in ("jwt", "stripe-secret"))
    return re.compile(
        rf"(?i:bearer\s+)[A-Za-z0-9._~+/-]{{16,}}|(?i:[?&](?:{'|'.join(_NAMES)})=)[^&\s\"]{{8,}}|{shapes}"
    )


def kinds(line: str, raw: bytes | None = None) -> set[PersonalKind]:
    """Which kinds stand in this line; `raw` are its bytes, where they are at hand."""
    found: set[PersonalKind] = set()
    seen = (line.encode("utf-8", "replace") if raw is None else raw).translate(_SHAPE)
    if ("@" in line or "%40" in line) and any(not _ROLES.search(hit) for hit in _EMAIL.findall(line)):
        found.add("email")
    if b"+0" in seen and _PHONE.search(line):
        found.add("phone")
    if any(shape in seen for shape in _CARD_SHAPES) and any(_luhn(hit) for hit in _CARD.findall(line)):
        found.add("card")
    if b"AA00" in seen and any(_mod97(hit) for hit in _IBAN.findall(line)):
        found.add("iban")
    lower = line.lower()
    if any(mark in lower for mark in _MARKS) and _token().search(line):
        found.add("token")
    if ("passw" in lower or "pwd" in lower or "://" in lower) and _PASSWORD.search(line):
        found.add("password")
    return found


def _luhn(text: str) -> bool:
    digits = [int(char) for char in text if char.isdigit()]
    total = sum(digits[-1::-2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return total % 10 == 0 and len(set(digits)) > 1


def _mod97(text: str) -> bool:
    """ISO 13616: moved to the end and read as a number, it leaves 1 when divided by 97."""
    plain = text.replace(" ", "")
    if not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


_MASKS = (
    (re.compile(r"https?://\S+"), "<url>"),
    (re.compile(r"[^\s@]+(?:@|%40)[^\s@]+"), "<person>"),
    (re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`|«[^»]*»|“[^”]*”"), "<text>"),
    (re.compile(r"(?i)\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b0x[0-9a-f]+\b|\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b"), "<id>"),
    (re.compile(r"(?<!\w)(?:/[\w.@%+~-]+){2,}"), "<path>"),
    (
        re.compile(
            r"(?i)\b(\w*(?:user|name|email|mail|phone|customer|guest|host|buyer|seller|address|city|street)\w*)\s*[=:]\s*[^\s,;)}\]]+"
        ),
        r"\1=<text>",
    ),
    (re.compile(r"\b\w*\d[\w.:-]*"), "<n>"),
)
_CODE = re.compile(
    r"[A-Z][A-Z_]{2,}|[A-Z]\w*(?:Error|Exception|Timeout|Failure|Warning|Fault)|[A-Z][a-z]+(?:[A-Z][a-z]+)+"
)
_WORD = re.compile(r"[^\W\d_]+")


def signature(message: str) -> str:
    """A message with everything taken out that differs from line to line or could name somebody: at most 100
    characters.

    Words with a capital letter go too, save the first one and what looks like a name in code: they may be people.
    """
    text = without_tokens(message[:400].split("\n")[0].split("\\n")[0])
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    seen_first = False

    def plain(match: re.Match[str]) -> str:
        nonlocal seen_first
        word = match[0]
        first, seen_first = not seen_first, True
        if word[:1].islower() or first or _CODE.fullmatch(word):
            return word if word.isascii() or not word[:1].isupper() else "<name>"
        return "<name>"

    return " ".join(_WORD.sub(plain, text).split())[:100]
