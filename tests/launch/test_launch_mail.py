"""`[[mailboxes]]` and `[[flows]]` in the launch file: what they mean, and every mistake told with its key."""

from __future__ import annotations

from pathlib import Path

import pytest

from launchready_tui.launch import mailrules
from launchready_tui.launch.load import parse
from launchready_tui.launch.model import Launch, Mailbox
from launchready_tui.launch.problems import LaunchFileError

BASE = """
name = "Shop"
domain = "example.com"
canonical = "https://example.com/"
[[hosts]]
name = "api.example.com"
role = "api"
[[routes]]
name = "forgot"
url = "https://api.example.com/forgot"
method = "POST"
body = '{"email": "{{email}}"}'
[[routes]]
name = "search"
url = "https://api.example.com/search"
"""
SEED = """
[[mailboxes]]
name = "seed"
address = "shop.tests@example.net"
host = "imap.example.net"
login = "seed-mail"
"""


def launch(text: str) -> Launch:
    return parse((BASE + text).encode(), "launchready.toml", Path())


def problems(text: str) -> list[tuple[str, str]]:
    with pytest.raises(LaunchFileError) as caught:
        launch(text)
    return [(problem.key, problem.nearest) for problem in caught.value.problems]


def test_a_mailbox_knows_its_server_its_way_and_its_test_addresses() -> None:
    made = launch(
        SEED
        + """
[[mailboxes]]
name = "gmail"
address = "shop.tests@gmail.com"
kind = "gmail"
login = "gmail-app"
[[mailboxes]]
name = "outlook"
address = "shop.tests@outlook.com"
kind = "outlook"
login = "outlook-test"
client_id = "11111111-2222-3333-4444-555555555555"
[[mailboxes]]
name = "catch-all"
address = "tests@example.org"
host = "imap.example.org:1993"
login = "catch-all"
tagged = "shop-{tag}@example.org"
"""
    )
    seed, gmail, outlook, every = made.mailboxes
    assert (seed.server, seed.way, seed.login_host) == (("imap.example.net", 993), "password", "imap.example.net")
    assert (gmail.server, gmail.recipient("lr-1")) == (("imap.gmail.com", 993), "shop.tests+lr-1@gmail.com")
    assert (outlook.server, outlook.way, outlook.login_host) == (
        ("outlook.office365.com", 993),
        "device",
        "login.microsoftonline.com",
    )
    assert (every.server, every.recipient("lr-1")) == (("imap.example.org", 1993), "shop-lr-1@example.org")


def test_a_flow_is_by_hand_or_by_a_route_that_holds_the_address() -> None:
    made = launch('[[flows]]\nname = "password-reset"\nroute = "forgot"\n[[flows]]\nname = "invite"\nsent = false\n')
    assert [(flow.name, flow.route, flow.sent) for flow in made.flows] == [
        ("password-reset", "forgot", True),
        ("invite", "", False),
    ]


@pytest.mark.parametrize(
    ("text", "key", "nearest"),
    [
        ('[[mailboxes]]\nname = "a"\naddress = "a@example.net"\nlogin = "a"\n', "mailboxes[1].host", ""),
        (SEED.replace("shop.tests@example.net", "nobody"), "mailboxes[1].address", ""),
        (SEED + 'kind = "gamil"\n', "mailboxes[1].kind", "gmail"),
        (SEED + 'auth = "device"\n', "mailboxes[1].auth", ""),
        (SEED + 'auth = "refresh"\n', "mailboxes[1].auth", ""),
        (SEED + 'tagged = "shop{tag}{tag}@example.net"\n', "mailboxes[1].tagged", ""),
        (SEED + 'tagged = "shop{x}@example.net"\n', "mailboxes[1].tagged", ""),
        (SEED + 'tagged = "shop@{tag}.example.net"\n', "mailboxes[1].tagged", ""),
        (SEED + 'pasword = "x"\n', "mailboxes[1].pasword", ""),
        (SEED.replace("seed-mail", "Seed Mail"), "mailboxes[1].login", "seed-mail"),
        (SEED + SEED, "mailboxes[2].name", ""),
        (
            '[[mailboxes]]\nname = "o"\naddress = "a@outlook.com"\nkind = "outlook"\nlogin = "o"\n',
            "mailboxes[1].client_id",
            "",
        ),
        (
            '[[mailboxes]]\nname = "o"\naddress = "a@outlook.com"\nkind = "outlook"\nlogin = "o"\nauth = "password"\n',
            "mailboxes[1].auth",
            "device",
        ),
        ('[[flows]]\nname = "verfication"\n', "flows[1].name", "verification"),
        ('[[flows]]\nname = "invite"\n[[flows]]\nname = "invite"\n', "flows[2].name", ""),
        ('[[flows]]\nname = "invite"\nroute = "forgott"\n', "flows[1].route", "forgot"),
        ('[[flows]]\nname = "invite"\nroute = "search"\n', "flows[1].route", ""),
        ('[[flows]]\nname = "invite"\nwithin_s = 1\n', "flows[1].within_s", ""),
        (
            '[[flows]]\nname = "invite"\nlinks = ["https://click.example.net"]\n',
            "flows[1].links[1]",
            "click.example.net",
        ),
        ("[settings]\nmails_per_hour = 1000\n", "settings.mails_per_hour", ""),
    ],
)
def test_each_mistake_is_told_with_its_key(text: str, key: str, nearest: str) -> None:
    assert problems(text) == [(key, nearest)]


def test_a_request_leaves_open_only_what_is_known() -> None:
    text = BASE.replace("{{email}}", "{{email}} {{ pasword }}")
    with pytest.raises(LaunchFileError) as caught:
        parse((text + '[[flows]]\nname = "password-reset"\nroute = "forgot"\n').encode(), "launchready.toml", Path())
    assert [(one.key, one.nearest) for one in caught.value.problems] == [("routes[1].body", "password")]


def test_tagged_without_a_tag_is_the_fixed_address_of_a_test_account() -> None:
    assert not mailrules.tagged("shop@example.net")
    box = Mailbox(name="seed", address="seed@example.net", login="seed-mail", tagged="shop@example.net")
    assert box.recipient("lr-k2m9qx") == "shop@example.net"
