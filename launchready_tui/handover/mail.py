"""Who receives and who sends mail, from what the checks saw and the launch file names."""

from __future__ import annotations

import re

from .snapshot import Snapshot


def receiver(shot: Snapshot) -> str:
    """The company that receives mail, or the mail servers themselves where none is known."""
    from ..checks.audit.providers import mailbox

    seen = [
        line
        for label in ("audit.email-provider", "email.mx")
        for one in shot.evidence(label, shot.launch.domain, "dns")
        for line in one.splitlines()
    ]
    servers = list(dict.fromkeys(found[1] for line in seen if (found := re.search(r" IN MX \d+ (\S+)$", line))))
    return mailbox(servers) or ", ".join(servers)


def senders(shot: Snapshot) -> list[str]:
    """The services that send mail, by the names people know: those of the launch file."""
    from ..checks.audit.providers import sender_called

    found = (sender_called(name) for name in shot.launch.email.senders)
    return list(dict.fromkeys(one.name for one in found if one is not None))
