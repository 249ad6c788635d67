"""Keys and passwords that checks may use: where they are kept and for which hosts; never their values."""

from __future__ import annotations

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from ... import clock
from ...vault import Entry, VaultError, VaultStatus
from .. import words
from ..ink import Cell, wrap
from ..store import Snapshot
from ..widgets.form import Field
from ..widgets.ledger import Col, Ledger, Row
from ..widgets.lines import Line, Lines
from .page import Page

PLACES = {"environment": "environment", "keyring": "keyring", "memory": "memory, until you quit"}


class Known(Message):
    """What the vault holds, and how it keeps it."""

    bubble = False

    def __init__(self, entries: tuple[Entry, ...], status: VaultStatus | None, wrong: str = "") -> None:
        super().__init__()
        self.entries, self.status, self.wrong = entries, status, wrong


class Done(Message):
    """How storing, deleting or testing went."""

    bubble = False

    def __init__(self, said: str, wrong: bool = False) -> None:
        super().__init__()
        self.said, self.wrong = said, wrong


class Credentials(Page):
    """Key k."""

    AUTO_FOCUS = "#entries"
    HINTS = ("edit.add", "edit.test", "edit.delete")
    HELP = (
        "Keys and passwords that checks may use, by name. Values are never shown and cannot be copied: + stores one, "
        "V tests whether it can be read, delete removes it. Each is sent only to the hosts it was stored for."
    )

    def __init__(self) -> None:
        super().__init__()
        self.entries: tuple[Entry, ...] = ()
        self.status: VaultStatus | None = None
        self.wrong = ""
        self.tried: dict[str, tuple[str, bool]] = {}

    def body(self) -> ComposeResult:
        yield Lines(id="title")
        yield Lines(id="keyring")
        with Vertical(id="work"):
            yield Ledger(
                [
                    Col("Credential", 0),
                    Col("for hosts", 0, tone="ink2"),
                    Col("kept in", 24, tone="ink2", above=80),
                    Col("stored", 8, right=True, tone="ink3", above=96),
                    Col("used", 8, right=True, tone="ink3", above=70),
                    Col("test", 22, tone="ink2", above=110, gap=3),
                ],
                id="entries",
                empty="No credentials stored: press + to store one, or set LAUNCHREADY_NAME in the environment",
            )
            yield Ledger(
                [Col("Needed by the launch file", 0), Col("route", 0, tone="ink2"), Col("there", 12)],
                id="needed",
                cursor=False,
            )

    def on_screen_resume(self) -> None:
        self.look()

    @work(thread=True, exclusive=True, exit_on_error=False, group="vault-list", name="list")
    def look(self) -> None:
        """Asks the vault off the loop: a keyring may take its time."""
        vault = self.console.workspace.vault
        try:
            entries = vault.entries()
            self.post_message(Known(entries, self.status))
            self.post_message(Known(entries, vault.status()))
        except (ValueError, OSError, VaultError) as why:
            self.post_message(Known((), self.status, str(why)))
        except Exception as why:  # noqa: BLE001  a broken index file must not take the page down
            self.post_message(Known((), self.status, str(why)))

    def on_known(self, message: Known) -> None:
        self.entries, self.status, self.wrong = message.entries, message.status, message.wrong
        self.redraw()

    def draw(self, snap: Snapshot) -> None:
        rows = []
        for entry in self.entries:
            said, fine = self.tried.get(entry.name, ("", True))
            mark = words.glyph("pass" if fine else "fail") if said else (" ", "ink3")
            cells: list[Cell] = [
                [(entry.name, "ink"), (f"  {entry.label}" if entry.label else "", "ink3")],
                ", ".join(entry.hosts) or ("none: it is never sent", "ink3"),
                PLACES[entry.place],
                clock.ago(entry.created, snap.now) if entry.created else ("·", "rule"),
                clock.ago(entry.last_used, snap.now) if entry.last_used else ("never", "ink3"),
                said or ("v tests it", "ink3"),
            ]
            rows.append(Row(entry.name, cells, mark))
        self.query_one("#entries", Ledger).show(rows)
        have = {entry.name for entry in self.entries}
        needed = [
            Row(
                route.name,
                [route.login, route.name, "yes" if route.login in have else ("not stored", "ink")],
                words.glyph("pass" if route.login in have else "unknown"),
            )
            for route in snap.launch.routes
            if route.login
        ]
        board = self.query_one("#needed", Ledger)
        board.display = bool(needed)
        board.show(needed)
        told = self.wrong or (self.status.words if self.status else "Opening the keyring …")
        look = (
            "fail"
            if self.wrong
            else "checking"
            if self.status is None
            else "pass"
            if self.status.kind == "ready"
            else "warn"
        )
        keyring = self.query_one("#keyring", Lines)
        room = max(10, self.app.size.width - (4 if self.app.size.width < 100 else 6) - 3)
        keyring.show(
            [
                Line([(part, "ink2")], mark=words.glyph(look) if n == 0 else None)
                for n, part in enumerate(wrap(told, room))
            ]
        )
        counted = f"   {words.plural(len(self.entries), 'name')}, no values"
        self.query_one("#title", Lines).show([Line([("Credentials", "ink b"), (counted, "ink3")], [], ("k", "ink3"))])

    # Acting

    async def add(self) -> bool:
        hosts = tuple(host.name for host in self.console.snapshot.launch.hosts)
        fields = [
            Field("name", "name", hint="shop-login", needed=True, check=_name_problem),
            Field("label", "what for", hint="a few words"),
            Field("hosts", "for hosts", hint=hosts[0] if hosts else "api.example.com", known=hosts, needed=True),
            Field("value", "value", kind="secret", hint="typed or pasted, never shown", needed=True),
        ]

        def save(values: dict[str, str]) -> str:
            bound = [one for one in values["hosts"].replace(",", " ").split() if one]
            self.put(values["name"], values.pop("value"), tuple(bound), values["label"])
            return f"Storing {values['name']} …"

        lines = ["It is sent only to these hosts and never written to a file, log, picture or report."]
        if self.status and self.status.kind != "ready":
            lines.append(self.status.words)
        await self.console.ask_form("Store a credential", lines, fields, save, "credential")
        return True

    @work(thread=True, exit_on_error=False, group="vault", name="store")
    def put(self, name: str, value: str, hosts: tuple[str, ...], label: str) -> None:
        """Stores a value, off the loop."""
        try:
            place = self.console.workspace.vault.set(name, value, hosts, label)
        except (ValueError, OSError, VaultError) as why:
            self.post_message(Done(str(why), True))
        else:
            self.post_message(Done(f"{name} is stored in {PLACES[place]}"))

    async def delete(self) -> bool:
        name = self.query_one("#entries", Ledger).key
        if not name:
            return False

        def answered(yes: bool | None) -> None:
            if yes:
                self.drop(name)

        lines = ["It is removed from the keyring and from memory. An environment variable stays: unset it yourself."]
        await self.console.ask(f"Delete {name}?", lines, "delete", answered)
        return True

    @work(thread=True, exit_on_error=False, group="vault", name="delete")
    def drop(self, name: str) -> None:
        """Deletes, off the loop."""
        try:
            had = self.console.workspace.vault.delete(name)
        except (ValueError, OSError, VaultError) as why:
            self.post_message(Done(str(why), True))
        else:
            self.post_message(
                Done(f"{name} was deleted" if had else f"{name} is set only in the environment: unset it there")
            )

    async def test(self) -> bool:
        name = self.query_one("#entries", Ledger).key
        entry = next((one for one in self.entries if one.name == name), None)
        if entry is None:
            return False
        self.ask(entry)
        return True

    @work(thread=True, exit_on_error=False, group="vault", name="test")
    def ask(self, entry: Entry) -> None:
        """Asks whether a credential can be read for each of its hosts, off the loop."""
        vault = self.console.workspace.vault
        hosts = [host.replace("*", "www", 1) for host in entry.hosts] or [""]
        wrong = next((said for host in hosts if (said := vault.why(entry.name, host))), "")
        self.tried[entry.name] = (wrong or "can be read", not wrong)
        self.post_message(Done(wrong or f"{entry.name} can be read", bool(wrong)))

    def on_done(self, message: Done) -> None:
        self.console.say(message.said, wrong=message.wrong)
        self.look()


def _name_problem(value: str) -> str:
    from ...launch.names import credential_problem

    problem = credential_problem(value)
    return f"allowed: {problem}" if problem else ""
