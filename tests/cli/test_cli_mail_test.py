"""`launchready mail`: what it refuses, and a saved mail judged, kept and answered for by the checks. No sockets but a
name server's."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from launchready_tui.cli.run import run
from launchready_tui.mail.flow import judging
from launchready_tui.mail.flow.model import Message
from launchready_tui.workspace import Options, Workspace

LAUNCH = """\
name = "Shop"
domain = "shop.test"
canonical = "https://shop.test/"
[permission]
by = "founder"
on = 2026-11-01
domains = ["shop.test"]
[[routes]]
name = "forgot"
url = "https://shop.test/forgot"
method = "POST"
body = '{"email": "{{email}}"}'
[[mailboxes]]
name = "seed"
address = "seed@example.com"
host = "imap.example.com"
login = "seed-mail"
[[mailboxes]]
name = "other"
address = "other@example.com"
host = "imap.example.com"
login = "seed-mail"
[[flows]]
name = "password-reset"
route = "forgot"
[[flows]]
name = "receipt"
sent = false
[settings]
mails_per_hour = 3
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAUNCHREADY_STATE", str(tmp_path / "state"))
    place = tmp_path / "launch"
    place.mkdir()
    (place / "launchready.toml").write_text(LAUNCH)
    return place


def mail(folder: Path, *words: str) -> int:
    approved = hashlib.sha256((folder / "launchready.toml").read_bytes()).hexdigest()
    return run(["mail", *words, "-C", str(folder), "--trust", approved])


def test_without_consent_it_says_what_would_be_asked_and_for_whom(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mail(folder, "test") == 2
    said = capsys.readouterr().err
    assert "POST https://shop.test/forgot" in said and "seed+lr" in said and "other+lr" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("test", "receipt"), "'receipt' is not among [[flows]]"),
        (("test", "--mailbox", "gmail"), "no mailbox is named 'gmail'; known: seed, other"),
        (("test", "--tag", "a b"), "letters, digits and dashes"),
        (("look",), "name a mailbox: seed, other"),
        (("login", "seed"), "credentials set seed-mail --host imap.example.com"),
        (("judge", "-", "--flow", "newsletter"), "not a mail of the product"),
    ],
)
def test_what_cannot_be_meant_is_told(
    folder: Path, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"From: a@shop.test\r\n\r\nx")))
    assert mail(folder, *words) == 2
    assert said in capsys.readouterr().err


def test_a_launch_without_mailboxes_is_told_the_way_without_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "launchready.toml").write_text(LAUNCH.partition("[[mailboxes]]")[0] + '[[flows]]\nname = "invite"\n')
    assert mail(folder, "test") == 2
    assert "mail judge FILE" in capsys.readouterr().err


def test_the_hours_limit_holds_over_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ws = Workspace.open(folder, Options(trust=True))
    for _ in range(2):
        ws.note_trial("mail-sent", "password-reset, seed", '"lr-1"')
    ws.close()
    assert mail(folder, "test", "--allow", "mail") == 2
    assert (
        "2 test mails were triggered in the last hour and 2 more would follow, but at most 3" in capsys.readouterr().err
    )


def test_a_saved_mail_is_judged_kept_and_answered_for(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    async def judge(world: Any, raw: bytes, flow: Any, *, open_links: bool) -> Message:
        asked.append((raw, flow.name, open_links))
        return Message(
            sender="shop.test",
            subject="Hi",
            told_by="receiver",
            receiver="mx",
            spf="pass",
            dkim="pass",
            dmarc="pass",
            aligned=True,
        )

    monkeypatch.setattr(judging, "judge", judge)
    saved = tmp_path / "mail.eml"
    saved.write_bytes(b"From: a@shop.test\r\n\r\nx")
    assert (
        mail(
            folder,
            "judge",
            str(saved),
            "--flow",
            "password-reset",
            "--where",
            "spam",
            "--provider",
            "gmail",
            "--format",
            "json",
        )
        == 1
    )
    row = json.loads(capsys.readouterr().out)
    assert (row["by"], row["where"], row["mailbox"]) == ("paste", "spam", "pasted")
    assert asked == [(saved.read_bytes(), "password-reset", False)]
    assert {flaw["rule"] for flaw in row["findings"]} == {"text-part"}
    ws = Workspace.open(folder, Options(trust=True))
    try:
        rules = {
            one.finding.rule for name in ("email.flows", "email.inbox") for one in ws.verdict().standings[name].findings
        }
        assert {"email.flows.arrived", "email.inbox.spam"} <= rules
    finally:
        ws.close()


def test_a_refusal_is_kept_without_its_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert mail(folder, "bounce", "550 5.7.26 blocked for ann@private.example gsmtp") == 0
    assert "550 5.7.26  Gmail" in capsys.readouterr().out
    ws = Workspace.open(folder, Options(trust=True))
    try:
        (row,) = ws.journal.trials("mail-refusal")
        assert "private.example" not in row.body and row.at <= datetime.now(UTC)
        assert any(
            one.finding.rule == "email.fallback.refused" for one in ws.verdict().standings["email.fallback"].findings
        )
    finally:
        ws.close()
    assert mail(folder, "bounce", "nothing to see") == 1
