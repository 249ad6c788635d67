"""Every way in which a launch file can be wrong: the key, what was found, what is allowed, the nearest valid key."""

from __future__ import annotations

from pathlib import Path

import pytest

from launchready_tui.launch.load import find, load, parse
from launchready_tui.launch.problems import LaunchFileError, Problem

GOOD = """\
name = "Demo Market"
domain = "example.com"
canonical = "https://example.com/"

[[hosts]]
name = "api.example.com"
role = "api"
"""
HOST = '[[hosts]]\nname = "app.example.com"\n'
ROUTE = '[[routes]]\nname = "search"\nurl = "https://api.example.com/search"\n'
BEARER = "Bearer " + "abc" * 8


def problems(text: str | bytes) -> list[Problem]:
    with pytest.raises(LaunchFileError) as caught:
        parse(text if isinstance(text, bytes) else text.encode())
    return list(caught.value.problems)


# (what is added after the good file, key, part of what was found, part of what is allowed, nearest)
ADDED = [
    # Keys and types
    ("[[hosts]]\nname = 'b.example.com'\nrolle = 'web'\n", "hosts[2].rolle", "an unknown key", "name, role", "role"),
    ("[sprint]\nstrat = 2026-11-24T09:00:00Z\n", "sprint.strat", "an unknown key", "start", "start"),
    ("[settings]\nname_servers = []\n", "settings.name_servers", "an unknown key", "nameservers", "nameservers"),
    ("[settings]\nZZZ = 1\n", "settings.ZZZ", "an unknown key", "one of nameservers", ""),
    ("[email]\ndomain = 'x'\n", "email.domain", "an unknown key", "belongs at the top of the file", ""),
    ("[email]\n'odd key' = 1\n", 'email."odd key"', "an unknown key", "senders", ""),
    ("[[hosts]]\nrole = 'web'\n", "hosts[2].name", "nothing", "required", ""),
    ("[permission]\nby = 'founder'\n", "permission.on", "nothing", "a day, such as", ""),
    ("[sprint]\nhours = 48\n", "sprint.start", "nothing", "required", ""),
    ("[[hosts]]\nname = 'b.example.com'\nrole = 'wbe'\n", "hosts[2].role", '"wbe"', "web", "web"),
    ("[[hosts]]\nname = 'b.example.com'\nrole = 3\n", "hosts[2].role", "the number 3", "web", ""),
    ("[[hosts]]\nname = 7\n", "hosts[2].name", "the number 7", "text in quotes", ""),
    (ROUTE + "method = 'FETCH'\n", "routes[1].method", '"FETCH"', "PATCH", "PATCH"),
    (ROUTE + "method = 'get'\n", "routes[1].method", '"get"', "GET", "GET"),
    (ROUTE + "flow = 'payment'\n", "routes[1].flow", '"payment"', "pay", "pay"),
    (ROUTE + "safe = 'true'\n", "routes[1].safe", '"true"', "true or false, without quotes", "true"),
    (ROUTE + "safe = 1\n", "routes[1].safe", "the number 1", "true or false", ""),
    (ROUTE + "target_ms = 300.5\n", "routes[1].target_ms", "300.5", "a whole number", ""),
    (ROUTE + "target_ms = '300'\n", "routes[1].target_ms", '"300"', "without quotes", "300"),
    (ROUTE + "target_ms = true\n", "routes[1].target_ms", "true", "a whole number", ""),
    (ROUTE + "headers = { accept = 1 }\n", "routes[1].headers.accept", "the number 1", "text in quotes", ""),
    (ROUTE + "headers = ['accept']\n", "routes[1].headers", "a list", "a table of text", ""),
    ("[sprint]\nstart = 2026-11-24T09:00:00\n", "sprint.start", "the moment 2026-11-24T09:00:00", "with its zone", ""),
    ("[sprint]\nstart = 2026-11-24\n", "sprint.start", "the day 2026-11-24", "a moment with its zone", ""),
    ("[sprint]\nstart = 09:00:00\n", "sprint.start", "the time 09:00:00", "a moment", ""),
    ("[sprint]\nstart = 2026-11-24T09:00:00Z\nhours = inf\n", "sprint.hours", "inf", "a number", ""),
    (
        "[permission]\nby='f'\non='2026-11-24'\ndomains=['example.com']\n",
        "permission.on",
        '"2026-11-24"',
        "a day",
        "2026-11-24",
    ),
    (
        "[permission]\nby='f'\non=2026-11-24T01:00:00Z\ndomains=['example.com']\n",
        "permission.on",
        "the moment",
        "a day",
        "",
    ),
    ("[settings]\nservices = ['rdpa']\n", "settings.services[1]", '"rdpa"', "rdap", "rdap"),
    ("[settings]\nsamples = 1e400\n", "settings.samples", "inf", "a whole number", ""),
    ("[routes]\nname = 'x'\n", "routes", "a table", "each written [[routes]]", ""),
    ("[[sprint]]\nhours = 1\n", "sprint", "a list", "a table, written [sprint]", ""),
    # Names
    ("[[hosts]]\nname = 'App.example.com'\n", "hosts[2].name", "App.example.com", "lower case", "app.example.com"),
    (
        "[[hosts]]\nname = 'https://app.example.com/x'\n",
        "hosts[2].name",
        "https://app",
        "full host name",
        "app.example.com",
    ),
    ("[[hosts]]\nname = 'app'\n", "hosts[2].name", '"app"', "full host name", ""),
    (
        "[[hosts]]\nname = 'app.example.com.'\n",
        "hosts[2].name",
        "app.example.com.",
        "full host name",
        "app.example.com",
    ),
    ("[[hosts]]\nname = 'bücher.example.com'\n", "hosts[2].name", "bücher", "xn--", "xn--bcher-kva.example.com"),
    ("[[hosts]]\nname = '-a.example.com'\n", "hosts[2].name", "-a.example.com", "full host name", ""),
    ("[[hosts]]\nname = '127.0.0.1'\n", "hosts[2].name", "127.0.0.1", "full host name", ""),
    ("[[hosts]]\nname = 'app.other.com'\nrole = 'app'\n", "hosts[2].name", "app.other.com", "inside example.com", ""),
    (
        "[[hosts]]\nname = 'badexample.com'\n" + "role = 'web'\n",
        "hosts[2].name",
        "badexample.com",
        "inside example.com",
        "",
    ),
    ("[[hosts]]\nname = 'api.example.com'\n", "hosts[2].name", "again", "first in hosts[1]", ""),
    (
        "[permission]\nby='f'\non=2026-11-24\ndomains=['co.uk']\n",
        "permission.domains[1]",
        "co.uk",
        "anyone can register",
        "",
    ),
    (
        "[permission]\nby='f'\non=2026-11-24\ndomains=['vercel.app']\n",
        "permission.domains[1]",
        "vercel.app",
        "anyone",
        "",
    ),
    (
        "[permission]\nby='f'\non=2026-11-24\ndomains=['com']\n",
        "permission.domains[1]",
        '"com"',
        "a registrable domain",
        "",
    ),
    (
        "[permission]\nby='f'\non=2026-11-24\ndomains=['*.example.com']\n",
        "permission.domains[1]",
        "*.example",
        "a registrable domain",
        "",
    ),
    ("[permission]\nby=''\non=2026-11-24\ndomains=['example.com']\n", "permission.by", "empty text", "not empty", ""),
    # URLs
    ("[[pages]]\nurl = 'http://example.com/'\n", "pages[1].url", "http://", "an https URL", "https://example.com/"),
    (
        "[[pages]]\nurl = 'example.com/x'\n",
        "pages[1].url",
        "example.com/x",
        "a full https URL",
        "https://example.com/x",
    ),
    ("[[pages]]\nurl = 'ftp://example.com/'\n", "pages[1].url", "ftp://", "a full https URL", ""),
    ("[[pages]]\nurl = 'https://exa mple.com/'\n", "pages[1].url", "exa mple", "a full https URL", ""),
    ("[[pages]]\nurl = 'https://example.com:99999/'\n", "pages[1].url", "99999", "a full https URL", ""),
    (
        "[[pages]]\nurl = 'https://shop.example.com/'\n",
        "pages[1].url",
        "shop.example.com",
        "add shop.example.com under [[hosts]]",
        "",
    ),
    (
        "[[pages]]\nurl = 'https://example.com/'\n[[pages]]\nurl = 'https://example.com/'\n",
        "pages[2].url",
        "again",
        "pages[1]",
        "",
    ),
    (
        "[[routes]]\nname = 's'\nurl = 'https://api.other.com/'\n",
        "routes[1].url",
        "api.other.com",
        "a declared host",
        "",
    ),
    (ROUTE + ROUTE.replace("/search", "/b"), "routes[2].name", "again", "routes[1]", ""),
    (ROUTE.replace('search"\nurl', '"\nurl'), "routes[1].name", "empty text", "not empty", ""),
    (
        "[[routes]]\nname='s'\nurl='https://api.example.com/?access_token=abcdef'\n",
        "routes[1].url",
        "access_token",
        "no secret",
        "",
    ),
    ("[[redirects]]\nfrom = '/old'\nto = 'https://example.com/new'\n", "redirects[1].from", "/old", "a full URL", ""),
    (
        "[[redirects]]\nfrom = 'http://old.com/'\nto = 'http://example.com/'\n",
        "redirects[1].to",
        "http://",
        "https",
        "https://example.com/",
    ),
    (
        "[[redirects]]\nfrom='https://example.com/a'\nto='https://example.com/a'\n",
        "redirects[1].to",
        "/a",
        "another address",
        "",
    ),
    # Routes
    (ROUTE + "method = 'DELETE'\nsafe = true\n", "routes[1].safe", "true", "each DELETE request", ""),
    (ROUTE + "method = 'PATCH'\nsafe = true\n", "routes[1].safe", "true", "each PATCH request", ""),
    (ROUTE + "body = 'x=1'\n", "routes[1].body", "a body", "no body with GET", ""),
    (ROUTE + "target_ms = 0\n", "routes[1].target_ms", "the number 0", "1 to 600000 milliseconds", ""),
    (ROUTE + "headers = { 'bad header' = 'x' }\n", 'routes[1].headers."bad header"', "characters", "a header name", ""),
    (ROUTE + 'headers = { accept = "a\\nb" }\n', "routes[1].headers.accept", "characters", "one line", ""),
    (ROUTE + "headers = { host = 'x.example.com' }\n", "routes[1].headers.host", "sets itself", "other headers", ""),
    (ROUTE + "headers = { Cookie = 'a=b' }\n", "routes[1].headers.Cookie", "a header with a secret", "credential", ""),
    (
        ROUTE + f"headers = {{ Authorization = '{BEARER}' }}\n",
        "routes[1].headers.Authorization",
        "secret",
        "login = ",
        "",
    ),
    (
        ROUTE + f"headers = {{ x-forwarded = '{BEARER}' }}\n",
        "routes[1].headers.x-forwarded",
        "looks like a secret",
        "login = ",
        "",
    ),
    (ROUTE + "login = 'SHOP_LOGIN'\n", "routes[1].login", "SHOP_LOGIN", "lower-case letters", "shop-login"),
    (ROUTE + "login = 'state'\n", "routes[1].login", '"state"', "LAUNCHREADY_STATE has another meaning", ""),
    # Mail, settings, connect map
    ("[email]\nsupport = 'support'\n", "email.support", '"support"', "a mail address", ""),
    (
        "[email]\nsupport = 'mailto:help@example.com'\n",
        "email.support",
        "mailto:",
        "a mail address",
        "help@example.com",
    ),
    (
        "[email]\nselectors = ['pm._domainkey.example.com']\n",
        "email.selectors[1]",
        "pm._domainkey",
        "DKIM selector",
        "pm",
    ),
    ("[email]\nsenders = ['Postmark']\n", "email.senders[1]", "Postmark", "lower case", "postmark"),
    ("[email]\nsenders = 'postmark'\n", "email.senders", '"postmark"', "a list of text", ""),
    (
        "[settings]\nnameservers = ['ns1.example.com']\n",
        "settings.nameservers[1]",
        "ns1.example.com",
        "an IP address",
        "",
    ),
    (
        "[settings]\nnameservers = ['192.0.2.1:70000']\n",
        "settings.nameservers[1]",
        "70000",
        "a port from 1 to 65535",
        "",
    ),
    ("[settings]\nnameservers = ['[2001:db8::1:53']\n", "settings.nameservers[1]", "2001:db8", "brackets", ""),
    ("[settings]\nprivate_addresses = ['10.0.0.0/99']\n", "settings.private_addresses[1]", "/99", "a network", ""),
    ("[settings]\nrate = 0\n", "settings.rate", "the number 0", "0.01 to 50", ""),
    ("[settings]\nrate = 5000\n", "settings.rate", "5000", "requests a second", ""),
    ("[settings]\nservices = ['rdap', 'rdap']\n", "settings.services[2]", "again", "once", ""),
    ("[settings.rdap]\n'.com' = 'https://rdap.example/'\n", 'settings.rdap.".com"', ".com", "top-level domain", "com"),
    ("[settings.rdap]\ncom = 'rdap.example'\n", "settings.rdap.com", "rdap.example", "base URL", ""),
    ("[connect]\n'a.example.com:https' = '127.0.0.1'\n", 'connect."a.example.com:https"', "https", "a port", ""),
    ("[connect]\n'a.example.com' = 'localhost:8443'\n", 'connect."a.example.com"', "localhost", "an IP address", ""),
    (
        "[connect]\n'*.example.com' = '127.0.0.1'\n",
        'connect."*.example.com"',
        "*.example.com",
        "a name, an address or *",
        "",
    ),
    ("[connect]\n'a.example.com' = 8443\n", 'connect."a.example.com"', "8443", "text in quotes", ""),
    ("[repository]\npath = ''\n", "repository.path", "empty text", "a folder", ""),
    ("[sprint]\nstart = 2026-11-24T09:00:00Z\nhours = 0\n", "sprint.hours", "the number 0", "1 to 1440 hours", ""),
]


@pytest.mark.parametrize(
    ("added", "key", "found", "allowed", "nearest"), ADDED, ids=[f"{n}-{row[1]}" for n, row in enumerate(ADDED)]
)
def test_each_mistake_names_its_key_and_what_is_allowed(
    added: str, key: str, found: str, allowed: str, nearest: str
) -> None:
    told = [problem for problem in problems(GOOD + added) if problem.key == key]
    assert len(told) == 1, [str(problem) for problem in problems(GOOD + added)]
    assert found in told[0].found
    assert allowed in told[0].allowed
    assert told[0].nearest == nearest
    assert told[0].file == "launchready.toml"


# (the whole file, key, part of what was found, part of what is allowed, nearest)
WHOLE = [
    ("", "name", "nothing", "required", ""),
    (
        "nmae = 'x'\ndomain = 'example.com'\ncanonical = 'https://example.com/'\n",
        "nmae",
        "an unknown key",
        "name, domain",
        "name",
    ),
    (GOOD.replace('"example.com"', '"Example.com"'), "domain", "Example.com", "lower case", "example.com"),
    (GOOD.replace('"example.com"', '"https://example.com"'), "domain", "https://", "registrable", "example.com"),
    (GOOD.replace('"example.com"', '"co.uk"'), "domain", "co.uk", "anyone can register", ""),
    (
        GOOD.replace("https://example.com/", "http://example.com/"),
        "canonical",
        "http://",
        "an https URL",
        "https://example.com/",
    ),
    (
        GOOD.replace("https://example.com/", "https://example.com/home"),
        "canonical",
        "/home",
        "scheme and host only",
        "https://example.com/",
    ),
    (
        GOOD.replace("https://example.com/", "https://other.com/"),
        "canonical",
        "other.com",
        "https://www.example.com/",
        "",
    ),
    (
        GOOD.replace("https://example.com/", "https://app.example.com/"),
        "canonical",
        "app.",
        "https://example.com/ or",
        "",
    ),
    (
        GOOD.replace("https://example.com/", "https://u:pw@example.com/"),
        "canonical",
        "user name or password",
        "without",
        "",
    ),
    (GOOD.replace('"Demo Market"', '" "'), "name", '""', "not empty", ""),
    (GOOD.replace("Demo Market", "Demo \\u202e Market"), "name", "invisible characters", "one line", ""),
    (GOOD.replace('name = "Demo Market"', 'name = "a\nb"'), "line 1, column 10", 'name = "a', "TOML", ""),
    ("name = 'x'\nname = 'y'\n", "line 2, column 11", "name = 'y'", "TOML (cannot overwrite", ""),
    ("name = x\n", "line 1, column 8", "name = x", "TOML (invalid value", ""),
    ("[hosts\n", "line 1, column 7", "[hosts", "TOML", ""),
    (b"name = '\xff'\n", "line 1", "byte 0xff at line 1, column 9", "UTF-8", ""),
    ("x = " + "[" * 3000, "", "nested too deep", "TOML", ""),
    ("#" * (1024 * 1024 + 1), "", "bytes", "at most 1048576 bytes", ""),
]


@pytest.mark.parametrize(
    ("text", "key", "found", "allowed", "nearest"), WHOLE, ids=[f"{n}-{row[1]}" for n, row in enumerate(WHOLE)]
)
def test_each_broken_file_says_where(text: str | bytes, key: str, found: str, allowed: str, nearest: str) -> None:
    told = [problem for problem in problems(text) if problem.key == key]
    assert len(told) == 1, [str(problem) for problem in problems(text)]
    assert found in told[0].found
    assert allowed in told[0].allowed
    assert told[0].nearest == nearest


def test_all_mistakes_are_told_at_once_from_top_to_bottom() -> None:
    text = GOOD.replace('"Demo Market"', "7") + (
        "[[hosts]]\nname = 'App.example.com'\nrole = 'wbe'\n[[hosts]]\nrolle = 'x'\n[sprint]\nhours = "
        "'x'\n[[pages]]\nurl = 'x'\n"
    )
    keys = [problem.key for problem in problems(text)]
    assert keys == [
        "name",
        "hosts[2].role",
        "hosts[2].name",
        "hosts[3].rolle",
        "hosts[3].name",
        "sprint.hours",
        "sprint.start",
        "pages[1].url",
    ]


def test_a_misspelt_required_key_is_one_mistake() -> None:
    told = problems("nmae = 'x'\ndomain = 'example.com'\ncanonical = 'https://example.com/'\n")
    assert [problem.key for problem in told] == ["nmae"]


def test_no_message_repeats_a_secret() -> None:
    secret = "hunter" + "2" * 6
    text = GOOD + (
        f"[[routes]]\nname = 'a'\nurl = 'https://u:{secret}@api.example.com/'\n"
        f"headers = {{ Authorization = '{secret}', x = 'Bearer {secret}' }}\n"
        f"[[routes]]\nname = 'b'\nurl = 'https://api.example.com/?password={secret}'\nbody = 'Bearer "
        f"{secret}'\nmethod = 'POST'\n"
    )
    told = problems(text)
    assert len(told) >= 5
    assert not [problem for problem in told if secret in str(problem)]


def test_hostile_text_in_a_message_is_cleaned() -> None:
    (told,) = problems(GOOD + '[[hosts]]\nname = "\\u001b[31mapp.example.com"\n')
    assert "\x1b" not in str(LaunchFileError([told]))


GOOD_MORE = [
    "[[hosts]]\nname = 'demo.onrender.com'\nrole = 'origin'\n",
    "[[hosts]]\nname = 'stats.uptimes.io'\nrole = 'status'\n",
    "[permission]\nby='founder'\non=2026-11-24\ndomains=['example.com','old.net']\n[[hosts]]\nname='www.old.net'\nrole='web'\n",
    ROUTE + "method = 'POST'\nsafe = true\nbody = '{}'\nlogin = 'shop-login'\nheaders = { content-type = "
    "'application/json' }\n",
    ROUTE + "headers = { apikey = 'public-anon' }\n",
    "[[redirects]]\nfrom = 'http://old.net/a'\nto = 'https://example.com/a'\n",
    "[connect]\n'*' = '127.0.0.1'\n'a.example.com:443' = '127.0.0.1:8443'\n'203.0.113.10' = "
    "'[::1]:8443'\n'*:25' = '127.0.0.1:2525'\n",
    "[settings]\nnameservers = ['192.0.2.1', '192.0.2.1:5353', '[2001:db8::1]:53', "
    "'2001:db8::1']\nprivate_addresses = ['10.1.0.0/16']\n",
    "[sprint]\nstart = 2026-11-24T09:00:00+01:00\nhours = 48\n",
]


@pytest.mark.parametrize("added", GOOD_MORE)
def test_what_is_right_is_taken(added: str) -> None:
    assert parse((GOOD + added).encode()).name == "Demo Market"


def test_a_bom_and_windows_line_ends_are_fine() -> None:
    assert parse(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()).domain == "example.com"


def test_load_gives_path_folder_and_the_hash_of_the_bytes(tmp_path: Path) -> None:
    import hashlib

    find(tmp_path).write_text(GOOD)
    file = load(find(tmp_path))
    assert (file.folder, file.sha256) == (tmp_path, hashlib.sha256(GOOD.encode()).hexdigest())


def test_a_missing_file_names_the_command_that_writes_one(tmp_path: Path) -> None:
    with pytest.raises(LaunchFileError, match="launchready init DOMAIN"):
        load(find(tmp_path))


def test_a_folder_in_the_files_place_is_told(tmp_path: Path) -> None:
    find(tmp_path).mkdir()
    with pytest.raises(LaunchFileError, match="cannot be read"):
        load(find(tmp_path))


def test_a_ca_file_must_be_there(tmp_path: Path) -> None:
    find(tmp_path).write_text(GOOD + "[settings]\nca_file = 'ca.pem'\nrate = 0\n")
    with pytest.raises(LaunchFileError) as caught:
        load(find(tmp_path))
    assert {problem.key for problem in caught.value.problems} == {"settings.ca_file", "settings.rate"}
    (tmp_path / "ca.pem").write_text("x")
    find(tmp_path).write_text(GOOD + "[settings]\nca_file = 'ca.pem'\n")
    assert load(find(tmp_path)).launch.settings.ca_file == "ca.pem"
