"""Small things that are wrong with answers on their way out: what some flaws change in a sound header, redirect or
page."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from . import files
from . import places as at
from .web import Program, Request, Response, html, redirect

Twist = Callable[[Request, Response], Response]


def _set(name: str, value: str) -> Twist:
    def twist(request: Request, response: Response) -> Response:
        response.set(name, value)
        return response

    return twist


def _cookie(old: str, new: str) -> Twist:
    def twist(request: Request, response: Response) -> Response:
        response.headers = [(n, v.replace(old, new) if n.lower() == "set-cookie" else v) for n, v in response.headers]
        return response

    return twist


def _lead(status: int, to: str) -> Twist:
    return lambda request, response: redirect(status, to, cache="no-store")


def _allow_all(request: Request, response: Response) -> Response:
    if origin := request.headers.get("origin", ""):
        response.set("Access-Control-Allow-Origin", origin)
        response.set("Access-Control-Allow-Credentials", "true")
    return response


def _cookie_first(request: Request, response: Response) -> Response:
    if "seen=1" in request.headers.get("cookie", ""):
        return response
    answer = redirect(302, "/", cache="no-store")
    answer.set("Set-Cookie", "seen=1; Path=/; Secure; HttpOnly; SameSite=Lax")
    return answer


def _moves_on(request: Request, response: Response) -> Response:
    words = '<meta http-equiv="refresh" content="0; url=/?now">'
    return html(f"<!doctype html><html><head>{words}<title>Status</title></head><body>One moment.</body></html>")


def _broken(request: Request, response: Response) -> Response:
    kept = [("Strict-Transport-Security", response.header("strict-transport-security") or "")]
    return html(
        "<!doctype html><html><head><title>500</title></head><body>Something broke.</body></html>",
        status=500,
        cache="no-store",
        headers=kept,
    )


def _detour(request: Request, response: Response) -> Response:
    """Every header stays; only where it leads is new."""
    response.status, response.body = 302, b""
    response.set("Location", f"https://{at.RDAP}/count-visit")
    return response


_STATUS = f"http://{at.STATUS}/?on"
# Flaw, host, over https or not, target (empty for all), and what becomes of the answer. The target is the whole one,
# with its query.
TWISTS: tuple[tuple[str, str, bool, str, Twist], ...] = (
    (
        "www-temporary",
        at.WWW,
        True,
        "",
        lambda request, response: replace(response, status=302 if response.status == 308 else response.status),
    ),
    ("www-broken", at.WWW, True, "/", _broken),
    ("home-kept-long", at.APEX, True, "/", _set("Cache-Control", "public, max-age=7200")),
    ("cookie-for-scripts", at.APP, True, "", _cookie("; HttpOnly", "")),
    ("cookie-odd-samesite", at.APP, True, "", _cookie("SameSite=Lax", "SameSite=Yes")),
    ("cookie-dropped", at.APP, True, "", _cookie("Path=/;", "Path=/login;")),
    ("cookie-in-the-clear", at.APP, False, "/", _set("Set-Cookie", "visit=1; Path=/; HttpOnly; SameSite=Lax")),
    ("app-leaves-first", at.APP, False, "/", _lead(301, f"{at.SITE}/")),
    ("app-counts-abroad", at.APP, True, "/", _detour),
    ("referrer-chatty", at.APP, True, "", _set("Referrer-Policy", "unsafe-url")),
    ("isolation-quoted", at.APP, True, "", _set("Cross-Origin-Opener-Policy", '"same-origin"')),
    ("cors-for-all", at.API, True, "", _allow_all),
    ("status-plain-first", at.STATUS, False, "/", _lead(301, _STATUS)),
    ("status-downgraded", at.STATUS, True, "/", _lead(302, _STATUS)),
    ("status-moves-on", at.STATUS, True, "/", _moves_on),
    ("status-mailto", at.STATUS, True, "/", _lead(302, f"mailto:{at.SUPPORT}")),
    ("status-wants-cookie", at.STATUS, True, "/", _cookie_first),
    ("status-dead-end", at.STATUS, True, "/", _lead(302, f"https://gone.{at.DOMAIN}/")),
)
# What flaws write into the offer in place of what stands there.
WRITES: tuple[tuple[str, str, str], ...] = (
    ("offer-named-wrongly", f'href="{at.SITE}/offer"', f'href="https://{at.WWW}/offer"'),
    ("offer-links-plain", "</main>", f'<a href="http://{at.APEX}/help">Help</a></main>'),
)
FORGETFUL = "never-304"
"""The one flaw that changes the question: the condition that a file has not changed never reaches the server."""


def twisted(program: Program, flaws: Collection[str]) -> Program:
    """The program, and what the flaws that are on make of its answers."""

    async def answer(request: Request) -> Response:
        if FORGETFUL in flaws and request.host == at.APEX and request.path in (files.CSS, files.SITE_JS):
            kept = {
                name: value
                for name, value in request.headers.items()
                if name not in ("if-none-match", "if-modified-since")
            }
            request = replace(request, headers=kept)
        written = [
            (old, new)
            for flaw, old, new in WRITES
            if flaw in flaws and (request.host, request.target) == (at.APEX, "/offer")
        ]
        if written:  # what is packed cannot be written into
            request = replace(request, headers={**request.headers, "accept-encoding": "identity"})
        response = await program(request)
        for old, new in written:
            response.body = response.body.replace(old.encode(), new.encode())
        for flaw, host, secure, target, twist in TWISTS:
            if flaw in flaws and host == request.host and secure == request.secure and target in ("", request.target):
                response = twist(request, response)
        return response

    return answer
