"""SERVFAIL, time-out, no such name and no such record read apart in every mail check, and the first two are never "missing"."""

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
from launchready_tui.launch.model import Email

D = "shop.test"
# The check, the question that decides, and the rule that tells.
ROWS = [
    (mx, D, "MX", "none", D),
    (spf, D, "TXT", "missing", D),
    (dkim, f"a._domainkey.{D}", "TXT", "missing", f"a._domainkey.{D}"),
    (dmarc, f"_dmarc.{D}", "TXT", "missing", D),
    (transport, f"_mta-sts.{D}", "TXT", "mta-sts", D),
    (reputation, "25.113.0.203.in-addr.arpa", "PTR", "ptr", "203.0.113.25"),
]


def world(name: str, rdtype: str, outcome: str) -> FakeWorld:
    made = FakeWorld(launch(email=Email(support=f"help@{D}", selectors=("a",))))
    made.dns.set(D, "TXT", "v=spf1 ip4:203.0.113.25 -all")
    made.dns.set(D, "MX", f"10 mail.{D}")
    made.dns.set(f"mail.{D}", "A", "203.0.113.25")
    if outcome in ("servfail", "timeout"):
        made.dns.fail(name, rdtype, outcome)
    elif outcome == "nodata":
        made.dns.set(name, rdtype)
        made.dns.set(f"other.{name}", "A", "192.0.2.1")
    elif name == D:
        made.dns.table.clear()
    return made


@pytest.mark.parametrize(("check", "name", "rdtype", "rule", "subject"), ROWS, ids=[row[0].__name__ for row in ROWS])
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
    assert "no such name" in told["nxdomain"][2] and "no such record" in told["nodata"][2]
