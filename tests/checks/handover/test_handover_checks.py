"""Stage 7 by the inventory: what is written down, what must be found, and the near miss that must not be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from fake_outside import FakeWorld, found, said

from launchready_tui import roadmap
from launchready_tui.checks import base
from launchready_tui.checks.handover import access, backups, bus_factor, contacts, documents, reproducible
from launchready_tui.clock import FixedClock
from launchready_tui.launch.cards import SCENARIOS, Running, platform, propose
from launchready_tui.launch.inventory import Access, Backup, Contact, Inventory, Plan, Recovery, System
from launchready_tui.launch.model import Launch
from launchready_tui.launch.papers import Papers
from launchready_tui.launch.people import People, Person
from launchready_tui.launch.records import Compared, HandedOver

NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
TODAY = NOW.date()
DAY = timedelta(days=1)
LAUNCH = Launch(name="Market", domain="example.com", canonical="https://example.com/")
FOUNDER = Person(id="founder", role="founder", kind="founder", contact="+00 1", second_contact="chat", hours="always")
STAFF = Person(
    id="staff",
    role="support",
    kind="staff",
    contact="+00 2",
    second_contact="chat",
    hours="08:00-20:00",
    time_zone="Europe/Berlin",
)
HELPER = Person(id="helper", role="developer", kind="contractor", status="left", contact="+00 3")
TEAM = People(people=(FOUNDER, STAFF, HELPER))


def system(**more: Any) -> System:
    return System(
        **(
            {
                "id": "dns",
                "name": "DNS",
                "category": "dns",
                "account_owner": "founder",
                "business_owned": "yes",
                "billing_owner": "founder",
            }
            | more
        )
    )


def way(person: str = "founder", **more: Any) -> Access:
    return Access(
        **(
            {
                "system": "dns",
                "person": person,
                "role": "admin",
                "expected_role": "admin",
                "mfa": "key",
                "reviewed": TODAY,
            }
            | more
        )
    )


TWO = (way("founder"), way("staff"))


def world(*, people: People = TEAM, papers: Papers | None = None, **inventory: Any) -> Any:
    made = FakeWorld(LAUNCH)
    made.clock = FixedClock(NOW)
    made.papers = papers or Papers(people, Inventory(**inventory))  # type: ignore[attr-defined]
    return made


# Each row: what is written down beside a sound system with two people; rule and subject; what must be said.
ACCESS: list[tuple[str, dict[str, Any], tuple[str, str], str]] = [
    ("sound", {}, ("clean", "inventory.toml"), "pass"),
    ("left", {"access": (*TWO, way("helper"))}, ("left", "dns/helper"), "fail blocker"),
    (
        "leaving is a fact",
        {"people": (FOUNDER, msgspec.structs.replace(STAFF, status="leaving"))},
        ("leaving", "dns/staff"),
        "info",
    ),
    ("no factor, all rights", {"access": (way(mfa="none"), way("staff"))}, ("no-mfa", "dns/founder"), "fail high"),
    (
        "no factor, little at stake",
        {"systems": (system(category="analytics"),), "access": (way(mfa="none", role="view", expected_role="view"),)},
        ("no-mfa", "dns/founder"),
        "fail medium",
    ),
    (
        "factor unknown",
        {"access": (way(mfa="unknown"), way("staff"))},
        ("mfa-unknown", "dns/founder"),
        "unknown medium",
    ),
    ("text message is a factor", {"access": (way(mfa="sms"), way("staff"))}, ("no-mfa", "dns/founder"), "absent"),
    ("shared", {"access": (way(shared=True), way("staff"))}, ("shared", "dns/founder"), "warn medium"),
    (
        "sealed is meant to be shared",
        {"access": (way(shared=True, break_glass=True), way("staff"))},
        ("shared", "dns/founder"),
        "absent",
    ),
    (
        "too much",
        {"access": (way(), way("staff", role="Owner", expected_role="view"))},
        ("too-much", "dns/staff"),
        "warn medium",
    ),
    (
        "the same right in other letters",
        {"access": (way(), way("staff", role=" Admin"))},
        ("too-much", "dns/staff"),
        "absent",
    ),
    (
        "reviewed 90 days ago",
        {"access": (way(reviewed=TODAY - 90 * DAY), way("staff"))},
        ("review", "dns/founder"),
        "absent",
    ),
    (
        "reviewed 91 days ago",
        {"access": (way(reviewed=TODAY - 91 * DAY), way("staff"))},
        ("review", "dns/founder"),
        "warn medium",
    ),
    ("never reviewed", {"access": (way(reviewed=None), way("staff"))}, ("review", "dns/founder"), "warn low"),
    ("three admins", {"access": (*TWO, way("third"))}, ("too-many-admins", "dns"), "warn medium"),
    ("two admins and one who left", {"access": (*TWO, way("helper"))}, ("too-many-admins", "dns"), "absent"),
    (
        "two admins and a reader",
        {"access": (*TWO, way("third", role="view", expected_role="view"))},
        ("too-many-admins", "dns"),
        "absent",
    ),
    ("not the business's", {"systems": (system(business_owned="no"),)}, ("not-owned", "dns"), "fail blocker"),
    (
        "a contractor's",
        {"systems": (system(account_owner="helper", business_owned="unknown"),)},
        ("not-owned", "dns"),
        "fail blocker",
    ),
    (
        "a lesser one",
        {"systems": (system(category="analytics", business_owned="no"),)},
        ("not-owned", "dns"),
        "fail high",
    ),
    ("nobody knows whose", {"systems": (system(business_owned="unknown"),)}, ("owner-unknown", "dns"), "unknown high"),
    ("in a leaver's name", {"systems": (system(account_owner="helper"),)}, ("owner-left", "dns"), "fail blocker"),
    (
        "recovery by a leaver",
        {"systems": (system(recovery_contact="helper"),)},
        ("recovery-address", "dns"),
        "fail blocker",
    ),
    (
        "recovery by the founder",
        {"systems": (system(recovery_contact="founder"),)},
        ("recovery-address", "dns"),
        "absent",
    ),
    ("nobody listed", {"access": ()}, ("no-access", "dns"), "unknown high"),
]


@pytest.mark.parametrize(("what", "over", "key", "wanted"), ACCESS, ids=[row[0] for row in ACCESS])
async def test_access(what: str, over: dict[str, Any], key: tuple[str, str], wanted: str) -> None:
    people = People(people=over.pop("people", TEAM.people)) if "people" in over else TEAM
    rows = {"systems": (system(),), "access": TWO} | over
    assert said(await found(access.access, world(people=people, **rows)), *key) == wanted


async def test_empty_is_unknown_and_says_how_to_fill_it() -> None:
    for check, name in ALL:
        if name == "handover.reproducible":
            continue
        findings = await found(check, world())
        assert set(findings) == {("nothing", "inventory.toml")}, name
        only = findings["nothing", "inventory.toml"]
        assert only.state == "unknown" and only.remedy is not None and only.remedy.paste
        severity = roadmap.load().checks[name].severity
        assert only.severity == severity, name


async def test_without_people_nothing_is_claimed_about_them() -> None:
    findings = await found(access.access, world(people=People(), systems=(system(),), access=(*TWO, way("helper"))))
    assert said(findings, "no-people", "people.toml") == "unknown blocker"
    assert not any(rule in ("left", "clean") for rule, _ in findings)


BUS: list[tuple[str, dict[str, Any], tuple[str, str], str]] = [
    ("two", {}, ("two", "inventory.toml"), "pass"),
    ("one", {"access": (way(),)}, ("one", "dns"), "fail high"),
    ("one and one who left", {"access": (way(), way("helper"))}, ("one", "dns"), "fail high"),
    ("one and one who reads", {"access": (way(), way("staff", role="Read-only"))}, ("one", "dns"), "fail high"),
    ("the same person twice", {"access": (way(), way(role="owner"))}, ("one", "dns"), "fail high"),
    ("nobody", {"access": (way("helper"),)}, ("nobody", "dns"), "fail high"),
    ("a right without a name counts", {"access": (way(), way("staff", role=""))}, ("one", "dns"), "absent"),
    (
        "after leaving",
        {"people": (FOUNDER, msgspec.structs.replace(STAFF, status="leaving"))},
        ("after-leaving", "dns"),
        "warn medium",
    ),
    ("nobody pays", {"systems": (system(billing_owner=""),)}, ("billing", "dns"), "fail high"),
    ("nothing to pay", {"systems": (system(billing_owner="", no_bill=True),)}, ("billing", "dns"), "absent"),
    (
        "a lesser bill",
        {"systems": (system(billing_owner="", category="analytics"),)},
        ("billing", "dns"),
        "fail medium",
    ),
    ("the payer left", {"systems": (system(billing_owner="helper"),)}, ("payer-leaves", "dns"), "fail high"),
    ("unlisted is said elsewhere", {"access": ()}, ("nobody", "dns"), "absent"),
]


@pytest.mark.parametrize(("what", "over", "key", "wanted"), BUS, ids=[row[0] for row in BUS])
async def test_bus_factor(what: str, over: dict[str, Any], key: tuple[str, str], wanted: str) -> None:
    people = People(people=over.pop("people")) if "people" in over else TEAM
    rows = {"systems": (system(),), "access": TWO} | over
    assert said(await found(bus_factor.bus_factor, world(people=people, **rows)), *key) == wanted


def backup(**more: Any) -> Backup:
    return Backup(
        **({"store": "orders", "where": "elsewhere", "owner": "founder", "last_restore_test": TODAY - 5 * DAY} | more)
    )


BASE = System(id="db", name="Main database", category="database")
COPIES: list[tuple[str, dict[str, Any], tuple[str, str], str]] = [
    ("restored", {"backups": (backup(),)}, ("restored", "inventory.toml"), "pass"),
    ("30 days", {"backups": (backup(last_restore_test=TODAY - 30 * DAY),)}, ("restore-old", "orders"), "absent"),
    ("31 days", {"backups": (backup(last_restore_test=TODAY - 31 * DAY),)}, ("restore-old", "orders"), "warn medium"),
    ("90 days", {"backups": (backup(last_restore_test=TODAY - 90 * DAY),)}, ("restore-old", "orders"), "warn medium"),
    ("91 days", {"backups": (backup(last_restore_test=TODAY - 91 * DAY),)}, ("restore-old", "orders"), "fail high"),
    ("never", {"backups": (backup(last_restore_test=None),)}, ("restore-never", "orders"), "fail high"),
    ("no place", {"backups": (backup(where=""),)}, ("no-copy", "orders"), "fail blocker"),
    ("no owner", {"backups": (backup(owner=""),)}, ("owner", "orders"), "warn medium"),
    ("owner left", {"backups": (backup(owner="helper"),)}, ("owner", "orders"), "warn medium"),
    ("a database without", {"systems": (BASE,), "backups": (backup(),)}, ("no-backup", "db"), "fail blocker"),
    ("a database and nothing else", {"systems": (BASE,)}, ("no-backup", "db"), "fail blocker"),
    ("by its name", {"systems": (BASE,), "backups": (backup(store="main DATABASE"),)}, ("no-backup", "db"), "absent"),
    ("by its id", {"systems": (BASE,), "backups": (backup(system="db"),)}, ("no-backup", "db"), "absent"),
    ("a registrar holds no data", {"systems": (system(),), "backups": (backup(),)}, ("no-backup", "dns"), "absent"),
]


@pytest.mark.parametrize(("what", "rows", "key", "wanted"), COPIES, ids=[row[0] for row in COPIES])
async def test_backups(what: str, rows: dict[str, Any], key: tuple[str, str], wanted: str) -> None:
    assert said(await found(backups.backups, world(**rows)), *key) == wanted


LADDER = (Contact(order=1, person="staff", channel="phone"), Contact(order=2, person="founder", channel="phone"))
DECIDED = Plan(decider="founder")
DAYTIME = msgspec.structs.replace(FOUNDER, hours="08:00-23:00", time_zone="Europe/Lisbon")
NIGHT = Person(id="night", contact="+00 4", second_contact="chat", hours="19:30-09:30", time_zone="Europe/Lisbon")
CALLS: list[tuple[str, dict[str, Any], tuple[str, str], str]] = [
    ("sound", {}, ("ladder", "inventory.toml"), "pass"),
    ("one rung", {"contacts": LADDER[:1]}, ("one", "launch"), "fail high"),
    ("one person twice", {"contacts": (LADDER[1], Contact(order=3, person="founder"))}, ("one", "launch"), "fail high"),
    ("gone", {"contacts": (*LADDER, Contact(order=3, person="helper"))}, ("gone", "helper"), "fail high"),
    ("unknown person", {"contacts": (*LADDER, Contact(order=3, person="who"))}, ("unreachable", "who"), "fail high"),
    (
        "one way",
        {
            "people": (FOUNDER, msgspec.structs.replace(STAFF, second_contact="")),
            "contacts": (Contact(order=1, person="staff"), LADDER[1]),
        },
        ("one-channel", "staff"),
        "warn low",
    ),
    (
        "slow",
        {"contacts": (LADDER[0], Contact(order=2, person="founder", channel="phone", escalate_after_min=31))},
        ("slow", "founder"),
        "warn low",
    ),
    (
        "not slow",
        {"contacts": (LADDER[0], Contact(order=2, person="founder", channel="phone", escalate_after_min=30))},
        ("slow", "founder"),
        "absent",
    ),
    ("nobody decides", {"plan": Plan()}, ("decider", "launch"), "warn medium"),
    ("who decides has left", {"plan": Plan(decider="helper")}, ("decider", "launch"), "warn medium"),
    ("hours open", {"people": (FOUNDER, msgspec.structs.replace(STAFF, hours=""))}, ("hours-missing", "staff"), "info"),
    (
        "hours unreadable",
        {"people": (FOUNDER, msgspec.structs.replace(STAFF, hours="mornings"))},
        ("hours-unreadable", "staff"),
        "warn low",
    ),
    (
        "no such zone",
        {"people": (FOUNDER, msgspec.structs.replace(STAFF, time_zone="Mars/Base"))},
        ("hours-unreadable", "staff"),
        "warn low",
    ),
    ("always covers all", {}, ("uncovered", "launch"), "absent"),
    ("a night without anybody", {"people": (DAYTIME, STAFF)}, ("uncovered", "launch"), "warn medium"),
    (
        "a night shift over midnight closes it",
        {"people": (DAYTIME, STAFF, NIGHT), "contacts": (*LADDER, Contact(order=3, person="night", channel="phone"))},
        ("uncovered", "launch"),
        "absent",
    ),
]


@pytest.mark.parametrize(("what", "over", "key", "wanted"), CALLS, ids=[row[0] for row in CALLS])
async def test_contacts(what: str, over: dict[str, Any], key: tuple[str, str], wanted: str) -> None:
    people = People(people=over.pop("people")) if "people" in over else TEAM
    rows = {"contacts": LADDER, "plan": DECIDED} | over
    assert said(await found(contacts.contacts, world(people=people, **rows)), *key) == wanted


PLACES = tuple(
    System(id=category, category=category, billing_owner="founder")
    for category in ("dns", "code", "hosting", "secrets")
)  # type: ignore[arg-type]
CARDS = tuple(
    msgspec.structs.replace(card, rehearsed=TODAY)
    for card in propose(Running(domain="example.com", site="https://example.com/"))
)
WRITTEN: list[tuple[str, dict[str, Any], tuple[str, str], str]] = [
    ("all of it", {}, ("written", "inventory.toml"), "pass"),
    ("no code", {"systems": tuple(one for one in PLACES if one.category != "code")}, ("place", "code"), "unknown high"),
    (
        "nobody pays",
        {"systems": tuple(msgspec.structs.replace(one, billing_owner="") for one in PLACES)},
        ("place", "billing"),
        "unknown high",
    ),
    (
        "no way back",
        {"recovery": tuple(card for card in CARDS if card.scenario != "release")},
        ("place", "rollback"),
        "unknown high",
    ),
    (
        "the plan says it",
        {"recovery": CARDS[1:], "plan": Plan(rollback="vercel rollback")},
        ("place", "rollback"),
        "absent",
    ),
    ("eight cards", {"recovery": CARDS[:-1]}, ("cards", "recovery cards"), "warn medium"),
    (
        "an empty card is none",
        {"recovery": (*CARDS[:-1], Recovery(id="a", title="Account", scenario="account"))},
        ("cards", "recovery cards"),
        "warn medium",
    ),
    (
        "never tried",
        {"recovery": (msgspec.structs.replace(CARDS[0], rehearsed=None), *CARDS[1:])},
        ("unrehearsed", "recovery cards"),
        "info",
    ),
]


@pytest.mark.parametrize(("what", "over", "key", "wanted"), WRITTEN, ids=[row[0] for row in WRITTEN])
async def test_documents(what: str, over: dict[str, Any], key: tuple[str, str], wanted: str) -> None:
    rows = {"systems": PLACES, "recovery": CARDS} | over
    assert said(await found(documents.documents, world(**rows)), *key) == wanted


def made(days: int, whole: bool = True) -> HandedOver:
    return HandedOver(at=NOW - days * DAY, folder="handover-x", sums="a" * 64, whole=whole)


def held(days: int, sums: str = "a" * 64, whole: bool = True, changed: tuple[str, ...] = ()) -> Compared:
    return Compared(
        at=NOW - days * DAY,
        sums=sums,
        bundle="handover-x.zip",
        made_at=NOW - 60 * DAY,
        whole=whole,
        same=9,
        changed=changed,
    )


@pytest.mark.parametrize(
    ("handed", "compared", "rule", "wanted"),
    [
        (None, None, "none", "not-applicable"),
        (made(0), None, "fresh", "pass"),
        (made(30), None, "fresh", "pass"),
        (made(31), None, "overdue", "warn medium"),
        (made(1, whole=False), None, "not-whole", "fail medium"),
        (made(60), held(1), "as-handed-over", "pass"),
        (None, held(1), "as-handed-over", "pass"),
        (made(60), held(31), "overdue", "warn medium"),
        (made(60), held(1, changed=("DNS is served by another",)), "changed", "warn medium"),
        (made(60), held(1, whole=False), "not-whole", "fail medium"),
        (made(2), held(5, sums="b" * 64, changed=("what the older folder said",)), "fresh", "pass"),
    ],
)
async def test_reproducible(handed: HandedOver | None, compared: Compared | None, rule: str, wanted: str) -> None:
    papers = Papers(TEAM, Inventory(), handed, compared)
    findings = await found(reproducible.reproducible, world(papers=papers))
    assert [name for name, _ in findings] == [rule]
    assert said(findings, rule, "handover") == wanted


# What holds for all of them

ALL: tuple[tuple[Callable[..., Any], str], ...] = (
    (access.access, "handover.access"),
    (bus_factor.bus_factor, "handover.bus-factor"),
    (backups.backups, "handover.backups"),
    (contacts.contacts, "handover.contacts"),
    (documents.documents, "handover.documents"),
    (reproducible.reproducible, "handover.reproducible"),
)


def test_every_check_of_the_stage_that_runs_by_itself_is_here() -> None:
    base.load_all()
    wanted = {spec.id for spec in roadmap.load().stage("handover").checks if spec.automated}
    assert (
        wanted
        == {name for _, name in ALL} | {"handover.recovery"}
        == {name for name in base.REGISTRY if name.startswith("handover.")}
    )
    assert wanted - base.READS_PAPERS == {"handover.reproducible"}, "an export must not make its own answer old"


def test_the_digest_of_papers_follows_what_is_written_and_nothing_else() -> None:
    one = Papers(TEAM, Inventory(systems=(system(),)))
    assert one.digest == Papers(TEAM, Inventory(systems=(system(),)), made(1), held(1)).digest
    assert one.digest != Papers(TEAM, Inventory(systems=(system(note="x"),))).digest
    assert one.digest != Papers(People(), Inventory(systems=(system(),))).digest


def test_cards_name_the_launchs_own_providers_and_checks_that_exist() -> None:
    running = Running(
        domain="example.com", site="https://example.com/", hosting=("Fly.io",), payments="Stripe", database="Supabase"
    )
    cards = propose(running)
    assert tuple(card.scenario for card in cards) == SCENARIOS and len(SCENARIOS) == 9
    by_id = {card.id: card for card in cards}
    assert "fly deploy --image" in by_id["release"].command
    assert (
        "stripe events resend" in by_id["payments"].command
        and "https://status.stripe.com" in by_id["payments"].first_steps
    )
    assert "Supabase" in by_id["data"].escalate
    for card in cards:
        words = " ".join((card.symptom, card.detect, card.first_steps, card.command, card.verify, card.escalate))
        assert "{" not in words and card.checks and set(card.checks) <= set(roadmap.load().checks)
        assert card.rehearsed is None and card.first_steps.count("\n") >= 3


def test_days_are_calendar_days() -> None:
    assert date(2026, 11, 24) == TODAY


@pytest.mark.parametrize(
    ("name", "known"), [("fly.io", True), ("Supabase Postgres", True), ("Butterfly hosting", False), ("", False)]
)
def test_a_platform_is_known_by_whole_words(name: str, known: bool) -> None:
    assert (platform(name) is not None) is known
