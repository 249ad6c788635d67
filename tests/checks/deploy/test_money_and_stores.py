"""deploy.payments, deploy.store-review and monitoring.spend: what was served or written down, and what must be
found."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from fake_outside import NOW, FakeWorld, failure, found, launch, moved, page, reply, said

from launchready_tui.checks.deploy import payments, store_review
from launchready_tui.checks.monitoring import spend
from launchready_tui.failure import Failure
from launchready_tui.launch.inventory import Cap, Inventory, System
from launchready_tui.launch.model import Apps, Host, Payments
from launchready_tui.launch.papers import Papers
from launchready_tui.launch.people import People, Person
from launchready_tui.world.sights import Reply

HOME, STAGING = "https://shop.test/", "https://staging.shop.test/"
HOOK = "https://api.shop.test/hook"
TODAY = NOW.date()
HOSTS = (
    Host(name="shop.test", role="web"),
    Host(name="api.shop.test", role="api"),
    Host(name="staging.shop.test", role="staging", environment="staging"),
)


def key(kind: str, rest: str = "51Shop" + "a1B2c3D4e5" * 4) -> str:
    return "_".join(("pk", kind, rest))


CLERK = base64.b64encode(b"clerk.shop-of-many-things.test$").decode().rstrip("=")


def shop(
    body: str = "", *, served: dict[str, Reply | Failure] | None = None, permitted: bool = True, **fields: Any
) -> FakeWorld:
    """A shop that takes money through Stripe; `body` is what its home page holds."""
    given: dict[str, Any] = {"hosts": HOSTS, "payments": Payments(provider="stripe", webhook=HOOK)}
    made = FakeWorld(launch(**(given | fields)), permitted=permitted)
    made.web.urls[HOME] = page(HOME, body=f"<!doctype html><title>Shop</title><p>Bikes</p>{body}")
    made.web.urls[HOOK] = reply(HOOK, 400, body="{}")
    made.web.urls.update(served or {})
    return made


def hook(status: int, *headers: tuple[str, str]) -> dict[str, Reply | Failure]:
    return {HOOK: reply(HOOK, status, *headers)}


STRIPE = '<script src="https://js.stripe.com/v3/"></script>'
PAY: list[tuple[str, dict[str, Any], tuple[str, str], str]] = [
    ("live key", {"body": key("live")}, ("test-mode", "shop.test: Stripe"), "pass"),
    ("test key", {"body": key("test")}, ("test-mode", "shop.test: Stripe"), "fail blocker"),
    ("both", {"body": f"{key('live')} {key('test')}"}, ("test-mode", "shop.test: Stripe"), "fail blocker"),
    ("a key for log-ins", {"body": key("test", CLERK)}, ("test-mode", "shop.test: Stripe"), "absent"),
    (
        "a sandbox",
        {"body": '<script src="https://www.sandbox.paypal.com/sdk/js"></script>'},
        ("test-mode", "shop.test: PayPal"),
        "fail blocker",
    ),
    (
        "client sb",
        {"body": '<script src="https://www.paypal.com/sdk/js?client-id=sb"></script>'},
        ("test-mode", "shop.test: PayPal"),
        "fail blocker",
    ),
    (
        "PayPal itself",
        {"body": '<script src="https://www.paypal.com/sdk/js?client-id=Abc"></script>'},
        ("test-mode", "shop.test: PayPal"),
        "absent",
    ),
    (
        "staging may test",
        {"served": {STAGING: page(STAGING, body=key("test"))}},
        ("test-mode", "staging.shop.test: Stripe"),
        "absent",
    ),
    (
        "staging is live",
        {"served": {STAGING: page(STAGING, body=key("live"))}},
        ("live-on-staging", "staging.shop.test: Stripe"),
        "fail high",
    ),
    (
        "staging tests",
        {"served": {STAGING: page(STAGING, body=key("test"))}},
        ("live-on-staging", "staging.shop.test: Stripe"),
        "absent",
    ),
    (
        "staging is shut",
        {"served": {STAGING: page(STAGING, status=401)}},
        ("live-on-staging", "staging.shop.test: Stripe"),
        "absent",
    ),
    ("refused", {}, ("webhook", "api.shop.test/hook"), "pass"),
    ("not let in", {"served": hook(401)}, ("webhook", "api.shop.test/hook"), "pass"),
    ("believed", {"served": hook(200)}, ("webhook", "api.shop.test/hook"), "fail blocker"),
    ("not there", {"served": hook(404)}, ("webhook", "api.shop.test/hook"), "fail blocker"),
    ("no POST", {"served": hook(405)}, ("webhook", "api.shop.test/hook"), "fail blocker"),
    ("breaks", {"served": hook(500)}, ("webhook", "api.shop.test/hook"), "fail blocker"),
    ("moved", {"served": {HOOK: moved(HOOK, HOOK + "/")}}, ("webhook", "api.shop.test/hook"), "fail blocker"),
    ("too many", {"served": hook(429)}, ("webhook", "api.shop.test/hook"), "unknown high"),
    ("a wall", {"served": hook(403, ("cf-mitigated", "challenge"))}, ("webhook", "api.shop.test/hook"), "unknown high"),
    ("no answer", {"served": {HOOK: failure("timeout")}}, ("webhook", "api.shop.test/hook"), "unknown high"),
    ("no permission", {"permitted": False}, ("webhook", "api.shop.test/hook"), "info"),
    ("not named", {"payments": Payments(provider="stripe")}, ("webhook", "launch"), "unknown high"),
    ("nothing said", {"payments": Payments()}, ("undeclared", "launch"), "unknown blocker"),
    ("seen, not said", {"payments": Payments(), "body": STRIPE}, ("undeclared", "launch"), "unknown blocker"),
    ("said", {"body": STRIPE}, ("undeclared", "launch"), "absent"),
    ("free of charge", {"payments": Payments(provider="none")}, ("undeclared", "launch"), "not-applicable"),
    (
        "not free after all",
        {"payments": Payments(provider="none"), "body": STRIPE},
        ("undeclared", "launch"),
        "unknown blocker",
    ),
    ("a person pays", {}, ("real-payment", "launch"), "unknown blocker"),
    ("nothing to pay", {"payments": Payments(provider="none")}, ("real-payment", "launch"), "absent"),
]


@pytest.mark.parametrize(("what", "given", "rule", "wanted"), PAY, ids=[row[0] for row in PAY])
async def test_payments(what: str, given: dict[str, Any], rule: tuple[str, str], wanted: str) -> None:
    assert said(await found(payments.payments, shop(**given)), *rule) == wanted


async def test_the_webhook_gets_one_message_and_only_with_permission() -> None:
    for permitted, wanted in ((True, 1), (False, 0)):
        world = shop(permitted=permitted)
        await found(payments.payments, world)
        assert sum(method == "POST" for method, _, _ in world.web.asked) == wanted


async def test_no_key_is_shown_whole() -> None:
    findings = await found(payments.payments, shop(key("test")))
    assert all(key("test") not in evidence.text for one in findings.values() for evidence in one.evidence)


# ---- app stores
# -------------------------------------------------------------------------------------------------------

GONE = f"{HOME}delete"
HOW = (
    "To delete your Shop account open Account and press Delete. Bookings are kept for two years, because the law "
    "asks for it. "
)
MENU = '<a href="/delete">Delete an account</a> <a href="/listings">All listings</a>' + "Bikes and boats. " * 6
APPS = Apps(ios=("A1B2C3D4E5.test.shop",), account_deletion=GONE, review_login="store review")
STORE: list[tuple[str, str, dict[str, Any], tuple[str, str], str]] = [
    ("says all", HOW, {}, ("deletion-page", "shop.test/delete"), "pass"),
    (
        "says nothing",
        "Write to us, we are glad to help. Shop, kept open all days. " * 2,
        {},
        ("deletion-page", "shop.test/delete"),
        "warn medium",
    ),
    (
        "not whose",
        HOW.replace("Shop ", ""),
        {"name": "Bike Barn"},
        ("deletion-page", "shop.test/delete"),
        "warn medium",
    ),
    (
        "not what is kept",
        "To delete your Shop account open Account and press Delete. " * 2,
        {},
        ("deletion-page", "shop.test/delete"),
        "warn medium",
    ),
    (
        "in German",
        "Shop-Konto löschen: Konto öffnen, Löschen wählen. Rechnungen werden aufbewahrt, zehn Jahre lang, so "
        "will es das Gesetz.",
        {},
        ("deletion-page", "shop.test/delete"),
        "pass",
    ),
    ("by name", HOW, {}, ("review-login", "launch"), "pass"),
    ("no log-in", HOW, {"apps": Apps(android=("test.shop",))}, ("review-login", "launch"), "warn medium"),
    ("no app", HOW, {"apps": Apps(account_deletion=GONE)}, ("reviewer", "launch"), "not-applicable"),
    ("a person goes through", HOW, {}, ("reviewer", "launch"), "unknown high"),
]


@pytest.mark.parametrize(("what", "words", "fields", "rule", "wanted"), STORE, ids=[row[0] for row in STORE])
async def test_store_review(what: str, words: str, fields: dict[str, Any], rule: tuple[str, str], wanted: str) -> None:
    served = {HOME: page(HOME, body=MENU), GONE: page(GONE, body=f"<title>Account</title><p>{words}</p>{MENU}")}
    assert (
        said(await found(store_review.store_review, shop(served=served, **({"apps": APPS} | fields))), *rule) == wanted
    )


# ---- bills
# ------------------------------------------------------------------------------------------------------------

TEAM = People(people=(Person(id="founder"), Person(id="helper", status="left")))
RUN = System(id="run", name="Hosting", category="hosting")


def cap(**fields: Any) -> Cap:
    return Cap(
        **(
            {"system": "run", "limit": "200 EUR a month", "alert_at": "80 %", "owner": "founder", "seen": TODAY}
            | fields
        )
    )


SPEND: list[tuple[str, dict[str, Any], tuple[str, str], str]] = [
    ("limited", {"systems": (RUN,), "caps": (cap(),)}, ("no-limit", "inventory.toml"), "pass"),
    ("nothing written", {}, ("nothing", "inventory.toml"), "unknown high"),
    ("something written", {"systems": (RUN,)}, ("nothing", "inventory.toml"), "absent"),
    ("no limit", {"systems": (RUN,)}, ("no-limit", "run"), "warn high"),
    ("a row without a number", {"systems": (RUN,), "caps": (cap(limit=""),)}, ("no-limit", "run"), "warn high"),
    (
        "costs nothing",
        {"systems": (System(id="run", category="hosting", no_bill=True),), "caps": (cap(),)},
        ("no-limit", "run"),
        "absent",
    ),
    (
        "a registrar has no meter",
        {"systems": (System(id="run", category="registrar"), RUN), "caps": (cap(),)},
        ("no-limit", "run"),
        "absent",
    ),
    ("nobody is told", {"systems": (RUN,), "caps": (cap(owner=""),)}, ("owner", "run"), "warn high"),
    ("who was told has left", {"systems": (RUN,), "caps": (cap(owner="helper"),)}, ("owner", "run"), "warn high"),
    ("somebody is told", {"systems": (RUN,), "caps": (cap(),)}, ("owner", "run"), "absent"),
    ("neither stops nor tells", {"systems": (RUN,), "caps": (cap(alert_at=""),)}, ("no-alert", "run"), "warn medium"),
    ("stops", {"systems": (RUN,), "caps": (cap(alert_at="", hard=True),)}, ("no-alert", "run"), "absent"),
    (
        "looked at 91 days ago",
        {"systems": (RUN,), "caps": (cap(seen=TODAY - timedelta(91)),)},
        ("old", "run"),
        "warn low",
    ),
    (
        "looked at 90 days ago",
        {"systems": (RUN,), "caps": (cap(seen=TODAY - timedelta(90)),)},
        ("old", "run"),
        "absent",
    ),
    ("never looked at", {"systems": (RUN,), "caps": (cap(seen=None),)}, ("old", "run"), "warn low"),
]


@pytest.mark.parametrize(("what", "rows", "rule", "wanted"), SPEND, ids=[row[0] for row in SPEND])
async def test_spend(what: str, rows: dict[str, Any], rule: tuple[str, str], wanted: str) -> None:
    world = FakeWorld(launch())
    world.papers = Papers(TEAM, Inventory(**rows))  # type: ignore[attr-defined]
    assert said(await found(spend.spend, world), *rule) == wanted


# ---- held together
# ----------------------------------------------------------------------------------------------------
