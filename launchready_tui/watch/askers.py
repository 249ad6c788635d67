"""Who asks a target far from here: an exporter of one's own, or a public service."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..launch.model import Launch, Region
from ..wire import Wire
from .exporter import Exporter
from .globalping import Globalping
from .regions import Asks, Budget
from .samples.model import Target

if TYPE_CHECKING:
    from ..vault import Secret


def asker_of(
    launch: Launch,
    region: Region,
    target: Target,
    wire: Wire,
    credential: Callable[[str, str], Secret | None],
    budget: Budget,
) -> Asks:
    """Who asks this target in that region."""
    if region.kind == "globalping":
        return Globalping(launch, region, target, wire, credential, budget)
    return Exporter(region, target, wire, credential)
