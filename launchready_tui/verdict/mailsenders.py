"""Who sends mail for the launch, and whether SPF lets each send and DKIM has a key of each: for the panel of stage 3
and the folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import facts
from ..findings import State, worst
from .model import Judged, Standing

if TYPE_CHECKING:
    from ..launch.model import Launch

_TOLD = {
    State.PASS: "yes",
    State.WARN: "weak",
    State.FAIL: "no",
    State.UNKNOWN: "unknown",
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
        return _made(own, _about(spf, own), _keys(dkim, lambda fact: fact.domain == own))
    row = service(known.name)
    # What is wrong with the record as a whole is wrong for every service that it names.
    allowed = [one for one in _about(spf, domain) if not (named := _services(one)) or known.name in named]
    keys = _keys(dkim, lambda fact: fact.service == known.name)
    return _made(known.name, allowed, keys, needs_spf=row is None or bool(row.spf))


def _about(findings: tuple[Judged, ...], subject: str) -> list[Judged]:
    return [one for one in findings if one.finding.subject == subject]


def _senders(judged: Judged) -> list[facts.MailSender]:
    return [fact for fact in judged.finding.facts if isinstance(fact, facts.MailSender)]


def _services(judged: Judged) -> set[str]:
    """The services that a finding speaks of."""
    return {fact.service for fact in _senders(judged)}


def _keys(findings: tuple[Judged, ...], wanted: Callable[[facts.MailSender], bool]) -> list[tuple[Judged, list[str]]]:
    """The findings on keys of the senders that are wanted, each with the selectors that it was judged by."""
    return [
        (one, [selector for fact in found for selector in fact.selectors])
        for one in findings
        if (found := [fact for fact in _senders(one) if wanted(fact)])
    ]


def _made(name: str, spf: list[Judged], dkim: list[tuple[Judged, list[str]]], *, needs_spf: bool = True) -> MailSender:
    allowed = _state(spf) if needs_spf else State.PASS
    signed = _state([one for one, _ in dkim])
    selectors = dict.fromkeys(name for one, names in dkim if one.state is State.PASS for name in names)
    with_keys = f"{_TOLD.get(signed, str(signed))}{', by ' + ', '.join(selectors) if selectors else ''}"
    return MailSender(
        name, worst([allowed, signed]), _TOLD.get(allowed, str(allowed)) if needs_spf else "needs none", with_keys
    )


def _state(found: list[Judged]) -> State:
    return worst([one.state for one in found if one.state is not State.INFO])


def spf_trees(standings: Mapping[str, Standing]) -> tuple[facts.SpfTree, ...]:
    """The record of each domain that has one, with all that it includes."""
    found: dict[str, facts.SpfTree] = {}
    for judged in standings["email.spf"].findings if "email.spf" in standings else ():
        tree = judged.finding.fact(facts.SpfTree)
        if tree is not None:
            found.setdefault(tree.domain, tree)
    return tuple(found.values())
