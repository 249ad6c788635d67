"""Timed exchanges in a child process: raw asyncio and h11, an open-loop schedule, an exact verdict."""

from .measure import measure
from .model import Measurement, Phases

__all__ = ["Measurement", "Phases", "measure"]
