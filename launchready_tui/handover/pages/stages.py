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
    "deploy": "How a change reaches production, how to roll it back, and where settings and keys are stored.",
    "performance": "How fast the product is, and what was measured.",
    "monitoring": "Who is alerted when something breaks, and how fast.",
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
        draft.note("The names of environment variables are read from the repository when the folder is exported.")
        return
    draft.table(
        "Environment variables, by name",
        "name|secret|environments|found in|+first seen in|+note",
        [
            (
                code(one.name),
                plain("yes, by its name" if one.secret else "no"),
                plain(", ".join(one.environments)),
                plain(", ".join(one.named_in)),
                code(", ".join(one.where)),
                plain(one.note),
            )
            for one in shot.variables
        ],
        csv="env-names",
        empty="None found: the launch file names no repository, or its code reads no environment variables.",
    )
    draft.note(
        "Names only. No values were read and none are in this folder: they are in the vault or in the platform's "
        "settings."
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
        "route|state|#requests|#half are faster than|#19 of 20 are faster than|95 % sure between|slow or failed",
        rows,
        csv="routes",
        empty="No route has been measured yet.",
    )
    if not rows:
        draft.fact("", "measurements of the main routes", "1")
    draft.table(
        "Before and after",
        "route|#before|95 % sure between|#requests then|#now|95 % sure between|#requests now|+result",
        compared,
        csv="before-after",
        empty="Nothing to compare yet: no route has been measured twice.",
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
        "alert|@acts on it|channel|events|targets|if that fails",
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
        empty="Missing: who is alerted when something breaks.",
    )
    if not alerts:
        draft.fact("", "who is alerted when something breaks", "6")
    watch = shot.launch.watch
    draft.facts(
        ("Checked every", plain(f"{watch.every_s:g} s")),
        ("Uptime target", plain(f"{watch.slo:g} % of the time")),
        ("Watch runs on", plain("a machine that stays on" if watch.always_on else "possibly someone's laptop")),
        ("External monitor", plain(watch.monitor)),
        ("Run it by hand", code("launchready watch")),
        ("Run it with systemd", code(START_UNIT)),
        ("Run it in a container", code(START_CONTAINER)),
    )
    if shot.profile != "team":
        draft.note(
            "The unit and the container are in monitoring/systemd and monitoring/docker. `launchready watch export` "
            "writes them again."
        )
    draft.table(
        "What is watched",
        "target|+what",
        [(plain(one.name), code(one.url)) for one in targets_of(shot.launch)],
        csv="targets",
        empty="Missing: the launch file lists nothing to watch.",
    )


def _compared(route: str, before: Timing, after: Timing) -> tuple[Cell, ...]:
    cells = [plain(cell) for seen in (before, after) for cell in (ms(seen.p95), interval(seen), str(seen.n))]
    return plain(route), *cells, plain(change(before, after))
