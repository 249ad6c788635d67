"""Stage 5, performance. Importing the package registers its checks."""

from . import caching

__all__ = ["caching"]
