"""performance.caching: static files kept by browsers and at the edge, nothing personal in a shared cache."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ....failure import Failure
from ....findings import Evidence, Finding
from ....hostnames import host_of
from ....wording import lifetime
from ....world.sights import Reply
from ...base import Say, check
from ...parse import cache_status
from ...parse import page as html
from ...parse.addresses import place
from ...parse.cookies import read as read_cookie
from ...parse.fields import CacheControl, cache_control
from ...paste import Platform, edge_cache, header, platform_of
from ...seen import ABSENT, files_evidence, header_evidence, via_of, wall
from .assets import Asset, choose, fetch_all
from .transfer import ask_ahead, judge_compression, judge_revalidation
from .validators import judge_etags, judge_twice_packed, judge_vary

if TYPE_CHECKING:
    from ....launch.model import Launch, Role, Route
    from ....world import World

_ROLES: tuple[Role, ...] = ("web", "app")
_DAY, _YEAR, _HOUR = 86400, 31536000, 3600
_HTML_LIMIT = 300


@check("performance.caching")
async def caching(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """The home pages with the files they load, and the routes that are safe to ask."""
    say = Say("performance.caching", world.clock.now())
    roles = {launch.canonical_host: "web"} | {
        host.name: str(host.role) for host in launch.hosts_of(*_ROLES) if host.environment == "production"
    }
    hosts, personal = await asyncio.gather(
        asyncio.gather(*(_host(say, launch, world, name, role) for name, role in roles.items())),
        _personal(say, launch, world, list(roles)),
    )
    for findings in hosts:
        for finding in findings:
            yield finding
    for finding in personal:
        yield finding


async def _host(say: Say, launch: Launch, world: World, name: str, role: str) -> list[Finding]:
    chain = await world.web.follow(f"https://{name}/")
    home = chain.end
    if isinstance(home, Failure):
        if home.kind in ABSENT and name != launch.canonical_host:
            return []  # a name without an address is audit.hosts' to tell
        return [say.unknown("asset", name, failure=home, via=via_of(chain))]
    if hidden := wall(home):
        return [say.unknown("asset", name, "wall", failure=hidden, via=home.via)]
    if chain.problem or host_of(home.url) != name:
        return []  # it leads elsewhere: that page is judged on its own host
    if home.status != 200 or not home.is_html:
        seen = f"HTTP {home.status}, {home.content_type or 'no type'}"
        failure = Failure(kind="unavailable", detail=seen, target=home.url)
        return [say.unknown("asset", name, "no-page", failure=failure, via=home.via)]
    platform = platform_of(home)
    files = choose(html.read(home.text, home.url), launch.domain)
    outcomes, compression = await asyncio.gather(
        fetch_all(world, files, lambda first: ask_ahead(world, first)),
        judge_compression(say, world, name, [home], platform),
    )
    assets = [outcome for outcome in outcomes if isinstance(outcome, Asset) and outcome.first.status == 200]
    findings = [_html(say, name, role, home, platform)]
    if assets:
        compression = await judge_compression(say, world, name, [home, *(asset.first for asset in assets)], platform)
    if not assets:
        shut = next((outcome for outcome in outcomes if isinstance(outcome, Failure)), None)
        if outcomes:
            findings.append(say.unknown("asset", name, "files" if shut else "no-files", failure=shut, via=home.via))
        else:
            findings.append(say.not_applicable("asset", name))
        return [*findings, *compression]
    findings += [_assets(say, name, assets, platform), _edge(say, launch, name, assets, platform)]
    findings += [*judge_vary(say, name, assets), *judge_twice_packed(say, name, assets)]
    etags, again = await asyncio.gather(
        judge_etags(say, world, name, assets), judge_revalidation(say, world, name, assets)
    )
    return [*findings, *compression, *etags, *again]


def _html(say: Say, name: str, role: str, home: Reply, platform: Platform) -> Finding:
    """How long a browser shows the page unasked: a fix must reach people, and the back button should be instant."""
    control = cache_control(home.all("cache-control"))
    evidence = [header_evidence(home, "cache-control", "expires")]
    via = via_of(home)
    minutes = control.browser_seconds // 60
    if control.has("no-store"):
        if role == "app":
            return say.info("html", name, "no-store", evidence=evidence, via=via)
        said = "no-store"
    elif control.browser_seconds > _HTML_LIMIT:
        said = "kept"
    elif not home.all("cache-control") and home.header("expires") is None:
        said = "silent"
    elif control.problems:
        said = "mistake"
    else:
        return say.passed("html", name, evidence=evidence, via=via)
    asking = header(platform, ("Cache-Control", "public, max-age=0, must-revalidate"), host=name, scope="/")
    fix, problem = say.fix("ask-each-time", asking, host=name), next(iter(control.problems), "")
    return say.warn("html", name, said, minutes=minutes, problem=problem, evidence=evidence, remedy=fix, via=via)


def _control(asset: Asset) -> CacheControl:
    return cache_control(asset.first.all("cache-control"))


def _asset_level(asset: Asset) -> tuple[str, str]:
    """How one file may be kept by browsers: level and words for its row."""
    control = _control(asset)
    seconds = control.browser_seconds
    if control.problems and seconds >= _DAY:
        return "warn", control.problems[0]
    if asset.fingerprinted:
        if seconds >= _YEAR:
            return "", "a year"
        return ("warn", f"{seconds // _DAY} d") if seconds >= _DAY else ("fail", f"{seconds} s")
    validated = asset.first.header("etag") or asset.first.header("last-modified")
    if seconds >= _YEAR:
        return "warn", "a year, though the name stays when the content changes"
    if seconds >= _HOUR and validated:
        return "", f"{seconds // _HOUR} h, then asks"
    return "warn", f"{seconds} s" if validated else f"{seconds} s, and no ETag"


def _assets(say: Say, name: str, assets: list[Asset], platform: Platform) -> Finding:
    judged = [(*_asset_level(asset), asset) for asset in assets]
    rows = [
        (asset.url, f"cache-control: {asset.first.header('cache-control') or '(not sent)'}  {words}")
        for _, words, asset in judged
    ]
    evidence = [files_evidence("files", name, rows, assets[0].first.at)]
    via = via_of(*(asset.first for asset in assets))
    levels = [level for level, _, _ in judged]
    stamped = [asset for level, _, asset in judged if asset.fingerprinted and level]
    shown = (stamped or [asset for level, _, asset in judged if level] or assets)[0].url
    folder = _folder(shown)
    year = header(platform, ("Cache-Control", "public, max-age=31536000, immutable"), host=name, scope=folder)
    if "fail" in levels:
        worst = next(asset for level, _, asset in judged if level == "fail")
        time, fix = lifetime(_control(worst).browser_seconds), say.fix("keep-a-year", year)
        return say.fail("asset", name, time=time, evidence=evidence, remedy=fix, via=via)
    if stamped:
        control, fix = _control(stamped[0]), say.fix("keep-a-year", year)
        said, problem = "mistake" if control.problems else "short", next(iter(control.problems), "")
        time = lifetime(control.browser_seconds)
        return say.warn("asset", name, said, time=time, problem=problem, evidence=evidence, remedy=fix, via=via)
    if "warn" in levels:
        hour = header(platform, ("Cache-Control", "public, max-age=3600"), host=name, scope=folder)
        return say.warn("asset", name, "fixed-names", evidence=evidence, remedy=say.fix("hash-names", hour), via=via)
    return say.passed("asset", name, evidence=evidence, via=via)


def _folder(url: str) -> str:
    """The folder of a file, as the scope of a rule."""
    return place(url).removeprefix(host_of(url)).rsplit("/", 1)[0] + "/*"


def _network(launch: Launch, platform: Platform, answers: list[cache_status.CacheAnswer | None]) -> str:
    """The shared cache in front, as it names itself, as the headers show it, or as the launch file says."""
    own = next((answer.cache for answer in answers if answer and answer.cache != cache_status.UNNAMED), "")
    return own or {"cloudflare": "Cloudflare", "vercel": "Vercel", "netlify": "Netlify"}.get(platform, launch.cdn)


def _edge(say: Say, launch: Launch, name: str, assets: list[Asset], platform: Platform) -> Finding:
    """Whether a shared cache answers for the origin: the minimum bar's light."""
    rows = []
    for asset in assets:
        answers = [cache_status.read(reply) for reply in asset.looks]
        told = "  ".join(f"{answer.header}: {answer.value}" if answer else "nothing" for answer in answers)
        rows.append((asset.url, told))
    evidence = [files_evidence("edge", name, rows, assets[0].looks[-1].at)]
    via = via_of(*(asset.first for asset in assets))
    stamped = [asset for asset in assets if asset.fingerprinted] or assets
    answers = [asset.cached for asset in stamped]
    said_hit = [answer for answer in answers if answer and answer.verdict == "hit"]
    if len(said_hit) == len(stamped):
        return say.passed("edge-hit", name, cache=said_hit[0].cache, evidence=evidence, via=via)
    rule = edge_cache(_network(launch, platform, answers), name, _folder(stamped[0].url))
    fix = say.fix("keep-at-edge", rule)
    refused = next((answer for answer in answers if answer and answer.verdict == "not-cached"), None)
    if refused is not None:
        field, value = refused.header, refused.value
        return say.fail("edge-hit", name, header=field, value=value, evidence=evidence, remedy=fix, via=via)
    if all(answer is None for answer in answers):
        fix = say.fix("add-cdn", edge_cache(launch.cdn or "Cloudflare", name, _folder(stamped[0].url)))
        return say.warn("edge-hit", name, "no-cdn", evidence=evidence, remedy=fix, via=via)
    return say.warn("edge-hit", name, "missed", evidence=evidence, remedy=fix, via=via)


async def _personal(say: Say, launch: Launch, world: World, hosts: list[str]) -> list[Finding]:
    """Pages and safe routes: nothing that belongs to one visitor may be marked, or found, as shared."""
    homes = [f"https://{host}/" for host in hosts]
    routes = [route for route in launch.routes if route.safe and route.method == "GET"]
    seen, asked = await asyncio.gather(
        asyncio.gather(
            *(world.web.follow(url) for url in dict.fromkeys((*homes, *(page.url for page in launch.pages))))
        ),
        asyncio.gather(*(_ask(world, route) for route in routes)),
    )
    found: dict[str, Finding] = {}
    for chain in seen:
        if isinstance(chain.end, Reply) and not chain.problem and not wall(chain.end):
            found.setdefault(place(chain.end.url), _judge_personal(say, place(chain.end.url), chain.end))
    for route, outcome in zip(routes, asked, strict=True):
        if outcome is None:
            found[route.name] = say.info("personal-shared", route.name, "unseen")
        elif isinstance(outcome, Reply) and not wall(outcome) and outcome.status < 400:
            found[route.name] = _judge_personal(say, route.name, outcome, logged_in=bool(route.login))
    return list(found.values())


async def _ask(world: World, route: Route) -> Reply | Failure | None:
    """A route as the product asks it; None where its log-in is not at hand."""
    headers = tuple(route.headers.items())
    if route.login:
        secret = world.credential(route.login, host_of(route.url))
        if secret is None:
            return None
        value = secret.reveal().strip()
        headers = (*headers, ("authorization", value if " " in value else f"Bearer {value}"))
    reply: Reply | Failure = await world.web.get(route.url, headers=headers)
    return reply


def _judge_personal(say: Say, subject: str, reply: Reply, *, logged_in: bool = False) -> Finding:
    """One answer. RFC 9111 sections 3.5 and 7.3; a cookie of the platform itself belongs to nobody in particular."""
    control = cache_control(reply.all("cache-control"))
    cookies = [
        cookie for value in reply.all("set-cookie") if (cookie := read_cookie(value)) and not cookie.is_infrastructure
    ]
    answer = cache_status.read(reply)
    hit = answer is not None and answer.verdict == "hit"
    evidence = [header_evidence(reply, "cache-control", *([answer.header] if answer else []), "vary")]
    if cookies:
        evidence.append(
            Evidence.of("set-cookie", "\n".join(cookie.shown for cookie in cookies), source=reply.url, at=reply.at)
        )
    via = via_of(reply)
    varies = any(word.strip().lower() == "authorization" for value in reply.all("vary") for word in value.split(","))
    private = [one for one in cookies if one.is_session or one.is_csrf or one.http_only]
    personal = "cookie" if private else "log-in" if logged_in or varies else "other" if cookies else ""
    if not personal or not (control.shared or (hit and (cookies or logged_in))):
        return say.passed("personal-shared", subject, evidence=evidence, via=via)
    field, value = (answer.header, answer.value) if hit and answer else ("", "")
    if personal == "other":
        name = cookies[0].name or "(unnamed)"
        return say.warn("personal-shared", subject, "preference", name=name, evidence=evidence, via=via)
    said = f"{personal}-{'hit' if hit else 'kept'}"
    return say.fail("personal-shared", subject, said, header=field, value=value, evidence=evidence, via=via)
