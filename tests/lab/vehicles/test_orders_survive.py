"""Orders to vehicles that are away, reboot, or whose process is killed."""

from __future__ import annotations

import json
import os

import pytest
from ordered import ENDS, Lab, ordered
from waiting import eventually

from cdctl.domain.orders.order import Heard
from cdctl.lab.vehicles.keys import trust_toml
from cdctl.lab.vehicles.singles import MOST
from cdctl.security.ed25519 import PrivateKey, written


def restarted(lab: Lab) -> str:
    """A vehicle that has gone to restart its modem: it answers when it is back."""
    order = lab.order(lab.fresh(), "reboot", unit="tcu")
    lab.send(order)
    lab.until(order.id, Heard.RUNNING)
    assert eventually(lambda: order.vin in lab.gone)
    return order.vin


def test_orders_wait_at_the_broker_for_a_vehicle_that_is_away(tmp_path) -> None:
    with ordered(tmp_path, pace=0.1) as lab:
        vin = restarted(lab)
        late, good = lab.order(vin, "ping", expires=-3), lab.order(vin, "ping")
        lab.send(late)
        lab.send(good)
        assert lab.until(late.id, Heard.EXPIRED).vin == vin
        lab.until(good.id, Heard.SUCCEEDED)
        told = [one for one in lab.heard if one.vin == vin and one.heard is Heard.SUCCEEDED]
        assert [one.result.get("uptime") for one in told] == [1, None], "and it tells of its restart first"
        assert vin not in lab.gone, "it was born again"
        assert lab.births[vin]["seq"] == 3


@pytest.mark.parametrize("singles", [MOST, 0])
def test_a_broker_has_somebody_to_keep_orders_for(tmp_path, singles: int) -> None:
    """Of vehicles that sleep since before the lab was there, too; only what is for nobody is for nobody."""
    with ordered(tmp_path, singles=singles, still=False) as lab:
        taken: dict[int, int] = {}
        lab.client.on_publish = lambda client, data, number, code, more: taken.update({number: code.value})
        numbers = [lab.client.publish(lab.telling.order_topic(lab.regions[vin], vin), b"{}", 1).mid for vin in lab.away]
        nobody = lab.client.publish("cd/nowhere/V/cmd", b"{}", 1).mid
        assert eventually(lambda: len(taken) == len(numbers) + 1)
        assert {taken[number] for number in numbers} == {0}
        assert taken[nobody] == 16


def test_orders_over_shared_lines_pass_a_vehicle_that_is_away(tmp_path) -> None:
    with ordered(tmp_path, pace=0.1, singles=0) as lab:
        vin, asleep = restarted(lab), lab.away[0]
        away = lab.order(vin, "ping"), lab.order(asleep, "ping")
        for order in away:
            lab.send(order)
        assert eventually(lambda: vin not in lab.gone), (lab.fleet.running, lab.fleet.status())
        lab.query(vin, away[0].id)
        assert lab.until(away[0].id, Heard.UNHELD, Heard.ACKED).heard is Heard.UNHELD
        lab.end(lab.order(vin, "ping"))
        assert {one["order"] for one in lab.executions()}.isdisjoint(one.id for one in away)


def test_a_killed_process_goes_on_where_it_was(tmp_path) -> None:
    with ordered(tmp_path, pace=1.0) as lab:
        done = lab.order(lab.fresh(), "parameter.set", name="modem.band", value="b7")
        lab.end(done)
        under_way, waiting = (lab.order(vin, "reboot", unit="gateway") for vin in [lab.fresh()] * 2)
        lab.send(under_way)
        lab.send(waiting)
        lab.until(waiting.id, Heard.ACKED)
        lab.restart()
        told = [lab.until(order.id, *ENDS) for order in (under_way, waiting)]
        assert [(one.heard, one.reason) for one in told] == [
            (Heard.FAILED, "interrupted under way"),
            (Heard.FAILED, "interrupted"),
        ]
        again = lab.end(done)
        assert (again.heard, again.duplicate, again.result["prior"]) == (Heard.SUCCEEDED, True, "auto")
        got = lab.end(lab.order(done.vin, "parameter.get", name="modem.band"))
        assert got.result == {"value": "b7"}
        lab.send(under_way)
        assert lab.until(under_way.id, Heard.FAILED).duplicate
        assert [one["order"] for one in lab.executions()].count(under_way.id) == 1
        assert waiting.id not in [one["order"] for one in lab.executions()]


def test_a_ledger_that_is_torn_in_its_last_line_is_read(tmp_path) -> None:
    with ordered(tmp_path) as lab:
        done = lab.order(lab.fresh(), "ping")
        lab.end(done)
        os.kill(lab.fleet.pid, 9)
        ledger = lab.fleet.folder / "ledger.jsonl"
        last = ledger.read_bytes().splitlines()[-1]
        assert json.loads(last)["id"] == done.id
        with ledger.open("ab") as file:
            file.write(last[:40])
        lab.restart(kill=False)
        assert lab.end(done).duplicate


def test_the_trust_file_is_read_again_when_it_changes(tmp_path) -> None:
    bea = PrivateKey(b"b" * 32)
    with ordered(tmp_path) as lab:
        first = lab.order(lab.fresh(), "ping")
        lab.send(first, bea)
        assert eventually(lambda: [one["reason"] for one in lab.refusals()] == ["unknown key"])
        lab.trust.write_text(trust_toml({"bea": (written(bea.public), ("engineer",))}, "vehicles.csv"))

        def known() -> bool:
            lab.send(lab.order(first.vin, "ping"), bea)
            return not lab.said.empty()

        assert eventually(known)
        lab.said.queue.clear()
        lab.send(first)
        assert eventually(lambda: lab.refusals()[-1]["reason"] == "unknown key"), "ada is not in it any more"


@pytest.mark.parametrize("singles", [MOST, 0])
def test_vehicles_that_are_killed_again_and_again_do_each_thing_once(tmp_path, singles: int) -> None:
    """Killed in the middle of a flood, asked for the rest each time: every order ends, none is done twice."""
    with ordered(tmp_path, singles=singles, pace=0.002) as lab:
        vins = [vin for _, vin in lab.online]
        orders = [
            lab.order(vins[number % len(vins)], "parameter.set", name="a.b", value=str(number)) for number in range(240)
        ]
        ended: dict[str, Heard] = {}

        def hear() -> None:
            while not lab.said.empty():
                word = lab.said.get()
                if word.heard in ENDS:
                    assert ended.setdefault(word.order, word.heard) is word.heard, "what ended stays so"

        for kill in (60, 120, 180, 0):
            for order in orders:
                if order.id not in ended:
                    lab.send(order)
            assert eventually(lambda: hear() or len(ended) >= (kill or len(orders)))  # noqa: B023
            if kill:
                lab.restart()
        keys = [one["key"] for one in lab.executions()]
        assert len(keys) == len(set(keys)), "nothing is done twice"
        done = {order.id for order in orders if order.key in keys}
        assert {one for one, heard in ended.items() if heard is Heard.SUCCEEDED} <= done
        assert sum(heard is Heard.SUCCEEDED for heard in ended.values()) > 150
