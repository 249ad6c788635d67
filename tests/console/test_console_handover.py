"""The handover page: the emergency card, gaps that lead to their line, names under the checklist, the export and its
choices."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import msgspec
import pytest
from double import Double
from screen import lines, press, shown, until

from launchready_tui.console import gaps
from launchready_tui.console.app import Console
from launchready_tui.handover import build, documents, not_filled, verify
from launchready_tui.launch.inventory import System


def double(app: Console) -> Double:
    assert isinstance(app.workspace, Double)
    return app.workspace


async def type_in(pilot: Any, words: str) -> None:
    await pilot.press(*["space" if char == " " else char for char in words])
    await pilot.pause()


async def open_document(pilot: Any, app: Console, name: str) -> None:
    await press(pilot, "b")
    await until(pilot, lambda: app.screen.query_one("#docs").rows)
    app.screen.query_one("#docs").select(name)
    await until(pilot, lambda: app.screen.document is None or app.screen.document.id == name)


async def test_page_form_and_folder_count_what_is_missing_in_one_way(make: Any) -> None:
    app = make()
    missing = len(not_filled(documents(double(app))))
    files, _ = build(double(app), now=double(app).clock.now())
    assert f"{missing} facts are missing" in files["START-HERE.html"].decode()
    async with app.run_test(size=(140, 40)) as pilot:
        await press(pilot, "b")
        await until(pilot, lambda: f"{missing} facts missing" in shown(app))
        await press(pilot, "enter")
        await until(pilot, lambda: f"{missing} facts will be marked as missing" in shown(app))


async def test_the_emergency_card_is_read_first(make: Any) -> None:
    app = make()
    async with app.run_test(size=(140, 40)) as pilot:
        await press(pilot, "b")
        await until(pilot, lambda: "Emergency card" in shown(app) and "Stop all releases" in shown(app))
        assert any("kill switch" in line for line in lines(app))


async def test_a_gap_of_a_stage_leads_to_its_check(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await open_document(pilot, app, "deploy")
        app.screen.query_one("#gaps").focus()
        await press(pilot, "enter")
        await until(pilot, lambda: app.current_mode == "stage4")
        wanted = documents(double(app))[3].gaps[0].text.partition("“")[2].rstrip("”")
        title = next(spec.id for spec in double(app).roadmap.checks.values() if spec.title == wanted)
        await until(pilot, lambda: app.screen.query_one("#checks").key == title)


async def test_a_gap_about_a_system_leads_to_its_line(make: Any) -> None:
    app = make()
    ws = double(app)
    ws.save_inventory(
        msgspec.structs.replace(ws.inventory, systems=(*ws.inventory.systems, System(id="maps", name="Map tiles")))
    )
    async with app.run_test(size=(100, 30)) as pilot:
        await open_document(pilot, app, "access")
        wanted = next(str(n) for n, gap in enumerate(app.screen.gaps()) if gap.text == "provider of Map tiles")
        table = app.screen.query_one("#gaps")
        table.focus()
        table.select(wanted)
        await press(pilot, "enter")
        await until(pilot, lambda: app.current_mode == "people" and app.screen.kind.id == "systems")
        await until(pilot, lambda: app.screen.query_one("#table").key == "maps")


async def test_a_gap_of_the_plan_opens_the_plan(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "b")
        await until(pilot, lambda: "Missing" in shown(app))
        app.screen.query_one("#gaps").focus()
        await press(pilot, "enter")
        await until(pilot, lambda: app.current_mode == "launch" and "Launch-day plan" in shown(app))


async def test_a_risk_without_owner_leads_to_its_place_in_the_fix_order(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await open_document(pilot, app, "risks")
        missing = app.screen.gaps()
        at = next(n for n, gap in enumerate(missing) if gap.screen == "x")
        wanted = gaps.place_of(missing[at]).finding
        assert wanted
        table = app.screen.query_one("#gaps")
        table.focus()
        table.select(str(at))
        await press(pilot, "enter")
        await until(pilot, lambda: app.current_mode == "fixes" and app.screen.query_one("#order").key == wanted)


def test_every_gap_leads_somewhere(make: Any) -> None:
    ws = double(make())
    for document in documents(ws):
        for gap in document.gaps:
            place = gaps.place_of(gap)
            assert place.page != "overview", gap
            if gap.screen == "p":
                assert place.table, gap


async def test_export_asks_writes_and_says_where(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "b", "enter")
        await until(pilot, lambda: "Export the handover folder" in shown(app))
        await press(pilot, "escape")
        assert not list(double(app).folder.glob("handover-*"))
        await press(pilot, "enter", "enter")
        await until(pilot, lambda: "Written:" in app.last_said)
        made = sorted(path.name for path in double(app).folder.glob("handover-*"))
        assert made == ["handover-demo-market-20261124", "handover-demo-market-20261124.zip"]
        assert "START-HERE.html" in {path.name for path in (double(app).folder / made[0]).iterdir()}


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="OpenSSH is not installed")
async def test_the_team_gets_its_own_folder_signed(make: Any, tmp_path: Any) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    app = make()
    app.out = tmp_path
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "b", "enter")
        await until(pilot, lambda: "Export the handover folder" in shown(app))
        await press(pilot, "right", "tab")
        await type_in(pilot, str(tmp_path / "none"))
        await press(pilot, "enter")
        await until(pilot, lambda: "no such file" in shown(app))
        await press(pilot, "ctrl+a", "ctrl+k")
        await type_in(pilot, str(key))
        await press(pilot, "enter")
        await until(pilot, lambda: "Written:" in app.last_said)
        assert ", signed" in app.last_said
    folder = tmp_path / "handover-demo-market-team-20261124"
    assert not verify(folder, key=key.with_suffix(".pub"))
    assert "Former agency" not in (folder / "08-access.md").read_text()


async def test_an_export_that_cannot_be_written_says_so(make: Any, monkeypatch: Any) -> None:
    from launchready_tui import handover

    def refused(*_: Any, **__: Any) -> Any:
        raise handover.ExportError("The disk is full. Nothing was left behind.")

    monkeypatch.setattr(handover, "export", refused)
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "b", "enter", "enter")
        await until(pilot, lambda: app.last_said == "The disk is full. Nothing was left behind.")
        assert not app.screen.exporting


async def test_a_line_of_the_checklist_gets_a_name(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await open_document(pilot, app, "checklist")
        await press(pilot, "y")
        await until(pilot, lambda: "Sign" in shown(app))
        await press(pilot, "down", "enter")
        await until(pilot, lambda: "Sign a line of the checklist" in shown(app))
        await press(pilot, "enter")
        await until(pilot, lambda: "this is required" in shown(app))
        await type_in(pilot, "founder")
        await press(pilot, "enter")
        await until(pilot, lambda: app.last_said.startswith("Signed by"))
        (signed,) = double(app).decisions.signed
        assert signed.what == "owns.dns" and signed.answer == "signed"
        await press(pilot, "u")
        await until(pilot, lambda: not double(app).decisions.signed)


async def test_the_preview_reads_the_selected_document(make: Any) -> None:
    app = make()
    async with app.run_test(size=(140, 40)) as pilot:
        await press(pilot, "b", "down")
        for _ in app.screen.documents:
            await until(pilot, lambda: app.screen.document)
            title = app.screen.document.title
            await until(pilot, lambda title=title: app.screen.query_one("#paper").lines[0].left[0][0] == title)
            await press(pilot, "down")
