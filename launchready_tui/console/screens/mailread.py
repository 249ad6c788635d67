"""Laid over a page: a received mail, by its file or pasted as it is, read and judged; the way that needs no
password."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.worker import Worker, WorkerState

from ... import text
from ...checks.email.flows import flaws_of
from ...findings import Finding
from ...mail.flow.flaws import told
from ...mail.flow.model import FLOWS, KIND, WORDS, Trial, encode
from ...mail.flow.model import Message as Mail
from .. import words
from ..acts.mail import CHECKS
from ..ink import Span, Spans, wrap
from ..widgets.form import Field, Form
from ..widgets.lines import Line, Lines, Scroll
from .dialog import Drafted, Sheet

if TYPE_CHECKING:
    from ...launch.model import MailFlow

_WHERE = (
    ("", "not given"),
    ("inbox", "inbox"),
    ("promotions", "Promotions"),
    ("spam", "spam"),
    ("other", "another folder"),
)
_AT = (("imap", "another provider"), ("gmail", "Gmail"), ("outlook", "Outlook"))


class Read(Message):
    """What was read: the mail, and the test that was kept of it, if any."""

    bubble = False

    def __init__(self, mail: Mail, trial: Trial | None) -> None:
        super().__init__()
        self.mail, self.trial = mail, trial


class MailRead(Drafted):
    """Takes a path or the pasted source. Which mail it is decides whether the judgement is kept."""

    def __init__(self, flow: str = "") -> None:
        lines = (
            "Open the mail's source (“Show original” in Gmail, “View message source” in Outlook), then paste it here "
            "or name its file. No links in it are opened.",
        )
        mails = (("", "none of these: only judge it"), *((name, WORDS[name]) for name in FLOWS))
        fields = (
            Field("file", "mail", hint="a file, or paste the source here"),
            Field("flow", "which one", flow, "choice", mails),
            Field("where", "found in", "", "choice", _WHERE),
            Field("at", "at", "imap", "choice", _AT),
        )
        keys = (("enter", "judge it"), ("tab", "next line"), ("esc", "close"))
        super().__init__("Read a received mail", lines, keys, fields, f"mail read {flow}".strip())
        self.pasted = b""
        self.reading = False

    def middle(self) -> ComposeResult:
        yield from super().middle()
        yield Lines(lead="none", end=0, band="sheet", id="pasted")

    def take_paste(self, words_: str) -> bool:
        """The source of a mail, pasted into any line: kept whole. False for what has one line only."""
        if "\n" not in words_.strip():
            return False
        self.pasted = words_.encode("utf-8", "surrogateescape")
        subject = next((line for line in words_.splitlines() if line.lower().startswith("subject:")), "")
        said: Spans = [(f"Pasted: {len(self.pasted) / 1000:.1f} KB", "ink"), (f"  {text.clean(subject)[:60]}", "ink2")]
        self.query_one("#pasted", Lines).show([Line(said)])
        self.query_one(Form).say_wrong("file", "")
        self.query_one("#field-flow").focus()
        return True

    def action_leave(self) -> None:
        """Escape: closes without reading; of what was pasted nothing is kept, of the lines a draft."""
        self.keep()
        self.dismiss(False)

    def on_form_left(self, event: Form.Left) -> None:
        event.stop()
        self.action_leave()

    def on_form_saved(self, event: Form.Saved) -> None:
        event.stop()
        values = event.values
        if not values["file"] and not self.pasted:
            event.form.point_at("file", "paste the mail's source, or enter the path of a file")
        elif not self.reading:
            self.reading = True
            self._read(values)

    @work(exclusive=True, exit_on_error=False, group="mail", name="read")
    async def _read(self, values: dict[str, str]) -> None:
        import asyncio

        from ...mail.auth.message import LARGEST
        from ...mail.flow.judging import judge
        from ...world import warm_up

        ws = self.console.workspace

        def opened() -> bytes:
            with (ws.folder / Path(values["file"]).expanduser()).open("rb") as file:
                return file.read(LARGEST + 1)

        raw = await asyncio.to_thread(opened) if values["file"] else self.pasted
        flow: MailFlow | None = next((one for one in ws.launch.flows if one.name == values["flow"]), None)
        await warm_up()
        async with ws.open_world() as world:
            mail = await judge(world, raw, flow, open_links=False)
        trial = None
        if values["flow"]:
            promoted = values["where"] == "promotions"
            trial = Trial(
                flow=values["flow"],  # type: ignore[arg-type]
                mailbox="pasted",
                kind=values["at"],  # type: ignore[arg-type]
                tag="",
                recipient="",
                by="paste",
                started_at=ws.clock.now(),
                outcome="arrived",
                where="inbox" if promoted else values["where"],  # type: ignore[arg-type]
                tab="promotions" if promoted else "",
                message=mail,
                via=ws.via,
            )
            ws.keep_trial(KIND, f"{trial.flow}, {trial.mailbox}", encode(trial))
        self.post_message(Read(mail, trial))

    async def on_read(self, message: Read) -> None:
        console, trial = self.console, message.trial
        found = flaws_of(console.workspace.launch, trial) if trial is not None else ()
        self.forget()
        self.dismiss(True)
        if trial is not None:
            console.store.say("info", f"A {WORDS[trial.flow]} was judged; saved for 30 days")
            if console.snapshot.progress is None:
                console.look(tuple(name for name in console.workspace.automated if name in CHECKS))
        await self.app.push_screen(MailSeen(message.mail, found, kept=trial is not None))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.group != "mail" or event.state is not WorkerState.ERROR:
            return
        self.reading = False
        error = event.worker.error
        if isinstance(error, OSError):
            self.query_one(Form).point_at("file", f"could not read it: {error.strerror or error}")
        elif isinstance(error, ValueError):
            self.query_one(Form).point_at("file", text.clean(str(error)))
        else:
            self.console.tell_broken(error)


class MailSeen(Sheet[bool]):
    """What was read in a mail."""

    AUTO_FOCUS: ClassVar[str | None] = "Scroll"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter", "close", "close", show=False)]

    def __init__(self, mail: Mail, found: tuple[Finding, ...], *, kept: bool) -> None:
        keys = (("↑ ↓", "read"), ("esc", "close"))
        super().__init__(mail.subject or "A mail without a subject", (), keys)
        self.mail, self.found, self.kept = mail, found, kept

    def middle(self) -> ComposeResult:
        yield Scroll(lead="hang", end=0, band="sheet", id="help-text")

    def _fill(self) -> None:
        super()._fill()
        if self.is_whole:
            scroll = self.query_one("#help-text", Scroll)
            scroll.show(lines_of(self.mail, self.found, max(20, scroll.size.width - 3), kept=self.kept))

    def action_close(self) -> None:
        """Escape, q and enter: back to the page."""
        self.dismiss(True)


def lines_of(mail: Mail, found: tuple[Finding, ...], width: int, *, kept: bool) -> list[Line]:
    """What was read in a mail and what is wrong with it, for a sheet of this width."""
    out: list[Line] = []

    def row(label: str, said: str, look: str = "") -> None:
        mark: Span | None = words.glyph(look) if look else None
        for n, part in enumerate(wrap(text.clean(said), max(10, width - 11))):
            head: Spans = [(label.ljust(11) if n == 0 else " " * 11, "ink3"), (part, "ink")]
            out.append(Line(head, mark=mark if n == 0 else None))

    row("from", mail.sender or "no single sender", "" if mail.sender else "fail")
    row("verdicts", told(mail), _look_of(mail))
    aligned = {True: "pass", False: "fail", None: "unknown"}[mail.aligned]
    row("aligned", mail.aligned_by or "nothing that vouches for the From address", aligned)
    for signer in mail.signers:
        look = "pass" if signer.result == "pass" else "unknown" if signer.result == "temperror" else "fail"
        row("signed", f"{signer.domain}, selector {signer.selector}: {signer.result}", look)
    if not mail.signers:
        row("signed", "not signed (DKIM)", "fail")
    row("text part", "yes" if mail.text_part else "no: HTML only", "pass" if mail.text_part else "warn")
    for link in mail.links:
        row("link", f"{link.shown}{'' if link.secure else '  not encrypted'}", "info" if link.secure else "fail")
    leave = mail.unsubscribe
    if leave.offered:
        row("unsub", "; ".join(leave.problems) or f"one click, to {leave.host}", "fail" if leave.problems else "pass")
    for problem in mail.problems:
        row("header", problem, "warn")
    if mail.filter_words:
        row("filter", mail.filter_words)
    for finding in found:
        out.append(Line())
        row("", finding.summary, finding.state)
        if finding.remedy is not None:
            row("fix", finding.remedy.text)
    if kept:
        out.append(Line())
        row("", "Saved: the checks of stage 3 use it for 30 days")
    return out


def _look_of(mail: Mail) -> str:
    good = {"pass", "bestguesspass"}
    seen = [word for word in (mail.spf, mail.dkim, mail.dmarc) if word]
    if not seen:
        return "unknown"
    return "pass" if all(word in good for word in seen) else "fail" if mail.dmarc not in good else "warn"
