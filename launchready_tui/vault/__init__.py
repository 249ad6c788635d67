"""Credentials: where they come from, whom they may be shown to, and how they are kept out of everything that is written."""

from __future__ import annotations

from .secret import Secret

__all__ = ["Secret"]
