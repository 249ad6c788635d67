"""Whatever is public says what a caller cannot guess. ruff holds modules, classes and functions to it (D100 to D104 and
D419), and methods outside the console; here are all methods, by two rules that ruff cannot know: one that replaces a
method of a base class may leave the words to it, and what Textual calls by its name (`on_…`, `watch_…`) is called by
nobody else. An action says what its key does."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import pytest
from textual.message_pump import MessagePump
from textual.widget import Widget

import launchready_tui
from launchready_tui.console import host
from launchready_tui.console.app import Console
from launchready_tui.console.screens.page import Page
from launchready_tui.console.screens.watch import WatchPage

CALLED_BY_TEXTUAL = ("on_", "watch_", "validate_", "compute_")
SAYS_WHAT_EACH_IS_FOR = {host.ConsoleHost: Console, host.PageInSight: Page, host.WatchInSight: WatchPage}
"""What the console's parts may ask of each other is named twice; the words stand where the thing is done."""


def public_methods(cls: type) -> Iterator[tuple[str, Any]]:
    """Methods and properties written in the class itself; what dataclasses, enums and structs make is not."""
    for name, member in vars(cls).items():
        method = getattr(member, "fget", None) or getattr(member, "__func__", None) or member
        written_here = isinstance(method, FunctionType) and method.__module__ == cls.__module__
        if written_here and method.__name__ == name and not name.startswith("_"):
            yield name, method


def silent(cls: type) -> list[str]:
    """Public methods that neither say anything nor have it said for them."""
    above = (*cls.__mro__[1:], *SAYS_WHAT_EACH_IS_FOR.get(cls, object).__mro__)
    textual = issubclass(cls, MessagePump)
    found = []
    for name, method in public_methods(cls):
        if (method.__doc__ or "").strip() or (textual and name.startswith(CALLED_BY_TEXTUAL)):
            continue
        said_above = any(getattr(vars(base).get(name), "__doc__", None) for base in above)
        if not said_above or (textual and name.startswith("action_")):
            found.append(f"{cls.__module__}.{cls.__qualname__}.{name}")
    return found


def public_classes() -> Iterator[type]:
    for one in pkgutil.walk_packages(launchready_tui.__path__, "launchready_tui."):
        if one.name.endswith("__main__"):
            continue
        module = importlib.import_module(one.name)
        waiting = list(vars(module).values())
        while waiting:
            cls = waiting.pop()
            if inspect.isclass(cls) and cls.__module__ == module.__name__ and not cls.__name__.startswith("_"):
                yield cls
                waiting += [member for name, member in vars(cls).items() if getattr(member, "__name__", "") == name]


def test_public_methods_say_what_a_caller_cannot_guess() -> None:
    seen = set(public_classes())
    assert {Console, Page, WatchPage, *SAYS_WHAT_EACH_IS_FOR} <= seen and len(seen) > 400
    assert [name for cls in seen for name in silent(cls)] == []


class Told(Widget):
    def render_line(self, y: int) -> Any:
        return super().render_line(y)

    def on_key(self) -> None: ...
    def action_choose(self) -> None:
        """Enter: opens it."""


class Quiet(Told):
    def action_choose(self) -> None: ...
    def on_key(self) -> None: ...
    def size_of(self) -> int:
        """ """
        return 0

    @property
    def shown(self) -> int:
        return 0

    @classmethod
    def made(cls) -> None: ...
    def _own(self) -> None: ...


@pytest.mark.parametrize(("cls", "names"), [(Told, []), (Quiet, ["action_choose", "size_of", "shown", "made"])])
def test_what_is_silent_is_seen(cls: type, names: list[str]) -> None:
    assert [name.rpartition(".")[2] for name in silent(cls)] == names
