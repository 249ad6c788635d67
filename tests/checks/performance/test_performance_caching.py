"""performance.caching: files, edge, compression, revalidation, pages, and what must never be shared."""

from __future__ import annotations

import pytest
from fake_outside import HTML, FakeWorld, failure, found, launch, page, reply, said

from launchready_tui.checks.performance.caching import caching
from launchready_tui.facts import Files
from launchready_tui.launch.model import Host, Page, Route
from launchready_tui.world.sights import Reply

HOST = "shop.test"
JS = f"https://{HOST}/assets/app-3f9c2a1b.js"
LOGO = f"https://{HOST}/logo.png"
BODY = f'<!doctype html><script src="{JS}"></script>' + "<p>text</p>" * 200
SCRIPT = "console.log('bikes');" * 200
YEAR = ("cache-control", "public, max-age=31536000, immutable")


def file(
    *headers: tuple[str, str],
    hits: tuple[str, ...] = ("MISS", "HIT"),
    header: str = "x-cache",
    zips: tuple[str, ...] = ("gzip", "br"),
    **more: object,
) -> object:
    """A static file: compresses as asked, honours its ETag, and says of the cache what `hits` says look by look."""
    vary = more.get("vary", "Accept-Encoding")
    etag = more.get("etag", 'W/"1"')
    honours = more.get("honours", True)

    def answer(url: str, method: str, sent: dict[str, str]) -> Reply:
        base = [("content-type", "application/javascript"), *headers]
        base += [("etag", str(etag))] if etag else []
        if honours and etag and sent.get("if-none-match") == etag:
            return reply(url, 304, *base)
        look = int(sent.get("x-launchready-look", "1")) - 1
        base += [(header, hits[min(look, len(hits) - 1)])] if hits else []
        coding = sent.get("accept-encoding", "gzip")
        if coding in zips:
            base += [("content-encoding", coding)] + ([("vary", str(vary))] if vary else [])
            return reply(url, 200, *base, body=SCRIPT, wire_bytes=int(str(more.get("packed", 400))))
        return reply(url, 200, *base, body=SCRIPT)

    return answer


def home(*headers: tuple[str, str], zips: tuple[str, ...] = ("gzip", "br"), body: str = BODY) -> object:
    def answer(url: str, method: str, sent: dict[str, str]) -> Reply:
        coding = sent.get("accept-encoding", "gzip")
        if coding in zips:
            packed = (("content-encoding", coding), ("vary", "Accept-Encoding"))
            return reply(url, 200, *HTML, *headers, *packed, body=body, wire_bytes=300)
        return reply(url, 200, *HTML, *headers, body=body)

    return answer


FRESH = ("cache-control", "public, max-age=0, must-revalidate")


def perfect(**fields: object) -> FakeWorld:
    world = FakeWorld(launch(**fields))
    world.web.urls[f"https://{HOST}/"] = home(FRESH)  # type: ignore[assignment]
    world.web.urls[JS] = file(YEAR)  # type: ignore[assignment]
    return world


def with_file(*headers: tuple[str, str], **more: object) -> FakeWorld:
    world = perfect()
    world.web.urls[JS] = file(*headers, **more)  # type: ignore[arg-type, assignment]
    return world


def with_home(*headers: tuple[str, str], **more: object) -> FakeWorld:
    world = perfect()
    world.web.urls[f"https://{HOST}/"] = home(*headers, **more)  # type: ignore[arg-type, assignment]
    return world


async def test_a_perfect_site_gives_no_warning() -> None:
    findings = await found(caching, perfect())
    assert [(name, finding.summary) for name, finding in findings.items() if finding.state.value != "pass"] == []
    assert {rule for rule, _ in findings} == {
        "html",
        "asset",
        "edge-hit",
        "compression",
        "revalidation",
        "personal-shared",
    }


async def test_the_files_that_were_judged_are_there_as_data() -> None:
    findings = await found(caching, perfect())
    for rule in ("asset", "edge-hit"):
        assert findings[rule, HOST].fact(Files) == Files(host=HOST, urls=(JS,))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("public, max-age=31536000, immutable", "pass"),
        ("max-age=31536000", "pass"),
        ("max-age=31535999", "warn low"),
        ("public, max-age=86400", "warn low"),
        ("public, max-age=86399", "fail high"),
        ("no-cache", "fail high"),
        ("no-store, max-age=31536000", "fail high"),
        ("s-maxage=31536000", "fail high"),
        (None, "fail high"),
    ],
)
async def test_files_with_a_hash_in_their_name(value: str | None, expected: str) -> None:
    world = with_file(*((("cache-control", value),) if value else ()))
    assert said(await found(caching, world), "asset", HOST) == expected


@pytest.mark.parametrize(
    ("value", "etag", "expected"),
    [
        ("max-age=3600", '"1"', "pass"),
        ("max-age=3600", "", "warn low"),
        ("max-age=60", '"1"', "warn low"),
        ("max-age=31536000", '"1"', "warn low"),
    ],
)
async def test_files_with_a_fixed_name(value: str, etag: str, expected: str) -> None:
    world = with_home(FRESH, body=f'<img src="{LOGO}">')
    world.web.urls[LOGO] = file(("cache-control", value), etag=etag)  # type: ignore[assignment]
    assert said(await found(caching, world), "asset", HOST) == expected


async def test_other_peoples_files_are_left_alone() -> None:
    world = with_home(FRESH, body='<script src="https://js.elsewhere.example/v3/a-3f9c2a1b.js"></script>')
    findings = await found(caching, world)
    assert said(findings, "asset", HOST) == "not-applicable"
    assert not any("elsewhere" in url for _, url, _ in world.web.asked)


@pytest.mark.parametrize(
    ("header", "hits", "expected"),
    [
        ("x-cache", ("HIT",), "pass"),
        ("x-cache", ("MISS", "MISS", "HIT"), "pass"),
        ("x-cache", ("MISS", "MISS", "MISS"), "warn medium"),
        ("cf-cache-status", ("MISS", "HIT"), "pass"),
        ("cf-cache-status", ("DYNAMIC",), "fail high"),
        ("cf-cache-status", ("BYPASS",), "fail high"),
        ("cache-status", ('"Netlify Edge"; fwd=miss', '"Netlify Edge"; hit'), "pass"),
        ("age", ("0", "12"), "pass"),
        ("x-cache", (), "warn medium"),
    ],
)
async def test_edge_hits(header: str, hits: tuple[str, ...], expected: str) -> None:
    world = with_file(YEAR, hits=hits, header=header)
    assert said(await found(caching, world), "edge-hit", HOST) == expected


async def test_a_file_is_asked_for_three_times_at_most() -> None:
    world = with_file(YEAR, hits=("MISS",))
    await found(caching, world)
    assert [
        sent.get("x-launchready-look") for _, url, sent in world.web.asked if url == JS and "x-launchready-look" in sent
    ] == ["2", "3"]


@pytest.mark.parametrize(
    ("zips", "more", "expected"),
    [
        (("gzip", "br"), {}, "pass"),
        (("zstd",), {}, "pass"),
        (("gzip",), {}, "info"),
        ((), {}, "fail medium"),
        (("gzip", "br"), {"vary": ""}, "warn low"),
        (("gzip", "br"), {"vary": "Origin"}, "warn low"),
        (("gzip", "br"), {"packed": 99999}, "warn low"),
    ],
)
async def test_compression(zips: tuple[str, ...], more: dict[str, object], expected: str) -> None:
    world = with_file(YEAR, zips=zips, **more)
    assert said(await found(caching, world), "compression", HOST) == expected


async def test_small_text_need_not_be_compressed() -> None:
    world = with_home(FRESH, body="<p>small", zips=())
    assert said(await found(caching, world), "compression", HOST) == "absent"


@pytest.mark.parametrize(("more", "expected"), [({}, "pass"), ({"honours": False}, "warn low"), ({"etag": ""}, "info")])
async def test_revalidation(more: dict[str, object], expected: str) -> None:
    assert said(await found(caching, with_file(YEAR, **more)), "revalidation", HOST) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("public, max-age=0, must-revalidate", "pass"),
        ("no-cache", "pass"),
        ("max-age=300", "pass"),
        ("max-age=301", "warn low"),
        ("s-maxage=3600, max-age=0", "pass"),
        ("no-store", "warn low"),
        ("max-age=soon", "warn low"),
        ("public, private", "warn low"),
        (None, "warn low"),
    ],
)
async def test_pages(value: str | None, expected: str) -> None:
    world = with_home(*((("cache-control", value),) if value else ()))
    assert said(await found(caching, world), "html", HOST) == expected


async def test_an_app_behind_a_log_in_may_forbid_storing() -> None:
    world = perfect(hosts=(Host(name="app.shop.test", role="app"),))
    world.web.urls["https://app.shop.test/"] = page("https://app.shop.test/", ("cache-control", "no-store"))
    assert said(await found(caching, world), "html", "app.shop.test") == "info"


SESSION = ("set-cookie", "session=1; Secure; HttpOnly")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((SESSION, ("cache-control", "public, max-age=60")), "fail blocker"),
        ((SESSION, ("cache-control", "s-maxage=60")), "fail blocker"),
        ((SESSION, ("cache-control", "no-cache"), ("x-cache", "HIT")), "fail blocker"),
        ((("set-cookie", "csrftoken=1"), ("cache-control", "public, max-age=60")), "fail blocker"),
        ((("set-cookie", "u=1; HttpOnly"), ("cache-control", "public, max-age=60")), "fail blocker"),
        ((("set-cookie", "lang=de"), ("cache-control", "public, max-age=60")), "warn medium"),
        ((("set-cookie", "lang=de"), ("cache-control", "private, max-age=60")), "pass"),
        ((SESSION, ("cache-control", "private, max-age=60")), "pass"),
        ((SESSION, ("cache-control", "no-cache"), ("x-cache", "MISS")), "pass"),
        ((SESSION, ("cache-control", "s-maxage=0")), "pass"),
        ((("set-cookie", "__cf_bm=1"), ("cache-control", "public, max-age=60"), ("cf-cache-status", "HIT")), "pass"),
        ((("cache-control", "public, s-maxage=60"), ("x-cache", "HIT")), "pass"),
        ((("vary", "Authorization"), ("cache-control", "public, max-age=60")), "fail blocker"),
    ],
)
async def test_personal_answers(headers: tuple[tuple[str, str], ...], expected: str) -> None:
    world = perfect(pages=(Page(url=f"https://{HOST}/basket"),))
    world.web.urls[f"https://{HOST}/basket"] = page(f"https://{HOST}/basket", *headers)
    assert said(await found(caching, world), "personal-shared", f"{HOST}/basket") == expected


@pytest.mark.parametrize(
    ("value", "stored", "expected"),
    [("public, max-age=60", True, "fail blocker"), ("private", True, "pass"), ("public, max-age=60", False, "info")],
)
async def test_a_route_with_a_log_in(value: str, stored: bool, expected: str) -> None:
    route = Route(name="messages", url="https://api.shop.test/messages", login="buyer", safe=True)
    world = perfect(routes=(route,))
    secret = "Bearer " + "t0ken"
    if stored:
        world.secrets["buyer"] = secret
    world.web.urls[route.url] = reply(route.url, 200, ("cache-control", value), body="[]")
    findings = await found(caching, world)
    assert said(findings, "personal-shared", "messages") == expected
    assert any(sent.get("authorization") == secret for _, url, sent in world.web.asked if url == route.url) is stored
    assert all(secret not in str(finding) for finding in findings.values())


async def test_a_bare_token_is_sent_as_a_bearer_token() -> None:
    route = Route(name="messages", url="https://api.shop.test/messages", login="buyer", safe=True)
    world = perfect(routes=(route,))
    world.secrets["buyer"] = "t0" + "ken"
    world.web.urls[route.url] = reply(route.url, 200, ("cache-control", "private"), body="[]")
    await found(caching, world)
    assert [sent.get("authorization") for _, url, sent in world.web.asked if url == route.url] == ["Bearer t0" + "ken"]


@pytest.mark.parametrize(
    "answer",
    [
        failure("timeout"),
        failure("certificate"),
        reply(f"https://{HOST}/", 429),
        page(f"https://{HOST}/", ("cf-mitigated", "challenge"), status=403),
        page(f"https://{HOST}/", status=500),
    ],
)
async def test_a_page_that_was_not_seen_is_unknown(answer: object) -> None:
    world = perfect()
    world.web.urls[f"https://{HOST}/"] = answer  # type: ignore[assignment]
    findings = await found(caching, world)
    assert said(findings, "asset", HOST) == "unknown high"
    assert said(findings, "html", HOST) == "absent"


async def test_files_that_cannot_be_fetched_are_unknown() -> None:
    world = perfect()
    world.web.urls[JS] = failure("timeout")
    assert said(await found(caching, world), "asset", HOST) == "unknown high"


def plain_file(*headers: tuple[str, str], body: str = SCRIPT, kind: str = "application/javascript") -> object:
    """A file that answers every question alike, but for its validators."""

    def answer(url: str, method: str, sent: dict[str, str]) -> Reply:
        base = (("content-type", kind), YEAR, ("x-cache", "HIT"), *headers)
        if sent.get("if-none-match") or sent.get("if-modified-since"):
            return reply(url, 304, *base)
        return reply(url, 200, *base, body=body)

    return answer


async def judged(answer: object) -> dict[tuple[str, str], object]:
    world = FakeWorld(launch())
    world.web.urls = {f"https://{HOST}/": page("", FRESH, body=BODY), JS: answer}  # type: ignore[dict-item]
    return await found(caching, world)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("vary", "expected"),
    [
        ("Accept-Encoding", "absent"),
        ("Origin", "absent"),
        ("Cookie", "warn low"),
        ("Accept-Encoding, User-Agent", "warn low"),
        ("*", "warn low"),
    ],
)
async def test_files_vary_by_the_compression_only(vary: str, expected: str) -> None:
    assert said(await judged(plain_file(("vary", vary))), "vary", HOST) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("plain", "packed", "expected"),
    [('"1"', '"1-gz"', "absent"), ('W/"1"', 'W/"1"', "absent"), ('"1"', '"1"', "warn low"), ("", "", "absent")],
)
async def test_a_strong_etag_stands_for_one_sequence_of_bytes(plain: str, packed: str, expected: str) -> None:
    def answer(url: str, method: str, sent: dict[str, str]) -> Reply:
        gzip = "gzip" in sent.get("accept-encoding", "gzip")
        tag = packed if gzip else plain
        more = ((("etag", tag),) if tag else ()) + ((("content-encoding", "gzip"),) if gzip else ())
        return reply(url, 200, ("content-type", "application/javascript"), YEAR, ("x-cache", "HIT"), *more, body=SCRIPT)

    assert said(await judged(answer), "etag", HOST) == expected  # type: ignore[arg-type]


async def test_an_etag_that_changes_with_the_server_that_answers() -> None:
    def answer(url: str, method: str, sent: dict[str, str]) -> Reply:
        look = sent.get("x-launchready-look", "1")
        return reply(
            url,
            200,
            ("content-type", "application/javascript"),
            YEAR,
            ("x-cache", "MISS"),
            ("etag", f'W/"{look}"'),
            body=SCRIPT,
        )

    assert said(await judged(answer), "etag", HOST) == "warn low"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [((("etag", 'W/"1"'),), "absent"), ((("last-modified", "Tue, 24 Nov 2026 14:00:00 GMT"),), "info"), ((), "absent")],
)
async def test_what_a_304_repeats(headers: tuple[tuple[str, str], ...], expected: str) -> None:
    assert said(await judged(plain_file(*headers)), "thin-304", HOST) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "coding", "expected"),
    [
        ("image/png", "gzip", "info"),
        ("image/png", "", "absent"),
        ("image/svg+xml", "gzip", "absent"),
        ("font/woff2", "br", "info"),
    ],
)
async def test_files_that_are_packed_already(kind: str, coding: str, expected: str) -> None:
    more = (("content-encoding", coding),) if coding else ()
    assert said(await judged(plain_file(*more, kind=kind)), "twice-packed", HOST) == expected  # type: ignore[arg-type]


async def test_a_server_that_honours_only_one_of_its_two_validators() -> None:
    def answer(url: str, method: str, sent: dict[str, str]) -> Reply:
        base = (
            ("content-type", "application/javascript"),
            YEAR,
            ("x-cache", "HIT"),
            ("etag", 'W/"1"'),
            ("last-modified", "yesterday"),
        )
        return reply(url, 304, *base) if sent.get("if-none-match") else reply(url, 200, *base, body=SCRIPT)

    assert said(await judged(answer), "revalidation", HOST) == "warn low"  # type: ignore[arg-type]
