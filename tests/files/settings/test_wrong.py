"""What is wrong with settings is said with its place and its cure, all of it at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdctl.errors import FileError, UsageError
from cdctl.files.settings import read

GOOD = '[contexts.a.prometheus]\nurl = "https://prom.example"\n'

BAD = {
    # what is written -> (line, column, what is said, the fix)
    "contxts = 1\n": (1, 1, "unknown key 'contxts' at the top level", 'did you mean "contexts"?'),
    "zzz = 1\n": (1, 1, "unknown key 'zzz' at the top level", "known: contexts, default_context, fleet, paths"),
    '[paths]\nslo_spec = "x"\n': (2, 1, "unknown key 'slo_spec' in [paths]", 'did you mean "slo_specs"?'),
    "[contexts.a]\nprometeus = 1\n": (2, 1, "unknown key 'prometeus' in context 'a'", 'did you mean "prometheus"?'),
    GOOD + "timout = 3\n": (3, 1, "unknown key 'timout' of prometheus", 'did you mean "timeout"?'),
    GOOD + 'token = "hunter2"\n': (3, 1, "'token' would be a secret", "token_file, token_env or token_keyring"),
    GOOD + 'password = "hunter2"\n': (3, 1, "'password' would be a secret", "password_file"),
    GOOD + 'headers = { Authorization = "hunter2" }\n': (3, 11, "the header Authorization is a secret", "header_files"),
    GOOD + 'headers = { X-Api-Key = "hunter2" }\n': (3, 11, "the header X-Api-Key is a secret", "header_files"),
    GOOD + 'headers = { "a b" = "x" }\n': (3, 11, "'a b' is not the name of a header", ""),
    GOOD + 'headers = { a = "x\\ny" }\n': (3, 11, "the header a holds control characters", ""),
    GOOD + 'headers = "x"\n': (3, 11, "'x' is not a table", "Name ="),
    GOOD + "timeout = 0\n": (3, 11, "0 is not a time above zero", ""),
    GOOD + 'timeout = "5 minutes"\n': (3, 11, "'5 minutes' is not a duration such as 30s", ""),
    GOOD + "timeout = true\n": (3, 11, "True is neither a number of seconds nor a duration", ""),
    GOOD + 'concurrency = "3"\n': (3, 15, "'3' is not a whole number of at least 1", ""),
    GOOD + "concurrency = 0\n": (3, 15, "0 is not a whole number of at least 1", ""),
    GOOD + "retries = -1\n": (3, 11, "-1 is not a whole number of at least 0", ""),
    GOOD + 'plaintext = "yes"\n': (3, 13, "'yes' is neither true nor false", ""),
    GOOD + "token_file = 3\n": (3, 14, "3 is not a text", "in quotes"),
    GOOD + 'token_keyring = "cdctl"\n': (3, 17, "'cdctl' names no keyring entry", "service/user"),
    GOOD + 'token_file = "x"\ntoken_env = "X"\n': (4, 1, "token_file and token_env say the same thing", "keep one"),
    GOOD + 'token_file = "x"\nusername = "u"\npassword_file = "p"\n': (3, 1, "a token and a user name", "keep one"),
    GOOD + 'username = "u"\n': (3, 1, "a user name without a password", "password_file"),
    GOOD + 'password_env = "P"\n': (3, 1, "a password without a user name", "add username"),
    GOOD + 'cert = "c"\n': (3, 1, "cert and key belong together", "write both"),
    "[contexts.a.prometheus]\ntimeout = 3\n": (1, 13, "contexts.a.prometheus has no url", "write url"),
    '[contexts.a.prometheus]\nurl = "prom.example"\n': (2, 7, "'prom.example' is not the URL of a server", "https://"),
    '[contexts.a.prometheus]\nurl = "https://x:y"\n': (2, 7, "is not the URL of a server", "https://"),
    '[contexts.a.prometheus]\nurl = "https://u:hunter2@x"\n': (2, 7, "the URL holds a user or password", "username"),
    '[contexts.a.prometheus]\nurl = "https://x/?token=hunter2"\n': (2, 7, "the URL holds a query", "path"),
    '[contexts.a.prometheus]\nurl = "http://x"\n': (2, 1, "x would be asked without TLS", "plaintext = true"),
    '[contexts.a.prometheus]\nurl = "http://localhost"\nca = "c"\n': (3, 1, "'ca' is for https://", "use https://"),
    "[contexts]\na = 3\n": (2, 5, "context 'a' is not a table", "write [contexts.a]"),
    "contexts = 3\n": (1, 12, "'contexts' is not a table", "write [contexts]"),
    '[contexts."a b"]\n': (1, 11, "a context cannot be called 'a b'", "letters"),
    "[contexts.lab]\n": (1, 11, "a context cannot be called 'lab'", "cdctl lab up"),
    "[contexts.a.sources.prometheus]\n": (1, 21, "the source 'prometheus' is not set up like this", "in the context"),
    "[contexts.a.sources]\nreplay = 3\n": (2, 1, "the source 'replay' is not set up like this", "{ key = value }"),
    '[contexts.a.sources.replay]\napi_key = "hunter2"\n': (2, 1, "'api_key' would be a secret", "api_key_file"),
    'default_context = "gone"\n[contexts.a]\n': (1, 19, "there is no context 'gone'", "contexts of this file: a"),
    "default_context = 3\n": (1, 19, "there is no context 3", "none"),
    '[paths]\nplugins = "plugins"\n': (2, 11, "'plugins' is not a list of folders", '["plugins"]'),
    "[paths]\nplugins = [3]\n": (2, 11, "3 is not a text", ""),
    "a = \n": (1, 5, "not TOML: Invalid value", "toml.io"),
    "a = 1\na = 2\n": (2, 6, "not TOML: Cannot overwrite a value", "toml.io"),
    "[a": (0, 0, "not TOML: Expected ']' at the end of a table declaration (at end of document)", "toml.io"),
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("text", BAD)
def test_one_thing_wrong(here, text):
    (here / "cdctl.toml").write_text(text)
    with pytest.raises(FileError) as error:
        read()
    line, column, message, fix = BAD[text]
    (problem,) = error.value.problems
    assert (problem.place.file, problem.place.line, problem.place.column) == ("cdctl.toml", line, column)
    assert message in problem.message
    assert fix in problem.fix
    assert "hunter2" not in str(error.value)


def test_the_good_twin(here):
    (here / "cdctl.toml").write_text(GOOD)
    assert read().context().sources["prometheus"] == {"url": "https://prom.example"}


def test_everything_wrong_is_said_at_once(here, monkeypatch):
    (here / "cdctl.toml").write_text("zzz = 1\n" + GOOD + "timout = 3\nretries = -1\n")
    monkeypatch.setenv("CDCTL_CONTXT", "a")
    monkeypatch.setenv("CDCTL_PROMETHEUS_CONCURRENCY", "many")
    with pytest.raises(FileError) as error:
        read()
    assert [str(problem.place) for problem in error.value.problems] == [
        "$CDCTL_CONTXT",
        "$CDCTL_PROMETHEUS_CONCURRENCY",
        "cdctl.toml:1:1",
        "cdctl.toml:4:1",
        "cdctl.toml:5:11",
    ]


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("CDCTL_CONTEXTS", "did you mean CDCTL_CONTEXT?"),
        ("CDCTL_PROMETHEUS_ULR", "did you mean CDCTL_PROMETHEUS_URL?"),
        ("CDCTL_PROMETHEUS_USER", "did you mean CDCTL_PROMETHEUS_USERNAME?"),
        ("CDCTL_PROMETHEUS_XYZ", "known after CDCTL_PROMETHEUS_: URL, TOKEN_FILE"),
    ],
)
def test_a_misspelt_variable(name, fix):
    with pytest.raises(FileError) as error:
        read(environ={name: "x"})
    assert fix in error.value.problems[0].fix


def test_a_variable_of_somebody_else_is_left_alone():
    assert read(environ={"CDCTL_IMAGE_BUILD_NUMBER": "7"}).contexts == {}


def test_a_wrong_flag():
    with pytest.raises(FileError, match="--prometheus: error: 'nonsense' is not the URL of a server"):
        read(prometheus="nonsense")
    with pytest.raises(FileError, match="--prometheus: error: prom would be asked without TLS"):
        read(prometheus="http://prom:9090")
    allowed = read(prometheus="http://prom:9090", environ={"CDCTL_PROMETHEUS_PLAINTEXT": "1"})
    assert allowed.context().sources["prometheus"]["url"] == "http://prom:9090"


@pytest.mark.parametrize("host", ["localhost:9090", "127.0.0.1", "127.8.8.8:1", "[::1]:9090", "prom.localhost"])
def test_loopback_needs_no_tls(host):
    assert read(prometheus=f"http://{host}").context().name == "ad-hoc"


@pytest.mark.parametrize("host", ["localhost.example", "128.0.0.1", "0.0.0.0", "[::2]", "127.0.0.1.example"])
def test_what_only_looks_like_loopback_does(host):
    with pytest.raises(FileError, match="without TLS"):
        read(prometheus=f"http://{host}")


EXPOSED = {
    'prometheus = { url = "http://x" }': "x would be asked without TLS",
    'brokers = { eu = { url = "mqtt://x" } }': "x would be asked without TLS",
    'inventory = { url = "http://x" }': "x would be asked without TLS",
    'collector = "http://x"': "x would be asked without TLS",
}


@pytest.mark.parametrize("line", EXPOSED)
@pytest.mark.parametrize("name", ["b", "b.c"])
def test_a_server_without_tls_stops_only_the_context_that_has_it(here, line, name):
    (here / "cdctl.toml").write_text(f'default_context = "a"\n{GOOD}[contexts."{name}"]\n{line}\n')
    (warning,) = read().warnings
    assert (warning.place.line, warning.message) == (5, EXPOSED[line])
    assert warning.fix.endswith(f"; context '{name}' cannot be used until then")
    with pytest.raises(FileError, match=EXPOSED[line]) as error:
        read(context=name)
    assert [problem.warning for problem in error.value.problems] == [False]


def test_what_else_is_wrong_with_another_context_stops_all(here):
    (here / "cdctl.toml").write_text(f'default_context = "a"\n{GOOD}[contexts.b]\nbrokers = {{ eu = 3 }}\n')
    with pytest.raises(FileError, match="the broker of 'eu' is not a table"):
        read()


def test_files_that_cannot_be_read(here):
    file = here / "cdctl.toml"
    file.write_bytes(b"a = 1\nb = '\xff'\n")
    with pytest.raises(FileError, match=r"cdctl.toml:2:1: error: not UTF-8 text"):
        read()
    with pytest.raises(UsageError, match="no such settings file"):
        read(config=str(here))


@pytest.mark.parametrize("url", ["htps://joe:sesame@prom.example", "joe:sesame@prom.example", "https:///joe:sesame@x"])
def test_a_password_in_a_wrong_url_is_not_repeated(url):
    with pytest.raises(FileError) as refused:
        read(prometheus=url)
    assert "sesame" not in str(refused.value)
    assert "is not the URL of a server" in str(refused.value)
