"""What every test of the console starts from: no animation, no colour switch of the machine, and a workspace that is a
double."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from double import Double, LabDouble, findings_of_demo

from launchready_tui.console.app import Console
from launchready_tui.lab.flaws import Flaw


@pytest.fixture(autouse=True, scope="module")
def _few_collections() -> Iterator[None]:
    """Each console is a thousand objects that point at each other: looking for garbage at the usual rate takes a
    quarter of a test's time."""
    gc.collect()
    gc.freeze()
    usual = gc.get_threshold()
    gc.set_threshold(50_000, 20, 50)
    yield
    gc.set_threshold(*usual)
    gc.unfreeze()


async def _breathe(*_: float) -> None:
    """Lets everything that waits in the loop have its turns. Textual's own waiting sleeps 20 ms each time, which a
    walk cannot afford."""
    for _turn in range(12):
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textual.app.wait_for_idle", _breathe)
    monkeypatch.setattr("textual.pilot.wait_for_idle", _breathe)


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same picture on every machine."""
    for name in (
        "NO_COLOR",
        "TEXTUAL_THEME",
        "SSH_CONNECTION",
        "SSH_TTY",
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "WSL_DISTRO_NAME",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("textual.constants.TEXTUAL_ANIMATIONS", "none", raising=False)


Make = Callable[..., Console]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Builds a console over a double: with the demo's findings unless told otherwise."""

    def build(
        findings: Any = "demo",
        *,
        flaws: tuple[Flaw, ...] = (),
        lab: bool = False,
        plain: bool = False,
        theme: str = "",
        **rest: Any,
    ) -> Console:
        double = Double.make(tmp_path / "launch", findings_of_demo() if findings == "demo" else findings, **rest)
        market: Any = LabDouble(flaws) if lab or flaws else None
        return Console(double, lab=market, plain=plain, theme=theme or None, live=False)

    return build
