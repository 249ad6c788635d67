"""What is asked of the edge, question by question, and which rule answers. What is not looked at has its reason.

Both ways are held: a rule that is named must exist, and every rule of stage 2 and of caching must answer one of the
questions.
"""

from __future__ import annotations

import pytest

from launchready_tui import roadmap
from launchready_tui.checks import base

CAN, RED, HTTPS, CERT, HDR = "edge.canonical.", "edge.redirects.", "edge.https.", "edge.certificates.", "edge.headers."
CDN, EXP, APP, DNS, SUB, CCH = (
    "edge.cdn.",
    "edge.exposure.",
    "edge.app-links.",
    "edge.dns-health.",
    "edge.subdomains.",
    "performance.caching.",
)

ANSWERED: dict[str, tuple[str, ...]] = {
    # one address a page
    "http and https, apex and www end at one origin": (CAN + "two-origins", CAN + "root-down", CAN + "root-absent"),
    "the way there is permanent, a language step on the site apart": (CAN + "temporary",),
    "path and query survive it": (CAN + "path-lost",),
    "a slash at the end makes no second page": (CAN + "trailing-slash",),
    "rel=canonical: one, absolute, https, the page itself, answering": (CAN + "rel-canonical",),
    "the platform's own name is no second address": (CAN + "platform-name",),
    "every address of a name answers alike": ("audit.one-service.addresses-differ",),
    # redirects
    "the first hop from http is https on the same host": (RED + "first-hop", RED + "off-host"),
    "few hops, real ones": (RED + "too-many-hops", RED + "meta-refresh"),
    "never back to http": (RED + "downgrade",),
    "no circle, nor one that a cookie breaks": (RED + "loop", RED + "needs-cookie"),
    "Location is one address, public, and of the product": (
        RED + "bad-location",
        RED + "dead-end",
        RED + "other-domain",
    ),
    "HSTS is not sent where it is ignored": (RED + "useless-hsts",),
    "a permanent redirect says for how long": (RED + "no-cache-rule",),
    "an API answers where it is asked": (RED + "api-moves",),
    "old addresses lead to new ones in one hop": (RED + "old-address",),
    "who asks for preload is ready, by the list's own codes": (HDR + "preload",),
    # https forced
    "every listed URL, and every route that is posted to, over http": (HTTPS + "plain-http",),
    "no cookie over http": (HTTPS + "cookie-over-http",),
    # cookies
    "Secure, HttpOnly, SameSite": (HTTPS + "cookie-secure", HTTPS + "cookie-httponly", HTTPS + "cookie-samesite"),
    "prefixes, Partitioned, size": (HTTPS + "cookie-dropped",),
    "Domain and Max-Age": (HTTPS + "cookie-scope",),
    # TLS
    "dates, by the certificate's own lifetime": (
        CERT + "expired",
        CERT + "not-yet-valid",
        CERT + "expiring",
        CERT + "lifetime",
    ),
    "whole chain, known authority": (CERT + "chain", CERT + "untrusted", CERT + "chain-extra"),
    "a certificate for servers": (CERT + "purpose",),
    "cipher suites and groups that browsers accept": (CERT + "cipher", CERT + "group"),
    "names, and what they give away": (CERT + "name", CERT + "inner-names"),
    "key and signature": (CERT + "key", CERT + "signature"),
    "versions": (CERT + "old-protocol", CERT + "no-modern-protocol", CERT + "no-tls"),
    "HTTP/2, HTTP/3": (CERT + "no-h2", CERT + "http3"),
    "resumption": (CERT + "resumption",),
    "public logs": (CERT + "transparency",),
    "OCSP only where the certificate asks for it": (CERT + "must-staple",),
    # headers
    "HSTS, with the lock-out of subdomains": (HDR + "hsts",),
    "CSP as browsers intersect it, nonces that stay the same or are kept": (HDR + "csp",),
    "framing": (HDR + "framing",),
    "nosniff, on scripts and styles too": (HDR + "nosniff",),
    "Referrer-Policy": (HDR + "referrer",),
    "Permissions-Policy": (HDR + "permissions",),
    "COOP, COEP, CORP that are sent": (HDR + "isolation",),
    "CORS from three origins, by GET and OPTIONS": (HDR + "cors",),
    "versions and dead headers": (HDR + "leaks",),
    "noindex and Disallow left over": (CAN + "noindex", CAN + "robots"),
    # caching
    "hashed and plain files": (CCH + "asset",),
    "HTML": (CCH + "html",),
    "nothing personal in shared caches": (CCH + "personal-shared",),
    "Vary": (CCH + "vary",),
    "304, ETags, what a 304 repeats": (CCH + "revalidation", CCH + "etag", CCH + "thin-304"),
    "edge hit, by each network's own header": (CCH + "edge-hit",),
    "compression, and what is packed already": (CCH + "compression", CCH + "twice-packed"),
    # protection network
    "a network stands in front, by address and header": (CDN + "shield",),
    "the server behind it is shut, with consent": (CDN + "origin-open",),
    "its errors have plain causes": (CDN + "edge-error",),
    "a challenge is told, worst before an API": (CDN + "challenge",),
    # well-known files
    "both app files on every deep-link host": (APP + "ios-file", APP + "android-file"),
    "store pages without a log-in": (APP + "store-page",),
    "security.txt": (APP + "security-txt",),
    "sitemap": (CAN + "sitemap",),
    "an unknown address is 404": (CAN + "soft-404",),
    # exposure
    "settings, repository, left-overs, debug pages, by content": (
        EXP + "env-file",
        EXP + "repository",
        EXP + "leftover",
        EXP + "debug-page",
        EXP + "debug-mode",
        EXP + "files",
    ),
    "source maps, named or not": (EXP + "source-map", "audit.client-secrets.source-map"),
    "listings": (EXP + "directory-listing",),
    "descriptions of APIs": (EXP + "graphql", EXP + "api-description"),
    "doors of the admin and staging hosts": (EXP + "admin-open", EXP + "staging-open"),
    "a status page of its own": (SUB + "status-absent", SUB + "status-shared"),
    "mixed content, scripts' own connections and redirects to http": (
        HTTPS + "mixed-content",
        "audit.broken-links.insecure-link",
    ),
    # names
    "hosts lead somewhere sane": (SUB + "lands",),
    "dangling aliases and names that others can claim": (
        SUB + "takeover",
        SUB + "wildcard-alias",
        "audit.hosts.dangling",
    ),
    "lame servers, parent and child, one machine or network": (
        "audit.dns-host.lame",
        "audit.dns-host.disagree",
        "audit.dns-host.one-server",
        DNS + "servers",
    ),
    "open AXFR": (DNS + "zone-transfer",),
    "TCP": (DNS + "no-tcp",),
    "SOA": (DNS + "soa",),
    "TTLs against a fast way back": (DNS + "ttl",),
    "CAA climbs": (DNS + "caa", DNS + "caa-none"),
    "DNSSEC absent or broken": (DNS + "dnssec",),
    "wildcards, known to the other probes": (DNS + "wildcard", "audit.hosts.wildcard"),
    "an alias at the top": (DNS + "apex-alias",),
}
LEFT: dict[str, str] = {
    "COOP, COEP, "
    "CORP absent": "Nothing is said: pages work without them, and a line on every host would hide the ones that count.",
    "immutable absent": "Nothing is said: browsers that honour it save one question, and "
    "a year's max-age does the rest.",
    "gzip only": "A fact, no warning: nginx as it is packaged has no brotli, and nobody's "
    "launch hangs on the last tenth.",
    "HSTS between half a year and a year": "It passes, and the sentence names the year as the goal.",
    "name servers in one network": "A fact, no warning: many small DNS hosts are built so and answer for years.",
    "the platform's "
    "name as a way around "
    "the network": "Told by edge.canonical.platform-name: who keeps it open serves the site twice.",
    "open recursor, EDNS, network diversity by routing table": "They ask for more than the product's own names.",
    "BREACH": "Compressing pages is no fault in itself; it needs a secret and a guess in one "
    "answer, which nobody sees outside.",
    "a score": "None: nodes behind one name differ, and a score that jumps says nothing to do.",
}


def rules() -> set[str]:
    return set(roadmap.load().rules)


def test_every_rule_of_the_edge_answers_a_question() -> None:
    named = {rule for answers in ANSWERED.values() for rule in answers}
    wanted = {rule for rule in rules() if rule.startswith(("edge.", "performance.caching."))}
    assert wanted - named == set()


@pytest.mark.parametrize("question", ANSWERED)
def test_a_question_is_answered_by_rules_that_there_are(question: str) -> None:
    assert ANSWERED[question]
    assert set(ANSWERED[question]) <= rules()
    assert {rule.rpartition(".")[0] for rule in ANSWERED[question]} <= set(base.load_all())


@pytest.mark.parametrize("question", LEFT)
def test_what_is_left_has_its_reason(question: str) -> None:
    assert question not in ANSWERED
    assert len(LEFT[question]) > 40
