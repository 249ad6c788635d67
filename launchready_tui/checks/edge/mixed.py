"""The mixed content rule of edge.https (W3C Mixed Content, Level 2): what a secure page loads or sends over plain http."""

from __future__ import annotations

from ...findings import Evidence, Finding, Remedy, Severity
from ...world.sights import Reply
from ..base import Say
from ..parse import page as html
from ..parse.addresses import place, scheme_of
from ..seen import via_of

_INSECURE = ("http", "ws")


def judge_mixed(say: Say, replies: list[Reply]) -> list[Finding]:
    """One finding a secure HTML page."""
    findings: dict[str, Finding] = {}
    for reply in replies:
        if reply.is_html and reply.status == 200 and scheme_of(reply.url) == "https" and place(reply.url) not in findings:
            findings[place(reply.url)] = _judge(say, reply)
    return list(findings.values())


def _upgrades(reply: Reply, document: html.Page) -> bool:
    """`upgrade-insecure-requests` makes browsers ask over https in place of http."""
    values = (*reply.all("content-security-policy"), *document.csp)
    return any("upgrade-insecure-requests" in value.lower() for value in values)


def _judge(say: Say, reply: Reply) -> Finding:
    document = html.read(reply.text, reply.url)
    subject = place(reply.url)
    via = via_of(reply)
    insecure = [ref for ref in document.refs if ref.scheme in _INSECURE]
    active = [ref for ref in insecure if ref.kind in html.ACTIVE]
    forms = [ref for ref in insecure if ref.kind == "form"]
    passive = [ref for ref in insecure if ref.kind in html.PASSIVE]
    bad = active + forms + passive
    if not bad:
        loads = sum(ref.kind != "link" for ref in document.refs)
        evidence = [Evidence.of("loads", f"{loads} loads and forms read, none over plain http", source=reply.url, at=reply.at)]
        return say.passed("mixed-content", subject, f"{subject} loads everything over https", evidence=evidence, via=via)
    evidence = [
        Evidence.of("loads", "\n".join(f"line {ref.line}: <{ref.tag}> {ref.url}" for ref in bad[:20]), source=reply.url, at=reply.at)
    ]
    rest = bad[0].url.partition(":")[2]
    secure = ("https:" if bad[0].scheme == "http" else "wss:") + rest
    remedy = Remedy(text="Name it with https", paste=secure, where="the page")
    what = "sends a form" if not active and forms else f"loads a {bad[0].tag}"
    if (active or forms) and not _upgrades(reply, document):
        said = f"{subject} {what} over plain http: " + ("what people type can be read" if not active else "browsers block it")
        return say.fail("mixed-content", subject, said, severity=Severity.HIGH, evidence=evidence, remedy=remedy, via=via)
    said = f"{subject} {what} over plain http, which browsers only repair where https answers too"
    return say.warn("mixed-content", subject, said, severity=Severity.LOW, evidence=evidence, remedy=remedy, via=via)
