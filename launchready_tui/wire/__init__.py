"""Every socket opens here: resolver, address policy, connect map, phases, typed failures. DNS, web, TLS, mail and the
probe use it."""

from .connect import VIA, ConnectMap, ConnectRule, split_host_port
from .doors import Connected, Counts, Door, Opened
from .errors import failure_of
from .policy import FORBIDDEN, address_problem, is_address
from .reach import Family, Reach
from .tcp import Wire
from .trust import verifying_context

__all__ = [
    "FORBIDDEN",
    "VIA",
    "ConnectMap",
    "ConnectRule",
    "Connected",
    "Counts",
    "Door",
    "Family",
    "Opened",
    "Reach",
    "Wire",
    "address_problem",
    "failure_of",
    "is_address",
    "split_host_port",
    "verifying_context",
]
