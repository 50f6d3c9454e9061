"""What the documents say is so."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import typer

from cdctl.cli.exits import MEANING, Code
from cdctl.cli.main import app
from cdctl.errors import FileError
from cdctl.files.settings import read
from cdctl.files.settings.keys import PROMETHEUS
from cdctl.files.settings.variables import KNOWN

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("plugins/*/*.md"))
)


def exit_codes(text: str) -> dict[int, str]:
    """The rows of the table of exit codes."""
    return {int(code): meaning for code, meaning in re.findall(r"^\| (\d+) \| (.+) \|$", text, re.MULTILINE)}


def test_the_table_of_exit_codes_is_the_codes(root):
    assert exit_codes((root / "README.md").read_text()) == {int(code): MEANING[code] for code in Code}
    assert exit_codes("| 7 | lucky |\n") == {7: "lucky"}


def test_every_setting_is_in_the_readme(root):
    text = (root / "README.md").read_text()
    assert [key for key in PROMETHEUS if f"`{key}`" not in text] == []
    named = [name for name in KNOWN if not name.startswith("CDCTL_PROMETHEUS_")]
    assert [name for name in named if name not in text] == []


def test_the_settings_of_the_readme_can_be_read(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```toml\n(.+?)```", (root / "README.md").read_text(), re.DOTALL)
    (tmp_path / "cdctl.toml").write_text(example)
    settings = read()
    assert list(settings.contexts) == ["prod-eu", "prod-us"]
    assert settings.context().name == "prod-eu"
    (tmp_path / "cdctl.toml").write_text(example.replace("token_file", "token"))
    with pytest.raises(FileError):
        read()


def unknown_commands(text: str) -> list[str]:
    """`cdctl ...` in code that names no command."""
    group = typer.main.get_command(app)
    ctx = typer.Context(group, info_name="cdctl")
    found = []
    for line in re.findall(r"(?:`|^    )cdctl ((?:--\w+ \S+ )*[a-z]+(?: [a-z]+)?)", text, re.MULTILINE):
        words = re.sub(r"--\w+ \S+ ", "", line).split()
        command = group.get_command(ctx, words[0])
        verbs = getattr(command, "commands", None)
        if command is None or (verbs is not None and len(words) > 1 and words[1] not in verbs):
            found.append(" ".join(words))
    return found


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_that_a_document_names_exists(root, document):
    assert unknown_commands((root / document).read_text()) == []


def test_a_command_that_does_not_exist_is_found():
    said = "`cdctl config shoe` and `cdctl --context lab slow report`\n\n    cdctl --prometheus x slo repot y\n"
    assert unknown_commands(said) == ["config shoe", "slow report", "slo repot"]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_document_links_to_exists(root, document):
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", (root / document).read_text())
    assert [link for link in links if not ((root / document).parent / link).exists()] == []


@pytest.mark.parametrize("script", ["setup", "demo", "test", "docs", "lock", "../.ci/run"])
def test_scripts_are_plain_sh_and_may_be_run(root: Path, script):
    path = root / "script" / script
    assert path.read_text().startswith("#!/bin/sh\n")
    assert path.stat().st_mode & 0o111 == 0o111
    assert subprocess.run(["sh", "-n", str(path)], check=False).returncode == 0
