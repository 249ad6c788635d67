"""Log-ins that are renewed: the device code log-in at Outlook.com and a stored log-in at Google, against doubles of
their addresses."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest

from launchready_tui.failure import Failure
from launchready_tui.mail.box import device, google
from launchready_tui.vault.secret import Secret
from launchready_tui.world.sights import Reply

CLIENT = "11111111-2222-3333-4444-555555555555"
ASKED = {
    "user_code": "ABCD-EFGH",
    "device_code": "device-" + "x" * 30,
    "verification_uri": "https://www.microsoft.com/link",
    "expires_in": 60,
    "interval": 5,
    "message": "…",
}
GRANTED = {
    "token_type": "Bearer",
    "access_token": "access-" + "y" * 30,
    "refresh_token": "refresh-" + "z" * 30,
    "expires_in": 3600,
}


class Microsoft:
    """Answers in turn, and remembers what it was asked."""

    def __init__(self, *answers: dict[str, Any] | Failure | bytes) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, str]]] = []

    async def get(self, url: str, *, method: str, headers: Any, body: bytes, fresh: bool) -> Reply | Failure:
        assert method == "POST" and fresh and ("content-type", "application/x-www-form-urlencoded") in headers
        self.asked.append((url, {key: values[0] for key, values in parse_qs(body.decode()).items()}))
        answer = self.answers.pop(0)
        if isinstance(answer, Failure):
            return answer
        raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return Reply(
            url=url,
            method=method,
            status=200 if raw.find(b'"error"') < 0 else 400,
            headers=(),
            body=raw,
            at=datetime.now(UTC),
        )


class Pace:
    def __init__(self) -> None:
        self.waits: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)


def web(microsoft: Microsoft) -> Any:
    return microsoft


async def begun(microsoft: Microsoft) -> device.Code:
    code = await device.begin(web(microsoft), CLIENT)
    assert isinstance(code, device.Code), code
    return code


async def test_a_person_types_the_code_and_the_tokens_come() -> None:
    microsoft = Microsoft(
        ASKED, {"error": "authorization_pending"}, {"error": "slow_down"}, {"error": "authorization_pending"}, GRANTED
    )
    pace = Pace()
    code = await begun(microsoft)
    assert (code.page, code.code) == (ASKED["verification_uri"], ASKED["user_code"])
    tokens = await device.wait(web(microsoft), CLIENT, code, pace)
    assert isinstance(tokens, device.Tokens) and tokens.refresh is not None
    assert (tokens.access.reveal(), tokens.refresh.reveal()) == (GRANTED["access_token"], GRANTED["refresh_token"])
    assert pace.waits == [5, 5, 10, 10]
    assert microsoft.asked[0] == (
        "https://login.microsoftonline.com/consumers/oauth2/v2.0/devicecode",
        {"client_id": CLIENT, "scope": "https://outlook.office.com/IMAP.AccessAsUser.All offline_access"},
    )
    url, form = microsoft.asked[1]
    assert url == "https://login.microsoftonline.com/consumers/oauth2/v2.0/token"
    assert form == {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "client_id": CLIENT,
        "device_code": ASKED["device_code"],
    }
    assert "yyy" not in repr(tokens) and "zzz" not in repr(tokens) and "xxx" not in repr(code)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("authorization_declined", "declined"),
        ("expired_token", "not entered in time"),
        ("bad_verification_code", "start again"),
    ],
)
async def test_a_log_in_that_does_not_come_about_says_why(error: str, words: str) -> None:
    microsoft = Microsoft(ASKED, {"error": error})
    failed = await device.wait(web(microsoft), CLIENT, await begun(microsoft), Pace())
    assert isinstance(failed, Failure) and failed.kind == "log-in" and words in failed.detail


async def test_waiting_ends_with_the_code() -> None:
    microsoft = Microsoft(ASKED, *[{"error": "authorization_pending"}] * 50)
    failed = await device.wait(web(microsoft), CLIENT, await begun(microsoft), Pace())
    assert isinstance(failed, Failure) and "in time" in failed.detail
    assert len(microsoft.asked) < 20


async def test_a_time_out_slows_the_asking_down() -> None:
    microsoft = Microsoft(ASKED, Failure(kind="timeout"), GRANTED)
    pace = Pace()
    assert isinstance(await device.wait(web(microsoft), CLIENT, await begun(microsoft), pace), device.Tokens)
    assert pace.waits == [5, 10]


async def test_a_stored_log_in_gives_the_next_token_or_says_that_it_has_ended() -> None:
    microsoft = Microsoft(GRANTED, {"error": "invalid_grant", "error_description": "AADSTS70000: …"})
    stored = Secret("outlook", "refresh-" + "o" * 30)
    assert isinstance(await device.refresh(web(microsoft), CLIENT, stored), device.Tokens)
    assert microsoft.asked[0][1]["grant_type"] == "refresh_token"
    failed = await device.refresh(web(microsoft), CLIENT, stored)
    assert isinstance(failed, Failure) and "launchready mail login" in failed.detail


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>busy</html>",
        b"[]",
        {"error": "invalid_client"},
        {**ASKED, "verification_uri": "http://evil.test/"},
        {"user_code": 5},
    ],
)
async def test_what_is_no_code_is_a_failure(answer: Any) -> None:
    failed = await device.begin(web(Microsoft(answer)), CLIENT)
    assert isinstance(failed, Failure) and failed.kind in ("log-in", "unavailable")


WORDS = ("launch" + "ready-app", "GOCSPX-" + "s" * 20, "1//" + "r" * 30)


def stored() -> Secret:
    return Secret("gmail", json.dumps(dict(zip(("client_id", "client_secret", "refresh_token"), WORDS, strict=True))))


async def test_a_stored_log_in_at_google_gives_an_access_token() -> None:
    world = Microsoft(GRANTED)
    tokens = await google.refresh(web(world), stored())
    assert (
        isinstance(tokens, device.Tokens)
        and tokens.access.reveal() == GRANTED["access_token"]
        and tokens.refresh is None
    )
    url, form = world.asked[0]
    assert url == "https://oauth2.googleapis.com/token"
    assert form == {
        "grant_type": "refresh_token",
        **dict(zip(("client_id", "client_secret", "refresh_token"), WORDS, strict=True)),
    }


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (
            {"error": "invalid_grant", "error_description": "Token has been expired or revoked."},
            "log-in",
            "expired or was revoked",
        ),
        ({"error": "invalid_client"}, "log-in", "is unknown"),
        ({"error": "surprise", "error_description": "in other words"}, "log-in", "in other words"),
        (b"<html>busy</html>", "unavailable", "no token"),
        (Failure(kind="timeout"), "timeout", ""),
    ],
)
async def test_google_may_say_no_in_many_ways(answer: Any, kind: str, said: str) -> None:
    failed = await google.refresh(web(Microsoft(answer)), stored())
    assert isinstance(failed, Failure) and failed.kind == kind and said in failed.detail


@pytest.mark.parametrize("text", ["not json", "[]", '{"client_id": "a", "client_secret": ""}'])
async def test_what_is_no_log_in_of_google_is_told_without_asking_anybody(text: str) -> None:
    world = Microsoft()
    failed = await google.refresh(web(world), Secret("gmail", text))
    assert isinstance(failed, Failure) and failed.kind == "log-in" and "refresh_token" in failed.detail
    assert world.asked == []
