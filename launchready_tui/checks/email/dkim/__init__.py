"""email.dkim: every service that sends has a key in the DNS, and the keys are ones that receivers take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ....findings import Evidence, Finding, Remedy, Severity
from ....journal import JournalError
from ....mail.auth.dkim_lookup import Found, answers_anything, key_name, look_up, probe, signs_at_all
from ....mail.auth.dkim_record import pointed
from ....mail.auth.senders import Service, service, usual_selectors
from ....mail.flow.model import WORDS, Trial
from ...audit.providers import sender_called
from ...base import Say, check
from ...paste import zone_line
from ...seen import dns_evidence
from ..fresh import Fresh, with_newest
from ..kept import evidence, selectors
from ..place import dressed
from ..voice import MailSay

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World


@check("email.dkim")
async def dkim(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The launch domain and the sending domains below it: selectors of the launch file, those of the services that it
    names, and those that delivered mails were signed with."""
    say = MailSay("email.dkim", world.clock.now())
    senders = [sender.lower() for sender in launch.email.senders]
    domains = tuple(dict.fromkeys((launch.domain, *(name for name in senders if name.endswith("." + launch.domain)))))
    rows = [row for sender in senders if "." not in sender and (row := sender_called(sender))]
    services = tuple(found for row in rows if (found := service(row.name)))
    declared = tuple(dict.fromkeys(selector.lower() for selector in launch.email.selectors))
    known = (*declared, *(one for row in services for one in row.selectors))
    try:
        learned = await selectors(world, domains)
    except JournalError:
        learned = {}  # email.flows tells that the tests cannot be read
    looked = _Keys(say, launch.domain, domains, declared, services, learned)
    questions = [(key_name(selector, domain), "TXT") for domain in domains for selector in known]
    questions += [(key_name(selector, domain), "TXT") for selector, domain in learned]
    findings = await with_newest(world, say, launch.domain, questions, looked.judge)
    for finding in await dressed(world, launch.domain, findings):
        yield finding


class _Keys:
    """What is declared, and how it is judged."""

    def __init__(
        self,
        say: Say,
        domain: str,
        domains: tuple[str, ...],
        declared: tuple[str, ...],
        services: tuple[Service, ...],
        learned: dict[tuple[str, str], Trial],
    ) -> None:
        self.say = say
        self.domain = domain
        self.domains = domains
        self.declared = declared
        self.services = services
        self.learned = learned

    async def judge(self, ask: Fresh) -> list[Finding]:
        if not self.declared and not self.services and not self.learned:
            return await self._guess(ask)
        wanted = (*self.declared, *(one for row in self.services for one in row.selectors))
        found = [
            one
            for many in await asyncio.gather(*(probe(ask, domain, wanted) for domain in self.domains))
            for one in many
        ]
        findings = [finding for selector in self.declared for finding in self._declared(selector, found)]
        shown = {finding.subject for finding in findings}
        more = [one for one in self.learned if key_name(*one) not in shown]
        seen = await asyncio.gather(*(look_up(ask, *one) for one in more))
        findings += [
            finding for one, key in zip(more, seen, strict=True) for finding in self._learned(key, self.learned[one])
        ]
        shown |= {finding.subject for finding in findings}
        found += [one for one in seen if one.name not in {known.name for known in found}]
        for row in self.services:
            findings += await self._service(ask, row, found, shown)
        return findings + self._algorithm(found)

    async def _guess(self, ask: Fresh) -> list[Finding]:
        """Nothing is declared: the usual selectors are tried, and what that proves is said."""
        say, domain = self.say, self.domain
        tried = usual_selectors()
        if await answers_anything(ask, domain):
            return [self._selector(domain, f"{domain} answers for any selector, so nothing tells which keys are real")]
        found = await probe(ask, domain, tried)
        keys = [one for one in found if one.key is not None or one.several]
        if keys:
            return [finding for one in keys for finding in self._key(one, declared=False)] + self._algorithm(found)
        failed = next((one for one in found if one.failure is not None), None)
        if failed is not None:
            words = f"Whether {domain} publishes signing keys could not be looked up"
            return [say.unknown("missing", domain, words, failure=failed.failure, severity=Severity.BLOCKER)]
        if await signs_at_all(ask, domain) is False:
            words = f"{domain} has no signing key at all: its mail is unsigned, and large mailboxes turn such mail away"
            text = "Switch DKIM on at the service that sends your mail, and publish the record that it shows"
            return [
                say.fail(
                    "missing",
                    domain,
                    words,
                    severity=Severity.BLOCKER,
                    remedy=Remedy(text=text, where="your sending service"),
                )
            ]
        return [
            self._selector(
                domain,
                f"Nothing tells which keys sign the mail of {domain}: none of {len(tried)} usual selectors has one",
            )
        ]

    def _selector(self, subject: str, words: str, setup: str = "") -> Finding:
        remedy = Remedy(
            text="Test a mail (`launchready mail test`, or `mail judge` with a saved one): its selector is taken "
            "from there. "
            "Or take the name after s= in its DKIM-Signature line" + (f", or look at {setup}" if setup else ""),
            paste='[email]\nselectors = ["<selector>"]',
            where="launchready.toml",
        )
        return self.say.unknown("selector", subject, words, severity=Severity.BLOCKER, remedy=remedy)

    # -- what is declared ----------------------------------------------------------------------------------------

    def _declared(self, selector: str, found: list[Found]) -> list[Finding]:
        """A selector of the launch file: it must have a key at one of the domains at least."""
        mine = [one for one in found if one.selector == selector]
        there = [one for one in mine if one.key is not None or one.several]
        if there:
            return [finding for one in there for finding in self._key(one, declared=True)]
        subject = key_name(selector, self.domain)
        failed = next((one for one in mine if one.failure is not None), None)
        if failed is not None:
            words = f"The signing key at {failed.name} could not be looked up"
            return [self.say.unknown("missing", subject, words, failure=failed.failure, severity=Severity.BLOCKER)]
        return [
            self._missing(
                subject,
                f"Mail is signed with {selector}, and there is no key at {subject}: every signature fails",
                mine,
            )
        ]

    def _learned(self, one: Found, trial: Trial) -> list[Finding]:
        """A selector that a delivered mail was signed with. The launch file need not name it, but then it is forgotten
        after 30 days."""
        say, words = self.say, f"A delivered {WORDS[trial.flow]} was signed with {one.selector}"
        if one.failure is not None:
            said = f"{words}; its key at {one.name} could not be looked up"
            return [say.unknown("missing", one.name, said, failure=one.failure, severity=Severity.BLOCKER)]
        if one.absent:
            return [self._missing(one.name, f"{words}, and there is no key at {one.name}: its signature fails", [one])]
        findings = self._key(one, declared=True)
        if one.selector not in self.declared:
            names = ", ".join(
                f'"{name}"' for name in dict.fromkeys((*self.declared, *(name for name, _ in self.learned)))
            )
            remedy = Remedy(
                text="Write it down, so that it is known without a test mail",
                paste=f"[email]\nselectors = [{names}]",
                where="launchready.toml",
            )
            findings.append(
                say.info("learned", one.name, words, evidence=evidence(trial), remedy=remedy, via=trial.via)
            )
        return findings

    def _missing(self, subject: str, words: str, looked: list[Found], row: Service | None = None) -> Finding:
        evidence = [dns_evidence(one.answer) for one in looked if one.answer is not None][:4]
        name = key_name(looked[0].selector if looked else "<selector>", self.domain)
        who = row.name if row else "your sending service"
        if row is not None and row.style == "cname":
            paste = zone_line(name, "CNAME", f"<target that {who} shows>.")
        else:
            paste = zone_line(name, "TXT", f"v=DKIM1; k=rsa; p=<key that {who} shows>")
        remedy = Remedy(
            text=f"Publish the record that {who} shows" + (f" at {row.setup}" if row else ""),
            paste=paste,
            where="your DNS host",
        )
        via = next((one.answer.via for one in looked if one.answer is not None), "")
        return self.say.fail(
            "missing", subject, words, severity=Severity.BLOCKER, evidence=evidence, remedy=remedy, via=via
        )

    async def _service(self, ask: Fresh, row: Service, found: list[Found], shown: set[str]) -> list[Finding]:
        """A service that sends: a key of its own at one of the domains."""
        mine = [
            one
            for one in found
            if one.selector in row.selectors or (one.service is not None and one.service.name == row.name)
        ]
        there = [one for one in mine if one.key is not None or one.several]
        if there:
            return [finding for one in there if one.name not in shown for finding in self._key(one, declared=False)]
        others = {one for other in self.services if other is not row for one in other.selectors}
        known = {*self.declared, *(selector for selector, _ in self.learned)}
        if row.own and any(
            one.key is not None and one.selector in known and one.selector not in others for one in found
        ):
            return []  # its selector is the account's own, and the launch file or a delivered mail has one
        failed = next((one for one in mine if one.failure is not None), None)
        if failed is not None:
            words = f"Whether {row.name} has a signing key at {self.domain} could not be looked up"
            return [self.say.unknown("missing", row.name, words, failure=failed.failure, severity=Severity.BLOCKER)]
        if row.own and await signs_at_all(ask, self.domain) is not False:
            words = f"{row.name} gives each account selectors of its own, and the launch file names none"
            return [self._selector(row.name, words, row.setup)]
        tried = " and ".join(f"{selector}._domainkey" for selector in row.selectors[:2])
        at = f" at {tried}" if tried else ""
        return [
            self._missing(
                row.name, f"{row.name} sends for {self.domain}, and its signing key is not published{at}", mine, row
            )
        ]

    # -- one key -------------------------------------------------------------------------------------------------

    def _key(self, one: Found, *, declared: bool) -> list[Finding]:
        say, name = self.say, one.name
        via = one.answer.via if one.answer is not None else ""
        seen = [dns_evidence(one.answer)] if one.answer is not None else []
        replace = Remedy(
            text="Publish a new key of 2048 bits at a new selector, let the service sign "
            "with it, then take this one away",
            paste=zone_line(name, "TXT", "v=DKIM1; k=rsa; p=<the new key>"),
            where="your DNS host",
        )
        if one.key is None:
            words = f"{name} has {one.several} keys, and receivers may take any of them: keep the one that signs"
            keep = Remedy(text="Delete all but the one that the service shows", where="your DNS host")
            return [say.fail("multiple", name, words, evidence=seen, remedy=keep, via=via)]
        key = one.key
        if key.problems:
            seen.append(
                Evidence.of("where", pointed(key), source=f"{name} TXT", at=one.answer.at if one.answer else None)
            )
        if key.revoked:
            words = f"The signing key {name} was withdrawn (p= is empty)"
            if not declared:
                return [say.info("revoked", name, words, evidence=seen, via=via)]
            words += ", and mail is signed with it: every signature fails"
            return [say.fail("revoked", name, words, severity=Severity.BLOCKER, evidence=seen, remedy=replace, via=via)]
        findings = []
        for flaw, rule, severity in (
            ("broken", "broken", Severity.BLOCKER),
            ("size", "size", Severity.BLOCKER),
            ("sha1", "sha1", Severity.HIGH),
            ("service", "service", Severity.HIGH),
        ):
            words = "; ".join(problem.words for problem in key.problems if problem.flaw == flaw)
            if words:
                said = f"The signing key {name} cannot be used: {words}"
                findings.append(say.fail(rule, name, said, severity=severity, evidence=seen, remedy=replace, via=via))
        if findings:
            return findings
        if short := key.has("short"):
            findings.append(
                say.warn(
                    "size",
                    name,
                    f"{name}: {short.words}",
                    severity=Severity.LOW,
                    evidence=seen,
                    remedy=replace,
                    via=via,
                )
            )
        if testing := key.has("testing"):
            fixed = "; ".join(f"{tag}={value}" for tag, value in key.tags if tag != "t")
            remedy = Remedy(
                text="Take t=y out of the record", paste=zone_line(name, "TXT", fixed), where="your DNS host"
            )
            findings.append(
                say.warn("testing", name, f"{name}: {testing.words}", evidence=seen, remedy=remedy, via=via)
            )
        if strict := key.has("strict"):
            findings.append(say.info("strict", name, f"{name}: {strict.words}", evidence=seen, via=via))
        if not any(finding.state.value == "warn" for finding in findings):
            size = "ed25519" if key.kind == "ed25519" else f"RSA with {key.bits} bits"
            whose = f" for {one.service.name}" if one.service else ""
            findings.append(
                say.passed("key", name, f"{name} has a good signing key{whose}: {size}", evidence=seen, via=via)
            )
        return findings

    def _algorithm(self, found: list[Found] | tuple[Found, ...]) -> list[Finding]:
        """ed25519 alone is not enough: many receivers do not know it."""
        keys = [one for one in found if one.key is not None and one.key.usable]
        if not keys or any(one.key is not None and one.key.kind != "ed25519" for one in keys):
            return []
        words = f"The only signing key of {self.domain} is ed25519, which many receivers cannot verify yet"
        remedy = Remedy(
            text="Let the service sign with an RSA key of 2048 bits as well",
            paste=zone_line(key_name("<second selector>", self.domain), "TXT", "v=DKIM1; k=rsa; p=<the RSA key>"),
            where="your DNS host",
        )
        return [
            self.say.warn(
                "algorithm",
                self.domain,
                words,
                evidence=[dns_evidence(one.answer) for one in keys if one.answer],
                remedy=remedy,
            )
        ]
