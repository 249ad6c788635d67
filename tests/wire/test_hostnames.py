"""Names in other scripts become ASCII in one way, in one place (IDNA 2008 after UTS 46, non-transitional)."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

import launchready_tui
from launchready_tui.failure import Failure
from launchready_tui.hostnames import BadNameError, comparable, host_of, readable, to_ascii, with_ascii_host
from launchready_tui.launch.names import connect_problem, mend_host
from launchready_tui.wire import ConnectMap
from launchready_tui.wire.question import _query
from launchready_tui.workspace.detect import tidy_domain
from launchready_tui.world import registrable
from launchready_tui.world.urls import locate

ROOM = Path(launchready_tui.__file__).parent
JOINED = "\u0915\u094d\u200d\u0937"  # a joiner after a virama: part of the spelling
PERSIAN = "\u0646\u0627\u0645\u0647\u200c\u0627\u06cc"  # the joiner's sister between two letters that join

NAMES = [
    ("fa\u00df.de", "xn--fa-hia.de"),
    ("Fa\u00df.DE", "xn--fa-hia.de"),
    ("FASS.de", "fass.de"),
    ("\u03b2\u03cc\u03bb\u03bf\u03c2.com", "xn--nxasmm1c.com"),
    ("b\u00fccher.example", "xn--bcher-kva.example"),
    ("B\u00dcCHER.Example", "xn--bcher-kva.example"),
    ("bu\u0308cher.example", "xn--bcher-kva.example"),
    ("b\u00fccher.example.", "xn--bcher-kva.example"),
    ("b\u00fccher\u3002example\uff0e", "xn--bcher-kva.example"),
    ("\uff45\uff58ample.com", "example.com"),
    ("b\u00fc\u00adcher.example", "xn--bcher-kva.example"),
    ("\u65e5\u672c\u8a9e\u3002\uff2a\uff30", "xn--wgv71a119e.jp"),
    (f"{JOINED}.example", "xn--11b2ezcw70k.example"),
    (f"{PERSIAN}.com", "xn--mgba3gch31f060k.com"),
    ("_dmarc.b\u00fccher.example", "_dmarc.xn--bcher-kva.example"),
    ("*.b\u00fccher.example", "*.xn--bcher-kva.example"),
    ("xn--fa-hia.de", "xn--fa-hia.de"),
    ("XN--Fa-Hia.DE.", "xn--fa-hia.de"),
    ("xn--i-7iq.ws", "xn--i-7iq.ws"),  # registered against the rules: asked for as it stands
    ("localhost", "localhost"),
    (".", "."),
]


@pytest.mark.parametrize(("name", "ascii_name"), NAMES)
def test_a_name_has_one_form_in_ascii(name: str, ascii_name: str) -> None:
    assert to_ascii(name) == ascii_name
    assert to_ascii(to_ascii(name)) == ascii_name
    assert comparable(name) == ascii_name


BAD = [
    ("\U0001f4a9.la", "\U0001f4a9 (U+1F4A9) is not allowed in a domain name"),
    ("i\u2764.ws", "\u2764 (U+2764) is not allowed in a domain name"),
    ("a\u202eb\u00fc.de", "U+202E is not allowed in a domain name"),
    ("a\u200db.example", "the character U+200D at a place where no name may have it"),
    ("a\u200cb.example", "the character U+200C at a place where no name may have it"),
    ("-\u00fc.de", "label must not start or end with a hyphen"),
    ("ab--\u00fc.de", "hyphens in 3rd and 4th position"),
    ("\u0301a.de", "combining character"),
    ("\u05d0a.com", "right-to-left label"),
    ("b\u00fc cher.de", "(U+0020) is not allowed in a domain name"),
    ("\u00fc" * 64 + ".de", "has 70 characters in ASCII, and a part of a name has at most 63"),
    ("x" * 64 + ".de", "has 64 characters, and a part of a name has at most 63"),
    (".".join(["b\u00fccher"] * 20), "it has 279 characters, and DNS carries 253"),
    (".".join(["label"] * 43), "it has 257 characters, and DNS carries 253"),
    ("\u00fc" * 5000, "it has 5000 characters, and DNS carries 253"),
    ("b\u00fccher..de", "an empty part between two dots"),
    ("a..b", "an empty part between two dots"),
    ("\u00ad.de", "an empty part between two dots"),
    ("", "it is empty"),
]


@pytest.mark.parametrize(("name", "words"), BAD)
def test_what_is_not_a_name_is_told(name: str, words: str) -> None:
    with pytest.raises(BadNameError, match=re.escape(words)):
        to_ascii(name)
    assert comparable(name) == name.lower().removesuffix(".")


def test_a_hostile_name_costs_no_time() -> None:
    started = time.monotonic()
    with pytest.raises(BadNameError):
        to_ascii("\u00fc." * 200_000)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("xn--fa-hia.de", "fa\u00df.de"),
        ("www.XN--BCHER-KVA.example", "www.b\u00fccher.example"),
        ("shop.example", "shop.example"),
        ("xn--i-7iq.ws", "xn--i-7iq.ws"),
        ("xn--.com", "xn--.com"),
        ("xn--\u00fc.com", "xn--\u00fc.com"),
    ],
)
def test_a_name_is_read_back_where_it_is_one(name: str, read: str) -> None:
    assert readable(name) == read


@pytest.mark.parametrize(
    ("url", "host", "plain"),
    [
        ("https://Fa\u00df.de/x", "xn--fa-hia.de", "https://xn--fa-hia.de/x"),
        ("https://me@B\u00fccher.example:8443/\u00fc?q", "xn--bcher-kva.example", ""),
        ("https://shop.example./\u00fc", "shop.example", "https://shop.example./\u00fc"),
        ("https://[2001:db8::1]:8443/", "2001:db8::1", "https://[2001:db8::1]:8443/"),
        ("https://[::1", "", "https://[::1"),
        ("/only/a/path", "", "/only/a/path"),
    ],
)
def test_the_host_of_a_url(url: str, host: str, plain: str) -> None:
    assert host_of(url) == host
    assert with_ascii_host(url) == (plain or "https://me@xn--bcher-kva.example:8443/\u00fc?q")


def test_every_way_into_the_product_makes_the_same_name() -> None:
    """The launch file, a URL, a DNS question, the connect map, the public suffix list: one domain, never its
    neighbour fass.de."""
    located = locate("https://Fa\u00df.de/")
    assert not isinstance(located, Failure)
    question = _query("fa\u00df.de", "A", recursion=True)
    assert not isinstance(question, Failure)
    rules = ConnectMap.parse(["Fa\u00df.de=192.0.2.1"])
    assert {
        tidy_domain("https://www.Fa\u00df.de/x"),
        mend_host("Fa\u00df.de"),
        located.host,
        question.question[0].name.to_text(omit_final_dot=True),
        rules.rules[0].host,
        registrable("www.fa\u00df.de"),
        host_of("//fa\u00df.de/"),
    } == {"xn--fa-hia.de"}
    assert rules.find("xn--fa-hia.de", 443) == rules.find("fa\u00df.de", 443) == ("192.0.2.1", 443)


def test_every_way_in_says_why_it_refuses() -> None:
    why = re.escape("\U0001f4a9 (U+1F4A9) is not allowed in a domain name")
    with pytest.raises(ValueError, match=why):
        tidy_domain("https://\U0001f4a9.la/")
    with pytest.raises(ValueError, match=why):
        ConnectMap.parse(["\U0001f4a9.la=192.0.2.1"])
    for failure in (locate("https://\U0001f4a9.la/"), _query("\U0001f4a9.la", "A", recursion=True)):
        assert isinstance(failure, Failure)
        assert re.search(why, failure.detail)
    assert re.search(why, connect_problem("\U0001f4a9.la", "192.0.2.1")[0])


OTHERS = re.compile(
    r"""(?:encode|decode)\(\s*["'](?:idna|punycode)["']|\bidna\.|\bimport\s+idna|\bfrom\s+idna|IDNA_200|IDNA_CODEC"""
    r"""|idna_codec|encodings\.idna\b|["']xn--""",
    re.IGNORECASE,
)


def test_no_other_place_encodes_names() -> None:
    found = {
        (path.relative_to(ROOM).as_posix(), match[0])
        for path in ROOM.rglob("*.py")
        for match in OTHERS.finditer(path.read_text(encoding="utf-8"))
        if path.name != "hostnames.py"
    }
    # Python's own ssl module loads it; it is handed ASCII alone.
    assert found == {("world/__init__.py", "encodings.idna")}
    assert OTHERS.search('name.encode("idna")')
    assert OTHERS.search("dns.name.IDNA_2008_Practical")
