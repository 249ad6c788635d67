"""edge.headers: every rule with what was sent, and the near miss that must not fire."""

from __future__ import annotations

import pytest
from fake_outside import FakeWorld, certificate, failure, found, launch, moved, page, reply, said, sight

from launchready_tui.checks.edge.headers import headers
from launchready_tui.facts import Headers
from launchready_tui.launch.model import Host, Route
from launchready_tui.world.sights import Reply

HOST = "shop.test"
GOOD = (
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ("content-security-policy", "default-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("permissions-policy", "camera=(), geolocation=(self)"),
)
LOGIN = '<input type="password">'


def without(*names: str, **more: str) -> tuple[tuple[str, str], ...]:
    """The good headers without some, with others (underscores stand for hyphens)."""
    extra = tuple((name.replace("_", "-"), value) for name, value in more.items())
    return tuple((name, value) for name, value in GOOD if name not in names and name not in dict(extra)) + extra


def perfect(**fields: object) -> FakeWorld:
    hosts = (Host(name=HOST, role="web"), Host(name="api.shop.test", role="api"))
    routes = (Route(name="search", url="https://api.shop.test/search", safe=True),)
    world = FakeWorld(launch(**({"hosts": hosts, "routes": routes} | fields)))
    world.web.origins[f"https://{HOST}"] = page(f"https://{HOST}/", *GOOD)
    world.web.origins["https://api.shop.test"] = reply("https://api.shop.test/", 404, GOOD[0])
    world.web.urls["https://api.shop.test/search"] = reply("https://api.shop.test/search", 200, body="[]")
    world.tls.sights["api.shop.test"] = sight("api.shop.test")
    return world


def served(world: FakeWorld, *sent: tuple[str, str], body: str = "<!doctype html>") -> FakeWorld:
    world.web.origins[f"https://{HOST}"] = page(f"https://{HOST}/", *sent, body=body)
    return world


async def test_a_perfect_site_gives_no_warning() -> None:
    findings = await found(headers, perfect())
    assert [(name, finding.summary) for name, finding in findings.items() if finding.state.value != "pass"] == []
    assert {name for name in findings if name[1] == HOST} == {
        (rule, HOST) for rule in ("hsts", "csp", "framing", "nosniff", "referrer", "permissions", "cors")
    }
    assert {rule for rule, subject in findings if subject == "api.shop.test"} == {"hsts", "cors"}


async def test_the_headers_that_were_judged_are_there_as_data() -> None:
    findings = await found(headers, served(perfect(), ("x-frame-options", "DENY"), ("x-frame-options", "\x1bSAME")))
    assert findings["framing", HOST].fact(Headers) == Headers(
        method="GET",
        url=f"https://{HOST}/",
        status=200,
        headers=(("x-frame-options", ("DENY", "\ufffdSAME")), ("content-security-policy", ())),
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("max-age=31536000", "pass"),
        ('max-age="31536000"', "pass"),
        ("MAX-AGE=31536000 ; INCLUDESUBDOMAINS", "pass"),
        ("max-age=15552000", "pass"),
        ("max-age=15551999", "warn medium"),
        ("max-age=0", "warn medium"),
        ("max-age=abc", "fail medium"),
        ("includeSubDomains", "fail medium"),
        ("max-age=31536000, max-age=31536000", "fail medium"),
        ("max-age=31536000; preload", "pass"),
        ("max-age=31536000; includeSubDomains; preload", "pass"),
        ("", "fail medium"),
    ],
)
async def test_hsts(value: str, expected: str) -> None:
    world = served(perfect(), *without(strict_transport_security=value))
    assert said(await found(headers, world), "hsts", HOST) == expected


async def test_hsts_absent_is_worse_where_a_password_is_asked() -> None:
    assert (
        said(await found(headers, served(perfect(), *without("strict-transport-security"))), "hsts", HOST)
        == "warn medium"
    )
    world = served(perfect(), *without("strict-transport-security"), body=LOGIN)
    assert said(await found(headers, world), "hsts", HOST) == "fail medium"


async def test_hsts_is_not_needed_under_a_preloaded_top_level_domain() -> None:
    world = FakeWorld(
        launch(domain="shop.dev", canonical="https://shop.dev/", hosts=(Host(name="shop.dev", role="web"),))
    )
    world.web.origins["https://shop.dev"] = page("https://shop.dev/", *without("strict-transport-security"))
    assert said(await found(headers, world), "hsts", "shop.dev") == "info"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (sight("api.shop.test", certificate("other.test"), verify_code=62), "fail high"),
        (failure("refused"), "fail high"),
        (failure("timeout"), "pass"),
        (failure("no-such-name"), "pass"),
        (sight("api.shop.test"), "pass"),
    ],
)
async def test_hsts_must_not_lock_out_a_declared_name_below(answer: object, expected: str) -> None:
    world = perfect()
    world.tls.sights["api.shop.test"] = answer  # type: ignore[assignment]
    assert said(await found(headers, world), "hsts", HOST) == expected


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("default-src 'self'", "pass"),
        ("default-src 'none'; script-src 'self'", "pass"),
        ("default-src 'self' 'unsafe-inline'", "warn low"),
        ("default-src 'self'; style-src 'self' 'unsafe-inline'", "pass"),
        ("script-src 'self' 'unsafe-inline' 'sha256-abc='", "pass"),
        ("script-src 'self' 'unsafe-inline' 'sha256-abc=''sha256-def='", "warn low"),
        ("script-src 'none'", "pass"),
        ("script-src 'self' https:", "warn low"),
        ("script-src *", "warn low"),
        ("script-src https://*", "warn low"),
        ("script-src https://*.shop.test", "pass"),
        ("script-src ftp:", "fail medium"),
        ("script-src 'self'; object-src *", "warn low"),
        ("img-src 'self'", "warn low"),
        ("script-src 'self' http://cdn.test", "fail medium"),
        ("script-src 'self'; img-src http://cdn.test", "warn low"),
        ("script-src 'self' http://cdn.test; upgrade-insecure-requests", "pass"),
        ("script-src 'strict-dynamic'", "fail high"),
        ("script-src 'self' 'unsafe-eval'", "info"),
        ("script-src 'self' 'wasm-unsafe-eval'", "pass"),
        ("script-src self", "warn low"),
        ("default-src 'self' script-src 'self'", "warn low"),
        ("default-src 'self'; default-src 'none'", "warn low"),
        ("default-src 'self'; scripts-src 'self'", "warn low"),
        ("", "warn medium"),
        ("default-src *, script-src 'self'", "pass"),
        ("script-src 'self' 'unsafe-inline', default-src 'self' 'unsafe-inline'", "warn low"),
    ],
)
async def test_csp(policy: str, expected: str) -> None:
    world = served(perfect(), *without(content_security_policy=policy))
    assert said(await found(headers, world), "csp", HOST) == expected


async def test_csp_that_lets_text_run_as_code_says_so_in_its_sentence() -> None:
    found_ = await found(
        headers, served(perfect(), *without(content_security_policy="script-src 'self' 'unsafe-eval'"))
    )
    assert "'unsafe-eval'" in next(
        one.summary for one in found_.values() if one.rule == "edge.headers.csp" and one.subject == HOST
    )


async def test_a_name_under_which_others_register_can_be_on_no_list() -> None:
    for name, code in (("shop.example", "no error"), ("github.io", "domain.format.public_suffix")):
        world = FakeWorld(launch(domain=name, canonical=f"https://{name}/", hosts=(Host(name=name, role="web"),)))
        sent = without(strict_transport_security="max-age=31536000; includeSubDomains; preload")
        world.web.origins[f"https://{name}"] = page(f"https://{name}/", *sent)
        world.web.origins[f"http://{name}"] = moved("", f"https://{name}/")
        world.tls.sights[name] = sight(name)
        seen = next(one for one in (await found(headers, world)).values() if one.rule == "edge.headers.preload")
        assert (code in seen.evidence[0].text) is True, seen.evidence[0].text


async def test_csp_absent_watching_and_in_the_page() -> None:
    bare = without("content-security-policy")
    assert said(await found(headers, served(perfect(), *bare)), "csp", HOST) == "warn medium"
    watching = (*bare, ("content-security-policy-report-only", "default-src 'self'"))
    assert said(await found(headers, served(perfect(), *watching)), "csp", HOST) == "info"
    meta = '<meta http-equiv="Content-Security-Policy" content="default-src \'self\'">'
    assert said(await found(headers, served(perfect(), *bare, body=meta)), "csp", HOST) == "pass"


@pytest.mark.parametrize(("fixed", "expected"), [(True, "fail medium"), (False, "pass")])
async def test_a_nonce_must_change(fixed: bool, expected: str) -> None:
    world = perfect()
    visits = iter(range(100))
    first: dict[tuple[tuple[str, str], ...], int] = {}

    def answer(url: str, method: str, sent: dict[str, str]) -> Reply:
        # The same question gets the same answer, as the world remembers it.
        number = first.setdefault(tuple(sent.items()), next(visits))
        nonce = "bm9uY2U" if fixed else f"bm9uY2U{number}"
        return page(
            url,
            *without(
                content_security_policy=f"script-src 'nonce-{nonce}' 'strict-dynamic'; object-src 'none'; "
                "base-uri 'none'"
            ),
        )

    world.web.origins[f"https://{HOST}"] = answer
    assert said(await found(headers, world), "csp", HOST) == expected


@pytest.mark.parametrize(
    ("sent", "body", "expected"),
    [
        ((("content-security-policy", "frame-ancestors 'self'"),), "", "pass"),
        ((("x-frame-options", "DENY"),), "", "pass"),
        ((("x-frame-options", "sameorigin"),), "", "pass"),
        ((("x-frame-options", "SAMEORIGIN, SAMEORIGIN"),), "", "warn low"),
        ((("x-frame-options", "ALLOW-FROM https://a.test"),), "", "warn medium"),
        ((("x-frame-options", "ALLOWALL"),), "", "warn medium"),
        ((("content-security-policy", "frame-ancestors *"), ("x-frame-options", "DENY")), "", "warn medium"),
        ((("content-security-policy", "frame-ancestors https://partner.test"),), "", "pass"),
        ((), "", "warn medium"),
        ((), LOGIN, "fail medium"),
        ((), '<meta http-equiv="content-security-policy" content="frame-ancestors \'none\'">', "warn medium"),
    ],
)
async def test_framing(sent: tuple[tuple[str, str], ...], body: str, expected: str) -> None:
    world = served(perfect(), *sent, body=body)
    assert said(await found(headers, world), "framing", HOST) == expected


@pytest.mark.parametrize(
    ("name", "value", "rule", "expected"),
    [
        ("x-content-type-options", "NoSniff", "nosniff", "pass"),
        ("x-content-type-options", "nosniff, nosniff", "nosniff", "pass"),
        ("x-content-type-options", "whimsy", "nosniff", "warn low"),
        ("x-content-type-options", "", "nosniff", "warn low"),
        ("referrer-policy", "no-referrer", "referrer", "pass"),
        ("referrer-policy", "no-referrer, some-future-word", "referrer", "pass"),
        ("referrer-policy", "same-origin, unsafe-url", "referrer", "warn low"),
        ("referrer-policy", "unsafe-url, same-origin", "referrer", "pass"),
        ("referrer-policy", "whimsy", "referrer", "warn low"),
        ("cross-origin-opener-policy", "same-origin", "isolation", "pass"),
        ("cross-origin-opener-policy", '"same-origin"', "isolation", "warn low"),
        ("cross-origin-opener-policy", "Same-Origin", "isolation", "warn low"),
        ("cross-origin-embedder-policy", 'require-corp; report-to="x"', "isolation", "pass"),
        ("cross-origin-resource-policy", "whimsy", "isolation", "warn low"),
        ("cross-origin-resource-policy", "same-origin, cross-origin", "isolation", "warn low"),
        ("cross-origin-embedder-policy", "require-corp, unsafe-none", "isolation", "warn low"),
        ("server", "nginx", "leaks", "absent"),
        ("server", "nginx/1.22.1", "leaks", "info"),
        ("x-powered-by", "Express", "leaks", "info"),
        ("x-xss-protection", "1; mode=block", "leaks", "info"),
    ],
)
async def test_single_headers(name: str, value: str, rule: str, expected: str) -> None:
    sent = (*((key, old) for key, old in GOOD if key != name), (name, value))
    assert said(await found(headers, served(perfect(), *sent)), rule, HOST) == expected


async def test_absent_single_headers() -> None:
    findings = await found(headers, served(perfect(), *without("x-content-type-options", "referrer-policy")))
    assert said(findings, "nosniff", HOST) == "warn low"
    assert said(findings, "referrer", HOST) == "info"
    assert said(findings, "isolation", HOST) == "absent"


def cors(allow: str, *, credentials: bool = False, only: str = "", vary: bool = True) -> object:
    """A server that allows `allow` ('{origin}' repeats what was asked), perhaps for one origin only."""

    def answer(url: str, method: str, sent: dict[str, str]) -> Reply:
        origin = sent.get("origin", "")
        headers = [("vary", "Origin")] if vary else []
        if origin and (not only or origin == only):
            headers.append(("access-control-allow-origin", allow.replace("{origin}", origin)))
            headers += [("access-control-allow-credentials", "true")] if credentials else []
        return reply(url, 200, *headers, body="[]")

    return answer


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (cors("{origin}", credentials=True), "fail high"),
        (cors("null", credentials=True, only="null"), "fail high"),
        (cors("{origin}"), "warn low"),
        (cors("{origin}", only="https://shop.test.lr-probe.example"), "warn low"),
        (cors("*", credentials=True), "warn low"),
        (cors("*"), "pass"),
        (cors("https://shop.test", credentials=True), "pass"),
        (cors("https://shop.test", only="https://shop.test", credentials=True), "pass"),
        (cors("https://shop.test", only="https://shop.test", credentials=True, vary=False), "warn low"),
        (failure("timeout"), "unknown medium"),
    ],
)
async def test_cors(answer: object, expected: str) -> None:
    world = perfect()
    world.web.urls["https://api.shop.test/search"] = answer  # type: ignore[assignment]
    assert said(await found(headers, world), "cors", "api.shop.test") == expected


async def test_cors_needs_permission() -> None:
    world = perfect()
    world.permitted = False
    assert said(await found(headers, world), "cors", "api.shop.test") == "info"
    assert not any("origin" in sent for _, _, sent in world.web.asked)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (failure("certificate"), "unknown medium"),
        (reply(f"https://{HOST}/", 403, ("cf-mitigated", "challenge")), "unknown medium"),
        (reply(f"https://{HOST}/", 429), "unknown medium"),
        (reply(f"https://{HOST}/", 403), "unknown medium"),
    ],
)
async def test_a_wall_is_never_read_as_missing_headers(answer: object, expected: str) -> None:
    world = perfect()
    world.web.origins[f"https://{HOST}"] = answer  # type: ignore[assignment]
    findings = await found(headers, world)
    assert said(findings, "hsts", HOST) == expected
    assert said(findings, "csp", HOST) == "absent"


async def test_a_host_that_only_redirects_needs_hsts_and_nothing_else() -> None:
    world = perfect(hosts=(Host(name=HOST, role="web"), Host(name="www.shop.test", role="web")))
    world.web.origins["https://www.shop.test"] = moved("https://www.shop.test/", f"https://{HOST}/")
    findings = await found(headers, world)
    assert {rule for rule, subject in findings if subject == "www.shop.test"} == {"hsts"}
    assert said(findings, "hsts", "www.shop.test") == "warn medium"


@pytest.mark.parametrize(
    ("clue", "line"),
    [
        (("server", "nginx"), 'add_header X-Content-Type-Options "nosniff" always;'),
        (("x-nf-request-id", "1"), "/*\n  X-Content-Type-Options: nosniff"),
        (("x-vercel-id", "1"), '"key": "X-Content-Type-Options"'),
        (("cf-ray", "1"), "Set static  X-Content-Type-Options  nosniff"),
        (("server", "Caddy"), 'header X-Content-Type-Options "nosniff"'),
    ],
)
async def test_the_fix_fits_the_platform(clue: tuple[str, str], line: str) -> None:
    world = served(perfect(), *without("x-content-type-options"), clue)
    remedy = (await found(headers, world))["nosniff", HOST].remedy
    assert remedy is not None
    assert line in remedy.paste
