"""The private internet's markets: one perfect, the others each with one thing wrong, as foreign servers serve it.

A market is a domain with its zone lines, its nginx server blocks and what the product must find there. Everything is built from the
perfect market, so that a row shows only what differs.
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
    """A domain, how it differs from the perfect one, and what must be found: (rule, subject, state); {d} stands for the domain."""

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

MARKETS: tuple[Market, ...] = (
    Market("perfect", "nothing"),
    Market(
        "terms-gaps",
        "the terms still hold the brackets of their template",
        apex_https=served("/terms", f"Between you and [Company Name]. {WORDS}"),
        check="audit.legal-pages",
        finds=(("audit.legal-pages.placeholder", "{d}/terms", "fail"),),
    ),
    Market(
        "privacy-short",
        "the privacy policy is one sentence",
        apex_https=served("/privacy", "We keep your data as safe as we can, and we are proud of that, every single day of the year."),
        check="audit.legal-pages",
        finds=(("audit.legal-pages.thin", "{d}/privacy", "warn"),),
    ),
    Market(
        "no-foot",
        "the home page leads to no legal page",
        apex_https=served("/", f"{WORDS}<a href=/help>Help</a>"),
        check="audit.legal-pages",
        finds=(
            ("audit.legal-pages.missing", "privacy policy", "fail"),
            ("audit.legal-pages.missing", "terms", "fail"),
            ("audit.legal-pages.missing", "page that says who runs it", "warn"),
        ),
    ),
    Market(
        "filler",
        "filler on the home page",
        apex_https=served("/", f"Lorem ipsum dolor sit amet. {WORDS}"),
        check="audit.demo-data",
        finds=(("audit.demo-data.filler", "{d}/", "fail"),),
    ),
    Market(
        "sample-help",
        "the help page names an address that belongs to nobody",
        apex_https=served("/help", f"Write to help@example.com. {WORDS}"),
        check="audit.demo-data",
        finds=(("audit.demo-data.contact", "{d}/help", "warn"),),
    ),
    Market(
        "webhook-open",
        "the payment webhook takes a message that nobody signed",
        apex_https="location = /hook { default_type application/json; return 200 '{}'; } include site.conf;",
        apps=PAYMENTS,
        check="deploy.payments",
        finds=(("deploy.payments.webhook", "{d}/hook", "fail"), ("deploy.payments.real-payment", "launch", "unknown")),
    ),
    Market(
        "webhook-shut",
        "a test key in the script, and a webhook that refuses what is not signed",
        apex_https="location = /hook { return 400; } " + served("/pay", f"<span>{TEST_KEY}</span>"),
        apps=PAYMENTS + '\n[[pages]]\nurl = "https://{d}/pay"\n',
        check="deploy.payments",
        finds=(("deploy.payments.test-mode", "{d}: Stripe", "fail"), ("deploy.payments.real-payment", "launch", "unknown")),
    ),
    Market(
        "two-spf",
        "two SPF records",
        zone={"spf": f'@ TXT "v=spf1 ip4:{MAIL} -all"\n@ TXT "v=spf1 include:net-lab.test -all"'},
        check="email.spf",
        finds=(("email.spf.multiple", "{d}", "fail"),),
    ),
    Market("no-spf", "no SPF record", zone={"spf": ""}, check="email.spf", finds=(("email.spf.missing", "{d}", "fail"),)),
    Market("no-dmarc", "no DMARC record", zone={"dmarc": ""}, check="email.dmarc", finds=(("email.dmarc.missing", "{d}", "fail"),)),
    Market(
        "dkim-revoked",
        "the signing key was withdrawn",
        zone={"dkim": 's1._domainkey TXT "v=DKIM1; p="'},
        check="email.dkim",
        finds=(("email.dkim.revoked", "s1._domainkey.{d}", "fail"),),
    ),
    Market(
        "tls-reports",
        "reports about encryption go to an address without mailto:",
        zone={"tls-rpt": '_smtp._tls TXT "v=TLSRPTv1; rua=tls@{d}"'},
        check="email.transport",
        finds=(("email.transport.tls-rpt", "{d}", "fail"),),
    ),
    Market(
        "half-sts",
        "MTA-STS is promised and its policy is not served",
        zone={"sts": '_mta-sts TXT "v=STSv1; id=1"'},
        check="email.transport",
        finds=(("email.transport.mta-sts-policy", "{d}", "fail"),),
    ),
    Market(
        "nameless",
        "the address that sends has no name; block lists are switched off in every market",
        zone={"spf": f'@ TXT "v=spf1 ip4:{API} -all"'},
        check="email.reputation",
        finds=(("email.reputation.ptr", API, "fail"), ("email.reputation.lists", "{d}", "unknown")),
    ),
    Market(
        "dead-mx",
        "the mail host has no address",
        zone={"mx": "@ MX 10 mail-gone.net-lab.test."},
        check="email.mx",
        finds=(("email.mx.unresolved", "mail-gone.net-lab.test", "fail"),),
    ),
    Market(
        "lame",
        "one name server refuses the zone",
        zone={"ns": "@ NS ns1.net-lab.test.\n@ NS lame.net-lab.test."},
        check="audit.dns-host",
        finds=(("audit.dns-host.lame", "lame.net-lab.test", "fail"),),
    ),
    Market(
        "split",
        "one of two addresses leads to another service",
        zone={"apex": f"@ A {WEB}\n@ A {OTHER}"},
        check="audit.one-service",
        finds=(("audit.one-service.addresses-differ", "{d}", "fail"),),
    ),
    Market(
        "two-homes",
        "www answers by itself",
        www_https="include site.conf;",
        check="edge.canonical",
        finds=(("edge.canonical.two-origins", "{d}", "fail"),),
    ),
    Market(
        "expired",
        "the certificate has ended",
        apex_tls="expired",
        check="edge.certificates",
        finds=(("edge.certificates.expired", "{d}", "fail"),),
    ),
    Market(
        "wrong-name",
        "the certificate is for another name",
        apex_tls="wrong",
        check="edge.certificates",
        finds=(("edge.certificates.name", "{d}", "fail"),),
    ),
    Market(
        "ending",
        "the certificate ends in two days",
        apex_tls="ending",
        check="edge.certificates",
        finds=(("edge.certificates.expiring", "{d}", "fail"),),
    ),
    Market(
        "old-tls",
        "only TLS 1.0 is spoken",
        zone={"apex": f"@ A {OLD_TLS}"},
        old_tls_only=True,
        check="edge.certificates",
        finds=(("edge.certificates.no-modern-protocol", "{d}", "fail"), ("edge.certificates.old-protocol", "{d}", "warn")),
    ),
    Market(
        "plain",
        "the API answers over plain http",
        api_http='default_type application/json; return 200 "{}";',
        check="edge.https",
        finds=(("edge.https.plain-http", "api.{d}", "fail"),),
    ),
    Market(
        "cookie",
        "the session cookie is not Secure",
        apex_https="include site-cookie.conf;",
        check="edge.https",
        finds=(("edge.https.cookie-secure", "{d}", "fail"),),
    ),
    Market(
        "no-hsts",
        "no HSTS header",
        apex_https="include site-no-hsts.conf;",
        check="edge.headers",
        finds=(("edge.headers.hsts", "{d}", "warn"),),
    ),
    Market(
        "chain",
        "an old address takes four hops",
        apex_https=(
            "location = /old { return 302 /older; } location = /older { return 302 /oldest; } location = /oldest { return 302 /last; }"
            " location = /last { return 302 /; } include site.conf;"
        ),
        redirects=(("https://{d}/old", "https://{d}/"),),
        check="edge.redirects",
        finds=(("edge.redirects.old-address", "{d}/old", "fail"),),
    ),
    Market(
        "uncached",
        "hashed files are not cached",
        apex_https="include site-uncached.conf;",
        check="performance.caching",
        finds=(("performance.caching.asset", "{d}", "fail"),),
    ),
    Market(
        "env-file",
        "the settings file lies on the web server",
        apex_https='location = /.env { default_type text/plain; return 200 "APP_ENV=live\\nDB_HOST=db\\n"; } include site.conf;',
        check="edge.exposure",
        finds=(("edge.exposure.env-file", "{d}/.env", "fail"),),
    ),
    Market(
        "listing",
        "a folder lists its files",
        apex_https="location /uploads/ { alias /etc/nginx/; autoindex on; } include site.conf;",
        check="edge.exposure",
        finds=(("edge.exposure.directory-listing", "{d}/uploads/", "warn"),),
    ),
    Market(
        "debug-page",
        "the server's own status page is open",
        apex_https="location = /server-status { stub_status; } include site.conf;",
        check="edge.exposure",
        finds=(("edge.exposure.debug-page", "{d}/server-status", "fail"),),
    ),
    Market(
        "app-catches-all",
        "every address shows the start page, with status 200",
        apex_https="location = /.env { rewrite ^ /index.html; } error_page 404 =200 /index.html; include site.conf;",
    ),
    Market(
        "aasa-untyped",
        "the file for iPhones is sent without its type, as nginx does for a name without ending",
        apex_https=f"location = /.well-known/apple-app-site-association {{ return 200 {AASA}; }} include site.conf;",
        apps=APPS,
        check="edge.app-links",
        finds=(("edge.app-links.ios-file", "{d}", "fail"),),
    ),
    Market(
        "aasa-good",
        "nothing, and its links open an app",
        apex_https=(
            f"location = /.well-known/apple-app-site-association {{ default_type application/json; return 200 {AASA}; }} include site.conf;"
        ),
        apps=APPS,
    ),
    Market(
        "origin-open",
        "the server behind the edge answers everybody",
        zone={"origin": f"origin A {ORIGIN}"},
        behind="include site-behind.conf;",
        check="edge.cdn",
        finds=(("edge.cdn.origin-open", "{d}", "fail"),),
    ),
    Market(
        "origin-shut",
        "nothing, and the server behind the edge turns strangers away",
        zone={"origin": f"origin A {ORIGIN}"},
        behind="return 403;",
    ),
    Market(
        "api-down",
        "the API's first page is an error of its server",
        api_https="return 502;",
        check="edge.subdomains",
        finds=(("edge.subdomains.lands", "api.{d}", "fail"),),
    ),
    Market(
        "robots-shut",
        "robots.txt keeps everybody out",
        apex_https='location = /robots.txt { default_type text/plain; return 200 "User-agent: *\\nDisallow: /\\n"; } include site.conf;',
        check="edge.canonical",
        finds=(("edge.canonical.robots", "{d}", "fail"),),
    ),
    Market(
        "soft-404",
        "the start page is shown for every address",
        apex_https="error_page 404 =200 /index.html; include site.conf;",
        check="edge.canonical",
        finds=(("edge.canonical.soft-404", "{d}", "warn"), ("edge.canonical.robots", "{d}", "warn")),
    ),
    Market(
        "noindex",
        "the pages tell search engines to leave them out",
        apex_https="include site-noindex.conf;",
        check="edge.canonical",
        finds=(("edge.canonical.noindex", "{d}/", "fail"),),
    ),
    Market(
        "hsts-http",
        "the HSTS header is sent over plain http",
        apex_http='add_header Strict-Transport-Security "max-age=31536000" always; return 301 https://$host$request_uri;',
        check="edge.redirects",
        finds=(("edge.redirects.useless-hsts", "{d}", "warn"), ("edge.redirects.useless-hsts", "www.{d}", "warn")),
    ),
    Market(
        "bare",
        "the pages carry no security header but HSTS",
        apex_https="include site-bare.conf;",
        check="edge.headers",
        finds=(
            ("edge.headers.csp", "{d}", "warn"),
            ("edge.headers.framing", "{d}", "warn"),
            ("edge.headers.nosniff", "{d}", "warn"),
        ),
    ),
    Market(
        "cors-echo",
        "the API lets every site read it as the visitor",
        api_https=(
            "return 404 '{}'; } add_header Access-Control-Allow-Origin $http_origin always;"
            " add_header Access-Control-Allow-Credentials true always; location = /none { return 404;"
        ),
        check="edge.headers",
        finds=(("edge.headers.cors", "api.{d}", "fail"),),
    ),
    Market(
        "circle",
        "the start page leads to itself",
        apex_https="location = / { return 302 /; } include site.conf;",
        check="edge.redirects",
        finds=(("edge.redirects.loop", "{d}", "fail"), ("edge.redirects.loop", "www.{d}", "fail")),
    ),
    Market(
        "downgrade",
        "www leads back to plain http on the way",
        www_https="return 301 http://{d}$request_uri;",
        check="edge.redirects",
        finds=(("edge.redirects.downgrade", "www.{d}", "fail"), ("edge.redirects.too-many-hops", "www.{d}", "warn")),
    ),
    Market(
        "for-now",
        "www leads to the site as if for now, and loses the path",
        www_https="return 302 https://{d}/;",
        check="edge.canonical",
        finds=(("edge.canonical.temporary", "www.{d}", "warn"), ("edge.canonical.path-lost", "www.{d}", "fail")),
    ),
    Market(
        "challenged",
        "a wall before the site asks programs for a proof",
        apex_https='location = / { add_header cf-mitigated challenge always; return 403 "<html>Just a moment"; } include site.conf;',
        check="edge.headers",
        finds=(("edge.headers.hsts", "{d}", "unknown"),),
    ),
    Market(
        "repository",
        "the repository lies on the web server",
        apex_https='location = /.git/HEAD { default_type text/plain; return 200 "ref: refs/heads/main\\n"; } include site.conf;',
        check="edge.exposure",
        finds=(("edge.exposure.repository", "{d}/.git", "fail"),),
    ),
    Market(
        "undeclared-blog",
        "an alias leads to a name that does not exist",
        zone={"blog": "blog CNAME gone"},
        check="audit.hosts",
        finds=(("audit.hosts.dangling", "blog.{d}", "fail"),),
    ),
    Market(
        "one-server",
        "the zone hangs on one name server",
        zone={"ns": "@ NS ns1.net-lab.test."},
        check="audit.dns-host",
        finds=(("audit.dns-host.one-server", "{d}", "warn"),),
    ),
    Market(
        "remembered",
        "that a name does not exist is remembered for a day",
        long_absence=True,
        check="edge.dns-health",
        finds=(("edge.dns-health.soa", "{d}", "warn"),),
    ),
    Market(
        "copied",
        "everybody may copy the zone",
        open_zone=True,
        check="edge.dns-health",
        finds=(
            ("edge.dns-health.zone-transfer", "ns1.net-lab.test", "warn"),
            ("edge.dns-health.zone-transfer", "ns2.net-lab.test", "warn"),
        ),
    ),
    Market(
        "caa-nobody",
        "no authority may issue certificates",
        zone={"caa": '@ CAA 0 issue ";"'},
        check="edge.dns-health",
        finds=(("edge.dns-health.caa", "{d}", "fail"),),
    ),
    Market(
        "long-ttl",
        "the API's address is kept for two days",
        zone={"api": f"api 172800 A {API}"},
        check="edge.dns-health",
        finds=(("edge.dns-health.ttl", "{d}", "warn"),),
    ),
    Market(
        "stale-ds",
        "the zone above vouches for a key that is gone",
        stale_ds=True,
        check="edge.dns-health",
        finds=(("edge.dns-health.dnssec", "{d}", "fail"),),
    ),
    Market("flows", "nothing, and its product sends mail", api_https="proxy_pass http://127.0.0.1:8090;"),
    Market(
        "no-starttls",
        "its mail server has no encryption",
        zone={"mx": "@ MX 10 mx.grey-mail.test."},
        check="email.mx",
        finds=(("email.mx.starttls", "mx.grey-mail.test", "warn"),),
    ),
    Market("servfail", "the name servers cannot answer for the zone", broken_zone=True),
)


def zone_text(market: Market) -> str:
    """The market's zone file."""
    rows = {**ZONE, **market.zone}
    body = "\n".join(row for row in rows.values() if row)
    life, absence = ("86400 ", 86400) if market.long_absence else ("", 60)
    soa = f"@ {life}SOA ns1.net-lab.test. hostmaster.net-lab.test. 2026112401 3600 600 86400 {absence}"
    return f"$TTL 300\n{soa}\n{body}\n".replace("{d}", market.domain)


def above_text() -> str:
    """The zone above all markets: what it delegates, and what it vouches for."""
    rows = ["@ NS ns1.net-lab.test.", "net-lab NS ns1.net-lab.test.", "net-lab NS ns2.net-lab.test."]
    rows += [f"ns1.net-lab A {NS1}", f"ns2.net-lab A {NS2}"]
    for market in MARKETS:
        servers = {**ZONE, **market.zone}["ns"]
        rows += [row.replace("@", market.name, 1) for row in servers.splitlines()]
        if market.stale_ds:
            rows.append(f"{market.name} DS 20326 13 2 {'0123456789abcdef' * 4}")
    soa = "@ SOA ns1.net-lab.test. hostmaster.net-lab.test. 2026112401 3600 600 86400 60"
    return "\n".join(["$TTL 300", soa, *rows, ""])


def launch_text(market: Market) -> str:
    """The market's launch file."""
    d = market.domain
    rows = "".join(f'\n[[redirects]]\nfrom = "{a.replace("{d}", d)}"\nto = "{b.replace("{d}", d)}"\n' for a, b in market.redirects)
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
