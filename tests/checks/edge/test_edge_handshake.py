"""edge.certificates beyond trust and dates, edge.headers on features, preload and what is kept: each rule and its near
miss."""

from __future__ import annotations

from typing import Any

import pytest
from fake_outside import Answer, FakeWorld, certificate, failure, found, launch, moved, page, reply, said, sight

from launchready_tui.checks.edge.certificates import certificates
from launchready_tui.checks.edge.headers import headers
from launchready_tui.checks.edge.headers.features import permissions
from launchready_tui.launch.model import Host, Role

HOST = "shop.test"
MAIN = f"https://{HOST}"
LE = "CN=R11,O=Let's Encrypt,C=US"


def secure(**fields: Any) -> FakeWorld:
    made = FakeWorld(launch())
    made.dns.set(HOST, "A", "203.0.113.10")
    made.tls.sights[HOST] = sight(HOST, certificate(HOST, **fields))
    return made


@pytest.mark.parametrize(
    ("alpn", "role", "expected"), [("h2", "web", "pass"), ("http/1.1", "web", "warn low"), ("", "admin", "absent")]
)
async def test_http2(alpn: str, role: Role, expected: str) -> None:
    name = f"{role}.shop.test"
    made = FakeWorld(launch(hosts=(Host(name=name, role=role),)))
    made.tls.sights[name] = sight(name, alpn=alpn)
    assert said(await found(certificates, made), "no-h2", name) == expected


@pytest.mark.parametrize(
    ("offer", "record", "expected"),
    [
        ('h3=":443"; ma=86400', "", "info"),
        ('h2=":8443", h3-29=":443"', "", "info"),
        ("", '1 . alpn="h3,h2" ipv4hint=203.0.113.10', "info"),
        ('h2=":443"; ma=86400', "", "absent"),
        ("clear", '1 . alpn="h2"', "absent"),
    ],
)
async def test_http3(offer: str, record: str, expected: str) -> None:
    made = secure()
    made.web.urls[f"{MAIN}/"] = page(f"{MAIN}/", *((("alt-svc", offer),) if offer else ()))
    if record:
        made.dns.set(HOST, "HTTPS", record)
    assert said(await found(certificates, made), "http3", HOST) == expected


@pytest.mark.parametrize(("resumed", "expected"), [(True, "pass"), (False, "info"), (None, "absent")])
async def test_resumption(resumed: bool | None, expected: str) -> None:
    made = secure()
    made.tls.resumed[HOST] = resumed
    assert said(await found(certificates, made), "resumption", HOST) == expected


@pytest.mark.parametrize(
    ("issuer", "days", "scts", "expected"),
    [
        (LE, 90, 2, "pass"),
        (LE, 90, 1, "fail blocker"),
        (LE, 90, 0, "fail blocker"),
        (LE, 199, 2, "fail blocker"),
        (LE, 199, 3, "pass"),
        ("CN=House CA", 90, 0, "absent"),
    ],
)
async def test_transparency(issuer: str, days: float, scts: int, expected: str) -> None:
    assert (
        said(await found(certificates, secure(issuer=issuer, days=days, scts=scts)), "transparency", HOST) == expected
    )


@pytest.mark.parametrize(("demands", "expected"), [(True, "warn medium"), (False, "absent")])
async def test_must_staple(demands: bool, expected: str) -> None:
    assert said(await found(certificates, secure(must_staple=demands)), "must-staple", HOST) == expected


async def test_what_is_sent_beside_the_chain_is_a_fact() -> None:
    leaf = certificate(HOST, issuer="CN=Middle", sha256="1")
    middle = certificate("middle", subject="CN=Middle", issuer="CN=Root", sha256="2")
    root = certificate("root", subject="CN=Root", issuer="CN=Root", self_signed=True, sha256="3")
    for chain, expected in (
        ((middle,), "absent"),
        ((middle, root), "info"),
        ((middle, middle), "info"),
        ((certificate("other", subject="CN=Other", issuer="CN=Root", sha256="4"), middle), "info"),
    ):
        made = secure()
        made.tls.sights[HOST] = sight(HOST, leaf, chain=chain)
        assert said(await found(certificates, made), "chain-extra", HOST) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((HOST, "www.shop.test"), "absent"),
        ((HOST, "staging.shop.test"), "info"),
        ((HOST, "grafana-2.shop.test"), "info"),
        ((HOST, "latest.shop.test"), "absent"),
    ],
)
async def test_inner_names(names: tuple[str, ...], expected: str) -> None:
    made = secure()
    made.tls.sights[HOST] = sight(HOST, certificate(*names))
    assert said(await found(certificates, made), "inner-names", HOST) == expected


# -- headers ----------------------------------------------------------------------------------------------------------


def served(*sent: tuple[str, str], body: str = "<!doctype html>", more: dict[str, Answer] | None = None) -> FakeWorld:
    made = FakeWorld(launch())
    made.web.origins[MAIN] = page("", *sent, body=body)
    made.web.origins[f"http://{HOST}"] = moved("", f"{MAIN}/")
    made.web.urls |= more or {}
    made.tls.sights |= {HOST: sight(HOST), f"www.{HOST}": sight(f"www.{HOST}")}
    made.dns.set(HOST, "A", "203.0.113.10")
    made.dns.set(f"www.{HOST}", "A", "203.0.113.10")
    return made


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("camera=(), geolocation=(self)", "pass"),
        ('geolocation=(self "https://maps.example"), fullscreen=*', "pass"),
        ("camera=*", "warn low"),
        ("geolocation=(*)", "warn low"),
        ("camera 'none'; geolocation 'self'", "warn low"),
        ("camera=('none')", "warn low"),
        ("camera=(", "warn low"),
        ("Camera=()", "warn low"),
        (None, "info"),
    ],
)
async def test_permissions_policy(value: str | None, expected: str) -> None:
    sent = (("permissions-policy", value),) if value is not None else ()
    assert said(await found(headers, served(*sent)), "permissions", HOST) == expected


def test_permissions_are_read_as_a_dictionary() -> None:
    assert permissions(("camera=(), usb=self;report-to=x",)) == {"camera": (), "usb": ("self",)}
    assert permissions(("a=1",)) is None


READY = "max-age=31536000; includeSubDomains; preload"


async def test_preload_is_judged_only_where_it_is_asked_for() -> None:
    assert said(await found(headers, served(("strict-transport-security", READY))), "preload", HOST) == "pass"
    plain = served(("strict-transport-security", "max-age=31536000; includeSubDomains"))
    assert said(await found(headers, plain), "preload", HOST) == "absent"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"header": "max-age=31536000; preload"}, "header.preloadable.include_sub_domains.missing"),
        ({"header": "max-age=3600; includeSubDomains; preload"}, "header.preloadable.max_age.below_1_year"),
        ({"http": reply("", 200)}, "redirects.http.no_redirect"),
        ({"http": moved("", f"https://www.{HOST}/")}, "redirects.http.www_first"),
        ({"tls": 20}, "domain.tls.invalid_cert_chain"),
        ({"www": 20}, "domain.www.no_tls"),
    ],
)
async def test_preload_that_is_not_ready_names_the_lists_own_code(change: dict[str, Any], code: str) -> None:
    made = served(("strict-transport-security", change.get("header", READY)))
    made.web.origins[f"https://www.{HOST}"] = moved("", f"{MAIN}/")
    if "http" in change:
        made.web.origins[f"http://{HOST}"] = change["http"]
    for key, name in (("tls", HOST), ("www", f"www.{HOST}")):
        if key in change:
            made.tls.sights[name] = sight(name, verify_code=change[key])
    findings = await found(headers, made)
    assert said(findings, "preload", HOST) == "warn medium"
    finding = findings["preload", HOST]
    assert (finding.state.value, code in finding.evidence[0].text) == ("warn", True), finding.evidence[0].text


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (reply("", 200, ("content-type", "text/javascript"), ("x-content-type-options", "nosniff")), "pass"),
        (reply("", 200, ("content-type", "text/javascript")), "warn low"),
        (reply("", 404), "pass"),
        (failure("timeout"), "pass"),
    ],
)
async def test_nosniff_on_scripts(script: Answer, expected: str) -> None:
    body = '<!doctype html><script src="/a.js"></script><script src="https://elsewhere.example/b.js"></script>'
    made = served(("x-content-type-options", "nosniff"), body=body, more={f"{MAIN}/a.js": script})
    assert said(await found(headers, made), "nosniff", HOST) == expected


PAY = '<script src="https://js.stripe.com/v3/"></script>'


@pytest.mark.parametrize(
    ("sent", "body", "expected"),
    [
        (("cross-origin-opener-policy", "same-origin"), PAY, "warn low"),
        (("cross-origin-opener-policy", "same-origin-allow-popups"), PAY, "pass"),
        (("cross-origin-opener-policy", "same-origin"), '<script src="/a.js"></script>', "pass"),
        (("cross-origin-embedder-policy", "require-corp"), '<img src="https://img.example/a.png">', "warn low"),
        (("cross-origin-embedder-policy", "require-corp"), '<img src="https://img.shop.test/a.png">', "pass"),
        (("cross-origin-embedder-policy", "credentialless"), '<img src="https://img.example/a.png">', "pass"),
    ],
)
async def test_isolation_that_breaks_what_the_page_needs(sent: tuple[str, str], body: str, expected: str) -> None:
    assert said(await found(headers, served(sent, body=f"<!doctype html>{body}")), "isolation", HOST) == expected


@pytest.mark.parametrize(
    ("cache", "expected"),
    [
        ("no-store", "pass"),
        ("public, s-maxage=600", "fail medium"),
        ("public, max-age=0, must-revalidate", "pass"),
        ("private", "pass"),
    ],
)
async def test_a_nonce_in_a_page_that_is_kept(cache: str, expected: str) -> None:
    numbers = iter(range(100))

    def fresh(url: str, method: str, asked: dict[str, str]) -> Any:
        policy = f"script-src 'nonce-c29tZXRoaW5n{next(numbers)}'; object-src 'none'; base-uri 'none'"
        return page(url, ("content-security-policy", policy), ("cache-control", cache))

    made = served()
    made.web.origins[MAIN] = fresh
    assert said(await found(headers, made), "csp", HOST) == expected
