"""Rules of edge.certificates beyond trust and dates: HTTP/2, resumption, transparency, stapling, and what the
certificate gives away."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise

from ....failure import Failure
from ....findings import Evidence, Finding
from ....world.sights import Certificate, DnsAnswer, Reply, TlsSight
from ...base import Say
from ...parse import caa
from ...seen import via_of

# Chrome's and Safari's transparency policies: two time stamps for lives up to 180 days, three above (Chrome CT Policy,
# as known 2026-11).
_TWO_UNTIL = timedelta(days=180)
_INNER = re.compile(
    r"(?:^|[.-])(?:staging|stage|dev|test|qa|uat|preview|internal|intern|admin|vpn|jenkins|gitlab|grafana)(?:[.-]|\d|$)"
)


def judge_alpn(say: Say, sight: TlsSight) -> Finding:
    """RFC 9113 section 3.2: without h2 a phone fetches six files at a time."""
    evidence = [Evidence.of("alpn", sight.alpn or "(none)", source=f"{sight.host}:{sight.port}", at=sight.at)]
    voice = say.passed if sight.alpn == "h2" else say.warn
    return voice("no-h2", sight.host, evidence=evidence, via=sight.via)


_H3 = re.compile(r'(?:^|[\s,])h3(?:-\d+)?="')


def judge_http3(say: Say, host: str, reply: Reply | Failure, record: DnsAnswer | Failure) -> list[Finding]:
    """RFC 9114 section 3.1: HTTP/3 is offered by Alt-Svc, or by an HTTPS record (RFC 9460). A fact; browsers do
    without."""
    rows = []
    if isinstance(reply, Reply):
        rows += [f"alt-svc: {value}" for value in reply.all("alt-svc") if _H3.search(value)]
    if isinstance(record, DnsAnswer):
        rows += [f"{host} HTTPS {one}" for one in record.records if re.search(r'alpn="?[^" ]*\bh3\b', one)]
    if not rows:
        return []
    evidence = [Evidence.of("offer", "\n".join(rows), source=f"https://{host}/")]
    return [say.info("http3", host, evidence=evidence, via=via_of(reply, record))]


def judge_resumption(say: Say, host: str, resumed: bool | None, via: str) -> list[Finding]:
    """RFC 8446 section 2.2: a returning visitor saves work and, with TLS 1.2, a round trip. A fact."""
    if resumed is None:
        return []
    voice = say.passed if resumed else say.info
    return [voice("resumption", host, via=via)]


def judge_transparency(say: Say, sight: TlsSight) -> list[Finding]:
    """Public certificates must carry time stamps of public logs; private authorities have none, and need none."""
    leaf, host = sight.leaf, sight.host
    if not sight.verified or not caa.authority(leaf.issuer):
        return []
    wanted = 2 if leaf.not_after - leaf.not_before <= _TWO_UNTIL else 3
    shown = f"{leaf.scts} signed time stamps, {wanted} wanted"
    evidence = [Evidence.of("certificate", shown, source=f"{host}:{sight.port}", at=sight.at)]
    voice = say.passed if leaf.scts >= wanted else say.fail
    return [voice("transparency", host, evidence=evidence, via=sight.via)]


def judge_stapling(say: Say, sight: TlsSight) -> list[Finding]:
    """RFC 7633: a certificate that demands a stapled answer fails whenever that answer is late; Let's Encrypt has
    ended OCSP."""
    leaf, host = sight.leaf, sight.host
    if not leaf.must_staple:
        return []
    shown = "must-staple" + (f", OCSP at {leaf.ocsp[0]}" if leaf.ocsp else ", and no OCSP address")
    evidence = [Evidence.of("certificate", shown, source=f"{host}:{sight.port}", at=sight.at)]
    return [say.warn("must-staple", host, evidence=evidence, via=sight.via)]


def judge_sent_chain(say: Say, sight: TlsSight) -> list[Finding]:
    """RFC 8446 section 4.4.2: what was sent beside what is needed. Clients sort it out; a fact."""
    remark = _remark(sight.chain)
    if not remark or not sight.verified:
        return []
    rows = "\n".join(f"{one.subject}  (by {one.issuer})" for one in sight.chain)
    evidence = [Evidence.of("chain", rows, source=f"{sight.host}:{sight.port}", at=sight.at)]
    return [say.info("chain-extra", sight.host, remark, evidence=evidence, via=sight.via)]


def _remark(chain: tuple[Certificate, ...]) -> str:
    """`twice`, `root` or `order` for what is odd about the chain; empty where nothing is."""
    if len({one.sha256 or one.serial + one.subject for one in chain}) < len(chain):
        return "twice"
    if any(one.self_signed for one in chain[1:]):
        return "root"
    return "order" if any(below.issuer != above.subject for below, above in pairwise(chain)) else ""


def judge_names(say: Say, sight: TlsSight, own: str) -> list[Finding]:
    """Public logs record certificates: anyone can read what they name. A fact."""
    host = sight.host
    inner = [name for name in sight.leaf.names if name != host and _INNER.search(name.removesuffix(own))]
    if not inner or _INNER.search(host.removesuffix(own)):
        return []
    evidence = [Evidence.of("names", "\n".join(sight.leaf.names), source=f"{host}:{sight.port}", at=sight.at)]
    return [say.info("inner-names", host, name=inner[0], evidence=evidence, via=sight.via)]
