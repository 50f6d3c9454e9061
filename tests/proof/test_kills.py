"""Orders keep their promises while operators and brokers are killed: what was written down is checked afterwards.

The long form (`--soak`): 1,000 vehicles, 10,000 orders, 200 operators and 30 brokers killed.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from brokers import Persistent
from histories import violations
from killing import Killing
from ordered import ordered

from cdctl.domain.orders.order import State

COMMANDS = ("ping", "flash", "lock", "horn")
QUEUES = ("max_queued_messages 100000", "max_inflight_messages 100", "set_tcp_nodelay true")


def prove(
    folder: Path, *, vehicles: int, plans: int, operators: int, brokers: int, seed: int, behind: int, expires: int
) -> None:
    """All of it: every promise, nothing lost, nothing done twice. behind: changes that a broker which keeps them may
    lose all the same; expires: seconds that orders live."""
    broker = Persistent(folder / "kept", *QUEUES, behind=behind)
    with ordered(folder, vehicles=vehicles, on=broker, seed=seed) as lab:
        run = Killing(lab, broker, folder / "operator", seed)
        try:
            vins = [vin for _, vin in lab.online]
            number = 0
            while number < plans or run.operators_killed < operators:
                number += 1
                run.plan(
                    COMMANDS[number % len(COMMANDS)], vins,
                    operator_kills=min(-(-operators // plans), operators - run.operators_killed),
                    broker_kills=min(-(-brokers // plans), brokers - run.brokers_killed), expires=expires,
                )  # fmt: skip
            if lab.away:
                run.plan("ping", lab.away[:20], expires=3)
            history = run.history()
        finally:
            run.tap.close()
    assert violations(history) == []
    assert run.faults == []
    last = {one.order: one.state for one in history.moved if not one.late}
    ends = Counter(last[one.order] for one in history.intended)
    away = len(lab.away[:20])
    assert ends.total() == number * len(vins) + away
    assert ends[State.EXPIRED] == away, f"lost: {ends}"
    assert ends[State.SUCCEEDED] + ends[State.REJECTED] == number * len(vins), f"lost: {ends}"
    assert len(history.executed) == ends[State.SUCCEEDED], "done twice, or not told"
    assert (run.operators_killed, run.brokers_killed) == (operators, brokers)


def test_twenty_operators_and_five_brokers_are_killed(tmp_path: Path) -> None:
    prove(tmp_path, vehicles=500, plans=4, operators=20, brokers=5, seed=11, behind=20, expires=120)


@pytest.mark.soak
def test_two_hundred_operators_and_thirty_brokers_are_killed(tmp_path: Path) -> None:
    prove(tmp_path, vehicles=1_000, plans=10, operators=200, brokers=30, seed=12, behind=200, expires=3_600)
