"""DMARC policy discovery (RFC 9989 section 4.10): whose record holds for a domain, which of its policies, and the
organisation above."""

from __future__ import annotations

import asyncio
from typing import Literal

import msgspec

from ...failure import Failure
from ...world.sights import DnsAnswer
from .ask import Ask, is_name
from .dmarc_record import POLICIES, Record, almost_dmarc, is_dmarc, read, walk

Policy = Literal["none", "quarantine", "reject"]
Tag = Literal["p", "sp", "np", ""]


class Discovery(msgspec.Struct, frozen=True, kw_only=True):
    """What a receiver finds out for one author domain.

    `policy` is what the record's owner asks for this domain, `effective` the same with t=y taken into account (one
    level lower); None where there is no DMARC for it. `failure` is set where a look-up that the answer depends on gave
    none: then nothing is said to be missing.
    """

    domain: str
    policy: Policy | None = None
    effective: Policy | None = None
    tag: Tag = ""
    """The tag that the policy comes from; empty where a broken record acts as p=none because it asks for reports."""
    record_domain: str | None = None
    record: str = ""
    organizational_domain: str | None = None
    exists: bool | None = None
    """False where the domain itself does not exist (NXDOMAIN), None where that was not asked or not answered."""
    answers: tuple[DnsAnswer, ...] = ()
    failure: Failure | None = None
    problem: str = ""
    """Why there is no policy, in words."""

    @property
    def parsed(self) -> Record | None:
        """The record read; None where none was found."""
        return read(self.record) if self.record else None


def names_walked(domain: str) -> tuple[str, ...]:
    """The start and the names above it that a receiver asks, at most eight."""
    start = domain.lower().rstrip(".")
    return (start, *walk(start))[:8]


def _one_record(answer: DnsAnswer) -> str:
    """The DMARC record of an answer; empty where there is none, or several, which are all discarded."""
    texts = [text for text in answer.texts if is_dmarc(text)]
    return texts[0] if len(texts) == 1 else ""


def organisation(found: dict[str, str], start: str) -> tuple[str, str]:
    """The organisational domain and the public suffix domain above it with a record (`psd=y`), from the records by
    name in walking order.

    Section 4.10.2: psd=n names it; one label below a psd=y that is not the start; else the record with the fewest
    labels; else the start.
    """
    chosen = ""
    for name, text in found.items():
        psd = read(text).tag("psd")
        if psd == "n":
            return name, ""
        if psd == "y":
            if name == start:
                break
            below = start.removesuffix("." + name).rpartition(".")[2]
            return f"{below}.{name}", name
        chosen = name
    return chosen or start, ""


async def discover(ask: Ask, domain: str) -> Discovery:
    """Asks everything at once: the walk is eight questions at most."""
    start = domain.lower().rstrip(".")
    if not is_name(start):
        return Discovery(domain=start, problem=f"{domain!r} is not a domain name")
    names = names_walked(start)
    exists, *looked = await asyncio.gather(ask.ask(start, "A"), *(ask.ask(f"_dmarc.{name}", "TXT") for name in names))
    answers = tuple(answer for answer in looked if isinstance(answer, DnsAnswer))
    there = None if isinstance(exists, Failure) else exists.status != "nxdomain"
    own = looked[0]
    if isinstance(own, Failure):
        return Discovery(
            domain=start, exists=there, answers=answers, failure=own, problem=f"_dmarc.{start}: {own.words}"
        )
    found, hole = _records(names, looked)
    above, suffix = organisation(found, start)
    known = above if hole is None else None
    for at in dict.fromkeys((start, above, suffix)):
        if at and at in found and (at == start or hole is None):
            return _judged(start, at, found[at], there, exists, known, answers, hole if at != start else None)
    if hole is not None:
        return Discovery(
            domain=start, exists=there, answers=answers, failure=hole, problem=f"a record above {start}: {hole.words}"
        )
    near = [text for answer in answers for text in answer.texts if almost_dmarc(text)]
    several = sum(is_dmarc(text) for text in own.texts)
    why = f"{several} records at _dmarc.{start}, so none counts" if several > 1 else "no DMARC record"
    if near and several < 2:
        why = f"a record that no receiver recognizes as DMARC: {near[0]}"
    return Discovery(domain=start, exists=there, answers=answers, organizational_domain=above, problem=why)


def _records(names: tuple[str, ...], looked: list[DnsAnswer | Failure]) -> tuple[dict[str, str], Failure | None]:
    """The records in walking order up to the first that ends the walk, and the failure that leaves a hole before its
    end.

    A top-level domain that refuses to answer is no hole: hardly one has a record, and many resolvers of closed
    networks know none.
    """
    found: dict[str, str] = {}
    hole: Failure | None = None
    for name, answer in zip(names, looked, strict=True):
        if isinstance(answer, Failure):
            hole = hole or (answer if "." in name else None)
            continue
        text = _one_record(answer)
        if text:
            found[name] = text
            if read(text).tag("psd") in ("y", "n"):
                break
    return found, hole


def _judged(
    start: str,
    at: str,
    text: str,
    there: bool | None,
    exists: DnsAnswer | Failure,
    above: str | None,
    answers: tuple[DnsAnswer, ...],
    hole: Failure | None,
) -> Discovery:
    """Which policy of the record holds for this domain (section 4.10.1): its own p; from above np for a name that is
    not there, else sp."""
    record = read(text)
    failure = hole
    tag: Tag = "p"
    if at != start:
        tag = "sp" if record.sp else "p"
        if record.np and record.np != (record.sp or record.p):
            if isinstance(exists, Failure):
                failure = failure or exists
            elif there is False:
                tag = "np"
        elif record.np and there is False:
            tag = "np"
    wanted = {"p": record.p, "sp": record.sp, "np": record.np}[tag]
    policy: Policy | None = None
    problem = ""
    if record.broken_policy or wanted is None:
        tag = ""
        policy = "none" if record.rua else None
        problem = record.problems[0] if record.problems else "p is missing"
    else:
        policy = _as_policy(wanted)
    effective = policy
    if policy is not None and record.tag("t") == "y":
        effective = _as_policy(POLICIES[max(0, POLICIES.index(policy) - 1)])
    return Discovery(
        domain=start,
        policy=policy,
        effective=effective,
        tag=tag,
        record_domain=at if policy is not None else None,
        record=text,
        organizational_domain=above,
        exists=there,
        answers=answers,
        failure=failure,
        problem=problem,
    )


def unseen_before(found: Discovery, registered: str) -> bool:
    """Whether receivers that still follow RFC 7489 miss the record: section 6.6.3 looks at the author domain and at the
    registered domain above it (by the public suffix list), and at nothing in between."""
    return found.record_domain is not None and found.record_domain not in (found.domain, registered)


def _as_policy(word: str) -> Policy:
    return "reject" if word == "reject" else "quarantine" if word == "quarantine" else "none"


def aligned(first: str, second: str, first_org: str | None, second_org: str | None, *, strict: bool) -> bool:
    """Identifier alignment (section 4.4): strict means the same domain, relaxed the same organisational domain."""
    first, second = first.lower().rstrip("."), second.lower().rstrip(".")
    if first == second:
        return True
    return not strict and first_org is not None and first_org == second_org
