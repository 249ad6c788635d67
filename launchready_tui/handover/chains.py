"""The redirect map: every address that was followed, and the stops on its way, from what the checks saw."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..facts import Hop, RedirectChain
from ..findings import State, worst

if TYPE_CHECKING:
    from ..verdict import Judged

CHECKS = ("edge.redirects",)


@dataclass(frozen=True, slots=True)
class ChainRow:
    """One address and where it leads. `problem` is what ended the way, in words; empty where it arrives."""

    start: str
    stops: tuple[Hop, ...]
    problem: str
    state: State

    @property
    def redirects(self) -> int:
        """Stops that led on, of any kind."""
        return sum(stop.moves for stop in self.stops)

    @property
    def ms(self) -> int:
        """Whole milliseconds of all stops together."""
        return sum(stop.ms for stop in self.stops)


def chain_rows(findings: Iterable[Judged]) -> tuple[ChainRow, ...]:
    """Each followed address that leads on or ends nowhere, once: the worst first, by name then."""
    return tuple(sorted((row for row in followed(findings) if row.redirects or row.problem), key=_order))


def followed(findings: Iterable[Judged]) -> tuple[ChainRow, ...]:
    """Each followed address once, also one that answers at once."""
    chains: dict[str, RedirectChain] = {}
    states: dict[str, list[State]] = {}
    for judged in findings:
        for fact in judged.finding.facts if judged.finding.check in CHECKS else ():
            if isinstance(fact, RedirectChain):
                chains[fact.start] = fact
                states.setdefault(fact.start, []).append(judged.state)
    return tuple(ChainRow(start, one.hops, one.problem, worst(states[start])) for start, one in chains.items())


def _order(row: ChainRow) -> tuple[int, str, str]:
    bad = (State.FAIL, State.UNKNOWN, State.WARN)
    parts = urlsplit(row.start)
    return bad.index(row.state) if row.state in bad else len(bad), parts.hostname or "", row.start


def way(row: ChainRow) -> str:
    """The stops in one line: `301 → https://example.com/ → 200`."""
    told = []
    for before, stop in zip(row.stops, row.stops[1:], strict=False):
        told.append(f"{before.status}{f' ({before.kind})' if before.kind else ''} → {stop.url}")
    end = row.problem or (str(row.stops[-1].status) if row.stops else "")
    if row.problem and row.stops:
        end = f"{row.stops[-1].status}, {row.problem}"
    return " → ".join([*told, end]) if end else ""


def step(before: str, url: str) -> str:
    """What changes from one URL to the next: the path, the scheme, the host with its scheme, or all that is left of
    it."""
    old, new = urlsplit(before), urlsplit(url)
    path = (new.path or "/") + (f"?{new.query}" if new.query else "")
    same_path = path == (old.path or "/") + (f"?{old.query}" if old.query else "")
    place = f"{new.hostname or ''}" + (f":{new.port}" if new.port else "")
    moved = place != (old.hostname or "") + (f":{old.port}" if old.port else "")
    shown = "" if same_path and (moved or old.scheme != new.scheme) else path
    if moved:
        return f"{new.scheme + '://' if new.scheme != old.scheme else ''}{place}{shown}"
    return f"{new.scheme}{' ' if shown else ''}{shown}" if old.scheme != new.scheme else shown
