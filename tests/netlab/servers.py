"""The real servers of the private internet: knot for names, nginx for sites, postfix for mail; each from a config
written here."""

from __future__ import annotations

import base64
import os
import pwd
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import doubles
import mailnames
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from markets import MARKETS, above_text
from netmarket import API, LAME, MAIL, NS1, NS2, OLD_TLS, ORIGIN, OTHER, RESOLVER, WEB, WEB6, Market, zone_text

from launchready_tui.lab.authority import Authority

SIGNED = "perfect.test"
MAIL_HOST = "mail.net-lab.test"
Server = subprocess.Popen[bytes]


def start(folder: Path, name: str, *argv: str) -> Server:
    """A server in the foreground; what it prints lies in NAME.err."""
    with (folder / f"{name}.err").open("wb") as errors:
        return subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=errors)


# Names


def knot(folder: Path) -> Server:
    """Serves every market's zone, the name servers' own and the mail host's reverse one; a broken market's zone has no
    file: SERVFAIL."""
    zones = folder / "zones"
    zones.mkdir(parents=True)
    reverse = ".".join(reversed(MAIL.split(".")[:3])) + ".in-addr.arpa"
    soa = "@ SOA ns1.net-lab.test. hostmaster.net-lab.test. 2026112401 3600 600 86400 60\n@ NS ns1.net-lab.test.\n"
    texts = {market.domain: "" if market.broken_zone else zone_text(market) for market in MARKETS}
    texts["net-lab.test"] = (
        f"$TTL 300\n{soa}@ NS ns2.net-lab.test.\nns1 A {NS1}\nns2 A {NS2}\nlame A {LAME}\nmail A {MAIL}\n@ TXT "
        f'"v=spf1 ip4:{MAIL} -all"\n'
    )
    texts["flows.test"] += "s1._domainkey TXT " + dkim_record(folder) + "\n"
    for domain, exchanger in mailnames.DOMAINS.items():
        texts[domain] = f"$TTL 300\n{soa}@ MX 10 mx.{domain}.\nmx A {exchanger}\nimap A {mailnames.IMAP}\n"
    texts["test"] = above_text()
    texts.update(doubles.zones(soa))
    texts[reverse] = f"$TTL 300\n{soa}{MAIL.split('.')[3]} PTR {MAIL_HOST}.\n"
    blocks = []
    for domain, text in texts.items():
        file = zones / domain.replace(".", "-")
        if text:
            file.write_text(text)
        signed = ["dnssec-signing: on", "dnssec-policy: p"] if domain == SIGNED else []
        copied = ["acl: everybody"] if any(market.open_zone and market.domain == domain for market in MARKETS) else []
        keys = [*copied, f"file: {file}", "zonefile-sync: -1", "zonefile-load: whole", "journal-content: none", *signed]
        blocks.append(f"  - domain: {domain}\n" + "".join(f"    {key}\n" for key in keys))
    conf = folder / "knot.conf"
    conf.write_text(
        f"server:\n  listen: [{RESOLVER}@53, {NS1}@53, {NS2}@53]\n  rundir: {folder}\ndatabase:\n  storage: {folder}\n"
        "log:\n  - target: stderr\n    any: warning\n"
        "acl:\n  - id: everybody\n    address: 0.0.0.0/0\n    action: transfer\n"
        "policy:\n  - id: p\n    algorithm: ecdsap256sha256\n    single-type-signing: on\nzone:\n" + "".join(blocks)
    )
    return start(folder, "knot", "knotd", "-c", str(conf))


def dkim_record(folder: Path) -> str:
    """The key record of the market that sends mail, as character-strings; its private key lies in dkim.pem."""
    key = rsa.generate_private_key(65537, 2048)
    kind, form = serialization.Encoding, serialization.PrivateFormat.TraditionalOpenSSL
    (folder / "dkim.pem").write_bytes(key.private_bytes(kind.PEM, form, serialization.NoEncryption()))
    der = key.public_key().public_bytes(kind.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    text = f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"
    return " ".join(f'"{text[at : at + 250]}"' for at in range(0, len(text), 250))


def lame(folder: Path) -> Server:
    """A name server that knows none of the zones."""
    place = folder / "lame"
    place.mkdir()
    conf = place / "knot.conf"
    conf.write_text(f"server:\n  listen: {LAME}@53\n  rundir: {place}\ndatabase:\n  storage: {place}\n")
    return start(folder, "lame", "knotd", "-c", str(conf))


# Sites

SCRIPT = "app.3f9c2a1b7d40.js"
STYLE = "site.9b1c77aa02de.css"
HSTS = 'add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;\n'
EDGE = 'add_header Via "1.1 net-edge" always;\n'
HEADERS = """\
add_header Content-Security-Policy "default-src 'self'; object-src 'none'; base-uri 'self'; \
frame-ancestors 'none'" always;
add_header X-Content-Type-Options nosniff always;
add_header Referrer-Policy strict-origin-when-cross-origin always;
add_header Permissions-Policy "camera=(), geolocation=(), microphone=()" always;
add_header Cross-Origin-Opener-Policy same-origin-allow-popups always;
"""
LEGAL = '<p><a href="/privacy">Privacy</a> <a href="/terms">Terms</a> <a href="/contact">Contact</a></p>'
"""The foot of the home page."""
YEAR = "public, max-age=31536000, immutable"


def site(folder: Path) -> None:
    """The pages all markets share, and the ways they are served: as they should be, and each with one thing wrong."""
    www = folder / "www"
    (www / "assets").mkdir(parents=True)
    head = (
        f'<meta charset="utf-8"><title>Market</title><link rel="stylesheet" href="/assets/{STYLE}">'
        f'<script defer src="/assets/{SCRIPT}"></script>'
    )
    words = "Everything for a weekend. " * 60
    page = '<!doctype html><html lang="en"><head>{}</head><body>{}</body></html>\n'
    (www / "index.html").write_text(page.format(head, f'<h1>Market</h1><p>{words}</p><a href="/help">Help</a>{LEGAL}'))
    plain = '<meta charset="utf-8"><title>{}</title>'
    for name in ("privacy", "terms", "contact"):
        told = f"What the {name} page of a market has to say, sentence by sentence. " * 15
        (www / f"{name}.html").write_text(
            page.format(plain.format(name.title()), f"<h1>{name.title()}</h1><p>{told}</p>")
        )
    (www / "help.html").write_text(page.format('<meta charset="utf-8"><title>Help</title>', "<h1>Help</h1>"))
    (www / "assets" / SCRIPT).write_text("document.documentElement.dataset.ready = 'yes';\n" * 60)
    (www / "assets" / STYLE).write_text("body { font-family: sans-serif; margin: 2rem; }\n" * 40)
    cookie = 'add_header Set-Cookie "session=1; Path=/; HttpOnly; SameSite=Lax";\n'
    ways: tuple[tuple[str, str, str, str | None], ...] = (
        ("site", HSTS, YEAR, EDGE),
        ("site-no-hsts", "", YEAR, EDGE),
        ("site-uncached", HSTS, "no-cache", EDGE),
        ("site-cookie", HSTS, YEAR, EDGE + cookie),
        ("site-behind", HSTS, YEAR, ""),
        ("site-bare", HSTS, YEAR, None),
        ("site-noindex", HSTS, YEAR, EDGE + 'add_header X-Robots-Tag "noindex" always;\n'),
    )
    for name, hsts, asset, more in ways:
        (folder / f"{name}.conf").write_text(
            f"""\
location /assets/ {{
  proxy_pass http://127.0.0.1:8081;
  proxy_cache edge;
  proxy_cache_valid 200 1h;
  proxy_ignore_headers Vary;
  proxy_set_header Accept-Encoding "";
  proxy_hide_header Cache-Control;
  add_header Cache-Status $cache_status always;
  add_header Cache-Control "{asset}" always;
  {hsts}{HEADERS}
}}
location / {{
  root {www};
  try_files $uri $uri/index.html $uri.html =404;
  add_header Cache-Control "public, max-age=0, must-revalidate" always;
  {EDGE + hsts if more is None else more + hsts + HEADERS}
}}
"""
        )


def certificates(folder: Path, authority: Authority) -> dict[str, Path]:
    """Each market's certificates as KIND-DOMAIN, and the mail host's."""
    tls = folder / "tls"
    tls.mkdir()
    made = {}
    for market in MARKETS:
        d = market.domain
        names = (d, f"www.{d}", f"api.{d}")
        kinds = {
            "good": (names, timedelta(days=80)),
            "expired": (names, timedelta(days=-4)),
            "wrong": ((f"www.{d}",), timedelta(days=80)),
            "ending": (names, timedelta(days=2)),
        }
        for kind in {"good", market.apex_tls}:
            hosts, left = kinds[kind]
            made[f"{kind}-{d}"] = tls / f"{kind}-{d}.pem"
            made[f"{kind}-{d}"].write_bytes(authority.issue(hosts, left=left))
    for name, host in (("mail", MAIL_HOST), ("seed-mx", "mx.seed-mail.test"), ("imap", mailnames.IMAP_HOST)):
        (tls / f"{name}.pem").write_bytes(authority.issue((host,), left=timedelta(days=80)))
    return made


def server_blocks(market: Market, made: dict[str, Path]) -> str:
    """The market's five nginx servers: apex and www on both schemes, and the API."""
    d = market.domain
    web = OLD_TLS if market.old_tls_only else WEB
    six = "" if market.old_tls_only else f"listen [{WEB6}]:PORT;"
    old = "ssl_protocols TLSv1; ssl_ciphers DEFAULT@SECLEVEL=0;" if market.old_tls_only else ""

    def tls(kind: str) -> str:
        path = made[f"{kind}-{d}"]
        return f"ssl_certificate {path}; ssl_certificate_key {path}; {old}"

    plain, secure = six.replace("PORT", "80"), six.replace("PORT", "443 ssl http2")
    api = (
        f"{HSTS} {EDGE} add_header X-Content-Type-Options nosniff always; default_type application/json;"
        ' location = /healthz { return 200 "{\\"ok\\": true}"; } location / { ' + market.api_https + " }"
    )
    rows = (
        f"listen {web}:80; {plain} server_name {d} www.{d}; {market.apex_http}",
        f"listen {API}:80; server_name api.{d}; {market.api_http}",
        f"listen {web}:443 ssl http2; {secure} server_name {d}; {tls(market.apex_tls)} {market.apex_https}",
        f"listen {web}:443 ssl http2; {secure} server_name www.{d}; {tls('good')} {HSTS} "
        f"{market.www_https.replace('{d}', d)}",
        f"listen {API}:443 ssl http2; server_name api.{d}; {tls('good')} {api}",
        *([f"listen {ORIGIN}:443 ssl; server_name {d}; {tls('good')} {market.behind}"] if market.behind else []),
    )
    return "\n".join(f"server {{ {row} }}" for row in rows)


def nginx(folder: Path, authority: Authority) -> Server:
    """Serves every market, and a machine nobody remembers on its own address."""
    made = certificates(folder, authority)
    site(folder)
    temp = folder / "nginx-temp"
    temp.mkdir()
    spare = made[f"good-{SIGNED}"]
    user = "user root;" if os.geteuid() == 0 else ""
    blocks = "\n".join(server_blocks(market, made) for market in MARKETS)
    conf = folder / "nginx.conf"
    conf.write_text(
        f"""\
daemon off; master_process off; {user}
pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 512; }}
http {{
  include /etc/nginx/mime.types;
  access_log off; server_tokens off; server_names_hash_bucket_size 128;
  client_body_temp_path {temp}/b; proxy_temp_path {temp}/p; fastcgi_temp_path {temp}/f; uwsgi_temp_path {temp}/u;
  scgi_temp_path {temp}/s;
  proxy_cache_path {folder}/cache keys_zone=edge:1m;
  map $upstream_cache_status $cache_status {{ HIT '"nginx"; hit'; default '"nginx"; fwd=miss'; }}
  gzip on; gzip_vary on; gzip_proxied any; gzip_min_length 256;
  gzip_types text/css application/javascript application/json;
  ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:s:1m;
  server {{ listen 127.0.0.1:8081; root {folder}/www; }}
  server {{
    listen {OTHER}:80 default_server; listen {OTHER}:443 ssl default_server;
    ssl_certificate {spare}; ssl_certificate_key {spare};
    return 200 "an old machine\\n";
  }}
{blocks}
{doubles.servers(folder, authority)}
}}
"""
    )
    # The outdated keys and signatures of the gallery are refused by a library of today unless it is told to be mild.
    mild = folder / "openssl.cnf"
    mild.write_text(
        "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nCipherString = DEFAULT@SECLEVEL=0\n"
    )
    os.environ["OPENSSL_CONF"] = str(mild)
    try:
        return start(folder, "nginx", "nginx", "-c", str(conf), "-e", str(folder / "nginx.log"))
    finally:
        del os.environ["OPENSSL_CONF"]


# Mail


def own_postfix_account() -> bool:
    """Whether postfix can become its own account here: it exists, and the namespace holds more than one user."""
    try:
        pwd.getpwnam("postfix")
    except KeyError:
        return False
    sizes = [int(line.split()[2]) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    return any(size > 65536 for size in sizes) and shutil.which("postfix") is not None


def postfix(folder: Path) -> bool:
    """A real mail server with STARTTLS on port 25; False, with the reason in postfix.err, where it cannot run."""
    if not own_postfix_account():
        (folder / "postfix.err").write_text("postfix cannot become its own account here")
        return False
    conf, queue, data = folder / "postfix", folder / "queue", folder / "mail-data"
    for place in (conf, queue, data):
        place.mkdir()
    shutil.chown(data, "postfix")
    source = next(
        path for path in (Path("/etc/postfix/master.cf"), Path("/usr/share/postfix/master.cf.dist")) if path.exists()
    )
    services = [line.split() for line in source.read_text().splitlines() if line and line[0].isalpha()]
    # Service, type, private, unprivileged, chroot, …: no chroot, and smtpd on the private internet's address alone.
    kept = [[*row[:4], "n", *row[5:]] for row in services if row[0] != "smtp" or row[1] != "inet"]
    kept = [row for row in kept if row[1] == "unix"]
    kept.append([f"{MAIL}:25", "inet", "n", "-", "n", "-", "-", "smtpd"])
    if not any(row[0] == "postlog" for row in kept):
        kept.append(["postlog", "unix-dgram", "n", "-", "n", "-", "1", "postlogd"])
    (conf / "master.cf").write_text("".join(" ".join(row) + "\n" for row in kept))
    (conf / "main.cf").write_text(
        f"""\
compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
myhostname = {MAIL_HOST}
mydestination = {", ".join(market.domain for market in MARKETS)}
inet_interfaces = {MAIL}
inet_protocols = ipv4
local_recipient_maps =
local_transport = discard:
smtpd_tls_cert_file = {folder}/tls/mail.pem
smtpd_tls_key_file = {folder}/tls/mail.pem
smtpd_tls_security_level = may
maillog_file = /var/log/{folder.name}.log
mynetworks = 127.0.0.0/8 {MAIL}/32
smtpd_relay_restrictions = permit_mynetworks, reject
smtp_tls_security_level = may
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
"""
    )
    done = subprocess.run(
        ["postfix", "-c", str(conf), "start"], capture_output=True, text=True, timeout=30, check=False
    )
    (folder / "postfix.err").write_text(done.stdout + done.stderr)
    return done.returncode == 0


def stop_postfix(folder: Path) -> None:
    subprocess.run(["postfix", "-c", str(folder / "postfix"), "stop"], capture_output=True, timeout=20, check=False)
    Path(f"/var/log/{folder.name}.log").unlink(missing_ok=True)


def dovecot(folder: Path) -> Server | None:
    """A real mailbox server: IMAP over TLS by password and by token, LMTP, a Spam folder; None, with the reason in
    dovecot.err."""
    if shutil.which("dovecot") is None or not own_postfix_account():
        (folder / "dovecot.err").write_text("dovecot is not installed, or cannot become another account here")
        return None
    place = folder / "dovecot"
    place.mkdir()
    mails = place / "mail"
    mails.mkdir()
    shutil.chown(mails, "nobody", "nogroup")
    (place / "users").write_text(f"seed:{{PLAIN}}{mailnames.PASSWORD}\n")
    (place / "oauth2").write_text(
        f"tokeninfo_url = http://127.0.0.1:{mailnames.TOKENS}/?access_token=\n"
        "username_attribute = email\nactive_attribute = active\nactive_value = true\n"
    )
    conf = place / "dovecot.conf"
    conf.write_text(
        f"""\
base_dir = {place}/run
state_dir = {place}/state
log_path = {folder}/dovecot.err
protocols = imap lmtp
listen = {mailnames.IMAP}
ssl = required
ssl_cert = <{folder}/tls/imap.pem
ssl_key = <{folder}/tls/imap.pem
default_login_user = nobody
default_internal_user = nobody
default_internal_group = nogroup
auth_mechanisms = plain xoauth2 oauthbearer
auth_username_format = %n
auth_failure_delay = 0
mail_location = maildir:{mails}/%n
recipient_delimiter = +
lmtp_save_to_detail_mailbox = yes
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = username_format=%n {place}/users
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {place}/oauth2
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={mails}/%n allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  mailbox Spam {{
    auto = subscribe
    special_use = \\Junk
  }}
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = 993
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {mailnames.LMTP}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""
    )
    return start(folder, "dovecot-start", "dovecot", "-F", "-c", str(conf))


def mailside(folder: Path) -> subprocess.Popen[str]:
    """The market's backend and the mailbox provider's exchangers; returns when they listen."""
    with (folder / "mailside.err").open("w") as errors:
        child = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "mailside.py"), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert child.stdout
    if child.stdout.readline().strip() != "ready":
        raise SystemExit(f"the mail side did not start: {(folder / 'mailside.err').read_text()[-2000:]}")
    return child
