"""What can be wanted of a plan or a rollout from the board of orders, and why not."""

from __future__ import annotations

from cdctl.domain.boards.ordering import PlanSeen, RolloutSeen
from cdctl.domain.boards.requests import Steer
from cdctl.domain.orders.rollout.standing import Phase
from cdctl.domain.text import safe
from cdctl.panels.orders_lines import Thing


def key(thing: Thing) -> str:
    """What it is known by: the digest of a plan, the id of a rollout."""
    return thing.digest if isinstance(thing, PlanSeen) else thing.id


def began(thing: Thing) -> int:
    """Epoch milliseconds."""
    return thing.at if isinstance(thing, PlanSeen) else thing.created or thing.since


def named(thing: Thing) -> str:
    """For people."""
    if isinstance(thing, PlanSeen):
        return f"{safe(thing.command, 60)} {thing.digest[:8]}"
    return f"rollout {safe(thing.name, 60)} {safe(thing.id, 40)}"


def under_way(thing: Thing, now: float) -> bool:
    """Whether anything can still happen. now: epoch seconds."""
    return thing.under_way(now * 1000) if isinstance(thing, PlanSeen) else not thing.over


def steer(action: str, thing: Thing) -> Steer:
    """What to do about which plan (its digest) or rollout (its id)."""
    if action == "retry":
        return Steer("retry", thing.digest if isinstance(thing, PlanSeen) else thing.plan)
    if action == "stop":
        return Steer("cancel", thing.digest) if isinstance(thing, PlanSeen) else Steer("abort", thing.id)
    return Steer(action, key(thing))


def cannot(action: str, thing: Thing, now: float, *, opened: bool) -> str:
    """Why an action makes no sense for it, empty when it does. now: epoch seconds. opened: its vehicles are shown, and
    it is known as it was before."""
    if action == "retry":
        return "" if thing.failed else "nothing of it failed: there is nothing to be tried again"
    if action in {"pause", "resume", "approve"} and isinstance(thing, PlanSeen):
        return f"a plan cannot be told to {action}, a rollout can: A cancels a plan"
    if isinstance(thing, RolloutSeen) and action == "approve" and not thing.over:
        if opened:
            return "Esc first: the list of rollouts says whether this one waits for approval"
        if not thing.waits:
            return f"nothing waits for approval: {_waiting(thing)}"
    return "" if under_way(thing, now) else "it is over: nothing more can be wanted of it"


def _waiting(thing: RolloutSeen) -> str:
    if thing.phase == Phase.WAITING.value:
        return f"wave {thing.wave + 1} has its {thing.asked}"
    return f"wave {thing.wave + 1} is {safe(thing.state, 20)}"
