"""The ARC chain of a message (RFC 8617): what each server that passed it on says that it saw. It is read, not
verified."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from ...hostnames import comparable
from .results import Result, parse

MOST = 50
"""Section 5.2.1: a chain has 50 sets at most."""
_TAG = re.compile(r"(?:^|;)\s*([a-z]+)\s*=\s*([^;]*)", re.IGNORECASE)
_INSTANCE = re.compile(r"\s*i\s*=\s*(\d{1,2})\s*;", re.IGNORECASE)
_SEAL, _SIGNATURE, _RESULTS = "arc-seal", "arc-message-signature", "arc-authentication-results"


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    """One set of the chain. `validation` is cv=, what its server found of the sets before; `problem` is empty where the
    set is whole."""

    instance: int
    domain: str = ""
    validation: str = ""
    receiver: str = ""
    results: tuple[Result, ...] = ()
    problem: str = ""


def chain(fields: Iterable[tuple[str, str]]) -> tuple[Hop, ...]:
    """The sets by their number, from header fields with lower-case names. Empty where there is no ARC. Never raises."""
    sets: dict[int, dict[str, list[str]]] = {}
    for name, value in fields:
        if name in (_SEAL, _SIGNATURE, _RESULTS):
            number = _INSTANCE.match(value) if name == _RESULTS else None
            text = number[1] if number else "" if name == _RESULTS else dict(_TAG.findall(value)).get("i", "").strip()
            instance = int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 0
            sets.setdefault(instance, {}).setdefault(name, []).append(value)
    last = max(sets, default=0)
    missing = {n: Hop(instance=n, problem="this set is missing") for n in range(1, min(last, MOST)) if n not in sets}
    hops = missing | {instance: _hop(instance, parts) for instance, parts in sets.items()}
    return tuple(hops[instance] for instance in sorted(hops))[:MOST]


def _hop(instance: int, parts: dict[str, list[str]]) -> Hop:
    seal = dict(_TAG.findall(next(iter(parts.get(_SEAL, [])), "")))
    told = next(iter(parts.get(_RESULTS, [])), "")
    seen = parse(_INSTANCE.sub("", told, count=1)) if told else None
    validation = seal.get("cv", "").strip().lower()
    expected = ("none",) if instance == 1 else ("pass", "fail")
    problem = ""
    if not 1 <= instance <= MOST:
        problem = "its number (i=) is missing or out of range"
    elif missing := [name for name in (_SEAL, _SIGNATURE, _RESULTS) if name not in parts]:
        problem = f"it lacks {', '.join(missing)}"
    elif any(len(values) > 1 for values in parts.values()):
        problem = "its number appears more than once"
    elif validation not in expected:
        problem = f"cv={validation or '(empty)'} must be {' or '.join(expected)}"
    elif validation == "fail":
        problem = "its server found the sets before it broken"
    return Hop(
        instance=instance,
        domain=comparable(seal.get("d", "").strip()),
        validation=validation,
        receiver=(seen.authserv_id or "") if seen else "",
        results=seen.results if seen else (),
        problem=problem,
    )
