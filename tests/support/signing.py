"""Signs messages for tests: an own small signer, so that a verifier is not tested by itself. Keys are made at run
time."""

from __future__ import annotations

import base64
import functools
import hashlib
import re

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

MESSAGE = b"""\
From: Shop <hello@shop.test>
To: ann@mail.test
Subject:  Your   code
Date: Tue, 24 Nov 2026 14:00:00 +0000
Message-ID: <1@shop.test>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Your code is  4711.\x20
See https://shop.test/start

""".replace(b"\n", b"\r\n")


@functools.cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


@functools.cache
def ed_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


def record(algorithm: str = "rsa-sha256", bits: int = 2048, more: str = "") -> str:
    """The key record that belongs to the signer's key."""
    if algorithm.startswith("ed25519"):
        raw = ed_key().public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return f"v=DKIM1; k=ed25519; {more}p={base64.b64encode(raw).decode()}"
    der = (
        rsa_key(bits)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return f"v=DKIM1; k=rsa; {more}p={base64.b64encode(der).decode()}"


def _header(name: str, value: str, how: str) -> str:
    if how == "simple":
        return f"{name}:{value}"
    return f"{name.lower()}:{' '.join(value.replace(chr(13) + chr(10), '').split())}"


def _body(body: str, how: str) -> str:
    lines = body.split("\r\n")
    if how == "relaxed":
        lines = [re.sub(r"[ \t]+", " ", line).rstrip(" ") for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    text = "".join(line + "\r\n" for line in lines)
    return text or ("\r\n" if how == "simple" else "")


def signed(
    message: bytes = MESSAGE,
    *,
    algorithm: str = "rsa-sha256",
    canonical: str = "relaxed/relaxed",
    headers: str = "from:to:subject:date",
    domain: str = "shop.test",
    selector: str = "s1",
    more: str = "",
    bits: int = 2048,
    length: int | None = None,
) -> bytes:
    """The message with a signature on top."""
    head, _, body = message.decode("utf-8").partition("\r\n\r\n")
    fields = [tuple(line.partition(":")[::2]) for line in re.split(r"\r\n(?![ \t])", head)]
    how_head, _, how_body = canonical.partition("/")
    digest = _body(body, how_body or "simple").encode()
    if length is not None:
        digest = digest[:length]
        more += f" l={length};"
    bh = base64.b64encode(hashlib.sha256(digest).digest()).decode()
    tags = f" v=1; a={algorithm}; c={canonical}; d={domain}; s={selector};{more}\r\n h={headers}; bh={bh};\r\n b="
    lines = []
    left = list(fields)
    for name in map(str.strip, headers.split(":")):
        found = next((field for field in reversed(left) if field[0].lower() == name.lower()), None)
        if found:
            left.remove(found)
            lines.append(_header(*found, how_head))
    octets = "\r\n".join([*lines, _header("DKIM-Signature", tags, how_head)]).encode()
    if algorithm.startswith("ed25519"):
        made = ed_key().sign(hashlib.sha256(octets).digest())
    else:
        made = rsa_key(bits).sign(octets, padding.PKCS1v15(), hashes.SHA256())
    value = base64.b64encode(made).decode()
    folded = "\r\n ".join(value[at : at + 60] for at in range(0, len(value), 60))
    return f"DKIM-Signature:{tags}{folded}\r\n".encode() + message
