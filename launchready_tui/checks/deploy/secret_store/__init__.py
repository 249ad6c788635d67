"""deploy.secret-store: which vault the repository names, and whether live secrets lie in files beside it."""

from __future__ import annotations

import functools
import re
from collections.abc import AsyncIterator
from importlib import resources
from typing import TYPE_CHECKING

import msgspec

from ....failure import Failure
from ....findings import WHOLE_LAUNCH, Evidence, Finding
from ...base import Say, check

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

_SHOWN = 12


class Store(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One place for secrets, and how a repository shows that it is in use."""

    name: str
    paths: tuple[str, ...] = ()
    """Regular expressions over paths."""
    text: str = ""
    """A regular expression over the files that `paths` find; empty where the path is enough."""


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    store: tuple[Store, ...]


@functools.cache
def stores() -> tuple[Store, ...]:
    """The data file, read once."""
    import tomllib

    return msgspec.convert(
        tomllib.loads((resources.files(__package__) / "stores.toml").read_text("utf-8")), _Table
    ).store


@check("deploy.secret-store")
async def secret_store(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Looks for a store's own files and references. Who can open it, a person says."""
    say = Say("deploy.secret-store", world.clock.now())
    if launch.repository is None:
        yield say.unknown("no-repository", WHOLE_LAUNCH)
        return
    tree = await world.repository.tree()
    settings = await world.repository.environment()
    if isinstance(tree, Failure) or isinstance(settings, Failure):
        failure = tree if isinstance(tree, Failure) else settings
        assert isinstance(failure, Failure)
        yield say.unknown("unread", WHOLE_LAUNCH, failure=failure, cause=failure.detail)
        return
    found: dict[str, str] = {}
    for store in stores():
        for path in tree.files:
            if store.name not in found and any(re.search(form, path) for form in store.paths):
                text = await world.repository.text(path) if store.text else ""
                if not store.text or (isinstance(text, str) and re.search(store.text, text)):
                    found[store.name] = path
    live = settings.secrets.get("production", ())
    if live:
        rows = Evidence.of("files", "\n".join(live[:_SHOWN]), source="the repository")
        yield say.warn("beside", WHOLE_LAUNCH, files=len(live), first=live[0], evidence=[rows])
    if not found:
        yield say.unknown("unseen", WHOLE_LAUNCH)
    elif not live:
        rows = Evidence.of(
            "seen", "\n".join(f"{name}: {path}" for name, path in found.items()), source="the repository"
        )
        yield say.passed("store", WHOLE_LAUNCH, stores=", ".join(found), evidence=[rows])
