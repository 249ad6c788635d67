"""Rules of edge.certificates about cipher suites and key exchange: whether browsers of today connect at all."""

from __future__ import annotations

from ....failure import Failure
from ....findings import Evidence, Finding
from ....world.sights import CipherKind, TlsSight, VersionAnswer
from ...base import Say


def to_try(sight: TlsSight | Failure) -> bool:
    """Whether a handshake leaves it open if the server knows what browsers offer: it ended in TLS 1.2, without ECDHE or
    without AEAD."""
    if isinstance(sight, Failure) or sight.version != "TLSv1.2":
        return False
    return not (sight.cipher.startswith("ECDHE-") and ("-GCM-" in sight.cipher or "-CHACHA20-" in sight.cipher))


def judge_ciphers(say: Say, sight: TlsSight, kinds: dict[CipherKind, VersionAnswer] | None) -> list[Finding]:
    """RFC 9325 section 4.1: forward secrecy and AEAD. A server without either is judged by what it has in their place;
    one answer that is missing leaves it open."""
    if kinds is None or "could-not-test" in kinds.values():
        return []
    host, via = sight.host, sight.via
    shown = "\n".join([f"spoken  {sight.cipher}", *(f"{kind}  {answer}" for kind, answer in kinds.items())])
    evidence = [Evidence.of("ciphers", shown, source=f"{host}:{sight.port}", at=sight.at)]
    has = {kind for kind, answer in kinds.items() if answer == "accepted"}
    if "forward" in has:
        return [say.passed("cipher", host, evidence=evidence, via=via)]
    if sight.alpn == "h2" and has & {"cbc", "static"}:
        return [say.fail("cipher", host, "h2", cipher=sight.cipher, evidence=evidence, via=via)]
    if "cbc" in has:
        return [say.warn("cipher", host, evidence=evidence, via=via)]
    if "static" in has:
        return [say.fail("cipher", host, "static", evidence=evidence, via=via)]
    return [
        say.fail("cipher", host, "dhe" if "dhe" in has else "none", cipher=sight.cipher, evidence=evidence, via=via)
    ]


def judge_group(say: Say, sight: TlsSight, small: bool | None) -> list[Finding]:
    """RFC 9325 section 4.1: Diffie-Hellman groups of at least 2048 bits."""
    if not small:
        return []
    return [say.warn("group", sight.host, via=sight.via)]
