"""Zones as tables, and a resolver over them: NXDOMAIN, NODATA and failures told apart, as a real one does."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from launchready_tui.failure import Failure, FailureKind
from launchready_tui.world.sights import DnsAnswer

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)


class Zone:
    """`rows`: name to lines such as `TXT v=spf1 -all` or `A 192.0.2.1`; `! timeout` makes every question about the
    name fail so."""

    def __init__(self, rows: dict[str, list[str]]) -> None:
        self.rows = {name.lower(): lines for name, lines in rows.items()}
        self.asked: list[tuple[str, str]] = []

    async def ask(self, name: str, rdtype: str) -> DnsAnswer | Failure:
        bare = re.sub(r"\\(\d{3})", lambda found: chr(int(found[1])), name)
        bare = re.sub(r"\\(.)", r"\1", bare).lower().rstrip(".")
        self.asked.append((bare, rdtype))
        lines = self.rows.get(bare)
        failed = [line[2:] for line in lines or [] if line.startswith("! ")]
        if failed:
            kind: FailureKind = "servfail" if failed[0] == "servfail" else "timeout"
            return Failure(kind=kind, target=bare)
        found = tuple(line.partition(" ")[2] for line in lines or [] if line.partition(" ")[0] == rdtype)
        there = lines is not None or any(known.endswith("." + bare) for known in self.rows)
        return DnsAnswer(
            name=bare,
            rdtype=rdtype,
            status="ok" if found else "nodata" if there else "nxdomain",
            records=found,
            texts=found if rdtype == "TXT" else (),
            ttl=300,
            server="198.51.100.53:53",
            at=NOW,
        )
