"""Routes from an OpenAPI 3.x document in JSON (https://spec.openapis.org/oas/v3.1.0).

YAML is not read: no YAML library is on board for this alone, and every tool that writes OpenAPI also writes JSON.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import quote, urlencode, urljoin

import msgspec

from ... import text
from ...wording import plural
from .routes import METHODS, Candidate, CannotImport, Imported, read_json, to_routes

_MOST_REFERENCES = 20


def read_openapi(raw: bytes, hosts: Collection[str], base: str = "", taken: Collection[str] = ()) -> Imported:
    """Routes of the launch's own `hosts`. `base` is the URL that relative servers are meant from, such as
    https://api.example.com/.

    A path with parameters becomes a route where the document gives an example, a default or a list of values for each
    of them. Raises CannotImport for what is no such document.
    """
    if not raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        if re.search(rb"(?m)^(?:openapi|swagger)\s*:", raw):
            raise CannotImport(
                "this is OpenAPI in YAML, but only JSON is supported. Convert it first, for example: yq -o=json "
                "openapi.yaml"
            )
        raise CannotImport("this is not JSON; an OpenAPI document in JSON starts with {")
    document = read_json(raw, "an OpenAPI document")
    if "swagger" in document:
        raise CannotImport(
            f"this is Swagger {text.clean(str(document['swagger']))[:10]}; OpenAPI 3.0 or later is required"
        )
    version = document.get("openapi")
    if not isinstance(version, str) or not re.match(r"3\.\d", version):
        raise CannotImport(f"its `openapi` is {text.shorten(text.clean(str(version)), 20)}; 3.0 or later is required")
    paths = document.get("paths")
    if not isinstance(paths, dict):
        raise CannotImport("it has no `paths` object")
    reader = _Reader(document, base)
    candidates = [
        found for path, item in paths.items() if isinstance(item, dict) for found in reader.operations(path, item)
    ]
    imported = to_routes(candidates, hosts, taken)
    notes = list(imported.notes)
    if reader.without_example:
        names = ", ".join(reader.without_example[:5])
        left = plural(len(reader.without_example), "route")
        notes.append(f"left out, no example for a parameter: {left}: {names}")
    if reader.locked:
        notes.append(
            f"{plural(reader.locked, 'route needs', 'routes need')} a log-in; store a credential and set `login`"
        )
    if reader.nowhere:
        notes.append(
            f"left out, no full server URL in the document: {plural(reader.nowhere, 'route')}; pass the base address"
        )
    return msgspec.structs.replace(imported, notes=tuple(notes))


class _Reader:
    """Walks one document and counts what it had to leave out."""

    def __init__(self, document: dict[str, Any], base: str) -> None:
        self.document = document
        self.base = base
        self.without_example: list[str] = []
        self.locked = 0
        self.nowhere = 0

    def operations(self, path: str, raw_item: dict[str, Any]) -> Iterator[Candidate]:
        item = self._resolved(raw_item)
        for method in METHODS:
            operation = self._resolved(item.get(method.lower()))
            if not operation:
                continue
            server = self._server(operation, item)
            if not server:
                self.nowhere += 1
                continue
            filled = self._filled(path, [*_list(item.get("parameters")), *_list(operation.get("parameters"))])
            if filled is None:
                self.without_example.append(text.shorten(text.clean(f"{method} {path}"), 60))
                continue
            locked = bool(operation.get("security", self.document.get("security")))
            self.locked += locked
            # What needs a log-in would answer 401 until one is named, so it is not yet fit for measuring.
            yield Candidate(method=method, url=server.rstrip("/") + filled, name=_name(operation), good=not locked)

    def _server(self, operation: dict[str, Any], item: dict[str, Any]) -> str:
        servers = next(
            (found for found in (_list(one.get("servers")) for one in (operation, item, self.document)) if found),
            [{"url": "/"}],
        )
        urls = [self._url(server) for server in servers if isinstance(server, dict)]
        whole = [url for url in urls if url.startswith(("http://", "https://"))]
        return next((url for url in whole if url.startswith("https://")), whole[0] if whole else "")

    def _url(self, server: dict[str, Any]) -> str:
        url, variables = server.get("url"), server.get("variables")
        if not isinstance(url, str):
            return ""
        for name, variable in variables.items() if isinstance(variables, dict) else ():
            url = url.replace(f"{{{name}}}", str(variable.get("default", "")) if isinstance(variable, dict) else "")
        try:
            return urljoin(self.base, url)
        except ValueError:
            return ""

    def _filled(self, path: str, parameters: list[Any]) -> str | None:
        """The path with values in the places of its parameters, and the query that is asked for; None where a value is
        not known."""
        known = {(one.get("in"), one.get("name")): one for one in map(self._resolved, parameters) if one}
        for name in re.findall(r"\{([^}]*)\}", path):
            value = self._value(known.get(("path", name), {}))
            if value is None:
                return None
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        query: list[tuple[str, str]] = []
        for (place, name), parameter in known.items():
            if place == "query" and parameter.get("required") is True:
                value = self._value(parameter)
                if value is None:
                    return None
                query.append((str(name), value))
        return (path if path.startswith("/") else f"/{path}") + (f"?{urlencode(query)}" if query else "")

    def _value(self, parameter: dict[str, Any]) -> str | None:
        schema = self._resolved(parameter.get("schema"))
        examples = parameter.get("examples")
        first = next((self._resolved(one) for one in examples.values()), {}) if isinstance(examples, dict) else {}
        listed = [*_list(schema.get("examples")), *_list(schema.get("enum"))]
        found = [parameter.get("example"), first.get("value"), schema.get("example"), schema.get("default"), *listed]
        value = next((one for one in found if isinstance(one, str | int | float) and one != ""), None)
        if isinstance(value, bool):
            return "true" if value else "false"
        return None if value is None else str(value)

    def _resolved(self, node: Any) -> dict[str, Any]:
        """The object itself, or what its `$ref` points to inside this document; empty for anything else, and for
        references in a circle."""
        for _ in range(_MOST_REFERENCES):
            if not isinstance(node, dict):
                return {}
            pointer = node.get("$ref")
            if not isinstance(pointer, str):
                return node
            if not pointer.startswith("#/"):
                return {}
            node = self.document
            for part in pointer[2:].split("/"):
                node = node.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(node, dict) else None
        return {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _name(operation: dict[str, Any]) -> str:
    """What the document calls it: `listBookings` becomes `list bookings`."""
    said = operation.get("operationId")
    if not isinstance(said, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]{1,79}", said):
        return ""
    return re.sub(r"[_.\s-]+", " ", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", said)).strip().lower()
