"""Evidence as JSON has it, so that a rollout that is taken up again goes on with what it knew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.orders.rollout.cohort.evidence import SIZES, Evidence
from cdctl.domain.orders.rollout.cohort.families import Block

_BLOCK = ("a_bad", "a_size", "b_bad", "b_size")


def to_plain(evidence: Evidence, names: Sequence[tuple[str, str, str]]) -> dict[str, object]:
    """One run's evidence. names: of its strata."""
    return {
        "strata": [list(name) for name in names],
        "harm": evidence.harm.tolist(),
        "safe": evidence.safe.tolist(),
        "harmful": bool(evidence.harmful),
        "proved": bool(evidence.proved),
        "seen": {name: getattr(evidence.seen, name).tolist() for name in _BLOCK},
        "before": {name: getattr(evidence.before, name).tolist() for name in _BLOCK},
    }


def names_of(body: Mapping[str, object]) -> list[tuple[str, str, str]]:
    """The strata of what `to_plain` wrote. Raises ValueError when it is none."""
    names = body.get("strata")
    if not isinstance(names, list) or not all(isinstance(one, list) and len(one) == 3 for one in names):
        raise ValueError("the evidence has no strata")
    return [(str(region), str(model), str(sw)) for region, model, sw in names]


def from_plain(body: Mapping[str, object], names: Sequence[tuple[str, str, str]]) -> Evidence:
    """What `to_plain` wrote, for strata that begin with those it was of; nothing is known of the others yet. Raises
    ValueError when it is of others, or is none."""
    old = names_of(body)
    if old != list(names[: len(old)]):
        raise ValueError("the evidence is of other vehicles")
    strata, more = len(old), len(names) - len(old)
    return Evidence(
        np.pad(_array(body.get("harm"), (strata, len(SIZES))), ((0, more), (0, 0))),
        np.pad(_array(body.get("safe"), (strata,)), (0, more)),
        np.asarray(body.get("harmful") is True),
        np.asarray(body.get("proved") is True),
        _block(body.get("seen"), strata, more),
        _block(body.get("before"), strata, more),
    )


def _block(body: object, strata: int, more: int) -> Block:
    if not isinstance(body, Mapping):
        raise ValueError("the evidence has no counts")
    return Block(*(np.pad(_array(body.get(name), (strata,)), (0, more)) for name in _BLOCK))


def _array(value: object, shape: tuple[int, ...]) -> NDArray[np.float64]:
    try:
        found = np.asarray(value, np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError("the evidence is not of numbers") from error
    if found.shape != shape or not np.isfinite(found).all():
        raise ValueError("the evidence is not of numbers for these vehicles")
    return found
