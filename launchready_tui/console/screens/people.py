"""Who can do what, and how many can fix; what the business runs on; what brings it back; whom to call."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from .. import tables, words
from ..ink import GLYPHS, Cell, Span, Spans, fit, wrap_spans
from ..store import Snapshot
from ..tables import KINDS, Kind
from ..target import Target
from ..widgets.ledger import Col, Ledger, Row
from ..widgets.lines import Line, Lines
from ..widgets.story import Story, Told, labelled, title_lines
from .page import Page

if TYPE_CHECKING:
    from ...launch.inventory import Access, System
    from ...launch.people import Person
    from ...workspace import Workspace

SHORT = {
    "registrar": "name", "dns": "DNS", "hosting": "host", "cdn": "edge", "code": "code", "ci": "CI", "database": "data", "queue": "queue",
    "storage": "files", "secrets": "vault", "email": "mail", "sms": "sms", "payments": "pay", "app-store": "store", "analytics": "visits",
    "monitoring": "watch", "support": "help", "ai": "AI", "other": "other",
}  # fmt: skip
SHORT_MFA = {"none": "no", "sms": "sms", "totp": "app", "key": "key", "unknown": "?"}
FIRST = ("dns", "hosting", "database", "payments", "email", "code", "registrar")
FIXERS = ("owner", "admin")


def columns_of(workspace: Workspace, most: int) -> list[System]:
    """The systems that the matrix has room for, the ones that stop the business first."""

    def weight(system: System) -> int:
        return FIRST.index(system.category) if system.category in FIRST else len(FIRST)

    return sorted(workspace.inventory.systems, key=weight)[:most]


def is_wrong(access: Access, person: Person | None) -> bool:
    """A right that nobody should have: of somebody who left, more than is needed, without a second factor."""
    gone = person is not None and person.status == "left"
    more = bool(access.role and access.expected_role and access.role.casefold() != access.expected_role.casefold())
    return gone or more or access.mfa == "none"


def matrix(workspace: Workspace, most: int) -> tuple[list[Col], list[Row]]:
    """People by systems; below, how many can fix each and who pays."""
    systems = columns_of(workspace, most)
    cols = [
        Col("Person", 0),
        Col("role", 16, tone="ink2", above=104),
        *[Col(SHORT[one.category], 6, gap=0 if n else 2) for n, one in enumerate(systems)],
    ]
    cols.append(Col("2FA", 5, right=True, tone="ink3", gap=1))
    rows = []
    for person in workspace.people.people:
        mine = [one for one in workspace.inventory.access if one.person == person.id]
        cells: list[Cell] = [person.name or person.id, person.role]
        for system in systems:
            entry = next((one for one in mine if one.system == system.id), None)
            cells.append(_right(entry, person))
        cells.append(_factor(mine))
        wrong = [one for one in mine if is_wrong(one, person)]
        look = "fail" if wrong else "na" if person.status == "left" else "warn" if person.status == "leaving" else "pass"
        rows.append(Row(person.id, cells, words.glyph(look), look))
    if rows and systems:
        rows.append(Row("rule", rule=True, apart=True))
        rows.append(Row("fix", ["can fix", "", *[_fixers(workspace, one) for one in systems]], apart=True))
        rows.append(Row("pays", ["pays", "", *[_payer(one) for one in systems]], apart=True))
    return cols, rows


def _right(entry: Access | None, person: Person) -> Cell:
    if entry is None:
        return ("·", "rule")
    role = entry.role or "?"
    if is_wrong(entry, person):
        return [*_cut(role, 5, "fail b"), (GLYPHS["fail"], "fail")]
    return _cut(role, 5, "ink" if role in FIXERS else "ink3")


def _cut(word: str, size: int, tone: str) -> Spans:
    return [(word, tone)] if len(word) <= size else fit([(word, tone)], size)


def _factor(mine: list[Access]) -> Cell:
    if not mine:
        return ("·", "rule")
    if any(one.mfa == "none" for one in mine):
        return ("no", "fail")
    if any(one.mfa == "unknown" for one in mine):
        return ("?", "unknown")
    return "yes"


def _fixers(workspace: Workspace, system: System) -> Cell:
    """How many people who are still here could repair it."""
    here = {one.id for one in workspace.people.people if one.status != "left"}
    count = len({one.person for one in workspace.inventory.access if one.system == system.id and one.role in FIXERS and one.person in here})
    return [(f"{count}{GLYPHS['fail']}", "fail b")] if count < 2 else str(count)


def _payer(system: System) -> Cell:
    if not system.billing_owner:
        free = system.no_bill or system.category == "other"
        return ("free" if system.no_bill else "·", "ink3") if free else [(f"none{GLYPHS['fail']}", "fail b")]
    return ("yes", "ink2")


class PeoplePage(Page):
    """Key p."""

    TITLE_KEY = "p"
    AUTO_FOCUS = "#table"
    HINTS = ("edit.add", "edit.delete", "list.find")
    HELP = (
        "Who takes part and what they can do, the systems the business runs on, backups, recovery cards and the "
        "launch-day contacts. Left and "
        "right change the table, enter edits a line, + adds one, delete takes one away. Escape in a form keeps what was typed. "
        "Names and contacts stay on this machine; other files name people by id."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", "table before", show=False, id="table.before"),
        Binding("right", "turn(1)", "next table", show=False, id="table.after"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.kind: Kind = KINDS[0]
        self.keys: dict[str, str] = {}

    def body(self) -> ComposeResult:
        yield Lines(id="title")
        yield Lines(id="tabs")
        with Horizontal(id="work"):
            with Vertical(id="left"):
                yield Ledger((), id="table", end=1, hold=True)
                yield Ledger([Col("To change", 0)], id="points", end=1, cursor=False, wrap=2)
            yield Story(id="card")

    # Drawing

    def draw(self, snap: Snapshot) -> None:
        workspace = self.console.workspace
        table = self.query_one("#table", Ledger)
        if self.kind.id == "people":
            room = table.size.width - table.lead_width() - 1 - 15 - 2 - 6 - (18 if table.size.width >= 104 else 0)
            most = max(0, min(9, room // 6))
            cols, rows = matrix(workspace, most)
        else:
            cols, rows = list(self.kind.cols), self._rows(snap, workspace)
        table.set_cols(cols)
        table.show(rows, empty=self.kind.empty)
        points = self._points(snap) if self.kind.id in ("people", "systems", "access") else []
        board = self.query_one("#points", Ledger)
        board.display = bool(points)
        self.set_class(not points, "-alone")
        board.show([Row(f"{n}", cells, words.glyph(look), look) for n, (look, cells) in enumerate(points)])
        persons = words.plural(len(workspace.people.people), "person", "people")
        counted = f"   {persons}, {words.plural(len(workspace.inventory.systems), 'system')}"
        right: Spans = [("✕", "fail"), (f" {len(points)}", "ink"), (" to change", "ink3")] if points else []
        self.query_one("#title", Lines).show([Line([("People and access", "ink b"), (counted, "ink3")], right, ("p", "ink3"))])
        self.query_one("#tabs", Lines).show([self._tabs()])
        self._card(snap)

    def _tabs(self) -> Line:
        out: Spans = [("‹ ", "accent")]
        for kind in KINDS:
            on = kind is self.kind
            out += [(kind.title, "ink b" if on else "ink3"), ("   ", "ink")]
        return Line([*out[:-1], (" ›", "accent")])

    def _systems(self, snap: Snapshot) -> dict[str, str]:
        return {f"system:{one.id}": one.name or one.id for one in self.console.workspace.inventory.systems}

    def _rows(self, snap: Snapshot, workspace: Workspace) -> list[Row]:
        systems = self._systems(snap)

        def name(person: str) -> str:
            return systems.get(person) or snap.name(person.removeprefix("system:"))

        return [Row(self.kind.key(one), list(self.kind.cells(one, name)), (" ", "ink3")) for one in tables.items(workspace, self.kind)]

    def _points(self, snap: Snapshot) -> list[tuple[str, list[Cell]]]:
        """What is wrong with the access as it is filled in; the bundle says the same."""
        from ...handover.pages.access import points
        from ..panels import shot_of

        found = points(shot_of(snap, self.console.workspace))
        return [(state.tone or "unknown", [what.text]) for what, state, *_ in found]

    def _card(self, snap: Snapshot) -> None:
        card = self.query_one("#card", Story)
        if card.size.width < 14:
            return
        table = self.query_one("#table", Ledger)
        item = tables.find(self.console.workspace, self.kind, table.key) if table.key else None
        width = card.text_width
        keys: Spans = [("enter", "ink b"), (" edit  ", "ink3"), ("+", "ink b"), (" add  ", "ink3"), ("del", "ink b"), (" delete", "ink3")]
        if item is None:
            card.tell(
                Told(tuple(title_lines(self.kind.title.capitalize(), [], width) + labelled("", [(self.kind.empty, "ink2")], width)), 2), ""
            )
            return
        title = getattr(item, "name", "") or getattr(item, "title", "") or table.key
        right: Spans = [(tables.STATUS[item.status], "ink2")] if self.kind.id == "people" else []
        head = title_lines(title, right, width)
        lines = []
        for ask in self.kind.asks:
            if ask.name in ("name", "title", "status"):
                continue
            value = tables.text_of(getattr(item, ask.name))
            shown = dict(ask.options).get(value, snap.name(value) if ask.person else value)
            said: Span = (shown, "ink") if shown else ("not filled", "ink3")
            parts = wrap_spans([said], max(8, width - 12))
            lines += [Line([((ask.label if n == 0 else "").ljust(12), "ink3"), *part]) for n, part in enumerate(parts)]
        mine = [one for one in self.console.workspace.inventory.access if self.kind.id == "people" and one.person == item.id]
        if mine:
            lines += [Line(), Line([("Can get into", "ink3")])]
            for one in mine:
                wrong = is_wrong(one, item)
                system = self._systems(snap).get(f"system:{one.system}", one.system)
                told: Spans = [*fit([(system, "ink")], 17), (" ", "ink"), (one.role or "?", "fail b" if wrong else "ink2")]
                told += [(f" {GLYPHS['fail']}", "fail")] if wrong else []
                lines.append(Line(told, [(SHORT_MFA[one.mfa], "fail" if one.mfa == "none" else "ink3")]))
        if hasattr(item, "id"):
            lines += [Line(), Line([("id".ljust(12), "ink3"), (item.id, "ink2")])]
        lines += [Line(), Line(keys)]
        card.tell(Told((*head, *lines), len(head), tuple(keys)), (self.kind.id, table.key))

    # Acting

    def target(self) -> Target | None:
        standing = self.console.snapshot.standing("handover.access")
        return Target(standing) if standing else None

    def show_kind(self, name: str, key: str = "") -> None:
        """Another table, with the cursor on a line of it."""
        table = self.query_one("#table", Ledger)
        self.keys[self.kind.id] = table.key
        if key:
            self.keys[name] = key
        self.kind = tables.KIND[name]
        table.reset(self.keys.get(name, ""))
        self.redraw()

    def action_turn(self, step: int) -> None:
        at = KINDS.index(self.kind)
        self.show_kind(KINDS[(at + step) % len(KINDS)].id)

    async def _ask(self, key: str) -> None:
        workspace, kind = self.console.workspace, self.kind
        item = tables.find(workspace, kind, key) if key else None

        def save(values: dict[str, str]) -> str:
            made = tables.keep(workspace, kind, key, values)
            self.keys[kind.id] = made
            self.call_after_refresh(self.query_one("#table", Ledger).select, made)
            return f"{kind.one.capitalize()} saved"

        title = f"{'Change' if item is not None else 'Add'}: {kind.one}"
        lines = ["No secret and no password belongs here; name where it lies."] if kind.id == "access" else []
        if kind.id == "access" and not workspace.inventory.systems:
            self.console.say("Add a system first: access is access to one of them")
            return
        await self.console.ask_form(title, lines, tables.fields(workspace, kind, item), save, f"{kind.id} {key}")

    async def add(self) -> bool:
        await self._ask("")
        return True

    async def delete(self) -> bool:
        from .dialog import Question

        key, kind = self.query_one("#table", Ledger).key, self.kind
        item = tables.find(self.console.workspace, kind, key) if key else None
        if item is None:
            return False
        title = getattr(item, "name", "") or getattr(item, "title", "") or key

        def drop() -> str:
            tables.drop(self.console.workspace, kind, key)
            return f"{title} is deleted"

        def answered(yes: bool | None) -> None:
            if yes:
                said = self.console.attempt(drop)
                self.console.say(said.wrong or said.words, wrong=bool(said.wrong))

        await self.app.push_screen(
            Question(f"Delete {title}?", [f"This {kind.one} leaves the file; nothing else changes."], "delete"), answered
        )
        return True

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        event.stop()
        if event.ledger.id == "table":
            self._card(self.console.snapshot)

    async def on_ledger_chosen(self, event: Ledger.Chosen) -> None:
        event.stop()
        await self._ask(event.key)
