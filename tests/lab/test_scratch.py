"""A run's folder goes with it; what a killed run left goes with the next."""

import json
import os
from dataclasses import asdict, replace

import pytest

from cdctl.lab.processes import Process
from cdctl.lab.scratch import scratch


@pytest.fixture
def temp(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def left_behind(temp, name, owner):
    folder = temp / name
    folder.mkdir()
    (folder / "owner.json").write_text(owner)
    (folder / "data").write_text("x")
    return folder


def test_the_folder_is_there_and_then_gone(temp):
    with scratch() as folder:
        assert folder.parent == temp
        assert folder.is_dir()
    assert list(temp.iterdir()) == []


def test_it_goes_after_an_error_too(temp):
    with pytest.raises(RuntimeError), scratch():
        raise RuntimeError
    assert list(temp.iterdir()) == []


def test_what_a_killed_run_left_is_removed_and_what_a_running_one_has_stays(temp):
    me = Process.of(os.getpid())
    dead = left_behind(temp, "cdctl-lab-dead", json.dumps(asdict(replace(me, start=1))))
    alive = left_behind(temp, "cdctl-lab-alive", json.dumps(asdict(me)))
    with scratch():
        assert not dead.exists()
        assert alive.exists()


@pytest.mark.parametrize("owner", ["", "{}", "[]", '{"pid": 1}', "null"])
def test_a_folder_without_a_known_owner_stays(temp, owner):
    folder = left_behind(temp, "cdctl-lab-odd", owner)
    with scratch():
        assert folder.exists()


def test_a_link_is_not_followed(temp, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "owner.json").write_text(json.dumps(asdict(replace(Process.of(os.getpid()), start=1))))
    (temp / "cdctl-lab-link").symlink_to(elsewhere)
    with scratch():
        assert elsewhere.exists()
