"""The documents of the bundle, one module each, in the order they are read."""

from __future__ import annotations

from collections.abc import Callable

from ..model import Document
from ..snapshot import Snapshot
from . import access, checklist, domains, email, launch_day, recovery, reports, risks, stages

PAGES: tuple[Callable[[Snapshot], Document], ...] = (
    risks.write,
    domains.write,
    email.write,
    stages.deploy,
    stages.performance,
    stages.monitoring,
    checklist.write,
    access.write,
    recovery.write,
    launch_day.write,
    reports.write,
)
