"""The work behind `launchready mail test`, `judge` and `bounce`: tests made and kept, and what they found on the
terminal."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
import msgspec

from .options import Common
from .say import Exit, note

if TYPE_CHECKING:
    from ..findings import Finding
    from ..launch.model import Launch, Mailbox, MailFlow
    from ..mail.flow.model import Trial
    from ..mail.flow.trying import Wanted
    from ..verdict.report.ink import Ink
    from ..workspace import Workspace

CHECKS = ("email.flows", "email.inbox", "email.dkim")
"""What judges by tests of mails; the last one learns selectors from them."""


def run_tests(
    said: Common,
    ws: Workspace,
    names: Sequence[str],
    boxes: Sequence[Mailbox],
    tag: str,
    wait_s: float | None,
    kind: str,
) -> int:
    """Makes the tests, keeps each, and lets the checks judge by them."""
    from ..mail.flow import session
    from ..mail.flow.model import KIND, SENT

    if not boxes:
        raise click.UsageError(
            "the launch file names no test mailbox ([[mailboxes]]); `launchready mail judge FILE` needs none"
        )
    chosen = _chosen(ws.launch, names)
    if tag and not tag.replace("-", "").isalnum():
        raise click.UsageError("a tag contains only letters, digits and dashes")
    now = ws.clock.now()
    planned = session.plan(ws.launch, chosen, boxes, now, ws.journal.trials(KIND), tag=tag, wait_s=wait_s)
    caused = [one for one in planned if one.route]
    if caused and "mail" not in ws.options.allow:
        asked = sorted({f"{one.route.method} {one.route.url}" for one in caused if one.route})
        addresses = sorted({one.wanted.box.recipient(one.wanted.tag) for one in caused})
        raise click.UsageError(
            "this makes the product send mail: allow it with --allow mail. It would request\n"
            + "\n".join(f"  {line}" for line in asked)
            + "\nfor\n"
            + "\n".join(f"  {line}" for line in addresses)
        )
    try:
        session.check_limit(ws.launch, planned, now, ws.journal.trials(SENT))
    except session.TooMany as limit:
        raise click.UsageError(str(limit)) from None
    ink = said.ink()
    bad = asyncio.run(_make(ws, planned, ink, kind))
    asyncio.run(_judge_again(ws))
    return Exit.FOUND if bad else Exit.FINE


def _chosen(launch: Launch, names: Sequence[str]) -> list[MailFlow]:
    declared = {flow.name: flow for flow in launch.flows if flow.sent}
    if not declared:
        raise click.UsageError("the launch file names no mails of the product: add them under [[flows]]")
    unknown = [name for name in names if name not in declared]
    if unknown:
        raise click.UsageError(f"{unknown[0]!r} is not among [[flows]]; known: {', '.join(declared)}")
    return [flow for name, flow in declared.items() if not names or name in names]


async def walk_demo(ws: Workspace) -> None:
    """All mails of the demo marketplace, as a first step of a walk through it: nothing leaves this machine, so nobody
    has to allow it."""
    from ..mail.flow import session
    from ..mail.flow.model import KIND

    planned = session.plan(
        ws.launch, _chosen(ws.launch, ()), ws.launch.mailboxes, ws.clock.now(), ws.journal.trials(KIND), wait_s=20
    )
    async with ws.open_world(also=frozenset({"mail"})) as world:
        async for trial in session.run(world, planned, ws.keep_trial, lambda wanted, words: None):
            note(f"Mail test: {_head(trial)}")


async def _make(ws: Workspace, planned: Sequence[Any], ink: Ink, kind: str) -> bool:
    from ..mail.flow import session

    bad = False

    def tell(wanted: Wanted, words: str) -> None:
        note(f"{wanted.flow.name}, {wanted.box.name}: {words}")

    async with ws.open_world() as world:
        async for trial in session.run(world, planned, ws.keep_trial, tell, keep=ws.keep_login):
            bad = _print(ws.launch, trial, ink, kind) or bad
    return bad


async def _judge_again(ws: Workspace) -> None:
    """The checks that read the tests, so that the verdict knows of them."""
    async for _ in ws.run(CHECKS):
        pass


def judge_file(
    said: Common, ws: Workspace, raw: bytes, name: str, place: str, where: str | None, provider: str, kind: str
) -> int:
    """Judges a saved mail and keeps the judgement."""
    from ..mail.flow.judging import judge
    from ..mail.flow.model import FLOWS, KIND, Trial, encode

    flow = next((one for one in ws.launch.flows if one.name == name), None)
    if name not in FLOWS:
        raise click.UsageError(f"{name!r} is not a mail of the product; allowed: {', '.join(FLOWS)}")

    async def walk() -> Trial:
        async with ws.open_world() as world:
            message = await judge(world, raw, flow, open_links="mail" in world.allow)
        return Trial(
            flow=name,
            mailbox=place or "pasted",
            kind=provider,  # type: ignore[arg-type]
            tag="",
            recipient="",
            by="paste",
            started_at=ws.clock.now(),
            outcome="arrived",
            where="inbox" if where == "promotions" else where or "",  # type: ignore[arg-type]
            tab="promotions" if where == "promotions" else "",
            message=message,
            via=ws.via,
        )

    try:
        trial = asyncio.run(walk())
    except ValueError as problem:
        raise click.UsageError(str(problem)) from None
    ws.keep_trial(KIND, f"{trial.flow}, {trial.mailbox}", encode(trial))
    bad = _print(ws.launch, trial, said.ink(), kind)
    asyncio.run(_judge_again(ws))
    return Exit.FOUND if bad else Exit.FINE


def keep_bounce(said: Common, ws: Workspace, text: str) -> int:
    """Decodes a refusal, shows it, and keeps what it means."""
    from ..mail.flow.bounce import LONGEST, decode
    from ..mail.flow.model import REFUSAL, Refusal, encode
    from .inspect_bounce import tell

    found = decode(sys.stdin.buffer.read(LONGEST).decode("utf-8", "replace") if text == "-" else text)
    tell(said, found)
    if not found.shown:
        note("no SMTP reply code found: nothing was saved")
        return Exit.FOUND
    kept = Refusal(
        code=found.code,
        status=found.status,
        provider=found.provider,
        kind=found.kind,
        whose=found.whose,
        lasting=found.lasting,
        cause=found.cause,
        fix=found.fix,
    )
    ws.keep_trial(REFUSAL, found.shown, encode(kept))

    async def again() -> None:
        async for _ in ws.run(("email.fallback",)):
            pass

    asyncio.run(again())
    note("saved; email.fallback uses it for 30 days")
    return Exit.FINE


# -- on the terminal -------------------------------------------------------------------------------------------------


def _print(launch: Launch, trial: Trial, ink: Ink, kind: str) -> bool:
    """One test; whether something is wrong with it."""
    from ..checks.email.flows import flaws_of

    found = flaws_of(launch, trial)
    bad = trial.where == "spam" or any(finding.state != "warn" for finding in found)
    if kind == "json":
        row = {**msgspec.to_builtins(trial), "findings": [_row(finding) for finding in found]}
        click.echo(json.dumps(row, ensure_ascii=True))
        return bad
    for line in _lines(trial, found, ink):
        click.echo(ink.finish(line).rstrip())
    return bad


def _row(finding: Finding) -> dict[str, object]:
    remedy = finding.remedy
    return {
        "rule": finding.rule.rpartition(".")[2],
        "state": finding.state,
        "severity": finding.severity,
        "words": finding.summary,
        "fix": remedy.text if remedy else "",
        "paste": remedy.paste if remedy else "",
        "where": remedy.where if remedy else "",
        "detail": _detail(finding),
    }


def _detail(finding: Finding) -> str:
    """What was seen, one line each."""
    return next((one.text for one in finding.evidence if one.label == "seen"), "")


_ENDS = {
    "arrived": "arrived",
    "not-arrived": "did not arrive",
    "not-sent": "was not sent",
    "could-not-look": "could not be searched for",
}


def _head(trial: Trial) -> str:
    """A test in one line: `receipt, seed  arrived after 0.4 s, in INBOX`."""
    from ..mail.flow.model import spent

    after = f" after {spent(trial.seconds)}" if trial.seconds is not None else ""
    where = f", in {trial.folder or trial.where}{f' ({trial.tab})' if trial.tab else ''}" if trial.where else ""
    return f"{trial.flow}, {trial.mailbox}  {_ENDS[trial.outcome]}{after}{where}"


def _lines(trial: Trial, found: Sequence[Finding], ink: Ink) -> list[str]:
    from ..mail.flow.flaws import told

    states = {finding.state.value for finding in found}
    worst = next((state for state in ("fail", "unknown", "warn") if state in states), "pass")
    worst = "fail" if trial.where == "spam" else worst
    name = f"{trial.flow}, {trial.mailbox}"
    lines = [f"{ink.glyph(worst)} {ink.paint(name, 'bold')}{ink.fit(_head(trial).removeprefix(name), 2 + len(name))}"]
    if trial.problem:
        lines.append(f"  {ink.fit(trial.problem, 4)}")
    message = trial.message
    if message is not None:
        lines += [f"  subject   {ink.fit(message.subject, 12)}", f"  verdicts  {ink.fit(told(message), 12)}"]
        if message.aligned is not None:
            words = (
                f"aligned with {message.sender}: {message.aligned_by}"
                if message.aligned
                else f"not aligned with {message.sender}"
            )
            lines.append(f"  sender    {ink.fit(words, 12)}")
        for link in message.links:
            state = link.problem or (str(link.status) if link.status else "not opened")
            lines.append(f"  link      {ink.fit(f'{link.shown}  {state}', 12)}")
        if message.unsubscribe.offered:
            words = "; ".join(message.unsubscribe.problems) or f"one-click, at {message.unsubscribe.host}"
            lines.append(f"  unsub     {ink.fit(words, 12)}")
    for finding in found:
        lines.append(f"  {ink.glyph(finding.state)} {ink.fit(finding.summary, 4)}")
        lines += [f"      {ink.fit(line, 6)}" for line in _detail(finding).splitlines()]
        if finding.remedy is not None:
            lines.append(f"      fix: {ink.fit(finding.remedy.text, 11)}")
            lines += [f"      {ink.fit(line, 6)}" for line in finding.remedy.paste.splitlines()]
    return lines
