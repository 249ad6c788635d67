"""The launch file, key by key. msgspec structs, strict; the docstring under a key is its documentation."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Literal

import msgspec

from ..hostnames import host_of
from ..persons import NOBODY, PersonId
from .names import split_port

Role = Literal["web", "app", "api", "admin", "status", "staging", "origin", "mail", "other"]
Environment = Literal["production", "staging", "development"]
Flow = Literal["pay", "all", "sign-up", "log-in", "book", "search", "list", "message", "admin", "marketing"]
Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
PageUse = Literal["demo", "advertisement"]
QueueKind = Literal["redis", "postgres"]
RegionKind = Literal["blackbox", "globalping"]
DeployFeed = Literal["github", "tags"]
LogFormat = Literal["auto", "combined", "json"]
AlertKind = Literal["slack", "email"]
AlertEvent = Literal["down", "slow", "deploy", "certificate", "queue"]
MailboxKind = Literal["imap", "gmail", "outlook"]
MailboxAuth = Literal["", "password", "token", "device", "refresh"]
FlowName = Literal["verification", "password-reset", "invite", "receipt", "notification"]
LegalKind = Literal["privacy", "terms", "imprint", "refunds", "sellers", "cookies"]
Service = Literal["rdap", "crt.sh", "certspotter", "block-lists", "asn", "globalping"]


class _Table(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A table of the launch file: unknown keys are errors."""


class Sprint(_Table, frozen=True, kw_only=True):
    """The launch sprint; the header's clock runs on it."""

    start: datetime
    """When the sprint started, with its zone."""
    hours: float = 48
    """How long it lasts, in hours."""


class Permission(_Table, frozen=True, kw_only=True):
    """Who allowed the checks. What goes beyond an ordinary visit needs it, and stays inside these domains."""

    by: PersonId
    """Who allowed it: a person id of people.toml, or a role."""
    on: date
    """The day it was given."""
    domains: tuple[str, ...]
    """Registrable domains it covers, with all their subdomains."""


class Host(_Table, frozen=True, kw_only=True):
    """One public host of the product."""

    name: str
    """Its full DNS name."""
    role: Role = "other"
    """web, app, api, admin, status, staging, origin, mail or other."""
    environment: Environment = "production"
    """production, staging or development."""
    purpose: str = ""
    """What it is for, in a few words."""
    provider: str = ""
    """The company it runs at, such as `Render`; what is seen from outside is held against it."""


class Route(_Table, frozen=True, kw_only=True):
    """One request of the product that matters for a business flow."""

    name: str
    """What people call it, such as `search`."""
    url: str
    """The whole https URL."""
    flow: Flow = "search"
    """The business flow it belongs to."""
    method: Method = "GET"
    """The HTTP method."""
    headers: dict[str, str] = {}
    """Request headers. No secrets: a credential is named by `login`."""
    body: str = ""
    """The request body, as text."""
    login: str = ""
    """The name of a stored credential that goes into the Authorization header."""
    safe: bool = False
    """True where asking it again and again changes and costs nothing. Only such routes are measured."""
    target_ms: int = 300
    """95 of 100 answers should come within this many milliseconds."""


class Page(_Table, frozen=True, kw_only=True):
    """A page that the demo shows or an advertisement leads to."""

    url: str
    """The whole https URL."""
    use: PageUse = "demo"
    """demo or advertisement."""
    name: str = ""
    """What people call it."""


class Redirect(_Table, frozen=True, kw_only=True):
    """An old address and where it must lead."""

    from_: str = msgspec.field(name="from")
    """The old URL."""
    to: str
    """Where it must end, in one hop."""


class Apps(_Table, frozen=True, kw_only=True):
    """The product's mobile apps, the links that open them, and the pages that app stores ask for."""

    ios: tuple[str, ...] = ()
    """iOS apps as team and bundle, such as `A1B2C3D4E5.com.example.shop`."""
    android: tuple[str, ...] = ()
    """Android apps by package name, such as `com.example.shop`."""
    fingerprints: tuple[str, ...] = ()
    """SHA-256 fingerprints of the Android signing certificates, as the Play Console shows them."""
    hosts: tuple[str, ...] = ()
    """Hosts whose links open the app. Empty: the main address."""
    privacy: str = ""
    """The https URL of the privacy policy."""
    terms: str = ""
    """The https URL of the terms."""
    support: str = ""
    """The https URL of the support page."""
    account_deletion: str = ""
    """The https URL where people ask for their account to be deleted."""
    review_login: str = ""
    """The name of the item in the password manager that holds the log-in for the stores' reviewers. Never the log-in
    itself."""


class LegalPage(_Table, frozen=True, kw_only=True):
    """A page the law or a provider asks for."""

    kind: LegalKind
    """privacy, terms, imprint (who runs it and how to reach them), refunds, sellers (terms for those who sell) or
    cookies."""
    url: str
    """The whole https URL."""
    language: str = ""
    """Its language, such as `de`. Empty: the one that the page says of itself."""


class Payments(_Table, frozen=True, kw_only=True):
    """How money is taken."""

    provider: str = ""
    """The payment provider, such as `stripe`; `none` where nothing is paid for."""
    webhook: str = ""
    """The https URL that the provider reports payments to."""


class Safety(_Table, frozen=True, kw_only=True):
    """What users may show each other, and who looks after it."""

    user_content: bool = True
    """False where users show each other nothing: no listings, no reviews, no messages."""
    pages: tuple[str, ...] = ()
    """The https URLs of pages that show what users wrote. Empty: the safe routes of the flow `list`."""
    rules: str = ""
    """The https URL of the page that says what may not be offered or written."""
    report: str = ""
    """Where people report what breaks the rules: an https URL, or a mail address."""
    owner: PersonId = NOBODY
    """Who looks at reports and takes things down: a person id of people.toml."""


class Email(_Table, frozen=True, kw_only=True):
    """How the product sends and receives mail."""

    senders: tuple[str, ...] = ()
    """Services that send for the domain, such as `postmark`, or a sending domain of your own."""
    selectors: tuple[str, ...] = ()
    """DKIM selectors in use."""
    support: str = ""
    """The address customers write to."""


class Mailbox(_Table, frozen=True, kw_only=True):
    """A test mailbox: only read, over TLS, and only mails to its own tagged addresses."""

    name: str
    """What people call it, such as `gmail`."""
    address: str
    """Its mail address."""
    kind: MailboxKind = "imap"
    """imap, gmail or outlook."""
    host: str = ""
    """The IMAP server, HOST or HOST:PORT (993 unless given). Empty: that of Gmail or Outlook."""
    login: str
    """The stored credential: a password (an app password at Gmail), an access token, or what `launchready mail login`
    stored."""
    user: str = ""
    """The user name at the server; empty: the address."""
    auth: MailboxAuth = ""
    """password, token (XOAUTH2 with an access token), device (Outlook's device code) or refresh (Gmail, a stored
    log-in of Google's tools).
    Empty: device at Outlook, else password."""
    client_id: str = ""
    """The app registration that `device` logs in through."""
    tagged: str = ""
    """How a test address is written, with {tag}, such as `shop-{tag}@example.com`. Empty: the address with +{tag}
    before the @."""

    @property
    def way(self) -> MailboxAuth:
        """How it logs in."""
        return self.auth or ("device" if self.kind == "outlook" else "password")

    @property
    def server(self) -> tuple[str, int]:
        """Host and port of the IMAP server."""
        host, port = split_port(
            self.host or {"gmail": "imap.gmail.com", "outlook": "outlook.office365.com"}.get(self.kind, "")
        )
        return host, port or 993

    @property
    def login_host(self) -> str:
        """The host that the stored credential goes to."""
        return {"device": "login.microsoftonline.com", "refresh": "oauth2.googleapis.com"}.get(self.way, self.server[0])

    def recipient(self, tag: str) -> str:
        """The address for one test mail."""
        local, _, domain = self.address.rpartition("@")
        return (self.tagged or f"{local}+{{tag}}@{domain}").replace("{tag}", tag)


class MailFlow(_Table, frozen=True, kw_only=True):
    """One of the mails that the product sends: how to cause it, and what must be in it."""

    name: FlowName
    """verification, password-reset, invite, receipt or notification."""
    sent: bool = True
    """False: the product sends no such mail."""
    route: str = ""
    """The route whose request causes it; its body holds {{email}}, and {{password}} or {{run_id}} where wanted. Empty:
    by hand."""
    steps: str = ""
    """What to do by hand, such as `sign up at https://example.com/join`."""
    contains: tuple[str, ...] = ()
    """Text that must stand in it."""
    links: tuple[str, ...] = ()
    """Hosts that its links may lead to, beside those of the launch, such as a click counter's."""
    marketing: bool = False
    """True where it advertises: it then needs a way to unsubscribe with one click."""
    within_s: int = 60
    """It should have arrived within so many seconds."""


class PathStep(_Table, frozen=True, kw_only=True):
    """One step of the path from log-in to notification, which is walked as a test user: a request, or a mail that must
    arrive."""

    name: str
    """What people call it, such as `log in`."""
    url: str = ""
    """The whole https URL of a request; {{email}}, {{run_id}} and whatever an earlier step captured may stand in it."""
    method: Method = "GET"
    """The HTTP method."""
    headers: dict[str, str] = {}
    """Request headers. No secrets: a credential is named by `login`."""
    body: str = ""
    """The request body; {{email}}, {{password}} (made for this run), {{run_id}} and captured names are filled in."""
    login: str = ""
    """The stored credential: it fills {{password}} where the body has it, else it goes into the Authorization
    header."""
    status: tuple[int, ...] = ()
    """Statuses that are right. Empty: 200 to 399. Redirects are not followed, cookies are kept."""
    contains: tuple[str, ...] = ()
    """Text that the answer, or the mail, must hold."""
    json: dict[str, str] = {}
    """Path into a JSON answer and the value that must stand there, such as `status = "paid"`."""
    capture: dict[str, str] = {}
    """Name = where it is caught: `json PATH`, `header NAME` or `text PATTERN` (a regular expression, its first
    group)."""
    mailbox: str = ""
    """In place of a request: the name of one of [[mailboxes]], in which a mail must arrive."""
    within_s: int = 0
    """So many seconds a GET is asked again until it holds, or a mail is waited for (60 unless given)."""

    @property
    def host(self) -> str:
        """The host of its request: what is filled in later may only follow it."""
        return host_of(self.url.partition("{{")[0])


class Repository(_Table, frozen=True, kw_only=True):
    """Where the product's code lies on this machine."""

    path: str
    """A folder, from the launch file's own."""
    github: str = ""
    """Where it lies at GitHub, OWNER/NAME: its deployments can then be read."""
    github_login: str = ""
    """The stored token for api.github.com, which may only read deployments; a private repository needs one."""


class Settings(_Table, frozen=True, kw_only=True):
    """How the console may look at the outside."""

    nameservers: tuple[str, ...] = ()
    """Resolvers to ask, ADDRESS or ADDRESS:PORT. Empty: the machine's own."""
    services: tuple[Service, ...] = ("rdap", "crt.sh", "certspotter", "block-lists", "asn")
    """Public services that may be asked, and so learn names of this launch."""
    rdap: dict[str, str] = {}
    """RDAP base URLs by top-level domain, where the public list has none or another is wanted."""
    private_addresses: tuple[str, ...] = ()
    """Private addresses or networks that checks may connect to."""
    requests_per_host: int = 150
    """At most so many requests to one host in one run, measurements and the crawl apart."""
    samples: int = 300
    """At most so many timed requests to one route."""
    rate: float = 10.0
    """Timed requests a second to one route."""
    mails_per_hour: int = 20
    """At most so many test mails an hour are caused."""
    ca_file: str = ""
    """A file with extra certificate authorities, from the launch file's own folder."""


class Watch(_Table, frozen=True, kw_only=True):
    """How the product is watched."""

    every_s: float = 15
    """Seconds between two probes of a target. At 15 an outage is told within a minute."""
    slo: float = 99.9
    """The share of time, in percent, that the product is promised to be up."""
    always_on: bool = False
    """True where the machine that watches stays on: a server, not a laptop."""
    certificate_days: int = 14
    """An alert is sent once a certificate has fewer days left."""
    heartbeat: str = ""
    """The stored credential that holds the ping URL of a dead-man's switch, such as Healthchecks; it alarms when the
    watch itself dies."""
    heartbeat_host: str = "hc-ping.com"
    """The host of that ping URL; the credential must be bound to it."""
    market: str = ""
    """The market that this machine stands in, one of `markets`."""
    deploys: tuple[DeployFeed, ...] = ()
    """Where deploys are read, beside marks and versions: github (its deployments), tags (of the repository on this
    machine)."""
    monitor: str = ""
    """The https URL of a hosted uptime monitor that is in use: its status page, or an address where it answers with
    JSON."""
    monitor_owner: PersonId = NOBODY
    """Who looks after that monitor and is told by it: a person id of people.toml."""


class WatchTarget(_Table, frozen=True, kw_only=True):
    """One more thing to watch, or, by its name, how one of those found by themselves is watched."""

    name: str
    """What people call it. `home`, the name of a route or of a mail host: changes how that one is watched."""
    url: str
    """The whole https URL."""
    watch: bool = True
    """False: not watched."""
    method: Method = "GET"
    """The HTTP method; others than GET, HEAD and OPTIONS need `safe`."""
    headers: dict[str, str] = {}
    """Request headers. No secrets: a credential is named by `login`."""
    body: str = ""
    """The request body, as text."""
    login: str = ""
    """The name of a stored credential that goes into the Authorization header; such a target is asked once a minute at
    most."""
    safe: bool = False
    """True where asking it again and again changes and costs nothing, though its method could."""
    every_s: float = 0
    """Seconds between two probes; 0: as [watch] says."""
    target_ms: int = 300
    """95 of 100 answers on an open connection should come within this many milliseconds."""
    status: tuple[int, ...] = ()
    """Statuses that are right. Empty: 200 to 399."""
    contains: str = ""
    """Text that the body must hold."""
    absent: str = ""
    """Text that the body must not hold, such as an error that comes with status 200."""
    json: dict[str, str] = {}
    """Path into a JSON body and the value that must stand there, such as `status = "ok"` or `"checks.0.ok" =
    "true"`."""
    header: dict[str, str] = {}
    """Answer headers and text that must stand in them."""
    version_json: str = ""
    """Path into a JSON body whose value names the release: a change of it is marked as a deploy."""
    version_header: str = ""
    """Answer header whose value names the release."""


class Alert(_Table, frozen=True, kw_only=True):
    """Who is told what, and through which channel. There is no alert without an owner."""

    name: str
    """What people call it, such as `on-call`."""
    owner: PersonId
    """Who acts on it: a person id of people.toml."""
    kind: AlertKind = "slack"
    """slack (an incoming webhook of Slack, Mattermost, Rocket.Chat or Discord) or email."""
    on: tuple[AlertEvent, ...] = ("down", "slow", "deploy", "certificate", "queue")
    """What is told: down, slow, deploy (a failed one, or slower after one), certificate, queue (jobs that wait too
    long)."""
    targets: tuple[str, ...] = ()
    """Names of the targets it is about. Empty: all."""
    server: str = ""
    """Where it goes: the host of the webhook (hooks.slack.com unless given), or the mail server as HOST or HOST:PORT
    (587 unless given)."""
    credential: str = ""
    """The stored credential: the webhook's whole URL, or the password of the mail account. It must be bound to the
    server's host."""
    user: str = ""
    """The user name at the mail server; empty where it wants no log-in."""
    sender: str = ""
    """The mail address it comes from."""
    to: str = ""
    """The mail address it goes to."""
    second: str = ""
    """The name of the alert whose channel is used when this one's is dead or stuck."""


class Log(_Table, frozen=True, kw_only=True):
    """A log of the product that lies on this machine: read line by line, counted, and nothing personal kept."""

    path: str
    """The file, from the launch file's own folder; gzip is unpacked."""
    format: LogFormat = "auto"
    """combined (nginx, Apache), json (a line each), or auto: each line is looked at for itself, plain text too."""
    environment: Environment = "production"
    """production, staging or development, where the lines do not say it themselves."""


class Queue(_Table, frozen=True, kw_only=True):
    """A server that holds job queues, read and never changed: how much waits, and how long the oldest has waited."""

    name: str
    """What people call it, such as `jobs`."""
    kind: QueueKind = "redis"
    """redis (RQ, Celery, BullMQ, Sidekiq) or postgres (pg-boss, graphile-worker, procrastinate, solid_queue)."""
    server: str
    """HOST or HOST:PORT. An address that is not public is declared in [settings] private_addresses."""
    credential: str = ""
    """The stored credential that holds its whole URL, such as redis://user:password@host:6379/0; a user that may only
    read is enough."""
    environment: Environment = "production"
    """production, staging or development."""
    prefix: str = ""
    """BullMQ's key prefix, where it is not `bull`."""


class Region(_Table, frozen=True, kw_only=True):
    """A place far from here from which the product is looked at as well."""

    name: str
    """What people call it, such as `us-east`."""
    kind: RegionKind = "blackbox"
    """blackbox (a blackbox_exporter of yours that runs there) or globalping (public probes: a second opinion, once an
    hour)."""
    market: str = ""
    """The market it stands for, one of `markets`. Empty: the one of its own name."""
    url: str = ""
    """Where the exporter is reached: https://HOST:PORT, or http://ADDRESS:PORT in a network of your own."""
    credential: str = ""
    """The stored credential: user:password of the exporter, or the token of Globalping; it must be bound to the
    host."""
    module: str = ""
    """The exporter's module. Empty: those that `launchready watch export prometheus` writes."""
    place: str = ""
    """Globalping: where the probes stand, such as `Germany+datacenter-network`."""
    probes: int = 3
    """Globalping: how many probes are asked; most of them must agree."""
    every_s: float = 0
    """Seconds between two looks; 0: 60 for an exporter, 3600 for Globalping."""
    targets: tuple[str, ...] = ()
    """Names of targets that are looked at from there. Empty: all that are public and need no log-in."""

    @property
    def stands_for(self) -> str:
        """The market."""
        return self.market or self.name


class Launch(_Table, frozen=True, kw_only=True):
    """The whole launch file."""

    name: str
    """What the product is called."""
    domain: str
    """The registrable domain, such as `example.com`."""
    canonical: str
    """The one main address: scheme and host, such as `https://example.com/`."""
    markets: tuple[str, ...] = ()
    """Markets it launches in, such as `US`, `EU`."""
    languages: tuple[str, ...] = ()
    """Languages the product speaks, such as `en`, `de`."""
    cdn: str = ""
    """The protection network that public traffic goes through, such as `cloudflare`. Empty: whatever shows itself."""
    announced: bool = True
    """False for a launch nobody knows of yet: public services are then not asked."""
    sprint: Sprint | None = None
    """The launch sprint."""
    permission: Permission | None = None
    """Who allowed the checks, for which domains, and when."""
    hosts: tuple[Host, ...] = ()
    """The public hosts of the product."""
    routes: tuple[Route, ...] = ()
    """The requests that matter for the business; the first five are measured first."""
    pages: tuple[Page, ...] = ()
    """What the demo shows, and where advertisements lead."""
    redirects: tuple[Redirect, ...] = ()
    """Old addresses and where they must lead."""
    apps: Apps = Apps()
    """The product's mobile apps, and the pages that app stores ask for."""
    legal: tuple[LegalPage, ...] = ()
    """Pages that the law or a provider asks for; those of the home page are found without."""
    payments: Payments = Payments()
    """How money is taken."""
    safety: Safety = Safety()
    """What users may show each other, and who looks after it."""
    email: Email = Email()
    """How the product sends and receives mail."""
    mailboxes: tuple[Mailbox, ...] = ()
    """Test mailboxes, in which the product's own mails are looked for."""
    flows: tuple[MailFlow, ...] = ()
    """The mails that the product sends."""
    recovery_path: tuple[PathStep, ...] = ()
    """The path from log-in to notification, step by step; key F in the console walks it."""
    repository: Repository | None = None
    """Where the code lies."""
    watch: Watch = Watch()
    """How the product is watched."""
    targets: tuple[WatchTarget, ...] = ()
    """What is watched beside the home page, safe routes and mail servers, and how."""
    alerts: tuple[Alert, ...] = ()
    """Who is told when something is down, slow, or about to end."""
    logs: tuple[Log, ...] = ()
    """Logs of the product that lie on this machine."""
    queues: tuple[Queue, ...] = ()
    """Servers that hold job queues."""
    regions: tuple[Region, ...] = ()
    """Places from which the product is looked at as well."""
    connect: dict[str, str] = {}
    """HOST[:PORT] = ADDRESS[:PORT], as curl's connect-to; `*` stands for any host or port."""
    settings: Settings = Settings()
    """How the console may look at the outside."""

    @property
    def canonical_host(self) -> str:
        return host_of(self.canonical) or self.domain.lower()

    def host(self, name: str) -> Host | None:
        """The declared host of that name."""
        return next((host for host in self.hosts if host.name == name), None)

    def hosts_of(self, *roles: Role) -> tuple[Host, ...]:
        """The declared hosts with one of these roles, in file order."""
        return tuple(host for host in self.hosts if host.role in roles)

    def permits(self, host: str) -> bool:
        """Whether the recorded permission covers this host."""
        return self.permission is not None and any(
            host == domain or host.endswith("." + domain) for domain in self.permission.domains
        )


class LaunchFile(msgspec.Struct, frozen=True, kw_only=True):
    """A launch file as it was read: the launch, where it lies, and the hash that trust is bound to."""

    launch: Launch
    path: Path
    sha256: str

    @property
    def folder(self) -> Path:
        return self.path.parent
