"""02-domain-map: every public name, where it leads, and the registration behind it; the redirects that must hold."""

from __future__ import annotations

from ...checks.parse.addresses import place
from ...findings import State, worst
from ..blocks import BLANK, Cell
from ..chains import chain_rows, followed, way
from ..draft import Draft, code, plain
from ..hosts import HostRow, domain_rows, has_tls, host_rows
from ..model import Document
from ..snapshot import Snapshot
from ..words import STALE, UNRUN, standing_cell, state_cell

_EDGE = ("edge.canonical", "edge.redirects", "edge.https", "edge.certificates", "edge.headers")


def write(shot: Snapshot) -> Document:
    """Domains, hosts, and the way each address people type leads."""
    draft = Draft(shot, "domain-map", "Domain map", "02-domain-map.md")
    draft.lead("Every public host name of the product: what it is for, who hosts it, and where it redirects.")
    draft.facts(
        ("Main address", draft.fact(shot.launch.canonical, "the main address", "2", "code")),
        ("One address per page", standing_cell(shot.standing("edge.canonical"))),
        ("HTTPS", standing_cell(shot.standing("edge.https"))),
        ("Certificates", standing_cell(shot.standing("edge.certificates"))),
    )
    draft.table(
        "Domains",
        "domain|registrar|registered until|locked|DNS at|+name servers",
        [
            (
                code(row.domain),
                draft.fact(row.registrar, f"registrar of {row.domain}", "1", short="registrar"),
                draft.fact(row.expires, f"expiry date of {row.domain}", "1", short="expiry date"),
                plain(row.lock) if row.lock else BLANK,
                draft.fact(row.dns_provider, f"who serves DNS for {row.domain}", "1", short="DNS provider"),
                code(row.nameservers) if row.nameservers else BLANK,
            )
            for row in domain_rows(shot)
        ],
        csv="domains",
    )
    draft.table(
        "Public host names",
        "name|what it is for|environment|provider|address|+TLS|certificate until|+main address for|redirects "
        "to|account owner",
        [_host(draft, row) for row in host_rows(shot)],
        csv="domain-map",
        empty="The launch file lists no hosts yet.",
    )
    if not shot.launch.hosts:
        draft.fact("", "the public host names of the product", "1")
    found = [one for standing in shot.verdict.standings.values() for one in standing.findings]
    stale = shot.standing("edge.redirects").stale
    draft.table(
        "Redirect map",
        "+from|+path|#redirects|state",
        [
            (code(row.start), code(way(row)), plain(str(row.redirects)), STALE if stale else state_cell(row.state))
            for row in chain_rows(found)
        ],
        csv="redirect-map",
        empty="None of the addresses checked redirects."
        if shot.standing("edge.redirects").result
        else "Not checked yet.",
    )
    ways = {place(row.start): way(row) for row in followed(found)}
    draft.table(
        "Old addresses and their new targets",
        "+from|+to|+actual path|state",
        [
            (
                code(one.from_),
                code(one.to),
                code(seen) if (seen := ways.get(place(one.from_), "")) else BLANK,
                _redirect_state(shot, one.from_),
            )
            for one in shot.launch.redirects
        ],
        csv="redirects",
        empty="The launch file lists no old addresses. If the product ever had any, add them there.",
    )
    draft.pastes("Rules to paste", *_EDGE)
    return draft.finish()


def _host(draft: Draft, row: HostRow) -> tuple[Cell, ...]:
    named = row.host
    until = (
        draft.fact(row.tls_until, f"certificate expiry of {named}", "2", short="expiry")
        if has_tls(draft.snapshot, named)
        else BLANK
    )
    return (
        code(named),
        draft.fact(row.purpose, f"what {named} is for", "2", short="purpose"),
        plain(row.environment),
        draft.fact(row.provider, f"who hosts {named}", "1", short="provider"),
        draft.fact(row.address, f"address of {named}", "1", "code", short="address"),
        plain(row.tls),
        until,
        code(row.canonical_for) if row.canonical_for else BLANK,
        plain(row.leads_to),
        draft.fact(row.owner, f"whose account hosts {named}", "p", short="owner"),
    )


def _redirect_state(shot: Snapshot, old: str) -> Cell:
    """How this one old address did, which is not what the check says of all."""
    standing = shot.standing("edge.redirects")
    own: list[State] = [
        one.state for one in standing.findings if one.finding.subject == place(old) and one.state is not State.INFO
    ]
    return STALE if standing.stale else state_cell(worst(own)) if own else UNRUN
