"""The product's mails as they were tested, each in each mailbox: for the panel of stage 3 and the handover folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..findings import State, worst
from ..mail.flow.model import WORDS
from .model import Judged, Standing

CHECKS = ("email.flows", "email.inbox")


@dataclass(frozen=True, slots=True)
class MailTest:
    """`what` names mail and mailbox, `where` folder and seconds, `told` the worst that was found, empty where all is
    well.

    `folder` and `seconds` are the two parts of `where`, `verdicts` what the receiver said of SPF, DKIM and DMARC;
    empty where not seen.
    """

    what: str
    state: State
    where: str
    told: str
    at: datetime | None
    folder: str = ""
    seconds: str = ""
    verdicts: str = ""


def mail_tests(standings: Mapping[str, Standing]) -> tuple[MailTest, ...]:
    """One row a mail and mailbox, in the order in which a person meets them; empty where none was tested."""
    by_subject: dict[str, list[Judged]] = {}
    for check in CHECKS:
        for judged in standings[check].findings if check in standings else ():
            if _seen(judged):
                by_subject.setdefault(judged.finding.subject, []).append(judged)
    order = list(WORDS.values())

    def place(subject: str) -> tuple[int, str]:
        what = subject.partition(", ")[0]
        return order.index(what) if what in order else len(order), subject

    return tuple(_row(subject, by_subject[subject]) for subject in sorted(by_subject, key=place))


def _seen(judged: Judged) -> list[str]:
    return next((one.text.splitlines() for one in judged.finding.evidence if one.label == "test"), [])


def _row(subject: str, found: list[Judged]) -> MailTest:
    state = worst([one.state for one in found])
    first = next((one for one in found if one.state is state), found[0])
    lines = _seen(first)
    where = next((line for line in lines if line.startswith("in ")), "")
    at = next((one.at for one in first.finding.evidence if one.label == "test"), None)
    folder, _, after = where.removeprefix("in ").partition(" after ")
    verdicts = next((line.rpartition(" (")[0] for line in lines if line.startswith("SPF ")), "")
    told = "" if state is State.PASS else first.finding.summary
    return MailTest(subject, state, where, told, at, folder, after, verdicts)


def not_tested(standings: Mapping[str, Standing]) -> tuple[str, ...]:
    """The mails that the launch file names and that have no test, in words."""
    found = standings["email.flows"].findings if "email.flows" in standings else ()
    return tuple(one.finding.subject for one in found if one.finding.rule == "email.flows.untested")
