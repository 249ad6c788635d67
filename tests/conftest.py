"""What holds for all tests."""

from __future__ import annotations

import pytest

LONGEST_FIRST = (
    "watch/test_watch_export_real.py",
    "lab/test_lab_acceptance.py",
    "netlab/test_net_markets.py",
    "watch/test_watch_drill.py",
    "netlab/test_net_gallery.py",
    "lab/test_lab_waiting.py",
    "netlab/test_net_mail.py",
    "watch/test_watch_engine.py",
    "lab/test_lab_demo.py",
    "handover/test_handed_over.py",
    "console/test_console_storm.py",
    "console/test_console_actions.py",
)
"""Files that take long, most of it waiting for servers. One that begins last is waited for by nobody but the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the long files before all others, each in its own order."""
    place = {name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get("/".join(item.path.parts[-2:]), len(place)))
