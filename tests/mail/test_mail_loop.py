"""The mail loop on loopback: the product is asked, its mail comes into a test mailbox, is found there and judged."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import certs
import pytest
from imapstub import HOST as IMAP
from imapstub import Mailboxes, empty, imap_server, put
from loopback import Served, reach, serve
from signing import record, signed
from stubdns import name_server, zone

from launchready_tui.clock import SystemClock
from launchready_tui.launch.model import Host, Launch, Mailbox, MailFlow, Permission, Route
from launchready_tui.mail.flow import session
from launchready_tui.mail.flow.flaws import flaws
from launchready_tui.mail.flow.model import KIND, SENT, Trial
from launchready_tui.mail.flow.trying import Wanted, attempt
from launchready_tui.vault.secret import Secret
from launchready_tui.world import World

API = "api.shop.test"
PASSWORD = "correct-horse-9"
RESULTS = (
    "Authentication-Results: mx.example.com; spf={spf} smtp.mailfrom=shop.test; "
    "dkim={dkim} header.d=shop.test; dmarc={dmarc} header.from=shop.test\r\n"
)


@dataclass
class Product:
    """The market's backend: takes requests and, like its mail service would, puts a mail into the mailbox."""

    boxes: Mailboxes
    folder: str = "INBOX"
    status: int = 200
    silent: bool = False
    pressed: int = 200
    results: dict[str, str] = field(default_factory=lambda: {"spf": "pass", "dkim": "pass", "dmarc": "pass"})
    link: str = f"https://{API}/reset/abcdef0123456789"
    extra: str = ""
    html_only: bool = False
    change: Callable[[bytes], bytes] = bytes
    asked: list[tuple[str, dict[str, str], str]] = field(default_factory=list)

    def mail(self, to: str) -> bytes:
        kind = "text/html" if self.html_only else "text/plain"
        words = (
            f'<p>Reset your password</p><a href="{self.link}">here</a>'
            if self.html_only
            else f"Reset your password: {self.link}"
        )
        head = f"From: Shop <hello@shop.test>\r\nTo: {to}\r\nSubject: Reset your password\r\nDate: {formatdate()}\r\n"
        head += f"Message-ID: <{len(self.asked)}@shop.test>\r\n{self.extra}Content-Type: {kind}; charset=utf-8\r\n"
        return self.change(f"{head}\r\n{words}\r\n".encode())

    def receive(self, to: str) -> None:
        stamp = RESULTS.format(**self.results) if self.results else ""
        put(self.boxes, self.folder, stamp.encode() + self.mail(to))

    async def handle(self, served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            path = head.split(" ", 2)[1]
            fields = dict(re.findall(r"(?mi)^([a-z-]+): (.*?)\r$", head))
            size = int({key.lower(): value for key, value in fields.items()}.get("content-length", "0"))
            body = (await reader.readexactly(size)).decode()
            status = self.status
            if path == "/forgot":
                self.asked.append((path, {key.lower(): value for key, value in fields.items()}, body))
                to = json.loads(body)["email"] if body.startswith("{") else parse_qs(body)["email"][0]
                if status < 400 and not self.silent:
                    self.receive(to)
            elif path.startswith("/unsubscribe/"):
                self.asked.append((path, fields, body))
                status = self.pressed
            else:
                status = 200 if path.startswith("/reset/") else 404
            writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n".encode())
            await writer.drain()


def launch_of(**more: Any) -> Launch:
    given: dict[str, Any] = {
        "name": "Shop",
        "domain": "shop.test",
        "canonical": "https://shop.test/",
        "permission": Permission(by="founder", on=date(2026, 11, 1), domains=("shop.test",)),
        "hosts": (Host(name=API, role="api"),),
        "routes": (
            Route(
                name="forgot",
                url=f"https://{API}/forgot",
                method="POST",
                body='{"email": "{{email}}", "p": "{{password}}"}',
            ),
        ),
        "mailboxes": (Mailbox(name="seed", address="seed@example.com", host=IMAP, login="seed-mail"),),
        "flows": (MailFlow(name="password-reset", route="forgot", contains=("Reset your password",)),),
    }
    return Launch(**{**given, **more})


@dataclass
class Town:
    world: World
    product: Product
    boxes: Mailboxes
    told: list[str] = field(default_factory=list)

    async def test(self, *, by_hand: bool = False, wait_s: float = 20, flow: MailFlow | None = None) -> Trial:
        launch = self.world.launch
        wanted = Wanted(flow or launch.flows[0], launch.mailboxes[0], "lr-k2m9qx", wait_s)
        return await attempt(self.world, wanted, None if by_hand else launch.routes[0], tell=self.told.append)

    def wrong(self, trial: Trial, flow: MailFlow | None = None) -> set[str]:
        return {
            f"{flaw.rule} {flaw.state}" for flaw in flaws(trial, flow or self.world.launch.flows[0], self.world.launch)
        }


@asynccontextmanager
async def town(folder: Path, launch: Launch | None = None, allow: tuple[str, ...] = ("mail",)) -> AsyncIterator[Town]:
    boxes = empty()
    product = Product(boxes)
    authority = certs.authority()
    names = zone(
        {
            ("_dmarc.shop.test", "TXT"): ('_dmarc.shop.test. 60 TXT "v=DMARC1; p=quarantine"',),
            ("shop.test", "A"): ("shop.test. 60 A 203.0.113.10",),
            ("s1._domainkey.shop.test", "TXT"): (
                "s1._domainkey.shop.test. 60 TXT " + " ".join(f'"{part}"' for part in _split(record())),
            ),
        }
    )
    leaf = certs.issue(API, (API,), by=authority)
    async with (
        imap_server(boxes, authority) as imap,
        serve(product.handle, tls=certs.server_context(leaf)) as web,
        name_server(names) as dns,
    ):
        rules = (f"{IMAP}:993=127.0.0.1:{imap.port}", f"{API}:443=127.0.0.1:{web.port}")
        world = World(
            launch or launch_of(),
            reach(*rules, ca=certs.ca_file(folder, authority), nameservers=(dns.address,)),
            clock=SystemClock(),
            allow=frozenset(allow),  # type: ignore[arg-type]
            credential=lambda name, host: Secret(name, PASSWORD) if (name, host) == ("seed-mail", IMAP) else None,
        )
        async with world:
            yield Town(world, product, boxes)


def _split(text: str) -> list[str]:
    return [text[at : at + 200] for at in range(0, len(text), 200)]


async def test_the_products_own_request_brings_a_mail_that_is_found_and_right(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        trial = await here.test()
        assert (trial.outcome, trial.where, trial.folder, trial.problem) == ("arrived", "inbox", "INBOX", "")
        assert trial.seconds is not None and trial.recipient == "seed+lr-k2m9qx@example.com"
        assert here.wrong(trial) == set()
        ((_, fields, body),) = here.product.asked
        sent = json.loads(body)
        assert sent["email"] == trial.recipient and len(sent["p"]) > 15
        assert fields["x-launchready-run"] == "lr-k2m9qx" and fields["content-type"] == "application/json"
        message = trial.message
        assert message is not None and message.told_by == "receiver" and message.aligned
        assert [(link.shown, link.status) for link in message.links] == [(f"https://{API}/reset/…", 200)]
        assert "abcdef0123456789" not in str(trial)


async def test_a_mail_in_spam_that_nobody_vouches_for(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        here.product.folder = "Spam"
        here.product.results = {"spf": "softfail", "dkim": "none", "dmarc": "fail"}
        trial = await here.test()
        assert (trial.outcome, trial.where) == ("arrived", "spam")
        assert here.wrong(trial) == {"unauthenticated fail"}


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"link": f"https://{API}/gone/abc"}, {"link-broken fail"}),
        ({"link": f"http://{API}/reset/abc"}, {"link-insecure fail", "link-broken fail"}),
        ({"link": "https://click.example.net/abc"}, {"link-broken fail", "link-host warn"}),
        ({"html_only": True}, {"text-part warn"}),
        ({"results": {"spf": "pass", "dkim": "fail", "dmarc": "pass"}}, {"authentication warn"}),
        ({"change": lambda raw: raw.replace(b"Reset your password", b"Welcome")}, {"content fail"}),
        (
            {"change": lambda raw: raw.replace(b"hello@shop.test", b"hello@elsewhere.test")},
            {"sender warn", "unaligned fail"},
        ),
        ({"change": lambda raw: raw.replace(b"Date:", b"X-Date:")}, {"header warn"}),
    ],
)
async def test_each_flaw_of_a_mail_is_told(tmp_path: Path, change: dict[str, Any], wrong: set[str]) -> None:
    flow = MailFlow(name="password-reset", route="forgot", contains=("Reset your password",), within_s=5)
    async with town(tmp_path) as here:
        for name, value in change.items():
            setattr(here.product, name, value)
        trial = await here.test(flow=flow, wait_s=0.5)
        assert trial.outcome == "arrived", trial.problem
        assert here.wrong(trial, flow) == wrong


async def test_where_the_receiver_says_nothing_the_signature_is_verified_here(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        here.product.results = {}
        here.product.change = signed
        trial = await here.test()
        assert trial.message is not None and (trial.message.told_by, trial.message.dkim) == ("console", "pass")
        assert here.wrong(trial) == set()
        here.product.change = lambda raw: signed(raw).replace(b"Reset your password:", b"Reset your password now:")
        trial = await here.test()
        assert trial.message is not None and trial.message.dkim == "fail"
        assert here.wrong(trial) == {"authentication fail"}


async def test_advertising_needs_a_signed_way_out(tmp_path: Path) -> None:
    flow = MailFlow(name="notification", route="forgot", marketing=True)
    async with town(tmp_path) as here:
        assert here.wrong(await here.test(flow=flow), flow) == {"unsubscribe fail"}
        here.product.extra = (
            f"List-Unsubscribe: <https://{API}/unsubscribe/t0ken>\r\nList-Unsubscribe-Post: "
            "List-Unsubscribe=One-Click\r\n"
        )
        here.product.change = lambda raw: signed(raw, headers="from:to:subject:list-unsubscribe:list-unsubscribe-post")
        trial = await here.test(flow=flow)
        assert here.wrong(trial, flow) == set()
        assert trial.message is not None and trial.message.unsubscribe.host == API
        path, fields, body = here.product.asked[-1]
        assert (path, body) == ("/unsubscribe/t0ken", "List-Unsubscribe=One-Click")
        assert not any(name.lower() == "cookie" for name in fields)


@pytest.mark.parametrize("status", [302, 405, 500])
async def test_a_way_out_that_does_not_take_the_click_is_told(tmp_path: Path, status: int) -> None:
    flow = MailFlow(name="notification", route="forgot", marketing=True)
    async with town(tmp_path) as here:
        here.product.pressed = status
        here.product.extra = (
            f"List-Unsubscribe: <https://{API}/unsubscribe/t0ken>\r\nList-Unsubscribe-Post: "
            "List-Unsubscribe=One-Click\r\n"
        )
        here.product.change = lambda raw: signed(raw, headers="from:to:subject:list-unsubscribe:list-unsubscribe-post")
        trial = await here.test(flow=flow)
        assert here.wrong(trial, flow) == {"unsubscribe fail"}
        assert trial.message is not None and str(status) in trial.message.unsubscribe.problems[0]


async def test_a_mail_that_does_not_advertise_is_not_unsubscribed_from(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        here.product.extra = (
            f"List-Unsubscribe: <https://{API}/unsubscribe/t0ken>\r\nList-Unsubscribe-Post: "
            "List-Unsubscribe=One-Click\r\n"
        )
        here.product.link = f"https://{API}/unsubscribe/t0ken"
        trial = await here.test()
        assert [path for path, _, _ in here.product.asked] == ["/forgot"]
        assert trial.message is not None and [link.opened for link in trial.message.links] == [False]


async def test_a_mail_that_does_not_come_is_said_not_to_have_come(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        here.product.silent = True
        trial = await here.test(wait_s=0.4)
        assert trial.outcome == "not-arrived"
        assert here.wrong(trial) == {"not-arrived fail"}


async def test_a_product_that_refuses_is_told_with_its_status(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        here.product.status = 500
        trial = await here.test()
        assert (trial.outcome, trial.problem) == ("not-sent", "the product answered status 500 to its own request")


async def test_a_mailbox_that_does_not_open_causes_no_mail(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        here.boxes.password = "another-one-55"
        trial = await here.test()
        assert trial.outcome == "could-not-look" and "log-in was refused" in trial.problem
        assert here.product.asked == []
        assert here.wrong(trial) == {"could-not-look unknown"}


@pytest.mark.parametrize("missing", ["consent", "permission"])
async def test_without_consent_and_permission_nothing_is_sent(tmp_path: Path, missing: str) -> None:
    launch = launch_of(permission=None) if missing == "permission" else None
    async with town(tmp_path, launch, () if missing == "consent" else ("mail",)) as here:
        trial = await here.test()
        assert trial.outcome == "not-sent" and here.product.asked == []
        assert ("--allow mail" if missing == "consent" else "records no confirmed permission") in trial.problem


async def test_by_hand_the_steps_are_told_and_the_mail_is_waited_for(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        testing = asyncio.create_task(here.test(by_hand=True))
        while not any("by hand" in words for words in here.told):
            await asyncio.sleep(0.01)
        assert here.product.asked == [] and "seed+lr-k2m9qx@example.com" in here.told[-1]
        here.product.receive("seed+lr-k2m9qx@example.com")
        trial = await testing
        assert (trial.outcome, trial.by) == ("arrived", "hand")
        assert trial.seconds is None or trial.seconds >= 0


async def test_a_mail_that_lay_there_before_is_not_taken_for_the_new_one(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        here.product.receive("seed+lr-k2m9qx@example.com")
        here.product.silent = True
        assert (await here.test(wait_s=0.3)).outcome == "not-arrived"


async def test_a_plus_in_a_form_stays_a_plus(tmp_path: Path) -> None:
    route = Route(name="forgot", url=f"https://{API}/forgot", method="POST", body="email={{email}}&run={{ run_id }}")
    async with town(tmp_path, launch_of(routes=(route,))) as here:
        trial = await here.test()
        assert trial.outcome == "arrived"
        assert here.product.asked[0][2] == "email=seed%2Blr-k2m9qx%40example.com&run=lr-k2m9qx"


async def test_cancelling_ends_the_test_at_once(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        here.product.silent = True
        testing = asyncio.create_task(here.test(wait_s=600))
        while not here.product.asked:
            await asyncio.sleep(0.01)
        testing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await testing


async def test_a_run_keeps_what_it_caused_before_and_each_result_after(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        launch = here.world.launch
        kept: list[tuple[str, str]] = []
        planned = session.plan(launch, launch.flows, launch.mailboxes, datetime.now(UTC), [], wait_s=20)
        made = [
            trial
            async for trial in session.run(
                here.world, planned, lambda kind, subject, body: kept.append((kind, subject)), lambda *_: None
            )
        ]
        assert [trial.outcome for trial in made] == ["arrived"]
        assert kept == [(SENT, "password-reset, seed"), (KIND, "password-reset, seed")]
