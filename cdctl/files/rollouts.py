"""Reads rollout files. `cdctl.files.rollout_shape` says what may be in one."""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Mapping as Map
from pathlib import Path

from cdctl.domain.orders.command import Value
from cdctl.domain.orders.rollout.guards import Guard
from cdctl.domain.orders.rollout.hours import Hours
from cdctl.domain.orders.rollout.rules import Rules
from cdctl.domain.orders.rollout.thresholds import Limit
from cdctl.domain.orders.rollout.wanted import Wanted
from cdctl.errors import FileError
from cdctl.files import rollout_parts as parts
from cdctl.files.faults import Faults
from cdctl.files.nodes import Mapping, Node, Scalar, plain
from cdctl.files.one_document import only
from cdctl.files.reading import read_text
from cdctl.files.rollout_shape import ROLLOUT
from cdctl.files.yaml import documents

Judge = Callable[[str, str], str]
"""Why a text cannot be used here, empty when it can: of "command", "where" or "guard"."""


def read(path: Path, judge: Judge | None = None) -> Wanted:
    """The rollout of a file. Raises FileError with everything that is wrong in it. judge: for what the file alone does
    not say, such as whether there is such a command."""
    faults = Faults(str(path))
    text = read_text(Path(path).expanduser(), faults)
    return _wanted(text, faults, judge)


def of_content(content: Map[str, object], name: str) -> Wanted:
    """The rollout that a plan holds, as `Wanted.content` had it; `name` is what messages call it. Raises FileError."""
    return _wanted(json.dumps(content), Faults(name))


def _wanted(text: str | None, faults: Faults, judge: Judge | None = None) -> Wanted:
    root = only(text, faults, ROLLOUT, "rollout")
    found = _built(root, faults) if root is not None else None
    whole = root if root is not None else _sound(text, faults)
    if whole is not None and judge is not None:
        _judged(whole, judge, faults)
    if found is None or faults.errors:
        raise FileError(faults.close())
    return found


def _sound(text: str | None, faults: Faults) -> Mapping | None:
    """What is left of a file of which parts have the wrong shape: the parts that have the right one, judged as far as
    they can be by themselves, so that nobody mends a file twice."""
    roots = documents(text, Faults(faults.file)) if text is not None else []
    root = roots[0] if len(roots) == 1 else None
    if not isinstance(root, Mapping):
        return None
    lines = sorted(key.line for key in root.keys.values())
    wrong = {problem.place.line or 0 for problem in faults.problems}
    for key, node in root.keys.items():
        end = next((line for line in lines if line > node.line), 1 << 30)
        if any(node.line <= line < end for line in wrong):
            del root.values[key]
    parts.waves(root.items("waves"), faults)
    _guards(root.items("guards"), faults)
    _hours(root, faults)
    _limits(root, faults)
    return root


def _judged(root: Mapping, judge: Judge, faults: Faults) -> None:
    told: list[tuple[str, Node | None]] = [(key, root.scalar(key)) for key in ("command", "where")]
    guards = root.items("guards")
    told += [("guard", node.scalar("guard") if isinstance(node, Mapping) else node) for node in guards]
    for key, scalar in told:
        if isinstance(scalar, Scalar) and (why := judge(key, scalar.text)):
            faults.error(scalar, why)


def _built(root: Mapping, faults: Faults) -> Wanted:
    guards = _guards(root.items("guards"), faults)
    rules = Rules(
        parts.waves(root.items("waves"), faults),
        (),
        "",
        parts.pace(root.mapping("pace"), bool(guards), faults),
        _hours(root, faults),
        _limits(root, faults),
        parts.success(root.mapping("success"), faults),
        guards,
        parts.whole(root, "in_flight", faults) or None,
        parts.retry(root.mapping("retry"), faults),
        parts.time(root, "grace", 60),
    )
    body = plain(root)
    return Wanted(
        root.text("name"),
        root.text("command"),
        _arguments(root.mapping("arguments")),
        root.text("where"),
        rules,
        tuple(one.text for one in root.items("spread") if isinstance(one, Scalar)),
        parts.whole(root, "expect", faults) if "expect" in root.values else None,
        root.text("reason"),
        parts.time(root, "expires", 0) or None,
        parts.time(root, "timeout", 0) or None,
        root.text("description"),
        body if isinstance(body, dict) else {},
    )


def _guards(nodes: list[Node], faults: Faults) -> tuple[Guard, ...]:
    found: list[Guard] = []
    for node in nodes:
        guard = parts.guard(node, faults)
        if guard is not None and any(guard.text == other.text for other in found):
            faults.error(node, "this guard is there twice", "delete one")
        elif guard is not None:
            found.append(guard)
    return tuple(found)


def _hours(root: Mapping, faults: Faults) -> tuple[Hours, ...]:
    return tuple(one for node in root.items("hours") if (one := parts.hours(node, faults)) is not None)


def _limits(root: Mapping, faults: Faults) -> tuple[Limit, ...]:
    return tuple(one for node in root.items("abort") if (one := parts.limit(node, faults)) is not None)


def _arguments(node: Mapping | None) -> dict[str, Value]:
    body = plain(node) if node is not None else {}
    return {key: value for key, value in body.items() if isinstance(value, str | int | float | bool)}  # type: ignore[union-attr]
