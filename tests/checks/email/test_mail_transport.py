"""MTA-STS, TLS-RPT, DANE and BIMI: their records by tables, and what email.transport makes of them."""

from __future__ import annotations

import pytest
from fake_outside import NOW, FakeWorld, certificate, failure, found, launch, page, reply, said, sight
from hypothesis import given
from hypothesis import strategies as st

from launchready_tui.checks.email.transport import transport
from launchready_tui.mail.auth.transport import bimi, mx_matches, starts, sts_policy, sts_record, tls_report, tlsa
from launchready_tui.world.sights import Signing

D = "shop.test"
MX = f"mail.{D}"
URL = f"https://mta-sts.{D}/.well-known/mta-sts.txt"
TEXT = ("content-type", "text/plain")
POLICY = f"version: STSv1\nmode: enforce\nmx: {MX}\nmax_age: 604800\n"


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("v=STSv1; id=20160831085700Z;", True),
        ("v=STSv1;id=1", True),
        ("v=STSv1;", False),
        ("v=STSv1; id=abc-def", False),
        ("v=STSv1; id=" + "a" * 33, False),
    ],
)
def test_sts_records(text: str, right: bool) -> None:
    assert starts(text, "STSv1") and (not sts_record(text).problems) == right


def test_a_version_is_a_whole_word_at_the_start() -> None:
    assert starts(" v = STSv1 ; id=1", "STSv1")
    assert not starts("v=STSv10; id=1", "STSv1") and not starts("id=1; v=STSv1", "STSv1")


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("version: STSv1\nmode: enforce\nmx: mail.example.com\nmx: *.example.net\nmax_age: 604800\n", True),
        ("version: STSv1\r\nmode: testing\r\nmx: mail.example.com\r\nmax_age: 86400\r\nmore: x\r\n", True),
        ("version: STSv1\nmode: none\nmax_age: 0", True),
        ("version: STSv1\nmode: enforce\nmax_age: 604800\n", False),
        ("mode: enforce\nmx: a.test\nmax_age: 1\n", False),
        ("version: STSv1\nmode: strict\nmx: a.test\nmax_age: 1\n", False),
        ("version: STSv1\nmode: enforce\nmx: a.test\nmax_age: 31557601\n", False),
        ("version: STSv1\nmode: enforce\nmx: a.test\nmax_age: a week\n", False),
        ("version: STSv1\nmode: enforce\nmx: a.*.test\nmax_age: 1\n", False),
        ("<!doctype html>", False),
    ],
)
def test_sts_policies(text: str, right: bool) -> None:
    assert (not sts_policy(text).problems) == right


@pytest.mark.parametrize(
    ("pattern", "host", "match"),
    [
        ("*.example.com", "mail.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "a.b.example.com", False),
        ("mail.example.com", "MAIL.example.com.", True),
    ],
)
def test_mx_patterns(pattern: str, host: str, match: bool) -> None:
    assert mx_matches(pattern, host) == match


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("v=TLSRPTv1;rua=mailto:reports@example.com", True),
        ("v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt", True),
        ("v=TLSRPTv1; rua=mailto:a@example.com,https://example.com/v1", True),
        ("v=TLSRPTv1;", False),
        ("v=TLSRPTv1; rua=a@example.com", False),
        ("v=TLSRPTv1; rua=http://example.com/", False),
    ],
)
def test_tls_reports(text: str, right: bool) -> None:
    assert (not tls_report(text).problems) == right


@pytest.mark.parametrize(
    ("record", "right"),
    [
        ("3 1 1 " + "ab" * 32, True),
        ("2 0 2 " + "ab" * 64, True),
        ("3 0 0 3082", True),
        ("1 1 1 " + "ab" * 32, False),
        ("3 1 1 " + "ab" * 31, False),
        ("3 1 9 abcd", False),
        ("three", False),
    ],
)
def test_tlsa_records(record: str, right: bool) -> None:
    assert (not tlsa(record).problem) == right


def test_bimi_records() -> None:
    assert not bimi("v=BIMI1; l=https://x.test/a.svg; a=https://x.test/a.pem").problems
    assert not bimi("v=BIMI1; l=; a=").problems
    assert bimi("v=BIMI1; l=http://x.test/a.svg").problems and bimi("v=BIMI1").problems


@given(st.text(max_size=150))
def test_any_text_can_be_read(text: str) -> None:
    for reader in (sts_record, sts_policy, tls_report, bimi, tlsa):
        reader(text)


def world() -> FakeWorld:
    made = FakeWorld(launch())
    made.dns.set(D, "MX", f"10 {MX}")
    made.dns.set(MX, "A", "203.0.113.25")
    made.dns.set(f"_dmarc.{D}", "TXT", "v=DMARC1; p=reject; rua=mailto:d@shop.test")
    made.dns.signings[D] = Signing(zone=D, state="valid", at=NOW)
    return made


def with_sts(text: str = POLICY, record: str = "v=STSv1; id=1") -> FakeWorld:
    made = world()
    made.dns.set(f"_mta-sts.{D}", "TXT", record)
    made.web.urls[URL] = reply(URL, 200, TEXT, body=text)
    made.tls.sights[MX] = sight(MX)
    return made


async def test_nothing_published_is_fine() -> None:
    findings = await found(transport, world())
    assert {finding.state.value for finding in findings.values()} == {"pass"}
    assert {rule for rule, _ in findings} == {"mta-sts", "tls-rpt", "dane", "bimi"}


@pytest.mark.parametrize(
    ("name", "version", "rule"),
    [
        (f"_mta-sts.{D}", "STSv1", "mta-sts"),
        (f"_smtp._tls.{D}", "TLSRPTv1", "tls-rpt"),
        (f"default._bimi.{D}", "BIMI1", "bimi"),
    ],
)
async def test_none_is_right_and_two_records_are_wrong(name: str, version: str, rule: str) -> None:
    made = world()
    finding = (await found(transport, made))[rule, D]
    assert (finding.state.value, finding.message) == ("pass", "absent")
    made.dns.set(name, "TXT", f"v={version}; a=1", f"v={version}; a=2")
    findings = await found(transport, made)
    assert said(findings, rule, D) == "fail low"
    assert findings[rule, D].values == {"name": name, "count": 2}


async def test_a_whole_setup_passes() -> None:
    made = with_sts()
    made.dns.set(f"_smtp._tls.{D}", "TXT", "v=TLSRPTv1; rua=mailto:tls@shop.test")
    made.dns.set(f"_25._tcp.{MX}", "TLSA", "3 0 1 " + "ab" * 32)
    made.dns.set(f"default._bimi.{D}", "TXT", "v=BIMI1; l=https://shop.test/a.svg")
    made.tls.sights[MX] = sight(MX, certificate(MX, sha256="ab" * 32))
    findings = await found(transport, made)
    assert {finding.state.value for finding in findings.values()} == {"pass"}
    assert said(findings, "mta-sts-certificate", MX) == "pass"


@pytest.mark.parametrize(
    ("change", "rule", "subject", "expected"),
    [
        ("two", "mta-sts", D, "fail low"),
        ("bad-id", "mta-sts", D, "fail low"),
        ("html", "mta-sts-policy", D, "fail low"),
        ("no-type", "mta-sts-policy", D, "fail low"),
        ("404", "mta-sts-policy", D, "fail low"),
        ("redirect", "mta-sts-policy", D, "fail low"),
        ("gone", "mta-sts-policy", D, "fail low"),
        ("certificate", "mta-sts-policy", D, "fail low"),
        ("slow", "mta-sts-policy", D, "unknown low"),
        ("mistake", "mta-sts-policy", D, "fail low"),
        ("other-mx", "mta-sts-mx", D, "fail high"),
        ("other-mx-testing", "mta-sts-mx", D, "warn medium"),
        ("mx-fails", "mta-sts-mx", D, "unknown low"),
        ("untrusted", "mta-sts-certificate", MX, "fail high"),
        ("no-starttls", "mta-sts-certificate", MX, "fail high"),
        ("blocked", "mta-sts-certificate", MX, "info"),
    ],
)
async def test_mta_sts(change: str, rule: str, subject: str, expected: str) -> None:
    made = with_sts()
    match change:
        case "two":
            made.dns.set(f"_mta-sts.{D}", "TXT", "v=STSv1; id=1", "v=STSv1; id=2")
        case "bad-id":
            made.dns.set(f"_mta-sts.{D}", "TXT", "v=STSv1; id=a-b")
        case "html":
            made.web.urls[URL] = page(URL)
        case "no-type":
            made.web.urls[URL] = reply(URL, 200, body=POLICY)
        case "404":
            made.web.urls[URL] = reply(URL, 404, TEXT)
        case "redirect":
            made.web.urls[URL] = reply(URL, 301, ("location", "https://shop.test/"))
        case "gone" | "certificate" | "slow":
            kind = {"gone": "no-such-name", "certificate": "certificate", "slow": "timeout"}[change]
            made.web.urls[URL] = failure(kind)
        case "mistake":
            made.web.urls[URL] = reply(URL, 200, TEXT, body="version: STSv1\n")
        case "other-mx":
            made.web.urls[URL] = reply(URL, 200, TEXT, body=POLICY.replace(MX, "mx.other.test"))
        case "other-mx-testing":
            made.web.urls[URL] = reply(
                URL, 200, TEXT, body=POLICY.replace(MX, "mx.other.test").replace("enforce", "testing")
            )
        case "mx-fails":
            made.dns.fail(D, "MX")
        case "untrusted":
            made.tls.sights[MX] = sight(MX, verify_code=18)
        case "no-starttls" | "blocked":
            made.tls.sights[MX] = failure("tls" if change == "no-starttls" else "timeout")
    assert said(await found(transport, made), rule, subject) == expected


@pytest.mark.parametrize(
    ("name", "rdtype", "records", "rule", "subject", "expected"),
    [
        (f"_smtp._tls.{D}", "TXT", ("v=TLSRPTv1; rua=tls@shop.test",), "tls-rpt", D, "fail low"),
        (f"_25._tcp.{MX}", "TLSA", ("3 1 1 " + "cd" * 32,), "dane", MX, "fail high"),
        (f"_25._tcp.{MX}", "TLSA", ("1 1 1 " + "cd" * 32,), "dane", MX, "fail medium"),
        (f"_25._tcp.{MX}", "TLSA", ("3 1 1 " + "cd" * 32, "3 1 1 " + "ef" * 32), "dane", MX, "pass"),
        (f"_25._tcp.{MX}", "TLSA", ("3 1 2 " + "cd" * 64,), "dane", MX, "info"),
        (f"default._bimi.{D}", "TXT", ("v=BIMI1; l=http://x/",), "bimi", D, "warn low"),
    ],
)
async def test_other_records(
    name: str, rdtype: str, records: tuple[str, ...], rule: str, subject: str, expected: str
) -> None:
    made = world()
    made.dns.set(name, rdtype, *records)
    made.tls.sights[MX] = sight(MX, certificate(MX, key_sha256="ef" * 32))
    assert said(await found(transport, made), rule, subject) == expected


@pytest.mark.parametrize(
    ("state", "digest", "expected"),
    [
        ("valid", "ef", "pass"),
        ("valid", "cd", "fail high"),
        ("unsigned", "ef", "warn low"),
        ("unsigned", "cd", "warn low"),
        ("no-ds", "ef", "warn low"),
        ("unread", "ef", "info"),
        ("expired", "ef", "fail high"),
        ("mismatch", "ef", "fail high"),
        ("timeout", "ef", "unknown low"),
        ("servfail", "cd", "unknown low"),
    ],
)
@pytest.mark.parametrize("whose", [D, "mail.test"])
async def test_dane_counts_only_where_both_zones_are_signed(state: str, digest: str, expected: str, whose: str) -> None:
    """The zone of the MX record, and that of the mail server where it is another one."""
    host = MX if whose == D else "mx.mail.test"
    made = world()
    made.dns.set(D, "MX", f"10 {host}")
    made.dns.signings["mail.test"] = Signing(zone="mail.test", state="valid", at=NOW)
    broken = failure(state) if state in ("timeout", "servfail") else Signing(zone=whose, state=state, at=NOW)  # type: ignore[arg-type]
    made.dns.signings[whose] = broken
    made.dns.set(f"_25._tcp.{host}", "TLSA", "3 1 1 " + digest * 32)
    made.tls.sights[host] = sight(host, certificate(host, key_sha256="ef" * 32))
    assert said(await found(transport, made), "dane", host) == expected


async def test_a_brand_mark_needs_an_enforced_policy() -> None:
    made = world()
    made.dns.set(f"default._bimi.{D}", "TXT", "v=BIMI1; l=https://shop.test/a.svg")
    made.dns.set(f"_dmarc.{D}", "TXT", "v=DMARC1; p=none; rua=mailto:d@shop.test")
    assert said(await found(transport, made), "bimi", D) == "warn low"
    made.dns.fail(f"_dmarc.{D}", "TXT")
    assert said(await found(transport, made), "bimi", D) == "unknown low"


@pytest.mark.parametrize("kind", ["servfail", "timeout"])
async def test_a_failed_look_up_is_never_nothing_published(kind: str) -> None:
    made = world()
    for name, rdtype in (
        (f"_mta-sts.{D}", "TXT"),
        (f"_smtp._tls.{D}", "TXT"),
        (f"_25._tcp.{MX}", "TLSA"),
        (f"default._bimi.{D}", "TXT"),
    ):
        made.dns.fail(name, rdtype, kind)
    assert {finding.state.value for finding in (await found(transport, made)).values()} == {"unknown"}
