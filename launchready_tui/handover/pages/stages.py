"""04 to 06: deployment, performance and monitoring as far as they are known: what each stage delivers, check by
check."""

from __future__ import annotations

from ...facts import Timing
from ...findings import State, worst
from ...launch.decisions import Confirmation
from ..blocks import Cell
from ..draft import Draft, code, plain
from ..model import Document
from ..snapshot import Snapshot
from ..timing import change, interval, ms, over, timings
from ..words import OPEN, day, is_answered, standing_cell, state_cell

LEADS = {
    "deploy": "How a change reaches production, how to go back, and where the settings and keys are.",
    "performance": "How quick the product is, and what was measured.",
    "monitoring": "Who is told when something breaks, and how fast.",
}


def deploy(shot: Snapshot) -> Document:
    """Stage 4 as a document."""
    return _stage(shot, "deploy", "Deployment", "04-deploy.md")


def performance(shot: Snapshot) -> Document:
    """Stage 5 as a document."""
    return _stage(shot, "performance", "Performance", "05-performance.md")


def monitoring(shot: Snapshot) -> Document:
    """Stage 6 as a document."""
    return _stage(shot, "monitoring", "Monitoring", "06-monitoring.md")


def _stage(shot: Snapshot, name: str, title: str, file: str) -> Document:
    draft = Draft(shot, name, title, file)
    stage = shot.roadmap.stage(name)
    screen = str(stage.number)
    draft.lead(LEADS[name])
    delivered = []
    for deliverable in stage.deliverables:
        checks = list(dict.fromkeys(".".join(filled.split(".")[:2]) for filled in deliverable.filled_by))
        answered = sum(is_answered(shot.standing(check)) for check in checks)
        state = worst([shot.standing(check).state for check in checks])
        # One open question must not hide that the rest is known: the count stands beside the worst state.
        delivered.append(
            (
                plain(deliverable.title),
                OPEN if state is State.UNKNOWN else state_cell(state),
                plain(f"{answered} of {len(checks)} answered"),
            )
        )
    draft.table("What this stage delivers", "what|state|checks behind it", delivered)
    draft.table(
        "Check by check",
        "what|state|+how it is known|@owner",
        [
            (
                plain(spec.title),
                draft.known(
                    standing_cell(shot.standing(spec.id)),
                    f"answer to “{spec.title}”",
                    screen,
                    is_answered(shot.standing(spec.id)),
                    about=spec,
                ),
                _known_by(draft, spec.id),
                plain(shot.person(shot.standing(spec.id).owner)) if shot.standing(spec.id).owner else plain(""),
            )
            for spec in stage.checks
        ],
    )
    if name == "deploy":
        _variables(draft)
    if name == "performance":
        _routes(draft)
    if name == "monitoring":
        _alerts(draft)
    draft.pastes("To paste", *(spec.id for spec in stage.checks if spec.automated))
    return draft.finish()


def told_by(shot: Snapshot, word: Confirmation) -> str:
    """Whose word it stands on: `Mira said on 24 November 2026: seen on the provider's page`."""
    what = {"yes": "", "no": " that it is not so", "does-not-apply": " that it does not apply"}[word.answer]
    return f"{shot.person(word.by)} said on {day(word.on.date())}{what}: {word.evidence}"


def _known_by(draft: Draft, check: str) -> Cell:
    """Who said so with what evidence, or what was seen, or the question that is open."""
    shot = draft.snapshot
    standing = shot.standing(check)
    if not standing.spec.automated:
        if standing.confirmation is None or standing.stale:
            return Cell(f"To answer: {standing.spec.question}", "quiet")
        return plain(told_by(shot, standing.confirmation))
    if (word := next((one.by_word for one in standing.findings if one.by_word is not None), None)) is not None:
        return plain(told_by(shot, word))
    first = next((one.finding.summary for one in standing.findings if one.state is not State.INFO), "")
    return plain(first or "Run the checks.")


def _variables(draft: Draft) -> None:
    """Names only: what a value is nobody has looked at."""
    shot = draft.snapshot
    if shot.variables is None:
        draft.note("The names of the environment variables are read from the repository when the folder is written.")
        return
    draft.table(
        "Environment variables, by name",
        "name|holds a secret|environments|named in|+first seen in|+to look at",
        [
            (
                code(one.name),
                plain("by its name, yes" if one.secret else "no"),
                plain(", ".join(one.environments)),
                plain(", ".join(one.named_in)),
                code(", ".join(one.where)),
                plain(one.note),
            )
            for one in shot.variables
        ],
        csv="env-names",
        empty="No name was found: the launch file names no repository, or nothing in it reads one.",
    )
    draft.note(
        "Names only. No value was read, and none is in this folder: values lie in the vault or in the platform's "
        "own settings."
    )


def _routes(draft: Draft) -> None:
    """The measured routes with their figures, how sure they are, and what they were when the sprint began."""
    shot = draft.snapshot
    now = [one.finding for one in shot.standing("audit.latency").findings if one.state is not State.INFO]
    states = {one.finding.id: one.state for one in shot.standing("audit.latency").findings}
    rows, compared = [], []
    before = timings(shot.first["audit.latency"].findings) if "audit.latency" in shot.first else {}
    for route, seen in timings(now).items():
        state = worst([states[one.id] for one in now if one.subject == route])
        cells = map(plain, (str(seen.n), ms(seen.p50), ms(seen.p95), interval(seen), over(seen)))
        rows.append((plain(route), state_cell(state), *cells))
        if route in before and before[route].at != seen.at:
            compared.append(_compared(route, before[route], seen))
    draft.table(
        "Measured routes",
        "route|state|#requests|#half are faster than|#19 of 20 are faster than|which lies between|slow or failed",
        rows,
        csv="routes",
        empty="No route has been measured yet.",
    )
    if not rows:
        draft.fact("", "measurements of the main routes", "1")
    draft.table(
        "Before and after",
        "route|#before|which lay between|#requests then|#now|which lies between|#requests now|+what can be said",
        compared,
        csv="before-after",
        empty="Nothing to compare: each route was measured once at most.",
    )


def _alerts(draft: Draft) -> None:
    """Who is told what by which channel, and what is watched: as the launch file has it. Credentials are named, never
    shown."""
    from ...watch.export.texts import START_CONTAINER, START_UNIT
    from ...watch.targets import targets_of

    shot = draft.snapshot
    alerts = shot.launch.alerts
    draft.table(
        "Alert rules",
        "alert|@acts on it|by|is told of|about|if that fails",
        [
            (
                plain(one.name),
                plain(shot.person(one.owner)),
                plain(one.kind),
                plain(", ".join(one.on)),
                plain(", ".join(one.targets) or "all targets"),
                draft.fact(one.second, f"a second channel for the alert {one.name}", "6", short="second channel"),
            )
            for one in alerts
        ],
        csv="alerts",
        empty="Not filled: who is told when something breaks.",
    )
    if not alerts:
        draft.fact("", "who is told when something breaks", "6")
    watch = shot.launch.watch
    draft.facts(
        ("Looked at every", plain(f"{watch.every_s:g} s")),
        ("Promised to be up", plain(f"{watch.slo:g} % of the time")),
        ("Watching machine", plain("stays on" if watch.always_on else "may be somebody's laptop")),
        ("Hosted monitor beside it", plain(watch.monitor)),
        ("Run by hand", code("launchready watch")),
        ("Kept running by systemd", code(START_UNIT)),
        ("Kept running in a container", code(START_CONTAINER)),
    )
    if shot.profile != "team":
        draft.note(
            "The unit and the container lie in monitoring/systemd and monitoring/docker; `launchready watch "
            "export` writes them anew."
        )
    draft.table(
        "What is watched",
        "target|+what",
        [(plain(one.name), code(one.url)) for one in targets_of(shot.launch)],
        csv="targets",
        empty="Not filled: the launch file names nothing that could be watched.",
    )


def _compared(route: str, before: Timing, after: Timing) -> tuple[Cell, ...]:
    cells = [plain(cell) for seen in (before, after) for cell in (ms(seen.p95), interval(seen), str(seen.n))]
    return plain(route), *cells, plain(change(before, after))
