"""People and access, credentials, handover: what is typed is kept, what is secret stays so, what is missing leads to its place."""

from __future__ import annotations

import os
from typing import Any

import msgspec
from double import DOMAIN, Double
from screen import lines, press, shown, until

from launchready_tui.console import tables
from launchready_tui.console.app import Console
from launchready_tui.launch.inventory import Recovery
from launchready_tui.launch.model import Route


def double(app: Console) -> Double:
    assert isinstance(app.workspace, Double)
    return app.workspace


async def type_in(pilot: Any, words: str) -> None:
    await pilot.press(*["space" if char == " " else char for char in words])
    await pilot.pause()


# People and access


async def test_the_matrix_says_who_can_fix_and_who_should_not(make: Any) -> None:
    app = make()
    async with app.run_test(size=(140, 40)) as pilot:
        await press(pilot, "p")
        await until(pilot, lambda: "can fix" in shown(app))
        agency = next(line for line in lines(app) if "Former agency" in line)
        assert "admin✕" in agency and " no " in agency
        assert "none✕" in next(line for line in lines(app) if line.strip().startswith("pays"))


async def test_what_costs_nothing_lacks_nobody_who_pays(make: Any) -> None:
    app = make()
    ws = double(app)
    systems = [msgspec.structs.replace(one, billing_owner="", no_bill=True) for one in ws.inventory.systems]
    ws.save_inventory(msgspec.structs.replace(ws.inventory, systems=tuple(systems)))
    async with app.run_test(size=(140, 40)) as pilot:
        await press(pilot, "p")
        await until(pilot, lambda: "can fix" in shown(app))
        pays = next(line for line in lines(app) if line.strip().startswith("pays"))
        assert "free" in pays and "none" not in pays


async def test_add_change_and_delete_a_person(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "p", "plus")
        await type_in(pilot, "Night Desk")
        await press(pilot, "tab")
        await type_in(pilot, "answers at night")
        await press(pilot, "enter")
        await until(pilot, lambda: double(app).people.find("night-desk"))
        await until(pilot, lambda: app.screen.query_one("#table").key == "night-desk", "the cursor goes to what was added")
        await press(pilot, "enter")
        await until(pilot, lambda: "Change: person" in shown(app))
        await press(pilot, "tab", "tab", "tab", "tab", "tab", "i", "enter")
        await until(pilot, lambda: double(app).people.find("night-desk").status == "leaving")
        await press(pilot, "delete", "escape")
        assert double(app).people.find("night-desk"), "escape deletes nothing"
        await press(pilot, "delete", "y")
        await until(pilot, lambda: double(app).people.find("night-desk") is None)


async def test_who_still_has_access_is_not_deleted(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "p", "delete", "y")
        await until(pilot, lambda: "still name it" in app.last_said)
        assert double(app).people.find("founder")


async def test_a_draft_of_a_new_line_comes_back(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "p", "right", "plus")
        await type_in(pilot, "Queue")
        await press(pilot, "escape", "plus")
        await until(pilot, lambda: "Queue" in shown(app))
        await press(pilot, "enter")
        await until(pilot, lambda: any(one.id == "queue" for one in double(app).inventory.systems))


async def test_every_table_takes_a_line(make: Any) -> None:
    """Each kind's form, filled with what it needs, adds a line that reads back the same."""
    app = make()
    filled = {
        "people": {"name": "Cook"},
        "systems": {"name": "Search", "category": "other", "renewal": "2027-01-31", "business_owned": "yes"},
        "access": {"system": "dns", "person": "support", "mfa": "key", "shared": "yes"},
        "backups": {"store": "images", "last_restore_test": "2026-11-01"},
        "recovery": {"title": "Mail stops", "minutes": "7", "rehearsed": ""},
        "contacts": {"order": "3", "person": "support"},
    }
    for kind in tables.KINDS:
        fields = tables.fields(double(app), kind, None)
        values = {field.id: field.value for field in fields} | filled[kind.id]
        assert all(field.check is None or not values[field.id] or not field.check(values[field.id]) for field in fields), kind.id
        key = tables.keep(double(app), kind, "", values)
        item = tables.find(double(app), kind, key)
        assert {name: tables.text_of(getattr(item, name)) for name in filled[kind.id]} == filled[kind.id]
        again = {field.id: field.value for field in tables.fields(double(app), kind, item)}
        assert tables.keep(double(app), kind, key, again) == key, "an unchanged form changes nothing"
        assert tables.find(double(app), kind, key) == item
        tables.drop(double(app), kind, key)
        assert tables.find(double(app), kind, key) is None


def test_what_the_form_does_not_ask_for_survives_a_change(make: Any) -> None:
    workspace = double(make())
    kind = tables.KIND["recovery"]
    card = Recovery(id="release", scenario="release", title="A bad release", checks=("edge.https",))
    workspace.save_inventory(msgspec.structs.replace(workspace.inventory, recovery=(card,)))
    values = {one.id: one.value for one in tables.fields(workspace, kind, card)} | {"command": "vercel rollback"}
    tables.keep(workspace, kind, "release", values)
    (kept,) = workspace.inventory.recovery
    assert (kept.command, kept.scenario, kept.checks) == ("vercel rollback", "release", ("edge.https",))


async def test_tables_are_walked_with_left_and_right(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "p")
        heads = []
        for _ in tables.KINDS:
            await press(pilot, "right")
            heads.append(lines(app)[6].split()[0])
        assert heads == ["System", "System", "Data", "Recovery", "Call", "Person"]


# Credentials


async def test_a_credential_is_stored_tested_and_deleted_without_being_seen(make: Any) -> None:
    app = make()
    value = "tok" + "en-" + os.urandom(12).hex()
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await press(pilot, "k")
        await until(pilot, lambda: "no keyring on this machine" in " ".join(shown(app).split()))
        await press(pilot, "plus")
        await type_in(pilot, "shop-login")
        await press(pilot, "tab", "tab")
        await type_in(pilot, f"api.{DOMAIN}")
        await press(pilot, "tab")
        await type_in(pilot, value)
        assert value not in shown(app)
        await press(pilot, "ctrl+a", "ctrl+c")
        assert app.clipboard != value and "not copied" in str([one.message for one in app._notifications])
        await press(pilot, "enter")
        await until(pilot, lambda: any(entry.name == "shop-login" for entry in app.screen.entries) and "memory, until" in shown(app))
        secret = double(app).vault.get("shop-login", f"api.{DOMAIN}")
        assert secret is not None and secret.reveal() == value
        assert value not in shown(app) and value not in str(app.drafts) and value not in app.last_said
        await press(pilot, "v")
        await until(pilot, lambda: "can be read" in shown(app))
        await press(pilot, "delete", "y")
        await until(pilot, lambda: double(app).vault.get("shop-login", f"api.{DOMAIN}") is None)


async def test_a_secret_is_no_draft(make: Any) -> None:
    app = make()
    value = "pass" + "word-" + os.urandom(6).hex()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "k", "plus")
        await type_in(pilot, "shop-login")
        await press(pilot, "tab", "tab", "tab")
        await type_in(pilot, value)
        await press(pilot, "escape")
        assert "shop-login" in str(app.drafts) and value not in str(app.drafts)


async def test_what_the_launch_file_needs_is_listed(make: Any) -> None:
    app = make()
    launch = double(app).launch
    route = Route(name="account", url=f"https://api.{DOMAIN}/me", login="shop-login")
    double(app).launch_file = msgspec.structs.replace(
        double(app).launch_file, launch=msgspec.structs.replace(launch, routes=(*launch.routes, route))
    )
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "k")
        await until(pilot, lambda: "not stored" in shown(app))


# Handover


async def test_documents_gaps_and_their_places(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "b")
        await until(pilot, lambda: "Missing" in shown(app))
        gaps = app.screen.query_one("#gaps")
        gaps.focus()
        place = gaps.row.cells[1]
        await press(pilot, "enter")
        await until(pilot, lambda: app.current_mode == f"stage{place}")


async def test_export_asks_writes_and_says_where(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "b", "enter")
        await until(pilot, lambda: "Export the handover folder?" in shown(app))
        await press(pilot, "escape")
        assert not list(double(app).folder.glob("handover-*"))
        await press(pilot, "enter", "y")
        await until(pilot, lambda: "Written:" in app.last_said)
        made = sorted(path.name for path in double(app).folder.glob("handover-*"))
        assert made == ["handover-demo-market-20261124", "handover-demo-market-20261124.zip"]
        assert "START-HERE.html" in {path.name for path in (double(app).folder / made[0]).iterdir()}


async def test_an_export_goes_where_it_was_told(make: Any, tmp_path: Any) -> None:
    app = make()
    app.out = tmp_path
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "b", "enter")
        await until(pilot, lambda: "Export the handover folder?" in shown(app))
        await press(pilot, "y")
        await until(pilot, lambda: "Written:" in app.last_said)
        assert (tmp_path / "handover-demo-market-20261124").is_dir()
        assert not list(double(app).folder.glob("handover-*"))


async def test_an_export_that_cannot_be_written_says_so(make: Any, monkeypatch: Any) -> None:
    from launchready_tui import handover

    def refused(*_: Any, **__: Any) -> Any:
        raise handover.ExportError("The disk is full. Nothing was left behind.")

    monkeypatch.setattr(handover, "export", refused)
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "b", "enter", "y")
        await until(pilot, lambda: app.last_said == "The disk is full. Nothing was left behind.")
        assert not app.screen.exporting


async def test_the_preview_reads_the_selected_document(make: Any) -> None:
    app = make()
    async with app.run_test(size=(140, 40)) as pilot:
        await press(pilot, "b")
        for _ in range(app.screen.query_one("#docs").rows.__len__()):
            title = app.screen._document().title
            await until(pilot, lambda title=title: app.screen.query_one("#paper").lines[0].left[0][0] == title)
            await press(pilot, "down")
