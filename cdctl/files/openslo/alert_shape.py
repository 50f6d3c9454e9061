"""The shapes of OpenSLO alerting: policy, condition, notification target."""

from __future__ import annotations

from cdctl.files.durations import OPENSLO, OPENSLO_MEANING, cure_openslo
from cdctl.files.openslo.indicator_shape import DESCRIPTION
from cdctl.files.openslo.metadata import metadata_shape, name_shape
from cdctl.files.shapes.containers import Fields, Listing
from cdctl.files.shapes.rules import at_most_one, exactly_one, needs
from cdctl.files.shapes.scalars import Flag, Number, Text
from cdctl.files.shapes.shape import Shape

_OPERATORS = ("lte", "lt", "gte", "gt")
_SIGNS = {"<=": "lte", "<": "lt", ">=": "gte", ">": "gt", "≤": "lte", "≥": "gte"}


def _cure_operator(text: str) -> tuple[str, str] | None:
    return ("", f"write {_SIGNS[text]}") if text in _SIGNS else None


def operator(doc: str) -> Text:
    """The shape of a comparison."""
    return Text(doc, choices=_OPERATORS, cure=_cure_operator)


def _duration(doc: str) -> Text:
    return Text(doc, pattern=OPENSLO, meaning=OPENSLO_MEANING, cure=cure_openslo)


def reference_or_inline(key: str, kind: str, spec: Shape, doc: str) -> Fields:
    """An entry that either refers to a document by name under `key`, or is that document itself."""
    return Fields(
        f"{kind} entry",
        doc,
        {
            key: name_shape(f"Name of the {kind}."),
            "kind": Text(f"Always {kind}.", choices=(kind,)),
            "metadata": metadata_shape(f"metadata of the {kind}", f"Name of the {kind}."),
            "spec": spec,
        },
        rules=(
            exactly_one(key, "spec"),
            needs("spec", "kind", "metadata"),
            at_most_one(key, "kind"),
            at_most_one(key, "metadata"),
        ),
    )


CONDITION_SPEC = Fields(
    "spec of the AlertCondition",
    "When to alert.",
    {
        "description": DESCRIPTION,
        "severity": Text("How urgent it is, such as page or ticket.", filled=True, meaning="a severity"),
        "condition": Fields(
            "condition",
            "The burn rate that fires.",
            {
                "kind": Text("Always burnrate.", choices=("burnrate",)),
                "op": operator("How the burn rate is compared with the threshold."),
                "threshold": Number("Burn rate: how many times faster than allowed the budget is spent."),
                "lookbackWindow": _duration("The burn rate is taken over this long, such as 1h."),
                "alertAfter": _duration("It must last this long, such as 5m."),
            },
            ("kind", "op", "threshold", "lookbackWindow"),
        ),
    },
    ("severity", "condition"),
    ref="alertConditionSpec",
)

TARGET_SPEC = Fields(
    "spec of the AlertNotificationTarget",
    "Whom to tell.",
    {"description": DESCRIPTION, "target": Text("Where it goes, such as slack or email.", filled=True)},
    ("target",),
    ref="alertNotificationTargetSpec",
)

POLICY_SPEC = Fields(
    "spec of the AlertPolicy",
    "Which condition alerts, when and whom. Kept for other tools: cdctl judges with its own burn pairs.",
    {
        "description": DESCRIPTION,
        "alertWhenNoData": Flag("Alert when there is no data."),
        "alertWhenResolved": Flag("Tell when it is over."),
        "alertWhenBreaching": Flag("Alert when the condition holds."),
        "conditions": Listing(
            "Exactly one condition.",
            reference_or_inline("conditionRef", "AlertCondition", CONDITION_SPEC, "A condition, or the name of one."),
            "condition",
            least=1,
            most=1,
        ),
        "notificationTargets": Listing(
            "Whom to tell.",
            reference_or_inline("targetRef", "AlertNotificationTarget", TARGET_SPEC, "A target, or the name of one."),
            "notification target",
        ),
    },
    ("conditions",),
    ref="alertPolicySpec",
)
