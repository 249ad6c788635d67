"""The gallery: many hosts with one thing wrong each, and the public services, looked at by the product in a few
calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from doubles import OWN_REGISTRY
from gallery import CHECKS, DOMAIN, EXHIBITS, Exhibit, launch_text

if TYPE_CHECKING:
    from conftest import Internet

pytestmark = pytest.mark.netlab
Row = dict[str, Any]


def place(internet: Internet, name: str, text: str) -> Path:
    folder = internet.folder / "launch" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "launchready.toml").write_text(text)
    return folder


@pytest.fixture(scope="session")
def seen(internet: Internet) -> list[Row]:
    """Every finding of one run over all exhibits."""
    outcome = internet.launchready(
        "check", *CHECKS, "--format", "json", "--trust", cwd=place(internet, "gallery", launch_text())
    )
    assert outcome.code in (0, 1), outcome.err
    rows: list[Row] = json.loads(outcome.out)["findings"]
    return rows


UNSURE = "the certificate does not verify"
"""Why nothing more is known of a host whose certificate browsers refuse."""


@pytest.mark.parametrize("one", EXHIBITS, ids=lambda one: one.name)
def test_an_exhibit_shows_its_flaw_and_only_that(seen: list[Row], one: Exhibit) -> None:
    rows = [row for row in seen if row["subject"] == one.host or row["subject"].startswith(f"{one.host}/")]
    assert rows, "nothing was said of it"
    found = {(row["rule"], row["state"], row["subject"]) for row in rows}
    wanted = {(rule, state, (more[0] if more else "{h}").replace("{h}", one.host)) for rule, state, *more in one.finds}
    assert wanted <= found, one.differs
    assert {row for row in found if row[1] in ("fail", "warn")} == {
        row for row in wanted if row[1] in ("fail", "warn")
    }, one.differs
    unknown = [row["summary"] for row in rows if row["state"] == "unknown"]
    refused = any(rule.startswith("edge.certificates.") and state == "fail" for rule, state, *_ in one.finds)
    assert refused or not unknown, unknown
    for rule, words in one.says:
        assert any(row["rule"] == rule and words in row["summary"] for row in rows), [
            row["summary"] for row in rows if row["rule"] == rule
        ]


def test_every_class_is_told_apart_from_the_host_that_has_no_flaw(seen: list[Row]) -> None:
    told = {(row["rule"], row["state"]) for row in seen if row["subject"] == f"fine.{DOMAIN}"}
    for one in EXHIBITS:
        assert not told & {(rule, state) for rule, state, *_ in one.finds}, one.name


def test_a_host_that_gives_nothing_away_is_a_question(seen: list[Row]) -> None:
    (row,) = [row for row in seen if row["rule"] == "audit.hosting.no-clue"]
    assert row["state"] == "unknown" and f"dark.{DOMAIN} runs" in row["summary"]


# Public services, found by their real names


@pytest.fixture(scope="session")
def registrations(internet: Internet) -> dict[str, list[Row]]:
    """What is said of each domain's registration; the registry is the one that the bundled bootstrap names for .com."""
    names = ("well", "ending", "unlocked", "held", "thin", "moved", "elsewhere", "busy", "broken", "nobody-has-this")
    outcome = internet.launchready("inspect", "domain", *(f"{name}.com" for name in names), "--format", "json")
    assert outcome.code == 1, outcome.err
    lines = [json.loads(line) for line in outcome.out.splitlines()]
    return {
        line["target"].removesuffix(".com"): [row for row in line["findings"] if row["check"] == "audit.registrar"]
        for line in lines
    }


@pytest.mark.parametrize(
    ("name", "rule", "state", "words"),
    [
        ("well", "expiry", "pass", "Example Registrar"),
        ("well", "lock", "pass", ""),
        ("ending", "expiry", "fail", ""),
        ("unlocked", "lock", "warn", ""),
        ("held", "hold", "fail", "hold"),
        ("thin", "expiry", "pass", "Example Registrar"),
        ("busy", "unavailable", "unknown", ""),
        ("moved", "expiry", "pass", "Example Registrar"),
        ("elsewhere", "unavailable", "unknown", "thin.com"),
        ("broken", "unavailable", "unknown", ""),
        ("nobody-has-this", "not-registered", "fail", ""),
    ],
)
def test_a_registry_is_found_and_read(
    registrations: dict[str, list[Row]], name: str, rule: str, state: str, words: str
) -> None:
    told = {row["rule"].rsplit(".", 1)[1]: row for row in registrations[name]}
    assert rule in told and told[rule]["state"] == state, told
    assert words in json.dumps(told[rule]), told[rule]
    bad = {key for key, row in told.items() if row["state"] in ("fail", "warn")}
    assert bad == ({rule} if state in ("fail", "warn") else set())


def test_a_launch_file_names_the_registry_of_a_domain_that_the_public_list_lacks(internet: Internet) -> None:
    text = f"""\
name = "own"
domain = "own.zz"
canonical = "https://own.zz/"

[settings]
services = ["rdap"]

[settings.rdap]
zz = "https://{OWN_REGISTRY}/"
"""
    outcome = internet.launchready(
        "check", "audit.registrar", "--format", "json", "--trust", cwd=place(internet, "own", text)
    )
    told = {row["rule"]: row["state"] for row in json.loads(outcome.out)["findings"]}
    assert told["audit.registrar.expiry"] == "pass" and set(told.values()) == {"pass"}, told


def test_certificate_logs_and_networks_are_asked_by_name(internet: Internet) -> None:
    folder = place(internet, "logged", launch_text('"crt.sh", "certspotter", "asn"'))
    outcome = internet.launchready("check", "audit.hosts", "audit.hosting", "--format", "json", "--trust", cwd=folder)
    rows: list[Row] = json.loads(outcome.out)["findings"]
    (logs,) = [row for row in rows if row["rule"] == "audit.hosts.certificate-logs"]
    assert (logs["state"], logs["message"], logs["values"]["missing"]) == ("info", "some-silent", ["certspotter"])
    assert {item["label"] for item in logs["evidence"]} == {"crt.sh", "certspotter"}
    (undeclared,) = [
        row for row in rows if row["rule"] == "audit.hosts.undeclared" and row["subject"] == f"tombola.{DOMAIN}"
    ]
    assert "certificate logs (crt.sh)" in json.dumps(undeclared)
    assert not [row for row in rows if row["subject"] == f"gone.{DOMAIN}"], "a name that leads nowhere is history"
    (dark,) = [row for row in rows if row["rule"] == "audit.hosting.no-clue"]
    assert "AS64500 EXAMPLE-NET" in json.dumps(dark["evidence"])
