"""The mail loop against real servers: the market's backend and postfix send, a provider's exchanger authenticates,
dovecot keeps."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from mailnames import IMAP_HOST, PASSWORD, TOKEN

if TYPE_CHECKING:
    from conftest import Internet, Outcome

pytestmark = pytest.mark.netlab

ROUTE = """
[[routes]]
name = "{how}"
url = "https://api.flows.test/forgot?how={how}"
method = "POST"
body = '{{"email": "{{{{email}}}}"}}'
"""
LAUNCH = """\
name = "flows"
domain = "flows.test"
canonical = "https://flows.test/"

[permission]
by = "founder"
on = 2026-11-01
domains = ["flows.test"]

[[hosts]]
name = "api.flows.test"
role = "api"
{routes}
[[mailboxes]]
name = "seed"
address = "seed@{domain}"
host = "{host}"
login = "seed-mail"
auth = "{auth}"

[[flows]]
name = "password-reset"
route = "{how}"
contains = ["Reset your password"]
"""


@pytest.fixture
def mail(internet: Internet) -> Internet:
    if not internet.imap:
        pytest.skip(
            "postfix and dovecot need accounts of their own, and dovecot must be installed (dovecot-imapd, "
            "dovecot-lmtpd)"
        )
    return internet


def place(internet: Internet, how: str, auth: str = "password", domain: str = "seed-mail.test") -> Path:
    folder = internet.folder / "launch" / f"flows-{how}-{auth}-{domain}"
    folder.mkdir(parents=True, exist_ok=True)
    routes = "".join(ROUTE.format(how=one) for one in ("signed", "unsigned", "broken-link"))
    text = LAUNCH.format(routes=routes, how=how, auth=auth, domain=domain, host=IMAP_HOST)
    (folder / "launchready.toml").write_text(text)
    return folder


def run(internet: Internet, folder: Path, *argv: str, secret: str = PASSWORD) -> Outcome:
    env = {"LAUNCHREADY_SEED_MAIL": secret, "LAUNCHREADY_SEED_MAIL_HOSTS": IMAP_HOST}
    return internet.launchready(*argv, "--trust", cwd=folder, env=env)


def made(internet: Internet, folder: Path, *more: str, secret: str = PASSWORD) -> dict[str, Any]:
    outcome = run(internet, folder, "mail", "test", "--allow", "mail", "--format", "json", *more, secret=secret)
    assert outcome.code in (0, 1), outcome.err
    row: dict[str, Any] = json.loads(outcome.out)
    return {**row, "code": outcome.code, "err": outcome.err}


def states(internet: Internet, folder: Path) -> dict[str, str]:
    outcome = run(internet, folder, "check", "email.flows", "email.inbox", "--format", "json")
    report = json.loads(outcome.out)
    return {row["rule"]: row["state"] for row in report["findings"] if "seed" in row["subject"]}


def test_a_signed_mail_is_found_in_the_inbox_with_the_receivers_word(mail: Internet) -> None:
    folder = place(mail, "signed")
    row = made(mail, folder)
    assert (row["outcome"], row["where"], row["folder"], row["code"]) == ("arrived", "inbox", "INBOX", 0), row
    message = row["message"]
    assert (message["spf"], message["dkim"], message["dmarc"], message["told_by"]) == (
        "pass",
        "pass",
        "pass",
        "receiver",
    )
    assert [(link["shown"], link["status"]) for link in message["links"]] == [("https://api.flows.test/reset/…", 200)]
    assert row["findings"] == []
    print(f"the mail loop: {row['seconds']:.2f} s from the request to the mail found by IMAP")
    assert states(mail, folder) == {
        "email.flows.aligned": "pass",
        "email.flows.arrived": "pass",
        "email.inbox.inbox": "pass",
    }


def test_an_unsigned_mail_is_found_in_spam_and_said_to_be_unauthenticated(mail: Internet) -> None:
    folder = place(mail, "unsigned")
    row = made(mail, folder)
    assert (row["outcome"], row["where"], row["folder"], row["code"]) == ("arrived", "spam", "Spam", 1), row
    assert row["message"]["dmarc"] == "fail"
    assert {flaw["rule"] for flaw in row["findings"]} == {"unauthenticated"}
    assert states(mail, folder) == {"email.flows.unauthenticated": "fail", "email.inbox.spam": "fail"}


def test_a_dead_link_in_a_good_mail_is_found(mail: Internet) -> None:
    row = made(mail, place(mail, "broken-link"))
    assert (row["where"], {flaw["rule"] for flaw in row["findings"]}) == ("inbox", {"link-broken"})


def test_a_token_opens_the_mailbox(mail: Internet) -> None:
    row = made(mail, place(mail, "signed", "token"), secret=TOKEN)
    assert (row["outcome"], row["where"]) == ("arrived", "inbox"), row


def test_an_expired_token_causes_no_mail_and_says_so(mail: Internet) -> None:
    began = time.monotonic()
    row = made(mail, place(mail, "signed", "token"), secret="an-old-token-99")
    print(f"an expired token: told {time.monotonic() - began:.2f} s after the command was called")
    assert row["outcome"] == "could-not-look"
    assert "the token has expired" in row["problem"] and "an-old-token-99" not in json.dumps(row)
    assert "POST" not in row["err"]


def test_a_wrong_password_is_told(mail: Internet) -> None:
    outcome = run(mail, place(mail, "signed"), "mail", "look", secret="not-the-password")
    assert outcome.code == 1 and "the log-in was refused" in outcome.err


def test_the_folders_are_told_apart(mail: Internet) -> None:
    outcome = run(mail, place(mail, "signed"), "mail", "look")
    assert outcome.code == 0, outcome.err
    assert outcome.out.split() == ["inbox", "INBOX", "spam", "Spam"]


def test_a_receiver_that_greylists_gets_it_from_a_sender_that_tries_again(mail: Internet) -> None:
    row = made(mail, place(mail, "signed", domain="grey-mail.test"), "--wait", "60")
    assert (row["outcome"], row["where"]) == ("arrived", "inbox"), row
    assert row["seconds"] > 1


def test_a_refused_mail_does_not_arrive_and_its_refusal_is_decoded(mail: Internet) -> None:
    folder = place(mail, "signed", domain="refuse-mail.test")
    row = made(mail, folder, "--wait", "3")
    assert row["outcome"] == "not-arrived"
    log = Path(f"/var/log/{mail.folder.name}.log").read_text()
    line = next(line for line in log.splitlines() if "status=bounced" in line)
    outcome = run(mail, folder, "mail", "bounce", line)
    assert outcome.code == 0 and "550 5.7.26  Gmail" in outcome.out, outcome.err
    report = json.loads(run(mail, folder, "check", "email.fallback", "--format", "json").out)
    refused = [row for row in report["findings"] if row["rule"] == "email.fallback.refused"]
    assert [(row["subject"], row["state"]) for row in refused] == [("gmail: authentication", "fail")]


def test_without_consent_nothing_is_caused_and_it_is_said_what_would_be(mail: Internet) -> None:
    outcome = run(mail, place(mail, "signed"), "mail", "test")
    assert outcome.code == 2
    assert (
        "--allow mail" in outcome.err
        and "POST https://api.flows.test/forgot?how=signed" in outcome.err
        and "seed+lr" in outcome.err
    )


def test_a_saved_mail_is_judged_without_a_mailbox(mail: Internet) -> None:
    folder = place(mail, "signed")
    seed = mail.folder / "dovecot" / "mail" / "seed"
    kept = next(path for part in ("new", "cur") for path in sorted((seed / part).iterdir()))
    outcome = run(
        mail, folder, "mail", "judge", str(kept), "--flow", "password-reset", "--where", "inbox", "--provider", "gmail"
    )
    assert outcome.code == 0, outcome.out + outcome.err
    assert "DKIM pass" in outcome.out and "not opened" in outcome.out
