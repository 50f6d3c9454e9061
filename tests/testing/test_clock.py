"""The clock that a test moves."""

from cdctl.testing.clock import ManualClock


def test_time_passes_only_when_told() -> None:
    clock = ManualClock(100.0)
    assert (clock.now(), clock.now()) == (100.0, 100.0)
    clock.advance(2.5)
    assert clock.now() == 102.5
