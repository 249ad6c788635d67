"""The same targets and alerts for another program that watches. What is written holds no secret: only where each one
is expected."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal, get_args

from . import actions, alertmanager, blackbox, gatus, healthchecks, prometheus, stack
from .plan import Job, Plan, Ports, jobs_of

Kind = Literal["systemd", "docker", "prometheus", "gatus", "healthchecks", "github-actions"]
KINDS: tuple[Kind, ...] = get_args(Kind)
OURS: tuple[Kind, ...] = ("systemd", "docker")
"""These keep `launchready watch` itself running."""

__all__ = ["KINDS", "Exported", "Job", "Kind", "Plan", "Ports", "export", "jobs_of"]


@dataclass(frozen=True, slots=True)
class Exported:
    """Files by their path in the folder, and what people should know."""

    files: dict[str, str]
    notes: tuple[str, ...]


def _json(made: object) -> str:
    """Readable, and harmless wherever it is pasted: no sign in it begins a tag or an entity."""
    text = json.dumps(made, indent=2, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026") + "\n"


def export(plan: Plan, kind: Kind) -> Exported:
    """All files of one kind."""
    files: dict[str, str] = {}
    if kind not in OURS:
        plan.for_others()
    match kind:
        case "systemd":
            files = {"launchready-watch.service": stack.unit(plan), "watch.env.example": stack.environment(plan)}
            plan.left.extend(stack.for_a_machine(plan))
        case "docker":
            files = {
                "Dockerfile": stack.container(plan),
                "compose.yml": stack.composed(plan),
                "watch.env.example": stack.environment(plan),
            }
            plan.left.extend((*stack.for_a_machine(plan), *stack.for_a_container(plan)))
        case "prometheus":
            files = {
                "prometheus.yml": prometheus.write(plan),
                "rules.yml": prometheus.rules(plan),
                "alertmanager.yml": alertmanager.write(plan),
                "blackbox.yml": blackbox.write(plan),
                "compose.yml": stack.compose(plan),
                "launchready-watch.service": stack.unit(plan),
                "watch.env.example": stack.environment(plan),
                "Dockerfile": stack.container(plan),
            }
            if plan.watch.heartbeat:
                files["alive.sh"] = stack.alive(plan)
            else:
                plan.left.append(
                    "No dead-man's switch is named ([watch] heartbeat): nobody notices when the watching machine dies"
                )
            files["README.md"] = stack.readme(plan)
        case "gatus":
            files = {"config.yaml": gatus.write(plan)}
        case "healthchecks":
            made = healthchecks.checks(plan)
            files = {
                "healthchecks.json": _json(made),
                "healthchecks.sh": healthchecks.script(plan, made),
                "launchready-watch.service": stack.unit(plan),
                "watch.env.example": stack.environment(plan),
            }
        case "github-actions":
            files = {".github/workflows/launchready-smoke.yml": actions.write(plan)}
            plan.left.append(actions.WARNING)
    return Exported(files, tuple(dict.fromkeys(plan.left)))
