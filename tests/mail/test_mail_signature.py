"""DKIM signatures verified: both algorithms, both forms, and each thing that can be wrong told apart."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signing import MESSAGE, record, signed
from zone import Zone

from launchready_tui.mail.auth.dkim import Signature, canonical_body, split, verify
from launchready_tui.mail.auth.dkim_record import read

NOW = 1_795_528_800.0
KEY = "s1._domainkey.shop.test"


async def check(raw: bytes, text: str | None = None, **rows: list[str]) -> Signature:
    zone = Zone({KEY: [f"TXT {text or record()}"], **rows})
    found = await verify(zone, raw, now=NOW)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    "canonical", ["simple/simple", "relaxed/relaxed", "simple/relaxed", "relaxed/simple", "relaxed"]
)
@pytest.mark.parametrize("algorithm", ["rsa-sha256", "ed25519-sha256"])
async def test_a_good_signature_passes(algorithm: str, canonical: str) -> None:
    found = await check(signed(algorithm=algorithm, canonical=canonical), record(algorithm))
    assert (found.result, found.why, found.domain, found.selector) == ("pass", "", "shop.test", "s1")


async def test_a_message_with_bare_line_feeds_is_read_as_it_was_sent() -> None:
    assert (await check(signed().replace(b"\r\n", b"\n"))).result == "pass"


@pytest.mark.parametrize(
    ("old", "new", "canonical", "result"),
    [
        (b"4711", b"4712", "relaxed/relaxed", "fail"),
        (b"is  4711", b"is 4711", "relaxed/relaxed", "pass"),
        (b"is  4711", b"is 4711", "relaxed/simple", "fail"),
        (b"Your   code", b"Your code", "relaxed/relaxed", "pass"),
        (b"Your   code", b"Your code", "simple/relaxed", "fail"),
        (b"Subject:", b"SUBJECT:", "relaxed/relaxed", "pass"),
        (b"Subject:", b"SUBJECT:", "simple/simple", "fail"),
        (b"ann@mail.test", b"bob@mail.test", "relaxed/relaxed", "fail"),
        (b"Message-ID: <1@", b"Message-ID: <2@", "relaxed/relaxed", "pass"),
    ],
)
async def test_what_may_change_on_the_way(old: bytes, new: bytes, canonical: str, result: str) -> None:
    found = await check(signed(canonical=canonical).replace(old, new))
    assert found.result == result
    assert bool(found.why) == (result == "fail")


@pytest.mark.parametrize(
    ("key", "result", "words"),
    [
        ("v=DKIM1; p=", "permerror", "revoked"),
        ("v=DKIM1; p=AAAA", "permerror", "no whole RSA public key"),
        ("v=spf1 -all", "permerror", "there is no key"),
        (record(more="t=y; "), "pass", "testing DKIM"),
        (record(more="h=sha1; "), "permerror", "SHA-256"),
        (record(more="s=other; "), "permerror", "for mail"),
        pytest.param(record("ed25519-sha256"), "permerror", "is ed25519", id="another kind of key"),
        pytest.param(record(bits=1024), "fail", "another key", id="a shorter key"),
    ],
)
async def test_keys(key: str, result: str, words: str) -> None:
    found = await check(signed(), key)
    assert found.result == result and words in found.why


@pytest.mark.parametrize(
    ("rows", "result", "words"),
    [
        ({KEY: ["! servfail"]}, "temperror", "could not look up"),
        ({KEY: ["! timeout"]}, "temperror", "no answer in time"),
        ({KEY: ["A 192.0.2.1"]}, "permerror", "there is no key"),
        ({}, "permerror", "there is no key"),
        ({KEY: [f"TXT {record()}", f"TXT {record()}"]}, "permerror", "2 keys"),
    ],
)
async def test_a_failed_look_up_and_a_missing_key_are_two_things(
    rows: dict[str, list[str]], result: str, words: str
) -> None:
    (found,) = await verify(Zone(rows), signed(), now=NOW)
    assert found.result == result and words in found.why


@pytest.mark.parametrize(
    ("more", "result", "words"),
    [
        (" x=1795528799;", "fail", "expired"),
        (" x=1795528801;", "pass", ""),
        (" x=soon;", "permerror", "not a number"),
        (" i=@mail.shop.test;", "pass", ""),
        (" i=@other.test;", "permerror", "outside"),
        (" i=@myshop.test;", "permerror", "outside"),
        (" d=shop.test;", "permerror", "twice"),
        (" t=1795529000;", "pass", ""),
        (" t=1795532400;", "fail", "future"),
        (" t=1795528700; x=1795528600;", "permerror", "before it was made"),
        (" q=dns/txt;", "pass", ""),
        (" q=carrier/pigeon : dns/txt;", "pass", ""),
        (" q=carrier/pigeon;", "permerror", "q=carrier/pigeon"),
    ],
)
async def test_tags(more: str, result: str, words: str) -> None:
    found = await check(signed(more=more))
    assert found.result == result and words in found.why


@pytest.mark.parametrize("domain", ["shop.test(.evil.test", "test", "shop..test", "-shop.test", "shop.test/"])
async def test_d_must_be_a_domain(domain: str) -> None:
    raw = signed().replace(b"d=shop.test;", f"d={domain};".encode())
    (found,) = await verify(Zone({}), raw)
    assert (found.result, found.why) == ("permerror", f"d={domain} is not a domain")


async def test_a_strict_key_is_for_its_own_domain_alone() -> None:
    assert (await check(signed(more=" i=@mail.shop.test;"), record(more="t=s; "))).result == "permerror"
    assert (await check(signed(), record(more="t=s; "))).result == "pass"


async def test_what_a_signature_must_have() -> None:
    assert "From line" in (await check(signed(headers="to:subject"))).why
    for tag in (b"bh=", b" d=", b" s=", b" h=", b" a="):
        assert (await check(signed().replace(tag, tag[:-1] + b"z=", 1))).result == "permerror"
    assert "SHA-1" in (await check(signed().replace(b"rsa-sha256", b"rsa-sha1"))).why
    assert (await check(signed().replace(b" v=1;", b" v=2;"))).result == "permerror"
    assert (await check(signed().replace(b"c=relaxed/relaxed", b"c=loose/relaxed"))).result == "permerror"


async def test_blanks_in_h_may_stand_around_colons_and_not_in_names() -> None:
    assert (await check(signed(headers="from : to:\tsubject"))).result == "pass"
    for headers in ("from:to sub:date", "from::to", "from:to:"):
        found = await check(signed(headers=headers))
        assert (found.result, "h=" in found.why) == ("permerror", True)


async def test_a_partly_signed_text_passes_with_a_warning() -> None:
    found = await check(signed(length=10) + b"added\r\n")
    assert found.result == "pass" and "l=" in found.why


async def test_a_repeated_header_is_signed_from_the_bottom_and_one_too_many_is_noticed() -> None:
    twice = b"Subject: first\r\n" + MESSAGE
    good = signed(twice, headers="from:subject:subject")
    assert (await check(good)).result == "pass"
    oversigned = signed(headers="from:from:subject")
    assert (await check(oversigned)).result == "pass"
    assert (await check(oversigned.replace(b"From: Shop", b"From: Evil <e@evil.test>\r\nFrom: Shop"))).result == "fail"


async def test_several_signatures_are_judged_each_for_itself() -> None:
    raw = signed(signed(domain="list.test", selector="x"))
    found = await verify(Zone({KEY: [f"TXT {record()}"]}), raw, now=NOW)
    assert [(one.domain, one.result) for one in found] == [("shop.test", "pass"), ("list.test", "permerror")]
    many = b"DKIM-Signature: v=1; d=a.test\r\n" * 50 + MESSAGE
    assert len(await verify(Zone({}), many, now=NOW)) == 10


@pytest.mark.parametrize(
    ("body", "simple", "relaxed"),
    [
        (b"", b"\r\n", b""),
        (b"\r\n\r\n", b"\r\n", b""),
        (b" C \r\nD \t E\r\n\r\n\r\n", b" C \r\nD \t E\r\n", b" C\r\nD E\r\n"),
        (b"no end", b"no end\r\n", b"no end\r\n"),
        (b"a\r\n \t\r\n", b"a\r\n \t\r\n", b"a\r\n"),
    ],
)
def test_canonical_bodies_as_in_section_3_4_5(body: bytes, simple: bytes, relaxed: bytes) -> None:
    assert (canonical_body(body, "simple"), canonical_body(body, "relaxed")) == (simple, relaxed)


@given(st.binary(max_size=300), st.integers(0, 500))
@settings(max_examples=60, deadline=None)
async def test_any_octets_give_a_verdict(junk: bytes, at: int) -> None:
    split(junk)
    await verify(Zone({}), junk, now=NOW)
    raw = signed()
    for one in await verify(Zone({KEY: [f"TXT {record()}"]}), raw[:at] + junk + raw[at:], now=NOW):
        assert one.result in ("pass", "fail", "permerror", "temperror")


async def test_a_domain_in_another_script_is_asked_for_in_its_ascii_form() -> None:
    """RFC 8616 section 5: d=, s= and i= may be written in other scripts."""
    zone = Zone({"xn--schlssel-95a._domainkey.xn--bcher-kva.test": [f"TXT {record()}"]})
    raw = signed(domain="B\u00fccher.test", selector="schl\u00fcssel", more=" i=@www.b\u00fccher.test;")
    (found,) = await verify(zone, raw, now=NOW)
    assert (found.result, found.why) == ("pass", "")
    assert (found.domain, found.selector) == ("xn--bcher-kva.test", "xn--schlssel-95a")


@pytest.mark.parametrize(("bits", "flaw"), [(1023, "size"), (1024, "short"), (2047, "short"), (2048, "")])
def test_a_key_is_too_short_by_the_bit(bits: int, flaw: str) -> None:
    """RFC 8301 section 3.2: 1024 is the least that receivers may accept."""
    key = read(f"v=DKIM1; k=rsa; p={_public(bits)}")
    assert key.bits == bits
    assert [one.flaw for one in key.problems] == ([flaw] if flaw else [])


def _public(bits: int) -> str:
    """A public key of exactly so many bits; nothing is signed with it, so its number need be no product."""
    number = (1 << (bits - 1)) | 1
    body = b"\x02" + _length(bits // 8 + 1) + number.to_bytes(bits // 8 + 1, "big") + b"\x02\x03\x01\x00\x01"
    pair = b"\x30" + _length(len(body)) + body
    bit_string = b"\x03" + _length(len(pair) + 1) + b"\x00" + pair
    rsa = bytes.fromhex("300d06092a864886f70d0101010500")
    whole = rsa + bit_string
    return base64.b64encode(b"\x30" + _length(len(whole)) + whole).decode()


def _length(size: int) -> bytes:
    return bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
