"""A workspace for screens: the real one over a folder of its own, with results written by hand and runs that follow a
script."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncGenerator, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from frozen import FROZEN
from sights import sights

from launchready_tui.clock import FixedClock
from launchready_tui.findings import CheckResult, Finding, Remedy, Severity, State, worst
from launchready_tui.lab.flaws import Flaw
from launchready_tui.launch.inventory import Access, Backup, Contact, Inventory, Recovery, System
from launchready_tui.launch.model import Email, Host, Launch, Page, Permission, Route, Sprint
from launchready_tui.launch.people import People, Person
from launchready_tui.launch.write import write_new
from launchready_tui.vault import Vault
from launchready_tui.vault.door import Door, NoKeyring
from launchready_tui.workspace import Options, Workspace
from launchready_tui.workspace.run import Ended, Event, Finished, Found, Started

NOW = datetime(2026, 11, 24, 14, 2, 11, tzinfo=UTC)
DOMAIN = "demo-market.test"


def launch_of_demo() -> Launch:
    """The demo marketplace's launch file."""
    hosts = (
        Host(name=DOMAIN, role="web", purpose="shop"),
        Host(name=f"www.{DOMAIN}", role="web", purpose="shop"),
        Host(name=f"app.{DOMAIN}", role="app", purpose="web app"),
        Host(name=f"api.{DOMAIN}", role="api", purpose="app, checkout"),
        Host(name=f"admin.{DOMAIN}", role="admin", purpose="back office"),
        Host(name=f"status.{DOMAIN}", role="status", purpose="status page"),
        Host(name=f"staging.{DOMAIN}", role="staging", environment="staging", purpose="trial runs"),
    )
    return Launch(
        name="Demo Market",
        domain=DOMAIN,
        canonical=f"https://{DOMAIN}/",
        markets=("EU",),
        sprint=Sprint(start=NOW - timedelta(hours=17), hours=48),
        permission=Permission(by="founder", on=NOW.date(), domains=(DOMAIN,)),
        hosts=hosts,
        routes=(
            Route(name="search", url=f"https://api.{DOMAIN}/search?q=bike", flow="search", safe=True),
            Route(name="listings", url=f"https://api.{DOMAIN}/listings", flow="list", safe=True),
            Route(name="checkout", url=f"https://api.{DOMAIN}/checkout", flow="pay", method="POST"),
        ),
        pages=(Page(url=f"https://{DOMAIN}/", name="home"),),
        email=Email(senders=("postmark",), selectors=("pm",), support=f"support@{DOMAIN}"),
    )


def finding(
    rule: str,
    subject: str,
    state: State,
    summary: str,
    *,
    severity: Severity = Severity.HIGH,
    evidence: Iterable[tuple[str, str]] = (),
    fix: str = "",
    paste: str = "",
    where: str = "",
) -> Finding:
    """A finding of a check, as a check would say it."""
    return Finding(
        check=rule.rpartition(".")[0],
        rule=rule,
        subject=subject,
        state=state,
        severity=severity,
        summary=summary,
        evidence=sights(".".join(rule.split(".")[:2]), subject, dict(evidence), NOW),
        remedy=Remedy(text=fix, paste=paste, where=where) if fix else None,
        via="connect-map",
    )


def certificate(host: str, until: str) -> str:
    """A certificate as the check shows it."""
    return f"subject  CN={host}\nnames  {host}\nissuer  CN=Demo CA\nvalid  2026-10-26 09:00:00 UTC to {until}"


CHAIN = "\n".join(
    [
        f"301  http://www.{DOMAIN}/  41 ms",
        f"301  http://{DOMAIN}/  63 ms",
        f"302  https://{DOMAIN}/  88 ms",
        f"302  https://www.{DOMAIN}/  71 ms",
        f"200  https://{DOMAIN}/home  47 ms",
    ]
)


def findings_of_demo() -> list[Finding]:
    """What a first look at the demo marketplace finds; the sentences are those of the checks."""
    www, api, app = f"www.{DOMAIN}", f"api.{DOMAIN}", f"app.{DOMAIN}"
    return [
        finding(
            "audit.hosting.provider",
            DOMAIN,
            State.PASS,
            f"{DOMAIN} runs on Fly.io",
            evidence=[("provider", "Fly.io"), ("addresses", "203.0.113.10")],
        ),
        finding(
            "audit.hosting.provider",
            www,
            State.PASS,
            f"{www} runs on Fly.io",
            evidence=[("provider", "Fly.io"), ("addresses", "203.0.113.10")],
        ),
        finding(
            "audit.hosting.no-clue",
            api,
            State.UNKNOWN,
            f"Nothing tells where {api} runs",
            severity=Severity.MEDIUM,
            evidence=[("addresses", "203.0.113.20")],
            fix="Write down who runs it",
        ),
        finding(
            "audit.registrar.expiry",
            DOMAIN,
            State.WARN,
            f"{DOMAIN} must be renewed within 41 days",
            severity=Severity.MEDIUM,
            evidence=[("rdap", "expires 2027-01-04T09:00:00Z")],
            fix="Renew it now and switch automatic renewal on",
        ),
        finding("audit.dns-host.provider", DOMAIN, State.PASS, "Two name servers answer for the zone, and they agree"),
        finding("audit.email-provider.mailbox", DOMAIN, State.PASS, f"Mail for {DOMAIN} is received by mail.{DOMAIN}"),
        finding(
            "audit.hosts.purpose", f"staging.{DOMAIN}", State.PASS, "Seven names are declared, and all have a purpose"
        ),
        finding(
            "audit.latency.target",
            "search",
            State.FAIL,
            "search answers too slowly: 19 of 20 answers take up to 812 ms, 300 ms were agreed",
            evidence=[("p95", "812 ms"), ("samples", "120")],
            fix="Add an index on listings(title, city)",
            paste="CREATE INDEX CONCURRENTLY listings_title_city ON listings (title, city);",
            where="database",
        ),
        finding(
            "audit.latency.target",
            "listings",
            State.PASS,
            "listings answers within 300 ms in 19 of 20 cases",
            evidence=[("p95", "84 ms"), ("samples", "90")],
        ),
        finding(
            "audit.one-service.addresses-differ",
            app,
            State.FAIL,
            f"{app} leads to two different services, depending on luck",
            severity=Severity.BLOCKER,
            evidence=[("dns", f"{app}. 300 IN A 203.0.113.11\n{app}. 300 IN A 203.0.113.99")],
            fix="Delete the old address from the zone",
            paste=f"{app}. 300 IN A 203.0.113.11",
            where="DNS zone",
        ),
        finding(
            "audit.client-secrets.secret",
            app,
            State.FAIL,
            "A Stripe secret key lies in a script that every visitor loads",
            severity=Severity.BLOCKER,
            evidence=[
                ("file", f"https://{app}/assets/app.3f9c2a1b.js"),
                ("match", "sk_" + "live_51H… (24 more characters)"),
            ],
            fix="Roll the key at Stripe, then keep it on the server only",
        ),
        finding("audit.broken-links.page", DOMAIN, State.PASS, "All 31 links of the pages that the demo shows open"),
        finding(
            "edge.canonical.two-origins",
            www,
            State.FAIL,
            f"{www} and {DOMAIN} both answer with the same pages",
            evidence=[("status", f"200  https://{www}/\n200  https://{DOMAIN}/")],
            fix="Redirect one to the other, permanently",
            paste=f"return 301 https://{DOMAIN}$request_uri;",
            where="nginx",
        ),
        finding(
            "edge.canonical.rel-canonical",
            DOMAIN,
            State.WARN,
            "The home page names another address as its main one",
            severity=Severity.MEDIUM,
            evidence=[("html", f'<link rel="canonical" href="https://{www}/">')],
            fix="Name the main address",
            paste=f'<link rel="canonical" href="https://{DOMAIN}/">',
            where="HTML",
        ),
        finding(
            "edge.redirects.too-many-hops",
            www,
            State.FAIL,
            f"{www} takes 4 redirects before a page shows; each costs a phone about 0.3 s",
            evidence=[("chain", CHAIN)],
            fix="One 301 from every variant to the main address",
            paste=f"return 301 https://{DOMAIN}$request_uri;",
            where="nginx",
        ),
        finding("edge.https.plain-http", DOMAIN, State.PASS, "Every host sends plain http to https"),
        finding(
            "edge.certificates.expiring",
            api,
            State.FAIL,
            f"The certificate of {api} ends in 2 days",
            severity=Severity.BLOCKER,
            evidence=[("certificate", certificate(api, "2026-11-26 14:00:00 UTC"))],
            fix="Renew it now, then automate it",
            paste=f"certbot renew --cert-name {api}",
            where="server",
        ),
        finding(
            "edge.certificates.chain",
            DOMAIN,
            State.PASS,
            "The certificate is complete and matches",
            evidence=[("certificate", certificate(DOMAIN, "2027-01-24 09:00:00 UTC"))],
        ),
        finding(
            "edge.certificates.chain",
            www,
            State.PASS,
            "The certificate is complete and matches",
            evidence=[("certificate", certificate(DOMAIN, "2027-01-24 09:00:00 UTC"))],
        ),
        finding(
            "edge.headers.csp",
            DOMAIN,
            State.WARN,
            "No Content-Security-Policy limits what a smuggled script may do",
            severity=Severity.MEDIUM,
            evidence=[("headers", f"GET https://{DOMAIN}/  200\ncontent-security-policy: (not sent)")],
            fix="Start in report-only mode",
            paste="add_header Content-Security-Policy-Report-Only \"default-src 'self'\";",
            where="nginx",
        ),
        finding(
            "email.mx.starttls",
            f"mail.{DOMAIN}",
            State.PASS,
            "Mail is received and encrypted on the way",
            evidence=[("dns", f"{DOMAIN}. 300 IN MX 10 mail.{DOMAIN}.")],
        ),
        finding(
            "email.spf.multiple",
            DOMAIN,
            State.FAIL,
            "Two SPF records stand side by side, so neither counts: mail lands in spam",
            severity=Severity.BLOCKER,
            evidence=[("record", "v=spf1 include:spf.mtasv.net -all\nv=spf1 include:_spf.google.com ~all")],
            fix="Join them into one record",
            paste="v=spf1 include:spf.mtasv.net include:_spf.google.com -all",
            where="DNS zone",
        ),
        finding(
            "email.dmarc.reports",
            DOMAIN,
            State.WARN,
            "DMARC names no address for reports, so nobody learns of forged mail",
            severity=Severity.MEDIUM,
            evidence=[("dns", f'_dmarc.{DOMAIN}. 300 IN TXT "v=DMARC1; p=none"')],
            fix="Name an address",
            paste=f"v=DMARC1; p=none; rua=mailto:dmarc@{DOMAIN}",
            where="DNS zone",
        ),
        finding("performance.caching.asset", app, State.PASS, "Scripts and images are kept at the edge for a year"),
    ]


def results_of(findings: Sequence[Finding], at: datetime = NOW - timedelta(minutes=4)) -> dict[str, CheckResult]:
    """Results by check, as a run would leave them."""
    by_check: dict[str, list[Finding]] = {}
    for one in findings:
        by_check.setdefault(one.check, []).append(one)
    return {
        check: CheckResult(
            check=check,
            state=worst([one.state for one in found]),
            findings=tuple(found),
            started_at=at,
            duration_ms=310,
            via="connect-map",
        )
        for check, found in by_check.items()
    }


def people_of_demo() -> People:
    """Roles, no names of anybody."""
    return People(
        people=(
            Person(
                id="founder",
                name="Founder",
                role="decides",
                contact="+49 30 5550100",
                hours="09:00-18:00",
                time_zone="Europe/Berlin",
            ),
            Person(
                id="launch-engineer",
                name="Launch engineer",
                role="builds",
                contact="#launch",
                hours="10:00-20:00",
                time_zone="Europe/Berlin",
            ),
            Person(id="support", name="Support", role="answers customers", contact="support desk", hours="08:00-16:00"),
            Person(id="agency", name="Former agency", role="built the first version", status="left"),
        )
    )


def inventory_of_demo() -> Inventory:
    """A small, honest inventory with gaps."""
    return Inventory(
        systems=(
            System(
                id="registrar",
                name="Domain",
                category="registrar",
                provider="Gandi",
                account_owner="founder",
                business_owned="yes",
            ),
            System(
                id="dns",
                name="DNS zone",
                category="dns",
                provider="Gandi",
                account_owner="founder",
                business_owned="yes",
                billing_owner="founder",
            ),
            System(
                id="hosting",
                name="Servers",
                category="hosting",
                provider="Fly.io",
                account_owner="agency",
                business_owned="no",
                billing_owner="founder",
            ),
            System(
                id="database",
                name="Database",
                category="database",
                provider="Neon",
                account_owner="launch-engineer",
                business_owned="yes",
                billing_owner="founder",
            ),
            System(
                id="payments",
                name="Payments",
                category="payments",
                provider="Stripe",
                account_owner="founder",
                business_owned="yes",
                billing_owner="founder",
            ),
            System(
                id="mail",
                name="Mail",
                category="email",
                provider="Postmark",
                account_owner="launch-engineer",
                business_owned="yes",
                billing_owner="founder",
            ),
            System(
                id="code",
                name="Code",
                category="code",
                provider="GitHub",
                account_owner="founder",
                business_owned="yes",
                billing_owner="founder",
            ),
        ),
        access=(
            Access(system="registrar", person="founder", role="owner", expected_role="owner", mfa="totp"),
            Access(system="dns", person="founder", role="view", expected_role="view", mfa="totp"),
            Access(system="dns", person="launch-engineer", role="admin", expected_role="admin", mfa="key"),
            Access(system="hosting", person="launch-engineer", role="admin", expected_role="admin", mfa="key"),
            Access(system="hosting", person="agency", role="admin", mfa="none"),
            Access(system="database", person="launch-engineer", role="admin", expected_role="admin", mfa="key"),
            Access(system="database", person="support", role="admin", expected_role="view", mfa="none"),
            Access(system="payments", person="founder", role="owner", expected_role="owner", mfa="totp"),
            Access(system="mail", person="launch-engineer", role="admin", expected_role="admin", mfa="totp"),
            Access(system="code", person="founder", role="owner", expected_role="owner", mfa="totp"),
            Access(system="code", person="launch-engineer", role="admin", expected_role="admin", mfa="key"),
            Access(system="code", person="agency", role="edit", mfa="none"),
        ),
        backups=(
            Backup(
                store="database",
                where="Neon, eu-central",
                owner="launch-engineer",
                every="1 day",
                rpo="24 h",
                rto="2 h",
            ),
        ),
        recovery=(
            Recovery(
                id="rollback",
                title="Go back to the last release",
                symptom="errors right after a release",
                first_steps="Look at the log, then roll back",
                command="./release --back",
                minutes=4,
            ),
        ),
        contacts=(
            Contact(order=1, person="launch-engineer", when="launch day, 08:00-22:00", channel="#launch"),
            Contact(order=2, person="founder", when="always", channel="telephone"),
        ),
    )


class NoDoor(Door):
    """A machine without a keyring: nothing is asked, nothing waits."""

    def get(self, service: str, name: str) -> str | None:
        raise NoKeyring("none")

    def set(self, service: str, name: str, value: str) -> None:
        raise NoKeyring("none")

    def delete(self, service: str, name: str) -> None:
        raise NoKeyring("none")


_TEMPLATES = tempfile.TemporaryDirectory(prefix="doubles-")
_WRITTEN: dict[bytes, Path] = {}
"""Folders that were written, by all that went into them."""


class Double(Workspace):
    """The real workspace, but its runs are told from a script: results that `next_results` holds, each let through one
    by one."""

    next_results: dict[str, CheckResult]
    gate: asyncio.Semaphore | None
    asked: list[tuple[str, ...]]

    @classmethod
    def make(
        cls,
        folder: Path,
        findings: Sequence[Finding] | None = None,
        *,
        launch: Launch | None = None,
        demo: bool = False,
        people: People | None = None,
        inventory: Inventory | None = None,
        before: Sequence[Finding] | None = None,
    ) -> Double:
        """A workspace in this folder. `findings` are the newest results, `before` those of the run before. The same
        once more is a copy of the folder, since writing it takes longer than most tests."""
        launch, people, inventory = (
            launch or launch_of_demo(),
            people or people_of_demo(),
            inventory or inventory_of_demo(),
        )
        same = msgspec.json.encode((launch, findings, people, inventory, before, demo))
        if same not in _WRITTEN:
            _WRITTEN[same] = Path(_TEMPLATES.name) / str(len(_WRITTEN))
            cls._write(_WRITTEN[same], launch, people, inventory, before, findings, demo)
        shutil.copytree(_WRITTEN[same], folder, dirs_exist_ok=True)
        made = cls._open(folder, demo, NOW)
        made.people, made.inventory = people, inventory
        return made

    @classmethod
    def _write(
        cls,
        folder: Path,
        launch: Launch,
        people: People,
        inventory: Inventory,
        before: Sequence[Finding] | None,
        findings: Sequence[Finding] | None,
        demo: bool,
    ) -> None:
        folder.mkdir()
        write_new(folder / "launchready.toml", launch)
        made = cls._open(folder, demo, NOW)
        made.save_people(people)
        made.save_inventory(inventory)
        for at, found in ((NOW - timedelta(hours=3), before), (NOW - timedelta(minutes=4), findings)):
            if found is None:
                continue
            run = made.journal.begin(kind="run", full=True, now=at, launch=DOMAIN)
            for result in results_of(found, at).values():
                made.journal.save(run, result)
            made.journal.finish(run, now=at, outcome="done")
        made.close()

    @classmethod
    def _open(cls, folder: Path, demo: bool, now: datetime) -> Double:
        options = Options(trust=True, demo=demo, user="launch-engineer", state_dir=folder / "state")
        made = cls.open(folder, options)
        assert isinstance(made, Double)
        made._settle(now)
        return made

    @classmethod
    def recorded(cls, folder: Path) -> Double:
        """The embedded demo as `record.py` froze it: its files, and the results of one run."""
        kept = json.loads((FROZEN / "run.json").read_text("utf-8"))
        now = datetime.fromisoformat(kept["now"])
        folder.mkdir(parents=True, exist_ok=True)
        for path in FROZEN.glob("*.toml"):
            shutil.copyfile(path, folder / path.name)
        made = cls._open(folder, True, now)
        run = made.journal.begin(kind="run", full=True, now=now - timedelta(minutes=4), launch=DOMAIN)
        for result in msgspec.convert(kept["results"], list[CheckResult]):
            made.journal.save(run, result)
        made.journal.finish(run, now=now - timedelta(minutes=4), outcome="done")
        made._kept = made.journal.latest()
        return made

    def _settle(self, now: datetime) -> None:
        """A clock that stands, no keyring, nothing asked yet."""
        self.clock = FixedClock(now)
        self.vault = Vault("double", self.folder / "state", {}, door=NoDoor(), now=self.clock.now)
        self.next_results, self.gate, self.asked = {}, None, []

    async def run(
        self, names: Sequence[str] | None = None, *, cancel: asyncio.Event | None = None
    ) -> AsyncGenerator[Event, None]:
        """Tells the script: every step waits for the gate where there is one."""
        chosen = self.automated if names is None else tuple(names)
        self.asked.append(chosen)
        for place, name in enumerate(chosen, 1):
            yield Started(name, place, len(chosen))
        number = self.journal.begin(kind="run", full=names is None, now=self.clock.now(), launch=DOMAIN)
        for done, name in enumerate(chosen, 1):
            if self.gate is not None:
                await self.gate.acquire()
            result = self.next_results.get(name) or self.results.get(name)
            if result is None:
                result = results_of([finding(f"{name}.fine", DOMAIN, State.PASS, "All is well")], self.clock.now())[
                    name
                ]
            for one in result.findings:
                yield Found(one)
            self.journal.save(number, result)
            self._kept[name] = result
            yield Finished(result, saved=f"{number}", done=done, total=len(chosen))
        self.journal.finish(number, now=self.clock.now(), outcome="done")
        yield Ended("done", None, 1.5, 8.0)


class LabDouble:
    """A demo marketplace that remembers what was repaired."""

    def __init__(self, flaws: Iterable[Flaw] = ()) -> None:
        self.known = tuple(flaws)
        self.on = {flaw.id for flaw in self.known}

    def flaws(self) -> tuple[Flaw, ...]:
        return self.known

    def flaw_for(self, rule: str, subject: str) -> Flaw | None:
        return next(
            (
                flaw
                for flaw in self.known
                if flaw.id in self.on and any((c.rule, c.subject) == (rule, subject) for c in flaw.changes)
            ),
            None,
        )

    async def fix(self, flaw: str) -> None:
        self.on.discard(flaw)
