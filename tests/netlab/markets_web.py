"""Markets whose sites are served wrong, the perfect one, and those that must show nothing."""

from __future__ import annotations

from netmarket import AASA, APPS, OLD_TLS, ORIGIN, OTHER, PAYMENTS, TEST_KEY, WEB, WORDS, Market, served

SECRET = "_".join(("sk", "live", "51Net" + "a1B2c3D4" * 5))
SITEMAP = (
    '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    "<url><loc>https://stale-map.test/gone</loc></url></urlset>"
)

WEB_MARKETS: tuple[Market, ...] = (
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
        apex_https=served(
            "/privacy", "We keep your data as safe as we can, and we are proud of that, every single day of the year."
        ),
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
        finds=(
            ("deploy.payments.test-mode", "{d}: Stripe", "fail"),
            ("deploy.payments.real-payment", "launch", "unknown"),
        ),
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
        finds=(
            ("edge.certificates.no-modern-protocol", "{d}", "fail"),
            ("edge.certificates.old-protocol", "{d}", "warn"),
        ),
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
            "location = /old { return 302 /older; } location = /older { return 302 /oldest; } location = /oldest "
            "{ return 302 /last; }"
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
        apex_https="location = /.env { default_type text/plain; return 200 "
        '"APP_ENV=live\\nDB_HOST=db\\n"; } include site.conf;',
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
            "location = /.well-known/apple-app-site-association "
            f"{{ default_type application/json; return 200 {AASA}; }} include site.conf;"
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
        apex_https='location = /robots.txt { default_type text/plain; return 200 "User-agent: *\\nDisallow: /\\n"; } '
        "include site.conf;",
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
        apex_http='add_header Strict-Transport-Security "max-age=31536000" always; return 301 '
        "https://$host$request_uri;",
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
        apex_https='location = / { add_header cf-mitigated challenge always; return 403 "<html>Just '
        'a moment"; } include site.conf;',
        check="edge.headers",
        finds=(("edge.headers.hsts", "{d}", "unknown"),),
    ),
    Market(
        "repository",
        "the repository lies on the web server",
        apex_https='location = /.git/HEAD { default_type text/plain; return 200 "ref: '
        'refs/heads/main\\n"; } include site.conf;',
        check="edge.exposure",
        finds=(("edge.exposure.repository", "{d}/.git", "fail"),),
    ),
    Market(
        "stale-map",
        "the sitemap lists a page that is gone",
        apex_https="location = /sitemap.xml { default_type text/xml; return 200 '"
        + SITEMAP
        + "'; } include site.conf;",
        check="edge.canonical",
        finds=(("edge.canonical.sitemap", "{d}", "warn"),),
    ),
    Market(
        "others-page",
        "the page says that it is another's",
        apex_https=(
            "location = / { default_type text/html; return 200"
            " '<!doctype html><html lang=en><title>Page</title><link rel=canonical "
            "href=https://perfect.test/><p>Page</p>'; }"
            " include site.conf;"
        ),
        check="edge.canonical",
        finds=(("edge.canonical.rel-canonical", "{d}/", "fail"),),
    ),
    Market(
        "abroad",
        "www leads to another domain",
        www_https="return 301 https://perfect.test/;",
        check="edge.redirects",
        finds=(("edge.redirects.other-domain", "www.{d}", "warn"),),
    ),
    Market(
        "dead-link",
        "the page leads to one that is gone",
        apex_https=served("/", "<a href=/gone>Our shop</a>"),
        check="audit.broken-links",
        finds=(("audit.broken-links.broken", "{d}/gone", "fail"),),
    ),
    Market(
        "told-secret",
        "a script tells a secret key",
        apex_https=(
            f"location = /assets/more.js {{ default_type text/javascript; return 200 'const key = `{SECRET}`;'; }} "
            + served("/", "<script src=/assets/more.js></script>")
        ),
        check="audit.client-secrets",
        finds=(("audit.client-secrets.secret", "{d}/assets/more.js: stripe-secret", "fail"),),
    ),
    Market(
        "wall",
        "programs are asked for a proof",
        apex_https=(
            'location = / { add_header Via "1.1 net-edge" always; add_header cf-mitigated challenge always;'
            ' return 403 "<html>Just a moment"; } include site.conf;'
        ),
        check="edge.cdn",
        finds=(("edge.cdn.challenge", "{d}/", "warn"),),
    ),
)
