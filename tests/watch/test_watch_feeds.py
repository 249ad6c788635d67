"""Deploys read from others: GitHub's list by a double of its API, tags by git itself; each is marked once, and a
failed one is told."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from loopback import reach
from watchtown import Spoken, until

from launchready_tui.clock import FixedClock
from launchready_tui.failure import Failure
from launchready_tui.launch.model import Launch, Repository, Watch
from launchready_tui.watch.feeds import GitHub, read_deploys, tags
from launchready_tui.watch.keeper import Keeper
from launchready_tui.watch.samples import Mark, WatchReader, WatchStore
from launchready_tui.wire import Wire

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
HERE = reach()


def launch(*feeds: Any, login: str = "") -> Launch:
    return Launch(
        name="Market",
        domain="market.test",
        canonical="https://market.test/",
        repository=Repository(path="shop", github="market/shop", github_login=login),
        watch=Watch(deploys=feeds),
    )


@dataclass
class Api:
    """The two lists that are asked for."""

    deployments: list[dict[str, Any]] = field(default_factory=list)
    statuses: dict[int, str] = field(default_factory=dict)
    status: int = 200
    heads: list[str] = field(default_factory=list)
    port: int = 0

    def add(self, number: int, sha: str, state: str, *, minutes: int = 5, environment: str = "production") -> None:
        at = (NOW - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
        one = {"id": number, "sha": sha, "environment": environment, "created_at": at, "creator": {"login": "ci-bot"}}
        self.deployments.insert(0, one)
        self.statuses[number] = state

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.heads.append(head)
            path = head.split(" ")[1]
            tag = f'"{len(self.deployments)}"'
            found: Any = self.deployments
            status = self.status
            if "/statuses" in path:
                state = self.statuses[int(path.split("/")[5])]
                found = [{"state": state, "created_at": NOW.strftime("%Y-%m-%dT%H:%M:%SZ")}] if state else []
            elif status == 200 and f"If-None-Match: {tag}" in head:
                status, found = 304, None
            data = b"" if found is None else json.dumps(found).encode()
            writer.write(
                f"HTTP/1.1 {status} X\r\nContent-Length: {len(data)}\r\nETag: {tag}\r\nConnection: "
                "close\r\n\r\n".encode()
                + data
            )
            await writer.drain()
        writer.close()

    def asked(self, part: str) -> int:
        return sum(part in head.split("\r\n")[0] for head in self.heads)


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    made = Api()
    server = await asyncio.start_server(made.talk, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


def github(api: Api, login: str = "") -> GitHub:
    secrets = {"gh": "token-of-ours"}
    return GitHub(
        launch("github", login=login),
        Wire(HERE),
        lambda name, host: Spoken(secrets[name]) if name in secrets else None,
        FixedClock(NOW),
        base=f"http://127.0.0.1:{api.port}",
    )


def short(marks: Any) -> list[tuple[str, str, str]]:
    return [(one.sha, one.env, one.kind) for one in marks]


async def test_what_ended_is_marked_and_what_runs_is_waited_for(api: Api) -> None:
    api.add(1, "aaa", "success", minutes=30)
    api.add(2, "bbb", "failure", minutes=20, environment="Staging")
    api.add(3, "ccc", "in_progress")
    api.add(4, "ddd", "success", minutes=60 * 24 * 9)
    feed = github(api)
    found = await feed.look()
    assert short(found) == [("aaa", "production", "deploy"), ("bbb", "staging", "failed")]
    assert (
        not isinstance(found, Failure)
        and found[0].by == "ci-bot"
        and found[0].source == "github"
        and found[0].at == NOW
    )
    asked = api.asked("/statuses")
    api.statuses[3] = "success"
    again = await feed.look()
    assert ("ccc", "production", "deploy") in short(again)
    assert api.asked("/statuses") == asked + 1, "what ended is not asked for again"
    assert any("If-None-Match" in head for head in api.heads), "an unchanged list costs nothing"


async def test_a_deploy_keeps_its_time_when_the_list_changes(api: Api) -> None:
    """A new list has new rows: when an older deployment ended must not become the moment of the look."""
    api.add(1, "aaa", "inactive", minutes=30)
    feed = github(api)
    (first,) = await feed.look()
    api.add(2, "bbb", "success")
    again = await feed.look()
    assert not isinstance(again, Failure)
    assert [one.at for one in again] == [NOW - timedelta(minutes=30), NOW] and again[0] == first


async def test_the_token_goes_along_and_a_missing_one_is_told(api: Api) -> None:
    api.add(1, "aaa", "success")
    assert len(await github(api, "gh").look()) == 1  # type: ignore[arg-type]
    assert all("Authorization: Bearer token-of-ours" in head for head in api.heads)
    told = await github(api, "other").look()
    assert isinstance(told, Failure) and told.kind == "no-permission" and "'other'" in told.detail


@pytest.mark.parametrize(
    ("status", "kind"), [(404, "no-permission"), (401, "no-permission"), (403, "rate-limited"), (502, "unavailable")]
)
async def test_what_it_refuses_is_told(api: Api, status: int, kind: str) -> None:
    api.status = status
    told = await github(api).look()
    assert isinstance(told, Failure) and told.kind == kind


def test_a_mark_is_made_once_and_not_beside_the_one_of_ci(tmp_path: Path) -> None:
    store = WatchStore.open(tmp_path / "watch.sqlite3")
    store.add_mark(Mark(at=NOW, sha="aaa", source="command", by="ci"))
    assert not store.add_mark_once(Mark(at=NOW + timedelta(minutes=3), sha="aaa", source="github", key="github 1 done"))
    assert store.add_mark_once(Mark(at=NOW + timedelta(minutes=3), sha="bbb", source="github", key="github 2 done"))
    assert not store.add_mark_once(Mark(at=NOW + timedelta(minutes=4), sha="bbb", source="github", key="github 2 done"))
    assert store.add_mark_once(Mark(at=NOW + timedelta(hours=3), sha="aaa", source="github", key="github 3 done")), (
        "rolled back to it"
    )
    store.close()


# Tags


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    if not shutil.which("git"):
        pytest.skip("git is not here")
    folder = tmp_path / "shop"
    folder.mkdir()
    run(folder, "init", "-q")
    run(folder, "commit", "-q", "--allow-empty", "-m", "one")
    return folder


def run(folder: Path, *arguments: str, at: datetime = NOW - timedelta(hours=2)) -> str:
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"}
    for who in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{who}_NAME": "x", f"GIT_{who}_EMAIL": "x@market.test", f"GIT_{who}_DATE": at.isoformat()}
    return subprocess.run(
        ("git", "-C", str(folder), *arguments), env=env, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_tags_of_the_last_week_with_the_commit_they_point_to(shop: Path) -> None:
    commit = run(shop, "rev-parse", "HEAD")
    run(shop, "tag", "light")
    run(shop, "tag", "-a", "v1", "-m", "v1", at=NOW - timedelta(hours=1))
    run(shop, "tag", "-a", "old", "-m", "old", at=NOW - timedelta(days=9))
    found = tags(shop, NOW)
    assert not isinstance(found, Failure)
    assert [(one.by, one.sha) for one in found] == [("tag light", commit), ("tag v1", commit)]
    assert found[1].at == NOW - timedelta(hours=1)


def test_a_tag_of_no_calendar_ends_no_watch(shop: Path) -> None:
    commit = run(shop, "rev-parse", "HEAD")
    for name, when in (("far", "99999999999999999"), ("near", str(int((NOW - timedelta(hours=1)).timestamp())))):
        body = f"object {commit}\ntype commit\ntag {name}\ntagger x <x@market.test> {when} +0000\n\n{name}\n"
        write = ("git", "-C", str(shop), "hash-object", "-t", "tag", "-w", "--literally", "--stdin")
        made = subprocess.run(write, input=body, check=True, capture_output=True, text=True).stdout.strip()
        run(shop, "update-ref", f"refs/tags/{name}", made)
    found = tags(shop, NOW)
    assert not isinstance(found, Failure) and [one.by for one in found] == ["tag near"]


def test_a_folder_that_is_no_repository_is_told(tmp_path: Path) -> None:
    told = tags(tmp_path, NOW)
    assert isinstance(told, Failure) and "could not read" in told.detail


async def test_both_are_kept_and_a_source_that_is_silent_is_said_once(api: Api, shop: Path, tmp_path: Path) -> None:
    run(shop, "tag", "-a", "v1", "-m", "v1")
    api.add(1, "aaa", "failure")
    store = WatchStore.open(tmp_path / "watch.sqlite3")
    reader = WatchReader(tmp_path / "watch.sqlite3")
    keeper, said = Keeper(store), []
    loop = asyncio.ensure_future(
        read_deploys(
            launch("github", "tags"),
            tmp_path,
            Wire(HERE),
            lambda name, host: None,
            FixedClock(NOW),
            keeper,
            store,
            said.append,
            base=f"http://127.0.0.1:{api.port}",
            every_s=0.02,
        )
    )
    try:
        await until(lambda: len(reader.marks(NOW - timedelta(days=7))) == 2)
        api.status = 502
        looks = len(api.heads)
        await until(lambda: len(api.heads) > looks + 3)
        api.status = 200
        await until(lambda: any("deploys from GitHub are readable again" in words for words in said))
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
        await keeper.close()
        marks = reader.marks(NOW - timedelta(days=7))
        reader.close()
        store.close()
    assert sorted((one.kind, one.source) for one in marks) == [("deploy", "tag"), ("failed", "github")]
    assert sum("cannot read" in words for words in said) == 1
    assert sum("a failed deploy, by GitHub: aaa" in words for words in said) == 1
