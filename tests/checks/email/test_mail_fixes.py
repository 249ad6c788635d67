"""The exact fixes: one SPF record for the senders in use, every mistake pointed at, DMARC's next steps, the forms of
DNS hosts."""

from __future__ import annotations

import pytest
from fake_outside import FakeWorld, found, launch, said

from launchready_tui.checks.email.dmarc import dmarc
from launchready_tui.checks.email.place import FORMS, as_form
from launchready_tui.checks.email.spf import spf
from launchready_tui.launch.model import Email

D = "shop.test"


def world(*texts: str, senders: tuple[str, ...] = ()) -> FakeWorld:
    made = FakeWorld(launch(email=Email(senders=senders)))
    made.dns.set(D, "A", "203.0.113.1")
    made.dns.set(D, "TXT", *texts)
    made.dns.set("_spf.google.com", "TXT", "v=spf1 ip4:203.0.113.0/24 ~all")
    made.dns.set("mail.zendesk.com", "TXT", "v=spf1 ip4:198.51.100.0/24 ~all")
    made.dns.set("_spf.own.test", "TXT", "v=spf1 include:_spf.google.com ~all")
    return made


@pytest.mark.parametrize(
    ("texts", "senders", "rule", "record"),
    [
        (
            (),
            ("google-workspace", "zendesk"),
            "missing",
            "v=spf1 include:_spf.google.com include:mail.zendesk.com ~all",
        ),
        ((), ("postmark",), "missing", "v=spf1 include:_spf.your-provider.example ~all"),
        (("v=spf1 a -all",), ("google-workspace",), "sender", "v=spf1 a include:_spf.google.com -all"),
        (
            ("v=spf1 include:mail.call",),
            ("google-workspace",),
            "sender",
            "v=spf1 include:mail.call include:_spf.google.com",
        ),
        (
            ("v=spf1 a -all", "v=spf1 include:_spf.google.com ~all"),
            ("google-workspace", "zendesk"),
            "multiple",
            "v=spf1 a include:_spf.google.com include:mail.zendesk.com ~all",
        ),
    ],
)
async def test_one_record_for_the_senders_in_use(
    texts: tuple[str, ...], senders: tuple[str, ...], rule: str, record: str
) -> None:
    remedy = (await found(spf, world(*texts, senders=senders)))[rule, D].remedy
    assert remedy is not None and remedy.paste == f'{D}. 3600 IN TXT "{record}"'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v=spf1 include:_spf.google.com -all", "absent"),
        ("v=spf1 include:_spf.own.test -all", "absent"),
        ("v=spf1 redirect=_spf.google.com", "absent"),
        ("v=spf1 include:%{d}.x.test -all", "absent"),
        ("v=spf1 a -all", "warn medium"),
    ],
)
async def test_a_declared_sender_must_be_let_in(text: str, expected: str) -> None:
    assert said(await found(spf, world(text, senders=("google-workspace",))), "sender", D) == expected


async def test_what_could_not_be_seen_is_no_missing_sender() -> None:
    made = world("v=spf1 include:lost.test -all", senders=("google-workspace",))
    made.dns.fail("lost.test", "TXT")
    assert said(await found(spf, made), "sender", D) == "absent"


async def test_every_mistake_is_told_with_its_place() -> None:
    made = world("v=spf1 ipv4:1 a:b include:broken.test -all")
    made.dns.set("broken.test", "TXT", "v=spf1 ip4:300.1.1.1 -all")
    finding = (await found(spf, made))["syntax", D]
    assert (finding.message, finding.values["count"], finding.values["other"]) == ("several", 3, D)
    where = [one for one in finding.evidence if one.label == "where"]
    assert [one.source for one in where] == [f"{D} TXT", "broken.test TXT"]
    assert where[0].text.splitlines()[1] == "       ^^^^^^  ^^"


async def test_wide_networks_missing_includes_and_ptr_are_pointed_at() -> None:
    made = world("v=spf1 ip4:0.0.0.0/0 include:gone.test ptr include:also-gone.test -all")
    findings = await found(spf, made)
    marks = {rule: findings[rule, D].evidence[0].text.splitlines()[1] for rule in ("wide", "include-missing", "ptr")}
    assert marks["wide"] == "       ^^^^^^^^^^^^^"
    assert marks["include-missing"].split() == ["^" * 17, "^" * 22]
    assert marks["ptr"].strip() == "^^^"
    assert findings["include-missing", D].message == "many"
    assert findings["include-missing", D].values["terms"] == ("include:gone.test", "include:also-gone.test")


async def test_every_circle_and_every_open_include_is_pointed_at_and_left_out() -> None:
    made = world(f"v=spf1 include:one.test include:open.test include:two.test include:{D} include:wide.test -all")
    for name, text in {"one.test": f"v=spf1 include:{D} -all", "two.test": "v=spf1 include:three.test -all"}.items():
        made.dns.set(name, "TXT", text)
    made.dns.set("three.test", "TXT", "v=spf1 include:two.test +all")
    for name in ("open.test", "wide.test"):
        made.dns.set(name, "TXT", "v=spf1 +all")
    findings = await found(spf, made)
    loop, doors = findings["loop", D], findings["all", D]
    assert loop.values["terms"] == (f"include:{D}", "include:two.test")
    sources = [one.source.partition(" ")[0] for one in loop.evidence if one.label == "where"]
    assert sources == [D, "one.test", "three.test"]
    assert doors.values["records"] == ("open.test", "three.test", "wide.test")
    assert doors.remedy and doors.remedy.paste.count("include:") == 3 and "open.test" not in doors.remedy.paste


async def test_names_that_find_nothing_and_a_weak_end_are_pointed_at() -> None:
    findings = await found(
        spf, world("v=spf1 a:one.gone.test mx:two.gone.test exists:three.gone.test ip4:192.0.2.1 ?all")
    )
    places = {rule: findings[rule, D].evidence[0].text.splitlines()[1] for rule in ("void-lookups", "all")}
    assert places["void-lookups"].split() == ["^" * 15, "^" * 16, "^" * 22]
    assert places["all"].strip() == "^^^^"
    remedy = findings["void-lookups", D].remedy
    assert remedy is not None and '"v=spf1 ip4:192.0.2.1 ?all"' in remedy.paste


async def test_an_open_record_with_an_open_include_tells_both() -> None:
    made = world("v=spf1 include:open.test +all")
    made.dns.set("open.test", "TXT", "v=spf1 +all")
    finding = (await found(spf, made))["all", D]
    assert finding.values["records"] == (D, "open.test")
    assert [one.source for one in finding.evidence if one.label == "where"] == [f"{D} TXT", f"{D} TXT"]


async def test_a_record_that_is_too_long_is_told() -> None:
    networks = " ".join(f"ip4:198.51.{number}.0/24" for number in range(30))
    assert said(await found(spf, world(f"v=spf1 {networks} -all")), "size", D) == "warn low"
    assert said(await found(spf, world("v=spf1 a -all")), "size", D) == "absent"


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("v=DMARC1; p=none; rua=mailto:d@shop.test", ["p=quarantine", "p=reject"]),
        ("v=DMARC1; p=quarantine; rua=mailto:d@shop.test", ["p=reject"]),
        (
            "v=DMARC1; p=quarantine; t=y; sp=none; rua=mailto:d@shop.test",
            ["p=quarantine; sp=none", "p=reject; sp=none"],
        ),
        ("v=DMARC1; p=reject; rua=mailto:d@shop.test", []),
        ("v=DMARC1; p=none", []),
    ],
)
async def test_the_next_steps_of_dmarc(text: str, steps: list[str]) -> None:
    made = world("v=spf1 -all")
    made.dns.set(f"_dmarc.{D}", "TXT", text)
    made.dns.set(D, "MX", f"10 mail.{D}")
    finding = (await found(dmarc, made)).get(("next-step", D))
    if not steps:
        assert finding is None
        return
    assert finding is not None and finding.remedy is not None and "weeks" in finding.summary
    assert finding.remedy.paste.splitlines() == [
        f'_dmarc.{D}. 3600 IN TXT "v=DMARC1; {step}; rua=mailto:d@shop.test"' for step in steps
    ]


@pytest.mark.parametrize("company", sorted(FORMS))
def test_a_line_in_the_form_of_each_host(company: str) -> None:
    form = FORMS[company]
    lines = as_form(company, f'_dmarc.{D}. 3600 IN TXT "v=DMARC1; p=none"').splitlines()
    assert lines[0].startswith(f"# {company}: ") and lines[1].split() == ["Type", "TXT"]
    assert lines[2].removeprefix(form.name).strip() == "_dmarc"
    value = lines[3].removeprefix(form.value).strip()
    assert value == ('"v=DMARC1; p=none"' if form.quoted else "v=DMARC1; p=none")
    assert as_form(company, f'{D}. 3600 IN TXT "a"').splitlines()[2].removeprefix(form.name).strip() == form.apex


def test_long_texts_and_mail_servers_in_a_form() -> None:
    from launchready_tui.checks.paste import zone_line

    long = 'v=DKIM1; n=a "quoted" word; p=' + "A" * 400
    assert as_form("Cloudflare", zone_line(f"s._domainkey.{D}", "TXT", long)).splitlines()[3] == f"Content  {long}"
    assert as_form("Cloudflare", f"{D}. 3600 IN MX 10 mail.{D}.").splitlines()[1:] == [
        "Type      MX",
        "Name      @",
        f"Content   mail.{D}.",
        "Priority  10",
    ]
    assert as_form("Nobody", f"{D}. 3600 IN MX 10 mail.{D}.") == "" and as_form("Cloudflare", "no zone line") == ""
