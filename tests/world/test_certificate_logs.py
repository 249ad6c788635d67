"""What the certificate logs tell, page by page, is kept; a silent log's last answer stands in and says so."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fake_outside import NOW, FakeWeb, failure, reply

from launchready_tui.clock import FixedClock
from launchready_tui.failure import Failure
from launchready_tui.world.logs import FRESH, KEPT, PAGES, LogNames, Logs

CRT = "https://crt.sh/?q=%25.shop.test&output=json&exclude=expired"
SPOTTER = "https://api.certspotter.com/v1/issuances?domain=shop.test&include_subdomains=true&expand=dns_names"


def crt(*names: str) -> Any:
    return reply(CRT, body=json.dumps([{"name_value": "\n".join(names)}]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".launchready").mkdir()
    return tmp_path


def logs(web: FakeWeb, folder: Path | None = None, later: timedelta = timedelta(0)) -> Logs:
    return Logs(web, FixedClock(NOW + later), folder)  # type: ignore[arg-type]


def names(seen: LogNames | Failure) -> tuple[str, ...]:
    assert isinstance(seen, LogNames), seen
    return seen.names


async def test_names_are_read_plain_and_once() -> None:
    web = FakeWeb()
    web.urls[CRT] = crt("B.shop.test.", "*.shop.test", "a.shop.test", "a.shop.test", "")
    assert names(await logs(web).names("crt.sh", "shop.test")) == ("*.shop.test", "a.shop.test", "b.shop.test")


async def test_cert_spotter_is_read_page_by_page() -> None:
    web = FakeWeb()
    rows = [{"id": "1", "dns_names": ["a.shop.test"]}, {"id": "2", "dns_names": [7, "b.shop.test"]}]
    web.urls[SPOTTER] = reply(SPOTTER, body=json.dumps(rows))
    web.urls[f"{SPOTTER}&after=2"] = reply(SPOTTER, body=json.dumps([{"id": "3", "dns_names": ["c.shop.test"]}]))
    web.urls[f"{SPOTTER}&after=3"] = reply(SPOTTER, body="[]")
    seen = await logs(web).names("certspotter", "shop.test")
    assert names(seen) == ("a.shop.test", "b.shop.test", "c.shop.test")
    assert isinstance(seen, LogNames) and seen.complete
    assert [url for _, url, _ in web.asked] == [SPOTTER, f"{SPOTTER}&after=2", f"{SPOTTER}&after=3"]


async def test_a_quota_that_ends_on_the_way_leaves_a_part_that_says_so() -> None:
    web = FakeWeb()
    web.urls[SPOTTER] = reply(SPOTTER, body=json.dumps([{"id": "1", "dns_names": ["a.shop.test"]}]))
    web.urls[f"{SPOTTER}&after=1"] = reply(SPOTTER, 429, ("retry-after", "3600"))
    seen = await logs(web).names("certspotter", "shop.test")
    assert isinstance(seen, LogNames) and not seen.complete and seen.names == ("a.shop.test",)


async def test_a_log_that_never_ends_is_left_and_one_that_repeats_itself_too() -> None:
    web = FakeWeb()

    def endless(url: str, method: str, headers: dict[str, str]) -> Any:
        last = int(url.partition("&after=")[2] or "0")
        return reply(url, body=json.dumps([{"id": str(last + 1), "dns_names": [f"n{last}.shop.test"]}]))

    web.origins["https://api.certspotter.com"] = endless
    seen = await logs(web).names("certspotter", "shop.test")
    assert len(names(seen)) == len(web.asked) == PAGES
    web.asked.clear()
    web.origins["https://api.certspotter.com"] = lambda url, method, headers: reply(
        url, body=json.dumps([{"id": "7", "dns_names": []}])
    )
    await logs(web).names("certspotter", "other.test")
    assert len(web.asked) == 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (failure("timeout"), "timeout"),
        (reply(CRT, 429, ("retry-after", "60")), "rate-limited"),
        (reply(CRT, 502), "unavailable"),
        (reply(CRT, body="<html>busy"), "unavailable"),
        (reply(CRT, body='{"error": 1}'), "unavailable"),
        (reply(CRT, body="[" * 100_000), "unavailable"),
    ],
)
async def test_what_is_no_answer_is_a_failure(answer: Any, kind: str) -> None:
    web = FakeWeb()
    web.urls[CRT] = answer
    seen = await logs(web).names("crt.sh", "shop.test")
    assert isinstance(seen, Failure) and seen.kind == kind


async def test_answers_are_kept_and_stand_in_while_the_log_is_silent(folder: Path) -> None:
    web = FakeWeb()
    web.urls[CRT] = crt("a.shop.test")
    await logs(web, folder).names("crt.sh", "shop.test")
    web.asked.clear()
    assert names(await logs(web, folder, FRESH - timedelta(minutes=1)).names("crt.sh", "shop.test")) == ("a.shop.test",)
    assert web.asked == [], "a fresh answer is not asked for again"
    web.urls[CRT] = crt("a.shop.test", "new.shop.test")
    assert names(await logs(web, folder, FRESH).names("crt.sh", "shop.test")) == ("a.shop.test", "new.shop.test")
    web.urls[CRT] = reply(CRT, 502)
    seen = await logs(web, folder, 2 * FRESH).names("crt.sh", "shop.test")
    assert isinstance(seen, LogNames) and seen.names == ("a.shop.test", "new.shop.test") and seen.at == NOW
    assert seen.failure is not None and seen.failure.kind == "unavailable"
    assert isinstance(await logs(web, folder, KEPT).names("crt.sh", "shop.test"), Failure), "too old to stand in"
    assert isinstance(await logs(web, folder).names("crt.sh", "other.test"), Failure), "another domain's answer is none"


@pytest.mark.parametrize(
    "broken", ["", "{", "[]", '{"crt.sh shop.test": {"log": "crt.sh"}}', '{"crt.sh shop.test": 3}', "\xff"]
)
async def test_a_broken_file_is_asked_past_and_written_anew(folder: Path, broken: str) -> None:
    (folder / ".launchready" / "certificate-logs.json").write_text(broken, "latin-1")
    web = FakeWeb()
    web.urls[CRT] = crt("a.shop.test")
    assert names(await logs(web, folder).names("crt.sh", "shop.test")) == ("a.shop.test",)
    web.urls[CRT] = failure("timeout")
    assert names(await logs(web, folder).names("crt.sh", "shop.test")) == ("a.shop.test",)


async def test_nothing_is_written_where_no_launch_is(tmp_path: Path) -> None:
    web = FakeWeb()
    web.urls[CRT] = crt("a.shop.test")
    await logs(web, tmp_path).names("crt.sh", "shop.test")
    assert list(tmp_path.iterdir()) == []
