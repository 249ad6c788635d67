"""`launchready inspect bounce`: what a mail server meant when it refused, and what to do."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click
import msgspec

from . import batch
from .options import Common, common, pass_common
from .say import Exit, note

if TYPE_CHECKING:
    from ..mail.flow.bounce import Bounce


@click.command("bounce")
@click.argument("text", nargs=-1, required=True, metavar="TEXT...|-")
@click.option("--format", "kind", type=click.Choice(("text", "json")), default="text", show_default=True)
@common
@pass_common
def look_at_bounce(said: Common, text: tuple[str, ...], kind: str) -> int:
    """Explain why a mail server refused a mail: cause, who can fix it, and the fix. Nothing is contacted.

    TEXT is the reply, a log line or a code such as "550 5.7.26"; `-` reads a whole returned mail from stdin, or JSON
    lines such as {"text": "550-5.7.26 ..."}. Exit code 1: nothing in it is known.
    """
    from ..mail.flow.bounce import LONGEST, decode

    whole = " ".join(text)
    if whole == "-":
        if sys.stdin.isatty():
            note("Paste the refusal or the returned mail; end with Ctrl+D")
        whole = sys.stdin.buffer.read(LONGEST).decode("utf-8", "replace")
        if whole.lstrip().startswith("{"):
            return _lines(whole + sys.stdin.buffer.read().decode("utf-8", "replace"))
    found = decode(whole)
    if kind == "json":
        click.echo(json.dumps(_row(found), ensure_ascii=True))
    else:
        tell(said, found)
    return Exit.FINE if found.known else Exit.FOUND


def _lines(text: str) -> int:
    from ..mail.flow.bounce import decode

    wrong = False
    for line in text.split("\n"):
        if not line.strip():
            continue
        try:
            row = _row(decode(batch.text_of(batch.read(line), "text")))
        except ValueError as error:
            row, wrong = {"error": str(error)}, True
        click.echo(json.dumps(row, ensure_ascii=True))
    return Exit.FOUND if wrong else Exit.FINE


def _row(found: Bounce) -> batch.Row:
    row: batch.Row = msgspec.to_builtins(found)
    return row


_WHOSE = {
    "sender": "yours, as the sender",
    "recipient": "the recipient's address",
    "receiver": "the receiving server's",
    "either": "unknown",
}
_PROVIDERS = {"gmail": "Gmail", "yahoo": "Yahoo", "outlook": "Outlook", "icloud": "iCloud"}


def tell(said: Common, found: Bounce) -> None:
    """Shows what was decoded."""
    ink = said.ink()
    head = found.shown or "no code"
    by = f"  {_PROVIDERS[found.provider]}" if found.provider else ""
    tone = "unknown" if not found.known else "fail" if found.lasting else "warn"
    lines = [f"{ink.glyph(tone)} {ink.paint(head, tone)}{by}"]
    if found.known:
        lines += [f"  cause   {found.cause}", f"  fix     {found.fix}"]
        lines += [f"  paste   {found.paste}"] if found.paste else []
        lines += [f"  whose   {_WHOSE[found.whose]}"]
    else:
        lines += ["  cause   unknown; only the server's own text can help"]
    lines += [f"  again   {found.retry}"]
    for line in lines:
        click.echo(ink.finish(line).rstrip())
