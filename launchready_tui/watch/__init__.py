"""Probes on a schedule, incidents, alerts, exports. What was seen is read through `watch.samples`; the process that
watches, and what else needs an open workspace, is in `workspace`."""

from pathlib import Path

PLACE = Path(".launchready") / "watch.sqlite3"
"""Where a launch's watch lies, from the launch file's folder."""
