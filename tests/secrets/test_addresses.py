"""Tokens in addresses become a blank; what only names a thing stays."""

from __future__ import annotations

import base64
import random
import string
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready_tui.secrets import BLANK, hide, is_token, without_tokens, without_values

TOKEN = "x9Kd3fLq8AbZ" + "c12Qw9eRtY"
UUID = "6f1c2d3e-1111-4222-8333-444455556666"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://a.example/reset/@", "https://a.example/reset/{token}"),
        ("https://a.example/@", "https://a.example/{token}"),
        ("https://a.example/reset/MQ/@-5f3e2a1b9c8d/?next=/home", "https://a.example/reset/MQ/{token}/?next=/home"),
        ("/reset/@", "/reset/{token}"),
        ("reset/@", "reset/{token}"),
        ("../reset/@?a=1", "../reset/{token}?a=1"),
        ("//cdn.a.example/x/@", "//cdn.a.example/x/{token}"),
        ("a.example/reset/@: 200", "a.example/reset/{token}: 200"),
        ("GET /x/@ 200", "GET /x/{token} 200"),
        ('<a href="/x?token=@&amp;b=1">', '<a href="/x?token={token}&amp;b=1">'),
        ("href=/join/@", "href=/join/{token}"),
        ("0; url=/x/@", "0; url=/x/{token}"),
        ("url(/x/@)", "url(/x/{token})"),
        ("https://a.example/?next=%2Freset%2F@%3Ftoken%3Dab", "https://a.example/?next=%2Freset%2F{token}%3Ftoken%3D{token}"),
        ("https://a.example/?n=%252Freset%252F@", "https://a.example/?n=%252Freset%252F{token}"),
        ("https://a.example/cb#access_token=@&token_type=bearer", "https://a.example/cb#access_token={token}&token_type=bearer"),
        ("https://anna:hunter2@a.example/", "https://anna:{token}@a.example/"),
        (r'"url":"https:\/\/a.example\/x\/@"', r'"url":"https:\/\/a.example\/x\/{token}"'),
        (r"https:\u002F\u002Fa.example?token=@\u0026a=1", r"https:\u002F\u002Fa.example?token={token}\u0026a=1"),
        ("https://a.example/x;jsessionid=@?a=1", "https://a.example/x;jsessionid={token}?a=1"),
        ("https://s3.example/f.pdf?X-Amz-Signature=ab&X-Amz-Expires=60", "https://s3.example/f.pdf?X-Amz-Signature={token}&X-Amz-Expires=60"),
        ("https://a.example/verify/482913", "https://a.example/verify/{token}"),
        ("https://a.example/login?code=482913&state=xyz", "https://a.example/login?code={token}&state=xyz"),
        (f"https://a.example/invite/{UUID}", "https://a.example/invite/{token}"),
        ("https://a.example/x?whatever=@", "https://a.example/x?whatever={token}"),
        ("one\0/x/@\0two", "one\0/x/{token}\0two"),
    ],
)  # fmt: skip
def test_a_token_in_an_address_becomes_a_blank(address: str, shown: str) -> None:
    address = address if "hunter2" in address else address.replace("@", TOKEN)
    assert without_tokens(address) == hide(address) == shown
    assert without_tokens(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/how-to-build-a-marketplace-in-2024-part-2",
        "https://a.example/blog/geschwindigkeitsbegrenzung-und-was-sie-bedeutet",
        "https://a.example/blog/InternationalizationGuidelinesOverview",
        f"https://a.example/bookings/{UUID}",
        "https://a.example/users/507f1f77bcf86cd799439011",
        "https://a.example/orders/01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "https://a.example/orders/4711/items/20241125101010",
        "/assets/app.3f2a9c1b8d7e6f50aa11bb22cc33dd44.js",
        "/_next/static/Xk29sPq0Z81mNvB3tYw5L/_buildManifest.js",
        f"https://git.example/shop/commit/{'3f786850e387550fdab8' * 2}",
        "https://a.example/app.js?v=3f786850e387550fdab836ed7e6dc881",
        "https://a.example/search?q=bike&code=DE&state=open&page=2",
        "https://a.example/reset/help",
        "https://a.example/share/how-to-share-in-2024",
        "/%D0%BF%D1%80%D0%B8%D0%B2%D0%B5%D1%82-%D0%BC%D0%B8%D1%80-%D0%BF%D1%80",
        "https://a.example/reset/{token}?token={token}&key=<Stripe secret key>",
        "postgres://${USER}:${PASSWORD}@db.example/",
        '"v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" "/aBcD3fGhIjK9mNoPqRs+uV/wXyZ0123456789"',
        "sha384-oqVuAfXRKap7fdgcCY5uykM6R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC",
        "google-site-verification=" + TOKEN,
        "/.well-known/acme-challenge/" + TOKEN,
        "Mozilla/5.0 (X11; Linux x86_64) text/html application/vnd.api+json",
    ],
)
def test_what_only_names_a_thing_stays(text: str) -> None:
    assert without_tokens(text) == text


_GENERATORS: dict[str, Callable[[random.Random], str]] = {
    "base64url of 32 bytes": lambda r: base64.urlsafe_b64encode(r.randbytes(32)).decode().rstrip("="),
    "base64url of 16 bytes": lambda r: base64.urlsafe_b64encode(r.randbytes(16)).decode().rstrip("="),
    "hex of 20 bytes": lambda r: r.randbytes(20).hex(),
    "letters and digits": lambda r: "".join(r.choices(string.ascii_letters + string.digits, k=32)),
    "small letters and digits": lambda r: "".join(r.choices(string.ascii_lowercase + string.digits, k=32)),
    "nanoid": lambda r: "".join(r.choices(string.ascii_letters + string.digits + "_-", k=21)),
}


@pytest.mark.parametrize("kind", _GENERATORS)
def test_random_tokens_are_known_by_their_look(kind: str) -> None:
    source = random.Random(7)
    tokens = [_GENERATORS[kind](source) for _ in range(1000)]
    assert sum(BLANK in without_tokens(f"https://a.example/x/{token}") for token in tokens) >= 960
    assert sum(BLANK in without_tokens(f"https://a.example/reset/{token}") for token in tokens) >= 990
    assert all(BLANK in without_tokens(f"/x?reset_token={token}") for token in tokens)


@given(st.text(alphabet=st.sampled_from(f"/?&=#;:.%2Fab9K-_\\{{}}'\" \0\n{TOKEN}"), max_size=200))
def test_masking_twice_is_masking_once_and_nothing_else_is_touched(text: str) -> None:
    once = without_tokens(text)
    assert without_tokens(once) == once
    if BLANK not in once:
        assert once == text


@pytest.mark.parametrize(
    "text",
    ["/" * 200_000, "/a" * 100_000, "x://" * 50_000, "?a=" * 60_000, "reset/" * 40_000, "a-" * 100_000 + "/",
     "%2F" * 60_000, "://" + "a" * 300_000, "a." * 100_000 + "/", ("a" * 60 + ".") * 4000, "://a:" * 40_000,
     r"\u0026a=" * 30_000],
)  # fmt: skip
def test_a_long_text_takes_no_longer_than_its_length(text: str) -> None:
    begun = time.process_time()
    without_tokens(text)
    assert time.process_time() - begun < 3


def test_the_folder_says_what_an_id_is_for() -> None:
    assert is_token(UUID, "reset-password") and not is_token(UUID, "bookings")
    assert is_token("a1b2c3d4e5", "invitations") and not is_token("a1b2c3d4e5", "listings")


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Set-Cookie", "sid=abc=1; Path=/; HttpOnly", "sid={token}; Path=/; HttpOnly"),
        ("set-cookie", "bare", "{token}"),
        ("set-cookie", "gone=; Max-Age=0", "gone=; Max-Age=0"),
        ("cookie", "a=1; b=2", "a={token}; b={token}"),
        ("Authorization", "Bearer abc", "Bearer {token}"),
        ("server", "nginx", "nginx"),
    ],
)
def test_values_of_cookies_and_log_ins_are_not_shown(name: str, value: str, shown: str) -> None:
    assert without_values(name, value) == shown
