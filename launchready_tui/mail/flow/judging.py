"""From a raw mail to what can be said of it: who vouched for it, whether its sender is ours, whether its links lead
anywhere."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ...failure import Failure
from ...hostnames import host_of
from ...text import clean, shorten
from ...world.sights import Reply
from ..auth import message as reader
from .model import Link, Message, Signer, Unsubscribe
from .reading import plain, shown, unsubscribes, words_of

if TYPE_CHECKING:
    from ...launch.model import MailFlow
    from ...world import World

AT_ONCE = 6
MOST_LINKS = 40


async def judge(world: World, raw: bytes, flow: MailFlow | None, *, open_links: bool) -> Message:
    """Judges one mail. `open_links`: follows its links, which may use up what they stand for; for our own test mails.

    Raises ValueError for what is no mail.
    """
    letter = await reader.read(world.dns, raw, now=world.clock.now().timestamp())
    words = await asyncio.to_thread(words_of, raw)
    told = letter.verdicts is not None and bool(letter.verdicts.results)
    alignment = letter.alignment
    by = [f"{kind} for {domain}" for kind, ok, domain in _ways(alignment) if ok]
    return Message(
        sender=letter.from_domain,
        subject=shorten(clean(letter.subject), 120),
        receiver=clean((letter.verdicts.authserv_id or "the receiver") if told and letter.verdicts else ""),
        told_by="receiver" if told else "console",
        spf=letter.spf,
        dkim=letter.dkim,
        dmarc=letter.verdicts.word("dmarc") if letter.verdicts else "",
        aligned=True if by else None if None in (alignment.spf, alignment.dkim) else False,
        aligned_by=", ".join(by)
        or ", ".join(f"{kind} is for {domain}" for kind, _, domain in _ways(alignment) if domain),
        text_part=letter.has_text,
        missing=tuple(text for text in (flow.contains if flow else ()) if plain(text) not in words),
        links=await _links(world, letter, open_links),
        unsubscribe=Unsubscribe(
            offered=letter.one_click.offered,
            host=host_of(letter.one_click.uri),
            problems=letter.one_click.problems or await _pressed(world, letter.one_click.uri, flow, open_links),
        ),
        problems=letter.problems,
        signers=tuple(
            Signer(domain=clean(one.domain), selector=clean(one.selector), result=one.result)
            for one in letter.signatures
            if one.domain and one.selector
        ),
        filter_words=_filter(letter),
    )


async def _pressed(world: World, uri: str, flow: MailFlow | None, open_links: bool) -> tuple[str, ...]:
    """Presses the button as a mailbox would (RFC 8058 section 3.2): a POST without cookies, and no redirect. It takes
    our own tagged test address off the list, so it is done with consent alone, and only for a mail that advertises."""
    if not (uri and open_links and flow is not None and flow.marketing and "mail" in world.allow):
        return ()
    headers = (("content-type", "application/x-www-form-urlencoded"),)
    reply = await world.web.get(uri, method="POST", headers=headers, body=b"List-Unsubscribe=One-Click", fresh=True)
    if isinstance(reply, Failure):
        return (f"its address did not answer: {clean(reply.words)}",)
    if reply.status in (301, 302, 303, 307, 308):
        return (f"its address redirects (status {reply.status}), which mailboxes do not follow",)
    return () if reply.status < 400 else (f"its address answers status {reply.status} to a POST",)


def _ways(alignment: reader.Alignment) -> tuple[tuple[str, bool | None, str], ...]:
    return (("DKIM", alignment.dkim, alignment.dkim_domain), ("SPF", alignment.spf, alignment.spf_domain))


async def _links(world: World, letter: reader.Letter, open_links: bool) -> tuple[Link, ...]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(link: reader.Link) -> Link:
        base = {"shown": shown(link.url), "host": link.host, "secure": link.secure, "names": link.shown}
        if not open_links or unsubscribes(link.url) or link.url == letter.one_click.uri:
            return Link(**base)  # type: ignore[arg-type]
        async with gate:
            chain = await world.web.follow(link.url)
        end = chain.end
        if isinstance(end, Failure):
            return Link(**base, opened=True, problem=clean(end.words), unseen=end.kind not in _DEAD)  # type: ignore[arg-type]
        problem = f"a broken redirect ({chain.problem})" if chain.problem else _words(end)
        return Link(**base, opened=True, status=end.status, problem=problem)  # type: ignore[arg-type]

    # The same link often stands in the text and behind a button.
    found = await asyncio.gather(*(one(link) for link in letter.links[:MOST_LINKS]))
    return tuple(dict.fromkeys(found))


_DEAD = frozenset({"no-such-name", "no-address", "certificate", "refused"})
"""What makes a link dead for everybody; other failures may be ours alone."""


def _words(reply: Reply) -> str:
    if reply.status < 400:
        return ""
    return {404: "not found (404)", 410: "gone (410)", 403: "refused (403)", 401: "asks for a log-in (401)"}.get(
        reply.status, f"status {reply.status}"
    )


def _filter(letter: reader.Letter) -> str:
    """What the receiver's filter noted beside (Microsoft only; learn.microsoft.com, anti-spam message headers, as
    known 2026-11)."""
    notes = [f"SCL {letter.spam_level}"] if letter.spam_level else []
    composite = letter.verdicts.of("compauth") if letter.verdicts else ()
    notes += [f"compauth {one.result} {one.reason}".strip() for one in composite]
    return clean(", ".join(notes))
