"""`launchready mail`: test mailboxes, and the product's own mails sent, found and judged."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, BinaryIO

import click

from .options import Common, common, pass_common
from .say import Exit, note

if TYPE_CHECKING:
    from ..launch.model import Mailbox
    from ..workspace import Workspace


@click.group()
def mail() -> None:
    """Test the mails that the product sends: trigger, find in a test mailbox, and judge each."""


def _box_of(ws: Workspace, name: str) -> Mailbox:
    """The mailbox of that name; the only one where none is named. Raises click.UsageError."""
    boxes = {box.name: box for box in ws.launch.mailboxes}
    if not boxes:
        raise click.UsageError("the launch file names no test mailbox; add one under [[mailboxes]]")
    if not name and len(boxes) == 1:
        return next(iter(boxes.values()))
    if name in boxes:
        return boxes[name]
    known = ", ".join(boxes)
    raise click.UsageError(f"no mailbox is named {name!r}; known: {known}" if name else f"name a mailbox: {known}")


@mail.command("login")
@click.argument("mailbox", required=False, default="")
@common
@pass_common
def login(said: Common, mailbox: str) -> int:
    """Log in at Outlook.com with a code to type into a browser. The log-in is stored in the keyring."""
    from ..failure import Failure
    from ..mail.box import device

    ws = said.open()
    try:
        box = _box_of(ws, mailbox)
        if box.way != "device":
            raise click.UsageError(
                f"{box.name} logs in by {box.way}: store it with launchready credentials set {box.login} --host "
                f"{box.login_host}"
            )

        async def walk() -> Failure | None:
            async with ws.open_world() as world:
                code = await device.begin(world.web, box.client_id)
                if isinstance(code, Failure):
                    return code
                note(f"Open {code.page} and type {code.code}. Waiting for {code.expires_s // 60} min; Ctrl+C ends it.")
                tokens = await device.wait(world.web, box.client_id, code, asyncio.sleep)
                if isinstance(tokens, Failure):
                    return tokens
                if tokens.refresh is None:
                    return Failure(
                        kind="log-in",
                        detail="Outlook.com returned no refresh token: the app needs the scope offline_access",
                        target=device.HOST,
                    )
                await asyncio.to_thread(ws.keep_login, box, tokens.refresh)
                return None

        failed = asyncio.run(walk())
        if failed is not None:
            note(f"{box.name}: {failed}")
            return Exit.FOUND
        note(f"{box.name} is logged in; the log-in is stored as {box.login}")
        return Exit.FINE
    finally:
        ws.close()


@mail.command("look")
@click.argument("mailbox", required=False, default="")
@common
@pass_common
def look(said: Common, mailbox: str) -> int:
    """Log in to a test mailbox and list its folders, with inbox and spam marked. No mail is read."""
    from ..failure import Failure
    from ..mail.box import enter
    from ..text import for_terminal

    ws = said.open()
    try:
        box = _box_of(ws, mailbox)

        async def walk() -> list[str] | Failure:
            async with ws.open_world() as world:
                opened = await enter(world, box, keep=ws.keep_login)
                if isinstance(opened, Failure):
                    return opened
                async with opened:
                    folders = await opened.folders()
                return (
                    folders
                    if isinstance(folders, Failure)
                    else [f"{one.place:6} {for_terminal(one.shown)}" for one in folders]
                )

        found = asyncio.run(walk())
        if isinstance(found, Failure):
            note(f"{box.name}: {found}")
            return Exit.FOUND
        for line in found:
            click.echo(line)
        note(f"{box.name} is readable at {box.server[0]}; a test address is {box.recipient('lr-EXAMPLE')}")
        return Exit.FINE
    finally:
        ws.close()


@mail.command("test")
@click.argument("names", nargs=-1, metavar="[FLOW]...")
@click.option("--mailbox", "boxes", multiple=True, metavar="NAME", help="Search this test mailbox [default: all].")
@click.option("--tag", default="", metavar="TAG", help="Use this tag in the test address, for an account made before.")
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(1, 3600),
    help="Wait this many seconds for each mail [default: 180, by hand 900].",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="Print in this format; json has one line per mail.",
)
@common
@pass_common
def test(
    said: Common, names: tuple[str, ...], boxes: tuple[str, ...], tag: str, wait_s: float | None, kind: str
) -> int:
    """Test the product's mails: trigger each (with --allow mail) or wait until you do, find it, judge it. Tests all
    mails unless some are named.

    Mail goes to tagged addresses of the test mailboxes only, at most `mails_per_hour`. Ctrl+C stops the test. Exit
    code 1: something is wrong or could not be checked.
    """
    from .mail_test import run_tests

    ws = said.open()
    try:
        return run_tests(
            said, ws, names, [_box_of(ws, name) for name in boxes] or list(ws.launch.mailboxes), tag, wait_s, kind
        )
    finally:
        ws.close()


@mail.command("judge")
@click.argument("file", type=click.File("rb"), metavar="FILE|-")
@click.option("--flow", "name", required=True, metavar="FLOW", help="Treat it as this mail of the product.")
@click.option("--mailbox", "place", default="", metavar="NAME", help="Name where it was received [default: pasted].")
@click.option(
    "--where",
    type=click.Choice(("inbox", "spam", "promotions", "other")),
    help="Record the folder it was in; counts for inbox placement.",
)
@click.option(
    "--provider",
    type=click.Choice(("gmail", "outlook", "imap")),
    default="imap",
    help="Record the provider of the mailbox.",
)
@click.option("--format", "kind", type=click.Choice(("text", "json")), default="text", show_default=True)
@common
@pass_common
def judge_one(said: Common, file: BinaryIO, name: str, place: str, where: str | None, provider: str, kind: str) -> int:
    """Judge a received mail from its source ("show original", "view message source"). This needs no password.

    Links are opened only with --allow mail, because some work only once.
    """
    from .mail_test import judge_file

    ws = said.open()
    try:
        return judge_file(said, ws, file.read(), name, place, where, provider, kind)
    finally:
        ws.close()


@mail.command("bounce")
@click.argument("text", nargs=-1, required=True, metavar="TEXT...|-")
@common
@pass_common
def bounce(said: Common, text: tuple[str, ...]) -> int:
    """Decode a refusal and save the result, without its text, for email.fallback.

    `-` reads a returned mail from stdin.
    """
    from .mail_test import keep_bounce

    ws = said.open()
    try:
        return keep_bounce(said, ws, " ".join(text))
    finally:
        ws.close()
