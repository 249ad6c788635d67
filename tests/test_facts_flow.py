"""Nothing reads a sentence back into data: outside of the checks no pattern, split or search runs over what a finding
says or shows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import launchready_tui

ROOT = Path(launchready_tui.__file__).parent
READERS = ("handover", "verdict", "console", "workspace", "cli", "watch")
SENTENCES = {"summary", "brief", "evidence", "remedy"}
"""Fields of a finding that are written for people; `text` is one where it hangs on one of these."""
TAKES_APART = {
    *("split", "splitlines", "rsplit", "partition", "rpartition", "find", "index", "startswith", "endswith", "count"),
    *("removeprefix", "removesuffix", "search", "match", "fullmatch", "findall", "finditer", "sub"),
}
# Sinks, by file and function: they wrap, cut or colour a text of a finding for people, and nothing else hangs on it.
SINKS = {("cli/history.py", "_whole"), ("console/words.py", "headline")}


def _chain(node: ast.AST) -> list[str]:
    """The attributes that lead to a value, innermost first: `judged.finding.summary` is finding, summary."""
    names: list[str] = []
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        if isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.args[0] if node.args and isinstance(node.func, ast.Attribute) else node.func
        else:
            node = node.value
    return names


def _of_evidence(function: ast.AST) -> set[str]:
    """Names that stand for a piece of evidence: what a loop or comprehension takes from `….evidence`."""
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.For | ast.comprehension) and isinstance(node.target, ast.Name):
            source = node.iter.body if isinstance(node.iter, ast.IfExp) else node.iter
            if "evidence" in _chain(source):
                found.add(node.target.id)
    return found


def _sentence(node: ast.AST, pieces: set[str], called: set[str]) -> bool:
    """Whether a value is what a finding says: its summary, the text of a piece of evidence, or a local name (`called`)
    for either."""
    if {"summary", "brief"} & set(_chain(node)) or (isinstance(node, ast.Name) and node.id in called):
        return True
    return any(
        isinstance(one, ast.Attribute)
        and one.attr == "text"
        and isinstance(one.value, ast.Name)
        and one.value.id in pieces
        for one in ast.walk(node)
    )


def taken_apart(path: Path, tree: ast.AST) -> Iterator[str]:
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        pieces, called = _of_evidence(function), set[str]()
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and _sentence(node.value, pieces, called):
                called |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        for node in ast.walk(function):
            at = f"{path}:{getattr(node, 'lineno', 0)} {function.name}"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TAKES_APART:
                yield from (at for one in (node.func.value, *node.args) if _sentence(one, pieces, called))
            if isinstance(node, ast.Compare) and any(isinstance(op, ast.In | ast.NotIn) for op in node.ops):
                yield from (at for one in node.comparators if _sentence(one, pieces, called))


def everywhere() -> list[str]:
    found = []
    for room in READERS:
        for path in sorted((ROOT / room).rglob("*.py")):
            short = path.relative_to(ROOT)
            places = taken_apart(short, ast.parse(path.read_text("utf-8")))
            found += [place for place in places if (str(short), place.rpartition(" ")[2]) not in SINKS]
    return found


def test_nothing_takes_a_sentence_of_a_finding_apart() -> None:
    assert everywhere() == []


def test_this_test_sees_what_it_looks_for() -> None:
    code = """
def a(judged):
    return judged.finding.summary.partition(":")[0]
def b(finding):
    return [one.text.splitlines() for one in finding.evidence]
def c(finding, form):
    for item in finding.evidence:
        if form.search(item.text):
            return True
def d(finding, name):
    return name in finding.summary
def e(finding):
    said = finding.summary
    return said.partition(": ")[0]
def f(finding):
    return finding.brief.split(",")
def fine(finding, row):
    return row.text.splitlines(), finding.rule.partition("."), [one.fact for one in finding.evidence]
"""
    found = [place.rpartition(" ")[2] for place in taken_apart(Path("x.py"), ast.parse(code))]
    assert sorted(set(found)) == ["a", "b", "c", "d", "e", "f"]
