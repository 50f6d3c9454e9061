"""States of rollouts, as whoever runs one tells it (`talk.plain`): which is meant, who runs it, whether it is over."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from cdctl.domain.text import safe
from cdctl.errors import RefusedError, UsageError

Body = dict[str, Any]
OVER = frozenset({"aborted", "completed", "failed"})
"""Phases in which a rollout has ended."""
STALE_MS = 15_000
"""A state that is older was told by somebody who is gone."""
NOBODY = "nobody"
_HALF_A_DAY_MS = 43_200_000


def runs(body: Mapping[str, Any], now: float) -> str:
    """Who runs it now (epoch milliseconds): a name, NOBODY when it was not heard of for a while, empty when it has
    ended."""
    if body["phase"] in OVER:
        return ""
    return str(body.get("runner") or NOBODY) if now - body["at"] < STALE_MS else NOBODY


def over(phase: str, at: int, rollout: str, now: float) -> RefusedError:
    """It has ended: nothing more can be wanted of it. at, now: epoch milliseconds."""
    day = "" if now - at < _HALF_A_DAY_MS else "%Y-%m-%d "
    when = time.strftime(f"{day}%H:%M:%S", time.localtime(at / 1000))
    hint = f"cdctl rollout status {rollout} says why; what is to go on is a new rollout"
    return RefusedError(f"it was {phase} at {when}", subject=rollout, hint=hint)


def one(states: Mapping[str, Body], begins: str) -> Body:
    """The one whose id begins so. Raises UsageError when none or several do."""
    found = [body for name, body in states.items() if name.startswith(begins)]
    if len(found) == 1:
        return found[0]
    what = "nobody tells of such a rollout" if not found else f"{len(found)} rollouts begin so"
    raise UsageError(what, subject=safe(begins, 60), hint="cdctl rollout ls")


def merged(told: Mapping[str, Body], kept: Mapping[str, Body]) -> dict[str, Body]:
    """What brokers have, and what this journal has beside it. told, kept: by id."""
    states = dict(told)
    for name, body in kept.items():
        if name not in states or int(states[name]["at"]) < int(body["at"]):
            states[name] = {**body, "runner": states.get(name, {}).get("runner", "")}
        elif body["phase"] in OVER:  # what became of its orders since then, nobody tells on the topics
            states[name] = {**states[name], "waves": body["waves"]}
    return states


def why(body: Mapping[str, Any]) -> list[str]:
    """Why it does not go on, or ended."""
    pauses = [
        f"{one.get('key')}: {one.get('words')}" if one.get("words") else str(one.get("key")) for one in body["pauses"]
    ]
    return pauses or ([str(body["reason"])] if body["reason"] else [])


def newest_first(states: Iterable[Body]) -> list[Body]:
    """As they are listed."""
    return sorted(states, key=lambda body: -int(body["at"]))
