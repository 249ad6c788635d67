"""What the drill breaks in the demo marketplace: each fault at a host of its own, so that all six run at once."""

from __future__ import annotations

from typing import NamedTuple

from . import places as at
from .faults import Fault


class Spot(NamedTuple):
    """Where a fault is made, what is asked there, and what a right answer shows."""

    fault: Fault
    host: str
    url: str
    statuses: str = ""
    json: tuple[str, str] = ("", "")
    contains: str = ""


SPOTS: tuple[Spot, ...] = (
    Spot("refuse", at.STATUS, f"https://{at.STATUS}/"),
    Spot("hang", at.APP, f"{at.APP_SITE}/login"),
    Spot("status-500", at.API, f"{at.API_SITE}/healthz", json=("status", "ok")),
    Spot("wrong-body", at.APEX, f"{at.SITE}/", contains="Demo Market"),
    Spot("expired-certificate", at.STAGING, f"https://{at.STAGING}/", statuses="401"),
    Spot("dns-gone", at.ADMIN, f"https://{at.ADMIN}/", statuses="401"),
)
