"""Stage 3, email deliverability. Importing the package registers its checks."""

from . import dmarc, mx, spf

__all__ = ["dmarc", "mx", "spf"]
