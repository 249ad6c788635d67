"""`inspect spf` and `inspect dmarc` as programs of their own, over a real socket to a name server that answers as
told."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import dns.message
import dns.rcode
import pytest
from stubdns import name_server, reply

ROOT = Path(__file__).parents[2]
TEXTS = {
    "example.com": "v=spf1 include:_spf.example.com -all exp=why.example.com",
    "_spf.example.com": "v=spf1 ip4:192.0.2.0/24 ?all",
    "why.example.com": "%{i} does not send for %{d}",
    "s1._domainkey.example.com": "v=DKIM1; k=ed25519; p=AAAA",
    "default._domainkey.example.com": "v=DKIM1; p=",
    "_dmarc.team.example.org": "v=DMARC1; p=quarantine",
    "a.team.example.org": "x",
    "_dmarc.example.com": "v=DMARC1; p=reject; sp=quarantine; rua=mailto:d@example.com",
}
BROKEN = "broken.example.com"


def answer(query: dns.message.Message, tcp: bool) -> dns.message.Message:
    name = query.question[0].name.to_text(omit_final_dot=True).lower()
    if name.endswith(BROKEN):
        return reply(query, rcode=dns.rcode.SERVFAIL)
    text = TEXTS.get(name)
    if text is None:
        return reply(
            query, rcode=dns.rcode.NOERROR if any(known.endswith(name) for known in TEXTS) else dns.rcode.NXDOMAIN
        )
    return reply(query, f'{name}. 300 TXT "{text}"') if query.question[0].rdtype == dns.rdatatype.TXT else reply(query)


@contextmanager
def running() -> Iterator[str]:
    """The name server in a loop of its own, while the programs run."""
    loop = asyncio.new_event_loop()
    ready: list[str] = []
    told = Event()
    stop = asyncio.Event()

    async def serving() -> None:
        async with name_server(answer) as stub:
            ready.append(stub.address)
            told.set()
            await stop.wait()

    thread = Thread(target=lambda: loop.run_until_complete(serving()))
    thread.start()
    told.wait(10)
    try:
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


@pytest.fixture(scope="module")
def nameserver() -> Iterator[str]:
    with running() as address:
        yield address


def launchready(*arguments: str, stdin: str | bytes = "") -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "launchready_tui", "inspect", *arguments]
    octets = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(command, input=octets, capture_output=True, env=environment, timeout=60)
    return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_spf_of_one_message(nameserver: str) -> None:
    done = launchready("spf", "--ip", "192.0.2.1", "--sender", "a@example.com", "--nameserver", nameserver)
    assert done.returncode == 0, done.stderr
    assert "● pass" in done.stdout and "ip4:192.0.2.0/24 in the record of _spf.example.com" in done.stdout
    done = launchready(
        "spf", "--ip", "203.0.113.9", "--sender", "a@example.com", "--format", "json", "--nameserver", nameserver
    )
    (row,) = rows(done)
    assert (row["result"], row["matched"], row["explanation"]) == (
        "fail",
        "-all",
        "203.0.113.9 does not send for example.com",
    )
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("ip", "sender", "result", "code"),
    [
        ("203.0.113.9", "a@example.com", "fail", 1),
        ("192.0.2.1", f"a@{BROKEN}", "temperror", 1),
        ("192.0.2.1", "a@gone.test", "none", 0),
    ],
)
def test_spf_exits_1_for_fail_and_temperror(nameserver: str, ip: str, sender: str, result: str, code: int) -> None:
    done = launchready("spf", "--ip", ip, "--sender", sender, "--format", "json", "--nameserver", nameserver)
    assert (rows(done)[0]["result"], done.returncode) == (result, code)


def test_now_counts_for_the_times_of_a_signature(nameserver: str) -> None:
    mail = (
        "DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=none; h=from; "
        "bh=eA==; b=eA==; t=1795000000; x=1795528800\n"
        "From: a@example.com\n\nhi\n"
    )
    for now, why in (
        ("2026-11-25T12:00:00Z", "expired"),
        ("2026-11-24T12:00:00Z", "no key"),
        ("2026-01-01T00:00:00Z", "future"),
    ):
        options = ("message", "-", "--format", "json", "--now", now, "--nameserver", nameserver)
        for given in (mail, json.dumps({"message": mail})):
            (row,) = rows(launchready(*options, stdin=given))
            assert why in str(row["signatures"]), (now, row["signatures"])


def test_spf_in_json_lines(nameserver: str) -> None:
    asked = [
        '{"ip": "192.0.2.1", "sender": "a@example.com", "helo": "mx.example.com"}',
        '{"ip": "192.0.2.1", "sender": "", "helo": "example.com"}',
        "",
        f'{{"ip": "192.0.2.1", "sender": "a@{BROKEN}"}}',
        '{"ip": "192.0.2.1", "sender": "a@gone.test"}',
        '{"ip": "nonsense", "sender": "a@example.com"}',
        '{"sender": "a@example.com"}',
        "[1]",
        "{",
    ]
    done = launchready("spf", "-", "--nameserver", nameserver, stdin="\n".join(asked) + "\n")
    told = rows(done)
    good = {"result": "pass", "explanation": None, "matched": "ip4:192.0.2.0/24", "lookups": 1, "void_lookups": 0}
    assert told[:2] == [good, good]
    assert [row["result"] for row in told[2:4]] == ["temperror", "none"]
    assert [list(row) for row in told[4:]] == [["error"]] * 4
    assert done.returncode == 1
    assert launchready("spf", "-", "--nameserver", nameserver, stdin=asked[0]).returncode == 0


def test_an_answer_comes_before_the_next_question_is_asked(nameserver: str) -> None:
    command = [sys.executable, "-m", "launchready_tui", "inspect", "spf", "-", "--nameserver", nameserver]
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as child:
        assert child.stdin and child.stdout
        for ip, result in (("192.0.2.1", "pass"), ("203.0.113.9", "fail")):
            child.stdin.write(json.dumps({"ip": ip, "sender": "a@example.com"}) + "\n")
            child.stdin.flush()
            assert json.loads(child.stdout.readline())["result"] == result
        child.stdin.close()
        assert child.wait(20) == 0


def test_wrong_use_is_told(nameserver: str) -> None:
    for arguments in (
        ("spf",),
        ("spf", "--ip", "nonsense", "--sender", "a@b.test"),
        ("spf", "example.com"),
        ("spf", "--ip", "192.0.2.1"),
    ):
        done = launchready(*arguments, "--nameserver", nameserver)
        assert (done.returncode, done.stdout) == (2, "")


def test_dmarc(nameserver: str) -> None:
    done = launchready("dmarc", "example.com", "--nameserver", nameserver)
    assert done.returncode == 0, done.stderr
    assert "● reject" in done.stdout and "mailto:d@example.com" in done.stdout
    done = launchready(
        "dmarc", "-", "--nameserver", nameserver, stdin='{"domain": "why.example.com"}\nexample.com\nx.gone.test\n'
    )
    first, second, third = rows(done)
    assert (first["policy"], first["record_domain"], first["organizational_domain"]) == (
        "quarantine",
        "example.com",
        "example.com",
    )
    assert second["policy"] == "reject"
    assert (third["policy"], third["record_domain"], third["organizational_domain"]) == (None, None, "x.gone.test")
    assert done.returncode == 0
    lost = launchready("dmarc", BROKEN, "--format", "json", "--nameserver", nameserver)
    assert lost.returncode == 1 and "error" in rows(lost)[0]


def test_a_dmarc_record_only_at_a_subdomain_says_what_older_receivers_do(nameserver: str) -> None:
    done = launchready("dmarc", "a.team.example.org", "--nameserver", nameserver)
    assert "● quarantine" in done.stdout and "older receivers" in done.stdout
    assert "look only at a.team.example.org and example.org" in " ".join(done.stdout.split())
    for domain, seen in (("a.team.example.org", False), ("team.example.org", True), ("why.example.com", True)):
        (row,) = rows(launchready("dmarc", domain, "--format", "json", "--nameserver", nameserver))
        assert row["seen_by_older_receivers"] is seen


HALF = '"\\ud800.example.com"'
NOT_ASKED = [b"nonsense", b"[]", b"null", b"{}", b"\xff\xfe{}", b"[" * 100_000, b"{", b"\x00"]


@pytest.mark.parametrize(
    ("kind", "key", "good", "wrong"),
    [
        (
            "spf",
            "result",
            {"ip": "192.0.2.1", "sender": "a@example.com"},
            ['{"ip": 1, "sender": "a@b.test"}', '{"ip": "192.0.2.1"}'],
        ),
        (
            "dmarc",
            "policy",
            {"domain": "example.com"},
            ['{"domain": 5}', '{"domain": ""}', f'{{"domain": {HALF}}}', '{"domain": "a..b"}'],
        ),
        (
            "dkim",
            "keys",
            {"domain": "example.com", "selector": "s1"},
            ['{"domain": "a.b", "selector": 3}', f'{{"domain": {HALF}}}'],
        ),
        (
            "message",
            "dkim",
            {"message": "From: a@example.com\r\n\r\nhi"},
            ['{"file": "none-such.eml"}', '{"message": "no mail"}'],
        ),
        ("bounce", "kind", {"text": "550 5.7.26 x"}, ['{"text": 1}']),
    ],
)
def test_a_line_that_is_no_question_is_told_and_the_next_one_is_answered(
    nameserver: str, kind: str, key: str, good: dict[str, str], wrong: list[str]
) -> None:
    bad = [*NOT_ASKED, *(line.encode() for line in wrong)]
    first = json.dumps(good).encode()
    asked = [first, *(part for line in bad for part in (line, first))]
    told = rows(
        launchready(kind, "-", *(("--nameserver", nameserver) if kind != "bounce" else ()), stdin=b"\n".join(asked))
    )
    assert len(told) == len(asked)
    assert all(key in row and "error" not in row for row in told[::2])
    assert all("error" in row for row in told[1::2])


def test_dkim(nameserver: str) -> None:
    done = launchready("dkim", "example.com", "--selector", "s1", "--nameserver", nameserver)
    assert done.returncode == 1 and "ed25519" in done.stdout and "withdrawn" not in done.stdout
    done = launchready("dkim", "example.com", "--format", "json", "--nameserver", nameserver)
    (row,) = rows(done)
    assert [(key["selector"], key["state"]) for key in row["keys"]] == [("s1", "unusable"), ("default", "revoked")]  # type: ignore[attr-defined, union-attr]
    asked = '{"domain": "example.com", "selector": "none"}\n{"domain": "broken.example.com", "selector": "s1"}\n'
    first, second = rows(launchready("dkim", "-", "--nameserver", nameserver, stdin=asked))
    assert [key["state"] for row in (first, second) for key in row["keys"]] == ["absent", "unknown"]  # type: ignore[attr-defined]


def test_message(nameserver: str, tmp_path: Path) -> None:
    mail = tmp_path / "mail.eml"
    mail.write_text(
        "Authentication-Results: mx.test; spf=pass smtp.mailfrom=a@example.com; dkim=none; dmarc=pass "
        "header.from=example.com\n"
        "From: a@example.com\nSubject: =?utf-8?q?Caf=C3=A9?=\nDate: Tue, 24 Nov 2026 14:00:00 +0000\nMessage-ID: "
        "<1@example.com>\n\n"
        "http://example.com/start\n"
    )
    done = launchready("message", str(mail), "--nameserver", nameserver)
    assert done.returncode == 0, done.stderr
    assert "Café" in done.stdout and "aligned with From" in done.stdout and "http://example.com/start" in done.stdout
    row = rows(launchready("message", "-", "--format", "json", "--nameserver", nameserver, stdin=mail.read_text()))[0]
    assert (row["spf"], row["dkim"], row["dmarc"], row["text_part"]) == ("pass", "none", "pass", True)
    asked = "\n".join(
        json.dumps(one) for one in ({"file": str(mail)}, {"message": mail.read_text()}, {"message": "hello"})
    )
    told = rows(launchready("message", "-", "--nameserver", nameserver, stdin=asked))
    assert [one.get("spf") for one in told] == ["pass", "pass", None] and "From" in str(told[2]["error"])
    failed = launchready("message", str(tmp_path / "none.eml"))
    assert failed.returncode == 2 and "none.eml" in failed.stderr
