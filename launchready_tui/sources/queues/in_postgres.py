"""Queues in PostgreSQL: pg-boss, graphile-worker, procrastinate, solid_queue. The only room that knows psycopg.

Tables are found by name and columns, whatever schema they lie in (schemas as their projects publish them, known
2026-11: pg-boss 9 to 12, graphile-worker's view, procrastinate 3, solid_queue 1). The transaction is read only, each
statement has two seconds; a role with SELECT on these tables is enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ...failure import Failure
from ...launch.model import Queue
from ...text import clean
from .model import Backlog, Looked
from .server import DEADLINE_S, Server, age_s

if TYPE_CHECKING:
    import psycopg

MOST_QUEUES = 200
STATEMENT_MS = 2000
# What tells a table: its name and columns that only it has.
_KNOWN = {
    "job": ("pg-boss", {"name", "state"}),
    "jobs": ("graphile-worker", {"task_identifier", "run_at", "locked_at", "attempts", "max_attempts"}),
    "procrastinate_jobs": ("procrastinate", {"queue_name", "status", "scheduled_at"}),
    "solid_queue_ready_executions": ("solid-queue", {"queue_name", "created_at"}),
}
_COLUMNS = """
SELECT n.nspname, c.relname, array_agg(a.attname::text)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relname = ANY (%s) AND c.relkind IN ('r', 'p', 'v') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
GROUP BY 1, 2 ORDER BY 1, 2
"""
_PG_BOSS = """
SELECT name, count(*) FILTER (WHERE state::text IN ('created', 'retry') AND {start} <= now()),
  count(*) FILTER (WHERE state::text = 'active'), count(*) FILTER (WHERE state::text = 'failed'),
  count(*) FILTER (WHERE state::text IN ('created', 'retry') AND {start} > now()),
  min(greatest({start}, {created})) FILTER (WHERE state::text IN ('created', 'retry') AND {start} <= now())
FROM {table} GROUP BY name ORDER BY name LIMIT 200
"""
_GRAPHILE = """
SELECT task_identifier, count(*) FILTER (WHERE locked_at IS NULL AND attempts < max_attempts AND run_at <= now()),
  count(*) FILTER (WHERE locked_at IS NOT NULL), count(*) FILTER (WHERE attempts >= max_attempts),
  count(*) FILTER (WHERE locked_at IS NULL AND attempts < max_attempts AND run_at > now()),
  min(run_at) FILTER (WHERE locked_at IS NULL AND attempts < max_attempts AND run_at <= now())
FROM {table} GROUP BY 1 ORDER BY 1 LIMIT 200
"""
_PROCRASTINATE = """
SELECT queue_name, count(*) FILTER (WHERE status::text = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())),
  count(*) FILTER (WHERE status::text = 'doing'), count(*) FILTER (WHERE status::text = 'failed'),
  count(*) FILTER (WHERE status::text = 'todo' AND scheduled_at > now()),
  min((SELECT greatest(max(e.at), j.scheduled_at) FROM {events} e
    WHERE e.job_id = j.id AND e.type::text IN ('deferred', 'deferred_for_retry')))
    FILTER (WHERE status::text = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()))
FROM {table} j GROUP BY 1 ORDER BY 1 LIMIT 200
"""
_SOLID = """
SELECT j.queue_name, count(r.job_id), count(c.job_id), count(f.job_id), count(s.job_id), min(r.created_at)
FROM {jobs} j LEFT JOIN {table} r ON r.job_id = j.id LEFT JOIN {claimed} c ON c.job_id = j.id
  LEFT JOIN {failed} f ON f.job_id = j.id LEFT JOIN {scheduled} s ON s.job_id = j.id
WHERE j.finished_at IS NULL GROUP BY 1 ORDER BY 1 LIMIT 200
"""
_SOLID_WORKERS = (
    "SELECT count(*) FROM {table} WHERE last_heartbeat_at > timezone('UTC', now()) - interval "
    "'5 minutes' AND kind = 'Worker'"
)


def read(queue: Queue, server: Server, now: datetime) -> Looked | Failure:
    """Every queue in this database. Blocking, ended by the limit of each statement."""
    import psycopg

    more: dict[str, Any] = {"sslrootcert": server.ca_file} if server.ca_file else {}
    if "sslmode" in server.options:
        more["sslmode"] = server.options["sslmode"]
    try:
        with psycopg.connect(
            host=server.host,
            hostaddr=server.to[0],
            port=server.to[1],
            user=server.user or None,
            password=server.password or None,
            dbname=server.database or None,
            connect_timeout=int(DEADLINE_S / 2),
            application_name="launchready",
            **more,
        ) as connection:
            connection.read_only = True
            return _rows(connection, queue, now)
    except psycopg.errors.QueryCanceled:
        return Failure(
            kind="timeout", detail=f"a query took longer than {STATEMENT_MS} ms and was cancelled", target=queue.server
        )
    except psycopg.errors.InsufficientPrivilege as why:
        return Failure(
            kind="log-in", detail=f"this role has no read permission: {server.words_of(why)}", target=queue.server
        )
    except psycopg.OperationalError as why:
        text = server.words_of(why)
        return Failure(kind="log-in" if "authentication" in text else "unavailable", detail=text, target=queue.server)
    except psycopg.Error as why:
        return Failure(kind="protocol", detail=server.words_of(why), target=queue.server)


def _rows(connection: psycopg.Connection[Any], queue: Queue, now: datetime) -> Looked:
    rows: list[Backlog] = []
    with connection.cursor() as cursor:
        # For this transaction only: a pooler may hand the connection to somebody else afterwards.
        cursor.execute(f"SET LOCAL statement_timeout = {STATEMENT_MS}")
        at = cursor.execute("SELECT now()").fetchone()
        # Ages are told by the clock that wrote the times.
        theirs = at[0] if at else now
        cursor.execute(_COLUMNS, (list(_KNOWN),))
        for schema, table, columns in cursor.fetchall():
            system, wanted = _KNOWN[table]
            if wanted <= set(columns):
                rows += _of_table(cursor, queue, now, theirs, system, schema, table, set(columns))
    return Looked(name=queue.name, rows=tuple(rows[:MOST_QUEUES]))


def _of_table(
    cursor: psycopg.Cursor[Any],
    queue: Queue,
    now: datetime,
    theirs: datetime,
    system: str,
    schema: str,
    table: str,
    columns: set[str],
) -> Iterator[Backlog]:
    from psycopg import sql

    def name(of: str) -> sql.Identifier:
        return sql.Identifier(schema, of)

    workers: int | None = None
    match system:
        case "pg-boss":
            start, created = ("start_after", "created_on") if "start_after" in columns else ("startafter", "createdon")
            if start not in columns or created not in columns:
                return
            query = sql.SQL(_PG_BOSS).format(
                table=name(table), start=sql.Identifier(start), created=sql.Identifier(created)
            )
        case "graphile-worker":
            query = sql.SQL(_GRAPHILE).format(table=name(table))
        case "procrastinate":
            query = sql.SQL(_PROCRASTINATE).format(table=name(table), events=name("procrastinate_events"))
        case _:
            others = {one: name(f"solid_queue_{one}_executions") for one in ("claimed", "failed", "scheduled")}
            query = sql.SQL(_SOLID).format(table=name(table), jobs=name("solid_queue_jobs"), **others)
            counted = cursor.execute(sql.SQL(_SOLID_WORKERS).format(table=name("solid_queue_processes"))).fetchone()
            workers = counted[0] if counted else None
    cursor.execute(query)
    for called, ready, active, failed, scheduled, oldest in cursor.fetchall():
        yield Backlog(
            at=now,
            source=queue.name,
            environment=queue.environment,
            system=system,
            queue=clean(str(called))[:100],
            ready=ready,
            active=active,
            failed=failed,
            scheduled=scheduled,
            workers=workers,
            oldest_s=age_s(theirs, oldest) if ready else None,
        )
