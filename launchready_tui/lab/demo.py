"""The demo's workspace: a launch file for the lab, and decisions, people and an inventory as a team of three roles would have left them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from ..launch.decisions import Confirmation, Decisions, DecisionsFile
from ..launch.inventory import Access, Backup, Contact, Inventory, InventoryFile, Recovery, System
from ..launch.model import Email, Host, Launch, Page, Permission, Redirect, Route, Settings, Sprint
from ..launch.people import People, PeopleFile, Person
from ..launch.write import text_of
from ..roadmap.model import Roadmap
from ..roadmap.model import load as load_roadmap
from . import places as at
from .client import Lab
from .market import CITIES
from .site import LISTING

LAUNCH_FILE = "launchready.toml"
FOUNDER = "founder"
ENGINEER = "launch-engineer"
SUPPORT = "support"

# How sure a person may be for how long: as ROADMAP has it, a confirmation holds for thirty days.
_HOLDS = timedelta(days=30)

# Who answers for a check that nothing sees by itself, and what they point to.
_ANSWERS: dict[str, tuple[str, str]] = {
    "audit": (ENGINEER, "Looked through on the first day of the sprint"),
    "edge": (ENGINEER, "Looked at in the edge's settings"),
    "email": (SUPPORT, "Tried with the team's own Gmail and Outlook accounts"),
    "deploy": (ENGINEER, "Done once from a fresh clone, noted in the deploy log"),
    "performance": (ENGINEER, "Measured on staging, noted in the deploy log"),
    "monitoring": (SUPPORT, "A test alert came in the support channel"),
    "handover": (FOUNDER, "Gone through together, point by point"),
}


@dataclass(frozen=True, slots=True)
class Demo:
    """What a workspace on the demo is opened with; the fields are those of `workspace.Options`, of the same names and meanings."""

    connect: tuple[str, ...]
    nameservers: tuple[str, ...]
    ca_file: Path
    demo: bool = True
    refuse_unmapped: bool = True
    user: str = ENGINEER


def options(lab: Lab) -> Demo:
    """How to reach this lab. Not in the launch file: the ports are new at every start, and the launch stays the same."""
    return Demo(connect=tuple(f"{name}={target}" for name, target in lab.connect.items()), nameservers=lab.nameservers, ca_file=lab.ca_file)


def prepare(folder: Path, lab: Lab, now: datetime) -> Demo:
    """Writes the demo's workspace into a folder, where it is not there yet, and says how to open it on this lab. Raises OSError.

    Decisions and people that are there stay, so that a demo can be left and taken up again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / LAUNCH_FILE).exists():
        (folder / LAUNCH_FILE).write_text(text_of(launch(now)), encoding="utf-8")
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
        email=Email(senders=(at.DOMAIN,), selectors=(at.SELECTOR,), support=at.SUPPORT),
        settings=Settings(services=("rdap",), rdap={"test": f"https://{at.RDAP}/"}, samples=200, rate=40.0),
    )


def _hosts() -> tuple[Host, ...]:
    return (
        Host(name=at.APEX, role="web", purpose="the site"),
        Host(name=at.WWW, role="web", purpose="leads to the site"),
        Host(name=at.APP, role="app", purpose="log-in, booking and payment"),
        Host(name=at.API, role="api", purpose="what app and site read"),
        Host(name=at.ADMIN, role="admin", purpose="the team's own desk"),
        Host(name=at.STATUS, role="status", purpose="says what works, at another provider"),
        Host(name=at.STAGING, role="staging", environment="staging", purpose="the next release"),
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
    )


def decisions(roadmap: Roadmap, now: datetime) -> Decisions:
    """A confirmation for every check that asks a person, as signed by who would know."""
    on = now.replace(microsecond=0) - timedelta(hours=2)
    signed = []
    for check in roadmap.checks.values():
        # What is seen from outside is not signed as well, but where only a person can settle what the clues leave open.
        if check.automated and "person" not in check.how:
            continue
        by, evidence = _ANSWERS[check.stage]
        signed.append(Confirmation(check=check.id, by=by, recorded_by=ENGINEER, on=on, until=on + _HOLDS, evidence=f"{evidence} (demo)"))
    return Decisions(confirmations=tuple(signed))


def people() -> People:
    """Roles in place of persons; one of them has left their hours open."""
    return People(
        people=(
            Person(id=FOUNDER, name="Founder", role="founder", contact="+00 000 100", hours="08:00-20:00", time_zone="Europe/Lisbon"),
            Person(
                id=ENGINEER,
                name="Launch engineer",
                role="launch engineer",
                contact="+00 000 200",
                hours="09:00-18:00",
                time_zone="Europe/Berlin",
                status="leaving",
            ),
            Person(id=SUPPORT, name="Support", role="support", contact=at.SUPPORT),
        )
    )


def inventory(today: date) -> Inventory:
    """What the business runs on, with a few gaps left open on purpose, so that the handover has something to ask for."""
    systems = (
        System(
            id="registrar",
            name="Domain registrar",
            category="registrar",
            provider="Example Names Registrar",
            account_owner=FOUNDER,
            business_owned="yes",
            billing_owner=FOUNDER,
            renewal=today + timedelta(days=310),
        ),
        System(id="dns", name="DNS", category="dns", provider="own name servers", account_owner=FOUNDER, business_owned="yes"),
        System(id="hosting", name="Hosting", category="hosting", provider="Demo host", account_owner=ENGINEER, business_owned="no"),
        System(
            id="edge", name="Edge", category="cdn", provider="demo-edge", account_owner=FOUNDER, business_owned="yes", billing_owner=FOUNDER
        ),
        System(id="database", name="Database", category="database", provider="SQLite", account_owner=FOUNDER, business_owned="yes"),
        System(id="payments", name="Payments", category="payments", provider="Stripe", account_owner=FOUNDER, business_owned="yes"),
        System(id="mail", name="Mail", category="email", provider="own mail server"),
    )
    access = (
        Access(system="registrar", person=FOUNDER, role="owner", expected_role="owner", mfa="key", reviewed=today),
        Access(system="hosting", person=ENGINEER, role="owner", expected_role="none", mfa="totp", reviewed=today),
        Access(system="hosting", person=FOUNDER, role="reader", expected_role="owner", mfa="sms"),
        Access(system="payments", person=FOUNDER, role="owner", expected_role="owner", mfa="totp", reviewed=today),
        Access(system="database", person=ENGINEER, role="admin", expected_role="none", shared=True),
    )
    backups = (
        Backup(store="database", where="another provider", owner=SUPPORT, every="1 day", rpo="1 day", rto="2 hours"),
        Backup(store="uploaded pictures", where="", owner=""),
    )
    recovery = (
        Recovery(
            id="site-down",
            title="The site does not answer",
            symptom="The status page shows Website: down",
            first_steps="Look at the host's own status page, then start the last release again",
            command="deploy previous",
            verify=f"{at.SITE}/ answers with 200",
            escalate=FOUNDER,
            rehearsed=today - timedelta(days=1),
            rehearsed_by=ENGINEER,
            minutes=12,
        ),
        Recovery(id="restore", title="The database has to come back", symptom="Listings are missing or wrong"),
    )
    contacts = (
        Contact(order=1, person=SUPPORT, when="launch day, 08:00-22:00", channel="support channel"),
        Contact(order=2, person=ENGINEER, when="launch day", channel="phone", escalate_after_min=15),
        Contact(order=3, person=FOUNDER, when="always", channel="phone", escalate_after_min=30),
    )
    return Inventory(systems=systems, access=access, backups=backups, recovery=recovery, contacts=contacts)
