"""What `cdctl cmd` reads and shows, without any vehicle."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cdctl.application.planning import Spans
from cdctl.application.tally import Tally
from cdctl.cli import cmd_declared, cmd_planning, cmd_revert, cmd_rows, cmd_send, cmd_sending
from cdctl.cli.cmd_progress import Board, counts, pace, screen, summed
from cdctl.cli.main import app
from cdctl.cli.options import Run
from cdctl.commands import climate, locate, lock, parameter, ping, reboot
from cdctl.domain.orders.keeping import Kept
from cdctl.domain.orders.order import Course, Order, State
from cdctl.domain.orders.plan import Plan, Target
from cdctl.errors import UsageError
from cdctl.testing.hostile import TEXTS

VIN = "WCDA7N023TA000025"
COMMANDS = {one.name: one for each in (climate, locate, lock, parameter, ping, reboot) for one in each.make()}
PLAN = Plan(
    "01k", "test", "climate.start", {"temperature": 21.0, "duration": 600}, (Target(VIN, "eu", "i4", "23-07.55"),),
    "ada", 1_795_000_000_000, 300, 30, reason="cold",
)  # fmt: skip


def kept(vin: str = VIN, state: State = State.SUCCEEDED, command: str = "lock", **more: Any) -> Kept:
    arguments = more.get("arguments", {})
    order = Order(f"o{vin}", "k", vin, "eu", command, arguments, "n", 1, 1, 2, 3, plan="f" * 64)
    return Kept(order, b"", "s", Course(state, since=5), more.get("reason", ""), more.get("result", {}), 12, "key", 0)


def told(*orders: Kept, places: bool = False) -> cmd_rows.Told:
    return cmd_rows.Told(orders, COMMANDS.get, places, {"plan": "f" * 64})


def invoke(*args: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, args)
    return done.exit_code, done.stdout


def test_every_command_is_listed_and_described() -> None:
    code, text = invoke("cmd", "ls", "-o", "json")
    assert code == 0
    for one in json.loads(text):
        code, page = invoke("cmd", "describe", one["name"])
        assert code == 0
        assert one["summary"] in page
        assert all(argument["name"] in page for argument in one["arguments"])
        assert f"Example: cdctl cmd send {one['name']} --to VIN" in page


def test_the_formats_of_a_description() -> None:
    assert json.loads(invoke("cmd", "describe", "log-level", "-o", "json")[1])["risk"] == "confirm"
    rows = list(csv.DictReader(io.StringIO(invoke("cmd", "describe", "log-level", "-o", "csv")[1])))
    assert [row["argument"] for row in rows] == ["level", "unit", "duration"]
    assert rows[0]["default"] == "required"


@pytest.mark.parametrize(
    ("name", "hint"), [("lok", "lock"), ("climate", "climate.start or climate.stop"), ("x", "ping")]
)
def test_a_command_that_is_not_there(name: str, hint: str) -> None:
    done = CliRunner().invoke(app, ["cmd", "describe", name])
    assert done.exit_code == 2
    assert hint in done.stderr


def test_an_example_is_a_line_that_would_work() -> None:
    assert cmd_declared.example(COMMANDS["parameter.set"]) == (
        "cdctl cmd send parameter.set --to VIN -a name=telemetry.interval -a value=30"
    )
    assert cmd_declared.example(COMMANDS["locate"]).endswith('--reason "why you look"')


def test_arguments_of_the_line() -> None:
    assert cmd_planning.pairs(["a=1", "b=x=y", "c="]) == {"a": "1", "b": "x=y", "c": ""}
    for wrong in (["a"], ["=1"], ["a=1", "a=2"]):
        with pytest.raises(UsageError):
            cmd_planning.pairs(wrong)


@pytest.mark.parametrize(("text", "rate"), [("", None), ("50/s", 50.0), ("90/m", 1.5), ("36/h", 0.01), ("5", 5.0)])
def test_rates(text: str, rate: float | None) -> None:
    assert cmd_planning.rate_of(text) == (None if rate is None else pytest.approx(rate))


@pytest.mark.parametrize("text", ["0/s", "-1/s", "fast", "5/d", "1e9/s", "nan"])
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(UsageError, match="no rate"):
        cmd_planning.rate_of(text)


def test_spans_are_declared_or_told() -> None:
    assert cmd_planning.spans_of(COMMANDS["reboot"], "", "") == Spans(300, 300)
    assert cmd_planning.spans_of(COMMANDS["reboot"], "1h", "90s") == Spans(3600, 90)
    for wrong in ("8d", "500ms", "soon"):
        with pytest.raises(UsageError):
            cmd_planning.spans_of(COMMANDS["reboot"], wrong, "")


def render(what: cmd_rows.Told, form: str, hide: bool = False) -> str:
    return cmd_rows.orders(what)(form, hide, None)


def test_the_keys_of_an_order_are_those_of_the_docs() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "orders.md").read_text(encoding="utf-8")
    table = docs.partition("| key | meaning |")[2].partition("\n\n")[0]
    cells = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    keys = [key for cell in cells for key in re.findall(r"`(\w+)`", cell)]
    assert keys == list(json.loads(render(told(kept()), "jsonl")))


def test_orders_that_went_wrong_come_first() -> None:
    lines = render(told(kept("A" * 17), kept("B" * 17, State.FAILED, reason="stuck")), "table").splitlines()
    assert [line.split()[0][0] for line in lines[1:]] == ["B", "A"]


def test_many_orders_are_counted() -> None:
    many = told(*(kept(f"V{number:016}", State.REJECTED, reason="busy") for number in range(41)))
    assert render(many, "table").split() == ["STATE", "REASON", "VEHICLES", "rejected", "busy", "41"]
    assert len(render(many, "wide").splitlines()) == 42
    assert render(replace(many, each=True), "table").count("rejected") == 41


def test_ids_in_files_are_masked_wherever_they_stand() -> None:
    said = told(kept(reason=f"{VIN} is busy", result={"locked": True, "note": [f"I am {VIN}", {VIN: VIN}]}))
    for form in ("table", "wide", "json", "jsonl", "csv"):
        assert VIN not in render(said, form, hide=True).replace(f"o{VIN}", "")
        assert VIN in render(said, form)


@pytest.mark.parametrize("form", ["table", "wide", "json", "jsonl", "csv"])
@pytest.mark.parametrize("text", TEXTS)
def test_what_vehicles_say_does_no_harm(form: str, text: str) -> None:
    shown = render(told(kept(state=State.FAILED, reason=text, result={"locked": text, text: text})), form)
    assert not set(shown) & {"\x1b", "\x07", "\u202e", "\x9b"}


def test_what_vehicles_say_does_no_harm_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    for text in TEXTS:
        cmd_sending.closing(Run(), "lock", cmd_sending.Ended([kept(state=State.FAILED, reason=text)]))
    said = capsys.readouterr().err
    assert not set(said) & {"\x1b", "\x07", "\u202e"}
    assert "lock: 0 of 1 succeeded; 1 failed" in said


def test_the_last_words_say_why(capsys: pytest.CaptureFixture[str]) -> None:
    failed = [kept(f"V{n}", State.REJECTED, reason=f"reason {n % 5}") for n in range(9)]
    cmd_sending.closing(Run(), "lock", cmd_sending.Ended([kept(), *failed, kept("W", State.EXPIRED)], unsent=2))
    assert capsys.readouterr().err.splitlines() == [
        "lock: 1 of 13 succeeded; 9 rejected, 1 expired, 2 not sent",
        "  rejected: reason 0 (2)",
        "  rejected: reason 1 (2)",
        "  rejected: reason 2 (2)",
        "  rejected: reason 3 (2)",
        "  and 2 other reasons",
    ]
    cmd_sending.closing(Run(), "lock", cmd_sending.Ended([kept("W", State.EXPIRED)]))
    assert "  expired: no answer while it could still begin (1)" in capsys.readouterr().err
    cmd_sending.closing(Run(), "lock", cmd_sending.Ended([kept("W", State.RUNNING)], plans=["f" * 64]))
    assert "cdctl cmd status ffffffffffffffff looks" in capsys.readouterr().err


def test_places_are_kept_back() -> None:
    place = kept(command="locate", result={"latitude": 48.1, "longitude": 11.6})
    assert "48.1" in render(told(place, places=True), "json")
    for form in ("table", "json", "csv"):
        assert "48.1" not in render(told(place), form)
    unknown = replace(place, order=replace(place.order, command="where.is"))
    assert "48.1" not in render(told(unknown), "json")


@pytest.mark.parametrize(
    ("states", "waited", "unsent", "code"),
    [
        ([State.SUCCEEDED], True, 0, 0),
        ([State.SUCCEEDED, State.FAILED, State.EXPIRED], True, 0, 1),
        ([State.REJECTED], True, 0, 1),
        ([State.SUCCEEDED, State.TIMED_OUT], True, 0, 4),
        ([State.EXPIRED], True, 0, 4),
        ([State.UNKNOWN], True, 0, 4),
        ([State.CANCELLED], True, 0, 4),
        ([State.SENT], True, 0, 4),
        ([State.SENT, State.SUCCEEDED], False, 0, 0),
        ([State.SUCCEEDED], True, 3, 4),
    ],
)
def test_exit_codes(states: list[State], waited: bool, unsent: int, code: int) -> None:
    found = cmd_sending.Ended([kept(state=state) for state in states], waited=waited, unsent=unsent)
    assert cmd_sending.code(found) == code


def tally(total: int, **states: int) -> Tally:
    made = Tally(total=total, elapsed=4.0, rate=100.0, eta=3.2)
    made.states.update({State(name): count for name, count in states.items()})
    return made


def test_several_tallies_are_one() -> None:
    one = summed([tally(10, succeeded=4, sent=2), tally(5, failed=5)])
    assert (one.total, one.ended, one.states[State.QUEUED]) == (15, 9, 4)
    assert counts(one) == "4 queued, 2 sent, 4 succeeded, 5 failed"
    assert pace(one) == "; 200/s, all have left in about 3s"


def test_a_board_adds_up_what_it_is_told_of_several_plans() -> None:
    board, tallies = Board(Run(quiet=True), "resume"), [tally(10, succeeded=4), tally(5, failed=5)]
    tell = board.tell()
    for each in [*tallies, *tallies]:
        tell(each)
    assert (board.sum.total, board.sum.ended) == (15, 9)
    board.tell(0)(tally(1, succeeded=1))
    assert board.sum.total == 16
    assert board.said() == "resume: 6 queued, 5 succeeded, 5 failed"


def test_the_screen_says_where_the_orders_are() -> None:
    one = replace(summed([tally(10, succeeded=4, running=2, rejected=1)]), degraded=("eu: no link\x1b[2J",))
    text = screen("lock", one).plain
    assert "5 of 10 in 4s; 100/s, all have left in about 3s" in text
    assert "queued 3   sent 0   acked 0   running 2" in text
    assert "succeeded 4   failed 0   rejected 1" in text
    assert "\x1b" not in text


def test_in_a_pipe_a_line_comes_every_ten_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [100.0]
    monkeypatch.setattr("cdctl.cli.cmd_progress.time.monotonic", lambda: now[0])
    board = Board(Run(), "lock")
    with board.shown():
        for second in range(25):
            now[0] = 100.0 + second
            board.tell(0)(tally(10, succeeded=4, sent=6))
    line = "lock: 4 of 10 ended; 6 sent, 4 succeeded; 100/s, all have left in about 3s"
    assert capsys.readouterr().err.splitlines() == [line] * 2


def test_a_degraded_way_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    board = Board(Run(), "lock")
    with board.shown():
        for _ in range(3):
            board.tell(0)(replace(tally(1), degraded=["eu: no link"]))
    assert capsys.readouterr().err == "warning: eu: no link\n"


def test_results_files_are_known_by_their_ending() -> None:
    outputs = cmd_send.outputs_of(cmd_send.Asked(results="r.csv", outputs=["json"]))
    assert [(one.form, one.file) for one in outputs] == [("json", ""), ("csv", "r.csv")]
    with pytest.raises(UsageError, match="ending"):
        cmd_send.outputs_of(cmd_send.Asked(results="r.txt"))


def undone(*orders: Kept, plan: Plan | None = None) -> cmd_revert.Undoing:
    return cmd_revert.undoing(orders, plan, COMMANDS.get, {})


def setting(vin: str, prior: object, **more: Any) -> Kept:
    arguments: Mapping[str, object] = {"name": "a", "value": "2"}
    return kept(vin, command="parameter.set", result={"value": "2", "prior": prior}, arguments=arguments, **more)


def test_each_vehicle_gets_back_what_it_had() -> None:
    found = undone(setting("V1", "1"), setting("V2", "7"), setting("V3", "1"), setting("V4", "2"))
    assert {
        undo: [one.order.vin for one in some] for undo, some in found.groups.items()
    } == {
        ("parameter.set", (("name", "a"), ("value", "1"))): ["V1", "V3"],
        ("parameter.set", (("name", "a"), ("value", "7"))): ["V2"],
    }  # fmt: skip
    assert (found.nothing, found.total) == (1, 3)


def test_what_cannot_be_taken_back_says_why() -> None:
    odd = replace(kept(), order=replace(kept().order, command="gone"))
    found = undone(setting("V1", None), setting("V2", "1", state=State.EXPIRED), kept(command="reboot"), odd)
    assert not found.groups
    assert found.cannot == {
        "it had no value before, and none can be taken away": 1,
        "did not succeed (expired)": 1,
        "nothing takes reboot back": 1,
        "nothing takes gone back": 1,
    }


def test_the_arguments_of_the_plan_are_those_that_were_judged() -> None:
    plan = replace(PLAN, command="parameter.set", arguments={"name": "b", "value": "2"})
    ((name, values),) = undone(setting("V1", "1"), plan=plan).groups
    assert (name, dict(values)) == ("parameter.set", {"name": "b", "value": "1"})
