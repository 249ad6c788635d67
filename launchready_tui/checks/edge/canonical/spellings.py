"""The rules of edge.canonical about second addresses of one page: trailing slashes, and the platform's own name of the
site."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from ....failure import Failure
from ....findings import Finding
from ....hostnames import host_of
from ....launch.names import inside
from ....world.sights import Chain, DnsAnswer, Reply
from ...audit.hosts_of import plain
from ...base import Say
from ...parse import page as html
from ...parse.addresses import normal, origin, place
from ...paste import Platform, header, path_redirect, platform_of
from ...seen import chain_evidence, via_of, wall
from .. import baseline
from ..doors import unindexed
from ..roots import root_hosts

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

_MOST = 3
# Names that platforms give every site of theirs; they go on answering when the site has a name of its own.
PLATFORM_NAMES = (
    "vercel.app",
    "netlify.app",
    "onrender.com",
    "up.railway.app",
    "fly.dev",
    "herokuapp.com",
    "web.app",
    "firebaseapp.com",
    "pages.dev",
    "workers.dev",
    "azurewebsites.net",
)


async def judge_slashes(say: Say, launch: Launch, world: World, platform: Platform) -> list[Finding]:
    """Up to three listed addresses, with and without a slash at their end: one of the two must lead to the other."""
    main = origin(launch.canonical)
    listed = [
        *(page.url for page in launch.pages),
        *(r.url for r in launch.routes if r.safe and r.method == "GET" and not r.login),
    ]
    urls = [url for url in dict.fromkeys(listed) if origin(url) == main and _has_twin(url)][:_MOST]
    pairs = await asyncio.gather(*(asyncio.gather(world.web.follow(url), world.web.follow(_twin(url))) for url in urls))
    return [
        finding
        for url, (one, two) in zip(urls, pairs, strict=True)
        if (finding := _slash(say, url, one, two, platform)) is not None
    ]


def _has_twin(url: str) -> bool:
    """A path with a name at its end: neither the root nor a file."""
    last = urlsplit(url).path.rstrip("/").rpartition("/")[2]
    return bool(last) and "." not in last


def _twin(url: str) -> str:
    parts = urlsplit(url)
    path = parts.path.rstrip("/") if parts.path.endswith("/") else parts.path + "/"
    return urlunsplit(parts._replace(path=path))


def _slash(say: Say, url: str, one: Chain, two: Chain, platform: Platform) -> Finding | None:
    subject = place(url).rstrip("/")
    evidence, via = [chain_evidence(one), chain_evidence(two)], via_of(one, two)
    fix = say.fix("one-spelling", path_redirect(platform, _twin(url), url), twin=_twin(url), url=url)
    if two.problem == "loop" or one.problem == "loop":
        return say.fail("trailing-slash", subject, evidence=evidence, remedy=fix, via=via)
    if (
        not (isinstance(one.end, Reply) and isinstance(two.end, Reply))
        or wall(one.end)
        or wall(two.end)
        or one.end.status != 200
    ):
        return None  # without the page itself there is nothing to compare
    if two.end.status != 200 or normal(one.end.url) == normal(two.end.url):
        return say.passed("trailing-slash", subject, evidence=evidence, via=via)
    if not baseline.same(one.end, two.end):
        return None  # two pages of their own
    if _agree(one.end, two.end):
        return say.passed("trailing-slash", subject, "agree", evidence=evidence, via=via)
    return say.warn("trailing-slash", subject, evidence=evidence, remedy=fix, via=via)


def _agree(one: Reply, two: Reply) -> bool:
    """Whether both pages name one and the same main address."""
    named = [html.read(reply.text, reply.url).canonicals for reply in (one, two)]
    return bool(named[0]) and named[0] == named[1]


async def judge_platform_name(say: Say, launch: Launch, world: World, home: Reply | None) -> list[Finding]:
    """Where a main host is an alias of the platform's own name: that name must lead here, or tell search engines to
    leave it out."""
    answers = await asyncio.gather(*(world.dns.ask(host, "CNAME") for host in root_hosts(launch)))
    targets = [plain(answer.records[0]) for answer in answers if isinstance(answer, DnsAnswer) and answer.found]
    names = [name for name in dict.fromkeys(targets) if any(inside(name, suffix) for suffix in PLATFORM_NAMES)]
    chains = await asyncio.gather(*(world.web.follow(f"https://{name}/") for name in names))
    findings = []
    for name, chain in zip(names, chains, strict=True):
        end = chain.end
        if isinstance(end, Failure) or chain.problem or wall(end):
            continue  # closed, or not to be seen: no one indexes it
        evidence, via = [chain_evidence(chain)], via_of(chain)
        copy = home is None or baseline.same(end, home)
        if host_of(end.url) != name or end.status != 200 or unindexed(end) or not copy:
            findings.append(say.passed("platform-name", name, evidence=evidence, via=via))
            continue
        rule = header(platform_of(end), ("X-Robots-Tag", "noindex"), host=name)
        fix = say.fix("platform-name", rule, alias=name, main=origin(launch.canonical))
        findings.append(say.warn("platform-name", name, evidence=evidence, remedy=fix, via=via))
    return findings
