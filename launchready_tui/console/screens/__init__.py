"""Every page and sheet by its name. A screen's module is imported when it is first shown, so that the console opens
before it has read them all; and nobody but this table has to know which class a name stands for."""

from __future__ import annotations

from importlib import import_module
from typing import Any, cast

from textual.screen import Screen

PAGES: dict[str, tuple[str, str]] = {
    "overview": ("overview", "Overview"),
    "fixes": ("fixes", "Fixes"),
    "people": ("people", "PeoplePage"),
    "credentials": ("credentials", "Credentials"),
    "handover": ("handover", "HandoverPage"),
    "log": ("log", "Log"),
    "watch": ("watch", "WatchPage"),
    "launch": ("launch", "LaunchPage"),
    "stage": ("stage", "StagePage"),
}
"""Module and class of each page that is a mode of the app; `stage` takes the stage's number."""
LAID: dict[str, tuple[str, str]] = {
    "choose": ("dialog", "Choose"),
    "emergency": ("texts", "Emergency"),
    "explain": ("explain", "Explain"),
    "find": ("find", "Find"),
    "finding": ("finding", "FindingPage"),
    "form": ("dialog", "FormSheet"),
    "help": ("dialog", "Help"),
    "history": ("history", "History"),
    "mail read": ("mailread", "MailRead"),
    "mail test": ("mailtest", "MailTest"),
    "question": ("dialog", "Question"),
}
"""Module and class of what is laid over a page."""


def screen_class(name: str) -> type[Screen[Any]]:
    """The class behind a name. Raises KeyError where there is no such name."""
    module, kind = PAGES.get(name) or LAID[name]
    found: type[Screen[Any]] = getattr(import_module(f"{__package__}.{module}"), kind)
    return found


def screen_of(name: str, *given: Any, **more: Any) -> Screen[Any]:
    """A new screen of this name, made from what is given."""
    made: Any = screen_class(name)
    return cast("Screen[Any]", made(*given, **more))


def warm() -> None:
    """Imports all of them."""
    for name in (*PAGES, *LAID):
        screen_class(name)
