"""The console tests the demo marketplace's mails: what it would do, what comes of each, stopping, mending; and a mail
that is pasted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from screen import press, shown, until
from textual import events

from launchready_tui.console.app import Console
from launchready_tui.console.screens.mailread import MailRead, MailSeen
from launchready_tui.console.screens.mailtest import MailTest
from launchready_tui.lab import demo
from launchready_tui.lab import places as at
from launchready_tui.lab.client import Lab
from launchready_tui.mail.flow import session
from launchready_tui.mail.flow.model import KIND, SENT
from launchready_tui.workspace import Options, Workspace

MAIL = f"""\
From: hello@{at.DOMAIN}
Subject: Your receipt
Date: Tue, 24 Nov 2026 10:00:00 +0000
Message-ID: <1@{at.DOMAIN}>
Content-Type: text/plain

Here is the receipt: https://{at.DOMAIN}/r
"""


@asynccontextmanager
async def opened(tmp_path: Path, *on: str) -> AsyncIterator[tuple[Console, Any, Workspace]]:
    """The console on the demo with these flaws, on the stage of mail."""
    async with Lab.start(fixed="all") as lab:
        await lab.set(on)
        made = demo.prepare(tmp_path / "demo", lab, lab.now)
        ws = Workspace.open(tmp_path / "demo", Options(**asdict(made), state_dir=tmp_path / "state"))
        app = Console(ws, lab=lab, live=False)
        async with app.run_test(size=(100, 30)) as pilot:
            await press(pilot, "3")
            yield app, pilot, ws
        ws.close()


def of(app: Console, check: str) -> dict[tuple[str, str], str]:
    found = app.snapshot.verdict.standings[check].findings
    return {(one.finding.rule.rpartition(".")[2], one.finding.subject): one.state.value for one in found}


async def through(pilot: Any, app: Console, done: Any) -> None:
    """Until this is so and no run is on: servers and threads take their time."""
    for _ in range(600):
        await pilot.pause()
        if done() and app.snapshot.progress is None:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(shown(app))


async def test_nothing_is_sent_before_enter_and_then_each_mail_is_shown_with_its_place(tmp_path: Path) -> None:
    async with opened(tmp_path, "reset-unsigned") as (app, pilot, ws):
        await press(pilot, "E")
        await until(pilot, lambda: isinstance(app.screen, MailTest) and "5 mails" in shown(app))
        assert ws.journal.trials(SENT) == []
        await press(pilot, "space")
        await until(pilot, lambda: "skipped" in shown(app) and "4 mails" in shown(app))
        sheet = app.screen
        assert isinstance(sheet, MailTest)
        await press(pilot, "enter")
        await through(pilot, app, lambda: sheet.phase == "over")
        assert (
            "3 mails of 4 arrived without problems" in shown(app)
            and "in Spam" in shown(app)
            and "in INBOX after" in shown(app)
        )
        assert (len(ws.journal.trials(SENT)), len(ws.journal.trials(KIND))) == (4, 4)
        await press(pilot, "enter")
        await through(pilot, app, lambda: "email.flows" in app.workspace.results)
        assert of(app, "email.flows")["unauthenticated", "password reset, seed"] == "fail"
        assert of(app, "email.inbox")["spam", "password reset, seed"] == "fail"
        # The selector was learned from what came.
        assert of(app, "email.dkim")["learned", f"{at.POST_SELECTOR}._domainkey.{at.NOTIFY}"] == "info"

        # Mended in the marketplace, the mail is made again before the checks look.
        await app.go_to("email.flows")
        await until(
            pilot,
            lambda: app.target() and app.target().judged and "unauthenticated" in app.target().judged.finding.rule,
        )
        await press(pilot, "d")
        await through(pilot, app, lambda: ("unauthenticated", "password reset, seed") not in of(app, "email.flows"))
        assert of(app, "email.flows")["aligned", "password reset, seed"] == "pass"
        assert of(app, "email.inbox")["inbox", "password reset, seed"] == "pass"


async def test_escape_stops_a_test_and_keeps_what_had_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def one_and_then_nothing(world: object, planned: Any, note: Any, tell: Any, *, keep: Any = None) -> Any:
        async for trial in real(world, planned[:1], note, tell, keep=keep):
            yield trial
        tell(planned[1].wanted, "not there yet")
        await asyncio.Event().wait()

    real: Any = session.run
    async with opened(tmp_path) as (app, pilot, ws):
        monkeypatch.setattr(session, "run", one_and_then_nothing)
        await press(pilot, "E", "enter")
        sheet = app.screen
        assert isinstance(sheet, MailTest)
        await through(pilot, app, lambda: sheet.done and "not there yet" in shown(app))
        await press(pilot, "escape")
        await through(pilot, app, lambda: sheet.phase == "over")
        assert "stopped" in shown(app) and "4 not tested" in shown(app).replace("\n", " ")
        assert len(ws.journal.trials(KIND)) == 1
        await press(pilot, "escape")
        await until(pilot, lambda: app.page is not None)


async def test_the_hours_limit_is_told_before_anything_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise session.TooMany("99 test mails were caused in the last hour")

    async with opened(tmp_path) as (app, pilot, ws):
        monkeypatch.setattr(session, "check_limit", full)
        await press(pilot, "E", "enter")
        await until(pilot, lambda: "99 test mails" in app.last_said)
        assert ws.journal.trials(SENT) == [] and isinstance(app.screen, MailTest) and app.screen.phase == "plan"


async def test_a_pasted_mail_is_judged_and_kept_where_it_is_one_of_ours(tmp_path: Path) -> None:
    async with opened(tmp_path) as (app, pilot, ws):
        await press(pilot, "O")
        await until(pilot, lambda: isinstance(app.screen, MailRead) and app.screen.focused is not None)
        app.screen.focused.post_message(events.Paste(MAIL))  # type: ignore[union-attr]
        await until(pilot, lambda: "Pasted: 0.2 KB" in shown(app))
        await press(pilot, "enter")
        await through(pilot, app, lambda: isinstance(app.screen, MailSeen))
        assert "not signed" in shown(app) and ws.journal.trials(KIND) == []

        await press(pilot, "escape", "O")
        await until(pilot, lambda: isinstance(app.screen, MailRead) and app.screen.focused is not None)
        app.screen.focused.post_message(events.Paste(MAIL))  # type: ignore[union-attr]
        await until(pilot, lambda: "Pasted" in shown(app))
        await press(pilot, "r", "enter")
        await through(pilot, app, lambda: isinstance(app.screen, MailSeen))
        assert "is not signed" in shown(app)
        await through(pilot, app, lambda: ("authentication", "receipt, pasted") in of(app, "email.flows"))
        assert len(ws.journal.trials(KIND)) == 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("gone.eml", None, "could not read it"), ("note.txt", b"no mail", "not a raw message")],
)
async def test_a_file_that_is_no_mail_is_told_under_its_line(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    async with opened(tmp_path) as (app, pilot, _):
        await press(pilot, "O")
        await until(pilot, lambda: isinstance(app.screen, MailRead) and app.screen.focused is not None)
        await press(pilot, "enter")
        await until(pilot, lambda: "enter the path of a file" in shown(app))
        app.screen.query_one("#field-file").value = str(tmp_path / name)  # type: ignore[attr-defined]
        await press(pilot, "enter")
        await through(pilot, app, lambda: said in shown(app).replace("\n", " "))
