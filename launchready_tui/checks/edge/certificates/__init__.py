"""edge.certificates: valid, complete, matching, renewed in time, modern protocol."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from ....clock import span
from ....facts import CertificateSeen
from ....failure import Failure
from ....findings import Evidence, Finding, Severity, State
from ....world.sights import Certificate, TlsSight, VersionAnswer
from ...base import Say, check
from ...parse import caa
from ...seen import ABSENT, CLOSED, PROVEN
from ..roots import root_hosts
from .ciphers import judge_ciphers, judge_group, to_try
from .handshake import (
    judge_alpn,
    judge_http3,
    judge_names,
    judge_resumption,
    judge_sent_chain,
    judge_stapling,
    judge_transparency,
)
from .platform import fitted

if TYPE_CHECKING:
    from ....launch.model import Launch, Role
    from ....world import World

_ROLES: tuple[Role, ...] = ("web", "app", "api", "admin", "status", "staging", "other")
_EXPIRED, _NOT_YET, _SELF_SIGNED, _ISSUER_UNKNOWN, _NAME = 10, 9, (18,), (2, 19, 20, 21), (62, 64)
_PURPOSE = 26
_WEAK_KEY, _WEAK_AUTHORITY, _WEAK_SIGNATURE = 66, 67, 68
"""What a TLS library refuses although it knows the issuer: X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL,
X509_V_ERR_CA_MD_TOO_WEAK."""
_STAGING = re.compile(r"\(STAGING\)|\bFake LE\b")
"""How Let's Encrypt names the authorities of its staging environment, today's and those before 2021."""
# CA/Browser Forum ballot SC-081v3: at most 200 days for certificates issued from this day; 398 before.
_SHORTER_FROM = datetime(2026, 3, 15, tzinfo=UTC)
_OLD = {"TLSv1": "TLS 1.0", "TLSv1.1": "TLS 1.1"}
_DAY = timedelta(days=1)


@check("edge.certificates")
async def certificates(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """One look at every host that browsers and apps open, and one handshake a protocol version where it is
    permitted."""
    say = Say("edge.certificates", world.clock.now())
    declared = [host.name for host in launch.hosts_of(*_ROLES)]
    hosts = list(dict.fromkeys((*root_hosts(launch), *declared)))
    asked = [host for host in hosts if world.may_intrude(host)]
    sights, versions, resumed, groups, pages, records = await asyncio.gather(
        asyncio.gather(*(world.tls.look(host) for host in hosts)),
        asyncio.gather(*(world.tls.versions(host) for host in asked)),
        asyncio.gather(*(world.tls.resumes(host) for host in asked)),
        asyncio.gather(*(world.tls.small_group(host) for host in asked)),
        asyncio.gather(*(world.web.get(f"https://{host}/") for host in hosts)),
        asyncio.gather(*(world.dns.ask(host, "HTTPS") for host in hosts)),
    )
    offers = dict(zip(hosts, zip(pages, records, strict=True), strict=True))
    accepted: dict[str, dict[str, VersionAnswer]] = dict(zip(asked, versions, strict=True))
    again, small = dict(zip(asked, resumed, strict=True)), dict(zip(asked, groups, strict=True))
    narrow = [host for host, sight in zip(hosts, sights, strict=True) if to_try(sight)]
    kinds = dict(zip(narrow, await asyncio.gather(*(world.tls.ciphers(host) for host in narrow)), strict=True))
    now = world.clock.now()
    for host, sight in zip(hosts, sights, strict=True):
        known = launch.host(host)
        milder = known is not None and known.environment != "production"
        if (
            isinstance(sight, Failure)
            and sight.kind in ABSENT
            and host not in declared
            and host != launch.canonical_host
        ):
            continue
        found = judge_look(say, host, sight, accepted.get(host), now, role=known.role if known else "web")
        if isinstance(sight, TlsSight):
            found += judge_ciphers(say, sight, kinds.get(host)) + judge_group(say, sight, small.get(host))
            found += judge_names(say, sight, launch.domain) + judge_resumption(say, host, again.get(host), sight.via)
            found += judge_http3(say, host, *offers[host])
        found = await fitted(say, world, host, found)
        for finding in found:
            yield _mild(finding) if milder else finding
    if len(asked) < len(hosts):
        yield say.no_permission("old-protocol", launch.domain, domain=launch.domain)


def judge_look(
    say: Say,
    host: str,
    sight: TlsSight | Failure,
    versions: dict[str, VersionAnswer] | None,
    now: datetime,
    *,
    role: str = "web",
) -> list[Finding]:
    """One host: its certificate and, where they were tried, its protocol versions."""
    if not isinstance(sight, Failure):
        return [
            *judge_certificate(say, sight, now, api=role == "api"),
            *_judge_versions(say, host, sight, versions),
            *([judge_alpn(say, sight)] if role in ("web", "app", "api") else []),
            *judge_transparency(say, sight),
            *judge_stapling(say, sight),
            *judge_sent_chain(say, sight),
        ]
    if role == "other" and sight.kind in CLOSED:
        return [say.info("no-tls", host, evidence=[_failed(host, sight)])]
    return [_no_sight(say, host, sight, versions or {})]


def _mild(finding: Finding) -> Finding:
    """A host that no customer meets: what stops a launch elsewhere is a warning there."""
    import msgspec

    if finding.state is State.FAIL:
        return msgspec.structs.replace(finding, state=State.WARN, severity=Severity.MEDIUM)
    if finding.state is State.WARN:
        return msgspec.structs.replace(finding, severity=Severity.LOW)
    return finding


def _failed(host: str, failure: Failure) -> Evidence:
    return Evidence.of("handshake", str(failure), source=f"{host}:443")


def _no_sight(say: Say, host: str, failure: Failure, versions: dict[str, VersionAnswer]) -> Finding:
    old = tuple(shown for name, shown in _OLD.items() if versions.get(name) == "accepted")
    modern = [versions.get(name) for name in ("TLSv1.2", "TLSv1.3")]
    evidence = [_failed(host, failure)]
    if old and modern == ["refused", "refused"]:
        evidence.append(_version_evidence(host, versions))
        return say.fail("no-modern-protocol", host, "only-old", versions=old, evidence=evidence)
    if failure.kind not in PROVEN or failure.kind in ABSENT:
        return say.unknown("no-tls", host, failure=failure)
    return say.fail("no-tls", host, cause=failure.words, evidence=evidence)


def covers(names: tuple[str, ...], host: str) -> bool:
    """RFC 9525 section 6.3: a wildcard stands for exactly one leftmost label."""
    host = host.lower().rstrip(".")
    tail = host.partition(".")[2]
    return any(
        name.lower().rstrip(".") == host or (name.startswith("*.") and name[2:].lower().rstrip(".") == tail)
        for name in names
    )


def _certificate_evidence(sight: TlsSight) -> list[Evidence]:
    leaf = sight.leaf
    protocol = sight.version.replace("v", " ")
    lines = [
        f"subject  {leaf.subject}",
        f"names  {', '.join(leaf.names)}",
        f"issuer  {leaf.issuer}",
        f"valid  {leaf.not_before:%Y-%m-%d %H:%M} to {leaf.not_after:%Y-%m-%d %H:%M} UTC",
        f"spoken  {protocol}",
        f"key  {leaf.key} {leaf.key_bits}, signed with {leaf.signature_hash}",
        f"chain  {len(sight.chain)} certificate" + ("s" if len(sight.chain) != 1 else "") + " sent",
    ]
    if not sight.verified:
        above = [("above", one) for one in sight.path[1:]] + [("not sent", one) for one in sight.missing]
        lines += [f"{word}  {one.subject}, by {one.issuer}, to {one.not_after:%Y-%m-%d}" for word, one in above]
        lines.append(f"verify  {sight.verify_code} {sight.verify_message}")
    fact = CertificateSeen(
        host=sight.host,
        protocol=protocol,
        issuer=leaf.issuer,
        subject=leaf.subject,
        names=leaf.names,
        not_before=leaf.not_before,
        not_after=leaf.not_after,
    )
    source = f"{sight.host}:{sight.port} at {sight.address}"
    return [Evidence.of("certificate", "\n".join(lines), source=source, at=sight.at, fact=fact)]


def judge_certificate(say: Say, sight: TlsSight, now: datetime, *, api: bool = False) -> list[Finding]:
    """Everything one certificate shows. Expiry goes by `now`, trust by the handshake (an extra CA file counts as
    trusted)."""
    host, leaf, via = sight.host, sight.leaf, sight.via
    evidence = _certificate_evidence(sight)
    life, left = leaf.not_after - leaf.not_before, leaf.not_after - now
    until = span(left.total_seconds())
    findings = _trust(say, sight, evidence, now, api=api)
    if left <= timedelta(0):
        ago = span(-left.total_seconds())
        findings.append(say.fail("expired", host, ago=ago, evidence=evidence, via=via))
    elif leaf.not_before > now:
        findings.append(say.fail("not-yet-valid", host, day=f"{leaf.not_before:%Y-%m-%d}", evidence=evidence, via=via))
    elif left < min(7 * _DAY, life / 10):
        findings.append(say.fail("expiring", host, left=until, evidence=evidence, via=via))
    elif left < min(30 * _DAY, life / 4):
        findings.append(say.warn("expiring", host, left=until, evidence=evidence, via=via))
    elif not findings:
        findings.append(say.passed("expiring", host, left=until, evidence=evidence, via=via))
    return findings + _quality(say, sight, evidence)


def _trust(say: Say, sight: TlsSight, evidence: list[Evidence], now: datetime, *, api: bool) -> list[Finding]:
    """Whose certificate it is, what for, and who vouches for it. Whatever does not verify is told, by the rule it
    breaks; what lies in the leaf's own dates, key or signature is told with those."""
    host, leaf, code, via = sight.host, sight.leaf, sight.verify_code, sight.via
    findings: list[Finding] = []
    if code in _NAME or not covers(leaf.names, host):
        names = leaf.names[:3] or (leaf.subject,)
        findings.append(say.fail("name", host, names=names, evidence=evidence, via=via))
    if leaf.usages and not {"serverAuth", "anyExtendedKeyUsage"} & set(leaf.usages):
        findings.append(say.fail("purpose", host, uses=leaf.usages, evidence=evidence, via=via))
    if sight.verified or code in _NAME or (code == _PURPOSE and findings):
        return findings
    if code in (_EXPIRED, _NOT_YET) and (one := sight.blamed) is not None:
        if one == leaf or one.not_before <= now < one.not_after:
            return findings
        rule, day = ("expired", one.not_after) if one.not_after <= now else ("not-yet-valid", one.not_before)
        if leaf.not_before <= now < leaf.not_after:
            findings.append(
                say.fail(
                    rule, host, "above", certificate=one.subject, day=f"{day:%Y-%m-%d}", evidence=evidence, via=via
                )
            )
        return findings
    if (code == _WEAK_KEY and _key_problem(leaf) == "short") or (code == _WEAK_SIGNATURE and _weakly_signed(sight)):
        return findings
    return [*findings, _untrusted(say, sight, evidence, api=api)]


def _untrusted(say: Say, sight: TlsSight, evidence: list[Evidence], *, api: bool) -> Finding:
    """A chain that leads to no root that browsers trust, and why."""
    host, leaf, code, via = sight.host, sight.leaf, sight.verify_code, sight.via
    staging = next((one.issuer for one in sight.chain if _STAGING.search(one.issuer)), "")
    if staging:
        return say.fail("untrusted", host, "staging", issuer=staging, evidence=evidence, via=via)
    severity = Severity.BLOCKER if api else Severity.HIGH
    if sight.missing:
        missing = sight.missing[0].subject
        return say.fail("chain", host, missing=missing, severity=severity, evidence=evidence, via=via)
    issuer = sight.path[-1].issuer
    if sight.unfetched and caa.authority(issuer):
        cause = sight.unfetched
        return say.fail(
            "chain", host, "unfetched", issuer=issuer, cause=cause, severity=severity, evidence=evidence, via=via
        )
    if leaf.self_signed or code in _SELF_SIGNED:
        return say.fail("untrusted", host, "self-signed", evidence=evidence, via=via)
    if code in _ISSUER_UNKNOWN:
        return say.fail("untrusted", host, issuer=issuer, evidence=evidence, via=via)
    short = next((one for one in sight.path[1:] if one.key == "rsa" and one.key_bits < 2048), None)
    if code == _WEAK_AUTHORITY and short is not None:
        return say.fail(
            "key", host, "authority", certificate=short.subject, bits=short.key_bits, evidence=evidence, via=via
        )
    return say.fail("untrusted", host, "broken", cause=sight.verify_message or str(code), evidence=evidence, via=via)


def _quality(say: Say, sight: TlsSight, evidence: list[Evidence]) -> list[Finding]:
    """Lifetime, key and signature."""
    host, leaf, via = sight.host, sight.leaf, sight.via
    findings = []
    life = leaf.not_after - leaf.not_before
    if life > 398 * _DAY + timedelta(seconds=1):
        findings.append(say.fail("lifetime", host, days=life.days, evidence=evidence, via=via))
    elif life > 200 * _DAY + timedelta(seconds=1) and leaf.not_before >= _SHORTER_FROM:
        findings.append(say.warn("lifetime", host, days=life.days, evidence=evidence, via=via))
    if problem := _key_problem(leaf):
        voice = say.fail if problem == "short" else say.warn
        findings.append(voice("key", host, problem, bits=leaf.key_bits, evidence=evidence, via=via))
    weak = _weakly_signed(sight)
    if weak is not None:
        shown = [*evidence, Evidence.of("weak", weak.subject)]
        findings.append(say.fail("signature", host, hash=weak.signature_hash, evidence=shown, via=via))
    return findings


def _weakly_signed(sight: TlsSight) -> Certificate | None:
    """The first certificate of the chain with a signature that browsers refuse. A root's own signature is read by
    nobody."""
    return next(
        (
            one
            for one in sight.chain
            if not one.self_signed and one.signature_hash.lower().replace("-", "") in ("sha1", "md5", "md2")
        ),
        None,
    )


KeyProblem = Literal["", "short", "long", "curve", "ed25519", "other"]


def _key_problem(leaf: Certificate) -> KeyProblem:
    """What is wrong with the key; browsers refuse a short one. CA/B Baseline Requirements section 6.1.5."""
    match leaf.key:
        case "rsa" if leaf.key_bits < 2048:
            return "short"
        case "rsa" if leaf.key_bits > 4096:
            return "long"
        case "ec" if leaf.key_bits not in (256, 384):
            return "curve"
        case "ed25519" | "other":
            return leaf.key
    return ""


def _version_evidence(host: str, versions: dict[str, VersionAnswer]) -> Evidence:
    return Evidence.of(
        "versions", "\n".join(f"{name}  {answer}" for name, answer in versions.items()), source=f"{host}:443"
    )


def _judge_versions(say: Say, host: str, sight: TlsSight, versions: dict[str, VersionAnswer] | None) -> list[Finding]:
    """Protocol versions: what is accepted is a fact, what could not be tested from here is none."""
    if versions is None:
        return []
    evidence, via = [_version_evidence(host, versions)], sight.via
    findings = []
    old = tuple(shown for name, shown in _OLD.items() if versions.get(name) == "accepted")
    if old:
        findings.append(say.warn("old-protocol", host, versions=old, evidence=evidence, via=via))
    elif any(versions.get(name) == "could-not-test" for name in _OLD):
        findings.append(say.info("old-protocol", host, evidence=evidence, via=via))
    else:
        findings.append(say.passed("old-protocol", host, evidence=evidence, via=via))
    two, three = versions.get("TLSv1.2"), versions.get("TLSv1.3")
    if two == "refused" and three == "refused" and sight.version not in ("TLSv1.2", "TLSv1.3"):
        findings.append(say.fail("no-modern-protocol", host, evidence=evidence, via=via))
    elif three == "refused":
        findings.append(say.warn("no-modern-protocol", host, evidence=evidence, via=via))
    elif two == "refused":
        findings.append(say.info("no-modern-protocol", host, evidence=evidence, via=via))
    return findings
