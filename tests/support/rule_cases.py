"""A pytest plugin: writes down which answers `said` was asked for in a session, rule by rule, for
test_rule_cases.py."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest


def pytest_sessionfinish(session: pytest.Session) -> None:
    from fake_outside import SEEN

    Path(os.environ["RULE_CASES"]).write_text(json.dumps({rule: sorted(answers) for rule, answers in SEEN.items()}))
