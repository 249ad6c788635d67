"""How fast logs are read, and in how much memory: `python tests/bench/logs_rate.py [LINES]`. In CPU time."""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from launchready_tui.sources.logs import Source, read

FORMS = {
    "combined": '203.0.113.{ip} - - [24/Nov/2026:{h:02d}:{m:02d}:{s:02d} +0000] "GET {path} HTTP/1.1" {status} 5120 '
    '"https://a.test/" '
    '"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0"\n',
    "json": '{{"time":"2026-11-24T{h:02d}:{m:02d}:{s:02d}Z","method":"GET","path":"{path}",'
    '"status":{status},"request_time":0.12,'
    '"request_id":"8f14e45fceea167a5a36dedd4bea2543","level":"info"}}\n',
}


def main(lines: int) -> None:
    chance = random.Random(1)
    paths = [
        "/",
        "/search?q=bike&city=lisbon",
        "/listings/{n}",
        "/api/v1/users/{n:08x}-1111-4222-8333-444455556666",
        "/assets/a.js",
        "/u/n{n}",
    ]
    for name, form in FORMS.items():
        with tempfile.NamedTemporaryFile("w", suffix=".log") as file:
            for n in range(lines):
                path = chance.choice(paths).format(n=chance.randrange(10**6))
                status = chance.choices([200, 304, 404, 500], [90, 5, 4, 1])[0]
                file.write(
                    form.format(ip=n % 250, h=n // 3600 % 24, m=n // 60 % 60, s=n % 60, path=path, status=status)
                )
            file.flush()
            size = Path(file.name).stat().st_size
            start = time.process_time()
            reading = read([Source(path=Path(file.name))])
            took = time.process_time() - start
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        rate = f"{lines / took:,.0f} lines/s, {size / took / 1e6:.1f} MB/s of CPU time"
        print(f"{name}: {rate}, {len(reading.routes)} routes, {reading.strange} strange, at most {memory:.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300_000)
