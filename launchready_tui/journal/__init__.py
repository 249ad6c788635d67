"""What was found, kept: SQLite, append-only."""

from __future__ import annotations

from .book import Journal
from .errors import JournalError, JournalProblem
from .rows import Changes, Export, RunRow, TrialRow

__all__ = ["Changes", "Export", "Journal", "JournalError", "JournalProblem", "RunRow", "TrialRow"]
