"""Names, addresses and ports of the private internet's mail side."""

from __future__ import annotations

SENDER = "203.0.113.25"
"""The market's own postfix, which sends as well as it receives."""
IMAP = "203.0.113.35"
SEED_MX = "203.0.113.36"
GREY_MX = "203.0.113.37"
REFUSE_MX = "203.0.113.38"
ADDRESSES = (IMAP, SEED_MX, GREY_MX, REFUSE_MX)
IMAP_HOST = "imap.seed-mail.test"
LMTP = 11024
BACKEND = 8090
TOKENS = 11090
PASSWORD = "-".join(("app", "pass", "1234", "seed"))
TOKEN = "-".join(("good", "token", "1234"))
DOMAINS = {"seed-mail.test": SEED_MX, "grey-mail.test": GREY_MX, "refuse-mail.test": REFUSE_MX}
