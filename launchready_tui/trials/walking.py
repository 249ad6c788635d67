"""Walks the path: one step after the other, each timed, until one does not hold."""

from __future__ import annotations

import asyncio
import secrets
import time
import zlib
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ..failure import Failure
from ..hostnames import host_of
from ..launch.names import email_problem
from ..mail.flow.sending import new_tag
from ..text import clean
from .filling import caught, fill, has, request_of, unmet, url_of
from .jar import Jar
from .model import Seen, Walk, digest_of

if TYPE_CHECKING:
    from ..launch.model import Launch, PathStep
    from ..mail.box import Box
    from ..world import World
    from ..world.sights import Reply

MAIL_S = 60
"""A mail is waited for so long where the step does not say."""
_PAUSE_S = 1.0
_SKEW = timedelta(minutes=10)

Tell = Callable[[str], None]


class Refused(Exception):  # noqa: N818 - it is an answer and no mistake
    """The path may not be walked: what is missing, in words."""


def refusal(launch: Launch, allowed: bool, may: Callable[[str], bool]) -> str:
    """Why the path may not be walked; empty where it may. Consent, permission for each host, and steps there must
    be."""
    if not launch.recovery_path:
        return "the launch file has no [[recovery_path]]; it describes the steps"
    hosts = dict.fromkeys(step.host for step in launch.recovery_path if step.url)
    missing = [host for host in hosts if not may(host)]
    if missing:
        return f"the launch file records no confirmed permission for {', '.join(missing)} ([permission] domains)"
    if not allowed:
        asked = "\n".join(f"  {line}" for line in map(asked_of, launch.recovery_path))
        return f"this acts in the product as a test user; allow it with --allow smoke. It would do\n{asked}"
    return ""


def asked_of(step: PathStep) -> str:
    """The step in a line, its blanks open and its query left out."""
    if step.mailbox:
        return f"{step.name}: wait for a mail in {step.mailbox}"
    return f"{step.name}: {step.method} {step.url.partition('?')[0]}"


async def walk(world: World, tell: Tell, *, tag: str = "") -> Walk:
    """Walks the path of the launch file. Raises Refused; cancel the task to stop it."""
    launch, steps = world.launch, world.launch.recovery_path
    why = refusal(launch, "smoke" in world.allow, world.may_intrude)
    if why:
        raise Refused(why)
    tag = tag or new_tag(world.clock.now())
    boxes = {box.name: box for box in launch.mailboxes}
    first = next((step.mailbox for step in steps if step.mailbox), "")
    address = boxes[first].recipient(tag) if first else f"smoke+{tag}@{launch.domain}"
    walker = _Walker(world, tag, address)
    started_at, begun, seen = world.clock.now(), time.monotonic(), list[Seen]()
    async with AsyncExitStack() as open_boxes:
        walker.stack = open_boxes
        unread = "" if tag in address else await walker.become(address)
        for number, step in enumerate(steps, 1):
            at = time.monotonic()
            status, problem = (None, unread) if unread else await walker.do(step)
            done = Seen(
                name=clean(step.name),
                asked=clean(asked_of(step).removeprefix(f"{step.name}: ")),
                ms=round((time.monotonic() - at) * 1000),
                status=status,
                problem=clean(problem),
            )
            seen.append(done)
            tell(f"{number} of {len(steps)}  {done.name}  {done.problem or 'works'}  {done.ms} ms")
            if problem:
                break
    return Walk(
        started_at=started_at,
        seconds=round(time.monotonic() - begun, 3),
        steps=tuple(seen),
        of=len(steps),
        digest=digest_of(steps),
        address=walker.address,
        via=walker.via,
    )


class _Walker:
    """What one walk carries along: cookies, captured values, opened mailboxes."""

    def __init__(self, world: World, tag: str, address: str) -> None:
        self.world, self.tag = world, tag
        self.values = {"email": address, "run_id": tag, "password": f"Lr-{secrets.token_urlsafe(15)}-9a"}
        self.address = address
        self.jar = Jar()
        self.stack: AsyncExitStack | None = None
        self.since = datetime.now(UTC) - _SKEW
        self.via = ""
        self._open: dict[str, Box] = {}
        self._before: dict[str, frozenset[tuple[str, str]]] = {}

    async def do(self, step: PathStep) -> tuple[int | None, str]:
        """One step: the status of its answer, and why it does not hold."""
        if step.mailbox:
            return None, await self._mail(step)
        deadline = time.monotonic() + step.within_s
        while True:
            status, problem = await self._ask(step)
            left = deadline - time.monotonic()
            if not problem or left <= 0:
                return status, problem
            await asyncio.sleep(min(_PAUSE_S, left))

    async def _ask(self, step: PathStep) -> tuple[int | None, str]:
        values = dict(self.values)
        authorization: tuple[tuple[str, str], ...] = ()
        if name := step.login or step.as_:
            host = step.host
            # The keyring may take its time, and the loop must not wait for it.
            credential = await asyncio.to_thread(self.world.credential, name, host)
            if credential is None:
                return None, f"no credential {name!r} is stored for {host}"
            value = credential.reveal().strip()
            if step.as_:
                address, _, values["password"] = value.partition(":")
                if email_problem(address) or not values["password"]:
                    return None, f"the credential {name!r} is not written ADDRESS:PASSWORD"
                if address != self.address and (problem := await self.become(address)):
                    return None, problem
                values["email"] = address
            elif has(step.body, "password"):
                values["password"] = value
            else:
                authorization = (("authorization", value if " " in value else f"Bearer {value}"),)
        url = url_of(step, values)
        if host_of(url) != step.host:
            return None, "the captured value would lead to another host"
        headers, body = request_of(step, values)
        marks = (("x-launchready-run", self.tag), ("idempotency-key", f"{self.tag}-{zlib.crc32(step.name.encode())}"))
        reply = await self.world.web.get(
            url,
            method=step.method,
            headers=(*headers, *marks, *authorization, *self.jar.header(url)),
            body=body,
            fresh=True,
        )
        if isinstance(reply, Failure):
            return None, str(reply)
        self.via = reply.via or self.via
        self.jar.take(reply)
        return reply.status, unmet(step, reply, values) or self._catch(step, reply, reply.text)

    async def become(self, address: str) -> str:
        """From now on an existing account, whose mails of before are not those of this walk; or why it cannot be."""
        for name in dict.fromkeys(step.mailbox for step in self.world.launch.recovery_path if step.mailbox):
            opened = await self._box(name)
            letters = opened if isinstance(opened, Failure) else await opened.look(address, self.since)
            if isinstance(letters, Failure):
                return f"could not read the mailbox: {letters}"
            self._before[name] = frozenset((letter.folder.name, letter.uid) for letter in letters)
        self.address = self.values["email"] = address
        return ""

    def _catch(self, step: PathStep, reply: Reply | None, text: str) -> str:
        found = caught(step, reply, text)
        if isinstance(found, str):
            return found
        self.values.update(found)
        return ""

    async def _mail(self, step: PathStep) -> str:
        from ..mail.flow.reading import plain, words_of

        opened = await self._box(step.mailbox)
        if isinstance(opened, Failure):
            return f"could not read the mailbox: {opened}"
        limit = step.within_s or MAIL_S
        deadline = time.monotonic() + limit
        came = False
        while True:
            letters = await opened.look(self.address, self.since, self._before.get(step.mailbox, ()))
            if isinstance(letters, Failure):
                return f"could not read the mailbox: {letters}"
            for letter in sorted(letters, key=lambda one: one.arrived, reverse=True):
                words = words_of(letter.raw)
                if all(plain(fill(text, self.values)) in words for text in step.contains):
                    spam = "it is in the spam folder" if letter.folder.place == "spam" else ""
                    return spam or self._catch(step, None, letter.raw.decode("utf-8", "replace"))
            came = came or bool(letters)
            left = deadline - time.monotonic()
            if left <= 0:
                missed = "a mail arrived, but without the required content"
                return missed if came else f"no mail arrived within {limit:g} s"
            await asyncio.sleep(min(_PAUSE_S, left))

    async def _box(self, name: str) -> Box | Failure:
        from ..mail.box import enter

        if name not in self._open:
            box = next(one for one in self.world.launch.mailboxes if one.name == name)
            opened = await enter(self.world, box)
            if isinstance(opened, Failure):
                return opened
            assert self.stack is not None
            self._open[name] = await self.stack.enter_async_context(opened)
            self.via = opened.via or self.via
        return self._open[name]
