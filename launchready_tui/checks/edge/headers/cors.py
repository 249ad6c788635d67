"""The CORS rule of edge.headers (Fetch standard, section 3.2): whether foreign pages can read answers as the
visitor."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
from ....hostnames import host_of
from ....world.sights import Reply
from ...base import Say
from ...seen import via_of

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

Level = Literal["fail", "warn", ""]
FOREIGN = "https://lr-probe.example"


@dataclass(frozen=True)
class Answer:
    """What one question with an Origin was answered."""

    origin: str
    reply: Reply

    @property
    def allowed(self) -> str:
        return (self.reply.header("access-control-allow-origin") or "").strip()

    @property
    def credentials(self) -> bool:
        return (self.reply.header("access-control-allow-credentials") or "").strip() == "true"

    @property
    def varies(self) -> bool:
        return any("origin" in value.lower() or value.strip() == "*" for value in self.reply.all("vary"))


def verdict(answer: Answer) -> tuple[Level, str]:
    """How bad one answer is, and the end of the sentence."""
    if not answer.allowed:
        return "", ""
    if answer.allowed == "*":
        return (
            ("warn", "answers * together with credentials, which browsers refuse") if answer.credentials else ("", "")
        )
    if answer.allowed != answer.origin:
        return "", ""
    if answer.credentials:
        who = "pages without an origin" if answer.origin == "null" else "any site"
        return "fail", f"lets {who} read its answers as the visitor who is logged in"
    return "warn", "allows any origin that asks, by repeating it"


async def judge_cors(say: Say, launch: Launch, world: World, host: str) -> Finding:
    """Three foreign origins, by GET and by OPTIONS, at one address of the host."""
    if not world.may_intrude(host):
        return say.no_permission("cors", host, "asking as a foreign site", domain=launch.domain)
    routes = [
        route.url for route in launch.routes if host_of(route.url) == host and route.safe and route.method == "GET"
    ]
    url = routes[0] if routes else f"https://{host}/"
    origins = (FOREIGN, "null", f"https://{launch.canonical_host}.lr-probe.example")
    questions = [(origin, method) for origin in origins for method in ("GET", "OPTIONS")]
    own, *replies = await asyncio.gather(
        _ask(world, url, f"https://{launch.canonical_host}", "GET"),
        *(_ask(world, url, origin, method) for origin, method in questions),
    )
    answers = [
        Answer(origin, reply) for (origin, _), reply in zip(questions, replies, strict=True) if isinstance(reply, Reply)
    ]
    failure = next((reply for reply in replies if isinstance(reply, Failure)), None)
    if not answers:
        said = f"Whether foreign sites can read {host} could not be seen"
        return say.unknown("cors", host, said, failure=failure, severity=Severity.MEDIUM)
    judged = sorted(
        ((*verdict(answer), answer) for answer in answers), key=lambda row: ("fail", "warn", "").index(row[0])
    )
    level, words, worst = judged[0]
    friend = Answer(f"https://{launch.canonical_host}", own) if isinstance(own, Reply) else None
    if level == "" and friend and friend.allowed == friend.origin and not friend.varies and worst.allowed == "":
        level, words = (
            "warn",
            "answers by origin without Vary: Origin, so a cache can hand one site's answer to another",
        )
    lines = []
    for answer in answers:
        credentials = ", credentials" if answer.credentials else ""
        lines.append(
            f"{answer.reply.method} {answer.reply.status}  Origin: {answer.origin}  →  "
            f"{answer.allowed or '(nothing allowed)'}{credentials}"
        )
    evidence = [Evidence.of("cors", "\n".join(lines), source=url, at=worst.reply.at)]
    via = via_of(worst.reply)
    fix = Remedy(
        text="Answer only the origins on a list of your own, compared as a whole, and add Vary: Origin",
        paste=f"Access-Control-Allow-Origin: https://{launch.canonical_host}\nVary: Origin",
        where="the API",
    )
    if level == "fail":
        return say.fail("cors", host, f"{host} {words}", severity=Severity.HIGH, evidence=evidence, remedy=fix, via=via)
    if level == "warn":
        return say.warn("cors", host, f"{host} {words}", severity=Severity.LOW, evidence=evidence, remedy=fix, via=via)
    return say.passed("cors", host, f"Foreign sites cannot read {host} as the visitor", evidence=evidence, via=via)


async def _ask(world: World, url: str, origin: str, method: str) -> Reply | Failure:
    headers = (
        (("origin", origin),) if method == "GET" else (("origin", origin), ("access-control-request-method", "GET"))
    )
    reply: Reply | Failure = await world.web.get(url, method=method, headers=headers)
    return reply
