"""What tests write as people read it, as the facts that the checks would have put beside it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from launchready_tui.checks.audit.providers import dns_host
from launchready_tui.facts import (
    Addresses,
    CertificateSeen,
    DnsRecords,
    Fact,
    Files,
    Hop,
    Hosting,
    NameServers,
    RedirectChain,
    Registration,
    Timing,
)
from launchready_tui.findings import Evidence
from launchready_tui.text import for_zone


def moment(words: str) -> datetime:
    """`2026-11-26 09:00` or `… 09:00:00 UTC`."""
    return datetime.fromisoformat(words.removesuffix(" UTC")).replace(tzinfo=UTC)


def as_chain(start: str, words: str) -> RedirectChain:
    """`301  URL  84 ms  (meta)` a line, and `---  what ended it`."""
    hops, problem = [], ""
    for line in words.splitlines():
        if line.startswith("---"):
            problem = line.removeprefix("---  ")
            continue
        status, url, ms, *kind = re.split(r"\s{2,}", line)
        hops.append(Hop(int(status), url, int(ms.removesuffix(" ms")), kind[0].strip("()") if kind else ""))
    return RedirectChain(start=start, hops=tuple(hops), problem=problem)


def _line(words: str, pattern: str) -> str:
    found = re.search(f"^{pattern}$", words, re.MULTILINE)
    return found[1] if found and not found[1].startswith("(") else ""


def _certificate(host: str, words: str) -> Fact | None:
    dates = re.search(r"^valid  (\d.+) to (\d.+)$", words, re.MULTILINE)
    if dates is None:
        return None
    return CertificateSeen(
        host=host,
        protocol=_line(words, "spoken  (.+)"),
        issuer=_line(words, "issuer  (.+)"),
        subject=_line(words, "subject  (.+)"),
        names=(host,),
        not_before=moment(dates[1]),
        not_after=moment(dates[2]),
    )


def _registration(domain: str, words: str) -> Fact:
    expires, status = _line(words, "expires: (.+)"), _line(words, "status: (.+)")
    return Registration(
        domain=domain,
        registrar=_line(words, "registrar: (.+)"),
        expires=moment(expires) if expires else None,
        status=tuple(status.split(", ")) if status else (),
    )


def _dns(words: str) -> list[tuple[str, str, str]]:
    return [
        (found[1], found[2], found[3]) for found in re.finditer(r"^(\S+?)\.? \d+ IN (\S+) (.+)$", words, re.MULTILINE)
    ]


def timing(route: str, figures: dict[str, str], at: datetime) -> Timing:
    """Figures by their labels: `p95` of `640 ms`, `p95 interval` of `590 ms to 720 ms (95 %)`, `requests` of `60`."""

    def ms(label: str) -> float | None:
        found = re.match(r"[\d.]+", figures.get(label, ""))
        return float(found[0]) if found else None

    low = re.match(r"([\d.]+) ms to ([\d.]+) ms", figures.get("p95 interval", ""))
    over = re.match(r"(\d+) of \d+", figures.get("over the target", ""))
    return Timing(
        route=route,
        n=int(ms("requests") or 0),
        over=int(over[1]) if over else 0,
        p50=ms("p50"),
        p95=ms("p95"),
        p99=ms("p99"),
        p95_low=float(low[1]) if low else None,
        p95_high=float(low[2]) if low else None,
        verdict=figures.get("verdict", "").partition(" (")[0],
        at=at,
    )


def sights(check: str, subject: str, seen: dict[str, str], at: datetime) -> tuple[Evidence, ...]:
    """Label to text, as evidence with its facts."""
    facts = {label: fact_of(check, subject, label, words) for label, words in seen.items()}
    if check == "audit.latency" and "p95" in seen:
        facts["p95"] = timing(subject, seen, at)
    return tuple(Evidence.of(label, words, source=subject, at=at, fact=facts[label]) for label, words in seen.items())


def fact_of(check: str, subject: str, label: str, words: str) -> Fact | None:
    """The fact beside a piece of evidence; None where the real check puts none there."""
    match check, label:
        case _, "chain":
            return as_chain(f"https://{subject}/", words)
        case "audit.dns-host", "dns" if found := _dns(words):
            servers = tuple(data.rstrip(".") for _, kind, data in found if kind == "NS")
            company = dns_host(list(servers)) or ", ".join(servers)
            return NameServers(domain=subject, servers=servers, company=company)
        case _, "dns" if found := _dns(words):
            return DnsRecords(name=found[0][0], type=found[0][1], records=tuple(one[2] for one in found))
        case "audit.hosting", "clues":
            return Hosting(host=subject, companies=tuple(line.partition(":")[0] for line in words.splitlines()))
        case _, "addresses":
            return Addresses(host=subject, addresses=tuple(line.split()[0] for line in words.splitlines() if line))
        case "edge.certificates", "certificate":
            return _certificate(subject, words)
        case "audit.registrar", "registration":
            return _registration(subject, words)
        case "email.spf", "record":
            return DnsRecords(
                name=subject,
                type="TXT",
                records=tuple(for_zone(line.encode("utf-8", "replace")) for line in words.splitlines()),
            )
        case "performance.caching", "files" | "edge":
            return Files(host=subject, urls=tuple(re.findall(r"https://\S+", words)))
    return None
