"""What visitors see of an unfinished product, flaw by flaw, looked at with plain clients."""

from __future__ import annotations

from collections.abc import Callable

from labtalk import get

from launchready_tui.lab import files
from launchready_tui.lab import places as at
from launchready_tui.lab.client import Lab
from launchready_tui.lab.site import LISTING

WEBHOOK = f"{at.API_SITE}/webhooks/payments"


def _shows(path: str, words: str, *, site: str = at.SITE) -> Callable[[Lab], bool]:
    return lambda lab: words in get(lab, f"{site}{path}").text


READY: dict[str, Callable[[Lab], bool]] = {
    "terms-unfinished": _shows("/terms", "[Company Name]"),
    "listing-no-report": lambda lab: "Report this listing" not in get(lab, f"{at.SITE}/listings/{LISTING}").text,
    "test-card-hint": _shows(f"/book/{LISTING}", " ".join(["4242"] * 4), site=at.APP_SITE),
    "terms-unlinked": lambda lab: f"{at.SITE}/terms" not in get(lab, f"{at.SITE}/").text,
    "offer-filler": _shows("/offer", "Lorem ipsum"),
    "listing-without-price": _shows(f"/listings/{LISTING}", "XX EUR"),
    "support-sample-address": _shows("/support", "@example.com"),
    "sitemap-test-entry": _shows("/sitemap.xml", "test-listing"),
    "webhook-open": lambda lab: get(lab, WEBHOOK, method="POST").status == 200,
    "webhook-gone": lambda lab: get(lab, WEBHOOK, method="POST").status == 405,
    "deletion-page-vague": _shows("/account-deletion", "as soon as they can"),
    "payment-test-key": lambda lab: files.publishable_key("test") in get(lab, f"{at.APP_SITE}{files.APP_JS}").text,
}
