"""The same targets and alerts for another program that watches. What is written holds no secret: only where each one
is expected.

A file is a template of `templates/`, or data made from the plan and written as YAML or JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from . import alertmanager, blackbox, gatus, healthchecks, prometheus, texts, yamltext
from .plan import Job, Plan, Ports, jobs_of
from .template import Values, fill, render

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


@dataclass(frozen=True, slots=True)
class Text:
    """A file that stands in `templates/`, under its own name or another one."""

    path: str
    template: str = ""
    needs: str = ""
    """The value without which it is not written."""

    def written(self, data: Any, values: Values) -> str:
        """The template with the values in it; it has no data of its own."""
        return render(self.template or self.path, values)


@dataclass(frozen=True, slots=True)
class Yaml:
    """A file of YAML, with remarks above it."""

    path: str
    build: Callable[[Plan], yamltext.Value]
    """Its data. Leaves notes in the plan on what could not be said."""
    head: str
    needs: str = ""

    def written(self, data: Any, values: Values) -> str:
        """What `build` gave, with the values in the remarks alone."""
        return yamltext.dump(data, head=fill(self.head, values))


@dataclass(frozen=True, slots=True)
class Json:
    """A file of JSON: readable, and harmless wherever it is pasted, since no sign in it begins a tag or an entity."""

    path: str
    build: Callable[[Plan], Any]
    needs: str = ""

    def written(self, data: Any, values: Values) -> str:
        """What `build` gave; JSON has no remarks, so no value goes in."""
        text = json.dumps(data, indent=2, ensure_ascii=False)
        return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026") + "\n"


_BY = "Made by `launchready watch export prometheus`.\n@changed@"
_UNIT, _ENVIRONMENT, _DOCKERFILE = Text("launchready-watch.service"), Text("watch.env.example"), Text("Dockerfile")
FILES: dict[Kind, tuple[Text | Yaml | Json, ...]] = {
    "systemd": (_UNIT, _ENVIRONMENT),
    "docker": (_DOCKERFILE, Text("compose.yml", "compose-watch.yml"), _ENVIRONMENT),
    "prometheus": (
        Yaml("prometheus.yml", prometheus.config, f"What to watch of @product@, for Prometheus. {_BY}"),
        Yaml(
            "rules.yml",
            prometheus.rules,
            f"When to alert about @product@. {_BY}\nThe exporter opens a new connection each time, so the time "
            f"compared with the target leaves out lookup, connect and TLS.",
        ),
        Yaml("alertmanager.yml", alertmanager.config, f"Who is alerted about @product@, for Alertmanager. {_BY}"),
        Yaml("blackbox.yml", blackbox.config, f"How to probe @product@, for blackbox_exporter. {_BY}"),
        Text("compose.yml", "compose-prometheus.yml"),
        _UNIT,
        _ENVIRONMENT,
        _DOCKERFILE,
        Text("alive.sh", needs="heartbeat"),
        Text("README.md"),
    ),
    "gatus": (
        Yaml(
            "config.yaml",
            gatus.config,
            "Gatus watches @product@. Made by `launchready watch export gatus`.\n@changed@\nSecrets come from the "
            "environment: @variables@",
        ),
    ),
    "healthchecks": (
        Json("healthchecks.json", healthchecks.checks),
        Text("healthchecks.sh"),
        _UNIT,
        _ENVIRONMENT,
    ),
    "github-actions": (Text(".github/workflows/launchready-smoke.yml", "smoke.yml"),),
}
NOTES: dict[Kind, Callable[[Plan], list[str]]] = {
    "systemd": texts.for_a_machine,
    "docker": texts.for_a_container,
    "prometheus": texts.for_prometheus,
    "gatus": lambda plan: [],
    "healthchecks": texts.for_healthchecks,
    "github-actions": texts.for_github,
}


def export(plan: Plan, kind: Kind) -> Exported:
    """All files of one kind."""
    if kind not in OURS:
        plan.for_others()
    data = {file.path: file.build(plan) for file in FILES[kind] if not isinstance(file, Text)}
    plan.left.extend(NOTES[kind](plan))
    if plan.leads and kind != "gatus":
        plan.left.append(texts.LEADS)
    values = texts.values(plan)
    files = {
        file.path: file.written(data.get(file.path), values)
        for file in FILES[kind]
        if not file.needs or values[file.needs]
    }
    return Exported(files, tuple(dict.fromkeys(plan.left)))
