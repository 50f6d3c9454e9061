"""What a receiver says of itself."""

from __future__ import annotations

from collections import Counter

from cdctl.collector.otlp.counting import Counts, text


def test_in_words():
    counts = Counts(received=12, kept=9, duplicate=2, rejected=Counter({"no id": 1}), refused=Counter(busy=3, bug=1))
    assert counts.said() == (
        "12 spans received, 9 kept, 2 duplicate, 1 rejected (no id 1); 4 requests refused (busy 3, bug 1)"
    )
    assert Counts().said() == "0 spans received, 0 kept"


def test_as_openmetrics():
    counts = Counts(received=12, rejected=Counter({'a "reason"\n': 1}), late=0.5)
    told = text(counts, 7, True)
    assert 'cdctl_traces_spans_rejected_total{reason="a \\"reason\\"\ufffd"} 1\n' in told
    assert "# TYPE cdctl_traces_in_flight_bytes gauge\n" in told
    assert "cdctl_traces_late_seconds 0.5\n" in told
    assert told.endswith("# EOF\n")
    names = [line.split()[2] for line in told.splitlines() if line.startswith("# TYPE")]
    assert len(names) == len(set(names))
    assert "late" not in text(Counts(), 0, False)
