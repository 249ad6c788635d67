"""The names of the product's environment variables, from the launch file and the repository. Values are never looked
at, let alone kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from ..secrets import scan
from ..text import json_of
from ..vault.store import variable
from .folder import beginning, walk

if TYPE_CHECKING:
    from ..launch.model import Launch

Place = Literal["example file", "settings file", "code", "hosting", "CI", "launch file"]
MOST_READ = 3000
CAP = 128 * 1024
_SHOWN = 3
_NAME = r"[A-Z][A-Z0-9_]{1,79}"

_EXAMPLE = re.compile(
    r"(^|/)([\w-]*\.?env[\w.-]*\.(?:example|sample|template|dist)|(?:example|sample)\.env)$", re.IGNORECASE
)
_SETTINGS = re.compile(r"(^|/)(\.env(?:\.[\w-]+)*|\.envrc)$")
_CODE = re.compile(r"\.(?:[cm]?[jt]sx?|vue|svelte|astro|py|rb|erb|php|go|exs?|rs|java|kt|cs|dart|sh)$")
_HOSTING = re.compile(
    r"(^|/)((?:docker-)?compose[\w.-]*\.ya?ml|Dockerfile[\w.-]*|render\.yaml|fly[\w.-]*\.toml|vercel\.json|netlify\.toml|wrangler\.toml"
    r"|app\.json|railway\.(?:json|toml)|serverless\.ya?ml|app\.yaml|Procfile)$"
)
_CI = re.compile(
    r"(^|/)(\.github/workflows/[\w.-]+\.ya?ml|\.gitlab-ci\.yml|bitbucket-pipelines\.yml|\.circleci/config\.yml)$"
)

_ASSIGNED = re.compile(rf"^\s*(?:export\s+)?({_NAME})\s*=\s*(.*)$")
_READ = re.compile(
    rf"(?:process\.env|import\.meta\.env|Bun\.env)(?:\.|\[['\"])({_NAME})\b"
    rf"|(?:os\.environ(?:\.get)?|os\.getenv|getenv|os\.Getenv|os\.LookupEnv|ENV(?:\.fetch)?|Deno\.env\.get|System\.get_?env!?"
    rf"|System\.fetch_env!?|env::var|env!|\benv(?:\.[a-z_]+)?|GetEnvironmentVariable|fromEnvironment)\s?[\[(]\s?['\"]({_NAME})['\"]"
)
_EXPANDED = re.compile(rf"\$\{{({_NAME})(?:[:?-][^}}\n]*)?\}}")
_KEYED = re.compile(
    rf"(?m)^\s*(?:-\s+)?(?:key|name):\s*['\"]?({_NAME})['\"]?\s*$|^\s*(?:-\s+)?['\"]?({_NAME})['\"]?\s*[:=]|^\s*(?:ENV|ARG)\s+({_NAME})\b"
)
_CI_NAME = re.compile(rf"\b(?:secrets|vars|env)\.({_NAME})\b")
_OWN = frozenset(
    (
        "NODE_ENV",
        "PATH",
        "HOME",
        "USER",
        "SHELL",
        "PWD",
        "CI",
        "TZ",
        "LANG",
        "TMPDIR",
        "GITHUB_TOKEN",
        "GITHUB_SHA",
        "GITHUB_REF",
    )
)
"""Set by the system or the platform: nobody hands them over."""
PUBLIC = (
    *("NEXT_PUBLIC_", "VITE_", "REACT_APP_", "EXPO_PUBLIC_", "NUXT_PUBLIC_"),
    *("GATSBY_", "PUBLIC_", "VUE_APP_", "STORYBOOK_"),
)
"""What a build hands to every browser, by the beginning of a name."""
_SECRET = re.compile(r"SECRET|PASSWORD|PASSWD|TOKEN|PRIVATE|CREDENTIAL|_KEY$|_DSN$|DATABASE_URL|REDIS_URL|WEBHOOK_URL")
_HARMLESS = re.compile(r"PUBLISHABLE|PUBLIC_KEY|SITE_KEY|ANON_KEY|MAPS?_(?:API_)?KEY|SENTRY_DSN|POSTHOG_KEY")
_ENVIRONMENTS = (
    ("production", ("prod", "production", "live")),
    ("staging", ("staging", "stage", "preview")),
    ("development", ("dev", "development", "local", "test")),
)


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """One environment variable by its name. There is no field for a value, and there must never be one."""

    name: str
    secret: bool
    """By its name it holds a secret."""
    public: bool
    """Its prefix hands it to every browser."""
    environments: tuple[str, ...]
    """Environments whose files name it."""
    named_in: tuple[str, ...]
    """example file, settings file, code, hosting, CI, launch file."""
    where: tuple[str, ...]
    """The first files that name it."""

    @property
    def note(self) -> str:
        """What somebody should look at."""
        if self.public and self.secret:
            return "its prefix exposes it to every browser, but its name says it is a secret"
        if "code" in self.named_in and "example file" not in self.named_in:
            return "read by the code, missing from the example file"
        return ""


@dataclass
class _Seen:
    places: dict[Place, None] = field(default_factory=dict)
    files: dict[str, None] = field(default_factory=dict)
    environments: set[str] = field(default_factory=set)


def read(launch: Launch, folder: Path) -> tuple[Variable, ...]:
    """Every name, sorted; `folder` is that of the launch file. What cannot be read is left out: a list of names is no
    place to stop an export."""
    root = folder / launch.repository.path if launch.repository else None
    return names_in(root, _credentials(launch))


def names_in(root: Path | None, own: Iterable[str] = ()) -> tuple[Variable, ...]:
    """Every name below a folder, sorted, and those of the launch file."""
    found: dict[str, _Seen] = {}
    for name in own:
        _note(found, name, "launch file", "launchready.toml")
    if root is not None and root.is_dir():
        for path, place in _wanted(walk(root).files):
            try:
                text = beginning(root, path, CAP)
            except OSError:
                continue
            for name in _names(text or "", place, path):
                _note(found, name, place, path)
    return tuple(_variable(name, seen) for name, seen in sorted(found.items()))


def is_secret(name: str) -> bool:
    """Whether a variable of this name holds a secret."""
    return bool(_SECRET.search(name)) and not _HARMLESS.search(name)


def _note(found: dict[str, _Seen], name: str, place: Place, path: str) -> None:
    if name in _OWN or scan(name).matches:
        return  # what has the shape of a key is none of ours to list, wherever it stood
    seen = found.setdefault(name, _Seen())
    seen.places[place] = None
    seen.files[path] = None
    if place in ("settings file", "example file", "hosting") and (named := environment_of(path)):
        seen.environments.add(named)


def _credentials(launch: Launch) -> list[str]:
    names = [route.login for route in launch.routes] + [target.login for target in launch.targets]
    names += [alert.credential for alert in launch.alerts] + [queue.credential for queue in launch.queues]
    names += (
        [region.credential for region in launch.regions]
        + [box.login for box in launch.mailboxes]
        + [launch.watch.heartbeat]
    )
    names += [launch.repository.github_login] if launch.repository else []
    names += [name for step in launch.recovery_path for name in (step.login, step.as_)]
    return [variable(name) for name in dict.fromkeys(names) if name]


def _wanted(files: tuple[str, ...]) -> Iterator[tuple[str, Place]]:
    """Files that may name variables: settings first, so that a large code base does not crowd them out."""
    kinds: tuple[tuple[re.Pattern[str], Place], ...] = (
        (_EXAMPLE, "example file"),
        (_SETTINGS, "settings file"),
        (_CI, "CI"),
        (_HOSTING, "hosting"),
        (_CODE, "code"),
    )
    rows = [(at, path, place) for path in files for at, (pattern, place) in enumerate(kinds) if pattern.search(path)]
    first: dict[str, Place] = {}
    for _, path, place in sorted(rows):
        first.setdefault(path, place)
    yield from list(first.items())[:MOST_READ]


def _names(text: str, place: Place, path: str) -> Iterator[str]:
    match place:
        case "example file" | "settings file":
            yield from _assigned(text)
        case "code":
            yield from (first or second for first, second in _READ.findall(text))
        case "CI":
            yield from _CI_NAME.findall(text)
        case _:
            if path.endswith(".json"):
                yield from _in_json(text)
            else:
                yield from _EXPANDED.findall(text)
                yield from (name for names in _KEYED.findall(text) for name in names if name)


def _assigned(text: str) -> Iterator[str]:
    """Names before the sign of equality. A value over several lines is stepped over, not read for more names."""
    until = ""
    for line in text.splitlines():
        if until:
            until = "" if until in line else until
            continue
        found = _ASSIGNED.match(line)
        if found is None:
            continue
        yield found[1]
        opening = found[2][:1]
        if opening in ("'", '"') and opening not in found[2][1:]:
            until = opening


def _in_json(text: str) -> Iterator[str]:
    waiting = [json_of(text)]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting += here
        elif isinstance(here, dict):
            for key, value in here.items():
                if key in ("env", "envs", "environment") and isinstance(value, dict):
                    yield from (name for name in value if re.fullmatch(_NAME, name))
                waiting.append(value)


def environment_of(path: str) -> str:
    """production, staging or development, by a file's name; empty where it tells none."""
    parts = set(re.split(r"[^a-z]+", path.rpartition("/")[2].lower()))
    return next((name for name, words in _ENVIRONMENTS if parts & set(words)), "")


def _variable(name: str, seen: _Seen) -> Variable:
    return Variable(
        name=name,
        secret=is_secret(name),
        public=name.startswith(PUBLIC),
        environments=tuple(sorted(seen.environments)),
        named_in=tuple(seen.places),
        where=tuple(seen.files)[:_SHOWN],
    )
