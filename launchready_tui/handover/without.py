"""Without me: what breaks when one person is gone, and what to do first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import text
from ..checks.handover.bus_factor import LOOKERS, fixers
from ..findings import Severity
from ..launch.cards import scenarios_of
from ..launch.papers import Papers
from ..persons import PersonId
from ..wording import plural

if TYPE_CHECKING:
    from ..workspace import Workspace

_ORDER = {severity: severity.weight for severity in Severity}


@dataclass(frozen=True, slots=True)
class Break:
    """One thing that ends with them."""

    area: str
    """`access`, `account`, `billing`, `recovery mail`, `alerts`, `backups`, `cards`, `launch day`, `decisions`,
    `watcher`."""
    what: str
    severity: Severity
    first: str
    """What to do, and where."""


@dataclass(frozen=True, slots=True)
class Without:
    """All that breaks, the heaviest first; `keeps` says who could take over most."""

    person: PersonId
    breaks: tuple[Break, ...]
    systems: tuple[str, ...]
    """Every system they can get into, which has to be closed behind them."""

    @property
    def first(self) -> tuple[str, ...]:
        """What to do, in order, each once."""
        return tuple(dict.fromkeys(one.first for one in self.breaks))


def without(source: Workspace, person: str) -> Without:
    """What the business loses with this person, by what is written down. Nothing is changed by asking."""
    papers = Papers(source.people, source.inventory)
    found = [
        *_access(papers, person),
        *_accounts(papers, person),
        *_alerts(source, person),
        *_knowledge(papers, person),
        *_day(papers, person),
        *_decisions(source, person),
    ]
    systems = tuple(dict.fromkeys(one.system for one in source.inventory.access if one.person == person))
    return Without(PersonId(person), tuple(sorted(found, key=lambda one: _ORDER[one.severity])), systems)


def _access(papers: Papers, person: str) -> list[Break]:
    found = []
    for system in papers.inventory.systems:
        name = _name(papers, system.id)
        hands = fixers(papers, system.id)
        if person not in hands:
            continue
        rest = tuple(who for who in hands if who != person)
        if not rest:
            first = f"Invite a second person to {name} and have them log in once while {person} is still available"
            found.append(Break("access", f"No one else can fix {name}", Severity.BLOCKER, first))
        elif len(rest) == 1:
            first = f"Invite another person to {name}: {rest[0]} would be alone"
            found.append(Break("access", f"Only {rest[0]} is left to fix {name}", Severity.HIGH, first))
    shared = [one.system for one in papers.inventory.access if one.shared and one.person == person]
    for system_id in dict.fromkeys(shared):
        name = _name(papers, system_id)
        first = f"Change the shared password for {name} on their last day"
        found.append(Break("access", f"They know the shared log-in for {name}", Severity.HIGH, first))
    ways = [one for one in papers.inventory.access if one.person == person and one.role.casefold() not in LOOKERS]
    keys = [one.credential for one in ways if one.credential]
    if keys:
        first = "Rotate the keys they could read: " + ", ".join(dict.fromkeys(map(text.clean, keys)))
        found.append(
            Break("access", f"They could read {len(set(keys))} of the keys in the vault", Severity.MEDIUM, first)
        )
    return found


def _accounts(papers: Papers, person: str) -> list[Break]:
    found = []
    for system in papers.inventory.systems:
        name = _name(papers, system.id)
        if system.account_owner == person and system.business_owned != "yes":
            first = f"Move the {name} account to the business before anything else"
            found.append(Break("account", f"They own the {name} account", Severity.BLOCKER, first))
        elif system.account_owner == person:
            first = f"Transfer the {name} account to another name"
            found.append(Break("account", f"The {name} account is in their name", Severity.HIGH, first))
        if system.billing_owner == person:
            first = f"Change the card and billing address of {name}"
            found.append(Break("billing", f"The bill for {name} goes to them", Severity.HIGH, first))
        if system.recovery_contact == person:
            first = f"Change the recovery address and phone number of {name}"
            found.append(
                Break("recovery mail", f"A lost log-in to {name} can only be reset through them", Severity.HIGH, first)
            )
    for renewal in papers.inventory.renewals:
        if renewal.owner == person:
            what = f"{text.clean(renewal.subject)} expires on {renewal.on.isoformat()}, and they are responsible"
            found.append(
                Break("billing", what, Severity.MEDIUM, f"Name someone else for {text.clean(renewal.subject)}")
            )
    for cap in papers.inventory.caps:
        if cap.owner == person:
            name = _name(papers, cap.system)
            found.append(
                Break(
                    "billing",
                    f"No one is alerted when the bill for {name} grows",
                    Severity.HIGH,
                    f"Send the billing alert for {name} to someone else",
                )
            )
    return found


def _alerts(source: Workspace, person: str) -> list[Break]:
    found = []
    alerts = source.launch.alerts
    own = [one for one in alerts if one.owner == person]
    others = [one for one in alerts if one.owner and one.owner != person]
    for alert in own:
        severity = Severity.HIGH if others else Severity.BLOCKER
        what = f"No one acts on the alert {text.clean(alert.name)}"
        first = f"Name another owner for the alert {text.clean(alert.name)} in launchready.toml and send a test alert"
        found.append(Break("alerts", what, severity, first))
    if own and not source.launch.watch.always_on:
        what = "The watch may run on their machine and would stop with it"
        first = "Run the watch on a machine that stays on, and set always_on = true"
        found.append(Break("watcher", what, Severity.HIGH, first))
    if source.launch.safety.owner == person:
        first = "Name someone else under [safety] in launchready.toml, and send user reports to them"
        found.append(Break("alerts", "No one reviews user reports", Severity.HIGH, first))
    permission = source.launch.permission
    if permission is not None and permission.by == person:
        first = "Have someone from the business renew the permission in launchready.toml"
        found.append(Break("decisions", "They gave the permission for the checks", Severity.LOW, first))
    return found


def _knowledge(papers: Papers, person: str) -> list[Break]:
    found = []
    for backup in papers.inventory.backups:
        if backup.owner == person:
            store = text.clean(backup.store)
            first = f"Name another owner for the backup of {store} and have them test a restore"
            found.append(Break("backups", f"No one is responsible for the backup of {store}", Severity.HIGH, first))
    for card in papers.inventory.recovery:
        title = text.clean(card.title)
        if card.rehearsed_by == person:
            weight = Severity.HIGH if scenarios_of(card) & {"release", "data"} else Severity.MEDIUM
            first = f"Have someone else follow the card “{title}” once, without help"
            found.append(Break("cards", f"Only they have ever tried the card “{title}”", weight, first))
        elif not card.command and person in card.escalate.split():
            found.append(
                Break(
                    "cards",
                    f"The card “{title}” only says to call them",
                    Severity.HIGH,
                    f"Write down the steps of “{title}”",
                )
            )
        elif person in card.escalate.replace(",", " ").split():
            found.append(
                Break(
                    "cards", f"The card “{title}” calls them", Severity.LOW, f"Name someone else in the card “{title}”"
                )
            )
    return found


def _day(papers: Papers, person: str) -> list[Break]:
    found = []
    plan = papers.inventory.plan
    ladder = [one.person for one in papers.inventory.contacts if not papers.has_left(one.person)]
    if person in ladder:
        rest = [one for one in ladder if one != person]
        severity = Severity.BLOCKER if not rest else Severity.HIGH if len(set(rest)) == 1 else Severity.LOW
        left = (
            "no one is left to call"
            if not rest
            else f"{len(set(rest))} {'contact is' if len(set(rest)) == 1 else 'contacts are'} left"
        )
        first = "Add another person to the call list"
        found.append(Break("launch day", f"They are on the call list; {left}", severity, first))
    if plan.decider == person:
        found.append(Break("launch day", "They decide go or no-go", Severity.HIGH, "Name someone else to decide"))
    for duty in papers.inventory.duties:
        if duty.person == person:
            deputy = f"{duty.deputy} is their deputy" if duty.deputy and duty.deputy != person else "there is no deputy"
            weight = Severity.LOW if duty.deputy and duty.deputy != person else Severity.MEDIUM
            found.append(
                Break("launch day", f"They are the {duty.duty}, {deputy}", weight, f"Name another {duty.duty}")
            )
    return found


def _decisions(source: Workspace, person: str) -> list[Break]:
    found = []
    verdict = source.verdict()
    open_ones = [one for one in verdict.fixes if (one.owner or verdict.standings[one.finding.check].owner) == person]
    if open_ones:
        first = "Reassign their open problems in the fix order (x)"
        found.append(Break("decisions", f"They own {plural(len(open_ones), 'open problem')}", Severity.MEDIUM, first))
    words = [
        one.spec.title
        for one in verdict.standings.values()
        if one.confirmation and one.confirmation.by == person and not one.stale
    ]
    if words:
        what = f"Only their word backs {plural(len(words), 'check')}; it expires after 30 days"
        found.append(
            Break("decisions", what, Severity.LOW, "Have someone else check and confirm: " + ", ".join(words[:5]))
        )
    return found


def _name(papers: Papers, system: str) -> str:
    return text.clean(papers.inventory.name_of(system))
