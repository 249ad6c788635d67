"""email.dkim: every service that sends has a key in the DNS, and the keys are ones that receivers take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from ....facts import MailSender
from ....findings import Evidence, Finding
from ....journal import JournalError
from ....mail.auth.dkim_lookup import Found, answers_anything, key_name, look_up, probe, signs_at_all
from ....mail.auth.dkim_record import GOOD_BITS, MIN_BITS, pointed
from ....mail.auth.senders import Service, service, usual_selectors
from ....mail.auth.senders import services as known_services
from ....mail.flow.model import WORDS, Trial
from ...audit.providers import sender_called
from ...base import Say, check
from ...paste import zone_line
from ...seen import dns_evidence
from ..fresh import Fresh, with_newest
from ..kept import evidence, selectors
from ..place import dressed

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World


@check("email.dkim")
async def dkim(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The launch domain and the sending domains below it: selectors of the launch file, those of the services that it
    names, and those that delivered mails were signed with."""
    say = Say("email.dkim", world.clock.now())
    senders = [sender.lower() for sender in launch.email.senders]
    domains = tuple(dict.fromkeys((launch.domain, *(name for name in senders if name.endswith("." + launch.domain)))))
    rows = [row for sender in senders if "." not in sender and (row := sender_called(sender))]
    services = tuple(found for row in rows if (found := service(row.name)))
    declared = tuple(dict.fromkeys(selector.lower() for selector in launch.email.selectors))
    known = (*declared, *(one for row in services for one in row.selectors))
    try:
        learned = await selectors(world, domains)
    except JournalError:
        learned = {}  # email.flows reports that the tests cannot be read
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
        """Nothing is declared: the usual selectors are tried, and what that proves is reported."""
        say, domain = self.say, self.domain
        tried = usual_selectors()
        if await answers_anything(ask, domain):
            return [say.unknown("selector", domain, "wildcard")]
        found = await probe(ask, domain, tried)
        keys = [one for one in found if one.key is not None or one.several]
        if keys:
            return [finding for one in keys for finding in self._key(one, declared=False)] + self._algorithm(found)
        failed = next((one for one in found if one.failure is not None), None)
        if failed is not None:
            return [say.unknown("missing", domain, "any", failure=failed.failure)]
        if await signs_at_all(ask, domain) is False:
            return [say.fail("missing", domain, "none")]
        return [say.unknown("selector", domain, tried=len(tried))]

    # -- what is declared ----------------------------------------------------------------------------------------

    def _declared(self, selector: str, found: list[Found]) -> list[Finding]:
        """A selector of the launch file: it must have a key at one of the domains at least."""
        say, mine = self.say, [one for one in found if one.selector == selector]
        there = [one for one in mine if one.key is not None or one.several]
        if there:
            return [finding for one in there for finding in self._key(one, declared=True)]
        subject, seen = key_name(selector, self.domain), _looked(mine)
        failed = next((one for one in mine if one.failure is not None), None)
        if failed is not None:
            return [say.unknown("missing", subject, name=failed.name, failure=failed.failure, evidence=seen)]
        fix, via = say.fix("publish", key=subject), _via(mine)
        return [say.fail("missing", subject, selector=selector, evidence=seen, remedy=fix, via=via)]

    def _learned(self, one: Found, trial: Trial) -> list[Finding]:
        """A selector that a delivered mail was signed with. The launch file need not name it, but then it is forgotten
        after 30 days."""
        say, mail = self.say, WORDS[trial.flow]
        if one.failure is not None:
            about = _about(one)
            return [say.unknown("missing", one.name, "learned-unseen", mail=mail, failure=one.failure, evidence=about)]
        if one.absent:
            fix, via, seen = say.fix("publish", key=one.name), _via([one]), _looked([one])
            return [
                say.fail(
                    "missing",
                    one.name,
                    "learned",
                    mail=mail,
                    selector=one.selector,
                    evidence=seen,
                    remedy=fix,
                    via=via,
                )
            ]
        findings = self._key(one, declared=True)
        if one.selector not in self.declared:
            selectors = dict.fromkeys((*self.declared, *(name for name, _ in self.learned)))
            names = ", ".join(f'"{name}"' for name in selectors)
            seen, via = evidence(trial), trial.via
            given = say.info("learned", one.name, mail=mail, selector=one.selector, names=names, evidence=seen, via=via)
            findings.append(given)
        return findings

    async def _service(self, ask: Fresh, row: Service, found: list[Found], shown: set[str]) -> list[Finding]:
        """A service that sends: a key of its own at one of the domains."""
        say = self.say
        mine = [one for one in found if row in _owners(one)]
        there = [one for one in mine if one.key is not None or one.several]
        if there:
            return [finding for one in there if one.name not in shown for finding in self._key(one, declared=False)]
        others = {one for other in self.services if other is not row for one in other.selectors}
        known = {*self.declared, *(selector for selector, _ in self.learned)}
        if row.own and any(
            one.key is not None and one.selector in known and one.selector not in others for one in found
        ):
            return []  # its selector is the account's own, and the launch file or a delivered mail has one
        fact = MailSender(domain=self.domain, service=row.name, selectors=row.selectors)
        about = [Evidence.of("sender", row.name, source="[email] senders", fact=fact)]
        failed = next((one for one in mine if one.failure is not None), None)
        if failed is not None:
            return [
                say.unknown(
                    "missing", row.name, "service-unseen", domain=self.domain, failure=failed.failure, evidence=about
                )
            ]
        if row.own and await signs_at_all(ask, self.domain) is not False:
            return [say.unknown("selector", row.name, "own", setup=row.setup, evidence=about)]
        names = tuple(f"{selector}._domainkey" for selector in row.selectors[:2])
        answers = [dns_evidence(one.answer) for one in mine if one.answer is not None][:4]
        key = key_name(mine[0].selector if mine else "<selector>", self.domain)
        return [
            say.fail(
                "missing",
                row.name,
                "service" if names else "service-own",
                domain=self.domain,
                names=names,
                evidence=[*answers, *about],
                remedy=say.fix(f"publish-{row.style}", service=row.name, setup=row.setup, key=key),
                via=_via(mine),
            )
        ]

    # -- one key -------------------------------------------------------------------------------------------------

    def _key(self, one: Found, *, declared: bool) -> list[Finding]:
        say, name, via, seen = self.say, one.name, _via([one]), _looked([one])
        if one.key is None:
            return [say.fail("multiple", name, count=one.several, evidence=seen, via=via)]
        key = one.key
        if key.problems:
            at = one.answer.at if one.answer else None
            seen.insert(1, Evidence.of("where", pointed(key), source=f"{name} TXT", at=at))
        if key.revoked:
            if declared:
                return [say.fail("revoked", name, evidence=seen, via=via)]
            return [say.info("revoked", name, evidence=seen, via=via)]
        findings = []
        if broken := "; ".join(problem.words for problem in key.problems if problem.flaw == "broken"):
            findings.append(say.fail("broken", name, problem=broken, evidence=seen, via=via))
        if key.has("size"):
            findings.append(say.fail("size", name, bits=key.bits, least=MIN_BITS, evidence=seen, via=via))
        if key.has("sha1"):
            findings.append(say.fail("sha1", name, evidence=seen, via=via))
        if key.has("service"):
            findings.append(say.fail("service", name, evidence=seen, via=via))
        if findings:
            return findings
        if key.has("short"):
            findings.append(say.warn("size", name, bits=key.bits, good=GOOD_BITS, evidence=seen, via=via))
        if key.has("testing"):
            kept = "; ".join(f"{tag}={value}" for tag, value in key.tags if tag != "t")
            fix = say.fix("end-test", line=zone_line(name, "TXT", kept))
            findings.append(say.warn("testing", name, evidence=seen, remedy=fix, via=via))
        if key.has("strict"):
            findings.append(say.info("strict", name, evidence=seen, via=via))
        if not any(finding.state.value == "warn" for finding in findings):
            service = one.service.name if one.service else ""
            message, kind = "service" if service else "pass", "Ed25519" if key.kind == "ed25519" else "RSA"
            given = say.passed(
                "key", name, message, service=service, algorithm=kind, bits=key.bits, evidence=seen, via=via
            )
            findings.append(given)
        return findings

    def _algorithm(self, found: list[Found] | tuple[Found, ...]) -> list[Finding]:
        """ed25519 alone is not enough: many receivers do not know it."""
        say, keys = self.say, [one for one in found if one.key is not None and one.key.usable]
        if not keys or any(one.key is not None and one.key.kind != "ed25519" for one in keys):
            return []
        return [say.warn("algorithm", self.domain, evidence=[dns_evidence(one.answer) for one in keys if one.answer])]


def _via(found: Sequence[Found]) -> str:
    return next((one.answer.via for one in found if one.answer is not None), "")


def _owners(one: Found) -> list[Service]:
    """The services whose usual selector it is, or to which its name leads."""
    return [row for row in known_services() if one.selector in row.selectors or row == one.service]


def _about(one: Found) -> list[Evidence]:
    """Whose key it may be, one piece a service, and where it was looked for."""
    found = []
    for name in [row.name for row in _owners(one)] or [""]:
        fact = MailSender(domain=one.domain, service=name, selectors=(one.selector,))
        text = f"{one.selector}, {name}" if name else one.selector
        found.append(Evidence.of("selector", text, source=one.name, fact=fact))
    return found


def _looked(found: Sequence[Found]) -> list[Evidence]:
    """What was answered, at four names at most, and whose keys these are."""
    answers = [dns_evidence(one.answer) for one in found if one.answer is not None][:4]
    return [*answers, *(piece for one in found for piece in _about(one))]
