"""How sending services sign and what they want in the DNS: `senders.toml` beside this module."""

from __future__ import annotations

import functools
from importlib import resources
from typing import Literal

import msgspec


class Service(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One sending service; the fields are explained in the data file."""

    name: str
    selectors: tuple[str, ...]
    style: Literal["cname", "txt"]
    setup: str
    spf: str = ""
    own: bool = False
    target: tuple[str, ...] = ()
    path: str = ""


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sender: tuple[Service, ...]


@functools.cache
def services() -> tuple[Service, ...]:
    """The data file, read once."""
    import tomllib

    return msgspec.convert(
        tomllib.loads((resources.files(__package__) / "senders.toml").read_text("utf-8")), _Table
    ).sender


def service(name: str) -> Service | None:
    """The service of this name, as the table of providers calls it."""
    return next((row for row in services() if row.name == name), None)


def behind(target: str) -> Service | None:
    """The service that a selector's CNAME leads to."""
    bare = target.lower().rstrip(".")
    return next((row for row in services() if any(bare == end or bare.endswith("." + end) for end in row.target)), None)


def usual_selectors() -> tuple[str, ...]:
    """Every selector worth a try where nothing is known: those of the services, then the common ones."""
    common = (
        "default",
        "dkim",
        "mail",
        "s1024",
        "s2048",
        "sig1",
        "key1",
        "everlytickey1",
        "litesrv",
        "ctct1",
        "ctct2",
        "cf2024-1",
    )
    return tuple(dict.fromkeys((*(one for row in services() for one in row.selectors), *common)))
