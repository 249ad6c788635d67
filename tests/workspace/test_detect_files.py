"""Routes from a browser's recording (HAR 1.2) and from OpenAPI 3.x: own hosts, one a method and path, nothing
secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from launchready_tui.launch.load import parse
from launchready_tui.launch.model import Host, Launch, Route
from launchready_tui.launch.write import text_of
from launchready_tui.workspace.detect import CannotImport, read_har, read_openapi
from launchready_tui.workspace.detect.routes import name_of, template

API, APP = "api.example.com", "app.example.com"
HOSTS = (API, APP)
TOKEN = "eyJ" + "hbGciOi" * 3


def entry(
    url: str, method: str = "GET", status: int = 200, kind: str = "application/json", **request: Any
) -> dict[str, Any]:
    headers = [{"name": name, "value": value} for name, value in request.pop("headers", {}).items()]
    return {
        "request": {"method": method, "url": url, "headers": headers, **request},
        "response": {"status": status, "content": {"mimeType": kind}},
    }


def har(*entries: Any) -> bytes:
    return json.dumps({"log": {"version": "1.2", "entries": list(entries)}}).encode()


def openapi(paths: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"openapi": "3.1.0", "servers": [{"url": f"https://{API}/v1"}], "paths": paths, **more}).encode()


def get(**more: Any) -> dict[str, Any]:
    return {"get": {"responses": {}, **more}}


def valid(routes: tuple[Route, ...]) -> tuple[Route, ...]:
    """As they would stand in a launch file."""
    hosts = tuple(Host(name=name, role="api") for name in HOSTS)
    launch = Launch(name="Demo", domain="example.com", canonical="https://example.com/", hosts=hosts, routes=routes)
    return parse(text_of(launch).encode()).routes


def test_a_recording_becomes_routes_by_business_flow() -> None:
    raw = har(
        entry(f"https://{APP}/", kind="text/html"),
        entry(f"https://{APP}/assets/app.3f9c.js", kind="application/javascript"),
        entry(f"https://{APP}/logo.png", kind="image/png"),
        entry(f"https://{API}/api/v1/listings/4711?page=2&session=abc"),
        entry(f"https://{API}/api/v1/listings/4712"),
        entry(f"https://{API}/api/v1/search?q=bike"),
        entry(f"https://{API}/api/v1/bookings", "POST", 201),
        entry(f"https://{API}/api/v1/bookings", "OPTIONS", 204),
        entry(f"https://{API}/auth/login", "POST"),
        entry(f"https://{API}/auth/logout"),
        entry("https://www.google-analytics.com/collect"),
        entry("data:text/plain,hello"),
        entry(f"wss://{API}/socket"),
    )
    imported = read_har(raw, HOSTS)
    assert [(route.name, route.method, route.url, route.flow, route.safe) for route in valid(imported.routes)] == [
        ("auth login (post)", "POST", f"https://{API}/auth/login", "log-in", False),
        ("auth logout", "GET", f"https://{API}/auth/logout", "log-in", False),
        ("bookings (post)", "POST", f"https://{API}/api/v1/bookings", "book", False),
        ("search", "GET", f"https://{API}/api/v1/search?q=bike", "search", True),
        ("home", "GET", f"https://{APP}/", "list", True),
        ("listings, one", "GET", f"https://{API}/api/v1/listings/4711?page=2", "list", True),
    ]
    assert imported.notes == ("left out: 1 request to hosts outside the launch: www.google-analytics.com",)


def test_nothing_of_a_session_comes_along() -> None:
    raw = har(
        entry(
            f"https://{API}/me?access_token={TOKEN}&lang=en",
            headers={
                "Authorization": f"Bearer {TOKEN}",
                "Cookie": f"sid={TOKEN}",
                "X-Api-Key": TOKEN,
                "Accept": "application/json",
                "x-other": TOKEN,
            },
            cookies=[{"name": "sid", "value": TOKEN}],
        ),
        entry(
            f"https://{API}/login",
            "POST",
            postData={"mimeType": "application/json", "text": json.dumps({"password": TOKEN})},
        ),
    )
    imported = read_har(raw, HOSTS)
    assert TOKEN not in repr(imported)
    assert {route.url: route.headers for route in valid(imported.routes)} == {
        f"https://{API}/me?lang=en": {"accept": "application/json"},
        f"https://{API}/login": {},
    }
    assert any("left out: 1 request body;" in note for note in imported.notes)
    assert any("sent with a log-in: 1 request;" in note for note in imported.notes)


def test_the_well_answered_one_speaks_for_its_kind() -> None:
    raw = har(
        entry(f"https://{API}/items/1", status=500), entry(f"https://{API}/items/2"), entry(f"https://{API}/items/3")
    )
    (route,) = read_har(raw, HOSTS).routes
    assert (route.url, route.safe) == (f"https://{API}/items/2", True)


def test_what_only_failed_is_not_safe_to_repeat() -> None:
    (route,) = read_har(har(entry(f"https://{API}/items", status=503)), HOSTS).routes
    assert not route.safe


def test_names_are_told_apart() -> None:
    raw = har(entry(f"https://{API}/search"), entry(f"https://{APP}/search"), entry(f"https://{APP}/api/search"))
    names = [route.name for route in valid(read_har(raw, HOSTS, taken=("Search",)).routes)]
    assert names == [f"search on {API}", f"search on {APP}", f"search on {APP} 2"]


def test_at_most_a_hundred_routes_are_taken() -> None:
    imported = read_har(
        har(*(entry(f"https://{API}/page-{letter}{other}") for letter in "abcdefghijkl" for other in "abcdefghijkl")),
        HOSTS,
    )
    assert len(valid(imported.routes)) == 100
    assert imported.notes == ("only the first 100 of 144 routes were imported",)


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/users/42", "/users/{id}"),
        ("/users/3f2b8c1e-9c0d-4a55-8d1e-0c6a6f1b2a3d/items", "/users/{id}/items"),
        ("/x/9f86d081884c7d65", "/x/{id}"),
        ("/x/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/x/{id}"),
        ("/x/cus_NffrFeUfNV2Hib", "/x/{id}"),
        ("/listings", "/listings"),
        ("/api/v1/search", "/api/v1/search"),
        ("/how-it-works-for-sellers", "/how-it-works-for-sellers"),
        ("/", "/"),
    ],
)
def test_paths_are_templated(path: str, wanted: str) -> None:
    assert template(path) == wanted


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/", "home"),
        ("POST", "/api/v2/orders", "orders (post)"),
        ("GET", "/listings/{id}", "listings, one"),
        ("GET", "/api/v1/{id}", "home, one"),
    ],
)
def test_names_are_the_telling_words(method: str, path: str, name: str) -> None:
    assert name_of(method, path) == name


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "line 1, column 1 is not JSON"),
        (b'{"log":', "line 1, column 8 is not JSON"),
        (b"\xff\xfe{}", "byte 0 is not UTF-8"),
        (b"[]", "the file contains a list where a HAR file has an object"),
        (b"null", "contains null"),
        (b"{}", "no log.entries list"),
        (b'{"log": []}', "no log.entries list"),
        (b'{"log": {"entries": {}}}', "no log.entries list"),
        (b'{"a":' * 100_000, "nested too deep"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a number that is too long"),
    ],
)
def test_what_is_no_har_is_told(raw: bytes, said: str) -> None:
    with pytest.raises(CannotImport, match=said):
        read_har(raw, HOSTS)


@pytest.mark.parametrize(
    "odd",
    [
        None,
        7,
        {},
        {"request": None},
        {"request": {"url": 3, "method": "GET"}},
        {"request": {"url": f"https://{API}/a", "method": None}},
        {"request": {"url": f"https://{API}/a", "method": "GET", "headers": 7}, "response": 3},
        {
            "request": {"url": f"https://{API}/a", "method": "GET", "headers": [None, {"name": 1, "value": 2}]},
            "response": {"content": 1, "status": "x"},
        },
        {"request": {"url": "https://[broken/", "method": "GET"}},
        {"request": {"url": f"https://u:p@{API}/", "method": "GET"}},
        {"request": {"url": f"https://{API}:0/", "method": "GET"}},
        {"request": {"url": f"http://{API}/", "method": "GET"}},
        {"request": {"url": f"https://{API}/\x1b[31m", "method": "GET"}},
    ],
)
def test_odd_entries_do_not_stop_the_rest(odd: object) -> None:
    routes = valid(read_har(har(odd, entry(f"https://{API}/search")), HOSTS).routes)
    assert f"https://{API}/search" in {route.url for route in routes}
    assert len(routes) <= 2


def test_an_openapi_document_becomes_routes() -> None:
    raw = openapi(
        {
            "/search": get(
                operationId="searchListings",
                parameters=[{"name": "q", "in": "query", "required": True, "example": "red bike"}],
            ),
            "/listings/{id}": get(parameters=[{"$ref": "#/components/parameters/id"}]),
            "/bookings": {"post": {"responses": {}}, "parameters": []},
            "/threads/{thread}": get(),
        },
        components={
            "parameters": {
                "id": {"name": "id", "in": "path", "required": True, "schema": {"$ref": "#/components/schemas/id"}}
            },
            "schemas": {"id": {"default": 42}},
        },
    )
    imported = read_openapi(raw, HOSTS)
    assert [(route.name, route.method, route.url, route.safe) for route in valid(imported.routes)] == [
        ("bookings (post)", "POST", f"https://{API}/v1/bookings", False),
        ("search listings", "GET", f"https://{API}/v1/search?q=red+bike", True),
        ("listings, one", "GET", f"https://{API}/v1/listings/42", True),
    ]
    assert imported.notes == ("left out, no example for a parameter: 1 route: GET /threads/{thread}",)


def test_what_needs_a_log_in_is_not_yet_safe() -> None:
    imported = read_openapi(openapi({"/me": get(), "/open": get(security=[])}, security=[{"bearer": []}]), HOSTS)
    assert {route.name: route.safe for route in imported.routes} == {"me": False, "open": True}
    assert imported.notes == ("1 route needs a log-in; store a credential and set `login`",)


@pytest.mark.parametrize(
    ("servers", "base", "url"),
    [
        ([{"url": f"https://{API}"}], "", f"https://{API}/a"),
        ([{"url": "/v2/"}], f"https://{API}/", f"https://{API}/v2/a"),
        ([], f"https://{API}/", f"https://{API}/a"),
        ([{"url": f"http://{API}"}, {"url": f"https://{APP}"}], "", f"https://{APP}/a"),
        ([{"url": "https://{host}.example.com", "variables": {"host": {"default": "api"}}}], "", f"https://{API}/a"),
        ([None, {"url": 3}, {"url": f"https://{API}"}], "", f"https://{API}/a"),
    ],
)
def test_servers_are_understood(servers: list[Any], base: str, url: str) -> None:
    (route,) = read_openapi(openapi({"/a": get()}, servers=servers), HOSTS, base).routes
    assert route.url == url


@pytest.mark.parametrize("servers", [[{"url": "/v2"}], [{"url": "{scheme}://x"}], [{"url": "//[broken"}], "x"])
def test_without_a_whole_server_nothing_is_guessed(servers: Any) -> None:
    imported = read_openapi(openapi({"/a": get()}, servers=servers), HOSTS)
    assert imported.routes == ()
    assert "no full server URL" in imported.notes[0]


def test_foreign_and_plain_servers_are_left_out() -> None:
    raw = openapi(
        {
            "/a": {**get(), "servers": [{"url": "https://api.stripe.com"}]},
            "/b": {**get(), "servers": [{"url": f"http://{API}"}]},
        }
    )
    imported = read_openapi(raw, HOSTS)
    assert imported.routes == ()
    assert len(imported.notes) == 2


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"openapi: 3.1.0\npaths: {}\n", "this is OpenAPI in YAML, but only JSON is supported. Convert it first"),
        (b"# comment\nswagger: '2.0'\n", "in YAML"),
        (b"hello", "this is not JSON"),
        (b"", "this is not JSON"),
        (b'{"swagger": "2.0", "paths": {}}', "this is Swagger 2.0; OpenAPI 3.0 or later is required"),
        (b'{"openapi": "2.9", "paths": {}}', "its `openapi` is 2.9"),
        (b'{"openapi": 3, "paths": {}}', "its `openapi` is 3;"),
        (b'{"paths": {}}', "its `openapi` is None"),
        (b'{"openapi": "3.0.3"}', "it has no `paths` object"),
        (b'{"openapi": "3.0.3",\n "paths": }', "line 2, column 11 is not JSON"),
        (b"[1]", "contains a list"),
    ],
)
def test_what_is_no_openapi_is_told(raw: bytes, said: str) -> None:
    import re

    with pytest.raises(CannotImport, match=re.escape(said)):
        read_openapi(raw, HOSTS)


@pytest.mark.parametrize(
    "odd",
    [
        {"/x": None},
        {"/x": {"get": 3}},
        {"/x": {"get": {"parameters": "y"}}},
        {"/x/{id}": {"get": {"parameters": [None, {"in": "path"}, {"name": "id", "in": "path", "example": {"a": 1}}]}}},
        {"/x/{id}": {"get": {"parameters": [{"$ref": "#/paths/~1x~1{id}/get/parameters/0"}]}}},
        {"/x/{id}": {"get": {"parameters": [{"$ref": "https://elsewhere/x"}]}}},
        {"/x": {"$ref": "#/components/circle"}},
    ],
)
def test_odd_paths_do_not_stop_the_rest(odd: dict[str, Any]) -> None:
    raw = openapi({**odd, "/search": get()}, components={"circle": {"$ref": "#/components/circle"}})
    assert f"https://{API}/v1/search" in {route.url for route in valid(read_openapi(raw, HOSTS).routes)}


def test_values_are_quoted_into_paths() -> None:
    raw = openapi({"/x/{id}": get(parameters=[{"name": "id", "in": "path", "example": "a/b c?"}])})
    assert read_openapi(raw, HOSTS).routes[0].url == f"https://{API}/v1/x/a%2Fb%20c%3F"
