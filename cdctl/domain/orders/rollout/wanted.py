"""A rollout as somebody wants it: what a rollout file says, before it is known whom it meets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cdctl.domain.orders.command import Value
from cdctl.domain.orders.plan import Target
from cdctl.domain.orders.rollout.rules import Rules
from cdctl.domain.orders.rollout.waves import Rows, ends, sequence


@dataclass(frozen=True, slots=True)
class Wanted:
    """One rollout file. spread: columns of a target that waves are spread over. expect: how many vehicles are meant.
    expires, timeout: of an order, seconds; None: as its command has it. rules: all but whom it meets and who asks.
    content: the file as JSON has it, which becomes part of the plan."""

    name: str
    command: str
    arguments: Mapping[str, Value]
    where: str
    rules: Rules
    spread: tuple[str, ...] = ()
    expect: int | None = None
    reason: str = ""
    expires: int | None = None
    timeout: int | None = None
    description: str = ""
    content: Mapping[str, object] = field(default_factory=dict)

    def met(self, targets: int, by: str) -> Rules:
        """The rules for so many targets. Raises ValueError when the waves do not fit them."""
        return replace(self.rules, ends=ends(self.rules.waves, targets), by=by)

    def order(self, targets: tuple[Target, ...], digest: str) -> Rows:
        """The sequence in which a plan's targets are told."""
        strata = [tuple(getattr(one, name) for name in self.spread) for one in targets] if self.spread else None
        return sequence([one.vin for one in targets], digest, strata)
