"""The cookie rules of edge.https: one finding a rule and host, the worst cookie speaks. Values never leave the wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ....findings import Evidence, Finding, Severity
from ....hostnames import host_of
from ....text import whole
from ....world.sights import Reply
from ...base import Say
from ...parse.cookies import LARGEST, Cookie, read
from ...seen import via_of

Level = Literal["fail", "warn", "info", ""]
_RANK = {"fail": 0, "warn": 1, "info": 2, "": 3}
_KNOWN_SAME_SITE = ("strict", "lax", "none")


@dataclass(frozen=True)
class Verdict:
    """How bad one cookie is by one rule, the rule's message that says it, and what fills it."""

    level: Level
    message: str = "pass"
    value: str = ""
    severity: Severity | None = None
    """Where it depends on the cookie; else its message says it."""

    @property
    def weight(self) -> tuple[int, int]:
        """The worst first."""
        return _RANK[self.level], self.severity.weight if self.severity else Severity.HIGH.weight


_GOOD = Verdict("")


def secure(cookie: Cookie) -> Verdict:
    """RFC 6265bis section 4.1.2.5: without Secure it also travels over plain http."""
    if cookie.secure:
        return _GOOD
    if cookie.is_infrastructure:
        return Verdict("info", "platform")
    if cookie.is_preference:
        return Verdict("info", "preference")
    return Verdict("fail", "log-in") if cookie.is_session else Verdict("warn", "other")


def http_only(cookie: Cookie) -> Verdict:
    """Section 4.1.2.6. A CSRF token is read by scripts on purpose, so only log-in cookies count."""
    if cookie.http_only or not cookie.is_session:
        return _GOOD
    return Verdict("info", "for-scripts") if cookie.for_scripts else Verdict("fail", "fail")


def _lost(cookie: Cookie) -> Severity:
    """Without the log-in cookie nobody stays logged in, without the one against forged forms nothing can be sent."""
    return Severity.BLOCKER if cookie.is_session or cookie.is_csrf else Severity.HIGH


def same_site(cookie: Cookie) -> Verdict:
    """Section 4.1.2.7 and what browsers do: None needs Secure, a word they don't know counts as absent."""
    value = cookie.same_site
    if cookie.is_infrastructure:
        return _GOOD
    if value is None:
        return Verdict("warn" if cookie.is_csrf else "info", "absent")
    if value.lower() == "none" and not cookie.secure:
        return Verdict("fail", "none", severity=_lost(cookie))
    return _GOOD if value.lower() in _KNOWN_SAME_SITE else Verdict("warn", "invalid", value)


def dropped(cookie: Cookie) -> Verdict:
    """Section 4.1.3 (prefixes), size limits, Partitioned: browsers drop such a cookie without a word."""
    if not cookie.dropped_because:
        return _GOOD
    if cookie.is_infrastructure:
        return Verdict("info", "fail", cookie.dropped_because)
    return Verdict("fail", "fail", cookie.dropped_because, _lost(cookie))


_LONGEST_S = 400 * 86400
"""Browsers cut a longer life (RFC 6265bis section 5.5)."""


def scope(cookie: Cookie) -> Verdict:
    """Where and for how long it lives: facts, since both can be meant."""
    if cookie.is_infrastructure:
        return _GOOD
    if cookie.is_session and cookie.domain:
        return Verdict("info", "every-host", cookie.domain)
    age = whole(cookie.attribute("max-age") or "")
    return Verdict("info", "too-long") if age is not None and age > _LONGEST_S else _GOOD


RULES: dict[str, Callable[[Cookie], Verdict]] = {
    "cookie-secure": secure,
    "cookie-httponly": http_only,
    "cookie-samesite": same_site,
    "cookie-scope": scope,
    "cookie-dropped": dropped,
}


def judge_cookies(say: Say, replies: list[Reply]) -> list[Finding]:
    """Every rule on every host that sets a cookie over https. One that is being deleted has no flags to lack."""
    by_host: dict[str, dict[str, tuple[Cookie, Reply]]] = {}
    for reply in replies:
        for value in reply.all("set-cookie"):
            cookie = read(value)
            if cookie and not cookie.is_deleted(reply.at):
                by_host.setdefault(host_of(reply.url), {}).setdefault(cookie.shown, (cookie, reply))
    return [
        _judge(say, rule, host, list(cookies.values()), judge)
        for host, cookies in by_host.items()
        for rule, judge in RULES.items()
    ]


def _judge(
    say: Say, rule: str, host: str, seen: list[tuple[Cookie, Reply]], judge: Callable[[Cookie], Verdict]
) -> Finding:
    verdicts = sorted(((judge(cookie), cookie, reply) for cookie, reply in seen), key=lambda row: row[0].weight)
    worst, cookie, reply = verdicts[0]
    lines = [one.shown + _noted(say, rule, host, one, verdict) for verdict, one, _ in verdicts]
    evidence = [Evidence.of("set-cookie", "\n".join(lines), source=reply.url, at=reply.at)]
    said, name, value, via = worst.message, _name(cookie), worst.value, via_of(reply)
    if not worst.level:
        return say.passed(rule, host, evidence=evidence, via=via)
    if worst.level == "info":
        line = mended(rule, cookie)
        return say.info(rule, host, said, name=name, value=value, line=line, evidence=evidence, via=via)
    voice = say.fail if worst.level == "fail" else say.warn
    line, smaller = mended(rule, cookie), rule == "cookie-dropped" and cookie.size > LARGEST
    return voice(
        rule,
        host,
        said,
        name=name,
        value=value,
        line=line,
        severity=worst.severity,
        evidence=evidence,
        remedy=say.fix("smaller", name=name) if smaller else None,
        via=via,
    )


def _noted(say: Say, rule: str, host: str, cookie: Cookie, verdict: Verdict) -> str:
    if not verdict.level:
        return ""
    return f"  ← {say.words(rule, verdict.message, subject=host, name=_name(cookie), value=verdict.value)}"


def mended(rule: str, cookie: Cookie) -> str:
    """The cookie as it is sent, with what the rule asks for and nothing else: a cookie that scripts must read stays one
    that they can."""
    change: dict[str, str | None] = {}
    if rule == "cookie-httponly":
        change["httponly"] = ""
    elif rule == "cookie-samesite":
        none = (cookie.same_site or "").lower() == "none"
        change = {"secure": "", "samesite": "None"} if none else {"samesite": "Lax"}
    elif rule == "cookie-scope":
        change = (
            {"domain": None} if cookie.is_session and cookie.domain else {"max-age": str(_LONGEST_S), "expires": None}
        )
    else:
        change["secure"] = ""
        if cookie.name.lower().startswith("__host-"):
            change |= {"path": "/", "domain": None}
    return cookie.but(change).shown


def _name(cookie: Cookie) -> str:
    return cookie.name or "(unnamed)"
