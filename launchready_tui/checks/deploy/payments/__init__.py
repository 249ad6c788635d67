"""deploy.payments: the live product takes real money, hears of each payment, and believes only the payment provider."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .... import secrets
from ....failure import Failure
from ....findings import WHOLE_LAUNCH, Evidence, Finding
from ....hostnames import host_of
from ....world.sights import Reply
from ...audit.client_secrets import read_all
from ...base import Say, check
from ...parse import page as html
from ...parse.addresses import place
from ...seen import ABSENT, distinct, wall

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

# What pages load from payment providers, live and for tests. Vendors' integration guides, known 2026-11.
_PROVIDERS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("Stripe", "", re.compile(r"https://js\.stripe\.com/")),
    (
        "PayPal",
        "a PayPal button in sandbox mode",
        re.compile(r"https://www\.sandbox\.paypal\.com/|paypal\.com/sdk/js\?[^\"'\s]*client-id=sb\b"),
    ),
    ("PayPal", "", re.compile(r"https://www\.paypal\.com/sdk/js")),
    ("Square", "Square's sandbox form", re.compile(r"https://sandbox\.web\.squarecdn\.com/")),
    ("Square", "", re.compile(r"https://web\.squarecdn\.com/")),
    ("Adyen", "Adyen's test environment", re.compile(r"https://checkoutshopper-test\.(?:cdn\.)?adyen\.com/")),
    ("Adyen", "", re.compile(r"https://checkoutshopper-live[a-z-]*\.(?:cdn\.)?adyen\.com/")),
    ("Braintree", "", re.compile(r"https://js\.braintreegateway\.com/")),
    ("Mollie", "", re.compile(r"https://js\.mollie\.com/")),
    ("Klarna", "", re.compile(r"https://(?:x|js)\.klarna(?:cdn)?\.(?:com|net)/")),
    ("Checkout.com", "a Checkout.com sandbox key", re.compile(r"\bpk_sbox_[a-z0-9]{10,}")),
    ("Checkout.com", "", re.compile(r"https://cdn\.checkout\.com/")),
)
_TEST, _LIVE = "stripe-publishable-test", "stripe-publishable"
_KEYS = tuple(rule for rule in secrets.load() if rule.id in (_TEST, _LIVE))
_UNSIGNED = b'{"id": "evt_launchready_unsigned", "object": "event", "type": "launchready.unsigned"}'
_REFUSED = frozenset((400, 401, 403, 422))
_STAGING_SCRIPTS = 10


@dataclass
class _Seen:
    """What the texts of one environment show of payments."""

    providers: set[str] = field(default_factory=set)
    test: dict[str, Evidence] = field(default_factory=dict)
    """Subject to what was seen of test mode."""
    live: dict[str, Evidence] = field(default_factory=dict)


@check("deploy.payments")
async def payments(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """What the browser gets, on production and on staging, and how the webhook takes a message that nobody signed."""
    say, told = Say("deploy.payments", world.clock.now()), launch.payments
    texts, staging = await asyncio.gather(read_all(launch, world), _staging(launch, world))
    seen = await asyncio.to_thread(_look, [(url, text) for url, text in texts if _is_production(launch, url)])
    there = await asyncio.to_thread(_look, staging)
    found = tuple(sorted(seen.providers))
    if told.provider.casefold() == "none" and not seen.providers:
        yield say.not_applicable("undeclared", WHOLE_LAUNCH)
        return
    if not told.provider or told.provider.casefold() == "none":
        yield _undeclared(say, launch, found)
    if not told.provider and not found:
        return
    for finding in distinct([*_modes(say, seen), *_elsewhere(say, there)]):
        yield finding
    yield await _webhook(say, launch, world)
    yield say.unknown("real-payment", WHOLE_LAUNCH)


def _undeclared(say: Say, launch: Launch, found: tuple[str, ...]) -> Finding:
    example = (found[0] if found else "stripe").lower()
    said = "loaded" if found else "unknown"
    return say.unknown("undeclared", WHOLE_LAUNCH, said, found=found, provider=example, domain=launch.domain)


def _is_production(launch: Launch, url: str) -> bool:
    host = launch.host(host_of(url))
    return host is None or host.environment == "production"


async def _staging(launch: Launch, world: World) -> list[tuple[str, str]]:
    """The first page of each staging host and its own scripts; a closed door is as it should be."""
    texts: list[tuple[str, str]] = []
    for host in launch.hosts:
        if host.environment == "production" or host.role not in ("web", "app", "staging"):
            continue
        end = (await world.web.follow(f"https://{host.name}/")).end
        if not isinstance(end, Reply) or end.status != 200 or not end.is_html or host_of(end.url) != host.name:
            continue
        texts.append((end.url, end.text))
        scripts = [
            ref.url for ref in html.read(end.text, end.url).of("script", "preload") if host_of(ref.url) == host.name
        ]
        replies = await asyncio.gather(*(world.web.get(url) for url in scripts[:_STAGING_SCRIPTS]))
        texts += [(reply.url, reply.text) for reply in replies if isinstance(reply, Reply) and reply.status == 200]
    return texts


def _look(texts: list[tuple[str, str]]) -> _Seen:
    seen = _Seen()
    for url, text in texts:
        for provider, test, pattern in _PROVIDERS:
            match = pattern.search(text)
            if match is None:
                continue
            seen.providers.add(provider)
            if test:
                seen.test[f"{host_of(url)}: {provider}"] = Evidence.of("loaded", f"{test}\n{match.group()}", source=url)
        for one in secrets.scan(text, rules=_KEYS).matches:
            if _is_log_in_key(text[one.start : one.end]):
                continue
            seen.providers.add("Stripe")
            evidence = Evidence.of("key", f"{one.shown}, line {one.line}", source=url)
            (seen.test if one.rule.id == _TEST else seen.live).setdefault(f"{host_of(url)}: Stripe", evidence)
    return seen


def _is_log_in_key(key: str) -> bool:
    """Clerk's keys have the same beginning; the rest is a host name in base64 that ends in a dollar sign."""
    try:
        return base64.b64decode(key.split("_", 2)[2] + "==").rstrip().endswith(b"$")
    except (binascii.Error, ValueError):
        return False


def _modes(say: Say, seen: _Seen) -> list[Finding]:
    clean = {subject: evidence for subject, evidence in seen.live.items() if subject not in seen.test}
    return [
        *(say.fail("test-mode", at, host=_host(at), evidence=[evidence]) for at, evidence in seen.test.items()),
        *(say.passed("test-mode", at, host=_host(at), evidence=[evidence]) for at, evidence in clean.items()),
    ]


def _elsewhere(say: Say, there: _Seen) -> list[Finding]:
    return [say.fail("live-on-staging", at, host=_host(at), evidence=[one]) for at, one in there.live.items()]


def _host(subject: str) -> str:
    return subject.partition(":")[0]


async def _webhook(say: Say, launch: Launch, world: World) -> Finding:
    """One POST that nobody signed: it must be refused, by something that is there."""
    url = launch.payments.webhook
    if not url:
        return say.unknown("webhook", WHOLE_LAUNCH, "not-named", domain=launch.domain)
    host, subject = host_of(url), place(url)
    if not world.may_intrude(host):
        return say.no_permission("webhook", subject, domain=launch.domain)
    reply = await world.web.get(url, method="POST", headers=(("content-type", "application/json"),), body=_UNSIGNED)
    stopped = (
        reply
        if isinstance(reply, Failure)
        else wall(reply)
        if reply.status in (406, 429) or reply.header("cf-mitigated")
        else None
    )
    if isinstance(reply, Failure) and reply.kind in ABSENT:
        stopped = reply
    if stopped is not None or isinstance(reply, Failure):
        return say.unknown("webhook", subject, failure=stopped)
    evidence = [Evidence.of("answer", f"POST {url}  {reply.status}, without a signature", source=url, at=reply.at)]
    if reply.status in _REFUSED:
        return say.passed("webhook", subject, status=reply.status, evidence=evidence, via=reply.via)
    said = "takes-all" if 200 <= reply.status < 300 else "redirects" if 300 <= reply.status < 400 else "fail"
    return say.fail("webhook", subject, said, status=reply.status, url=url, evidence=evidence, via=reply.via)
