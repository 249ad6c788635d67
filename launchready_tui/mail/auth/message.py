"""A received message, read and judged: what the receiver saw, whether it aligns, its links, its parts, its way out of
a list."""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import re
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from ...hostnames import comparable, host_of
from .arc import Hop, chain
from .ask import Ask, is_domain
from .body import Body, decoded, pieces
from .body import read as read_body
from .dkim import Signature, split, verify
from .dmarc import Discovery, aligned, discover
from .results import Result, Verdicts, merged

LARGEST = 10 * 1024 * 1024
_URL = re.compile(r"https?://[^\s<>\"'\]\[(){}|\\^`]+", re.IGNORECASE)
_ANGLE = re.compile(r"<([^<>]*)>")
_TLS = re.compile(r"\bwith\s+(?:E?SMTPSA?|UTF8SMTPSA?)\b|\bTLSv?1|version=TLS|using TLS", re.IGNORECASE)
Folder = Literal["", "inbox", "junk"]


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One link of the text or the HTML part. `shown` is a host that the link's words name and that it does not lead
    to."""

    url: str
    host: str
    secure: bool
    shown: str = ""


class OneClick(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 8058: the button that mailboxes show. `problems` is empty where it works; `offered` is False where there is
    no header at all."""

    offered: bool
    uri: str = ""
    problems: tuple[str, ...] = ()


class Alignment(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the From address is the one that SPF and DKIM speak for (RFC 9989 section 4.4). None: not known."""

    spf: bool | None
    dkim: bool | None
    spf_domain: str = ""
    dkim_domain: str = ""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was read. `verdicts` is what the receiver wrote; `signatures` what our own check of them says
    now."""

    from_address: str
    from_domain: str
    sender: str
    """The envelope's address, as the receiver kept it."""
    subject: str
    message_id: str
    sent_at: datetime | None
    received_at: datetime | None
    verdicts: Verdicts | None
    signatures: tuple[Signature, ...]
    dmarc: Discovery | None
    alignment: Alignment
    links: tuple[Link, ...]
    one_click: OneClick
    has_text: bool
    has_html: bool
    encrypted: bool | None
    """Whether the last hop came over TLS; None where its line does not tell."""
    folder: Folder = ""
    """Where the receiver says it put the message (Microsoft only)."""
    spam_level: str = ""
    """Microsoft's SCL."""
    problems: tuple[str, ...] = ()
    arc: tuple[Hop, ...] = ()
    """The servers that passed it on and what each saw (RFC 8617), the first one first; read, not verified."""

    @property
    def seconds(self) -> float | None:
        """From the message's own date to its arrival."""
        if self.sent_at is None or self.received_at is None:
            return None
        return (self.received_at - self.sent_at).total_seconds()

    @property
    def spf(self) -> str:
        """The receiver's SPF result in its own word (RFC 8601, section 2.7.2); empty where it wrote none."""
        return self.verdicts.word("spf") if self.verdicts else ""

    @property
    def dkim(self) -> str:
        """As the receiver saw it; our own check where no receiver tells."""
        word = self.verdicts.word("dkim") if self.verdicts else ""
        if word:
            return word
        results = [one.result for one in self.signatures]
        return "pass" if "pass" in results else results[0] if results else "none"

    @property
    def dmarc_result(self) -> str:
        """As the receiver saw it; where it wrote nothing, worked out from the domain's record, SPF and DKIM: `none`
        without a record."""
        word = self.verdicts.word("dmarc") if self.verdicts else ""
        if word:
            return word
        if self.dmarc is None or self.dmarc.policy is None:
            return "unknown" if self.dmarc and self.dmarc.failure else "none"
        if self.alignment.dkim or self.alignment.spf:
            return "pass"
        return "unknown" if self.alignment.dkim is None or self.alignment.spf is None else "fail"


async def read(ask: Ask, raw: bytes, *, now: float | None = None) -> Letter:
    """Reads and judges a raw message. Raises ValueError for what is none. No link is opened: some are good for once
    only."""
    if len(raw) > LARGEST:
        raise ValueError(f"larger than {LARGEST // 1024 // 1024} MB")
    fields, _ = split(raw)
    names = [name.strip().lower().decode("ascii", "replace") for name, _ in fields]
    if "from" not in names:
        raise ValueError(
            "this is not a raw message: it has no From line (use the message source, not the displayed mail)"
        )
    values = [(name, value.decode("utf-8", "replace")) for name, (_, value) in zip(names, fields, strict=True)]

    def all_of(wanted: str) -> list[str]:
        return [value for name, value in values if name == wanted]

    verdicts = merged(all_of("authentication-results"))
    signatures = await verify(ask, raw, now=now)
    from_address = _from(all_of("from"))
    domain = comparable(from_address.rpartition("@")[2])
    found = await discover(ask, domain) if is_domain(domain) else None
    body, links = await asyncio.to_thread(_body, raw)
    received = all_of("received")
    junk = next(iter(all_of("x-microsoft-antispam-mailbox-delivery")), "")
    forefront = next(iter(all_of("x-forefront-antispam-report")), "")
    envelope = _envelope(all_of("return-path"), verdicts)
    scl = re.search(r"\bSCL:(-?\d+)", forefront)
    problems = []
    if len(all_of("from")) > 1:
        problems.append("it has more than one From line")
    if not all_of("message-id"):
        problems.append("it has no Message-ID")
    if not all_of("date"):
        problems.append("it has no Date")
    if body.deep:
        problems.append("its parts are nested too deeply to be read in full")
    return Letter(
        from_address=from_address,
        from_domain=domain,
        sender=envelope,
        subject=decoded(next(iter(all_of("subject")), "")),
        message_id=next(iter(all_of("message-id")), "").strip(),
        sent_at=_date(next(iter(all_of("date")), "")),
        received_at=_date(received[0].rpartition(";")[2]) if received else None,
        verdicts=verdicts,
        signatures=signatures,
        dmarc=found,
        alignment=await _alignment(ask, domain, envelope, found, verdicts, signatures),
        links=links,
        one_click=_one_click(all_of("list-unsubscribe"), all_of("list-unsubscribe-post"), verdicts, signatures),
        has_text=bool(body.text.strip()),
        has_html=bool(body.markup.strip()),
        encrypted=bool(_TLS.search(received[0])) if received else None,
        folder=_folder(junk),
        spam_level=scl[1] if scl else "",
        problems=tuple(problems),
        arc=chain(values),
    )


# -- header ----------------------------------------------------------------------------------------------------------


def _from(values: list[str]) -> str:
    for value in values:
        with contextlib.suppress(RecursionError):  # comments in comments, thousands deep
            address = email.utils.parseaddr(re.sub(r"\r\n[ \t]+", " ", value))[1]
            if "@" in address:
                return address
        found = re.search(r"[^\s<>\"@]+@[^\s<>\"@]+", value)
        if found:
            return found[0]
    return ""


def _date(value: str) -> datetime | None:
    try:
        when = email.utils.parsedate_to_datetime(re.sub(r"\s+", " ", value).strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _envelope(paths: list[str], verdicts: Verdicts | None) -> str:
    for path in paths:
        found = _ANGLE.search(path)
        if found:
            return found[1].strip()
    spf = verdicts.of("spf") if verdicts else ()
    return next((one.get("smtp.mailfrom", "smtp.mail") for one in spf), "")


def _folder(delivery: str) -> Folder:
    found = re.search(r"\bdest:([A-Z])", delivery)
    return "" if not found else "junk" if found[1] == "J" else "inbox" if found[1] == "I" else ""


async def _alignment(
    ask: Ask,
    domain: str,
    envelope: str,
    found: Discovery | None,
    verdicts: Verdicts | None,
    signatures: tuple[Signature, ...],
) -> Alignment:
    record = found.parsed if found else None
    strict = {tag: bool(record and record.tag(tag) == "s") for tag in ("adkim", "aspf")}
    organisations: dict[str, str | None] = {domain: found.organizational_domain if found else None}

    async def same(other: str, tag: str) -> bool | None:
        """None where the organisation of either could not be looked up."""
        if not other or not domain:
            return False
        if other == domain:
            return True
        if strict[tag]:
            return False
        if other not in organisations:
            organisations[other] = (await discover(ask, other)).organizational_domain if is_domain(other) else other
        if organisations[domain] is None or organisations[other] is None:
            return None
        return aligned(other, domain, organisations[other], organisations[domain], strict=False)

    spf_results = verdicts.of("spf") if verdicts else ()
    passed = next((one for one in spf_results if one.result == "pass"), None)
    told = passed.get("smtp.mailfrom", "smtp.mail") if passed else ""
    spf_domain = comparable(told.rpartition("@")[2] or envelope.rpartition("@")[2]) if passed else ""
    spf = await same(spf_domain, "aspf") if passed else (False if spf_results else None)
    signed = _signed_by(verdicts, signatures)
    answers = [(one, await same(one, "adkim")) for one in signed]
    best = next(
        (one for one in answers if one[1]),
        next((one for one in answers if one[1] is None), answers[0] if answers else ("", None)),
    )
    dkim = best[1] if answers else False
    return Alignment(spf=spf, dkim=dkim, spf_domain=spf_domain, dkim_domain=best[0])


def _signed_by(verdicts: Verdicts | None, signatures: tuple[Signature, ...]) -> list[str]:
    """The domains whose signatures passed: as the receiver saw them, or by our own check where it does not tell."""
    told = verdicts.of("dkim") if verdicts else ()
    if told:
        return [domain for one in told if one.result == "pass" and (domain := _signer(one, signatures))]
    return [one.domain for one in signatures if one.result == "pass"]


def _signer(one: Result, signatures: tuple[Signature, ...]) -> str:
    """d= of a passed signature: some receivers tell i= only, whose domain may be longer."""
    given = comparable(one.get("header.d"))
    if given:
        return given
    identity = comparable(one.get("header.i").rpartition("@")[2])
    longer = [sign.domain for sign in signatures if identity == sign.domain or identity.endswith("." + sign.domain)]
    return longer[0] if longer else identity


# -- list-unsubscribe ------------------------------------------------------------------------------------------------


def _one_click(
    headers: list[str], posts: list[str], verdicts: Verdicts | None, signatures: tuple[Signature, ...]
) -> OneClick:
    if not headers and not posts:
        return OneClick(offered=False)
    uris = [one.strip() for one in _ANGLE.findall(" ".join(headers))]
    secure = [one for one in uris if one.lower().startswith("https://")]
    problems = []
    if len(headers) > 1 or len(posts) > 1:
        problems.append("the header appears more than once")
    if len(secure) != 1:
        problems.append(
            "List-Unsubscribe needs one https address" if not secure else "List-Unsubscribe has several https addresses"
        )
    if not posts:
        problems.append("List-Unsubscribe-Post is missing")
    elif re.sub(r"\s+", "", posts[0]).lower() != "list-unsubscribe=one-click":
        problems.append("List-Unsubscribe-Post must be List-Unsubscribe=One-Click")
    covering = [one for one in signatures if {"list-unsubscribe", "list-unsubscribe-post"} <= set(one.headers)]
    if not covering:
        problems.append("no DKIM signature covers both header lines")
    elif not any(one.result == "pass" for one in covering) and not (verdicts and verdicts.word("dkim") == "pass"):
        problems.append("the DKIM signature that covers both header lines does not pass")
    return OneClick(offered=True, uri=secure[0] if secure else "", problems=tuple(problems))


# -- body ------------------------------------------------------------------------------------------------------------


def _body(raw: bytes) -> tuple[Body, tuple[Link, ...]]:
    body = read_body(re.sub(rb"\r?\n", b"\r\n", raw).lstrip(b"\r\n"))
    return body, _links(body.text, body.markup)


def _anchors(markup: str) -> list[tuple[str, str]]:
    """Addresses of links, and the words each shows."""
    found: list[tuple[str, list[str]]] = []
    opened = False
    for kind, name, attributes in pieces(markup):
        if kind == "start" and name in ("a", "area"):
            opened = name == "a"
            found.append((attributes.get("href", "").strip(), []))
        elif kind == "end" and name == "a":
            opened = False
        elif kind == "text" and opened:
            found[-1][1].append(name)
    return [(href, "".join(words)) for href, words in found]


def _links(text: str, markup: str) -> tuple[Link, ...]:
    pairs = [*_anchors(markup), *((url.rstrip(".,;:!?"), "") for url in _URL.findall(text))]
    found: dict[str, Link] = {}
    for url, words in pairs:
        try:
            parts = urlsplit(url)
            host = host_of(url)
        except ValueError:
            continue
        if parts.scheme.lower() not in ("http", "https") or not host or url in found:
            continue
        found[url] = Link(url=url, host=host, secure=parts.scheme.lower() == "https", shown=_other_host(words, host))
    return tuple(found.values())


def _other_host(words: str, host: str) -> str:
    """A host that the words of a link name where it leads elsewhere: what filters take for phishing."""
    bare = words.strip().lower()
    named = re.fullmatch(r"(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:[/?#:]\S*)?", bare)
    if not named:
        return ""
    same = named[1].removeprefix("www.") == host.removeprefix("www.")
    return "" if same else named[1]
