"""The style sheets: read once for each set of colours, however often a theme is set or a page opens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

_READ: dict[frozenset[tuple[str, str]], dict[tuple[object, ...], list[RuleSet]]] = {}
"""The rules of each source, by the variables that they were read with."""


class Sheets(Stylesheet):
    """Textual's own reads everything anew each time that a theme is set, though its colours are the same; at the start
    that is four times."""

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self._read = _read_with(self._variables)

    def set_variables(self, variables: dict[str, str]) -> None:
        """Takes other colours."""
        super().set_variables(variables)
        self._read = _read_with(variables)

    def reparse(self) -> None:
        """Reads what was not read with these colours yet."""
        self.parse()

    def _parse_rules(self, *source: Any, **more: Any) -> list[RuleSet]:
        key = (*source, *sorted(more.items()))
        found = self._read.get(key)
        if found is None:
            found = self._read[key] = super()._parse_rules(*source, **more)
        return found


def _read_with(variables: Mapping[str, str]) -> dict[tuple[object, ...], list[RuleSet]]:
    return _READ.setdefault(frozenset(variables.items()), {})
