"""Set-Cookie as browsers read it (RFC 6265bis section 5.6), one header value a cookie."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_SESSION = re.compile(r"sess|sid$|auth|token|jwt|login|remember", re.IGNORECASE)
_CSRF = re.compile(r"csrf|xsrf", re.IGNORECASE)
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
        """Its name says that it keeps somebody logged in."""
        return bool(_SESSION.search(self.name)) and not self.is_csrf and not self.is_infrastructure

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
