"""No module of the package imports, by whatever way round, one that imports it. Imports inside functions count, and so
do those that only a type checker reads: who needs a name of another module knows that module."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

import pytest

PACKAGE = Path(__file__).parent.parent / "launchready_tui"


def modules(package: Path) -> dict[str, Path]:
    """Every module of a package by its name below it; the package itself is the empty name."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(name: str, path: Path, known: Mapping[str, Path], package: str) -> Iterator[str]:
    """The modules of the package that a module imports, anywhere in it."""
    here = name.split(".") if name else []
    if path.name != "__init__.py":
        here = here[:-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            for one in node.names:
                head, _, rest = one.name.partition(".")
                if head == package and rest in known:
                    yield rest
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = [*here[: len(here) - node.level + 1], *(node.module or "").split(".")]
            elif (node.module or "").partition(".")[0] == package:
                base = (node.module or "").split(".")[1:]
            else:
                continue
            stem = ".".join(part for part in base if part)
            for one in node.names:
                inner = f"{stem}.{one.name}" if stem else one.name
                yield inner if inner in known else stem


def circles(graph: Mapping[str, set[str]]) -> list[frozenset[str]]:
    """The strongly connected parts of a graph that have more than one member (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[frozenset[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in graph[name]:
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            part = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(part) > 1:
                found.append(frozenset(part))

    for name in graph:
        if name not in index:
            visit(name)
    return found


def graph_of(package: Path) -> dict[str, set[str]]:
    """Who imports whom."""
    known = modules(package)
    return {name: set(imported(name, path, known, package.name)) - {name} for name, path in known.items()}


def test_no_import_leads_back() -> None:
    assert not [sorted(one) for one in circles(graph_of(PACKAGE))], "modules import each other, by whatever way round"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("from .second import thing", "from .first import other"),
        ("from . import second", "import box.first"),
        ("def late():\n    from .second import thing", "from box.first import other"),
        ("if TYPE_CHECKING:\n    from .second import thing", "from . import first"),
    ],
)
def test_a_circle_is_seen(tmp_path: Path, first: str, second: str) -> None:
    package = tmp_path / "box"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "first.py").write_text(first)
    (package / "second.py").write_text(second)
    assert circles(graph_of(package)) == [frozenset({"first", "second"})]
    (package / "second.py").write_text("import sys")
    assert not circles(graph_of(package))


def test_a_longer_way_round_is_one_circle() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"d", "a"}, "d": {"e"}, "e": {"d"}, "f": {"a"}}
    assert sorted(map(sorted, circles(graph))) == [["a", "b", "c"], ["d", "e"]]


def test_every_screen_that_is_opened_by_name_is_there() -> None:
    from launchready_tui.console.host import Laid
    from launchready_tui.console.screens import LAID, PAGES, screen_class

    assert set(get_args(Laid)) <= set(LAID)
    for name in (*PAGES, *LAID):
        assert screen_class(name).__module__.startswith("launchready_tui.console.screens.")
    with pytest.raises(KeyError):
        screen_class("nothing")
