"""Queries that cannot be used are told with their place in the file, however YAML writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from cdctl.domain.slo.objective import Indicator, QueryFault, queries
from cdctl.errors import FileError, Place
from cdctl.files.queries import inside
from cdctl.files.specs import read

Judge = Callable[..., list[str]]


def grammar(indicator: Indicator, group_by: tuple[str, ...] | None) -> Iterable[QueryFault]:
    """A language in which every "wrong" is wrong; `ungrouped` is, too, unless it is grouped by something."""
    for query in queries(indicator):
        if "wrong" in query.text:
            yield QueryFault(query, "wrong", "mend it", query.text.index("wrong"))
        elif "grouped by itself" in query.text and group_by == ():
            yield QueryFault(query, "grouped", "name the grouping in the spec (cdctl.io/group-by: region)")
        elif "odd" in query.text:
            yield QueryFault(query, "odd", warning=True)
        elif "ungrouped" in query.text and group_by == ():
            yield QueryFault(query, "not grouped")


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Judge:
    """Every problem of some texts as text; none when all is well."""
    monkeypatch.chdir(tmp_path)

    def judge(*texts: str) -> list[str]:
        paths = [Path(f"{number}.yaml") for number, _ in enumerate(texts, 1)]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text)
        try:
            read(paths, {"prometheus": grammar})
        except FileError as error:
            return [str(problem) for problem in error.problems]
        return []

    return judge


FORMS = {
    "plain": "spec: {query: a + wrong}",
    "plain over lines": "spec:\n  query: a +\n    wrong",
    "single quotes": "spec: {query: 'a{b=''c''} + wrong'}",
    "double quotes": r'spec: {query: "a{b=\"c\\d\"} + wrong"}',
    "escapes": r'spec: {query: "a\n+\x20\twrong\n"}',
    "literal": "spec:\n  query: |\n    a\n\n    + wrong",
    "literal, no last line feed, a comment": "spec:\n  query: |- # right\n    a\n    + wrong",
    "literal, indented by hand": "spec:\n  query: |2\n      a\n    + wrong",
    "folded": "spec:\n  query: >-\n    a\n    + wrong",
    "at once": "spec: {query: wrong}",
    "wide characters": "spec: {query: 'a{b=\"ü🚗\"} + wrong'}",
}


@pytest.mark.parametrize("form", FORMS)
def test_the_place_in_every_form_of_a_text(form: str, judged: Judge, slo_text: str) -> None:
    written = FORMS[form]
    before, _, after = slo_text.partition("        total: {metricSource: {spec: {query: commands_total}}}\n")
    block = "".join(f"            {line}\n" for line in written.split("\n"))
    lines = block[: block.index("wrong") + 1].split("\n")
    expected = f"1.yaml:{before.count(chr(10)) + 2 + len(lines)}:{len(lines[-1])}"
    total = "        total:\n          metricSource:\n"
    assert judged(before + total + block + after) == [f"{expected}: error: wrong (mend it)"]
    assert judged(before + total + block.replace("wrong", "right") + after) == []


def test_a_text_that_is_not_what_the_file_holds_has_the_place_of_its_start() -> None:
    start = Place("x", 2, 3)
    assert inside("a\n  abc\n", start, "abd", 2) == start
    assert inside("a\n  " + "?" * 20 + "abc\n", start, "abc", 2) == start
    assert inside("a\n", start, "abc", 2) == start
    assert inside("a\n  ???abc\n", start, "abc", 2) == Place("x", 2, 8)
    assert inside("a\n  a b\n", start, "a b", 1) == Place("x", 2, 5)
    assert inside("a\n  {{ .window }}b\n", start, "{{window}}b", 10) == Place("x", 2, 16)


SLI = """\
apiVersion: openslo/v1
kind: SLI
metadata: {name: measured}
spec:
  ratioMetric:
    bad: {metricSource: {spec: {query: BAD}}}
    total: {metricSource: {spec: {query: b}}}
"""
SLOTH = """\
version: prometheus/v1
service: shop
slos:
  - name: a
    objective: 99.9
    sli:
      events:
        error_query: sum(rate(x[{{ .window }}])) + wrong
        total_query: sum(rate(x[{{.window}}]))
    alerting: {page_alert: {disable: true}, ticket_alert: {disable: true}}
"""


def test_every_file_and_every_other_problem_in_one_go(judged: Judge, slo_text: str) -> None:
    named = slo_text.replace("query: commands_total}", "query: wrong}").replace("target: 0.999", "target: 1")
    sloth = SLOTH.replace("99.9", "100")
    errors = [line for line in judged(named, SLI.replace("BAD", "not wrong"), sloth) if ": error: " in line]
    places = [line.split(": error: ")[0] for line in errors]
    assert places == ["1.yaml:12:46", "1.yaml:19:15", "2.yaml:6:44", "3.yaml:5:16", "3.yaml:8:52"]


def test_a_warning_is_no_error(judged: Judge, slo_text: str, tmp_path: Path) -> None:
    odd = slo_text.replace("query: commands_total}", "query: odd}")
    assert judged(odd) == []
    assert [
        (problem.message, problem.warning) for problem in read([tmp_path / "1.yaml"], {"prometheus": grammar}).warnings
    ] == [("odd", True)]
    assert any(
        line.endswith(" error: wrong (mend it)") for line in judged(odd.replace("query: odd", "query: odd wrong"))
    )


def test_objectives_with_indicators_of_their_own(judged: Judge, slo_text: str) -> None:
    one = "    - displayName: ok\n      target: 0.999\n      indicator: {spec: {ratioMetric: {good: G, total: G}}}\n"
    metric = "{metricSource: {spec: {query: wrong}}}"
    top, _, _ = slo_text.partition("    - displayName")
    top = top.partition("  indicator:")[0] + "  timeWindow" + top.partition("  timeWindow")[2]
    both = top + one.replace("G", metric) + one.replace("ok", "other").replace("G", metric).replace("0.999", "1")
    errors = judged(both)
    assert [line.split(" error: ")[1] for line in errors].count("wrong (mend it)") == 4
    assert len(errors) == 5


def test_an_indicator_of_several_promises_is_told_once(judged: Judge, slo_text: str) -> None:
    a, _, rest = slo_text.partition("  indicator:\n")
    shared = a + "  indicatorRef: measured\n  timeWindow" + rest.partition("  timeWindow")[2]
    other = shared.replace("name: commands", "name: other")
    sli = SLI.replace("BAD", "wrong")
    assert judged(shared, other, sli) == ["3.yaml:6:40: error: wrong (mend it)"]
    assert judged(sli) == ["1.yaml:6:40: error: wrong (mend it)"]


def test_who_groups_decides(judged: Judge, slo_text: str) -> None:
    sli = SLI.replace("BAD", "ungrouped")
    assert judged(sli) == []
    a, _, rest = slo_text.partition("  indicator:\n")
    shared = a + "  indicatorRef: measured\n  timeWindow" + rest.partition("  timeWindow")[2]
    assert judged(shared, sli) == ["2.yaml:6:40: error: not grouped"]


def test_other_sources_have_other_languages(judged: Judge, slo_text: str) -> None:
    wrong = slo_text.replace("query: commands_total}", "query: wrong}")
    assert judged(wrong)
    assert judged(wrong.replace("metricSource: {", "metricSource: {type: replay, ")) == []
    mixed = wrong.replace("metricSource: {", "metricSource: {type: replay, ", 1)
    assert judged(mixed) == ["1.yaml:12:46: error: wrong (mend it)"], "each half is judged by its own source's"
    assert judged(mixed.replace("query: wrong}", "query: right}").replace('outcome!="ok"', "wrong")) == []


def test_a_sloth_file_is_not_told_to_hold_an_annotation(judged: Judge, slo_text: str) -> None:
    def hint(text: str) -> str:
        (error,) = [line for line in judged(text) if ": error: " in line]
        return error.split("error: grouped ")[1]

    itself = "grouped by itself"
    assert "name the grouping in the spec" in hint(slo_text.replace("query: commands_total}", f"query: {itself}}}"))
    assert hint(SLOTH.replace("wrong", itself)) == (
        "(write it without groups; Sloth's files know none: for a verdict each, write OpenSLO with cdctl.io/group-by)"
    )


@pytest.mark.parametrize(
    ("source", "fix"),
    [
        ("datadog", "sources: prometheus, replay"),
        ("Promtheus", 'did you mean "prometheus"? sources: prometheus, replay'),
        ("replay", None),
        ("PROMETHEUS", None),
    ],
)
def test_a_source_that_nobody_has_is_an_error(
    source: str, fix: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slo_text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    written = slo_text.replace(
        "metricSource: {spec: {query: commands_total}", f"metricSource: {{type: {source}, {TOTAL}"
    )
    Path("1.yaml").write_text(written)
    said = []
    try:
        read([Path("1.yaml")], {"prometheus": grammar}, lambda: {"replay"})
    except FileError as error:
        said = [str(problem) for problem in error.problems]
    missing = f'1.yaml:12:{54 + len(source)}: error: there is no source "{source.lower()}" ({fix})'
    assert said == ([missing] if fix else [])
    assert read([Path("1.yaml")]).slos  # who judges no queries does not ask what sources there are


TOTAL = "spec: {query: commands_total}"


def test_sources_are_not_listed_for_specs_that_name_none(tmp_path: Path, slo_text: str) -> None:
    (tmp_path / "1.yaml").write_text(slo_text)

    def listed() -> set[str]:
        raise AssertionError("this takes time")

    assert read([tmp_path], {"prometheus": grammar}, listed).slos
