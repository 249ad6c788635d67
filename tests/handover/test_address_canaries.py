"""A token in a redirect, a link, a cookie, a recording, a log line: looked for in everything that real commands print
and write after real requests to a server on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path

import pytest
from certs import authority, ca_file, issue, server_context
from cliff import clean_environment
from loopback import moved, ok, pages, serve
from stubdns import name_server, zone

from launchready_tui.cli.run import run
from launchready_tui.launch.load import load

D = "shop.test"
CANARY = "x9Kd3fLq8AbZ" + "c12Qw9eRtY"
RESET = f"/reset/{CANARY}"
BODY = f"""<!doctype html><title>Shop</title><link rel=canonical href="https://{D}{RESET}?token={CANARY}">
<a href="/join/{CANARY}">join</a><script src="http://cdn.{D}/x/{CANARY}/a.js"></script>
<form action="http://{D}/login?auth={CANARY}"><input type=password name=p></form>""".encode()
LAUNCH = f"""name = "Shop"
domain = "{D}"
canonical = "https://{D}/"
[[hosts]]
name = "{D}"
role = "web"
[[hosts]]
name = "www.{D}"
role = "web"
[[pages]]
name = "home"
url = "https://{D}/"
[[redirects]]
from = "https://{D}/old"
to = "https://{D}/new"
[[routes]]
name = "home"
url = "https://{D}/"
safe = true
[[targets]]
name = "old"
url = "https://{D}/old"
status = [301]
header = {{ location = "https://{D}/new" }}
"""


async def _commands(tmp_path: Path, ports: tuple[int, int], nameserver: str) -> None:
    web, secure = ports
    hosts = [D, f"www.{D}"]
    reach = [f"--connect={host}:{port}=127.0.0.1:{to}" for host in hosts for port, to in ((80, web), (443, secure))]
    reach += [f"--nameserver={nameserver}", f"--ca-file={ca_file(tmp_path)}"]
    folder = tmp_path / "launch"
    here = ["-C", str(folder), "--trust"]
    checks = ["edge.redirects", "edge.https", "edge.canonical", "edge.headers", "edge.app-links", "performance.caching"]
    checks.append("audit.client-secrets")
    looks = [(look, kind) for look in ("web", "redirects", "headers") for kind in ("text", "json")]
    urls = [f"https://{D}/", f"http://{D}{RESET}?access_token={CANARY}"]
    har, log = tmp_path / "in" / "shop.har", tmp_path / "in" / "access.log"
    for command in (
        ["check", *checks, *here, *reach],
        *(["check", *checks, *here, *reach, "--format", kind] for kind in ("json", "sarif", "markdown")),
        *(["inspect", look, *urls, *reach, "--format", kind] for look, kind in looks),
        ["inspect", "web", urls[1], "--no-follow", *reach],
        ["inspect", "web", f"ftp://{D}{RESET}"],
        ["init", "--har", str(har), *here],
        ["init", D, "--har", str(har), "-C", str(tmp_path / "new"), *reach],
        ["logs", str(log)],
        ["logs", str(log), "--format", "json"],
        ["watch", "--once", *here, *reach],
        ["history", *here],
        ["handover", "--offline", "--out", str(tmp_path / "out"), *here],
    ):  # fmt: skip
        usage = command[-1].startswith("ftp:")
        assert await asyncio.to_thread(run, command) in ((2,) if usage else (0, 1)), command


async def test_no_token_of_an_address_comes_out_of_checks_inspect_imports_logs_and_handover(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clean_environment(monkeypatch, tmp_path / "state")
    for name in ("launch", "new", "in", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "launch" / "launchready.toml").write_text(LAUNCH)
    entries = [
        {
            "request": {"method": "GET", "url": f"https://{D}{path}", "headers": []},
            "response": {"status": 200, "content": {"mimeType": "application/json"}},
        }
        for path in (RESET, f"/api/me?token={CANARY}", f"/join/{CANARY}/name", f"/x?whatever={CANARY}")
    ]
    (tmp_path / "in" / "shop.har").write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}))
    line = '203.0.113.9 - - [24/Nov/2026:10:00:00 +0000] "GET {} HTTP/1.1" 500 10 "https://{}{}" "curl"\n'
    failed = f"could not open https://{D}{RESET} nor confirm/{CANARY}"
    (tmp_path / "in" / "access.log").write_text(
        "".join(line.format(path, D, RESET) for path in (RESET, f"/x?token={CANARY}", f"/confirm/{CANARY}"))
        + json.dumps({"level": "error", "msg": failed, "time": "2026-11-24T10:00:01Z"})
        + "\n"
    )
    to = f"{RESET}?token={CANARY}"
    cookie = f"Set-Cookie: session={CANARY}; Path=/"
    html = ok(BODY, "Content-Type: text/html", cookie, f"Link: <https://{D}/x/{CANARY}>; rel=preload")
    plain = pages({"/": moved(f"http://{D}{to}"), to: html, RESET: html, f"{RESET}?access_token={CANARY}": html})
    secure = pages({"/": html, "/old": moved(to), to: html})
    context = server_context(issue(D, (D, f"www.{D}"), by=authority()))
    rule = zone({(host, "A"): (f"{host}. 60 A 203.0.113.10",) for host in (D, f"www.{D}")})
    async with contextlib.AsyncExitStack() as stack:
        web = await stack.enter_async_context(serve(plain))
        tls = await stack.enter_async_context(serve(secure, tls=context))
        names = await stack.enter_async_context(name_server(rule))
        await _commands(tmp_path, (web.port, tls.port), names.address)
        asked = b"".join((*web.heads, *tls.heads))
    assert CANARY.encode() in asked  # the commands went where the tokens are
    told = capsys.readouterr()
    out = {"stdout": told.out.encode(), "stderr": told.err.encode()}
    out |= {
        str(path.relative_to(tmp_path)): path.read_bytes()
        for path in tmp_path.rglob("*")
        if path.is_file() and path.parent.name != "in"
    }
    assert any(name.endswith("journal.sqlite3") for name in out) and any(
        name.endswith("START-HERE.html") for name in out
    )
    assert [name for name, content in out.items() if CANARY.encode() in content] == []
    assert b"{token}" in out["stdout"] and b"session={token}" in out["stdout"]
    routes = load(tmp_path / "new" / "launchready.toml").launch.routes
    assert {route.url: route.safe for route in routes if "{token}" in route.url} == {
        f"https://{D}/reset/{{token}}": False,
        f"https://{D}/join/{{token}}/name": False,
        f"https://{D}/x?whatever={{token}}": False,
    }
