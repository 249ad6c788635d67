"""The mixed content rule of edge.https (W3C Mixed Content, Level 2): what a secure page loads or sends over plain
http."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ....findings import Evidence, Finding
from ....hostnames import host_of
from ....world.sights import Reply
from ...base import Say
from ...parse import page as html
from ...parse.addresses import place, scheme_of
from ...seen import via_of

if TYPE_CHECKING:
    from ....world import World

_INSECURE = ("http", "ws")
# What a script in the page opens by itself. Other scripts are read by audit.client-secrets, not here.
_OPENS = re.compile(
    r"""(?:\bfetch|\bWebSocket|\bEventSource|\.open)\(\s{0,9}(?:["'`]GET["'`],\s{0,9})?["'`]((?:http|ws)://[^"'`\s]{1,300})"""
)
_HERE = ("localhost", "127.0.0.1", "[::1]")
# So many files of a page are followed to where they lead: those that may change the page, and pictures and sounds.
_MOST_ACTIVE, _MOST_PASSIVE = 8, 4


async def judge_mixed(say: Say, world: World, replies: list[Reply]) -> list[Finding]:
    """One finding a secure HTML page."""
    pages: dict[str, Reply] = {}
    for reply in replies:
        if reply.is_html and reply.status == 200 and scheme_of(reply.url) == "https":
            pages.setdefault(place(reply.url), reply)
    documents = [html.read(reply.text, reply.url) for reply in pages.values()]
    led = await asyncio.gather(*(_led_astray(world, document) for document in documents))
    return [
        _judge(say, reply, document, away) for reply, document, away in zip(pages.values(), documents, led, strict=True)
    ]


async def _led_astray(world: World, document: html.Page) -> list[html.Ref]:
    """Loads that are named with https and redirect to plain http, at whatever hop and whoever's they are."""
    refs = []
    for kinds, most in ((html.ACTIVE, _MOST_ACTIVE), (html.PASSIVE, _MOST_PASSIVE)):
        refs += list({ref.url: ref for ref in document.of(*kinds) if ref.scheme == "https"}.values())[:most]
    chains = await asyncio.gather(*(world.web.follow(ref.url) for ref in refs))
    away = []
    for ref, chain in zip(refs, chains, strict=True):
        leads = (html.absolute(hop.url, hop.location) for hop in chain.hops if hop.kind == "location")
        plain = next((to for to in leads if scheme_of(to) == "http"), "")
        if plain:
            away.append(replace(ref, url=plain))
    return away


def _opened(document: html.Page) -> list[html.Ref]:
    """Addresses that scripts in the page open over plain http or ws; this machine's own are let be, as browsers do."""
    found = [url for script in document.inline for url in _OPENS.findall(script) if host_of(url) not in _HERE]
    return [html.Ref("script", "script", url, url, 0) for url in dict.fromkeys(found)]


def _upgrades(reply: Reply, document: html.Page) -> bool:
    """`upgrade-insecure-requests` makes browsers ask over https in place of http."""
    values = (*reply.all("content-security-policy"), *document.csp)
    return any("upgrade-insecure-requests" in value.lower() for value in values)


def _judge(say: Say, reply: Reply, document: html.Page, away: list[html.Ref]) -> Finding:
    subject = place(reply.url)
    via = via_of(reply)
    insecure = [*(ref for ref in document.refs if ref.scheme in _INSECURE), *away]
    active = [*(ref for ref in insecure if ref.kind in html.ACTIVE), *_opened(document)]
    forms = [ref for ref in insecure if ref.kind == "form"]
    passive = [ref for ref in insecure if ref.kind in html.PASSIVE]
    bad = active + forms + passive
    if not bad:
        loads = sum(ref.kind != "link" for ref in document.refs)
        evidence = [
            Evidence.of("loads", f"{loads} loads and forms read, none over plain http", source=reply.url, at=reply.at)
        ]
        return say.passed("mixed-content", subject, evidence=evidence, via=via)
    lines = "\n".join(f"line {ref.line}: <{ref.tag}> {ref.url}" for ref in bad[:20])
    evidence = [Evidence.of("loads", lines, source=reply.url, at=reply.at)]
    first = bad[0]
    secure = ("https:" if first.scheme == "http" else "wss:") + first.url.partition(":")[2]
    sends = not active and bool(forms)
    if (active or forms) and not _upgrades(reply, document):
        said = "form" if sends else "fail"
        return say.fail("mixed-content", subject, said, tag=first.tag, secure=secure, evidence=evidence, via=via)
    said = "upgraded-form" if sends else "warn"
    return say.warn("mixed-content", subject, said, tag=first.tag, secure=secure, evidence=evidence, via=via)
