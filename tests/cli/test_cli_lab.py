"""The command line on real sockets: inspect, init, doctor and the head-less demo, as programs of their own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from launchready_tui.handover import verify
from launchready_tui.journal import Journal
from launchready_tui.lab.client import Lab
from launchready_tui.workspace import JOURNAL

ROOT = Path(__file__).parents[2]
SITE = "demo-market.test"


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


@dataclass
class Shell:
    """Runs the program as a child, with a state folder of its own and nothing else of this machine."""

    home: Path

    def environment(self) -> dict[str, str]:
        return {
            "PYTHONPATH": str(ROOT),
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LAUNCHREADY_STATE": str(self.home / "state"),
            "TMPDIR": str(self.home),
        }

    def __call__(self, *arguments: str | Path, stdin: str = "") -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "launchready_tui", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=self.home,
            env=self.environment(),
            timeout=100,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "launchready_tui", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.home,
            env=self.environment(),
            preexec_fn=_hears_ctrl_c,
        )


def _hears_ctrl_c() -> None:
    """A shell that starts the tests in the background lets every child ignore ctrl+c; a terminal does not."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab.start(fixed="all") as lab:
        yield lab


@pytest.fixture
def there(lab: Lab) -> list[str]:
    """Options that lead to the lab."""
    options = [f"--connect={name}={target}" for name, target in lab.connect.items()]
    return [*options, *(f"--nameserver={one}" for one in lab.nameservers), "--ca-file", str(lab.ca_file)]


# inspect


def test_inspect_dns(shell: Shell, there: list[str]) -> None:
    done = shell("inspect", "dns", SITE, *there)
    assert done.code == 0, done.err
    assert "203.0.113.10" in done.out and "v=spf1" in done.out and "answered by" in done.out
    done = shell(
        "inspect", "dns", "-", "-t", "A,MX", "--format", "json", *there, stdin=f"{SITE}\n# a remark\nno-such.{SITE}\n\n"
    )
    first, second = (json.loads(line) for line in done.out.splitlines())
    assert (first["target"], first["A"]["records"]) == (SITE, ["203.0.113.10"])
    assert (second["target"], second["A"]["status"]) == (f"no-such.{SITE}", "nxdomain")


def test_inspect_web(shell: Shell, there: list[str]) -> None:
    done = shell("inspect", "web", f"http://www.{SITE}/", *there)
    assert done.code == 0, done.err
    assert "308" in done.out and f"https://{SITE}/" in done.out
    assert "strict-transport-security:" in done.out and "time look-up" in done.out
    document = json.loads(shell("inspect", "web", f"http://www.{SITE}/", "--format", "json", *there).out)
    assert [hop["status"] for hop in document["hops"]][-1] == 200
    assert (document["end"]["status"], document["end"]["via"]) == (200, "connect-map")
    first = json.loads(shell("inspect", "web", f"http://www.{SITE}/", "--no-follow", "--format", "json", *there).out)
    assert first["status"] == 308


def test_inspect_tls(shell: Shell, there: list[str]) -> None:
    done = shell("inspect", "tls", SITE, "--versions", *there)
    assert done.code == 0, done.err
    assert f"the certificate verifies for {SITE}" in done.out
    assert "TLSv1.3 accepted" in done.out and "TLSv1 " in done.out
    document = json.loads(shell("inspect", "tls", f"{SITE}:443", "--format", "json", *there).out)
    assert document["sight"]["verified"] is True
    assert SITE in document["sight"]["chain"][0]["names"]


def test_inspect_judges_with_the_findings_of_the_checks(shell: Shell, there: list[str]) -> None:
    done = shell(
        "inspect",
        "redirects",
        "-",
        "--format",
        "json",
        *there,
        stdin=f"{SITE}\n\n# a remark\nhttp://www.{SITE}/listings\n",
    )
    assert done.code == 0, done.err
    site, page = (json.loads(line) for line in done.out.splitlines())
    assert site["target"] == SITE and len(site["chains"]) == 2
    assert {one["state"] for one in site["findings"]} <= {"pass", "info"}
    assert {"edge.redirects.too-many-hops", "edge.canonical.two-origins"} <= {one["rule"] for one in site["findings"]}
    (finding,) = page["findings"]
    assert (finding["rule"], finding["subject"]) == ("edge.redirects.too-many-hops", f"www.{SITE}/listings")
    assert {"id", "check", "rule", "subject", "state", "severity", "summary", "evidence", "remedy", "via"} <= set(
        finding
    )
    assert finding["evidence"][0]["label"] == "chain" and finding["via"] == "connect-map"
    done = shell("inspect", "headers", f"app.{SITE}", "--role", "app", "--allow", "intrusive", *there)
    assert done.code == 0, done.err
    assert f"Other sites cannot read app.{SITE}" in done.out
    done = shell("inspect", "domain", SITE, "--rdap", "https://rdap.nic.test/", "--format", "json", *there)
    document = json.loads(done.out)
    assert document["registration"]["registrar"] and document["servers"]["records"]
    assert {"audit.registrar.expiry", "audit.dns-host.lame"} <= {one["rule"] for one in document["findings"]}
    later = shell("inspect", "tls", SITE, "--now", "2030-01-01T00:00:00Z", *there)
    assert later.code == 1 and re.search(r"valid .* expired \d+ d ago\n", later.out), "the set time, not the machine's"


@pytest.mark.parametrize(
    ("look", "target", "why"),
    [
        ("redirects", "not_a_host!", "is not a valid part of a host name"),
        ("headers", "http://", "it names no host"),
        ("web", "www.shop.test/a b", "it contains a space"),
        ("tls", "https://shop.test/", "it is a URL; write only the host: shop.test"),
        ("domain", "x" * 70 + ".test", "has 70 characters; a label has at most 63"),
        ("dns", "a..b", "it has an empty part between two dots"),
    ],
)
def test_inspect_refuses_what_can_be_no_target(
    shell: Shell, there: list[str], look: str, target: str, why: str
) -> None:
    done = shell("inspect", look, SITE, target, *there)
    assert (done.code, done.out) == (2, "")
    assert (
        "argument 2: " in done.err
        and f"{target!r} is not a valid target" in done.err
        and why in done.err
        and "expected" in done.err
    )
    more = ("-t", "A") if look == "dns" else ()
    batch = shell("inspect", look, "-", *more, "--format", "json", *there, stdin=f"# hosts\n{target}\n{SITE}\n")
    rows = [json.loads(line) for line in batch.out.splitlines()]
    assert batch.code == 1 and [row["target"] for row in rows] == [target, SITE]
    assert (
        rows[0]["detail"].startswith("line 2 of standard input: ")
        and why in rows[0]["detail"]
        and "failure" not in rows[1]
    )
    assert rows[0]["findings"] == []
    if look in ("redirects", "headers", "tls", "domain"):
        assert {"rule", "subject", "state", "severity", "summary", "evidence", "remedy"} <= set(rows[1]["findings"][0])


def test_inspect_tells_a_line_that_cannot_be_read_and_goes_on() -> None:
    lines = b"caf\xe9.test\n" + b"x" * 5000 + b"\n127.0.0.1:1\n"
    done = subprocess.run(
        [sys.executable, "-m", "launchready_tui", "inspect", "tls", "-", "--format", "json"],
        input=lines,
        capture_output=True,
        check=False,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (1, b"")
    assert "line 1 of standard input is not a valid target: not UTF-8" in rows[0]["detail"]
    assert "line 2 of standard input is not a valid target: larger than 4096 bytes" in rows[1]["detail"]
    assert rows[2]["target"] == "127.0.0.1:1" and rows[2]["sight"]["kind"] == "blocked-address"


def test_inspect_what_cannot_be_reached(shell: Shell, there: list[str]) -> None:
    done = shell("inspect", "web", "https://127.0.0.1:1/", f"https://{SITE}/", *there)
    assert done.code == 1
    assert "the address is private or reserved" in done.out
    assert "200" in done.out, "the other target is told all the same"
    document = json.loads(shell("inspect", "tls", "no-such.demo-market.test", "--format", "json", *there).out)
    assert document["sight"]["failure"] == "the name does not exist"


# init and doctor


def test_init_sees_the_marketplace_and_check_runs_on_what_it_wrote(shell: Shell, there: list[str]) -> None:
    done = shell("init", SITE, *there)
    assert done.code == 0, done.err
    assert "Wrote launchready.toml: " in done.err
    text = (shell.home / "launchready.toml").read_text()
    assert f'"api.{SITE}"' in text and f'canonical = "https://{SITE}/"' in text
    # The options that led to it are written down, so that nothing has to be said again.
    done = shell("check", "edge.certificates", "email.spf", "--format", "json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert {one["check"]: one["state"] for one in document["checks"]} == {
        "edge.certificates": "pass",
        "email.spf": "pass",
    }
    assert document["verdict"] is None


def test_init_of_a_name_that_is_not_there_writes_nothing(shell: Shell, there: list[str]) -> None:
    done = shell("init", f"no-such-{SITE}", *there)
    assert done.code == 3, done.err
    assert f"no host of no-such-{SITE} answers, so nothing was written" in done.err
    assert not list(shell.home.glob("launchready.toml"))


def test_doctor_says_what_is_reached(shell: Shell, there: list[str]) -> None:
    shell("init", SITE, *there)
    done = shell("doctor", *there)
    lines = {
        line.split()[1]: line.split()[0]
        for line in done.out.splitlines()
        if line.startswith("  ") and len(line.split()) > 1
    }
    assert {name: lines[name] for name in ("DNS", "HTTPS", "SMTP")} == {"DNS": "●", "HTTPS": "●", "SMTP": "●"}


def test_without_a_network_every_check_is_unknown_and_none_missing(shell: Shell) -> None:
    """The resolver's door is closed: the run ends by itself, says NO-GO, and calls nothing absent."""
    shell("init", SITE, "--offline")
    done = shell("check", "--nameserver", "127.0.0.1:9", "--format", "json")
    assert done.code == 1, done.err
    document = json.loads(done.out)
    assert document["verdict"] == "NO-GO"
    seen = {one["state"] for one in document["findings"]}
    assert "fail" not in seen and "warn" not in seen
    assert "unknown" in seen


TEXTUAL = """
import sys
from launchready_tui.cli.run import run
code = run(sys.argv[1:])
print("textual" in sys.modules, file=sys.stderr)
sys.exit(code)
"""


def test_check_never_loads_the_console(shell: Shell, there: list[str]) -> None:
    shell("init", SITE, *there)
    done = subprocess.run(
        [sys.executable, "-c", TEXTUAL, "check", "edge", "--verbose", *there],
        capture_output=True,
        text=True,
        cwd=shell.home,
        env=shell.environment(),
    )
    assert done.stderr.splitlines()[-1] == "False"
    assert "saved " in done.stderr


# demo --headless


def test_the_fixed_demo_is_go_and_its_bundle_is_whole(shell: Shell) -> None:
    done = shell("demo", "--headless", "--fixed", "all", "--format", "json", "--out", "handed")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert (document["verdict"], document["demo"], document["fragile"], document["via"]) == (
        "GO",
        True,
        False,
        "connect-map",
    )
    assert set(document["minimum_bar"].values()) == {"pass"}
    (archive,) = (shell.home / "handed").glob("*.zip")
    assert verify(archive) == ()
    assert [path for path in shell.home.iterdir() if path.name.startswith("launchready-")] == [], (
        "nothing temporary is left"
    )


def test_the_demo_with_its_flaws_is_walked_to_the_end(shell: Shell) -> None:
    # Without a terminal the demo walks head-less by itself, and says so.
    done = shell("demo", "--fixed", "search-no-index", "--format", "junit")
    assert "running the demo headless" in done.err
    assert done.code == 0, done.err
    tree = ElementTree.fromstring(done.out)
    assert tree.get("name") == "LaunchReady Demo Market NO-GO (demo)"
    assert int(tree.get("failures", "0")) > 5
    assert "and deleted" in done.err


def test_a_demo_folder_is_kept_where_one_is_named(shell: Shell) -> None:
    done = shell("demo", "--headless", "--fixed", "all", "-C", "kept", "--format", "markdown", "--verbose")
    assert done.code == 0, done.err
    assert done.out.startswith("# Demo Market: GO (demo)\n")
    saved = [line.removeprefix("saved ") for line in done.err.splitlines() if line.startswith("saved ")]
    assert len(saved) > 10
    listed = shell("history", "-C", "kept")
    assert "all checks, done, demo" in listed.out
    assert shell("history", saved[0], "-C", "kept").code == 0


def test_flaws_are_listed_and_an_unknown_one_is_refused(shell: Shell) -> None:
    listed = shell("demo", "--flaws")
    assert len(listed.out.splitlines()) > 10
    done = shell("demo", "--headless", "--fixed", "no-such-flaw")
    assert done.code == 2
    assert "no-such-flaw" in done.err
    assert "Traceback" not in done.err


def saved_before(process: subprocess.Popen[str], count: int) -> list[str]:
    """Reads stderr until so many results were said to be saved."""
    assert process.stderr is not None
    saved: list[str] = []
    while len(saved) < count:
        line = process.stderr.readline()
        assert line, "the program ended early"
        if line.startswith("saved "):
            saved.append(line.split()[1])
    return saved


@pytest.mark.parametrize("count", [1, 4, 9])
def test_a_killed_demo_run_loses_nothing_it_said_was_saved(shell: Shell, count: int) -> None:
    with shell.start("demo", "--headless", "--verbose", "--fixed", "all", "-C", "kept") as process:
        saved = saved_before(process, count)
        process.send_signal(signal.SIGKILL)
        assert process.stderr is not None
        saved += [line.split()[1] for line in process.stderr if line.startswith("saved ") and line.endswith("\n")]
    with Journal.open(shell.home / "kept" / JOURNAL) as journal:
        assert [one for one in saved if journal.read(one) is None] == []
        assert journal.runs()[0].outcome == ""


def test_ctrl_c_ends_a_run_in_one_sentence_and_keeps_what_was_saved(shell: Shell) -> None:
    with shell.start("demo", "--headless", "--verbose", "--fixed", "all", "-C", "kept") as process:
        saved = saved_before(process, 2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted" in err and "Traceback" not in err
    assert out == ""
    with Journal.open(shell.home / "kept" / JOURNAL) as journal:
        assert [one for one in saved if journal.read(one) is None] == []
        assert journal.runs()[0].outcome == "cancelled"
