"""Edge configuration to paste, made from the launch file and from what the checks found: pure functions, nothing is
asked or changed."""

from .plan import Plan, plan
from .write import KINDS, Kind, files_of

__all__ = ["KINDS", "Kind", "Plan", "files_of", "plan"]
