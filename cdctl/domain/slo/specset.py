"""What a set of spec files says, all of it together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cdctl.domain.slo.objective import AlertPolicy, Slo
from cdctl.errors import Problem


@dataclass(frozen=True, slots=True)
class SpecSet:
    """Every SLO of some files, in file order, and what else was read.

    `warnings` are things that were accepted but are unusual or have no equal here. `kinds` counts documents by kind.
    `alert_policies` are all named policies, used by an SLO or not. `services` maps a Service's name to its description.
    `left_out` are promises that were read and cannot be judged here, by the name that they would have, and why; each is
    among the warnings, too.
    """

    slos: tuple[Slo, ...] = ()
    files: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()
    kinds: Mapping[str, int] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    alert_policies: Mapping[str, AlertPolicy] = field(default_factory=dict)
    left_out: Mapping[str, Problem] = field(default_factory=dict)
