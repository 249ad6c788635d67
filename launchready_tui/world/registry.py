"""Who registered a domain, until when, and what its state is: RDAP (RFC 7480, 9082, 9083, 9224) over the run's own
web."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from ..clock import Clock, parse_moment
from ..failure import Failure
from ..launch.model import Launch
from ..text import json_of
from .memory import Observer
from .sights import Registration, Reply
from .urls import locate, resolve
from .web import Web

_HOPS = 3
_HEADERS = (("Accept", "application/rdap+json, application/json;q=0.5"),)
_EXPIRY = ("expiration", "registrar expiration", "registry expiration")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@functools.lru_cache(maxsize=1)
def bootstrap() -> Mapping[str, str]:
    """Domain suffix to RDAP base URL, as bundled."""
    table = tomllib.loads(files(__package__).joinpath("rdap.toml").read_text("utf-8"))
    return {domain: service["base"] for service in table["service"] for domain in service["domains"]}


def base_for(name: str, own: Mapping[str, str]) -> str:
    """The RDAP base of the longest matching suffix, the launch file's own entries first; empty where none is known."""
    labels = name.split(".")
    for table in (own, bootstrap()):
        for start in range(1, len(labels)):
            found = table.get(".".join(labels[start:]))
            if found:
                return found if found.endswith("/") else found + "/"
    return ""


class Registry(Observer):
    """Asks RDAP services."""

    def __init__(self, web: Web, launch: Launch, clock: Clock) -> None:
        self._web = web
        self._launch = launch
        self._clock = clock
        super().__init__()

    async def domain(self, name: str) -> Registration | Failure:
        """The registration of a registrable domain. `switched-off` where the launch is not announced or the service
        not wanted.

        The registry answers; where it leaves out registrar or expiry (a thin registry), the registrar's own RDAP is
        asked once.
        """
        located = locate(f"https://{name.strip().rstrip('.')}/")
        if isinstance(located, Failure):
            return located
        return await self._memory.once(located.host, lambda: self._domain(located.host))

    async def _domain(self, name: str) -> Registration | Failure:
        if not self._launch.announced:
            return Failure(kind="switched-off", detail="the launch is not announced yet", target=name)
        if "rdap" not in self._launch.settings.services:
            return Failure(kind="switched-off", detail="rdap is not among settings.services", target=name)
        base = base_for(name, self._launch.settings.rdap)
        if not base:
            detail = f"no RDAP service is known for .{name.rpartition('.')[2]}; settings.rdap can name one"
            return Failure(kind="unavailable", detail=detail, target=name)
        first = await self._ask(base + "domain/" + quote(name, safe=""), name)
        if isinstance(first, (Failure, Registration)):
            return first
        seen, reply = first
        if not (seen.registrar and seen.expires):
            related = _related(seen.raw, reply.url)
            if related:
                second = await self._ask(related, name)
                if isinstance(second, tuple):
                    seen = _merge(seen, second[0])
        return Registration(
            domain=name,
            registered=True,
            registrar=seen.registrar,
            expires=seen.expires,
            created=seen.created,
            statuses=seen.statuses,
            nameservers=seen.nameservers,
            signed=seen.signed,
            source=reply.url,
            at=reply.at,
            via=reply.via,
        )

    async def _ask(self, url: str, name: str) -> tuple[_Seen, Reply] | Registration | Failure:
        for _ in range(_HOPS):
            reply = await self._web.get(url, headers=_HEADERS)
            if isinstance(reply, Failure):
                return reply
            location = reply.header("location")
            if reply.status not in (301, 302, 303, 307, 308) or not location:
                return _judge(reply, name)
            try:
                url = resolve(reply.url, location)
            except ValueError:
                break
        return Failure(kind="unavailable", detail="endless redirects", target=url)


def _judge(reply: Reply, name: str) -> tuple[_Seen, Reply] | Registration | Failure:
    if reply.status == 404:
        return Registration(domain=name, registered=False, source=reply.url, at=reply.at, via=reply.via)
    if reply.status == 429:
        later = reply.header("retry-after")
        return Failure(kind="rate-limited", detail=f"retry after {later}" if later else "", target=reply.url)
    if reply.status != 200:
        return Failure(kind="unavailable", detail=f"status {reply.status}", target=reply.url)
    raw = json_of(reply.body)
    if not isinstance(raw, dict):
        detail = "not JSON" if raw is None else "not an RDAP object"
        return Failure(kind="unavailable", detail=detail, target=reply.url)
    said = _text(raw.get("ldhName")).rstrip(".").lower()
    if said and said != name:
        return Failure(kind="unavailable", detail=f"an answer about {said}", target=reply.url)
    if not said and raw.get("objectClassName") != "domain":
        return Failure(kind="unavailable", detail="not an RDAP domain", target=reply.url)
    return _seen(raw), reply


class _Seen(msgspec.Struct, frozen=True):
    raw: dict[str, Any]
    registrar: str
    expires: datetime | None
    created: datetime | None
    statuses: tuple[str, ...]
    nameservers: tuple[str, ...]
    signed: bool | None


def _seen(raw: dict[str, Any]) -> _Seen:
    """Reads what registries really send: other spellings, missing names, times without a zone, dots and capitals."""
    events = {
        _text(event.get("eventAction")).lower(): _moment(event.get("eventDate")) for event in _dicts(raw.get("events"))
    }
    servers = raw.get("nameservers", raw.get("nameServers"))
    names = (_text(server.get("ldhName")).rstrip(".").lower() for server in _dicts(servers))
    secure = raw.get("secureDNS")
    signed = secure.get("delegationSigned") if isinstance(secure, dict) else None
    statuses = raw.get("status")
    return _Seen(
        raw,
        _registrar(raw),
        next((events[name] for name in _EXPIRY if events.get(name)), None),
        events.get("registration"),
        tuple(_CAMEL.sub(" ", _text(one)).lower() for one in statuses if _text(one))
        if isinstance(statuses, list)
        else (),
        tuple(dict.fromkeys(name for name in names if name)),
        signed if isinstance(signed, bool) else None,
    )


def _merge(first: _Seen, second: _Seen) -> _Seen:
    return msgspec.structs.replace(
        first,
        registrar=first.registrar or second.registrar,
        expires=first.expires or second.expires,
        created=first.created or second.created,
        statuses=first.statuses or second.statuses,
        nameservers=first.nameservers or second.nameservers,
        signed=first.signed if first.signed is not None else second.signed,
    )


def _registrar(raw: dict[str, Any]) -> str:
    """The registrar's name: vCard fn, else org, else its public id."""
    for entity in _dicts(raw.get("entities")):
        roles = entity.get("roles")
        if not isinstance(roles, list) or "registrar" not in [_text(role).lower() for role in roles]:
            continue
        card = _card(entity)
        ids = [
            f"IANA {_text(one.get('identifier'))}"
            for one in _dicts(entity.get("publicIds"))
            if _text(one.get("identifier"))
        ]
        return card.get("fn") or card.get("org") or next(iter(ids), "") or _text(entity.get("handle"))
    return ""


def _card(entity: dict[str, Any]) -> dict[str, str]:
    """The text properties of a jCard (RFC 7095): name to value."""
    whole = entity.get("vcardArray")
    rows = whole[1] if isinstance(whole, list) and len(whole) > 1 and isinstance(whole[1], list) else []
    found: dict[str, str] = {}
    for row in rows:
        if isinstance(row, list) and len(row) > 3 and _text(row[0]):
            value = row[3][0] if isinstance(row[3], list) and row[3] else row[3]
            found.setdefault(row[0].lower(), _text(value).strip())
    return found


def _related(raw: dict[str, Any], base: str) -> str:
    """The registrar's own RDAP answer, as a thin registry points to it."""
    for link in _dicts(raw.get("links")):
        kind = _text(link.get("type")).lower()
        if _text(link.get("rel")).lower() == "related" and ("rdap" in kind or "json" in kind or not kind):
            try:
                target = resolve(base, _text(link.get("href")))
            except ValueError:
                continue
            if target != base and urlsplit(target).scheme in ("http", "https"):
                return target
    return ""


def _moment(value: object) -> datetime | None:
    try:
        return parse_moment(_text(value))
    except (ValueError, OverflowError):
        return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _dicts(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        yield from (one for one in value if isinstance(one, dict))
