"""Zone file, calendar, redirect rules, emergency card, JUnit, the team's folder and the signature."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import hostile
import msgspec
import pytest
import yaml
from bundle_source import NOW, Market, bare, finding, full, results
from sights import sights
from test_handover_bundle import Seen, hostile_market

from launchready_tui.findings import State
from launchready_tui.handover import ExportError, build, export, verify
from launchready_tui.handover.calendar import fold
from launchready_tui.handover.pack import SIGNATURE
from launchready_tui.handover.record import Record
from launchready_tui.handover.timing import change, ms, timings
from launchready_tui.handover.zones import strings
from launchready_tui.launch.decisions import SignOff
from launchready_tui.launch.inventory import Access, Inventory, Plan, Renewal, System
from launchready_tui.launch.model import Alert, Launch, Redirect
from launchready_tui.launch.records import handed_over
from launchready_tui.roadmap import load as load_roadmap

CHECKS = len(load_roadmap().checks)


def made(market: Market, **more: Any) -> dict[str, str]:
    return {name: content.decode("utf-8") for name, content in build(market, now=NOW, **more)[0].items()}


# Zone file

SEEN = (
    Record("example.com", "SOA", "ns1.example.net. hostmaster.example.com. 7 3600 600 604800 300"),
    Record("example.com", "NS", "ns1.example.net"),
    Record("example.com", "NS", "ns2.example.net."),
    Record("example.com", "A", "203.0.113.10"),
    Record("example.com", "AAAA", "2001:DB8::10"),
    Record("example.com", "MX", "10 mail.example.com"),
    Record("example.com", "CAA", '0 issue "letsencrypt.org"'),
    Record("example.com", "TXT", '"v=spf1 -all"'),
    Record("www.example.com", "CNAME", "shop.example.net"),
    Record("k._domainkey.example.com", "TXT", '"' + "p" * 255 + '" "' + "q" * 60 + '"'),
    Record("*.example.com", "A", "203.0.113.11"),
    Record("other.example.org", "A", "203.0.113.12"),
)
ZONE = "dns/example.com.zone"


def checkzone(text: str, tmp_path: Path) -> str:
    """What named-checkzone says, where it is installed (Debian bind9-utils)."""
    program = shutil.which("named-checkzone")
    if program is None:
        pytest.skip("named-checkzone is not installed")
    path = tmp_path / "zone"
    path.write_text(text)
    done = subprocess.run(
        [program, "-i", "local", "example.com", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_a_zone_file_says_what_it_is_not_and_holds_what_was_seen() -> None:
    zone = made(full(), records=SEEN)[ZONE]
    assert zone.startswith(
        "; Records of example.com, rebuilt from public DNS answers by 24 November 2026, 14:02 UTC.\n; This is "
        "not the zone itself"
    )
    lines = [line for line in zone.splitlines() if line and not line.startswith((";", "$"))]
    assert lines[:3] == [
        "@ IN SOA ns1.example.net. hostmaster.example.com. 7 3600 600 604800 300",
        "@ IN NS ns1.example.net.",
        "@ IN NS ns2.example.net.",
    ]
    assert (
        "@ IN AAAA 2001:db8::10" in lines and "@ IN MX 10 mail.example.com." in lines and "* IN A 203.0.113.11" in lines
    )
    assert f'k._domainkey IN TXT "{"p" * 255}" "{"q" * 60}"' in lines
    assert "example.org" not in zone, "another domain's records belong into another file"


def test_named_checkzone_takes_it(tmp_path: Path) -> None:
    assert "OK" in checkzone(made(full(), records=SEEN)[ZONE], tmp_path)


def test_without_fresh_answers_the_evidence_of_the_checks_fills_it(tmp_path: Path) -> None:
    zone = made(full())[ZONE]
    for line in (
        "@ IN NS ada.ns.cloudflare.com.",
        "@ IN A 203.0.113.10",
        "api IN AAAA 2001:db8::20",
        "; The SOA record was not found. This one is a placeholder so that programs can read the file.",
        "@ IN SOA ada.ns.cloudflare.com. hostmaster.example.com. 1 3600 600 604800 300",
    ):
        assert line in zone.splitlines(), line
    checkzone(zone, tmp_path)


def test_of_a_bare_launch_there_is_no_zone_file() -> None:
    assert not [name for name in made(bare()) if name.startswith("dns/")]


@pytest.mark.parametrize(
    "text", [*hostile.TEXTS.values(), hostile.ALL, 'x"\n$INCLUDE /etc/passwd', "a IN A 1.2.3.4\nevil", "300 chars" * 40]
)
def test_hostile_records_stay_remarks_or_quoted_text(text: str, tmp_path: Path) -> None:
    records = [
        Record("example.com", kind, text)
        for kind in ("A", "AAAA", "NS", "MX", "TXT", "CAA", "SOA", "SRV", "CNAME", "WEIRD")
    ]
    records += [Record(f"{text}.example.com", "A", "203.0.113.9"), Record("example.com", "NS", "ns1.example.net")]
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\010")
    records.append(Record("t.example.com", "TXT", f'"{quoted}"'))
    zone = made(full(), records=tuple(records))[ZONE]
    assert zone.isascii()
    allowed = re.compile(r"(;|\$ORIGIN example\.com\.$|\$TTL 300$|$|(@|t|\S+) IN (SOA|NS|TXT) )")
    for line in zone.splitlines():
        assert allowed.match(line), line
    checkzone(zone, tmp_path)


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        ('"one" "two"', [b"one", b"two"]),
        ('"a\\"b\\\\c"', [b'a"b\\c']),
        ('"\\226\\130\\172"', ["€".encode()]),
        ("bare", []),
        ('"open', []),
        ('""', [b""]),
    ],
)
def test_txt_data_is_read_as_dns_writes_it(data: str, parts: list[bytes]) -> None:
    assert strings(data) == parts


# Calendar


def unfolded(ics: str) -> list[str]:
    return ics.replace("\r\n ", "").split("\r\n")


def events(ics: str) -> list[dict[str, str]]:
    """A small reader of RFC 5545: the properties of each event, alarms left out."""
    found: list[dict[str, str]] = []
    inside, alarm = False, False
    for line in unfolded(ics):
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            found.append({})
            inside = True
        elif line in ("BEGIN:VALARM", "END:VALARM"):
            alarm = line.startswith("BEGIN")
        elif line == "END:VEVENT":
            inside = False
        elif inside and not alarm:
            assert name not in found[-1], name
            found[-1][name] = value
    return found


def test_the_calendar_has_domains_certificates_reviews_and_contracts() -> None:
    market = full()
    market.inventory = msgspec.structs.replace(
        market.inventory,
        renewals=(Renewal(subject="Developer account", kind="app-store", on=date(2027, 3, 1), owner="founder"),),
        plan=Plan(watch_until=date(2026, 12, 8)),
        access=(*market.inventory.access, Access(system="fly", person="engineer", remove_by=date(2026, 12, 31))),
    )
    ics = made(market)["calendar/renewals.ics"]
    said = {(one["DTSTART;VALUE=DATE"], one["SUMMARY"]) for one in events(ics)}
    for row in (
        ("20280301", "example.com expires"),
        ("20280131", "In 30 days: example.com expires"),
        ("20280223", "In 7 days: example.com expires"),
        ("20280229", "Tomorrow: example.com expires"),
        ("20261126", "The certificate for api.example.com expires"),
        ("20261125", "Tomorrow: The certificate for api.example.com expires"),
        ("20270301", "Developer account expires"),
        ("20260731", "Review who has access"),
        ("20261210", "Test-restore orders"),
        ("20261208", "The close watch after launch ends"),
        ("20261231", "Remove The launch engineer from Fly.io"),
        ("20261224", "An accepted risk is due for review: DMARC names no address for reports"),
        ("20261224", "Compare the handover folder with the live product"),
    ):
        assert row in said, row
    assert ("20261119", "In 7 days: The certificate for api.example.com expires") not in said, "that day has passed"


def test_an_event_that_moves_keeps_its_uid_and_a_later_file_wins() -> None:
    def at(moment: datetime, renewal: date) -> dict[str, dict[str, str]]:
        market = full(inventory=Inventory(systems=(System(id="one", name="One", renewal=renewal),)))
        return {one["UID"]: one for one in events(build(market, now=moment)[0]["calendar/renewals.ics"].decode())}

    first, later = at(NOW, date(2027, 1, 1)), at(NOW + timedelta(days=1), date(2027, 2, 1))
    assert later.keys() < first.keys() and len(later) > 4, "a day that has passed needs no reminder"
    for uid in later:
        one = first[uid]
        assert re.fullmatch(r"[0-9a-f]{32}@launchready", uid)
        assert int(later[uid]["SEQUENCE"]) > int(one["SEQUENCE"])
    moved = [uid for uid in first if first[uid]["SUMMARY"] == "One renews or expires (other)"]
    assert [later[uid]["DTSTART;VALUE=DATE"] for uid in moved] == ["20270201"]


@pytest.mark.parametrize("text", [*hostile.TEXTS.values(), hostile.ALL, "x\r\nBEGIN:VEVENT\r\nSUMMARY:mine", "ü" * 200])
def test_the_calendar_stays_well_formed_whatever_is_in_it(text: str) -> None:
    market = hostile_market(text)
    market.inventory = msgspec.structs.replace(
        market.inventory,
        renewals=(Renewal(subject=text, on=date(2027, 1, 1), owner=text, note=text),),
        plan=Plan(watch_until=date(2027, 1, 1)),
    )
    raw = build(market, now=NOW)[0]["calendar/renewals.ics"]
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert max(map(len, raw.split(b"\r\n"))) <= 75
    body = unfolded(raw.decode())
    assert body[0] == "BEGIN:VCALENDAR" and body[-2:] == ["END:VCALENDAR", ""]
    assert body.count("BEGIN:VEVENT") == body.count("END:VEVENT") == len(events(raw.decode()))
    for line in body[:-1]:
        assert re.match(r"[A-Z-]+(;VALUE=DATE)?:", line), line


@pytest.mark.parametrize("line", ["", "x" * 75, "x" * 76, "é" * 100, "x" * 74 + "é"])
def test_folding_cuts_no_character_and_unfolds_to_the_same(line: str) -> None:
    pieces = fold(line)
    assert all(len(piece.encode()) <= 75 for piece in pieces)
    assert pieces[0] + "".join(piece[1:] for piece in pieces[1:]) == line
    assert all(piece.startswith(" ") for piece in pieces[1:])


# Redirect rules


def redirecting(*pairs: tuple[str, str]) -> Market:
    launch = full().launch
    return full(
        launch=msgspec.structs.replace(launch, redirects=tuple(Redirect(from_=old, to=new) for old, new in pairs))
    )


def test_old_addresses_become_rules_for_both_edges() -> None:
    files = made(
        redirecting(
            ("https://example.com/old", "https://example.com/new?from=old"),
            ("https://www.example.com", "https://example.com/"),
        )
    )
    assert (
        "# in the server block of example.com\nlocation = /old { return 301 https://example.com/new?from=old; }"
        in files["edge/redirects.nginx.conf"]
    )
    assert "location = / { return 301 https://example.com/; }" in files["edge/redirects.nginx.conf"]
    assert (
        files["edge/redirects.cloudflare.csv"].splitlines()[0]
        == "https://example.com/old,https://example.com/new?from=old,301"
    )


@pytest.mark.parametrize(
    "pair",
    [
        ("https://example.com/a; } evil {", "https://example.com/b"),
        ("https://example.com/a", "https://example.com/b; } location / { proxy_pass http://evil"),
        ("https://example.com/a\nevil", "https://example.com/b"),
        ('https://example.com/"', "https://example.com/b"),
        ("https://example.com/$host", "https://example.com/b"),
        ("https://example.com/.well-known/apple-app-site-association", "https://example.com/b"),
    ],
)
def test_what_could_start_a_rule_of_its_own_is_a_remark(pair: tuple[str, str]) -> None:
    rules = made(redirecting(pair))["edge/redirects.nginx.conf"]
    assert not [line for line in rules.splitlines() if line and not line.startswith("#")]
    assert "# left out: https://example.com/" in rules


# Emergency card


def test_the_card_says_in_one_sheet_how_to_go_back_whom_to_call_and_where_dns_is() -> None:
    market = full()
    market.inventory = msgspec.structs.replace(market.inventory, plan=Plan(kill_switch="Maintenance page at the edge"))
    seen = Seen(made(market)["EMERGENCY-CARD.html"])
    for words in (
        "fly deploy --image market:41",
        "Maintenance page at the edge",
        "+00 000 0002",
        "Cloudflare",
        "Call in this order",
        "Change DNS at",
    ):
        assert words in seen.text, words
    assert len(seen.all("h1")) == 1 and not {"script", "img", "form"} & {tag for tag, _ in seen.tags}


def test_start_here_answers_the_first_minute_without_a_click() -> None:
    html = made(full())["START-HERE.html"]
    top = html[: html.index('<nav aria-label="Documents">')]
    assert "fly deploy --image market:41" in top and "Change DNS at" in top and "+00 000 0002" in top


def test_the_card_never_shows_a_proposed_way_back() -> None:
    text = Seen(made(full(inventory=Inventory()))["EMERGENCY-CARD.html"]).text
    assert "git revert" not in text and "how to roll back to the last good version" in text


# JUnit and timings


def test_the_reports_of_the_bundle_are_read_by_ci() -> None:
    root = ElementTree.fromstring(made(full())["reports/checks.junit.xml"])
    assert root.tag == "testsuites" and int(root.attrib["tests"]) == CHECKS and int(root.attrib["failures"]) > 0


def measured(p95: str, between: str, day: int, verdict: str = "") -> Any:
    figures = {
        "requests": "120",
        "p50": "1 ms",
        "p95": p95,
        "p95 interval": between,
        "over the target": "0 of 120",
        "verdict": verdict,
    }
    one = finding("audit.latency.target", "search", "search", State.PASS)
    at = datetime(2026, 11, day, tzinfo=UTC)
    return msgspec.structs.replace(one, evidence=sights("audit.latency", "search", figures, at))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (("640 ms", "590 ms to 720 ms (95 %)"), ("210 ms", "190 ms to 250 ms (95 %)"), "faster"),
        (("210 ms", "190 ms to 250 ms (95 %)"), ("640 ms", "590 ms to 720 ms (95 %)"), "slower"),
        (
            ("640 ms", "590 ms to 720 ms (95 %)"),
            ("600 ms", "500 ms to 600 ms (95 %)"),
            "no significant difference",
        ),
        (
            ("640 ms", "not bounded by so few requests (95 %)"),
            ("20 ms", "10 ms to 30 ms (95 %)"),
            "too few requests to say",
        ),
    ],
)
def test_better_is_said_only_where_the_intervals_do_not_touch(
    before: tuple[str, str], after: tuple[str, str], said: str
) -> None:
    then, now = measured(*before, 20), measured(*after, 24)
    market = full(results=results(now), first_results={"audit.latency": results(then)[0]})
    page = made(market)["05-performance.md"]
    row = next(line for line in page.splitlines() if line.startswith("| search | ") and said in line)
    assert before[0] in row and after[0] in row
    assert ms(timings([now])["search"].p95) == after[0]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("FAIL (decided early)", "PASS (decided early)", "missed its target, meets it now"),
        ("PASS (decided early)", "FAIL (decided early)", "met its target, misses it now"),
        ("PASS (decided early)", "PASS (decided early)", "too few requests to say"),
    ],
)
def test_of_few_requests_it_is_known_whether_the_target_was_met(before: str, after: str, said: str) -> None:
    few = "not bounded by so few requests (95 %)"
    then, now = (timings([measured("9 ms", few, 20, verdict)])["search"] for verdict in (before, after))
    assert change(then, now) == said


def test_one_measurement_is_no_before_and_after() -> None:
    only = measured("640 ms", "590 ms to 720 ms (95 %)", 20)
    market = full(results=results(only), first_results={"audit.latency": results(only)[0]})
    assert "Nothing to compare" in made(market)["05-performance.md"]


# Signatures of people


def test_a_signed_line_shows_who_and_when_and_the_launch_says_its_go() -> None:
    signed = (
        SignOff(
            what="owns.registrar", answer="signed", by="founder", recorded_by="engineer", on=NOW - timedelta(days=1)
        ),
        SignOff(what="go-no-go", answer="no-go", by="founder", recorded_by="founder", on=NOW - timedelta(days=1)),
        SignOff(what="go-no-go", answer="go", by="founder", recorded_by="founder", on=NOW),
    )
    market = full()
    market.decisions = msgspec.structs.replace(market.decisions, signed=signed)
    files = made(market)
    assert (
        "| The founder, 23 November 2026 |" in files["07-checklist.md"]
        and "1 of 24 lines are signed" in files["07-checklist.md"]
    )
    assert "Decision: go, The founder, 24 November 2026, 14:02 UTC" in files["10-launch-day.md"]
    assert [one["answer"] for one in json.loads(files["data/launchready.json"])["signed"]] == ["signed", "no-go", "go"]


# The team's folder


def test_the_teams_folder_names_nobody(tmp_path: Path) -> None:
    market = full()
    left = finding("handover.access.left", "cloudflare/helper", "helper has left and can still get in")
    market.results = (*market.results, *results(msgspec.structs.replace(left, people=("helper",))))
    files = build(market, now=NOW, profile="team")[0]
    private = (
        "The founder",
        "The launch engineer",
        "A former helper",
        "+00 000",
        "07:00-23:00",
        "helper has left",
        "cloudflare/helper",
    )
    for name, content in files.items():
        assert not [word for word in private if word in content.decode()], name
    assert not [name for name in files if name.startswith("monitoring/")], "alerts say whom they reach, and where"
    assert "data/access.csv" not in files and "data/contacts.csv" not in files
    data = json.loads(files["data/launchready.json"])
    assert (data["profile"], data["people"], data["inventory"]["access"], data["inventory"]["contacts"]) == (
        "team",
        [],
        [],
        [],
    )
    assert "fly deploy --image market:41" in files["START-HERE.html"].decode()
    assert "developer has left and can still get in" in files["11-reports.md"].decode()
    exported = export(market, tmp_path, now=NOW, profile="team")
    assert exported.folder.name == "handover-example-market-team-20261124" and verify(exported.zip) == ()


# The signature


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    folder = tmp_path_factory.mktemp("keys")
    for name in ("mine", "other"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)], check=True
        )
    (folder / "allowed").write_text(f"founder@example.com {(folder / 'mine.pub').read_text()}")
    yield folder


@pytest.mark.parametrize("key", ["mine.pub", "allowed"])
def test_a_signed_folder_verifies_by_public_key_and_by_allowed_signers(key: str, keys: Path, tmp_path: Path) -> None:
    exported = export(full(), tmp_path, now=NOW, key=keys / "mine")
    assert SIGNATURE in exported.files
    for path in (exported.folder, exported.zip):
        assert verify(path) == () == verify(path, key=keys / key)
    again = export(full(), tmp_path, now=NOW, key=keys / "mine")
    assert again.zip.read_bytes() == exported.zip.read_bytes(), "an Ed25519 signature is the same each time"


def test_another_key_and_a_changed_list_are_told(keys: Path, tmp_path: Path) -> None:
    exported = export(full(), tmp_path, now=NOW, key=keys / "mine")
    assert [str(one) for one in verify(exported.zip, key=keys / "other.pub")] == [
        "SHA256SUMS.sig: was not made with a key from other.pub."
    ]
    target = exported.folder / "README.md"
    target.write_text(target.read_text() + "x")
    import hashlib

    sums = exported.folder / "SHA256SUMS"
    lines = [line for line in sums.read_text().splitlines() if not line.endswith("  README.md")]
    lines.append(f"{hashlib.sha256(target.read_bytes()).hexdigest()}  README.md")
    sums.write_text("\n".join(sorted(lines, key=lambda line: line[66:])) + "\n")
    assert verify(exported.folder) == (), "whoever can change a file can change the list"
    assert [one.file for one in verify(exported.folder, key=keys / "mine.pub")] == [SIGNATURE]


def test_an_unsigned_folder_fails_where_a_signature_is_asked_for(keys: Path, tmp_path: Path) -> None:
    exported = export(full(), tmp_path, now=NOW)
    assert [one.file for one in verify(exported.zip, key=keys / "mine.pub")] == [SIGNATURE]


def test_a_key_that_is_none_stops_the_export_and_leaves_nothing(keys: Path, tmp_path: Path) -> None:
    (tmp_path / "no-key").write_text("not a key")
    for key in (tmp_path / "no-key", tmp_path / "absent"):
        with pytest.raises(ExportError, match="Nothing was written"):
            export(full(), tmp_path / "out", now=NOW, key=key)
    assert not (tmp_path / "out").exists()


# What stage 7 reads later


def test_an_export_tells_the_check_what_was_handed_over(tmp_path: Path) -> None:
    market = full(folder=tmp_path / "launch")
    exported = export(market, tmp_path / "out", now=NOW)
    (only,) = handed_over(market.folder).read()
    assert (only.folder, only.whole, only.at, only.demo) == (str(exported.folder), True, NOW, False)
    export(full(folder=tmp_path / "set", keeps=False), tmp_path / "out", now=NOW)
    assert handed_over(tmp_path / "set").read() == (), "a set time is no real hand-over"


def test_a_launch_without_anything_still_makes_every_file() -> None:
    launch = Launch(name="x", domain="example.com", canonical="https://example.com/")
    files = made(Market(launch))
    assert files["calendar/renewals.ics"].count("BEGIN:VEVENT") == 1 and "edge/redirects.nginx.conf" not in files


# The watch for another machine


def test_the_watch_for_another_machine_names_credentials_and_holds_none() -> None:
    market = full()
    market.launch = msgspec.structs.replace(
        market.launch, alerts=(Alert(name="on-call", owner="founder", kind="slack", credential="chat-webhook"),)
    )
    files = {name: body.decode() for name, body in build(market, now=NOW)[0].items() if name.startswith("monitoring/")}
    assert "chat-webhook" in files["monitoring/prometheus/alertmanager.yml"]
    assert "/etc/launchready/secrets/chat-webhook" in files["monitoring/prometheus/alertmanager.yml"]
    assert yaml.safe_load(files["monitoring/gatus/config.yaml"])["endpoints"]
    said = files["monitoring/README.md"]
    assert said.startswith("# The watch for another machine\n") and all(
        f"## {kind}\n" in said for kind in ("prometheus", "gatus")
    )
    unit = files["monitoring/systemd/launchready-watch.service"]
    assert "ExecStart=/opt/launchready/bin/launchready -C /srv/launchready/" in unit and "Restart=always" in unit
    assert "LAUNCHREADY_CHAT_WEBHOOK=\n" in files["monitoring/systemd/watch.env.example"]
    page = build(market, now=NOW)[0]
    for name in ("START-HERE.html", "06-monitoring.md"):
        words = page[name].decode()
        assert (
            "systemctl enable --now launchready" in words
            and "docker compose up" in words
            and "launchready watch" in words
        )
    assert "- No dead\\-man's switch is named" in said or "No dead-man's switch is set" in said
