"""edge.subdomains: every rule with what was seen, and the near miss that must not fire."""

from __future__ import annotations

from typing import Any

import pytest
from fake_outside import Answer, failure, found, launch, moved, page, reply, said
from fake_world import AuditWorld

from launchready_tui.checks.edge.subdomains import service_of, services, subdomains
from launchready_tui.launch.model import Host

HOST, STATUS, BLOG = "shop.test", "status.shop.test", "blog.shop.test"
NOBODY = page("", body="<p>There isn't a GitHub Pages site here.</p>", status=404)


def world(*, permitted: bool = True, **fields: Any) -> AuditWorld:
    hosts = (Host(name=HOST, role="web"), Host(name="api.shop.test", role="api"), Host(name=STATUS, role="status"))
    made = AuditWorld(launch(**({"hosts": hosts} | fields)), permitted=permitted)
    for host, address in ((HOST, "203.0.113.10"), ("api.shop.test", "203.0.113.20"), (STATUS, "198.51.100.40")):
        made.dns.set(host, "A", address)
        made.web.origins[f"https://{host}"] = page("", body="<title>Shop</title><p>Welcome</p>")
    return made


def alias(made: AuditWorld, name: str, target: str) -> AuditWorld:
    made.dns.set(target, "A", "198.51.100.90")
    made.dns.aliases[name] = target
    return made


async def test_a_perfect_launch_gives_no_warning() -> None:
    findings = await found(subdomains, world())
    assert {(rule, subject): finding.state.value for (rule, subject), finding in findings.items()} == {
        ("takeover", HOST): "pass",
        ("lands", "api.shop.test"): "pass",
        ("lands", STATUS): "pass",
        ("status-shared", STATUS): "pass",
    }


@pytest.mark.parametrize(
    ("target", "secure", "plain", "expected"),
    [
        ("shop-blog.github.io", NOBODY, NOBODY, "fail blocker"),
        ("shop-blog.github.io", failure("certificate"), NOBODY, "fail blocker"),
        ("shop-blog.github.io", page("", body="<title>Our blog</title>"), failure("refused"), "pass"),
        ("shop-blog.github.io", page("", body="<title>Not found</title>", status=404), failure("refused"), "pass"),
        ("shop-blog.github.io", failure("timeout"), failure("timeout"), "unknown high"),
        ("blog.elsewhere.example", NOBODY, NOBODY, "absent"),
        (
            "shop.netlify.app",
            page("", body="Not Found - Request ID: 01", status=404),
            failure("refused"),
            "warn medium",
        ),
        (
            "shop.s3.amazonaws.com",
            reply("", 404, body="<Error><Code>NoSuchBucket</Code></Error>"),
            failure("refused"),
            "fail blocker",
        ),
    ],
)
async def test_takeover(target: str, secure: Answer, plain: Answer, expected: str) -> None:
    made = alias(world(), BLOG, target)
    made.web.origins[f"https://{BLOG}"], made.web.origins[f"http://{BLOG}"] = secure, plain
    assert said(await found(subdomains, made), "takeover", BLOG) == expected


async def test_pages_behind_aliases_are_read_with_permission_only() -> None:
    made = alias(world(permitted=False), BLOG, "shop-blog.github.io")
    made.web.origins[f"https://{BLOG}"] = NOBODY
    assert said(await found(subdomains, made), "takeover", BLOG) == "info"
    assert not [url for _, url, _ in made.web.asked if BLOG in url]


async def test_a_name_that_exists_by_a_wildcard_only_is_not_told_once_more() -> None:
    made = alias(world(), BLOG, "shop-blog.github.io")
    made.dns.set("*.shop.test", "CNAME", "shop-blog.github.io")
    made.web.origins[f"https://{BLOG}"] = NOBODY
    findings = await found(subdomains, made)
    assert said(findings, "takeover", BLOG) == "absent"
    assert said(findings, "wildcard-alias", HOST) == "warn high"
    other = alias(world(), BLOG, "other-blog.github.io")
    other.dns.set("*.shop.test", "CNAME", "shop-blog.github.io")
    other.web.origins[f"https://{BLOG}"] = NOBODY
    assert said(await found(subdomains, other), "takeover", BLOG) == "fail blocker", "it was made by somebody"


async def test_a_declared_host_is_looked_at_too() -> None:
    made = alias(world(hosts=(Host(name="handbook.shop.test", role="other"),)), "handbook.shop.test", "shop.readme.io")
    made.web.origins["https://handbook.shop.test"] = page("", body="Project doesnt exist... yet!", status=404)
    assert said(await found(subdomains, made), "takeover", "handbook.shop.test") == "fail blocker"


@pytest.mark.parametrize(
    ("target", "expected"),
    [("shop.github.io", "warn high"), ("shop.netlify.app", "absent"), ("lb.elsewhere.example", "absent")],
)
async def test_a_wildcard_at_a_service_that_asks_for_no_proof(target: str, expected: str) -> None:
    made = world()
    made.dns.set("*.shop.test", "CNAME", target)
    assert said(await found(subdomains, made), "wildcard-alias", HOST) == expected


@pytest.mark.parametrize(
    ("host", "answer", "expected"),
    [
        (STATUS, page("", body="<title>Status</title>"), "pass"),
        (STATUS, page("", body="<title>Welcome to nginx!</title>"), "warn medium"),
        (STATUS, page("", body="<title>Apache2 Debian Default Page: It works</title>"), "warn medium"),
        (STATUS, page("", body="<title>Welcome to our shop</title>"), "pass"),
        (STATUS, reply("", 404), "warn medium"),
        (STATUS, reply("", 503), "fail high"),
        (STATUS, reply("", 401), "pass"),
        (STATUS, moved("", "https://status.provider.example/shop"), "pass"),
        (STATUS, reply("", 403, ("cf-mitigated", "challenge")), "unknown high"),
        (STATUS, reply("", 429), "unknown high"),
        (STATUS, failure("timeout"), "absent"),
        ("api.shop.test", reply("", 404), "pass"),
        ("api.shop.test", reply("", 500), "fail high"),
    ],
)
async def test_where_a_host_leads(host: str, answer: Answer, expected: str) -> None:
    made = world()
    made.web.origins[f"https://{host}"] = answer
    made.web.origins["https://status.provider.example"] = page("", body="<title>Status</title>")
    assert said(await found(subdomains, made), "lands", host) == expected


async def test_staging_is_judged_mildly() -> None:
    made = world(hosts=(Host(name="staging.shop.test", role="staging", environment="staging"),))
    made.dns.set("staging.shop.test", "A", "203.0.113.50")
    made.web.origins["https://staging.shop.test"] = reply("", 500)
    assert said(await found(subdomains, made), "lands", "staging.shop.test") == "warn low"


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        (("198.51.100.40",), "pass"),
        (("203.0.113.20",), "warn medium"),
        (("198.51.100.40", "203.0.113.10"), "warn medium"),
        ((), "absent"),
    ],
)
async def test_the_status_page_lives_elsewhere(addresses: tuple[str, ...], expected: str) -> None:
    made = world()
    del made.dns.table[STATUS, "A"]
    if addresses:
        made.dns.set(STATUS, "A", *addresses)
    assert said(await found(subdomains, made), "status-shared", STATUS) == expected


async def test_a_look_up_that_fails_is_no_answer() -> None:
    made = world()
    made.dns.fail(STATUS, "A")
    made.dns.fail(STATUS, "AAAA")
    assert said(await found(subdomains, made), "status-shared", STATUS) == "unknown medium"


async def test_no_status_page_is_a_fact() -> None:
    assert said(await found(subdomains, world(hosts=(Host(name=HOST, role="web"),))), "status-absent", HOST) == "info"
    assert said(await found(subdomains, world()), "status-absent", HOST) == "absent"


def test_the_table_of_services_holds_together() -> None:
    assert len({service.name for service in services()}) == len(services()) >= 18
    assert all(service.suffixes and all(len(word) > 10 for word in service.words) for service in services())
    assert (service_of("a.github.io") or services()[1]).name == "GitHub Pages"
    assert service_of("github.io.example") is None
