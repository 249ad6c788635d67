"""The flaw table is the product's acceptance test: from the all-fixed market each flaw alone changes exactly what it lists."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime
from pathlib import Path

import pytest

from launchready_tui.findings import State
from launchready_tui.lab import demo, flaws
from launchready_tui.lab.client import Lab
from launchready_tui.lab.flaws import Change
from launchready_tui.mailflow import session
from launchready_tui.mailflow.model import KIND
from launchready_tui.run import Ended, Finished
from launchready_tui.workspace.core import Workspace
from launchready_tui.workspace.options import Options

# Nothing on documentation addresses can be traced to a provider; in the demo the launch engineer has said where it runs. Nobody can read a
# mailbox at Gmail or Outlook from here; somebody has looked there by hand. That money arrives, and that a
# reviewer gets through, people say.
ALWAYS = {
    Change(rule="deploy.payments.real-payment", subject="launch", state=State.UNKNOWN),
    Change(rule="deploy.store-review.reviewer", subject="launch", state=State.UNKNOWN),
    Change(rule="audit.hosting.no-clue", subject="demo-market.test", state=State.UNKNOWN),
    Change(rule="email.inbox.unseen", subject="Gmail", state=State.UNKNOWN),
    Change(rule="email.inbox.unseen", subject="Outlook", state=State.UNKNOWN),
}

OPEN = (State.FAIL, State.WARN, State.UNKNOWN)
TIMED = "audit.latency"


@dataclasses.dataclass
class Market:
    lab: Lab
    workspace: Workspace

    async def look(self, *, timed: bool) -> frozenset[Change]:
        """The open findings of one run. Measuring takes seconds, so it is done where its answer matters."""
        names = [name for name in self.workspace.automated if timed or name != TIMED]
        seen: set[Change] = set()
        refused = None
        async for event in self.workspace.run(names):
            if isinstance(event, Finished):
                seen |= {Change(f.rule, f.subject, f.state) for f in event.result.findings if f.state in OPEN}
            if isinstance(event, Ended):
                assert event.outcome == "done"
                refused = event.counts.refused_unmapped if event.counts else None
        assert refused == 0
        return frozenset(seen)

    async def mail(self) -> None:
        """Makes the product send its mails, and keeps what came of each."""
        ws = self.workspace
        planned = session.plan(ws.launch, ws.launch.flows, ws.launch.mailboxes, ws.clock.now(), ws.journal.trials(KIND), wait_s=20)
        async with ws.open_world(also=frozenset({"mail"})) as world:
            made = [trial async for trial in session.run(world, planned, ws.note_trial, lambda wanted, words: None)]
            assert world.counts.refused_unmapped == 0
        assert len(made) == 5


def by_mail(flaw: str) -> bool:
    """Whether a flaw only shows once the product has sent a mail."""
    return any(change.rule.startswith(("email.flows.", "email.inbox.")) for change in flaws.by_id()[flaw].changes)


def options(how: demo.Demo, **more: object) -> Options:
    return Options(**{field.name: getattr(how, field.name) for field in dataclasses.fields(how)}, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def fixed_market(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Market]:
    folder = tmp_path_factory.mktemp("market")
    with Lab.start(fixed="all") as lab:
        how = demo.prepare(folder / "demo", lab, datetime.now(UTC))
        workspace = Workspace.open(folder / "demo", options(how, state_dir=folder / "state"))
        made = Market(lab, workspace)
        asyncio.run(made.mail())
        yield made
        workspace.close()


def told(changes: Collection[Change]) -> list[str]:
    return sorted(f"{change.state.value:8} {change.rule}  {change.subject}" for change in changes)


async def test_nothing_is_open_when_everything_is_fixed_and_the_verdict_is_go(fixed_market: Market) -> None:
    await fixed_market.lab.set([])
    await fixed_market.mail()
    assert told(await fixed_market.look(timed=True)) == told(ALWAYS)
    verdict = fixed_market.workspace.verdict()
    assert (verdict.word, verdict.reasons) == ("GO", verdict.reasons)
    assert verdict.label == "GO (demo)"


@pytest.mark.parametrize("flaw", [flaw.id for flaw in flaws.load()])
async def test_a_flaw_alone_changes_exactly_what_it_lists(fixed_market: Market, flaw: str) -> None:
    await fixed_market.lab.set([flaw])
    if by_mail(flaw):
        await fixed_market.mail()
    timed = any(change.rule.startswith(TIMED) for change in flaws.by_id()[flaw].changes)
    found = await fixed_market.look(timed=timed)
    if by_mail(flaw):
        await fixed_market.lab.set([])
        await fixed_market.mail()
    assert told(found - ALWAYS) == told(flaws.by_id()[flaw].changes)


async def test_all_flaws_together_are_the_union_less_what_is_masked(fixed_market: Market) -> None:
    await fixed_market.lab.set(flaws.at_start())
    await fixed_market.mail()
    found = await fixed_market.look(timed=True)
    assert told(found - ALWAYS) == told(flaws.expected(flaws.at_start()))
    assert fixed_market.workspace.verdict().word == "NO-GO"
    for change in found - ALWAYS:
        assert fixed_market.lab.flaw_for(change.rule, change.subject), f"no fix of the lab turns {change.rule} {change.subject}"


async def test_fixing_one_after_the_other_leads_to_the_fixed_market(tmp_path: Path) -> None:
    """As in the demo: take the first open finding, fix what causes it, look again; it ends, and with nothing left."""
    async with Lab.start() as lab:
        how = demo.prepare(tmp_path / "demo", lab, datetime.now(UTC))
        workspace = Workspace.open(tmp_path / "demo", options(how, state_dir=tmp_path / "state"))
        market = Market(lab, workspace)
        for _ in range(len(flaws.at_start()) + 1):
            await market.mail()
            left = await market.look(timed=False) - ALWAYS
            if not left:
                break
            for change in sorted(left, key=lambda one: (one.rule, one.subject)):
                flaw = lab.flaw_for(change.rule, change.subject)
                if flaw is not None:
                    await lab.fix(flaw.id)
        workspace.close()
        assert lab.on == {"search-no-index"}  # the one that only shows when routes are timed
