"""Profile files: what is read, and every wrong thing with its place and its cure."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdctl.domain.fleet.batch import Presence
from cdctl.domain.fleet.profile import CONVERSIONS, EventRule, Instant, Measure, PresenceRule, Said
from cdctl.errors import FileError
from cdctl.files import profile_shape, profiles
from cdctl.files.faults import Faults
from cdctl.files.nodes import plain
from cdctl.files.yaml import documents

WHOLE = """\
# yaml-language-server: $schema=profile.schema.json
profile: cdctl/v1
name: acme
description: Everything that a profile can say.
vehicle: "{country}-{car}"
region: "{country}"
messages:
  - topic: acme/{country}/{car}/state
    payload: value
    kept: present
    qos: 1
    presence: {at: "", words: {up: online, down: offline}, other: unknown}
  - topic: acme/{country}/{car}/data
    when: {/type: tele, /v: 2}
    time: {at: /at, unit: rfc3339}
    signals:
      Vehicle.Speed: {at: /drive/mph, convert: mph->km/h}
      Vehicle.Cabin.Door.Row1.DriverSide.IsLocked: {at: /lock, words: {open: 0, shut: 1}}
      A.b: {at: /a~1b~0c, scale: 0.5, offset: -40}
    model: /model
    software: unknowable
  - topic: acme/{country}/{car}/data
    when: {/type: dtc}
    event: {kind: dtc.set, detail: /text, dtcs: /codes}
"""


@pytest.fixture
def problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """What is wrong with the whole profile when pieces of it are replaced."""
    monkeypatch.chdir(tmp_path)

    def read(*changes: tuple[str, str], text: str = WHOLE) -> list[str]:
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        Path("p.yaml").write_text(text)
        with pytest.raises(FileError) as caught:
            profiles.read(Path("p.yaml"))
        return [str(problem) for problem in caught.value.problems]

    return read


def test_everything_that_a_profile_can_say(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(WHOLE)
    profile = profiles.read(tmp_path / "p.yaml")
    state, data, trouble = profile.messages
    assert (profile.name, profile.vehicle, profile.region) == ("acme", "{country}-{car}", "{country}")
    assert (state.levels, state.names) == (("acme", "{country}", "{car}", "state"), {"country": 1, "car": 2})
    assert (state.payload, state.kept, state.qos) == ("value", "present", 1)
    words = {"up": Presence.ONLINE, "down": Presence.OFFLINE}
    assert state.presence == PresenceRule(None, (), words, Presence.UNKNOWN)
    assert data.when == {("type",): "tele", ("v",): "2"}
    assert data.time == Instant(("at",), "rfc3339")
    assert data.signals == {
        "Vehicle.Speed": Measure(("drive", "mph"), *CONVERSIONS["mph->km/h"]),
        "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked": Measure(("lock",), words={"open": 0, "shut": 1}),
        "A.b": Measure(("a/b~c",), 0.5, -40),
    }
    assert (data.model, data.software) == (Said(("model",)), Said(constant="unknowable"))
    assert trouble.event == EventRule(Said(constant="dtc.set"), Said(("text",)), ("codes",))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("cdctl/v1", "cdctl/v2", 'p.yaml:2:10: error: profile is "cdctl/v2", not cdctl/v1 (did you mean cdctl/v1?)'),
        ("vehicle:", "vehikle:", 'p.yaml:5:1: error: unknown key "vehikle" in profile (did you mean "vehicle"?)'),
        ('"{country}-{car}"', "car", 'p.yaml:5:10: error: vehicle "car" is not text with the {name} of a level'),
        ("convert: mph->km/h", "convert: mps->km/h", 'p.yaml:17:48: error: convert is "mps->km/h", not one of'),
        ("at: /drive/mph", "at: drive.mph", 'p.yaml:17:27: error: at "drive.mph" is not a JSON Pointer'),
        ("unit: rfc3339", "unit: iso", 'p.yaml:15:27: error: unit is "iso", not one of s, ms, rfc3339'),
        ("up: online", "up: awake", 'p.yaml:12:36: error: up is "awake", not one of online, offline, unknown'),
        ("scale: 0.5", "convert: km->m", "p.yaml:19:43: error: signal has both convert and offset (keep one of them)"),
        (
            "/data\n    when: {/type: tele",
            "/+\n    when: {/type: tele",
            'p.yaml:13:12: error: topic "acme/{country}/{car}/+" is not a topic',
        ),
        (
            "{country}/{car}/state",
            "{country}/{c}/state",
            "p.yaml:8:12: error: the topic has no level {car}, which vehicle",
        ),
        ("{country}/{car}/state", "{car}/{car}/state", "p.yaml:8:12: error: the topic has no level {country}, which"),
        ("acme/{country}/{car}/state", "acme/{country}/{car}/{car}", "p.yaml:8:12: error: the topic has two levels of"),
        ("kept: present", "kept: present\n    model: /m", "p.yaml:11:12: error: a payload that is one value has no"),
        ('at: "", words', "at: /x, words", 'p.yaml:12:20: error: a payload that is one value has no "/x" (write'),
        ("    when: {/type: tele, /v: 2}\n", "", "p.yaml:21:12: error: never reached: line 13 takes every message"),
        ("dtc}\n", "dtc}\n    payload: value\n", "p.yaml:22:12: error: line 13 has another payload for this topic"),
        ("kind: dtc.set", f"kind: {'x' * 65}", "p.yaml:24:12: error: the kind of an event has at most 64 characters"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(problems: Callable[..., list[str]], old: str, new: str, problem: str):
    assert any(found.startswith(problem) for found in problems((old, new))), problems((old, new))


def test_kept_and_present_needs_presence(problems: Callable[..., list[str]]) -> None:
    found = problems(('    presence: {at: "", words: {up: online, down: offline}, other: unknown}\n', "    model: x\n"))
    assert found == ["p.yaml:10:11: error: kept: present is for messages with presence (write kept: past)"]


def test_levels_of_one_topic_have_one_name(problems: Callable[..., list[str]]) -> None:
    text = WHOLE.replace('"{country}-{car}"', '"{car}"').replace('region: "{country}"\n', "")
    found = problems(("{country}/{car}/data", "{land}/{car}/data"), text=text)
    assert found == ["p.yaml:21:12: error: line 12 names the levels of this topic otherwise (give them the same names)"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "p.yaml: error: the profile is empty"),
        ("- a\n", "p.yaml:1:1: error: the profile is a list, not a mapping"),
        (WHOLE + "---\n" + WHOLE, "p.yaml:27:1: error: the profile holds more than one document"),
        ("profile: [\n", "p.yaml:2:1: error: this is not YAML"),
    ],
)
def test_what_is_no_profile_at_all(problems: Callable[..., list[str]], text: str, problem: str) -> None:
    assert any(found.startswith(problem) for found in problems(text=text)), problems(text=text)


def test_a_file_that_is_not_there_names_those_that_ship(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read: no such file") as caught:
        profiles.read(tmp_path / "teslamat.yaml")
    assert caught.value.hint == "profiles that ship with cdctl: owntracks, teslamate"


def test_profiles_that_ship_are_read_by_name_and_a_file_of_that_name_goes_first(tmp_path: Path) -> None:
    assert profiles.read(tmp_path / "owntracks").name == "owntracks"
    (tmp_path / "owntracks").write_text(WHOLE)
    assert profiles.read(tmp_path / "owntracks").name == "acme"


# The schema that editors use

SCHEMA = Path(profile_shape.__file__).parent / "schemas" / "profile.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(profile_shape.document())


def as_json(text: str) -> Any:
    (root,) = documents(text, Faults("x"))
    return plain(root)


DOCUMENTS = [as_json(WHOLE), *(as_json(path.read_text()) for path in sorted(profiles.SHIPPED.glob("*.yaml")))]


def test_the_shipped_schema_is_what_the_shapes_say() -> None:
    assert SCHEMA.read_text() == profile_shape.text(), (
        "run: python -m cdctl.files.profile_shape > cdctl/files/schemas/profile.schema.json"
    )
    jsonschema.Draft202012Validator.check_schema(profile_shape.document())


@pytest.mark.parametrize("path", sorted(profiles.SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_profiles_that_ship_name_the_schema_and_fit_it(path: Path) -> None:
    first, _, _ = path.read_text().partition("\n")
    assert first.startswith("# yaml-language-server: $schema=")
    assert (path.parent / first.partition("=")[2]).resolve() == SCHEMA.resolve()
    assert [error.message for error in VALIDATOR.iter_errors(as_json(path.read_text()))] == []
    assert profiles.read(path).name == path.stem


VALUES = [None, True, 0, 1, 2, "", "x", "/a", "/a~2", "online", "json", "past", [], {}, {"at": "/x"}, {"/x": "y"}]
KEYS = ["x", "at", "when", "words", "convert", "scale", "/x", "a.b", "qos", "name", "model", "event", "presence"]


def places(node: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [here, *(place for key, child in children for place in places(child, (*here, key)))]


@st.composite
def wounded(draw: st.DrawFn) -> Any:
    document = copy.deepcopy(draw(st.sampled_from(DOCUMENTS)))
    *way, last = draw(st.sampled_from(places(document)[1:]))
    owner = document
    for key in way:
        owner = owner[key]
    value = copy.deepcopy(draw(st.sampled_from(VALUES)))
    kind = draw(st.sampled_from(["remove", "replace", "add"]))
    if kind == "remove":
        del owner[last]
    elif kind == "replace":
        owner[last] = value
    elif isinstance(owner, dict):
        owner[draw(st.sampled_from(KEYS))] = value
    return document


@settings(max_examples=300)
@given(wounded())
def test_reader_and_schema_agree(document: Any) -> None:
    faults = Faults("wounded")
    for root in documents(json.dumps(document), faults):
        profile_shape.PROFILE.check(root, "profile", faults)
    assert (not faults.errors) == VALIDATOR.is_valid(document)


def test_the_example_of_the_documentation_is_a_profile(root: Path, tmp_path: Path) -> None:
    text = (root / "docs" / "protocols.md").read_text()
    _, _, rest = text.partition("```yaml\n")
    (tmp_path / "p.yaml").write_text(rest.partition("```")[0])
    assert [rule.levels[-1] for rule in profiles.read(tmp_path / "p.yaml").messages] == ["state", "data", "data"]
    assert [name for name in profiles.shipped() if f"| `{name}` |" not in text] == []
