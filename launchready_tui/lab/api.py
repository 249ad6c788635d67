"""The API host: health, listings, search, and one address that needs a log-in."""

from __future__ import annotations

from collections.abc import Collection

from . import places as at
from .market import CITIES, Listing, Market
from .web import Request, Response, as_json, html, redirect

_OUR_ORIGINS = (at.SITE, at.APP_SITE)
FOR_EVERYBODY = "public, max-age=0, s-maxage=30, must-revalidate"
NEVER_KEPT = "no-store"
ASK_EACH_TIME = "public, max-age=0, must-revalidate"


def _problem(status: int, words: str) -> Response:
    return as_json({"error": words}, status=status, cache=NEVER_KEPT)


def _row(listing: Listing) -> dict[str, object]:
    return {**listing._asdict(), "currency": "EUR"}


class Api:
    """What api answers over https; over http it tells people to come back over https."""

    def __init__(self, market: Market, flaws: Collection[str]) -> None:
        self._market = market
        self._flaws = flaws

    async def __call__(self, request: Request) -> Response:
        """Problems are JSON objects with `error`; the origins of site and app may read every answer (CORS)."""
        if request.host != at.API:
            return _problem(421, "no API of that name lives here")
        if not request.secure and "api-over-http" not in self._flaws:
            # Not a redirect: a client that sent its token in the clear must notice (and a redirect turns POST into
            # GET).
            return _problem(403, "this API answers over https only")
        answer = self._preflight(request) if request.method == "OPTIONS" else await self._route(request)
        origin = request.headers.get("origin", "")
        answer.set("Vary", "Origin")
        if "api-moved-unnoticed" in self._flaws:
            answer.set("Fly-Request-Id", "01DEMO0000000000000000-fra")
        if origin in _OUR_ORIGINS:
            answer.set("Access-Control-Allow-Origin", origin)
        return answer

    @staticmethod
    def _preflight(request: Request) -> Response:
        if request.headers.get("origin", "") not in _OUR_ORIGINS:
            return _problem(403, "this origin may not call this API")
        return Response(
            204,
            [("Access-Control-Allow-Methods", "GET"), ("Access-Control-Allow-Headers", "authorization, content-type")],
        )

    async def _route(self, request: Request) -> Response:
        if request.path == "/webhooks/payments" and request.method == "POST" and "webhook-gone" not in self._flaws:
            if "webhook-open" in self._flaws:
                return as_json({"received": True}, cache=NEVER_KEPT)
            return _problem(400, "the signature is missing or does not hold")
        if request.method not in ("GET", "HEAD"):
            answer = _problem(405, "this address is read with GET")
            answer.set("Allow", "GET, HEAD, OPTIONS")
            return answer
        path, query = request.path, request.query
        if path == "/" and "api-moved" in self._flaws:
            return redirect(302, "/v1/listings", cache=NEVER_KEPT)
        if path == "/healthz" and request.secure and "api-challenged" in self._flaws:
            words = "<!doctype html><title>Just a moment</title><p>Checking that you are a person.</p>"
            return html(words, status=403, cache=NEVER_KEPT, headers=[("CF-Mitigated", "challenge")])
        if path == "/healthz":
            return as_json({"status": "ok", "release": at.RELEASE}, cache=NEVER_KEPT)
        if path == "/":
            return as_json(
                {"name": "Demo Market API", "version": 1, "health": f"{at.API_SITE}/healthz"}, cache=FOR_EVERYBODY
            )
        if path == "/v1/search" or (path == "/v1/listings" and query.get("q")):
            found = await self._market.search(query.get("q", ""), query.get("city", CITIES[0]))
            return as_json({"listings": [_row(listing) for listing in found]}, cache=ASK_EACH_TIME)
        if path == "/v1/listings":
            text = query.get("page", "1")
            page = await self._market.page(int(text)) if text.isdecimal() and len(text) < 6 and int(text) > 0 else []
            return as_json({"listings": [_row(listing) for listing in page]}, cache=FOR_EVERYBODY)
        if path.startswith("/v1/listings/"):
            text = path.removeprefix("/v1/listings/")
            listing = await self._market.listing(int(text)) if text.isdecimal() and len(text) < 9 else None
            return as_json(_row(listing), cache=FOR_EVERYBODY) if listing else _problem(404, "there is no such listing")
        if path == "/v1/me":
            answer = _problem(401, "log in first")
            answer.set("WWW-Authenticate", 'Bearer realm="demo-market"')
            return answer
        return _problem(404, "there is no such address")
