"""audit.registrar, dns-host, email-provider, hosting and hosts: what DNS and registries said, and what must be
found."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import hostile
import msgspec
import pytest
from fake_outside import NOW, certificate, failure, found, launch, page, reply, said, sight
from fake_world import AuditWorld, registration

from launchready_tui import facts
from launchready_tui.checks.audit import dns_host, email_provider, hosting, hosts, registrar
from launchready_tui.checks.audit.providers import dns_host as company_of_servers
from launchready_tui.checks.audit.providers import guesses, mailbox, sender_called, sender_of_include, table
from launchready_tui.failure import Failure
from launchready_tui.launch.model import Email, Host, Page, Redirect, Settings
from launchready_tui.world.sights import Registration

# ---- registrar -------------------------------------------------------------------------------------------------------

R = "shop.test"


@pytest.mark.parametrize(
    ("answer", "rule", "wanted"),
    [
        (registration(R, days=61), "expiry", "pass"),
        (registration(R, days=59), "expiry", "warn medium"),
        (registration(R, days=14), "expiry", "warn medium"),
        (registration(R, days=13.9), "expiry", "fail blocker"),
        (registration(R, days=-1), "expiry", "fail blocker"),
        (registration(R, days=None), "expiry", "unknown high"),
        (Registration(domain=R, registered=False, at=NOW), "not-registered", "fail blocker"),
        (registration(R, statuses=("active",)), "lock", "warn medium"),
        (registration(R, statuses=("server transfer prohibited",)), "lock", "pass"),
        (registration(R, statuses=()), "lock", "info"),
        (registration(R, statuses=("client hold",)), "hold", "fail blocker"),
        (registration(R, statuses=("redemption period", "pending delete")), "hold", "fail blocker"),
        (registration(R, statuses=("pending transfer",)), "hold", "fail high"),
        (registration(R), "hold", "pass"),
        (registration(R), "not-registered", "absent"),
        (registration(R), "unavailable", "absent"),
        (failure("switched-off"), "unavailable", "unknown high"),
        (failure("timeout"), "unavailable", "unknown high"),
    ],
)
async def test_registration(answer: Registration | Failure, rule: str, wanted: str) -> None:
    world = AuditWorld(launch())
    world.registry.domains[R] = answer
    assert said(await found(registrar.registrar, world), rule, R) == wanted


async def test_what_a_registry_writes_steers_no_terminal_and_no_eye() -> None:
    world = AuditWorld(launch())
    held = (hostile.ALL, "client hold")
    world.registry.domains[R] = registration(R, registrar=hostile.ALL, statuses=held, nameservers=(hostile.ALL,))
    told = await found(registrar.registrar, world)
    texts = strings(msgspec.to_builtins([*told.values()]))
    assert any("evil.example" in text for text in texts)
    for text in texts:
        assert not [char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs") and char != "\n"], text


def strings(value: object) -> list[str]:
    """Every text in it."""
    if isinstance(value, dict):
        value = [*value.values()]
    if isinstance(value, list | tuple):
        return [text for one in value for text in strings(one)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize(
    ("servers", "rule", "wanted"),
    [
        ((), "not-registered", "fail blocker"),
        (failure("no-such-name"), "not-registered", "fail blocker"),
        (("ns1.host.test", "ns2.host.test"), "unavailable", "unknown high"),
        (failure("servfail"), "unavailable", "unknown high"),
        (failure("timeout"), "unavailable", "unknown high"),
    ],
)
async def test_a_name_that_its_parent_zone_delegates_is_never_free_to_buy(
    servers: tuple[str, ...] | Failure, rule: str, wanted: str
) -> None:
    world = AuditWorld(launch())
    world.registry.domains[R] = Registration(domain=R, registered=False, at=NOW)
    if servers:
        world.dns.table[R, "NS"] = servers
    findings = await found(registrar.registrar, world)
    assert said(findings, rule, R) == wanted and len(findings) == 1


async def test_a_failed_look_up_says_nothing_of_the_domain() -> None:
    world = AuditWorld(launch())
    assert set(await found(registrar.registrar, world)) == {("unavailable", R)}


async def test_a_registry_without_locks() -> None:
    world = AuditWorld(launch(domain="shop.de", canonical="https://shop.de/", hosts=()))
    world.registry.domains["shop.de"] = registration("shop.de", statuses=("active",))
    assert said(await found(registrar.registrar, world), "lock", "shop.de") == "not-applicable"


async def test_every_registrable_domain_is_asked_once() -> None:
    of = launch(
        hosts=(Host(name="app.shop.test"), Host(name="api.other.test")),
        redirects=(Redirect(from_="https://www.oldname.test/x", to="https://shop.test/"),),
    )
    subjects = {subject for _, subject in await found(registrar.registrar, AuditWorld(of))}
    assert subjects == {"shop.test", "other.test", "oldname.test"}


async def test_a_registration_is_data_too() -> None:
    world = AuditWorld(launch())
    world.registry.domains[R] = registration(R, days=300, statuses=("Client Transfer Prohibited",))
    findings = await found(registrar.registrar, world)
    seen = [finding.fact(facts.Registration) for finding in findings.values()]
    assert {fact and (fact.domain, fact.registrar, fact.expires, fact.locked) for fact in seen} == {
        (R, "Example Registrar", NOW + timedelta(days=300), True)
    }
    world.registry.domains[R] = Registration(domain=R, registered=False, at=NOW)
    assert (await found(registrar.registrar, world))["not-registered", R].fact(facts.Registration) is None


# ---- dns-host --------------------------------------------------------------------------------------------------------

TWO = {"ns1.dns.test": "198.51.100.1", "ns2.dns.test": "203.0.113.2"}


def zoned(**options: Any) -> AuditWorld:
    world = AuditWorld(launch())
    world.dns.set(R, "A", "203.0.113.10")
    world.dns.zone(R, options.pop("servers", TWO), **options)
    return world


async def test_a_healthy_zone() -> None:
    findings = await found(dns_host.dns_host, zoned())
    assert {state.state.value for state in findings.values()} == {"pass"}
    assert {said(findings, rule, R) for rule in ("provider", "unresolved", "lame", "disagree", "one-server")} == {
        "pass"
    }
    assert len(findings) == 5


@pytest.mark.parametrize("kind", ["refused", "servfail", "timeout", "protocol"])
async def test_a_lame_server(kind: str) -> None:
    world = zoned()
    world.dns.at["203.0.113.2", R, "SOA"] = failure(kind)
    findings = await found(dns_host.dns_host, world)
    assert said(findings, "lame", "ns2.dns.test") == "fail high"
    assert ("lame", R) not in findings


async def test_a_server_that_points_elsewhere_is_lame() -> None:
    world = zoned()
    world.dns.referrals["203.0.113.2", R] = ("ns1.dns.test",)
    assert said(await found(dns_host.dns_host, world), "lame", "ns2.dns.test") == "fail high"


async def test_a_server_without_an_address_is_lame() -> None:
    world = zoned()
    del world.dns.table["ns2.dns.test", "A"]
    assert said(await found(dns_host.dns_host, world), "lame", "ns2.dns.test") == "fail high"


async def test_servers_that_hold_nothing_at_all() -> None:
    world = zoned()
    for address in TWO.values():
        world.dns.referrals[address, R] = ("ns.else.test",)
    assert said(await found(dns_host.dns_host, world), "lame", "ns1.dns.test") == "fail blocker"


async def test_nobody_answers_from_here_is_unknown() -> None:
    world = zoned()
    for address in TWO.values():
        world.dns.at[address, R, "SOA"] = failure("timeout")
    assert said(await found(dns_host.dns_host, world), "lame", R) == "unknown blocker"


async def test_a_line_without_ipv6_blames_no_server() -> None:
    world = zoned(servers=TWO | {"ns3.dns.test": "2001:db8::3"})
    world.dns.at["2001:db8::3", R, "SOA"] = failure("unreachable")
    assert said(await found(dns_host.dns_host, world), "lame", "ns3.dns.test") == "unknown high"


@pytest.mark.parametrize(("kind", "wanted"), [("servfail", "unknown blocker"), ("timeout", "unknown blocker")])
async def test_a_failed_look_up_of_the_zone_is_unknown(kind: str, wanted: str) -> None:
    world = zoned()
    world.dns.fail(R, "NS", kind)
    world.dns.fail(R, "A", kind)
    findings = await found(dns_host.dns_host, world)
    assert said(findings, "provider", R) == wanted
    assert said(findings, "unresolved", R) == wanted


async def test_the_bare_domain_has_no_address() -> None:
    world = zoned()
    del world.dns.table[R, "A"]
    assert said(await found(dns_host.dns_host, world), "unresolved", R) == "fail blocker"


async def test_a_domain_that_is_in_no_dns() -> None:
    assert said(await found(dns_host.dns_host, AuditWorld(launch())), "unresolved", R) == "fail blocker"


async def test_an_empty_ns_answer_beside_an_a_record_is_not_in_no_dns() -> None:
    world = AuditWorld(launch())
    world.dns.set(R, "A", "203.0.113.10")
    findings = await found(dns_host.dns_host, world)
    assert said(findings, "unresolved", R) == "pass"
    assert said(findings, "provider", R).startswith("unknown")
    assert findings["provider", R].message == "unlisted"


async def test_one_server_only() -> None:
    assert (
        said(await found(dns_host.dns_host, zoned(servers={"ns1.dns.test": "198.51.100.1"})), "one-server", R)
        == "warn high"
    )


@pytest.mark.parametrize(
    ("second", "wanted"), [("198.51.100.2", "info"), ("198.51.101.1", "pass"), ("2001:db8::2", "pass")]
)
async def test_two_machines_in_one_network(second: str, wanted: str) -> None:
    world = zoned(servers={"ns1.dns.test": "198.51.100.1", "ns2.dns.test": second})
    assert said(await found(dns_host.dns_host, world), "one-server", R) == wanted


async def test_two_names_of_one_machine() -> None:
    world = zoned(servers={"ns1.dns.test": "198.51.100.1", "ns2.dns.test": "198.51.100.1"})
    assert said(await found(dns_host.dns_host, world), "one-server", R) == "warn high"


async def test_servers_with_different_serials() -> None:
    assert said(await found(dns_host.dns_host, zoned(serials={"ns2.dns.test": 6})), "disagree", R) == "warn medium"


async def test_servers_that_name_different_servers() -> None:
    world = zoned()
    world.dns.at["203.0.113.2", R, "NS"] = ("ns2.dns.test", "ns9.old.test")
    assert said(await found(dns_host.dns_host, world), "disagree", R) == "fail high"


async def test_the_registrar_hands_out_another_set() -> None:
    world = zoned()
    world.dns.set("test", "NS", "a.nic.test")
    world.dns.set("a.nic.test", "A", "198.51.100.90")
    world.dns.referrals["198.51.100.90", R] = ("ns1.dns.test", "ns9.old.test")
    finding = (await found(dns_host.dns_host, world))["disagree", R]
    assert (finding.state.value, finding.message) == ("warn", "only-registrar")
    assert finding.values["extra"] == ("ns9.old.test",)


@pytest.mark.parametrize(
    ("servers", "company"),
    [
        (TWO, "dns.test"),
        ({"a.one.test": "198.51.100.1", "a.two.test": "203.0.113.2"}, "one.test, two.test"),
        ({"ada.ns.cloudflare.com": "198.51.100.1", "bob.ns.cloudflare.com": "203.0.113.2"}, "Cloudflare"),
    ],
)
async def test_the_name_servers_are_data_too(servers: dict[str, str], company: str) -> None:
    findings = await found(dns_host.dns_host, zoned(servers=servers))
    wanted = facts.NameServers(domain=R, servers=tuple(servers), company=company)
    assert [findings[rule, R].fact(facts.NameServers) for rule in ("lame", "disagree", "one-server")] == [wanted] * 3
    assert findings["provider", R].fact(facts.DnsRecords) is not None


# ---- email-provider --------------------------------------------------------------------------------------------------


def mailed(*mx: str, txt: str = "", senders: tuple[str, ...] = (), support: str = "") -> AuditWorld:
    world = AuditWorld(launch(email=Email(senders=senders, support=support)))
    world.dns.set(R, "A", "203.0.113.10")
    if mx:
        world.dns.set(R, "MX", *mx)
    if txt:
        world.dns.set(R, "TXT", txt)
    return world


@pytest.mark.parametrize(
    ("mx", "words", "state"),
    [
        (("1 smtp.google.com",), "Google Workspace", "pass"),
        (("0 shop-test.mail.protection.outlook.com",), "Microsoft 365", "pass"),
        (("10 mx.else.example",), "else.example", "pass"),
        (("10 mail.shop.test",), "own mail server", "pass"),
        (("0 .",), "accepts no mail", "info"),
        ((), "no MX", "info"),
    ],
)
async def test_who_receives(mx: tuple[str, ...], words: str, state: str) -> None:
    finding = (await found(email_provider.email_provider, mailed(*mx)))["mailbox", R]
    assert finding.state.value == state
    assert words in finding.summary


async def test_a_failed_mail_look_up_is_unknown() -> None:
    world = mailed("1 smtp.google.com")
    world.dns.fail(R, "MX")
    world.dns.fail(R, "TXT")
    findings = await found(email_provider.email_provider, world)
    assert said(findings, "mailbox", R) == "unknown high"
    assert said(findings, "senders", R) == "unknown high"
    findings = await found(
        email_provider.email_provider, mailed("1 smtp.google.com", txt="v=spf1 include:_spf.google.com -all")
    )
    assert said(findings, "mailbox", R) == said(findings, "senders", R) == "pass"
    assert said(findings, "undeclared-sender", "Google Workspace") == "absent"


@pytest.mark.parametrize(
    ("txt", "senders", "state", "words"),
    [
        ("v=spf1 include:spf.mtasv.net -all", (), "pass", "Postmark"),
        ("v=spf1 include:_spf.google.com include:sendgrid.net ~all", (), "pass", "Google Workspace and SendGrid"),
        ("v=spf1 include:mailer.else.example -all", (), "pass", "else.example"),
        ("v=spf1 ip4:203.0.113.25 -all", (), "pass", "own servers"),
        ("", ("resend",), "pass", "Resend"),
        ("", ("send.shop.test",), "pass", "send.shop.test"),
        ("v=spf1 -all", (), "unknown", "neither SPF nor the launch file"),
        ("", (), "unknown", "neither SPF nor the launch file"),
    ],
)
async def test_who_sends(txt: str, senders: tuple[str, ...], state: str, words: str) -> None:
    finding = (await found(email_provider.email_provider, mailed(txt=txt, senders=senders)))["senders", R]
    assert finding.state.value == state
    assert words in finding.summary


@pytest.mark.parametrize(
    ("mx", "txt", "state"),
    [
        ("0 .", "v=spf1 -all", "pass"),
        ("0 .", "v=spf1 ~all", "unknown"),
        ("0 .", "v=spf1 exists:%{i}.shop.test -all", "unknown"),
        ("0 .", "", "unknown"),
        ("10 mail.shop.test", "v=spf1 -all", "unknown"),
    ],
)
async def test_a_domain_that_says_it_sends_no_mail_is_not_asked_who_sends(mx: str, txt: str, state: str) -> None:
    finding = (await found(email_provider.email_provider, mailed(mx, txt=txt)))["senders", R]
    assert finding.state.value == state
    assert ("sends no mail" in finding.summary) is (state == "pass")


async def test_a_sender_nobody_named() -> None:
    world = mailed(txt="v=spf1 include:spf.mtasv.net include:sendgrid.net -all", senders=("postmark",))
    findings = await found(email_provider.email_provider, world)
    assert said(findings, "undeclared-sender", "SendGrid") == "info"
    finding = findings["undeclared-sender", "SendGrid"]
    assert finding.remedy is not None and 'senders = ["postmark", "sendgrid"]' in finding.remedy.paste
    assert ("undeclared-sender", "Postmark") not in findings


async def test_the_support_address_has_its_own_mailbox() -> None:
    world = mailed("1 smtp.google.com", support="help@desk.test")
    world.dns.set("desk.test", "MX", "10 mx.zoho.eu")
    assert said(await found(email_provider.email_provider, world), "mailbox", "desk.test") == "pass"


@pytest.mark.parametrize(
    ("failure_seen", "message", "words", "fix"),
    [
        (Failure(kind="rate-limited", detail="retry after 60"), "rate-limited", "limiting", "Check again in 60 s"),
        (Failure(kind="rate-limited"), "rate-limited", "limiting", "Check again later"),
        (Failure(kind="switched-off", detail="the launch is not announced yet"), "unknown", "announced", "confirm"),
        (
            Failure(kind="unavailable", detail="no RDAP service is known for .test; settings.rdap can name one"),
            "no-service",
            "for .test",
            "Name the RDAP service",
        ),
        (Failure(kind="timeout"), "unknown", "no answer in time", "confirm"),
    ],
)
async def test_why_a_registration_is_not_known(failure_seen: Failure, message: str, words: str, fix: str) -> None:
    world = AuditWorld(launch())
    world.registry.domains[R] = failure_seen
    finding = (await found(registrar.registrar, world))["unavailable", R]
    assert (finding.state.value, finding.message) == ("unknown", message) and words in finding.summary
    assert finding.remedy is not None and fix in finding.remedy.text


# ---- hosting ---------------------------------------------------------------------------------------------------------


def hosted(address: str = "203.0.113.10", *headers: tuple[str, str], alias: str = "") -> AuditWorld:
    world = AuditWorld(launch())
    if alias:
        world.dns.aliases[R] = alias
        world.dns.set(alias, "A", address)
    else:
        world.dns.set(R, "A", address)
    world.web.urls["https://shop.test/"] = page("https://shop.test/", *headers)
    return world


@pytest.mark.parametrize(
    ("world", "words"),
    [
        (lambda: hosted(alias="cname.vercel-dns.com"), "runs on Vercel"),
        (lambda: hosted("216.24.57.1"), "runs on Render"),
        (lambda: hosted("203.0.113.10", ("x-nf-request-id", "01")), "runs on Netlify (judging by its headers alone)"),
        (lambda: hosted("104.16.1.1", ("cf-ray", "8f1")), "is behind Cloudflare"),
        (
            lambda: hosted("104.16.1.1", ("cf-ray", "8f1"), ("x-railway-request-id", "1")),
            "runs on Railway, behind Cloudflare",
        ),
        (lambda: hosted("203.0.113.10", ("via", "1.1 vegur")), "runs on Heroku"),
    ],
)
async def test_who_hosts(world: Callable[[], AuditWorld], words: str) -> None:
    finding = (await found(hosting.hosting, world()))["provider", R]
    assert finding.state.value == "pass"
    assert words in finding.summary


async def test_a_cdn_alone_does_not_say_where_it_runs() -> None:
    findings = await found(hosting.hosting, hosted("104.16.1.1", ("cf-ray", "8f1")))
    assert said(findings, "no-clue", R) == "unknown high"


async def test_no_clue_is_one_question_for_all_hosts() -> None:
    world = AuditWorld(
        launch(hosts=(Host(name="shop.test"), Host(name="app.shop.test"), Host(name="mail.shop.test", role="mail")))
    )
    for name in ("shop.test", "app.shop.test", "mail.shop.test"):
        world.dns.set(name, "A", "203.0.113.10")
    findings = await found(hosting.hosting, world)
    assert list(findings) == [("no-clue", R)]
    assert findings["no-clue", R].values["hosts"] == 2


@pytest.mark.parametrize(
    ("world", "provider", "rule", "wanted", "words"),
    [
        (lambda: hosted("216.24.57.1"), "render", "provider", "pass", "runs on Render"),
        (
            lambda: hosted("216.24.57.1"),
            "Fly.io",
            "disagrees",
            "warn medium",
            "seems to run on Render, but the launch file says Fly.io",
        ),
        (
            lambda: hosted("203.0.113.10", ("x-amzn-requestid", "1")),
            "AWS",
            "provider",
            "pass",
            "runs on Amazon Web Services",
        ),
        (
            lambda: hosted("104.16.1.1", ("cf-ray", "8f1")),
            "Hetzner",
            "provider",
            "pass",
            "runs on Hetzner (named in the launch file), behind",
        ),
        (
            lambda: hosted("104.16.1.1", ("cf-ray", "8f1"), ("via", "1.1 vegur")),
            "Hetzner",
            "disagrees",
            "warn medium",
            "Heroku",
        ),
        (
            lambda: hosted("104.16.1.1", ("cf-ray", "8f1"), ("via", "1.1 vegur")),
            "Cloudflare",
            "provider",
            "pass",
            "Heroku, behind",
        ),
        (lambda: hosted(), "our own rack", "provider", "pass", "runs on our own rack (named in the launch file)"),
    ],
)
async def test_what_the_launch_file_names_is_held_against_what_is_seen(
    world: Callable[[], AuditWorld], provider: str, rule: str, wanted: str, words: str
) -> None:
    made = world()
    made.launch = launch(hosts=(Host(name=R, role="web", provider=provider),))
    findings = await found(hosting.hosting, made)
    assert list(findings) == [(rule, R)]
    assert said(findings, rule, R) == wanted
    assert (
        said(findings, "provider" if rule == "disagrees" else "disagrees", R)
        == said(findings, "no-clue", R)
        == "absent"
    )
    assert words in findings[rule, R].summary


async def test_who_hosts_is_data_too() -> None:
    world = hosted("104.16.1.1", ("cf-ray", "8f1"), ("x-railway-request-id", "1"))
    seen = (await found(hosting.hosting, world))["provider", R]
    assert seen.fact(facts.Hosting) == facts.Hosting(host=R, companies=("Cloudflare", "Railway"))
    assert seen.fact(facts.Addresses) == facts.Addresses(host=R, addresses=("104.16.1.1",))
    world.launch = launch(hosts=(Host(name=R, role="web", provider="Hetzner"),))
    seen = (await found(hosting.hosting, world))["disagrees", R]
    assert seen.fact(facts.Hosting) == facts.Hosting(host=R, companies=("Cloudflare", "Railway"))
    world = hosted("104.16.1.1", ("cf-ray", "8f1"))
    world.launch = launch(hosts=(Host(name=R, role="web", provider="Hetzner"),))
    seen = (await found(hosting.hosting, world))["provider", R]
    assert seen.fact(facts.Hosting) == facts.Hosting(host=R, companies=("Hetzner", "Cloudflare"))


async def test_the_network_owner_is_only_asked_where_allowed() -> None:
    for settings, asked in ((Settings(), True), (Settings(services=()), False)):
        world = hosted()
        world.launch = launch(settings=settings)
        world.dns.set("10.113.0.203.origin.asn.cymru.com", "TXT", "64500 | 203.0.113.0/24 | DE | ripe | 2020-01-01")
        world.dns.set("AS64500.asn.cymru.com", "TXT", "64500 | DE | ripe | 2020-01-01 | BIG-HOSTER, DE")
        finding = (await found(hosting.hosting, world))["no-clue", R]
        assert ("BIG-HOSTER" in finding.evidence[0].text) is asked


async def test_a_host_whose_address_cannot_be_looked_up() -> None:
    world = hosted()
    world.dns.fail(R, "A")
    assert said(await found(hosting.hosting, world), "provider", R) == "unknown high"


async def test_a_host_that_does_not_answer_is_named_by_its_address() -> None:
    world = hosted("216.24.57.1")
    world.web.urls["https://shop.test/"] = failure("timeout")
    assert said(await found(hosting.hosting, world), "provider", R) == "pass"


def test_every_row_of_the_provider_table_is_matched_by_its_own_clues() -> None:
    for row in table().hosting:
        for suffix in row.cname:
            assert row.name in [guess.hosting.name for guess in guesses([f"x.{suffix}"], [], None)]
        for network in row.networks:
            assert row.name in [guess.hosting.name for guess in guesses([], [network.split("/")[0]], None)]
        for header in row.headers:
            name, _, value = header.partition(":")
            answer = reply("https://x.test/", 200, (name, value.strip() or "1"))
            assert row.name in [guess.hosting.name for guess in guesses([], [], answer)]
    for dns in table().dns:
        assert all(company_of_servers([f"ns1.{suffix}"]) == dns.name for suffix in dns.suffixes)
        assert all(company_of_servers([f"ns1{part}com"]) == dns.name for part in dns.contains)
    for box in table().mailbox:
        assert all(mailbox([f"mx1.{suffix}"]) == box.name for suffix in box.suffixes)
    for sender in table().sender:
        assert all(sender_called(name) is sender for name in sender.known_as)
        assert all(sender_of_include(include) is sender for include in sender.includes)


@pytest.mark.parametrize("near", ["notvercel.app.evil.test", "vercel.app.evil.test", "myonrender.com"])
def test_a_name_that_only_holds_a_suffix_is_no_clue(near: str) -> None:
    assert guesses([near], [], None) == ()


# ---- hosts -----------------------------------------------------------------------------------------------------------

QUIET = Settings(services=())


def town(**fields: Any) -> AuditWorld:
    given = {"hosts": (Host(name="shop.test", role="web"), Host(name="app.shop.test", role="app")), "settings": QUIET}
    world = AuditWorld(launch(**(given | fields)))
    for host in world.launch.hosts:
        world.dns.set(host.name, "A", "203.0.113.10")
    world.web.urls["https://shop.test/"] = page("https://shop.test/")
    return world


async def test_all_declared_and_nothing_else() -> None:
    findings = await found(hosts.hosts, town())
    assert {finding.state.value for finding in findings.values()} == {"pass"}
    assert said(findings, "purpose", "app.shop.test") == "pass"
    for rule, subject in (
        ("dangling", "app.shop.test"),
        ("undeclared", "blog.shop.test"),
        ("more", R),
        ("wildcard", R),
        ("words", R),
    ):
        assert said(findings, rule, subject) == "absent"


async def test_a_declared_host_that_leads_nowhere() -> None:
    world = town()
    del world.dns.table["app.shop.test", "A"]
    assert said(await found(hosts.hosts, world), "unresolved", "app.shop.test") == "fail blocker"


async def test_a_declared_host_whose_look_up_fails() -> None:
    world = town()
    world.dns.fail("app.shop.test", "A")
    assert said(await found(hosts.hosts, world), "unresolved", "app.shop.test") == "unknown high"


async def test_a_mail_host_needs_no_web_address() -> None:
    world = town(hosts=(Host(name="shop.test"), Host(name="mail.shop.test", role="mail")))
    del world.dns.table["mail.shop.test", "A"]
    world.dns.set("mail.shop.test", "MX", "10 mx.test")
    assert said(await found(hosts.hosts, world), "unresolved", "mail.shop.test") == "not-applicable"


@pytest.mark.parametrize(
    ("host", "state"),
    [
        (Host(name="x.shop.test"), "warn medium"),
        (Host(name="x.shop.test", purpose="partner uploads"), "pass"),
        (Host(name="x.shop.test", role="api"), "pass"),
    ],
)
async def test_what_a_host_is_for(host: Host, state: str) -> None:
    assert said(await found(hosts.hosts, town(hosts=(host,))), "purpose", "x.shop.test") == state


async def test_the_addresses_of_a_declared_host_are_data_too() -> None:
    findings = await found(hosts.hosts, town())
    assert findings["unresolved", R].fact(facts.Addresses) == facts.Addresses(host=R, addresses=("203.0.113.10",))


async def test_names_in_certificates_on_pages_and_by_words() -> None:
    world = town(pages=(Page(url="https://shop.test/landing"),))
    world.tls.sights["shop.test"] = sight(
        "shop.test", certificate("shop.test", "*.shop.test", "annex.shop.test", "gone.shop.test", "else.test")
    )
    world.web.urls["https://shop.test/landing"] = page(
        "https://shop.test/landing", body='<a href="https://blog.shop.test/x">b</a><a href="https://else.test/">e</a>'
    )
    for name in ("annex.shop.test", "blog.shop.test", "cpanel.shop.test"):
        world.dns.set(name, "A", "203.0.113.66")
    findings = await found(hosts.hosts, world)
    assert {subject for rule, subject in findings if rule == "undeclared"} == {
        "annex.shop.test",
        "blog.shop.test",
        "cpanel.shop.test",
    }
    assert said(findings, "undeclared", "annex.shop.test") == "warn medium"
    assert said(findings, "undeclared", "gone.shop.test") == said(findings, "undeclared", "else.test") == "absent"
    assert findings["undeclared", "annex.shop.test"].evidence[0].text == "the certificate of shop.test"


async def test_a_wildcard_makes_words_prove_nothing() -> None:
    class Wild(type(town().dns)):  # type: ignore[misc]
        async def ask(self, name: str, rdtype: str) -> Any:
            if rdtype == "A" and name.endswith(".shop.test") and (name, "A") not in self.table:
                self.table[name, "A"] = ("203.0.113.1",)
            return await super().ask(name, rdtype)

    world = town()
    wild = Wild()
    wild.table = world.dns.table
    world.dns = wild
    world.dns.set("api.shop.test", "A", "203.0.113.20")
    findings = await found(hosts.hosts, world)
    assert said(findings, "wildcard", R) == "info"
    assert {subject for rule, subject in findings if rule == "undeclared"} == {"api.shop.test"}


async def test_words_are_not_tried_where_the_random_name_cannot_be_looked_up() -> None:
    class Dead(type(town().dns)):  # type: ignore[misc]
        async def ask(self, name: str, rdtype: str) -> Any:
            return await super().ask(name, rdtype) if (name, rdtype) in self.table else failure("timeout")

    world = town()
    dead = Dead()
    dead.table = world.dns.table | {(name.name, "AAAA"): () for name in world.launch.hosts}
    world.dns = dead
    findings = await found(hosts.hosts, world)
    assert said(findings, "words", R) == "info"
    assert not [subject for rule, subject in findings if rule == "undeclared"]


async def test_an_alias_to_nowhere() -> None:
    world = town()
    del world.dns.table["app.shop.test", "A"]
    world.dns.aliases["app.shop.test"] = "shop.gone-platform.example"
    world.dns.aliases["blog.shop.test"] = "also.gone-platform.example"
    findings = await found(hosts.hosts, world)
    assert said(findings, "dangling", "app.shop.test") == "fail high"
    assert said(findings, "dangling", "blog.shop.test") == "fail high"


CRT = "https://crt.sh/?q=%25.shop.test&output=json&exclude=expired"
SPOTTER = "https://api.certspotter.com/v1/issuances?domain=shop.test&include_subdomains=true&expand=dns_names"


async def test_certificate_logs() -> None:
    world = town(settings=Settings(services=("crt.sh", "certspotter")))
    world.web.urls[CRT] = reply(
        CRT, body=json.dumps([{"name_value": "ct.shop.test\n*.shop.test", "common_name": "x"}, "odd"])
    )
    world.web.urls[SPOTTER] = reply(SPOTTER, body=json.dumps([{"dns_names": ["spot.shop.test", "evil.test", 7]}]))
    world.dns.set("ct.shop.test", "A", "203.0.113.7")
    world.dns.set("spot.shop.test", "A", "203.0.113.8")
    findings = await found(hosts.hosts, world)
    assert {subject for rule, subject in findings if rule == "undeclared"} == {"ct.shop.test", "spot.shop.test"}


@pytest.mark.parametrize(
    "answer", [failure("timeout"), reply(CRT, 502), reply(CRT, 429), reply(CRT, body="<html>busy")]
)
async def test_certificate_logs_that_do_not_answer_are_only_told(answer: Any) -> None:
    world = town(settings=Settings(services=("crt.sh",)))
    world.web.urls[CRT] = answer
    findings = await found(hosts.hosts, world)
    assert said(findings, "certificate-logs", R) == "info"
    assert findings["certificate-logs", R].message == "silent"
    world = town(settings=Settings(services=("crt.sh", "certspotter")))
    world.web.urls |= {CRT: answer, SPOTTER: reply(SPOTTER, body=json.dumps([{"dns_names": ["spot.shop.test"]}]))}
    finding = (await found(hosts.hosts, world))["certificate-logs", R]
    assert (finding.message, finding.values["missing"]) == ("some-silent", ("crt.sh",))


@pytest.mark.parametrize(
    "fields", [{"settings": Settings(services=("rdap",))}, {"announced": False, "settings": Settings()}]
)
async def test_certificate_logs_are_not_asked_where_that_would_tell(fields: dict[str, Any]) -> None:
    world = town(**fields)
    assert said(await found(hosts.hosts, world), "certificate-logs", R) == "absent"
    assert not [url for _, url, _ in world.web.asked if "shop.test/" not in url]


async def test_many_names_are_told_in_part() -> None:
    world = town(settings=Settings(services=("crt.sh",)))
    names = [f"n{place:02}.shop.test" for place in range(40)]
    world.web.urls[CRT] = reply(CRT, body=json.dumps([{"name_value": "\n".join(names)}]))
    for name in names:
        world.dns.set(name, "A", "203.0.113.7")
    findings = await found(hosts.hosts, world)
    assert sum(rule == "undeclared" for rule, _ in findings) == hosts.MOST
    assert said(findings, "more", R) == "info"
    assert findings["more", R].values["names"] == 15


@pytest.mark.parametrize(("environment", "wanted"), [("production", "fail blocker"), ("staging", "fail medium")])
async def test_how_bad_a_missing_host_is(environment: str, wanted: str) -> None:
    world = town(hosts=(Host(name="x.shop.test", role="api", environment=environment),))  # type: ignore[arg-type]
    del world.dns.table["x.shop.test", "A"]
    assert said(await found(hosts.hosts, world), "unresolved", "x.shop.test") == wanted


async def test_names_that_are_none_are_left_out() -> None:
    world = town()
    names = (
        "bad name.shop.test",
        "esc\x1b[31m.shop.test",
        "x" * 70 + ".shop.test",
        "\u202eevil.shop.test",
        "*.shop.test",
    )
    world.tls.sights["shop.test"] = sight("shop.test", certificate("shop.test", *names))
    for name in names:
        world.dns.set(name, "A", "203.0.113.66")
    assert not [subject for rule, subject in await found(hosts.hosts, world) if rule == "undeclared"]


async def test_every_piece_of_evidence_is_dated() -> None:
    world = town()
    world.dns.fail("app.shop.test", "A")
    for finding in (await found(hosts.hosts, world)).values():
        assert all(one.at == NOW for one in finding.evidence)
