"""`cdctl policy`: the table, single questions, and what is wrong with a file."""

from __future__ import annotations

import json

import pytest

GOOD = '@id("all") permit (principal in Role::"boss", action, resource);\n'


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_shipped_policy_as_a_table(cdctl, here):
    ran = cdctl("policy", "check", "-o", "json")
    found = {row["question"]: row for row in json.loads(ran.out)}
    assert ran.code == 0
    assert found["reboot 1"] == {
        "question": "reboot 1",
        "viewer": "no",
        "engineer": "with 1 more",
        "oncall": "no",
        "break-glass": "no",
    }
    assert "16 rules" in ran.err
    assert "QUESTION" in cdctl("policy", "check").out


def asked(cdctl, question: str, *more: str) -> tuple[int, dict[str, object]]:
    ran = cdctl("policy", "check", *more, "--ask", question, "-o", "json")
    (row,) = json.loads(ran.out)
    return ran.code, row


def test_single_questions(cdctl, here):
    assert asked(cdctl, "olga:oncall send lock 60 eu expect=60")[0] == 0
    code, row = asked(cdctl, "olga:oncall send lock 60 eu,us")
    assert (code, row["allowed"], row["rules"]) == (5, False, ["many-are-counted"])
    code, row = asked(cdctl, "ada:engineer rollout reboot 200 eu approved-by=bob:engineer")
    assert (code, row["missing"]) == (5, 1)
    assert asked(cdctl, "ada:engineer rollout reboot 200 eu approved-by=bob:engineer,eve:engineer+viewer")[0] == 0
    assert asked(cdctl, "olga:oncall send locate")[0] == 5, "a command knows itself whether it tells a place"
    assert asked(cdctl, 'olga:oncall send locate "reason=case 17"')[0] == 0
    assert asked(cdctl, "bo:break-glass send unlock break-glass reason=fire")[0] == 0
    assert asked(cdctl, "olga:oncall rollout lock 2000 context=prod-eu")[0] == 5
    assert asked(cdctl, "olga:oncall rollout lock 2000 context=test")[0] == 0
    assert cdctl("policy", "check", "--ask", "a:oncall send lock", "--ask", "a:viewer send lock").code == 5


def test_names_are_those_of_the_trust_file(cdctl, here):
    (here / "cdctl.toml").write_text('[contexts.test]\ntrust = "trust.toml"\n[paths]\njournal = "j.sqlite"\n')
    assert cdctl("keys", "new", "olga", "--file", "o.pem", "--role", "oncall").code == 0
    assert asked(cdctl, "olga send lock")[0] == 0
    ran = cdctl("policy", "check", "--ask", "eve send lock")
    assert ran.code == 2
    assert "the trust file does not know 'eve'" in ran.err
    assert "eve:oncall" in ran.err


WRONG = {
    "olga": "a name, an action and a command",
    "olga:oncall explode lock": "there is no action 'explode'",
    "olga:oncall send lokc": "did you mean",
    "olga:oncall send lock expect=many": "'expect=many' is not understood",
    'olga:oncall send lock "': "no closing quotation",
}


@pytest.mark.parametrize("question", WRONG)
def test_a_question_that_is_not_understood(cdctl, here, question):
    ran = cdctl("policy", "check", "--ask", question)
    assert (ran.code, ran.out) == (2, "")
    assert WRONG[question] in ran.err


def test_ones_own_policy_is_judged_and_is_in_force(cdctl, here):
    own = here / "own.cedar"
    own.write_text(GOOD)
    assert asked(cdctl, "b:boss send reboot 5000", "own.cedar")[0] == 0
    (here / "cdctl.toml").write_text('[contexts.test]\npolicy = "own.cedar"\n')
    assert asked(cdctl, "b:boss send reboot 5000")[0] == 0
    assert asked(cdctl, "b:engineer send lock")[0] == 5
    assert cdctl("policy", "show").out == GOOD
    own.write_text(GOOD + 'permit (principal, action, resource) when { resource.risk == "none" };')
    ran = cdctl("policy", "check")
    assert ran.code == 2
    assert "own.cedar:2:1: error: the rule policy1 can never matter" in ran.err
    own.write_text(GOOD + "permit (principal, action, resource) when { context.cuont == 1 };")
    ran = cdctl("policy", "check")
    assert (ran.code, ran.out) == (2, "")
    assert "own.cedar:2:1: error:" in ran.err


def test_what_is_shown_can_be_begun_with(cdctl, here):
    (here / "mine.cedar").write_text(cdctl("policy", "show").out)
    assert cdctl("policy", "check", "mine.cedar", "-o", "csv").out == cdctl("policy", "check", "-o", "csv").out
    assert "entity Operator in [Role];" in cdctl("policy", "show", "--schema").out


def test_config_check_judges_trust_key_and_policy(cdctl, here):
    text = '[contexts.test]\ntrust = "t.toml"\nsigning_key = { file = "a.pem" }\npolicy = "p.cedar"\n'
    (here / "cdctl.toml").write_text(text + '[paths]\njournal = "j.sqlite"\n')
    (here / "p.cedar").write_text(GOOD)
    assert cdctl("keys", "new", "alice", "--file", "a.pem", "--role", "boss").code == 0
    ran = cdctl("config", "check", "-o", "json")
    found = {row["source"]: (row["ok"], row["found"]) for row in json.loads(ran.out)}
    assert ran.code == 0
    assert found["trust"] == (True, "operators: 1; keys of vehicles: 0")
    assert found["signing_key"][1].startswith("alice (boss), ")
    assert found["policy"] == (True, "rules: 1")
    (here / "a.pem").chmod(0o644)
    (here / "p.cedar").write_text(GOOD + "forbid (principal, action, resource) when { 1 == 2 };")
    ran = cdctl("config", "check", "-o", "json")
    found = {row["source"]: (row["ok"], row["found"]) for row in json.loads(ran.out)}
    assert ran.code == 3
    assert found["trust"][0]
    assert not found["signing_key"][0]
    assert not found["policy"][0]
