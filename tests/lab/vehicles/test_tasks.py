"""What commands do at a vehicle, and that what it answers is what each command calls a success."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cdctl.domain.orders.arguments import judge
from cdctl.domain.orders.command import Precondition
from cdctl.lab.scenarios import scenario
from cdctl.lab.vehicles.body import CLIMATE, LOCKED, Bodies
from cdctl.lab.vehicles.collecting import written
from cdctl.lab.vehicles.columns import Doing
from cdctl.lab.vehicles.judging import commands
from cdctl.lab.vehicles.ledger import Ledger
from cdctl.lab.vehicles.story import Story
from cdctl.lab.vehicles.tasks import TASKS, Failed, Task, seconds
from cdctl.lab.vehicles.wording import COLUMNS

NOW = 1_790_000_000_000
COMMANDS = commands()
GIVEN = {
    "log-level": {"level": "debug"},
    "parameter.get": {"name": "modem.band"},
    "parameter.set": {"name": "modem.band", "value": "b7"},
}


@pytest.fixture
def bodies(tmp_path):
    story = Story(scenario("bad-software"), 400, 3)
    story.advance()
    ledger = Ledger(tmp_path / "ledger.jsonl", NOW)
    yield Bodies(story, ledger, 3)
    ledger.close()


def row_of(bodies: Bodies, doing: Doing, *conditions: Precondition) -> int:
    rows = np.flatnonzero(bodies.story.columns.doing == doing).tolist()
    return next(row for row in rows if all(bodies.holds(one, row) for one in conditions))


def do(bodies: Bodies, row: int, command: str, later: int = 0, **args: Any) -> dict[str, Any]:
    return TASKS[command][0](Task(row, args, NOW, bodies), NOW + later)


def test_vehicles_know_every_command_that_ships() -> None:
    assert set(COMMANDS) == set(TASKS)
    assert len(TASKS) == 15


@pytest.mark.parametrize("name", sorted(TASKS))
def test_what_a_vehicle_answers_is_a_success_by_the_commands_own_word(bodies, name: str) -> None:
    command = COMMANDS[name]
    row = row_of(bodies, Doing.PARKED, *command.preconditions)
    args = judge(command, GIVEN.get(name, {}))
    result = do(bodies, row, name, **args)
    assert command.succeeded(args, result) == ""
    assert set(command.results) - {"accuracy"} <= {*result, "temperature", "left"}
    if command.revert is not None and (back := command.revert(args, result)):
        undo, what = back
        assert COMMANDS[undo].succeeded(what, do(bodies, row, undo, **what)) == ""


def test_charging_starts_and_stops(bodies) -> None:
    row = row_of(bodies, Doing.PARKED, Precondition.CHARGER_PLUGGED)
    assert do(bodies, row, "charge.start", limit=90) == {"charging": True, "before": False}
    charge = bodies.story.columns.charge[row]
    bodies.story.advance()
    assert bodies.story.columns.doing[row] == Doing.CHARGING
    assert bodies.story.columns.charge[row] > charge or charge > 94
    assert do(bodies, row, "charge.stop") == {"charging": False, "before": True, "limit": 90}
    assert not bodies.charging(row)


def test_climate_runs_for_as_long_as_it_was_told(bodies) -> None:
    assert do(bodies, 1, "climate.stop") == {"running": False, "before": False}
    assert do(bodies, 1, "climate.start", duration=600, temperature=22.5) == {"running": True, "before": False}
    assert bodies.told(1, NOW + 1) == f',"{CLIMATE}":true'
    stopped = do(bodies, 1, "climate.stop", later=100_000)
    assert stopped == {"running": False, "before": True, "temperature": 22.5, "left": 500}
    assert bodies.told(1, NOW + 1) == f',"{CLIMATE}":false'
    do(bodies, 1, "climate.start", duration=60, temperature=20)
    assert do(bodies, 1, "climate.stop", later=61_000)["before"] is False, "it was over by itself"


def test_doors_stay_as_they_were_told(bodies) -> None:
    assert bodies.told(2, NOW) == ""
    do(bodies, 2, "unlock")
    assert do(bodies, 2, "lock") == {"locked": True, "before": False}
    assert bodies.told(2, NOW) == f',"{LOCKED}":true'


def test_log_levels_are_kept_by_unit(bodies) -> None:
    assert do(bodies, 3, "log-level", unit="tcu", level="trace")["before"] == "info"
    assert do(bodies, 3, "log-level", unit="gateway", level="error")["before"] == "info"
    assert do(bodies, 3, "log-level", unit="tcu", level="info")["before"] == "trace"


def test_a_parameter_that_is_not_there_is_no_success(bodies) -> None:
    with pytest.raises(Failed, match="no such parameter"):
        do(bodies, 4, "parameter.get", name="never.heard")
    assert do(bodies, 4, "parameter.set", name="never.heard", value="1") == {"value": "1", "prior": None}
    assert do(bodies, 4, "parameter.get", name="never.heard") == {"value": "1"}
    assert do(bodies, 4, "parameter.set", name="never.heard", value="") == {"value": "", "prior": "1"}
    assert do(bodies, 4, "parameter.get", name="never.heard") == {"value": ""}, "an empty text is a value"


def test_a_map_that_a_third_cannot_bear_raises_a_code_until_it_is_taken_back(bodies) -> None:
    def lived() -> set[tuple[int, str, tuple[str, ...]]]:
        told = [one for _ in range(21) for one in bodies.story.advance().told]
        return {(one.row, one.kind, one.codes) for one in told if one.row in rows and one.codes == ("P0A80",)}

    columns = bodies.story.columns
    rows = np.flatnonzero(columns.codes == 0)[:120].tolist()
    for row in rows:
        do(bodies, row, "parameter.set", name="bms.map", value="v2")
    raised = lived()
    harmed = {row for row, kind, _ in raised if kind == "dtc.set"}
    assert 20 < len(harmed) < 60
    standing = {row for row in harmed if columns.codes[row] & columns.bit("P0A80")}
    assert len(standing) > 0.8 * len(harmed), "the story itself clears one now and then"
    for row in rows:
        do(bodies, row, "parameter.set", name="bms.map", value="v1")
    assert {row for row, kind, _ in lived() if kind == "dtc.cleared"} == standing
    assert not any(columns.codes[row] & columns.bit("P0A80") for row in harmed)


def test_facts_outlive_the_process(bodies, tmp_path) -> None:
    do(bodies, 4, "parameter.set", name="modem.band", value="b7")
    bodies.ledger.flush()
    again = Ledger(tmp_path / "ledger.jsonl", NOW)
    assert again.fact(bodies.vin(4), "parameter modem.band") == "b7"
    again.close()


def test_places_are_in_their_region_and_near_each_other(bodies) -> None:
    names = [one.name for one in bodies.story.scenario.regions]
    found = {name: do(bodies, int(np.argmax(bodies.story.who.region == at)), "locate") for at, name in enumerate(names)}
    assert 45 < found["eu"]["latitude"] < 52
    assert found["us"]["longitude"] < -90
    assert found["cn"]["longitude"] > 110


def test_what_is_collected_tells_of_the_vehicle(bodies) -> None:
    row = int(np.flatnonzero(bodies.story.columns.codes)[0])
    told = do(bodies, row, "diagnostics.collect", part="all")
    assert set(told) == {"dtc", "signals", "versions", "network", "events"}
    codes = bodies.story.columns.standing(row)
    assert [one["code"][:4] for one in told["dtc"]] == [written(code, 0)[:4] for code in codes]
    assert all(0 < one["status"] < 256 and one["frame"]["at"] <= NOW for one in told["dtc"])
    assert set(COLUMNS.values()) <= set(told["signals"])
    assert told["versions"]["tcu"] == bodies.story.who.versions[bodies.story.columns.software[row]]
    assert -140 < told["network"]["signal"] < -50
    assert [one["at"] for one in told["events"]] == sorted((one["at"] for one in told["events"]), reverse=True)
    assert list(do(bodies, row, "diagnostics.collect", part="network")) == ["network"]


@pytest.mark.parametrize(
    ("code", "failure", "bytes_"),
    [("P0A9B", 0x17, "0A9B17"), ("C0123", 0, "412300"), ("B0003", 0, "800300"), ("U0100", 0x87, "C10087")],
)
def test_codes_are_three_bytes(code: str, failure: int, bytes_: str) -> None:
    assert written(code, failure) == bytes_


def test_how_long_it_takes_is_plausible_and_the_same_each_time() -> None:
    spans = [seconds("lock", f"k{number}", "V") for number in range(300)]
    assert 0.3 <= min(spans) < 0.4
    assert 1.1 < max(spans) <= 1.2
    assert seconds("lock", "k1", "V") == spans[1] != seconds("lock", "k1", "W")
    assert seconds("ping", "k", "V") == 0


@pytest.mark.parametrize("condition", list(Precondition))
def test_every_precondition_holds_at_some_and_not_at_others(bodies, condition: Precondition) -> None:
    held = {bodies.holds(condition, row) for row in range(bodies.story.who.size)}
    assert held == {True, False}


def test_a_vehicle_that_is_driven_is_not_parked(bodies) -> None:
    row = row_of(bodies, Doing.DRIVING)
    assert not bodies.holds(Precondition.PARKED, row)
    assert not bodies.holds(Precondition.CHARGER_PLUGGED, row)
    assert bodies.holds(Precondition.DOORS_CLOSED, row)
