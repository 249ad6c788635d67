"""Logs: every form that servers and loggers write, routes, kinds of failure, and that nothing personal leaves."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cliff import LAUNCH, Program, clean_environment
from hypothesis import given
from hypothesis import strategies as st

from launchready_tui.sources.logs import Reading, Source, read, read_lines
from launchready_tui.sources.logs.entry import Clock, entries
from launchready_tui.sources.logs.follow import Follower
from launchready_tui.sources.logs.personal import kinds, signature
from launchready_tui.sources.logs.read import MOST_LINE, lines_of
from launchready_tui.sources.logs.routes import MOST, NOT_FOUND, OTHER, STATIC, STRANGE, Routes

AT = datetime(2026, 11, 24, 10, 0, 5, tzinfo=UTC)
PERSON = "mira.sommer" + "@" + "mail.example"
JWT = "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + "zdWIiOiIxMjM0In0" + ".c2lnbmF0dXJl"
CARD = "4242" * 4


def tally(*lines: str, form: str = "auto", since: datetime | None = None) -> Reading:
    return read_lines(Source(path=Path("a.log"), format=form), [line.encode() for line in lines], since=since)  # type: ignore[arg-type]


def combined(
    path: str = "/", status: int = 200, *, method: str = "GET", more: str = "", at: str = "24/Nov/2026:10:00:05 +0000"
) -> str:
    return (
        f'203.0.113.7 - - [{at}] "{method} {path} HTTP/1.1" {status} 512 "https://a.test/" "Mozilla/5.0 (X) '
        f'\\"q\\""{more}'
    )


def counts(reading: Reading) -> dict[str, tuple[int, int]]:
    return {row.route: (row.n, row.errors) for row in reading.routes}


# Forms


@pytest.mark.parametrize(
    ("line", "method", "path", "status", "ms", "has_id"),
    [
        (combined("/a?b=1", 503), "GET", "/a?b=1", 503, None, False),
        (combined("/a", more=" 0.123 8f14e45fceea167a5a36dedd4bea2543"), "GET", "/a", 200, 123.0, True),
        (combined("/a", more=' rt=1.500 uct="0.001" rid=abc123xyz'), "GET", "/a", 200, 1500.0, True),
        ("shop.test:443 " + combined("/vhost"), "GET", "/vhost", 200, None, False),
        (
            '203.0.113.7 - bob [24/Nov/2026:10:00:05 +0000] "GET /cut HTTP/1.1" 200 5 "https://a.test/" "Mozilla',
            "GET",
            "/cut",
            200,
            None,
            False,
        ),
        (
            '203.0.113.7 - - [24/Nov/2026:10:00:05 +0000] "GET /common HTTP/1.1" 304 -',
            "GET",
            "/common",
            304,
            None,
            False,
        ),
        (
            '203.0.113.7 - - [24/Nov/2026:10:00:05 +0000] "\\x16\\x03\\x01" 400 150 "-" "-"',
            "",
            "\\x16\\x03\\x01",
            400,
            None,
            False,
        ),
        (
            '{"time":"2026-11-24T10:00:05+00:00","method":"GET","path":"/n","status":"502","request_time":"0.250","request_id":"r1"}',
            "GET",
            "/n",
            502,
            250.0,
            True,
        ),
        (
            '{"level":30,"time":1795514405000,"req":{"id":7,"method":"POST","url":"/p?x=1"},"res":{"statusCode":201},"responseTime":12}',
            "POST",
            "/p?x=1",
            201,
            12.0,
            True,
        ),
        (
            '{"level":"info","ts":1795514405.5,"request":{"method":"GET","uri":"/caddy"},"duration":0.04,"status":200}',
            "GET",
            "/caddy",
            200,
            40.0,
            False,
        ),
        (
            '{"method":"GET","path":"/rails","status":500,"duration":93.2,"@timestamp":"2026-11-24T10:00:05Z"}',
            "GET",
            "/rails",
            500,
            93.2,
            False,
        ),
        (
            '{"@timestamp":"2026-11-24T10:00:05Z","http":{"request":{"method":"GET"},"response":{"status_code":404}},"url":{"path":"/ecs"},'
            '"event":{"duration":2000000},"trace":{"id":"t1"}}',
            "GET",
            "/ecs",
            404,
            2.0,
            True,
        ),
        (
            '[{"id":"1","timestamp":1795514405000,"statusCode":-1,"requestId":"x","proxy":{"method":"GET","path":"/vercel"}}]',
            "GET",
            "/vercel",
            -1,
            None,
            True,
        ),
        ("web-1  | " + combined("/compose"), "GET", "/compose", 200, None, False),
        ('web-1  | {"status":200,"path":"/inside","method":"GET"}', "GET", "/inside", 200, None, False),
    ],
)
def test_forms(line: str, method: str, path: str, status: int, ms: float | None, has_id: bool) -> None:
    (entry,) = entries(line, "auto", clock=Clock())
    assert (entry.method, entry.path, entry.status, entry.has_id) == (method, path, status, has_id)
    assert entry.ms == pytest.approx(ms) if ms is not None else entry.ms is None
    if '"status":200,"path":"/inside"' not in line:
        assert entry.at is not None and abs(entry.at - AT.timestamp()) < 1


@pytest.mark.parametrize("zone", ["+0000", "+0530", "-0800"])
def test_zones(zone: str) -> None:
    minutes = int(zone[1:3]) * 60 + int(zone[3:])
    expected = AT - timedelta(minutes=minutes if zone[0] == "+" else -minutes)
    (entry,) = entries(combined(at=f"24/Nov/2026:10:00:05 {zone}"), "combined", clock=Clock())
    assert entry.at == expected.timestamp()


def test_what_is_no_log_is_said_to_be_strange() -> None:
    reading = tally("dear diary", "", "<html>", combined())
    assert (reading.lines, reading.strange, reading.access) == (3, 2, 1)
    assert tally(combined(), form="json").strange == 1
    assert tally('{"status":200,"path":"/"}', form="combined").strange == 1


def test_a_stack_trace_belongs_to_the_line_before_it() -> None:
    reading = tally("2026-11-24T10:00:05Z ERROR TypeError: boom", "    at handler (/srv/app.js:1:2)", "\tat next")
    assert (reading.lines, reading.strange, reading.app) == (3, 0, 1)


@given(st.text(max_size=200))
def test_no_line_is_too_strange(text: str) -> None:
    reading = tally(
        text, '{"status":' + json.dumps(text) + "}", combined(text.replace('"', "").replace("\n", "") or "/")
    )
    assert reading.lines <= 3


# Routes


def test_requests_add_up_by_route() -> None:
    uuid = "0b8f5f3e-1111-4222-8333-444455556666"
    reading = tally(
        combined("/listings/17?ref=x"),
        combined("/listings/18", 500),
        combined("/listings/" + uuid, 502),
        combined("/listings/red-bike-9912"),
        combined("/LISTINGS/7f3a9c11d0e2"),
        combined("/assets/app.3f9c.js", 200),
        combined(f"/u/{PERSON}/orders"),
        combined("https://a.test/listings/3"),
        combined("/listings/{id}"),
    )
    assert counts(reading) == {
        "GET /listings/{id}": (6, 2),
        "GET /LISTINGS/{id}": (1, 0),
        STATIC: (1, 0),
        "GET /u/{person}/orders": (1, 0),
    }


def test_names_under_one_folder_become_one_route_and_keep_their_counts() -> None:
    reading = tally(
        *(
            combined(f"/shop/{'abcdefghijklmnopqrstuvwxyz'[n % 26] * (1 + n // 26)}/items", 500 if n % 2 else 200)
            for n in range(60)
        )
    )
    assert counts(reading) == {"GET /shop/{name}/items": (60, 30)}


def test_routes_are_bounded_whatever_is_asked_for() -> None:
    routes = Routes()
    seen = {routes.name("GET", f"/p{n % 70}/q{n % 20}/r{n % 19}x", 200) for n in range(30000)}
    assert OTHER in seen and len(seen) <= MOST + 200
    scanned = Routes()
    assert {scanned.name("GET", f"/wp-{chr(97 + n % 26)}{chr(97 + n // 26)}.php", 404) for n in range(600)} == {
        NOT_FOUND
    }
    assert scanned.name("GET", "*", 200) == STRANGE


def test_a_client_that_left_is_no_error_and_no_answer_is_one() -> None:
    row = tally(
        combined("/a", 499), combined("/a", 429), combined("/a", 401), combined("/a", 404), combined("/a")
    ).routes
    assert sum(one.errors for one in row) == 0
    assert [(one.gone, one.limited, one.refused) for one in row if one.route == "GET /a"] == [(1, 1, 1)]
    assert tally('{"statusCode":-1,"path":"/a","method":"GET"}').routes[0].errors == 1


@pytest.mark.parametrize(
    "line",
    [
        combined("/book", 503).replace("Mozilla/5.0 (X)", "LaunchReady/0.1.0 (latency measurement)"),
        '{"status":503,"path":"/book","method":"GET","user_agent":"LaunchReady/0.1.0"}',
        '{"status":503,"request":{"uri":"/book","method":"GET","headers":{"User-Agent":["LaunchReady/0.1.0"]}}}',
    ],
)
def test_our_own_probes_are_not_counted(line: str, tmp_path: Path) -> None:
    reading = tally(line, combined("/book"))
    assert (reading.ours, reading.access, counts(reading)) == (1, 1, {"GET /book": (1, 0)})
    assert reading.groups == () and reading.strange == 0
    (tmp_path / "a.log").write_text(line + "\n")
    assert Follower(Source(path=tmp_path / "a.log")).look(AT).ticks == ()


def test_refused_static_files_are_no_refused_log_ins() -> None:
    assert tally(combined("/app.js", 403), combined("/.env", 403), combined("/a/.git/config", 401)).kinds() == {}
    assert tally(combined("/login", 401)).kinds() == {"log-in": 1}


def test_499_counts_as_a_client_that_gave_up() -> None:
    line = '{"status":499,"path":"/a","method":"GET","level":"error","msg":"client closed request"}'
    assert tally(combined("/a", 499), line).kinds() == {"gave-up": 2}


def test_environments_stand_apart() -> None:
    reading = tally(
        '{"status":500,"path":"/a","method":"GET","env":"staging"}', '{"status":200,"path":"/a","method":"GET"}'
    )
    assert {(row.environment, row.errors) for row in reading.routes} == {("staging", 1), ("production", 0)}


def test_percentiles_of_times_are_close() -> None:
    reading = tally(*(combined("/a", more=f" {n / 1000:.3f}") for n in range(1, 1001)))
    (row,) = reading.routes
    assert row.timed == 1000 and row.p50 == pytest.approx(500, rel=0.06) and row.p95 == pytest.approx(950, rel=0.06)


# Kinds of failure


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (combined("/book", 500), "server-error"),
        (combined("/book", 504), "time-out"),
        (combined("/login", 401), "log-in"),
        ('{"level":"error","msg":"FATAL: remaining connection slots are reserved"}', "exhausted"),
        ('{"level":50,"msg":"Query read timeout"}', "time-out"),
        ('{"level":"warn","msg":"connect ECONNREFUSED 10.0.0.5:6379"}', "connection"),
        ("2026-11-24T10:00:05Z WARN jwt expired", "log-in"),
        ("2026-11-24 10:00:05,123 ERROR [app] TypeError: Cannot read properties of undefined", "error"),
        ("level=error msg=boom", "error"),
    ],
)
def test_kinds_of_failure(line: str, kind: str) -> None:
    assert tally(line).kinds() == {kind: 1}


@pytest.mark.parametrize(
    "line", [combined(), '{"level":"info","msg":"timeout set to 5 s"}', "2026-11-24T10:00:05Z DEBUG request timed out"]
)
def test_what_is_no_failure(line: str) -> None:
    assert tally(line).kinds() == {}


def test_the_same_failure_is_one_group() -> None:
    lines = [
        f'{{"level":"error","time":"2026-11-24T10:00:{n:02d}Z","msg":"Order {n}{n}7 of user \\"U{n}\\" failed"}}'
        for n in range(40)
    ]
    (group,) = tally(*lines).groups
    assert group.count == 40 and group.first != group.last


def test_groups_are_bounded() -> None:
    words = ["".join(chr(97 + (n // 26**place) % 26) for place in range(3)) for n in range(2000)]
    assert len(tally(*(f'{{"level":"error","msg":"{word} broke"}}' for word in words)).groups) <= 501


# Nothing personal


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"sent to {PERSON}", "email"),
        ("/reset?email=mira%40mail.example", "email"),
        ("called +49 151 2345 6789 back", "phone"),
        (f"card {CARD} declined", "card"),
        ("card 4242 4242 4242 4242", "card"),
        ("to DE89 3704 0044 0532 0130 00", "iban"),
        (f"Authorization: Bearer {JWT}", "token"),
        ("GET /reset?token=" + "a1b2c3d4e5f6", "token"),
        ('{"password":"' + "hunter22" + '"}', "password"),
        ("postgres://shop:" + "s3cretpw" + "@db/shop", "password"),
    ],
)
def test_personal_data_is_seen_by_kind(text: str, kind: str) -> None:
    assert kinds(text) == {kind}
    (found,) = tally(combined(), f"2026-11-24T10:00:05Z INFO {text}").personal
    assert (found.kind, found.count, found.line) == (kind, 1, 2)


@pytest.mark.parametrize(
    "text",
    [
        "took 1795514405000 ms",
        "id 4242424242424241",
        "1.4242424242424242",
        "logo@2x.png",
        "from noreply" + "@" + "shop.test",
        "time 10:00:05 +0000",
        '"password":"[FILTERED]"',
        "password: ***",
        "https://a.test:8443/x",
        "AB12 is no account",
        combined("/search?q=bike"),
    ],
)
def test_what_is_not_personal(text: str) -> None:
    assert kinds(text) == set()


def test_nothing_of_a_line_leaves() -> None:
    lines = [
        combined(f"/u/{PERSON}?token=abcdefgh12", 500),
        f'{{"level":"error","msg":"Mail to {PERSON} for '
        f' customer Mira Sommer, card {CARD}, from 198.51.100.77: failed {JWT}"}}',
        '{"level":"error","msg":"could not greet \\"Hello Mira\\""}',
        "2026-11-24T10:00:05Z ERROR user=mira city=Lisbon could not pay at /home/mira/app",
    ]
    told = msgspec.json.encode(tally(*lines)).decode()
    for word in (
        "mira",
        "Mira",
        "Sommer",
        "Lisbon",
        CARD,
        JWT[:12],
        "198.51.100.77",
        "203.0.113.7",
        "Hello",
        "abcdefgh12",
        "mail.example",
    ):
        assert word not in told, word


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "TypeError: Cannot read properties of undefined (reading 'id')",
            "TypeError: <name> read properties of undefined (reading <text>)",
        ),
        ("connect ECONNREFUSED 10.0.0.5:6379", "connect ECONNREFUSED <n>"),
        ("Payment 5512 of Anna Berg failed", "Payment <n> of <name> <name> failed"),
    ],
)
def test_signatures(message: str, expected: str) -> None:
    assert signature(message) == expected


# Streams


def test_a_line_without_an_end_is_not_held(tmp_path: Path) -> None:
    path = tmp_path / "long.log"
    path.write_bytes(b"x" * (5 * 1024 * 1024) + b"\n" + combined("/after", 500).encode())
    with path.open("rb") as stream:
        found = list(lines_of(stream))
    assert (len(found[0][0]), found[0][1], len(found)) == (MOST_LINE, True, 2)
    reading = read([Source(path=path)])
    assert (reading.lines, reading.cut, reading.access) == (2, 1, 1)


@given(st.lists(st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b"")), max_size=20))
def test_lines_come_as_they_are(lines: list[bytes]) -> None:
    import io

    whole = b"\n".join(lines)
    assert [line for line, _ in lines_of(io.BytesIO(whole))] == whole.split(b"\n")[
        : None if not whole.endswith(b"\n") and whole else -1
    ]


def test_packed_logs_and_the_end_of_large_ones(tmp_path: Path) -> None:
    whole = "\n".join(combined(f"/n{n % 5}") for n in range(1000)).encode()
    (tmp_path / "a.log.1").write_bytes(gzip.compress(whole))
    (tmp_path / "b.log").write_bytes(whole)
    assert read([Source(path=tmp_path / "a.log.1")]).access == 1000
    part = read([Source(path=tmp_path / "b.log")], most_bytes=len(whole) // 10)
    assert 80 < part.access < 110 and part.skipped and not part.strange


def test_only_what_is_asked_for_counts_and_the_newest_is_told() -> None:
    reading = tally(combined(at="23/Nov/2026:10:00:05 +0000"), combined("/b"), since=AT - timedelta(hours=1))
    assert counts(reading) == {"GET /b": (1, 0)} and reading.lines == 1
    old = tally(combined(at="23/Nov/2026:10:00:05 +0000"), since=AT)
    assert old.lines == 0 and old.newest == AT - timedelta(days=1)


# The command


@pytest.fixture
def program(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    clean_environment(monkeypatch, tmp_path / "state")
    folder = tmp_path / "launch"
    folder.mkdir()
    (folder / "launchready.toml").write_text(LAUNCH)
    return Program(capsys, folder)


def test_the_command_prints_routes_and_says_what_stands_there(program: Program) -> None:
    log = program.folder / "access.log"
    log.write_text(
        "\n".join([*(combined("/book", 500 if n < 3 else 200) for n in range(30)), combined(f"/x?e={PERSON}")])
    )
    said = program("logs", log, "--plain")
    assert said.code == 1 and "10.0%" in said.out and "GET /book" in said.out
    assert "1  lines with e-mail addresses, the first is line 31" in said.out and PERSON not in said.out
    data = json.loads(program("logs", log, "--format", "json").out)
    assert data["schema"] == 1 and data["routes"][0] == data["routes"][0] | {
        "route": "GET /book",
        "n": 30,
        "errors": 3,
        "share": 0.1,
    }
    log.write_text(
        "\n".join([combined(), combined(status=499), combined(status=503).replace("Mozilla/5.0", "LaunchReady/1")])
    )
    said = program("logs", log)
    assert said.code == 0 and "1 request from LaunchReady itself, not counted below" in said.out
    assert "1  clients that gave up before the answer came (499)" in said.out


def test_the_command_takes_those_of_the_launch_file(program: Program) -> None:
    assert "name a FILE" in program.at("logs").err
    (program.folder / "launchready.toml").write_text(LAUNCH + '\n[[logs]]\npath = "a.log"\nenvironment = "staging"\n')
    assert program.at("logs").code == 3
    (program.folder / "a.log").write_text(combined("/s", 500))
    said = program.at("logs")
    assert said.code == 1 and "GET /s  staging  few requests" in said.out
