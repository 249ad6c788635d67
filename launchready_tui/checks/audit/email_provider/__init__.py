"""audit.email-provider: who receives mail for the domain, and which services send in its name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, NamedTuple

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy
from ....mail.auth import spf_record as spf
from ....world import registrable
from ....world.sights import DnsAnswer
from ...base import Say, check
from ...seen import dns_evidence
from ..dated import dated
from ..hosts_of import plain
from ..providers import mailbox as company_of
from ..providers import sender_called, sender_of_include

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

say = Say("audit.email-provider")


class _Seen(NamedTuple):
    """A sender that SPF names: the term that does, and what the launch file would call it (empty where it needs no
    name)."""

    term: str
    key: str


@check("audit.email-provider")
@dated
async def email_provider(launch: Launch, world: World) -> AsyncGenerator[Finding, None]:
    """MX for who receives; SPF and the launch file for who sends. Whether the records are right is stage 3's
    question."""
    support = plain(launch.email.support.rpartition("@")[2])
    for domain in dict.fromkeys(name for name in (plain(launch.domain), support) if name):
        yield _mailbox(domain, await world.dns.ask(domain, "MX"))
    for finding in await _senders(launch, world):
        yield finding


def _mailbox(domain: str, answer: DnsAnswer | Failure) -> Finding:
    if isinstance(answer, Failure):
        return say.unknown(
            "mailbox", domain, f"Who receives mail for {domain} could not be seen: {answer.words}", failure=answer
        )
    evidence = [dns_evidence(answer)]
    exchanges = [record.split()[-1] for record in answer.records]
    if not answer.found:
        return say.info(
            "mailbox", domain, f"{domain} names nobody who receives its mail", evidence=evidence, via=answer.via
        )
    if exchanges == ["."]:
        return say.info("mailbox", domain, f"{domain} says that it takes no mail", evidence=evidence, via=answer.via)
    company = company_of(exchanges)
    if company:
        return say.passed(
            "mailbox", domain, f"Mail for {domain} is received by {company}", evidence=evidence, via=answer.via
        )
    if all(registrable(name) == registrable(domain) for name in exchanges):
        return say.passed(
            "mailbox",
            domain,
            f"Mail for {domain} is received by a mail server of its own",
            evidence=evidence,
            via=answer.via,
        )
    owner = ", ".join(sorted({registrable(name) for name in exchanges}))
    return say.passed("mailbox", domain, f"Mail for {domain} is received by {owner}", evidence=evidence, via=answer.via)


async def _senders(launch: Launch, world: World) -> list[Finding]:
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
    everyone = list(dict.fromkeys((*said, *own, *seen)))
    findings = [
        _undeclared(launch, who, found, evidence, via)
        for who, found in seen.items()
        if launch.email.senders and who not in said and found.key
    ]
    if everyone:
        words = f"Mail of {domain} is sent by {', '.join(everyone)}"
        return [say.passed("senders", domain, words, evidence=evidence, via=via), *findings]
    if failed is not None:
        return [
            say.unknown(
                "senders",
                domain,
                f"Who sends mail for {domain} could not be seen: {failed.words}",
                failure=failed,
                evidence=evidence,
            )
        ]
    remedy = Remedy(
        text="Name every service that sends mail for you",
        paste='[email]\nsenders = ["postmark"]',
        where="launchready.toml",
    )
    words = f"Nothing tells which service sends mail for {domain}"
    return [say.unknown("senders", domain, words, evidence=evidence, remedy=remedy, via=via)]


def _undeclared(launch: Launch, who: str, seen: _Seen, evidence: list[Evidence], via: str) -> Finding:
    listed = ", ".join(f'"{name}"' for name in (*launch.email.senders, seen.key))
    return say.info(
        "undeclared-sender",
        who,
        f"SPF lets {who} send for {plain(launch.domain)}, and the launch file does not name it",
        evidence=evidence,
        remedy=Remedy(
            text=f"Name it if it sends for you; take {seen.term} out of SPF if it does not any more",
            paste=f"[email]\nsenders = [{listed}]",
            where="launchready.toml",
        ),
        via=via,
    )


def _named_by(text: str, domain: str) -> dict[str, _Seen]:
    """Who an SPF record lets send, by name."""
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
            found.setdefault("servers of its own", _Seen(term.text, ""))
    return found
