"""Files that say how a command API is spoken to: read, refused with the place, and the schema that agrees."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from apis import CALLBACK, DEDUPE, FIND, PROFILE
from hypothesis import given, settings
from hypothesis import strategies as st

from cdctl.domain.orders.api import Callback, Signature
from cdctl.domain.orders.order import Heard
from cdctl.errors import FileError
from cdctl.files import api_profiles, api_shape
from cdctl.files.faults import Faults
from cdctl.files.nodes import plain
from cdctl.files.yaml import documents

WHOLE = f"{PROFILE}{DEDUPE}{FIND}{CALLBACK}"
SIGNATURE = "header: X-Signature, prefix"
POLL = 'poll: {url: "/jobs/{id}", interval: 1s, longest: 5s}\n'
SCHEMA = Path(api_shape.__file__).parent / "schemas" / "api.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(api_shape.document())


def faults_of(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "x.api.yaml"
    file.write_text(text)
    with pytest.raises(FileError) as caught:
        api_profiles.read(file)
    return [
        f"{problem.place}: {problem.message}; {problem.fix}".split("x.api.yaml:")[1]
        for problem in caught.value.problems
    ]


def test_everything_is_read(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(WHOLE)
    found = api_profiles.read(tmp_path / "acme.yaml")
    assert found.poll is not None
    assert (found.name, found.submit.method, found.poll.method, found.submit.at) == ("acme", "POST", "GET", ("job",))
    signature = Signature("X-Signature", "sha256=", False, "{timestamp}.{body}", "X-Timestamp", 300.0)
    assert found.callback == Callback(
        ("id",), ("state",), ("why",), ("result",), ("job",), ("ref",), "X-Callback", signature, 30.0
    )
    assert found.words["done"] is Heard.SUCCEEDED
    assert found.dedupe == ("Idempotency-Key", "{key}")
    assert found.find is not None
    assert found.find.at == ("jobs", "0")
    assert found.cancel is not None
    assert found.cancel.method == "DELETE"
    assert found.commands["climate.start"].arguments == {"temperature": "celsius"}
    assert found.commands["lock"].success == {"locked": True}
    assert (found.pace.at_once, found.pace.timeout, found.pace.tries, found.pace.longest) == (4, 1.0, 2, 5.0)
    assert found.later == {429, 503}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("{vin}/commands", "{vni}/commands", '"{vni}" stands for nothing here; did you mean "vin"?'),
        ('tag: "order {order}"', 'tag: "x {arguments}"', '"{arguments}" must stand alone in a text of a body'),
        ('poll: {url: "/jobs/{id}"', 'poll: {url: "/jobs"', "poll does not say which job: there is no {id}; add {id}"),
        ("/jobs?key={order}", "/jobs?vin={vin}", "find does not say which job"),
        ("{vin}/commands", "{id}/commands", '"{id}" stands for nothing here'),
        ("new: acked", "new: sent", 'new is "sent", not one of'),
        ("timeout: 1s", "timeout: 0s", "timeout is no time at all"),
        ("at_once: 4", "at_once: 4.5", "at_once is not a whole number; write 4"),
        ("at_once: 4", "at_once: 4\nheaders: {authorization: x}", "the header authorization is a secret"),
        ("at_once: 4", "at_once: 4\nlater: [429.5]", "a status code is not a whole number"),
        ("check: /health", "check: /health/{vin}", '"{vin}" stands for nothing here'),
        ("check: /health", "check: health", 'check "health" is not a path that starts with /'),
        ("id: /id", "di: /id", 'unknown key "di" in API'),
        ("reason: /why", "reason: why", 'reason "why" is not a JSON Pointer'),
        ("Idempotency-Key", "Idempotency Key", 'header "Idempotency Key" is not the name of a header'),
        ("X-Callback", "X Callback", 'header "X Callback" is not the name of a header'),
        ("order: /ref", "order: ref", 'order "ref" is not a JSON Pointer'),
        ("order: /ref", "interval: 0s", "interval is no time at all"),
        ("within: 5m", "within: 0s", "within is no time at all"),
        ("timestamp: X-Timestamp, ", "", "within says nothing without a timestamp"),
        (SIGNATURE, 'signed: "{timestamp}", ' + SIGNATURE, "the body is not signed"),
        (SIGNATURE, 'signed: "{body}", ' + SIGNATURE, "the timestamp is not signed"),
        (SIGNATURE, 'signed: "{bdoy}", ' + SIGNATURE, '"{bdoy}" stands for nothing here; did you mean "body"?'),
        ("timestamp: X-Timestamp, within: 5m", 'signed: "{timestamp}{body}"', "but no header holds it"),
        ("{vin}/commands", "{callback}/commands", '"{callback}" stands for nothing here'),
        ("/jobs?key={order}", "/jobs?key={order}{callback}", '"{callback}" stands for nothing here'),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in WHOLE
    found = faults_of(tmp_path, WHOLE.replace(old, new))
    assert any(says in line for line in found), found
    assert all(line[0].isdigit() for line in found)


def test_without_calls_somebody_must_look_and_nothing_is_named_callback(tmp_path: Path) -> None:
    assert "poll" in POLL
    assert POLL in PROFILE
    (told,) = faults_of(tmp_path, PROFILE.replace(POLL, ""))
    assert "nothing says what became of a job" in told
    (told,) = faults_of(tmp_path, PROFILE.replace('tag: "', 'tag: "{callback}'))
    assert '"{callback}" stands for nothing here' in told
    file = tmp_path / "y.yaml"
    file.write_text(PROFILE.replace(POLL, "").replace('tag: "', 'tag: "{callback}') + CALLBACK)
    assert api_profiles.read(file).poll is None


def test_what_a_call_says_may_be_elsewhere_than_in_answers(tmp_path: Path) -> None:
    file = tmp_path / "y.yaml"
    file.write_text(f"{PROFILE}callback: {{id: /j, state: /s, reason: /r, result: /x}}\n")
    assert api_profiles.read(file).callback == Callback(("j",), ("s",), ("r",), ("x",))


@pytest.mark.parametrize("text", ["", "[]", "a: 1\n---\nb: 2\n", "api: ["])
def test_what_is_no_profile_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(FileError):
        api_profiles.read(tmp_path / "x.yaml")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"none\.yaml"):
        api_profiles.read(tmp_path / "none.yaml")


def test_the_shipped_schema_is_what_the_shapes_say() -> None:
    assert SCHEMA.read_text() == api_shape.text(), (
        "run: python -m cdctl.files.api_shape > cdctl/files/schemas/api.schema.json"
    )
    jsonschema.Draft202012Validator.check_schema(api_shape.document())


def test_the_example_of_the_documentation_is_a_profile(root: Path, tmp_path: Path) -> None:
    text = (root / "docs" / "protocols.md").read_text().partition("## Command APIs")[2]
    example = text.partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "p.yaml").write_text(example)
    found = api_profiles.read(tmp_path / "p.yaml")
    assert sorted(found.commands) == ["climate.start", "lock", "ping"]
    assert found.pace.per_second == 20
    (node,) = documents(example, Faults("x"))
    assert [error.message for error in VALIDATOR.iter_errors(plain(node))] == []


(_ROOT,) = documents(WHOLE, Faults("x"))
DOCUMENT: Any = plain(_ROOT)
VALUES = [
    None,
    True,
    0,
    1,
    2,
    200,
    "",
    "x",
    "/a",
    "/a~2",
    "5s",
    "POST",
    [],
    {},
    {"at": "/x"},
    {"/x": "y"},
    [200],
    ["x"],
]
KEYS = [
    "x",
    "at",
    "url",
    "body",
    "words",
    "codes",
    "name",
    "commands",
    "find",
    "dedupe",
    "later",
    "per_second",
    "callback",
    "signature",
]


def places(node: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [here, *(place for key, child in children for place in places(child, (*here, key)))]


@st.composite
def wounded(draw: st.DrawFn) -> Any:
    document = copy.deepcopy(DOCUMENT)
    *way, last = draw(st.sampled_from(places(document)[1:]))
    owner = document
    for key in way:
        owner = owner[key]
    kind = draw(st.sampled_from(["remove", "replace", "add"]))
    value = copy.deepcopy(draw(st.sampled_from(VALUES)))
    if kind == "remove":
        del owner[last]
    elif kind == "replace":
        owner[last] = value
    elif isinstance(owner, dict):
        owner[draw(st.sampled_from(KEYS))] = value
    return document


@settings(max_examples=200)
@given(wounded())
def test_reader_and_schema_agree(document: Any) -> None:
    faults = Faults("wounded")
    for node in documents(json.dumps(document), faults):
        api_shape.API.check(node, "API", faults)
    assert (not faults.errors) == VALIDATOR.is_valid(document)
