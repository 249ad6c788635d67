"""A small IMAP server over TLS on 127.0.0.1: folders with mails, passwords and tokens, and whatever goes wrong."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import certs
from loopback import Served, serve

HOST = "imap.example.com"


@dataclass
class Mailboxes:
    """`folders` maps a name as LIST gives it to (flags, mails); a mail is (uid, when, raw)."""

    folders: dict[str, tuple[str, list[tuple[int, datetime, bytes]]]]
    user: str = "seed@example.com"
    password: str = "correct-horse-9"
    token: str = "good-token-123"
    capabilities: str = "IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 LIST-EXTENDED SPECIAL-USE"
    tabs: dict[int, str] = field(default_factory=dict)
    hang_at: str = ""
    """A command that is never answered."""
    close_at: str = ""
    """A command at which the server hangs up."""
    huge: bool = False
    """Announces a literal of 9 GB."""
    refusal: str = "[AUTHENTICATIONFAILED] Invalid credentials"
    commands: list[str] = field(default_factory=list)


def put(boxes: Mailboxes, folder: str, raw: bytes, when: datetime | None = None) -> None:
    mails = boxes.folders[folder][1]
    mails.append((len(mails) + 1, when or datetime.now(UTC), raw))


def empty(**more: str) -> Mailboxes:
    return Mailboxes(
        folders={"INBOX": ("\\HasNoChildren", []), "Spam": ("\\HasNoChildren \\Junk", []), "Sent": ("\\Sent", [])},
        **more,  # type: ignore[arg-type]
    )


@asynccontextmanager
async def imap_server(boxes: Mailboxes, authority: certs.Signed, name: str = HOST) -> AsyncIterator[Served]:
    leaf = certs.issue(name, (name,), by=authority)
    async with serve(_handler(boxes), tls=certs.server_context(leaf)) as served:
        yield served


def _handler(boxes: Mailboxes) -> Callable[[Served, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def handle(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if boxes.hang_at == "greeting":
            await asyncio.Event().wait()
        writer.write(b"* OK ready\r\n")
        opened: list[tuple[int, datetime, bytes]] = []
        while line := await reader.readline():
            tag, _, rest = line.decode("latin-1").rstrip("\r\n").partition(" ")
            boxes.commands.append(rest)
            word = rest.split()[0].upper()
            if word == boxes.hang_at:
                await asyncio.Event().wait()
            if word == boxes.close_at:
                return
            done = "OK done"
            if word == "CAPABILITY":
                writer.write(f"* CAPABILITY {boxes.capabilities}\r\n".encode())
            elif word == "AUTHENTICATE":
                done = await _authenticate(boxes, rest.split()[1], reader, writer)
            elif word == "LOGIN":
                done = "OK in" if rest == f'LOGIN {boxes.user} "{boxes.password}"' else f"NO {boxes.refusal}"
            elif word == "LIST":
                for folder, (flags, _) in boxes.folders.items():
                    writer.write(f'* LIST ({flags}) "/" "{folder}"\r\n'.encode())
            elif word in ("EXAMINE", "SELECT"):
                name = rest.split(" ", 1)[1].strip('"')
                if name in boxes.folders:
                    opened = boxes.folders[name][1]
                    writer.write(f"* {len(opened)} EXISTS\r\n".encode())
                    done = "OK [READ-ONLY] done" if word == "EXAMINE" else "OK [READ-WRITE] done"
                else:
                    done = "NO no such folder"
            elif word == "UID":
                _uid(boxes, rest, opened, writer)
            elif word == "LOGOUT":
                writer.write(b"* BYE\r\n")
            writer.write(f"{tag} {done}\r\n".encode())
            await writer.drain()
            if word == "LOGOUT":
                return

    return handle


async def _authenticate(
    boxes: Mailboxes, mechanism: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> str:
    writer.write(b"+ \r\n")
    said = base64.b64decode(await reader.readline()).decode()
    if mechanism == "PLAIN":
        return "OK in" if said == f"\0{boxes.user}\0{boxes.password}" else f"NO {boxes.refusal}"
    if said == f"user={boxes.user}\1auth=Bearer {boxes.token}\1\1":
        return "OK in"
    # As Google and Microsoft do: the reason as a challenge, which the client has to answer with nothing.
    writer.write(b"+ " + base64.b64encode(b'{"status":"400","schemes":"Bearer"}') + b"\r\n")
    await reader.readline()
    return f"NO {boxes.refusal}"


def _uid(boxes: Mailboxes, rest: str, opened: list[tuple[int, datetime, bytes]], writer: asyncio.StreamWriter) -> None:
    words = rest.split()
    if words[1].upper() == "SEARCH":
        tab = re.search(r"category:(\w+)", rest)
        wanted = re.search(r'TO "([^"]+)"', rest)
        if tab:
            found = [uid for uid, _, _ in opened if words[3] == str(uid) and boxes.tabs.get(uid) == tab[1]]
        else:
            found = [uid for uid, _, raw in opened if wanted and wanted[1].split("+")[0].encode() in raw]
        writer.write(("* SEARCH " + " ".join(map(str, found))).rstrip().encode() + b"\r\n")
        return
    mail = next((mail for mail in opened if str(mail[0]) == words[2]), None)
    if mail is None:
        return
    uid, when, raw = mail
    if "HEADER.FIELDS" in rest:
        part = b"".join(
            line + b"\r\n"
            for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n")
            if line.lower().startswith((b"to:", b"delivered-to:"))
        )
        name = "BODY[HEADER.FIELDS (TO DELIVERED-TO X-ORIGINAL-TO ENVELOPE-TO)]"
    else:
        part, name = raw, "BODY[]<0>"
    size = 9_000_000_000 if boxes.huge and name == "BODY[]<0>" else len(part)
    stamp = f"{when.day:2d}-{when:%b-%Y %H:%M:%S +0000}"
    writer.write(
        f'* 1 FETCH (UID {uid} INTERNALDATE "{stamp}" RFC822.SIZE {len(raw)} {name} {{{size}}}\r\n'.encode()
        + part
        + b")\r\n"
    )
