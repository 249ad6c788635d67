"""Every check's file holds together with its code: rules, messages, fixes, and the places that they fill."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from launchready_tui import checks, roadmap
from launchready_tui.lab import flaws
from launchready_tui.roadmap.sheet import Message, Sheet, _read, _typed
from launchready_tui.wording import fill, places

ROOM = Path(checks.__file__).parent
VOICES = {"passed", "warn", "fail", "info", "unknown", "not_applicable", "no_permission"}
CHECKS = [spec.id for spec in roadmap.load().checks.values() if spec.automated]
each_check = pytest.mark.parametrize("check", CHECKS)


def folder(check: str) -> Path:
    stage, _, name = check.partition(".")
    return ROOM / stage / name.replace("-", "_")


@functools.cache
def strings(path: Path) -> frozenset[str]:
    """Every text in a module, as a pattern; the filled places of an f-string stand for any word."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr):
            parts = [re.escape(str(p.value)) if isinstance(p, ast.Constant) else "[a-z0-9-]+" for p in node.values]
            if len(parts) > 1 and any(part != "[a-z0-9-]+" for part in parts):
                found.add("".join(parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(re.escape(node.value))
    return frozenset(found)


@functools.cache
def named() -> re.Pattern[str]:
    """Every text in the code of the checks, of the rooms below that judge for them, and of those that speak about
    any check."""
    about_any = (ROOM.parent / "workspace" / "run.py", ROOM.parent / "verdict" / "judge.py")
    files = (*ROOM.rglob("*.py"), *(ROOM.parent / "mail").rglob("*.py"), *about_any)
    return re.compile("|".join(sorted(frozenset[str]().union(*map(strings, files)))))


def spoken(check: str) -> Iterator[tuple[str, str]]:
    """Rule and place in the file of each finding that the check's own code makes with a literal rule."""
    for path in sorted(folder(check).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in VOICES
                and getattr(node.func.value, "id", "") == "say"
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                yield str(node.args[0].value), f"{path.name}:{node.lineno}"


@each_check
def test_every_rule_that_the_code_names_is_explained(check: str) -> None:
    known = {rule.rpartition(".")[2] for rule in roadmap.load().rules if rule.rpartition(".")[0] == check}
    assert [at for rule, at in spoken(check) if rule not in known] == []


def test_every_rule_that_is_explained_is_named_by_code() -> None:
    unnamed = [rule for rule in roadmap.load().rules if not named().fullmatch(rule.rpartition(".")[2])]
    assert unnamed == []


def test_every_description_says_term_line_and_source() -> None:
    for rule in roadmap.load().rules.values():
        assert rule.term.strip() and rule.explain.rstrip().endswith((".", "?")) and rule.source.strip(), rule.id


def messages(sheet: Sheet) -> Iterator[tuple[str, Message]]:
    for rule, row in sheet.rules.items():
        for name in row.messages:
            found = sheet.message(rule, name)
            assert found is not None
            yield f"{rule}/{name}", found


STATE_OF = {
    "passed": "pass",
    "warn": "warn",
    "fail": "fail",
    "info": "info",
    "unknown": "unknown",
    "not_applicable": "not-applicable",
    "no_permission": "no-permission",
}
NOT_VALUES = {"severity", "evidence", "remedy", "via", "failure"}
# What a native editor would not leave: the words of WORDS that betray another language or a private vocabulary.
STRANGE = re.compile(
    r"\b(nobody|somebody|everybody|whoever|whatever|run out|ran out|could not be (?:seen|looked|followed|read)"
    r"|(?:is|are|has|have) no (?:page|address|product|production|answer|look)\b|stands? (?:on|in|at|there)"
    r"|(?<!there )(?:is|are) no (?!longer)[a-z]+|(?:it|this) (?:is|was) told|for good|look at|looked at"
    r"|strangers|by itself|hole|holes)\b",
    re.IGNORECASE,
)


def assigned(function: ast.AST) -> dict[str, list[ast.expr | None]]:
    """Every value that a function gives to each of its names; None where it is not a plain assignment."""
    found: dict[str, list[ast.expr | None]] = {}
    plain = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                pairs: list[tuple[ast.expr, ast.expr]] = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = list(zip(target.elts, node.value.elts, strict=True))
                for name, value in pairs:
                    if isinstance(name, ast.Name):
                        plain.add(name)
                        found.setdefault(name.id, []).append(value)
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node not in plain:
            found.setdefault(node.id, []).append(None)
        elif isinstance(node, ast.arg):
            found.setdefault(node.arg, []).append(None)
    return found


def alternatives(
    node: ast.expr | None, known: Iterable[str], names: dict[str, list[ast.expr | None]] | None = None
) -> list[str] | None:
    """What a literal, either side of a condition, a name given such, or an f-string among `known` can be; None where
    that cannot be read here."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        return every((node.body, node.orelse), known, names)
    if isinstance(node, ast.Name) and names and node.id in names:
        return every(names[node.id], known, {name: given for name, given in names.items() if name != node.id})
    if isinstance(node, ast.JoinedStr):
        parts = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in node.values]
        return [one for one in known if re.fullmatch("".join(parts), one)]
    return None


def every(
    nodes: Iterable[ast.expr | None], known: Iterable[str], names: dict[str, list[ast.expr | None]] | None
) -> list[str] | None:
    """The alternatives of all of them; None where one cannot be read."""
    rows = [alternatives(node, known, names) for node in nodes]
    return None if None in rows else [one for row in rows if row for one in row]


@dataclass(frozen=True)
class Call:
    """One call of a voice with a rule and a message that it can name."""

    at: str
    voice: str
    rule: str
    message: str
    given: set[str]
    """The values that it fills places with."""
    open: bool
    """Whether it gives more than can be read here."""
    fixed: bool
    """Whether it brings a remedy of its own."""


def calls(check: str) -> Iterator[Call]:
    """Each call of a voice whose rule and message can be read from the code, once for each that they can be."""
    for path in sorted(folder(check).glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                names = assigned(function)
                for node in ast.walk(function):
                    if isinstance(node, ast.Call):
                        yield from spoken_by(check, node, names, path)


def voices(node: ast.expr | None, names: dict[str, list[ast.expr | None]]) -> list[str]:
    """The voices that a callee can be: `say.fail`, or a name that a function gives one of them."""
    if isinstance(node, ast.Attribute):
        return [node.attr] if getattr(node.value, "id", "") == "say" and node.attr in VOICES else []
    if isinstance(node, ast.IfExp):
        return [*voices(node.body, names), *voices(node.orelse, names)]
    if isinstance(node, ast.Name):
        rest = {name: given for name, given in names.items() if name != node.id}
        return [voice for value in names.get(node.id, ()) for voice in voices(value, rest)]
    return []


def spoken_by(check: str, node: ast.Call, names: dict[str, list[ast.expr | None]], path: Path) -> Iterator[Call]:
    """The calls that one call can be; none where it is no voice."""
    if len(node.args) < 2:
        return
    sheet, at = roadmap.sheet_of(check), f"{path.name}:{node.lineno}"
    given = {key.arg for key in node.keywords if key.arg} - NOT_VALUES | {"subject"}
    given |= {"cause"} if any(key.arg == "failure" for key in node.keywords) else set()
    fixed = any(key.arg == "remedy" for key in node.keywords)
    more = any(key.arg is None for key in node.keywords)
    for voice in voices(node.func, names):
        rules = alternatives(node.args[0], sheet.rules, names)
        assert rules is None or rules, f"{at}: {check} has no rule {ast.unparse(node.args[0])}"
        third: ast.expr = node.args[2] if len(node.args) > 2 else ast.Constant(STATE_OF[voice])
        many = len(rules or ()) > 1
        for rule in rules or ():
            known = sheet.rules[rule].messages if rule in sheet.rules else {}
            found = alternatives(third, known, names)
            if many and not {*(found or ())} & {*known}:
                continue  # an f-string fits rules that it does not mean
            assert found is None or found, f"{at}: {check}.{rule} has no message {ast.unparse(third)}"
            yield from (Call(at, voice, rule, name, given, more, fixed) for name in found or ())


@each_check
def test_every_fix_that_the_code_names_is_there_and_gets_its_values(check: str) -> None:
    sheet = roadmap.sheet_of(check)
    for path in sorted(folder(check).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "say.fix"):
                continue
            pasted = len(node.args) > 1  # then the text to paste and its place come from the code
            for name in alternatives(node.args[0], sheet.fixes) or ():
                fix = sheet.fixes.get(name)
                assert fix is not None, f"{path.name}:{node.lineno}: {check} has no fix {name!r}"
                asked = places(fix.text) | (frozenset() if pasted else places(fix.paste) | places(fix.where))
                given = {key.arg for key in node.keywords}
                assert None in given or asked <= given, f"{path.name}:{node.lineno}: {name}: {sorted(asked)}"


@each_check
def test_every_message_that_the_code_names_is_there_and_gets_its_values(check: str) -> None:
    sheet = roadmap.sheet_of(check)
    for call in calls(check):
        message = sheet.message(call.rule, call.message)
        assert message is not None, f"{call.at}: {check}.{call.rule} has no message {call.message!r}"
        fix = sheet.fixes.get(message.fix)
        asked = places(message.text)
        if fix is not None and not call.fixed:
            asked |= places(fix.text) | places(fix.paste) | places(fix.where)
        if not call.open:
            assert asked <= call.given, f"{call.at}: {call.message}: nothing fills {sorted(asked - call.given)}"
        if call.voice in ("warn", "fail") and not (call.open or call.fixed):
            assert fix is not None, f"{call.at}: {check}.{call.rule} {call.message} has no fix"
        if call.voice == "unknown":
            assert message.text.startswith("Could not check "), f"{call.at}: {message.text}"


@each_check
def test_every_message_reads_well(check: str) -> None:
    sheet = roadmap.sheet_of(check)
    texts = [(name, message.text) for name, message in messages(sheet)]
    texts += [(f"fix {name}", fix.text) for name, fix in sheet.fixes.items()]
    for name, text in texts:
        assert not STRANGE.search(text), f"{check}.{name}: {STRANGE.search(text)}: {text}"
        assert text[0].isupper() or text[0] in "{0123456789" or text.startswith(("http", "www", "robots", "security"))
        assert not text.endswith((".", " ")) and "  " not in text, f"{check}.{name}: {text}"
        filled = fill(text, dict.fromkeys(places(text), 2))
        assert len(filled) <= 150, f"{check}.{name} is too long to be read in one look: {text}"


@pytest.mark.parametrize("check", [spec.id for spec in roadmap.load().checks.values()])
def test_what_a_check_says_of_itself_reads_well(check: str) -> None:
    """All but `why`, which may be a picture: "A plan that nobody has tried is a hope."."""
    spec, sheet = roadmap.load().checks[check], roadmap.sheet_of(check)
    texts = [spec.title, spec.goal, spec.verify, spec.question]
    texts += [text for rule in sheet.rules.values() for text in (rule.term, rule.explain)]
    texts += [text for flaw in flaws.load() if check in flaw_checks(flaw) for text in (flaw.title, flaw.fix)]
    assert [(found[0], text) for text in texts if (found := STRANGE.search(text))] == []


def flaw_checks(flaw: flaws.Flaw) -> set[str]:
    """The checks that find a flaw."""
    return {change.rule.rpartition(".")[0] for change in flaw.changes}


@each_check
def test_every_message_reads_and_names_a_fix_that_there_is(check: str) -> None:
    sheet = roadmap.sheet_of(check)
    for name, message in messages(sheet):
        places(message.text)
        assert not message.fix or message.fix in sheet.fixes, f"{check}.{name} names no fix: {message.fix}"
    for fix in sheet.fixes.values():
        assert places(fix.text) | places(fix.paste) | places(fix.where) is not None


def own(check: str) -> Sheet:
    """What stands in the check's own file, without what it shares."""
    return _typed(_read(folder(check) / "check.toml")[1], Sheet, folder(check) / "check.toml")


def shared() -> list[Sheet]:
    """The sheets that several checks share."""
    return [_typed(path.read_text("utf-8"), Sheet, path) for path in sorted(ROOM.rglob("shared.toml"))]


@pytest.mark.parametrize("sheet", [*map(own, CHECKS), *shared()], ids=[*CHECKS, *map(str, range(len(shared())))])
def test_nothing_stands_in_a_sheet_that_the_code_never_says(sheet: Sheet) -> None:
    usual = set(STATE_OF.values())
    unsaid = [
        f"{rule}/{name}"
        for rule, row in sheet.rules.items()
        for name in row.messages
        if name not in usual and not named().fullmatch(name)
    ]
    assert unsaid == []
    meant = {found.fix for one in (sheet, *map(own, CHECKS), *shared()) for _, found in messages(one)}
    assert [name for name in sheet.fixes if name not in meant and not named().fullmatch(name)] == []


ENGINE = {"not-judged", "confirmed", "not-confirmed"}


def test_what_a_word_is_about_and_what_belongs_to_a_light_are_rules_that_there_are() -> None:
    known = set(roadmap.load().rules)
    for spec in roadmap.load().checks.values():
        about = {f"{spec.id}.{rule}" for rule in spec.asks_about if rule not in ENGINE}
        assert about <= known, spec.id
        assert {f"{spec.id}.{rule}" for rule in spec.lights} <= known, spec.id
        assert not spec.asks_about or "person" in spec.how, f"{spec.id}: nobody is asked"


def test_dns_ssl_secrets_and_backups_always_apply() -> None:
    for spec in roadmap.load().checks.values():
        if spec.light in ("dns", "ssl", "secrets") or "backup" in spec.id or "secret" in spec.id:
            assert not spec.may_not_apply, spec.id
