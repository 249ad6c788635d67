"""DKIM signatures of a message, verified (RFC 6376, RFC 8301, RFC 8463).

Our own rather than dkimpy's: its look-ups are synchronous, it needs PyNaCl for ed25519 where we have cryptography, and
it answers yes or no where a founder needs to know which of a dozen things went wrong.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import re
import time
from typing import Literal

import msgspec

from ...hostnames import comparable
from .ask import Ask
from .dkim_lookup import Found, look_up
from .dkim_record import Key, rsa_numbers

Verdict = Literal["pass", "fail", "permerror", "temperror"]
Field = tuple[bytes, bytes]
"""A header field as it stands: its name, and everything after the colon with its folds, without the last line break."""
MAX_SIGNATURES = 10
CLOCK_DRIFT_S = 300
"""How far a signer's clock may be ahead, as in OpenDKIM."""
_ALGORITHMS = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W_](?:[\w-]*[^\W_])?")
"""Section 3.5: d= is a domain of two labels at least; letters of any script, which count in their ASCII form (RFC 8616
section 5)."""
_WSP = re.compile(rb"[ \t]+")
_B_VALUE = re.compile(rb"(?P<tag>(?:^|;)[ \t\r\n]*b[ \t\r\n]*=)[^;]*")


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """One signature and what came of it. `why` says in words what is wrong, or what weakens one that passes."""

    domain: str
    selector: str
    result: Verdict
    why: str = ""
    algorithm: str = ""
    identity: str = ""
    headers: tuple[str, ...] = ()
    """Signed header names, lower case."""
    bits: int = 0
    testing: bool = False
    key_record: str = ""


class _Bad(Exception):  # noqa: N818 - it carries a verdict
    def __init__(self, result: Verdict, words: str) -> None:
        super().__init__(words)
        self.result: Verdict = result


def split(raw: bytes) -> tuple[list[Field], bytes]:
    """A message's header fields and its body, line ends made CRLF. A line of an mbox file before the header is left
    out."""
    text = re.sub(rb"\r?\n", b"\r\n", raw).lstrip(b"\r\n")
    head, _, body = text.partition(b"\r\n\r\n")
    fields: list[list[bytes]] = []
    for line in head.split(b"\r\n"):
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1][1] += b"\r\n" + line
        elif b":" in line and not line.startswith((b"From ", b">From ")):
            name, _, value = line.partition(b":")
            fields.append([name, value])
    return [(name, value) for name, value in fields], body


def _tags_of(value: bytes) -> dict[str, str]:
    """The tags of a signature. Raises ValueError for a list that is none, or a tag twice."""
    found: dict[str, str] = {}
    for part in value.decode("utf-8", "replace").split(";"):
        if not part.strip():
            continue
        name, equals, text = part.partition("=")
        if not equals or name.strip() in found:
            raise ValueError(f"{part.strip()[:30]!r} is not a tag" if not equals else f"{name.strip()} appears twice")
        found[name.strip()] = re.sub(r"\r\n[ \t]", " ", text).strip()
    return found


async def verify(ask: Ask, raw: bytes, *, now: float | None = None) -> tuple[Signature, ...]:
    """All signatures of a message, ten at most, the topmost first."""
    fields, body = split(raw)
    at = time.time() if now is None else now
    marks = [index for index, (name, _) in enumerate(fields) if name.strip().lower() == b"dkim-signature"][
        :MAX_SIGNATURES
    ]
    return tuple(await asyncio.gather(*(_verify(ask, fields, body, index, at) for index in marks)))


async def _verify(ask: Ask, fields: list[Field], body: bytes, index: int, now: float) -> Signature:
    try:
        tags = _tags_of(fields[index][1])
    except ValueError as error:
        return Signature(domain="", selector="", result="permerror", why=f"the signature is unreadable: {error}")
    domain, selector = comparable(tags.get("d", "")), comparable(tags.get("s", ""))
    signed = tuple(name.strip().lower() for name in tags.get("h", "").split(":") if name.strip())
    key: Key | None = None
    result: Verdict = "pass"
    try:
        _well_formed(tags, signed, now)
        found = await look_up(ask, selector, domain)
        key = _key(found, tags)
        _body_hash(tags, body)
        _check(key, tags["a"], _b64(tags["b"], "b"), _signed_octets(fields, index, tags, signed))
        why = _weak(tags, key)
    except _Bad as bad:
        result, why = bad.result, str(bad)
    return Signature(
        domain=domain,
        selector=selector,
        result=result,
        why=why,
        algorithm=tags.get("a", ""),
        identity=tags.get("i", f"@{domain}"),
        headers=signed,
        bits=key.bits if key else 0,
        testing=bool(key and key.testing),
        key_record=key.raw if key else "",
    )


def _well_formed(tags: dict[str, str], signed: tuple[str, ...], now: float) -> None:
    """Section 6.1.1: what every signature must have."""
    missing = [name for name in ("v", "a", "b", "bh", "d", "h", "s") if not tags.get(name)]
    if missing:
        raise _Bad("permerror", f"the signature lacks {', '.join(missing)}")
    if tags["v"] != "1":
        raise _Bad("permerror", f"v={tags['v']} is not a version that receivers know")
    if tags["a"] == "rsa-sha1":
        raise _Bad("permerror", "it is signed with SHA-1, which receivers no longer accept")
    if tags["a"] not in _ALGORITHMS:
        raise _Bad("permerror", f"a={tags['a']} is not an algorithm that receivers know")
    if any(not name or re.search(r"\s", name) for name in re.split(r"\s*:\s*", tags["h"].strip())):
        raise _Bad("permerror", "h= is not a list of header names between colons")
    if "q" in tags and "dns/txt" not in (one.strip().lower() for one in tags["q"].split(":")):
        raise _Bad("permerror", f"q={tags['q']} names no way to get the key that receivers know")
    if "from" not in signed:
        raise _Bad("permerror", "the From line is not signed")
    if not _DOMAIN.fullmatch(tags["d"]):
        raise _Bad("permerror", f"d={tags['d']} is not a domain")
    identity, domain = comparable(tags.get("i", "@" + tags["d"]).rpartition("@")[2]), comparable(tags["d"])
    if identity != domain and not identity.endswith("." + domain):
        raise _Bad("permerror", f"i=@{identity} is outside d={tags['d']}")
    for name in ("t", "x", "l"):
        if name in tags and not re.fullmatch(r"\d{1,12}", tags[name]):
            raise _Bad("permerror", f"{name}={tags[name]} is not a number")
    if "t" in tags and "x" in tags and int(tags["x"]) <= int(tags["t"]):
        raise _Bad("permerror", "the signature expires (x=) before it was made (t=)")
    if "t" in tags and int(tags["t"]) > now + CLOCK_DRIFT_S:
        raise _Bad("fail", "the signature was made in the future (t=)")
    if "x" in tags and int(tags["x"]) < now:
        raise _Bad("fail", "the signature has expired")


def _key(found: Found, tags: dict[str, str]) -> Key:
    if found.failure is not None:
        raise _Bad("temperror", f"could not look up the key at {found.name}: {found.failure.words}")
    if found.several:
        raise _Bad("permerror", f"{found.name} has {found.several} keys")
    key = found.key
    if key is None:
        raise _Bad("permerror", f"there is no key at {found.name}")
    if not key.usable:
        words = "; ".join(one.words for one in key.problems if one.flaw not in ("testing", "strict", "short"))
        raise _Bad("permerror", f"the key at {found.name} cannot be used: {words}")
    if key.kind != _ALGORITHMS[tags["a"]]:
        raise _Bad("permerror", f"it is signed with {tags['a']}, and the key at {found.name} is {key.kind}")
    if key.strict and comparable(tags.get("i", "@" + tags["d"]).rpartition("@")[2]) != comparable(tags["d"]):
        raise _Bad("permerror", f"the key at {found.name} is for addresses of exactly {tags['d']} (t=s)")
    return key


def _b64(text: str, tag: str) -> bytes:
    try:
        return base64.b64decode(re.sub(r"\s+", "", text), validate=True)
    except (binascii.Error, ValueError):
        raise _Bad("permerror", f"{tag} is not valid base64") from None


def _body_hash(tags: dict[str, str], body: bytes) -> None:
    _, _, how = tags.get("c", "simple/simple").lower().partition("/")
    octets = canonical_body(body, how or "simple")
    if "l" in tags:
        octets = octets[: int(tags["l"])]
    if hashlib.sha256(octets).digest() != _b64(tags["bh"], "bh"):
        raise _Bad("fail", "the text of the message was changed after it was signed")


def canonical_body(body: bytes, how: str) -> bytes:
    """Section 3.4.3 and 3.4.4. Raises _Bad for another name."""
    if how not in ("simple", "relaxed"):
        raise _Bad("permerror", f"c=…/{how} is not a canonicalization that receivers know")
    if how == "relaxed":
        body = b"\r\n".join(_WSP.sub(b" ", line).rstrip(b" ") for line in body.split(b"\r\n"))
    kept = re.sub(rb"(?:\r\n)+\Z", b"", body)
    if kept:
        return kept + b"\r\n"
    return b"\r\n" if how == "simple" else b""


def _canonical_field(name: bytes, value: bytes, how: str) -> bytes:
    """Section 3.4.1 and 3.4.2, without the line break at its end."""
    if how == "simple":
        return name + b":" + value
    return name.strip().lower() + b":" + _WSP.sub(b" ", value.replace(b"\r\n", b"")).strip(b" \t")


def _signed_octets(fields: list[Field], index: int, tags: dict[str, str], signed: tuple[str, ...]) -> bytes:
    """Section 3.7: the signed fields, each name from the bottom up, then the signature itself with an empty b=."""
    how = tags.get("c", "simple/simple").lower().partition("/")[0]
    if how not in ("simple", "relaxed"):
        raise _Bad("permerror", f"c={how} is not a canonicalization that receivers know")
    left: dict[bytes, list[int]] = {}
    for number, (name, _) in enumerate(fields):
        if number != index:
            left.setdefault(name.strip().lower(), []).append(number)
    lines = []
    for wanted in signed:
        numbers = left.get(wanted.encode("ascii", "replace"))
        if numbers:
            lines.append(_canonical_field(*fields[numbers.pop()], how))
    name, value = fields[index]
    lines.append(_canonical_field(name, _B_VALUE.sub(rb"\g<tag>", value, count=1), how))
    return b"\r\n".join(lines)


def _check(key: Key, algorithm: str, signature: bytes, octets: bytes) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

    try:
        if algorithm == "ed25519-sha256":
            ed25519.Ed25519PublicKey.from_public_bytes(key.key).verify(signature, hashlib.sha256(octets).digest())
        else:
            modulus, exponent = rsa_numbers(key.key)
            rsa.RSAPublicNumbers(exponent, modulus).public_key().verify(
                signature, octets, padding.PKCS1v15(), hashes.SHA256()
            )
    except InvalidSignature:
        raise _Bad(
            "fail", "the signature does not match the signed header lines, or it was made with another key"
        ) from None
    except ValueError as error:
        raise _Bad("permerror", f"the key cannot be used: {error}") from None


def _weak(tags: dict[str, str], key: Key) -> str:
    words = [one.words for one in key.problems if one.flaw in ("testing", "short")]
    if "l" in tags:
        words.append("l= signs only a part of the text: anyone can add to it")
    return "; ".join(words)
