"""edge.cdn: public traffic goes through a protection network, the server behind it is not open beside it, and no wall
stops programs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding
from ....hostnames import host_of
from ....world.sights import DnsAnswer, Reply
from ...audit.hosts_of import plain
from ...audit.providers import Guess, guesses
from ...base import Say, check
from ...parse.addresses import place, scheme_of
from ...seen import ABSENT, distinct, mitigated, via_of
from .front import Front, traces
from .origin import judge_origin

if TYPE_CHECKING:
    from ....launch.model import Launch, Role
    from ....world import World

_ROLES: tuple[Role, ...] = ("web", "app", "api")
# Cloudflare's own errors (developers.cloudflare.com/support/troubleshooting/http-status-codes, as known 2026-11). What
# each means is its message.
ERRORS = frozenset({"520", "521", "522", "523", "524", "525", "526", "530"})


@check("edge.cdn")
async def cdn(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Every public production host; then its origin, where that is permitted; then walls and errors of the network on
    pages and routes."""
    say = Say("edge.cdn", world.clock.now())
    names = dict.fromkeys(
        (launch.canonical_host, *(h.name for h in launch.hosts_of(*_ROLES) if h.environment == "production"))
    )
    fronts = await asyncio.gather(*(look(launch, world, name) for name in names))
    shields, origins, walls = (
        [finding for front in fronts if (finding := _shield(say, launch, front, fronts)) is not None],
        await judge_origin(
            say, launch, world, next((front for front in fronts if front.host == launch.canonical_host), None)
        ),
        await _walls(say, launch, world),
    )
    for finding in (*shields, *origins, *distinct(walls)):
        yield finding


async def look(launch: Launch, world: World, host: str) -> Front:
    """What stands before one host, by its alias, its addresses and its answer's headers."""
    url = f"https://{host}/"
    answer, addresses, reply = await asyncio.gather(
        world.dns.ask(host, "A"), world.dns.addresses(host), world.web.get(url)
    )
    if isinstance(addresses, Failure):
        return Front(host, "", False, (), (), None, addresses)
    aliases = [plain(answer.canonical)] if isinstance(answer, DnsAnswer) and answer.canonical not in ("", host) else []
    seen = reply if isinstance(reply, Reply) else None
    found = guesses(aliases, addresses, seen)
    failure = reply if isinstance(reply, Failure) else None
    wanted = launch.cdn.strip().lower()
    if wanted:
        found = tuple(
            guess for guess in found if wanted in guess.hosting.name.lower() or guess.hosting.name.lower() in wanted
        )
        if not found:
            return _declared(host, launch.cdn.strip(), addresses, seen, failure)
    best = next((guess for guess in found if guess.hosting.kind == "cdn"), None) or next(
        (guess for guess in found if guess.hosting.kind == "platform"), None
    )
    if best is None:
        return Front(host, "", False, (), addresses, seen, failure)
    clues = tuple(clue.words for clue in best.clues)
    return Front(host, best.hosting.name, _own(best), clues, addresses, seen, failure)


def _own(guess: Guess) -> bool:
    """A header alone can come from a network that the platform behind uses for itself (Render and others run on
    Cloudflare)."""
    return guess.hosting.name != "Cloudflare" or guess.confidence == "high"


def _declared(host: str, name: str, addresses: tuple[str, ...], reply: Reply | None, failure: Failure | None) -> Front:
    """A network that only the launch file knows by name."""
    clues = tuple(traces(name, reply)) if reply is not None else ()
    return Front(host, name if clues else "", bool(clues), clues, addresses, reply, failure)


def _evidence(front: Front) -> list[Evidence]:
    shown = [Evidence.of("addresses", "\n".join(front.addresses), source=front.host)]
    if front.clues:
        shown.append(
            Evidence.of(
                "clues",
                "\n".join(front.clues),
                source=f"https://{front.host}/",
                at=front.reply.at if front.reply else None,
            )
        )
    return shown


def _shield(say: Say, launch: Launch, front: Front, all_: list[Front]) -> Finding | None:
    name, via, evidence = front.host, via_of(front.reply), _evidence(front)
    if front.failure is not None and not front.name:
        if front.failure.kind in ABSENT:
            return None  # audit.hosts speaks of names without an address
        return say.unknown("shield", name, failure=front.failure)
    if front.name and front.own:
        return say.passed("shield", name, network=front.name, evidence=evidence, via=via)
    if front.name:
        return say.info("shield", name, network=front.name, evidence=evidence, via=via)
    own = [other for other in all_ if other.name and other.own]
    twin = next((o for o in own if front.addresses and set(front.addresses) <= set(o.addresses)), None)
    if twin is not None:
        evidence += _evidence(twin)
        return say.passed("shield", name, "twin", twin=twin.host, network=twin.name, evidence=evidence, via=via)
    if own:
        records = "\n".join(
            f"{name}  {'AAAA' if ':' in address else 'A'}  {address}  proxied" for address in front.addresses
        )
        fix = say.fix("proxied", subject=name, network=own[0].name, origin=records)
        return say.warn("shield", name, "bypass", network=own[0].name, evidence=evidence, remedy=fix, via=via)
    if launch.cdn:
        return say.warn("shield", name, "declared", network=launch.cdn, evidence=evidence, via=via)
    return say.warn("shield", name, evidence=evidence, remedy=say.fix("shield", network="<its name>"), via=via)


async def _walls(say: Say, launch: Launch, world: World) -> list[Finding]:
    """Pages and safe routes: walls that programs meet there, and errors that the network itself answers."""
    hosts = [
        launch.canonical_host,
        *(host.name for host in launch.hosts_of(*_ROLES) if host.environment == "production"),
    ]
    routes = {
        r.url: r.name
        for r in launch.routes
        if r.safe and r.method == "GET" and not r.login and scheme_of(r.url) == "https"
    }
    urls = dict.fromkeys((*(f"https://{host}/" for host in hosts), *(page.url for page in launch.pages), *routes))
    replies = await asyncio.gather(*(world.web.get(url) for url in urls))
    findings: list[Finding] = []
    for url, reply in zip(urls, replies, strict=True):
        if not isinstance(reply, Reply):
            continue
        declared = launch.host(host_of(url))
        for_apps = declared is not None and declared.role == "api"
        subject = routes.get(url, place(url))
        if mitigated(reply):
            findings.append(_challenge(say, subject, reply, for_apps))
        elif str(reply.status) in ERRORS and (
            traces("cloudflare", reply) or (launch.cdn and traces(launch.cdn, reply))
        ):
            findings.append(_trouble(say, subject, reply))
    if not findings and any(isinstance(reply, Reply) for reply in replies):
        seen = next(reply for reply in replies if isinstance(reply, Reply))
        findings.append(say.passed("challenge", launch.domain, via=seen.via))
    return findings


def _challenge(say: Say, subject: str, reply: Reply, for_apps: bool) -> Finding:
    shown = f"{reply.status}  {reply.url}\nmitigated: {mitigated(reply)}"
    evidence = [Evidence.of("answer", shown, source=reply.url, at=reply.at)]
    voice = say.fail if for_apps else say.warn
    return voice("challenge", subject, host=host_of(reply.url), evidence=evidence, via=reply.via)


def _trouble(say: Say, subject: str, reply: Reply) -> Finding:
    evidence = [Evidence.of("answer", f"{reply.status}  {reply.url}", source=reply.url, at=reply.at)]
    return say.fail("edge-error", subject, str(reply.status), evidence=evidence, via=reply.via)
