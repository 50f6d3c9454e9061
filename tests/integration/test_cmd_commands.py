"""`cdctl cmd` end to end: a real broker, vehicles that verify and sign, a journal on the disk."""

from __future__ import annotations

import csv
import json
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commanding import ADA, OTHERS, House
from ordered import Lab, ordered
from terminal import Terminal, foreign

from cdctl.application import wiring
from cdctl.domain.orders.command import Command
from cdctl.domain.orders.plan import Plan, Target
from cdctl.domain.orders.telling import PLAN, REPLY
from cdctl.domain.settings import Settings
from cdctl.lab.vehicles.columns import Doing
from cdctl.lab.vehicles.keys import vehicle_key
from cdctl.security.dsse import seal
from cdctl.security.ed25519 import PrivateKey


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with ordered(tmp_path_factory.mktemp("lab"), vehicles=60, others=OTHERS, pace=0.1) as made:
        yield made


@pytest.fixture
def house(lab: Lab, tmp_path: Path) -> House:
    return House(tmp_path, lab)


def there(lab: Lab, region: str = "eu") -> list[str]:
    return [vin for where, vin in lab.online if where == region]


def at(lab: Lab, vin: str) -> tuple[str, ...]:
    """A vehicle, and where it is: the fleet need not be asked."""
    return "--to", vin, "--region", lab.regions[vin]


def done(lab: Lab, command: str) -> Counter[str]:
    """How often each vehicle did it."""
    return Counter(str(one["vin"]) for one in lab.executions() if one["command"] == command)


def test_one_vehicle_answers(house: House) -> None:
    vin = there(house.lab)[0]
    found = house.json("cmd", "send", "ping", "--to", vin)
    (order,) = found["orders"]
    assert (order["vin"], order["region"], order["state"]) == (vin, "eu", "succeeded")
    assert order["signed_by"]
    shown = house.json("cmd", "status", order["order"][:20])
    assert shown["steps"][0]["what"] == "intent"
    assert shown["steps"][-1]["what"] == "succeeded"
    assert house.json("cmd", "status")[0]["states"] == {"succeeded": 1}


def test_a_selection_is_counted_and_each_vehicle_does_it_once(house: House) -> None:
    vins, before = there(house.lab), done(house.lab, "log-level")
    args = ("cmd", "send", "log-level", "--where", "region:eu online", "-a", "level=debug", "--yes")
    refused = house.run(*args, "--expect", len(vins) + 1)  # type: ignore[arg-type]
    assert refused.returncode == 5
    assert f"the selection matches {len(vins)} vehicles, not {len(vins) + 1}" in refused.stderr
    found = house.run(*args, "--expect", str(len(vins)), "--results", "r.csv", "-o", "csv=whole.csv", "--show-vins")
    assert found.returncode == 0, found.stderr
    assert f"log-level: {len(vins)} of {len(vins)} succeeded" in found.stderr
    assert done(house.lab, "log-level") - before == Counter(vins)
    assert {row["vin"] for row in csv.DictReader((house.folder / "whole.csv").read_text().splitlines())} == set(vins)
    again = house.run(*args, "--expect", str(len(vins)), "--results", "masked.jsonl")
    rows = [json.loads(line) for line in (house.folder / "masked.jsonl").read_text().splitlines()]
    assert len(rows) == len(vins)
    assert not set(vins) & {row["vin"] for row in rows}
    assert again.returncode == 0


def test_a_dry_run_sends_nothing_and_writes_nothing_down(house: House) -> None:
    vin = there(house.lab)[0]
    found = house.json("cmd", "send", "lock", "--to", vin, "--region", "eu", "--dry-run")
    assert (found["count"], found["policy"]["allowed"], found["topic"]) == (1, True, f"cd/eu/{vin}/cmd")
    assert found["payload"]["command"] == "lock"
    refused = house.json("cmd", "send", "unlock", "--to", vin, "--region", "eu", "--dry-run", code=5)
    assert refused["policy"]["missing"] == 1
    assert not (house.folder / "journal.db").exists()


@pytest.mark.parametrize(
    ("args", "code", "text"),
    [
        (("lock", "--yes"), 2, "name vehicles, or a filter"),
        (("lock", "--to", "V", "--where", "online", "--yes"), 2, "exclude each other"),
        (("lock", "--to", "V", "--region", "mars", "--yes"), 2, "has no region 'mars'"),
        (("lock", "--to", "a+b", "--yes"), 2, "no id of a vehicle"),
        (("lock", "--to", "WCD*", "--yes"), 2, "there is no such vehicle"),
        (("lock", "--where", "regio:eu", "--yes"), 2, "region"),
        (("lock", "VIN"), 2, "'VIN' is one word too many"),
        (("lok", "--to", "V"), 2, "did you mean lock?"),
        (("climate.start", "--to", "V", "-a", "temperature=99"), 2, "99 is out of bounds (16 to 28 °C"),
        (("lock", "--to", "V", "--region", "eu"), 2, "--yes sends without a question"),
        (("locate", "--to", "V", "--region", "eu", "--yes"), 5, "no reason was given"),
        (("unlock", "--to", "V", "--region", "eu", "--yes"), 5, "the approval of another engineer"),
        (("unlock", "--to", "V", "--region", "eu", "--yes", "--break-glass"), 5, "role break-glass"),
    ],
)
def test_what_is_refused_before_anything_is_sent(house: House, args: tuple[str, ...], code: int, text: str) -> None:
    found = house.run("cmd", "send", *args)
    assert (found.returncode, found.stdout) == (code, "")
    assert text in found.stderr
    assert house.json("cmd", "history")["orders"] == [] if (house.folder / "journal.db").exists() else True


def test_before_anything_was_sent(house: House) -> None:
    for args, text in (
        (("status",), "nothing was sent yet"),
        (("history",), "no order"),
        (("resume",), "nothing is left"),
    ):
        found = house.run("cmd", *args)
        assert (found.returncode, text in found.stderr) == (0, True)
    for args in (("status", "3f9c"), ("resume", "3f9c"), ("cancel", "3f9c", "--yes"), ("revert", "3f9c")):
        found = house.run("cmd", *args)
        assert (found.returncode, "no such order or plan" in found.stderr) == (2, True)


def test_what_is_wrong_with_a_name_is_told_before_anybody_is_asked(house: House) -> None:
    house.run("cmd", "send", "ping", "--to", house.lab.online[0][1])
    short = house.run("cmd", "cancel", "zzz")
    assert (short.returncode, "'zzz' is too short" in short.stderr) == (2, True)
    asked = house.run("cmd", "cancel", house.kept()[0].order.plan)
    assert (asked.returncode, "--yes cancels without a question" in asked.stderr) == (2, True)
    odd = house.run("cmd", "history", "--command", "pong")
    assert (odd.returncode, "no command is called 'pong'" in odd.stderr) == (2, True)


def test_a_broker_that_is_away_gets_nothing(house: House) -> None:
    settings = house.settings()
    settings.write_text(settings.read_text().replace(f":{house.lab.broker.port}", ":1"))
    found = house.run("cmd", "send", "ping", "--to", "V", "--region", "eu")
    assert (found.returncode, "nobody listens there" in found.stderr) == (3, True)
    assert house.json("cmd", "history")["orders"] == []


def test_a_viewer_may_ping_and_no_more(house: House) -> None:
    vin = there(house.lab)[0]
    assert house.run("cmd", "send", "ping", "--to", vin, "--region", "eu", by="viewer").returncode == 0
    refused = house.run("cmd", "send", "horn", "--to", vin, "--region", "eu", "--yes", by="viewer")
    assert refused.returncode == 5
    assert "viewer" in refused.stderr


def test_nobody_matches_and_nothing_is_sent(house: House) -> None:
    found = house.run("cmd", "send", "ping", "--where", "region:eu model:none")
    assert found.returncode == 0
    assert "no vehicle matches" in found.stderr


def test_a_dangerous_command_needs_a_second_person_who_signs_the_same_bytes(house: House) -> None:
    vin, plan = house.lab.fresh(Doing.PARKED), "reboot.plan"
    made = house.run("cmd", "send", "reboot", *at(house.lab, vin), "--plan", plan, "--reason", "hangs")
    assert made.returncode == 0, made.stderr
    assert house.run("cmd", "send", "--plan", plan, "--yes").returncode == 5
    own = house.run("cmd", "approve", plan, "--yes")
    assert own.returncode == 5
    assert "you asked for it" in own.stderr
    assert house.run("cmd", "approve", plan, "--yes", by="viewer").returncode == 5
    file = house.folder / plan
    unsigned = file.read_text()
    signed = house.run("cmd", "approve", plan, "--yes", by="second")
    assert signed.returncode == 0, signed.stderr
    assert "asked by   engineer" in signed.stderr
    envelope = json.loads(file.read_text())
    other = json.loads(unsigned)["payload"].replace("A", "B", 1)
    (house.folder / "forged.plan").write_text(json.dumps(envelope | {"payload": other}))
    forged = house.run("cmd", "send", "--plan", "forged.plan", "--yes")
    assert forged.returncode == 5
    assert "signature does not hold" in forged.stderr
    more = house.run("cmd", "send", "--plan", plan, "--yes", "--to", vin)
    assert (more.returncode, "--to is part of the plan" in more.stderr) == (2, True)
    sent = house.run("cmd", "send", "--plan", plan, "--yes")
    assert sent.returncode == 0, sent.stderr
    assert done(house.lab, "reboot")[vin] == 1
    again = house.run("cmd", "send", "--plan", plan, "--yes")
    assert again.returncode == 0, again.stderr
    assert done(house.lab, "reboot")[vin] == 1, "the same plan is done once"


def test_a_plan_that_says_what_no_command_takes_is_refused(house: House) -> None:
    key = PrivateKey(ADA)
    target = Target(house.lab.online[0][1], "eu")
    now = time.time_ns() // 1_000_000
    good = Plan("01k", "test", "flash", {"times": 1}, (target,), "engineer", now, 60, 30)
    for plan, code, text in (
        (replace(good, arguments={"times": 99}), 2, "99 is out of bounds"),
        (replace(good, command="flush"), 2, "no command is called 'flush'"),
        (replace(good, context="prod"), 5, "for the context 'prod', not 'test'"),
        (replace(good, by="second"), 5, "second has not signed this plan"),
        (replace(good, created=now - 8 * 86_400_000), 5, "more than a week old"),
    ):
        (house.folder / "odd.plan").write_bytes(seal(plan.content(), PLAN, key))
        for args in (("send", "--plan", "odd.plan", "--yes"), ("approve", "odd.plan", "--yes")):
            found = house.run("cmd", *args, by="second" if args[0] == "approve" else "engineer")
            assert (found.returncode, text in found.stderr) == (code, True), found.stderr
    (house.folder / "odd.plan").write_bytes(seal(b"{}", PLAN, key))
    assert "is no plan" in house.run("cmd", "send", "--plan", "odd.plan").stderr
    (house.folder / "odd.plan").write_bytes(seal(good.content(), REPLY, key))
    assert house.run("cmd", "send", "--plan", "odd.plan").returncode == 5
    assert house.run("cmd", "send", "--plan", "none.plan").returncode == 2


def test_break_glass_is_loud_and_kept(house: House) -> None:
    vin = house.lab.fresh(Doing.PARKED)
    found = house.run(
        "cmd", "send", "reboot", *at(house.lab, vin), "--yes", "--break-glass", "--reason", "fire", by="second"
    )
    assert found.returncode == 0, found.stderr
    assert "BREAK GLASS" in found.stderr


def test_what_was_before_comes_back(house: House) -> None:
    vins = there(house.lab)
    prior = house.json(
        "cmd", "send", "parameter.get", "--to", ",".join(vins), "--region", "eu", "-a", "name=modem.band"
    )
    before = {order["vin"]: order["result"]["value"] for order in prior["orders"]}
    args = ("-a", "name=modem.band", "-a", "value=b20", "--yes")
    plan = house.json("cmd", "send", "parameter.set", "--to", ",".join(vins), "--region", "eu", *args)["plan"]
    dry = house.run("cmd", "revert", plan[:8], "--dry-run")
    assert f"parameter.set name=modem.band value=auto: {len(vins)} vehicles" in dry.stderr
    wrong = house.run("cmd", "revert", plan[:8], "--yes", "--expect", "1")
    assert wrong.returncode == 5
    back = house.run("cmd", "revert", plan[:8], "--yes", "--expect", str(len(vins)))
    assert back.returncode == 0, back.stderr
    after = house.json(
        "cmd", "send", "parameter.get", "--to", ",".join(vins), "--region", "eu", "-a", "name=modem.band"
    )
    assert {order["vin"]: order["result"]["value"] for order in after["orders"]} == before


GIVEN = {
    "log-level": ("level=debug", "unit=gateway"),
    "parameter.get": ("name=charge.limit",),
    "parameter.set": ("name=charge.limit", "value=70"),
    "diagnostics.collect": ("part=dtc",),
}


def test_what_was_changed_since_is_not_taken_back(house: House) -> None:
    vins = [house.lab.fresh(Doing.PARKED) for _ in range(3)]
    to = [word for vin in vins for word in ("--to", vin)]

    def put(value: str, *more: str) -> str:
        args = ("-a", "name=telemetry.batch", "-a", f"value={value}", *more, "--yes")
        return str(house.json("cmd", "send", "parameter.set", *args)["plan"])

    first = put("20", *to)
    put("25", "--to", vins[0])
    put("7", "--to", vins[1])
    other = ("-a", "name=charge.limit", "-a", "value=70", "--to", vins[2], "--yes")
    assert house.run("cmd", "send", "parameter.set", *other).returncode == 0
    back = house.run("cmd", "revert", first, "--yes")
    assert back.returncode == 4, back.stderr
    assert "1 vehicle: changed since by parameter.set name=telemetry.batch value=25" in back.stderr
    assert "value=1: 1 vehicle" in back.stderr, "another parameter is another thing"
    again = house.run("cmd", "revert", first, "--dry-run")
    assert "taken back already: 1 vehicle" in again.stderr
    assert "there is nothing to take back" in again.stderr


@pytest.mark.parametrize("command", wiring.catalogue(Settings()).commands()[0], ids=lambda command: command.name)
def test_vehicles_do_what_is_declared_and_take_it_back(house: House, command: Command) -> None:
    given = [part for one in GIVEN.get(command.name, ()) for part in ("-a", one)]
    args = ("cmd", "send", command.name, "--to", *there(house.lab), "--region", "eu", *given, "--yes")
    more = ("--reason", "test", "--break-glass", "-o", "json")
    sent = house.run(*args, *more, by="second")
    orders = json.loads(sent.stdout)["orders"]
    good = [order for order in orders if order["state"] == "succeeded"]
    assert good, sent.stderr
    assert {order["reason"].partition(":")[0] for order in orders} <= {"", "precondition"}
    assert all(set(order["result"]) <= set(command.results) for order in good)
    back = house.run("cmd", "revert", good[0]["plan"][:12], "--yes", *more, by="second")
    assert "did not say" not in back.stderr
    undone = json.loads(back.stdout)["orders"] if back.stdout else []
    assert all(order["state"] == "succeeded" or order["reason"] == "precondition: parked" for order in undone)
    assert ("nothing takes" in back.stderr) is (command.revert is None)


def test_what_takes_it_back_may_need_approval(house: House) -> None:
    vins = there(house.lab)
    house.run(
        "cmd", "send", "unlock", "--to", *vins, "--region", "eu", "--yes", "--break-glass", "--reason", "x", by="second"
    )
    plan = house.json("cmd", "send", "lock", "--to", *vins, "--region", "eu", "--yes", code=0)["plan"]
    refused = house.run("cmd", "revert", plan[:12], "--yes")
    assert (refused.returncode, "approval of another engineer" in refused.stderr) == (5, True)
    made = house.run("cmd", "revert", plan[:12], "--plan", "undo.plan")
    assert "cdctl cmd approve undo.plan" in made.stderr
    assert house.run("cmd", "approve", "undo.plan", "--yes", by="second").returncode == 0
    sent = house.json("cmd", "send", "--plan", "undo.plan", "--yes", "--dry-run")
    assert (sent["command"], sent["policy"]["allowed"]) == ("unlock", True)


def test_where_a_vehicle_was_is_kept_back_later(house: House) -> None:
    vin = there(house.lab)[0]
    found = house.json("cmd", "send", "locate", "--to", vin, "--region", "eu", "--yes", "--reason", "stolen")
    assert "latitude" in found["orders"][0]["result"]
    (hidden,) = house.json("cmd", "history", "--vin", vin, "--command", "locate")["orders"]
    assert "latitude" not in hidden["result"]
    (shown,) = house.json("cmd", "history", "--vin", vin, "--command", "locate", "--reason", "a theft")["orders"]
    assert "latitude" in shown["result"]
    (read,) = house.noted("location")
    assert (read.subject, read.actor, read.body["reason"]) == (vin, "engineer", "a theft")
    refused = house.run("cmd", "status", shown["order"], "--reason", "curious", by="viewer")
    assert (refused.returncode, refused.stdout) == (5, "")
    assert len(house.noted("location")) == 1
    assert "latitude" not in house.run("cmd", "status", shown["order"], by="viewer").stdout


def test_history_is_filtered(house: House) -> None:
    first, second = there(house.lab)[:2]
    house.json("cmd", "send", "ping", "--to", first, second, "--region", "eu")
    assert [one["vin"] for one in house.json("cmd", "history", "--vin", second)["orders"]] == [second]
    assert len(house.json("cmd", "history", "--limit", "1")["orders"]) == 1
    assert house.json("cmd", "history", "--state", "failed")["orders"] == []
    assert len(house.json("cmd", "history", "--since", "now-1h", "--command", "ping")["orders"]) == 2
    assert house.run("cmd", "history", "--state", "fine").returncode == 2


def test_an_order_that_waits_is_gone_on_with_or_let_go_of(house: House) -> None:
    away = house.lab.away[0]
    sent = house.run("cmd", "send", "lock", *at(house.lab, away), "--yes", "--no-wait", "--expires", "2s", "-o", "json")
    assert sent.returncode == 0, sent.stderr
    plan = json.loads(sent.stdout)["plan"]
    assert house.json("cmd", "status", plan[:8], code=4)["orders"][0]["state"] in {"sent", "unknown"}
    gone = house.run("cmd", "cancel", plan[:8], "--yes")
    assert gone.returncode == 4, gone.stderr
    assert "cancelled 0 of 1 vehicle" in gone.stderr
    assert house.json("cmd", "status", plan[:8], code=4)["orders"][0]["state"] == "expired"
    assert "nothing is left to do" in house.run("cmd", "resume").stderr


def test_ctrl_c_says_what_is_in_flight_and_resume_goes_on(tmp_path: Path) -> None:
    with ordered(tmp_path / "lab", vehicles=8, others=OTHERS, pace=1.5) as slow:
        house, vin = House(tmp_path / "house", slow), slow.online[0][1]
        args = house.arguments("cmd", "send", "diagnostics.collect", *at(slow, vin))
        shell = Terminal(*args, folder=house.folder)
        assert shell.until("running 1"), shell.written
        shell.press(b"\x03")
        assert shell.end() == 130
        words = shell.written.decode()
        assert "interrupted while sending diagnostics.collect: 1 running; go on: cdctl cmd resume" in words
        found = house.run("cmd", "resume", "--yes")
        assert found.returncode == 0, found.stderr
        assert done(slow, "diagnostics.collect") == Counter([vin])


def test_who_is_asked_for_the_number_and_gives_another_sends_nothing(house: House) -> None:
    vin = house.lab.fresh(Doing.PARKED)
    args = ("cmd", "send", "reboot", *at(house.lab, vin), "--break-glass", "--reason", "fire")
    for answer, code in ((b"y\r", 130), (b"\x04", 130), (b"\x03", 130), (b"1\r", 0)):
        shell = Terminal(*house.arguments(*args, by="second"), folder=house.folder)
        assert shell.until("type 1 to go on: "), shell.written
        shell.press(answer)
        assert shell.end() == code, shell.written
        words = shell.written.decode()
        assert ("nothing was sent" in words or "before anything was sent" in words) is (code != 0)
        assert done(house.lab, "reboot")[vin] == (code == 0)


def test_yes_is_asked_for_and_progress_leaves_no_trace(house: House) -> None:
    args = house.arguments("cmd", "send", "flash", "--where", "region:eu online", "-a", "times=2")
    shell = Terminal(*args, folder=house.folder)
    assert shell.until("[y/N] "), shell.written
    shell.press(b"y\r")
    assert shell.until("of "), shell.written
    assert shell.end() in {0, 1}
    assert not foreign(shell.written)
    assert b"queued 0" in shell.written
    assert "█".encode() in shell.written


HOSTILE = "\x1b]52;c;aGk=\x07\x1b]0;t\x07\x1b[2J\x1b[H\x9b2J\u202eevil\u2066\u200b\r\n[/x]"
"""The clipboard, the title, the whole screen, the cursor, C1, text that turns round or is not seen, markup."""


def test_what_a_vehicle_says_acts_on_no_terminal(house: House) -> None:
    lab, vin = house.lab, house.lab.away[1]
    shell = Terminal(
        *house.arguments("cmd", "send", "parameter.get", *at(lab, vin), "-a", "name=a"), folder=house.folder
    )
    assert shell.until("sent 1"), shell.written
    (kept,) = house.kept()
    said = {"value": HOSTILE, HOSTILE: [HOSTILE], "more": {HOSTILE: HOSTILE}}
    reply = {"v": 1, "order": kept.order.id, "vin": vin, "state": "failed", "ts": 1, "reason": HOSTILE, "result": said}
    lab.client.publish(
        kept.order.reply, seal(json.dumps(reply).encode(), REPLY, vehicle_key(lab.plan.seed, vin)), qos=1
    )
    assert shell.end() == 1, shell.written
    assert not foreign(shell.written)
    assert "\\x1b]52" in shell.written.decode()
    for args in (("status", kept.order.id), ("status", kept.order.plan, "-o", "wide"), ("history", "-o", "csv")):
        shown = Terminal(*house.arguments("cmd", *args), folder=house.folder)
        shown.end()
        assert b"evil" in shown.written
        assert not foreign(shown.written)


def test_a_session_that_somebody_goes_on_with_is_left_to_them(house: House) -> None:
    args = ("cmd", "send", "lock", *at(house.lab, house.lab.away[0]), "--yes", "--expires", "60s")
    with house.start(*args) as running:
        try:
            while not any(row["open"] for row in _plans(house)):
                assert running.poll() is None
            found = house.run("cmd", "resume", "--yes")
            assert found.returncode == 5, found.stderr
            assert "engineer (process" in found.stderr
        finally:
            running.send_signal(signal.SIGINT)
            _, said = running.communicate(timeout=30)
    assert "go on: cdctl cmd resume" in said


def test_a_plan_that_somebody_else_cancels_stops_being_sent(house: House) -> None:
    args = ("cmd", "send", "ping", "--where", "region:eu online", "--rate", "1/s", "-o", "json")
    with house.start(*args) as running:
        while not (rows := [row for row in _plans(house) if row["states"]]):
            assert running.poll() is None
        gone = house.run("cmd", "cancel", rows[0]["plan"], "--yes")
        said, words = running.communicate(timeout=30)
    assert running.returncode == 4, words
    assert "it was cancelled while it was being sent" in words
    found = json.loads(said)
    assert found["unsent"] + len(found["orders"]) == len(there(house.lab))
    assert found["unsent"] > 0
    assert gone.returncode in {0, 4}, gone.stderr
    assert "nothing is left to do" in house.run("cmd", "resume").stderr


def test_an_approved_plan_that_was_cancelled_is_not_sent(house: House) -> None:
    away = house.lab.away[0]
    house.run("cmd", "send", "lock", *at(house.lab, away), "--expires", "1s", "--plan", "lock.plan")
    sent = house.run("cmd", "send", "--plan", "lock.plan", "--yes", "--no-wait", "-o", "json")
    plan = json.loads(sent.stdout)["plan"]
    with house.start("cmd", "cancel", plan, "--yes") as cancelling:
        while (found := house.run("cmd", "send", "--plan", "lock.plan", "--yes", "--no-wait")).returncode != 5:
            assert cancelling.poll() is None
        cancelling.send_signal(signal.SIGINT)
        cancelling.communicate(timeout=30)
    assert "this plan was cancelled" in found.stderr


def _plans(house: House) -> list[dict[str, Any]]:
    found = house.run("cmd", "status", "-o", "json")
    return json.loads(found.stdout) if found.returncode == 0 else []
