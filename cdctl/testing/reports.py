"""The contract of the reports door, as a test for plugin authors.

def test_contract():
    check_report(PLUGIN)
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import time
import unicodedata
from collections.abc import Callable, Iterator
from typing import cast
from xml.etree import ElementTree as Xml

from cdctl.domain.ports import Plugin, Report
from cdctl.domain.slo.verdict import SloReport
from cdctl.testing import examples
from cdctl.testing.contract import ContractError

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNKNOWN = re.compile(r"(?<![\w.-])(None|nan|NaN|[+-]?inf|Infinity)(?![\w.-])")


def check_report(plugin: Plugin) -> None:
    """Raise ContractError when a report does not keep the contract."""
    breaches = report_breaches(plugin)
    if breaches:
        raise ContractError(f"the report {plugin.name!r}", breaches)


def report_breaches(plugin: Plugin) -> tuple[str, ...]:
    """Every breach of the contract, in words.

    Pure (the same text twice, from a new one, in another time zone), prints nothing, can write an empty, unknown,
    hostile and huge report, lets no control character through, and is well-formed as its suffix promises.
    """
    make = cast("Callable[[], Report]", plugin.make)
    breaches: list[str] = []
    for name in ("empty", "typical", "unknown", "hostile", "huge"):
        breaches += [f"{name} report: {text}" for text in _one(make, getattr(examples, name)(), name)]
    return tuple(breaches)


def _one(make: Callable[[], Report], report: SloReport, name: str) -> Iterator[str]:
    stdout = io.StringIO()
    try:
        with contextlib.redirect_stdout(stdout):
            first = make()
            text = first.render(report)
            again, anew = first.render(report), make().render(report)
            elsewhere = _far_away(lambda: make().render(report))
    except Exception as error:
        yield f"raised {type(error).__name__}: {error}"
        return
    if not isinstance(text, str):
        yield f"render gave a {type(text).__name__}, not a text"
        return
    if stdout.getvalue():
        yield "printed to stdout"
    if text not in {again} & {anew}:
        yield "the same report gave another text the second time"
    if text != elsewhere:
        yield "the text depends on the time zone of the machine"
    yield from _harmless(text)
    if name == "unknown" and (found := _UNKNOWN.search(text)):
        yield f"what is not known is written as {found.group()!r}"
    yield from _well_formed(text, first.suffix)


def _far_away(render: Callable[[], str]) -> str:
    """What it renders where clocks show another time."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Pacific/Kiritimati"
    time.tzset()
    try:
        return render()
    finally:
        del os.environ["TZ"]
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


def _harmless(text: str) -> Iterator[str]:
    raw = {c for c in set(text) if c in _BIDI or (unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\r\t")}
    if raw:
        names = ", ".join(f"U+{ord(c):04X}" for c in sorted(raw))
        yield f"lets control characters through ({names}); cdctl.api.safe writes them out"


def _well_formed(text: str, suffix: str) -> Iterator[str]:
    check = _FORMATS.get(suffix)
    if check is None or not text:
        return
    try:
        check(text)
    except (ValueError, Xml.ParseError, csv.Error) as error:
        yield f"is no well-formed {suffix}: {error}"


def _json(text: str) -> None:
    def refuse(word: str) -> float:
        raise ValueError(f"{word} is no JSON number")

    json.loads(text, parse_constant=refuse)


def _lines(text: str) -> None:
    for line in text.splitlines():
        _json(line)


def _xml(text: str) -> None:
    Xml.fromstring(text)  # noqa: S314 - the text was made in this process


def _csv(text: str) -> None:
    widths = {len(record) for record in csv.reader(io.StringIO(text, newline=""), strict=True)}
    if len(widths) > 1:
        raise ValueError(f"records have {sorted(widths)} cells")


def _html(text: str) -> None:
    if "<script>alert(1)" in text:
        raise ValueError("a label runs as a script")


_FORMATS: dict[str, Callable[[str], None]] = {
    ".json": _json,
    ".jsonl": _lines,
    ".xml": _xml,
    ".csv": _csv,
    ".html": _html,
    ".md": _html,
}
