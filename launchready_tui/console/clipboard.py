"""Copying out of the console: the system's own tool where the screen is this machine's, else the terminal itself (OSC
52)."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence

_TOOLS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("WAYLAND_DISPLAY", "wl-copy", ("wl-copy",)),
    ("DISPLAY", "xclip", ("xclip", "-selection", "clipboard", "-in")),
    ("DISPLAY", "xsel", ("xsel", "--clipboard", "--input")),
    ("", "pbcopy", ("pbcopy",)),
    ("WSL_DISTRO_NAME", "clip.exe", ("clip.exe",)),
)
DEADLINE_S = 2.0


def tool(env: Mapping[str, str], which: Callable[[str], str | None] = shutil.which) -> tuple[str, ...]:
    """The command that copies here; empty over ssh, where it would copy on the far machine, and where there is none."""
    if env.get("SSH_CONNECTION") or env.get("SSH_TTY"):
        return ()
    return next((command for needs, name, command in _TOOLS if (not needs or env.get(needs)) and which(name)), ())


async def put(words: str, terminal: Callable[[str], None]) -> str:
    """Copies, and gives the words for how it went: `was copied with wl-copy`, or that the terminal was asked to."""
    command = tool(os.environ)
    copied = await asyncio.to_thread(_feed, command, words) if command else False
    if copied:
        return f"was copied with {command[0]}"
    terminal(words)
    return "was sent to the terminal (OSC 52). If it is not in the clipboard, S saves it to a file"


def _feed(command: Sequence[str], words: str) -> bool:
    try:
        done = subprocess.run(
            command,
            input=words.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=DEADLINE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
