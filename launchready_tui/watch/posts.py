"""What each kind of channel over HTTP is sent, and how its answer reads. Public contracts, as known 2026-11:
docs.slack.dev (incoming webhooks), docs.ntfy.sh/publish (publish as JSON; errors in its server/errors.go) and
core.telegram.org/bots/api (sendMessage, ResponseParameters)."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import msgspec

from ..launch import webhooks
from ..launch.model import Alert, AlertKind
from ..text import clean, shorten
from .asking import HERE
from .samples.model import Notice

_LOOK_ALIKE = str.maketrans({"*": "\u2217", "`": "\u02cb", "~": "\u223c"})
_MENTION = re.compile(r"@(?=(?:here|channel|all|everyone)\b)", re.IGNORECASE)
_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
_BOT = re.compile(r"[0-9]{1,20}:[-_A-Za-z0-9]{16,128}")
_NTFY_BYTES = 4096
"""A longer message becomes an attachment."""
_TELEGRAM_UNITS = 4096
"""UTF-16 units of one message."""
_PRIORITY = {"down": 5, "worse": 5, "again": 5, "resolved": 3}
"""ntfy's, from 1 to 5; all other messages have 4."""
STORED: Mapping[str, str] = {"ntfy": "topic", "telegram": "bot token"}
"""What the credential of a kind is called; that of the others is a webhook."""


@dataclass(frozen=True, slots=True)
class Post:
    """One request. `secrets` are the words that must not be kept where the answer repeats them."""

    url: str
    body: bytes
    secrets: tuple[str, ...]
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What came back: whether it was taken, in how many seconds to ask again, and the chat's new id where it moved."""

    taken: bool
    words: str
    after_s: float | None = None
    chat: str = ""


def post(rule: Alert, notice: Notice, secret: str, domain: str, *, chat: str = "") -> Post | str:
    """The request for one message; a text says why there can be none. `chat` takes the place of the alert's own."""
    match rule.kind:
        case "ntfy":
            return _ntfy(rule, notice, secret)
        case "telegram":
            return _telegram(rule, notice, secret, chat or rule.to)
        case "webhook":
            body = webhooks.fill(rule.template, _values(rule, notice, domain))
        case _:
            text = f"*{_slack_text(notice.title)}*\n{_slack_text(notice.text)}"
            body = msgspec.json.encode({"text": text})
    return Post(secret, body, (secret, urlsplit(secret).path, urlsplit(secret).query))


def read(kind: AlertKind, status: int, body: bytes) -> Said:
    """The answer. A proxy's page in the place of ntfy's or Telegram's own words is no message taken."""
    fine = 200 <= status < 300
    try:
        if kind == "telegram":
            bot = msgspec.json.decode(body, type=_TelegramAnswer)
            words = bot.description or (f"message {bot.result.message_id}" if bot.result else "")
            more = bot.parameters
            moved = "" if more.migrate_to_chat_id is None else str(more.migrate_to_chat_id)
            return Said(fine and bot.ok, _short(words), more.retry_after, moved)
        if kind == "ntfy":
            topic = msgspec.json.decode(body, type=_NtfyAnswer)
            return Said(fine and bool(topic.id), _short(topic.error or f"message {topic.id}"))
    except msgspec.MsgspecError:
        return Said(False, f"the answer is not from {'Telegram' if kind == 'telegram' else 'ntfy'}" if fine else "")
    return Said(fine, _short(body.decode("utf-8", "replace")))


class _Message(msgspec.Struct):
    message_id: int = 0


class _Parameters(msgspec.Struct):
    retry_after: float | None = None
    migrate_to_chat_id: int | None = None


class _TelegramAnswer(msgspec.Struct):
    ok: bool
    description: str = ""
    result: _Message | None = None
    parameters: _Parameters = msgspec.field(default_factory=_Parameters)


class _NtfyAnswer(msgspec.Struct):
    id: str = ""
    error: str = ""


def _telegram(rule: Alert, notice: Notice, secret: str, chat: str) -> Post | str:
    if _BOT.fullmatch(secret) is None:
        return "the stored value is not the token of a Telegram bot"
    text = f"{notice.title}\n{notice.text}"
    text = text.encode("utf-16-le")[: 2 * _TELEGRAM_UNITS].decode("utf-16-le", "ignore")
    body = {
        "chat_id": chat if chat.startswith("@") else int(chat),
        "text": text,
        "link_preview_options": {"is_disabled": True},
    }
    return Post(f"{_base(rule)}/bot{secret}/sendMessage", msgspec.json.encode(body), (secret,))


def _ntfy(rule: Alert, notice: Notice, secret: str) -> Post | str:
    """The topic is as good as a password, so it is part of the stored URL and never of the launch file."""
    parts = urlsplit(secret if "://" in secret else f"{_base(rule)}/{secret}")
    topic, login = parts.path.strip("/"), parts.netloc.rpartition("@")
    if _TOPIC.fullmatch(topic) is None:
        return "the stored value is not the URL of an ntfy topic, such as https://ntfy.sh/TOPIC"
    headers: tuple[tuple[str, str], ...] = ()
    user, _, password = unquote(login[0]).partition(":")
    if login[0]:
        basic = base64.b64encode(f"{user}:{password}".encode()).decode()
        headers = (("Authorization", f"Basic {basic}"),)
    message = notice.text.encode()[:_NTFY_BYTES].decode("utf-8", "ignore")
    body = {
        "topic": topic,
        "title": notice.title,
        "message": message,
        "priority": _PRIORITY.get(notice.event, 4),
        "tags": ["white_check_mark" if notice.event == "resolved" else "rotating_light"],
    }
    return Post(f"{parts.scheme}://{login[2]}/", msgspec.json.encode(body), (secret, topic, password), headers)


def _values(rule: Alert, notice: Notice, domain: str) -> dict[str, str]:
    state = notice.event if notice.event in ("resolved", "test") else "firing"
    found = {
        "title": notice.title,
        "text": notice.text,
        "event": notice.event,
        "state": state,
        "owner": str(notice.owner),
        "alert": rule.name,
        "incident": str(notice.incident or ""),
        "key": notice.key,
        "domain": domain,
        "at": notice.made_at.isoformat(),
    }
    return {name: found[name] for name in webhooks.PLACES}


def _base(rule: Alert) -> str:
    """Plain http only on this machine, as a Bot API server of one's own runs there."""
    return f"{'http' if rule.host in HERE else 'https'}://{rule.where}"


def _short(text: str) -> str:
    return shorten(clean(text), 120)


def _slack_text(text: str) -> str:
    """The three characters that Slack's text formatting reserves; marks of formatting, for which it has no escape, as
    characters that look the same; and no mention and no Markdown link for receivers that know those."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").translate(_LOOK_ALIKE)
    return _MENTION.sub("@ ", plain).replace("](", "] (")
