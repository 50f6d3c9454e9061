"""What a contract test says when a plugin does not keep it."""

from __future__ import annotations

from collections.abc import Iterable


class ContractError(AssertionError):
    """A plugin does not keep the contract of its room. `breaches` are all the ways in which it does not."""

    def __init__(self, subject: str, breaches: Iterable[str]) -> None:
        self.breaches = tuple(breaches)
        super().__init__(f"{subject} does not keep its contract:\n" + "\n".join(f"- {text}" for text in self.breaches))
