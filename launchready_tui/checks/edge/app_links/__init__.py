"""edge.app-links: links open the app on both kinds of phones, and the pages that the stores ask for can be read by
anybody."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ....clock import parse_moment
from ....failure import Failure
from ....findings import Evidence, Finding, Severity
from ....hostnames import host_of
from ....world.sights import Reply
from ...base import Say, check
from ...parse import page as html
from ...parse.addresses import place
from ...parse.app_files import AppFile, android, apple
from ...seen import ABSENT, PROVEN, chain_evidence, distinct, get_page, header_evidence, via_of, wall

if TYPE_CHECKING:
    from ....launch.model import Apps, Launch
    from ....world import World

_LOGIN_PATH = re.compile(r"/(?:log-?in|sign-?in|auth|sso|session)(?:[/?._-]|$)", re.IGNORECASE)
_STORE_PAGES = (
    ("privacy", "privacy policy"),
    ("terms", "terms"),
    ("support", "support page"),
    ("account_deletion", "account deletion page"),
)
_MOST_HOPS = 1


@dataclass(frozen=True)
class _Kind:
    """One of the two files: its rule, where it lies, and how it reads."""

    rule: str
    path: str
    read: Callable[[bytes], AppFile]
    write: Callable[[Launch], str]


def _apple_file(launch: Launch) -> str:
    """The file that names the declared iOS apps, for the paths under which listings lie where the launch file says."""
    ids = list(launch.apps.ios) or ["<team>.<bundle>"]
    shown = launch.safety.pages or tuple(route.url for route in launch.routes if route.flow == "list")
    folders = dict.fromkeys(urlsplit(url).path.rpartition("/")[0] + "/*" for url in shown) or {"/*": None}
    paths = [{"/": folder} for folder in folders]
    return json.dumps({"applinks": {"details": [{"appIDs": ids, "components": paths}]}})


def _android_file(launch: Launch) -> str:
    """The file that names the declared Android apps with their certificates."""
    apps = launch.apps
    prints = list(apps.fingerprints) or ["<SHA-256 from the Play Console>"]
    rows = [
        {
            "relation": ["delegate_permission/common.handle_all_urls"],
            "target": {"namespace": "android_app", "package_name": package, "sha256_cert_fingerprints": prints},
        }
        for package in apps.android or ("<package>",)
    ]
    return json.dumps(rows)


_APPLE = _Kind("ios-file", "/.well-known/apple-app-site-association", apple, _apple_file)
_ANDROID = _Kind("android-file", "/.well-known/assetlinks.json", android, _android_file)


@check("edge.app-links")
async def app_links(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Both files on every host whose links open the app, the stores' pages, and security.txt of the main host."""
    say = Say("edge.app-links", world.clock.now())
    apps = launch.apps
    hosts = apps.hosts or (launch.canonical_host,)
    files, pages, contact = await asyncio.gather(
        asyncio.gather(*(_file(say, world, launch, host, kind) for host in hosts for kind in (_APPLE, _ANDROID))),
        asyncio.gather(*(_store_page(say, world, url, words, _weight(apps, words)) for url, words in _named(apps))),
        _contact(say, world, launch.canonical_host),
    )
    found = [finding for finding in (*files, *pages) if finding is not None]
    for finding in distinct(found):
        yield finding
    for finding in _unnamed(say, launch, bool(found)):
        yield finding
    yield contact


def _named(apps: Apps) -> list[tuple[str, str]]:
    return [(url, words) for key, words in _STORE_PAGES if (url := getattr(apps, key))]


def _weight(apps: Apps, words: str) -> Severity:
    """Without these pages a store rejects the app, where there is one. Terms are only asked of some."""
    return Severity.BLOCKER if (apps.ios or apps.android) and words != "terms" else Severity.HIGH


def _unnamed(say: Say, launch: Launch, anything: bool) -> list[Finding]:
    """Stores ask for these pages; where an app is declared and a page is not, nobody has looked whether it is there."""
    if not (launch.apps.ios or launch.apps.android):
        if anything:
            return []
        return [say.not_applicable("store-page", launch.domain)]
    findings = []
    for key, words in _STORE_PAGES:
        if not getattr(launch.apps, key) and key != "terms":
            url = f"https://{launch.canonical_host}/{key.replace('_', '-')}"
            findings.append(say.warn("store-page", words, "not-named", key=key, url=url))
    return findings


def _wanted(apps: Apps, kind: _Kind) -> tuple[str, ...]:
    return apps.ios if kind is _APPLE else apps.android


async def _file(say: Say, world: World, launch: Launch, host: str, kind: _Kind) -> Finding | None:
    """One file on one host; None where no app is declared and none is there."""
    url = f"https://{host}{kind.path}"
    reply = await world.web.get(url)
    wanted = _wanted(launch.apps, kind)
    if isinstance(reply, Failure):
        if reply.kind in ABSENT or not wanted:
            return None  # audit.hosts speaks of the name
        return say.unknown(kind.rule, host, failure=reply)
    if not wanted and (reply.status != 200 or reply.is_html):
        return None
    hidden = wall(reply)
    if hidden is not None:
        return say.unknown(kind.rule, host, "wall", failure=hidden, via=reply.via)
    evidence = [header_evidence(reply, "content-type", "location")]
    problem, what = _served(launch, host, reply), reply.content_type
    if not problem:
        told = kind.read(reply.body)
        listed = "\n".join((*told.apps, *told.fingerprints)) or "none"
        evidence.append(Evidence.of("apps", listed, source=url, at=reply.at))
        problem, what = (told.problem, told.what) if told.problem else _missing(launch.apps, kind, told)
    if problem:
        file, seen = kind.write(launch), reply.status
        return say.fail(kind.rule, host, problem, status=seen, what=what, file=file, evidence=evidence, via=reply.via)
    if not wanted:
        return say.info(kind.rule, host, evidence=evidence, via=reply.via)
    return say.passed(kind.rule, host, evidence=evidence, via=reply.via)


def _served(launch: Launch, host: str, reply: Reply) -> str:
    """What is wrong with the way the file is served, as a message; phones follow no redirect and want JSON."""
    if 300 <= reply.status < 400:
        to = html.absolute(reply.url, reply.header("location") or "")
        main = host_of(to) == launch.canonical_host and host != launch.canonical_host
        return "redirect-of-all" if main else "redirected"
    if reply.status != 200:
        return "absent" if reply.status in (404, 410) else "status"
    if reply.is_html or reply.body[:200].lstrip().startswith(b"<"):
        return "page"
    if reply.content_type != "application/json":
        return "type" if reply.content_type else "no-type"
    return ""


def _missing(apps: Apps, kind: _Kind, told: AppFile) -> tuple[str, str]:
    """Declared apps and certificates that the file does not name: the message, and which app."""
    absent = [app for app in _wanted(apps, kind) if app not in told.apps]
    if absent:
        return "other-app", absent[0]
    if kind is _ANDROID and apps.fingerprints and not set(apps.fingerprints) & set(told.fingerprints):
        return "other-certificate", ""
    return "", ""


async def _store_page(say: Say, world: World, url: str, words: str, severity: Severity) -> Finding:
    """Stores, and people without an account, must be able to read it: no log-in, one redirect at most."""
    chain, page = await asyncio.gather(world.web.follow(url), get_page(world, url))
    subject = place(url)
    via = via_of(chain)
    evidence = [chain_evidence(chain)]
    end = chain.end
    if isinstance(page, Reply) and page.status == 200 and isinstance(end, Reply) and end.status in (403, 406):
        end = page  # it is picky about Accept only
    if isinstance(end, Failure) and end.kind not in PROVEN:
        return say.unknown("store-page", subject, page=words, failure=end, evidence=evidence, via=via)
    hidden = wall(end) if isinstance(end, Reply) else None
    if hidden is not None:
        return say.unknown("store-page", subject, "wall", page=words, failure=hidden, evidence=evidence, via=via)
    if isinstance(end, Failure):
        said = "fail"
    elif chain.problem:
        said = "no-end"
    elif end.status == 401 or _asks(end, url):
        said = "log-in"
    elif end.status != 200:
        said = "status"
    elif chain.redirects > _MOST_HOPS:
        said = "redirects"
    else:
        return say.passed("store-page", subject, page=words, evidence=evidence, via=via)
    return say.fail(
        "store-page",
        subject,
        said,
        severity=Severity.HIGH if said == "redirects" else severity,
        page=words,
        cause=end.words if isinstance(end, Failure) else "",
        status=end.status if isinstance(end, Reply) else 0,
        redirects=chain.redirects,
        url=url,
        evidence=evidence,
        via=via,
    )


def _asks(end: Reply, url: str) -> bool:
    """Whether the page is a log-in. The wanted address may speak of signing in itself; only where one was led there
    counts."""
    if end.is_html and html.read(end.text, end.url).password_field:
        return True
    return bool(_LOGIN_PATH.search(urlsplit(end.url).path)) and not _LOGIN_PATH.search(urlsplit(url).path)


async def _contact(say: Say, world: World, host: str) -> Finding:
    """security.txt (RFC 9116): a fact, never more."""
    reply = await world.web.get(f"https://{host}/.well-known/security.txt")
    if isinstance(reply, Failure):
        return say.info("security-txt", host, "unseen", cause=reply.words)
    fields = dict.fromkeys(("contact", "expires"), "")
    if reply.status == 200 and not reply.is_html:
        for line in reply.text[:65536].splitlines():
            name, colon, value = line.partition(":")
            if colon and name.strip().lower() in fields:
                fields[name.strip().lower()] = value.strip()
    evidence = [
        header_evidence(reply, "content-type"),
        Evidence.of("fields", "\n".join(f"{key}: {value}" for key, value in fields.items())),
    ]
    said, year = _wrong_contact(reply, fields, world.clock.now()), world.clock.now().year + 1
    if said:
        return say.info("security-txt", host, said, year=year, evidence=evidence, via=reply.via)
    return say.passed("security-txt", host, evidence=evidence, via=reply.via)


def _wrong_contact(reply: Reply, fields: dict[str, str], now: datetime) -> str:
    """What keeps finders of holes from using it, as a message; empty where nothing does."""
    if reply.status != 200 or reply.is_html:
        return "absent"
    if reply.content_type != "text/plain":
        return "no-text"
    if not fields["contact"]:
        return "no-contact"
    try:
        ends = parse_moment(fields["expires"])
    except ValueError:
        return "no-expiry"
    return "" if ends > now else "expired"
