"""robots.txt against the behaviours that Google's public tests of its own parser name, in cases of our own: each row is
one of them, with what a crawler may fetch and what not."""

from __future__ import annotations

import time

import pytest

from launchready_tui.checks.parse.search_files import robots

Case = tuple[str, str, str, tuple[str, ...], tuple[str, ...]]
A = "user-agent: Crab\n"
LONG = "/deep/" + "a" * (8 * 2083 - len("disallow: /deep/"))
FISH = ("/eel", "/eel.html", "/eel/smoked.html", "/eels", "/eels/two.html", "/eel.html?id=7")
NO_FISH = ("/Eel.asp", "/congereel", "/?id=eel", "/cod")
# The behaviour, the file, the crawler, paths that are allowed, paths that are not.
CASES: tuple[Case, ...] = (
    ("system test: an empty file", "", "Crab", ("/", "/a"), ()),
    ("system test: a crawler of no name", A + "disallow: /\n", "", ("/",), ()),
    ("system test: the root alone", A + "disallow: /\n", "Crab", (), ("/",)),
    ("line syntax: key, colon, value", A + "disallow: /\n", "Crab", (), ("/x/y",)),
    ("line syntax: unknown keys", "foo: Crab\nbar: /\n", "Crab", ("/x/y",), ()),
    ("line syntax: the colon is forgotten", "user-agent Crab\ndisallow /\n", "Crab", (), ("/x/y",)),
    ("line syntax: three words are none", A + "disallow / all\n", "Crab", ("/x/y",), ()),
    (
        "groups: rules of one crawler are combined",
        "allow: /early/\n\n" + A + "disallow: /\nallow: /x/\nuser-agent: Barnacle\ndisallow: /\nallow: /y/\n\n\n"
        "allow: /w/\nuser-agent: Bass\n\n" + A + "allow: /z/\ndisallow: /\n",
        "Crab",
        ("/x/1", "/z/1"),
        ("/y/1", "/w/1", "/early/"),
    ),
    (
        "groups: a blank line ends none",
        "user-agent: Barnacle\ndisallow: /\nallow: /y/\n\n\nallow: /w/\nuser-agent: Crab\nallow: /z/\n",
        "Barnacle",
        ("/y/1", "/w/1"),
        ("/z/1",),
    ),
    (
        "groups: two names in a row share the rules",
        "user-agent: Bass\n\nuser-agent: Crab\nallow: /z/\ndisallow: /\n",
        "Bass",
        ("/z/1",),
        ("/x/1",),
    ),
    ("groups: rules before any name", "allow: /\ndisallow: /\n", "Crab", ("/",), ()),
    (
        "groups: other lines end no row of names",
        A + "Crawl-delay: 5\nuser-agent: Bass\ndisallow: /\n",
        "Crab",
        (),
        ("/",),
    ),
    ("names of lines in any case", "USER-AGENT: Crab\nALLOW: /x/\nDiSaLlOw: /\n", "Crab", ("/x/y",), ("/a/b",)),
    ("user agent in any case", "User-Agent: CRAB\nAllow: /x/\nDisallow: /\n", "crab", ("/x/y",), ("/a/b",)),
    (
        "user agent up to the first blank",
        "User-Agent: *\nDisallow: /\nUser-Agent: Crab Apple\nAllow: /x/\nDisallow: /\n",
        "Crab",
        ("/x/y",),
        ("/y",),
    ),
    (
        "user agent with a blank fits none",
        "User-Agent: *\nDisallow: /\nUser-Agent: Crab Apple\nAllow: /x/\nDisallow: /\n",
        "Crab Apple",
        (),
        ("/x/y",),
    ),
    ("user agent with a version", "User-Agent: Crab/2.1\nDisallow: /\n", "Crab", (), ("/",)),
    ("user agent with a star is not all", "User-Agent: Crab*\nDisallow: /\n", "Bass", ("/",), ()),
    (
        "global group: an own group goes before it",
        "user-agent: *\nallow: /\n" + A + "disallow: /\n",
        "Crab",
        (),
        ("/x",),
    ),
    ("global group: for all others", "user-agent: *\nallow: /\n" + A + "disallow: /\n", "Bass", ("/x",), ()),
    ("global group: absent", A + "allow: /\nuser-agent: Bass\ndisallow: /\n", "Eel", ("/x",), ()),
    ("global group: an own group without rules", "user-agent: *\ndisallow: /\n" + A, "Crab", ("/x",), ()),
    (
        "global group: what it shuts is open to a group of its own",
        "User-agent: *\nDisallow: /x/\n" + A + "Disallow: /y/\n",
        "Crab",
        ("/x/1",),
        ("/y/1",),
    ),
    (
        "global group: two are one",
        "User-agent: *\nDisallow: /a\n\nUser-agent: *\nDisallow: /b\n",
        "Crab",
        ("/c",),
        ("/a", "/b"),
    ),
    ("paths tell case", A + "disallow: /X/\n", "Crab", ("/x/y",), ("/X/y",)),
    ("longest match: disallow", A + "disallow: /x/page.html\nallow: /x/\n", "Crab", ("/x/",), ("/x/page.html",)),
    ("longest match: allow", A + "allow: /x/page.html\ndisallow: /x/\n", "Crab", ("/x/page.html",), ("/x/",)),
    ("longest match: two that are empty", A + "disallow: \nallow: \n", "Crab", ("/x",), ()),
    ("longest match: two that are equal", A + "disallow: /\nallow: /\n", "Crab", ("/x",), ()),
    ("longest match: equal names", A + "disallow: /x/p\nallow: /x/p\n", "Crab", ("/x/p",), ()),
    ("longest match: with and without the slash", A + "disallow: /x\nallow: /x/\n", "Crab", ("/x/",), ("/x",)),
    (
        "longest match: a star counts as a character",
        A + "allow: /page\ndisallow: /*.html\n",
        "Crab",
        ("/page",),
        ("/page.html",),
    ),
    (
        "longest match: a longer name beats a star",
        A + "allow: /x/page.\ndisallow: /*.html\n",
        "Crab",
        ("/x/page.html",),
        ("/x/y.html",),
    ),
    (
        "encoding: reserved characters stay as they are",
        A + "Disallow: /\nAllow: /q?a=b&c=http://d.test?e&f\n",
        "Crab",
        ("/q?a=b&c=http://d.test?e&f",),
        ("/q",),
    ),
    ("encoding: what is not ASCII", A + "Disallow: /\nAllow: /fish/魚\n", "Crab", ("/fish/%E9%AD%9A",), ("/fish/魚",)),
    (
        "encoding: already done",
        A + "Disallow: /\nAllow: /fish/%e9%ad%9a\n",
        "Crab",
        ("/fish/%E9%AD%9A",),
        ("/fish/魚",),
    ),
    ("encoding: letters are not decoded", A + "Disallow: /\nAllow: /%65el\n", "Crab", ("/%65el",), ("/eel",)),
    (
        "special characters: a star may be nothing but not half a folder",
        A + "Disallow: /sea/cod/raw\nAllow: /sea/*/fried\n",
        "Crab",
        ("/sea/raw", "/sea//raw", "/sea/ray/raw"),
        ("/sea/cod/raw",),
    ),
    (
        "special characters: the end",
        A + "Disallow: /sea/cod$\nAllow: /sea/cod/x\n",
        "Crab",
        ("/sea/cod/", "/sea/cod/x"),
        ("/sea/cod",),
    ),
    ("special characters: a dollar elsewhere is one", A + "Disallow: /a$b\n", "Crab", ("/a",), ("/a$b",)),
    (
        "special characters: a comment",
        A + "# Disallow: /\nDisallow: /sea/raw#not this\nAllow: /\n",
        "Crab",
        ("/sea/cod",),
        ("/sea/raw",),
    ),
    (
        "index.html is the folder",
        "User-Agent: *\nAllow: /open/index.html\nDisallow: /\n",
        "crab",
        ("/open/", "/open/index.html"),
        ("/open/index.htm", "/other"),
    ),
    ("a line too long is cut", A + f"disallow: {LONG}/more\n", "Crab", ("/few",), (f"{LONG}/else",)),
    ("documentation: /fish", A + "disallow: /\nallow: /eel\n", "Crab", FISH, NO_FISH),
    ("documentation: /fish*", A + "disallow: /\nallow: /eel*\n", "Crab", FISH, NO_FISH),
    (
        "documentation: /fish/",
        A + "disallow: /\nallow: /eel/\n",
        "Crab",
        ("/eel/", "/eel/smoked", "/eel/?raw", "/eel/smoked.html"),
        ("/eel", "/eel.html", "/Eel/Smoked.asp"),
    ),
    (
        "documentation: /*.php",
        A + "disallow: /\nallow: /*.php\n",
        "Crab",
        ("/a.php", "/b/a.php", "/b/a.php?x", "//b/any.php.file.html", "/a.php/", "/i?f=a.php/"),
        ("/php/", "/i?php", "/a.PHP"),
    ),
    (
        "documentation: /*.php$",
        A + "disallow: /\nallow: /*.php$\n",
        "Crab",
        ("/a.php", "/b/a.php", "/a.php/b.php"),
        ("/a.php?x", "/a.php/", "/a.php5", "/php/", "/aphp"),
    ),
    (
        "documentation: /fish*.php",
        A + "disallow: /\nallow: /eel*.php\n",
        "Crab",
        ("/eel.php", "/eels/cat.php?x"),
        ("/Eel.PHP",),
    ),
    ("precedence: a longer allow", A + "allow: /p\ndisallow: /\n", "Crab", ("/page",), ("/x",)),
    ("precedence: equal length", A + "allow: /f\ndisallow: /f\n", "Crab", ("/f/page",), ()),
    ("precedence: a longer pattern with a star", A + "allow: /page\ndisallow: /*.htm\n", "Crab", (), ("/page.htm",)),
    ("precedence: the home page alone", A + "allow: /$\ndisallow: /\n", "Crab", ("/",), ("/page.htm",)),
    ("line ends: DOS", "User-agent: Crab\r\nDisallow: /\r\n", "Crab", (), ("/",)),
    ("line ends: old Macs", "User-agent: Crab\rDisallow: /\r", "Crab", (), ("/",)),
    ("line ends: none at the end", "User-agent: Crab\nDisallow: /", "Crab", (), ("/",)),
    ("byte order mark", "\ufeffUser-agent: Crab\nDisallow: /\n", "Crab", (), ("/",)),
    ("byte order mark, in part", "\ufffdUser-agent: Crab\nDisallow: /\n", "Crab", (), ("/",)),
    ("byte order mark, broken", "\ufffd\x11\ufffdUser-agent: Crab\nDisallow: /\n", "Crab", ("/",), ()),
    ("byte order mark in the middle", A + "\ufeffDisallow: /\n", "Crab", ("/",), ()),
    ("a usual misspelling", "useragent: Crab\ndissallow: /\n", "Crab", (), ("/",)),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_a_crawler_reads_robots_txt_as_googles_does(case: Case) -> None:
    _, text, agent, yes, no = case
    told = robots(text)
    assert [path for path in yes if not told.allows(agent, path)] == []
    assert [path for path in no if told.allows(agent, path)] == []


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("User-agent: *\nContent-Signal: search=yes, ai-train=no\nCrawl-delay: 5\nHost: shop.test\nDisallow: /a", ()),
        ("User-agent: *\nDisallow: /a\nSitemap: https://shop.test/map.xml", ()),
        ("User-agent: *\nSitemap: /map.xml", ("no-host",)),
        ("User-agent: *\nDisallows: /a", ("no-directive",)),
        ("User-agent: *\nDissalow: /a", ("no-directive",)),
        ("User-agent: *\nDisallow /a", ("no-colon",)),
        ("Disallow: /a", ("no-agent",)),
        ("User-agent: *\nDisallow: a", ("no-slash",)),
    ],
)
def test_lines_for_other_readers_are_no_mistake(text: str, kinds: tuple[str, ...]) -> None:
    assert tuple(mistake.kind for mistake in robots(text).mistakes) == kinds


def test_hostile_robots_txt_is_read_in_linear_time() -> None:
    text = "User-agent: *\n" + ("Disallow: /" + "*a" * 200 + "$\n") * 1200 + "x" * 100_000
    began = time.perf_counter()
    assert robots(text).allows("Googlebot", "/" + "a" * 2000 + "b")
    assert time.perf_counter() - began < 3
