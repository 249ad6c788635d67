"""Who sends mail for the launch, and whether SPF lets each send and DKIM has a key of each: for the panel of stage 3
and the folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..findings import State, worst
from .model import Judged, Standing

if TYPE_CHECKING:
    from ..launch.model import Launch

_TOLD = {
    State.PASS: "yes",
    State.WARN: "weak",
    State.FAIL: "no",
    State.UNKNOWN: "not known",
    State.ACCEPTED: "no, accepted",
}


@dataclass(frozen=True, slots=True)
class MailSender:
    """`spf` and `dkim` in a few words, `state` the worse of the two."""

    name: str
    state: State
    spf: str
    dkim: str


def mail_senders(launch: Launch, standings: Mapping[str, Standing]) -> tuple[MailSender, ...]:
    """One row a sender of the launch file, in its order: services by their names, sending domains of one's own."""
    spf, dkim = (standings[name].findings if name in standings else () for name in ("email.spf", "email.dkim"))
    return tuple(_row(launch.domain, sender, spf, dkim) for sender in launch.email.senders)


def _row(domain: str, sender: str, spf: tuple[Judged, ...], dkim: tuple[Judged, ...]) -> MailSender:
    from ..checks.audit.providers import sender_called
    from ..mail.auth.senders import service

    known = sender_called(sender) if "." not in sender else None
    if known is None:
        own = sender.lower()
        return _made(own, _about(spf, own), [one for one in dkim if one.finding.subject.endswith(f"._domainkey.{own}")])
    row = service(known.name)
    # What is wrong with the record as a whole is wrong for every service that it names.
    allowed = [
        one
        for one in _about(spf, domain)
        if one.finding.rule != "email.spf.sender" or known.name in one.finding.summary
    ]
    selectors = row.selectors if row else ()
    keys = [
        one
        for one in dkim
        if one.finding.subject == known.name
        or one.finding.subject.partition("._domainkey.")[0] in selectors
        or one.finding.summary.find(f" for {known.name}") > 0
    ]
    return _made(known.name, allowed, keys, needs_spf=row is None or bool(row.spf))


def _about(findings: tuple[Judged, ...], subject: str) -> list[Judged]:
    return [one for one in findings if one.finding.subject == subject]


def _made(name: str, spf: list[Judged], dkim: list[Judged], *, needs_spf: bool = True) -> MailSender:
    allowed = _state(spf) if needs_spf else State.PASS
    signed = _state(dkim)
    seen = [one for one in dkim if one.state is State.PASS and "._domainkey." in one.finding.subject]
    selectors = dict.fromkeys(one.finding.subject.partition("._domainkey.")[0] for one in seen)
    with_keys = f"{_TOLD.get(signed, str(signed))}{', by ' + ', '.join(selectors) if selectors else ''}"
    return MailSender(
        name, worst([allowed, signed]), _TOLD.get(allowed, str(allowed)) if needs_spf else "needs none", with_keys
    )


def _state(found: list[Judged]) -> State:
    return worst([one.state for one in found if one.state is not State.INFO])


def spf_trees(standings: Mapping[str, Standing]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each domain whose SPF record was read, with its includes as lines, indented, each with the look-ups it costs."""
    found: dict[str, tuple[str, ...]] = {}
    for judged in standings["email.spf"].findings if "email.spf" in standings else ():
        for one in judged.finding.evidence:
            if one.label == "tree":
                found.setdefault(judged.finding.subject, tuple(one.text.splitlines()))
    return tuple(found.items())
