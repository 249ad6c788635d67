"""monitoring/: the same watch for a machine that stays, as `launchready watch export` writes it. No secret is in it,
only their names."""

from __future__ import annotations

from .. import text
from ..watch.export import Kind, Plan, export, jobs_of
from .snapshot import Snapshot

KINDS: dict[Kind, str] = {
    "systemd": "`launchready watch` as a service on a Linux machine: the unit, and the secrets that it needs",
    "docker": "the same as a container with a compose file",
    "prometheus": "Prometheus, Alertmanager and blackbox_exporter with a compose file",
    "gatus": "one small program with a status page",
    "healthchecks": "dead-man's switches for the watch and for backups",
}
_HEAD = """# The watch for another machine

The watch for {product} probes these targets and alerts these people. Someone has to keep it running on a machine
that stays on. Each folder here does that: the first two with LaunchReady's own watch, the others with other tools. Use
one of them.

"""


def files(shot: Snapshot) -> dict[str, bytes]:
    """All files below monitoring/. The team's folder has none of them: alerts say whom they reach, and where."""
    if shot.profile == "team":
        return {}
    made: dict[str, str] = {}
    page = _HEAD.format(product=text.for_markdown(shot.launch.name))
    for kind, words in KINDS.items():
        exported = export(Plan.of(shot.launch, jobs=jobs_of(shot.inventory)), kind)
        made |= {f"monitoring/{kind}/{name}": body for name, body in exported.files.items()}
        page += f"## {kind}\n\n{words[0].upper()}{words[1:]}.\n\n" + "".join(
            f"- {text.for_markdown(note)}.\n" for note in exported.notes
        )
        page += "\n" if exported.notes else ""
    made["monitoring/README.md"] = page
    return {name: _warned(body, name, shot.banners).encode("utf-8") for name, body in made.items()}


def _warned(body: str, name: str, banners: tuple[str, ...]) -> str:
    """A page with what is to know of all that was seen below its heading; of the other files the page beside them
    speaks."""
    if not name.endswith(".md"):
        return body
    head, _, rest = body.partition("\n")
    return "\n".join([head, *(f"\n> **{text.for_markdown(banner)}**" for banner in banners), rest])
