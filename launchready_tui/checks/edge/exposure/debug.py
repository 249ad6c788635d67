"""Pages that frameworks write for their own developers, known by their marks: code, settings and queries for anyone who
meets an error. Seen by ordinary visits alone."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....findings import Evidence, Finding
from ....hostnames import host_of
from ....world.sights import Reply
from ...base import Say
from .. import baseline

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World


@dataclass(frozen=True)
class Mark:
    """What a framework writes in debug mode alone. `fix` is its fix in the sheet; `errors` says that it counts in the
    answer to an error only, since a page of documentation may quote it; `console` that code can be run there."""

    framework: str
    fix: str
    text: re.Pattern[str]
    errors: bool = True
    console: bool = False


def _mark(framework: str, fix: str, text: str, *, errors: bool = True, console: bool = False) -> Mark:
    return Mark(framework, fix, re.compile(text), errors, console)


# As the frameworks' own templates write them (Django 5, Rails 8, Laravel 12, Express 5, Next.js 15, Werkzeug 3, Symfony
# 7, Vite 7, ASP.NET Core 9; known 2026-11). The first that fits counts.
MARKS = (
    _mark("Werkzeug", "flask", r"(?:CONSOLE_MODE = true|EVALEX = true)", console=True),
    _mark("Werkzeug", "flask", r"// Werkzeug Debugger</title>"),
    _mark("Rails", "rails", r"__web_console/repl_sessions|data-mount-point=\"/__web_console\"", console=True),
    _mark("Rails", "rails", r"<title>Action Controller: Exception caught</title>|<code>Rails\.root: /"),
    _mark("Django", "django", r"because you have (?:<code>)?DEBUG = True(?:</code>)? in\s+your\s+Django"),
    _mark("Django", "django", r"<th(?: scope=\"row\")?>Django Version:</th>"),
    _mark("Django", "django", r"<title>The install worked successfully! Congratulations!</title>", errors=False),
    _mark("Django", "django", r"<div id=\"djDebug\"", errors=False),
    _mark("Laravel", "laravel", r"window\.ignite\(|vendor\\?/laravel\\?/framework\\?/src"),
    _mark("Express", "express", r"<pre>[^<]{1,600}<br> &nbsp; &nbsp;at "),
    _mark("Next.js", "next", r"/_next/static/development/_|\"buildId\":\"development\"", errors=False),
    _mark("Next.js", "next", r"<script[^>]{1,200}/_next/static/chunks/(?:webpack|main-app)\.js\?v=", errors=False),
    _mark("Vite", "vite", r"<script[^>]{1,200}src=\"[^\"]{0,100}/@vite/client\"", errors=False),
    _mark("Symfony", "symfony", r"<!-- START of Symfony Web Debug Toolbar|id=\"sfwdt[0-9a-f]{6}\"", errors=False),
    _mark("Symfony", "symfony", r"vendor/symfony/(?:http-kernel|framework-bundle)/"),
    _mark("ASP.NET Core", "aspnet", r"id=\"stackpage\""),
)
_PROFILER = "x-debug-token-link"
"""A header that Symfony's profiler sends with each answer, and no other program."""


def mark_of(reply: Reply) -> Mark | None:
    """The mark of debug mode in an answer; None where there is none."""
    if reply.header(_PROFILER):
        return next(mark for mark in MARKS if mark.framework == "Symfony")
    text, wrong = reply.text, reply.status >= 400
    return next((mark for mark in MARKS if (wrong or not mark.errors) and mark.text.search(text)), None)


async def judge_debug(say: Say, launch: Launch, world: World, name: str, *, staging: bool) -> Finding | None:
    """One host by its first page, an address that does not exist, and its listed pages and routes."""
    asked = [page.url for page in launch.pages]
    asked += [route.url for route in launch.routes if route.safe and route.method == "GET" and not route.login]
    own = [url for url in dict.fromkeys(asked) if url.startswith(f"https://{name}/")]
    chain, answers = await asyncio.gather(
        world.web.follow(f"https://{name}/"),
        asyncio.gather(baseline.ask(world, name), *(world.web.get(url) for url in own)),
    )
    replies = [reply for reply in (chain.end, *answers) if isinstance(reply, Reply)]
    marked = [(mark, reply) for reply in replies if host_of(reply.url) == name and (mark := mark_of(reply))]
    if not marked:
        return None
    mark, reply = min(marked, key=lambda pair: not pair[0].console)
    found = mark.text.search(reply.text)
    seen = found.group()[:200] if found else f"{_PROFILER}: {reply.header(_PROFILER)}"
    head = f"{reply.method} {reply.url}  {reply.status}"
    evidence = [Evidence.of("mark", f"{head}\n{seen}", source=reply.url, at=reply.at)]
    fix, voice = say.fix(mark.fix, subject=name), say.warn if staging else say.fail
    said = "staging" if staging else "console" if mark.console else "fail"
    return voice("debug-mode", name, said, framework=mark.framework, evidence=evidence, remedy=fix, via=reply.via)
