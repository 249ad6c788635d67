"""What several checks need of a sight: walls told from answers, evidence in one format, failures sorted by what they
prove."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from ..facts import DnsRecords, Files, Headers, Hop, RedirectChain
from ..failure import Failure, FailureKind
from ..findings import Evidence, Finding, State
from ..world.sights import Chain, DnsAnswer, Reply

if TYPE_CHECKING:
    from ..world import World

BROWSER_ACCEPT = ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")

# The other side itself said no: a fact about the host. Everything else may be our line, our limits or our permissions.
PROVEN: frozenset[FailureKind] = frozenset(
    {"refused", "reset", "certificate", "tls", "protocol", "no-such-name", "no-address"}
)
# Nothing listens for an ordinary visitor.
CLOSED: frozenset[FailureKind] = frozenset({"refused", "timeout", "reset"})
# The name has no address at all.
ABSENT: frozenset[FailureKind] = frozenset({"no-such-name", "no-address"})


def mitigated(reply: Reply) -> str:
    """What a protection network says it did in place of an answer (`challenge`); empty where the product answered."""
    return reply.header("cf-mitigated") or reply.header("x-vercel-mitigated") or ""


def wall(reply: Reply) -> Failure | None:
    """A Failure where a bot wall or a rate limit stands between us and the page, so that nothing can be said of the
    page itself."""
    mitigated = reply.header("cf-mitigated")
    if mitigated:
        return Failure(kind="unavailable", detail=f"HTTP {reply.status}, cf-mitigated: {mitigated}", target=reply.url)
    if reply.status == 429:
        return Failure(kind="rate-limited", detail="HTTP 429", target=reply.url)
    if reply.status in (403, 406):
        return Failure(
            kind="unavailable", detail=f"HTTP {reply.status}: automated requests may be blocked", target=reply.url
        )
    return None


async def get_page(world: World, url: str) -> Reply | Failure:
    """One GET; where a server is picky about Accept, a second one as a browser would ask."""
    reply: Reply | Failure = await world.web.get(url)
    if isinstance(reply, Reply) and reply.status in (403, 406) and not reply.header("cf-mitigated"):
        again = await world.web.get(url, headers=(BROWSER_ACCEPT,))
        if isinstance(again, Reply) and again.status not in (403, 406):
            return again
    return reply


def _chain_text(chain: Chain) -> str:
    """One answer a line, `301  https://www.example.com/  84 ms`; a failure at the end is `---  what happened`. The
    console draws this."""
    lines = []
    for hop in chain.hops:
        kind = "" if hop.kind in ("location", "end") else f"  ({hop.kind})"
        lines.append(f"{hop.status}  {hop.url}  {round(hop.total_ms)} ms{kind}")
    if isinstance(chain.end, Failure):
        lines.append(f"---  {chain.end}")
    elif chain.problem:
        lines.append(f"---  {chain.problem}" + (f": {chain.detail}" if chain.detail else ""))
    return "\n".join(lines)


def _chain_fact(chain: Chain) -> RedirectChain:
    """A redirect chain as data."""
    hops = tuple(
        Hop(hop.status, hop.url, round(hop.total_ms), "" if hop.kind in ("location", "end") else hop.kind)
        for hop in chain.hops
    )
    problem = str(chain.end) if isinstance(chain.end, Failure) else chain.problem
    return RedirectChain(start=chain.start, hops=hops, problem=problem)


def chain_evidence(chain: Chain) -> Evidence:
    """A redirect chain, as evidence with the label `chain`, and as data."""
    at = chain.end.at if isinstance(chain.end, Reply) else None
    return Evidence.of("chain", _chain_text(chain), source=chain.start, at=at, fact=_chain_fact(chain))


def via_of(*sights: object) -> str:
    """The way of the first sight that went another than the ordinary one."""
    for sight in sights:
        inner = sight.end if isinstance(sight, Chain) else sight
        found = getattr(inner, "via", "")
        if found:
            return str(found)
    return ""


def _header_fact(reply: Reply, *names: str) -> Headers:
    """The named headers of an answer as data."""
    headers = tuple((name, reply.all(name)) for name in names)
    return Headers(method=reply.method, url=reply.url, status=reply.status, headers=headers)


def header_evidence(reply: Reply, *names: str) -> Evidence:
    """The named headers as sent, one a line, and as data; an absent one is said to be absent."""
    lines = [f"{reply.method} {reply.url}  {reply.status}"]
    for name in names:
        lines += [f"{name}: {value}" for value in reply.all(name)] or [f"{name}: (not sent)"]
    fact = _header_fact(reply, *names)
    return Evidence.of("headers", "\n".join(lines), source=reply.url, at=reply.at, fact=fact)


def files_evidence(label: str, host: str, rows: Iterable[tuple[str, str]], at: datetime | None = None) -> Evidence:
    """Static files of a host: URL and what was seen of it, one file a line, and the URLs as data."""
    rows = list(rows)
    text = "\n".join(f"{url}  {seen}" for url, seen in rows)
    fact = Files(host=host, urls=tuple(url for url, _ in rows))
    return Evidence.of(label, text, source=f"https://{host}/", at=at, fact=fact)


def dns_fact(answer: DnsAnswer, only: Collection[str] | None = None) -> DnsRecords:
    """A DNS answer as data. `only`: the texts of the TXT records that are meant, where it has others as well."""
    if only is None:
        records = tuple(map(str, answer.records)) if answer.found else ()
    else:
        records = tuple(row for row, text in zip(answer.records, answer.texts, strict=True) if text in only)
    return DnsRecords(
        name=answer.name,
        type=answer.rdtype,
        records=records,
        exists=answer.status != "nxdomain",
        ttl=answer.ttl,
        server=answer.server,
    )


def dns_evidence(answer: DnsAnswer) -> Evidence:
    """A DNS answer as `dig` would print it, one record a line, and as data."""
    fact, source = dns_fact(answer), f"{answer.name} {answer.rdtype} at {answer.server}"
    return Evidence.of("dns", "\n".join(fact.lines), source=source, at=answer.at, fact=fact)


def distinct(findings: Iterable[Finding]) -> list[Finding]:
    """One finding a rule and subject, the worse one at the first one's place: a second would hide behind the same
    id."""
    kept: dict[str, Finding] = {}
    for finding in findings:
        before = kept.get(finding.id)
        if before is None or _badness(finding) < _badness(before):
            kept[finding.id] = finding
    return list(kept.values())


_ORDER = (State.FAIL, State.UNKNOWN, State.WARN, State.PASS, State.NOT_APPLICABLE, State.INFO)


def _badness(finding: Finding) -> tuple[int, int]:
    return _ORDER.index(finding.state), finding.severity.weight
