"""email.spf: authorised senders within the limits of RFC 7208, the include tree shown."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ....facts import MailSender, SpfTree
from ....failure import Failure
from ....findings import Evidence, Finding, Remedy
from ....mail.auth.senders import Service, service
from ....mail.auth.spf_record import MAX_LOOKUPS, MAX_VOID, Record, Term, almost_spf, is_spf, merged, read
from ....world.sights import DnsAnswer
from ...audit.providers import sender_called
from ...base import Say, check
from ...paste import zone_line
from ...seen import dns_evidence, dns_fact
from ..fresh import Fresh, with_newest
from ..place import dressed
from .tree import Node, Tree, Walker

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

MAX_SIZE = 450
"""Octets of a record: with the rest of the answer it then fits the 512 of a plain UDP packet (RFC 7208 section 3.4)."""
# Prefix lengths below which a network holds more machines than one sender can own: fail, warn. Providers' own includes
# only fail.
_WIDE4 = (8, 16)
_WIDE6 = (16, 32)


_END = re.compile(r"[+~?-]?all|redirect=.*", re.IGNORECASE)


@check("email.spf")
async def spf(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The launch domain and the sending domains below it that the launch file names."""
    say = Say("email.spf", world.clock.now())
    own = [sender.lower() for sender in launch.email.senders if sender.lower().endswith("." + launch.domain)]
    rows = [row for sender in launch.email.senders if "." not in sender and (row := sender_called(sender))]
    wanted = tuple(found for row in rows if (found := service(row.name)) and found.spf)
    judged = await asyncio.gather(
        _looked(say, world, launch.domain, wanted), *(_looked(say, world, domain, ()) for domain in dict.fromkeys(own))
    )
    for findings in judged:
        for finding in findings:
            yield finding


async def _looked(say: Say, world: World, domain: str, wanted: tuple[Service, ...]) -> list[Finding]:
    findings = await with_newest(world, say, domain, [(domain, "TXT")], lambda ask: _domain(say, ask, domain, wanted))
    return await dressed(world, domain, findings)


async def _domain(say: Say, ask: Fresh, domain: str, wanted: tuple[Service, ...]) -> list[Finding]:
    """`wanted`: services that send and need a word in the record."""
    answer = await ask.ask(domain, "TXT")
    if isinstance(answer, Failure):
        return [say.unknown("missing", domain, failure=answer)]
    texts = [text for text in answer.texts if is_spf(text)]
    if not texts:
        return [_missing(say, domain, answer, wanted)]
    if len(texts) > 1:
        return [_multiple(say, domain, answer, texts, wanted)]
    walk = _Walk(domain, answer, await Walker(ask).tree(domain, answer))
    judges = (_syntax, _loop, _broken, _lookups, _voids, _closing, _wide, _ptr)
    return [
        *(finding for judge in judges for finding in judge(say, walk)),
        *_senders(say, walk, wanted),
        *_size(say, walk),
    ]


@dataclass(frozen=True)
class _Walk:
    """A domain's one record, and where it leads."""

    domain: str
    answer: DnsAnswer
    tree: Tree

    @property
    def record(self) -> Record:
        assert self.tree.top.record is not None
        return self.tree.top.record

    @property
    def via(self) -> str:
        return self.answer.via

    @cached_property
    def nodes(self) -> list[Node]:
        return self.tree.nodes()

    @cached_property
    def drawn(self) -> Evidence:
        """The whole tree."""
        terms = self.tree.terms()
        text, source = "\n".join(term.line for term in terms), f"{self.domain} TXT at {self.answer.server}"
        fact = SpfTree(domain=self.domain, terms=terms, lookups=self.tree.lookups)
        return Evidence.of("tree", text, source=source, at=self.answer.at, fact=fact)

    @property
    def published(self) -> Evidence:
        """The record alone."""
        fact = dns_fact(self.answer, self.tree.top.texts)
        return Evidence.of("record", self.record.raw, source=f"{self.domain} TXT", at=self.answer.at, fact=fact)

    def marks(self, terms: Sequence[Term]) -> list[Evidence]:
        """Every record that has some of these very terms, each once, with marks under them."""
        held = [
            (node, [one for one in terms if node.record is not None and any(one is term for term in node.record.terms)])
            for node in self.nodes
        ]
        return [_marked(node, *found) for node, found in held if found]

    def line(self, record: str) -> str:
        """The record as it is to be published."""
        return zone_line(self.domain, "TXT", record)

    def without(self, say: Say, terms: Sequence[Term]) -> Remedy:
        """The domain's own record without these terms, as far as they are in it."""
        own = [term for term in terms if any(term is one for one in self.record.terms)]
        if not own:
            return say.fix("ask-service", term=terms[0].text)
        rest = " ".join(["v=spf1", *(one.text for one in self.record.terms if not any(one is term for term in own))])
        return say.fix("leave-out", terms=tuple(term.text for term in own), n=len(own), line=self.line(rest))


def _missing(say: Say, domain: str, answer: DnsAnswer, wanted: tuple[Service, ...]) -> Finding:
    near = [text for text in answer.texts if almost_spf(text)]
    evidence = [dns_evidence(answer)]
    fix = say.fix("publish-example", subject=domain)
    if wanted:
        fix = say.fix("publish", line=zone_line(domain, "TXT", _with_senders("v=spf1 ~all", wanted)))
    message = "no-name" if answer.status == "nxdomain" else "fail"
    if near:
        message = "almost"
        evidence.append(Evidence.of("almost", "\n".join(near), source=f"{domain} TXT", at=answer.at))
    return say.fail("missing", domain, message, evidence=evidence, remedy=fix, via=answer.via)


def _with_senders(record: str, wanted: tuple[Service, ...]) -> str:
    """The record with what these services need, before its end; what it lets in already stays as it is."""
    terms = record.split()
    missing = [row.spf for row in wanted if row.spf.lower() not in (term.lower().lstrip("+") for term in terms)]
    at = next((index for index, term in enumerate(terms) if _END.fullmatch(term)), len(terms))
    return " ".join([*terms[:at], *dict.fromkeys(missing), *terms[at:]])


def _multiple(say: Say, domain: str, answer: DnsAnswer, texts: list[str], wanted: tuple[Service, ...]) -> Finding:
    source, fact = f"{domain} TXT at {answer.server}", dns_fact(answer, texts)
    evidence = [Evidence.of("dns", "\n".join(texts), source=source, at=answer.at, fact=fact)]
    line = zone_line(domain, "TXT", _with_senders(merged([read(text) for text in texts]), wanted))
    fix = say.fix("merge", count=len(texts), line=line)
    return say.fail("multiple", domain, count=len(texts), evidence=evidence, remedy=fix, via=answer.via)


def _syntax(say: Say, walk: _Walk) -> list[Finding]:
    """Every mistake of every record on the way, each pointed at; the first one is in the sentence."""
    wrong = [(node, node.record) for node in walk.nodes if node.record is not None and node.record.problems]
    if not wrong:
        return []
    evidence = [Evidence.of("where", _pointed(record), source=f"{node.domain} TXT") for node, record in wrong]
    (first, record), count = wrong[0], sum(len(one.problems) for _, one in wrong)
    fix = say.fix("ask-owner", other=first.domain)
    message = "several" if count > 1 else "included"
    if first is walk.nodes[0]:
        message = "several" if count > 1 else "fail"
        fix = say.fix("correct", line=walk.line(" ".join(["v=spf1", *(term.text for term in record.terms)])))
    return [
        say.fail(
            "syntax",
            walk.domain,
            message,
            other=first.domain,
            count=count,
            problem=record.problems[0].words,
            evidence=[*evidence, walk.drawn],
            remedy=fix,
            via=walk.via,
        )
    ]


def _pointed(record: Record) -> str:
    return "\n".join([record.pointed(), *(problem.words for problem in record.problems)])


def _marked(node: Node, *terms: Term) -> Evidence:
    """A record with a mark under each of these terms."""
    assert node.record is not None
    marks = [" "] * len(node.record.raw)
    for term in terms:
        marks[term.start : term.start + len(term.text)] = "^" * len(term.text)
    return Evidence.of("where", node.record.raw + "\n" + "".join(marks).rstrip(), source=f"{node.domain} TXT")


def _loop(say: Say, walk: _Walk) -> list[Finding]:
    loops = [node.via for node in walk.nodes[1:] if node.status == "loop" and node.via]
    if not loops:
        return []
    terms, evidence, fix = _texts(loops), [*walk.marks(loops), walk.drawn], walk.without(say, loops)
    return [say.fail("loop", walk.domain, terms=terms, evidence=evidence, remedy=fix, via=walk.via)]


def _broken(say: Say, walk: _Walk) -> list[Finding]:
    """Includes and redirects that lead to no record, or to several."""
    broken = [(node, node.via) for node in walk.nodes[1:] if node.status in ("missing", "multiple") and node.via]
    if not broken:
        return []
    terms, first = [via for _, via in broken], broken[0][0]
    message = "several-records" if first.status == "multiple" else "no-name" if first.absent else "no-record"
    return [
        say.fail(
            "include-missing",
            walk.domain,
            message if len(broken) == 1 else "many",
            terms=_texts(terms),
            other=first.domain,
            count=len(first.texts),
            evidence=[*walk.marks(terms), walk.drawn],
            remedy=walk.without(say, terms),
            via=walk.via,
        )
    ]


def _texts(terms: Sequence[Term]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(term.text for term in terms))


def _lookups(say: Say, walk: _Walk) -> list[Finding]:
    """A hole in the picture makes their number unknown, unless what was seen is over the limit already."""
    tree, domain, needed, drawn = walk.tree, walk.domain, walk.tree.lookups, walk.drawn
    heavy = [leaf.term for node in walk.nodes for leaf in node.leaves if leaf.too_many_names]
    marks = [*walk.marks(heavy), drawn]
    if needed > MAX_LOOKUPS:
        costs = "\n".join(f"{tree.cost(node)}  {node.via.text}" for node in tree.top.children if node.via)
        dear = max(tree.top.children, key=tree.cost, default=None)
        return [
            say.fail(
                "lookups",
                domain,
                "both" if heavy else "dear" if dear is not None else "fail",
                lookups=needed,
                limit=MAX_LOOKUPS,
                terms=_texts(heavy),
                n=len(_texts(heavy)),
                dear=dear.via.text if dear is not None and dear.via else "",
                cost=tree.cost(dear) if dear is not None else 0,
                evidence=[Evidence.of("cost", costs or "no include", source=f"{domain} TXT"), *marks],
                via=walk.via,
            )
        ]
    if heavy:
        terms = _texts(heavy)
        return [say.fail("lookups", domain, "crowded", terms=terms, n=len(terms), evidence=marks, via=walk.via)]
    if tree.failure is not None:
        return [say.unknown("lookups", domain, failure=tree.failure, evidence=[drawn], via=walk.via)]
    return [say.passed("lookups", domain, lookups=needed, limit=MAX_LOOKUPS, evidence=[drawn], via=walk.via)]


def _voids(say: Say, walk: _Walk) -> list[Finding]:
    tree, nodes = walk.tree, walk.nodes
    if tree.voids <= MAX_VOID:
        return []
    empty = [node.via for node in nodes[1:] if node.void and node.via]
    empty += [leaf.term for node in nodes for leaf in node.leaves if leaf.void]
    return [
        say.warn(
            "void-lookups",
            walk.domain,
            voids=tree.voids,
            limit=MAX_VOID,
            evidence=[*walk.marks(empty), walk.drawn],
            remedy=walk.without(say, empty),
            via=walk.via,
        )
    ]


def _last_word(node: Node) -> tuple[str, Node]:
    """The qualifier of the `all` in force, following redirects; empty where there is none."""
    if node.record is None:
        return "?unseen", node
    if node.record.all is not None:
        return node.record.all.qualifier, node
    target = next((child for child in node.children if child.via is node.record.redirect), None)
    return _last_word(target) if target is not None else ("", node)


def _closing(say: Say, walk: _Walk) -> list[Finding]:
    """What the record says of senders that nothing matched; and includes that let in everybody."""
    domain, (word, where) = walk.domain, _last_word(walk.tree.top)
    kept = [term.text for term in walk.record.terms if term.name not in ("all", "redirect")]
    fix = say.fix("end", line=walk.line(" ".join(["v=spf1", *kept, "~all"])))
    open_ = [(node.domain, node.via) for node in walk.nodes[1:] if _is_open(node) and node.via]
    doors = [via for _, via in open_]
    end = where.record.all if where.record is not None else None
    ends = [_marked(where, end)] if end is not None else []
    if word == "+" or doors:
        records = tuple(dict.fromkeys([*([where.domain] if word == "+" else []), *(name for name, _ in open_)]))
        return [
            say.fail(
                "all",
                domain,
                records=records,
                n=len(records),
                evidence=[*(ends if word == "+" else []), *walk.marks(doors), walk.drawn],
                remedy=fix if word == "+" else walk.without(say, doors),
                via=walk.via,
            )
        ]
    if word == "?unseen":
        return []  # the failure of the look-up has a finding of its own
    if word in ("", "?"):
        message, evidence = "warn" if word == "" else "neutral", [*ends, walk.drawn]
        return [say.warn("all", domain, message, evidence=evidence, remedy=fix, via=walk.via)]
    return [say.passed("all", domain, end=f"{word}all", evidence=[walk.published], via=walk.via)]


def _is_open(node: Node) -> bool:
    return node.via is not None and node.via.name == "include" and _last_word(node)[0] == "+"


def _wide(say: Say, walk: _Walk) -> list[Finding]:
    """Networks so large that strangers live in them."""
    found = [
        (level, term)
        for node in walk.nodes
        for term in (node.record.in_force if node.record else ())
        if (level := _width(term, own=node is walk.nodes[0]))
    ]
    if not found:
        return []
    evidence = [*walk.marks([term for _, term in found]), walk.drawn]
    broken = _texts([term for level, term in found if level == "fail"])
    if broken:
        return [say.fail("wide", walk.domain, terms=broken, n=len(broken), evidence=evidence, via=walk.via)]
    large = _texts([term for _, term in found])
    return [say.warn("wide", walk.domain, terms=large, n=len(large), evidence=evidence, via=walk.via)]


def _width(term: Term, *, own: bool) -> str:
    if term.kind != "mechanism" or term.qualifier != "+":
        return ""
    for prefix, (broken, large) in ((term.prefix4, _WIDE4), (term.prefix6, _WIDE6)):
        if prefix is not None and prefix < broken:
            return "fail"
        if prefix is not None and prefix < large and own:
            return "warn"
    return ""


def _ptr(say: Say, walk: _Walk) -> list[Finding]:
    slow = [(node, term) for node in walk.nodes if node.record for term in node.record.in_force if term.name == "ptr"]
    if not slow:
        return []
    evidence = [*(_marked(node, term) for node, term in slow), walk.drawn]
    return [say.warn("ptr", walk.domain, evidence=evidence, via=walk.via)]


def _senders(say: Say, walk: _Walk, wanted: tuple[Service, ...]) -> list[Finding]:
    """Services that send, need a word in the record, and have none there or in what it includes."""
    there = {node.domain for node in walk.nodes}
    missing = tuple(row for row in wanted if row.spf.partition(":")[2] not in there)
    if not missing or walk.tree.failure is not None or any(node.status == "macro" for node in walk.nodes):
        return []  # it may be in what could not be seen
    names = tuple(row.name for row in missing)
    fix = say.fix("replace", line=walk.line(_with_senders(walk.record.raw, missing)))
    evidence = [walk.drawn, *(_sender(walk.domain, name) for name in names)]
    return [say.warn("sender", walk.domain, services=names, n=len(names), evidence=evidence, remedy=fix, via=walk.via)]


def _sender(domain: str, name: str) -> Evidence:
    return Evidence.of("sender", name, source="[email] senders", fact=MailSender(domain=domain, service=name))


def _size(say: Say, walk: _Walk) -> list[Finding]:
    """A record that makes the answer too long for a plain UDP packet is lost at resolvers that cannot fall back
    (section 3.4)."""
    size = len(walk.record.raw.encode("utf-8", "replace"))
    if size <= MAX_SIZE:
        return []
    return [say.warn("size", walk.domain, size=size, limit=MAX_SIZE, evidence=[walk.published], via=walk.via)]
