"""As handed over, changed, or could not be checked: a folder held against the same launch a month later."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import hostile
import msgspec
import pytest
import yaml
from bundle_source import NOW, Market, finding, full

from launchready_tui.clock import FixedClock
from launchready_tui.findings import CheckResult, State
from launchready_tui.handover import ci, drift, export
from launchready_tui.handover.drift_words import FORMATS, render
from launchready_tui.handover.record import Record
from launchready_tui.launch.model import Host

LATER = NOW + timedelta(hours=2)
RECORDS = (
    Record("example.com", "SOA", "ns1.example.net. hostmaster.example.com. 7 3600 600 604800 300"),
    Record("example.com", "A", "203.0.113.10"),
    Record("example.com", "MX", "10 mail.example.com"),
    Record("www.example.com", "A", "203.0.113.10"),
)


def handed(tmp_path: Path, **more: Any) -> drift.Handed:
    return drift.load(export(full(), tmp_path, now=NOW, records=RECORDS, **more).zip)


def later(**changes: Any) -> Market:
    """The same launch, looked at again two hours later."""
    market = full(clock=FixedClock(LATER), **changes)
    market.results = tuple(msgspec.structs.replace(one, started_at=LATER) for one in market.results)
    return market


def compared(tmp_path: Path, market: Market, records: tuple[Record, ...] = RECORDS, **more: Any) -> drift.Drift:
    return drift.compare(market, handed(tmp_path, **more), now=LATER, records=records)


def changed(found: drift.Drift) -> list[str]:
    return [f"{one.area}: {one.sentence}" for one in found.of("changed")]


def swap(market: Market, rule: str, subject: str, **more: Any) -> Market:
    """One finding of the launch, otherwise."""

    def one(result: CheckResult) -> CheckResult:
        found = tuple(
            msgspec.structs.replace(each, **more) if (each.rule, each.subject) == (rule, subject) else each
            for each in result.findings
        )
        return msgspec.structs.replace(result, findings=found)

    market.results = tuple(map(one, market.results))
    return market


@pytest.mark.parametrize("profile", ["founder", "team"])
def test_nothing_changed_is_said_item_by_item(profile: str, tmp_path: Path) -> None:
    found = compared(tmp_path, later(), profile=profile)
    assert changed(found) == [] and not found.moved and len(found.of("same")) > 20
    assert found.headline == "No visible changes since 24 November 2026"
    assert {one.area for one in found.items} == {"Domains", "Addresses", "DNS records", "Checks", "Speed", "Inventory"}


def dns(market: Market, servers: str) -> Market:
    seen = finding("audit.dns-host.provider", "example.com", "x", State.PASS, seen={"dns": servers})
    return swap(market, "audit.dns-host.provider", "example.com", evidence=seen.evidence)


def test_another_dns_host_is_told(tmp_path: Path) -> None:
    found = compared(tmp_path, dns(later(), "example.com. 300 IN NS ns1.digitalocean.com"))
    assert "Domains: example.com, DNS: was Cloudflare, now DigitalOcean" in changed(found)
    assert any("name servers" in one for one in changed(found))


def test_name_servers_in_another_order_are_the_same(tmp_path: Path) -> None:
    found = compared(
        tmp_path, dns(later(), "example.com. 9 IN NS bob.ns.cloudflare.com\nexample.com. 9 IN NS ada.ns.cloudflare.com")
    )
    assert changed(found) == []


def test_a_renewed_domain_and_certificate_are_as_they_should_be(tmp_path: Path) -> None:
    def until(day: str) -> Market:
        words = f"example.com\nregistrar: Gandi SAS\nexpires: {day} 10:00:00 UTC\nstatus: client transfer prohibited"
        seen = finding("audit.registrar.expiry", "example.com", "x", State.PASS, seen={"registration": words})
        return swap(later(), "audit.registrar.expiry", "example.com", evidence=seen.evidence)

    renewed = compared(tmp_path, until("2029-03-01"))
    assert changed(renewed) == []
    assert "renewed until 1 March 2029" in [one.note for one in renewed.of("same")]
    assert "Domains: example.com, registered until: was 1 March 2028, now 1 March 2027" in changed(
        compared(tmp_path, until("2027-03-01"))
    )


def test_what_cannot_be_seen_now_is_no_change(tmp_path: Path) -> None:
    market = later()
    market.results = tuple(one for one in market.results if one.check != "audit.hosting")
    found = compared(tmp_path, market)
    assert not [one for one in changed(found) if one.startswith("Addresses")]
    assert "example.com, provider: could not be checked now" in [one.sentence for one in found.of("unseen")]


@pytest.mark.parametrize(
    ("records", "said"),
    [
        (
            (Record("example.com", "A", "203.0.113.66"), *RECORDS[2:]),
            "example.com A: was 203.0.113.10, now 203.0.113.66",
        ),
        ((*RECORDS[:2], *RECORDS[3:], Record("example.com", "MX", "")), "example.com MX: was removed"),
        ((*RECORDS, Record("example.com", "TXT", '"verify=1"')), 'example.com TXT: is new: "verify=1"'),
        (
            (*RECORDS, Record("example.com", "A", "203.0.113.11")),
            "example.com A: was 203.0.113.10, now 203.0.113.10; 203.0.113.11",
        ),
    ],
)
def test_a_record_set_is_compared_as_a_whole(records: tuple[Record, ...], said: str, tmp_path: Path) -> None:
    found = compared(tmp_path, later(), records)
    assert f"DNS records: {said}" in changed(found)


def test_a_new_serial_is_no_change_and_a_silent_name_no_loss(tmp_path: Path) -> None:
    soa = Record("example.com", "SOA", "ns1.example.net. hostmaster.example.com. 8 3600 600 604800 300")
    found = compared(tmp_path, later(), (soa, *RECORDS[1:3]))
    assert changed(found) == []
    assert "www.example.com A: was not queried or did not answer" in [one.sentence for one in found.of("unseen")]


def test_new_and_gone_problems_are_told_by_check(tmp_path: Path) -> None:
    market = swap(
        later(), "performance.caching.asset", "app.example.com", state=State.FAIL, summary="Static files are not cached"
    )
    market = swap(market, "edge.redirects.too-many-hops", "www.example.com", state=State.PASS)
    said = changed(compared(tmp_path, market))
    assert any("new problem: Static files are not cached" in one for one in said)
    assert any("no longer found: www.example.com takes 4 hops" in one for one in said)


def test_a_check_out_of_date_is_unseen(tmp_path: Path) -> None:
    market = full(clock=FixedClock(NOW + timedelta(days=40)))
    found = drift.compare(market, handed(tmp_path), now=NOW + timedelta(days=40), records=RECORDS)
    assert not [one for one in found.of("changed") if one.area == "Checks"]
    assert "check again" in [one.note for one in found.of("unseen")]


def test_speed_is_changed_only_beyond_chance(tmp_path: Path) -> None:
    def at(p95: str, between: str) -> Market:
        figures = {"requests": "120", "p50": "1 ms", "p95": p95, "p95 interval": between, "over the target": "0"}
        seen = finding("audit.latency.target", "search", "x", seen=figures)
        return swap(later(), "audit.latency.target", "search", evidence=seen.evidence)

    assert not [
        one for one in changed(compared(tmp_path, at("700 ms", "600 ms to 800 ms (95 %)"))) if one.startswith("Speed")
    ]
    assert "Speed: search, p95: slower: 640 ms then, 1200 ms now" in changed(
        compared(tmp_path, at("1200 ms", "900 ms to 1500 ms (95 %)"))
    )


def test_the_inventory_is_compared_row_by_row_and_reviews_may_move(tmp_path: Path) -> None:
    market = later()
    one, *rest = market.inventory.systems
    access = tuple(msgspec.structs.replace(way, reviewed=LATER.date()) for way in market.inventory.access)
    systems = (msgspec.structs.replace(one, billing_owner=""), *rest)
    market.inventory = msgspec.structs.replace(market.inventory, systems=systems, access=access[:-1])
    said = changed(compared(tmp_path, market))
    assert "Inventory: System gandi: billing_owner was founder, now empty" in said
    assert "Inventory: Access fly engineer: was removed" in said
    assert len([row for row in said if row.startswith("Inventory")]) == 2


def test_a_host_that_came_or_went_is_told(tmp_path: Path) -> None:
    market = later()
    hosts = (*market.launch.hosts[1:], Host(name="new.example.com"))
    market.launch = msgspec.structs.replace(market.launch, hosts=hosts)
    said = changed(compared(tmp_path, market))
    assert (
        "Addresses: example.com: is no longer in the launch file" in said
        and "Addresses: new.example.com: is new" in said
    )


def test_a_folder_that_was_changed_is_no_proof(tmp_path: Path) -> None:
    folder = export(full(), tmp_path, now=NOW).folder
    (folder / "README.md").write_text("mine")
    found = drift.compare(later(), drift.load(folder), now=LATER)
    assert found.moved and "changed since the export" in found.headline


def _with(handed: drift.Handed, **data: Any) -> drift.Handed:
    return dataclasses.replace(handed, data={**handed.data, **data})


def test_another_launch_the_demo_and_rubbish_are_not_compared(tmp_path: Path) -> None:
    ours = handed(tmp_path)
    other = later()
    other.launch = msgspec.structs.replace(other.launch, domain="example.org")
    for market in (other, later(demo=True)):
        with pytest.raises(drift.NotComparable):
            drift.compare(market, ours, now=LATER)
    with (tmp_path / "huge.json").open("wb") as sparse:
        sparse.truncate(drift.LIMIT + 1)
    with pytest.raises(drift.NotComparable, match="larger than"):
        drift.load(tmp_path / "huge.json")
    for strange in ("text", ["list"], None, {"domain": ["x"]}):
        with pytest.raises(drift.NotComparable):
            drift.compare(later(), _with(ours, launch=strange), now=LATER)
    newer = '{"kind": "launchready-handover", "schema": 2}'
    for name, content in {"a.json": "{}", "b.json": "[]", "c.json": "not json", "d.zip": "x", "e.json": newer}.items():
        (tmp_path / name).write_text(content)
        with pytest.raises(drift.NotComparable):
            drift.load(tmp_path / name)


def test_a_hostile_folder_is_text_in_every_format(tmp_path: Path) -> None:
    raw = dict(handed(tmp_path).data)
    raw["domains"] = [
        {"domain": "example.com", "registrar": hostile.ALL, "expires": 7, "lock": None},
        "no row",
        {"domain": hostile.ALL},
    ]
    raw["inventory"] = {"systems": [{"id": hostile.ALL}], "access": "none"}
    raw["findings"] = [
        {"check": "edge.https", "rule": hostile.ALL, "subject": 9, "state": "fail", "summary": hostile.ALL}
    ]
    raw["records"] = [{"name": hostile.ALL}]
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(raw))
    found = drift.compare(later(), drift.load(path), now=LATER)
    assert found.moved
    for kind in FORMATS:
        words = render(found, kind)
        assert "\x1b" not in words and "\u202e" not in words, kind
    assert "<script>" not in render(found, "markdown")


def test_the_formats_say_the_same(tmp_path: Path) -> None:
    found = compared(tmp_path, later(), (*RECORDS[:2], *RECORDS[3:], Record("example.com", "MX", "")))
    assert found.headline == "1 thing changed since 24 November 2026"
    data = json.loads(render(found, "json"))
    assert (data["schema"], data["counts"]["changed"], data["whole"]) == (1, 1, True)
    assert render(found, "markdown").startswith("# 1 thing changed since 24 November 2026\n")
    assert "example.com MX: was removed" in render(found, "text")


# The monthly job


def test_the_job_is_written_once_with_data_that_names_nobody(tmp_path: Path) -> None:
    ours = handed(tmp_path / "out")
    folder = tmp_path / "repo"
    folder.mkdir()
    baseline, workflow = ci.write(folder, ours)
    words = baseline.read_text()
    for private in ("The founder", "The launch engineer", "+00 000", '"founder"', '"engineer"', "helper"):
        assert private not in words, private
    assert f"launchready drift {ci.BASELINE} --trust" in workflow.read_text()
    assert not re.search(r"@[A-Z]+@", workflow.read_text())
    assert [*yaml.safe_load(workflow.read_text())["jobs"]] == ["drift"]
    with pytest.raises(FileExistsError):
        ci.write(folder, ours)


def test_the_committed_data_compares_like_the_folder(tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    baseline, _ = ci.write(tmp_path / "repo", handed(tmp_path / "out"))
    found = drift.compare(later(), drift.load(baseline), now=LATER, records=RECORDS)
    assert changed(found) == [] and not found.moved and len(found.of("same")) > 15
