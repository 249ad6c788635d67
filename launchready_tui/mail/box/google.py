"""A new access token for a Gmail mailbox from a stored log-in.

Built to what Google publishes (developers.google.com/identity, "OAuth 2.0 for desktop apps", known 2026-11). The
stored credential is what Google's own tools write for a person who has logged in: a JSON object with client_id,
client_secret and refresh_token. Logging in itself is left to those tools: Google's device flow does not grant the
scope of mail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ...failure import Failure
from ...text import clean, json_of
from ...vault.secret import Secret
from .device import Tokens

if TYPE_CHECKING:
    from ...world.web import Web

HOST = "oauth2.googleapis.com"
_URL = f"https://{HOST}/token"
_NEEDED = ("client_id", "client_secret", "refresh_token")
_WORDS = {
    "invalid_grant": "the stored log-in has expired or was revoked (apps in testing get 7 days): log in again and "
    "store it",
    "invalid_client": "the app of the stored log-in is unknown, or its secret has changed",
    "unauthorized_client": "the app of the stored log-in may not renew it",
    "invalid_scope": "the stored log-in does not cover mail (https://mail.google.com/)",
}


async def refresh(web: Web, stored: Secret) -> Tokens | Failure:
    """Asks for an access token; good for about an hour. The stored log-in stays as it is."""
    known = _object(stored.reveal())
    missing = [name for name in _NEEDED if not isinstance(known.get(name), str) or not known[name]]
    if missing:
        detail = f"the stored log-in is not a JSON object with {', '.join(_NEEDED)}: it lacks {', '.join(missing)}"
        return Failure(kind="log-in", detail=detail, target=HOST)
    form = {"grant_type": "refresh_token", **{name: known[name] for name in _NEEDED}}
    reply = await web.get(
        _URL,
        method="POST",
        headers=(("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")),
        body=urlencode(form).encode(),
        fresh=True,
    )
    if isinstance(reply, Failure):
        return reply
    said = _object(reply.body)
    access = said.get("access_token")
    if isinstance(access, str) and access:
        return Tokens(access=Secret("access-token", access))
    error = str(said.get("error", ""))
    words = (
        _WORDS.get(error)
        or clean(str(said.get("error_description", "") or error))
        or f"status {reply.status}, but no token"
    )
    return Failure(kind="log-in" if error else "unavailable", detail=words[:300], target=HOST)


def _object(text: str | bytes) -> dict[str, Any]:
    """A JSON object; an empty one for anything else."""
    found = json_of(text)
    return found if isinstance(found, dict) else {}
