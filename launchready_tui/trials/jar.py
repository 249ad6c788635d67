"""Cookies of one walk, as far as a log-in needs them (RFC 6265): by host or domain, path, and gone when they end at
once."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from ..hostnames import host_of
from ..world.sights import Reply


class Jar:
    """Kept in memory only."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], tuple[str, bool]] = {}
        """(name, domain, path) to (value, for that host only)."""

    def take(self, reply: Reply) -> None:
        """What an answer sets. A cookie for a domain that the host is not in is not taken."""
        host = host_of(reply.url)
        for line in reply.all("set-cookie"):
            try:
                parsed = SimpleCookie(line)
            except CookieError:
                continue
            for name, morsel in parsed.items():
                domain = str(morsel["domain"]).lstrip(".").lower()
                if domain and not _inside(host, domain):
                    continue
                path = str(morsel["path"])
                key = (name, domain or host, path if path.startswith("/") else "/")
                if str(morsel["max-age"]).strip() in ("0", "-1"):
                    self._kept.pop(key, None)
                else:
                    self._kept[key] = (morsel.coded_value, not domain)

    def header(self, url: str) -> tuple[tuple[str, str], ...]:
        """The Cookie header for a request to this https address; none where there is none."""
        parts = urlsplit(url)
        host, path = host_of(url), parts.path or "/"
        fitting = [
            (name, value, at)
            for (name, domain, at), (value, host_only) in self._kept.items()
            if (host == domain if host_only else _inside(host, domain)) and _under(path, at)
        ]
        if not fitting:
            return ()
        pairs = sorted(fitting, key=lambda one: len(one[2]), reverse=True)
        return (("cookie", "; ".join(f"{name}={value}" for name, value, _ in pairs)),)


def _inside(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


def _under(path: str, at: str) -> bool:
    """RFC 6265 section 5.1.4."""
    return path == at or (path.startswith(at) and (at.endswith("/") or path[len(at) : len(at) + 1] == "/"))
