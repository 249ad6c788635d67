"""Hands for tests of the command line: one call of the program in this process, and checks that say what the test
wants."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from market import found

from launchready_tui.checks import base
from launchready_tui.cli.run import run
from launchready_tui.findings import Finding
from launchready_tui.workspace import Workspace

LAUNCH = 'name = "Market"\ndomain = "example.com"\ncanonical = "https://example.com/"\n'
TLS = "edge.certificates"
DNS = "audit.dns-host"
EXPIRED = found(f"{TLS}.expired", "fail", "blocker")
FINE = found(f"{DNS}.fine", "pass", "low")


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


@dataclass
class Program:
    """Calls the program and takes what it says."""

    capture: pytest.CaptureFixture[str]
    folder: Path

    def __call__(self, *arguments: str | Path) -> Said:
        code = run([str(argument) for argument in arguments])
        out, err = self.capture.readouterr()
        return Said(int(code), out, err)

    def at(self, *arguments: str | Path) -> Said:
        """In the launch's folder, its file allowed."""
        return self(*arguments, "-C", self.folder, "--trust")


def say(monkeypatch: pytest.MonkeyPatch, said: dict[str, list[Finding]]) -> None:
    """Makes these checks all there are, each saying its findings in a world without sockets."""

    class QuietWorld:
        counts = None

        async def __aenter__(self) -> QuietWorld:
            return self

        async def __aexit__(self, *_: object) -> None:
            return None

    def one(name: str) -> base.Check:
        async def function(launch: Any, world: Any) -> AsyncIterator[Finding]:
            for finding in said[name]:
                yield finding

        return function

    async def nothing() -> None:
        return None

    monkeypatch.setattr(base, "load_all", lambda: {name: one(name) for name in said})
    monkeypatch.setattr(Workspace, "open_world", lambda self: QuietWorld())
    monkeypatch.setattr("launchready_tui.world.warm_up", nothing)


def clean_environment(monkeypatch: pytest.MonkeyPatch, state: Path) -> None:
    """No variable of the machine speaks for the tests, and nothing is written into somebody's own state folder."""
    for name in list(os.environ):
        if name.startswith("LAUNCHREADY_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LAUNCHREADY_STATE", str(state))
