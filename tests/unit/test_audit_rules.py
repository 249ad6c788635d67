"""The rules that the audit's code can emit and the rules that the roadmap explains are the same."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import msgspec

from launchready_tui import roadmap
from launchready_tui.checks import audit, base, logged
from launchready_tui.roadmap.model import RuleSpec

CODE = Path(audit.__file__).parent
RULES = Path(roadmap.__file__).parent / "rules" / "audit.toml"
VOICES = {"passed", "warn", "fail", "info", "unknown", "not_applicable", "no_permission"}


def spoken() -> dict[str, set[str]]:
    """Rule ids by check, read from the code: `say.fail("rule", …)` in a module with one `say = Say("check")`."""
    found: dict[str, set[str]] = {}
    for file in sorted(CODE.glob("*.py")):
        tree = ast.parse(file.read_text())
        # What says for several checks why a log is of no use stands outside of them; a module that uses it speaks
        # those rules too.
        shared = any(isinstance(node, ast.ImportFrom) and node.module == "logged" for node in ast.walk(tree))
        checks = [
            str(node.args[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and getattr(node.func, "id", "") == "Say"
            and isinstance(node.args[0], ast.Constant)
        ]
        for node in (*ast.walk(tree), *(ast.walk(ast.parse(Path(logged.__file__).read_text())) if shared else ())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in VOICES
                and getattr(node.func.value, "id", "") == "say"
            ):
                rule = getattr(node.args[0], "value", None)
                if isinstance(node.args[0], ast.Attribute) and node.args[0].attr == "rule":
                    continue  # one of a table of kinds, read below
                assert isinstance(rule, str), f"{file.name}:{node.lineno} names its rule by a variable"
                found.setdefault(str(checks[0]), set()).add(f"{checks[0]}.{rule}")
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_Kind":
                found.setdefault(str(checks[0]), set()).add(f"{checks[0]}.{getattr(node.args[0], 'value', '')}")
    return found


def told() -> list[RuleSpec]:
    return msgspec.convert(tomllib.loads(RULES.read_text())["rules"], list[RuleSpec])


def test_every_rule_is_explained_and_no_other() -> None:
    rules = [rule.id for rule in told()]
    assert len(rules) == len(set(rules))
    assert set(rules) == set().union(*spoken().values())


def test_every_check_is_registered_under_its_roadmap_id() -> None:
    assert set(spoken()) == {name for name in base.REGISTRY if name.startswith("audit.")}
    automated = {check.id for check in roadmap.load().stage("audit").checks if check.automated}
    assert set(spoken()) == automated


def test_explanations_are_whole() -> None:
    for rule in told():
        assert rule.explain.rstrip().endswith(".")
        assert rule.term and rule.source
