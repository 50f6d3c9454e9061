"""What a reader sees of the fleet columns at one instant: named fields, whatever their storage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.fleet.columns import Columns

STATES = ("unknown", "offline", "online", "never")
"""Names by the codes of the field `state`. never: in the inventory, and nobody ever heard of it."""


class FleetView:
    """Fields of the first `n` rows at `now_ms`. Raw columns are not copied, so they go on changing, unless they are in
    `frozen`: those fields are copied at once, between two batches where that is possible, and stay as they are.

    Every array has n entries. A view is for one answer; make another for the next.
    """

    def __init__(self, columns: Columns, now_ms: int, frozen: Sequence[str] = ()) -> None:
        raise NotImplementedError

    n: int
    now_ms: int

    def fields(self) -> Mapping[str, str]:
        """Name -> kind: "id" (`ids`), "coded" and "version" (`coded`; version: compare strings by their parts),
        "number" and "age" (`number`; age in seconds), "dtcs" (`dtcs`)."""
        raise NotImplementedError

    @property
    def ids(self) -> NDArray[np.bytes_]:
        """S40: the VIN or other id, ASCII, padded with zero bytes."""
        raise NotImplementedError

    @property
    def presence(self) -> NDArray[np.uint8]:
        """Values of `Presence`."""
        raise NotImplementedError

    @property
    def seen_ms(self) -> NDArray[np.int64]:
        """When something was last heard, epoch ms; 0: never."""
        raise NotImplementedError

    @property
    def since_ms(self) -> NDArray[np.int64]:
        """Since when the vehicle is in its state, epoch ms; 0: not known."""
        raise NotImplementedError

    def coded(self, name: str) -> tuple[NDArray[Any], list[str]]:
        """Codes (u1 or u2) and the string of each code: region, model, sw, state, duplicate, inventory, snapshot.
        An empty string means that it was not told."""
        raise NotImplementedError

    def number(self, name: str) -> NDArray[Any]:
        """Floats (f4 or f8), NaN where not known: age, since, dtcs, messages, events, flaps, skew and every signal."""
        raise NotImplementedError

    def dtcs(self) -> tuple[NDArray[np.uint32], list[tuple[str, ...]]]:
        """Code of each vehicle's set of trouble codes, and the sets, sorted. Code 0 is the empty set."""
        raise NotImplementedError
