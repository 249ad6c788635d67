"""Turns what the operating system, asyncio and OpenSSL raise into typed failures."""

from __future__ import annotations

import errno
import ssl

from ..failure import Failure, FailureKind

_BY_ERRNO: dict[int, FailureKind] = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.ECONNABORTED: "reset",
    errno.EPIPE: "reset",
    errno.ETIMEDOUT: "timeout",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
    errno.ENETDOWN: "unreachable",
    errno.EHOSTDOWN: "unreachable",
    errno.EADDRNOTAVAIL: "unreachable",
    errno.EAFNOSUPPORT: "unreachable",
    errno.EACCES: "unreachable",
    errno.EPERM: "unreachable",
}


def failure_of(error: BaseException, target: str = "") -> Failure:
    """The typed failure behind an OSError, ssl.SSLError, EOFError or TimeoutError. `detail` is the error's own text.

    A certificate's detail is `CODE MESSAGE`, OpenSSL's X509_V_ERR number and words.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        detail = f"{error.verify_code} {error.verify_message}".strip()
        return Failure(kind="certificate", detail=detail, target=target)
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return Failure(kind="reset", detail="closed during TLS", target=target)
    if isinstance(error, ssl.SSLError):
        return Failure(kind="tls", detail=getattr(error, "reason", None) or str(error), target=target)
    if isinstance(error, TimeoutError):
        return Failure(kind="timeout", detail=_text(error), target=target)
    if isinstance(error, (EOFError, ConnectionError)) and not isinstance(error, ConnectionRefusedError):
        return Failure(kind="reset", detail=_text(error), target=target)
    if isinstance(error, OSError):
        kind = _BY_ERRNO.get(error.errno or 0, "unreachable")
        return Failure(kind=kind, detail=_text(error), target=target)
    return Failure(kind="protocol", detail=f"{type(error).__name__}: {error}", target=target)


def _text(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)


# Which failure of several attempts tells most: an answer that came, before one that did not, before our own refusals.
_TELLING: tuple[FailureKind, ...] = ("refused", "reset", "timeout", "unreachable", "blocked-address", "unmapped")


def most_telling(failures: list[Failure]) -> Failure:
    """The one failure that stands for several attempts at one host."""
    return min(failures, key=lambda failure: _TELLING.index(failure.kind) if failure.kind in _TELLING else -1)
