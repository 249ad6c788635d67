"""The watch against a real web server that is killed, stopped in the middle, and started again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import reach
from watchtown import until, watched, web

from launchready_tui.watch import prober as probing

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
if NGINX is None and os.environ.get("LAUNCHREADY_REQUIRE_NETLAB") != "1":
    pytest.skip("nginx is not here", allow_module_level=True)

CONFIG = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ return 200 "Demo Market"; }}
  }}
}}
"""


class Nginx:
    """nginx on a port of loopback."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._config = folder / "nginx.conf"
        self._config.write_text(CONFIG.format(folder=folder, port=self.port))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert NGINX is not None
        self.process = subprocess.Popen(
            [NGINX, "-p", str(self._config.parent), "-c", str(self._config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Nginx]:
    made = Nginx(tmp_path)
    made.start()
    yield made
    made.end()


async def test_killed_restarted_stopped_and_let_go_on(nginx: Nginx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "LIMITS", probing.Limits(connect=1.0, tls=1.0, first_byte=0.5, total=1.0))
    target = web("home", nginx.port, conditions=[{"kind": "contains", "value": "Demo Market"}])
    async with watched((target,), reach()) as running:
        await until(lambda: running.engine.watched and next(iter(running.engine.watched.values())).last_good)
        nginx.end()
        await until(lambda: running.incidents())
        assert (running.incidents()[0].kind, running.incidents()[0].cause) == ("down", "connect")
        nginx.start()
        await until(lambda: not running.incidents()[0].open)
        nginx.send(signal.SIGSTOP)
        await until(lambda: running.incidents()[0].open)
        assert running.incidents()[0].cause == "answer"
        nginx.send(signal.SIGCONT)
        await until(lambda: not running.incidents()[0].open)
        (incident,) = running.incidents()
        assert incident.flaps == 1  # within ten minutes it is the same trouble come back
