"""The policy that ships, what it refuses and why; and policies in which something is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdctl.domain.orders.authority import Request
from cdctl.domain.orders.command import Risk
from cdctl.domain.orders.trust import Identity
from cdctl.errors import FileError, RefusedError, UnavailableError
from cdctl.security import policy, policy_table


def who(name: str, *roles: str) -> Identity:
    return Identity(name, "0" * 16, roles)


ENGINEER, ONCALL, VIEWER = who("alice", "engineer"), who("olga", "oncall"), who("vera", "viewer")
BOB, CAROL, BREAKER = who("bob", "engineer"), who("carol", "engineer"), who("boris", "break-glass")
LOCK = Request(ONCALL, "send", "lock", Risk.CONFIRM, False, 1, ("eu",), "test-eu")
PING = replace(LOCK, by=VIEWER, command="ping", risk=Risk.SAFE)
REBOOT = replace(LOCK, by=ENGINEER, command="reboot", risk=Risk.DANGEROUS)
LOCATE = replace(LOCK, command="locate", private=True)
GLASS = replace(REBOOT, by=BREAKER, break_glass=True, reason="fire")

ALLOWED = {
    "a viewer pings": (PING, "viewer-diagnostics"),
    "oncall locks": (LOCK, "operators-act"),
    "oncall locks 50": (replace(LOCK, count=50), "operators-act"),
    "oncall locks 51, and said so": (replace(LOCK, count=51, expected=51), "operators-act"),
    "oncall locks 1000": (replace(LOCK, count=1000, expected=1000), "operators-act"),
    "a rollout to 5000": (replace(LOCK, action="rollout", count=5000, rollout=True), "operators-act"),
    "a rollout in production": (
        replace(LOCK, count=5000, rollout=True, context="prod-eu", approvers=(BOB,)),
        "operators-act",
    ),
    "an engineer reboots with another": (replace(REBOOT, approvers=(BOB,)), "engineers-act-dangerously"),
    "and 200 with two": (
        replace(REBOOT, count=200, rollout=True, approvers=(BOB, CAROL)),
        "engineers-act-dangerously",
    ),
    "glass is broken": (GLASS, "break-glass"),
    "oncall locates": (replace(LOCATE, reason="theft"), "operators-act"),
    "oncall reads locations": (replace(LOCATE, action="read-location", reason="theft"), "operators-read-locations"),
    "oncall aborts": (replace(LOCK, action="abort"), "operators-abort"),
    "an engineer approves": (replace(REBOOT, action="approve"), "engineers-approve"),
    "what was done is taken back": (replace(LOCK, action="revert"), "operators-act"),
}
NO_RULE = "no rule permits"
SECOND = "a dangerous command needs the approval of another engineer"
REFUSED = {
    # -> reasons, missing
    "somebody without a role": (replace(LOCK, by=who("eve")), [f"{NO_RULE} eve (no role) to send lock"], 0),
    "a viewer locks": (replace(LOCK, by=VIEWER), [f"{NO_RULE} vera (viewer) to send lock"], 0),
    "a viewer does another safe thing": (replace(PING, command="parameter.get"), [NO_RULE], 0),
    "a ping that is not safe": (replace(PING, risk=Risk.CONFIRM), [NO_RULE], 0),
    "a viewer reboots": (replace(REBOOT, by=VIEWER), [NO_RULE], 0),
    "oncall reboots": (replace(REBOOT, by=ONCALL, approvers=(BOB,)), [NO_RULE], 0),
    "51 uncounted": (replace(LOCK, count=51), ["more than 50 vehicles need --expect"], 0),
    "counted wrong": (replace(LOCK, count=51, expected=50), ["another number"], 0),
    "few counted wrong": (replace(LOCK, count=2, expected=1), ["another number"], 0),
    "1001 at once": (replace(LOCK, count=1001, expected=1001), ["more than 1000 vehicles need a rollout"], 0),
    "alone in production": (
        replace(LOCK, count=1001, rollout=True, context="prod-eu"),
        ["a rollout to more than 1000 vehicles of production"],
        1,
    ),
    "nobody else": (REBOOT, [SECOND], 1),
    "oneself twice": (replace(REBOOT, approvers=(ENGINEER, replace(ENGINEER, fingerprint="1" * 16))), [SECOND], 1),
    "somebody who may not approve": (replace(REBOOT, approvers=(ONCALL, VIEWER)), [SECOND], 1),
    "200 with one": (
        replace(REBOOT, count=200, rollout=True, approvers=(BOB,)),
        ["a dangerous command to more than 100 vehicles needs the approval of two"],
        1,
    ),
    "200 with one twice": (
        replace(REBOOT, count=200, rollout=True, approvers=(BOB, replace(BOB, fingerprint="1" * 16))),
        ["the approval of two"],
        1,
    ),
    "200 with none": (replace(REBOOT, count=200, rollout=True), [SECOND, "the approval of two"], 2),
    "a place without a reason": (LOCATE, ["--reason says why"], 0),
    "a reason of spaces": (replace(LOCATE, reason="  "), ["--reason says why"], 0),
    "places read without a reason": (replace(LOCK, action="read-location"), ["--reason says why"], 0),
    "glass without the role": (replace(REBOOT, break_glass=True, reason="x"), ["the role break-glass"], 0),
    "glass without a reason": (replace(GLASS, reason=""), ["needs a --reason"], 0),
    "many, glass or not": (replace(GLASS, count=51), ["--expect"], 0),
    "a breaker without breaking": (replace(LOCK, by=BREAKER), [NO_RULE], 0),
    "a viewer aborts": (replace(LOCK, by=VIEWER, action="abort"), [NO_RULE], 0),
    "oncall approves": (replace(REBOOT, by=ONCALL, action="approve"), [NO_RULE], 0),
    "an action that nobody knows": (replace(LOCK, action="explode"), ["the policy cannot be judged"], 0),
}


@pytest.fixture(scope="module")
def shipped():
    return policy.read(None)


@pytest.mark.parametrize(("request_", "rule"), ALLOWED.values(), ids=ALLOWED)
def test_what_the_shipped_policy_allows(shipped, request_, rule):
    ruling = shipped.rule(request_)
    assert ruling.allowed, ruling.reasons
    assert rule in ruling.rules


@pytest.mark.parametrize(("request_", "reasons", "missing"), REFUSED.values(), ids=REFUSED)
def test_what_the_shipped_policy_refuses_and_why(shipped, request_, reasons, missing):
    ruling = shipped.rule(request_)
    assert not ruling.allowed
    assert ruling.missing == missing
    assert len(ruling.reasons) == len(reasons)
    for said in reasons:
        assert any(said in reason for reason in ruling.reasons), ruling.reasons


def test_every_rule_that_ships_has_a_name_and_is_of_use_and_every_limit_has_words(shipped):
    assert shipped.check() == []
    assert len({rule.name for rule in shipped.rules.values()}) == len(shipped.rules)
    for rule in shipped.rules.values():
        assert rule.name != rule.key
        assert rule.permits or rule.refusal, f"{rule.name} refuses without words"
    used = {name for request, _ in ALLOWED.values() for name in shipped.rule(request).rules}
    used |= {name for request, _, _ in REFUSED.values() for name in shipped.rule(request).rules}
    assert used == {rule.name for rule in shipped.rules.values()}, "a rule that no case here needs"


PEOPLE = st.sampled_from([ENGINEER, ONCALL, VIEWER, BOB, CAROL, BREAKER, who("eve"), who("mia", "engineer", "viewer")])
REQUESTS = st.builds(
    Request,
    by=PEOPLE,
    action=st.sampled_from(["send", "rollout", "revert"]),
    command=st.sampled_from(["ping", "lock", "reboot", "locate"]),
    risk=st.sampled_from(Risk),
    private=st.booleans(),
    count=st.sampled_from([1, 50, 51, 100, 101, 1000, 1001, 10**6]),
    regions=st.just(("eu",)),
    context=st.sampled_from(["prod-eu", "test"]),
    rollout=st.booleans(),
    expected=st.none() | st.sampled_from([1, 51, 1001]),
    reason=st.sampled_from(["", "why"]),
    approvers=st.lists(PEOPLE, max_size=4).map(tuple),
    break_glass=st.booleans(),
)


@settings(max_examples=300)
@given(REQUESTS)
def test_promises_of_the_shipped_policy_hold_whatever_is_asked(shipped, request_):
    ruling = shipped.rule(request_)
    others = {one.name for one in request_.approvers if "engineer" in one.roles} - {request_.by.name}
    if ruling.allowed:
        assert ruling.missing == 0
        assert request_.by.roles
        assert request_.count <= 50 or request_.rollout or request_.expected == request_.count
        assert request_.count <= 1000 or request_.rollout
        assert not request_.private or request_.reason
        if request_.risk is Risk.DANGEROUS and not request_.break_glass:
            assert "engineer" in request_.by.roles
            assert len(others) >= (2 if request_.count > 100 else 1)
        if request_.break_glass:
            assert "break-glass" in request_.by.roles
            assert request_.reason
    else:
        assert ruling.reasons
    if ruling.missing:
        more = [who(f"new {number}", "engineer") for number in range(ruling.missing)]
        now = shipped.rule(replace(request_, approvers=(*request_.approvers, *more)))
        assert not now.missing, "so many approvals are enough"
        one_less = shipped.rule(replace(request_, approvers=(*request_.approvers, *more[1:])))
        assert one_less.missing == 1, "and no fewer"


def test_the_table_shows_every_role(shipped):
    found = {(one.question, one.role): one.word for one in policy_table.answers(shipped)}
    assert len(found) == len(policy_table.QUESTIONS) * 4
    assert found["reboot 1", "engineer"] == "with 1 more"
    assert found["reboot 1", "viewer"] == "no"
    assert found["lock 1", "oncall"] == "yes"


GOOD = '@id("ok") permit (principal in Role::"a", action, resource);\n'
FAULTS = {
    # -> line, what is said
    "": (0, "there is no rule"),
    "// nothing\n": (0, "there is no rule"),
    GOOD + "permit (principal, action, resource": (2, "not Cedar"),
    GOOD + "allow (principal, action, resource);\n" + GOOD: (2, "not Cedar"),
    GOOD + '// a "comment;\n\nforbid (principal, action == Action::"explode", resource);': (4, "Action"),
    GOOD + 'permit (principal in Rolle::"a", action, resource);': (2, "Rolle"),
    GOOD + "permit (principal, action, resource) when { context.cuont > 3 };": (2, "cuont"),
    GOOD + 'permit (principal, action, resource) when { context.count == "x" };': (2, "not compatible"),
    GOOD + "forbid (principal, action, resource) when { context.expected > 3 };": (2, "expected"),
    GOOD + "permit (principal == ?principal, action, resource);": (0, "templates"),
}


@pytest.mark.parametrize("text", FAULTS)
def test_one_thing_wrong_in_a_policy(tmp_path, text):
    path = tmp_path / "policy.cedar"
    path.write_text(text)
    with pytest.raises(FileError) as error:
        policy.read(path)
    line, said = FAULTS[text]
    assert {problem.place.line for problem in error.value.problems} == {line}
    assert said in error.value.message


USELESS = {
    "permit (principal, action, resource) when { context.count > 5 && context.count < 3 };": "can never matter",
    'permit (principal, action, resource) when { resource.risk == "harmless" };': "can never matter",
    'forbid (principal, action == Action::"abort", resource) when { 1 == 2 };': "can never matter",
    "forbid (principal, action, resource) when { context.count > 50 && context.count <= 50 };": "can never matter",
    'permit (principal in Role::"b", action, resource);\nforbid (principal in Role::"b", action, resource);': (
        "never permits anything"
    ),
    "permit (principal, action, resource) when { context.count > 9 };\n"
    "forbid (principal, action, resource) when { context.count >= 10 };": "never permits anything",
}
OF_USE = [
    'permit (principal == Operator::"zoe", action, resource == Command::"horn") when { context.count == 17 };',
    'permit (principal, action, resource) when { context.platform like "lab*" && context.regions.contains("eu") };',
    "forbid (principal, action, resource) when { context has expected && context.expected > 300 };",
    'permit (principal, action, resource) when { context.approver_roles.contains("lead") && context.approvals >= 3 };',
    'permit (principal, action, resource) when { context.rollout && context.reason like "*INC-*" };',
]


@pytest.mark.parametrize("text", USELESS)
def test_a_rule_that_can_never_matter_is_found(tmp_path, text):
    path = tmp_path / "policy.cedar"
    path.write_text(GOOD + text)
    (said,) = policy.read(path).check()
    assert USELESS[text] in said
    assert said.startswith(f"{path}:2:1: error: the rule policy1 ")


@pytest.mark.parametrize("text", OF_USE)
def test_a_rule_that_matters_seldom_is_no_fault(tmp_path, text):
    path = tmp_path / "policy.cedar"
    path.write_text(GOOD + text)
    assert policy.read(path).check() == []


def test_a_rule_that_fails_lets_nothing_through():
    # Cedar leaves out what fails, a `forbid` too. Here a sum is too large; the schema cannot know.
    most = 2**63 - 1
    asked = replace(LOCK, by=who("a", "a"))
    forbid = "forbid (principal, action, resource) when { context.count + SUM > 5 };"
    assert policy.CedarPolicy(GOOD + forbid.replace("SUM", "1")).rule(asked).allowed
    ruling = policy.CedarPolicy(GOOD + forbid.replace("SUM", str(most))).rule(asked)
    assert not ruling.allowed
    assert "cannot be judged" in ruling.reasons[0]


def test_what_others_wrote_is_shown_safely(shipped):
    ruling = shipped.rule(replace(LOCK, by=who("eve\x1b[2J"), command='x"; permit'))
    assert "\x1b" not in ruling.reasons[0]
    assert not ruling.allowed


def test_a_policy_that_cannot_be_read(tmp_path):
    with pytest.raises(UnavailableError, match="cannot read the policy"):
        policy.read(tmp_path / "none.cedar")
    (tmp_path / "open.cedar").write_text(GOOD)
    (tmp_path / "open.cedar").chmod(0o666)
    with pytest.raises(RefusedError, match="everybody may change this file"):
        policy.read(tmp_path / "open.cedar")
    (tmp_path / "p.cedar").write_bytes(b"\xff")
    with pytest.raises(FileError, match="not UTF-8"):
        policy.read(tmp_path / "p.cedar")
