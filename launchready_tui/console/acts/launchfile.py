"""Adding to the launch file, and to the tables of the page one is on."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from ...launch.model import (
    Alert,
    Environment,
    Flow,
    Host,
    Method,
    PageUse,
    Permission,
    Repository,
    Role,
    Route,
    Unconfirmed,
)
from ...launch.model import Page as LaunchPage
from ...launch.trust import permission_words
from ...persons import PersonId
from ...text import whole
from ..valid import is_url
from ..widgets.form import Field
from . import decide

if TYPE_CHECKING:
    from ..host import ConsoleHost


def _options(words: object) -> tuple[tuple[str, str], ...]:
    return tuple((word, word) for word in get_args(words))


def _host_name(value: str) -> str:
    from ...launch.names import host_problem

    problem = host_problem(value)
    return f"allowed: {problem}" if problem else ""


def _count(value: str) -> str:
    return "" if 0 < (whole(value) or 0) <= 60_000 else "a number of milliseconds"


async def add(app: ConsoleHost) -> None:
    """On a page with tables of its own a line of those; elsewhere a table of the launch file. What it has only once is
    offered while it is missing."""
    if app.page is not None and await app.page.add():
        return
    launch = app.snapshot.launch
    kinds = [
        ("host", "a host", "a public name of the product"),
        ("route", "a route", "a request that a business flow depends on"),
        ("page", "a page", "what a demo shows or an ad links to"),
        ("alert", "an alert", "who is alerted, and where they read it"),
    ]
    if launch.permission is None or isinstance(launch.permission, Unconfirmed):
        kinds.append(("permission", "the permission", "who allowed what goes beyond an ordinary visit"))
    if launch.repository is None:
        kinds.append(("repository", "the code", "the folder that it is in"))

    async def chosen(kind: str | None) -> None:
        if kind:
            await FORMS[kind](app)

    await app.choose("Add to the launch file", kinds, chosen)


async def _add_host(app: ConsoleHost) -> None:
    """A host."""
    fields = [
        Field("name", "name", hint=f"shop.{app.snapshot.launch.domain}", needed=True, check=_host_name),
        Field("role", "role", "web", "choice", _options(Role)),
        Field("environment", "environment", "production", "choice", _options(Environment)),
        Field("purpose", "purpose", hint="what it is for, in a few words"),
        Field("provider", "provider", hint="the company that hosts it"),
    ]

    def save(values: dict[str, str]) -> str:
        app.workspace.add_to_launch(Host(**values))  # type: ignore[arg-type]
        return f"{values['name']} was added to the launch file; R checks it"

    await app.ask_form("Add a host to the launch file", [], fields, save, "add host")


async def _add_route(app: ConsoleHost) -> None:
    """A route."""
    fields = [
        Field("name", "name", hint="search", needed=True),
        Field(
            "url", "address", hint=f"https://api.{app.snapshot.launch.domain}/search?q=bike", needed=True, check=is_url
        ),
        Field("flow", "flow", "search", "choice", _options(Flow)),
        Field("method", "method", "GET", "choice", _options(Method)),
        Field("login", "log-in", hint="name of a stored credential, if it needs one"),
        Field(
            "safe",
            "repeat",
            "no",
            "choice",
            (("no", "no, repeating it has an effect"), ("yes", "yes, safe to repeat")),
        ),
        Field("target_ms", "target ms", "300", check=_count),
    ]

    def save(values: dict[str, str]) -> str:
        target = int(values.pop("target_ms") or "300")
        safe = values.pop("safe") == "yes"
        app.workspace.add_to_launch(Route(**values, safe=safe, target_ms=target))  # type: ignore[arg-type]
        return f"The route {values['name']} was added to the launch file"

    await app.ask_form(
        "Add a route to the launch file",
        ["Only routes that are safe to repeat are measured."],
        fields,
        save,
        "add route",
    )


async def _add_page(app: ConsoleHost) -> None:
    """A page."""
    fields = [
        Field("url", "address", hint=f"https://{app.snapshot.launch.domain}/", needed=True, check=is_url),
        Field("use", "use", "demo", "choice", _options(PageUse)),
        Field("name", "name", hint="what people call it"),
    ]

    def save(values: dict[str, str]) -> str:
        app.workspace.add_to_launch(LaunchPage(**values))  # type: ignore[arg-type]
        return "The page was added to the launch file"

    await app.ask_form("Add a page to the launch file", [], fields, save, "add page")


async def add_permission(app: ConsoleHost) -> None:
    """Who allowed what goes beyond an ordinary visit; one that the file records already is confirmed or left."""
    domain = app.snapshot.launch.domain
    if app.workspace.unconfirmed:
        lines = [
            f"The launch file records it: {permission_words(app.workspace.launch)}.",
            "Nobody has confirmed that on this computer, so it does not count.",
        ]
        await app.ask("Was this permission given?", lines, "it was given", lambda yes: _confirm(app, yes), "no")
        return

    def save(values: dict[str, str]) -> str:
        domains = tuple(part.strip() for part in values["domains"].split(",") if part.strip())
        item = Permission(by=PersonId(values["by"]), on=app.snapshot.now.date(), domains=domains)
        app.workspace.add_to_launch(item)
        return f"Recorded: {values['by']} allows it for {', '.join(domains)}"

    lines = [
        "Some checks go beyond an ordinary visit: they request files that should not exist and the whole DNS zone, "
        "or send an unsigned payment message. They run only for domains whose owner allowed it.",
    ]
    fields = [
        decide.who(app, "by", "allowed by"),
        Field("domains", "domains", domain, hint=f"{domain}, with everything below it", needed=True),
    ]
    await app.ask_form("Record the permission", lines, fields, save, "add permission")


def _confirm(app: ConsoleHost, yes: bool | None) -> None:
    if not yes:
        app.say("The permission does not count")
        return

    def take() -> str:
        app.workspace.confirm_permission()
        return "The permission counts from now on; R runs the checks that need it"

    said = app.attempt(take)
    app.say(said.wrong or said.words, wrong=bool(said.wrong))


async def add_repository(app: ConsoleHost) -> None:
    """The folder of the code."""
    folder = app.workspace.folder

    def is_folder(value: str) -> str:
        return "" if (folder / value).is_dir() else f"no such folder, seen from {folder}"

    def save(values: dict[str, str]) -> str:
        app.workspace.add_to_launch(Repository(**values))
        return f"The code is in {values['path']}; the checks read it from now on"

    fields = [
        Field(
            "path", "folder", "." if (folder / ".git").exists() else "", hint="../shop", needed=True, check=is_folder
        ),
        Field("github", "at GitHub", hint="owner/name, to read its deployments"),
    ]
    lines = ["The code is only read; none of it leaves this machine."]
    await app.ask_form("Name the folder of the code", lines, fields, save, "add repository")


async def add_alert(app: ConsoleHost) -> None:
    """Who is alerted, and where they read it."""
    kinds = (
        ("slack", "a chat webhook"),
        ("telegram", "Telegram"),
        ("ntfy", "ntfy"),
        ("webhook", "a webhook of your own"),
        ("email", "an email"),
    )

    def save(values: dict[str, str]) -> str:
        app.workspace.add_to_launch(Alert(**values))  # type: ignore[arg-type]
        keeps = f"; {app.key_of('go.credentials')} stores {values['credential']}" if values["credential"] else ""
        return f"{values['owner']} is alerted through {values['name']}{keeps}"

    fields = [
        Field("name", "name", "on-call", needed=True),
        decide.who(app, "owner", "who acts"),
        Field("kind", "through", "slack", "choice", kinds),
        Field(
            "credential",
            "credential",
            "chat-webhook",
            hint="the stored webhook, topic, bot token or password, by its name",
        ),
        Field("server", "server", hint="empty for hooks.slack.com, ntfy.sh, api.telegram.org"),
        Field("to", "to", hint="the address for an email, the chat id for Telegram"),
        Field("sender", "from", hint="the address it comes from, for an email"),
    ]
    lines = ["Webhook URLs, ntfy topics and bot tokens are secrets: only their names belong here."]
    await app.ask_form("Add an alert", lines, fields, save, "add alert")


FORMS = {
    "host": _add_host,
    "route": _add_route,
    "page": _add_page,
    "alert": add_alert,
    "permission": add_permission,
    "repository": add_repository,
}


async def delete(app: ConsoleHost) -> None:
    """Takes the selected line away, where the page has such lines."""
    if app.page is None or not await app.page.delete():
        app.say("Nothing here can be deleted")


def take(app: ConsoleHost) -> None:
    """Takes over all that the page proposes."""
    if app.page is None or not app.page.take_all():
        app.say("Nothing is proposed here. On people and access, proposals are listed below each table")


async def test(app: ConsoleHost) -> None:
    """Tries what is selected, where the page has something to try."""
    if app.page is None or not await app.page.test():
        app.say("Nothing to test here. On the credentials page this tests whether one can be read")
