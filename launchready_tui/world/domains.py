"""Registrable domains, by the public suffix list."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from ..hostnames import comparable
from ..wire import is_address

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


@functools.lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


@functools.lru_cache(maxsize=4096)
def registrable(name: str) -> str:
    """The domain somebody registered: `shop.example.co.uk` gives `example.co.uk`, a name under `.test` its last two
    labels.

    An address, a single label and a public suffix itself are given back as they are. The first call loads the list
    (some 200 ms).
    """
    host = comparable(name.strip())
    if is_address(host):
        return host
    found = _suffixes().privatesuffix(host)
    return str(found) if found else host


def is_suffix(name: str) -> bool:
    """Whether a name is a public suffix itself (`co.uk`, `github.io`), under which others register."""
    host = comparable(name.strip())
    return not is_address(host) and _suffixes().publicsuffix(host) == host


def same_site(one: str, other: str) -> bool:
    """Whether two hosts belong to one registrable domain."""
    return registrable(one) == registrable(other)
