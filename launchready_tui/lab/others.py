"""The smaller hosts: admin, status, staging, the registry's RDAP service, and two servers that should be gone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from email.utils import formatdate
from urllib.parse import urlsplit

from . import files, pages
from . import places as at
from .authority import SECOND_AT
from .web import Program, Request, Response, as_json, html, plain, redirect

_STATUS_CHAIN = {"/": "/en", "/en": "/en/now", "/en/now": "/en/now/all"}


def closed_door(host: str, realm: str, flaws: Collection[str]) -> Program:
    """A host that asks for a log-in before anything else. Staging is kept out of search engines as well."""

    async def answer(request: Request) -> Response:
        if request.host != host:
            return plain("No site of that name lives here.\n", status=421)
        if host == at.ADMIN and "admin-loop" in flaws:
            # The log-in sends people to the desk, the desk to the log-in.
            return redirect(302, "/" if request.path == "/login" else "/login", cache="no-store")
        if host == at.ADMIN and "admin-open" in flaws:
            rows = "".join(
                f"<li>Booking {number}: waiting for the money to be paid out</li>" for number in (48101, 48102, 48107)
            )
            return html(
                pages.page(realm, pages.text_page("The desk", ("Today's bookings.",)) + f"<ul>{rows}</ul>"),
                cache="no-store",
            )
        if host == at.STAGING and "staging-open" in flaws:
            body = pages.text_page("The next release", ("Test data only. Prices are made up.",))
            return html(pages.page(realm, body), cache="no-store")
        body = pages.text_page(realm, ["This is for the team: log in first."])
        response = html(pages.page(realm, body, script=""), status=401, cache="no-store")
        response.set("WWW-Authenticate", f'Basic realm="{realm}", charset="UTF-8"')
        if host == at.STAGING:
            response.set("X-Robots-Tag", "noindex, nofollow")
        return response

    return answer


def status_page(flaws: Collection[str]) -> Program:
    """The status page, which lives at another provider than what it reports on."""

    async def answer(request: Request) -> Response:
        if request.host != at.STATUS:
            return plain("No site of that name lives here.\n", status=421)
        static = files.static(request.path, flaws)
        if static is not None:
            return static
        if request.path in _STATUS_CHAIN and "status-hops" in flaws:
            return redirect(302, _STATUS_CHAIN[request.path])
        if request.path not in ("/", *_STATUS_CHAIN.values()):
            return plain("There is no such page.\n", status=404)
        if "status-unfinished" in flaws:
            return html(
                "<!doctype html><html><head><title>Welcome to nginx!</title></head><body><h1>Welcome to "
                "nginx!</h1></body></html>"
            )
        rows = "".join(f"<li>{name}: working</li>" for name in ("Website", "Log-in", "Bookings", "API", "Mail"))
        body = pages.text_page("All systems work", ("Measured every minute.",)) + f"<ul>{rows}</ul>"
        return html(pages.page("Status · Demo Market", body), cache="public, max-age=0, s-maxage=30, must-revalidate")

    return answer


def origin(site: Program, flaws: Collection[str]) -> Program:
    """The server behind the edge. It turns away whoever does not come through it, unless nobody told it to."""

    async def answer(request: Request) -> Response:
        if "origin-open" in flaws and request.host == at.APEX:
            return await site(request)
        if request.host not in (at.APEX, at.ORIGIN):
            return plain("No site of that name lives here.\n", status=421)
        return plain("This server answers its edge only.\n", status=403)

    return answer


def nobodys_pages() -> Program:
    """What a host of pages shows for a name that nobody holds there."""

    async def answer(request: Request) -> Response:
        words = "<p><strong>There isn't a GitHub Pages site here.</strong></p>"
        return html(
            f"<!doctype html><html><head><title>Site not found</title></head><body>{words}</body></html>", status=404
        )

    return answer


def forgotten(title: str, words: str) -> Program:
    """A server nobody looks after: it answers whatever it is asked, with no care for headers."""

    async def answer(request: Request) -> Response:
        head = f'<head><meta charset="utf-8"><title>{title}</title></head>'
        body = f'<!doctype html><html lang="en">{head}<body><h1>{title}</h1><p>{words}</p></body></html>\n'
        return html(body, headers=[("Server", "nginx"), ("Date", formatdate(usegmt=True))])

    return answer


def handing_out(certificate: bytes, otherwise: Program) -> Program:
    """The authority's certificate where its customers' certificates say that it lies; else what answers there."""

    async def answer(request: Request) -> Response:
        if request.path != urlsplit(SECOND_AT).path:
            return await otherwise(request)
        return Response(200, [("Content-Type", "application/pkix-cert")], certificate)

    return answer


class Rdap:
    """The registry's answer about the domain, as RFC 9083 has it."""

    def __init__(self, flaws: Collection[str], now: datetime) -> None:
        self._flaws = flaws
        self._now = now.replace(microsecond=0)

    async def __call__(self, request: Request) -> Response:
        """404 for every name but the demo's own (RFC 7480, section 5.3)."""
        if request.host != at.RDAP:
            return plain("No service of that name lives here.\n", status=421)
        if (
            request.path == "/count-visit"
        ):  # the registry's machine is also the stranger's that counts visits, in one flaw
            return redirect(302, f"{at.APP_SITE}/?counted", cache="no-store")
        name = request.path.removeprefix("/domain/").lower().rstrip(".")
        found = request.path.startswith("/domain/") and name in (at.DOMAIN, at.NIC)
        body = self._domain(name) if found else self._nothing()
        answer = as_json(
            body, status=200 if found else 404, cache="public, max-age=60", media_type="application/rdap+json"
        )
        answer.set("Access-Control-Allow-Origin", "*")
        answer.set("Date", formatdate(usegmt=True))
        return answer

    def _when(self, days: int) -> str:
        return (self._now + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")

    @staticmethod
    def _nothing() -> dict[str, object]:
        return {
            "rdapConformance": ["rdap_level_0"],
            "errorCode": 404,
            "title": "Not found",
            "description": ["This registry has no such domain."],
        }

    def _status(self) -> list[str]:
        if "domain-unlocked" in self._flaws:
            return ["active"]
        return [
            "client transfer prohibited",
            *(["client hold"] if "domain-on-hold" in self._flaws else ["client delete prohibited"]),
        ]

    def _domain(self, name: str) -> dict[str, object]:
        expires = 9 if "domain-expires" in self._flaws else 310
        servers = (
            ((at.NS1, at.NS1_ADDRESS), (at.NS2, at.NS2_ADDRESS))
            if name == at.DOMAIN
            else ((at.TLD_SERVER, at.TLD_ADDRESS),)
        )
        registrar = {
            "objectClassName": "entity",
            "handle": "9999",
            "roles": ["registrar"],
            "publicIds": [{"type": "IANA Registrar ID", "identifier": "9999"}],
            "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", "Example Names Registrar"]]],
            "entities": [
                {
                    "objectClassName": "entity",
                    "roles": ["abuse"],
                    "vcardArray": [
                        "vcard",
                        [
                            ["version", {}, "text", "4.0"],
                            ["fn", {}, "text", "Abuse desk"],
                            ["email", {}, "text", f"abuse@{at.NIC}"],
                        ],
                    ],
                }
            ],
        }
        url = f"https://{at.RDAP}/domain/{name}"
        return {
            "rdapConformance": ["rdap_level_0", "icann_rdap_response_profile_1"],
            "objectClassName": "domain",
            "handle": "D4711-TEST",
            "ldhName": name,
            "status": self._status(),
            "events": [
                {"eventAction": "registration", "eventDate": self._when(-420)},
                {"eventAction": "expiration", "eventDate": self._when(expires)},
                {"eventAction": "last changed", "eventDate": self._when(-55)},
                {"eventAction": "last update of RDAP database", "eventDate": self._when(0)},
            ],
            "entities": [registrar],
            "nameservers": [
                {"objectClassName": "nameserver", "ldhName": server, "ipAddresses": {"v4": [address]}}
                for server, address in servers
            ],
            "secureDNS": {"delegationSigned": False},
            "links": [{"value": url, "rel": "self", "href": url, "type": "application/rdap+json"}],
            "notices": [{"title": "Terms of use", "description": ["The registry of the demo: its data is made up."]}],
        }
