"""The founder's words for what code calls by the field's terms."""

from __future__ import annotations

from collections.abc import Collection

from ..findings import Finding, Severity, State
from ..launch.decisions import Confirmation
from ..launch.model import Launch
from ..roadmap import model as roadmap
from ..verdict import FixRow, Judged, Standing
from ..wording import minutes as minutes
from ..wording import plural as plural
from .ink import GLYPHS, Spans

# The look (glyph and colour) of a state, and its word.
LOOKS: dict[State, str] = {
    State.PASS: "pass",
    State.WARN: "warn",
    State.FAIL: "fail",
    State.INFO: "info",
    State.UNKNOWN: "unknown",
    State.NOT_APPLICABLE: "na",
    State.ACCEPTED: "accepted",
    State.LATER: "later",
}
WORDS: dict[str, str] = {
    "pass": "passes",
    "warn": "warning",
    "fail": "problem",
    "info": "info",
    "unknown": "could not check",
    "na": "does not apply",
    "accepted": "known risk",
    "later": "after launch",
    "checking": "checking",
    "stale": "check again",
    "asks": "asks you",
    "new": "not checked yet",
}
SEVERITIES: dict[Severity, str] = {
    Severity.BLOCKER: "stops launch",
    Severity.HIGH: "high",
    Severity.MEDIUM: "medium",
    Severity.LOW: "low",
}
HOW: dict[str, str] = {
    "live": "by testing the running product",
    "repo": "by reading the code",
    "log": "by reading logs",
    "person": "by asking a person",
}
MFA: dict[str, str] = {"none": "no", "sms": "text message", "totp": "app", "key": "key", "unknown": "?"}


def look(state: State) -> str:
    """The name of a state's glyph and colour."""
    return LOOKS[state]


def standing_look(standing: Standing, running: bool = False) -> str:
    """A check's look: checking and check-again go before what was found last; a question waits quietly."""
    if running:
        return "checking"
    if standing.stale:
        return "stale"
    if asks(standing):
        return "asks"
    if standing.result is None and (standing.confirmation is None or standing.state is State.UNKNOWN):
        return "new"  # somebody has confirmed it once, and nobody has looked yet: that is not “could not check”
    return LOOKS[standing.state]


def worst_look(looks: Collection[str]) -> str:
    """The look of several together; `new` where there are none."""
    order = ("fail", "unknown", "stale", "warn", "asks", "new", "checking", "accepted", "later")
    return next((look for look in order if look in looks), "pass" if looks else "new")


def asks(standing: Standing) -> bool:
    """A person has never answered it, and only a person can."""
    return standing.state is State.UNKNOWN and not standing.spec.automated and standing.confirmation is None


def weight(judged: Judged) -> str:
    """How heavy a finding is now."""
    return f"{judged.unsure} stop it" if judged.unsure else SEVERITIES[judged.finding.severity]


def glyph(name: str) -> tuple[str, str]:
    """The hanging mark of a look: its glyph and its tone."""
    if name in ("asks", "new"):
        return ("?" if name == "asks" else GLYPHS["info"], "ink3")
    return (GLYPHS[name], name)


def state_spans(name: str) -> Spans:
    """Glyph and word of a look, in its colour."""
    mark, tone = glyph(name)
    return [(f"{mark} {WORDS[name]}", tone)]


def open_count(standing: Standing) -> int:
    """Findings of a check that somebody must still act on."""
    return sum(judged.is_open for judged in standing.findings) if not asks(standing) else 0


def shown_findings(standing: Standing) -> tuple[Judged, ...]:
    """A check's findings in the order a person wants them: worst first, then as found; facts last."""
    order = [
        State.FAIL,
        State.UNKNOWN,
        State.WARN,
        State.ACCEPTED,
        State.LATER,
        State.PASS,
        State.NOT_APPLICABLE,
        State.INFO,
    ]
    if asks(standing):
        order = [State.INFO, *order]
    return tuple(
        sorted(standing.findings, key=lambda judged: (order.index(judged.state), judged.finding.severity.weight))
    )


def beside(standing: Standing, finding: str, step: int) -> str:
    """The id of the finding so many steps from another of its check, without going round. Raises ValueError where the
    check does not show that one."""
    ids = [one.id for one in shown_findings(standing)]
    return ids[max(0, min(len(ids) - 1, ids.index(finding) + step))]


def settled(judged: Judged) -> bool:
    """What could not be seen, and a person said that it holds, or that it does not apply."""
    return judged.by_word is not None and judged.finding.state is State.UNKNOWN


def said_by(word: Confirmation, name: str) -> str:
    """Whose word it stands on: `Confirmed by Mira`, `Does not apply, says Mira`."""
    return f"Does not apply, says {name}" if word.answer == "does-not-apply" else f"Confirmed by {name}"


def headline(finding: Finding, launch: Launch) -> str:
    """A finding in few words, for a list: its first clause, with hosts as people say them. The whole sentence stands
    in its story."""
    said = finding.brief or finding.summary
    if finding.rule.rpartition(".")[2] in ("crashed", "too-slow", "not-judged"):
        spec = roadmap.load().checks.get(finding.check)
        said = f"{spec.title if spec else finding.check}, {said[:1].lower()}{said[1:]}"
    return " ".join(_spoken(word, launch.domain) for word in said.split(" "))


def row_headline(row: FixRow, launch: Launch) -> str:
    """What is wrong in a row of the fix order, in few words."""
    more = len(row.members) - 1
    if more and row.line:
        return row.title
    return headline(row.first.finding, launch) + (f" (and {more} more)" if more else "")


def _spoken(word: str, domain: str) -> str:
    """A word with the launch's own domain left off the name of a host in it, and the slash of its front page."""
    host, found, rest = word.partition(f".{domain}")
    if not (host and found) or (rest and rest[0] not in "/:,;)" and rest != "."):
        return word
    return host + rest.removesuffix("/")


def short_host(host: str, launch: Launch) -> str:
    """A host without the launch's own domain, as people say it: api, www, the whole name where it is another's."""
    tail = "." + launch.domain
    return host.removesuffix(tail) if host.endswith(tail) else host
