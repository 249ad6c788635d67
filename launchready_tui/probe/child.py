"""The measuring process: `python -m launchready_tui.probe.child`.

One job comes as a JSON line on standard input, what happens goes out as JSON lines on standard output. When standard
input closes, whoever asked is gone, and so is this process.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import sys
import threading

import msgspec

from .model import Broken, Job, Word
from .series import take


def _say(word: Word) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(word) + b"\n")
    sys.stdout.buffer.flush()


def _leave_with_the_asker() -> None:
    """Waits for the end of standard input in a thread, since the pipe may be anything, and ends the process at once."""
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


def _no_core_dumps() -> None:
    # The job may hold a credential, which must not end in a core file.
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    """Reads the job and takes the series. Comes back only where there was none: 0 without a job, 2 for one that does
    not read."""
    _no_core_dumps()
    line = sys.stdin.buffer.readline()
    if not line:
        return 0
    try:
        job = msgspec.json.decode(line, type=Job)
    except msgspec.DecodeError as problem:
        _say(Broken(kind="protocol", detail=f"unreadable job: {problem}"))
        return 2
    threading.Thread(target=_leave_with_the_asker, daemon=True).start()
    gc.collect()
    gc.freeze()
    try:
        asyncio.run(take(job, _say))
    except (BrokenPipeError, KeyboardInterrupt):
        pass  # nobody is there to be told
    except Exception as problem:  # noqa: BLE001 - the asker is told the kind; a traceback could print the job
        _say(Broken(kind="protocol", detail=f"the measurement process failed: {type(problem).__name__}"))
    finally:
        # The waiting thread holds the reader's lock: a normal end of the interpreter would wait for it.
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
