"""edge.certificates: valid, complete, matching, renewed in time, modern protocol."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ....clock import span
from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity, State
from ....world.sights import Certificate, TlsSight, VersionAnswer
from ...base import Say, check
from ...seen import ABSENT, CLOSED, PROVEN
from ..roots import root_hosts
from .handshake import (
    judge_alpn,
    judge_http3,
    judge_names,
    judge_resumption,
    judge_sent_chain,
    judge_stapling,
    judge_transparency,
)

if TYPE_CHECKING:
    from ....launch.model import Launch, Role
    from ....world import World

_ROLES: tuple[Role, ...] = ("web", "app", "api", "admin", "status", "staging", "other")
_EXPIRED, _NOT_YET, _SELF_SIGNED, _ISSUER_UNKNOWN, _NAME = (10,), (9,), (18, 19), (20, 21), (62, 64)
_WEAK_KEY, _WEAK_SIGNATURE = 66, 68
"""What a TLS library refuses although it knows the issuer: X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_MD_TOO_WEAK."""
# CA/Browser Forum ballot SC-081v3: at most 200 days for certificates issued from this day; 398 before.
_SHORTER_FROM = datetime(2026, 3, 15, tzinfo=UTC)
_OLD = ("TLSv1", "TLSv1.1")
_DAY = timedelta(days=1)


@check("edge.certificates")
async def certificates(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """One look at every host that browsers and apps open, and one handshake a protocol version where it is
    permitted."""
    say = Say("edge.certificates", world.clock.now())
    declared = [host.name for host in launch.hosts_of(*_ROLES)]
    hosts = list(dict.fromkeys((*root_hosts(launch), *declared)))
    asked = [host for host in hosts if world.may_intrude(host)]
    sights, versions, resumed, pages, records = await asyncio.gather(
        asyncio.gather(*(world.tls.look(host) for host in hosts)),
        asyncio.gather(*(world.tls.versions(host) for host in asked)),
        asyncio.gather(*(world.tls.resumes(host) for host in asked)),
        asyncio.gather(*(world.web.get(f"https://{host}/") for host in hosts)),
        asyncio.gather(*(world.dns.ask(host, "HTTPS") for host in hosts)),
    )
    offers = dict(zip(hosts, zip(pages, records, strict=True), strict=True))
    accepted: dict[str, dict[str, VersionAnswer]] = dict(zip(asked, versions, strict=True))
    again = dict(zip(asked, resumed, strict=True))
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
            found += judge_names(say, sight, launch.domain) + judge_resumption(say, host, again.get(host), sight.via)
            found += judge_http3(say, host, *offers[host])
        for finding in found:
            yield _mild(finding) if milder else finding
    if len(asked) < len(hosts):
        yield say.no_permission("old-protocol", launch.domain, "asking for outdated TLS versions", domain=launch.domain)


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
            *judge_versions(say, host, sight, versions),
            *([judge_alpn(say, sight)] if role in ("web", "app", "api") else []),
            *judge_transparency(say, sight),
            *judge_stapling(say, sight),
            *judge_sent_chain(say, sight),
        ]
    if role == "other" and sight.kind in CLOSED:
        return [say.info("no-tls", host, f"{host} does not answer over https", evidence=[_failed(host, sight)])]
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
    old = [name for name in _OLD if versions.get(name) == "accepted"]
    modern = [versions.get(name) for name in ("TLSv1.2", "TLSv1.3")]
    evidence = [_failed(host, failure)]
    if old and modern == ["refused", "refused"]:
        return say.fail(
            "no-modern-protocol",
            host,
            f"{host} speaks only {' and '.join(old)}, which no browser accepts any more",
            severity=Severity.BLOCKER,
            evidence=[*evidence, _version_evidence(host, versions)],
            remedy=_MODERN,
        )
    if failure.kind not in PROVEN or failure.kind in ABSENT:
        return say.unknown(
            "no-tls",
            host,
            f"The certificate of {host} could not be seen: {failure.words}",
            failure=failure,
            severity=Severity.BLOCKER,
        )
    return say.fail(
        "no-tls",
        host,
        f"{host} gives no secure connection: {failure.words}",
        severity=Severity.BLOCKER,
        evidence=evidence,
        remedy=Remedy(text=f"Let {host} listen on port 443 with a certificate of its own"),
    )


_MODERN = Remedy(text="Allow TLS 1.2 and 1.3, nothing older", paste="ssl_protocols TLSv1.2 TLSv1.3;", where="nginx")


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
    lines = [
        f"subject  {leaf.subject}",
        f"names  {', '.join(leaf.names)}",
        f"issuer  {leaf.issuer}",
        f"valid  {leaf.not_before:%Y-%m-%d %H:%M} to {leaf.not_after:%Y-%m-%d %H:%M} UTC",
        f"spoken  {sight.version.replace('v', ' ')}",
        f"key  {leaf.key} {leaf.key_bits}, signed with {leaf.signature_hash}",
        f"chain  {len(sight.chain)} certificate" + ("s" if len(sight.chain) != 1 else "") + " sent",
    ]
    if not sight.verified:
        lines.append(f"verify  {sight.verify_code} {sight.verify_message}")
    return [
        Evidence.of(
            "certificate", "\n".join(lines), source=f"{sight.host}:{sight.port} at {sight.address}", at=sight.at
        )
    ]


def judge_certificate(say: Say, sight: TlsSight, now: datetime, *, api: bool = False) -> list[Finding]:
    """Everything one certificate shows. Expiry goes by `now`, trust by the handshake (an extra CA file counts as
    trusted)."""
    host, leaf = sight.host, sight.leaf
    evidence = _certificate_evidence(sight)
    renew = Remedy(
        text="Renew it, and let the renewal run by itself",
        paste=f"certbot renew --cert-name {host}",
        where="the server, or your platform's domain page",
    )

    def fail(rule: str, said: str, remedy: Remedy, severity: Severity = Severity.BLOCKER) -> Finding:
        return say.fail(rule, host, said, severity=severity, evidence=evidence, remedy=remedy, via=sight.via)

    findings: list[Finding] = []
    life, left = leaf.not_after - leaf.not_before, leaf.not_after - now
    if left <= timedelta(0):
        findings.append(
            fail(
                "expired",
                f"The certificate of {host} expired {span(-left.total_seconds())} ago: browsers refuse the page",
                renew,
            )
        )
    elif leaf.not_before > now:
        findings.append(
            fail(
                "not-yet-valid",
                f"The certificate of {host} is not valid before {leaf.not_before:%Y-%m-%d}: browsers refuse the page",
                renew,
            )
        )
    elif left < min(7 * _DAY, life / 10):
        findings.append(fail("expiring", f"The certificate of {host} ends in {span(left.total_seconds())}", renew))
    elif left < min(30 * _DAY, life / 4):
        findings.append(
            say.warn(
                "expiring",
                host,
                f"The certificate of {host} ends in {span(left.total_seconds())} and should have been renewed by now",
                severity=Severity.HIGH,
                evidence=evidence,
                remedy=renew,
                via=sight.via,
            )
        )
    else:
        findings.append(
            say.passed(
                "expiring",
                host,
                f"The certificate of {host} is good for another {span(left.total_seconds())}",
                evidence=evidence,
                via=sight.via,
            )
        )
    if sight.verify_code in _NAME or not covers(leaf.names, host):
        findings.append(
            fail(
                "name",
                f"The certificate does not name {host}, only {', '.join(leaf.names[:3]) or leaf.subject}: "
                "browsers refuse the page",
                Remedy(
                    text=f"Get a certificate that names {host}",
                    paste=f"certbot certonly -d {host}",
                    where="the server, or your platform's domain page",
                ),
            )
        )
    findings += _trust(fail, sight, api)
    findings += _quality(say, sight, evidence)
    return findings


def _trust(fail: Callable[..., Finding], sight: TlsSight, api: bool) -> list[Finding]:
    """Who vouches for it. A broken date, name, key or signature is told by its own rule."""
    host, leaf, code = sight.host, sight.leaf, sight.verify_code
    if sight.verified or code in (*_EXPIRED, *_NOT_YET, *_NAME):
        return []
    if (code == _WEAK_KEY and key_problem(leaf)[1]) or (code == _WEAK_SIGNATURE and weakly_signed(sight)):
        return []
    if code in _ISSUER_UNKNOWN and leaf.ca_issuers and not leaf.self_signed:
        return [
            fail(
                "chain",
                f"{host} does not send its intermediate certificate: works in desktop Chrome, breaks in apps, "
                "webhooks and curl",
                Remedy(
                    text="Serve the full chain",
                    paste=f"ssl_certificate /etc/letsencrypt/live/{host}/fullchain.pem;",
                    where="nginx",
                ),
                Severity.BLOCKER if api else Severity.HIGH,
            )
        ]
    who = "itself" if leaf.self_signed or code in _SELF_SIGNED else "nobody that browsers know"
    return [
        fail(
            "untrusted",
            f"The certificate of {host} is vouched for by {who}: browsers refuse the page",
            Remedy(
                text="Get a certificate from a public authority",
                paste=f"certbot certonly -d {host}",
                where="the server, or your platform's domain page",
            ),
        )
    ]


def _quality(say: Say, sight: TlsSight, evidence: list[Evidence]) -> list[Finding]:
    """Lifetime, key and signature."""
    host, leaf, via = sight.host, sight.leaf, sight.via
    findings = []
    life = leaf.not_after - leaf.not_before
    reissue = Remedy(
        text="Get a new one from a public authority that renews by itself",
        paste=f"certbot certonly -d {host} --key-type ecdsa",
        where="the server",
    )
    if life > 398 * _DAY + timedelta(seconds=1):
        said = f"The certificate of {host} was made for {life.days} days: Safari and Chrome refuse more than 398"
        findings.append(say.fail("lifetime", host, said, evidence=evidence, remedy=reissue, via=via))
    elif life > 200 * _DAY + timedelta(seconds=1) and leaf.not_before >= _SHORTER_FROM:
        said = (
            f"The certificate of {host} was made for {life.days} days; public authorities may give 200 since March 2026"
        )
        findings.append(
            say.warn("lifetime", host, said, severity=Severity.LOW, evidence=evidence, remedy=reissue, via=via)
        )
    problem, broken = key_problem(leaf)
    if problem and broken:
        findings.append(
            say.fail("key", host, f"The key of {host} {problem}", evidence=evidence, remedy=reissue, via=via)
        )
    elif problem:
        findings.append(
            say.warn(
                "key",
                host,
                f"The key of {host} {problem}",
                severity=Severity.LOW,
                evidence=evidence,
                remedy=reissue,
                via=via,
            )
        )
    weak = weakly_signed(sight)
    if weak is not None:
        said = f"The chain of {host} holds a certificate signed with {weak.signature_hash}, which browsers refuse"
        findings.append(
            say.fail(
                "signature",
                host,
                said,
                evidence=[*evidence, Evidence.of("weak", weak.subject)],
                remedy=reissue,
                via=via,
            )
        )
    return findings


def weakly_signed(sight: TlsSight) -> Certificate | None:
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


def key_problem(leaf: Certificate) -> tuple[str, bool]:
    """What is wrong with the key, and whether browsers refuse it. CA/B Baseline Requirements section 6.1.5."""
    match leaf.key:
        case "rsa" if leaf.key_bits < 2048:
            return f"has {leaf.key_bits} bits, browsers want 2048", True
        case "rsa" if leaf.key_bits > 4096:
            return f"has {leaf.key_bits} bits, which only makes every visit slower", False
        case "ec" if leaf.key_bits not in (256, 384):
            return f"is on a curve of {leaf.key_bits} bits that not every browser knows", False
        case "ed25519":
            return "is Ed25519, which browsers do not take from a website yet", False
        case "other":
            return "is of a kind that browsers do not know", False
    return "", False


def _version_evidence(host: str, versions: dict[str, VersionAnswer]) -> Evidence:
    return Evidence.of(
        "versions", "\n".join(f"{name}  {answer}" for name, answer in versions.items()), source=f"{host}:443"
    )


def judge_versions(say: Say, host: str, sight: TlsSight, versions: dict[str, VersionAnswer] | None) -> list[Finding]:
    """Protocol versions: what is accepted is a fact, what could not be tested from here is none."""
    if versions is None:
        return []
    evidence = [_version_evidence(host, versions)]
    via = sight.via
    findings = []
    old = [name for name in _OLD if versions.get(name) == "accepted"]
    untested = [name for name in _OLD if versions.get(name) == "could-not-test"]
    if old:
        said = f"{host} still accepts {' and '.join(name.replace('v', ' ') for name in old)}, which can be broken"
        findings.append(say.warn("old-protocol", host, said, evidence=evidence, remedy=_MODERN, via=via))
    elif untested:
        findings.append(
            say.info(
                "old-protocol",
                host,
                "Outdated TLS versions could not be tested from this machine",
                evidence=evidence,
                via=via,
            )
        )
    else:
        findings.append(
            say.passed("old-protocol", host, f"{host} refuses outdated TLS versions", evidence=evidence, via=via)
        )
    two, three = versions.get("TLSv1.2"), versions.get("TLSv1.3")
    if two == "refused" and three == "refused" and sight.version not in ("TLSv1.2", "TLSv1.3"):
        said = f"{host} speaks no TLS version that browsers accept"
        findings.append(
            say.fail(
                "no-modern-protocol", host, said, severity=Severity.BLOCKER, evidence=evidence, remedy=_MODERN, via=via
            )
        )
    elif three == "refused":
        said = f"{host} does not speak TLS 1.3, which saves a phone one round trip a visit"
        findings.append(
            say.warn(
                "no-modern-protocol", host, said, severity=Severity.LOW, evidence=evidence, remedy=_MODERN, via=via
            )
        )
    elif two == "refused":
        said = f"{host} speaks TLS 1.3 only: phones before 2019 stay outside"
        findings.append(say.info("no-modern-protocol", host, said, evidence=evidence, via=via))
    return findings
