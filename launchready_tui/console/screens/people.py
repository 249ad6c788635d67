"""Who can do what, and how many can fix; what the business runs on; what brings it back; whom to call; what was seen
beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from .. import kinds, tables, words
from .. import peoplelines as told
from ..host import Again
from ..ink import Spans
from ..kinds import KINDS, Item, Kind
from ..matrix import matrix
from ..store import Snapshot
from ..target import Target
from ..widgets.ledger import Col, Ledger, Row
from ..widgets.lines import Line, Lines
from ..widgets.story import Story
from .page import Page

if TYPE_CHECKING:
    from ...findings import Finding
    from ...handover import Proposal, Without

SEEN = "seen:"
POINTED = ("people", "systems", "access")
"""Tables below which stands what is to change."""


class Table(Ledger):
    """The table itself: what fits is worked out anew in the width it gets."""

    def on_resize(self) -> None:
        if isinstance(self.screen, Page):
            self.screen.redraw()


class PeoplePage(Page):
    """Key p."""

    AUTO_FOCUS = "#table"
    HINTS = ("edit.add", "edit.delete", "decide.undo", "find")
    HELP = (
        "Who takes part and what they can do, the systems the business runs on, backups, recovery cards, who to "
        "call, duties and checkpoints of launch day, renewals. Left and right change the table, enter edits a line, "
        "+ adds one, delete removes one, u undoes the last change. Escape in a form keeps what you typed, even after "
        "a crash. Below the table is what to change: tab goes there, enter opens the line. What the checks found but "
        "no one has recorded is marked +: y adds it, Y adds all. On people, m shows what breaks without the selected "
        "person. Names and contacts stay on this machine; other files name people by id."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", "previous table", show=False, id="table.before"),
        Binding("right", "turn(1)", "next table", show=False, id="table.after"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.kind: Kind = KINDS[0]
        self.keys: dict[str, str] = {}
        self.points: tuple[Finding, ...] = ()
        self.found: tuple[Proposal, ...] = ()
        self.version = -1
        self._looked: tuple[int, str, Without] | None = None

    def body(self) -> ComposeResult:
        yield Lines(id="title")
        yield Lines(id="tabs")
        with Horizontal(id="work"):
            with Vertical(id="left"):
                yield Table((), id="table", end=1, hold=True)
                yield Ledger([Col("To change", 0)], id="points", end=1, wrap=2)
            yield Story(id="card")

    # Drawing

    def draw(self, snap: Snapshot) -> None:
        self._look(snap)
        workspace, kind = self.console.workspace, self.kind
        table = self.query_one("#table", Ledger)
        if kind.id == "people":
            room = table.size.width - table.lead_width() - 1 - 15 - 2 - 6 - (18 if table.size.width >= 104 else 0)
            cols, rows = matrix(workspace, room)
        else:
            cols, rows = list(kind.cols), self._rows()
        table.set_cols(cols)
        table.show(rows, empty=kind.empty)
        board = self.query_one("#points", Ledger)
        shown = self.points if kind.id in POINTED else ()
        board.display = bool(shown)
        self.set_class(not shown, "-alone")
        looks = [words.look(one.state) for one in shown]
        board.show(
            [
                Row(f"{one.rule} {one.subject}", [one.summary], words.glyph(look), look)
                for one, look in zip(shown, looks, strict=True)
            ]
        )
        self._title()
        width = self.app.size.width - (4 if self.app.size.width < 100 else 6) - 3
        self.query_one("#tabs", Lines).show([told.tabs(kind, KINDS, width)])
        self._card()

    def _look(self, snap: Snapshot) -> None:
        """What is to change, and what was seen beside: worked out when something changed, not while checks come in one
        by one."""
        version = self.console.store.version
        if version == self.version or (snap.progress is not None and self.version >= 0):
            return
        from ...handover import proposals

        self.version = version
        self.points = tuple(told.problems(self.console.workspace, snap.now))
        self.found = proposals(self.console.workspace, now=snap.now)

    def _title(self) -> None:
        workspace = self.console.workspace
        persons = words.plural(len(workspace.people.people), "person", "people")
        counted = f"   {persons}, {words.plural(len(workspace.inventory.systems), 'system')}"
        right: Spans = []
        if self.found:
            right += [("+", "accent b"), (f" {len(self.found)}", "ink"), (" found, not recorded", "ink3")]
        if self.points:
            right += [
                ("   " if right else "", "ink"),
                ("✕", "fail"),
                (f" {len(self.points)}", "ink"),
                (" to change", "ink3"),
            ]
        self.query_one("#title", Lines).show(
            [Line([("People and access", "ink b"), (counted, "ink3")], right, ("p", "ink3"))]
        )

    def called(self, who: str) -> str:
        """What a person, or a system as `system:ID`, is called."""
        if who.startswith("system:"):
            return self.console.workspace.inventory.name_of(who.removeprefix("system:"))
        return self.console.snapshot.name(who)

    def _rows(self) -> list[Row]:
        kind = self.kind
        rows = [
            Row(kind.key(one), list(kind.cells(one, self.called)), (" ", "ink3"))
            for one in tables.items(self.console.workspace, kind)
        ]
        seen = tables.proposed(self.found, kind)
        if seen:
            rows.append(Row("seen", [[("found, not recorded", "ink3")]], apart=True, across=True))
            rows += [
                Row(f"{SEEN}{one.title}", list(kind.cells(one.item, self.called)), ("+", "accent"), "new")
                for one in seen
            ]
        return rows

    @property
    def item(self) -> Item | None:
        """The selected line, where it is written down."""
        key = self.query_one("#table", Ledger).key
        return tables.find(self.console.workspace, self.kind, key) if key else None

    @property
    def _proposal(self) -> Proposal | None:
        """The selected line, where it was only seen."""
        key = self.query_one("#table", Ledger).key
        seen = tables.proposed(self.found, self.kind)
        return next((one for one in seen if f"{SEEN}{one.title}" == key), None)

    @property
    def point(self) -> Finding | None:
        """What is to change and the cursor stands on, while the focus is there."""
        board = self.query_one("#points", Ledger)
        if self.focused is not board:
            return None
        return next((one for one in self.points if f"{one.rule} {one.subject}" == board.key), None)

    def gone(self) -> Without | None:
        """What breaks without the selected person."""
        item = self.item
        if self.kind.id != "people" or item is None:
            return None
        version = self.console.store.version
        if self._looked is None or self._looked[:2] != (version, item.id):
            from ...handover import without

            self._looked = (version, item.id, without(self.console.workspace, item.id))
        return self._looked[2]

    def _card(self) -> None:
        card = self.query_one("#card", Story)
        if card.size.width < 14:
            return
        workspace, kind, width, app = self.console.workspace, self.kind, card.text_width, self.console
        item, proposal, point = self.item, self._proposal, self.point
        key = self.query_one("#table", Ledger).key
        if point is not None:
            card.tell(told.point_story(point, "enter", width), f"{point.rule} {point.subject}")
        elif proposal is not None:
            keys = app.key_of("decide.confirm"), app.key_of("edit.take")
            card.tell(told.proposal_story(proposal, kind, width, *keys), key)
        elif item is None:
            card.tell(told.empty_story(kind, width), "")
        elif self.has_class("-without") and (gone := self.gone()) is not None:
            card.tell(told.without_story(gone, self.called(item.id), self.called, width), ("without", key))
        else:
            card.tell(told.card(workspace, kind, item, self.called, width, self.gone()), (kind.id, key))

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
        self.kind = kinds.KIND[name]
        self.remove_class("-without")
        table.reset(self.keys.get(name, ""))
        table.focus()
        self.redraw()

    def show_line(self, table: str, key: str) -> None:
        if table in kinds.KIND:
            self.show_kind(table, key)
        else:
            super().show_line(table, key)

    def way_back(self) -> Again:
        kind, key = self.kind.id, self.query_one("#table", Ledger).key
        return lambda: self.show_kind(kind, key)

    def action_turn(self, step: int) -> None:
        """Left and right: the table before or after, round and round."""
        at = KINDS.index(self.kind)
        self.show_kind(KINDS[(at + step) % len(KINDS)].id)

    async def _ask(self, key: str, item: Item | None, proposal: Proposal | None = None) -> None:
        workspace, kind, edits = self.console.workspace, self.kind, self.console.edits

        def save(values: dict[str, str]) -> str:
            title = values.get("name") or values.get("title") or kind.one
            made = edits.do(
                f"saved: {title}",
                lambda: tables.keep(workspace, kind, key, values, proposal.item if proposal else None),
            )
            self.keys[kind.id] = made
            self.call_after_refresh(self.query_one("#table", Ledger).select, made)
            return f"{kind.one.capitalize()} saved"

        title = f"{'Change' if key else 'Add'}: {kind.one}"
        lines = ["Never enter a secret or password here: name where it is stored."] if kind.id == "access" else []
        if proposal is not None:
            lines.append(f"{proposal.title}: {proposal.why}.")
        if kind.id == "checkpoints" and not workspace.inventory.checkpoints:
            lines.append("The usual seven are saved with it, and you can change them from then on.")
        if kind.id == "access" and not workspace.inventory.systems:
            self.console.say("Add a system first, then who has access to it")
            return
        draft = f"{kind.id} {key or (proposal.title if proposal else '')}"
        await self.console.ask_form(title, lines, tables.fields(workspace, kind, item), save, draft)

    async def fill(self, table: str, finding: Finding | None) -> None:
        """The line that a finding is about, in the form; where it has none yet, a new one of this table."""
        workspace = self.console.workspace
        name, key = table, ""
        if finding is not None and finding.check in ("handover.access", "handover.bus-factor"):
            name, key = told.place_of(workspace, finding)
        elif finding is not None:
            key = finding.subject
        if name == "access" and not workspace.inventory.systems:
            name, key = "systems", ""
        item = tables.find(workspace, kinds.KIND[name], key) if key else None
        self.show_kind(name, key if item is not None else "")
        await self._ask(key if item is not None else "", item)

    async def add(self) -> bool:
        await self._ask("", None)
        return True

    async def confirm(self) -> bool:
        proposal = self._proposal
        if proposal is not None:
            self._take([proposal])
        return proposal is not None

    def take_all(self) -> bool:
        seen = tables.proposed(self.found, self.kind)
        if seen:
            self._take(seen)
        return bool(seen)

    def _take(self, seen: list[Proposal] | tuple[Proposal, ...]) -> None:
        app = self.console
        about = seen[0].title if len(seen) == 1 else words.plural(len(seen), "line")

        def act() -> str:
            app.edits.do(f"added: {about}", lambda: tables.take(app.workspace, seen))
            return f"Added: {about}; {app.key_of('decide.undo')} undoes it"

        said = app.attempt(act)
        app.say(said.wrong or said.words, wrong=bool(said.wrong))

    async def delete(self) -> bool:
        key, kind, item = self.query_one("#table", Ledger).key, self.kind, self.item
        if item is None:
            return False
        title = getattr(item, "name", "") or getattr(item, "title", "") or key

        def drop() -> str:
            self.console.edits.do(f"deleted: {title}", lambda: tables.drop(self.console.workspace, kind, key))
            return f"{title} was deleted; {self.console.key_of('decide.undo')} restores it"

        def answered(yes: bool | None) -> None:
            if yes:
                said = self.console.attempt(drop)
                self.console.say(said.wrong or said.words, wrong=bool(said.wrong))

        lines = [f"This {kind.one} is removed from the file; nothing else changes."]
        await self.console.ask(f"Delete {title}?", lines, "delete", answered)
        return True

    def panel(self) -> Widget | None:
        """What breaks without the selected person; on a narrow page a line's card."""
        if self.has_class("-without"):
            self.leave()
            return self.query_one("#table", Ledger)
        card = self.query_one("#card", Story)
        self.add_class("-without")
        self.call_after_refresh(card.focus)
        self.call_after_refresh(self.redraw)
        return card

    def leave(self) -> bool:
        table = self.query_one("#table", Ledger)
        if self.has_class("-without") or self.focused is not table:
            self.remove_class("-without")
            self.call_after_refresh(table.focus)
            self.call_after_refresh(self.redraw)
            return True
        return False

    def on_descendant_focus(self) -> None:
        self._card()

    def on_ledger_moved(self, event: Ledger.Moved) -> None:
        event.stop()
        self._card()

    async def on_ledger_chosen(self, event: Ledger.Chosen) -> None:
        event.stop()
        if event.ledger.id == "points":
            if self.point is not None:
                self.show_kind(*told.place_of(self.console.workspace, self.point))
            return
        proposal = self._proposal
        if proposal is not None:
            await self._ask("", proposal.item, proposal)
        else:
            # By its key: the cursor may have moved on since, and the table may be another.
            item = tables.find(self.console.workspace, self.kind, event.key)
            if item is not None or event.key == event.ledger.key:
                await self._ask(event.key, item)
