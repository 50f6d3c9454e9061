"""What ctrl-s keeps: an image and a table, masked, whole or not at all."""

from __future__ import annotations

import asyncio
import csv
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from screens import HOSTILE, NOW, Look, columns, vin

from cdctl.domain.slo.verdict import ErrorBudget, Row, SloReport, Verdict
from cdctl.domain.slo.window import Bounds
from cdctl.tui.app import Top
from cdctl.tui.saving import keep


def report() -> SloReport:
    def row(name: str, verdict: Verdict, objective: str, target: str, **more: object) -> Row:
        bounds = Bounds("rolling", int(NOW) - 100, int(NOW))
        return Row(name, "s", more.pop("group", {}), objective, Decimal(target), "Occurrences", bounds, verdict, **more)  # type: ignore[arg-type]

    rates, fires = {"1h": 15.5, "1d": None}, ("1h/5m > 13.44", "6h/30m > 5.6")
    burning = {"sli": 0.9, "burn_rates": rates, "firing": fires, "error_budget": ErrorBudget(10, 12, -0.2)}
    return SloReport(
        int(NOW),
        int(NOW),
        (
            row("slow", Verdict.BREACHED, "most", "0.95", group={"region": "cn"}, **burning),
            row("slow", Verdict.BREACHED, "nearly-all", "0.998", group={"region": "cn"}),
            row("calm", Verdict.MET, "ok", "0.9"),
        ),
    )


def saved(folder: Path, look: Look) -> tuple[Path, Path]:
    """The image and the table, of which nothing more is to be said."""
    told = keep(look.stage, (100, 20), "dark", NOW).write(folder)
    image, table = sorted(folder.iterdir(), key=lambda path: path.suffix, reverse=True)
    assert told == f"saved {image.name} and {table.name}"
    return image, table


def test_all_rows_that_match_and_the_screen_with_masked_ids(tmp_path):
    look = Look(6000)
    look.press("slash", *"region:eu", "enter")
    look.lines()
    image, table = saved(tmp_path, look)
    assert image.name.startswith("cdctl-fleet-20")
    assert table.stem == image.stem
    ET.fromstring(image.read_text())
    rows = list(csv.reader(table.read_text().splitlines()))
    assert rows[0] == list(look.stage.table.columns)
    assert len(rows) == 2001
    assert {row[1] for row in rows[1:]} == {"eu"}
    for text in (image.read_text(), table.read_text()):
        assert vin(0) not in text
        assert vin(0)[:3] in text
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([image.name, table.name])


def test_ids_are_whole_where_that_was_asked_for(tmp_path):
    keep(Look(30).stage, (100, 20), "dark", NOW, whole=True).write(tmp_path)
    image, table = (next(tmp_path.glob(name)).read_text() for name in ("*.svg", "*.csv"))
    assert vin(3) in image
    assert all(vin(number) in table for number in range(30))


def test_hostile_text_is_safe_in_a_table(tmp_path):
    fleet = columns(3)
    fleet.expect(["WBB1"], ["eu"], [HOSTILE], ["1"])
    _, table = saved(tmp_path, Look(vehicles=fleet))
    assert "\\x1b" in table.read_text()
    assert "\x1b" not in table.read_text()


def test_promises_are_rows_without_nested_cells(tmp_path):
    _, table = saved(tmp_path, Look(3, "slo", slo=report()))
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [row["name"] for row in rows] == ["slow", "slow", "calm"]
    assert [row["group.region"] for row in rows] == ["cn", "cn", ""]
    assert [(row["objective"], row["target"]) for row in rows[:2]] == [("most", "0.95"), ("nearly-all", "0.998")]
    first = [rows[0][name] for name in ("verdict", "sli", "remaining_ratio", "burn_rates.1h", "firing")]
    assert first == ["breached", "0.9", "-0.2", "15.5", "1h/5m > 13.44; 6h/30m > 5.6"]
    assert rows[0]["burn_rates.1d"] == ""
    assert not any(mark in cell for row in rows for cell in row.values() for mark in "{}[]")


def test_ids_are_masked_in_every_cell(tmp_path):
    look = Look(3, "events")
    look.lookout.note(f"{vin(1)} is gone")
    look.stage.focus = next(letter for letter, panel in look.stage.panels.items() if type(panel).__name__ == "Log")
    look.lines()
    _, table = saved(tmp_path, look)
    assert f"{vin(1)[:3]}…{vin(1)[-3:]} is gone" in table.read_text()


def test_a_full_or_missing_folder_leaves_nothing(tmp_path):
    kept = keep(Look(3).stage, (40, 10), "dark", NOW)
    with pytest.raises(OSError, match="No such file"):
        kept.write(tmp_path / "none")
    kept.write(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_key_saves_and_says_where(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    look = Look(30)

    async def run() -> None:
        async with Top(look.view).run_test(size=(100, 30)) as pilot:
            await pilot.press("ctrl+s")
            await pilot.app.workers.wait_for_complete()
            await pilot.pause()
            said = [note.text for note in look.lookout.snapshot().notes]
            assert any("saved cdctl-fleet-" in text for text in said)

    asyncio.run(run())
    assert {path.suffix for path in tmp_path.iterdir()} == {".svg", ".csv"}
