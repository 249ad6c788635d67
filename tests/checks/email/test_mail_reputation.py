"""Block lists: listed, not listed, refusing, shut down and not answering told apart; and the names of sending
addresses."""

from __future__ import annotations

import pytest
from fake_outside import FakeWorld, found, launch, said

from launchready_tui.checks.email.reputation import reputation
from launchready_tui.launch.model import Email, Settings
from launchready_tui.mail.auth.blocklists import lists, question

D, IP = "shop.test", "203.0.113.25"
TURNED = "25.113.0.203"


def world(**fields: object) -> FakeWorld:
    made = FakeWorld(launch(**fields))
    made.dns.set(D, "TXT", f"v=spf1 ip4:{IP} ip4:198.51.100.0/24 include:_spf.mailer.test -all")
    made.dns.set("_spf.mailer.test", "TXT", "v=spf1 ip4:198.51.100.9 -all")
    made.dns.set(f"{TURNED}.in-addr.arpa", "PTR", f"mail.{D}")
    made.dns.set(f"mail.{D}", "A", IP)
    for row in lists():
        made.dns.set(f"{row.proof}.{row.zone}", "A", "127.0.0.2")
    return made


async def test_a_clean_sender_passes_everywhere() -> None:
    findings = await found(reputation, world())
    assert {name: finding.state.value for name, finding in findings.items()} == {
        ("addresses", D): "pass",
        ("listed", D): "pass",
        ("listed", IP): "pass",
        ("ptr", IP): "pass",
    }
    assert f"none of {sum(row.of == 'domain' for row in lists())} block lists" in findings["listed", D].summary


@pytest.mark.parametrize(
    ("name", "answer", "rule", "subject", "expected"),
    [
        (f"{TURNED}.zen.spamhaus.org", "127.0.0.4", "listed", IP, "fail high"),
        (f"{D}.dbl.spamhaus.org", "127.0.1.2", "listed", D, "fail high"),
        (f"{TURNED}.zen.spamhaus.org", "127.255.255.254", "lists", "zen.spamhaus.org", "unknown low"),
        (f"{D}.multi.uribl.com", "127.0.0.1", "lists", "multi.uribl.com", "unknown low"),
        (f"{TURNED}.bl.spamcop.net", "192.0.2.7", "lists", "bl.spamcop.net", "unknown low"),
        ("2.0.0.127.zen.spamhaus.org", "127.255.255.254", "lists", "zen.spamhaus.org", "unknown low"),
        ("1.0.0.127.psbl.surriel.com", "127.0.0.2", "lists", "psbl.surriel.com", "unknown low"),
        ("2.0.0.127.zen.spamhaus.org", "", "lists", "zen.spamhaus.org", "unknown low"),
    ],
)
async def test_what_a_list_says(name: str, answer: str, rule: str, subject: str, expected: str) -> None:
    made = world()
    made.dns.set(name, "A", *([answer] if answer else []))
    findings = await found(reputation, made)
    assert said(findings, rule, subject) == expected
    if rule == "lists":
        assert not any(finding.state.value == "fail" for finding in findings.values())
        assert said(findings, "listed", D) in ("pass", "absent")


@pytest.mark.parametrize("kind", ["servfail", "timeout", "refused"])
async def test_a_list_that_does_not_answer_says_nothing_of_the_mail(kind: str) -> None:
    made = world()
    for row in lists():
        made.dns.fail(f"{row.proof}.{row.zone}", "A", kind)
    findings = await found(reputation, made)
    assert {said(findings, "lists", row.zone) for row in lists()} == {"unknown high"}
    assert ("listed", D) not in findings


async def test_the_reason_of_a_listing_and_the_way_out_are_told() -> None:
    made = world()
    made.dns.set(f"{TURNED}.bl.spamcop.net", "A", "127.0.0.2")
    made.dns.set(f"{TURNED}.bl.spamcop.net", "TXT", "Blocked - see the page")
    finding = (await found(reputation, made))["listed", IP]
    assert "SpamCop: 127.0.0.2 Blocked - see the page" in finding.evidence[0].text
    assert finding.remedy is not None and finding.remedy.paste == "https://www.spamcop.net/bl.shtml"


@pytest.mark.parametrize(
    "fields", [{"announced": False}, {"settings": Settings(services=("rdap",))}], ids=["not announced", "switched off"]
)
async def test_lists_are_asked_only_where_they_may_learn_the_name(fields: dict[str, object]) -> None:
    made = world(**fields)
    asked: list[str] = []
    before = made.dns.ask

    async def ask(name: str, rdtype: str) -> object:
        asked.append(name)
        return await before(name, rdtype)

    made.dns.ask = ask  # type: ignore[method-assign, assignment]
    findings = await found(reputation, made)
    assert said(findings, "lists", D) == "unknown low"
    assert not [name for name in asked for row in lists() if name.endswith(row.zone)]


@pytest.mark.parametrize(
    ("ptr", "back", "expected"),
    [
        (("mail.shop.test",), IP, "pass"),
        ((), IP, "fail blocker"),
        (("mail.shop.test",), "203.0.113.99", "fail blocker"),
        (("gone.shop.test",), IP, "fail blocker"),
        (("gone.shop.test", "mail.shop.test"), IP, "pass"),
        ("servfail", IP, "unknown medium"),
        (("slow.shop.test",), IP, "unknown medium"),
    ],
)
async def test_names_of_sending_addresses(ptr: tuple[str, ...] | str, back: str, expected: str) -> None:
    made = world()
    if isinstance(ptr, str):
        made.dns.fail(f"{TURNED}.in-addr.arpa", "PTR", ptr)
    else:
        made.dns.set(f"{TURNED}.in-addr.arpa", "PTR", *ptr)
    made.dns.set(f"mail.{D}", "A", back)
    made.dns.fail("slow.shop.test", "A", "timeout")
    assert said(await found(reputation, made), "ptr", IP) == expected


@pytest.mark.parametrize(
    ("record", "senders", "expected"),
    [
        ("v=spf1 a -all", (), "fail blocker"),
        ("v=spf1 a include:_spf.mailer.test -all", (), "warn medium"),
        ("v=spf1 a -all", ("postmark",), "warn medium"),
        (f"v=spf1 a ip4:{IP} include:_spf.mailer.test -all", (), "fail blocker"),
    ],
    ids=["it sends all mail", "a service sends", "the launch file names a service", "named by its address"],
)
@pytest.mark.parametrize("names", [(), (f"web.{D}",)], ids=["nameless", "a name that leads elsewhere"])
async def test_an_address_that_may_never_send_is_no_blocker(
    record: str, senders: tuple[str, ...], expected: str, names: tuple[str, ...]
) -> None:
    made = world(email=Email(senders=senders))
    made.dns.set(D, "TXT", record)
    made.dns.set(D, "A", IP)
    made.dns.set(f"{TURNED}.in-addr.arpa", "PTR", *names)
    made.dns.set(f"web.{D}", "A", "203.0.113.80")
    assert said(await found(reputation, made), "ptr", IP) == expected


async def test_own_addresses_are_found_through_mx_a_and_own_includes() -> None:
    made = world(email=Email(senders=(f"news.{D}",)))
    made.dns.set(D, "TXT", f"v=spf1 mx a:web.{D} include:_spf.{D} -ip4:192.0.2.66 a:%{{i}}.x.test -all")
    made.dns.set(f"_spf.{D}", "TXT", "v=spf1 ip4:192.0.2.3 -all")
    made.dns.set(D, "MX", f"10 mail.{D}")
    made.dns.set(f"web.{D}", "A", "192.0.2.2")
    made.dns.set(f"news.{D}", "TXT", "v=spf1 ip4:192.0.2.4 -all")
    findings = await found(reputation, made)
    assert {subject for rule, subject in findings if rule == "listed"} == {
        D,
        f"news.{D}",
        IP,
        "192.0.2.2",
        "192.0.2.3",
        "192.0.2.4",
    }


async def test_a_failed_spf_look_up_leaves_the_domain_to_be_asked() -> None:
    made = world()
    made.dns.fail(D, "TXT")
    findings = await found(reputation, made)
    assert said(findings, "addresses", D) == "unknown medium" and said(findings, "listed", D) == "pass"


def test_questions_are_turned_round() -> None:
    zen = next(row for row in lists() if row.zone == "zen.spamhaus.org")
    assert question(zen, "192.0.2.1") == "1.2.0.192.zen.spamhaus.org"
    assert question(zen, "2001:db8::1").startswith("1.0.0.0.") and question(zen, "2001:db8::1").endswith(
        ".8.b.d.0.1.0.0.2.zen.spamhaus.org"
    )
    dbl = next(row for row in lists() if row.of == "domain")
    assert question(dbl, "Shop.TEST.") == f"shop.test.{dbl.zone}"
