"""The judges: a check is an async function from (launch, world) to findings, registered under its roadmap id."""

from .base import REGISTRY, Check, Say, check, load_all

__all__ = ["REGISTRY", "Check", "Say", "check", "load_all"]
