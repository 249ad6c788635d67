"""email.transport: what is published about encrypted transport and brand marks is right, if it is there at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
from ....mail.auth.dmarc import discover
from ....mail.auth.transport import Policy, bimi, mx_matches, starts, sts_policy, sts_record, tls_report
from ....world.sights import DnsAnswer, Reply, TlsSight
from ...base import Say, check
from ...paste import zone_line
from ...seen import PROVEN, dns_evidence
from ..mx import exchanges
from ..place import dressed
from ..voice import MailSay
from .dane import dane_of

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World


@check("email.transport")
async def transport(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """MTA-STS, TLS-RPT, DANE and BIMI of the launch domain. None of it is needed; what is there must be right."""
    look = _Look(MailSay("email.transport", world.clock.now()), world, launch.domain)
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

    async def _one(self, name: str, version: str, rule: str, what: str) -> tuple[DnsAnswer, str] | list[Finding]:
        """The one record of its kind at a name; else what is to be said of none, several, or no answer."""
        answer = await self.world.dns.ask(name, "TXT")
        if isinstance(answer, Failure):
            said = f"Whether {self.domain} publishes {what} could not be looked up"
            return [self.say.unknown(rule, self.domain, said, failure=answer, severity=Severity.LOW)]
        texts = [text for text in answer.texts if starts(text, version)]
        if len(texts) == 1:
            return answer, texts[0]
        evidence = [dns_evidence(answer)]
        if texts:
            said = f"{name} has {len(texts)} records, so senders take none of them"
            remedy = Remedy(text="Keep one", paste=zone_line(name, "TXT", texts[0]), where="your DNS host")
            return [
                self.say.fail(
                    rule, self.domain, said, severity=Severity.LOW, evidence=evidence, remedy=remedy, via=answer.via
                )
            ]
        said = f"{self.domain} publishes no {what}, and a launch needs none"
        return [self.say.passed(rule, self.domain, said, evidence=evidence, via=answer.via)]

    # -- MTA-STS -------------------------------------------------------------------------------------------------

    async def mta_sts(self) -> list[Finding]:
        say, domain, name = self.say, self.domain, f"_mta-sts.{self.domain}"
        found = await self._one(name, "STSv1", "mta-sts", "MTA-STS")
        if isinstance(found, list):
            return found
        answer, text = found
        record = sts_record(text)
        evidence = [dns_evidence(answer)]
        if record.problems:
            said = f"The MTA-STS record of {domain} has a mistake, so senders pass over it: {record.problems[0]}"
            remedy = Remedy(
                text="Give it an id", paste=zone_line(name, "TXT", "v=STSv1; id=20260101"), where="your DNS host"
            )
            return [say.fail("mta-sts", domain, said, evidence=evidence, remedy=remedy, via=answer.via)]
        return await self._policy_file(evidence, answer.via)

    async def _policy_file(self, evidence: list[Evidence], via: str) -> list[Finding]:
        say, domain = self.say, self.domain
        url = f"https://mta-sts.{domain}/.well-known/mta-sts.txt"
        servers, reply = await asyncio.gather(self._servers(), self.world.web.get(url))
        names = servers if isinstance(servers, list) else []
        serve = Remedy(
            text="Serve the policy as plain text at exactly this address, without a redirect, "
            "with a certificate for its host",
            paste="\n".join(["version: STSv1", "mode: testing", *(f"mx: {one}" for one in names), "max_age: 604800"]),
            where=url,
        )
        if isinstance(reply, Failure):
            said = f"The MTA-STS policy of {domain} could not be fetched: {reply.words}"
            if reply.kind in PROVEN:
                evidence = [*evidence, Evidence.of("failure", str(reply), source=url)]
                return [say.fail("mta-sts-policy", domain, said, evidence=evidence, remedy=serve, via=via)]
            return [
                say.unknown(
                    "mta-sts-policy", domain, said, failure=reply, severity=Severity.LOW, evidence=evidence, via=via
                )
            ]
        evidence = [*evidence, Evidence.of("policy", f"{reply.status}\n{reply.text[:2000]}", source=url, at=reply.at)]
        wrong = _wrong_answer(reply)
        if wrong:
            said = f"The MTA-STS policy of {domain} is not served as senders need it: {wrong}"
            return [say.fail("mta-sts-policy", domain, said, evidence=evidence, remedy=serve, via=reply.via)]
        policy = sts_policy(reply.text)
        if policy.problems:
            said = f"The MTA-STS policy of {domain} has a mistake: {policy.problems[0]}"
            return [say.fail("mta-sts-policy", domain, said, evidence=evidence, remedy=serve, via=reply.via)]
        if isinstance(servers, Failure):
            said = f"Whether the MTA-STS policy of {domain} names its mail servers could not be seen"
            return [
                say.unknown(
                    "mta-sts-mx", domain, said, failure=servers, severity=Severity.LOW, evidence=evidence, via=reply.via
                )
            ]
        return await self._against_servers(policy, servers, evidence, reply, serve)

    async def _against_servers(
        self, policy: Policy, servers: list[str], evidence: list[Evidence], reply: Reply, serve: Remedy
    ) -> list[Finding]:
        say, domain = self.say, self.domain
        missing = [
            host for host in servers if policy.mode != "none" and not any(mx_matches(one, host) for one in policy.mx)
        ]
        if missing:
            turned = (
                "senders turn mail away from it"
                if policy.mode == "enforce"
                else "senders will turn mail away from it once it is enforced"
            )
            said = f"The MTA-STS policy of {domain} does not name its mail server {missing[0]}: {turned}"
            make = say.fail if policy.mode == "enforce" else say.warn
            severity = Severity.HIGH if policy.mode == "enforce" else Severity.MEDIUM
            remedy = Remedy(text=serve.text, paste=serve.paste.replace("testing", policy.mode), where=serve.where)
            return [
                make("mta-sts-mx", domain, said, severity=severity, evidence=evidence, remedy=remedy, via=reply.via)
            ]
        findings = [
            say.passed(
                "mta-sts",
                domain,
                f"{domain} publishes MTA-STS, mode {policy.mode}, and its policy is right",
                evidence=evidence,
            )
        ]
        if policy.mode == "enforce":
            sights = await asyncio.gather(*(self._sight(host) for host in servers))
            findings += [
                finding
                for host, sight in zip(servers, sights, strict=True)
                for finding in self._certificate(host, sight)
            ]
        return findings

    def _sight(self, host: str) -> asyncio.Task[TlsSight | Failure]:
        """One TLS look at a mail server, shared."""
        if host not in self._greeted:
            self._greeted[host] = asyncio.ensure_future(self.world.tls.look(host, 25, starttls="smtp"))
        return self._greeted[host]

    def _certificate(self, host: str, sight: TlsSight | Failure) -> list[Finding]:
        """Under enforce a sender needs a certificate that verifies for the mail server's name."""
        say = self.say
        remedy = Remedy(
            text="Give the mail server a certificate for its name, or set the policy's "
            "mode to testing until it has one",
            paste="mode: testing",
            where="the MTA-STS policy file",
        )
        if isinstance(sight, Failure):
            if sight.kind == "tls":
                said = f"{host} does not encrypt, and the MTA-STS policy tells senders to insist on it"
                evidence = [Evidence.of("failure", str(sight))]
                return [say.fail("mta-sts-certificate", host, said, evidence=evidence, remedy=remedy)]
            said = f"Whether {host} shows a certificate that senders accept could not be tried from here: {sight.words}"
            return [say.info("mta-sts-certificate", host, said, evidence=[Evidence.of("failure", str(sight))])]
        evidence = [
            Evidence.of("certificate", f"{sight.leaf.subject}\n{', '.join(sight.leaf.names)}", source=host, at=sight.at)
        ]
        if sight.verified:
            said = f"{host} shows a certificate that senders accept"
            return [say.passed("mta-sts-certificate", host, said, evidence=evidence, via=sight.via)]
        said = (
            f"The certificate of {host} does not verify, and the MTA-STS policy tells "
            "senders to insist on it: mail "
            "is turned away"
        )
        return [say.fail("mta-sts-certificate", host, said, evidence=evidence, remedy=remedy, via=sight.via)]

    # -- the others ----------------------------------------------------------------------------------------------

    async def reports(self) -> list[Finding]:
        """TLS-RPT."""
        name = f"_smtp._tls.{self.domain}"
        found = await self._one(name, "TLSRPTv1", "tls-rpt", "TLS reports")
        if isinstance(found, list):
            return found
        answer, text = found
        record = tls_report(text)
        if record.problems:
            said = f"The TLS-RPT record of {self.domain} has a mistake: {record.problems[0]}"
            line = zone_line(name, "TXT", f"v=TLSRPTv1; rua=mailto:tls@{self.domain}")
            remedy = Remedy(text="Name an address that takes the reports", paste=line, where="your DNS host")
            evidence = [dns_evidence(answer)]
            return [
                self.say.fail(
                    "tls-rpt",
                    self.domain,
                    said,
                    severity=Severity.LOW,
                    evidence=evidence,
                    remedy=remedy,
                    via=answer.via,
                )
            ]
        said = f"Reports about encryption go to {record.values['rua']}"
        return [self.say.passed("tls-rpt", self.domain, said, evidence=[dns_evidence(answer)], via=answer.via)]

    async def dane(self) -> list[Finding]:
        servers = await self._servers()
        if isinstance(servers, Failure):
            said = f"Whether the mail servers of {self.domain} publish DANE could not be looked up"
            return [self.say.unknown("dane", self.domain, said, failure=servers, severity=Severity.LOW)]
        groups = await asyncio.gather(*(self._dane_of(host) for host in servers))
        return [finding for group in groups for finding in group]

    async def _dane_of(self, host: str) -> list[Finding]:
        return await dane_of(self.say, self.world, self.domain, host, lambda: self._sight(host))

    async def brand(self) -> list[Finding]:
        """BIMI: a record without an enforced DMARC policy shows no mark anywhere."""
        name = f"default._bimi.{self.domain}"
        found = await self._one(name, "BIMI1", "bimi", "brand mark (BIMI)")
        if isinstance(found, list):
            return found
        say, domain = self.say, self.domain
        answer, text = found
        record = bimi(text)
        evidence = [dns_evidence(answer)]
        if record.problems:
            said = f"The BIMI record of {domain} has a mistake: {record.problems[0]}"
            remedy = Remedy(
                text="Correct it",
                paste=zone_line(name, "TXT", f"v=BIMI1; l=https://{domain}/logo.svg"),
                where="your DNS host",
            )
            return [
                say.warn("bimi", domain, said, severity=Severity.LOW, evidence=evidence, remedy=remedy, via=answer.via)
            ]
        dmarc = await discover(self.world.dns, domain)
        if dmarc.failure is not None:
            said = f"Whether DMARC of {domain} lets its brand mark show could not be looked up"
            return [
                say.unknown(
                    "bimi",
                    domain,
                    said,
                    failure=dmarc.failure,
                    severity=Severity.LOW,
                    evidence=evidence,
                    via=answer.via,
                )
            ]
        if dmarc.effective not in ("quarantine", "reject"):
            said = (
                f"The brand mark of {domain} is shown nowhere while its DMARC policy is {dmarc.effective or 'missing'}"
            )
            line = zone_line(f"_dmarc.{domain}", "TXT", f"v=DMARC1; p=quarantine; rua=mailto:dmarc@{domain}")
            remedy = Remedy(text="Enforce DMARC once its reports are clean", paste=line, where="your DNS host")
            return [
                say.warn("bimi", domain, said, severity=Severity.LOW, evidence=evidence, remedy=remedy, via=answer.via)
            ]
        return [
            say.passed(
                "bimi",
                domain,
                f"{domain} publishes a brand mark, and DMARC lets it show",
                evidence=evidence,
                via=answer.via,
            )
        ]


def _wrong_answer(reply: Reply) -> str:
    """Why senders do not take this answer for the policy (section 3.3); empty where they do."""
    if 300 <= reply.status < 400:
        return f"it redirects ({reply.status}), which senders do not follow"
    if reply.status != 200:
        return f"the address answers {reply.status}"
    if reply.content_type != "text/plain":
        return f"it comes as {reply.content_type or 'nothing'}, not as text/plain"
    return ""
