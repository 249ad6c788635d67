"""edge.canonical and edge.redirects: what was served, what must be found, and the near miss that must not."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from fake_outside import FakeWorld, failure, found, launch, moved, moves_all, page, reply, said

from launchready_tui.checks.edge.canonical import canonical
from launchready_tui.checks.edge.redirects import redirects
from launchready_tui.launch.model import Host, Page, Redirect

Change = Callable[[FakeWorld], None]
OPEN = ("fail", "warn", "unknown")


def perfect(**fields: object) -> FakeWorld:
    """http and www lead to https://shop.test in permanent steps that keep the path."""
    world = FakeWorld(launch(**fields))
    for host in ("shop.test", "www.shop.test"):
        world.dns.set(host, "A", "203.0.113.10")
    world.web.origins["http://shop.test"] = moves_all("shop.test", "https://shop.test")
    world.web.origins["http://www.shop.test"] = moves_all("www.shop.test", "https://www.shop.test")
    world.web.origins["https://www.shop.test"] = moves_all("www.shop.test", "https://shop.test")
    world.web.origins["https://shop.test"] = reply("https://shop.test/", 404, ("content-type", "text/html"))
    home = page("https://shop.test/", body='<head><link rel="canonical" href="https://shop.test/"></head>')
    world.web.urls["https://shop.test/"] = home
    return world


async def test_a_perfect_site_gives_no_warning() -> None:
    world = perfect()
    findings = await found(canonical, world) | await found(redirects, world)
    assert [(name, finding.summary) for name, finding in findings.items() if finding.state.value in OPEN] == []
    for rule, subject in (
        ("two-origins", "shop.test"),
        ("path-lost", "www.shop.test"),
        ("temporary", "shop.test"),
        ("rel-canonical", "shop.test/"),
    ):
        assert said(findings, rule, subject) == "pass"
    assert said(findings, "too-many-hops", "www.shop.test") == "pass"


def both_answer(world: FakeWorld) -> None:
    world.web.origins["https://www.shop.test"] = page("https://www.shop.test/")


def temporary(world: FakeWorld) -> None:
    world.web.origins["https://www.shop.test"] = moves_all("www.shop.test", "https://shop.test", 302)


def path_lost(world: FakeWorld) -> None:
    world.web.origins["https://www.shop.test"] = moves_all("www.shop.test", "https://shop.test", keep=False)


def www_refused(world: FakeWorld) -> None:
    world.web.origins["https://www.shop.test"] = failure("certificate", "expired")


def www_times_out(world: FakeWorld) -> None:
    world.web.origins["https://www.shop.test"] = failure("timeout")


def www_absent(world: FakeWorld) -> None:
    del world.dns.table["www.shop.test", "A"]


def www_servfail(world: FakeWorld) -> None:
    world.dns.fail("www.shop.test", "A")


def main_error(world: FakeWorld) -> None:
    world.web.urls["https://shop.test/"] = page("https://shop.test/", status=500)


def main_walled(world: FakeWorld) -> None:
    world.web.urls["https://shop.test/"] = reply(
        "https://shop.test/", 403, ("cf-mitigated", "challenge"), ("content-type", "text/html")
    )


def http_closed(world: FakeWorld) -> None:
    world.web.origins["http://shop.test"] = world.web.origins["http://www.shop.test"] = failure("refused")


def http_serves(world: FakeWorld) -> None:
    world.web.origins["http://shop.test"] = page("http://shop.test/")


def language_step(world: FakeWorld) -> None:
    world.web.urls["https://shop.test/"] = moved("https://shop.test/", "/en", 302)
    world.web.urls["https://shop.test/en"] = page("https://shop.test/en")


@pytest.mark.parametrize(
    ("change", "rule", "subject", "expected"),
    [
        (both_answer, "two-origins", "shop.test", "fail high"),
        (http_serves, "two-origins", "shop.test", "fail high"),
        (http_closed, "two-origins", "shop.test", "pass"),
        (temporary, "temporary", "www.shop.test", "warn medium"),
        (language_step, "temporary", "www.shop.test", "info"),
        (path_lost, "path-lost", "www.shop.test", "fail high"),
        (www_refused, "root-down", "www.shop.test", "fail high"),
        (www_times_out, "root-down", "www.shop.test", "unknown high"),
        (main_error, "root-down", "shop.test", "fail blocker"),
        (main_walled, "root-down", "shop.test", "unknown high"),
        (http_closed, "root-down", "shop.test", "absent"),
        (www_absent, "root-absent", "www.shop.test", "warn medium"),
        (www_servfail, "root-absent", "www.shop.test", "absent"),
        (www_servfail, "root-down", "www.shop.test", "unknown high"),
    ],
)
async def test_roots(change: Change, rule: str, subject: str, expected: str) -> None:
    world = perfect()
    change(world)
    assert said(await found(canonical, world), rule, subject) == expected


async def test_the_launch_file_names_another_main_address() -> None:
    world = perfect(canonical="https://www.shop.test/")
    assert said(await found(canonical, world), "two-origins", "shop.test") == "warn medium"


@pytest.mark.parametrize(
    ("head", "link", "expected"),
    [
        ('<link rel="canonical" href="https://shop.test/bikes">', "", "pass"),
        (
            '<link rel="canonical" href="https://shop.test/bikes"><link rel="canonical" href="https://shop.test/bikes">',
            "",
            "pass",
        ),
        ("", "", "info"),
        ("", '<https://shop.test/bikes>; rel="canonical"', "pass"),
        ('<link rel="canonical" href="/bikes">', "", "fail medium"),
        ('<link rel="canonical" href="https://">', "", "fail medium"),
        ('<link rel="canonical" href="http://shop.test/bikes">', "", "fail high"),
        ('<link rel="canonical" href="https://other.test/bikes">', "", "fail high"),
        ('<link rel="canonical" href="https://shop.test/">', "", "fail high"),
        (
            '<link rel="canonical" href="https://shop.test/bikes">',
            '<https://shop.test/cars>; rel="canonical"',
            "fail high",
        ),
        ('<link rel="canonical" href="https://shop.test/gone">', "", "warn medium"),
        ('</head><body><link rel="canonical" href="https://other.test/">', "", "info"),
    ],
)
async def test_rel_canonical(head: str, link: str, expected: str) -> None:
    world = perfect(pages=(Page(url="https://shop.test/bikes"),))
    headers = (("link", link),) if link else ()
    world.web.urls["https://shop.test/bikes"] = page(
        "https://shop.test/bikes", *headers, body=f"<html><head>{head}</head>"
    )
    world.web.urls["https://shop.test/cars"] = page("https://shop.test/cars")
    assert said(await found(canonical, world), "rel-canonical", "shop.test/bikes") == expected


def chain_of(*urls: str, status: int = 301) -> Change:
    def change(world: FakeWorld) -> None:
        for one, two in pairwise(urls):
            world.web.urls[one] = moved(one, two, status)

    return change


def cookie_wall(world: FakeWorld) -> None:
    def answer(url: str, method: str, headers: dict[str, str]) -> object:
        if headers.get("cookie") == "seen=1":
            return page(url)
        return moved(url, "https://shop.test/", 302, ("set-cookie", "seen=1; Secure"))

    world.web.urls["https://shop.test/"] = answer  # type: ignore[assignment]


def refresh_page(world: FakeWorld) -> None:
    world.web.urls["https://www.shop.test/"] = page(
        "https://www.shop.test/", body='<meta http-equiv="refresh" content="0; url=https://shop.test/">'
    )


def reloading_page(world: FakeWorld) -> None:
    """A page that comes anew every minute stays where it is."""
    world.web.urls["https://www.shop.test/"] = page(
        "https://www.shop.test/", body='<meta http-equiv="refresh" content="60">'
    )


def www_unreachable_target(world: FakeWorld) -> None:
    """The name is there; whether something answers could not be seen."""
    world.web.urls["https://www.shop.test/"] = moved("https://www.shop.test/", "https://slow.test/")
    world.web.origins["https://slow.test"] = failure("timeout")


WWW = "http://www.shop.test/"


@pytest.mark.parametrize(
    ("change", "rule", "subject", "expected"),
    [
        (
            chain_of(WWW, "https://www.shop.test/", "https://shop.test/a", "https://shop.test/"),
            "too-many-hops",
            "www.shop.test",
            "warn medium",
        ),
        (
            chain_of(WWW, "https://www.shop.test/", "https://shop.test/a", "https://shop.test/b", "https://shop.test/"),
            "too-many-hops",
            "www.shop.test",
            "fail medium",
        ),
        (
            chain_of("https://www.shop.test/", "https://shop.test/a", "https://shop.test/"),
            "too-many-hops",
            "www.shop.test",
            "warn medium",
        ),
        (
            chain_of("https://shop.test/", "https://shop.test/a", "https://shop.test/"),
            "loop",
            "shop.test",
            "fail blocker",
        ),
        (chain_of("https://www.shop.test/", "https://www.shop.test/"), "loop", "www.shop.test", "fail high"),
        (cookie_wall, "needs-cookie", "shop.test", "warn medium"),
        (cookie_wall, "loop", "shop.test", "absent"),
        (
            chain_of("https://www.shop.test/", "http://www.shop.test/x", "https://shop.test/"),
            "downgrade",
            "www.shop.test",
            "fail high",
        ),
        (chain_of(WWW, "http://shop.test/"), "first-hop", "www.shop.test", "fail medium"),
        (chain_of(WWW, "https://shop.test/"), "off-host", "www.shop.test", "warn low"),
        (chain_of(WWW, "https://www.shop.test/"), "off-host", "www.shop.test", "absent"),
        (chain_of("https://www.shop.test/", "mailto:hello@shop.test"), "bad-location", "www.shop.test", "fail high"),
        (chain_of("https://www.shop.test/", ""), "bad-location", "www.shop.test", "fail high"),
        (chain_of("https://www.shop.test/", "shopapp://open"), "bad-location", "www.shop.test", "info"),
        (chain_of("https://www.shop.test/", "/home"), "bad-location", "www.shop.test", "absent"),
        (refresh_page, "meta-refresh", "www.shop.test", "warn medium"),
        (reloading_page, "meta-refresh", "www.shop.test", "absent"),
        (chain_of(WWW, "https://www.shop.test/", "https://shop.test/"), "first-hop", "www.shop.test", "absent"),
        (
            chain_of("https://www.shop.test/", "https://www.shop.test/x", "https://shop.test/"),
            "downgrade",
            "www.shop.test",
            "absent",
        ),
        (
            chain_of("https://shop.test/", "https://shop.test/a", "https://shop.test/"),
            "needs-cookie",
            "shop.test",
            "absent",
        ),
        (www_unreachable_target, "dead-end", "www.shop.test", "absent"),
        (http_closed, "too-many-hops", "www.shop.test", "pass"),
        (www_refused, "too-many-hops", "www.shop.test", "unknown high"),
        (www_servfail, "too-many-hops", "www.shop.test", "unknown high"),
        (www_absent, "too-many-hops", "www.shop.test", "absent"),
    ],
)
async def test_chains(change: Change, rule: str, subject: str, expected: str) -> None:
    world = perfect()
    change(world)
    findings = await found(redirects, world)
    assert said(findings, rule, subject) == expected
    if expected not in ("absent", "pass", "info") and not expected.startswith("unknown"):
        assert said(findings, "too-many-hops", subject) != "pass"


async def test_a_redirect_to_a_name_that_does_not_exist() -> None:
    world = perfect()
    world.web.urls["https://www.shop.test/"] = moved("https://www.shop.test/", "https://gone.test/")
    world.web.origins["https://gone.test"] = failure("no-such-name")
    assert said(await found(redirects, world), "dead-end", "www.shop.test") == "fail high"


async def test_an_admin_host_may_lead_to_a_log_in_service() -> None:
    world = perfect(hosts=(Host(name="admin.shop.test", role="admin"),))
    world.dns.set("admin.shop.test", "A", "203.0.113.30")
    world.web.origins["http://admin.shop.test"] = moved("http://admin.shop.test/", "https://sign-on.example/shop")
    world.web.origins["https://admin.shop.test"] = moved("https://admin.shop.test/", "https://sign-on.example/shop")
    world.web.origins["https://sign-on.example"] = page("https://sign-on.example/shop")
    assert said(await found(redirects, world), "off-host", "admin.shop.test") == "absent"


async def test_the_chain_stands_in_the_evidence_line_by_line() -> None:
    world = perfect()
    findings = await found(redirects, world)
    chain = findings["too-many-hops", "www.shop.test"].evidence[0]
    assert chain.label == "chain"
    assert chain.text.splitlines() == [
        "301  http://www.shop.test/  0 ms",
        "301  https://www.shop.test/  0 ms",
        "200  https://shop.test/  0 ms",
    ]


@pytest.mark.parametrize(
    ("served", "expected"),
    [
        ([("/old", "/new", 301), ("/new", None, 200)], "pass"),
        ([("/old", "https://SHOP.test:443/new#top", 308), ("/new", None, 200)], "pass"),
        ([("/old", "/new", 302), ("/new", None, 200)], "fail medium"),
        ([("/old", "/mid", 301), ("/mid", "/new", 301), ("/new", None, 200)], "fail medium"),
        ([("/old", "/", 301)], "fail high"),
        ([("/old", None, 404)], "fail high"),
        ([("/old", "/new", 301), ("/new", None, 404)], "fail high"),
        ([("/old", "/new", 301), ("/new", None, 429)], "unknown high"),
        ([("/old", "/old", 301)], "fail high"),
    ],
)
async def test_old_addresses(served: list[tuple[str, str | None, int]], expected: str) -> None:
    world = perfect(redirects=(Redirect(from_="https://shop.test/old", to="https://shop.test/new"),))
    for path, to, status in served:
        url = "https://shop.test" + path
        world.web.urls[url] = page(url, status=status) if to is None else moved(url, to, status)
    assert said(await found(redirects, world), "old-address", "shop.test/old") == expected


async def test_the_fix_for_an_old_address_fits_the_platform() -> None:
    world = perfect(redirects=(Redirect(from_="https://shop.test/old", to="https://shop.test/new"),))
    world.web.urls["https://shop.test/old"] = page("https://shop.test/old", status=404)
    remedy = (await found(redirects, world))["old-address", "shop.test/old"].remedy
    assert remedy is not None
    assert remedy.paste == "location = /old { return 301 https://shop.test/new; }"
    world.web.urls["https://shop.test/"] = page("https://shop.test/", ("x-nf-request-id", "1"))
    remedy = (await found(redirects, world))["old-address", "shop.test/old"].remedy
    assert remedy is not None
    assert remedy.paste == "/old  https://shop.test/new  301!"
