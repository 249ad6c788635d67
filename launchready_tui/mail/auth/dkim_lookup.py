"""The key behind a selector, looked up and read: no name, no record, no key, several keys and no answer are five
things."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec

from ...failure import Failure
from ...world.sights import DnsAnswer
from .ask import Ask, escaped, is_name
from .dkim_record import Key, is_key, read
from .senders import Service, behind


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One selector of one domain. `failure`: it could not be looked up, and nothing is said of the key."""

    selector: str
    domain: str
    answer: DnsAnswer | None = None
    key: Key | None = None
    several: int = 0
    """So many key records, where there is more than one: then none of them counts."""
    failure: Failure | None = None
    service: Service | None = None
    """Whose key it is, where its CNAME tells."""

    @property
    def name(self) -> str:
        """The name that was asked (RFC 6376, section 3.6.2.1)."""
        return key_name(self.selector, self.domain)

    @property
    def absent(self) -> bool:
        """DNS answered, and there is no key record."""
        return self.failure is None and self.key is None and not self.several


def key_name(selector: str, domain: str) -> str:
    """Where a selector's key stands."""
    return f"{selector.lower()}._domainkey.{domain.lower().rstrip('.')}"


async def look_up(ask: Ask, selector: str, domain: str) -> Found:
    """One key."""
    name = key_name(selector, domain)
    if not is_name(name):
        return Found(
            selector=selector,
            domain=domain,
            failure=Failure(kind="protocol", detail="not a name that DNS can carry", target=name),
        )
    answer = await ask.ask(escaped(name), "TXT")
    if isinstance(answer, Failure):
        return Found(selector=selector, domain=domain, failure=answer)
    texts = [text for text in answer.texts if is_key(text)]
    service = behind(answer.canonical) if answer.canonical and answer.canonical != answer.name else None
    if len(texts) > 1:
        return Found(selector=selector, domain=domain, answer=answer, several=len(texts), service=service)
    return Found(
        selector=selector, domain=domain, answer=answer, key=read(texts[0]) if texts else None, service=service
    )


async def probe(ask: Ask, domain: str, selectors: Iterable[str]) -> tuple[Found, ...]:
    """Several selectors at once; those without a key are among them."""
    return tuple(await asyncio.gather(*(look_up(ask, selector, domain) for selector in dict.fromkeys(selectors))))


async def signs_at_all(ask: Ask, domain: str) -> bool | None:
    """False where no key can exist, since `_domainkey` itself does not (RFC 8020); None where that is not known."""
    top, made_up = await asyncio.gather(
        ask.ask(f"_domainkey.{domain}", "TXT"), look_up(ask, "launchready-none-such", domain)
    )
    if isinstance(top, DnsAnswer) and top.status == "nxdomain" and made_up.absent:
        return False
    return None


async def answers_anything(ask: Ask, domain: str) -> bool:
    """Whether a wildcard gives every selector a key."""
    return (await look_up(ask, "launchready-none-such", domain)).key is not None
