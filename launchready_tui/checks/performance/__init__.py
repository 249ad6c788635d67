"""Stage 5, performance. Importing the package registers its checks."""

from . import caching, queues

__all__ = ["caching", "queues"]
