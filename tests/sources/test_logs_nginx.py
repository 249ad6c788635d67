"""A real web server writes both forms; what is read from them is what was asked of it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
from watchtown import until

from launchready_tui.sources.logs import Source, read

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
  log_format launch escape=json '{{"time":"$time_iso8601","method":"$request_method","path":"$uri","status":$status,'
    '"request_time":$request_time,"request_id":"$request_id"}}';
  log_format timed '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
      '"$http_referer" "$http_user_agent" '
    '$request_time $request_id';
  access_log {folder}/plain.log combined;
  access_log {folder}/timed.log timed;
  access_log {folder}/json.log launch;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ return 200 "ok"; }}
    location /broken {{ return 500 "no"; }}
    location /login {{ return 401 "no"; }}
    location /gone {{ return 404 "no"; }}
  }}
}}
"""
ASKED = [
    "/",
    "/listings/17?q=a%20b",
    "/listings/18",
    "/broken/7",
    '/broken/8?x="y\\z"',
    "/login",
    "/gone/a",
    '/odd"quote/\\x',
]


def ask(port: int, path: str) -> int:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/", headers={"User-Agent": 'Test "quoted" \\ agent', "Referer": "https://a.test/?q=1"}
    )
    request.selector = path  # as it stands, unquoted
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


async def test_what_nginx_writes_is_read_as_it_was_asked(tmp_path: Path) -> None:
    assert NGINX is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "nginx.conf").write_text(CONFIG.format(folder=tmp_path, port=port))
    server = subprocess.Popen(
        [NGINX, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def listening() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        await until(listening)
        statuses = Counter(ask(port, path) for path in ASKED for _ in range(5))
        with socket.create_connection(("127.0.0.1", port)) as rude:
            rude.sendall(b"\x16\x03\x01 not http\r\n\r\n")
            rude.recv(400)
        # A connection that asked for nothing is written down by none of the formats.
        logs = [tmp_path / f"{name}.log" for name in ("plain", "timed", "json")]
        await until(
            lambda: all(log.exists() and log.read_bytes().count(b"\n") >= sum(statuses.values()) + 1 for log in logs)
        )
    finally:
        server.kill()
        server.wait()
    for log in logs:
        reading = read([Source(path=log)])
        assert reading.strange == 0 and reading.access == reading.lines, log.name
        assert sum(row.errors for row in reading.routes) == statuses[500] == 10
        assert sum(row.refused for row in reading.routes) == statuses[401] == 5
        named = {row.route: row.n for row in reading.routes}
        assert named["GET /listings/{id}"] == 10 and named["GET /broken/{id}"] == 10 and named["GET /"] == 5
        if log.name != "plain.log":
            assert reading.with_id == reading.lines and reading.timed == reading.lines
        else:
            assert reading.with_id == 0
