"""edge.cdn: public traffic goes through a protection network, the server behind it is not open beside it, and no wall
stops programs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
from ....hostnames import host_of
from ....world.sights import DnsAnswer, Reply
from ...audit.hosts_of import plain
from ...audit.providers import Guess, guesses
from ...base import Say, check
from ...parse.addresses import place, scheme_of
from ...seen import ABSENT, distinct, via_of
from .front import Front, traces
from .origin import judge_origin

if TYPE_CHECKING:
    from ....launch.model import Launch, Role
    from ....world import World

_ROLES: tuple[Role, ...] = ("web", "app", "api")
# What Cloudflare's own errors mean (developers.cloudflare.com/support/troubleshooting/http-status-codes, as known
# 2026-11).
CAUSES: dict[int, tuple[str, str]] = {
    520: (
        "the server behind it answered with something that is no HTTP",
        "Look into the server's log for crashes and large headers",
    ),
    521: (
        "the server behind it refuses the connection",
        "Start the server, and let the network's addresses through its firewall",
    ),
    522: (
        "the server behind it does not answer in time",
        "Let the network's addresses through the firewall, and look at its load",
    ),
    523: (
        "the server behind it cannot be reached",
        "Set the origin's address right in the DNS settings of the network",
    ),
    524: ("the server behind it took longer than 100 s", "Make the request faster, or move its work into a queue"),
    525: (
        "the secure connection to the server behind it fails",
        "Give the server a certificate and let it speak TLS 1.2 or 1.3",
    ),
    526: (
        "the certificate of the server behind it is not valid",
        "Install the network's origin certificate, or a public one, there",
    ),
    530: (
        "the name of the server behind it cannot be resolved",
        "Set the origin's record right in the DNS settings of the network",
    ),
}


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
    name, via = front.host, via_of(front.reply)
    if front.failure is not None and not front.name:
        if front.failure.kind in ABSENT:
            return None  # audit.hosts speaks of names without an address
        said = f"What stands before {name} could not be seen: {front.failure.words}"
        return say.unknown("shield", name, said, failure=front.failure, severity=Severity.MEDIUM)
    if front.name and front.own:
        return say.passed("shield", name, f"{name} is reached through {front.name}", evidence=_evidence(front), via=via)
    if front.name:
        said = (
            f"{name} goes through {front.name}, as its platform's customer: the rules "
            "there are the platform's, not yours"
        )
        return say.info("shield", name, said, evidence=_evidence(front), via=via)
    twin = next(
        (o for o in all_ if o.name and o.own and front.addresses and set(front.addresses) <= set(o.addresses)), None
    )
    if twin is not None:
        said = f"{name} lies at the addresses of {twin.host}, which is reached through {twin.name}"
        return say.passed("shield", name, said, evidence=[*_evidence(front), *_evidence(twin)], via=via)
    others = next((other.name for other in all_ if other.name and other.own), "")
    fix = Remedy(
        text=f"Let {name} go through it as well: in its DNS settings, the record switched to proxied"
        if others
        else "Put a protection network in front (Cloudflare's free plan will do); where there is "
        "one, name it in the launch file",
        paste=f'# launchready.toml\ncdn = "{launch.cdn or "<its name>"}"'
        if not others
        else f"{name}  CNAME  <your origin>  proxied",
        where=others or "the DNS host, and launchready.toml",
    )
    if others:
        said = (
            f"{name} goes around {others}, which the other hosts stand behind: a flood "
            "is aimed there, and shows the "
            "server's address"
        )
        return say.warn("shield", name, said, severity=Severity.HIGH, evidence=_evidence(front), remedy=fix, via=via)
    if launch.cdn:
        said = f"Nothing shows that {name} goes through {launch.cdn}, as the launch file says"
        return say.warn("shield", name, said, severity=Severity.HIGH, evidence=_evidence(front), remedy=fix, via=via)
    said = f"Nothing stands before {name}: a flood of requests, or one good press day, hits the server itself"
    return say.warn("shield", name, said, evidence=_evidence(front), remedy=fix, via=via)


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
        if reply.header("cf-mitigated") or (reply.header("x-vercel-mitigated")):
            findings.append(_challenge(say, subject, reply, for_apps))
        elif reply.status in CAUSES and (traces("cloudflare", reply) or (launch.cdn and traces(launch.cdn, reply))):
            findings.append(_trouble(say, subject, reply))
    if not findings and any(isinstance(reply, Reply) for reply in replies):
        seen = next(reply for reply in replies if isinstance(reply, Reply))
        said = "Programs meet no wall and no error of the network on pages and routes"
        findings.append(say.passed("challenge", launch.domain, said, via=seen.via))
    return findings


def _challenge(say: Say, subject: str, reply: Reply, for_apps: bool) -> Finding:
    wall = reply.header("cf-mitigated") or reply.header("x-vercel-mitigated") or ""
    evidence = [Evidence.of("answer", f"{reply.status}  {reply.url}\nmitigated: {wall}", source=reply.url, at=reply.at)]
    fix = Remedy(
        text="Let this path through without a challenge; limit its rate in place of it",
        paste=f'# Security > WAF > Custom rules > action Skip\n(http.host eq "{host_of(reply.url)}")',
        where="Cloudflare",
    )
    if for_apps:
        said = f"{subject} asks whoever calls it to prove to be a person: apps, webhooks and monitors cannot"
        return say.fail(
            "challenge", subject, said, severity=Severity.HIGH, evidence=evidence, remedy=fix, via=reply.via
        )
    said = (
        f"{subject} shows programs a challenge in place of the page: search engines, link previews and app review "
        "may get it too"
    )
    return say.warn("challenge", subject, said, evidence=evidence, remedy=fix, via=reply.via)


def _trouble(say: Say, subject: str, reply: Reply) -> Finding:
    cause, advice = CAUSES[reply.status]
    evidence = [Evidence.of("answer", f"{reply.status}  {reply.url}", source=reply.url, at=reply.at)]
    said = f"{subject} shows an error of the network in front ({reply.status}): {cause}"
    fix = Remedy(text=advice, where="the server behind the network")
    return say.fail(
        "edge-error", subject, said, severity=Severity.BLOCKER, evidence=evidence, remedy=fix, via=reply.via
    )
