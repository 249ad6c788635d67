"""audit.one-service, latency, client-secrets and broken-links: what was served, and what must be found."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from fake_outside import certificate, failure, found, launch, moved, page, reply, said, sight
from fake_world import AuditWorld, measurement
from test_secrets_table import EXAMPLES

from launchready_tui.checks.audit import broken_links, client_secrets, latency, one_service
from launchready_tui.checks.audit.client_secrets import chunks
from launchready_tui.checks.audit.names import lasting
from launchready_tui.facts import Addresses, Timing
from launchready_tui.failure import Failure
from launchready_tui.launch.model import Host, Page, Route
from launchready_tui.world.sights import Reply

HOME = "https://shop.test/"
WORDS = "<title>Shop</title><p>bikes boats tents shovels ladders drills saws planes lamps chairs"

# ---- one-service -----------------------------------------------------------------------------------------------------


def two(
    second: Reply | Failure, *, address: str = "203.0.113.99", issuer: str = "CN=Test CA", first: Reply | None = None
) -> AuditWorld:
    world = AuditWorld(launch())
    rdtype = "AAAA" if ":" in address else "A"
    records = ("203.0.113.10", address) if rdtype == "A" else ("203.0.113.10",)
    world.dns.set("shop.test", "A", *records)
    if rdtype == "AAAA":
        world.dns.set("shop.test", "AAAA", address)
    world.dns.set("shop.test", "NS", "ada.ns.cloudflare.com")
    world.web.addresses[HOME, "203.0.113.10"] = first or page(HOME, ("server", "nginx/1.25.3"), body=WORDS)
    world.web.addresses[HOME, address] = second
    world.tls.addresses["shop.test", "203.0.113.10"] = sight("shop.test")
    world.tls.addresses["shop.test", address] = sight("shop.test", certificate("shop.test", issuer=issuer))
    return world


SAME = page(HOME, ("server", "nginx/1.24.0"), body=WORDS + " token 8f3a")


@pytest.mark.parametrize(
    ("second", "wanted", "message"),
    [
        (SAME, "pass", "pass"),
        (page(HOME, ("server", "nginx"), body=WORDS, status=404), "fail blocker", "status"),
        (page(HOME, ("server", "nginx"), body=WORDS, status=503), "fail blocker", "status"),
        (page(HOME, ("server", "Apache/2.4"), body=WORDS), "fail high", "server"),
        (page(HOME, ("server", "nginx"), body=WORDS.replace("Shop", "Old shop")), "fail blocker", "title"),
        (
            page(
                HOME,
                ("server", "nginx"),
                body="<title>Shop</title><p>completely unrelated words standing about here alone",
            ),
            "fail blocker",
            "page",
        ),
        (failure("refused"), "fail blocker", "dead"),
        (failure("timeout"), "fail blocker", "dead"),
        (failure("certificate"), "fail blocker", "dead"),
        (failure("blocked-address"), "unknown blocker", "only-one"),
        (failure("limit"), "unknown blocker", "only-one"),
    ],
)
async def test_two_addresses(second: Reply | Failure, wanted: str, message: str) -> None:
    findings = await found(one_service.one_service, two(second))
    assert said(findings, "addresses-differ", "shop.test") == wanted
    assert findings["addresses-differ", "shop.test"].message == message


async def test_the_odd_address_is_named_and_its_record_given() -> None:
    findings = await found(one_service.one_service, two(failure("refused")))
    finding = findings["addresses-differ", "shop.test"]
    assert finding.values["odd"] == ("203.0.113.99",) and "the connection was refused" in finding.summary
    assert finding.fact(Addresses) == Addresses(host="shop.test", addresses=("203.0.113.10", "203.0.113.99"))
    assert finding.remedy is not None
    assert finding.remedy.paste == "shop.test. A 203.0.113.99   ; remove"
    assert finding.remedy.where == "Cloudflare DNS"


async def test_another_redirect_target() -> None:
    first = moved(HOME, "https://www.shop.test/")
    findings = await found(one_service.one_service, two(moved(HOME, "https://old.shop.test/"), first=first))
    assert findings["addresses-differ", "shop.test"].message == "target"


async def test_another_certificate_issuer() -> None:
    findings = await found(one_service.one_service, two(SAME, issuer="CN=Other CA"))
    assert findings["addresses-differ", "shop.test"].message == "issuer"


async def test_the_answering_address_is_kept_when_the_other_fails_first() -> None:
    broken = page(HOME, ("server", "nginx"), body=WORDS, status=500)
    findings = await found(one_service.one_service, two(SAME, first=broken))
    assert findings["addresses-differ", "shop.test"].values["odd"] == ("203.0.113.10",)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("timeout", "unknown blocker"), ("unreachable", "unknown blocker"), ("refused", "fail blocker")],
)
async def test_a_silent_ipv6_address_may_be_our_own_line(kind: str, wanted: str) -> None:
    findings = await found(one_service.one_service, two(failure(kind), address="2001:db8::99"))
    assert said(findings, "addresses-differ", "shop.test") == wanted


async def test_one_address_is_one_service() -> None:
    world = AuditWorld(launch())
    world.dns.set("shop.test", "A", "203.0.113.10")
    findings = await found(one_service.one_service, world)
    assert said(findings, "addresses-differ", "shop.test") == "pass"
    wanted = Addresses(host="shop.test", addresses=("203.0.113.10",))
    assert findings["addresses-differ", "shop.test"].fact(Addresses) == wanted


async def test_a_failed_look_up_is_unknown_and_no_name_is_not_ours() -> None:
    world = AuditWorld(launch())
    assert await found(one_service.one_service, world) == {}
    world.dns.fail("shop.test", "A")
    assert said(await found(one_service.one_service, world), "addresses-differ", "shop.test") == "unknown blocker"


async def test_no_address_answers() -> None:
    world = two(failure("refused"))
    world.web.addresses[HOME, "203.0.113.10"] = failure("refused")
    assert said(await found(one_service.one_service, world), "addresses-differ", "shop.test") == "unknown blocker"


async def test_at_most_four_addresses_are_asked() -> None:
    world = AuditWorld(launch())
    world.dns.set("shop.test", "A", *(f"203.0.113.{place}" for place in range(1, 9)))
    for place in range(1, 9):
        world.web.addresses[HOME, f"203.0.113.{place}"] = SAME
    findings = await found(one_service.one_service, world)
    finding = findings["addresses-differ", "shop.test"]
    assert (finding.message, finding.values["answered"], finding.values["addresses"]) == ("some", 4, 8)


# ---- latency ---------------------------------------------------------------------------------------------------------


def timed(*routes: Route, **measured: Any) -> AuditWorld:
    world = AuditWorld(launch(routes=routes))
    world.measurements = measured
    return world


def route(name: str = "search", **fields: Any) -> Route:
    given: dict[str, Any] = {"name": name, "url": f"https://api.shop.test/{name}", "safe": True}
    return Route(**(given | fields))


NO_ANSWER_CASES = [
    ("timeout", "sent", "search", "fail high", "got no answer within 9 s", "time_starttransfer"),
    ("timeout", "sent", "pay", "fail blocker", "got no answer within 9 s", "time_starttransfer"),
    ("timeout", "first-byte", "search", "fail high", "got no answer within 9 s", "first byte"),
    ("timeout", "connect", "search", "fail high", "got no answer within 9 s", "curl -sv"),
    ("refused", "look-up", "search", "fail high", "is down", "curl -sv"),
    ("reset", "sent", "search", "fail high", "is down", "time_starttransfer"),
    ("timeout", "", "search", "unknown high", "Could not check", ""),
    ("certificate", "connect", "search", "unknown high", "Could not check", ""),
    ("no-such-name", "", "search", "unknown high", "Could not check", ""),
]


@pytest.mark.parametrize(("kind", "reached", "flow", "expected", "words", "paste"), NO_ANSWER_CASES)
async def test_a_route_that_never_answers_is_slow_or_down(
    kind: Any, reached: Any, flow: Any, expected: str, words: str, paste: str
) -> None:
    """What the certificate or the name hinders is told by their own checks."""
    seen = Failure(kind=kind, reached=reached)
    findings = await found(latency.latency, timed(route(flow=flow), search=seen))
    assert said(findings, "target", "search") == expected
    finding = findings["target", "search"]
    assert words in finding.summary and paste in (finding.remedy.paste if finding.remedy else "")
    if reached == "sent":
        assert "sent  done\nfirst-byte  no" in finding.evidence[0].text


@pytest.mark.parametrize(
    ("seen", "target", "errors"),
    [
        (measurement("search"), "pass", "pass"),
        (measurement("search", verdict="FAIL", over=10, n=10), "fail high", "pass"),
        (measurement("search", verdict="NOT ENOUGH DATA", over=3, n=60), "unknown high", "pass"),
        (
            measurement("search", verdict="NOT ENOUGH DATA", over=1, n=60, errors=1, why="samples"),
            "unknown high",
            "warn medium",
        ),
        (measurement("search", verdict="NOT ENOUGH DATA", over=2, n=60, errors=2), "unknown high", "fail high"),
        (measurement("search", verdict="FAIL", over=5, n=5, errors=5, why="errors"), "absent", "fail high"),
        (measurement("search", statuses={302: 59}), "pass", "warn medium"),
        (failure("refused"), "unknown high", "absent"),
        (failure("no-permission"), "unknown high", "absent"),
    ],
)
async def test_a_measured_route(seen: Any, target: str, errors: str) -> None:
    findings = await found(latency.latency, timed(route(), search=seen))
    assert said(findings, "target", "search") == target
    assert said(findings, "errors", "search") == errors


async def test_the_figures_are_in_the_evidence() -> None:
    seen = measurement("search", p95_low=71.0, p95_high=93.0, n=300, p99=None)
    findings = await found(latency.latency, timed(route(), search=seen))
    evidence = {one.label: one.text for one in findings["target", "search"].evidence}
    assert evidence["p95"] == "80 ms"
    assert evidence["p95 interval"] == "71 ms to 93 ms (95 %)"
    assert evidence["requests"] == "300"
    assert evidence["p99"].startswith("needs 368")
    assert evidence["over the target"].startswith("0 of 300")
    assert findings["target", "search"].facts == (
        Timing(
            route="search",
            n=300,
            p50=seen.p50,
            p95=80.0,
            p95_low=71.0,
            p95_high=93.0,
            target=seen.target_ms,
            verdict="PASS",
            at=seen.started_at,
        ),
    )
    assert findings["errors", "search"].facts == (), "a route is one measurement, not two"


@pytest.mark.parametrize(
    ("flow", "seen", "wanted"),
    [
        ("log-in", measurement("search", errors=5, n=5, over=5, why="errors"), "fail blocker"),
        ("pay", measurement("search", errors=5, n=5, over=5, why="errors", statuses={0: 5}), "fail blocker"),
        ("search", measurement("search", errors=5, n=5, over=5, why="errors"), "fail high"),
        ("log-in", measurement("search", errors=5, n=60, over=5), "fail high"),
        ("log-in", measurement("search", errors=5, n=5, over=5, why="errors", statuses={401: 5}), "fail high"),
    ],
    ids=["nobody logs in", "nobody pays", "another flow", "some fail", "it wants a log-in"],
)
async def test_a_route_that_fails_weighs_what_it_is_for(flow: str, seen: Any, wanted: str) -> None:
    findings = await found(latency.latency, timed(route(flow=flow), search=seen))
    assert said(findings, "errors", "search") == wanted


async def test_a_denied_route_is_told_to_log_in() -> None:
    seen = measurement("me", errors=5, n=5, over=5, why="errors", statuses={401: 5})
    finding = (await found(latency.latency, timed(route("me"), me=seen)))["errors", "me"]
    assert finding.remedy is not None and finding.remedy.paste == 'login = "api-token"'


async def test_where_the_time_goes_decides_the_remedy() -> None:
    from launchready_tui.probe import Phases

    slow = measurement("search", verdict="FAIL", over=10, n=10, phases=Phases(first_byte=20.0, transfer=700.0))
    remedy = (await found(latency.latency, timed(route(), search=slow)))["target", "search"].remedy
    assert remedy is not None and "compress" in remedy.text


async def test_only_safe_routes_and_only_five() -> None:
    routes = [route(f"r{place}") for place in range(7)]
    world = timed(route("pay", safe=False), *routes, **{one.name: measurement(one.name) for one in routes})
    await found(latency.latency, world)
    assert world.measured == [f"r{place}" for place in range(5)]


async def test_routes_of_one_host_take_turns() -> None:
    routes = [route(f"r{place}") for place in range(3)]
    world = timed(*routes, **{one.name: measurement(one.name) for one in routes})
    await found(latency.latency, world)
    assert world.most_at_once == 1


@pytest.mark.parametrize("routes", [(), (Route(name="pay", url="https://api.shop.test/pay"),)])
async def test_nothing_safe_to_measure(routes: tuple[Route, ...]) -> None:
    findings = await found(latency.latency, timed(*routes))
    assert said(findings, "no-safe-route", "shop.test") == "unknown high"
    assert (
        said(await found(latency.latency, timed(route(), search=measurement("search"))), "no-safe-route", "shop.test")
        == "absent"
    )


# ---- client-secrets --------------------------------------------------------------------------------------------------

SECRET, PUBLIC, DEPENDS = EXAMPLES["stripe-secret"][0], EXAMPLES["stripe-publishable"][0], EXAMPLES["recaptcha-key"][0]
SCRIPT = "https://shop.test/assets/index-BxKmPqRs.js"
JS = (("content-type", "text/javascript"),)


def bundled(script: str = "", *, body: str | None = None, **files: str | Reply | Failure) -> AuditWorld:
    """A shop whose start page loads one script; further files by path."""
    world = AuditWorld(launch())
    html = body if body is not None else '<script src="/assets/index-BxKmPqRs.js"></script>'
    world.web.urls[HOME] = page(HOME, body=html)
    world.web.urls[SCRIPT] = reply(SCRIPT, 200, *JS, body=script)
    for path, content in files.items():
        url = f"https://shop.test/{path.replace('__', '/').replace('_', '.')}"
        world.web.urls[url] = reply(url, 200, *JS, body=content) if isinstance(content, str) else content
    return world


NAMED = "shop.test/assets/index-*.js"


@pytest.mark.parametrize(
    ("code", "rule", "kind", "wanted"),
    [
        (SECRET, "secret", "stripe-secret", "fail blocker"),
        (EXAMPLES["stripe-secret-test"][0], "secret", "stripe-secret-test", "fail high"),
        (EXAMPLES["resend-key"][0], "secret", "resend-key", "fail high"),
        (EXAMPLES["supabase-service-role"][0], "secret", "supabase-service-role", "fail blocker"),
        (EXAMPLES["supabase-anon"][0], "public", "supabase-anon", "info"),
        (PUBLIC, "public", "stripe-publishable", "info"),
        (DEPENDS, "depends", "recaptcha-key", "warn medium"),
        (EXAMPLES["stripe-publishable-test"][0], "depends", "stripe-publishable-test", "warn medium"),
        (EXAMPLES["named-secret"][0], "depends", "named-secret", "warn medium"),
    ],
)
async def test_keys_in_a_script(code: str, rule: str, kind: str, wanted: str) -> None:
    findings = await found(client_secrets.client_secrets, bundled(f"var z;{code};"))
    assert said(findings, rule, f"{NAMED}: {kind}") == wanted
    assert said(findings, "secret", "shop.test") == ("pass" if wanted == "info" else "absent")
    others = {"secret", "public", "depends"} - {rule}
    assert {said(findings, other, f"{NAMED}: {kind}") for other in others} == {"absent"}


async def test_no_finding_holds_the_value() -> None:
    findings = await found(client_secrets.client_secrets, bundled(f"var z;{SECRET};"))
    value = SECRET.split('"')[1]
    text = msgspec.json.encode(list(findings.values())).decode()
    assert value not in text and value[20:] not in text
    (finding,) = findings.values()
    assert finding.remedy is not None and finding.remedy.text.startswith("Replace the key at Stripe")
    assert finding.evidence[0].text == f"{value[:12]}… ({len(value)} characters)"


@pytest.mark.parametrize(
    "world",
    [
        lambda: bundled(body=f"<script>{SECRET}</script>"),
        lambda: bundled(body=f"<script type='application/json'>{SECRET}</script>"),
        lambda: bundled(body='<link rel="modulepreload" href="/assets/index-BxKmPqRs.js">', script=SECRET),
        lambda: bundled('import("./lazy.js")', assets__lazy_js=SECRET),
        lambda: bundled('t("assets/lazy.js")', assets__lazy_js=SECRET),
        lambda: bundled(
            "//# sourceMappingURL=app.map",
            assets__app_map=json.dumps({"version": 3, "sources": ["s.ts"], "sourcesContent": [SECRET]}),
        ),
        lambda: bundled(
            "//# sourceMappingURL=data:application/json;base64,"
            + base64.b64encode(
                json.dumps({"version": 3, "sources": ["s.ts"], "sourcesContent": [SECRET]}).encode()
            ).decode()
        ),
    ],
)
async def test_wherever_the_browser_gets_it(world: Callable[[], AuditWorld]) -> None:
    findings = await found(client_secrets.client_secrets, world())
    assert [rule for rule, subject in findings if subject.endswith(": stripe-secret")] == ["secret"]


async def test_a_clean_bundle() -> None:
    findings = await found(client_secrets.client_secrets, bundled("console.log(1)"))
    assert {key: finding.state.value for key, finding in findings.items()} == {("secret", "shop.test"): "pass"}
    assert SCRIPT in findings["secret", "shop.test"].evidence[0].text
    assert said(findings, "more", "shop.test") == "absent"


@pytest.mark.parametrize(
    "world",
    [
        lambda: bundled(body='<script>navigator.serviceWorker.register("/sw.js")</script>', sw_js=SECRET),
        lambda: bundled(
            'import("./a.js")', assets__a_js='import("./b.js")', assets__b_js='import("./c.js")', assets__c_js=SECRET
        ),
        lambda: bundled(
            body='<script src="/_next/static/x/buildManifest.js"></script>',
            __next__static__x__buildManifest_js='self.m={"/":["static/chunks/p.js"]}',
            __next__static__chunks__p_js=SECRET,
        ),
    ],
)
async def test_what_scripts_name_is_read_as_well(world: Callable[[], AuditWorld]) -> None:
    made = world()
    made.web.urls = {url.replace("//next", "/_next"): answer for url, answer in made.web.urls.items()}
    findings = await found(client_secrets.client_secrets, made)
    assert [rule for rule, subject in findings if subject.endswith(": stripe-secret")] == ["secret"]


async def test_a_script_that_is_only_named_may_be_behind_a_door() -> None:
    world = bundled('import("./inside.js")', assets__inside_js=reply("https://shop.test/assets/inside.js", 403))
    assert set(await found(client_secrets.client_secrets, world)) == {("secret", "shop.test")}


async def test_scripts_beyond_the_limit_are_counted_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_secrets, "MOST_SCRIPTS", 2)
    findings = await found(client_secrets.client_secrets, bundled('import("./a.js");import("./b.js");import("./c.js")'))
    assert said(findings, "more", "shop.test") == "info"
    assert findings["more", "shop.test"].values["scripts"] == 2
    assert "https://shop.test/assets/c.js" in findings["more", "shop.test"].evidence[0].text


CDN = "https://assets.shopcdn.test"


def on_cdn(script: str = "", **files: str | Reply | Failure) -> AuditWorld:
    """A shop whose bundle lies on another registrable domain; further files there by name."""
    world = bundled(body=f'<script src="{CDN}/b/index.4f9a2c.js"></script>')
    world.web.urls[f"{CDN}/b/index.4f9a2c.js"] = reply(f"{CDN}/b/index.4f9a2c.js", 200, *JS, body=script)
    for name, content in files.items():
        url = f"{CDN}/b/{name.replace('__', '/').replace('_', '.')}"
        world.web.urls[url] = reply(url, 200, *JS, body=content) if isinstance(content, str) else content
    return world


async def test_scripts_and_chunks_on_a_cdns_own_domain_are_read() -> None:
    findings = await found(client_secrets.client_secrets, on_cdn(SECRET))
    assert said(findings, "secret", "assets.shopcdn.test/b/index.*.js: stripe-secret") == "fail blocker"
    findings = await found(client_secrets.client_secrets, on_cdn('import("./lazy.js")', lazy_js=SECRET))
    assert said(findings, "secret", "assets.shopcdn.test/b/lazy.js: stripe-secret") == "fail blocker"
    # What a script on a CDN names elsewhere is nobody's we know.
    world = on_cdn('import("https://else.test/x.js")')
    await found(client_secrets.client_secrets, world)
    assert not [url for _, url, _ in world.web.asked if url.startswith("https://else.test")]


async def test_a_cdn_that_gives_no_answer_is_told_and_stops_nothing() -> None:
    world = bundled(body=f'<script src="{CDN}/x.js"></script><script src="/assets/index-BxKmPqRs.js"></script>')
    findings = await found(client_secrets.client_secrets, world)
    assert said(findings, "more", "assets.shopcdn.test") == "info"
    assert said(findings, "secret", "shop.test") == "pass"
    assert said(findings, "unread", "assets.shopcdn.test/x.js") == "absent"


async def test_a_pass_claims_no_more_than_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_secrets, "MOST_SCRIPTS", 2)
    findings = await found(
        client_secrets.client_secrets, bundled('import("./a.js");import("./b.js");import("./c.js")', assets__a_js="1")
    )
    told = findings["secret", "shop.test"]
    assert told.state.value == "pass" and "in 3 of the 5 files" in told.summary
    whole = (await found(client_secrets.client_secrets, bundled('import("./a.js")', assets__a_js="1")))[
        "secret", "shop.test"
    ]
    assert " of the " not in whole.summary and "3 files" in whole.summary


VUE = 'o.p+"js/"+({about:"about"}[e]||e)+"."+{about:"5a1f3d9c",7:"0c2b4d6e"}[e]+".js"'
NEXT = 'd.u=e=>"static/chunks/"+(({93:"cart"})[e]||e)+"-"+({93:"1f2e3d4c5b6a7988"})[e]+".js",d.p="/_next/"'


@pytest.mark.parametrize(
    ("url", "script", "named"),
    [
        ("/assets/index-BxKmPqRs.js", 'import("./Cart-Dw3kQ1aZ.js")', "/assets/Cart-Dw3kQ1aZ.js"),
        ("/app/assets/index-BxKmPqRs.js", 'm.f||(m.f=["assets/Cart-Dw3kQ1aZ.js"])', "/app/assets/Cart-Dw3kQ1aZ.js"),
        ("/js/app.1a2b3c4d.js", f'o.p="/";{VUE}', "/js/about.5a1f3d9c.js"),
        ("/js/app.1a2b3c4d.js", f'o.p="/shop/";{VUE}', "/shop/js/7.0c2b4d6e.js"),
        ("/js/app.1a2b3c4d.js", VUE, "/js/about.5a1f3d9c.js"),
        (
            "/static/js/main.8a2f91bc.js",
            'r.u=e=>"static/js/"+e+"."+{453:"d5c5e7a1"}[e]+".chunk.js";r.p="/"',
            "/static/js/453.d5c5e7a1.chunk.js",
        ),
        ("/dist/main.js", 'n.u=e=>e+".js",n.p="";n.p+"c/"+e+".js";n.e(12).then()', "/c/12.js"),
        ("/_next/static/chunks/webpack-1a2b3c4d.js", NEXT, "/_next/static/chunks/cart-1f2e3d4c5b6a7988.js"),
        ("/_next/static/x/_buildManifest.js", '{"/":["static/chunks/p-1.js"]}', "/_next/static/chunks/p-1.js"),
        ("/", 'self.__next_f.push([1,"4:I[\\"static/chunks/app/page-9a.js\\"]"])', "/static/chunks/app/page-9a.js"),
        (
            "/_expo/static/js/web/index-9f.js",
            '{"paths":{"12":"/_expo/static/js/web/Cart-1a.js"}}',
            "/_expo/static/js/web/Cart-1a.js",
        ),
        (
            "/index.bundle",
            '"/app/(tabs)/cart.bundle?platform=web&dev=false"',
            "/app/(tabs)/cart.bundle?platform=web&dev=false",
        ),
    ],
)
def test_lazy_chunks_of_webpack_next_vite_rollup_and_metro_are_known(url: str, script: str, named: str) -> None:
    assert f"https://shop.test{named}" in chunks.named(HOME, f"https://shop.test{url}", script)


@pytest.mark.parametrize(
    "script", ['"hello "+name+"."', '"a/"+e+".js"', 'x={7:"8a2f"}[e]+".js"', '"a"+{b:"c"}[e]+".png"']
)
def test_what_is_no_loader_names_no_chunk(script: str) -> None:
    assert chunks.named(HOME, SCRIPT, script) == []


@pytest.mark.parametrize(
    "piece",
    ['"a/"+e+".js";n.u=', '"a"+{', '"a"+{b:"c"}[e]||', '"a/"+({1:"b"}[e]||e)+"."+', '"./a.js', 'n.p="/', ".e(7)"],
)
def test_hostile_text_names_no_more_than_the_limit(piece: str) -> None:
    assert len(chunks.named(HOME, SCRIPT, piece * (1_000_000 // len(piece)))) <= chunks.MOST_NAMES


@pytest.mark.parametrize(
    ("sources", "wanted"),
    [
        (["webpack://shop/./node_modules/react/index.js", "webpack://shop/webpack/bootstrap"], "absent"),
        (["../../node_modules/vue/dist/vue.js", "\0vite/preload-helper.js"], "absent"),
        (["../../node_modules/vue/dist/vue.js", "../../src/cart.ts"], "warn medium"),
        (["webpack://shop/./src/node_modules_list.ts"], "warn medium"),
    ],
)
async def test_a_map_of_public_libraries_alone_is_no_warning(sources: list[str], wanted: str) -> None:
    text = json.dumps({"version": 3, "sources": sources, "sourcesContent": ["let a"] * len(sources)})
    world = bundled("//# sourceMappingURL=index-BxKmPqRs.js.map", **{"assets__index-BxKmPqRs_js_map": text})
    findings = await found(client_secrets.client_secrets, world)
    assert said(findings, "source-map", "shop.test/assets/index-*.js.map") == wanted


async def test_other_peoples_scripts_are_not_fetched() -> None:
    world = bundled(body='<script src="https://js.stripe.com/v3/"></script>')
    await found(client_secrets.client_secrets, world)
    assert {url for _, url, _ in world.web.asked} == {HOME}


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (failure("timeout"), "unknown blocker"),
        (reply(SCRIPT, 500), "unknown blocker"),
        (reply(SCRIPT, 403), "unknown blocker"),
        (reply(SCRIPT, 404), "absent"),
        (page(SCRIPT), "absent"),
        (msgspec.structs.replace(reply(SCRIPT, 200, *JS, body="x"), truncated=True), "unknown blocker"),
    ],
)
async def test_a_script_that_cannot_be_read(answer: Reply | Failure, wanted: str) -> None:
    world = bundled()
    world.web.urls[SCRIPT] = answer
    findings = await found(client_secrets.client_secrets, world)
    assert said(findings, "unread", NAMED) == wanted
    assert said(findings, "secret", "shop.test") == ("pass" if wanted == "absent" else "absent")


@pytest.mark.parametrize("answer", [failure("timeout"), failure("certificate"), page(HOME, status=403)])
async def test_a_page_that_cannot_be_read(answer: Reply | Failure) -> None:
    world = AuditWorld(launch())
    world.web.urls[HOME] = answer
    assert said(await found(client_secrets.client_secrets, world), "unread", "shop.test/") == "unknown blocker"


async def test_a_script_that_moved_is_followed_within_the_site() -> None:
    world = bundled(assets__moved_js=SECRET)
    world.web.urls[SCRIPT] = moved(SCRIPT, "/assets/moved.js")
    findings = await found(client_secrets.client_secrets, world)
    assert any(subject.endswith(": stripe-secret") for _, subject in findings)


@pytest.mark.parametrize(
    ("served", "wanted"),
    [
        (json.dumps({"version": 3, "sources": ["s.ts"], "sourcesContent": ["let a"]}), "warn medium"),
        (json.dumps({"version": 3, "sources": ["s.ts"]}), "absent"),
        ("<!doctype html>start page", "absent"),
        (reply("x", 404), "absent"),
        (failure("refused"), "absent"),
    ],
)
async def test_a_published_source_map(served: Any, wanted: str) -> None:
    world = bundled("//# sourceMappingURL=index-BxKmPqRs.js.map", **{"assets__index-BxKmPqRs_js_map": served})
    findings = await found(client_secrets.client_secrets, world)
    assert said(findings, "source-map", "shop.test/assets/index-*.js.map") == wanted


async def test_a_file_that_is_too_full_of_keys_is_said_to_be_cut_short() -> None:
    findings = await found(client_secrets.client_secrets, bundled("sk_live_" * 70_000))
    assert said(findings, "unread", NAMED) == "unknown blocker"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://a.test/app.3f9c2a1b.js", "a.test/app.*.js"),
        ("https://a.test/app.3f9c2a1b.js.map", "a.test/app.*.js.map"),
        ("https://a.test/_next/static/chunks/4bd1b696-182b6b13bdad92e3.js", "a.test/_next/static/chunks/4bd1b696-*.js"),
        ("https://a.test/_next/static/Ab12Cd34Ef56Gh78/_buildManifest.js", "a.test/_next/static/*/_buildManifest.js"),
        ("https://a.test/static/js/main.8a2f91bc.chunk.js", "a.test/static/js/main.*.chunk.js"),
        ("https://a.test/1234567890abcdef.js", "a.test/*.js"),
        ("https://a.test/js/app.4f9a2c.js", "a.test/js/app.*.js"),
        ("https://a.test/jquery-3.7.1.min.js", "a.test/jquery-3.7.1.min.js"),
        ("https://a.test/listing/24188", "a.test/listing/24188"),
        ("https://A.test", "a.test/"),
    ],
)
def test_names_last_over_builds(url: str, name: str) -> None:
    assert lasting(url) == name


# ---- broken-links ----------------------------------------------------------------------------------------------------

LANDING = "https://shop.test/landing"


def linked(body: str, **answers: Reply | Failure) -> AuditWorld:
    """A landing page with this body; answers by path. What is not named is there."""
    world = AuditWorld(
        launch(
            pages=(Page(url=LANDING, use="advertisement"),), hosts=(Host(name="shop.test"), Host(name="app.shop.test"))
        )
    )
    world.web.origins["https://shop.test"] = lambda url, method, headers: page(url)
    world.web.urls[LANDING] = page(LANDING, body=body)
    for path, answer in answers.items():
        world.web.urls[f"https://shop.test/{path}"] = answer
    return world


@pytest.mark.parametrize(
    ("body", "answer", "wanted"),
    [
        ('<a href="/gone">x</a>', reply("x", 404), "fail high"),
        ('<a href="/gone#part">x</a>', reply("x", 410), "fail high"),
        ('<a href="https://shop.test/gone">x</a>', reply("x", 503), "fail high"),
        ('<script src="/gone"></script>', reply("x", 404), "fail high"),
        ('<img src="/gone">', reply("x", 404), "fail medium"),
        ('<a href="/gone">x</a>', failure("refused"), "fail high"),
        ('<a href="/gone">x</a>', failure("timeout"), "unknown medium"),
        ('<a href="/gone">x</a>', moved("https://shop.test/gone", "https://shop.test/gone"), "fail high"),
        ('<a href="/gone">x</a>', moved("https://shop.test/gone", ""), "fail high"),
        ('<a href="/gone">x</a>', reply("x", 200), "absent"),
        ('<a href="/gone">x</a>', reply("x", 403), "absent"),
        ('<a href="/gone">x</a>', reply("x", 401), "absent"),
        ('<a href="/gone">x</a>', moved("https://shop.test/gone", "https://shop.test/here"), "absent"),
    ],
)
async def test_links(body: str, answer: Reply | Failure, wanted: str) -> None:
    findings = await found(broken_links.broken_links, linked(body, gone=answer))
    assert said(findings, "broken", "shop.test/gone") == wanted
    assert said(findings, "page", "shop.test/landing") == ("info" if wanted.startswith("fail") else "pass")


def endless(url: str, method: str, headers: dict[str, str]) -> Reply:
    return moved(url, f"{url}x")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (reply("x", 404), "fail"),
        (failure("refused"), "unreached"),
        (moved(LANDING, LANDING), "loop"),
        (endless, "too-many"),
        (moved(LANDING, ""), "nowhere"),
    ],
)
async def test_what_is_wrong_is_said_alike_of_a_link_and_a_page(answer: Any, message: str) -> None:
    world = linked("")
    world.web.urls[LANDING] = answer
    world.web.origins["https://shop.test"] = endless
    finding = (await found(broken_links.broken_links, world))["page", "shop.test/landing"]
    assert (finding.state.value, finding.message) == ("fail", message)
    world = linked(f'<a href="{LANDING}">x</a>')
    world.launch = launch(pages=(Page(url="https://shop.test/", use="demo"),))
    world.web.urls |= {"https://shop.test/": world.web.urls[LANDING], LANDING: answer}
    world.web.origins["https://shop.test"] = endless
    finding = (await found(broken_links.broken_links, world))["broken", "shop.test/landing"]
    assert (finding.state.value, finding.message, finding.values["pages"]) == ("fail", message, 1)


async def test_a_picture_is_asked_for_by_its_head_alone() -> None:
    world = linked('<img src="/pic.webp">')
    world.web.heads["https://shop.test/pic.webp"] = reply("x", 200)
    await found(broken_links.broken_links, world)
    assert [(method, url) for method, url, _ in world.web.asked if "pic" in url] == [
        ("HEAD", "https://shop.test/pic.webp")
    ]


async def test_a_server_that_knows_no_head_is_asked_again() -> None:
    world = linked('<img src="/pic.webp">')
    world.web.heads["https://shop.test/pic.webp"] = reply("x", 405)
    findings = await found(broken_links.broken_links, world)
    assert said(findings, "broken", "shop.test/pic.webp") == "absent"


@pytest.mark.parametrize(
    "href",
    [
        "https://else.test/x",
        "mailto:a@b.test",
        "tel:1",
        "javascript:void(0)",
        "#top",
        "https://shop.test/logout",
        "/account/delete",
        "http://[::1",
    ],
)
async def test_what_is_not_followed(href: str) -> None:
    world = linked(f'<a href="{href}">x</a>')
    findings = await found(broken_links.broken_links, world)
    assert [url for _, url, _ in world.web.asked] == [LANDING]
    assert said(findings, "page", "shop.test/landing") == "pass"


async def test_links_to_other_own_hosts_are_followed() -> None:
    findings = await found(broken_links.broken_links, linked('<a href="https://app.shop.test/x">x</a>'))
    assert said(findings, "broken", "app.shop.test/x") == "fail high"


async def test_links_are_crawled_within_the_limit() -> None:
    world = linked("".join(f'<a href="/p{place}">x</a>' for place in range(60)))
    findings = await found(broken_links.broken_links, world)
    assert len(world.web.crawled) == broken_links.CRAWL
    assert said(findings, "unfollowed", "shop.test") == "info"
    assert findings["unfollowed", "shop.test"].values["links"] == 20


async def test_links_up_to_the_limit_are_all_followed() -> None:
    world = linked("".join(f'<a href="/p{place}">x</a>' for place in range(broken_links.CRAWL)))
    findings = await found(broken_links.broken_links, world)
    assert len(world.web.crawled) == broken_links.CRAWL
    assert said(findings, "unfollowed", "shop.test") == said(findings, "unnamed", "shop.test") == "absent"


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (page(LANDING, status=404), "fail high"),
        (page(LANDING, status=500), "fail high"),
        (page(LANDING, status=401), "fail high"),
        (failure("refused"), "fail high"),
        (failure("no-such-name"), "fail high"),
        (failure("certificate"), "fail high"),
        (failure("timeout"), "unknown high"),
        (failure("servfail"), "unknown high"),
        (page(LANDING, status=403), "unknown high"),
        (page(LANDING, ("cf-mitigated", "challenge"), status=503), "unknown high"),
    ],
)
async def test_the_page_itself(answer: Reply | Failure, wanted: str) -> None:
    world = linked("")
    world.web.urls[LANDING] = answer
    assert said(await found(broken_links.broken_links, world), "page", "shop.test/landing") == wanted


async def test_a_link_that_is_still_http() -> None:
    world = linked('<a href="http://shop.test/old">x</a><a href="http://else.test/">y</a>')
    world.web.origins["http://shop.test"] = lambda url, method, headers: moved(url, "https://shop.test/old")
    findings = await found(broken_links.broken_links, world)
    assert said(findings, "insecure-link", "shop.test/old") == "warn low"
    assert said(findings, "insecure-link", "else.test/") == "absent"
    assert {rule for rule, _ in findings} == {"insecure-link", "page"}


async def test_without_named_pages_the_start_page_is_looked_at() -> None:
    world = AuditWorld(launch())
    world.web.urls[HOME] = page(HOME)
    findings = await found(broken_links.broken_links, world)
    assert said(findings, "page", "shop.test/") == "pass"
    assert said(findings, "unnamed", "shop.test") == "info"


async def test_a_link_to_a_declared_host_without_an_address_is_broken_and_mended_in_dns() -> None:
    world = linked('<a href="https://app.shop.test/x">x</a><a href="https://new.shop.test/">y</a>')
    world.web.urls["https://app.shop.test/x"] = failure("no-such-name")
    world.web.urls["https://new.shop.test/"] = failure("no-such-name")
    findings = await found(broken_links.broken_links, world)
    assert said(findings, "broken", "app.shop.test/x") == said(findings, "broken", "new.shop.test/") == "fail high"
    assert said(findings, "page", "shop.test/landing") == "info", "the page opens, and what it links to does not"
    fixes = {subject: finding.remedy.fix for (_, subject), finding in findings.items() if finding.remedy}
    assert fixes["app.shop.test/x"] == "address", "the launch file names this host"
    assert fixes["new.shop.test/"] == "page"


async def test_a_declared_host_that_redirects_to_a_name_without_an_address_is_not_mended_in_dns() -> None:
    world = linked('<a href="https://app.shop.test/x">x</a>')
    world.web.urls["https://app.shop.test/x"] = moved("https://app.shop.test/x", "https://gone.shop.test/")
    world.web.urls["https://gone.shop.test/"] = failure("no-such-name")
    told = (await found(broken_links.broken_links, world))["broken", "app.shop.test/x"]
    assert told.state == "fail" and told.remedy is not None and told.remedy.fix == "page"


async def test_scripts_have_room_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_secrets, "MOST_BYTES", 10)
    world = bundled('import("./lazy.js")', assets__lazy_js=SECRET)
    findings = await found(client_secrets.client_secrets, world)
    assert said(findings, "unread", "shop.test/assets/lazy.js") == "unknown blocker"


async def test_who_stops_listening_leaves_nothing_running() -> None:
    world = timed(route("a"), route("b", url="https://b.test/"), a=measurement("a"), b=measurement("b"))
    findings = latency.latency(world.launch, world)  # type: ignore[arg-type]
    await anext(findings)
    await findings.aclose()  # type: ignore[attr-defined]
    assert world.at_once == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}
