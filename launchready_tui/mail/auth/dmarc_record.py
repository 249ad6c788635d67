"""DMARC records as RFC 9989 (May 2026) reads them: unknown tags ignored, bad values replaced by their default."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

POLICIES = ("none", "quarantine", "reject")
REMOVED = ("pct", "rf", "ri")
_KNOWN = ("v", "p", "sp", "np", "adkim", "aspf", "fo", "psd", "t", "rua", "ruf")
_CHOICES: dict[str, tuple[str, ...]] = {
    "adkim": ("r", "s"),
    "aspf": ("r", "s"),
    "psd": ("y", "n", "u"),
    "t": ("y", "n"),
}
_DEFAULTS = {"adkim": "r", "aspf": "r", "psd": "u", "t": "n"}
_SIZE = re.compile(r"\s*!\s*\d+\s*[kmgt]?\s*$", re.IGNORECASE)
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")
_MAILBOX = re.compile(r"^[^@\s]+@([A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?)\.?$")


@dataclass(frozen=True)
class ReportAddress:
    """One rua or ruf URI. `host` is the domain of a mailto address, empty for other schemes."""

    uri: str
    host: str


@dataclass(frozen=True)
class Record:
    """A record as read. `p`, `sp`, `np` are None where absent or invalid."""

    raw: str
    tags: tuple[tuple[str, str], ...]
    p: str | None
    sp: str | None
    np: str | None
    rua: tuple[ReportAddress, ...]
    ruf: tuple[ReportAddress, ...]
    fo: tuple[str, ...]
    problems: tuple[str, ...]
    """What is wrong and has an effect."""
    obsolete: tuple[str, ...]
    """What RFC 9989 took out and receivers ignore."""
    broken_policy: bool
    """p is missing or invalid, or sp or np is invalid (section 4.10.1)."""

    def tag(self, name: str) -> str:
        """A tag's value in force: as written in lower case where it is valid, else its default."""
        value = next((value.lower() for key, value in self.tags if key == name), "")
        if name in _CHOICES and value not in _CHOICES[name]:
            return _DEFAULTS[name]
        return value

    @property
    def effective(self) -> str:
        """The policy in force for the domain itself: `none`, `quarantine`, `reject`, or empty where the record has no
        effect.

        A broken policy acts as `none` where reports are asked for, else the record does not count (section 4.10.1);
        t=y lowers by one.
        """
        if self.broken_policy or self.p is None:
            return "none" if self.rua else ""
        level = POLICIES.index(self.p)
        return POLICIES[max(0, level - 1)] if self.tag("t") == "y" else self.p


def is_dmarc(text: str) -> bool:
    """The first tag must be v, in any case, with exactly the value DMARC1."""
    name, equals, value = text.partition(";")[0].partition("=")
    return bool(equals) and name.strip(" \t").lower() == "v" and value.strip(" \t") == "DMARC1"


def almost_dmarc(text: str) -> bool:
    """Meant as a DMARC record and passed over by receivers."""
    bare = re.sub(r"[\s\"']", "", text).lower()
    return not is_dmarc(text) and (
        bare.startswith(("v=dmarc", "dmarc1", "vdmarc"))
        or "v=dmarc1" in bare
        or re.match(r"^p=(none|quarantine|reject)", bare) is not None
    )


def read(text: str) -> Record:
    """Reads a record that `is_dmarc`. Never raises."""
    tags: list[tuple[str, str]] = []
    problems: list[str] = []
    obsolete: list[str] = []
    for part in text.split(";"):
        if not part.strip():
            continue
        name, equals, value = part.partition("=")
        key = name.strip().lower()
        if not equals or not re.fullmatch(r"[a-z][a-z0-9_-]*", key):
            problems.append(f"{part.strip()!r} is not a tag: a tag is name=value")
        elif any(key == seen for seen, _ in tags):
            problems.append(f"{key} appears twice, the first one counts")
        else:
            tags.append((key, value.strip()))
    given = dict(tags)
    for key in given:
        if key in REMOVED:
            obsolete.append(f"{key} was removed from DMARC, receivers ignore it")
        elif key not in _KNOWN:
            problems.append(f"{key} is not a DMARC tag, receivers ignore it")
    policies: dict[str, str | None] = {}
    broken = "p" not in given
    for key in ("p", "sp", "np"):
        value = given.get(key, "").lower()
        policies[key] = value if value in POLICIES else None
        if key in given and policies[key] is None:
            broken = True
            problems.append(f"{key}={given[key]} is not one of none, quarantine, reject")
    problems += ["p is missing"] if "p" not in given else []
    problems += [
        f"{key}={given[key]} is not one of {', '.join(choices)}"
        for key, choices in _CHOICES.items()
        if given.get(key, choices[0]).lower() not in choices
    ]
    fo = tuple(part.strip().lower() for part in given.get("fo", "0").split(":"))
    problems += [f"fo={part} is not one of 0, 1, d, s" for part in fo if part not in ("0", "1", "d", "s")]
    rua = _addresses("rua", given.get("rua", ""), problems, obsolete)
    ruf = _addresses("ruf", given.get("ruf", ""), problems, obsolete)
    return Record(
        text,
        tuple(tags),
        policies["p"],
        policies["sp"],
        policies["np"],
        rua,
        ruf,
        fo,
        tuple(problems),
        tuple(obsolete),
        broken,
    )


def _addresses(tag: str, value: str, problems: list[str], obsolete: list[str]) -> tuple[ReportAddress, ...]:
    found = []
    for part in value.split(","):
        uri = part.strip()
        if not uri:
            continue
        if _SIZE.search(uri):
            obsolete.append(f"{tag}: the size limit in {uri} was removed from DMARC, receivers ignore it")
            uri = _SIZE.sub("", uri)
        if not _SCHEME.match(uri):
            problems.append(f"{tag}={uri} is not an address: write it with mailto:")
            continue
        host = ""
        if uri.lower().startswith("mailto:"):
            mailbox = _MAILBOX.match(unquote(uri[7:].partition("?")[0]).replace(" ", "_"))
            if not mailbox:
                problems.append(f"{tag}={uri} is not a mail address")
                continue
            host = mailbox.group(1).lower()
        found.append(ReportAddress(uri, host))
    return tuple(found)


def walk(domain: str) -> tuple[str, ...]:
    """The names of the tree walk below the start, in order (section 4.10): at most 8 questions in all, down to the
    top-level domain.

    `walk("a.b.example.com")` gives `b.example.com`, `example.com`, `com`; from 8 labels on it jumps to the last 7.
    """
    labels = domain.lower().rstrip(".").split(".")
    rest = labels[-7:] if len(labels) >= 8 else labels[1:]
    return tuple(".".join(rest[at:]) for at in range(len(rest)))
