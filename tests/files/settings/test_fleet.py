"""Brokers, inventory, protocol, collector, topics and columns: as the settings say, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdctl.domain.settings import (
    Access,
    BirthsInventory,
    Broker,
    Collector,
    FileInventory,
    HttpInventory,
    ProtocolChoice,
    Secret,
    SigningKey,
    SqlInventory,
)
from cdctl.errors import FileError
from cdctl.files.settings import read

WHOLE = """\
default_context = "prod-eu"
[contexts.prod-eu]
prometheus = { url = "https://prom.example", token_file = "/run/secrets/prom" }
traces     = { store = "~/.local/share/cdctl/spans" }
brokers    = { eu = { url = "mqtts://eu.example:8883", ca = "ca.pem", cert = "c.pem", key = "k.pem" }, us = US }
inventory  = { file = "fleet.csv" }
protocol   = "native"
collector  = "https://collector.example"
topic_root = "cd"
signing_key = { file = "key.pem" }
trust = "trust.toml"
policy = "policy.cedar"
[paths]
slo_specs = "slo_specs"
dashboards = "dashboards"
plugins = ["plugins"]
[fleet.columns]
soc = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed"
""".replace("US", '{ url = "wss://us.broker.example/mqtt" }')
BROKER = '[contexts.a.brokers.eu]\nurl = "mqtts://b.example"\n'
A = "[contexts.a]\n"
COLUMNS = "[fleet.columns]\n"

BAD = {
    # what is written -> (line, column, what is said, the fix)
    A + "brokers = {}\n": (2, 1, "'brokers' names no region", "mqtts://"),
    A + "brokers = 3\n": (2, 11, "'brokers' is not a table", "write [contexts.a.brokers]"),
    A + 'brokers = { eu = "mqtts://u:hunter2@b" }\n': (2, 18, "the broker of 'eu' is not a table", "{ url ="),
    A + 'brokers = { ops = { url = "mqtts://b" } }\n': (2, 13, "'ops' is no region", "another name"),
    A + 'brokers = { "E U" = { url = "mqtts://b" } }\n': (2, 13, "a region cannot be called 'E U'", "a-z"),
    A + 'brokers = { eu = { ur = "mqtts://b", url = "mqtts://b" } }\n': (
        2,
        20,
        "unknown key 'ur' of a broker",
        '"url"',
    ),
    A + "brokers = { eu = { connections = 2 } }\n": (2, 13, "contexts.a.brokers.eu has no url", "mqtts://broker"),
    A + 'brokers = { eu = { url = "https://b" } }\n': (2, 26, "this is not the URL of an MQTT broker", "mqtts://"),
    A + 'brokers = { eu = { url = "b:1883" } }\n': (2, 26, "this is not the URL of a server", "mqtts://"),
    A + 'brokers = { eu = { url = "mqtts://b:x" } }\n': (2, 26, "this is not the URL of a server", "mqtts://"),
    A + 'brokers = { eu = { url = "mqtts://u:hunter2@b:x" } }\n': (2, 26, "a user or password", "username"),
    A + 'brokers = { eu = { url = "mqtts://b/x" } }\n': (2, 26, "the URL of a broker holds a path", "port"),
    A + 'brokers = { eu = { url = "wss://b/x?token=hunter2" } }\n': (2, 26, "the URL holds a query", "path"),
    A + 'brokers = { eu = { url = "mqtt://b" } }\n': (
        2,
        20,
        "b would be asked without TLS",
        "use mqtts://, or allow it",
    ),
    A + 'brokers = { eu = { url = "ws://b" } }\n': (2, 20, "b would be asked without TLS", "use wss://, or allow it"),
    A + 'brokers = { eu = { url = "mqtt://[::1]", ca = "c" } }\n': (2, 42, "'ca' is for mqtts://", "use mqtts://"),
    BROKER + 'cert = "c"\n': (3, 1, "cert and key belong together", "write both"),
    BROKER + 'username = "u"\n': (3, 1, "a user name without a password", "password_file"),
    BROKER + 'password = "hunter2"\n': (3, 1, "'password' would be a secret", "password_file"),
    BROKER + 'token_file = "t"\n': (3, 1, "unknown key 'token_file' of a broker", ""),
    BROKER + "connections = 0\n": (3, 15, "0 is not a whole number of at least 1", ""),
    BROKER + "connections = 257\n": (3, 15, "257 is more than 256", ""),
    BROKER + "receive_maximum = 65536\n": (3, 19, "65536 is more than 65535", ""),
    BROKER + "rate_cap = 0.5\n": (3, 12, "0.5 is not a whole number of at least 1", ""),
    BROKER + 'session_expiry = "1.5s"\n': (3, 18, "not a duration", ""),
    BROKER + "session_expiry = 1.5\n": (3, 18, "a session expires after whole seconds", '"12h"'),
    BROKER + "session_expiry = -1\n": (3, 18, "-1 is not a time above zero", ""),
    BROKER + 'client_id = "a b"\n': (3, 13, "'a b' cannot be a client id", "letters"),
    A + 'inventory = "birth"\n': (2, 13, "this is no inventory", '"births"'),
    A + 'inventory = { file = "f", url = "https://x" }\n': (2, 13, "the inventory has file and url", "fleet.csv"),
    A + 'inventory = { fil = "f" }\n': (2, 13, "this is no inventory", "fleet.csv"),
    A + 'inventory = { file = "f", query = "q" }\n': (2, 27, "unknown key 'query' of an inventory with file", "known"),
    A + 'inventory = { sql = "sqlite:///f.db" }\n': (2, 1, "a database without a query", "SELECT"),
    A + 'inventory = { sql = "postgresql://u:hunter2@h/d", query = "q" }\n': (2, 21, "a user or password", "username"),
    A + 'inventory = { sql = "postgresql://h/d?password=hunter2", query = "q" }\n': (
        2,
        21,
        "holds a secret",
        "username",
    ),
    A + 'inventory = { sql = "fleet.db", query = "q" }\n': (2, 21, "this is not the URL of a server", "sqlite:///"),
    A + 'inventory = { url = "http://x" }\n': (2, 15, "x would be asked without TLS", "use https://"),
    A + "collector = 3\n": (2, 13, "this is no collector", "https://"),
    A + 'collector = "ftp://x"\n': (2, 13, "'ftp://x' is not the URL of a server", "https://"),
    A + 'collector = "http://x"\n': (2, 1, "x would be asked without TLS", "use https://"),
    A + 'collector = { token_file = "t" }\n': (2, 1, "contexts.a.collector has no url", "https://"),
    A + 'collector = { url = "https://x", token_file = "t", token_env = "T" }\n': (
        2,
        52,
        "say the same thing",
        "keep one",
    ),
    A + 'collector = { url = "https://x", token = "hunter2" }\n': (2, 34, "'token' would be a secret", "token_file"),
    A + 'protocol = "Native!"\n': (2, 12, "'Native!' is not the name of a protocol", '"native"'),
    A + 'protocol = "mapped"\n': (2, 12, "a mapped protocol without a profile", "profile ="),
    A + 'profile = "p.yaml"\n': (2, 1, "the native protocol has no profile", '"mapped"'),
    A + 'topic_root = "a/b/c/d"\n': (2, 14, "'a/b/c/d' cannot be where topics start", "up to 3 levels"),
    A + 'topic_root = "/cd"\n': (2, 14, "cannot be where topics start", ""),
    A + 'topic_root = "cd/+"\n': (2, 14, "cannot be where topics start", ""),
    A + 'topic_rot = "cd"\n': (2, 1, "unknown key 'topic_rot' in context 'a'", '"topic_root"'),
    A + 'traces = { store = "x", token = "hunter2" }\n': (2, 25, "'token' would be a secret", "token_file"),
    A + 'signing_key = "hunter2"\n': (2, 1, "'signing_key' would be a secret", "{ file ="),
    A + "signing_key = 3\n": (2, 15, "this is no signing key", "{ file ="),
    A + "signing_key = {}\n": (2, 1, "the signing key is nowhere", "{ file ="),
    A + 'signing_key = { file = "a", agent = "b" }\n': (2, 1, "is in file and agent", "{ file ="),
    A + 'signing_key = { keyring = "alice" }\n': (2, 27, "'alice' names no keyring entry", "service/user"),
    A + 'signing_key = { fil = "a" }\n': (2, 17, "unknown key 'fil' of signing_key", '"file"'),
    A + "trust = 3\n": (2, 9, "3 is not a text", "quotes"),
    'topic_root = "cd"\n': (1, 1, "unknown key 'topic_root' at the top level", "it belongs into [contexts.NAME]"),
    "[fleet]\ncolums = 1\n": (2, 1, "unknown key 'colums' in [fleet]", '"columns"'),
    "fleet = 1\n": (1, 9, "'fleet' is not a table", "write [fleet]"),
    "[fleet]\ncolumns = 1\n": (2, 11, "'columns' is not a table", "write [fleet.columns]"),
    COLUMNS + 'SoC = "Vehicle.X"\n': (2, 1, "a column cannot be called 'SoC'", "a-z"),
    COLUMNS + 'region = "Vehicle.X"\n': (2, 1, "every vehicle has a 'region' already", "another name"),
    COLUMNS + "soc = 3\n": (2, 7, "3 is not a text", "quotes"),
    COLUMNS + 'soc = "Vehicle/X"\n': (2, 7, "'Vehicle/X' is not the path of a signal", "Vehicle.Speed"),
    COLUMNS + 'tyre.fl = "A"\n"tyre.fl" = "B"\n': (3, 1, "the column 'tyre.fl' is there twice", "remove one"),
    COLUMNS + "".join(f'c{n} = "A"\n' for n in range(33)): (34, 1, "more than 32 columns", "keep"),
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def reading(here: Path, text: str):
    (here / "cdctl.toml").write_text(text)
    return read()


def test_everything_that_the_face_promises(here):
    settings = reading(here, WHOLE)
    context = settings.context()
    tls = Access(ca="ca.pem", cert="c.pem", key="k.pem")
    assert context.brokers == {
        "eu": Broker("eu", "mqtts://eu.example:8883", tls),
        "us": Broker("us", "wss://us.broker.example/mqtt"),
    }
    assert context.inventory == FileInventory("fleet.csv")
    assert context.protocol == ProtocolChoice("native", "")
    assert context.collector == Collector("https://collector.example")
    assert context.topic_root == "cd"
    assert context.sources["prometheus"]["url"] == "https://prom.example"
    assert settings.fleet_columns == {"soc": "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed"}
    assert settings.warnings == ()
    assert context.signing_key == SigningKey("file", "key.pem")
    assert (context.trust, context.policy) == ("trust.toml", "policy.cedar")
    assert settings.fleet["contexts.prod-eu.signing_key.file"] == "key.pem"
    assert settings.origins["contexts.prod-eu.trust"] == "cdctl.toml:11"
    assert settings.origins["contexts.prod-eu.brokers.eu.ca"] == "cdctl.toml:5"
    assert settings.fleet["contexts.prod-eu.brokers.us.url"] == "wss://us.broker.example/mqtt"


def test_what_holds_without_being_written(here):
    context = reading(here, BROKER).context()
    broker = context.brokers["eu"]
    assert (broker.connections, broker.client_id, broker.session_expiry, broker.rate_cap) == (1, "", None, None)
    assert (context.inventory, context.protocol, context.topic_root) == (BirthsInventory(), ProtocolChoice(), "cd")
    shown = read()
    assert shown.fleet["contexts.a.topic_root"] == "cd"
    assert shown.origins["contexts.a.topic_root"] == "default"
    assert not any(key.startswith("contexts.b") for key in reading(here, "[contexts.b]\n").fleet)


def test_every_key_of_a_broker(here):
    text = BROKER + (
        'username = "u"\npassword_env = "P"\nclient_id = "me"\nsession_expiry = "12h"\nreceive_maximum = 100\n'
        "connections = 4\nrate_cap = 100\nbytes_cap = 524288\n"
    )
    access = Access(username="u", password=Secret("env", "P"))
    wanted = Broker("eu", "mqtts://b.example", access, "me", 43200, 100, 4, 100, 524288)
    assert reading(here, text).context().brokers == {"eu": wanted}
    assert reading(here, BROKER + "session_expiry = 0\n").context().brokers["eu"].session_expiry == 0
    allowed = BROKER.replace("mqtts", "mqtt") + "plaintext = true\n"
    assert reading(here, allowed).context().brokers["eu"].access.plaintext
    loopback = BROKER.replace("mqtts://b.example", "mqtt://127.0.0.1:1883")
    assert reading(here, loopback).context().brokers["eu"].url == "mqtt://127.0.0.1:1883"


def test_an_example_that_is_not_filled_in_yet(here):
    settings = reading(here, BROKER + '[contexts.a.brokers.us]\nurl = "..."\n')
    assert list(settings.context().brokers) == ["eu"]
    (warning,) = settings.warnings
    assert str(warning).startswith("cdctl.toml:4:7: warning: the broker of 'us' is still to be filled in")


def test_every_kind_of_inventory(here):
    for written, wanted in {
        '"births"': BirthsInventory(),
        '{ file = "~/fleet.csv" }': FileInventory(str(Path("~/fleet.csv").expanduser())),
        '{ url = "https://x/v", token_keyring = "cdctl/x" }': HttpInventory(
            "https://x/v", Access(token=Secret("keyring", "cdctl/x"))
        ),
        '{ sql = "sqlite:///fleet.db", query = "SELECT 1" }': SqlInventory("sqlite:///fleet.db", "SELECT 1"),
        '{ sql = "postgresql:///fleet", query = "SELECT 1" }': SqlInventory("postgresql:///fleet", "SELECT 1"),
        '{ sql = "postgresql://h/d?ssl=1", query = "q", username = "u", password_file = "p" }': SqlInventory(
            "postgresql://h/d?ssl=1", "q", Access("u", Secret("file", "p"))
        ),
    }.items():
        assert reading(here, f"{A}inventory = {written}\n").context().inventory == wanted


def test_a_collector_that_wants_to_know_who_asks(here):
    text = f'{A}collector = {{ url = "https://x", token_file = "t" }}\n'
    assert reading(here, text).context().collector == Collector("https://x", Access(token=Secret("file", "t")))


def test_other_ways_to_speak(here):
    mapped = f'{A}protocol = "mapped"\nprofile = "p.yaml"\ntopic_root = "acme/fleet-1"\n'
    context = reading(here, mapped).context()
    assert (context.protocol, context.topic_root) == (ProtocolChoice("mapped", "p.yaml"), "acme/fleet-1")
    assert reading(here, f'{A}protocol = "acme"\n').context().protocol == ProtocolChoice("acme", "")


def test_columns_with_dots(here):
    text = COLUMNS + 'soc = "Vehicle.A"\ntyre.fl = "Vehicle.B"\n"tyre.fr" = "Vehicle.C"\n'
    settings = reading(here, text)
    assert settings.fleet_columns == {"soc": "Vehicle.A", "tyre.fl": "Vehicle.B", "tyre.fr": "Vehicle.C"}
    assert settings.origins["fleet.columns.tyre.fr"] == "cdctl.toml:4"
    assert len(reading(here, COLUMNS + "".join(f'c{n} = "A"\n' for n in range(32))).fleet_columns) == 32


def test_paths_start_at_the_folder_of_the_file(here):
    (here / "etc").mkdir()
    (here / "etc" / "cdctl.toml").write_text(
        A
        + 'brokers = { eu = { url = "mqtts://b", ca = "ca.pem" } }\nprotocol = "mapped"\nprofile = "p.yaml"\n'
        + 'inventory = { sql = "sqlite:///fleet.db", query = "q" }\n'
    )
    context = read(config="etc/cdctl.toml").context()
    assert context.brokers["eu"].access.ca == "etc/ca.pem"
    assert context.protocol.profile == "etc/p.yaml"
    assert context.inventory == SqlInventory("sqlite:///etc/fleet.db", "q")


def test_a_url_of_its_own_has_no_fleet(here):
    (here / "cdctl.toml").write_text(WHOLE)
    context = read(prometheus="http://localhost:1").context()
    assert (context.brokers, context.collector) == ({}, None)


@pytest.mark.parametrize("text", BAD)
def test_one_thing_wrong(here, text):
    with pytest.raises(FileError) as error:
        reading(here, text)
    line, column, message, fix = BAD[text]
    (problem,) = [problem for problem in error.value.problems if not problem.warning]
    assert (problem.place.line, problem.place.column) == (line, column), problem
    assert message in problem.message
    assert fix in problem.fix
    assert "hunter2" not in str(error.value)
