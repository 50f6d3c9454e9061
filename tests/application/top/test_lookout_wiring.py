"""What is opened for a view, and what is let go of when something is wrong before it stands."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from specs_of import slo
from waiting import children, eventually

from cdctl.application import wiring
from cdctl.application.top import lookout_wiring
from cdctl.domain.boards.asking import Arrange, Missing
from cdctl.domain.boards.pivoting import Aggregate
from cdctl.domain.boards.snapshot import SloSight
from cdctl.domain.settings import Settings
from cdctl.errors import UsageError

SPEC = slo("doors", "all_total", good="good_total", window="28d")


def settings_in(folder: Path, port: int = 9) -> tuple[Settings, str]:
    """A broker and a Prometheus that nobody hears of, and a folder for specs."""
    file = folder / "cdctl.toml"
    specs = folder / "specs"
    specs.mkdir()
    file.write_text(
        f'[contexts.x]\nbrokers = {{ eu = {{ url = "mqtt://127.0.0.1:{port}" }} }}\n'
        f'prometheus = {{ url = "http://127.0.0.1:{port}", timeout = "1s", retries = 0 }}\n'
        f'[paths]\nslo_specs = "{specs}"\ncache = "{folder}/cache"\njournal = "{folder}/journal.sqlite"\n'
    )
    return wiring.read_settings(config=str(file)), str(file)


def test_what_is_wrong_beside_ends_what_was_opened(tmp_path):
    settings, file = settings_in(tmp_path)
    before = children(os.getpid())

    def wrong() -> None:
        raise UsageError("there is no board of that name")

    async def work(*_: object) -> None:
        raise AssertionError("nothing is to be worked on")

    with pytest.raises(UsageError, match="no board"):
        lookout_wiring.with_lookout(settings, work, config=file, plugins=False, beside=wrong)
    assert eventually(lambda: children(os.getpid()) == before)


def test_what_is_wrong_with_the_fleet_ends_it_all(tmp_path):
    file = tmp_path / "cdctl.toml"
    file.write_text('[contexts.x]\nbrokers = { eu = { url = "mqtt://127.0.0.1:9" } }\nprotocol = "nosuch"\n')
    settings = wiring.read_settings(config=str(file))
    done = []

    async def work(*_: object) -> None:
        raise AssertionError("nothing is to be worked on")

    with pytest.raises(UsageError, match="nosuch"):
        lookout_wiring.with_lookout(settings, work, config=str(file), plugins=False, beside=lambda: done.append(1))
    assert done == [1]


def test_promises_that_are_written_later_are_judged(tmp_path):
    settings, _ = settings_in(tmp_path)
    promising = lookout_wiring.promises(settings, plugins=False)
    promising.once()
    seen = promising.seen(0.0)
    assert isinstance(seen, Missing)
    assert "holds no *.yaml" in seen.reason
    (tmp_path / "specs" / "doors.yaml").write_text(SPEC)
    promising.once()
    seen = promising.seen(1e12)
    assert isinstance(seen, SloSight)
    assert {row.name for row in seen.report.rows} == {"doors"}


def test_specs_with_mistakes_are_told_and_read_again(tmp_path):
    settings, _ = settings_in(tmp_path)
    spec = tmp_path / "specs" / "doors.yaml"
    spec.write_text("apiVersion: openslo/v1\nkind: SLO\nspec: 3\n")
    promising = lookout_wiring.promises(settings, plugins=False)
    promising.once()
    told = promising.seen(0.0)
    assert isinstance(told, Missing)
    assert told.bad
    spec.write_text(SPEC)
    promising.once()
    assert isinstance(promising.seen(1e12), SloSight)


def test_who_answers_is_imported_when_it_is_asked(tmp_path):
    _, file = settings_in(tmp_path)
    found = subprocess.run(
        [sys.executable, "-c", _ASKED, file], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    before, after = json.loads(found)
    assert before == []
    assert after == ["cdctl.application.top.pivot_wiring"]


_ASKED = """
import json, sys
from cdctl.application import wiring
from cdctl.application.top import lookout_wiring
from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.pivoting import Aggregate
settings = wiring.read_settings(config=sys.argv[1])
means = lookout_wiring.Means(settings, wiring.WallClock(), Missing(""), Missing(""))
answerers = lookout_wiring.Answerers(means)
def there():
    found = {name for name in sys.modules if name.endswith("_wiring") and ".top." in name}
    return sorted(found - {"cdctl.application.top.lookout_wiring"})
before = there()
answerers[Aggregate]
print(json.dumps([before, there()]))
"""


def test_of_what_nobody_answers_it_is_told(tmp_path):
    settings, _ = settings_in(tmp_path)
    means = lookout_wiring.Means(settings, wiring.WallClock(), Missing("none"), Missing("none"))
    answerers = lookout_wiring.Answerers(means)
    assert callable(answerers[Aggregate])
    with pytest.raises(KeyError):
        answerers[Arrange]
