"""Names of hosts as DNS carries them: the one place where other scripts become ASCII and back.

IDNA 2008 (RFC 5890 to 5893) after the mapping of UTS 46, non-transitional: `Faß.de` is xn--fa-hia.de, as browsers have
it since 2016, and not fass.de, which IDNA 2003 (Python's own codec) makes of it and which belongs to somebody else.
"""

from __future__ import annotations

import functools
import re
from urllib.parse import urlsplit

LONGEST = 253
"""Characters of a whole name without its last dot (RFC 1035 section 2.3.4)."""
LONGEST_LABEL = 63
_LOOKED_AT = 1024
"""A longer text is refused as it stands: mapping it first would only cost time."""
_PREFIX = "xn--"


class BadNameError(ValueError):
    """A text that cannot be a name in DNS; says what is wrong with it, ready to follow a colon."""


def to_ascii(name: str) -> str:
    """A name in lower-case ASCII without its last dot; `.`, the root, stays as it is. Raises BadNameError.

    A label that is ASCII already is only measured: `_dmarc`, `*` and a name that somebody registered against the rules
    must be asked for as they are.
    """
    if name == ".":
        return name
    if not name:
        raise BadNameError("it is empty")
    if name.isascii():
        mapped = name.lower()
    elif len(name) > _LOOKED_AT:
        raise BadNameError(f"it has {len(name)} characters, and DNS carries {LONGEST}")
    else:
        mapped = _mapped(name)
    labels = [_label(label) for label in mapped.removesuffix(".").split(".")]
    found = ".".join(labels)
    if len(found) > LONGEST:
        raise BadNameError(f"it has {len(found)} characters, and DNS carries {LONGEST}")
    return found


def comparable(name: str) -> str:
    """A foreign name for comparing with others: `to_ascii`, or in lower case without the last dot where it is no name.
    Never raises."""
    try:
        return to_ascii(name)
    except BadNameError:
        return name.lower().removesuffix(".")


def readable(name: str) -> str:
    """`xn--bcher-kva.example` as bücher.example. What does not read back to the same name stays as it is."""
    return ".".join(_read(label) for label in name.split("."))


def host_of(url: str) -> str:
    """The host of an absolute URL, comparable with a launch's hosts; empty where the URL has none."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return comparable(host) if host else ""


def with_ascii_host(url: str) -> str:
    """A URL whose host is written in another script with that host in ASCII; every other URL as it stands. Raises
    ValueError (BadNameError where only the name is wrong)."""
    if url.isascii():
        return url
    parts = urlsplit(url)
    if not parts.hostname or parts.hostname.isascii():
        return url
    user, at, _ = parts.netloc.rpartition("@")
    port = "" if parts.port is None else f":{parts.port}"
    return parts._replace(netloc=f"{user}{at}{to_ascii(parts.hostname)}{port}").geturl()


def _mapped(name: str) -> str:
    """UTS 46 section 4: the name's characters as they count: lower case, composed, every dot a full stop."""
    import idna

    try:
        return idna.uts46_remap(name, std3_rules=False)
    except idna.IDNAError as error:
        raise BadNameError(_words(name, error)) from None


def _label(label: str) -> str:
    if not label:
        raise BadNameError("it has an empty part between two dots")
    if label.isascii():
        found = label
    else:
        import idna

        try:
            idna.check_label(label)
        except idna.IDNAError as error:
            raise BadNameError(_words(label, error)) from None
        found = _PREFIX + label.encode("punycode").decode("ascii")
    if len(found) > LONGEST_LABEL:
        shown = label if len(label) <= LONGEST_LABEL else f"{label[:LONGEST_LABEL]}…"
        coded = "" if label.isascii() else " in ASCII"
        raise BadNameError(f"{shown!r} has {len(found)} characters{coded}, and a part of a name has at most 63")
    return found


_CODEPOINT = re.compile(r"U\+([0-9A-F]{4,6})")


def _words(text: str, error: Exception) -> str:
    """What the library says, told so that a founder finds the character."""
    import idna

    named = _CODEPOINT.search(str(error))
    if isinstance(error, idna.InvalidCodepointContext) and named:
        return f"{text!r} has the character U+{named[1]} at a place where no name may have it"
    if isinstance(error, idna.InvalidCodepoint) and named:
        char = chr(int(named[1], 16))
        shown = f"{char} (U+{named[1]})" if char.isprintable() else f"U+{named[1]}"
        return f"{shown} is not allowed in a domain name"
    reason = str(error)
    return f"{text!r} is not a part of a name: {reason[:1].lower()}{reason[1:]}"


@functools.lru_cache(maxsize=256)
def _read(label: str) -> str:
    if not label.lower().startswith(_PREFIX):
        return label
    import idna

    try:
        return idna.ulabel(label)
    except idna.IDNAError:
        return label
