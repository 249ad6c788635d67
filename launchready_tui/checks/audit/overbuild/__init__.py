"""audit.overbuild: machinery in the repository that the first thousand customers do not need. Advice, never more."""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import AsyncIterator, Iterable
from importlib import resources
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from ....failure import Failure
from ....findings import WHOLE_LAUNCH, Evidence, Finding
from ....text import json_of
from ...base import Say, check

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World
    from ....world.folder import Tree

SERVICES = 4
"""So many parts that are built and deployed each for itself are more than one team of a start needs."""
_MOST_READ = 300
_SHOWN = 12
# What is there to try or to show something is not what runs.
_ASIDE = re.compile(r"(^|/)(tests?|spec|examples?|samples?|docs?|fixtures|templates?|\.github)/", re.IGNORECASE)
_MANIFESTS = re.compile(
    r"(^|/)(package\.json|composer\.json|requirements[^/]*\.txt|pyproject\.toml|Pipfile|Gemfile|go\.mod|pom\.xml|build\.gradle(\.kts)?|Cargo\.toml|mix\.exs)$"
)
_COMPOSE = re.compile(r"(^|/)(docker-)?compose[^/]*\.ya?ml$")
_TERRAFORM = re.compile(r"\.tf$")
_VERCEL = re.compile(r"(^|/)vercel\.json$")
_YAML = re.compile(r"\.ya?ml$")
_DOCKERFILE = re.compile(r"(^|/)(Dockerfile|Containerfile)(\.[\w-]+)?$")
_IMAGE = re.compile(r"(?m)^\s*image:\s*[\"']?([\w./:@${}-]+)")
_BUILT = re.compile(r"(?m)^\s+build:")
_RESOURCE = re.compile(r'(?m)^\s*resource\s+"([a-z0-9_]+)"')
_REGION = re.compile(r'(?s)provider\s+"(?:aws|google|azurerm)"\s*\{[^}]*?\bregion\s*=\s*"([a-z0-9-]+)"')


class Kind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of machinery and its signs."""

    id: str
    """Its findings' subject, and the end of their message's name."""
    paths: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    at_least: int = 1


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: tuple[Kind, ...]


@functools.cache
def kinds() -> tuple[Kind, ...]:
    """The data file, read once."""
    import tomllib

    return msgspec.convert(tomllib.loads((resources.files(__package__) / "signs.toml").read_text("utf-8")), _Table).kind


_MANY, _REGIONS = "microservices", "multi-region"


@check("audit.overbuild")
async def overbuild(launch: Launch, world: World) -> AsyncIterator[Finding]:
    """Looks through names, dependency files, compose files, Terraform and YAML of the repository."""
    say = Say("audit.overbuild", world.clock.now())
    tree = await world.repository.tree()
    if isinstance(tree, Failure):
        if tree.kind == "switched-off":
            yield say.not_applicable("repository", WHOLE_LAUNCH)
        else:
            yield say.unknown("repository", WHOLE_LAUNCH, failure=tree, cause=tree.detail)
        return
    texts = await _texts(world, tree)
    signs = await asyncio.to_thread(_signs_of, tree.files, texts)
    found = [kind for kind in (*(kind.id for kind in kinds()), _MANY, _REGIONS) if kind in signs]
    for kind in found:
        rows = signs[kind]
        listed = "\n".join([*rows[:_SHOWN], *([f"{len(rows) - _SHOWN} more"] if len(rows) > _SHOWN else [])])
        evidence = [Evidence.of("signs", listed, source="the repository")]
        yield say.warn("machinery", kind, f"has-{kind}", evidence=evidence)
    if not found:
        many = f"{len(tree.files)} files" + ("" if tree.complete else ", not all there are")
        read = [Evidence.of("read", f"{many}; {len(texts)} of them read", source="the repository")]
        yield say.passed("repository", WHOLE_LAUNCH, evidence=read)


async def _texts(world: World, tree: Tree) -> dict[str, str]:
    """What is read: dependency files, compose files and Terraform first, then other YAML, up to a limit."""
    names = [path for path in tree.files if not _ASIDE.search(path)]
    early = (_MANIFESTS, _COMPOSE, _TERRAFORM, _VERCEL)
    first = [path for path in names if any(form.search(path) for form in early)]
    rest = [path for path in names if _YAML.search(path) and not _COMPOSE.search(path)]
    wanted = [*first, *rest][:_MOST_READ]
    read = await asyncio.gather(*(world.repository.text(path) for path in wanted))
    return {path: text for path, text in zip(wanted, read, strict=True) if isinstance(text, str)}


def _signs_of(files: Iterable[str], texts: dict[str, str]) -> dict[str, list[str]]:
    """Kind to the signs of it, `path: what`, for the kinds that have enough of them."""
    paths = [path for path in files if not _ASIDE.search(path)]
    found: dict[str, list[str]] = {}
    for kind in kinds():
        rows = _signs(kind, paths, texts)
        if len({what for _, what in rows}) >= kind.at_least:
            found[kind.id] = [f"{path}: {what}" for path, what in rows]
    parts = _parts(paths, texts)
    if len(parts) >= SERVICES:
        found[_MANY] = parts
    regions = _regions(texts)
    if len(regions) > 1:
        found[_REGIONS] = [f"{path}: {region}" for region, path in regions.items()]
    return found


def _signs(kind: Kind, paths: list[str], texts: dict[str, str]) -> list[tuple[str, str]]:
    rows = [(path, "a file of it") for path in paths if any(re.search(wanted, path) for wanted in kind.paths)]
    for path, text in texts.items():
        if _MANIFESTS.search(path):
            rows += [(path, f"the package {name}") for name in kind.packages if _depends(path, text, name)]
        if _COMPOSE.search(path):
            images = _IMAGE.findall(text)
            rows += [(path, f"the image {part}") for part in kind.images if any(_runs(image, part) for image in images)]
        if _TERRAFORM.search(path):
            rows += [
                (path, f"the resource {name}")
                for name in dict.fromkeys(_RESOURCE.findall(text))
                if name in kind.resources
            ]
        if _YAML.search(path):
            rows += [(path, found.group().strip()) for wanted in kind.text if (found := re.search(wanted, text))]
    return list(dict.fromkeys(rows))


def _runs(image: str, part: str) -> bool:
    """Whether an image is the one meant: `confluentinc/cp-kafka:7.6` is kafka, `kafkaesque` is not."""
    return re.search(rf"(?<![a-z0-9]){re.escape(part)}(?![a-z0-9])", image.partition("@")[0].lower()) is not None


def _depends(path: str, text: str, name: str) -> bool:
    if path.endswith(".json"):
        raw = json_of(text)
        tables = [raw.get(key) for key in ("dependencies", "require")] if isinstance(raw, dict) else []
        return any(isinstance(table, dict) and name in table for table in tables)
    return re.search(rf"(?<![\w@/.-]){re.escape(name)}(?![\w/-])", text) is not None


def _parts(paths: list[str], texts: dict[str, str]) -> list[str]:
    """Folders that are built into images of their own, or what one compose file builds, whichever is more."""
    folders = sorted({str(PurePosixPath(path).parent) for path in paths if _DOCKERFILE.search(path)})
    counted = [(path, len(_BUILT.findall(text))) for path, text in texts.items() if _COMPOSE.search(path)]
    built = max(counted, key=lambda row: row[1], default=("", 0))
    if built[1] > len(folders):
        return [f"{built[0]}: builds {built[1]} images"] * built[1]
    return [f"{folder}: an image of its own" for folder in folders]


def _regions(texts: dict[str, str]) -> dict[str, str]:
    """Regions that the product is deployed to, each with the file that names it first."""
    found: dict[str, str] = {}
    for path, text in texts.items():
        if _TERRAFORM.search(path):
            for region in _REGION.findall(text):
                found.setdefault(region, path)
        if path.endswith("vercel.json"):
            raw = json_of(text)
            regions = raw.get("regions") if isinstance(raw, dict) else None
            for region in regions if isinstance(regions, list) else ():
                found.setdefault(str(region), path)
    return found
