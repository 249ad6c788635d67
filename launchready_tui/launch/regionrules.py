"""What `[[regions]]` must mean: where its prober is reached, for which market and targets it stands, and where deploys
are read."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from . import names
from .judging import Found, Say, rows
from .strict import nearest

LEAST_S = {"blackbox": 15, "globalping": 300}


def url(value: str) -> str:
    """The base URL of an exporter. Plain http is for addresses: in a private network nobody else can read along."""
    if not value:
        return ""
    allowed = "https://HOST:PORT, or http://ADDRESS:PORT for an address of your own network, without a path"
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return allowed
    host = parts.hostname or ""
    numeric = bool(names.address_of(host)) or host == "localhost"
    fine = (
        value.isascii()
        and value.isprintable()
        and " " not in value
        and parts.scheme in (("http", "https") if numeric else ("https",))
        and (numeric or not names.host_problem(host))
        and port != 0
        and parts.username is None
        and parts.path in ("", "/")
        and not parts.query
        and not parts.fragment
    )
    return "" if fine else allowed


def regions(data: dict[str, Any], broken: set[str], say: Say) -> None:
    """A region has its prober, a market that the launch has, and targets that exist."""
    markets = (
        [one for one in data.get("markets", ()) if isinstance(one, str)]
        if isinstance(data.get("markets"), list)
        else []
    )
    for key, row in rows(data, "regions"):
        kind = row.get("kind", "blackbox")
        if kind == "blackbox" and not row.get("url"):
            say(
                f"{key}.url",
                Found("nothing"),
                'the address of the exporter: url = "https://probe.us.example.com:9115"',
            )
        if kind == "globalping" and not row.get("place"):
            say(f"{key}.place", Found("nothing"), 'the location of the probes: place = "Germany+datacenter-network"')
        market = row.get("market")
        if isinstance(market, str) and market and market not in markets:
            say(
                f"{key}.market",
                market,
                f"one of markets: {', '.join(markets) or 'none is named yet'}",
                nearest(market, markets),
            )
        every, least = row.get("every_s", 0), LEAST_S.get(str(kind), 15)
        if (
            isinstance(every, int | float)
            and not isinstance(every, bool)
            and every != 0
            and not least <= every <= 86400
        ):
            say(f"{key}.every_s", every, f"{least} to 86400 seconds, or 0 for the default")
    watch = data.get("watch")
    here = watch.get("market") if isinstance(watch, dict) else None
    if isinstance(here, str) and here and here not in markets:
        say(
            "watch.market", here, f"one of markets: {', '.join(markets) or 'none is named yet'}", nearest(here, markets)
        )
    feeds = watch.get("deploys") if isinstance(watch, dict) else None
    table = data.get("repository")
    repository: dict[str, Any] = table if isinstance(table, dict) else {}
    if isinstance(feeds, list) and "github" in feeds and not repository.get("github"):
        say(
            "repository.github",
            Found("nothing"),
            'the GitHub repository to read deployments from: github = "owner/name"',
        )
    if isinstance(feeds, list) and "tags" in feeds and not repository.get("path"):
        say("repository.path", Found("nothing"), "the repository to read tags from")
