"""Logging in at Outlook.com by a code that a person types in a browser (RFC 8628, Microsoft's device authorization
grant).

Built to what Microsoft publishes (learn.microsoft.com, "OAuth 2.0 device authorization grant", known 2026-11); the app
registration is the user's own, since registering one needs a directory.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import msgspec

from ...failure import Failure
from ...text import clean, json_of
from ...vault.secret import Secret

if TYPE_CHECKING:
    from ...world.web import Web

HOST = "login.microsoftonline.com"
AUTHORITY = f"https://{HOST}/consumers/oauth2/v2.0"
SCOPE = "https://outlook.office.com/IMAP.AccessAsUser.All offline_access"
_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
LEAST_WAIT_S, SLOWER_S = 1, 5
_WORDS = {
    "authorization_declined": "the log-in was declined in the browser",
    "access_denied": "the log-in was declined in the browser",
    "expired_token": "the code was not entered in time: start again",
    "bad_verification_code": "the code is no longer valid: start again",
    "invalid_grant": "the stored log-in has expired or was revoked: log in again with `launchready mail login`",
    "interaction_required": "Microsoft requires an interactive log-in: log in again with `launchready mail login`",
    "invalid_client": "the app registration is unknown, or is not a public client",
    "unauthorized_client": "the app registration does not allow personal accounts or the device code flow",
    "invalid_scope": "the app registration may not read mail by IMAP (IMAP.AccessAsUser.All)",
}

Sleep = Callable[[float], Awaitable[None]]


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """What a person has to do: open the page, type the code."""

    page: str
    code: str
    device_code: Secret
    interval_s: int
    expires_s: int


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What a log-in gave: `access` for one hour or so, `refresh` to get the next. A new refresh token replaces the old
    one."""

    access: Secret
    refresh: Secret | None = None


async def begin(web: Web, client_id: str) -> Code | Failure:
    """Asks for a code."""
    said = await _post(web, "devicecode", {"client_id": client_id, "scope": SCOPE})
    if isinstance(said, Failure):
        return said
    page, code, device = (said.get(key) for key in ("verification_uri", "user_code", "device_code"))
    if (
        not (isinstance(page, str) and isinstance(code, str) and isinstance(device, str))
        or urlsplit(page).scheme != "https"
    ):
        return _refused(said)
    return Code(
        page=clean(page),
        code=clean(code),
        device_code=Secret("device-code", device),
        interval_s=max(LEAST_WAIT_S, _number(said.get("interval"), 5)),
        expires_s=max(60, _number(said.get("expires_in"), 900)),
    )


async def wait(web: Web, client_id: str, code: Code, sleep: Sleep) -> Tokens | Failure:
    """Asks at the pace that was told until the person is done, has declined, or the code has run out."""
    interval, waited = code.interval_s, 0
    while waited <= code.expires_s:
        await sleep(interval)
        waited += interval
        form = {"grant_type": _GRANT, "client_id": client_id, "device_code": code.device_code.reveal()}
        said = await _post(web, "token", form)
        if isinstance(said, Failure):
            if said.kind == "timeout":
                interval += SLOWER_S  # RFC 8628 section 3.5: a connection time-out means to slow down
                continue
            return said
        if said.get("error") == "slow_down":
            interval += SLOWER_S
        elif said.get("error") != "authorization_pending":
            return _tokens(said)
    return Failure(kind="log-in", detail=_WORDS["expired_token"], target=HOST)


async def refresh(web: Web, client_id: str, stored: Secret) -> Tokens | Failure:
    """A new access token for the stored refresh token."""
    form = {"grant_type": "refresh_token", "client_id": client_id, "refresh_token": stored.reveal(), "scope": SCOPE}
    said = await _post(web, "token", form)
    return said if isinstance(said, Failure) else _tokens(said)


async def _post(web: Web, path: str, form: dict[str, str]) -> dict[str, Any] | Failure:
    reply = await web.get(
        f"{AUTHORITY}/{path}",
        method="POST",
        headers=(("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")),
        body=urlencode(form).encode(),
        fresh=True,
    )
    if isinstance(reply, Failure):
        return reply
    said = json_of(reply.body)
    if not isinstance(said, dict):
        return Failure(kind="unavailable", detail=f"status {reply.status}, but no JSON object", target=HOST)
    return said


def _tokens(said: dict[str, Any]) -> Tokens | Failure:
    access, more = said.get("access_token"), said.get("refresh_token")
    if not isinstance(access, str) or not access:
        return _refused(said)
    return Tokens(
        access=Secret("access-token", access),
        refresh=Secret("refresh-token", more) if isinstance(more, str) and more else None,
    )


def _refused(said: dict[str, Any]) -> Failure:
    error = str(said.get("error", ""))
    words = _WORDS.get(error) or clean(str(said.get("error_description", "") or error or "no token and no reason"))
    return Failure(kind="log-in", detail=words[:300], target=HOST)


def _number(value: object, other: int) -> int:
    try:
        return min(int(value), 3600) if isinstance(value, int | str | float) else other
    except ValueError:
        return other
