"""audit.overbuild: what a repository holds and what is said of it; near misses stay silent, and it never is more than
advice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fake_outside import found, launch, said
from fake_world import AuditWorld

from launchready_tui.checks.audit import overbuild
from launchready_tui.clock import SystemClock
from launchready_tui.failure import Failure
from launchready_tui.launch.model import Repository as Named
from launchready_tui.world.folder import MOST_FILES, Tree
from launchready_tui.world.repository import Repository


def repository(tmp_path: Path, files: dict[str, str]) -> AuditWorld:
    for name, text in files.items():
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    world = AuditWorld(launch(repository=Named(path=str(tmp_path))))
    world.repository = Repository(tmp_path, world.clock)
    return world


def package(**dependencies: str) -> str:
    return json.dumps(
        {"dependencies": {name.replace("__", "/").replace("_", "-"): version for name, version in dependencies.items()}}
    )


def compose(*images: str, built: int = 0) -> str:
    rows = [f"  s{n}:\n    image: {image}\n" for n, image in enumerate(images)]
    return "services:\n" + "".join(rows) + "".join(f"  b{n}:\n    build: ./b{n}\n" for n in range(built))


DOCKERFILES = {f"services/{name}/Dockerfile": "FROM alpine" for name in ("cart", "users", "search", "mail")}

TABLE = [
    ({"k8s/web.yaml": "apiVersion: apps/v1\nkind: Deployment\n"}, {"kubernetes"}),
    ({"deploy/web.yml": "apiVersion: apps/v1\nkind: Deployment\n"}, {"kubernetes"}),
    ({"charts/shop/Chart.yaml": "name: shop\n"}, {"kubernetes"}),
    ({"infra/main.tf": 'resource "aws_eks_cluster" "main" {\n}\n'}, {"kubernetes"}),
    ({"package.json": package(kafkajs="^2.0.0")}, {"event-pipeline"}),
    ({"requirements.txt": "django==5.1\nconfluent-kafka>=2\n"}, {"event-pipeline"}),
    ({"go.mod": "require (\n\tgithub.com/segmentio/kafka-go v0.4.47\n)\n"}, {"event-pipeline"}),
    ({"docker-compose.yml": compose("confluentinc/cp-kafka:7.6.0")}, {"event-pipeline"}),
    ({"infra/queue.tf": 'resource "aws_kinesis_stream" "clicks" {\n}\n'}, {"event-pipeline"}),
    ({"compose.yaml": compose("varnish:7.5")}, {"early-cache"}),
    ({"infra/cache.tf": 'resource "aws_elasticache_cluster" "a" {\n}\n'}, {"early-cache"}),
    ({"compose.prod.yaml": compose("prom/prometheus:v2", "grafana/grafana:11")}, {"heavy-observability"}),
    (DOCKERFILES, {"microservices"}),
    ({"docker-compose.yml": compose(built=5)}, {"microservices"}),
    (
        {
            "a.tf": 'provider "aws" {\n  region = "eu-central-1"\n}\n',
            "b.tf": 'provider "aws" {\n  alias = "us"\n  region = "us-east-1"\n}\n',
        },
        {"multi-region"},
    ),
    ({"vercel.json": '{"regions": ["fra1", "iad1"]}'}, {"multi-region"}),
    # near misses
    ({}, set()),
    ({"Dockerfile": "FROM node:22", "worker/Dockerfile": "FROM node:22"}, set()),
    ({"docker-compose.yml": compose("postgres:16", "redis:7", built=2)}, set()),
    ({"docker-compose.yml": compose("prom/prometheus:v2")}, set()),
    ({"docker-compose.yml": compose("acme/kafkaesque:1")}, set()),
    ({"package.json": package(next="15", bullmq="5", nats_tools="1")}, set()),
    ({"package.json": json.dumps({"devDependencies": {"kafkajs": "2"}})}, set()),
    ({"package.json": "{not json: kafkajs"}, set()),
    ({"requirements.txt": "my-confluent-kafka-helper==1\n"}, set()),
    ({"node_modules/x/k8s/web.yaml": "apiVersion: apps/v1\n", "vendor/k8s/a.yaml": "apiVersion: apps/v1\n"}, set()),
    ({"examples/k8s/web.yaml": "apiVersion: apps/v1\n", "docs/docker-compose.yml": compose("varnish")}, set()),
    ({".github/workflows/ci.yml": "on: push\njobs: {}\n", "openapi.yaml": "openapi: 3.1.0\n"}, set()),
    ({"main.tf": 'provider "aws" {\n  region = "eu-central-1"\n}\nresource "aws_db_instance" "a" {\n}\n'}, set()),
    ({"vercel.json": '{"regions": ["fra1"]}'}, set()),
]


@pytest.mark.parametrize(("files", "wanted"), TABLE)
async def test_what_is_there_and_what_is_said(tmp_path: Path, files: dict[str, str], wanted: set[str]) -> None:
    findings = await found(overbuild.overbuild, repository(tmp_path, files))
    assert {subject for rule, subject in findings if rule == "machinery"} == wanted
    for subject in {kind.id for kind in overbuild.kinds()} | {"microservices", "multi-region"}:
        assert said(findings, "machinery", subject) == ("warn low" if subject in wanted else "absent"), (
            "advice, never more"
        )
    for subject in wanted:
        assert findings["machinery", subject].evidence[0].text
    assert said(findings, "repository", "launch") == ("absent" if wanted else "pass")


async def test_without_a_repository_nothing_is_advised() -> None:
    world = AuditWorld(launch())
    world.repository = Repository(None, world.clock)
    assert said(await found(overbuild.overbuild, world), "repository", "launch") == "not-applicable"


async def test_a_repository_that_is_not_there_is_no_empty_one(tmp_path: Path) -> None:
    world = AuditWorld(launch(repository=Named(path="gone")))
    world.repository = Repository(tmp_path / "gone", world.clock)
    assert said(await found(overbuild.overbuild, world), "repository", "launch") == "unknown low"


async def test_what_links_lead_to_is_not_read(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "root"
    outside.mkdir()
    root.mkdir()
    (outside / "secret.yaml").write_text("apiVersion: apps/v1\n")
    (root / "inside.yaml").symlink_to(outside / "secret.yaml")
    (root / "k8s").symlink_to(outside)
    (root / "round").symlink_to(root)
    looking = Repository(root, SystemClock())
    tree = await looking.tree()
    assert isinstance(tree, Tree) and tree.files == ("inside.yaml",)
    assert isinstance(await looking.text("inside.yaml"), Failure)
    assert isinstance(await looking.text("../outside/secret.yaml"), Failure)


async def test_a_huge_repository_is_listed_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from launchready_tui.world import folder as room

    monkeypatch.setattr(room, "MOST_FILES", 3)
    for n in range(5):
        (tmp_path / f"f{n}").touch()
    tree = await Repository(tmp_path, SystemClock()).tree()
    assert isinstance(tree, Tree) and len(tree.files) == 3 and not tree.complete
    assert MOST_FILES > 3


async def test_octets_that_are_no_text_are_read_past(tmp_path: Path) -> None:
    world = repository(tmp_path, {})
    (tmp_path / "docker-compose.yml").write_bytes(b"\xff\xfe\x00services:\n  a:\n    image: varnish:7\n")
    assert said(await found(overbuild.overbuild, world), "machinery", "early-cache") == "warn low"
