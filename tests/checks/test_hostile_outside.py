"""Whatever DNS, headers, pages, certificates and mail servers say: checks end, and what they say is safe for people."""

from __future__ import annotations

import pytest
from fake_outside import NOW, FakeWorld, certificate, found, launch, page, reply, sight
from hostile import TEXTS

from launchready_tui.checks.edge import canonical, certificates, headers, https, redirects
from launchready_tui.checks.email import dmarc, mx, spf
from launchready_tui.checks.performance import caching
from launchready_tui.launch.model import Email, Host, Page, Redirect
from launchready_tui.world.sights import Reply, SmtpSight

CHECKS = (
    canonical.canonical,
    redirects.redirects,
    https.https,
    certificates.certificates,
    headers.headers,
    mx.mx,
    spf.spf,
    dmarc.dmarc,
    caching.caching,
)
HEADERS = (
    "strict-transport-security",
    "content-security-policy",
    "x-frame-options",
    "x-content-type-options",
    "referrer-policy",
    "cross-origin-opener-policy",
    "cache-control",
    "cache-status",
    "x-cache",
    "etag",
    "vary",
    "server",
    "x-powered-by",
    "link",
    "age",
    "content-encoding",
)
D = "shop.test"


def hostile_world(text: str) -> FakeWorld:
    world = FakeWorld(
        launch(
            hosts=(Host(name=D, role="web"), Host(name=f"api.{D}", role="api")),
            pages=(Page(url=f"https://{D}/offer"),),
            redirects=(Redirect(from_=f"https://{D}/old", to=f"https://{D}/new"),),
            email=Email(support=f"help@{D}"),
        )
    )
    body = f'<head><link rel="canonical" href="{text}"><title>{text}</title></head><script src="{text}"></script>'
    body += '<script src="/a-3f9c2a1b.js"></script>'

    def answer(url: str, method: str, sent: dict[str, str]) -> Reply:
        values = [(name, text) for name in HEADERS] + [
            ("set-cookie", f"session={text}"),
            ("set-cookie", f"{text}; {text}=1; Secure"),
        ]
        values += [("access-control-allow-origin", text), ("access-control-allow-credentials", "true")]
        if url.endswith("/old") or url.startswith("http://"):
            return reply(url, 302, ("location", text), *values)
        return page(url, *values, body=body)

    for host in (D, f"www.{D}", f"api.{D}"):
        world.dns.set(host, "A", "203.0.113.10")
        world.web.origins[f"http://{host}"] = world.web.origins[f"https://{host}"] = answer
        world.tls.sights[host] = sight(
            host,
            certificate(text, subject=text, issuer=text, key="other", signature_hash=text),
            verify_code=19,
            verify_message=text,
        )
    world.dns.set(D, "MX", f"10 {text}", f"{text} {text}", "10 mail.shop.test")
    world.dns.set("mail.shop.test", "A", "203.0.113.25")
    world.dns.set(D, "TXT", f"v=spf1 {text} a:{text} include:{text} -all", text)
    world.dns.set(f"_dmarc.{D}", "TXT", f"v=DMARC1; p=none; {text}; rua=mailto:{text}@x.test,{text}")
    world.mail.greetings["mail.shop.test"] = SmtpSight(
        host="mail.shop.test", port=25, code=220, banner=text, capabilities=(text,), at=NOW
    )
    return world


@pytest.mark.parametrize("kind", TEXTS)
async def test_hostile_text_from_outside(kind: str) -> None:
    for check in CHECKS:
        findings = await found(check, hostile_world(TEXTS[kind]))
        assert findings, check
        for finding in findings.values():
            assert finding.summary.isprintable() and finding.subject.isprintable()
            texts = [evidence.text for evidence in finding.evidence] + (
                [finding.remedy.paste] if finding.remedy else []
            )
            assert all(line.isprintable() for text in texts for line in text.split("\n")), finding.rule
