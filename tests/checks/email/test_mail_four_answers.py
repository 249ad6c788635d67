"""SERVFAIL, time-out, no such name and no such record read apart in every mail check, and the first two are never
"missing"."""

from __future__ import annotations

from typing import Any

import pytest
from fake_outside import FakeWorld, found, launch

from launchready_tui.checks.email.dkim import dkim
from launchready_tui.checks.email.dmarc import dmarc
from launchready_tui.checks.email.mx import mx
from launchready_tui.checks.email.reputation import reputation
from launchready_tui.checks.email.spf import spf
from launchready_tui.checks.email.transport import transport
from launchready_tui.launch.model import Email, Settings
from launchready_tui.mail.auth.blocklists import lists, question

D = "shop.test"
# The check, the question that decides, and the rule that tells.
ROWS = [
    (mx, D, "MX", "none", D),
    (spf, D, "TXT", "missing", D),
    (dkim, f"a._domainkey.{D}", "TXT", "missing", f"a._domainkey.{D}"),
    (dmarc, f"_dmarc.{D}", "TXT", "missing", D),
    (transport, f"_mta-sts.{D}", "TXT", "mta-sts", D),
    (transport, f"_smtp._tls.{D}", "TXT", "tls-rpt", D),
    (transport, f"_25._tcp.mail.{D}", "TLSA", "dane", f"mail.{D}"),
    (transport, f"default._bimi.{D}", "TXT", "bimi", D),
    (mx, f"mail.{D}", "A", "unresolved", f"mail.{D}"),
    (dmarc, f"{D}._report._dmarc.else.test", "TXT", "external-reports", "else.test"),
    (dmarc, f"reports.{D}", "MX", "reports", D),
    (reputation, "25.113.0.203.in-addr.arpa", "PTR", "ptr", "203.0.113.25"),
]


def world(name: str, rdtype: str, outcome: str) -> FakeWorld:
    made = FakeWorld(launch(email=Email(support=f"help@{D}", selectors=("a",))))
    made.dns.set(D, "TXT", "v=spf1 ip4:203.0.113.25 -all")
    made.dns.set(D, "MX", f"10 mail.{D}")
    made.dns.set(f"mail.{D}", "A", "203.0.113.25")
    if not name.startswith("_dmarc."):
        made.dns.set(f"_dmarc.{D}", "TXT", f"v=DMARC1; p=none; rua=mailto:d@else.test,mailto:d@reports.{D}")
    if outcome in ("servfail", "timeout"):
        made.dns.fail(name, rdtype, outcome)
    elif outcome == "nodata":
        made.dns.set(name, rdtype)
        made.dns.set(f"other.{name}", "A", "192.0.2.1")
    elif name == D:
        made.dns.table.clear()
    else:
        made.dns.table.pop((name, rdtype), None)
    return made


@pytest.mark.parametrize(
    ("check", "name", "rdtype", "rule", "subject"), ROWS, ids=[f"{row[0].__name__}-{row[3]}" for row in ROWS]
)
async def test_four_outcomes_are_four_answers(check: Any, name: str, rdtype: str, rule: str, subject: str) -> None:
    told = {}
    for outcome in ("servfail", "timeout", "nxdomain", "nodata"):
        finding = (await found(check, world(name, rdtype, outcome)))[rule, subject]
        told[outcome] = (finding.state.value, finding.summary, "\n".join(one.text for one in finding.evidence))
    assert len(set(told.values())) == 4, told
    assert told["servfail"][0] == told["timeout"][0] == "unknown"
    assert "unknown" not in (told["nxdomain"][0], told["nodata"][0])
    assert "the name server could not answer" in told["servfail"][1]
    assert "no answer in time" in told["timeout"][1]
    gone, empty = ("does not exist", "has no address") if rule == "unresolved" else ("no such name", "no such record")
    assert gone in told["nxdomain"][2] and empty in told["nodata"][2]


async def test_an_include_that_is_gone_empty_or_silent_is_told_apart() -> None:
    told = {}
    for outcome in ("servfail", "timeout", "nxdomain", "nodata"):
        made = world("else.test", "TXT", outcome)
        made.dns.set(D, "TXT", "v=spf1 include:else.test -all")
        open_ = [one for one in (await found(spf, made)).values() if one.is_open]
        told[outcome] = tuple(sorted((one.rule, one.state.value, one.summary) for one in open_))
    assert len(set(told.values())) == 4, told
    assert {(rule, state) for rule, state, _ in told["servfail"] + told["timeout"]} == {
        ("email.spf.lookups", "unknown")
    }
    assert {(rule, state) for rule, state, _ in told["nxdomain"] + told["nodata"]} == {
        ("email.spf.include-missing", "fail")
    }


LISTS = ("rdap", "block-lists")


async def test_a_block_list_that_is_silent_lists_nobody() -> None:
    """No such name is "not listed" there (RFC 5782 section 2.1); a failure is never that."""
    told = {}
    for outcome in ("servfail", "timeout", "nxdomain", "nodata"):
        made = FakeWorld(launch(announced=True, settings=Settings(services=LISTS)))
        made.dns.set(D, "TXT", "v=spf1 -all")
        for row in lists():
            made.dns.set(f"{row.proof}.{row.zone}", "A", "127.0.0.2")
            question_ = question(row, D if row.of == "domain" else "203.0.113.25")
            if outcome in ("servfail", "timeout"):
                made.dns.fail(question_, "A", outcome)
            elif outcome == "nodata":
                made.dns.set(f"other.{question_}", "A", "127.0.0.2")
        findings = await found(reputation, made)
        told[outcome] = tuple(
            sorted(
                (rule, one.state.value, one.summary)
                for (rule, _), one in findings.items()
                if rule in ("lists", "listed")
            )
        )
    assert told["nxdomain"] == told["nodata"] and all(state == "pass" for _, state, _ in told["nxdomain"])
    assert told["servfail"] != told["timeout"] and {state for _, state, _ in told["servfail"] + told["timeout"]} == {
        "unknown"
    }
