"""The reference vehicle on a real broker: what it does, once, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ordered import Lab, ordered

from cdctl.domain.orders.order import Heard


@pytest.fixture(scope="module", params=["singles", "shared"])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Vehicles with a connection each, and the same over a few."""
    many = {} if request.param == "singles" else {"singles": 0}
    with ordered(tmp_path_factory.mktemp("ordered"), **many) as found:
        yield found


def test_an_order_is_acked_done_and_answered(lab: Lab) -> None:
    order = lab.order(lab.online[0][1], "ping")
    lab.send(order)
    acked, done = lab.next(), lab.next()
    assert (acked.order, acked.heard, done.order, done.heard) == (order.id, Heard.ACKED, order.id, Heard.SUCCEEDED)
    assert done.result["received"] <= done.result["sent"]
    assert [one["order"] for one in lab.executions() if one["key"] == order.key] == [order.id]
