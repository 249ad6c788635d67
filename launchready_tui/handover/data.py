"""data/launchready.json: the bundle for programs. The types here are its schema (data/schema.json, JSON Schema
2020-12)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any, Literal

import msgspec

from .. import __version__, text
from ..facts import Fact
from ..launch.decisions import Acceptance, PutOff, SignOff
from ..launch.inventory import (
    Access,
    Backup,
    Cap,
    Checkpoint,
    Contact,
    Duty,
    Inventory,
    Plan,
    Recovery,
    Renewal,
    System,
)
from ..launch.people import Person
from ..persons import NOBODY, PersonId
from ..verdict import FixRow, Judged
from ..wording import Value
from ..world.variables import Variable
from .hosts import DomainRow, HostRow, domain_rows, host_rows
from .model import Document
from .snapshot import Snapshot
from .zones import seen as seen_records

EVIDENCE_SIZE = 2048
"""Characters kept of one piece of evidence."""


class Product(msgspec.Struct, kw_only=True):
    """What is launched."""

    name: str
    domain: str
    canonical: str
    markets: list[str]


class FoundEvidence(msgspec.Struct, kw_only=True):
    """What was seen, cut at 2048 characters."""

    label: str
    text: str
    source: str
    at: datetime | None


class Decision(msgspec.Struct, kw_only=True):
    """What somebody decided about a finding."""

    kind: Literal["accepted", "later"]
    by: PersonId
    recorded_by: PersonId
    reason: str
    on: datetime
    until: datetime | None


class Place(msgspec.Struct, kw_only=True):
    """Where a finding stands in the fix order, with what put it there. `place` is that of its row in `fixes`,
    `waits_for` the places of the rows that stand in its way."""

    place: int
    blocks: bool
    flow: str
    effort_min: int
    waits_for: list[int]


class FixNow(msgspec.Struct, kw_only=True):
    """One thing to do: findings with one cause and one remedy, by id. `behind` could not be seen because of them."""

    place: int
    id: str
    title: str
    state: str
    severity: str
    flow: str
    effort_min: int
    waits_for: list[int]
    members: list[str]
    behind: list[str]
    remedy: str


class FindingNow(msgspec.Struct, kw_only=True):
    """One finding as it stands."""

    id: str
    check: str
    rule: str
    subject: str
    state: str
    severity: str
    summary: str
    message: str
    values: dict[str, Value]
    facts: list[Fact]
    evidence: list[FoundEvidence]
    remedy: str
    paste: str
    paste_where: str
    via: str
    owner: PersonId
    people: list[PersonId]
    """Everybody whom its texts name; for the team by what they do."""
    decision: Decision | None
    rank: Place | None


class CheckNow(msgspec.Struct, kw_only=True):
    """One check as it stands. `confirmed_by` is who gave their word, where one did."""

    check: str
    title: str
    stage: str
    state: str
    stale: bool
    severity: str
    owner: PersonId
    seen_at: datetime | None
    fresh_until: datetime | None
    confirmed_by: PersonId
    confirmation: str


class DocumentState(msgspec.Struct, kw_only=True):
    """How full a document is, and what is not filled."""

    file: str
    title: str
    have: int
    of: int
    not_filled: list[str]


class PersonHere(msgspec.Struct, kw_only=True):
    """Somebody who takes part."""

    id: str
    name: str
    role: str
    kind: str
    contact: str
    second_contact: str
    hours: str
    time_zone: str
    status: str


class InventoryHere(msgspec.Struct, kw_only=True):
    """inventory.toml, row by row."""

    systems: list[System]
    access: list[Access]
    backups: list[Backup]
    recovery: list[Recovery]
    contacts: list[Contact]
    renewals: list[Renewal]
    caps: list[Cap]
    plan: Plan
    checkpoints: list[Checkpoint]
    duties: list[Duty]


class Signature(msgspec.Struct, kw_only=True):
    """Somebody's name under the go or no-go, or under a line of the checklist."""

    what: str
    answer: str
    by: PersonId
    recorded_by: PersonId
    on: datetime
    note: str


class RecordHere(msgspec.Struct, kw_only=True):
    """A DNS record as it was seen, without its TTL."""

    name: str
    type: str
    data: str


class Bundle(msgspec.Struct, kw_only=True):
    """The whole bundle. Times are UTC."""

    schema: Literal[1]
    kind: Literal["launchready-handover"]
    made_at: datetime
    made_by: str
    launch: Product
    verdict: str
    label: str
    demo: bool
    via: Literal["", "connect-map"]
    set_time: bool
    profile: Literal["founder", "team"]
    """`team`: without names, contacts, hours and who pays."""
    reasons: list[str]
    minimum_bar: dict[str, str]
    checks: list[CheckNow]
    fixes: list[FixNow]
    findings: list[FindingNow]
    domains: list[DomainRow]
    hosts: list[HostRow]
    records: list[RecordHere]
    records_asked: bool
    """All names were asked for their records; otherwise only those of the checks' evidence stand here."""
    signed: list[Signature]
    variables: list[Variable]
    """Environment variables of the product, by name only."""
    inventory: InventoryHere
    people: list[PersonHere]
    documents: list[DocumentState]


def bundle(shot: Snapshot, documents: tuple[Document, ...]) -> Bundle:
    """The snapshot as data."""
    launch, verdict, c = shot.launch, shot.verdict, text.clean
    return Bundle(
        schema=1,
        kind="launchready-handover",
        made_at=shot.made_at.astimezone(UTC),
        made_by=f"LaunchReady {__version__}",
        launch=Product(
            name=c(launch.name),
            domain=c(launch.domain),
            canonical=c(launch.canonical),
            markets=[c(one) for one in launch.markets],
        ),
        verdict=verdict.word,
        label=verdict.label,
        demo=shot.demo,
        via="connect-map" if shot.mapped else "",
        set_time=shot.set_time,
        reasons=list(verdict.reasons),
        minimum_bar={light.light.id: light.state.value for light in verdict.lights},
        checks=[_check(shot, name) for name in verdict.standings],
        fixes=list(map(_fix, verdict.rows)),
        findings=[_finding(one) for standing in verdict.standings.values() for one in standing.findings],
        domains=list(domain_rows(shot)),
        hosts=list(host_rows(shot)),
        profile=shot.profile,
        records=[RecordHere(name=one.name, type=one.type, data=one.data) for one in seen_records(shot)],
        records_asked=bool(shot.records),
        signed=[] if shot.profile == "team" else [_signature(one) for one in shot.signed],
        variables=list(shot.variables or ()),
        inventory=_inventory(shot.data_inventory),
        people=[] if shot.profile == "team" else [_person(one) for one in shot.people.people],
        documents=[
            DocumentState(
                file=one.file, title=one.title, have=one.have, of=one.of, not_filled=[gap.text for gap in one.gaps]
            )
            for one in documents
        ],
    )


def _inventory(inventory: Inventory) -> InventoryHere:
    rows: dict[str, Any] = {}
    for field in InventoryHere.__struct_fields__:
        row = getattr(inventory, field)
        rows[field] = list(row) if isinstance(row, tuple) else row
    return InventoryHere(**rows)


def _person(one: Person) -> PersonHere:
    return PersonHere(**{field: getattr(one, field) for field in PersonHere.__struct_fields__})


def _signature(one: SignOff) -> Signature:
    return Signature(**{field: getattr(one, field) for field in Signature.__struct_fields__})


def encode(value: Bundle) -> bytes:
    """Pretty JSON in a fixed order, with `<`, `>` and `&` escaped, so that it is inert wherever it is pasted."""
    plain = msgspec.to_builtins(value, builtin_types=(datetime, date))
    return _dump(_clean(plain))


def schema() -> bytes:
    """The JSON Schema that every data/launchready.json of this version meets."""
    made = msgspec.json.schema(Bundle)
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "LaunchReady handover bundle", **made}
    return _dump(made)


def _dump(value: Any) -> bytes:
    words = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    for mark, escape in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        words = words.replace(mark, escape)
    return (words + "\n").encode("utf-8")


def _clean(value: Any) -> Any:
    """Every text made safe, every time in UTC."""
    if isinstance(value, str):
        return text.clean_block(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _clean(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    return value


def _check(shot: Snapshot, name: str) -> CheckNow:
    standing = shot.standing(name)
    said = standing.confirmation
    return CheckNow(
        check=name,
        title=standing.spec.title,
        stage=standing.spec.stage,
        state=standing.state.value,
        stale=standing.stale,
        severity=standing.spec.severity.value,
        owner=standing.owner,
        seen_at=standing.seen_at,
        fresh_until=standing.fresh_until,
        confirmed_by=said.by if said else NOBODY,
        confirmation=said.evidence if said else "",
    )


def _fix(row: FixRow) -> FixNow:
    return FixNow(
        place=row.place,
        id=row.id,
        title=row.title,
        state=row.state.value,
        severity=row.severity.value,
        flow=row.flow,
        effort_min=row.effort_min,
        waits_for=list(row.waits_for),
        members=[one.id for one in row.members],
        behind=[one.id for one in row.behind],
        remedy=row.remedy.text if row.remedy else "",
    )


def _finding(one: Judged) -> FindingNow:
    finding, remedy, rank = one.finding, one.finding.remedy, one.rank
    return FindingNow(
        id=finding.id,
        check=finding.check,
        rule=finding.rule,
        subject=finding.subject,
        state=one.state.value,
        severity=finding.severity.value,
        summary=finding.summary,
        message=finding.message,
        values=finding.values,
        facts=list(finding.facts),
        evidence=[
            FoundEvidence(label=item.label, text=text.shorten(item.text, EVIDENCE_SIZE), source=item.source, at=item.at)
            for item in finding.evidence
        ],
        remedy=remedy.text if remedy else "",
        paste=remedy.paste if remedy else "",
        paste_where=remedy.where if remedy else "",
        via=finding.via,
        owner=one.owner,
        people=list(finding.people),
        decision=_decision(one.decision),
        rank=Place(
            place=rank.place,
            blocks=rank.blocks,
            flow=rank.flow,
            effort_min=rank.effort_min,
            waits_for=list(rank.waits_for),
        )
        if rank
        else None,
    )


def _decision(made: Acceptance | PutOff | None) -> Decision | None:
    if made is None:
        return None
    until = made.until if isinstance(made, Acceptance) else None
    kind: Literal["accepted", "later"] = "later" if until is None else "accepted"
    return Decision(
        kind=kind,
        by=made.by,
        recorded_by=made.recorded_by,
        reason=made.reason,
        on=made.on,
        until=until,
    )
