"""Hostile text on every page stays text; a crash shows no value; the palette lists the table; plain and colourless
screens."""

from __future__ import annotations

import asyncio
import itertools
import os
import unicodedata
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from double import DOMAIN, NOW, Double, finding, launch_of_demo
from hostile import TEXTS
from screen import lines, press, settled, shown, until

from launchready_tui.console import clipboard
from launchready_tui.console.actions import ACTIONS
from launchready_tui.console.app import Console
from launchready_tui.console.palette import Actions
from launchready_tui.console.screens.overview import Overview
from launchready_tui.findings import Evidence, Finding, Remedy, State
from launchready_tui.launch.decisions import Decisions, Note, Owner
from launchready_tui.launch.inventory import (
    Access,
    Backup,
    Checkpoint,
    Contact,
    Duty,
    Inventory,
    Plan,
    Recovery,
    Renewal,
    System,
)
from launchready_tui.launch.model import Host, LaunchFile
from launchready_tui.launch.people import People, Person

OPENED = (
    ("down", "enter"),
    ("e",),
    ("escape", "escape", "h"),
    ("escape", "a"),
    ("escape", "o"),
    ("escape", "W"),
    ("escape",),
)
PAGES = ["0", "1", "2", "3", "5", "x", "w", "l", "p", "k", "b", "g"]


def hostile_findings(text: str) -> list[Finding]:
    """A text wherever the outside could put it, cleaned where checks clean it and raw where only the screen stands
    before it."""
    chain = f"301  http://x/{text[:50]}\n200  https://y/"
    return [
        Finding(
            check=check,
            rule=f"{check}.{rule}",
            subject=subject,
            state=State.FAIL,
            severity=finding("a.b", "c", State.FAIL, "d").severity,
            summary=text,
            evidence=(Evidence(label=text[:40], text=text, source=text, at=NOW), Evidence(label="chain", text=chain)),
            remedy=Remedy(text=text, paste=text, where=text[:60]),
            via=text[:30],
        )
        for check, rule, subject in (
            ("audit.hosting", "no-clue", text),
            ("edge.redirects", "loop", DOMAIN),
            ("email.spf", "syntax", text[:80]),
            ("audit.latency", "target", "search"),
        )
    ]


def poison(app: Console, text: str) -> None:
    """The same text in the launch file, people, inventory and decisions, as files somebody else wrote could hold it."""
    double: Any = app.workspace
    launch = launch_of_demo()
    hosts = (*launch.hosts, Host(name=f"x.{DOMAIN}", purpose=text))
    double.launch_file = LaunchFile(
        launch=msgspec.structs.replace(launch, name=text, hosts=hosts),
        path=double.launch_file.path,
        sha256=double.launch_file.sha256,
    )
    double.people = People(people=(Person(id=text, name=text, role=text, contact=text, hours=text, status="left"),))
    double.inventory = Inventory(
        systems=(System(id="s", name=text, provider=text, account_owner=text, note=text),),
        access=(Access(system="s", person=text, role=text, expected_role=text, credential=text),),
        backups=(Backup(store=text, where=text, owner=text, every=text),),
        recovery=(Recovery(id=text, title=text, command=text),),
        contacts=(Contact(order=1, person=text, when=text, channel=text),),
        renewals=(Renewal(subject=text, on=NOW.date(), owner=text, note=text),),
        duties=(Duty(duty="scribe", person=text, deputy=text),),
        checkpoints=(Checkpoint(offset_min=-5, title=text, what=text, owner=text),),
        plan=Plan(launch_at=NOW, decider=text, kill_switch=text, rollback=text),
    )
    double.decisions = Decisions(
        owners=(Owner(check="edge.redirects", person=text),),
        notes=(Note(check="edge.redirects", text=text, by=text, on=NOW),),
    )
    app.store.renew()


def steering(text: str) -> list[str]:
    """Characters that could steer a terminal or an eye."""
    return [f"U+{ord(char):04X}" for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co")]


# Several texts go through in one walk; the journal takes no half of a surrogate pair, so that one comes by files only.
GROUPS = [list(TEXTS)[at : at + 4] for at in range(0, len(TEXTS), 4)]


@pytest.mark.parametrize("names", GROUPS, ids=["-".join(names) for names in GROUPS])
async def test_hostile_text_on_every_page(make: Any, names: list[str]) -> None:
    text = " ".join(TEXTS[name] for name in names)
    app = make(hostile_findings(text.encode("utf-8", "replace").decode()))
    poison(app, text)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        app.store.say("fail", text)
        for page in PAGES:
            await press(pilot, page)
            assert not steering("".join(lines(app))), page
            if page == "2":
                for more in (
                    ("down", "enter"),
                    ("e",),
                    ("escape", "escape", "h"),
                    ("escape", "a"),
                    ("escape", "o"),
                    ("escape", "W"),
                    ("escape",),
                ):
                    await press(pilot, *more)
                    assert not steering("".join(lines(app))), more
            if page == "p":
                for more in (
                    ("enter",),
                    ("escape", "right", "enter"),
                    ("escape", "right"),
                    ("right",),
                    ("right", "delete"),
                    ("escape", "right"),
                    ("right",),
                    ("right",),
                    ("right", "m"),
                    ("escape", "tab"),
                ):
                    await press(pilot, *more)
                    assert not steering("".join(lines(app))), more
        app.say(text)
        await pilot.pause()
        assert not steering("".join(lines(app)))


async def test_markup_is_shown_as_it_is(make: Any) -> None:
    app = make(hostile_findings(TEXTS["markup"]))
    async with app.run_test(size=(140, 40)) as pilot:
        await press(pilot, "2", "down", "enter")
        await until(pilot, lambda: "[bold red]x[/]" in shown(app) and "[@click=app.quit]" in shown(app))


async def test_ten_kilobytes_are_drawn_in_time(make: Any) -> None:
    """A record of 10 KB is cut in the split view, whole in the full view, and scrolls."""
    app = make(hostile_findings(TEXTS["long"]))
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "2", "down")
        assert len(app.screen.query_one("#story").lines) < 400
        await press(pilot, "enter", "end", "home")
        assert app.is_running


async def test_a_crash_shows_where_but_no_value(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "sk_" + "live_" + os.urandom(8).hex()

    def broken(self: Any, snap: Any) -> None:
        token = secret
        raise RuntimeError(f"with {token}")

    app = make()
    monkeypatch.setattr(Overview, "draw", broken)
    with pytest.raises(RuntimeError):
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.pause()
    said = " ".join(str(one) for one in app._exit_renderables) + app.last_said
    assert secret not in said
    printed: list[str] = []
    monkeypatch.setattr(
        app.error_console, "print", lambda *what, **_: printed.append(" ".join(str(one) for one in what))
    )
    app._exception = RuntimeError(secret)
    try:
        raise RuntimeError(secret)
    except RuntimeError:
        app._fatal_error()
    app._print_error_renderables()
    assert "RuntimeError-" in printed[0] and secret not in "".join(printed)


# The palette


async def _hits(found: Any) -> list[str]:
    return [str(getattr(hit, "prompt", None) or getattr(hit, "display", "")) async for hit in found]


@pytest.mark.parametrize("lab", [False, True])
async def test_the_palette_lists_the_table(make: Any, lab: bool) -> None:
    app = make(lab=lab)
    async with app.run_test(size=(100, 30)):
        provider = Actions(app.screen)
        listed = await _hits(provider.discover())
        want = [
            f"{one.group}: {one.label}  {app.key_of(one.id)}"
            for one in ACTIONS
            if one.id != "palette" and (lab or not one.demo)
        ]
        assert listed == want
        for one in ACTIONS:
            if one.id != "palette" and (lab or not one.demo):
                found = await _hits(provider.search(one.label))
                assert any(one.label in name for name in found), one.id


async def test_the_palette_does_what_it_lists(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "ctrl+p")
        await pilot.press(*"fixorder")
        await until(pilot, lambda: "go to: fix order" in shown(app))
        await asyncio.sleep(0.2)
        await press(pilot, "enter")
        if app.current_mode != "fixes":
            await press(pilot, "enter")
        await until(pilot, lambda: app.current_mode == "fixes")


# Plain, colourless


async def test_plain_screens_are_ascii(make: Any) -> None:
    app = make(plain=True)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        for page in ("0", "1", "2", "x", "w", "l", "p", "k", "b", "g"):
            await press(pilot, page)
            assert shown(app).isascii(), [char for char in shown(app) if not char.isascii()]
        await press(pilot, "2", "down", "enter")
        assert shown(app).isascii()
        await press(pilot, "question_mark")
        assert shown(app).isascii()
        await press(pilot, "escape", "n")
        app.say("said at the edge")
        await until(pilot, lambda: "said at the edge" in shown(app))
        assert shown(app).isascii()


async def test_one_message_stands_at_a_time_and_a_refusal_stays(make: Any) -> None:
    app = make()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        app.say("the first")
        await until(pilot, lambda: "the first" in shown(app))
        app.say("the second")
        await until(pilot, lambda: "the second" in shown(app))
        assert "the first" not in shown(app)
        app.say("refused", wrong=True)
        await until(pilot, lambda: "refused" in shown(app) and "the second" in shown(app))


async def test_help_is_in_sight_in_the_smallest_window(make: Any) -> None:
    app = make()
    async with app.run_test(size=(60, 16)) as pilot:
        for page in ("0", "2", "x", "l", "b"):
            await press(pilot, page)
            assert "? help" in lines(app)[-1], page


async def test_no_color_keeps_every_state_told_apart(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "2")
        assert app.no_color and "▎ ✕  One main address" in shown(app)


# Words whole


BARS: tuple[tuple[int, str], ...] = ((0, "masthead"), (-1, "footer"))


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (140, 40)], ids=["80x24", "100x30", "140x40"])
async def test_no_clipped_words(make: Any, tmp_path: Any, size: tuple[int, int]) -> None:
    """Frame, titles and heads are whole at the three sizes; what is cropped in a table is cropped between words."""
    app = Console(Double.recorded(tmp_path / "demo"), live=False)
    async with app.run_test(size=size) as pilot:
        for page in ["0", "1", "2", "3", "4", "5", "6", "7", "x", "w", "l", "p", "k", "b", "g"]:
            await press(pilot, page)
            await settled(pilot)
            seen = lines(app)
            for at, what in BARS:
                assert "…" not in seen[at], (page, what, seen[at])
            for line in _heads(seen):
                assert "…" not in line, (page, line)


def _heads(seen: list[str]) -> Iterable[str]:
    """Lines above a hairline: heads of tables."""
    return (above for above, line in itertools.pairwise(seen) if line.strip().startswith("───") and "━" not in line)


# Copying


@pytest.mark.parametrize(
    ("env", "there", "want"),
    [
        ({"WAYLAND_DISPLAY": "w"}, {"wl-copy"}, "wl-copy"),
        ({"DISPLAY": ":0"}, {"xsel"}, "xsel"),
        ({"DISPLAY": ":0"}, {"xclip", "xsel"}, "xclip"),
        ({}, {"pbcopy"}, "pbcopy"),
        ({}, {"xclip", "wl-copy"}, ""),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "1 2 3 4"}, {"xclip"}, ""),
    ],
)
def test_which_tool_copies(env: dict[str, str], there: set[str], want: str) -> None:
    command = clipboard.tool(env, lambda name: name if name in there else None)
    assert (command[0] if command else "") == want


async def test_without_a_tool_the_terminal_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard, "tool", lambda env: ())
    asked: list[str] = []
    assert "OSC 52" in await clipboard.put("words", asked.append)
    assert asked == ["words"]


async def test_a_tool_that_fails_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard, "tool", lambda env: ("false",))
    asked: list[str] = []
    assert "OSC 52" in await clipboard.put("words", asked.append)
    monkeypatch.setattr(clipboard, "tool", lambda env: ("cat",))
    assert await clipboard.put("words", asked.append) == "was copied with cat"
