"""How a domain sends and receives mail, as far as DNS tells: MX, the senders of its SPF record, selectors that
everybody gets."""

from __future__ import annotations

import asyncio
import re
import secrets
from typing import TYPE_CHECKING

from ... import text
from ...failure import Failure
from ...launch.model import Email
from ...launch.names import inside
from .proposal import Outcome, Seen
from .words import SELECTORS, SENDERS

if TYPE_CHECKING:
    from ...world import World

_SPF = re.compile(r"v=spf1(?:\s|$)", re.IGNORECASE)
_INCLUDE = re.compile(r"(?:include:|redirect=)([A-Za-z0-9._-]+)", re.IGNORECASE)
_KEY = re.compile(r"(?:^|;)\s*p\s*=\s*[A-Za-z0-9+/]")


def _seen(outcome: Outcome, said: str) -> Seen:
    return Seen(topic="email", outcome=outcome, text=text.clean(said))


async def find_mail(domain: str, world: World) -> tuple[Email, list[Seen]]:
    """Senders and selectors; what was seen of MX and SPF. Selectors made up by a service cannot be found this way."""
    (mx, senders, spf_seen), (selectors, key_seen) = await asyncio.gather(
        _exchanges(domain, world), _selectors(domain, world)
    )
    return Email(senders=senders, selectors=selectors), [mx, *spf_seen, *key_seen]


async def _exchanges(domain: str, world: World) -> tuple[Seen, tuple[str, ...], list[Seen]]:
    mx, spf = await asyncio.gather(world.dns.ask(domain, "MX"), world.dns.ask(domain, "TXT"))
    if isinstance(mx, Failure):
        said = _seen("could-not-look", f"MX of {domain}: {mx.words}")
    else:
        targets = [record.partition(" ")[2] for record in mx.records]
        said = (
            _seen("seen", f"mail for {domain} goes to {', '.join(targets)}")
            if targets
            else _seen("not-there", f"{domain} has no MX record")
        )
    if isinstance(spf, Failure):
        return said, (), [_seen("could-not-look", f"SPF of {domain}: {spf.words}")]
    records = [one for one in spf.texts if _SPF.match(one)]
    if not records:
        return said, (), [_seen("not-there", f"{domain} has no SPF record")]
    included = await _through_own(domain, _includes(records), world)
    known = [sender_of(name) for name in included]
    unknown = [name for name, sender in zip(included, known, strict=True) if not sender]
    looks = [_seen("seen", f"SPF of {domain} allows: {', '.join(included) or 'own addresses only'}")]
    if unknown:
        looks.append(
            _seen(
                "could-not-look",
                f"which service {', '.join(unknown)} belongs to: add it to `senders` if the product sends through it",
            )
        )
    return said, tuple(dict.fromkeys(sender for sender in known if sender)), looks


def _includes(records: list[str]) -> list[str]:
    return [name.lower().rstrip(".") for name in _INCLUDE.findall(" ".join(records))]


async def _through_own(domain: str, included: list[str], world: World) -> list[str]:
    """Includes that lead to records of the domain itself (`_spf.example.com`) are replaced by what those include, two
    levels deep."""
    for _ in range(2):
        own = [name for name in included if inside(name, domain)]
        answers = await asyncio.gather(*(world.dns.ask(name, "TXT") for name in own[:10]))
        deeper = dict(zip(own, answers, strict=False))
        found: list[str] = []
        for name in included:
            answer = deeper.get(name)
            records = (
                []
                if answer is None or isinstance(answer, Failure)
                else [one for one in answer.texts if _SPF.match(one)]
            )
            found += _includes(records) if records else [name]
        included = list(dict.fromkeys(found))
    return included


def sender_of(include: str) -> str:
    """The service behind an SPF include; empty where it is not known."""
    name = include.lower().rstrip(".")
    return next((service for suffix, service in SENDERS.items() if name == suffix or name.endswith(f".{suffix}")), "")


async def _selectors(domain: str, world: World) -> tuple[tuple[str, ...], list[Seen]]:
    nobody = secrets.token_hex(6)
    answers = await asyncio.gather(*(_has_key(f"{name}._domainkey.{domain}", world) for name in (nobody, *SELECTORS)))
    wildcard, *usual = answers
    if wildcard is True:
        return (), [_seen("could-not-look", f"DKIM selectors: {domain} answers for every selector")]
    found = tuple(name for name, has in zip(SELECTORS, usual, strict=True) if has is True)
    failed = sum(has is None for has in usual)
    seen = [_seen("seen", f"DKIM keys: {', '.join(found)}")] if found else []
    if failed:
        seen.append(_seen("could-not-look", f"{failed} of {len(SELECTORS)} well-known DKIM selectors"))
    elif not found:
        seen.append(
            _seen(
                "not-there",
                "none of the well-known DKIM selectors; copy the real one from a delivered mail (s= in DKIM-Signature)",
            )
        )
    return found, seen


async def _has_key(name: str, world: World) -> bool | None:
    """Whether a DKIM key stands there, not revoked (RFC 6376 section 3.6.1); None where it could not be asked."""
    answer = await world.dns.ask(name, "TXT")
    if isinstance(answer, Failure):
        return None
    return any(_KEY.search(one) for one in answer.texts)
