"""Refusals as mail servers and mail services write them, and what they mean."""

from __future__ import annotations

import io
import json
import re
import time
from pathlib import Path

import pytest

from launchready_tui.cli.run import run
from launchready_tui.mail.flow.bounce import decode, table

REPORT = """\
Reporting-MTA: dns; out.example.net
Arrival-Date: Tue, 24 Nov 2026 09:00:00 +0000

Final-Recipient: rfc822; somebody@gmail.com
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp; 550-5.7.26 Your email has been blocked because the sender is
 unauthenticated. 550-5.7.26 Gmail requires all senders to authenticate with either SPF or DKIM.
 550 5.7.26 DKIM = did not pass 5-20020a gsmtp
"""

# ruff: noqa: E501 - one refusal a row
# text, code, status, provider, kind, lasting
CASES = [
    ("550 5.7.26", "550", "5.7.26", "", "authentication", True),
    ("421-4.7.26 This mail has been rate limited because it is unauthenticated. gsmtp", "421", "4.7.26", "gmail", "authentication", False),
    (REPORT, "550", "5.7.26", "gmail", "authentication", True),
    ("421 5.7.32 Your email was blocked because the From: header is not aligned gsmtp", "421", "5.7.32", "gmail", "authentication", False),
    ("550-5.7.25 [203.0.113.9] The IP address has no PTR record gsmtp", "550", "5.7.25", "gmail", "reverse-dns", True),
    ("421 4.7.28 Gmail has detected an unusual rate of email gsmtp", "421", "4.7.28", "gmail", "reputation", False),
    ("550 5.7.28 This mail has been blocked because DKIM does not pass. gsmtp", "550", "5.7.28", "gmail", "authentication", True),
    ("421 4.7.29 not using a TLS connection - gsmtp", "421", "4.7.29", "gmail", "encryption", False),
    ("421 4.7.40 no DMARC record - gsmtp", "421", "4.7.40", "gmail", "authentication", False),
    ("550 5.7.1 [192.0.2.1 12] Our system has detected that this message is likely unsolicited mail gsmtp", "550", "5.7.1", "gmail", "content", True),
    ("550-5.1.1 The email account that you tried to reach does not exist. gsmtp", "550", "5.1.1", "gmail", "no-mailbox", True),
    ("452 4.2.2 The recipient's inbox is out of storage space. gsmtp", "452", "4.2.2", "gmail", "mailbox-full", False),
    (
        "host mx-eu.mail.am0.yahoodns.net[192.0.2.7] said: 421 4.7.0 [TSS04] Messages from 192.0.2.8 temporarily deferred due to unexpected"
        " volume or user complaints - 4.16.55.1",
        "421",
        "4.7.0",
        "yahoo",
        "reputation",
        False,
    ),
    ("553 5.7.2 [TSS09] All messages from 192.0.2.8 will be permanently deferred - yahoo", "553", "5.7.2", "yahoo", "reputation", True),
    ("554 delivery error: dd This user doesn't have a yahoo.com account [-5]", "554", "", "yahoo", "no-mailbox", True),
    ("550 5.7.515 Access denied, sending domain EXAMPLE.COM does not meet the required authentication level", "550", "5.7.515", "outlook", "authentication", True),
    ("550 5.7.1 Unfortunately, messages from [192.0.2.8] weren't sent. part of their network is on our block list (S3150).", "550", "5.7.1", "outlook", "block-list", True),
    ("451 4.7.500 Server busy. Please try again later from [192.0.2.8]. [x.prod.protection.outlook.com]", "451", "4.7.500", "outlook", "receiver-busy", False),
    ("450 4.2.0 <a@example.com>: Recipient address rejected: Greylisted, see the postgrey pages", "450", "4.2.0", "", "greylisting", False),
    ("554 5.7.1 Service unavailable; Client host [192.0.2.8] blocked using zen.spamhaus.org", "554", "5.7.1", "", "block-list", True),
    ("554 Message rejected: Email address is not verified.", "554", "", "", "own-account", True),
    ("535 5.7.8 Error: authentication failed", "535", "5.7.8", "", "log-in", True),
    ("550 No such user here", "550", "", "", "no-mailbox", True),
    ("552 5.3.4 Message size exceeds fixed limit", "552", "5.3.4", "", "too-large", True),
    ("556 5.1.10 Recipient address has null MX", "556", "5.1.10", "", "no-mail-there", True),
    ("5.4.7", "", "5.4.7", "", "gave-up", True),
    ("Status: 4.4.1", "", "4.4.1", "", "network", False),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "status", "provider", "kind", "lasting"), CASES)
def test_a_refusal_is_decoded(text: str, code: str, status: str, provider: str, kind: str, lasting: bool) -> None:
    found = decode(text)
    assert (found.code, found.status, found.provider, found.kind, found.lasting) == (
        code,
        status,
        provider,
        kind,
        lasting,
    )
    assert found.known and found.fix


@pytest.mark.parametrize(
    "text", ["", "hello", "delivered: 250 2.0.0 OK", "192.5.1.1 connected", "the answer is 5.7", "\0\x1b[31m" * 50]
)
def test_what_is_no_refusal_is_said_to_be_unknown(text: str) -> None:
    found = decode(text)
    assert not found.known
    assert found.code == "" and found.status == ""
    assert found.lasting is None


def test_an_address_in_the_text_is_no_code() -> None:
    found = decode("connect to 203.5.7.26: 450 4.4.1 no answer from 198.51.100.4")
    assert (found.code, found.status) == ("450", "4.4.1")


def test_a_code_nobody_lists_is_told_as_unknown_but_with_its_class() -> None:
    found = decode("550 5.9.99 something of our own")
    assert (found.code, found.status, found.lasting) == ("550", "5.9.99", True)


@pytest.mark.parametrize("number", range(len(table())))
def test_every_row_is_whole(number: int) -> None:
    row = table()[number]
    assert row.status or row.code or row.says
    assert not (row.says and re.search(row.says, ""))
    assert row.says == row.says.lower()
    for words in (row.cause, row.fix):
        assert words[0].isupper() or words.startswith(("iCloud", "`"))
        assert not words.endswith(".") and len(words) < 190


def test_every_general_enhanced_code_has_a_meaning() -> None:
    """Subjects and details of RFC 3463 section 3."""
    details = {1: range(9), 2: range(5), 3: range(6), 4: range(8), 5: range(6), 6: range(6), 7: (0, 1, 2, 4)}
    for subject, every in details.items():
        for detail in every:
            if (subject, detail) not in ((1, 5),):  # 1.5 says that the address is valid
                assert decode(f"550 5.{subject}.{detail} no").known, (subject, detail)


def test_reading_is_bounded() -> None:
    assert decode("550 5.1.1 no such user\n" + "x" * 10_000_000).kind == "no-mailbox"


def test_the_command_says_cause_fix_and_whether_to_try_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", "bounce", "550", "5.7.515", "Access denied, sending domain a.test"]) == 0
    out = capsys.readouterr().out
    assert "550 5.7.515  Outlook" in out and "_dmarc TXT" in out and "Permanent" in out
    assert run(["inspect", "bounce", "no words that anybody knows"]) == 1
    assert "unknown; only the server" in capsys.readouterr().out


def test_a_returned_mail_comes_by_stdin_and_json_lines_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(REPORT.encode())))
    assert run(["inspect", "bounce", "-", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "5.7.26"
    monkeypatch.setattr(
        "sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"text": "550 5.1.1 no"}\n\n{"words": 1}\nno json\n'))
    )
    assert run(["inspect", "bounce", "-"]) == 1
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row.get("kind") for row in rows] == ["no-mailbox", None, None]
    assert ["error" in row for row in rows] == [False, True, True]


REPLIES = [
    tuple(part.strip() for part in line.split("|", 2))
    for line in (Path(__file__).parent / "data" / "replies.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


def test_the_table_knows_what_vendors_publish() -> None:
    """At least 95 % of causes, and every provider."""
    wrong = [(kind, made.kind, text) for kind, _, text in REPLIES if (made := decode(text)).kind != kind]
    assert len(REPLIES) >= 150
    assert len(wrong) <= len(REPLIES) * 0.05, wrong
    assert [(provider, text) for _, provider, text in REPLIES if decode(text).provider != provider] == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (
            "554 5.7.9 Message not accepted for policy reasons. See https://postmaster.yahooinc.com/error-codes",
            "policy",
        ),
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", "no-mailbox"),
        ("554 5.7.1 This message was rejected due to shop.test's DMARC policy. support.apple.com", "authentication"),
        ("550 5.7.1 203.0.113.9 is not allowed to send from <shop@gmail.com> per it's SPF Record", "authentication"),
        ("550 5.7.1 Message scored as spam", "content"),
        ("552 Too many recipients", "rate"),
        ("550 Denied by policy", "policy"),
        ("450 4.7.1 Access denied. IP name lookup failed [203.0.113.9]", "reverse-dns"),
    ],
)
def test_single_replies_decode_right(text: str, kind: str) -> None:
    assert decode(text).kind == kind


RETURNED = """
--b
Content-Type: message/rfc822

Received: from mail-x.google.com with ESMTPS; Content-Type: 550 5.7.26 spam gsmtp
DKIM-Signature: v=1; d=shop.test
Subject: dmarc spam spamhaus yahoo.com, Status: 5.7.26
Content-Type: text/plain
"""
HEAD = """\
From: MAILER-DAEMON@outlook.com
Subject: Undelivered: your content on gmail
Content-Type: multipart/report; report-type=delivery-status
X-Spam: 554 5.7.1 spamhaus

"""


@pytest.mark.parametrize(
    ("reply", "code", "status", "provider", "kind"),
    [
        ("550 5.1.1 User unknown", "550", "5.1.1", "", "no-mailbox"),
        ("552 Requested action aborted", "552", "", "", "mailbox-full"),
        ("554 Denied by policy gsmtp", "554", "", "gmail", "policy"),
    ],
)
@pytest.mark.parametrize(
    "around",
    [
        "Reporting-MTA: dns; out.google.com\nFinal-Recipient: rfc822; a@yahoo.com\nStatus: {class}.0.0\n"
        "Diagnostic-Code: smtp; {reply}\n",
        "<a@yahoo.com>: host mx.b.test[192.0.2.1] said: {reply}\n",
        "a@yahoo.com\n  SMTP error from remote mail server after RCPT TO:<a@yahoo.com>:\n  {reply}\n",
        "The response from the remote server was:\n\n{reply}\n",
        "Remote Server returned '{reply}'\n",
        "{reply}\n",
    ],
)
def test_the_cause_is_never_read_from_the_returned_mail_or_a_header(
    around: str, reply: str, code: str, status: str, provider: str, kind: str
) -> None:
    found = decode(HEAD + around.replace("{class}", "5").replace("{reply}", reply) + RETURNED)
    assert (found.code, found.provider, found.kind) == (code, provider, kind)
    assert found.status == (status or ("5.0.0" if "Status" in around else ""))


def test_the_host_that_answered_names_the_provider() -> None:
    assert decode("host mx-eu.mail.am0.yahoodns.net[192.0.2.7] said: 550 no").provider == "yahoo"
    assert decode("Remote-MTA: dns; gmail-smtp-in.l.google.com\nDiagnostic-Code: smtp; 550 no").provider == "gmail"
    assert decode("Remote-MTA: dns; mx.b.test\nDiagnostic-Code: smtp; 550 no <a@gmail.com>").provider == ""


@pytest.mark.parametrize(
    "piece", ["a", "a.", "@", "said:", "Status: ", "status:\n ", "X-a:\n b\n", "--", "<", "5.7.1 "]
)
def test_a_hostile_report_is_read_in_linear_time(piece: str) -> None:
    began = time.process_time()
    decode(piece * (65_536 // len(piece)))
    assert time.process_time() - began < 2
