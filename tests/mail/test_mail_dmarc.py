"""DMARC policy discovery by RFC 9989: the tree walk, which policy holds, and what is said when a look-up fails."""

from __future__ import annotations

import pytest
from zone import Zone

from launchready_tui.mail.auth.dmarc import aligned, discover, names_walked

RUA = "rua=mailto:d@example.com"


def zone(records: dict[str, str], *names: str) -> Zone:
    rows = {f"_dmarc.{name}": [line if line.startswith("!") else f"TXT {line}"] for name, line in records.items()}
    return Zone({"example.com": ["A 192.0.2.1"], **{name: ["A 192.0.2.1"] for name in names}, **rows})


@pytest.mark.parametrize(
    ("domain", "records", "policy", "at", "organisation"),
    [
        ("example.com", {}, None, None, "example.com"),
        ("a.example.com", {}, None, None, "a.example.com"),
        ("example.com", {"example.com": "v=DMARC1; p=reject"}, "reject", "example.com", "example.com"),
        ("A.Example.COM.", {"example.com": "v=DMARC1; p=reject"}, "reject", "example.com", "example.com"),
        ("a.example.com", {"example.com": "v=DMARC1; p=reject; sp=none"}, "none", "example.com", "example.com"),
        ("a.example.com", {"example.com": "v=DMARC1; p=reject; np=none"}, "reject", "example.com", "example.com"),
        ("no.example.com", {"example.com": "v=DMARC1; p=none; np=reject"}, "reject", "example.com", "example.com"),
        (
            "no.example.com",
            {"example.com": "v=DMARC1; p=none; sp=quarantine"},
            "quarantine",
            "example.com",
            "example.com",
        ),
        (
            "no.example.com",
            {"example.com": "v=DMARC1; p=none; sp=quarantine; np=reject"},
            "reject",
            "example.com",
            "example.com",
        ),
        # The nearest record is the policy, the one with the fewest labels the organisation.
        (
            "a.b.example.com",
            {
                "a.b.example.com": "v=DMARC1; p=none",
                "b.example.com": "v=DMARC1; p=quarantine",
                "example.com": "v=DMARC1; p=reject",
            },
            "none",
            "a.b.example.com",
            "example.com",
        ),
        (
            "a.b.example.com",
            {"b.example.com": "v=DMARC1; p=quarantine", "example.com": "v=DMARC1; p=reject"},
            "reject",
            "example.com",
            "example.com",
        ),
        # psd=n ends the walk and names the organisation; psd=y does one label above it.
        (
            "a.b.example.com",
            {"b.example.com": "v=DMARC1; p=quarantine; psd=n", "example.com": "v=DMARC1; p=reject"},
            "quarantine",
            "b.example.com",
            "b.example.com",
        ),
        ("a.b.example.com", {"example.com": "v=DMARC1; p=reject; psd=y"}, "reject", "example.com", "b.example.com"),
        (
            "a.b.example.com",
            {"b.example.com": "v=DMARC1; p=none", "example.com": "v=DMARC1; p=reject; psd=y"},
            "none",
            "b.example.com",
            "b.example.com",
        ),
        (
            "example.com",
            {"example.com": "v=DMARC1; p=reject; psd=y", "com": "v=DMARC1; p=none"},
            "reject",
            "example.com",
            "example.com",
        ),
        # A broken policy acts as none where reports are asked for, else not at all.
        ("example.com", {"example.com": f"v=DMARC1; p=rejekt; {RUA}"}, "none", "example.com", "example.com"),
        ("example.com", {"example.com": f"v=DMARC1; {RUA}"}, "none", "example.com", "example.com"),
        ("example.com", {"example.com": f"v=DMARC1; p=reject; sp=maybe; {RUA}"}, "none", "example.com", "example.com"),
        ("example.com", {"example.com": "v=DMARC1; p=rejekt"}, None, None, "example.com"),
        ("example.com", {"example.com": "v=dmarc1; p=reject"}, None, None, "example.com"),
        # A top-level domain that fails is no hole; anything below it is.
        (
            "example.com",
            {"example.com": "v=DMARC1; p=reject", "com": "! servfail"},
            "reject",
            "example.com",
            "example.com",
        ),
        (
            "a.example.com",
            {"a.example.com": "v=DMARC1; p=reject", "example.com": "! timeout"},
            "reject",
            "a.example.com",
            None,
        ),
    ],
)
async def test_discovery(
    domain: str, records: dict[str, str], policy: str | None, at: str | None, organisation: str | None
) -> None:
    found = await discover(zone(records, "a.example.com", "b.example.com", "a.b.example.com"), domain)
    assert (found.policy, found.record_domain, found.organizational_domain) == (policy, at, organisation)
    assert found.failure is None
    assert bool(found.problem) == (policy is None or not found.tag)


@pytest.mark.parametrize(
    ("record", "effective"),
    [
        ("p=reject; t=y", "quarantine"),
        ("p=quarantine; t=y", "none"),
        ("p=none; t=y", "none"),
        ("p=reject; t=n", "reject"),
        ("p=reject; t=x", "reject"),
    ],
)
async def test_test_mode_lowers_by_one(record: str, effective: str) -> None:
    found = await discover(zone({"example.com": f"v=DMARC1; {record}"}), "example.com")
    assert found.effective == effective


async def test_several_records_count_as_none_and_the_walk_goes_on() -> None:
    rows = Zone(
        {
            "_dmarc.a.example.com": ["TXT v=DMARC1; p=none", "TXT v=DMARC1; p=reject"],
            "_dmarc.example.com": ["TXT v=DMARC1; p=quarantine"],
        }
    )
    assert (await discover(rows, "a.example.com")).record_domain == "example.com"


@pytest.mark.parametrize("failing", ["_dmarc.a.example.com", "_dmarc.example.com"])
async def test_a_failed_look_up_is_never_no_policy(failing: str) -> None:
    found = await discover(Zone({"a.example.com": ["A 192.0.2.1"], failing: ["! servfail"]}), "a.example.com")
    assert found.failure is not None and found.policy is None and found.organizational_domain is None
    assert "no DMARC record" not in found.problem


async def test_np_needs_to_know_whether_the_name_exists() -> None:
    records = {"_dmarc.example.com": ["TXT v=DMARC1; p=none; np=reject"], "a.example.com": ["! timeout"]}
    found = await discover(Zone(records), "a.example.com")
    assert found.failure is not None and found.exists is None


def test_the_walk_asks_at_most_eight_names() -> None:
    assert names_walked("a.b.example.com") == ("a.b.example.com", "b.example.com", "example.com", "com")
    deep = ".".join("abcdefghij") + ".mail.example.com"
    assert names_walked(deep) == (
        deep,
        "g.h.i.j.mail.example.com",
        "h.i.j.mail.example.com",
        "i.j.mail.example.com",
        "j.mail.example.com",
        "mail.example.com",
        "example.com",
        "com",
    )


async def test_a_name_that_is_none_is_said_to_be_none() -> None:
    found = await discover(Zone({}), "x..test")
    assert found.policy is None and "not a domain name" in found.problem


def test_alignment() -> None:
    assert aligned("A.example.com", "a.example.com.", None, None, strict=True)
    assert aligned("a.example.com", "example.com", "example.com", "example.com", strict=False)
    assert not aligned("a.example.com", "example.com", "example.com", "example.com", strict=True)
    assert not aligned("a.example.com", "example.com", None, None, strict=False)
