"""The path from log-in to notification, walked: in the demo marketplace, and against a product with cookies, JSON and
a mail."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import certs
import pytest
from click.testing import CliRunner
from imapstub import HOST as IMAP
from imapstub import Mailboxes, empty, imap_server, put
from loopback import Served, reach, serve
from msgspec.structs import replace
from stubdns import name_server, zone

from launchready_tui.clock import SystemClock
from launchready_tui.lab import demo
from launchready_tui.lab.client import Lab
from launchready_tui.launch.model import Host, Launch, Mailbox, PathStep, Permission
from launchready_tui.trials import KIND, Refused, Walk, encode, walk, walk_of
from launchready_tui.vault.secret import Secret
from launchready_tui.workspace import Options, Workspace
from launchready_tui.workspace.walks import walk_path
from launchready_tui.world import World

API = "api.shop.test"
PASSWORD = "correct-horse-9"
ACCOUNT = "fixed@example.com"
TOKEN = "t0ken-" + "abcdef012345"


@dataclass
class Product:
    """A backend: log-in gives a cookie and a token, a booking wants both, its notification comes by mail."""

    boxes: Mailboxes
    folder: str = "INBOX"
    mail_says: str = "Your booking 77 is confirmed"
    location: str = f"https://{API}/bookings/77"
    ready_after: int = 1
    asked: list[tuple[str, dict[str, str], str]] = field(default_factory=list)

    async def handle(self, served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, path, _ = head.split(" ", 2)
            fields = {key.lower(): value for key, value in re.findall(r"(?mi)^([a-z-]+): (.*?)\r$", head)}
            body = (await reader.readexactly(int(fields.get("content-length", "0")))).decode()
            self.asked.append((f"{method} {path}", fields, body))
            status, more, answer = self.answer(path, fields, body)
            content = answer.encode()
            writer.write(f"HTTP/1.1 {status} X\r\n{more}content-length: {len(content)}\r\n\r\n".encode() + content)
            await writer.drain()

    def answer(self, path: str, fields: dict[str, str], body: str) -> tuple[int, str, str]:
        if path == "/login":
            sent = parse_qs(body)
            if sent.get("password") != [PASSWORD]:
                return 401, "", "no"
            return (
                200,
                "set-cookie: session=s3; Path=/; HttpOnly\r\nset-cookie: other=1; Path=/admin\r\n",
                json.dumps({"user": {"token": TOKEN}}),
            )
        if fields.get("cookie") != "session=s3":
            return 401, "", "who are you?"
        if path == "/me" and fields.get("authorization") == f"Bearer {TOKEN}":
            return 200, "", json.dumps({"token": TOKEN})
        if path == "/book" and fields.get("x-token") == TOKEN:
            to = json.loads(body)["email"]
            raw = (
                f"From: Shop <a@shop.test>\r\nTo: {to}\r\nSubject: Hello\r\nDate: x\r\n\r\n{self.mail_says}\r\n"
            ).encode()
            put(self.boxes, self.folder, raw, datetime.now(UTC))
            return 201, f"location: {self.location}\r\n", "{}"
        if path == "/bookings/77":
            done = sum(call == "GET /bookings/77" for call, _, _ in self.asked) >= self.ready_after
            return 200, "", json.dumps({"state": "paid" if done else "open", "ok": True, "of": [{"n": 2}]})
        return 404, "", "nothing"


STEPS = (
    PathStep(
        name="log in",
        url=f"https://{API}/login",
        method="POST",
        body="email={{email}}&password={{password}}",
        login="test-user",
        status=(200,),
        capture={"token": "json user.token"},
    ),
    PathStep(
        name="book",
        url=f"https://{API}/book",
        method="POST",
        headers={"x-token": "{{token}}"},
        body='{"email": "{{email}}", "run": "{{run_id}}"}',
        status=(201,),
        capture={"place": "header location"},
    ),
    PathStep(
        name="paid",
        url=f"https://{API}" + "{{place}}",
        json={"state": "paid", "ok": "true", "of.0.n": "2"},
        within_s=10,
    ),
    PathStep(
        name="notified",
        mailbox="seed",
        contains=("your booking",),
        capture={"number": "text booking ([0-9]+)"},
        within_s=3,
    ),
)


def launch_of(*steps: PathStep, **more: Any) -> Launch:
    given: dict[str, Any] = {
        "name": "Shop",
        "domain": "shop.test",
        "canonical": "https://shop.test/",
        "permission": Permission(by="founder", on=date(2026, 11, 1), domains=("shop.test",)),
        "hosts": (Host(name=API, role="api"),),
        "mailboxes": (Mailbox(name="seed", address="seed@example.com", host=IMAP, login="seed-mail"),),
        "recovery_path": steps or STEPS,
    }
    return Launch(**{**given, **more})


@dataclass
class Town:
    world: World
    product: Product
    told: list[str] = field(default_factory=list)

    async def walk(self) -> Walk:
        return await walk(self.world, self.told.append, tag="lr-k2m9qx")


@asynccontextmanager
async def town(folder: Path, launch: Launch | None = None, allow: tuple[str, ...] = ("smoke",)) -> AsyncIterator[Town]:
    product = Product(empty())
    authority = certs.authority()
    leaf = certs.issue(API, (API,), by=authority)
    stored = {("seed-mail", IMAP): PASSWORD, ("test-user", API): PASSWORD, ("account", API): f"{ACCOUNT}:{PASSWORD}"}
    async with (
        imap_server(product.boxes, authority) as imap,
        serve(product.handle, tls=certs.server_context(leaf)) as web,
        name_server(zone({})) as dns,
    ):
        rules = (f"{IMAP}:993=127.0.0.1:{imap.port}", f"{API}:443=127.0.0.1:{web.port}")
        world = World(
            launch or launch_of(),
            reach(*rules, ca=certs.ca_file(folder, authority), nameservers=(dns.address,)),
            clock=SystemClock(),
            allow=frozenset(allow),  # type: ignore[arg-type]
            credential=lambda name, host: Secret(name, stored[name, host]) if (name, host) in stored else None,
        )
        async with world:
            yield Town(world, product)


async def test_log_in_capture_poll_and_mail(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        here.product.ready_after = 2
        found = await here.walk()
        assert [(step.name, step.status, step.problem) for step in found.steps] == [
            ("log in", 200, ""),
            ("book", 201, ""),
            ("paid", 200, ""),
            ("notified", None, ""),
        ]
        assert found.broken is None and found.of == 4 and found.address == "seed+lr-k2m9qx@example.com"
        assert [call for call, _, _ in here.product.asked] == [
            "POST /login",
            "POST /book",
            "GET /bookings/77",
            "GET /bookings/77",
        ]
        assert json.loads(here.product.asked[1][2]) == {"email": "seed+lr-k2m9qx@example.com", "run": "lr-k2m9qx"}
        assert all(fields["x-launchready-run"] == "lr-k2m9qx" for _, fields, _ in here.product.asked)
        assert [line.split("  ")[1] for line in here.told] == ["log in", "book", "paid", "notified"]
        kept = encode(found)
        assert walk_of(kept) == found
        for secret in (PASSWORD, TOKEN, "s3;", "bookings/77"):
            assert secret not in kept


async def test_a_captured_token_goes_into_authorization_and_into_what_answer_and_mail_must_hold(tmp_path: Path) -> None:
    me = PathStep(
        name="me",
        url=f"https://{API}/me",
        headers={"authorization": "Bearer {{token}}"},
        json={"token": "{{token}}"},
        contains=("{{token}}",),
    )
    mail = PathStep(name="notified", mailbox="seed", contains=("booking {{number}}",), within_s=3)
    paths = (
        ((*STEPS[:1], me), ""),
        ((*STEPS, mail), ""),
        (
            (*STEPS, PathStep(name="m", mailbox="seed", contains=("booking 1{{number}}",), within_s=1)),
            "a mail arrived, but without the required content",
        ),
    )
    for steps, problem in paths:
        async with town(tmp_path, launch_of(*steps)) as here:
            found = await here.walk()
            assert (len(found.steps), found.steps[-1].problem) == (len(steps), problem)
            assert TOKEN not in encode(found)


@pytest.mark.parametrize(("book", "problem"), [(True, ""), (False, "no mail arrived within 1 s")])
async def test_a_mailbox_with_a_fixed_address_takes_no_older_mail(tmp_path: Path, book: bool, problem: str) -> None:
    box = Mailbox(name="seed", address="seed@example.com", host=IMAP, login="seed-mail", tagged=ACCOUNT)
    steps = (*STEPS[: 3 if book else 1], replace(STEPS[3], within_s=1))
    async with town(tmp_path, launch_of(*steps, mailboxes=(box,))) as here:
        old = f"From: a@shop.test\r\nTo: {ACCOUNT}\r\nSubject: x\r\nDate: x\r\n\r\n{here.product.mail_says}\r\n"
        put(here.product.boxes, "INBOX", old.encode(), datetime.now(UTC))
        found = await here.walk()
        assert (found.steps[-1].name, found.steps[-1].problem, found.address) == ("notified", problem, ACCOUNT)


@pytest.mark.parametrize(("new", "problem"), [(True, ""), (False, "no mail arrived within 1 s")])
async def test_an_existing_test_account_walks_and_its_older_mails_do_not_count(
    tmp_path: Path, new: bool, problem: str
) -> None:
    login = replace(STEPS[0], login="", as_="account")
    notified = replace(STEPS[3], within_s=1)
    async with town(tmp_path, launch_of(login, *(STEPS[1:3] if new else ()), notified)) as here:
        old = f"From: a@shop.test\r\nTo: {ACCOUNT}\r\nSubject: x\r\nDate: x\r\n\r\n{here.product.mail_says}\r\n"
        put(here.product.boxes, "INBOX", old.encode(), datetime.now(UTC))
        found = await here.walk()
        assert (found.steps[-1].name, found.steps[-1].problem, found.address) == ("notified", problem, ACCOUNT)
        assert parse_qs(here.product.asked[0][2]) == {"email": [ACCOUNT], "password": [PASSWORD]}
        assert not new or json.loads(here.product.asked[1][2])["email"] == ACCOUNT
        assert PASSWORD not in encode(found)


@pytest.mark.parametrize(
    ("change", "step", "words"),
    [
        ({"folder": "Spam"}, "notified", "it is in the spam folder"),
        ({"mail_says": "Something else"}, "notified", "a mail arrived, but without the required content"),
        ({"location": "https://elsewhere.test/x"}, "paid", "the captured value would lead to another host"),
        ({"location": "//elsewhere.test/x"}, "paid", "status 404"),
    ],
)
async def test_the_first_step_that_does_not_hold_ends_the_walk(
    tmp_path: Path, change: dict[str, str], step: str, words: str
) -> None:
    async with town(tmp_path) as here:
        for name, value in change.items():
            setattr(here.product, name, value)
        patient = [STEPS[0], STEPS[1], PathStep(name="paid", url=STEPS[2].url), STEPS[3]]
        here.world.launch = launch_of(*patient)
        found = await here.walk()
        assert found.broken is not None and (found.broken.name, found.broken.problem) == (step, words)
        assert found.steps[-1] is found.broken
        assert {fields["host"] for _, fields, _ in here.product.asked} == {API}


async def test_a_wrong_password_is_told_without_it(tmp_path: Path) -> None:
    async with town(
        tmp_path,
        launch_of(PathStep(name="log in", url=f"https://{API}/login", method="POST", body="password=nonsense")),
    ) as here:
        found = await here.walk()
        assert found.broken is not None and found.broken.problem == "status 401"
    async with town(tmp_path, launch_of(PathStep(name="log in", url=f"https://{API}/login", login="unheard"))) as here:
        found = await here.walk()
        assert found.broken is not None and found.broken.problem == f"no credential 'unheard' is stored for {API}"


async def test_nothing_is_asked_without_consent_or_permission(tmp_path: Path) -> None:
    async with town(tmp_path, allow=()) as here:
        with pytest.raises(Refused, match="--allow smoke"):
            await here.walk()
        assert not here.product.asked
    async with town(tmp_path, launch_of(permission=None)) as here:
        with pytest.raises(Refused, match=f"no confirmed permission for {API}"):
            await here.walk()
        assert not here.product.asked
    async with town(tmp_path, launch_of(recovery_path=())) as here:
        with pytest.raises(Refused, match="recovery_path"):
            await here.walk()


async def test_the_demo_is_walked_from_sign_up_to_notification_and_the_check_speaks_of_it(tmp_path: Path) -> None:
    with Lab.start(fixed="all") as lab:
        how = demo.prepare(tmp_path / "demo", lab, datetime.now(UTC))
        ws = Workspace.open(tmp_path / "demo", Options(**asdict(how), state_dir=tmp_path / "state"))
        try:
            told: list[str] = []
            found = await walk_path(ws, told.append, consent=True)
            assert found.broken is None and found.of == len(ws.launch.recovery_path) == len(told)
            assert ws.journal.trials(KIND)[0].body == encode(found)
            async for _ in ws.run(("handover.recovery",)):
                pass
            (one,) = ws.results["handover.recovery"].findings
            assert one.rule == "handover.recovery.walked" and one.state.value == "pass"
            assert "be notified" in one.evidence[0].text
        finally:
            ws.close()


def test_the_command_shows_the_steps_and_asks_for_consent(tmp_path: Path) -> None:
    from launchready_tui.cli.app import program
    from launchready_tui.launch.write import write_new

    approved = write_new(tmp_path / "launchready.toml", launch_of()).sha256
    run = CliRunner()
    shown = run.invoke(
        program, ["-C", str(tmp_path), "--trust", approved, "recovery", "--steps"], standalone_mode=False
    )
    assert shown.return_value == 0
    assert shown.stdout.splitlines()[0] == f" 1  log in: POST https://{API}/login"
    refused = run.invoke(program, ["-C", str(tmp_path), "--trust", approved, "recovery"])
    assert refused.exit_code == 2 and "--allow smoke" in refused.output
