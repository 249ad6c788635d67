"""The tables of the watch, and how an older file becomes a newer one."""

from __future__ import annotations

APPLICATION_ID = 0x4C525457
"""`LRTW`, in the file's header: this database is a watch of ours."""

_FIRST = """
CREATE TABLE targets (
    target INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    region TEXT NOT NULL,
    active INTEGER NOT NULL,
    place INTEGER NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (name, region)
);
CREATE TABLE samples (
    target INTEGER NOT NULL,
    at INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    total INTEGER NOT NULL,
    warm INTEGER,
    dns INTEGER,
    connect INTEGER,
    tls INTEGER,
    first INTEGER,
    status INTEGER NOT NULL,
    lag INTEGER NOT NULL,
    PRIMARY KEY (target, at)
) WITHOUT ROWID;
CREATE TABLE latest (
    target INTEGER PRIMARY KEY,
    body TEXT NOT NULL
);
CREATE TABLE rollups (
    target INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    at INTEGER NOT NULL,
    n INTEGER NOT NULL,
    bad INTEGER NOT NULL,
    suspect INTEGER NOT NULL,
    warm BLOB NOT NULL,
    cold BLOB NOT NULL,
    PRIMARY KEY (target, seconds, at)
) WITHOUT ROWID;
CREATE TABLE gaps (
    gap INTEGER PRIMARY KEY,
    target INTEGER NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    cause TEXT NOT NULL
);
CREATE INDEX gaps_by_end ON gaps (until);
CREATE TABLE incidents (
    incident INTEGER PRIMARY KEY AUTOINCREMENT,
    target INTEGER NOT NULL,
    since INTEGER NOT NULL,
    closed INTEGER,
    body TEXT NOT NULL
);
CREATE INDEX incidents_by_end ON incidents (closed);
CREATE TABLE marks (
    mark INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX marks_by_time ON marks (at);
CREATE TABLE outbox (
    notice INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    next INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX outbox_by_state ON outbox (state, next);
CREATE TABLE tests (
    code TEXT PRIMARY KEY,
    rule TEXT NOT NULL,
    made INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE drills (
    drill INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL
);
"""

_BACKLOG = """
CREATE TABLE backlog (
    at INTEGER NOT NULL,
    source TEXT NOT NULL,
    queue TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (source, queue, at)
) WITHOUT ROWID;
CREATE INDEX backlog_by_time ON backlog (at);
"""

_TRAFFIC = """
CREATE TABLE routes (
    route INTEGER PRIMARY KEY,
    environment TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (environment, name)
);
CREATE TABLE traffic (
    at INTEGER NOT NULL,
    route INTEGER NOT NULL,
    n INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    limited INTEGER NOT NULL,
    gone INTEGER NOT NULL,
    PRIMARY KEY (at, route)
) WITHOUT ROWID;
"""

STEPS: tuple[str, ...] = (_FIRST, _BACKLOG, _TRAFFIC)
"""Step N turns a file of version N into one of version N + 1; an empty file has version 0."""
