"""Looks at mail as lines for a terminal. All foreign text passes `fit` or `for_terminal`."""

from __future__ import annotations

from collections.abc import Iterator

from ..mail.auth.dkim_lookup import Found
from ..mail.auth.dkim_record import pointed
from ..mail.auth.dmarc import Discovery, unseen_before
from ..mail.auth.dmarc_record import read
from ..mail.auth.message import Letter
from ..mail.auth.spf import Outcome
from ..text import for_terminal
from ..verdict.report.ink import Ink, pad
from ..world import registrable
from .inspect_mail import Keys

_TONES = {
    "pass": "pass",
    "fail": "fail",
    "softfail": "warn",
    "neutral": "warn",
    "none": "warn",
    "temperror": "unknown",
    "permerror": "fail",
}
_GLYPHS = {"pass": "●", "fail": "✕", "warn": "▲", "unknown": "?"}
_SPF_WORDS = {
    "pass": "may send for",
    "fail": "may not send for",
    "softfail": "probably may not send for",
    "neutral": "is neither allowed nor forbidden by",
    "none": "is not covered by any record of",
    "temperror": "could not be checked for",
    "permerror": "is judged by an invalid record of",
}


def spf_lines(outcome: Outcome, ink: Ink) -> Iterator[str]:
    """The result, the record, and every term that was looked at."""
    tone = _TONES[outcome.result]
    yield (
        ink.paint(f"{_GLYPHS[tone]} {outcome.result}", tone)
        + f"  the address {_SPF_WORDS[outcome.result]} {ink.fit(outcome.domain, 40)}"
    )
    if outcome.matched is not None:
        where = f" in the record of {outcome.matched_in}" if outcome.matched_in != outcome.domain else ""
        yield f"  decided by  {ink.fit(outcome.matched + where, 14)}"
    if outcome.problem:
        yield f"  because     {ink.fit(outcome.problem, 14)}"
    if outcome.explanation is not None:
        yield f"  the domain's explanation  {ink.fit(outcome.explanation, 27)}"
    yield f"  lookups     {outcome.lookups} of 10, {outcome.void_lookups} of 2 without a result"
    if outcome.record:
        yield f"  record      {ink.fit(outcome.record, 14)}"
    for step in outcome.steps:
        pad = "  " * (step.depth + 1)
        yield f"{pad}{ink.fit(step.term, len(pad) + 24)}  {ink.paint(for_terminal(step.words), 'dim')}"


def dmarc_lines(found: Discovery, ink: Ink) -> Iterator[str]:
    """The policy in force, where it comes from, and what the record says."""
    if found.failure is not None:
        yield ink.paint(f"? lookup failed: {ink.fit(str(found.failure), 26)}", "unknown")
    elif found.policy is None:
        yield ink.paint(f"✕ no policy for {ink.fit(found.domain, 18)}", "fail")
    else:
        lowered = "" if found.effective == found.policy else f", lowered to {found.effective} by t=y"
        yield ink.paint(f"● {found.policy}", "pass") + f"  for {ink.fit(found.domain, 20)}{lowered}"
    if found.problem:
        yield f"  because             {ink.fit(found.problem, 22)}"
    if found.record_domain:
        from_ = f"{found.record_domain}{f' by its {found.tag}' if found.tag else ''}"
        yield f"  record of           {ink.fit(from_, 22)}"
    registered = registrable(found.domain)
    if unseen_before(found, registered):
        words = f"look only at {found.domain} and {registered} (RFC 7489): they do not see this record"
        yield ink.paint(f"  ▲ older receivers   {ink.fit(words, 22)}", "warn")
    if found.organizational_domain:
        yield f"  organisation        {ink.fit(found.organizational_domain, 22)}"
    if found.exists is False:
        yield "  the name itself     does not exist (np applies to it)"
    if found.record:
        record = read(found.record)
        yield f"  record              {ink.fit(found.record, 22)}"
        for problem in record.problems:
            yield ink.paint(f"  ▲ {ink.fit(problem, 4)}", "warn")
        for words in record.obsolete:
            yield ink.paint(f"  · {ink.fit(words, 4)}", "dim")
        reports = ", ".join(address.uri for address in record.rua)
        yield f"  reports go to       {ink.fit(reports or 'no one', 22)}"
    for answer in found.answers:
        said = (
            "; ".join(answer.texts)
            if answer.texts
            else {"nxdomain": "no such name", "nodata": "no such record"}.get(answer.status, "")
        )
        yield ink.paint(f"  {answer.name}  {ink.fit(said, len(answer.name) + 4)}", "dim")


def dkim_lines(keys: Keys, ink: Ink) -> Iterator[str]:
    """A block a selector: what the key is, and what is wrong with it."""
    if not keys.found:
        yield ink.paint(f"? none of the usual selectors of {ink.fit(keys.domain, 40)} has a key", "unknown")
        yield "  the selector follows s= in the DKIM-Signature header of a mail; give it with --selector"
    for one in keys.found:
        yield _key_line(one, ink)
        if one.key is not None:
            for problem in one.key.problems:
                yield ink.paint(f"  ▲ {ink.fit(problem.words, 4)}", "warn")
            lines = pointed(one.key).splitlines() if one.key.problems and not ink.width else [one.key.raw]
            for line in lines:
                yield ink.paint(f"  {ink.fit(line, 2)}" if line is one.key.raw else f"  {line}", "dim")


def _key_line(one: Found, ink: Ink) -> str:
    name = ink.fit(one.name, 40)
    if one.failure is not None:
        return ink.paint(f"? {name}  lookup failed: {for_terminal(str(one.failure))}", "unknown")
    if one.several:
        return ink.paint(f"✕ {name}  {one.several} keys, so none is valid", "fail")
    if one.key is None:
        return ink.paint(f"✕ {name}  no key here", "fail")
    what = "withdrawn" if one.key.revoked else f"{one.key.kind} {one.key.bits} bits"
    whose = f", of {one.service.name}" if one.service else ""
    tone = "pass" if one.key.usable and not one.key.has("short") else "warn" if one.key.usable else "fail"
    return ink.paint(f"{_GLYPHS[tone]} {name}", tone) + f"  {what}{whose}"


def letter_lines(letter: Letter, ink: Ink) -> Iterator[str]:
    """A message: who it is from, what the receiver saw, what our own look at its signatures says, and its parts."""
    yield ink.paint(ink.fit(letter.subject or "(no subject)", 0), "bold")
    yield f"  from        {ink.fit(letter.from_address or '(none)', 14)}"
    if letter.sender:
        yield f"  envelope    {ink.fit(letter.sender, 14)}"
    who = letter.verdicts.authserv_id if letter.verdicts else None
    nobody = "an unnamed receiver" if letter.verdicts else "no receiver: there is no Authentication-Results line"
    yield f"  judged by   {ink.fit(who or nobody, 14)}"
    yield from _auth_lines(letter, ink)
    for sign in letter.signatures:
        tone = {"pass": "pass", "temperror": "unknown"}.get(sign.result, "fail")
        head = f"{_GLYPHS[tone]} signature of {sign.domain or '?'} with {sign.selector or '?'}: {sign.result}"
        yield "  " + ink.paint(ink.fit(head, 2), tone) + (f"  {ink.fit(sign.why, 40)}" if sign.why else "")
    for hop in letter.arc:
        words = " ".join(f"{one.method}={one.result}" for one in hop.results)
        who = f"ARC {hop.instance}  {hop.receiver or hop.domain or '(no name)'}"
        more = f"  ▲ {hop.problem}" if hop.problem else ""
        yield "  " + ink.fit(f"{pad(who, 10)}  cv={hop.validation or '?'}  {words}{more}", 2)
    if letter.seconds is not None:
        yield f"  under way   {letter.seconds:.0f} s"
    if letter.encrypted is not None:
        yield f"  last hop    {'encrypted' if letter.encrypted else 'no encryption recorded'}"
    if letter.folder:
        yield f"  folder      {letter.folder}"
    parts = {
        (True, True): "text and HTML",
        (True, False): "text only",
        (False, True): "HTML only: add a text part",
        (False, False): "empty",
    }
    yield f"  parts       {parts[letter.has_text, letter.has_html]}"
    yield f"  one-click   {_one_click(letter)}"
    for link in letter.links:
        mark = "  " if link.secure and not link.shown else ink.paint("▲ ", "warn")
        more = "" if not link.shown else f"  shown as {for_terminal(link.shown)}"
        yield f"  {mark}link      {ink.fit(link.url + more, 14)}"
    for words in letter.problems:
        yield ink.paint(f"  ▲ {words}", "warn")


def _auth_lines(letter: Letter, ink: Ink) -> Iterator[str]:
    align = letter.alignment
    rows = (
        ("SPF", letter.spf or "unknown", align.spf, align.spf_domain),
        ("DKIM", letter.dkim, align.dkim, align.dkim_domain),
        ("DMARC", letter.dmarc_result, None, letter.dmarc.record_domain or "" if letter.dmarc else ""),
    )
    for name, word, same, domain in rows:
        tone = (
            "pass"
            if word == "pass"
            else "warn"
            if word in ("none", "neutral", "softfail", "unknown", "unknown")
            else "fail"
        )
        more = for_terminal(domain)
        if name != "DMARC" and domain:
            more += {True: ", aligned with From", False: ", not aligned with From", None: ", alignment not known"}[same]
        yield (
            f"  {pad(name, 10)}  "
            + ink.paint(f"{_GLYPHS[tone]} {pad(for_terminal(word), 9)}", tone)
            + f" {ink.fit(more, 26)}"
        )


def _one_click(letter: Letter) -> str:
    if not letter.one_click.offered:
        return "not offered (needed for marketing and notifications only)"
    return "; ".join(letter.one_click.problems) or "offered in its header"
