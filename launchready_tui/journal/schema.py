"""The journal's tables, and how an older file becomes a newer one."""

from __future__ import annotations

APPLICATION_ID = 0x4C52544A
"""`LRTJ`, in the file's header (https://sqlite.org/pragma.html#pragma_application_id): this database is a journal of
ours."""

_KEPT_FOREVER = """
CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
"""

_FIRST = """
CREATE TABLE runs (
    run INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    full INTEGER NOT NULL,
    demo INTEGER NOT NULL,
    kept INTEGER NOT NULL,
    via TEXT NOT NULL,
    launch TEXT NOT NULL,
    version TEXT NOT NULL,
    started_at TEXT NOT NULL
);
CREATE TABLE ends (
    run INTEGER PRIMARY KEY REFERENCES runs (run),
    outcome TEXT NOT NULL,
    ended_at TEXT NOT NULL
);
CREATE TABLE results (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL REFERENCES runs (run),
    check_id TEXT NOT NULL,
    state TEXT NOT NULL,
    digest TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX results_by_check ON results (check_id, seq);
CREATE INDEX results_by_run ON results (run);
CREATE TABLE exports (
    export INTEGER PRIMARY KEY AUTOINCREMENT,
    after_seq INTEGER NOT NULL,
    demo INTEGER NOT NULL,
    folder TEXT NOT NULL,
    exported_at TEXT NOT NULL
);
""" + "".join(_KEPT_FOREVER.format(table=table) for table in ("runs", "ends", "results", "exports"))

_TRIALS = """
CREATE TABLE trials (
    trial INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    demo INTEGER NOT NULL,
    kept INTEGER NOT NULL,
    via TEXT NOT NULL,
    launch TEXT NOT NULL,
    at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX trials_by_kind ON trials (kind, trial);
""" + _KEPT_FOREVER.format(table="trials")

STEPS: tuple[str, ...] = (_FIRST, _TRIALS)
"""Step N turns a file of version N into one of version N + 1; an empty file has version 0."""
