"""Deploys that others write down: GitHub's deployments, and the tags of the repository on this machine. Each becomes a
mark, once.

GitHub REST API 2022-11-28, "List deployments" and "List deployment statuses", as known 2026-11: states error, failure,
inactive, in_progress, queued, pending, success. Without a token sixty requests an hour are allowed, so it is asked
seldom then; an unchanged list answers 304 by its ETag.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..clock import Clock
from ..failure import Failure
from ..launch.model import Launch
from ..persons import PersonId
from ..text import clean, json_of, shorten
from ..wire import Wire
from .asking import ask
from .keeper import Keeper
from .samples import Mark, WatchStore
from .samples.errors import StoreError

if TYPE_CHECKING:
    from ..vault import Secret

BASE = "https://api.github.com"
HOST = "api.github.com"
WITH_TOKEN_S, WITHOUT_S, TAGS_S = 60.0, 600.0, 30.0
NEWEST = 5
"""So many deployments are looked at: each costs one more request until it has ended."""
KEEP = 512 * 1024
BACK = timedelta(days=7)
"""Older ones are history, and not marked."""
_FAILED = ("failure", "error")
_SEPARATOR = "\x1f"
_TAGS = _SEPARATOR.join(("%(refname:short)", "%(objectname)", "%(*objectname)", "%(creatordate:unix)"))


class GitHub:
    """The deployments of one repository. `base` is another place only in tests."""

    def __init__(
        self,
        launch: Launch,
        wire: Wire,
        credential: Callable[[str, str], Secret | None],
        clock: Clock,
        *,
        base: str = BASE,
    ) -> None:
        assert launch.repository is not None
        self._repository = launch.repository
        self._wire = wire
        self._credential = credential
        self._clock = clock
        self._base = base
        self._etag = ""
        self._ended: dict[int, tuple[str, datetime]] = {}
        """How a deployment ended, and when, by its number: it is not asked for again."""
        self._list: list[dict[str, Any]] = []

    async def look(self) -> tuple[Mark, ...] | Failure:
        """Deployments that succeeded or failed in the last seven days, the oldest first."""
        headers: tuple[tuple[str, str], ...] = (
            ("Accept", "application/vnd.github+json"),
            ("X-GitHub-Api-Version", "2022-11-28"),
        )
        if self._repository.github_login:
            found = await asyncio.to_thread(self._credential, self._repository.github_login, HOST)
            if found is None:
                detail = f"no credential {self._repository.github_login!r} is stored for {HOST}"
                return Failure(kind="no-permission", detail=detail, target=HOST)
            headers = (*headers, ("Authorization", f"Bearer {found.reveal().strip()}"))
        path = f"/repos/{self._repository.github}/deployments"
        listed = await self._get(
            f"{path}?per_page={NEWEST}", (*headers, *((("If-None-Match", self._etag),) if self._etag else ())), True
        )
        if isinstance(listed, Failure):
            return listed
        if listed is not None:
            self._list = [one for one in listed if isinstance(one.get("id"), int)]
        marks = []
        for one in reversed(self._list):
            number = one["id"]
            at = _moment(one.get("created_at"))
            if at is None or self._clock.now() - at > BACK:
                continue
            if number not in self._ended:
                statuses = await self._get(f"{path}/{number}/statuses?per_page=1", headers, False)
                if isinstance(statuses, Failure):
                    return statuses
                newest = statuses[0] if statuses else {}
                state = str(newest.get("state", ""))
                if state not in ("success", "inactive", *_FAILED):
                    continue
                ended = at if state == "inactive" else _moment(newest.get("created_at"))
                self._ended[number] = state, ended or self._clock.now()
            marks.append(self._mark(one, *self._ended[number]))
        return tuple(sorted(marks, key=lambda mark: mark.at))

    def _mark(self, one: dict[str, Any], state: str, at: datetime) -> Mark:
        creator = one.get("creator")
        by = creator.get("login") if isinstance(creator, dict) else ""
        return Mark(
            at=at,
            kind="failed" if state in _FAILED else "deploy",
            sha=clean(str(one.get("sha") or ""))[:64],
            env=clean(str(one.get("environment") or "production")).lower()[:60],
            by=PersonId(clean(str(by or ""))[:60]),
            source="github",
            key=f"github {one['id']} {'failed' if state in _FAILED else 'done'}",
        )

    async def _get(
        self, path: str, headers: tuple[tuple[str, str], ...], listing: bool
    ) -> list[dict[str, Any]] | Failure | None:
        """A list of objects; None where it is the one of before."""
        said = await ask(self._wire, self._base + path, headers=headers, agent="deploys", keep=KEEP)
        if isinstance(said, Failure):
            return said
        if said.status == 304:
            return None
        if said.status != 200:
            words = {
                404: "the repository does not exist, or it is private and the token has no access",
                401: "the token was rejected",
            }
            detail = words.get(said.status, f"status {said.status}")
            kind = (
                "rate-limited"
                if said.status in (403, 429)
                else "no-permission"
                if said.status in (401, 404)
                else "unavailable"
            )
            return Failure(kind=kind, detail=detail, target=HOST)  # type: ignore[arg-type]  # one of its kinds
        found = json_of(said.body)
        if not isinstance(found, list):
            return Failure(kind="protocol", detail="the response is not a list", target=HOST)
        if listing:
            self._etag = next((value for name, value in said.headers if name.lower() == "etag"), "")
        return [one for one in found if isinstance(one, dict)]


def tags(folder: Path, now: datetime) -> tuple[Mark, ...] | Failure:
    """Tags of the last seven days, the oldest first. Blocking. Nothing of the repository is run: git only lists its
    references."""
    order = (
        "git",
        "--no-optional-locks",
        "-C",
        str(folder),
        "-c",
        "core.fsmonitor=false",
        "for-each-ref",
        "--sort=-creatordate",
    )
    try:
        done = subprocess.run(
            (*order, "--count=50", f"--format={_TAGS}", "refs/tags"), capture_output=True, timeout=10, check=False
        )
    except FileNotFoundError:
        return Failure(kind="unavailable", detail="git is not installed on this machine")
    except (OSError, subprocess.TimeoutExpired) as why:
        return Failure(kind="unavailable", detail=str(why))
    if done.returncode:
        said = shorten(clean(done.stderr.decode("utf-8", "replace")), 120)
        return Failure(kind="unavailable", detail=f"could not read its tags: {said}")
    marks = []
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        name, own, pointed, made = (*line.split(_SEPARATOR), "", "", "", "")[:4]
        try:
            at = datetime.fromtimestamp(int(made), UTC)
        except (ValueError, OverflowError, OSError):
            continue  # no date, or one that no calendar has
        if timedelta() <= now - at <= BACK:
            sha = pointed or own
            marks.append(
                Mark(
                    at=at,
                    sha=sha[:64],
                    by=PersonId(f"tag {clean(name)[:60]}"),
                    source="tag",
                    key=f"tag {name} {sha[:12]}",
                )
            )
    return tuple(reversed(marks))


async def read_deploys(
    launch: Launch,
    folder: Path,
    wire: Wire,
    credential: Callable[[str, str], Secret | None],
    clock: Clock,
    keeper: Keeper,
    store: WatchStore,
    say: Callable[[str], None],
    *,
    base: str = BASE,
    every_s: float | None = None,
) -> None:
    """Reads what `[watch] deploys` names, again and again; never ends by itself. What cannot be read is said when that
    begins."""
    silent: dict[str, str] = {}
    repository = launch.repository
    github = (
        GitHub(launch, wire, credential, clock, base=base) if "github" in launch.watch.deploys and repository else None
    )

    async def keep(name: str, found: tuple[Mark, ...] | Failure) -> None:
        if isinstance(found, Failure):
            if silent.get(name) != found.kind:
                say(f"cannot read deploys from {name}: {found}")
            silent[name] = found.kind
            return
        if silent.pop(name, None):
            say(f"deploys from {name} are readable again")
        for mark in found:
            with contextlib.suppress(StoreError):
                if await keeper.ask(partial(store.add_mark_once, mark)):
                    what = "a failed deploy" if mark.kind == "failed" else "a deploy"
                    say(f"{what}, by {name}: {mark.sha[:12] or 'no commit named'} to {mark.env}")

    async def of_github() -> None:
        assert github is not None and repository is not None
        pause = every_s or (WITH_TOKEN_S if repository.github_login else WITHOUT_S)
        while True:
            await keep("GitHub", await github.look())
            await asyncio.sleep(pause)

    async def of_tags() -> None:
        assert repository is not None
        while True:
            await keep("git tags", await asyncio.to_thread(tags, folder / repository.path, clock.now()))
            await asyncio.sleep(every_s or TAGS_S)

    loops = [of_github()] if github is not None else []
    loops += [of_tags()] if "tags" in launch.watch.deploys and repository is not None else []
    await asyncio.gather(*loops)


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
