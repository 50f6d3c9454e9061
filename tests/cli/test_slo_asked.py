"""Which promises a run is about: none that ships is taken in silence, none is left out so, no window is swapped so."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from cdctl.cli.slo_asked import Asked, read, shipped
from cdctl.domain.settings import Context, Settings, Traces
from cdctl.domain.slo.objective import Budgeting, Objective, Query, RawRatio, Slo
from cdctl.domain.slo.window import Rolling
from cdctl.errors import Place, UsageError

PLUGIN = """\
version: prometheus/v1
service: shop
slos:
  - name: odd
    objective: 99
    sli: {plugin: {id: sloth-common/x}}
"""
EVEN = """\
  - name: even
    objective: 99
    sli: {raw: {error_ratio_query: "x[{{.window}}]"}}
"""
OURS = "no folder slo_specs here: these are the SLOs that ship with cdctl"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("args", [["validate", "-q"], ["validate"], ["ls"]])
def test_what_ships_is_not_taken_in_silence(cdctl, here: Path, root: Path, args: list[str]) -> None:
    ran = cdctl("slo", *args)
    assert ran.code == 0
    assert f"warning: {OURS} ({root / 'slo_specs'})" in ran.err
    assert OURS not in cdctl("slo", *args, root / "slo_specs").err
    (here / "slo_specs").symlink_to(root / "slo_specs")
    assert OURS not in cdctl("slo", *args).err


def test_check_says_so_too(cdctl, here: Path, root: Path) -> None:
    def said() -> str:
        return next(row["message"] for row in json.loads(cdctl("check", "-o", "json").out) if row["part"] == "specs")

    assert OURS in said()
    (here / "slo_specs").symlink_to(root / "slo_specs")
    assert OURS not in said()


def test_for_the_lab_they_are_the_right_ones() -> None:
    origins = {"paths.slo_specs": "ships with cdctl"}
    assert shipped(Settings(origins=origins), None)
    assert not shipped(Settings(origins=origins, default_context="lab"), None)
    assert not shipped(Settings(origins=origins), ["mine"])
    assert not shipped(Settings(origins={"paths.slo_specs": "default"}), None)


def test_a_promise_that_is_left_out_is_named_once(here: Path) -> None:
    (here / "a.yaml").write_text(PLUGIN + EVEN)
    asked = read(Settings(), ["a.yaml"], None)
    assert [slo.name for slo in asked.slos] == ["shop-even"]
    ((said,), talk) = asked.left_out, " ".join(asked.talk)
    assert said.startswith('shop-odd: SLI plugin "sloth-common/x" runs inside Sloth')
    assert said.endswith("(a.yaml:6:19)")
    assert "plugin" not in talk
    assert read(Settings(), ["a.yaml"], ["shop-even"]).left_out == []


@pytest.mark.parametrize(
    ("only", "said"),
    [(["shop-odd"], "shop-odd: SLI plugin"), (None, "shop-odd: SLI plugin"), (["x"], "no SLO of that")],
)
def test_nothing_is_left_to_judge(here: Path, only: list[str] | None, said: str) -> None:
    (here / "a.yaml").write_text(PLUGIN + EVEN if only else PLUGIN)
    with pytest.raises(UsageError, match=said) as refused:
        read(Settings(), ["a.yaml"], only)
    assert refused.value.hint


def test_files_that_promise_nothing(here: Path) -> None:
    (here / "a.yaml").write_text("apiVersion: openslo/v1\nkind: Service\nmetadata: {name: x}\nspec: {description: x}\n")
    with pytest.raises(UsageError, match="there is no SLO in them"):
        read(Settings(), ["a.yaml"], None)


def both() -> Asked:
    plain = sliced(None).slos[0]
    return Asked([plain, replace(plain, name="spans", only_with=("traces",))])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


def context(**more: object) -> Settings:
    return Settings(contexts={"x": Context("x", **more)}, default_context="x")  # type: ignore[arg-type]


def test_a_promise_over_spans_is_left_out_where_there_are_none(home: Path) -> None:
    asked = both().within(context(), None)
    assert [slo.name for slo in asked.slos] == ["a"]
    assert asked.notes == ["spans is left out: this context has no traces"]
    assert not asked.warnings


@pytest.mark.parametrize("how", ["settings", "a store", "its name"])
def test_it_is_judged_where_there_are_some_and_where_it_is_named(home: Path, how: str) -> None:
    settings = context(traces=Traces("store", "somewhere") if how == "settings" else None)
    if how == "a store":
        (home / "cdctl" / "spans").mkdir(parents=True)
    asked = both().within(settings, ["spans"] if how == "its name" else ["*"])
    assert [slo.name for slo in asked.slos] == ["a", "spans"]
    assert asked.notes == []


def test_the_only_one_is_judged(home: Path) -> None:
    alone = Asked(both().slos[1:])
    found = alone.within(context(), None)
    assert (found.slos, list(found.notes)) == (alone.slos, [])


def test_no_context_is_needed_where_nothing_asks(home: Path) -> None:
    assert sliced(None).within(Settings(), None).notes == []
    with pytest.raises(UsageError):
        both().within(Settings(), None)


def sliced(seconds: int | None) -> Asked:
    objective = Objective("ok", RawRatio(Query("x")), Decimal("0.9"), None, seconds)
    slo = Slo("a", "s", (objective,), Budgeting.TIMESLICES, Rolling(2_419_200), Place("a.yaml"))
    return Asked([slo], warnings=["first"])


def test_another_window_is_judged_and_named() -> None:
    asked = sliced(None).over("7d")
    assert [slo.window for slo in asked.slos] == [Rolling(7 * 86_400)]
    assert asked.warnings == ["first", "every SLO is judged over the last 7d (--window), whatever window it names"]
    assert sliced(None).over("") == sliced(None)


@pytest.mark.parametrize("text", ["7", "week", "4m", "77m", "0d", "99999d", "-7d"])
def test_a_window_that_is_none(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        sliced(None).over(text)
    assert refused.value.subject == "--window"
    assert refused.value.hint


def test_a_window_holds_two_slices() -> None:
    assert sliced(1800).over("1h").slos
    with pytest.raises(UsageError, match="1h is too short for the time slices of a"):
        sliced(3600).over("1h")
