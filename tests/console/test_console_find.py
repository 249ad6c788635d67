"""Find: words of findings, checks, rules, hosts, people and lists lead to where they are, and escape back."""

from __future__ import annotations

from typing import Any

import pytest
from double import DOMAIN, finding, findings_of_demo
from screen import press, shown, until

from launchready_tui.console import search
from launchready_tui.console.app import Console
from launchready_tui.console.screens.explain import Explain
from launchready_tui.console.screens.find import Find
from launchready_tui.console.screens.finding import FindingPage
from launchready_tui.console.search import Thing
from launchready_tui.findings import Severity, State


async def find(pilot: Any, words: str) -> Find:
    """Types words into the search."""
    await press(pilot, "slash")
    await until(pilot, lambda: isinstance(pilot.app.screen, Find))
    await press(pilot, *["space" if char == " " else char for char in words])
    screen = pilot.app.screen
    assert isinstance(screen, Find)
    await until(pilot, lambda: screen.query_one("#words").value == words)
    return screen


def hit(app: Console, words: str, kind: str) -> Thing:
    """The nearest thing of a kind."""
    found = [one for one in search.find(app.things(), words).things if one.kind == kind]
    assert found, f"no {kind} contains {words}"
    return found[0]


# What is found


@pytest.mark.parametrize(
    ("words", "kind", "key"),
    [
        ("4 redirects", "finding", "edge.redirects.too-many-hops"),
        ("stripe secret", "finding", "audit.client-secrets.secret"),
        ("Certificates", "check", "edge.certificates"),
        ("hsts preload", "rule", "edge.headers.preload"),
        ("staging trial runs", "host", f"staging.{DOMAIN}"),
        ("redirect rules", "stage", "edge redirect-rules"),
        ("launch-engineer", "line", "launch-engineer"),
        ("Payments Stripe", "line", "payments"),
    ],
)
async def test_words_lead_to_things_of_every_kind(make: Any, words: str, kind: str, key: str) -> None:
    app = make()
    async with app.run_test(size=(100, 30)):
        found = hit(app, words, kind)
        assert key == (found.judged.finding.rule if found.judged else found.key)


async def test_nearest_first(make: Any) -> None:
    """Open findings in fix order, then checks and hosts, then texts, then what passes; a word in a name before one in a
    text."""
    settled = finding("audit.dns-host.provider", "redirect.example", State.PASS, "redirect.example is settled")
    blocker = finding(
        "edge.https.plain-http", DOMAIN, State.FAIL, "A redirect to HTTPS lacks", severity=Severity.BLOCKER
    )
    app = make([*findings_of_demo(), settled, blocker])
    async with app.run_test(size=(100, 30)):
        found = search.find(app.things(), "redirect").things
        named = [one for one in found if one.words.missed(search.words_of("redirect")) == 0]
        assert list(found[: len(named)]) == named
        order = [one.near for one in named]
        assert order == sorted(order) and {search.FIRST, search.NAMED, search.TEXTS, search.REST} <= set(order)
        assert named[0].name == "A redirect to HTTPS lacks"
        places = [one.judged.rank.place for one in named if one.judged and one.judged.is_open and one.judged.rank]
        assert places == sorted(places) and len(places) > 1


@pytest.mark.parametrize("words", ["", "   ", "…", "redirects zebra"])
async def test_what_is_nowhere_is_not_found(make: Any, words: str) -> None:
    app = make()
    async with app.run_test(size=(100, 30)):
        assert search.find(app.things(), words) == ((), 0)


async def test_many_are_counted_and_the_nearest_shown(make: Any) -> None:
    many = [
        finding("edge.redirects.too-many-hops", f"https://{DOMAIN}/{n}", State.FAIL, f"/{n} takes detours")
        for n in range(search.LIMIT + 40)
    ]
    app = make(many)
    async with app.run_test(size=(100, 30)) as pilot:
        await find(pilot, "detours")
        assert f"Found  {len(many)}, the closest {search.LIMIT} shown" in shown(app)


# Going there, and back


async def test_a_finding_opens_in_full_and_escape_comes_back(make: Any) -> None:
    app = make()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "5", "down")
        before = app.target()
        await find(pilot, "stripe secret key lies")
        await until(pilot, lambda: "Found  1" in shown(app) and "Keys in browser" in shown(app))
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, FindingPage))
        assert app.target().judged.finding.rule == "audit.client-secrets.secret"
        await press(pilot, "escape")
        await until(pilot, lambda: app.current_mode == "stage5" and app.page is not None)
        assert app.target().standing.spec.id == before.standing.spec.id


async def test_escape_in_the_search_changes_nothing(make: Any) -> None:
    app = make()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "2", "down")
        before = app.target()
        await find(pilot, "certificates")
        await press(pilot, "escape")
        assert app.current_mode == "stage2" and app.target() == before


async def test_a_check_is_selected_on_its_stage_even_where_the_filter_hides_it(make: Any) -> None:
    app = make()
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "1")
        await until(pilot, lambda: app.screen.query_one("#checks").rows)
        await press(pilot, "f", "f", "0")
        await until(pilot, lambda: app.current_mode == "overview")
        await find(pilot, "audit dns host")
        await press(pilot, "enter")
        await until(pilot, lambda: app.current_mode == "stage1" and app.target() is not None)
        await until(pilot, lambda: app.target().standing.spec.id == "audit.dns-host")
        await press(pilot, "escape")
        await until(pilot, lambda: app.current_mode == "overview")


async def test_on_the_same_stage_escape_puts_the_cursor_back(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "2", "down")
        before = app.target().standing.spec.id
        await find(pilot, "edge certificates")
        await press(pilot, "enter")
        await until(pilot, lambda: app.target() and app.target().standing.spec.id == "edge.certificates")
        await press(pilot, "escape")
        await until(pilot, lambda: app.target().standing.spec.id == before)


async def test_a_rule_is_explained_though_nothing_was_found_by_it(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await find(pilot, "hsts preload")
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, Explain))
        await until(pilot, lambda: "edge.headers.preload" in shown(app))
        await press(pilot, "escape")
        await until(pilot, lambda: app.page is not None and app.current_mode == "overview")


async def test_a_host_is_selected_in_the_domain_map(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await find(pilot, "back office")
        assert [one.kind for one in app.screen.hits.things] == ["host"]
        await press(pilot, "enter")
        await until(pilot, lambda: app.current_mode == "stage1" and app.screen.query_one("#panel").has_focus)
        await until(pilot, lambda: app.screen.query_one("#panel").key == f"admin.{DOMAIN}")
        await press(pilot, "escape")
        await until(pilot, lambda: app.current_mode == "overview")


async def test_a_person_and_a_system_are_selected_in_their_table(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        for words, kind in (("support", "people"), ("payments stripe", "systems")):
            await find(pilot, words)
            key = next(one.key for one in search.find(app.things(), words).things if one.place == kind)
            while app.screen.hits.things[int(app.screen.query_one("#hits").key)].place != kind:
                await press(pilot, "down")
            await press(pilot, "enter")
            await until(pilot, lambda: app.current_mode == "people" and app.screen.query_one("#table").key == key)  # noqa: B023
            await press(pilot, "escape")
            await until(pilot, lambda: app.current_mode == "overview")


async def test_lines_of_the_list_in_sight_are_found_too(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        for n in range(40):
            app.store.say("pass", f"line {n} of the log")
        app.store.say("fail", "the odd zebra")
        for n in range(40):
            app.store.say("pass", f"line {n} of the log")
        await press(pilot, "g")
        await until(pilot, lambda: app.screen.query_one("#lines").rows)
        at = app.screen.query_one("#lines").key
        await find(pilot, "zebra")
        await press(pilot, "enter")
        await until(pilot, lambda: app.screen.query_one("#lines").key == "41")
        assert "the odd zebra" in shown(app)
        await press(pilot, "escape")
        await until(pilot, lambda: app.screen.query_one("#lines").key == at)


async def test_from_a_finding_in_full_escape_comes_back_to_it(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "2", "down", "enter")
        await until(pilot, lambda: isinstance(app.screen, FindingPage))
        was = app.screen.finding
        await find(pilot, "rule for forgeries")
        await press(pilot, "enter")
        await until(pilot, lambda: app.current_mode == "stage3" and app.page is not None)
        await press(pilot, "escape")
        await until(pilot, lambda: isinstance(app.screen, FindingPage))
        assert app.screen.finding == was
        await press(pilot, "escape")
        await until(pilot, lambda: app.current_mode == "stage2" and not isinstance(app.screen, FindingPage))


async def test_the_way_back_ends_where_another_page_is_gone_to(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await find(pilot, "rule for forgeries")
        await press(pilot, "enter")
        await until(pilot, lambda: app.current_mode == "stage3")
        await press(pilot, "4", "escape")
        assert app.current_mode == "stage4"


# The palette


async def test_the_palette_finds_findings_checks_and_actions(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "ctrl+p", *"stripe")
        await until(pilot, lambda: "A Stripe secret key lies in a script" in shown(app))
        await press(pilot, "escape", "escape")
        await press(pilot, "ctrl+p", *"theme")
        await until(pilot, lambda: "console: theme" in shown(app))
        await press(pilot, "escape", "escape")
        await press(pilot, "ctrl+p", *"client-secrets.secret")
        await until(pilot, lambda: "A Stripe secret key lies in a script" in shown(app))
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(app.screen, FindingPage))
        assert app.target().judged.finding.rule == "audit.client-secrets.secret"
