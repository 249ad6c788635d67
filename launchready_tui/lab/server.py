"""The lab's process: `python -m launchready_tui.lab.server`. One JSON line on stdout when it is ready; orders come by
stdin.

Orders and answers are JSON, one a line: `{"order": "set", "on": ["no-csp"]}` gives `{"on": ["no-csp"]}`, `{"order":
"inbox"}` the mail that came in; what cannot be done gives `{"error": "…"}`. The process ends when its stdin closes, so
it never outlives who started it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..clock import parse_moment

if TYPE_CHECKING:
    from .town import Town


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m launchready_tui.lab.server", description="Run the demo marketplace on loopback."
    )
    parser.add_argument(
        "--fixed",
        default="",
        metavar="ID,…|all",
        help="flaws that are off from the start; by default all that do not wait are on",
    )
    parser.add_argument(
        "--now",
        default="",
        metavar="TIME",
        help="the moment that certificates and expiry days count from (default: now)",
    )
    return parser.parse_args(arguments)


def _moment(text: str) -> datetime:
    return parse_moment(text) if text else datetime.now(UTC)


async def _obey(town: Town, order: dict[str, Any]) -> dict[str, Any]:
    import msgspec

    from .flaws import UnknownFlawError

    match order.get("order"):
        case "set":
            try:
                await town.switch(order.get("on", []))
            except UnknownFlawError as error:
                return {"error": str(error)}
            return {"on": sorted(town.on)}
        case "inbox":
            return {"messages": [msgspec.to_builtins(message) for message in town.inbox.messages]}
        case "fault":
            try:
                await town.fault(str(order.get("host", "")), str(order.get("what", "")))
            except ValueError as error:
                return {"error": str(error)}
            return {"faults": town.faults.now}
        case "plan":
            return {"plan": list(town.market.plan())}
        case other:
            return {"error": f"there is no order {other!r}: set, inbox, plan, fault"}


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _listen_for_orders(town: Town, loop: asyncio.AbstractEventLoop) -> None:
    """Reads stdin in a thread: no event loop can wait for a pipe on every system. The end of stdin is the end of the
    process."""
    for line in sys.stdin:
        try:
            order = json.loads(line)
        except ValueError:
            _say({"error": "an order is one line of JSON"})
            continue
        if not isinstance(order, dict):
            _say({"error": "an order is a JSON object"})
            continue
        try:
            _say(asyncio.run_coroutine_threadsafe(_obey(town, order), loop).result())
        except Exception as error:  # noqa: BLE001 - whatever went wrong, who gave the order waits for an answer
            _say({"error": f"{type(error).__name__}: {error}"})
    # Everything is in memory and nothing is written back, so there is nothing to end with care; a slow search must not
    # hold it up.
    os._exit(0)


async def _serve(options: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_complain)
    # The rows are filled in a thread while this one still imports: together they decide how soon the lab is ready.
    with ThreadPoolExecutor(2) as helper:
        filling = helper.submit(_market)
        making = helper.submit(_signer)
        from . import flaws
        from .town import Town

        off = (
            flaws.every_id()
            if options.fixed == "all"
            else flaws.known(name for name in options.fixed.split(",") if name)
        )
        now = _moment(options.now)
        market, signer = filling.result(), making.result()
    town = Town(market, now, signer)
    await town.open(flaws.at_start() - off)
    _say(
        {
            "ready": True,
            "pid": os.getpid(),
            "nameservers": [town.nameserver],
            "connect": town.connect,
            "ca": town.authority.pem,
            "on": sorted(town.on),
            "now": now.isoformat(),
            "mailbox": town.mailbox.password,
        }
    )
    threading.Thread(target=_listen_for_orders, args=(town, loop), daemon=True).start()
    await asyncio.Event().wait()


def _complain(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Tells stderr what went wrong inside the lab; lost connections and broken handshakes are what checks do all
    day."""
    error = context.get("exception")
    if not isinstance(error, OSError | EOFError):
        sys.stderr.write(f"{context.get('message')}: {error!r}\n")
        sys.stderr.flush()


def _market() -> Any:
    from .market import Market

    return Market()


def _signer() -> Any:
    from .letters import Signer

    return Signer()


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until stdin closes. 0 then, 2 for options that make no sense, 3 if it could not start."""
    options = _options(arguments)
    try:
        if sys.platform == "win32":
            # The other loop's UDP goes deaf after one unreachable port (python/cpython#91227).
            asyncio.set_event_loop_policy(asyncio.WindowsSelectorEventLoopPolicy())
        asyncio.run(_serve(options))
    except KeyboardInterrupt:
        return 0
    except (KeyError, ValueError) as error:
        _say({"error": str(error)})
        return 2
    except (OSError, RuntimeError) as error:
        _say({"error": str(error)})
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
