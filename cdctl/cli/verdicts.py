"""What verdicts mean for a script: the exit code of a run, and --fail-on."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from cdctl.cli import exits
from cdctl.errors import UsageError

if TYPE_CHECKING:
    from cdctl.domain.slo.verdict import SloReport


def named(text: str) -> frozenset[str]:
    """Names for --fail-on. Raises UsageError for one that is none."""
    known = ("met", "at_risk", "breached", "no_data", "error")
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"verdicts: {', '.join(known)}"
            raise UsageError(f"there is no verdict {name!r}", subject="--fail-on", hint=hint)
    return frozenset(names)


def code(report: SloReport, bad: frozenset[str]) -> exits.Code:
    """2 for an error in a spec, 1 for a broken promise or a named verdict, 3 where the answer is not known."""
    codes = [exits.Code.DONE]
    for row in report.rows:
        verdicts = {row.verdict.value, row.composite.verdict.value if row.composite else row.verdict.value}
        if verdicts & (bad | {"breached"}):
            codes.append(exits.Code.BAD_NEWS)
        if row.spec_at_fault:
            codes.append(exits.Code.WRONG)
        if verdicts & {"no_data", "error"} - bad:
            codes.append(exits.Code.UNKNOWN)
    return exits.worst(codes)
