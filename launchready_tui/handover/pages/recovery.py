"""09-recovery: what to do when one thing breaks, and how the data comes back."""

from __future__ import annotations

from ... import text
from ...launch.inventory import Backup, Recovery
from ..blocks import Cell, Code, Heading, Para
from ..draft import Draft, plain
from ..model import Document
from ..snapshot import Snapshot
from ..words import day

SCENARIOS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    # what broke, what people notice, words in a card's id or title that show it is covered
    (
        "A release broke something",
        "Errors or blank pages right after a release.",
        ("deploy", "release", "rollback", "roll back", "version"),
    ),
    (
        "Data must come back",
        "Wrong, missing or unreadable data; a migration that hangs.",
        ("migration", "restore", "database", "data", "backup"),
    ),
    ("The domain or DNS fails", "The site cannot be found from anywhere, mail included.", ("dns", "domain")),
    ("A certificate has expired", "Browsers warn before the site opens.", ("certificate", "tls", "ssl")),
    ("Mail does not arrive", "Nobody receives sign-up codes or resets.", ("mail",)),
    ("Payments fail", "Orders stay unpaid, or are paid and not shown.", ("pay", "checkout", "webhook")),
    ("A provider is down", "Everything at one provider fails at once; its status page says so.", ("provider", "outage", "hosting")),
    ("A key has leaked", "A key was seen in public, or calls nobody made show up on a bill.", ("secret", "key", "leak")),
    (
        "Somebody lost or stole an account",
        "The only administrator cannot log in, or somebody else can.",
        ("account", "takeover", "admin", "lockout"),
    ),
)


def write(shot: Snapshot) -> Document:
    draft = Draft(shot, "recovery", "Recovery notes", "09-recovery.md")
    draft.lead("First stop all releases and tell the others. Then find the card that fits and follow it line by line.")
    cards, missing = shot.inventory.recovery, uncovered(shot.inventory.recovery)
    for card in cards:
        _card(draft, card)
    for title, symptom in missing:
        draft.blocks.append(Heading(title))
        draft.note(symptom)
        draft.fact("", f"recovery steps for “{title}”", "p")
        draft.blocks.append(Para(f"recovery steps for “{title}”: who does what, the command, and how to see that it worked", "gap"))
    draft.heading("Data and backups")
    draft.table(
        "Data stores",
        "data|backup lies in|owner|how often|last restored|may be lost|back within",
        [_backup(draft, backup) for backup in shot.inventory.backups],
        csv="backups",
        empty="Not filled: which data the business cannot lose, and where its backups are.",
    )
    if not shot.inventory.backups:
        draft.fact("", "data stores and their backups", "p")
    rows = [
        (
            plain(card.title or card.id),
            plain(day(card.rehearsed) if card.rehearsed else ""),
            plain(shot.person(card.rehearsed_by)),
            plain(_took(card)),
        )
        for card in cards
    ]
    draft.table("Rehearsals", "card|rehearsed|by|took", rows, csv="recovery", empty="Nothing has been rehearsed yet.")
    return draft.finish()


def uncovered(cards: tuple[Recovery, ...]) -> list[tuple[str, str]]:
    """The usual breakdowns that no card speaks of: title and symptom."""
    spoken = " | ".join(f"{card.id} {card.title}".casefold() for card in cards)
    return [(title, symptom) for title, symptom, words in SCENARIOS if not any(word in spoken for word in words)]


def _card(draft: Draft, card: Recovery) -> None:
    title = text.clean(card.title or card.id)
    draft.blocks.append(Heading(title))
    draft.facts(
        ("What people notice", draft.fact(card.symptom, f"{title}: what people notice", "p")),
        ("Call for help", draft.fact(card.escalate, f"{title}: whom to call", "p")),
        ("Rehearsed", draft.fact(_rehearsed(draft.snapshot, card), f"{title}: a rehearsal", "p")),
    )
    steps = [line for line in text.clean_block(card.first_steps).splitlines() if line.strip()]
    first = draft.fact(card.first_steps, f"{title}: first steps", "p")
    if first.kind == "gap":
        draft.blocks.append(Para(first.text, "gap"))
    else:
        draft.steps(*(line.lstrip("0123456789.)-* ") or line for line in steps))
    command = draft.fact(card.command, f"{title}: the command", "p")
    if command.kind == "gap":
        draft.blocks.append(Para(command.text, "gap"))
    else:
        draft.blocks.append(Code(text.clean_block(card.command), "Command", paste=True))
    draft.facts(("It worked when", draft.fact(card.verify, f"{title}: how to see that it worked", "p")))


def _backup(draft: Draft, backup: Backup) -> tuple[Cell, ...]:
    store = backup.store
    return (
        plain(store),
        draft.fact(backup.where, f"where the backup of {store} lies", "p", short="place"),
        draft.fact(draft.snapshot.person(backup.owner), f"owner of the backup of {store}", "p", short="owner"),
        draft.fact(backup.every, f"how often {store} is backed up", "p", short="how often"),
        draft.fact(day(backup.last_restore_test) if backup.last_restore_test else "", f"last restore of {store}", "p", short="day"),
        draft.fact(backup.rpo, f"how much of {store} may be lost", "p", short="how much"),
        draft.fact(backup.rto, f"how long {store} may be away", "p", short="how long"),
    )


def _rehearsed(shot: Snapshot, card: Recovery) -> str:
    if card.rehearsed is None:
        return ""
    parts = [day(card.rehearsed), f"by {shot.person(card.rehearsed_by)}" if card.rehearsed_by else "", _took(card)]
    return ", ".join(part for part in parts if part)


def _took(card: Recovery) -> str:
    return f"{card.minutes} min" if card.minutes is not None else ""
