"""The frozen demo: a small roadmap, a launch, and a run over it, as `record.py` wrote them. What the product's own
checks say changes none of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from launchready_tui.roadmap import model, sheet

FROZEN = Path(__file__).parent / "data" / "frozen"


@contextmanager
def frozen_roadmap() -> Iterator[None]:
    """Within it, stages and checks are read from the frozen folder, and never from the package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sheet, "root", lambda: FROZEN)
        _forget()
        try:
            yield
        finally:
            _forget()


def _forget() -> None:
    """What was read is read again."""
    for read in (model.load, sheet.check_ids, sheet.sheet_of, sheet.shared_sheet, sheet.causes_of):
        read.cache_clear()
