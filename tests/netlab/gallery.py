"""One domain with many hosts, each with one thing wrong (or a clue to read): all of them are looked at by one call of
the product.

An exhibit is a host, how its nginx serves it, its certificate, and what the product must say of it and of nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

from netmarket import WEB

DOMAIN = "gallery.example"
VERCEL = "76.76.21.21"
"""An address of a hosting company (checks/audit/providers.toml), here on the loopback of the private internet."""
PLAIN = "203.0.113.111"
"""Where nobody listens on port 443."""
ELDER = "203.0.113.112"
"""Where HTTP/2 is not spoken: nginx speaks it by address, not by name."""
ADDRESSES = (VERCEL, PLAIN, ELDER)
STANDARD = (
    'add_header Strict-Transport-Security "max-age=31536000" always; add_header X-Content-Type-Options nosniff always;'
    " add_header Content-Security-Policy \"default-src 'self'; object-src 'none'; base-uri 'self'; "
    "frame-ancestors 'none'\" always;"
    " add_header Referrer-Policy strict-origin-when-cross-origin always; add_header Cross-Origin-Opener-Policy "
    "same-origin always;"
    ' add_header Permissions-Policy "camera=(), geolocation=(), microphone=()" always; add_header Cache-Control '
    "no-cache always;"
)
PAGE = '<!doctype html><html lang=\\"en\\"><title>Exhibit</title><h1>Exhibit</h1>{}'


def shows(body: str = "", headers: str = STANDARD) -> str:
    """Location `/` alone with a page; every other address is not found."""
    return (
        f'location = / {{ default_type text/html; {headers} return 200 "{PAGE.format(body)}"; }} location / '
        f"{{ return 404; }}"
    )


@dataclass(frozen=True)
class Exhibit:
    """`finds` are rule and state, on this host unless a subject stands third; {h} is the host."""

    name: str
    differs: str
    https: str = shows()
    http: str = "return 301 https://$host$request_uri;"
    zone: str = f"A {WEB}"
    tls: str = "good"
    """Which certificate is shown (servers.exhibit_certificate); empty: nobody listens on 443."""
    role: str = "web"
    more: str = 'provider = "our own"\n'
    """Further keys of the host in the launch file."""
    finds: tuple[tuple[str, ...], ...] = ()
    says: tuple[tuple[str, str], ...] = ()
    """Rule and words of its summary, whatever its state."""

    @property
    def host(self) -> str:
        return f"{self.name}.{DOMAIN}"


def _with(name: str, value: str) -> str:
    """A page with one header more."""
    return shows(headers=f"{STANDARD} add_header {name} {value} always;")


def _without(name: str, more: str = "") -> str:
    """A page without the header of this name."""
    rows = [row.strip() for row in STANDARD.split(" always;") if row.strip() and name not in row]
    return shows(headers=" ".join(f"{row} always;" for row in rows) + more)


def _answers(path: str, kind: str, text: str) -> str:
    """A file at a path, beside the page."""
    return f"{STANDARD} location = {path} {{ default_type {kind}; return 200 '{text}'; }} {shows()}"


_ON = '<meta http-equiv=\\"refresh\\" content=\\"0; url=/next\\">'
_EXPLAINED = '{"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/a": {}}}'
_SCHEMA = '{"data": {"__schema": {"queryType": {"name": "Query"}}}}'
_ASKS_FOR_COOKIE = f"""location = /set {{ internal; {STANDARD}
add_header Set-Cookie "seen=1; Secure; HttpOnly; SameSite=Lax" always; return 302 /; }}"""

CERTIFICATES = (
    Exhibit(
        "stranger", "its authority is known to nobody", tls="stranger", finds=(("edge.certificates.untrusted", "fail"),)
    ),
    Exhibit("itself", "it vouches for itself", tls="itself", finds=(("edge.certificates.untrusted", "fail"),)),
    Exhibit(
        "half-chain",
        "the intermediate certificate is not sent",
        tls="half-chain",
        finds=(("edge.certificates.chain", "fail"),),
        says=(("edge.certificates.chain", "Gallery Middle"),),
    ),
    Exhibit("chain", "nothing: the intermediate certificate is sent", tls="chain"),
    Exhibit("small-key", "the key has 1024 bits", tls="small-key", finds=(("edge.certificates.key", "fail"),)),
    Exhibit("big-key", "the key has 5120 bits", tls="big-key", finds=(("edge.certificates.key", "warn"),)),
    Exhibit("sha1", "signed with SHA-1", tls="sha1", finds=(("edge.certificates.signature", "fail"),)),
    Exhibit("tomorrow", "not valid yet", tls="tomorrow", finds=(("edge.certificates.not-yet-valid", "fail"),)),
    Exhibit("long-life", "made for 500 days", tls="long-life", finds=(("edge.certificates.lifetime", "fail"),)),
    Exhibit(
        "inner", "the certificate tells an inner name", tls="inner", finds=(("edge.certificates.inner-names", "info"),)
    ),
    Exhibit(
        "staple",
        "asks for an answer that is not stapled",
        tls="staple",
        finds=(("edge.certificates.must-staple", "warn"),),
    ),
    Exhibit(
        "extra",
        "the chain holds a certificate that leads nowhere",
        tls="extra",
        finds=(("edge.certificates.chain-extra", "info"),),
    ),
    Exhibit("elder", "HTTP/1.1 alone", zone=f"A {ELDER}", finds=(("edge.certificates.no-h2", "warn"),)),
    Exhibit(
        "plain",
        "nobody listens on port 443",
        zone=f"A {PLAIN}",
        http="return 404;",
        tls="",
        finds=(("edge.certificates.no-tls", "fail"), ("edge.https.plain-http", "warn")),
    ),
)
REDIRECTS = (
    Exhibit(
        "off-host",
        "plain http leads to another host first",
        http=f"return 301 https://fine.{DOMAIN}/;",
        finds=(("edge.redirects.off-host", "warn"),),
    ),
    Exhibit(
        "late-turn",
        "plain http stays plain for a hop",
        http="location = / { return 301 http://$host/start; } location / { return 301 https://$host/; }",
        finds=(("edge.redirects.first-hop", "fail"),),
    ),
    Exhibit(
        "bad-location",
        "a redirect without a place to go",
        https=f'{STANDARD} location = / {{ {STANDARD} add_header Location "" always; return 302 ""; }}',
        finds=(("edge.redirects.bad-location", "fail"),),
    ),
    Exhibit(
        "gone-place",
        "leads to a host that does not exist",
        https=f"{STANDARD} return 301 https://nowhere.{DOMAIN}/;",
        finds=(("edge.redirects.dead-end", "fail"),),
    ),
    Exhibit(
        "refresh",
        "the page leads on by itself",
        https=f"location = /next {{ {STANDARD} return 200 ok; }} {shows(_ON)}",
        finds=(("edge.redirects.meta-refresh", "warn"),),
    ),
    Exhibit(
        "cookie-loop",
        "goes in a circle until a cookie is sent",
        https=f'{STANDARD} if ($cookie_seen = "") {{ rewrite ^ /set last; }} {_ASKS_FOR_COOKIE} {shows()}',
        finds=(("edge.redirects.needs-cookie", "warn"),),
    ),
    Exhibit(
        "moving-api",
        "the API moves with 302",
        role="api",
        http="return 403;",
        https=f"{STANDARD} location = / {{ return 302 /v2; }} location / {{ return 200; }}",
        finds=(("edge.redirects.api-moves", "warn"),),
    ),
)
HEADERS = (
    Exhibit(
        "referrer", "no referrer policy", https=_without("Referrer-Policy"), finds=(("edge.headers.referrer", "info"),)
    ),
    Exhibit(
        "permissions",
        "no permissions policy",
        https=_without("Permissions"),
        finds=(("edge.headers.permissions", "info"),),
    ),
    Exhibit(
        "isolation",
        "shuts out pop-ups of log-ins and payments",
        https=_without("Cross-Origin", ' add_header Cross-Origin-Embedder-Policy "require corp" always;'),
        finds=(("edge.headers.isolation", "warn"),),
    ),
    Exhibit(
        "leak", "tells its software", https=_with("X-Powered-By", "PHP/7.4.3"), finds=(("edge.headers.leaks", "info"),)
    ),
    Exhibit(
        "preload",
        "asks for the preload list and is not ready",
        https=_without("Strict-Transport", ' add_header Strict-Transport-Security "max-age=31536000; preload" always;'),
        finds=(("edge.headers.preload", "warn"),),
    ),
    Exhibit(
        "script-cookie",
        "scripts can read the session",
        https=_with("Set-Cookie", '"session=1; Secure; SameSite=Lax"'),
        finds=(("edge.https.cookie-httponly", "fail"),),
    ),
    Exhibit(
        "same-site",
        "no SameSite",
        https=_with("Set-Cookie", '"session=1; Secure; HttpOnly"'),
        finds=(("edge.https.cookie-samesite", "info"),),
    ),
    Exhibit(
        "dropped",
        "browsers drop the cookie",
        https=_with("Set-Cookie", f'"__Host-s=1; Secure; HttpOnly; SameSite=Lax; Domain={DOMAIN}"'),
        finds=(("edge.https.cookie-dropped", "fail"),),
    ),
    Exhibit(
        "wide-cookie",
        "the session goes to every host",
        https=_with("Set-Cookie", f'"session=1; Secure; HttpOnly; SameSite=Lax; Domain={DOMAIN}"'),
        finds=(("edge.https.cookie-scope", "info"),),
    ),
    Exhibit(
        "plain-cookie",
        "the cookie is set over plain http",
        http='add_header Set-Cookie "session=1; HttpOnly" always; return 301 https://$host$request_uri;',
        finds=(("edge.https.cookie-over-http", "fail"),),
    ),
    Exhibit(
        "mixed",
        "the page loads a script without encryption",
        https=shows(f'<script src=\\"http://fine.{DOMAIN}/a.js\\"></script>'),
        finds=(("edge.https.mixed-content", "fail", "{h}/"),),
    ),
)
_POLICY = ' add_header Content-Security-Policy "{}" always;'


def _policy(text: str) -> str:
    """A page with another content security policy."""
    return _without("Content-Security", _POLICY.format(text))


JUDGED_AS_BROWSERS_DO = (
    Exhibit("deleted", "nothing: a cookie is deleted", https=_with("Set-Cookie", '"session=; Max-Age=0; Path=/"')),
    Exhibit("counted", "nothing: a counter", https=_with("Set-Cookie", '"session_count=4; Secure; SameSite=Lax"')),
    Exhibit("filter-off", "nothing: an old filter is switched off", https=_with("X-XSS-Protection", "0")),
    Exhibit(
        "newest-words",
        "nothing: keywords of today's CSP",
        https=_policy(
            "script-src 'self' 'inline-speculation-rules' 'report-sha256'; object-src 'none'; base-uri 'self'; "
            "frame-ancestors 'none'; webrtc 'block'"
        ),
    ),
    Exhibit(
        "any-com",
        "the policy lets every .com in",
        https=_policy("script-src 'self' *.com; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"),
        finds=(("edge.headers.csp", "warn"),),
        says=(("edge.headers.csp", "from anywhere (*.com)"),),
    ),
    Exhibit(
        "gadget",
        "the policy lets a host of JSONP in",
        https=_policy("script-src 'self' cdn.jsdelivr.net; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"),
        finds=(("edge.headers.csp", "warn"),),
        says=(("edge.headers.csp", "cdn.jsdelivr.net"),),
    ),
    Exhibit(
        "late-policy",
        "the policy stands in the body",
        https=_without("Content-Security", " add_header X-Frame-Options SAMEORIGIN always;").replace(
            "<h1>", '<p>x<meta http-equiv=\\"Content-Security-Policy\\" content=\\"default-src \'self\'\\"><h1>'
        ),
        finds=(("edge.headers.csp", "warn"),),
        says=(("edge.headers.csp", "outside the head"),),
    ),
    Exhibit(
        "behind-a-password",
        "nothing: its door asks for the team's password",
        role="admin",
        https='add_header Strict-Transport-Security "max-age=31536000" always; add_header WWW-Authenticate '
        "'Basic realm=\"team\"' always; location / { default_type text/html; return 401 '<h1>401</h1>'; }",
    ),
    Exhibit(
        "led-astray",
        "a script redirects to plain http",
        https=f"location = /a.js {{ {STANDARD} return 302 http://fine.{DOMAIN}/a.js; }} "
        + shows('<script src=\\"/a.js\\"></script>'),
        finds=(("edge.https.mixed-content", "fail", "{h}/"),),
    ),
    Exhibit(
        "bare-script",
        "a script comes without nosniff",
        https="location = /a.js { default_type text/javascript; return 200 'let a = 1;'; } "
        + shows('<script src=\\"/a.js\\"></script>'),
        finds=(("edge.headers.nosniff", "warn"),),
    ),
    Exhibit(
        "debug",
        "runs Django in debug mode",
        https=shows().replace(
            "{ return 404; }",
            "{ default_type text/html; return 404 '<p>because you have <code>DEBUG = True</code> in your Django'; }",
        ),
        finds=(("edge.exposure.debug-mode", "fail"),),
    ),
    Exhibit(
        "console",
        "shows the debugger of Flask",
        https=_answers("/console", "text/html", "<script>var CONSOLE_MODE = true, EVALEX = true;</script>"),
        finds=(("edge.exposure.debug-page", "fail", "{h}/console"),),
    ),
)
OPEN = (
    Exhibit(
        "leftover",
        "the file that starts the servers lies there",
        https=_answers("/docker-compose.yml", "text/plain", "services:\\n  db:\\n    image: postgres:16\\n"),
        finds=(("edge.exposure.leftover", "fail", "{h}/docker-compose.yml"),),
    ),
    Exhibit(
        "described",
        "the API describes itself to everybody",
        role="api",
        http="return 403;",
        https=_answers("/openapi.json", "application/json", _EXPLAINED),
        finds=(("edge.exposure.api-description", "info", "{h}/openapi.json"),),
    ),
    Exhibit(
        "graph",
        "GraphQL tells its schema",
        role="api",
        http="return 403;",
        https=_answers("/graphql", "application/json", _SCHEMA),
        finds=(("edge.exposure.graphql", "info", "{h}/graphql"),),
    ),
    Exhibit(
        "admin", "the back office opens for everybody", role="admin", finds=(("edge.exposure.admin-open", "fail"),)
    ),
    Exhibit(
        "staging",
        "the trial site is open",
        role="staging",
        more='environment = "staging"\nprovider = "our own"\n',
        finds=(("edge.exposure.staging-open", "warn"),),
    ),
)
ALIAS = "CNAME cname.vercel-dns.com."
PROVIDERS = (
    Exhibit(
        "by-alias",
        "an alias of a hosting company",
        zone=ALIAS,
        more="",
        says=(("audit.hosting.provider", "runs on Vercel"),),
    ),
    Exhibit(
        "by-range",
        "a company's address",
        zone=f"A {VERCEL}",
        more="",
        says=(("audit.hosting.provider", "runs on Vercel"),),
    ),
    Exhibit(
        "by-header",
        "a header of an edge",
        https=_with("CF-Ray", "8a0b1c2d3e4f-AMS"),
        more='provider = "Hetzner"\n',
        says=(("audit.hosting.provider", "runs on Hetzner (named in the launch file), behind Cloudflare"),),
    ),
    Exhibit(
        "other-company",
        "runs elsewhere than the launch file says",
        zone=ALIAS,
        more='provider = "Netlify"\n',
        finds=(("audit.hosting.disagrees", "warn"),),
    ),
    Exhibit("dark", "gives nothing away", more=""),
    Exhibit(
        "claimable",
        "an alias of a page nobody has claimed",
        zone="CNAME gone-gallery.github.io.",
        https=f"{STANDARD} location / "
        f'{{ default_type text/html; return 404 "<p>There isn\'t a GitHub Pages site here</p>"; }}',
        more='provider = "GitHub Pages"\n',
        finds=(("edge.subdomains.takeover", "fail"), ("edge.subdomains.lands", "warn")),
    ),
    Exhibit(
        "status",
        "the status page runs on the machine it reports on",
        role="status",
        finds=(("edge.subdomains.status-shared", "warn"),),
    ),
)
EXHIBITS = (Exhibit("fine", "nothing"), *CERTIFICATES, *REDIRECTS, *HEADERS, *JUDGED_AS_BROWSERS_DO, *OPEN, *PROVIDERS)

CHECKS = (
    "edge.certificates",
    "edge.redirects",
    "edge.headers",
    "edge.https",
    "edge.exposure",
    "edge.subdomains",
    "audit.hosting",
)


def zone_rows() -> list[str]:
    """The gallery's names, in full. They and the names they are aliases of lie in one zone: knot follows no alias into
    another."""
    return [
        f"{DOMAIN}. A {WEB}",
        f"www.{DOMAIN}. CNAME {DOMAIN}.",
        f"tombola.{DOMAIN}. A {WEB}",
        *(f"{one.host}. {one.zone}" for one in EXHIBITS),
    ]


def launch_text(services: str = "") -> str:
    """The launch file of all exhibits."""
    hosts = "".join(
        f'\n[[hosts]]\nname = "{one.host}"\nrole = "{one.role}"\npurpose = "{one.differs}"\n' + one.more
        for one in EXHIBITS
    )
    return f"""\
name = "gallery"
domain = "{DOMAIN}"
canonical = "https://{DOMAIN}/"

[permission]
by = "founder"
on = 2026-11-01
domains = ["{DOMAIN}"]

[[hosts]]
name = "{DOMAIN}"
role = "web"
purpose = "the entrance"
provider = "our own"
{hosts}
[settings]
services = [{services}]
requests_per_host = 150
"""
