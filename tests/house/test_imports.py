"""What a command does not need is not imported: start-up is short because nothing heavy is on the way."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cdctl.cli.registry import COMMANDS

HEAVY = {
    "apsw", "asyncio", "duckdb", "httpx", "importlib.metadata", "keyring", "msgspec", "numpy", "paho",
    "prometheus_api_client", "pyarrow", "pydantic", "re2", "requests", "rich", "ruamel", "sqlalchemy", "textual",
}  # fmt: skip
RUN = """
import sys
from cdctl.cli.main import app
try:
    app(sys.argv[1:], prog_name="cdctl")
except SystemExit as stop:
    assert stop.code == 0, stop.code
finally:
    sys.stderr.write("\\n".join(sys.modules))
"""


def loaded(*args: str) -> set[str]:
    """Every module, with its parents, that `cdctl ARGS` imports."""
    ran = subprocess.run([sys.executable, "-c", RUN, *args], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout
    return set(ran.stderr.split())


@pytest.mark.parametrize("args", [["--help"], ["--version"], *([name, "--help"] for name in COMMANDS)], ids=" ".join)
def test_help_loads_nothing_heavy(args):
    assert loaded(*args) & HEAVY == set()


@pytest.mark.parametrize("command", ["validate", "ls", "status", "report", "dashboards"])
def test_help_of_a_promise_command_loads_nothing_heavy(command):
    assert loaded("slo", command, "--help") & HEAVY == set()


def test_the_help_of_the_root_imports_no_command():
    modules = loaded("--help")
    assert "cdctl.cli.main" in modules
    assert {entry.target.partition(":")[0] for entry in COMMANDS.values()} & modules == set()
    assert {name for name in modules if name.startswith("cdctl.")} <= {
        "cdctl.cli",
        "cdctl.cli.completion",
        "cdctl.cli.exits",
        "cdctl.cli.lazy",
        "cdctl.cli.main",
        "cdctl.cli.options",
        "cdctl.cli.registry",
        "cdctl.domain",
        "cdctl.domain.text",
        "cdctl.errors",
    }


def test_showing_settings_needs_no_server_code():
    assert loaded("config", "show") & (HEAVY - {"asyncio"}) == set()


def test_what_is_loaded_is_seen():
    assert "numpy" in loaded("plugin", "ls")
