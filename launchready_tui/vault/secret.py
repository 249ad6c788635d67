"""A value that shows itself to nobody: only `reveal()` gives it out, and that word is easy to search for."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any, NoReturn, SupportsIndex

_VALUES: dict[int, str] = {}


class Secret(str):
    """A named secret. As text it *is* `<secret NAME>`: printed, formatted, joined, as JSON, pickled, it gives that and
    nothing else.

    The value is no attribute, so that `vars`, a debugger's list of fields or a traceback that prints locals cannot
    show it. Two secrets are equal when their values are (compared in constant time); a secret never equals plain text.
    """

    __slots__ = ("name",)
    name: str

    def __new__(cls, name: str, value: str) -> Secret:
        """Keeps the value beside the object, which itself holds the name alone."""
        self = super().__new__(cls, f"<secret {name}>")
        object.__setattr__(self, "name", name)
        _VALUES[id(self)] = value
        return self

    def __del__(self) -> None:
        _VALUES.pop(id(self), None)

    def reveal(self) -> str:
        """The value itself. Never keep it, print it or put it in an argument list."""
        return _VALUES[id(self)]

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a secret does not change")

    def __repr__(self) -> str:
        return str.__str__(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return False
        return hmac.compare_digest(
            self.reveal().encode("utf-8", "surrogatepass"), other.reveal().encode("utf-8", "surrogatepass")
        )

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        # The same for all: a hash of the value would be a trace of it, and equal secrets may have two names.
        return hash(Secret)

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Callable[[str], str], tuple[str]]:
        return (str, (str(self),))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self
