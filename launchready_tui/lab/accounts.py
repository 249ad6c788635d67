"""The app host: sign-up, log-in, booking, account. Accounts, sessions and bookings live in memory, the oldest give
way."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Collection
from html import escape
from typing import TypeVar

from . import files, pages
from . import places as at
from .letters import Letters
from .market import Market
from .web import Request, Response, content, html, not_allowed, plain, redirect

PERSONAL = "private, max-age=0, must-revalidate"
SHARED = "public, max-age=0, s-maxage=600"
COOKIE = "__Host-session"
WEAK_COOKIE = "session"
TOLD_AFTER_S = 0.4
"""A booking's owner is told so long after it, as by a job in a queue."""
_MOST = 2_000
_MAILED = {"/forgot": "password-reset", "/invite": "invite", "/receipt": "receipt", "/alerts": "notification"}
"""What is posted to, and the mail that it sends."""

V = TypeVar("V")


def _hash(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1)


def _keep(kept: dict[str, V], key: str, value: V) -> None:
    kept[key] = value
    while len(kept) > _MOST:
        del kept[next(iter(kept))]


class App:
    """What app answers over https."""

    def __init__(self, market: Market, flaws: Collection[str], letters: Letters) -> None:
        self._market = market
        self._flaws = flaws
        self._letters = letters
        self._sessions: dict[str, str] = {}  # token to mail address
        self._accounts: dict[str, tuple[bytes, bytes]] = {}  # mail address to salt and hash
        self._bookings: dict[str, tuple[str, int, int]] = {}  # number to mail address, listing, days
        self._told: dict[str, float] = {}  # number to the moment from which its owner has been told

    async def __call__(self, request: Request) -> Response:
        """421 for another host; pages behind the log-in lead to it."""
        path = request.path
        if request.host != at.APP:
            return plain("No site of that name lives here.\n", status=421)
        static = files.static(path, self._flaws)
        if static is not None:
            return static
        if path == "/robots.txt":
            return content(
                "User-agent: *\nDisallow: /book/\n", "text/plain; charset=utf-8", cache="public, max-age=300"
            )
        if request.method == "POST":
            return await self._posted(request, path)
        if request.method not in ("GET", "HEAD"):
            return not_allowed("GET", "HEAD", "POST")
        return await self._page(request, path)

    async def _page(self, request: Request, path: str) -> Response:
        if path == "/":
            words = (
                '<a href="/login">Log in</a> or <a href="/signup">sign up</a>, or <a '
                f'href="{at.SITE}/listings">look '
                "around</a> first."
            )
            return self._html("Demo Market", pages.text_page("Your account, your bookings", [words]))
        if path == "/login":
            return self._form(request, "Log in", pages.account_form("/login", "Log in", "current-password"))
        if path == "/signup":
            return self._form(request, "Sign up", pages.account_form("/signup", "Sign up", "new-password"))
        if path.startswith("/book/"):
            return await self._booking_form(request, path.removeprefix("/book/"))
        if path == "/account":
            return self._account(request)
        if path == "/notifications":
            return self._notifications(request)
        if path.startswith("/bookings/"):
            return self._booking(request, path.removeprefix("/bookings/"))
        if self._letters.leads_somewhere(path):
            return self._html("Thank you", pages.text_page("Thank you", ["This is where the mail was to lead you."]))
        return self._missing("There is no such page")

    @staticmethod
    def _html(title: str, body: str, *, status: int = 200, cache: str = PERSONAL) -> Response:
        return html(pages.page(title, body, script=files.APP_JS), status=status, cache=cache)

    def _refusal(self, title: str, words: str, status: int) -> Response:
        return self._html(title, pages.text_page("That did not work", [words]), status=status)

    def _missing(self, words: str) -> Response:
        return self._html("Not found", pages.text_page(words, ['<a href="/">Back</a>']), status=404)

    def _form(self, request: Request, title: str, form: str) -> Response:
        """A form with a session for those who have none yet, so that what they post can be tied to what they saw."""
        shared = "personal-page-cached" in self._flaws and request.path == "/login"
        page = self._html(f"{title} · Demo Market", f"<h1>{title}</h1>{form}", cache=SHARED if shared else PERSONAL)
        if not self._token(request):
            page.headers.append(self._cookie(secrets.token_urlsafe(24)))
        return page

    def _cookie(self, token: str) -> tuple[str, str]:
        if "cookie-not-secure" in self._flaws:
            return ("Set-Cookie", f"{WEAK_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax")
        return ("Set-Cookie", f"{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Lax")

    @staticmethod
    def _token(request: Request) -> str:
        cookies = request.cookies
        return cookies.get(COOKIE) or cookies.get(WEAK_COOKIE) or ""

    def _user(self, request: Request) -> str:
        """The mail address of who is logged in, or nothing."""
        return self._sessions.get(self._token(request), "")

    async def _posted(self, request: Request, path: str) -> Response:
        fields = request.form()
        if path in ("/login", "/signup"):
            return self._enter(
                fields.get("email", "").strip().lower(), fields.get("password", ""), new=path == "/signup"
            )
        if path.startswith("/book/"):
            return await self._book(request, path.removeprefix("/book/"), fields.get("days", "1"))
        if path in _MAILED:
            return self._mail(_MAILED[path], fields.get("email", "").strip().lower())
        if path.startswith("/unsubscribe/"):
            known = self._letters.leaves(path.removeprefix("/unsubscribe/"))
            return plain("You are off the list.\n") if known else self._missing("There is no such list")
        return not_allowed("GET", "HEAD")

    def _enter(self, email: str, password: str, *, new: bool) -> Response:
        if new and ("@" not in email or len(password) < 10 or email in self._accounts):
            return self._refusal("Sign up", "Is this address in use, or the password short?", 422)
        if new:
            salt = os.urandom(16)
            _keep(self._accounts, email, (salt, _hash(password, salt)))
            self._letters.send("verification", email)
        else:
            salt, known = self._accounts.get(email, (b"nobody", b""))
            if not secrets.compare_digest(_hash(password, salt), known):
                return self._refusal("Log in", '<a href="/login">Once more</a>', 401)
        token = secrets.token_urlsafe(24)
        _keep(self._sessions, token, email)
        answer = redirect(303, "/account", cache="no-store")
        answer.headers.append(self._cookie(token))
        return answer

    def _mail(self, kind: str, email: str) -> Response:
        """Sends one of the mails. The answer is the same for every address: it must not tell who has an account."""
        if "@" not in email:
            return self._refusal("Not sent", "Is the address whole?", 422)
        if not self._letters.send(kind, email):
            return self._refusal("Not sent", "The mail service does not answer. Please try again later.", 502)
        return self._html("On its way", pages.text_page("On its way", ["Look into your mailbox."]), status=202)

    async def _booking_form(self, request: Request, text: str) -> Response:
        listing = await self._market.listing(int(text)) if text.isdecimal() and len(text) < 9 else None
        if listing is None:
            return self._missing("There is no such listing")
        form = (
            f'<form action="/book/{listing.id}" method="post" data-booking="{listing.id}">'
            '<label>Days<input name="days" type="number" min="1" max="60" value="1"></label>'
            f"<output>{listing.price} EUR</output><div data-pay></div><button>Book</button></form>"
        )
        if "test-card-hint" in self._flaws:
            form += "<p>Testing? Pay with 4242 4242 4242 4242, any date, any code.</p>"
        return self._html(f"Book {listing.title}", f"<h1>{escape(listing.title)}</h1>{form}")

    async def _book(self, request: Request, text: str, days: str) -> Response:
        user = self._user(request)
        if not user:
            return redirect(303, "/login", cache="no-store")
        listing = await self._market.listing(int(text)) if text.isdecimal() and len(text) < 9 else None
        if listing is None or not days.isdecimal() or not 1 <= int(days[:3]) <= 60:
            return self._refusal("Not booked", '<a href="/">Back</a>', 422)
        number = secrets.token_hex(6)
        _keep(self._bookings, number, (user, listing.id, int(days)))
        _keep(self._told, number, time.monotonic() + TOLD_AFTER_S)
        return redirect(303, f"/bookings/{number}", cache="no-store")

    def _account(self, request: Request) -> Response:
        user = self._user(request)
        if not user:
            return redirect(302, "/login", cache="no-store")
        mine = [number for number, (owner, _, _) in self._bookings.items() if owner == user]
        rows = "".join(f'<li><a href="/bookings/{number}">Booking {number}</a></li>' for number in mine)
        return self._html("Your account", f"<h1>Your account</h1><p>{escape(user)}</p><ul>{rows}</ul>")

    def _notifications(self, request: Request) -> Response:
        """What a user was told, by a job that runs a moment after the booking."""
        user = self._user(request)
        if not user:
            return redirect(302, "/login", cache="no-store")
        now = time.monotonic()
        mine = [
            number
            for number, (owner, _, _) in self._bookings.items()
            if owner == user and self._told.get(number, now) <= now
        ]
        rows = "".join(f"<li>Booking {number} is confirmed</li>" for number in mine)
        return self._html("Notifications", f"<h1>Notifications</h1><ul>{rows}</ul>")

    def _booking(self, request: Request, number: str) -> Response:
        user = self._user(request)
        found = self._bookings.get(number)
        if found is None or found[0] != user:
            return self._missing("There is no such booking")
        return self._html("Booked", pages.text_page(f"Booking {number}", [f"Listing {found[1]}, {found[2]} days."]))
