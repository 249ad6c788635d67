"""Addresses without what opens something: tokens in a query, a fragment, a path or the user part become `{token}`.

Whoever has such an address needs no log-in: a link to reset a password, an invitation, a signed download. What only
names a thing stays, as far as its look can tell: words and titles with dashes, numbers, UUIDs, ULIDs, cuids and
MongoDB's ids, commits, files with a hash in their name, folders of builds. Behind a word that says what an address is
for (`/reset/…`, `/invite/…`) those ids are tokens too. Everything takes time in proportion to the text.
"""

from __future__ import annotations

import re
from itertools import pairwise
from urllib.parse import unquote

BLANK = "{token}"
"""What stands in the place of a token: a blank, as routes have them."""
_LEAST = 20
"""Shorter ones may be anything: the id of a video, a number with letters."""
_LEAST_EXPECTED = 6
"""Where a token is expected: the digits of a code."""
_LONGEST_WITHOUT_WORDS = 100

_SLASH = r"(?:\\?/|%(?:25)*2[Ff]|\\(?:u00|x)2[Ff])"
_AND = r"(?:[?&;#]|&amp;|\\(?:u00|x)26|%(?:25)*(?:3[FfBb]|26|23))"
_IS = r"(?:=|%(?:25)*3[Dd]|\\(?:u00|x)3[Dd])"
_SCHEME_END = re.compile(r":(?:\\?/|\\(?:u00|x)2[Ff]){2}")
_HOST = r"(?<![\w.%+=-])[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63}){1,10}(?::[0-9]{1,5})?/"
_RUN = re.compile(
    rf"(?:{_SCHEME_END.pattern}|{_HOST}|(?:(?<![\w+/=.:,%\\-])|(?<=[a-z]{{2}}=))(?:\.{{0,2}}\\?/|\?(?=[\w.-]{{1,60}}=)))"
    rf"[^\s\"'`<>\0]+"
)
"""An address from its host on, or a path or query by itself."""
_USER = re.compile(r"(://[^/\s:@?#]{0,100}:)(?![{<$%*])([^/\s@?#]{1,300})(?=@)")
_SEGMENT = re.compile(
    rf"(?P<before>{_SLASH})(?P<value>[\w.~%=+-]+?)(?=$|[/?#&;:|\\\"'`!$()*,\]}}]|%(?:25)*(?:2[Ff]|3[Ff]|26|23))"
)
_VALUE = re.compile(
    rf"(?P<before>{_AND}(?P<name>[\w.\[\]%-]{{1,60}}){_IS})"
    rf"(?P<value>(?:(?!%(?:25)*(?:26|23)|\\(?:u00|x)26)[^&#\s\"'`<>)\]}},;|])+)"
)

QUERY_NAMES = ("access_token", "api_key", "auth", "client_secret", "password", "reset_token", "secret", "token")
"""Names of values in a query that carry a secret, whatever the value is."""
IN_QUERY = re.compile(rf"(?i)[?&]({'|'.join(QUERY_NAMES)})=")
_SECRET_NAME = re.compile(
    r"(?i)[\w.\[\]%-]*(?:token|secret|passw(?:or)?d|signature|api[_-]?key|access[_-]?key|jwt|hmac|credential)[\w.\[\]%-]*"
    r"|(?:\w+[_-])?(?:auth|sig|sid|otp|pin|pwd|pass|ticket|assertion|session|sess|sessionid|session[_-]id)|jsessionid|phpsessid"
    r"|saml(?:request|response|art)|magic"
)
_MAYBE_NAME = re.compile(
    r"(?i)(?:\w+[_-])?(?:code|key|state|nonce|hash|invite|invitation|confirmation|confirm|verify|c|k|t)"
)
_NO_SECRET = re.compile(
    r"(?i)true|false|yes|no|on|off|none|null|undefined|bearer|mac|code|[01]|[{<$*\[].*|%7[Bb].*|\.{3}|…|xxx+"
)
_VERSION_NAME = re.compile(
    r"(?i)v|ver|version|rev|revision|build|h|hash|cb|cachebust|cache|_|dpl|integrity|etag|gclid|fbclid|msclkid|utm_\w+"
)

_WORDS = (
    r"(?:re)?set|reset|recover|recovery|forgot|verify|verification|validate|confirm|confirmation|activate|activation"
    r"|magic|invite|invites|invitation|invitations|unsubscribe|unlock|token|tokens|otp|share|shared|join|claim|redeem"
    r"|passwordless|sso|impersonate"
)
_OPENS = re.compile(rf"(?i)(?:[a-z]{{1,20}}[_-])?(?:{_WORDS})(?:[_-](?:[a-z]{{1,20}}|password|link|mail|email))?")
_RELATIVE = re.compile(r"(?<![\w/%.+=-])(?P<folder>[A-Za-z][A-Za-z-]{2,40})/(?P<value>[\w.~%=+-]+)")
"""One folder deep, as a Location or a link may be."""
_FILE = re.compile(
    r"(?i).+\.(?:m?js|css|map|png|jpe?g|gif|svg|webp|avif|ico|bmp|woff2?|ttf|otf|eot|mp[34]|webm|mov|wasm|webmanifest"
    r"|txt|xml|json|html?|php|aspx?|pdf|zip|gz|csv)"
)
_BUILDS = re.compile(
    r"(?i)static|assets?|_next|_nuxt|chunks?|builds?|dist|bundles?|media|images?|img|fonts?|commits?|tree|blob|raw"
    r"|archive|sha(?:1|256|384|512)|packages?|npm|acme-challenge|pki-validation"
)
_UUID = re.compile(r"(?i)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_NAMES_ONE = re.compile(rf"{_UUID.pattern}|[0-9a-f]{{24}}|[0-7][0-9A-HJKMNP-TV-Z]{{25}}|c[a-z0-9]{{24}}")
_HEX = re.compile(r"(?i)(?=.*[0-9])(?=.*[a-f])[0-9a-f]{32,}")
_BODY = re.compile(r"[A-Za-z0-9._~=-]+")
_PIECES = re.compile(r"[._~=-]+")


def without_tokens(text: str) -> str:
    """The text with a blank in place of each token in an address, whole or relative; all else as it was. Applied
    again, it changes nothing."""
    if "/" not in text and "=" not in text and "%2" not in text:
        return text
    text = _RUN.sub(lambda run: _without(run[0]), text)
    return _RELATIVE.sub(
        lambda one: f"{one['folder']}/{BLANK if is_token(one['value'], one['folder']) else one['value']}", text
    )


def is_token(segment: str, folder: str = "") -> bool:
    """Whether a segment of a path opens something. `folder` is the segment before it."""
    if len(segment) < _LEAST_EXPECTED:
        return False
    if folder and _OPENS.fullmatch(folder) and _opens(segment):
        return True
    if len(segment) < _LEAST or _BUILDS.fullmatch(folder) or _FILE.fullmatch(segment):
        return False
    return _random(segment)


def _without(run: str) -> str:
    run = _USER.sub(rf"\g<1>{BLANK}", run)
    head, rest = "", run
    if run.startswith(":"):
        head = _SCHEME_END.match(run)[0]  # type: ignore[index]  # what a run with a host begins with
        rest = run[len(head) :]
        at = re.search(r"[/?#\\]", rest)
        if at is None:
            return run
        head, rest = head + rest[: at.start()], rest[at.start() :]
    elif rest[0] in "./\\" and _is_no_path(rest):
        return run
    folder = ""

    def segment(one: re.Match[str]) -> str:
        nonlocal folder
        value, before = one["value"], folder
        folder = value
        return one["before"] + (BLANK if is_token(value, before) else value)

    path, question, query = _split(rest)
    asset = _FILE.fullmatch(path) is not None
    path = _SEGMENT.sub(segment, path)
    if ";" in path:
        path = _VALUE.sub(lambda one: _value(one, asset=asset), path)
    if question:
        query = _VALUE.sub(lambda one: _value(one, asset=asset), question + query)
        folder = ""
        query = _SEGMENT.sub(segment, query) if re.search(_SLASH, query) else query
    return head + path + query


def _split(rest: str) -> tuple[str, str, str]:
    found = re.search(r"[?#]", rest)
    return (rest, "", "") if found is None else (rest[: found.start()], found[0], rest[found.end() :])


def _is_no_path(rest: str) -> bool:
    """A piece of base64 that happens to begin with a slash, such as the second string of a DKIM record."""
    first = re.split(r"[/?#]", rest.lstrip("./\\"), maxsplit=1)[0]
    return ("+" in rest.partition("?")[0] or len(rest) > _LONGEST_WITHOUT_WORDS) and _mixed(first.replace("+", ""))


def _value(one: re.Match[str], *, asset: bool) -> str:
    name, value = unquote(one["name"]), one["value"]
    if _NO_SECRET.fullmatch(value):
        return one[0]
    if _SECRET_NAME.fullmatch(name):
        return one["before"] + BLANK
    if re.search(_SLASH, value):  # an address within the address
        return one["before"] + _VALUE.sub(lambda inner: _value(inner, asset=False), value)
    if asset or _VERSION_NAME.fullmatch(name):
        return one[0]
    opens = _opens(value) if _MAYBE_NAME.fullmatch(name) else _random(value)
    return one["before"] + BLANK if opens else one[0]


def _opens(value: str) -> bool:
    """Whether it may be a token where one is expected: an id, six digits, or letters and digits in no order."""
    plain = unquote(value)
    if not _BODY.fullmatch(plain):
        return False
    if _NAMES_ONE.fullmatch(plain) or re.fullmatch(r"[0-9]{6,}|(?i:(?=.*[0-9])[0-9a-f]{8,})", plain) or _random(plain):
        return True
    return any(len(piece) >= 24 or (len(piece) >= 8 and _changes(piece) >= 2) for piece in _PIECES.split(plain))


def _random(value: str) -> bool:
    """Whether letters and digits stand in no order that words have."""
    plain = unquote(value) if "%" in value else value
    if len(plain) < _LEAST or not _BODY.fullmatch(plain) or _NAMES_ONE.fullmatch(plain):
        return False
    pieces = [piece for piece in _PIECES.split(plain) if piece]
    if len(pieces) - 1 > len(plain) / 8:
        return False  # a title
    joined = "".join(pieces)
    return len(joined) >= _LEAST - 4 and (_HEX.fullmatch(joined) is not None or _mixed(joined, pieces))


def _mixed(joined: str, pieces: list[str] | None = None) -> bool:
    letters = [char for char in joined if char.isalpha()]
    capitals = sum(char.isupper() for char in letters)
    if not letters:
        return False
    if len(letters) == len(joined):
        if len(joined) < _LEAST:
            return False
        if 0 < capitals < len(joined):
            return 0.33 <= capitals / len(joined) <= 0.67
        return len(pieces or ()) <= 1 and sum(char in "aeiouAEIOU" for char in joined) / len(joined) < 0.24
    return sum(map(_changes, pieces or [joined])) / len(joined) >= (0.25 if len(pieces or ()) > 3 else 0.18)


def _changes(piece: str) -> int:
    """How often small letters, capitals and digits change; a capital before small ones begins a word, which is no
    change."""
    kinds = [2 if char.isdigit() else 1 if char.isupper() else 0 for char in piece]
    return sum(a != b and (a, b) != (1, 0) for a, b in pairwise(kinds))
