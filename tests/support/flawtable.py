"""The market that the flaw table is tried on, how it is looked at, and the count of what was listed and what was
found."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Collection, Iterator
from datetime import UTC, datetime

import pytest

from launchready_tui.findings import State
from launchready_tui.lab import demo, flaws
from launchready_tui.lab.client import Lab
from launchready_tui.lab.flaws import Change
from launchready_tui.mail.flow import session
from launchready_tui.mail.flow.model import KIND
from launchready_tui.workspace.core import Workspace
from launchready_tui.workspace.options import Options
from launchready_tui.workspace.run import Ended, Finished
from launchready_tui.workspace.walks import walk_path

# Nothing on documentation addresses can be traced to a provider; in the demo the launch engineer has said where it
# runs. Nobody can read a mailbox at Gmail or Outlook from here; somebody has looked there by hand. That money arrives,
# and that a reviewer gets through, people say.
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
        """The open findings of all checks. Measuring takes seconds, so it is done where its answer matters, and by
        itself: what the other checks ask in the same moment would be in the queue before it, on a machine that has
        other things to do as well."""
        seen = await self._ran([name for name in self.workspace.automated if name != TIMED])
        return seen | await self._ran([TIMED]) if timed else seen

    async def _ran(self, names: list[str]) -> frozenset[Change]:
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

    async def walk(self) -> None:
        """Walks the path from log-in to notification, and keeps it: no word is needed for what can be walked."""
        walk = await walk_path(self.workspace, lambda words: None, consent=True)
        assert not walk.broken

    async def mail(self) -> None:
        """Makes the product send its mails, and keeps what came of each."""
        ws = self.workspace
        planned = session.plan(
            ws.launch, ws.launch.flows, ws.launch.mailboxes, ws.clock.now(), ws.journal.trials(KIND), wait_s=20
        )
        async with ws.open_world(also=frozenset({"mail"})) as world:
            made = [trial async for trial in session.run(world, planned, ws.note_trial, lambda wanted, words: None)]
            assert world.counts.refused_unmapped == 0
        assert len(made) == 5


def by_mail(flaw: str) -> bool:
    """Whether a flaw only shows once the product has sent a mail."""
    return any(change.rule.startswith(("email.flows.", "email.inbox.")) for change in flaws.by_id()[flaw].changes)


def options(how: demo.Demo, **more: object) -> Options:
    return Options(**{field.name: getattr(how, field.name) for field in dataclasses.fields(how)}, **more)  # type: ignore[arg-type]


@dataclasses.dataclass
class Score:
    """What was listed and what was found over all flaws alone; open findings with all fixed count as found too much."""

    flaws: int = 0
    right: int = 0
    missed: int = 0
    too_much: int = 0

    def count(self, listed: Collection[Change], found: Collection[Change]) -> None:
        self.flaws += 1
        self.right += len(set(listed) & set(found))
        self.missed += len(set(listed) - set(found))
        self.too_much += len(set(found) - set(listed))

    def __str__(self) -> str:
        precision = self.right / max(1, self.right + self.too_much)
        recall = self.right / max(1, self.right + self.missed)
        return (
            f"{self.flaws} flaws, each alone: {self.right + self.missed} findings listed, {self.right} found, "
            f"{self.missed} missed, "
            f"{self.too_much} too much; precision {precision:.3f}, recall {recall:.3f}"
        )


@pytest.fixture(scope="module")
def score(pytestconfig: pytest.Config) -> Iterator[Score]:
    """Counted over the whole file, printed at its end."""
    made = Score()
    yield made
    if made.flaws:
        with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            print(f"\n{made}")


@pytest.fixture(scope="module")
def fixed_market(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Market]:
    folder = tmp_path_factory.mktemp("market")
    with Lab.start(fixed="all") as lab:
        how = demo.prepare(folder / "demo", lab, datetime.now(UTC))
        workspace = Workspace.open(folder / "demo", options(how, state_dir=folder / "state"))
        made = Market(lab, workspace)
        asyncio.run(made.mail())
        asyncio.run(made.walk())
        yield made
        workspace.close()


def told(changes: Collection[Change]) -> list[str]:
    return sorted(f"{change.state.value:8} {change.rule}  {change.subject}" for change in changes)


async def alone(market: Market, score: Score, flaw: str) -> None:
    await market.lab.set([flaw])
    if by_mail(flaw):
        await market.mail()
    timed = any(change.rule.startswith(TIMED) for change in flaws.by_id()[flaw].changes)
    found = await market.look(timed=timed)
    if by_mail(flaw):
        await market.lab.set([])
        await market.mail()
    score.count(flaws.by_id()[flaw].changes, found - ALWAYS)
    assert told(found - ALWAYS) == told(flaws.by_id()[flaw].changes)
