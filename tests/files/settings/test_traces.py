"""`traces` of a context: one place of spans, whole, without a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdctl.domain.settings import Traces
from cdctl.errors import FileError
from cdctl.files.settings import lab, read

A = "[contexts.a]\n"

GOOD = {
    'traces = { store = "spans" }': Traces("store", "spans"),
    'traces = { tempo = "https://tempo.example/", token_file = "t", headers = { X-Scope-OrgID = "team-a" } }': Traces(
        "tempo", "https://tempo.example", {"token_file": "t", "headers": {"X-Scope-OrgID": "team-a"}}
    ),
    'traces = { jaeger = "http://127.0.0.1:16686" }': Traces("jaeger", "http://127.0.0.1:16686"),
    'traces = { clickhouse = "https://ch:8443", database = "otel", table = "otel_traces", username = "u", '
    'password_env = "P" }': Traces(
        "clickhouse",
        "https://ch:8443",
        {"database": "otel", "table": "otel_traces", "username": "u", "password_env": "P"},
    ),
}
BAD = {
    "traces = 3": (2, 10, "this says not where traces are", "{ store ="),
    "traces = {}": (2, 10, "this says not where traces are", "{ store ="),
    'traces = { store = "a", tempo = "https://t" }': (2, 10, "traces are in store and tempo", "{ store ="),
    'traces = { stor = "a" }': (2, 10, "this says not where traces are", "{ store ="),
    "traces = { store = 3 }": (2, 20, "3 is not a text", "quotes"),
    'traces = { store = "a", token_file = "t" }': (2, 25, "unknown key 'token_file' of traces in a store", ""),
    'traces = { store = "a", token = "hunter2" }': (2, 25, "'token' would be a secret", "token_file"),
    'traces = { tempo = "tempo:3200" }': (2, 20, "is not the URL of a server", "https://"),
    'traces = { tempo = "https://u:hunter2@t" }': (2, 20, "a user or password", "username"),
    'traces = { tempo = "http://tempo.example" }': (2, 12, "tempo.example would be asked without TLS", "https://"),
    'traces = { tempo = "https://t", token_file = "t", token_env = "T" }': (2, 51, "the same thing", "keep one"),
    'traces = { tempo = "https://t", headers = { X-Token = "hunter2" } }': (2, 43, "is a secret", "header_files"),
    'traces = { tempo = "https://t", database = "d" }': (2, 33, "unknown key 'database' of traces in tempo", ""),
    'traces = { clickhouse = "https://c", table = "a; DROP" }': (2, 46, "is not the name of a table", "letters"),
    'sources = { traces = { store = "a" } }': (2, 13, "'traces' is not set up like this", "write traces = {...}"),
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("text", GOOD)
def test_where_spans_are(here, text):
    (here / "cdctl.toml").write_text(A + text + "\n")
    settings = read()
    wanted = GOOD[text]
    assert settings.context().traces == wanted
    assert settings.context().sources == {"traces": wanted.table}
    assert settings.fleet[f"contexts.a.traces.{wanted.kind}"] == wanted.where
    assert settings.origins[f"contexts.a.traces.{wanted.kind}"] == "cdctl.toml:2"
    assert settings.warnings == ()


@pytest.mark.parametrize("text", BAD)
def test_what_is_wrong(here, text):
    (here / "cdctl.toml").write_text(A + text + "\n")
    line, column, said, fix = BAD[text]
    with pytest.raises(FileError) as caught:
        read()
    (problem,) = caught.value.problems
    assert (problem.place.line, problem.place.column) == (line, column)
    assert said in problem.message
    assert fix in problem.fix
    assert "hunter2" not in str(caught.value)


def test_a_context_that_says_nothing(here):
    (here / "cdctl.toml").write_text(A)
    assert read().context().traces is None
    assert read().context().sources == {}


def test_a_lab_has_a_store():
    document = {"prometheus": {"url": "http://127.0.0.1:9"}, "traces": {"store": "spans"}, "otlp": "http://127.0.0.1:8"}
    kept = lab.found(document)
    assert (kept.context.traces, kept.context.otlp) == (Traces("store", "spans"), "http://127.0.0.1:8")
    assert kept.sources["traces"] == {"store": "spans"}
