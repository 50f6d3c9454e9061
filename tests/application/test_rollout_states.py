"""States of rollouts: which is meant, who runs it, whether it is over, and what a journal knows beside the brokers."""

from __future__ import annotations

from typing import Any

import pytest

from cdctl.application.rollout_states import NOBODY, merged, newest_first, one, over, runs
from cdctl.errors import RefusedError, UsageError

NOW = 1_800_000_000_000


def body(name: str, phase: str = "running", ago: int = 1_000, **more: Any) -> dict[str, Any]:
    return {"rollout": name, "phase": phase, "at": NOW - ago, "runner": "ada", "waves": [{"succeeded": 1}], **more}


def test_who_runs_it() -> None:
    assert runs(body("a"), NOW) == "ada"
    assert runs(body("a", ago=20_000), NOW) == NOBODY
    assert runs(body("a", runner=""), NOW) == NOBODY
    assert runs(body("a", "aborted"), NOW) == ""


def test_one_is_meant_by_the_beginning_of_its_id() -> None:
    states = {"01ka": body("01ka"), "01kb": body("01kb")}
    assert one(states, "01ka")["rollout"] == "01ka"
    for begins, why in (("01k", "2 rollouts begin so"), ("02\x1b", "nobody tells of such a rollout")):
        with pytest.raises(UsageError, match=why) as error:
            one(states, begins)
        assert "\x1b" not in error.value.subject


def test_what_is_over_is_refused_with_its_time() -> None:
    today, before = over("aborted", NOW - 1000, "01ka", NOW), over("aborted", NOW - 86_400_000 * 3, "01ka", NOW)
    assert isinstance(today, RefusedError)
    assert len(before.message) == len(today.message) + len("2027-01-01 "), "with the day, when that was another one"


def test_the_journal_tells_what_brokers_do_not() -> None:
    told = {"a": body("a"), "b": body("b", "completed"), "c": body("c", ago=9_000)}
    kept = {
        "b": body("b", "completed", ago=5_000, waves=[{"succeeded": 2}]),
        "c": body("c", "aborted", ago=2_000, runner=""),
        "d": body("d"),
    }
    found = merged(told, kept)
    assert found["a"] == told["a"]
    assert found["b"] == {**told["b"], "waves": [{"succeeded": 2}]}, "what became of its orders since"
    assert (found["c"]["phase"], found["c"]["runner"]) == ("aborted", "ada"), "the journal's is newer"
    assert found["d"]["runner"] == ""
    assert [each["rollout"] for each in newest_first(found.values())][-1] == "c"
