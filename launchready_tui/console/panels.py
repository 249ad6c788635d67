"""Each stage's own panel: what is known of hosts, mail records, routes, or what people have confirmed. Functions of a
snapshot."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .. import clock
from ..facts import DnsRecords, Timing
from ..findings import Finding, State, worst
from ..launch.model import Launch
from ..roadmap.model import Stage
from ..verdict import Standing
from ..verdict.mailboxes import mailboxes, requirements
from ..verdict.mailsenders import mail_senders, spf_trees
from ..verdict.mailtests import CHECKS, mail_tests, not_tested
from ..watch.samples import Shot as WatchShot
from ..watch.samples import View
from ..watch.samples.model import CAUSE_WORDS
from . import watchpanes, watchtable, words
from .ink import Cell, Spans
from .store import Snapshot
from .widgets.ledger import Col, Row

if TYPE_CHECKING:
    from ..handover.chains import ChainRow
    from ..handover.snapshot import Snapshot as Shot
    from ..workspace import Workspace


@dataclass(frozen=True, slots=True)
class Panel:
    """Columns, rows, and what stands there while there is none."""

    cols: Sequence[Col]
    rows: Sequence[Row] = field(default_factory=tuple)
    empty: str = ""


def panel_of(snap: Snapshot, workspace: Workspace, stage: Stage, *, test_key: str = "") -> Panel:
    """The panel of a stage. `test_key` is the key that tests mails."""
    if stage.id == "audit":
        return _domain_map(snap, workspace)
    if stage.id == "edge":
        return _redirect_map(snap)
    if stage.id == "email":
        return mail_records(snap, test_key)
    if stage.id == "performance":
        return routes(snap)
    return answers(snap, stage)


def shot_of(snap: Snapshot, workspace: Workspace) -> Shot:
    """The same look that the handover folder is written from."""
    from ..handover.snapshot import Snapshot as Shot

    return Shot.of(workspace, snap.now)


def _domain_map(snap: Snapshot, workspace: Workspace) -> Panel:
    """Every declared host: what it is for, who runs it, where it leads, until when its certificate holds, whose
    account it is."""
    from ..handover.hosts import host_rows

    short = {host.name: words.short_host(host.name, snap.launch) for host in snap.launch.hosts}
    longest = max((len(name) for name in short.values()), default=0)
    cols = [
        Col("Domain map", min(26, max(19, longest)), above=92),
        Col("Domain map", min(26, max(16, longest)), below=92),
        Col("purpose", 0, tone="ink2", above=92),
        Col("provider", 12, tone="ink2", above=60),
        Col("address", 0, tone="ink2", below=92),
        Col("address", 15, tone="ink2", above=112),
        Col("TLS", 4, tone="ink2", above=96),
        Col("until", 11, right=True),
        Col("main for", 12, tone="ink2", gap=3, above=126),
        Col("redirects to", 0, tone="ink2", gap=3, above=126),
        Col("account of", 15, tone="ink2", gap=3, above=92),
        Col("account of", 10, tone="ink2", below=92),
    ]
    rows = []
    for host in host_rows(shot_of(snap, workspace)):
        states = [
            judged.state
            for standing in snap.verdict.standings.values()
            for judged in standing.findings
            if judged.finding.subject == host.host and judged.state is not State.INFO
        ]
        look = words.look(worst(states)) if states else "new"
        provider: Cell = host.provider or ("not checked", "ink3")
        purpose = host.purpose or host.role
        leads_to: Cell = host.leads_to.removeprefix("is the ") or ("·", "rule")
        owner: Cell = host.owner or ("unknown", "ink3")
        name, address = short.get(host.host, host.host), _some(host.address) or ("·", "rule")
        rows.append(
            Row(
                host.host,
                [
                    name,
                    name,
                    purpose,
                    provider,
                    address,
                    address,
                    host.tls.removeprefix("TLS ") or ("·", "rule"),
                    _short_day(host.tls_until) or ("·", "rule"),
                    ", ".join(words.short_host(name, snap.launch) for name in host.canonical_for.split(", ") if name)
                    or ("·", "rule"),
                    leads_to,
                    owner,
                    owner,
                ],
                words.glyph(look),
                look,
            )
        )
    return Panel(cols, rows, "No hosts in the launch file yet: press + to add one")


def _short_day(day: str) -> str:
    """`24 January 2027` as `24 Jan 2027`."""
    return re.sub(r"^(\d+ [A-Z][a-z]{2})[a-z]* (\d{4})$", r"\1 \2", day)


def _some(addresses: str) -> str:
    """The first of several addresses and how many more there are."""
    first, *more = addresses.split(", ")
    return f"{first} +{len(more)}" if more else first


def _redirect_map(snap: Snapshot) -> Panel:
    """Every address that leads on, its way on one line: a chain is as long as it is drawn."""
    from ..handover.chains import chain_rows

    found = [judged for standing in snap.verdict.standings.values() for judged in standing.findings]
    chains = chain_rows(found)
    starts = {row.start: _address(row.start, snap.launch) for row in chains}
    longest = max(map(len, starts.values()), default=0)
    cols = [
        Col("Redirect map", min(28, max(19, longest))),
        Col("redirects to", 0),
        Col("hops", 4, right=True),
        Col("ms", 5, right=True, tone="ink3", above=70),
    ]
    rows = []
    for row in chains:
        look = words.look(row.state)
        count: Cell = (str(row.redirects), look if look in ("fail", "warn") else "ink")
        unseen = row.problem and not row.redirects and not row.ms
        counted: list[Cell] = [("·", "rule"), ("·", "rule")] if unseen else [count, str(row.ms)]
        rows.append(Row(row.start, [starts[row.start], _way(row, snap.launch), *counted], words.glyph(look), look))
    return Panel(cols, rows, "Check the redirects (r) to see each chain here, hop by hop")


def _address(url: str, launch: Launch) -> str:
    """Where a way begins: `http www`, or the path on the main host."""
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = words.short_host(parts.hostname or "", launch)
    if path == "/":
        return f"{parts.scheme} {host}"
    return (
        path if parts.hostname == launch.canonical_host and parts.scheme == "https" else f"{parts.scheme} {host}{path}"
    )


def _way(row: ChainRow, launch: Launch) -> Spans:
    """`301 → /ads  301 → /market  200`: what changes at each hop, and where it ends."""
    from ..handover.chains import step

    drawn: Spans = []
    for before, stop in zip(row.stops, row.stops[1:], strict=False):
        tone = "ink3" if before.permanent else "warn"
        told = step(before.url, stop.url).replace(f".{launch.domain}", "")
        drawn += [(f"{before.status} → ", tone), (f"{told}  ", "ink")]
    if row.problem:
        last = [(f"{row.stops[-1].status} ", "ink3")] if row.stops else []
        # The address stands at the line's head already.
        why = re.sub(r"^\S+:\d+: ", "", row.problem).replace(f"https://{launch.canonical_host}/", "/")
        return [*drawn, *last, (why, "fail" if row.state is State.FAIL else "ink2")]
    end = row.stops[-1]
    return [*drawn, (str(end.status), "ink3" if end.status < 400 else "fail")]


def _findings_on(snap: Snapshot, subject: str, *prefixes: str) -> list[Finding]:
    """Findings about a subject, from rules with one of these beginnings."""
    return [
        judged.finding
        for standing in snap.verdict.standings.values()
        for judged in standing.findings
        if judged.finding.subject == subject and judged.finding.rule.startswith(prefixes or ("",))
    ]


WATCH_VIEW = View(window=timedelta(hours=1), points=40)
"""What the stage of monitoring shows of the watch."""


def watched(snap: Snapshot, shot: WatchShot, now: datetime, sparks: watchtable.Sparks) -> Panel:
    """The watch in short: how each target stands, and why."""
    names = [watchtable.name_of(one.target, snap.launch) for one in shot.snapshot.rows]
    cols = [
        Col("Watch", max(10, min(20, max((len(name) for name in names), default=0)))),
        Col("state", 11),
        Col("up %", 5, right=True),
        Col("p95 ms", 6, right=True),
        Col("last hour", 20),
        Col([("w", "ink2 b"), (" shows all", "ink3")], 0, tone="ink2"),
    ]
    rows = []
    for one, name in zip(shot.snapshot.rows, names, strict=True):
        look = watchtable.look_of(one)
        why = CAUSE_WORDS[one.incident.cause] if one.incident is not None else ""
        line = watchtable.line_of(one, shot, now, 20, sparks)
        cells = [
            name,
            watchtable.state_word(one, now),
            watchtable.uptime(one.stats, shot.snapshot.window),
            watchtable.judged(one),
            line,
            why,
        ]
        rows.append(Row(one.target.label, cells, words.glyph(look), look))
    return Panel(cols, [*rows, *_beside(shot, now)])


def _beside(shot: WatchShot, now: datetime) -> list[Row]:
    """What the watch knows beside the targets, a line each: errors of each environment, queues with what waits, the
    last deploy."""
    rows = []
    for environment in dict.fromkeys(one.environment for one in shot.traffic):
        routes = [one for one in shot.traffic if one.environment == environment]
        n, errors = sum(one.n for one in routes), sum(one.errors for one in routes)
        bad = [one for one in routes if watchpanes.look_of(one) == "fail"]
        look = "fail" if bad else "pass"
        why = (
            f"{bad[0].route} fails {bad[0].share * 100:.0f} % of {bad[0].n:,}"
            if bad
            else f"{errors:,} of {n:,} requests failed"
        )
        rows.append(Row(f"errors {environment}", ["errors", environment, "", "", "", why], words.glyph(look), look))
    for queue in shot.backlog[:8]:
        look = "fail" if queue.late else "pass"
        waits = f", the oldest for {clock.span(queue.oldest_s)}" if queue.oldest_s is not None and queue.ready else ""
        said = f"{queue.ready:,} waiting{waits}" + (f", {queue.failed:,} failed" if queue.failed else "")
        rows.append(
            Row(
                f"queue {queue.source} {queue.queue}", [queue.queue, "queue", "", "", "", said], words.glyph(look), look
            )
        )
    if shot.recent:
        last = shot.recent[0]
        look = "fail" if last.kind == "failed" else "pass"
        when = clock.ago(last.at, now)
        said = f"{last.sha[:7] or 'no commit named'} to {last.env}, {when}" + ("" if when == "now" else " ago")
        rows.append(
            Row(
                "deploy",
                ["last deploy", "failed" if look == "fail" else "done", "", "", "", said],
                words.glyph(look),
                look,
            )
        )
    return rows


MAIL = (
    ("email.mx", "MX"),
    ("email.spf", "SPF"),
    ("email.dkim", "DKIM"),
    ("email.dmarc", "DMARC"),
    ("email.transport", "TLS"),
)


def mail_records(snap: Snapshot, test_key: str = "") -> Panel:
    """Each mail record as it was found; each mail as it was tested, with folder and seconds; who sends; the tree of
    SPF; what large mailboxes ask for. `test_key` is the key that tests mails."""
    cols = [
        Col("Mail records", 12),
        Col("at", 24, tone="ink2", above=90),
        Col("at", 21, tone="ink2", below=90),
        Col("record", 0, tone="ink2"),
    ]
    rows: list[Row] = []

    def add(key: str, lead: Cell, at: str, told: Cell, look: str, *, marked: bool = True) -> None:
        short = at.replace(f".{snap.launch.domain}", "") if at != snap.launch.domain else at
        rows.append(Row(key, [lead, short, short, told], words.glyph(look if marked else "info"), look))

    for check, kind in MAIL:
        standing = snap.standing(check)
        if standing is None:
            continue
        look = snap.look(standing)
        if _unread(standing):
            add(check, kind, "", ("check again", "ink3"), look)
            continue
        facts = [fact for judged in standing.findings for fact in judged.finding.facts]
        records = dict.fromkeys(fact for fact in facts if isinstance(fact, DnsRecords))
        # That there is none is shown once; what is there is all shown.
        there = [fact for n, fact in enumerate(records) if n == 0 or fact.records]
        for n, fact in enumerate(there):
            told = ", ".join(fact.records) or fact.absence
            add(f"{check}{n}", kind if n == 0 else "", fact.name, told, look, marked=n == 0)
        if not records:
            found = words.shown_findings(standing)
            told = (
                words.headline(found[0].finding, snap.launch)
                if found and found[0].is_open and not words.asks(standing)
                else ""
            )
            add(check, kind, "", told or (words.WORDS[look], "ink3"), look)
    _mail_flows(snap, test_key, add)
    for sender in mail_senders(snap.launch, snap.verdict.standings):
        said: Spans = [("SPF ", "ink3"), (sender.spf, "ink2"), ("   DKIM ", "ink3"), (sender.dkim, "ink2")]
        add(f"sender-{sender.name}", "sender", sender.name, said, words.look(sender.state))
    for tree in spf_trees(snap.verdict.standings):
        for n, term in enumerate(tree.terms):
            first = n == 0
            add(f"tree-{tree.domain}-{n}", "SPF tree" if first else "", tree.domain if first else "", term.line, "info")
    for one in mailboxes(snap.verdict.standings):
        lead: Cell = ("asked for", "ink3") if one.requirement is requirements()[0] else ""
        add(f"ask-{one.requirement.id}", lead, one.requirement.text, one.requirement.asked_by, words.look(one.state))
    return Panel(cols, rows, "")


def _unread(standing: Standing | None) -> bool:
    """Whether a check was kept without facts of this version, so that there is nothing to show of it."""
    return standing is not None and standing.result is not None and not standing.result.readable


def _mail_flows(snap: Snapshot, test_key: str, add: Callable[[str, Cell, str, Cell, str], None]) -> None:
    """The product's mails: folder and seconds in columns of their own width, then what the receiver said, then what is
    wrong."""
    tests = mail_tests(snap.verdict.standings)
    wide = max((len(one.folder) for one in tests), default=0)
    several = len({one.mailbox for one in tests}) > 1
    late = max((len(one.seconds) for one in tests), default=0)
    for one in tests:
        look = words.look(one.state)
        said: Spans = [(one.folder.ljust(wide), "ink"), (f"  {one.seconds.rjust(late)}  ", "ink")] if one.folder else []
        said += [(f"{one.told}  ", look)] if one.told else []
        said.append((one.verdicts, "ink3"))
        add(f"test-{one.what}", "mail", one.what if several else one.mail, said, look)
    if any(_unread(snap.standing(check)) for check in CHECKS):
        add("test", "mail", "", ("check again", "ink3"), "new")
    for what in not_tested(snap.verdict.standings):
        add(
            f"test-{what}",
            "mail",
            what,
            [("not tested yet", "ink3"), (f"; {test_key} tests it" if test_key else "", "ink3")],
            "new",
        )


def routes(snap: Snapshot) -> Panel:
    """The launch file's routes with what was measured."""
    from ..handover import timing

    cols = [
        Col("Routes", 0),
        Col("flow", 10, tone="ink2"),
        Col("target ms", 9, right=True, tone="ink3"),
        Col("p95 ms", 8, right=True),
        Col("requests", 8, right=True, tone="ink3", above=80),
        Col("measured", 14, tone="ink2", gap=3),
    ]
    rows = []
    for route in snap.launch.routes:
        about = _findings_on(snap, route.name, "audit.latency", "performance")
        timed = any(one.check == "audit.latency" for one in about)
        look = words.look(worst([one.state for one in about])) if about else "new"
        if look == "pass" and route.safe and not timed:
            look = "new"
        seen = next((fact for one in about if (fact := one.fact(Timing)) is not None), None)
        p95 = "" if seen is None else timing.ms(seen.p95).removesuffix(" ms")
        count = str(seen.n) if seen else ""
        told: Cell = "safe to repeat" if route.safe else ("not measured", "ink3")
        rows.append(
            Row(
                route.name,
                [route.name, route.flow, str(route.target_ms), (p95, "ink") if p95 else ("·", "rule"), count, told],
                words.glyph(look),
                look,
            )
        )
    return Panel(cols, rows, "No routes in the launch file yet: press + to add one. Safe ones are measured")


def answers(snap: Snapshot, stage: Stage) -> Panel:
    """What people have confirmed on this stage."""
    cols = [
        Col("Confirmed", 18),
        Col("by", 16, tone="ink2"),
        Col("until", 12, tone="ink2"),
        Col("evidence", 0, tone="ink2"),
    ]
    rows = []
    for spec in stage.checks:
        standing = snap.verdict.standings[spec.id]
        told = standing.confirmation
        if told is None:
            continue
        look = snap.look(standing)
        rows.append(
            Row(
                spec.id,
                [spec.title, snap.name(told.by), f"{told.until:%d %b %Y}", told.evidence],
                words.glyph(look),
                look,
            )
        )
    return Panel(cols, rows, "Nothing confirmed yet: press y to answer the selected question with a name and evidence")
