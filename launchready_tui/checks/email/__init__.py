"""Stage 3, email deliverability. Importing the package registers its checks."""

from . import dkim, dmarc, mx, reputation, spf, transport

__all__ = ["dkim", "dmarc", "mx", "reputation", "spf", "transport"]
