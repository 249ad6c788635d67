"""The bundle's files: complete, inert, readable by any tool, and the same bytes from the same state."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import itertools
import json
import os
import re
import subprocess
import sys
import zipfile
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import hostile
import jsonschema
import pytest
from bundle_source import NOW, Market, bare, finding, full, results

from launchready_tui.handover import build, export, folder_name, not_filled, verify
from launchready_tui.handover.page import style
from launchready_tui.launch.decisions import Acceptance, Confirmation, Decisions, Note
from launchready_tui.launch.inventory import Access, Backup, Contact, Inventory, Recovery, System
from launchready_tui.launch.model import Email, Host, Launch, Redirect
from launchready_tui.launch.people import People, Person
from launchready_tui.roadmap import load as load_roadmap

CHECKS = len(load_roadmap().checks)


HERE = Path(__file__).parents[1] / "support"


def files(market: Market) -> dict[str, bytes]:
    return build(market, now=NOW)[0]


def page(market: Market) -> str:
    return files(market)["START-HERE.html"].decode()


class Seen(HTMLParser):
    """The page as a list of tags and its visible text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.tags if name == tag]


def hostile_market(text: str) -> Market:
    """A launch in which every foreign or typed text is this one."""
    domain = "example.com"
    return full(
        launch=Launch(
            name=text,
            domain=domain,
            canonical="https://example.com/",
            markets=(text,),
            hosts=(Host(name=domain, purpose=text), Host(name=text, purpose=text)),
            redirects=(Redirect(from_=f"https://example.com/{text}", to=text),),
            email=Email(senders=(text,), selectors=(text,), support=text),
        ),
        results=results(
            finding("audit.hosting.provider", domain, text, seen={"provider": text, "addresses": text, text: text}),
            finding(
                "edge.certificates.expired",
                domain,
                text,
                seen={"certificate": f"valid  {text} to {text}"},
                fix=text,
                paste=text,
                where=text,
            ),
            finding(
                "email.spf.multiple", domain, text, seen={"record": text, "dns": text}, fix=text, paste=text, where=text
            ),
            finding("email.dmarc.missing", domain, text),
            finding("audit.latency.target", text, text, seen={"measured": text}),
        ),
        decisions=Decisions(
            confirmations=(
                Confirmation(
                    check="deploy.release",
                    by=text,
                    recorded_by=text,
                    on=NOW,
                    until=NOW + timedelta(days=9),
                    evidence=text,
                ),
            ),
            accepted=(
                Acceptance(
                    rule="email.dmarc.missing",
                    subject=domain,
                    by=text,
                    recorded_by=text,
                    reason=text,
                    on=NOW,
                    until=NOW + timedelta(days=9),
                ),
            ),
            notes=(Note(rule="email.spf.multiple", subject=domain, text=text, by=text, on=NOW),),
        ),
        people=People(people=(Person(id="one", name=text, role=text, contact=text, hours=text, time_zone=text),)),
        inventory=Inventory(
            systems=(
                System(
                    id="one",
                    name=text,
                    provider=text,
                    account_owner="one",
                    billing_owner=text,
                    login_url=text,
                    note=text,
                ),
            ),
            access=(Access(system="one", person="one", role=text, expected_role=text, credential=text),),
            backups=(Backup(store=text, where=text, owner="one", every=text, rpo=text, rto=text),),
            recovery=(
                Recovery(
                    id="one",
                    title=text,
                    symptom=text,
                    first_steps=text,
                    command=text,
                    verify=text,
                    escalate=text,
                    rehearsed_by="one",
                ),
            ),
            contacts=(Contact(order=1, person="one", when=text, channel=text),),
        ),
    )


# What is in it


DOCUMENTS = (
    "risks",
    "domain-map",
    "email",
    "deploy",
    "performance",
    "monitoring",
    "checklist",
    "access",
    "recovery",
    "launch-day",
    "reports",
)
FRONT = (
    *("EMERGENCY-CARD.html", "calendar/renewals.ics", "dns/example.com.zone", "edge/redirects.cloudflare.csv"),
    *(
        "edge/redirects.nginx.conf",
        "edge/nginx.conf",
        "edge/cloudflare.txt",
        "edge/cloudflare.rulesets.json",
        "edge/vercel.json",
    ),
    *("edge/netlify/_redirects", "edge/netlify/_headers", "reports/checks.junit.xml"),
    *("monitoring/README.md", "monitoring/gatus/config.yaml"),
    *(f"monitoring/systemd/{name}" for name in ("launchready-watch.service", "watch.env.example")),
    *(f"monitoring/docker/{name}" for name in ("Dockerfile", "compose.yml", "watch.env.example")),
    *(f"monitoring/prometheus/{name}.yml" for name in ("alertmanager", "blackbox", "compose", "prometheus", "rules")),
    *(
        f"monitoring/prometheus/{name}"
        for name in ("Dockerfile", "README.md", "launchready-watch.service", "watch.env.example")
    ),
    *(
        f"monitoring/healthchecks/{name}"
        for name in ("healthchecks.json", "healthchecks.sh", "launchready-watch.service", "watch.env.example")
    ),
    *("README.md", "SHA256SUMS", "START-HERE.html", "VERIFY.txt", "data/launchready.json", "data/schema.json"),
)
TABLES = (
    *(
        "access",
        "access-points",
        "backups",
        "alerts",
        "before-after",
        "checklist",
        "checkpoints",
        "checks",
        "contacts",
        "domain-map",
        "domains",
        "env-names",
    ),
    *("known-risks", "recovery", "redirect-map", "redirects", "risks", "routes", "spend-limits", "systems", "targets"),
)


def test_the_bundle_holds_its_files() -> None:
    documents = {f"{number:02}-{name}.md" for number, name in enumerate(DOCUMENTS, 1)}
    assert set(files(full())) == {*documents, *FRONT, *(f"data/{name}.csv" for name in TABLES)}


def test_the_sums_are_those_that_sha256sum_reads(tmp_path: Path) -> None:
    made = export(full(), tmp_path, now=NOW)
    seen = subprocess.run(
        ["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=made.folder, capture_output=True, text=True, check=False
    )
    assert seen.returncode == 0, seen.stderr
    assert len(seen.stdout.splitlines()) == len(made.files) - 1


def test_markdown_and_page_end_their_lines_in_one_way() -> None:
    for name, content in files(full()).items():
        crlf = content.count(b"\r\n")
        assert content.count(b"\r") == crlf
        assert crlf == (
            content.count(b"\n") if name.startswith(("data/", "calendar/")) and name[-4:] in (".csv", ".ics") else 0
        ), name
        assert content.endswith(b"\n"), name


def test_the_readme_lists_every_file_and_every_gap() -> None:
    made, documents = build(full(), now=NOW)
    readme = made["README.md"].decode()
    for name in made:
        assert (
            name in readme
            or name.startswith(("data/", "dns/", "edge/", "monitoring/", "reports/"))
            or name == "README.md"
        ), name
    rows = [line for line in readme.partition("Still missing")[2].splitlines() if line.startswith("| ")][2:]
    assert len(rows) == len(not_filled(documents))
    for document in documents:
        assert sum(document.title in row.split(" | ")[0] for row in rows) == len(document.gaps)


# The page


@pytest.mark.parametrize("market", [bare(), full(), full(demo=True)], ids=["bare", "full", "demo"])
def test_the_page_is_one_accessible_document(market: Market) -> None:
    html = page(market)
    seen = Seen(html)
    assert html.startswith('<!doctype html>\n<html lang="en">')
    assert len(seen.all("h1")) == len(seen.all("title")) == len(seen.all("main")) == 1
    assert seen.all("a")[0] == {"class": "skip", "href": "#content"}
    levels = [int(tag[1]) for tag, _ in seen.tags if re.fullmatch("h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), levels
    assert len(seen.all("caption")) == len(seen.all("table"))
    assert all(attrs.get("scope") in ("col", "row") for attrs in seen.all("th"))
    ids = [attrs["id"] for _, attrs in seen.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    for attrs in seen.all("section"):
        assert attrs["aria-labelledby"] in ids
    for attrs in seen.all("div"):
        if attrs.get("class", "").startswith("scroll"):
            assert attrs["tabindex"] == "0" and attrs["aria-label"]


def test_the_page_asks_nothing_of_the_network_and_runs_nothing() -> None:
    seen = Seen(page(full()))
    names = {tag for tag, _ in seen.tags}
    assert not names & {"script", "img", "iframe", "object", "embed", "form", "input", "base", "video", "audio", "svg"}
    assert seen.all("link") == [{"rel": "icon", "href": "data:,"}]
    assert not [
        name for _, attrs in seen.tags for name in attrs if name.startswith("on") or name in ("src", "style", "srcset")
    ]
    assert not re.search(r"url\(|@import|@font-face|expression", style())


def test_the_policy_allows_its_own_style_and_nothing_else() -> None:
    html = page(full())
    policy = next(
        attrs["content"] for attrs in Seen(html).all("meta") if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    inside = re.search("<style>(.*?)</style>", html, re.DOTALL)
    assert inside is not None
    digest = base64.b64encode(hashlib.sha256(inside[1].encode()).digest()).decode()
    assert (
        policy == f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def test_every_link_of_the_page_leads_somewhere() -> None:
    made = files(full())
    seen = Seen(made["START-HERE.html"].decode())
    ids = {attrs["id"] for _, attrs in seen.tags if "id" in attrs}
    outside = []
    for attrs in seen.all("a"):
        href = attrs["href"]
        if href.startswith("#"):
            assert href[1:] in ids
        elif href.startswith("https:"):
            outside.append(href)
        else:
            assert href in made
    assert set(outside) == {"https://admin.gandi.net/", "https://www.cloudflarestatus.com", "https://status.flyio.net"}


def test_only_https_addresses_become_links() -> None:
    for bad in (
        "javascript:alert(1)",
        "http://example.com/",
        "data:text/html,x",
        " https://example.com/",
        "HTTPS://example.com/",
    ):
        market = full(inventory=Inventory(systems=(System(id="one", login_url=bad),)))
        assert not [
            attrs
            for attrs in Seen(page(market)).all("a")
            if attrs["href"].strip().lower().startswith(bad.strip().lower()[:6])
        ], bad


def test_the_page_tells_the_first_ten_and_the_appendix_the_rest() -> None:
    many = results(
        *(finding("audit.broken-links.broken", f"example.com/{at:02}", f"Page {at} does not open") for at in range(14))
    )
    text = Seen(page(full(results=many))).text
    assert "10 of 14; 4 more in the appendix" in text
    assert text.count("Page 13 does not open") >= 1


@pytest.mark.parametrize("kind", ["paper", "night", "print"])
def test_every_colour_of_text_can_be_read_on_every_ground(kind: str) -> None:
    """WCAG 2.2, success criterion 1.4.3: 4.5 to 1."""
    blocks = re.findall(r":root \{(.*?)\}", style(), re.DOTALL)
    paper, night, printed = [dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6})", block)) for block in blocks]
    colours = {"paper": paper, "night": night, "print": {**paper, **printed}}[kind]
    text = ("ink", "ink2", "ink3", "accent", "pass", "warn", "fail", "unknown", "accepted", "stale")
    weak = [(name, "paper") for name in text if ratio(colours[name], colours["paper"]) < 4.5]
    weak += [
        (name, ground)
        for name in ("ink", "ink2", "accent")
        for ground in ("band", "tint")
        if ratio(colours[name], colours[ground]) < 4.5
    ]
    assert not weak


def ratio(one: str, two: str) -> float:
    def light(colour: str) -> float:
        value = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
        parts = [int(value[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lights = sorted((light(one), light(two)), reverse=True)
    return (lights[0] + 0.05) / (lights[1] + 0.05)


@pytest.mark.parametrize(("changes", "says"), [({"demo": True}, "This is a demo"), ({"keeps": False}, "set by hand")])
def test_every_part_of_the_page_and_every_text_carries_the_warning(changes: dict[str, object], says: str) -> None:
    made = files(full(**changes))
    html = made["START-HERE.html"].decode()
    assert html.count(f'<p class="banner" role="note">{"This" if "demo" in changes else "Judged"}') == 1 + 11
    for name in made:
        if name.endswith((".md", ".txt")):
            assert says in made[name].decode()[:400], name


# Tables and data


def test_tables_open_in_any_spreadsheet() -> None:
    for name, content in files(full()).items():
        if name.startswith("data/") and name.endswith(".csv"):
            assert content.startswith(b"\xef\xbb\xbf")
            rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
            assert len({len(row) for row in rows}) == 1, name
            assert rows[0][-1] == "seen" and {row[-1] for row in rows[1:]} <= {"live"}


def test_a_table_alone_still_says_that_it_is_a_demo() -> None:
    rows = list(csv.reader(io.StringIO(files(full(demo=True))["data/systems.csv"].decode("utf-8-sig"), newline="")))
    assert {row[-1] for row in rows[1:]} == {"demo"}


@pytest.mark.parametrize(
    "market", [bare(), full(), full(demo=True), hostile_market(hostile.ALL)], ids=["bare", "full", "demo", "hostile"]
)
def test_the_data_meets_its_schema(market: Market) -> None:
    made = files(market)
    schema = json.loads(made["data/schema.json"])
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(
        json.loads(made["data/launchready.json"])
    )


def test_the_schema_refuses_what_is_no_bundle() -> None:
    made = files(full())
    schema, data = json.loads(made["data/schema.json"]), json.loads(made["data/launchready.json"])
    for broken in (
        {**data, "schema": 2},
        {key: value for key, value in data.items() if key != "verdict"},
        {**data, "findings": [{}]},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(schema).validate(broken)


def test_the_data_holds_the_verdict_the_findings_and_the_map() -> None:
    data = json.loads(files(full(demo=True))["data/launchready.json"])
    assert (data["verdict"], data["label"], data["demo"], data["via"]) == ("NO-GO", "NO-GO (demo)", True, "")
    assert data["made_at"] == "2026-11-24T14:02:11Z"
    assert len(data["checks"]) == CHECKS
    first = next(one for one in data["findings"] if one["rank"] and one["rank"]["place"] == 1)
    assert first["rule"] == "edge.certificates.expiring" and first["paste"] == "certbot renew --force-renewal"
    assert [host["host"] for host in data["hosts"]][:2] == ["example.com", "www.example.com"]
    decided = next(one for one in data["findings"] if one["rule"] == "email.dmarc.reports")
    assert decided["decision"]["kind"] == "accepted" and decided["decision"]["by"] == "founder"


def test_long_evidence_is_cut_in_the_data() -> None:
    market = full(results=results(finding("email.spf.multiple", "example.com", "two", seen={"record": "x" * 9000})))
    data = json.loads(files(market)["data/launchready.json"])
    assert {len(item["text"]) for one in data["findings"] for item in one["evidence"] if item["label"] == "record"} == {
        2048
    }


# Hostile text


TAGS = {
    "html",
    "head",
    "meta",
    "title",
    "link",
    "style",
    "body",
    "a",
    "header",
    "p",
    "b",
    "span",
    "main",
    "h1",
    "h2",
    "h3",
    "h4",
    "ul",
    "ol",
    "li",
    "div",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "nav",
    "section",
    "dl",
    "dt",
    "dd",
    "pre",
    "code",
    "wbr",
    "footer",
}


def allowed(char: str) -> bool:
    return char in "\n\r\ufeff" or (char.isprintable())


@pytest.mark.parametrize("name", [*hostile.TEXTS, "all"])
def test_hostile_text_stays_text_in_every_file(name: str) -> None:
    text = hostile.ALL if name == "all" else hostile.TEXTS[name]
    made = files(hostile_market(text))
    for file, content in made.items():
        body = content.decode("utf-8")
        assert all(map(allowed, body)), file
        if file.endswith(".csv"):
            for row in csv.reader(io.StringIO(body.removeprefix("\ufeff"), newline="")):
                assert not [cell for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r")], file
        elif file.endswith(".html"):
            seen = Seen(body)
            assert {tag for tag, _ in seen.tags} <= TAGS
            assert not [key for _, attrs in seen.tags for key in attrs if key.startswith("on")]
            assert not [attrs for attrs in seen.all("a") if "evil" in attrs["href"]]
        elif file.endswith(".json"):
            assert "<" not in body and "&" not in body


def test_the_order_of_tables_survives_hostile_cells() -> None:
    for file, content in files(hostile_market(hostile.ALL)).items():
        if file.startswith("data/") and file.endswith(".csv"):
            rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
            assert len({len(row) for row in rows}) == 1, file


# The same every time


def test_the_zip_holds_one_folder_of_plain_files(tmp_path: Path) -> None:
    made = export(full(), tmp_path, now=NOW)
    with zipfile.ZipFile(made.zip) as archive:
        entries = archive.infolist()
        assert [entry.filename for entry in entries] == [
            f"handover-example-market-20261124/{name}" for name in made.files
        ]
        assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
        assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
        assert {(entry.create_system, entry.external_attr >> 16) for entry in entries} == {(3, 0o100644)}
        for entry in entries:
            assert archive.read(entry) == (made.folder / entry.filename.split("/", 1)[1]).read_bytes()


def test_the_same_state_makes_the_same_bytes_anywhere(tmp_path: Path) -> None:
    """Time zone, language, umask, hash seed and folder are those of the machine, not of the launch."""
    code = (
        "import os,sys; os.umask(int(sys.argv[2],8)); from bundle_source import NOW, full; from "
        "launchready_tui.handover import export;"
    )
    code += "from pathlib import Path; print(export(full(), Path(sys.argv[1]), now=NOW).zip)"
    digests = set()
    for at, (zone, language, mask, seed) in enumerate(
        [
            ("UTC", "C", "022", "0"),
            ("Asia/Tokyo", "de_DE.UTF-8", "077", "1"),
            ("America/New_York", "C.UTF-8", "000", "12345"),
        ]
    ):
        env = {
            **os.environ,
            "TZ": zone,
            "LANG": language,
            "LC_ALL": language,
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": f"{HERE}:{HERE.parents[1]}",
        }
        out = tmp_path / str(at)
        out.mkdir()
        run = subprocess.run(
            [sys.executable, "-c", code, str(out), mask], env=env, cwd=out, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr
        digests.add(hashlib.sha256(Path(run.stdout.strip()).read_bytes()).hexdigest())
    assert len(digests) == 1


def test_a_change_of_state_or_time_makes_other_bytes() -> None:
    plain = files(full())
    assert build(full(), now=NOW + timedelta(minutes=1))[0] != plain
    assert files(full(decisions=Decisions())) != plain


@pytest.mark.parametrize(
    ("product", "name"),
    [
        ("Demo Market", "handover-demo-market-20261124"),
        ("  Größe & Söhne!! ", "handover-groe-sohne-20261124"),
        ("../../etc/passwd", "handover-etc-passwd-20261124"),
        ("\u202e\x1b", "handover-launch-20261124"),
        ("市場", "handover-launch-20261124"),
        ("a" * 300, f"handover-{'a' * 40}-20261124"),
    ],
)
def test_the_folder_has_a_plain_name(product: str, name: str) -> None:
    assert folder_name(product, NOW) == name


def test_a_new_bundle_is_whole(tmp_path: Path) -> None:
    made = export(full(), tmp_path, now=NOW)
    assert verify(made.folder) == verify(made.zip) == ()
