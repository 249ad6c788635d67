"""What each document says of what is known, and how it shows what is not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import msgspec
import pytest
from bundle_source import NOW, Market, bare, finding, full, results
from sights import as_chain

from launchready_tui.checks.base import Say
from launchready_tui.checks.edge.certificates import judge_certificate
from launchready_tui.facts import Step, Walked
from launchready_tui.findings import Evidence, Finding, Remedy, State
from launchready_tui.handover import Document, build, documents, emergency, not_filled
from launchready_tui.handover.blocks import Cell, Table
from launchready_tui.handover.hosts import domain_rows, host_rows
from launchready_tui.handover.pages.checklist import ITEMS, five_questions
from launchready_tui.handover.snapshot import Snapshot
from launchready_tui.launch.cards import scenarios_of
from launchready_tui.launch.cards import table as cards
from launchready_tui.launch.inventory import Access, Contact, Inventory, Recovery, System
from launchready_tui.launch.model import Alert, Redirect
from launchready_tui.launch.people import People, Person
from launchready_tui.roadmap import load as load_roadmap
from launchready_tui.world.sights import Certificate, TlsSight

CHECKS = len(load_roadmap().checks)


FILES = (
    "01-risks.md",
    "02-domain-map.md",
    "03-email.md",
    "04-deploy.md",
    "05-performance.md",
    "06-monitoring.md",
    "07-checklist.md",
    "08-access.md",
    "09-recovery.md",
    "10-launch-day.md",
    "11-reports.md",
)
SCREENS = set("1234567xpl")


def document(market: Market, name: str) -> Document:
    return next(one for one in documents(market) if one.id == name)


def table(made: Document, caption: str) -> list[list[str]]:
    found = next(block for block in made.blocks if isinstance(block, Table) and block.caption.startswith(caption))
    return [[cell.text for cell in row] for row in found.rows]


def cells(made: Document) -> list[Cell]:
    return [cell for block in made.blocks if isinstance(block, Table) for row in block.rows for cell in row]


@pytest.mark.parametrize("market", [bare(), full()], ids=["bare", "full"])
def test_the_documents_stand_in_their_order_and_count_what_they_know(market: Market) -> None:
    made = documents(market)
    assert tuple(one.file for one in made) == FILES
    for one in made:
        assert 0 <= one.have <= one.of
        assert one.markdown.startswith(f"# {one.title}\n")
        assert f"{one.have} of {one.of} facts known" in one.markdown
        assert {gap.screen for gap in one.gaps} <= SCREENS
        assert len(one.gaps) <= one.of - one.have
        assert (one.have == one.of) == (not one.gaps)


def test_a_launch_of_which_nothing_is_known_shows_gaps_and_no_empty_page() -> None:
    for one in documents(bare()):
        assert one.gaps, one.file
        assert len(one.markdown) > 400, one.file


def test_each_gap_leads_to_the_screen_where_it_is_filled() -> None:
    gaps = {gap.text: gap.screen for one in documents(full()) for gap in one.gaps}
    assert gaps["who pays for Cloudflare"] == "p"
    assert gaps["what staging.example.com is for"] == "2"
    assert gaps["who hosts mail.example.com"] == "1"
    assert gaps["last restore of pictures"] == "p"
    assert gaps["answer to “One-step release”"] == "4"
    assert gaps["owner of “www.example.com takes 4 hops”"] == "x"
    assert gaps["time zone of The launch engineer"] == "p"


def test_a_gap_is_seen_in_the_document_itself() -> None:
    access = document(full(), "access").markdown
    assert "**Missing:** who pays" in access
    assert "**Missing:** log-in address" not in access, "in a table the row tells of what"


def test_filling_a_gap_fills_the_document() -> None:
    market = full()
    before = document(market, "access")
    systems = tuple(msgspec.structs.replace(one, billing_owner="founder") for one in market.inventory.systems)
    market.inventory = msgspec.structs.replace(market.inventory, systems=systems)
    after = document(market, "access")
    assert (after.have - before.have, after.of - before.of) == (2, 0)
    assert not any("billing" in gap.text for gap in after.gaps)


def test_a_full_document_says_so() -> None:
    market = full()
    market.inventory = Inventory(
        systems=tuple(
            System(
                id=name,
                name=name,
                category="hosting",
                provider=name,
                account_owner="founder",
                business_owned="yes",
                billing_owner="founder",
                login_url=f"https://{name}.example/",
            )
            for name in ("one", "two")
        ),
        access=tuple(
            Access(system=name, person="founder", role="owner", mfa="key", reviewed=NOW.date())
            for name in ("one", "two")
        ),
    )
    made = document(market, "access")
    assert made.have == made.of and not made.gaps


# Risks


def test_the_risk_list_is_ten_long_and_the_appendix_has_the_rest() -> None:
    many = results(
        *(
            finding("audit.broken-links.broken", f"example.com/page-{at:02}", f"Page {at} does not open")
            for at in range(14)
        )
    )
    made = documents(full(results=many))
    risks, reports = made[0], made[-1]
    assert len(table(risks, "Fix first")) == 10
    assert "10 of 14; 4 more in the appendix" in risks.markdown
    assert len(table(reports, "All problems")) == 14


def test_one_remedy_is_one_line_with_what_it_is_about_and_what_it_hides() -> None:
    lame = [
        replaced_fix(finding("audit.hosts.unresolved", f"{host}.example.com", f"{host} does not resolve"), "add-alias")
        for host in ("api", "status")
    ]
    hidden = msgspec.structs.replace(
        finding("edge.certificates.no-tls", "api.example.com", "Could not check api", state=State.UNKNOWN),
        values={"failure": "no-such-name"},
    )
    market = full(results=results(*lame, hidden))
    risks, reports = documents(market)[0], documents(market)[-1]
    line = "2 hosts do not resolve: no one can reach them"
    assert [row[1] for row in table(risks, "Fix first")] == [line]
    assert [row[1] for row in table(risks, "What it is about")] == ["api.example.com", "status.example.com"]
    assert [row[0] for row in table(risks, "Hidden until it is fixed")] == ["Could not check api"]
    assert [row[0] for row in table(reports, "All problems")] == ["1", "1", "1"]
    handed = json.loads(build(market, now=NOW)[0]["data/launchready.json"])
    assert [(fix["title"], fix["members"], fix["behind"]) for fix in handed["fixes"]] == [
        (line, [one.id for one in lame], [hidden.id])
    ]


def replaced_fix(found: Finding, name: str) -> Finding:
    """The finding with a fix of its sheet."""
    return msgspec.structs.replace(found, remedy=Remedy(text=f"Add {found.subject}", fix=name))


def test_a_list_without_problems_does_not_hide_that_nothing_was_looked_at() -> None:
    made = document(bare(), "risks").markdown
    assert "Nothing has been checked yet" in made
    assert f"**Missing:** the answers to {CHECKS} of {CHECKS} checks" in made
    assert f"the answers to {CHECKS - 11} of {CHECKS} checks" in document(full(), "risks").markdown


def test_a_risk_shows_what_put_it_there() -> None:
    rows = table(document(full(), "risks"), "Fix first")
    assert rows[0] == [
        "1",
        "The certificate of api.example.com ends in 2 days",
        "problem",
        "stops the launch",
        "everything",
        "20 min",
        "",
        "The launch engineer",
    ]
    assert [row[0] for row in rows] == ["1", "2", "3", "4"]


def test_an_accepted_risk_names_who_took_it_on_why_and_until_when() -> None:
    assert table(document(full(), "risks"), "Known risks") == [
        [
            "DMARC names no address for reports",
            "The founder",
            "nobody has time to read reports before the launch",
            "24 December 2026",
        ]
    ]


# Domain map


def test_the_domain_map_reads_what_the_checks_saw() -> None:
    rows = {row.host: row for row in host_rows(Snapshot.of(full(), NOW))}
    api = rows["api.example.com"]
    assert (api.provider, api.address, api.tls_until) == ("Fly.io", "203.0.113.20, 2001:db8::20", "26 November 2026")
    assert api.tls_issuer == "CN=R11, O=Let's Encrypt"
    assert api.owner == "The launch engineer"
    assert rows["example.com"].leads_to == "is the main address"
    assert rows["www.example.com"].leads_to == "https://example.com/home"
    assert (rows["example.com"].canonical_for, rows["www.example.com"].canonical_for) == ("www.example.com", "")
    assert rows["mail.example.com"].provider == ""


def test_the_domain_map_understands_the_evidence_of_the_certificate_check() -> None:
    leaf = Certificate(
        subject="CN=example.com",
        issuer="CN=Some CA",
        names=("example.com",),
        not_before=NOW - timedelta(days=10),
        not_after=NOW + timedelta(days=60),
        serial="1",
        key="ec",
        key_bits=256,
        signature_hash="sha256",
        self_signed=False,
    )
    sight = TlsSight(
        host="example.com",
        port=443,
        address="203.0.113.10",
        verified=True,
        chain=(leaf, leaf),
        version="TLSv1.3",
        at=NOW,
    )
    judged = judge_certificate(Say("edge.certificates"), sight, NOW)
    row = host_rows(Snapshot.of(full(results=results(*judged)), NOW))[0]
    assert (row.tls_until, row.tls_issuer) == ("23 January 2027", "CN=Some CA")


def test_the_domains_show_registrar_and_name_servers() -> None:
    (row,) = domain_rows(Snapshot.of(full(), NOW))
    assert (row.registrar, row.expires, row.lock, row.dns_provider) == (
        "Gandi SAS",
        "1 March 2028",
        "yes",
        "Cloudflare",
    )
    assert row.nameservers == "ada.ns.cloudflare.com, bob.ns.cloudflare.com"


def test_a_mail_host_owes_no_web_certificate() -> None:
    rows = {row[0]: row for row in table(document(full(), "domain-map"), "Public host names")}
    assert rows["mail.example.com"][6] == ""
    assert rows["app.example.com"][6] == "expiry"


def test_an_old_address_has_its_own_state() -> None:
    seen = results(
        finding("edge.redirects.old-address", "example.com/sale", "It leads there in one step", State.PASS),
        finding("edge.redirects.too-many-hops", "www.example.com", "www takes 4 hops"),
    )
    rows = table(document(full(results=seen), "domain-map"), "Old addresses")
    assert [row[3] for row in rows] == ["not checked yet", "passes"]
    stale = tuple(msgspec.structs.replace(one, started_at=NOW - timedelta(days=3)) for one in seen)
    rows = table(document(full(results=stale), "domain-map"), "Old addresses")
    assert [row[3] for row in rows] == ["check again", "check again"]


def test_every_way_that_leads_on_is_drawn_and_each_old_address_tells_what_was_seen() -> None:
    def way(subject: str, start: str, chain: str, state: State, rule: str = "old-address") -> Finding:
        made = finding(f"edge.redirects.{rule}", subject, "seen", state)
        return msgspec.structs.replace(
            made, evidence=(Evidence.of("chain", chain, source=start, fact=as_chain(start, chain)),)
        )

    old = full().launch.redirects[0]
    launch = msgspec.structs.replace(
        full().launch, redirects=(old, Redirect(from_="https://example.com/ads", to="https://example.com/"))
    )
    stops = "301  https://example.com/ads  9 ms\n302  https://example.com/a  9 ms\n200  https://example.com/  9 ms"
    seen = results(
        way("example.com/ads", "https://example.com/ads", stops, State.FAIL),
        way(old.from_.partition("://")[2], old.from_, f"200  {old.from_}  9 ms", State.FAIL),
        way(
            "www.example.com",
            "http://www.example.com/",
            "301  http://www.example.com/  9 ms\n---  loop: again",
            State.PASS,
            "loop",
        ),
        way("app.example.com", "https://app.example.com/", "200  https://app.example.com/  9 ms", State.PASS, "loop"),
    )
    written = document(full(launch=launch, results=seen), "domain-map")
    drawn = "301 → https://example.com/a → 302 → https://example.com/ → 200"
    assert table(written, "Redirect map") == [
        ["https://example.com/ads", drawn, "2", "problem"],
        ["http://www.example.com/", "301, loop: again", "1", "passes"],
    ]
    assert [(row[2], row[3]) for row in table(written, "Old addresses")] == [("200", "problem"), (drawn, "problem")]
    assert table(document(full(results=results()), "domain-map"), "Redirect map") == []


def test_a_measured_route_stands_once_with_its_worst_state() -> None:
    figures = {
        "requests": "60",
        "p50": "410 ms",
        "p95": "640 ms",
        "p95 interval": "590 ms to 720 ms",
        "over the target": "40 of 60",
    }
    seen = results(
        finding("audit.latency.target", "search", "too slow", seen=figures),
        finding("audit.latency.errors", "search", "all answered", State.PASS, seen=figures),
        finding("audit.latency.no-safe-route", "home", "not marked as safe", State.INFO),
    )
    rows = table(document(full(results=seen), "performance"), "Measured routes")
    assert rows == [["search", "problem", "60", "410 ms", "640 ms", "590 ms to 720 ms", "40 of 60"]]


def test_a_name_that_only_turns_to_https_leads_nowhere_else() -> None:
    chain = "301  http://app.example.com/  3 ms\n200  https://app.example.com/  9 ms"
    seen = results(
        finding("edge.redirects.too-many-hops", "app.example.com", "one redirect", State.PASS, seen={"chain": chain})
    )
    rows = {row.host: row for row in host_rows(Snapshot.of(full(results=seen), NOW))}
    assert rows["app.example.com"].leads_to == ""


# Access


def access_points(**changes: object) -> list[list[str]]:
    market = full()
    market.inventory = msgspec.structs.replace(market.inventory, **changes)
    return table(document(market, "access"), "What to change")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            Access(system="gandi", person="helper", mfa="key", reviewed=NOW.date()),
            "helper has left but still has access to Gandi",
        ),
        (Access(system="gandi", person="engineer", mfa="none"), "engineer logs in to Gandi with a password alone"),
        (
            Access(system="gandi", person="engineer", shared=True),
            "Several people share one log-in to Gandi: no one knows who did what",
        ),
        (
            Access(system="gandi", person="engineer", role="admin", expected_role="member"),
            "engineer has the role “admin” in Gandi but needs only “member”",
        ),
        (
            Access(system="gandi", person="engineer", reviewed=date(2026, 8, 25)),
            "The access of engineer to Gandi has not been reviewed for more than 90 days",
        ),
    ],
    ids=["left", "mfa", "shared", "right", "review"],
)
def test_what_is_wrong_with_an_access_is_said(entry: Access, said: str) -> None:
    clean = (
        Access(system="gandi", person="founder", role="owner", expected_role="owner", mfa="key", reviewed=NOW.date()),
    )
    assert said not in [row[0] for row in access_points(access=clean)]
    assert said in [row[0] for row in access_points(access=(*clean, entry))]


@pytest.mark.parametrize(
    "entry",
    [
        Access(system="gandi", person="engineer", mfa="totp", reviewed=date(2026, 8, 26)),
        Access(system="gandi", person="engineer", mfa="key", reviewed=NOW.date(), shared=True, break_glass=True),
        Access(system="gandi", person="engineer", mfa="key", reviewed=NOW.date(), role="Admin", expected_role="admin"),
    ],
    ids=["reviewed in time", "sealed", "same right"],
)
def test_what_is_right_with_an_access_is_not_blamed(entry: Access) -> None:
    assert access_points(access=(entry,), systems=()) == []


def test_one_person_alone_is_said_and_who_has_left_does_not_count() -> None:
    market = full()
    rows = table(document(market, "access"), "What to change")
    assert ["Only founder can repair Cloudflare", "problem", "high"] in [row[:3] for row in rows]
    said = [row[0] for row in rows]
    assert "The account of Fly.io belongs to engineer, not the business: engineer can lock you out" in said
    assert [row[2] for row in rows[:2]] == ["stops the launch", "stops the launch"]


# Checklist and the five questions


def test_the_checklist_asks_of_known_checks_and_systems_only() -> None:
    market = bare()
    for item in ITEMS:
        assert bool(item.check) != bool(item.category), item.text
        assert not item.check or item.check in market.roadmap.checks
    assert len(ITEMS) == 24


def test_a_checklist_line_follows_the_inventory_and_the_checks() -> None:
    rows = {row[1]: row for row in table(document(full(), "checklist"), "Handover checklist")}
    assert rows["The business owns the registrar account"][2] == "yes"
    assert rows["The business owns the hosting account"][2] == "no"
    assert rows["The business owns the payment account"][2] == "account"
    assert rows["A rollback has been rehearsed"][2:4] == ["passes", "The launch engineer, 22 November 2026"]
    assert rows["A release takes one step"][2] == "not answered"


def answers(market: Market) -> list[str]:
    return [answer.text for _, answer, _ in five_questions(Snapshot.of(market, NOW))]


def test_the_five_questions_are_answered_from_what_is_known() -> None:
    assert answers(bare()) == ["not answered"] * 5
    assert answers(full()) == ["not answered", "yes", "not answered", "no", "log-in address"]


def test_who_has_left_cannot_change_a_dns_record() -> None:
    market = full()
    market.people = People(people=(Person(id="founder", status="left"), Person(id="helper", status="left")))
    assert answers(market)[4] == "no"


def test_what_stands_as_not_filled_is_no_yes_on_the_same_page() -> None:
    market = full()
    shot = Snapshot.of(market, NOW)
    (cell,) = [cell for words, cell, _ in five_questions(shot) if words == "Change a DNS record"]
    places = next(one for one in emergency.blocks(shot) if isinstance(one, Table) and one.caption == "Where to go")
    assert cell == places.rows[0][2] and (cell.kind, cell.text) == ("gap", "log-in address")
    told = tuple(msgspec.structs.replace(one, login_url="https://dash.example") for one in market.inventory.systems)
    market.inventory = msgspec.structs.replace(market.inventory, systems=told)
    assert answers(market)[4] == "yes"


def test_who_is_leaving_counts_for_none_of_the_five_questions() -> None:
    market = full()
    market.people = People(people=tuple(msgspec.structs.replace(one, status="leaving") for one in market.people.people))
    assert answers(market)[3:] == ["no", "no"]


def test_a_gap_that_two_documents_name_is_counted_once_everywhere() -> None:
    files, written = build(bare(), now=NOW)
    missing = not_filled(written)
    assert 0 < len(missing) <= sum(len(one.gaps) for one in written) and len(set(missing)) == len(missing)
    assert f"In this folder: {len(missing)} facts are missing" in files["START-HERE.html"].decode()
    readme = files["README.md"].decode()
    assert readme.partition("Still missing")[2].count("\n|") - 2 == len(missing)


# Recovery and launch day


def test_every_usual_breakdown_has_a_card_or_a_proposal_that_is_a_gap() -> None:
    made = document(bare(), "recovery")
    for card in cards().cards:
        assert f"recovery steps for “{card.title}”" in [gap.text for gap in made.gaps]
        assert f"### {card.title}" in made.markdown
    assert "Proposed, not yet tried" in made.markdown
    assert "Status pages" not in made.markdown, "nothing is known of the providers"


def test_a_proposal_names_the_providers_that_were_seen() -> None:
    made = document(full(), "recovery").markdown
    assert "the support of Fly.io" in made and "status.flyio.net" in made
    assert "### A release broke something" not in made, "there is a card of their own for that"


@pytest.mark.parametrize("words", ["When the mail breaks", "Payments: checkout", "lost admin", "Restore the database"])
def test_a_card_covers_its_scenario_by_its_own_words(words: str) -> None:
    assert len(scenarios_of(Recovery(id="card", title=words))) == 1
    assert scenarios_of(Recovery(id="card", title=words, scenario="dns")) == {"dns"}


def test_a_card_is_followed_line_by_line() -> None:
    text = document(full(), "recovery").markdown
    assert "1. Stop all releases.\n2. Tell the others in the launch channel.\n3. Go back one version." in text
    assert "```\nfly deploy --image market:41\n```" in text
    assert "22 November 2026, by The founder, 4 min" in text


def test_the_contact_plan_stands_in_its_order_with_names_from_people() -> None:
    rows = table(document(full(), "launch-day"), "Contact plan")
    assert [row[:4] for row in rows] == [
        ["1", "The launch engineer", "launch engineer", "phone, +00 000 0002"],
        ["2", "The founder", "founder", "+00 000 0001"],
    ]


def test_one_contact_alone_is_a_gap() -> None:
    market = full()
    market.inventory = msgspec.structs.replace(market.inventory, contacts=(Contact(order=1, person="founder"),))
    assert "who to call when the first person does not answer" in [
        gap.text for gap in document(market, "launch-day").gaps
    ]


# What must be known before reading


@pytest.mark.parametrize(
    ("changes", "says", "origin"),
    [
        ({"demo": True}, "This is a demo", "demo"),
        ({"keeps": False}, "at a time set by hand", "set time"),
        (
            {
                "results": results(
                    finding("edge.https.plain-http", "example.com", "It answers without HTTPS", via="connect-map")
                )
            },
            "Checked through a connect map",
            "connect map",
        ),
    ],
    ids=["demo", "set time", "connect map"],
)
def test_every_document_says_where_it_does_not_speak_of_the_real_thing(
    changes: dict[str, object], says: str, origin: str
) -> None:
    market = full(**changes)
    for one in documents(market):
        assert says in one.markdown.split("\n\n")[1], one.file
    assert Snapshot.of(market, NOW).origin == origin


def test_a_declared_connect_map_is_enough_for_the_warning() -> None:
    market = full()
    market.launch = msgspec.structs.replace(market.launch, connect={"example.com": "127.0.0.1"})
    assert "Checked through a connect map" in documents(market)[0].markdown


def test_an_ordinary_run_carries_no_warning() -> None:
    for one in documents(full()):
        assert not one.markdown.split("\n\n")[1].startswith(">")


def test_documents_do_not_change_what_they_read() -> None:
    market = full()
    before = replace(market)
    assert documents(market) == documents(market)
    assert market == before


def test_states_are_words_with_glyphs_never_a_colour_alone() -> None:
    for one in documents(full()):
        for cell in cells(one):
            if cell.kind == "state":
                assert cell.glyph and cell.text


# Monitoring


def test_alert_rules_and_what_is_watched_are_written_down() -> None:
    market = full()
    alerts = (
        Alert(name="on-call", owner="engineer", kind="slack", second="mail"),
        Alert(name="mail", owner="founder", kind="email", targets=("home",)),
    )
    market.launch = msgspec.structs.replace(market.launch, alerts=alerts)
    page = document(market, "monitoring")
    rows = table(page, "Alert rules")
    assert rows[0][:3] == ["on-call", "The launch engineer", "slack"] and rows[0][-1] == "mail"
    assert rows[1][4] == "home" and "a second channel for the alert mail" in [gap.text for gap in page.gaps]
    assert ["search", "https://api.example.com/search?q=boat"] in table(page, "What is watched")
    assert "who is alerted when something breaks" in [gap.text for gap in document(full(), "monitoring").gaps]


def test_the_recovery_notes_show_the_path_as_it_was_walked() -> None:
    market = full()
    assert "From log-in to notification" not in document(market, "recovery").markdown
    walked = finding("handover.recovery.walked", "log-in to notification", "The whole path works")
    steps = (Step(name="log in", ok=True, status=303, ms=25, detail="POST https://example.com/login"),)
    seen = Evidence.of(
        "walk",
        "    25 ms  303  log in: POST https://example.com/login\n0.1 s in all",
        source="the walk",
        at=NOW,
        fact=Walked(path="log-in to notification", steps=steps, at=NOW),
    )
    market.results = (*market.results, *results(msgspec.structs.replace(walked, evidence=(seen,))))
    made = document(market, "recovery").markdown
    assert "From log-in to notification" in made and "25 ms  303  log in: POST https://example.com/login" in made
    assert "walked on 24 November 2026" in made
