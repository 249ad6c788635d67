"""How much work waits: job queues in Redis and PostgreSQL, read and never changed.

The two client libraries are extras, each with one owner here, and imported when a queue is read:
`pip install 'launchready-tui[redis,postgres]'`.
"""

from .look import look
from .model import Looked

__all__ = ["Looked", "look"]
