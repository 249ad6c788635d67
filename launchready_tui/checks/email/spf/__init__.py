"""email.spf: authorised senders within the limits of RFC 7208, the include tree shown."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
from ....mail.auth.senders import Service, service
from ....mail.auth.spf_record import MAX_LOOKUPS, MAX_VOID, Term, almost_spf, is_spf, merged, read
from ....world.sights import DnsAnswer
from ...audit.providers import sender_called
from ...base import Say, check
from ...paste import zone_line
from ...seen import dns_evidence
from ..fresh import Fresh, with_newest
from ..place import dressed
from ..voice import MailSay
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
    say = MailSay("email.spf", world.clock.now())
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
        return [
            say.unknown(
                "missing",
                domain,
                f"Who may send mail for {domain} could not be looked up",
                failure=answer,
                severity=Severity.BLOCKER,
            )
        ]
    texts = [text for text in answer.texts if is_spf(text)]
    if not texts:
        return [_missing(say, domain, answer, wanted)]
    if len(texts) > 1:
        return [_multiple(say, domain, answer, texts, wanted)]
    tree = await Walker(ask).tree(domain, answer)
    return [
        *_judge(say, domain, answer, tree),
        *_senders(say, domain, answer, tree, wanted),
        *_size(say, domain, answer, tree),
    ]


def _missing(say: Say, domain: str, answer: DnsAnswer, wanted: tuple[Service, ...]) -> Finding:
    near = [text for text in answer.texts if almost_spf(text)]
    evidence = [dns_evidence(answer)]
    text = (
        "Publish one TXT record that names your sending services (put the include your provider gives you in place "
        "of the example)"
    )
    record = "v=spf1 include:_spf.your-provider.example ~all"
    if wanted:
        text, record = "Publish one TXT record that names your sending services", with_senders("v=spf1 ~all", wanted)
    remedy = Remedy(text=text, paste=zone_line(domain, "TXT", record), where="your DNS host")
    said = f"{domain} does not say who may send its mail: receivers put it into spam"
    if answer.status == "nxdomain":
        said = f"{domain} does not exist in the DNS, so receivers refuse mail that comes from it"
    if near:
        said = f"{domain} has a record meant as SPF that no receiver takes for one"
        evidence.append(Evidence.of("almost", "\n".join(near), source=f"{domain} TXT", at=answer.at))
    return say.fail(
        "missing", domain, said, severity=Severity.BLOCKER, evidence=evidence, remedy=remedy, via=answer.via
    )


def with_senders(record: str, wanted: tuple[Service, ...]) -> str:
    """The record with what these services need, before its end; what it lets in already stays as it is."""
    terms = record.split()
    missing = [row.spf for row in wanted if row.spf.lower() not in (term.lower().lstrip("+") for term in terms)]
    at = next((index for index, term in enumerate(terms) if _END.fullmatch(term)), len(terms))
    return " ".join([*terms[:at], *dict.fromkeys(missing), *terms[at:]])


def _multiple(say: Say, domain: str, answer: DnsAnswer, texts: list[str], wanted: tuple[Service, ...]) -> Finding:
    return say.fail(
        "multiple",
        domain,
        f"{domain} has {len(texts)} SPF records, so receivers take none of them",
        severity=Severity.BLOCKER,
        evidence=[Evidence.of("dns", "\n".join(texts), source=f"{domain} TXT at {answer.server}", at=answer.at)],
        remedy=Remedy(
            text=f"Put this one in place of all {len(texts)}",
            paste=zone_line(domain, "TXT", with_senders(merged([read(text) for text in texts]), wanted)),
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
        findings.append(
            say.fail(
                rule, domain, said, severity=Severity.BLOCKER, evidence=[*extra, drawn], remedy=remedy, via=answer.via
            )
        )

    def warn(rule: str, said: str, remedy: Remedy = edit, *extra: Evidence) -> None:
        findings.append(say.warn(rule, domain, said, evidence=[*extra, drawn], remedy=remedy, via=answer.via))

    nodes = tree.nodes()
    _syntax(fail, domain, nodes)
    loops = [node.via for node in nodes[1:] if node.status == "loop" and node.via]
    if loops:
        more = f" (and {len(loops) - 1} more)" if len(loops) > 1 else ""
        said = f"The SPF record of {domain} runs in circles at {loops[0].text}{more}"
        fail("loop", said, _without(domain, tree, *loops), *_marks(nodes, loops))
    broken = [node for node in nodes[1:] if node.status in ("missing", "multiple") and node.via]
    if broken:
        marks = _marks(nodes, [one.via for one in broken if one.via])
        none = "does not exist" if broken[0].absent else "has no SPF record"
        what = none if broken[0].status == "missing" else f"has {len(broken[0].texts)} SPF records"
        via = broken[0].via
        assert via is not None
        said = f"{via.text} leads to {broken[0].domain}, which {what}: receivers take the whole record as broken"
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        fail("include-missing", said + more, _without(domain, tree, *(one.via for one in broken if one.via)), *marks)
    _counts(say, domain, answer, tree, drawn, fail, warn, findings)
    _closing(say, domain, answer, tree, drawn, fail, warn, findings)
    _wide(nodes, fail, warn)
    slow = [(node, term) for node in nodes if node.record for term in node.record.in_force if term.name == "ptr"]
    if slow:
        warn(
            "ptr",
            f"The SPF record of {domain} uses ptr, which is slow and which many receivers skip",
            Remedy(text="Name the addresses or an include in place of ptr"),
            *(_marked(node, term) for node, term in slow),
        )
    return findings


def _without(domain: str, tree: Tree, *terms: Term) -> Remedy:
    """The record of the domain itself without these terms, as far as they stand in it."""
    record = tree.top.record
    own = [term for term in terms if record is not None and any(term is one for one in record.terms)]
    if record is None or not own:
        text = f"Ask the service whose record holds {terms[0].text} to repair it, or leave its include out"
        return Remedy(text=text, where="your DNS host")
    rest = " ".join(["v=spf1", *(one.text for one in record.terms if not any(one is term for term in own))])
    names = " and ".join(term.text for term in own)
    return Remedy(
        text=f"Leave out {names}, or correct the name", paste=zone_line(domain, "TXT", rest), where="your DNS host"
    )


def _syntax(fail: _Fail, domain: str, nodes: list[Node]) -> None:
    """Every mistake of every record on the way, each pointed at; the first one is the sentence."""
    wrong = [node for node in nodes if node.record is not None and node.record.problems]
    if not wrong:
        return
    node, record = wrong[0], wrong[0].record
    assert record is not None
    whose = (
        f"The SPF record of {domain}"
        if node is nodes[0]
        else f"The SPF record of {node.domain}, which {domain} includes,"
    )
    pointed = [Evidence.of("where", _pointed(one), source=f"{one.domain} TXT") for one in wrong]
    remedy = Remedy(
        text="Publish it without what is marked, or with the mark corrected",
        paste=zone_line(node.domain, "TXT", " ".join(["v=spf1", *(term.text for term in record.terms)]))
        if node is nodes[0]
        else "",
        where="your DNS host",
    )
    count = sum(len(one.record.problems) for one in wrong if one.record is not None)
    more = f" (and {count - 1} more)" if count > 1 else ""
    fail("syntax", f"{whose} has a mistake: {record.problems[0].words}{more}", remedy, *pointed)


def _pointed(node: Node) -> str:
    assert node.record is not None
    return "\n".join([node.record.pointed(), *(problem.words for problem in node.record.problems)])


def _marked(node: Node, *terms: Term) -> Evidence:
    """A record with a mark under each of these terms."""
    assert node.record is not None
    marks = [" "] * len(node.record.raw)
    for term in terms:
        marks[term.start : term.start + len(term.text)] = "^" * len(term.text)
    return Evidence.of("where", node.record.raw + "\n" + "".join(marks).rstrip(), source=f"{node.domain} TXT")


def _marks(nodes: list[Node], terms: Sequence[Term]) -> list[Evidence]:
    """Every record that holds some of these very terms, each once, with marks under them."""
    held = [
        (node, [one for one in terms if node.record is not None and any(one is term for term in node.record.terms)])
        for node in nodes
    ]
    return [_marked(node, *found) for node, found in held if found]


def _senders(say: Say, domain: str, answer: DnsAnswer, tree: Tree, wanted: tuple[Service, ...]) -> list[Finding]:
    """Services that send, need a word in the record, and have none there or in what it includes."""
    there = {node.domain for node in tree.nodes()}
    missing = [row for row in wanted if row.spf.partition(":")[2] not in there]
    if not missing or tree.top.record is None:
        return []
    if tree.failure is not None or any(node.status == "macro" for node in tree.nodes()):
        return []  # it may stand in what could not be seen
    names = " and ".join(row.name for row in missing)
    said = f"{names} {'sends' if len(missing) == 1 else 'send'} for {domain}, and the SPF record does not let it"
    paste = zone_line(domain, "TXT", with_senders(tree.top.record.raw, tuple(missing)))
    remedy = Remedy(text="Put this record in place of the one there", paste=paste, where="your DNS host")
    evidence = [Evidence.of("tree", tree.text(), source=f"{domain} TXT at {answer.server}", at=answer.at)]
    return [say.warn("sender", domain, said, evidence=evidence, remedy=remedy, via=answer.via)]


def _size(say: Say, domain: str, answer: DnsAnswer, tree: Tree) -> list[Finding]:
    """A record that makes the answer too long for a plain UDP packet is lost at resolvers that cannot fall back
    (section 3.4)."""
    record = tree.top.record
    size = len(record.raw.encode("utf-8", "replace")) if record is not None else 0
    if record is None or size <= MAX_SIZE:
        return []
    said = f"The SPF record of {domain} is {size} bytes long, receivers are sure to get {MAX_SIZE}"
    remedy = Remedy(
        text="Name whole networks in place of single addresses, or move addresses into an include of your own",
        paste=zone_line(domain, "TXT", f"v=spf1 include:_spf.{domain} ~all"),
        where="your DNS host",
    )
    evidence = [Evidence.of("record", record.raw, source=f"{domain} TXT", at=answer.at)]
    return [say.warn("size", domain, said, severity=Severity.LOW, evidence=evidence, remedy=remedy, via=answer.via)]


def _counts(
    say: Say,
    domain: str,
    answer: DnsAnswer,
    tree: Tree,
    drawn: Evidence,
    fail: _Fail,
    warn: _Warn,
    findings: list[Finding],
) -> None:
    """Look-ups and voids. A hole in the picture makes them unknown, unless what was seen is over the limit already."""
    heavy = [leaf.term for node in tree.nodes() for leaf in node.leaves if leaf.too_many_names]
    crowded = (
        f"{' and '.join(term.text for term in heavy)} leads to more than 10 mail servers, more than receivers look at"
    )
    costs = "\n".join(f"{tree.cost(node)}  {node.via.text}" for node in tree.top.children if node.via)
    if tree.lookups > MAX_LOOKUPS:
        dear = max(tree.top.children, key=tree.cost, default=None)
        hint = f"; {dear.via.text} alone takes {tree.cost(dear)}" if dear is not None and dear.via else ""
        fail(
            "lookups",
            f"The SPF record of {domain} needs {tree.lookups} look-ups, receivers stop at {MAX_LOOKUPS} and "
            f"reject it{hint}" + (f"; {crowded}" if heavy else ""),
            Remedy(
                text="Leave out services that no longer send, or send from a subdomain with a record of its own",
                where="your DNS host",
            ),
            Evidence.of("cost", costs or "no include", source=f"{domain} TXT"),
            *_marks(tree.nodes(), heavy),
        )
    elif heavy:
        fail(
            "lookups", crowded, Remedy(text="Name the addresses that send in place of mx"), *_marks(tree.nodes(), heavy)
        )
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
        empty = [node.via for node in tree.nodes()[1:] if node.void and node.via]
        empty += [leaf.term for node in tree.nodes() for leaf in node.leaves if leaf.void]
        warn(
            "void-lookups",
            f"{tree.voids} names in the SPF record of {domain} do not exist, some receivers stop at {MAX_VOID}",
            _without(domain, tree, *empty),
            *_marks(tree.nodes(), empty),
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
    say: Say,
    domain: str,
    answer: DnsAnswer,
    tree: Tree,
    drawn: Evidence,
    fail: _Fail,
    warn: _Warn,
    findings: list[Finding],
) -> None:
    word, where = _last_word(tree.top)
    record = tree.top.record
    assert record is not None
    kept = [term.text for term in record.terms if term.name not in ("all", "redirect")]
    fix = Remedy(
        text="End the record with ~all",
        paste=zone_line(domain, "TXT", " ".join(["v=spf1", *kept, "~all"])),
        where="your DNS host",
    )
    nodes = tree.nodes()
    doors = [node.via for node in nodes[1:] if node.via and node.via.name == "include" and _last_word(node)[0] == "+"]
    marks = _marks(nodes, doors)
    if word == "+":
        more = (
            f", and so do {len(doors)} of its includes"
            if len(doors) > 1
            else f", and so does {doors[0].text}"
            if doors
            else ""
        )
        ends = [_marked(where, where.record.all)] if where.record is not None and where.record.all is not None else []
        fail(
            "all",
            f"The SPF record of {where.domain} ends with +all{more}: anybody may send as {domain}",
            fix,
            *ends,
            *marks,
        )
    elif doors:
        more = f" (and {len(doors) - 1} more)" if len(doors) > 1 else ""
        fail(
            "all",
            f"{doors[0].text} ends with +all{more}: anybody may send as {domain}",
            _without(domain, tree, *doors),
            *marks,
        )
    elif word == "?unseen":
        return  # the failure of the look-up is told by its own finding
    elif word in ("", "?"):
        what = "has no closing all" if word == "" else "ends with ?all"
        place = [_marked(where, where.record.all)] if where.record is not None and where.record.all is not None else []
        warn("all", f"The SPF record of {domain} {what}: it says nothing of strangers", fix, *place)
    else:
        said = f"The SPF record of {domain} ends with {word}all"
        findings.append(
            say.passed(
                "all",
                domain,
                said,
                evidence=[Evidence.of("record", record.raw, source=f"{domain} TXT", at=answer.at)],
                via=answer.via,
            )
        )


def _wide(nodes: list[Node], fail: _Fail, warn: _Warn) -> None:
    """Networks so large that strangers live in them."""
    found = [
        (level, node, term)
        for node in nodes
        for term in (node.record.in_force if node.record else ())
        if (level := _width(term, own=node is nodes[0]))
    ]
    if not found:
        return
    found.sort(key=lambda one: one[0] != "fail")
    level, _, worst = found[0]
    marks = [
        _marked(node, *(term for _, at, term in found if at is node))
        for node in nodes
        if any(at is node for _, at, _ in found)
    ]
    fix = Remedy(text="Name only the addresses that send your mail", where="your DNS host")
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    if level == "fail":
        fail("wide", f"{worst.text} lets a large part of the internet send as you{more}", fix, *marks)
    else:
        warn("wide", f"{worst.text} is a large network: strangers in it may send as you{more}", fix, *marks)


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
        def __call__(self, rule: str, said: str, remedy: Remedy = ..., *extra: Evidence) -> None: ...
