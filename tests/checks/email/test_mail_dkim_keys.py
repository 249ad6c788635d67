"""Key records of RFC 6376: what is read, what is wrong, and what email.dkim makes of selectors and services."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from fake_outside import NOW, FakeWorld, failure, found, launch, said
from hypothesis import given
from hypothesis import strategies as st

from launchready_tui.checks.email.dkim import dkim
from launchready_tui.facts import MailSender
from launchready_tui.journal import TrialRow
from launchready_tui.launch.model import Email
from launchready_tui.mail.auth import senders
from launchready_tui.mail.auth.dkim_record import is_key, pointed, read
from launchready_tui.mail.flow.model import KIND, Message, Signer, Trial, encode

D = "shop.test"


def der(tag: int, body: bytes) -> bytes:
    size = len(body)
    head = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + head + body


def rsa(bits: int, *, bare: bool = False) -> str:
    """A public key with a modulus of so many bits: the right shape, and nobody's key."""
    modulus = ((1 << (bits - 1)) | 0x5A5A5A5B).to_bytes(bits // 8, "big")
    key = der(0x30, der(0x02, b"\x00" + modulus) + der(0x02, b"\x01\x00\x01"))
    if not bare:
        algorithm = der(0x30, bytes.fromhex("06092a864886f70d010101") + b"\x05\x00")
        key = der(0x30, algorithm + der(0x03, b"\x00" + key))
    return base64.b64encode(key).decode()


GOOD = f"v=DKIM1; k=rsa; p={rsa(2048)}"
ED = f"v=DKIM1; k=ed25519; p={base64.b64encode(bytes(range(32))).decode()}"


@pytest.mark.parametrize(
    ("text", "flaws", "kind", "bits"),
    [
        (GOOD, [], "rsa", 2048),
        (f"p={rsa(2048, bare=True)}", [], "rsa", 2048),
        (f"v=DKIM1;p={rsa(4096)};", [], "rsa", 4096),
        (f"v=DKIM1; h=sha1:sha256; s=*:other; n=a note; p={rsa(2048)}", [], "rsa", 2048),
        (f"v=DKIM1; p={rsa(2048)[:60]} {rsa(2048)[60:]}", [], "rsa", 2048),
        (ED, [], "ed25519", 256),
        (f"v=DKIM1; p={rsa(1024)}", ["short"], "rsa", 1024),
        (f"v=DKIM1; p={rsa(768)}", ["size"], "rsa", 768),
        ("v=DKIM1; p=", ["revoked"], "rsa", 0),
        ("v=DKIM1; k=rsa", ["broken"], "rsa", 0),
        (f"v=DKIM2; p={rsa(2048)}", ["broken"], "rsa", 2048),
        (f"v=dkim1; p={rsa(2048)}", ["broken"], "rsa", 2048),
        (f"k=rsa; v=DKIM1; p={rsa(2048)}", ["broken"], "rsa", 2048),
        (f"v=DKIM1; k=dsa; p={rsa(2048)}", ["broken"], "other", 0),
        (f"v=DKIM1; p={rsa(2048)[:200]}", ["broken"], "rsa", 0),
        (f"v=DKIM1; p={rsa(2048)}{rsa(2048)}", ["broken"], "rsa", 0),
        (f'v=DKIM1; p="{rsa(2048)}"', ["broken"], "rsa", 0),
        (f"v=DKIM1; k=ed25519; p={rsa(2048)}", ["broken"], "ed25519", 0),
        (f"v=DKIM1; p={rsa(2048)}; p={rsa(2048)}", ["broken"], "rsa", 2048),
        (f"v=DKIM1; h=sha1; p={rsa(2048)}", ["sha1"], "rsa", 2048),
        (f"v=DKIM1; s=tlsrpt; p={rsa(2048)}", ["service"], "rsa", 2048),
        (f"v=DKIM1; t=y:s; p={rsa(2048)}", ["testing", "strict"], "rsa", 2048),
        (f"v=DKIM1; t=y; h=sha1; p={rsa(512)}", ["sha1", "testing", "size"], "rsa", 512),
    ],
)
def test_a_key_record_is_read(text: str, flaws: list[str], kind: str, bits: int) -> None:
    key = read(text)
    assert ([problem.flaw for problem in key.problems], key.kind, key.bits) == (flaws, kind, bits)
    assert key.usable == (not {"broken", "revoked", "size", "sha1", "service"} & set(flaws))


def test_a_problem_is_pointed_at() -> None:
    raw, marks = pointed(read("v=DKIM1; t=y; p=")).splitlines()
    assert raw == "v=DKIM1; t=y; p="
    assert marks == "         ^^^  ^^"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD, True),
        ("p=", True),
        (" v = DKIM1 ", True),
        ("v=spf1 -all", False),
        ("v=DMARC1; p=none", False),
        ("hello", False),
    ],
)
def test_what_is_meant_as_a_key(text: str, expected: bool) -> None:
    assert is_key(text) == expected


@given(st.text(max_size=120))
def test_any_text_can_be_read(text: str) -> None:
    pointed(read(text))
    pointed(read(f"v=DKIM1; {text}; p={text}"))
    is_key(text)


def world(*, selectors: tuple[str, ...] = (), services: tuple[str, ...] = (), **records: str) -> FakeWorld:
    made = FakeWorld(launch(email=Email(senders=services, selectors=selectors)))
    made.dns.set(D, "A", "203.0.113.1")
    for selector, text in records.items():
        made.dns.set(f"{selector}._domainkey.{D}", "TXT", *text.split("|"))
    return made


def key(selector: str) -> str:
    return f"{selector}._domainkey.{D}"


@pytest.mark.parametrize(
    ("selectors", "services", "records", "rule", "subject", "expected"),
    [
        (("a",), (), {"a": GOOD}, "key", key("a"), "pass"),
        (("a",), (), {}, "missing", key("a"), "fail blocker"),
        (("a",), (), {"a": "v=spf1 -all"}, "missing", key("a"), "fail blocker"),
        (("a",), (), {"a": "v=DKIM1; p="}, "revoked", key("a"), "fail blocker"),
        (("a",), (), {"a": f"v=DKIM1; p={rsa(768)}"}, "size", key("a"), "fail blocker"),
        (("a",), (), {"a": f"v=DKIM1; p={rsa(1024)}"}, "size", key("a"), "warn low"),
        (("a",), (), {"a": "v=DKIM1; p=AAAA"}, "broken", key("a"), "fail blocker"),
        (("a",), (), {"a": f"v=DKIM1; h=sha1; p={rsa(2048)}"}, "sha1", key("a"), "fail blocker"),
        (("a",), (), {"a": f"v=DKIM1; s=x; p={rsa(2048)}"}, "service", key("a"), "fail blocker"),
        (("a",), (), {"a": f"v=DKIM1; t=y; p={rsa(2048)}"}, "testing", key("a"), "warn medium"),
        (("a",), (), {"a": f"v=DKIM1; t=s; p={rsa(2048)}"}, "strict", key("a"), "info"),
        (("a",), (), {"a": f"{GOOD}|{GOOD}"}, "multiple", key("a"), "fail high"),
        (("a",), (), {"a": f"{GOOD}|v=spf1 -all"}, "multiple", key("a"), "absent"),
        (("a",), (), {"a": ED}, "algorithm", D, "warn medium"),
        (("a", "b"), (), {"a": ED, "b": GOOD}, "algorithm", D, "absent"),
        # Services with fixed selectors are found without a word in the launch file.
        ((), ("resend",), {"resend": GOOD}, "key", key("resend"), "pass"),
        ((), ("resend",), {"other": GOOD}, "missing", "Resend", "fail blocker"),
        ((), ("sendgrid",), {"s2": GOOD}, "missing", "SendGrid", "absent"),
        ((), ("fastmail",), {"fm1": GOOD, "fm2": "v=DKIM1; p="}, "revoked", key("fm2"), "info"),
        # Services whose accounts have selectors of their own cannot be found.
        ((), ("ses",), {"other": GOOD}, "selector", "Amazon SES", "unknown blocker"),
        ((), ("ses",), {}, "missing", "Amazon SES", "fail blocker"),
        (("x1y2",), ("ses",), {"x1y2": GOOD}, "selector", "Amazon SES", "absent"),
        (("google",), ("ses", "google-workspace"), {"google": GOOD}, "selector", "Amazon SES", "unknown blocker"),
        # Nothing declared: what the usual selectors show.
        ((), (), {"google": GOOD}, "key", key("google"), "pass"),
        ((), (), {"rare": GOOD}, "selector", D, "unknown blocker"),
        ((), (), {}, "missing", D, "fail blocker"),
    ],
)
async def test_selectors_and_services(
    selectors: tuple[str, ...],
    services: tuple[str, ...],
    records: dict[str, str],
    rule: str,
    subject: str,
    expected: str,
) -> None:
    assert said(await found(dkim, world(selectors=selectors, services=services, **records)), rule, subject) == expected


@pytest.mark.parametrize(
    ("selectors", "services", "subject"), [(("a",), (), key("a")), ((), ("resend",), "Resend"), ((), (), D)]
)
@pytest.mark.parametrize("kind", ["servfail", "timeout"])
async def test_a_failed_look_up_is_never_a_missing_key(
    selectors: tuple[str, ...], services: tuple[str, ...], subject: str, kind: str
) -> None:
    made = world(selectors=selectors, services=services)
    for selector in ("a", *senders.usual_selectors()):
        made.dns.fail(key(selector), "TXT", kind)
    findings = await found(dkim, made)
    assert said(findings, "missing", subject) == "unknown blocker"
    assert {finding.state.value for finding in findings.values()} == {"unknown"}
    assert failure(kind).words in findings["missing", subject].evidence[-1].text


async def test_a_selector_may_belong_to_a_sending_domain_of_its_own() -> None:
    made = world(selectors=("a",), services=(f"news.{D}",))
    made.dns.set(f"a._domainkey.news.{D}", "TXT", GOOD)
    findings = await found(dkim, made)
    assert [(name, finding.state.value) for name, finding in findings.items()] == [
        (("key", f"a._domainkey.news.{D}"), "pass")
    ]


@pytest.mark.parametrize(
    ("selectors", "services", "records", "rule", "subject", "senders_"),
    [
        (("a",), (), {"a": GOOD}, "key", key("a"), [("", ("a",))]),
        (("a",), (), {"b": GOOD}, "missing", key("a"), [("", ("a",))]),
        (("google",), (), {"google": "v=DKIM1; p="}, "revoked", key("google"), [("Google Workspace", ("google",))]),
        ((), ("sendgrid",), {"s2": GOOD}, "key", key("s2"), [("SendGrid", ("s2",))]),
        ((), ("sendgrid",), {"other": GOOD}, "missing", "SendGrid", [("SendGrid", ("s1", "s2"))]),
        ((), ("ses",), {"other": GOOD}, "selector", "Amazon SES", [("Amazon SES", ())]),
        ((), (), {"rare": GOOD}, "selector", D, []),
    ],
)
async def test_a_key_says_as_a_fact_whose_it_may_be(
    selectors: tuple[str, ...],
    services: tuple[str, ...],
    records: dict[str, str],
    rule: str,
    subject: str,
    senders_: list[tuple[str, tuple[str, ...]]],
) -> None:
    finding = (await found(dkim, world(selectors=selectors, services=services, **records)))[rule, subject]
    seen = [fact for fact in finding.facts if isinstance(fact, MailSender)]
    assert {fact.domain for fact in seen} <= {D}
    assert [(fact.service, fact.selectors) for fact in seen] == senders_


async def test_the_remedy_says_where_the_service_shows_its_record() -> None:
    findings = await found(dkim, world(services=("sendgrid",), other=GOOD))
    remedy = findings["missing", "SendGrid"].remedy
    assert remedy is not None and "Sender Authentication" in remedy.text
    assert remedy.paste == f"s1._domainkey.{D}. 3600 IN CNAME <target that SendGrid shows>."


async def test_a_remedy_is_told_in_the_form_of_the_dns_host_in_use() -> None:
    made = world(services=("resend",), other=GOOD)
    made.dns.set(D, "NS", "amy.ns.cloudflare.com", "bob.ns.cloudflare.com")
    remedy = (await found(dkim, made))["missing", "Resend"].remedy
    assert remedy is not None and remedy.where == "Cloudflare DNS"
    assert remedy.paste.splitlines() == [
        "# Cloudflare: your domain > DNS > Records > Add record",
        "Type     TXT",
        "Name     resend._domainkey",
        "Content  v=DKIM1; k=rsa; p=<key that Resend shows>",
        "",
        "# as zone file lines",
        f'resend._domainkey.{D}. 3600 IN TXT "v=DKIM1; k=rsa; p=<key that Resend shows>"',
    ]


def test_every_service_of_the_table_is_a_known_sender() -> None:
    from launchready_tui.checks.audit.providers import table

    assert [row.name for row in senders.services()] == [row.name for row in table().sender]
    for row in senders.services():
        assert row.selectors or row.own, row.name
        assert row.style == "txt" or row.target, row.name


def test_the_service_behind_a_key_is_told_by_its_alias() -> None:
    owner = senders.behind("s1.domainkey.u123.wl.sendgrid.net.")
    assert owner is not None and owner.name == "SendGrid"
    assert senders.behind("sendgrid.net.evil.test") is None


def delivered(made: FakeWorld, *signers: tuple[str, str], flow: str = "verification", days: int = 1) -> None:
    """A mail that came to a test mailbox, signed so."""
    message = Message(
        sender=D,
        subject="Hello",
        signers=tuple(Signer(domain=domain, selector=selector, result="pass") for selector, domain in signers),
    )
    at = NOW - timedelta(days=days)
    trial = Trial(
        flow=flow,  # type: ignore[arg-type]
        mailbox="gmail",
        kind="gmail",
        tag="lr-1",
        recipient="t+lr-1@gmail.com",
        by="paste",
        started_at=at,
        outcome="arrived",
        message=message,
    )
    row = TrialRow(1, KIND, "", "", at, encode(trial))
    made.trials = lambda kind: [row] if kind == KIND else []


@pytest.mark.parametrize(
    ("records", "signers", "rule", "subject", "expected"),
    [
        ({"rare": GOOD}, [("rare", D)], "key", key("rare"), "pass"),
        ({"rare": GOOD}, [("rare", D)], "learned", key("rare"), "info"),
        ({"rare": GOOD}, [("rare", D)], "selector", D, "absent"),
        ({"other": GOOD}, [("rare", D)], "missing", key("rare"), "fail blocker"),
        ({"rare": "v=DKIM1; p="}, [("rare", D)], "revoked", key("rare"), "fail blocker"),
        ({"rare": f"v=DKIM1; p={rsa(768)}"}, [("RARE", D.upper())], "size", key("rare"), "fail blocker"),
        ({"rare": GOOD}, [("rare", "esp.test")], "selector", D, "unknown blocker"),
        ({"rare": GOOD}, [("rare", f"news.{D}")], "missing", f"rare._domainkey.news.{D}", "fail blocker"),
    ],
)
async def test_selectors_of_delivered_mails_are_known(
    records: dict[str, str], signers: list[tuple[str, str]], rule: str, subject: str, expected: str
) -> None:
    made = world(**records)
    delivered(made, *signers)
    assert said(await found(dkim, made), rule, subject) == expected


async def test_a_delivered_mail_answers_for_a_service_with_selectors_of_its_own() -> None:
    made = world(services=("ses",), x1y2=GOOD)
    delivered(made, ("x1y2", D))
    findings = await found(dkim, made)
    assert said(findings, "selector", "Amazon SES") == "absent"
    assert findings["learned", key("x1y2")].remedy.paste == '[email]\nselectors = ["x1y2"]'  # type: ignore[union-attr]


async def test_what_the_launch_file_names_is_not_learned_and_an_old_mail_is_forgotten() -> None:
    made = world(selectors=("rare",), rare=GOOD)
    delivered(made, ("rare", D))
    assert {rule for rule, _ in await found(dkim, made)} == {"key"}
    made = world(rare=GOOD)
    delivered(made, ("rare", D), days=31)
    assert said(await found(dkim, made), "selector", D) == "unknown blocker"


@pytest.mark.parametrize("kind", ["servfail", "timeout"])
async def test_the_key_of_a_delivered_mail_that_cannot_be_looked_up_is_not_missing(kind: str) -> None:
    made = world()
    delivered(made, ("rare", D))
    made.dns.fail(key("rare"), "TXT", kind)
    finding = (await found(dkim, made))["missing", key("rare")]
    assert finding.state.value == "unknown" and failure(kind).words in finding.summary
