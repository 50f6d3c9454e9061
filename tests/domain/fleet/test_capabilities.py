"""Sets of capabilities in the columns of a fleet: what is not known whole is not known."""

from __future__ import annotations

from collections.abc import Sequence

from cdctl.domain.fleet import capabilities
from cdctl.domain.fleet.batch import Batch, Presence, Standing
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.layout import CAPABILITIES, Layout
from cdctl.domain.fleet.view import FleetView

WIDE = tuple(f"capability-{number}" for number in range(60))


def told(*births: tuple[str, Sequence[str] | None]) -> dict[str, tuple[str, ...] | None]:
    """What the fleet knows after these births, in batches of their own."""
    layout = Layout((), len({vin for vin, _ in births}))
    columns = Columns(layout, bytearray(layout.size))
    for vin, caps in births:
        batch = Batch()
        kept = None if caps is None else tuple(caps)
        batch.standings.append(Standing(vin, Presence.ONLINE, "eu", seq=1, caps=kept))
        columns.apply(batch, 1_000, "eu")
    view = FleetView(columns, 2_000)
    codes, sets = view.code_sets("caps")
    vins = [one.decode() for one in view.ids.tolist()]
    return {vin: sets[code] if code else None for vin, code in zip(vins, codes.tolist(), strict=True)}


def test_nothing_not_told_and_too_much_are_three_things() -> None:
    found = told(("V1", ["lock", "horn", "lock"]), ("V2", []), ("V3", None), ("V4", WIDE))
    assert found == {"V1": ("horn", "lock"), "V2": (), "V3": None, "V4": None}


def test_the_last_word_counts_and_silence_is_none() -> None:
    assert told(("V1", ["lock"]), ("V1", ["horn"]), ("V1", None)) == {"V1": ("horn",)}
    assert told(("V1", ["lock"]), ("V1", WIDE)) == {"V1": None}


def test_what_finds_no_place_is_not_known() -> None:
    births = [(f"V{number}", [f"c{number}"]) for number in range(CAPABILITIES)]
    found = told(*births)
    assert found["V0"] == ("c0",)
    assert found[f"V{CAPABILITIES - 1}"] is None


def test_a_name_that_cannot_be_shown_is_none() -> None:
    assert capabilities.written(["lock", "a\nb", ""]) == capabilities.written(["lock"])
