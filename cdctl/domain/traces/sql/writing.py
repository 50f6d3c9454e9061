"""One SQL statement while it is written: its values, and how an engine says what spans have."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Value = str | int | float

HOUR = 3_600_000_000_000
"""Nanoseconds. What belongs to a trace of a span is looked for so long before and after the window."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A query and its values by name."""

    text: str
    values: Mapping[str, Value]
    reach: tuple[int, int] | None = None
    """Ends of all spans that are read are in (reach[0], reach[1]], epoch nanoseconds; None: all there are."""


class Writing(ABC):
    """Fragments of one statement. Every method gives the text of an expression over one span's row."""

    spans: str
    """What is selected from."""
    end: str
    """End of the span, epoch nanoseconds."""
    start: str
    duration: str
    """Nanoseconds; negative when a span ends before it starts."""
    status: str
    """A number as in OTLP."""
    kind: str
    trace: str
    """What spans of one trace have in common."""
    root: str
    """Whether it has no parent."""
    weight: str
    """How many spans it stands for; NULL where that is not known."""
    failed: str
    """Whether it failed by the conventions (`domain.traces.failing`)."""

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}
        self.bounds: tuple[int, int] | None = None
        self.reach: tuple[int, int] | None = None

    def bind(self, value: Value) -> str:
        """The place of a value in the text."""
        name = f"v{len(self.values)}"
        self.values[name] = value
        return self.placeholder(name, value)

    def statement(self, text: str) -> Statement:
        """The finished statement."""
        return Statement(text, dict(self.values), self.reach)

    def window(self, start: int, end: int) -> str:
        """Whether a span ended in (start, end], epoch nanoseconds; remembered for what is asked of whole traces."""
        self.bounds = self.reach = (start, end)
        return self.within(start, end)

    def around(self) -> str:
        """Whether a span ended near the window; true when there is none."""
        if self.bounds is None:
            return "true"
        self.reach = (max(0, self.bounds[0] - HOUR), self.bounds[1] + HOUR)
        return self.within(*self.reach)

    def attribute(self, scope: str, key: str) -> str:
        """The text of an attribute by any of its names, NULL where there is none; the empty scope is the span, and the
        resource where the span has none."""
        scopes = (scope,) if scope else ("span", "resource")
        said = [one for each in scopes for one in self.one_attribute(each, key)]
        return said[0] if len(said) == 1 else f"coalesce({', '.join(said)})"

    def exact(self, scope: str, key: str) -> str:
        """As `attribute`, to be compared by `=` with a text that is not empty: in a form that an index can answer."""
        return self.attribute(scope, key)

    @abstractmethod
    def placeholder(self, name: str, value: Value) -> str:
        """How a bound value is named in the text."""

    @abstractmethod
    def within(self, start: int, end: int) -> str:
        """Whether a span ended in (start, end], epoch nanoseconds."""

    @abstractmethod
    def of_trace(self, trace_id: str) -> str:
        """Whether a span is of this trace: 32 digits of lower-case hex."""

    @abstractmethod
    def one_attribute(self, scope: str, key: str) -> Sequence[str]:
        """Where an attribute of one scope may be, the likeliest first; each a text or NULL."""

    @abstractmethod
    def text(self, intrinsic: str) -> str:
        """An intrinsic that is a text; empty, never NULL, where there is none."""

    @abstractmethod
    def number(self, text: str) -> str:
        """A text as a number, NULL where it is none."""

    @abstractmethod
    def matches(self, text: str, pattern: str) -> str:
        """Whether the whole of a text matches an RE2 pattern; the dot is any character, as in Tempo."""

    @abstractmethod
    def quotient(self, number: str, by: str) -> str:
        """Whole division of numbers that are not negative."""

    @abstractmethod
    def quantiles(self, number: str, *shares: float) -> str:
        """A list of quantiles, between two values in proportion."""

    @abstractmethod
    def share(self, places: int) -> str:
        """A number of 0 to 2^places - 1 that a span's ids decide, evenly spread."""
