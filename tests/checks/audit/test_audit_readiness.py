"""audit.legal-pages, user-content and demo-data: what was served or written down, and what must be found."""

from __future__ import annotations

from typing import Any

import pytest
from fake_outside import FakeWorld, failure, found, launch, moved, page, reply, said

from launchready_tui.checks.audit import broken_links, demo_data, legal_pages, user_content
from launchready_tui.failure import Failure
from launchready_tui.launch.inventory import Inventory
from launchready_tui.launch.model import Apps, Host, LegalPage, Page, Route, Safety
from launchready_tui.launch.papers import Papers
from launchready_tui.launch.people import People, Person
from launchready_tui.world.sights import Reply

HOME = "https://shop.test/"
LISTING = f"{HOME}listings/7"
LONG = "We keep what a booking needs, tell nobody else, and delete it when you ask us to. " * 9
FOOT = "".join(f'<a href="/{name}">{name}</a>' for name in ("privacy", "terms", "imprint"))


def doc(body: str, *, title: str = "Shop", language: str = "en", url: str = HOME, status: int = 200) -> Reply:
    return page(
        url, body=f'<!doctype html><html lang="{language}"><title>{title}</title><p>{body}</p></html>', status=status
    )


def world(served: dict[str, Reply | Failure] | None = None, **fields: Any) -> FakeWorld:
    """A shop whose home page links to three whole legal pages."""
    made = FakeWorld(launch(**fields))
    made.papers = Papers(People(people=(Person(id="gone", status="left"), Person(id="founder"))), Inventory())  # type: ignore[attr-defined]
    made.web.urls[HOME] = doc(
        "Rent what you need from people nearby: tools, tents, bikes, by the day, in two dozen cities. " + FOOT
    )
    for name in ("privacy", "terms", "imprint"):
        made.web.urls[HOME + name] = doc(LONG)
    made.web.urls.update(served or {})
    return made


# ---- legal pages -----------------------------------------------------------------------------------------------------

SHELL = page(HOME, body='<!doctype html><title>Shop</title><div id="root"></div><script src="/app.js"></script>')
NO_FOOT = doc(
    "Rent what you need from people nearby: tools, tents, bikes, by the day, in two dozen cities. <a "
    "href='/listings'>all</a>"
)
PRIVACY = LegalPage(kind="privacy", url=f"{HOME}privacy")
TERMS = LegalPage(kind="terms", url=f"{HOME}terms")

LEGAL: list[tuple[str, dict[str, Reply | Failure], dict[str, Any], tuple[str, str], str]] = [
    ("all there", {}, {}, ("missing", "shop.test"), "pass"),
    ("nothing linked", {HOME: NO_FOOT}, {}, ("missing", "privacy policy"), "fail high"),
    ("no imprint is less", {HOME: NO_FOOT}, {}, ("missing", "page that says who runs it"), "warn medium"),
    ("declared in its place", {HOME: NO_FOOT}, {"legal": (PRIVACY,)}, ("missing", "privacy policy"), "absent"),
    ("in German", {HOME: doc("x" * 90 + '<a href="/datenschutz">D</a>')}, {}, ("missing", "privacy policy"), "absent"),
    ("a page made by a script", {HOME: SHELL}, {}, ("missing", "privacy policy"), "unknown high"),
    ("home not reached", {HOME: failure("timeout")}, {}, ("missing", "privacy policy"), "unknown high"),
    (
        "declared and gone",
        {f"{HOME}terms": doc("", status=404)},
        {"legal": (TERMS,)},
        ("page", "shop.test/terms"),
        "fail high",
    ),
    (
        "leads to the home page",
        {f"{HOME}terms": moved(f"{HOME}terms", HOME)},
        {"legal": (TERMS,)},
        ("page", "shop.test/terms"),
        "fail high",
    ),
    (
        "no answer in time",
        {f"{HOME}terms": failure("timeout")},
        {"legal": (TERMS,)},
        ("page", "shop.test/terms"),
        "unknown high",
    ),
    (
        "a found link that is dead is a dead link",
        {f"{HOME}terms": doc("", status=404)},
        {},
        ("page", "shop.test/terms"),
        "absent",
    ),
    (
        "the stores' pages are judged elsewhere",
        {f"{HOME}terms": doc("", status=404)},
        {"apps": Apps(terms=f"{HOME}terms")},
        ("page", "shop.test/terms"),
        "absent",
    ),
    (
        "brackets",
        {f"{HOME}terms": doc(f"Between you and [Company Name]. {LONG}")},
        {},
        ("placeholder", "shop.test/terms"),
        "fail high",
    ),
    (
        "filler",
        {f"{HOME}privacy": doc(f"Lorem ipsum dolor. {LONG}")},
        {},
        ("placeholder", "shop.test/privacy"),
        "fail high",
    ),
    (
        "soon",
        {f"{HOME}privacy": doc("Our privacy policy is coming soon." + "." * 80)},
        {},
        ("placeholder", "shop.test/privacy"),
        "fail high",
    ),
    (
        "a footnote is no gap",
        {f"{HOME}terms": doc(f"As the law [1] says. {LONG}")},
        {},
        ("placeholder", "shop.test/terms"),
        "absent",
    ),
    (
        "two sentences",
        {f"{HOME}privacy": doc("We keep your data safe. " * 5)},
        {},
        ("thin", "shop.test/privacy"),
        "warn medium",
    ),
    (
        "an imprint may be short",
        {f"{HOME}imprint": doc("Shop Ltd, 1 Street. " * 5)},
        {},
        ("thin", "shop.test/imprint"),
        "absent",
    ),
    (
        "a PDF is let be",
        {f"{HOME}terms": reply(HOME, 200, ("content-type", "application/pdf"))},
        {},
        ("thin", "shop.test/terms"),
        "absent",
    ),
    ("no links and no script", {HOME: doc(LONG, url=HOME)}, {}, ("missing", "privacy policy"), "fail high"),
    (
        "no links, and scripts that may make them",
        {HOME: doc(LONG + "<script src=/menu.js></script>", url=HOME)},
        {},
        ("missing", "privacy policy"),
        "unknown high",
    ),
    (
        "on a host without an address",
        {f"{HOME}terms": failure("no-such-name")},
        {"legal": (TERMS,)},
        ("page", "shop.test/terms"),
        "fail high",
    ),
    ("not linked", {HOME: NO_FOOT}, {"legal": (PRIVACY, TERMS)}, ("unlinked", "shop.test/terms"), "warn medium"),
    ("linked", {}, {"legal": (PRIVACY, TERMS)}, ("unlinked", "shop.test/terms"), "absent"),
    (
        "linked by the address that moved",
        {f"{HOME}agb": moved(f"{HOME}agb", f"{HOME}terms")},
        {"legal": (LegalPage(kind="terms", url=f"{HOME}agb"),)},
        ("unlinked", "shop.test/agb"),
        "absent",
    ),
    (
        "sellers' terms may hide",
        {HOME: NO_FOOT},
        {"legal": (LegalPage(kind="sellers", url=f"{HOME}terms"),)},
        ("unlinked", "shop.test/terms"),
        "absent",
    ),
    ("no German terms", {}, {"languages": ("en", "de")}, ("language", "terms (de)"), "warn medium"),
    ("one language", {}, {"languages": ("de",)}, ("language", "terms (de)"), "absent"),
    (
        "German terms named",
        {f"{HOME}de/agb": doc(LONG, language="de-DE")},
        {"languages": ("en", "de"), "legal": (TERMS, LegalPage(kind="terms", url=f"{HOME}de/agb", language="de"))},
        ("language", "terms (de)"),
        "absent",
    ),
    (
        "meant to be German",
        {f"{HOME}de/agb": doc(LONG)},
        {"legal": (LegalPage(kind="terms", url=f"{HOME}de/agb", language="de"),)},
        ("language", "shop.test/de/agb"),
        "warn medium",
    ),
]


@pytest.mark.parametrize(("what", "pages", "fields", "key", "wanted"), LEGAL, ids=[row[0] for row in LEGAL])
async def test_legal_pages(
    what: str, pages: dict[str, Reply | Failure], fields: dict[str, Any], key: tuple[str, str], wanted: str
) -> None:
    assert said(await found(legal_pages.legal_pages, world(pages, **fields)), *key) == wanted


# ---- users' content
# ---------------------------------------------------------------------------------------------------

KEPT = Safety(rules=f"{HOME}rules", report="report@shop.test", owner="founder", pages=(LISTING,))
ROUTE = Route(name="listing", url=LISTING, flow="list", safe=True)
REPORT = f"{HOME}report"
APP: dict[str, Any] = {"apps": Apps(ios=("A1B2C3D4E5.test.shop",))}
ITEM = "A bike with a bell, two locks and a basket. " * 3


def kept(**fields: Any) -> dict[str, Any]:
    return {
        "safety": Safety(
            **(
                {"rules": f"{HOME}rules", "report": "report@shop.test", "owner": "founder", "pages": (LISTING,)}
                | fields
            )
        )
    }


CONTENT: list[tuple[str, dict[str, Reply | Failure], dict[str, Any], tuple[str, str], str]] = [
    ("kept", {}, kept(), ("owner", "launch"), "pass"),
    ("nothing written", {}, {}, ("nothing", "launch"), "unknown high"),
    ("none of it here", {}, {"safety": Safety(user_content=False)}, ("nothing", "launch"), "not-applicable"),
    ("nobody looks", {}, kept(owner=""), ("owner", "launch"), "warn high"),
    ("who looks has left", {}, kept(owner="gone"), ("owner", "launch"), "fail high"),
    ("no rules", {}, kept(rules=""), ("half", "launch"), "warn medium"),
    ("no way to report", {}, kept(report=""), ("half", "launch"), "warn medium"),
    ("both", {}, kept(), ("half", "launch"), "absent"),
    ("rules gone", {f"{HOME}rules": doc("", status=410)}, kept(), ("page", "shop.test/rules"), "fail high"),
    ("rules not reached", {f"{HOME}rules": failure("timeout")}, kept(), ("page", "shop.test/rules"), "unknown high"),
    ("rules stand", {}, kept(), ("page", "shop.test/rules"), "absent"),
    ("no link", {LISTING: doc(ITEM)}, kept(), ("report", "shop.test/listings/7"), "fail high"),
    (
        "a reporter is no report",
        {LISTING: doc(ITEM + "by a reporter")},
        kept(),
        ("report", "shop.test/listings/7"),
        "fail high",
    ),
    ("a word", {LISTING: doc(ITEM + "Anzeige melden")}, kept(), ("report", "shop.test/listings/7"), "pass"),
    (
        "a form",
        {LISTING: doc(ITEM + '<form action="/flag/7"><button>!</button></form>')},
        kept(),
        ("report", "shop.test/listings/7"),
        "pass",
    ),
    ("a script draws it", {LISTING: SHELL}, kept(), ("report", "shop.test/listings/7"), "unknown medium"),
    (
        "by the route",
        {LISTING: doc(ITEM)},
        kept(pages=()) | {"routes": (ROUTE,)},
        ("report", "shop.test/listings/7"),
        "fail high",
    ),
    ("no link, and an app", {LISTING: doc(ITEM)}, kept() | APP, ("report", "shop.test/listings/7"), "fail blocker"),
    (
        "a report page that is gone, and an app",
        {REPORT: doc("", status=404)},
        kept(report=REPORT) | APP,
        ("page", "shop.test/report"),
        "fail blocker",
    ),
    (
        "a report page that is gone, and no app",
        {REPORT: doc("", status=404)},
        kept(report=REPORT),
        ("page", "shop.test/report"),
        "fail high",
    ),
    (
        "rules that are gone, and an app",
        {f"{HOME}rules": doc("", status=410)},
        kept() | APP,
        ("page", "shop.test/rules"),
        "fail high",
    ),
    (
        "rules on a host without an address",
        {f"{HOME}rules": failure("no-such-name")},
        kept(),
        ("page", "shop.test/rules"),
        "fail high",
    ),
    ("a list in JSON", {LISTING: reply(LISTING, body="[]")}, kept(), ("report", "shop.test/listings/7"), "absent"),
]


@pytest.mark.parametrize(("what", "pages", "fields", "key", "wanted"), CONTENT, ids=[row[0] for row in CONTENT])
async def test_user_content(
    what: str, pages: dict[str, Reply | Failure], fields: dict[str, Any], key: tuple[str, str], wanted: str
) -> None:
    whole = {f"{HOME}rules": doc(LONG), LISTING: doc(ITEM + '<a href="/report?of=7">Report</a>')}
    assert said(await found(user_content.user_content, world(whole | pages, **fields)), *key) == wanted


# ---- demo data
# --------------------------------------------------------------------------------------------------------

STAGED = {
    "hosts": (Host(name="shop.test", role="web"), Host(name="staging.shop.test", role="staging", environment="staging"))
}


def shown(words: str) -> dict[str, Reply | Failure]:
    return {
        LISTING: doc(
            words + " " * 3 + "A bike with a bell, to be had from Monday to Friday, near the station in town. " * 2,
            url=LISTING,
        )
    }


def listed(*paths: str) -> dict[str, Reply | Failure]:
    rows = "".join(f"<url><loc>https://shop.test/{path}</loc></url>" for path in paths)
    return {
        f"{HOME}sitemap.xml": reply(HOME, 200, ("content-type", "application/xml"), body=f"<urlset>{rows}</urlset>")
    }


AT = "shop.test/listings/7"
CARD = " ".join(["4242"] * 4)
DATA: list[tuple[str, dict[str, Reply | Failure], dict[str, Any], tuple[str, str], str]] = [
    ("nothing left", {}, {}, ("filler", "shop.test"), "pass"),
    ("filler on a named page", shown("Lorem ipsum dolor sit amet."), {}, ("filler", AT), "fail high"),
    (
        "filler on a page behind",
        {
            LISTING: doc('<a href="/help">Help</a>' + "x" * 90),
            f"{HOME}help": doc("Lorem ipsum. " * 9, url=f"{HOME}help"),
        },
        {},
        ("filler", "shop.test/help"),
        "warn medium",
    ),
    ("latin is no filler", shown("Carpe diem, says the owner."), {}, ("filler", AT), "absent"),
    (
        "staging may",
        {
            LISTING: doc('<a href="https://staging.shop.test/">x</a>' + "x" * 90),
            "https://staging.shop.test/": doc("Lorem ipsum. " * 9),
        },
        STAGED,
        ("filler", "staging.shop.test/"),
        "absent",
    ),
    (
        "legal pages are judged elsewhere",
        {f"{HOME}terms": doc(f"Lorem ipsum. {LONG}")},
        {},
        ("filler", "shop.test/terms"),
        "absent",
    ),
    ("a gap", shown("Welcome to [Your Company]."), {}, ("unfinished", AT), "warn medium"),
    ("an object", shown("Owner: [object Object]"), {}, ("unfinished", AT), "warn medium"),
    ("a size in brackets", shown("A tent [2 persons]."), {}, ("unfinished", AT), "absent"),
    ("XX", shown("XX EUR a day"), {}, ("price", AT), "fail high"),
    ("not a number", shown("$NaN a day"), {}, ("price", AT), "fail high"),
    ("size XXL", shown("Size XXL, 12 EUR a day"), {}, ("price", AT), "absent"),
    ("nought may be meant", shown("0.00 EUR for members"), {}, ("price", AT), "absent"),
    ("an address of nobody", shown("Write to help@example.com."), {}, ("contact", AT), "warn medium"),
    ("a number of nobody", shown("Call (202) 555-0143."), {}, ("contact", AT), "warn medium"),
    ("said to be a sample", shown("Your address, such as you@example.com."), {}, ("contact", AT), "absent"),
    ("a field's hint", shown('<input placeholder="you@example.com">'), {}, ("contact", AT), "absent"),
    ("a test card", shown(f"Pay with {CARD}."), {}, ("test-card", AT), "fail high"),
    ("another number", shown("Order 4242 4242 4242 4343."), {}, ("test-card", AT), "absent"),
    (
        "in the sitemap",
        listed("listings/test-listing-2"),
        {},
        ("test-entry", "shop.test/listings/test-listing-2"),
        "warn medium",
    ),
    (
        "by its title",
        {LISTING: doc("A bike. " * 20, title="asdf · Shop", url=LISTING)},
        {},
        ("test-entry", AT),
        "warn medium",
    ),
    ("a drive", listed("offers/test-drive"), {}, ("test-entry", "shop.test/offers/test-drive"), "absent"),
    ("drawn by a script", {LISTING: SHELL}, {}, ("drawn", AT), "unknown medium"),
    ("read", {}, {}, ("drawn", AT), "absent"),
    (
        "nothing read",
        {LISTING: failure("timeout"), HOME: failure("timeout")},
        {},
        ("unread", "shop.test"),
        "unknown medium",
    ),
    ("something read", {LISTING: failure("timeout")}, {}, ("unread", "shop.test"), "absent"),
]


@pytest.mark.parametrize(("what", "pages", "fields", "key", "wanted"), DATA, ids=[row[0] for row in DATA])
async def test_demo_data(
    what: str, pages: dict[str, Reply | Failure], fields: dict[str, Any], key: tuple[str, str], wanted: str
) -> None:
    made = world(shown("") | pages, pages=(Page(url=LISTING),), **fields)
    assert said(await found(demo_data.demo_data, made), *key) == wanted


async def test_no_page_is_asked_for_a_second_time() -> None:
    """What it reads the dead-link check has read: beyond that there are the home page, robots.txt and the sitemap."""
    body = '<a href="/help">Help</a><img src="/a.png">' + "x" * 90
    pages = {LISTING: doc(body, url=LISTING), f"{HOME}help": doc("Help. " * 40, url=f"{HOME}help")}
    both = [world(pages, pages=(Page(url=LISTING),)) for _ in range(2)]
    await found(broken_links.broken_links, both[0])
    await found(demo_data.demo_data, both[1])
    asked = [{(method, url) for method, url, _ in one.web.asked} for one in both]
    assert asked[1] - asked[0] == {("GET", HOME), ("GET", f"{HOME}robots.txt"), ("GET", f"{HOME}sitemap.xml")}


async def test_the_evidence_shows_the_place_and_the_remedy_finds_it() -> None:
    finding = (await found(demo_data.demo_data, world(shown("Now: Lorem ipsum here"), pages=(Page(url=LISTING),))))[
        "filler", AT
    ]
    assert "Lorem ipsum" in finding.evidence[0].text and finding.evidence[0].source == LISTING
    assert finding.remedy is not None and LISTING in finding.remedy.paste
