"""Rules of edge.headers on what a page may use of the browser: Permissions-Policy, and isolation headers that break
what it needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ....findings import Finding
from ....hostnames import host_of
from ....world import registrable
from ....world.sights import Reply
from ...base import Say
from ...parse import page as html
from ...parse.addresses import origin
from ...parse.fields import sf_item, split_list
from ...paste import Platform, header
from ...seen import header_evidence, via_of

if TYPE_CHECKING:
    from ....world import World

_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
_DELICATE = ("camera", "microphone", "geolocation", "payment", "usb", "display-capture")
GOOD = "camera=(), microphone=(), geolocation=(self)"
# Log-in and payment windows that talk back to the page which opened them.
_POPUPS = (
    "accounts.google.com",
    "appleid.cdn-apple.com",
    "connect.facebook.net",
    "js.stripe.com",
    "paypal.com",
    "paypalobjects.com",
)


def permissions(values: tuple[str, ...]) -> dict[str, tuple[str, ...]] | None:
    """Allow lists by feature (a dictionary of RFC 9651); None where the syntax is broken and browsers ignore the whole
    header."""
    found: dict[str, tuple[str, ...]] = {}
    for part in split_list(", ".join(values)):
        name, equals, raw = part.partition("=")
        if not _KEY.fullmatch(name.strip()) or not equals:
            return None
        value = raw.strip().partition(";")[0].strip() if not raw.strip().startswith("(") else raw.strip()
        if value.startswith("("):
            inner, closed, rest = value[1:].partition(")")
            if not closed or (rest.strip() and not rest.strip().startswith(";")):
                return None
            items = [sf_item(word) for word in inner.split()]
        else:
            items = [sf_item(value)]
        if any(item is None or item.kind not in ("token", "string") for item in items):
            return None
        found[name.strip()] = tuple(item.value for item in items if item is not None)
    return found


def judge_permissions(say: Say, name: str, reply: Reply, platform: Platform) -> Finding:
    """Permissions-Policy (W3C, Working Draft): which of the browser's delicate features pages and frames may use."""
    values = reply.all("permissions-policy")
    evidence = [header_evidence(reply, "permissions-policy")]
    via = via_of(reply)
    fix = say.fix("permissions", header(platform, ("Permissions-Policy", GOOD), host=name), subject=name)
    if not values:
        return say.info("permissions", name, evidence=evidence, remedy=fix, via=via)
    told = permissions(values)
    if told is None:
        said = "old-syntax" if any("'" in value for value in values) else "broken"
        return say.warn("permissions", name, said, evidence=evidence, remedy=fix, via=via)
    wide = [feature for feature in _DELICATE if "*" in told.get(feature, ())]
    if wide:
        return say.warn("permissions", name, "wide", feature=wide[0], evidence=evidence, remedy=fix, via=via)
    return say.passed("permissions", name, evidence=evidence, via=via)


def isolation_hurts(reply: Reply, page: html.Page | None) -> tuple[str, str]:
    """Valid isolation headers that break this page: `cut-off`, a log-in or payment window, or `blocks-files`, files of
    others; and whose. Both empty where they do not."""
    if page is None:
        return "", ""
    loads = [ref.url for ref in page.of("script", "frame", "image", "style", "media") if ref.url.startswith("http")]
    opener = (reply.header("cross-origin-opener-policy") or "").partition(";")[0].strip()
    if opener == "same-origin":
        for host in map(host_of, loads):
            if any(host == known or host.endswith("." + known) for known in _POPUPS):
                return "cut-off", host
    embedder = (reply.header("cross-origin-embedder-policy") or "").partition(";")[0].strip()
    if embedder == "require-corp":
        own = registrable(host_of(reply.url))
        other = next((origin(url) for url in loads if host_of(url) and registrable(host_of(url)) != own), "")
        if other:
            return "blocks-files", other
    return "", ""


_FILES = 4


async def unsniffed(world: World, page: html.Page | None) -> Reply | None:
    """A script or style sheet of the page's own site that is sent without nosniff; None where there is none."""
    if page is None:
        return None
    site = registrable(host_of(page.url))
    refs = page.of("script", "style", "preload")
    own = [ref.url for ref in refs if ref.scheme == "https" and registrable(host_of(ref.url)) == site]
    for url in list(dict.fromkeys(own))[:_FILES]:
        reply = await world.web.get(url)
        if isinstance(reply, Reply) and reply.status == 200:
            values = [part.lower() for value in reply.all("x-content-type-options") for part in split_list(value)]
            if not values or values[0] != "nosniff":
                return reply
    return None
