"""The private internet's markets: one perfect, the others each with one thing wrong, as foreign servers serve it."""

from __future__ import annotations

from markets_mail import MAIL_MARKETS
from markets_names import NAMES
from markets_web import WEB_MARKETS
from netmarket import NS1, NS2, ZONE, Market

MARKETS: tuple[Market, ...] = (*WEB_MARKETS, *NAMES, *MAIL_MARKETS)


def above_text() -> str:
    """The zone above all markets: what it delegates, and what it vouches for."""
    rows = ["@ NS ns1.net-lab.test.", "net-lab NS ns1.net-lab.test.", "net-lab NS ns2.net-lab.test."]
    rows += [f"ns1.net-lab A {NS1}", f"ns2.net-lab A {NS2}"]
    for market in MARKETS:
        servers = {**ZONE, **market.zone}["ns"]
        rows += [row.replace("@", market.name, 1) for row in servers.splitlines()]
        if market.stale_ds:
            rows.append(f"{market.name} DS 20326 13 2 {'0123456789abcdef' * 4}")
    soa = "@ SOA ns1.net-lab.test. hostmaster.net-lab.test. 2026112401 3600 600 86400 60"
    return "\n".join(["$TTL 300", soa, *rows, ""])
