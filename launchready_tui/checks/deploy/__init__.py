"""Stage 4: does the product take real money, and will the app stores let it in."""

from . import payments, store_review

__all__ = ["payments", "store_review"]
