"""Who runs what, by public clues: `providers.toml` beside this module, and how a clue is matched."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Iterable
from importlib import resources
from typing import Literal

import msgspec

from ...failure import Failure
from ...launch.names import inside
from ...world import World, registrable
from ...world.sights import Reply

Kind = Literal["cdn", "platform", "cloud"]
Confidence = Literal["high", "medium"]


class Hosting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One company that serves web pages. A header is `name` (being there is enough) or `name: part of its value`,
    lower case."""

    name: str
    kind: Kind
    cname: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    certificate: str = ""
    """How the certificate of a host is issued again there, for `HOST`: a command, or a way through its pages."""


class DnsHost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One company that serves zones, by the ends or parts of its name servers' names."""

    name: str
    suffixes: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()


class Mailbox(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One company that receives mail, by the ends of its MX names."""

    name: str
    suffixes: tuple[str, ...]


class Sender(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One service that sends mail. Without `includes` it sends from a return-path domain of its own and leaves SPF
    alone."""

    name: str
    known_as: tuple[str, ...]
    includes: tuple[str, ...]


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole data file."""

    hosting: tuple[Hosting, ...]
    dns: tuple[DnsHost, ...]
    mailbox: tuple[Mailbox, ...]
    sender: tuple[Sender, ...]


class Clue(msgspec.Struct, frozen=True):
    """One sign that a provider serves a host. `kind`: alias, address, header."""

    kind: Literal["alias", "address", "header"]
    words: str


class Guess(msgspec.Struct, frozen=True):
    """A provider and what points to it. Alias and address are sure; a header alone can come from somewhere behind."""

    hosting: Hosting
    clues: tuple[Clue, ...]

    @property
    def confidence(self) -> Confidence:
        """Medium where response headers are the only clue: a proxy in front may have written them."""
        return "high" if {clue.kind for clue in self.clues} - {"header"} else "medium"


@functools.cache
def table() -> Table:
    """The data file, read once."""
    import tomllib

    return msgspec.convert(tomllib.loads((resources.files(__package__) / "providers.toml").read_text("utf-8")), Table)


@functools.cache
def _networks(hosting: Hosting) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(network) for network in hosting.networks)


def _inside(address: str, hosting: Hosting) -> bool:
    return any(ipaddress.ip_address(address) in network for network in _networks(hosting))


def _header_clue(wanted: str, reply: Reply) -> Clue | None:
    name, colon, part = wanted.partition(":")
    for value in reply.all(name):
        if not colon or part.strip() in value.lower():
            return Clue("header", f"{name}: {value}")
    return None


def guesses(aliases: Iterable[str], addresses: Iterable[str], reply: Reply | None) -> tuple[Guess, ...]:
    """Every provider that something points to, the one with the most clues first."""
    aliases, addresses = tuple(aliases), tuple(addresses)
    found: list[Guess] = []
    for hosting in table().hosting:
        clues = [
            Clue("alias", f"alias of {alias}") for alias in aliases if any(inside(alias, end) for end in hosting.cname)
        ]
        clues += [Clue("address", f"address {address}") for address in addresses if _inside(address, hosting)]
        if reply is not None:
            clues += [clue for wanted in hosting.headers if (clue := _header_clue(wanted, reply)) is not None]
        if clues:
            found.append(Guess(hosting, tuple(clues)))
    return tuple(sorted(found, key=lambda guess: -len(guess.clues)))


_SHORT = {
    "aws": "amazon web services",
    "amazon": "amazon web services",
    "gcp": "google cloud",
    "azure": "microsoft azure",
    "digitalocean": "digitalocean app platform",
    "cloudfront": "amazon cloudfront",
    "firebase": "firebase hosting",
    "fly": "fly.io",
}


def same_company(declared: str, hosting: Hosting) -> bool:
    """Whether the words of a launch file mean this company."""
    said = " ".join(declared.casefold().split())
    name = hosting.name.casefold()
    return _SHORT.get(said, said) == name or said in name or name in said


def dns_host(servers: Iterable[str]) -> str:
    """The company that serves a zone, by its name servers; empty where none is known."""
    for server in servers:
        for row in table().dns:
            if any(inside(server, suffix) for suffix in row.suffixes) or any(part in server for part in row.contains):
                return row.name
    return ""


def mailbox(exchanges: Iterable[str]) -> str:
    """The company that receives mail, by the MX names; empty where none is known."""
    for exchange in exchanges:
        for row in table().mailbox:
            if any(inside(exchange, suffix) for suffix in row.suffixes):
                return row.name
    return ""


def sender_of_include(include: str) -> Sender | None:
    """The sending service that asks for this SPF include."""
    return next((row for row in table().sender if any(inside(include, known) for known in row.includes)), None)


def sender_called(name: str) -> Sender | None:
    """The sending service a launch file means."""
    wanted = name.strip().lower().replace(" ", "-").replace("_", "-")
    return next((row for row in table().sender if wanted in row.known_as), None)


async def where_dns_is_edited(world: World, name: str) -> str:
    """Where a record of this name is changed, for remedies: the company's name, or plain words."""
    answer = await world.dns.ask(registrable(name), "NS")
    company = "" if isinstance(answer, Failure) else dns_host(answer.records)
    return f"{company} DNS" if company else "your DNS host"
