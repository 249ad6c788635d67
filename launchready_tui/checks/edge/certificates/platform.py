"""Where a host's certificate comes from: a platform or network that gets and renews it by itself has its own way to
have it issued again, and no certbot."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from ....failure import Failure
from ....findings import Finding
from ....world.sights import DnsAnswer, Reply
from ...audit.hosts_of import plain
from ...audit.providers import Hosting, guesses, same_company, table
from ...base import Say
from ...paste import Paste, http2
from ...seen import header_evidence

if TYPE_CHECKING:
    from ....world import World

_ISSUE = frozenset(
    {"renew", "name", "public", "reissue", "timestamps", "no-staple", "full-chain", "new-chain", "production"}
)
"""Fixes that get a certificate, or serve another one."""
_SET = frozenset({"modern"})
"""Fixes that change what the server accepts."""


async def fitted(say: Say, world: World, host: str, findings: list[Finding]) -> list[Finding]:
    """The findings of a host with fixes for the platform that holds its certificate; as they are where none was seen,
    or where the server is one's own."""
    findings = [await _with_http2(say, world, host, one) for one in findings]
    if not any(one.remedy and one.remedy.fix in _ISSUE | _SET for one in findings):
        return findings
    holder = await _holder(world, host)
    return findings if holder is None else [_fit(say, holder, host, one) for one in findings]


def _fit(say: Say, holder: Hosting, host: str, finding: Finding) -> Finding:
    fix = finding.remedy.fix if finding.remedy else ""
    if fix not in _ISSUE | _SET:
        return finding
    name, company = "at-platform" if fix in _ISSUE else "modern-at-platform", holder.name
    paste = holder.certificate.replace("HOST", host) if fix in _ISSUE else ""
    return msgspec.structs.replace(finding, remedy=say.fix(name, Paste(paste, company), subject=host, company=company))


async def _with_http2(say: Say, world: World, host: str, finding: Finding) -> Finding:
    """HTTP/2 as the version of nginx writes it that the server names."""
    if finding.remedy is None or finding.remedy.fix != "http2":
        return finding
    reply = await world.web.get(f"https://{host}/")
    if isinstance(reply, Failure):
        return finding
    paste = Paste(http2(reply.header("server") or ""), finding.remedy.where)
    evidence = (*finding.evidence, header_evidence(reply, "server"))
    return msgspec.structs.replace(finding, remedy=say.fix("http2", paste), evidence=evidence)


async def _holder(world: World, host: str) -> Hosting | None:
    """The network in front of a host, else the platform that it runs on: by alias, address and headers, else as the
    launch file says."""
    answer, addresses, secure = await asyncio.gather(
        world.dns.ask(host, "A"), world.dns.addresses(host), world.web.get(f"https://{host}/")
    )
    reply = secure if isinstance(secure, Reply) else await world.web.get(f"http://{host}/")
    aliases = [plain(answer.canonical)] if isinstance(answer, DnsAnswer) and answer.canonical not in ("", host) else []
    found = guesses(aliases, () if isinstance(addresses, Failure) else addresses, _seen(reply))
    for kind in ("cdn", "platform"):
        for guess in found:
            if guess.hosting.kind == kind and (kind == "platform" or guess.confidence == "high"):
                return guess.hosting
    declared = world.launch.host(host)
    named = declared.provider.strip() if declared else ""
    rows = table().hosting if named and not found else ()
    return next((row for row in rows if row.kind == "platform" and same_company(named, row)), None)


def _seen(reply: Reply | Failure) -> Reply | None:
    return reply if isinstance(reply, Reply) else None
