"""Stage 2's flaws as plain clients see them: one look each, true while the flaw is on."""

from __future__ import annotations

import socket
from collections.abc import Callable

from labtalk import ADDRESS_OF, certificate, end, get, trusting

from launchready_tui.lab import files
from launchready_tui.lab import places as at
from launchready_tui.lab.client import Lab


def status(lab: Lab, url: str) -> int:
    return get(lab, url).status


def speaks_h2(lab: Lab, host: str) -> bool:
    context = trusting(lab)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(end(lab, ADDRESS_OF[host], 443), timeout=10) as raw,
        context.wrap_socket(raw, server_hostname=host) as line,
    ):
        return line.selected_alpn_protocol() == "h2"


def must_staple(lab: Lab) -> bool:
    from cryptography import x509

    try:
        x509.load_der_x509_certificate(certificate(lab, at.ADMIN)).extensions.get_extension_for_class(x509.TLSFeature)
    except x509.ExtensionNotFound:
        return False
    return True


def script_sniffed(lab: Lab) -> bool:
    assert get(lab, f"{at.APP_SITE}/").header("x-content-type-options")
    return not get(lab, at.APP_SITE + files.APP_JS).header("x-content-type-options")


def wrong_host_of_sitemap(lab: Lab) -> bool:
    return f"<loc>https://{at.WWW}/" in get(lab, f"{at.SITE}/sitemap.xml").text


def one_tag_for_two(lab: Lab) -> bool:
    plain, packed = (
        get(lab, at.SITE + files.SITE_JS, headers={"Accept-Encoding": coding}) for coding in ("identity", "gzip")
    )
    return packed.header("content-encoding") == "gzip" and plain.header("etag") == packed.header("etag")


EDGE: dict[str, Callable[[Lab], bool]] = {
    "offer-twice": lambda lab: status(lab, f"{at.SITE}/offer/") == 200,
    "noindex-left": lambda lab: 'content="noindex"' in get(lab, f"{at.SITE}/").text,
    "robots-shut": lambda lab: "Disallow: /\n" in get(lab, f"{at.SITE}/robots.txt").text,
    "sitemap-www": wrong_host_of_sitemap,
    "soft-404": lambda lab: status(lab, f"{at.SITE}/no-such-page") == 200,
    "hsts-over-http": lambda lab: bool(get(lab, f"http://{at.APP}/").header("strict-transport-security")),
    "api-moved": lambda lab: status(lab, f"{at.API_SITE}/") == 302,
    "no-http2": lambda lab: not speaks_h2(lab, at.APP),
    "must-staple": must_staple,
    "preload-hasty": lambda lab: "preload" in get(lab, f"{at.SITE}/").header("strict-transport-security"),
    "scripts-sniffed": script_sniffed,
    "socket-in-the-clear": lambda lab: 'new WebSocket("ws://' in get(lab, f"{at.SITE}/offer").text,
    "asset-varies": lambda lab: "Cookie" in get(lab, at.SITE + files.SITE_JS).header("vary"),
    "etag-shared": one_tag_for_two,
    "feature-policy": lambda lab: "'none'" in get(lab, f"{at.APP_SITE}/").header("permissions-policy"),
}
