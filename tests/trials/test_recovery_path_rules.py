"""[[recovery_path]]: what its steps must mean, and what handover.recovery makes of a walk that was kept."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fake_outside import NOW, FakeWorld

from launchready_tui import roadmap
from launchready_tui.checks.handover.recovery import recovery
from launchready_tui.facts import Walked
from launchready_tui.findings import State, worst
from launchready_tui.journal import JournalError, TrialRow
from launchready_tui.launch.inventory import Inventory, Recovery
from launchready_tui.launch.model import Launch, PathStep
from launchready_tui.launch.papers import Papers
from launchready_tui.launch.people import People
from launchready_tui.launch.validate import problems_of
from launchready_tui.trials.jar import Jar
from launchready_tui.trials.model import KIND, Seen, Walk, digest_of, encode
from launchready_tui.world.sights import Reply

STEPS = (PathStep(name="log in", url="https://shop.test/login"), PathStep(name="home", url="https://shop.test/"))
LAUNCH = Launch(name="Shop", domain="shop.test", canonical="https://shop.test/", recovery_path=STEPS)
GOOD = Walk(
    started_at=NOW - timedelta(days=1),
    seconds=1.25,
    of=2,
    digest=digest_of(STEPS),
    address="smoke+lr@shop.test",
    steps=(
        Seen(name="log in", asked="GET https://shop.test/login", ms=900, status=200),
        Seen(name="home", asked="…", ms=300, status=200),
    ),
)
BROKEN = msgspec.structs.replace(
    GOOD, steps=(Seen(name="log in", asked="GET https://shop.test/login", ms=900, status=500, problem="status 500"),)
)
REHEARSED = (Recovery(id="release", title="A release broke something", rehearsed=NOW.date(), rehearsed_by="staff"),)


def world(*kept: Walk, launch: Launch = LAUNCH, cards: tuple[Recovery, ...] = REHEARSED) -> Any:
    made = FakeWorld(launch)
    rows = [TrialRow(len(kept) - at, KIND, "path", "", NOW, encode(one)) for at, one in enumerate(kept)]
    made.trials = lambda kind: rows if kind == KIND else []  # type: ignore[attr-defined]
    made.papers = Papers(People(), Inventory(recovery=cards))  # type: ignore[attr-defined]
    return made


async def judged(world: Any) -> list[Any]:
    return [one async for one in recovery(world.launch, world)]


@pytest.mark.parametrize(
    ("kept", "rule", "state"),
    [
        ((), "not-walked", "info"),
        ((GOOD,), "walked", "pass"),
        ((BROKEN, GOOD), "broken", "fail"),
        ((GOOD, BROKEN), "walked", "pass"),
        ((msgspec.structs.replace(GOOD, digest="other"),), "steps-changed", "unknown"),
        ((msgspec.structs.replace(GOOD, started_at=NOW - timedelta(days=30)),), "outdated", "unknown"),
        ((msgspec.structs.replace(GOOD, started_at=NOW - timedelta(days=29)),), "walked", "pass"),
    ],
)
async def test_the_newest_walk_counts(kept: tuple[Walk, ...], rule: str, state: str) -> None:
    made = await judged(world(*kept))
    (one,) = made
    assert (one.rule, one.state.value) == (f"handover.recovery.{rule}", state)
    assert one.rule in roadmap.load().rules


async def test_a_walk_is_in_the_evidence_as_data() -> None:
    (one,) = await judged(world(BROKEN))
    walked = one.fact(Walked)
    assert walked is not None and walked.at == BROKEN.started_at
    assert [(step.name, step.ok, step.status, step.ms) for step in walked.steps] == [
        (step.name, not step.problem, step.status or 0, step.ms) for step in BROKEN.steps
    ]
    assert not all(step.ok for step in walked.steps)


async def test_without_steps_it_is_a_question_with_what_to_paste() -> None:
    launch = msgspec.structs.replace(LAUNCH, recovery_path=())
    (one,) = await judged(world(GOOD, launch=launch))
    assert (
        one.rule == "handover.recovery.not-written"
        and one.state.value == "info"
        and worst([one.state]) is State.UNKNOWN
    )
    import tomllib

    assert one.remedy is not None
    pasted = tomllib.loads(one.remedy.paste)
    assert not problems_of(
        {
            "domain": "shop.test",
            "canonical": "https://shop.test/",
            "mailboxes": [{"name": "gmail", "host": "imap.shop.test"}],
            **pasted,
        },
        "x",
    )


async def test_a_walk_without_a_rehearsed_card_is_half_of_it() -> None:
    old = (msgspec.structs.replace(REHEARSED[0], rehearsed=NOW.date() - timedelta(days=91)),)
    for cards in ((), old):
        made = await judged(world(GOOD, cards=cards))
        assert {one.rule.rpartition(".")[2]: one.state.value for one in made} == {
            "walked": "pass",
            "not-rehearsed": "warn",
        }


async def test_a_journal_that_cannot_be_read_is_no_missing_walk() -> None:
    made = world()

    def broken(kind: str) -> list[TrialRow]:
        raise JournalError(Path("journal"), "busy")

    made.trials = broken
    (one,) = await judged(made)
    assert one.rule == "handover.recovery.unreadable" and one.state.value == "unknown"


BASE = {
    "name": "Shop",
    "domain": "shop.test",
    "canonical": "https://shop.test/",
    "mailboxes": [{"name": "seed", "host": "imap.shop.test"}],
}
URL = "https://shop.test/x"


@pytest.mark.parametrize(
    ("step", "key"),
    [
        ({"url": URL, "body": "a={{email}}", "method": "POST"}, ""),
        ({"url": "https://shop.test{{first}}", "contains": ["{{first}}"]}, ""),
        ({"mailbox": "seed", "capture": {"link": "text https://[^ ]+"}, "within_s": 30}, ""),
        ({"url": URL, "mailbox": "seed"}, ".url"),
        ({}, ".url"),
        ({"mailbox": "seeds"}, ".mailbox"),
        ({"url": "https://other.test/"}, ".url"),
        ({"url": "https://{{first}}/"}, ".url"),
        ({"url": "https://x.{{first}}.test/"}, ".url"),
        ({"url": "http://shop.test/"}, ".url"),
        ({"url": URL, "body": "{{later}}", "method": "POST"}, ".body"),
        ({"url": URL, "method": "POST", "within_s": 5}, ".within_s"),
        ({"url": URL, "capture": {"email": "json a"}}, ".capture.email"),
        ({"url": URL, "capture": {"x": "cookie a"}}, ".capture.x"),
        ({"url": URL, "capture": {"x": "text ("}}, ".capture.x"),
        ({"mailbox": "seed", "capture": {"x": "json a"}}, ".capture.x"),
        ({"url": URL, "headers": {"authorization": "x"}}, ".headers.authorization"),
        ({"url": URL, "headers": {"authorization": "Bearer {{first}}", "x-csrf-token": "{{first}}"}}, ""),
        ({"url": URL, "headers": {"authorization": "Bearer abc{{first}}"}}, ".headers.authorization"),
        ({"url": URL, "headers": {"authorization": "Bearer {{later}}"}}, ".headers"),
        ({"url": URL, "headers": {"cookie": "{{first}}"}}, ".headers.cookie"),
        ({"url": URL, "login": "api-user", "headers": {"authorization": "Bearer {{first}}"}}, ".login"),
        ({"url": URL, "method": "POST", "body": "{{email}} {{password}}", "as": "shop-user"}, ""),
        ({"url": URL, "as": "shop-user", "login": "shop-user"}, ".as"),
        ({"mailbox": "seed", "as": "shop-user"}, ".as"),
        ({"url": URL, "json": {"state": "{{later}}"}}, ".json"),
        ({"url": URL + "?token=abc"}, ".url"),
        ({"url": URL, "status": [99]}, ".status[1]"),
    ],
)
def test_steps_are_judged_as_a_whole(step: dict[str, Any], key: str) -> None:
    first = {"name": "first", "url": URL, "capture": {"first": "header location"}}
    problems = problems_of({**BASE, "recovery_path": [first, {"name": "second", **step}]}, "launchready.toml")
    assert [problem.key for problem in problems] == ([f"recovery_path[2]{key}"] if key else []), [
        str(one) for one in problems
    ]


def reply(url: str, *cookies: str) -> Reply:
    return Reply(url=url, method="GET", status=200, headers=tuple(("set-cookie", one) for one in cookies), at=NOW)


def test_cookies_go_only_where_they_belong() -> None:
    jar = Jar()
    jar.take(
        reply(
            "https://app.shop.test/",
            "a=1; Path=/",
            "b=2; Domain=shop.test; Path=/",
            "c=3; Domain=evil.test",
            "d=4; Path=/admin",
            "__Host-e=5; Path=/; Secure; HttpOnly; SameSite=Lax",
        )
    )
    assert jar.header("https://app.shop.test/x") == (("cookie", "a=1; b=2; __Host-e=5"),)
    assert jar.header("https://api.shop.test/x") == (("cookie", "b=2"),)
    assert jar.header("https://app.shop.test/admin/x")[0][1].startswith("d=4; ")
    assert jar.header("https://app.shop.test/administer") == (("cookie", "a=1; b=2; __Host-e=5"),)
    assert jar.header("https://evil.test/") == () == jar.header("https://notshop.test/")
    jar.take(reply("https://app.shop.test/", "a=; Max-Age=0; Path=/"))
    assert jar.header("https://app.shop.test/x") == (("cookie", "b=2; __Host-e=5"),)


def test_a_step_is_named_by_its_place_in_the_file() -> None:
    """What is no table at all is told by the types; the steps after it keep their numbers."""
    table = {"recovery_path": ["log in", {"name": "home"}]}
    assert [one.key for one in problems_of(table, "launchready.toml")] == ["recovery_path[2].url"]
