"""What operators tell each other about rollouts: topics and payloads of the `ops` part of the native protocol.

    {root}/ops/{region}/rollout/{id}/state     kept by the broker: how it is, by whoever runs it
    {root}/ops/{region}/rollout/{id}/control   a wish of an operator

Both are envelopes of the type CONTROL, signed by an operator's key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from cdctl.domain.orders.rollout.engine import Picture
from cdctl.domain.orders.rollout.seen import Control, Wish

VERSION = 1
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish as it travels. control.by is empty: who asks is who signed. nonce: never twice; expires: epoch ms. plan:
    the digest of what it is about, so that an approval holds for exactly these targets, arguments and thresholds."""

    rollout: str
    control: Control
    nonce: str
    expires: int
    plan: str


def state_topic(root: str, region: str, rollout: str = "+") -> str:
    """Where a rollout's state is; a filter of all of them when none is named."""
    return f"{root}/ops/{region}/rollout/{rollout}/state"


def control_topic(root: str, region: str, rollout: str) -> str:
    """Where wishes for a rollout are heard."""
    return f"{root}/ops/{region}/rollout/{rollout}/control"


def write_control(asked: Asked) -> bytes:
    """The payload of a wish."""
    one = asked.control
    body = {
        "v": VERSION, "what": "control", "rollout": asked.rollout, "wish": one.wish.value, "at": one.at, "why": one.why,
        "wave": one.wave, "anyway": one.anyway, "nonce": asked.nonce, "exp": asked.expires, "plan": asked.plan,
    }  # fmt: skip
    return json.dumps(body, separators=(",", ":")).encode()


def read_control(payload: bytes) -> Asked:
    """The wish of a payload. Raises ValueError with what is wrong."""
    body = _body(payload, "control")
    try:
        wish = Wish(str(body["wish"]))
        why, nonce, rollout, plan = (str(body[key]) for key in ("why", "nonce", "rollout", "plan"))
        at, wave, expires = (_whole(body[key]) for key in ("at", "wave", "exp"))
    except KeyError as error:
        raise ValueError(f"a wish without {error.args[0]}") from error
    if len(why) > _LONGEST or not 8 <= len(nonce) <= 64:
        raise ValueError("a wish whose reason or nonce has another length")
    return Asked(rollout, Control(wish, "", at, why, wave, body.get("anyway") is True), nonce, expires, plan)


def write_state(picture: Picture, heard: Mapping[str, str]) -> bytes:
    """The payload of a state. heard: what became of the last wishes, by nonce: empty when it was heard."""
    return json.dumps({**plain(picture), "heard": dict(heard)}, separators=(",", ":"), allow_nan=False).encode()


def plain(picture: Picture) -> dict[str, object]:
    """A picture as JSON has it. No vehicle is named in it."""
    job, standing = picture.job, picture.standing
    waves = [
        {"name": wave.name, "to": wave.size, "size": job.rules.size(number), **asdict(tally)}
        for number, (wave, tally) in enumerate(zip(job.rules.waves, picture.waves, strict=True))
    ]
    return {
        "v": VERSION, "what": "state", "rollout": job.plan.id, "name": str(job.plan.rollout.get("name", "")),
        "plan": job.digest, "by": job.plan.by, "command": job.plan.command, "created": job.plan.created,
        "state": standing.shown, "phase": standing.phase.value, "wave": standing.wave, "reason": standing.reason,
        "since": standing.since, "at": picture.at, "waves": waves,
        "pauses": [{**asdict(one), "cause": one.cause.value} for one in standing.pauses],
        "approvers": list(standing.approvers), "approvals": job.rules.waves[standing.wave].approvals,
        "rate": None if standing.rate == float("inf") else standing.rate,
        "guards": [
            {"guard": one.guard, "health": one.health.value, "words": one.words, "at": one.at}
            for one in picture.readings.values()
        ],
        "events": [asdict(one) for one in picture.events],
    }  # fmt: skip


def read_state(payload: bytes) -> dict[str, object]:
    """The state of a payload. Raises ValueError when it is none."""
    body = _body(payload, "state")
    kinds: dict[str, type] = {
        "rollout": str, "state": str, "phase": str, "wave": int, "at": int, "waves": list, "pauses": list,
        "guards": list, "events": list, "heard": dict, "name": str, "by": str, "command": str, "reason": str,
        "plan": str,
    }  # fmt: skip
    for key, kind in kinds.items():
        if not isinstance(body.get(key), kind):
            raise ValueError(f"a state whose {key} is wrong")
    return body


def _body(payload: bytes, what: str) -> dict[str, object]:
    try:
        body = json.loads(payload)
    except ValueError as error:
        raise ValueError("not JSON") from error
    if not isinstance(body, dict) or body.get("v") != VERSION or body.get("what") != what:
        raise ValueError(f"not a {what} of version {VERSION}")
    return body


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("a number that is none")
    return value
