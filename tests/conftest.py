"""What every test may use: a home of its own, and the command line, inside this process or in one of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes depends on who else uses the machine, and the same examples every time keep CI steady.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")

# Fixtures of modules and sessions, too, begin without what whoever runs them has set.
for variable in [name for name in os.environ if name.startswith("CDCTL_") and name != "CDCTL_UPDATE_GOLDEN"]:
    del os.environ[variable]

# Under nohup and in some CI a hang-up is ignored, and every program that a test starts would inherit that.
signal.signal(signal.SIGHUP, signal.SIG_DFL)

ROOT = Path(__file__).parents[1]
_WAITING = {"integration", "proof"}
"""Folders of tests that mostly wait."""
_LONG = {
    *("test_lab_up", "test_top_rollouts", "test_rollout_commands", "test_top_acting", "test_lab_commands"),
    *("test_rollout_ended", "test_cmd_commands", "test_fleet_bad_days", "test_full_disk", "test_fleet_commands"),
    *("test_top_collector", "test_terminals", "test_terminal_day", "test_send_form", "test_cmd_caps", "test_day"),
    *("test_fleet_terminal", "test_kills", "test_panels", "test_evidence"),
}
"""Files that take more than twenty seconds: whoever gets one last, the others wait for."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--soak` runs what takes long, too."""
    parser.addoption("--soak", action="store_true", help="run the long forms of tests, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long forms are left out unless asked for. Files that wait for servers come between files that compute, so
    that several workers need the processors evenly; of both the long ones come first."""
    if not config.getoption("--soak"):
        long = [item for item in items if item.get_closest_marker("soak")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    in_order = sorted(files, key=lambda path: path.stem not in _LONG)
    waiting = [path for path in in_order if _WAITING & set(path.parts)]
    rest = [path for path in in_order if not _WAITING & set(path.parts)]
    places = {path: (number + 0.5) / len(waiting) * 0.8 for number, path in enumerate(waiting)}
    places |= {path: number / len(rest) for number, path in enumerate(rest)}
    items[:] = [item for path in sorted(files, key=places.__getitem__) for item in files[path]]


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where homes come from: numbered here, as pytest looks through all folders to find the next number."""
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in count())


@pytest.fixture(autouse=True)
def own_home(homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads the settings, variables or cache of whoever runs it."""
    home = next(homes)
    home.mkdir()
    for name in [name for name in os.environ if name.startswith("CDCTL_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("HOME", str(home))
    for name in ("CONFIG", "CACHE", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    return home


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


Cdctl = Callable[..., Ran]


@pytest.fixture
def cdctl(capsys: pytest.CaptureFixture[str]) -> Cdctl:
    """Run `cdctl ARGS...` inside this process: quick, and stdout is no terminal."""
    from cdctl.cli.main import app

    def run(*args: str | Path) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            app([str(arg) for arg in args], prog_name="cdctl")
        out, err = capsys.readouterr()
        code = stop.value.code
        return Ran(int(code or 0) if not isinstance(code, str) else 1, out, err)

    return run


@pytest.fixture
def cdctl_process() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `cdctl ARGS...` as a process of its own, as a shell would; further arguments go to `subprocess.run`."""

    def run(*args: str | Path, **more: object) -> subprocess.CompletedProcess[str]:
        command: Sequence[str] = [sys.executable, "-m", "cdctl", *map(str, args)]
        settings = {"capture_output": True, "text": True, "timeout": 60, **more}
        return subprocess.run(command, check=False, **settings)  # type: ignore[call-overload]

    return run
