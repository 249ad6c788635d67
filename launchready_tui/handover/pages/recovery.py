"""09-recovery: what to do when one thing breaks, and how the data comes back."""

from __future__ import annotations

from ... import text
from ...facts import Walked
from ...launch.cards import SCENARIOS, missing, scenarios_of
from ...launch.inventory import Backup, Recovery
from ..blocks import Cell, Code, Heading, Para
from ..draft import Draft, plain
from ..model import Document
from ..running import running
from ..snapshot import Snapshot
from ..words import day, moment


def write(shot: Snapshot) -> Document:
    """Own recovery cards first, then proposals for breakdowns that no card covers, then backups."""
    draft = Draft(shot, "recovery", "Recovery notes", "09-recovery.md")
    draft.lead("First stop all releases and tell the team. Then find the matching card and follow it line by line.")
    cards = sorted(shot.inventory.recovery, key=_place)
    proposed = missing(running(shot), shot.inventory)
    for card in cards:
        _card(draft, card)
    if proposed:
        draft.heading("Proposed, not yet tried")
        draft.note(
            "None of your own cards covers these breakdowns. Adopt the proposals, fill in your own commands, and try "
            "them."
        )
    for card in proposed:
        _proposal(draft, card)
    draft.heading("Data and backups")
    draft.table(
        "Data stores",
        "data|backup stored in|@owner|how often|last restored|may be lost|back within",
        [_backup(draft, backup) for backup in shot.inventory.backups],
        csv="backups",
        empty="Missing: which data the business cannot lose, and where its backups are.",
    )
    if not shot.inventory.backups:
        draft.fact("", "data stores and their backups", "p", about="backups")
    rows = [
        (
            plain(card.title or card.id),
            plain(day(card.rehearsed) if card.rehearsed else ""),
            plain(shot.person(card.rehearsed_by)),
            plain(_took(card)),
        )
        for card in cards
    ]
    draft.table("Rehearsals", "card|rehearsed|@by|took", rows, csv="recovery", empty="Nothing has been rehearsed yet.")
    _path(draft)
    return draft.finish()


def _path(draft: Draft) -> None:
    """The steps from log-in to notification with their times, as they were walked last."""
    seen = [
        one
        for judged in draft.snapshot.standing("handover.recovery").findings
        for one in judged.finding.evidence
        if isinstance(one.fact, Walked)
    ]
    if not seen:
        return
    when = f", walked on {moment(seen[0].at)}" if seen[0].at else ""
    draft.heading("From log-in to notification")
    draft.blocks.append(
        Code(text.clean_block(seen[0].text), f"Each step as a test user, with its time and response{when}")
    )


def _place(card: Recovery) -> tuple[int, str]:
    """The likeliest breakdowns first, cards of another kind last."""
    places = [SCENARIOS.index(one) for one in scenarios_of(card)]
    return min(places, default=len(SCENARIOS)), card.id


def _card(draft: Draft, card: Recovery) -> None:
    title = text.clean(card.title or card.id)
    draft.blocks.append(Heading(title))
    draft.facts(
        ("What people notice", draft.fact(card.symptom, f"{title}: what people notice", "p", about=card)),
        ("Shown first by", plain(card.detect)),
        ("Call for help", draft.fact(card.escalate, f"{title}: who to call", "p", about=card)),
        (
            "Rehearsed",
            draft.fact(
                _rehearsed(draft.snapshot, card), f"{title}: a rehearsal", "p", short="not tried yet", about=card
            ),
        ),
    )
    first = draft.fact(card.first_steps, f"{title}: first steps", "p", about=card)
    if first.kind == "gap":
        draft.blocks.append(Para(first.text, "gap"))
    else:
        draft.steps(*_steps_of(card))
    command = draft.fact(card.command, f"{title}: the command", "p", about=card)
    if command.kind == "gap":
        draft.blocks.append(Para(command.text, "gap"))
    else:
        draft.blocks.append(Code(text.clean_block(card.command), "Command", paste=True))
    draft.facts(("It worked when", draft.fact(card.verify, f"{title}: how to tell that it worked", "p", about=card)))
    _looks(draft, card)


def _proposal(draft: Draft, card: Recovery) -> None:
    """A card that nobody has taken over: shown, since it helps under stress, and still counted as missing."""
    title = text.clean(card.title)
    draft.blocks.append(Heading(title, 3))
    draft.fact("", f"recovery steps for “{title}”", "p", about="recovery")
    draft.blocks.append(Para(f"your own card for “{title}” (this one is only proposed)", "gap"))
    draft.facts(
        ("What people notice", plain(card.symptom)),
        ("Shown first by", plain(card.detect)),
        ("Call for help", plain(card.escalate)),
    )
    draft.steps(*_steps_of(card))
    draft.blocks.append(Code(text.clean_block(card.command), "Command", paste=True))
    draft.facts(("It worked when", plain(card.verify)))
    _looks(draft, card)


def _steps_of(card: Recovery) -> tuple[str, ...]:
    """The first steps, one a line, without numbers of their own."""
    lines = [line for line in text.clean_block(card.first_steps).splitlines() if line.strip()]
    return tuple(line.lstrip("0123456789.)-* ") or line for line in lines)


def _looks(draft: Draft, card: Recovery) -> None:
    known = [check for check in card.checks if check in draft.snapshot.roadmap.checks]
    if known:
        draft.blocks.append(Code(f"launchready check {' '.join(known)}", "Check with LaunchReady"))


def _backup(draft: Draft, backup: Backup) -> tuple[Cell, ...]:
    store = backup.store
    return (
        plain(store),
        draft.fact(backup.where, f"where the backup of {store} is stored", "p", short="place", about=backup),
        draft.fact(
            draft.snapshot.person(backup.owner), f"owner of the backup of {store}", "p", short="owner", about=backup
        ),
        draft.fact(backup.every, f"how often {store} is backed up", "p", short="how often", about=backup),
        draft.fact(
            day(backup.last_restore_test) if backup.last_restore_test else "",
            f"last restore of {store}",
            "p",
            short="day",
            about=backup,
        ),
        draft.fact(backup.rpo, f"how much of {store} may be lost", "p", short="how much", about=backup),
        draft.fact(backup.rto, f"how long {store} may be unavailable", "p", short="how long", about=backup),
    )


def _rehearsed(shot: Snapshot, card: Recovery) -> str:
    if card.rehearsed is None:
        return ""
    parts = [day(card.rehearsed), f"by {shot.person(card.rehearsed_by)}" if card.rehearsed_by else "", _took(card)]
    return ", ".join(part for part in parts if part)


def _took(card: Recovery) -> str:
    return f"{card.minutes} min" if card.minutes is not None else ""
