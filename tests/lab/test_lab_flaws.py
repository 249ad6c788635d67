"""Every flaw is behaviour: off it is not there, on it is, off again it is gone. Looked at with plain clients."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin

import dns.exception
import dns.query
import dns.rcode
import pytest
from edgetalk import EDGE
from labtalk import ask, certificate, end, get, names_of, records
from mailtalk import MAILS
from readytalk import READY
from twisttalk import CODED, TWISTED

from launchready_tui.lab import files, flaws
from launchready_tui.lab import places as at
from launchready_tui.lab.client import Lab
from launchready_tui.lab.market import INDEX
from launchready_tui.lab.site import GONE_LISTING

TEXT = {"Accept-Encoding": "gzip"}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab.start(fixed="all") as lab:
        yield lab


def lame(lab: Lab) -> bool:
    first, second = (ask(lab, at.DOMAIN, "SOA", server=server).rcode() for server in (at.NS1_ADDRESS, at.NS2_ADDRESS))
    assert first == dns.rcode.NOERROR
    return second == dns.rcode.REFUSED


def expires_soon(lab: Lab) -> bool:
    events = json.loads(get(lab, f"https://{at.RDAP}/domain/{at.DOMAIN}").body)["events"]
    end = next(event["eventDate"] for event in events if event["eventAction"] == "expiration")
    return datetime.fromisoformat(end.replace("Z", "+00:00")) - datetime.now(UTC) < timedelta(days=10)


def undeclared(lab: Lab) -> bool:
    named = at.OLD_ADMIN in names_of(certificate(lab, at.APEX))
    resolves = bool(records(ask(lab, at.OLD_ADMIN, "A")))
    assert named == resolves
    assert (
        get(lab, f"https://{at.OLD_ADMIN}/").status == 200
    )  # it always runs; what changes is whether anybody can find it
    return named


def stale(lab: Lab) -> bool:
    found = records(ask(lab, at.APP, "A"))
    here, there = (get(lab, f"{at.APP_SITE}/", address=address) for address in (at.APP_ADDRESS, at.STALE_ADDRESS))
    assert here.header("server") != there.header("server")
    assert here.body != there.body
    return at.STALE_ADDRESS in found


def scans(lab: Lab) -> bool:
    plan = " | ".join(lab.order_now({"order": "plan"})["plan"])
    assert ("SCAN r" in plan) != (f"SEARCH r USING INDEX {INDEX}" in plan)
    return "SCAN r" in plan


def gone_link(lab: Lab) -> bool:
    assert get(lab, f"{at.SITE}/listings/{GONE_LISTING}").status == 404
    return f"/listings/{GONE_LISTING}" in get(lab, f"{at.SITE}/").text


def hops(lab: Lab, start: str) -> int:
    """Redirects until something else comes; 9 where nothing does."""
    url = start
    for count in range(9):
        answer = get(lab, url)
        if answer.status not in (301, 302, 308):
            return count
        url = urljoin(url, answer.header("location"))
    return 9


def old_tls(lab: Lab) -> bool:
    answers = set()
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        try:
            answers.add(bool(certificate(lab, at.STATUS, version=version)))
        except (ssl.SSLError, ConnectionResetError):
            answers.add(False)
    assert len(answers) == 1
    assert certificate(lab, at.STATUS, version=ssl.TLSVersion.TLSv1_3)
    return answers.pop()


def certificate_days(lab: Lab) -> float:
    from cryptography import x509

    return (
        x509.load_der_x509_certificate(certificate(lab, at.API)).not_valid_after_utc - datetime.now(UTC)
    ) / timedelta(days=1)


def wrong_name(lab: Lab) -> bool:
    try:
        get(lab, f"https://{at.ADMIN}/")
    except ssl.SSLCertVerificationError as error:
        assert error.verify_code == 62
        return True
    return False


def policy(lab: Lab) -> str:
    return get(lab, f"{at.APP_SITE}/login").header("content-security-policy")


def same_session_for_two(lab: Lab) -> bool:
    first, second = (get(lab, f"{at.APP_SITE}/login").header("set-cookie") for _ in range(2))
    assert first
    return first == second


def spf(lab: Lab) -> list[str]:
    return [text for text in records(ask(lab, at.DOMAIN, "TXT")) if "v=spf1" in text]


def dkim(lab: Lab) -> list[str]:
    return records(ask(lab, f"{at.SELECTOR}._domainkey.{at.DOMAIN}", "TXT"))


BEHAVIOUR: dict[str, Callable[[Lab], bool]] = {
    "lame-name-server": lame,
    "domain-expires": expires_soon,
    "status-gone": lambda lab: ask(lab, at.STATUS, "A").rcode() == dns.rcode.NXDOMAIN,
    "undeclared-host": undeclared,
    "stale-app-address": stale,
    "search-no-index": scans,
    "stripe-key-in-bundle": lambda lab: files.secret_key() in get(lab, at.APP_SITE + files.APP_JS).text,
    "source-map": lambda lab: (
        "sourceMappingURL" in get(lab, at.APP_SITE + files.APP_JS).text
        and "sourcesContent" in json.loads(get(lab, f"{at.APP_SITE}{files.APP_JS}.map").body)
    ),
    "broken-listing-link": gone_link,
    "www-serves-itself": lambda lab: get(lab, f"https://{at.WWW}/listings").status == 200,
    "deep-links-lost": lambda lab: get(lab, f"https://{at.WWW}/listings?page=2").header("location") == f"{at.SITE}/",
    "redirect-chain": lambda lab: hops(lab, f"{at.SITE}/classifieds") == 4,
    "redirect-loop": lambda lab: hops(lab, f"{at.SITE}/start") == 9,
    "status-hops": lambda lab: hops(lab, f"https://{at.STATUS}/") == 3,
    "admin-loop": lambda lab: hops(lab, f"https://{at.ADMIN}/") == 9,
    "api-over-http": lambda lab: get(lab, f"http://{at.API}/v1/listings").status == 200,
    "cookie-not-secure": lambda lab: "Secure" not in get(lab, f"{at.APP_SITE}/login").header("set-cookie"),
    "mixed-content": lambda lab: 'src="http://' in get(lab, f"{at.SITE}/offer").text,
    "api-certificate-ends": lambda lab: 1 < certificate_days(lab) < 2.1,
    "admin-certificate-name": wrong_name,
    "old-tls": old_tls,
    "api-moved-unnoticed": lambda lab: bool(get(lab, f"{at.API_SITE}/").header("fly-request-id")),
    "no-hsts": lambda lab: not get(lab, f"{at.APP_SITE}/").header("strict-transport-security"),
    "no-csp": lambda lab: not get(lab, f"{at.SITE}/").header("content-security-policy"),
    "framing-open": lambda lab: (
        "frame-ancestors" not in policy(lab) and not get(lab, f"{at.APP_SITE}/login").header("x-frame-options")
    ),
    "mx-dangling": lambda lab: (
        ask(lab, records(ask(lab, at.DOMAIN, "MX"))[0].split()[1], "A").rcode() == dns.rcode.NXDOMAIN
    ),
    "spf-two-records": lambda lab: len(spf(lab)) == 2,
    "spf-plus-all": lambda lab: any("+all" in text for text in spf(lab)),
    "spf-too-long": lambda lab: len(spf(lab)[0]) > 500,
    "dkim-missing": lambda lab: not dkim(lab),
    "dkim-weak-key": lambda lab: 0 < len("".join(dkim(lab))) < 250,
    "dmarc-missing": lambda lab: not records(ask(lab, f"_dmarc.{at.DOMAIN}", "TXT")),
    "dmarc-no-reports": lambda lab: "rua=" not in "".join(records(ask(lab, f"_dmarc.{at.DOMAIN}", "TXT"))),
    "mta-sts-unfinished": lambda lab: bool(records(ask(lab, f"_mta-sts.{at.DOMAIN}", "TXT"))),
    "sender-listed": lambda lab: bool(records(ask(lab, f"25.113.0.203.{at.LISTED_BY}", "A"))),
    "sender-nameless": lambda lab: not records(ask(lab, "25.113.0.203.in-addr.arpa", "PTR")),
    "asset-not-cached": lambda lab: get(lab, at.SITE + files.SITE_JS).header("cache-control") == "public, max-age=60",
    "edge-bypass": lambda lab: (
        "hit" not in [get(lab, at.SITE + files.HERO).header("cache-status") for _ in range(2)][1]
    ),
    "personal-page-cached": same_session_for_two,
    "no-compression": lambda lab: not get(lab, f"{at.SITE}/", headers=TEXT).header("content-encoding"),
}


def copied(lab: Lab) -> bool:
    """Whether the first name server gives its zone to whoever asks."""
    host, port = end(lab, at.NS1_ADDRESS, 53)
    try:
        first = next(iter(dns.query.xfr(host, at.DOMAIN, port=port, timeout=5)))
    except (dns.exception.DNSException, OSError, EOFError):
        return False
    return first.rcode() == dns.rcode.NOERROR


def deaf_over_tcp(lab: Lab) -> bool:
    try:
        ask(lab, at.DOMAIN, "SOA", server=at.NS1_ADDRESS, tcp=True)
    except (dns.exception.DNSException, OSError, EOFError):
        return True
    return False


def seconds_of_absence(lab: Lab) -> int:
    """The SOA's last field: how long it is remembered that a name does not exist (RFC 2308 section 4)."""
    return int(records(ask(lab, at.DOMAIN, "SOA"))[0].split()[-1])


def other_names_of(lab: Lab, name: str) -> list[str]:
    return [data for data in records(ask(lab, name, "CNAME")) if data]


def fingerprint(lab: Lab) -> str:
    statements = json.loads(get(lab, f"{at.SITE}/.well-known/assetlinks.json").body)
    return str(statements[0]["target"]["sha256_cert_fingerprints"][0])


BEHAVIOUR |= {
    "env-file": lambda lab: get(lab, f"{at.APP_SITE}/.env").status == 200,
    "git-folder": lambda lab: get(lab, f"{at.SITE}/.git/HEAD").text.startswith("ref: "),
    "compose-file": lambda lab: get(lab, f"{at.SITE}/docker-compose.yml").text.startswith("services:"),
    "debug-page": lambda lab: get(lab, f"https://{at.STATUS}/server-status").status == 200,
    "directory-listing": lambda lab: "Index of" in get(lab, f"{at.SITE}/assets/").text,
    "unnamed-source-map": lambda lab: '"sourcesContent"' in get(lab, f"{at.SITE}{files.SITE_JS}.map").text,
    "admin-open": lambda lab: get(lab, f"https://{at.ADMIN}/").status == 200,
    "staging-open": lambda lab: get(lab, f"https://{at.STAGING}/").status == 200,
    "zone-copied": copied,
    "udp-only": deaf_over_tcp,
    "absence-remembered": lambda lab: seconds_of_absence(lab) == 86_400,
    "long-ttl": lambda lab: ask(lab, at.APP, "A", server=at.NS1_ADDRESS).answer[0].ttl == 172_800,
    "caa-nobody": lambda lab: '";"' in "".join(records(ask(lab, at.DOMAIN, "CAA"))),
    "stale-ds": lambda lab: bool(records(ask(lab, at.DOMAIN, "DS", server=at.TLD_ADDRESS))),
    "app-links-redirected": lambda lab: get(lab, f"https://{at.WWW}/.well-known/assetlinks.json").status != 200,
    "assetlinks-sha1": lambda lab: fingerprint(lab).count(":") == 19,
    "privacy-behind-login": lambda lab: get(lab, f"{at.SITE}/privacy").status != 200,
    "api-unproxied": lambda lab: not get(lab, f"{at.API_SITE}/healthz").header("cache-status"),
    "origin-open": lambda lab: "<h1" in get(lab, f"{at.SITE}/", address=at.ORIGIN_ADDRESS).text,
    "api-challenged": lambda lab: get(lab, f"{at.API_SITE}/healthz").status != 200,
    "origin-silent": lambda lab: get(lab, f"{at.SITE}/offer").status >= 500,
    "blog-given-up": lambda lab: bool(other_names_of(lab, at.BLOG)),
    "status-shared": lambda lab: records(ask(lab, at.STATUS, "A")) == records(ask(lab, at.APP, "A")),
    "status-unfinished": lambda lab: "nginx" in get(lab, f"https://{at.STATUS}/").text,
    **EDGE,
    **CODED,
    **MAILS,
    **READY,
    **TWISTED,
}


def test_every_flaw_is_looked_at() -> None:
    assert set(BEHAVIOUR) == flaws.every_id()


@pytest.mark.parametrize("flaw", sorted(BEHAVIOUR))
async def test_a_flaw_is_there_when_it_is_on_and_only_then(lab: Lab, flaw: str) -> None:
    there = BEHAVIOUR[flaw]
    await lab.set([])
    assert not there(lab)
    await lab.break_(flaw)
    assert lab.on == {flaw}
    assert there(lab)
    await lab.fix(flaw)
    assert lab.on == set()
    assert not there(lab)
    assert lab.noise == ()


@pytest.mark.timeout(600)
async def test_no_flaw_brings_another_one_along(lab: Lab) -> None:
    """Each flaw alone against every other one's behaviour. What follows by itself is listed."""
    follows = {("dmarc-missing", "dmarc-no-reports")}
    # Those that wait are held to their own findings by the acceptance test.
    at_start = sorted(BEHAVIOUR.keys() - TWISTED.keys())
    for flaw in at_start:
        await lab.set([flaw])
        for other in at_start:
            there = BEHAVIOUR[other]
            if other != flaw and other not in flaws.by_id()[flaw].masks and (flaw, other) not in follows:
                assert not there(lab), f"{flaw} brings {other} along"
    await lab.set([])


async def test_all_flaws_together_show_all_that_no_other_hides() -> None:
    async with Lab.start() as lab:
        hidden = {other for flaw in flaws.load() for other in flaw.masks}
        hidden |= {flaw.id for flaw in flaws.load() if flaw.waits}
        hidden.add("personal-page-cached")  # an edge that stores nothing stores no session; the page still allows it
        for flaw, there in BEHAVIOUR.items():
            if flaw not in hidden:
                assert there(lab), flaw
        assert lab.noise == ()


async def test_a_slow_search_is_slow_alone(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    """Timings are printed; what is asserted is that others are served while a search runs, and that a fix does not
    wait behind searches."""
    import asyncio

    url = f"{at.API_SITE}/v1/search?q=bike&city=Lisbon"

    def timed(times: int) -> list[float]:
        found = []
        for _ in range(times):
            before = time.perf_counter()
            assert get(lab, url).status == 200
            found.append((time.perf_counter() - before) * 1000)
        return sorted(found)

    fast = timed(20)
    await lab.break_("search-no-index")
    slow = timed(5)
    searching = asyncio.create_task(asyncio.to_thread(get, lab, url))
    served = 0
    while not searching.done():
        assert (await asyncio.to_thread(get, lab, f"{at.API_SITE}/healthz")).status == 200
        assert (await asyncio.to_thread(get, lab, f"{at.API_SITE}/v1/listings/7")).status == 200
        served += 1
    assert served > 1
    waiting = [asyncio.create_task(asyncio.to_thread(get, lab, url)) for _ in range(4)]
    await lab.fix("search-no-index")
    assert {answer.status for answer in await asyncio.gather(*waiting)} == {200}
    with capsys.disabled():
        print(
            f"\nsearch with its index: p50 {fast[10]:.0f} ms, p95 {fast[18]:.0f} ms; without: p50 {slow[2]:.0f} "
            f"ms, worst {slow[-1]:.0f} ms"
        )


async def test_searches_of_visitors_who_left_are_dropped(lab: Lab) -> None:
    import socket

    from labtalk import end, trusting

    await lab.break_("search-no-index")
    for _ in range(12):
        with (
            socket.create_connection(end(lab, at.API_ADDRESS, 443), timeout=5) as raw,
            trusting(lab).wrap_socket(raw, server_hostname=at.API) as line,
        ):
            line.sendall(f"GET /v1/search?q=bike&city=Lisbon HTTP/1.1\r\nHost: {at.API}\r\n\r\n".encode())
    await lab.fix("search-no-index")
    assert get(lab, f"{at.API_SITE}/v1/search?q=bike&city=Lisbon").status == 200
    assert lab.noise == ()
