"""Rollout files: what is read, and every wrong thing with its place and its cure."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import jsonschema
import pytest

from cdctl.domain.orders.rollout.guards import Cohort, Guard, Share, Slo
from cdctl.domain.orders.rollout.hours import Hours
from cdctl.domain.orders.rollout.pacing import Adaptive, Exponential, Fixed
from cdctl.domain.orders.rollout.rules import Retry
from cdctl.domain.orders.rollout.thresholds import Among, Failure, Limit, Success
from cdctl.domain.orders.rollout.waves import Wave
from cdctl.errors import FileError
from cdctl.files import rollout_shape, rollouts
from cdctl.files.faults import Faults
from cdctl.files.nodes import plain
from cdctl.files.yaml import documents

SHIPPED = Path(rollout_shape.__file__).parent / "schemas" / "rollout.schema.json"
WHOLE = """\
rollout: cdctl/v1
name: charge-limit
description: Everything that a rollout file can say.
command: parameter.set
arguments: {name: charge.limit, value: 80, force: false}
where: region:eu,us online
expect: 1200
reason: batteries age
expires: 10m
timeout: 45s
spread: [region, model]
waves:
  - {to: 5, name: canary, soak: 30m}
  - {to: 2.5%, soak: 1h, approvals: 1, deadline: 6h}
  - {to: 100%}
pace:
  adaptive: {start: 60, least: 6, most: 600, step: 30, cut: 0.4, calm: 0.8}
in_flight: 500
hours:
  - {days: [mon, fri], from: "22:00", to: "05:00", zone: Europe/Berlin}
  - {from: "12:00", to: "24:00"}
abort:
  - {above: 5%}
  - {above: 12.5 %, failure: unanswered, of: told, minimum: 20, over: rollout, then: pause}
success: {least: 95%, of: total, minimum: 10}
retry: {tries: 3, wait: 90s}
guards:
  - slo:remote-command@region=eu
  - {guard: "fleet:share of dtc:P0A9B < 2%", then: abort, every: 1m, fresh: 5m}
  - {guard: "cohort:commands", rise: 1.5%, alpha: 0.005, power: 0.8}
  - {guard: "cohort:cabin.temp", rise: 2, least: -40, most: 90, worse: lower}
grace: 2m
"""


@pytest.fixture
def problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """What is wrong with the whole file when pieces of it are replaced."""
    monkeypatch.chdir(tmp_path)

    def read(*changes: tuple[str, str], text: str = WHOLE) -> list[str]:
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        Path("r.yaml").write_text(text)
        try:
            rollouts.read(Path("r.yaml"))
        except FileError as error:
            return [str(problem) for problem in error.problems]
        return []

    return read


def test_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(WHOLE)
    wanted = rollouts.read(path)
    assert (wanted.name, wanted.command, wanted.where) == ("charge-limit", "parameter.set", "region:eu,us online")
    assert wanted.arguments == {"name": "charge.limit", "value": 80, "force": False}
    assert (wanted.expect, wanted.reason, wanted.expires, wanted.timeout) == (1200, "batteries age", 600, 45)
    assert wanted.spread == ("region", "model")
    rules = wanted.rules
    assert rules.waves == (
        Wave(count=5, name="canary", soak=1800),
        Wave(percent=Fraction(5, 2), soak=3600, approvals=1, deadline=21_600),
        Wave(percent=Fraction(100)),
    )
    assert rules.pace == Adaptive(60, 6, 600, 30, 0.4, 0.8)
    assert rules.hours == (Hours(1320, 300, frozenset({0, 4}), "Europe/Berlin"), Hours(720, 1440))
    assert rules.limits == (
        Limit(Fraction(5)),
        Limit(Fraction(25, 2), Failure.UNANSWERED, Among.TOLD, 20, whole=True, pause=True),
    )
    assert rules.success == Success(Fraction(95), Among.TOTAL, 10)
    assert (rules.in_flight, rules.retry, rules.grace) == (500, Retry(3, 90), 120)
    assert rules.guards == (
        Guard("slo:remote-command@region=eu", Slo("remote-command", "region=eu")),
        Guard("fleet:share of dtc:P0A9B < 2%", Share("dtc:P0A9B", "<", 2.0), True, 60, 300),
        Guard("cohort:commands", Cohort("commands", 0.015, 0.005, 0.8)),
        Guard("cohort:cabin.temp", Cohort("cabin.temp", 2, 0.01, 0.9, -40, 90, lower=True)),
    )


def test_what_a_plan_holds_is_the_same_rollout(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(WHOLE)
    wanted = rollouts.read(path)
    assert rollouts.of_content(json.loads(json.dumps(wanted.content)), "plan") == wanted
    with pytest.raises(FileError, match=r'plan:1:\d+: error: unknown key "wave"'):
        rollouts.of_content({**wanted.content, "wave": 1}, "plan")


def test_the_least_that_a_file_must_say(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("rollout: cdctl/v1\nname: p\ncommand: ping\nwhere: online\nwaves: [{to: 100%}]\n")
    wanted = rollouts.read(path)
    assert (wanted.expect, wanted.expires, wanted.rules.pace, wanted.rules.guards) == (None, None, None, ())
    assert wanted.met(40, "ada").ends == (40,)


@pytest.mark.parametrize(
    ("text", "pace"),
    [
        ("fixed: 50", Fixed(50)),
        ("exponential: {base: 50, factor: 2, every: 1000, most: 1000}", Exponential(50, 2, 1000, 1000)),
        (
            "exponential: {base: 50, factor: 2, every: 9, most: 99, by: succeeded}",
            Exponential(50, 2, 9, 99, "succeeded"),
        ),
    ],
)
def test_paces(text: str, pace: object, tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(
        f"rollout: cdctl/v1\nname: p\ncommand: ping\nwhere: online\nwaves: [{{to: 100%}}]\npace: {{{text}}}\n"
    )
    assert rollouts.read(path).rules.pace == pace


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("rollout: cdctl/v1", "rollout: cdctl/v2", 'r.yaml:1:10: error: rollout is "cdctl/v2", not cdctl/v1'),
        ("to: 5,", "to: 0,", "r.yaml:13:10: error: to 0 is not a number at least 1"),
        ("to: 5,", "to: 2.5,", "to 2.5 is not a whole number"),
        ("to: 2.5%", "to: 0%", "a wave of 0 % tells nobody"),
        ("to: 2.5%", "to: 101%", 'to "101%" is not a share such as 5 % or 0.5%'),
        ("to: 2.5%", "to: 4", "r.yaml:14:10: error: a wave to 4 comes after one to 5 (let waves grow)"),
        ("{to: 100%}", "{to: 99%}", 'the last wave goes to 99 %, not to everybody (write "to: 100%")'),
        ("  - {to: 100%}\n", "  - {to: 100%}\n  - {to: 100%}\n", "a wave to 100 % comes after one to 100 %"),
        ("soak: 30m", "soak: 30", "add a unit: 30s for seconds"),
        ("start: 60", "start: 5", "start is not between least and most"),
        ("adaptive:", "fixed: 5\n  adaptive:", "pace has both fixed and adaptive"),
        ("zone: Europe/Berlin", "zone: Europe/Berln", '"Europe/Berln" is no time zone (did you mean Europe/Berlin?)'),
        ('to: "05:00"', 'to: "22:00"', "the hours are empty"),
        ('to: "05:00"', 'to: "5:00"', 'to "5:00" is not a time'),
        (
            "failure: unanswered, of: told",
            "failure: unanswered, of: answered",
            "never answered is not among the answered",
        ),
        ("least: 95%", "least: 95", 'least is "95", not a share such as 5 % or 0.5%'),
        ("slo:remote-command@region=eu", "cohort:commands", "this guard is there twice"),
        ("slo:remote-command@region=eu", "weather:rain", "begins with slo:, promql:, fleet: or cohort:"),
        ("slo:remote-command@region=eu", "cohort:speed", "the cohort of a signal has no bounds"),
        ("every: 1m", "rise: 2%", "rise is of cohort guards alone"),
        ("every: 1m", "every: 9m", "read every 540 s, and no data after 300 s"),
        ("rise: 1.5%", "rise: 1.5", 'rise "1.5" does not fit cohort:commands (write a share such as 2%)'),
        ("rise: 1.5%", "rise: 50%", "rise is not above 0 and below 50 points"),
        ("rise: 2,", "rise: 2%,", "does not fit cohort:cabin.temp (write a number)"),
        ("most: 90", "most: -40", "most is not above least"),
        ("least: -40, ", "", "the cohort of a signal has no least"),
        (
            "command: parameter.set",
            "comand: parameter.set",
            'unknown key "comand" in rollout (did you mean "command"?)',
        ),
        ("in_flight: 500", "in_flight: 0", "in_flight 0 is not a number at least 1"),
    ],
)
def test_every_wrong_thing_is_told(old: str, new: str, problem: str, problems: Callable[..., list[str]]) -> None:
    found = problems((old, new))
    assert any(problem in one for one in found), found
    assert len(found) == 1, found


def test_an_adaptive_pace_needs_guards(problems: Callable[..., list[str]]) -> None:
    text = WHOLE[: WHOLE.index("guards:")] + "grace: 1m\n"
    assert problems(text=text) == [
        "r.yaml:17:13: error: an adaptive pace follows guards, and there are none (add a guard, or write fixed)"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "is empty"), ("- 1\n", "a list, not a mapping"), ("a: 1\n---\na: 1\n", "more than one document")],
)
def test_no_rollout_at_all(text: str, said: str, problems: Callable[..., list[str]]) -> None:
    assert said in problems(text=text)[0]


def test_the_shipped_schema_is_what_the_shapes_say_and_agrees() -> None:
    assert SHIPPED.read_text() == rollout_shape.text(), (
        "run: python -m cdctl.files.rollout_shape > cdctl/files/schemas/rollout.schema.json"
    )
    validator = jsonschema.Draft202012Validator(rollout_shape.document())
    jsonschema.Draft202012Validator.check_schema(rollout_shape.document())
    (root,) = documents(WHOLE, Faults("r"))
    body = plain(root)
    validator.validate(body)
    for key in body:
        mutant = copy.deepcopy(body)
        mutant[key] = 17.5 if isinstance(mutant[key], str) else "x"
        faults = Faults("mutant")
        rollout_shape.ROLLOUT.check(documents(json.dumps(mutant), Faults("m"))[0], "rollout", faults)
        assert bool(faults.errors) is not validator.is_valid(mutant), key
        assert faults.errors, key


def test_the_example_of_the_documents_can_be_read(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "rollouts.md").read_text()
    (example,) = re.findall(r"```yaml\n(.+?)```", text, re.DOTALL)
    path = tmp_path / "r.yaml"
    path.write_text(example)
    assert len(rollouts.read(path).rules.guards) == 3
    path.write_text(example.replace("100%", "99%"))
    with pytest.raises(FileError):
        rollouts.read(path)
