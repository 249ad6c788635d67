"""edge.app-links: links open the app on both kinds of phones, and the pages that the stores ask for can be read by
anybody."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ....clock import parse_moment
from ....failure import Failure
from ....findings import Evidence, Finding, Remedy
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
    """One of the two files: its rule, where it lies, how it reads, and which apps the launch file names for it."""

    rule: str
    path: str
    phone: str
    read: Callable[[bytes], AppFile]
    sample: str
    again: str


_APPLE = _Kind(
    "ios-file",
    "/.well-known/apple-app-site-association",
    "iPhones",
    apple,
    '{"applinks": {"details": [{"appIDs": ["<team>.<bundle>"], "components": [{"/": "/listings/*"}]}]}}',
    "Apple's servers keep the old file for up to a day; look at "
    "https://app-site-association.cdn-apple.com/a/v1/{host} afterwards",
)
_ANDROID = _Kind(
    "android-file",
    "/.well-known/assetlinks.json",
    "Android phones",
    android,
    '[{"relation": ["delegate_permission/common.handle_all_urls"], "target": {"namespace": "android_app", '
    '"package_name": "<package>", "sha256_cert_fingerprints": ["<SHA-256 from the Play Console>"]}}]',
    "Google's own reader is at "
    "https://digitalassetlinks.googleapis.com/v1/statements:list?source.web.site=https://{host}",
)


@check("edge.app-links")
async def app_links(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Both files on every host whose links open the app, the stores' pages, and security.txt of the main host."""
    say = Say("edge.app-links", world.clock.now())
    apps = launch.apps
    hosts = apps.hosts or (launch.canonical_host,)
    files, pages, contact = await asyncio.gather(
        asyncio.gather(*(_file(say, world, launch, host, kind) for host in hosts for kind in (_APPLE, _ANDROID))),
        asyncio.gather(*(_store_page(say, world, url, words) for url, words in _named(apps))),
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


def _unnamed(say: Say, launch: Launch, anything: bool) -> list[Finding]:
    """Stores ask for these pages; where an app is declared and a page is not, nobody has looked whether it is there."""
    if not (launch.apps.ios or launch.apps.android):
        if anything:
            return []
        return [
            say.not_applicable("store-page", launch.domain, "The launch file names no app and no page for the stores")
        ]
    findings = []
    for key, words in _STORE_PAGES:
        if getattr(launch.apps, key) or key == "terms":
            continue
        findings.append(
            say.warn(
                "store-page",
                words,
                f"The launch file does not say where the {words} is, which the app stores ask for",
                remedy=Remedy(
                    text="Publish it where everybody can read it, and name it in the launch file",
                    paste=f'[apps]\n{key} = "https://{launch.canonical_host}/{key.replace("_", "-")}"',
                    where="launchready.toml",
                ),
            )
        )
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
        said = f"Whether links to {host} open the app on {kind.phone} could not be seen: {reply.words}"
        return say.unknown(kind.rule, host, said, failure=reply)
    if not wanted and (reply.status != 200 or reply.is_html):
        return None
    hidden = wall(reply)
    if hidden is not None:
        said = (
            f"Links to {host} may not open the app: {kind.path} is not handed to programs, and phones fetch it as one"
        )
        return say.unknown(kind.rule, host, said, failure=hidden, via=reply.via)
    evidence = [header_evidence(reply, "content-type", "location")]
    problem, fix = _served(launch, host, kind, reply)
    told = AppFile()
    if not problem:
        told = kind.read(reply.body)
        evidence.append(
            Evidence.of("apps", "\n".join((*told.apps, *told.fingerprints)) or "none", source=url, at=reply.at)
        )
        problem = told.problem or _missing(launch.apps, kind, told)
    if problem:
        said = f"Links to {host} do not open the app on {kind.phone}: {problem}"
        return say.fail(kind.rule, host, said, evidence=evidence, remedy=fix, via=reply.via)
    if not wanted:
        said = f"{host} says which app its links open on {kind.phone}; the launch file does not name that app"
        return say.info(kind.rule, host, said, evidence=evidence, via=reply.via)
    return say.passed(
        kind.rule, host, f"Links to {host} open the app on {kind.phone}", evidence=evidence, via=reply.via
    )


def _served(launch: Launch, host: str, kind: _Kind, reply: Reply) -> tuple[str, Remedy]:
    """What is wrong with the way the file is served; phones follow no redirect and want JSON."""
    again = kind.again.format(host=host)
    lay = Remedy(
        text=f"Put this at https://{host}{kind.path}, filled in. {again}",
        paste=kind.sample,
        where=kind.path.rpartition("/")[2],
    )
    if 300 <= reply.status < 400:
        to = html.absolute(reply.url, reply.header("location") or "")
        main = host_of(to) == launch.canonical_host and host != launch.canonical_host
        why = "the redirect to the main address catches /.well-known/ as well" if main else f"{kind.path} is redirected"
        serve = Remedy(
            text=f"Leave /.well-known/ out of the redirect of {host} and serve the file there. {again}",
            paste="location ^~ /.well-known/ {\n    root /var/www/site;\n    default_type application/json;\n}",
            where=f"nginx, in the server block of {host}, before its redirect",
        )
        return f"{why}, and phones follow no redirect", serve
    if reply.status in (404, 410):
        return f"{kind.path} is not there", lay
    if reply.status != 200:
        return f"{kind.path} answers {reply.status}", lay
    if reply.is_html or reply.body[:200].lstrip().startswith(b"<"):
        return f"{kind.path} shows a page (the app answers every address with its start page)", lay
    if reply.content_type != "application/json":
        typed = Remedy(
            text=f"Send it as application/json. {again}",
            paste=f"location = {kind.path} {{ default_type application/json; }}",
            where="nginx",
        )
        return f"{kind.path} is sent as {reply.content_type or 'no type at all'}, not as application/json", typed
    return "", Remedy(text=f"Mend the file. {again}", paste=kind.sample, where=kind.path.rpartition("/")[2])


def _missing(apps: Apps, kind: _Kind, told: AppFile) -> str:
    """Declared apps and certificates that the file does not name."""
    absent = [app for app in _wanted(apps, kind) if app not in told.apps]
    if absent:
        return f"the file does not name {absent[0]}"
    if kind is _ANDROID and apps.fingerprints and not set(apps.fingerprints) & set(told.fingerprints):
        return "the file names none of the certificates in the launch file"
    return ""


async def _store_page(say: Say, world: World, url: str, words: str) -> Finding:
    """Stores, and people without an account, must be able to read it: no log-in, one redirect at most."""
    chain, page = await asyncio.gather(world.web.follow(url), get_page(world, url))
    subject = place(url)
    via = via_of(chain)
    evidence = [chain_evidence(chain)]
    end = chain.end
    if isinstance(page, Reply) and page.status == 200 and isinstance(end, Reply) and end.status in (403, 406):
        end = page  # it is picky about Accept only
    if isinstance(end, Failure) and end.kind not in PROVEN:
        return say.unknown(
            "store-page",
            subject,
            f"Whether the {words} can be read could not be seen: {end.words}",
            failure=end,
            evidence=evidence,
            via=via,
        )
    hidden = wall(end) if isinstance(end, Reply) else None
    if hidden is not None:
        said = (
            f"Whether the {words} can be read could not be seen: a program is not let in, and neither may the "
            "store's own be"
        )
        return say.unknown("store-page", subject, said, failure=hidden, evidence=evidence, via=via)
    if isinstance(end, Failure):
        problem = f"does not open: {end.words}"
    elif chain.problem:
        problem = "leads nowhere: its redirects do not end at a page"
    elif end.status == 401 or _asks(end, url):
        problem = "asks for a log-in first"
    elif end.status != 200:
        problem = f"answers {end.status}"
    elif chain.redirects > _MOST_HOPS:
        problem = f"takes {chain.redirects} redirects, and the stores' readers give up early"
    else:
        return say.passed("store-page", subject, f"The {words} can be read by everybody", evidence=evidence, via=via)
    fix = Remedy(
        text=f"Let {url} answer with the page itself, without a log-in",
        paste=url,
        where="the site, and the store's listing",
    )
    return say.fail(
        "store-page",
        subject,
        f"The {words} {problem}: app review refuses the app for that",
        evidence=evidence,
        remedy=fix,
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
        return say.info(
            "security-txt", host, f"Whether {host} says where to report holes could not be seen: {reply.words}"
        )
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
    problem = _wrong_contact(reply, fields, world.clock.now())
    if problem:
        fix = Remedy(
            text="Say where finders of holes can write to",
            paste=f"Contact: mailto:security@{host}\nExpires: {world.clock.now().year + 1}-01-01T00:00:00Z",
            where="/.well-known/security.txt",
        )
        return say.info("security-txt", host, f"{host} {problem}", evidence=evidence, remedy=fix, via=reply.via)
    return say.passed(
        "security-txt", host, f"{host} says where to report holes (security.txt)", evidence=evidence, via=reply.via
    )


def _wrong_contact(reply: Reply, fields: dict[str, str], now: datetime) -> str:
    if reply.status != 200 or reply.is_html:
        return "does not say where to report holes (no security.txt)"
    if reply.content_type != "text/plain":
        return "sends its security.txt not as text"
    if not fields["contact"]:
        return "has a security.txt without a contact"
    try:
        ends = parse_moment(fields["expires"])
    except ValueError:
        return "has a security.txt that does not say when it ends"
    return "" if ends > now else "has a security.txt that has ended"
