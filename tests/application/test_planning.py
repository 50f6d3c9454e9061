"""From a command and vehicles to a plan: what is sent, and what a person is told before it is."""

from __future__ import annotations

from cdctl.application import planning
from cdctl.application.planning import Spans
from cdctl.application.targets import Selected
from cdctl.commands import climate
from cdctl.domain.fleet.speech import Promises
from cdctl.domain.orders.plan import Plan, Target
from cdctl.domain.orders.trust import Identity
from cdctl.protocols.native_orders import NativeTelling

VIN = "WCDA7N023TA000025"
COMMANDS = {one.name: one for one in climate.make()}
PLAN = Plan(
    "01k", "test", "climate.start", {"temperature": 21.0, "duration": 600}, (Target(VIN, "eu", "i4", "23-07.55"),),
    "ada", 1_795_000_000_000, 300, 30, reason="cold",
)  # fmt: skip


def test_a_plan_is_of_exactly_what_was_chosen() -> None:
    command, selected = COMMANDS["climate.start"], Selected(PLAN.targets, "soc<20")
    made = planning.planned(
        command, {"temperature": 21.0}, selected, Spans(60, 20), context="test", by=Identity("ada", "f"),
        reason=" cold ", now=1_795_000_000.0,
    )  # fmt: skip
    assert (made.by, made.created, made.expires, made.timeout) == ("ada", 1_795_000_000_000, 60, 20)
    assert (made.targets, made.where, made.reason) == (PLAN.targets, "soc<20", "cold")
    again = planning.planned(
        command, {"temperature": 21.0}, selected, Spans(60, 20), context="test", by=Identity("ada", "f"),
        reason="cold", now=1_795_000_000.0,
    )  # fmt: skip
    assert made.id != again.id, "the same once more is another plan"


def test_what_a_person_is_told_before_it_is_sent() -> None:
    selected = Selected(PLAN.targets, "soc<20", {"online": 1, "offline": 2}, {"soc": 3})
    facts = dict(planning.facts(PLAN, COMMANDS["climate.start"], selected))
    assert facts["arguments"] == "temperature=21 duration=10m"
    assert facts["vehicles"] == "1: eu 1"
    assert facts["presence"] == "1 online, 2 offline; who is away gets it on coming back, until it expires"
    assert facts["left out"] == "because not known: soc of 3"
    assert facts["needs"] == "parked, battery above 20 %; a vehicle sees to it itself"
    assert facts["time"] == "begins within 5m, takes at most 30s"


def test_the_sketch_is_what_would_travel() -> None:
    topic, payload = planning.sketched(PLAN, COMMANDS["climate.start"], NativeTelling("cd"))
    assert topic == f"cd/eu/{VIN}/cmd"
    assert payload["args"] == {"temperature": 21.0, "duration": 600}
    assert payload["exp"] - payload["nbf"] == 300_000  # type: ignore[operator]
    assert payload["nonce"] == "(random)"


def test_what_a_fleet_does_not_promise_is_told() -> None:
    assert list(planning.unpromised(NativeTelling.promises)) == []
    assert len(list(planning.unpromised(Promises()))) == 3
