"""Three grains of loading, two of one name, and strangers that cannot get in anybody's way."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cdctl.errors import PluginError
from cdctl.extend.catalogue import Catalogue
from cdctl.extend.listing import Broken, Kind, Loaded

REPORT_CODE = """
from cdctl.api import Plugin


class Report:
    suffix = ".txt"

    def render(self, report):
        return "packaged"


PLUGIN = Plugin(api=1, room="reports", name="packaged", version="2.5", summary="a test", make=Report)
"""


def test_names_lists_folders_and_packages_beside_the_built_ins(
    report_folder: Callable[..., Path], package: Callable[..., Path]
) -> None:
    package("acme-reports", {"reports.packaged": "acme_packaged:PLUGIN"})
    catalogue = Catalogue([report_folder("note")])
    listed = {listing.title: listing for listing in catalogue.names()}
    assert listed["reports.html"].kind is Kind.BUILT_IN
    assert (listed["reports.note"].kind, listed["reports.note"].version) == (Kind.FOLDER, "1.0.0")
    packaged = listed["reports.packaged"]
    assert (packaged.kind, packaged.origin, packaged.version) == (Kind.PACKAGE, "acme-reports 2.5", "2.5")
    assert packaged.summary == "of acme-reports"
    assert {listing.room for listing in catalogue.names("sources")} == {"sources"}


def test_names_imports_nothing_of_a_plugin(twins: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from cdctl.extend.catalogue import Catalogue\n"
        f"names = Catalogue([Path({str(twins)!r})]).names()\n"
        "assert any(listing.name == 'exits' for listing in names)\n"
        "print(sorted(m for m in sys.modules if m.startswith(('numpy', 'httpx', '_cdctl_plugin', 'cdctl.reports'))"
        " or m == 'importlib.metadata'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
    loud = code.replace(".names()\n", ".names(); Catalogue().load('reports', 'json')\n")
    done = subprocess.run([sys.executable, "-c", loud], capture_output=True, text=True, check=True, timeout=60)
    assert "cdctl.reports.json" in done.stdout


def test_load_brings_in_a_folder_by_the_folder_above_it(report_folder: Callable[..., Path]) -> None:
    folder = report_folder("note", text="from the folder")
    catalogue = Catalogue([folder.parent])
    assert catalogue.load("reports", "note").name == "note"
    assert catalogue.report("note").render(None) == "from the folder"  # type: ignore[arg-type]


def test_load_brings_in_an_installed_package(package: Callable[..., Path]) -> None:
    package("acme-reports", {"reports.packaged": "acme_packaged:PLUGIN"}, "acme_packaged", REPORT_CODE)
    assert Catalogue().load("reports", "packaged").version == "2.5"
    with pytest.raises(PluginError, match="no report is called 'packaged'"):
        Catalogue(enabled=False).load("reports", "packaged")


def test_a_missing_package_module_says_so(package: Callable[..., Path]) -> None:
    package("acme-reports", {"reports.packaged": "acme_gone:PLUGIN"})
    with pytest.raises(PluginError, match="cannot be found: no module acme_gone"):
        Catalogue().load("reports", "packaged")


def test_an_entry_point_that_names_no_room_is_broken(package: Callable[..., Path]) -> None:
    package("acme-reports", {"slack": "acme:PLUGIN"})
    catalogue = Catalogue()
    broken = [outcome for outcome in catalogue.all() if outcome.listing.name == "slack"]
    assert isinstance(broken[0], Broken)
    assert "names no room" in broken[0].reason
    assert "slack" not in {listing.name for listing in catalogue.names()}


def test_unknown_name_offers_the_nearest(twins: Path) -> None:
    with pytest.raises(PluginError) as caught:
        Catalogue([twins / "bad_toml"]).load("reports", "htlm")
    assert "did you mean 'html'?" in caught.value.hint
    assert "bad_toml plugin.toml cannot be read" in caught.value.hint


def test_unknown_room() -> None:
    with pytest.raises(PluginError, match="no room 'cellar'"):
        Catalogue().load("cellar", "html")


def test_no_plugins_leaves_the_built_ins(twins: Path) -> None:
    listed = Catalogue([twins], enabled=False).names()
    assert {listing.kind for listing in listed} == {Kind.BUILT_IN}
    with pytest.raises(PluginError) as caught:
        Catalogue([twins], enabled=False).load("reports", "good")
    assert "--no-plugins" in caught.value.hint


def test_two_of_one_name_are_an_error_that_names_both_and_only_when_asked(report_folder: Callable[..., Path]) -> None:
    first, second = report_folder("note", "first"), report_folder("note", "second")
    catalogue = Catalogue([first, second, report_folder("other")])
    assert catalogue.load("reports", "other").name == "other"
    with pytest.raises(PluginError) as caught:
        catalogue.load("reports", "note")
    assert str(first) in caught.value.message
    assert str(second) in caught.value.message


def test_no_stranger_shadows_a_built_in(report_folder: Callable[..., Path], package: Callable[..., Path]) -> None:
    with pytest.raises(PluginError, match=r"built-in cdctl .* and folder"):
        Catalogue([report_folder("json")]).load("reports", "json")
    package("acme-reports", {"reports.json": "acme:PLUGIN"})
    with pytest.raises(PluginError, match=r"built-in cdctl .* and package acme-reports 2\.5"):
        Catalogue().load("reports", "json")
    assert Catalogue(enabled=False).load("reports", "json").name == "json"


def test_a_folder_named_twice_is_one_plugin(report_folder: Callable[..., Path]) -> None:
    folder = report_folder("note")
    assert Catalogue([folder, folder.parent]).load("reports", "note").name == "note"


def test_a_folder_that_is_not_there_or_empty_is_broken(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    outcomes = Catalogue([tmp_path / "gone", tmp_path / "empty"]).all()
    reasons = [outcome.reason for outcome in outcomes if isinstance(outcome, Broken) and not outcome.listing.room]
    assert reasons[0] == "there is no such folder"
    assert reasons[1].startswith("holds no plugin")


def test_all_survives_every_kind_of_stranger(twins: Path) -> None:
    folders = ["good", "raises", "hangs", "exits_hard", "crashes", "twin_a", "twin_b", "bad_toml", "good_source"]
    outcomes = Catalogue([twins / folder for folder in folders], deadline=1).all()
    strangers = {o.listing.title: o for o in outcomes if o.listing.kind is not Kind.BUILT_IN}
    loaded = {title for title, outcome in strangers.items() if isinstance(outcome, Loaded)}
    assert loaded == {"reports.good", "sources.good-source"}
    reasons = {title: outcome.reason for title, outcome in strangers.items() if isinstance(outcome, Broken)}
    assert reasons["reports.exits-hard"].startswith("called os._exit(7) while it was loaded (")
    assert reasons["reports.crashes"] == "crashed the interpreter (SIGKILL) while it was loaded"
    assert reasons["reports.hangs"] == "did not finish importing in 1 s"
    assert "raised ValueError: the author made a mistake" in reasons["reports.raises"]
    assert "twin_a" in reasons["reports.twin"]
    assert "twin_b" in reasons["reports.twin"]
    assert "plugin.toml cannot be read" in reasons["bad_toml"]
    built_ins = [o for o in outcomes if o.listing.kind is Kind.BUILT_IN]
    assert all(isinstance(outcome, Loaded) for outcome in built_ins)
