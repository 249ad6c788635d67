"""The pure readers: addresses, cookies, header fields, cache status, HTML, CSP, SPF, DMARC."""

from __future__ import annotations

import pytest
from fake_outside import reply
from hypothesis import given
from hypothesis import strategies as st

from launchready_tui.checks.parse import cache_status, cookies, csp, fields, page
from launchready_tui.checks.parse.addresses import is_fingerprinted, normal, origin, place, target
from launchready_tui.mail.auth import dmarc_record as dmarc
from launchready_tui.mail.auth import spf_record as spf


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://Shop.TEST:443/a", "https://shop.test"),
        ("http://shop.test:8080/", "http://shop.test:8080"),
        ("https://[2001:db8::1]/", "https://[2001:db8::1]"),
        ("mailto:a@shop.test", ""),
        ("https://shop.test:port/", ""),
    ],
)
def test_origin(url: str, expected: str) -> None:
    assert origin(url) == expected


def test_normal_form_place_and_target() -> None:
    assert normal("https://SHOP.test:443?x=1#top") == normal("https://shop.test/?x=1")
    assert normal("https://shop.test/a") != normal("https://shop.test/a/")
    assert place("https://shop.test?x=1") == "shop.test/"
    assert target("https://shop.test/a?b=c#d") == "/a?b=c"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("/assets/app.3f9c2a1b.js", True),
        ("/assets/index-BxK2mP9q.js", True),
        ("/assets/index-BxKmPqRs.js", True),
        ("/_next/static/chunks/main.js", True),
        ("/static/js/main.8f3b2c1d.chunk.js", True),
        ("/assets/index-a1b2c3.js", True),
        ("/static/js/main.9f3e21.chunk.js", True),
        ("/css/site.0ab12c.min.css", True),
        ("/icons/box-ff0000.svg", False),
        ("/js/facade.js", False),
        ("/js/build-202611.js", False),
        ("/logo.png", False),
        ("/jquery-3.7.1.min.js", False),
        ("/my-component.js", False),
        ("/react-dom.production.min.js", False),
        ("/photo-20240115.jpg", False),
        ("/bootstrap-version5.css", False),
        ("/vendor-myLibraryName.js", False),
    ],
)
def test_fingerprints(name: str, expected: bool) -> None:
    assert is_fingerprinted("https://shop.test" + name) is expected


def test_a_cookie_as_browsers_read_it() -> None:
    cookie = cookies.read(" sid = a=b ; Path=/ ; SECURE; HttpOnly ; SameSite = Lax; Domain=.Shop.Test; Path=/x ")
    assert cookie is not None
    assert (cookie.name, cookie.value, cookie.secure, cookie.http_only) == ("sid", "a=b", True, True)
    assert (cookie.same_site, cookie.domain, cookie.path) == ("Lax", "shop.test", "/x")
    nameless = cookies.read("just-a-value; Secure")
    assert nameless is not None
    assert (nameless.name, nameless.value) == ("", "just-a-value")
    assert cookies.read("; Secure") is None


def test_lists_split_outside_quotes_only() -> None:
    assert fields.split_list('a, "b, c" ,,d="e\\", f"') == ["a", '"b, c"', 'd="e\\", f"']


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (["max-age=60, public"], ""),
        (['max-age="60"'], ""),
        (["max-age=60", "max-age=0"], "max-age is repeated"),
        (["max-age=31536000000"], "milliseconds"),
        (["no-store, max-age=60"], "contradict"),
        (["private, public"], "contradict"),
        (["must-revalidate=1"], "must not have a value"),
        (["max-age"], "must be a number"),
        (["public, max_age=60"], "not a directive (did you mean max-age?)"),
        (["public, max-age=60, imutable"], "not a directive (did you mean immutable?)"),
        (["max-age=60, x-tier=gold"], ""),
        (['private="set-cookie", max-age=60, x-own=1'], ""),
    ],
)
def test_cache_control(values: list[str], problem: str) -> None:
    found = fields.cache_control(values).problems
    assert any(problem in text for text in found) if problem else found == ()


def test_hsts_values() -> None:
    full = fields.hsts('max-age="31536000" ; includeSubDomains; preload; x="a;b"')
    assert full == fields.Hsts(31536000, True, True)
    assert fields.hsts("max-age=1; max-age=2").problems == ("max-age is repeated",)
    assert fields.hsts("includeSubDomains=1; max-age=5").problems == ("includesubdomains must not have a value",)
    assert fields.hsts("max-age=-1").max_age is None


def test_structured_fields() -> None:
    items = fields.sf_list(['"Origin Cache"; fwd=miss; stored', 'edge; hit; detail="a\\"b"'])
    assert items is not None
    assert [(item.value, item.kind) for item in items] == [("Origin Cache", "string"), ("edge", "token")]
    assert items[0].params == {"fwd": "miss", "stored": "?1"}
    assert items[1].params["hit"] == "?1"
    assert fields.sf_list(["ok, 'broken"]) is None
    assert fields.sf_item("same-origin; Report-To=x") is None


CACHE_ROWS = [
    ("cache-status", "edge; hit", "hit"),
    ("cache-status", '"Netlify Durable"; fwd=miss; stored, "Netlify Edge"; fwd=miss', "miss"),
    ("cache-status", "origin; hit, edge; fwd=uri-miss", "hit"),
    ("cache-status", "edge; fwd=bypass", "not-cached"),
    ("cf-cache-status", "HIT", "hit"),
    ("cf-cache-status", "REVALIDATED", "hit"),
    ("cf-cache-status", "UPDATING", "hit"),
    ("cf-cache-status", "STALE", "hit"),
    ("cf-cache-status", "MISS", "miss"),
    ("cf-cache-status", "EXPIRED", "miss"),
    ("cf-cache-status", "DYNAMIC", "not-cached"),
    ("cf-cache-status", "BYPASS", "not-cached"),
    ("cf-cache-status", "NONE", "not-cached"),
    ("x-vercel-cache", "PRERENDER", "hit"),
    ("x-vercel-cache", "STALE", "hit"),
    ("x-vercel-cache", "MISS", "miss"),
    ("x-vercel-cache", "BYPASS", "not-cached"),
    ("x-cache", "Hit from cloudfront", "hit"),
    ("x-cache", "RefreshHit from cloudfront", "hit"),
    ("x-cache", "Miss from cloudfront", "miss"),
    ("x-cache", "Error from cloudfront", "miss"),
    ("x-cache", "MISS, HIT", "hit"),
    ("x-cache", "HIT, MISS", "miss"),
    ("x-cache", "TCP_MISS from a1.deploy.akamaitechnologies.com", "miss"),
    ("akamai-cache-status", "Hit from child", "hit"),
    ("cdn-cache", "HIT", "hit"),
    ("cdn-cache", "BYPASS", "not-cached"),
    ("x-cache-status", "UPDATING", "hit"),
    ("x-proxy-cache", "MISS", "miss"),
    ("age", "12", "hit"),
    ("age", "0", "miss"),
    ("x-served-by", "cache-fra-1", None),
]


@pytest.mark.parametrize(("header", "value", "expected"), CACHE_ROWS)
def test_cache_status_table(header: str, value: str, expected: str | None) -> None:
    found = cache_status.read(reply("https://shop.test/", 200, (header, value)))
    assert (found.verdict if found else None) == expected


def test_every_row_of_the_cache_table_is_held_by_a_case() -> None:
    assert {header for header, _, _ in cache_status.TABLE} <= {header for header, _, _ in CACHE_ROWS}


def test_an_unclear_value_leaves_the_word_to_the_next_row() -> None:
    found = cache_status.read(reply("https://shop.test/", 200, ("cf-cache-status", "WHAT"), ("age", "5")))
    assert found is not None
    assert (found.header, found.verdict) == ("age", "hit")


def test_a_page() -> None:
    document = page.read(
        """<!doctype html><html><head><title>Bikes &amp; more</title><base href="https://cdn.test/x/">
        <link rel="canonical" href="/bikes"><link rel="stylesheet" href="a.css"><link rel="alternate stylesheet"
        href="b.css">
        <link rel=preload as=image href="hero.jpg"><link rel="modulepreload" href="m.js"><meta name="Robots"
        content="noindex">
        <meta http-equiv="refresh" content="5; URL='/next'"><style>body { background: url("bg.png") }</style></head>
        <body><link rel="canonical" href="/late"><img srcset="s.png 1x,
        l.png 2x" src="i.png"><script>var x = "<img src=no.png>"</script>
        <a href="/about">About</a><form action="/search"><input name="cardnumber"></form><video
        poster="p.jpg"></video></body>""",
        "https://shop.test/",
    )
    assert document.title == "Bikes & more"
    assert (document.canonicals, document.body_canonicals) == (["/bikes"], ["/late"])
    assert document.meta["robots"] == ["noindex"]
    assert document.refresh == "/next"
    assert document.card_field and not document.password_field
    assert {(ref.kind, ref.url) for ref in document.refs} == {
        ("style", "https://cdn.test/x/a.css"),
        ("image", "https://cdn.test/x/hero.jpg"),
        ("preload", "https://cdn.test/x/m.js"),
        ("css", "https://cdn.test/x/bg.png"),
        ("image", "https://cdn.test/x/s.png"),
        ("image", "https://cdn.test/x/l.png"),
        ("image", "https://cdn.test/x/i.png"),
        ("link", "https://cdn.test/about"),
        ("form", "https://cdn.test/search"),
        ("image", "https://cdn.test/x/p.jpg"),
    }


def test_csp_policies() -> None:
    one, two = csp.policies(["DEFAULT-SRC 'Self' HTTPS://a.test; script-src 'nonce-AbC=' 'none', img-src *"])
    assert one.sources("script-src-elem", "script-src") == ("'nonce-AbC='", "'none'")
    assert one.sources("style-src", "default-src") == ("'self'", "https://a.test")
    assert one.nonces == ("AbC=",)
    assert one.problems == ("script-src: 'none' is ignored beside other sources",)
    assert two.scripts is None
    (meta,) = csp.policies(["frame-ancestors 'none'; default-src 'self'"], in_meta=True)
    assert "frame-ancestors" not in meta.directives
    assert csp.policies(["", " , "]) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("v=spf1 a:example.com/24//64 mx/16 ip6:2001:db8::/32 exists:%{ir}.%{v}._spf.%{d2} ~all", ""),
        ("v=spf1 a:%%%_%-.example.com -all", ""),
        ("v=spf1 redirect=%{d}.example.com", ""),
        ("v=spf1 exp=explain._spf.%{d} x.y-z=%{i} -all", ""),
        ("v=spf1 include:example.com.", ""),
        ("v=spf1  a   -all ", ""),
        ("v=spf1 a:localhost -all", "complete domain name"),
        ("v=spf1 include: -all", "needs a colon"),
        ("v=spf1 include -all", "needs a colon"),
        ("v=spf1 all:x", "nothing may follow all"),
        ("v=spf1 ip4:1.2.3 -all", "not an IPv4 address"),
        ("v=spf1 ip4:1.2.3.4/33 -all", "not a valid prefix length"),
        ("v=spf1 ip4:1.2.3.4/08 -all", "not a valid prefix length"),
        ("v=spf1 a/33 -all", "not a valid prefix length"),
        ("v=spf1 a:%{x}.example.com -all", "broken macro"),
        ("v=spf1 a:%(d).example.com -all", "broken macro"),
        ("v=spf1 redirect=a.test redirect=b.test", "only once"),
        ("v=spf1 -all\tmx", "plain ASCII"),
        ("v=spf1 a:example.123 -all", "complete domain name"),
        ("v=spf1 ptr:%{c}.test", "may follow ptr"),
    ],
)
def test_spf_syntax(text: str, problem: str) -> None:
    problems = spf.read(text).problems
    assert any(problem in found.words for found in problems) if problem else problems == ()


def test_spf_positions_point_into_the_text() -> None:
    text = "v=spf1 mx bogus ip4:300.1.1.1 -all"
    record = spf.read(text)
    assert [text[problem.start : problem.end] for problem in record.problems] == ["bogus", "300.1.1.1"]


@given(st.text(max_size=80))
def test_no_text_breaks_a_reader(text: str) -> None:
    spf.read("v=spf1 " + text)
    dmarc.read("v=DMARC1; " + text)
    (
        spf.almost_spf(text),
        dmarc.almost_dmarc(text),
        fields.hsts(text),
        fields.cache_control([text]),
        fields.sf_list([text]),
    )
    csp.policies([text])
    page.read("<link rel=canonical href='" + text + "'><img srcset='" + text + "'>" + text, "https://shop.test/")
    cookies.read(text)


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("example.com", ("com",)),
        ("a.b.example.com", ("b.example.com", "example.com", "com")),
        ("1.2.3.4.5.6.7.8.example.com", ("4.5.6.7.8.example.com", "5.6.7.8.example.com", "6.7.8.example.com")),
    ],
)
def test_the_tree_walk_starts_below_and_jumps(domain: str, expected: tuple[str, ...]) -> None:
    walked = dmarc.walk(domain)
    assert walked[: len(expected)] == expected
    assert walked[-1] == "com"
    assert len(walked) + 1 <= 8


def test_dmarc_values_in_force() -> None:
    record = dmarc.read(
        "v=DMARC1; p=Quarantine; t=y; adkim=x; fo=1:d; rua=mailto:A%40b@Example.COM!10m, https://r.test/x"
    )
    assert (record.p, record.effective, record.tag("adkim"), record.fo) == ("quarantine", "none", "r", ("1", "d"))
    assert [address.host for address in record.rua] == [""]
    assert dmarc.read("v=DMARC1; p=none; rua=mailto:a@Example.COM!10m").rua[0].host == "example.com"
