"""07-checklist: what must be true on the day the founder is alone, each line with its state and a place to sign."""

from __future__ import annotations

from dataclasses import dataclass

from ...checks.handover.bus_factor import fixers
from ...findings import State
from ...launch.decisions import SignOff
from ...launch.papers import Papers
from ..blocks import BLANK, Cell
from ..draft import Draft, plain
from ..emergency import rollback
from ..model import Document
from ..snapshot import Snapshot
from ..words import CATEGORIES, NO, UNANSWERED, YES, day, is_answered, standing_cell, state_cell


@dataclass(frozen=True, slots=True)
class Item:
    """One line. It is answered by a check, or by the inventory's systems of a category."""

    group: str
    text: str
    check: str = ""
    category: str = ""

    @property
    def id(self) -> str:
        """How a signature names it."""
        return self.check or f"owns.{self.category}"


ITEMS: tuple[Item, ...] = (
    Item("Ownership", "The business owns the registrar account", category="registrar"),
    Item("Ownership", "The business owns the DNS account", category="dns"),
    Item("Ownership", "The business owns the hosting account", category="hosting"),
    Item("Ownership", "The business owns the code repository", category="code"),
    Item("Ownership", "The business owns the database account", category="database"),
    Item("Ownership", "The business owns the payment account", category="payments"),
    Item("Ownership", "The business owns the mail-sending account", category="email"),
    Item("Ownership", "The business owns the monitoring account", category="monitoring"),
    Item("Access", "Everyone with access is listed, still needs it, and has a second factor", check="handover.access"),
    Item("Access", "Every secret that was ever sent around has been revoked", check="audit.shared-secrets"),
    Item("Access", "All keys are in one vault", check="deploy.secret-store"),
    Item("Access", "Two people can fix production", check="handover.bus-factor"),
    Item("Release", "The path of a change to production is documented", check="audit.deploy-flow"),
    Item("Release", "A release takes one step", check="deploy.release"),
    Item("Release", "A rollback has been rehearsed", check="deploy.rollback"),
    Item("Release", "Sign-up, log-in, booking, payment and reset work", check="deploy.smoke"),
    Item("Recovery", "One complete breakdown has been rehearsed and recovered", check="handover.recovery"),
    Item("Recovery", "Every data store has been restored from its backup", check="handover.backups"),
    Item("Recovery", "An outage is reported within five minutes", check="monitoring.detection"),
    Item("Recovery", "Alerts reach someone who acts", check="monitoring.alerts"),
    Item("Running it", "The domain renews automatically", check="audit.registrar"),
    Item("Running it", "The contact plan for launch day is agreed", check="handover.contacts"),
    Item("Running it", "The documents in this folder are complete and have been read", check="handover.documents"),
    Item("Running it", "The setup can be rebuilt from this folder", check="handover.reproducible"),
)


def write(shot: Snapshot) -> Document:
    """Every line of the checklist with what checks, inventory and signatures say of it."""
    draft = Draft(shot, "checklist", "Handover checklist", "07-checklist.md")
    draft.lead("When every line is true, the founder is in control. Sign only what you have seen yourself.")
    rows = []
    for item in ITEMS:
        state, known_by, look = _by_check(draft, item) if item.check else _by_system(draft, item)
        rows.append((plain(item.group), plain(item.text), state, known_by, plain(look), _signed(shot, item.id)))
    draft.table(
        "Handover checklist",
        "part|+what is true|state|known from|+check it yourself|signed, date",
        rows,
        csv="checklist",
    )
    open_lines = sum(not signature(shot, item.id) for item in ITEMS)
    draft.note(
        f"{len(ITEMS) - open_lines} of {len(ITEMS)} lines are signed. Sign with “launchready sign” or by hand on "
        f"paper. A signature confirms what someone has seen, not what is planned."
    )
    return draft.finish()


def signature(shot: Snapshot, what: str) -> SignOff | None:
    """The newest signature under a line."""
    return next((one for one in sorted(shot.signed, key=lambda one: one.on, reverse=True) if one.what == what), None)


def _signed(shot: Snapshot, what: str) -> Cell:
    found = signature(shot, what)
    return plain(f"{shot.person(found.by)}, {day(found.on.date())}") if found else BLANK


def _by_check(draft: Draft, item: Item) -> tuple[Cell, Cell, str]:
    shot = draft.snapshot
    standing = shot.standing(item.check)
    number = str(shot.roadmap.stage(standing.spec.stage).number)
    state = draft.known(standing_cell(standing), f"“{item.text}”", number, is_answered(standing), about=standing.spec)
    said, known_by = standing.confirmation, BLANK
    if is_answered(standing) and said is not None:
        known_by = plain(f"{shot.person(said.by)}, {day(said.on.date())}")
    elif is_answered(standing) and standing.seen_at is not None:
        known_by = plain(f"seen {day(standing.seen_at.date())}")
    return state, known_by, standing.spec.question


def _by_system(draft: Draft, item: Item) -> tuple[Cell, Cell, str]:
    systems = [system for system in draft.snapshot.inventory.systems if system.category == item.category]
    look = "Log in as the owner and check whose name is on the account and its bill."
    if not systems:
        return (
            draft.fact("", f"the {CATEGORIES[item.category]} account", "p", short="account", about="systems"),
            BLANK,
            look,
        )
    names = plain(", ".join(system.name or system.id for system in systems))
    answers = {system.business_owned for system in systems}
    if "no" in answers:
        return draft.known(NO, "", "p", True, about="systems"), names, look
    known = answers == {"yes"}
    return (
        draft.known(
            YES if known else UNANSWERED,
            f"who owns the {CATEGORIES[item.category]} account",
            "p",
            known,
            about="systems",
        ),
        names,
        look,
    )


def five_questions(shot: Snapshot) -> tuple[tuple[str, Cell, str], ...]:
    """If the engineer vanished tomorrow: question, answer, and the document that helps.

    A yes needs everything that the answer leans on: what stands as not filled elsewhere on the page is not filled here
    either.
    """

    def by(check: str) -> Cell:
        standing = shot.standing(check)
        if standing.state in (State.PASS, State.WARN):
            return YES
        return (
            NO
            if standing.state is State.FAIL
            else state_cell(standing.state)
            if standing.state is State.ACCEPTED
            else UNANSWERED
        )

    back = by("deploy.rollback")
    return (
        ("Release a change", by("deploy.release"), "Deployment"),
        (
            "Roll back to the last good version",
            _lacks("the command") if back is YES and not rollback(shot) else back,
            "Recovery notes",
        ),
        ("Restore the data", by("handover.backups"), "Recovery notes"),
        ("Pay every bill", _pay(shot), "Access inventory"),
        ("Change a DNS record", _dns(shot), "Access inventory"),
    )


def _lacks(what: str) -> Cell:
    return Cell(what, "gap")


def _pay(shot: Snapshot) -> Cell:
    """Every bill has somebody who pays it and stays."""
    systems = shot.inventory.systems
    if not systems:
        return UNANSWERED
    return YES if all(one.no_bill or (one.billing_owner and _stays(shot, one.billing_owner)) for one in systems) else NO


def _dns(shot: Snapshot) -> Cell:
    """Somebody who stays may change it, and it is written down where one logs in."""
    systems = [one for one in shot.inventory.systems if one.category == "dns"]
    if not systems:
        return UNANSWERED
    papers = Papers(shot.people, shot.inventory)
    if not all(any(_stays(shot, who) for who in fixers(papers, one.id)) for one in systems):
        return NO
    return YES if all(one.login_url for one in systems) else _lacks("log-in address")


def _stays(shot: Snapshot, person: str) -> bool:
    found = shot.people.find(person)
    return found is None or found.status == "in"
