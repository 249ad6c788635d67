"""What the launch runs on, as far as it was seen or is written down."""

from __future__ import annotations

from ..launch.cards import Running
from .hosts import domain_rows, host_rows
from .mail import senders
from .snapshot import Snapshot


def running(shot: Snapshot) -> Running:
    """What the launch runs on, as far as it was seen."""
    domain = next(iter(domain_rows(shot)), None)
    hosting = tuple(
        dict.fromkeys(row.provider for row in host_rows(shot) if row.provider and row.environment == "production")
    )
    sends = senders(shot)
    return Running(
        domain=shot.launch.domain,
        site=shot.launch.canonical,
        registrar=domain.registrar if domain else "",
        dns=domain.dns_provider if domain else "",
        hosting=hosting,
        mail=sends[0] if sends else "",
    ).with_inventory(shot.inventory)
