"""A secret shows itself to nobody, and the redactor finds it in every form it travels in."""

from __future__ import annotations

import base64
import copy
import functools
import html
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready_tui.vault import Redactor, Secret
from launchready_tui.vault.redact import forms

VALUE = "pa/ss+wörd&" + '"<x>' + "1" * 4
MASK = "<secret shop-login>"


def secret() -> Secret:
    return Secret("shop-login", VALUE)


@pytest.mark.parametrize(
    "show",
    [
        str,
        repr,
        ascii,
        lambda one: f"{one}",
        lambda one: f"{one!r:>40}",
        lambda one: f"{one:>40}",
        lambda one: "%s %r" % (one, one),  # noqa: UP031
        lambda one: "".join([one]),
        lambda one: one + "",
        lambda one: one.encode().decode(),
        json.dumps,
        lambda one: json.dumps({one: [one]}),
        lambda one: str(pickle.loads(pickle.dumps(one))),
        lambda one: str(pickle.loads(pickle.dumps({"headers": [one]}))),
        lambda one: repr(copy.deepcopy([one])),
        lambda one: repr([getattr(one, name, None) for name in dir(one) if name != "reveal"]),
        lambda one: str(logging.LogRecord("x", 1, "x", 1, "%s", (one,), None).getMessage()),
    ],
)
def test_whatever_shows_it_shows_the_mask(show: object) -> None:
    shown = show(secret())  # type: ignore[operator]
    assert MASK in shown
    assert "rd&" not in shown


def test_it_has_no_fields_to_list() -> None:
    with pytest.raises(TypeError):
        vars(secret())
    with pytest.raises(AttributeError, match="does not change"):
        secret().name = "other"


def test_a_pickle_never_holds_the_value() -> None:
    assert VALUE.encode() not in pickle.dumps([secret()])
    assert type(pickle.loads(pickle.dumps(secret()))) is str


def test_a_traceback_with_locals_shows_the_mask() -> None:
    def send(authorization: Secret) -> None:
        raise RuntimeError("refused")

    try:
        send(secret())
    except RuntimeError as why:
        shown = "".join(traceback.TracebackException.from_exception(why, capture_locals=True).format())
    assert MASK in shown
    assert VALUE not in shown


def test_equality_is_of_values_and_never_with_plain_text() -> None:
    assert secret() == Secret("other", VALUE)
    assert hash(secret()) == hash(Secret("other", VALUE))
    assert secret() != Secret("shop-login", "different")
    assert secret() != VALUE
    assert secret() != MASK
    assert secret().reveal() == VALUE


def test_values_do_not_outlive_or_cross_their_secrets() -> None:
    kept = [Secret(f"n{n}", f"value-{n}") for n in range(50)]
    for n in range(2000):
        Secret("gone", f"gone-{n}")
    assert [one.reveal() for one in kept] == [f"value-{n}" for n in range(50)]


def _base64(shift: int, value: str) -> str:
    return base64.b64encode(b"user:"[:shift] + value.encode() + b"tail").decode()


def _urlsafe(shift: int, value: str) -> str:
    return base64.urlsafe_b64encode(b"user:"[:shift] + value.encode()).decode()


ENCODINGS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "json": lambda value: json.dumps(value)[1:-1],
    "json, not ascii": lambda value: json.dumps(value, ensure_ascii=False)[1:-1],
    "json with escaped slashes": lambda value: json.dumps(value)[1:-1].replace("/", "\\/"),
    "html": html.escape,
    "html without quotes": lambda value: html.escape(value, quote=False),
    "url": lambda value: quote(value, safe=""),
    "url path": quote,
    "url, lower case": lambda value: "".join(
        part if len(part) != 3 else part.lower() for part in _octets(quote(value, safe=""))
    ),
    "form": quote_plus,
    "hex": lambda value: value.encode().hex(),
    "HEX": lambda value: value.encode().hex().upper(),
    "repr": lambda value: repr(value)[1:-1],
    **{f"base64 after {shift} bytes": functools.partial(_base64, shift) for shift in range(6)},
    **{f"urlsafe base64 after {shift} bytes": functools.partial(_urlsafe, shift) for shift in range(3)},
}


def _octets(quoted: str) -> list[str]:
    import re

    return re.findall(r"%[0-9A-F]{2}|.", quoted)


@pytest.mark.parametrize("name", ENCODINGS)
def test_the_redactor_knows_the_forms(name: str) -> None:
    redactor = Redactor()
    redactor.add(secret())
    text = f"before {ENCODINGS[name](VALUE)} after"
    assert redactor.found(text) == ("shop-login",)
    cleaned = redactor.clean(text)
    assert MASK in cleaned
    assert redactor.found(cleaned) == ()
    assert cleaned.startswith("before ")
    assert cleaned.endswith(" after")


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=6, max_size=40),
    st.binary(max_size=8),
    st.binary(max_size=8),
)
def test_base64_is_found_whatever_stands_around(value: str, before: bytes, after: bytes) -> None:
    redactor = Redactor()
    redactor.add(Secret("one", value))
    assert redactor.found(base64.b64encode(before + value.encode() + after)) == ("one",)


def test_look_alikes_survive() -> None:
    redactor = Redactor()
    redactor.add(secret())
    text = (
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 "
        "3f2b8c1e-9c0d-4a55-8d1e-0c6a6f1b2a3d pa/ss+word"
    )
    assert redactor.clean(text) == text


def test_lines_of_a_long_key_are_known_by_themselves() -> None:
    line = "MIIB" + "x7Qp" * 12
    redactor = Redactor()
    redactor.add(Secret("key", f"-----BEGIN {'PRIVATE'} KEY-----\n{line}\n-----END {'PRIVATE'} KEY-----\n"))
    assert redactor.found(f"    {line}") == ("key",)
    assert redactor.found("-----BEGIN CERTIFICATE-----") == ()


def test_the_longer_of_two_values_wins() -> None:
    redactor = Redactor()
    redactor.add(Secret("short", "abcdef"))
    redactor.add(Secret("long", "abcdefghij"))
    assert redactor.clean("abcdefghij abcdef") == "<secret long> <secret short>"


def test_short_forms_are_never_searched_for() -> None:
    assert min(map(len, forms("abcdef"))) >= 6
