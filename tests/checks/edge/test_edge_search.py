"""edge.canonical on second addresses and search engines, edge.redirects and edge.https on what came later: each rule
and its near miss."""

from __future__ import annotations

from typing import Any

import pytest
from fake_outside import Answer, FakeWorld, failure, found, launch, moved, page, reply, said

from launchready_tui.checks.edge.canonical import canonical
from launchready_tui.checks.edge.https import https
from launchready_tui.checks.edge.redirects import redirects
from launchready_tui.checks.parse.search_files import robots, sitemap
from launchready_tui.launch.model import Host, Page, Route
from launchready_tui.world.sights import Reply

HOST = "shop.test"
MAIN = f"https://{HOST}"
TEXT, XML = ("content-type", "text/plain"), ("content-type", "application/xml")
HOME = "<!doctype html><title>Shop</title><link rel=canonical href=https://shop.test/><p>Everything for a weekend</p>"


def nothing(url: str, method: str, headers: dict[str, str]) -> Reply:
    return page(url, body="<title>Not found</title>", status=404)


def world(at: dict[str, Answer] | None = None, **fields: Any) -> FakeWorld:
    made = FakeWorld(launch(**fields))
    made.dns.set(HOST, "A", "203.0.113.10")
    made.web.origins |= {MAIN: nothing, f"http://{HOST}": moved("", f"{MAIN}/")}
    made.web.urls = {f"{MAIN}/": page("", body=HOME)} | {f"{MAIN}{path}": answer for path, answer in (at or {}).items()}
    return made


def urls(*paths: str) -> bytes:
    rows = "".join(f"<url><loc>{path if '://' in path else MAIN + path}</loc></url>" for path in paths)
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'.encode()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            reply("", 200, TEXT, body="User-agent: *\nDisallow: /account\nSitemap: https://shop.test/sitemap.xml"),
            "pass",
        ),
        (reply("", 200, TEXT, body=""), "pass"),
        (reply("", 200, TEXT, body="User-agent: *\nDisallow:"), "pass"),
        (reply("", 200, TEXT, body="User-agent: *\nDisallow: /"), "fail high"),
        (reply("", 200, TEXT, body="User-agent: a\nUser-agent: *\nDisallow: / # all"), "fail high"),
        (reply("", 200, TEXT, body="User-agent: BadBot\nDisallow: /"), "pass"),
        (reply("", 200, TEXT, body="User-agent: *\nDisallow: /\nAllow: /ads.txt"), "fail high"),
        (reply("", 200, TEXT, body="User-agent: *\nDisallow: /*"), "fail high"),
        (reply("", 200, TEXT, body="User-agent: *\nDisallow: *"), "fail high"),
        (reply("", 200, TEXT, body="User-agent: *\nDisallow: /a\n\nUser-agent: *\nDisallow: /"), "fail high"),
        (reply("", 200, TEXT, body="User-agent: Googlebot\nDisallow: /"), "fail high"),
        (reply("", 200, TEXT, body="User-agent: bingbot\nDisallow: /"), "warn low"),
        (reply("", 200, TEXT, body="User-agent: *\nDisallow: /\nAllow: /"), "pass"),
        (
            reply(
                "", 200, TEXT, body="User-agent: *\nDisallow: /\nUser-agent: Googlebot\nUser-agent: Bingbot\nDisallow:"
            ),
            "pass",
        ),
        (reply("", 200, TEXT, body="User-agent: *\nContent-Signal: ai-train=no\nAllow: /"), "pass"),
        (reply("", 200, TEXT, body="User-agent: *\nAllow: /\nSitemap: /sitemap.xml"), "warn low"),
        (reply("", 200, TEXT, body="Disallow: /x"), "warn low"),
        (reply("", 200, TEXT, body="User-agent: *\nDissalow: /x"), "warn low"),
        (reply("", 200, TEXT, body="User-agent: *\nDisallow: account"), "warn low"),
        (reply("", 404), "info"),
        (reply("", 503), "fail high"),
        (page("", body="<title>Shop</title>"), "warn low"),
        (reply("", 403, ("cf-mitigated", "challenge")), "unknown medium"),
        (failure("timeout"), "info"),
    ],
)
async def test_robots(answer: Answer, expected: str) -> None:
    assert said(await found(canonical, world({"/robots.txt": answer})), "robots", HOST) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reply("", 200, XML, body=urls("/", "/")), "pass"),
        (reply("", 200, XML, body=urls("/", "/gone")), "warn low"),
        (reply("", 200, XML, body=urls("http://shop.test/")), "warn low"),
        (reply("", 200, XML, body=urls("https://www.shop.test/")), "warn low"),
        (reply("", 200, XML, body=urls("/") + b"<"), "warn low"),
        (reply("", 200, XML, body=urls()), "warn low"),
        (reply("", 200, XML, body=b"<feed/>"), "warn low"),
        (reply("", 200, XML, body=b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + urls("/")[21:]), "warn low"),
        (reply("", 200, XML, body=b"\x1f\x8b\x08"), "info"),
        (reply("", 404), "info"),
        (page("", body="<title>Shop</title>"), "info"),
        (failure("timeout"), "info"),
    ],
)
async def test_sitemap(answer: Answer, expected: str) -> None:
    assert said(await found(canonical, world({"/sitemap.xml": answer})), "sitemap", HOST) == expected


async def test_a_sitemap_that_robots_txt_names_must_be_there() -> None:
    named = reply("", 200, TEXT, body="Sitemap: https://shop.test/map.xml")
    assert said(await found(canonical, world({"/robots.txt": named})), "sitemap", HOST) == "warn low"
    index = b"<sitemapindex><sitemap><loc>https://shop.test/one.xml</loc></sitemap></sitemapindex>"
    at = {
        "/robots.txt": named,
        "/map.xml": reply("", 200, XML, body=index),
        "/one.xml": reply("", 200, XML, body=urls("/")),
    }
    assert said(await found(canonical, world(at)), "sitemap", HOST) == "pass"


def test_only_the_beginning_of_a_sitemap_need_not_be_well_formed() -> None:
    cut = urls("/", "/a")[:-20]
    assert (sitemap(cut, whole=False).problem, bool(sitemap(cut, whole=True).problem)) == ("", True)
    assert not robots("\ufeffUser-agent: *\nDisallow: /").allows("*", "/")


@pytest.mark.parametrize(
    ("home", "expected"),
    [
        (page("", body=HOME), "absent"),
        (page("", ("x-robots-tag", "noindex, nofollow"), body=HOME), "fail high"),
        (page("", ("x-robots-tag", "nofollow"), body=HOME), "absent"),
        (page("", body=HOME + '<meta name="robots" content="NOINDEX">'), "fail high"),
        (page("", body=HOME + '<meta name="robots" content="index, follow">'), "absent"),
    ],
)
async def test_noindex(home: Answer, expected: str) -> None:
    assert said(await found(canonical, world({"/": home})), "noindex", f"{HOST}/") == expected


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (nothing, "pass"),
        (reply("", 410), "pass"),
        (page("", body=HOME), "warn medium"),
        (moved("", f"{MAIN}/"), "warn medium"),
        (reply("", 500), "absent"),
        (reply("", 403, ("cf-mitigated", "challenge")), "absent"),
    ],
)
async def test_soft_404(rest: Answer, expected: str) -> None:
    made = world()
    made.web.origins[MAIN] = rest
    assert said(await found(canonical, made), "soft-404", HOST) == expected


OFFER = "<!doctype html><title>Offer</title><p>Half price</p>"
NAMED = OFFER.replace("<p>", "<link rel=canonical href=https://shop.test/offer><p>")


@pytest.mark.parametrize(
    ("bare", "slashed", "expected"),
    [
        (page("", body=OFFER), moved("", f"{MAIN}/offer"), "pass"),
        (page("", body=OFFER), reply("", 404), "pass"),
        (page("", body=OFFER), page("", body=OFFER), "warn low"),
        (page("", body=NAMED), page("", body=NAMED), "pass"),
        (page("", body=OFFER), page("", body="<title>Another</title><p>" + "x" * 900), "absent"),
        (moved("", f"{MAIN}/offer/"), moved("", f"{MAIN}/offer"), "fail high"),
        (failure("timeout"), page("", body=OFFER), "absent"),
    ],
)
async def test_trailing_slashes(bare: Answer, slashed: Answer, expected: str) -> None:
    made = world({"/offer": bare, "/offer/": slashed}, pages=(Page(url=f"{MAIN}/offer"),))
    assert said(await found(canonical, made), "trailing-slash", f"{HOST}/offer") == expected


@pytest.mark.parametrize(
    ("target", "answer", "expected"),
    [
        ("shop.netlify.app", page("", body=HOME), "warn medium"),
        ("shop.netlify.app", page("", ("x-robots-tag", "noindex"), body=HOME), "pass"),
        ("shop.netlify.app", moved("", f"{MAIN}/"), "pass"),
        ("shop.netlify.app", page("", body="<title>Something else</title>"), "pass"),
        ("shop.netlify.app", failure("timeout"), "absent"),
        ("lb.provider.example", page("", body=HOME), "absent"),
    ],
)
async def test_the_platforms_own_name(target: str, answer: Answer, expected: str) -> None:
    made = world()
    made.dns.set(f"www.{HOST}", "CNAME", target)
    made.web.origins[f"https://{target}"] = answer
    assert said(await found(canonical, made), "platform-name", target) == expected


async def test_a_page_that_names_its_other_language_as_the_main_address() -> None:
    alternate = '<link rel="alternate" hreflang="de" href="https://shop.test/de">'
    named = f'<title>Shop</title><link rel="canonical" href="https://shop.test/de">{alternate}'
    made = world({"/en": page("", body=named), "/de": page("", body=HOME)}, pages=(Page(url=f"{MAIN}/en"),))
    finding = (await found(canonical, made))["rel-canonical", f"{HOST}/en"]
    assert (finding.state.value, finding.message) == ("fail", "language")
    own = named.replace('canonical" href="https://shop.test/de', 'canonical" href="https://shop.test/en')
    made.web.urls[f"{MAIN}/en"] = page("", body=own)
    assert said(await found(canonical, made), "rel-canonical", f"{HOST}/en") == "pass"


@pytest.mark.parametrize(
    ("role", "to", "expected"),
    [
        ("web", "https://shop.example/", "warn medium"),
        ("web", "https://www.shop.test/", "absent"),
        ("status", "https://shop.statuspage.example/", "absent"),
    ],
)
async def test_a_host_that_sends_people_to_another_domain(role: Any, to: str, expected: str) -> None:
    made = world(hosts=(Host(name="go.shop.test", role=role),))
    made.dns.set("go.shop.test", "A", "203.0.113.10")
    made.web.origins["https://go.shop.test"] = moved("", to)
    made.web.urls[to] = page("", body=HOME)
    assert said(await found(redirects, made), "other-domain", "go.shop.test") == expected


async def test_hsts_over_plain_http_is_useless() -> None:
    made = world()
    made.web.origins[f"http://{HOST}"] = moved("", f"{MAIN}/", 301, ("strict-transport-security", "max-age=1"))
    assert said(await found(redirects, made), "useless-hsts", HOST) == "warn low"
    assert said(await found(redirects, world()), "useless-hsts", HOST) == "absent"


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (301, (), "info"),
        (308, (), "info"),
        (302, (), "absent"),
        (301, (("cache-control", "max-age=3600"),), "absent"),
        (301, (("expires", "0"),), "absent"),
    ],
)
async def test_permanent_redirects_say_for_how_long(
    status: int, headers: tuple[tuple[str, str], ...], expected: str
) -> None:
    made = world()
    made.web.origins[f"http://{HOST}"] = moved("", f"{MAIN}/", status, *headers)
    assert said(await found(redirects, made), "no-cache-rule", HOST) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reply("", 200, body="{}"), "pass"),
        (moved("", "https://api.shop.test/v2", 301), "warn medium"),
        (moved("", "https://api.shop.test/v2", 302), "warn medium"),
        (moved("", "https://api.shop.test/v2", 308), "pass"),
        (failure("timeout"), "absent"),
        (reply("", 429), "absent"),
    ],
)
async def test_an_api_answers_where_it_is_asked(answer: Answer, expected: str) -> None:
    url = "https://api.shop.test/v1"
    made = world(hosts=(Host(name="api.shop.test", role="api"),), routes=(Route(name="one", url=url, safe=True),))
    made.web.origins["https://api.shop.test"] = (
        answer if not isinstance(answer, Reply) or answer.status > 400 else reply("", 404)
    )
    made.web.urls[url] = answer
    assert said(await found(redirects, made), "api-moves", "api.shop.test") == expected


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [
        ("session=1; Secure; HttpOnly; SameSite=Lax", "pass"),
        ("session=1; Secure; HttpOnly; SameSite=Lax; Domain=shop.test", "info"),
        ("theme=1; Secure; SameSite=Lax; Domain=shop.test", "pass"),
        ("theme=1; Secure; SameSite=Lax; Max-Age=34560000", "pass"),
        ("theme=1; Secure; SameSite=Lax; Max-Age=34560001", "info"),
        ("_ga=1; Secure; Domain=shop.test; Max-Age=63072000", "pass"),
    ],
)
async def test_where_cookies_go_and_for_how_long(cookie: str, expected: str) -> None:
    made = world({"/": page("", ("set-cookie", cookie), body=HOME)})
    assert said(await found(https, made), "cookie-scope", HOST) == expected
