"""The CORS rule of edge.headers (Fetch standard, section 3.2): whether foreign pages can read answers as the
visitor."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ....failure import Failure
from ....findings import Evidence, Finding
from ....hostnames import host_of
from ....world.sights import Reply
from ...base import Say
from ...seen import via_of

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

FOREIGN = "https://lr-probe.example"


@dataclass(frozen=True)
class Answer:
    """What one question with an Origin was answered."""

    origin: str
    reply: Reply

    @property
    def allowed(self) -> str:
        """Access-Control-Allow-Origin as sent (Fetch, CORS protocol): an origin, `*`, `null`, or empty."""
        return (self.reply.header("access-control-allow-origin") or "").strip()

    @property
    def credentials(self) -> bool:
        """Whether cookies may come along: the header counts only as lower-case `true` (Fetch, CORS protocol)."""
        return (self.reply.header("access-control-allow-credentials") or "").strip() == "true"

    @property
    def varies(self) -> bool:
        """Whether caches keep this answer apart by Origin (RFC 9110, section 12.5.5)."""
        return any("origin" in value.lower() or value.strip() == "*" for value in self.reply.all("vary"))


# What is said of an answer, and of which kind it is; the worst first.
_VERDICTS: dict[str, Literal["fail", "warn", "pass"]] = {
    "any-site": "fail",
    "no-origin": "fail",
    "star": "warn",
    "echo": "warn",
    "no-vary": "warn",
    "pass": "pass",
}


def verdict(answer: Answer) -> str:
    """What is to be said of one answer: a message of the rule."""
    if answer.allowed == "*" and answer.credentials:
        return "star"
    if not answer.allowed or answer.allowed != answer.origin:
        return "pass"
    if answer.credentials:
        return "no-origin" if answer.origin == "null" else "any-site"
    return "echo"


async def judge_cors(say: Say, launch: Launch, world: World, host: str) -> Finding:
    """Three foreign origins, by GET and by OPTIONS, at one address of the host."""
    if not world.may_intrude(host):
        return say.no_permission("cors", host, domain=launch.domain)
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
        return say.unknown("cors", host, failure=failure)
    order = list(_VERDICTS)
    said, worst = min(((verdict(answer), answer) for answer in answers), key=lambda row: order.index(row[0]))
    friend = Answer(f"https://{launch.canonical_host}", own) if isinstance(own, Reply) else None
    if said == "pass" and friend and friend.allowed == friend.origin and not friend.varies and worst.allowed == "":
        said = "no-vary"
    lines = []
    for answer in answers:
        credentials = ", credentials" if answer.credentials else ""
        lines.append(
            f"{answer.reply.method} {answer.reply.status}  Origin: {answer.origin}  →  "
            f"{answer.allowed or '(nothing allowed)'}{credentials}"
        )
    evidence = [Evidence.of("cors", "\n".join(lines), source=url, at=worst.reply.at)]
    via = via_of(worst.reply)
    match _VERDICTS[said]:
        case "fail":
            return say.fail("cors", host, said, main=launch.canonical_host, evidence=evidence, via=via)
        case "warn":
            return say.warn("cors", host, said, main=launch.canonical_host, evidence=evidence, via=via)
    return say.passed("cors", host, evidence=evidence, via=via)


async def _ask(world: World, url: str, origin: str, method: str) -> Reply | Failure:
    headers = (
        (("origin", origin),) if method == "GET" else (("origin", origin), ("access-control-request-method", "GET"))
    )
    reply: Reply | Failure = await world.web.get(url, method=method, headers=headers)
    return reply
