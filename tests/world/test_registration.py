"""RDAP as registries really answer it: whole, thin, odd, missing, too often, and nonsense."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from loopback import Served, ok, pages, reach, serve

from launchready_tui.clock import SystemClock
from launchready_tui.failure import Failure
from launchready_tui.launch.model import Launch, Settings
from launchready_tui.wire import Wire
from launchready_tui.world.registry import Registry, base_for, bootstrap
from launchready_tui.world.sights import Registration
from launchready_tui.world.web import Web

PATH = "/rdap/domain/shop.test"
RDAP = "Content-Type: application/rdap+json"


def answer(body: Any, *headers: str, status: str = "200 OK") -> bytes:
    return ok(body if isinstance(body, bytes) else json.dumps(body).encode(), RDAP, *headers, status=status)


async def ask(
    answers: dict[str, bytes], name: str = "shop.test", **changes: Any
) -> tuple[Registration | Failure, Served]:
    async with serve(pages(answers)) as server:
        settings = Settings(
            rdap={"test": server.url("/rdap"), "deep.test": server.url("/deep/")}, **changes.pop("settings", {})
        )
        launch = Launch(name="Shop", domain=name, canonical=f"https://{name}/", settings=settings, **changes)
        web = Web(
            Wire(reach(f"registrar.example=127.0.0.1:{server.port}", f"moved.example=127.0.0.1:{server.port}")),
            SystemClock(),
        )
        registry = Registry(web, launch, SystemClock())
        registration = await registry.domain(name)
        await registry.close()
        await web.close()
    return registration, server


def registered(registration: Registration | Failure) -> Registration:
    assert isinstance(registration, Registration), registration
    return registration


def registrar(*card: list[Any], **more: Any) -> dict[str, Any]:
    return {"objectClassName": "entity", "roles": ["registrar"], "vcardArray": ["vcard", list(card)], **more}


WHOLE = {
    "objectClassName": "domain",
    "ldhName": "SHOP.TEST.",
    "status": ["client transfer prohibited", "serverHold"],
    "events": [
        {"eventAction": "registration", "eventDate": "2024-01-02T03:04:05Z"},
        {"eventAction": "expiration", "eventDate": "2027-01-02T03:04:05.123Z"},
    ],
    "nameservers": [{"ldhName": "NS1.SHOP.TEST."}, {"ldhName": "ns2.shop.test"}, {"ldhName": "ns1.shop.test"}],
    "secureDNS": {"delegationSigned": True},
    "entities": [
        {"roles": ["abuse"]},
        registrar(["fn", {}, "text", "Example Registrar Ltd"], ["org", {}, "text", "Other"]),
    ],
}


async def test_a_whole_answer_is_read() -> None:
    registration, server = await ask({PATH: answer(WHOLE)})
    found = registered(registration)
    assert found.registered
    assert found.registrar == "Example Registrar Ltd"
    assert found.expires == datetime(2027, 1, 2, 3, 4, 5, 123000, tzinfo=UTC)
    assert found.created == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert found.statuses == ("client transfer prohibited", "server hold")
    assert found.nameservers == ("ns1.shop.test", "ns2.shop.test")
    assert found.signed is True
    assert found.source.endswith(PATH)
    assert b"Accept: application/rdap+json" in server.heads[0]
    assert len(server.heads) == 1


# What a registry was seen to send, and one field that must still be read.
ODD: tuple[tuple[dict[str, Any], str, object], ...] = (
    ({"entities": [registrar(["org", {}, "text", "Org Only"])]}, "registrar", "Org Only"),
    ({"entities": [registrar(["org", {}, "text", ["Org", "Unit"]])]}, "registrar", "Org"),
    (
        {"entities": [registrar(publicIds=[{"type": "IANA Registrar ID", "identifier": "292"}])]},
        "registrar",
        "IANA 292",
    ),
    ({"entities": [registrar(handle="H-1")]}, "registrar", "H-1"),
    (
        {
            "entities": [
                {"roles": "registrar"},
                {"roles": ["Registrar"], "vcardArray": ["vcard", [["fn", {}, "text", "Caps"]]]},
            ]
        },
        "registrar",
        "Caps",
    ),
    ({"entities": []}, "registrar", ""),
    ({"entities": "none"}, "registrar", ""),
    ({"events": []}, "expires", None),
    (
        {"events": [{"eventAction": "expiration", "eventDate": "2027-05-06T07:08:09"}]},
        "expires",
        datetime(2027, 5, 6, 7, 8, 9, tzinfo=UTC),
    ),
    (
        {"events": [{"eventAction": "expiration", "eventDate": "2027-05-06"}]},
        "expires",
        datetime(2027, 5, 6, tzinfo=UTC),
    ),
    (
        {"events": [{"eventAction": "Registrar Expiration", "eventDate": "2027-05-06T00:00:00+02:00"}]},
        "expires",
        datetime(2027, 5, 5, 22, tzinfo=UTC),
    ),
    ({"events": [{"eventAction": "expiration", "eventDate": "never"}]}, "expires", None),
    ({"events": [{"eventAction": "expiration"}, 7, None]}, "expires", None),
    ({"nameServers": [{"ldhName": "NS1.Other.test."}]}, "nameservers", ("ns1.other.test",)),
    ({"nameservers": None}, "nameservers", ()),
    ({"secureDNS": {}}, "signed", None),
    ({"secureDNS": []}, "signed", None),
    ({"status": "active"}, "statuses", ()),
    ({"status": ["clientTransferProhibited", 5]}, "statuses", ("client transfer prohibited",)),
)


@pytest.mark.parametrize(("sent", "field", "value"), ODD)
async def test_odd_answers_are_read_as_far_as_they_go(sent: dict[str, Any], field: str, value: object) -> None:
    registration, _ = await ask({PATH: answer({"objectClassName": "domain", "ldhName": "shop.test", **sent})})
    assert getattr(registered(registration), field) == value


async def test_a_domain_nobody_has_is_an_answer() -> None:
    registration, _ = await ask({})
    assert registered(registration).registered is False


FAILURES: dict[str, tuple[bytes, str, str]] = {
    "too often": (answer(b"", "Retry-After: 60", status="429 Slow Down"), "rate-limited", "60"),
    "server error": (answer(b"", status="503 Busy"), "unavailable", "503"),
    "forbidden": (answer(b"", status="403 No"), "unavailable", "403"),
    "HTML": (ok(b"<html>", "Content-Type: text/html"), "unavailable", "not JSON"),
    "a list": (answer([1]), "unavailable", "not an RDAP object"),
    "another domain": (
        answer({"ldhName": "other.test", "objectClassName": "domain"}),
        "unavailable",
        "about other.test",
    ),
    "an error object": (answer({"errorCode": 400}), "unavailable", "not an RDAP domain"),
    "deep nesting": (answer(b"[" * 200_000), "unavailable", "not JSON"),
    "wrong UTF-8": (answer(b'{"ldhName": "\xff"}'), "unavailable", "not JSON"),
    "a redirect ring": (answer(b"", f"Location: {PATH}", status="302 Found"), "unavailable", "endless redirects"),
    "a redirect into the cloud's metadata": (
        answer(b"", "Location: http://169.254.169.254/", status="302 Found"),
        "blocked-address",
        "metadata",
    ),
    "broken protocol": (b"nonsense\r\n\r\n", "protocol", ""),
}


@pytest.mark.parametrize("what", FAILURES)
async def test_what_is_no_answer_is_a_failure(what: str) -> None:
    sent, kind, words = FAILURES[what]
    failure, _ = await ask({PATH: sent})
    assert isinstance(failure, Failure), failure
    assert failure.kind == kind
    assert words in failure.detail


def _thin(href: str) -> dict[str, Any]:
    links = [{"rel": "self", "href": "x"}, {"rel": "related", "type": "application/rdap+json", "href": href}]
    return {"objectClassName": "domain", "ldhName": "shop.test", "status": ["active"], "links": links}


async def test_a_thin_registry_s_registrar_is_asked_once() -> None:
    related = {**WHOLE, "status": ["ok"], "links": _thin("http://registrar.example/again")["links"], "events": []}
    registration, server = await ask(
        {PATH: answer(_thin("http://registrar.example/domain/shop.test")), "/domain/shop.test": answer(related)}
    )
    found = registered(registration)
    assert (found.registrar, found.expires, found.statuses) == ("Example Registrar Ltd", None, ("active",))
    assert found.source.endswith(PATH)
    assert len(server.heads) == 2


@pytest.mark.parametrize(
    "href", ["http://registrar.example/gone", "http://10.0.0.1/", "javascript:1", "http://[::1", "", 7]
)
async def test_a_related_link_that_leads_nowhere_leaves_the_registry_s_answer(href: Any) -> None:
    registration, _ = await ask({PATH: answer(_thin(href))})
    assert registered(registration).statuses == ("active",)


async def test_a_redirect_is_followed() -> None:
    moved = answer(b"", "Location: http://moved.example/rdap2/shop.test", status="301 Moved")
    registration, _ = await ask({PATH: moved, "/rdap2/shop.test": answer(WHOLE)})
    assert registered(registration).registrar == "Example Registrar Ltd"


async def test_nobody_is_asked_where_it_is_switched_off() -> None:
    for changes in ({"announced": False}, {"settings": {"services": ("crt.sh",)}}):
        failure, server = await ask({PATH: answer(WHOLE)}, **changes)
        assert isinstance(failure, Failure)
        assert failure.kind == "switched-off"
        assert server.connections == 0


async def test_a_domain_without_known_service_says_what_to_set() -> None:
    failure, server = await ask({}, name="shop.nowhere-known")
    assert isinstance(failure, Failure)
    assert failure.kind == "unavailable"
    assert "settings.rdap" in failure.detail
    assert server.connections == 0


@pytest.mark.parametrize("name", ["", "a b.test", "x" * 70 + ".test"])
async def test_a_name_that_is_none_is_a_failure(name: str) -> None:
    failure, server = await ask({}, name=name)
    assert isinstance(failure, Failure)
    assert failure.kind == "protocol"
    assert server.connections == 0


def test_the_longest_suffix_and_the_launch_file_go_first() -> None:
    own = {"com": "https://own.example/rdap", "uk.com": "https://deep.example/"}
    assert base_for("shop.com", own) == "https://own.example/rdap/"
    assert base_for("shop.uk.com", own) == "https://deep.example/"
    assert base_for("shop.io", own) == "https://rdap.identitydigital.services/rdap/"
    assert base_for("shop.invalid-tld", own) == ""


def test_the_bundled_list_is_whole() -> None:
    table = bootstrap()
    assert len(table) >= 60
    assert {"com", "net", "org", "io", "co", "me", "us", "de", "ch", "sh", "ac", "dev", "app", "ai"} <= set(table)
    for domain, base in table.items():
        assert domain == domain.lower().strip(".")
        parts = urlsplit(base)
        assert (parts.scheme, base[-1]) == ("https", "/"), base
        assert parts.hostname
