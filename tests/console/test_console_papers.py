"""People and access, credentials, handover: what is typed is kept, what is secret stays so, what is missing leads to
its place."""

from __future__ import annotations

import os
from typing import Any

import msgspec
import pytest
from double import DOMAIN, Double
from screen import lines, press, shown, until
from textual.app import App, ComposeResult

from launchready_tui.console import tables
from launchready_tui.console.app import Console
from launchready_tui.console.widgets.form import Choice
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
        await until(
            pilot, lambda: app.screen.query_one("#table").key == "night-desk", "the cursor goes to what was added"
        )
        await press(pilot, "enter")
        await until(pilot, lambda: "Change: person" in shown(app))
        await press(pilot, *["tab"] * 7, "l", "enter")
        await until(pilot, lambda: double(app).people.find("night-desk").status == "leaving")
        await press(pilot, "delete", "escape")
        assert double(app).people.find("night-desk"), "escape deletes nothing"
        await press(pilot, "delete", "y")
        await until(pilot, lambda: double(app).people.find("night-desk") is None)


async def test_who_still_has_access_is_not_deleted(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "p", "delete", "y")
        await until(pilot, lambda: "still use it; delete access first" in app.last_said)
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
        "duties": {"duty": "scribe", "person": "support"},
        "checkpoints": {"offset_min": "T+2h", "title": "2 hours after", "checks": "edge email.spf"},
        "renewals": {"subject": "Developer account", "on": "2027-01-31", "auto": "yes"},
        "caps": {"system": "dns", "limit": "200 EUR a month", "hard": "yes", "seen": "2026-11-01"},
    }
    for kind in tables.KINDS:
        fields = tables.fields(double(app), kind, None)
        values = {field.id: field.value for field in fields} | filled[kind.id]
        assert all(
            field.check is None or not values[field.id] or not field.check(values[field.id]) for field in fields
        ), kind.id
        key = tables.keep(double(app), kind, "", values)
        item = tables.find(double(app), kind, key)
        again = {field.id: field.value for field in tables.fields(double(app), kind, item)}
        assert {name: again[name] for name in filled[kind.id]} == filled[kind.id]
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


def test_lines_of_a_card_survive_a_form_of_one_line(make: Any) -> None:
    workspace = double(make())
    kind = tables.KIND["recovery"]
    card = Recovery(
        id="data", title="Data", first_steps="Stop what writes.\nTake a copy.", command="sqlite3 a | head\nsqlite3 b"
    )
    workspace.save_inventory(msgspec.structs.replace(workspace.inventory, recovery=(card,)))
    values = {one.id: one.value for one in tables.fields(workspace, kind, card)}
    assert not any("\n" in value for value in values.values())
    tables.keep(workspace, kind, "data", values)
    assert workspace.inventory.recovery == (card,)


async def test_tables_are_walked_with_left_and_right(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "p")
        heads = []
        for _ in tables.KINDS:
            await press(pilot, "right")
            heads.append(lines(app)[6].split()[0])
        assert heads == ["System", "System", "Data", "Recovery", "Call", "Duty", "When", "What", "Bill", "Person"]


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
        assert app.clipboard != value and "cannot be copied" in str([one.message for one in app._notifications])
        await press(pilot, "enter")
        await until(
            pilot,
            lambda: any(entry.name == "shop-login" for entry in app.screen.entries) and "memory, until" in shown(app),
        )
        secret = double(app).vault.get("shop-login", f"api.{DOMAIN}")
        assert secret is not None and secret.reveal() == value
        assert value not in shown(app) and value not in str(app.drafts) and value not in app.last_said
        await press(pilot, "V")
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


# What was seen, what is to change, what breaks without somebody


async def test_what_was_seen_is_taken_with_one_key_and_undone(make: Any) -> None:
    app = make()
    ws = double(app)
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "p", *["right"] * 4)
        await until(pilot, lambda: "found, not recorded" in shown(app) and "A key has leaked" in shown(app))
        before = len(ws.inventory.recovery)
        table = app.screen.query_one("#table")
        table.select("seen:A key has leaked")
        await until(pilot, lambda: "Y all" in shown(app))
        await press(pilot, "y")
        await until(pilot, lambda: len(ws.inventory.recovery) == before + 1)
        assert any(one.scenario == "leak" and one.command for one in ws.inventory.recovery)
        await until(pilot, lambda: not any(row.key == "seen:A key has leaked" for row in table.rows))
        await press(pilot, "Y")
        await until(
            pilot,
            lambda: {one.scenario for one in ws.inventory.recovery} >= {"data", "dns", "mail", "payments", "account"},
        )
        await until(pilot, lambda: "found, not recorded" not in "\n".join(lines(app)[6:]))
        await press(pilot, "u", "u")
        await until(pilot, lambda: len(ws.inventory.recovery) == before)
        assert app.last_said == "Undone: added “A key has leaked”"


async def test_what_was_seen_can_be_changed_first(make: Any) -> None:
    app = make()
    ws = double(app)
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "p", *["right"] * 4)
        await until(pilot, lambda: "A key has leaked" in shown(app))
        app.screen.query_one("#table").select("seen:A key has leaked")
        await press(pilot, "enter")
        await until(pilot, lambda: "Add: recovery card" in shown(app))
        await press(pilot, "end")
        await type_in(pilot, " again")
        await press(pilot, "enter")
        await until(pilot, lambda: any(one.title == "A key has leaked again" for one in ws.inventory.recovery))
        made = next(one for one in ws.inventory.recovery if one.title == "A key has leaked again")
        assert made.scenario == "leak" and made.checks, "what the form does not ask for comes along"


async def test_what_is_to_change_leads_to_its_line(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "p", "tab")
        board = app.screen.query_one("#points")
        await until(pilot, lambda: app.focused is board)
        found = next(one for one in app.screen.points if one.subject == "code/agency")
        board.select(f"{found.rule} {found.subject}")
        await until(pilot, lambda: "then delete the entry" in " ".join(shown(app).split()))
        await press(pilot, "enter")
        await until(
            pilot, lambda: app.screen.kind.id == "access" and app.screen.query_one("#table").key == "code agency edit"
        )
        system = next(one for one in app.screen.points if one.rule.endswith("not-owned"))
        app.screen.query_one("#points").focus()
        board.select(f"{system.rule} {system.subject}")
        await press(pilot, "enter")
        await until(pilot, lambda: app.screen.kind.id == "systems" and app.screen.query_one("#table").key == "hosting")


async def test_what_is_to_change_changes_with_the_line(make: Any) -> None:
    """No run is needed: the list follows what is typed."""
    app = make()
    async with app.run_test(size=(140, 40)) as pilot:
        await press(pilot, "p")
        await until(pilot, lambda: "agency has left but still has access to Code" in " ".join(shown(app).split()))
        app.screen.show_kind("access", "code agency edit")
        await until(pilot, lambda: app.screen.query_one("#table").key == "code agency edit")
        await press(pilot, "delete", "y")
        await until(pilot, lambda: "still has access to Code" not in " ".join(shown(app).split()))
        await press(pilot, "u")
        await until(pilot, lambda: "still has access to Code" in " ".join(shown(app).split()))


@pytest.mark.parametrize("size", [(100, 30), (80, 24)], ids=str)
async def test_without_somebody(make: Any, size: tuple[int, int]) -> None:
    app = make()
    async with app.run_test(size=size) as pilot:
        await press(pilot, "p")
        app.screen.query_one("#table").select("launch-engineer")
        await press(pilot, "m")
        await until(
            pilot, lambda: "Without Launch" in shown(app) and "No one else can fix" in " ".join(shown(app).split())
        )
        await press(pilot, "end")
        await until(pilot, lambda: "On the last day" in shown(app))
        await press(pilot, "escape")
        await until(pilot, lambda: "Without Launch" not in shown(app))


# Undo, in turn with decisions


async def test_changes_and_decisions_are_undone_in_turn(make: Any) -> None:
    app = make()
    ws = double(app)
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "p", "plus")
        await type_in(pilot, "Night Desk")
        await press(pilot, "enter")
        await until(pilot, lambda: ws.people.find("night-desk"))
        await app.go_to("edge.redirects")
        await press(pilot, "i")
        await type_in(pilot, "asked")
        await press(pilot, "enter")
        await until(pilot, lambda: ws.decisions.notes)
        await press(pilot, "u")
        assert not ws.decisions.notes and ws.people.find("night-desk")
        await press(pilot, "u")
        assert ws.people.find("night-desk") is None and app.last_said == "Undone: saved “Night Desk”"
        await press(pilot, "u")
        assert "No decision has been made" in app.last_said


async def test_undo_never_overwrites_another_persons_change(make: Any) -> None:
    app = make()
    ws = double(app)
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "p", "plus")
        await type_in(pilot, "Night Desk")
        await press(pilot, "enter")
        await until(pilot, lambda: ws.people.find("night-desk"))
        path = ws.folder / "people.toml"
        path.write_text(path.read_text("utf-8").replace("Night Desk", "Night desk, two people"), "utf-8")
        await press(pilot, "u")
        await until(pilot, lambda: "changed" in app.last_said)
        assert "two people" in path.read_text("utf-8")


# What is wrong stands at its field; what was typed survives


async def test_what_is_wrong_stands_at_its_field(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "p", "plus")
        await type_in(pilot, "Night Desk")
        app.screen.query_one("#field-hours").value = "in the evening"
        app.screen.query_one("#field-time_zone").value = "Mars/Olympus"
        await press(pilot, "enter")
        await until(
            pilot,
            lambda: (
                "09:00-18:00, several separated by commas" in shown(app)
                and "not a time zone" in " ".join(shown(app).split())
            ),
        )
        assert app.focused.id == "field-hours" and double(app).people.find("night-desk") is None
        await press(pilot, "escape", "right", "right", "plus")
        await until(pilot, lambda: "Add: access" in shown(app))
        app.screen.query_one("#field-person").value = "founder"
        app.screen.query_one("#field-system").value = "dns"
        app.screen.query_one("#field-role").value = "view"
        app.screen.query_one("#field-role").focus()
        await press(pilot, "enter")
        await until(pilot, lambda: "it is already recorded" in shown(app))
        assert app.focused.id == "field-system", "the sentence stands at the first field of what makes the line"


async def test_a_value_that_is_none_is_refused_with_what_is_allowed(make: Any) -> None:
    app = make()
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "p", "right", "plus")
        await until(pilot, lambda: app.focused is not None and app.focused.id == "field-name")
        await type_in(pilot, "Search")
        await press(pilot, "tab")
        await until(pilot, lambda: app.focused is not None and app.focused.id == "field-category")
        await type_in(pilot, "banana")
        await until(
            pilot, lambda: "“banana” is not one of them" in shown(app) and "allowed: registrar, dns" in shown(app)
        )
        before = double(app).inventory.systems
        await press(pilot, "enter")
        assert double(app).inventory.systems == before and "“banana” is not one of them" in shown(app), (
            "nothing is saved, nothing is lost"
        )
        await press(pilot, *["backspace"] * 6)
        await until(pilot, lambda: "is not one of them" not in shown(app))
        await type_in(pilot, "pay")
        await press(pilot, "enter")
        await until(pilot, lambda: len(double(app).inventory.systems) == len(before) + 1)
        assert {one.name: one.category for one in double(app).inventory.systems}["Search"] == "payments"


async def test_a_refused_value_comes_back_with_the_draft(make: Any) -> None:
    app = make()

    def at(field: str) -> bool:
        return app.focused is not None and app.focused.id == f"field-{field}"

    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "p", "right", "plus")
        await until(pilot, lambda: at("name"))
        await press(pilot, "tab")
        await until(pilot, lambda: at("category"))
        await type_in(pilot, "banana")
        await press(pilot, "escape", "plus")
        await until(pilot, lambda: at("name") and "banana" in shown(app))
        await press(pilot, "tab")
        await until(pilot, lambda: at("category"))
        await press(pilot, "left")
        await until(pilot, lambda: "banana" not in shown(app))
        assert "is not one of them" not in shown(app)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("d", "dns"),
        ("da", "database"),
        ("app-s", "app-store"),
        ("aa", "analytics"),
        ("dns ", "hosting"),
        ("PAY", "payments"),
    ],
)
async def test_typing_goes_to_the_value_that_begins_so(typed: str, value: str) -> None:
    class Host(App[None]):
        def compose(self) -> ComposeResult:
            yield Choice(
                [
                    (one, one)
                    for one in ("registrar", "dns", "hosting", "database", "payments", "app-store", "analytics")
                ],
                "registrar",
            )

    async with Host().run_test() as pilot:
        choice = pilot.app.query_one(Choice)
        choice.focus()
        await type_in(pilot, typed)
        assert (choice.value, choice.wrong) == (value, "")


async def test_what_was_typed_survives_a_crash(make: Any) -> None:
    app = make()
    secret = "sk_" + "live_" + os.urandom(14).hex()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "p", "plus")
        await type_in(pilot, "Night Desk")
        app.screen.query_one("#field-contact").value = secret
        await until(pilot, lambda: (double(app).folder / ".launchready" / "drafts.json").exists())
        path = double(app).folder / ".launchready" / "drafts.json"
        await until(
            pilot, lambda: "Secret" in path.read_text() or "secret" in path.read_text() or "Stripe" in path.read_text()
        )
        assert secret not in path.read_text(), "on the disk lies nothing that looks like a secret"
        assert path.stat().st_mode & 0o077 == 0
        # Nothing is closed: the program is gone from one moment to the next.
        again = Console(Double.open(double(app).folder, double(app).options), live=False)
    async with again.run_test(size=(100, 30)) as pilot:
        await press(pilot, "p", "plus")
        await until(pilot, lambda: "Night Desk" in shown(again))
        await press(pilot, "escape")
        assert "Draft saved" in again.last_said


async def test_what_was_typed_about_a_received_mail_is_a_draft(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "O")
        await type_in(pilot, "mails/welcome.eml")
        await press(pilot, "escape", "O")
        await until(pilot, lambda: "mails/welcome.eml" in shown(app))
    assert "mails/welcome.eml" in (double(app).folder / ".launchready" / "drafts.json").read_text()


async def test_leaving_the_console_keeps_what_was_typed(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "p", "plus")
        app.screen.query_one("#field-name").value = "Night Desk"
        app.exit(0)
    assert "Night Desk" in (double(app).folder / ".launchready" / "drafts.json").read_text()


async def test_a_saved_form_leaves_no_draft(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "p", "plus")
        await type_in(pilot, "Night Desk")
        await press(pilot, "escape", "plus", "enter")
        await until(pilot, lambda: double(app).people.find("night-desk"))
        assert "Night Desk" not in (double(app).folder / ".launchready" / "drafts.json").read_text()


async def test_a_checkpoint_of_ones_own_keeps_the_usual_ones(make: Any) -> None:
    app = make()
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, "p", "left", "left", "left", "enter")
        await until(pilot, lambda: "The usual seven are saved with it" in " ".join(shown(app).split()))
        app.screen.query_one("#field-offset_min").value = "T-2h"
        app.screen.query_one("#field-checks").value = "edge nonsense"
        await press(pilot, "enter")
        await until(pilot, lambda: "no check or stage is called nonsense" in shown(app))
        app.screen.query_one("#field-checks").value = "edge"
        await press(pilot, "enter")
        await until(pilot, lambda: len(double(app).inventory.checkpoints) == 7)
        assert double(app).inventory.checkpoints[0].offset_min in (-120, -60)
        assert any(one.offset_min == -120 and one.checks == ("edge",) for one in double(app).inventory.checkpoints)
