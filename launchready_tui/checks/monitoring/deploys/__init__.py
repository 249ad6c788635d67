"""monitoring.deploys: releases stand on the same line as errors and response times."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING

from ....clock import stamp
from ....findings import WHOLE_LAUNCH, Evidence, Finding, Remedy
from ...base import Say, check
from ..kept import never_watched, nothing, the_watch, unreadable

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

HOLDS = timedelta(days=30)


@check("monitoring.deploys")
async def deploys(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Marks of the last 30 days, told or seen."""
    say, now = Say("monitoring.deploys", world.clock.now()), world.clock.now()
    with the_watch(world) as reader:
        if reader is None:
            yield nothing(say, launch)
            return
        if isinstance(reader, Exception):
            yield unreadable(say, reader)
            return
        marks = [one for one in reader.marks(now - HOLDS) if one.kind != "failed"]
        if not marks and never_watched(reader):
            yield nothing(say, launch)
            return
        if not marks:
            yield say.warn(
                "no-marks",
                WHOLE_LAUNCH,
                "No release is marked, so nobody can say which one caused an outage",
                remedy=Remedy(
                    text="Let CI mark each deploy as its last step, or name where deploys or "
                    "the running release can be read",
                    paste='launchready deploy mark --sha "$GITHUB_SHA" --by ci\n\n# or, in [[targets]] of '
                    "launchready.toml:\n"
                    'version_json = "release"\n\n# or:\n[watch]\ndeploys = ["github"]\n\n[repository]\ngithub = '
                    '"owner/name"',
                    where="CI, or launchready.toml",
                ),
            )
            return
        rows = "\n".join(
            f"{stamp(one.at)}  {one.sha[:12] or '-'}  {one.env}  {one.source} {one.by}".rstrip()
            for one in reversed(marks[-10:])
        )
        yield say.passed(
            "marked", WHOLE_LAUNCH, "Releases are marked on the time line", evidence=[Evidence.of("newest", rows)]
        )
        read = any(one.source in ("github", "tag") for one in marks)  # nobody has to think of those
        if not read and not any(one.kind == "version" for one in marks):
            yield say.info(
                "not-seen",
                WHOLE_LAUNCH,
                "Marks are told, not seen: a release that nobody marks stays unknown",
                remedy=Remedy(
                    text="Let a health address name the release",
                    paste='version_json = "release"',
                    where="launchready.toml, [[targets]]",
                ),
            )
