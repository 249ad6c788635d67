"""Webhooks of one's own, ntfy and Telegram: each against a double that keeps the service's published contract."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import re
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from loopback import reach
from watchtown import Spoken

from launchready_tui.clock import FixedClock
from launchready_tui.launch.load import load, parse
from launchready_tui.launch.model import Alert
from launchready_tui.launch.problems import LaunchFileError
from launchready_tui.launch.trust import summary
from launchready_tui.watch import posts
from launchready_tui.watch import senders as room
from launchready_tui.watch.export import Plan, export
from launchready_tui.watch.samples import Notice
from launchready_tui.watch.senders import Later, Refused, Result, Senders, Sent
from launchready_tui.wire import Wire

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
BOT = "123456789:" + "AA" + "k9Q-v3Zr_7Lw" * 2 + "Xp4TnB8dM"
TOPIC = "market-" + "q7" * 8
TOKEN = "tk_" + "z" * 29


def notice(**more: Any) -> Notice:
    return Notice(
        **{
            "key": "incident-1-down-on-call",
            "event": "down",
            "rule": "on-call",
            "owner": "founder",
            "title": 'Market: DOWN: "api"',
            "text": "What: no connection.\nWho acts: founder",
            "incident": 1,
            "made_at": NOW,
            "next_at": NOW,
            **more,
        }
    )


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: Any


Reply = tuple[int, Any] | tuple[int, Any, str]
"""Status, body (bytes, or what becomes JSON), and further header lines."""


@dataclass
class Service:
    """HTTP on loopback; `answer` is the contract."""

    answer: Callable[[Request], Reply]
    port: int = 0
    asked: list[Request] = field(default_factory=list)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = head.split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
        raw = await reader.readexactly(int(headers["content-length"]))
        self.asked.append(Request(lines[0].split()[1], headers, json.loads(raw)))
        status, body, *more = self.answer(self.asked[-1])
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        writer.write(
            f"HTTP/1.1 {status} X\r\nContent-Length: {len(raw)}\r\n{''.join(more)}Connection: close\r\n\r\n".encode()
            + raw
        )
        with contextlib.suppress(OSError):
            await writer.drain()
        writer.close()

    @property
    def where(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextlib.asynccontextmanager
async def service(answer: Callable[[Request], Reply]) -> AsyncIterator[Service]:
    made = Service(answer)
    server = await asyncio.start_server(made.take, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


async def send(rule: Alert, secret: str, told: Notice) -> Result:
    asked = []

    def credential(name: str, host: str) -> Any:
        asked.append((name, host))
        return Spoken(secret)

    made = Senders(Wire(reach()), credential, FixedClock(NOW), "market.test")
    result = await made.send(rule, told)
    assert asked
    assert set(asked) == {("channel", "127.0.0.1")}  # bound to the host, never to a port
    return result


def ntfy(request: Request) -> Reply:
    """ntfy's server: JSON to the root, a login where the topic is protected, 4,096 bytes a message."""
    body = request.body
    if request.path != "/":
        return 404, {"code": 40401, "http": 404, "error": "page not found"}
    if not body.get("topic") or body.get("priority") not in range(1, 6):
        return 400, {"code": 40007, "http": 400, "error": "invalid priority parameter"}
    if request.headers.get("authorization") not in (None, "Basic " + base64.b64encode(f":{TOKEN}".encode()).decode()):
        return 401, {"code": 40101, "http": 401, "error": "unauthorized", "link": "https://ntfy.sh/docs/"}
    if len(body["message"].encode()) > 4096:
        return 413, {"code": 41301, "http": 413, "error": "attachment too large, or bandwidth limit reached"}
    return 200, {"id": "x8Zk2", "time": 1, "event": "message", "topic": body["topic"], "message": body["message"]}


def telegram(request: Request) -> Reply:
    """The Bot API's sendMessage, with its own words for what goes wrong."""
    if request.path != f"/bot{BOT}/sendMessage":
        return 401, {"ok": False, "error_code": 401, "description": "Unauthorized"}
    chat, text = request.body["chat_id"], request.body["text"]
    if chat not in (42, -1009, "@market_ops"):
        return 400, {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}
    if len(text.encode("utf-16-le")) > 2 * 4096:
        return 400, {"ok": False, "error_code": 400, "description": "Bad Request: message is too long"}
    return 200, {"ok": True, "result": {"message_id": 7, "chat": {"id": chat}, "text": text}}


def alert(kind: str, where: str, **more: Any) -> Alert:
    return Alert(
        name="on-call",
        owner="founder",
        kind=kind,  # type: ignore[arg-type]
        server=where,
        credential="channel",
        **({"to": "42"} if kind == "telegram" else {}) | more,
    )


async def test_ntfy_gets_json_with_priority_and_its_topic_is_kept_nowhere() -> None:
    async with service(ntfy) as double:
        for secret in (f"http://{double.where}/{TOPIC}", TOPIC, f"http://:{TOKEN}@{double.where}/{TOPIC}"):
            result = await send(alert("ntfy", double.where), secret, notice())
            assert result == Sent("200 message x8Zk2"), secret
        one = double.asked[0]
        assert one.body["topic"] == TOPIC
        assert (one.body["title"], one.body["priority"]) == ('Market: DOWN: "api"', 5)
        assert one.headers["idempotency-key"] == "incident-1-down-on-call"
        assert "authorization" in double.asked[2].headers
        await send(alert("ntfy", double.where), TOPIC, notice(event="resolved", text="é" * 5000))
        assert double.asked[3].body["priority"] == 3
        assert len(double.asked[3].body["message"].encode()) <= 4096
        wrong = await send(alert("ntfy", double.where), f"http://:nope@{double.where}/{TOPIC}", notice())
        assert wrong == Refused("status 401 unauthorized")
        strange = await send(alert("ntfy", double.where), f"http://{double.where}/a/b", notice())
        assert isinstance(strange, Refused)
        assert "a/b" not in strange.why


async def test_telegram_gets_plain_text_and_its_token_is_kept_nowhere() -> None:
    async with service(telegram) as double:
        rule = alert("telegram", double.where)
        assert await send(rule, BOT, notice()) == Sent("200 message 7")
        assert double.asked[0].body == {
            "chat_id": 42,
            "text": 'Market: DOWN: "api"\nWhat: no connection.\nWho acts: founder',
            "link_preview_options": {"is_disabled": True},
        }
        assert isinstance(await send(rule, BOT, notice(text="\N{FIRE}" * 9000)), Sent)
        assert isinstance(await send(msgspec.structs.replace(rule, to="@market_ops"), BOT, notice()), Sent)
        lost = await send(msgspec.structs.replace(rule, to="43"), BOT, notice())
        assert lost == Refused("status 400 Bad Request: chat not found")
        assert await send(rule, BOT[:-1] + "y", notice()) == Refused("status 401 Unauthorized")
        assert await send(rule, "https://x", notice()) == Refused("the stored value is not the token of a Telegram bot")


async def test_telegram_says_how_long_to_wait_and_where_a_group_went() -> None:
    busy = {"ok": False, "error_code": 429, "description": "Too Many Requests: retry after 35"}
    async with service(lambda request: (429, {**busy, "parameters": {"retry_after": 35}})) as double:
        result = await send(alert("telegram", double.where), BOT, notice())
        assert result == Later("status 429 Too Many Requests: retry after 35", 35.0)

    def moved(request: Request) -> Reply:
        if request.body["chat_id"] == 42:
            upgraded = "Bad Request: group chat was upgraded to a supergroup chat"
            more = {"parameters": {"migrate_to_chat_id": -1009}}
            return 400, {"ok": False, "error_code": 400, "description": upgraded, **more}
        return telegram(request)

    async with service(moved) as double:
        result = await send(alert("telegram", double.where), BOT, notice())
        assert result == Sent('200 message 7; the chat has a new id: to = "-1009"')


@pytest.mark.parametrize("kind", ["ntfy", "telegram"])
@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ((200, b"<html>Log in to the hotel's network</html>"), Later),
        ((429, b"", "Retry-After: 9\r\n"), Later),
        ((500, b"oops"), Later),
        ((200, {"ok": "yes", "id": 3}), Later),
        ((404, b"nginx"), Refused),
    ],
)
async def test_a_page_in_between_is_no_message_taken(kind: str, reply: Reply, expected: type) -> None:
    async with service(lambda request: reply) as double:
        result = await send(alert(kind, double.where), TOPIC if kind == "ntfy" else BOT, notice())
        assert isinstance(result, expected), result
        assert not isinstance(result, Later) or result.after_s == (9.0 if reply[0] == 429 else None)


async def test_a_webhook_gets_its_own_json_whatever_the_message_holds() -> None:
    path = "/hook/" + "s" * 24
    template = (
        '{"routing_key": "R", "event_action": "{{state}}", "n": 3, "payload": {"summary": "{{ title }}",'
        ' "source": "{{domain}}"}, "dedup_key": "lr-{{incident}}", "lines": ["{{text}}", null]}'
    )
    evil = notice(title='"}, "event_action": "resolve', text="{{key}}\n\\u0000")
    async with service(lambda request: (202, f"queued at {request.path}".encode())) as double:
        result = await send(alert("webhook", double.where, template=template), f"http://{double.where}{path}", evil)
        assert isinstance(result, Sent)
        assert path not in result.answer
        assert double.asked[0].body == {
            "routing_key": "R",
            "event_action": "firing",
            "n": 3,
            "payload": {"summary": evil.title, "source": "market.test"},
            "dedup_key": "lr-1",
            "lines": [evil.text, None],
        }
        over = notice(event="resolved")
        assert isinstance(await send(alert("webhook", double.where), f"http://{double.where}{path}", over), Sent)
        assert double.asked[1].body["state"] == "resolved"
        assert double.asked[1].body["alert"] == "on-call"


async def test_a_message_says_what_could_not_be_read_and_waits_for_no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = threading.Event()
    monkeypatch.setattr(room, "_REMARK_S", 0.05)
    async with service(telegram) as double:
        rule = alert("telegram", double.where)
        for remark in (lambda: "Cannot read decisions.toml", lambda: "", lambda: str(hanging.wait(30))):
            made = Senders(Wire(reach()), lambda name, host: Spoken(BOT), FixedClock(NOW), "market.test", remark)
            assert isinstance(await made.send(rule, notice()), Sent)
        hanging.set()
        texts = [request.body["text"].splitlines()[-1] for request in double.asked]
        assert texts == ["Cannot read decisions.toml", "Who acts: founder", "Who acts: founder"]


FILE = 'name = "M"\ndomain = "example.com"\ncanonical = "https://example.com/"\n'
ROW = FILE + '[[alerts]]\nname = "a"\nowner = "founder"\n'


@pytest.mark.parametrize(
    ("row", "key", "allowed"),
    [
        ("kind = 'telegram'\ncredential = 'bot'", "alerts[1].to", "needs it"),
        ("kind = 'telegram'\nto = '42'", "alerts[1].credential", "needs it"),
        (f"kind = 'telegram'\ncredential = 'bot'\nto = '{BOT}'", "alerts[1].to", "never the bot's token"),
        ("kind = 'telegram'\ncredential = 'bot'\nto = 'me@example.com'", "alerts[1].to", "the id of a chat"),
        ("kind = 'ntfy'", "alerts[1].credential", "ntfy-topic"),
        ("kind = 'ntfy'\ncredential = 'a-topic'\nto = 'nobody'", "alerts[1].to", "@"),
        ("kind = 'webhook'\ncredential = 'hook'", "alerts[1].server", "needs it"),
        ("kind = 'webhook'\nserver = 'h.example.com'", "alerts[1].credential", "needs it"),
        ("kind = 'ntfy'\ncredential = 'a-topic'\ntemplate = '{}'", "alerts[1].template", "only with kind"),
        *(
            (f"kind = 'webhook'\nserver = 'h.example.com'\ncredential = 'hook'\ntemplate = '''{text}'''", key, allowed)
            for text, key, allowed in (
                ('{"a": {{title}}}', "alerts[1].template", "inside a quoted text"),
                ('{"a": "{{titel}}"}', "alerts[1].template", "only these places"),
                ('"{{title}}"', "alerts[1].template", "an object or list"),
                (f'{{"token": "{BOT}"}}', "alerts[1].template", "no secret"),
            )
        ),
        ("kind = 3", "alerts[1].kind", "telegram"),
        ("kind = 'sms'", "alerts[1].kind", "telegram"),
    ],
)
def test_what_a_channel_needs_is_said_and_no_token_is_shown(row: str, key: str, allowed: str) -> None:
    with pytest.raises(LaunchFileError) as caught:
        parse((ROW + row + "\n").encode())
    assert [problem.key for problem in caught.value.problems] == [key]
    assert allowed.replace("an object", "a JSON object") in caught.value.problems[0].allowed
    assert BOT not in str(caught.value)


def test_trust_and_exports_name_where_each_kind_goes(tmp_path: Path) -> None:
    rows = (
        '[[alerts]]\nname = "phone"\nowner = "founder"\nkind = "telegram"\ncredential = "bot"\nto = "42"\n'
        '[[alerts]]\nname = "push"\nowner = "founder"\nkind = "ntfy"\ncredential = "ntfy-topic"\n'
        '[[alerts]]\nname = "chat"\nowner = "founder"\ncredential = "hook"\n'
    )
    (tmp_path / "launchready.toml").write_text(FILE + rows, "utf-8")
    file = load(tmp_path / "launchready.toml")
    used = summary(file).credentials
    assert {"bot for api.telegram.org", "ntfy-topic for ntfy.sh", "hook for hooks.slack.com"} <= set(used)
    for kind in ("prometheus", "gatus"):
        made = export(Plan.of(file.launch), kind)  # type: ignore[arg-type]
        assert any(note.startswith("phone: only `launchready watch`") for note in made.notes)
        assert "phone" not in "".join(text for path, text in made.files.items() if path.endswith((".yml", ".yaml")))
    assert "LAUNCHREADY_BOT_HOSTS" in "".join(export(Plan.of(file.launch), "systemd").files.values())


def test_names_are_text_in_slack_and_in_what_reads_markdown_in_its_place() -> None:
    title = "*Market* <!channel> @Here `rm` ~x~ [pay](https://evil.test) & _so_"
    made = posts.post(
        Alert(name="on-call", owner="founder"),
        notice(title=title, text="@channel <https://evil.test|pay>"),
        "https://hooks.slack.com/x",
        "market.test",
    )
    assert isinstance(made, posts.Post)
    text = json.loads(made.body)["text"]
    assert not re.search(r"<|>|`|~|\]\(|@(?i:here|channel)", text)
    assert text.count("*") == 2 and text.startswith("*\u2217Market\u2217 &lt;!channel&gt;") and "&amp; _so_" in text
