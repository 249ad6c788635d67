"""What email.flows, email.inbox and email.fallback make of the tests and refusals that were kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from fake_outside import NOW, FakeWorld, found, said

from launchready_tui import roadmap
from launchready_tui.checks.email.fallback import fallback
from launchready_tui.checks.email.flows import flaws_of, flows
from launchready_tui.checks.email.inbox import TABS, inbox
from launchready_tui.facts import MailTest
from launchready_tui.findings import WHOLE_LAUNCH, CheckResult, worst
from launchready_tui.journal import JournalError, TrialRow
from launchready_tui.launch.decisions import Decisions
from launchready_tui.launch.model import Launch, Mailbox, MailFlow, Settings
from launchready_tui.mail.flow import session
from launchready_tui.mail.flow.bounce import decode
from launchready_tui.mail.flow.model import KIND, REFUSAL, SENT, Link, Message, Refusal, Trial, Unsubscribe, encode
from launchready_tui.mail.flow.reading import shown, words_of
from launchready_tui.verdict import judge
from launchready_tui.verdict.mailtests import mail_tests

LAUNCH = Launch(name="Shop", domain="shop.test", canonical="https://shop.test/")
GMAIL = Mailbox(name="gmail", address="tests@gmail.com", kind="gmail", login="gmail-app")
GOOD = Message(
    sender="shop.test",
    subject="Hello",
    receiver="mx.google.com",
    told_by="receiver",
    spf="pass",
    dkim="pass",
    dmarc="pass",
    aligned=True,
    aligned_by="DKIM for shop.test",
    text_part=True,
    links=(Link(shown="https://shop.test/verify/…", host="shop.test", secure=True, status=200, opened=True),),
)


HERE = {"told_by": "console", "receiver": "", "spf": "", "dmarc": ""}
"""A receiver that writes nothing."""


def link(**more: Any) -> Link:
    given = {"shown": "https://shop.test/x", "host": "shop.test", "secure": True, "opened": True}
    return Link(**{**given, **more})


def trial(flow: str = "verification", mailbox: str = "gmail", kind: str = "gmail", **more: Any) -> Trial:
    given: dict[str, Any] = {
        "tag": "lr-1",
        "recipient": "tests+lr-1@gmail.com",
        "by": "route",
        "started_at": NOW,
        "outcome": "arrived",
        "seconds": 4.0,
        "folder": "INBOX",
        "where": "inbox",
        "tab": "primary",
        "message": GOOD,
    }
    return Trial(flow=flow, mailbox=mailbox, kind=kind, **{**given, **more})  # type: ignore[arg-type]


def world(*kept: Trial | Refusal, launch: Launch = LAUNCH) -> FakeWorld:
    """`kept` newest first."""
    made = FakeWorld(launch)
    rows = [
        TrialRow(len(kept) - at, KIND if isinstance(one, Trial) else REFUSAL, "", "", NOW, encode(one))
        for at, one in enumerate(kept)
    ]
    made.trials = lambda kind: [row for row in rows if row.kind == kind]  # type: ignore[attr-defined]
    return made


async def test_nothing_declared_and_nothing_tested_is_a_question_for_a_person() -> None:
    for check in (flows, inbox, fallback):
        findings = await found(check, world())
        assert {finding.state.value for finding in findings.values()} == {"info"}
        assert all(finding.remedy for finding in findings.values())


async def test_a_good_test_passes_and_the_others_are_still_to_be_made() -> None:
    launch = msgspec.structs.replace(LAUNCH, flows=(MailFlow(name="verification"), MailFlow(name="invite", sent=False)))
    findings = await found(flows, world(trial(), launch=launch))
    assert said(findings, "arrived", "verification mail, gmail") == "pass"
    assert said(findings, "untested", "password reset") == "unknown blocker"
    assert said(findings, "not-sent-at-all", "invitation") == "not-applicable"
    assert said(findings, "untested", "receipt") == "unknown high"


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "pass"),
        ({"aligned": None, "aligned_by": ""}, "absent"),
        ({"aligned": False}, "absent"),
        ({"dmarc": "fail"}, "absent"),
        ({"sender": "else.test"}, "absent"),
        (
            {
                "links": (
                    Link(
                        shown="https://shop.test/x",
                        host="shop.test",
                        secure=True,
                        status=404,
                        opened=True,
                        problem="not found (404)",
                    ),
                )
            },
            "pass",
        ),
    ],
)
async def test_alignment_is_a_finding_of_its_own(changes: dict[str, Any], state: str) -> None:
    findings = await found(flows, world(trial(message=msgspec.structs.replace(GOOD, **changes))))
    assert said(findings, "aligned", "verification mail, gmail") == state


@pytest.mark.parametrize(
    ("leave", "state"),
    [
        (Unsubscribe(offered=True, host="shop.test"), "pass"),
        (Unsubscribe(), "fail high"),
        (Unsubscribe(offered=True, problems=("its address answers status 405 to a POST",)), "fail high"),
    ],
)
async def test_one_click_is_a_finding_of_a_mail_that_advertises(leave: Unsubscribe, state: str) -> None:
    launch = msgspec.structs.replace(LAUNCH, flows=(MailFlow(name="notification", marketing=True),))
    kept = trial("notification", message=msgspec.structs.replace(GOOD, unsubscribe=leave))
    findings = await found(flows, world(kept, launch=launch))
    assert said(findings, "unsubscribe", "notification, gmail") == state
    plain = msgspec.structs.replace(LAUNCH, flows=(MailFlow(name="notification"),))
    assert said(await found(flows, world(kept, launch=plain)), "unsubscribe", WHOLE_LAUNCH) == "not-applicable"


async def test_only_the_newest_test_of_a_mail_in_a_mailbox_counts() -> None:
    findings = await found(flows, world(trial(), trial(outcome="not-arrived", message=None)))
    assert said(findings, "arrived", "verification mail, gmail") == "pass"
    assert said(findings, "not-arrived", "verification mail, gmail") == "absent"


async def test_an_old_test_says_nothing_any_more() -> None:
    findings = await found(flows, world(trial(started_at=NOW - timedelta(days=31))))
    assert said(findings, "outdated", "verification mail, gmail") == "unknown high"
    assert (
        said(await found(inbox, world(trial(started_at=NOW - timedelta(days=31)))), "inbox", "verification mail, gmail")
        == "absent"
    )


@pytest.mark.parametrize(
    ("changes", "rule", "state"),
    [
        ({"outcome": "not-arrived", "message": None}, "not-arrived", "fail blocker"),
        ({"outcome": "not-sent", "message": None}, "not-sent", "fail blocker"),
        ({"outcome": "could-not-look", "message": None}, "could-not-look", "unknown blocker"),
        ({"message": None}, "malformed", "fail blocker"),
        ({"seconds": 90.0}, "late", "warn medium"),
        ({"spf": "fail", "dkim": "none", "dmarc": "fail", "aligned": False}, "unauthenticated", "fail blocker"),
        ({"dmarc": "fail", "aligned": False}, "unaligned", "fail high"),
        ({"dmarc": "fail"}, "authentication", "fail high"),
        ({"spf": "softfail"}, "authentication", "warn medium"),
        ({"aligned": None}, "authentication", "unknown high"),
        ({"sender": ""}, "sender", "fail blocker"),
        ({"sender": "mailer.test"}, "sender", "warn medium"),
        ({"missing": ("Your code",)}, "content", "fail high"),
        ({"text_part": False}, "text-part", "warn low"),
        ({"problems": ("it has no Date",)}, "header", "warn medium"),
        ({**HERE, "dkim": "none", "aligned": None}, "authentication", "fail high"),
        ({**HERE, "dkim": "fail", "aligned": None}, "authentication", "fail high"),
        ({**HERE, "aligned": False}, "authentication", "unknown high"),
        ({"links": (link(problem="not found (404)"), link())}, "link-broken", "fail blocker"),
        ({"links": (link(problem="no answer in time", unseen=True),)}, "link-unseen", "unknown medium"),
        ({"links": (link(secure=False), link(secure=False, shown="http://shop.test/b"))}, "link-insecure", "fail high"),
        ({"links": (link(names="bank.test"),)}, "link-misleads", "warn medium"),
        ({"links": (link(host="a.test"), link(host="b.test"))}, "link-host", "warn low"),
    ],
)
async def test_each_flaw_is_a_finding_with_its_weight(changes: dict[str, Any], rule: str, state: str) -> None:
    own = {key: value for key, value in changes.items() if key in Trial.__struct_fields__}
    rest = {key: value for key, value in changes.items() if key not in own}
    made = trial(**({"message": msgspec.structs.replace(GOOD, **rest)} if rest else {}), **own)
    findings = await found(flows, world(made))
    assert said(findings, rule, "verification mail, gmail") == state
    finding = findings[rule, "verification mail, gmail"]
    assert "the verification mail" in finding.summary.lower() and finding.remedy is not None
    assert finding in flaws_of(LAUNCH, made)
    passes = not state.startswith("fail") and made.outcome == "arrived"
    assert said(findings, "arrived", "verification mail, gmail") == ("pass" if passes else "absent")


async def test_a_receipt_that_is_missing_is_no_blocker() -> None:
    findings = await found(flows, world(trial("receipt", outcome="not-arrived", message=None)))
    assert said(findings, "not-arrived", "receipt, gmail") == "fail high"


@pytest.mark.parametrize(
    ("mail", "state"),
    [("verification", "fail blocker"), ("password-reset", "fail blocker"), ("invite", "fail high")],
)
async def test_a_dead_link_stops_the_launch_where_it_is_the_way_in(mail: str, state: str) -> None:
    dead = msgspec.structs.replace(GOOD, links=(link(problem="not found (404)"),))
    findings = await found(flows, world(trial(mail, message=dead)))
    (told,) = [finding for (rule, _), finding in findings.items() if rule == "link-broken"]
    assert f"{told.state} {told.severity}" == state


async def test_a_test_is_a_fact() -> None:
    findings = await found(flows, world(trial()))
    assert findings["arrived", "verification mail, gmail"].fact(MailTest) == MailTest(
        mail="verification",
        mailbox="gmail",
        folder="INBOX",
        tab="primary",
        seconds=4.0,
        receiver="mx.google.com",
        spf="pass",
        dkim="pass",
        dmarc="pass",
        at=NOW,
    )
    findings = await found(flows, world(trial(outcome="not-arrived", message=None, folder="", tab="", seconds=None)))
    fact = findings["not-arrived", "verification mail, gmail"].fact(MailTest)
    assert fact == MailTest(mail="verification", mailbox="gmail", at=NOW)


async def test_where_the_mails_land() -> None:
    findings = await found(
        inbox,
        world(
            trial(),
            trial("password-reset", where="spam", folder="[Gmail]/Spam", tab=""),
            trial("invite", tab="promotions"),
            trial("receipt", where="other", folder="Shop", tab=""),
            trial("notification", "outlook", "outlook", tab=""),
        ),
    )
    assert said(findings, "inbox", "verification mail, gmail") == "pass"
    assert said(findings, "spam", "password reset, gmail") == "fail high"
    assert said(findings, "tab", "invitation, gmail") == "warn medium"
    assert said(findings, "folder", "receipt, gmail") == "warn low"
    assert said(findings, "inbox", "notification, outlook") == "pass"
    assert not any(rule == "unseen" for rule, _ in findings)


@pytest.mark.parametrize("tab", sorted(TABS))
async def test_each_tab_is_said_by_its_name(tab: str) -> None:
    finding = (await found(inbox, world(trial(tab=tab))))["tab", "verification mail, gmail"]
    assert (finding.state.value, finding.message) == ("warn", tab)
    assert finding.summary == f"The verification mail lands under {tab.capitalize()}, where few people see it"
    assert finding.severity == ("medium" if tab == "promotions" else "low")


async def test_a_provider_that_nobody_looked_at_is_unseen() -> None:
    launch = msgspec.structs.replace(LAUNCH, mailboxes=(GMAIL,))
    findings = await found(inbox, world(launch=launch))
    assert said(findings, "unseen", "Gmail") == said(findings, "unseen", "Outlook") == "unknown medium"


def refusal(text: str) -> Refusal:
    seen = decode(text)
    return Refusal(**{name: getattr(seen, name) for name in Refusal.__struct_fields__})


async def test_refusals_are_decoded_and_do_not_answer_for_a_person() -> None:
    findings = await found(
        fallback, world(refusal("550 5.7.26 gsmtp"), refusal("450 4.2.0 greylisted"), refusal("550 5.1.1 no such user"))
    )
    assert said(findings, "refused", "gmail: authentication") == "fail high"
    assert said(findings, "refused", "a mail server: greylisting") == "info"
    assert said(findings, "refused", "a mail server: no-mailbox") == "info"
    assert said(findings, "not-confirmed", "launch") == "unknown medium"
    only = await found(fallback, world(refusal("550 5.1.1 no such user")))
    assert said(only, "not-confirmed", "launch") == "info"


async def test_a_journal_that_cannot_be_read_is_no_missing_test() -> None:
    made = world()

    def broken(kind: str) -> list[TrialRow]:
        raise JournalError(__import__("pathlib").Path("journal.sqlite3"), "broken")

    made.trials = broken  # type: ignore[attr-defined]
    for check in (flows, inbox, fallback):
        findings = await found(check, made)
        assert said(findings, "unreadable", "launch").startswith("unknown")


async def test_what_another_version_kept_is_passed_over() -> None:
    made = world(trial())
    rows = [TrialRow(9, KIND, "", "", NOW, '{"flow": "unheard"}'), *made.trials(KIND)]  # type: ignore[attr-defined]
    made.trials = lambda kind: rows if kind == KIND else []  # type: ignore[attr-defined]
    assert said(await found(flows, made), "arrived", "verification mail, gmail") == "pass"


# A run of tests


def test_one_tag_for_all_so_that_a_reset_meets_its_account() -> None:
    both = (MailFlow(name="password-reset"), MailFlow(name="verification"))
    planned = session.plan(LAUNCH, both, [GMAIL], NOW, [])
    assert [one.wanted.flow.name for one in planned] == ["verification", "password-reset"]
    assert len({one.wanted.tag for one in planned}) == 1


def test_a_reset_alone_goes_on_with_the_account_of_the_last_verification() -> None:
    rows = [TrialRow(2, KIND, "", "", NOW, encode(trial(tag="lr-failed", outcome="not-arrived")))]
    rows += [TrialRow(1, KIND, "", "", NOW, encode(trial(tag="lr-before")))]
    (planned,) = session.plan(LAUNCH, (MailFlow(name="password-reset"),), [GMAIL], NOW, rows)
    assert planned.wanted.tag == "lr-before"
    (planned,) = session.plan(LAUNCH, (MailFlow(name="password-reset"),), [GMAIL], NOW, rows, tag="mine")
    assert planned.wanted.tag == "mine"


def test_the_hours_limit_is_counted_before_anything_is_caused() -> None:
    from launchready_tui.launch.model import Route

    launch = msgspec.structs.replace(
        LAUNCH,
        settings=Settings(mails_per_hour=3),
        routes=(Route(name="forgot", url="https://shop.test/forgot", method="POST", body="{{email}}"),),
    )
    planned = session.plan(launch, (MailFlow(name="password-reset", route="forgot"),), [GMAIL], NOW, [])
    sent = [TrialRow(at, SENT, "", "", NOW - timedelta(minutes=at * 25), '"x"') for at in range(4)]
    session.check_limit(launch, planned, NOW, sent[:2])
    session.check_limit(launch, planned, NOW, [sent[3], sent[3], sent[3]])
    with pytest.raises(session.TooMany, match="at most 3"):
        session.check_limit(launch, planned, NOW, sent)
    by_hand = session.plan(launch, (MailFlow(name="password-reset"),), [GMAIL], NOW, [])
    session.check_limit(launch, by_hand, NOW, sent)


# Reading


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("https://app.shop.test/verify/eyJhbGciOi.x.y?next=/", "https://app.shop.test/verify/…?…"),
        ("https://shop.test/eyJhbGciOiJIUzI1NiJ9", "https://shop.test/…"),
        ("https://shop.test/", "https://shop.test/"),
        ("https://shop.test/r?token=abc#x", "https://shop.test/r?…"),
    ],
)
def test_a_link_is_shown_without_its_token(url: str, seen: str) -> None:
    assert shown(url) == seen


def test_the_words_of_a_mail_are_found_in_any_writing() -> None:
    raw = (
        b"Subject: =?utf-8?q?Dein_Schl=C3=BCssel?=\r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n"
        b"--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
        b"base64\r\n\r\nR3LDvMOfZSBhdXMgS8O2bG4=\r\n"
        b"--x\r\nContent-Type: text/html; charset=iso-8859-1\r\n\r\n<style>hidden</style><p>Pa\xdfwort "
        b"&auml;ndern</p>\r\n--x--\r\n"
    )
    words = words_of(raw)
    assert all(text.casefold() in words for text in ("Dein Schlüssel", "Grüße aus Köln", "Paßwort ändern"))
    assert "hidden" not in words
    assert words_of(b"\xff\x00garbage") == words_of(b"\xff\x00garbage")


async def test_each_tested_mail_is_one_row_with_its_place_and_its_worst() -> None:
    made = world(trial(), trial("password-reset", where="spam", folder="Spam", tab=""), trial("receipt", seconds=90.0))
    results = {}
    for check in (flows, inbox):
        findings = tuple(
            msgspec.structs.replace(
                one, evidence=tuple(msgspec.structs.replace(piece, text="(a text)") for piece in one.evidence)
            )
            for one in (await found(check, made)).values()
        )
        name = findings[0].check
        results[name] = CheckResult(
            check=name, state=worst([one.state for one in findings]), findings=findings, started_at=NOW, duration_ms=1
        )
    standings = judge(roadmap.load(), results, Decisions(), NOW).standings
    rows = {row.what: (row.state.value, row.where, row.told) for row in mail_tests(standings)}
    assert rows == {
        "verification mail, gmail": ("pass", "in INBOX, tab primary after 4.0 s", ""),
        "password reset, gmail": ("fail", "in Spam after 4.0 s", "The password reset lands in spam"),
        "receipt, gmail": (
            "warn",
            "in INBOX, tab primary after 90.0 s",
            "The receipt took 90 s to arrive: the limit is 60 s",
        ),
    }
