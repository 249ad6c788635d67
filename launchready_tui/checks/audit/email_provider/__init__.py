"""audit.email-provider: who receives mail for the domain, and which services send in its name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, NamedTuple

from ....failure import Failure
from ....findings import Evidence, Finding
from ....mail.auth import spf_record as spf
from ....world import registrable
from ....world.sights import DnsAnswer
from ...base import Say, check
from ...seen import dns_evidence
from ..hosts_of import plain
from ..providers import mailbox as company_of
from ..providers import sender_called, sender_of_include

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World


class _Seen(NamedTuple):
    """A sender that SPF names: the term that does, and what the launch file would call it."""

    term: str
    key: str


@check("audit.email-provider")
async def email_provider(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """MX for who receives; SPF and the launch file for who sends. Whether the records are right is stage 3's
    question."""
    say = Say("audit.email-provider", world.clock.now())
    support = plain(launch.email.support.rpartition("@")[2])
    for domain in dict.fromkeys(name for name in (plain(launch.domain), support) if name):
        yield _mailbox(say, domain, await world.dns.ask(domain, "MX"))
    for finding in await _senders(say, launch, world):
        yield finding


def _mailbox(say: Say, domain: str, answer: DnsAnswer | Failure) -> Finding:
    if isinstance(answer, Failure):
        return say.unknown("mailbox", domain, failure=answer)
    evidence, via = [dns_evidence(answer)], answer.via
    exchanges = [record.split()[-1] for record in answer.records]
    if not answer.found:
        return say.info("mailbox", domain, evidence=evidence, via=via)
    if _is_null(answer):
        return say.info("mailbox", domain, "null", evidence=evidence, via=via)
    company, owners = company_of(exchanges), tuple(sorted({registrable(name) for name in exchanges}))
    if not company and owners == (registrable(domain),):
        return say.passed("mailbox", domain, "own", evidence=evidence, via=via)
    return say.passed("mailbox", domain, company=company or owners, evidence=evidence, via=via)


async def _senders(say: Say, launch: Launch, world: World) -> list[Finding]:
    domain = plain(launch.domain)
    own = [plain(name) for name in launch.email.senders if "." in name]
    names = tuple(dict.fromkeys((domain, *own)))
    answers = await asyncio.gather(*(world.dns.ask(name, "TXT") for name in names))
    seen: dict[str, _Seen] = {}
    evidence: list[Evidence] = []
    failed: Failure | None = None
    via = ""
    for name, answer in zip(names, answers, strict=True):
        if isinstance(answer, Failure):
            failed = failed or answer
            continue
        via = via or answer.via
        for text in answer.texts:
            if spf.is_spf(text):
                evidence.append(Evidence.of("SPF", text, source=f"{name} TXT at {answer.server}", at=answer.at))
                seen |= _named_by(text, domain)
    declared = {name: sender_called(name) for name in launch.email.senders if "." not in name}
    said = [row.name if row else name for name, row in declared.items()]
    evidence.append(
        Evidence.of("launch file", ", ".join(launch.email.senders) or "(no senders named)", source="[email] senders")
    )
    services = tuple(dict.fromkeys((*said, *own, *filter(None, seen))))
    findings = [
        _undeclared(say, launch, who, found, evidence, via)
        for who, found in seen.items()
        if launch.email.senders and who and who not in said
    ]
    if services or seen:
        how = ("with-own" if services else "own") if "" in seen else "pass"
        return [say.passed("senders", domain, how, services=services, evidence=evidence, via=via), *findings]
    if failed is not None:
        return [say.unknown("senders", domain, failure=failed, evidence=evidence)]
    mx = await world.dns.ask(domain, "MX")
    if isinstance(mx, DnsAnswer) and _is_null(mx) and _forbids_all(answers[0]):
        return [say.passed("senders", domain, "none", evidence=[*evidence, dns_evidence(mx)], via=via)]
    return [say.unknown("senders", domain, "unnamed", evidence=evidence, via=via)]


def _is_null(mx: DnsAnswer) -> bool:
    """RFC 7505 section 3: one record that names the root."""
    return [record.split()[-1] for record in mx.records] == ["."]


def _forbids_all(answer: DnsAnswer | Failure) -> bool:
    """Whether the one SPF record of an answer is `v=spf1 -all` and nothing more."""
    texts = [] if isinstance(answer, Failure) else [text for text in answer.texts if spf.is_spf(text)]
    return len(texts) == 1 and [term.text.lower() for term in spf.read(texts[0]).terms] == ["-all"]


def _undeclared(say: Say, launch: Launch, who: str, seen: _Seen, evidence: list[Evidence], via: str) -> Finding:
    senders = ", ".join(f'"{name}"' for name in (*launch.email.senders, seen.key))
    domain = plain(launch.domain)
    return say.info(
        "undeclared-sender", who, domain=domain, term=seen.term, senders=senders, evidence=evidence, via=via
    )


def _named_by(text: str, domain: str) -> dict[str, _Seen]:
    """Who an SPF record lets send, by name; what it names by address, the domain's own servers, has none."""
    found: dict[str, _Seen] = {}
    for term in spf.read(text).in_force:
        if term.name in ("include", "redirect") and not term.has_macro:
            include = plain(term.domain)
            sender = sender_of_include(include)
            if sender is not None:
                found[sender.name] = _Seen(term.text, sender.known_as[0])
            elif registrable(include) != registrable(domain):
                found[registrable(include)] = _Seen(term.text, registrable(include))
        elif term.name in ("a", "mx", "ip4", "ip6") and term.qualifier == "+":
            found.setdefault("", _Seen(term.text, ""))
    return found
