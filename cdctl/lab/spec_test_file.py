"""Spec tests read: `*.test.yaml` files become cases, and everything wrong is said at once, with its place."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from cdctl.domain.text import safe
from cdctl.errors import FileError, Place, Problem
from cdctl.files import durations
from cdctl.files.faults import Faults
from cdctl.files.nearest import shown
from cdctl.files.nodes import Mapping, Node
from cdctl.files.reading import read_text
from cdctl.files.shapes.shape import Shape
from cdctl.files.yaml import documents
from cdctl.lab.history import Series
from cdctl.lab.made_spans import MadeSpans
from cdctl.lab.notation import NotationError, expand
from cdctl.lab.spec_test_shape import DEFAULT_INTERVAL, DEFAULT_START, FILE, INSTANT, NUMBERS, SERIES, SPANS, TEST
from cdctl.lab.spec_test_spans import Heard, made

ENDINGS = (".test.yaml", ".test.yml")
_TOLERANCE = 1e-6
_REMOTE_WRITE_YEARS = (1971, 2100)


@dataclass(frozen=True, slots=True)
class Expected:
    """What one row must be. Numbers that are None are not compared; `places` maps a key to where it was written."""

    group: Map[str, str]
    objective: str
    verdict: str
    reason: str
    sli: float | None
    tolerance: float
    numbers: Map[str, float]
    burn_rates: Map[str, float]
    places: Map[str, Place]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One test: which promise, what there is, when it is judged (`at`, epoch seconds), what must follow. `heard`: when
    the store of its spans took some in."""

    file: Path
    name: str
    slo: str
    at: int
    series: tuple[Series, ...]
    expected: tuple[Expected, ...]
    place: Place
    slo_place: Place
    spans: tuple[MadeSpans, ...] = ()
    heard: Heard = ()


def find(paths: Sequence[Path]) -> list[Path]:
    """Spec tests: those named, those beside a spec that is named, and all below a folder that is named.

    Raises FileError when a path has none.
    """
    found: dict[str, Path] = {}
    problems: list[Problem] = []
    for path in paths:
        files = below(path) if path.is_dir() else _beside(path)
        if not files:
            problems.append(Problem(Place(safe(str(path), 4096)), *_nothing(path)))
        for file in files:
            found.setdefault(os.path.realpath(file), file)
    if problems:
        raise FileError(problems)
    return list(found.values())


def _nothing(path: Path) -> tuple[str, str]:
    if not path.exists():
        return "no such file or folder", "check the path"
    return "has no spec tests", f"write them into a file called {path.stem if path.is_file() else 'NAME'}.test.yaml"


def below(folder: Path) -> list[Path]:
    """Every spec test in a folder and the folders below it, in alphabetical order."""
    found = []
    for top, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(top) / name for name in sorted(names) if name.endswith(ENDINGS) and not name.startswith(".")]
    return found


def _beside(path: Path) -> list[Path]:
    if path.name.endswith(ENDINGS):
        return [path] if path.exists() else []
    return [other for ending in ENDINGS if (other := path.with_name(path.stem + ending)).exists()]


def read(files: Sequence[Path]) -> tuple[Case, ...]:
    """Every case of some files. Raises FileError with all problems of all of them."""
    cases, problems = gathered(files)
    if problems:
        raise FileError(problems)
    return cases


def gathered(files: Sequence[Path]) -> tuple[tuple[Case, ...], list[Problem]]:
    """Every case of some files, and all that is wrong in them. Where something is, cases say which promise they are
    about, and are not to be run."""
    cases: list[Case] = []
    problems: list[Problem] = []
    for path in files:
        faults = Faults(str(path))
        cases += _cases(path, faults)
        problems += faults.close()
    return tuple(cases), problems


def _cases(path: Path, faults: Faults) -> tuple[Case, ...]:
    text = read_text(path, faults)
    roots = documents(text, faults) if text is not None else []
    if text is not None and not roots and not faults.errors:
        faults.error(None, "holds no tests", "write tests: and a list of cases")
    for root in roots:
        FILE.check(root, "spec test file", faults)
    sound = not faults.errors
    nodes = [node for root in roots if isinstance(root, Mapping) for node in root.items("tests")]
    return tuple(
        _case(path, node, faults) if sound or _sound(TEST, node, "test") else _broken(path, node, faults)
        for node in nodes
        if isinstance(node, Mapping)
    )


def _sound(shape: Shape, node: Node, noun: str) -> bool:
    """Whether it is written as it should be; what is not has been told."""
    faults = Faults("")
    shape.check(node, noun, faults)
    return not faults.errors


def _broken(path: Path, node: Mapping, faults: Faults) -> Case:
    """A case that cannot be run. What is wrong in its sound parts is told, too, so that all is mended at once."""
    for key in ("start", "at"):
        if re.fullmatch(INSTANT, node.text(key)):
            _instant(node.text(key), node.at(key), faults)
    for one in node.items("input_series"):
        if isinstance(one, Mapping) and _sound(SERIES, one, "input series"):
            _series(one, 0, 1, faults)
    for one in node.items("input_spans"):
        if _sound(SPANS, one, "input spans"):
            made([one], 0, 1, faults)
    return Case(path, node.text("name"), node.text("slo"), 0, (), (), faults.place(node), faults.place(node.at("slo")))


def _case(path: Path, node: Mapping, faults: Faults) -> Case:
    start = _instant(node.text("start", DEFAULT_START), node.at("start"), faults)
    text = node.text("at")
    at = start + durations.seconds(text) if re.fullmatch(durations.OWN, text) else _instant(text, node.at("at"), faults)
    interval = durations.seconds(node.text("interval", DEFAULT_INTERVAL))
    if not interval:
        faults.error(node.at("interval"), "interval is 0", "write at least 1s")
    series = [_series(one, start, interval, faults) for one in node.items("input_series") if isinstance(one, Mapping)]
    spans, heard = made(node.items("input_spans"), start, interval, faults)
    expected = [_expected(one, faults) for one in node.items("expect") if isinstance(one, Mapping)]
    place, slo_place = faults.place(node), faults.place(node.at("slo"))
    return Case(
        path, node.text("name"), node.text("slo"), at, tuple(series), tuple(expected), place, slo_place, spans, heard
    )


def _instant(text: str, where: Node, faults: Faults) -> int:
    """Epoch seconds of an RFC 3339 instant; 0 with a fault when there is no such day."""
    first, last = _REMOTE_WRITE_YEARS
    if re.fullmatch(INSTANT, text) and first < int(text[:4]) < last:
        try:
            return int(datetime.fromisoformat(text).timestamp())
        except ValueError:
            pass
    faults.error(where, f"{shown(text)} is no instant from {first + 1} to {last - 1}", f"such as {DEFAULT_START}")
    return 0


def _series(node: Mapping, start: int, interval: int, faults: Faults) -> Series:
    name, labels = _selector(node, faults)
    try:
        found = expand(node.text("values"))
    except NotationError as error:
        where = node.at("values")
        faults.error(Node(where.line, where.column + error.column), f"values: {error}")
        return Series(name, labels)
    return Series(name, labels, (start + found.slots * interval).astype(np.float64), found.values)


def _selector(node: Mapping, faults: Faults) -> tuple[str, dict[str, str]]:
    """Name and labels of `x{a="b"}`; the parser of PromQL reads it, and only `=` makes sense."""
    import promql_parser

    text = node.text("series")
    try:
        tree: Any = promql_parser.parse(text)
    except ValueError as error:
        faults.error(node.at("series"), f"series {shown(text)} cannot be read: {safe(str(error))}", 'write x{a="b"}')
        return "", {}
    plain = (
        isinstance(tree, promql_parser.VectorSelector)
        and bool(tree.name)
        and not (tree.offset or tree.at)
        and all(str(matcher.op).endswith("MatchOp.Equal") for matcher in tree.matchers.matchers)
    )
    if not plain:
        faults.error(node.at("series"), f"series {shown(text)} is not one series", 'write x{a="b"}')
        return "", {}
    return str(tree.name), {matcher.name: matcher.value for matcher in tree.matchers.matchers}


def _expected(node: Mapping, faults: Faults) -> Expected:
    group, rates = node.mapping("group"), node.mapping("burn_rates")
    places = {key: faults.place(value) for key, value in node.values.items()}
    if rates:
        places |= {f"burn_rates.{key}": faults.place(value) for key, value in rates.values.items()}
    return Expected(
        group={key: group.text(key) for key in group.values} if group else {},
        objective=node.text("objective"),
        verdict=node.text("verdict"),
        reason=node.text("reason"),
        sli=_number(node, "sli"),
        tolerance=_number(node, "tolerance") or _TOLERANCE,
        numbers={key: value for key in NUMBERS if (value := _number(node, key)) is not None},
        burn_rates={key: value for key in rates.values if (value := _number(rates, key)) is not None} if rates else {},
        places={"": faults.place(node), **places},
    )


def _number(node: Mapping, key: str) -> float | None:
    exact = node.decimal(key)
    return None if exact is None else float(exact)
