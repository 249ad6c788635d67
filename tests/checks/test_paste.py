"""Remedies in the words of each platform."""

from __future__ import annotations

import json

import pytest
from fake_outside import reply

from launchready_tui.checks.paste import Platform, header, hidden, host_redirect, path_redirect, platform_of, zone_line

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
        header(platform, ("X-Frame-Options", "DENY")),
        header(platform, ("Cache-Control", "public, max-age=60"), scope="/assets/*"),
        host_redirect(platform, "www.shop.test", "https://shop.test", plain=True),
        path_redirect(platform, "https://shop.test/old", "https://shop.test/new"),
    )
    for remedy in (*remedies, *(hidden(platform, path) for path in ("/.env", "/.git/", "*.map"))):
        assert remedy.text and remedy.where
    assert "X-Frame-Options" in remedies[0].text and "DENY" in remedies[0].text
    assert "max-age=60" in remedies[1].text
    assert "https://shop.test" in remedies[2].text
    assert "/old" in remedies[3].text and "https://shop.test/new" in remedies[3].text


def test_vercel_gets_json_that_reads() -> None:
    rows = json.loads(header("vercel", ("A", 'say "b"'), scope="/assets/*").text)["headers"]
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
    assert header("nginx", ("Cache-Control", value), scope=scope).text == expected


def test_zone_lines_are_quoted_and_split() -> None:
    assert zone_line("shop.test", "MX", "0 .") == "shop.test. 3600 IN MX 0 ."
    assert (
        zone_line("shop.test", "TXT", "v=spf1 " + "a" * 260)
        == f'shop.test. 3600 IN TXT "v=spf1 {"a" * 248}" "{"a" * 12}"'
    )
    assert zone_line("shop.test", "TXT", 'a"b\n') == 'shop.test. 3600 IN TXT "a\\"b\\010"'
