"""Vehicles that a command is meant for, what is known of them, and which of them can do it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cdctl.domain.fleet.wholeness import is_whole
from cdctl.domain.orders.plan import Target
from cdctl.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from cdctl.domain.fleet.reading import Page
    from cdctl.domain.settings import Context, Settings

COLUMNS = ("vin", "region", "model", "sw", "state", "caps")
"""What is asked of the fleet about vehicles that are meant."""


@dataclass(frozen=True, slots=True)
class Selected:
    """Vehicles that are meant. where: the filter, empty when ids were named. states: how many are online, offline, ...;
    empty when the fleet was not asked. left_out: how many a term could not judge, by field. whole: whether the picture
    was complete. capability: what the command needs; unable: how many say what they can, and not that, and are left
    out; untold: how many of the targets do not say what they can."""

    targets: tuple[Target, ...]
    where: str = ""
    states: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    whole: bool = True
    capability: str = ""
    unable: int = 0
    untold: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """Vehicles before it was looked at what they can. caps: what each says that it can, where it does; states: how each
    is."""

    selected: Selected
    caps: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)


def sending_context(settings: Settings) -> Context:
    """The context in use, which must have brokers, or an API that carries commands. Raises UsageError."""
    from cdctl.application.fleet_wiring import chosen_context, fleet_context

    context = chosen_context(settings)
    if context.commands is not None:
        return context
    context = fleet_context(settings)
    if not context.brokers:
        hint = f"a collector carries none: write brokers in [contexts.{context.name}]"
        raise UsageError(f"context {context.name!r} has no broker to send orders to", subject=settings.file, hint=hint)
    return context


def able(found: Found, capability: str) -> Selected:
    """Without those that cannot. What a vehicle does not say is not taken for a no."""
    selected = found.selected
    if not capability:
        return selected
    unable = {one.vin for one in selected.targets if capability not in found.caps.get(one.vin, (capability,))}
    if unable and (not selected.where or len(unable) == len(selected.targets)):
        what = f"{len(unable):,} of {len(selected.targets):,} vehicles do not say that they can: {capability}"
        hint = "cdctl fleet show VIN says what one can; --despite-caps sends all the same"
        raise RefusedError(what, subject=sorted(unable)[0] if len(unable) == 1 else "", hint=hint)
    targets = tuple(one for one in selected.targets if one.vin not in unable)
    untold = sum(one.vin not in found.caps for one in targets)
    states = Counter(found.states[one.vin] for one in targets) if found.states else {}
    return replace(selected, targets=targets, states=states, capability=capability, unable=len(unable), untold=untold)


def of_page(page: Page, where: str) -> Found:
    """The vehicles of a page with COLUMNS; those whose region is not known are left out. where: the filter."""
    caps = {str(row[0]): tuple(str(row[5]).split()) for row in page.rows if row[5] is not None}
    rows = [[str(cell or "") for cell in row[:5]] for row in page.rows]
    targets = tuple(sorted(Target(*row[:4]) for row in rows if row[1]))
    left_out = dict(page.left_out)
    if homeless := sum(not row[1] for row in rows):
        left_out["region"] = left_out.get("region", 0) + homeless
    states = {row[0]: row[4] for row in rows if row[1]}
    whole = is_whole(page.status)
    return Found(Selected(targets, where, Counter(states.values()), left_out, whole), caps, states)
