"""What is proposed from what was seen; a failed look is never "not there"."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from launchready_tui.failure import Failure
from launchready_tui.launch.load import parse
from launchready_tui.launch.names import host_problem
from launchready_tui.launch.write import text_of
from launchready_tui.workspace.detect import Proposal, detect, name_of, seed, tidy_domain
from launchready_tui.workspace.detect.mail import sender_of
from launchready_tui.workspace.detect.words import FLOWS, SENDERS, USUAL, flow_of, repeatable
from launchready_tui.world import World
from launchready_tui.world.sights import Chain, DnsAnswer, Hop, Reply

AT = datetime(2026, 11, 24, tzinfo=UTC)
KEY = "v=DKIM1; k=rsa; p=" + "MIGf" * 5


class Town:
    """A made-up outside: names to addresses, TXT and MX records, URLs to where they end; it is its own dns and web."""

    def __init__(self, **more: Any) -> None:
        self.names: dict[str, Any] = more.get("names", {})
        self.txt: dict[str, Any] = more.get("txt", {})
        self.mx: Any = more.get("mx", ())
        self.pages: dict[str, Any] = more.get("pages", {})
        self.other: Any = more.get("other", Failure(kind="no-such-name"))
        self.dns = self.web = self

    def _at(self, name: str) -> Any:
        return self.names.get(name, self.other)

    async def addresses(self, host: str) -> Any:
        return self._at(host)

    async def ask(self, name: str, rdtype: str) -> Any:
        if rdtype == "A":
            found = self._at(name)
            return (
                found
                if isinstance(found, Failure)
                else DnsAnswer(name=name, rdtype=rdtype, status="ok", canonical=name, at=AT)
            )
        found = self.mx if rdtype == "MX" else self.txt.get(name, ())
        if isinstance(found, Failure):
            return found
        return DnsAnswer(
            name=name, rdtype=rdtype, status="ok" if found else "nodata", records=found, texts=found, at=AT
        )

    async def follow(self, url: str) -> Chain:
        end = self.pages.get(url, Failure(kind="refused"))
        if isinstance(end, Failure):
            return Chain(start=url, hops=(), end=end)
        where, status, html = end
        reply = Reply(
            url=where, method="GET", status=status, headers=(("content-type", "text/html"),), body=html.encode(), at=AT
        )
        return Chain(start=url, hops=(Hop(url=where, status=status, location="", kind="end"),), end=reply)


async def propose(**more: Any) -> Proposal:
    proposal = await detect("example.com", cast(World, Town(**more)))
    assert parse(text_of(proposal.launch, notes=proposal.notes()).encode()) == proposal.launch
    return proposal


ONE, TWO = ("203.0.113.10",), ("203.0.113.20",)


async def test_a_usual_product_is_proposed_whole() -> None:
    html = """<a href="/search?q=x">Search</a> <a href="/signup">Join</a> <a href="/register">again</a> <a
    href="/logout">Out</a>
    <a href="https://app.example.com/login">Log in</a> <a href="https://facebook.com/login">F</a> <a
    href="mailto:x@example.com">m</a>
    <a href="/terms.pdf">t</a> <a href="http://example.com/bookings">plain</a> <![broken """
    proposal = await propose(
        names={
            "example.com": ONE,
            "www.example.com": ONE,
            "app.example.com": TWO,
            "api.example.com": TWO,
            "staging.example.com": TWO,
        },
        pages={
            "https://example.com/": ("https://www.example.com/", 200, html),
            "https://www.example.com/": ("https://www.example.com/", 200, html),
        },
        mx=("10 mail.example.com",),
        txt={
            "example.com": (
                "v=spf1 include:spf.mtasv.net include:u1.wl.sendgrid.net include:mystery.example -all",
                "other",
            ),
            "pm._domainkey.example.com": (KEY,),
            "s1._domainkey.example.com": ("v=DKIM1; p=",),
        },
    )
    launch = proposal.launch
    assert (launch.name, launch.canonical) == ("Example", "https://www.example.com/")
    assert [(host.name.partition(".")[0], host.role, host.environment) for host in launch.hosts] == [
        ("example", "web", "production"),
        ("www", "web", "production"),
        ("app", "app", "production"),
        ("api", "api", "production"),
        ("staging", "staging", "staging"),
    ]
    assert [(page.name, page.url) for page in launch.pages] == [
        ("home", "https://www.example.com/"),
        ("search", "https://www.example.com/search"),
        ("sign up", "https://www.example.com/signup"),
        ("log in", "https://app.example.com/login"),
    ]
    assert [(route.name, route.safe) for route in launch.routes] == [("home", True)]
    assert launch.email.senders == ("postmark", "sendgrid")
    assert launch.email.selectors == ("pm",)
    assert "mystery.example" in proposal.notes()["email"]
    assert proposal.found


async def test_own_spf_records_are_followed_to_the_services() -> None:
    txt = {
        "example.com": ("v=spf1 include:_spf.example.com ~all",),
        "_spf.example.com": ("v=spf1 include:_spf2.example.com include:mailgun.org ~all",),
        "_spf2.example.com": ("v=spf1 ip4:192.0.2.1 include:_spf.example.com include:spf.mailjet.com ~all",),
    }
    proposal = await propose(names={"example.com": ONE}, txt=txt)
    assert set(proposal.launch.email.senders) == {"mailjet", "mailgun"}


async def test_a_wildcard_is_not_forty_hosts() -> None:
    proposal = await propose(names={"example.com": ONE, "api.example.com": TWO}, other=ONE)
    assert [host.name for host in proposal.launch.hosts] == ["example.com", "www.example.com", "api.example.com"]
    assert any("every name under example.com" in look.text for look in proposal.seen)


async def test_no_network_is_could_not_look_everywhere_and_still_a_launch() -> None:
    timeout = Failure(kind="timeout")
    failing = dict.fromkeys(("https://example.com/", "https://www.example.com/"), timeout)
    town: dict[str, Any] = {"other": timeout, "mx": timeout, "pages": failing}
    proposal = await detect("example.com", cast(World, AllFailing(**town)))
    assert {look.outcome for look in proposal.seen} == {"could-not-look"}
    assert not proposal.found
    assert [host.name for host in proposal.launch.hosts] == ["example.com"]
    assert (proposal.launch.pages, proposal.launch.routes) == ((), ())
    assert set(proposal.notes()) == {"hosts", "pages", "email"}
    assert parse(text_of(proposal.launch, notes=proposal.notes()).encode()) == proposal.launch


class AllFailing(Town):
    async def ask(self, name: str, rdtype: str) -> Any:
        return self.other


async def test_a_domain_that_is_not_there_says_so() -> None:
    proposal = await propose()
    assert ("not-there", "example.com: the name does not exist") in {
        (look.outcome, look.text) for look in proposal.seen
    }
    assert not proposal.found


async def test_both_addresses_alive_takes_the_apex_and_says_so() -> None:
    pages = {f"https://{host}/": (f"https://{host}/", 200, "<p>") for host in ("example.com", "www.example.com")}
    proposal = await propose(names={"example.com": ONE, "www.example.com": ONE}, pages=pages)
    assert proposal.launch.canonical == "https://example.com/"
    assert any("both answer without a redirect" in look.text for look in proposal.seen)


async def test_www_alone_becomes_the_main_address() -> None:
    proposal = await propose(
        names={"www.example.com": ONE}, pages={"https://www.example.com/": ("https://www.example.com/", 200, "")}
    )
    assert proposal.launch.canonical == "https://www.example.com/"


@pytest.mark.parametrize("where", ["https://login.other.com/", "https://app.example.com/home"])
async def test_a_front_page_elsewhere_does_not_become_the_main_address(where: str) -> None:
    pages = {"https://example.com/": (where, 200, "<a href=/search>s</a>")}
    proposal = await propose(names={"example.com": ONE, "app.example.com": ONE}, pages=pages)
    assert proposal.launch.canonical == "https://example.com/"
    assert proposal.launch.pages == ()
    assert any(where in look.text for look in proposal.seen)


async def test_a_wildcard_under_domainkey_gives_no_selectors() -> None:
    class Every(Town):
        async def ask(self, name: str, rdtype: str) -> Any:
            answer = await super().ask(name, rdtype)
            return (
                DnsAnswer(name=name, rdtype=rdtype, status="ok", texts=(KEY,), at=AT)
                if "_domainkey" in name
                else answer
            )

    proposal = await detect("example.com", cast(World, Every(names={"example.com": ONE})))
    assert proposal.launch.email.selectors == ()
    assert "every selector" in proposal.notes()["email"]


async def test_hostile_text_is_cleaned_where_it_is_told() -> None:
    proposal = await propose(
        names={"example.com": ONE},
        mx=("10 \x1b[31mmail.evil",),
        txt={"example.com": ("v=spf1 include:a.b\x1b[2J -all",)},
    )
    assert not [look for look in proposal.seen if "\x1b" in look.text]


@pytest.mark.parametrize(
    ("said", "domain"),
    [
        ("example.com", "example.com"),
        (" https://www.Example.com/x?y ", "example.com"),
        ("app.shop.example.co.uk", "example.co.uk"),
        ("demo-market.test", "demo-market.test"),
        ("bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_what_somebody_types_becomes_a_domain(said: str, domain: str) -> None:
    assert tidy_domain(said) == domain
    assert seed(domain).domain == domain


@pytest.mark.parametrize("said", ["", "localhost", "co.uk", "192.0.2.1", "exa mple.com", "http://", "vercel.app"])
def test_what_is_no_domain_is_told(said: str) -> None:
    with pytest.raises(ValueError, match="is not a domain; allowed"):
        tidy_domain(said)


def test_names_read_well() -> None:
    assert name_of("demo-market.test") == "Demo Market"
    assert name_of("xn--exmple-cua.com") == "Exämple"
    assert name_of("xn--.com").strip() == "Xn"


def test_the_tables_are_sound() -> None:
    labels = [usual.label for usual in USUAL]
    assert len(labels) == len(set(labels))
    assert [label for label in labels if host_problem(f"{label}.example.com")] == []
    assert [sender for sender in SENDERS if host_problem(sender.replace("_", "x"))] == []
    assert {flow for flow, _ in FLOWS} == {
        "admin",
        "pay",
        "sign-up",
        "log-in",
        "book",
        "message",
        "search",
        "list",
        "marketing",
    }


@pytest.mark.parametrize(
    ("include", "sender"),
    [("spf.mtasv.net", "postmark"), ("U1.WL.sendgrid.net", "sendgrid"), ("notsendgrid.net", ""), ("x.example", "")],
)
def test_senders_by_their_include(include: str, sender: str) -> None:
    assert sender_of(include) == sender


@pytest.mark.parametrize(
    ("path", "flow"),
    [
        ("/api/checkout/start", "pay"),
        ("/sign-up", "sign-up"),
        ("/users/login", "log-in"),
        ("/bookings/1", "book"),
        ("/v1/search", "search"),
        ("/inbox", "message"),
    ],
)
def test_flows_by_words(path: str, flow: str) -> None:
    assert flow_of(path) == flow


def test_research_is_not_search_and_logout_is_not_repeated() -> None:
    assert flow_of("/research", other="all") == "all"
    assert [repeatable(path) for path in ("/search", "/logout", "/mail/unsubscribe", "/auth/callback")] == [
        True,
        False,
        False,
        False,
    ]
