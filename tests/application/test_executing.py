"""Orders over links, where brokers allow less than one would like."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from brokers import _SECURITY, Refusing
from dispatching import operating, results, states
from ordered import Lab, ordered

from cdctl.domain.orders.order import State
from cdctl.errors import RefusedError

SESSION = "00000000000000dd"


class Strict(Refusing):
    """Refuses some subscriptions, word for word."""

    refused: Sequence[str] = ()

    def _argv(self) -> list[str]:
        argv = super()._argv()
        rules = copy.deepcopy(_SECURITY)
        acls = [
            {"acltype": "subscribePattern" if "#" in topic else "subscribeLiteral", "topic": topic, "allow": False}
            for topic in self.refused
        ]
        rules["roles"][0]["acls"] = [{**acl, "priority": 1} for acl in acls]  # type: ignore[index]
        (self.folder / "security.json").write_text(json.dumps(rules))
        return argv


def strict(folder: Path, *refused: str) -> Strict:
    broker = Strict(folder / "strict")
    broker.refused = refused
    return broker


def ping(lab: Lab, folder: Path, vins: Sequence[str]) -> tuple[dict[str, State], dict[str, str], Sequence[str]]:
    async def work() -> tuple[dict[str, State], dict[str, str], Sequence[str]]:
        async with operating(lab, folder, session=SESSION) as here:
            told: list[str] = []
            outcome = await here.dispatch.send(
                here.plan("ping", vins), here.command("ping"), tell=lambda tally: told.extend(tally.degraded)
            )
            return states(outcome), {vin: kept.reason for vin, kept in results(outcome).items()}, told

    return asyncio.run(work())


def test_where_wildcards_are_refused_every_vehicle_is_heard_by_itself(tmp_path: Path) -> None:
    regions = ("eu", "us", "cn")
    broker = strict(tmp_path, *(f"cd/{region}/+/reply/{SESSION}" for region in regions))
    with ordered(tmp_path / "lab", vehicles=20, on=broker) as lab:
        vins = [vin for _, vin in lab.online]
        found, _, told = ping(lab, tmp_path, vins)
        assert found == dict.fromkeys(vins, State.SUCCEEDED)
        assert any("every vehicle's is asked for by itself" in note for note in told)


def test_nothing_is_sent_to_a_vehicle_whose_answer_could_not_be_heard(tmp_path: Path) -> None:
    with ordered(tmp_path / "look", vehicles=20) as lab:
        (region, deaf), *others = lab.online
    refused = [*(f"cd/{one}/+/reply/{SESSION}" for one in ("eu", "us", "cn")), f"cd/{region}/{deaf}/reply/{SESSION}"]
    with ordered(tmp_path / "lab", vehicles=20, on=strict(tmp_path, *refused)) as lab:
        found, reasons, _ = ping(lab, tmp_path, [vin for _, vin in lab.online])
        assert found == {**{vin: State.SUCCEEDED for _, vin in others}, deaf: State.FAILED}
        assert "does not let us hear" in reasons[deaf]
        assert deaf not in {one["vin"] for one in lab.executions()}


def test_where_no_answer_may_be_heard_nothing_is_sent(tmp_path: Path) -> None:
    with ordered(tmp_path / "lab", vehicles=20, on=strict(tmp_path, "cd/+/+/reply/#")) as lab:
        vins = [vin for _, vin in lab.online]
        with pytest.raises(RefusedError, match="does not let us hear answers"):
            ping(lab, tmp_path, vins)
        assert lab.executions() == []
