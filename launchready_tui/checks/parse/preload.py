"""What the browsers' preload list asks for, with the list's own codes (hstspreload.org and chromium/hstspreload, as
known 2026-11)."""

from __future__ import annotations

from urllib.parse import urlsplit

from ...hostnames import host_of

YEAR = 31_536_000
_TEN_YEARS = 315_360_000
MOST_REDIRECTS = 3
Codes = tuple[list[str], list[str]]
"""Errors and warnings, in the order in which the list gives them."""


def parse(header: str) -> tuple[dict[str, int | None], Codes]:
    """The directives that count, `preload` and `includesubdomains` as None, `max-age` as a number, with errors and
    warnings."""
    found: dict[str, int | None] = {}
    errors: list[str] = []
    warnings: list[str] = []
    if not header.strip():
        return found, ([], ["header.parse.empty"])
    for raw in header.split(";"):
        part = raw.strip().lower()
        name = part.partition("=")[0].strip()
        if part in ("preload", "includesubdomains"):
            if part in found and (code := f"header.parse.repeated.{_repeated(part)}") not in warnings:
                warnings.append(code)
            found[part] = None
        elif part == "max-age":
            errors.append("header.parse.invalid.max_age.no_value")
        elif name == "max-age":
            digits = part.partition("=")[2].strip().strip('"')
            if not digits:
                errors.append("header.parse.max_age.parse_int_error")
            elif not (digits.isascii() and digits.isdigit()):
                errors.append("header.parse.max_age.non_digit_characters")
            else:
                if len(digits) > 1 and digits.startswith("0"):
                    warnings.append("header.parse.max_age.leading_zero")
                if "max-age" in found:
                    warnings.append("header.parse.repeated.max_age")
                found["max-age"] = int(digits[:18])
        elif part:
            warnings.append("header.parse.unknown_directive")
        elif "header.parse.empty_directive" not in warnings:
            warnings.append("header.parse.empty_directive")
    return found, (errors, warnings)


def _repeated(name: str) -> str:
    return "preload" if name == "preload" else "include_sub_domains"


def header_codes(header: str) -> Codes:
    """Whether one header is good enough for the list."""
    found, (errors, warnings) = parse(header)
    if "includesubdomains" not in found:
        errors.append("header.preloadable.include_sub_domains.missing")
    if "preload" not in found:
        errors.append("header.preloadable.preload.missing")
    age = found.get("max-age")
    if age is None:
        errors.append("header.preloadable.max_age.missing")
    elif age == 0:
        errors.append("header.preloadable.max_age.zero")
    elif age < YEAR:
        errors.append("header.preloadable.max_age.below_1_year")
    elif age > _TEN_YEARS:
        warnings.append("header.preloadable.max_age.over_10_years")
    return errors, warnings


def response_codes(values: tuple[str, ...] | list[str]) -> Codes:
    """All Strict-Transport-Security headers of one answer."""
    if not values:
        return ["response.no_header"], []
    if len(values) > 1:
        return ["response.multiple_headers"], []
    return header_codes(values[0])


def domain_codes(domain: str, registrable: str) -> list[str]:
    """Whether a name can be on the list at all. `registrable` is the domain that the public suffix list makes of it,
    empty for a suffix."""
    if domain.startswith("."):
        return ["domain.format.begins_with_dot"]
    if domain.endswith("."):
        return ["domain.format.ends_with_dot"]
    if ".." in domain:
        return ["domain.format.contains_double_dot"]
    if domain.replace(".", "").isdigit():
        return ["domain.format.is_ip_address"]
    if not all(char.isascii() and (char.isalnum() or char in "-.") for char in domain):
        return ["domain.format.invalid_characters"]
    if "." not in domain or not registrable:
        return ["domain.format.public_suffix"]
    return [] if registrable == domain else ["domain.is_subdomain"]


def https_codes(urls: list[str]) -> list[str]:
    """Redirects from https://DOMAIN/: the addresses after the first, in order."""
    errors = ["redirects.too_many"] if len(urls) > MOST_REDIRECTS else []
    insecure = [at for at, url in enumerate(urls) if urlsplit(url).scheme != "https"]
    if insecure:
        errors.append("redirects.insecure.initial" if insecure[0] == 0 else "redirects.insecure.subsequent")
    return errors


def http_codes(domain: str, urls: list[str], *, hsts_after: bool) -> list[str]:
    """Redirects from http://DOMAIN/. `hsts_after` says whether the first https answer on the same host sends the
    header."""
    errors = ["redirects.too_many"] if len(urls) > MOST_REDIRECTS else []
    if not urls:
        return [*errors, "redirects.http.no_redirect"]
    first = urlsplit(urls[0])
    host = host_of(urls[0])
    if host == f"www.{domain}":
        errors.append("redirects.http.www_first")
    elif host != domain or first.scheme != "https":
        errors.append("redirects.http.first_redirect.insecure")
    elif not hsts_after:
        errors.append("redirects.http.first_redirect.no_hsts")
    return errors
