"""Causing a test mail: the product's own request, with a test address in it and never another."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from ...failure import Failure
from ...hostnames import host_of
from ...launch.model import Route
from ...world.sights import Reply

if TYPE_CHECKING:
    from ...world import World

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_BLANK = re.compile(r"\{\{\s*(email|password|run_id)\s*\}\}")


def new_tag(now: datetime) -> str:
    """A name for one run that nobody can guess: `lr1124-k2m9qx`."""
    return f"lr{now:%m%d}-" + "".join(secrets.choice(_LETTERS) for _ in range(6))


def _new_password() -> str:
    """One that every rule for passwords lets pass; used once and not kept."""
    return f"Lr-{secrets.token_urlsafe(15)}-9a"


def request_of(route: Route, address: str, tag: str, password: str) -> tuple[tuple[tuple[str, str], ...], bytes]:
    """Header fields and body of the request, its blanks filled."""
    body, kind = fill_body(route.body, route.headers, {"email": address, "password": password, "run_id": tag}, _BLANK)
    name = re.sub(r"[^a-z0-9]+", "-", route.name.lower())
    return (*route.headers.items(), *kind, ("x-launchready-run", tag), ("idempotency-key", f"{tag}-{name}")), body


def fill_body(
    body: str, headers: Mapping[str, str], values: Mapping[str, str], blank: re.Pattern[str]
) -> tuple[bytes, tuple[tuple[str, str], ...]]:
    """The body with its blanks filled in its own writing (JSON, a form, or plain), and the Content-Type field that goes
    with it where `headers` have none. Raises KeyError for a blank that `values` do not fill."""
    given = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    json_like = "json" in given or (not given and body.lstrip()[:1] in ("{", "["))
    kind = given or ("application/json" if json_like else "application/x-www-form-urlencoded")

    def fill(mark: re.Match[str]) -> str:
        value = values[mark[1]]
        if json_like:
            return json.dumps(value, ensure_ascii=True)[1:-1]
        return quote_plus(value) if "urlencoded" in kind else value

    return blank.sub(fill, body).encode(), () if given else (("content-type", kind),)


async def send(world: World, route: Route, address: str, tag: str) -> Reply | Failure:
    """Sends the request, once. `no-permission` where consent, permission or the credential is missing. Never repeated,
    never followed."""
    host = host_of(route.url)
    if "mail" not in world.allow:
        return Failure(
            kind="no-permission", detail="test mails are only triggered with --allow mail", target=route.name
        )
    if not world.may_intrude(host):
        return Failure(
            kind="no-permission",
            detail=f"the launch file records no confirmed permission for {host}",
            target=route.name,
        )
    headers, body = request_of(route, address, tag, _new_password())
    if route.login:
        # The keyring may take its time, and the loop must not wait for it.
        credential = await asyncio.to_thread(world.credential, route.login, host)
        if credential is None:
            return Failure(
                kind="no-permission", detail=f"no credential {route.login!r} is stored for {host}", target=route.name
            )
        value = credential.reveal().strip()
        headers = (*headers, ("authorization", value if " " in value else f"Bearer {value}"))
    return await world.web.get(route.url, method=route.method, headers=headers, body=body, fresh=True)
