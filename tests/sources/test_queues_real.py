"""Queues in a real Redis and a real PostgreSQL, filled by the queue libraries where they are Python, else as they lay
them out."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from watchtown import Spoken, until

from launchready_tui.clock import SystemClock
from launchready_tui.failure import Failure
from launchready_tui.launch.model import Queue
from launchready_tui.sources.queues import Looked, look
from launchready_tui.sources.queues.model import Backlog
from launchready_tui.wire import Reach, Wire
from launchready_tui.wire.connect import ConnectMap

MUST = os.environ.get("LAUNCHREADY_REQUIRE_NETLAB") == "1"
POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
REACH = Reach(connect=ConnectMap.parse([]), private=("127.0.0.0/8",))
WORD = "only-for-" + "reading"


def needs(*modules: str, program: object = True) -> None:
    if not MUST:
        for module in modules:
            pytest.importorskip(module)
        if not program:
            pytest.skip("the server is not here")
    assert program


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def ask(queue: Queue, url: str, reach: Reach = REACH) -> Looked | Failure:
    return await look(queue, Wire(reach), lambda name, host: Spoken(url), SystemClock())


def by_name(found: Looked | Failure) -> dict[str, Backlog]:
    assert isinstance(found, Looked), found
    return {f"{row.system}/{row.queue}": row for row in found.rows}


# Redis


@pytest.fixture(scope="module")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    program = shutil.which("redis-server")
    needs("redis", program=program)
    folder = tmp_path_factory.mktemp("redis")
    port = free_port()
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    arguments += ["--user", "reader", "on", f">{WORD}", "~*", "+@read"]
    process = subprocess.Popen([str(program), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        import redis

        ends = time.monotonic() + 20
        with redis.Redis(port=port) as client:
            while time.monotonic() < ends:
                with contextlib.suppress(redis.exceptions.ConnectionError):
                    if client.ping():
                        break
                time.sleep(0.05)
        yield port
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def redis_db(redis_port: int) -> Iterator[Any]:
    import redis

    with redis.Redis(port=redis_port) as client:
        client.flushall()
        yield client


def in_redis(port: int, **more: Any) -> tuple[Queue, str]:
    return Queue(
        name="jobs", server=f"127.0.0.1:{port}", credential="r", **more
    ), f"redis://reader:{WORD}@127.0.0.1:{port}"


async def test_rq_by_its_own_library(redis_db: Any, redis_port: int) -> None:
    needs("rq")
    from rq import Queue as Rq

    mail, slow = Rq("mail", connection=redis_db), Rq("slow", connection=redis_db)
    first = mail.enqueue("os.getpid")
    for _ in range(4):
        mail.enqueue("os.getpid")
    slow.enqueue("os.getpid")
    slow.enqueue_in(timedelta(hours=1), "os.getpid")
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    redis_db.hset(f"rq:job:{first.id}", "enqueued_at", an_hour_ago.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    before = sorted(redis_db.keys("*"))
    rows = by_name(await ask(*in_redis(redis_port)))
    assert set(rows) == {"rq/mail", "rq/slow"}
    assert (rows["rq/mail"].ready, rows["rq/slow"].ready, rows["rq/slow"].scheduled) == (5, 1, 1)
    assert rows["rq/mail"].oldest_s is not None and 3590 < rows["rq/mail"].oldest_s < 3700
    assert rows["rq/slow"].oldest_s is not None and rows["rq/slow"].oldest_s < 60
    assert sorted(redis_db.keys("*")) == before, "nothing was changed"


async def test_celery_by_its_own_library(redis_db: Any, redis_port: int) -> None:
    needs("celery")
    from celery import Celery

    app = Celery("shop", broker=f"redis://127.0.0.1:{redis_port}/0")
    app.conf.task_default_queue = "shop"
    app.conf.broker_transport_options = {"queue_order_strategy": "priority"}
    for priority in (0, 3, 9, 9):
        app.send_task("send_mail", priority=priority)
    app.send_task("resize", queue="images")
    app.close()
    rows = by_name(await ask(*in_redis(redis_port)))
    assert {name: row.ready for name, row in rows.items()} == {"celery/shop": 4, "celery/images": 1}
    assert all(row.oldest_s is None for row in rows.values()), "a message of Celery says no time"


async def test_bullmq_as_it_lays_out_its_keys(redis_db: Any, redis_port: int) -> None:
    old = int((time.time() - 600) * 1000)
    redis_db.hset("bull:mail:meta", "version", "bullmq:5")
    redis_db.lpush("bull:mail:wait", "1", "2", "3")
    redis_db.hset("bull:mail:1", mapping={"name": "send", "timestamp": old})
    redis_db.zadd("bull:mail:prioritized", {"4": 1})
    redis_db.zadd("bull:mail:delayed", {"5": 1, "6": 2})
    redis_db.zadd("bull:mail:failed", {"7": 1})
    redis_db.lpush("bull:mail:active", "8")
    redis_db.zadd("bull:mail:marker", {"0": 0})
    redis_db.hset("shop:bull:pics:meta", "version", "bullmq:5")
    redis_db.lpush("shop:bull:pics:paused", "1")
    (row,) = by_name(await ask(*in_redis(redis_port))).values()
    assert (row.ready, row.scheduled, row.failed, row.active) == (4, 2, 1, 1)
    assert row.oldest_s is not None and 595 < row.oldest_s < 700
    (other,) = by_name(await ask(*in_redis(redis_port, prefix="shop:bull"))).values()
    assert (other.queue, other.ready, other.paused) == ("pics", 0, 1)


@pytest.mark.parametrize("per_second", [1, 1000])
async def test_sidekiq_as_it_lays_out_its_keys(redis_db: Any, redis_port: int, per_second: int) -> None:
    """Seconds up to version 7, ms from 8 on."""
    redis_db.sadd("queues", "default", "mailers")
    redis_db.lpush("queue:default", json.dumps({"jid": "a", "enqueued_at": (time.time() - 300) * per_second}))
    redis_db.lpush("queue:default", json.dumps({"jid": "b", "enqueued_at": time.time() * per_second}))
    redis_db.zadd("schedule", {"x": 1})
    redis_db.zadd("retry", {"y": 1, "z": 2})
    redis_db.zadd("dead", {"d": 1})
    redis_db.sadd("processes", "host:1")
    rows = by_name(await ask(*in_redis(redis_port)))
    assert rows["sidekiq/default"].ready == 2 and rows["sidekiq/mailers"].ready == 0
    assert rows["sidekiq/default"].oldest_s is not None and 295 < rows["sidekiq/default"].oldest_s < 400
    everything = rows["sidekiq/(all)"]
    assert (everything.scheduled, everything.failed, everything.workers) == (3, 1, 1)


async def test_what_stands_in_redis_otherwise_is_left_alone(redis_db: Any, redis_port: int) -> None:
    redis_db.set("queues", "a text")
    redis_db.sadd("rq:queues", "rq:queue:odd")
    redis_db.rpush("rq:queue:odd", "gone")
    redis_db.set("bull:x:id", 4)
    rows = by_name(await ask(*in_redis(redis_port)))
    assert rows["rq/odd"].ready == 1 and rows["rq/odd"].oldest_s is None
    assert rows["bullmq/x"].ready == 0
    redis_db.flushall()
    assert by_name(await ask(*in_redis(redis_port))) == {}


async def test_failures_of_redis_are_told_without_the_password(redis_db: Any, redis_port: int) -> None:
    queue, url = in_redis(redis_port)
    cases = {
        "log-in": (queue, url.replace(WORD, "wrong-one"), REACH),
        "no-permission": (queue, url.replace("127.0.0.1", "elsewhere.test"), REACH),
        "blocked-address": (queue, url, Reach(connect=ConnectMap.parse([]))),
        "unavailable": (Queue(name="jobs", server=f"127.0.0.1:{free_port()}", credential="r"), url, REACH),
    }
    for kind, (asked, stored, reach) in cases.items():
        found = await ask(asked, stored, reach)
        assert isinstance(found, Failure) and found.kind == kind, (kind, found)
        assert WORD not in str(found) and "wrong-one" not in str(found)
    missing = await look(queue, Wire(REACH), lambda name, host: None, SystemClock())
    assert isinstance(missing, Failure) and "launchready credentials set r --host 127.0.0.1" in missing.detail


async def test_a_name_is_led_by_the_connect_map(redis_db: Any, redis_port: int) -> None:
    redis_db.sadd("queues", "led")
    reach = Reach(connect=ConnectMap.parse([f"redis.shop.test:6379=127.0.0.1:{redis_port}"]))
    rows = by_name(
        await ask(
            Queue(name="jobs", server="redis.shop.test", credential="r"),
            f"redis://reader:{WORD}@redis.shop.test",
            reach,
        )
    )
    assert "sidekiq/led" in rows


# PostgreSQL

TABLES = """
CREATE ROLE reader LOGIN PASSWORD '%(word)s';

CREATE SCHEMA pgboss;
CREATE TYPE pgboss.job_state AS ENUM ('created', 'retry', 'active', 'completed', 'cancelled', 'failed');
CREATE TABLE pgboss.job (id uuid NOT NULL DEFAULT gen_random_uuid(), name text NOT NULL,
priority integer NOT NULL DEFAULT 0, data jsonb,
  state pgboss.job_state NOT NULL DEFAULT 'created', retry_limit integer NOT NULL DEFAULT 2,
  retry_count integer NOT NULL DEFAULT 0,
  start_after timestamptz NOT NULL DEFAULT now(), started_on timestamptz, created_on timestamptz NOT NULL DEFAULT now(),
  completed_on timestamptz, keep_until timestamptz NOT NULL DEFAULT now() + interval '14 days', output jsonb,
  policy text
) PARTITION BY LIST (name);
CREATE TABLE pgboss.job_mail PARTITION OF pgboss.job FOR VALUES IN ('mail');
CREATE TABLE pgboss.job_pics PARTITION OF pgboss.job FOR VALUES IN ('pics');
INSERT INTO pgboss.job (name, state, start_after, created_on) VALUES
  ('mail', 'created', now() - interval '10 min', now() - interval '20 min'), ('mail', 'retry',
  now() - interval '1 min', now()),
  ('mail', 'created', now() + interval '1 h', now()), ('mail', 'active', now(), now()), ('mail', 'failed', now(),
  now()),
  ('mail', 'completed', now() - interval '3 h', now()), ('pics', 'completed', now(), now());

CREATE SCHEMA old_boss;
CREATE TABLE old_boss.job (id uuid NOT NULL DEFAULT gen_random_uuid(), name text NOT NULL,
state text NOT NULL DEFAULT 'created',
  startafter timestamptz NOT NULL DEFAULT now(), createdon timestamptz NOT NULL DEFAULT now());
INSERT INTO old_boss.job (name, startafter, createdon) VALUES ('nine', now() - interval '5 min',
now() - interval '5 min');

CREATE SCHEMA graphile_worker;
CREATE TABLE graphile_worker._private_tasks (id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
identifier text NOT NULL UNIQUE);
CREATE TABLE graphile_worker._private_jobs (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, job_queue_id int,
task_id int NOT NULL,
  payload json NOT NULL DEFAULT '{}', priority smallint NOT NULL DEFAULT 0, run_at timestamptz NOT NULL DEFAULT now(),
  attempts smallint NOT NULL DEFAULT 0, max_attempts smallint NOT NULL DEFAULT 25, last_error text, key text UNIQUE,
  locked_at timestamptz, locked_by text);
ALTER TABLE graphile_worker._private_jobs ENABLE ROW LEVEL SECURITY;
CREATE VIEW graphile_worker.jobs AS SELECT jobs.id, tasks.identifier AS task_identifier, priority, run_at,
attempts, max_attempts,
  last_error, key, locked_at, locked_by
  FROM graphile_worker._private_jobs jobs JOIN graphile_worker._private_tasks tasks ON tasks.id = jobs.task_id;
INSERT INTO graphile_worker._private_tasks (identifier) VALUES ('send');
INSERT INTO graphile_worker._private_jobs (task_id, run_at, attempts, locked_at) VALUES
  (1, now() - interval '7 min', 0, NULL), (1, now(), 25, NULL), (1, now() + interval '1 h', 0, NULL), (1, now(), 1,
  now());

CREATE TABLE solid_queue_jobs (id bigserial PRIMARY KEY, queue_name varchar NOT NULL, class_name varchar NOT NULL,
priority integer NOT NULL
  DEFAULT 0, finished_at timestamp(6), created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL);
CREATE TABLE solid_queue_ready_executions (id bigserial PRIMARY KEY, job_id bigint NOT NULL,
queue_name varchar NOT NULL, created_at
  timestamp(6) NOT NULL);
CREATE TABLE solid_queue_claimed_executions (id bigserial PRIMARY KEY, job_id bigint NOT NULL, process_id bigint,
created_at timestamp(6));
CREATE TABLE solid_queue_failed_executions (id bigserial PRIMARY KEY, job_id bigint NOT NULL, error text,
created_at timestamp(6));
CREATE TABLE solid_queue_scheduled_executions (id bigserial PRIMARY KEY, job_id bigint NOT NULL, queue_name varchar,
  scheduled_at timestamp(6));
CREATE TABLE solid_queue_processes (id bigserial PRIMARY KEY, kind varchar NOT NULL,
last_heartbeat_at timestamp(6) NOT NULL);
INSERT INTO solid_queue_jobs (queue_name, class_name, created_at, updated_at)
  SELECT 'default', 'SendMail', timezone('UTC', now()), timezone('UTC', now()) FROM generate_series(1, 5);
INSERT INTO solid_queue_ready_executions (job_id, queue_name, created_at) VALUES
  (1, 'default', timezone('UTC', now()) - interval '9 min'), (2, 'default', timezone('UTC', now()));
INSERT INTO solid_queue_claimed_executions (job_id) VALUES (3);
INSERT INTO solid_queue_failed_executions (job_id) VALUES (4);
INSERT INTO solid_queue_scheduled_executions (job_id, queue_name) VALUES (5, 'default');
INSERT INTO solid_queue_processes (kind, last_heartbeat_at) VALUES ('Worker', timezone('UTC', now())),
  ('Dispatcher', timezone('UTC', now())), ('Worker', timezone('UTC', now()) - interval '1 h');

CREATE SCHEMA shop;
CREATE TABLE shop.job (name text, wage int);
CREATE TABLE shop.jobs (title text);
"""


@pytest.fixture(scope="module")
def database() -> Iterator[int]:
    """A cluster of its own on loopback; the server refuses to run as root."""
    needs("psycopg", program=POSTGRES)
    user = "postgres" if os.getuid() == 0 else ""
    folder = Path(tempfile.mkdtemp(prefix="queues-"))
    as_user = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"] if user else []
    port = free_port()
    server: subprocess.Popen[bytes] | None = None
    try:
        if user:
            account = pwd.getpwnam(user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        made = [
            str(POSTGRES[-1]),
            "-D",
            f"{folder}/data",
            "-U",
            "owner",
            "-A",
            "scram-sha-256",
            "--pwfile",
            f"{folder}/word",
            "-N",
        ]
        (folder / "word").write_text("owner-word")
        (folder / "word").chmod(0o644)
        subprocess.run([*as_user, *made], check=True, stdout=subprocess.DEVNULL, cwd=folder)
        settings = ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "timezone=Asia/Tokyo"]
        with (folder / "server.log").open("wb") as log:
            server = subprocess.Popen(
                [
                    *as_user,
                    str(POSTGRES[-1].with_name("postgres")),
                    "-D",
                    f"{folder}/data",
                    "-p",
                    str(port),
                    "-k",
                    str(folder),
                    *settings,
                ],
                stdout=log,
                stderr=log,
                cwd=folder,
            )
        import psycopg

        ends = time.monotonic() + 30
        while True:
            try:
                with psycopg.connect(owner(port), autocommit=True) as connection:
                    connection.execute(TABLES % {"word": WORD})  # type: ignore[arg-type]
                    break
            except psycopg.OperationalError:
                assert time.monotonic() < ends, (folder / "server.log").read_text()
                time.sleep(0.1)
        yield port
    finally:
        if server is not None:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def owner(port: int) -> str:
    return f"host=127.0.0.1 port={port} dbname=postgres user=owner password=owner-word"


def in_postgres(port: int) -> tuple[Queue, str]:
    return Queue(
        name="db", kind="postgres", server=f"127.0.0.1:{port}", credential="p"
    ), f"postgresql://reader:{WORD}@127.0.0.1:{port}/postgres"


def execute(port: int, *statements: str) -> None:
    import psycopg

    with psycopg.connect(owner(port), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[arg-type]


GRANT = (
    "GRANT USAGE ON SCHEMA pgboss, old_boss, graphile_worker, public TO reader",
    "GRANT SELECT ON ALL TABLES IN SCHEMA pgboss, old_boss, public TO reader",
    "GRANT SELECT ON graphile_worker.jobs TO reader",
)


async def test_a_role_that_may_only_read_sees_every_queue(database: int) -> None:
    needs("procrastinate")
    execute(database, *GRANT)
    await fill_procrastinate(database)
    execute(database, *GRANT)
    rows = by_name(await ask(*in_postgres(database)))
    shown = {name: (row.ready, row.active, row.failed, row.scheduled) for name, row in rows.items()}
    assert shown == {
        "pg-boss/mail": (2, 1, 1, 1),
        "pg-boss/pics": (0, 0, 0, 0),
        "pg-boss/nine": (1, 0, 0, 0),
        "graphile-worker/send": (1, 1, 1, 1),
        "solid-queue/default": (2, 1, 1, 1),
        "procrastinate/mails": (2, 0, 0, 1),
    }
    ages = {name: round((row.oldest_s or 0) / 60) for name, row in rows.items() if row.oldest_s is not None}
    expected = {
        "pg-boss/mail": 10,
        "pg-boss/nine": 5,
        "graphile-worker/send": 7,
        "solid-queue/default": 9,
        "procrastinate/mails": 0,
    }
    assert ages == expected
    assert rows["solid-queue/default"].workers == 1


async def fill_procrastinate(port: int) -> None:
    """By the library itself: its own schema, its own way to put a job in."""
    from procrastinate import App, PsycopgConnector

    app = App(connector=PsycopgConnector(conninfo=owner(port)))
    async with app.open_async():
        await app.schema_manager.apply_schema_async()

        @app.task(queue="mails")
        def send() -> None: ...

        await send.defer_async()
        await send.defer_async()
        await send.configure(schedule_in={"hours": 1}).defer_async()


async def test_nothing_can_be_written_and_nothing_lasts(database: int) -> None:
    """Where a question takes too long it is ended, and the transaction is read only whoever the role is."""
    execute(
        database,
        *GRANT,
        "CREATE SCHEMA slow",
        "CREATE VIEW slow.jobs AS SELECT ''::text AS task_identifier, now() AS run_at,"
        " now() AS locked_at, 1 AS attempts, 2 AS max_attempts FROM pg_sleep(30)",
        "GRANT USAGE ON SCHEMA slow TO reader",
        "GRANT SELECT ON slow.jobs TO reader",
    )
    try:
        found = await ask(*in_postgres(database))
        assert isinstance(found, Failure) and found.kind == "timeout"
    finally:
        execute(database, "DROP SCHEMA slow CASCADE")
    execute(
        database,
        "CREATE TABLE public.touched (n int)",
        "CREATE FUNCTION public.touch() RETURNS text LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO public.touched VALUES (1); RETURN 'x'; END $$",
        "CREATE SCHEMA sly",
        "CREATE VIEW sly.jobs AS SELECT public.touch()"
        " AS task_identifier, now() AS run_at, now() AS locked_at, 1 AS attempts, 2 AS max_attempts",
        "GRANT USAGE ON SCHEMA sly TO reader",
        "GRANT SELECT ON sly.jobs TO reader",
        "GRANT INSERT ON public.touched TO reader",
    )
    try:
        found = await ask(*in_postgres(database))
        assert isinstance(found, Failure) and "read-only" in found.detail
    finally:
        execute(database, "DROP SCHEMA sly CASCADE", "DROP FUNCTION public.touch", "DROP TABLE public.touched")


async def test_failures_of_postgres_are_told_without_the_password(database: int) -> None:
    queue, url = in_postgres(database)
    for kind, stored in {
        "log-in": url.replace(WORD, "wrong-one"),
        "unavailable": url.replace("/postgres", "/nothing"),
    }.items():
        found = await ask(queue, stored)
        assert isinstance(found, Failure) and found.kind == kind, found
        assert WORD not in str(found) and "wrong-one" not in str(found)
    execute(
        database,
        "REVOKE SELECT ON ALL TABLES IN SCHEMA pgboss FROM reader",
        "REVOKE USAGE ON SCHEMA pgboss FROM reader",
    )
    found = await ask(queue, url)
    assert isinstance(found, Failure) and found.kind == "log-in" and "no read permission" in found.detail
    execute(database, *GRANT)


async def test_the_watch_keeps_what_it_reads(redis_db: Any, redis_port: int, tmp_path: Path) -> None:
    import asyncio

    from launchready_tui.launch.model import Alert, Launch
    from launchready_tui.watch.keeper import Keeper
    from launchready_tui.watch.samples import WatchReader, WatchStore
    from launchready_tui.watch.waiting import watch_queues

    redis_db.sadd("queues", "kept")
    redis_db.lpush("queue:kept", json.dumps({"enqueued_at": time.time() - 300}))
    queue, url = in_redis(redis_port)
    gone = Queue(name="gone", server=f"127.0.0.1:{free_port()}", credential="r")
    launch = Launch(
        name="M",
        domain="m.test",
        canonical="https://m.test/",
        queues=(gone, queue),
        alerts=(Alert(name="on-call", owner="founder"),),
    )
    store, reader = WatchStore.open(tmp_path / "watch.sqlite3"), WatchReader(tmp_path / "watch.sqlite3")
    said: list[str] = []
    woken: list[bool] = []
    running = asyncio.ensure_future(
        watch_queues(
            launch,
            Wire(REACH),
            lambda name, host: Spoken(url),
            SystemClock(),
            Keeper(store),
            store,
            reader,
            said.append,
            lambda: woken.append(True),
            every_s=0.05,
        )
    )
    try:
        since = datetime.now(UTC) - timedelta(minutes=1)
        await until(lambda: len({row.at for row in reader.backlog(since)}) >= 3)
        assert {(row.queue, row.ready) for row in reader.backlog(since)} == {("kept", 1), ("(all)", 0)}
        assert len([one for one in said if "cannot read the queues of gone:" in one]) == 1, "said once"
        late = "M: the queue kept is late: its oldest job has waited for 5 min"
        await until(lambda: "M: cannot read the queues of gone" in [one.title for one in store.queued()])
        assert [one.title for one in store.queued()] == [late, "M: cannot read the queues of gone"], "each told once"
        assert all(one.owner == "founder" and "Who acts: founder" in one.text for one in store.queued()) and woken
        redis_db.delete("queue:kept")
        await until(lambda: "M: Resolved: the queue kept keeps up again" in [one.title for one in store.queued()])
    finally:
        running.cancel()
        reader.close()
        store.close()


def test_the_command_shows_and_keeps(
    redis_db: Any, redis_port: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from launchready_tui.cli.run import run
    from launchready_tui.watch import PLACE
    from launchready_tui.watch.samples import WatchReader

    launch = 'name = "M"\ndomain = "m.test"\ncanonical = "https://m.test/"\n'
    (tmp_path / "launchready.toml").write_text(
        f'{launch}[[queues]]\nname = "jobs"\nserver = "127.0.0.1:{redis_port}"\ncredential = "redis-reader"\n'
        '[settings]\nprivate_addresses = ["127.0.0.0/8"]\n'
    )
    monkeypatch.setenv("LAUNCHREADY_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("LAUNCHREADY_REDIS_READER", in_redis(redis_port)[1])
    monkeypatch.setenv("LAUNCHREADY_REDIS_READER_HOSTS", "127.0.0.1")
    redis_db.sadd("queues", "mailers")
    redis_db.lpush("queue:mailers", json.dumps({"enqueued_at": time.time() - 300}))

    def call(*arguments: str) -> tuple[int, str]:
        code = run(["-C", str(tmp_path), "--trust", "--plain", "queues", *arguments])
        return int(code), capsys.readouterr().out

    code, out = call()
    assert code == 1 and "mailers  sidekiq, jobs, production" in out and "5 min" in out
    with WatchReader(tmp_path / PLACE) as reader:
        assert [row.queue for row in reader.backlog(datetime.now(UTC) - timedelta(minutes=1))] == ["(all)", "mailers"]
    redis_db.delete("queue:mailers")
    code, out = call("--format", "json", "--no-keep")
    assert code == 0
    assert {row["queue"]: row["ready"] for row in json.loads(out)["servers"][0]["queues"]} == {"mailers": 0, "(all)": 0}
