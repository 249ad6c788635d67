"""edge.exposure: every rule with what was served, and the near miss that must not fire."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from fake_outside import Answer, FakeWorld, failure, found, launch, moved, page, reply, said

from launchready_tui import roadmap
from launchready_tui.checks.edge.baseline import NOWHERE
from launchready_tui.checks.edge.exposure import exposure
from launchready_tui.checks.edge.exposure.debug import MARKS, mark_of
from launchready_tui.launch.model import Host, Route
from launchready_tui.world.sights import Reply

HOST = "shop.test"
TEXT = ("content-type", "text/plain")
JSON = ("content-type", "application/json")
SECRET = "-".join(("hunter2", "made", "up"))
ENV = f"# live\nAPP_KEY={SECRET}\nexport DB_URL=postgres://u:{SECRET}@db/x\n"
START = "<!doctype html><title>Shop</title><div id=root></div>"


def nothing(url: str, method: str, headers: dict[str, str]) -> Reply:
    return page(url, body="<!doctype html><title>Not found</title>", status=404)


def everything(url: str, method: str, headers: dict[str, str]) -> Reply:
    """A single-page app: its start page for every address."""
    return page(url, body=START)


def world(
    at: dict[str, Answer] | None = None, rest: Answer = nothing, *, permitted: bool = True, **fields: Any
) -> FakeWorld:
    made = FakeWorld(launch(**fields), permitted=permitted)
    made.web.origins[f"https://{HOST}"] = rest
    made.web.urls = {f"https://{HOST}{path}": answer for path, answer in (at or {}).items()}
    return made


def text(body: str | bytes, *headers: tuple[str, str], status: int = 200) -> Reply:
    return reply("", status, *(headers or (TEXT,)), body=body)


async def test_a_perfect_host_gives_none_of_it_away() -> None:
    findings = await found(exposure, world({"/": page("", body="<!doctype html><title>Shop</title><p>Welcome</p>")}))
    assert [(key, finding.state.value) for key, finding in findings.items()] == [(("files", HOST), "pass")]


@pytest.mark.parametrize(
    ("path", "answer", "rule", "subject", "expected"),
    [
        ("/.env", text(ENV), "env-file", "/.env", "fail blocker"),
        ("/.env.production", text(ENV), "env-file", "/.env.production", "fail blocker"),
        ("/.env", text("APP_KEY=1\n"), "env-file", "/.env", "absent"),
        ("/.env", text(f"<!doctype html><pre>{ENV}</pre>"), "env-file", "/.env", "absent"),
        ("/.env", page("", body=ENV), "env-file", "/.env", "absent"),
        ("/.env", text(ENV, status=403), "env-file", "/.env", "absent"),
        ("/.git/HEAD", text("ref: refs/heads/main\n"), "repository", "/.git", "fail blocker"),
        ("/.git/HEAD", text("0123456789abcdef0123456789abcdef01234567\n"), "repository", "/.git", "fail blocker"),
        ("/.git/HEAD", text("HEAD of the department\n"), "repository", "/.git", "absent"),
        ("/.git/config", text("[core]\n\tbare = false\n"), "repository", "/.git", "fail blocker"),
        ("/.git/config", text("[section]\nname = core\n"), "repository", "/.git", "absent"),
        ("/.DS_Store", text(b"\0\0\0\1Bud1\0\0\x10\0"), "leftover", "/.DS_Store", "fail medium"),
        ("/.DS_Store", text(b"Bud1 and more"), "leftover", "/.DS_Store", "absent"),
        (
            "/docker-compose.yml",
            text("services:\n  web:\n    image: x\n"),
            "leftover",
            "/docker-compose.yml",
            "fail medium",
        ),
        ("/docker-compose.yml", text("our services: web and more\n"), "leftover", "/docker-compose.yml", "absent"),
        ("/server-status", page("", body="<title>Apache Status</title>"), "debug-page", "/server-status", "fail high"),
        ("/server-status", text("Active connections: 3 \nserver accepts"), "debug-page", "/server-status", "fail high"),
        ("/server-status", page("", body="<title>Our status</title>"), "debug-page", "/server-status", "absent"),
        ("/console", page("", body="<script>var CONSOLE_MODE = true,"), "debug-page", "/console", "fail high"),
        ("/console", page("", body="<title>Our console</title>"), "debug-page", "/console", "absent"),
        ("/_profiler/", page("", body="<title>Symfony Profiler</title>"), "debug-page", "/_profiler/", "fail high"),
        (
            "/_ignition/health-check",
            text('{"can_execute_commands": true}', JSON),
            "debug-page",
            "/_ignition/health-check",
            "fail high",
        ),
        ("/_ignition/health-check", text('{"ok": true}', JSON), "debug-page", "/_ignition/health-check", "absent"),
        (
            "/rails/info/routes",
            page("", body="<title>Routes</title><th>Helper</th>"),
            "debug-page",
            "/rails/info/routes",
            "fail high",
        ),
        (
            "/actuator/env",
            text('{"propertySources": [{"name": "systemEnvironment"}]}', JSON),
            "debug-page",
            "/actuator/env",
            "fail high",
        ),
        ("/actuator/env", text('{"status": "UP"}', JSON), "debug-page", "/actuator/env", "absent"),
        (
            "/phpinfo.php",
            page("", body="<title>PHP 8.2.7 - phpinfo()</title>"),
            "debug-page",
            "/phpinfo.php",
            "fail high",
        ),
        ("/phpinfo.php", page("", body="<title>What phpinfo tells</title>"), "debug-page", "/phpinfo.php", "absent"),
        (
            "/uploads/",
            page("", body="<title>Index of /uploads/</title>"),
            "directory-listing",
            "/uploads/",
            "warn medium",
        ),
        ("/", page("", body="<title>Directory listing for /</title>"), "directory-listing", "/", "warn medium"),
        (
            "/uploads/",
            page("", body="<title>Stock index of the week</title>"),
            "directory-listing",
            "/uploads/",
            "absent",
        ),
        (
            "/graphql",
            text('{"data": {"__schema": {"queryType": {"name": "Query"}}}}', JSON),
            "graphql",
            "/graphql",
            "info",
        ),
        ("/graphql", text('{"errors": [{"message": "introspection is off"}]}', JSON), "graphql", "/graphql", "absent"),
        (
            "/openapi.json",
            text('{"openapi": "3.1.0", "paths": {"/v1/me": {}}}', JSON),
            "api-description",
            "/openapi.json",
            "info",
        ),
        ("/openapi.json", text('{"name": "openapi"}', JSON), "api-description", "/openapi.json", "absent"),
        ("/docs", page("", body='<div id="swagger-ui"></div>'), "api-description", "/docs", "info"),
        ("/docs", page("", body="<h1>Help</h1>"), "api-description", "/docs", "absent"),
    ],
)
async def test_content_is_the_proof(path: str, answer: Reply, rule: str, subject: str, expected: str) -> None:
    findings = await found(exposure, world({path: answer}))
    assert said(findings, rule, HOST + subject) == expected
    assert said(findings, "files", HOST) == ("absent" if expected.startswith(("fail", "warn")) else "pass")


async def test_names_are_kept_and_values_never() -> None:
    findings = await found(exposure, world({"/.env": text(ENV)}))
    shown = str(findings["env-file", f"{HOST}/.env"])
    assert "APP_KEY" in shown and "DB_URL" in shown
    assert SECRET not in shown


@pytest.mark.parametrize("lookalike", [f"<!doctype html><title>Index of /</title>{START}", ENV])
async def test_what_a_host_answers_to_everything_is_no_file(lookalike: str) -> None:
    everywhere = text(lookalike, ("content-type", "text/html" if "<" in lookalike else "text/plain"))
    assert said(await found(exposure, world(rest=everywhere)), "files", HOST) == "pass"
    assert said(await found(exposure, world(rest=everything)), "files", HOST) == "pass"


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        (reply("", 403, ("cf-mitigated", "challenge")), "unknown blocker"),
        (reply("", 429), "unknown blocker"),
        (failure("timeout"), "unknown blocker"),
        (failure("certificate"), "unknown blocker"),
        (reply("", 403), "pass"),
        (failure("refused"), "absent"),
        (failure("no-such-name"), "absent"),
    ],
)
async def test_a_wall_is_never_a_pass(base: Answer, expected: str) -> None:
    assert said(await found(exposure, world(rest=base)), "files", HOST) == expected


async def test_without_permission_nothing_is_asked_and_nothing_passes() -> None:
    made = world({"/.env": text(ENV)}, permitted=False)
    assert said(await found(exposure, made), "files", HOST) == "unknown blocker"
    visits = {f"https://{HOST}/", f"https://{HOST}{NOWHERE}"}
    assert {url for _, url, _ in made.web.asked} == visits, "an ordinary visit, which other checks make as well"


SCRIPT = f'<!doctype html><title>Shop</title><script src="/assets/app.3f9c2a1b7d40.js"></script><p>{"word " * 60}'
MAP = {"version": 3, "sources": ["a.ts"], "sourcesContent": ["export const a = 1;"], "names": [], "mappings": "AAAA"}
AT = "/assets/app.3f9c2a1b7d40.js"
KEY = "_".join(("sk", "live", "51Demo" + "a1b2c3d4" * 5))


@pytest.mark.parametrize(
    ("script", "answer", "expected"),
    [
        ("run()", text(json.dumps(MAP), JSON), "warn medium"),
        ("run()", text(json.dumps(MAP | {"sourcesContent": [f"const k = '{KEY}';"]}), JSON), "fail blocker"),
        ("run()", text(json.dumps(MAP | {"sourcesContent": [None]}), JSON), "absent"),
        ("run()", text('{"version": 1}', JSON), "absent"),
        ("run()", page("", body=START), "absent"),
        ("run()\n//# sourceMappingURL=app.3f9c2a1b7d40.js.map", text(json.dumps(MAP), JSON), "absent"),
    ],
)
async def test_source_maps_that_nobody_names(script: str, answer: Reply, expected: str) -> None:
    made = world(
        {"/": page("", body=SCRIPT), AT: text(script, ("content-type", "text/javascript")), AT + ".map": answer}
    )
    findings = await found(exposure, made)
    assert said(findings, "source-map", f"{HOST}/assets/app.*.js.map") == expected
    assert KEY not in str(findings)


def door(answer: Answer, role: str = "admin", more: dict[str, Answer] | None = None, **fields: Any) -> FakeWorld:
    name = f"{role}.shop.test"
    made = world(hosts=(Host(name=name, role=role, **fields),), permitted=False)  # type: ignore[arg-type]
    made.web.origins[f"https://{name}"] = nothing
    made.web.urls[f"https://{name}/"] = answer
    made.web.urls |= more or {}
    return made


LONG = "<title>Desk</title>" + "<p>Booking waiting for its money</p>" * 20


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reply("", 401), "pass"),
        (reply("", 403), "pass"),
        (moved("", "https://sso.example/start"), "pass"),
        (reply("", 404), "pass"),
        (page("", body=f'{LONG}<input type="password">'), "warn medium"),
        (page("", body='<title>Desk</title><div id=app></div><script src="/a.js"></script>'), "warn medium"),
        (page("", body=LONG), "fail blocker"),
        (page("", body=f'{LONG}<script src="/a.js"></script>'), "fail blocker"),
        (reply("", 403, ("cf-mitigated", "challenge")), "unknown high"),
        (reply("", 503), "unknown high"),
        (failure("timeout"), "absent"),
        (moved("", "https://admin.shop.test/"), "absent"),
    ],
)
async def test_the_admin_door(answer: Answer, expected: str) -> None:
    made = door(answer)
    made.web.urls["https://sso.example/start"] = page("", body="<title>Sign on</title>")
    assert said(await found(exposure, made), "admin-open", "admin.shop.test") == expected


@pytest.mark.parametrize(
    ("answer", "robots", "expected"),
    [
        (reply("", 401), "", "pass"),
        (page("", body=LONG), "", "warn medium"),
        (page("", ("x-robots-tag", "noindex"), body=LONG), "", "pass"),
        (page("", ("x-robots-tag", "nofollow"), body=LONG), "", "warn medium"),
        (page("", body=f'<meta name="robots" content="noindex">{LONG}'), "", "pass"),
        (page("", body=LONG), "User-agent: *\nDisallow: /\n", "pass"),
        (page("", body=LONG), "User-agent: *\nDisallow: /admin\n", "warn medium"),
        (page("", body=f'{LONG}<input type="password">'), "", "pass"),
        (reply("", 500), "", "unknown high"),
    ],
)
async def test_the_staging_door(answer: Answer, robots: str, expected: str) -> None:
    more: dict[str, Answer] = {"https://staging.shop.test/robots.txt": text(robots)} if robots else {}
    made = door(answer, "staging", more, environment="staging")
    assert said(await found(exposure, made), "staging-open", "staging.shop.test") == expected


DJANGO = (
    "<p>You\u2019re seeing this error because you have <code>DEBUG = True</code> in\n your Django settings file.</p>"
)
TRACE = "<title>Error</title><pre>Error: no<br> &nbsp; &nbsp;at show (/app/shop.js:7:9)</pre>"
EVALEX = (
    "<title>ZeroDivisionError // Werkzeug Debugger</title><script>var CONSOLE_MODE = false, EVALEX = true,</script>"
)
LARAVEL = '<script>{"file":"/srv/vendor/laravel/framework/src/Illuminate/Routing/Router.php"}</script>'
# What is answered at an address that does not exist, or at the first page.
DEBUG_CASES = [
    (page("", body=DJANGO, status=404), "Django", "fail high"),
    (page("", body='<th scope="row">Django Version:</th><td>5.2</td>', status=500), "Django", "fail high"),
    (page("", body=f"<h1>Why your error page says this</h1>{DJANGO}"), "", "absent"),
    (page("", body="<title>The install worked successfully! Congratulations!</title>"), "Django", "fail high"),
    (page("", body="<title>Action Controller: Exception caught</title>", status=404), "Rails", "fail high"),
    (page("", body="<title>The page you were looking for</title>", status=404), "", "absent"),
    (page("", body='<div data-x="/__web_console/repl_sessions/1">', status=500), "Rails", "fail blocker"),
    (page("", body=LARAVEL, status=500), "Laravel", "fail high"),
    (page("", body=LARAVEL.replace("/", "\\/"), status=500), "Laravel", "fail high"),
    (page("", body="<title>Server Error</title><p>500 | Server Error", status=500), "", "absent"),
    (page("", body=TRACE, status=500), "Express", "fail high"),
    (page("", body="<title>Error</title><pre>Cannot GET /x</pre>", status=404), "", "absent"),
    (page("", body='<script src="/_next/static/chunks/webpack.js?v=1764031"></script>'), "Next.js", "fail high"),
    (page("", body='<script src="/_next/static/development/_buildManifest.js">'), "Next.js", "fail high"),
    (page("", body='<script src="/_next/static/chunks/webpack-59c5c889f588acdf.js">'), "", "absent"),
    (page("", body=EVALEX, status=500), "Werkzeug", "fail blocker"),
    (page("", body=EVALEX.replace("EVALEX = true", "EVALEX = false"), status=500), "Werkzeug", "fail high"),
    (page("", ("x-debug-token-link", "https://shop.test/_profiler/1f2e"), body="<p>Shop"), "Symfony", "fail high"),
    (page("", body='<div id="sfwdt1f2e3d" class="sf-toolbar">'), "Symfony", "fail high"),
    (page("", ("x-debug-token", "1f2e"), body="<p>Shop"), "", "absent"),
    (page("", body='<script type="module" src="/@vite/client"></script>'), "Vite", "fail high"),
]


@pytest.mark.parametrize(("answer", "framework", "expected"), DEBUG_CASES)
@pytest.mark.parametrize("permitted", [True, False])
async def test_debug_mode_is_known_by_its_marks(answer: Reply, framework: str, expected: str, permitted: bool) -> None:
    made = world(rest=answer, permitted=permitted)
    findings = await found(exposure, made)
    assert said(findings, "debug-mode", HOST) == expected
    if framework:
        assert framework in findings["debug-mode", HOST].summary


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (page("", body=DJANGO, status=404), "warn medium"),
        (page("", body=EVALEX, status=500), "warn medium"),
        (page("", ("www-authenticate", "Basic"), body="<h1>401</h1>", status=401), "absent"),
    ],
)
async def test_debug_mode_on_staging_is_a_warning_where_anyone_reaches_it(answer: Reply, expected: str) -> None:
    staging = Host(name="staging.shop.test", role="staging", environment="staging")
    made = world(hosts=(Host(name=HOST, role="web"), staging))
    made.web.origins["https://staging.shop.test"] = answer
    findings = await found(exposure, made)
    assert said(findings, "debug-mode", "staging.shop.test") == expected
    assert said(findings, "debug-mode", HOST) == "absent"


async def test_debug_mode_shows_on_a_listed_route_that_fails() -> None:
    routes = (Route(name="search", url=f"https://{HOST}/search", safe=True),)
    made = world({"/search": page("", body=TRACE, status=500)}, routes=routes, permitted=False)
    finding = (await found(exposure, made))["debug-mode", HOST]
    assert finding.remedy is not None and finding.remedy.paste == "NODE_ENV=production"


def test_every_mark_of_debug_mode_has_its_fix_and_is_read_in_linear_time() -> None:
    fixes = roadmap.sheet_of("edge.exposure").fixes
    assert {mark.fix for mark in MARKS} <= set(fixes)
    hostile = ("<pre>" + "a" * 600 + "<title>" + "x" * 80 + "</title><script " + "y" * 200) * 500
    began = time.perf_counter()
    assert mark_of(page("", body=hostile, status=500)) is None
    assert time.perf_counter() - began < 3
