"""SPF records (RFC 7208 section 12) read with source positions: every term, and every place that breaks the grammar."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal

from ...text import whole

VERSION = re.compile(r"^v=spf1(?= |$)", re.IGNORECASE)
MECHANISMS = ("all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists")
# What costs one of the ten look-ups (section 4.6.4).
COSTLY = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
MAX_LOOKUPS = 10
MAX_VOID = 2

# A number of kept parts is never nought (section 7.1).
_MACRO_EXPAND = r"%(?:\{[slodiphcrtvSLODIPHCRTV](?:0*[1-9]\d*)?[rR]?[.\-+,/_=]*\}|%|_|-)"
_LITERAL = r"[!-$&-~]"
_MACRO_STRING = re.compile(rf"(?:{_MACRO_EXPAND}|{_LITERAL})*")
EXPLANATION = re.compile(rf"(?:{_MACRO_EXPAND}|{_LITERAL}| )*")
"""The text that exp= leads to (section 6.2): macros and plain ASCII with blanks."""
_ENDS_IN_MACRO = re.compile(rf"{_MACRO_EXPAND}$")
_TOPLABEL = re.compile(r"\.(?:[0-9A-Za-z]*[A-Za-z][0-9A-Za-z]*|[0-9A-Za-z]+-[0-9A-Za-z-]*[0-9A-Za-z])\.?$")
_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_.-]*")
_CIDR = re.compile(r"(?:/(?P<four>\d+))?(?://(?P<six>\d+))?$")
_ONLY_IN_EXP = re.compile(r"%\{[crtCRT]")


@dataclass(frozen=True)
class Problem:
    """A place that breaks the grammar: offsets into the record's text."""

    start: int
    end: int
    words: str


@dataclass(frozen=True)
class Term:
    """One mechanism or modifier. `domain` is as written and may hold macros; `network` is set for ip4 and ip6."""

    kind: Literal["mechanism", "modifier"]
    name: str
    text: str
    start: int
    qualifier: str = "+"
    domain: str = ""
    network: str = ""
    prefix4: int | None = None
    prefix6: int | None = None

    @property
    def costs_lookup(self) -> bool:
        """Whether it counts to the ten look-ups that a receiver allows (RFC 7208, section 4.6.4)."""
        return self.name in COSTLY

    @property
    def has_macro(self) -> bool:
        """Whether the domain depends on the mail (RFC 7208, section 7), so that it cannot be asked ahead."""
        return "%" in self.domain


@dataclass(frozen=True)
class Record:
    """A record as read. With a problem anywhere the whole record is a permanent error (section 4.6)."""

    raw: str
    terms: tuple[Term, ...]
    problems: tuple[Problem, ...]

    @property
    def all(self) -> Term | None:
        """The `all` mechanism; None where the record has none, which reads as `?all` (RFC 7208, section 4.7)."""
        return next((term for term in self.terms if term.name == "all"), None)

    @property
    def redirect(self) -> Term | None:
        """In force only without `all` (section 6.1)."""
        return None if self.all else next((term for term in self.terms if term.name == "redirect"), None)

    @property
    def in_force(self) -> tuple[Term, ...]:
        """The terms that are ever looked at: mechanisms up to `all`, then the redirect."""
        mechanisms = []
        for term in self.terms:
            if term.kind == "mechanism":
                mechanisms.append(term)
                if term.name == "all":
                    break
        return (*mechanisms, *((self.redirect,) if self.redirect else ()))

    def pointed(self) -> str:
        """The text with a mark under every problem, for evidence."""
        marks = [" "] * len(self.raw)
        for problem in self.problems:
            for at in range(problem.start, min(max(problem.end, problem.start + 1), len(self.raw))):
                marks[at] = "^"
        return self.raw + "\n" + "".join(marks).rstrip()


def is_spf(text: str) -> bool:
    """Section 4.5: exactly `v=spf1`, in any case, followed by a space or nothing."""
    return bool(VERSION.match(text))


def almost_spf(text: str) -> bool:
    """Meant as an SPF record and passed over by receivers: another version, a leading blank or quote, a missing
    blank."""
    bare = text.strip(" \t\"'").lower()
    return not is_spf(text) and (
        bare.startswith(("v=spf", "spf1", "v =spf", "v= spf")) or ("include:" in bare and bare.endswith("all"))
    )


def read(text: str) -> Record:
    """Reads a record that `is_spf`. Never raises."""
    terms: list[Term] = []
    problems: list[Problem] = []
    at = VERSION.match(text)
    position = at.end() if at else 0
    for found in re.finditer(r"[^ ]+", text[position:]):
        start = position + found.start()
        outcome = _term(found.group(), start)
        if isinstance(outcome, Problem):
            problems.append(outcome)
        else:
            terms.append(outcome)
    for name in ("redirect", "exp"):
        several = [term for term in terms if term.name == name]
        problems += [
            Problem(term.start, term.start + len(term.text), f"{name} may appear only once") for term in several[1:]
        ]
    return Record(text, tuple(terms), tuple(sorted(problems, key=lambda problem: problem.start)))


def _term(text: str, start: int) -> Term | Problem:
    end = start + len(text)
    if any(not 0x21 <= ord(char) <= 0x7E for char in text):
        return Problem(start, end, "only plain ASCII is allowed here, and spaces between terms")
    modifier = _NAME.match(text)
    if modifier and text[modifier.end() : modifier.end() + 1] == "=":
        return _modifier(modifier.group().lower(), text[modifier.end() + 1 :], text, start)
    qualifier, body = (text[0], text[1:]) if text[0] in "+-~?" else ("+", text)
    found = re.match(r"[A-Za-z0-9]+", body)
    name = found.group().lower() if found else ""
    if name not in MECHANISMS:
        return Problem(start, end, f"{text} is not an SPF term")
    rest = body[len(name) :]
    offset = start + len(text) - len(rest)
    match name:
        case "all":
            return (
                Problem(offset, end, "nothing may follow all")
                if rest
                else Term("mechanism", name, text, start, qualifier)
            )
        case "ip4" | "ip6":
            return _network(name, rest, text, start, qualifier, offset)
        case "include" | "exists":
            if not rest.startswith(":") or len(rest) == 1:
                return Problem(offset, end, f"{name} needs a colon and a domain")
            wrong = _domain_problem(rest[1:])
            return (
                Problem(offset + 1, end, wrong) if wrong else Term("mechanism", name, text, start, qualifier, rest[1:])
            )
        case "ptr":
            if rest and (not rest.startswith(":") or (wrong := _domain_problem(rest[1:]))):
                return Problem(offset, end, "only a colon and a domain may follow ptr")
            return Term("mechanism", name, text, start, qualifier, rest[1:])
    return _host(name, rest, text, start, qualifier, offset)


def _modifier(name: str, value: str, text: str, start: int) -> Term | Problem:
    offset, end = start + len(text) - len(value), start + len(text)
    if name in ("redirect", "exp"):
        wrong = _domain_problem(value)
        return Problem(offset, end, wrong) if wrong else Term("modifier", name, text, start, "", value)
    if not _MACRO_STRING.fullmatch(value):
        return Problem(offset, end, "the value contains a broken macro")
    return Term("modifier", name, text, start, "", value)


def _domain_problem(domain: str) -> str:
    """Why this is no domain-spec (section 7.1); empty where it is one."""
    if not domain:
        return "a domain is missing"
    if not _MACRO_STRING.fullmatch(domain):
        return f"{domain} contains a broken macro"
    if _ONLY_IN_EXP.search(domain):
        return f"{domain} uses a macro that is allowed only in explanations"
    if not _ENDS_IN_MACRO.search(domain) and not _TOPLABEL.search(domain):
        return f"{domain} is not a complete domain name"
    return ""


def _host(name: str, rest: str, text: str, start: int, qualifier: str, offset: int) -> Term | Problem:
    """`a` and `mx`: an optional domain, optional prefix lengths."""
    end = start + len(text)
    cidr = _CIDR.search(rest)
    four, six = (cidr.group("four"), cidr.group("six")) if cidr else (None, None)
    domain = rest[: cidr.start()] if cidr and cidr.group() else rest
    for value, most in ((four, 32), (six, 128)):
        if value is not None and not _is_length(value, most):
            return Problem(offset, end, f"/{value} is not a valid prefix length (the most is {most})")
    if domain and (not domain.startswith(":") or (wrong := _domain_problem(domain[1:]))):
        return Problem(offset, end, wrong if domain.startswith(":") else f"{domain} cannot follow {name}")
    return Term(
        "mechanism",
        name,
        text,
        start,
        qualifier,
        domain[1:],
        "",
        int(four) if four else None,
        int(six) if six else None,
    )


def _network(name: str, rest: str, text: str, start: int, qualifier: str, offset: int) -> Term | Problem:
    end = start + len(text)
    if not rest.startswith(":"):
        return Problem(offset, end, f"{name} needs a colon and an address")
    address, slash, length = rest[1:].partition("/")
    most = 32 if name == "ip4" else 128
    try:
        if "%" in address:  # a zone index, which Python reads and SPF does not know
            raise ValueError(address)
        parsed = ipaddress.IPv4Address(address) if name == "ip4" else ipaddress.IPv6Address(address)
    except ValueError:
        return Problem(offset + 1, end, f"{address} is not an {'IPv4' if name == 'ip4' else 'IPv6'} address")
    if slash and not _is_length(length, most):
        return Problem(offset + 1, end, f"/{length} is not a valid prefix length (the most is {most})")
    prefix = int(length) if slash else most
    four, six = (prefix, None) if name == "ip4" else (None, prefix)
    return Term("mechanism", name, text, start, qualifier, "", str(parsed), four, six)


def _is_length(value: str, most: int) -> bool:
    """Whether this is a prefix length; RFC 7208 section 12 has no leading zeros."""
    length = whole(value)
    return length is not None and length <= most and str(length) == value


def merged(records: list[Record]) -> str:
    """One record that lets in what several did: every mechanism once, the mildest closing word that still says no."""
    seen: dict[str, str] = {}
    for record in records:
        for term in record.terms:
            if term.name in ("all", "exp"):
                continue
            text = f"include:{term.domain}" if term.name == "redirect" else term.text.lstrip("+")
            seen.setdefault(text.lower(), text)
    closing = {last.qualifier for record in records if (last := record.all)}
    ending = "-all" if closing == {"-"} else "~all"
    return " ".join(["v=spf1", *seen.values(), ending])
