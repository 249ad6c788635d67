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
    """Test the mails that the product sends: cause one, find it in a test mailbox, judge it."""


def box_of(ws: Workspace, name: str) -> Mailbox:
    """The mailbox of that name; the only one where none is named. Raises click.UsageError."""
    boxes = {box.name: box for box in ws.launch.mailboxes}
    if not boxes:
        raise click.UsageError("the launch file names no test mailbox; add one under [[mailboxes]]")
    if not name and len(boxes) == 1:
        return next(iter(boxes.values()))
    if name in boxes:
        return boxes[name]
    known = ", ".join(boxes)
    raise click.UsageError(
        f"there is no mailbox called {name!r}; known: {known}" if name else f"which mailbox? One of {known}"
    )


@mail.command("login")
@click.argument("mailbox", required=False, default="")
@common
@pass_common
def login(said: Common, mailbox: str) -> int:
    """Log in at Outlook.com: shows a code to type in a browser, and keeps what comes back in the keyring."""
    from ..failure import Failure
    from ..mail.box import device

    ws = said.open()
    try:
        box = box_of(ws, mailbox)
        if box.way != "device":
            raise click.UsageError(
                f"{box.name} logs in by {box.way}; store it: launchready credentials set {box.login} --host "
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
                        detail="no lasting log-in came back; the app needs offline_access",
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
    """Log in to a test mailbox and list its folders: which is the inbox, which is spam. No mail is read."""
    from ..failure import Failure
    from ..mail.box import enter
    from ..text import for_terminal

    ws = said.open()
    try:
        box = box_of(ws, mailbox)

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
        note(f"{box.name} can be read at {box.server[0]}; a test address is {box.recipient('lr-EXAMPLE')}")
        return Exit.FINE
    finally:
        ws.close()


@mail.command("test")
@click.argument("names", nargs=-1, metavar="[FLOW]...")
@click.option(
    "--mailbox", "boxes", multiple=True, metavar="NAME", help="Look in this test mailbox; default: in all of them."
)
@click.option(
    "--tag", default="", metavar="TAG", help="The tag of the test address, to use an account that was made before."
)
@click.option(
    "--wait", "wait_s", type=click.FloatRange(1, 3600), help="Seconds to wait for each mail; default: 180, by hand 900."
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="json: one line a mail.",
)
@common
@pass_common
def test(
    said: Common, names: tuple[str, ...], boxes: tuple[str, ...], tag: str, wait_s: float | None, kind: str
) -> int:
    """Test the product's mails: cause each (with --allow mail) or wait for your hands, find it, judge it. All of them
    unless named.

    Mail goes to tagged addresses of the test mailboxes alone, at most `mails_per_hour` of them. Ctrl+C stops it. Exit
    code 1: something is wrong, or could not be seen.
    """
    from .mail_test import run_tests

    ws = said.open()
    try:
        return run_tests(
            said, ws, names, [box_of(ws, name) for name in boxes] or list(ws.launch.mailboxes), tag, wait_s, kind
        )
    finally:
        ws.close()


@mail.command("judge")
@click.argument("file", type=click.File("rb"), metavar="FILE|-")
@click.option("--flow", "name", required=True, metavar="FLOW", help="Which of the product's mails it is.")
@click.option(
    "--mailbox", "place", default="", metavar="NAME", help="Where it was received, as you call it; default: pasted."
)
@click.option(
    "--where",
    type=click.Choice(("inbox", "spam", "promotions", "other")),
    help="Where it lay there; counts for inbox placement.",
)
@click.option(
    "--provider", type=click.Choice(("gmail", "outlook", "imap")), default="imap", help="Whose mailbox it was."
)
@click.option("--format", "kind", type=click.Choice(("text", "json")), default="text", show_default=True)
@common
@pass_common
def judge_one(said: Common, file: BinaryIO, name: str, place: str, where: str | None, provider: str, kind: str) -> int:
    """Judge a received mail from its source ("show original", "view message source"): the way that needs no password.

    Its links are only opened with --allow mail: some work once.
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
    """Decode a refusal and keep it, without its text, so that email.fallback speaks of it. `-` reads a returned mail
    from stdin."""
    from .mail_test import keep_bounce

    ws = said.open()
    try:
        return keep_bounce(said, ws, " ".join(text))
    finally:
        ws.close()
