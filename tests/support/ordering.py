"""Plans, rollouts and orders as the view sees them, for boards that look at no journal.

look = Look(30, "orders", answering=answering(sight()))
"""

from __future__ import annotations

from collections.abc import Mapping

from screens import HOSTILE, NOW, vin

from cdctl.application.top.lookout import Answering
from cdctl.domain.boards.asking import Ask
from cdctl.domain.boards.ordering import (
    GuardSeen,
    OrderSeen,
    PlanSeen,
    RolloutSeen,
    Sent,
    SentSight,
    Targeted,
    TargetsOf,
    WaveSeen,
)
from cdctl.domain.orders.rollout.tally import PLACES

NOW_MS = round(NOW * 1000)


def plan(number: int, ago: float = 60.0, vehicles: int = 12, **more: object) -> PlanSeen:
    told: dict[str, object] = {
        "digest": f"{number:064x}", "id": f"01k{number:023}", "at": NOW_MS - round(ago * 1000), "by": "ada",
        "context": "test", "command": "lock", "vehicles": vehicles, "until": NOW_MS + 200_000,
        "states": {"succeeded": vehicles},
    }  # fmt: skip
    return PlanSeen(**{**told, **more})  # type: ignore[arg-type]


def wave(name: str, size: int, **places: int) -> WaveSeen:
    told = dict.fromkeys(PLACES, 0) | places
    told["planned"] = size - sum(places.values())
    return WaveSeen(name, str(size), size, told)


def rollout(number: int, state: str = "running", **more: object) -> RolloutSeen:
    waves = (
        wave("canaries", 20, succeeded=19, failed=1), wave("eu", 480, succeeded=210, failed=6, rejected=4, sent=40),
        wave("", 9_500),
    )  # fmt: skip
    told: dict[str, object] = {
        "id": f"01r{number:023}", "plan": f"{number:064x}", "name": "charge-limit", "command": "parameter.set",
        "by": "ada", "state": state, "phase": "running" if state == "paused" else state, "wave": 1,
        "since": NOW_MS - 95_000, "at": NOW_MS - 1_000, "runner": "ada", "why": (), "waves": waves, "rate": 120.0,
        "guards": (
            GuardSeen("slo:remote-command-availability", "healthy", "burns 0.4x of 2x", NOW_MS - 12_000),
            GuardSeen("cohort:dtcs", "thin", "12 of 400 vehicle-hours", NOW_MS - 40_000),
        ),
        "ours": True, "created": NOW_MS - 600_000,
    }  # fmt: skip
    return RolloutSeen(**{**told, **more})  # type: ignore[arg-type]


def order(number: int, state: str, reason: str = "", **more: object) -> OrderSeen:
    told: dict[str, object] = {
        "vin": vin(number), "region": "eu", "command": "lock", "state": state, "reason": reason,
        "since": NOW_MS - 4_000 * number, "at": NOW_MS - 60_000, "order": f"01o{number:023}", "plan": f"{2:064x}",
        "took": 850, "by": "key",
    }  # fmt: skip
    return OrderSeen(**{**told, **more})  # type: ignore[arg-type]


ORDERS = (
    order(1, "failed", "stuck"), order(2, "rejected", "precondition: parked"), order(3, "timed_out"),
    order(4, "expired"), order(5, "running"), order(6, "sent"), order(7, "succeeded"),
    order(8, "failed", HOSTILE, vin=HOSTILE, region=HOSTILE), order(9, "", since=0, at=0, order=""),
)  # fmt: skip


def sight() -> SentSight:
    """What an operator might see on a busy morning."""
    paused = rollout(
        1, "paused", why=("slo:remote-command-availability: burns 14.2x of 2x, 31 bad of 220",),
        guards=(GuardSeen("slo:remote-command-availability", "burning", "burns 14.2x of 2x", NOW_MS - 5_000),),
    )  # fmt: skip
    over = rollout(2, "aborted", why=("wrong value",), runner="", created=NOW_MS - 7_200_000, name="interval")
    nobody = rollout(3, "running", runner="nobody", created=NOW_MS - 900_000, name="log-levels", guards=(), wave=0)
    plans = (
        plan(2, 61, 9, states={"failed": 2, "rejected": 1, "timed_out": 1, "expired": 1, "running": 1, "sent": 1,
                               "succeeded": 1}),
        plan(3, 300, command="climate.start", arguments={"temperature": "22", "duration": "10m"}, reason="cold"),
        plan(4, 900, 1, command="ping", states={"expired": 1}, until=NOW_MS - 1),
        plan(5, 1_500, 40, cancelled="bea", states={"cancelled": 31, "succeeded": 9}),
        plan(6, 9_000, 1_000, command=HOSTILE, arguments={HOSTILE: HOSTILE}, reason=HOSTILE, by=HOSTILE),
    )  # fmt: skip
    return SentSight(plans, (paused, over, nobody))


def answering(found: SentSight, targeted: Targeted | None = None) -> Mapping[type[Ask], Answering]:
    """Who answers with just this."""

    async def sent(ask: Sent, snapshot: object) -> object:
        return SentSight(orders=ORDERS) if ask.vin else found

    async def targets(ask: TargetsOf, snapshot: object) -> object:
        return targeted or Targeted(next(one for one in found.plans if one.digest == ask.plan), ORDERS)

    return {Sent: sent, TargetsOf: targets}
