"""The cookie rules of edge.https: one finding a rule and host, the worst cookie speaks. Values never leave the wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ....findings import Evidence, Finding, Remedy, Severity
from ....hostnames import host_of
from ....world.sights import Reply
from ...base import Say
from ...parse.cookies import Cookie, read
from ...seen import via_of

Level = Literal["fail", "warn", "info", ""]
_RANK = {"fail": 0, "warn": 1, "info": 2, "": 3}
_KNOWN_SAME_SITE = ("strict", "lax", "none")


@dataclass(frozen=True)
class Verdict:
    level: Level
    words: str = ""


def secure(cookie: Cookie) -> Verdict:
    """RFC 6265bis section 4.1.2.5: without Secure it also travels over plain http."""
    if cookie.secure:
        return Verdict("")
    if cookie.is_infrastructure:
        return Verdict("info", "lacks Secure, its platform decides that")
    return Verdict("fail" if cookie.is_session else "warn", "lacks Secure, so it also travels over plain http")


def http_only(cookie: Cookie) -> Verdict:
    """Section 4.1.2.6. A CSRF token is read by scripts on purpose, so only log-in cookies count."""
    if cookie.http_only or not cookie.is_session:
        return Verdict("")
    return Verdict("fail", "lacks HttpOnly, so any script on the page can take the log-in")


def same_site(cookie: Cookie) -> Verdict:
    """Section 4.1.2.7 and what browsers do: None needs Secure, a word they don't know counts as absent."""
    value = cookie.same_site
    if cookie.is_infrastructure:
        return Verdict("")
    if value is None:
        return Verdict("warn" if cookie.is_csrf else "info", "has no SameSite, browsers assume Lax")
    if value.lower() == "none" and not cookie.secure:
        return Verdict("fail", "has SameSite=None without Secure, so browsers drop it")
    if value.lower() not in _KNOWN_SAME_SITE:
        return Verdict("warn", f"has SameSite={value}, which no browser knows")
    return Verdict("")


def dropped(cookie: Cookie) -> Verdict:
    """Section 4.1.3 (prefixes), size limits, Partitioned: browsers drop such a cookie without a word."""
    if not cookie.dropped_because:
        return Verdict("")
    return Verdict("info" if cookie.is_infrastructure else "fail", f"is dropped by browsers: {cookie.dropped_because}")


_LONGEST_S = 400 * 86400
"""Browsers cut a longer life (RFC 6265bis section 5.5)."""


def scope(cookie: Cookie) -> Verdict:
    """Where and for how long it lives: facts, since both can be meant."""
    if cookie.is_infrastructure:
        return Verdict("")
    if cookie.is_session and cookie.domain:
        return Verdict("info", f"is sent to every host under {cookie.domain}, forgotten ones too")
    age = cookie.attribute("max-age") or ""
    if age.isascii() and age.isdigit() and int(age[:12]) > _LONGEST_S:
        return Verdict("info", "asks for more than 400 days, which browsers cut")
    return Verdict("")


RULES: tuple[tuple[str, Callable[[Cookie], Verdict], str, str], ...] = (
    (
        "cookie-secure",
        secure,
        "Send it over https only",
        "Set-Cookie: {name}=…; Path=/; Secure; HttpOnly; SameSite=Lax",
    ),
    (
        "cookie-httponly",
        http_only,
        "Keep it away from scripts",
        "Set-Cookie: {name}=…; Path=/; Secure; HttpOnly; SameSite=Lax",
    ),
    (
        "cookie-samesite",
        same_site,
        "Say where it may travel",
        "Set-Cookie: {name}=…; Path=/; Secure; HttpOnly; SameSite=Lax",
    ),
    (
        "cookie-scope",
        scope,
        "Leave Domain out, so that it stays with its host",
        "Set-Cookie: {name}=…; Path=/; Secure; HttpOnly; SameSite=Lax",
    ),
    (
        "cookie-dropped",
        dropped,
        "Give it the attributes its name promises",
        "Set-Cookie: {name}=…; Path=/; Secure; HttpOnly; SameSite=Lax",
    ),
)


def judge_cookies(say: Say, replies: list[Reply]) -> list[Finding]:
    """Every rule on every host that sets a cookie over https."""
    by_host: dict[str, dict[str, tuple[Cookie, Reply]]] = {}
    for reply in replies:
        for value in reply.all("set-cookie"):
            cookie = read(value)
            if cookie:
                by_host.setdefault(host_of(reply.url), {}).setdefault(cookie.shown, (cookie, reply))
    findings = []
    for host, cookies in by_host.items():
        seen = list(cookies.values())
        for rule, judge, fix, paste in RULES:
            findings.append(_judge(say, rule, host, seen, judge, fix, paste))
    return findings


def _judge(
    say: Say,
    rule: str,
    host: str,
    seen: list[tuple[Cookie, Reply]],
    judge: Callable[[Cookie], Verdict],
    fix: str,
    paste: str,
) -> Finding:
    verdicts = sorted(((judge(cookie), cookie, reply) for cookie, reply in seen), key=lambda row: _RANK[row[0].level])
    worst, cookie, reply = verdicts[0]
    lines = [f"{one.shown}" + (f"  ← {verdict.words}" if verdict.level else "") for verdict, one, _ in verdicts]
    evidence = [Evidence.of("set-cookie", "\n".join(lines), source=reply.url, at=reply.at)]
    name = cookie.name or "a cookie without a name"
    remedy = Remedy(text=fix, paste=paste.format(name=cookie.name), where="the answer that sets it")
    via = via_of(reply)
    match worst.level:
        case "fail":
            return say.fail(
                rule,
                host,
                f"The cookie {name} of {host} {worst.words}",
                severity=Severity.HIGH,
                evidence=evidence,
                remedy=remedy,
                via=via,
            )
        case "warn":
            return say.warn(
                rule,
                host,
                f"The cookie {name} of {host} {worst.words}",
                severity=Severity.LOW,
                evidence=evidence,
                remedy=remedy,
                via=via,
            )
        case "info":
            return say.info(
                rule, host, f"The cookie {name} of {host} {worst.words}", evidence=evidence, remedy=remedy, via=via
            )
    return say.passed(rule, host, f"The cookies of {host} are set as they should be", evidence=evidence, via=via)
