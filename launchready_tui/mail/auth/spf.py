"""check_host of RFC 7208: whether an address may send for a domain, which term decided, and every step on the way."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from ...failure import Failure
from ...hostnames import comparable
from ...world.sights import DnsAnswer
from .ask import Ask, escaped, is_domain, is_name
from .spf_macro import Address, cut_to_name, dotted, expand, letters
from .spf_record import EXPLANATION, MAX_LOOKUPS, MAX_VOID, Record, Term, is_spf, read

Result = Literal["none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"]
DEADLINE_S = 20.0
"""A check may take so long at least (section 4.6.4); beyond it the answer is temperror."""
MAX_NAMES = 10
_BY_QUALIFIER: dict[str, Result] = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}


class Step(msgspec.Struct, frozen=True):
    """One term that was looked at: whose record it stands in, how deep, and what came of it."""

    depth: int
    domain: str
    term: str
    words: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of check_host.

    `matched` is the term that decided, as written, at the bottom of its includes; None where none did. `path` are the
    terms that lead there from the top. `explanation` is what the domain's owner lets be told (exp=), on fail only.
    `problem` says in words why there is no better result. `lookups` and `void_lookups` are what the limits of section
    4.6.4 count.
    """

    result: Result
    domain: str
    matched: str | None = None
    matched_in: str = ""
    path: tuple[str, ...] = ()
    explanation: str | None = None
    lookups: int = 0
    void_lookups: int = 0
    problem: str = ""
    record: str = ""
    steps: tuple[Step, ...] = ()


class _Stop(Exception):  # noqa: N818 - it carries a result, it is no error of ours
    """The whole check ends here with this result."""

    def __init__(self, result: Result, words: str) -> None:
        super().__init__(words)
        self.result: Result = result
        self.words = words


@dataclass
class _Answer:
    """What one domain's record says. `exp` belongs to the record that decided."""

    result: Result
    path: tuple[str, ...] = ()
    matched_in: str = ""
    exp: Term | None = None
    words: str = ""
    record: str = ""


@dataclass
class _Check:
    """One run of check_host, with its counters."""

    ask: Ask
    ip: Address
    sender: str
    helo: str
    receiver: str
    now: float
    lookups: int = 0
    voids: int = 0
    steps: list[Step] = field(default_factory=list)
    _named: dict[str, str] = field(default_factory=dict)

    @property
    def rdtype(self) -> str:
        return "A" if self.ip.version == 4 else "AAAA"

    # -- one domain ----------------------------------------------------------------------------------------------

    async def host(self, domain: str, depth: int = 0) -> _Answer:
        """Sections 4.3 to 4.7 for one domain."""
        if not is_domain(domain):
            return _Answer("none", words=f"{domain or 'an empty name'} is not a domain that can have a record")
        answer = await self.ask.ask(escaped(domain), "TXT")
        if isinstance(answer, Failure):
            raise _Stop("temperror", f"could not look up the SPF record of {domain}: {answer.words}")
        if depth and not answer.found:
            self._void(f"{domain} TXT")
        texts = [text for text in answer.texts if is_spf(text)]
        if not texts:
            return _Answer("none", words=f"{domain} has no SPF record")
        if len(texts) > 1:
            raise _Stop("permerror", f"{domain} has {len(texts)} SPF records")
        record = read(texts[0])
        if record.problems:
            raise _Stop("permerror", f"the SPF record of {domain} has a mistake: {record.problems[0].words}")
        return await self._evaluate(record, domain, depth)

    async def _evaluate(self, record: Record, domain: str, depth: int) -> _Answer:
        exp = next((term for term in record.terms if term.name == "exp"), None)
        for term in record.in_force:
            if term.kind == "modifier":
                return await self._redirect(record, term, domain, depth)
            inner: list[_Answer] = []
            if await self._matches(term, domain, depth, inner):
                self._note(depth, domain, term, "matches")
                below = inner[0] if inner else None
                path = (term.text, *(below.path if below else ()))
                where = (below.matched_in if below else "") or domain
                return _Answer(_BY_QUALIFIER[term.qualifier], path, where, exp, record=record.raw)
        return _Answer(
            "neutral", words=f"nothing in the record of {domain} matches, and it has no all", record=record.raw
        )

    async def _redirect(self, record: Record, term: Term, domain: str, depth: int) -> _Answer:
        self._count(term)
        target = await self._target(term, domain)
        self._note(depth, domain, term, f"continues with the record of {target}")
        answer = await self.host(target or "", depth + 1)
        if answer.result == "none":
            raise _Stop("permerror", f"{term.text} points to no SPF record: {answer.words}")
        return _Answer(
            answer.result,
            (term.text, *answer.path) if answer.path else (),
            answer.matched_in,
            answer.exp,
            answer.words,
            record.raw,
        )

    def _note(self, depth: int, domain: str, term: Term, words: str) -> None:
        self.steps.append(Step(depth, domain, term.text, words))

    # -- mechanisms ----------------------------------------------------------------------------------------------

    async def _matches(self, term: Term, domain: str, depth: int, inner: list[_Answer]) -> bool:
        """Section 5. An include leaves what it found in `inner`."""
        if term.costs_lookup:
            self._count(term)
        match term.name:
            case "all":
                return True
            case "ip4" | "ip6":
                hit = self._in(term.network, term)
            case "include":
                hit = await self._include(term, domain, depth, inner)
            case _:
                target = await self._target(term, domain)
                if target is None:
                    self._note(depth, domain, term, "points to a name that DNS cannot carry")
                    return False
                hit = await self._asked(term, target)
        if not hit:
            self._note(depth, domain, term, "does not match")
        return hit

    async def _asked(self, term: Term, target: str) -> bool:
        if term.name == "a":
            return self._any(await self._addresses(target), term)
        if term.name == "mx":
            return await self._mx(term, target)
        if term.name == "exists":
            return bool(await self._records(target, "A"))
        return await self._ptr(target)

    async def _include(self, term: Term, domain: str, depth: int, inner: list[_Answer]) -> bool:
        target = await self._target(term, domain)
        at = len(self.steps)
        answer = await self.host(target or "", depth + 1)
        self.steps.insert(at, Step(depth, domain, term.text, f"the record there says {answer.result}"))
        if answer.result == "none":
            raise _Stop("permerror", f"{term.text} points to no SPF record: {answer.words}")
        inner.append(answer)
        return answer.result == "pass"

    async def _mx(self, term: Term, target: str) -> bool:
        rows = await self._records(target, "MX")
        if len(rows) > MAX_NAMES:
            raise _Stop(
                "permerror", f"{term.text} points to {len(rows)} mail servers, receivers check at most {MAX_NAMES}"
            )
        for row in sorted(rows, key=_preference):
            host = row.strip().partition(" ")[2].strip()
            if host in ("", "."):
                continue
            if self._any(await self._addresses(host), term):
                return True
        return False

    async def _ptr(self, target: str) -> bool:
        wanted = target.lower().rstrip(".")
        return any(name == wanted or name.endswith("." + wanted) for name in await self._validated())

    async def _validated(self) -> list[str]:
        """The names of the address that lead back to it (section 5.5). A look-up that fails only leaves names out."""
        answer = await self.ask.ask(self.ip.reverse_pointer, "PTR")
        if isinstance(answer, Failure):
            return []
        if not answer.found:
            self._void(f"{self.ip.reverse_pointer} PTR")
        found = []
        for name in answer.records[:MAX_NAMES]:
            back = await self.ask.ask(name, self.rdtype)
            if isinstance(back, DnsAnswer) and str(self.ip) in {_plain(address) for address in back.records}:
                found.append(name.lower().rstrip("."))
        return found

    # -- counting and asking -------------------------------------------------------------------------------------

    def _count(self, term: Term) -> None:
        self.lookups += 1
        if self.lookups > MAX_LOOKUPS:
            raise _Stop("permerror", f"more than {MAX_LOOKUPS} look-ups: {term.text} would be one too many")

    def _void(self, question: str) -> None:
        self.voids += 1
        if self.voids > MAX_VOID:
            raise _Stop("permerror", f"more than {MAX_VOID} look-ups found nothing: {question} was one too many")

    async def _records(self, name: str, rdtype: str) -> tuple[str, ...]:
        answer = await self.ask.ask(escaped(name), rdtype)
        if isinstance(answer, Failure):
            raise _Stop("temperror", f"{name} {rdtype} could not be looked up: {answer.words}")
        if not answer.found:
            self._void(f"{name} {rdtype}")
        return answer.records

    async def _addresses(self, name: str) -> tuple[str, ...]:
        return await self._records(name, self.rdtype)

    def _any(self, addresses: tuple[str, ...], term: Term) -> bool:
        return any(self._in(address, term) for address in addresses)

    def _in(self, address: str, term: Term) -> bool:
        """Whether our address lies in the network that starts at another one. The two families never match."""
        other = ipaddress.ip_address(address)
        if other.version != self.ip.version:
            return False
        prefix = term.prefix4 if self.ip.version == 4 else term.prefix6
        return self.ip in ipaddress.ip_network((other, other.max_prefixlen if prefix is None else prefix), strict=False)

    # -- macros --------------------------------------------------------------------------------------------------

    async def _target(self, term: Term, domain: str) -> str | None:
        """The name a term leads to; None where it can match nothing: no DNS name, or a local part that is not ASCII
        (RFC 8616)."""
        if not term.domain:
            return domain
        used = letters(term.domain)
        if not self.sender.isascii() and used & {"s", "l"}:
            return None
        name = cut_to_name(expand(term.domain, await self._values(used, domain)).removesuffix("."))
        return name if is_name(name) else None

    async def _values(self, used: frozenset[str], domain: str) -> dict[str, str]:
        local, _, of = self.sender.rpartition("@")
        values = {
            "s": self.sender,
            "l": local,
            "o": of,
            "d": domain,
            "i": dotted(self.ip),
            "v": "in-addr" if self.ip.version == 4 else "ip6",
            "h": self.helo,
            "c": str(self.ip),
            "r": self.receiver,
            "t": str(int(self.now)),
        }
        if "p" in used:
            values["p"] = await self._name_of_ip(domain)
        return values

    async def _name_of_ip(self, domain: str) -> str:
        """%{p} (section 7.3): the domain itself or a name below it where the address has one, else any, else
        `unknown`."""
        key = domain.lower().rstrip(".")
        if key not in self._named:
            names = await self._validated()
            below = [name for name in names if name.endswith("." + key)]
            self._named[key] = key if key in names else (below or names or ["unknown"])[0]
        return self._named[key]

    async def explain(self, exp: Term, domain: str) -> str | None:
        """Section 6.2: anything wrong on the way means that there is no explanation."""
        name = await self._target(exp, domain)
        if name is None:
            return None
        answer = await self.ask.ask(escaped(name), "TXT")
        if isinstance(answer, Failure) or len(answer.texts) != 1:
            return None
        text = answer.texts[0]
        if not text.isascii() or not EXPLANATION.fullmatch(text):
            return None
        return expand(text, await self._values(letters(text), domain))


def _preference(row: str) -> int:
    first = row.strip().partition(" ")[0]
    return int(first) if first.isdigit() else 0


def _plain(address: str) -> str:
    return str(ipaddress.ip_address(address))


def parse_ip(ip: str) -> Address:
    """An address as SPF sees it: an IPv4 address in IPv6 clothes is the IPv4 address (section 5). Raises ValueError."""
    parsed = ipaddress.ip_address(ip.strip())
    return parsed.ipv4_mapped or parsed if isinstance(parsed, ipaddress.IPv6Address) else parsed


async def check_host(
    ask: Ask,
    ip: str,
    sender: str,
    helo: str = "",
    *,
    receiver: str = "unknown",
    now: float | None = None,
    deadline_s: float = DEADLINE_S,
) -> Outcome:
    """Whether `ip` may send as `sender` (the envelope's MAIL FROM; empty: postmaster at the HELO name). Raises
    ValueError for a bad ip.

    Questions are asked one after another, as the counting of the standard wants it.
    """
    local, _, domain = sender.strip().strip("<>").rpartition("@")
    if not domain:
        domain = helo
    # RFC 8616 section 4: other scripts count in their ASCII form; the case of an ASCII name is kept for macros.
    domain = domain.removesuffix(".") if domain.isascii() else comparable(domain)
    sender = f"{local or 'postmaster'}@{domain}"
    run = _Check(ask, parse_ip(ip), sender, helo, receiver, time.time() if now is None else now)
    answer: _Answer | None = None
    explanation = None
    try:
        async with asyncio.timeout(deadline_s):
            answer = await run.host(domain)
            if answer.result == "fail" and answer.exp is not None:
                explanation = await run.explain(answer.exp, answer.matched_in)
        result, words = answer.result, answer.words
    except _Stop as stop:
        result, words = stop.result, stop.words
    except TimeoutError:
        result, words = "temperror", f"not done after {deadline_s:g} s"
    path = answer.path if answer is not None else ()
    return Outcome(
        result=result,
        domain=domain,
        matched=path[-1] if path else None,
        matched_in=answer.matched_in if answer is not None else "",
        path=path,
        explanation=explanation,
        lookups=run.lookups,
        void_lookups=run.voids,
        problem=words,
        record=answer.record if answer is not None else "",
        steps=tuple(run.steps),
    )
