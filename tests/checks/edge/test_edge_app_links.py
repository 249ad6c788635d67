"""edge.app-links: every rule with what was served, and the near miss that must not fire."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fake_outside import Answer, FakeWorld, failure, found, launch, moved, page, reply, said

from launchready_tui.checks.edge.app_links import app_links
from launchready_tui.launch.model import Apps
from launchready_tui.world.sights import Reply

HOST = "shop.test"
AASA = f"https://{HOST}/.well-known/apple-app-site-association"
LINKS = f"https://{HOST}/.well-known/assetlinks.json"
CONTACT = f"https://{HOST}/.well-known/security.txt"
JSON = ("content-type", "application/json")
TEXT = ("content-type", "text/plain; charset=utf-8")
IOS, ANDROID = "A1B2C3D4E5.com.shop.app", "com.shop.app"
PRINT = ":".join(["AB"] * 32)
OTHER = ":".join(["CD"] * 32)
BOTH = Apps(
    ios=(IOS,),
    android=(ANDROID,),
    privacy=f"https://{HOST}/privacy",
    support=f"https://{HOST}/help",
    account_deletion=f"https://{HOST}/delete",
)


def aasa(**row: Any) -> bytes:
    return json.dumps({"applinks": {"details": [{"appIDs": [IOS], "components": [{"/": "/l/*"}]} | row]}}).encode()


def links(
    package: str = ANDROID, prints: Any = (PRINT,), relation: str = "delegate_permission/common.handle_all_urls"
) -> bytes:
    target = {"namespace": "android_app", "package_name": package, "sha256_cert_fingerprints": prints}
    return json.dumps([{"relation": [relation], "target": target}]).encode()


def nothing(url: str, method: str, headers: dict[str, str]) -> Reply:
    return page(url, status=404)


def world(apps: Apps = BOTH, **at: Answer) -> FakeWorld:
    made = FakeWorld(launch(apps=apps))
    made.web.origins[f"https://{HOST}"] = nothing
    made.web.urls[AASA] = reply("", 200, JSON, body=aasa())
    made.web.urls[LINKS] = reply("", 200, JSON, body=links())
    made.web.urls[CONTACT] = reply("", 200, TEXT, body="Contact: mailto:a@shop.test\nExpires: 2027-06-01T00:00:00Z\n")
    for path in ("privacy", "help", "delete"):
        made.web.urls[f"https://{HOST}/{path}"] = page("", body="<title>Text</title><p>Words</p>")
    for url, answer in at.items():
        made.web.urls[url] = answer
    return made


async def test_a_perfect_host_gives_no_warning() -> None:
    findings = await found(app_links, world())
    assert {finding.state.value for finding in findings.values()} == {"pass"}
    assert {rule for rule, _ in findings} == {"ios-file", "android-file", "store-page", "security-txt"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reply("", 200, JSON, body=aasa(appIDs=None, appID=IOS)), "pass"),
        (reply("", 200, JSON, body=aasa(components=None, paths=["/l/*"])), "pass"),
        (reply("", 200, ("content-type", "application/json; charset=utf-8"), body=aasa()), "pass"),
        (reply("", 200, TEXT, body=aasa()), "fail high"),
        (reply("", 200, body=aasa()), "fail high"),
        (page("", body="<!doctype html><title>Shop</title>"), "fail high"),
        (reply("", 200, JSON, body="<!doctype html><title>Shop</title>"), "fail high"),
        (reply("", 200, JSON, body="{"), "fail high"),
        (reply("", 200, JSON, body="[]"), "fail high"),
        (reply("", 200, JSON, body='{"applinks": {"details": []}}'), "fail high"),
        (reply("", 200, JSON, body=aasa(appIDs=["com.shop.app"])), "fail high"),
        (reply("", 200, JSON, body=aasa(appIDs=["A1B2C3D4E5.com.shop.other"])), "fail high"),
        (reply("", 200, JSON, body=aasa(components=[])), "fail high"),
        (reply("", 200, JSON, body=aasa() + b" " * 130_900), "pass"),
        (reply("", 200, JSON, body=aasa() + b" " * 131_072), "fail high"),
        (moved("", "https://www.shop.test/.well-known/apple-app-site-association"), "fail high"),
        (reply("", 404), "fail high"),
        (reply("", 500), "fail high"),
        (reply("", 403, ("cf-mitigated", "challenge")), "unknown high"),
        (reply("", 403), "unknown high"),
        (failure("timeout"), "unknown high"),
        (failure("no-such-name"), "absent"),
    ],
)
async def test_the_file_for_iphones(answer: Answer, expected: str) -> None:
    assert said(await found(app_links, world(**{AASA: answer})), "ios-file", HOST) == expected


async def test_a_redirect_to_the_main_address_is_named_as_the_cause() -> None:
    made = world(Apps(ios=(IOS,), hosts=(HOST, "www.shop.test"), privacy=AASA, support=AASA, account_deletion=AASA))
    made.web.origins["https://www.shop.test"] = moved("", f"https://{HOST}/.well-known/apple-app-site-association")
    finding = (await found(app_links, made))["ios-file", "www.shop.test"]
    assert finding.message == "redirect-of-all"
    assert finding.remedy is not None and "location ^~ /.well-known/" in finding.remedy.paste


@pytest.mark.parametrize(
    ("body", "prints", "expected"),
    [
        (links(), (), "pass"),
        (links(), (PRINT,), "pass"),
        (links(), (OTHER,), "fail high"),
        (links(prints=[PRINT, OTHER]), (OTHER,), "pass"),
        (links("com.shop.other"), (), "fail high"),
        (links(prints=[PRINT.lower()]), (), "fail high"),
        (links(prints=[":".join(["AB"] * 20)]), (), "fail high"),
        (links(prints=[]), (), "fail high"),
        (links(prints="x"), (), "fail high"),
        (links(relation="delegate_permission/common.get_login_creds"), (), "fail high"),
        (b"{}", (), "fail high"),
        (b"[1, null]", (), "fail high"),
        (b"[", (), "fail high"),
    ],
)
async def test_the_file_for_android(body: bytes, prints: tuple[str, ...], expected: str) -> None:
    apps = Apps(android=(ANDROID,), fingerprints=prints)
    made = world(apps, **{LINKS: reply("", 200, JSON, body=body)})
    assert said(await found(app_links, made), "android-file", HOST) == expected


async def test_without_an_app_nothing_is_missing() -> None:
    made = world(Apps(), **{AASA: reply("", 404), LINKS: page("", body="<title>Shop</title>")})
    findings = await found(app_links, made)
    assert (said(findings, "ios-file", HOST), said(findings, "android-file", HOST)) == ("absent", "absent")
    assert said(findings, "store-page", HOST) == "not-applicable"


async def test_a_file_of_an_app_nobody_declared() -> None:
    assert said(await found(app_links, world(Apps())), "ios-file", HOST) == "info"
    made = world(Apps(), **{AASA: reply("", 200, JSON, body="{")})
    assert said(await found(app_links, made), "ios-file", HOST) == "fail high"


async def test_pages_that_an_app_needs_and_nobody_named() -> None:
    findings = await found(app_links, world(Apps(ios=(IOS,), privacy=f"https://{HOST}/privacy")))
    assert said(findings, "store-page", "support page") == "warn medium"
    assert said(findings, "store-page", "account deletion page") == "warn medium"
    assert said(findings, "store-page", "terms") == "absent"


LOGIN = '<title>Log in</title><input type="password">'


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (page("", body="<title>Privacy</title>"), "pass"),
        (moved("", f"https://{HOST}/legal"), "pass"),
        (moved("", f"https://{HOST}/one"), "fail high"),
        (moved("", f"https://{HOST}/login"), "fail blocker"),
        (page("", body=LOGIN), "fail blocker"),
        (reply("", 401), "fail blocker"),
        (reply("", 404), "fail blocker"),
        (reply("", 500), "fail blocker"),
        (failure("refused"), "fail blocker"),
        (failure("timeout"), "unknown high"),
        (reply("", 403, ("cf-mitigated", "challenge")), "unknown high"),
        (reply("", 429), "unknown high"),
        (moved("", "mailto:a@shop.test"), "fail blocker"),
    ],
)
async def test_store_pages(answer: Answer, expected: str) -> None:
    made = world()
    made.web.urls |= {
        f"https://{HOST}/privacy": answer,
        f"https://{HOST}/legal": page("", body="<title>Privacy</title>"),
        f"https://{HOST}/one": moved("", f"https://{HOST}/legal"),
        f"https://{HOST}/login": page("", body="<title>Hello</title>"),
    }
    assert said(await found(app_links, made), "store-page", f"{HOST}/privacy") == expected


async def test_a_page_about_logging_in_is_no_log_in() -> None:
    apps = Apps(ios=(IOS,), privacy=f"https://{HOST}/login/privacy")
    made = world(apps, **{f"https://{HOST}/login/privacy": page("", body="<title>Privacy of log-ins</title>")})
    assert said(await found(app_links, made), "store-page", f"{HOST}/login/privacy") == "pass"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reply("", 200, TEXT, body="# ours\ncontact: mailto:a@shop.test\nEXPIRES: 2027-01-01T00:00:00.000Z\n"), "pass"),
        (reply("", 200, TEXT, body="Contact: mailto:a@shop.test\nExpires: 2026-01-01T00:00:00Z\n"), "info"),
        (reply("", 200, TEXT, body="Contact: mailto:a@shop.test\n"), "info"),
        (reply("", 200, TEXT, body="Expires: 2027-01-01T00:00:00Z\n"), "info"),
        (reply("", 200, JSON, body="Contact: mailto:a@shop.test\nExpires: 2027-01-01T00:00:00Z\n"), "info"),
        (page("", body="Contact: x\nExpires: 2027-01-01T00:00:00Z"), "info"),
        (reply("", 404), "info"),
        (failure("timeout"), "info"),
    ],
)
async def test_security_txt_is_a_fact(answer: Answer, expected: str) -> None:
    assert said(await found(app_links, world(**{CONTACT: answer})), "security-txt", HOST) == expected
