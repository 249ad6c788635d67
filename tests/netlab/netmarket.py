"""What a market of the private internet is made of.

A market is a domain with its zone lines, its nginx server blocks and what the product must find there. Everything is
built from the perfect market, so that a row shows only what differs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mailnames import ADDRESSES as MAIL_ADDRESSES

from launchready_tui.lab.zones import DKIM_KEY, quoted

WEB = "203.0.113.10"
WEB6 = "2001:db8::10"
API = "203.0.113.20"
OTHER = "203.0.113.99"
ORIGIN = "203.0.113.77"
OLD_TLS = "203.0.113.110"
MAIL = "203.0.113.25"
NS1 = "198.51.100.53"
NS2 = "198.51.100.54"
LAME = "198.51.100.66"
RESOLVER = "127.0.0.53"
SILENT = "203.0.113.66"

ADDRESSES = (WEB, API, OTHER, ORIGIN, OLD_TLS, MAIL, NS1, NS2, LAME, RESOLVER, SILENT, *MAIL_ADDRESSES)
ADDRESSES6 = (WEB6,)

# What every market's zone has unless a row replaces it: {d} is the domain.
ZONE = {
    "ns": "@ NS ns1.net-lab.test.\n@ NS ns2.net-lab.test.",
    "apex": f"@ A {WEB}\n@ AAAA {WEB6}",
    "www": "www CNAME @",
    "api": f"api A {API}",
    "mx": "@ MX 10 mail.net-lab.test.",
    "spf": f'@ TXT "v=spf1 ip4:{MAIL} -all"',
    "dmarc": '_dmarc TXT "v=DMARC1; p=quarantine; rua=mailto:dmarc@{d}"',
    "dkim": f"s1._domainkey TXT {quoted(f'v=DKIM1; k=rsa; p={DKIM_KEY}')}",
    "caa": '@ CAA 0 issue "letsencrypt.org"',
}


@dataclass(frozen=True)
class Market:
    """A domain, how it differs from the perfect one, and what must be found: (rule, subject, state); {d} stands for
    the domain."""

    name: str
    differs: str = ""
    zone: dict[str, str] = field(default_factory=dict)
    apex_tls: str = "good"
    """Which certificate the apex shows: good, expired, wrong, ending."""
    apex_https: str = "include site.conf;"
    www_https: str = "return 301 https://{d}$request_uri;"
    apex_http: str = "return 301 https://$host$request_uri;"
    api_http: str = "return 403;"
    api_https: str = "return 404 '{}';"
    apex_listen6: bool = True
    old_tls_only: bool = False
    broken_zone: bool = False
    open_zone: bool = False
    """Whether everybody may copy the zone."""
    long_absence: bool = False
    """Whether "there is no such name" is remembered for a day."""
    stale_ds: bool = False
    """Whether the zone above vouches for a key that nobody has."""
    redirects: tuple[tuple[str, str], ...] = ()
    behind: str = ""
    """What the server behind the edge answers to whoever finds it, as nginx writes it."""
    apps: str = ""
    """Tables that its launch file has beside the usual ones, such as [apps]."""
    check: str = ""
    finds: tuple[tuple[str, str, str], ...] = ()

    @property
    def domain(self) -> str:
        return f"{self.name}.test"


AASA = """'{"applinks": {"details": [{"appIDs": ["A1B2C3D4E5.test.app"], "components": [{"/": "/l/*"}]}]}}'"""
WORDS = "Words that stand here for a whole page of them, one after the other. " * 12


def served(path: str, body: str) -> str:
    """One page of the site shows something else than it should."""
    html = f"<!doctype html><html lang=en><title>Page</title><p>{body}</p>"
    return f"location = {path} {{ default_type text/html; return 200 '{html}'; }} include site.conf;"


APPS = """
[apps]
ios = ["A1B2C3D4E5.test.app"]
hosts = ["{d}"]
privacy = "https://{d}/help"
support = "https://{d}/help"
account_deletion = "https://{d}/help"
"""

PAYMENTS = """
[payments]
provider = "stripe"
webhook = "https://{d}/hook"
"""
TEST_KEY = "_".join(("pk", "test", "51Net" + "a1B2c3D4" * 5))


def zone_text(market: Market) -> str:
    """The market's zone file."""
    rows = {**ZONE, **market.zone}
    body = "\n".join(row for row in rows.values() if row)
    life, absence = ("86400 ", 86400) if market.long_absence else ("", 60)
    soa = f"@ {life}SOA ns1.net-lab.test. hostmaster.net-lab.test. 2026112401 3600 600 86400 {absence}"
    return f"$TTL 300\n{soa}\n{body}\n".replace("{d}", market.domain)


def launch_text(market: Market) -> str:
    """The market's launch file."""
    d = market.domain
    rows = "".join(
        f'\n[[redirects]]\nfrom = "{a.replace("{d}", d)}"\nto = "{b.replace("{d}", d)}"\n' for a, b in market.redirects
    )
    return f"""\
name = "{market.name}"
domain = "{d}"
canonical = "https://{d}/"
cdn = "net-edge"

[permission]
by = "founder"
on = 2026-11-01
domains = ["{d}"]

[[hosts]]
name = "{d}"
role = "web"
purpose = "the shop"

[[hosts]]
name = "www.{d}"
role = "web"
purpose = "leads to the shop"

[[hosts]]
name = "api.{d}"
role = "api"
purpose = "the app's API"

[[routes]]
name = "health"
url = "https://api.{d}/healthz"
flow = "all"
safe = true

[[pages]]
url = "https://{d}/"
name = "home"
{rows}{market.apps.replace("{d}", d)}
[email]
selectors = ["s1"]
support = "help@{d}"

[settings]
services = []
samples = 120
rate = 50.0
"""
