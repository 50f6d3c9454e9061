"""Promises whose authors write whatever YAML lets them."""

from __future__ import annotations

from decimal import Decimal

from cdctl.domain.slo.objective import Budgeting, Objective, Query, Ratio, RawRatio, Slo, Threshold
from cdctl.domain.slo.window import Rolling
from cdctl.errors import Place

NASTY = (
    'a "quote" and \\ a back\\slash',
    "$region ${region} $datasource ${datasource:raw}",
    "[[region]] [[[datasource]]]",
    "${__from} $__interval {{region}} $$region",
    "<script>alert(1)</script> & <b>",
    "*bold* _x_ `code` | # ~~s~~ [a](javascript:x)",
    "ünïcödé 漢字 🚗 \u202eright to left\u202c \u2060 \x1b[31m \x00 \x7f \ud800",
    "line\nline\r\n\tline \u2028",
    "x" * 5000,
    "$",
    "[[",
    " ",
)
GROUPS = ("region", "datasource", "datasource_")
ANNOTATIONS = {
    "example.com/run-book": "https://runbooks.example/a?b=$region&c=[[region]]#d",
    "team": "javascript:alert(1)",
    "odd": 'https://x.example/"onclick',
    "long": f"https://x.example/{'x' * 5000}",
    "note": "not an address",
}


def nasty(number: int, text: str) -> Slo:
    """A promise with this text wherever there may be any, of four kinds by turns."""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\x00", "")
    quoted, first = quoted.replace("\ud800", ""), text.splitlines()[0].replace("\ud800", "")
    total, bad = f'x_total{{note="{quoted}"}}', f'x_total{{note="{quoted}",code="500"}}'
    windowed = f'sum by (region) (increase(x_total{{note!="{quoted}"}}[{{{{window}}}}])) # {first}\n'
    indicator = (
        Ratio(Query(total), bad=Query(bad)),
        Ratio(Query(windowed), good=Query(windowed), counter=False),
        Threshold(Query(f'max by (region) (y{{note="{quoted}"}})'), "lt", 5.0),
        RawRatio(Query(f'avg by (region) (z{{note="{quoted}"}})')),
    )[number % 4]
    objectives = tuple(Objective(name, indicator, Decimal("0.995")) for name in (text, text))
    return Slo(
        f"nasty-{number}",
        f"service-{number % 3}",
        objectives,
        Budgeting.OCCURRENCES,
        Rolling(28 * 86_400),
        Place("t.yaml"),
        display_name=text,
        description=text,
        group_by=GROUPS if number % 4 == 0 else ("region",),
        annotations=ANNOTATIONS,
    )


def all_nasty() -> list[Slo]:
    """Each kind with each text."""
    return [nasty(4 * i + kind, text) for i, text in enumerate(NASTY) for kind in range(4)]
