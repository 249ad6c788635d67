"""How a command without a launch file reaches out: by the options alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .options import Common

if TYPE_CHECKING:
    from ..launch.model import Launch
    from ..wire import Reach


def reach_of(said: Common, private: tuple[str, ...] = ()) -> Reach:
    """Raises ReachError for a connect rule that cannot be used."""
    from ..wire import ConnectMap, Reach
    from ..workspace import ReachError

    try:
        connect = ConnectMap.parse(said.connect)
    except ValueError as error:
        raise ReachError(str(error)) from error
    return Reach(connect=connect, nameservers=said.nameservers, ca_file=said.ca_file, private=private)


def no_launch() -> Launch:
    """What stands for the launch in a world that is opened without one."""
    from ..launch.model import Launch

    return Launch(name="inspect", domain="inspect.invalid", canonical="https://inspect.invalid/")
