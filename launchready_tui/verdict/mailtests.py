"""The product's mails as they were tested, each in each mailbox: for the panel of stage 3 and the handover folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .. import facts
from ..findings import State, worst
from ..mail.flow.model import FLOWS, WORDS, spent
from .model import Judged, Standing

CHECKS = ("email.flows", "email.inbox")


@dataclass(frozen=True, slots=True)
class MailTest:
    """`mail` in words, `told` the worst that was found, empty where all is well. `folder` is where the mail lay,
    `seconds` how long it took, `verdicts` what the receiver said of SPF, DKIM and DMARC; empty where not seen."""

    mail: str
    mailbox: str
    state: State
    told: str
    folder: str = ""
    seconds: str = ""
    verdicts: str = ""

    @property
    def what(self) -> str:
        """Mail and mailbox."""
        return f"{self.mail}, {self.mailbox}"

    @property
    def where(self) -> str:
        """Folder and seconds."""
        return f"in {self.folder}{f' after {self.seconds}' if self.seconds else ''}" if self.folder else ""


def mail_tests(standings: Mapping[str, Standing]) -> tuple[MailTest, ...]:
    """One row a mail and mailbox, in the order in which a person meets them; empty where none was tested."""
    found: dict[tuple[str, str], list[tuple[Judged, facts.MailTest]]] = {}
    for check in CHECKS:
        for judged in standings[check].findings if check in standings else ():
            if (test := judged.finding.fact(facts.MailTest)) is not None:
                found.setdefault((test.mail, test.mailbox), []).append((judged, test))
    return tuple(_row(found[key]) for key in sorted(found, key=_place))


def _place(key: tuple[str, str]) -> tuple[int, str, str]:
    mail, mailbox = key
    return next((n for n, name in enumerate(FLOWS) if name == mail), len(FLOWS)), mail, mailbox


def _row(found: list[tuple[Judged, facts.MailTest]]) -> MailTest:
    state = worst([one.state for one, _ in found])
    judged, test = next((pair for pair in found if pair[0].state is state), found[0])
    verdicts = (("SPF", test.spf), ("DKIM", test.dkim), ("DMARC", test.dmarc))
    return MailTest(
        mail=WORDS.get(test.mail, test.mail),
        mailbox=test.mailbox,
        state=state,
        told="" if state is State.PASS else judged.finding.summary,
        folder=f"{test.folder}{f', tab {test.tab}' if test.tab else ''}" if test.folder else "",
        seconds=spent(test.seconds) if test.folder and test.seconds is not None else "",
        verdicts=", ".join(f"{name} {word or 'not reported'}" for name, word in verdicts)
        if any(word for _, word in verdicts)
        else "",
    )


def not_tested(standings: Mapping[str, Standing]) -> tuple[str, ...]:
    """The mails that the launch file names and that have no test, in words."""
    found = standings["email.flows"].findings if "email.flows" in standings else ()
    return tuple(one.finding.subject for one in found if one.finding.rule == "email.flows.untested")
