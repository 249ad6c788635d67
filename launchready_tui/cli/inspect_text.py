"""Looks as lines for a terminal. All foreign text passes `fit` or `for_terminal`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ..checks.single import Looked, by_badness
from ..clock import span, stamp
from ..failure import Failure
from ..findings import Finding
from ..text import clean_block, for_terminal
from ..verdict.report.ink import Ink, pad
from ..world.sights import Certificate, Chain, DnsAnswer, Hop, Phases, Registration, Reply, TlsSight

_VERIFY = {
    10: "it has expired",
    9: "it is not valid yet",
    62: "it is for another name",
    64: "it is for another address",
}
_VERIFY |= {
    18: "it is self-signed",
    19: "its chain ends at an unknown authority",
    20: "its issuer is unknown",
    21: "its chain is incomplete",
}


def _no(failure: Failure, ink: Ink, used: int = 2) -> str:
    return ink.paint(f"? {ink.fit(str(failure), used)}", "warn")


def dns_lines(seen: dict[str, DnsAnswer | Failure] | Failure, ink: Ink) -> Iterator[str]:
    """A line a record: type, TTL, value; then who answered."""
    if isinstance(seen, Failure):
        yield _no(seen, ink)
        return
    told: set[str] = set()
    for rdtype, answer in seen.items():
        lead = ink.paint(pad(rdtype, 6), "bold")
        if isinstance(answer, Failure):
            yield f"{lead} {_no(answer, ink, 9)}"
            continue
        sure = " (authoritative)" if answer.authoritative else ""
        told.add(f"{answer.server}{sure}{f' via {answer.via}' if answer.via else ''}")
        if answer.status == "nxdomain":
            yield f"{lead} {ink.paint('no such name', 'dim')}"
        elif not answer.records:
            yield f"{lead} {ink.paint('none', 'dim')}"
        values = [f'"{text}"' for text in answer.texts] if rdtype == "TXT" else answer.records
        for value in values:
            yield f"{lead} {answer.ttl:>6} s  {ink.fit(value, 18)}"
            lead = " " * 6
        if answer.found and answer.canonical not in ("", answer.name):
            yield f"{' ' * 6} {ink.paint('via ' + ink.fit(answer.canonical, 20), 'dim')}"
    if told:
        yield ink.paint(f"answered by {', '.join(sorted(for_terminal(one) for one in told))}", "dim")


def web_lines(seen: Chain | Reply | Failure, ink: Ink) -> Iterator[str]:
    """Hops, then the last answer: status, headers, body, times."""
    if isinstance(seen, Failure):
        yield _no(seen, ink)
        return
    reply: Reply | Failure
    if isinstance(seen, Chain):
        for hop in seen.hops:
            yield _hop(hop, ink)
        if seen.problem:
            yield ink.paint(f"✕ {seen.problem.replace('-', ' ')}: {ink.fit(seen.detail, 20)}", "fail")
        reply = seen.end
    else:
        reply = seen
    if isinstance(reply, Failure):
        yield _no(reply, ink)
        return
    yield ""
    version = f"{reply.http_version} {reply.status}"
    yield (
        f"{ink.paint(version, 'pass' if reply.status < 400 else 'fail')}  "
        f"{ink.paint(f'from {for_terminal(reply.address)}', 'dim')}"
        + (f"  {ink.paint('via ' + reply.via, 'dim')}" if reply.via else "")
    )
    for name, value in reply.headers:
        shown = for_terminal(name)
        yield f"  {ink.paint(shown + ':', 'bold')} {ink.fit(value, len(shown) + 4)}"
    size = f"{len(reply.body)} bytes" + (
        f", {reply.wire_bytes} over the wire" if reply.wire_bytes != len(reply.body) else ""
    )
    yield f"body {size}{', truncated' if reply.truncated else ''}"
    yield f"time {_phases(reply.phases)}"


def _hop(hop: Hop, ink: Ink) -> str:
    status = ink.paint(str(hop.status), "pass" if hop.status < 400 else "fail")
    line = f"{status}  {hop.total_ms:6.0f} ms  {ink.fit(hop.url, 16)}"
    if hop.kind == "end":
        return line
    how = "" if hop.kind == "location" else f" ({hop.kind})"
    return f"{line}\n                → {ink.fit(hop.location, 18)}{how}"


def _phases(phases: Phases) -> str:
    names = (
        ("look-up", phases.dns),
        ("connect", phases.connect),
        ("secure", phases.tls),
        ("answer", phases.first_byte),
    )
    parts = [f"{name} {value:.0f}" for name, value in (*names, ("transfer", phases.transfer)) if value is not None]
    return f"{', '.join(parts)}; all {phases.total:.0f} ms" if parts else f"{phases.total:.0f} ms"


def _finding_lines(findings: tuple[Finding, ...], ink: Ink) -> Iterator[str]:
    """A line a finding, the worst first; what is open with its fix and what to paste."""
    for finding in by_badness(findings):
        key = str(finding.state)
        weight = str(finding.severity) if finding.is_open else ""
        yield f"{ink.glyph(key)} {ink.paint(pad(weight, 8), key)} {ink.fit(finding.summary, 11)}"
        if finding.is_open and finding.remedy:
            where = f" ({for_terminal(finding.remedy.where)})" if finding.remedy.where and finding.remedy.paste else ""
            yield f"{' ' * 11}{ink.paint(f'{for_terminal(finding.remedy.text)}{where}', 'dim')}"
            yield from (f"{' ' * 13}{line}" for line in clean_block(finding.remedy.paste).splitlines())


def redirect_lines(seen: Looked | Failure, ink: Ink) -> Iterator[str]:
    """Every chain hop by hop, then the findings."""
    if isinstance(seen, Failure):
        yield _no(seen, ink)
        return
    for chain in seen.sights["chains"]:
        for hop in chain.hops:
            yield _hop(hop, ink)
        if chain.problem:
            yield ink.paint(f"✕ {chain.problem.replace('-', ' ')}: {ink.fit(chain.detail, 20)}", "fail")
        if isinstance(chain.end, Failure):
            yield _no(chain.end, ink)
        yield ""
    yield from _finding_lines(seen.findings, ink)


def header_lines(seen: Looked | Failure, ink: Ink) -> Iterator[str]:
    """The answer as it came, then the findings."""
    if isinstance(seen, Failure):
        yield _no(seen, ink)
        return
    yield from web_lines(seen.sights["chain"], ink)
    yield ""
    yield from _finding_lines(seen.findings, ink)


def domain_lines(seen: Looked | Failure, ink: Ink) -> Iterator[str]:
    """Registration and name servers, then the findings."""
    if isinstance(seen, Failure):
        yield _no(seen, ink)
        return
    told: Registration | Failure = seen.sights["registration"]
    if isinstance(told, Failure):
        yield f"{pad('registry', 11)} {_no(told, ink, 14)}"
    elif not told.registered:
        yield f"{pad('registry', 11)} {ink.paint('not registered', 'fail')}"
    else:
        rows = [
            ("registrar", told.registrar or "unknown"),
            ("ends", stamp(told.expires) if told.expires else "unknown"),
        ]
        rows += [("created", stamp(told.created))] if told.created else []
        rows += [
            ("status", ", ".join(told.statuses) or "unknown"),
            ("signed", {True: "yes", False: "no", None: "unknown"}[told.signed]),
        ]
        for name, value in rows:
            yield f"{ink.paint(pad(name, 11), 'bold')} {ink.fit(value, 12)}"
        yield ink.paint(f"source {ink.fit(told.source, 8)}", "dim")
    servers: DnsAnswer | Failure = seen.sights["servers"]
    shown = servers.words if isinstance(servers, Failure) else ", ".join(servers.records) or "none"
    yield f"{ink.paint(pad('served by', 11), 'bold')} {ink.fit(shown, 12)}"
    yield ""
    yield from _finding_lines(seen.findings, ink)


def tls_lines(seen: Looked | dict[str, Any] | Failure, ink: Ink) -> Iterator[str]:
    """Whether it verifies, protocol and cipher, a block a certificate, then the findings."""
    if isinstance(seen, Failure):
        yield _no(seen, ink)
        return
    yield from _tls(seen.sights if isinstance(seen, Looked) else seen, ink)
    if isinstance(seen, Looked):
        yield ""
        yield from _finding_lines(seen.findings, ink)


def _tls(seen: dict[str, Any], ink: Ink) -> Iterator[str]:
    sight: TlsSight | Failure = seen["sight"]
    if isinstance(sight, Failure):
        yield _no(sight, ink)
    else:
        if sight.verified:
            yield ink.paint(f"● the certificate verifies for {for_terminal(sight.host)}", "pass")
        else:
            why = _VERIFY.get(sight.verify_code, for_terminal(sight.verify_message))
            yield ink.paint(
                f"✕ the certificate does not verify: {why} ({sight.verify_code}: {ink.fit(sight.verify_message, 60)})",
                "fail",
            )
        via = f", via {sight.via}" if sight.via else ""
        yield (
            f"  {for_terminal(sight.version)}, {for_terminal(sight.cipher)}, ALPN {for_terminal(sight.alpn) or 'none'}"
        )
        yield ink.paint(f"  {for_terminal(sight.address)}:{sight.port}, {sight.duration_ms:.0f} ms{via}", "dim")
        for number, certificate in enumerate(sight.chain):
            yield from _certificate(number, certificate, sight.at, ink)
    answers = seen.get("versions")
    if answers:
        yield "  ".join(f"{version} {answer.replace('-', ' ')}" for version, answer in answers.items())


def _certificate(number: int, certificate: Certificate, at: datetime, ink: Ink) -> Iterator[str]:
    away = span(abs((certificate.not_after - at).total_seconds()))
    left = f"{away} left" if certificate.not_after > at else f"expired {away} ago"
    yield f"{ink.paint(str(number), 'bold')} {ink.fit(certificate.subject or '(no subject)', 4)}"
    yield f"    issuer  {ink.fit(certificate.issuer, 12)}"
    yield f"    valid   {stamp(certificate.not_before)} to {stamp(certificate.not_after)}, {left}"
    if certificate.names:
        yield f"    names   {ink.fit(', '.join(certificate.names), 12)}"
    yield (
        f"    key     {certificate.key} {certificate.key_bits}, signed with {for_terminal(certificate.signature_hash)}"
    )
    yield ink.paint(f"    sha256  {certificate.sha256}", "dim")
