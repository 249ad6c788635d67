"""After a fix: the zone's own servers are asked, and what they say is judged while resolvers still have the old
record."""

from __future__ import annotations

import msgspec
import pytest
from fake_outside import NOW, found, launch, said
from fake_world import AuditWorld

from launchready_tui.checks.email.dkim import dkim
from launchready_tui.checks.email.dmarc import dmarc
from launchready_tui.checks.email.spf import spf
from launchready_tui.failure import Failure
from launchready_tui.launch.model import Email
from launchready_tui.world.sights import DnsAnswer

D = "shop.test"
NS1, NS2 = "198.51.100.1", "198.51.100.2"
GOOD = "v=spf1 ip4:203.0.113.1 -all"


def world() -> AuditWorld:
    made = AuditWorld(launch(email=Email(selectors=("a",), support=f"help@{D}")))
    made.dns.zone(D, {"ns1.host.test": NS1, "ns2.host.test": NS2})
    made.dns.set(D, "MX", "10 mail.shop.test")
    made.dns.set(f"mail.{D}", "A", "203.0.113.1")
    made.dns.set(f"_domainkey.{D}", "A", "203.0.113.1")
    return made


def at(made: AuditWorld, server: str, name: str, *texts: str) -> None:
    """What one of the zone's own servers says."""
    before = made.dns.ask_at

    async def ask_at(asked: str, asked_name: str, rdtype: str, *, tcp: bool = False) -> DnsAnswer | Failure:
        answer = await before(asked, asked_name, rdtype, tcp=tcp)
        if (asked, asked_name, rdtype) != (server, name, "TXT"):
            return answer
        status = "ok" if texts else "nodata"
        return DnsAnswer(
            name=name,
            rdtype="TXT",
            status=status,  # type: ignore[arg-type]
            records=tuple(f'"{text}"' for text in texts),
            texts=texts,
            authoritative=True,
            server=f"{server}:53",
            at=NOW,
        )

    made.dns.ask_at = ask_at  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("check", "name", "old", "new", "rule"),
    [
        (spf, D, "v=spf1 +all", GOOD, "all"),
        (spf, D, "", GOOD, "missing"),
        (dmarc, f"_dmarc.{D}", "", f"v=DMARC1; p=none; rua=mailto:d@{D}", "missing"),
        (dkim, f"a._domainkey.{D}", "v=DKIM1; p=", "v=DKIM1; k=ed25519; p=" + "AAAA" * 10 + "AAA=", "revoked"),
    ],
)
async def test_a_record_that_is_new_at_its_own_servers_is_judged(
    check: object, name: str, old: str, new: str, rule: str
) -> None:
    made = world()
    if old:
        made.dns.set(name, "TXT", old)
    subject = name if check is dkim else D
    assert said(await found(check, made), rule, subject).startswith("fail")  # type: ignore[arg-type]
    for server in (NS1, NS2):
        at(made, server, name, new)
    findings = await found(check, made)  # type: ignore[arg-type]
    assert said(findings, rule, subject) in ("absent", "pass")
    told = findings["cached", D]
    assert told.state.value == "info"
    assert (told.values["name"], told.values["server"]) == (name, f"{NS1}:53")
    assert (told.message, told.values["seconds"]) == ("info", 300) or not old


async def test_servers_that_do_not_agree_prove_nothing() -> None:
    made = world()
    made.dns.set(D, "TXT", "v=spf1 +all")
    at(made, NS1, D, GOOD)
    at(made, NS2, D, "v=spf1 ~all")
    findings = await found(spf, made)
    assert said(findings, "all", D) == "fail blocker" and ("cached", D) not in findings


async def test_what_is_wrong_in_the_new_record_too_is_told() -> None:
    made = world()
    made.dns.set(D, "TXT", "v=spf1 +all")
    for server in (NS1, NS2):
        at(made, server, D, "v=spf1 ?all")
    findings = await found(spf, made)
    assert said(findings, "all", D) == "warn medium" and said(findings, "cached", D) == "info"


async def test_a_good_record_costs_no_question_to_its_servers() -> None:
    made = world()
    made.dns.set(D, "TXT", GOOD)

    async def never(*asked: object, **more: object) -> DnsAnswer:
        raise AssertionError(asked)

    made.dns.ask_at = never  # type: ignore[method-assign, assignment]
    findings = await found(spf, made)
    assert said(findings, "all", D) == "pass"
    assert msgspec.to_builtins(findings["all", D].state) == "pass"
