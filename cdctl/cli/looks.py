"""What `slo validate --live` lists: a line for each thing found, with every promise that it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cdctl.cli import exits
from cdctl.cli.records import Column

if TYPE_CHECKING:
    from cdctl.application.inspect import Look

COLUMNS = (Column("slo"), Column("result"), Column("found"), Column("hint"), Column("ok", wide=True))
_NAMED = 3
"""Promises that a line names."""


def row(look: Look) -> Mapping[str, object]:
    """One line; its result is ok, note, wrong (the spec is) or unknown (the server cannot tell)."""
    one = look.finding
    result = ("note" if one.hint else "ok") if one.ok else "wrong" if one.mine else "unknown"
    names = look.slos if len(look.slos) <= _NAMED else (*look.slos[:_NAMED], f"{len(look.slos) - _NAMED} more")
    told = {"slo": ", ".join(names), "result": result, "found": one.text, "hint": one.hint}
    return {**told, "ok": one.ok, "slos": list(look.slos)}


def code(looks: Sequence[Look]) -> exits.Code:
    """2 when a spec is wrong, 3 when a source cannot tell, 0 when there are notes at most."""
    wrong = [look.finding for look in looks if not look.finding.ok]
    return exits.worst(exits.Code.WRONG if one.mine else exits.Code.UNKNOWN for one in wrong)
