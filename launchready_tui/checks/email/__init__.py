"""Stage 3, email deliverability. Importing the package registers its checks."""

from . import dkim, dmarc, fallback, flows, inbox, mx, reputation, spf, transport

__all__ = ["dkim", "dmarc", "fallback", "flows", "inbox", "mx", "reputation", "spf", "transport"]
