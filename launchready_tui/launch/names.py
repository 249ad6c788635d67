"""What a host name, a domain, an address with a port, a web address and a credential's name look like. Each rule
returns what is allowed where a value breaks it, or an empty text where it is fine."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from ..hostnames import BadNameError, to_ascii

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_TOP = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")
_CREDENTIAL = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([^@\s]+)")

# Names under which everybody may register: a permission for one of them would be a permission for strangers. The whole
# list is the public suffix list; these are the ones that people do write by mistake (as of 2026-11), and reading the
# list costs 0.2 s.
_OPEN = """
ac.uk co.uk gov.uk ltd.uk me.uk net.uk org.uk com.au net.au org.au co.nz net.nz org.nz co.za co.jp ne.jp or.jp co.kr
co.in net.in org.in co.id co.il co.ke co.th com.ar com.br com.cn com.co com.eg com.hk com.mx com.my com.ng com.pe com.ph
com.pk com.sa com.sg com.tr com.tw com.ua com.vn in.ua kiev.ua azurewebsites.net cloudfront.net deno.dev firebaseapp.com
fly.dev framer.app github.io gitlab.io herokuapp.com lovable.app myshopify.com netlify.app ngrok-free.app ngrok.io
onrender.com pages.dev railway.app repl.co replit.app replit.dev supabase.co trycloudflare.com up.railway.app vercel.app
web.app webflow.io workers.dev appspot.com amplifyapp.com bubbleapps.io
"""
OPEN_SUFFIXES = frozenset(_OPEN.split())

# Environment variables of ours that are not credentials: LAUNCHREADY_STATE and its like.
RESERVED_CREDENTIALS = frozenset(
    ("state", "home", "config", "cache", "require-netlab", "debug", "log", "now", "plain", "theme", "trust", "user")
)


def host_problem(name: str) -> str:
    """A full DNS name, in lower case, as DNS carries it (RFC 1123 section 2.1, RFC 5891 for names in other scripts)."""
    allowed = "a full host name in lower case, such as www.example.com"
    if not name.isascii():
        return f"{allowed}; other scripts in their xn-- form"
    labels = name.split(".")
    if (
        len(name) > 253
        or len(labels) < 2
        or not all(_LABEL.fullmatch(label) for label in labels)
        or not _TOP.fullmatch(labels[-1])
    ):
        return allowed
    return ""


def mend_host(name: str) -> str:
    """The host name that was probably meant: no scheme, path, port or last dot, in lower case and ASCII; empty where
    none is in sight."""
    bare = name.strip().lower()
    if "://" in bare:
        bare = bare.partition("://")[2]
    bare = re.split(r"[/?#]", bare, maxsplit=1)[0].rpartition("@")[2].partition(":")[0].strip(".")
    try:
        bare = to_ascii(bare)
    except BadNameError:
        return ""
    return "" if bare == name or host_problem(bare) else bare


def domain_problem(name: str) -> str:
    """A domain that somebody can register: a host name that is not itself an open suffix such as co.uk or
    vercel.app."""
    problem = host_problem(name)
    if problem:
        return "a registrable domain in lower case, such as example.com"
    return (
        f"a domain of your own below {name}, not {name} itself, where anyone can register"
        if name in OPEN_SUFFIXES
        else ""
    )


def inside(name: str, domain: str) -> bool:
    """Whether `name` is the domain or below it."""
    return name == domain or name.endswith("." + domain)


def url_parts(url: str) -> SplitResult | None:
    """The parts of an absolute http(s) URL with a valid host and port and nothing hidden in it; None where it is
    none."""
    if not url.isascii() or re.search(r"[\s\x00-\x20\x7f\\<>\"{}|^`]", url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or port == 0 or parts.username is not None or parts.password is not None:
        return None
    return None if host_problem(parts.hostname or "") or not url.startswith(f"{parts.scheme}://") else parts


def address_of(value: str) -> str:
    """An IP address in its usual form, brackets taken away; empty where it is none."""
    try:
        return str(ipaddress.ip_address(value.removeprefix("[").removesuffix("]") if value.startswith("[") else value))
    except ValueError:
        return ""


def split_port(value: str) -> tuple[str, int | None]:
    """`HOST`, `HOST:PORT`, `[v6]:PORT` or a bare v6 address; the port is None where there is none. Raises ValueError:
    what is allowed."""
    if value.startswith("["):
        host, bracket, rest = value[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")) or ":" not in host:
            raise ValueError("an IPv6 address in brackets, such as [2001:db8::1]:53")
        return host, _port(rest[1:]) if rest else None
    if value.count(":") > 1:
        return value, None
    host, colon, port = value.partition(":")
    return host, _port(port) if colon else None


def _port(value: str) -> int | None:
    if value == "*":
        return None
    if not re.fullmatch(r"[0-9]{1,5}", value) or not 0 < int(value) < 65536:
        raise ValueError("a port from 1 to 65535")
    return int(value)


def endpoint_problem(value: str) -> str:
    """ADDRESS or ADDRESS:PORT, an IP address and nothing to be looked up."""
    try:
        host, _ = split_port(value)
    except ValueError as why:
        return str(why)
    return (
        "" if address_of(host) else "an IP address, optionally with a port: 192.0.2.1, 192.0.2.1:53 or [2001:db8::1]:53"
    )


def connect_problem(source: str, target: str) -> tuple[str, str]:
    """What is wrong with HOST[:PORT] = ADDRESS[:PORT]: (what the source allows, what the target allows), each empty
    where it is fine.

    The same language as `wire.ConnectMap`, judged here so that a bad rule is told together with all other errors of
    the file.
    """
    wanted = "HOST or HOST:PORT, where HOST is a name, an address or *"
    try:
        host, _ = split_port(source)
        wrong = wanted if not host or re.search(r"[\s/@]", host) or ("*" in host and host != "*") else ""
        to_ascii(host or "*")
    except ValueError as why:
        wrong = str(why)
    return wrong, endpoint_problem(target)


def network_problem(value: str) -> str:
    """An address or a network such as 10.1.0.0/16."""
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return "an address or a network, such as 10.1.2.3 or 10.1.0.0/16"
    return ""


def email_problem(value: str) -> str:
    """A plain mail address (RFC 5321 section 4.1.2, without quoted local parts)."""
    match = _EMAIL.fullmatch(value)
    local = value.partition("@")[0]
    if match is None or host_problem(match[1].lower()) or local.startswith(".") or local.endswith(".") or ".." in local:
        return "a mail address, such as support@example.com"
    return ""


def credential_problem(name: str) -> str:
    """A credential's name: it becomes the environment variable LAUNCHREADY_NAME, so it must map there and back."""
    if name in RESERVED_CREDENTIALS or name.endswith("-hosts"):
        return f"another name: LAUNCHREADY_{name.upper()} has another meaning"
    if len(name) > 64 or not _CREDENTIAL.fullmatch(name):
        return "a name of lower-case letters, digits and single dashes that starts with a letter, such as shop-login"
    return ""


def mend_credential(name: str) -> str:
    """The valid name closest to this one; empty where none is in sight."""
    bare = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-0123456789")[:64].strip("-")
    return "" if bare == name or not bare or credential_problem(bare) else bare
