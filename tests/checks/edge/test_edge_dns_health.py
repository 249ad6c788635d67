"""edge.dns-health: every rule with what the servers said, and the near miss that must not fire."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import dns.dnssec
import dns.message
import dns.name
import dns.rrset
import pytest
from fake_outside import NOW, certificate, failure, found, launch, said, sight
from fake_world import AuditDns, AuditWorld

from launchready_tui.checks.edge.dns_health import dns_health
from launchready_tui.checks.parse import caa
from launchready_tui.failure import Failure
from launchready_tui.launch.model import Host
from launchready_tui.wire.reading import Heard
from launchready_tui.world.dnssec import judge
from launchready_tui.world.sights import DnsAnswer, Signing, ZoneCopy

ZONE = "shop.test"
NS1, NS2 = "198.51.100.53", "198.51.100.54"
LE = "CN=R11,O=Let's Encrypt,C=US"


class HealthDns(AuditDns):
    def __init__(self) -> None:
        super().__init__()
        self.copies: dict[str, ZoneCopy | Failure] = {}
        self.signed: Signing | Failure = Signing(zone=ZONE, state="unsigned", at=NOW)
        self.lives: dict[str, int] = {}
        self.deaf: dict[str, Failure] = {}
        self.transfers: list[str] = []
        self.anything: tuple[str, ...] = ()

    async def transfer(self, server: str, zone: str) -> ZoneCopy | Failure:
        self.transfers.append(server)
        return self.copies.get(server, ZoneCopy(zone=zone, server=server, given=False, at=NOW))

    async def signing(self, zone: str) -> Signing | Failure:
        return self.signed

    async def ask(self, name: str, rdtype: str) -> DnsAnswer | Failure:
        if name.startswith("lr-"):
            return DnsAnswer(
                name=name,
                rdtype=rdtype,
                status="ok" if self.anything else "nxdomain",
                records=self.anything,
                canonical=name,
                at=NOW,
            )
        return await super().ask(name, rdtype)

    async def ask_at(self, server: str, name: str, rdtype: str, *, tcp: bool = False) -> DnsAnswer | Failure:
        if tcp and server in self.deaf:
            return self.deaf[server]
        if rdtype == "A":
            held = await self.ask(name, "A")
            assert isinstance(held, DnsAnswer)
            return DnsAnswer(
                name=name,
                rdtype="A",
                status=held.status,
                records=held.records,
                ttl=self.lives.get(name, 300),
                server=server,
                at=NOW,
            )
        if rdtype == "CNAME" and (server, name, rdtype) not in self.at:
            return DnsAnswer(name=name, rdtype=rdtype, status="nodata", server=server, at=NOW)
        answer = await super().ask_at(server, name, rdtype, tcp=tcp)
        if isinstance(answer, DnsAnswer) and rdtype == "SOA":
            return DnsAnswer(
                name=name,
                rdtype=rdtype,
                status=answer.status,
                records=answer.records,
                ttl=self.lives.get("SOA", 3600),
                server=server,
                at=NOW,
            )
        return answer


def world(*, permitted: bool = True, **fields: Any) -> AuditWorld:
    hosts = (Host(name=ZONE, role="web"), Host(name="api.shop.test", role="api"))
    made = AuditWorld(launch(**({"hosts": hosts} | fields)), permitted=permitted)
    made.dns = HealthDns()
    made.dns.zone(ZONE, {"ns1.shop.test": NS1, "ns2.shop.test": NS2})
    for host in (ZONE, "api.shop.test"):
        made.dns.set(host, "A", "203.0.113.10")
        made.tls.sights[host] = sight(host, certificate(host, issuer=LE))
    made.dns.set(ZONE, "CAA", '0 issue "letsencrypt.org"')
    return made


def dns_of(made: AuditWorld) -> HealthDns:
    assert isinstance(made.dns, HealthDns)
    return made.dns


async def test_a_healthy_zone_gives_no_warning() -> None:
    findings = await found(dns_health, world())
    assert {(rule, finding.state.value) for (rule, _), finding in findings.items()} == {
        ("zone-transfer", "pass"),
        ("no-tcp", "pass"),
        ("soa", "pass"),
        ("ttl", "pass"),
        ("wildcard", "pass"),
        ("dnssec", "info"),
        ("caa", "pass"),
    }
    assert said(findings, "wildcard", ZONE) == "pass"
    for rule in ("apex-alias", "caa-none", "servers"):
        assert said(findings, rule, ZONE) == "absent"


def soa(*numbers: int, mname: str = "ns1.shop.test") -> tuple[str, ...]:
    return (f"{mname} hostmaster.shop.test 7 {' '.join(map(str, numbers))}",)


@pytest.mark.parametrize(
    ("numbers", "life", "expected"),
    [
        ((7200, 900, 1209600, 300), 3600, "pass"),
        ((7200, 900, 1209600, 3600), 3600, "pass"),
        ((7200, 900, 1209600, 3601), 86400, "warn low"),
        ((7200, 900, 1209600, 86400), 900, "pass"),
        ((7200, 900, 8100, 300), 3600, "warn low"),
        ((7200, 900, 8101, 300), 3600, "pass"),
        ((900, 900, 1209600, 300), 3600, "warn low"),
    ],
)
async def test_soa(numbers: tuple[int, ...], life: int, expected: str) -> None:
    made = world()
    dns_of(made).lives["SOA"] = life
    for address in (NS1, NS2):
        made.dns.at[address, ZONE, "SOA"] = soa(*numbers)
    assert said(await found(dns_health, made), "soa", ZONE) == expected


async def test_servers_that_name_different_first_ones() -> None:
    made = world()
    made.dns.at[NS2, ZONE, "SOA"] = soa(3600, 600, 604800, 300, mname="old.shop.test")
    assert said(await found(dns_health, made), "soa", ZONE) == "warn low"


@pytest.mark.parametrize(("life", "expected"), [(300, "pass"), (3600, "pass"), (3601, "warn low"), (86400, "warn low")])
async def test_ttl(life: int, expected: str) -> None:
    made = world()
    dns_of(made).lives["api.shop.test"] = life
    assert said(await found(dns_health, made), "ttl", ZONE) == expected


@pytest.mark.parametrize(
    ("copy", "subject", "expected"),
    [
        (ZoneCopy(zone=ZONE, server=NS1, given=True, records=9, names=(ZONE,), at=NOW), "ns1.shop.test", "warn medium"),
        (ZoneCopy(zone=ZONE, server=NS1, given=False, at=NOW), ZONE, "pass"),
        (failure("timeout"), ZONE, "pass"),
    ],
)
async def test_zone_transfer(copy: ZoneCopy | Failure, subject: str, expected: str) -> None:
    made = world()
    dns_of(made).copies[NS1] = copy
    assert said(await found(dns_health, made), "zone-transfer", subject) == expected


async def test_a_transfer_is_asked_for_with_permission_only() -> None:
    made = world(permitted=False)
    assert said(await found(dns_health, made), "zone-transfer", ZONE) == "info"
    assert dns_of(made).transfers == []


async def test_transfers_that_cannot_be_asked_for_prove_nothing() -> None:
    made = world()
    dns_of(made).copies = {NS1: failure("timeout"), NS2: failure("unreachable")}
    assert said(await found(dns_health, made), "zone-transfer", ZONE) == "unknown medium"


@pytest.mark.parametrize(
    ("answer", "subject", "expected"),
    [
        (failure("timeout"), "ns1.shop.test", "warn medium"),
        (failure("reset"), "ns1.shop.test", "warn medium"),
        (failure("refused", "REFUSED"), ZONE, "pass"),
        (failure("unreachable"), ZONE, "pass"),
    ],
)
async def test_a_server_must_answer_over_tcp(answer: Failure, subject: str, expected: str) -> None:
    made = world()
    dns_of(made).deaf[NS1] = answer
    assert said(await found(dns_health, made), "no-tcp", subject) == expected


async def test_a_server_that_answers_nothing_is_not_deaf_over_tcp() -> None:
    made = world()
    made.dns.at[NS1, ZONE, "SOA"] = failure("timeout")
    dns_of(made).deaf[NS1] = failure("timeout")
    assert said(await found(dns_health, made), "no-tcp", "ns1.shop.test") == "absent"


async def test_a_wildcard_is_a_fact() -> None:
    made = world()
    dns_of(made).anything = ("203.0.113.10",)
    assert said(await found(dns_health, made), "wildcard", ZONE) == "info"


async def test_an_alias_below_the_top_is_fine() -> None:
    made = world()
    made.dns.at[NS1, "www.shop.test", "CNAME"] = ("shop.platform.example",)
    assert said(await found(dns_health, made), "apex-alias", ZONE) == "absent"


async def test_an_alias_at_the_top() -> None:
    made = world()
    made.dns.at[NS1, ZONE, "CNAME"] = ("shop.platform.example",)
    assert said(await found(dns_health, made), "apex-alias", ZONE) == "fail high"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("unsigned", "info"),
        ("no-ds", "info"),
        ("unread", "info"),
        ("valid", "pass"),
        ("no-key", "fail blocker"),
        ("mismatch", "fail blocker"),
        ("bad-signature", "fail blocker"),
        ("expired", "fail blocker"),
    ],
)
async def test_dnssec(state: Any, expected: str) -> None:
    made = world()
    dns_of(made).signed = Signing(zone=ZONE, state=state, ds=("1 13 2 aa",), at=NOW)
    assert said(await found(dns_health, made), "dnssec", ZONE) == expected


async def test_signatures_that_could_not_be_asked_for() -> None:
    made = world()
    dns_of(made).signed = failure("servfail")
    assert said(await found(dns_health, made), "dnssec", ZONE) == "unknown high"


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        (('0 issue "letsencrypt.org"',), "pass"),
        (('0 issue "letsencrypt.org; validationmethods=dns-01"',), "pass"),
        (('0 issue "digicert.com"',), "fail high"),
        (('0 issue "digicert.com"', '0 issue "letsencrypt.org"'), "pass"),
        (('0 issue ";"',), "fail high"),
        (('0 issue ";"', '0 issue "letsencrypt.org"'), "pass"),
        (('0 iodef "mailto:a@shop.test"',), "pass"),
        (('0 issue "letsencrypt.org"', '128 newthing "x"'), "fail high"),
        (('0 issue "letsencrypt.org"', '0 newthing "x"'), "pass"),
        (('0 issue "letsencrypt.org"', '0 issuewild ";"'), "pass"),
    ],
)
async def test_caa(records: tuple[str, ...], expected: str) -> None:
    made = world()
    made.dns.set(ZONE, "CAA", *records)
    assert said(await found(dns_health, made), "caa", ZONE) == expected


async def test_a_wildcard_certificate_needs_issuewild() -> None:
    made = world()
    made.dns.set(ZONE, "CAA", '0 issue "letsencrypt.org"', '0 issuewild ";"')
    made.tls.sights["api.shop.test"] = sight("api.shop.test", certificate("*.shop.test", issuer=LE))
    assert said(await found(dns_health, made), "caa", ZONE) == "fail high"


async def test_the_nearest_caa_records_count() -> None:
    made = world()
    made.dns.set("api.shop.test", "CAA", '0 issue "sectigo.com"')
    findings = await found(dns_health, made)
    assert (said(findings, "caa", ZONE), said(findings, "caa", "api.shop.test")) == ("pass", "fail high")


async def test_no_caa_and_caa_that_cannot_be_asked_for() -> None:
    made = world()
    del made.dns.table[ZONE, "CAA"]
    findings = await found(dns_health, made)
    assert said(findings, "caa-none", ZONE) == "info"
    told = findings["caa-none", ZONE].remedy
    assert told is not None and told.paste == f'{ZONE}. 3600 IN CAA 0 issue "letsencrypt.org"', "the authority in use"
    made.dns.fail(ZONE, "CAA")
    assert said(await found(dns_health, made), "caa", ZONE) == "unknown high"


async def test_an_unknown_authority_is_not_judged() -> None:
    made = world()
    for host in (ZONE, "api.shop.test"):
        made.tls.sights[host] = sight(host, certificate(host, issuer="CN=Corner Shop CA"))
    made.dns.set(ZONE, "CAA", '0 issue "digicert.com"')
    assert said(await found(dns_health, made), "caa", ZONE) == "pass"


async def test_a_zone_nobody_answers_for_is_unknown() -> None:
    made = world()
    made.dns.fail(ZONE, "NS")
    assert said(await found(dns_health, made), "servers", ZONE) == "unknown high"


def test_caa_that_does_not_read_is_kept_apart() -> None:
    read = caa.read(("nonsense", '0 issue "LetsEncrypt.org."'))
    assert (read.issuers, read.broken) == (("letsencrypt.org",), ("nonsense",))
    assert caa.authority("CN=E5,O=Let's Encrypt,C=US") == ("letsencrypt.org",)
    assert caa.authority("CN=WE1,O=Google Trust Services,C=US") == ("pki.goog",)


@pytest.mark.parametrize(
    ("record", "wrong"),
    [
        ('0 issue ";"', ""),
        ('128 ISSue ";"', ""),
        ('0 issue "ca.example.com"', ""),
        ('0 iodef "https://report.example.com"', ""),
        ('0 iodef "mailto:report@example.com"', ""),
        ('0 contactemail "contact@example.com"', ""),
        ('0 contactphone "+49 30 1234567"', ""),
        ('0 issuemail "authority.example; account=123456"', ""),
        ('0 issue "example.net; accounturi=https://example.net/account/1234; validationmethods=dns-01,ca-own"', ""),
        ('0 futuretag "whatever"', ""),
        ('255 issue ";"', "flags"),
        ('0 issue "%"', "domain"),
        ('0 issue "example.net; nonsense"', "name=value"),
        ('0 issue "example.net; validationmethods=dns-01,custom"', "custom"),
        ('0 iodef "https://"', "mailto:"),
        ('0 iodef "ftp://report.example.com"', "mailto:"),
        ('0 iodef "https://[broken"', "mailto:"),
        ('0 contactemail "nobody"', "mail address"),
        ('0 contactphone "none"', "telephone"),
    ],
)
def test_caa_values(record: str, wrong: str) -> None:
    problems = caa.read((record,)).problems
    assert bool(problems) == bool(wrong)
    assert all(wrong in problem for problem in problems)


@pytest.mark.parametrize("record", ['0 issue "letsencrypt.org; validationmethods=phone"', "nonsense"])
async def test_a_caa_record_with_a_mistake_is_told(record: str) -> None:
    made = world()
    made.dns.set(ZONE, "CAA", '0 issue "letsencrypt.org"', record)
    assert said(await found(dns_health, made), "caa", ZONE) == "warn low"


# -- signatures, made for real ----------------------------------------------------------------------------------------

NAME = dns.name.from_text(ZONE)


def signed(
    *, starts: float = -1, ends: float = 10, tamper: bool = False
) -> tuple[dns.rrset.RRset, list[dns.rrset.RRset], list[dns.rrset.RRset]]:
    """DS, DNSKEY and SOA of a zone with a key of its own: each answer's records with their signature."""
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.generate_private_key(ec.SECP256R1())
    key = dns.dnssec.make_dnskey(private.public_key(), dns.dnssec.Algorithm.ECDSAP256SHA256, flags=257)
    keys = dns.rrset.from_rdata(NAME, 300, key)
    top = dns.rrset.from_text(NAME, 300, "IN", "SOA", "ns1.shop.test. hostmaster.shop.test. 7 7200 900 1209600 300")
    answers = []
    for rrset in (keys, top):
        begin, end = (NOW + timedelta(days=starts)).timestamp(), (NOW + timedelta(days=ends)).timestamp()
        row = dns.dnssec.sign(rrset, private, NAME, key, inception=begin, expiration=end)
        answers.append([rrset, dns.rrset.from_rdata(NAME, 300, row)])
    if tamper:
        answers[1][0] = dns.rrset.from_text(
            NAME, 300, "IN", "SOA", "ns1.shop.test. hostmaster.shop.test. 8 7200 900 1209600 300"
        )
    ds = dns.rrset.from_rdata(NAME, 300, dns.dnssec.make_ds(NAME, key, "SHA256"))
    return ds, answers[0], answers[1]


def heard(*rows: dns.rrset.RRset) -> Heard:
    message = dns.message.make_response(dns.message.make_query(NAME, "SOA"))
    message.answer = list(rows)
    return Heard(message, "198.51.100.53:53", "", False, 1.0)


def test_a_signature_that_holds() -> None:
    ds, keys, top = signed()
    verdict = judge(ZONE, heard(ds), heard(*keys), heard(*top), at=NOW)
    assert (verdict.state, verdict.expires) == ("valid", NOW + timedelta(days=10))
    assert judge(ZONE, heard(), heard(*keys), heard(*top), at=NOW).state == "no-ds"
    assert judge(ZONE, heard(), heard(), heard(top[0]), at=NOW).state == "unsigned"


def test_signatures_that_do_not_hold() -> None:
    ds, keys, top = signed()
    other, _, _ = signed()
    assert judge(ZONE, heard(ds), heard(), heard(top[0]), at=NOW).state == "no-key"
    assert judge(ZONE, heard(other), heard(*keys), heard(*top), at=NOW).state == "mismatch"
    assert judge(ZONE, heard(ds), heard(*keys), heard(top[0]), at=NOW).state == "bad-signature"
    ds, keys, top = signed(tamper=True)
    assert judge(ZONE, heard(ds), heard(*keys), heard(*top), at=NOW).state == "bad-signature"
    ds, keys, top = signed(starts=-20, ends=-1)
    assert judge(ZONE, heard(ds), heard(*keys), heard(*top), at=NOW).state == "expired"


def test_one_of_two_ds_records_is_enough() -> None:
    """A key roll-over: the zone above vouches for the old and the new key."""
    ds, keys, top = signed()
    other, _, _ = signed()
    both = dns.rrset.from_rdata_list(NAME, 300, [*other, *ds])
    assert judge(ZONE, heard(both), heard(*keys), heard(*top), at=NOW).state == "valid"
