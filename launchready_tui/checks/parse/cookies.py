"""Set-Cookie as browsers read it (RFC 6265bis section 5.6), one header value a cookie."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ...secrets import is_jwt
from ...text import whole

# Names that frameworks and log-in services give the cookie that keeps a person logged in, as known 2026-11; with or
# without the prefixes __Host- and __Secure-, and the number of a part (.0) at the end.
_OWN_NAMES = re.compile(
    r"""(?:__host-|__secure-)?(?:
    phpsessid|jsessionid|asp\.net_sessionid|aspsessionid[a-z]{1,20}|cgisessid|cftoken|cfid|cakephp|rack\.session
    |\.aspnet(?:core)?\.(?:session|cookies|identity\.[a-z.]{1,40}|applicationcookie)|\.aspxauth|ci_session|play_session
    |connect\.sid|express[.:]s(?:id|ess)|koa[.:]sess|sess(?:ion)?|(?:_?session|sess?)[-_.]?(?:id|key|token)|sid
    |laravel_session|s?sess[0-9a-f]{32}|django_session|adonis-session|iron-session|appsession
    |remember_(?:web|user|admin|[a-z]{1,20})_(?:token|[0-9a-f]{40})|remember[-_]?(?:me|token)|user_credentials
    |wordpress_(?:logged_in|sec)_[0-9a-f]{1,40}|(?:next-auth|authjs|better-auth)\.session[-_]token
    |__session|sb-[a-z0-9-]{1,60}-auth-token|sb-(?:access|refresh)-token|ory_(?:kratos_)?session[a-z0-9_]{0,60}
    |keycloak_(?:session|identity)(?:_legacy)?|auth_session_id
    |(?:user|auth|access|refresh|id|api|login|bearer)[-_.]?token|jwt|jwt[-_]?token|access[-_]?jwt|authorization
    )(?:\.\d{1,2})?""",
    re.IGNORECASE | re.VERBOSE,
)
# Log-in services whose own script in the page reads their cookie, which cannot be HttpOnly: Supabase by its name, Clerk
# by its name and a JWT in it (others keep something else under that name).
_READ_BY_SCRIPTS = re.compile(r"sb-[a-z0-9-]{1,60}-auth-token(?:\.\d{1,2})?", re.IGNORECASE)
# A name that may mean a log-in: it does where the value is signed or opaque, or kept from scripts.
_LOG_IN_WORDS = frozenset(("session", "sess", "sid", "auth", "token", "login", "jwt", "identity"))
_SIGNED = re.compile(r"(?:s%3A|s:)?[\w%+/=-]{8,4000}\.[\w%+/=:-]{6,200}(?:\.[\w%+/=-]{16,200})?")
_OPAQUE = re.compile(r"(?=[^\d]{0,200}\d)(?=[^A-Za-z]{0,200}[A-Za-z])[\w%+/=.|:-]{20,4096}")
_CSRF = re.compile(r"csrf|xsrf|requestverificationtoken|antiforgery", re.IGNORECASE)
# What a visitor chose, in a few plain characters: nothing is lost where others read it.
_PREFERENCE = re.compile(
    r"(?:^|[-_.])(?:lang|language|locale|localization|i18n|theme|color|dark|currency|country|region|tz|timezone|consent|"
    r"cookie[-_]?banner|layout|view|sort)(?:$|[-_.])",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
# Set by the platform or by page statistics, not by the product: its owner decides its attributes.
_INFRASTRUCTURE = re.compile(
    r"^(__cf_bm|cf_clearance|_cfuvid|__cflb|AWSALB\w*|ARRAffinity\w*|heroku-session-affinity|_ga\w*|_gid|_gcl_\w+)$"
)


LARGEST = 4096
"""Octets of name and value: browsers drop what is larger."""


@dataclass(frozen=True)
class Cookie:
    """One cookie. `same_site` and `domain` are None where the attribute is absent."""

    name: str
    value: str
    attributes: tuple[tuple[str, str], ...]
    """Lower-case names with their values as sent; the last one of a name counts."""

    def attribute(self, name: str) -> str | None:
        """Its value, empty for one without (`Secure`); None where absent. The last of a name counts (RFC 6265, 5.3)."""
        return next((value for key, value in reversed(self.attributes) if key == name), None)

    def has(self, name: str) -> bool:
        """`name` is lower case."""
        return self.attribute(name) is not None

    @property
    def secure(self) -> bool:
        """Sent over https only (RFC 6265, section 5.2.5)."""
        return self.has("secure")

    @property
    def http_only(self) -> bool:
        """Kept from scripts (RFC 6265, section 5.2.6)."""
        return self.has("httponly")

    @property
    def same_site(self) -> str | None:
        """As sent, in any case; None where absent, which browsers take as Lax."""
        return self.attribute("samesite")

    @property
    def domain(self) -> str | None:
        """Lower case, without the leading dot (RFC 6265, section 5.2.3); None means this host alone."""
        found = self.attribute("domain")
        return found.lstrip(".").lower() if found else None

    @property
    def path(self) -> str:
        """As sent; empty where absent, which is the folder of the page that set it."""
        return self.attribute("path") or ""

    @property
    def is_infrastructure(self) -> bool:
        """A load balancer's or edge's own cookie, by its name: nothing that the product could change."""
        return bool(_INFRASTRUCTURE.match(self.name))

    @property
    def is_csrf(self) -> bool:
        """A token against forged requests, by its name: scripts may have to read it."""
        return bool(_CSRF.search(self.name))

    @property
    def is_session(self) -> bool:
        """Whether it keeps somebody logged in: by a framework's own name; by a name that ends in a word for it, where
        the value is signed or opaque or scripts cannot read it; or by a JWT that scripts cannot read."""
        if self.is_csrf or self.is_infrastructure:
            return False
        if _OWN_NAMES.fullmatch(self.name):
            return True
        words = _WORDS.findall(self.name)
        signed = is_jwt(self.value) or bool(_SIGNED.fullmatch(self.value))
        if words and words[-1].lower() in _LOG_IN_WORDS:
            return self.http_only or signed or bool(_OPAQUE.fullmatch(self.value))
        return self.http_only and is_jwt(self.value)

    @property
    def for_scripts(self) -> bool:
        """A log-in cookie that the log-in service's own script reads on purpose."""
        clerk = self.name == "__session" and is_jwt(self.value)
        return clerk or bool(_READ_BY_SCRIPTS.fullmatch(self.name))

    @property
    def is_preference(self) -> bool:
        """It keeps what a visitor chose: a language, a theme, a currency."""
        return (
            bool(_PREFERENCE.search(self.name)) and len(self.value) <= 40 and not self.is_session and not self.is_csrf
        )

    def is_deleted(self, now: datetime) -> bool:
        """Whether browsers throw it away at once (RFC 6265 sections 5.2.1, 5.2.2 and 5.3): Max-Age goes before
        Expires."""
        age = self.attribute("max-age") or ""
        if re.fullmatch(r"-?[0-9]+", age):
            return age.startswith("-") or whole(age) == 0
        ends = _date(self.attribute("expires") or "")
        return ends is not None and ends <= now

    @property
    def size(self) -> int:
        """Name and value in octets: above 4096 browsers drop it."""
        return len(self.name.encode("utf-8", "replace")) + len(self.value.encode("utf-8", "replace"))

    @property
    def dropped_because(self) -> str:
        """Why browsers throw it away without a word; empty where they keep it."""
        if self.size > LARGEST:
            return "it is larger than 4096 bytes"
        lower = self.name.lower()
        if lower.startswith("__secure-") and not self.secure:
            return "the name starts with __Secure- but Secure is missing"
        if lower.startswith("__host-"):
            if not self.secure:
                return "the name starts with __Host- but Secure is missing"
            if self.path != "/":
                return "the name starts with __Host- but Path is not /"
            if self.has("domain"):
                return "the name starts with __Host- but Domain is set"
        if self.has("partitioned") and not self.secure:
            return "Partitioned needs Secure"
        return ""

    def but(self, change: dict[str, str | None]) -> Cookie:
        """The same cookie with some attributes, by lower-case name, set or (None) left out."""
        kept = [(key, value) for key, value in self.attributes if key not in change]
        return replace(self, attributes=(*kept, *((key, value) for key, value in change.items() if value is not None)))

    @property
    def shown(self) -> str:
        """For evidence: the value is left out, it may be somebody's session."""
        titled = ((_TITLES.get(key, key), value) for key, value in self.attributes)
        return "; ".join([f"{self.name}=…", *(f"{title}={value}" if value else title for title, value in titled)])


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _date(value: str) -> datetime | None:
    """A cookie's date in whatever order it is written (RFC 6265 section 5.1.1); None where browsers read none."""
    found: dict[str, tuple[int, ...]] = {}
    for word in re.split(r"[^0-9A-Za-z:]+", value[:100]):
        if (clock := re.match(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?!\d)", word)) and "time" not in found:
            found["time"] = tuple(map(int, clock.groups()))
        elif (day := re.match(r"(\d{1,2})(?!\d)", word)) and "day" not in found:
            found["day"] = (int(day[1]),)
        elif word[:3].lower() in _MONTHS and "month" not in found:
            found["month"] = (_MONTHS.index(word[:3].lower()) + 1,)
        elif (year := re.match(r"(\d{2,4})(?!\d)", word)) and "year" not in found:
            short = int(year[1])
            found["year"] = (short + 1900 if 70 <= short <= 99 else short + 2000 if short <= 69 else short,)
    try:
        return datetime(*found["year"], *found["month"], *found["day"], *found["time"], tzinfo=UTC)  # type: ignore[arg-type,misc]
    except (KeyError, ValueError):
        return None


_TITLES = {
    "secure": "Secure",
    "httponly": "HttpOnly",
    "samesite": "SameSite",
    "path": "Path",
    "domain": "Domain",
    "max-age": "Max-Age",
    "expires": "Expires",
    "partitioned": "Partitioned",
}


def read(value: str) -> Cookie | None:
    """One Set-Cookie value; None where there is neither a name nor a value."""
    pair, *rest = value.split(";")
    name, equals, content = pair.partition("=")
    if not equals:
        name, content = "", pair
    name, content = name.strip(), content.strip()
    if not name and not content:
        return None
    attributes = []
    for part in rest:
        key, _, given = part.partition("=")
        if key.strip():
            attributes.append((key.strip().lower(), given.strip()))
    return Cookie(name, content, tuple(attributes))
