"""email.transport: what is published about encrypted transport and brand marks is right, if it is there at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy
from ....mail.auth.dmarc import discover
from ....mail.auth.transport import Policy, bimi, mx_matches, starts, sts_policy, sts_record, tls_report
from ....world.sights import DnsAnswer, Reply, TlsSight
from ...base import Say, check
from ...paste import zone_line
from ...seen import PROVEN, dns_evidence
from ..mx import exchanges
from ..place import dressed
from .dane import dane_of

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World


@check("email.transport")
async def transport(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """MTA-STS, TLS-RPT, DANE and BIMI of the launch domain. None of it is needed; what is there must be right."""
    look = _Look(Say("email.transport", world.clock.now()), world, launch.domain)
    groups = await asyncio.gather(look.mta_sts(), look.reports(), look.dane(), look.brand())
    for finding in await dressed(world, launch.domain, [finding for group in groups for finding in group]):
        yield finding


@dataclass
class _Look:
    say: Say
    world: World
    domain: str
    _greeted: dict[str, asyncio.Task[TlsSight | Failure]] = field(default_factory=dict)

    async def _servers(self) -> list[str] | Failure:
        answer = await self.world.dns.ask(self.domain, "MX")
        if isinstance(answer, Failure):
            return answer
        return list(dict.fromkeys(one.target for one in exchanges(answer) if one.target))

    async def _one(self, name: str, version: str, rule: str) -> tuple[DnsAnswer, str] | list[Finding]:
        """The one record of its kind at a name; else the finding on none, several, or no answer."""
        say, answer = self.say, await self.world.dns.ask(name, "TXT")
        if isinstance(answer, Failure):
            return [say.unknown(rule, self.domain, failure=answer)]
        texts = [text for text in answer.texts if starts(text, version)]
        if len(texts) == 1:
            return answer, texts[0]
        evidence, via = [dns_evidence(answer)], answer.via
        if not texts:
            return [say.passed(rule, self.domain, "absent", evidence=evidence, via=via)]
        fix = say.fix("keep-one", line=zone_line(name, "TXT", texts[0]))
        several = say.fail(
            rule, self.domain, "several", name=name, count=len(texts), evidence=evidence, remedy=fix, via=via
        )
        return [several]

    # -- MTA-STS -------------------------------------------------------------------------------------------------

    async def mta_sts(self) -> list[Finding]:
        found = await self._one(f"_mta-sts.{self.domain}", "STSv1", "mta-sts")
        if isinstance(found, list):
            return found
        say, (answer, text) = self.say, found
        record, evidence = sts_record(text), [dns_evidence(answer)]
        if record.problems:
            return [say.fail("mta-sts", self.domain, problem=record.problems[0], evidence=evidence, via=answer.via)]
        return await self._policy_file(evidence, answer.via)

    async def _policy_file(self, evidence: list[Evidence], via: str) -> list[Finding]:
        say, domain = self.say, self.domain
        url = f"https://mta-sts.{domain}/.well-known/mta-sts.txt"
        servers, reply = await asyncio.gather(self._servers(), self.world.web.get(url))
        serve = _serve(say, url, "testing", servers if isinstance(servers, list) else [])
        if isinstance(reply, Failure):
            if reply.kind not in PROVEN:
                return [say.unknown("mta-sts-policy", domain, failure=reply, evidence=evidence, via=via)]
            given = say.fail(
                "mta-sts-policy", domain, "unfetched", failure=reply, evidence=evidence, remedy=serve, via=via
            )
            return [given]
        evidence = [*evidence, Evidence.of("policy", f"{reply.status}\n{reply.text[:2000]}", source=url, at=reply.at)]
        policy, wrong = sts_policy(reply.text), _wrong_answer(reply)
        if wrong or policy.problems:
            return [
                say.fail(
                    "mta-sts-policy",
                    domain,
                    wrong or "broken",
                    status=reply.status,
                    type=reply.content_type,
                    problem=next(iter(policy.problems), ""),
                    evidence=evidence,
                    remedy=serve,
                    via=reply.via,
                )
            ]
        if isinstance(servers, Failure):
            return [say.unknown("mta-sts-mx", domain, failure=servers, evidence=evidence, via=reply.via)]
        return await self._against_servers(policy, servers, evidence, reply)

    async def _against_servers(
        self, policy: Policy, servers: list[str], evidence: list[Evidence], reply: Reply
    ) -> list[Finding]:
        say, domain, via = self.say, self.domain, reply.via
        missing = [
            host for host in servers if policy.mode != "none" and not any(mx_matches(one, host) for one in policy.mx)
        ]
        if missing:
            fix = _serve(say, reply.url, policy.mode, servers)
            voice = say.fail if policy.mode == "enforce" else say.warn
            return [voice("mta-sts-mx", domain, server=missing[0], evidence=evidence, remedy=fix, via=via)]
        findings = [say.passed("mta-sts", domain, mode=policy.mode, evidence=evidence)]
        if policy.mode == "enforce":
            sights = await asyncio.gather(*(self._sight(host) for host in servers))
            findings += [self._certificate(host, sight) for host, sight in zip(servers, sights, strict=True)]
        return findings

    def _sight(self, host: str) -> asyncio.Task[TlsSight | Failure]:
        """One TLS look at a mail server, shared."""
        if host not in self._greeted:
            self._greeted[host] = asyncio.ensure_future(self.world.tls.look(host, 25, starttls="smtp"))
        return self._greeted[host]

    def _certificate(self, host: str, sight: TlsSight | Failure) -> Finding:
        """Under enforce a sender needs a certificate that verifies for the mail server's name."""
        say = self.say
        if isinstance(sight, Failure):
            if sight.kind == "tls":
                return say.fail("mta-sts-certificate", host, "unencrypted", failure=sight)
            return say.info("mta-sts-certificate", host, failure=sight)
        evidence = [
            Evidence.of("certificate", f"{sight.leaf.subject}\n{', '.join(sight.leaf.names)}", source=host, at=sight.at)
        ]
        if sight.verified:
            return say.passed("mta-sts-certificate", host, evidence=evidence, via=sight.via)
        return say.fail("mta-sts-certificate", host, evidence=evidence, via=sight.via)

    # -- the others ----------------------------------------------------------------------------------------------

    async def reports(self) -> list[Finding]:
        """TLS-RPT."""
        found = await self._one(f"_smtp._tls.{self.domain}", "TLSRPTv1", "tls-rpt")
        if isinstance(found, list):
            return found
        say, (answer, text) = self.say, found
        record, evidence, via = tls_report(text), [dns_evidence(answer)], answer.via
        if record.problems:
            return [say.fail("tls-rpt", self.domain, problem=record.problems[0], evidence=evidence, via=via)]
        return [say.passed("tls-rpt", self.domain, to=record.values["rua"], evidence=evidence, via=via)]

    async def dane(self) -> list[Finding]:
        say, servers = self.say, await self._servers()
        if isinstance(servers, Failure):
            return [say.unknown("dane", self.domain, "servers", failure=servers)]
        groups = await asyncio.gather(*(self._dane_of(host) for host in servers))
        return [finding for group in groups for finding in group]

    async def _dane_of(self, host: str) -> list[Finding]:
        return await dane_of(self.say, self.world, self.domain, host, lambda: self._sight(host))

    async def brand(self) -> list[Finding]:
        """BIMI: a record without an enforced DMARC policy shows no mark anywhere."""
        found = await self._one(f"default._bimi.{self.domain}", "BIMI1", "bimi")
        if isinstance(found, list):
            return found
        say, domain, (answer, text) = self.say, self.domain, found
        record, evidence, via = bimi(text), [dns_evidence(answer)], answer.via
        if record.problems:
            return [say.warn("bimi", domain, problem=record.problems[0], evidence=evidence, via=via)]
        dmarc = await discover(self.world.dns, domain)
        if dmarc.failure is not None:
            return [say.unknown("bimi", domain, "dmarc", failure=dmarc.failure, evidence=evidence, via=via)]
        if not dmarc.effective:
            return [say.warn("bimi", domain, "no-dmarc", evidence=evidence, via=via)]
        if dmarc.effective not in ("quarantine", "reject"):
            return [say.warn("bimi", domain, "weak-dmarc", policy=dmarc.effective, evidence=evidence, via=via)]
        return [say.passed("bimi", domain, evidence=evidence, via=via)]


def _serve(say: Say, url: str, mode: str, servers: list[str]) -> Remedy:
    """The policy file that fits these mail servers."""
    return say.fix("serve", mode=mode, servers="".join(f"mx: {one}\n" for one in servers), url=url)


def _wrong_answer(reply: Reply) -> str:
    """Why senders do not take this answer for the policy (section 3.3), by its message; empty where they do."""
    if 300 <= reply.status < 400:
        return "redirected"
    if reply.status != 200:
        return "refused"
    if reply.content_type != "text/plain":
        return "other-type" if reply.content_type else "no-type"
    return ""
