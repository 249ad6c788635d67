"""The product's mails as they were tested, each in each mailbox: for the panel of stage 3 and the handover folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..findings import State, worst
from .model import Judged, Standing

CHECKS = ("email.flows", "email.inbox")


@dataclass(frozen=True, slots=True)
class MailTest:
    """`what` names mail and mailbox, `where` folder and seconds, `told` the worst that was found, empty where all is well."""

    what: str
    state: State
    where: str
    told: str
    at: datetime | None


def mail_tests(standings: Mapping[str, Standing]) -> tuple[MailTest, ...]:
    """One row a mail and mailbox, in the order of the findings; empty where none was tested."""
    by_subject: dict[str, list[Judged]] = {}
    for check in CHECKS:
        for judged in standings[check].findings if check in standings else ():
            if _seen(judged):
                by_subject.setdefault(judged.finding.subject, []).append(judged)
    return tuple(_row(subject, found) for subject, found in sorted(by_subject.items()))


def _seen(judged: Judged) -> list[str]:
    return next((one.text.splitlines() for one in judged.finding.evidence if one.label == "test"), [])


def _row(subject: str, found: list[Judged]) -> MailTest:
    state = worst([one.state for one in found])
    first = next((one for one in found if one.state is state), found[0])
    lines = _seen(first)
    where = next((line for line in lines if line.startswith("in ")), "")
    at = next((one.at for one in first.finding.evidence if one.label == "test"), None)
    return MailTest(subject, state, where, "" if state is State.PASS else first.finding.summary, at)
