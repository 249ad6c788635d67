"""edge.https: plain http, cookies and mixed content."""

from __future__ import annotations

import pytest
from fake_outside import HTML, Answer, FakeWorld, failure, found, launch, moved, moves_all, page, reply, said

from launchready_tui.checks.edge.https import https
from launchready_tui.launch.model import Host, Page, Route

LOGIN = '<form action="/login"><input type="password" name="p"></form>'
CARD = '<form><input name="n" autocomplete="cc-number"></form>'


def perfect(**fields: object) -> FakeWorld:
    hosts = (
        Host(name="shop.test", role="web"),
        Host(name="api.shop.test", role="api"),
        Host(name="staging.shop.test", role="staging", environment="staging"),
    )
    world = FakeWorld(launch(**({"hosts": hosts} | fields)))
    for host in ("shop.test", "www.shop.test", "staging.shop.test"):
        world.web.origins[f"http://{host}"] = moves_all(host, f"https://{host}")
        world.web.origins[f"https://{host}"] = page(
            f"https://{host}/", ("set-cookie", "__Host-session=1; Path=/; Secure; HttpOnly; SameSite=Lax")
        )
    world.web.origins["https://api.shop.test"] = reply("https://api.shop.test/", 404)
    return world


async def test_a_perfect_site_gives_no_warning() -> None:
    findings = await found(https, perfect())
    assert [name for name, finding in findings.items() if finding.state.value != "pass"] == []
    assert {name for name in findings if name[0] == "plain-http"} == {
        ("plain-http", host) for host in ("shop.test", "www.shop.test", "api.shop.test", "staging.shop.test")
    }
    assert said(findings, "cookie-secure", "shop.test") == "pass"
    assert said(findings, "mixed-content", "shop.test/") == "pass"


@pytest.mark.parametrize(
    ("host", "answer", "expected"),
    [
        ("shop.test", failure("refused"), "pass"),
        ("shop.test", failure("timeout"), "pass"),
        ("shop.test", failure("unreachable"), "unknown high"),
        ("shop.test", failure("servfail"), "unknown high"),
        ("shop.test", moved("http://shop.test/", "https://shop.test/", 308), "pass"),
        ("shop.test", moved("http://shop.test/", "http://shop.test/home"), "fail high"),
        ("shop.test", page("http://shop.test/"), "fail high"),
        ("shop.test", page("http://shop.test/", body=LOGIN), "fail blocker"),
        ("shop.test", page("http://shop.test/", body=CARD), "fail blocker"),
        ("shop.test", reply("http://shop.test/", 401), "warn medium"),
        ("shop.test", reply("http://shop.test/", 404), "warn low"),
        ("shop.test", reply("http://shop.test/", 426), "pass"),
        ("shop.test", reply("http://shop.test/", 503), "unknown high"),
        ("shop.test", reply("http://shop.test/", 429), "unknown high"),
        ("shop.test", reply("http://shop.test/", 403, ("cf-mitigated", "challenge")), "unknown high"),
        ("api.shop.test", reply("http://api.shop.test/", 200), "fail blocker"),
        ("api.shop.test", moved("http://api.shop.test/", "https://api.shop.test/"), "warn medium"),
        ("api.shop.test", reply("http://api.shop.test/", 403), "pass"),
        ("staging.shop.test", page("http://staging.shop.test/", body=LOGIN), "fail high"),
        ("www.shop.test", failure("no-such-name"), "absent"),
        ("api.shop.test", failure("no-such-name"), "unknown high"),
    ],
)
async def test_plain_http(host: str, answer: object, expected: str) -> None:
    world = perfect()
    world.web.origins[f"http://{host}"] = world.web.urls["http://shop.test/home"] = answer  # type: ignore[assignment]
    if expected == "fail high" and host == "shop.test":
        world.web.urls["http://shop.test/home"] = page("http://shop.test/home")
    assert said(await found(https, world), "plain-http", host) == expected


async def test_listed_pages_and_routes_are_asked_too() -> None:
    routes = (
        Route(name="search", url="https://api.shop.test/search?q=bike", safe=True),
        Route(name="book", url="https://api.shop.test/book", method="POST", safe=True),
        Route(name="mine", url="https://api.shop.test/mine"),
    )
    world = perfect(routes=routes, pages=(Page(url="https://shop.test/offer"),))
    world.web.urls["http://api.shop.test/search?q=bike"] = reply("http://api.shop.test/", 200, body="{}")
    findings = await found(https, world)
    assert said(findings, "plain-http", "api.shop.test") == "fail blocker"
    asked = {url for _, url, _ in world.web.asked}
    assert "http://shop.test/offer" in asked
    assert (
        "http://api.shop.test/book" in asked
    )  # what is posted there must not travel in the clear; a GET changes nothing
    assert not any("/mine" in url for url in asked)


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [("session=1; Secure", "fail high"), ("theme=dark", "fail high"), ("__cf_bm=x; Path=/", "absent")],
)
async def test_a_cookie_set_over_plain_http(cookie: str, expected: str) -> None:
    world = perfect()
    world.web.origins["http://shop.test"] = moved(
        "http://shop.test/", "https://shop.test/", 301, ("set-cookie", cookie)
    )
    assert said(await found(https, world), "cookie-over-http", "shop.test") == expected


@pytest.mark.parametrize(
    ("cookie", "rule", "expected"),
    [
        ("session=1; HttpOnly; SameSite=Lax", "cookie-secure", "fail high"),
        ("session=; Max-Age=0", "cookie-secure", "absent"),
        ("session=; Max-Age=-1; Expires=Wed, 25 Nov 2037 00:00:00 GMT", "cookie-secure", "absent"),
        ("session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "cookie-httponly", "absent"),
        ("session=; Expires=Thursday, 01-Jan-70 00:00:01 GMT", "cookie-samesite", "absent"),
        ("session=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "cookie-secure", "fail high"),
        ("session=1; Max-Age=soon; Expires=Wed, 25 Nov 2037 00:00:00 GMT", "cookie-secure", "fail high"),
        ("session=1; Expires=whenever", "cookie-secure", "fail high"),
        ("author=jane; SameSite=Lax", "cookie-secure", "warn low"),
        ("author=jane; Secure", "cookie-httponly", "pass"),
        ("design_tokens_v=3; Secure", "cookie-httponly", "pass"),
        ("remember_filters=size; Secure", "cookie-httponly", "pass"),
        ("session_count=4; Secure", "cookie-httponly", "pass"),
        ("login=yes; Secure", "cookie-httponly", "pass"),
        ("localization=DE; SameSite=Lax", "cookie-secure", "info"),
        ("theme=dark; SameSite=Lax", "cookie-secure", "info"),
        ("basket=3; SameSite=Lax", "cookie-secure", "warn low"),
        ("PHPSESSID=b7Kd93hfQ2mZx81LpTne; Secure", "cookie-httponly", "fail high"),
        ("JSESSIONID=1; Secure", "cookie-httponly", "fail high"),
        (".AspNetCore.Identity.Application=1; Secure", "cookie-httponly", "fail high"),
        ("_shop_session=b7Kd93hfQ2mZx81LpTne; Secure", "cookie-httponly", "fail high"),
        ("wordpress_logged_in_0123456789abcdef=1; Secure", "cookie-httponly", "fail high"),
        ("__Secure-next-auth.session-token=1; Secure", "cookie-httponly", "fail high"),
        ("remember_web_59ba36addc2b2f9401580f014c7f58ea4e30989d=1; Secure", "cookie-httponly", "fail high"),
        ("shop_auth=b7Kd93hfQ2mZx81LpTne; Secure", "cookie-httponly", "fail high"),
        ("who=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl; HttpOnly", "cookie-secure", "fail high"),
        ("__session=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl; Secure", "cookie-httponly", "info"),
        ("__session=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "cookie-secure", "fail high"),
        ("__session=eyJpZCI6MX0.c2lnbmVk; Secure", "cookie-httponly", "fail high"),
        ("sb-abcdefgh-auth-token.0=base64-eyJ; Secure", "cookie-httponly", "info"),
        ("__cf_bm=1; HttpOnly", "cookie-secure", "info"),
        ("connect.sid=1; Secure; HttpOnly; SameSite=Lax", "cookie-secure", "pass"),
        ("auth_token=1; Secure; SameSite=Lax", "cookie-httponly", "fail high"),
        ("XSRF-TOKEN=1; Secure; SameSite=Lax", "cookie-httponly", "pass"),
        ("theme=dark; Secure", "cookie-httponly", "pass"),
        ("session=1; HttpOnly; SameSite=None", "cookie-samesite", "fail blocker"),
        ("lang=de; SameSite=None", "cookie-samesite", "fail high"),
        ("session=1; Secure; HttpOnly; SameSite=None", "cookie-samesite", "pass"),
        ("session=1; Secure; HttpOnly; SameSite=Sometimes", "cookie-samesite", "warn low"),
        ("session=1; Secure; HttpOnly", "cookie-samesite", "info"),
        ("csrftoken=1; Secure", "cookie-samesite", "warn low"),
        ("__Host-session=1; Secure; HttpOnly; Path=/shop; SameSite=Lax", "cookie-dropped", "fail blocker"),
        ("__Host-csrf=1; Secure; Path=/shop; SameSite=Lax", "cookie-dropped", "fail blocker"),
        (
            "__Host-session=1; Secure; HttpOnly; Path=/; Domain=shop.test; SameSite=Lax",
            "cookie-dropped",
            "fail blocker",
        ),
        ("__Host-session=1; Secure; HttpOnly; Path=/; SameSite=Lax", "cookie-dropped", "pass"),
        ("__secure-id=1; HttpOnly; SameSite=Lax", "cookie-dropped", "fail high"),
        ("id=1; Partitioned; SameSite=None", "cookie-dropped", "fail high"),
        ("id=" + "x" * 4096 + "; Secure", "cookie-dropped", "fail high"),
        ("__cf_bm=1; Partitioned", "cookie-dropped", "info"),
    ],
)
async def test_cookies(cookie: str, rule: str, expected: str) -> None:
    world = perfect()
    world.web.origins["https://shop.test"] = page("https://shop.test/", ("set-cookie", cookie))
    assert said(await found(https, world), rule, "shop.test") == expected


async def test_a_cookie_that_is_deleted_over_http_is_not_set_there() -> None:
    world = perfect()
    gone = ("set-cookie", "session=; Path=/; Max-Age=0")
    world.web.origins["http://shop.test"] = moved("", "https://shop.test/", 301, gone)
    assert said(await found(https, world), "cookie-over-http", "shop.test") == "absent"


async def test_a_cookies_value_stays_out_of_every_finding() -> None:
    world = perfect()
    value = "s3" + "cr3t-value"
    world.web.origins["https://shop.test"] = page("https://shop.test/", ("set-cookie", f"session={value}"))
    world.web.origins["http://shop.test"] = page("http://shop.test/", ("set-cookie", f"session={value}"))
    findings = await found(https, world)
    assert all(value not in str(finding) for finding in findings.values())
    assert "session=…" in str(findings["cookie-secure", "shop.test"].evidence)


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        ('<script src="http://cdn.test/a.js"></script>', (), "fail high"),
        ('<link rel="stylesheet" href="http://cdn.test/a.css">', (), "fail high"),
        ('<iframe src="http://cdn.test/"></iframe>', (), "fail high"),
        ('<form action="http://shop.test/login" method="post"></form>', (), "fail high"),
        ('<img src="http://cdn.test/a.png">', (), "warn low"),
        ('<img srcset="/a.png 1x, http://cdn.test/b.png 2x">', (), "warn low"),
        ('<p style="background: url(http://cdn.test/a.png)">', (), "warn low"),
        (
            '<script src="http://cdn.test/a.js"></script>',
            (("content-security-policy", "upgrade-insecure-requests"),),
            "warn low",
        ),
        ('<a href="http://shop.test/">home</a>', (), "pass"),
        ('<script src="//cdn.test/a.js"></script><img src="/a.png"><form action="">', (), "pass"),
        ('<base href="http://cdn.test/"><script src="a.js"></script>', (), "fail high"),
        ('<!-- <script src="http://cdn.test/a.js"></script> -->', (), "pass"),
    ],
)
async def test_mixed_content(body: str, headers: tuple[tuple[str, str], ...], expected: str) -> None:
    world = perfect()
    world.web.origins["https://shop.test"] = page("https://shop.test/", *headers, body=body)
    assert said(await found(https, world), "mixed-content", "shop.test/") == expected


async def test_the_page_behind_a_step_on_the_same_host_is_read() -> None:
    world = perfect(hosts=(Host(name="shop.test", role="web"), Host(name="app.shop.test", role="app")))
    world.web.urls["https://app.shop.test/"] = moved(
        "https://app.shop.test/", "/login", 302, ("set-cookie", "session=1")
    )
    world.web.urls["https://app.shop.test/login"] = reply(
        "https://app.shop.test/login", 200, *HTML, body='<img src="http://cdn.test/a.png">'
    )
    findings = await found(https, world)
    assert said(findings, "mixed-content", "app.shop.test/login") == "warn low"
    assert said(findings, "cookie-secure", "app.shop.test") == "fail high"


@pytest.mark.parametrize(
    ("body", "answer", "expected"),
    [
        ('<script>const s = new WebSocket("ws://shop.test/live")</script>', None, "fail high"),
        ("<script>fetch('http://api.shop.test/v1')</script>", None, "fail high"),
        ('<script>r.open("GET", "http://api.shop.test/v1")</script>', None, "fail high"),
        ('<script>new WebSocket("wss://shop.test/live")</script>', None, "pass"),
        ('<script>new WebSocket("ws://localhost:3000/live")</script>', None, "pass"),
        ('<script>const ns = "http://www.w3.org/2000/svg"</script>', None, "pass"),
        ('<script src="/a.js"></script>', moved("", "http://shop.test/b.js"), "fail high"),
        ('<script src="/a.js"></script>', moved("", "https://shop.test/b.js"), "pass"),
        ('<img src="/a.js">', moved("", "http://shop.test/b.png"), "warn low"),
        ('<img src="/a.js">', moved("", "https://shop.test/b.png"), "pass"),
        ('<script src="/a.js"></script>', moved("", "https://shop.test/plain.js"), "fail high"),
        ('<script src="https://cdn.test/plain.js"></script>', None, "fail high"),
        ('<a href="https://cdn.test/plain.js">a link</a>', None, "pass"),
    ],
)
async def test_what_scripts_open_and_where_loads_lead(body: str, answer: Answer | None, expected: str) -> None:
    world = perfect()
    world.web.urls["https://shop.test/"] = page("", body=f"<!doctype html><title>Shop</title>{body}")
    for url in ("https://shop.test/plain.js", "https://cdn.test/plain.js"):
        world.web.urls[url] = moved(url, "http://cdn.test/plain.js")
    if answer is not None:
        world.web.urls["https://shop.test/a.js"] = answer
    assert said(await found(https, world), "mixed-content", "shop.test/") == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [(405, "warn medium"), (200, "fail blocker"), (404, "pass"), (403, "pass"), (301, "warn medium")],
)
async def test_what_is_posted_is_asked_for_over_http_too(status: int, expected: str) -> None:
    """A webhook or log-in that answers over plain http takes what is posted there in the clear."""
    routes = (Route(name="pay", url="https://api.shop.test/pay", method="POST"),)
    world = perfect(hosts=(Host(name="shop.test", role="web"), Host(name="api.shop.test", role="api")), routes=routes)
    world.web.origins["http://api.shop.test"] = reply("http://api.shop.test/", 403)
    to = (("location", "https://api.shop.test/pay"),) if status == 301 else ()
    world.web.urls["http://api.shop.test/pay"] = reply("http://api.shop.test/pay", status, *to)
    assert said(await found(https, world), "plain-http", "api.shop.test") == expected
    assert ("GET", "http://api.shop.test/pay", {}) in world.web.asked
