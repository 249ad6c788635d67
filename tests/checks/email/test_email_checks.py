"""email.mx, email.spf and email.dmarc: what DNS and the mail server said, and what must be found."""

from __future__ import annotations

import pytest
from fake_outside import NOW, FakeWorld, failure, found, launch, said

from launchready_tui.checks.email.dmarc import dmarc
from launchready_tui.checks.email.mx import mx
from launchready_tui.checks.email.spf import spf
from launchready_tui.facts import DnsRecords, SpfTree
from launchready_tui.launch.model import Email
from launchready_tui.world.sights import SmtpSight

D = "shop.test"


def greeting(host: str, *, starttls: bool = True, code: int = 220) -> SmtpSight:
    return SmtpSight(
        host=host,
        port=25,
        code=code,
        banner=f"{host} ESMTP",
        capabilities=("STARTTLS",) if starttls else (),
        starttls=starttls,
        at=NOW,
    )


def perfect(**fields: object) -> FakeWorld:
    world = FakeWorld(launch(**({"email": Email(support=f"help@{D}")} | fields)))
    world.dns.set(D, "MX", f"10 mail.{D}")
    world.dns.set(f"mail.{D}", "A", "203.0.113.25")
    world.dns.set("25.113.0.203.in-addr.arpa", "PTR", f"mail.{D}")
    world.dns.set(D, "TXT", "google-site-verification=1", "v=spf1 mx include:_spf.mailer.test ~all")
    world.dns.set("_spf.mailer.test", "TXT", "v=spf1 ip4:198.51.100.0/24 -all")
    world.dns.set(f"_dmarc.{D}", "TXT", f"v=DMARC1; p=none; rua=mailto:dmarc@{D}")
    world.mail.greetings[f"mail.{D}"] = greeting(f"mail.{D}")
    return world


async def test_perfect_mail_gives_no_warning() -> None:
    world = perfect()
    findings = await found(mx, world) | await found(spf, world) | await found(dmarc, world)
    assert [
        (name, finding.summary) for name, finding in findings.items() if finding.state.value not in ("pass", "info")
    ] == []
    for rule, subject in (
        ("none", D),
        ("starttls", f"mail.{D}"),
        ("lookups", D),
        ("all", D),
        ("policy", D),
        ("reports", D),
    ):
        assert said(findings, rule, subject) == "pass"


@pytest.mark.parametrize(
    ("records", "rule", "subject", "expected"),
    [
        ((), "none", D, "fail high"),
        (("0 .",), "null", D, "fail high"),
        (("0 ",), "null", D, "fail high"),
        (("0 .", f"10 mail.{D}"), "null", D, "fail high"),
        ((f"10 gone.{D}",), "unresolved", f"gone.{D}", "fail high"),
        ((f"10 alias.{D}",), "alias", f"alias.{D}", "warn low"),
        ((f"10 mail.{D}",), "alias", f"mail.{D}", "absent"),
        (("10 203.0.113.25",), "ip-literal", "203.0.113.25", "fail high"),
        ((f"10 mail.{D}", f"20 gone.{D}"), "none", D, "absent"),
    ],
)
async def test_mx_records(records: tuple[str, ...], rule: str, subject: str, expected: str) -> None:
    world = perfect()
    world.dns.set(D, "MX", *records)
    world.dns.set(f"alias.{D}", "CNAME", f"mail.{D}")
    world.dns.set(f"alias.{D}", "A", "203.0.113.25")
    assert said(await found(mx, world), rule, subject) == expected


async def test_a_domain_without_a_declared_mailbox_may_take_no_mail() -> None:
    world = perfect(email=Email())
    world.dns.set(D, "MX")
    assert said(await found(mx, world), "none", D) == "info"
    world.dns.set(D, "MX", "0 .")
    assert said(await found(mx, world), "null", D) == "pass"


async def test_the_support_address_may_live_elsewhere() -> None:
    world = perfect(email=Email(support="shop@elsewhere.test"))
    world.dns.set(D, "MX")
    findings = await found(mx, world)
    assert said(findings, "none", D) == "info"
    assert said(findings, "none", "elsewhere.test") == "fail high"


@pytest.mark.parametrize(
    ("name", "rdtype", "rule", "subject"), [(D, "MX", "none", D), (f"mail.{D}", "A", "unresolved", f"mail.{D}")]
)
async def test_a_failed_look_up_is_never_no_mail_server(name: str, rdtype: str, rule: str, subject: str) -> None:
    world = perfect()
    world.dns.fail(name, rdtype)
    findings = await found(mx, world)
    assert said(findings, rule, subject) == "unknown high"
    assert not any(finding.state.value == "fail" for finding in findings.values())


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (greeting(f"mail.{D}"), "pass"),
        (greeting(f"mail.{D}", starttls=False), "warn medium"),
        (greeting(f"mail.{D}", code=554, starttls=False), "info"),
        (failure("timeout"), "info"),
        (failure("refused"), "info"),
    ],
)
async def test_starttls(answer: object, expected: str) -> None:
    world = perfect()
    world.mail.greetings[f"mail.{D}"] = answer  # type: ignore[assignment]
    assert said(await found(mx, world), "starttls", f"mail.{D}") == expected


def includes(count: int) -> str:
    return "v=spf1 " + " ".join(f"include:i{number}.test" for number in range(count)) + " -all"


@pytest.mark.parametrize(
    ("texts", "rule", "expected"),
    [
        (("unrelated",), "missing", "fail blocker"),
        ((), "missing", "fail blocker"),
        (("v=spf10 -all",), "missing", "fail blocker"),
        ((" v=spf1 -all",), "missing", "fail blocker"),
        (("V=SPF1 -ALL",), "missing", "absent"),
        (("V=SPF1 -ALL",), "all", "pass"),
        (("v=spf1 mx -all", "v=spf1 include:_spf.mailer.test ~all"), "multiple", "fail blocker"),
        (("v=spf1 mx -all", "v=spf10 -all"), "multiple", "absent"),
        (("v=spf1 ipv4:203.0.113.1 -all",), "syntax", "fail blocker"),
        (("v=spf1 ip4:203.0.113.300 -all",), "syntax", "fail blocker"),
        (("v=spf1 unknown=thing -all",), "syntax", "absent"),
        (("v=spf1 +all",), "all", "fail blocker"),
        (("v=spf1 all",), "all", "fail blocker"),
        (("v=spf1 include:open.test -all",), "all", "fail blocker"),
        (("v=spf1 ?all",), "all", "warn medium"),
        (("v=spf1 mx",), "all", "warn medium"),
        (("v=spf1 redirect=_spf.mailer.test",), "all", "pass"),
        (("v=spf1 redirect=open.test",), "all", "fail blocker"),
        (("v=spf1 include:nothing.test -all",), "include-missing", "fail blocker"),
        (("v=spf1 include:two.test -all",), "include-missing", "fail blocker"),
        (("v=spf1 redirect=nothing.test",), "include-missing", "fail blocker"),
        (("v=spf1 -all redirect=nothing.test",), "include-missing", "absent"),
        (("v=spf1 -all include:nothing.test",), "include-missing", "absent"),
        (("v=spf1 include:broken.test -all",), "syntax", "fail blocker"),
        (("v=spf1 include:loop.test -all",), "loop", "fail blocker"),
        (("v=spf1 ip4:0.0.0.0/0 -all",), "wide", "fail blocker"),
        (("v=spf1 ip4:10.0.0.0/7 -all",), "wide", "fail blocker"),
        (("v=spf1 ip4:10.0.0.0/8 -all",), "wide", "warn medium"),
        (("v=spf1 ip4:198.51.0.0/16 -all",), "wide", "absent"),
        (("v=spf1 a/4 -all",), "wide", "fail blocker"),
        (("v=spf1 -ip4:0.0.0.0/0 -all",), "wide", "absent"),
        (("v=spf1 ip6:2001:db8::/32 -all",), "wide", "absent"),
        (("v=spf1 ip6:2000::/3 -all",), "wide", "fail blocker"),
        (("v=spf1 ptr -all",), "ptr", "warn medium"),
        (("v=spf1 a:no1.test a:no2.test a:no3.test -all",), "void-lookups", "warn medium"),
        (("v=spf1 a:no1.test mx:no2.test -all",), "void-lookups", "absent"),
        ((includes(10),), "lookups", "pass"),
        ((includes(11),), "lookups", "fail blocker"),
        (("v=spf1 exists:%{i}.list.test -all",), "lookups", "pass"),
        (("v=spf1 mx:many.test -all",), "lookups", "fail blocker"),
    ],
)
async def test_spf(texts: tuple[str, ...], rule: str, expected: str) -> None:
    world = perfect()
    world.dns.set(D, "TXT", *texts)
    world.dns.set("open.test", "TXT", "v=spf1 +all")
    world.dns.set("two.test", "TXT", "v=spf1 -all", "v=spf1 ~all")
    world.dns.set("broken.test", "TXT", "v=spf1 whatever:x -all")
    world.dns.set("loop.test", "TXT", f"v=spf1 include:{D} -all")
    world.dns.set("many.test", "MX", *(f"10 m{number}.test" for number in range(11)))
    for number in range(11):
        world.dns.set(f"i{number}.test", "TXT", "v=spf1 ip4:203.0.113.1 -all")
    assert said(await found(spf, world), rule, D) == expected


async def test_nested_includes_are_counted_and_drawn() -> None:
    world = perfect()
    world.dns.set(D, "TXT", "v=spf1 mx include:one.test -all")
    world.dns.set("one.test", "TXT", "v=spf1 include:two.test a -all")
    world.dns.set("one.test", "A", "203.0.113.9")
    world.dns.set("two.test", "TXT", "v=spf1 ip4:203.0.113.1 -all")
    finding = (await found(spf, world))["lookups", D]
    assert finding.values == {"lookups": 4, "limit": 10}
    tree = finding.fact(SpfTree)
    assert tree is not None and (tree.domain, tree.lookups) == (D, 4)
    assert [(term.depth, term.text, term.lookups) for term in tree.terms] == [
        (0, D, 4),
        (1, "mx", 1),
        (1, "include:one.test", 3),
        (2, "a", 1),
        (2, "include:two.test", 1),
    ]
    assert [term.line for term in tree.terms] == finding.evidence[0].text.splitlines()
    assert finding.evidence[0].text.splitlines() == [
        f"{D}  v=spf1 mx include:one.test -all",
        "  [1] mx",
        "  [3] include:one.test  v=spf1 include:two.test a -all",
        "    [1] a",
        "    [1] include:two.test  v=spf1 ip4:203.0.113.1 -all",
    ]


async def test_a_failed_look_up_anywhere_in_the_tree_is_unknown_with_the_tree() -> None:
    world = perfect()
    world.dns.fail("_spf.mailer.test", "TXT", "timeout")
    findings = await found(spf, world)
    assert said(findings, "lookups", D) == "unknown blocker"
    assert said(findings, "include-missing", D) == "absent"
    assert "could not be looked up: no answer in time" in findings["lookups", D].evidence[0].text
    world.dns.fail(D, "TXT")
    assert said(await found(spf, world), "missing", D) == "unknown blocker"


async def test_what_was_seen_over_the_limit_stays_a_failure_beside_a_failed_look_up() -> None:
    world = perfect()
    world.dns.set(D, "TXT", includes(11))
    for number in range(10):
        world.dns.set(f"i{number}.test", "TXT", "v=spf1 -all")
    world.dns.fail("i10.test", "TXT")
    assert said(await found(spf, world), "lookups", D) == "fail blocker"


async def test_an_endless_tree_ends() -> None:
    world = perfect()
    world.dns.set(D, "TXT", includes(9))
    for number in range(9):
        world.dns.set(
            f"i{number}.test",
            "TXT",
            "v=spf1 " + " ".join(f"include:j{number}-{one}.test" for one in range(9)) + " -all",
        )
        for one in range(9):
            world.dns.set(f"j{number}-{one}.test", "TXT", includes(9))
    assert said(await found(spf, world), "lookups", D) == "fail blocker"


async def test_two_records_are_merged_into_one_to_paste() -> None:
    world = perfect()
    world.dns.set(
        D,
        "TXT",
        "v=spf1 mx include:_spf.mailer.test -all",
        "v=spf1 MX redirect=_spf.other.test",
        "v=spf1 ip4:203.0.113.1 ~all",
    )
    remedy = (await found(spf, world))["multiple", D].remedy
    assert remedy is not None
    assert (
        remedy.paste
        == f'{D}. 3600 IN TXT "v=spf1 mx include:_spf.mailer.test include:_spf.other.test ip4:203.0.113.1 ~all"'
    )


async def test_the_records_of_spf_are_facts_without_their_neighbours() -> None:
    world = perfect()
    fact = (await found(spf, world))["all", D].fact(DnsRecords)
    assert fact is not None and fact.records == ('"v=spf1 mx include:_spf.mailer.test ~all"',)
    world.dns.set(D, "TXT", "other=1", "v=spf1 mx -all", "v=spf1 ~all")
    fact = (await found(spf, world))["multiple", D].fact(DnsRecords)
    assert fact is not None and (fact.name, fact.type) == (D, "TXT")
    assert fact.records == ('"v=spf1 mx -all"', '"v=spf1 ~all"')
    world.dns.set(D, "TXT", "other=1")
    fact = (await found(spf, world))["missing", D].fact(DnsRecords)
    assert fact is not None and fact.exists and fact.records == ('"other=1"',)


async def test_a_mistake_is_pointed_at() -> None:
    world = perfect()
    world.dns.set(D, "TXT", "v=spf1 mx ipv4:203.0.113.1 -all")
    where = (await found(spf, world))["syntax", D].evidence[0]
    assert where.text.splitlines()[:2] == ["v=spf1 mx ipv4:203.0.113.1 -all", "          ^^^^^^^^^^^^^^^^"]


async def test_own_sending_domains_are_judged_too() -> None:
    world = perfect(email=Email(senders=("postmark", f"mail.{D}", "elsewhere.test")))
    findings = await found(spf, world)
    assert said(findings, "missing", f"mail.{D}") == "fail blocker"
    assert {subject for _, subject in findings} == {D, f"mail.{D}"}


RUA = f"rua=mailto:dmarc@{D}"


@pytest.mark.parametrize(
    ("texts", "rule", "subject", "expected"),
    [
        ((), "missing", D, "fail blocker"),
        (("v=spf1 -all",), "missing", D, "fail blocker"),
        (("v=dmarc1; p=none",), "syntax", D, "fail blocker"),
        (("p=none; v=DMARC1",), "syntax", D, "fail blocker"),
        ((f"v=DMARC1; p=none; {RUA}", f"v=DMARC1; p=reject; {RUA}"), "multiple", D, "fail blocker"),
        ((f"v=DMARC1; p=none; {RUA}", "v=spf1 -all"), "multiple", D, "absent"),
        ((f"v=DMARC1; p=none; {RUA}",), "policy", D, "pass"),
        ((f"v=DMARC1; p=reject; {RUA}",), "policy", D, "pass"),
        ((f"V = DMARC1 ; p = Quarantine ; {RUA};",), "policy", D, "pass"),
        (("v=DMARC1; p=none",), "reports", D, "warn medium"),
        (("v=DMARC1; p=reject",), "reports", D, "warn medium"),
        ((f"v=DMARC1; p=none; {RUA}",), "reports", D, "pass"),
        (("v=DMARC1; p=none; rua=dmarc@shop.test",), "reports", D, "warn medium"),
        (("v=DMARC1; p=none; rua=dmarc@shop.test",), "syntax", D, "warn low"),
        (("v=DMARC1; p=rejekt",), "syntax", D, "fail blocker"),
        ((f"v=DMARC1; p=rejekt; {RUA}",), "syntax", D, "warn low"),
        ((f"v=DMARC1; p=reject; sp=rejekt; {RUA}",), "syntax", D, "warn low"),
        (("v=DMARC1; rua=mailto:dmarc@shop.test",), "policy", D, "pass"),
        (("v=DMARC1",), "syntax", D, "fail blocker"),
        ((f"v=DMARC1; p=none; pct=50; ri=60; {RUA}",), "obsolete", D, "info"),
        ((f"v=DMARC1; p=none; pct=50; {RUA}",), "syntax", D, "absent"),
        ((f"v=DMARC1; p=none; {RUA}!10m",), "obsolete", D, "info"),
        (("v=DMARC1; p=none; rua=mailto:a@reports.test",), "external-reports", "reports.test", "warn medium"),
        (("v=DMARC1; p=none; rua=mailto:a@agreed.test",), "external-reports", "agreed.test", "pass"),
        (("v=DMARC1; p=none; rua=mailto:a@hidden.test",), "external-reports", "hidden.test", "unknown medium"),
        ((f"v=DMARC1; p=none; rua=mailto:a@mail.{D}",), "external-reports", f"mail.{D}", "absent"),
        ((f"v=DMARC1; p=none; rua=mailto:a@deaf.{D}",), "reports", D, "warn medium"),
    ],
)
async def test_dmarc(texts: tuple[str, ...], rule: str, subject: str, expected: str) -> None:
    world = perfect()
    world.dns.set(f"_dmarc.{D}", "TXT", *texts)
    world.dns.set(f"mail.{D}", "MX", f"10 mail.{D}")
    world.dns.set(f"{D}._report._dmarc.agreed.test", "TXT", "v=DMARC1;")
    world.dns.fail(f"{D}._report._dmarc.hidden.test", "TXT")
    assert said(await found(dmarc, world), rule, subject) == expected


async def test_a_failed_dmarc_look_up_is_unknown() -> None:
    world = perfect()
    world.dns.fail(f"_dmarc.{D}", "TXT")
    findings = await found(dmarc, world)
    assert said(findings, "missing", D) == "unknown blocker"
    assert len(findings) == 1


@pytest.mark.parametrize(
    ("above", "expected"),
    [
        ({f"_dmarc.{D}": f"v=DMARC1; p=reject; {RUA}"}, "pass"),
        ({f"_dmarc.{D}": "v=DMARC1; p=rejekt"}, "absent"),
        ({"_dmarc.test": "v=DMARC1; p=reject; psd=y"}, "absent"),
        ({}, "absent"),
    ],
)
async def test_a_launch_below_the_registered_domain_is_covered_from_above(above: dict[str, str], expected: str) -> None:
    world = FakeWorld(launch(domain=f"eu.{D}", canonical=f"https://eu.{D}/"))
    world.dns.set(D, "MX", f"10 mail.{D}")
    for name, text in above.items():
        world.dns.set(name, "TXT", text)
    findings = await found(dmarc, world)
    assert said(findings, "policy", f"eu.{D}") == expected
    if expected == "absent":
        assert any(finding.state.value == "fail" for finding in findings.values())


@pytest.mark.parametrize(("at", "expected"), [(f"team.{D}", "info"), (f"a.team.{D}", "absent"), (D, "absent")])
async def test_a_record_between_says_what_older_receivers_do(at: str, expected: str) -> None:
    domain = f"a.team.{D}"
    world = FakeWorld(launch(domain=domain, canonical=f"https://{domain}/"))
    world.dns.set(f"_dmarc.{at}", "TXT", f"v=DMARC1; p=none; rua=mailto:d@{D}")
    world.dns.set(D, "MX", f"10 mail.{D}")
    findings = await found(dmarc, world)
    assert said(findings, "older-receivers", domain) == expected
    if expected == "info":
        finding = findings["older-receivers", domain]
        assert finding.remedy is not None and finding.remedy.paste.startswith(f"_dmarc.{domain}. ")
        assert f"only at {domain} and {D}" in finding.summary


async def test_a_failed_look_up_above_is_not_a_missing_record() -> None:
    world = FakeWorld(launch(domain=f"eu.{D}", canonical=f"https://eu.{D}/"))
    world.dns.fail(f"_dmarc.{D}", "TXT")
    assert said(await found(dmarc, world), "missing", f"eu.{D}") == "unknown blocker"


async def test_the_first_record_to_publish_is_whole() -> None:
    world = perfect()
    world.dns.set(f"_dmarc.{D}", "TXT")
    remedy = (await found(dmarc, world))["missing", D].remedy
    assert remedy is not None
    assert remedy.paste == f'_dmarc.{D}. 3600 IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@{D}"'
