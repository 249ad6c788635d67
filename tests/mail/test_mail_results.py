"""Authentication-Results as RFC 8601 has it, and as Gmail, Microsoft, Yahoo and mail servers write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready_tui.mail.auth.results import merged, parse
from launchready_tui.mail.flow.model import flow_about

GMAIL = (
    "mx.google.com;\r\n       dkim=pass header.i=@shop.test header.s=s1 header.b=abc/DE+2;\r\n"
    "       spf=pass (google.com: domain of b@bounce.shop.test designates it) smtp.mailfrom=b@bounce.shop.test;\r\n"
    "       dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=shop.test"
)
MICROSOFT = (
    "spf=pass (sender IP is 203.0.113.25)\r\n smtp.mailfrom=shop.test; dkim=pass (signature was verified)\r\n "
    "header.d=shop.test;"
    "dmarc=pass action=none\r\n header.from=shop.test;compauth=pass reason=100"
)
YAHOO = (
    "atlas-production.v2-mail-prod1-gq1.omega.yahoo.com;\r\n dkim=pass header.i=@shop.test header.s=s1;\r\n"
    " spf=none smtp.mailfrom=shop.test;\r\n dmarc=success(p=REJECT) header.from=shop.test;"
)


@pytest.mark.parametrize(
    ("value", "authserv", "expected"),
    [
        (GMAIL, "mx.google.com", {"dkim": "pass", "spf": "pass", "dmarc": "pass"}),
        (MICROSOFT, None, {"spf": "pass", "dkim": "pass", "dmarc": "pass", "compauth": "pass"}),
        (
            YAHOO,
            "atlas-production.v2-mail-prod1-gq1.omega.yahoo.com",
            {"dkim": "pass", "spf": "none", "dmarc": "success"},
        ),
        ("mx.test 1; none", "mx.test", {}),
        ("mx.test", "mx.test", {}),
        ('"mx;a.test" 1; spf=fail', "mx;a.test", {"spf": "fail"}),
        ("mx.test (a (nested; spf=pass) note) ; DKIM = FAIL (bad; really)", "mx.test", {"dkim": "fail"}),
        ("mx.test; dkim=fail (body hash) header.d=a.test; dkim=pass header.d=b.test", "mx.test", {"dkim": "pass"}),
        ("mx.test; spf=; =pass; rubbish; dkim", "mx.test", {}),
        ("", None, {}),
    ],
)
def test_headers(value: str, authserv: str | None, expected: dict[str, str]) -> None:
    read = parse(value)
    assert read.authserv_id == authserv
    assert {one.method: read.word(one.method) for one in read.results} == expected


def test_properties_reasons_and_comments() -> None:
    spf, dkim, dmarc, compauth = parse(MICROSOFT).results
    assert (spf.comment, spf.get("smtp.mailfrom"), spf.domain) == (
        "sender IP is 203.0.113.25",
        "shop.test",
        "shop.test",
    )
    assert (dkim.comment, dkim.domain) == ("signature was verified", "shop.test")
    assert dict(dmarc.properties) == {"action": "none", "header.from": "shop.test"}
    assert compauth.reason == "100"
    assert parse(GMAIL).results[0].selector == "s1"
    assert parse(GMAIL).of("dkim")[0].get("header.b") == "abc/DE+2"
    assert (
        parse('mx.test; dkim=fail reason="bad; \\"signature\\"" header.d=a.test').results[0].reason
        == 'bad; "signature"'
    )
    assert parse("mx.test; dkim=pass header . d (why) = a.test").results[0].get("header.d") == "a.test"


def test_only_the_top_receivers_fields_count() -> None:
    found = merged(["mx.test; spf=pass", "mx.test; dkim=pass header.d=a.test", "evil.test; dmarc=pass"])
    assert found is not None and [one.method for one in found.results] == ["spf", "dkim"]
    found = merged([MICROSOFT, "spf=fail; dkim=fail"])
    assert found is not None and found.word("spf") == "pass"
    found = merged(["mx.test; none", "mx.test; spf=pass"])
    assert found is not None and found.word("spf") == "pass"
    assert merged([]) is None


@given(st.text(max_size=200))
def test_any_text_can_be_read(value: str) -> None:
    parse(value)
    parse(f"mx.test; spf=pass ({value}) {value}; dkim={value}")


@pytest.mark.parametrize(
    ("subject", "flow"),
    [
        ("receipt", "receipt"),
        ("password reset, seed", "password-reset"),
        ("receipts, seed", None),
        ("Gmail", None),
        ("launch", None),
    ],
)
def test_the_mail_that_a_finding_is_about(subject: str, flow: str | None) -> None:
    assert flow_about(subject) == flow
