"""dns/<domain>.zone: the records that were seen, as a zone file (RFC 1035 section 5). Rebuilt from answers, so it says
what it is not."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .. import text
from ..facts import Addresses, DnsRecords, Fact, NameServers
from ..failure import Failure
from .record import Record
from .snapshot import Snapshot
from .words import moment

if TYPE_CHECKING:
    from ..launch.model import Launch
    from ..world import World

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\.?\Z)(?:\*\.)?(?:{_LABEL}\.)*{_LABEL}\.?")
_ORDER = ("SOA", "NS", "A", "AAAA", "CNAME", "MX", "CAA", "TXT", "SRV")
_TTL = 300
"""Resolvers count a TTL down, so what was left of it says nothing; this is a usual one."""


async def ask(world: World, launch: Launch) -> tuple[Record, ...]:
    """The records of the launch's domain and of each declared host, asked for now. What could not be seen is left
    out."""
    import asyncio

    questions = [(launch.domain, kind) for kind in ("SOA", "NS", "A", "AAAA", "MX", "TXT", "CAA")]
    questions += [(f"_dmarc.{launch.domain}", "TXT")]
    questions += [
        (f"{selector}._domainkey.{launch.domain}", kind)
        for selector in launch.email.selectors
        for kind in ("CNAME", "TXT")
    ]
    questions += [
        (host.name, kind)
        for host in launch.hosts
        if host.name != launch.domain
        for kind in ("CNAME", "A", "AAAA", "MX", "TXT", "CAA")
    ]
    found: dict[Record, None] = {}

    async def look(asked: Iterable[tuple[str, str]]) -> None:
        for answer in await asyncio.gather(*(world.dns.ask(name, kind) for name, kind in asked)):
            if isinstance(answer, Failure):
                continue
            if not answer.found:
                found[Record(_plain(answer.name), answer.rdtype, "")] = None
                continue
            if answer.canonical and answer.canonical != answer.name:
                # What stands behind an alias belongs to the alias's target, which is somebody else's zone more often
                # than not.
                found[Record(_plain(answer.name), "CNAME", f"{_plain(answer.canonical)}.")] = None
                continue
            found.update({Record(_plain(answer.name), answer.rdtype, data): None for data in answer.records})

    first = dict.fromkeys(questions)
    await look(first)
    # Without the addresses of its own name servers and mail servers, and the parts of its own SPF record, the zone is
    # none.
    await look(one for one in dict.fromkeys(_led_to(found, launch.domain)) if one not in first)
    return tuple(sorted(found))


def _led_to(records: Iterable[Record], domain: str) -> Iterable[tuple[str, str]]:
    """Questions for names of the domain itself that its records point to."""
    for record in records:
        targets: list[tuple[str, tuple[str, ...]]] = []
        if record.type in ("NS", "MX") and record.data:
            targets = [(record.data.split()[-1], ("A", "AAAA"))]
        elif record.type == "TXT":
            targets = [
                (name, ("TXT",)) for name in re.findall(r"\b(?:include:|redirect=)([A-Za-z0-9._-]+)", record.data)
            ]
        for name, kinds in targets:
            if _plain(name).endswith(f".{domain}"):
                yield from ((_plain(name), kind) for kind in kinds)


def seen(shot: Snapshot) -> tuple[Record, ...]:
    """The records that the checks kept as evidence, and the addresses of each host."""
    if shot.records:
        return tuple(dict.fromkeys(record for record in shot.records if record.data))
    found: dict[Record, None] = {}
    for standing in shot.verdict.standings.values():
        for one in standing.findings:
            for fact in one.finding.facts:
                found.update(dict.fromkeys(_records(fact)))
    return tuple(sorted(found))


def _records(fact: Fact) -> Iterable[Record]:
    """The records that a fact tells of."""
    if isinstance(fact, DnsRecords):
        yield from (Record(_plain(fact.name), fact.type, data) for data in fact.records)
    elif isinstance(fact, NameServers):
        yield from (Record(_plain(fact.domain), "NS", server) for server in fact.servers)
    elif isinstance(fact, Addresses):
        for address in fact.addresses:
            yield Record(_plain(fact.host), "AAAA" if ":" in address else "A", address)


def files(shot: Snapshot) -> dict[str, bytes]:
    """dns/<domain>.zone for the launch's domain, and for each other domain whose records were seen."""
    records = seen(shot)
    domains = dict.fromkeys(
        [_plain(shot.launch.domain), *(_domain_of(_plain(host.name)) for host in shot.launch.hosts)]
    )
    out = {}
    for domain in domains:
        own = [record for record in records if record.name == domain or record.name.endswith(f".{domain}")]
        if own and _NAME.fullmatch(domain):
            out[f"dns/{domain}.zone"] = render(shot, domain, own)
    return out


def _domain_of(host: str) -> str:
    from ..world import registrable

    return registrable(host)


def render(shot: Snapshot, domain: str, records: Iterable[Record]) -> bytes:
    """One zone file. What is no well-formed record stands in it as a remark."""
    head = [
        f"Records of {domain}, rebuilt from public DNS answers by {moment(shot.made_at)}.",
        "This is not the zone itself: names that were never queried are missing, and so are records that only the",
        "provider shows (aliases of the root, proxied addresses, weights). Compare it before you load it anywhere.",
        f"TTLs are not preserved, since resolvers count them down: {_TTL} seconds is used for all.",
        *shot.banners,
    ]
    lines = [f"; {text.for_terminal(one)}" for one in head]
    lines += [f"$ORIGIN {domain}.", f"$TTL {_TTL}", ""]
    written = [
        line for record in sorted(records, key=lambda one: _place(one, domain)) for line in _line(record, domain)
    ]
    if not any(" IN SOA " in line for line in written):
        primary = next((line.split()[-1] for line in written if " IN NS " in line), f"ns.{domain}.")
        lines.append("; The SOA record was not found. This one is a placeholder so that programs can read the file.")
        lines.append(f"@ IN SOA {primary} hostmaster.{domain}. 1 3600 600 604800 300")
    lines += dict.fromkeys(written)
    return ("\n".join(lines) + "\n").encode("ascii", "backslashreplace")


def _place(record: Record, domain: str) -> tuple[int, int, str, str]:
    kind = _ORDER.index(record.type) if record.type in _ORDER else len(_ORDER)
    # SOA and NS of the zone itself come first, as programs expect them.
    return (
        0 if record.name == domain and kind < 2 else 1,
        0 if record.name == domain else 1,
        record.name,
        f"{kind}{record.data}",
    )


def _line(record: Record, domain: str) -> list[str]:
    owner = "@" if record.name == domain else record.name.removesuffix(f".{domain}")
    data = _data(record.type, record.data.strip())
    if not _NAME.fullmatch(record.name) or not data:
        return [f"; left out, not a well-formed record: {text.for_terminal(str(record))}"]
    return [f"{owner} IN {record.type} {data}"]


def _data(kind: str, data: str) -> str:
    """The data in the form a zone file takes, absolute names with their dot; empty where it is not well-formed."""
    words = data.split()
    try:
        match kind:
            case "A":
                return str(ipaddress.IPv4Address(data))
            case "AAAA":
                return str(ipaddress.IPv6Address(data))
            case "NS" | "CNAME" | "PTR":
                return _absolute(data)
            case "MX" if len(words) == 2 and _number(words[0], 65535):
                return f"{words[0]} {_absolute(words[1])}" if _absolute(words[1]) else ""
            case "SRV" if len(words) == 4 and all(_number(word, 65535) for word in words[:3]):
                return f"{' '.join(words[:3])} {_absolute(words[3])}" if _absolute(words[3]) else ""
            case "SOA" if len(words) == 7 and all(_number(word, 2**32 - 1) for word in words[2:]):
                names = [_absolute(word) for word in words[:2]]
                return " ".join([*names, *words[2:]]) if all(names) else ""
            case "TXT":
                parts = strings(data)
                return " ".join(text.for_zone(part) for part in parts) if parts else ""
            case "CAA":
                return _caa(data)
    except ValueError:
        return ""
    return ""


def _caa(data: str) -> str:
    flag, _, rest = data.partition(" ")
    tag, _, value = rest.partition(" ")
    parts = strings(value)
    well_formed = _number(flag, 255) and re.fullmatch(r"[A-Za-z0-9]{1,15}", tag) and parts and len(parts) == 1
    return f"{flag} {tag} {text.for_zone(parts[0])}" if well_formed and parts else ""


def _number(word: str, most: int) -> bool:
    return word.isascii() and word.isdigit() and int(word) <= most


def _absolute(name: str) -> str:
    if name == ".":
        return "."
    return f"{name.rstrip('.').lower()}." if _NAME.fullmatch(name) else ""


def _plain(name: str) -> str:
    return name.rstrip(".").lower()


def strings(data: str) -> list[bytes]:
    """The character-strings of TXT data, `"one" "two"` with `\\"` and `\\DDD`; nothing where it is not written so."""
    out: list[bytes] = []
    at = 0
    while at < len(data):
        if data[at] == " ":
            at += 1
            continue
        if data[at] != '"':
            return []
        at += 1
        part = bytearray()
        while at < len(data) and data[at] != '"':
            if data[at] == "\\" and data[at + 1 : at + 4].isdigit() and int(data[at + 1 : at + 4]) < 256:
                part.append(int(data[at + 1 : at + 4]))
                at += 4
                continue
            at += data[at] == "\\"
            part += data[at : at + 1].encode()
            at += 1
        if at >= len(data):
            return []
        out.append(bytes(part))
        at += 1
    return out
