"""Queues in Redis: RQ, Celery, BullMQ and Bull, Sidekiq. The only room that knows redis-py.

Key layouts, known 2026-11 in the libraries' own sources, and run with RQ 3.0 and Celery 5.7:
RQ: rq:queues, rq:queue:NAME, the oldest at index 0.
kombu: _kombu.binding.*, priority lists NAME\\x06\\x16N; tasks with an eta sit in the same list, then in `unacked`.
BullMQ: bull:NAME:meta and its lists and sorted sets, the oldest at the end.
Sidekiq: queues, queue:NAME, the oldest at the end; enqueued_at in seconds, from version 8 on in ms.
Only commands that read are sent, SCAN in place of KEYS; a user with `+@read` is enough.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ...failure import Failure
from ...launch.model import Queue
from ...text import clean, json_of
from .model import Backlog, Looked
from .server import DEADLINE_S, Server, age_s

if TYPE_CHECKING:
    import redis

MOST_QUEUES = 200
SCAN_ROUNDS, SCAN_COUNT = 200, 1000
"""Two hundred thousand keys at most are looked through for names of queues."""
_BULL = "bull"
_PRIORITIES = (3, 6, 9)


def read(queue: Queue, server: Server, now: datetime) -> Looked | Failure:
    """Every queue in this database. Blocking, ended by the deadline of each command."""
    import redis

    client = _client(server)
    try:
        source = Reader(client, queue, now)
        rows = (*source.rq(), *source.celery(), *source.bull(), *source.sidekiq())
        note = "more keys than were scanned: there may be more queues" if source.capped else ""
        return Looked(name=queue.name, rows=rows[:MOST_QUEUES], note=note)
    except redis.exceptions.AuthenticationError:
        return Failure(kind="log-in", detail="Redis rejects the user name or password", target=queue.server)
    except redis.exceptions.NoPermissionError:
        return Failure(
            kind="log-in",
            detail="this Redis user has no read permission: it needs +@read and access to the keys",
            target=queue.server,
        )
    except redis.exceptions.TimeoutError:
        return Failure(kind="timeout", detail=f"no answer within {DEADLINE_S:g} s", target=queue.server)
    except redis.exceptions.ConnectionError as why:
        return Failure(kind="unavailable", detail=server.words_of(why), target=queue.server)
    except redis.exceptions.RedisError as why:
        return Failure(kind="protocol", detail=server.words_of(why), target=queue.server)
    finally:
        client.close()


def _client(server: Server) -> redis.Redis:
    """Connects where the address policy said, while names and certificates stay those of the host."""
    import redis

    class Led(redis.Connection):  # type: ignore[misc, unused-ignore]  # where the extra is not installed
        def _connect(self) -> socket.socket:
            sock = socket.create_connection(server.to, timeout=DEADLINE_S / 2)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock

    class LedTls(redis.SSLConnection, Led):  # type: ignore[misc, unused-ignore]
        """`SSLConnection` wraps what the next class in line connects."""

    more: dict[str, Any] = {"ssl_ca_certs": server.ca_file} if server.tls and server.ca_file else {}
    pool = redis.ConnectionPool(
        connection_class=LedTls if server.tls else Led,
        host=server.host,
        port=server.to[1],
        db=int(server.database) if server.database.isdecimal() else 0,
        username=server.user or None,
        password=server.password or None,
        socket_timeout=DEADLINE_S / 2,
        socket_connect_timeout=DEADLINE_S / 2,
        protocol=2,
        max_connections=1,
        **more,
    )
    return redis.Redis(connection_pool=pool)


class Reader:
    """Commands that read, and the layouts of the libraries."""

    def __init__(self, client: Any, queue: Queue, now: datetime) -> None:
        self._redis = client
        self._queue = queue
        self._now = now
        self.capped = False

    def _row(self, system: str, name: str, **more: Any) -> Backlog:
        return Backlog(
            at=self._now,
            source=self._queue.name,
            environment=self._queue.environment,
            system=system,
            queue=clean(name)[:100],
            **more,
        )

    def _type(self, key: str) -> str:
        return _text(self._redis.type(key))

    def _members(self, key: str) -> list[str]:
        return sorted(_text(one) for one in self._redis.smembers(key))[:MOST_QUEUES] if self._type(key) == "set" else []

    def _scan(self, pattern: str) -> Iterator[str]:
        cursor = 0
        for _ in range(SCAN_ROUNDS):
            cursor, keys = self._redis.scan(cursor=cursor, match=pattern, count=SCAN_COUNT)
            yield from map(_text, keys)
            if not cursor:
                return
        self.capped = True

    def rq(self) -> Iterator[Backlog]:
        """`rq:queues` holds the whole keys."""
        for key in self._members("rq:queues"):
            name = key.removeprefix("rq:queue:")
            head = self._redis.lindex(key, 0)
            since = self._redis.hget(f"rq:job:{_text(head)}", "enqueued_at") if head else None
            yield self._row(
                "rq",
                name,
                ready=self._redis.llen(key),
                active=self._redis.zcard(f"rq:wip:{name}"),
                failed=self._redis.zcard(f"rq:failed:{name}"),
                scheduled=self._redis.zcard(f"rq:scheduled:{name}"),
                workers=self._redis.scard(f"rq:workers:{name}"),
                oldest_s=age_s(self._now, _text(since)) if since else None,
            )

    def celery(self) -> Iterator[Backlog]:
        """A message says no time of its own: how old the oldest is, two readings tell. `unacked` also holds what waits
        for its hour."""
        names: set[str] = set()
        for key in self._scan("_kombu.binding.*"):
            for member in self._redis.smembers(key):
                name = _text(member).split("\x06\x16")[-1]
                if name and not name.startswith("celeryev") and not name.endswith(".pidbox") and ".reply." not in name:
                    names.add(name)
        taken = self._redis.hlen("unacked") if names and self._type("unacked") == "hash" else 0
        for place, name in enumerate(sorted(names)[:MOST_QUEUES]):
            lists = [name, *(f"{name}\x06\x16{number}" for number in _PRIORITIES)]
            yield self._row(
                "celery", name, ready=sum(self._redis.llen(one) for one in lists), active=taken if place == 0 else None
            )

    def bull(self) -> Iterator[Backlog]:
        """BullMQ and Bull, under the prefix `bull` or that of the launch file."""
        prefix = self._queue.prefix or _BULL
        names = {key[len(prefix) + 1 : -5] for key in self._scan(f"{_escaped(prefix)}:*:meta")}
        # Bull 4 writes no meta; its counter of job ids is there from the first job on.
        names |= {key[len(prefix) + 1 : -3] for key in self._scan(f"{_escaped(prefix)}:*:id")}
        for name in sorted(names)[:MOST_QUEUES]:
            base = f"{prefix}:{name}"
            last = self._redis.lindex(f"{base}:wait", -1)
            since = self._redis.hget(f"{base}:{_text(last)}", "timestamp") if last else None
            prioritised = self._size(f"{base}:prioritized") + self._size(f"{base}:priority")
            yield self._row(
                "bullmq",
                name,
                ready=self._redis.llen(f"{base}:wait") + prioritised,
                paused=self._redis.llen(f"{base}:paused"),
                active=self._redis.llen(f"{base}:active"),
                failed=self._redis.zcard(f"{base}:failed"),
                scheduled=self._redis.zcard(f"{base}:delayed"),
                oldest_s=age_s(self._now, _number(since)),
            )

    def _size(self, key: str) -> int:
        return int(self._redis.zcard(key)) if self._type(key) == "zset" else 0

    def sidekiq(self) -> Iterator[Backlog]:
        """`queues` holds names; what is scheduled, to be tried again or dead stands once for all of them."""
        names = self._members("queues")
        for name in names:
            last = self._redis.lindex(f"queue:{name}", -1)
            yield self._row(
                "sidekiq",
                name,
                ready=self._redis.llen(f"queue:{name}"),
                oldest_s=age_s(self._now, _enqueued(last)),
            )
        if names:
            yield self._row(
                "sidekiq",
                "(all)",
                ready=0,
                scheduled=self._size("schedule") + self._size("retry"),
                failed=self._size("dead"),
                workers=self._redis.scard("processes") if self._type("processes") == "set" else None,
            )


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _number(value: Any) -> float | None:
    try:
        return float(_text(value))
    except ValueError:
        return None


def _enqueued(job: Any) -> object:
    found = json_of(job) if isinstance(job, str | bytes) else None
    return found.get("enqueued_at") if isinstance(found, dict) else None


def _escaped(text: str) -> str:
    """As it may stand in a SCAN pattern."""
    return "".join(f"\\{char}" if char in "*?[]^\\-" else char for char in text)
