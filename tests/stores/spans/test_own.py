"""Which folders become a span store."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdctl.errors import UsageError
from cdctl.stores.spans.folder import SpanFolder
from cdctl.stores.spans.reading import SpanFiles


def test_a_folder_of_others_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "passwd").write_text("root")
    with pytest.raises(UsageError, match="other things are in this folder"):
        SpanFolder(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["passwd"]


def test_files_of_others_are_no_leftovers_of_ours(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sales.parquet").touch()
    with pytest.raises(UsageError):
        SpanFolder(tmp_path)
    assert (tmp_path / "data" / "sales.parquet").exists()
    (tmp_path / "data" / "sales.parquet").unlink()
    with SpanFolder(tmp_path):
        pass


@pytest.mark.parametrize("names", [(), ("token", "changes.jsonl"), ("lost+found",)])
def test_an_empty_one_and_what_is_there_before_the_first_span(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).touch()
    with SpanFolder(tmp_path):
        pass
    (tmp_path / "notes.txt").touch()
    with SpanFolder(tmp_path):  # it is a store now, whatever else lies there
        pass
    assert {one.name for one in tmp_path.iterdir()} > {*names, "notes.txt"}
    with SpanFolder(tmp_path / "new" / "deep"):
        pass
    assert SpanFiles(tmp_path / "new" / "deep").listing().lost == ()
