"""How a receiver of spans says how it goes."""

from __future__ import annotations

from cdctl.application.trace_serving import Pulse


def test_a_line():
    calm = Pulse(1234.4, 56789, 0, 0, 0.42, True, "")
    assert calm.line() == "1,234 spans/s, 56,789 kept, 0 dropped, 0.4 s old"
    trouble = Pulse(0.0, 1, 2, 3, None, False, "")
    assert trouble.line() == "0 spans/s, 1 kept, 2 dropped, 3 requests refused, NOTHING CAN BE KEPT"
