"""email.spf: authorised senders within the limits of RFC 7208, the include tree shown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ...failure import Failure
from ...findings import Evidence, Finding, Remedy, Severity
from ...mailauth.spf_record import MAX_LOOKUPS, MAX_VOID, Term, almost_spf, is_spf, merged, read
from ...world.sights import DnsAnswer
from ..base import Say, check
from ..paste import zone_line
from ..seen import dns_evidence
from .fresh import Fresh, with_newest
from .place import dressed
from .spf_tree import Node, Tree, Walker

if TYPE_CHECKING:
    from ...launch.model import Launch
    from ...world import World

# Prefix lengths below which a network holds more machines than one sender can own: fail, warn. Providers' own includes only fail.
_WIDE4 = (8, 16)
_WIDE6 = (16, 32)


@check("email.spf")
async def spf(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The launch domain and the sending domains below it that the launch file names."""
    say = Say("email.spf", world.clock.now())
    own = [sender.lower() for sender in launch.email.senders if sender.lower().endswith("." + launch.domain)]
    judged = await asyncio.gather(*(_looked(say, world, domain) for domain in dict.fromkeys((launch.domain, *own))))
    for findings in judged:
        for finding in findings:
            yield finding


async def _looked(say: Say, world: World, domain: str) -> list[Finding]:
    findings = await with_newest(world, say, domain, [(domain, "TXT")], lambda ask: _domain(say, ask, domain))
    return await dressed(world, domain, findings)


async def _domain(say: Say, ask: Fresh, domain: str) -> list[Finding]:
    answer = await ask.ask(domain, "TXT")
    if isinstance(answer, Failure):
        return [
            say.unknown(
                "missing", domain, f"Who may send mail for {domain} could not be looked up", failure=answer, severity=Severity.BLOCKER
            )
        ]
    texts = [text for text in answer.texts if is_spf(text)]
    if not texts:
        return [_missing(say, domain, answer)]
    if len(texts) > 1:
        return [_multiple(say, domain, answer, texts)]
    tree = await Walker(ask).tree(domain, answer)
    return _judge(say, domain, answer, tree)


def _missing(say: Say, domain: str, answer: DnsAnswer) -> Finding:
    near = [text for text in answer.texts if almost_spf(text)]
    evidence = [dns_evidence(answer)]
    remedy = Remedy(
        text="Publish one TXT record that names your sending services (put the include your provider gives you in place of the example)",
        paste=zone_line(domain, "TXT", "v=spf1 include:_spf.your-provider.example ~all"),
        where="your DNS host",
    )
    said = f"{domain} does not say who may send its mail: receivers put it into spam"
    if near:
        said = f"{domain} has a record meant as SPF that no receiver takes for one"
        evidence.append(Evidence.of("almost", "\n".join(near), source=f"{domain} TXT", at=answer.at))
    return say.fail("missing", domain, said, severity=Severity.BLOCKER, evidence=evidence, remedy=remedy, via=answer.via)


def _multiple(say: Say, domain: str, answer: DnsAnswer, texts: list[str]) -> Finding:
    return say.fail(
        "multiple",
        domain,
        f"{domain} has {len(texts)} SPF records, so receivers take none of them",
        severity=Severity.BLOCKER,
        evidence=[Evidence.of("dns", "\n".join(texts), source=f"{domain} TXT at {answer.server}", at=answer.at)],
        remedy=Remedy(
            text=f"Put this one in place of all {len(texts)}",
            paste=zone_line(domain, "TXT", merged([read(text) for text in texts])),
            where="your DNS host",
        ),
        via=answer.via,
    )


def _judge(say: Say, domain: str, answer: DnsAnswer, tree: Tree) -> list[Finding]:
    source = f"{domain} TXT at {answer.server}"
    drawn = Evidence.of("tree", tree.text(), source=source, at=answer.at)
    record = tree.top.record
    assert record is not None
    edit = Remedy(text="Correct the record", paste="", where="your DNS host")
    findings: list[Finding] = []

    def fail(rule: str, said: str, remedy: Remedy = edit, *extra: Evidence) -> None:
        findings.append(say.fail(rule, domain, said, severity=Severity.BLOCKER, evidence=[*extra, drawn], remedy=remedy, via=answer.via))

    def warn(rule: str, said: str, remedy: Remedy = edit) -> None:
        findings.append(say.warn(rule, domain, said, evidence=[drawn], remedy=remedy, via=answer.via))

    nodes = tree.nodes()
    _syntax(fail, domain, nodes)
    for node in nodes[1:]:
        if node.status == "loop" and node.via:
            fail("loop", f"The SPF record of {domain} runs in circles at {node.via.text}", _without(domain, tree, node.via))
            break
    broken = [node for node in nodes[1:] if node.status in ("missing", "multiple") and node.via]
    if broken:
        what = "has no SPF record" if broken[0].status == "missing" else f"has {len(broken[0].texts)} SPF records"
        via = broken[0].via
        assert via is not None
        said = f"{via.text} leads to {broken[0].domain}, which {what}: receivers take the whole record as broken"
        fail("include-missing", said, _without(domain, tree, via))
    _counts(say, domain, answer, tree, drawn, fail, warn, findings)
    _closing(say, domain, answer, tree, drawn, fail, warn, findings)
    _wide(nodes, fail, warn)
    if any(term.name == "ptr" for node in nodes if node.record for term in node.record.in_force):
        warn(
            "ptr",
            f"The SPF record of {domain} uses ptr, which is slow and which many receivers skip",
            Remedy(text="Name the addresses or an include in place of ptr"),
        )
    return findings


def _without(domain: str, tree: Tree, term: Term) -> Remedy:
    """The record of the domain itself without one term, where the term stands in it."""
    record = tree.top.record
    if record is None or term not in record.terms:
        return Remedy(text=f"Ask the service whose record holds {term.text} to repair it, or leave its include out", where="your DNS host")
    rest = " ".join(["v=spf1", *(one.text for one in record.terms if one is not term)])
    return Remedy(text=f"Leave out {term.text}, or correct its name", paste=zone_line(domain, "TXT", rest), where="your DNS host")


def _syntax(fail: _Fail, domain: str, nodes: list[Node]) -> None:
    for node in nodes:
        if node.record is None or not node.record.problems:
            continue
        problem = node.record.problems[0]
        whose = f"The SPF record of {domain}" if node is nodes[0] else f"The SPF record of {node.domain}, which {domain} includes,"
        pointed = Evidence.of("where", node.record.pointed(), source=f"{node.domain} TXT")
        good = [term.text for term in node.record.terms]
        remedy = Remedy(
            text="Publish it without what is marked, or with the mark corrected",
            paste=zone_line(node.domain, "TXT", " ".join(["v=spf1", *good])) if node is nodes[0] else "",
            where="your DNS host",
        )
        fail("syntax", f"{whose} has a mistake: {problem.words}", remedy, pointed)
        return


def _counts(
    say: Say, domain: str, answer: DnsAnswer, tree: Tree, drawn: Evidence, fail: _Fail, warn: _Warn, findings: list[Finding]
) -> None:
    """Look-ups and voids. A hole in the picture makes them unknown, unless what was seen is over the limit already."""
    heavy = next((leaf for node in tree.nodes() for leaf in node.leaves if leaf.too_many_names), None)
    costs = "\n".join(f"{tree.cost(node)}  {node.via.text}" for node in tree.top.children if node.via)
    if tree.lookups > MAX_LOOKUPS:
        dear = max(tree.top.children, key=tree.cost, default=None)
        hint = f"; {dear.via.text} alone takes {tree.cost(dear)}" if dear is not None and dear.via else ""
        fail(
            "lookups",
            f"The SPF record of {domain} needs {tree.lookups} look-ups, receivers stop at {MAX_LOOKUPS} and reject it{hint}",
            Remedy(text="Leave out services that no longer send, or send from a subdomain with a record of its own", where="your DNS host"),
            Evidence.of("cost", costs or "no include", source=f"{domain} TXT"),
        )
    elif heavy is not None:
        fail("lookups", f"{heavy.term.text} leads to more than 10 mail servers, more than receivers look at")
    elif tree.failure is not None:
        findings.append(
            say.unknown(
                "lookups",
                domain,
                f"The SPF record of {domain} could not be followed to its end",
                failure=tree.failure,
                severity=Severity.BLOCKER,
                evidence=[drawn],
                via=answer.via,
            )
        )
    else:
        said = f"The SPF record of {domain} needs {tree.lookups} of {MAX_LOOKUPS} look-ups"
        findings.append(say.passed("lookups", domain, said, evidence=[drawn], via=answer.via))
    if tree.voids > MAX_VOID:
        warn(
            "void-lookups",
            f"{tree.voids} names in the SPF record of {domain} do not exist, some receivers stop at {MAX_VOID}",
            Remedy(text="Leave out the names that find nothing", where="your DNS host"),
        )


def _last_word(node: Node) -> tuple[str, Node]:
    """The qualifier of the `all` in force, following redirects; empty where there is none."""
    if node.record is None:
        return "?unseen", node
    if node.record.all is not None:
        return node.record.all.qualifier, node
    target = next((child for child in node.children if child.via is node.record.redirect), None)
    return _last_word(target) if target is not None else ("", node)


def _closing(
    say: Say, domain: str, answer: DnsAnswer, tree: Tree, drawn: Evidence, fail: _Fail, warn: _Warn, findings: list[Finding]
) -> None:
    word, where = _last_word(tree.top)
    record = tree.top.record
    assert record is not None
    kept = [term.text for term in record.terms if term.name not in ("all", "redirect")]
    fix = Remedy(
        text="End the record with ~all", paste=zone_line(domain, "TXT", " ".join(["v=spf1", *kept, "~all"])), where="your DNS host"
    )
    open_include = next((node for node in tree.nodes()[1:] if node.via and node.via.name == "include" and _last_word(node)[0] == "+"), None)
    if word == "+":
        fail("all", f"The SPF record of {where.domain} ends with +all: anybody may send as {domain}", fix)
    elif open_include is not None and open_include.via:
        fail("all", f"{open_include.via.text} ends with +all: anybody may send as {domain}", _without(domain, tree, open_include.via))
    elif word == "?unseen":
        return  # the failure of the look-up is told by its own finding
    elif word in ("", "?"):
        what = "has no closing all" if word == "" else "ends with ?all"
        warn("all", f"The SPF record of {domain} {what}: it says nothing of strangers", fix)
    else:
        said = f"The SPF record of {domain} ends with {word}all"
        findings.append(
            say.passed(
                "all", domain, said, evidence=[Evidence.of("record", record.raw, source=f"{domain} TXT", at=answer.at)], via=answer.via
            )
        )


def _wide(nodes: list[Node], fail: _Fail, warn: _Warn) -> None:
    """Networks so large that strangers live in them."""
    worst: tuple[str, Term] | None = None
    for node in nodes:
        for term in node.record.in_force if node.record else ():
            level = _width(term, own=node is nodes[0])
            if level and (worst is None or (level == "fail" and worst[0] == "warn")):
                worst = (level, term)
    if worst is None:
        return
    fix = Remedy(text="Name only the addresses that send your mail", where="your DNS host")
    said = f"{worst[1].text} lets a large part of the internet send as you"
    if worst[0] == "fail":
        fail("wide", said, fix)
    else:
        warn("wide", f"{worst[1].text} is a large network: strangers in it may send as you", fix)


def _width(term: Term, *, own: bool) -> str:
    if term.kind != "mechanism" or term.qualifier != "+":
        return ""
    for prefix, (broken, large) in ((term.prefix4, _WIDE4), (term.prefix6, _WIDE6)):
        if prefix is not None and prefix < broken:
            return "fail"
        if prefix is not None and prefix < large and own:
            return "warn"
    return ""


if TYPE_CHECKING:
    from typing import Protocol

    class _Fail(Protocol):
        def __call__(self, rule: str, said: str, remedy: Remedy = ..., *extra: Evidence) -> None: ...

    class _Warn(Protocol):
        def __call__(self, rule: str, said: str, remedy: Remedy = ...) -> None: ...
