"""What the panel of orders shows, as records: keys and numbers are those of `cdctl cmd` and `cdctl rollout`."""

from __future__ import annotations

from cdctl.domain.boards.ordering import OrderSeen, PlanSeen, RolloutSeen
from cdctl.panels.moments import utc


def plan(one: PlanSeen) -> dict[str, object]:
    """As a row of `cmd status`."""
    return {
        "plan": one.digest,
        "at": utc(one.at / 1000),
        "by": one.by,
        "context": one.context,
        "command": one.command,
        "vehicles": one.vehicles,
        "states": dict(one.states),
        "open": one.open,
        "unsent": one.unsent,
        "reason": one.reason,
    }


def rollout(one: RolloutSeen) -> dict[str, object]:
    """As a row of `rollout ls`, and its waves and guards as in `rollout status`."""
    good = one.count("succeeded")
    return {
        "rollout": one.id,
        "name": one.name,
        "state": one.state,
        "wave": f"{one.wave + 1}/{len(one.waves)}",
        "done": f"{good:,}/{one.vehicles:,}",
        "by": one.by,
        "runs": one.runner,
        "why": "; ".join(one.why),
        "command": one.command,
        "at": one.at,
        "waves": [{"name": wave.name, "to": wave.to, "size": wave.size, **wave.places} for wave in one.waves],
        "guards": [{"guard": g.guard, "health": g.health, "words": g.words, "at": g.at} for g in one.guards],
    }


def order(one: OrderSeen) -> dict[str, object]:
    """As an order of `cmd status PLAN`; what it brought back is left out."""
    return {
        "vin": one.vin,
        "region": one.region,
        "command": one.command,
        "state": one.state or None,
        "reason": one.reason,
        "took_ms": one.took if one.took or one.state == "succeeded" else None,
        "order": one.order,
        "plan": one.plan,
        "sent_at": utc(one.at / 1000) if one.at else None,
        "since": utc(one.since / 1000) if one.since else None,
        "signed_by": one.by,
    }
