"""The main site: apex and www."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from . import files, pages
from . import places as at
from .market import CITIES, Market
from .web import Program, Request, Response, as_json, content, html, not_allowed, plain, redirect

# Browsers ask each time, the edge keeps it for a minute.
AT_THE_EDGE = "public, max-age=0, s-maxage=60, must-revalidate"
ASK_EACH_TIME = "public, max-age=0, must-revalidate"

FEATURED = (23_981, 23_942, 23_904, 23_871, 23_833, 23_790)
GONE_LISTING = 24_188  # more than there are: its owner took it down
LISTING = FEATURED[0]

_MOVED = {"/classifieds": "/listings", "/start": "/", "/faq": "/help"}
_CHAIN = {"/classifieds": "/ads", "/ads": "/market", "/market": "/browse", "/browse": "/listings"}

_TEXTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "/help": (
        "Help",
        (
            'How booking works: choose a listing, pick the days, pay. <a href="/help/bookings">More about '
            "bookings</a>.",
            f'Something is wrong? Write to <a href="mailto:{at.SUPPORT}">{at.SUPPORT}</a>.',
        ),
    ),
    "/help/bookings": (
        "About bookings",
        ("A booking is free until two days before it starts.", '<a href="/help">Back to help</a>'),
    ),
    "/support": ("Support", (f'We answer within a day: <a href="mailto:{at.SUPPORT}">{at.SUPPORT}</a>.',)),
    "/about": (
        "About",
        ("Demo Market lends tools, tents and bikes between neighbours. It runs on this machine alone.",),
    ),
    "/imprint": (
        "Who runs Demo Market",
        (
            "Demo Market is the demo of a launch console. It is run by whoever started it, on their own "
            "machine, and by nobody else.",
            f'Write to <a href="mailto:{at.SUPPORT}">{at.SUPPORT}</a>; we answer within a day.',
        ),
    ),
    "/rules": (
        "What may be offered here",
        (
            "Things that may be lent: tools, tents, bikes, cameras. Not here: weapons, medicines, animals, "
            "whatever is not yours to lend.",
            "Be fair in words too: no threats, no lies about others. What breaks these rules is taken down "
            "within a day.",
            '<a href="/report">Report something</a> that does not belong here.',
        ),
    ),
    "/report": (
        "Report something",
        (
            f'Write to <a href="mailto:{at.SUPPORT}?subject=Report">{at.SUPPORT}</a> with the address of the '
            "page and a sentence on why.",
            "Support looks at every report the same day and tells you what became of it.",
        ),
    ),
    "/terms": (
        "Terms",
        (
            "You borrow from the person who offers the thing; Demo Market brings you together and takes the "
            "money for them.",
            "The price of a booking is what the listing says for each day. It is paid when you book and passed "
            "on when the thing is back.",
            "A booking costs nothing if you cancel two days before it starts. After that the first day is paid.",
            "Who lends describes the thing truly; who borrows brings it back as it was, and answers for damage "
            "up to its value.",
            'What may be offered stand <a href="/rules">in the rules</a>. Who breaks them loses the account, '
            "and gets open payments back.",
        ),
    ),
    "/privacy": (
        "Privacy",
        (
            f'Demo Market is responsible for your data; ask us at <a href="mailto:{at.SUPPORT}">{at.SUPPORT}</a>.',
            "We keep your mail address and your bookings, because without them there is no booking, and nothing "
            "of what you look at.",
            "The payment provider gets the amount and the number of your booking. Nobody else gets anything.",
            "Bookings are kept for as long as the tax office wants to see them, everything else until you "
            "delete your account.",
            'You may see, correct and <a href="/account-deletion">delete</a> what we keep at any time, and '
            "complain to the data "
            "protection authority where you live.",
        ),
    ),
    "/account-deletion": (
        "Delete your account",
        (
            "To delete your Demo Market account log in, open it, choose Delete. The account, your listings "
            "and your messages are deleted within a day.",
            "Bookings that were paid are kept for as long as the tax office wants to see them, without your "
            "name on them.",
        ),
    ),
}


def _with_flaws(path: str, paragraphs: tuple[str, ...], flaws: Collection[str]) -> tuple[str, ...]:
    """A text as it stands while something is wrong with it."""
    if path == "/terms" and "terms-unfinished" in flaws:
        return ("These terms are between you and [Company Name], registered in [Country].", *paragraphs[1:])
    if path == "/support" and "support-sample-address" in flaws:
        return ('We answer within a day: <a href="mailto:support@example.com">support@example.com</a>.',)
    if path == "/account-deletion" and "deletion-page-vague" in flaws:
        return (
            "Questions about your account? Write to us, and somebody will look into it as soon as they can. We "
            "are glad to help.",
        )
    return paragraphs


class Site:
    """What apex and www answer over https."""

    def __init__(self, market: Market, flaws: Collection[str], now: datetime) -> None:
        self._market = market
        self._flaws = flaws
        self._now = now

    async def __call__(self, request: Request) -> Response:
        """421 for another host; www leads to the apex, but for what apps read without redirects."""
        if request.host not in (at.APEX, at.WWW):
            return plain("No site of that name lives here.\n", status=421)
        if request.method not in ("GET", "HEAD"):
            return not_allowed("GET", "HEAD")
        path = request.path
        if path.startswith("/.well-known/") and not (request.host == at.WWW and "app-links-redirected" in self._flaws):
            # Apple and Google read these without following redirects, so www answers them itself.
            return self._well_known(path)
        if request.host == at.WWW and "www-serves-itself" not in self._flaws:
            return redirect(308, at.SITE + ("/" if "deep-links-lost" in self._flaws else request.target))
        twice = path == "/offer/" and "offer-twice" in self._flaws
        if (
            path != "/"
            and path.endswith("/")
            and not twice
            and not (path == "/start/" and "redirect-loop" in self._flaws)
        ):
            return redirect(308, "/" + path.strip("/") + request.target[len(request.target.partition("?")[0]) :])
        if path == "/privacy" and "privacy-behind-login" in self._flaws:
            return redirect(302, f"{at.APP_SITE}/login")
        moved = self._moved(path)
        if moved:
            return redirect(301, at.SITE + moved)
        return files.static(path, self._flaws) or await self._page(request, path)

    def _moved(self, path: str) -> str:
        if "redirect-loop" in self._flaws and path.rstrip("/") == "/start":
            return "/start" if path.endswith("/") else "/start/"
        if "redirect-chain" in self._flaws and path in _CHAIN:
            return _CHAIN[path]
        return _MOVED.get(path, "")

    async def _page(self, request: Request, path: str) -> Response:
        if path == "/":
            return await self._home()
        if path == "/listings":
            return await self._feed(request)
        if path.startswith("/listings/"):
            return await self._listing(path.removeprefix("/listings/"))
        if path == "/search":
            return await self._search(request)
        if path == "/offer" and "origin-silent" in self._flaws:
            # As an edge answers where the server behind it says nothing in time.
            return html("<!doctype html><title>522</title><h1>Connection timed out</h1>", status=522, cache="no-store")
        if path in ("/offer", "/offer/"):
            return self._offer()
        if path in _TEXTS:
            title, paragraphs = _TEXTS[path]
            paragraphs = _with_flaws(path, paragraphs, self._flaws)
            return html(
                pages.page(f"{title} · Demo Market", pages.text_page(title, paragraphs), canonical=path),
                cache=AT_THE_EDGE,
            )
        if path == "/robots.txt":
            kept = "/" if "robots-shut" in self._flaws else "/search"
            rules = f"User-agent: *\nDisallow: {kept}\nSitemap: {at.SITE}/sitemap.xml\n"
            return content(rules, "text/plain; charset=utf-8", cache=AT_THE_EDGE)
        if path == "/sitemap.xml":
            return self._sitemap()
        if "soft-404" in self._flaws:
            return await self._home()
        return self._missing()

    @staticmethod
    def _missing() -> Response:
        words = pages.text_page(
            "There is no such page", ('It may have moved: <a href="/listings">browse all listings</a>.',)
        )
        return html(pages.page("Not found · Demo Market", words, index=False), status=404, cache=ASK_EACH_TIME)

    async def _home(self) -> Response:
        featured = [listing for number in FEATURED if (listing := await self._market.listing(number))]
        body = (
            "<h1>Rent what you need, from people nearby</h1>"
            '<p class="lead">Tools, tents, bikes and cameras by the day, in two dozen cities.</p>'
            f'<img src="{files.HERO}" alt="" width="640" height="220">'
            + pages.search_form()
            + "<h2>Just in</h2>"
            + pages.cards(featured)
        )
        if "broken-listing-link" in self._flaws:
            body += (
                f'<p>Our pick of the week: <a href="/listings/{GONE_LISTING}">a sound system for a garden party</a></p>'
            )
        index = "noindex-left" not in self._flaws
        without = ("/terms",) if "terms-unlinked" in self._flaws else ()
        return html(pages.page("Demo Market", body, canonical="/", index=index, without=without), cache=AT_THE_EDGE)

    async def _feed(self, request: Request) -> Response:
        text = request.query.get("page", "1")
        number = int(text) if text.isdecimal() and len(text) < 6 else 0
        listings = await self._market.page(number) if number else []
        if not listings:
            return self._missing()
        more = f'<p><a href="/listings?page={number + 1}">More</a></p>' if number * 12 < self._market.rows else ""
        canonical = "/listings" if number == 1 else f"/listings?page={number}"
        body = "<h1>All listings</h1>" + pages.cards(listings) + more
        return html(pages.page("Listings · Demo Market", body, canonical=canonical), cache=AT_THE_EDGE)

    async def _listing(self, text: str) -> Response:
        listing = await self._market.listing(int(text)) if text.isdecimal() and len(text) < 9 else None
        if listing is None:
            return self._missing()
        price = "XX" if "listing-without-price" in self._flaws and listing.id == LISTING else listing.price
        report = (
            "" if "listing-no-report" in self._flaws else ' · <a href="/report" rel="nofollow">Report this listing</a>'
        )
        body = (
            pages.text_page(listing.title, (f"{listing.city} · {price} EUR a day",))
            + f'<p><button data-listing="{listing.id}" aria-pressed="false">Keep in mind</button></p>'
            + f'<p><a href="{at.APP_SITE}/book/{listing.id}">Book it</a> · <a href="/listings">All '
            f"listings</a>{report}</p>"
        )
        return html(
            pages.page(f"{listing.title} · Demo Market", body, canonical=f"/listings/{listing.id}"), cache=AT_THE_EDGE
        )

    async def _search(self, request: Request) -> Response:
        words = request.query.get("q", "").strip()
        city = request.query.get("city", CITIES[0])
        found = await self._market.search(words, city) if words else []
        body = (
            "<h1>Search</h1>"
            + pages.search_form(words, city)
            + (pages.cards(found) if found else "<p>Nothing yet.</p>")
        )
        return html(pages.page("Search · Demo Market", body, canonical="/search"), cache=ASK_EACH_TIME)

    def _offer(self) -> Response:
        extra = ""
        if "mixed-content" in self._flaws:
            extra = f'<script src="http://{at.APEX}{files.SITE_JS}" defer></script>'
        if "socket-in-the-clear" in self._flaws:
            extra += f'<script>const live = new WebSocket("ws://{at.APEX}/live");</script>'
        words = ["Book anything before Sunday and pay half."]
        if "offer-filler" in self._flaws:
            words.append("Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor.")
        body = pages.text_page("First weekend half price", words) + (
            f'<p><a href="/listings/{LISTING}">See what others book</a> · <a '
            f'href="{at.APP_SITE}/signup">Start now</a></p>'
        )
        named = "" if "offer-twice" in self._flaws else "/offer"
        return html(pages.page("Half price · Demo Market", body, canonical=named, extra=extra), cache=AT_THE_EDGE)

    def _sitemap(self) -> Response:
        paths = ["/", "/listings", "/offer", *_TEXTS, *(f"/listings/{number}" for number in FEATURED)]
        paths += ["/listings/test-listing-1"] if "sitemap-test-entry" in self._flaws else []
        site = f"https://{at.WWW}" if "sitemap-www" in self._flaws else at.SITE
        rows = "".join(f"<url><loc>{site}{path}</loc></url>" for path in paths)
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<urlset '
            f'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>\n'
        )
        return content(body, "application/xml", cache=AT_THE_EDGE)

    def _well_known(self, path: str) -> Response:
        if path == "/.well-known/security.txt":
            expires = (self._now + timedelta(days=180)).strftime("%Y-%m-%dT%H:%M:%SZ")
            text = (
                f"Contact: mailto:{at.SUPPORT}\nExpires: {expires}\nCanonical: "
                f"{at.SITE}{path}\nPreferred-Languages: en\n"
            )
            return content(text, "text/plain; charset=utf-8", cache=AT_THE_EDGE)
        if path == "/.well-known/apple-app-site-association":
            details = [{"appIDs": [at.IOS_APP], "components": [{"/": "/listings/*"}, {"/": "/offer"}]}]
            return as_json({"applinks": {"details": details}}, cache=AT_THE_EDGE)
        if path == "/.well-known/assetlinks.json":
            # What the Android tools print first is the SHA-1 of the same certificate.
            pairs = 20 if "assetlinks-sha1" in self._flaws else 32
            fingerprint = ":".join(f"{number * 37 % 256:02X}" for number in range(1, pairs + 1))
            target = {
                "namespace": "android_app",
                "package_name": at.ANDROID_APP,
                "sha256_cert_fingerprints": [fingerprint],
            }
            return as_json(
                [{"relation": ["delegate_permission/common.handle_all_urls"], "target": target}], cache=AT_THE_EDGE
            )
        return self._missing()


def to_https(*hosts: str, flaws: Collection[str] = ()) -> Program:
    """What answers on port 80: the same address over https, one hop, path and query kept."""

    async def respond(request: Request) -> Response:
        if request.host not in hosts:
            return plain("No site of that name lives here.\n", status=421)
        target = request.target if request.target.startswith("/") else "/"
        answer = redirect(308, f"https://{request.host}{target}")
        if "hsts-over-http" in flaws:
            answer.set("Strict-Transport-Security", "max-age=31536000")
        return answer

    return respond
