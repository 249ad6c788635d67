"""The panel of mail: records and tests of mails, read from facts; what an older journal kept is to be checked again."""

from __future__ import annotations

from pathlib import Path

import msgspec
from double import DOMAIN, NOW, Double, finding, findings_of_demo

from launchready_tui.console.ink import plain_text
from launchready_tui.console.panels import mail_records
from launchready_tui.console.store import Store
from launchready_tui.facts import DnsRecords, MailTest, SpfTerm, SpfTree
from launchready_tui.findings import Evidence, Fact, Finding, State


def rows(workspace: Double) -> list[tuple[str, str, str]]:
    """What leads each row, where it is, and what is said there."""
    drawn = mail_records(Store(workspace).snapshot).rows
    return [(plain_text(row.cells[0]), plain_text(row.cells[1]), plain_text(row.cells[3]).strip()) for row in drawn]


def seen(rule: str, subject: str, *facts: Fact, state: State = State.PASS) -> Finding:
    """A finding whose words say nothing."""
    pieces = tuple(Evidence(label="any", text="(a text)", at=NOW, fact=fact) for fact in facts)
    return msgspec.structs.replace(finding(rule, subject, state, "(a sentence)"), evidence=pieces)


def test_each_record_is_shown_with_its_name(tmp_path: Path) -> None:
    drawn = rows(Double.make(tmp_path / "launch", findings_of_demo()))
    assert ("MX", DOMAIN, f"10 mail.{DOMAIN}.") in drawn
    spf = '"v=spf1 include:spf.mtasv.net -all", "v=spf1 include:_spf.google.com ~all"'
    assert ("SPF", DOMAIN, spf) in drawn
    assert ("DMARC", "_dmarc", '"v=DMARC1; p=none"') in drawn


def test_what_is_there_is_all_shown_and_what_is_not_once(tmp_path: Path) -> None:
    found = seen(
        "email.transport.dane",
        DOMAIN,
        DnsRecords(name=f"_mta-sts.{DOMAIN}", type="TXT", records=(), exists=False),
        DnsRecords(name=f"_smtp._tls.{DOMAIN}", type="TXT", records=()),
        DnsRecords(name=f"default._bimi.{DOMAIN}", type="TXT", records=('"v=BIMI1; l="',)),
    )
    drawn = [row for row in rows(Double.make(tmp_path / "launch", [found])) if row[0] in ("TLS", "")]
    assert drawn[:2] == [("TLS", "_mta-sts", "no such name"), ("", "default._bimi", '"v=BIMI1; l="')]


def test_tests_and_trees_are_drawn_from_facts(tmp_path: Path) -> None:
    test = MailTest(mail="receipt", mailbox="seed", folder="INBOX", seconds=0.4, receiver="mx", spf="pass", dkim="none")
    terms = (SpfTerm(0, DOMAIN, 1, "v=spf1 mx -all"), SpfTerm(1, "mx", 1))
    tree = SpfTree(domain=DOMAIN, terms=terms, lookups=1)
    found = [seen("email.flows.arrived", "receipt, seed", test), seen("email.spf.lookups", DOMAIN, tree)]
    drawn = rows(Double.make(tmp_path / "launch", found))
    assert ("mail", "receipt", "INBOX  0.4 s  SPF pass, DKIM none, DMARC not reported") in drawn
    assert ("SPF tree", DOMAIN, f"{DOMAIN}  v=spf1 mx -all") in drawn and ("", "", "[1] mx") in drawn


def test_what_was_kept_without_facts_is_to_be_checked_again(tmp_path: Path) -> None:
    test = seen("email.flows.arrived", "receipt, seed", MailTest(mail="receipt", mailbox="seed", folder="INBOX"))
    workspace = Double.make(tmp_path / "launch", [*findings_of_demo(), test])
    assert ("mail", "receipt", "INBOX") in [(row[0], row[1], row[2].strip()) for row in rows(workspace)]
    old = {
        name: msgspec.structs.replace(
            result,
            facts=0,
            findings=tuple(
                msgspec.structs.replace(
                    one, evidence=tuple(msgspec.structs.replace(piece, fact=None) for piece in one.evidence)
                )
                for one in result.findings
            ),
        )
        for name, result in workspace.results.items()
    }
    workspace._kept = old
    drawn = rows(workspace)
    kinds = ("MX", "SPF", "DMARC", "mail")
    assert {lead: told for lead, _, told in drawn if lead in kinds} == dict.fromkeys(kinds, "check again")
    assert not any("spf1" in told for _, _, told in drawn)
