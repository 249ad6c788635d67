"""Why a look at the outside gave no answer. An observer returns a value or one of these, never "nothing"."""

from __future__ import annotations

from typing import Literal

import msgspec

FailureKind = Literal[
    "timeout",  # no answer before the deadline
    "refused",  # the other side closed the door: TCP refused, DNS REFUSED
    "reset",  # the connection broke in the middle
    "unreachable",  # no route, no network
    "servfail",  # a name server could not answer
    "no-address",  # the name exists but has no address to connect to
    "no-such-name",  # NXDOMAIN where an address was needed
    "certificate",  # TLS came up but the certificate does not verify
    "tls",  # the TLS handshake failed for another reason
    "protocol",  # question or answer is not what the protocol allows
    "too-large",  # more than the cap, where a part is of no use
    "rate-limited",  # 429 or a list's own "slow down"
    "blocked-address",  # the address policy forbids it
    "unmapped",  # the demo's dialer refuses what the connect map does not name
    "log-in",  # the other side does not let this account in
    "no-permission",  # no recorded permission covers it
    "switched-off",  # a setting forbids asking this service
    "limit",  # this run's own request limit is used up
    "unavailable",  # a public service gave an answer that is of no use (5xx, HTML, thin)
]

Reached = Literal["", "look-up", "connect", "tls", "sent", "first-byte"]
"""The last step of an exchange that was done; empty where that is not known."""

WORDS: dict[str, str] = {
    "timeout": "no answer in time",
    "refused": "the connection was refused",
    "reset": "the connection was interrupted",
    "unreachable": "the network cannot reach it",
    "servfail": "the name server could not answer",
    "no-address": "the name has no address",
    "no-such-name": "the name does not exist",
    "certificate": "the certificate does not verify",
    "tls": "the secure connection failed",
    "protocol": "the protocol was violated",
    "too-large": "the answer is too large",
    "rate-limited": "rate limit reached, try later",
    "blocked-address": "the address is private or reserved and not declared",
    "unmapped": "the demo may only reach its own servers",
    "log-in": "the log-in was refused",
    "no-permission": "no permission recorded",
    "switched-off": "this service is switched off in the settings",
    "limit": "the request limit for one run is reached",
    "unavailable": "the service returned no usable answer",
}


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A typed failure: `kind` is what code decides on, `detail` is what the other side said (raw), `target` is who,
    `reached` how far it got."""

    kind: FailureKind
    detail: str = ""
    target: str = ""
    reached: Reached = ""

    @property
    def words(self) -> str:
        """The failure in plain words, for people."""
        return WORDS[self.kind]

    def __str__(self) -> str:
        tail = f" ({self.detail})" if self.detail else ""
        return f"{self.target}: {self.words}{tail}" if self.target else f"{self.words}{tail}"
