"""edge.cdn: every rule with what was seen, and the near miss that must not fire."""

from __future__ import annotations

from typing import Any

import pytest
from fake_outside import Answer, failure, found, launch, page, reply, said
from fake_world import AuditWorld

from launchready_tui.checks.edge.cdn import ERRORS, cdn
from launchready_tui.failure import Failure
from launchready_tui.launch.model import Host, Page, Route
from launchready_tui.roadmap import sheet_of
from launchready_tui.world.sights import Reply

HOST, API = "shop.test", "api.shop.test"
RAY = (("server", "cloudflare"), ("cf-ray", "8c1-LIS"))
INSIDE, OUTSIDE = "104.16.1.2", "203.0.113.10"
ORIGIN = "203.0.113.77"
HOME = "<!doctype html><title>Shop</title><h1>Everything for a weekend</h1>"


def world(
    *,
    cdn_name: str = "",
    address: str = INSIDE,
    headers: tuple[tuple[str, str], ...] = RAY,
    permitted: bool = True,
    **fields: Any,
) -> AuditWorld:
    hosts = (Host(name=HOST, role="web"), Host(name=API, role="api"))
    routes = (Route(name="health", url=f"https://{API}/healthz", safe=True),)
    pages = (Page(url=f"https://{HOST}/offer"),)
    made = AuditWorld(
        launch(**({"hosts": hosts, "routes": routes, "pages": pages, "cdn": cdn_name} | fields)), permitted=permitted
    )
    for host in (HOST, API):
        made.dns.set(host, "A", address)
        made.web.origins[f"https://{host}"] = page("", *headers, body=HOME)
    return made


async def test_a_perfect_launch_gives_no_warning() -> None:
    findings = await found(cdn, world())
    assert {(rule, subject): finding.state.value for (rule, subject), finding in findings.items()} == {
        ("shield", HOST): "pass",
        ("shield", API): "pass",
        ("origin-open", HOST): "pass",
        ("challenge", HOST): "pass",
    }


@pytest.mark.parametrize(
    ("address", "headers", "name", "expected"),
    [
        (INSIDE, RAY, "", "pass"),
        (INSIDE, RAY, "cloudflare", "pass"),
        ("2606:4700::1", RAY, "", "pass"),
        (OUTSIDE, RAY, "", "info"),
        (OUTSIDE, (("x-vercel-id", "cdg1::1"), ("server", "Vercel")), "", "pass"),
        (OUTSIDE, (("server", "nginx"),), "", "warn medium"),
        (OUTSIDE, (("server", "nginx"),), "cloudflare", "warn high"),
        (OUTSIDE, (("via", "1.1 house-edge"),), "house-edge", "pass"),
        (OUTSIDE, (("cache-status", '"House-Edge"; hit'),), "house-edge", "pass"),
        (OUTSIDE, (("x-note", "house-edge"),), "house-edge", "warn high"),
        (INSIDE, RAY, "fastly", "warn high"),
    ],
)
async def test_what_stands_in_front(
    address: str, headers: tuple[tuple[str, str], ...], name: str, expected: str
) -> None:
    made = world(address=address, headers=headers, cdn_name=name)
    if ":" in address:
        for host in (HOST, API):
            made.dns.table[host, "AAAA"] = made.dns.table.pop((host, "A"))
    assert said(await found(cdn, made), "shield", HOST) == expected


async def test_one_host_that_goes_around_the_others_network() -> None:
    made = world()
    made.dns.set(API, "A", OUTSIDE)
    made.web.origins[f"https://{API}"] = reply("", 200, ("server", "nginx"))
    findings = await found(cdn, made)
    assert (said(findings, "shield", HOST), said(findings, "shield", API)) == ("pass", "warn high")


async def test_a_host_at_the_addresses_of_one_that_shows_its_network() -> None:
    made = world(address=OUTSIDE, headers=(("via", "1.1 house-edge"),), cdn_name="house-edge")
    made.web.origins[f"https://{API}"] = reply("", 301, ("location", f"https://{HOST}/"))
    assert said(await found(cdn, made), "shield", API) == "pass"
    made.dns.set(API, "A", OUTSIDE, "203.0.113.99")
    assert said(await found(cdn, made), "shield", API) == "warn high"


@pytest.mark.parametrize(
    ("kind", "expected"), [("timeout", "unknown medium"), ("refused", "unknown medium"), ("no-such-name", "absent")]
)
async def test_a_host_that_does_not_show_itself(kind: str, expected: str) -> None:
    made = world(address=OUTSIDE)
    made.web.origins[f"https://{API}"] = failure(kind)
    if kind == "no-such-name":
        del made.dns.table[API, "A"]
    assert said(await found(cdn, made), "shield", API) == expected


@pytest.mark.parametrize(
    ("at_origin", "expected"),
    [
        (page("", body=HOME), "fail high"),
        (page("", ("server", "nginx"), body=HOME.replace("weekend", "weekends")), "fail high"),
        (page("", *RAY, body=HOME), "pass"),
        (reply("", 403), "pass"),
        (page("", body="<title>Welcome to nginx!</title>"), "pass"),
        (failure("refused"), "pass"),
        (failure("timeout"), "pass"),
    ],
)
async def test_the_server_behind(at_origin: Reply | Failure, expected: str) -> None:
    made = world()
    made.dns.set("origin.shop.test", "A", ORIGIN)
    for scheme in ("https", "http"):
        made.web.addresses[f"{scheme}://{HOST}/", ORIGIN] = at_origin
    assert said(await found(cdn, made), "origin-open", HOST) == expected


async def test_an_origin_without_a_public_certificate_is_asked_plainly() -> None:
    made = world()
    made.dns.set("direct.shop.test", "A", ORIGIN)
    made.web.addresses[f"https://{HOST}/", ORIGIN] = failure("certificate")
    made.web.addresses[f"http://{HOST}/", ORIGIN] = page("", body=HOME)
    assert said(await found(cdn, made), "origin-open", HOST) == "fail high"


@pytest.mark.parametrize("where", ["spf", "mx", "declared"])
async def test_where_addresses_beside_the_network_are_found(where: str) -> None:
    hosts = (
        Host(name=HOST, role="web"),
        *((Host(name="box.shop.test", role="origin"),) if where == "declared" else ()),
    )
    made = world(hosts=hosts)
    if where == "spf":
        made.dns.set(HOST, "TXT", f"v=spf1 ip4:{ORIGIN} ip4:198.51.100.0/24 -all")
    elif where == "mx":
        made.dns.set(HOST, "MX", "10 mx.shop.test")
        made.dns.set("mx.shop.test", "A", ORIGIN)
    else:
        made.dns.set("box.shop.test", "A", ORIGIN)
    made.web.addresses[f"https://{HOST}/", ORIGIN] = page("", body=HOME)
    assert said(await found(cdn, made), "origin-open", HOST) == "fail high"


async def test_strangers_addresses_are_left_alone() -> None:
    """Mail at somebody else's, and addresses of the network itself, are not tried."""
    made = world()
    made.dns.set(HOST, "MX", "10 mx.mailhouse.example")
    made.dns.set("mx.mailhouse.example", "A", ORIGIN)
    made.dns.set("direct.shop.test", "A", "104.17.5.5")
    for address in (ORIGIN, "104.17.5.5"):
        made.web.addresses[f"https://{HOST}/", address] = page("", body=HOME)
    assert said(await found(cdn, made), "origin-open", HOST) == "pass"


async def test_the_origin_is_tried_with_permission_only() -> None:
    made = world(permitted=False)
    made.dns.set("origin.shop.test", "A", ORIGIN)
    made.web.addresses[f"https://{HOST}/", ORIGIN] = page("", body=HOME)
    assert said(await found(cdn, made), "origin-open", HOST) == "info"


async def test_without_a_network_there_is_nothing_to_go_around() -> None:
    made = world(address=OUTSIDE, headers=())
    assert said(await found(cdn, made), "origin-open", HOST) == "absent"


WALL = reply("", 403, *RAY, ("cf-mitigated", "challenge"))


@pytest.mark.parametrize(
    ("url", "answer", "rule", "subject", "expected"),
    [
        (f"https://{API}/healthz", WALL, "challenge", "health", "fail high"),
        (f"https://{HOST}/offer", WALL, "challenge", f"{HOST}/offer", "warn medium"),
        (
            f"https://{HOST}/offer",
            reply("", 429, ("x-vercel-mitigated", "challenge")),
            "challenge",
            f"{HOST}/offer",
            "warn medium",
        ),
        (f"https://{HOST}/offer", reply("", 403, *RAY), "challenge", HOST, "pass"),
        (f"https://{HOST}/offer", reply("", 522, *RAY), "edge-error", f"{HOST}/offer", "fail blocker"),
        (f"https://{API}/healthz", reply("", 526, *RAY), "edge-error", "health", "fail blocker"),
        (f"https://{HOST}/offer", reply("", 502, *RAY), "edge-error", f"{HOST}/offer", "absent"),
        (f"https://{HOST}/offer", reply("", 522, ("server", "nginx")), "edge-error", f"{HOST}/offer", "absent"),
        (f"https://{HOST}/offer", failure("timeout"), "challenge", HOST, "pass"),
    ],
)
async def test_walls_and_errors(url: str, answer: Answer, rule: str, subject: str, expected: str) -> None:
    made = world()
    made.web.urls[url] = answer
    assert said(await found(cdn, made), rule, subject) == expected


def test_every_error_has_a_message_and_a_fix_of_its_own() -> None:
    sheet = sheet_of("edge.cdn")
    assert set(sheet.rules["edge-error"].messages) == ERRORS
    meant = [(message.fix, message.text) for code in ERRORS if (message := sheet.message("edge-error", code))]
    assert len(set(meant)) == len(ERRORS) and all(sheet.fixes[fix].text for fix, _ in meant)
