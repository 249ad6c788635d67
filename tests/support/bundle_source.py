"""A small launch to make bundles from: real types and the real verdict, no files and no network."""

from __future__ import annotations

import itertools
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sights import sights

from launchready_tui import roadmap
from launchready_tui.clock import Clock, FixedClock
from launchready_tui.findings import CheckResult, Finding, Remedy, Severity, State, worst
from launchready_tui.launch.decisions import Acceptance, Confirmation, Decisions, Owner
from launchready_tui.launch.inventory import Access, Backup, Contact, Inventory, Recovery, System
from launchready_tui.launch.model import Email, Host, Launch, Page, Redirect, Route, Sprint
from launchready_tui.launch.people import People, Person
from launchready_tui.roadmap import Roadmap
from launchready_tui.secrets import hide
from launchready_tui.vault.redact import Redactor
from launchready_tui.verdict import Verdict, judge
from launchready_tui.wire import Reach

# Folders are named and made only by what writes into them; all are gone at the end.
_ROOM = tempfile.TemporaryDirectory(prefix="launchready-test-")
_NUMBERS = itertools.count()

NOW = datetime(2026, 11, 24, 14, 2, 11, tzinfo=UTC)


@dataclass
class Vault:
    redactor: Redactor = field(default_factory=Redactor)
    unread: dict[str, str] = field(default_factory=dict)

    def learn(self) -> dict[str, str]:
        """What this vault can give is known already."""
        return self.unread


@dataclass
class Journal:
    noted: list[tuple[str, datetime]] = field(default_factory=list)

    def exported(self, folder: str, *, now: datetime) -> None:
        self.noted.append((folder, now))


@dataclass
class Market:
    """What a workspace offers to the handover room."""

    launch: Launch
    people: People = field(default_factory=People)
    inventory: Inventory = field(default_factory=Inventory)
    results: tuple[CheckResult, ...] = ()
    decisions: Decisions = field(default_factory=Decisions)
    demo: bool = False
    keeps: bool = True
    reach: Reach = field(default_factory=Reach)
    clock: Clock = field(default_factory=lambda: FixedClock(NOW))
    roadmap: Roadmap = field(default_factory=roadmap.load)
    vault: Vault = field(default_factory=Vault)
    journal: Journal = field(default_factory=Journal)
    first_results: dict[str, CheckResult] = field(default_factory=dict)
    between: tuple[CheckResult, ...] = ()
    """Results of the runs between the first and the newest."""
    folder: Path = field(default_factory=lambda: Path(_ROOM.name) / str(next(_NUMBERS)))

    @property
    def every_result(self) -> list[CheckResult]:
        return [*self.first_results.values(), *self.between, *self.results]

    def hide(self, text: str) -> str:
        return hide(self.vault.redactor.clean(text))

    def verdict(self) -> Verdict:
        found = {result.check: result for result in self.results}
        return judge(self.roadmap, found, self.decisions, self.clock.now(), demo=self.demo)


def finding(
    rule: str,
    subject: str,
    summary: str,
    state: State = State.FAIL,
    severity: Severity = Severity.HIGH,
    seen: dict[str, str] | None = None,
    fix: str = "",
    paste: str = "",
    where: str = "",
    via: str = "",
) -> Finding:
    return Finding(
        check=".".join(rule.split(".")[:2]),
        rule=rule,
        subject=subject,
        state=state,
        severity=severity,
        summary=summary,
        evidence=sights(".".join(rule.split(".")[:2]), subject, seen or {}, NOW),
        remedy=Remedy(text=fix, paste=paste, where=where) if fix else None,
        via=via,
    )


def results(*findings: Finding, at: datetime = NOW - timedelta(minutes=4)) -> tuple[CheckResult, ...]:
    """One result a check, from its findings."""
    made = []
    for check in dict.fromkeys(one.check for one in findings):
        own = tuple(one for one in findings if one.check == check)
        made.append(
            CheckResult(
                check=check, state=worst([one.state for one in own]), findings=own, started_at=at, duration_ms=120
            )
        )
    return tuple(made)


def certificate(start: str, end: str) -> str:
    """A certificate as edge.certificates shows it."""
    return f"subject  CN=example.com\nissuer  CN=R11, O=Let's Encrypt\nvalid  {start} to {end} UTC\nkey  ec 256"


def bare() -> Market:
    """A launch of which nothing but its name is known."""
    return Market(Launch(name="New Market", domain="example.com", canonical="https://example.com/"))


def full(**changes: object) -> Market:
    """A launch in the middle of its sprint: some things right, some wrong, some unknown."""
    domain = "example.com"
    launch = Launch(
        name="Example Market",
        domain=domain,
        canonical=f"https://{domain}/",
        markets=("EU",),
        sprint=Sprint(start=datetime(2026, 11, 23, 8, tzinfo=UTC)),
        hosts=(
            Host(name=domain, role="web", purpose="the shop"),
            Host(name=f"www.{domain}", role="web", purpose="leads to the shop"),
            Host(name=f"app.{domain}", role="app", purpose="the app in the browser"),
            Host(name=f"api.{domain}", role="api", purpose="what the phones talk to"),
            Host(name=f"mail.{domain}", role="mail", purpose="receives mail"),
            Host(name=f"staging.{domain}", role="staging", environment="staging"),
        ),
        routes=(Route(name="search", url=f"https://api.{domain}/search?q=boat", safe=True),),
        pages=(Page(url=f"https://{domain}/"),),
        redirects=(
            Redirect(from_=f"https://{domain}/old-boats", to=f"https://{domain}/boats"),
            Redirect(from_=f"https://{domain}/sale", to=f"https://{domain}/offers"),
        ),
        email=Email(senders=("postmark",), selectors=("pm1",), support=f"help@{domain}"),
    )
    seen = results(
        *(
            finding(
                "audit.hosting.provider",
                host,
                f"{host} runs at {place}",
                State.PASS,
                Severity.LOW,
                {"clues": f"{place}: address {address.split()[0]}", "addresses": address},
            )
            for host, place, address in (
                (domain, "Cloudflare", "203.0.113.10"),
                (f"www.{domain}", "Cloudflare", "203.0.113.10"),
                (f"app.{domain}", "Cloudflare", "203.0.113.11"),
                (f"api.{domain}", "Fly.io", "203.0.113.20\n2001:db8::20"),
            )
        ),
        finding(
            "audit.registrar.expiry",
            domain,
            "The domain is registered until March 2028",
            State.PASS,
            Severity.LOW,
            {
                "registration": f"{domain}\nregistrar: Gandi SAS\nexpires: 2028-03-01 10:00:00 UTC\ncreated: "
                "(not told)\n"
                "status: client transfer prohibited"
            },
        ),
        finding(
            "audit.dns-host.provider",
            domain,
            "Cloudflare serves the zone",
            State.PASS,
            Severity.LOW,
            {"dns": f"{domain}. 300 IN NS ada.ns.cloudflare.com\n{domain}. 300 IN NS bob.ns.cloudflare.com"},
        ),
        finding(
            "edge.certificates.expiring",
            f"api.{domain}",
            f"The certificate of api.{domain} ends in 2 days",
            State.FAIL,
            Severity.BLOCKER,
            {"certificate": certificate("2026-08-28 09:00", "2026-11-26 09:00")},
            "Renew it now and look why it was not renewed by itself",
            "certbot renew --force-renewal",
            "the server of the API",
        ),
        finding(
            "edge.certificates.expiring",
            domain,
            "The certificate is valid for 61 days",
            State.PASS,
            Severity.LOW,
            {"certificate": certificate("2026-10-26 09:00", "2027-01-24 09:00")},
        ),
        finding(
            "edge.redirects.too-many-hops",
            f"www.{domain}",
            f"www.{domain} takes 4 hops",
            State.FAIL,
            Severity.HIGH,
            {
                "chain": f"301  http://www.{domain}/  31 ms\n302  https://www.{domain}/  40 ms\n200  "
                f"https://{domain}/home  84 ms"
            },
            "One permanent redirect from every variant",
            f"return 301 https://{domain}$request_uri;",
            "nginx",
        ),
        finding(
            "email.spf.multiple",
            domain,
            "Verification mail fails SPF: there are two records",
            State.FAIL,
            Severity.BLOCKER,
            {"record": "v=spf1 include:spf.mtasv.net ~all\nv=spf1 a -all"},
            "Keep one record that names every sender",
            "v=spf1 a include:spf.mtasv.net -all",
            "the DNS provider",
        ),
        finding(
            "email.dmarc.reports",
            domain,
            "DMARC names no address for reports",
            State.WARN,
            Severity.MEDIUM,
            {"record": "v=DMARC1; p=none"},
            "Add an address that somebody reads",
            f"v=DMARC1; p=none; rua=mailto:dmarc@{domain}",
            "the DNS provider",
        ),
        finding(
            "audit.latency.target",
            "search",
            "19 of 20 searches take up to 640 ms, the target is 300 ms",
            State.FAIL,
            Severity.HIGH,
            {
                "requests": "120",
                "p50": "410 ms",
                "p95": "640 ms",
                "p95 interval": "590 ms to 720 ms (95 %)",
                "over the target": "98 of 120 took longer than 300 ms or failed",
            },
            "Add an index for the search",
            "CREATE INDEX listings_title ON listings (title);",
            "the database",
        ),
        finding(
            "performance.caching.asset", f"app.{domain}", "Static files are cached for a year", State.PASS, Severity.LOW
        ),
    )
    decisions = Decisions(
        confirmations=(
            Confirmation(
                check="deploy.rollback",
                by="engineer",
                recorded_by="founder",
                on=NOW - timedelta(days=2),
                until=NOW + timedelta(days=28),
                evidence="went back to release 41 on staging, took 4 minutes",
            ),
            Confirmation(
                check="handover.recovery",
                by="founder",
                recorded_by="founder",
                on=NOW - timedelta(days=1),
                until=NOW + timedelta(days=29),
                evidence="agreed with everybody in the call of Monday",
            ),
        ),
        accepted=(
            Acceptance(
                rule="email.dmarc.reports",
                subject=domain,
                by="founder",
                recorded_by="engineer",
                reason="nobody has time to read reports before the launch",
                on=NOW - timedelta(days=1),
                until=NOW + timedelta(days=30),
            ),
        ),
        owners=(Owner(rule="edge.certificates.expiring", subject=f"api.{domain}", person="engineer"),),
    )
    inventory = Inventory(
        systems=(
            System(
                id="gandi",
                name="Gandi",
                category="registrar",
                provider="Gandi SAS",
                account_owner="founder",
                business_owned="yes",
                billing_owner="founder",
                login_url="https://admin.gandi.net/",
                renewal=date(2028, 3, 1),
            ),
            System(
                id="cloudflare",
                name="Cloudflare",
                category="dns",
                provider="Cloudflare",
                account_owner="founder",
                business_owned="yes",
            ),
            System(
                id="fly",
                name="Fly.io",
                category="hosting",
                provider="Fly.io",
                account_owner="engineer",
                business_owned="no",
            ),
        ),
        access=(
            Access(
                system="gandi",
                person="founder",
                role="owner",
                expected_role="owner",
                mfa="key",
                credential="Gandi in the team vault",
                reviewed=date(2026, 11, 20),
            ),
            Access(
                system="cloudflare",
                person="founder",
                role="admin",
                expected_role="admin",
                mfa="totp",
                reviewed=date(2026, 11, 20),
            ),
            Access(
                system="cloudflare",
                person="helper",
                role="admin",
                expected_role="none",
                mfa="none",
                shared=True,
                reviewed=date(2026, 5, 2),
            ),
            Access(system="fly", person="engineer", role="admin", expected_role="member", mfa="sms"),
        ),
        backups=(
            Backup(
                store="orders",
                where="object storage, another provider",
                owner="engineer",
                every="1 day",
                last_restore_test=date(2026, 11, 10),
            ),
            Backup(store="pictures"),
        ),
        recovery=(
            Recovery(
                id="bad-release",
                title="A release broke the shop",
                symptom="Error pages right after a release",
                first_steps="Stop all releases.\nTell the others in the launch channel.\nGo back one version.",
                command="fly deploy --image market:41",
                verify="The home page shows the old version in its foot",
                escalate="engineer, then Fly.io support",
                rehearsed=date(2026, 11, 22),
                rehearsed_by="founder",
                minutes=4,
            ),
        ),
        contacts=(
            Contact(order=1, person="engineer", when="all of launch day", channel="phone", escalate_after_min=10),
            Contact(order=2, person="founder", when="all of launch day"),
        ),
    )
    people = People(
        people=(
            Person(
                id="founder",
                name="The founder",
                role="founder",
                contact="+00 000 0001",
                hours="07:00-23:00",
                time_zone="Europe/Berlin",
            ),
            Person(
                id="engineer",
                name="The launch engineer",
                role="launch engineer",
                contact="+00 000 0002",
                hours="08:00-20:00",
            ),
            Person(id="helper", name="A former helper", role="developer", status="left"),
        )
    )
    market = Market(launch, people=people, inventory=inventory, results=seen, decisions=decisions)
    for name, value in changes.items():
        setattr(market, name, value)
    return market
