"""All servers of the demo marketplace put together: where each listens, and what each does with the flaws that are
on."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from . import httpd, imapd, site, smtpd, zones
from . import places as at
from .accounts import App
from .api import Api
from .authority import LEFT, LIFETIME, MODERN, STYLES, Authority, Identities
from .edge import Edge
from .faults import Faults
from .flaws import known
from .guards import guarded
from .letters import Letters, Signer
from .litter import littered
from .market import Market
from .nameserver import NameServer
from .others import Rdap, closed_door, forgotten, handing_out, nobodys_pages, origin, status_page
from .twists import twisted
from .web import Program, Request, Response

LOOPBACK = "127.0.0.1"


class Only(Collection[str]):
    """Of the flaws that are on, those that concern one part of the town; follows every switch."""

    def __init__(self, on: Collection[str], *names: str) -> None:
        self._on = on
        self._names = frozenset(names)

    def __contains__(self, name: object) -> bool:
        return name in self._names and name in self._on

    def __iter__(self) -> Iterator[str]:
        return iter(self._names.intersection(self._on))

    def __len__(self) -> int:
        return len(self._names.intersection(self._on))


@dataclass
class _Door:
    """A listener that can be closed and opened again on its port. `server` is None while it is closed."""

    server: asyncio.Server | None
    port: int
    program: Program


_HOSTS = {
    at.APEX: at.WEB_ADDRESS,
    at.WWW: at.WEB_ADDRESS,
    at.APP: at.APP_ADDRESS,
    at.API: at.API_ADDRESS,
    at.ADMIN: at.ADMIN_ADDRESS,
    at.STAGING: at.STAGING_ADDRESS,
    at.STATUS: at.STATUS_ADDRESS,
}
"""What can be given a fault, and where it lives."""


def _without(text: str, starts: tuple[str, ...]) -> str:
    """A zone file without the lines that begin so."""
    return "".join(line for line in text.splitlines(keepends=True) if not starts or not line.startswith(starts))


class Town:
    """The lab while it runs."""

    def __init__(self, market: Market, now: datetime, signer: Signer | None = None) -> None:
        self.market = market
        self.signer = signer or Signer()
        self.mailbox = imapd.Mailbox()
        self.authority = Authority(now)
        self.inbox = smtpd.Inbox()
        self.on: set[str] = set()
        self.connect: dict[str, str] = {}
        self.nameserver = ""
        self._now = now
        self._serial = 0
        self._edges: list[Edge] = []
        self._identities: dict[str, Identities] = {}
        self._servers: list[asyncio.Server] = []
        self._secure: dict[str, _Door] = {}
        self.faults = Faults()
        self._nothing = socket.socket()
        self._resolver = NameServer(recursive=True)
        self._ns1, self._ns2, self._registry = NameServer(), NameServer(), NameServer()

    # -- starting ------------------------------------------------------------------------------------------------

    async def open(self, on: Iterable[str]) -> None:
        """Binds everything on loopback and sets the flaws. Raises OSError."""
        self.on |= known(on)
        self._renew_certificates()
        self._renew_zones()
        await self.market.index("search-no-index" not in self.on)
        resolver = await self._resolver.listen(LOOPBACK)
        self.nameserver = f"{LOOPBACK}:{resolver}"
        for address, server in (
            (at.NS1_ADDRESS, self._ns1),
            (at.NS2_ADDRESS, self._ns2),
            (at.TLD_ADDRESS, self._registry),
        ):
            self.connect[f"{address}:53"] = f"{LOOPBACK}:{await server.listen(LOOPBACK)}"
        await self._open_web()
        mail, port = await smtpd.listen(self.inbox, lambda: self._identities[at.MAIL_ADDRESS].context, LOOPBACK)
        self._servers.append(mail)
        self.connect[f"{at.MAIL_ADDRESS}:25"] = f"{LOOPBACK}:{port}"
        boxes, port = await imapd.listen(self.mailbox, lambda: self._identities[at.IMAP_ADDRESS].context, LOOPBACK)
        self._servers.append(boxes)
        self.connect[f"{at.IMAP_ADDRESS}:993"] = f"{LOOPBACK}:{port}"
        self._close_the_rest()

    async def _open_web(self) -> None:
        api = Api(self.market, self.on)
        stale = forgotten("Rental board", "The board of last year. Please use the new address.")
        old_admin = forgotten("Rental board admin", "Name and password, please.")
        await self._open_site()
        behind = origin(guarded(site.Site(self.market, self.on, self._now), self.on), self.on)
        await self._listen(at.ORIGIN_ADDRESS, behind, behind)
        letters = Letters(self.signer, self.on, self.mailbox.take)
        app, status = App(self.market, self.on, letters), status_page(self.on)

        async def shared(request: Request) -> Response:
            return await (status if request.host == at.STATUS else app)(request)

        await self._web(at.APP_ADDRESS, shared, site.to_https(at.APP, at.STATUS, flaws=self.on))
        await self._web(at.API_ADDRESS, api, api)
        await self._web(at.ADMIN_ADDRESS, closed_door(at.ADMIN, "Demo Market admin", self.on), site.to_https(at.ADMIN))
        await self._web(
            at.STAGING_ADDRESS, closed_door(at.STAGING, "Demo Market staging", self.on), site.to_https(at.STAGING)
        )
        await self._web(at.STATUS_ADDRESS, status, site.to_https(at.STATUS))
        await self._listen(at.STALE_ADDRESS, stale, stale)
        await self._listen(at.OLD_ADMIN_ADDRESS, old_admin, old_admin)
        await self._listen(at.PAGES_ADDRESS, nobodys_pages(), nobodys_pages())
        rdap = Rdap(self.on, self._now)
        await self._listen(at.RDAP_ADDRESS, rdap, handing_out(self.authority.second, site.to_https(at.RDAP)))

    async def _open_site(self) -> None:
        """apex and www share an address. Where www answers by itself, it is a setup of its own: what is wrong with the
        main site is not."""
        www = Only(self.on, "www-serves-itself", "deep-links-lost", "app-links-redirected")
        sites = {at.APEX: self._behind_edge(site.Site(self.market, self.on, self._now), self.on)}
        sites[at.WWW] = self._behind_edge(site.Site(self.market, www, self._now), www)

        async def by_name(request: Request) -> Response:
            if request.host == at.PLATFORM and "www-on-platform" in self.on:
                request = replace(request, host=at.APEX)
            return await sites.get(request.host, sites[at.APEX])(request)

        http = Edge(site.to_https(at.APEX, at.WWW), frozenset())
        await self._listen(at.WEB_ADDRESS, by_name, http)

    def _behind_edge(self, program: Program, flaws: Collection[str]) -> Program:
        bare = guarded(littered(program, flaws), flaws)
        edge = Edge(bare, flaws)
        self._edges.append(edge)

        async def answer(request: Request) -> Response:
            around = request.host == at.API and "api-unproxied" in flaws
            return await (bare if around else edge)(request)

        return answer

    async def _web(self, address: str, secure: Program, plain: Program) -> None:
        """A web host behind the edge, which guards https and passes http on."""
        http = Edge(plain, self.on)
        self._edges.append(http)
        await self._listen(address, self._behind_edge(secure, self.on), http)

    async def _listen(self, address: str, secure: Program, plain: Program) -> None:
        secure, plain = twisted(self.faults.around(secure), self.on), twisted(plain, self.on)
        https, https_port = await httpd.listen(secure, LOOPBACK, tls=self._identities[address].context)
        http, http_port = await httpd.listen(plain, LOOPBACK)
        self._servers.append(http)
        self._secure[address] = _Door(https, https_port, secure)
        self.connect[f"{address}:443"] = f"{LOOPBACK}:{https_port}"
        self.connect[f"{address}:80"] = f"{LOOPBACK}:{http_port}"

    def _close_the_rest(self) -> None:
        """Every other port of the demo's addresses leads to one where nobody listens: refused, as on a real host."""
        self._nothing.bind((LOOPBACK, 0))
        closed = f"{LOOPBACK}:{self._nothing.getsockname()[1]}"
        self.connect |= dict.fromkeys(at.ADDRESSES, closed)

    # -- faults --------------------------------------------------------------------------------------------------

    async def fault(self, host: str, what: str) -> None:
        """Gives a host a fault, or takes it away with an empty text. Raises ValueError, and OSError where a port is
        lost."""
        if host not in _HOSTS:
            raise ValueError(f"there is no host {host!r}: {', '.join(_HOSTS)}")
        self.faults.set(host, what)
        self._renew_certificates()
        self._renew_zones()
        gone = {_HOSTS[name] for name in self.faults.having("refuse")}
        for address, door in self._secure.items():
            if address in gone and door.server is not None:
                door.server.close()
                door.server = None
            elif address not in gone and door.server is None:
                context = self._identities[address].context
                door.server, _ = await httpd.listen(door.program, LOOPBACK, tls=context, port=door.port)

    # -- flaws ---------------------------------------------------------------------------------------------------

    async def switch(self, on: Iterable[str]) -> None:
        """Makes exactly these flaws be on. Raises UnknownFlawError, and then changes nothing."""
        wanted = known(on)
        self.on.clear()  # in place: every program looks into this very set
        self.on |= wanted
        self._renew_certificates()
        self._renew_zones()
        await self.market.index("search-no-index" not in self.on)
        for edge in self._edges:
            edge.purge()

    def _renew_zones(self) -> None:
        self._serial += 1
        serial = int(self._now.strftime("%Y%m%d")) * 100 + self._serial % 100
        key = self.signer.public
        market = zones.market_zones(self.on, serial, key)
        missing = tuple(f"{name}. 300 IN A " for name in self.faults.having("dns-gone"))
        market = {name: _without(text, missing) for name, text in market.items()}
        self._resolver.serve(
            {name: _without(text, missing) for name, text in zones.all_zones(self.on, serial, key).items()}
        )
        self._registry.serve(zones.registry_zones(self.on, serial, key))
        self._ns1.serve(market)
        self._ns2.serve(market)
        self._ns2.lame = "lame-name-server" in self.on
        self._ns1.gives_zones = "zone-copied" in self.on
        self._ns1.deaf_over_tcp = "udp-only" in self.on
        self._ns1.top_alias = self._ns2.top_alias = f"{at.PLATFORM}." if "apex-alias" in self.on else ""

    def _renew_certificates(self) -> None:
        apex = [at.APEX, at.WWW, *([at.OLD_ADMIN] if "undeclared-host" in self.on else [])]
        apex += [at.PLATFORM] if "www-on-platform" in self.on else []
        names = {
            at.WEB_ADDRESS: apex,
            at.APP_ADDRESS: [at.APP, *([at.STATUS] if "status-shared" in self.on else [])],
            at.PAGES_ADDRESS: ["pages.nic.test"],
            at.ORIGIN_ADDRESS: [at.ORIGIN, at.APEX],
            at.API_ADDRESS: [at.API],
            at.ADMIN_ADDRESS: [at.APP if "admin-certificate-name" in self.on else at.ADMIN],
            at.STAGING_ADDRESS: [at.STAGING],
            at.STATUS_ADDRESS: [at.STATUS],
            at.STALE_ADDRESS: [at.APP],
            at.OLD_ADMIN_ADDRESS: [at.OLD_ADMIN],
            at.MAIL_ADDRESS: [at.MAIL],
            at.RDAP_ADDRESS: [at.RDAP],
            at.IMAP_ADDRESS: [at.IMAP],
        }
        for address, covered in names.items():
            ends_soon = address == at.API_ADDRESS and "api-certificate-ends" in self.on
            left = timedelta(days=2) if ends_soon else LEFT
            lifetime = LIFETIME
            if address == at.ADMIN_ADDRESS and "admin-certificate-over" in self.on:
                left = timedelta(days=-3)
            elif address == at.ADMIN_ADDRESS and "admin-certificate-early" in self.on:
                left = LIFETIME + timedelta(days=5)
            elif address == at.ADMIN_ADDRESS and "admin-certificate-long" in self.on:
                left, lifetime = timedelta(days=500), timedelta(days=560)
            if any(_HOSTS[name] == address for name in self.faults.having("expired-certificate")):
                left = timedelta(days=-1)
            old = address == at.STATUS_ADDRESS and "old-tls" in self.on
            old_alpn = address == at.APP_ADDRESS and "no-http2" in self.on
            admin = address == at.ADMIN_ADDRESS
            last = (
                ssl.TLSVersion.TLSv1_2
                if admin and "admin-old-tls-only" in self.on
                else ssl.TLSVersion.MAXIMUM_SUPPORTED
            )
            self._identities.setdefault(address, Identities(self.authority)).show(
                covered,
                left=left,
                lifetime=lifetime,
                old_protocols=old,
                must_staple=admin and "must-staple" in self.on,
                alpn=("http/1.1",) if old_alpn else MODERN,
                style=next((style for style in STYLES if admin and f"admin-certificate-{style}" in self.on), "usual"),
                newest=last,
            )

    # -- ending --------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Gives every port back."""
        for server in (*self._servers, *(door.server for door in self._secure.values() if door.server is not None)):
            server.close()
        for names in (self._resolver, self._ns1, self._ns2, self._registry):
            names.close()
        self._nothing.close()
        self.market.close()
