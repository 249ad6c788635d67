"""What the environments of a product are set to, as far as files on this machine say it: which settings are missing,
left as they were delivered, dangerous in production, or the same where they must differ.

Values are compared in memory and go nowhere: a trouble names a variable, files and environments. Files that git ignores
are read too; they are the ones with values in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec

from ..secrets import scan
from ..secrets.shapes import mode_of
from ..secrets.validate import is_placeholder
from ..text import clean
from .folder import Tree, beginning
from .variables import PUBLIC, environment_of, is_secret

Kind = Literal[
    "shared",
    "test-key",
    "live-key",
    "debug",
    "open-hosts",
    "local-address",
    "public-secret",
    "placeholder",
    "weak",
    "twice",
    "missing",
]
CAP = 256 * 1024
_SETTINGS = re.compile(r"(?:^|/)(?:\.env(?:\.[\w-]+)*|[\w-]+\.env|\.envrc|\.dev\.vars)$")
_EXAMPLE = re.compile(r"(?:example|sample|template|dist|schema|defaults?)(?:\.env)?$")
_COMPOSE = re.compile(r"(?:^|/)(?:docker-)?compose[\w.-]*\.ya?ml$")
_PLATFORM = re.compile(r"(?:^|/)(?:fly[\w.-]*\.toml|render\.yaml|wrangler\.toml|app\.yaml)$")
_DJANGO = re.compile(r"(?:^|/)settings(?:[/_][\w-]+)?\.py$|(?:^|/)[\w-]+_settings\.py$")
_LINE = re.compile(
    r"^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w{0,79})[ \t]*=[ \t]*"
    r"(?:\"((?:[^\"\\]|\\.)*)\"|'([^']*)'|([^\s#'\"][^#\r\n]*)|)[ \t]*(?:#.*)?$"
)
_YAML = re.compile(r"^\s*(?:-\s+)?[\"']?([A-Z][A-Z0-9_]{1,79})[\"']?\s*[:=]\s*[\"']?([^\"'#\r\n]*?)[\"']?\s*(?:#.*)?$")
_TOML = re.compile(r"^\s*([A-Z][A-Z0-9_]{1,79})\s*=\s*[\"']([^\"'\r\n]*)[\"']")
_PYTHON_DEBUG = re.compile(r"(?m)^DEBUG\s*=\s*True\s*(?:#.*)?$")
_PYTHON_HOSTS = re.compile(r"(?m)^ALLOWED_HOSTS\s*=\s*\[\s*[\"']\*[\"']")
_PYTHON_KEY = re.compile(r"(?m)^SECRET_KEY\s*=\s*[\"'](django-insecure-[^\"']+)[\"']")
_DEBUG = frozenset(("DEBUG", "APP_DEBUG", "DJANGO_DEBUG", "FLASK_DEBUG", "NEXT_PUBLIC_DEBUG", "DEBUG_MODE"))
_MODES = frozenset(("NODE_ENV", "RAILS_ENV", "RACK_ENV", "APP_ENV", "FLASK_ENV", "MIX_ENV", "ASPNETCORE_ENVIRONMENT"))
_HOSTS = frozenset(("ALLOWED_HOSTS", "DJANGO_ALLOWED_HOSTS", "CORS_ORIGIN", "CORS_ORIGINS", "CORS_ALLOWED_ORIGINS"))
_TRUE = frozenset(("1", "true", "yes", "on", "*"))
_LOCAL = re.compile(
    r"(?:^|[@/])(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|10\.0\.2\.2|host\.docker\.internal|\[::1\])(?=$|[:/])"
    r"|\.ngrok(?:-free)?\.(?:app|io|dev)\b|\.loca\.lt\b|\.trycloudflare\.com\b",
    re.IGNORECASE,
)
# Addresses where the process itself listens, or a helper beside it in the same machine.
_OWN_ADDRESS = re.compile(r"(?:^|_)(?:HOST|BIND|LISTEN|INTERFACE|HOSTNAME)$|^(?:HOST|BIND)_")
_MUST_DIFFER = re.compile(
    r"(?:^|_)(?:DATABASE|DB|POSTGRES|MYSQL|MONGO|REDIS)\w*_?(?:URL|URI|DSN|HOST)$|^(?:DATABASE|REDIS|MONGO\w*)_URL$"
)
WEAK = 16


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """One setting that should not be so. Never its value."""

    kind: Kind
    name: str
    environment: str
    """The environment that it concerns."""
    path: str
    line: int = 0
    others: tuple[str, ...] = ()
    """Other environments that it also concerns, sorted."""

    @property
    def where(self) -> str:
        """`.env.production:3`."""
        return f"{self.path}:{self.line}" if self.line else self.path


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What was read. `environments` maps each that has values to the files that hold them, `secrets` to those that hold
    secret ones."""

    troubles: tuple[Trouble, ...]
    environments: dict[str, tuple[str, ...]]
    secrets: dict[str, tuple[str, ...]] = {}
    settings: int = 0


class Setting(NamedTuple):
    """One value, in memory only."""

    name: str
    value: str
    environment: str
    path: str
    line: int


def read(tree: Tree) -> Reading:
    """All settings below a folder, judged. Blocks; raises nothing: a file that cannot be read holds no values."""
    settings, django = settings_of(tree)
    troubles = (*django, *judge(settings))
    files: dict[str, dict[str, None]] = {}
    holding: dict[str, dict[str, None]] = {}
    for setting in settings:
        files.setdefault(setting.environment, {})[setting.path] = None
        if _holds_secret(setting):
            holding.setdefault(setting.environment, {})[setting.path] = None
    return Reading(
        troubles=tuple(sorted(set(troubles), key=lambda one: (one.kind, one.name, one.environment, one.path))),
        environments={name: tuple(paths) for name, paths in sorted(files.items())},
        secrets={name: tuple(paths) for name, paths in sorted(holding.items())},
        settings=len(settings),
    )


def settings_of(tree: Tree) -> tuple[list[Setting], list[Trouble]]:
    """The settings of all files that hold any, and what is wrong in Django's settings modules, which are code."""
    settings: list[Setting] = []
    django: dict[str, str] = {}
    for path in _files(tree):
        try:
            text = beginning(tree.root, path, CAP)
        except OSError:
            continue
        if text and _DJANGO.search(path):
            django[path] = text
        elif text:
            settings += parse(text, path)
    return settings, list(_django(django))


def parse(text: str, path: str, environment: str = "") -> list[Setting]:
    """The settings of one file; `environment` where the file's name does not tell. A plain `.env` is development's."""
    name = environment or environment_of(path)
    if _COMPOSE.search(path) or path.endswith((".yaml", ".yml")):
        name, pattern = name or "production", _YAML
    elif path.endswith(".toml"):
        name, pattern = name or "production", _TOML
    else:
        return list(_dotenv(text, path, name or "development"))
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        row = pattern.match(line)
        if row and not row[2].startswith(("$", "{")):
            found.append(Setting(row[1], row[2].strip(), name, path, number))
    return found


def _dotenv(text: str, path: str, environment: str) -> Iterator[Setting]:
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        line, first = lines[number], number + 1
        number += 1
        opened = re.match(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w{0,79})[ \t]*=[ \t]*([\"'])", line)
        if opened and opened[2] not in line[opened.end() :]:
            # A value over several lines ends with its quote; what is inside is no other setting.
            part = [line[opened.end() :]]
            while number < len(lines) and opened[2] not in lines[number]:
                part.append(lines[number])
                number += 1
            number += 1
            yield Setting(opened[1], "\n".join(part), environment, path, first)
        elif row := _LINE.match(line):
            value = next((row[at] for at in (2, 3, 4) if row[at] is not None), "")
            yield Setting(row[1], value.strip(), environment, path, first)


def _holds_secret(setting: Setting) -> bool:
    """A real value behind a secret's name; a reference to a vault is none."""
    value = setting.value
    reference = value.startswith(("op://", "vault:", "/run/secrets/", "$", "{{", "<"))
    return is_secret(setting.name.upper()) and len(value) >= 8 and not reference and not _placeholder(value)


def _placeholder(value: str) -> bool:
    """Whether a value is still to be replaced; of an address its password decides, not a word in a host's name."""
    if "://" not in value:
        return is_placeholder(value)
    password = value.partition("://")[2].rpartition("@")[0].partition(":")[2]
    return bool(password) and is_placeholder(password)


def judge(settings: Iterable[Setting]) -> list[Trouble]:
    """What is wrong with these settings; those of production are held to more."""
    rows = list(settings)
    found = [trouble for setting in rows for trouble in _alone(setting)]
    found += _shared(rows)
    seen: dict[tuple[str, str], Setting] = {}
    for setting in rows:
        first = seen.setdefault((setting.path, setting.name), setting)
        if first is not setting and first.value != setting.value and setting.path.rpartition("/")[2].startswith(".env"):
            found.append(_trouble("twice", setting))
    return found


def _alone(setting: Setting) -> Iterator[Trouble]:
    name, value, production = setting.name, setting.value, setting.environment == "production"
    secret = is_secret(name.upper())
    if name.startswith(PUBLIC) and value and (secret or any(one.sure for one in scan(value).matches)):
        yield _trouble("public-secret", setting)
    if not production:
        if mode_of(value) == "live":
            yield _trouble("live-key", setting)
        return
    if mode_of(value) == "test":
        yield _trouble("test-key", setting)
    if (name in _DEBUG and value.lower() in _TRUE) or (
        name in _MODES and value and not value.lower().startswith("prod")
    ):
        yield _trouble("debug", setting)
    if name in _HOSTS and "*" in [part.strip(" \"'[]") for part in value.split(",")]:
        yield _trouble("open-hosts", setting)
    if _LOCAL.search(value) and not _OWN_ADDRESS.search(name):
        yield _trouble("local-address", setting)
    if secret and (not value or _placeholder(value)) and mode_of(value) != "test":
        yield _trouble("placeholder", setting)
    elif secret and (value.startswith("django-insecure-") or (len(value) < WEAK and "://" not in value)):
        yield _trouble("weak", setting)


def _shared(rows: list[Setting]) -> Iterator[Trouble]:
    """A secret, or an address of a store, that production and another environment have in common."""
    places: dict[tuple[str, str], dict[str, Setting]] = {}
    for setting in rows:
        value = _compared(setting)
        if value:
            places.setdefault((setting.name, value), {}).setdefault(setting.environment, setting)
    for by in places.values():
        if "production" in by and len(by) > 1:
            yield _trouble("shared", by["production"], tuple(sorted(set(by) - {"production"})))


def _compared(setting: Setting) -> str:
    """What is compared of a value; empty where it may be the same everywhere."""
    name, value = setting.name, setting.value
    if len(value) < 6 or _placeholder(value) or name.startswith(PUBLIC):
        return ""
    if _MUST_DIFFER.search(name):
        if "://" not in value:
            return value if not _LOCAL.search(value) and "." in value else ""
        try:
            parts = urlsplit(value)
            host = parts.hostname or ""
        except ValueError:
            return value
        # A host without a dot is a neighbour in the same compose file: each environment has its own.
        return f"{host}{parts.path}" if "." in host and not _LOCAL.search(f"@{host}") else ""
    return value if is_secret(name) else ""


def _django(files: dict[str, str]) -> Iterator[Trouble]:
    """Django's settings modules: the one for production, or the only one there is."""
    production = [path for path in files if environment_of(path) == "production"]
    others = [path for path in files if not environment_of(path) and not path.endswith("base.py")]
    for path in production or (others if len(others) == 1 else []):
        for kind, name, pattern in (
            ("debug", "DEBUG", _PYTHON_DEBUG),
            ("open-hosts", "ALLOWED_HOSTS", _PYTHON_HOSTS),
            ("weak", "SECRET_KEY", _PYTHON_KEY),
        ):
            hit = pattern.search(files[path])
            if hit:
                line = files[path].count("\n", 0, hit.start()) + 1
                yield Trouble(kind=kind, name=name, environment="production", path=clean(path), line=line)  # type: ignore[arg-type]


def _trouble(kind: Kind, setting: Setting, others: tuple[str, ...] = ()) -> Trouble:
    return Trouble(
        kind=kind,
        name=clean(setting.name),
        environment=setting.environment,
        path=clean(setting.path),
        line=setting.line,
        others=others,
    )


def _files(tree: Tree) -> list[str]:
    return [
        path
        for path in tree.files
        if _DJANGO.search(path)
        or _COMPOSE.search(path)
        or _PLATFORM.search(path)
        or (_SETTINGS.search(path) and not _EXAMPLE.search(path))
    ]
