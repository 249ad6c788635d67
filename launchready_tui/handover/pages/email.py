"""03-email: who sends and receives, the records as they are, and those to paste."""

from __future__ import annotations

from ...facts import DnsRecords
from ...verdict.mailboxes import Met, mailboxes
from ...verdict.mailsenders import MailSender, mail_senders
from ...verdict.mailtests import MailTest, mail_tests
from ..blocks import Cell, Code
from ..draft import Draft, plain
from ..mail import receiver
from ..model import Document
from ..snapshot import Snapshot
from ..words import is_answered, standing_cell, state_cell

_RECORDS = ("email.mx", "email.spf", "email.dkim", "email.dmarc", "email.transport", "email.reputation")
_FLOWS = ("email.flows", "email.inbox", "email.fallback")


def write(shot: Snapshot) -> Document:
    """Who may send, what is published for it, and what mail tests showed."""
    draft = Draft(shot, "email", "Mail", "03-email.md")
    mail, domain = shot.launch.email, shot.launch.domain
    draft.lead(
        "Sign-up codes, resets and receipts travel by mail. This page lists who may send them and which DNS records "
        "make them arrive."
    )
    draft.facts(
        ("Domain", draft.fact(domain, "the domain that mail is sent from", "3", "code")),
        ("Received by", draft.fact(receiver(shot), "who receives mail", "1")),
        ("Senders", draft.fact(", ".join(mail.senders), "services that send mail", "3")),
        ("DKIM selectors", draft.fact(", ".join(mail.selectors), "selectors of the DKIM signatures", "3", "code")),
        ("Support address", draft.fact(mail.support, "address that customers write to", "3", "code")),
    )
    draft.table("Records", "what|state|goal", [_row(draft, check) for check in _RECORDS])
    who = mail_senders(shot.launch, shot.verdict.standings)
    if who:
        draft.table("Who sends", "who+|state|allowed by SPF|signed with DKIM", [_sender(one) for one in who])
    draft.table(
        "What the large mailbox providers require",
        "what|state|required by|because+",
        [_asked(one) for one in mailboxes(shot.verdict.standings)],
    )
    for check in _RECORDS:
        shown = _published(shot, check)
        if shown:
            draft.blocks.append(Code(shown, f"{shot.spec(check).title}, as published"))
    draft.table("From the product to the inbox", "what|state|goal", [_row(draft, check) for check in _FLOWS])
    tests = mail_tests(shot.verdict.standings)
    if tests:
        draft.table("Tested mails", "what|state|where+|found+", [_tested(one) for one in tests])
    draft.pastes("Records to paste", *_RECORDS, *_FLOWS)
    return draft.finish()


def _asked(one: Met) -> tuple[Cell, ...]:
    return plain(one.requirement.text), state_cell(one.state), plain(one.requirement.asked_by), plain(one.why)


def _sender(one: MailSender) -> tuple[Cell, ...]:
    return plain(one.name), state_cell(one.state), plain(one.spf), plain(one.dkim)


def _tested(one: MailTest) -> tuple[Cell, ...]:
    return plain(one.what), state_cell(one.state), plain(one.where), plain(one.told)


def _row(draft: Draft, check: str) -> tuple[Cell, ...]:
    standing = draft.snapshot.standing(check)
    state = draft.known(
        standing_cell(standing), f"answer to “{standing.spec.title}”", "3", is_answered(standing), about=standing.spec
    )
    return plain(standing.spec.title), state, plain(standing.spec.goal)


def _published(shot: Snapshot, check: str) -> str:
    """The records that a check read, once each."""
    facts = [fact for one in shot.standing(check).findings for fact in one.finding.facts]
    lines = [line for fact in facts if isinstance(fact, DnsRecords) for line in fact.lines]
    return "\n".join(dict.fromkeys(lines))
