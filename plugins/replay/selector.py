"""Which series of a recording a query means: a simple PromQL selector, alone or inside sum, rate or increase."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_METRIC = re.compile(r"([A-Za-z_:][\w:]*)\s*(?:\{(.*)\})?", re.DOTALL)
_MATCHER = re.compile(
    r"""\s*([A-Za-z_]\w*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)\s*(?:,|$)""", re.DOTALL
)
_BY = r"by\s*\([^()]*\)"
_WRAPPERS = (
    re.compile(rf"sum\s*\((.*)\)\s*{_BY}", re.DOTALL),
    re.compile(rf"sum\s*(?:{_BY}\s*)?\((.*)\)", re.DOTALL),
    re.compile(r"(?:rate|increase)\s*\((.*)\[[^\]]*\]\s*\)", re.DOTALL),
)
_ESCAPES = {"n": "\n", "t": "\t"}


class SelectorError(Exception):
    """A query is no selector that can be looked up in a file."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """One label matcher: `op` is = != =~ or !~; regular expressions match the whole value."""

    label: str
    op: str
    value: str
    pattern: re.Pattern[str] | None = field(default=None, compare=False, repr=False)

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether it matches; a label that is absent is the empty text, as in PromQL."""
        value = labels.get(self.label, "")
        same = value == self.value if self.pattern is None else self.pattern.fullmatch(value) is not None
        return same is self.op.startswith("=")


@dataclass(frozen=True, slots=True)
class Selector:
    """The series of one metric whose labels match."""

    metric: str
    matchers: tuple[Matcher, ...] = ()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether all matchers do."""
        return all(matcher.holds(labels) for matcher in self.matchers)


def parse(text: str) -> Selector:
    """The selector of a query such as `sum by (region) (rate(x_total{code=~"5.."}[5m]))`.

    What is around the selector says how a server would count it; a file is counted by the groups of the objective.
    Raises SelectorError.
    """
    match = _METRIC.fullmatch(_unwrapped(text))
    if not match:
        raise SelectorError(f'{text.strip()!r} is no selector such as requests_total{{code=~"5.."}}')
    return Selector(match[1], _matchers(match[2] or "", text))


def _unwrapped(text: str) -> str:
    inner = text.strip()
    found = True
    while found:
        matches = [match for wrapper in _WRAPPERS if (match := wrapper.fullmatch(inner))]
        found = bool(matches)
        inner = matches[0][1].strip() if found else inner
    return inner


def _matchers(inside: str, text: str) -> tuple[Matcher, ...]:
    matchers = []
    position = 0
    while inside[position:].strip():
        match = _MATCHER.match(inside, position)
        if not match:
            raise SelectorError(f"cannot read the label matchers of {text.strip()!r} at {inside[position:].strip()!r}")
        matchers.append(_matcher(match[1], match[2], match[3]))
        position = match.end()
    return tuple(matchers)


def _matcher(label: str, op: str, quoted: str) -> Matcher:
    value = quoted[1:-1]
    if not quoted.startswith("`"):
        value = re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), value, flags=re.DOTALL)
    if op in {"=", "!="}:
        return Matcher(label, op, value)
    try:
        return Matcher(label, op, value, re.compile(value))
    except re.error as error:
        raise SelectorError(f"{value!r} is no regular expression: {error}") from error
