"""One plain exchange with a service beside the product: a webhook, a far prober, a list of deploys. On a connection of
its own."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from .. import __version__
from ..failure import Failure
from ..launch.model import Method, Route
from ..probe.exchange import ExchangeError, Limits, Line, Timed
from ..probe.measure import request_headers
from ..probe.model import Dial, Job
from ..wire import Wire
from ..wire.trust import HTTP_ALPN, verifying_context

DEADLINE_S = 10.0
_LIMITS = Limits(connect=5.0, tls=5.0, first_byte=8.0, total=DEADLINE_S)
HERE = ("127.0.0.1", "localhost", "::1")
_KINDS = frozenset(
    ("timeout", "refused", "reset", "unreachable", "certificate", "tls", "protocol", "too-large", "no-address")
)


async def ask(
    wire: Wire,
    url: str,
    method: Method = "GET",
    body: bytes = b"",
    headers: tuple[tuple[str, str], ...] = (),
    *,
    host: str = "",
    agent: str = "watch",
    keep: int = 4096,
    secret: bool = True,
    answer_s: float = 8.0,
    leaving: Callable[[], None] = lambda: None,
) -> Timed | Failure:
    """One request; redirects are not followed, at most `keep` bytes of the body are kept. `host`: the only one that
    the URL may name.

    The URL may be a secret, so it stands in no failure. With `secret`, plain http is for this machine only. `leaving`
    is called when the request is about to leave: what fails before was certainly not taken.
    """
    try:
        parts = urlsplit(url)
        name, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return Failure(kind="protocol", detail="the stored value is not a URL")
    if parts.scheme not in ("http", "https") or not name or not url.isascii():
        return Failure(kind="protocol", detail="the stored value is not a web URL")
    if host and name != host:
        return Failure(kind="no-permission", detail=f"the stored URL does not point to {host}", target=host)
    if parts.scheme == "http" and secret and name not in HERE:
        return Failure(kind="protocol", detail="a secret URL must use https", target=name)
    doors = await wire.doors(name, port)
    if isinstance(doors, Failure):
        return doors
    agent = f"LaunchReady/{__version__} ({agent})"
    lines = request_headers(
        Route(name="ask", url=url, method=method, headers={}), parts.netloc, None, agent=agent, encodings="identity"
    )
    lines = tuple(line for line in lines if line[0] != "Content-Length")
    if body or method == "POST":
        lines = (*lines, ("Content-Length", str(len(body))))
    job = Job(
        scheme=parts.scheme,
        host=name,
        port=port,
        dial=tuple(Dial(*door.to) for door in doors[:4]),
        method=method,
        target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        headers=(*lines, *headers),
        body=body,
        samples=1,
        rate=1,
        target_ms=1,
        exchange_s=max(DEADLINE_S, answer_s + 2),
        deadline_s=max(DEADLINE_S, answer_s + 2),
    )
    limits = _LIMITS if answer_s <= 8.0 else Limits(connect=5.0, tls=5.0, first_byte=answer_s, total=answer_s + 2)
    line = Line(
        job, verifying_context(wire.reach, HTTP_ALPN) if parts.scheme == "https" else None, limits=limits, keep=keep
    )
    try:
        await line.open()
        leaving()
        return await line.exchange()
    except ExchangeError as problem:
        kind = problem.kind if problem.kind in _KINDS else "protocol"
        return Failure(kind=kind, detail=problem.detail, target=name)  # type: ignore[arg-type]
    finally:
        line.close()
