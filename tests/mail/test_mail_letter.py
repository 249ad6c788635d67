"""A received message: what the receiver saw, alignment, links, one-click and parts, and what is said where nobody
tells."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signing import MESSAGE, record, signed
from zone import Zone

from launchready_tui.mail.auth.message import Letter, read
from launchready_tui.mail.flow.reading import sent_at, words_of

NOW = 1_795_528_800.0
ROWS = {
    "s1._domainkey.shop.test": [f"TXT {record()}"],
    "_dmarc.shop.test": ["TXT v=DMARC1; p=none; rua=mailto:d@shop.test"],
    "shop.test": ["A 192.0.2.1"],
    "bounce.shop.test": ["A 192.0.2.1"],
    "other.test": ["A 192.0.2.1"],
}
GOOD = b"""\
Authentication-Results: mx.google.com; dkim=pass header.i=@shop.test header.s=s1;
 spf=pass (google.com: fine) smtp.mailfrom=b@bounce.shop.test; dmarc=pass (p=NONE) header.from=shop.test
Return-Path: <b@bounce.shop.test>
Received: from mta.shop.test by mx.google.com with ESMTPS id 1
 (version=TLS1_3 cipher=X); Tue, 24 Nov 2026 14:00:04 +0000
""".replace(b"\n", b"\r\n")


async def look(raw: bytes, **rows: list[str]) -> Letter:
    return await read(Zone({**ROWS, **{name.replace("__", "."): lines for name, lines in rows.items()}}), raw, now=NOW)


async def test_a_good_message() -> None:
    letter = await look(GOOD + signed())
    assert (letter.spf, letter.dkim, letter.dmarc_result) == ("pass", "pass", "pass")
    assert (letter.alignment.spf, letter.alignment.dkim) == (True, True)
    assert (letter.alignment.spf_domain, letter.alignment.dkim_domain) == ("bounce.shop.test", "shop.test")
    assert (letter.from_address, letter.sender, letter.subject) == (
        "hello@shop.test",
        "b@bounce.shop.test",
        "Your   code",
    )
    assert (letter.seconds, letter.encrypted, letter.has_text, letter.has_html) == (4.0, True, True, False)
    assert [(link.url, link.host, link.secure) for link in letter.links] == [
        ("https://shop.test/start", "shop.test", True)
    ]
    assert letter.problems == () and not letter.one_click.offered


async def test_without_a_receivers_word_our_own_check_speaks() -> None:
    letter = await look(signed())
    assert letter.verdicts is None and letter.spf == ""
    assert (letter.dkim, letter.alignment.dkim, letter.alignment.spf, letter.dmarc_result) == (
        "pass",
        True,
        None,
        "pass",
    )
    letter = await look(MESSAGE)
    assert (letter.dkim, letter.dmarc_result) == ("none", "unknown")


@pytest.mark.parametrize(
    ("results", "dmarc", "spf", "dkim"),
    [
        ("spf=pass smtp.mailfrom=a@shop.test; dkim=pass header.d=shop.test", "", True, True),
        ("spf=pass smtp.mailfrom=a@mail.other.test; dkim=pass header.d=other.test", "", False, False),
        ("spf=pass smtp.mailfrom=bounce.shop.test; dkim=none", "", True, False),
        ("spf=pass smtp.mailfrom=bounce.shop.test; dkim=none", " aspf=s;", False, False),
        ("spf=fail smtp.mailfrom=shop.test; dkim=pass header.d=bounce.shop.test", "", False, True),
        ("spf=fail smtp.mailfrom=shop.test; dkim=pass header.d=bounce.shop.test", " adkim=s;", False, False),
        ("spf=fail smtp.mailfrom=shop.test; dkim=fail header.d=shop.test", "", False, False),
        ("dkim=pass header.d=other.test; dkim=pass header.d=shop.test", "", None, True),
        ("dkim=pass header.i=@mail.shop.test", "", None, True),
    ],
)
async def test_alignment(results: str, dmarc: str, spf: bool | None, dkim: bool) -> None:
    raw = f"Authentication-Results: mx.test; {results}\r\n".encode() + MESSAGE
    letter = await look(raw, _dmarc__shop__test=[f"TXT v=DMARC1; p=none;{dmarc} rua=mailto:d@shop.test"])
    assert (letter.alignment.spf, letter.alignment.dkim) == (spf, dkim)
    assert letter.dmarc_result == ("pass" if spf or dkim else "fail")


async def test_alignment_is_not_known_where_a_look_up_failed() -> None:
    raw = b"Authentication-Results: mx.test; dkim=pass header.d=other.test; spf=fail\r\n" + MESSAGE
    letter = await look(raw, _dmarc__other__test=["! timeout"])
    assert (letter.alignment.dkim, letter.dmarc_result) == (None, "unknown")


async def test_what_microsoft_says_of_the_folder() -> None:
    head = (
        b"Authentication-Results: spf=pass (sender IP is 203.0.113.25) smtp.mailfrom=shop.test; dkim=pass "
        b"header.d=shop.test;"
        b"dmarc=pass action=none header.from=shop.test;compauth=pass reason=100\r\n"
        b"X-Forefront-Antispam-Report: CIP:203.0.113.25;SCL:5;SFV:SPM;CAT:SPM\r\n"
        b"X-Microsoft-Antispam-Mailbox-Delivery: ucf:0;jmr:0;auth:1;dest:J;ENG:(1);\r\n"
    )
    letter = await look(head + MESSAGE)
    assert (letter.folder, letter.spam_level, letter.dmarc_result) == ("junk", "5", "pass")
    assert (await look(head.replace(b"dest:J", b"dest:I") + MESSAGE)).folder == "inbox"
    assert (await look(MESSAGE)).folder == ""


LIST = (
    b"List-Unsubscribe: <https://shop.test/u/1>, <mailto:u@shop.test>\r\nList-Unsubscribe-Post: "
    b"List-Unsubscribe=One-Click\r\n"
)
COVERED = "from:list-unsubscribe:list-unsubscribe-post"


@pytest.mark.parametrize(
    ("header", "headers", "problem"),
    [
        (LIST, COVERED, ""),
        (LIST, "from:list-unsubscribe", "no DKIM signature covers"),
        (LIST.replace(b"https:", b"http:"), COVERED, "needs one https address"),
        (LIST.replace(b"<mailto:u@shop.test>", b"<https://shop.test/v>"), COVERED, "several https"),
        (LIST.split(b"\r\n")[0] + b"\r\n", "from:list-unsubscribe", "List-Unsubscribe-Post is missing"),
        (LIST.replace(b"One-Click", b"yes"), COVERED, "must be"),
    ],
)
async def test_one_click(header: bytes, headers: str, problem: str) -> None:
    letter = await look(signed(header + MESSAGE, headers=headers))
    assert letter.one_click.offered
    assert (problem in "; ".join(letter.one_click.problems)) if problem else letter.one_click.problems == ()


async def test_links_of_html_and_what_they_show() -> None:
    html = (
        b"From: a@shop.test\r\nDate: x\r\nMessage-ID: <1>\r\nContent-Type: text/html; charset=latin-1\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        b'<p><a href=3D"https://click.other.test/x?a=3D1&amp;b=3D2">shop.test/start</a> <a '
        b'href=3D"http://shop.test/">Caf=E9</a>'
        b'<a href=3D"mailto:a@shop.test">write</a><a href=3D"https://www.shop.test/">shop.test</a><a '
        b'href=3D"https://[bad/">x</a></p>'
    )
    letter = await look(html)
    assert [(link.url, link.secure, link.shown) for link in letter.links] == [
        ("https://click.other.test/x?a=1&b=2", True, "shop.test"),
        ("http://shop.test/", False, ""),
        ("https://www.shop.test/", True, ""),
    ]
    assert (letter.has_text, letter.has_html) == (False, True)


async def test_what_is_no_message_is_said_to_be_none() -> None:
    with pytest.raises(ValueError, match="no From line"):
        await look(b"Hello Ann,\n\nyour code is 4711\n")


async def test_missing_lines_are_told() -> None:
    letter = await look(b"From: a@shop.test\r\nFrom: b@shop.test\r\n\r\nhi")
    assert len(letter.problems) == 3 and letter.seconds is None and letter.encrypted is None


@given(st.binary(max_size=400))
@settings(max_examples=80, deadline=None)
async def test_any_octets_behind_a_from_line_can_be_read(junk: bytes) -> None:
    await look(b"From: a@shop.test\r\n" + junk)
    await look(
        b"From: " + junk.replace(b"\n", b"") + b"\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" + junk
    )


async def test_a_from_in_another_script_is_aligned_with_its_ascii_form() -> None:
    raw = GOOD.replace(b"bounce.shop.test", b"shop.test").replace(
        b"shop.test", b"xn--bcher-kva.test"
    ) + MESSAGE.replace(b"hello@shop.test", "hello@B\u00fccher.test".encode())
    letter = await look(raw)
    assert letter.from_domain == "xn--bcher-kva.test"
    assert (letter.alignment.spf, letter.alignment.dkim) == (True, True)


async def test_a_letter_in_another_charset_is_read_in_it() -> None:
    raw = b"From: a@shop.test\r\nDate: x\r\nMessage-ID: <1>\r\nContent-Type: text/plain; charset=latin-1\r\n\r\n"
    letter = await look(raw + "https://shop.test/stra\u00dfe".encode("latin-1"))
    assert [link.url for link in letter.links] == ["https://shop.test/stra\u00dfe"]


_NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1500))
HOSTILE = {
    "parts in parts": _NESTED,
    "mails in mails": b"Content-Type: message/rfc822\r\n\r\n" * 3000,
    "a declaration of no language": b"Content-Type: text/html\r\n\r\n<p>4711</p>"
    b"<a href='https://a.test/'>x</a><![x[ y]]>",
    "a date after all years": b"Date: Fri, 31 Dec 9999 23:59:59 -2359\r\n\r\nx",
    "a date before all years": b"Date: Mon, 01 Jan 0001 00:00:00 +2359\r\n"
    b"Received: x; Mon, 01 Jan 0001 00:00:00 +2359\r\n\r\nx",
    "a coding of no text": b"Content-Type: text/html; charset=idna\r\nSubject: =?idna?q?"
    + b"a." * 300
    + b"?=\r\n\r\nx",
}


@pytest.mark.parametrize("mail", HOSTILE.values(), ids=HOSTILE)
async def test_no_mail_breaks_its_readers(mail: bytes) -> None:
    letter = await look(b"From: a@shop.test\r\n" + mail)
    assert letter.from_domain == "shop.test"
    assert isinstance(words_of(mail), str) and (sent_at(mail) is None or b"Date" in mail)


async def test_what_came_before_a_broken_declaration_is_read() -> None:
    mail = HOSTILE["a declaration of no language"]
    assert "4711" in words_of(mail)
    assert [link.host for link in (await look(b"From: a@shop.test\r\n" + mail)).links] == ["a.test"]


async def test_comments_in_comments_hide_no_sender() -> None:
    letter = await look(b"From: " + b"(" * 5000 + b" a@shop.test\r\n\r\nx")
    assert letter.from_domain == "shop.test"


@pytest.mark.parametrize(
    ("results", "record", "dmarc"),
    [
        ("spf=pass smtp.mailfrom=a@shop.test; dkim=pass header.d=shop.test", "", "none"),
        ("spf=pass smtp.mailfrom=a@shop.test; dkim=pass header.d=shop.test", "TXT v=DMARC1; p=reject", "pass"),
        ("spf=pass smtp.mailfrom=a@other.test; dkim=none", "TXT v=DMARC1; p=reject", "fail"),
        ("spf=pass smtp.mailfrom=a@shop.test; dkim=none", "! timeout", "unknown"),
        ("spf=fail smtp.mailfrom=a@shop.test; dkim=none; dmarc=fail", "TXT v=DMARC1; p=none", "fail"),
        ("spf=pass smtp.mailfrom=a@shop.test; dkim=none; dmarc=pass", "", "pass"),
    ],
)
async def test_results_without_dmarc_are_evaluated_and_never_pass_without_a_record(
    results: str, record: str, dmarc: str
) -> None:
    raw = f"Authentication-Results: mx.test; {results}\r\n".encode() + MESSAGE
    assert (await look(raw, _dmarc__shop__test=[record] if record else [])).dmarc_result == dmarc


@pytest.mark.parametrize(
    "subject", ["=?utf-8?B?A?=", "=?utf-8?Q?=ZZ?=", "=?none-such?B?QQ==?=", "=?utf-8?B?=", "=?a?b?"]
)
async def test_a_broken_encoded_word_does_not_end_the_judgement(subject: str) -> None:
    raw = GOOD + signed().replace(b"Subject:  Your   code", f"Subject: {subject}".encode())
    letter = await look(raw)
    assert letter.dmarc_result == "pass" and letter.has_text
    words_of(raw)


async def test_a_thousand_nested_parts_do_not_end_the_judgement() -> None:
    head = b"From: a@shop.test\r\nMIME-Version: 1.0\r\n"
    inner = b"Content-Type: text/plain\r\n\r\nhello\r\n"

    def nested(depth: int) -> bytes:
        begun = b"".join(
            f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n'.encode() for n in range(depth)
        )
        return head + begun + inner + b"".join(f"--b{n}--\r\n".encode() for n in reversed(range(depth)))

    letter = await look(GOOD + nested(1000))
    assert letter.dmarc_result == "pass" and not letter.has_text
    assert "its parts are nested too deeply to be read in full" in letter.problems
    shallow = await look(GOOD + nested(3))
    assert shallow.has_text and not any("nested" in words for words in shallow.problems)
    assert "hello" in words_of(nested(3)) and "hello" not in words_of(nested(1000))


@pytest.mark.parametrize(
    "piece",
    [
        "<a href=",
        "<a ><!--",
        "<a href='x'",
        '<a href="',
        "<a x ",
        "<!--",
        "</",
        "<?",
        "<![CDATA[",
        "<a =",
        "<script>",
        "&#9",
        "<",
    ],
)
async def test_html_is_read_in_linear_time(piece: str) -> None:
    markup = (piece * (400_000 // len(piece))).encode()
    began = time.process_time()
    await look(b"From: a@shop.test\r\nContent-Type: text/html\r\n\r\n<a href=https://shop.test/1>x</a>" + markup)
    words_of(b"From: a@shop.test\r\nContent-Type: text/html\r\n\r\n" + markup)
    assert time.process_time() - began < 4


@pytest.mark.parametrize(
    ("markup", "links"),
    [
        ("<A HREF = 'https://a.test/?x=1&amp;y=2'>a</A>", ["https://a.test/?x=1&y=2"]),
        ('<a title="a > b" href="https://a.test/">a</a>', ["https://a.test/"]),
        ("<!-- <a href=https://hidden.test/> --><a/href=https://a.test/>x</a>", ["https://a.test/"]),
        ("<script>'<a href=https://js.test/>'</script><area href=https://a.test/>", ["https://a.test/"]),
        ("1 < 2 <3 <a href=https://a.test/>x", ["https://a.test/"]),
        ("<a href=https://a.test/>x</a><a href='https://never.test/", ["https://a.test/"]),
        ("<![endif]--><!DOCTYPE x><?xml?><a href=https://a.test/ href=https://b.test/>x</a>", ["https://a.test/"]),
    ],
)
async def test_html_is_read_as_browsers_do(markup: str, links: list[str]) -> None:
    letter = await look(b"From: a@shop.test\r\nContent-Type: text/html\r\n\r\n" + markup.encode())
    assert [one.url for one in letter.links] == links


def arc(number: int, cv: str, more: str = "spf=pass smtp.mailfrom=shop.test; dkim=pass header.d=shop.test") -> bytes:
    return (
        f"ARC-Seal: i={number}; a=rsa-sha256; cv={cv}; d=list{number}.test; s=a; b=x\r\n"
        f"ARC-Message-Signature: i={number}; a=rsa-sha256; d=list{number}.test; s=a; h=from; bh=x; b=x\r\n"
        f"ARC-Authentication-Results: i={number}; mx{number}.test; {more}\r\n"
    ).encode()


async def test_the_arc_chain_is_read_and_its_order_and_gaps_are_told() -> None:
    letter = await look(arc(2, "pass", "arc=pass; dkim=fail header.d=shop.test") + arc(1, "none") + MESSAGE)
    assert [(hop.instance, hop.domain, hop.validation, hop.receiver, hop.problem) for hop in letter.arc] == [
        (1, "list1.test", "none", "mx1.test", ""),
        (2, "list2.test", "pass", "mx2.test", ""),
    ]
    assert [(one.method, one.result) for one in letter.arc[1].results] == [("arc", "pass"), ("dkim", "fail")]
    assert letter.dmarc_result == "unknown"  # what somebody in between says is no verdict
    assert (await look(MESSAGE)).arc == ()
    gap = await look(arc(3, "pass") + arc(1, "pass") + arc(0, "none") + MESSAGE)
    assert [(hop.instance, bool(hop.problem)) for hop in gap.arc] == [(0, True), (1, True), (2, True), (3, False)]
    assert "broken" in (await look(arc(2, "fail") + arc(1, "none") + MESSAGE)).arc[1].problem
    assert "lacks arc-seal" in (await look(arc(1, "none").split(b"\r\n", 1)[1] + MESSAGE)).arc[0].problem


@pytest.mark.parametrize(
    ("parts", "text", "markup"),
    [
        ("preamble\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>x\r\n--b--\r\nepilogue\r\n", False, True),
        ("--b\r\n\r\nplain\r\n--b  \r\nContent-Type: text/html\r\n\r\n<p>x\r\n--b--", True, True),
        ("--b\r\n\r\nnever closed", True, False),
        ("--bb\r\n\r\nanother boundary\r\n--b--\r\n", False, False),
    ],
)
async def test_only_what_stands_between_boundaries_is_a_part(parts: str, text: bool, markup: bool) -> None:
    letter = await look(b"From: a@shop.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + parts.encode())
    assert (letter.has_text, letter.has_html) == (text, markup)
