"""The private internet as a fixture: one namespace for the whole session, or a plain reason why there is none."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
REQUIRED = os.environ.get("LAUNCHREADY_REQUIRE_NETLAB") == "1"


def without(reason: str) -> None:
    """Skips, or fails where the private internet is required."""
    if REQUIRED:
        pytest.fail(f"the private internet is required, but {reason}", pytrace=False)
    pytest.skip(f"needs a private internet: {reason}")


@dataclass
class Outcome:
    """What a command inside the private internet left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Internet:
    """A running private internet; `run` runs the product inside it, unmodified."""

    def __init__(self, process: subprocess.Popen[str], ready: dict[str, Any]) -> None:
        self.process = process
        self.folder = Path(ready["folder"])
        self.ca_file = ready["ca"]
        self.mail = bool(ready["mail"])
        self.imap = bool(ready["imap"])

    def command(
        self,
        *argv: str,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        text: str = "",
        timeout: float = 100,
    ) -> Outcome:
        assert self.process.stdin and self.process.stdout
        job = {"argv": argv, "cwd": str(cwd) if cwd else None, "env": env or {}, "input": text, "timeout": timeout}
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return Outcome(**answer)

    def launchready(
        self, *argv: str, cwd: Path | None = None, text: str = "", env: dict[str, str] | None = None
    ) -> Outcome:
        """`--trust` stands for the launch file of this folder as it is: its permission counts."""
        state = self.folder / "state"
        file = (cwd or Path()) / "launchready.toml"
        trust = f"--trust={hashlib.sha256(file.read_bytes()).hexdigest()}" if file.exists() else "--trust"
        return self.command(
            sys.executable,
            "-m",
            "launchready_tui",
            *(trust if word == "--trust" else word for word in argv),
            "--ca-file",
            self.ca_file,
            cwd=cwd,
            text=text,
            env={
                "LAUNCHREADY_STATE": str(state),
                "NO_COLOR": "1",
                "PYTHONPATH": str(HERE.parent.parent),
                **(env or {}),
            },
        )


@pytest.fixture(scope="session")
def internet() -> Iterator[Internet]:
    if sys.platform != "linux":
        without("only Linux has network namespaces")
    for tool, package in (("unshare", "util-linux"), ("ip", "iproute2"), ("knotd", "knot"), ("nginx", "nginx-light")):
        if shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
            without(f"{tool} is not installed (Debian package {package})")
    flags = ["-n", "-m", "-p", "-f", "--mount-proc", "--kill-child"]
    if os.geteuid() != 0:
        flags = ["-U", "-r", *flags]
    trial = subprocess.run(["unshare", *flags, "true"], capture_output=True, text=True, timeout=20, check=False)
    if trial.returncode:
        without(f"no namespace can be made here: {trial.stderr.strip()}")
    folder = tempfile.mkdtemp(prefix="launchready-net-")
    environment = {
        **os.environ,
        "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin",
        "PYTHONPATH": str(HERE.parent.parent),
    }
    process = subprocess.Popen(
        ["unshare", *flags, sys.executable, str(HERE / "internet.py"), folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        assert process.stdout and process.stderr and process.stdin
        line = process.stdout.readline()
        if not line:
            process.wait(10)
            without(f"it did not start: {process.stderr.read()[-2000:]}")
        yield Internet(process, json.loads(line))
        process.stdin.close()
        process.wait(30)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)
