"""The security headers that the marketplace sends, and what some flaws leave out of them."""

from __future__ import annotations

from collections.abc import Collection

from . import places as at
from .web import Program, Request, Response

_HSTS = "max-age=31536000"


def _policy(host: str, *, framing: bool) -> str:
    parts = [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        f"connect-src 'self' {at.API_SITE}",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'" if host == at.APP else f"form-action 'self' {at.APP_SITE}",
    ]
    return "; ".join([*parts, "frame-ancestors 'none'"] if framing else parts)


def guarded(program: Program, flaws: Collection[str]) -> Program:
    """The program with the headers that belong on each of its responses over https."""

    async def answer(request: Request) -> Response:
        response = await program(request)
        if request.secure:
            add(response, request.host, flaws)
        return response

    return answer


def add(response: Response, host: str, flaws: Collection[str]) -> None:
    """Adds the headers for a response of this host, in place."""
    framing = not (host == at.APP and "framing-open" in flaws)
    if not (host == at.APP and "no-hsts" in flaws):
        hasty = "; preload" if host == at.APEX and "preload-hasty" in flaws else ""
        response.set("Strict-Transport-Security", _HSTS + hasty)
    response.set("Referrer-Policy", "strict-origin-when-cross-origin")
    kind = response.header("content-type") or ""
    if not (host == at.APP and kind.startswith("text/javascript") and "scripts-sniffed" in flaws):
        response.set("X-Content-Type-Options", "nosniff")
    if kind.startswith("application/json"):
        response.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    if not kind.startswith("text/html"):
        return
    if not (host in (at.APEX, at.WWW) and "no-csp" in flaws):
        response.set("Content-Security-Policy", _policy(host, framing=framing))
    if framing:
        response.set("X-Frame-Options", "DENY")
    old = host == at.APP and "feature-policy" in flaws
    response.set(
        "Permissions-Policy",
        "camera 'none'; geolocation 'self'" if old else "camera=(), microphone=(), geolocation=(self)",
    )
    response.set("Cross-Origin-Opener-Policy", "same-origin-allow-popups")
