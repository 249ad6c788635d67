"""A private internet of real servers: started by `unshare`, it puts documentation addresses on `lo`, starts the
servers on the real ports, and then runs commands for the tests, one JSON line each on stdin. Everything dies with the
namespace.

The zones and sites are those of `markets.py`; the certificates come from the lab's own CA.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import gallery
import servers
from mailnames import IMAP, LMTP
from netmarket import ADDRESSES, ADDRESSES6, API, LAME, MAIL, NS1, NS2, OTHER, RESOLVER, SILENT, WEB

from launchready_tui.lab.authority import Authority


def run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True)


def addresses() -> None:
    run("ip", "link", "set", "lo", "up")
    for address in (*ADDRESSES, *gallery.ADDRESSES):
        run("ip", "addr", "add", f"{address}/32", "dev", "lo")
    for address in ADDRESSES6:
        run("ip", "-6", "addr", "add", f"{address}/128", "dev", "lo", "nodad")
    links = subprocess.run(["ip", "-o", "link"], check=True, capture_output=True, text=True).stdout.splitlines()
    up = [line for line in links if " lo:" not in line and "state UP" in line]
    if up:
        raise SystemExit(f"this namespace has an uplink, refusing: {up}")


def own_files(folder: Path) -> None:
    """The resolver and hosts files of this mount namespace only."""
    run("mount", "--make-rprivate", "/")
    for name, text in (
        ("resolv.conf", f"nameserver {RESOLVER}\noptions timeout:1 attempts:1\n"),
        ("hosts", "127.0.0.1 localhost\n"),
    ):
        (folder / name).write_text(text)
        run("mount", "--bind", str(folder / name), f"/etc/{name}")


def wait_for(address: str, port: int, seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection((address, port), 1).close()
        except OSError as error:
            if time.monotonic() > end:
                raise SystemExit(f"{address}:{port} did not come up: {error}") from error
            time.sleep(0.02)
        else:
            return


def perform(job: dict[str, object]) -> dict[str, object]:
    """Runs one command inside the private internet."""
    environment = {key: value for key, value in os.environ.items() if key not in ("SSL_CERT_FILE", "PYTHONPATH")}
    try:
        done = subprocess.run(
            job["argv"],  # type: ignore[arg-type]
            cwd=job.get("cwd"),  # type: ignore[arg-type]
            env={**environment, **job.get("env", {})},  # type: ignore[dict-item]
            input=job.get("input", ""),
            capture_output=True,
            text=True,
            timeout=job.get("timeout", 100),  # type: ignore[arg-type]
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return {"code": -1, "out": str(error.stdout or ""), "err": f"not done after {error.timeout} s"}
    return {"code": done.returncode, "out": done.stdout, "err": done.stderr}


def main() -> None:
    folder = Path(sys.argv[1])
    folder.chmod(0o755)
    addresses()
    own_files(folder)
    authority = Authority(datetime.now(UTC))
    (folder / "ca.pem").write_text(authority.pem)
    children = [servers.knot(folder), servers.lame(folder), servers.nginx(folder, authority)]
    mail = servers.postfix(folder)
    exchange = servers.mailside(folder)
    imap = servers.dovecot(folder)
    # A name server that hears and says nothing: a real time-out.
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind((SILENT, 53))
    for address, port in ((RESOLVER, 53), (NS1, 53), (NS2, 53), (LAME, 53), (WEB, 443), (API, 443), (OTHER, 443)):
        wait_for(address, port)
    if mail:
        wait_for(MAIL, 25)
    if imap:
        wait_for(IMAP, 993)
        wait_for("127.0.0.1", LMTP)
    try:
        print(
            json.dumps(
                {
                    "ready": True,
                    "folder": str(folder),
                    "ca": str(folder / "ca.pem"),
                    "mail": mail,
                    "imap": mail and imap is not None,
                }
            ),
            flush=True,
        )
        for line in sys.stdin:
            print(json.dumps(perform(json.loads(line))), flush=True)
    finally:
        assert exchange.stdin
        exchange.stdin.close()
        exchange.wait(10)
        if mail:
            servers.stop_postfix(folder)
        for child in (*children, *([imap] if imap else ())):
            child.send_signal(signal.SIGTERM)
            child.wait(10)


if __name__ == "__main__":
    main()
