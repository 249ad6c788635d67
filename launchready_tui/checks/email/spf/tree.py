"""Walks an SPF record's includes as a receiver would in the worst case: everything that may be asked is asked and
counted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ....facts import SpfTerm
from ....failure import Failure
from ....mail.auth.spf_record import Record, Term, is_spf, read
from ....world.sights import DnsAnswer

if TYPE_CHECKING:
    from ..fresh import Fresh

Status = Literal["ok", "missing", "multiple", "loop", "failed", "macro", "not-followed"]
# A receiver gives up after ten look-ups; a walk much further only costs time.
MAX_NODES = 40


@dataclass
class Node:
    """A domain whose record is asked for, and the terms of that record with what they led to."""

    domain: str
    via: Term | None = None
    """The include or redirect that led here; None at the top."""
    status: Status = "ok"
    record: Record | None = None
    texts: tuple[str, ...] = ()
    """All SPF records found at the name."""
    failure: Failure | None = None
    void: bool = False
    absent: bool = False
    """The name itself does not exist (NXDOMAIN)."""
    children: list[Node] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)


@dataclass
class Leaf:
    """An a, mx, exists or ptr term: one look-up, with what it found."""

    term: Term
    name: str
    void: bool = False
    too_many_names: bool = False
    failure: Failure | None = None


@dataclass
class Tree:
    """The whole walk."""

    top: Node

    def nodes(self) -> list[Node]:
        """Every record of the walk, top first, depth first: the order in which a receiver evaluates them."""
        found, waiting = [], [self.top]
        while waiting:
            node = waiting.pop(0)
            found.append(node)
            waiting = node.children + waiting
        return found

    @property
    def lookups(self) -> int:
        """RFC 7208 section 4.6.4, nested ones included."""
        return sum(term.costs_lookup for node in self.nodes() if node.record for term in node.record.in_force)

    @property
    def voids(self) -> int:
        """Look-ups that gave nothing; a receiver gives up after two (RFC 7208, section 4.6.4)."""
        nodes = self.nodes()
        return sum(node.void for node in nodes[1:]) + sum(leaf.void for node in nodes for leaf in node.leaves)

    @property
    def failure(self) -> Failure | None:
        """The first look-up that gave no answer, so that the picture has a hole."""
        for node in self.nodes():
            if node.failure:
                return node.failure
            if leaf := next((leaf for leaf in node.leaves if leaf.failure), None):
                return leaf.failure
        return None

    def cost(self, node: Node) -> int:
        """The look-ups of a subtree, the one that led there included."""
        own = sum(term.costs_lookup for term in node.record.in_force) if node.record else 0
        return (
            own
            + sum(self.cost(child) for child in node.children)
            - sum(1 for _ in node.children)
            + (1 if node.via else 0)
        )

    def terms(self) -> tuple[SpfTerm, ...]:
        """The tree line by line: each record, then its terms with what they lead to."""
        return tuple(self._lines(self.top, 0))

    def _lines(self, node: Node, depth: int) -> Iterator[SpfTerm]:
        found = {
            "missing": "this name does not exist" if node.absent else "no SPF record here",
            "multiple": f"{len(node.texts)} SPF records here",
            "loop": "leads back to a record above",
            "failed": f"could not be looked up: {node.failure.words if node.failure else ''}",
            "macro": "depends on the message, not followed",
            "not-followed": "not followed, far beyond the limit already",
        }.get(node.status, node.record.raw if node.record else "")
        yield SpfTerm(depth, node.via.text if node.via else node.domain, self.cost(node), found)
        for leaf in node.leaves:
            failed = f"could not be looked up: {leaf.failure.words}" if leaf.failure else ""
            yield SpfTerm(depth + 1, leaf.term.text, 1, "nothing found" if leaf.void else failed)
        for child in node.children:
            yield from self._lines(child, depth + 1)


class Walker:
    """One walk. `nodes` bounds it against trees made to be endless."""

    def __init__(self, ask: Fresh) -> None:
        self._ask = ask
        self._nodes = 0

    async def tree(self, domain: str, answer: DnsAnswer) -> Tree:
        """From a TXT answer with exactly one SPF record."""
        top = Node(domain, texts=tuple(text for text in answer.texts if is_spf(text)))
        top.record = read(top.texts[0])
        await self._expand(top, (domain,))
        return Tree(top)

    async def _expand(self, node: Node, above: tuple[str, ...]) -> None:
        assert node.record is not None
        jobs = []
        for term in node.record.in_force:
            if term.name in ("include", "redirect"):
                child = Node(term.domain.lower().rstrip("."), via=term)
                node.children.append(child)
                jobs.append(self._follow(child, above))
            elif term.costs_lookup:
                leaf = Leaf(term, (term.domain or node.domain).lower().rstrip("."))
                node.leaves.append(leaf)
                jobs.append(self._leaf(leaf))
        await asyncio.gather(*jobs)

    async def _follow(self, node: Node, above: tuple[str, ...]) -> None:
        self._nodes += 1
        if node.via and node.via.has_macro:
            node.status = "macro"
            return
        if node.domain in above:
            node.status = "loop"
            return
        if self._nodes > MAX_NODES:
            node.status = "not-followed"
            return
        answer = await self._ask.ask(node.domain, "TXT")
        if isinstance(answer, Failure):
            node.status, node.failure = "failed", answer
            return
        node.void, node.absent = not answer.found, answer.status == "nxdomain"
        node.texts = tuple(text for text in answer.texts if is_spf(text))
        if len(node.texts) != 1:
            node.status = "multiple" if node.texts else "missing"
            return
        node.record = read(node.texts[0])
        await self._expand(node, (*above, node.domain))

    async def _leaf(self, leaf: Leaf) -> None:
        if leaf.term.has_macro or leaf.term.name == "ptr":
            return
        if leaf.term.name == "mx":
            answer = await self._ask.ask(leaf.name, "MX")
            if isinstance(answer, Failure):
                leaf.failure = answer
            else:
                leaf.void, leaf.too_many_names = not answer.found, len(answer.records) > 10
            return
        found = await self._ask.addresses(leaf.name)
        if isinstance(found, Failure):
            leaf.void = found.kind in ("no-such-name", "no-address")
            leaf.failure = None if leaf.void else found
