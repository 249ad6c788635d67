"""edge.certificates: dates, names, trust, quality and protocol versions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fake_outside import NOW, FakeWorld, certificate, failure, found, launch, said, sight

from launchready_tui.checks.edge.certificates import certificates, covers
from launchready_tui.facts import CertificateSeen
from launchready_tui.launch.model import Host
from launchready_tui.world.sights import Certificate

HOST = "shop.test"


def perfect(**fields: object) -> FakeWorld:
    hosts = (
        Host(name=HOST, role="web"),
        Host(name="api.shop.test", role="api"),
        Host(name="staging.shop.test", role="staging", environment="staging"),
    )
    world = FakeWorld(launch(**({"hosts": (*hosts, Host(name="mail.shop.test", role="mail"))} | fields)))
    for host in (HOST, "www.shop.test", "api.shop.test", "staging.shop.test"):
        world.tls.sights[host] = sight(host)
    return world


async def test_a_perfect_site_gives_no_warning() -> None:
    findings = await found(certificates, perfect())
    assert [name for name, finding in findings.items() if finding.state.value != "pass"] == []
    assert said(findings, "expiring", "www.shop.test") == said(findings, "old-protocol", HOST) == "pass"
    assert not any(subject == "mail.shop.test" for _, subject in findings)


@pytest.mark.parametrize(
    ("days", "age", "rule", "expected"),
    [
        (90, 90.1, "expired", "fail blocker"),
        (90, 83.9, "expiring", "fail blocker"),
        (90, 82, "expiring", "warn high"),
        (90, 68, "expiring", "warn high"),
        (90, 67, "expiring", "pass"),
        (6, 3, "expiring", "pass"),
        (6, 5, "expiring", "warn high"),
        (6, 5.5, "expiring", "fail blocker"),
        (398, 365, "expiring", "pass"),
        (398, 369, "expiring", "warn high"),
        (90, -1, "not-yet-valid", "fail blocker"),
        (90, 20, "not-yet-valid", "absent"),
        (90, 20, "expired", "absent"),
    ],
)
async def test_dates_by_the_certificates_own_lifetime(days: float, age: float, rule: str, expected: str) -> None:
    world = perfect()
    world.tls.sights[HOST] = sight(HOST, certificate(HOST, days=days, age=age))
    assert said(await found(certificates, world), rule, HOST) == expected


async def test_dates_go_by_the_worlds_clock_not_the_handshake() -> None:
    world = perfect()
    world.clock.at = NOW + timedelta(days=80)
    assert said(await found(certificates, world), "expired", HOST) == "fail blocker"
    world = perfect()
    leaf = certificate(HOST)
    world.tls.sights[HOST] = sight(HOST, leaf, verify_code=10, blamed=leaf)
    findings = await found(certificates, world)
    assert said(findings, "expired", HOST) == said(findings, "untrusted", HOST) == "absent"


@pytest.mark.parametrize(
    ("code", "middle", "rule", "words"),
    [
        (10, certificate("Test CA", days=900, age=903), "expired", "CN=Test CA, which expired on 2026-11-21"),
        (
            9,
            certificate("Test CA", days=900, age=-2),
            "not-yet-valid",
            "CN=Test CA, which is not valid before 2026-11-26",
        ),
    ],
)
async def test_an_intermediate_out_of_its_dates_never_passes_and_is_named_with_its_date(
    code: int, middle: Certificate, rule: str, words: str
) -> None:
    world = perfect()
    world.tls.sights[HOST] = sight(HOST, verify_code=code, chain=(middle,), blamed=middle)
    findings = await found(certificates, world)
    assert said(findings, rule, HOST) == "fail blocker" and words in findings[rule, HOST].summary
    assert said(findings, "expiring", HOST) == "absent"
    # The same certificate beside a chain that verifies is an old cross-signature, and nobody's business.
    world.tls.sights[HOST] = sight(HOST, chain=(middle,))
    findings = await found(certificates, world)
    assert said(findings, rule, HOST) == "absent" and said(findings, "expiring", HOST) == "pass"


@pytest.mark.parametrize("code", [2, 7, 9, 10, 18, 19, 20, 21, 22, 24, 25, 26, 28, 47, 62, 66, 67, 68, 79, -1])
async def test_no_chain_that_does_not_verify_passes(code: int) -> None:
    world = perfect()
    world.tls.sights[HOST] = sight(HOST, verify_code=code, verify_message="something is wrong with it")
    findings = await found(certificates, world)
    assert said(findings, "expiring", HOST) == "absent"
    assert [row for (_, subject), row in findings.items() if subject == HOST and row.state.value == "fail"]


async def test_an_unknown_rule_of_the_chain_is_told_in_the_librarys_words() -> None:
    world = perfect()
    world.tls.sights[HOST] = sight(HOST, verify_code=24, verify_message="invalid CA certificate")
    assert "does not verify: invalid CA certificate" in (await found(certificates, world))["untrusted", HOST].summary
    small = certificate("Test CA", key="rsa", key_bits=1024)
    world.tls.sights[HOST] = sight(HOST, verify_code=67, chain=(small,))
    assert "CN=Test CA, whose key has 1024 bits" in (await found(certificates, world))["key", HOST].summary


STAGED = "CN=(STAGING) Riddling Rhubarb R12,O=Let's Encrypt,C=US"


async def test_a_staging_certificate_left_in_production_is_a_blocker_that_names_staging() -> None:
    world = perfect()
    leaf = certificate(HOST, issuer=STAGED)
    world.tls.sights[HOST] = sight(HOST, leaf, verify_code=20)
    finding = (await found(certificates, world))["untrusted", HOST]
    assert finding.state.value == "fail" and finding.severity.value == "blocker"
    assert "(STAGING) Riddling Rhubarb R12" in finding.summary and finding.remedy
    assert "--server https://acme-v02.api.letsencrypt.org/directory" in finding.remedy.paste
    assert said(await found(certificates, world), "chain", HOST) == "absent"


@pytest.mark.parametrize(
    ("fields", "rule", "expected"),
    [
        ({"missing": (certificate("Test CA"),)}, "chain", "fail high"),
        ({}, "untrusted", "fail blocker"),
        ({"unfetched": "no answer"}, "untrusted", "fail blocker"),
    ],
)
async def test_a_missing_intermediate_is_one_that_was_fetched_and_leads_to_a_root(
    fields: dict[str, object], rule: str, expected: str
) -> None:
    world = perfect()
    world.tls.sights[HOST] = sight(HOST, verify_code=20, **fields)
    findings = await found(certificates, world)
    assert said(findings, rule, HOST) == expected
    assert said(findings, "untrusted" if rule == "chain" else "chain", HOST) == "absent"
    assert "CN=Test CA" in findings[rule, HOST].summary


async def test_an_intermediate_of_a_known_authority_that_could_not_be_fetched_is_still_missing() -> None:
    world = perfect()
    leaf = certificate(HOST, issuer="CN=R12,O=Let's Encrypt,C=US")
    world.tls.sights[HOST] = sight(HOST, leaf, verify_code=20, unfetched="no answer within 10 s")
    findings = await found(certificates, world)
    assert said(findings, "chain", HOST) == "fail high" and "no answer" in findings["chain", HOST].summary


@pytest.mark.parametrize(
    ("usages", "expected"),
    [
        (("clientAuth",), "fail blocker"),
        (("1.3.6.1.5.5.7.3.4",), "fail blocker"),
        (("serverAuth", "clientAuth"), "absent"),
        (("anyExtendedKeyUsage",), "absent"),
        ((), "absent"),
    ],
)
async def test_a_certificate_for_clients_on_a_server_says_so(usages: tuple[str, ...], expected: str) -> None:
    world = perfect()
    leaf = certificate(HOST, usages=usages)
    world.tls.sights[HOST] = sight(HOST, leaf, verify_code=26 if expected != "absent" else 0)
    findings = await found(certificates, world)
    assert said(findings, "purpose", HOST) == expected
    assert said(findings, "untrusted", HOST) == "absent"


NONE = {"forward": "refused", "cbc": "refused", "static": "refused", "dhe": "refused"}


@pytest.mark.parametrize(
    ("cipher", "alpn", "kinds", "expected"),
    [
        ("DHE-RSA-AES128-GCM-SHA256", "", {"dhe": "accepted"}, "fail blocker"),
        ("DHE-RSA-AES128-GCM-SHA256", "", {"forward": "accepted"}, "pass"),
        ("DHE-RSA-AES128-GCM-SHA256", "", {"dhe": "accepted", "cbc": "could-not-test"}, "absent"),
        ("AES128-GCM-SHA256", "", {"static": "accepted"}, "fail high"),
        ("AES128-GCM-SHA256", "h2", {"static": "accepted"}, "fail blocker"),
        ("ECDHE-RSA-AES128-SHA", "", {"cbc": "accepted", "static": "accepted"}, "warn medium"),
        ("ECDHE-RSA-AES128-SHA", "h2", {"cbc": "accepted"}, "fail blocker"),
        ("ECDHE-RSA-AES256-SHA384", "", {}, "fail blocker"),
        ("ECDHE-RSA-AES128-GCM-SHA256", "h2", {"dhe": "accepted"}, "absent"),
    ],
)
async def test_only_dhe_only_static_rsa_and_only_cbc_are_judged(
    cipher: str, alpn: str, kinds: dict[str, str], expected: str
) -> None:
    world = perfect()
    world.tls.sights[HOST] = sight(HOST, version="TLSv1.2", cipher=cipher, alpn=alpn)
    world.tls.kinds[HOST] = NONE | kinds  # type: ignore[assignment]
    assert said(await found(certificates, world), "cipher", HOST) == expected


async def test_a_server_of_tls_1_3_is_not_asked_for_older_ciphers() -> None:
    world = perfect()
    world.tls.kinds[HOST] = NONE | {"dhe": "accepted"}  # type: ignore[assignment]
    assert said(await found(certificates, world), "cipher", HOST) == "absent"


@pytest.mark.parametrize(("small", "expected"), [(True, "warn medium"), (False, "absent"), (None, "absent")])
async def test_a_diffie_hellman_group_below_2048_bits_is_weak(small: bool | None, expected: str) -> None:
    world = perfect()
    world.tls.small[HOST] = small
    assert said(await found(certificates, world), "group", HOST) == expected
    world.permitted = False
    assert said(await found(certificates, world), "group", HOST) == "absent"


@pytest.mark.parametrize(
    ("leaf", "code", "rule", "expected"),
    [
        (certificate("other.test"), 62, "name", "fail blocker"),
        (certificate("other.test"), 62, "untrusted", "absent"),
        (certificate("*.shop.test"), 62, "name", "fail blocker"),
        (certificate("*.test", HOST), 0, "name", "absent"),
        (certificate(HOST), 21, "untrusted", "fail blocker"),
        (certificate(HOST, ca_issuers=()), 20, "chain", "absent"),
        (certificate(HOST, ca_issuers=()), 20, "untrusted", "fail blocker"),
        (certificate(HOST, self_signed=True), 18, "untrusted", "fail blocker"),
        (certificate(HOST), 19, "untrusted", "fail blocker"),
        (certificate(HOST), 0, "untrusted", "absent"),
        (certificate(HOST, days=399), 0, "lifetime", "fail blocker"),
        (certificate(HOST, days=398, age=300), 0, "lifetime", "absent"),
        (certificate(HOST, days=398, age=100), 0, "lifetime", "warn low"),
        (certificate(HOST, days=200), 0, "lifetime", "absent"),
        (certificate(HOST, key="rsa", key_bits=1024), 0, "key", "fail blocker"),
        (certificate(HOST, key="rsa", key_bits=1024), 66, "untrusted", "absent"),
        (certificate(HOST, key="rsa", key_bits=2048), 66, "untrusted", "fail blocker"),
        (certificate(HOST, signature_hash="sha1"), 68, "untrusted", "absent"),
        (certificate(HOST), 68, "untrusted", "fail blocker"),
        (certificate(HOST, key="rsa", key_bits=2048), 0, "key", "absent"),
        (certificate(HOST, key="rsa", key_bits=8192), 0, "key", "warn low"),
        (certificate(HOST, key="ec", key_bits=384), 0, "key", "absent"),
        (certificate(HOST, key="ed25519", key_bits=256), 0, "key", "warn low"),
        (certificate(HOST, signature_hash="sha1"), 0, "signature", "fail blocker"),
        (certificate(HOST, signature_hash="sha384"), 0, "signature", "absent"),
    ],
)
async def test_names_trust_and_quality(leaf: object, code: int, rule: str, expected: str) -> None:
    world = perfect()
    world.tls.sights[HOST] = sight(HOST, leaf, verify_code=code)  # type: ignore[arg-type]
    assert said(await found(certificates, world), rule, HOST) == expected


async def test_the_certificate_is_there_as_data() -> None:
    world = perfect()
    leaf = certificate(HOST, "www.shop.test", issuer="CN=R11,O=Let's Encrypt,C=US")
    world.tls.sights[HOST] = sight(HOST, leaf, version="TLSv1.2")
    finding = (await found(certificates, world))["expiring", HOST]
    assert finding.fact(CertificateSeen) == CertificateSeen(
        host=HOST,
        protocol="TLS 1.2",
        issuer="CN=R11,O=Let's Encrypt,C=US",
        subject=f"CN={HOST}",
        names=(HOST, "www.shop.test"),
        not_before=NOW - timedelta(days=20),
        not_after=NOW + timedelta(days=70),
    )


async def test_an_incomplete_chain_of_an_api_stops_the_launch() -> None:
    world = perfect()
    missing = (certificate("Test CA"),)
    world.tls.sights["api.shop.test"] = sight("api.shop.test", verify_code=20, missing=missing)
    assert said(await found(certificates, world), "chain", "api.shop.test") == "fail blocker"


async def test_a_root_signed_with_sha1_does_not_matter() -> None:
    world = perfect()
    root = certificate("Old Root", signature_hash="sha1", self_signed=True)
    world.tls.sights[HOST] = sight(HOST, chain=(root,))
    assert said(await found(certificates, world), "signature", HOST) == "absent"


async def test_staging_is_judged_milder() -> None:
    world = perfect()
    world.tls.sights["staging.shop.test"] = sight("staging.shop.test", certificate("staging.shop.test", age=91))
    assert said(await found(certificates, world), "expired", "staging.shop.test") == "warn medium"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("refused", "fail blocker"),
        ("tls", "fail blocker"),
        ("timeout", "unknown blocker"),
        ("servfail", "unknown blocker"),
        ("no-such-name", "unknown blocker"),
        ("blocked-address", "unknown blocker"),
    ],
)
async def test_no_answer_is_told_from_no_certificate(kind: str, expected: str) -> None:
    world = perfect()
    world.tls.sights[HOST] = failure(kind)
    assert said(await found(certificates, world), "no-tls", HOST) == expected


async def test_a_host_of_another_kind_need_not_speak_https() -> None:
    world = perfect(hosts=(Host(name="git.shop.test", role="other"), Host(name="origin.shop.test", role="origin")))
    world.tls.sights["git.shop.test"] = failure("refused")
    findings = await found(certificates, world)
    assert said(findings, "no-tls", "git.shop.test") == "info"
    assert not any(subject == "origin.shop.test" for _, subject in findings)
    world.tls.sights["git.shop.test"] = sight("git.shop.test", certificate("other.test"), verify_code=62)
    assert said(await found(certificates, world), "name", "git.shop.test") == "fail blocker"


async def test_a_www_that_nobody_declared_may_be_absent() -> None:
    world = perfect()
    world.tls.sights["www.shop.test"] = failure("no-such-name")
    assert not any(subject == "www.shop.test" for _, subject in await found(certificates, world))


@pytest.mark.parametrize(
    ("versions", "rule", "expected"),
    [
        (
            {"TLSv1": "accepted", "TLSv1.1": "refused", "TLSv1.2": "accepted", "TLSv1.3": "accepted"},
            "old-protocol",
            "warn medium",
        ),
        (
            {"TLSv1": "could-not-test", "TLSv1.1": "could-not-test", "TLSv1.2": "accepted", "TLSv1.3": "accepted"},
            "old-protocol",
            "info",
        ),
        (
            {"TLSv1": "refused", "TLSv1.1": "refused", "TLSv1.2": "accepted", "TLSv1.3": "accepted"},
            "old-protocol",
            "pass",
        ),
        (
            {"TLSv1": "refused", "TLSv1.1": "refused", "TLSv1.2": "accepted", "TLSv1.3": "refused"},
            "no-modern-protocol",
            "warn low",
        ),
        (
            {"TLSv1": "refused", "TLSv1.1": "refused", "TLSv1.2": "accepted", "TLSv1.3": "could-not-test"},
            "no-modern-protocol",
            "absent",
        ),
        (
            {"TLSv1": "refused", "TLSv1.1": "refused", "TLSv1.2": "refused", "TLSv1.3": "accepted"},
            "no-modern-protocol",
            "info",
        ),
    ],
)
async def test_versions(versions: dict[str, str], rule: str, expected: str) -> None:
    world = perfect()
    world.tls.answers[HOST] = versions  # type: ignore[assignment]
    assert said(await found(certificates, world), rule, HOST) == expected


async def test_a_server_of_old_versions_only() -> None:
    world = perfect()
    world.tls.sights[HOST] = failure("tls", "unsupported protocol")
    world.tls.answers[HOST] = {"TLSv1": "accepted", "TLSv1.1": "refused", "TLSv1.2": "refused", "TLSv1.3": "refused"}
    findings = await found(certificates, world)
    assert said(findings, "no-modern-protocol", HOST) == "fail blocker"
    assert said(findings, "no-tls", HOST) == "absent"


async def test_versions_need_permission() -> None:
    world = perfect()
    world.permitted = False
    findings = await found(certificates, world)
    assert said(findings, "old-protocol", HOST) == "info"
    assert said(findings, "expiring", HOST) == "pass"
    assert said(findings, "old-protocol", "www.shop.test") == "absent"


@pytest.mark.parametrize(
    ("names", "host", "expected"),
    [
        (("*.shop.test",), "a.shop.test", True),
        (("*.shop.test",), "shop.test", False),
        (("*.shop.test",), "a.b.shop.test", False),
        (("SHOP.test.",), "shop.test", True),
        ((), "shop.test", False),
    ],
)
def test_a_wildcard_stands_for_one_label(names: tuple[str, ...], host: str, expected: bool) -> None:
    assert covers(names, host) is expected
