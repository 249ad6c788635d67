"""How the mail checks speak: a look-up that failed is told with what happened, so that a silent server and a refusing
one read apart."""

from __future__ import annotations

from typing import Any

from ...failure import Failure
from ...findings import Finding
from ..base import Say


class MailSay(Say):
    """As `Say`, with the failure in the sentence."""

    def unknown(
        self, rule: str, subject: str, message: str = "unknown", *, failure: Failure | None = None, **more: Any
    ) -> Finding:
        """It could not be seen, and why."""
        if failure is not None and " " in message and failure.words not in message:
            message = f"{message}: {failure.words}"
        return super().unknown(rule, subject, message, failure=failure, **more)
