"""A check's own file, `checks/STAGE/NAME/check.toml`: what it is, its rules with their messages and fixes, and the
flaws of the lab that must cause them.

The parts stand in this order, so that each is read by itself: the check's own keys, then `[rules.…]` and `[fixes.…]`,
then `[[flaws]]`. A message or fix that several checks share stands in `checks/STAGE/shared.toml` or
`checks/shared.toml`. Another language is a file beside it, `check.de.toml`, with the messages and fixes that it has.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TypeVar

import msgspec

from ..failure import FailureKind
from ..findings import Severity

_T = TypeVar("_T")
_SHARED = "shared.toml"
_RULES = re.compile(r"^\[(?:rules|fixes)\.", re.MULTILINE)
_FLAWS = re.compile(r"^\[\[flaws\]\]", re.MULTILINE)


class SheetError(Exception):
    """A check's data in the package is broken: which file, which key."""


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sentence of a rule, with places. `severity` is how bad it is; without it the state's usual one. `fix` names
    the fix that goes with it."""

    text: str
    severity: Severity | None = None
    fix: str = ""


class Fix(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do: one imperative sentence, the exact text to paste, and the system that it is for; all with places."""

    text: str
    paste: str = ""
    where: str = ""


class Cause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What several checks stumble over at once, such as a permission that nobody has recorded: whatever they would have
    looked at, it is one thing to do. Stands in a shared sheet only."""

    text: str
    """What is missing, in a few words; a count of checks follows it."""
    fix: str
    """The shared fix that removes it. A finding that carries this fix has this cause."""
    failures: tuple[FailureKind, ...] = ()
    """What could not be seen for one of these reasons, and brings no fix of its own, has this cause too."""
    minutes: int = 5
    """How long the fix takes as a rule, however many checks wait for it."""


class RuleSheet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule: its technical term, what it tests and why the line is drawn there, where that comes from (RFC section,
    vendor page, with the date it was seen), and its messages by id. `several` is one line for many subjects at once,
    with the place `{n}`; without it the first subject's sentence stands for all."""

    term: str = ""
    explain: str = ""
    source: str = ""
    several: str = ""
    messages: dict[str, Message | str] = {}


class Sheet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules and fixes of one check, or those that several share with the causes that they have in common."""

    rules: dict[str, RuleSheet] = {}
    fixes: dict[str, Fix] = {}
    causes: dict[str, Cause] = {}

    def message(self, rule: str, name: str) -> Message | None:
        """A rule's message; None where it has none of that name."""
        found = self.rules[rule].messages.get(name) if rule in self.rules else None
        return Message(text=found) if isinstance(found, str) else found


def root() -> Traversable:
    """Where the stage files (`roadmap/`) and the checks' folders (`checks/`) lie: the package."""
    return resources.files(__package__.rpartition(".")[0])


def stage_file(stage: str) -> Traversable:
    """The file of a stage."""
    return root() / "roadmap" / f"{stage}.toml"


def folder() -> Traversable:
    """Where the checks lie in the package."""
    return root() / "checks"


def home(check: str) -> Traversable:
    """The folder of a check."""
    stage, _, name = check.partition(".")
    return folder() / stage / name.replace("-", "_")


@functools.cache
def check_ids(stage: str) -> tuple[str, ...]:
    """The checks of a stage: its folders with a check.toml, by name."""
    found = (entry for entry in (folder() / stage).iterdir() if entry.is_dir() and (entry / "check.toml").is_file())
    return tuple(sorted(f"{stage}.{entry.name.replace('_', '-')}" for entry in found))


def _read(file: Traversable) -> tuple[str, str, str]:
    """The three parts of a check's file, as text."""
    try:
        text = file.read_text("utf-8")
    except OSError as error:
        raise SheetError(f"{_called(file)}: {error}") from error
    flaws = _FLAWS.search(text)
    text, tail = (text[: flaws.start()], text[flaws.start() :]) if flaws else (text, "")
    rules = _RULES.search(text)
    return (text[: rules.start()], text[rules.start() :], tail) if rules else (text, "", tail)


def _called(file: Traversable) -> str:
    return str(file).partition("launchready_tui")[2].lstrip("/\\") or str(file)


def _typed(text: str, type_: type[_T], file: Traversable, more: Mapping[str, object] = {}) -> _T:
    try:
        return msgspec.convert({**tomllib.loads(text), **more}, type_)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SheetError(f"{_called(file)}: {error}") from error


def head(check: str, type_: type[_T]) -> _T:
    """The check's own keys, with its id, and whether code answers it. Raises SheetError."""
    at = home(check)
    file = at / "check.toml"
    return _typed(_read(file)[0], type_, file, {"id": check, "automated": (at / "__init__.py").is_file()})


def flaws(check: str, type_: type[_T]) -> _T:
    """The flaws of the lab that this check must find. Raises SheetError."""
    file = home(check) / "check.toml"
    return _typed(_read(file)[2], type_, file)


@functools.cache
def sheet_of(check: str, language: str = "en") -> Sheet:
    """The rules, messages and fixes of a check. Raises SheetError.

    What its own file lacks comes from the stage's shared file, then from the one of all checks. In another language
    each message and fix that is not translated stays as it is.
    """
    own = home(check) / "check.toml"
    merged = _typed(_read(own)[1], Sheet, own)
    stage = folder() / check.partition(".")[0] / _SHARED
    if stage.is_file():
        merged = _over(_typed(stage.read_text("utf-8"), Sheet, stage), merged)
    merged = _over(shared_sheet(), merged)
    if language != "en":
        file = home(check) / f"check.{language}.toml"
        if file.is_file():
            merged = _over(merged, _typed(file.read_text("utf-8"), Sheet, file))
    return merged


@functools.cache
def shared_sheet() -> Sheet:
    """The rules, messages and fixes of all checks alone, such as those of the engine. Raises SheetError."""
    file = folder() / _SHARED
    return _typed(file.read_text("utf-8"), Sheet, file)


@functools.cache
def causes_of(stage: str) -> Mapping[str, Cause]:
    """The causes that checks of a stage may have in common, by name: those of all checks and its own. Raises
    SheetError."""
    own = folder() / stage / _SHARED
    more = _typed(own.read_text("utf-8"), Sheet, own).causes if own.is_file() else {}
    return {**shared_sheet().causes, **more}


def _over(under: Sheet, upper: Sheet) -> Sheet:
    """Both together; where both say something, `upper` counts."""
    rules = dict(under.rules)
    for name, rule in upper.rules.items():
        below = rules.get(name, RuleSheet())
        rules[name] = RuleSheet(
            term=rule.term or below.term,
            explain=rule.explain or below.explain,
            source=rule.source or below.source,
            several=rule.several or below.several,
            messages={**below.messages, **rule.messages},
        )
    return Sheet(rules=rules, fixes={**under.fixes, **upper.fixes}, causes={**under.causes, **upper.causes})
