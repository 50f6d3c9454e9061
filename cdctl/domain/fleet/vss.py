"""What the name of a signal says of it, by the rules of the Vehicle Signal Specification."""

from __future__ import annotations

import re

_TRUTH = re.compile(r"Is[A-Z]")


def is_truth(path: str) -> bool:
    """Whether a signal is yes or no, not a number: names of those begin with "Is", as in IsCharging."""
    return _TRUTH.match(path.rpartition(".")[2]) is not None
