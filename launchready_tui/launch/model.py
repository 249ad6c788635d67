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
AlertKind = Literal["slack", "email", "webhook", "ntfy", "telegram"]
_ALERT_SERVERS = {"slack": "hooks.slack.com", "ntfy": "ntfy.sh", "telegram": "api.telegram.org"}
AlertEvent = Literal["down", "slow", "deploy", "certificate", "queue"]
MailboxKind = Literal["imap", "gmail", "outlook"]
MailboxAuth = Literal["", "password", "token", "device", "refresh"]
FlowName = Literal["verification", "password-reset", "invite", "receipt", "notification"]
LegalKind = Literal["privacy", "terms", "imprint", "refunds", "sellers", "cookies"]
Service = Literal["rdap", "crt.sh", "certspotter", "block-lists", "asn", "globalping"]


class _Table(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A table of the launch file: unknown keys are errors."""


class Sprint(_Table, frozen=True, kw_only=True):
    """The launch sprint; the clock in the header counts it down."""

    start: datetime
    """When the sprint started, with its zone."""
    hours: float = 48
    """How long it lasts, in hours."""


class Permission(_Table, frozen=True, kw_only=True):
    """Who allowed the checks. Actions beyond an ordinary visit need it, and are limited to these domains."""

    by: PersonId
    """Who allowed it: a person id of people.toml, or a role."""
    on: date
    """The date it was given."""
    domains: tuple[str, ...]
    """Registrable domains it covers, with all their subdomains."""


class Unconfirmed(Permission, frozen=True, kw_only=True):
    """A permission that the file records and nobody has confirmed on this machine: it permits nothing."""


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
    """The company that hosts it, such as `Render`; compared with what is detected from outside."""


class Route(_Table, frozen=True, kw_only=True):
    """A request of the product that matters for a business flow."""

    name: str
    """What people call it, such as `search`."""
    url: str
    """The full https URL. {token} stands for a token that does not belong here; such a route is never requested."""
    flow: Flow = "search"
    """The business flow it belongs to."""
    method: Method = "GET"
    """The HTTP method."""
    headers: dict[str, str] = {}
    """Request headers. No secrets: name a credential with `login`."""
    body: str = ""
    """The request body, as text."""
    login: str = ""
    """The name of a stored credential for the Authorization header."""
    safe: bool = False
    """True if repeated requests change and cost nothing. Only such routes are measured."""
    target_ms: int = 300
    """95 % of responses should take at most this many milliseconds."""


class Page(_Table, frozen=True, kw_only=True):
    """A page that the demo shows or that an ad leads to."""

    url: str
    """The full https URL."""
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
    """The product's mobile apps, the links that open them, and the pages that app stores require."""

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
    """The https URL where people request the deletion of their account."""
    review_login: str = ""
    """The name of the password manager item with the log-in for the stores' reviewers. Never the log-in itself."""


class LegalPage(_Table, frozen=True, kw_only=True):
    """A page that the law or a provider requires."""

    kind: LegalKind
    """privacy, terms, imprint (who runs it and how to reach them), refunds, sellers (terms for those who sell) or
    cookies."""
    url: str
    """The full https URL."""
    language: str = ""
    """Its language, such as `de`. Empty: the one that the page declares."""


class Payments(_Table, frozen=True, kw_only=True):
    """How the product takes payments."""

    provider: str = ""
    """The payment provider, such as `stripe`; `none` if the product takes no payments."""
    webhook: str = ""
    """The https URL that the provider reports payments to."""


class Safety(_Table, frozen=True, kw_only=True):
    """What users can show each other, and who moderates it."""

    user_content: bool = True
    """False if users cannot show each other anything: no listings, no reviews, no messages."""
    pages: tuple[str, ...] = ()
    """The https URLs of pages with user content. Empty: the safe routes of the flow `list`."""
    rules: str = ""
    """The https URL of the page with the rules for user content."""
    report: str = ""
    """Where people report content that breaks the rules: an https URL or a mail address."""
    owner: PersonId = NOBODY
    """Who reviews reports and removes content: a person id of people.toml."""


class Email(_Table, frozen=True, kw_only=True):
    """How the product sends and receives mail."""

    senders: tuple[str, ...] = ()
    """Services that send for the domain, such as `postmark`, or a sending domain of your own."""
    selectors: tuple[str, ...] = ()
    """DKIM selectors in use."""
    support: str = ""
    """The address customers write to."""


class Mailbox(_Table, frozen=True, kw_only=True):
    """A test mailbox: read-only, over TLS, and only for mails to its own tagged addresses."""

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
    """The form of a test address, with {tag}, such as `shop-{tag}@example.com`, or the fixed address of a test account.
    Empty: the address with +{tag} before the @."""

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
    """A mail that the product sends: how to trigger it, and what it must contain."""

    name: FlowName
    """verification, password-reset, invite, receipt or notification."""
    sent: bool = True
    """False: the product sends no such mail."""
    route: str = ""
    """The route whose request triggers it; its body contains {{email}}, and {{password}} or {{run_id}} if needed.
    Empty: by hand."""
    steps: str = ""
    """What to do by hand, such as `sign up at https://example.com/join`."""
    contains: tuple[str, ...] = ()
    """Text that it must contain."""
    links: tuple[str, ...] = ()
    """Hosts that its links may lead to, besides those of the launch, such as a click counter."""
    marketing: bool = False
    """True for advertising: it then needs one-click unsubscribe."""
    within_s: int = 60
    """It should arrive within this many seconds."""


class PathStep(_Table, frozen=True, kw_only=True):
    """A step of the path from log-in to notification, walked as a test user: a request, or a mail that must arrive."""

    name: str
    """What people call it, such as `log in`."""
    url: str = ""
    """The full https URL of a request; it may contain {{email}}, {{run_id}} and names that an earlier step captured."""
    method: Method = "GET"
    """The HTTP method."""
    headers: dict[str, str] = {}
    """Request headers; captured names are filled in, also in `authorization = "Bearer {{token}}"`. No secrets: name a
    credential with `login`."""
    body: str = ""
    """The request body; {{email}}, {{password}} (made for this run), {{run_id}} and captured names are filled in."""
    login: str = ""
    """The stored credential: it fills {{password}} in the body, or else goes into the Authorization header."""
    as_: str = msgspec.field(name="as", default="")
    """Instead of `login`: the stored credential of an existing test account, written ADDRESS:PASSWORD. It fills
    {{email}} from this step on, and {{password}} in this step only; mails are then awaited at its address."""
    status: tuple[int, ...] = ()
    """Expected statuses. Empty: 200 to 399. Redirects are not followed, cookies are kept."""
    contains: tuple[str, ...] = ()
    """Text that the response, or the mail, must contain; captured names are filled in."""
    json: dict[str, str] = {}
    """Path in a JSON response and the expected value, such as `status = "paid"`; captured names are filled in."""
    capture: dict[str, str] = {}
    """Name = where to capture it: `json PATH`, `header NAME` or `text PATTERN` (the first group of a regular
    expression)."""
    mailbox: str = ""
    """Instead of a request: the name of one of [[mailboxes]], where a mail must arrive."""
    within_s: int = 0
    """For how many seconds a GET is repeated until it passes, or a mail is awaited (default 60)."""

    @property
    def host(self) -> str:
        """The host of its request: what is filled in later may only follow it."""
        return host_of(self.url.partition("{{")[0])


class Repository(_Table, frozen=True, kw_only=True):
    """Where the code of the product is on this machine."""

    path: str
    """A folder, relative to the launch file."""
    branch: str = ""
    """The branch that is deployed to production: its newest commit ends the answers that hold until the next one.
    Empty: whatever is checked out."""
    github: str = ""
    """Its name at GitHub, OWNER/NAME, to read its deployments."""
    github_login: str = ""
    """The stored token for api.github.com, if the repository is private; permission to read deployments is enough."""


class Settings(_Table, frozen=True, kw_only=True):
    """How LaunchReady may contact the outside."""

    nameservers: tuple[str, ...] = ()
    """DNS resolvers, ADDRESS or ADDRESS:PORT. Empty: those of this machine."""
    services: tuple[Service, ...] = ("rdap", "crt.sh", "certspotter", "block-lists", "asn")
    """Public services that may be queried, and so learn names of this launch."""
    rdap: dict[str, str] = {}
    """RDAP base URLs by top-level domain, if the public list has none or you need another."""
    private_addresses: tuple[str, ...] = ()
    """Private addresses or networks that checks may connect to."""
    requests_per_host: int = 150
    """Maximum number of requests to one host per run, not counting measurements and the crawl."""
    samples: int = 300
    """Maximum number of timed requests to one route."""
    rate: float = 10.0
    """Timed requests per second to one route."""
    mails_per_hour: int = 20
    """Maximum number of test mails triggered per hour."""
    ca_file: str = ""
    """A file with additional certificate authorities, relative to the launch file."""


class Watch(_Table, frozen=True, kw_only=True):
    """How the product is watched."""

    every_s: float = 15
    """Seconds between two probes of a target. With 15, an outage is reported within a minute."""
    slo: float = 99.9
    """The share of time, in percent, that the product is promised to be up."""
    always_on: bool = False
    """True if the machine that watches stays on: a server, not a laptop."""
    certificate_days: int = 14
    """Alert when a certificate expires in fewer days than this."""
    heartbeat: str = ""
    """The stored credential with the ping URL of a dead man's switch, such as Healthchecks, which alerts when the watch
    itself stops."""
    heartbeat_host: str = "hc-ping.com"
    """The host of that ping URL; the credential must be bound to it."""
    market: str = ""
    """The market where this machine is, one of `markets`."""
    deploys: tuple[DeployFeed, ...] = ()
    """Where deploys are read from, besides marks and versions: github (its deployments), tags (of the repository on
    this machine)."""
    monitor: str = ""
    """The https URL of a hosted uptime monitor in use: its status page, or an address that returns JSON."""
    monitor_owner: PersonId = NOBODY
    """Who receives the alerts of that monitor: a person id of people.toml."""


class WatchTarget(_Table, frozen=True, kw_only=True):
    """An additional target to watch or, with the name of a detected one, how that one is watched."""

    name: str
    """What people call it. `home`, or the name of a route or mail host, changes how that one is watched."""
    url: str
    """The full https URL."""
    watch: bool = True
    """False: not watched."""
    method: Method = "GET"
    """The HTTP method; others than GET, HEAD and OPTIONS need `safe`."""
    headers: dict[str, str] = {}
    """Request headers. No secrets: name a credential with `login`."""
    body: str = ""
    """The request body, as text."""
    login: str = ""
    """The name of a stored credential for the Authorization header; such a target is probed at most once a minute."""
    safe: bool = False
    """True if repeated requests change and cost nothing, even though the method could."""
    every_s: float = 0
    """Seconds between two probes; 0: the value in [watch]."""
    target_ms: int = 300
    """95 % of responses on an open connection should take at most this many milliseconds."""
    status: tuple[int, ...] = ()
    """Expected statuses. Empty: 200 to 399."""
    contains: str = ""
    """Text that the body must contain."""
    absent: str = ""
    """Text that the body must not contain, such as an error sent with status 200."""
    json: dict[str, str] = {}
    """Path in a JSON body and the expected value, such as `status = "ok"` or `"checks.0.ok" =
    "true"`."""
    header: dict[str, str] = {}
    """Response headers and text that they must contain."""
    version_json: str = ""
    """Path in a JSON body to the version of the release: a change is marked as a deploy."""
    version_header: str = ""
    """Response header with the version of the release."""


class Alert(_Table, frozen=True, kw_only=True):
    """Who is alerted about what, and through which channel. Every alert has an owner."""

    name: str
    """What people call it, such as `on-call`."""
    owner: PersonId
    """Who acts on it: a person id of people.toml."""
    kind: AlertKind = "slack"
    """slack (an incoming webhook of Slack, Mattermost, Rocket.Chat or Discord), email, webhook (JSON of your own),
    ntfy or telegram (both reach a phone)."""
    on: tuple[AlertEvent, ...] = ("down", "slow", "deploy", "certificate", "queue")
    """Events: down, slow, deploy (failed, or slower afterwards), certificate, queue (jobs that wait too long)."""
    targets: tuple[str, ...] = ()
    """Names of the targets it covers. Empty: all."""
    server: str = ""
    """Where it goes: the host of the webhook, the mail server (default port 587), or your own ntfy or Telegram Bot API
    server. Default: hooks.slack.com, ntfy.sh or api.telegram.org; email and webhook need one."""
    credential: str = ""
    """The stored credential, bound to the server's host: the webhook's full URL, the ntfy topic's URL
    (https://:TOKEN@HOST/TOPIC if it needs a log-in), the token of the Telegram bot, or the mail account's password."""
    user: str = ""
    """The user name at the mail server; empty if it needs no log-in."""
    sender: str = ""
    """The mail address it comes from."""
    to: str = ""
    """The mail address it goes to, or the id of the Telegram chat, such as 123456789, -100123456789 or @channel."""
    template: str = ""
    """For a webhook: the JSON to post. {{title}}, {{text}}, {{event}}, {{state}} (firing, resolved or test), {{owner}},
    {{alert}}, {{incident}}, {{key}}, {{domain}} and {{at}} are filled in. Empty: an object with all of them."""
    second: str = ""
    """The name of the alert whose channel is used too when this one refuses a message or has not taken it within
    30 s."""

    @property
    def where(self) -> str:
        """The server as HOST or HOST:PORT, also where the file leaves it to the kind; empty where there is none."""
        return self.server or _ALERT_SERVERS.get(self.kind, "")

    @property
    def host(self) -> str:
        """The host that its credential must be bound to."""
        return split_port(self.where)[0] if self.where else ""


class Silence(_Table, frozen=True, kw_only=True):
    """A planned time in which outages are recorded and not alerted. What is still down at its end is alerted then."""

    from_: datetime = msgspec.field(name="from")
    """When it begins, with its zone, such as 2026-12-01T02:00:00Z."""
    until: datetime | None = None
    """When it ends; or write `for`."""
    for_: str = msgspec.field(name="for", default="")
    """How long it lasts, in place of `until`: `20m`, `2h` or `1h30m`, at most `7d`."""
    targets: tuple[str, ...] = ()
    """Names of targets. Empty: all."""
    why: str
    """What is done then, such as `database upgrade`; the messages that follow say it."""


class Log(_Table, frozen=True, kw_only=True):
    """A log of the product on this machine: read line by line and counted; no personal data is kept."""

    path: str
    """The file, relative to the launch file; gzip is unpacked."""
    format: LogFormat = "auto"
    """combined (nginx, Apache), json (one object per line), or auto: detected for each line, plain text too."""
    environment: Environment = "production"
    """production, staging or development, for lines that do not name one."""


class Queue(_Table, frozen=True, kw_only=True):
    """A server with job queues, read and never changed: how many jobs wait, and for how long."""

    name: str
    """What people call it, such as `jobs`."""
    kind: QueueKind = "redis"
    """redis (RQ, Celery, BullMQ, Sidekiq) or postgres (pg-boss, graphile-worker, procrastinate, solid_queue)."""
    server: str
    """HOST or HOST:PORT. Declare an address that is not public in [settings] private_addresses."""
    credential: str = ""
    """The stored credential with its full URL, such as redis://user:password@host:6379/0; a read-only user suffices."""
    environment: Environment = "production"
    """production, staging or development."""
    prefix: str = ""
    """BullMQ's key prefix, if it is not `bull`."""


class Region(_Table, frozen=True, kw_only=True):
    """Another place from which the product is watched as well."""

    name: str
    """What people call it, such as `us-east`."""
    kind: RegionKind = "blackbox"
    """blackbox (your blackbox_exporter there) or globalping (public probes, hourly: a second opinion)."""
    market: str = ""
    """The market it represents, one of `markets`. Empty: the market with its own name."""
    url: str = ""
    """The address of the exporter: https://HOST:PORT, or http://ADDRESS:PORT in a network of your own."""
    credential: str = ""
    """The stored credential: user:password of the exporter, or the token of Globalping; it must be bound to the
    host."""
    module: str = ""
    """The exporter's module. Empty: those that `launchready watch export prometheus` writes."""
    place: str = ""
    """Globalping: the location of the probes, such as `Germany+datacenter-network`."""
    probes: int = 3
    """Globalping: number of probes; most of them must agree."""
    every_s: float = 0
    """Seconds between two probes; 0: 60 for an exporter, 3600 for Globalping."""
    targets: tuple[str, ...] = ()
    """Names of targets to probe from there. Empty: all that are public and need no log-in."""

    @property
    def stands_for(self) -> str:
        """The market."""
        return self.market or self.name


class Launch(_Table, frozen=True, kw_only=True):
    """The whole launch file."""

    name: str
    """The name of the product."""
    domain: str
    """The registrable domain, such as `example.com`."""
    canonical: str
    """The one main address: scheme and host, such as `https://example.com/`."""
    markets: tuple[str, ...] = ()
    """Markets where it launches, such as `US`, `EU`."""
    languages: tuple[str, ...] = ()
    """Languages of the product, such as `en`, `de`."""
    cdn: str = ""
    """The CDN that public traffic goes through, such as `cloudflare`. Empty: the one that is detected."""
    announced: bool = True
    """False for a launch that is still secret: public services are then not queried."""
    sprint: Sprint | None = None
    """The launch sprint."""
    permission: Permission | None = None
    """Who allowed the checks, for which domains, and when. It counts once you have confirmed it on this computer."""
    hosts: tuple[Host, ...] = ()
    """The public hosts of the product."""
    routes: tuple[Route, ...] = ()
    """The requests that matter for the business; the first five are measured."""
    pages: tuple[Page, ...] = ()
    """Pages that the demo shows, and where ads lead."""
    redirects: tuple[Redirect, ...] = ()
    """Old addresses and where they must lead."""
    apps: Apps = Apps()
    """The product's mobile apps, and the pages that app stores require."""
    legal: tuple[LegalPage, ...] = ()
    """Pages that the law or a provider requires; those linked from the home page are found automatically."""
    payments: Payments = Payments()
    """How the product takes payments."""
    safety: Safety = Safety()
    """What users can show each other, and who moderates it."""
    email: Email = Email()
    """How the product sends and receives mail."""
    mailboxes: tuple[Mailbox, ...] = ()
    """Test mailboxes that are searched for the product's mails."""
    flows: tuple[MailFlow, ...] = ()
    """The mails that the product sends."""
    recovery_path: tuple[PathStep, ...] = ()
    """The path from log-in to notification, step by step; key F in the console walks it."""
    repository: Repository | None = None
    """Where the code is."""
    watch: Watch = Watch()
    """How the product is watched."""
    targets: tuple[WatchTarget, ...] = ()
    """Targets to watch besides the home page, safe routes and mail servers, and how."""
    alerts: tuple[Alert, ...] = ()
    """Who is alerted when something is down, slow or about to expire."""
    silence: tuple[Silence, ...] = ()
    """Planned times in which outages are not alerted. Certificate warnings are."""
    logs: tuple[Log, ...] = ()
    """Logs of the product on this machine."""
    queues: tuple[Queue, ...] = ()
    """Servers with job queues."""
    regions: tuple[Region, ...] = ()
    """Other places from which the product is watched."""
    connect: dict[str, str] = {}
    """HOST[:PORT] = ADDRESS[:PORT], as curl's connect-to; `*` stands for any host or port."""
    settings: Settings = Settings()
    """How LaunchReady may contact the outside."""

    @property
    def canonical_host(self) -> str:
        """Lower case, without a port; the domain where no canonical address is written."""
        return host_of(self.canonical) or self.domain.lower()

    def host(self, name: str) -> Host | None:
        """The declared host of that name."""
        return next((host for host in self.hosts if host.name == name), None)

    def hosts_of(self, *roles: Role) -> tuple[Host, ...]:
        """The declared hosts with one of these roles, in file order."""
        return tuple(host for host in self.hosts if host.role in roles)

    def permits(self, host: str) -> bool:
        """Whether the recorded permission covers this host, and counts on this machine."""
        if self.permission is None or isinstance(self.permission, Unconfirmed):
            return False
        return any(host == domain or host.endswith("." + domain) for domain in self.permission.domains)


class LaunchFile(msgspec.Struct, frozen=True, kw_only=True):
    """A launch file as it was read: the launch, where it lies, and the hash that trust is bound to."""

    launch: Launch
    path: Path
    sha256: str

    @property
    def folder(self) -> Path:
        """The workspace: where journal, inventory and decisions lie."""
        return self.path.parent
