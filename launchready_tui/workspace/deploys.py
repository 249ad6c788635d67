"""Deploy marks: told by a command or by CI. A version that changes is marked by the watch itself."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ..persons import PersonId
from ..watch import PLACE

if TYPE_CHECKING:
    from ..watch.samples import Mark
    from . import Workspace


def mark_deploy(
    ws: Workspace,
    *,
    sha: str = "",
    env: str = "production",
    by: str = "",
    at: datetime | None = None,
    failed: bool = False,
) -> Mark:
    """Writes a mark into the workspace's watch, whether somebody watches or not. Raises StoreError, NewerFile.

    Without a commit it is the one that the launch file's repository stands at, as far as there is one.
    """
    from ..watch.samples import Mark, WatchStore

    mark = Mark(
        at=at or ws.clock.now(),
        kind="failed" if failed else "deploy",
        sha=sha or ws.marks().commit,
        env=env,
        by=PersonId(by or ws.options.recorded_by),
        source="command" if sha else "git",
    )
    store = WatchStore.open(ws.folder / PLACE)
    try:
        return store.add_mark(mark)
    finally:
        store.close()
