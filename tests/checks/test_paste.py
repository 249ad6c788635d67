"""Remedies in the words of each platform."""

from __future__ import annotations

import json

import pytest
from fake_outside import reply

from launchready_tui.checks.paste import (
    Platform,
    edge_cache,
    header,
    hidden,
    host_redirect,
    path_redirect,
    platform_of,
    zone_line,
)

PLATFORMS: tuple[Platform, ...] = ("nginx", "cloudflare", "vercel", "netlify", "caddy", "apache")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((), "nginx"),
        ((("server", "nginx/1.22"),), "nginx"),
        ((("server", "cloudflare"), ("cf-ray", "1")), "cloudflare"),
        ((("server", "cloudflare"), ("cf-ray", "1"), ("x-vercel-id", "fra1::1")), "vercel"),
        ((("x-nf-request-id", "1"),), "netlify"),
        ((("server", "Apache/2.4"),), "apache"),
        ((("server", "Caddy"),), "caddy"),
    ],
)
def test_platforms_are_told_by_their_headers(headers: tuple[tuple[str, str], ...], expected: str) -> None:
    assert platform_of(reply("https://shop.test/", 200, *headers)) == expected
    assert platform_of(None) == "nginx"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_platform_has_every_remedy(platform: Platform) -> None:
    remedies = (
        header(platform, ("X-Frame-Options", "DENY"), host="app.shop.test"),
        header(platform, ("Cache-Control", "public, max-age=60"), host="app.shop.test", scope="/assets/*"),
        host_redirect(platform, "www.shop.test", "https://shop.test", plain=True),
        path_redirect(platform, "https://shop.test/old", "https://shop.test/new"),
    )
    for remedy in (*remedies, *(hidden(platform, "app.shop.test", path) for path in ("/.env", "/.git/", "*.map"))):
        assert remedy.text and remedy.where
    assert "X-Frame-Options" in remedies[0].text and "DENY" in remedies[0].text
    assert "max-age=60" in remedies[1].text
    assert "https://shop.test" in remedies[2].text
    assert "/old" in remedies[3].text and "https://shop.test/new" in remedies[3].text


def test_vercel_gets_json_that_reads() -> None:
    rows = json.loads(header("vercel", ("A", 'say "b"'), host="app.shop.test", scope="/assets/*").text)["headers"]
    assert rows == [{"source": "/assets/(.*)", "headers": [{"key": "A", "value": 'say "b"'}]}]
    assert (
        json.loads(host_redirect("vercel", "www.shop.test", "https://shop.test", plain=False).text)["redirects"][0][
            "permanent"
        ]
        is True
    )


@pytest.mark.parametrize(
    ("value", "scope", "expected"),
    [
        ("public, max-age=31536000, immutable", "/assets/*", "location /assets/ {\n    expires 1y;\n}"),
        ("public, max-age=3600", "/*", "expires 1h;"),
        ("public, max-age=0, must-revalidate", "/", "location = / {\n    expires -1;\n}"),
        ("public, max-age=60", "/*", 'add_header Cache-Control "public, max-age=60" always;'),
    ],
)
def test_nginx_lifetimes_do_not_drop_inherited_headers(value: str, scope: str, expected: str) -> None:
    assert header("nginx", ("Cache-Control", value), host="app.shop.test", scope=scope).text == expected


def test_zone_lines_are_quoted_and_split() -> None:
    assert zone_line("shop.test", "MX", "0 .") == "shop.test. 3600 IN MX 0 ."
    assert (
        zone_line("shop.test", "TXT", "v=spf1 " + "a" * 260)
        == f'shop.test. 3600 IN TXT "v=spf1 {"a" * 248}" "{"a" * 12}"'
    )
    assert zone_line("shop.test", "TXT", 'a"b\n') == 'shop.test. 3600 IN TXT "a\\"b\\010"'


@pytest.mark.parametrize(
    ("platform", "where"),
    [
        ("nginx", "nginx, in the server block of app.shop.test"),
        ("apache", "Apache, in the virtual host of app.shop.test"),
        ("caddy", "Caddyfile, in the site block of app.shop.test"),
        ("vercel", "vercel.json"),
    ],
)
def test_a_paste_names_the_place_of_its_host(platform: Platform, where: str) -> None:
    assert header(platform, ("X-Frame-Options", "DENY"), host="app.shop.test").where == where


def test_a_rule_of_cloudflare_is_for_one_host() -> None:
    assert 'http.host eq "app.shop.test"' in header("cloudflare", ("A", "b"), host="app.shop.test").text
    assert 'http.host eq "app.shop.test"' in hidden("cloudflare", "app.shop.test", "/.env").text


@pytest.mark.parametrize(
    ("network", "where", "part"),
    [
        ("Cloudflare", "Cloudflare", "Eligible for cache"),
        ("Vercel", "vercel.json", "CDN-Cache-Control"),
        ("Netlify", "_headers", "Netlify-CDN-Cache-Control"),
        ("nginx", "nginx, in the server block of shop.test", "proxy_cache_valid 200 1y;"),
        ("Fastly", "Fastly", "keep: 1 year"),
        ("", "the CDN in front", "keep: 1 year"),
    ],
)
def test_a_shared_cache_gets_its_own_rule_and_no_lifetime_for_browsers(network: str, where: str, part: str) -> None:
    rule = edge_cache(network, "shop.test", "/assets/*")
    assert rule.where == where and part in rule.text and "/assets/" in rule.text
    assert "expires" not in rule.text
