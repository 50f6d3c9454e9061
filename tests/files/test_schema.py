"""The published JSON Schema says what the reader says, as far as one document's structure goes."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdctl.files import schema
from cdctl.files.faults import Faults
from cdctl.files.formats import recognise
from cdctl.files.nodes import plain
from cdctl.files.shapes.containers import Bag, Either, Fields, Listing
from cdctl.files.shapes.publish import Publisher
from cdctl.files.shapes.shape import Shape
from cdctl.files.yaml import documents

DATA = Path(__file__).parents[1] / "data"
SHIPPED = Path(schema.__file__).parent / "schemas" / "slo.schema.json"
GOOD = sorted((DATA / "good" / "specs").glob("*.y*ml"))
BAD = sorted((DATA / "bad" / "specs" / "structure").glob("*.yaml"))
ONLY_MEANING = sorted((DATA / "bad" / "specs" / "meaning").rglob("*.yaml"))
VALIDATOR = jsonschema.Draft202012Validator(schema.document())


def plain_documents(path: Path) -> list[Any]:
    faults = Faults(path.name)
    roots = documents(path.read_text(), faults)
    assert roots
    assert not faults.errors
    return [plain(root) for root in roots]


def reader_accepts(document: Any) -> bool:
    """Whether the reader finds no fault with the structure of a document, given to it as JSON, which is YAML."""
    faults = Faults("mutant")
    for root in documents(json.dumps(document, ensure_ascii=False), faults):
        form = recognise(root, faults)
        if form:
            form.shape.check(root, form.kind, faults)
    return not faults.errors


def test_the_shipped_file_is_what_the_shapes_say():
    assert SHIPPED.read_text() == schema.text(), (
        "run: python -m cdctl.files.schema > cdctl/files/schemas/slo.schema.json"
    )


def test_it_is_a_sound_schema():
    jsonschema.Draft202012Validator.check_schema(schema.document())
    assert schema.document()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_sound_files_pass(path):
    for document in plain_documents(path):
        assert [error.message for error in VALIDATOR.iter_errors(document)] == []
        assert reader_accepts(document)


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.name)
def test_files_of_wrong_structure_fail(path):
    verdicts = [(VALIDATOR.is_valid(document), reader_accepts(document)) for document in plain_documents(path)]
    assert (False, False) in verdicts
    assert (True, False) not in verdicts
    assert (False, True) not in verdicts


@pytest.mark.parametrize("path", ONLY_MEANING, ids=lambda path: path.name)
def test_what_only_the_reader_knows_passes(path):
    assert all(VALIDATOR.is_valid(document) for document in plain_documents(path))


Path_ = tuple[str | int, ...]


def places(node: Any, here: Path_ = ()) -> Iterator[Path_]:
    """The path of every value in a document."""
    yield here
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from places(child, (*here, key))


def owner_of(document: Any, path: Path_) -> Any:
    for key in path[:-1]:
        document = document[key]
    return document


VALUES = [
    None, True, False, 0, 1, 5, -1, 0.5, 1.0, 99.9, 100, "", "x", "5m", "28d", "1M", "1s", "Europe/Berlin", "success",
    "Timeslices", "RatioTimeslices", "Occurrences", "lte", "UPPER", "two words", "90%", "600/1h", "a, b", "openslo/v1",
    "prometheus/v1", "Prometheus", "Replay", "2026-01-01 00:00:00", [], {}, ["x"], [1], {"x": 1}, {"name": "x"},
    {"query": "x"}, {"promql": "x"}, {"spec": {"query": "x"}}, {"metricSource": {"spec": {"query": "x"}}},
    [{"duration": "1d", "isRolling": True}], [{"target": 0.5}], [{"target": 0.5, "indicatorRef": "x"}],
    {"spec": {"thresholdMetric": {"metricSource": {"spec": {"query": "x"}}}}},
]  # fmt: skip
KEYS = [
    "x", "name", "spec", "kind", "version", "target", "targetPercent", "indicator", "indicatorRef", "good", "bad",
    "raw", "rawType", "total", "counter", "calendar", "isRolling", "op", "value", "timeSliceWindow", "timeSliceTarget",
    "cdctl.io/lag", "cdctl.io/lagg", "cdctl.io/group-by", "cdctl.io/expect-groups", "alertPolicyRef", "conditionRef",
    "metadata", "compositeWeight", "thresholdMetric", "ratioMetric", "type", "query", "promql", "metricSourceRef",
    "plugin", "events", "objective", "alerting", "labels", "annotations", "not a key!", "-x",
]  # fmt: skip
RATIO = {"spec": {"ratioMetric": {"rawType": "success", "raw": {"metricSource": {"spec": {"query": "x"}}}}}}
DOCUMENTS = [document for path in GOOD for document in plain_documents(path)]


@st.composite
def mutants(draw: st.DrawFn) -> Any:
    """A sound document with one to three wounds: a value removed, replaced, or a key added."""
    document = copy.deepcopy(draw(st.sampled_from(DOCUMENTS)))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(document))))
        wound = draw(st.sampled_from(["remove", "replace", "add"]))
        if wound == "add":
            target = owner_of(document, (*path, ""))
            if isinstance(target, dict):
                target[draw(st.sampled_from(KEYS))] = copy.deepcopy(draw(st.sampled_from(VALUES)))
        elif path and wound == "remove":
            del owner_of(document, path)[path[-1]]
        elif path:
            owner_of(document, path)[path[-1]] = copy.deepcopy(draw(st.sampled_from(VALUES)))
    return document


@settings(max_examples=600, deadline=None, derandomize=True)
@given(mutants())
def test_reader_and_schema_agree_about_wounded_documents(document):
    assert reader_accepts(document) == VALIDATOR.is_valid(document)


def test_the_agreement_can_fail():
    """A schema without the rules between keys is found out by the documents that the rules are for."""
    lax = copy.deepcopy(schema.document())
    for definition in lax["$defs"].values():
        definition.pop("allOf", None)
    validator = jsonschema.Draft202012Validator(lax)
    document = next(d for d in DOCUMENTS if d.get("kind") == "SLO" and "alertPolicies" in d["spec"])
    document = copy.deepcopy(document)
    document["spec"] |= {"indicator": copy.deepcopy(RATIO), "indicatorRef": "both"}
    assert not reader_accepts(document)
    assert validator.is_valid(document)
    assert not VALIDATOR.is_valid(document)


def described(node: Any, here: str = "") -> Iterator[tuple[str, bool]]:
    """Every property in a schema and whether editors have something to show for it."""
    for name, child in (node.get("properties") or {}).items() if isinstance(node, dict) else ():
        if isinstance(child, dict) and ("type" in child or "$ref" in child or "anyOf" in child or "enum" in child):
            yield f"{here}/{name}", bool(child.get("description"))
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from described(child, f"{here}/{key}")


def test_every_key_has_help_for_editors():
    found = dict(described(schema.document()["$defs"]))
    assert len(found) > 100
    assert [name for name, help_text in found.items() if not help_text and "/allOf/" not in name] == []


def test_every_kind_of_shape_can_be_published():
    publisher = Publisher()
    item = Fields("thing", "A thing.", {"x": Bag("Any.", Listing("", Either("", "x"), "x"))}, ref="thing")
    assert publisher.write(item)["$ref"] == "#/$defs/thing"
    assert publisher.definitions["thing"]["additionalProperties"] is False
    with pytest.raises(TypeError, match="no schema for Shape"):
        publisher.write(Shape())
