"""The demo's workspace: a launch file for the lab, and decisions, people and an inventory as a team of three roles
would have left them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from urllib.parse import quote

import msgspec

from ..launch.atomic import write_atomically
from ..launch.cards import Running, propose
from ..launch.decisions import Confirmation, Decisions, DecisionsFile
from ..launch.inventory import (
    Access,
    Backup,
    Cap,
    Category,
    Contact,
    Duty,
    Inventory,
    InventoryFile,
    Plan,
    Recovery,
    Renewal,
    System,
)
from ..launch.model import (
    Apps,
    Email,
    Flow,
    Host,
    Launch,
    LegalPage,
    Mailbox,
    MailFlow,
    Page,
    PathStep,
    Payments,
    Permission,
    Redirect,
    Repository,
    Route,
    Safety,
    Settings,
    Sprint,
    Watch,
)
from ..launch.people import People, PeopleFile, Person
from ..launch.write import text_of
from ..persons import PersonId
from ..roadmap.model import Roadmap
from ..roadmap.model import load as load_roadmap
from . import code
from . import places as at
from .client import Lab
from .market import CITIES
from .site import LISTING

LAUNCH_FILE = "launchready.toml"
LOGIN = "seed-mailbox"
FOUNDER = PersonId("founder")
ENGINEER = PersonId("launch-engineer")
SUPPORT = PersonId("support")

# How sure a person may be for how long: as ROADMAP has it, a confirmation holds for thirty days.
_HOLDS = timedelta(days=30)

# Who answers for a check, or for all others of a stage, that nothing sees by itself, and what they point to.
_ANSWERS: dict[str, tuple[PersonId, str]] = {
    "audit": (ENGINEER, "Looked through on the first day of the sprint"),
    "edge": (ENGINEER, "Looked at in the edge's settings"),
    "email": (SUPPORT, "Tried with the team's own Gmail and Outlook accounts"),
    "deploy": (ENGINEER, "Done once from a fresh clone, noted in the deploy log"),
    "performance": (ENGINEER, "Measured on staging, noted in the deploy log"),
    "monitoring": (SUPPORT, "A test alert came in the support channel"),
    "handover": (FOUNDER, "Gone through together, point by point"),
    "audit.legal-pages": (FOUNDER, "Read by the lawyer as they are online"),
    "audit.user-content": (SUPPORT, "A listing reported as a test, answered within the hour"),
    "audit.demo-data": (SUPPORT, "Searched for test, asdf and lorem; twelve listings deleted"),
    "deploy.payments": (
        FOUNDER,
        "Booked for 4 EUR with an own card, seen in the dashboard, refunded with fee and transfer",
    ),
    "deploy.store-review": (SUPPORT, "Gone through on a phone with the reviewers' account, deletion included"),
    "monitoring.spend": (FOUNDER, "Budgets of edge and hosting opened and seen"),
}


@dataclass(frozen=True, slots=True)
class Demo:
    """What a workspace on the demo is opened with; the fields are those of `workspace.Options`, of the same names and
    meanings."""

    connect: tuple[str, ...]
    nameservers: tuple[str, ...]
    ca_file: Path
    demo: bool = True
    refuse_unmapped: bool = True
    user: str = ENGINEER
    secrets: tuple[tuple[str, str, str], ...] = ()


def options(lab: Lab) -> Demo:
    """How to reach this lab. Not in the launch file: the ports are new at every start, and the launch stays the
    same."""
    return Demo(
        connect=tuple(f"{name}={target}" for name, target in lab.connect.items()),
        nameservers=lab.nameservers,
        ca_file=lab.ca_file,
        secrets=((LOGIN, lab.mailbox_password, at.IMAP),),
    )


def prepare(folder: Path, lab: Lab, now: datetime) -> Demo:
    """Writes the demo's workspace into a folder, where it is not there yet, and says how to open it on this lab.
    Raises OSError.

    Decisions and people that are there stay, so that a demo can be left and taken up again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / LAUNCH_FILE).exists():
        write_atomically(folder / LAUNCH_FILE, text_of(launch(now)))
    lab.code = folder / code.FOLDER
    lab.write_code()
    decisions_file = DecisionsFile(folder / DecisionsFile.NAME)
    if not decisions_file.path.exists():
        decisions_file.load()
        decisions_file.save(decisions(load_roadmap(), now))
    people_file = PeopleFile(folder / PeopleFile.NAME)
    if not people_file.path.exists():
        people_file.load()
        people_file.save(people())
    inventory_file = InventoryFile(folder / InventoryFile.NAME)
    if not inventory_file.path.exists():
        inventory_file.load()
        inventory_file.save(inventory(now.date()))
    return options(lab)


def launch(now: datetime) -> Launch:
    """The demo's launch file."""
    start = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
    return Launch(
        name="Demo Market",
        domain=at.DOMAIN,
        canonical=f"{at.SITE}/",
        markets=("EU",),
        languages=("en",),
        cdn="demo-edge",
        repository=Repository(path=code.FOLDER),
        sprint=Sprint(start=start, hours=48),
        permission=Permission(by=FOUNDER, on=now.date(), domains=(at.DOMAIN,)),
        hosts=_hosts(),
        routes=_routes(),
        pages=(
            Page(url=f"{at.SITE}/", use="demo", name="home"),
            Page(url=f"{at.SITE}/listings/{LISTING}", use="demo", name="a listing"),
            Page(url=f"{at.APP_SITE}/book/{LISTING}", use="demo", name="booking"),
            Page(url=f"{at.SITE}/offer", use="advertisement", name="half price"),
        ),
        redirects=(
            Redirect(from_=f"{at.SITE}/classifieds", to=f"{at.SITE}/listings"),
            Redirect(from_=f"{at.SITE}/start", to=f"{at.SITE}/"),
            Redirect(from_=f"{at.SITE}/faq", to=f"{at.SITE}/help"),
        ),
        apps=Apps(
            ios=(at.IOS_APP,),
            android=(at.ANDROID_APP,),
            hosts=(at.APEX, at.WWW),
            privacy=f"{at.SITE}/privacy",
            terms=f"{at.SITE}/terms",
            support=f"{at.SITE}/support",
            account_deletion=f"{at.SITE}/account-deletion",
            review_login="store review account",
        ),
        legal=(LegalPage(kind="imprint", url=f"{at.SITE}/imprint"),),
        payments=Payments(provider="stripe", webhook=f"{at.API_SITE}/webhooks/payments"),
        safety=Safety(rules=f"{at.SITE}/rules", report=f"{at.SITE}/report", owner=SUPPORT),
        email=Email(senders=(at.DOMAIN, at.NOTIFY), selectors=(at.SELECTOR,), support=at.SUPPORT),
        mailboxes=(Mailbox(name="seed", address=at.TESTER, host=at.IMAP, login=LOGIN),),
        flows=(
            MailFlow(name="verification", route="sign up", contains=("Confirm your address",), within_s=30),
            MailFlow(name="password-reset", route="forgotten password", contains=("Reset the password",), within_s=30),
            MailFlow(name="invite", route="invite a friend", contains=("invited",)),
            MailFlow(name="receipt", route="send a receipt", contains=("receipt",)),
            MailFlow(name="notification", route="alert me", contains=("new listings",), marketing=True),
        ),
        recovery_path=_path(),
        watch=Watch(monitor=f"https://{at.STATUS}/", monitor_owner=SUPPORT),
        settings=Settings(
            services=("rdap", "block-lists"),
            rdap={"test": f"https://{at.RDAP}/"},
            samples=200,
            rate=40.0,
            mails_per_hour=100,
        ),
    )


def _hosts() -> tuple[Host, ...]:
    return (
        Host(name=at.APEX, role="web", purpose="the site"),
        Host(name=at.WWW, role="web", purpose="leads to the site"),
        Host(name=at.APP, role="app", purpose="log-in, booking and payment"),
        Host(name=at.API, role="api", purpose="what app and site read", provider="Demo host"),
        Host(name=at.ADMIN, role="admin", purpose="the team's own desk"),
        Host(name=at.STATUS, role="status", purpose="says what works, at another provider"),
        Host(name=at.STAGING, role="staging", environment="staging", purpose="the next release"),
        Host(name=at.ORIGIN, role="origin", purpose="the server behind the edge"),
        Host(name=at.MAIL, role="mail", purpose="receives and sends mail"),
    )


def _routes() -> tuple[Route, ...]:
    query = f"q=bike&city={quote(CITIES[0])}"
    return (
        Route(name="search", url=f"{at.API_SITE}/v1/search?{query}", flow="search", safe=True),
        Route(name="home", url=f"{at.SITE}/", flow="marketing", safe=True),
        Route(name="listing", url=f"{at.SITE}/listings/{LISTING}", flow="list", safe=True),
        Route(name="api health", url=f"{at.API_SITE}/healthz", flow="all", safe=True),
        Route(name="log-in page", url=f"{at.APP_SITE}/login", flow="log-in", safe=True),
        _form("sign up", "signup", "sign-up", "email={{email}}&password={{password}}"),
        _form("forgotten password", "forgot", "log-in"),
        _form("invite a friend", "invite", "marketing"),
        _form("send a receipt", "receipt", "pay"),
        _form("alert me", "alerts", "marketing"),
    )


def _form(name: str, path: str, flow: Flow, body: str = "email={{email}}") -> Route:
    """A form of the app that makes it send a mail."""
    return Route(
        name=name,
        url=f"{at.APP_SITE}/{path}",
        flow=flow,
        method="POST",
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=body,
    )


def _path() -> tuple[PathStep, ...]:
    """From sign-up to the notification of a booking; every step is a request that a phone makes."""
    account = "email={{email}}&password={{password}}"
    return (
        PathStep(name="sign up", url=f"{at.APP_SITE}/signup", method="POST", body=account, status=(303,)),
        PathStep(name="log in", url=f"{at.APP_SITE}/login", method="POST", body=account, status=(303,)),
        PathStep(name="own account", url=f"{at.APP_SITE}/account", contains=("Your account",)),
        PathStep(
            name="book",
            url=f"{at.APP_SITE}/book/{LISTING}",
            method="POST",
            body="days=2",
            status=(303,),
            capture={"booking": "header location"},
        ),
        PathStep(
            name="see the booking",
            url=at.APP_SITE + "{{booking}}",
            contains=("2 days",),
            capture={"number": "text Booking ([0-9a-f]{12})"},
        ),
        PathStep(
            name="be notified",
            url=f"{at.APP_SITE}/notifications",
            contains=("Booking {{number}} is confirmed",),
            within_s=10,
        ),
    )


def decisions(roadmap: Roadmap, now: datetime) -> Decisions:
    """A confirmation for every check that asks a person, as signed by who would know."""
    on = now.replace(microsecond=0) - timedelta(hours=2)
    signed = []
    for check in roadmap.checks.values():
        # Signed is only what a word can settle: what the clues leave open, and what no code answers.
        if check.automated and not check.asks_about:
            continue
        by, evidence = _ANSWERS.get(check.id) or _ANSWERS[check.stage]
        signed.append(
            Confirmation(
                check=check.id, by=by, recorded_by=ENGINEER, on=on, until=on + _HOLDS, evidence=f"{evidence} (demo)"
            )
        )
    return Decisions(confirmations=tuple(signed))


def people() -> People:
    """Roles in place of persons; one of them is leaving, and one has left their hours open."""
    return People(
        people=(
            Person(
                id=FOUNDER,
                name="Founder",
                role="founder",
                kind="founder",
                contact="+00 000 100",
                second_contact="founder in the team's chat",
                hours="08:00-20:00",
                time_zone="Europe/Lisbon",
            ),
            Person(
                id=ENGINEER,
                name="Launch engineer",
                role="launch engineer",
                kind="contractor",
                contact="+00 000 200",
                hours="09:00-18:00",
                time_zone="Europe/Berlin",
                status="leaving",
            ),
            Person(id=SUPPORT, name="Support", role="support", kind="staff", contact=at.SUPPORT),
        )
    )


def inventory(today: date) -> Inventory:
    """What the business runs on: sound, so that the demo can end in GO, with a few lines left open that the handover
    asks for."""
    systems = _systems(today)
    running = Running(domain=at.DOMAIN, site=f"{at.SITE}/").with_inventory(Inventory(systems=systems))
    return Inventory(
        systems=systems,
        access=tuple(way for system in systems for way in _ways_in(system, today)),
        backups=(
            Backup(
                store="database",
                where="another provider",
                owner=SUPPORT,
                every="1 day",
                last_restore_test=today - timedelta(days=6),
                rpo="1 day",
                rto="2 hours",
            ),
            Backup(
                store="uploaded pictures",
                where="another provider",
                owner=SUPPORT,
                last_restore_test=today - timedelta(days=6),
            ),
        ),
        recovery=tuple(_rehearsed(card, today) for card in propose(running)),
        contacts=(
            Contact(order=1, person=SUPPORT, when="launch day, 08:00-22:00", channel="support channel"),
            Contact(order=2, person=ENGINEER, when="launch day", channel="phone", escalate_after_min=15),
            Contact(order=3, person=FOUNDER, when="always", channel="phone", escalate_after_min=30),
        ),
        renewals=(
            Renewal(
                subject="Contract of the launch engineer", kind="contract", on=today + timedelta(days=14), owner=FOUNDER
            ),
        ),
        caps=tuple(
            Cap(
                system=system,
                limit=limit,
                alert_at="50, 80 and 100 %",
                owner=FOUNDER,
                where="billing page, budgets",
                seen=today,
            )
            for system, limit in (("edge", "50 EUR a month"), ("hosting", "200 EUR a month"))
        ),
        plan=Plan(
            launch_at=datetime.combine(today + timedelta(days=2), time(10), tzinfo=UTC),
            decider=FOUNDER,
            kill_switch="Maintenance page at the edge: people see when the market opens again",
            watch_until=today + timedelta(days=9),
        ),
        duties=(
            Duty(duty="commander", person=ENGINEER, deputy=FOUNDER),
            Duty(duty="messages", person=SUPPORT),
        ),
    )


_LOGINS = {
    "registrar": "https://registrar.nic.test/",
    "hosting": f"https://{at.ADMIN}/",
    "payments": "https://dashboard.stripe.com",
}


def _systems(today: date) -> tuple[System, ...]:
    rows: tuple[tuple[str, str, Category, str], ...] = (
        ("registrar", "Domain registrar", "registrar", "Example Names Registrar"),
        ("hosting", "Hosting", "hosting", "Demo host"),
        ("edge", "Edge", "cdn", "demo-edge"),
        ("payments", "Payments", "payments", "Stripe"),
        ("code", "Code", "code", "own git server"),
        ("vault", "Password vault", "secrets", "own vault"),
    )
    paid = tuple(
        System(
            id=name,
            name=title,
            category=category,
            provider=provider,
            account_owner=FOUNDER,
            business_owned="yes",
            billing_owner=FOUNDER,
            recovery_contact=FOUNDER,
            login_url=_LOGINS.get(name, ""),
            renewal=today + timedelta(days=310) if name == "registrar" else None,
        )
        for name, title, category, provider in rows
    )
    own: tuple[tuple[str, str, Category, str], ...] = (
        ("dns", "DNS", "dns", "own name servers"),
        ("database", "Database", "database", "SQLite"),
        ("mail", "Mail", "email", "own mail server"),
    )
    return paid + tuple(
        System(
            id=name,
            name=title,
            category=category,
            provider=provider,
            account_owner=FOUNDER,
            business_owned="yes",
            no_bill=True,
        )
        for name, title, category, provider in own
    )


def _ways_in(system: System, today: date) -> tuple[Access, ...]:
    """Two who can do all, and the engineer where there is work for one until they leave."""
    ways = [
        Access(system=system.id, person=FOUNDER, role="owner", expected_role="owner", mfa="key", reviewed=today),
        Access(system=system.id, person=SUPPORT, role="admin", expected_role="admin", mfa="totp", reviewed=today),
    ]
    if system.category in ("hosting", "code"):
        ways.append(
            Access(system=system.id, person=ENGINEER, role="deploy", expected_role="deploy", mfa="totp", reviewed=today)
        )
    return tuple(ways)


def _rehearsed(card: Recovery, today: date) -> Recovery:
    """Two cards were tried, the others not yet."""
    if card.scenario not in ("release", "data"):
        return card
    who, minutes = (SUPPORT, 12) if card.scenario == "release" else (FOUNDER, 34)
    return msgspec.structs.replace(card, rehearsed=today - timedelta(days=1), rehearsed_by=who, minutes=minutes)
