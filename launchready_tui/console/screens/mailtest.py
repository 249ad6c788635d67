"""Laid over a page: the product's mails are made to be sent, looked for in the test mailboxes and judged, row by row
as it happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.worker import Worker, WorkerState

from ...checks.email.flows import flaws_of
from ...mail.flow.model import SENT, WORDS, Trial, spent
from .. import words
from ..acts.mail import CHECKS
from ..ink import GLYPHS, Cell
from ..widgets.ledger import Col, Ledger, Row
from .dialog import Sheet

if TYPE_CHECKING:
    from ...launch.model import Launch
    from ...mail.flow.session import Planned
    from ...mail.flow.trying import Wanted

TICK_S = 1.0
Phase = Literal["plan", "on", "over"]


def _key_of(wanted: Wanted) -> str:
    return f"{wanted.flow.name} {wanted.box.name}"


class Step(Message):
    """Something happened with one of the mails."""

    bubble = False

    def __init__(self, key: str, said: str) -> None:
        super().__init__()
        self.key, self.said = key, said


class Tried(Message):
    """One of the mails is through."""

    bubble = False

    def __init__(self, trial: Trial) -> None:
        super().__init__()
        self.trial = trial


def outcome(trial: Trial, launch: Launch) -> tuple[str, Cell]:
    """The look of a test, and what came of it in one line."""
    found = flaws_of(launch, trial)
    states = {finding.state.value for finding in found}
    look = next((state for state in ("fail", "unknown", "warn") if state in states), "pass")
    look = "fail" if trial.where == "spam" else look
    after = f" after {spent(trial.seconds)}" if trial.seconds is not None else ""
    tab = f" ({trial.tab})" if trial.tab else ""
    where = f"in {trial.folder}{tab}{after}" if trial.outcome == "arrived" else trial.problem
    worst = next((finding.summary for finding in found if finding.state == look), "")
    return look, [(where, "ink"), (f"; {worst}" if worst and trial.outcome == "arrived" else "", "ink2")]


class MailTest(Sheet[bool]):
    """Before: what would be asked for whom; enter is the consent. During: how far each is; escape stops. After: what
    came of each."""

    AUTO_FOCUS: ClassVar[str | None] = "Ledger"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "close", show=False),
        Binding("space", "leave_out", "skip", show=False, id="mailtest.out"),
        Binding("c", "address", "copy the test address", show=False, id="mailtest.copy"),
    ]

    def __init__(self, planned: Sequence[Planned], only: str = "") -> None:
        """`only`: the name of the one mail that is chosen at first."""
        super().__init__("Test the product's mails", (), ())
        self.planned = {_key_of(one.wanted): one for one in planned}
        self.out = {key for key, one in self.planned.items() if only and one.wanted.flow.name != only}
        self.phase: Phase = "plan"
        self.steps: dict[str, str] = {}
        self.since: dict[str, float] = {}
        self.done: dict[str, Trial] = {}

    def middle(self) -> ComposeResult:
        yield Ledger(
            [Col("Mail", 18), Col("mailbox", 10, tone="ink2"), Col("", 0, tone="ink2")], lead="hang", end=0, wrap=3
        )

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(TICK_S, self._tick)

    # Drawing

    def _fill(self) -> None:
        self.told, self.keys = self._words()
        super()._fill()
        if self.is_whole:
            self.query_one(Ledger).show([self._row(key) for key in self.planned])

    def _words(self) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
        if self.phase == "on":
            return ("Each mail is triggered, then looked for in every folder.",), (
                ("esc", "stop"),
                ("c", "copy the test address"),
            )
        if self.phase == "over":
            return (self._sum(),), (("enter", "result"), ("esc", "close"))
        chosen = [one for key, one in self.planned.items() if key not in self.out]
        asked = sum(one.route is not None for one in chosen)
        to = chosen[0].wanted.box.recipient(chosen[0].wanted.tag) if chosen else ""
        lines = [f"enter makes the product send {words.plural(asked, 'mail')} to test addresses such as {to}."]
        if asked < len(chosen):
            lines.append(f"{len(chosen) - asked} more you trigger by hand, with the address shown then.")
        if not chosen:
            lines = ["Nothing is selected: press space to select a mail."]
        return tuple(lines), (("enter", "send them"), ("space", "skip"), ("esc", "close"))

    def _sum(self) -> str:
        looks = [outcome(trial, self.console.workspace.launch)[0] for trial in self.done.values()]
        left = len(self.planned) - len(self.out) - len(self.done)
        said = (
            f"{words.plural(looks.count('pass'), 'mail')} of {len(looks)} arrived without problems."
            if looks
            else "No mails were tested."
        )
        return said + (f" {left} not tested; the results of the others are saved." if left else "")

    def _row(self, key: str) -> Row:
        one = self.planned[key]
        trial, step = self.done.get(key), self.steps.get(key, "")
        mark = (" ", "ink3")
        said: Cell
        if trial is not None:
            look, said = outcome(trial, self.console.workspace.launch)
            mark = words.glyph(look)
        elif key in self.out:
            said = ("skipped", "ink3")
        elif self.phase == "on":
            waited = time.monotonic() - self.since[key] if key in self.since else 0
            said = [
                (step or "waiting", "ink" if step else "ink3"),
                (f"  {waited:.0f} s" if waited >= 1 else "", "ink3"),
            ]
            mark = (GLYPHS["checking"], "accent") if step else mark
        elif self.phase == "over":
            said = ("stopped", "ink3")
        else:
            said = (
                f"{one.route.method} {one.route.url}"
                if one.route
                else f"by hand: {one.wanted.flow.steps or 'make the product send it'}"
            )
        tone = "ink3" if key in self.out else "ink"
        return Row(key, [(WORDS[one.wanted.flow.name], tone), one.wanted.box.name, said], mark)

    def _tick(self) -> None:
        if self.phase == "on":
            self.query_one(Ledger).show([self._row(key) for key in self.planned])

    # What keys do

    def action_leave_out(self) -> None:
        """Space: leaves the mail out, or takes it in again; only before anything was sent."""
        key = self.query_one(Ledger).key
        if self.phase == "plan" and key:
            self.out ^= {key}
            self._fill()

    def action_address(self) -> None:
        """c: copies the test address of the mail under the cursor."""
        one = self.planned.get(self.query_one(Ledger).key)
        if one is not None:
            self.console.put(one.wanted.box.recipient(one.wanted.tag), "The test address")

    async def on_ledger_chosen(self, event: Ledger.Chosen) -> None:
        event.stop()
        if self.phase == "plan":
            self._start()
        elif self.phase == "over":
            self.dismiss(True)
            await self.console.go_to(CHECKS[0])

    def action_leave(self) -> None:
        """Escape: stops a test that runs, closes the sheet otherwise."""
        if self.phase == "on":
            self.workers.cancel_group(self, "mail")
        else:
            self.dismiss(bool(self.done))

    # The test

    def _start(self) -> None:
        from ...mail.flow import session

        ws, now = self.console.workspace, self.console.workspace.clock.now()
        chosen = [one for key, one in self.planned.items() if key not in self.out]
        if not chosen:
            return
        try:
            session.check_limit(ws.launch, chosen, now, ws.journal.trials(SENT))
        except session.TooMany as limit:
            self.console.say(str(limit), wrong=True)
            return
        self.phase = "on"
        self.console.store.say("checking", f"Mail test started: {words.plural(len(chosen), 'mail')}")
        self._fill()
        self._send(chosen)

    @work(exclusive=True, exit_on_error=False, group="mail", name="mail")
    async def _send(self, chosen: Sequence[Planned]) -> None:
        from ...mail.flow import session
        from ...world import warm_up

        ws = self.console.workspace
        await warm_up()
        await asyncio.to_thread(import_module, "imaplib")
        async with ws.open_world(also=frozenset({"mail"})) as world:
            async for trial in session.run(world, chosen, ws.keep_trial, self._hear, keep=ws.keep_login):
                self.post_message(Tried(trial))

    def _hear(self, wanted: Wanted, said: str) -> None:
        self.post_message(Step(_key_of(wanted), said))

    def on_step(self, message: Step) -> None:
        self.steps[message.key] = message.said
        self.since.setdefault(message.key, time.monotonic())
        self._tick()

    def on_tried(self, message: Tried) -> None:
        trial = message.trial
        self.done[f"{trial.flow} {trial.mailbox}"] = trial
        look, said = outcome(trial, self.console.workspace.launch)
        plain = "".join(span if isinstance(span, str) else span[0] for span in said)
        self.console.store.say(look, f"Mail test: {WORDS[trial.flow]}, {trial.mailbox}: {plain}")
        self._tick()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.group != "mail" or event.state not in (
            WorkerState.SUCCESS,
            WorkerState.CANCELLED,
            WorkerState.ERROR,
        ):
            return
        self.phase = "over"
        if event.state is WorkerState.ERROR:
            self.console.tell_broken(event.worker.error)
        elif event.state is WorkerState.CANCELLED:
            self.console.say("Mail test stopped; its results so far are saved")
        self._fill()
        if self.done and self.console.snapshot.progress is None:
            # The verdict is to know of it at once.
            self.console.look(tuple(name for name in self.console.workspace.automated if name in CHECKS))
