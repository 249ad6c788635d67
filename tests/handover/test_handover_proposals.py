"""What the inventory could begin with: what was seen, never what cannot be seen."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from bundle_source import NOW, bare, full

from launchready_tui.checks.handover import documents
from launchready_tui.handover import proposals, take
from launchready_tui.launch import cards
from launchready_tui.launch.inventory import Inventory, InventoryFile, Recovery, System
from launchready_tui.launch.papers import Papers


def systems(market: object) -> dict[str, tuple[str, str]]:
    found = (one.item for one in proposals(market, now=NOW))  # type: ignore[arg-type]
    return {one.id: (one.category, one.provider) for one in found if isinstance(one, System)}


def test_what_was_seen_is_proposed_with_its_log_in_place() -> None:
    market = full(inventory=Inventory())
    assert systems(market) == {
        "registrar": ("registrar", "Gandi SAS"),
        "dns": ("dns", "Cloudflare"),
        "cdn-cloudflare": ("cdn", "Cloudflare"),
        "hosting-fly-io": ("hosting", "Fly.io"),
        "email-postmark": ("email", "Postmark"),
    }
    by_id = {one.item.id: one for one in proposals(market, now=NOW) if isinstance(one.item, System)}
    assert isinstance(registrar := by_id["registrar"].item, System)
    assert registrar.renewal == date(2028, 3, 1) and registrar.login_url == "https://admin.gandi.net"
    assert by_id["hosting-fly-io"].why == "api.example.com is served there"
    for one in by_id.values():
        assert isinstance(one.item, System)
        assert (one.item.account_owner, one.item.business_owned, one.item.billing_owner) == ("", "unknown", "")


def test_what_is_written_down_is_not_proposed_again() -> None:
    assert systems(full()) == {"cdn-cloudflare": ("cdn", "Cloudflare"), "email-postmark": ("email", "Postmark")}


def test_of_a_bare_launch_only_cards_are_proposed() -> None:
    found = proposals(bare(), now=NOW)
    assert len(found) == 9 and all(isinstance(one.item, Recovery) for one in found)


def test_what_was_taken_fits_the_file_and_is_proposed_no_more() -> None:
    market = full()
    made = take(market.inventory, proposals(market, now=NOW))
    assert msgspec.toml.decode(InventoryFile.render(made).encode())["schema"] == 1
    assert len({one.id for one in made.systems}) == len(made.systems)
    market.inventory = made
    assert proposals(market, now=NOW) == ()
    assert all(documents.covers(Papers(market.people, made), card.scenario) for card in made.recovery if card.scenario)


def test_an_id_that_is_used_gets_a_number() -> None:
    has = Inventory(systems=(System(id="email-postmark", category="other"),))
    made = take(has, proposals(full(inventory=has), now=NOW))
    assert "email-postmark-2" in [one.id for one in made.systems]


@pytest.mark.parametrize(
    ("provider", "what", "words"),
    [
        ("Kubernetes", "release", "kubectl rollout undo deployment/"),
        ("Cloudflare Pages", "release", "Rollback to this deployment"),
        ("Cloudflare Workers", "release", "wrangler rollback"),
        ("Heroku", "release", "heroku releases:rollback"),
        ("Fly.io", "release", "fly deploy --image"),
        ("Netlify", "release", "Publish deploy"),
    ],
)
def test_each_platform_names_its_own_way_back(provider: str, what: str, words: str) -> None:
    found = cards.platform(provider)
    assert found is not None and words in getattr(found, what)


def test_no_restore_drops_what_it_finds() -> None:
    """Restored is into an empty database beside the old one: a wrong address must end in an error, not in an emptied
    shop."""
    commands = [card.command for card in cards.table().cards] + [one.data for one in cards.table().platforms]
    assert not [one for one in commands if "--clean" in one or "--drop" in one]
