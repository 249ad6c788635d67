"""One core for both doors: trust, runs that are saved as they come, decisions with undo, files changed by others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from market import DAY, HOUR, NOW, found

from launchready_tui.checks import base
from launchready_tui.clock import FixedClock
from launchready_tui.findings import Finding, State
from launchready_tui.journal import Journal
from launchready_tui.launch.decisions import DecisionsFile
from launchready_tui.launch.inventory import Inventory, System
from launchready_tui.launch.model import Host
from launchready_tui.launch.people import People, Person
from launchready_tui.launch.problems import ChangedUnderneath, LaunchFileError
from launchready_tui.watch import PLACE
from launchready_tui.workspace import JOURNAL, DecisionError, NotTrusted, Options, ReachError, Workspace
from launchready_tui.workspace.commit import current_commit
from launchready_tui.workspace.deploys import mark_deploy
from launchready_tui.workspace.run import Ended, Event, Finished

LAUNCH = 'name = "Market"\ndomain = "example.com"\ncanonical = "https://example.com/"\n'
TLS = "edge.certificates"
DNS = "audit.dns-host"
EXPIRED = found(f"{TLS}.expired", "fail", "blocker")
CHAIN = found(f"{TLS}.chain", "fail", "high")


class QuietWorld:
    counts = None

    async def __aenter__(self) -> QuietWorld:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    market = tmp_path / "market"
    market.mkdir()
    (market / "launchready.toml").write_text(LAUNCH)
    return market


@pytest.fixture
def options(tmp_path: Path) -> Options:
    return Options(trust=True, state_dir=tmp_path / "state", user="engineer")


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Finding]]:
    """Two checks that say what the test puts here, in a world without sockets."""
    said: dict[str, list[Finding]] = {TLS: [EXPIRED], DNS: [found(f"{DNS}.fine", "pass", "low")]}

    def one(name: str) -> base.Check:
        async def function(launch: Any, world: Any) -> AsyncIterator[Finding]:
            for finding in said[name]:
                yield finding

        return function

    async def nothing() -> None:
        return None

    monkeypatch.setattr(base, "load_all", lambda: {name: one(name) for name in said})
    monkeypatch.setattr(Workspace, "open_world", lambda self: QuietWorld())
    monkeypatch.setattr("launchready_tui.world.warm_up", nothing)
    return said


async def ran(ws: Workspace, names: list[str] | None = None) -> list[Event]:
    return [event async for event in ws.run(names)]


def at(ws: Workspace, moment: datetime) -> Workspace:
    """The workspace with its clock standing at a moment, its runs still real ones."""
    ws.clock = FixedClock(moment)
    return ws


# Opening


def test_an_unseen_launch_file_is_asked_about_with_what_it_would_reach(folder: Path, tmp_path: Path) -> None:
    options = Options(state_dir=tmp_path / "state")
    with pytest.raises(NotTrusted) as caught:
        Workspace.open(folder, options)
    assert "hosts: example.com" in caught.value.summary.lines()
    assert not (folder / ".launchready").exists(), "nothing is done before the answer"


def test_once_allowed_it_opens_until_it_changes(folder: Path, tmp_path: Path) -> None:
    options = Options(state_dir=tmp_path / "state")
    with pytest.raises(NotTrusted) as caught:
        Workspace.open(folder, options)
    from launchready_tui.launch.trust import Trust

    Trust(tmp_path / "state").remember(caught.value.sha256)
    Workspace.open(folder, options).close()
    (folder / "launchready.toml").write_text(LAUNCH + '\n[connect]\n"example.com" = "192.0.2.1"\n')
    with pytest.raises(NotTrusted) as again:
        Workspace.open(folder, options)
    assert "connect map: example.com=192.0.2.1" in again.value.summary.lines()


@pytest.mark.parametrize("more", [{"trust": True}, {"demo": True}])
def test_trust_for_one_run_is_not_remembered(folder: Path, tmp_path: Path, more: dict[str, bool]) -> None:
    Workspace.open(folder, Options(state_dir=tmp_path / "state", **more)).close()  # type: ignore[arg-type]
    with pytest.raises(NotTrusted):
        Workspace.open(folder, Options(state_dir=tmp_path / "state"))


def test_a_folder_without_a_launch_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(LaunchFileError, match="launchready init DOMAIN"):
        Workspace.open(tmp_path)


@pytest.mark.parametrize("more", [{"connect": ("no rule",)}, {"ca_file": Path("/no/such/file.pem")}])
def test_options_that_cannot_be_used_are_said(folder: Path, options: Options, more: dict[str, Any]) -> None:
    from dataclasses import replace

    with pytest.raises(ReachError):
        Workspace.open(folder, replace(options, **more))


def test_options_go_before_the_launch_file(folder: Path, options: Options) -> None:
    from dataclasses import replace

    (folder / "launchready.toml").write_text(
        LAUNCH + '[connect]\n"example.com" = "192.0.2.1"\n[settings]\nnameservers = ["192.0.2.53"]\n'
    )
    ws = Workspace.open(folder, replace(options, connect=("example.com=192.0.2.9",)))
    assert [str(rule) for rule in ws.reach.connect.rules] == ["example.com=192.0.2.9", "example.com=192.0.2.1"]
    assert ws.reach.nameservers == ("192.0.2.53",)
    assert ws.via == "connect-map"
    ws.close()
    ws = Workspace.open(folder, replace(options, nameservers=("192.0.2.54:5353",)))
    assert ws.reach.nameservers == ("192.0.2.54:5353",)
    ws.close()


# Running


async def test_a_result_is_on_the_disk_when_its_event_comes(
    folder: Path, options: Options, says: dict[str, list[Finding]]
) -> None:
    ws = Workspace.open(folder, options)
    seen = []
    async for event in ws.run():
        if isinstance(event, Finished):
            with Journal.open(folder / JOURNAL) as other:
                assert other.read(event.saved) == event.result
            seen.append(event.result.check)
    assert sorted(seen) == [DNS, TLS]
    assert ws.journal.runs()[0].outcome == "done"
    assert ws.journal.runs()[0].full
    ws.close()


async def test_the_verdict_of_a_run_is_there_in_the_next_program(
    folder: Path, options: Options, says: dict[str, list[Finding]]
) -> None:
    ws = Workspace.open(folder, options)
    await ran(ws)
    first = ws.verdict()
    ws.close()
    again = Workspace.open(folder, options)
    assert again.verdict().word == first.word == "NO-GO"
    assert again.verdict().standings[TLS].findings[0].finding == EXPIRED
    again.close()


async def test_a_re_check_turns_the_verdict(folder: Path, options: Options, says: dict[str, list[Finding]]) -> None:
    ws = Workspace.open(folder, options)
    await ran(ws)
    assert ws.verdict().blockers == 1
    says[TLS] = [found(f"{TLS}.expired", "pass", "low")]
    events = await ran(ws, [TLS])
    assert [event.result.check for event in events if isinstance(event, Finished)] == [TLS]
    assert ws.verdict().blockers == 0
    assert ws.journal.changes().fixed == 1
    assert not ws.journal.runs()[0].full
    ws.close()


async def test_what_is_judged_at_a_set_time_is_never_a_real_run(
    folder: Path, options: Options, says: dict[str, list[Finding]]
) -> None:
    from dataclasses import replace

    ws = Workspace.open(folder, replace(options, now=NOW))
    await ran(ws)
    assert ws.verdict().standings[TLS].state is State.FAIL, "this session sees it"
    ws.close()
    ws = Workspace.open(folder, options)
    assert ws.results == {}, "later ones do not"
    assert [row.kept for row in ws.journal.runs()] == [False]
    ws.close()


async def test_a_cancelled_run_keeps_what_was_through(
    folder: Path, options: Options, says: dict[str, list[Finding]]
) -> None:
    ws = Workspace.open(folder, options)
    cancel = asyncio.Event()
    events = []
    async for event in ws.run([TLS, DNS], cancel=cancel):
        events.append(event)
        cancel.set()
    assert isinstance(events[-1], Ended)
    done = [event.result.check for event in events if isinstance(event, Finished)]
    assert sorted(ws.results) == sorted(done)
    assert ws.journal.runs()[0].outcome == events[-1].outcome
    ws.close()


async def test_a_run_that_nobody_reads_to_its_end_is_noted_as_cancelled(
    folder: Path, options: Options, says: dict[str, list[Finding]]
) -> None:
    ws = Workspace.open(folder, options)
    events = ws.run()
    await anext(events)
    await events.aclose()
    assert ws.journal.runs()[0].outcome == "cancelled"
    ws.close()


# Deciding


@pytest.fixture
async def open_market(folder: Path, options: Options, says: dict[str, list[Finding]]) -> AsyncIterator[Workspace]:
    says[TLS] = [EXPIRED, CHAIN]
    ws = Workspace.open(folder, options)
    await ran(ws)
    at(ws, NOW)
    yield ws
    ws.close()


async def test_an_accepted_risk_is_written_at_once_and_can_be_undone(open_market: Workspace) -> None:
    ws = open_market
    ws.accept(EXPIRED, "founder", "few users in the first week", NOW + 10 * DAY)
    written = DecisionsFile(ws.folder).load().accepted[0]
    assert (written.rule, written.subject, written.by, written.recorded_by) == (
        EXPIRED.rule,
        EXPIRED.subject,
        "founder",
        "engineer",
    )
    assert ws.verdict().finding(EXPIRED.id).state is State.ACCEPTED  # type: ignore[union-attr]
    assert ws.can_undo == ws.undo() == f"accepted: {EXPIRED.summary}"
    assert DecisionsFile(ws.folder).load().accepted == ()
    assert ws.can_undo == ""
    with pytest.raises(DecisionError, match="No decision has been made"):
        ws.undo()


async def test_a_finding_has_one_decision_at_most(open_market: Workspace) -> None:
    ws = open_market
    ws.accept(CHAIN, "founder", "known", NOW + DAY)
    ws.put_off(CHAIN, "founder", "after the launch")
    assert ws.decisions.accepted == ()
    assert ws.verdict().finding(CHAIN.id).state is State.LATER  # type: ignore[union-attr]
    ws.accept(CHAIN, "founder", "known after all", NOW + 2 * DAY)
    assert ws.decisions.later == ()


REFUSED = {
    "a blocker is never put off": (lambda ws: ws.put_off(EXPIRED, "founder", "later"), "cannot wait until after it"),
    "something fine needs no decision": (
        lambda ws: ws.accept(found("edge.x.y", "pass"), "founder", "r", NOW + DAY),
        "Only an open problem",
    ),
    "no end": (lambda ws: ws.accept(CHAIN, "founder", "r", NOW), "must end in the future"),
    "too far an end": (lambda ws: ws.accept(CHAIN, "founder", "r", NOW + 91 * DAY), "90 days at most"),
    "nobody accepts": (lambda ws: ws.accept(CHAIN, " ", "r", NOW + DAY), "who accepts"),
    "no reason": (lambda ws: ws.accept(CHAIN, "founder", " ", NOW + DAY), "why this risk"),
    "no evidence": (lambda ws: ws.confirm("audit.hosting", "founder", ""), "Enter the evidence"),
    "what is to be written down": (lambda ws: ws.confirm("handover.access", "founder", "seen"), "cannot be confirmed"),
    "what always applies": (
        lambda ws: ws.confirm("deploy.secrets", "founder", "none", "does-not-apply"),
        "applies to every launch",
    ),
    "what can be seen is not asked": (lambda ws: ws.confirm(TLS, "founder", "seen"), "instead of confirming"),
    "no such check": (lambda ws: ws.confirm("no.such", "founder", "seen"), "no check called"),
    "parked into the past": (lambda ws: ws.park(CHAIN, "support", NOW), "in the future"),
    "parked for ever": (lambda ws: ws.park(CHAIN, "support", NOW + 400 * DAY), "within a year"),
    "an empty note": (lambda ws: ws.add_note(CHAIN, "  "), "needs text"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_decision_that_the_rules_do_not_allow(open_market: Workspace, case: str) -> None:
    act, words = REFUSED[case]
    with pytest.raises(DecisionError, match=words):
        act(open_market)
    assert not (open_market.folder / "decisions.toml").exists()
    assert open_market.can_undo == ""


async def test_a_confirmation_holds_for_thirty_days_and_the_newest_counts(open_market: Workspace) -> None:
    ws = open_market
    ws.confirm("deploy.rollback", "founder", "went through the member lists")
    assert ws.verdict().standings["deploy.rollback"].state is State.PASS
    at(ws, NOW + 30 * DAY)
    standing = ws.verdict().standings["deploy.rollback"]
    assert (standing.state, standing.stale) == (State.UNKNOWN, True)
    ws.confirm("deploy.rollback", "founder", "and again")
    assert ws.verdict().standings["deploy.rollback"].state is State.PASS
    assert len(ws.decisions.confirmations) == 1


async def test_owner_note_and_parking_of_a_check_and_of_a_finding(open_market: Workspace) -> None:
    ws = open_market
    ws.set_owner(TLS, "engineer")
    ws.set_owner(CHAIN, "support")
    ws.add_note(CHAIN, "asked the host")
    ws.park(CHAIN, "the hosting company", NOW + HOUR)
    verdict = ws.verdict()
    chain = verdict.finding(CHAIN.id)
    assert chain is not None and chain.parked is not None
    assert (verdict.standings[TLS].owner, chain.owner, chain.notes[0].text) == ("engineer", "support", "asked the host")
    ws.set_owner(CHAIN, "")
    chain = ws.verdict().finding(CHAIN.id)
    assert chain is not None and chain.owner == "engineer"


async def test_a_judged_finding_is_as_good_as_the_finding(open_market: Workspace) -> None:
    judged = open_market.verdict().finding(CHAIN.id)
    assert judged is not None
    open_market.accept(judged, "founder", "known", NOW + DAY)
    assert open_market.decisions.accepted[0].subject == CHAIN.subject


# Files that others change


async def test_decisions_changed_by_somebody_else_are_read_again_and_not_overwritten(
    open_market: Workspace, options: Options
) -> None:
    ws = open_market
    ws.add_note(TLS, "mine")
    other = at(Workspace.open(ws.folder, options), NOW)
    other.add_note(TLS, "theirs")
    with pytest.raises(ChangedUnderneath):
        ws.add_note(TLS, "mine again")
    assert [note.text for note in ws.decisions.notes] == ["mine", "theirs"]
    assert ws.can_undo == "", "what was undone now would undo theirs"
    ws.add_note(TLS, "mine again")
    assert [note.text for note in DecisionsFile(ws.folder).load().notes] == ["mine", "mine again", "theirs"]
    other.close()


async def test_refresh_sees_what_others_did(
    open_market: Workspace, options: Options, says: dict[str, list[Finding]]
) -> None:
    ws = open_market
    assert ws.refresh() is False
    other = Workspace.open(ws.folder, options)
    says[TLS] = [found(f"{TLS}.fine", "pass", "low")]
    await ran(other, [TLS])
    other.save_people(People(people=(Person(id="founder", name="The Founder"),)))
    other.save_inventory(Inventory(systems=(System(id="dns"),)))
    other.close()
    assert ws.refresh() is True
    assert ws.results[TLS].state is State.PASS
    assert (ws.people.label("founder"), ws.inventory.systems[0].id) == ("The Founder", "dns")
    assert ws.refresh() is False


async def test_a_launch_file_changed_under_us_is_asked_about(folder: Path, tmp_path: Path) -> None:
    options = Options(state_dir=tmp_path / "state")
    with pytest.raises(NotTrusted) as first:
        Workspace.open(folder, options)
    trusting = Workspace.open(folder, Options(state_dir=tmp_path / "state", trust=True))
    trusting.trust_launch_file(first.value.sha256)
    trusting.close()
    ws = Workspace.open(folder, options)
    (folder / "launchready.toml").write_text(LAUNCH + '[[hosts]]\nname = "api.example.com"\n')
    with pytest.raises(NotTrusted) as caught:
        ws.refresh()
    assert ws.launch.hosts == (), "the old one stays in use"
    ws.trust_launch_file(caught.value.sha256)
    assert ws.refresh() is True
    assert ws.launch.hosts == (Host(name="api.example.com"),)
    ws.close()


async def test_what_is_added_in_the_console_is_trusted_as_its_file_was(folder: Path, tmp_path: Path) -> None:
    options = Options(state_dir=tmp_path / "state")
    with pytest.raises(NotTrusted) as caught:
        Workspace.open(folder, options)
    first = Workspace.open(folder, Options(state_dir=tmp_path / "state", trust=True))
    first.trust_launch_file(caught.value.sha256)
    first.close()
    ws = Workspace.open(folder, options)
    ws.add_to_launch(Host(name="api.example.com", role="api"))
    ws.close()
    again = Workspace.open(folder, options)
    assert again.launch.hosts == (Host(name="api.example.com", role="api"),)
    again.close()


# The commit

COMMIT = "0123456789" * 4


@pytest.mark.parametrize(
    ("files", "commit"),
    [
        ({}, ""),
        ({".git/HEAD": COMMIT}, COMMIT),
        ({".git/HEAD": "ref: refs/heads/main\n", ".git/refs/heads/main": COMMIT + "\n"}, COMMIT),
        (
            {".git/HEAD": "ref: refs/heads/main\n", ".git/packed-refs": f"# pack-refs\n{COMMIT} refs/heads/main\n"},
            COMMIT,
        ),
        ({".git/HEAD": "ref: refs/heads/new\n"}, ""),
        ({".git/HEAD": "ref: refs/../../../etc/passwd\n"}, ""),
        ({".git/HEAD": "ref: /etc/passwd\n"}, ""),
        ({".git": "gitdir: elsewhere\n", "elsewhere/HEAD": COMMIT}, COMMIT),
        (
            {
                ".git": "gitdir: main/worktrees/one\n",
                "main/worktrees/one/HEAD": "ref: refs/heads/x\n",
                "main/worktrees/one/commondir": "../..\n",
                "main/refs/heads/x": COMMIT,
            },
            COMMIT,
        ),
        ({".git/HEAD": "not a commit"}, ""),
    ],
)
def test_the_commit_a_repository_stands_at(tmp_path: Path, files: dict[str, str], commit: str) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    assert current_commit(tmp_path) == commit


async def test_answers_belong_to_the_commit_they_were_given_at(
    folder: Path, options: Options, says: dict[str, list[Finding]]
) -> None:
    (folder / "launchready.toml").write_text(LAUNCH + '[repository]\npath = "."\n')
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text(COMMIT)
    ws = Workspace.open(folder, options)
    events = await ran(ws, [TLS])
    assert next(event.result.commit for event in events if isinstance(event, Finished)) == COMMIT
    ws.close()


def test_who_writes_decisions_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAUNCHREADY_USER", "from-the-environment")
    assert Options(user="given").recorded_by == "given"
    assert Options().recorded_by == "from-the-environment"
    monkeypatch.delenv("LAUNCHREADY_USER")
    monkeypatch.setattr("getpass.getuser", lambda: "login")
    assert Options().recorded_by == "login"


def test_people_are_kept_out_of_git_before_they_are_written(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "launchready.toml").write_text(LAUNCH)
    with closing(Workspace.open(tmp_path, Options(trust=True, state_dir=tmp_path / "state"))) as workspace:
        workspace.save_people(workspace.people)
    assert "people.toml" in (tmp_path / ".gitignore").read_text().splitlines()


SMOKE = "deploy.smoke"  # a person answers it, until the next deploy


def test_a_deploy_that_is_marked_ends_the_words_that_hold_until_the_next(folder: Path, options: Options) -> None:
    with closing(Workspace.open(folder, replace(options, now=NOW))) as ws:
        assert ws.roadmap.checks[SMOKE].shelf_life == "deploy" and not ws.roadmap.checks[SMOKE].automated
        ws.confirm(SMOKE, "engineer", "All five paths walked")
        assert ws.verdict().standings[SMOKE].state is State.PASS
        mark_deploy(ws, sha="0a1b2c3d4e5f60", env="staging", at=NOW)
        mark_deploy(ws, sha="1a1b2c3d4e5f60", failed=True, at=NOW)
        assert ws.verdict().standings[SMOKE].state is State.PASS, "production is as it was"
    with closing(Workspace.open(folder, replace(options, now=NOW + HOUR))) as ws:
        mark_deploy(ws, sha="2a1b2c3d4e5f60")
        assert ws.verdict().standings[SMOKE].state is State.UNKNOWN
        ws.confirm(SMOKE, "engineer", "All five paths walked again")
        (word,) = ws.decisions.confirmations
        assert word.deploy == f"{NOW + HOUR:%Y-%m-%dT%H:%M:%SZ} 2a1b2c3d4e5f"
        assert ws.verdict().standings[SMOKE].state is State.PASS
    with closing(Workspace.open(folder, replace(options, now=NOW + 2 * HOUR))) as ws:
        assert ws.verdict().standings[SMOKE].state is State.PASS
        mark_deploy(ws, sha="2a1b2c3d4e5f60")
        assert ws.verdict().standings[SMOKE].state is State.UNKNOWN, "the same commit, deployed once more"


def test_a_watch_that_cannot_be_read_ends_no_word(folder: Path, options: Options) -> None:
    with closing(Workspace.open(folder, replace(options, now=NOW))) as ws:
        ws.confirm(SMOKE, "engineer", "All five paths walked")
        (folder / PLACE).write_bytes(b"not a database, but long enough to be taken for the head of one")
        assert ws.marks().deploy == ""
        assert ws.verdict().standings[SMOKE].state is State.PASS


@pytest.mark.parametrize(
    ("branch", "files", "commit"),
    [
        ("main", {".git/refs/heads/main": COMMIT}, COMMIT),
        ("main", {".git/packed-refs": f"{COMMIT} refs/remotes/origin/main\n"}, COMMIT),
        ("feature/pay", {".git/refs/heads/feature/pay": COMMIT}, COMMIT),
        ("gone", {".git/refs/heads/main": COMMIT}, ""),
        ("../../HEAD", {}, ""),
    ],
)
def test_the_commit_of_the_branch_that_is_deployed(
    tmp_path: Path, branch: str, files: dict[str, str], commit: str
) -> None:
    test_the_commit_a_repository_stands_at(tmp_path, {".git/HEAD": "b" * 40, **files}, "b" * 40)
    assert current_commit(tmp_path, branch) == commit
