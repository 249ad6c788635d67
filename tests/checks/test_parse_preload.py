"""The preload list's own codes for headers, domains and redirects."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from launchready_tui import roadmap
from launchready_tui.checks.edge.headers import preload as judge
from launchready_tui.checks.parse import preload

SUB, WORD, AGE = (f"header.preloadable.{part}.missing" for part in ("include_sub_domains", "preload", "max_age"))
GOOD = "max-age=31536000; includeSubDomains; preload"


@pytest.mark.parametrize(
    ("header", "errors", "warnings"),
    [
        (GOOD, [], []),
        ("PRELOAD; IncludeSubDomains; MAX-AGE=63072000", [], []),
        ("max-age=31536000;includeSubDomains;preload;", [], ["header.parse.empty_directive"]),
        (GOOD + "; preload", [], ["header.parse.repeated.preload"]),
        (GOOD + "; foo; bar", [], ["header.parse.unknown_directive"] * 2),
        ("max-age=031536000; includeSubDomains; preload", [], ["header.parse.max_age.leading_zero"]),
        ("max-age=400000000; includeSubDomains; preload", [], ["header.preloadable.max_age.over_10_years"]),
        ("", [SUB, WORD, AGE], ["header.parse.empty"]),
        ("max-age=31536000; preload", [SUB], []),
        ("max-age=31536000; includeSubDomains", [WORD], []),
        ("includeSubDomains; preload", [AGE], []),
        ("max-age=0; includeSubDomains; preload", ["header.preloadable.max_age.zero"], []),
        ("max-age=31535999; includeSubDomains; preload", ["header.preloadable.max_age.below_1_year"], []),
        ("max-age; includeSubDomains; preload", ["header.parse.invalid.max_age.no_value", AGE], []),
        ("max-age=; includeSubDomains; preload", ["header.parse.max_age.parse_int_error", AGE], []),
        ("max-age=-1; includeSubDomains; preload", ["header.parse.max_age.non_digit_characters", AGE], []),
    ],
)
def test_headers(header: str, errors: list[str], warnings: list[str]) -> None:
    assert preload.header_codes(header) == (errors, warnings)


def test_answers_with_no_header_or_several() -> None:
    assert preload.response_codes(()) == (["response.no_header"], [])
    assert preload.response_codes((GOOD, GOOD)) == (["response.multiple_headers"], [])


@pytest.mark.parametrize(
    ("domain", "registrable", "codes"),
    [
        ("shop.example", "shop.example", []),
        ("www.shop.example", "shop.example", ["domain.is_subdomain"]),
        (".shop.example", "shop.example", ["domain.format.begins_with_dot"]),
        ("shop.example.", "shop.example", ["domain.format.ends_with_dot"]),
        ("shop..example", "shop.example", ["domain.format.contains_double_dot"]),
        ("192.0.2.1", "", ["domain.format.is_ip_address"]),
        ("shop_1.example", "shop_1.example", ["domain.format.invalid_characters"]),
        ("example", "", ["domain.format.public_suffix"]),
    ],
)
def test_domains(domain: str, registrable: str, codes: list[str]) -> None:
    assert preload.domain_codes(domain, registrable) == codes


S, W = "https://shop.example", "https://www.shop.example"


@pytest.mark.parametrize(
    ("urls", "codes"),
    [
        ([], []),
        ([f"{S}/1", f"{S}/2", f"{S}/3"], []),
        ([f"{S}/1", f"{S}/2", f"{S}/3", f"{S}/4"], ["redirects.too_many"]),
        (["http://shop.example/"], ["redirects.insecure.initial"]),
        ([f"{S}/1", "http://shop.example/"], ["redirects.insecure.subsequent"]),
    ],
)
def test_redirects_from_https(urls: list[str], codes: list[str]) -> None:
    assert preload.https_codes(urls) == codes


@pytest.mark.parametrize(
    ("urls", "hsts", "codes"),
    [
        ([f"{S}/"], True, []),
        ([f"{S}/"], False, ["redirects.http.first_redirect.no_hsts"]),
        ([], True, ["redirects.http.no_redirect"]),
        ([f"{W}/"], True, ["redirects.http.www_first"]),
        (["http://shop.example/a", f"{S}/"], True, ["redirects.http.first_redirect.insecure"]),
        (["https://other.example/"], True, ["redirects.http.first_redirect.insecure"]),
    ],
)
def test_redirects_from_http(urls: list[str], hsts: bool, codes: list[str]) -> None:
    assert preload.http_codes("shop.example", urls, hsts_after=hsts) == codes


# Codes that the check does not judge by: it asks only where the header says preload, and never for the way out.
_NOT_JUDGED = {"response.no_header", "header.preloadable.preload.missing"}
_WARNINGS = re.compile(r"header\.(parse\.(empty|unknown|repeated|max_age\.leading)|.*over_10_years|removable)")


def test_every_error_has_a_message_for_people() -> None:
    text = Path(preload.__file__).read_text("utf-8") + Path(judge.__file__).read_text("utf-8")
    codes = set(re.findall(r'"((?:response|header|domain|redirects)\.[a-z0-9_.]+)"', text)) - _NOT_JUDGED
    errors = {"domain.format" if code.startswith("domain.format.") else code for code in codes}
    sheet = roadmap.sheet_of("edge.headers")
    messages = set(sheet.rules["preload"].messages) - {"pass", "below"}
    assert {code for code in errors if not _WARNINGS.match(code)} == messages
    assert all(code in text for code in ("domain.tls.invalid_cert_chain", "redirects.too_many", "domain.is_subdomain"))
