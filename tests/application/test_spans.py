"""Spans of commands: one for each, handed to a collector that is configured, and carried by every order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from spans_taken import taking

from cdctl.application.otlp import OtlpTraces
from cdctl.application.spans import Untraced
from cdctl.application.tracing import traces_of
from cdctl.application.wiring import read_settings
from cdctl.domain.settings import Context


@pytest.fixture
def collector() -> Iterator[tuple[str, list[Any]]]:
    """An OTLP collector, and the spans that it was given."""
    with taking() as taken:
        yield taken


def test_a_command_is_one_span_that_orders_name_as_their_parent(collector: tuple[str, list[Any]]) -> None:
    url, spans = collector
    traces = OtlpTraces(url)
    trace = traces.begin("cmd ping", {"cdctl.command": "ping"})
    trace.end({"cdctl.succeeded": 3}, failed="1 of 4 without success")
    traces.close()
    (span,) = spans
    version, trace_id, span_id, flags = trace.parent[0].split("-")
    assert (version, flags) == ("00", "01")
    assert (span.trace_id.hex(), span.span_id.hex()) == (trace_id, span_id)
    told = {one.key: one.value for one in span.attributes}
    assert told["cdctl.command"].string_value == "ping"
    assert told["cdctl.succeeded"].int_value == 3
    assert span.status.message == "1 of 4 without success"


def test_a_collector_that_is_away_costs_nothing_but_some_time() -> None:
    traces = OtlpTraces("http://127.0.0.1:9")
    traces.begin("cmd ping", {}).end({})
    traces.close()


def test_the_usual_variables_say_where_spans_go(
    collector: tuple[str, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(traces_of(Context("prod")), Untraced)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector[0])
    traces = traces_of(Context("prod"))
    traces.begin("cmd lock", {}).end({})
    traces.close()
    assert [span.name for span in collector[1]] == ["cmd lock"]


def test_the_settings_of_a_context_say_where_spans_go(collector: tuple[str, list[Any]], tmp_path: Path) -> None:
    file = tmp_path / "cdctl.toml"
    file.write_text(f'[contexts.prod]\notlp = "{collector[0]}"\nbrokers = {{ eu = {{ url = "mqtts://b" }} }}\n')
    traces = traces_of(read_settings(config=str(file)).context())
    traces.begin("cmd lock", {}).end({})
    traces.close()
    assert [span.name for span in collector[1]] == ["cmd lock"]


def test_without_a_collector_orders_carry_a_context_that_says_so() -> None:
    one, other = (Untraced().begin("cmd ping", {}).parent for _ in range(2))
    assert one != other
    assert one[0].endswith("-00")
    assert len(one[0]) == 55
