"""Who receives and who sends mail, from what the checks saw and the launch file names."""

from __future__ import annotations

from ..facts import DnsRecords
from .snapshot import Snapshot


def receiver(shot: Snapshot) -> str:
    """The company that receives mail, or the mail servers themselves where none is known."""
    from ..checks.audit.providers import mailbox

    servers = list(
        dict.fromkeys(
            record.partition(" ")[2]
            for check in ("audit.email-provider", "email.mx")
            for one in shot.standing(check).findings
            for fact in one.finding.facts
            if isinstance(fact, DnsRecords) and (fact.name, fact.type) == (shot.launch.domain, "MX")
            for record in fact.records
        )
    )
    return mailbox(servers) or ", ".join(servers)


def senders(shot: Snapshot) -> list[str]:
    """The services that send mail, by the names people know: those of the launch file."""
    from ..checks.audit.providers import sender_called

    found = (sender_called(name) for name in shot.launch.email.senders)
    return list(dict.fromkeys(one.name for one in found if one is not None))
