"""Where settings come from, and in which order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cdctl.domain.settings import SigningKey
from cdctl.errors import FileError, UsageError
from cdctl.files.settings import AD_HOC, read
from cdctl.files.shipped import shipped

FILE = """\
default_context = "prod-eu"

[contexts.prod-eu]
prometheus = { url = "https://prom.example/", token_file = "secrets/prom", timeout = "1m30s" }

[contexts.prod-us.prometheus]
url = "https://us.example"
headers = { X-Scope-OrgID = "fleet" }
concurrency = 8

[paths]
plugins = ["plugins", "~/more"]
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def write(path: Path, text: str = FILE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def only(name: str) -> str:
    return f'[contexts.{name}]\nprometheus = {{ url = "https://{name}.example" }}\n'


def test_no_settings_at_all(here):
    settings = read()
    assert settings.contexts == {}
    assert settings.file == ""
    assert settings.slo_specs == str(shipped("slo_specs"))
    assert settings.origins["paths.slo_specs"] == "ships with cdctl"
    with pytest.raises(UsageError, match="no context") as error:
        settings.context()
    assert "--prometheus URL" in error.value.hint


def test_a_file_with_everything(here, own_home):
    write(here / "cdctl.toml")
    settings = read()
    assert settings.file == "cdctl.toml"
    assert settings.context().sources == {
        "prometheus": {"url": "https://prom.example", "token_file": "secrets/prom", "timeout": 90.0}
    }
    assert settings.context("prod-us").sources["prometheus"]["headers"] == {"X-Scope-OrgID": "fleet"}
    assert settings.plugins == ("plugins", str(own_home / "more"))
    assert settings.origins["contexts.prod-eu.prometheus.timeout"] == "cdctl.toml:4"
    assert settings.origins["contexts.prod-us.prometheus.concurrency"] == "cdctl.toml:9"
    assert settings.origins["default_context"] == "cdctl.toml:1"
    assert settings.origins["paths.plugins"] == "cdctl.toml:12"


def test_which_file_is_read(here, tmp_path, own_home):
    write(own_home / "config" / "cdctl" / "cdctl.toml", only("user"))
    assert list(read().contexts) == ["user"]
    write(here / "cdctl.toml", only("folder"))
    assert list(read().contexts) == ["folder"]
    variable = {"CDCTL_CONFIG": str(write(tmp_path / "variable.toml", only("variable")))}
    assert list(read(environ=variable).contexts) == ["variable"]
    flag = str(write(tmp_path / "flag.toml", only("flag")))
    assert list(read(config=flag, environ=variable).contexts) == ["flag"]


@pytest.mark.parametrize(("said", "env"), [("nowhere.toml", {}), ("", {"CDCTL_CONFIG": "nowhere.toml"})])
def test_a_file_that_was_named_must_be_there(here, said, env):
    with pytest.raises(UsageError, match=r"nowhere.toml: there is no such settings file"):
        read(config=said, environ=env)


def test_paths_start_at_the_folder_of_the_file(here, tmp_path):
    file = write(tmp_path / "etc" / "cdctl.toml", FILE + 'slo_specs = "promises"\n')
    settings = read(config=str(file))
    assert settings.slo_specs == str(tmp_path / "etc" / "promises")
    assert settings.context().sources["prometheus"]["token_file"] == str(tmp_path / "etc" / "secrets" / "prom")


def test_which_context_is_used(here):
    write(here / "cdctl.toml")
    assert read().default_context == "prod-eu"
    assert read(environ={"CDCTL_CONTEXT": "prod-us"}).default_context == "prod-us"
    chosen = read(context="prod-eu", environ={"CDCTL_CONTEXT": "prod-us"})
    assert (chosen.default_context, chosen.origins["default_context"]) == ("prod-eu", "--context")


def test_the_only_context_needs_no_choice_and_two_do(here):
    write(here / "cdctl.toml", only("one"))
    assert (read().default_context, read().origins["default_context"]) == ("one", "the only context")
    write(here / "cdctl.toml", only("one") + only("two"))
    with pytest.raises(UsageError, match=r"which context\? The settings have one, two"):
        read().context()


def test_a_context_that_is_not_there(here):
    write(here / "cdctl.toml")
    with pytest.raises(UsageError, match=r"--context: there is no context 'prod-euu'") as error:
        read(context="prod-euu").context()
    assert error.value.hint == "did you mean prod-eu?"
    with pytest.raises(UsageError, match="CDCTL_CONTEXT: there is no context 'x'"):
        read(environ={"CDCTL_CONTEXT": "x"}).context()
    with pytest.raises(UsageError) as lab:
        read(context="lab").context()
    assert lab.value.hint == "start it: cdctl lab up"


def test_variables_change_the_context_in_use_and_no_other(here):
    write(here / "cdctl.toml")
    settings = read(
        environ={
            "CDCTL_PROMETHEUS_RETRIES": "0",
            "CDCTL_PROMETHEUS_TIMEOUT": "2.5",
            "CDCTL_PROMETHEUS_PLAINTEXT": "true",
            "CDCTL_PROMETHEUS_HEADERS": "X-Scope-OrgID=a, X-Team=b",
            "CDCTL_PLUGINS": "one:two",
            "CDCTL_CACHE": "cache",
            "CDCTL_JOURNAL": "journal",
        }
    )
    changed = settings.context().sources["prometheus"]
    assert (changed["retries"], changed["timeout"], changed["plaintext"]) == (0, 2.5, True)
    assert changed["headers"] == {"X-Scope-OrgID": "a", "X-Team": "b"}
    assert (settings.plugins, settings.cache_dir, settings.journal) == (("one", "two"), "cache", "journal")
    assert settings.origins["contexts.prod-eu.prometheus.retries"] == "CDCTL_PROMETHEUS_RETRIES"
    assert "retries" not in settings.contexts["prod-us"].sources["prometheus"]


@pytest.mark.parametrize("text", [only("any"), 'default_context = "gone"\n[contexts.any]\n'])
def test_a_wrong_default_is_an_error_with_its_place(here, text):
    write(here / "cdctl.toml", text.replace("any", "some"))
    if "gone" not in text:
        assert read().default_context == "some"
        return
    with pytest.raises(FileError, match=r"cdctl.toml:1:19: error: there is no context 'gone'"):
        read()


def test_a_secret_in_a_variable_stays_there_and_replaces_the_files_own(here):
    write(here / "cdctl.toml")
    settings = read(environ={"CDCTL_PROMETHEUS_TOKEN": "hunter2"})
    assert settings.context().sources["prometheus"]["token_env"] == "CDCTL_PROMETHEUS_TOKEN"
    assert "token_file" not in settings.context().sources["prometheus"]
    assert "hunter2" not in repr(settings)


def test_a_url_of_its_own_takes_nothing_from_the_file(here):
    write(here / "cdctl.toml")
    for settings, origin in (
        (read(prometheus="http://localhost:9090"), "--prometheus"),
        (read(environ={"CDCTL_PROMETHEUS_URL": "http://localhost:9090"}), "CDCTL_PROMETHEUS_URL"),
    ):
        assert settings.context().name == AD_HOC
        assert settings.context().sources == {"prometheus": {"url": "http://localhost:9090"}}
        assert settings.origins[f"contexts.{AD_HOC}.prometheus.url"] == origin


def test_credentials_of_one_url_never_go_to_another(here):
    write(here / "cdctl.toml")
    both = {"CDCTL_PROMETHEUS_URL": "https://one.example", "CDCTL_PROMETHEUS_TOKEN": "hunter2"}
    assert "token_env" in read(environ=both).context().sources["prometheus"]
    assert "token_env" in read(prometheus="https://one.example/", environ=both).context().sources["prometheus"]
    assert "token_env" not in read(prometheus="https://two.example", environ=both).context().sources["prometheus"]
    named = read(context="prod-us", environ=both).context().sources["prometheus"]
    assert (named["url"], "token_env" in named) == ("https://us.example", False)
    alone = {"CDCTL_PROMETHEUS_TOKEN": "hunter2"}
    assert "token_env" in read(prometheus="https://two.example", environ=alone).context().sources["prometheus"]


def test_two_flags_that_say_whom_to_ask(here):
    with pytest.raises(UsageError, match="both say whom to ask"):
        read(context="prod-eu", prometheus="http://localhost")


def test_the_lab_is_a_context_while_it_is_up(here, own_home):
    where = own_home / "state" / "cdctl" / "lab.json"
    lab = {"name": "lab", "context": {"prometheus": {"url": "http://127.0.0.1:1234"}}}
    write(where, json.dumps(lab))
    assert read().default_context == "lab", "nobody else can be meant"
    assert [problem.message for problem in read().warnings] == ["no settings name a context: the lab is asked"]
    assert read(context="lab").context().sources == {"prometheus": {"url": "http://127.0.0.1:1234"}}
    assert not read(context="lab").warnings
    assert read(prometheus="http://localhost:1").default_context != "lab"
    write(here / "cdctl.toml", only("one"))
    assert read().default_context == "one", "the lab is used only when asked for where there is another"
    write(here / "cdctl.toml", only("one") + only("two"))
    assert read().default_context == ""
    with pytest.raises(UsageError) as error:
        read().context()
    assert "--context one" in error.value.hint
    (here / "cdctl.toml").unlink()
    where.write_text("{")
    assert read().contexts == {}
    write(here / "folder" / "lab.json", json.dumps(lab))
    assert list(read(environ={"CDCTL_LAB_DIR": "folder"}).contexts) == ["lab"]


def test_the_lab_has_a_fleet_and_its_columns_only_while_it_is_asked(here, own_home):
    where = own_home / "state" / "cdctl" / "lab.json"
    told = {
        "prometheus": {"url": "http://127.0.0.1:1234"},
        "brokers": {"eu": {"url": "mqtt://127.0.0.1:1883"}},
        "protocol": "native",
        "topic_root": "fleet",
        "fleet": {"columns": {"soc": "Vehicle.A", "speed": "Vehicle.B"}},
        "signing_key": {"file": "/lab/operator.pem"},
        "trust": "/lab/trust.toml",
    }
    write(where, json.dumps({"name": "lab", "context": told}))
    write(here / "cdctl.toml", only("one") + '[fleet.columns]\nsoc = "Vehicle.Mine"\n')
    asked = read(context="lab")
    assert asked.context().brokers["eu"].url == "mqtt://127.0.0.1:1883"
    assert asked.context().topic_root == "fleet"
    assert asked.context().signing_key == SigningKey("file", "/lab/operator.pem")
    assert (asked.context().trust, asked.context().policy) == ("/lab/trust.toml", "")
    assert asked.fleet["contexts.lab.trust"] == "/lab/trust.toml"
    assert asked.fleet_columns == {"soc": "Vehicle.Mine", "speed": "Vehicle.B"}
    assert asked.fleet["contexts.lab.brokers.eu.url"] == "mqtt://127.0.0.1:1883"
    assert asked.origins["contexts.lab.brokers.eu.url"] == str(where)
    assert read(context="one").fleet_columns == {"soc": "Vehicle.Mine"}
    write(where, json.dumps({"name": "lab", "context": {**told, "brokers": []}}))
    with pytest.raises(UsageError, match="no context 'lab'"):
        read(context="lab").context()


def test_a_source_that_a_plugin_brings(here):
    write(here / "cdctl.toml", '[contexts.a.sources.replay]\nfolder = "incident"\nspeed = 2\n')
    assert read().context().sources == {"replay": {"folder": "incident", "speed": 2}}
    assert read().origins["contexts.a.sources.replay.speed"] == "cdctl.toml:3"


def test_the_journal_is_the_users_unless_told(here, own_home):
    assert read().journal == str(own_home / "state" / "cdctl" / "journal.sqlite")
    write(here / "cdctl.toml", FILE + 'journal = "~/orders.sqlite"\n')
    assert read().journal == str(own_home / "orders.sqlite")
    assert read().origins["paths.journal"].startswith("cdctl.toml:")


def test_somebody_else_signs_in_the_context_in_use(here):
    write(here / "cdctl.toml")
    settings = read(environ={"CDCTL_SIGNING_KEY_FILE": "keys/bea.pem"})
    key = settings.context().signing_key
    assert (key.kind, key.where) == ("file", str(here / "keys" / "bea.pem"))
    assert settings.origins["contexts.prod-eu.signing_key.file"] == "CDCTL_SIGNING_KEY_FILE"
    assert settings.contexts["prod-us"].signing_key is None
    assert read(environ={}).context().signing_key is None
