"""One core, two doors: what the console and the command line open, read and change."""

from __future__ import annotations

from .core import Workspace
from .decide import Target
from .errors import DecisionError, NotTrusted, ReachError
from .lookout import JOURNAL
from .options import Options

__all__ = ["JOURNAL", "DecisionError", "NotTrusted", "Options", "ReachError", "Target", "Workspace"]
