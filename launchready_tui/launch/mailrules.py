"""What `[[mailboxes]]` and `[[flows]]` must mean together: where a test mailbox lies, whom a request would send a mail
to."""

from __future__ import annotations

import re
from typing import Any

from . import names
from .judging import Found, Say, rows
from .strict import nearest

TAG, EMAIL = "{tag}", "{{email}}"
_BLANKS = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
BLANKS = ("email", "password", "run_id")
"""What a flow's request may leave open: the test address, a password made for it, and the run's own id."""
_CLIENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,127}")


def tagged(value: str) -> str:
    """How a test address is written: the tag at most once and before the @, and nothing else is open. Without it, it is
    a test account that stays the same."""
    allowed = f"an address, with {TAG} at most once and before the @, such as shop+{TAG}@example.com"
    if not value:
        return ""
    local, _, _ = value.partition("@")
    return (
        ""
        if local.count(TAG) == value.count("{") <= 1 and not names.email_problem(value.replace(TAG, "x"))
        else allowed
    )


def client(value: str) -> str:
    """What is expected in place of an OAuth client id that cannot be one; empty where it can."""
    return (
        ""
        if not value or _CLIENT.fullmatch(value)
        else "the id of an app registration, such as 00000000-0000-0000-0000-000000000000"
    )


def mailboxes(data: dict[str, Any], broken: set[str], say: Say) -> None:
    """A server that can be reached, and a way to log in that it offers."""
    for key, row in rows(data, "mailboxes"):
        kind, auth = row.get("kind", "imap"), row.get("auth", "")
        if kind == "imap" and not row.get("host"):
            say(
                f"{key}.host",
                Found("nothing"),
                'the IMAP server, such as host = "imap.example.com" (not needed with kind = "gmail" or "outlook")',
            )
        if auth == "device" and kind != "outlook":
            say(f"{key}.auth", auth, 'password or token; device is for kind = "outlook"')
        if auth == "refresh" and kind != "gmail":
            say(f"{key}.auth", auth, 'password or token; refresh is for kind = "gmail"')
        if kind == "outlook" and auth == "password":
            say(
                f"{key}.auth",
                auth,
                "device or token: Outlook.com has not accepted passwords for IMAP since 2024-09",
                "device",
            )
        if kind == "outlook" and auth in ("", "device") and not row.get("client_id"):
            say(
                f"{key}.client_id",
                Found("nothing"),
                "the client id of an app registration (Azure portal) with permission to read mail by IMAP",
            )


def flows(data: dict[str, Any], broken: set[str], say: Say) -> None:
    """A request goes to a test address, or it is not sent at all; what it leaves open is known."""
    routes = {row["name"]: row for _, row in rows(data, "routes") if isinstance(row.get("name"), str)}
    for key, row in rows(data, "flows"):
        name = row.get("route", "")
        if not isinstance(name, str) or not name:
            continue
        route = routes.get(name)
        if route is None:
            say(
                f"{key}.route",
                name,
                "the name of one of [[routes]]; leave it out if someone does it by hand",
                nearest(name, routes),
            )
            continue
        body = route.get("body", "")
        if not isinstance(body, str) or EMAIL not in re.sub(
            r"\{\{\s*|\s*\}\}", lambda mark: mark.group().strip(), body
        ):
            say(
                f"{key}.route",
                name,
                f"a route with {EMAIL} in its body in place of the address: mail only ever goes to test addresses",
            )
    for key, row in rows(data, "routes"):
        body = row.get("body", "")
        unknown = [blank for blank in _BLANKS.findall(body) if blank not in BLANKS] if isinstance(body, str) else []
        if unknown and any(flow.get("route") == row.get("name") for _, flow in rows(data, "flows")):
            allowed = "only " + ", ".join("{{" + blank + "}}" for blank in BLANKS)
            say(f"{key}.body", Found("{{" + unknown[0] + "}}"), allowed, nearest(unknown[0], BLANKS))
