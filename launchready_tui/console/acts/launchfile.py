"""Adding to the launch file, and to the tables of the page one is on."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from ...launch.model import Environment, Flow, Host, Method, PageUse, Role, Route
from ...launch.model import Page as LaunchPage
from ..valid import is_url
from ..widgets.form import Field

if TYPE_CHECKING:
    from ..host import ConsoleHost


def _options(words: object) -> tuple[tuple[str, str], ...]:
    return tuple((word, word) for word in get_args(words))


def _host_name(value: str) -> str:
    from ...launch.names import host_problem

    problem = host_problem(value)
    return f"allowed: {problem}" if problem else ""


def _count(value: str) -> str:
    return "" if value.isdigit() and 0 < int(value) <= 60000 else "a number of milliseconds"


async def add(app: ConsoleHost) -> None:
    """On a page with tables of its own a line of those; elsewhere a host, route or page of the launch file."""
    if app.page is not None and await app.page.add():
        return
    kinds = (
        ("host", "a host", "a public name of the product"),
        ("route", "a route", "a request that matters for a business flow"),
        ("page", "a page", "what the demo shows, or where an advertisement leads"),
    )

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
        Field("provider", "provider", hint="the company it runs at"),
    ]

    def save(values: dict[str, str]) -> str:
        app.workspace.add_to_launch(Host(**values))  # type: ignore[arg-type]
        return f"{values['name']} stands in the launch file now; R looks at it"

    await app.ask_form("A host for the launch file", [], fields, save, "add host")


async def _add_route(app: ConsoleHost) -> None:
    """A route."""
    fields = [
        Field("name", "name", hint="search", needed=True),
        Field(
            "url", "address", hint=f"https://api.{app.snapshot.launch.domain}/search?q=bike", needed=True, check=is_url
        ),
        Field("flow", "flow", "search", "choice", _options(Flow)),
        Field("method", "method", "GET", "choice", _options(Method)),
        Field("login", "log-in", hint="name of a stored credential, where it needs one"),
        Field(
            "safe",
            "repeat",
            "no",
            "choice",
            (("no", "no, asking again has an effect"), ("yes", "yes, safe to ask again and again")),
        ),
        Field("target_ms", "target ms", "300", check=_count),
    ]

    def save(values: dict[str, str]) -> str:
        target = int(values.pop("target_ms") or "300")
        safe = values.pop("safe") == "yes"
        app.workspace.add_to_launch(Route(**values, safe=safe, target_ms=target))  # type: ignore[arg-type]
        return f"The route {values['name']} stands in the launch file now"

    await app.ask_form(
        "A route for the launch file", ["Only routes that are safe to repeat are measured."], fields, save, "add route"
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
        return "The page stands in the launch file now"

    await app.ask_form("A page for the launch file", [], fields, save, "add page")


FORMS = {"host": _add_host, "route": _add_route, "page": _add_page}


async def delete(app: ConsoleHost) -> None:
    """Takes the selected line away, where the page has such lines."""
    if app.page is None or not await app.page.delete():
        app.say("Nothing here can be deleted")


def take(app: ConsoleHost) -> None:
    """Takes over all that the page proposes."""
    if app.page is None or not app.page.take_all():
        app.say(
            "Nothing is proposed here; on people and access, what was seen and is not "
            "written down stands below each table"
        )


async def test(app: ConsoleHost) -> None:
    """Tries what is selected, where the page has something to try."""
    if app.page is None or not await app.page.test():
        app.say("Nothing here can be tested; on the credentials page this asks whether one can be read")
