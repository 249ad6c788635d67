"""Test mailboxes over real TLS: the log-ins, the folders, only our own mail, and servers that stall, hang up or lie."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import certs
import pytest
from imapstub import HOST, Mailboxes, empty, imap_server, put
from loopback import reach

from launchready_tui.failure import Failure
from launchready_tui.launch.model import Mailbox
from launchready_tui.mail.box import Box, Letter, open_box
from launchready_tui.wire import Wire

TO = "seed+lr-k2m9qx@example.com"
START = datetime.now(UTC) - timedelta(minutes=1)


def mail(to: str = TO, subject: str = "Reset your password") -> bytes:
    return f"From: Shop <no-reply@shop.test>\r\nTo: {to}\r\nSubject: {subject}\r\n\r\nA link.\r\n".encode()


def mailbox(**more: Any) -> Mailbox:
    return Mailbox(**{"name": "seed", "address": "seed@example.com", "host": HOST, "login": "seed-mail", **more})


class Opening:
    """Opens the mailbox on a stub, with the test's own authority."""

    def __init__(self, folder: Path) -> None:
        self.authority = certs.authority()
        self.ca_file = certs.ca_file(folder, self.authority)

    async def __call__(self, port: int, secret: str, *, deadline_s: float = 5.0, **more: Any) -> Box | Failure:
        wire = Wire(reach(f"{HOST}:993=127.0.0.1:{port}", ca=self.ca_file))
        return await open_box(wire, mailbox(**more), secret, deadline_s=deadline_s)


@pytest.fixture
def opening(tmp_path: Path) -> Opening:
    return Opening(tmp_path)


async def opened(opening: Opening, boxes: Mailboxes, **more: Any) -> AsyncIterator[Box]:
    async with imap_server(boxes, opening.authority) as served:
        box = await opening(served.port, boxes.password, **more)
        assert isinstance(box, Box), box
        async with box:
            yield box


async def look(
    opening: Opening, boxes: Mailboxes, to: str = TO, since: datetime = START, **more: Any
) -> Letter | Failure | None:
    async for box in opened(opening, boxes, **more):
        found = await box.look(to, since)
        return found if isinstance(found, Failure) else next(iter(found), None)
    raise AssertionError


async def test_a_mail_is_found_where_it_lies_and_nothing_is_changed(opening: Opening) -> None:
    boxes = empty()
    put(boxes, "Spam", mail())
    found = await look(opening, boxes)
    assert isinstance(found, Letter)
    assert (found.folder.place, found.folder.shown, found.raw) == ("spam", "Spam", mail())
    words = [command.split()[0] for command in boxes.commands]
    assert "SELECT" not in words and "STORE" not in " ".join(boxes.commands)
    assert all("PEEK" in command for command in boxes.commands if "FETCH" in command)
    assert not any("Sent" in command for command in boxes.commands if command.startswith("EXAMINE"))
    assert boxes.password not in " ".join(boxes.commands)


async def test_the_inbox_comes_before_spam(opening: Opening) -> None:
    boxes = empty()
    put(boxes, "Spam", mail(subject="second"))
    put(boxes, "INBOX", mail(subject="first"))
    found = await look(opening, boxes)
    assert isinstance(found, Letter) and found.folder.place == "inbox"


async def test_only_mail_to_the_very_tag_and_after_the_start_is_read(opening: Opening) -> None:
    boxes = empty()
    put(boxes, "INBOX", mail("seed@example.com", "private"))
    put(boxes, "INBOX", mail("seed+another@example.com"))
    put(boxes, "INBOX", mail(), when=START - timedelta(hours=2))
    assert await look(opening, boxes) is None
    assert not [command for command in boxes.commands if "BODY.PEEK[]" in command]


async def test_gmails_tab_is_told(opening: Opening) -> None:
    boxes = empty(capabilities="IMAP4rev1 AUTH=PLAIN X-GM-EXT-1 SPECIAL-USE LIST-EXTENDED")
    boxes.tabs[1] = "promotions"
    put(boxes, "INBOX", mail())
    found = await look(opening, boxes, kind="gmail")
    assert isinstance(found, Letter) and (found.folder.place, found.tab) == ("inbox", "promotions")


async def test_a_password_by_login_where_there_is_no_authenticate(opening: Opening) -> None:
    boxes = empty(capabilities="IMAP4rev1")
    put(boxes, "INBOX", mail())
    assert isinstance(await look(opening, boxes), Letter)


async def test_a_token_opens_the_box(opening: Opening) -> None:
    boxes = empty()
    async with imap_server(boxes, opening.authority) as served:
        box = await opening(served.port, boxes.token, auth="token")
        assert isinstance(box, Box)
        await box.close()


async def test_an_expired_token_fails_at_once_and_says_so(opening: Opening) -> None:
    boxes = empty()
    async with imap_server(boxes, opening.authority) as served:
        failed = await opening(served.port, "stale-token-1", auth="token", deadline_s=60)
        assert isinstance(failed, Failure) and failed.kind == "log-in"
        assert "the token has expired" in failed.detail and "Invalid credentials" in failed.detail
        assert "stale-token-1" not in str(failed)


@pytest.mark.parametrize("capabilities", ["IMAP4rev1 AUTH=PLAIN", "IMAP4rev1", "IMAP4rev1 LOGINDISABLED"])
async def test_a_wrong_password_is_told_in_the_servers_words(opening: Opening, capabilities: str) -> None:
    boxes = empty(capabilities=capabilities, refusal="[ALERT] Application-specific password required")
    async with imap_server(boxes, opening.authority) as served:
        failed = await opening(served.port, "not-the-one-77")
        assert isinstance(failed, Failure) and failed.kind == "log-in"
        assert (
            "accepts no passwords" if "DISABLED" in capabilities else "Application-specific password required"
        ) in failed.detail
        assert "not-the-one-77" not in str(failed)


async def test_a_server_without_tokens_says_so(opening: Opening) -> None:
    boxes = empty(capabilities="IMAP4rev1 AUTH=PLAIN")
    async with imap_server(boxes, opening.authority) as served:
        failed = await opening(served.port, "any-token-1", auth="token")
        assert isinstance(failed, Failure) and "does not accept tokens" in failed.detail


@pytest.mark.parametrize("where", ["greeting", "AUTHENTICATE", "LIST", "EXAMINE", "UID"])
async def test_a_server_that_stalls_is_given_up(opening: Opening, where: str) -> None:
    boxes = empty()
    boxes.hang_at = where
    async with imap_server(boxes, opening.authority) as served:
        box = await opening(served.port, boxes.password, deadline_s=0.5)
        found = await box.look(TO, START) if isinstance(box, Box) else box
        assert isinstance(found, Failure) and found.kind == "timeout", found
        if isinstance(box, Box):
            await box.close()


@pytest.mark.parametrize("where", ["AUTHENTICATE", "LIST", "UID"])
async def test_a_server_that_hangs_up_is_told(opening: Opening, where: str) -> None:
    boxes = empty()
    boxes.close_at = where
    async with imap_server(boxes, opening.authority) as served:
        box = await opening(served.port, boxes.password)
        found = await box.look(TO, START) if isinstance(box, Box) else box
        assert isinstance(found, Failure) and found.kind == "reset", found


async def test_a_literal_that_would_fill_the_memory_is_refused(opening: Opening) -> None:
    boxes = empty()
    boxes.huge = True
    put(boxes, "INBOX", mail())
    found = await look(opening, boxes)
    assert isinstance(found, Failure) and "octets at once" in found.detail


async def test_a_certificate_of_another_is_refused_before_any_password_is_sent(opening: Opening) -> None:
    boxes = empty()
    async with imap_server(boxes, opening.authority, name="other.example.com") as served:
        failed = await opening(served.port, boxes.password)
        assert isinstance(failed, Failure) and failed.kind == "certificate"
    assert boxes.commands == []


@pytest.mark.parametrize("where", ["greeting", "LIST"])
async def test_what_is_cancelled_ends_its_thread(opening: Opening, where: str) -> None:
    boxes = empty()
    boxes.hang_at = where
    before = threading.active_count()
    async with imap_server(boxes, opening.authority) as served:

        async def walk() -> None:
            box = await opening(served.port, boxes.password, deadline_s=600)
            assert isinstance(box, Box)
            await box.folders()

        walking = asyncio.create_task(walk())
        while not (served.connections if where == "greeting" else any(one.startswith(where) for one in boxes.commands)):
            await asyncio.sleep(0.01)
        walking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await walking
    # Were the thread still waiting for the server, this would wait the 600 s as well.
    await asyncio.get_running_loop().shutdown_default_executor()
    assert threading.active_count() <= before


async def test_folders_are_told_apart_by_their_use_and_by_their_name(opening: Opening) -> None:
    boxes = Mailboxes(
        folders={
            "[Gmail]/All Mail": ("\\All", []),
            "Entw&APw-rfe": ("\\Drafts", []),
            "Junk E-mail": ("", []),
            "Caf&AOk-": ("", []),
            "INBOX": ("", []),
            "Archive/Spam": ("", []),
            "[Gmail]": ("\\Noselect", []),
        }
    )
    async for box in opened(opening, boxes):
        folders = await box.folders()
        assert not isinstance(folders, Failure)
        assert [(one.shown, one.place) for one in folders] == [
            ("INBOX", "inbox"),
            ("Junk E-mail", "spam"),
            ("Archive/Spam", "spam"),
            ("Café", "other"),
            ("[Gmail]/All Mail", "all"),
        ]
