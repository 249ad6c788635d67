"""DKIM key records (RFC 6376 section 3.6.1, RFC 8301, RFC 8463): read, and what is wrong with each."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Literal

import msgspec

Flaw = Literal["broken", "revoked", "size", "sha1", "service", "testing", "strict", "short"]
MIN_BITS, GOOD_BITS = 1024, 2048
_TAG = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_BLANK = re.compile(r"\s+")


class Problem(msgspec.Struct, frozen=True):
    """What is wrong, in words; `start` and `end` are offsets into the record's text (equal where it is about something
    missing)."""

    flaw: Flaw
    words: str
    start: int = 0
    end: int = 0


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key record as read. `key` is the decoded p=, `bits` the size of an RSA modulus or 256 for ed25519, 0 where it
    cannot be read."""

    raw: str
    tags: tuple[tuple[str, str], ...] = ()
    kind: Literal["rsa", "ed25519", "other"] = "rsa"
    key: bytes = b""
    bits: int = 0
    hashes: tuple[str, ...] = ()
    """Empty: all are allowed."""
    testing: bool = False
    strict: bool = False
    revoked: bool = False
    problems: tuple[Problem, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether a verifier can use it for mail at all."""
        return bool(self.key) and not any(
            one.flaw in ("broken", "revoked", "size", "sha1", "service") for one in self.problems
        )

    def has(self, flaw: Flaw) -> Problem | None:
        """The first problem of this kind; None where the key has none."""
        return next((one for one in self.problems if one.flaw == flaw), None)


def is_key(text: str) -> bool:
    """Meant as a key record: it says v=DKIM1, or it has a p= tag and is nothing else that is known by its version."""
    bare = text.strip().lower()
    if re.match(r"v\s*=\s*dkim1\b", bare):
        return True
    return (
        not bare.startswith(("v=spf", "v=dmarc", "v=sts", "v=tls", "v=bimi"))
        and re.search(r"(?:^|;)\s*p\s*=", bare) is not None
    )


def read(text: str) -> Key:
    """Reads a key record. Never raises; unknown tags are ignored."""
    tags, places, problems = _tags(text)
    given = dict(tags)
    found = {"raw": text, "tags": tuple(tags)}

    def place(name: str) -> tuple[int, int]:
        return places.get(name, (0, 0))

    if "v" in given and (given["v"] != "DKIM1" or tags[0][0] != "v"):
        what = "v must be exactly DKIM1" if given["v"] != "DKIM1" else "v must be the first tag"
        problems.append(Problem("broken", what, *place("v")))
    kind = given.get("k", "rsa").lower() or "rsa"
    if kind not in ("rsa", "ed25519"):
        problems.append(Problem("broken", f"k={given['k']} is not a key type that receivers know", *place("k")))
    hashes = tuple(word.strip().lower() for word in given.get("h", "").split(":") if word.strip())
    if hashes and "sha256" not in hashes:
        problems.append(
            Problem("sha1", f"h={given['h']} does not allow SHA-256, and receivers accept nothing else", *place("h"))
        )
    services = [word.strip().lower() for word in given.get("s", "*").split(":")]
    if not {"*", "email"} & set(services):
        problems.append(Problem("service", f"s={given['s']} does not allow the key for mail", *place("s")))
    flags = {word.strip().lower() for word in given.get("t", "").split(":")}
    if "y" in flags:
        problems.append(
            Problem(
                "testing",
                "t=y says that the domain is only testing DKIM: receivers treat the mail as unsigned",
                *place("t"),
            )
        )
    if "s" in flags:
        problems.append(Problem("strict", "t=s binds the key to addresses of exactly this domain", *place("t")))
    key, bits = b"", 0
    value = _BLANK.sub("", given.get("p", ""))
    if "p" not in given:
        problems.append(Problem("broken", "p is missing: the record contains no key", len(text), len(text)))
    elif not value:
        problems.append(
            Problem("revoked", "p is empty: the key was revoked, and everything that it signed fails", *place("p"))
        )
    else:
        key, bits, wrong = _key(kind, value)
        if wrong:
            problems.append(Problem("broken", wrong, *place("p")))
        elif kind == "rsa" and bits < GOOD_BITS:
            small = bits < MIN_BITS
            why = "receivers must not accept it" if small else f"accepted, {GOOD_BITS} is the size to use today"
            problems.append(Problem("size" if small else "short", f"the RSA key has {bits} bits: {why}", *place("p")))
    return Key(
        **found,  # type: ignore[arg-type]
        kind=kind if kind in ("rsa", "ed25519") else "other",  # type: ignore[arg-type]
        key=key,
        bits=bits,
        hashes=hashes,
        testing="y" in flags,
        strict="s" in flags,
        revoked="p" in given and not value,
        problems=tuple(problems),
    )


def _tags(text: str) -> tuple[list[tuple[str, str]], dict[str, tuple[int, int]], list[Problem]]:
    """Tags in order, where each stands, and what is no tag (RFC 6376 section 3.2: a name twice makes the whole list
    invalid)."""
    tags: list[tuple[str, str]] = []
    places: dict[str, tuple[int, int]] = {}
    problems: list[Problem] = []
    at = 0
    for part in text.split(";"):
        start = at + len(part) - len(part.lstrip())
        end = at + len(part.rstrip())
        at += len(part) + 1
        if not part.strip():
            continue
        name, equals, value = part.partition("=")
        key = name.strip()
        if not equals or not _TAG.fullmatch(key):
            problems.append(Problem("broken", f"{part.strip()[:40]!r} is not a tag: a tag is name=value", start, end))
        elif key in places:
            problems.append(Problem("broken", f"{key} appears twice", start, end))
        else:
            tags.append((key, value.strip()))
            places[key] = (start, end)
    return tags, places, problems


def _key(kind: str, value: str) -> tuple[bytes, int, str]:
    """The decoded key, its size in bits, and why it cannot be used."""
    try:
        key = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return b"", 0, "p is not valid base64: a character is missing, or there is one too many"
    if kind == "ed25519":
        return (key, 256, "") if len(key) == 32 else (b"", 0, f"an ed25519 key has 32 octets, p has {len(key)}")
    if kind != "rsa":
        return key, 0, ""
    bits = rsa_numbers(key)[0].bit_length()
    return (key, bits, "") if bits else (b"", 0, "p contains no whole RSA public key: it was cut off, or pasted twice")


def rsa_numbers(der: bytes) -> tuple[int, int]:
    """Modulus and exponent of an RSA key, as SubjectPublicKeyInfo or bare RSAPublicKey (RFC 8017 A.1.1); noughts for
    anything else."""
    try:
        outer, rest = _element(der, 0x30)
        if rest:
            return 0, 0
        if outer[:1] == b"\x30":
            _, after = _element(outer, 0x30)
            packed, rest = _element(after, 0x03)
            if rest or packed[:1] != b"\x00":
                return 0, 0
            outer, rest = _element(packed[1:], 0x30)
            if rest:
                return 0, 0
        modulus, rest = _element(outer, 0x02)
        exponent, rest = _element(rest, 0x02)
    except ValueError:
        return 0, 0
    if rest or not exponent:
        return 0, 0
    return int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big")


def _element(der: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of the first DER element, and what follows it. Raises ValueError for another tag or a wrong
    length."""
    if len(der) < 2 or der[0] != tag:
        raise ValueError("another tag")
    size, at = der[1], 2
    if size & 0x80:
        count = size & 0x7F
        if not 1 <= count <= 4 or len(der) < 2 + count:
            raise ValueError("a wrong length")
        size, at = int.from_bytes(der[2 : 2 + count], "big"), 2 + count
    if len(der) < at + size:
        raise ValueError("cut")
    return der[at : at + size], der[at + size :]


def pointed(key: Key) -> str:
    """The record with a mark under each problem, for evidence; a long key is shown whole."""
    marks = [" "] * (len(key.raw) + 1)
    for problem in key.problems:
        for at in range(problem.start, max(problem.end, problem.start + 1)):
            marks[min(at, len(key.raw))] = "^"
    return key.raw + "\n" + "".join(marks).rstrip()
