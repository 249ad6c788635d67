"""One target judged by itself gives the findings of the checks, for a site, a page, a TLS server."""

from __future__ import annotations

import pytest
from fake_outside import FakeWorld, certificate, failure, moved, moves_all, page, sight

from launchready_tui.checks import single
from launchready_tui.findings import State


def world(host: str = "shop.test", *, permitted: bool = False) -> FakeWorld:
    made = FakeWorld(single.launch_of(host), permitted=permitted)
    for name in ("shop.test", "www.shop.test", "app.shop.test"):
        made.dns.set(name, "A", "203.0.113.10")
    made.web.origins["http://shop.test"] = moves_all("shop.test", "https://shop.test")
    home = page("https://shop.test/", body="<link rel=canonical href=https://shop.test/>")
    made.web.origins["https://shop.test"] = home
    # What a site without these files answers there.
    for path in ("robots.txt", "sitemap.xml", "lr-4f1c9d27/nothing-lives-here"):
        made.web.urls[f"https://shop.test/{path}"] = page("", status=404)
    made.web.origins["http://www.shop.test"] = moves_all("www.shop.test", "https://www.shop.test")
    made.web.origins["https://www.shop.test"] = moves_all("www.shop.test", "https://shop.test")
    return made


def told(looked: single.Looked) -> set[tuple[str, str, str]]:
    return {
        (finding.rule, finding.subject, finding.state.value)
        for finding in looked.findings
        if finding.state is not State.INFO
    }


async def test_a_site_by_its_name_is_judged_on_all_four_roots() -> None:
    looked = await single.redirects(world(), "shop.test")  # type: ignore[arg-type]
    assert told(looked) == {
        ("edge.redirects.too-many-hops", "shop.test", "pass"),
        ("edge.canonical.two-origins", "shop.test", "pass"),
        ("edge.canonical.temporary", "shop.test", "pass"),
        ("edge.canonical.temporary", "www.shop.test", "pass"),
        ("edge.canonical.path-lost", "shop.test", "pass"),
        ("edge.canonical.path-lost", "www.shop.test", "pass"),
        ("edge.canonical.rel-canonical", "shop.test/", "pass"),
        ("edge.canonical.noindex", "shop.test", "pass"),
        ("edge.canonical.soft-404", "shop.test", "pass"),
    }
    assert not looked.wrong
    assert [chain.start for chain in looked.sights["chains"]] == ["http://shop.test/", "https://shop.test/"]


async def test_www_is_judged_against_where_the_bare_domain_stands() -> None:
    outside = world("www.shop.test")
    outside.web.origins["https://www.shop.test"] = page("https://www.shop.test/")
    looked = await single.redirects(outside, "www.shop.test")  # type: ignore[arg-type]
    finding = next(one for one in looked.findings if one.rule == "edge.canonical.two-origins")
    assert finding.state is State.FAIL and finding.remedy and "server_name www.shop.test;" in finding.remedy.paste
    assert looked.wrong


async def test_a_host_of_the_product_is_not_asked_for_a_www_of_its_own() -> None:
    outside = world("app.shop.test")
    outside.web.origins["https://app.shop.test"] = page("https://app.shop.test/")
    looked = await single.redirects(outside, "app.shop.test")  # type: ignore[arg-type]
    assert {rule for rule, _, _ in told(looked)} == {"edge.redirects.too-many-hops"}
    assert not any("www.app" in url for _, url, _ in outside.web.asked)


@pytest.mark.parametrize(
    ("hops", "state"),
    [(0, "pass"), (1, "pass"), (2, "warn"), (3, "warn"), (4, "fail")],
)
async def test_a_page_is_judged_by_its_own_chain(hops: int, state: str) -> None:
    outside = world()
    for step in range(hops):
        outside.web.urls[f"https://shop.test/p{step}"] = moved(
            f"https://shop.test/p{step}", f"https://shop.test/p{step + 1}"
        )
    looked = await single.redirects(outside, "https://shop.test/p0")  # type: ignore[arg-type]
    assert told(looked) == {("edge.redirects.too-many-hops", "shop.test/p0", state)}
    if state != "pass":
        remedy = looked.findings[0].remedy
        assert remedy and remedy.paste == f"location = /p0 {{ return 301 https://shop.test/p{hops}; }}"


async def test_a_page_in_a_circle_and_one_that_cannot_be_seen() -> None:
    outside = world()
    outside.web.urls["https://shop.test/a"] = moved("https://shop.test/a", "https://shop.test/b")
    outside.web.urls["https://shop.test/b"] = moved("https://shop.test/b", "https://shop.test/a")
    outside.web.urls["https://shop.test/slow"] = failure("timeout")
    looked = await single.redirects(outside, "https://shop.test/a")  # type: ignore[arg-type]
    assert told(looked) == {("edge.redirects.loop", "shop.test/a", "fail")}
    looked = await single.redirects(outside, "https://shop.test/slow")  # type: ignore[arg-type]
    assert told(looked) == {("edge.redirects.too-many-hops", "shop.test/slow", "unknown")}
    assert looked.wrong, "nothing was seen"


async def test_headers_of_a_page_with_its_cookies() -> None:
    outside = world()
    outside.web.urls["https://shop.test/login"] = page(
        "https://shop.test/login", ("set-cookie", "session=1; Path=/"), ("x-content-type-options", "nosniff")
    )
    looked = await single.headers(outside, "https://shop.test/login")  # type: ignore[arg-type]
    found = {rule: state for rule, _, state in told(looked)}
    assert found["edge.headers.nosniff"] == "pass"
    assert found["edge.headers.csp"] == "warn"
    assert found["edge.https.cookie-secure"] == "fail"
    assert all("login" in url or url == "https://shop.test/" for _, url, _ in outside.web.asked)
    assert "edge.headers.cors" not in found, "foreign origins are asked with consent only"


async def test_tls_of_a_server_with_a_port() -> None:
    outside = world()
    outside.tls.sights["shop.test"] = sight("shop.test", certificate("other.test"), verify_code=62)
    looked = await single.tls(outside, "Shop.test", 8443, versions=True)  # type: ignore[arg-type]
    assert ("edge.certificates.name", "shop.test", "fail") in told(looked)
    assert ("edge.certificates.old-protocol", "shop.test", "pass") in told(looked)
    assert looked.sights["versions"]["TLSv1.3"] == "accepted"


@pytest.mark.parametrize("bad", ["", "ftp://shop.test/", "https:///path"])
def test_what_is_no_target_is_refused(bad: str) -> None:
    with pytest.raises(ValueError):
        single.url_of(bad)


def test_the_worst_comes_first() -> None:
    from launchready_tui.checks.base import Say
    from launchready_tui.findings import Severity

    say = Say("edge.redirects")
    passed, warned = say.passed("too-many-hops", "x", "direct"), say.warn("meta-refresh", "x")
    medium, blocker = say.fail("first-hop", "x"), say.fail("loop", "x", severity=Severity.BLOCKER)
    unseen = say.unknown("old-address", "x", "shut")
    assert medium.severity is Severity.MEDIUM
    assert single.by_badness([passed, warned, medium, blocker, unseen]) == [blocker, medium, unseen, warned, passed]
