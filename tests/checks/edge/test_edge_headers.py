"""edge.headers: every rule with what was sent, and the near miss that must not fire."""

from __future__ import annotations

import pytest
from fake_outside import FakeWorld, certificate, failure, found, launch, moved, page, reply, said, sight

from launchready_tui.checks.edge.headers import headers
from launchready_tui.checks.edge.headers.csp import combined, gadget, gadgets
from launchready_tui.checks.parse.csp import policies
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
        # Keywords and a directive of the current text (CSP Level 3, editor's draft of 2026).
        ("script-src 'self' 'inline-speculation-rules' 'trusted-types-eval'", "pass"),
        ("script-src 'self' 'report-sha256' 'report-sample'; connect-src 'self' 'unsafe-webtransport-hashes'", "pass"),
        ("script-src 'self'; webrtc 'block'", "pass"),
        ("script-src 'self' 'report-sha1'", "warn low"),
        ("script-src 'self' inline-speculation-rules", "warn low"),
        # What limits nothing, and what does.
        ("script-src https://*:*", "warn low"),
        ("script-src *:443", "warn low"),
        ("script-src 'self' *.com", "warn low"),
        ("script-src https://*.co.uk/static/", "warn low"),
        ("script-src *.github.io", "warn low"),
        ("script-src 'self' blob:", "warn low"),
        ("script-src 'self' filesystem:", "warn low"),
        ("script-src 'self'; worker-src blob:", "pass"),
        ("script-src 'self' *.shop.test:443", "pass"),
        ("script-src 'self' https://cdn.shop.co.uk", "pass"),
        ("script-src 'self'; object-src https://*:*", "warn low"),
        # Google's CSP Evaluator, where a person would agree.
        ("default-src https:; script-src 'unsafe-inline'; script-src-elem 'unsafe-inline'", "warn low"),
        ("script-src 'self'; script-src-attr 'unsafe-inline'", "warn low"),
        ("script-src 'self' 'unsafe-inline'; script-src-attr 'none'; script-src-elem 'self'", "pass"),
        ("default-src 'unsafe-inline'; script-src 'self'; script-src-attr 'none'", "pass"),
        ("script-src 'sha256-abc=' 'strict-dynamic'; object-src 'none'", "warn low"),
        ("script-src 'sha256-abc='; object-src 'none'", "pass"),
        ("script-src *.google.com", "warn low"),
        ("script-src https://www.google.com", "warn low"),
        ("script-src https://www.google.com/recaptcha/", "pass"),
        ("script-src https://www.google.com/complete/", "warn low"),
        ("script-src https://googletagmanager.com 'unsafe-eval'", "warn low"),
        ("script-src https://googletagmanager.com", "pass"),
        ("script-src www.gstatic.com", "warn low"),
        ("script-src https://cdn.jsdelivr.net", "warn low"),
        ("script-src https://cdn.jsdelivr.net/npm/bootstrap@5.3.3/", "pass"),
        ("script-src https://js.stripe.com https://plausible.io", "pass"),
        ("script-src *.google.com 'none'", "warn low"),
        ("foobar-src http:", "warn low"),
        ("default-src 'self' foo.bar script-src 'none'", "warn low"),
        ("script-src strict-dynamic nonce-test sha256-asdf", "warn low"),
        ("script-src 'foo-bar'", "warn low"),
        ("script-src 'self'; require-trusted-types-for 'script'; trusted-types 'allow-duplicates' one", "pass"),
        ("script-src 'self' 'unsafe-inline', default-src 'self' 'unsafe-inline'", "warn low"),
    ],
)
async def test_csp(policy: str, expected: str) -> None:
    world = served(perfect(), *without(content_security_policy=policy))
    assert said(await found(headers, world), "csp", HOST) == expected


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("script-src 'nonce-c29tZXRoaW5n' 'strict-dynamic' https: *.com; object-src 'none'; base-uri 'none'", ""),
        ("script-src 'unsafe-inline' 'nonce-c29tZXRoaW5n'; object-src 'none'; base-uri 'self'", ""),
        ("script-src 'nonce-c29tZXRoaW5n'; object-src 'none'", "no-base-nonce"),
        ("script-src 'nonce-c29tZXRoaW5n'; object-src 'none'; base-uri *", "no-base-nonce"),
        ("script-src 'nonce-short'; object-src 'none'; base-uri 'none'", "short-nonce"),
        ("script-src 'nonce-c29tZXRoaW5n' *.com; object-src 'none'; base-uri 'none'", "wildcard"),
    ],
)
def test_csp_with_a_nonce(policy: str, message: str) -> None:
    assert next((problem.message for problem in combined(policies([policy]))), "") == message


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


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<head>{}</head><p>Shop</p>", "pass"),
        ("<title>Shop</title>{}<p>Shop</p>", "pass"),
        ("<head></head><body>{}</body>", "warn medium"),
        ("<p>Shop</p>{}", "warn medium"),
        ("<head>{}</head><body>{}</body>", "pass"),
    ],
)
async def test_a_policy_in_the_page_counts_in_the_head_alone(body: str, expected: str) -> None:
    meta = '<meta http-equiv="content-security-policy" content="default-src \'self\'">'
    world = served(perfect(), *without("content-security-policy"), body=body.replace("{}", meta))
    finding = (await found(headers, world))["csp", HOST]
    assert f"{finding.state} {finding.severity}".startswith(expected) or expected == "pass" == finding.state
    assert ("outside the head" in finding.summary) is (expected != "pass")


async def test_a_policy_in_the_page_is_split_at_commas_as_browsers_do() -> None:
    meta = '<meta http-equiv="content-security-policy" content="default-src *, script-src \'self\'">'
    world = served(perfect(), *without("content-security-policy"), body=meta)
    assert said(await found(headers, world), "csp", HOST) == "pass"


def test_the_table_of_gadgets_is_well_formed() -> None:
    places = [place for group in gadgets() for place in group.hosts]
    assert len(places) == len(set(places))
    for place in places:
        name, slash, path = place.partition("/")
        assert slash and path and name == name.lower() and gadget(f"https://{name}", may_eval=True), place
        assert gadget(f"https://{place}", may_eval=True) and not gadget(f"https://{name}/own/", may_eval=True), place
    assert gadget("'self'", may_eval=True) == gadget("cdn.shop.test", may_eval=True) == ""


@pytest.mark.parametrize(
    ("status", "sent", "expected"),
    [
        (401, (("www-authenticate", 'Basic realm="team"'),), "absent"),
        (401, (), "fail medium"),
        (200, (), "fail medium"),
    ],
)
async def test_the_page_behind_basic_auth_is_not_asked_for_framing_headers(
    status: int, sent: tuple[tuple[str, str], ...], expected: str
) -> None:
    world = perfect()
    world.web.origins[f"https://{HOST}"] = page("", GOOD[0], *sent, body=LOGIN, status=status)
    findings = await found(headers, world)
    assert said(findings, "framing", HOST) == expected
    assert said(findings, "hsts", HOST) == "pass"


@pytest.mark.parametrize(
    ("apex", "expected"), [("; preload", "pass"), ("", "warn medium"), ("; preload; max-age", "warn medium")]
)
async def test_preload_on_a_subdomain_is_judged_by_its_domain(apex: str, expected: str) -> None:
    api = "api.shop.test"
    world = perfect()
    world.web.origins[f"https://{HOST}"] = page(
        "", *without(strict_transport_security=f"max-age=31536000; includeSubDomains{apex}")
    )
    world.web.origins[f"https://{api}"] = reply(
        "", 200, ("strict-transport-security", "max-age=31536000; includeSubDomains; preload")
    )
    world.web.origins[f"http://{HOST}"] = moved("", f"https://{HOST}/")
    world.tls.sights[HOST] = sight(HOST)
    assert said(await found(headers, world), "preload", api) == expected


@pytest.mark.parametrize(
    ("age", "words"),
    [(45, "45 seconds"), (3600, "1 hour"), (86399, "23 hours"), (86400, "1 day"), (15551999, "179 days")],
)
async def test_hsts_says_its_time_in_whole_units(age: int, words: str) -> None:
    findings = await found(headers, served(perfect(), *without(strict_transport_security=f"max-age={age}")))
    assert f"for just {words}" in findings["hsts", HOST].summary


@pytest.mark.parametrize(
    ("url", "sent", "expected"),
    [
        ("https://shop.test/app.js", (), "warn low"),
        ("https://static.shop.test/app.js", (), "warn low"),
        ("https://static.shop.test/app.js", (("x-content-type-options", "nosniff"),), "pass"),
        ("https://cdn.other.test/app.js", (), "pass"),
    ],
)
async def test_nosniff_is_judged_on_scripts_and_styles_of_the_own_site(
    url: str, sent: tuple[tuple[str, str], ...], expected: str
) -> None:
    world = served(perfect(), *GOOD, body=f'<script src="{url}"></script>')
    world.web.urls[url] = reply(url, 200, *sent, body="1")
    finding = (await found(headers, world))["nosniff", HOST]
    assert expected.startswith(str(finding.state)) and (url.removeprefix("https://") in finding.summary) is (
        expected != "pass"
    )


async def test_the_framing_paste_fits_the_paste_of_the_policy() -> None:
    """Both together allow the site's own frames: a browser that knows only one of them shows the same."""
    findings = await found(headers, served(perfect()))
    pastes = {rule: findings[rule, HOST].remedy.paste for rule in ("csp", "framing")}  # type: ignore[union-attr]
    assert "frame-ancestors 'self'" in pastes["csp"] and "SAMEORIGIN" in pastes["framing"]


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
        ("x-xss-protection", "0", "leaks", "absent"),
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
