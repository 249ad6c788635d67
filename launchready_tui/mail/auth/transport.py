"""What a domain publishes about the way mail takes to it: MTA-STS (RFC 8461), TLS-RPT (RFC 8460), DANE (RFC 7672),
BIMI."""

from __future__ import annotations

import re

import msgspec

from ...hostnames import host_of
from ...text import whole

MAX_AGE = 31_557_600
_MAILBOX = re.compile(r"mailto:[^@\s!]+@[A-Za-z0-9._-]+\.[A-Za-z0-9-]+", re.IGNORECASE)
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_LENGTHS = {1: 64, 2: 128}


class Tags(msgspec.Struct, frozen=True, kw_only=True):
    """A record of `name=value` parts. `problems` is empty where it is right."""

    raw: str
    values: dict[str, str]
    problems: tuple[str, ...] = ()


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """An MTA-STS policy file as read."""

    mode: str = ""
    mx: tuple[str, ...] = ()
    max_age: int | None = None
    problems: tuple[str, ...] = ()


class Tlsa(msgspec.Struct, frozen=True, kw_only=True):
    """One TLSA record."""

    usage: int
    selector: int
    matching: int
    data: str
    problem: str = ""


def _parts(text: str) -> tuple[dict[str, str], list[str]]:
    values: dict[str, str] = {}
    problems = []
    for part in text.split(";"):
        if not part.strip():
            continue
        name, equals, value = part.partition("=")
        if not equals:
            problems.append(f"{part.strip()[:40]!r} is not a tag: a tag is name=value")
        else:
            values.setdefault(name.strip().lower(), value.strip())
    return values, problems


def starts(text: str, version: str) -> bool:
    """Whether a record begins with v=VERSION, as receivers require it."""
    return re.match(rf"\s*v\s*=\s*{version}\s*(?:;|$)", text) is not None


def sts_record(text: str) -> Tags:
    """The TXT record at _mta-sts (section 3.1)."""
    values, problems = _parts(text)
    if not re.fullmatch(r"[A-Za-z0-9]{1,32}", values.get("id", "")):
        problems.append(
            "id is missing" if not values.get("id") else f"id={values['id']} must be 1 to 32 letters and digits"
        )
    return Tags(raw=text, values=values, problems=tuple(problems))


def sts_policy(text: str) -> Policy:
    """The policy file (section 3.2). Unknown keys are ignored; of a key twice the first counts, `mx` adds up."""
    found: dict[str, str] = {}
    mx: list[str] = []
    problems = []
    for number, line in enumerate(re.split(r"\r?\n", text), 1):
        if not line.strip():
            continue
        name, colon, value = line.partition(":")
        key, value = name.strip().lower(), value.strip()
        if not colon:
            problems.append(f"line {number} is not `key: value`")
        elif key == "mx":
            mx.append(value.lower().rstrip("."))
        else:
            found.setdefault(key, value)
    if found.get("version") != "STSv1":
        problems.append("version: STSv1 is missing")
    mode = found.get("mode", "")
    if mode not in ("enforce", "testing", "none"):
        problems.append(f"mode is {mode or 'missing'}, not enforce, testing or none")
    age = found.get("max_age", "")
    if not re.fullmatch(r"\d{1,10}", age):
        problems.append("max_age is missing or not a number of seconds")
    elif int(age) > MAX_AGE:
        problems.append(f"max_age is more than {MAX_AGE} seconds")
    if not mx and mode != "none":
        problems.append("it lists no mx")
    problems += [
        f"mx: {one} is not a host name" for one in mx if not re.fullmatch(r"(?:\*\.)?(?:[a-z0-9_-]+\.)+[a-z0-9-]+", one)
    ]
    return Policy(
        mode=mode, mx=tuple(mx), max_age=int(age) if re.fullmatch(r"\d{1,10}", age) else None, problems=tuple(problems)
    )


def mx_matches(pattern: str, host: str) -> bool:
    """Whether a mail server is named by a policy (section 4.1): `*.` stands for exactly one label."""
    pattern, host = pattern.lower().rstrip("."), host.lower().rstrip(".")
    if pattern.startswith("*."):
        return host.partition(".")[2] == pattern[2:]
    return pattern == host


def tls_report(text: str) -> Tags:
    """The TXT record at _smtp._tls."""
    values, problems = _parts(text)
    addresses = [one.strip() for one in values.get("rua", "").split(",") if one.strip()]
    if not addresses:
        problems.append("rua is missing: no reports are sent")
    for one in addresses:
        if not (_MAILBOX.match(one) or (one.lower().startswith("https://") and host_of(one))):
            problems.append(f"rua={one} is neither a mailto: nor an https: address")
    return Tags(raw=text, values=values, problems=tuple(problems))


def bimi(text: str) -> Tags:
    """The TXT record at default._bimi."""
    values, problems = _parts(text)
    logo = values.get("l", "")
    if "l" not in values:
        problems.append("l= with the address of the logo is missing")
    elif logo and not logo.lower().startswith("https://"):
        problems.append("the logo must have an https address")
    if values.get("a") and not values["a"].lower().startswith("https://"):
        problems.append("the mark certificate must have an https address")
    return Tags(raw=text, values=values, problems=tuple(problems))


def tlsa(record: str) -> Tlsa:
    """A TLSA record in presentation form; for mail only usages 2 and 3 count (RFC 7672 section 3.1.3)."""
    parts = record.split(None, 3)
    numbers = [number for one in parts[:3] if (number := whole(one)) is not None]
    if len(parts) < 4 or len(numbers) < 3:
        return Tlsa(usage=-1, selector=-1, matching=-1, data="", problem=f"{record[:60]!r} is not a TLSA record")
    usage, selector, matching = numbers
    data = re.sub(r"\s+", "", parts[3]).lower()
    problem = ""
    if usage not in (2, 3):
        problem = f"usage {usage} does not count for mail, only 2 and 3 do"
    elif selector not in (0, 1) or matching not in (0, 1, 2):
        problem = f"{usage} {selector} {matching} is not a combination that senders know"
    elif not _HEX.fullmatch(data) or (matching in _LENGTHS and len(data) != _LENGTHS[matching]):
        problem = "the digest has the wrong length"
    return Tlsa(usage=usage, selector=selector, matching=matching, data=data, problem=problem)
