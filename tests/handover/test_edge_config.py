"""Edge configuration made from findings: only what is missing is set, nothing foreign becomes part of a rule, real
nginx accepts it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest
from bundle_source import finding

from launchready_tui.checks.paste import http2
from launchready_tui.facts import Headers
from launchready_tui.findings import Evidence, State
from launchready_tui.handover.edge import KINDS, Plan, files_of, plan
from launchready_tui.launch.model import Host, Launch, Redirect

LAUNCH = Launch(
    name="Shop",
    domain="shop.test",
    canonical="https://shop.test/",
    hosts=(
        Host(name="shop.test", role="web"),
        Host(name="app.shop.test", role="app"),
        Host(name="api.shop.test", role="api"),
        Host(name="mail.shop.test", role="mail"),
    ),
    redirects=(Redirect(from_="https://shop.test/old", to="https://shop.test/new?from=old"),),
)
ODD = ("/a%20b", "/it's(1)+x:y", "/caf%C3%A9", "/q%22%5C", "/all*")
ODD_LAUNCH = msgspec.structs.replace(
    LAUNCH, redirects=tuple(Redirect(from_=f"https://shop.test{path}", to="https://shop.test/n") for path in ODD)
)
SEEN = (
    finding("edge.headers.hsts", "shop.test", "fine", State.PASS),
    finding("edge.headers.framing", "shop.test", "fine", State.PASS),
    finding("edge.headers.csp", "shop.test", "none", State.WARN),
    finding("edge.headers.nosniff", "app.shop.test", "none", State.WARN),
    finding("edge.headers.hsts", "app.shop.test", "fine", State.PASS),
    finding(
        "performance.caching.asset",
        "app.shop.test",
        "short",
        State.FAIL,
        seen={
            "files": "https://app.shop.test/assets/app-3f9c2a1b77aa.js  cache-control: (not sent)  0 s\n"
            "https://cdn.other.test/x/y-3f9c2a1b77aa.js  cache-control: (not sent)  0 "
            "s\nhttps://app.shop.test/logo.png  x"
        },
    ),
    finding("performance.caching.compression", "app.shop.test", "none", State.FAIL),
    finding("edge.certificates.old-protocol", "api.shop.test", "old", State.WARN),
    finding("edge.certificates.no-h2", "www.shop.test", "HTTP/1.1", State.WARN),
    finding("edge.certificates.no-h2", "shop.test", "HTTP/1.1", State.WARN),
)


def made() -> Plan:
    return plan(LAUNCH, SEEN)


def test_each_host_gets_what_it_lacks_and_keeps_what_it_sends() -> None:
    hosts = {host.name: host for host in made().hosts}
    assert list(hosts) == ["shop.test", "www.shop.test", "app.shop.test", "api.shop.test"], "mail shows no pages"
    assert hosts["www.shop.test"].leads_to == "https://shop.test" and hosts["shop.test"].leads_to == ""
    assert [name for name, _ in hosts["shop.test"].headers] == ["Content-Security-Policy-Report-Only"]
    assert hosts["shop.test"].sent == ("Strict-Transport-Security", "X-Frame-Options")
    assert [name for name, _ in hosts["app.shop.test"].headers] == ["X-Content-Type-Options"]
    assert hosts["app.shop.test"].folders == ("/assets/",), "of its own fingerprinted files only"
    assert hosts["app.shop.test"].compress and not hosts["shop.test"].compress
    assert hosts["api.shop.test"].http == "refuse" and hosts["api.shop.test"].modern_tls
    assert not hosts["api.shop.test"].looked_at and [name for name, _ in hosts["api.shop.test"].headers] == [
        "Strict-Transport-Security"
    ]
    assert hosts["shop.test"].old == (("/old", "https://shop.test/new?from=old"),)


def test_a_www_that_has_no_address_gets_no_rule() -> None:
    absent = finding("edge.canonical.root-absent", "www.shop.test", "no address", State.WARN)
    assert "www.shop.test" not in {host.name for host in plan(LAUNCH, (*SEEN, absent)).hosts}


def test_a_launch_with_www_as_its_main_address() -> None:
    other = msgspec.structs.replace(LAUNCH, canonical="https://www.shop.test/")
    hosts = {host.name: host.leads_to for host in plan(other, ()).hosts}
    assert (hosts["shop.test"], hosts["www.shop.test"]) == ("https://www.shop.test", "")


def test_nginx_words() -> None:
    text = files_of(made(), "nginx")["nginx.conf"]
    assert "server_name shop.test www.shop.test app.shop.test;" in text
    assert "location / { return 301 https://$host$request_uri; }" in text
    assert text.count("return 403;") == 1
    assert "location = /old { return 301 https://shop.test/new?from=old; }" in text
    assert r"~^app\.shop\.test/assets/ 1y;" in text and text.count("expires $edge_expires;") == 1
    assert (
        "Strict-Transport-Security"
        not in text.split("# put this into the server block of app.shop.test")[1].split("#")[0]
    )
    assert "location = /old" not in files_of(made(), "nginx", old=False)["nginx.conf"]


def test_old_addresses_are_written_as_each_server_compares_them() -> None:
    wanted = plan(ODD_LAUNCH, SEEN)
    nginx = files_of(wanted, "nginx")["nginx.conf"]
    for path in ('"/a b"', '"/it\'s(1)+x:y"', '"/café"', '"/q\\"\\\\"', '"/all*"'):
        assert f"location = {path} {{ return 301 https://shop.test/n; }}" in nginx
    sources = [row["source"] for row in json.loads(files_of(wanted, "vercel")["vercel.json"])["redirects"][: len(ODD)]]
    assert sources == ["/a%20b", r"/it's\(1\)\+x\:y", "/caf%C3%A9", "/q%22%5C", r"/all\*"]
    netlify = files_of(wanted, "netlify")["_redirects"]
    assert "# left out, Netlify would read it as a pattern: https://shop.test/all*" in netlify
    assert "\nhttps://shop.test/it's(1)+x:y  https://shop.test/n  301!\n" in "\n" + netlify
    broken = msgspec.structs.replace(
        LAUNCH, redirects=(Redirect(from_="https://shop.test/100%", to="https://shop.test/n"),)
    )
    assert plan(broken, ()).left == ("https://shop.test/100%",)


@pytest.mark.parametrize(
    ("server", "whole", "line"),
    [
        ("nginx/1.25.1", "    listen 443 ssl;", "http2 on;"),
        ("nginx/1.25.0", "    listen 443 ssl http2;", "# HTTP/2: add http2 to the listen line"),
        ("nginx/1.22.1", "    listen 443 ssl http2;", "# HTTP/2: add http2 to the listen line"),
        ("nginx", "    listen 443 ssl http2;", "# HTTP/2: add http2 to the listen line"),
    ],
)
def test_http2_is_turned_on_as_the_version_of_nginx_writes_it(server: str, whole: str, line: str) -> None:
    fact = Headers(method="GET", url="https://shop.test/", status=200, headers=(("server", (server,)),))
    seen = [
        msgspec.structs.replace(one, evidence=(Evidence.of("headers", server, fact=fact),))
        for host in ("www.shop.test", "shop.test")
        for one in (finding("edge.certificates.no-h2", host, "HTTP/1.1", State.WARN),)
    ]
    text = files_of(plan(LAUNCH, seen), "nginx")["nginx.conf"]
    leads, own = text.split("# www.shop.test only redirects")[1], text.split("server block of shop.test")[1]
    assert whole in leads and ("http2 on;" in leads.split("\n\n")[0]) is (line == "http2 on;")
    assert f"\n{line}" in own
    assert "http2" not in files_of(plan(LAUNCH, ()), "nginx")["nginx.conf"]


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_nginx_itself_reads_the_paste_for_http2(tmp_path: Path) -> None:
    """For the version that is installed, and for one that keeps its version to itself."""
    said = subprocess.run(["nginx", "-v"], capture_output=True, text=True).stderr
    for server in (said, "nginx"):
        paste = http2(server).replace("443 ssl", f"{tmp_path}/s")
        rest = "" if "listen" in paste else f"listen unix:{tmp_path}/s;"
        conf = tmp_path / "nginx.conf"
        conf.write_text(
            f"pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}\n"
            f"http {{ access_log off;\nserver {{ {rest}\n{paste.replace('listen ', 'listen unix:')}\n}} }}\n"
        )
        done = subprocess.run(["nginx", "-t", "-c", str(conf), "-p", str(tmp_path)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
@pytest.mark.parametrize("launch", [LAUNCH, ODD_LAUNCH], ids=["usual", "odd addresses"])
def test_nginx_itself_reads_it(tmp_path: Path, launch: Launch) -> None:
    """The blocks as they stand, and the lines for existing blocks inside one, as their comments say."""
    parts = files_of(plan(launch, SEEN), "nginx")["nginx.conf"].split("\n\n")
    whole = [part for part in parts if "server {" in part or "map $host" in part]
    lines = [part for part in parts if part.startswith("# put this into the server block")]
    assert len(lines) == 3
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-subj",
                "/CN=t",
            ),
            *("-days", "2", "-keyout", str(tmp_path / "k.pem"), "-out", str(tmp_path / "c.pem")),
        ],
        check=True,
        capture_output=True,
    )
    body = "\n".join(whole)
    for number, part in enumerate(lines):
        certificate = f"ssl_certificate {tmp_path}/c.pem; ssl_certificate_key {tmp_path}/k.pem;"
        body += f"\nserver {{ listen 127.0.0.1:{8440 + number} ssl; {certificate}\n{part}\n}}\n"
    for name in ("fullchain.pem", "privkey.pem"):
        body = body.replace(
            f"/etc/letsencrypt/live/www.shop.test/{name}", f"{tmp_path}/{'c' if name == 'fullchain.pem' else 'k'}.pem"
        )
    body = body.replace("listen 80;", "listen 127.0.0.1:8081;").replace("listen [::]:80;", "")
    body = body.replace("listen 443 ssl;", "listen 127.0.0.1:8439 ssl;").replace("listen [::]:443 ssl;", "")
    conf = tmp_path / "nginx.conf"
    conf.write_text(
        f"pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}\nhttp {{ access_log off;\n{body}\n}}\n"
    )
    done = subprocess.run(["nginx", "-t", "-c", str(conf), "-p", str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_cloudflare_words_and_rule_sets_say_the_same() -> None:
    files = files_of(made(), "cloudflare")
    rules = json.loads(files["cloudflare.rulesets.json"])
    for phase in rules.values():
        for rule in phase["rules"]:
            assert f"When   {rule['expression']}" in files["cloudflare.txt"]
    redirects = rules["http_request_dynamic_redirect"]["rules"]
    assert [rule["description"] for rule in redirects] == ["HTTPS first", "www.shop.test to the main address"]
    assert 'http.host in {"shop.test" "www.shop.test" "app.shop.test"}' in redirects[0]["expression"]
    assert all('not starts_with(http.request.uri.path, "/.well-known/")' in rule["expression"] for rule in redirects)
    (caching,) = rules["http_request_cache_settings"]["rules"]
    assert caching["action_parameters"]["browser_ttl"] == {"mode": "override_origin", "default": 31536000}
    assert "shop.test/old,https://shop.test/new?from=old,301" in files["cloudflare.txt"].splitlines()
    assert "Minimum TLS Version: TLS 1.2" in files["cloudflare.txt"]


def test_vercel_and_netlify_files() -> None:
    config = json.loads(files_of(made(), "vercel")["vercel.json"])
    assert config["redirects"][0] == {
        "source": "/old",
        "has": [{"type": "host", "value": "shop.test"}],
        "destination": "https://shop.test/new?from=old",
        "permanent": True,
    }
    assert config["redirects"][1]["destination"] == "https://shop.test/:path"
    assert {row["source"] for row in config["headers"]} == {"/(.*)", "/assets/(.*)"}
    netlify = files_of(made(), "netlify")
    rows = [line.split("  ") for line in netlify["_redirects"].splitlines()]
    assert ["https://www.shop.test/*", "https://shop.test/:splat", "301!"] in rows
    assert rows.index(["https://www.shop.test/.well-known/*", "/.well-known/:splat", "200"]) < rows.index(
        ["https://www.shop.test/*", "https://shop.test/:splat", "301!"]
    )
    assert "# the site of app.shop.test\n/*\n  X-Content-Type-Options: nosniff" in netlify["_headers"]


@pytest.mark.parametrize(
    "to",
    [
        "https://shop.test/$host",
        "https://shop.test/a;b",
        'https://shop.test/"',
        "https://shop.test/a b",
        "https://shop.test/\n}",
        "/x",
    ],
)
def test_a_target_that_would_be_more_than_a_target_is_left_out_and_said(to: str) -> None:
    odd = msgspec.structs.replace(LAUNCH, redirects=(Redirect(from_="https://shop.test/odd", to=to),))
    wanted = plan(odd, SEEN)
    assert wanted.left == ("https://shop.test/odd",)
    for kind in KINDS:
        for name, text in files_of(wanted, kind).items():
            rules = [line for line in text.splitlines() if not line.startswith("# left out")]
            assert not any("/odd" in line for line in rules), name


def test_foreign_evidence_never_becomes_a_rule() -> None:
    hostile = finding(
        "performance.caching.asset",
        "app.shop.test",
        "short",
        State.FAIL,
        seen={
            "files": 'https://app.shop.test/a"{};$x/app-3f9c2a1b77aa.js  '
            "x\nhttps://app.shop.test/../b/app-3f9c2a1b77aa.js  x"
        },
    )
    host = next(one for one in plan(LAUNCH, (hostile,)).hosts if one.name == "app.shop.test")
    assert all(folder.replace("/", "").replace(".", "").isalnum() for folder in host.folders)


def test_banners_stand_above_the_rules() -> None:
    for kind in ("nginx", "cloudflare", "netlify"):
        text = next(iter(files_of(made(), kind, ("This is a demo.",)).values()))  # type: ignore[arg-type]
        assert text.startswith("# This is a demo.\n")
