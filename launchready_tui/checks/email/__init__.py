"""Stage 3, email deliverability. Importing the package registers its checks."""

from . import dkim, dmarc, mx, spf

__all__ = ["dkim", "dmarc", "mx", "spf"]
