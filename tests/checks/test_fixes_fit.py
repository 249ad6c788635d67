"""Fixes carry what the launch file and the look already know: the platform, the network, the host, the apps, the
authority, the address."""

from __future__ import annotations

import json

import pytest
from fake_outside import FakeWorld, certificate, failure, found, launch, page, reply, sight
from fake_world import AuditWorld, measurement

from launchready_tui.checks.audit.latency import latency
from launchready_tui.checks.edge.app_links import app_links
from launchready_tui.checks.edge.cdn import cdn
from launchready_tui.checks.edge.certificates import certificates
from launchready_tui.checks.edge.dns_health import only_these
from launchready_tui.checks.edge.https import https
from launchready_tui.checks.performance.caching import caching
from launchready_tui.findings import Finding, Remedy
from launchready_tui.launch.model import Apps, Host, Route, Safety

HOST, API = "shop.test", "api.shop.test"


def mend(finding: Finding) -> Remedy:
    assert finding.remedy is not None, finding
    return finding.remedy


@pytest.mark.parametrize(
    ("headers", "address", "provider", "where", "paste"),
    [
        ((("fly-request-id", "1"),), "203.0.113.9", "", "Fly.io", "fly certs check api.shop.test"),
        ((("x-vercel-id", "fra1::1"),), "203.0.113.9", "", "Vercel", "vercel certs issue api.shop.test"),
        ((("x-nf-request-id", "1"),), "203.0.113.9", "", "Netlify", "HTTPS > Renew certificate"),
        ((("cf-ray", "1"), ("server", "cloudflare")), "104.16.1.1", "", "Cloudflare", "Universal SSL"),
        ((("server", "nginx"),), "203.0.113.9", "Fly.io", "Fly.io", "fly certs check api.shop.test"),
        ((("server", "nginx"),), "203.0.113.9", "", "the server, or your platform's domain page", "certbot renew"),
        (
            (("server", "nginx"),),
            "203.0.113.9",
            "Hetzner",
            "the server, or your platform's domain page",
            "certbot renew",
        ),
    ],
    ids=["Fly.io", "Vercel", "Netlify", "Cloudflare", "as the launch file says", "own server", "a rented server"],
)
async def test_a_certificate_is_renewed_where_it_comes_from(
    headers: tuple[tuple[str, str], ...], address: str, provider: str, where: str, paste: str
) -> None:
    world = FakeWorld(launch(hosts=(Host(name=HOST), Host(name=API, role="api", provider=provider))))
    for name in (HOST, API, f"www.{HOST}"):
        world.tls.sights[name] = sight(name)
    world.tls.sights[API] = sight(API, certificate(API, days=90, age=83.9))
    world.dns.set(API, "A", address)
    world.web.origins[f"https://{API}"] = failure("certificate")
    world.web.origins[f"http://{API}"] = reply("", 404, *headers)
    fix = mend((await found(certificates, world))["expiring", API])
    assert (fix.where, paste in fix.paste) == (where, True)
    assert ("certbot" in fix.paste) is (where.startswith("the server"))


@pytest.mark.parametrize(
    ("headers", "finds"),
    [((("cf-mitigated", "challenge"),), "target unknown"), ((), "errors fail")],
    ids=["a challenge", "a log-in"],
)
async def test_a_challenge_on_a_timed_route_is_no_log_in(headers: tuple[tuple[str, str], ...], finds: str) -> None:
    route = Route(name="health", url=f"https://{API}/healthz", safe=True)
    world = AuditWorld(launch(routes=(route,)))
    world.measurements = {"health": measurement("health", errors=5, n=5, over=5, why="errors", statuses={403: 5})}
    world.web.urls[route.url] = page(route.url, *headers, status=403)
    ((key, told),) = (await found(latency, world)).items()
    assert f"{key[0]} {told.state}" == finds
    assert ("log-in" not in mend(told).text) is bool(headers)
    if headers:
        assert API in told.summary and f'http.host eq "{API}"' in mend(told).paste


@pytest.mark.parametrize(
    ("header", "value", "named", "where"),
    [
        ("cf-cache-status", "DYNAMIC", "", "Cloudflare"),
        ("x-vercel-cache", "BYPASS", "", "vercel.json"),
        ("x-cache-status", "BYPASS", "", f"nginx, in the server block of {HOST}"),
        ("x-cache", "Bypass", "Fastly", "Fastly"),
    ],
)
async def test_files_that_the_edge_does_not_keep_get_the_rule_of_that_edge(
    header: str, value: str, named: str, where: str
) -> None:
    script = f"https://{HOST}/static/app-3f9a2c1b.js"
    world = FakeWorld(launch(cdn=named))
    world.web.urls[f"https://{HOST}/"] = page("", ("server", "nginx"), body=f'<script src="{script}"></script>' * 2)
    served = (
        ("content-type", "application/javascript"),
        ("cache-control", "public, max-age=31536000"),
        (header, value),
    )
    world.web.urls[script] = reply(script, 200, *served, body="let a = 1;" * 99)
    fix = mend((await found(caching, world))["edge-hit", HOST])
    assert fix.where == where
    assert "/static/" in fix.paste and "expires" not in fix.paste


FINGERPRINT = ":".join(["AB"] * 32)


@pytest.mark.parametrize("known", [True, False])
async def test_the_apps_files_are_written_out_with_what_the_launch_file_knows(known: bool) -> None:
    prints = (FINGERPRINT,) if known else ()
    apps = Apps(ios=("A1B2C3D4E5.test.shop",), android=("test.shop", "test.shop.seller"), fingerprints=prints)
    world = FakeWorld(launch(apps=apps, safety=Safety(pages=(f"https://{HOST}/listings/7",) if known else ())))
    world.web.origins[f"https://{HOST}"] = page("", status=404)
    findings = await found(app_links, world)
    apple, google = (json.loads(mend(findings[rule, HOST]).paste) for rule in ("ios-file", "android-file"))
    (row,) = apple["applinks"]["details"]
    assert row == {"appIDs": ["A1B2C3D4E5.test.shop"], "components": [{"/": "/listings/*" if known else "/*"}]}
    assert [one["target"]["package_name"] for one in google] == ["test.shop", "test.shop.seller"]
    wanted = [FINGERPRINT] if known else ["<SHA-256 from the Play Console>"]
    assert {tuple(one["target"]["sha256_cert_fingerprints"]) for one in google} == {tuple(wanted)}


@pytest.mark.parametrize(
    ("issuers", "allowed"),
    [
        (("CN=R11,O=Let's Encrypt,C=US",), ("letsencrypt.org",)),
        (
            (
                "CN=WE1,O=Google Trust Services,C=US",
                "CN=R11,O=Let's Encrypt,C=US",
                "CN=WE1,O=Google Trust Services,C=US",
            ),
            ("pki.goog", "letsencrypt.org"),
        ),
        (("CN=Nobody knows",), ("<domain of your certificate authority>",)),
    ],
    ids=["one", "two", "none that is known"],
)
def test_the_authorities_in_use_are_those_to_allow(issuers: tuple[str, ...], allowed: tuple[str, ...]) -> None:
    sights = [sight(HOST, certificate(HOST, issuer=issuer)) for issuer in issuers]
    lines = only_these(HOST, [*sights, failure("timeout")]).splitlines()
    assert tuple(line.split('"')[1] for line in lines) == allowed


RAY = (("server", "cloudflare"), ("cf-ray", "8f1"))
HOME = "<!doctype html><title>Shop</title><h1>Everything for a weekend</h1>"


async def test_a_host_beside_the_network_and_an_open_server_are_named_by_address() -> None:
    world = AuditWorld(launch(hosts=(Host(name=HOST), Host(name=API, role="api"))), permitted=True)
    world.dns.set(HOST, "A", "104.16.1.1")
    world.dns.set(API, "A", "203.0.113.50")
    world.dns.set(API, "AAAA", "2001:db8::50")
    world.dns.set("origin.shop.test", "A", "203.0.113.77")
    world.web.origins[f"https://{HOST}"] = page("", *RAY, body=HOME)
    world.web.origins[f"https://{API}"] = page("", body="{}")
    world.web.addresses[f"https://{HOST}/", "203.0.113.77"] = page("", body=HOME)
    findings = await found(cdn, world)
    assert mend(findings["shield", API]).paste.splitlines() == [
        f"{API}  A  203.0.113.50  proxied",
        f"{API}  AAAA  2001:db8::50  proxied",
    ]
    closed = mend(findings["origin-open", HOST])
    assert "203.0.113.77" in closed.text and "allow 104.16.0.0/13;" in closed.paste
    assert closed.where.startswith(f"nginx, in the server block of {HOST}")


@pytest.mark.parametrize(
    ("cookie", "rule", "line"),
    [
        ("csrftoken=1; Secure; Path=/", "cookie-samesite", "csrftoken=…; Secure; Path=/; SameSite=Lax"),
        ("sid=1; Secure; HttpOnly; SameSite=Odd", "cookie-samesite", "sid=…; Secure; HttpOnly; SameSite=Lax"),
        ("w=1; SameSite=None", "cookie-samesite", "w=…; Secure; SameSite=None"),
        ("theme=1; Path=/; SameSite=Lax", "cookie-secure", "theme=…; Path=/; SameSite=Lax; Secure"),
        ("sid=1; Secure; SameSite=Lax", "cookie-httponly", "sid=…; Secure; SameSite=Lax; HttpOnly"),
        ("__Host-x=1; Secure; Path=/a; Domain=shop.test", "cookie-dropped", "__Host-x=…; Secure; Path=/"),
        ("sid=1; Secure; HttpOnly; Domain=shop.test", "cookie-scope", "sid=…; Secure; HttpOnly"),
    ],
)
async def test_a_cookies_fix_changes_what_the_rule_asks_and_nothing_else(cookie: str, rule: str, line: str) -> None:
    world = FakeWorld(launch())
    world.web.origins[f"https://{HOST}"] = page("", ("set-cookie", cookie))
    assert mend((await found(https, world))[rule, HOST]).paste == f"Set-Cookie: {line}"


async def test_a_cookie_that_is_too_large_is_made_smaller() -> None:
    world = FakeWorld(launch())
    world.web.origins[f"https://{HOST}"] = page("", ("set-cookie", "cart=" + "x" * 4096 + "; Secure"))
    assert mend((await found(https, world))["cookie-dropped", HOST]).fix == "smaller"
