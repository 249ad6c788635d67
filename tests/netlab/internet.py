"""A private internet of real servers: run by `unshare`, it puts documentation addresses on `lo`, starts knot, nginx and postfix on the
real ports, and then runs commands for the tests, one JSON line each on stdin. Everything dies with the namespace.

The zones and sites are those of `markets.py`; the certificates come from the lab's own CA.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from markets import ADDRESSES, ADDRESSES6, API, LAME, MAIL, MARKETS, NS1, NS2, OLD_TLS, OTHER, RESOLVER, WEB, WEB6, Market, zone_text

from launchready_tui.lab.authority import Authority

KNOT_SIGNED = "perfect.test"


def run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True)


def addresses() -> None:
    run("ip", "link", "set", "lo", "up")
    for address in ADDRESSES:
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
    for name, text in (("resolv.conf", f"nameserver {RESOLVER}\noptions timeout:1 attempts:1\n"), ("hosts", "127.0.0.1 localhost\n")):
        (folder / name).write_text(text)
        run("mount", "--bind", str(folder / name), f"/etc/{name}")


def knot(folder: Path) -> subprocess.Popen[bytes]:
    zones = folder / "zones"
    zones.mkdir(parents=True)
    parts = []
    for market in MARKETS:
        if not market.broken_zone:
            (zones / market.domain).write_text(zone_text(market))
        signed = "    dnssec-signing: on\n    dnssec-policy: p\n" if market.domain == KNOT_SIGNED else ""
        parts.append(
            f"  - domain: {market.domain}\n    file: {zones / market.domain}\n    zonefile-sync: -1\n    zonefile-load: whole\n    journal-content: none\n{signed}"
        )
    (zones / "net-lab.test").write_text(
        "$TTL 300\n@ SOA ns1 hostmaster 2026112401 3600 600 86400 60\n@ NS ns1\n@ NS ns2\n"
        f"ns1 A {NS1}\nns2 A {NS2}\nlame A {LAME}\nmail A {MAIL}\n"
        f'@ TXT "v=spf1 ip4:{MAIL} -all"\n'
    )
    parts.append(
        f"  - domain: net-lab.test\n    file: {zones / 'net-lab.test'}\n    zonefile-sync: -1\n    zonefile-load: whole\n    journal-content: none\n"
    )
    reverse = ".".join(reversed(MAIL.split(".")[:3])) + ".in-addr.arpa"
    (zones / reverse).write_text(
        f"$TTL 300\n@ SOA ns1.net-lab.test. hostmaster.net-lab.test. 1 3600 600 86400 60\n@ NS ns1.net-lab.test.\n{MAIL.split('.')[3]} PTR mail.net-lab.test.\n"
    )
    parts.append(
        f"  - domain: {reverse}\n    file: {zones / reverse}\n    zonefile-sync: -1\n    zonefile-load: whole\n    journal-content: none\n"
    )
    conf = folder / "knot.conf"
    conf.write_text(
        f"server:\n  listen: [{RESOLVER}@53, {NS1}@53, {NS2}@53]\n  rundir: {folder}\n"
        f"database:\n  storage: {folder}\nlog:\n  - target: {folder / 'knot.log'}\n    any: warning\n"
        "policy:\n  - id: p\n    algorithm: ecdsap256sha256\n    single-type-signing: on\nzone:\n" + "".join(parts)
    )
    return subprocess.Popen(["knotd", "-c", str(conf)], stdout=subprocess.DEVNULL, stderr=(folder / "knot.err").open("wb"))


def lame(folder: Path) -> subprocess.Popen[bytes]:
    """A name server that knows none of the zones."""
    place = folder / "lame"
    place.mkdir()
    conf = place / "knot.conf"
    conf.write_text(f"server:\n  listen: {LAME}@53\n  rundir: {place}\ndatabase:\n  storage: {place}\n")
    return subprocess.Popen(["knotd", "-c", str(conf)], stdout=subprocess.DEVNULL, stderr=(folder / "lame.err").open("wb"))


HASHED = "app.3f9c2a1b7d40.js"
STYLE = "site.9b1c77aa02de.css"
HEADERS = """\
add_header Content-Security-Policy "default-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'" always;
add_header X-Content-Type-Options nosniff always;
add_header Referrer-Policy strict-origin-when-cross-origin always;
add_header Permissions-Policy "camera=(), geolocation=(), microphone=()" always;
add_header Cross-Origin-Opener-Policy same-origin-allow-popups always;
"""
HSTS = 'add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;\n'


def site(folder: Path) -> None:
    www = folder / "www"
    (www / "assets").mkdir(parents=True)
    (www / "index.html").write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Market</title>'
        f'<link rel="stylesheet" href="/assets/{STYLE}"><script defer src="/assets/{HASHED}"></script></head>'
        f'<body><h1>Market</h1><p>{"Everything for a weekend. " * 60}</p><a href="/help">Help</a></body></html>\n'
    )
    (www / "help.html").write_text('<!doctype html><html lang="en"><head><title>Help</title></head><body><h1>Help</h1></body></html>\n')
    (www / "assets" / HASHED).write_text("document.documentElement.dataset.ready = 'yes';\n" * 60)
    (www / "assets" / STYLE).write_text("body { font-family: sans-serif; margin: 2rem; }\n" * 40)
    for name, hsts, asset in (
        ("site", HSTS, "public, max-age=31536000, immutable"),
        ("site-no-hsts", "", "public, max-age=31536000, immutable"),
        ("site-uncached", HSTS, "no-cache"),
    ):
        (folder / f"{name}.conf").write_text(
            f"""\
location /assets/ {{
  proxy_pass http://127.0.0.1:8081; proxy_cache edge; proxy_cache_valid 200 1h; proxy_ignore_headers Vary;
  proxy_set_header Accept-Encoding ""; add_header Cache-Status $cache_status always; {hsts}{HEADERS}
  proxy_hide_header Cache-Control; add_header Cache-Control "{asset}" always;
}}
location / {{ root {www}; try_files $uri $uri/index.html $uri.html =404; {hsts}{HEADERS} add_header Cache-Control "public, max-age=0, must-revalidate" always; }}
"""
        )


def server(market: Market, certificates: dict[str, Path]) -> str:
    d = market.domain
    web = OLD_TLS if market.old_tls_only else WEB
    old = "ssl_protocols TLSv1; ssl_ciphers DEFAULT@SECLEVEL=0;" if market.old_tls_only else ""
    six_http = f"listen [{WEB6}]:80;" if market.apex_listen6 and not market.old_tls_only else ""
    six_tls = f"listen [{WEB6}]:443 ssl http2;" if market.apex_listen6 and not market.old_tls_only else ""

    def tls(kind: str) -> str:
        return f"ssl_certificate {certificates[f'{kind}-{d}']}; ssl_certificate_key {certificates[f'{kind}-{d}']};"

    return "\n".join(
        (
            f"server {{ listen {web}:80; {six_http} server_name {d} www.{d}; {market.apex_http} }}",
            f"server {{ listen {API}:80; server_name api.{d}; {market.api_http.replace('{{}}', '{}')} }}",
            f"server {{ listen {web}:443 ssl http2; {six_tls} server_name {d}; {tls(market.apex_tls)} {old} {market.apex_https} }}",
            f"server {{ listen {web}:443 ssl http2; {six_tls} server_name www.{d}; {tls('good')} {old} {market.www_https.replace('{d}', d)} }}",
            f"server {{ listen {API}:443 ssl http2; server_name api.{d}; {tls('good')} {HSTS} add_header X-Content-Type-Options nosniff always;"
            ' location = /healthz { default_type application/json; return 200 "{\\"ok\\": true}"; } location / { default_type application/json; return 404 "{}"; } }',
        )
    )


def nginx(folder: Path, authority: Authority) -> subprocess.Popen[bytes]:
    certificates: dict[str, Path] = {}
    tls = folder / "tls"
    tls.mkdir()
    for market in MARKETS:
        d = market.domain
        names = (d, f"www.{d}", f"api.{d}")
        kinds = {"good": (names, timedelta(days=80)), market.apex_tls: (names, timedelta(days=80))}
        if market.apex_tls == "expired":
            kinds["expired"] = (names, timedelta(days=-4))
        elif market.apex_tls == "wrong":
            kinds["wrong"] = ((f"www.{d}",), timedelta(days=80))
        elif market.apex_tls == "ending":
            kinds["ending"] = (names, timedelta(days=2))
        for kind, (hosts, left) in kinds.items():
            path = tls / f"{kind}-{d}.pem"
            path.write_bytes(authority.issue(hosts, left=left))
            certificates[f"{kind}-{d}"] = path
    mail = tls / "mail.pem"
    mail.write_bytes(authority.issue(("mail.net-lab.test",), left=timedelta(days=80)))
    site(folder)
    temp = folder / "nginx-temp"
    temp.mkdir()
    servers = "\n".join(server(market, certificates) for market in MARKETS)
    user = "user root;" if os.geteuid() == 0 else ""
    conf = folder / "nginx.conf"
    conf.write_text(
        f"""\
daemon off; master_process off; {user} pid {folder}/nginx.pid; error_log {folder}/nginx.err; events {{ worker_connections 512; }}
http {{
  access_log off; include /etc/nginx/mime.types; server_tokens off; server_names_hash_bucket_size 128; client_header_timeout 20s;
  client_body_temp_path {temp}/b; proxy_temp_path {temp}/p; fastcgi_temp_path {temp}/f; uwsgi_temp_path {temp}/u; scgi_temp_path {temp}/s;
  proxy_cache_path {folder}/cache keys_zone=edge:1m;
  map $upstream_cache_status $cache_status {{ HIT '"nginx"; hit'; default '"nginx"; fwd=miss'; }}
  gzip on; gzip_vary on; gzip_proxied any; gzip_min_length 256; gzip_types text/css application/javascript application/json image/svg+xml;
  ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:s:1m;
  server {{ listen 127.0.0.1:8081; root {folder}/www; etag on; }}
  server {{ listen {OTHER}:80 default_server; listen {OTHER}:443 ssl default_server; ssl_certificate {certificates["good-perfect.test"]}; ssl_certificate_key {certificates["good-perfect.test"]};
    return 200 "an old machine\\n"; }}
{servers}
}}
"""
    )
    return subprocess.Popen(
        ["nginx", "-c", str(conf), "-e", str(folder / "nginx.err")], stdout=subprocess.DEVNULL, stderr=(folder / "nginx.out").open("wb")
    )


def postfix(folder: Path) -> bool:
    """A real mail server on port 25, where the machine's postfix account can be used; False otherwise."""
    try:
        pwd.getpwnam("postfix")
        with Path("/proc/self/uid_map").open() as file:
            whole = any(int(line.split()[2]) > 65536 for line in file)
    except (KeyError, OSError):
        return False
    if not whole or shutil.which("postfix") is None:
        return False
    conf, queue, data = folder / "postfix", folder / "queue", folder / "mail-data"
    for place in (conf, queue, data):
        place.mkdir()
    shutil.chown(data, "postfix")
    for name in ("master.cf", "dynamicmaps.cf"):
        source = Path("/etc/postfix") / name
        if not source.exists():
            source = Path("/usr/share/postfix") / f"{name}.dist"
        if source.exists():
            shutil.copy(source, conf / name)
    shutil.copytree("/etc/postfix/dynamicmaps.cf.d", conf / "dynamicmaps.cf.d", dirs_exist_ok=True) if Path(
        "/etc/postfix/dynamicmaps.cf.d"
    ).exists() else None
    master = "\n".join(line for line in (conf / "master.cf").read_text().splitlines() if not line.startswith("smtp      inet"))
    master = master.replace(" y       ", " n       ")
    (conf / "master.cf").write_text(
        f"{MAIL}:25 inet n - n - - smtpd\n{master}\npostlog unix-dgram n - n - 1 postlogd\n"
        if "postlog " not in master
        else f"{MAIL}:25 inet n - n - - smtpd\n{master}\n"
    )
    (conf / "main.cf").write_text(
        f"""\
compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
myhostname = mail.net-lab.test
mydestination = {", ".join(market.domain for market in MARKETS)}
inet_interfaces = {MAIL}
inet_protocols = ipv4
local_recipient_maps =
local_transport = discard:
smtpd_tls_cert_file = {folder}/tls/mail.pem
smtpd_tls_key_file = {folder}/tls/mail.pem
smtpd_tls_security_level = may
maillog_file = /var/log/{folder.name}.log
"""
    )
    try:
        subprocess.run(["postfix", "-c", str(conf), "start"], check=True, capture_output=True, timeout=30)
    except subprocess.SubprocessError as error:
        (folder / "postfix.err").write_text(str(getattr(error, "stderr", error)))
        return False
    return True


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


def serve(folder: Path, mail: bool) -> None:
    """Answers the tests: each line of stdin is a command, each line of stdout its result."""
    environment = {key: value for key, value in os.environ.items() if key not in ("SSL_CERT_FILE", "PYTHONPATH")}
    print(json.dumps({"ready": True, "folder": str(folder), "ca": str(folder / "ca.pem"), "mail": mail}), flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        try:
            done = subprocess.run(
                job["argv"],
                cwd=job.get("cwd"),
                env={**environment, **job.get("env", {})},
                input=job.get("input", ""),
                capture_output=True,
                text=True,
                timeout=job.get("timeout", 100),
            )
            answer = {"code": done.returncode, "out": done.stdout, "err": done.stderr}
        except subprocess.TimeoutExpired as error:
            answer = {"code": -1, "out": str(error.stdout or ""), "err": f"not done after {error.timeout} s"}
        print(json.dumps(answer), flush=True)


def main() -> None:
    folder = Path(sys.argv[1])
    folder.chmod(0o755)
    addresses()
    own_files(folder)
    authority = Authority(datetime.now(UTC))
    (folder / "ca.pem").write_text(authority.pem)
    children = [knot(folder), lame(folder), nginx(folder, authority)]
    mail = postfix(folder)
    # A name server that hears and says nothing: a real time-out.
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind((ADDRESSES[-1], 53))
    for address, port in ((RESOLVER, 53), (NS2, 53), (LAME, 53), (WEB, 443), (API, 443), (OTHER, 443)):
        wait_for(address, port)
    if mail:
        wait_for(MAIL, 25)
    try:
        serve(folder, mail)
    finally:
        if mail:
            subprocess.run(["postfix", "-c", str(folder / "postfix"), "stop"], capture_output=True, timeout=20, check=False)
            Path(f"/var/log/{folder.name}.log").unlink(missing_ok=True)
        for child in children:
            child.send_signal(signal.SIGTERM)
            child.wait(10)


if __name__ == "__main__":
    main()
