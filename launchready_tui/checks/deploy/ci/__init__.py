"""deploy.ci: what runs on every change, whether a key in it stops it, and workflows that strangers can use."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import WHOLE_LAUNCH, Evidence, Finding
from ...base import Say, check
from . import workflows

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

_GITHUB = re.compile(r"^\.github/workflows/[^/]+\.ya?ml$")
_OTHERS = re.compile(
    r"^(?:\.gitlab-ci\.yml|bitbucket-pipelines\.yml|\.circleci/config\.yml|azure-pipelines\.yml|Jenkinsfile)$"
)
_STOPS = ("head-checkout", "injection")


@check("deploy.ci")
async def ci(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Reads the workflows; what a branch rule at the host demands is not in the repository."""
    say = Say("deploy.ci", world.clock.now())
    if launch.repository is None:
        yield say.unknown("no-repository", WHOLE_LAUNCH)
        return
    tree = await world.repository.tree()
    if isinstance(tree, Failure):
        yield say.unknown("unread", WHOLE_LAUNCH, failure=tree, cause=tree.detail)
        return
    read: list[workflows.Workflow] = []
    for path in tree.files:
        if _GITHUB.match(path) or _OTHERS.match(path):
            text = await world.repository.text(path)
            if isinstance(text, Failure):
                yield say.unknown("unread", path, failure=text, cause=text.detail)
                continue
            one = workflows.read(path, text)
            # Other systems run on every change by themselves; their scripts are searched as a whole.
            read.append(one if _GITHUB.match(path) else workflows.plain(path, text))
    if not read:
        yield say.unknown("none", WHOLE_LAUNCH)
        return
    for finding in _judged(say, read):
        yield finding


def _judged(say: Say, read: list[workflows.Workflow]) -> list[Finding]:
    files = [Evidence.of("read", "\n".join(one.path for one in read), source="the repository")]
    on_change = [one for one in read if one.on_change]
    tests = any(one.tests for one in on_change)
    gate = any(one.gate for one in on_change)
    found = [
        say.passed("tests", WHOLE_LAUNCH, evidence=files) if tests else say.fail("tests", WHOLE_LAUNCH, evidence=files),
        say.passed("gate", WHOLE_LAUNCH, evidence=files) if gate else say.warn("gate", WHOLE_LAUNCH, evidence=files),
    ]
    spots: dict[tuple[str, str], list[workflows.Spot]] = {}
    for one in read:
        for spot in one.faults:
            spots.setdefault((spot.fault, spot.path), []).append(spot)
    for (fault, path), rows in spots.items():
        lines = Evidence.of(
            "lines", "\n".join(f"{path}:{row.line}: {row.what}" for row in rows), source="the repository"
        )
        voice, message = (say.fail, "fail") if fault in _STOPS else (say.warn, "warn")
        found.append(voice(fault, path, message, evidence=[lines], line=rows[0].line, what=rows[0].what, n=len(rows)))
    return found
